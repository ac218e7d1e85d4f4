"""What the database itself says about its walls: asked of the catalogue, so that no table can be forgotten."""

import pytest
from sqlalchemy import text

from app.core import migrate
from app.core.db import Database

PUBLISHED = {
    "attachment",
    "chain_follower",
    "chain_head",
    "chain_transfer",
    "download_file",
    "download_state",
    "figure",
    "figure_supplier",
    "ocid_alias",
    "ocid_prefix",
    "process_facet",
    "public_act",
    "publication_total",
    "record",
    "release",
    "release_body",
    "s6_process",
    "signed_head",
    "sujeto_obligado",
    "taken_over",
    "tenant",
    "tenant_host",
    "tenant_name",
}
GLOBAL_KEYS = {
    "mail_message_pkey": "a letter of an account has no tenant; its number is random and tells nothing",
    "tenant_slug_key": "an address names one tenant of the whole service",
    "tenant_host_host_key": "a host shows one tenant",
    "ocid_prefix_prefix_key": "a prefix says whose an ocid is",
}
SECRETS = (
    ("account", "password_hash"),
    ("login_session", "token_sha256"),
    ("totp_secret", "sealed"),
    ("recovery_code", "code_sha256"),
    ("passkey", "public_key"),
    ("account_link", "link_id"),
)
WALL = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"


def rows(database: Database, query: str, **values: object) -> list[tuple]:
    with database.engine("owner").connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def tenant_tables(database: Database) -> list[str]:
    found = rows(
        database,
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a "
        "ON a.attrelid = c.oid WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') "
        "AND a.attname = 'tenant_id' AND NOT a.attisdropped",
    )
    return sorted(name for (name,) in found)


def test_every_table_with_a_tenant_is_walled(database: Database) -> None:
    tables = tenant_tables(database)
    assert len(tables) > 20

    state = {
        name: (enabled, forced)
        for name, enabled, forced in rows(
            database,
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = ANY(:names)",
            names=tables,
        )
    }
    policies = {
        name: (using, check)
        for name, using, check in rows(
            database,
            "SELECT tablename, qual, with_check FROM pg_policies WHERE policyname = 'wall' "
            "AND roles = '{public}' AND cmd = 'ALL' AND permissive = 'PERMISSIVE'",
        )
    }

    for table in tables:
        assert state[table] == (True, True), f"{table}: row security must be enabled and forced"
        assert policies.get(table) == (WALL, WALL), f"{table}: its wall is missing or says something else"


def test_only_listed_tables_open_a_window_in_the_wall(database: Database) -> None:
    windows = rows(
        database,
        "SELECT tablename, roles::text[], cmd FROM pg_policies WHERE schemaname = 'public' "
        "AND policyname <> 'wall' AND permissive = 'PERMISSIVE'",
    )
    published = {
        table
        for table, roles, command in windows
        if any(role.endswith(("app_public", "app_monitor")) for role in roles) and command == "SELECT"
    }
    others = {
        (table, role.split("app_", 1)[1], command)
        for table, roles, command in windows
        for role in roles
        if not role.endswith(("app_public", "app_monitor"))
    }

    assert published == PUBLISHED
    assert others == {
        ("account", "auth", "ALL"),
        ("account", "rw", "SELECT"),
        ("audit_event", "auditor", "SELECT"),
        ("audit_seal", "auditor", "INSERT"),
        ("audit_seal", "auditor", "SELECT"),
        ("mail_message", "auth", "INSERT"),
        ("mail_message", "worker", "SELECT"),
        ("mail_message", "worker", "UPDATE"),
        ("break_glass", "auth", "ALL"),
        ("identity_provider", "auth", "SELECT"),
        ("membership", "auth", "SELECT"),
        ("oidc_identity", "auth", "ALL"),
        ("notice", "worker", "SELECT"),
        ("notice_preference", "auth", "ALL"),
        ("notice_preference", "rw", "SELECT"),
        ("outbox_event", "worker", "SELECT"),
        ("public_act", "auditor", "SELECT"),
        ("sujeto_obligado", "auth", "SELECT"),
        ("tenant", "auditor", "SELECT"),
        ("tenant", "auth", "SELECT"),
        ("tenant_name", "auth", "SELECT"),
        ("webhook", "worker", "SELECT"),
    }


def test_tenant_leads_every_key(database: Database) -> None:
    keys = rows(
        database,
        "SELECT i.indexrelid::regclass::text, c.relname, (SELECT attname FROM pg_attribute a "
        "WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0]) FROM pg_index i JOIN pg_class c "
        "ON c.oid = i.indrelid WHERE i.indisunique AND c.relname = ANY(:names)",
        names=tenant_tables(database),
    )
    for index, table, first in keys:
        assert first == "tenant_id" or index in GLOBAL_KEYS, f"{table}: {index} starts with {first}"


def test_every_reference_between_tenant_tables_carries_the_tenant(database: Database) -> None:
    tables = tenant_tables(database)
    references = rows(
        database,
        "SELECT k.conname, t.relname, r.relname, (SELECT attname FROM pg_attribute WHERE attrelid = t.oid "
        "AND attnum = k.conkey[1]), (SELECT attname FROM pg_attribute WHERE attrelid = r.oid "
        "AND attnum = k.confkey[1]) FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid "
        "JOIN pg_class r ON r.oid = k.confrelid WHERE k.contype = 'f'",
    )
    between = [row for row in references if row[1] in tables and row[2] in tables]
    assert len(between) > 15
    for name, _, _, local, remote in between:
        assert (local, remote) == ("tenant_id", "tenant_id"), name


@pytest.mark.parametrize("role", ["rw", "public", "monitor", "worker", "auth", "auditor"])
def test_roles_of_the_service_can_do_no_more_than_they_should(database: Database, role: str) -> None:
    with database.engine(role).connect() as connection:
        powers = connection.execute(
            text(
                "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, "
                "(SELECT count(*) FROM pg_class WHERE relowner = r.oid), "
                "has_schema_privilege(r.oid, 'public', 'CREATE'), "
                "has_database_privilege(r.oid, current_database(), 'CREATE') "
                "FROM pg_roles r WHERE rolname = current_user"
            )
        ).one()
    assert tuple(powers) == (False, False, False, False, False, 0, False, False)


def test_only_app_auth_may_read_password_hashes_and_session_tokens(database: Database) -> None:
    readers = {
        role
        for role in ("rw", "public", "monitor", "worker", "auditor")
        for table, column in SECRETS
        if _may_read(database, role, table, column)
    }
    assert readers == set()
    assert _may_read(database, "auth", "account", "password_hash")


def _may_read(database: Database, role: str, table: str, column: str) -> bool:
    with database.engine(role).connect() as connection:
        return bool(
            connection.execute(
                text("SELECT has_column_privilege(current_user, :table, :column, 'SELECT')"),
                {"table": table, "column": column},
            ).scalar_one()
        )


def test_there_are_no_security_definer_functions_and_no_views_of_tenant_tables(database: Database) -> None:
    definers = rows(
        database,
        "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')",
    )
    views = rows(
        database,
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE relkind IN ('v', 'm') AND n.nspname = 'public'",
    )
    assert definers == []
    assert views == []


def test_chain_entries_cannot_be_changed_by_any_role_of_the_service(database: Database) -> None:
    for role in ("rw", "public", "monitor", "worker", "auth", "auditor"):
        with database.engine(role).connect() as connection:
            may = connection.execute(
                text(
                    "SELECT has_any_column_privilege(current_user, 'release', 'UPDATE'), "
                    "has_table_privilege(current_user, 'release', 'DELETE, TRUNCATE'), "
                    "has_any_column_privilege(current_user, 'release_body', 'UPDATE'), "
                    "has_any_column_privilege(current_user, 'audit_event', 'UPDATE'), "
                    "has_table_privilege(current_user, 'audit_event', 'DELETE, TRUNCATE'), "
                    "has_any_column_privilege(current_user, 'public_act', 'UPDATE'), "
                    "has_table_privilege(current_user, 'public_act', 'DELETE, TRUNCATE')"
                )
            ).one()
        assert tuple(may) == (False,) * 7, role


def test_no_role_of_the_service_states_when_an_act_of_the_public_log_was(database: Database) -> None:
    for role in ("rw", "public", "monitor", "worker", "auth", "auditor"):
        with database.engine(role).connect() as connection:
            may = "SELECT has_column_privilege(current_user, 'public_act', 'at', 'INSERT')"
            assert connection.execute(text(may)).scalar_one() is False, role


def test_no_native_enums_and_no_columns_of_varying_length(database: Database) -> None:
    enums = rows(
        database,
        "SELECT typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace "
        "WHERE typtype = 'e' AND n.nspname = 'public'",
    )
    varchars = rows(
        database,
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND data_type = 'character varying' AND table_name <> 'alembic_version'",
    )
    assert enums == []
    assert varchars == []


def test_the_schema_is_what_the_models_say(database: Database) -> None:
    migrate.check(database.engine("owner"))
    assert migrate.is_current(database.engine("owner"))

"""The wall against raw SQL as `app_rw`: bound to another tenant, unbound, after an error, on a reused connection."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from app.attachments import service as attachments
from app.attachments.service import Intake, SentFile
from app.core.db import Actor, Database
from app.core.storage import Storage
from app.processes.service import DocumentWrite, save_documents
from app.publication.service import publish_batch
from tests.conftest import Place
from tests.factories import document

WALLED_ROWS = (
    "tenant",
    "sujeto_obligado",
    "contracting_process",
    "process_part",
    "process_version",
    "release",
    "release_body",
    "record",
    "process_facet",
    "chain_head",
    "audit_event",
    "outbox_event",
    "membership",
    "attachment",
    "link_check",
)


@dataclass
class Filled:
    """A tenant with one published process and one draft."""

    place: Place
    ocid: str
    draft_id: UUID


@pytest.fixture
def filled(place: Place, database: Database, storage: Storage) -> Filled:
    publisher = place.actor("so_publisher")
    sujeto = place.add_sujeto(policy="direct")
    actor = Actor(tenant_id=place.tenant_id, account_id=publisher.account_id, role="so_publisher")
    with database.unit_of_work(actor) as session:
        published, draft = save_documents(
            session,
            actor,
            [
                DocumentWrite(f"{place.prefix}-publicado", sujeto, document(), source="import:prueba"),
                DocumentWrite(f"{place.prefix}-borrador", sujeto, document()),
            ],
        )
        (outcome,) = publish_batch(session, actor, [published.ref])
        assert outcome.published, outcome.problems
    editor = place.actor("so_editor", sujeto)
    with database.unit_of_work(editor) as session:
        intake, sent = Intake(storage, 10**6, scanned=False), [SentFile("a.txt", BytesIO(b"borrador"))]
        (received,) = attachments.receive(session, editor, intake, draft.ref.process_id, sent)
        assert received.attachment is not None
        attachments.check_links(session, editor, ["http://127.0.0.1/documento.pdf"])
    return Filled(place, f"{place.prefix}-publicado", draft.ref.process_id)


@pytest.fixture
def as_other(database: Database, other_place: Place) -> Iterator[Connection]:
    with database.engine("rw").connect() as connection:
        bind(connection, other_place.tenant_id)
        yield connection


def bind(connection: Connection, tenant_id: UUID | str) -> None:
    connection.execute(text("SELECT set_config('app.tenant_id', :id, true)"), {"id": str(tenant_id)})


def count(connection: Connection, table: str, tenant_id: UUID) -> int:
    query = text(f"SELECT count(*) FROM {table} WHERE tenant_id = :id")  # noqa: S608  # names of our own tables
    return int(connection.execute(query, {"id": tenant_id}).scalar_one())


@pytest.mark.parametrize("table", WALLED_ROWS)
def test_bound_to_another_tenant_sees_nothing_and_bound_to_its_own_sees_rows(
    database: Database, filled: Filled, as_other: Connection, table: str
) -> None:
    with database.engine("rw").connect() as own:
        bind(own, filled.place.tenant_id)
        assert count(own, table, filled.place.tenant_id) > 0
    assert count(as_other, table, filled.place.tenant_id) == 0


@pytest.mark.parametrize("table", WALLED_ROWS)
def test_unbound_sees_nothing(database: Database, filled: Filled, table: str) -> None:
    with database.engine("rw").connect() as connection:
        assert count(connection, table, filled.place.tenant_id) == 0


def test_writes_into_another_tenant_are_refused(filled: Filled, as_other: Connection) -> None:
    statement = text(
        "INSERT INTO contracting_process (tenant_id, process_id, sujeto_obligado_id, ocid, document_version) "
        "VALUES (:tenant, gen_random_uuid(), :sujeto, 'ocds-abcdef-1', 1)"
    )
    with pytest.raises(ProgrammingError, match="row-level security"):
        as_other.execute(statement, {"tenant": filled.place.tenant_id, "sujeto": filled.place.sujetos[0]})


def test_updates_and_deletes_of_another_tenant_touch_nothing(filled: Filled, as_other: Connection) -> None:
    updated = as_other.execute(
        text("UPDATE contracting_process SET title = 'x' WHERE process_id = :id"), {"id": filled.draft_id}
    )
    deleted = as_other.execute(
        text("DELETE FROM process_part WHERE process_id = :id"), {"id": filled.draft_id}
    )
    assert (updated.rowcount, deleted.rowcount) == (0, 0)


def test_a_foreign_key_cannot_point_into_another_tenant(
    filled: Filled, other_place: Place, as_other: Connection
) -> None:
    statement = text(
        "INSERT INTO contracting_process (tenant_id, process_id, sujeto_obligado_id, ocid, document_version) "
        "VALUES (:tenant, gen_random_uuid(), :sujeto, 'ocds-abcdef-1', 1)"
    )
    with pytest.raises(DBAPIError, match="foreign key"):
        as_other.execute(statement, {"tenant": other_place.tenant_id, "sujeto": filled.place.sujetos[0]})


def test_after_an_error_the_binding_is_gone(database: Database, filled: Filled) -> None:
    with database.engine("rw").connect() as connection:
        bind(connection, filled.place.tenant_id)
        assert count(connection, "process_part", filled.place.tenant_id) > 0
        with pytest.raises(DBAPIError):
            connection.execute(text("SELECT 1 / 0"))
        connection.rollback()
        assert count(connection, "process_part", filled.place.tenant_id) == 0


def test_a_reused_connection_serves_the_next_tenant_nothing_of_the_last(
    database: Database, filled: Filled, other_place: Place
) -> None:
    one_connection = Database(database.urls, threads=1)
    seen = []
    for tenant_id in (filled.place.tenant_id, other_place.tenant_id, None):
        with one_connection.unit_of_work(Actor(tenant_id=tenant_id)) as session:
            pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            seen.append((pid, count(session.connection(), "process_part", filled.place.tenant_id) > 0))
    one_connection.dispose()
    assert len({pid for pid, _ in seen}) == 1, "not one connection: the test proves nothing"
    assert [visible for _, visible in seen] == [True, False, False]


def test_the_portal_role_reads_what_is_published_and_no_draft(database: Database, filled: Filled) -> None:
    with database.engine("public").connect() as connection:
        assert count(connection, "release_body", filled.place.tenant_id) == 1
        assert count(connection, "attachment", filled.place.tenant_id) == 0
        for table in (
            "link_check",
            "contracting_process",
            "process_part",
            "process_version",
            "audit_event",
            "account",
        ):
            with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
                connection.execute(text(f"SELECT 1 FROM {table}"))  # noqa: S608  # names of our own tables


def test_forged_audit_rows_are_refused_and_true_ones_are_not(
    database: Database, filled: Filled, other_place: Place
) -> None:
    honest = "INSERT INTO audit_event (verb, subject_type, subject_id) VALUES ('a', 'b', 'c')"
    forged = (
        "INSERT INTO audit_event (tenant_id, verb, subject_type, subject_id) VALUES (:id, 'a', 'b', 'c')",
        "INSERT INTO audit_event (account_id, verb, subject_type, subject_id) VALUES (:id, 'a', 'b', 'c')",
        "INSERT INTO audit_event (at, verb, subject_type, subject_id) VALUES (now(), 'a', 'b', 'c')",
        "UPDATE audit_event SET verb = 'nada'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
    )
    with database.engine("rw").connect() as connection:
        bind(connection, filled.place.tenant_id)
        connection.execute(text(honest))
        for statement in forged:
            with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
                connection.execute(text(statement), {"id": other_place.tenant_id})


def test_an_act_of_the_public_log_is_of_the_moment_it_was_told(database: Database, filled: Filled) -> None:
    told = (
        "INSERT INTO public_act (tenant_id, number, kind, previous_hash, entry_hash{}) "
        "VALUES (:id, 1, 'suspension', '', ''{}) RETURNING at = now()"
    )
    with database.engine("rw").connect() as connection:
        bind(connection, filled.place.tenant_id)
        whose = {"id": filled.place.tenant_id}
        with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
            connection.execute(text(told.format(", at", ", '2020-01-01'")), whose)
        assert connection.execute(text(told.format("", "")), whose).scalar_one() is True


def test_published_bytes_cannot_be_deleted_without_a_withdrawal(database: Database, filled: Filled) -> None:
    with database.engine("rw").connect() as connection:
        bind(connection, filled.place.tenant_id)
        deleted = connection.execute(text("DELETE FROM release_body"))
        assert deleted.rowcount == 0
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text("UPDATE release_body SET body = ''"))


@pytest.mark.parametrize("column", ["ocid", "sujeto_obligado_id", "process_id", "tenant_id"])
def test_an_ocid_cannot_be_changed_nor_whose_process_it_is(
    database: Database, filled: Filled, column: str
) -> None:
    with database.engine("rw").connect() as connection:
        bind(connection, filled.place.tenant_id)
        retitled = connection.execute(text("UPDATE contracting_process SET title = 'x'"))
        assert retitled.rowcount == 2
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text(f"UPDATE contracting_process SET {column} = {column}"))  # noqa: S608  # our own columns

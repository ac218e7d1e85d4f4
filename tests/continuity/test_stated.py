"""An archive that agrees with itself may still state what is not its to state; it is refused before anything is written."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import Text, text
from sqlmodel import select

from app.continuity import contents, importing
from app.continuity.archive import ArchiveError
from app.continuity.checking import check
from app.continuity.stated import FOLDERS
from app.core import audit
from app.core.audit import AuditEvent
from app.core.db import Actor, Database
from app.core.errors import ConflictError
from app.core.storage import Storage
from app.identity import service as identity
from app.identity.models import Account, Membership
from app.tenancy.models import Tenant
from tests.conftest import PASSWORD, Place, place_maker
from tests.continuity.archives import KEY, OPERATOR, repacked

Change = Callable[[str, bytes], bytes]


def stating(table: str, **values: object) -> Change:
    """Let the first row of a table state something else."""

    def change(name: str, body: bytes) -> bytes:
        if not name.startswith(f"tables/{table}/"):
            return body
        first, *rest = body.splitlines()
        return b"\n".join([orjson.dumps(orjson.loads(first) | values), *rest, b""])

    return change


ABROAD = "0190a0b0-0000-7000-8000-000000000000"
CLAIMS: dict[str, tuple[str, dict[str, object], str]] = {
    "the last number of all": ("audit_event", {"event_id": 2**63 - 1}, "números o generación"),
    "a number as text": ("audit_event", {"event_id": str(2**63 - 1)}, "event_id"),
    "a negative number": ("audit_event", {"event_id": -1}, "números o generación"),
    "an act of this installation": ("audit_event", {"generation": 1}, "números o generación"),
    "a seal of this installation": ("audit_seal", {"generation": 1}, "números o generación"),
    "a file of the machine": ("catalog_load", {"storage_key": "/etc/passwd"}, "archivo guardado"),
    "a file further up": ("import_run", {"storage_key": "../secrets.json"}, "archivo guardado"),
    "a file of another tenant": (
        "padron_load",
        {"storage_key": f"{ABROAD}/padron/{ABROAD}"},
        "archivo guardado",
    ),
    "a reserved file as its logo": ("tenant", {"logo_key": "TENANT/reserved/FILE"}, "archivo guardado"),
    "an attachment of another kind": (
        "attachment",
        {"storage_key": "TENANT/imports/FILE"},
        "archivo guardado",
    ),
    "another address": ("tenant", {"slug": "otro"}, "slug"),
    "a deleted tenant": ("tenant", {"status": "deleted"}, "status"),
    "a time zone of nowhere": ("tenant", {"time_zone": "Marte/Olimpo"}, "time_zone"),
    "a style": ("tenant", {"accent": "red;background:url(//x)"}, "accent"),
    "a page as its logo": ("tenant", {"logo_type": "text/html"}, "logo_type"),
    "a script as its policy": ("tenant", {"policy_url": "javascript:alert(1)"}, "policy_url"),
    "a header in its address": ("tenant", {"reply_to": "a@b.mx\nBcc: c@d.mx"}, "reply_to|correo"),
    "an endless term": ("tenant", {"review_days": 2**31 - 1}, "review_days"),
    "an endless text": ("tenant", {"status_reason": "x" * 20_001}, "policy_text"),
    "a name for ever": ("tenant_name", {"valid_from": "infinity"}, "no tiene la forma|valid_from"),
    "a name before all time": ("tenant_name", {"valid_from": "0001-01-01"}, "valid_from"),
    "a moment for ever": ("tenant", {"created_at": "infinity"}, "created_at"),
    "a moment after all time": ("tenant", {"created_at": "9999-12-31T23:59:59+00:00"}, "created_at"),
    "no number": ("process_facet", {"amount": "NaN"}, "amount"),
    "a truth as text": ("tenant", {"is_national": "true"}, "is_national"),
    "a name that is none": ("tenant_name", {"name": {"es": "x"}}, "name"),
    "something missing": ("tenant", {"de_más": 1}, "las columnas"),
    "a prefix that is none": ("ocid_prefix", {"prefix": "ocds-"}, "prefijo"),
    "a process that is none": ("contracting_process", {"ocid": "otro"}, "identificador de proceso"),
    "an address that is none": ("account", {"email": "a b"}, "correo"),
    "a term of no days": ("retention_term", {"days": 0}, "sus límites"),
    "a host that is none": ("tenant_host", {"host": "a/b"}, "dominio"),
    "people it does not name": ("membership", {"account_id": ABROAD}, "personas"),
}


@pytest.mark.parametrize("claim", list(CLAIMS))
def test_what_rows_may_not_state_is_refused(
    source: Place, packed: Path, lone_database: Database, tmp_path: Path, claim: str
) -> None:
    table, values, told = CLAIMS[claim]
    filled = {
        name: value.replace("TENANT", str(source.tenant_id)).replace("FILE", ABROAD)
        if isinstance(value, str)
        else value
        for name, value in values.items()
    }
    with pytest.raises(ArchiveError, match=told):
        check(repacked(packed, tmp_path / "otro.age", stating(table, **filled)), [KEY], lone_database)


def test_people_without_a_role_are_not_brought(packed: Path, lone_database: Database, tmp_path: Path) -> None:
    def change(name: str, body: bytes) -> bytes:
        stranger = {"account_id": ABROAD, "email": "alguien@example.org", "full_name": "Alguien"}
        return body + orjson.dumps(stranger) + b"\n" if name.startswith("tables/account/") else body

    with pytest.raises(ArchiveError, match="personas"):
        check(repacked(packed, tmp_path / "otro.age", change), [KEY], lone_database)


def test_an_ocid_of_a_tenant_that_is_here_is_not_brought(
    packed: Path, lone_database: Database, tmp_path: Path
) -> None:
    theirs = place_maker(lone_database)()
    change = stating("contracting_process", ocid=f"{theirs.prefix}-ajeno")
    with pytest.raises(ConflictError, match=theirs.prefix):
        check(repacked(packed, tmp_path / "otro.age", change), [KEY], lone_database)


def test_every_column_that_names_a_file_is_known() -> None:
    other = {
        ("catalog_entry", "code_key"),
        ("pnt_delivered", "row_key"),
        ("pnt_loaded", "row_key"),
        ("pnt_remote", "row_key"),
        ("sujeto_obligado", "sort_key"),
        ("sujeto_obligado", "key"),
    }
    named = {
        (table.name, column.name)
        for table in contents.tables()
        for column in contents.columns(table)
        if isinstance(column.type, Text) and column.name.endswith("key")
    }
    assert named - other == set(FOLDERS)


def test_the_last_number_is_refused_again_before_the_sequence_moves(
    packed: Path, elsewhere: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = stating("audit_event", event_id=2**63 - 1)
    hostile = repacked(packed, tmp_path / "otro.age", change)
    monkeypatch.setattr("app.continuity.stated.LAST_NUMBER", 2**63)
    with pytest.raises(ArchiveError, match="no dejan lugar"):
        importing.bring(elsewhere, Storage.local(tmp_path), hostile, [KEY], OPERATOR)

    tenant = Actor(tenant_id=uuid4())
    with elsewhere.owner_work(tenant) as session:  # acts are noted as before
        audit.record(session, "tenant.suspend", "tenant", tenant.tenant_id)
        session.flush()
        assert session.exec(select(AuditEvent.event_id)).one() < 2**53


def test_the_table_itself_holds_no_act_that_is_newer_than_this_installation(lone_database: Database) -> None:
    for table in ("audit_event", "audit_seal"):
        with lone_database.owner_work() as session:
            found = session.execute(
                text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
                {"name": f"{table}_generation_check"},
            ).scalar_one()
        assert "generation <= 0" in found


def test_records_that_are_not_what_the_releases_say_take_everything_back(
    source: Place, packed: Path, elsewhere: Database, tmp_path: Path
) -> None:
    change = stating("process_facet", title="Un título que nadie publicó")
    with pytest.raises(ArchiveError, match="ficha"):
        importing.bring(
            elsewhere,
            Storage.local(tmp_path),
            repacked(packed, tmp_path / "otro.age", change),
            [KEY],
            OPERATOR,
        )
    with elsewhere.public_reading() as session:
        assert session.exec(select(Tenant)).all() == []


def test_the_nation_is_not_an_archives_to_claim(
    source: Place, packed: Path, elsewhere: Database, tmp_path: Path
) -> None:
    claimed = repacked(packed, tmp_path / "otro.age", stating("tenant", is_national=True))
    importing.bring(elsewhere, Storage.local(tmp_path), claimed, [KEY], OPERATOR)
    with elsewhere.public_reading() as session:
        assert session.exec(select(Tenant.is_national)).one() is False


def test_an_account_that_is_here_gets_no_role_whatever_the_archive_calls_it(
    source: Place, packed: Path, elsewhere: Database, tmp_path: Path
) -> None:
    with elsewhere.owner_work() as session:
        mine = identity.create_account(
            session, email="yo@example.org", full_name="Yo", password_hash=identity.hash_password(PASSWORD)
        )
    theirs = str(source.actor("garante_reviewer").account_id).encode()

    def change(name: str, body: bytes) -> bytes:
        told = name.startswith(("tables/account/", "tables/membership/"))
        return body.replace(theirs, str(mine).encode()) if told else body

    hostile = repacked(packed, tmp_path / "otro.age", change)
    brought = importing.bring(elsewhere, Storage.local(tmp_path), hostile, [KEY], OPERATOR)
    with elsewhere.owner_work(source.system) as session:
        held = session.exec(select(Membership.status).where(Membership.account_id == mine)).all()
        assert held == ["ended"]
        assert session.exec(select(Account.email).where(Account.account_id == mine)).one() == "yo@example.org"
    assert mine in {one.account_id for one in brought.known}

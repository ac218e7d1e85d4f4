"""A tenant leaves in one file and arrives elsewhere as it was: bytes, chain, audit, people without secrets."""

import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import pyrage
import pytest
from sqlalchemy import text
from sqlmodel import select

from app.continuity import archive, contents, importing
from app.continuity.archive import ArchiveError, Member
from app.continuity.checking import check
from app.core import keys, sealing
from app.core.db import Actor, Database
from app.core.errors import ConflictError
from app.core.metadata import metadata
from app.core.storage import Storage
from app.identity import account
from app.identity import service as identity
from app.identity.models import Account, AccountLink, Invitation, Membership
from app.main import create_app
from app.proof import signing, verifying
from app.publication import chain
from app.publication.invariants import check_tenant
from app.settings import Settings
from app.tenancy.queries import TenantDirectory
from tests.conftest import PASSWORD, LiveServer, Place, serve_app
from tests.continuity.archives import KEY, OPERATOR, opened, pack, repacked


def public_bytes(server: LiveServer, slug: str) -> dict[str, bytes]:
    """Return every published release and record of a tenant as the world reads it, without who vouches for them now."""
    client = server.client()
    found: dict[str, bytes] = {}
    listed = orjson.loads(client.get(f"/{slug}/api/v1/releases?limit=100").content)
    for release in listed["releases"]:
        address = f"/{slug}/api/v1/releases/{release['ocid']}/{release['id']}"
        answer = client.get(address)
        assert answer.status_code == 200
        found[address] = answer.content.partition(b'"releases":[')[2]
        record = f"/{slug}/api/v1/records/{release['ocid']}"
        found[record] = client.get(record).content.partition(b'"records":[')[2]
    found["withdrawals"] = client.get(f"/{slug}/api/v1/withdrawals").content
    return found


def rows(database: Database, tenant_id: UUID, table: str) -> list[tuple[object, ...]]:
    with database.owner_work(Actor(tenant_id=tenant_id)) as session:
        held = contents.columns(metadata().tables[table])
        return sorted((tuple(row) for row in session.execute(select(*held))), key=str)


def test_the_archive_proves_where_the_chain_stood(
    source: Place, live: LiveServer, settings: Settings, storage: Storage, tmp_path: Path
) -> None:
    """Its manifest is a head that was kept."""
    view = TenantDirectory(source.database).by_slug(source.slug)
    signing.sign_due(source.database, keys.of(settings), [view])

    manifest = orjson.loads(opened(pack(source, storage, tmp_path / "garante.age"))["manifest.json"])

    assert manifest["signedHead"]["publicKey"]
    assert verifying.verify(f"{live.url}/{source.slug}", manifest).faults == []
    forged = manifest["signedHead"] | {"signature": "A" * 88}
    assert verifying.verify(f"{live.url}/{source.slug}", {"signedHead": forged}).faults


def test_a_tenant_arrives_as_it_was(
    source: Place, packed: Path, live: LiveServer, elsewhere: Database, tmp_path: Path
) -> None:
    files = Storage.local(tmp_path)
    brought = importing.bring(elsewhere, files, packed, [KEY], OPERATOR)
    assert brought.slug == source.slug
    assert brought.files == 1

    # Every byte that the world reads, under the same address.
    server = serve_app(create_app(live.app.state.settings, elsewhere, files))
    there = next(server)
    try:
        expected = public_bytes(live, source.slug)
        found = public_bytes(there, source.slug)
        assert len(expected) > 7
        address = live.url.encode()
        assert {key: body.replace(address, b"") for key, body in expected.items()} == {
            key: body.replace(there.url.encode(), b"") for key, body in found.items()
        }
    finally:
        next(server, None)

    # Every row, and what proves that none was changed.
    for table in contents.EXPORTED:
        if table not in ("audit_event", "audit_seal"):
            assert rows(elsewhere, source.tenant_id, table) == rows(
                source.database, source.tenant_id, table
            ), table
    with elsewhere.public_reading() as session:
        assert list(chain.verify(session, source.tenant_id)) == []
        assert check_tenant(session, source.tenant_id) == []
    with elsewhere.auditor_work() as auditor:
        assert list(sealing.verify(auditor, source.tenant_id)) == []


def test_the_audit_goes_on_where_it_was(
    source: Place, packed: Path, elsewhere: Database, tmp_path: Path
) -> None:
    importing.bring(elsewhere, Storage.local(tmp_path), packed, [KEY], OPERATOR)
    place = Place(elsewhere, source.slug, source.tenant_id, source.prefix, source.sujetos)
    place.add_sujeto(name="Una más")
    assert sealing.seal(elsewhere) >= 1
    with elsewhere.auditor_work() as auditor:
        assert list(sealing.verify(auditor, source.tenant_id)) == []
    with elsewhere.owner_work(place.system) as session:
        session.execute(
            text("UPDATE audit_event SET verb = 'a.otro' WHERE generation = -1 AND verb = 'padron.add'")
        )
    with elsewhere.auditor_work() as auditor:
        assert list(sealing.verify(auditor, source.tenant_id)) != []


def test_people_come_without_secrets_and_cannot_enter_until_they_choose_a_password(
    source: Place, packed: Path, elsewhere: Database, tmp_path: Path
) -> None:
    importing.bring(elsewhere, Storage.local(tmp_path), packed, [KEY], OPERATOR)
    with elsewhere.auth_work() as session:
        accounts = session.exec(select(Account)).all()
        memberships = session.exec(select(Membership).where(Membership.status == "active")).all()
    assert source.email("garante_admin") in {account.email for account in accounts}
    assert {account.password_hash for account in accounts} == {""}
    assert len(memberships) == len(source.people)
    plain = b"".join(opened(packed).values())
    assert b"argon2" not in plain
    assert b"password" not in plain


def _link(database: Database) -> UUID:
    """The link of the letter, which is written once the answer is out."""
    for _ in range(200):
        with database.auth_work() as session:
            found = session.exec(select(AccountLink.link_id)).one_or_none()
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("no letter was written")


def test_they_choose_a_password_by_letter_and_enter(
    source: Place, packed: Path, live: LiveServer, elsewhere: Database, tmp_path: Path
) -> None:
    files = Storage.local(tmp_path)
    importing.bring(elsewhere, files, packed, [KEY], OPERATOR)
    email, fresh = source.email("garante_admin"), "una contraseña enteramente nueva"
    server = serve_app(create_app(live.app.state.settings, elsewhere, files))
    there = next(server)
    try:
        client = there.client()
        assert client.post("/entrar", data={"email": email, "password": PASSWORD}).status_code == 422
        assert client.post("/entrar/olvido", data={"email": email}).status_code == 200
        link_id = str(_link(elsewhere))
        token = keys.of(live.app.state.settings).token(account.PURPOSE, link_id)
        client.post(f"/entrar/nueva/{link_id}/{token}", data={"password": fresh})
        entered = client.post("/entrar", data={"email": email, "password": fresh})
        assert entered.status_code == 303
        assert client.get(f"/{source.slug}/panel").status_code == 200
    finally:
        next(server, None)


def test_an_address_that_is_here_already_gets_no_role_by_it(
    source: Place, packed: Path, elsewhere: Database, tmp_path: Path
) -> None:
    email = source.email("garante_admin")
    with elsewhere.owner_work() as session:
        mine, operator = (
            identity.create_account(
                session,
                email=address,
                full_name="Otra persona",
                password_hash=identity.hash_password(PASSWORD),
            )
            for address in (email, "opera@example.org")
        )
    brought = importing.bring(elsewhere, Storage.local(tmp_path), packed, [KEY], OPERATOR)

    assert [(one.email, one.role) for one in brought.offers] == [(email, "garante_admin")]
    with elsewhere.owner_work(source.system) as session:
        roles = session.exec(select(Membership.status).where(Membership.role == "garante_admin")).all()
        given = session.exec(select(Membership).where(Membership.account_id == mine)).all()
        past = session.exec(
            select(Account.full_name).where(Account.account_id == source.actor("garante_admin").account_id)
        ).one()
    assert roles == ["ended"]
    assert given == []
    assert past == "Persona garante_admin"  # acts of the past keep their name

    assert importing.offer(elsewhere, brought, operator) == 1
    with elsewhere.owner_work(source.system) as session:
        assert session.exec(select(Invitation.email)).all() == [email]


def test_it_arrives_once(source: Place, packed: Path, elsewhere: Database, tmp_path: Path) -> None:
    importing.bring(elsewhere, Storage.local(tmp_path), packed, [KEY], OPERATOR)
    with pytest.raises(ConflictError, match="ya está en esta instalación"):
        importing.bring(elsewhere, Storage.local(tmp_path), packed, [KEY], OPERATOR)
    with pytest.raises(ConflictError, match="ya está en esta instalación"):
        check(packed, [KEY], source.database)


@pytest.mark.parametrize("taken", ["slug", "prefix"])
def test_what_another_tenant_has_here_stops_it(
    source: Place, packed: Path, elsewhere: Database, tmp_path: Path, taken: str
) -> None:
    other = uuid4()
    slug = source.slug if taken == "slug" else "otro"
    prefix = source.prefix if taken == "prefix" else "ocds-otro00"
    with elsewhere.owner_work(Actor(tenant_id=other)) as session:
        session.execute(
            text(
                "INSERT INTO tenant (tenant_id, slug, time_zone, natural_rfc_public, is_national) "
                "VALUES (:id, :slug, 'America/Mexico_City', false, false)"
            ),
            {"id": other, "slug": slug},
        )
        session.execute(
            text("INSERT INTO ocid_prefix (tenant_id, prefix, position) VALUES (:id, :prefix, 0)"),
            {"id": other, "prefix": prefix},
        )
    with pytest.raises(ConflictError, match="de otro organismo"):
        importing.bring(elsewhere, Storage.local(tmp_path), packed, [KEY], OPERATOR)
    assert list(Storage.local(tmp_path).files_of(source.tenant_id)) == []


def test_another_key_does_not_open_it(packed: Path, database: Database) -> None:
    with pytest.raises(ArchiveError, match="llave no abre"):
        check(packed, [pyrage.x25519.Identity.generate()], database)


CHANGES: dict[str, tuple[Callable[[str, bytes], bytes | None], str]] = {
    "a release says something else": (
        lambda name, body: body.replace(b"Papeler", b"Joyer") if name == "releases/0000000001.json" else body,
        "no es el que dice la cadena",
    ),
    "a release is missing": (
        lambda name, body: None if name == "releases/0000000001.json" else body,
        "Faltan renglones de release_body",
    ),
    "the chain is rewritten": (
        lambda name, body: (
            body.replace(b'"version_number":1', b'"version_number":1').replace(
                b'"release_id":"', b'"release_id":"x'
            )
            if name.startswith("tables/release/")
            else body
        ),
        "fue cambiada",
    ),
    "rows are missing": (
        lambda name, body: body.split(b"\n", 1)[1] if name.startswith("tables/process_part/") else body,
        "Faltan renglones de process_part",
    ),
    "rows of another tenant": (
        lambda name, body: (
            body.replace(b'"tenant_id":"', b'"tenant_id":"0', 1)
            if name.startswith("tables/sujeto_obligado/")
            else body
        ),
        "renglones de otro organismo",
    ),
    "a manifest of another shape": (
        lambda name, body: b'{"format":1,"columns":{}}' if name == "manifest.json" else body,
        "no tiene la forma",
    ),
    "a table we do not know": (
        lambda name, body: (
            body.replace(b'"record":["tenant_id"', b'"registro":["tenant_id"')
            if name == "manifest.json"
            else body
        ),
        "más nueva",
    ),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_what_was_changed_is_refused_before_anything_is_written(
    packed: Path, lone_database: Database, tmp_path: Path, change: str
) -> None:
    altered, told = CHANGES[change]
    check(repacked(packed, tmp_path / "igual.age", lambda _name, body: body), [KEY], lone_database)
    with pytest.raises(ArchiveError, match=told):
        check(repacked(packed, tmp_path / "otro.age", altered), [KEY], lone_database)


def test_an_audit_that_was_changed_takes_everything_back(
    source: Place, packed: Path, elsewhere: Database, tmp_path: Path
) -> None:
    def change(name: str, body: bytes) -> bytes:
        return body.replace(b"padron.add", b"padron.mal") if name.startswith("tables/audit_event/") else body

    with pytest.raises(ArchiveError, match="bitácora"):
        importing.bring(
            elsewhere,
            Storage.local(tmp_path),
            repacked(packed, tmp_path / "otro.age", change),
            [KEY],
            OPERATOR,
        )
    with elsewhere.public_reading() as session:
        assert session.execute(text("SELECT count(*) FROM tenant")).scalar_one() == 0
    assert list(Storage.local(tmp_path).files_of(source.tenant_id)) == []


@pytest.mark.parametrize("cut", [100, 5000])
def test_a_file_cut_short_is_refused(packed: Path, database: Database, tmp_path: Path, cut: int) -> None:
    short = tmp_path / "corto.age"
    short.write_bytes(packed.read_bytes()[:-cut])
    with pytest.raises(ArchiveError):
        check(short, [KEY], database)


def test_every_table_of_a_tenant_is_exported_or_has_a_reason() -> None:
    tables = {table.name for table in metadata().sorted_tables if "tenant_id" in table.columns}
    assert tables == {*contents.EXPORTED, *contents.LEFT_BEHIND}
    assert not set(contents.EXPORTED) & set(contents.LEFT_BEHIND)


def test_nothing_exported_refers_to_what_stays_behind_or_is_a_secret() -> None:
    for table in contents.tables():
        referred = {key.referred_table.name for key in table.foreign_key_constraints}
        assert referred <= {*contents.EXPORTED, "account"}, table.name
        secrets = [
            column.name
            for column in table.columns
            if any(word in column.name for word in ("token", "secret", "password"))
        ]
        assert secrets == [], table.name


def test_a_file_may_not_choose_where_it_is_put(packed: Path, database: Database, tmp_path: Path) -> None:
    strange = tmp_path / "raro.age"
    manifest = opened(packed)["manifest.json"]
    with strange.open("wb") as file:
        archive.write(
            [Member.of("manifest.json", manifest), Member.of("files/public/../../otro", b"x")],
            str(KEY.to_public()),
            file,
        )
    with pytest.raises(ArchiveError, match="no es un nombre de archivo nuestro"):
        check(strange, [KEY], database)

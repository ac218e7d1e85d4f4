"""Acts on a whole tenant that take two operators: succession and deletion."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import select

from app.continuity import acts, deleting, exporting, service
from app.continuity.acts import Ending, Successor
from app.continuity.models import PlatformAct, TenantExport
from app.continuity.queries import slug_taken
from app.core import clock, public_log, sealing
from app.core.db import Actor, Database
from app.core.errors import ConflictError, ForbiddenError, GoneError, InvalidError, NotFoundError
from app.core.metadata import metadata
from app.core.public_log import PublicAct
from app.core.storage import Storage
from app.tenancy.models import Tenant, TenantName
from app.tenancy.queries import TenantDirectory, TenantView, prefix_owner
from tests.conftest import LiveServer, Place
from tests.continuity.people import person
from tests.continuity.test_exports import PUBLIC
from tests.publication.conftest import Press

LEGAL_ACT = "Decreto 123 publicado el 1 de octubre de 2026"
NEW = Successor(
    "Transparencia para el Pueblo de Prueba", "TPP", "Ley de Transparencia, art. 60", date(2026, 11, 1)
)


def operator(database: Database, role: str = "platform_operator") -> Actor:
    return Actor(account_id=person(database, role)[0], role=role)


def view(place: Place) -> TenantView:
    listed = TenantDirectory(place.database).all(deleted=True)
    return next(one for one in listed if one.tenant_id == place.tenant_id)


# Succession


def test_another_authority_takes_over_and_the_past_keeps_its_publisher(
    place: Place, live: LiveServer
) -> None:
    one, other = operator(place.database), operator(place.database)
    before = view(place).name
    act_id = acts.ask_succession(place.database, one, view(place), NEW, LEGAL_ACT)
    assert view(place).name == before  # nothing yet
    acts.accept(place.database, other, view(place), act_id)

    assert view(place).name == NEW.name
    assert view(place).law == NEW.law
    client = live.client()
    assert NEW.name in client.get(f"/{place.slug}/").text
    with place.database.owner_work(place.system) as session:
        names = session.exec(select(TenantName).order_by(text("position"))).all()
        told = session.exec(select(PublicAct).where(PublicAct.kind == "succession")).one()
    assert [(name.name, name.valid_to) for name in names] == [(before, NEW.since), (NEW.name, None)]
    assert told.ground == LEGAL_ACT


def test_a_declaration_written_before_does_not_bring_the_old_name_back(place: Place) -> None:
    act_id = acts.ask_succession(place.database, operator(place.database), view(place), NEW, LEGAL_ACT)
    acts.accept(place.database, operator(place.database), view(place), act_id)
    with place.database.owner_work(place.system) as session:
        assert (
            "names" in session.exec(select(Tenant.decided).where(Tenant.tenant_id == place.tenant_id)).one()
        )


def test_a_name_that_began_later_is_not_taken_over(place: Place) -> None:
    act_id = acts.ask_succession(place.database, operator(place.database), view(place), NEW, LEGAL_ACT)
    with place.database.owner_work(place.system) as session:
        newest = session.exec(select(TenantName).where(TenantName.tenant_id == place.tenant_id)).one()
        newest.valid_from = NEW.since + timedelta(days=1)
    with pytest.raises(ConflictError, match="cambió de nombre"):
        acts.accept(place.database, operator(place.database), view(place), act_id)


def test_one_person_is_not_two(place: Place) -> None:
    one = operator(place.database)
    act_id = acts.ask_succession(place.database, one, view(place), NEW, LEGAL_ACT)
    with pytest.raises(ForbiddenError, match="otra persona"):
        acts.accept(place.database, one, view(place), act_id)
    with pytest.raises(ConflictError, match="Ya hay uno abierto"):
        acts.ask_succession(place.database, operator(place.database), view(place), NEW, LEGAL_ACT)
    acts.cancel(place.database, one, view(place), act_id)
    with pytest.raises(ConflictError):
        acts.accept(place.database, operator(place.database), view(place), act_id)
    acts.ask_succession(place.database, one, view(place), NEW, LEGAL_ACT)


def test_it_needs_a_legal_act_an_operator_and_its_own_tenant(place: Place, other_place: Place) -> None:
    one, other = operator(place.database), operator(place.database)
    with pytest.raises(InvalidError, match="acto legal"):
        acts.ask_succession(place.database, one, view(place), NEW, "  ")
    for stranger in (operator(place.database, "national_monitor"), place.actor("garante_admin")):
        with pytest.raises(ForbiddenError):
            acts.ask_succession(place.database, stranger, view(place), NEW, LEGAL_ACT)
    act_id = acts.ask_succession(place.database, one, view(place), NEW, LEGAL_ACT)
    with pytest.raises(NotFoundError):
        acts.accept(place.database, other, view(other_place), act_id)
    with pytest.raises(ForbiddenError):
        acts.accept(place.database, operator(place.database, "national_monitor"), view(place), act_id)


def test_the_pages_of_both_people(place: Place, live: LiveServer) -> None:
    one, other = (live.client(person(place.database, "platform_operator")[1]) for _ in range(2))
    here = f"/plataforma/organismos/{place.slug}"
    form = {"nombre": NEW.name, "desde": "01/11/2026", "fundamento": LEGAL_ACT}
    assert one.post(f"{here}/sucesion", data=form | {"desde": "mañana"}).status_code == 422
    assert one.post(f"{here}/sucesion", data=form).status_code == 303
    with place.database.owner_work() as session:
        act_id = session.exec(
            select(PlatformAct.act_id).where(PlatformAct.subject_id == place.tenant_id)
        ).one()
    assert f"{act_id}/aceptacion" not in one.get(here).text
    assert f"{act_id}/aceptacion" in other.get(here).text
    assert one.post(f"{here}/actos/{act_id}/aceptacion").status_code == 403
    assert other.post(f"{here}/actos/{act_id}/aceptacion").status_code == 303
    assert NEW.name in one.get(f"/{place.slug}/").text


# Deletion


@pytest.fixture
def closed(make_place: Callable[..., Place], storage: Storage) -> Place:
    """A tenant that published, was suspended, and then exported whole."""
    place = make_place(policy="direct")
    Press(place).release()
    suspend(place)
    export(place, storage)
    return place


def suspend(place: Place) -> None:
    service.change_status(
        place.database, operator(place.database), view(place), "suspend", "El organismo se extingue por ley"
    )


def export(place: Place, storage: Storage) -> None:
    with place.database.unit_of_work(place.system) as session:
        row = TenantExport(tenant_id=place.tenant_id, recipient=PUBLIC)
        session.add(row)
    exporting.run(place.database, storage, place.system, row.export_id)


def hasten(place: Place, act_id: UUID) -> None:
    """Let the seven days be over."""
    with place.database.owner_work() as session:
        act = session.exec(select(PlatformAct).where(PlatformAct.act_id == act_id)).one()
        assert act.not_before is not None
        assert act.not_before - clock.now() > timedelta(days=6, hours=23)
        act.not_before = clock.now()


def copied(place: Place, storage: Storage) -> str:
    """Fetch the newest export as an operator does; return the hash of the bytes."""
    one = replace(operator(place.database), tenant_id=place.tenant_id)
    with place.database.unit_of_work(one) as session:
        row = exporting.carry(session, one, exporting.exports(session, one)[0].export_id)
        return sha256(b"".join(storage.read(row.storage_key, 0, row.size_bytes))).hexdigest()


def accepted(place: Place, storage: Storage) -> UUID:
    one, other = operator(place.database), operator(place.database)
    kept = copied(place, storage)
    act_id = acts.ask_deletion(place.database, one, view(place), Ending(place.slug, kept, LEGAL_ACT))
    acts.accept(place.database, other, view(place), act_id)
    return act_id


def test_after_seven_days_a_tombstone_is_left(closed: Place, storage: Storage, live: LiveServer) -> None:
    head = held(closed, "chain_head")
    act_id = accepted(closed, storage)
    assert deleting.delete_due(closed.database, storage) == 0  # not yet
    client = live.client()
    assert client.get(f"/{closed.slug}/").status_code == 200
    hasten(closed, act_id)
    assert deleting.delete_due(closed.database, storage) == 1
    assert deleting.delete_due(closed.database, storage) == 0

    kept = {
        table.name
        for table in metadata().sorted_tables
        if "tenant_id" in table.columns and held(closed, table.name)
    }
    assert kept <= set(deleting.TOMBSTONE)
    assert held(closed, "chain_head") == head
    assert list(storage.files_of(closed.tenant_id)) == []
    client = live.client()
    for address in ("/", "/api/v1/", "/api/v1/releases", "/procesos", "/panel"):
        answer = client.get(f"/{closed.slug}{address}")
        assert answer.status_code == 410, address
        assert LEGAL_ACT in answer.text
    assert closed.slug not in client.get("/").text
    with pytest.raises(GoneError):
        TenantDirectory(closed.database).by_slug(closed.slug)
    with closed.database.owner_work(closed.system) as session:
        assert list(public_log.verify(session, closed.tenant_id)) == []
        assert list(sealing.verify(session, closed.tenant_id)) == []


def held(place: Place, table: str) -> list[tuple[object, ...]]:
    with place.database.owner_work(place.system) as session:
        rows = session.execute(
            select(metadata().tables[table]).where(text("tenant_id = :id")), {"id": place.tenant_id}
        )
        return [tuple(row) for row in rows]


def test_its_address_and_prefix_are_nobody_elses_for_ever(closed: Place, storage: Storage) -> None:
    hasten(closed, accepted(closed, storage))
    deleting.delete_due(closed.database, storage)
    assert slug_taken(closed.database, closed.slug)
    with closed.database.public_reading() as session:
        assert prefix_owner(session, closed.prefix) == closed.tenant_id


def test_a_cancelled_one_is_never_done(closed: Place, storage: Storage) -> None:
    act_id = accepted(closed, storage)
    hasten(closed, act_id)
    acts.cancel(closed.database, operator(closed.database), view(closed), act_id)
    assert deleting.delete_due(closed.database, storage) == 0
    assert held(closed, "release")


def test_one_that_works_again_is_not_deleted(closed: Place, storage: Storage) -> None:
    act_id = accepted(closed, storage)
    hasten(closed, act_id)
    service.change_status(
        closed.database, operator(closed.database), view(closed), "resume", "Una sentencia lo mantiene"
    )
    deleting.delete_due(closed.database, storage)
    assert held(closed, "release")
    assert view(closed).status == "active"


def test_it_must_be_suspended_and_exported_since_and_named(place: Place, storage: Storage) -> None:
    one = operator(place.database)

    def ask(slug: str, kept: str) -> UUID:
        return acts.ask_deletion(place.database, one, view(place), Ending(slug, kept, LEGAL_ACT))

    export(place, storage)
    old = copied(place, storage)
    with pytest.raises(ConflictError, match="suspendido"):
        ask(place.slug, old)
    suspend(place)
    with pytest.raises(ConflictError, match="exportación completa"):
        ask(place.slug, old)
    export(place, storage)
    kept = copied(place, storage)
    with pytest.raises(InvalidError, match="tal cual"):
        ask("otro", kept)
    for wrong in ("", old, kept[:-1]):
        with pytest.raises(InvalidError, match="huella"):
            ask(place.slug, wrong)
    ask(place.slug, f" {kept.upper()} ")


def test_what_is_deleted_was_taken_away_by_the_pages(closed: Place, live: LiveServer) -> None:
    closed.actor("garante_admin")
    garante = live.client(closed.email("garante_admin"))
    assert garante.get(f"/{closed.slug}/ajustes/exportacion").status_code == 403
    one = live.client(person(closed.database, "platform_operator")[1])
    here = f"/plataforma/organismos/{closed.slug}"
    link = re.search(rf'{here}/exportaciones/[^"]+', one.get(here).text)
    assert link is not None
    archive = one.get(link[0])
    assert archive.content.startswith(b"age-encryption.org/v1")
    form = {"direccion": closed.slug, "acto_baja": LEGAL_ACT}
    assert one.post(f"{here}/baja", data=form | {"huella": "0" * 64}).status_code == 422
    assert (
        one.post(f"{here}/baja", data=form | {"huella": sha256(archive.content).hexdigest()}).status_code
        == 303
    )


def test_an_operator_carries_no_archive_of_another_nor_one_that_is_gone(
    closed: Place, other_place: Place, storage: Storage
) -> None:
    one = operator(closed.database)
    with closed.database.unit_of_work(closed.system) as session:
        export_id = exporting.exports(session, closed.system)[0].export_id
    elsewhere = replace(one, tenant_id=other_place.tenant_id)
    with closed.database.unit_of_work(elsewhere) as session, pytest.raises(NotFoundError):
        exporting.carry(session, elsewhere, export_id)
    for role in ("garante_admin", "so_admin"):
        stranger = closed.actor(role)
        with closed.database.unit_of_work(stranger) as session, pytest.raises(ForbiddenError):
            exporting.carry(session, stranger, export_id)
    here = replace(one, tenant_id=closed.tenant_id)
    with closed.database.owner_work(closed.system) as session:
        session.execute(text("UPDATE tenant_export SET expires_at = now() - interval '1 minute'"))
    assert exporting.expire(closed.database, storage, closed.system) == 1
    with closed.database.unit_of_work(here) as session, pytest.raises(ConflictError):
        exporting.carry(session, here, export_id)


# The key where nobody is left


def test_two_people_state_the_key_where_nobody_administers(place: Place) -> None:
    one, other = operator(place.database), operator(place.database)
    with pytest.raises(InvalidError, match="llave pública"):
        acts.ask_export_key(place.database, one, view(place), "age1nada", LEGAL_ACT)
    act_id = acts.ask_export_key(place.database, one, view(place), PUBLIC, LEGAL_ACT)
    with pytest.raises(ForbiddenError):
        acts.accept(place.database, one, view(place), act_id)
    with place.database.unit_of_work(place.system) as session:
        assert exporting.key(session, place.system) is None
    acts.accept(place.database, other, view(place), act_id)
    with place.database.unit_of_work(place.system) as session:
        key = exporting.key(session, place.system)
    assert key is not None
    assert key.recipient == PUBLIC


def test_where_somebody_administers_nobody_else_states_the_key(place: Place) -> None:
    one, other = operator(place.database), operator(place.database)
    act_id = acts.ask_export_key(place.database, one, view(place), PUBLIC, LEGAL_ACT)
    place.actor("garante_admin")
    with pytest.raises(ConflictError, match="quien lo administre"):
        acts.accept(place.database, other, view(place), act_id)
    with pytest.raises(ConflictError, match="quien lo administre"):
        acts.ask_export_key(place.database, one, view(place), PUBLIC, LEGAL_ACT)

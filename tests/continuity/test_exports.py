"""Asking for an export, waiting for it, fetching it once: by the garante's administration, and started by an operator."""

import hashlib
import io
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pyrage
import pytest
from sqlmodel import col, select

from app.continuity import exporting
from app.continuity.checking import check
from app.continuity.models import TenantExport
from app.core import clock
from app.core.audit import AuditEvent
from app.core.db import Database
from app.core.errors import ConflictError, ForbiddenError
from app.core.storage import Storage, StoredFile
from tests.conftest import LiveServer, Place
from tests.continuity.people import person
from tests.factories import draft

KEY = pyrage.x25519.Identity.generate()
PUBLIC = str(KEY.to_public())


@pytest.fixture
def desk(live: LiveServer, place: Place) -> httpx2.Client:
    """The garante's administration at its desk."""
    draft(place)
    place.actor("garante_admin")
    return live.client(place.email("garante_admin"))


def home(place: Place) -> str:
    return f"/{place.slug}/ajustes/exportacion"


def made(client: httpx2.Client, address: str) -> str:
    """Wait until the worker has made an export; return its page."""
    for _ in range(200):
        answer = client.get(address)
        assert answer.status_code == 200
        if "data-refresh" not in answer.text:
            return answer.text
        time.sleep(0.05)
    raise AssertionError(answer.text)


def fetched(desk: httpx2.Client, address: str) -> bytes:
    answer = desk.get(desk.post(f"{address}/enlace").headers["location"])
    assert answer.status_code == 200, answer.text
    return answer.content


def test_an_export_is_asked_for_made_and_fetched_once(
    desk: httpx2.Client, place: Place, lone_database: Database, tmp_path: Path
) -> None:
    assert "Dar la llave" in desk.get(home(place)).text
    assert desk.post(f"{home(place)}/nueva").status_code == 422
    assert desk.post(f"{home(place)}/llave", data={"llave": "age1nada"}).status_code == 422
    assert desk.post(f"{home(place)}/llave", data={"llave": PUBLIC}).status_code == 303
    assert PUBLIC in desk.get(home(place)).text
    address = desk.post(f"{home(place)}/nueva").headers["location"]
    page = made(desk, address)
    assert "Lista" in page

    link = desk.post(f"{address}/enlace").headers["location"]
    answer = desk.get(link)
    assert answer.headers["content-disposition"].endswith('.tar.gz.age"')
    assert hashlib.sha256(answer.content).hexdigest() in page
    assert desk.get(link).status_code == 403  # it was used up
    assert desk.get(f"{address}?clave=otra").status_code == 403

    kept = tmp_path / "x.age"
    kept.write_bytes(answer.content)
    assert check(kept, [KEY], lone_database).slug == place.slug
    with place.database.owner_work(place.system) as session:
        verbs = session.exec(
            select(AuditEvent.verb)
            .where(AuditEvent.subject_type == "tenant_export")
            .order_by(col(AuditEvent.event_id))
        ).all()
    assert verbs == ["tenant.export", "tenant.export_ready", "tenant.export_link", "tenant.export_download"]


def test_a_newer_link_ends_the_older_one(desk: httpx2.Client, place: Place) -> None:
    desk.post(f"{home(place)}/llave", data={"llave": PUBLIC})
    address = desk.post(f"{home(place)}/nueva").headers["location"]
    made(desk, address)
    older, newer = (desk.post(f"{address}/enlace").headers["location"] for _ in range(2))
    assert [desk.get(link).status_code for link in (older, newer)] == [403, 200]


def test_the_operator_starts_one_that_only_the_garante_opens(
    live: LiveServer, desk: httpx2.Client, place: Place, database: Database
) -> None:
    operator = live.client(person(database, "platform_operator")[1])
    act = f"/plataforma/organismos/{place.slug}"
    assert operator.post(f"{act}/exportacion").status_code == 422  # no key, no export
    assert "aún no da su llave" in operator.get(act).text
    desk.post(f"{home(place)}/llave", data={"llave": PUBLIC})
    assert operator.post(f"{act}/exportacion").status_code == 303
    listed = desk.get(home(place)).text
    assert "Pedida por quien opera la plataforma" in listed
    address = re.search(rf'href="({home(place)}/[0-9a-f-]+)"', listed)
    assert address is not None
    made(desk, address[1])
    assert operator.get(address[1]).status_code == 404
    assert operator.post(f"{address[1]}/enlace").status_code == 404
    assert fetched(desk, address[1])


def test_one_at_a_time(place: Place) -> None:
    admin = place.actor("garante_admin")
    with place.database.unit_of_work(admin) as session:
        exporting.state_key(session, admin, PUBLIC)
        session.add(TenantExport(tenant_id=place.tenant_id, recipient=PUBLIC))
    with pytest.raises(ConflictError), place.database.unit_of_work(admin) as session:
        exporting.ask(session, admin, originals=False)


@pytest.mark.parametrize("role", ["garante_reviewer", "so_admin", "so_publisher"])
def test_only_the_administration_exports(place: Place, role: str) -> None:
    actor = place.actor(role)
    for act in (
        lambda session: exporting.state_key(session, actor, PUBLIC),
        lambda session: exporting.ask(session, actor, originals=False),
        lambda session: exporting.new_link(session, actor, uuid4()),
        lambda session: exporting.take(session, actor, uuid4(), "x"),
    ):
        with pytest.raises(ForbiddenError), place.database.unit_of_work(actor) as session:
            act(session)


def test_an_export_is_deleted_when_its_time_is_over(place: Place, storage: Storage) -> None:
    stored = storage.new_key(place.tenant_id, exporting.KIND)
    storage.put(stored, io.BytesIO(b"x"))
    with place.database.unit_of_work(place.system) as session:
        for hours in (-1, 1):
            session.add(
                TenantExport(
                    tenant_id=place.tenant_id,
                    recipient=PUBLIC,
                    storage_key=stored if hours < 0 else "",
                    expires_at=clock.now() + timedelta(hours=hours),
                    status="ready",
                )
            )
    assert exporting.expire(place.database, storage, place.system) == 1
    assert exporting.expire(place.database, storage, place.system) == 0
    assert list(storage.files(place.tenant_id, exporting.KIND)) == []


def test_one_that_fails_for_what_nobody_foresaw_holds_up_no_other(place: Place, tmp_path: Path) -> None:
    admin = place.actor("garante_admin")
    with place.database.unit_of_work(admin) as session:
        exporting.state_key(session, admin, PUBLIC)
        row = TenantExport(tenant_id=place.tenant_id, recipient=PUBLIC)
        session.add(row)
    first = row.export_id

    class Broken(Storage):
        """A store that fails as no store should."""

        def files_of(self, tenant_id: UUID) -> Iterator[StoredFile]:
            raise ZeroDivisionError

    broken = Broken.local(tmp_path)
    with pytest.raises(ZeroDivisionError):
        exporting.run(place.database, broken, place.system, first)
    exporting.run(place.database, broken, place.system, first)  # tried again by the queue, it rests
    with place.database.unit_of_work(admin) as session:
        assert "pídela otra vez" in exporting.export(session, admin, first).message
        exporting.ask(session, admin, originals=False)


def test_one_that_nobody_finishes_is_given_up_after_a_day(place: Place, storage: Storage) -> None:
    admin = place.actor("garante_admin")
    with place.database.unit_of_work(admin) as session:
        exporting.state_key(session, admin, PUBLIC)
        old = TenantExport(
            tenant_id=place.tenant_id,
            recipient=PUBLIC,
            status="running",
            created_at=clock.now() - timedelta(hours=23),
        )
        session.add(old)
    exporting.expire(place.database, storage, place.system)
    with pytest.raises(ConflictError), place.database.unit_of_work(admin) as session:
        exporting.ask(session, admin, originals=False)
    with place.database.owner_work(place.system) as session:
        held = session.exec(select(TenantExport).where(TenantExport.export_id == old.export_id)).one()
        held.created_at -= timedelta(hours=2)
    exporting.expire(place.database, storage, place.system)
    with place.database.unit_of_work(admin) as session:
        assert exporting.export(session, admin, old.export_id).status == "failed"
        exporting.ask(session, admin, originals=False)


def test_a_job_that_died_starts_again_and_one_that_is_done_rests(place: Place, storage: Storage) -> None:
    with place.database.unit_of_work(place.system) as session:
        row = TenantExport(tenant_id=place.tenant_id, recipient=PUBLIC, status="running")
        session.add(row)
    for _ in range(2):
        exporting.run(place.database, storage, place.system, row.export_id)
    with place.database.unit_of_work(place.system) as session:
        assert exporting.export(session, place.system, row.export_id).status == "ready"
    assert len(list(storage.files(place.tenant_id, exporting.KIND))) == 1

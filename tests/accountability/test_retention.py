"""What has passed its term goes, what has not stays, and the public record has no term."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

import orjson
import pytest
from sqlalchemy import update
from sqlmodel import col, select

from app.accountability import retention
from app.catalogs import service as catalogs
from app.catalogs.models import CatalogEntry, CatalogLoad
from app.core import clock
from app.core.audit import AuditEvent
from app.core.db import Database
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.folding import fold
from app.core.jobs import Worker
from app.core.storage import Storage
from app.identity.models import LoginSession
from app.imports import service as imports
from app.imports.models import ImportRun
from app.onboarding import loading
from app.onboarding.models import PadronLoad, PadronRow, SujetoChange
from app.processes import versions
from app.processes.models import ContractingProcess, DocumentEdit, Observation, ProcessVersion
from app.processes.queries import working_process
from app.publication.service import publish_batch
from app.review import service as review
from app.review.models import ReturnedDocument
from tests.conftest import LiveServer, Place
from tests.factories import document, draft

LONG_AGO = clock.now() - timedelta(days=400)


def discarded(place: Place, *, days: int) -> ProcessVersion:
    editor = place.actor("so_editor")
    ref = draft(place, document(description="Lo que ya nadie necesita"))
    with place.database.unit_of_work(editor) as session:
        row = review.discard(session, editor, ref, 1)
    with place.database.owner_work(place.system) as session:
        session.execute(
            update(ProcessVersion)
            .where(ProcessVersion.process_id == ref.process_id)
            .values(updated_at=clock.now() - timedelta(days=days))
        )
    return row


def held(place: Place, row: ProcessVersion) -> ProcessVersion:
    with place.database.unit_of_work(place.system) as session:
        return session.get_one(ProcessVersion, (row.tenant_id, row.process_id, row.number))


def test_a_discarded_draft_is_emptied_after_its_term_and_not_before(place: Place) -> None:
    old, young = discarded(place, days=91), discarded(place, days=89)

    assert retention.apply(place.database, place.tenant_id)["discarded_drafts"] == 1
    assert retention.apply(place.database, place.tenant_id)["discarded_drafts"] == 0

    assert b"nadie necesita" in (held(place, young).snapshot or b"")
    assert held(place, old).snapshot == b"{}"
    editor = place.actor("so_editor")
    with place.database.unit_of_work(editor) as session:
        lines = session.exec(select(DocumentEdit).where(DocumentEdit.process_id == old.process_id)).all()
        assert all(line.before is None and line.after is None for line in lines)
        process = working_process(session, editor, old.process_id)
        with pytest.raises(NotFoundError, match="plazo de conservación"):
            versions.document_of(session, editor, process, [held(place, old)], old.number)
        verbs = session.exec(
            select(AuditEvent.verb).where(AuditEvent.subject_id == str(old.process_id))
        ).all()
    assert "process.forget" in verbs


def test_what_only_a_forgotten_draft_said_is_found_no_more(place: Place) -> None:
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    ref = draft(place, document(title="Lo que se llamaba así"))
    with place.database.unit_of_work(editor) as session:
        review.submit(session, editor, ref, 1)
    with place.database.unit_of_work(reviewer) as session:
        review.return_with_observations(session, reviewer, ref, 2, [review.Remark("", "Dice un domicilio.")])
    with place.database.unit_of_work(editor) as session:
        review.discard(session, editor, ref, 3)
    with place.database.owner_work(place.system) as session:
        session.execute(
            update(ProcessVersion)
            .where(ProcessVersion.process_id == ref.process_id)
            .values(updated_at=LONG_AGO)
        )

    retention.apply(place.database, place.tenant_id)

    with place.database.unit_of_work(editor) as session:
        process = session.exec(
            select(ContractingProcess).where(ContractingProcess.process_id == ref.process_id)
        ).one()
        remarks = session.exec(
            select(Observation.remark).where(Observation.process_id == ref.process_id)
        ).all()
        returned = session.exec(
            select(ReturnedDocument).where(ReturnedDocument.process_id == ref.process_id)
        ).all()
    assert (process.title, process.unit, process.folded.strip()) == ("", "", fold(process.ocid))
    assert remarks == ["[ya no se conserva]"]
    assert returned == []


def test_a_process_that_says_something_else_keeps_its_title(place: Place) -> None:
    row = discarded(place, days=91)
    again = draft(place, document(title="Otra vez"), ocid=ocid_of(place, row))

    retention.apply(place.database, place.tenant_id)

    assert again.process_id == row.process_id
    with place.database.unit_of_work(place.system) as session:
        found = session.exec(
            select(ContractingProcess.title).where(ContractingProcess.process_id == row.process_id)
        ).one()
    assert found == "Otra vez"


def ocid_of(place: Place, row: ProcessVersion) -> str:
    with place.database.unit_of_work(place.system) as session:
        return session.exec(
            select(ContractingProcess.ocid).where(ContractingProcess.process_id == row.process_id)
        ).one()


def test_what_is_published_has_no_term(place: Place) -> None:
    editor = place.actor("so_editor", place.add_sujeto(policy="direct"))
    ref = draft(place, editor=editor, source="import:prueba")
    with place.database.unit_of_work(editor) as session:
        assert publish_batch(session, editor, [ref])[0].published
    with place.database.owner_work(place.system) as session:
        session.execute(
            update(ProcessVersion)
            .where(ProcessVersion.process_id == ref.process_id)
            .values(updated_at=LONG_AGO)
        )
    assert not any(retention.apply(place.database, place.tenant_id).values())


def test_the_original_of_an_import_goes_and_its_report_stays(
    place: Place, storage: Storage, live: LiveServer
) -> None:
    editor = place.actor("so_editor")
    stored = imports.store(storage, editor, "datos.json", BytesIO(orjson.dumps([])), 10**6)
    with place.database.unit_of_work(editor) as session:
        run = imports.start(session, editor, stored)
    with place.database.owner_work(place.system) as session:
        session.execute(
            update(ImportRun)
            .where(ImportRun.import_id == run.import_id)
            .values(status="finished", updated_at=clock.now() - timedelta(days=731))
        )

    assert retention.apply(place.database, place.tenant_id)["import_originals"] == 1
    assert retention.apply(place.database, place.tenant_id)["import_originals"] == 0

    client = live.client(place.email("so_editor", place.sujetos[0]))
    page = client.get(f"/{place.slug}/importaciones/{run.import_id}")
    assert page.status_code == 200
    assert "plazo de conservación" in page.text


PADRON = b"id,nombre,correo\n101,Secretaria de Ejemplo,enlace@ejemplo.example\n"
CATALOG = "clave,descripción\n21100001,Abrecartas\n".encode()


@dataclass(frozen=True)
class Loads:
    """A file of the padrón and one of a catalogue, both read."""

    padron: PadronLoad
    catalog: CatalogLoad

    @classmethod
    def of(cls, place: Place, storage: Storage) -> "Loads":
        keeper = place.actor("garante_admin")
        with place.database.unit_of_work(keeper) as session:
            load = loading.receive(session, keeper, storage, BytesIO(PADRON), filename="padron.csv")
            other = catalogs.receive(
                session, keeper, storage, "cucop", BytesIO(CATALOG), filename="claves.csv"
            )
        loading.read_load(place.database, place.system, storage, load.load_id)
        return cls(load, other)

    def keys(self) -> set[str]:
        return {self.padron.storage_key, self.catalog.storage_key}


def stored(place: Place, storage: Storage) -> set[str]:
    return {one.key for one in storage.files_of(place.tenant_id)}


def rows(place: Place) -> list[PadronRow]:
    with place.database.unit_of_work(place.system) as session:
        return list(session.exec(select(PadronRow)).all())


def test_a_discarded_load_goes_at_once_with_its_file_and_rows(
    lone_database: Database, make_lone: Callable[..., Place], storage: Storage
) -> None:
    place = make_lone()
    loads, kept = Loads.of(place, storage), Loads.of(place, storage)
    keeper = place.actor("garante_admin")
    with place.database.unit_of_work(keeper) as session:
        loading.discard(session, keeper, loads.padron.load_id)
        catalogs.discard(session, keeper, loads.catalog.load_id)
    assert stored(place, storage) == loads.keys() | kept.keys()  # only the worker deletes
    asyncio.run(Worker(lone_database, storage).run(wait=False))

    assert stored(place, storage) == kept.keys()
    assert {row.load_id for row in rows(place)} == {kept.padron.load_id}
    with place.database.unit_of_work(keeper) as session:
        assert "Abrecartas" not in str(
            session.exec(select(CatalogLoad.sample).where(CatalogLoad.load_id == loads.catalog.load_id)).one()
        )


def test_loads_go_after_their_term_and_what_they_brought_stays(
    lone_database: Database, make_lone: Callable[..., Place], storage: Storage
) -> None:
    place = make_lone()
    keeper = place.actor("garante_admin")
    applied, forgotten, young = (Loads.of(place, storage) for _ in range(3))
    with place.database.unit_of_work(keeper) as session:
        loading.order(session, keeper, applied.padron.load_id)
        catalogs.apply(session, keeper, storage, applied.catalog.load_id)
    loading.apply_load(place.database, place.system, applied.padron.load_id)
    for model in (PadronLoad, CatalogLoad):
        old = [one.load_id for pair in (applied, forgotten) for one in (pair.padron, pair.catalog)]
        with place.database.owner_work(place.system) as session:
            for load in session.exec(select(model).where(col(model.load_id).in_(old))):
                load.created_at = clock.now() - timedelta(days=731)
                load.applied_at = load.applied_at and load.created_at
                if isinstance(load, PadronLoad):
                    load.ordered_at = load.ordered_at and load.created_at

    gone = retention.apply(place.database, place.tenant_id)
    assert (gone["padron_loads"], gone["catalog_loads"]) == (2, 2)
    assert not any(retention.apply(place.database, place.tenant_id).values())
    asyncio.run(Worker(lone_database, storage).run(wait=False))

    assert stored(place, storage) == young.keys()
    assert {row.load_id for row in rows(place)} == {young.padron.load_id}
    with place.database.unit_of_work(keeper) as session:
        assert session.exec(
            select(PadronLoad.load_id).where(col(PadronLoad.discarded_at).is_not(None))
        ).all() == [forgotten.padron.load_id]
        assert session.exec(select(SujetoChange).where(SujetoChange.load_id == applied.padron.load_id)).all()
        assert session.exec(select(CatalogEntry.code)).all() == ["21100001"]


def test_the_page_of_a_load_says_that_its_file_is_gone(
    place: Place, storage: Storage, live: LiveServer
) -> None:
    loads, keeper = Loads.of(place, storage), place.actor("garante_admin")
    with place.database.unit_of_work(keeper) as session:
        loading.discard(session, keeper, loads.padron.load_id)
        catalogs.discard(session, keeper, loads.catalog.load_id)
    client = live.client(place.email("garante_admin"))
    for path in (f"padron/cargas/{loads.padron.load_id}", f"catalogos/cucop/cargas/{loads.catalog.load_id}"):
        page = client.get(f"/{place.slug}/{path}")
        assert page.status_code == 200
        assert "no se conserva" in page.text


def test_the_tenant_chooses_its_terms_within_bounds(live: LiveServer, place: Place) -> None:
    place.actor("garante_admin")
    client = live.client(place.email("garante_admin"))
    here = f"/{place.slug}/ajustes/conservacion"
    good = {"import_originals": "365", "discarded_drafts": "30", "notices": "60"}
    good |= {"padron_loads": "365", "catalog_loads": "400"}

    assert 'value="730"' in client.get(here).text
    for wrong in ("29", "3651", "-1", "1e3", "", "9" * 30, "٣٠"):
        refused = client.post(here, data={**good, "discarded_drafts": wrong})
        assert refused.status_code == 422, wrong
        assert 'value="365"' in refused.text
        assert "No se guardó nada" in refused.text
    assert 'value="730"' in client.get(here).text

    assert client.post(here, data=good).status_code == 303
    assert 'value="365"' in client.get(here).text
    row = discarded(place, days=31)
    assert retention.apply(place.database, place.tenant_id)["discarded_drafts"] == 1
    assert held(place, row).snapshot == b"{}"


def test_nobody_else_chooses(place: Place) -> None:
    for role in ("garante_reviewer", "so_admin"):
        actor = place.actor(role)
        with place.database.unit_of_work(actor) as session, pytest.raises(ForbiddenError):
            retention.choose(session, actor, {"notices": 60})
    admin = place.actor("garante_admin")
    with place.database.unit_of_work(admin) as session, pytest.raises(InvalidError):
        retention.choose(session, admin, {"notices": 1})


def test_sessions_that_ended_long_ago_are_forgotten(
    lone_database: Database, make_lone: Callable[..., Place]
) -> None:
    account = make_lone().actor("so_editor").account_id
    assert account is not None
    with lone_database.auth_work() as session:
        for token, days in ((b"vieja", 91), (b"nueva", 89)):
            ended = clock.now() - timedelta(days=days)
            session.add(LoginSession(token_sha256=token, account_id=account, expires_at=ended))
    assert retention.forget_sessions(lone_database, 90) == 1
    with lone_database.auth_work() as session:
        assert session.exec(select(LoginSession.token_sha256)).all() == [b"nueva"]

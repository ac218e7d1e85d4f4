"""A withdrawal that redacts too: the text is nowhere any more, in no table, no file, no answer and no log line."""

import asyncio
import dataclasses
import gzip
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import quote
from uuid import UUID, uuid4

import orjson
import pyrage
import pytest
from sqlalchemy import text, update
from sqlmodel import col, select

from app.attachments import service as attachments
from app.attachments.service import Intake, SentFile
from app.continuity import exporting
from app.core import clock, public_log
from app.core.audit import AuditEvent
from app.core.db import Actor, Database
from app.core.errors import ConflictError, ForbiddenError
from app.core.jobs import Worker
from app.core.public_log import PublicAct
from app.core.storage import Storage
from app.downloads.keeping import Keeper, refresh
from app.imports import queries as imports
from app.imports import service as importing
from app.imports.forgetting import GONE
from app.imports.models import ImportRun
from app.main import create_app
from app.parties import service as registry
from app.parties.adoption import adopt
from app.parties.models import PartyUse
from app.parties.service import Entry
from app.processes import beginning, correction, editing
from app.processes.edits import edits
from app.processes.models import Observation, ObservationMessage
from app.processes.queries import VersionRef, load_working, snapshot, versions, working_process
from app.publication import reservations, withdrawals
from app.publication.models import Redaction, WithdrawalRequest
from app.publication.service import publish_batch
from app.publication.withdrawals import Asked
from app.review.models import ReturnedDocument
from app.settings import Settings
from app.tenancy.queries import TenantDirectory
from tests.conftest import LiveServer, Place, place_maker, serve_app
from tests.factories import document, draft, new_ocid
from tests.publication.conftest import Press, tender

ALIAS = "PC/2026/77"


@dataclass
class Case:
    """A published process that says something it should not, in every place that keeps something of it."""

    press: Press
    storage: Storage
    folder: Path
    secret: str
    ocid: str = ""
    file: str = ""
    process_id: UUID = field(init=False)
    import_id: UUID = field(init=False)

    @property
    def place(self) -> Place:
        return self.press.place

    def person(self, role: str) -> Actor:
        return self.place.actor(role)

    def tell_everywhere(self) -> None:
        """Import, publish, attach, edit, submit, remark, return, and change again."""
        self.ocid = new_ocid(self.place)
        self.import_id = self._import()
        editor, publisher = self.person("so_editor"), self.person("so_publisher")
        with self.place.database.unit_of_work(editor) as session:
            self.process_id = load_working(session, editor, [self.ocid])[self.ocid].process_id
            sent = [SentFile(f"{self.secret}.txt", BytesIO(self.secret.encode()))]
            intake = Intake(self.storage, 10**6, scanned=False)
            (received,) = attachments.receive(session, editor, intake, self.process_id, sent)
            original = [SentFile("original.txt", BytesIO(f"{self.secret}, sin testar".encode()))]
            attachments.receive(session, editor, intake, self.process_id, original, kind="reserved")
        assert received.attachment is not None
        name = quote(f"{self.secret}.txt")
        self.file = f"/{self.place.slug}/archivos/{received.attachment.attachment_id}/{name}"
        paper = {"id": "doc-1", "title": self.secret, "url": f"http://127.0.0.1{self.file}"}
        written = tender(title=f"Compra de {self.secret}", documents=[paper])
        ref = draft(self.place, written, ocid=self.ocid, source="import:prueba")
        with self.place.database.unit_of_work(publisher) as session:
            (outcome,) = publish_batch(session, publisher, [ref])
        assert outcome.published, outcome.problems
        self._copy()
        self.edit("/description", f"Ver a {self.secret}")
        self.edit("/description", "Sin más")

    def _import(self) -> UUID:
        whole = document() | {
            "ocid": self.ocid,
            "id": "1",
            "date": "2026-01-15T10:00:00-06:00",
            "tag": ["tender"],
            "initiationType": "tender",
        }
        whole["tender"] = whole["tender"] | {"title": f"Importado: {self.secret}"}
        neighbour = whole | {"ocid": new_ocid(self.place), "tender": document()["tender"]}
        publisher = self.person("so_publisher")
        held = BytesIO(orjson.dumps([whole, neighbour]))
        stored = importing.store(self.storage, publisher, "archivo.json", held, 10**6)
        with self.place.database.unit_of_work(publisher) as session:
            run = importing.start(session, publisher, stored, publish=True, preview=False)
        importing.apply_run(
            self.place.database, publisher, run.import_id, storage=self.storage, publisher=publish_batch
        )
        return run.import_id

    def _copy(self) -> None:
        """Keep it where people and other features keep what they took from the process."""
        editor, publisher = self.person("so_editor"), self.person("so_publisher")
        database, about = (
            self.place.database,
            {"tenant_id": self.place.tenant_id, "process_id": self.process_id},
        )
        with database.unit_of_work(editor) as session:
            turn = correction.start(session, editor, self.process_id, f"Nombra a {self.secret}")
            ref = VersionRef(self.process_id, turn.number)
            beginning.save_template(session, editor, self.process_id, self.secret)
            firm = {"legalPersonality": "legalPerson", "legalName": self.secret}
            party = adopt(session, editor, {"name": self.secret, "identifier": firm, "roles": ["tenderer"]})
            renamed = Entry(party.kind, {**party.body, "name": f"{self.secret} y socios"})
            registry.correct(session, editor, party.party_id, renamed, row_version=1)
            session.add(
                PartyUse(
                    **about,
                    part_path="parties/9",
                    sujeto_obligado_id=self.place.sujetos[0],
                    party_id=party.party_id,
                    party_version=1,
                )
            )
            remark = Observation(
                **about,
                number=ref.number,
                remark=f"¿Quién es {self.secret}?",
                account_id=editor.account_id or uuid4(),
            )
            session.add(remark)
            session.add(ReturnedDocument(**about, number=ref.number, body=self.secret.encode()))
            session.flush()
            session.add(
                ObservationMessage(
                    tenant_id=self.place.tenant_id,
                    observation_id=remark.observation_id,
                    act="answer",
                    words=f"Es {self.secret}",
                    account_id=remark.account_id,
                    at=clock.now(),
                )
            )
        asked = reservations.Asked(
            "confidential",
            "personal",
            "Artículo 1",
            "Datos.",
            ("/tender/title",),
            harm=f"Daña a {self.secret}",
        )
        with database.unit_of_work(publisher) as session:
            today = clock.now().date()
            reservations.request(session, publisher, self.process_id, asked, today=today)

    def edit(self, pointer: str, value: object) -> None:
        editor = self.person("so_editor")
        with self.place.database.unit_of_work(editor) as session:
            change = editing.Change(pointer, value)
            base = working_process(session, editor, self.process_id).seq
            editing.change(session, editor, self.process_id, "tender", [change], base=base)

    def decide(self, asked: Asked) -> None:
        """Ask for a withdrawal, and approve it."""
        publisher, reviewer = self.person("so_publisher"), self.person("garante_reviewer")
        with self.place.database.unit_of_work(publisher) as session:
            request_id = withdrawals.request(session, publisher, self.process_id, asked).request_id
        with self.place.database.unit_of_work(reviewer) as session:
            withdrawals.approve(session, reviewer, self.process_id, request_id)
        asyncio.run(Worker(self.place.database, self.storage, concurrency=1).run(wait=False))

    def files_holding(self) -> set[str]:
        """Stored files in which the text stands."""
        return {
            path.relative_to(self.folder).parts[1]
            for path in self.folder.rglob("*")
            if path.is_file() and self.secret.encode() in _opened(path.read_bytes())
        }

    def download_all(self) -> None:
        """Make the files for download tell what is published now."""
        keeper = Keeper(self.place.database, self.storage, "https://datos.example")
        assert refresh(keeper, TenantDirectory(self.place.database).by_slug(self.place.slug))
        asyncio.run(Worker(self.place.database, self.storage, concurrency=1).run(wait=False))


def _opened(raw: bytes) -> bytes:
    return gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database of these tests alone: elsewhere a server's own worker would take the jobs, with files of its own."""
    return lone_database


@pytest.fixture(scope="module")
def make_place(database: Database) -> Callable[..., Place]:
    """Make tenants there."""
    return place_maker(database)


@pytest.fixture
def case(make_place: Callable[..., Place], tmp_path: Path) -> Case:
    press = Press(make_place(policy="direct"))
    folder = tmp_path / "files"
    made = Case(press, Storage.local(tmp_path), folder, f"Doña Ñusta {uuid4().hex}")
    made.tell_everywhere()
    return made


@pytest.fixture
def site(case: Case, settings: Settings) -> Iterator[LiveServer]:
    """The service with the case's files."""
    yield from serve_app(create_app(settings, case.place.database, case.storage))


def everything(case: Case, **changes: object) -> Asked:
    told = {
        "ground": "personal",
        "article": "Artículo 115 de la Ley de Prueba",
        "reason": "Nombra a una menor.",
    }
    return Asked(**(told | {"erases": "all"} | changes))  # type: ignore[arg-type]


def public_addresses(case: Case) -> list[str]:
    home = f"/{case.place.slug}"
    releases = [
        entry.release_id
        for entry in case.press.entries()
        if entry.kind == "release" and entry.ocid == case.ocid
    ]
    return [
        *(f"{home}/api/v1/releases/{case.ocid}/{one}" for one in releases),
        f"{home}/api/v1/releases/{case.ocid}",
        f"{home}/api/v1/records/{case.ocid}",
        f"{home}/api/v1/records/{case.ocid}?versioned=true",
        f"{home}/procesos/{case.ocid}",
        case.file,
    ]


HOLDING = {
    *("release_body", "record", "process_facet", "contracting_process", "process_part", "process_version"),
    *("document_edit", "import_row", "attachment", "observation", "observation_message", "returned_document"),
    *("process_template", "party", "party_change", "reservation"),
}
"""Every table that keeps a text of a process."""
LISTS = (
    "",
    "/procesos",
    "/api/v1/releases",
    "/api/v1/records",
    "/api/v1/withdrawals",
    "/sitemap.xml",
    "/bitacora-publica",
)


def test_what_is_withdrawn_and_redacted_is_nowhere_any_more(
    case: Case,
    site: LiveServer,
    tables_holding: Callable[[str], set[str]],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    web = site.client()
    addresses = public_addresses(case)
    case.download_all()
    files = f"/{case.place.slug}/descargas/"
    names = [file["name"] for file in web.get(f"{files}indice.json").json()["files"]]
    assert {web.get(files + name).status_code for name in names} == {200}
    before = [web.get(address) for address in addresses]
    assert {answer.status_code for answer in before} == {200}
    assert [case.secret in answer.text for answer in before] == [True] * len(before)
    assert tables_holding(case.secret) == HOLDING
    assert case.files_holding() == {"downloads", "imports", "public", "reserved"}

    with caplog.at_level(logging.DEBUG):
        case.decide(everything(case))
    assert {web.get(files + name).status_code for name in names} == {503}
    case.download_all()

    after = {name: web.get(files + name) for name in names}
    assert all(case.secret.encode() not in _opened(answer.content) for answer in after.values())
    assert tables_holding(case.secret) == set()
    assert case.files_holding() == set()
    late = clock.monotonic() + 1.0  # what is hot in memory goes within a second
    while clock.monotonic() < late and 200 in [web.get(address).status_code for address in addresses]:
        pass
    for address in addresses:
        answer = web.get(address)
        assert answer.status_code == 410, address
        assert case.secret not in answer.text
    for listed in LISTS:
        answer = web.get(f"/{case.place.slug}{listed or '/'}")
        assert (answer.status_code, case.secret in answer.text) == (200, False), listed
    for address in ("", "/cambios", "/comparar", "/archivos", "/captura"):
        home = f"/{case.place.slug}/procesos-internos/{case.process_id}"
        answer = site.client(case.place.email("so_editor", case.place.sujetos[0])).get(home + address)
        # Versions whose content is gone cannot be compared, which is said in words.
        assert answer.status_code == (404 if address == "/comparar" else 200), answer.text
        assert case.secret not in answer.text
    assert case.secret not in caplog.text + "".join(capsys.readouterr())
    assert case.press.faults() == []


def test_what_went_is_told_in_numbers_and_hashes(case: Case) -> None:
    reviewer = case.person("garante_reviewer")
    with case.place.database.unit_of_work(case.person("so_publisher")) as session:
        actor = case.person("so_publisher")
        row = withdrawals.request(session, actor, case.process_id, everything(case))
        going = withdrawals.going(session, actor, row)
        request_id = row.request_id
    with case.place.database.unit_of_work(reviewer) as session:
        withdrawals.approve(session, reviewer, case.process_id, request_id)

    assert (going.releases, going.remaining, going.files) == (2, 0, 1)
    assert going.redacted is not None
    assert (going.redacted.files, going.redacted.others, going.redacted.attachments) == (1, 1, 2)
    with case.place.database.unit_of_work(reviewer) as session:
        (act,) = session.exec(select(Redaction)).all()
        told = [row for row in session.exec(select(public_log.PublicAct)) if row.ocid == case.ocid]
        noted = [row for row in session.exec(select(AuditEvent)) if row.verb == "process.redact"]
        run = imports.run(session, reviewer, case.import_id)
        lines = edits(session, reviewer, case.process_id, zone="UTC").rows
        turns = {row.number: row.status for row in versions(session, reviewer, case.process_id)}
    assert [row.kind for row in told] == ["withdrawal", "redaction"]
    assert told[0].detail["releases"] == 2
    assert act.facts["sha256"] == noted[0].detail["sha256"]
    assert noted[0].account_id == reviewer.account_id
    assert (run.message, run.status) == (GONE, "finished")
    assert lines
    assert turns == {1: "withdrawn", 2: "withdrawn", 3: "draft"}
    with case.place.database.auditor_work() as auditor:
        assert list(public_log.verify(auditor, case.place.tenant_id)) == []


def test_only_the_places_named_are_redacted(case: Case, tables_holding: Callable[[str], set[str]]) -> None:
    case.decide(everything(case, erases="places", places=("/tender/title", "/tender/description")))

    actor = case.person("so_editor")
    with case.place.database.unit_of_work(actor) as session:
        now = working_process(session, actor, case.process_id).document
        first = snapshot(session, actor, VersionRef(case.process_id, 1))
    for document_ in (now, first):
        assert "title" not in document_["tender"]
        assert document_["tender"]["procurementMethod"] == "open"
    assert now["tender"]["documents"][0]["title"] == case.secret  # nobody named it
    assert "document_edit" not in tables_holding(f"Compra de {case.secret}")
    assert "document_edit" not in tables_holding(f"Ver a {case.secret}")
    assert "contracting_process" not in tables_holding(case.secret)


def test_the_official_goes_on_from_what_is_left(press: Press) -> None:
    ocid, first = press.release()
    publisher, reviewer = press.actor, press.place.actor("garante_reviewer")
    with press.place.database.unit_of_work(publisher) as session:
        process_id = load_working(session, publisher, [ocid])[ocid].process_id
        asked = Asked("order", "Artículo 1", "Lo ordenó un juzgado.")
        request_id = withdrawals.request(session, publisher, process_id, asked).request_id
    with press.place.database.unit_of_work(reviewer) as session:
        withdrawals.approve(session, reviewer, process_id, request_id)
        left = working_process(session, reviewer, process_id)

    _, again = press.release(tender(title="Corregido"), ocid=ocid)

    assert (left.published, left.document["tender"]["title"]) == (False, first["tender"]["title"])
    assert press.releases(ocid) == [again]
    assert again["id"] != first["id"]
    with press.place.database.unit_of_work(reviewer) as session:
        assert snapshot(session, reviewer, VersionRef(process_id, 1)) == left.document
    assert press.faults() == []


def test_what_imports_exports_and_reservations_still_do_with_it_ends(case: Case) -> None:
    admin, publisher = case.person("garante_admin"), case.person("so_publisher")
    with case.place.database.unit_of_work(admin) as session:
        exporting.state_key(session, admin, str(pyrage.x25519.Identity.generate().to_public()))
        export_id = exporting.ask(session, admin, originals=True).export_id
    asyncio.run(Worker(case.place.database, case.storage, concurrency=1).run(wait=False))
    with case.place.database.owner_work(case.place.system) as session:
        session.execute(update(ImportRun).values(status="applying"))
    kept = {path.relative_to(case.folder).parts[1] for path in case.folder.rglob("*") if path.is_file()}

    case.decide(everything(case))

    with case.place.database.unit_of_work(admin) as session:
        export = exporting.export(session, admin, export_id)
        run = imports.run(session, admin, case.import_id)
        (held,) = reservations.of_process(session, admin, case.process_id)
    assert "exports" in kept
    assert list(case.folder.rglob("*/exports/*")) == []
    assert export.status == "expired"
    assert run.cancel_requested
    assert held.status == "cancelled"
    with pytest.raises(ConflictError), case.place.database.unit_of_work(publisher) as session:
        importing.resume(session, publisher, case.import_id)


def test_history_is_not_rewritten_without_the_act(case: Case) -> None:
    with case.place.database.unit_of_work(case.person("garante_reviewer")) as session:
        changed = session.execute(text("UPDATE document_edit SET before = 'null', after = 'null'"))
        assert changed.rowcount == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", ["/noexiste", "x", ""])
def test_what_never_stood_anywhere_is_not_said_to_be_redacted(case: Case, place: str) -> None:
    publisher, reviewer = case.person("so_publisher"), case.person("garante_reviewer")
    asked = everything(case, erases="places", places=("/tender/title",))
    with case.place.database.unit_of_work(publisher) as session:
        request_id = withdrawals.request(session, publisher, case.process_id, asked).request_id
    with case.place.database.owner_work(case.place.system) as session:  # as one could be kept once
        session.execute(
            update(WithdrawalRequest)
            .where(col(WithdrawalRequest.request_id) == request_id)
            .values(places=["/tender/title", place])
        )

    with (
        pytest.raises(ConflictError, match="No hay nada que testar"),
        case.place.database.unit_of_work(reviewer) as session,
    ):
        withdrawals.approve(session, reviewer, case.process_id, request_id)

    with case.place.database.public_reading() as session:
        told = select(PublicAct.kind).where(PublicAct.tenant_id == case.place.tenant_id)
        assert "redaction" not in session.exec(told).all()


def test_what_left_the_draft_before_the_decision_is_redacted_in_its_history(
    case: Case, tables_holding: Callable[[str], set[str]]
) -> None:
    publisher, reviewer = case.person("so_publisher"), case.person("garante_reviewer")
    asked = everything(case, erases="places", places=("/tender/description",))
    with case.place.database.unit_of_work(publisher) as session:
        request_id = withdrawals.request(session, publisher, case.process_id, asked).request_id
    case.edit("/description", None)

    with case.place.database.unit_of_work(reviewer) as session:
        withdrawals.approve(session, reviewer, case.process_id, request_id)

    assert "document_edit" not in tables_holding(f"Ver a {case.secret}")


def test_who_asked_decides_under_no_other_hat(case: Case) -> None:
    publisher = case.place.actor("so_publisher")
    reviewer = case.place.actor("garante_reviewer")
    with case.place.database.unit_of_work(publisher) as session:
        asked = withdrawals.request(session, publisher, case.process_id, everything(case)).request_id
    own = dataclasses.replace(reviewer, account_id=publisher.account_id)

    with case.place.database.unit_of_work(own) as session:
        with pytest.raises(ForbiddenError, match="otra persona"):
            withdrawals.approve(session, own, case.process_id, asked)
        with pytest.raises(ForbiddenError, match="otra persona"):
            withdrawals.refuse(session, own, case.process_id, asked, "No procede en este caso.")

    with case.place.database.unit_of_work(reviewer) as session:
        assert withdrawals.one(session, reviewer, case.process_id, asked).status == "requested"
        withdrawals.approve(session, reviewer, case.process_id, asked)


def test_what_waits_is_read_page_by_page_the_oldest_first(press: Press) -> None:
    publisher, reviewer = press.place.actor("so_publisher"), press.place.actor("garante_reviewer")
    asked = []
    for _ in range(3):
        ocid, _ = press.release()
        with press.place.database.unit_of_work(publisher) as session:
            process_id = load_working(session, publisher, [ocid])[ocid].process_id
            wanted = Asked("order", "Artículo 1", "Lo ordenó un juzgado.")
            asked.append(withdrawals.request(session, publisher, process_id, wanted).request_id)
    with press.place.database.unit_of_work(reviewer) as session:
        first = withdrawals.in_status(session, reviewer, "requested", limit=2)
        second = withdrawals.in_status(session, reviewer, "requested", cursor=first.next_cursor, limit=2)
    assert [[row.request_id for row, _, _ in page.rows] for page in (first, second)] == [asked[:2], asked[2:]]
    assert second.next_cursor is None

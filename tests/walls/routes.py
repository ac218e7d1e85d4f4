"""The application's real route table, and real rows to write into its addresses.

Walks (here, and in a browser in `tests/e2e`) take every route from the table, so that a new one is covered the day it
is added; a path parameter that no row is known for fails them.
"""

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import orjson
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from sqlalchemy import func, text, update
from sqlmodel import col, select

from app.adoption import reminders
from app.adoption.queries import Filters
from app.attachments import service as attachments
from app.attachments.service import Intake, SentFile
from app.catalogs import service as catalogs
from app.continuity.models import PlatformAct, TenantExport
from app.core import clock
from app.core.audit import AuditEvent
from app.core.db import Actor, Database, DatabaseUrls, RwSession
from app.core.outbox import OutboxEvent
from app.core.policy import ROLES, Permission
from app.core.quarters import Quarter
from app.core.storage import Storage
from app.identity import invitations
from app.identity import service as identity
from app.identity.clients import service as clients
from app.identity.deps import signed_in_person, tenant_actor
from app.imports import queries as runs
from app.imports import service as imports
from app.main import create_app
from app.notifications.models import Notice
from app.ocds.shape import Document
from app.onboarding import loading as padron
from app.parties import service as parties
from app.pnt import declaring, formats
from app.pnt.declaring import Statement
from app.pnt.delivery.models import PntAccount, PntDelivered, PntDelivery, PntRemote
from app.pnt.due import Whose
from app.processes import beginning, editing
from app.processes.models import Observation
from app.processes.queries import VersionRef, working_process
from app.publication import reservations, withdrawals
from app.publication.service import publish_batch
from app.push.hooks.models import Webhook, WebhookFailure
from app.review import service as review
from app.settings import Settings
from app.web.static import asset
from tests.conftest import Place
from tests.factories import document, draft, new_ocid

PUBLIC = {
    "/openapi.json": "the description of the publication API",
    "/_components": "the page of components, in development only",
    "/_components/opciones": "part of it",
    "/static/{path:path}": "styles and scripts of the package",
    "/health": "for the machine that watches the process",
    "/ready": "for the machine that sends it visitors",
    "/metrics": "for the machine that draws its figures, which must know a token",
    "/entrar": "the door",
    "/entrar/segundo": "the door's second step; a right password opens it",
    "/entrar/olvido": "the door for whoever forgot the password",
    "/entrar/nueva/{link_id}/{token}": "a new password; the link of a letter opens it",
    "/cuenta/correo/{link_id}/{token}": "a new address; the link of a letter opens it",
    "/{tenant}/invitacion/{invitation_id}/{token}": "the link of a letter opens it",
    "/entrar/organismo": "whose people enter with a provider of their own",
    "/{tenant}/sso/entrar": "the door that leads to a tenant's provider",
    "/{tenant}/sso/respuesta": "the way back from there",
    "/{tenant}/sso/rescate": "the door for when it fails; a secret link opens it",
    "/api/v1/": "who publishes here",
    "/ocds/perfil/extension.json": "the profile, which every release names",
    "/ocds/perfil/release-schema.json": "part of the profile",
    "/ocds/perfil/release-package-schema.json": "part of the profile",
    "/ocds/perfil/record-package-schema.json": "part of the profile",
    "/ocds/perfil/codelists/{file}": "part of the profile",
    "/": "the national home",
    "/datos": "how to use the data",
    "/acerca": "what this service is",
    "/accesibilidad": "what works for whom",
    "/robots.txt": "for search engines",
    "/sitemap.xml": "for search engines",
    "/{tenant}/": "a garante's home",
    "/{tenant}/sujetos": "who must publish",
    "/{tenant}/procesos": "what is published",
    "/{tenant}/procesos/{ocid:path}": "what is published",
    "/{tenant}/datos": "how to use a garante's data",
    "/{tenant}/politica": "its publication policy",
    **{
        f"/{{tenant}}/bitacora-publica{form}": "its acts of authority, with reasons"
        for form in ("", ".csv", ".json", ".atom")
    },
    "/{tenant}/sitemap.xml": "for search engines",
    "/{tenant}/tema.css": "its colours, which its public pages wear",
    "/{tenant}/logo": "its logo, on its public pages",
    "/{tenant}/api/v1/": "where a garante's data is",
    "/{tenant}/archivos/{attachment_id}/{file_name}": "files that a published release names",
    "/{tenant}/descargas": "all that is published, as files",
    "/{tenant}/descargas/indice.json": "all that is published, as files",
    "/{tenant}/descargas/{name}": "all that is published, as files",
    "/{tenant}/data.json": "the catalogue of a garante's files",
    "/data.json": "the catalogue of everybody's files",
    "/adopcion": "which states publish",
    "/adopcion.csv": "which states publish",
    "/tableros": "figures of what is published",
    "/tableros/{grafica}": "figures of what is published",
    "/{tenant}/tableros": "figures of what is published",
    "/{tenant}/tableros/{grafica}": "figures of what is published",
    "/descargas": "what all tenants published, as files",
    "/descargas/indice.json": "what all tenants published, as files",
    "/descargas/{name}": "what all tenants published, as files",
    **{
        f"{place}/api/v1/{rest}": "published data, for everyone"
        for place in ("/{tenant}", "")
        for rest in (
            "releases",
            "releases/year/{year}",
            "releases/year/{year}/month/{month}",
            "releases/{ocid}",
            "releases/{ocid}/{release_id:path}",
            "records",
            "records/year/{year}",
            "records/year/{year}/month/{month}",
            "records/{ocid:path}",
            "withdrawals",
            "transfers",
            "changes",
            "feed.atom",
            "feed.json",
            "chain",
            "chain/entries",
            "chain/heads",
        )
    },
    "/api/v1/chain/keys": "what heads of chains were signed with",
    "/api/v1/chain/lists/{sha256}": "the heads of all chains that a signed one names",
    "/api/v1/chain/verifying.py": "the program that checks a chain",
    **{
        f"{place}/{rest}": "published data, where it was before"
        for place in ("/{tenant}", "")
        for rest in (
            "edca/fiscalYears",
            "edca/contractingprocess/{years}",
            "edca/contractingprocess/csv/{years}",
            "edca/contractingprocess/procurementmethod/{methods}/{years}",
            "edca/contractingprocess/additionalprocurementcategories/{categories}/{years}",
            "release/{ocid:path}",
            "release-package/{ocid:path}",
            "release-package-all/{ocid:path}",
            "record/{ocid:path}",
            "record-package/{ocid:path}",
        )
    },
}
"""Addresses that anyone may read (GET, HEAD, OPTIONS), and why."""

PUBLIC_ACTS = {
    "/entrar": "the door",
    "/entrar/segundo": "the door's second step; a right password opens it",
    "/entrar/olvido": "the door for whoever forgot the password",
    "/entrar/nueva/{link_id}/{token}": "a new password; the link of a letter opens it",
    "/cuenta/correo/{link_id}/{token}": "a new address; the link of a letter opens it",
    "/{tenant}/invitacion/{invitation_id}/{token}": "the link of a letter opens it",
    "/salir": "whoever has no session loses nothing",
    "/{tenant}/sso/rescate": "the door for when a provider fails; a secret link opens it",
    "/{tenant}/sso/salida": "a provider closes its own sessions, and signs what it says",
    "/{tenant}/oauth/token": "the door of programs; their secret opens it",
    "/{tenant}/pdn/s6/oauth": "the same door, where the Plataforma Digital Nacional looks for it",
    "/{tenant}/pdn/s6/search": "published data, as the Plataforma's own hub gives it",
}
"""Addresses to which anyone may send something, and why."""

ZONE = "America/Mexico_City"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True)
class Route:
    """One method of one address of the application.

    Attributes:
        guards: what its dependencies ask for: a session, a membership in the tenant, permissions; or a program's
            token with a scope.
        queries: names that its query may hold.
    """

    method: str
    template: str
    signed_in: bool
    member: bool
    permissions: frozenset[Permission]
    scopes: frozenset[str]
    queries: frozenset[str]
    endpoint: Callable[..., object] = field(compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def names(self) -> tuple[str, ...]:
        """Its path parameters."""
        return tuple(_PARAMETER.findall(self.template))

    @property
    def is_listed(self) -> bool:
        """Whether it stands on the list of what anyone may ask."""
        return self.template in (PUBLIC if self.method in SAFE else PUBLIC_ACTS)

    @property
    def is_guarded(self) -> bool:
        """Whether somebody must be signed in, or a program have a token."""
        return self.for_people or bool(self.scopes)

    @property
    def for_people(self) -> bool:
        """Whether a person must be signed in."""
        return self.signed_in or self.member

    @property
    def names_rows(self) -> bool:
        """Whether its address names a row of somebody's."""
        return not set(ROWS).isdisjoint(self.names)

    @property
    def last(self) -> str:
        """Its last segment."""
        return self.template.rpartition("/")[2]

    def address(self, values: dict[str, str]) -> str:
        """Return the address with its parameters filled in, and what it cannot do without."""
        path = _PARAMETER.sub(lambda found: values[found[1]], self.template)
        return path + (QUERIES.get(self.last, "") if self.method == "GET" else "")


def _asked(dependant: Dependant) -> Iterator[object]:
    for below in dependant.dependencies:
        yield below.call
        yield from _asked(below)


def _queries(dependant: Dependant) -> Iterator[str]:
    yield from (one.alias for one in dependant.query_params)
    for below in dependant.dependencies:
        yield from _queries(below)


def _table() -> Iterator[Route]:
    with tempfile.TemporaryDirectory() as folder:
        nowhere = DatabaseUrls(*["postgresql+psycopg://nobody@localhost/nothing"] * 7)
        app = create_app(Settings(environment="development"), Database(nowhere), Storage.local(Path(folder)))
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        asked = list(_asked(dependant)) if dependant else []
        for method in sorted(context.methods or ()):
            yield Route(
                method,
                context.path or "",
                signed_in=signed_in_person in asked,
                member=tenant_actor in asked,
                permissions=frozenset(
                    call.permission  # type: ignore[attr-defined]
                    for call in asked
                    if hasattr(call, "permission")
                ),
                scopes=frozenset(call.scope for call in asked if hasattr(call, "scope")),  # type: ignore[attr-defined]
                queries=frozenset(_queries(dependant)) if dependant else frozenset(),
                endpoint=context.endpoint or str,
            )


ROUTES = tuple(_table())


PUBLISHED_FILE = "acta.txt"


def _attach(place: Place, storage: Storage, process_id: UUID, editor: Actor, *, name: str, body: str) -> UUID:
    """Send a file to a process."""
    sent = [SentFile(name, BytesIO(body.encode()))]
    with place.database.unit_of_work(editor) as session:
        intake = Intake(storage, 10**6, scanned=False)
        (received,) = attachments.receive(session, editor, intake, process_id, sent)
    assert received.attachment is not None, received.said
    return received.attachment.attachment_id


def trusted_name(place: Place) -> str:
    """Return what a body of a place is called as no other place's is."""
    return f"Sujeto de confianza de {place.slug}"


def _publish(place: Place, storage: Storage, *, ocid: str) -> UUID:
    """Publish a process of another body by the way of a trusted import; return the file that it names."""
    trusted = place.add_sujeto(policy="direct", name=trusted_name(place))
    publisher, editor = place.actor("so_publisher", trusted), place.actor("so_editor", trusted)
    ref = draft(place, ocid=ocid, editor=editor, source="import:prueba")
    file = _attach(place, storage, ref.process_id, editor, name=PUBLISHED_FILE, body="publicada")
    url = f"http://127.0.0.1/{place.slug}/archivos/{file}/{PUBLISHED_FILE}"
    paper = {"id": "doc-1", "title": "Acta", "documentType": "tenderNotice", "url": url}
    written = document(tender={**document()["tender"], "documents": [paper]})
    ref = draft(place, written, ocid=ocid, editor=editor, source="import:prueba")
    with place.database.unit_of_work(publisher) as session:
        (outcome,) = publish_batch(session, publisher, [ref])
    assert outcome.published, outcome.problems
    return file


def _import(place: Place, storage: Storage, title: str) -> UUID:
    """Send a file as the first body's editor and wait until the worker has read it."""
    editor = place.actor("so_editor")
    release = document(tender={**document()["tender"], "title": title}) | {
        "ocid": new_ocid(place),
        "id": "1",
        "date": "2026-01-15T10:00:00-06:00",
        "tag": ["tender"],
        "initiationType": "tender",
    }
    stored = imports.store(storage, editor, f"{title}.json", BytesIO(orjson.dumps([release])), 10**6)
    with place.database.unit_of_work(editor) as session:
        import_id = imports.start(session, editor, stored).import_id
    for _ in range(600):
        with place.database.unit_of_work(editor) as session:
            run = runs.run(session, editor, import_id)
            if run.status == "previewed":
                assert run.counts.get("pending") == 1, run.counts
                return import_id
        time.sleep(0.05)
    raise AssertionError(f"the file was not read: {run.status} {run.message}")


def _catalog(place: Place, storage: Storage, secret: str) -> tuple[UUID, UUID]:
    """Put an entry in use, a retired one and a file that nobody decided yet into a catalogue; return the last two."""
    keeper = place.actor("garante_admin")
    content = BytesIO(b"clave,descripcion\n21100003,Clip\n")
    with place.database.unit_of_work(keeper) as session:
        catalogs.add(session, keeper, "cucop", {"code": "21100001", "description": "Abrecartas"})
        entry = catalogs.add(session, keeper, "cucop", {"code": "21100002", "description": secret})
        catalogs.retire(session, keeper, entry.entry_id, entry.row_version)
        load = catalogs.receive(session, keeper, storage, "cucop", content, filename=secret)
        return entry.entry_id, load.load_id


def _padron(place: Place, storage: Storage, secret: str) -> UUID:
    """Send a file of bodies that nobody decides; the worker reads it."""
    keeper = place.actor("garante_admin")
    content = BytesIO(f"nombre\n{secret}\n".encode())
    with place.database.unit_of_work(keeper) as session:
        return padron.receive(session, keeper, storage, content, filename=secret).load_id


def _party(place: Place, name: str) -> UUID:
    """Enter a supplier in the registry of the first body."""
    editor = place.actor("so_editor")
    body = {"name": name, "identifier": {"legalPersonality": "legalPerson", "legalName": name}}
    with place.database.unit_of_work(editor) as session:
        return parties.create(session, editor, parties.Entry("supplier", body)).party_id


def _export(place: Place, message: str) -> UUID:
    """Enter an export that failed and says why."""
    with place.database.unit_of_work(place.system) as session:
        row = TenantExport(tenant_id=place.tenant_id, recipient="age1", status="failed", message=message)
        session.add(row)
    return row.export_id


def _act(place: Place) -> UUID:
    """Enter an act that one operator asked for."""
    with place.database.owner_work() as session:
        row = PlatformAct(
            kind="succession",
            subject_id=place.tenant_id,
            legal_act="Decreto de prueba",
            detail={"name": "Autoridad que sucede", "short_name": "", "law": "", "since": "2027-01-01"},
            asked_by=uuid4(),
        )
        session.add(row)
    return row.act_id


def _template(place: Place, process_id: UUID, name: str) -> UUID:
    """Keep a process of the first body as a template."""
    editor = place.actor("so_editor")
    with place.database.unit_of_work(editor) as session:
        return beginning.save_template(session, editor, process_id, name).template_id


def _edit(place: Place, process_id: UUID) -> int:
    """Change a value of a working document; return the number of the edit."""
    editor = place.actor("so_editor")
    change = editing.Change("/description", "Para todas las oficinas")
    with place.database.unit_of_work(editor) as session:
        return editing.change(session, editor, process_id, "tender", [change], base=1).seq


def _act_on_record(place: Place, process_id: UUID) -> int:
    """Return the number in the log of the first act on a process."""
    with place.database.unit_of_work(place.system) as session:
        return (
            session.exec(
                select(AuditEvent.event_id)
                .where(AuditEvent.subject_id == str(process_id))
                .order_by(AuditEvent.event_id)  # type: ignore[arg-type]
            ).first()
            or 0
        )


def _rest(place: Place) -> None:
    """Wait until the jobs that the tenant's edits asked for are done."""
    for _ in range(600):
        with place.database.engine("worker").connect() as connection:
            waiting = connection.execute(
                text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE args ->> 'tenant_id' = :id"),
                {"id": str(place.tenant_id)},
            ).scalar_one()
        if not waiting:
            return
        time.sleep(0.05)
    raise AssertionError(f"{waiting} jobs were not done")


def _legal(place: Place) -> dict[str, str]:
    """Publish a process of the first body, ask that it be withdrawn and that its title be reserved."""
    publisher = place.actor("so_publisher")
    ref, _ = _in_state(place, document(), "approved")
    with place.database.unit_of_work(publisher) as session:
        (outcome,) = publish_batch(session, publisher, [ref])
        assert outcome.published, outcome.problems
        told = withdrawals.Asked("personal", "Artículo 1", "Nombra a una menor.")
        asked = withdrawals.request(session, publisher, ref.process_id, told)
        kept = reservations.Asked(
            "confidential", "personal", "Artículo 1", "Es confidencial.", ("/tender/title",)
        )
        reserved = reservations.request(session, publisher, ref.process_id, kept, today=date(2026, 1, 1))
    return {
        "process_id": str(ref.process_id),
        "request_id": str(asked.request_id),
        "reservation_id": str(reserved.reservation_id),
    }


def _hear(place: Place) -> None:
    """Wait until the tenant's news is told, and want no letters of it: they would be posted in the middle of a walk."""
    for _ in range(600):
        with place.database.unit_of_work(place.system) as session:
            news = select(func.count()).where(
                OutboxEvent.tenant_id == place.tenant_id, col(OutboxEvent.handled_at).is_(None)
            )
            waiting = session.exec(news).one()
            if not waiting:
                session.execute(
                    update(Notice).where(col(Notice.tenant_id) == place.tenant_id).values(letter_due_at=None)
                )
                return
        time.sleep(0.05)
    raise AssertionError(f"{waiting} news were not told")


def _give_back(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> object:
    remark = review.Remark("/tender/title", "Falta decir para quién.")
    return review.return_with_observations(session, actor, ref, row_version, [remark])


def _observation(place: Place, ref: VersionRef) -> UUID:
    """Return the observation with which a version was given back."""
    with place.database.unit_of_work(place.system) as session:
        return session.exec(
            select(Observation.observation_id).where(
                Observation.tenant_id == place.tenant_id, Observation.process_id == ref.process_id
            )
        ).one()


def _in_state(place: Place, written: Document, state: str) -> tuple[VersionRef, int]:
    """Bring a version of the first body into a state by the real acts; return it and its row version."""
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    ref = draft(place, written)
    acts = {
        "draft": (),
        "in_review": ((editor, review.submit),),
        "approved": ((editor, review.submit), (reviewer, review.approve)),
        "returned": ((editor, review.submit), (reviewer, _give_back)),
        "discarded": ((editor, review.discard),),
    }[state]
    for row_version, (actor, act) in enumerate(acts, 1):
        with place.database.unit_of_work(actor) as session:
            act(session, actor, ref, row_version)
    return ref, len(acts) + 1


def _reminder(place: Place, secret: str) -> UUID:
    """Remind the first body, with a note."""
    keeper = place.actor("garante_admin")
    place.actor("so_admin")
    today = clock.now().date()
    with place.database.unit_of_work(keeper) as session:
        sent = reminders.send(session, keeper, Quarter.of(today), today, Filters(), note=secret)
        return sent.reminder_id


def _format(place: Place, secret: str) -> UUID:
    """Let bodies report in a format that was chosen, and declare a quarter of the first body without contracts."""
    keeper, publisher = place.actor("garante_admin"), place.actor("so_publisher")
    today = clock.now().astimezone(ZoneInfo(ZONE)).date()
    quarter = Quarter.of(today).previous
    with place.database.unit_of_work(keeper) as session:
        formats.choose(session, keeper, "43335/2021", formats.Terms(quarter, formats.Obligation(secret)))
        chosen = formats.choices(session, keeper)[0].format_key
    whose = Whose(place.sujetos[0], quarter, ZONE, natural_rfc_public=False)
    with place.database.unit_of_work(publisher) as session:
        declaring.declare(
            session, publisher, whose, Statement(secret, today, today, f"Sin contratos: {secret}")
        )
    assert chosen is not None
    return chosen


def _sending(place: Place, secret: str) -> UUID:
    """Keep an account at the PNT, and what became of a sending of the first body."""
    publisher, body = place.actor("so_publisher"), place.sujetos[0]
    quarter = Quarter.of(clock.now().astimezone(ZoneInfo(ZONE)).date()).previous.start
    about = {"tenant_id": place.tenant_id, "sujeto_obligado_id": body, "quarter": quarter, "family": "direct"}
    with place.database.owner_work(publisher) as session:
        session.add(
            PntAccount(
                tenant_id=place.tenant_id, sujeto_obligado_id=body, sealed=secret, email="unidad@example.org"
            )
        )
        session.add(PntRemote(**about, row_key=secret, title=secret, state="adding"))
        sending = PntDelivery(**about, said={}, total=1, problem=secret, ended_at=clock.now())
        session.add(sending)
        session.flush()
        session.add(
            PntDelivered(
                tenant_id=place.tenant_id,
                delivery_id=sending.delivery_id,
                row_key=secret,
                title=secret,
                act="add",
                outcome="doubt",
                told=secret,
            )
        )
        return sending.delivery_id


STATES = {
    "devolucion": "in_review",
    "aprobacion": "in_review",
    "retiro": "in_review",
    "anulacion": "approved",
    "publicacion": "approved",
    "programacion": "approved",
    "toma": "in_review",
    "respuesta": "returned",
    "resolucion": "returned",
    "reapertura": "returned",
    "recuperacion": "discarded",
}
"""Last segment of an address → state in which a version must be for it to mean something; `draft` otherwise."""

QUERIES = {
    "lista": "?en=/parties",
    "devolucion": "?en=/tender/title",
    "filas": "?de=curso",
    "{familia}.xlsx": "?area=Compras&actualizado=01/01/2026&tipo=todo",
}
"""Last segment of an address → what it cannot do without."""

ELSEWHERE = {
    "aprobacion-propia": "only where one person publishes",
    "observacion": "only of what one person published",
    "correccion": "only of what is published, which is no secret",
    "ajustes": "it leads to the first tab that the person may open",
    "informe.xlsx": "only of what came as a workbook; tests/imports looks at it",
}
"""Last segment of a page → why nobody of a body whose garante approves sees it; tests/review looks at it."""


@dataclass
class Filled:
    """A tenant with something in every table that an address can name; what is not published holds `secret`."""

    place: Place
    secret: str
    named: dict[str, str]
    versions: dict[str, tuple[VersionRef, int]]
    draft_ocid: str
    published_file: UUID
    legal: dict[str, str]

    def own(self, route: Route) -> dict[str, str]:
        """Path parameter → the row that the first body's own people may work on."""
        ref, _ = self.versions[STATES.get(route.last, "draft")]
        own = {"process_id": str(ref.process_id), "number": str(ref.number), **self.named}
        if {"request_id", "reservation_id"} & set(route.names):
            own |= self.legal
        files = {"where": "tender/documents"} if route.last == "archivos" else {}
        return own | files | ({"attachment_id": str(self.published_file)} if route.is_listed else {})

    def absent(self, route: Route) -> dict[str, str]:
        """The same, naming nothing."""
        nothing = {name: str(uuid4()) for name in ROWS}
        return {**self.own(route), **nothing, "ocid": f"{self.place.prefix}-nada", "release_id": "nada"}

    def sent(self, route: Route) -> dict[str, str]:
        """What every act is sent: whatever a form of ours asks for, so that no refusal comes from an empty one."""
        _, row_version = self.versions[STATES.get(route.last, "draft")]
        if "entry_id" in route.names:
            row_version = 2  # added, then retired
        if "party_id" in route.names or "sujeto_id" in route.names:
            row_version = 1
        if "client_id" in route.names:
            row_version = 0  # of an old page: a secret is changed once in tests/identity
        return {
            "row_version": str(row_version),
            "code": "21100009",
            "description": self.secret,
            "pointer": "/tender/title",
            "remark": "Falta decir para quién.",
            "words": "Ya se dice.",
            "clase": "public",
            "seq": "1",
            "fecha": "31/12/2099",
            "confirmo": "RETIRAR",
            "motivo": "Lo dice la ley.",
            "alcance": "todo",
            "supuesto": "personal",
            "articulo": "Artículo 1",
            "lugar": "/tender/title",
            "hasta": "31/12/2029",
            "prefijo": f"ocds-{self.secret[-6:]}",
            "identifier_legalPersonality": "legalPerson",
            "identifier_legalName": f"{self.secret}, S.A.",
        }


ROWS = (
    "act_id",
    "event_id",
    "export_id",
    "observation_id",
    "reminder_id",
    "attachment_id",
    "process_id",
    "import_id",
    "session_id",
    "entry_id",
    "format_key",
    "load_id",
    "padron_load_id",
    "sujeto_id",
    "party_id",
    "template_id",
    "request_id",
    "reservation_id",
    "client_id",
    "invitation_id",
    "membership_id",
    "webhook_id",
)
"""Parameters that name a row of somebody's."""


def fill(place: Place, storage: Storage, session_id: UUID | None = None) -> Filled:
    """Put versions in every state, an import and a published process into a tenant; needs a running worker.

    Args:
        place: whose first body gets them.
        storage: where the imported file is kept.
        session_id: an open session of somebody there.
    """
    secret = f"secreto {uuid4().hex}"
    written = document(tender={**document()["tender"], "title": secret})
    versions = {state: _in_state(place, written, state) for state in ("draft", *STATES.values())}
    published = new_ocid(place)
    published_file = _publish(place, storage, ocid=published)
    waiting_id = versions["draft"][0].process_id
    file = _attach(place, storage, waiting_id, place.actor("so_editor"), name=f"{secret}.txt", body=secret)
    with place.database.unit_of_work(place.system) as session:
        waiting = working_process(session, place.system, versions["draft"][0].process_id)
    entry_id, load_id = _catalog(place, storage, secret)
    template_id = _template(place, waiting_id, secret)
    seq = _edit(place, waiting_id)
    legal = _legal(place)
    named = {
        "request_id": legal["request_id"],
        "reservation_id": legal["reservation_id"],
        "tenant": place.slug,
        "garante": place.slug,
        "export_id": str(_export(place, secret)),
        "act_id": str(_act(place)),
        "kind": "cucop",
        "entry_id": str(entry_id),
        "load_id": str(load_id),
        "padron_load_id": str(_padron(place, storage, secret)),
        "sujeto_id": str(place.sujetos[0]),
        "reminder_id": str(_reminder(place, secret)),
        "trimestre": Quarter.of(clock.now().astimezone(ZoneInfo(ZONE)).date()).previous.written,
        "familia": "directas",
        "delivery_id": str(_sending(place, secret)),
        "format_key": str(_format(place, secret)),
        "party_id": str(_party(place, secret)),
        "client_id": _client(place, secret),
        "membership_id": str(_person(place, secret)),
        "invitation_id": str(_invitation(place, secret)),
        "webhook_id": str(_webhook(place, secret)),
        "link_id": str(uuid4()),
        "token": "falso",
        "passkey_id": str(uuid4()),
        "template_id": str(template_id),
        "observation_id": str(_observation(place, versions["returned"][0])),
        "seq": str(seq),
        "event_id": f"{_act_on_record(place, waiting_id):012}",  # a text that stands nowhere else in a page
        "attachment_id": str(file),
        "file_name": PUBLISHED_FILE,
        "import_id": str(_import(place, storage, secret)),
        "session_id": str(session_id or uuid4()),
        "ocid": published,
        "release_id": f"{published}-0001",
        "key": "borradores",
        "path": asset("app.css").removeprefix("/static/"),
        "where": "tender",
        "file": "bidStatus.csv",
        "name": "SHA256SUMS",
        "sha256": "0" * 64,
        "year": "2026",
        "years": "2026",
        "grafica": "procedimiento",
        "methods": "open",
        "categories": "goods",
        "month": "11",
    }
    _rest(place)
    _hear(place)
    return Filled(place, secret, named, versions, waiting.ocid, published_file, legal)


AWAY = {
    "/{tenant}/ajustes": "it leads to its first tab",
    "/{tenant}/logo": "there is one only where a garante sent it: tests/onboarding does",
    "/{tenant}/sso/entrar": "it leads to a provider, where there is one: tests/identity follows it",
    "/{tenant}/sso/respuesta": "it wants a provider's answer",
    "/{tenant}/invitacion/{invitation_id}/{token}": "it wants the token of a letter: tests/identity opens it",
}
"""Pages of a tenant that nobody sees without more."""


def _client(place: Place, name: str) -> str:
    """Let a program in."""
    keeper = place.actor("garante_admin")
    with place.database.unit_of_work(keeper) as session:
        made = clients.create(session, place.database, keeper, name=name, scopes=["imports:read"], days=90)
    return made.client_id


def _webhook(place: Place, name: str) -> UUID:
    """Register an address of the first body, whose secret was changed and which did not take a change."""
    webhook_id = uuid4()
    with place.database.unit_of_work(place.system) as session:
        session.add(
            Webhook(
                tenant_id=place.tenant_id,
                webhook_id=webhook_id,
                sujeto_obligado_id=place.sujetos[0],
                name=name,
                url="https://datos.example/avisos",
                kinds=["release"],
                sealed="",
                before_until=clock.now() + timedelta(days=1),
                position=1,
            )
        )
        session.flush()
        session.add(
            WebhookFailure(
                tenant_id=place.tenant_id,
                webhook_id=webhook_id,
                position=1,
                ocid=f"{place.prefix}-no-llegó",
                dead_at=clock.now(),
                problem="Contestó 500.",
            )
        )
    return webhook_id


def _person(place: Place, name: str) -> UUID:
    """Give somebody a role in the first body."""
    with place.database.owner_work(place.system) as session:
        address = f"{uuid4().hex}@example.org"
        account_id = identity.create_account(session, email=address, full_name=name, password_hash="")
        return identity.add_membership(session, place.system, account_id, "so_reader", place.sujetos[0])


def _invitation(place: Place, name: str) -> UUID:
    """Invite somebody to the first body."""
    chief = place.actor("so_admin")
    offer = invitations.Offer(f"{uuid4().hex}@example.org", name, "so_reader", place.sujetos[0])
    with place.database.unit_of_work(chief) as session:
        return invitations.invite(session, chief, offer).invitation_id


def may(route: Route, actor: Actor) -> bool:
    """Tell whether the actor's role holds what the route asks for."""
    return route.permissions <= ROLES.get(actor.role, frozenset())

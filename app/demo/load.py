"""Loading the demonstration through the real path: import, submit, approve, publish, each by somebody who may.

Loading again does nothing twice: a file that was imported changes nothing, and an act is taken only where the version
still waits for it. So a first run that was interrupted simply goes on.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryFile
from uuid import UUID

from sqlmodel import Session, col, select

from app.catalogs import queries as catalogs_queries
from app.catalogs import service as catalogs
from app.core import json
from app.core.db import Actor, Database, RwSession
from app.core.errors import ConflictError
from app.core.storage import Storage
from app.demo import authority, registry
from app.demo.bodies import DemoPerson, platform_people
from app.demo.catalogs import demo_catalogs
from app.demo.tenants import DemoTenant, demo_tenants, packages
from app.identity import invitations
from app.identity import service as identity
from app.identity.invitations import Offer
from app.imports import service as imports
from app.processes.models import ContractingProcess, ProcessVersion
from app.processes.queries import VersionRef
from app.publication.service import LARGEST_UNIT, publish_batch
from app.review import service as review
from app.review.service import Remark
from app.tenancy import queries as tenancy_queries
from app.tenancy import service as tenancy

PASSWORD = "contratos-abiertos"  # noqa: S105  # of the demonstration, which listens on this machine only
"""What everybody in the demonstration signs in with."""

LARGEST_FILE = 64 * 1024 * 1024
_REMARK = Remark("/tender/title", "El título no dice qué se contrata: descríbelo en una frase.")


@dataclass(frozen=True)
class _Desk:
    """The people of one sujeto obligado whose acts the demonstration needs."""

    sujeto_obligado_id: UUID
    editor: Actor
    approver: Actor
    publisher: Actor


def load(database: Database, storage: Storage, tell: Callable[[str], None]) -> None:
    """Put the four demonstration tenants into a database where `tenants/` has been applied.

    Args:
        database: migrated.
        storage: keeps the imported files.
        tell: shows a line of progress.
    """
    password_hash = identity.hash_password(PASSWORD)
    with database.owner_work() as session:
        for person in platform_people():
            account_id = _account(session, person, password_hash)
            identity.grant_platform_role(session, account_id, person.role)
    for tenant in demo_tenants():
        tell(f"Cargando {tenant.slug}: {sum(map(len, tenant.processes.values()))} procesos…")
        _load_tenant(database, storage, tenant, password_hash)


def _load_tenant(database: Database, storage: Storage, tenant: DemoTenant, password_hash: str) -> None:
    with database.public_reading() as public:
        tenant_id = tenancy_queries.tenant_by_slug(public, tenant.slug).tenant_id
    system = Actor(tenant_id=tenant_id, role="system")
    _load_catalogs(database, storage, system)
    desks = _enter_people(database, system, tenant, password_hash)
    registry.enter(database, tenant, desks[tenant.sujetos_obligados[0].key].editor)
    for key, processes in tenant.processes.items():
        desk = desks[key]
        for wave, package in enumerate(packages(tenant, key)):
            _import(database, storage, desk, f"{key}-{wave + 1}.json", package)
            # Only a process' last release may wait at a desk; the earlier ones are public.
            ends = {
                process.ocid: process.ends_as if wave + 1 == len(process.releases) else "published"
                for process in processes
                if wave < len(process.releases)
            }
            _take_through(database, desk, ends)
    if tenant.slug == demo_tenants()[0].slug:
        _act_with_authority(database, tenant, desks)


def _act_with_authority(database: Database, tenant: DemoTenant, desks: Mapping[str, _Desk]) -> None:
    """Have the first body ask for what needs authority, and the garante decide."""
    key = tenant.sujetos_obligados[0].key
    processes, desk = tenant.processes[key], desks[key]
    public = sorted(
        (one for one in processes if one.ends_as == "published"), key=lambda one: -len(one.releases)
    )
    drafted = next(one for one in processes if one.ends_as == "draft")
    authority.act(database, desk.publisher, desk.approver, [one.ocid for one in public[:2]], drafted.ocid)


def _load_catalogs(database: Database, storage: Storage, system: Actor) -> None:
    for kind, content in demo_catalogs().items():
        with database.unit_of_work(system) as session:
            if catalogs_queries.loaded(session, system, kind):
                continue
            load = catalogs.receive(
                session,
                system,
                storage,
                kind,
                BytesIO(content.encode()),
                filename="Catálogo de demostración",
                origin="demonstration",
            )
            catalogs.apply(session, system, storage, load.load_id)


def _enter_people(
    database: Database, system: Actor, tenant: DemoTenant, password_hash: str
) -> dict[str, _Desk]:
    """Enter bodies and people, and return who works at each body's desk."""
    with database.unit_of_work(system) as session:
        sujetos = {
            sujeto.key: tenancy.add_sujeto(
                session,
                system,
                key=sujeto.key,
                name=sujeto.name,
                policy=sujeto.policy,
                rfc=sujeto.rfc,
                pnt_id=sujeto.pnt_id,
                scope=sujeto.scope,
                branch=sujeto.branch,
            )
            for sujeto in tenant.sujetos_obligados
        }
    actors: dict[tuple[str, str | None], Actor] = {}
    with database.owner_work(system) as session:
        for person in tenant.people:
            place = sujetos[person.sujeto_obligado].sujeto_obligado_id if person.sujeto_obligado else None
            account_id = _account(session, person, password_hash)
            membership_id = identity.add_membership(session, system, account_id, person.role, place)
            actor = Actor(system.tenant_id, account_id, membership_id, person.role, place)
            actors.setdefault((person.role, person.sujeto_obligado), actor)
    first = sujetos[tenant.sujetos_obligados[0].key].sujeto_obligado_id
    _invite(database, actors["garante_admin", None], first)
    return {
        key: _Desk(
            sujeto.sujeto_obligado_id,
            editor=actors["so_editor", key],
            approver=actors["garante_reviewer", None]
            if sujeto.policy == "garante"
            else actors["so_publisher", key],
            publisher=actors["so_publisher", key],
        )
        for key, sujeto in sujetos.items()
    }


def _invite(database: Database, admin: Actor, sujeto_obligado_id: UUID) -> None:
    """Leave one invitation unanswered, so that the list of people shows what that looks like."""
    offer = Offer("persona.por.llegar@demo.example", "Persona Por Llegar", "so_editor", sujeto_obligado_id)
    with (
        suppress(ConflictError),
        database.unit_of_work(admin) as session,
    ):  # loading again invites nobody twice
        invitations.invite(session, admin, offer)


def _account(session: Session, person: DemoPerson, password_hash: str) -> UUID:
    return identity.create_account(
        session, email=person.email, full_name=person.name, password_hash=password_hash
    )


def _import(
    database: Database, storage: Storage, desk: _Desk, filename: str, package: dict[str, object]
) -> None:
    with TemporaryFile() as file:
        file.write(json.dumps(package))
        file.seek(0)
        stored = imports.store(storage, desk.editor, filename, file, LARGEST_FILE)
    with database.unit_of_work(desk.editor) as session:
        run = imports.start(
            session, desk.editor, stored, sujeto_obligado_id=desk.sujeto_obligado_id, preview=False
        )
    imports.apply_run(database, desk.editor, run.import_id, storage=storage)


def _take_through(database: Database, desk: _Desk, ends: Mapping[str, str]) -> None:
    """Walk each open version to the state where the demonstration leaves it."""
    beyond_draft = {ocid for ocid, state in ends.items() if state != "draft"}
    returned = {ocid for ocid, state in ends.items() if state == "returned"}
    decided = {ocid for ocid, state in ends.items() if state in ("approved", "published")}
    published = {ocid for ocid, state in ends.items() if state == "published"}
    with database.unit_of_work(desk.editor) as session:
        for ref, row_version in _versions(session, desk.editor, beyond_draft, "draft"):
            review.submit(session, desk.editor, ref, row_version)
    with database.unit_of_work(desk.approver) as session:
        for ref, row_version in _versions(session, desk.approver, returned, "in_review"):
            review.return_with_observations(session, desk.approver, ref, row_version, [_REMARK])
        for ref, row_version in _versions(session, desk.approver, decided, "in_review"):
            review.approve(session, desk.approver, ref, row_version)
    with database.unit_of_work(desk.publisher) as session:
        refs = [ref for ref, _ in _versions(session, desk.publisher, published, "approved")]
        for start in range(0, len(refs), LARGEST_UNIT):
            for outcome in publish_batch(session, desk.publisher, refs[start : start + LARGEST_UNIT]):
                if not outcome.published:
                    raise RuntimeError(f"A demonstration release was refused: {outcome.problems}")


def _versions(
    session: RwSession, actor: Actor, ocids: set[str], status: str
) -> Iterator[tuple[VersionRef, int]]:
    rows = session.exec(
        select(ProcessVersion)
        .join(
            ContractingProcess,
            (col(ContractingProcess.tenant_id) == col(ProcessVersion.tenant_id))
            & (col(ContractingProcess.process_id) == col(ProcessVersion.process_id)),
        )
        .where(
            ProcessVersion.tenant_id == actor.tenant_id,
            ProcessVersion.status == status,
            col(ContractingProcess.ocid).in_(ocids),
        )
        .order_by(col(ContractingProcess.ocid))
    ).all()
    for row in rows:
        yield VersionRef(row.process_id, row.number), row.row_version


def welcome(address: str) -> str:
    """Return what to open and as whom, for the terminal."""
    lines = [
        "",
        f"Contrataciones Abiertas: {address}",
        f"  Portal nacional   {address}/",
        f"  Jalisco           {address}/jalisco/",
        f"  Datos (OCDS)      {address}/jalisco/api/v1/releases",
        f"  Entrar            {address}/entrar   contraseña de todas las personas: {PASSWORD}",
        "",
        "  Función             Correo",
    ]
    shown: set[str] = set()
    people = [*platform_people(), *(person for tenant in demo_tenants()[:1] for person in tenant.people)]
    for person in people:
        if person.role not in shown:
            shown.add(person.role)
            lines.append(f"  {person.role:<19} {person.email}")
    lines += ["", "Ctrl-C detiene el servicio.", ""]
    return "\n".join(lines)

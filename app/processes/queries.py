"""Reading processes: whole working documents for services, rows for pages."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy import select as columns_of
from sqlalchemy.orm import aliased, defer
from sqlmodel import col, select

from app.core import clock, json
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, NotFoundError
from app.core.tables import among
from app.identity.models import Membership
from app.ocds import parts
from app.ocds.shape import Document
from app.processes.models import (
    OPEN_STATUSES,
    ContractingProcess,
    OcidAlias,
    ProcessPart,
    ProcessVersion,
    VersionEditor,
)
from app.tenancy.models import SujetoObligado
from app.tenancy.queries import tenant


@dataclass(frozen=True, slots=True)
class VersionRef:
    """One version of one process."""

    process_id: UUID
    number: int


@dataclass(slots=True)
class WorkingProcess:
    """A process with its working document.

    Attributes:
        policy: the publishing policy of its sujeto obligado.
        document: without ocid, id, date, tag and initiationType, which publishing sets.
        stored: the parts it is stored in.
        seq: how often it was edited; a page that knows a lower number is stale.
        number: of the newest version; 0 before the first.
        open_number: of the open version, None when none is open.
        open_status: its status, "" when none is open.
        open_source: where it came from, as `DocumentWrite.source`.
        open_alone: it was approved by one who had edited it.
        open_reason: why it changes what is published; "" where nobody said.
        published: a version of it has been published.
    """

    process_id: UUID
    ocid: str
    sujeto_obligado_id: UUID
    policy: str
    document: Document
    stored: list[parts.Part] = field(default_factory=list)
    seq: int = 0
    number: int = 0
    open_number: int | None = None
    open_status: str = ""
    open_source: str = ""
    open_alone: bool = False
    open_reason: str = ""
    published: bool = False


SAME_SUJETO = and_(
    col(SujetoObligado.tenant_id) == col(ContractingProcess.tenant_id),
    col(SujetoObligado.sujeto_obligado_id) == col(ContractingProcess.sujeto_obligado_id),
)

# As large as a document, and a list needs none.
WITHOUT_SNAPSHOT = defer(ProcessVersion.snapshot)  # type: ignore[arg-type]  # SQLModel types the attribute as its value


def load_working(
    session: RwSession, actor: Actor, names: Collection[str], *, for_update: bool = False
) -> dict[str, WorkingProcess]:
    """Return working processes by the ocid or alias they were asked for; unknown ones are absent.

    All of the tenant's are returned, whoever's they are: an import must notice that a process belongs to another
    sujeto obligado, and refuse without telling.

    Args:
        session: bound to the actor.
        actor: whose tenant is read.
        names: ocids or aliases.
        for_update: lock the process rows, in a fixed order, until the transaction ends.
    """
    if not names:
        return {}
    by_name = dict(
        session.exec(
            select(OcidAlias.alias, OcidAlias.process_id).where(
                OcidAlias.tenant_id == actor.tenant_id, among(OcidAlias.alias, names)
            )
        ).all()
    )
    which = among(ContractingProcess.ocid, names)
    if by_name:
        which |= among(ContractingProcess.process_id, by_name.values())
    processes = _load(session, actor, which, for_update=for_update)
    found = {process.ocid: process for process in processes.values()}
    for alias, process_id in by_name.items():
        if process_id in processes:
            found.setdefault(alias, processes[process_id])
    wanted = set(names)
    return {name: process for name, process in found.items() if name in wanted}


def moved_away(session: RwSession, actor: Actor, ocids: Collection[str]) -> set[str]:
    """Return which of these ocids are of processes that moved to another tenant: their shells are here (docs/adr/0033)."""
    session.execute(select(func.set_config("app.moved", "shown", True)))  # noqa: FBT003 - an argument of PostgreSQL's
    found = session.exec(
        select(ContractingProcess.ocid).where(
            ContractingProcess.tenant_id == actor.tenant_id,
            among(ContractingProcess.ocid, ocids),
            col(ContractingProcess.moved_to).is_not(None),
        )
    ).all()
    session.execute(select(func.set_config("app.moved", "", True)))  # noqa: FBT003
    return set(found)


def load_by_id(
    session: RwSession, actor: Actor, process_ids: Collection[UUID], *, for_update: bool = False
) -> dict[UUID, WorkingProcess]:
    """Return working processes by identifier; as `load_working`."""
    return _load(session, actor, among(ContractingProcess.process_id, process_ids), for_update=for_update)


def _load(
    session: RwSession, actor: Actor, which: ColumnElement[bool], *, for_update: bool
) -> dict[UUID, WorkingProcess]:
    query = (
        select(ContractingProcess, SujetoObligado)
        .join(SujetoObligado, SAME_SUJETO)
        .where(ContractingProcess.tenant_id == actor.tenant_id, which)
        .order_by(col(ContractingProcess.process_id))
    )
    if for_update:
        query = query.with_for_update(of=ContractingProcess)
    # A row read before the lock was had may be out of date by now.
    rows = session.exec(query.execution_options(populate_existing=True)).all()
    moving = next((sujeto for _, sujeto in rows if sujeto.status == "moving"), None) if for_update else None
    if moving is not None:
        raise ConflictError(
            f"«{moving.name}» se está mudando a otro organismo garante: sus contrataciones solo se leen hasta que termine."
        )
    processes = {
        row.process_id: WorkingProcess(
            row.process_id,
            row.ocid,
            row.sujeto_obligado_id,
            _policy(session, actor, sujeto),
            {},
            seq=row.document_version,
        )
        for row, sujeto in rows
    }
    _fill(session, actor, processes)
    return processes


def policy_of(session: RwSession, actor: Actor, sujeto_obligado_id: UUID) -> str:
    """Return the publishing policy that holds today for a sujeto obligado.

    Raises:
        NotFoundError: absent, or another tenant's.
    """
    found = session.exec(
        select(SujetoObligado).where(
            SujetoObligado.tenant_id == actor.tenant_id,
            SujetoObligado.sujeto_obligado_id == sujeto_obligado_id,
        )
    ).one_or_none()
    if found is None:
        raise NotFoundError("No encontramos ese sujeto obligado.")
    return _policy(session, actor, found)


def _policy(session: RwSession, actor: Actor, sujeto: SujetoObligado) -> str:
    """Return the policy that holds today: the permission to publish alone ends by itself."""
    if sujeto.policy != "single" or sujeto.single_until is None:
        return sujeto.policy
    today = clock.now().astimezone(ZoneInfo(tenant(session, actor).time_zone)).date()
    return sujeto.policy if today <= sujeto.single_until else sujeto.policy_before


def _fill(session: RwSession, actor: Actor, processes: dict[UUID, WorkingProcess]) -> None:
    """Add documents and the state of versions."""
    if not processes:
        return
    # One JSON text per document: a row per part would be read, converted and parsed on its own.
    gathered = func.json_agg(func.json_build_array(ProcessPart.path, ProcessPart.ordinal, ProcessPart.body))
    for process_id, held in session.exec(
        select(ProcessPart.process_id, gathered)
        .where(ProcessPart.tenant_id == actor.tenant_id, among(ProcessPart.process_id, processes))
        .group_by(col(ProcessPart.process_id))
    ):
        stored = [parts.Part(*part) for part in held]
        processes[process_id].stored = stored
        processes[process_id].document = parts.assemble(stored)
    for process_id, number, status, source, alone, reason in session.execute(
        columns_of(
            col(ProcessVersion.process_id),
            col(ProcessVersion.number),
            col(ProcessVersion.status),
            col(ProcessVersion.source),
            col(ProcessVersion.approved_alone),
            col(ProcessVersion.correction_reason),
        ).where(col(ProcessVersion.tenant_id) == actor.tenant_id, among(ProcessVersion.process_id, processes))
    ):
        process = processes[process_id]
        process.number = max(process.number, number)
        if status in OPEN_STATUSES:
            process.open_number, process.open_status = number, status
            process.open_source, process.open_alone, process.open_reason = source, alone, reason
        process.published = process.published or status == "published"


def working_process(
    session: RwSession, actor: Actor, process_id: UUID, *, for_update: bool = False
) -> WorkingProcess:
    """Return one process with its document.

    Raises:
        NotFoundError: absent, another tenant's, or another sujeto obligado's.
    """
    process = load_by_id(session, actor, [process_id], for_update=for_update).get(process_id)
    if process is None or actor.sujeto_obligado_id not in (None, process.sujeto_obligado_id):
        raise NotFoundError("No encontramos ese proceso de contratación.")
    return process


def version(session: RwSession, actor: Actor, ref: VersionRef) -> ProcessVersion:
    """Return a version's row.

    Raises:
        NotFoundError: absent or another tenant's.
    """
    row = session.exec(
        select(ProcessVersion).where(
            ProcessVersion.tenant_id == actor.tenant_id,
            ProcessVersion.process_id == ref.process_id,
            ProcessVersion.number == ref.number,
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError("No encontramos esa versión.")
    return row


def process_row(session: RwSession, actor: Actor, process_id: UUID) -> ContractingProcess:
    """Return a process without its document.

    Raises:
        NotFoundError: absent, another tenant's, or another sujeto obligado's.
    """
    row = session.exec(
        select(ContractingProcess).where(
            ContractingProcess.tenant_id == actor.tenant_id, ContractingProcess.process_id == process_id
        )
    ).one_or_none()
    if row is None or actor.sujeto_obligado_id not in (None, row.sujeto_obligado_id):
        raise NotFoundError("No encontramos ese proceso de contratación.")
    return row


def versions(session: RwSession, actor: Actor, process_id: UUID) -> list[ProcessVersion]:
    """Return the versions of a process, the newest first, without their snapshots."""
    return list(
        session.exec(
            select(ProcessVersion)
            .options(WITHOUT_SNAPSHOT)
            .where(ProcessVersion.tenant_id == actor.tenant_id, ProcessVersion.process_id == process_id)
            .order_by(col(ProcessVersion.number).desc())
        )
    )


def editors(session: RwSession, actor: Actor, ref: VersionRef) -> frozenset[UUID]:
    """Return the accounts that changed a version."""
    return frozenset(
        session.exec(
            select(VersionEditor.account_id).where(
                VersionEditor.tenant_id == actor.tenant_id,
                VersionEditor.process_id == ref.process_id,
                VersionEditor.number == ref.number,
            )
        )
    )


def barred(session: RwSession, actor: Actor, ref: VersionRef) -> bool:
    """Tell whether the actor may not decide about a version: they changed it, or act for somebody who did."""
    return not acting_for(session, actor).isdisjoint(editors(session, actor, ref))


def acting_for(session: RwSession, actor: Actor) -> frozenset[UUID]:
    """Return the accounts in whose place the actor stands: their own, and that of whoever lent them their role."""
    lender = aliased(Membership)
    lenders = session.exec(
        select(lender.account_id)
        .join(
            Membership,
            (col(Membership.tenant_id) == col(lender.tenant_id))
            & (col(Membership.lent_by) == col(lender.membership_id)),
        )
        .where(Membership.tenant_id == actor.tenant_id, Membership.membership_id == actor.membership_id)
    ).all()
    return frozenset({*lenders, *([actor.account_id] if actor.account_id else [])})


def snapshot(session: RwSession, actor: Actor, ref: VersionRef) -> Document:
    """Return the document of a version that left the desk; empty while it is the working document."""
    kept = session.exec(
        select(ProcessVersion.snapshot).where(
            ProcessVersion.tenant_id == actor.tenant_id,
            ProcessVersion.process_id == ref.process_id,
            ProcessVersion.number == ref.number,
        )
    ).one_or_none()
    return json.loads(kept) if kept else {}


def published_before(
    session: RwSession, actor: Actor, process_id: UUID, *, withdrawn: bool = False
) -> Document | None:
    """Return the document last published, where a version has been opened beside it since; None otherwise.

    Args:
        session: bound to the actor.
        actor: whose tenant is read.
        process_id: of the process.
        withdrawn: one that was withdrawn counts too.
    """
    kept = session.exec(
        select(ProcessVersion.snapshot)
        .where(
            ProcessVersion.tenant_id == actor.tenant_id,
            ProcessVersion.process_id == process_id,
            among(ProcessVersion.status, ["published", "withdrawn"] if withdrawn else ["published"]),
        )
        .order_by(col(ProcessVersion.number).desc())
        .limit(1)
    ).one_or_none()
    return json.loads(kept) if kept else None


def identifier(value: str) -> UUID:
    """Return the identifier inside a cursor.

    Raises:
        NotFoundError: it is none of ours.
    """
    try:
        return UUID(value)
    except ValueError as error:
        raise NotFoundError("La página pedida no existe.") from error

"""What a transfer would move, in numbers, and what stands in its way, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Table, func, or_
from sqlalchemy import select as rows_of
from sqlmodel import Session, col, select

from app.attachments.models import Attachment
from app.continuity.models import PlatformAct, TenantExport
from app.core.db import in_tenant
from app.core.tables import among, table_of
from app.identity.models import Membership
from app.imports.models import ImportRun
from app.parties.models import Party
from app.processes.models import OPEN_STATUSES, ContractingProcess, ProcessVersion
from app.publication.models import Release, WithdrawalRequest
from app.publication.moving import Move
from app.tenancy.models import SujetoObligado, Tenant
from app.web.formats import plural

MOST = 1000
"""Bodies in one transfer."""


@dataclass(frozen=True, slots=True)
class Load:
    """What moves: `releases` stay in the source's chain and go on being served there."""

    bodies: tuple[SujetoObligado, ...]
    processes: int
    drafts: int
    releases: int
    files: int
    file_bytes: int
    people: int
    parties: int
    scheduled: int


def bodies_of(act: PlatformAct) -> list[UUID]:
    """Return the bodies that an act moves."""
    return [UUID(one) for one in act.detail["bodies"]]


def load(session: Session, source_id: UUID, bodies: Sequence[UUID]) -> Load:
    """Count what belongs to bodies.

    Args:
        session: of the owner, bound to the source.
        source_id: whose bodies.
        bodies: which.
    """
    process, version, file = table_of(ContractingProcess), table_of(ProcessVersion), table_of(Attachment)
    mine = rows_of(process.c.process_id).where(
        process.c.tenant_id == source_id,
        among(ContractingProcess.sujeto_obligado_id, bodies),
        process.c.moved_to.is_(None),
    )
    files = session.execute(
        rows_of(func.count(), func.coalesce(func.sum(file.c.size_bytes), 0)).where(
            file.c.tenant_id == source_id, file.c.process_id.in_(mine), file.c.status != "withdrawn"
        )
    ).one()

    def count(table: Table, *which: object) -> int:
        query = rows_of(func.count()).select_from(table).where(table.c.tenant_id == source_id, *which)  # type: ignore[arg-type]
        return int(session.execute(query).scalar_one())

    release, member, party = table_of(Release), table_of(Membership), table_of(Party)
    opened = version.c.process_id.in_(mine)
    return Load(
        bodies=tuple(
            session.exec(
                select(SujetoObligado)
                .where(
                    SujetoObligado.tenant_id == source_id, among(SujetoObligado.sujeto_obligado_id, bodies)
                )
                .order_by(col(SujetoObligado.sort_key))
            )
        ),
        processes=count(process, process.c.process_id.in_(mine)),
        drafts=count(version, opened, version.c.status.in_(OPEN_STATUSES)),
        releases=count(release, release.c.process_id.in_(mine), release.c.kind == "release"),
        files=int(files[0]),
        file_bytes=int(files[1]),
        people=count(member, member.c.sujeto_obligado_id.in_(list(bodies)), member.c.status == "active"),
        parties=count(party, party.c.sujeto_obligado_id.in_(list(bodies))),
        scheduled=count(version, opened, version.c.status == "scheduled"),
    )


def obstacles(session: Session, move: Move, bodies: Sequence[UUID]) -> list[str]:
    """Return what has to be done first, in Spanish; empty where the transfer may begin.

    Args:
        session: of the owner, bound to the source.
        move: from where to where.
        bodies: which bodies.
    """
    return [*_at_source(session, move.source.tenant_id, bodies), *_at_target(session, move, bodies)]


def _at_source(session: Session, source_id: UUID, bodies: Sequence[UUID]) -> list[str]:
    rows = session.exec(
        select(SujetoObligado).where(
            SujetoObligado.tenant_id == source_id, among(SujetoObligado.sujeto_obligado_id, bodies)
        )
    ).all()
    found = []
    if len(rows) != len(set(bodies)) or not rows:
        found.append("Elige sujetos obligados de este organismo.")
    idle = [row.name for row in rows if row.status not in ("active", "suspended")]
    if idle:
        found.append(f"Ya no trabaja aquí, o se está mudando: {', '.join(idle[:5])}.")
    imports = session.exec(
        select(ImportRun.filename).where(
            ImportRun.tenant_id == source_id,
            or_(among(ImportRun.sujeto_obligado_id, bodies), col(ImportRun.sujeto_obligado_id).is_(None)),
            among(ImportRun.status, ["reading", "previewed", "applying"]),
        )
    ).all()
    if imports:
        found.append(
            f"Hay {plural(len(imports), 'importación abierta', 'importaciones abiertas')}: termínala o cancélala."
        )
    waiting = session.exec(
        select(WithdrawalRequest.request_id).where(
            WithdrawalRequest.tenant_id == source_id,
            among(WithdrawalRequest.sujeto_obligado_id, bodies),
            WithdrawalRequest.status == "requested",
        )
    ).all()
    if waiting:
        found.append(f"Hay {plural(len(waiting), 'retiro', 'retiros')} por decidir: decídelo antes.")
    scanning = session.exec(
        select(Attachment.attachment_id).where(
            Attachment.tenant_id == source_id,
            among(Attachment.sujeto_obligado_id, bodies),
            Attachment.status == "scanning",
        )
    ).all()
    if scanning:
        found.append(
            f"Se revisan {plural(len(scanning), 'archivo', 'archivos')} en busca de virus: espera unos minutos."
        )
    if _exporting(session, source_id):
        found.append("El organismo de origen se está exportando: espera a que termine.")
    return found


def _at_target(session: Session, move: Move, bodies: Sequence[UUID]) -> list[str]:
    ocids = session.exec(
        select(ContractingProcess.ocid).where(
            ContractingProcess.tenant_id == move.source.tenant_id,
            among(ContractingProcess.sujeto_obligado_id, bodies),
        )
    ).all()
    numbers = session.exec(
        select(SujetoObligado.pnt_id).where(
            SujetoObligado.tenant_id == move.source.tenant_id,
            among(SujetoObligado.sujeto_obligado_id, bodies),
            SujetoObligado.pnt_id != "",
        )
    ).all()
    target = move.target.tenant_id
    found = []
    if target == move.source.tenant_id:
        return ["El destino es el mismo organismo."]
    with in_tenant(session, target):
        tenant = session.exec(select(Tenant).where(Tenant.tenant_id == target)).one()
        if tenant.status != "active":
            found.append("El organismo de destino no está en servicio.")
        here = session.exec(
            select(SujetoObligado.name).where(
                SujetoObligado.tenant_id == target, among(SujetoObligado.sujeto_obligado_id, bodies)
            )
        ).all()
        if here:
            found.append(f"Ya estuvo en el organismo de destino, y no puede volver: {', '.join(here[:5])}.")
        same = session.exec(
            select(SujetoObligado.name).where(
                SujetoObligado.tenant_id == target, among(SujetoObligado.pnt_id, numbers)
            )
        ).all()
        if same:
            found.append(f"El destino ya tiene uno con el mismo número de PNT: {', '.join(same[:5])}.")
        if session.exec(
            select(ContractingProcess.ocid).where(
                ContractingProcess.tenant_id == target, among(ContractingProcess.ocid, ocids)
            )
        ).first():
            found.append("El destino ya tiene contrataciones con los mismos OCID.")
        if _exporting(session, target):
            found.append("El organismo de destino se está exportando: espera a que termine.")
    return found


def _exporting(session: Session, tenant_id: UUID) -> bool:
    return (
        session.exec(
            select(TenantExport.export_id).where(
                TenantExport.tenant_id == tenant_id, among(TenantExport.status, ["queued", "running"])
            )
        ).first()
        is not None
    )

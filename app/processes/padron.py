"""The padrón with the work in progress of each sujeto obligado."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, tuple_
from sqlmodel import col, select

from app.core.db import Actor, RwSession
from app.core.pagination import Page, cut, decode_cursor
from app.processes.models import OPEN_STATUSES, ContractingProcess, ProcessVersion
from app.processes.queries import identifier
from app.tenancy.models import SujetoObligado


@dataclass(frozen=True, slots=True)
class PadronRow:
    """A sujeto obligado and how many of its processes are being worked on."""

    sujeto: SujetoObligado
    in_progress: int


def padron(session: RwSession, actor: Actor, *, cursor: str | None, limit: int = 50) -> Page[PadronRow]:
    """Return the sujetos obligados that the actor may see, by name."""
    query = select(SujetoObligado).where(SujetoObligado.tenant_id == actor.tenant_id)
    if actor.sujeto_obligado_id is not None:
        query = query.where(SujetoObligado.sujeto_obligado_id == actor.sujeto_obligado_id)
    if cursor:
        name, last = decode_cursor(cursor, str, str)
        query = query.where(
            tuple_(SujetoObligado.sort_key, SujetoObligado.sujeto_obligado_id)
            > tuple_(str(name), identifier(str(last)))
        )
    found = session.exec(
        query.order_by(col(SujetoObligado.sort_key), col(SujetoObligado.sujeto_obligado_id)).limit(limit + 1)
    ).all()
    counts = _in_progress(session, actor, [row.sujeto_obligado_id for row in found])
    rows = [PadronRow(row, counts.get(row.sujeto_obligado_id, 0)) for row in found]
    return cut(rows, limit, lambda row: (row.sujeto.sort_key, str(row.sujeto.sujeto_obligado_id)))


def _in_progress(session: RwSession, actor: Actor, sujetos: list[UUID]) -> dict[UUID, int]:
    rows = session.exec(
        select(ContractingProcess.sujeto_obligado_id, func.count())
        .join(
            ProcessVersion,
            and_(
                col(ProcessVersion.tenant_id) == col(ContractingProcess.tenant_id),
                col(ProcessVersion.process_id) == col(ContractingProcess.process_id),
            ),
        )
        .where(
            ContractingProcess.tenant_id == actor.tenant_id,
            col(ContractingProcess.sujeto_obligado_id).in_(sujetos),
            col(ProcessVersion.status).in_(OPEN_STATUSES),
        )
        .group_by(col(ContractingProcess.sujeto_obligado_id))
    )
    return dict(rows.all())

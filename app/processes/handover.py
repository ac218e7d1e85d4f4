"""Whose work an open version is, and how it passes to somebody else when that person leaves."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select

from app.core.db import RwSession
from app.core.policy import Permission
from app.identity.belongings import Belonging, Hands, carries
from app.processes.models import ContractingProcess, ProcessVersion

AT_THE_DESK = ("draft", "returned")
"""Statuses in which a version waits for the person who writes it."""


def responsible() -> Any:
    """Return the expression for whose an open version is: who began it, until it was handed over."""
    return func.coalesce(col(ProcessVersion.responsible), col(ProcessVersion.created_by))


def _theirs(hands: Hands) -> list[Any]:
    conditions: list[Any] = [
        col(ProcessVersion.tenant_id) == hands.tenant_id,
        col(ProcessVersion.status).in_(AT_THE_DESK),
        responsible() == hands.account_id,
    ]
    if hands.sujeto_obligado_id is not None:
        bodies = select(ContractingProcess.process_id).where(
            ContractingProcess.tenant_id == hands.tenant_id,
            ContractingProcess.sujeto_obligado_id == hands.sujeto_obligado_id,
        )
        conditions.append(col(ProcessVersion.process_id).in_(bodies))
    return conditions


def _count(session: RwSession, hands: Hands) -> int:
    return session.exec(select(func.count()).select_from(ProcessVersion).where(*_theirs(hands))).one()


def _hand_over(session: RwSession, hands: Hands, to: UUID) -> None:
    session.execute(update(ProcessVersion).where(*_theirs(hands)).values(responsible=to))


carries(Belonging("borrador", "borradores", Permission.PROCESS_EDIT, _count, _hand_over))

"""Whose work an open version is, to write or to review, and how it passes to somebody else when that person leaves."""

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


def _drafts(hands: Hands) -> list[Any]:
    return [
        *_there(hands),
        col(ProcessVersion.status).in_(AT_THE_DESK),
        responsible() == hands.account_id,
    ]


def _reviews(hands: Hands) -> list[Any]:
    """What the person took to review; what nobody took waits for whoever comes."""
    return [
        *_there(hands),
        col(ProcessVersion.status) == "in_review",
        col(ProcessVersion.reviewer_id) == hands.account_id,
    ]


def _there(hands: Hands) -> list[Any]:
    conditions: list[Any] = [col(ProcessVersion.tenant_id) == hands.tenant_id]
    if hands.sujeto_obligado_id is not None:
        bodies = select(ContractingProcess.process_id).where(
            ContractingProcess.tenant_id == hands.tenant_id,
            ContractingProcess.sujeto_obligado_id == hands.sujeto_obligado_id,
        )
        conditions.append(col(ProcessVersion.process_id).in_(bodies))
    return conditions


def _count(session: RwSession, conditions: list[Any]) -> int:
    return session.exec(select(func.count()).select_from(ProcessVersion).where(*conditions)).one()


def _count_drafts(session: RwSession, hands: Hands) -> int:
    return _count(session, _drafts(hands))


def _hand_over_drafts(session: RwSession, hands: Hands, to: UUID) -> None:
    session.execute(update(ProcessVersion).where(*_drafts(hands)).values(responsible=to))


def _count_reviews(session: RwSession, hands: Hands) -> int:
    return _count(session, _reviews(hands))


def _hand_over_reviews(session: RwSession, hands: Hands, to: UUID) -> None:
    session.execute(update(ProcessVersion).where(*_reviews(hands)).values(reviewer_id=to))


carries(Belonging("borrador", "borradores", Permission.PROCESS_EDIT, _count_drafts, _hand_over_drafts))
for _may in (Permission.PROCESS_APPROVE_GARANTE, Permission.PROCESS_APPROVE_SELF):
    carries(Belonging("revisión", "revisiones", _may, _count_reviews, _hand_over_reviews))

"""Whose work an open version is, to write or to review, and how it passes to somebody else when that person leaves."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select

from app.core.db import RwSession
from app.core.policy import Permission
from app.identity.belongings import Belonging, Hands, carries
from app.processes.models import ContractingProcess, ProcessVersion, VersionEditor
from app.processes.workflow import VERSIONS
from app.tenancy.models import SujetoObligado

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


def _reviews(hands: Hands, policies: Collection[str]) -> list[Any]:
    """What the person took to review where they decide by this role; what nobody took waits for whoever comes."""
    bodies = select(SujetoObligado.sujeto_obligado_id).where(
        SujetoObligado.tenant_id == hands.tenant_id, col(SujetoObligado.policy).in_(policies)
    )
    return [
        *_there(hands),
        _of(hands, col(ContractingProcess.sujeto_obligado_id).in_(bodies)),
        col(ProcessVersion.status) == "in_review",
        col(ProcessVersion.reviewer_id) == hands.account_id,
    ]


def _there(hands: Hands) -> list[Any]:
    conditions: list[Any] = [col(ProcessVersion.tenant_id) == hands.tenant_id]
    if hands.sujeto_obligado_id is not None:
        conditions.append(_of(hands, col(ContractingProcess.sujeto_obligado_id) == hands.sujeto_obligado_id))
    return conditions


def _of(hands: Hands, condition: Any) -> Any:
    """The versions of the processes that meet a condition."""
    processes = select(ContractingProcess.process_id).where(
        ContractingProcess.tenant_id == hands.tenant_id, condition
    )
    return col(ProcessVersion.process_id).in_(processes)


def _count(session: RwSession, conditions: list[Any]) -> int:
    return session.exec(select(func.count()).select_from(ProcessVersion).where(*conditions)).one()


def _count_drafts(session: RwSession, hands: Hands) -> int:
    return _count(session, _drafts(hands))


def _hand_over_drafts(session: RwSession, hands: Hands, to: UUID) -> None:
    session.execute(update(ProcessVersion).where(*_drafts(hands)).values(responsible=to))


def _reviewing(permission: Permission) -> Belonging:
    """Return the reviews that a permission to approve covers: those of the bodies whose policy gives it the decision."""
    policies = {
        policy
        for row in VERSIONS.transitions
        if row.action == "approve" and row.permission is permission
        for policy in row.policies
    }

    def count(session: RwSession, hands: Hands) -> int:
        return _count(session, _reviews(hands, policies))

    def hand_over(session: RwSession, hands: Hands, to: UUID) -> None:
        """Give the heir what they may decide; what they edited themselves waits for whoever comes."""
        taken = _reviews(hands, policies)
        edited = (
            select(VersionEditor.account_id)
            .where(
                VersionEditor.tenant_id == ProcessVersion.tenant_id,
                VersionEditor.process_id == ProcessVersion.process_id,
                VersionEditor.number == ProcessVersion.number,
                VersionEditor.account_id == to,
            )
            .exists()
        )
        session.execute(update(ProcessVersion).where(*taken, edited).values(reviewer_id=None))
        session.execute(update(ProcessVersion).where(*taken).values(reviewer_id=to))

    return Belonging("revisión", "revisiones", permission, count, hand_over)


carries(Belonging("borrador", "borradores", Permission.PROCESS_EDIT, _count_drafts, _hand_over_drafts))
for _may in (Permission.PROCESS_APPROVE_GARANTE, Permission.PROCESS_APPROVE_SELF):
    carries(_reviewing(_may))

"""From an event to the people it concerns: members of the tenant as they are now, each confined to their body."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlmodel import col, select

from app.core.db import Actor, RwSession
from app.core.outbox import OutboxEvent
from app.core.policy import ROLES, Permission
from app.core.tables import among
from app.identity.models import Account, Membership
from app.identity.queries import in_force
from app.notifications.kinds import KINDS
from app.processes.models import ContractingProcess, Observation, ProcessVersion, VersionEditor
from app.processes.queries import policy_of
from app.processes.workflow import VERSIONS

Turn = tuple[UUID, int]
"""A version: its process and its number."""


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened, and to whom it matters.

    Attributes:
        by: whose act it was; None for the service's own.
        refs: identifiers, JSON-ready.
        topic: as in `Notice.topic`.
        count: of how many.
    """

    kind: str
    at: datetime
    recipients: frozenset[UUID]
    by: UUID | None = None
    sujeto_obligado_id: UUID | None = None
    refs: dict[str, Any] = field(default_factory=dict)
    topic: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Member:
    """One hat of somebody who may sign in."""

    account_id: UUID
    role: str
    sujeto_obligado_id: UUID | None
    email: str
    full_name: str


class People:
    """The members of a tenant that hold a role now."""

    def __init__(self, session: RwSession, actor: Actor) -> None:
        rows = session.exec(
            select(Membership, Account.email, Account.full_name)
            .join(Account, col(Account.account_id) == col(Membership.account_id))
            .where(Membership.tenant_id == actor.tenant_id, in_force(), Account.status == "active")
        ).all()
        self.members = tuple(
            Member(row.account_id, row.role, row.sujeto_obligado_id, email, name) for row, email, name in rows
        )
        self.by_account = {member.account_id: member for member in self.members}
        self._holding: dict[tuple[Permission, UUID | None], set[UUID]] = defaultdict(set)
        self._of: dict[tuple[str, UUID | None], set[UUID]] = defaultdict(set)
        self._places: dict[UUID, set[UUID | None]] = defaultdict(set)
        for member in self.members:
            for permission in ROLES[member.role]:
                self._holding[permission, member.sujeto_obligado_id].add(member.account_id)
            self._of[member.role, member.sujeto_obligado_id].add(member.account_id)
            self._places[member.account_id].add(member.sujeto_obligado_id)

    def holding(self, permission: Permission, sujeto_obligado_id: UUID | None) -> set[UUID]:
        """Return who may do something at a place; without a place, only those that no body confines."""
        everywhere = self._holding.get((permission, None), set())
        return everywhere | self._holding.get((permission, sujeto_obligado_id), set())

    def of(self, sujeto_obligado_id: UUID, *roles: str) -> set[UUID]:
        """Return who has one of the roles in a body."""
        return {account for role in roles for account in self._of.get((role, sujeto_obligado_id), ())}

    def at(self, accounts: Iterable[UUID | None], sujeto_obligado_id: UUID | None) -> set[UUID]:
        """Return those of the accounts that still see the body."""
        seen = {None, sujeto_obligado_id}
        return {
            account
            for account in accounts
            if account in self._places
            and (sujeto_obligado_id is None or not seen.isdisjoint(self._places[account]))
        }


class Newsroom:
    """Knows whom news concerns, asking the database once for all processes of a batch.

    Args:
        session: bound to the actor.
        actor: the service itself, in the tenant.
        processes: that will be spoken of, by their identifiers.
        ocids: the same, by their ocids.
    """

    def __init__(
        self, session: RwSession, actor: Actor, processes: Iterable[UUID], ocids: Iterable[str] = ()
    ) -> None:
        self._session, self._actor = session, actor
        self.people = People(session, actor)
        self._policies: dict[UUID, str] = {}
        self._load(processes, ocids)

    @classmethod
    def of(cls, session: RwSession, actor: Actor, events: Iterable[OutboxEvent]) -> Self:
        """Prepare for events of kinds that `KINDS` knows; errors as `news`."""
        told = [event.payload for event in events]
        return cls(
            session,
            actor,
            {UUID(payload["process_id"]) for payload in told if "process_id" in payload},
            {str(payload["ocid"]) for payload in told if "ocid" in payload},
        )

    def news(self, event: OutboxEvent) -> News | None:
        """Return what an event means, or None where what it speaks of is gone.

        Raises:
            ValueError, KeyError, TypeError: it does not say what its kind needs.
        """
        payload = event.payload
        area, _, _ = event.kind.partition(".")
        process = self._process_of(event)
        if area in ("review", "publication", "withdrawal", "reservation"):
            if process is None:
                return None
            turn = (
                process.process_id,
                int(payload.get("number") or self._published.get(process.process_id, 0)),
            )
            sujeto: UUID | None = process.sujeto_obligado_id
            recipients = self._of_process(event, process, turn)
            refs = {"process_id": str(process.process_id)}
        elif area == "people":
            held = self._session.exec(
                select(Membership).where(
                    Membership.tenant_id == self._actor.tenant_id,
                    Membership.membership_id == UUID(payload["membership_id"]),
                )
            ).first()
            if held is None:
                return None
            sujeto = held.sujeto_obligado_id
            recipients = self.people.holding(Permission.PEOPLE_MANAGE, sujeto) - {held.account_id}
            refs = {"account_id": str(held.account_id), "role": held.role}
        elif event.kind == "reminder.sent":
            sujeto = UUID(payload["sujeto_obligado_id"])
            recipients, refs = self.people.of(sujeto, "so_admin", "so_publisher"), {}
        else:
            sujeto, refs = None, {"export_id": str(UUID(payload["export_id"]))}
            recipients = self.people.at([event.account_id], None)
        told = recipients if KINDS[event.kind].own else recipients - {event.account_id}
        return News(event.kind, event.at, frozenset(told), event.account_id, sujeto, refs)

    def approvers(self, sujeto_obligado_id: UUID, turn: Turn) -> set[UUID]:
        """Return who may decide about a version: those of the body's policy today who did not edit it."""
        policy = self._policies.get(sujeto_obligado_id)
        if policy is None:
            policy = self._policies[sujeto_obligado_id] = policy_of(
                self._session, self._actor, sujeto_obligado_id
            )
        found = VERSIONS.find("approve", "in_review", policy)
        if found is None or found.permission is None:
            return set()
        return self.people.holding(found.permission, sujeto_obligado_id) - self.editors.get(turn, set())

    def _of_process(self, event: OutboxEvent, process: ContractingProcess, turn: Turn) -> set[UUID]:
        """Return whom news about a process concerns."""
        sujeto = process.sujeto_obligado_id
        submitter = self._submitted.get(turn)
        theirs = self.people.at({*self.editors.get(turn, ()), submitter}, sujeto)
        match event.kind:
            case "review.submitted":
                return self.approvers(sujeto, turn)
            case "review.observation_answered":
                return theirs | self.people.at([self._author(event)], sujeto)
            case "review.schedule_failed":
                return theirs | self.people.holding(Permission.PROCESS_PUBLISH, sujeto)
            case "publication.released":
                return self.people.at([submitter], sujeto)
            case "withdrawal.requested" | "reservation.requested":
                return self.people.holding(Permission.WITHDRAWAL_APPROVE, sujeto)
            case "withdrawal.decided":
                return self.people.holding(Permission.WITHDRAWAL_REQUEST, sujeto)
            case "reservation.ended":
                return self.people.holding(Permission.PROCESS_RESERVE, sujeto)
            case _:
                return theirs

    def _author(self, event: OutboxEvent) -> UUID | None:
        """Return who made the observation that was answered."""
        return self._session.exec(
            select(Observation.account_id).where(
                Observation.tenant_id == self._actor.tenant_id,
                Observation.observation_id == UUID(event.payload["observation_id"]),
            )
        ).first()

    def _process_of(self, event: OutboxEvent) -> ContractingProcess | None:
        payload = event.payload
        if "process_id" in payload:
            return self._processes.get(UUID(payload["process_id"]))
        return self._by_ocid.get(payload.get("ocid", ""))

    def _load(self, named: Iterable[UUID], ocids: Iterable[str]) -> None:
        """Read the processes, their versions and who edited them."""
        held = select(ContractingProcess).where(ContractingProcess.tenant_id == self._actor.tenant_id)
        rows = [
            *self._session.exec(held.where(among(ContractingProcess.process_id, named))).all(),
            *self._session.exec(held.where(among(ContractingProcess.ocid, ocids))).all(),
        ]
        self._processes = {row.process_id: row for row in rows}
        self._by_ocid = {row.ocid: row for row in rows}
        versions = self._session.exec(  # without their documents
            select(
                ProcessVersion.process_id,
                ProcessVersion.number,
                ProcessVersion.status,
                ProcessVersion.submitted_by,
            ).where(
                ProcessVersion.tenant_id == self._actor.tenant_id,
                among(ProcessVersion.process_id, self._processes),
            )
        ).all()
        self._submitted = {(process, number): by for process, number, _, by in versions}
        self._published: dict[UUID, int] = {}
        for process, number, status, _ in versions:
            if status == "published":
                self._published[process] = max(number, self._published.get(process, 0))
        self.editors: dict[Turn, set[UUID]] = {}
        for editor in self._session.exec(
            select(VersionEditor).where(
                VersionEditor.tenant_id == self._actor.tenant_id,
                among(VersionEditor.process_id, self._processes),
            )
        ).all():
            self.editors.setdefault((editor.process_id, editor.number), set()).add(editor.account_id)

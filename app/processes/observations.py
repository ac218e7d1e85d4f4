"""Threads of observations: what a reviewer remarked about a place, and what was answered, resolved, opened again.

A remark keeps the stored part that held its place, so that it is found again however the document moves; one whose
place is gone stays with the whole. It goes with the process until it is resolved, from one version to the next.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select

from app.core import audit, clock, outbox
from app.core.db import Actor, RwSession
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.policy import ROLES
from app.core.tables import among
from app.core.workflow import Verdict
from app.identity.queries import full_names
from app.ocds import parts
from app.processes.models import Observation, ObservationMessage
from app.processes.queries import VersionRef, WorkingProcess, barred, policy_of, process_row
from app.processes.workflow import OBSERVATIONS

LONGEST = 2000
"""Characters of a remark or an answer."""
GONE = "Una cuenta que ya no existe"


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a thread; `act` is a key of `ObservationMessage.act`."""

    act: str
    words: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Thread:
    """An observation with what was said about it.

    Attributes:
        row: the observation.
        who: made it.
        pointer: to its place in the working document as it is now; "" for the whole.
        inside: to its place inside the stored part `row.part`.
        lost: it spoke of a place that the document no longer has.
        said: in order.
        acts: what the actor may do with it now: keys of `OBSERVATIONS`.
    """

    row: Observation
    who: str
    pointer: str
    inside: str
    lost: bool
    said: tuple[Said, ...]
    acts: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether it is not resolved."""
        return self.row.status != "resolved"


def threads(session: RwSession, actor: Actor, process: WorkingProcess, number: int) -> list[Thread]:
    """Return the observations on a version and those of earlier ones that are not resolved, the open ones first.

    Args:
        session: bound to the actor, who has been found to see the process.
        actor: who looks.
        process: with its working document.
        number: of the version.
    """
    rows = session.exec(
        select(Observation)
        .where(
            Observation.tenant_id == actor.tenant_id,
            Observation.process_id == process.process_id,
            (col(Observation.number) == number) | (col(Observation.status) != "resolved"),
        )
        .order_by(
            col(Observation.status) == "resolved", col(Observation.created_at), col(Observation.pointer)
        )
    ).all()
    if not rows:
        return []
    messages = session.exec(
        select(ObservationMessage)
        .where(
            ObservationMessage.tenant_id == actor.tenant_id,
            among(ObservationMessage.observation_id, [row.observation_id for row in rows]),
        )
        .order_by(col(ObservationMessage.at), col(ObservationMessage.message_id))
    ).all()
    names = full_names(session, {row.account_id for row in rows} | {one.account_id for one in messages})
    said: dict[UUID, list[Said]] = {}
    for one in messages:
        told = Said(one.act, one.words, names.get(one.account_id, GONE), one.at)
        said.setdefault(one.observation_id, []).append(told)
    placed = _places(process.stored)
    shut_out = {
        version: barred(session, actor, VersionRef(process.process_id, version))
        for version in {row.number for row in rows}
    }
    found = []
    for row in rows:
        pointer = _now(row, placed)
        found.append(
            Thread(
                row,
                names.get(row.account_id, GONE),
                pointer or "",
                _inside(row),
                pointer is None,
                tuple(said.get(row.observation_id, ())),
                tuple(
                    action
                    for action in ("answer", "resolve", "reopen")
                    if _allowed(actor, process, row, action)
                    and not (action != "answer" and shut_out[row.number])
                ),
            )
        )
    return found


def count_open(session: RwSession, actor: Actor, process_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many observations of each process are not resolved; those with none are absent."""
    rows = session.exec(
        select(Observation.process_id, func.count())
        .where(
            Observation.tenant_id == actor.tenant_id,
            among(Observation.process_id, process_ids),
            Observation.status != "resolved",
        )
        .group_by(col(Observation.process_id))
    )
    return dict(rows.all())


def part_of(process: WorkingProcess, pointer: str) -> str:
    """Return the stored part that holds a place of the working document; "" for the whole."""
    if not pointer:
        return ""
    placed = _places(process.stored)
    return max(
        (path for path, at in placed.items() if pointer == at or pointer.startswith(f"{at}/")),
        key=lambda path: len(placed[path]),
        default="",
    )


def answer(session: RwSession, actor: Actor, observation_id: UUID, words: str) -> Observation:
    """Say what was done about an observation, or why nothing needs to be.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not capture.
        ConflictError: it is resolved already.
        InvalidError: no words, or too many.
    """
    row = _act(session, actor, observation_id, "answer", words, wordless=False)
    outbox.emit(session, "review.observation_answered", [_about(row)])
    return row


def resolve(session: RwSession, actor: Actor, observation_id: UUID, words: str = "") -> Observation:
    """Say that an observation has been attended to; as `answer`, by whoever decides."""
    row = _act(session, actor, observation_id, "resolve", words, wordless=True)
    outbox.emit(session, "review.observation_resolved", [_about(row)])
    return row


def reopen(session: RwSession, actor: Actor, observation_id: UUID, words: str) -> Observation:
    """Say that an observation has not been attended to, and what is missing; as `answer`, by whoever decides."""
    row = _act(session, actor, observation_id, "reopen", words, wordless=False)
    outbox.emit(session, "review.observation_reopened", [_about(row)])
    return row


def _about(row: Observation) -> dict[str, object]:
    return {
        "observation_id": str(row.observation_id),
        "process_id": str(row.process_id),
        "number": row.number,
    }


def _act(
    session: RwSession, actor: Actor, observation_id: UUID, action: str, words: str, *, wordless: bool
) -> Observation:
    row = session.exec(
        select(Observation)
        .where(Observation.tenant_id == actor.tenant_id, Observation.observation_id == observation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFoundError("No encontramos esa observación.")
    process = process_row(session, actor, row.process_id)
    policy = policy_of(session, actor, process.sujeto_obligado_id)
    verdict = OBSERVATIONS.verdict(action, row.status, policy, ROLES.get(actor.role, frozenset()))
    if verdict is Verdict.FORBIDDEN or actor.account_id is None:
        raise ForbiddenError("Tu función no permite hacer esto con una observación.")
    if verdict is Verdict.CONFLICT:
        OBSERVATIONS.check(action, row.status, policy)
    if action != "answer" and barred(session, actor, VersionRef(row.process_id, row.number)):
        raise ForbiddenError(
            "Participaste en la captura de esta versión: la revisión corresponde a otra persona."
        )
    said = words.strip()
    if not said and not wordless:
        raise InvalidError("Escribe qué hiciste o qué falta: quien lo lea necesita saberlo.")
    if len(said) > LONGEST:
        raise InvalidError(f"El texto tiene más de {LONGEST} caracteres: resúmelo.")
    OBSERVATIONS.apply(row, action, policy)
    session.add(row)
    session.add(
        ObservationMessage(
            tenant_id=row.tenant_id,
            observation_id=row.observation_id,
            act=action,
            words=said,
            account_id=actor.account_id,
            at=clock.now(),
        )
    )
    session.flush()
    audit.record(
        session,
        f"observation.{action}",
        "contracting_process",
        row.process_id,
        version=row.number,
        observation=str(row.observation_id),
    )
    return row


def _allowed(actor: Actor, process: WorkingProcess, row: Observation, action: str) -> bool:
    held = ROLES.get(actor.role, frozenset())
    return OBSERVATIONS.verdict(action, row.status, process.policy, held) is Verdict.ALLOWED


def _now(row: Observation, placed: dict[str, str]) -> str | None:
    """Return where the place of a remark is now; None where it is gone."""
    if not row.part:
        return row.pointer
    at = placed.get(row.part)
    return None if at is None else f"{at}{_inside(row)}"


def _inside(row: Observation) -> str:
    """Return the pointer inside the part: its path has as many steps as the pointer to it."""
    steps = 0 if row.part in ("", parts.ROOT) else row.part.count("/") + 1
    return "".join(f"/{step}" for step in row.pointer.split("/")[steps + 1 :])


def _places(stored: Iterable[parts.Part]) -> dict[str, str]:
    """Return the pointer of every stored part in the document that they make."""
    placed = {parts.ROOT: ""}
    count: dict[str, int] = {}
    ordered = sorted(stored, key=lambda part: (part.path != parts.ROOT, part.path.count("/"), part.ordinal))
    for part in ordered:
        holder, _, number = part.path.rpartition("/")
        if part.path == parts.ROOT:
            continue
        if not number.isdecimal():
            placed[part.path] = f"/{part.path}"
            continue
        around = holder
        while around and around not in placed:
            around = around.rpartition("/")[0]
        at = f"{placed[around]}{holder[len(around) :]}" if around else f"/{holder}"
        placed[part.path] = f"{at}/{count.setdefault(holder, 0)}"
        count[holder] += 1
    return placed

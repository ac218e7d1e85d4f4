"""Who may do which act on a version: the table of transitions, the role, the place, and who took part before."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.core import clock
from app.core.db import Actor
from app.core.errors import ConflictError, ForbiddenError
from app.core.policy import Permission, allowed, require
from app.core.workflow import Transition
from app.processes.models import ProcessVersion
from app.processes.queries import WorkingProcess
from app.processes.workflow import VERSIONS

RESTORABLE = timedelta(days=30)
DECISIONS = ("approve", "return")
"""Acts closed to whoever edited the version."""


@dataclass(frozen=True, slots=True)
class Case:
    """A version with what decides about acts on it."""

    process: WorkingProcess
    turn: ProcessVersion
    editors: AbstractSet[UUID]


def require_act(actor: Actor, case: Case, action: str) -> Transition:
    """Return the transition that the act takes, or refuse it.

    Raises:
        NotFoundError: the process is another sujeto obligado's.
        ForbiddenError: the role may not, or the person took part in what they would decide about.
        ConflictError: the state, the policy, or the time that has passed does not allow it.
    """
    _require_role(actor, case, action)
    transition = VERSIONS.check(action, case.turn.status, case.process.policy)
    if reason := _forbidden(actor, case, action):
        raise ForbiddenError(reason)
    if reason := _too_late(case, action):
        raise ConflictError(reason)
    return transition


def offered(actor: Actor, case: Case) -> tuple[Transition, ...]:
    """Return the acts that the actor may take on a version now: the buttons of its page."""
    return tuple(
        transition
        for transition in VERSIONS.offered(case.turn.status, case.process.policy)
        if transition.permission is not None
        and allowed(actor, transition.permission, case.process.sujeto_obligado_id)
        and not _forbidden(actor, case, transition.action)
        and not _too_late(case, transition.action)
    )


def _require_role(actor: Actor, case: Case, action: str) -> None:
    """Ask for the permission of the transition under this policy; under any, where this one does not know the act."""
    places = [row for row in VERSIONS.transitions if row.action == action]
    here = [row for row in places if not row.policies or case.process.policy in row.policies]
    asked: list[Permission] = [row.permission for row in here or places if row.permission is not None]
    held = [one for one in asked if allowed(actor, one, case.process.sujeto_obligado_id)]
    require(actor, (held or asked)[0], case.process.sujeto_obligado_id)


def _forbidden(actor: Actor, case: Case, action: str) -> str:
    if action in DECISIONS and actor.account_id in case.editors:
        return "Participaste en la captura de esta versión: la revisión corresponde a otra persona."
    if action == "recall" and actor.account_id != case.turn.submitted_by:
        return "Solo quien envió la versión a revisión puede retirarla."
    return ""


def _too_late(case: Case, action: str) -> str:
    if action == "publish" and case.process.policy == "direct" and not case.turn.source.startswith("import:"):
        return "Bajo publicación directa solo se publica lo que llega por importación."
    if action != "restore":
        return ""
    if case.process.open_number is not None:
        return "Hay otra versión abierta de este proceso: descártala o publícala antes de recuperar esta."
    if clock.now() - case.turn.updated_at > RESTORABLE:
        return f"Pasaron más de {RESTORABLE.days} días desde que se descartó."
    return ""

"""Who may do which act on a version: the table of transitions, the role, the place, and who took part before."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.core import clock
from app.core.db import Actor
from app.core.errors import ConflictError, ForbiddenError, NotFoundError
from app.core.policy import ROLE_LABELS, ROLES
from app.core.workflow import Transition, Verdict
from app.processes.models import ProcessVersion
from app.processes.queries import WorkingProcess
from app.processes.workflow import VERSIONS

RESTORABLE = timedelta(days=30)
DECISIONS = ("approve", "return", "take")
"""Acts closed to whoever edited the version."""
SAMPLES = ("observe", "sample")
"""Acts on what one person alone approved."""


@dataclass(frozen=True, slots=True)
class Case:
    """A version with what decides about acts on it.

    Attributes:
        process: with its working document.
        turn: the version.
        editors: accounts that changed it.
        hands: accounts in whose place the actor stands (`app.processes.queries.acting_for`).
        reviewer: name of who has taken its review; "" where nobody has.
        decider: name of who decided about it last; "" where nobody has.
    """

    process: WorkingProcess
    turn: ProcessVersion
    editors: AbstractSet[UUID]
    hands: AbstractSet[UUID] = frozenset()
    reviewer: str = ""
    decider: str = ""

    @property
    def took_part(self) -> bool:
        """Whether the actor, or somebody in whose place they stand, changed the version."""
        return not self.editors.isdisjoint(self.hands)


def require_act(actor: Actor, case: Case, action: str) -> None:
    """Refuse an act that is not this actor's to take now.

    Raises:
        NotFoundError: the process is another sujeto obligado's.
        ForbiddenError: the role may not, or the person took part in what they would decide about.
        ConflictError: the state, the policy, another reviewer, or the time that has passed does not allow it.
    """
    if actor.sujeto_obligado_id not in (None, case.process.sujeto_obligado_id):
        raise NotFoundError
    match _verdict(actor, case, action):
        case Verdict.FORBIDDEN:
            label = ROLE_LABELS.get(actor.role, "sin función")
            raise ForbiddenError(f"Tu función es «{label}» y este acto corresponde a otra.")
        case Verdict.CONFLICT:
            if action in DECISIONS and case.decider and case.turn.status in ("approved", "returned"):
                state = VERSIONS.statuses[case.turn.status].lower()
                raise ConflictError(f"{case.decider} ya decidió: la versión está {state}.")
            VERSIONS.check(action, case.turn.status, case.process.policy)
            raise ConflictError("Está programada: cancela la programación si quieres publicarla ahora.")
    if reason := _forbidden(actor, case, action):
        raise ForbiddenError(reason)
    if reason := _hindered(actor, case, action):
        raise ConflictError(reason)


def offered(actor: Actor, case: Case) -> tuple[Transition, ...]:
    """Return the acts that the actor may take on a version now: the buttons of its page."""
    if actor.sujeto_obligado_id not in (None, case.process.sujeto_obligado_id):
        return ()
    return tuple(
        transition
        for transition in VERSIONS.offered(case.turn.status, case.process.policy)
        if _verdict(actor, case, transition.action) is Verdict.ALLOWED
        and not _forbidden(actor, case, transition.action)
        and not _hindered(actor, case, transition.action)
    )


def _verdict(actor: Actor, case: Case, action: str) -> Verdict:
    held = ROLES.get(actor.role, frozenset())
    return VERSIONS.verdict(action, case.turn.status, case.process.policy, held)


def _forbidden(actor: Actor, case: Case, action: str) -> str:
    if action in DECISIONS and case.took_part:
        return "Participaste en la captura de esta versión: la revisión corresponde a otra persona."
    if action == "approve_alone" and actor.account_id not in case.editors:
        return "No capturaste esta versión: apruébala como quien revisa."
    # Where nobody reviews any more, whoever may submit brings back what was sent before.
    mine = actor.account_id == case.turn.submitted_by or case.process.policy == "direct"
    if action == "recall" and not mine:
        return "Solo quien envió la versión a revisión puede retirarla."
    if action == "release" and actor.account_id != case.turn.reviewer_id:
        return "Solo quien tomó la revisión puede dejarla."
    return ""


def _hindered(actor: Actor, case: Case, action: str) -> str:
    turn, policy = case.turn, case.process.policy
    if action in ("approve", "return") and turn.reviewer_id not in (None, actor.account_id):
        return f"La está revisando {case.reviewer or 'otra persona'}: toma tú la revisión antes de decidir."
    if action == "take" and turn.reviewer_id is not None and turn.reviewer_id == actor.account_id:
        return "Ya la tienes tú."
    if action == "publish" and policy == "direct" and not turn.source.startswith("import:"):
        return "Bajo publicación directa solo se publica lo que llega por importación."
    if action in ("publish", "schedule") and turn.approved_alone and policy != "single":
        return "La aprobó una sola persona, y ya no puede: anula la aprobación y envíala a quien revisa."
    if action in SAMPLES and not turn.approved_alone:
        return "No la aprobó una sola persona: no se revisa después de publicada."
    if action == "sample" and turn.sampled_by is not None:
        return "Ya está marcada como vista."
    return _too_late(case) if action == "restore" else ""


def _too_late(case: Case) -> str:
    if case.process.open_number is not None:
        return "Hay otra versión abierta de este proceso: descártala o publícala antes de recuperar esta."
    if clock.now() - case.turn.updated_at > RESTORABLE:
        return f"Pasaron más de {RESTORABLE.days} días desde que se descartó."
    return ""

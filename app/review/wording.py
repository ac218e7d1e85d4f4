"""How things stand with a version, in words: where it is, who holds it, what comes next."""

from datetime import datetime

from app.core.db import Actor
from app.core.policy import allowed
from app.processes.workflow import VERSIONS
from app.review.policy import DECISIONS, RESTORABLE
from app.review.queries import ProcessView
from app.web.formats import date_es, datetime_es, plural, relative

_DECIDERS = {
    "garante": "Decide el organismo garante.",
    "self": "Decide quien publica en el sujeto obligado.",
    "single": "Decide la única persona que publica, después de ver la diferencia.",
}


def standing(view: ProcessView, *, errors: int, now: datetime, zone: str) -> str:
    """Return one or two sentences on how the version stands.

    Args:
        view: the process.
        errors: found in its document now.
        now: from which relative times are told.
        zone: IANA time zone of dates.
    """
    turn, policy = view.turn, view.process.policy
    since = relative(turn.updated_at, now)
    match turn.status:
        case "draft" if errors:
            return f"En captura. Para seguir hay que corregir {plural(errors, 'error', 'errores')}."
        case "draft" if policy == "direct":
            return "En captura y sin errores. Se publica sin revisión cuando llega por importación."
        case "draft":
            return "En captura y sin errores: puede enviarse a revisión."
        case "in_review":
            sent = f"{_who(view, 'submitted_by')} la envió a revisión. {_DECIDERS.get(policy, '')}".strip()
            return f"{sent} La está revisando {view.case.reviewer}." if view.case.reviewer else sent
        case "returned":
            return f"{_who(view, 'decided_by')} la devolvió {since}. Hay que corregirla y enviarla otra vez."
        case "scheduled" if turn.scheduled_for:
            return f"Se publicará sola el {datetime_es(turn.scheduled_for, zone)}."
        case "approved":
            return f"{_who(view, 'decided_by')} la aprobó {since}. Falta publicarla."
        case "published":
            return "Está publicada. Un cambio abre otra versión y lo publicado no se mueve hasta entonces."
        case "withdrawn":
            return (
                "Se retiró de la publicación. Un cambio abre otra versión; quita de ella lo que no debe volver a "
                "publicarse."
            )
        case "discarded":
            return f"Se descartó {since}. Puede recuperarse hasta el {date_es(turn.updated_at + RESTORABLE, zone)}."
        case status:
            return f"{VERSIONS.statuses[status]} {since}."


def barred(actor: Actor, view: ProcessView) -> str:
    """Return why somebody whose role could decide may not; empty for everybody else."""
    if not view.case.took_part:
        return ""
    offered = {act.action for act in view.acts}
    if "approve_alone" in offered:
        return ""
    could = any(
        act.action in DECISIONS
        and act.action not in offered
        and act.permission is not None
        and allowed(actor, act.permission, view.process.sujeto_obligado_id)
        for act in VERSIONS.offered(view.turn.status, view.process.policy)
    )
    return "Participaste en la captura de esta versión, así que la decide otra persona." if could else ""


def _who(view: ProcessView, field: str) -> str:
    account = getattr(view.turn, field)
    return view.names.get(account, "Una cuenta que ya no existe") if account else "Alguien"

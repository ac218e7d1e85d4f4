"""The life of a version and of an observation: the tables that service, buttons, documentation and tests read."""

from app.core.policy import Permission
from app.core.workflow import Machine, Transition

POLICY_LABELS = {
    "self": "Aprueba el sujeto obligado",
    "garante": "Aprueba el organismo garante",
    "direct": "Publica sin revisión",
    "single": "Publica una sola persona",
}
"""Publishing policy of a sujeto obligado → who decides under it."""

_REVIEWED = ("self", "garante", "single")


def _decision(action: str, sources: tuple[str, ...], target: str, label: str, rule: str) -> list[Transition]:
    """Return the rows of an act that belongs to whoever decides: another permission under each policy."""
    return [
        Transition(action, sources, target, Permission.PROCESS_APPROVE_GARANTE, label, rule, ("garante",)),
        Transition(action, sources, target, Permission.PROCESS_APPROVE_SELF, label, rule, ("self", "single")),
    ]


VERSIONS = Machine(
    "la versión",
    {
        "draft": "Borrador",
        "in_review": "En revisión",
        "returned": "Devuelta con observaciones",
        "approved": "Aprobada",
        "scheduled": "Programada",
        "published": "Publicada",
        "withdrawn": "Retirada",
        "discarded": "Descartada",
    },
    (
        Transition(
            "submit",
            ("draft",),
            "in_review",
            Permission.PROCESS_SUBMIT,
            "Enviar a revisión",
            "Sin errores de validación; si cambia o quita algo publicado, con su motivo.",
            _REVIEWED,
        ),
        Transition(
            "recall",
            ("in_review",),
            "draft",
            Permission.PROCESS_SUBMIT,
            "Retirar de revisión",
            "Solo quien la envió; si se publica sin revisión, cualquiera que pueda enviar.",
        ),
        *_decision(
            "take", ("in_review",), "in_review", "Tomar la revisión", "Si la tenía otra persona, se dice."
        ),
        *_decision("release", ("in_review",), "in_review", "Dejar la revisión", "Solo quien la tomó."),
        *_decision(
            "approve",
            ("in_review",),
            "approved",
            "Aprobar",
            "Nadie que la haya editado, ni en nombre de quien la editó. Si otra persona la tomó, primero se toma.",
        ),
        Transition(
            "approve_alone",
            ("in_review",),
            "approved",
            Permission.PROCESS_APPROVE_SELF,
            "Aprobar lo que capturé",
            "Solo quien la editó, después de ver la diferencia y con acceso reciente; queda marcada.",
            ("single",),
        ),
        *_decision(
            "return",
            ("in_review",),
            "returned",
            "Devolver con observaciones",
            "Con al menos una observación. Nadie que la haya editado.",
        ),
        Transition("edit", ("draft", "returned", "approved"), "draft", Permission.PROCESS_EDIT, "Editar"),
        *(
            Transition(
                "edit",
                (status,),
                status,
                Permission.PROCESS_EDIT,
                label,
                "Abre un borrador al lado; con su motivo, si cambia o quita algo publicado.",
            )
            for status, label in (("published", "Corregir lo publicado"), ("withdrawn", "Empezar de nuevo"))
        ),
        *_decision("revoke", ("approved",), "draft", "Anular la aprobación", ""),
        Transition(
            "publish",
            ("approved",),
            "published",
            Permission.PROCESS_PUBLISH,
            "Publicar",
            "El contenido se valida otra vez.",
            _REVIEWED,
        ),
        Transition(
            "publish",
            ("draft",),
            "published",
            Permission.PROCESS_IMPORT,
            "Publicar directamente",
            "Solo importaciones; el contenido se valida otra vez.",
            ("direct",),
        ),
        Transition(
            "schedule",
            ("approved",),
            "scheduled",
            Permission.PROCESS_PUBLISH,
            "Programar",
            "Para un momento que no ha pasado.",
            _REVIEWED,
        ),
        Transition(
            "cancel", ("scheduled",), "approved", Permission.PROCESS_PUBLISH, "Cancelar la programación"
        ),
        Transition(
            "publish",
            ("scheduled",),
            "published",
            None,
            "Publicar a su hora",
            "Cuando llega su hora; el contenido se valida otra vez.",
        ),
        Transition(
            "miss",
            ("scheduled",),
            "approved",
            None,
            "Regresar a aprobada",
            "Cuando llega su hora y ya no puede publicarse.",
        ),
        Transition(
            "withdraw",
            ("published",),
            "withdrawn",
            None,
            "Retirar",
            "Cuando el organismo garante aprueba el retiro de su entrega; después se abre un borrador nuevo.",
        ),
        Transition(
            "discard",
            ("draft", "returned"),
            "discarded",
            Permission.PROCESS_DISCARD,
            "Descartar",
            "Se puede recuperar durante 30 días.",
        ),
        Transition(
            "restore",
            ("discarded",),
            "draft",
            Permission.PROCESS_DISCARD,
            "Recuperar",
            "Durante 30 días y si no hay otra versión abierta.",
        ),
        Transition(
            "observe",
            ("published",),
            "published",
            Permission.PROCESS_APPROVE_GARANTE,
            "Observar lo publicado",
            "Lo que aprobó una sola persona.",
        ),
        Transition(
            "sample",
            ("published",),
            "published",
            Permission.PROCESS_APPROVE_GARANTE,
            "Marcar como vista",
            "Lo que aprobó una sola persona y nadie ha visto.",
        ),
    ),
)

OBSERVATIONS = Machine(
    "la observación",
    {"open": "Sin respuesta", "answered": "Respondida", "resolved": "Resuelta"},
    (
        Transition("answer", ("open", "answered"), "answered", Permission.PROCESS_EDIT, "Responder"),
        *(
            Transition(action, sources, target, permission, label, rule, policies)
            for action, sources, target, label, rule in (
                (
                    "resolve",
                    ("open", "answered"),
                    "resolved",
                    "Resolver",
                    "Nadie que haya editado la versión.",
                ),
                (
                    "reopen",
                    ("answered", "resolved"),
                    "open",
                    "Volver a abrir",
                    "Diciendo qué falta. Nadie que haya editado la versión.",
                ),
            )
            for permission, policies in (
                # What one person published alone is the garante's to look at.
                (Permission.PROCESS_APPROVE_GARANTE, ("garante", "single", "direct")),
                (Permission.PROCESS_APPROVE_SELF, ("self", "single")),
            )
        ),
    ),
)
"""An observation's thread, whatever the state of its version."""

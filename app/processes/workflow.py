"""The life of a version: the one table of transitions that service, buttons, documentation and tests read."""

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

VERSIONS = Machine(
    "la versión",
    {
        "draft": "Borrador",
        "in_review": "En revisión",
        "returned": "Devuelta con observaciones",
        "approved": "Aprobada",
        "scheduled": "Programada",
        "published": "Publicada",
        "discarded": "Descartada",
    },
    (
        Transition(
            "submit",
            ("draft",),
            "in_review",
            Permission.PROCESS_SUBMIT,
            "Enviar a revisión",
            "Sin errores de validación.",
            _REVIEWED,
        ),
        Transition(
            "recall",
            ("in_review",),
            "draft",
            Permission.PROCESS_SUBMIT,
            "Retirar de revisión",
            "Solo quien la envió.",
        ),
        Transition(
            "approve",
            ("in_review",),
            "approved",
            Permission.PROCESS_APPROVE_GARANTE,
            "Aprobar",
            "Nadie que la haya editado.",
            ("garante",),
        ),
        Transition(
            "approve",
            ("in_review",),
            "approved",
            Permission.PROCESS_APPROVE_SELF,
            "Aprobar",
            "Nadie que la haya editado.",
            ("self",),
        ),
        Transition(
            "return",
            ("in_review",),
            "returned",
            Permission.PROCESS_APPROVE_GARANTE,
            "Devolver con observaciones",
            "Con al menos una observación.",
            ("garante",),
        ),
        Transition(
            "return",
            ("in_review",),
            "returned",
            Permission.PROCESS_APPROVE_SELF,
            "Devolver con observaciones",
            "Con al menos una observación.",
            ("self",),
        ),
        Transition("edit", ("draft", "returned", "approved"), "draft", Permission.PROCESS_EDIT, "Editar"),
        Transition(
            "revoke",
            ("approved",),
            "draft",
            Permission.PROCESS_APPROVE_GARANTE,
            "Anular la aprobación",
            "",
            ("garante",),
        ),
        Transition(
            "revoke",
            ("approved",),
            "draft",
            Permission.PROCESS_APPROVE_SELF,
            "Anular la aprobación",
            "",
            ("self",),
        ),
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
    ),
)

"""States of a tenant and of an export, and the acts between them."""

from app.core.policy import Permission
from app.core.workflow import Machine, Transition

TENANTS = Machine(
    "el organismo",
    {"active": "En servicio", "suspended": "Suspendido", "deleted": "Dado de baja"},
    (
        Transition(
            "suspend",
            ("active",),
            "suspended",
            Permission.PLATFORM_MANAGE,
            "Suspender",
            rule="con un motivo, que queda en la bitácora pública; lo publicado sigue a la vista",
        ),
        Transition(
            "resume",
            ("suspended",),
            "active",
            Permission.PLATFORM_MANAGE,
            "Reanudar",
            rule="con un motivo, que queda en la bitácora pública",
        ),
        Transition(
            "delete",
            ("suspended",),
            "deleted",
            Permission.PLATFORM_MANAGE,
            "Dar de baja",
            rule="entre dos personas que operan la plataforma, después de una exportación y de siete días",
        ),
    ),
)

ACTS = Machine(
    "el acto",
    {"asked": "Pedido", "accepted": "Aceptado", "done": "Hecho", "cancelled": "Cancelado"},
    (
        Transition(
            "accept",
            ("asked",),
            "accepted",
            Permission.PLATFORM_MANAGE,
            "Aceptar",
            rule="otra persona que opera la plataforma, no la que lo pidió",
        ),
        Transition("cancel", ("asked", "accepted"), "cancelled", Permission.PLATFORM_MANAGE, "Cancelar"),
        Transition("finish", ("accepted",), "done", None, "Terminar"),
    ),
)

EXPORTS = Machine(
    "la exportación",
    {
        "queued": "En espera",
        "running": "En curso",
        "ready": "Lista",
        "failed": "Falló",
        "expired": "Vencida",
    },
    (
        Transition("start", ("queued", "running"), "running", None, "Empezar"),
        Transition("finish", ("running",), "ready", None, "Terminar"),
        Transition("fail", ("queued", "running"), "failed", None, "Fallar"),
        Transition("expire", ("ready",), "expired", None, "Vencer", rule="el archivo se borra"),
    ),
)

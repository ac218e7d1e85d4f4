"""The life of a body in the padrón: the one table of transitions that service, buttons and documentation read."""

from app.core.policy import Permission
from app.core.workflow import Machine, Transition

BODIES = Machine(
    "el sujeto obligado",
    {
        "active": "Activo",
        "suspended": "Suspendido",
        "merged": "Fusionado",
        "moving": "Mudándose",
        "moved": "En otro organismo",
    },
    (
        Transition(
            "suspend",
            ("active",),
            "suspended",
            Permission.PADRON_MANAGE,
            "Suspender",
            "Con motivo. No empieza procesos nuevos; lo publicado sigue a la vista.",
        ),
        Transition(
            "reactivate", ("suspended",), "active", Permission.PADRON_MANAGE, "Reactivar", "Con motivo."
        ),
        Transition(
            "merge",
            ("active", "suspended"),
            "merged",
            Permission.PADRON_MANAGE,
            "Fusionar",
            "Con fundamento y fecha. Otro sujeto obligado activo recibe sus funciones.",
        ),
        Transition(
            "succession",
            ("active", "suspended"),
            "merged",
            Permission.PADRON_MANAGE,
            "Registrar su sucesión",
            "Con fundamento y fecha. Otro sujeto obligado activo lo sustituye.",
        ),
        Transition(
            "split",
            ("active",),
            "active",
            Permission.PADRON_MANAGE,
            "Escindir",
            "Con fundamento y fecha. Parte de sus funciones pasa a otro; este sigue.",
        ),
        Transition(
            "move",
            ("active", "suspended"),
            "moving",
            None,
            "Traspasar",
            "Entre dos personas que operan la plataforma y con un acto legal. Solo se lee hasta que termina.",
        ),
        Transition("leave", ("moving",), "moved", None, "Irse a otro organismo garante"),
        Transition("arrive", ("moving",), "active", None, "Llegar de otro organismo garante"),
    ),
)

"""The life of a file, as a table of transitions."""

from app.core.policy import Permission
from app.core.workflow import Machine, Transition

FILES = Machine(
    "el archivo",
    {
        "scanning": "En revisión de virus",
        "ready": "Listo",
        "infected": "Con virus",
        "withdrawn": "Retirado",
    },
    (
        Transition("clear", ("scanning",), "ready", None, "Dar por limpio", "El antivirus no halló nada."),
        Transition(
            "condemn",
            ("scanning",),
            "infected",
            None,
            "Marcar con virus",
            "El antivirus halló algo; se borra.",
        ),
        Transition(
            "discard",
            ("scanning", "ready", "infected"),
            "withdrawn",
            Permission.PROCESS_EDIT,
            "Descartar",
            "Mientras ninguna entrega publicada lo nombre.",
        ),
        Transition(
            "withdraw",
            ("ready",),
            "withdrawn",
            None,
            "Retirar",
            "Al retirarse la última entrega que lo nombra.",
        ),
    ),
)

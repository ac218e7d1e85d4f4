"""The life of an import: the one table of transitions that service, buttons, documentation and tests read."""

from app.core.policy import Permission
from app.core.workflow import Machine, Transition

RUNS = Machine(
    "la importación",
    {
        "reading": "Leyendo el archivo",
        "previewed": "Lista para confirmar",
        "applying": "Importando",
        "finished": "Terminada",
        "cancelled": "Cancelada",
        "failed": "Detenida por un problema",
    },
    (
        Transition("preview", ("reading",), "previewed", None, "Terminar de leer"),
        Transition(
            "confirm",
            ("previewed",),
            "applying",
            Permission.PROCESS_IMPORT,
            "Importar lo que se puede",
            "Con algo que importar.",
        ),
        Transition(
            "begin", ("reading",), "applying", None, "Importar sin confirmar", "Desde la línea de comandos."
        ),
        Transition("finish", ("applying",), "finished", None, "Terminar"),
        Transition("fail", ("reading", "applying"), "failed", None, "Detener"),
        Transition("stop", ("reading", "applying"), "cancelled", None, "Parar en la siguiente unidad"),
        Transition(
            "cancel",
            ("reading", "previewed", "applying"),
            "cancelled",
            Permission.PROCESS_IMPORT,
            "Cancelar",
            "Lo que ya se importó se queda.",
        ),
        Transition(
            "resume",
            ("applying", "cancelled", "failed"),
            "applying",
            Permission.PROCESS_IMPORT,
            "Continuar donde se quedó",
            "Si ya se había confirmado.",
        ),
        Transition(
            "read_again",
            ("reading", "previewed", "cancelled", "failed"),
            "reading",
            Permission.PROCESS_IMPORT,
            "Volver a leer el archivo",
            "Si no se ha confirmado todavía.",
        ),
    ),
)

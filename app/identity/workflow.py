"""The life of a membership."""

from app.core.policy import Permission
from app.core.workflow import Machine, Transition

MEMBERSHIPS = Machine(
    "la función",
    {"active": "Vigente", "ended": "Terminada"},
    (
        Transition(
            "end",
            ("active",),
            "ended",
            Permission.PEOPLE_MANAGE,
            "Terminar la función",
            rule="no la última de administración; lo que la persona lleva pasa antes a alguien más",
        ),
        Transition("expire", ("active",), "ended", None, "Volver a quien la prestó"),
    ),
)

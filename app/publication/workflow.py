"""The life of a request for withdrawal, and of a reservation, as tables of transitions."""

from app.core.policy import Permission
from app.core.workflow import Machine, Transition

WITHDRAWALS = Machine(
    "la solicitud de retiro",
    {
        "requested": "Por decidir",
        "approved": "Retirado",
        "refused": "Negada",
        "cancelled": "Cancelada",
    },
    (
        Transition(
            "approve",
            ("requested",),
            "approved",
            Permission.WITHDRAWAL_APPROVE,
            "Retirar de la publicación",
            "Nadie que la haya pedido; con acceso reciente y confirmación escrita. No puede deshacerse.",
        ),
        Transition(
            "refuse",
            ("requested",),
            "refused",
            Permission.WITHDRAWAL_APPROVE,
            "Negar el retiro",
            "Con su motivo. Nadie que la haya pedido.",
        ),
        Transition(
            "cancel", ("requested",), "cancelled", Permission.WITHDRAWAL_REQUEST, "Cancelar la solicitud"
        ),
    ),
)

RESERVATIONS = Machine(
    "la reserva",
    {
        "requested": "Por decidir",
        "granted": "Vigente",
        "extended": "Prorrogada",
        "refused": "Negada",
        "cancelled": "Cancelada",
        "ended": "Terminada",
    },
    (
        Transition(
            "grant",
            ("requested",),
            "granted",
            Permission.WITHDRAWAL_APPROVE,
            "Autorizar la reserva",
            "Nadie que la haya pedido.",
        ),
        Transition(
            "refuse",
            ("requested",),
            "refused",
            Permission.WITHDRAWAL_APPROVE,
            "Negar la reserva",
            "Con su motivo. Nadie que la haya pedido.",
        ),
        Transition(
            "cancel", ("requested",), "cancelled", Permission.PROCESS_RESERVE, "Cancelar la solicitud"
        ),
        Transition(
            "extend",
            ("granted",),
            "extended",
            Permission.WITHDRAWAL_APPROVE,
            "Prorrogar",
            "Una sola vez, con su fundamento, mientras no termine el plazo.",
        ),
        Transition(
            "end",
            ("granted", "extended"),
            "ended",
            Permission.WITHDRAWAL_APPROVE,
            "Terminar la reserva",
            "Con su motivo, cuando dejan de existir las causas.",
        ),
        Transition(
            "expire",
            ("granted", "extended"),
            "ended",
            None,
            "Terminar por plazo",
            "Al día siguiente del último del plazo. Publicar lo que se reservaba es acto de una persona.",
        ),
    ),
)

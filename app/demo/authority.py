"""Acts of authority of the demonstration: a release that was withdrawn, one that somebody asks to be, a reservation.

Without them the public log, and the pages where such acts are decided, would show nothing to whoever tries the service.
"""

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select

from app.core import clock
from app.core.db import Actor, Database
from app.core.public_log import PublicAct
from app.processes.models import ContractingProcess
from app.publication import reservations, withdrawals

_ARTICLE = "Artículo 115 de la Ley General de Transparencia y Acceso a la Información Pública"
_TERM = timedelta(days=730)


def act(database: Database, publisher: Actor, reviewer: Actor, published: list[str], drafted: str) -> None:
    """Withdraw, ask and reserve, unless it was done.

    Args:
        database: where the processes are.
        publisher: of their body, who asks.
        reviewer: of the garante, who decides.
        published: ocids of two public processes; the first has several releases.
        drafted: ocid of a process that is not public yet, with the title of its tender.
    """
    with database.unit_of_work(publisher) as session:
        if session.exec(select(PublicAct.number).where(PublicAct.tenant_id == publisher.tenant_id)).first():
            return
        ids: dict[str, UUID] = dict(
            session.exec(
                select(ContractingProcess.ocid, ContractingProcess.process_id).where(
                    ContractingProcess.tenant_id == publisher.tenant_id,
                    col(ContractingProcess.ocid).in_([*published, drafted]),
                )
            ).all()
        )
        first, second = (ids[ocid] for ocid in published)
        oldest = withdrawals.releases(session, publisher, first)[-1].position
        mistaken = withdrawals.request(
            session,
            publisher,
            first,
            withdrawals.Asked("personal", _ARTICLE, "Nombraba a una persona ajena al contrato.", oldest),
        )
        withdrawals.request(
            session,
            publisher,
            second,
            withdrawals.Asked("order", _ARTICLE, "Lo ordena una resolución que aún no queda firme."),
        )
        kept = reservations.request(
            session,
            publisher,
            ids[drafted],
            reservations.Asked(
                "reserved",
                "proceedings",
                _ARTICLE,
                "Hay una auditoría en curso sobre esta compra.",
                ("/tender/description",),
                until=clock.now().date() + _TERM,
                harm="Publicarlo ahora permitiría alterar lo que la auditoría revisa.",
            ),
            today=clock.now().date(),
        )
    with database.unit_of_work(reviewer) as session:
        withdrawals.approve(session, reviewer, first, mistaken.request_id)
        reservations.grant(session, reviewer, ids[drafted], kept.reservation_id, today=clock.now().date())

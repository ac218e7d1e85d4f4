"""A sending from its beginning to its end: row by row, so that a kill costs nothing and what is done stays done."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from app.core import audit, clock, keys, logs
from app.core.db import Actor, RwSession
from app.core.errors import SuspendedError
from app.core.jobs import Workplace
from app.core.keys import MissingKeyError
from app.core.outgoing import Outgoing, OutgoingRefusedError
from app.core.quarters import Quarter
from app.core.tables import table_of
from app.pnt import due, formats
from app.pnt.delivery import queries, service
from app.pnt.delivery.models import PntDelivered, PntDelivery
from app.pnt.delivery.protocol import PAUSES, SECONDS, AwayError, Ledger, Service, SignInRefusedError
from app.pnt.delivery.remembering import Spot
from app.pnt.delivery.sending import Outcome, Sender, Step
from app.pnt.due import Whose
from app.pnt.formats import Chosen
from app.pnt.loading import state_of
from app.tenancy import queries as tenancy

UNIT = 200
"""Rows that are read at once; between two of them no transaction is open."""
MOST_LOST = 3
"""Answers lost in a row after which it is of no use to go on."""

_log = logs.get(__name__)
_DELIVERED = table_of(PntDelivered)


class _About(NamedTuple):
    """A sending, and what it is about."""

    actor: Actor
    delivery_id: UUID
    whose: Whose
    chosen: Chosen


class _StoppedError(Exception):
    """The sending ends before its last row; the text says why."""


def run(
    place: Workplace,
    actor: Actor,
    delivery_id: UUID,
    *,
    seconds: float = SECONDS,
    pauses: Sequence[float] = PAUSES,
) -> None:
    """Send what is left of a sending; nothing where it ended.

    Args:
        place: of the worker.
        actor: on whose behalf.
        delivery_id: which.
        seconds: that one answer of the PNT may take.
        pauses: before each further attempt at what may be asked twice.
    """
    problem = "Algo falló de nuestro lado. Lo que ya se envió está guardado; vuelve a enviar lo que falta."
    try:
        problem = _run(place, actor, delivery_id, seconds, pauses)
    except (OperationalError, ConnectionError, SuspendedError):
        raise  # it comes round again
    except Exception:
        _end(place, actor, delivery_id, problem)
        raise
    _end(place, actor, delivery_id, problem)


def _run(place: Workplace, actor: Actor, delivery_id: UUID, seconds: float, pauses: Sequence[float]) -> str:
    """Return why it ended early; empty when all rows had their turn."""
    with place.database.unit_of_work(actor) as session:
        row = queries.delivery(session, actor, delivery_id)
        if row.ended_at is not None:
            return ""
        tenant = tenancy.at_work(session, actor)
        whose = Whose(
            row.sujeto_obligado_id, Quarter(row.quarter), tenant.time_zone, tenant.natural_rfc_public
        )
        family = row.family
        chosen = next(
            (one for one in formats.in_force(session, actor, whose.quarter) if one.family == family), None
        )
        kept = queries.account(session, actor, whose.body)
        if chosen is None:
            return "El organismo garante cambió el formato del trimestre: vuelve a abrirlo y envía otra vez."
        if kept is None or not place.settings.pnt_url:
            return "Falta la cuenta de tu institución en la PNT, o la dirección de su servicio."
        try:
            account = service.opened(keys.of(place.settings), actor, kept)
        except MissingKeyError:
            return "La cuenta guardada ya no se puede abrir: guárdala otra vez."
    way = Service(
        place.settings.pnt_url,
        account,
        Ledger(whose.quarter.start.year, chosen.format.id),
        Outgoing(place.settings.outgoing_allow.split(",")),
        seconds=seconds,
        pauses=pauses,
    )
    sender = Sender(place.database, way, chosen.format, lambda key: Spot(actor, whose, family, key))
    try:
        _all(place, _About(actor, delivery_id, whose, chosen), sender)
    except _StoppedError as error:
        return str(error)
    except AwayError as error:
        return f"{error} Lo que falta se envía cuando lo vuelvas a intentar."
    except SignInRefusedError as error:
        return f"La PNT no aceptó la cuenta de tu institución: {error} Guárdala otra vez y vuelve a enviar."
    except OutgoingRefusedError as error:
        return f"No se puede llamar al servicio de la PNT: {error.detail} Avisa a quien opera este sistema."
    return ""


def _all(place: Workplace, about: _About, sender: Sender) -> None:
    lost = 0
    while True:
        with place.database.unit_of_work(about.actor) as session:
            steps = _next(session, about)
        if not steps:
            return
        for step in steps:
            outcome = sender.send(step)
            with place.database.unit_of_work(about.actor) as session:
                _tell(session, about, step, outcome)
            lost = lost + 1 if outcome.lost else 0
            if lost == MOST_LOST:
                raise _StoppedError(
                    "La PNT dejó de contestar. Lo que falta se envía cuando lo vuelvas a intentar."
                )


def _next(session: RwSession, about: _About) -> list[Step]:
    """Return rows that had no turn yet: what is new or changed, then what is gone."""
    actor, delivery_id, whose, chosen = about
    row = queries.delivery(session, actor, delivery_id)
    had = set(
        session.scalars(
            select(col(PntDelivered.row_key)).where(
                col(PntDelivered.tenant_id) == actor.tenant_id,
                col(PntDelivered.delivery_id) == delivery_id,
            )
        )
    )
    known = due.loaded(session, actor, whose.body, whose.quarter, chosen.family)
    left, steps = set(known), []
    report = service.Said.report(row.said, whose.quarter)
    for line in due.lines(session, actor, whose, chosen.format, report):
        left.discard(line.key)
        state = state_of(line, known)
        if state != "same" and line.key not in had:
            steps.append(Step("add" if state == "new" else "change", line.key, line.title, line))
            if len(steps) == UNIT:
                return steps
    for key in sorted(left - had):
        held = queries.remote(session, actor, whose, chosen.family, key)
        title = held.title if held else " · ".join(filter(None, key.split("|")[:2]))
        steps.append(Step("remove", key, title, None))
    return steps[:UNIT]


def _tell(session: RwSession, about: _About, step: Step, outcome: Outcome) -> None:
    told = {"outcome": outcome.outcome, "told": outcome.told, "act": step.act}
    entered = upsert(_DELIVERED).values(
        tenant_id=about.actor.tenant_id,
        delivery_id=about.delivery_id,
        row_key=step.key,
        title=step.title,
        **told,
    )
    session.execute(
        entered.on_conflict_do_update(index_elements=["tenant_id", "delivery_id", "row_key"], set_=told)
    )


def _end(place: Workplace, actor: Actor, delivery_id: UUID, problem: str) -> None:
    with place.database.unit_of_work(actor) as session:
        row = queries.delivery(session, actor, delivery_id)
        if row.ended_at is not None:
            return
        table = table_of(PntDelivery)
        session.execute(
            update(table)
            .where(table.c.tenant_id == actor.tenant_id, table.c.delivery_id == delivery_id)
            .values(ended_at=clock.now(), problem=problem)
        )
        counts = queries.outcomes(session, actor, delivery_id)
        audit.record(
            session,
            "pnt_delivery.end",
            "sujeto_obligado",
            row.sujeto_obligado_id,
            quarter=Quarter(row.quarter).written,
            family=row.family,
            **counts,
        )
    _log.info("pnt_delivery_ended", delivery=str(delivery_id), whole=not problem, **counts)

"""The rows behind each number of a body."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    DateTime,
    Select,
    Text,
    and_,
    cast,
    column,
    exists,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
)

from app.adoption.counting import cutoff
from app.adoption.models import ProcessFact
from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.pagination import Page, cut, decode_cursor
from app.core.quarters import Quarter
from app.core.tables import table_of
from app.processes.models import OPEN_STATUSES, ContractingProcess, Observation, ProcessVersion
from app.tenancy import queries as tenancy

PAGE = 50

_PROCESS = table_of(ContractingProcess).c
_FACT = table_of(ProcessFact).c
_VERSION = table_of(ProcessVersion).c
_REMARK = table_of(Observation).c


@dataclass(frozen=True, slots=True)
class Behind:
    """One row behind a number.

    Attributes:
        day: what it is ordered by: of the signature, of the release, of the last change, of the remark.
        status: of the version, where it is one.
        due_on: the day that has passed, where one has.
        words: the remark, where it is one.
    """

    process_id: UUID
    ocid: str
    title: str
    day: date | datetime
    status: str = ""
    due_on: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One number whose rows can be seen.

    Attributes:
        title: of the list.
        day: what `Behind.day` is, as the head of a column.
        number: key of `wording.DEFINITIONS`.
        running: whether it is counted in the running quarter only.
    """

    title: str
    day: str
    number: str
    running: bool = False


KINDS = {
    "publicados": Kind("Publicados en el trimestre", "Última entrega del trimestre", "published"),
    "firmas": Kind("Contratos firmados sin publicar a tiempo", "Firma", "overdue"),
    "curso": Kind("En curso", "Último cambio", "pending", running=True),
    "vencidas": Kind("Versiones vencidas", "Último cambio", "late", running=True),
    "observaciones": Kind("Observaciones sin resolver", "Observado", "observations", running=True),
}
"""Name in the address → what it shows."""


def rows(
    session: RwSession,
    actor: Actor,
    body: UUID,
    kind: str,
    quarter: Quarter,
    *,
    today: date,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page[Behind]:
    """Return the rows of one number of a body, the oldest first.

    Args:
        session: bound to the actor.
        actor: of the tenant.
        body: whose.
        kind: one of `KINDS`.
        quarter: in which the number is counted.
        today: the tenant's day.
        cursor: of the page; None for the first.
        limit: rows of a page.
    """
    query = _QUERIES[kind](session, actor, quarter, today).where(
        _PROCESS.tenant_id == actor.tenant_id, _PROCESS.sujeto_obligado_id == body
    )
    asked = query.subquery()
    is_moment = isinstance(asked.c.day.type, DateTime)
    wanted = select(asked).order_by(asked.c.day, asked.c.row_key).limit(limit + 1)
    if cursor:
        at, key = decode_cursor(cursor, str, str)
        wanted = wanted.where(
            tuple_(asked.c.day, asked.c.row_key) > tuple_(_read(str(at), is_moment), str(key))
        )
    found = session.execute(wanted).all()
    page = cut(found, limit, lambda row: (row.day.isoformat(), row.row_key))
    return Page(
        [
            Behind(row.process_id, row.ocid, row.title, row.day, row.status, row.due_on, row.words)
            for row in page.rows
        ],
        page.next_cursor,
    )


_OF_PROCESS = and_(_FACT.tenant_id == _PROCESS.tenant_id, _FACT.process_id == _PROCESS.process_id)
_OF_VERSION = and_(_VERSION.tenant_id == _PROCESS.tenant_id, _VERSION.process_id == _PROCESS.process_id)
_OF_REMARK = and_(_REMARK.tenant_id == _PROCESS.tenant_id, _REMARK.process_id == _PROCESS.process_id)
_KEY = cast(_PROCESS.process_id, Text)


def _columns(day: Any, key: Any, **more: Any) -> Select[Any]:
    said = {"status": literal(""), "due_on": null(), "words": literal(""), **more}
    return select(
        _PROCESS.process_id,
        _PROCESS.ocid,
        _PROCESS.title,
        day.label("day"),
        key.label("row_key"),
        *(value.label(name) for name, value in said.items()),
    )


def _published(_session: RwSession, _actor: Actor, quarter: Quarter, _today: date) -> Select[Any]:
    day = func.unnest(_FACT.published_on).table_valued(column("day", Date)).render_derived().lateral()
    last = (
        select(func.max(day.c.day).label("day"))
        .where(day.c.day >= quarter.start, day.c.day < quarter.after)
        .lateral()
    )
    return (
        _columns(last.c.day, _KEY)
        .join(table_of(ProcessFact), _OF_PROCESS)
        .join(last, last.c.day.is_not(None))
    )


def _unpublished(session: RwSession, actor: Actor, quarter: Quarter, today: date) -> Select[Any]:
    one = (
        func.unnest(_FACT.signed_on, _FACT.seen_on)
        .table_valued(column("signed_on", Date), column("seen_on", Date), with_ordinality="place")
        .render_derived()
        .lateral()
    )
    standing = exists().where(_OF_VERSION, _VERSION.status.in_(OPEN_STATUSES))
    return (
        _columns(one.c.signed_on, _KEY + "." + cast(one.c.place, Text))
        .join(table_of(ProcessFact), _OF_PROCESS)
        .join(one, true())
        .where(
            one.c.seen_on.is_(None),
            one.c.signed_on < quarter.after,
            one.c.signed_on <= cutoff(tenancy.calendar(session, actor), today),
            (_FACT.release_count > 0) | standing,
        )
    )


def _open(_session: RwSession, _actor: Actor, _quarter: Quarter, _today: date) -> Select[Any]:
    said = {"status": _VERSION.status, "due_on": func.least(_VERSION.due_on, _VERSION.respond_by)}
    return (
        _columns(_VERSION.updated_at, _KEY, **said)
        .join(table_of(ProcessVersion), _OF_VERSION)
        .where(_VERSION.status.in_(OPEN_STATUSES))
    )


def _late(session: RwSession, actor: Actor, quarter: Quarter, today: date) -> Select[Any]:
    waiting = _VERSION.status.in_(("in_review", "returned")) & (_VERSION.respond_by < today)
    return _open(session, actor, quarter, today).where((_VERSION.due_on < today) | waiting)


def _remarks(_session: RwSession, _actor: Actor, _quarter: Quarter, _today: date) -> Select[Any]:
    return (
        _columns(_REMARK.created_at, cast(_REMARK.observation_id, Text), words=_REMARK.remark)
        .join(table_of(Observation), _OF_REMARK)
        .where(_REMARK.status != "resolved")
    )


_QUERIES: dict[str, Callable[[RwSession, Actor, Quarter, date], Select[Any]]] = {
    "publicados": _published,
    "firmas": _unpublished,
    "curso": _open,
    "vencidas": _late,
    "observaciones": _remarks,
}


def _read(written: str, is_moment: bool) -> date | datetime:  # noqa: FBT001  # said by the query itself
    try:
        return datetime.fromisoformat(written) if is_moment else date.fromisoformat(written)
    except ValueError as error:
        raise NotFoundError("La página pedida no existe.") from error

"""Reading compliance: the desk's table, one body, the rows behind each number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, func, literal, select, tuple_
from sqlmodel import col

from app.adoption.models import Compliance, ComplianceCount, RemindedBody
from app.adoption.wording import SILENT_DAYS, State, reasons, state_of
from app.core.db import Actor, RwSession
from app.core.folding import fold
from app.core.pagination import Page, cut, decode_cursor, reached
from app.core.quarters import Quarter, window
from app.core.tables import among, table_of
from app.pnt.queries import declared
from app.processes.queries import identifier
from app.tenancy.models import SujetoObligado

PAGE = 50
EXPORTED = 2000
"""Bodies that an export reads at once."""
_RANKS: tuple[State, ...] = ("behind", "silent", "current")
_LONG_AGO = date(2000, 1, 1)

_BODY = table_of(SujetoObligado).c
_COUNTED = table_of(Compliance).c


@dataclass(frozen=True, slots=True)
class Filters:
    """What a table of bodies leaves out.

    Attributes:
        states: which ones; empty for all.
        bodies: which ones; None for all.
    """

    scope: str = ""
    branch: str = ""
    states: tuple[State, ...] = ()
    text: str = ""
    bodies: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class BodyRow:
    """One sujeto obligado in one quarter; the numbers are those of `Compliance`.

    Attributes:
        until: the end of the quarter, or the day of the count while it runs.
        declared: it declared the quarter without contracts (`app.pnt`); the one before while it runs.
        reminded_at: when it was last reminded.
    """

    sujeto_obligado_id: UUID
    name: str
    key: str
    scope: str
    branch: str
    contact_email: str
    until: date
    published: int
    signed: int
    overdue: int
    days: float | None
    present: int
    asked: int
    last_published_on: date | None
    pending: int
    late: int
    observations: int
    observed_at: datetime | None
    declared: bool
    reminded_at: datetime | None = None

    @property
    def state(self) -> State:
        """How it stands."""
        return state_of(self.overdue, self.late, self.last_published_on, self.until, declared=self.declared)

    @property
    def quality(self) -> float | None:
        """Share of the fields asked for that are there; None where nothing was published."""
        return self.present / self.asked if self.asked else None

    @property
    def reasons(self) -> dict[str, int]:
        """What it can be reminded of."""
        return reasons(
            self.overdue,
            self.late,
            self.observations,
            self.last_published_on,
            self.until,
            declared=self.declared,
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """The tenant in one quarter: how many bodies stand how, and the sums."""

    states: dict[State, int]
    published: int
    overdue: int
    late: int
    pending: int
    observations: int
    present: int
    asked: int

    @property
    def bodies(self) -> int:
        """All of them."""
        return sum(self.states.values())

    @property
    def quality(self) -> float | None:
        """As of a body."""
        return self.present / self.asked if self.asked else None


def until(quarter: Quarter, today: date) -> date:
    """Return the day up to which a quarter is looked at."""
    return min(quarter.end, today)


def totals(session: RwSession, actor: Actor, quarter: Quarter, today: date) -> Totals:
    """Return how all bodies of the tenant stand."""
    sums = ("published", "overdue", "late", "pending", "observations", "present", "asked")
    rank = _rank(quarter, today)
    rows = session.execute(
        select(
            rank.label("rank"),
            func.count().label("bodies"),
            *(func.coalesce(func.sum(_COUNTED[name]), 0).label(name) for name in sums),
        )
        .select_from(_joined(quarter))
        .where(*_whose(actor))
        .group_by(rank)
    ).all()
    return Totals(
        {state: sum(row.bodies for row in rows if _RANKS[row.rank] == state) for state in _RANKS},
        **{name: int(sum(getattr(row, name) for row in rows)) for name in sums},
    )


def bodies(
    session: RwSession,
    actor: Actor,
    quarter: Quarter,
    today: date,
    filters: Filters,
    *,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page[BodyRow]:
    """Return the bodies of the tenant that work, those that need attention most first.

    First those behind, by how much is overdue; then the silent, the longest first; then the others; each by name.
    """
    day = until(quarter, today)
    order = (_rank(quarter, today), _urgency(quarter, today), _BODY.sort_key, _BODY.sujeto_obligado_id)
    query = select(
        *_columns(quarter, today), *(part.label(f"key_{place}") for place, part in enumerate(order))
    )
    query = query.select_from(_joined(quarter)).where(*_whose(actor), *_conditions(filters, quarter, today))
    if cursor:
        rank, urgency, name, body = decode_cursor(cursor, int, int, str, str)
        query = query.where(tuple_(*order) > tuple_(rank, urgency, name, identifier(str(body))))
    found = session.execute(query.order_by(*order).limit(limit + 1)).all()
    page = cut(found, limit, lambda row: (row.key_0, row.key_1, row.key_2, str(row.key_3)))
    reminded = last_reminders(session, actor, [row.sujeto_obligado_id for row in page.rows])
    return Page([_row(row, day, reminded) for row in page.rows], page.next_cursor)


def all_bodies(
    session: RwSession, actor: Actor, quarter: Quarter, today: date, filters: Filters
) -> Iterator[BodyRow]:
    """Yield what `bodies` pages through, to the end."""
    cursor: str | None = None
    while True:
        page = bodies(session, actor, quarter, today, filters, cursor=cursor, limit=EXPORTED)
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def observed(
    session: RwSession, actor: Actor, today: date, *, cursor: str | None = None, limit: int = PAGE
) -> Page[BodyRow]:
    """Return the bodies that have observations to attend to, the oldest first."""
    quarter = Quarter.of(today)
    order = (_COUNTED.observed_at, _BODY.sujeto_obligado_id)
    query = (
        select(*_columns(quarter, today))
        .select_from(_joined(quarter))
        .where(*_whose(actor), _COUNTED.observations > 0, _COUNTED.observed_at.is_not(None))
    )
    if cursor:
        query = query.where(tuple_(*order) > tuple_(*reached(cursor)))
    found = session.execute(query.order_by(*order).limit(limit + 1)).all()
    page = cut(found, limit, lambda row: (row.observed_at.isoformat(), str(row.sujeto_obligado_id)))
    return Page([_row(row, today, {}) for row in page.rows], page.next_cursor)


def history(
    session: RwSession, actor: Actor, sujeto: SujetoObligado, today: date
) -> list[tuple[Quarter, BodyRow]]:
    """Return a body in each quarter that is counted, the running one first."""
    reminded = last_reminders(session, actor, [sujeto.sujeto_obligado_id])
    found = []
    for quarter in window(today):
        query = (
            select(*_columns(quarter, today))
            .select_from(_joined(quarter))
            .where(_BODY.tenant_id == actor.tenant_id, _BODY.sujeto_obligado_id == sujeto.sujeto_obligado_id)
        )
        found.append((quarter, _row(session.execute(query).one(), until(quarter, today), reminded)))
    return found


def choices(session: RwSession, actor: Actor) -> tuple[list[str], list[str]]:
    """Return the ámbitos and the poderes that the tenant's bodies have."""
    rows = session.execute(select(_BODY.scope, _BODY.branch).where(*_whose(actor)).distinct()).all()
    return sorted({row.scope for row in rows} - {""}), sorted({row.branch for row in rows} - {""})


def counted_at(session: RwSession, actor: Actor) -> datetime | None:
    """Return when the tenant was counted last; None while it never was."""
    return session.scalar(
        select(col(ComplianceCount.counted_at)).where(col(ComplianceCount.tenant_id) == actor.tenant_id)
    )


def last_reminders(session: RwSession, actor: Actor, ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return when each body was last reminded; those that never were are absent."""
    rows = session.execute(
        select(col(RemindedBody.sujeto_obligado_id), func.max(RemindedBody.at))
        .where(col(RemindedBody.tenant_id) == actor.tenant_id, among(RemindedBody.sujeto_obligado_id, ids))
        .group_by(col(RemindedBody.sujeto_obligado_id))
    )
    return dict(rows.all())


_NUMBERS = (
    "published",
    "signed",
    "overdue",
    "days",
    "present",
    "asked",
    "last_published_on",
    "pending",
    "late",
    "observations",
    "observed_at",
)
_ABSENT = ("days", "last_published_on", "observed_at")
"""Numbers that a body may lack; of all others it has none, which is zero."""
_NAMES = ("sujeto_obligado_id", "name", "key", "scope", "branch", "contact_email")


def _columns(quarter: Quarter, today: date) -> tuple[ColumnElement[Any], ...]:
    return (
        *(_BODY[name] for name in _NAMES),
        *(_COUNTED[name] for name in _NUMBERS),
        _declared(quarter, today).label("declared"),
    )


def _joined(quarter: Quarter) -> Any:
    """Every body with its counted row, or with none."""
    return table_of(SujetoObligado).outerjoin(
        table_of(Compliance),
        and_(
            _COUNTED.tenant_id == _BODY.tenant_id,
            _COUNTED.sujeto_obligado_id == _BODY.sujeto_obligado_id,
            _COUNTED.quarter == quarter.start,
        ),
    )


def _whose(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return (_BODY.tenant_id == actor.tenant_id, _BODY.status == "active")


def _overdue() -> ColumnElement[int]:
    return func.coalesce(_COUNTED.overdue + _COUNTED.late, 0)


def _declared(quarter: Quarter, today: date) -> ColumnElement[bool]:
    """Whether a body said that it had no contracts; of a quarter that runs nobody can, so the one before counts."""
    over = quarter if quarter.end < today else quarter.previous
    return declared(_BODY.tenant_id, _BODY.sujeto_obligado_id, over.start)


def _rank(quarter: Quarter, today: date) -> ColumnElement[int]:
    """`state_of` as the database computes it: its place in `_RANKS`."""
    heard = func.coalesce(
        _COUNTED.last_published_on >= until(quarter, today) - timedelta(days=SILENT_DAYS),
        literal(value=False),
    )
    return case((_overdue() > 0, 0), (heard | _declared(quarter, today), 2), else_=1)


def _urgency(quarter: Quarter, today: date) -> ColumnElement[int]:
    """Less is more urgent: how much is overdue, then how long ago the last release was."""
    return case(
        (_overdue() > 0, -_overdue()),
        (_rank(quarter, today) == 1, func.coalesce(_COUNTED.last_published_on - _LONG_AGO, 0)),
        else_=0,
    )


def _conditions(filters: Filters, quarter: Quarter, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        _BODY.sort_key.contains(word, autoescape=True) for word in fold(filters.text).split()[:8]
    ]
    if filters.scope:
        found.append(_BODY.scope == filters.scope)
    if filters.branch:
        found.append(_BODY.branch == filters.branch)
    if filters.states:
        found.append(_rank(quarter, today).in_([_RANKS.index(state) for state in filters.states]))
    if filters.bodies is not None:
        found.append(among(SujetoObligado.sujeto_obligado_id, filters.bodies))
    return found


def _row(row: Row[Any], day: date, reminded: dict[UUID, datetime]) -> BodyRow:
    numbers: dict[str, Any] = {name: getattr(row, name) for name in _NUMBERS}
    for name in _NUMBERS:
        if numbers[name] is None and name not in _ABSENT:
            numbers[name] = 0
    return BodyRow(
        row.sujeto_obligado_id,
        row.name,
        row.key,
        row.scope,
        row.branch,
        row.contact_email,
        day,
        **numbers,
        declared=row.declared,
        reminded_at=reminded.get(row.sujeto_obligado_id),
    )

"""Lists of versions: filtered, in an order that means something, and as quick with 100,000 processes as with 100.

A list walks along the index of its order and stops when the page is full, or, where a filter leaves few, starts from the
index of what is filtered by; PostgreSQL chooses. The open statuses are written into the statement, not sent beside it:
only so can it see that the indexes of open versions serve.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, literal, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.folding import fold
from app.core.pagination import INT4, Page, cut, decode_cursor, moment
from app.processes.handover import responsible
from app.processes.models import OPEN_STATUSES, ContractingProcess, ProcessVersion, VersionEditor
from app.processes.queries import SAME_SUJETO, WITHOUT_SNAPSHOT, identifier
from app.tenancy.models import SujetoObligado
from app.web.components import STAGES

Order = Literal["untouched", "newest", "due", "respond"]

_STAGES = ("planning", "tender", "award", "contract", "implementation")
_NEAR = {-1: "Venció ayer", 0: "Vence hoy", 1: "Vence mañana"}

MANY_WORDS = 8
"""Words of a search that count."""
MANY_UNITS = 200
"""Units that a list offers to filter by."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list leaves out.

    Attributes:
        statuses: of the versions in it.
        stage: the last one that the document says something about; "" for any.
        method: code of `procurementMethod`; "" for any.
        unit: name of the unit; "" for any.
        year: of the process; None for any.
        text: words that title, number or ocid must hold, in any order, whatever their accents.
        due_by: only what is due until this day.
        has_due: False: only what has no deadline.
        policies: only under these publishing policies; none for any.
        responsible: only what is this account's work (`handover.responsible`).
        edited_by: only what this account changed.
        decided_by: only what this account may decide about: what it did not change, or may approve alone.
        unseen_alone: only what one person alone approved, and nobody has looked at since.
        late_on: only what should have been acted on before this day.
    """

    statuses: Sequence[str] = OPEN_STATUSES
    stage: str = ""
    method: str = ""
    unit: str = ""
    year: int | None = None
    text: str = ""
    due_by: date | None = None
    has_due: bool | None = None
    policies: Sequence[str] = ()
    responsible: UUID | None = None
    edited_by: UUID | None = None
    decided_by: UUID | None = None
    unseen_alone: bool = False
    late_on: date | None = None


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A version in a list, with its process.

    Attributes:
        is_stale: the document was edited after its errors and advice were counted.
        due_on: by when its own people want it done.
        respond_by: by when whoever holds it must act.
        is_taken: somebody is reviewing it.
    """

    process_id: UUID
    ocid: str
    title: str
    stage: str
    method: str
    unit: str
    year: int | None
    sujeto_obligado_id: UUID
    sujeto_name: str
    policy: str
    number: int
    row_version: int
    status: str
    error_count: int
    advice_count: int
    is_stale: bool
    due_on: date | None
    respond_by: date | None
    scheduled_for: datetime | None
    is_taken: bool
    updated_at: datetime

    @property
    def stage_in_words(self) -> str:
        """How far the process is: `Etapa 4 de 5: Contrato`; empty while nothing is said of any stage."""
        if self.stage not in _STAGES:
            return ""
        place = _STAGES.index(self.stage)
        return f"Etapa {place + 1} de {len(_STAGES)}: {STAGES[place]}"

    @property
    def deadline(self) -> date | None:
        """The day that presses: by when somebody must act, else by when its own people want it done."""
        return self.respond_by or self.due_on

    def due_in_words(self, today: date) -> str:
        """How long is left: `Vence en 3 días`, `Venció ayer`; empty without a deadline."""
        if self.deadline is None:
            return ""
        days = (self.deadline - today).days
        if days in _NEAR:
            return _NEAR[days]
        return f"Vence en {days:,} días" if days > 0 else f"Venció hace {-days:,} días"


def versions_in(
    session: RwSession,
    actor: Actor,
    filters: Filters,
    *,
    order: Order = "untouched",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ProcessRow]:
    """Return the versions that the actor may see, of each process's published ones only the last.

    Args:
        session: bound to the actor.
        actor: a sujeto obligado's sees its own only.
        filters: what is left out.
        order: the longest untouched first, the last touched first, or by deadline (without one last): by the one that
            its people set, or by when somebody must act.
        cursor: of the page; None for the first.
        limit: rows of a page.
    """
    query = _versions(actor).where(*_conditions(actor, filters))
    if order in ("due", "respond"):
        return _by_deadline(session, query, order, cursor, limit)
    key = (ProcessVersion.updated_at, ProcessVersion.process_id, ProcessVersion.number)
    newest_first = order == "newest"
    if cursor:
        last = _touched(*decode_cursor(cursor, str, str, int, most=INT4))
        query = query.where(tuple_(*key) < last if newest_first else tuple_(*key) > last)
    query = query.order_by(*(col(part).desc() if newest_first else col(part) for part in key))
    return cut(_rows(session, query, limit + 1), limit, _touch_key)


def versions_of(session: RwSession, actor: Actor, refs: Collection[tuple[UUID, int]]) -> list[ProcessRow]:
    """Return versions by process and number, as far as the actor may see them; the others are absent."""
    query = _versions(actor).where(tuple_(ProcessVersion.process_id, ProcessVersion.number).in_(list(refs)))
    if actor.sujeto_obligado_id is not None:
        query = query.where(ContractingProcess.sujeto_obligado_id == actor.sujeto_obligado_id)
    return _rows(session, query.order_by(ContractingProcess.folded, ProcessVersion.process_id), len(refs))


def late(session: RwSession, actor: Actor, filters: Filters, today: date) -> int:
    """Return how many versions of a list should have been acted on by now."""
    found = _versions(actor).where(*_conditions(actor, replace(filters, late_on=today)))
    return session.exec(select(func.count()).select_from(found.with_only_columns(1).subquery())).one()


def units(session: RwSession, actor: Actor) -> list[str]:
    """Return the names of units that processes of the actor's sujeto obligado have, in order; none across bodies.

    It leaps along the index from one name to the next, so it costs by the units and not by the processes.
    """
    if actor.sujeto_obligado_id is None:
        return []
    unit: Any = col(ContractingProcess.unit)

    def least_after(last: Any) -> Any:
        return (
            select(func.min(unit))
            .where(
                ContractingProcess.tenant_id == actor.tenant_id,
                ContractingProcess.sujeto_obligado_id == actor.sujeto_obligado_id,
                unit > last,
            )
            .scalar_subquery()
        )

    walk = select(least_after(literal("")).label("unit")).cte("walk", recursive=True)
    walk = walk.union_all(select(least_after(walk.c.unit)).where(walk.c.unit.is_not(None)))
    return list(session.exec(select(walk.c.unit).where(walk.c.unit.is_not(None)).limit(MANY_UNITS)))


def _versions(actor: Actor) -> Any:
    return (
        select(ContractingProcess, ProcessVersion, SujetoObligado)
        .join(
            ProcessVersion,
            and_(
                col(ProcessVersion.tenant_id) == col(ContractingProcess.tenant_id),
                col(ProcessVersion.process_id) == col(ContractingProcess.process_id),
            ),
        )
        .join(SujetoObligado, SAME_SUJETO)
        .options(WITHOUT_SNAPSHOT)
        .where(ContractingProcess.tenant_id == actor.tenant_id, ProcessVersion.tenant_id == actor.tenant_id)
    )


def _conditions(actor: Actor, filters: Filters) -> list[ColumnElement[bool]]:
    statuses: Any = bindparam("statuses", list(filters.statuses), expanding=True, literal_execute=True)
    found: list[ColumnElement[bool]] = [col(ProcessVersion.status).in_(statuses)]
    if "published" in filters.statuses and not filters.unseen_alone:
        found.append((col(ProcessVersion.status) != "published") | ~_replaced())
    if actor.sujeto_obligado_id is not None:
        found.append(col(ContractingProcess.sujeto_obligado_id) == actor.sujeto_obligado_id)
    for column, value in (
        (ContractingProcess.stage, filters.stage),
        (ContractingProcess.method, filters.method),
        (ContractingProcess.unit, filters.unit),
    ):
        if value:
            found.append(col(column) == value)
    if filters.year is not None:
        found.append(col(ContractingProcess.year) == filters.year)
    found += [
        col(ContractingProcess.folded).contains(word, autoescape=True)
        for word in fold(filters.text).split()[:MANY_WORDS]
    ]
    if filters.due_by is not None:
        found.append(col(ProcessVersion.due_on) <= filters.due_by)
    if filters.has_due is False:
        found.append(col(ProcessVersion.due_on).is_(None))
    if filters.policies:
        found.append(col(SujetoObligado.policy).in_(filters.policies))
    if filters.responsible is not None:
        found.append(responsible() == filters.responsible)
    if filters.edited_by is not None:
        found.append(_edited_by(filters.edited_by))
    if filters.decided_by is not None:
        found.append((col(SujetoObligado.policy) == "single") | ~_edited_by(filters.decided_by))
    if filters.unseen_alone:
        found.append(and_(col(ProcessVersion.approved_alone), col(ProcessVersion.sampled_by).is_(None)))
    if filters.late_on is not None:
        found.append(col(ProcessVersion.respond_by) < filters.late_on)
    return found


def _by_deadline(
    session: RwSession, query: Any, order: Order, cursor: str | None, limit: int
) -> Page[ProcessRow]:
    """What has a deadline by it, then what has none, the longest untouched first: two walks, each along its index."""
    day: Any = ProcessVersion.due_on if order == "due" else ProcessVersion.respond_by
    due, *after = decode_cursor(cursor, str, str, str, int, most=INT4) if cursor else ("", "", "", 0)
    rows: list[ProcessRow] = []
    if due or not cursor:
        key = (day, ProcessVersion.process_id, ProcessVersion.number)
        with_due = query.where(col(day).is_not(None)).order_by(*key)
        if due:
            last = (_day(str(due)), identifier(str(after[1])), int(after[2]))
            with_due = with_due.where(tuple_(*key) > tuple_(*last))
        rows = _rows(session, with_due, limit + 1)
    if len(rows) <= limit:
        touched = (ProcessVersion.updated_at, ProcessVersion.process_id, ProcessVersion.number)
        without = query.where(col(day).is_(None)).order_by(*touched)
        if cursor and not due:
            without = without.where(tuple_(*touched) > _touched(*after))
        rows += _rows(session, without, limit + 1 - len(rows))

    def place(row: ProcessRow) -> tuple[str, str, str, int]:
        held = row.due_on if order == "due" else row.respond_by
        return (held.isoformat() if held else "", *_touch_key(row))

    return cut(rows, limit, place)


def _rows(session: RwSession, query: Any, limit: int) -> list[ProcessRow]:
    return [
        ProcessRow(
            process.process_id,
            process.ocid,
            process.title,
            process.stage,
            process.method,
            process.unit,
            process.year,
            sujeto.sujeto_obligado_id,
            sujeto.name,
            sujeto.policy,
            turn.number,
            turn.row_version,
            turn.status,
            turn.error_count,
            turn.advice_count,
            turn.stale_since is not None,
            turn.due_on,
            turn.respond_by,
            turn.scheduled_for,
            turn.reviewer_id is not None,
            turn.updated_at,
        )
        for process, turn, sujeto in session.exec(query.limit(limit))
    ]


def _replaced() -> ColumnElement[bool]:
    later = aliased(ProcessVersion)
    return exists().where(
        col(later.tenant_id) == col(ProcessVersion.tenant_id),
        col(later.process_id) == col(ProcessVersion.process_id),
        col(later.number) > col(ProcessVersion.number),
        col(later.status) == "published",
    )


def _edited_by(account_id: UUID) -> ColumnElement[bool]:
    return exists().where(
        col(VersionEditor.tenant_id) == col(ProcessVersion.tenant_id),
        col(VersionEditor.process_id) == col(ProcessVersion.process_id),
        col(VersionEditor.number) == col(ProcessVersion.number),
        col(VersionEditor.account_id) == account_id,
    )


def _touch_key(row: ProcessRow) -> tuple[str, str, int]:
    return row.updated_at.isoformat(), str(row.process_id), row.number


def _touched(at: str | int, process_id: str | int, number: str | int) -> Any:
    return tuple_(moment(str(at)), identifier(str(process_id)), int(number))


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise NotFoundError("La página pedida no existe.") from error

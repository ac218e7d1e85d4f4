"""Reading catalogues: what capture asks (lookup, one entry, a code's verdict), and what the garante's pages show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, and_, case, func, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, select

from app.catalogs.kinds import KINDS, Kind, named
from app.catalogs.models import CatalogChange, CatalogEntry, CatalogLoad
from app.core.audit import AuditEvent
from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.folding import fold
from app.core.pagination import Page, cut, decode_cursor
from app.core.tables import table_of
from app.identity.queries import full_names
from app.ocds.codelists import codelist

MOST_WORDS = 8
"""Words of a search that count; nobody types more, and each costs a look at every entry."""
_WORDS = re.compile(r"[^\s,;:()«»\"¿?¡!]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One code as capture sees it; `entry_id` is None for a code of the model's own lists."""

    code: str
    description: str
    unit: str = ""
    stage: str = ""
    method: str = ""
    family: str = ""
    retired_at: datetime | None = None
    entry_id: UUID | None = None


_HELD = table_of(CatalogEntry).c
_SHOWN = [_HELD[one.name] for one in fields(Entry)]
"""The columns of an `Entry`, in its order: rows of the ORM would cost more."""


@dataclass(frozen=True, slots=True)
class State:
    """How a catalogue stands: entries in use and retired, and the last file that was applied."""

    kind: Kind
    in_use: int
    retired: int
    load: CatalogLoad | None

    @property
    def is_demonstration(self) -> bool:
        """Whether what it holds came with the demonstration."""
        return self.load is not None and self.load.origin == "demonstration"


@dataclass(frozen=True, slots=True)
class Turn:
    """One moment of an entry's history; `who` is empty for the service itself, `changed` as in `CatalogChange`."""

    act: str
    at: datetime
    who: str
    changed: dict[str, list[str]]
    filename: str


def lookup(
    session: RwSession,
    actor: Actor,
    kind_key: str,
    q: str,
    *,
    limit: int = 20,
    family: str = "",
    stage: str = "",
    method: str = "",
) -> list[Entry]:
    """Return the entries in use that fit a search, the best first.

    Every word must stand in the description, the law or the code, in any order, without regard to case or accents. First
    comes the code itself, then codes that begin so, descriptions that begin so, those where every word begins one, the
    rest; the shorter descriptions first. While the tenant has loaded nothing, the model's own list answers where there is one.

    Args:
        session: bound to the actor.
        actor: of the tenant whose catalogue it is.
        kind_key: of the catalogue.
        q: what the person typed; empty lists the first codes.
        limit: most entries returned.
        family: only of this law or part of the key.
        stage: only of this stage, or of none in particular.
        method: only of this procurement method, or of none in particular.
    """
    kind = named(kind_key)
    words = _WORDS.findall(fold(q))[:MOST_WORDS]
    query = _entries(actor, kind).where(_HELD.retired_at.is_(None), *_fits(words))
    if family:
        query = query.where(_HELD.family == family)
    for column, wanted in ((_HELD.stage, stage), (_HELD.method, method)):
        if wanted:
            query = query.where(
                (column == "") | (" " + column + " ").contains(f" {wanted} ", autoescape=True)
            )
    order = _ranks(words) if words else []
    found = session.execute(query.order_by(*order, _HELD.family, _HELD.code).limit(limit)).all()
    if found or not kind.listed or loaded(session, actor, kind_key):
        return [Entry(*row) for row in found]
    return _listed(kind, words, stage)[:limit]


def entry(session: RwSession, actor: Actor, kind_key: str, code: str, *, family: str = "") -> Entry | None:
    """Return one entry by its code, in use or retired; None where there is none.

    Args:
        session: bound to the actor.
        actor: of the tenant whose catalogue it is.
        kind_key: of the catalogue.
        code: as people write it.
        family: its law or part of the key; empty takes the first that has the code.
    """
    kind = named(kind_key)
    code = kind.tidy(code)
    query = _entries(actor, kind).where(_HELD.code == code)
    if family:
        query = query.where(_HELD.family == family)
    order = (_HELD.retired_at.desc().nulls_first(), _HELD.family)
    found = session.execute(query.order_by(*order).limit(1)).first()
    if found is not None:
        return Entry(*found)
    if kind.listed and not loaded(session, actor, kind_key):
        return next((one for one in _listed(kind, [], "") if one.code == code), None)
    return None


def check_code(session: RwSession, actor: Actor, kind_key: str, code: str, *, family: str = "") -> str | None:
    """Return what a person should know about a code they typed, in Spanish; None when it is as it should be.

    This is advice: a body may have to publish a code that its garante's catalogue lacks.
    """
    kind = named(kind_key)
    code = kind.tidy(code)
    reason = kind.fault(code)
    if reason is not None:
        return reason
    found = entry(session, actor, kind_key, code, family=family)
    if found is None:
        known = kind.listed or loaded(session, actor, kind_key)
        return (
            f"{code} no está en el catálogo de {kind.label}: búscala por su descripción." if known else None
        )
    if found.retired_at is not None:
        return f"{code} ya no se usa en el catálogo de {kind.label}: elige otra. Lo que ya la usa no cambia."
    return None


def loaded(session: RwSession, actor: Actor, kind_key: str) -> bool:
    """Tell whether the tenant has a catalogue of its own of this kind."""
    rows = select(CatalogEntry.entry_id).where(
        CatalogEntry.tenant_id == actor.tenant_id,
        CatalogEntry.kind == kind_key,
        col(CatalogEntry.retired_at).is_(None),
    )
    return session.exec(rows.limit(1)).first() is not None


def listed(kind: Kind) -> int:
    """Return how many codes the model's own list has, 0 where there is none."""
    return len(_listed(kind, [], "")) if kind.listed else 0


def states(session: RwSession, actor: Actor) -> list[State]:
    """Return how every catalogue of the tenant stands."""
    retired = func.count(col(CatalogEntry.retired_at))
    counts = {
        kind: (total - gone, gone)
        for kind, total, gone in session.exec(
            select(CatalogEntry.kind, func.count(), retired)
            .where(CatalogEntry.tenant_id == actor.tenant_id)
            .group_by(col(CatalogEntry.kind))
        )
    }
    last = session.exec(
        select(CatalogLoad)
        .where(CatalogLoad.tenant_id == actor.tenant_id, col(CatalogLoad.applied_at).is_not(None))
        .ext(distinct_on(col(CatalogLoad.kind)))
        .order_by(col(CatalogLoad.kind), col(CatalogLoad.applied_at).desc())
    )
    loads = {load.kind: load for load in last}
    return [State(kind, *counts.get(key, (0, 0)), loads.get(key)) for key, kind in KINDS.items()]


def state(session: RwSession, actor: Actor, kind: Kind) -> State:
    """Return how one catalogue stands."""
    return next(one for one in states(session, actor) if one.kind is kind)


def entries(
    session: RwSession,
    actor: Actor,
    kind: Kind,
    *,
    q: str = "",
    retired: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[CatalogEntry]:
    """Return the entries of a catalogue that fit a search, by code."""
    gone = col(CatalogEntry.retired_at)
    query = select(CatalogEntry).where(
        CatalogEntry.tenant_id == actor.tenant_id,
        CatalogEntry.kind == kind.key,
        gone.is_not(None) if retired else gone.is_(None),
        *_fits(_WORDS.findall(fold(q))[:MOST_WORDS]),
    )
    if cursor:
        after = decode_cursor(cursor, str, str)
        query = query.where(tuple_(CatalogEntry.family, CatalogEntry.code) > tuple_(*after))
    rows = session.exec(
        query.order_by(col(CatalogEntry.family), col(CatalogEntry.code)).limit(limit + 1)
    ).all()
    return cut(rows, limit, lambda row: (row.family, row.code))


def in_use(session: RwSession, actor: Actor, kind: Kind) -> Iterator[Entry]:
    """Yield every entry in use, by code; while nothing is loaded, those of the model's own list."""
    if kind.listed and not loaded(session, actor, kind.key):
        yield from _listed(kind, [], "")
    query = _entries(actor, kind).where(_HELD.retired_at.is_(None)).order_by(_HELD.family, _HELD.code)
    yield from (Entry(*row) for row in session.execute(query))


def one_entry(session: RwSession, actor: Actor, kind: Kind, entry_id: UUID) -> CatalogEntry:
    """Return the row of one entry.

    Raises:
        NotFoundError: no such entry in this catalogue.
    """
    row = session.get(CatalogEntry, (actor.tenant_id, entry_id))
    if row is None or row.kind != kind.key:
        raise NotFoundError("No hay una clave con ese número en el catálogo.")
    return row


def one_load(session: RwSession, actor: Actor, kind: Kind, load_id: UUID) -> CatalogLoad:
    """Return one load.

    Raises:
        NotFoundError: no such load of this catalogue.
    """
    row = session.get(CatalogLoad, (actor.tenant_id, load_id))
    if row is None or row.kind != kind.key:
        raise NotFoundError("No hay una carga con ese número.")
    return row


def loads(session: RwSession, actor: Actor, kind: Kind, *, limit: int = 10) -> list[CatalogLoad]:
    """Return the last files of a catalogue, the newest first; discarded ones are left out."""
    rows = select(CatalogLoad).where(
        CatalogLoad.tenant_id == actor.tenant_id,
        CatalogLoad.kind == kind.key,
        col(CatalogLoad.discarded_at).is_(None),
    )
    return list(session.exec(rows.order_by(col(CatalogLoad.created_at).desc()).limit(limit)))


def history(session: RwSession, actor: Actor, row: CatalogEntry) -> list[Turn]:
    """Return what became of an entry, the newest first, from its first day on."""
    same = and_(
        col(CatalogLoad.tenant_id) == col(CatalogChange.tenant_id),
        col(CatalogLoad.load_id) == col(CatalogChange.load_id),
    )
    rows = session.exec(
        select(CatalogChange, CatalogLoad.filename)
        .outerjoin(CatalogLoad, same)
        .where(CatalogChange.tenant_id == actor.tenant_id, CatalogChange.entry_id == row.entry_id)
        .order_by(col(CatalogChange.row_version).desc())
    ).all()
    brought = session.get(CatalogLoad, (actor.tenant_id, row.load_id)) if row.load_id else None
    author = brought.created_by if brought else _author(session, actor, row)
    people = {change.account_id for change, _ in rows} | {author}
    names = full_names(session, {one for one in people if one})
    turns = [
        Turn(
            change.act,
            change.at,
            names.get(change.account_id, "") if change.account_id else "",
            change.changed,
            filename or "",
        )
        for change, filename in rows
    ]
    who = names.get(author, "") if author else ""
    return [*turns, Turn("add", row.created_at, who, {}, brought.filename if brought else "")]


def _author(session: RwSession, actor: Actor, row: CatalogEntry) -> UUID | None:
    """Return who added an entry by hand, as the audit keeps it."""
    rows = select(AuditEvent.account_id).where(
        AuditEvent.tenant_id == actor.tenant_id,
        AuditEvent.subject_type == "catalog_entry",
        AuditEvent.subject_id == str(row.entry_id),
        AuditEvent.verb == "catalog.add",
    )
    return session.exec(rows).first()


def _entries(actor: Actor, kind: Kind) -> sa.Select[Any]:
    return sa.select(*_SHOWN).where(_HELD.tenant_id == actor.tenant_id, _HELD.kind == kind.key)


def _fits(words: list[str]) -> list[ColumnElement[bool]]:
    return [_HELD.folded.contains(word, autoescape=True) for word in words]


def _ranks(words: list[str]) -> list[ColumnElement[int]]:
    phrase = " ".join(words)
    code, folded = _HELD.code_key, _HELD.folded
    begins = [folded.contains(f" {word}", autoescape=True) for word in words]
    of_code = code.startswith(phrase, autoescape=True)
    rank = case(
        (code == phrase, 0),
        (of_code, 1),
        (folded.startswith(f" {phrase}", autoescape=True), 2),
        (and_(*begins), 3),
        else_=4,
    )
    return [rank, case((of_code, 0), else_=func.length(folded))]


def _listed(kind: Kind, words: list[str], stage: str) -> list[Entry]:
    """Return what the model's own list answers, in the same order as the database would."""
    phrase = " ".join(words)
    found: list[tuple[int, int, str, Entry]] = []
    for code in codelist(kind.listed).codes.values():
        key, folded = fold(code.code), f" {fold(f'{code.label} {code.code}')}"
        if code.deprecated or (stage and code.stage and stage not in code.stage.split()):
            continue
        if all(word in folded for word in words):
            tests = (
                key == phrase,
                key.startswith(phrase),
                folded.startswith(f" {phrase}"),
                all(f" {word}" in folded for word in words),
            )
            rank = next((place for place, holds in enumerate(tests) if holds), len(tests))
            found.append(
                (rank, len(folded) if rank > 1 else 0, key, Entry(code.code, code.label, stage=code.stage))
            )
    return [one for *_, one in (sorted(found, key=lambda each: each[:3]) if words else found)]

"""Reading the registry: what a body has of its own and what the garante shares with it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, tuple_
from sqlmodel import col, select

from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.folding import fold
from app.core.pagination import Page, cut, decode_cursor
from app.core.tables import among
from app.parties.models import Party, PartyChange, PartyMember, PartyUse

_NOISE = frozenset(
    {
        "a",
        "ac",
        "c",
        "cv",
        "de",
        "del",
        "e",
        "el",
        "i",
        "la",
        "las",
        "los",
        "p",
        "r",
        "rl",
        "s",
        "sa",
        "sab",
        "sapi",
    }
    | {"sc", "srl", "v", "y"}
)
_ALIKE = 0.82
"""Share of two names, without their legal form, from which they may be one: measured on typing slips."""
_COMPARED = 200


@dataclass(frozen=True, slots=True)
class Use:
    """A part of a process that came from an entry, and from which version of it."""

    process_id: UUID
    sujeto_obligado_id: UUID
    part_path: str
    party_id: UUID
    party_version: int


def _visible(actor: Actor) -> ColumnElement[bool]:
    """Return what an actor may see: a body its own and the shared, the garante's people all of the tenant."""
    mine = col(Party.tenant_id) == actor.tenant_id
    if actor.sujeto_obligado_id is None:
        return mine
    owner = col(Party.sujeto_obligado_id)
    return and_(mine, or_(owner.is_(None), owner == actor.sujeto_obligado_id))


def _found(text: str) -> ColumnElement[bool]:
    words = [col(Party.folded).contains(word, autoescape=True) for word in fold(text).split()[:8]]
    return and_(col(Party.party_id).is_not(None), *words)


def party(session: RwSession, actor: Actor, party_id: UUID, *, for_update: bool = False) -> Party:
    """Return an entry, retired or not.

    Raises:
        NotFoundError: absent, another tenant's, or another sujeto obligado's.
    """
    query = select(Party).where(_visible(actor), Party.party_id == party_id)
    row = session.exec(query.with_for_update() if for_update else query).one_or_none()
    if row is None:
        raise NotFoundError("No encontramos esa ficha del registro.")
    return row


def parties(session: RwSession, actor: Actor, party_ids: Collection[UUID]) -> dict[UUID, Party]:
    """Return the entries among these that the actor may see."""
    rows = session.exec(select(Party).where(_visible(actor), among(Party.party_id, party_ids)))
    return {row.party_id: row for row in rows}


def listing(
    session: RwSession,
    actor: Actor,
    *,
    kind: str | None,
    text: str = "",
    retired: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Party]:
    """Return entries by name.

    Args:
        session: bound to the actor.
        actor: sees its own and what is shared.
        kind: supplier, official, unit or body; None for any.
        text: every word of it stands in the name, the legal name, the number or the position.
        retired: those taken out of use, instead of the others.
        cursor: of the page; None for the first.
        limit: rows of a page.
    """
    query = select(Party).where(_visible(actor), _found(text), _retired(retired=retired))
    if kind is not None:
        query = query.where(Party.kind == kind)
    if cursor:
        folded, last = decode_cursor(cursor, str, str)
        query = query.where(tuple_(Party.folded, Party.party_id) > tuple_(str(folded), _uuid(str(last))))
    rows = session.exec(query.order_by(col(Party.folded), col(Party.party_id)).limit(limit + 1)).all()
    return cut(rows, limit, lambda row: (row.folded, str(row.party_id)))


def options(
    session: RwSession, actor: Actor, text: str, *, kinds: Iterable[str] = (), limit: int = 20
) -> list[Party]:
    """Return entries in use that fit what somebody types, those of the kinds first, then one's own before the shared."""
    listed = list(kinds)
    likely = case((col(Party.kind).in_(listed), 0), else_=1)
    own = case((col(Party.sujeto_obligado_id).is_(None), 1), else_=0)
    return list(
        session.exec(
            select(Party)
            .where(_visible(actor), _found(text), _retired(retired=False))
            .order_by(likely, own, col(Party.folded), col(Party.party_id))
            .limit(limit)
        )
    )


def _retired(*, retired: bool) -> ColumnElement[bool]:
    at = col(Party.retired_at)
    return at.is_not(None) if retired else at.is_(None)


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise NotFoundError("La página pedida no existe.") from error


# Whether it is there already


def same_number(
    session: RwSession, actor: Actor, owner: UUID | None, scheme: str, number: str
) -> Party | None:
    """Return the entry of an owner with a number, retired or not; None also for a number that is empty."""
    if not number:
        return None
    return session.exec(
        select(Party).where(
            _visible(actor),
            col(Party.sujeto_obligado_id).is_not_distinct_from(owner),
            Party.identifier_scheme == scheme,
            Party.identifier_id == number,
        )
    ).one_or_none()


def similar(session: RwSession, actor: Actor, name: str, *, number: str = "", limit: int = 5) -> list[Party]:
    """Return entries in use that may be the one about to be entered: like names, or the same number."""
    words = {word for word in _core(name).split() if len(word) > 2}
    fits = [case((col(Party.folded).contains(word, autoescape=True), 1), else_=0) for word in sorted(words)]
    if number:
        fits.append(case((col(Party.identifier_id) == number, len(words) + 1), else_=0))
    if not fits:
        return []
    score: ColumnElement[int] = fits[0] if len(fits) == 1 else sum(fits[1:], start=fits[0])
    rows = session.exec(
        select(Party)
        .where(_visible(actor), _retired(retired=False), score > 0)
        .order_by(score.desc(), col(Party.party_id))
        .limit(_COMPARED)
    ).all()
    core = _core(name)
    alike = {
        row.party_id: 1.0 if number and row.identifier_id == number else _likeness(core, _core(row.name))
        for row in rows
    }
    near = [row for row in rows if alike[row.party_id] >= _ALIKE]
    return sorted(near, key=lambda row: (-alike[row.party_id], row.folded))[:limit]


def _core(name: str) -> str:
    """Return a folded name without its legal form: `Papelería del Centro, S.A. de C.V.` → `papeleria centro`."""
    words = "".join(char if char.isalnum() else " " for char in fold(name)).split()
    return " ".join(word for word in words if word not in _NOISE) or " ".join(words)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


# What is around an entry


def members(session: RwSession, actor: Actor, party_id: UUID) -> list[Party]:
    """Return the entries that belong to this one and that the actor may see, by name."""
    return _beside(session, actor, PartyMember.member_id, PartyMember.group_id, party_id)


def member_of(session: RwSession, actor: Actor, party_id: UUID) -> list[Party]:
    """Return the entries to which this one belongs and that the actor may see, by name."""
    return _beside(session, actor, PartyMember.group_id, PartyMember.member_id, party_id)


def _beside(session: RwSession, actor: Actor, wanted: Any, known: Any, party_id: UUID) -> list[Party]:
    return list(
        session.exec(
            select(Party)
            .join(
                PartyMember,
                and_(col(PartyMember.tenant_id) == col(Party.tenant_id), col(wanted) == col(Party.party_id)),
            )
            .where(_visible(actor), PartyMember.tenant_id == actor.tenant_id, col(known) == party_id)
            .order_by(col(Party.folded), col(Party.party_id))
        )
    )


def changes(session: RwSession, actor: Actor, party_id: UUID, *, limit: int = 200) -> list[PartyChange]:
    """Return what was changed of an entry, the newest first.

    Raises:
        NotFoundError: the entry is absent or not the actor's to see.
    """
    party(session, actor, party_id)
    return list(
        session.exec(
            select(PartyChange)
            .where(PartyChange.tenant_id == actor.tenant_id, PartyChange.party_id == party_id)
            .order_by(col(PartyChange.row_version).desc(), col(PartyChange.pointer))
            .limit(limit)
        )
    )


def uses(session: RwSession, actor: Actor, party_id: UUID) -> list[Use]:
    """Return the parts of processes that came from an entry; a body's people see those of its processes only.

    Raises:
        NotFoundError: the entry is absent or not the actor's to see.
    """
    party(session, actor, party_id)
    rows = session.exec(
        select(PartyUse)
        .where(_used(actor), PartyUse.party_id == party_id)
        .order_by(col(PartyUse.process_id), col(PartyUse.part_path))
    )
    return [_use(row) for row in rows]


def use_of(session: RwSession, actor: Actor, process_id: UUID) -> dict[str, Use]:
    """Return the parts of a process that came from the registry: path → use."""
    rows = session.exec(select(PartyUse).where(_used(actor), PartyUse.process_id == process_id))
    return {row.part_path: _use(row) for row in rows}


def processes_using(session: RwSession, actor: Actor, party_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many processes use each entry, of those that the actor may see; entries in no use are absent."""
    rows = session.exec(
        select(PartyUse.party_id, func.count(func.distinct(PartyUse.process_id)))
        .where(_used(actor), among(PartyUse.party_id, party_ids))
        .group_by(col(PartyUse.party_id))
    )
    return dict(rows.all())


def _used(actor: Actor) -> ColumnElement[bool]:
    mine = col(PartyUse.tenant_id) == actor.tenant_id
    if actor.sujeto_obligado_id is None:
        return mine
    return and_(mine, col(PartyUse.sujeto_obligado_id) == actor.sujeto_obligado_id)


def _use(row: PartyUse) -> Use:
    return Use(row.process_id, row.sujeto_obligado_id, row.part_path, row.party_id, row.party_version)

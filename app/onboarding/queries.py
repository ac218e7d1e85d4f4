"""Reading the padrón: the list with how far each body is, one body with its people and history, the files loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Subquery, case, func, or_, tuple_
from sqlmodel import col, select

from app.core import clock
from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.folding import fold
from app.core.pagination import INT4, Page, cut, decode_cursor
from app.core.policy import ROLE_LABELS
from app.core.tables import among, table_of
from app.identity.models import Account, Invitation, Membership
from app.identity.queries import full_names, in_force
from app.onboarding.models import PadronLoad, PadronRow, SujetoChange, SujetoLineage
from app.tenancy.models import SujetoName, SujetoObligado

PAGE = 50
SILENT_AFTER = timedelta(days=90)
"""Without a publication for so long, a body that has begun is silent."""
MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of bodies leaves out; an empty text leaves out nothing."""

    q: str = ""
    scope: str = ""
    branch: str = ""
    sector: str = ""
    status: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True)
class BodyRow:
    """A body in the list; `state` is one of `wording.STATES`."""

    body: SujetoObligado
    state: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may act in a body."""

    full_name: str
    email: str
    role: str
    last_entry_on: date | None
    membership_id: UUID


@dataclass(frozen=True, slots=True)
class Turn:
    """One moment of a body's history; `who` is empty for the service itself."""

    act: str
    at: datetime
    who: str
    changed: dict[str, list[str]]
    reason: str
    filename: str
    row_number: int | None


@dataclass(frozen=True, slots=True)
class Kin:
    """A body from which duties came (`heir` false), or to which they went."""

    body: SujetoObligado
    kind: str
    since: date
    ground: str
    heir: bool


def bodies(
    session: RwSession, actor: Actor, filters: Filters, *, state: str = "", cursor: str | None = None
) -> Page[BodyRow]:
    """Return the bodies of the tenant by name, with how far each is.

    Args:
        session: bound to the actor.
        actor: who reads the padrón.
        filters: what to leave out.
        state: one of `wording.STATES`; empty for all.
        cursor: of a page before.
    """
    query, told = _standing(actor, filters)
    if state:
        query = query.where(told == state)
    if cursor:
        name, identifier = decode_cursor(cursor, str, str)
        after = (str(name), _uuid(str(identifier)))
        query = query.where(tuple_(SujetoObligado.sort_key, SujetoObligado.sujeto_obligado_id) > after)
    order = (col(SujetoObligado.sort_key), col(SujetoObligado.sujeto_obligado_id))
    rows = [BodyRow(*row) for row in session.execute(query.order_by(*order).limit(PAGE + 1))]
    return cut(rows, PAGE, lambda row: (row.body.sort_key, str(row.body.sujeto_obligado_id)))


def states(session: RwSession, actor: Actor, filters: Filters) -> dict[str, int]:
    """Return how many bodies are in each state of onboarding, of those that the filters leave in."""
    query, told = _standing(actor, filters)
    counts = query.with_only_columns(told, func.count()).group_by(told)
    return {str(name): int(count) for name, count in session.execute(counts)}


def sectors(session: RwSession, actor: Actor) -> list[str]:
    """Return the sectors that the padrón names."""
    query = select(SujetoObligado.sector).where(
        SujetoObligado.tenant_id == actor.tenant_id, SujetoObligado.sector != ""
    )
    return list(session.exec(query.distinct().order_by(col(SujetoObligado.sector))))


def policies(session: RwSession, actor: Actor) -> dict[str, int]:
    """Return how many active bodies each policy holds for."""
    held = table_of(SujetoObligado).c
    query = (
        sa.select(held.policy, func.count())
        .where(held.tenant_id == actor.tenant_id, held.status == "active")
        .group_by(held.policy)
    )
    return {str(name): int(count) for name, count in session.execute(query)}


def body(session: RwSession, actor: Actor, sujeto_id: UUID) -> BodyRow:
    """Return one body of the tenant with how far it is.

    Raises:
        NotFoundError: absent, or another tenant's.
    """
    query, _ = _standing(actor, Filters())
    row = session.execute(query.where(col(SujetoObligado.sujeto_obligado_id) == sujeto_id)).one_or_none()
    if row is None:
        raise NotFoundError("No encontramos ese sujeto obligado.")
    return BodyRow(*row)


def colleagues(session: RwSession, actor: Actor, sujeto_id: UUID) -> list[Colleague]:
    """Return who may act in a body now, by role and name."""
    rows = session.exec(
        select(Membership, Account.full_name, Account.email)
        .join(Account, col(Account.account_id) == col(Membership.account_id))
        .where(
            Membership.tenant_id == actor.tenant_id, Membership.sujeto_obligado_id == sujeto_id, in_force()
        )
        .order_by(col(Membership.role), col(Account.full_name))
    )
    return [
        Colleague(name, email, ROLE_LABELS.get(one.role, one.role), one.last_entry_on, one.membership_id)
        for one, name, email in rows
    ]


def invited(session: RwSession, actor: Actor, sujeto_id: UUID) -> int:
    """Return how many invitations to a body wait for an answer."""
    query = select(func.count()).where(
        Invitation.tenant_id == actor.tenant_id, Invitation.sujeto_obligado_id == sujeto_id, _waiting()
    )
    return session.exec(query).one()


def history(session: RwSession, actor: Actor, row: SujetoObligado) -> list[Turn]:
    """Return what became of a body, the newest first, from its first day on."""
    rows = session.exec(
        select(SujetoChange, PadronLoad.filename)
        .outerjoin(
            PadronLoad,
            sa.and_(
                col(PadronLoad.tenant_id) == col(SujetoChange.tenant_id),
                col(PadronLoad.load_id) == col(SujetoChange.load_id),
            ),
        )
        .where(
            SujetoChange.tenant_id == actor.tenant_id,
            SujetoChange.sujeto_obligado_id == row.sujeto_obligado_id,
        )
        .order_by(col(SujetoChange.row_version).desc())
    ).all()
    names = full_names(session, {one.account_id for one, _ in rows if one.account_id})
    turns = [
        Turn(
            one.act,
            one.at,
            names.get(one.account_id, "") if one.account_id else "",
            one.changed,
            one.reason,
            filename or "",
            one.row_number,
        )
        for one, filename in rows
    ]
    if not turns or turns[-1].act != "add":
        turns.append(Turn("add", row.created_at, "", {}, "", "", None))
    return turns


def names(session: RwSession, actor: Actor, sujeto_id: UUID) -> list[SujetoName]:
    """Return what a body has been called, the newest first; none where it was never renamed."""
    query = select(SujetoName).where(
        SujetoName.tenant_id == actor.tenant_id, SujetoName.sujeto_obligado_id == sujeto_id
    )
    return list(session.exec(query.order_by(col(SujetoName.position).desc())))


def name_on(session: RwSession, actor: Actor, row: SujetoObligado, day: date) -> str:
    """Return what a body was called on a day."""
    held = names(session, actor, row.sujeto_obligado_id)
    fitting = (
        one.name
        for one in held
        if (one.valid_from or day) <= day and (one.valid_to is None or day < one.valid_to)
    )
    return next(fitting, row.name)


def kin(session: RwSession, actor: Actor, sujeto_id: UUID) -> list[Kin]:
    """Return from which bodies duties came to this one, and to which its own went, the newest first."""
    mine = select(SujetoLineage).where(
        SujetoLineage.tenant_id == actor.tenant_id,
        or_(col(SujetoLineage.predecessor_id) == sujeto_id, col(SujetoLineage.successor_id) == sujeto_id),
    )
    links = session.exec(mine.order_by(col(SujetoLineage.since).desc(), col(SujetoLineage.at).desc())).all()
    others = {link.successor_id for link in links} | {link.predecessor_id for link in links}
    query = select(SujetoObligado).where(
        SujetoObligado.tenant_id == actor.tenant_id, among(SujetoObligado.sujeto_obligado_id, others)
    )
    found = {one.sujeto_obligado_id: one for one in session.exec(query)}
    return [
        Kin(found[other], link.kind, link.since, link.ground, heir=link.predecessor_id == sujeto_id)
        for link in links
        for other in (link.successor_id if link.predecessor_id == sujeto_id else link.predecessor_id,)
    ]


def loads(session: RwSession, actor: Actor, *, limit: int = 10) -> list[PadronLoad]:
    """Return the last files, the newest first; discarded ones are left out."""
    query = select(PadronLoad).where(
        PadronLoad.tenant_id == actor.tenant_id, col(PadronLoad.discarded_at).is_(None)
    )
    return list(session.exec(query.order_by(col(PadronLoad.created_at).desc()).limit(limit)))


def load(session: RwSession, actor: Actor, load_id: UUID) -> PadronLoad:
    """Return one file of the tenant.

    Raises:
        NotFoundError: absent, or another tenant's.
    """
    row = session.get(PadronLoad, (actor.tenant_id, load_id))
    if row is None:
        raise NotFoundError("No hay una carga del padrón con ese número.")
    return row


def load_rows(
    session: RwSession, actor: Actor, load_id: UUID, outcome: str, cursor: str | None = None
) -> Page[PadronRow]:
    """Return the rows of a file with one outcome, in the order of the file."""
    query = select(PadronRow).where(
        PadronRow.tenant_id == actor.tenant_id, PadronRow.load_id == load_id, PadronRow.outcome == outcome
    )
    if cursor:
        query = query.where(col(PadronRow.row_number) > decode_cursor(cursor, int, most=INT4)[0])
    rows = session.exec(query.order_by(col(PadronRow.row_number)).limit(PAGE + 1)).all()
    return cut(rows, PAGE, lambda row: (row.row_number,))


def chosen(session: RwSession, actor: Actor, load_id: UUID) -> dict[str, int]:
    """Return how many rows each choice has."""
    held = table_of(PadronRow).c
    query = (
        sa.select(held.choice, func.count())
        .where(held.tenant_id == actor.tenant_id, held.load_id == load_id)
        .group_by(held.choice)
    )
    return {str(name): int(count) for name, count in session.execute(query)}


def bodies_of(session: RwSession, actor: Actor, rows: Sequence[PadronRow]) -> dict[UUID, SujetoObligado]:
    """Return the bodies that some rows of a file are, or may be."""
    wanted = {row.sujeto_obligado_id for row in rows if row.sujeto_obligado_id}
    query = select(SujetoObligado).where(
        SujetoObligado.tenant_id == actor.tenant_id, among(SujetoObligado.sujeto_obligado_id, wanted)
    )
    return {one.sujeto_obligado_id: one for one in session.exec(query)}


def _standing(actor: Actor, filters: Filters) -> tuple[Any, ColumnElement[str]]:
    """Return the query of bodies with their state of onboarding, and the state as an expression."""
    people, letters = _people(actor), _letters(actor)
    since = clock.now() - SILENT_AFTER
    published = col(SujetoObligado.last_published_at)
    told: ColumnElement[str] = case(
        (published >= since, "publishing"),
        (published.is_not(None), "silent"),
        (people.c.entered < since, "silent"),
        (people.c.entered.is_not(None), "active"),
        (or_(people.c.sujeto_obligado_id.is_not(None), letters.c.sujeto_obligado_id.is_not(None)), "invited"),
        else_="not_invited",
    )
    same = col(SujetoObligado.sujeto_obligado_id)
    query = (
        sa.select(SujetoObligado, told)
        .select_from(SujetoObligado)
        .outerjoin(people, people.c.sujeto_obligado_id == same)
        .outerjoin(letters, letters.c.sujeto_obligado_id == same)
        .where(col(SujetoObligado.tenant_id) == actor.tenant_id)
    )
    found = (
        col(SujetoObligado.sort_key)
        + " "
        + func.lower(
            func.concat_ws(" ", SujetoObligado.short_name, SujetoObligado.key, SujetoObligado.pnt_id)
        )
    )
    for word in fold(filters.q).split()[:MOST_WORDS]:
        query = query.where(found.contains(word, autoescape=True))
    for name in ("scope", "branch", "sector", "status", "policy"):
        if wanted := getattr(filters, name):
            query = query.where(getattr(SujetoObligado, name) == wanted)
    return query, told


def _people(actor: Actor) -> Subquery:
    """Return, of each body with people, since when one of them is there who has entered."""
    entered = func.min(Membership.created_at).filter(col(Membership.last_entry_on).is_not(None))
    return (
        sa.select(col(Membership.sujeto_obligado_id), entered.label("entered"))
        .where(
            col(Membership.tenant_id) == actor.tenant_id,
            col(Membership.sujeto_obligado_id).is_not(None),
            col(Membership.status) == "active",
        )
        .group_by(col(Membership.sujeto_obligado_id))
        .subquery("people")
    )


def _letters(actor: Actor) -> Subquery:
    """Return the bodies to which an invitation waits for an answer."""
    return (
        sa.select(col(Invitation.sujeto_obligado_id))
        .where(
            col(Invitation.tenant_id) == actor.tenant_id,
            col(Invitation.sujeto_obligado_id).is_not(None),
            _waiting(),
        )
        .distinct()
        .subquery("letters")
    )


def _waiting() -> ColumnElement[bool]:
    return sa.and_(
        col(Invitation.accepted_at).is_(None),
        col(Invitation.revoked_at).is_(None),
        col(Invitation.expires_at) > clock.now(),
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundError from error

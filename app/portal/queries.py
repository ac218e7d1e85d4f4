"""What the public pages read, as `app_public`: published rows only, the tenant always named, keyset always.

Counts come from what every publication keeps (`chain_head`, `publication_total`); no page counts published rows.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, and_, func, select, true, tuple_, union_all

from app.core.db import PublicSession
from app.core.errors import BadRequestError, NotFoundError
from app.core.pagination import Page, cut, decode_cursor, moment
from app.core.tables import table_of
from app.ocds import codelists
from app.ocds.ocid import normalise
from app.processes.models import OcidAlias
from app.publication.models import (
    ChainHead,
    ChainTransfer,
    ProcessFacet,
    PublicationTotal,
    Record,
    Release,
    TakenOver,
)
from app.tenancy.models import SujetoObligado, Tenant

FACET = table_of(ProcessFacet)
SUJETO = table_of(SujetoObligado)
TOTAL = table_of(PublicationTotal)
RECORD = table_of(Record)
RELEASE = table_of(Release)
ALIAS = table_of(OcidAlias)
HEAD = table_of(ChainHead)
TAKEN = table_of(TakenOver)
MOVED = table_of(ChainTransfer)
TENANT = table_of(Tenant)

MOST_RELEASES = 50
"""Releases of one process that its page lists; the API gives all."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a tenant has published that still stands."""

    processes: int = 0
    releases: int = 0
    withdrawals: int = 0
    position: int = 0
    last_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A published process in a list."""

    tenant_id: UUID
    ocid: str
    title: str
    sujeto_name: str
    stage: str
    method: str
    amount: Decimal | None
    currency: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class SujetoRow:
    """A sujeto obligado with what it has published."""

    sujeto_obligado_id: UUID
    key: str
    name: str
    sort_key: str
    processes: int
    releases: int
    last_published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which processes of a tenant: every field narrows, None does not."""

    sujeto_obligado_id: UUID | None = None
    method: str | None = None
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class PublishedProcess:
    """The record of a process, and whose it is."""

    ocid: str
    compiled: bytes
    date: datetime
    release_count: int
    sujeto_key: str
    sujeto_name: str


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """An entry of the chain that published a release, and the one that withdrew it, if any."""

    position: int
    release_id: str
    date: datetime
    tag: tuple[str, ...]
    sha256: str
    entry_hash: str
    withdrawn_at: datetime | None
    ground: str

    @property
    def words(self) -> str:
        """What the release tells, by its tags."""
        return ", ".join(codelists.label("releaseTag", tag) for tag in self.tag)


_PROCESS_ROW: tuple[ColumnElement[Any], ...] = (
    FACET.c.tenant_id,
    FACET.c.ocid,
    FACET.c.title,
    SUJETO.c.name,
    FACET.c.stage,
    FACET.c.method,
    FACET.c.amount,
    FACET.c.currency,
    FACET.c.published_at,
)
"""The columns of `ProcessRow`."""

_SUJETO_ROW: tuple[ColumnElement[Any], ...] = (
    SUJETO.c.sujeto_obligado_id,
    SUJETO.c.key,
    SUJETO.c.name,
    SUJETO.c.sort_key,
    func.coalesce(TOTAL.c.processes, 0),
    func.coalesce(TOTAL.c.releases, 0),
    TOTAL.c.last_published_at,
)
"""The columns of `SujetoRow`."""


def counts(session: PublicSession) -> dict[UUID, Counts]:
    """Return the counts of every tenant that has ever published."""
    return {head.tenant_id: _counts(head) for head in session.execute(select(ChainHead)).scalars()}


def counts_of(session: PublicSession, tenant_id: UUID) -> Counts:
    """Return the counts of one tenant, zero before it publishes."""
    head = session.execute(select(ChainHead).where(HEAD.c.tenant_id == tenant_id)).scalar_one_or_none()
    return _counts(head) if head else Counts()


def _counts(head: ChainHead) -> Counts:
    return Counts(head.live_records, head.live_releases, head.withdrawals, head.position, head.last_date)


def latest(
    session: PublicSession, tenant_ids: Collection[UUID], cursor: str | None, limit: int
) -> Page[ProcessRow]:
    """Return the processes of several tenants by last publication, newest first.

    Each tenant gives its own newest by its index, and the newest of those are kept: the cost grows with the number of
    tenants, never with what they have published.
    """
    inner = _processes(cursor, limit).where(FACET.c.tenant_id == HEAD.c.tenant_id).lateral("newest")
    rows = session.execute(
        select(inner)
        .select_from(HEAD)
        .join(inner, true())
        .where(HEAD.c.tenant_id.in_(tenant_ids))
        .order_by(inner.c.published_at.desc(), inner.c.ocid.desc())
        .limit(limit + 1)
    )
    return cut([ProcessRow(*row) for row in rows], limit, _key)


def processes(
    session: PublicSession, tenant_id: UUID, filters: Filters, cursor: str | None, limit: int
) -> Page[ProcessRow]:
    """Return the processes of a tenant by last publication, newest first."""
    query = _processes(cursor, limit).where(FACET.c.tenant_id == tenant_id)
    if filters.sujeto_obligado_id is not None:
        query = query.where(FACET.c.sujeto_obligado_id == filters.sujeto_obligado_id)
    if filters.method is not None:
        query = query.where(FACET.c.method == filters.method)
    if filters.stage is not None:
        query = query.where(FACET.c.stage == filters.stage)
    return cut([ProcessRow(*row) for row in session.execute(query)], limit, _key)


def _processes(cursor: str | None, limit: int) -> Select[Any]:
    query: Select[Any] = (
        select(*_PROCESS_ROW)
        .select_from(FACET)
        .join(SUJETO, _same(FACET))
        .order_by(FACET.c.published_at.desc(), FACET.c.ocid.desc())
        .limit(limit + 1)
    )
    if cursor is None:
        return query
    published_at, ocid = decode_cursor(cursor, str, str)
    return query.where(
        tuple_(FACET.c.published_at, FACET.c.ocid) < tuple_(moment(str(published_at)), _plain(ocid))
    )


def _same(table: Table) -> ColumnElement[bool]:
    """Join the sujeto obligado of a row."""
    return and_(
        SUJETO.c.tenant_id == table.c.tenant_id, SUJETO.c.sujeto_obligado_id == table.c.sujeto_obligado_id
    )


def _key(row: ProcessRow) -> tuple[str, str]:
    return row.published_at.isoformat(), row.ocid


def _plain(text: str | int) -> str:
    """Return a cursor's text; NUL is the one character that PostgreSQL has no place for."""
    if "\0" in str(text):
        raise BadRequestError(_BAD_CURSOR)
    return str(text)


_BAD_CURSOR = "La página pedida no existe: vuelve al inicio de la lista."


def sujetos(session: PublicSession, tenant_id: UUID, cursor: str | None, limit: int) -> Page[SujetoRow]:
    """Return the padrón of a tenant by name."""
    query = (
        _sujetos()
        .where(SUJETO.c.tenant_id == tenant_id)
        .order_by(SUJETO.c.sort_key, SUJETO.c.sujeto_obligado_id)
        .limit(limit + 1)
    )
    if cursor is not None:
        sort_key, last = decode_cursor(cursor, str, str)
        query = query.where(
            tuple_(SUJETO.c.sort_key, SUJETO.c.sujeto_obligado_id)
            > tuple_(_plain(sort_key), _uuid(str(last)))
        )
    rows = [SujetoRow(*row) for row in session.execute(query)]
    return cut(rows, limit, lambda row: (row.sort_key, str(row.sujeto_obligado_id)))


def active_sujetos(session: PublicSession, tenant_id: UUID, limit: int) -> list[SujetoRow]:
    """Return the bodies of a tenant that published last, newest first; at most as many as its padrón has are read."""
    query = (
        _sujetos()
        .where(SUJETO.c.tenant_id == tenant_id, TOTAL.c.processes > 0)
        .order_by(TOTAL.c.last_published_at.desc(), SUJETO.c.sort_key)
        .limit(limit)
    )
    return [SujetoRow(*row) for row in session.execute(query)]


def _sujetos() -> Select[Any]:
    return select(*_SUJETO_ROW).select_from(SUJETO).outerjoin(TOTAL, _same(TOTAL))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequestError(_BAD_CURSOR) from error


def padron_size(session: PublicSession, tenant_id: UUID) -> tuple[int, int]:
    """Return how many bodies a tenant has onboarded (hundreds), and how many of them have something published."""
    row = session.execute(
        select(func.count(), func.count().filter(TOTAL.c.processes > 0))
        .select_from(SUJETO)
        .outerjoin(TOTAL, _same(TOTAL))
        .where(SUJETO.c.tenant_id == tenant_id)
    ).one()
    return int(row[0]), int(row[1])


def sujeto_by_key(session: PublicSession, tenant_id: UUID, key: str) -> SujetoRow:
    """Return one body of a tenant.

    Raises:
        NotFoundError: the tenant has none with this key.
    """
    row = session.execute(
        _sujetos().where(SUJETO.c.tenant_id == tenant_id, SUJETO.c.key == key)
    ).one_or_none()
    if row is None:
        raise NotFoundError("No encontramos ese sujeto obligado.")
    return SujetoRow(*row)


def process(session: PublicSession, tenant_id: UUID, ocid: str) -> PublishedProcess | None:
    """Return a published process by its own ocid; None where nothing of it stands."""
    row = session.execute(
        select(
            RECORD.c.ocid,
            RECORD.c.compiled,
            RECORD.c.date,
            RECORD.c.release_count,
            SUJETO.c.key,
            SUJETO.c.name,
        )
        .select_from(RECORD)
        .join(FACET, and_(FACET.c.tenant_id == RECORD.c.tenant_id, FACET.c.ocid == RECORD.c.ocid))
        .join(SUJETO, _same(FACET))
        .where(RECORD.c.tenant_id == tenant_id, RECORD.c.ocid == ocid)
    ).one_or_none()
    return PublishedProcess(*row) if row else None


def permanent_ocid(session: PublicSession, tenant_id: UUID, ocid: str) -> str | None:
    """Return the ocid of the published process that is also called `ocid`; None where there is none."""
    here = select(RECORD.c.ocid).where(RECORD.c.tenant_id == tenant_id)
    named = and_(ALIAS.c.tenant_id == RECORD.c.tenant_id, ALIAS.c.process_id == RECORD.c.process_id)
    found: str | None = (
        session.execute(here.where(RECORD.c.ocid == normalise(ocid))).scalar_one_or_none()
        or session.execute(here.join(ALIAS, named).where(ALIAS.c.alias == ocid)).scalar_one_or_none()
    )
    return found


def moved_to(session: PublicSession, tenant_id: UUID, ocid: str) -> tuple[str, str] | None:
    """Return ocid and the new tenant's slug of a published process, called `ocid` or so by another name; or None."""
    alias = select(ALIAS.c.process_id).where(ALIAS.c.tenant_id == tenant_id, ALIAS.c.alias == ocid)
    last = (
        select(MOVED.c.ocid, MOVED.c.direction, TENANT.c.slug)
        .join(TENANT, TENANT.c.tenant_id == MOVED.c.peer_id)
        .where(MOVED.c.tenant_id == tenant_id)
        .order_by(MOVED.c.position.desc())
        .limit(1)
    )
    found = (
        session.execute(last.where(MOVED.c.ocid.in_([ocid, normalise(ocid)]))).one_or_none()
        or session.execute(last.where(MOVED.c.process_id.in_(alias))).one_or_none()
    )
    return (found.ocid, found.slug) if found is not None and found.direction == "out" else None


def withdrawn_ocid(session: PublicSession, tenant_id: UUID, ocid: str) -> str | None:
    """Return the ocid of the process, called `ocid` or so by another name, all of which was withdrawn; or None.

    The world may read the other names of a process as long as something of it stands or its withdrawal is told.
    """
    here = (
        select(RELEASE.c.ocid)
        # What came from another tenant may have been withdrawn in the chain of that one.
        .where(RELEASE.c.tenant_id == tenant_id, RELEASE.c.kind.in_(("withdrawal", "transfer")))
        .limit(1)
    )
    named = and_(ALIAS.c.tenant_id == RELEASE.c.tenant_id, ALIAS.c.process_id == RELEASE.c.process_id)
    found: str | None = (
        session.execute(here.where(RELEASE.c.ocid.in_([ocid, normalise(ocid)]))).scalar_one_or_none()
        or session.execute(here.join(ALIAS, named).where(ALIAS.c.alias == ocid)).scalar_one_or_none()
    )
    return found


def releases(session: PublicSession, tenant_id: UUID, ocid: str) -> list[ReleaseRow]:
    """Return the entries that published releases of a process, the newest first, at most `MOST_RELEASES`."""
    withdrawal = RELEASE.alias()
    own = and_(RELEASE.c.tenant_id == tenant_id, RELEASE.c.ocid == ocid, RELEASE.c.kind == "release")
    ours = union_all(
        select(RELEASE.c.position.label("place"), RELEASE.c.tenant_id, RELEASE.c.position).where(own),
        select(TAKEN.c.place, TAKEN.c.source_id, TAKEN.c.source_position).where(
            TAKEN.c.tenant_id == tenant_id, TAKEN.c.ocid == ocid
        ),
    ).subquery("ours")
    rows = session.execute(
        select(
            RELEASE.c.position,
            RELEASE.c.release_id,
            RELEASE.c.date,
            RELEASE.c.tag,
            RELEASE.c.body_sha256,
            RELEASE.c.entry_hash,
            withdrawal.c.date,
            withdrawal.c.ground,
        )
        .join(ours, and_(ours.c.tenant_id == RELEASE.c.tenant_id, ours.c.position == RELEASE.c.position))
        .outerjoin(
            withdrawal,
            and_(
                withdrawal.c.tenant_id == RELEASE.c.tenant_id,
                withdrawal.c.withdraws == RELEASE.c.position,
                withdrawal.c.kind == "withdrawal",
            ),
        )
        .order_by(ours.c.place.desc())
        .limit(MOST_RELEASES)
    )
    return [
        ReleaseRow(position, release_id, date, tuple(tag), sha256.hex(), entry.hex(), gone, ground or "")
        for position, release_id, date, tag, sha256, entry, gone, ground in rows
    ]


def records_between(
    session: PublicSession, tenant_id: UUID, after: int, upto: int
) -> list[tuple[str, datetime]]:
    """Return ocid and date of the processes whose newest release stands between two places of the chain."""
    rows = session.execute(
        select(RECORD.c.ocid, RECORD.c.date)
        .where(RECORD.c.tenant_id == tenant_id, RECORD.c.position > after, RECORD.c.position <= upto)
        .order_by(RECORD.c.position)
    )
    return [(ocid, date) for ocid, date in rows]

"""Searching what is published, as `app_public`: how many processes there are, and one page of them.

The tenant is always named, and stands before every word of the index as well. A search that takes longer than the
Plataforma waits is ended, and says so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Final, Literal, LiteralString, NamedTuple
from uuid import UUID

from psycopg.errors import QueryCanceled
from sqlalchemy.exc import OperationalError

from app.core.db import Database, PublicSession
from app.core.errors import UnavailableError
from app.ocds.ocid import normalise
from app.pdn.deriving import lexeme
from app.publication.facets import words

SECONDS: Final = 3
"""Of one search, count and page together; the Plataforma waits four for an answer."""
AT_ONCE = 20
"""Records that stand in memory together."""

Direction = Literal["asc", "desc"]
Column = Literal["title", "buyer"]

_LIMIT: LiteralString = "SELECT set_config('statement_timeout', %(ms)s, true)"
_COUNT: LiteralString = "SELECT count(*) FROM s6_process p WHERE p.tenant_id = %(tenant)s/*which*/"
_PAGE: LiteralString = """
    SELECT p.ocid FROM s6_process p WHERE p.tenant_id = %(tenant)s/*which*/
    ORDER BY /*order*/ LIMIT %(limit)s OFFSET %(offset)s"""
_ORDERS: dict[tuple[Column, Direction], LiteralString] = {
    ("title", "asc"): "p.title_key, ",
    ("title", "desc"): "p.title_key DESC, ",
    ("buyer", "asc"): "p.buyer_key, ",
    ("buyer", "desc"): "p.buyer_key DESC, ",
}
_FILTERS: dict[str, LiteralString] = {
    "sujeto": "p.sujeto_obligado_id = %(sujeto)s",
    "ocid": "p.ocid = %(ocid)s",
    "methods": "p.method = ANY(%(methods)s)",
    "statuses": "p.statuses && %(statuses)s::text[]",
    "starts": "p.starts_at >= %(starts)s",
    "ends": "p.ends_at <= %(ends)s",
    "tenderers": "p.tenderers = %(tenderers)s",
    "year": "p.year = %(year)s",
    "words": "p.words @@ %(words)s::tsquery",
}
_OCID: LiteralString = """
    SELECT r.ocid FROM ocid_alias a JOIN record r ON r.tenant_id = a.tenant_id AND r.process_id = a.process_id
    WHERE a.tenant_id = %(tenant)s AND a.alias = %(asked)s"""
_BODIES: LiteralString = """
    SELECT r.compiled FROM unnest(%(ocids)s::text[]) WITH ORDINALITY asked (ocid, turn)
    JOIN record r ON r.tenant_id = %(tenant)s AND r.ocid = asked.ocid ORDER BY asked.turn"""
_DEPENDENCIES: LiteralString = """
    SELECT s.name, s.short_name, s.key FROM sujeto_obligado s
    WHERE s.tenant_id = %(tenant)s AND (%(sujeto)s::uuid IS NULL OR s.sujeto_obligado_id = %(sujeto)s)
    ORDER BY s.sort_key, s.sujeto_obligado_id"""


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of a tenant's processes; what is None does not ask.

    Attributes:
        tenant_id: whose.
        sujeto_obligado_id: the body that the program is confined to.
        ocid: or another identifier under which the process came.
        methods: one of these.
        statuses: of an award, one of these.
        starts: the tender period starts then or later.
        ends: it ends then or before.
        tenderers: how many.
        year: as the old addresses count it.
        texts: what is looked for in each field of `app.pdn.deriving`; every word must begin a word of it.
        sort: by these, then as they came.
        offset: how many stand before the page.
        limit: how many the page holds.
    """

    tenant_id: UUID
    sujeto_obligado_id: UUID | None = None
    ocid: str | None = None
    methods: list[str] | None = None
    statuses: list[str] | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    tenderers: int | None = None
    year: int | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    sort: Sequence[tuple[Column, Direction]] = ()
    offset: int = 0
    limit: int = 10


class Found(NamedTuple):
    """How many processes there are, and the ocids of the page."""

    total: int
    ocids: list[str]


def search(database: Database, asked: Search) -> Found:
    """Return how many processes a search finds and which stand on its page.

    Raises:
        UnavailableError: it takes too long.
    """
    with _bounded(database) as (reading, left):
        told = _told(reading, asked)
        if told is None:
            return Found(0, [])
        which: LiteralString = ""
        for name, condition in _FILTERS.items():
            if told.get(name) is not None:
                which = which + " AND " + condition
        order: LiteralString = ""
        for one in asked.sort:
            order = order + _ORDERS[one]
        order = order + ("p.number DESC" if asked.sort and asked.sort[-1][1] == "desc" else "p.number")
        connection = reading.connection()
        left()
        total = connection.exec_driver_sql(_COUNT.replace("/*which*/", which), told).scalar_one()
        if asked.offset >= total:
            return Found(total, [])
        left()
        page = _PAGE.replace("/*which*/", which).replace("/*order*/", order)
        return Found(total, list(connection.exec_driver_sql(page, told).scalars()))


def compiled(database: Database, tenant_id: UUID, ocids: list[str]) -> Iterator[list[bytes]]:
    """Yield the compiled releases of processes in this order, as they are stored, some at a time.

    No connection waits for whoever reads them.
    """
    for start in range(0, len(ocids), AT_ONCE):
        told = {"tenant": tenant_id, "ocids": ocids[start : start + AT_ONCE]}
        with database.public_reading() as reading:
            some = [bytes(row) for row in reading.connection().exec_driver_sql(_BODIES, told).scalars()]
        yield some


def bodies(reading: PublicSession, tenant_id: UUID, sujeto_obligado_id: UUID | None) -> list[dict[str, str]]:
    """Return the bodies of a tenant, or one of them, as `dependencias` tells them."""
    told = {"tenant": tenant_id, "sujeto": sujeto_obligado_id}
    rows = reading.connection().exec_driver_sql(_DEPENDENCIES, told)
    return [{"nombre": row.name, "siglas": row.short_name, "clave": row.key} for row in rows]


def _told(reading: PublicSession, asked: Search) -> dict[str, Any] | None:
    """Return the parameters of a search; None where nothing can be found."""
    told: dict[str, Any] = {
        "tenant": asked.tenant_id,
        "sujeto": asked.sujeto_obligado_id,
        "methods": asked.methods,
        "statuses": asked.statuses,
        "starts": asked.starts,
        "ends": asked.ends,
        "tenderers": asked.tenderers,
        "year": asked.year,
        "limit": asked.limit,
        "offset": asked.offset,
    }
    if asked.ocid is not None:
        known = {"tenant": asked.tenant_id, "asked": asked.ocid}
        alias = reading.connection().exec_driver_sql(_OCID, known).scalar_one_or_none()
        told["ocid"] = alias or normalise(asked.ocid)
    lexemes = []
    for where, text in asked.texts.items():
        if not (found := words(text)):
            return None
        lexemes += [f"'{lexeme(asked.tenant_id, where, word)}':*" for word in found]
    if lexemes:
        told["words"] = " & ".join(lexemes)
    return told


@contextmanager
def _bounded(database: Database) -> Iterator[tuple[PublicSession, Callable[[], None]]]:
    """Open a session whose statements end in time; what is called before each leaves it what is left."""
    end = monotonic() + SECONDS
    try:
        with database.public_reading() as reading:

            def left() -> None:
                milliseconds = max(1, int((end - monotonic()) * 1000))
                reading.connection().exec_driver_sql(_LIMIT, {"ms": str(milliseconds)})

            left()
            yield reading, left
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise UnavailableError(
                f"La búsqueda tomó más de {SECONDS} segundos. Pide algo más preciso.",
                headers={"Retry-After": "60"},
            ) from error
        raise

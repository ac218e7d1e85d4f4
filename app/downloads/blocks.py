"""A block: a fixed run of places of a chain, and all that is published from it, made into one stored object.

A release stands where its entry is; a record where its process first entered the chain of the tenant that has it now, so
that neither ever changes files. A year is the year of the entry's date, and dates follow the chain: a block lies in one
year, or in two.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, BinaryIO, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from app.core import json
from app.core.storage import Storage
from app.downloads.pieces import Member
from app.openapi.addresses import Roots
from app.openapi.packages import record
from app.openapi.queries import Link, RecordRow

RUN = 1000
"""Places of the chain in a block; the longest run that one more release makes anew."""

LARGEST_PACKED = 9_000_000
LARGEST_UNPACKED = 900_000_000
MOST_CONTRACTS = 200_000
"""What a package holds at most, with something to spare for what is not yet out of the compressor: the standard's
advice is 10 MB packed, 1 GB unpacked and 250,000 awards or contracts."""

FORMAT = 1
"""Of blocks; another makes all of them again."""


@dataclass(frozen=True, slots=True)
class Part:
    """What lies where in a block's object.

    Attributes:
        kind: "releases" or "records", a line each; "release-packages" or "record-packages", elements of a package with
            commas between them. All are members of gzip.
        year: of publication.
        number: of the package, where the block needs more than one for a year.
        start, end: bytes of the object.
        unpacked: bytes once decompressed.
        rows: releases or records.
        last: when the newest of them was published.
    """

    kind: str
    year: int
    number: int
    start: int
    end: int
    unpacked: int
    rows: int
    last: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which block of whose chain, and how it tells of dates and addresses."""

    tenant_id: UUID
    number: int
    zone: str
    roots: Roots

    @property
    def recipe(self) -> str:
        """What the bytes depend on besides what is published."""
        return f"{FORMAT} {RUN} {self.zone} {self.roots.tenant}"


@dataclass(frozen=True, slots=True)
class _Row:
    """A release or a record on its way into a block."""

    entered: datetime
    last: datetime
    contracts: int
    body: bytes


def make(connection: Connection, storage: Storage, wanted: Wanted, target: BinaryIO) -> list[dict[str, Any]]:
    """Write the object of a block into a file; returns what lies where.

    Args:
        connection: of the public role; rows are streamed through it.
        storage: lends files for what is on its way.
        wanted: which block.
        target: empty.
    """
    parts: list[Part] = []
    for kind, rows in (
        ("release", _releases(connection, wanted)),
        ("record", _records(connection, wanted)),
    ):
        _write(storage, wanted, target, parts, (kind, rows))
    return [asdict(part) for part in parts]


class _Writer:
    """Parts of one kind on their way into one file, cut where the year ends or a package is full."""

    def __init__(self, kind: str, file: BinaryIO, *, package: bool) -> None:
        self.parts: list[Part] = []
        self.file = file
        self._kind, self._package = kind, package
        self._open: tuple[Member, int, int] | None = None  # with year and number
        self._rows = self._contracts = self._at = 0
        self._last: datetime | None = None

    def add(self, year: int, row: _Row) -> None:
        """Add an element."""
        if self._open and (self._open[1] != year or (self._package and self._full(self._open[0], row))):
            number = self._open[2] + 1 if self._open[1] == year else 0
            self.close()
            self._open = (Member(self.file), year, number)
        self._open = self._open or (Member(self.file), year, 0)
        member = self._open[0]
        if self._package:
            member.write(b"," + row.body if self._rows else row.body)
        else:
            member.write(row.body + b"\n")
        self._rows += 1
        self._contracts += row.contracts
        self._last = max(self._last, row.last) if self._last else row.last

    def _full(self, member: Member, row: _Row) -> bool:
        # What the compressor holds back is far less than what is spared; one element beyond the limit stands alone.
        return (
            member.size + len(row.body) > LARGEST_PACKED
            or member.unpacked + len(row.body) > LARGEST_UNPACKED
            or self._contracts + row.contracts > MOST_CONTRACTS
        )

    def close(self) -> None:
        """End what is open."""
        if self._open is None or self._last is None:
            return
        member, year, number = self._open
        member.close()
        self.parts.append(
            Part(
                self._kind,
                year,
                number,
                self._at,
                self._at + member.size,
                member.unpacked,
                self._rows,
                self._last.isoformat(),
            )
        )
        self._at += member.size
        self._open, self._last = None, None
        self._rows = self._contracts = 0


def _write(
    storage: Storage,
    wanted: Wanted,
    target: BinaryIO,
    parts: list[Part],
    what: tuple[str, Iterable[_Row]],
) -> None:
    """Write releases or records in all their forms behind what is in the target already."""
    kind, rows = what
    zone = ZoneInfo(wanted.zone)
    with ExitStack() as stack:
        forms = [
            _Writer(f"{kind}s", stack.enter_context(storage.scratch_file()), package=False),
            _Writer(f"{kind}-packages", stack.enter_context(storage.scratch_file()), package=True),
        ]
        for row in rows:
            year = row.entered.astimezone(zone).year
            for form in forms:
                form.add(year, row)
        for form in forms:
            form.close()
            base = target.tell()
            form.file.seek(0)
            shutil.copyfileobj(form.file, target)
            parts += [
                Part(**{**asdict(part), "start": base + part.start, "end": base + part.end})
                for part in form.parts
            ]


_RELEASES: LiteralString = """
    SELECT r.date, b.body
    FROM release r JOIN release_body b ON b.tenant_id = r.tenant_id AND b.position = r.position
    WHERE r.tenant_id = :tenant AND r.position > :after AND r.position <= :last
      AND b.position > :after AND b.position <= :last
    ORDER BY r.position"""

_RECORDS: LiteralString = """
    SELECT f.date AS entered, c.ocid, c.position, c.date, c.compiled,
           (SELECT json_agg(json_build_array(r.release_id, r.date, r.tag, m.slug) ORDER BY m.place)::text
            FROM releases_of(c.tenant_id, c.ocid) m
            JOIN release r ON r.tenant_id = m.tenant_id AND r.position = m.position
            JOIN release_body b ON b.tenant_id = m.tenant_id AND b.position = m.position) AS releases
    FROM release f JOIN record c ON c.tenant_id = f.tenant_id AND c.ocid = f.ocid
    WHERE f.tenant_id = :tenant AND f.position > :after AND f.position <= :last AND f.kind <> 'withdrawal'
      AND NOT EXISTS (SELECT FROM release e
                      WHERE e.tenant_id = f.tenant_id AND e.ocid = f.ocid AND e.position < f.position)
    ORDER BY f.position"""


def _streamed(connection: Connection, statement: LiteralString, wanted: Wanted) -> Iterator[Any]:
    values = {
        "tenant": wanted.tenant_id,
        "after": wanted.number * RUN,
        "last": (wanted.number + 1) * RUN,
    }
    return iter(connection.execution_options(yield_per=20).execute(text(statement), values))


def _releases(connection: Connection, wanted: Wanted) -> Iterator[_Row]:
    for date, body in _streamed(connection, _RELEASES, wanted):
        told = json.loads(body)
        contracts = max(len(told.get(name) or ()) for name in ("awards", "contracts"))
        yield _Row(date, date, contracts, body)


def _records(connection: Connection, wanted: Wanted) -> Iterator[_Row]:
    for row in _streamed(connection, _RECORDS, wanted):
        links = [
            Link(release_id, datetime.fromisoformat(date), tag, slug)
            for release_id, date, tag, slug in json.loads(row.releases or "[]")
        ]
        body = record(RecordRow(row.ocid, row.position, row.date, row.compiled, links), wanted.roots)
        told = json.loads(row.compiled)
        contracts = max(len(told.get(name) or ()) for name in ("awards", "contracts"))
        yield _Row(row.entered, row.date, contracts, body)

"""The list of changes: every entry of a tenant's chain since a cursor, one line of JSON each.

Positions in a chain have no gaps, so a page knows where it ends before its first row is read: the next cursor and the
ETag stand in the headers, and the lines flow in batches while memory stays flat and no connection is held meanwhile.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import orjson

from app.core.pagination import encode_cursor
from app.openapi.addresses import Roots
from app.openapi.queries import Connection
from app.openapi.reader import PublicReader
from app.publication.chain import rfc3339

BATCH = 500


class Head(NamedTuple):
    """Where a chain ends: its last position, how much was withdrawn in it, and when it last grew."""

    position: int = 0
    withdrawals: int = 0
    last_date: datetime | None = None


class Change(NamedTuple):
    """One entry of a chain.

    Attributes:
        release_id: of the release that was published or withdrawn; of a transfer its own mark.
        stands: whether a release that was published can still be read.
        sujeto_obligado_id: the body whose process it is.
        direction: of a transfer, `in` or `out`; `peer` is the slug of the other tenant.
    """

    position: int
    kind: str
    ocid: str
    release_id: str
    date: datetime
    tag: list[str]
    sha256: bytes
    ground: str
    stands: bool
    direction: str | None
    peer: str | None
    sujeto_obligado_id: UUID

    @property
    def told_kind(self) -> str:
        """What happened: `release`, `withdrawal`, `transfer_in` or `transfer_out`."""
        return self.kind if self.direction is None else f"{self.kind}_{self.direction}"

    def told(self, roots: Roots) -> dict[str, Any]:
        """Return the change as the world reads it: identifiers and addresses, no text of a release."""
        said: dict[str, Any] = {
            "cursor": encode_cursor(self.position),
            "position": self.position,
            "kind": self.told_kind,
            "date": rfc3339(self.date),
            "ocid": self.ocid,
        }
        if self.kind == "release":
            said |= {
                "release_id": self.release_id,
                "tag": self.tag,
                "sha256": self.sha256.hex(),
                "available": self.stands,
                "release": roots.releases(self.ocid, self.release_id),
            }
        elif self.kind == "withdrawal":
            said |= {"release_id": self.release_id, "sha256": self.sha256.hex(), "ground": self.ground}
        else:
            said |= {"publisher": f"{roots.of(self.peer).tenant}/", "ground": self.ground}
        there = roots.of(self.peer) if self.direction == "out" else roots
        return said | {"record": there.records(self.ocid)}


_HEAD: LiteralString = "SELECT position, withdrawals, last_date FROM chain_head WHERE tenant_id = %s"

# The bodies start at the cursor too: a merge join would otherwise walk them from the first one.
CHANGES: LiteralString = """
    SELECT e.position, e.kind, e.ocid, coalesce(w.release_id, e.release_id), e.date, e.tag, e.body_sha256, e.ground,
           b.position IS NOT NULL, t.direction, p.slug,
           e.sujeto_obligado_id
    FROM release e
    LEFT JOIN release w ON w.tenant_id = e.tenant_id AND w.position = e.withdraws
    LEFT JOIN release_body b ON b.tenant_id = e.tenant_id AND b.position = e.position
                                AND b.position > %(low)s AND b.position <= %(high)s
    LEFT JOIN chain_transfer t ON t.tenant_id = e.tenant_id AND t.position = e.position
                                  AND t.position > %(low)s AND t.position <= %(high)s
    LEFT JOIN tenant p ON p.tenant_id = t.peer_id
    WHERE e.tenant_id = %(tenant)s AND e.position > %(low)s AND e.position <= %(high)s
    ORDER BY e.position"""


async def head_of(connection: Connection, tenant_id: UUID) -> Head:
    """Return where a tenant's chain ends; before its first publication at zero."""
    row = await (await connection.execute(_HEAD, (tenant_id,))).fetchone()
    return Head._make(row) if row else Head()


async def between(connection: Connection, tenant_id: UUID, low: int, high: int) -> list[Change]:
    """Return the changes after a position up to and with another, in order."""
    told = {"tenant": tenant_id, "low": low, "high": high}
    cursor = await connection.execute(CHANGES, told, binary=True)
    return [Change._make(row) for row in await cursor.fetchall()]


async def lines(
    reader: PublicReader, tenant_id: UUID, roots: Roots, low: int, high: int
) -> AsyncIterator[bytes]:
    """Yield the changes after a position up to and with another as lines of JSON, some at a time."""
    while low < high:
        upto = min(low + BATCH, high)
        async with reader.reading() as connection:
            changes = await between(connection, tenant_id, low, upto)
        yield b"".join(orjson.dumps(one.told(roots)) + b"\n" for one in changes)
        low = upto

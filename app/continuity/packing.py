"""What goes into an archive: one tenant as of one instant, read row by row."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, text
from sqlmodel import Session, col, select

from app.continuity import contents
from app.continuity.archive import MANIFEST, Member
from app.core import clock, json
from app.core.db import Actor, Database
from app.core.errors import NotFoundError
from app.core.storage import Storage
from app.core.tables import table_of
from app.identity.models import Account, Membership
from app.proof.models import SignedHead, SigningKey
from app.publication.chain import rfc3339
from app.publication.models import ChainHead, ReleaseBody
from app.tenancy.models import Tenant

ROWS_AT_ONCE = 500
PART_BYTES = 8 * 1024 * 1024
RELEASES, FILES, TABLES = "releases/", "files/", "tables/"
Watch = Callable[[int, int], None]
"""Told how many rows and files are done, of how many."""


@dataclass(frozen=True, slots=True)
class Packing:
    """Who is packed, and with what.

    Attributes:
        originals: whether the files that were once imported come along.
        watch: told how far it is.
    """

    database: Database
    storage: Storage
    tenant_id: UUID
    originals: bool
    watch: Watch


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ended at that instant."""

    position: int
    entry_hash: bytes


def members(packing: Packing, told: Callable[[Head], None]) -> Iterator[Member]:
    """Yield everything in order, the manifest first; the tenant is read in one snapshot.

    Args:
        packing: whose, and how.
        told: given the head of the chain before anything else.
    """
    actor = Actor(tenant_id=packing.tenant_id, role="system")
    with packing.database.snapshot(actor) as session:
        # Instants are written as the server's session tells them.
        session.execute(text("SELECT set_config('TimeZone', 'UTC', true)"))
        manifest, head = _manifest(session, packing)
        told(head)
        yield Member.of(MANIFEST, json.dumps(manifest))
        done, total = 0, sum(manifest["rows"].values())
        for member, rows in _rows(session, packing.tenant_id):
            yield member
            done += rows
            packing.watch(done, total)
    yield from _files(packing)


def _manifest(session: Session, packing: Packing) -> tuple[dict[str, Any], Head]:
    tenant = session.exec(select(Tenant).where(Tenant.tenant_id == packing.tenant_id)).one()
    held = session.exec(select(ChainHead).where(ChainHead.tenant_id == packing.tenant_id)).one_or_none()
    head = Head(held.position if held else 0, held.entry_hash if held else b"")
    counts = {
        table.name: session.execute(
            select(func.count()).select_from(table).where(table.c.tenant_id == packing.tenant_id)
        ).scalar_one()
        for table in contents.tables()
    }
    return {
        "format": contents.FORMAT,
        "service": "contrataciones-abiertas",
        "made_at": rfc3339(clock.now()),
        "tenant": {"id": str(tenant.tenant_id), "slug": tenant.slug},
        "chain": {"position": head.position, "hash": head.entry_hash.hex()},
        "signedHead": _signed_head(session, packing.tenant_id),
        "originals": packing.originals,
        "rows": counts,
        "columns": {
            table.name: [column.name for column in contents.columns(table)] for table in contents.tables()
        },
        "left_behind": contents.LEFT_BEHIND,
    }, head


def _signed_head(session: Session, tenant_id: UUID) -> dict[str, str] | None:
    """Return the last signed head with its key's public half: the archive proves where the chain stood, wherever it is."""
    found = session.exec(
        select(SignedHead, SigningKey.public_key)
        .join(SigningKey, col(SigningKey.key_id) == col(SignedHead.key_id))
        .where(SignedHead.tenant_id == tenant_id)
        .order_by(col(SignedHead.day).desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    head, public_key = found
    return {
        "head": head.statement,
        "signature": b64encode(head.signature).decode(),
        "key": head.key_id,
        "publicKey": b64encode(public_key).decode(),
    }


def _rows(session: Session, tenant_id: UUID) -> Iterator[tuple[Member, int]]:
    """Yield the parts of every table, each with how many rows it holds."""
    members = select(Membership.account_id).where(Membership.tenant_id == tenant_id)
    people = table_of(Account)
    yield from _parts(
        session,
        people.name,
        select(*(people.c[name] for name in contents.PEOPLE))
        .where(people.c.account_id.in_(members))
        .order_by(people.c.account_id),
    )
    for table in contents.tables():
        if table.name == contents.BODIES:
            yield from _bodies(session, tenant_id)
            continue
        query = select(*contents.columns(table)).where(table.c.tenant_id == tenant_id)
        own = [column.asc().nulls_first() for column in contents.order(table)]
        yield from _parts(session, table.name, query.order_by(*own))


def _parts(session: Session, name: str, query: Select[Any]) -> Iterator[tuple[Member, int]]:
    """Yield rows as lines of JSON, in members of some megabytes; PostgreSQL writes them, so every value survives."""
    row = query.subquery("row")
    lines: list[str] = []
    size = number = 0
    for (line,) in session.execute(
        select(cast(func.row_to_json(row.table_valued()), Text)).select_from(row),
        execution_options={"yield_per": ROWS_AT_ONCE},
    ):
        lines.append(line)
        size += len(line)
        if size >= PART_BYTES:
            number += 1
            yield _part(name, number, lines)
            lines, size = [], 0
    if lines:
        yield _part(name, number + 1, lines)


def _part(name: str, number: int, lines: list[str]) -> tuple[Member, int]:
    content = "".join(f"{line}\n" for line in lines).encode()
    return Member.of(f"{TABLES}{name}/{number:05}.ndjson", content), len(lines)


def _bodies(session: Session, tenant_id: UUID) -> Iterator[tuple[Member, int]]:
    for position, body in session.exec(
        select(ReleaseBody.position, ReleaseBody.body)
        .where(ReleaseBody.tenant_id == tenant_id)
        .order_by(col(ReleaseBody.position))
        .execution_options(yield_per=ROWS_AT_ONCE)
    ):
        yield Member.of(f"{RELEASES}{position:010}.json", body), 1


def _files(packing: Packing) -> Iterator[Member]:
    for stored in packing.storage.files_of(packing.tenant_id):
        kind = stored.key.split("/")[1]
        if kind in contents.FILES_LEFT_BEHIND or (kind == contents.ORIGINALS and not packing.originals):
            continue
        try:
            pieces = packing.storage.read(stored.key, 0, stored.size_bytes) if stored.size_bytes else ()
        except NotFoundError:  # withdrawn since it was listed: its bytes must not travel
            continue
        yield Member(f"{FILES}{stored.key.partition('/')[2]}", stored.size_bytes, pieces)

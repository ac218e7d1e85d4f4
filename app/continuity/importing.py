"""Bringing a tenant here from another installation's archive: everything is checked first, then written as a whole.

Identifiers, addresses, ocids and hashes stay what they were. Nobody is given a role because of an e-mail address: whoever
has an account here already is invited instead, and their past acts stay under a name that cannot sign in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import psycopg
from psycopg import sql
from pyrage.x25519 import Identity
from sqlalchemy import JSON, Table, cast, func, insert
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session, select

from app.attachments import receiving
from app.continuity import archive, contents
from app.continuity.archive import ArchiveError
from app.continuity.checking import Brought, Known, check, pieces, table_named
from app.continuity.packing import FILES, RELEASES, TABLES
from app.continuity.stated import LAST_NUMBER
from app.core import audit, clock, json, public_log, sealing
from app.core.db import Actor, Database
from app.core.policy import MACHINE_ROLE
from app.core.storage import Storage
from app.core.tables import among, table_of
from app.identity import invitations
from app.identity.invitations import Offer
from app.identity.models import Account, Membership
from app.identity.workflow import MEMBERSHIPS
from app.publication import chain, scheduling
from app.publication.invariants import check_tenant
from app.publication.models import ReleaseBody

BODIES_AT_ONCE = 200

_CLOSED = "@cuenta-importada.invalid"
"""Under this domain stand the names of people who have another account here; it receives no mail, for ever."""


def bring(
    database: Database,
    storage: Storage,
    source: Path,
    keys: Sequence[Identity],
    operator_id: UUID,
    *,
    scanned: bool = False,
) -> Brought:
    """Bring the tenant of an archive here: all of it, or nothing.

    Args:
        database: written as the owner.
        storage: where files are put; what was put is taken away again when the rest fails.
        source: the archive, read twice.
        keys: of whoever may open it.
        operator_id: account of who brings it, for the audit.
        scanned: a scanner is set up here, so that files wait for its verdict as uploaded ones do (`wake`).

    Raises:
        ArchiveError: it is damaged, changed, or of a newer version than this one.
        ConflictError: the tenant, its address, a host or a prefix is here already.
    """
    brought = check(source, keys, database)
    put: list[str] = []
    try:
        with database.owner_work(
            Actor(tenant_id=brought.tenant_id, account_id=operator_id, role="system")
        ) as session:
            _write(session, storage, source, keys, _Writing(brought, put, scanned))
            _settle(session, brought)
            _verify(session, brought.tenant_id)
    except BaseException as error:
        for stored in put:
            storage.delete(stored)
        if isinstance(error, (psycopg.Error, DBAPIError)) and not isinstance(
            error, (OperationalError, psycopg.OperationalError)
        ):
            raise ArchiveError(
                "La base de datos no admite lo que trae el archivo: lo cambiaron, o viene de otra versión."
            ) from error
        raise
    return brought


@dataclass(frozen=True, slots=True)
class _Writing:
    """The second reading: what is brought, the keys of files put so far, and whether files wait for a scanner."""

    brought: Brought
    put: list[str]
    scanned: bool


def _write(
    session: Session, storage: Storage, source: Path, keys: Sequence[Identity], writing: _Writing
) -> None:
    brought = writing.brought
    known = {table.name: table for table in contents.tables()}
    bodies = _Bodies(session, brought.tenant_id)
    with source.open("rb") as file, archive.opened(file, keys) as members:
        for name, content, _size in members:
            if name.startswith(FILES):
                stored = f"{brought.tenant_id}/{name.removeprefix(FILES)}"
                writing.put.append(stored)
                _store(storage, stored, content)
                brought.files += 1
            elif name.startswith(RELEASES):
                bodies.add(int(name[len(RELEASES) :].partition(".")[0]), content.read())
            elif name.startswith(TABLES):
                table = table_named(name)
                if table == "account":
                    _people(session, brought, content.read())
                else:
                    _insert(session, known[table], content.read(), writing)
    bodies.flush()


def _insert(session: Session, table: Table, lines: bytes, writing: _Writing) -> None:
    """Insert rows as PostgreSQL itself wrote them; columns that the archive does not know take their defaults."""
    columns = writing.brought.columns[table.name]
    values = [_value(table, name, scanned=writing.scanned) for name in columns]
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE "
        "SELECT {values} FROM json_populate_recordset(NULL::{table}, %s::json)"
    ).format(
        table=sql.Identifier("public", table.name),  # `record` alone is a type of PostgreSQL
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(values),
    )
    rows = b"[" + b",".join(lines.splitlines()) + b"]"
    connection: Any = session.connection().connection.driver_connection
    connection.execute(statement, [rows.decode()])


def _value(table: Table, name: str, *, scanned: bool) -> sql.Composable:
    """Return a column as it is written.

    JSON's own null is a value, audit from elsewhere is a generation older, and which tenant is the nation's and what is
    free of viruses are this installation's to say.
    """
    column = table.c[name]
    if (table.name, name) == ("tenant", "is_national"):
        return sql.SQL("false")
    if (table.name, name) == ("attachment", "status") and scanned:
        return sql.SQL("CASE status WHEN 'ready' THEN 'scanning' ELSE status END")
    if name == "generation" and table.name in ("audit_event", "audit_seal"):
        return sql.SQL("{} - 1").format(sql.Identifier(name))
    if isinstance(column.type, JSON) and not column.nullable:
        return sql.SQL("coalesce({}, 'null')").format(sql.Identifier(name))
    return sql.Identifier(name)


class _Bodies:
    """Bytes of releases, inserted some at a time."""

    def __init__(self, session: Session, tenant_id: UUID) -> None:
        self._session, self._tenant_id = session, tenant_id
        self._held: list[dict[str, Any]] = []

    def add(self, position: int, body: bytes) -> None:
        self._held.append({"tenant_id": self._tenant_id, "position": position, "body": body})
        if len(self._held) >= BODIES_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self._held:
            self._session.connection().execute(insert(table_of(ReleaseBody)), self._held)
            self._held = []


def _people(session: Session, brought: Brought, lines: bytes) -> None:
    """Enter people without a password; who has an account here keeps it, and gets no role by this."""
    rows = [json.loads(line) for line in lines.splitlines()]
    here = set(
        session.exec(
            select(Account.account_id).where(
                among(Account.account_id, [UUID(row["account_id"]) for row in rows])
            )
        )
    )
    emails = set(
        session.exec(
            select(Account.email).where(among(Account.email, [row["email"].lower() for row in rows]))
        )
    )
    for row in rows:
        account_id, email = UUID(row["account_id"]), str(row["email"]).lower()
        if account_id in here or email in emails:
            brought.known.append(Known(account_id, email, row["full_name"]))
        if account_id in here:
            continue
        closed = email in emails
        session.add(
            Account(
                account_id=account_id,
                email=f"{account_id}{_CLOSED}" if closed else email,
                full_name=row["full_name"],
            )
        )
        brought.people += not closed
    session.flush()


def _settle(session: Session, brought: Brought) -> None:
    """Make this installation the tenant's own: who may sign in, the numbers to come, the audit's end over there."""
    known = {person.account_id: person for person in brought.known}
    mine = select(Membership).where(Membership.tenant_id == brought.tenant_id, Membership.status == "active")
    for membership in session.exec(mine).all():
        person = known.get(membership.account_id)
        if person is None and membership.role != MACHINE_ROLE:
            continue
        MEMBERSHIPS.apply(membership, "end")
        membership.ended_at = clock.now()
        if person is not None and membership.role != MACHINE_ROLE:
            brought.offers.append(
                Offer(person.email, person.full_name, membership.role, membership.sujeto_obligado_id)
            )
    for table in contents.tables():
        for column in table.columns:
            if column.identity is not None:
                _go_on_after(session, table, column.name)
    sealing.close_generation(session, brought.tenant_id)
    audit.record(
        session,
        "tenant.import",
        "tenant",
        brought.tenant_id,
        made_at=brought.made_at,
        position=brought.chain_position,
        hash=brought.chain_hash,
    )
    session.flush()


def _go_on_after(session: Session, table: Table, column: str) -> None:
    """Let the numbers that the database gives follow those that came."""
    highest = session.execute(select(func.max(table.c[column]))).scalar_one()
    if highest is not None:
        # Nothing takes this back: where the sequence ended no act of any tenant could be noted any more.
        if highest > LAST_NUMBER:
            raise ArchiveError(f"{table.name}: sus números no dejan lugar a los que siguen.")
        sequence = cast(func.pg_get_serial_sequence(table.name, column), REGCLASS)
        session.execute(select(func.setval(sequence, func.greatest(highest, func.nextval(sequence)))))


def _verify(session: Session, tenant_id: UUID) -> None:
    """Refuse the whole import where what was written does not hold."""
    faults = [
        *(fault.message for fault in chain.verify(session, tenant_id)),
        *sealing.verify(session, tenant_id),
        *public_log.verify(session, tenant_id),
        *(fault.message for fault in check_tenant(session, tenant_id)),
    ]
    if faults:
        raise ArchiveError(f"La exportación trae {len(faults)} faltas: {faults[0]}")


def offer(database: Database, brought: Brought, operator_id: UUID) -> int:
    """Invite those who have an account here to the roles that they had, in the name of the operator; returns how many."""
    # The archive's own administration gave these roles; nobody of it has signed in here yet.
    actor = Actor(tenant_id=brought.tenant_id, account_id=operator_id, role="garante_admin")
    with database.unit_of_work(actor) as session:
        for one in brought.offers:
            invitations.invite(session, actor, one)
    return len(brought.offers)


def wake(database: Database, brought: Brought) -> int:
    """Queue again the publications that are scheduled, and the scans of files: their jobs stayed over there.

    Returns:
        How many publications.
    """
    actor = Actor(tenant_id=brought.tenant_id, role="system")
    with database.unit_of_work(actor) as session:
        receiving.queue_scans(session, actor)
        return scheduling.queue_again(session, actor)


def _store(storage: Storage, stored: str, content: BinaryIO) -> None:
    with storage.scratch_file() as file:
        for piece in pieces(content):
            file.write(piece)
        file.seek(0)
        storage.put(stored, file)

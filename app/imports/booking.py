"""Writing processes as our own workbook, for people who work without a connection."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO
from uuid import UUID

from app.core.db import Actor, Database
from app.core.errors import ConflictError
from app.core.storage import Storage
from app.imports.workbook import writer
from app.processes import lists
from app.processes.queries import load_by_id
from app.tenancy import queries as tenancy

MOST = 2_000
"""Processes of one workbook."""
PAGE = 100
CHUNK = 1024 * 1024


def book_of(database: Database, actor: Actor, storage: Storage, filters: lists.Filters) -> Iterator[bytes]:
    """Write the processes of a list, then yield the workbook in pieces.

    Args:
        database: where they are.
        actor: sees its own only.
        storage: for the scratch file.
        filters: which processes; a workbook without any is a blank one, to begin new processes with.

    Raises:
        ConflictError: they are too many for one workbook.
    """
    with ExitStack() as opening:
        target = opening.enter_context(storage.scratch_file())
        _write(database, actor, filters, target)
        return _pieces(opening.pop_all(), target)


def _write(database: Database, actor: Actor, filters: lists.Filters, target: BinaryIO) -> None:
    with database.unit_of_work(actor) as session:
        tenant = tenancy.tenant(session, actor)
        whose = actor.sujeto_obligado_id
        body = tenancy.sujeto(session, actor, whose).name if whose else ""
    written: set[UUID] = set()
    cursor: str | None = None
    with writer(target, tenant_id=actor.tenant_id, zone=tenant.time_zone, body=body) as book:
        while True:
            with database.unit_of_work(actor) as session:
                page = lists.versions_in(session, actor, filters, order="newest", cursor=cursor, limit=PAGE)
                ids = [row.process_id for row in page.rows if row.process_id not in written]
                found = load_by_id(session, actor, ids)
            for process_id in ids:
                book.add(found[process_id].ocid, found[process_id].document)
            written.update(ids)
            if len(written) > MOST:
                raise ConflictError(
                    f"Son más de {MOST:,} procesos, lo más que lleva un libro. Filtra la lista por año, área o etapa y "
                    "descarga uno por cada parte."
                )
            cursor = page.next_cursor
            if cursor is None:
                return


def _pieces(held: ExitStack, target: BinaryIO) -> Iterator[bytes]:
    with held:
        target.seek(0)
        while chunk := target.read(CHUNK):
            yield chunk

"""Reading imports: runs for lists and jobs, rows for the report."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, func, literal, tuple_
from sqlmodel import col, select

from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.pagination import INT4, Page, cut, decode_cursor, reached
from app.imports.models import ImportRow, ImportRun
from app.imports.sourcing import Numbered
from app.processes.models import ContractingProcess, OcidAlias, ProcessPart


def run(session: RwSession, actor: Actor, import_id: UUID, *, for_update: bool = False) -> ImportRun:
    """Return an import.

    Raises:
        NotFoundError: absent, another tenant's, or of another sujeto obligado.
    """
    query = select(ImportRun).where(ImportRun.tenant_id == actor.tenant_id, ImportRun.import_id == import_id)
    row = session.exec(query.with_for_update() if for_update else query).one_or_none()
    if row is None or actor.sujeto_obligado_id not in (None, row.sujeto_obligado_id):
        raise NotFoundError("No encontramos esa importación.")
    return row


def runs(session: RwSession, actor: Actor, *, cursor: str | None, limit: int = 25) -> Page[ImportRun]:
    """Return the imports that the actor may see, the newest first."""
    query = select(ImportRun).where(ImportRun.tenant_id == actor.tenant_id)
    if actor.sujeto_obligado_id is not None:
        query = query.where(ImportRun.sujeto_obligado_id == actor.sujeto_obligado_id)
    if cursor:
        query = query.where(tuple_(ImportRun.created_at, ImportRun.import_id) < tuple_(*reached(cursor)))
    query = query.order_by(col(ImportRun.created_at).desc(), col(ImportRun.import_id).desc())
    rows = session.exec(query.limit(limit + 1)).all()
    return cut(rows, limit, lambda row: (row.created_at.isoformat(), str(row.import_id)))


def rows(
    session: RwSession,
    actor: Actor,
    import_id: UUID,
    *,
    outcome: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ImportRow]:
    """Return the rows of an import in their order; the caller has seen that the run is the actor's.

    Args:
        session: bound to the actor.
        actor: whose tenant is read.
        import_id: of the run.
        outcome: only rows with this outcome; empty for all.
        cursor: of the page; None for the first.
        limit: rows of a page.
    """
    query = select(ImportRow).where(ImportRow.tenant_id == actor.tenant_id, ImportRow.import_id == import_id)
    if outcome:
        query = query.where(ImportRow.outcome == outcome)
    if cursor:
        (number,) = decode_cursor(cursor, int, most=INT4)
        query = query.where(col(ImportRow.row_number) > number)
    found = session.exec(query.order_by(col(ImportRow.row_number)).limit(limit + 1)).all()
    return cut(found, limit, lambda row: (row.row_number,))


def row(session: RwSession, actor: Actor, import_id: UUID, number: int) -> ImportRow:
    """Return one row; the caller has seen that the run is the actor's.

    Raises:
        NotFoundError: there is none.
    """
    found = session.exec(
        select(ImportRow).where(
            ImportRow.tenant_id == actor.tenant_id,
            ImportRow.import_id == import_id,
            ImportRow.row_number == number,
        )
    ).one_or_none()
    if found is None:
        raise NotFoundError("Esa importación no tiene una fila con ese número.")
    return found


def unknown_prefixes(session: RwSession, actor: Actor, import_id: UUID) -> dict[str, int]:
    """Return the OCID prefixes for which rows were refused, with the number of rows."""
    refused = func.jsonb_array_elements(ImportRow.problems).table_valued("value", name="problem")
    prefix = refused.c.value.op("->>")("prefix")
    found = session.execute(
        select(prefix, func.count())
        .select_from(ImportRow)
        .join(refused, onclause=col(ImportRow.tenant_id) == actor.tenant_id)
        .where(ImportRow.import_id == import_id, ImportRow.outcome == "refused", prefix.is_not(None))
        .group_by(prefix)
        .order_by(prefix)
    )
    return {str(name): int(count) for name, count in found}


@dataclass(frozen=True, slots=True)
class Applied:
    """Where a release was applied before."""

    import_id: UUID
    process_id: UUID


def applied(session: RwSession, actor: Actor, hashes: Collection[str]) -> dict[str, Applied]:
    """Return, by hash, the source releases that an import applied already."""
    if not hashes:
        return {}
    found = session.exec(
        select(ImportRow.source_sha256, ImportRow.import_id, ImportRow.process_id)
        .where(
            ImportRow.tenant_id == actor.tenant_id,
            col(ImportRow.source_sha256).in_(hashes),
            col(ImportRow.process_id).is_not(None),
        )
        # The last one counts: a row that changed nothing says no more than the one that it repeats.
        .order_by(col(ImportRow.outcome) != "unchanged")
    )
    return {digest: Applied(import_id, process_id) for digest, import_id, process_id in found if process_id}


def newest(session: RwSession, actor: Actor, process_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return, by process, the date of the newest release that imports applied; absent where none stated a date."""
    if not process_ids:
        return {}
    found = session.exec(
        select(ImportRow.process_id, func.max(ImportRow.source_date))
        .where(
            ImportRow.tenant_id == actor.tenant_id,
            col(ImportRow.process_id).in_(process_ids),
            col(ImportRow.source_date).is_not(None),
        )
        .group_by(col(ImportRow.process_id))
    )
    return {process_id: date for process_id, date in found if process_id and date}


def own_processes(
    session: RwSession,
    actor: Actor,
    sujeto_obligado_id: UUID,
    numbers: Collection[str],
    *,
    not_of: str,
    part: Numbered,
) -> dict[str, str]:
    """Return the ocids of a body's processes by the number of their procedure (`tender.id`) or of a contract of theirs.

    Args:
        session: of the tenant.
        actor: who imports.
        sujeto_obligado_id: whose the processes are.
        numbers: as documents write them.
        not_of: beginning of the identifiers at the source, whose own processes do not count.
        part: of which the numbers are.
    """
    number = col(ProcessPart.element_id)
    found = ProcessPart.path == part if part == "tender" else ProcessPart.list_path == part
    brought = (
        select(OcidAlias.alias)
        .where(
            OcidAlias.tenant_id == ContractingProcess.tenant_id,
            OcidAlias.process_id == ContractingProcess.process_id,
            col(OcidAlias.alias).startswith(not_of, autoescape=True),
        )
        .exists()
    )
    query = (
        select(number, ContractingProcess.ocid)
        .join(
            ProcessPart,
            (col(ProcessPart.tenant_id) == col(ContractingProcess.tenant_id))
            & (col(ProcessPart.process_id) == col(ContractingProcess.process_id)),
        )
        .where(
            ContractingProcess.tenant_id == actor.tenant_id,
            ContractingProcess.sujeto_obligado_id == sujeto_obligado_id,
            col(ContractingProcess.moved_to).is_(None),
            found,
            number == any_(literal(list(numbers), ARRAY(Text))),
            ~brought,
        )
        .order_by(col(ContractingProcess.created_at).desc(), col(ContractingProcess.process_id))
    )
    return {str(held): ocid for held, ocid in session.exec(query)} if numbers else {}

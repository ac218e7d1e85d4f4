"""Carrying rows from one tenant to another, table by table, as PostgreSQL itself writes them: every value survives.

Two lists say what belongs to a process and what to a body; a table with a `tenant_id` that is in neither is named in
`STAYS` with its reason, and a test fails for one that is nowhere.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from psycopg import sql
from sqlalchemy import JSON, ColumnElement, Table, Text, cast, delete, func, or_, select, update
from sqlmodel import Session, col

from app.core import json
from app.core.db import in_tenant
from app.core.metadata import metadata
from app.core.tables import among, table_of
from app.imports.models import ImportRow
from app.parties.models import Party, PartyUse
from app.processes.models import ContractingProcess, Observation

OF_A_PROCESS = (
    "contracting_process",
    "ocid_alias",
    "process_part",
    "document_edit",
    "process_version",
    "version_editor",
    "returned_document",
    "observation",
    "observation_message",
    "attachment",
    "party_use",
    "withdrawal_request",
    "redaction",
    "reservation",
    "import_run",
    "import_row",
)
"""In the order in which they are written; deleted the other way round."""

OF_A_BODY = (
    "sujeto_obligado",
    "sujeto_name",
    "sujeto_change",
    "party",
    "party_member",
    "party_change",
    "process_template",
)

STAYS = {
    "audit_event": "la bitácora cuenta lo que pasó aquí",
    "audit_seal": "la bitácora cuenta lo que pasó aquí",
    "break_glass": "es del organismo",
    "calendar_day": "es del organismo",
    "catalog_change": "los catálogos son del organismo",
    "catalog_entry": "los catálogos son del organismo",
    "catalog_load": "los catálogos son del organismo",
    "chain_follower": "lo que depende de lo publicado se hace de nuevo",
    "chain_head": "cada organismo tiene su cadena",
    "chain_transfer": "lo escribe el traspaso mismo",
    "compliance": "se cuenta de nuevo",
    "compliance_count": "se cuenta de nuevo",
    "compliance_fact": "se cuenta de nuevo",
    "download_block": "los archivos de descarga se hacen de nuevo",
    "download_file": "los archivos de descarga se hacen de nuevo",
    "download_state": "los archivos de descarga se hacen de nuevo",
    "export_key": "es del organismo",
    "figure": "se cuenta de nuevo",
    "figure_process": "se cuenta de nuevo",
    "figure_supplier": "se cuenta de nuevo",
    "identity_provider": "es del organismo",
    "invitation": "se cancela y se invita de nuevo desde el destino",
    "link_check": "se mira de nuevo",
    "machine_client": "su secreto es de aquí; se da de alta de nuevo",
    "machine_token": "abre la puerta de aquí",
    "mail_message": "correo que ya salió de aquí",
    "membership": "termina aquí y empieza allá",
    "notice": "aviso de aquí a una persona",
    "ocid_prefix": "sigue siendo de quien lo registró; el destino lo hereda",
    "oidc_identity": "depende del proveedor del organismo",
    "outbox_event": "noticia de aquí",
    "padron_load": "es del organismo",
    "padron_row": "es del organismo",
    "pnt_account": "la escribe otra vez quien la tiene",
    "pnt_declaration": "cuenta lo que se declaró aquí",
    "pnt_delivered": "cuenta lo que se envió desde aquí",
    "pnt_delivery": "cuenta lo que se envió desde aquí",
    "pnt_format": "es del organismo",
    "pnt_loaded": "cuenta lo que se cargó desde aquí",
    "pnt_remote": "cuenta lo que se envió desde aquí",
    "pnt_placed": "se lee otra vez de lo publicado",
    "process_facet": "la mueve la publicación",
    "public_act": "la bitácora pública cuenta lo que pasó aquí",
    "publication_total": "la mueve la publicación",
    "record": "lo mueve la publicación",
    "release": "lo publicado queda en la cadena donde se publicó",
    "release_body": "lo publicado queda en la cadena donde se publicó",
    "reminder": "es del organismo",
    "reminder_body": "es del organismo",
    "retention_term": "es del organismo",
    "s6_process": "se deriva de nuevo de lo publicado",
    "signed_head": "cada organismo tiene su cadena",
    "sujeto_lineage": "nombra a otros sujetos obligados de aquí",
    "taken_over": "lo escribe el traspaso mismo",
    "tenant": "es el organismo",
    "tenant_export": "es del organismo",
    "tenant_host": "es del organismo",
    "tenant_name": "es del organismo",
    "webhook": "su secreto es de aquí; se registra de nuevo",
    "webhook_failure": "cuenta lo que no llegó desde aquí",
    "withheld_reading": "cuenta lo que se leyó aquí",
}
"""Table → why it does not move."""

_KEPT_ON_BOTH_SIDES = ("contracting_process", "ocid_alias", "import_run")
_BLANK = {"title": "", "method": "", "stage": "", "year": None, "unit": "", "folded": ""}


@dataclass(frozen=True, slots=True)
class Way:
    """From which tenant to which."""

    source_id: UUID
    target_id: UUID


def processes(session: Session, way: Way, process_ids: Collection[UUID]) -> None:
    """Copy everything of processes to the target; nothing goes yet.

    Args:
        session: of the owner, bound to the source.
        way: from where to where.
        process_ids: locked by the caller.
    """
    shared = _shared(session, way, process_ids)
    for name in OF_A_PROCESS:
        held = _held(session, way.source_id, name, process_ids)
        if held is None:
            continue
        with in_tenant(session, way.target_id):
            _write(session, way, metadata().tables[name], held, _altered(name, way, shared))


def leave(session: Session, way: Way, process_ids: Collection[UUID]) -> list[str]:
    """Take what was copied away from the source, but for the shell and the files that published bytes name.

    Args:
        session: of the owner, bound to the source.
        way: from where to where.
        process_ids: copied before, in this transaction.

    Returns:
        Keys of files that nothing here names any more.
    """
    keys: list[str] = []
    for name in reversed(OF_A_PROCESS):
        if name in _KEPT_ON_BOTH_SIDES:
            continue
        table = metadata().tables[name]
        which = [table.c.tenant_id == way.source_id, _of(table, process_ids)]
        if name == "attachment":
            session.execute(update(table).where(*which).values(original_id=None))
            which.append(table.c.published_at.is_(None))
            keys = list(session.execute(select(table.c.storage_key).where(*which)).scalars())
        session.execute(delete(table).where(*which))
    session.execute(
        update(ContractingProcess)
        .where(
            col(ContractingProcess.tenant_id) == way.source_id,
            among(ContractingProcess.process_id, process_ids),
        )
        .values(moved_to=way.target_id, **_BLANK)
        .execution_options(synchronize_session=False)
    )
    return keys


def body(session: Session, way: Way, sujeto_obligado_id: UUID, altered: Mapping[str, object]) -> None:
    """Copy a body with its names, its history, its registry and its templates.

    Args:
        session: of the owner, bound to the source.
        way: from where to where.
        sujeto_obligado_id: which body.
        altered: columns of its own row that are another at the target.
    """
    own = select(table_of(Party).c.party_id).where(
        col(Party.tenant_id) == way.source_id, col(Party.sujeto_obligado_id) == sujeto_obligado_id
    )
    for name in OF_A_BODY:
        table = metadata().tables[name]
        if "sujeto_obligado_id" in table.c:
            which = table.c.sujeto_obligado_id == sujeto_obligado_id
        elif name == "party_member":
            which = table.c.group_id.in_(own) & table.c.member_id.in_(own)
        else:
            which = table.c.party_id.in_(own)
        held = _json(session, way.source_id, table, which)
        if held is None:
            continue
        with in_tenant(session, way.target_id):
            change = (
                altered if name == "sujeto_obligado" else {"load_id": None} if "load_id" in table.c else {}
            )
            _write(session, way, table, held, {key: sql.Literal(value) for key, value in change.items()})


def _shared(session: Session, way: Way, process_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], UUID]:
    """Give each body its own copy of the entries that it used of those shared at the source.

    Returns:
        (body, shared entry) → the body's own entry at the target.
    """
    party, use = table_of(Party), table_of(PartyUse)
    asked = session.execute(
        select(use.c.sujeto_obligado_id, use.c.party_id, party.c.identifier_scheme, party.c.identifier_id)
        .join(party, (party.c.tenant_id == use.c.tenant_id) & (party.c.party_id == use.c.party_id))
        .where(
            use.c.tenant_id == way.source_id,
            among(PartyUse.process_id, process_ids),
            party.c.sujeto_obligado_id.is_(None),
        )
        .distinct()
    ).all()
    found: dict[tuple[UUID, UUID], UUID] = {}
    for whose, party_id, scheme, number in asked:
        held = _json(session, way.source_id, party, party.c.party_id == party_id)
        own = uuid5(whose, str(party_id))
        with in_tenant(session, way.target_id):
            same = session.execute(
                select(party.c.party_id).where(
                    party.c.tenant_id == way.target_id,
                    party.c.sujeto_obligado_id == whose,
                    or_(
                        party.c.party_id == own,
                        (party.c.identifier_id != "")
                        & (party.c.identifier_scheme == scheme)
                        & (party.c.identifier_id == number),
                    ),
                )
            ).scalar()
            if same is None and held is not None:
                mine = {"party_id": sql.Literal(own), "sujeto_obligado_id": sql.Literal(whose)}
                _write(session, way, party, held, mine)
            found[whose, party_id] = same or own
    return found


def _held(session: Session, tenant_id: UUID, name: str, process_ids: Collection[UUID]) -> str | None:
    table = metadata().tables[name]
    return _json(session, tenant_id, table, _of(table, process_ids))


def _of(table: Table, process_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Return which rows of a table belong to processes."""
    if table.name == "observation_message":
        observation = table_of(Observation)
        return table.c.observation_id.in_(
            select(observation.c.observation_id).where(
                observation.c.tenant_id == table.c.tenant_id, among(Observation.process_id, process_ids)
            )
        )
    if table.name == "import_run":
        row = table_of(ImportRow)
        return table.c.import_id.in_(
            select(row.c.import_id).where(
                row.c.tenant_id == table.c.tenant_id, among(ImportRow.process_id, process_ids)
            )
        )
    return table.c.process_id.in_(list(process_ids))


def _altered(name: str, way: Way, shared: Mapping[tuple[UUID, UUID], UUID]) -> dict[str, sql.Composable]:
    """Return what a copied row says otherwise at the target."""
    target = sql.Literal(way.target_id)
    if name == "attachment":
        return {
            "storage_key": sql.SQL("{}::text || substr(held.storage_key, {})").format(
                target, sql.Literal(len(str(way.source_id)) + 1)
            )
        }
    if name == "import_run":
        # Where it came from stays told; the file itself holds what is others' too, and stays with them.
        return {
            "sujeto_obligado_id": sql.SQL(
                "(SELECT s.sujeto_obligado_id FROM sujeto_obligado s WHERE s.tenant_id = {} "
                "AND s.sujeto_obligado_id = held.sujeto_obligado_id)"
            ).format(target),
            "storage_key": sql.Literal(""),
            "original_deleted_at": sql.SQL("coalesce(held.original_deleted_at, now())"),
        }
    if name == "party_use" and shared:
        own = [{"whose": body, "party": party, "own": mine} for (body, party), mine in shared.items()]
        return {
            "party_id": sql.SQL(
                "coalesce((SELECT m.own FROM json_to_recordset({}::json) AS m(whose uuid, party uuid, own uuid) "
                "WHERE m.whose = held.sujeto_obligado_id AND m.party = held.party_id), held.party_id)"
            ).format(sql.Literal(json.text(own)))
        }
    return {}


def _json(session: Session, tenant_id: UUID, table: Table, which: ColumnElement[bool]) -> str | None:
    """Return rows as one JSON text, or None where there are none."""
    columns = [column for column in table.columns if column.computed is None]
    row = select(*columns).where(table.c.tenant_id == tenant_id, which).subquery("row")
    told: str | None = session.execute(
        select(cast(func.json_agg(func.row_to_json(row.table_valued())), Text)).select_from(row)
    ).scalar_one()
    return told


def _write(
    session: Session, way: Way, table: Table, rows: str, altered: Mapping[str, sql.Composable]
) -> None:
    """Insert rows at the target; the transaction is bound to it. What is there already stays."""
    columns = [column for column in table.columns if column.computed is None]
    values: list[sql.Composable] = []
    for column in columns:
        if column.name == "tenant_id":
            values.append(sql.Literal(way.target_id))
        elif column.name in altered:
            values.append(altered[column.name])
        elif isinstance(column.type, JSON) and not column.nullable:
            values.append(sql.SQL("coalesce({}, 'null')").format(sql.Identifier(column.name)))
        else:
            values.append(sql.Identifier(column.name))
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {values} "
        "FROM json_populate_recordset(NULL::{table}, %s::json) AS held{already}"
    ).format(
        table=sql.Identifier("public", table.name),
        columns=sql.SQL(", ").join(sql.Identifier(column.name) for column in columns),
        values=sql.SQL(", ").join(values),
        already=sql.SQL(" ON CONFLICT DO NOTHING" if table.name == "import_run" else ""),
    )
    connection: Any = session.connection().connection.driver_connection
    connection.execute(statement, [rows])


def tables() -> Sequence[str]:
    """Return every table that some list names."""
    return (*OF_A_PROCESS, *OF_A_BODY, *STAYS)

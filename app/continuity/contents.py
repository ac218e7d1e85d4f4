"""What a full export holds, table by table, and why some tables stay behind.

A table with a `tenant_id` stands in exactly one of the two lists; a test fails for one that is in neither.
"""

from sqlalchemy import Column, Table

from app.core.metadata import metadata

FORMAT = 1
"""Of the archive; a reader refuses a newer one."""

EXPORTED = (
    "attachment",
    "audit_event",
    "audit_seal",
    "calendar_day",
    "catalog_change",
    "catalog_entry",
    "catalog_load",
    "chain_head",
    "chain_transfer",
    "contracting_process",
    "document_edit",
    "export_key",
    "import_row",
    "import_run",
    "link_check",
    "membership",
    "observation",
    "observation_message",
    "ocid_alias",
    "ocid_prefix",
    "padron_load",
    "padron_row",
    "party",
    "party_change",
    "party_member",
    "party_use",
    "pnt_declaration",
    "pnt_delivered",
    "pnt_delivery",
    "pnt_format",
    "pnt_loaded",
    "pnt_remote",
    "process_facet",
    "process_part",
    "process_template",
    "process_version",
    "public_act",
    "publication_total",
    "record",
    "redaction",
    "release",
    "release_body",
    "reminder",
    "reminder_body",
    "reservation",
    "retention_term",
    "returned_document",
    "sujeto_change",
    "sujeto_lineage",
    "sujeto_name",
    "sujeto_obligado",
    "taken_over",
    "tenant",
    "tenant_host",
    "tenant_name",
    "version_editor",
    "withdrawal_request",
    "withheld_reading",
)
"""Every row of these; `release_body` as one file per release, byte by byte."""

LEFT_BEHIND = {
    "break_glass": "abre la puerta de esta instalación; en la otra se entra con una contraseña nueva",
    "chain_follower": "lo que depende de lo publicado se hace de nuevo en la otra instalación",
    "compliance": "se cuenta de nuevo en la otra instalación",
    "compliance_count": "se cuenta de nuevo en la otra instalación",
    "compliance_fact": "se cuenta de nuevo en la otra instalación",
    "download_block": "los archivos de descarga se hacen de nuevo de lo publicado",
    "download_file": "los archivos de descarga se hacen de nuevo de lo publicado",
    "download_state": "los archivos de descarga se hacen de nuevo de lo publicado",
    "figure": "se cuenta de nuevo en la otra instalación",
    "figure_process": "se cuenta de nuevo en la otra instalación",
    "figure_supplier": "se cuenta de nuevo en la otra instalación",
    "identity_provider": "su secreto está sellado con las llaves de esta instalación",
    "invitation": "su enlace es de esta instalación; se invita de nuevo",
    "machine_client": "su secreto es de esta instalación; se da de alta de nuevo",
    "machine_token": "abre la puerta de esta instalación",
    "mail_message": "correo que envía esta instalación",
    "notice": "aviso de esta instalación a una persona",
    "oidc_identity": "depende del proveedor, que no viaja",
    "outbox_event": "noticia que reparte esta instalación",
    "pnt_account": "secreto cifrado con las llaves de esta instalación",
    "pnt_placed": "se lee otra vez de lo publicado",
    "s6_process": "se deriva de nuevo de lo publicado",
    "signed_head": "la firmó una llave de esta instalación; en la otra se firma desde el primer día",
    "webhook": "su secreto está sellado con las llaves de esta instalación; se registra de nuevo",
    "webhook_failure": "cuenta lo que no llegó desde esta instalación",
    "tenant_export": "exportación de esta instalación",
}
"""Table → why it is not in the archive."""

FILES_LEFT_BEHIND = {
    "downloads": "archivos de descarga, que se hacen de nuevo de lo publicado",
    "exports": "exportaciones de esta instalación",
}
"""Kind of stored file → why it is not in the archive."""
ORIGINALS = "imports"
"""The kind of files that were imported, which travel only when asked for."""

PEOPLE = ("account_id", "email", "full_name")
"""What the archive says of a person: no password, no second factor, no session."""

BODIES = "release_body"


def tables() -> list[Table]:
    """Return the exported tables, each after those that it refers to."""
    return [table for table in metadata().sorted_tables if table.name in EXPORTED]


def columns(table: Table) -> list[Column[object]]:
    """Return the columns of a table that hold what was written; the others follow from them."""
    return [column for column in table.columns if column.computed is None]


def order(table: Table) -> list[Column[object]]:
    """Return by what rows are ordered: a row comes after the one of its own table that it refers to."""
    own = [
        table.c[key.column_keys[-1]] for key in table.foreign_key_constraints if key.referred_table is table
    ]
    return [*own, *table.primary_key.columns]

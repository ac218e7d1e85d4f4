"""Who did what, read back from the audit: of one process, and the log of the whole tenant."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast
from sqlmodel import col, select

from app.core.audit import AuditEvent
from app.core.db import Actor, RwSession
from app.core.pagination import Page, cut, decode_cursor
from app.identity.queries import full_names
from app.processes.models import ContractingProcess

SUBJECT = "contracting_process"

VERBS = {
    "process.save": "Guardó cambios",
    "process.edit": "Editó el documento",
    "process.submit": "Envió a revisión",
    "process.recall": "Retiró de revisión",
    "process.approve": "Aprobó",
    "process.approve_alone": "Aprobó lo que había capturado",
    "process.take": "Tomó la revisión",
    "process.release": "Dejó la revisión",
    "process.schedule": "Programó la publicación",
    "process.cancel": "Canceló la programación",
    "process.miss": "No pudo publicarla a su hora",
    "process.correct": "Dijo por qué se corrige",
    "process.observe": "Observó lo publicado",
    "process.sample": "Marcó como vista",
    "observation.answer": "Respondió una observación",
    "observation.resolve": "Resolvió una observación",
    "observation.reopen": "Volvió a abrir una observación",
    "process.return": "Devolvió con observaciones",
    "process.revoke": "Anuló la aprobación",
    "process.publish": "Publicó",
    "process.discard": "Descartó el borrador",
    "process.restore": "Recuperó el borrador",
    "process.withdraw": "Retiró de la publicación",
    "attachment.receive": "Agregó un archivo",
    "attachment.discard": "Descartó un archivo",
    "attachment.condemn": "Encontró un virus en un archivo",
    "attachment.publish": "Hizo público un archivo",
    "attachment.withdraw": "Retiró un archivo",
    "attachment.read_reserved": "Abrió un original reservado",
    "process.due": "Cambió la fecha límite",
    "template.save": "Guardó una plantilla",
    "template.rename": "Cambió el nombre de una plantilla",
    "template.retire": "Retiró una plantilla",
    "template.restore": "Recuperó una plantilla",
    "import.start": "Subió un archivo",
    "import.begin": "Importó sin vista previa",
    "import.preview": "Leyó un archivo",
    "import.confirm": "Confirmó una importación",
    "import.finish": "Terminó una importación",
    "import.cancel": "Canceló una importación",
    "import.stop": "Detuvo una importación",
    "import.resume": "Reanudó una importación",
    "import.read_again": "Volvió a leer un archivo",
    "import.fail": "Una importación no pudo seguir",
    "party.create": "Agregó una ficha al registro",
    "party.correct": "Corrigió una ficha del registro",
    "party.retire": "Retiró una ficha del registro",
    "party.restore": "Recuperó una ficha del registro",
    "catalog.receive": "Envió un archivo a un catálogo",
    "catalog.load": "Cargó un archivo en un catálogo",
    "catalog.discard": "Descartó un archivo de un catálogo",
    "catalog.add": "Agregó una clave a un catálogo",
    "catalog.change": "Cambió una clave de un catálogo",
    "catalog.retire": "Retiró una clave de un catálogo",
    "catalog.restore": "Recuperó una clave de un catálogo",
    "padron.add": "Agregó un sujeto obligado al padrón",
    "tenant.add_prefix": "Agregó un prefijo de OCID",
}
"""Verb of an audit row → what the person did."""


@dataclass(frozen=True, slots=True)
class Act:
    """One row of the audit in words; `who` is empty for the service itself."""

    event_id: int
    at: datetime
    who: str
    did: str
    version: int | None
    process_id: UUID | None
    title: str


def acts_on(session: RwSession, actor: Actor, process_id: UUID, *, limit: int = 50) -> list[Act]:
    """Return the last acts on a process, the newest first; the caller has checked that the actor may see it."""
    rows = session.exec(
        select(AuditEvent)
        .where(
            AuditEvent.tenant_id == actor.tenant_id,
            AuditEvent.subject_type == SUBJECT,
            AuditEvent.subject_id == str(process_id),
        )
        .order_by(col(AuditEvent.event_id).desc())
        .limit(limit)
    ).all()
    names = full_names(session, {row.account_id for row in rows if row.account_id})
    return [_act(row, names, None) for row in rows]


def log(session: RwSession, actor: Actor, *, cursor: str | None, limit: int = 50) -> Page[Act]:
    """Return the acts that the actor may see, the newest first.

    Whoever is confined to a sujeto obligado sees the acts on its processes and no others.
    """
    same: ColumnElement[bool] = and_(
        col(ContractingProcess.tenant_id) == col(AuditEvent.tenant_id),
        col(AuditEvent.subject_type) == SUBJECT,
        cast(col(ContractingProcess.process_id), Text) == col(AuditEvent.subject_id),
    )
    query = (
        select(AuditEvent, ContractingProcess)
        .outerjoin(ContractingProcess, same)
        .where(AuditEvent.tenant_id == actor.tenant_id)
    )
    if actor.sujeto_obligado_id is not None:
        query = query.where(ContractingProcess.sujeto_obligado_id == actor.sujeto_obligado_id)
    if cursor:
        query = query.where(col(AuditEvent.event_id) < int(decode_cursor(cursor, int)[0]))
    rows = session.exec(query.order_by(col(AuditEvent.event_id).desc()).limit(limit + 1)).all()
    names = full_names(session, {event.account_id for event, _ in rows if event.account_id})
    acts = [_act(event, names, process) for event, process in rows]
    return cut(acts, limit, lambda act: (act.event_id,))


def _did(event: AuditEvent) -> str:
    source = str(event.detail.get("source") or "")
    if event.verb == "process.save" and source.startswith("restore:"):
        return f"Restauró la versión {source.removeprefix('restore:')}"
    if event.verb == "process.take" and event.detail.get("instead_of"):
        return "Tomó la revisión que tenía otra persona"
    if event.verb == "process.save" and source == "capture" and event.detail.get("outcome") == "created":
        return "Empezó la contratación"
    return VERBS.get(event.verb, event.verb)


def _act(event: AuditEvent, names: dict[UUID, str], process: ContractingProcess | None) -> Act:
    version = event.detail.get("version")
    return Act(
        event_id=event.event_id,
        at=event.at,
        who=names.get(event.account_id, "Una cuenta que ya no existe") if event.account_id else "",
        did=_did(event),
        version=version if isinstance(version, int) else None,
        process_id=process.process_id if process else None,
        title=(process.title or process.ocid) if process else "",
    )

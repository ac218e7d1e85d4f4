"""What was done to one process, read back from the audit; and the words of every act."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from app.core.audit import AuditEvent
from app.core.db import Actor, RwSession
from app.identity.queries import full_names

OUTSIDE = "Operación de la plataforma"
"""Who acts in a tenant without having been of it; nobody in the tenant sees whose account that is."""
SUBJECT = "contracting_process"

VERBS = {
    "process.save": "Guardó cambios",
    "process.move_in": "La recibió de otro organismo garante",
    "process.move_out": "La pasó a otro organismo garante",
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
    "process.redact": "Testó los borradores y la historia",
    "withdrawal.request": "Pidió un retiro",
    "withdrawal.cancel": "Canceló la solicitud de retiro",
    "withdrawal.refuse": "Negó el retiro",
    "withdrawal.approve": "Aprobó el retiro",
    "reservation.request": "Pidió reservar datos",
    "reservation.cancel": "Canceló la solicitud de reserva",
    "reservation.refuse": "Negó la reserva",
    "reservation.grant": "Autorizó la reserva",
    "reservation.extend": "Prorrogó la reserva",
    "reservation.end": "Terminó la reserva",
    "reservation.expire": "Terminó el plazo de una reserva",
    "withheld.read": "Leyó datos que no se publican",
    "reservation.read": "Leyó la prueba de daño de una reserva",
    "public_act.tell": "Asentó un acto en la bitácora pública",
    "import.delete_original": "Borró el archivo original de una importación",
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
    "import.undo": "Pidió deshacer una importación",
    "import.undone": "Deshizo una importación",
    "pnt_format.choose": "Eligió un formato de la PNT",
    "pnt_format.remove": "Quitó un formato de la PNT",
    "pnt_declaration.declare": "Declaró un trimestre sin contratos",
    "pnt_declaration.withdraw": "Retiró la declaración sin contratos de un trimestre",
    "pnt_declaration.lapse": "Un contrato publicado retiró la declaración sin contratos de su trimestre",
    "pnt_loaded.mark": "Dijo que la PNT ya tiene un trimestre",
    "pnt_account.keep": "Guardó la cuenta de la institución en la PNT",
    "pnt_account.forget": "Olvidó la cuenta de la institución en la PNT",
    "pnt_delivery.start": "Empezó a enviar un trimestre a la PNT",
    "pnt_delivery.end": "Terminó un envío a la PNT",
    "pnt_delivery.settle": "Aclaró si la PNT tiene un renglón",
    "party.create": "Agregó una ficha al registro",
    "party.correct": "Corrigió una ficha del registro",
    "party.retire": "Retiró una ficha del registro",
    "party.redact": "Testó una ficha del registro",
    "party.restore": "Recuperó una ficha del registro",
    "catalog.receive": "Envió un archivo a un catálogo",
    "catalog.load": "Cargó un archivo en un catálogo",
    "catalog.discard": "Descartó un archivo de un catálogo",
    "catalog.add": "Agregó una clave a un catálogo",
    "catalog.change": "Cambió una clave de un catálogo",
    "catalog.retire": "Retiró una clave de un catálogo",
    "catalog.restore": "Recuperó una clave de un catálogo",
    "padron.add": "Agregó un sujeto obligado al padrón",
    "padron.change": "Cambió los datos de un sujeto obligado",
    "padron.rename": "Cambió el nombre de un sujeto obligado",
    "padron.policy": "Cambió quién aprueba en un sujeto obligado",
    "padron.suspend": "Suspendió un sujeto obligado",
    "padron.reactivate": "Reactivó un sujeto obligado",
    "padron.merge": "Registró una fusión",
    "padron.split": "Registró una escisión",
    "padron.succession": "Registró una sucesión",
    "padron.receive": "Envió un archivo del padrón",
    "padron.order": "Pidió aplicar un archivo del padrón",
    "padron.resume": "Continuó la carga de un archivo del padrón",
    "padron.discard": "Descartó un archivo del padrón",
    "padron.load": "Aplicó un archivo del padrón",
    "tenant.decide": "Cambió los ajustes del organismo",
    "tenant.calendar": "Cambió el calendario del organismo",
    "tenant.add_prefix": "Agregó un prefijo de OCID",
    "process.forget": "Borró un borrador descartado que cumplió su plazo",
    "audit.export": "Descargó la bitácora",
    "client.create": "Dio acceso a un sistema",
    "client.revoke": "Quitó el acceso a un sistema",
    "client.rotate": "Cambió el secreto de un sistema",
    "webhook.register": "Registró una dirección que recibe los cambios",
    "webhook.prove": "Pidió comprobar una dirección que recibe los cambios",
    "webhook.rotate": "Cambió el secreto con que se firman los avisos a un sistema",
    "webhook.pause": "Pausó los avisos a un sistema",
    "webhook.resume": "Reanudó los avisos a un sistema",
    "webhook.send_again": "Pidió reenviar avisos que no llegaron",
    "webhook.remove": "Quitó una dirección que recibía los cambios",
    "webhook.stop": "Se apagaron los avisos a un sistema que no los recibía",
    "invitation.send": "Invitó a una persona",
    "invitation.resend": "Envió otra vez una invitación",
    "invitation.revoke": "Canceló una invitación",
    "invitation.accept": "Aceptó una invitación",
    "membership.grant": "Dio una función a una persona",
    "membership.end": "Quitó una función a una persona",
    "membership.keep": "Confirmó que una persona conserva su función",
    "membership.lend": "Prestó su función",
    "membership.take_back": "Recuperó la función que prestó",
    "membership.expire": "Terminó un préstamo de función",
    "membership.hand_over": "Pasó el trabajo de una persona a otra",
    "membership.sso_give": "Recibió una función de su proveedor de identidad",
    "membership.sso_take": "Perdió una función que le daba su proveedor de identidad",
    "reminder.send": "Envió recordatorios",
    "sso.break_glass": "Abrió el acceso de emergencia",
    "sso.configure": "Cambió el acceso con proveedor de identidad",
    "tenant.found": "Creó el organismo",
    "tenant.suspend": "Suspendió el organismo",
    "tenant.resume": "Reanudó el organismo",
    "tenant.delete": "Dio de baja el organismo",
    "tenant.deletion_cancel": "Canceló la baja del organismo",
    "tenant.succession_ask": "Pidió la sucesión del organismo",
    "tenant.succession_accept": "Aceptó la sucesión del organismo",
    "tenant.succession_cancel": "Canceló la sucesión del organismo",
    "tenant.export_key_ask": "Pidió una llave de exportación",
    "tenant.export_key_accept": "Aceptó una llave de exportación",
    "tenant.export_key_cancel": "Canceló una llave de exportación",
    "tenant.deletion_ask": "Pidió la baja del organismo",
    "tenant.deletion_accept": "Aceptó la baja del organismo",
    "tenant.import": "Trajo el organismo de otra instalación",
    "tenant.second_factor": "Cambió a quién se le pide un segundo factor",
    "tenant.state_export_key": "Dio la llave con que se cifran las exportaciones",
    "tenant.export": "Pidió una exportación completa",
    "tenant.export_ready": "La exportación quedó lista",
    "tenant.export_link": "Pidió un enlace nuevo para la exportación",
    "tenant.export_download": "Descargó la exportación",
    "retention.set": "Cambió un plazo de conservación",
    "retention.forget": "Borró lo que cumplió su plazo de conservación",
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


def acts_on(session: RwSession, actor: Actor, process_id: UUID, *, limit: int = 50) -> list[Act]:
    """Return the last acts on a process, the newest first; the caller has checked that the actor may see it."""
    rows = session.exec(
        select(AuditEvent)
        .where(
            AuditEvent.tenant_id == actor.tenant_id,
            AuditEvent.subject_type == SUBJECT,
            AuditEvent.subject_id == str(process_id),
            col(AuditEvent.verb).not_in(
                ("withheld.read", "reservation.read")
            ),  # who looked is the log's to tell, not the document's history
        )
        .order_by(col(AuditEvent.event_id).desc())
        .limit(limit)
    ).all()
    names = full_names(session, {row.account_id for row in rows if row.account_id})
    return [_act(row, names) for row in rows]


def did(event: AuditEvent) -> str:
    """Return in words what an audit row says was done."""
    source = str(event.detail.get("source") or "")
    if event.verb == "process.save" and source.startswith("restore:"):
        return f"Restauró la versión {source.removeprefix('restore:')}"
    if event.verb == "process.take" and event.detail.get("instead_of"):
        return "Tomó la revisión que tenía otra persona"
    if event.verb == "process.save" and source == "capture" and event.detail.get("outcome") == "created":
        return "Empezó la contratación"
    return VERBS.get(event.verb, event.verb)


def _act(event: AuditEvent, names: dict[UUID, str]) -> Act:
    version = event.detail.get("version")
    return Act(
        event_id=event.event_id,
        at=event.at,
        who=names.get(event.account_id, OUTSIDE) if event.account_id else "",
        did=did(event),
        version=version if isinstance(version, int) else None,
    )

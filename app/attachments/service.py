"""Acts on files: receive, discard, publish, withdraw, open.

Bytes are stored before their row is written and deleted after it says so, so that a row never lacks its bytes; what a
crash leaves behind without a row is swept by a chore (`examining.sweep`).
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select

from app.attachments import addresses, queries, tasks
from app.attachments.links import LinkState, check_links, link_state
from app.attachments.models import Attachment
from app.attachments.receiving import Intake, Received, SentFile, editable, receive, sent_files
from app.attachments.workflow import FILES
from app.core import audit, clock
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError
from app.core.policy import Permission, require
from app.core.tables import among

__all__ = [
    "Intake",
    "LinkState",
    "Received",
    "SentFile",
    "check_links",
    "count",
    "discard",
    "editable",
    "forget",
    "link_state",
    "opened",
    "public_files",
    "publish",
    "receive",
    "sent_files",
    "withdraw",
]


def discard(session: RwSession, actor: Actor, process_id: UUID, attachment_id: UUID) -> None:
    """Take back a file that was never published; its bytes are deleted.

    Raises:
        NotFoundError: absent, or another's.
        ForbiddenError: the role does not edit.
        ConflictError: it is published, or the process is where nobody edits it.
    """
    editable(session, actor, process_id)
    row = queries.attachment(session, actor, process_id, attachment_id, for_update=True)
    if row.published_at is not None:
        raise ConflictError("El archivo ya es público: solo se va con el retiro de la entrega que lo nombra.")
    FILES.apply(row, "discard")
    session.flush()
    tasks.delete_bytes.defer(session, attachment_id=str(attachment_id))
    _record(session, "attachment.discard", row)


def publish(
    session: RwSession, actor: Actor, named: Mapping[UUID, Mapping[UUID, str]]
) -> dict[UUID, list[dict[str, Any]]]:
    """Make public the files that releases name, in the transaction that publishes them.

    Args:
        session: bound to the actor, who has been found to be allowed to publish.
        actor: whose tenant it is.
        named: process → the files that its release names, with their addresses (`addresses.named_in`).

    Returns:
        Process → problems, JSON-ready, for those whose release may not go out; none of their files is made public.
    """
    wanted = {attachment_id for files in named.values() for attachment_id in files}
    if not wanted:
        return {}
    rows = {
        row.attachment_id: row
        for row in session.exec(
            select(Attachment)
            .where(Attachment.tenant_id == actor.tenant_id, among(Attachment.attachment_id, wanted))
            .order_by(col(Attachment.attachment_id))
            .with_for_update()
        )
    }
    hosts = addresses.hosts(session, actor) if wanted - rows.keys() else frozenset[str]()
    problems: dict[UUID, list[dict[str, Any]]] = {}
    for process_id, files in named.items():
        found = [
            _problem(why)
            for attachment_id, url in files.items()
            if (why := _refusal(rows.get(attachment_id), process_id, url, hosts))
        ]
        if found:
            problems[process_id] = found
    for process_id in named.keys() - problems.keys():
        for attachment_id in named[process_id]:
            row = rows.get(attachment_id)
            if row is not None and row.published_at is None:
                row.published_at = clock.now()
                _record(session, "attachment.publish", row)
    session.flush()
    return problems


def _refusal(row: Attachment | None, process_id: UUID, url: str, hosts: frozenset[str]) -> str:
    """Return why a release may not name a file; "" where it may, or where the file is another site's."""
    if row is None:
        return (
            f"El documento enlaza un archivo que no está aquí: {url}" if addresses.is_at(url, hosts) else ""
        )
    if row.process_id != process_id:
        return f"El documento enlaza un archivo de otra contratación: {url}"
    refusals = {
        "scanning": "todavía se revisa en busca de virus. Espera unos minutos y publica otra vez.",
        "infected": "tiene un virus: quítalo del documento.",
        "withdrawn": "se descartó o se retiró: envíalo otra vez o quita el documento.",
    }
    why = refusals.get(row.status, "")
    if row.kind == "reserved":
        why = "es un original reservado y no se publica: enlaza su versión pública."
    return f"El archivo «{row.file_name}» {why}" if why else ""


def _problem(message: str) -> dict[str, Any]:
    return {"pointer": "", "code": "attachment", "severity": "error", "message": message}


def withdraw(session: RwSession, actor: Actor, process_id: UUID, still_named: Collection[UUID]) -> None:
    """Take from the public the files of a process that no release names any more; their addresses answer 410.

    Args:
        session: bound to the actor; in the transaction of the withdrawal.
        actor: recorded in the audit.
        process_id: whose release was withdrawn.
        still_named: files that its remaining releases name.
    """
    for row in session.exec(
        select(Attachment)
        .where(
            Attachment.tenant_id == actor.tenant_id,
            Attachment.process_id == process_id,
            Attachment.status == "ready",
            col(Attachment.published_at).is_not(None),
        )
        .with_for_update()
    ):
        if row.attachment_id not in still_named:
            FILES.apply(row, "withdraw")
            tasks.delete_bytes.defer(session, attachment_id=str(row.attachment_id))
            _record(session, "attachment.withdraw", row)
    session.flush()


def public_files(session: RwSession, actor: Actor, process_id: UUID) -> set[UUID]:
    """Return the files of a process that the world can read."""
    return set(
        session.exec(
            select(Attachment.attachment_id).where(
                Attachment.tenant_id == actor.tenant_id,
                Attachment.process_id == process_id,
                Attachment.status == "ready",
                col(Attachment.published_at).is_not(None),
            )
        )
    )


def count(session: RwSession, actor: Actor, process_id: UUID) -> int:
    """Return how many files of a process have bytes, public or not."""
    return session.exec(select(func.count()).where(*_standing(actor, process_id))).one()


def forget(
    session: RwSession, actor: Actor, process_id: UUID, name: str, *, only: Collection[UUID] | None = None
) -> None:
    """Take away the files of a process, reserved originals too, by a legal act; hashes stay, and the name becomes `name`.

    Args:
        session: bound to the actor; in the transaction of the act.
        actor: recorded in the audit.
        process_id: whose files.
        name: what stands for theirs.
        only: these, unless they were published, and their originals; all by default.
    """
    which = [col(Attachment.tenant_id) == actor.tenant_id, col(Attachment.process_id) == process_id]
    if only is not None:
        rows = session.exec(
            select(Attachment.attachment_id, Attachment.original_id).where(
                *which, among(Attachment.attachment_id, only)
            )
        )
        which += [
            among(Attachment.attachment_id, {one for row in rows for one in row if one is not None}),
            # A withdrawal takes what was published, where no release names it any more.
            col(Attachment.published_at).is_(None),
        ]
    for row in session.exec(
        select(Attachment).where(*which).order_by(col(Attachment.attachment_id)).with_for_update()
    ):
        row.file_name = name
        if row.status != "withdrawn":
            FILES.apply(row, "discard")
            tasks.delete_bytes.defer(session, attachment_id=str(row.attachment_id))
            _record(session, "attachment.withdraw", row)
    session.flush()


def _standing(actor: Actor, process_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Attachment.tenant_id) == actor.tenant_id,
        col(Attachment.process_id) == process_id,
        col(Attachment.status) != "withdrawn",
    )


def _record(session: RwSession, verb: str, row: Attachment) -> None:
    audit.record(
        session,
        verb,
        "contracting_process",
        row.process_id,
        attachment=str(row.attachment_id),
        sha256=row.sha256.hex(),
    )


def opened(session: RwSession, actor: Actor, process_id: UUID, attachment_id: UUID) -> Attachment:
    """Return a file that the actor is about to read from the desk; reading a reserved one is recorded.

    Raises:
        NotFoundError: absent, or not the actor's to read.
        ConflictError: it has not been found clean.
    """
    row = queries.attachment(session, actor, process_id, attachment_id)
    require(actor, Permission.PROCESS_READ, row.sujeto_obligado_id)
    if row.status != "ready":
        raise ConflictError(
            "El archivo tiene un virus y no se abre."
            if row.status == "infected"
            else f"El archivo todavía se revisa en busca de virus. {row.scan_note}".strip()
        )
    if row.kind == "reserved":
        _record(session, "attachment.read_reserved", row)
    return row

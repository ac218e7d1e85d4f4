"""Reading files."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from uuid import UUID

import sqlalchemy
from sqlalchemy import tuple_
from sqlmodel import col, select

from app.attachments.models import Attachment
from app.core.db import Actor, PublicSession, RwSession
from app.core.errors import GoneError, NotFoundError
from app.core.pagination import Page, cut, reached
from app.core.policy import Permission, allowed
from app.core.tables import among, table_of
from app.processes.queries import process_row
from app.tenancy.models import SujetoObligado, Tenant

_ABSENT = "No encontramos ese archivo."


@dataclass(frozen=True, slots=True)
class Stored:
    """What serving a file takes."""

    storage_key: str
    file_name: str
    media_type: str
    size_bytes: int
    sha256: bytes


_SERVED = tuple(one.name for one in fields(Stored))


def may_read_reserved(actor: Actor, sujeto_obligado_id: UUID) -> bool:
    """Tell whether somebody may read reserved originals: the body's own people, and who reviews."""
    return actor.sujeto_obligado_id == sujeto_obligado_id or allowed(
        actor, Permission.PROCESS_APPROVE_GARANTE
    )


def attachment(
    session: RwSession, actor: Actor, process_id: UUID, attachment_id: UUID, *, for_update: bool = False
) -> Attachment:
    """Return a file of a process.

    Raises:
        NotFoundError: absent, withdrawn, of another process, tenant or sujeto obligado, or reserved and not the
            actor's to read.
    """
    process = process_row(session, actor, process_id)
    query = select(Attachment).where(
        Attachment.tenant_id == actor.tenant_id,
        Attachment.attachment_id == attachment_id,
        Attachment.process_id == process.process_id,
        Attachment.status != "withdrawn",
    )
    row = session.exec(query.with_for_update() if for_update else query).one_or_none()
    if row is None or (row.kind == "reserved" and not may_read_reserved(actor, row.sujeto_obligado_id)):
        raise NotFoundError(_ABSENT)
    return row


def of_process(
    session: RwSession, actor: Actor, process_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> Page[Attachment]:
    """Return the files of a process that the actor may see, the newest first.

    Raises:
        NotFoundError: the process is absent, another tenant's, or another sujeto obligado's.
    """
    process = process_row(session, actor, process_id)
    query = select(Attachment).where(
        Attachment.tenant_id == actor.tenant_id,
        Attachment.process_id == process_id,
        Attachment.status != "withdrawn",
    )
    if not may_read_reserved(actor, process.sujeto_obligado_id):
        query = query.where(Attachment.kind == "public")
    if cursor:
        seen = tuple_(*reached(cursor))
        query = query.where(tuple_(Attachment.created_at, Attachment.attachment_id) < seen)
    rows = session.exec(
        query.order_by(col(Attachment.created_at).desc(), col(Attachment.attachment_id).desc()).limit(
            limit + 1
        )
    ).all()
    return cut(rows, limit, lambda row: (row.created_at.isoformat(), str(row.attachment_id)))


def originals(session: RwSession, actor: Actor, process_id: UUID) -> list[Attachment]:
    """Return the reserved originals of a process, by name; the caller has checked that the actor may see them."""
    return list(
        session.exec(
            select(Attachment)
            .where(
                Attachment.tenant_id == actor.tenant_id,
                Attachment.process_id == process_id,
                Attachment.kind == "reserved",
                Attachment.status != "withdrawn",
            )
            .order_by(col(Attachment.file_name))
            .limit(200)
        )
    )


def by_id(
    session: RwSession, actor: Actor, attachment_id: UUID, *, for_update: bool = False
) -> Attachment | None:
    """Return a file of the tenant in whatever state, for the jobs."""
    query = select(Attachment).where(
        Attachment.tenant_id == actor.tenant_id, Attachment.attachment_id == attachment_id
    )
    return session.exec(query.with_for_update() if for_update else query).one_or_none()


def standing(session: RwSession, actor: Actor, keys: Collection[str]) -> dict[str, bool]:
    """Return the keys that rows name → whether the row still needs its bytes."""
    rows = session.exec(
        select(Attachment.storage_key, Attachment.status).where(
            Attachment.tenant_id == actor.tenant_id, among(Attachment.storage_key, keys)
        )
    )
    return {key: status in ("scanning", "ready") for key, status in rows}


def published(session: PublicSession, tenant_id: UUID, attachment_id: UUID) -> Stored:
    """Return a published file.

    Raises:
        NotFoundError: absent, not published, reserved: the world cannot tell which.
        GoneError: it was published and withdrawn.
    """
    table = table_of(Attachment)
    row = session.execute(
        sqlalchemy.select(*(table.c[name] for name in _SERVED), table.c.status).where(
            table.c.tenant_id == tenant_id,
            table.c.attachment_id == attachment_id,
            table.c.kind == "public",
            table.c.published_at.is_not(None),
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError(_ABSENT)
    if row.status == "withdrawn":
        raise GoneError("Este archivo se retiró de la publicación junto con la entrega que lo nombraba.")
    return Stored(*row[:-1])


def published_elsewhere(
    session: PublicSession, tenant_id: UUID, attachment_id: UUID
) -> tuple[str, str] | None:
    """Return slug and file name where a file is published whose body left this tenant before that."""
    tenant, table, left = table_of(Tenant), table_of(Attachment), table_of(SujetoObligado)
    row = session.execute(
        sqlalchemy.select(tenant.c.slug, table.c.file_name)
        .select_from(tenant)
        .join(table, table.c.tenant_id == tenant.c.tenant_id)
        .join(left, left.c.sujeto_obligado_id == table.c.sujeto_obligado_id)
        .where(
            left.c.tenant_id == tenant_id,
            left.c.status == "moved",
            table.c.attachment_id == attachment_id,
            table.c.kind == "public",
            table.c.published_at.is_not(None),
            table.c.status == "ready",
        )
        .limit(1)
    ).one_or_none()
    return (row.slug, row.file_name) if row else None

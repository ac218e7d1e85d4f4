"""Full exports of a tenant: the key they are locked with, asking for one, making it, handing it out once."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.continuity import archive
from app.continuity.models import ExportKey, TenantExport
from app.continuity.packing import Head, Packing, members
from app.continuity.workflow import EXPORTS
from app.core import audit, clock, logs, outbox, sealed
from app.core.db import Actor, Database, RwSession
from app.core.errors import AppError, ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.jobs import named
from app.core.policy import Permission, allowed, require
from app.core.storage import Storage
from app.publication.redaction import keeper

EXPORT, DELETE = named("continuity.export"), named("continuity.delete_export")
KIND = "exports"
KEPT = timedelta(days=7)
"""After which the file is deleted."""
LONGEST = timedelta(days=1)
"""After which one that did not end never will: its worker is gone, and it holds up the next."""
LINK_LIVES = timedelta(minutes=15)
TOLD_EVERY = 2.0
"""Seconds between two words on how far it is."""

_log = logs.get(__name__)


def state_key(session: RwSession, actor: Actor, recipient: str) -> None:
    """Say with which age public key the tenant's exports are locked; whoever has its other half opens them.

    Raises:
        ForbiddenError: not the garante's administration.
        InvalidError: it is no such key.
    """
    require(actor, Permission.TENANT_EXPORT)
    write_key(session, actor, str(sealed.recipient(recipient)))


def write_key(session: Session, actor: Actor, held: str) -> None:
    """Write down the key of a tenant's exports, by its administration or by two operators."""
    values = {"recipient": held, "stated_by": actor.account_id, "stated_at": clock.now()}
    session.execute(
        insert(ExportKey)
        .values(tenant_id=actor.tenant_id, **values)
        .on_conflict_do_update(index_elements=["tenant_id"], set_=values)
    )
    audit.record(
        session,
        "tenant.state_export_key",
        "export_key",
        actor.tenant_id,
        sha256=hashlib.sha256(held.encode()).hexdigest(),
    )


def key(session: Session, actor: Actor) -> ExportKey | None:
    """Return the key that the tenant's exports are locked with, if it stated one."""
    return session.exec(select(ExportKey).where(ExportKey.tenant_id == actor.tenant_id)).one_or_none()


def ask(session: RwSession, actor: Actor, *, originals: bool) -> TenantExport:
    """Ask for a full export; a job makes it, locked with the tenant's key.

    Args:
        session: bound to the actor.
        actor: the garante's administration, or an operator of the platform, who cannot open it.
        originals: whether imported files come along.

    Raises:
        ForbiddenError: neither of them.
        InvalidError: the tenant stated no key.
        ConflictError: one is being made.
    """
    if not allowed(actor, Permission.PLATFORM_MANAGE):
        require(actor, Permission.TENANT_EXPORT)
    stated = key(session, actor)
    if stated is None or actor.tenant_id is None:
        raise InvalidError(
            "Falta la llave pública con la que se cierra la exportación: la da quien administra el organismo."
        )
    export = TenantExport(
        tenant_id=actor.tenant_id,
        recipient=stated.recipient,
        originals=originals,
        asked_by=actor.account_id,
        asked_as=actor.role,
    )
    session.add(export)
    try:
        session.flush()
    except IntegrityError as error:
        raise ConflictError("Ya hay una exportación en curso: espera a que termine.") from error
    audit.record(
        session, "tenant.export", "tenant_export", export.export_id, originals=originals, role=actor.role
    )
    EXPORT.defer(session, lock=f"export:{actor.tenant_id}", export_id=str(export.export_id))
    return export


def exports(session: Session, actor: Actor) -> list[TenantExport]:
    """Return the tenant's last exports, newest first."""
    return list(
        session.exec(
            select(TenantExport)
            .where(TenantExport.tenant_id == actor.tenant_id)
            .order_by(col(TenantExport.created_at).desc())
            .limit(20)
        ).all()
    )


def export(session: Session, actor: Actor, export_id: UUID, *, lock: bool = False) -> TenantExport:
    """Return one export of the tenant.

    Raises:
        NotFoundError: absent or another tenant's.
    """
    query = select(TenantExport).where(
        TenantExport.tenant_id == actor.tenant_id, TenantExport.export_id == export_id
    )
    row = session.exec(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFoundError("No encontramos esa exportación.")
    return row


def run(database: Database, storage: Storage, actor: Actor, export_id: UUID) -> None:
    """Make the archive and store it; done again from the start after a crash.

    Args:
        database: read as the owner, behind the tenant's wall.
        storage: where files are read and the archive is put.
        actor: the job's.
        export_id: asked for by `ask`.
    """
    with database.unit_of_work(actor) as session:
        row = export(session, actor, export_id, lock=True)
        if EXPORTS.find("start", row.status) is None:
            return
        EXPORTS.apply(row, "start")
    assert actor.tenant_id is not None  # noqa: S101  # a job without a tenant does not start
    packing = Packing(database, storage, actor.tenant_id, row.originals, _Teller(database, actor, export_id))
    heads: list[Head] = []
    stored = storage.new_key(actor.tenant_id, KIND)
    try:
        with storage.scratch_file() as file:
            sha256 = archive.write(members(packing, heads.append), row.recipient, file)
            size = file.tell()
            file.seek(0)
            storage.put(stored, file)
    except Exception as error:
        _log.warning("export_failed", export=str(export_id), exc_info=True)
        _fail(database, actor, export_id, error)
        if isinstance(error, AppError | OSError):
            return
        raise
    with database.unit_of_work(actor) as session:
        row = export(session, actor, export_id, lock=True)
        if EXPORTS.find("finish", row.status) is None:  # void meanwhile
            storage.delete(stored)
            return
        EXPORTS.apply(row, "finish")
        row.storage_key, row.size_bytes, row.sha256 = stored, size, bytes.fromhex(sha256)
        row.chain_position, row.chain_hash = heads[0].position, heads[0].entry_hash
        row.done, row.message = row.total, ""
        row.ready_at = clock.now()
        row.expires_at = row.ready_at + KEPT
        audit.record(
            session,
            "tenant.export_ready",
            "tenant_export",
            export_id,
            sha256=sha256,
            position=heads[0].position,
        )
        outbox.emit(session, "export.ready", [{"export_id": str(export_id)}])


class _Teller:
    """Writes down now and then how far an export is."""

    def __init__(self, database: Database, actor: Actor, export_id: UUID) -> None:
        self._database, self._actor, self._export_id = database, actor, export_id
        self._told = float("-inf")

    def __call__(self, done: int, total: int) -> None:
        if clock.monotonic() - self._told < TOLD_EVERY:
            return
        self._told = clock.monotonic()
        with self._database.unit_of_work(self._actor) as session:
            row = export(session, self._actor, self._export_id)
            row.done, row.total = done, total


def _fail(database: Database, actor: Actor, export_id: UUID, error: Exception) -> None:
    if isinstance(error, AppError):
        said = error.detail
    elif isinstance(error, OSError):
        said = "No hubo espacio o el disco falló: avisa a quien opera."
    else:
        said = "Algo falló al prepararla: pídela otra vez y, si vuelve a pasar, avisa a quien opera."
    with database.unit_of_work(actor) as session:
        row = export(session, actor, export_id, lock=True)
        EXPORTS.apply(row, "fail")
        row.message = said


def new_link(session: RwSession, actor: Actor, export_id: UUID) -> str:
    """Return the secret of a link that opens the file once, within a quarter of an hour; an older one is void.

    Raises:
        ForbiddenError: not the garante's administration.
        ConflictError: it is not ready, or its file is gone.
    """
    require(actor, Permission.TENANT_EXPORT)
    row = export(session, actor, export_id, lock=True)
    if row.status != "ready":
        raise ConflictError("Esa exportación no tiene archivo que descargar.")
    token = secrets.token_urlsafe(32)
    row.link_sha256 = hashlib.sha256(token.encode()).digest()
    row.link_until = clock.now() + LINK_LIVES
    audit.record(session, "tenant.export_link", "tenant_export", export_id)
    return token


def take(session: RwSession, actor: Actor, export_id: UUID, token: str) -> TenantExport:
    """Use up a link and return what it opens.

    Raises:
        ForbiddenError: the link was used, has ended, or is not one.
    """
    require(actor, Permission.TENANT_EXPORT)
    row = export(session, actor, export_id, lock=True)
    given = hashlib.sha256(token.encode()).digest()
    right = row.link_sha256 is not None and secrets.compare_digest(row.link_sha256, given)
    if row.status != "ready" or not right or row.link_until is None or row.link_until < clock.now():
        raise ForbiddenError("Ese enlace ya se usó o venció: prepara otro en la página de exportaciones.")
    row.link_sha256, row.link_until = None, None
    audit.record(session, "tenant.export_download", "tenant_export", export_id)
    return row


def carry(session: RwSession, actor: Actor, export_id: UUID) -> TenantExport:
    """Return an export whose file an operator takes to who holds its key; they cannot open it.

    Raises:
        ForbiddenError: not an operator.
        NotFoundError: absent or another tenant's.
        ConflictError: it is not ready, or its file is gone.
    """
    require(actor, Permission.PLATFORM_MANAGE)
    row = export(session, actor, export_id)
    if row.status != "ready":
        raise ConflictError("Esa exportación no tiene archivo que descargar.")
    audit.record(session, "tenant.export_download", "tenant_export", export_id, role=actor.role)
    return row


@keeper("exportaciones")
def forget(session: RwSession, actor: Actor, _process_id: UUID) -> int:
    """Void a tenant's archives when something is redacted: each holds all that there was; the files go by a job."""
    rows = session.exec(
        select(TenantExport)
        .where(TenantExport.tenant_id == actor.tenant_id, col(TenantExport.status).in_(("ready", "running")))
        .order_by(col(TenantExport.export_id))
        .with_for_update()
    ).all()
    for row in rows:
        row.link_sha256 = None
        if row.status == "ready":
            EXPORTS.apply(row, "expire")
            DELETE.defer(session, export_id=str(row.export_id))
        else:
            EXPORTS.apply(row, "fail")
        row.message = "Se testó una contratación: la exportación que la traía se borró. Pide otra."
    session.flush()
    return len(rows)


def delete(database: Database, storage: Storage, actor: Actor, export_id: UUID) -> None:
    """Delete the file of an export that is void."""
    with database.unit_of_work(actor) as session:
        stored = export(session, actor, export_id).storage_key
    storage.delete(stored)


def expire(database: Database, storage: Storage, actor: Actor) -> int:
    """Delete the files of a tenant's exports whose time is over; returns how many.

    One that has been in the making for a day is given up.
    """
    with database.unit_of_work(actor) as session:
        rows = session.exec(
            select(TenantExport).where(
                TenantExport.tenant_id == actor.tenant_id,
                TenantExport.status == "ready",
                col(TenantExport.expires_at) < clock.now(),
            )
        ).all()
        for row in rows:
            storage.delete(row.storage_key)
            EXPORTS.apply(row, "expire")
            row.link_sha256 = None
        for row in session.exec(
            select(TenantExport).where(
                TenantExport.tenant_id == actor.tenant_id,
                col(TenantExport.status).in_(("queued", "running")),
                TenantExport.created_at < clock.now() - LONGEST,
            )
        ).all():
            EXPORTS.apply(row, "fail")
            row.message = "No terminó en un día: pídela otra vez."
    return len(rows)

"""Acts on imports: send a file, confirm, cancel, go on, add a prefix. The work itself is in `applying`, in jobs."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from app.core import audit, clock, jobs
from app.core.db import Actor, Database, RwSession
from app.core.errors import ConflictError, ForbiddenError, InvalidError, TooLargeError
from app.core.policy import Permission, require
from app.core.storage import Storage
from app.imports import queries, tasks
from app.imports.applying import apply_run, read_run
from app.imports.models import CHOICES, ImportRun
from app.imports.saving import Publisher
from app.imports.undoing import may_undo, touched, undo_run
from app.imports.workflow import RUNS
from app.ocds import ocid as ocids
from app.tenancy import queries as tenancy
from app.tenancy import service as tenants

__all__ = [
    "PUBLISHING_TASK",
    "Publisher",
    "StoredFile",
    "accept_prefix",
    "apply_run",
    "cancel",
    "confirm",
    "import_file",
    "is_stalled",
    "read_again",
    "read_run",
    "resume",
    "start",
    "store",
    "submit",
    "undo",
    "undo_run",
]

PUBLISHING_TASK = "publication.apply_import"
STALLED_SECONDS = 60
CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was sent, where it is kept, and its content's digest and size in bytes."""

    filename: str
    storage_key: str
    sha256: str
    size_bytes: int


def store(storage: Storage, actor: Actor, filename: str, source: BinaryIO, limit: int) -> StoredFile:
    """Keep a file that was sent, without ever holding it whole.

    Args:
        storage: where to.
        actor: whose tenant keeps it.
        filename: as the person calls it; told back, never used as a path.
        source: at its beginning, seekable.
        limit: most bytes taken.

    Raises:
        TooLargeError: it is longer.
        InvalidError: it is empty.
    """
    if actor.tenant_id is None:
        raise ForbiddenError
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > limit:
            raise TooLargeError(
                f"El archivo pasa de {limit // CHUNK:,} MiB, el máximo. Comprímelo o divídelo."
            )
    if not size:
        raise InvalidError("El archivo está vacío. Elige el que trae los datos.")
    source.seek(0)
    key = storage.new_key(actor.tenant_id, "imports")
    storage.put(key, source)
    name = "".join(char for char in filename if char.isprintable())[-200:] or "archivo"
    return StoredFile(name, key, digest.hexdigest(), size)


def start(
    session: RwSession,
    actor: Actor,
    file: StoredFile,
    *,
    sujeto_obligado_id: UUID | None = None,
    publish: bool = False,
    preview: bool = True,
) -> ImportRun:
    """Begin an import.

    Args:
        session: bound to the actor.
        actor: who imports; one confined to a sujeto obligado imports for it.
        file: stored already.
        sujeto_obligado_id: whose all releases are; None lets each be matched against the padrón.
        publish: publish what can be published, where the policy is `direct`.
        preview: read first and wait to be confirmed; otherwise the caller runs `apply_run` itself, in one pass.

    Raises:
        NotFoundError: no such sujeto obligado, or another's.
        ForbiddenError: the role does not import.
        InvalidError: publishing is asked for where the policy wants a review.
    """
    if actor.tenant_id is None:
        raise ForbiddenError
    whose = sujeto_obligado_id or actor.sujeto_obligado_id
    require(actor, Permission.PROCESS_IMPORT, whose)
    if whose is not None:
        sujeto = tenancy.sujeto(session, actor, whose)
        if publish and sujeto.policy != "direct":
            raise InvalidError(
                f"«{sujeto.name}» publica después de una revisión: importa a borradores y envíalos a revisión."
            )
    run = ImportRun(
        tenant_id=actor.tenant_id,
        sujeto_obligado_id=whose,
        status="reading",
        filename=file.filename,
        storage_key=file.storage_key,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        publish=publish,
        counts={},
        choices=[],
        metadata_kept={},
        checkpoint={"phase": "read" if preview else "apply"},
        created_by=actor.account_id,
    )
    if not preview:
        RUNS.apply(run, "begin")
    session.add(run)
    session.flush()
    audit.record(session, "import.start", "import_run", run.import_id, sha256=file.sha256, publish=publish)
    if preview:
        tasks.read_import.defer(session, lock=_lock(run), import_id=str(run.import_id))
    return run


def submit(session: RwSession, actor: Actor, file: StoredFile, *, publish: bool) -> ImportRun:
    """Begin an import that nobody will confirm, as a program sends it: what can be applied is.

    Args:
        session: bound to the actor.
        actor: a machine client; one confined to a sujeto obligado imports for it.
        file: stored already.
        publish: publish what the policy `direct` lets be published; the rest stays in drafts.

    Raises:
        ForbiddenError: the role does not import.
    """
    whose = actor.sujeto_obligado_id
    direct = whose is None or tenancy.sujeto(session, actor, whose).policy == "direct"
    run = start(session, actor, file, publish=publish and direct, preview=False)
    _defer_apply(session, run)
    return run


def import_file(
    database: Database,
    actor: Actor,
    storage: Storage,
    path: Path,
    *,
    sujeto_obligado_id: UUID | None = None,
    publisher: Publisher | None = None,
    limit: int,
    watch: Callable[[ImportRun], None] | None = None,
) -> ImportRun:
    """Import a file of this machine in one pass, as the command line does; return the run as it ended.

    Args:
        database: where to.
        actor: a person who may import.
        storage: where the file is kept, so that an interrupted import can go on from the page.
        path: of the file.
        sujeto_obligado_id: whose all releases are; None matches each against the padrón.
        publisher: given, what can be published is, where the policy is `direct`.
        limit: most bytes taken.
        watch: told of the run after every unit.
    """
    with path.open("rb") as source:
        file = store(storage, actor, path.name, source, limit)
    with database.unit_of_work(actor) as session:
        run = start(
            session,
            actor,
            file,
            sujeto_obligado_id=sujeto_obligado_id,
            publish=publisher is not None,
            preview=False,
        )
    apply_run(database, actor, run.import_id, storage=storage, publisher=publisher, watch=watch)
    with database.unit_of_work(actor) as session:
        return queries.run(session, actor, run.import_id)


def confirm(session: RwSession, actor: Actor, import_id: UUID, *, choices: Collection[str] = ()) -> ImportRun:
    """Apply what the preview showed.

    Args:
        session: bound to the actor.
        actor: who confirms.
        import_id: of the run.
        choices: of `CHOICES`, what the person decided about edits that meet others'.

    Raises:
        ConflictError: it is not waiting for this, nothing in it can be applied, or its file was deleted.
    """
    run = _act(session, actor, import_id, "confirm")
    run.choices = [choice for choice in CHOICES if choice in choices]
    if not run.counts.get("pending"):
        raise ConflictError("No hay nada que importar: todo está repetido, sin cambios o rechazado.")
    run.counts = {"total": run.counts.get("entries", 0)}
    run.checkpoint, run.done_bytes, run.cancel_requested = {"phase": "apply"}, 0, False
    _defer_apply(session, run)
    return run


def cancel(session: RwSession, actor: Actor, import_id: UUID) -> ImportRun:
    """Stop an import: at once if it waits, else at the end of the unit it is in; what was applied stays."""
    run = queries.run(session, actor, import_id, for_update=True)
    if run.status == "previewed":
        return _act(session, actor, import_id, "cancel")
    require(actor, Permission.PROCESS_IMPORT, run.sujeto_obligado_id)
    RUNS.check("cancel", run.status)
    run.cancel_requested, run.updated_at = True, clock.now()
    audit.record(session, "import.cancel", "import_run", import_id)
    return run


def resume(session: RwSession, actor: Actor, import_id: UUID) -> ImportRun:
    """Go on with an import where it stopped.

    Raises:
        ConflictError: it was not confirmed, it is being done, or its file was deleted.
    """
    run = queries.run(session, actor, import_id, for_update=True)
    if run.checkpoint.get("phase") != "apply":
        raise ConflictError("Esta importación no llegó a confirmarse: vuelve a leer el archivo.")
    if run.status == "applying" and not is_stalled(run):
        raise ConflictError("La importación sigue en marcha.")
    run = _act(session, actor, import_id, "resume")
    run.cancel_requested, run.message = False, ""
    _defer_apply(session, run)
    return run


def read_again(session: RwSession, actor: Actor, import_id: UUID) -> ImportRun:
    """Read the file of an import anew, before anything of it was applied.

    Raises:
        ConflictError: it was confirmed already, or its file was deleted.
    """
    run = queries.run(session, actor, import_id, for_update=True)
    if run.checkpoint.get("phase") != "read":
        raise ConflictError("Esta importación ya se confirmó: continúa donde se quedó.")
    if run.status == "reading" and not is_stalled(run):
        raise ConflictError("El archivo se está leyendo.")
    run = _act(session, actor, import_id, "read_again")
    run.counts, run.checkpoint, run.done_bytes = {}, {"phase": "read"}, 0
    run.cancel_requested, run.message = False, ""
    tasks.read_import.defer(session, lock=_lock(run), import_id=str(import_id))
    return run


def undo(session: RwSession, actor: Actor, import_id: UUID) -> ImportRun:
    """Take back all that an import did to drafts, in a job.

    Raises:
        ForbiddenError: the role does not import.
        ConflictError: it did not end, was undone already, or something of it is no draft any more or was edited since.
    """
    run = queries.run(session, actor, import_id, for_update=True)
    require(actor, Permission.PROCESS_IMPORT, run.sujeto_obligado_id)
    if not may_undo(actor, run):
        raise ConflictError("Esta importación no se puede deshacer: no ha terminado, o ya se deshizo.")
    if obstacle := touched(session, actor, run).obstacle:
        raise ConflictError(obstacle)
    run.checkpoint, run.updated_at = {**run.checkpoint, "phase": "undo"}, clock.now()
    tasks.undo_import.defer(session, lock=_lock(run), import_id=str(import_id))
    audit.record(session, "import.undo", "import_run", import_id)
    return run


def accept_prefix(session: RwSession, actor: Actor, prefix: str) -> None:
    """List an OCID prefix as the tenant's own, so that files which use it can be imported.

    Raises:
        ForbiddenError: only who administers the tenant may.
        ConflictError: another tenant uses it.
    """
    if actor.role != "garante_admin":
        raise ForbiddenError("Solo la administración del organismo garante agrega prefijos OCID.")
    if ocids.split(f"{prefix}-x") is None:
        raise InvalidError("Un prefijo OCID es «ocds-» y seis letras minúsculas o números.")
    tenants.add_prefix(session, actor, prefix)


def is_stalled(run: ImportRun) -> bool:
    """Tell whether a run that should be moving has not moved for a while."""
    return (clock.now() - run.updated_at).total_seconds() > STALLED_SECONDS


def _act(session: RwSession, actor: Actor, import_id: UUID, action: str) -> ImportRun:
    run = queries.run(session, actor, import_id, for_update=True)
    if run.original_deleted_at and action != "cancel":
        raise ConflictError(run.message)
    transition = RUNS.check(action, run.status)
    require(actor, transition.permission or Permission.PROCESS_IMPORT, run.sujeto_obligado_id)
    RUNS.apply(run, action)
    run.updated_at = clock.now()
    audit.record(session, f"import.{action}", "import_run", import_id)
    return run


def _defer_apply(session: RwSession, run: ImportRun) -> None:
    task = jobs.named(PUBLISHING_TASK) if run.publish else tasks.apply_import
    task.defer(session, lock=_lock(run), import_id=str(run.import_id))


def _lock(run: ImportRun) -> str:
    """Return the name under which imports for one sujeto obligado wait for each other."""
    return f"imports:{run.tenant_id}:{run.sujeto_obligado_id or 'padron'}"

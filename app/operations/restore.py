"""Bringing a backup back into an empty installation, proving it whole, and taking away again what left since."""

import subprocess
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from pyrage import x25519
from sqlalchemy.engine import URL
from sqlmodel import select

from app.continuity import deleting
from app.core import installation, keys, migrate
from app.core.db import Database
from app.core.storage import Storage
from app.operations import parts
from app.operations.backup import DATABASE, FILES, Head, Manifest, administrator, failed, program
from app.operations.parts import BackupError
from app.publication import chain, removals
from app.publication.models import ChainHead
from app.publication.removals import Again
from app.settings import Settings
from app.tenancy.models import Tenant

_PIECE = 1024 * 1024
_TABLES = (
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
)
# What was true at the backup and may not be any more: whoever was signed out, and letters that left since.
_SIGN_OUT = "UPDATE login_session SET revoked_at = now() WHERE revoked_at IS NULL"
_HOLD_LETTERS = """
UPDATE mail_message SET state = 'failed', settled_at = now(),
  reason = 'Se restauró un respaldo: la carta pudo haber salido antes.'
WHERE state IN ('waiting', 'sending')
"""
_HOLD_NOTICES = "UPDATE notice SET letter_due_at = NULL WHERE letter_due_at IS NOT NULL"
_HOLD_NEWS = (
    "UPDATE outbox_event SET handled_at = now(), fault = 'respaldo restaurado' WHERE handled_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Attributes:
        manifest: of the backup.
        faults: what the chains of publications say against it, in Spanish; empty when all is whole.
        missing_keys: identifiers of keys that the backup's secrets need and this installation lacks.
        again: the withdrawals made since the backup, carried out again.
        deleted: slugs of the tenants deleted since, and now again.
    """

    manifest: Manifest
    faults: tuple[str, ...]
    missing_keys: tuple[str, ...]
    again: Again
    deleted: tuple[str, ...]


def restore(
    settings: Settings, folder: Path, identities: Sequence[x25519.Identity], tell: Callable[[str], object]
) -> Restored:
    """Fill an empty installation with a backup, end every session in it, and verify its chains.

    Whatever cuts it short, the installation does not serve meanwhile, and the same order goes on.

    Args:
        settings: of the installation to fill.
        folder: of the backup.
        identities: age keys, where the backup is sealed.
        tell: hears in Spanish what is being done.

    Raises:
        BackupError: the backup is damaged or sealed for somebody else, or the installation is not empty.
    """
    manifest = Manifest.read(folder)
    for part in manifest.parts:
        tell(f"Se comprueba {part.name}…")
        parts.check(folder, part)
    if manifest.role_prefix != settings.role_prefix:
        raise BackupError(
            f"El respaldo usa el prefijo de roles «{manifest.role_prefix}»: ponlo en CA_ROLE_PREFIX y repite la orden."
        )
    named = {part.name.removesuffix(parts.SEALED): folder / part.name for part in manifest.parts}
    with installation.open_database(settings) as database, administrator(settings) as address:
        is_loaded = _begun(address, manifest)
        _mark(address, f"{migrate.RESTORING} {manifest.at}")
        tell(f"Se copian {manifest.files:,} archivos…")
        storage = Storage.of(settings)
        _put_files(storage, named[FILES], identities)  # first: nothing names them yet
        if not is_loaded:
            tell("Se carga la base de datos…")
            _load(settings, address, named[DATABASE], identities)
        _execute(address, _SIGN_OUT, _HOLD_LETTERS, _HOLD_NOTICES, _HOLD_NEWS)
        migrate.upgrade(database.engine("owner"), role_prefix=settings.role_prefix)
        tell("Se comprueban las cadenas de publicación…")
        faults = tuple(_faults(database, manifest.heads))
        again = removals.carry_out_again(database, storage)
        deleted = deleting.delete_again(database, storage)
        _mark(address, None)
    # Every installation calls its first key alike: only the mark tells that it is another.
    held = keys.marks(keys.of(settings))
    missing = tuple(key.partition(":")[0] for key in manifest.keys if key not in held)
    return Restored(manifest, faults, missing, again, deleted)


def _begun(address: URL, manifest: Manifest) -> bool:
    """Tell whether an earlier try loaded the database, which comes whole or not at all.

    Raises:
        BackupError: what is in the database is nothing that this backup brought.
    """
    with _connect(address) as connection:
        (tables,) = connection.execute(_TABLES).fetchone() or (0,)
        (mark,) = connection.execute(migrate.DATABASE_SAYS.encode()).fetchone() or ("",)
    if tables and mark != f"{migrate.RESTORING} {manifest.at}":
        raise BackupError(
            "La base de datos de esta instalación no está vacía: un respaldo se restaura en una nueva, nunca encima."
        )
    return bool(tables)


def _mark(address: URL, words: str | None) -> None:
    """Say in the database that it is being restored, or no more.

    Raises:
        BackupError: whoever restores may not.
    """
    said = sql.SQL("COMMENT ON DATABASE {} IS {}").format(
        sql.Identifier(address.database or ""), sql.Literal(words)
    )
    try:
        with _connect(address) as connection:
            connection.execute(said)
    except InsufficientPrivilege as error:
        raise BackupError("Para restaurar, DATABASE_URL_BACKUP lleva a un superusuario.") from error


def _execute(address: URL, *statements: str) -> None:
    with _connect(address) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _connect(address: URL) -> psycopg.Connection:
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain)


def _load(settings: Settings, address: URL, path: Path, identities: Sequence[x25519.Identity]) -> None:
    command, environment = program(settings, "pg_restore", address)
    command += ["--exit-on-error", "--single-transaction", f"--dbname={address.database}"]
    with (
        Storage.of(settings).scratch_file() as said,
        parts.reading(path, identities) as dump,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        ) as loading,
    ):
        taking = cast("IO[bytes]", loading.stdin)
        try:
            while piece := dump.read(_PIECE):
                taking.write(piece)
            taking.close()
        except BrokenPipeError:
            pass  # it stopped reading: its exit code and its words say why
        if loading.wait() != 0:
            raise failed("pg_restore", said)


def _put_files(storage: Storage, path: Path, identities: Sequence[x25519.Identity]) -> None:
    """Store every file of the tar under its key."""
    with parts.reading(path, identities) as packed, tarfile.open(fileobj=packed, mode="r|") as archive:
        for entry in archive:
            content = archive.extractfile(entry)
            if content is None:
                raise BackupError(f"{path.name} trae «{entry.name}», que no es un archivo.")
            with storage.scratch_file() as local:  # the store seeks in what it is given, a stream cannot
                while piece := content.read(_PIECE):
                    local.write(piece)
                local.seek(0)
                storage.put(entry.name, local)


def _faults(database: Database, heads: Sequence[Head]) -> list[str]:
    """Verify every chain and compare its head with what the manifest says."""
    found: list[str] = []
    stated = {head.tenant: (head.position, head.entry_hash) for head in heads}
    with database.public_reading() as session:
        for tenant in session.exec(select(Tenant)).all():
            if tenant.status != "deleted":  # of which only the head is left
                found += [
                    f"{tenant.slug}, entrada {fault.position}: {fault.message}"
                    for fault in chain.verify(session, tenant.tenant_id)
                ]
            head = session.get(ChainHead, tenant.tenant_id)
            held = (head.position, head.entry_hash.hex()) if head else None
            if held != stated.get(tenant.slug):
                found.append(f"{tenant.slug}: la cabeza de su cadena no es la que se anotó al respaldar.")
    return found

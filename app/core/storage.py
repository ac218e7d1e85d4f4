"""Files kept beside the database, through obstore: a local folder by default, anything S3-like by address.

Keys are `{tenant_id}/{kind}/{uuid}`: the tenant leads, so that a listing or an export never crosses tenants. What is
stored under a key never changes.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from app.core import logs
from app.core.errors import NotFoundError, UnavailableError
from app.settings import Settings

CHUNK = 4 * 1024 * 1024
"""Bytes asked of the store at once: a slow reader holds no connection to it."""
UPLOADS_AT_ONCE = 3
"""Parts of one large file on their way to an S3-like store; each stands in memory whole (5 MiB)."""
_PATIENCE = timedelta(seconds=30)

_log = logs.get(__name__)


class StorageUnavailableError(UnavailableError):
    """The store of files does not answer, or refuses us."""

    slug, title = "archivos-no-disponibles", "El almacén de archivos no responde por ahora"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What the store says of a file."""

    key: str
    size_bytes: int
    modified: datetime


class Storage:
    """A place for files.

    Args:
        store: where obstore keeps them.
        scratch: local folder for files on their way.
    """

    def __init__(self, store: ObjectStore, scratch: Path) -> None:
        self._store = store
        self._scratch = scratch

    @classmethod
    def local(cls, folder: Path) -> "Storage":
        """Keep files in a folder of this machine, made when missing."""
        files, scratch = folder / "files", folder / "scratch"
        files.mkdir(parents=True, exist_ok=True)
        scratch.mkdir(parents=True, exist_ok=True)
        return cls(LocalStore(files), scratch)

    @classmethod
    def of(cls, settings: Settings) -> "Storage":
        """Keep files where the settings say: in an S3-like store, or in the state folder.

        Raises:
            StorageUnavailableError: the address of the store is none that we speak.
        """
        if settings.storage_url is None:
            return cls.local(settings.state_folder)
        scratch = settings.state_folder / "scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        return cls(_s3(settings, settings.storage_url), scratch)

    @staticmethod
    def new_key(tenant_id: UUID, kind: str) -> str:
        """Return an unguessable key that begins with its tenant."""
        return f"{tenant_id}/{kind}/{uuid4()}"

    def put(self, key: str, source: BinaryIO) -> None:
        """Store what a file still has to read, streamed."""
        with _answering():
            obstore.put(self._store, key, source, max_concurrency=UPLOADS_AT_ONCE)

    def delete(self, key: str) -> None:
        """Remove a stored file; an absent one is fine."""
        with _answering(), suppress(FileNotFoundError):
            obstore.delete(self._store, key)

    def size(self, key: str) -> int:
        """Return the bytes of a stored file.

        Raises:
            NotFoundError: nothing is stored under the key.
        """
        with _answering():
            return int(obstore.head(self._store, key)["size"])

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Return the bytes from `start` up to `end`, piece by piece; the first is fetched at once.

        Raises:
            NotFoundError: nothing is stored under the key.
        """
        first = self._piece(key, start, min(start + CHUNK, end))

        def pieces() -> Iterator[bytes]:
            yield first
            for at in range(start + CHUNK, end, CHUNK):
                yield self._piece(key, at, min(at + CHUNK, end))

        return pieces()

    def _piece(self, key: str, start: int, end: int) -> bytes:
        with _answering():
            return bytes(obstore.get_range(self._store, key, start=start, end=end))

    def files(self, tenant_id: UUID, kind: str) -> Iterator[StoredFile]:
        """Return what a tenant keeps of one kind, in no order."""
        return self._listed(f"{tenant_id}/{kind}")

    def files_of(self, tenant_id: UUID) -> Iterator[StoredFile]:
        """Return all that a tenant keeps, in no order."""
        return self._listed(str(tenant_id))

    def every(self) -> Iterator[StoredFile]:
        """Return all that is stored, of all tenants, in no order: for backups."""
        return self._listed(None)

    def below(self, folder: str) -> Iterator[StoredFile]:
        """Return what is stored in a folder that belongs to the service itself and to no tenant, in no order."""
        return self._listed(folder)

    def _listed(self, prefix: str | None) -> Iterator[StoredFile]:
        with _answering():
            for page in obstore.list(self._store, prefix, chunk_size=500):
                for one in page:
                    yield StoredFile(one["path"], one["size"], one["last_modified"])

    @contextmanager
    def scratch_file(self) -> Iterator[BinaryIO]:
        """Yield a local file that vanishes at the end."""
        with NamedTemporaryFile(dir=self._scratch) as file:
            yield file  # type: ignore[misc]

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        """Yield a local path with the stored bytes, for readers that must seek.

        Raises:
            NotFoundError: nothing is stored under the key.
        """
        if isinstance(self._store, LocalStore) and self._store.prefix is not None:
            path = Path(str(self._store.prefix)) / key
            # A key comes from a row, and a row may come from an archive: it leads to no other file of the machine.
            if PurePosixPath(key).is_absolute() or ".." in PurePosixPath(key).parts or not path.is_file():
                raise NotFoundError("El archivo ya no está guardado.")
            yield path
            return
        with NamedTemporaryFile(dir=self._scratch) as file:
            for piece in self.read(key, 0, self.size(key)):
                file.write(piece)
            file.flush()
            yield Path(file.name)

    def free_bytes(self) -> int:
        """Return the free space where files on their way are kept."""
        return shutil.disk_usage(self._scratch).free


@contextmanager
def _answering() -> Iterator[None]:
    """Say in our own words what the store could not do."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFoundError("El archivo ya no está guardado.") from error
    except BaseError as error:
        _log.warning("storage_failed", why=str(error)[:500])
        raise StorageUnavailableError from error


def _s3(settings: Settings, address: str) -> S3Store:
    asked = urlsplit(address)
    if asked.scheme != "s3" or not asked.netloc:
        raise StorageUnavailableError(
            "CA_STORAGE_URL se escribe «s3://cubeta» o «s3://cubeta/carpeta»; vacía, los archivos se guardan en este equipo."
        )
    endpoint = settings.storage_endpoint
    # What is not given obstore finds out for itself: a machine may have a role that reaches the store.
    given: Any = {"region": settings.storage_region}
    if endpoint:
        given["endpoint"] = endpoint
    if settings.storage_key and settings.storage_secret:
        given["access_key_id"] = settings.storage_key.get_secret_value()
        given["secret_access_key"] = settings.storage_secret.get_secret_value()
    return S3Store(
        asked.netloc,
        prefix=asked.path.strip("/") or None,
        config=given,
        client_options={
            "allow_http": bool(endpoint and endpoint.startswith("http:")),
            "connect_timeout": timedelta(seconds=5),
            "timeout": _PATIENCE * 4,
        },
        retry_config={"max_retries": 2, "retry_timeout": _PATIENCE},
    )

"""Files kept beside the database, through obstore: a local folder by default, anything S3-like by address.

Keys are `{tenant_id}/{kind}/{uuid}`: the tenant leads, so that a listing or an export never crosses tenants.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO
from uuid import UUID, uuid4

import obstore
from obstore.store import LocalStore, ObjectStore

from app.core.errors import NotFoundError


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

    @staticmethod
    def new_key(tenant_id: UUID, kind: str) -> str:
        """Return an unguessable key that begins with its tenant."""
        return f"{tenant_id}/{kind}/{uuid4()}"

    def put(self, key: str, source: BinaryIO) -> None:
        """Store what a file still has to read, streamed."""
        obstore.put(self._store, key, source)

    def delete(self, key: str) -> None:
        """Remove a stored file; an absent one is fine."""
        obstore.delete(self._store, key)

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
            if not path.is_file():
                raise NotFoundError("El archivo ya no está guardado.")
            yield path
            return
        with NamedTemporaryFile(dir=self._scratch) as file:
            try:
                stream = obstore.get(self._store, key).stream()
            except FileNotFoundError as error:
                raise NotFoundError("El archivo ya no está guardado.") from error
            for chunk in stream:
                file.write(bytes(chunk))
            file.flush()
            yield Path(file.name)

    def free_bytes(self) -> int:
        """Return the free space where files on their way are kept."""
        return shutil.disk_usage(self._scratch).free

"""The parts of a backup: written and read as streams, hashed on their way, sealed for whoever may open them.

A part holds personal data, and a backup lies about in places that nobody guards. What is hashed is the file as it lies
there, so that it can be proved whole without its key.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from pyrage.x25519 import Identity, Recipient

from app.core import sealed
from app.core.errors import InvalidError
from app.core.sealed import Hashing, SealedError

SEALED = ".age"


class BackupError(InvalidError):
    """A backup cannot be made or read: says what, where and how to mend it."""

    slug, title = "respaldo", "El respaldo no se pudo usar"


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a backup: its name, bytes and SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


def write(path: Path, produce: Callable[[Sink], None], recipients: Sequence[Recipient]) -> Part:
    """Write a part and return what to remember of it; with recipients its name ends in `.age`.

    Args:
        path: of a file that must not exist yet.
        produce: writes the plain bytes to the sink it is given.
        recipients: who may open it; nobody named: it stays plain.
    """
    path = path.with_name(path.name + SEALED) if recipients else path
    with path.open("xb") as file:
        sink = Hashing(file)
        if recipients:
            with sealed.sealing(sink, recipients) as plain:
                produce(plain)
        else:
            produce(sink)
        file.flush()
        os.fsync(file.fileno())
    return Part(path.name, sink.size, sink.digest.hexdigest())


@contextmanager
def reading(path: Path, keys: Sequence[Identity]) -> Iterator[BinaryIO]:
    """Yield the plain bytes of a part.

    Raises:
        BackupError: it is sealed, and for somebody else.
    """
    if path.suffix != SEALED:
        with path.open("rb") as file:
            yield file
        return
    if not keys:
        raise BackupError(f"{path.name} está cifrado: indica tu llave privada con «--identity».")
    try:
        with path.open("rb") as file, sealed.unsealing(file, keys) as plain:
            yield plain
    except SealedError as error:
        raise BackupError(f"{path.name} está cifrado para otra llave, o está dañado.") from error


def check(folder: Path, part: Part) -> None:
    """Refuse a part that is not as it was written.

    Raises:
        BackupError: it is missing, or its bytes changed.
    """
    path = folder / part.name
    if not path.is_file():
        raise BackupError(f"Al respaldo le falta {part.name}.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != part.sha256:
        raise BackupError(f"{part.name} está dañado: su huella no es la que se anotó al respaldar.")

"""The parts of a backup: written and read as streams, hashed on their way, sealed for whoever may open them.

Sealing is age (age-encryption.org/v1): a part holds personal data, and a backup lies about in places that nobody
guards. What is hashed is the file as it lies there, so that it can be proved whole without its key.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import BinaryIO, Protocol

import pyrage
from pyrage import x25519

from app.core.errors import InvalidError

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


class _Hashing:
    def __init__(self, file: BinaryIO) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes, /) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


def recipient(text: str) -> x25519.Recipient:
    """Return who may open what is sealed.

    Raises:
        BackupError: it is no public key of age.
    """
    try:
        return x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise BackupError(f"«{text}» no es una llave pública de age (empieza con «age1»).") from error


def identities(path: Path) -> list[x25519.Identity]:
    """Return the private keys of a file as `age-keygen` writes it.

    Raises:
        BackupError: it holds none, or one that cannot be read.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    try:
        found = [
            x25519.Identity.from_str(line.strip())
            for line in lines
            if line.strip() and not line.startswith("#")
        ]
    except pyrage.IdentityError as error:
        raise BackupError(f"{path} no guarda una llave privada de age («AGE-SECRET-KEY-1…»).") from error
    if not found:
        raise BackupError(f"{path} no guarda ninguna llave privada de age.")
    return found


def write(path: Path, produce: Callable[[Sink], None], recipients: Sequence[x25519.Recipient]) -> Part:
    """Write a part and return what to remember of it; with recipients its name ends in `.age`.

    Args:
        path: of a file that must not exist yet.
        produce: writes the plain bytes to the sink it is given.
        recipients: who may open it; nobody named: it stays plain.
    """
    path = path.with_name(path.name + SEALED) if recipients else path
    with path.open("xb") as file:
        sink = _Hashing(file)
        if recipients:
            _sealing(sink, produce, recipients)
        else:
            produce(sink)
        file.flush()
        os.fsync(file.fileno())
    return Part(path.name, sink.size, sink.digest.hexdigest())


def _sealing(sink: _Hashing, produce: Callable[[Sink], None], recipients: Sequence[x25519.Recipient]) -> None:
    """Let a thread seal what is produced, so that plain bytes never lie on the disk."""
    reading, writing = os.pipe()
    failures: list[Exception] = []

    def seal() -> None:
        try:
            with os.fdopen(reading, "rb") as plain:
                pyrage.encrypt_io(plain, sink, recipients)
        except (OSError, pyrage.EncryptError) as error:  # raised again where somebody hears it
            failures.append(error)

    sealer = Thread(target=seal, daemon=True)
    sealer.start()
    try:
        with os.fdopen(writing, "wb") as plain:
            produce(plain)
    finally:
        sealer.join()
    if failures:
        raise failures[0]


@contextmanager
def reading(path: Path, keys: Sequence[x25519.Identity]) -> Iterator[BinaryIO]:
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
    out, into = os.pipe()
    failures: list[pyrage.DecryptError] = []

    def unseal() -> None:
        with path.open("rb") as sealed, suppress(BrokenPipeError), os.fdopen(into, "wb") as plain:
            try:
                pyrage.decrypt_io(sealed, plain, keys)
            except pyrage.DecryptError as error:
                failures.append(error)

    opener = Thread(target=unseal, daemon=True)
    opener.start()
    try:
        with os.fdopen(out, "rb") as plain:
            yield plain
    finally:
        opener.join()
        if failures:
            raise BackupError(f"{path.name} está cifrado para otra llave, o está dañado.") from failures[0]


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

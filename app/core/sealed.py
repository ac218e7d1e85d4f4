"""Sealing what leaves the house with age (age-encryption.org/v1): as a stream, so that plain bytes never lie on a disk."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import BinaryIO

import pyrage
from pyrage.x25519 import Identity, Recipient

from app.core.errors import InvalidError


class SealedError(InvalidError):
    """A key of age that is none, or that does not open what it should."""

    slug, title = "llave-de-age", "La llave de age no se puede usar"


class Hashing:
    """A file that is measured and hashed as it is written.

    Args:
        file: takes the bytes.

    Attributes:
        fault: why bytes were not taken: whoever writes for us may swallow it, as age does with its last ones.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest, self.size = file, hashlib.sha256(), 0
        self.fault: OSError | None = None

    def write(self, data: bytes, /) -> int:
        """Write bytes."""
        self.digest.update(data)
        self.size += len(data)
        try:
            return self._file.write(data)
        except OSError as error:
            self.fault = error
            raise

    def flush(self) -> None:
        """Hand on what is held back."""
        self._file.flush()


def recipient(text: str) -> Recipient:
    """Return the public key that a text is.

    Raises:
        SealedError: it is none.
    """
    try:
        return Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise SealedError(
            f"«{text.strip()[:80]}» no es una llave pública de age: empieza con «age1» y la escribe age-keygen al crear "
            "tu llave."
        ) from error


def identities(path: Path) -> list[Identity]:
    """Return the private keys of a file as `age-keygen` writes it.

    Raises:
        SealedError: it holds none, or one that cannot be read.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    try:
        found = [Identity.from_str(line.strip()) for line in lines if line.strip() and line[0] != "#"]
    except pyrage.IdentityError as error:
        raise SealedError(f"{path} no guarda una llave privada de age («AGE-SECRET-KEY-1…»).") from error
    if not found:
        raise SealedError(f"{path} no guarda ninguna llave privada de age («AGE-SECRET-KEY-1…»).")
    return found


@contextmanager
def sealing(sink: Hashing, recipients: Sequence[Recipient]) -> Iterator[BinaryIO]:
    """Yield where plain bytes are written; a thread seals them on their way to the sink.

    Raises:
        OSError: the sink could not take them.
    """
    reading, writing = os.pipe()
    failures: list[Exception] = []

    def seal() -> None:
        with os.fdopen(reading, "rb") as plain:
            try:
                pyrage.encrypt_io(plain, sink, recipients)
            except (OSError, pyrage.EncryptError) as error:  # told below, where somebody hears it
                failures.append(error)

    sealer = Thread(target=seal, daemon=True)
    sealer.start()
    try:
        with os.fdopen(writing, "wb") as plain:
            yield plain
    finally:
        sealer.join()
        for failure in (sink.fault, *failures):
            if failure:  # the writer only saw a broken pipe, or nothing at all
                raise OSError(str(failure)) from failure


@contextmanager
def unsealing(source: BinaryIO, keys: Sequence[Identity]) -> Iterator[BinaryIO]:
    """Yield the plain bytes of what is sealed; they need not be read to the end.

    Raises:
        SealedError: no key opens it, or it is damaged: also when the reader stumbled over it first.
    """
    out, into = os.pipe()
    failures: list[Exception] = []
    left = Event()

    def unseal() -> None:
        with suppress(BrokenPipeError), os.fdopen(into, "wb") as plain:
            try:
                pyrage.decrypt_io(source, plain, keys)
            except (OSError, pyrage.DecryptError) as error:
                if not left.is_set():  # else nobody reads any more, and nothing is wrong with it
                    failures.append(error)

    opener = Thread(target=unseal, daemon=True)
    opener.start()
    try:
        with os.fdopen(out, "rb") as plain:
            try:
                yield plain
            finally:
                left.set()
    finally:
        opener.join()
        if failures:
            raise SealedError("Esta llave no lo abre, o está dañado o cortado.") from failures[0]

"""The archive itself: a tar, gzipped, inside age; written and read as a stream, never whole, never in plain on disk.

Members: `manifest.json` first; then `tables/…`, `releases/…`, `files/…`; after every `MEMBERS_PER_SUMS` of them a list
of their hashes `sums/00001.sha256` (as `sha256sum` writes it); last `end.json`, so that an archive cut short shows.
"""

import hashlib
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from pyrage.x25519 import Identity

from app.core import json, sealed
from app.core.errors import InvalidError

MANIFEST, SUMS, END = "manifest.json", "sums/", "end.json"
MEMBERS_PER_SUMS = 5000
LARGEST_TEXT = 64 * 1024 * 1024
"""A member that is read whole (rows, one release) is no larger."""
PIECE = 1024 * 1024


class ArchiveError(InvalidError):
    """An archive that cannot be read, or is not what it says it is."""

    slug, title = "archivo-de-exportacion", "El archivo de exportación no se puede usar"


@dataclass(frozen=True, slots=True)
class Member:
    """One file on its way into the archive; `size` bytes come in `pieces`."""

    name: str
    size: int
    pieces: Iterable[bytes]

    @classmethod
    def of(cls, name: str, content: bytes) -> "Member":
        """Return a member that is in memory already."""
        return cls(name, len(content), (content,))


def write(members: Iterable[Member], to: str, target: BinaryIO) -> str:
    """Write the archive, encrypted; returns its SHA-256.

    Args:
        members: the first is the manifest.
        to: age public key of who may read it.
        target: open for writing.
    """
    sink = sealed.Hashing(target)
    with sealed.sealing(sink, [sealed.recipient(to)]) as plain:
        for piece in _zipped(_tarred(members)):
            plain.write(piece)
    return sink.digest.hexdigest()


@contextmanager
def opened(source: BinaryIO, keys: Sequence[Identity]) -> Iterator[Iterator[tuple[str, BinaryIO, int]]]:
    """Yield the members of an archive in order: name, content to be read once, size.

    Raises:
        ArchiveError: no key opens it, or it is damaged.
    """
    try:
        with (
            sealed.unsealing(source, keys) as plain,
            tarfile.open(fileobj=plain, mode="r|gz") as tar,
        ):
            yield _members(tar)
    except sealed.SealedError as error:
        raise ArchiveError(
            "Esta llave no abre el archivo, o el archivo está dañado o cortado: descárgalo de nuevo y compara su "
            "huella SHA-256."
        ) from error
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise ArchiveError(
            "El archivo está dañado o cortado: descárgalo de nuevo y compara su huella."
        ) from error


class Checked:
    """Reads the members of an archive and compares each with its hash, and the end with the whole."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._sums = hashlib.sha256()
        self._members = 0
        self._ended = False

    def read(self, name: str, content: BinaryIO, size: int) -> bytes | None:
        """Take one member; returns its bytes unless it is one of ours about the others.

        Raises:
            ArchiveError: too large to be what it says, or not what its hash says.
        """
        if size > LARGEST_TEXT:
            raise ArchiveError(f"{name}: {size:,} bytes son demasiados para lo que dice ser.")
        whole = content.read()
        if name.startswith(SUMS):
            self._compare(name, whole)
        elif name == END:
            self._finish(whole)
        else:
            self.note(name, hashlib.sha256(whole).hexdigest())
            return whole
        return None

    def note(self, name: str, sha256: str) -> None:
        """Keep the hash of a member until its list comes."""
        if name in self._waiting or self._ended:
            raise ArchiveError(f"{name}: está dos veces o después del final.")
        self._waiting[name] = sha256
        self._members += 1

    def finish(self) -> None:
        """Refuse an archive whose end did not come."""
        if not self._ended or self._waiting:
            raise ArchiveError("El archivo está cortado: le falta el final.")

    def _compare(self, name: str, listed: bytes) -> None:
        self._sums.update(listed)
        stated = {line[66:]: line[:64] for line in listed.decode().splitlines()}
        if stated != self._waiting:
            wrong = sorted(set(stated.items()) ^ set(self._waiting.items()))
            raise ArchiveError(f"{wrong[0][0]}: su contenido no es el que dice {name}.")
        self._waiting = {}

    def _finish(self, whole: bytes) -> None:
        stated = json.loads(whole)
        if stated != {"members": self._members, "sums": self._sums.hexdigest()} or self._waiting:
            raise ArchiveError("El archivo no termina como dice: está incompleto o lo cambiaron.")
        self._ended = True


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, BinaryIO, int]]:
    for info in tar:
        content = tar.extractfile(info) if info.isreg() else None
        if content is None:
            raise ArchiveError(f"{info.name}: el archivo solo puede traer archivos.")
        yield info.name, content, info.size  # type: ignore[misc]


def _tarred(members: Iterable[Member]) -> Iterator[bytes]:
    """Return the bytes of a tar whose members say their hashes as they go."""
    lines: list[str] = []
    sums, written, lists = hashlib.sha256(), 0, 0
    for member in members:
        digest, size = hashlib.sha256(), 0
        yield _head(member.name, member.size)
        for piece in member.pieces:
            digest.update(piece)
            size += len(piece)
            yield piece
        if size != member.size:
            raise ArchiveError(f"{member.name}: cambió mientras se exportaba; vuelve a intentarlo.")
        yield _padding(size)
        lines.append(f"{digest.hexdigest()}  {member.name}\n")
        written += 1
        if len(lines) == MEMBERS_PER_SUMS:
            lists += 1
            yield from _listed(lists, lines, sums)
            lines = []
    if lines:
        yield from _listed(lists + 1, lines, sums)
    end = json.dumps({"members": written, "sums": sums.hexdigest()})
    yield _head(END, len(end)) + end + _padding(len(end)) + bytes(2 * tarfile.BLOCKSIZE)


def _listed(number: int, lines: list[str], sums: "hashlib._Hash") -> Iterator[bytes]:
    whole = "".join(lines).encode()
    sums.update(whole)
    yield _head(f"{SUMS}{number:05}.sha256", len(whole)) + whole + _padding(len(whole))


def _head(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _zipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    gzip = zlib.compressobj(level=1, wbits=31)
    for piece in pieces:
        yield gzip.compress(piece)
    yield gzip.flush()

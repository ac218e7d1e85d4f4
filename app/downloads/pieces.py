"""Files that are put together when they are read: a list of stretches of stored objects, and few bytes of their own.

A member of gzip, and a stretch of deflate that ends at a byte, can be set one after the other; so a file of a year is the
list of what its blocks left in storage, and one more release writes one block and a list, whatever the year holds.
"""

import base64
import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from app.core import json
from app.core.storage import Storage

CHUNK = 1024 * 1024
"""Bytes that one reader holds in memory at most."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of a stored object, from `start` up to `end`."""

    storage_key: str
    start: int
    end: int


Piece = bytes | Stretch


def length(piece: Piece) -> int:
    """Return how many bytes a piece has."""
    return len(piece) if isinstance(piece, bytes) else piece.end - piece.start


def keys(pieces: Iterable[Piece]) -> list[str]:
    """Return the objects that pieces lie in, each once, in their order."""
    return list(dict.fromkeys(piece.storage_key for piece in pieces if isinstance(piece, Stretch)))


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the same bytes in as few pieces as they can be said in."""
    made: list[Piece] = []
    for piece in pieces:
        last = made[-1] if made else None
        if isinstance(last, bytes) and isinstance(piece, bytes):
            made[-1] = last + piece
        elif (
            isinstance(last, Stretch)
            and isinstance(piece, Stretch)
            and (last.storage_key, last.end) == (piece.storage_key, piece.start)
        ):
            made[-1] = Stretch(last.storage_key, last.start, piece.end)
        elif length(piece):
            made.append(piece)
    return made


def packed(pieces: Sequence[Piece]) -> bytes:
    """Return pieces as they are kept in a row; the same pieces are the same bytes."""
    numbers = {key: number for number, key in enumerate(keys(pieces))}
    told = [
        base64.b64encode(piece).decode()
        if isinstance(piece, bytes)
        else [numbers[piece.storage_key], piece.start, piece.end]
        for piece in pieces
    ]
    return gzip.compress(json.dumps([list(numbers), told]), mtime=0)


def unpacked(raw: bytes) -> list[Piece]:
    """Return what `packed` was given."""
    names, told = json.loads(gzip.decompress(raw))
    return [
        base64.b64decode(one) if isinstance(one, str) else Stretch(names[one[0]], one[1], one[2])
        for one in told
    ]


def cut(pieces: Iterable[Piece], start: int, end: int) -> Iterator[Piece]:
    """Yield what of pieces lies from `start` up to `end`, none of it longer than `CHUNK`."""
    at = 0
    for piece in pieces:
        low, high = max(start - at, 0), min(end - at, length(piece))
        for begin in range(low, high, CHUNK):
            stop = min(begin + CHUNK, high)
            yield (
                piece[begin:stop]
                if isinstance(piece, bytes)
                else Stretch(piece.storage_key, piece.start + begin, piece.start + stop)
            )
        at += length(piece)
        if at >= end:
            return


def fetched(storage: Storage, piece: Piece) -> bytes:
    """Return the bytes of a piece that is no longer than `CHUNK`.

    Raises:
        NotFoundError: the object is gone.
    """
    if isinstance(piece, bytes):
        return piece
    return b"".join(storage.read(piece.storage_key, piece.start, piece.end))


@dataclass(frozen=True, slots=True)
class Sums:
    """What tells that a file arrived whole."""

    size: int
    sha256: bytes
    md5: bytes


def summed(storage: Storage, pieces: Sequence[Piece]) -> Sums:
    """Return the sums of a file, read through once."""
    size = sum(map(length, pieces))
    # Neither guards a secret; the weaker one is what the tools of many harvesters expect.
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    for piece in cut(pieces, 0, size):
        raw = fetched(storage, piece)
        sha256.update(raw)
        md5.update(raw)
    return Sums(size, sha256.digest(), md5.digest())


def member(raw: bytes) -> bytes:
    """Return bytes as a whole member of gzip; the same for the same bytes."""
    return gzip.compress(raw, mtime=0)


class Member:
    """A member of gzip on its way into a file.

    Args:
        file: where to; written on from where it stands.
    """

    LEVEL = 6

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._packer = zlib.compressobj(self.LEVEL, zlib.DEFLATED, 31)
        self.unpacked = 0
        self.size = 0

    def write(self, raw: bytes) -> None:
        """Add bytes."""
        self.unpacked += len(raw)
        self._keep(self._packer.compress(raw))

    def close(self) -> None:
        """End the member."""
        self._keep(self._packer.flush())

    def _keep(self, made: bytes) -> None:
        self.size += self._file.write(made)

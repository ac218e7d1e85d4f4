"""A ZIP of entries of other ZIPs, whose packed bytes stay where they are stored."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.storage import Storage
from app.downloads.pieces import Piece, cut, fetched, joined, length

_LOCAL, _CENTRAL, _END64, _WAY64, _END = "<4s5H3L2H", "<4s6H3L5H2L", "<4sQ2H2L4Q", "<4sLQL", "<4s4H2LH"
_VERSION, _UTF8, _DEFLATED = 45, 0x800, 8
_DAY = 0x21
"""The first that a ZIP can tell, 1 January 1980: the same entries are the same bytes."""
_BEYOND, _MANY = 0xFFFFFFFF, 0xFFFF
"""What stands in a narrow field whose number is in the wide one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A deflated entry.

    Attributes:
        name: with its folders.
        crc: of what it unpacks to.
        unpacked: bytes once it is.
        pieces: its packed bytes.
    """

    name: str
    crc: int
    unpacked: int
    pieces: Sequence[Piece]

    @property
    def size(self) -> int:
        """Its packed bytes."""
        return sum(map(length, self.pieces))


class _Opened(io.RawIOBase):
    """A file of pieces, as programs read one that can seek."""

    def __init__(self, storage: Storage, pieces: Sequence[Piece]) -> None:
        self._storage, self._pieces = storage, pieces
        self._size, self._at = sum(map(length, pieces)), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, target: Any) -> int:
        end = min(self._at + len(target), self._size)
        raw = b"".join(fetched(self._storage, piece) for piece in cut(self._pieces, self._at, end))
        target[: len(raw)] = raw
        self._at += len(raw)
        return len(raw)


def packed(name: str, raw: bytes) -> Entry:
    """Return an entry of bytes."""
    packer = zlib.compressobj(wbits=-15)
    return Entry(name, zlib.crc32(raw), len(raw), [packer.compress(raw) + packer.flush()])


def entries(storage: Storage, pieces: Sequence[Piece]) -> tuple[dict[str, Entry], zipfile.ZipFile]:
    """Return the entries of a ZIP of pieces by name, and what reads them."""
    source = _Opened(storage, pieces)
    opened = zipfile.ZipFile(io.BufferedReader(source))
    found = {}
    for one in opened.infolist():
        source.seek(one.header_offset)
        told = struct.unpack(_LOCAL, source.read(struct.calcsize(_LOCAL)))
        start = one.header_offset + struct.calcsize(_LOCAL) + told[-2] + told[-1]
        held = joined(cut(pieces, start, start + one.compress_size))
        found[one.filename] = Entry(one.filename, one.CRC, one.file_size, held)
    return found, opened


def archive(held: Iterable[Entry]) -> list[Piece]:
    """Return the ZIP of entries, as pieces."""
    return joined(_archive(held))


def _archive(held: Iterable[Entry]) -> Iterator[Piece]:
    at, directory, count = 0, b"", 0
    for one in held:
        name = one.name.encode()
        shared = (_VERSION, _UTF8, _DEFLATED, 0, _DAY, one.crc, _BEYOND, _BEYOND, len(name))
        sizes = struct.pack("<2Q", one.unpacked, one.size)
        opening = struct.pack(_LOCAL, b"PK\3\4", *shared, 20) + name + struct.pack("<2H", 1, 16) + sizes
        yield opening
        yield from one.pieces
        directory += struct.pack(_CENTRAL, b"PK\1\2", _VERSION, *shared, 28, 0, 0, 0, 0, _BEYOND)
        directory += name + struct.pack("<2H", 1, 24) + sizes + struct.pack("<Q", at)
        at += len(opening) + one.size
        count += 1
    where = (count, count, len(directory), at)
    yield directory + struct.pack(_END64, b"PK\6\6", 44, _VERSION, _VERSION, 0, 0, *where)
    yield struct.pack(_WAY64, b"PK\6\7", 0, at + len(directory), 1)
    yield struct.pack(_END, b"PK\5\6", 0, 0, _MANY, _MANY, _BEYOND, _BEYOND, 0)

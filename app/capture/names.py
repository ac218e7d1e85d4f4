"""Names of a form's controls: JSON Pointers inside the part, and marks of inline lists beside them.

An inline list says `/x/@lista` (a digest of what is stored, so that a form filled over an older list is noticed), each
of its rows `/x/0/@fila` (its position in the stored list; empty for a new one). `mostrado` says what every other
control showed, in digests, so that what nobody touched is told from what somebody else changed meanwhile.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import orjson

LIST = "@lista"
ROW = "@fila"
SHOWN = "mostrado"
SEQ = "desde"
ACT = "accion"


def list_mark(pointer: str) -> str:
    """Return the name of a list's own mark."""
    return f"{pointer}/{LIST}"


def row_mark(pointer: str) -> str:
    """Return the name of a row's mark; the pointer is the row's."""
    return f"{pointer}/{ROW}"


def digest(text: str) -> str:
    """Return a short digest of what a control shows, the same before and after a browser sends it."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\n")
    return blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def digest_of(texts: Iterable[str]) -> str:
    """Return the digest of the texts of one control, in whatever order its boxes come."""
    return digest("\n".join(sorted(text for text in texts if text)))


def list_digest(stored: Any) -> str:
    """Return a short digest of a stored list."""
    return blake2b(orjson.dumps(stored), digest_size=6).hexdigest()


def rows_of(names: Iterable[str], pointer: str) -> list[str]:
    """Return the pointers of the rows of a list that a form sent, in order.

    Args:
        names: of everything sent.
        pointer: of the list.
    """
    start = f"{pointer}/"
    ends = f"/{ROW}"
    found = {
        int(middle)
        for name in names
        if name.startswith(start)
        and name.endswith(ends)
        and (middle := name[len(start) : -len(ends)]).isascii()
        and middle.isdecimal()
    }
    return [f"{pointer}/{index}" for index in sorted(found)]

"""Keyset pages: a page starts after a key, never at an offset, so a deep page costs what the first one does."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import orjson

from app.core.errors import BadRequestError

T = TypeVar("T")

INT4, INT8 = 2**31 - 1, 2**63 - 1
"""The largest numbers of the database's two kinds of integers."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows and the cursor of what follows.

    Attributes:
        rows: at most as many as were asked for.
        next_cursor: opaque text for the following page; None at the end.
    """

    rows: Sequence[T]
    next_cursor: str | None


def encode_cursor(*key: str | int) -> str:
    """Return the key of a page's last row as opaque, address-safe text."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).rstrip(b"=").decode()


def decode_cursor(cursor: str, *types: type[str] | type[int], most: int = INT8) -> tuple[str | int, ...]:
    """Return the key inside a cursor.

    Args:
        cursor: as given by `encode_cursor`.
        *types: what each member of the key must be.
        most: the largest number that the key's columns hold, `INT4` or `INT8`.

    Raises:
        BadRequestError: the text is not a cursor of ours.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error) as error:
        raise BadRequestError(_BAD_CURSOR) from error
    valid = (
        isinstance(key, list)
        and len(key) == len(types)
        and all(type(part) is kind and _fits(part, most) for part, kind in zip(key, types, strict=True))
    )
    if not valid:
        raise BadRequestError(_BAD_CURSOR)
    return tuple(key)


def reached(cursor: str) -> tuple[datetime, UUID]:
    """Return the instant and the identifier inside the cursor of a list that is ordered by both.

    Raises:
        BadRequestError: the text is not a cursor of ours.
    """
    at, identifier = decode_cursor(cursor, str, str)
    try:
        return moment(str(at)), UUID(str(identifier))
    except ValueError as error:
        raise BadRequestError(_BAD_CURSOR) from error


def moment(written: str) -> datetime:
    """Return an instant inside a cursor.

    Raises:
        BadRequestError: it is none, or does not say of what zone.
    """
    try:
        read = datetime.fromisoformat(written)
    except ValueError as error:
        raise BadRequestError(_BAD_CURSOR) from error
    if read.tzinfo is None:
        raise BadRequestError(_BAD_CURSOR)
    return read


def _fits(part: str | int, most: int) -> bool:
    """Tell whether the database can hold a member of a key: it has no NUL, and its integers end."""
    return "\x00" not in part if isinstance(part, str) else -most <= part <= most


def cut(rows: Sequence[T], limit: int, key: Callable[[T], tuple[str | int, ...]]) -> Page[T]:
    """Make a page of rows that were asked for with `limit + 1`.

    Args:
        rows: in key order, at most `limit + 1` of them.
        limit: rows of a page.
        key: the ordering key of a row.
    """
    if len(rows) <= limit:
        return Page(rows, None)
    return Page(rows[:limit], encode_cursor(*key(rows[limit - 1])))


_BAD_CURSOR = "El cursor no es válido: usa el que viene en «links.next», sin cambiarlo, o empieza sin cursor."

"""JSON in and out: fast, keeping what PostgreSQL would not (integers beyond 64 bits)."""

import json
from collections.abc import Callable
from typing import Any

import orjson


def dumps(value: Any, *, default: Callable[[Any], Any] | None = None) -> bytes:
    """Return compact UTF-8 JSON, keys in the order they have.

    Args:
        value: what JSON knows, and identifiers and moments; keys are texts.
        default: makes something JSON knows of anything else.
    """
    try:
        return orjson.dumps(value, default)
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(
            value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=default
        ).encode()


def ordered(value: Any) -> bytes:
    """Return JSON that is the same for equal values, in whatever order their keys are."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def text(value: Any, *, default: Callable[[Any], Any] | None = None) -> str:
    """Return compact JSON as text; as `dumps`."""
    return dumps(value, default=default).decode()


def loads(value: str | bytes) -> Any:
    """Read JSON."""
    return orjson.loads(value)

"""JSON in and out: fast, keeping what PostgreSQL would not (integers beyond 64 bits)."""

import json
from typing import Any

import orjson


def dumps(value: Any) -> bytes:
    """Return compact UTF-8 JSON, keys in the order they have."""
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def text(value: Any) -> str:
    """Return compact JSON as text."""
    return dumps(value).decode()


def loads(value: str | bytes) -> Any:
    """Read JSON."""
    return orjson.loads(value)

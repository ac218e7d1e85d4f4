"""Values that JSON can write and PostgreSQL or any reader of ours cannot hold: found, shown, taken out."""

import math
from typing import Any, NamedTuple

from app.ocds import shape

_LARGEST = 2**63
NUL = "\0"
SHOWN_NUL = "␀"

_HAS_NUL = "el texto lleva un carácter NUL, que ningún sistema guarda bien; quítalo."
_TOO_BIG = "el número es demasiado grande para leerse igual en todos los sistemas; si es una clave, escríbela entre comillas."


class Unfit(NamedTuple):
    """One such value: where, what, and in Spanish why not."""

    pointer: str
    value: Any
    message: str


def shown(value: Any) -> Any:
    """Return a value as reports can store it: NUL as its symbol, a number out of range as text."""
    match value:
        case str():
            return value.replace(NUL, SHOWN_NUL)
        case dict():
            return {key.replace(NUL, SHOWN_NUL): shown(held) for key, held in value.items()}
        case list():
            return [shown(held) for held in value]
        case int() | float() if _complaint(value):
            return str(value)
    return value


def take_out(document: dict[str, Any] | list[Any], pointer: str = "") -> list[Unfit]:
    """Remove every such value from a document, smallest first, and return them."""
    found: list[Unfit] = []
    places = document.items() if isinstance(document, dict) else enumerate(document)
    # From the end, so that what is taken out of a list leaves the places of those before.
    for key, value in reversed(list(places)):
        at = f"{pointer}/{shape.escape(key)}"
        complaint = _HAS_NUL if isinstance(key, str) and NUL in key else _complaint(value)
        if complaint:
            found.append(Unfit(shown(at), shown(value), complaint))
            del document[key]
        elif isinstance(value, (dict, list)):
            found.extend(take_out(value, at))
    return found


def _complaint(value: Any) -> str:
    match value:
        case str():
            return _HAS_NUL if NUL in value else ""
        case bool():
            return ""
        case int():
            return "" if -_LARGEST <= value < _LARGEST else _TOO_BIG
        case float():
            return "" if math.isfinite(value) else _TOO_BIG
    return ""

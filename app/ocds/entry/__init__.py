"""What people type, and the JSON values of a document: `written` one way, `read` the other.

Nothing typed is corrected beyond what makes it legible: outer blanks and control characters go, everything else
(emoji, right-to-left text, the way letters are composed) stays to the letter. What was stored and not touched stays
too, however odd: `read(…, stored=…)` returns it when the text is the one that `written` shows for it.
"""

import re
from typing import Any

import orjson

from app.ocds.codelists import codelist
from app.ocds.entry import codes, dates, numbers
from app.ocds.entry.addresses import read_uri
from app.ocds.entry.errors import EntryError
from app.ocds.identifiers import check_rfc
from app.ocds.model import Codelist, Field, Kind

__all__ = ["LONGEST", "EntryError", "kept", "read", "written"]

LONGEST = 50_000
"""Characters that one field takes."""

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_BETWEEN = re.compile(r"[\s,;]+")
_OUTER = " \t\n\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"
_JSON_KINDS = {
    dict: "object",
    list: "array",
    str: "string",
    int: "number",
    float: "number",
    type(None): "null",
}


def written(field: Field, value: Any, *, zone: str) -> str:
    """Return what the box of a field shows for a stored value; the empty text for None.

    Lists of plain texts go one per line, open shapes as JSON, dates as `31/12/2026` or `31/12/2026 14:30` in the zone,
    amounts as `1,234.50`, yes and no as `true` and `false`. A value of another type than the field's is shown too.

    Args:
        field: of the model.
        value: JSON.
        zone: IANA name of the tenant's time zone.
    """
    if value is None:
        return ""
    match field.kind, value:
        case (Kind.DATE, str()):
            return dates.written(value, name=field.name, zone=zone)
        case (Kind.NUMBER | Kind.INTEGER, int() | float()) if not isinstance(value, bool):
            return numbers.written(value, name=field.name)
        case (Kind.RAW, _):
            return _json(value)
        case (Kind.TEXTS | Kind.CODES, list()) if all(isinstance(one, str) for one in value):
            return "\n".join(value)
        case (_, str()):
            return value
    return _json(value)


def kept(field: Field, text: str, stored: Any, *, zone: str) -> bool:
    """Whether a text is the one shown for what is stored, as browsers send it back: then nothing was changed."""
    return _as_sent(text) == _as_sent(written(field, stored, zone=zone))


def read(field: Field, text: str, *, zone: str, stored: Any = None) -> Any:
    """Return the JSON value that a text means in a field; None when it is blank.

    Args:
        field: of the model; of a block or list of blocks, the text is its JSON.
        text: as typed; several values of one field go one per line.
        zone: IANA name of the tenant's time zone.
        stored: what the field holds: returned as it is when the text is the one shown for it.

    Raises:
        EntryError: it means nothing there.
    """
    if stored is not None and kept(field, text, stored, zone=zone):
        return stored
    plain = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip(_OUTER)
    if not plain:
        return None
    if len(plain) > LONGEST:
        raise EntryError(
            f"El texto pasa de {LONGEST:,} caracteres; resúmelo aquí y adjunta el resto como documento."
        )
    match field.kind:
        case Kind.DATE:
            return dates.read(plain, name=field.name, zone=zone)
        case Kind.NUMBER:
            return numbers.read(plain)
        case Kind.INTEGER:
            return numbers.read_whole(plain)
        case Kind.BOOLEAN:
            return codes.read_boolean(plain)
        case Kind.CODE | Kind.TEXT | Kind.ID if field.codelist or field.choices:
            return codes.read_code(_list_of(field), plain)
        case Kind.ID if field.path.endswith(("identifier/id", "Identifiers/id")):
            return _official(plain)
        case Kind.ID:
            return " ".join(plain.split())
        case Kind.URI:
            return read_uri(plain)
        case Kind.TEXTS if field.items and "array" in field.items["type"]:
            return _coordinates(plain)
        case Kind.TEXTS if not field.choices:
            return list(dict.fromkeys(line.strip() for line in plain.split("\n") if line.strip()))
        case Kind.TEXTS | Kind.CODES:
            return codes.read_codes(_list_of(field), plain)
        case Kind.TEXT:
            return plain
    return _parsed(field, plain)


def _official(text: str) -> str:
    """Return an RFC as its register writes it, whatever blanks, hyphens and small letters it was typed with."""
    rfc = check_rfc(text)
    return " ".join(text.split()) if rfc.fault else rfc.number


def _as_sent(text: str) -> str:
    """Return a text as a form carries it: one kind of line end, and a first empty line that HTML swallows."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\n")


def _list_of(field: Field) -> Codelist:
    return codelist(field.codelist or field.choices or "")


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 * isinstance(value, dict)).decode()


def _parsed(field: Field, text: str) -> Any:
    """Return the value of a field whose shape is open, written as JSON; plain text where a text will do."""
    try:
        value = orjson.loads(text)
        orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        if "string" in field.types:
            return text
        line = f" (línea {error.lineno})" if isinstance(error, orjson.JSONDecodeError) else ""
        raise EntryError(f'No es JSON válido{line}. Va como {{"clave": "valor"}}.') from None
    kinds = set(field.types) or {"object"}
    if _JSON_KINDS.get(type(value), "boolean") not in kinds:
        raise EntryError(
            'Va un grupo de datos, como {"clave": "valor"}.'
            if "object" in kinds
            else "Va una lista, como [1, 2]."
        )
    return value


def _coordinates(text: str) -> list[Any]:
    """Return a position (longitude, latitude), or the nested lists of them that a line or zone needs."""
    example = "Va la longitud y luego la latitud, como -103.35, 20.67."
    listed = text if text.startswith("[") else f"[{_BETWEEN.sub(',', text)}]"
    try:
        value = orjson.loads(listed)
    except orjson.JSONDecodeError:
        raise EntryError(f"No se entienden las coordenadas. {example}") from None
    if not isinstance(value, list) or not _positions(value, example):
        raise EntryError(f"No se entienden las coordenadas. {example}")
    return value


def _positions(value: list[Any], example: str) -> bool:
    """Whether a list is a position or, at any depth, lists of them; refuses one that is nowhere on Earth."""
    if value and all(isinstance(part, list) for part in value):
        return all(_positions(part, example) for part in value)
    if len(value) not in (2, 3) or not all(type(part) in (int, float) for part in value):
        return False
    longitude, latitude = value[:2]
    if abs(latitude) > 90 and abs(longitude) <= 90:
        raise EntryError(f"La latitud y la longitud parecen invertidas. {example}")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise EntryError(f"La longitud va de -180 a 180 y la latitud de -90 a 90. {example}")
    return True

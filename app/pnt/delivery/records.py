"""Rows as the PNT's web service takes them, and the ids that it answers with. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.sipot.formats import Column, Format, Kind
from app.sipot.rows import Row, Value
from app.sipot.writing import shown

Number = int | str
"""An id of the PNT, as it wrote it; empty for what it does not know yet."""
Fields = list[dict[str, Any]]


class UnsayableError(ValueError):
    """A row holds what the format has no place for; the text says what and how to mend it."""


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids of a record.

    Attributes:
        number: its own.
        tables: `idCampo` of a sub-table, as text -> the ids of its rows in their order.
    """

    number: Number
    tables: Mapping[str, Sequence[Number]] = field(default_factory=dict)

    def kept(self) -> dict[str, Any]:
        """Return them as they are stored."""
        return {"number": self.number, "tables": {key: list(ids) for key, ids in self.tables.items()}}

    @staticmethod
    def read(held: Mapping[str, Any]) -> "Ids":
        """Return them as they were stored."""
        return Ids(held["number"], held.get("tables", {}))


def obstacle(format_: Format) -> str:
    """Return why the service cannot take rows of a format; empty when it can."""
    columns = [*format_.columns, *(one for table in format_.tables() for one in table.columns)]
    lacks = not format_.id or any(
        one.field_id is None for one in columns if one.key and one.kind is not Kind.SEPARATOR
    )
    return (
        "El formato no trae los identificadores con los que la PNT conoce sus campos. Tu organismo garante los da al "
        "subir la plantilla que descarga del SIPOT."
        if lacks
        else ""
    )


def fits(format_: Format, row: Row, ids: Ids) -> bool:
    """Tell whether each sub-row has an id of its own and none is left over, so that a change needs no new ones."""
    counts = {
        str(column.field_id): len(row.tables.get(column.key, ()))
        for column in format_.columns
        if column.table
    }
    held = {key: len(given) for key, given in ids.tables.items() if given}
    return held == {key: count for key, count in counts.items() if count}


def fields(format_: Format, row: Row, ids: Ids | None = None) -> Fields:
    """Return the `campos` of a record.

    Args:
        format_: whose ids and catalogues the PNT knows.
        row: as `app.sipot.outward` makes it.
        ids: of the record, where it is there already; then what is empty is said too, so that old values go.

    Raises:
        UnsayableError: a value is not in the format's catalogue.
    """
    found: Fields = []
    for column in format_.columns:
        if not column.key or column.field_id is None:
            continue
        if column.table is None:
            found += _field(column, row.values.get(column.key), whole=ids is not None)
        elif rows := row.tables.get(column.key):
            known = list(ids.tables.get(str(column.field_id), ())) if ids else []
            found.append(
                {
                    "idCampo": column.field_id,
                    "valor": [
                        {
                            "numeroRegistro": number,
                            "idRegistro": known[number - 1] if len(known) == len(rows) else "",
                            "campos": [
                                one
                                for inner in column.table.columns
                                if inner.key and inner.field_id is not None
                                for one in _field(inner, sub_row.get(inner.key), whole=ids is not None)
                            ],
                        }
                        for number, sub_row in enumerate(rows, start=1)
                    ],
                }
            )
    return found


def ids_of(told: Any, number: int) -> Ids | None:
    """Return the ids of one record in an answer's `mensaje`; None where it does not tell them."""
    record = _numbered(_list(told, "registros")).get(str(number))
    if record is None:
        return None
    tables = {}
    for one in _list(record, "campos"):
        given = _numbered(_list(one, "valor"))
        ordered = [given.get(str(at), {}).get("idRegistro", "") for at in range(1, len(given) + 1)]
        if ordered and all(_is_number(each) for each in ordered):
            tables[str(one.get("idCampo"))] = ordered
    return Ids(record["idRegistro"], tables) if _is_number(record.get("idRegistro")) else None


def typed(text: str) -> Number:
    """Return an id that a person copied; the PNT writes its own as numbers."""
    return int(text) if text.isdecimal() and not text.startswith("0") else text


def _field(column: Column, value: Value | None, *, whole: bool) -> Fields:
    if value is None:
        return [{"idCampo": column.field_id, "valor": ""}] if whole else []
    return [{"idCampo": column.field_id, "valor": _text(value, column)}]


def _text(value: Value, column: Column) -> str:
    if column.catalogue:
        entry = column.choice(str(value))
        if entry is None:
            raise UnsayableError(
                f"«{value}» no está en el catálogo de «{column.title}». Corrígelo, o pide a tu organismo garante la "
                "plantilla vigente."
            )
        return str(entry.order)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return shown(value, column)


def _list(told: Any, name: str) -> list[dict[str, Any]]:
    held = told.get(name) if isinstance(told, dict) else None
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []


def _numbered(told: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(one.get("numeroRegistro")): one for one in told}


def _is_number(held: Any) -> bool:
    return isinstance(held, int | str) and not isinstance(held, bool) and held != ""

"""Reads a file of bodies: finds its head, takes its rows, and says what cannot be used and how to mend it.

The directory of the PNT has no head: two columns, its id and `JAL - NAME`; it is known by that.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from app.core import sheets
from app.core.errors import InvalidError, TooLargeError
from app.core.folding import fold
from app.ocds.identifiers import check_rfc
from app.onboarding.wording import COLUMNS, KEY, NO_KEY
from app.tenancy.declarations import PNT_PREFIXES

LARGEST_FILE = 32 * 1024 * 1024
MOST_ROWS = 100_000
HEAD_WITHIN = 15
"""Rows in which the head must stand: workbooks begin with titles and logos."""
LONGEST = 500

_PREFIXED = re.compile(r"([A-Z]{3})(?:-[A-Z]{1,3})?\s*[-\N{EN DASH}]\s*(\S.*)", re.DOTALL)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_STATES = {
    "federacion": "FED", "aguascalientes": "AGU", "baja california": "BCN", "baja california sur": "BCS",
    "campeche": "CAM", "coahuila": "COA", "coahuila de zaragoza": "COA", "colima": "COL", "chiapas": "CHP",
    "chihuahua": "CHH", "ciudad de mexico": "CMX", "durango": "DUR", "guanajuato": "GUA", "guerrero": "GRO",
    "hidalgo": "HID", "jalisco": "JAL", "mexico": "MEX", "estado de mexico": "MEX", "michoacan": "MIC",
    "michoacan de ocampo": "MIC", "morelos": "MOR", "nayarit": "NAY", "nuevo leon": "NLE", "oaxaca": "OAX",
    "puebla": "PUE", "queretaro": "QUE", "quintana roo": "ROO", "san luis potosi": "SLP", "sinaloa": "SIN",
    "sonora": "SON", "tabasco": "TAB", "tamaulipas": "TAM", "tlaxcala": "TLA", "veracruz": "VER",
    "veracruz de ignacio de la llave": "VER", "yucatan": "YUC", "zacatecas": "ZAC",
    **{prefix.lower(): prefix for prefix in PNT_PREFIXES},
}  # fmt: skip


@dataclass(slots=True)
class Row:
    """One row of a file.

    Attributes:
        number: its line, from 1.
        told: column → text, only what the row says; `name` without the prefix of its state.
        state: prefix of the federal entity it is of, empty where it does not say.
        fault: why it cannot be used, empty when it can.
        remarks: values of it that are not taken, and why.
    """

    number: int
    told: dict[str, str]
    state: str = ""
    fault: str = ""
    remarks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Content:
    """What a file says: the columns that are known, the heads of those that are not, and its rows."""

    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)


def read(source: BinaryIO) -> Content:
    """Read a file of bodies.

    Args:
        source: at its beginning, seekable; CSV, XLSX, XLS or ODS.

    Raises:
        InvalidError: it is no such file, is empty, or has no column of names.
        TooLargeError: it has more rows than a padrón may.
    """
    lines = enumerate(sheets.rows(source, most=MOST_ROWS + HEAD_WITHIN + 1), 1)
    content, positions, first = _head(lines)
    for number, cells in (*first, *lines) if first else lines:
        told = {name: cells[at] for name, at in positions.items() if at < len(cells) and cells[at]}
        if not told:
            continue
        if len(content.rows) == MOST_ROWS:
            raise TooLargeError(f"El archivo pasa de {MOST_ROWS:,} renglones, el máximo. Divídelo.")
        content.rows.append(_row(number, told))
    if not content.rows:
        raise InvalidError("El archivo solo trae los nombres de las columnas. Elige el que trae los datos.")
    _repeated(content.rows)
    return content


def _head(
    lines: Iterator[tuple[int, list[str]]],
) -> tuple[Content, dict[str, int], list[tuple[int, list[str]]]]:
    """Find the row that names the columns; for the directory of the PNT, give its first row back."""
    for number, cells in lines:
        if number > HEAD_WITHIN:
            break
        if len(cells) > 1 and cells[0].isdecimal() and _prefix(cells[1]):
            return Content(("pnt_id", "name"), ()), {"pnt_id": 0, "name": 1}, [(number, cells)]
        heads = [fold(cell).rstrip(".:*") for cell in cells]
        positions: dict[str, int] = {}
        for name, column in COLUMNS.items():
            found = next((head for head in column.heads if head in heads), None)
            if found is not None and heads.index(found) not in positions.values():
                positions[name] = heads.index(found)
        if "name" in positions and (len(positions) > 1 or len([cell for cell in cells if cell]) == 1):
            ignored = tuple(cell for at, cell in enumerate(cells) if cell and at not in positions.values())
            return Content(tuple(positions), ignored), positions, []
    raise InvalidError(
        "No encontramos la columna «Nombre». Pon en un solo renglón cómo se llama cada columna: "
        + ", ".join(column.label for column in COLUMNS.values())
        + ". Solo el nombre es indispensable."
    )


def _row(number: int, told: dict[str, str]) -> Row:
    state = told.pop("state", "")
    row = Row(number, told)
    prefixed = _prefix(told.get("name", ""))
    if prefixed:
        row.state, told["name"] = prefixed
    elif state:
        row.state = _STATES.get(fold(state), "")
        if not row.state:
            row.remarks.append(f"«{state[:60]}» no es una entidad federativa: se toma como de la tuya.")
    if "name" not in told:
        row.fault = "Falta el nombre. Si su celda está combinada con otra, sepáralas y repite el nombre."
    elif bad := next((name for name, text in told.items() if "\N{REPLACEMENT CHARACTER}" in text), ""):
        row.fault = f"{COLUMNS[bad].label}: trae letras que no se pudieron leer. Guarda el archivo en UTF-8."
    elif long := next((name for name, text in told.items() if len(text) > LONGEST), ""):
        row.fault = f"{COLUMNS[long].label}: pasa de {LONGEST} caracteres. Acórtalo."
    else:
        _tidy(row)
    return row


def _tidy(row: Row) -> None:
    """Make values what they mean; one that means nothing is not taken, and the row says so."""
    told = row.told
    if "rfc" in told:
        checked = check_rfc(told.pop("rfc"))
        if checked.fault:
            row.remarks.append(f"RFC: «{checked.number[:30]}» no se toma. {checked.fault}")
        else:
            told["rfc"] = checked.number
            row.remarks += [checked.doubt] if checked.doubt else []
    if "key" in told and not KEY.fullmatch(told["key"]):
        row.remarks.append(f"Clave: «{told.pop('key')[:60]}» no se toma: {NO_KEY}.")
    if "contact_email" in told and not EMAIL.fullmatch(told["contact_email"]):
        mail = told.pop("contact_email")
        row.remarks.append(f"Correo de contacto: «{mail[:60]}» no es una dirección; no se toma.")
    for name in ("scope", "branch"):
        text = told.pop(name, "")
        meant = COLUMNS[name].understood(text)
        if meant:
            told[name] = meant
        elif text:
            options = ", ".join((COLUMNS[name].words or {}).values())
            row.remarks.append(
                f"{COLUMNS[name].label}: «{text[:60]}» no es una opción ({options}); no se toma."
            )


def _repeated(rows: list[Row]) -> None:
    """Refuse what names a body a second time: a person has to say which of the two holds."""
    for name in ("pnt_id", "key"):
        seen: dict[str, int] = {}
        for row in rows:
            value = row.told.get(name, "")
            if row.fault or not value:
                continue
            first = seen.setdefault(value, row.number)
            if first != row.number:
                row.fault = (
                    f"{COLUMNS[name].label}: «{value[:60]}» ya está en el renglón {first:,}. "
                    "Deja uno solo y vuelve a enviar el archivo."
                )


def _prefix(name: str) -> tuple[str, str] | None:
    """Split `JAL - NAME`, as the PNT writes it, when what stands before is the prefix of a state."""
    found = _PREFIXED.fullmatch(name)
    return (found[1], found[2]) if found and found[1] in PNT_PREFIXES else None

"""Reads a file of entries, CSV or Excel, as people have them: any delimiter, any usual encoding, titles above the head.

Memory is bounded by the limits below. A row that cannot be used costs that row, and says why; a file that cannot be
used says what it lacks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from app.catalogs.kinds import Column, Kind
from app.core import sheets
from app.core.errors import InvalidError, TooLargeError
from app.core.folding import fold

LARGEST_FILE = 16_000_000
LARGEST_UNPACKED = 256 * 1024 * 1024
MOST_ROWS = 60_000
LONGEST_TEXT = 2_000
HEAD_WITHIN = 15
"""Rows in which the head must stand: workbooks begin with titles and logos."""

Key = tuple[str, str]
"""Family and code of an entry."""
Values = dict[str, str]
"""Column → text; a column that the file does not have is absent."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be used: its line in the file, what its code said, and why in Spanish."""

    line: int
    code: str
    reason: str


@dataclass(slots=True)
class Content:
    """What a file says.

    Attributes:
        columns: those of the kind that the file has.
        ignored: heads of the other columns.
        entries: by family and code, in the order of the file.
        refused: rows that cannot be used.
        repeated: rows that say again what an earlier one said.
    """

    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    entries: dict[Key, Values] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    repeated: int = 0


def read(source: BinaryIO, kind: Kind) -> Content:
    """Read a file of entries.

    Args:
        source: at its beginning, seekable; CSV, XLSX, XLS or ODS, told by its content.
        kind: says which columns to look for.

    Raises:
        InvalidError: it is not such a file, or lacks the head or a column without which nothing can be read.
        TooLargeError: it is over a limit.
    """
    rows = enumerate(sheets.rows(source, most=MOST_ROWS + 1, largest_unpacked=LARGEST_UNPACKED), 1)
    content, positions = _head(rows, kind)
    lines: dict[Key, int] = {}
    for line, cells in rows:
        if line > MOST_ROWS:
            raise TooLargeError(f"El archivo pasa de {MOST_ROWS:,} renglones, el máximo. Divídelo.")
        values = {name: cells[at] if at < len(cells) else "" for name, at in positions.items()}
        if any(values.values()):
            _take(content, kind, values, line, lines)
    return content


def _take(content: Content, kind: Kind, values: Values, line: int, lines: dict[Key, int]) -> None:
    values["code"] = kind.tidy(values["code"])
    reason = fault(kind, values)
    key = (values.pop("family", ""), values["code"])
    if reason is None and content.entries.setdefault(key, values) is not values:
        if content.entries[key] == values:
            content.repeated += 1
            return
        reason = f"La clave ya está en el renglón {lines[key]:,} y ahí dice otra cosa; deja uno solo."
    if reason is None:
        lines[key] = line
    else:
        content.refused.append(Refused(line, key[1][:60], reason))


def fault(kind: Kind, values: Values) -> str | None:
    """Return why an entry cannot be taken, None when it can; texts become the values that they mean.

    Args:
        kind: of the entry.
        values: column → text, blanks already single; changed in place.
    """
    for column in kind.columns:
        text = values.get(column.name, "")
        if column.required and not text:
            return f"Falta: {column.label.lower()}."
        if len(text) > LONGEST_TEXT:
            return f"{column.label}: pasa de {LONGEST_TEXT:,} caracteres; acórtala."
        if "\N{REPLACEMENT CHARACTER}" in text:
            return f"{column.label}: trae caracteres que no se pudieron leer; guarda el archivo en UTF-8."
        meant = column.understood(text)
        if meant is None:
            options = ", ".join(label for _, label in column.choices)
            return f"{column.label}: «{text[:60]}» no es una opción. Puede ser: {options}."
        if column.name in values:
            values[column.name] = meant
    return kind.fault(values["code"])


def _head(rows: Iterable[tuple[int, Sequence[str]]], kind: Kind) -> tuple[Content, dict[str, int]]:
    """Find the row that names the columns, and where each of them stands."""
    lacking: list[Column] = []
    for line, cells in rows:
        if line > HEAD_WITHIN:
            break
        names = [fold(cell) for cell in cells]
        positions: dict[str, int] = {}
        for column in kind.columns:
            found = next((name for name in column.headers if name in names), None)
            if found is not None and names.index(found) not in positions.values():
                positions[column.name] = names.index(found)
        lacking = [column for column in kind.columns if column.required and column.name not in positions]
        if "code" in positions and not lacking:
            ignored = tuple(cell for at, cell in enumerate(cells) if cell and at not in positions.values())
            return Content(tuple(positions), ignored), positions
        if "code" in positions and len(positions) > 1:
            break
    wanted = ", ".join(f"«{column.label.lower()}»" for column in (lacking or kind.columns))
    raise InvalidError(
        f"No encontramos {wanted} en los nombres de las columnas. Pon en un solo renglón cómo se llama cada una: "
        f"{', '.join(column.label.lower() for column in kind.columns)}."
    )

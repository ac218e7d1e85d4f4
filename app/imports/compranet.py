"""The source of CompraNet's lists: contracts gathered by federal expediente, for the bodies of the padrón (`app.compranet`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.compranet import inward
from app.compranet.mapping import VERSION
from app.compranet.reading import CompranetRow, Reading, read
from app.imports.entries import START, Entry, Pass, SourceRow
from app.imports.gathering import Gathering
from app.imports.records import Document
from app.imports.sipot import is_table
from app.imports.sourcing import Setting
from app.imports.staging import Staged, content_of
from app.imports.unpacking import is_workbook
from app.processes.beginning import own_party
from app.sipot import people
from app.sipot.rows import Remark, Row
from app.tenancy.models import SujetoObligado

OCID = "compranet/"
"""How the source's name of a process begins; those that imports made of it have it as an alias."""
_NAMED_BY = ("unit.key", "body", "initials", "unit.name")
"""Columns that may name a body of the padrón, the surest first."""


class Compranet:
    """Contracts of CompraNet and Compras MX, as their open data have them."""

    key = "compranet"
    nothing = "La lista de CompraNet tiene los nombres de las columnas y ningún contrato debajo."

    def recognises(self, file: BinaryIO) -> bool:
        """Tell a list by the names of its columns; what is wrong with them is said."""
        if not is_workbook(file) and not is_table(file):
            return False
        with read(file) as reading:
            return reading is not None

    def open(self, path: Path, setting: Setting) -> Pass:
        """Begin a pass."""
        return _Pass(path, setting)


class _Pass(Gathering):
    """One reading of a file."""

    kind, version, foreign = "compranet", VERSION, "No es una lista de contratos de CompraNet."

    def __init__(self, path: Path, setting: Setting) -> None:
        super().__init__(path, setting)
        self._titles: dict[str, str] = {}
        self._numbers: dict[str, set[str]] = {}
        self._bodies = {body.key: body for body in setting.padron.by_id.values()}
        self._own: dict[str, dict[str, str]] = {}

    @contextmanager
    def _read(self, source: BinaryIO) -> Iterator[Reading | None]:
        with read(source) as reading:
            self._titles |= reading.titles if reading else {}
            yield reading

    def _staged(self, name: str, row: CompranetRow) -> tuple[tuple[str, ...] | None, Staged]:
        sheet = f"{name}, {row.sheet}" if name else row.sheet
        body = None if row.fault else self._body(row)
        refusal = row.fault or self._refusal(row, body)
        group = (body.key, row.cells["file"]) if body and not refusal else None
        if body and not refusal and (number := row.cells.get("number")):
            self._numbers.setdefault(body.key, set()).add(number)
        told = tuple(Remark(sheet, row.number, "", sentence) for sentence in row.told)
        kept = Row(sheet, row.number, "", row.cells, {}, told, row.rest)
        return group, Staged(body.key if body else "", "", kept, refusal)

    def _look_up(self) -> None:
        self._own = {
            key: self._setting.own_processes(self._bodies[key].sujeto_obligado_id, numbers, not_of=OCID)
            for key, numbers in self._numbers.items()
        }

    def _body(self, row: CompranetRow) -> SujetoObligado | None:
        """Return the body of the padrón that the row names; a state's dependencies stand in the name of the unit.

        That is written `JAL-Secretaría de Salud-Dirección de Recursos Materiales #914010997`.
        """
        padron = self._setting.padron
        names = [row.cells[key] for key in _NAMED_BY if key in row.cells]
        names += [part for part in row.cells.get("unit.name", "").split("-") if len(part) > len("JAL")]
        found = next((found for name in names if (found := padron.named(name.strip(" _")))), None)
        return padron.by_id[found] if found else None

    def _refusal(self, row: CompranetRow, body: SujetoObligado | None) -> str:
        """Say why a row is not taken; empty when it is."""
        cells, own = row.cells, self._setting.body
        missing = [key for key in ("body", "file", "contract") if key not in cells]
        if missing:
            names = ", ".join(self._titles[key] for key in missing)
            return f"Le falta {names}, y sin eso no se sabe de qué contratación es."
        named = " / ".join(dict.fromkeys(cells[key] for key in ("body", "unit.name") if key in cells))
        if body is None:
            whose = f"no es «{own.name}»" if own else "no está en tu padrón"
            return (
                f"Es de «{named}», que {whose}; se deja fuera. Si es una de las tuyas, escribe su nombre en el padrón como "
                "CompraNet lo escribe."
            )
        if own is not None and body.sujeto_obligado_id != own.sujeto_obligado_id:
            return (
                f"Es de «{body.name}» y estás importando para «{own.name}»; se deja fuera. Para traerlo, importa el archivo "
                "para ese sujeto obligado."
            )
        return ""

    def _made(self, group: list[Staged]) -> Iterator[Entry]:
        """Yield the process; of one that the body has already, only what links it with the federal one."""
        body = self._bodies[group[0].body]
        seen: dict[bytes, int] = {}
        repeats: dict[tuple[str, int], int] = {}
        rows = list[CompranetRow]()
        for staged in group:
            row = staged.row
            first = seen.setdefault(content_of(row), row.number)
            if first != row.number:
                repeats[row.sheet, row.number] = first
                continue
            texts = {key: str(value) for key, value in row.values.items()}
            told = tuple(remark.message for remark in row.remarks)
            rows.append(CompranetRow(row.sheet, row.number, texts, row.rest, told, ""))
        cells = rows[0].cells
        taken = inward.take(rows, zone=self._setting.zone, titles=self._titles)
        release: Document = {"ocid": f"{OCID}{body.key}/{cells['file']}", "id": f"CompraNet {cells['file']}"}
        linked = self._own.get(body.key, {}).get(cells.get("number", ""))
        if linked:
            release |= {"ocid": linked, "relatedProcesses": [inward.link(cells)]}
        else:
            release |= taken.document
            party = people.enlist(release, own_party(body), "buyer", "procuringEntity")
            release["buyer"] = people.reference(party)
            release["tender"]["procuringEntity"] = people.reference(party)
        yield Entry(
            START,
            rows[0].number,
            release,
            origin="compranet",
            rest={} if linked else taken.rest,
            values=sum(len(staged.row.values) for staged in group),
            rows=tuple(
                SourceRow(
                    staged.row.sheet,
                    staged.row.number,
                    _said(taken, (staged.row.sheet, staged.row.number), repeats, linked),
                )
                for staged in group
            ),
        )


def _said(
    taken: inward.Taken, place: tuple[str, int], repeats: dict[tuple[str, int], int], linked: str | None
) -> tuple[str, ...]:
    """Return what is to be said of a row."""
    if place in repeats:
        return (f"Dice lo mismo que el renglón {repeats[place]:,}; se tomó una vez.",)
    if linked:
        return (
            f"Ya tienes este procedimiento ({linked}): no se copia otra vez, solo se liga con el expediente federal.",
        )
    return tuple(dict.fromkeys(taken.remarks[place]))

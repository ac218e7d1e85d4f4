"""The source of the simple sheet: rows gathered by expediente, for the one body that the import is for (`app.simple`)."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from app.core.errors import InvalidError
from app.core.folding import fold
from app.imports.entries import START, Entry, Pass, SourceRow
from app.imports.gathering import Gathering
from app.imports.records import Document
from app.imports.sipot import is_table
from app.imports.sourcing import Numbered, Setting
from app.imports.staging import Staged, content_of
from app.imports.unpacking import is_workbook
from app.processes.beginning import own_party
from app.simple import inward
from app.simple.columns import VERSION
from app.simple.reading import Reading, read
from app.sipot import people
from app.sipot.rows import Row
from app.tenancy.models import SujetoObligado

OCID = "hoja-sencilla/"
"""How the source's name of a process begins; those that imports made of it have it as an alias."""
_NO_KEY = (
    "No trae expediente ni número de contrato, y sin ellos no se sabe de qué contratación es. Escribe uno de los dos y vuelve "
    "a importar la hoja."
)
_NO_BODY = "La hoja sencilla no dice de qué sujeto obligado es. Importa otra vez el archivo y elige para cuál sujeto obligado."


class Simple:
    """The template of `app.simple.writing`, filled, in Excel or CSV."""

    key = "simple"
    nothing = "La hoja sencilla no tiene ningún renglón debajo de los títulos. Escribe uno por contrato y vuelve a importarla."

    def recognises(self, file: BinaryIO) -> bool:
        """Tell the sheet by the template's mark or by its titles; what is wrong with them is said."""
        if not is_workbook(file) and not is_table(file):
            return False
        with read(file) as reading:
            return reading is not None

    def open(self, path: Path, setting: Setting) -> Pass:
        """Begin a pass."""
        return _Pass(path, setting)


class _Pass(Gathering):
    """One reading of a file."""

    kind, version, foreign = "simple", VERSION, "No es una hoja sencilla."

    def __init__(self, path: Path, setting: Setting) -> None:
        super().__init__(path, setting)
        self._numbers: dict[Numbered, set[str]] = {"tender": set(), "contracts": set()}
        self._own: dict[str, str] = {}

    @property
    def _body(self) -> SujetoObligado:
        if self._setting.body is None:
            raise InvalidError(_NO_BODY)
        return self._setting.body

    def _read(self, source: BinaryIO) -> AbstractContextManager[Reading | None]:
        return read(source)

    def _staged(self, name: str, row: Row) -> tuple[tuple[str, ...] | None, Staged]:
        sheet = f"{name}, {row.sheet}" if name else row.sheet
        number = inward.key_of(row)
        if number:
            self._numbers["tender" if "file" in row.values else "contracts"].add(number)
        group = (fold(number),) if number else None
        return group, Staged("", "", replace(row, sheet=sheet), "" if number else _NO_KEY)

    def _look_up(self) -> None:
        for part, numbers in self._numbers.items():
            self._own |= self._setting.own_processes(
                self._body.sujeto_obligado_id, numbers, not_of=OCID, part=part
            )

    def _made(self, group: list[Staged]) -> Iterator[Entry]:
        body, number = self._body, inward.key_of(group[0].row)
        if held := self._own.get(number):
            yield from self._refused(
                group,
                f"Ya tienes esta contratación, capturada o traída de otra parte: {held}. No se copia otra vez; si el renglón "
                "dice algo que ahí falta, escríbelo en ella.",
            )
            return
        seen: dict[bytes, Row] = {}
        repeats: dict[inward.Place, str] = {}
        for staged in group:
            row = staged.row
            before = seen.setdefault(content_of(row), row)
            if before is not row:
                repeats[row.sheet, row.number] = (
                    f"Dice lo mismo que el renglón {before.number:,} de «{before.sheet}»; se tomó una sola vez."
                )
        taken = inward.take(seen.values(), zone=self._setting.zone)
        release: Document = {
            "ocid": f"{OCID}{body.key}/{fold(number)}",
            "id": f"Hoja sencilla {number}",
            **taken.document,
        }
        party = people.enlist(release, own_party(body), "buyer", "procuringEntity")
        release["buyer"] = people.reference(party)
        release["tender"]["procuringEntity"] = people.reference(party)
        places = [(staged.row.sheet, staged.row.number) for staged in group]
        said = {place: tuple(dict.fromkeys(taken.remarks[place])) for place in places}
        said |= {place: (repeat,) for place, repeat in repeats.items()}
        yield Entry(
            START,
            group[0].row.number,
            release,
            origin="simple",
            rest=taken.rest,
            values=sum(len(staged.row.values) for staged in group),
            rows=tuple(SourceRow(*place, said[place]) for place in places),
        )

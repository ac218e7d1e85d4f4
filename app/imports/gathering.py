"""How lists are read of which each row says by itself whose process it is of: put aside by process, then made of its rows."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from app.core.errors import AppError
from app.imports.entries import START, Entry, Fault, Place, SourceRow
from app.imports.records import Document
from app.imports.sipot import BEAT_ROWS, LARGEST_PROCESS, documents
from app.imports.sourcing import Setting
from app.imports.staging import Staged, Staging
from app.sipot.rows import Row


class Reading(Protocol):
    """A list opened for reading."""

    warnings: list[str]

    def rows(self) -> Iterator[Any]:
        """Yield its rows, in order; once."""


class Gathering(ABC):
    """One reading of a file.

    Args:
        path: the file as it was sent.
        setting: of the run.

    Attributes:
        kind: key of the source.
        version: of its mapping.
        foreign: Spanish: what is said of a document of a zip that is of another kind.
    """

    kind: str
    version: str
    foreign: str

    def __init__(self, path: Path, setting: Setting) -> None:
        self.position = 0
        self.shapes: Counter[str] = Counter()
        self.packages: list[Document] = []
        self.packages_left = 0
        self.complete = True
        self._path, self._setting = path, setting
        self._alone = count(1)

    @abstractmethod
    def _read(self, source: BinaryIO) -> AbstractContextManager[Reading | None]:
        """Open a document for as long as its rows are read; None when it is of another kind."""

    @abstractmethod
    def _staged(self, name: str, row: Any) -> tuple[tuple[str, ...] | None, Staged]:
        """Return a row of a document with the name of its process, None where it is of none and says why."""

    @abstractmethod
    def _look_up(self) -> None:
        """Ask for what the processes need, once all rows were seen."""

    @abstractmethod
    def _made(self, group: list[Staged]) -> Iterator[Entry]:
        """Yield the process that rows make, or `_refused`."""

    def entries(self, after: Place = START) -> Iterator[Entry]:
        """Yield one entry for each process, and one for each row that is of none."""
        with Staging() as staging:
            size = self._path.stat().st_size
            self._stage(staging)
            self._look_up()
            done, number = after.offset + 1, after.row
            for position, group in enumerate(staging.groups(done), start=done):
                for entry in self._mapped(group):
                    number += 1
                    yield replace(entry, place=Place(0, position, number))
                self.position = size // 2 + size * (position + 1) // (2 * len(staging))

    def _stage(self, staging: Staging) -> None:
        with self._path.open("rb") as file:
            for name, document in documents(file, self._setting.unpacked_limit):
                done = 0
                try:
                    with document as source, self._read(source) as reading:
                        if reading is None:
                            self._break(staging, name, self.foreign)
                            continue
                        for done, row in enumerate(reading.rows(), start=1):
                            group, staged = self._staged(name, row)
                            staging.add(group or ("", str(next(self._alone))), staged)
                            if done % BEAT_ROWS == 0:
                                self._setting.beat(min(file.tell(), self._path.stat().st_size) // 2)
                        self.shapes[self.kind] += 1
                        self.packages.append(
                            {"document": name, "mapping": self.version, "warnings": reading.warnings}
                        )
                except AppError as error:
                    if not name and not done:
                        raise
                    self._break(staging, name, f"{error.detail}{' Lo anterior sí se leyó.' if done else ''}")

    def _break(self, staging: Staging, name: str, told: str) -> None:
        """Say what is wrong with a document, or with the rest of it."""
        self.complete = False
        row = Row(name or self._path.name, 0, "", {})
        staging.add(("", str(next(self._alone))), Staged("", "", row, told))

    def _mapped(self, group: list[Staged]) -> Iterator[Entry]:
        refusal = group[0].refusal
        if not refusal and len(group) > LARGEST_PROCESS:
            refusal = (
                f"Más de {LARGEST_PROCESS:,} renglones traen este mismo expediente, así que no distingue una contratación de "
                "otra. Escribe en cada renglón el suyo."
            )
        return self._refused(group, refusal) if refusal else self._made(group)

    def _refused(self, group: list[Staged], refusal: str) -> Iterator[Entry]:
        """Yield every row by itself, with why it is not taken."""
        for row in (staged.row for staged in group):
            place = f"Renglón {row.number:,} de «{row.sheet}»: " if row.number else f"«{row.sheet}»: "
            remarks = (refusal, *(remark.sentence for remark in row.remarks))
            rows = (SourceRow(row.sheet, row.number, remarks),) if row.number else ()
            fault = Fault(self.kind, f"{place}{refusal}")
            yield Entry(START, row.number, fault=fault, rest={**row.rest}, rows=rows)

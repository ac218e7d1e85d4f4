"""The source of the PNT's files: rows of SIPOT workbooks, gathered by process, quarter after quarter (`app.sipot`)."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import BinaryIO

from app.core.errors import AppError
from app.core.folding import fold
from app.imports.entries import START, Entry, Fault, Pass, Place, SourceRow
from app.imports.records import Document
from app.imports.sourcing import Numbered, Setting
from app.imports.staging import Staged, Staging, content_of
from app.imports.unpacking import is_workbook, texts
from app.processes.beginning import own_party
from app.sipot import inward, people
from app.sipot.reading import Reading, read
from app.sipot.rows import Remark, Row
from app.tenancy.models import SujetoObligado

LARGEST_PROCESS = 2_000
"""Rows of one process; more than that share a file number that is none, such as `S/N`."""
BEAT_ROWS = 200
_NAMELESS = frozenset(("s/n", "sn", "s.n.", "sin numero", "sin expediente", "sin contrato", "no aplica", "x"))
_BODY_TITLES = frozenset(
    ("sujeto obligado", "nombre del sujeto obligado", "nombre sujeto obligado", "institucion")
)
_TEXT_LOOKED_AT = 64 * 1024
_LEAST_PARTED = 5

_NO_KEY = (
    "No trae número de expediente ni número de contrato, y sin ellos no se sabe de qué contratación es. Escribe uno de los "
    "dos y vuelve a importar el archivo."
)
_NOTHING = (
    "Declara que en el periodo no hubo contrataciones: no hay ninguna que importar. Esa declaración se hace en "
    "Cumplimiento, con un clic."
)


class Sipot:
    """Formats of contracting of the PNT, as uploaded to it and as downloaded from it."""

    key = "sipot"
    nothing = (
        "El libro tiene los nombres de las columnas y ningún renglón con datos debajo. Revisa que sea el archivo que "
        "llenaste o el que se bajó de la PNT."
    )

    def recognises(self, file: BinaryIO) -> bool:
        """Tell a workbook or CSV by the labels of its columns; what is wrong with a workbook is said."""
        if not is_workbook(file) and not is_table(file):
            return False
        with read(file):
            return True

    def open(self, path: Path, setting: Setting) -> Pass:
        """Begin a pass."""
        return _Pass(path, setting)


class _Pass:
    """One reading of a file: all rows are put aside by process, then each process is made of its rows."""

    def __init__(self, path: Path, setting: Setting) -> None:
        self.position = 0
        self.shapes: Counter[str] = Counter()
        self.packages: list[Document] = []
        self.packages_left = 0
        self.complete = True
        self._path, self._setting = path, setting
        self._titles: dict[str, str] = {}
        self._numbers: dict[tuple[str, Numbered], set[str]] = defaultdict(set)
        self._alone = count(1)

    def entries(self, after: Place = START) -> Iterator[Entry]:
        """Yield one entry for each quarter of each process, and one for each row that is of none."""
        with Staging() as staging:
            size = self._path.stat().st_size
            self._stage(staging)
            own = self._own_processes()
            done, numbers = after.offset + 1, count(after.row + 1)
            for position, group in enumerate(staging.groups(done), start=done):
                yield from self._mapped(group, own, map(partial(Place, 0, position), numbers))
                self.position = size // 2 + size * (position + 1) // (2 * len(staging))

    def _stage(self, staging: Staging) -> None:
        with self._path.open("rb") as file:
            for name, document in documents(file, self._setting.unpacked_limit):
                done = 0
                try:
                    with document as source, read(source) as reading:
                        for done, row in enumerate(reading.rows(), start=1):
                            self._put_aside(staging, reading, name, row)
                            if done % BEAT_ROWS == 0:
                                self._setting.beat(min(file.tell(), self._path.stat().st_size) // 2)
                        self._describe(reading, name)
                except AppError as error:
                    if not name and not done:
                        raise
                    self.complete = False
                    read_before = " Lo anterior sí se leyó." if done else ""
                    told = f"{error.detail}{read_before}"
                    broken = Staged("", "", Row(name or self._path.name, 0, "", {}), told)
                    staging.add(("", str(next(self._alone))), broken)

    def _put_aside(self, staging: Staging, reading: Reading, name: str, row: Row) -> None:
        body = next(
            (text for title, text in row.rest.items() if fold(title) in _BODY_TITLES and text.strip()),
            reading.about.get("body", ""),
        )
        source = f"SIPOT {reading.format.id}"
        if name:
            row = replace(row, sheet=f"{name}, {row.sheet}")
        key = inward.natural_key(row)
        process = next((part for part in (key.file, key.contract) if part not in ("", *_NAMELESS)), "")
        refusal = _NOTHING if inward.reports_nothing(row) else "" if process else _NO_KEY
        if refusal:
            group = "", str(next(self._alone))
        else:
            group = self._owner(body), process
            part, number = _numbered(row)
            self._numbers[group[0], part].add(number)
        staging.add(group, Staged(body, source, row, refusal))

    def _describe(self, reading: Reading, name: str) -> None:
        """Keep what the document says of itself, and what is to be said of it."""
        self.shapes.update(("sipot", reading.format.id, reading.envelope))
        self._titles |= {column.key: column.title for column in reading.format.columns if column.key}
        about = {"name": reading.about.get("body")} if reading.about.get("body") else None
        self.packages.append(
            {
                **({"publisher": about} if about else {}),
                "document": name,
                "format": reading.format.id,
                "title": reading.format.labels.title,
                "envelope": reading.envelope,
                **{key: said for key, said in reading.about.items() if key != "body"},
                "warnings": reading.warnings,
            }
        )

    def _body(self, name: str) -> SujetoObligado | None:
        """Return whose a row is: the run's body, or the one that the file names."""
        found = self._setting.padron.named(name) if name else None
        return self._setting.body or (self._setting.padron.by_id[found] if found else None)

    def _owner(self, name: str) -> str:
        """Return what stands for a body in the names of its processes."""
        body = self._body(name)
        return body.key if body else fold(name)

    def _own_processes(self) -> dict[tuple[str, Numbered, str], str]:
        """Return what the bodies of the file have already: by body, by what the number is of, and number, the ocid."""
        bodies = {body.key: body for body in self._setting.padron.by_id.values()}
        return {
            (owner, part, number): ocid
            for (owner, part), numbers in self._numbers.items()
            if owner in bodies
            for number, ocid in self._setting.own_processes(
                bodies[owner].sujeto_obligado_id, numbers, not_of=f"{owner}/", part=part
            ).items()
        }

    def _mapped(
        self, group: list[Staged], own: dict[tuple[str, Numbered, str], str], places: Iterator[Place]
    ) -> Iterator[Entry]:
        first = group[0]
        named = self._setting.padron.named(first.body) if first.body else None
        body = self._setting.body
        refusal = first.refusal
        if not refusal and len(group) > LARGEST_PROCESS:
            refusal = (
                f"Más de {LARGEST_PROCESS:,} renglones traen este mismo número de expediente, así que no distingue una "
                "contratación de otra. Escribe en cada renglón el suyo."
            )
        if not refusal and body is not None and named not in (None, body.sujeto_obligado_id):
            refusal = (
                f"El archivo dice que es de «{first.body}», y se está importando para «{body.name}». Elige ese sujeto "
                "obligado, o deja que cada renglón vaya al suyo."
            )
        if not refusal and own and (held := own.get((self._owner(first.body), *_numbered(first.row)))):
            refusal = (
                f"Ya tienes esta contratación, capturada o traída de otra parte: {held}. No se copia otra vez; si el "
                "renglón dice algo que ahí falta, escríbelo en ella."
            )
        if refusal:
            for staged in group:
                yield _refused(next(places), staged, refusal)
            return
        yield from self._made(group, places)

    def _made(self, group: list[Staged], places: Iterator[Place]) -> Iterator[Entry]:
        """Yield how a process stood in each quarter that the rows report."""
        first = group[0]
        seen: dict[bytes, Row] = {}
        repeats: dict[tuple[str, int], list[SourceRow]] = defaultdict(list)
        for staged in group:
            row = staged.row
            before = seen.setdefault(content_of(row) if len(group) > 1 else b"", row)
            if before is not row:
                told = f"Dice lo mismo que el renglón {before.number:,} de «{before.sheet}»; se tomó una sola vez."
                repeats[before.sheet, before.number].append(SourceRow(row.sheet, row.number, (told,)))
        taken = inward.take(seen.values(), zone=self._setting.zone)
        remarks: dict[tuple[str, int], list[str]] = defaultdict(list)
        for remark in taken.remarks:
            remarks[remark.sheet, remark.row].append(self._told(remark))
        by_place = {(staged.row.sheet, staged.row.number): staged for staged in group}
        key = inward.natural_key(first.row)
        body = self._body(first.body)
        for snapshot in taken.history:
            rows, rest, size = list[SourceRow](), Document(), 0
            for report in snapshot.reports:
                place = (report.sheet, report.row)
                rows += (SourceRow(*place, tuple(dict.fromkeys(remarks[place]))), *repeats[place])
                rest |= by_place[place].row.rest
                if report.note:
                    rest["Nota"] = report.note
                if report.area:
                    rest["Área"] = report.area
                size += len(by_place[place].row.values)
            start, end = snapshot.period
            release: Document = {
                "ocid": "/".join(filter(None, (self._owner(first.body), key.file or key.contract))),
                "id": f"{first.source} {_quarter(snapshot.reports[-1])}".strip(),
                **({"date": f"{end or start}T00:00:00Z"} if end or start else {}),
                **snapshot.document,
            }
            _name_body(release, body, first.body)
            yield Entry(
                next(places),
                rows[0].number,
                release,
                origin="sipot",
                rest=rest,
                values=size,
                rows=tuple(rows),
            )

    def _told(self, remark: Remark) -> str:
        title = self._titles.get(remark.column, remark.column)
        return f"{title}: {remark.message}" if title else remark.message


def _numbered(row: Row) -> tuple[Numbered, str]:
    """Return the number by which the process of a row is known, as it is written, with what it is of."""
    file = inward.natural_key(row).file
    if file and file not in _NAMELESS:
        return "tender", str(row.values["file"])
    return "contracts", str(row.values["contract.number"])


def _refused(at: Place, staged: Staged, refusal: str) -> Entry:
    row = staged.row
    place = f"Renglón {row.number:,} de «{row.sheet}»: " if row.number else f"«{row.sheet}»: "
    told = tuple(remark.message for remark in row.remarks)
    rows = (SourceRow(row.sheet, row.number, (refusal, *told)),) if row.number else ()
    return Entry(at, row.number, fault=Fault("sipot", f"{place}{refusal}"), rest={**row.rest}, rows=rows)


def _name_body(release: Document, body: SujetoObligado | None, name: str) -> None:
    """Say whose the process is: the body of the padrón or, unknown, the name that the file gives."""
    if body is None and not name:
        return
    own = own_party(body) if body else {"id": f"sipot-{people.slug(name)}", "name": name}
    party = people.enlist(release, own, "buyer", "procuringEntity")
    release["buyer"] = people.reference(party)
    release.setdefault("tender", {})["procuringEntity"] = people.reference(party)


def _quarter(report: inward.Report) -> str:
    """Return the name of a period: `2025T3`, or its days where it is no quarter."""
    start, end = report.start, report.end
    if start and end and start.day == 1 and start.month % 3 == 1 and (end - start).days in range(88, 93):
        return f"{start.year}T{start.month // 3 + 1}"
    return " a ".join(f"{day:%d/%m/%Y}" for day in (start, end) if day) or str(report.year or "")


def is_table(file: BinaryIO) -> bool:
    """Tell whether a text is a table, by a line near its beginning that is parted like one."""
    lines = file.read(_TEXT_LOOKED_AT).split(b"\n", 12)[:12]
    file.seek(0)
    return not lines[0].lstrip().startswith(b"<") and any(
        line.count(mark) >= _LEAST_PARTED for line in lines for mark in (b",", b";", b"\t", b"|")
    )


def documents(file: BinaryIO, unpacked_limit: int) -> Iterator[tuple[str, AbstractContextManager[BinaryIO]]]:
    """Yield the name and the way to open each document: the file itself, without a name, or what its zip holds."""
    start = file.read(2)
    file.seek(0)
    if start != b"PK" or is_workbook(file):
        yield "", _whole(file)
        return
    for text in texts(file, unpacked_limit):
        yield text.name, _unpacked(text.chunks)


@contextmanager
def _whole(file: BinaryIO) -> Iterator[BinaryIO]:
    file.seek(0)
    yield file


@contextmanager
def _unpacked(chunks: Iterator[bytes]) -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as unpacked:
        for chunk in chunks:
            unpacked.write(chunk)
        unpacked.seek(0)
        yield unpacked

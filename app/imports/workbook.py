"""The source of our own workbook: what a person edited in it, process by process (`app.workbook`, docs/adr/0037)."""

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from app.core import json, keys
from app.core.errors import InvalidError
from app.imports.entries import START, Edited, Entry, Fault, Pass, Place, SourceRow
from app.imports.models import CHOICES
from app.imports.records import Document
from app.imports.sipot import BEAT_ROWS, documents
from app.imports.sourcing import Setting
from app.imports.staging import Staging
from app.imports.unpacking import is_workbook
from app.processes.beginning import own_party
from app.processes.desk import party_id
from app.processes.following import ROLES
from app.settings import get_settings
from app.sipot import people
from app.workbook import merging
from app.workbook.layout import PROCESSES
from app.workbook.reading import BaseRow, Reading, SheetRow, read
from app.workbook.writing import About, Writer, digest_of, unpacked

OVERRULE, REMOVE = CHOICES
LARGEST_PROCESS = 20_000
"""Rows of one process, in all sheets."""
_PURPOSE = "workbook"
_SAME, _EDITED, _BASE = b"=", b"*", b"b"
"""How the pieces begin that are put aside: a row as it was written, one that is not, and the document of then."""
_MARK = 16
"""Characters of a row's mark."""
_FOREIGN = (
    "Este libro es de otro organismo garante. Impórtalo allá, o descarga el de aquí y pasa a él tus cambios."
)
_FORGED = (
    "Lo que el libro guarda de cómo estaba esta contratación cuando lo descargaste está incompleto o fue alterado, y sin "
    "eso no se sabe qué cambiaste. Descarga un libro nuevo y pasa a él tus cambios."
)
_NO_PROCESS = (
    "Ningún renglón de «Procedimientos» es de «{}», así que estos renglones no tienen a qué contratación ir. Revisa la "
    "primera columna, o agrega ahí la contratación nueva."
)
_SMALLER = "Corrige la primera columna si no son todos suyos, o captura sus partidas en la pantalla."
_SEVERAL = (
    "Trae más que un libro de los que se descargan de aquí. Importa cada archivo por separado, sin comprimir."
)
_ALL_GONE = "El libro ya no trae ningún renglón de esta contratación, así que no se le hace nada."
_NEW_ROWS = (
    "Los renglones nuevos reciben su identificador al importarse. Para seguir trabajando, descarga otra vez el libro: si "
    "los corriges en este, se agregarían de nuevo."
)


def writer(target: BinaryIO, *, tenant_id: object, zone: str, body: str = "") -> Writer:
    """Return what writes a workbook that `Workbook` takes back.

    Args:
        target: where the bytes go.
        tenant_id: whose processes they are.
        zone: IANA name, in which its dates are told.
        body: name of the sujeto obligado; empty where it is of several.
    """
    about = About(str(tenant_id), zone, secrets.token_hex(8), body)
    sign = partial(keys.of(get_settings()).token, _PURPOSE, about.tenant, about.zone, about.made)
    return Writer(target, about, sign)


class Workbook:
    """Our own workbook, edited."""

    key = "workbook"
    nothing = "El libro está igual que cuando lo descargaste: no hay ningún cambio que importar."

    def recognises(self, file: BinaryIO) -> bool:
        """Tell it by the marks of its sheets."""
        if not is_workbook(file):
            return False
        with read(file) as reading:
            return reading is not None

    def open(self, path: Path, setting: Setting) -> Pass:
        """Begin a pass."""
        return _Pass(path, setting)


class _Pass:
    """One reading of a file: all rows are put aside by process; only processes with an edited row become entries."""

    _book: "_Book"

    def __init__(self, path: Path, setting: Setting) -> None:
        self.position = 0
        self.shapes: Counter[str] = Counter()
        self.packages: list[Document] = []
        self.packages_left = 0
        self.complete = True
        self._path, self._setting = path, setting

    def entries(self, after: Place = START) -> Iterator[Entry]:
        """Yield one entry for each process of which a row was edited, added or taken out."""
        with Staging() as staging:
            size = self._path.stat().st_size
            self._stage(staging)
            done, number = after.offset + 1, after.row
            for position, pieces in enumerate(staging.pieces(done, LARGEST_PROCESS + 1), start=done):
                entry = None if _is_untouched(pieces) else self._entry(pieces)
                if entry is not None:
                    number += 1
                    yield replace(entry, place=Place(0, position, number))
                elif position % BEAT_ROWS == 0:
                    self._setting.beat(self.position)
                self.position = size // 2 + size * (position + 1) // (2 * len(staging))

    def _stage(self, staging: Staging) -> None:
        with self._path.open("rb") as file:
            for name, document in documents(file, self._setting.unpacked_limit):
                if self.shapes:
                    raise InvalidError(_SEVERAL)
                with document as source, read(source) as reading:
                    if reading is None:
                        raise InvalidError(_SEVERAL)
                    self._book, fresh = _Book(name, reading.facts, self._setting), False
                    for done, row in enumerate(reading.rows(), start=1):
                        fresh |= self._put_aside(staging, row)
                        if done % BEAT_ROWS == 0:
                            self._setting.beat(min(file.tell(), self._path.stat().st_size) // 2)
                    self._book.read(reading)
                    warnings = [*reading.warnings, *([_NEW_ROWS] if fresh else [])]
                    self.packages.append({"document": name, "warnings": warnings})
                    self.shapes["workbook"] += 1

    @staticmethod
    def _put_aside(staging: Staging, row: SheetRow | BaseRow) -> bool:
        """Put a row aside under its process; tell whether it is a new one that gets its id here."""
        kind = _BASE if isinstance(row, BaseRow) else _SAME if row.same else _EDITED
        mark = row.mark.encode()[:_MARK].ljust(_MARK) if isinstance(row, SheetRow) and row.same else b""
        group = (row.process,) if row.process else ("", str(getattr(row, "number", 0)))
        staging.put(group, b"".join((kind, mark, json.dumps(row))))
        return isinstance(row, SheetRow) and bool(row.listed) and not row.key and bool(row.cells)

    def _entry(self, pieces: list[bytes]) -> Entry:
        book, bases, rows = self._book, list[BaseRow](), list[SheetRow]()
        for piece in pieces:
            held = json.loads(piece[1 + _MARK * piece.startswith(_SAME) :])
            if piece.startswith(_BASE):
                bases.append(BaseRow(**held))
            else:
                rows.append(SheetRow(**{**held, "parents": tuple(held["parents"])}))
        process = (bases or rows)[0].process
        if len(pieces) > LARGEST_PROCESS:
            return _refused(book, rows[:1], f"Trae más de {LARGEST_PROCESS:,} renglones. {_SMALLER}")
        try:
            base = book.base(bases)
        except ValueError:
            return _refused(book, rows, _FORGED)
        if not process or (base is None and all(row.plan != PROCESSES for row in rows)):
            return _refused(book, rows, rows[0].fault if not process else _NO_PROCESS.format(process))
        edits = _Edits(book, base, tuple(rows), self._setting)
        return Entry(
            START,
            rows[0].number if rows else 0,
            {"ocid": process if base is not None else edits.name, "id": f"Libro {book.facts['made']}"},
            origin="workbook",
            values=sum(len(row.cells) for row in rows) + 1,
            edits=edits,
        )


class _Book:
    """The workbook, and what a merge needs to know of it."""

    def __init__(self, name: str, facts: Any, setting: Setting) -> None:
        self.name, self.facts = name, facts
        if facts.get("tenant") != str(setting.tenant_id):
            raise InvalidError(_FOREIGN)
        try:
            ZoneInfo(facts.get("zone", ""))
        except (KeyError, ValueError, OSError) as error:
            raise InvalidError(_FORGED) from error
        about = (facts["tenant"], facts["zone"], facts.get("made", ""))
        self._holds = partial(keys.of(get_settings()).holds, _PURPOSE)
        self._about = about
        self.merging = merging.Setting(facts["zone"], about[2], {}, roles=ROLES, name=party_id)

    def read(self, reading: Reading) -> None:
        """Take in what is known once all rows were read."""
        self.merging = replace(
            self.merging,
            columns={key: frozenset(head.places) for key, head in reading.heads.items()},
            labels={key: head.labels for key, head in reading.heads.items()},
            merged=reading.merged,
        )

    def base(self, bases: list[BaseRow]) -> Document | None:
        """Return the document that the workbook was written from; None for a process that was not in it.

        Raises:
            ValueError: pieces are missing, or it is not what we wrote.
        """
        if not bases:
            return None
        first, packed = bases[0], "".join(row.chunk for row in bases)
        about = (*self._about, first.process, first.rows, digest_of(packed))
        if len(bases) != first.total or not self._holds(first.signature, *about):
            raise ValueError(first.process)
        return unpacked(packed)

    def sheet(self, title: str) -> str:
        """Return how a sheet is called in the report."""
        return f"{self.name}, {title}" if self.name else title


@dataclass(frozen=True, slots=True)
class _Edits:
    """The rows of one process, to be seen against its document of now."""

    book: _Book
    base: Document | None
    rows: tuple[SheetRow, ...]
    setting: Setting

    @property
    def name(self) -> str:
        """What a process is called at its source that begins with this workbook: its body's, so that no two are one."""
        body = self.setting.body
        return f"libro/{body.key if body else ''}/{self.rows[0].process}"

    def onto(self, current: Document) -> Edited:
        """Take the edits to a document."""
        choices = merging.Choices(
            overrule=OVERRULE in self.setting.choices, remove=REMOVE in self.setting.choices
        )
        made = merging.merge(self.base or {}, current, self.rows, self.book.merging, choices)
        if not current and self.base is None:
            self._name_body(made.document)
        said: dict[tuple[str, int], list[str]] = {}
        told, refused = list[str](), list[str]()
        for one in made.told:
            place = f"Renglón {one.row:,} de «{one.sheet}»: " if one.row else ""
            if one.kind == "fault":
                refused.append(f"{place}{one.message}")
            elif not one.row:
                told.append(one.message)
            if one.row:
                said.setdefault((self.book.sheet(one.sheet), one.row), []).append(one.message)
        if not self.rows:
            told.append(_ALL_GONE)
        rows = [SourceRow(*place, tuple(sentences)) for place, sentences in said.items()]
        return Edited(
            made.document,
            tuple(rows),
            tuple(told),
            tuple(refused),
            made.changes,
            made.collisions,
            made.missing,
        )

    def _name_body(self, document: Document) -> None:
        """Say whose a new process is where its row does not."""
        body = self.setting.body
        if body is None or document.get("buyer"):
            return
        party = people.enlist(document, own_party(body), "buyer", "procuringEntity")
        document["buyer"] = people.reference(party)
        tender = document.setdefault("tender", {})
        tender.setdefault("procuringEntity", people.reference(party))
        document.setdefault("language", "es")


def _is_untouched(pieces: list[bytes]) -> bool:
    """Tell whether all rows that were written of a process are there, and none but them."""
    if not pieces[0].startswith(_BASE) or any(piece.startswith(_EDITED) for piece in pieces):
        return False
    marks = [piece[1 : 1 + _MARK] for piece in pieces if piece.startswith(_SAME)]
    rows: int = json.loads(pieces[0][1:])["rows"]
    return len(marks) == len(set(marks)) == rows


def _refused(book: _Book, rows: list[SheetRow], refusal: str) -> Entry:
    told = tuple(SourceRow(book.sheet(row.sheet), row.number, (refusal,)) for row in rows)
    number = rows[0].number if rows else 0
    place = f"Renglón {number:,} de «{rows[0].sheet}»: " if rows else ""
    return Entry(START, number, fault=Fault("workbook", f"{place}{refusal}"), rows=told)

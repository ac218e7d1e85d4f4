"""What every source gives: one entry after another, each with its place, so that work cut short goes on where it was."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from app.imports.records import Document


class Place(NamedTuple):
    """Where an entry stands; the order of places is the order of reading."""

    text: int
    """Which text of the file, from 0 (a zip has several)."""
    offset: int
    """Bytes of that text, unpacked, before the element; of a spreadsheet, the number of the process."""
    row: int
    """Number of the entry in the file, from 1."""


START = Place(0, -1, 0)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an entry could not be read, in Spanish, with the place and the way to mend it."""

    code: str
    message: str


class SourceRow(NamedTuple):
    """One row of a spreadsheet, and what is to be said of it."""

    sheet: str
    number: int
    """As the spreadsheet shows it, from 1."""
    remarks: tuple[str, ...] = ()
    """Spanish sentences: how it was changed, what of it was left out, which row it repeats."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What edits make of a document as it is now.

    Attributes:
        document: with the edits.
        rows: of the spreadsheet, with what is to be said of each.
        told: what is to be said of the whole, one sentence each.
        refused: what could not be used, likewise.
        changes: values and elements that are other than before.
        collisions: those that somebody else had changed too, since the file was downloaded.
        missing: elements that the file has no row for any more.
    """

    document: Document
    rows: tuple[SourceRow, ...]
    told: tuple[str, ...]
    refused: tuple[str, ...]
    changes: int
    collisions: int
    missing: int


class Edits(Protocol):
    """What a person changed in a document that they had downloaded: it means something only with the one of now."""

    def onto(self, current: Document) -> Edited:
        """Take the edits to a document, without its envelope; empty for a process that is not there yet."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One release of the file, or the report of one that could not be read.

    Attributes:
        place: where it stands.
        line: of its beginning, from 1.
        release: as parsed; None when `fault` says why.
        fault: what is wrong with the text itself.
        origin: `release`, or what of a record it was taken from.
        rest: members of the record around it that belong to no release (on the record's first entry).
        suspect: the text may hold an escaped NUL, so the values need a look.
        encoding: `utf-8`, or `cp1252` where the bytes were not UTF-8.
        values: about how many values the element has.
        rows: of the spreadsheet it was made of; none where the file is no spreadsheet.
        edits: given, `release` only names the process, and they say what shall become of its document.
    """

    place: Place
    line: int
    release: Document | None = None
    fault: Fault | None = None
    origin: str = "release"
    rest: Document = field(default_factory=dict)
    suspect: bool = False
    encoding: str = "utf-8"
    values: int = 0
    rows: tuple[SourceRow, ...] = ()
    edits: Edits | None = None


class Pass(Protocol):
    """One pass over a file; what belongs to no entry gathers here meanwhile.

    Attributes:
        position: bytes of the file (as sent) that are done with.
        shapes: what was met and how often, for `wording.shape_of`.
        packages: what the file says of itself, at most a few dozen; `publisher.name` is shown.
        packages_left: how many more there were.
        complete: the file was read to its end.
    """

    position: int
    shapes: Counter[str]
    packages: list[Document]
    packages_left: int
    complete: bool

    def entries(self, after: Place = START) -> Iterator[Entry]:
        """Yield the entries that stand after a place, always the same ones in the same order.

        Raises:
            AppError: the file as a whole cannot be taken; in words.
        """

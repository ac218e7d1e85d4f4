"""What a source is: a kind of file that imports take, as `app.imports.sources` lists them (docs/adr/0035-sources.md)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol
from uuid import UUID

from app.imports.entries import Pass
from app.imports.matching import Padron
from app.tenancy.models import SujetoObligado

Numbered = Literal["tender", "contracts"]


class OwnProcesses(Protocol):
    """Finds what a body captured, or brought from elsewhere."""

    def __call__(
        self, body: UUID, numbers: Collection[str], *, not_of: str, part: Numbered = "tender"
    ) -> dict[str, str]:
        """Return the ocids of processes, by the number that each is found by.

        Args:
            body: whose they are.
            numbers: of procedures, or of contracts, as documents write them.
            not_of: how identifiers at the source begin; what it brought itself is not elsewhere's.
            part: of which the numbers are.
        """


@dataclass(frozen=True, slots=True)
class Setting:
    """What a source may need to know to make releases of what it reads.

    Attributes:
        zone: of the tenant, for days that become moments.
        padron: the sujetos obligados that the actor may import for.
        body: whose everything in the file is; None leaves it to what the file says.
        unpacked_limit, element_limit: most bytes of the file when opened, and of one release or record.
        beat: to be called often, with the bytes of the file done so far, while no entry comes: it keeps the page's
            progress alive, and raises `StoppedError` when a person cancelled.
        own_processes: what a body has already, so that it is not copied.
        tenant_id: whose everything is.
        choices: what the person decided when confirming, by the keys of `ImportRun.choices`.
    """

    zone: str
    padron: Padron
    body: SujetoObligado | None
    unpacked_limit: int
    element_limit: int
    beat: Callable[[int], None]
    own_processes: OwnProcesses
    tenant_id: UUID
    choices: Collection[str] = ()


class Source(Protocol):
    """One kind of file."""

    @property
    def key(self) -> str:
        """What is stored with the run."""

    @property
    def nothing(self) -> str:
        """What a person is told when the file holds nothing to import."""

    def recognises(self, file: BinaryIO) -> bool:
        """Tell by its content whether a document is of this kind.

        Args:
            file: at its beginning, seekable; out of the zip, where it came in one.

        Raises:
            AppError: it looks like one of this kind, and cannot be taken: in words, shown where no other source takes it.
        """

    def open(self, path: Path, setting: Setting) -> Pass:
        """Begin a pass over a file; nothing is read until its entries are asked for.

        Args:
            path: the file as it was sent, perhaps a zip of several documents.
            setting: of the run.
        """


class StoppedError(Exception):
    """A person cancelled while the source was reading."""

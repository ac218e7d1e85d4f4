"""What publishing would make of a working document: its public version as a release, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core import clock
from app.ocds import checks, lasting, messages, privacy, shape, validation
from app.ocds.privacy import Withheld
from app.ocds.shape import Document
from app.ocds.validation import Problem

PROVISIONAL_ID = "provisional"
PROVISIONAL_DATE = "2000-01-01T00:00:00Z"
RESERVED = ("Está reservado.", "Reserva autorizada por el organismo garante")
"""Why a reserved place stays behind, and by whom."""


@dataclass(frozen=True, slots=True)
class Examination:
    """A working document as publishing will judge it.

    Attributes:
        release: its public version in a provisional envelope.
        withheld: what the public version does not carry.
        problems: of that release, then what makes no sense in the document, then one piece of advice per value
            withheld.
    """

    release: Document
    withheld: Sequence[Withheld]
    problems: Sequence[Problem]

    @property
    def errors(self) -> list[Problem]:
        """What blocks publication."""
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def advice(self) -> list[Problem]:
        """What lowers the quality or will not be published."""
        return [problem for problem in self.problems if problem.severity == "advice"]


def as_release(
    ocid: str,
    document: Document,
    *,
    release_id: str = PROVISIONAL_ID,
    date: str = PROVISIONAL_DATE,
    tag: Sequence[str] = ("planning",),
) -> Document:
    """Return a document inside its envelope; without the last three it is provisional, good only for validating.

    Args:
        ocid: of the process.
        document: a working document or its public version.
        release_id: of the release, within the process.
        date: ISO 8601 with zone.
        tag: codes of `releaseTag`.
    """
    envelope = {
        "ocid": ocid,
        "id": release_id,
        "date": date,
        "tag": list(tag),
        "initiationType": "tender",
    }
    return envelope | document | envelope  # in front, and nothing in the document replaces it


def examine(
    ocid: str,
    document: Document,
    *,
    natural_rfc_public: bool,
    released: Document | None = None,
    reserved: Sequence[str] = (),
) -> Examination:
    """Judge a working document the way publishing does, before it is published.

    Args:
        ocid: of the process.
        document: without envelope.
        natural_rfc_public: the tenant's law lets the RFC of natural persons be published.
        released: the release published last, to tell what would disappear from it.
        reserved: lasting places (`app.ocds.lasting`) that stay out of it.
    """
    public, withheld = privacy.withhold(document, natural_rfc_public=natural_rfc_public)
    if reserved:
        open_to_all, left_out = lasting.leave_out(document, reserved)
        public, _ = privacy.withhold(open_to_all, natural_rfc_public=natural_rfc_public)
        withheld = [*(Withheld(pointer, *RESERVED) for pointer in left_out), *withheld]
    release = as_release(ocid, public)
    advice = [
        Problem(
            one.pointer,
            "withheld",
            "advice",
            f"{messages.place(shape.release(), one.pointer)}: no se publicará. {one.rule}",
        )
        for one in withheld
    ]
    # The whole document makes sense or not; its public version stands in for some ids.
    sense = checks.check({"ocid": ocid, **document}, now=clock.now(), released=released)
    problems = [*validation.validate_release(release), *sense, *advice]
    if lasting.lost(document, reserved):
        problems.insert(0, Problem("", "reserved_lost", "error", lasting.LOST))
    return Examination(release, withheld, problems)

"""What lists know of a process, read from its working document."""

from dataclasses import dataclass
from typing import Any

from app.core.folding import fold
from app.ocds import tags
from app.ocds.shape import Document

_LONGEST_TITLE = 500
_LONGEST_CODE = 100
_LONGEST_UNIT = 200


@dataclass(frozen=True, slots=True)
class Summary:
    """A process in one row.

    Attributes:
        title: what people call it; "" when nothing says.
        method: code of `procurementMethod`, "" without one.
        stage: the last one of which the document says something (`tags.sections_present`), "" when it is empty.
        year: of the contract, the award or the call, whichever is the latest stage with a date.
        unit: name of the unit that asks for what is bought, else of the one that buys it; "" when neither is known.
        folded: title, number of the procedure and ocid, as `fold` leaves them.
    """

    title: str
    method: str
    stage: str
    year: int | None
    unit: str
    folded: str


def summarise(ocid: str, document: Document) -> Summary:
    """Return the summary of a document; whatever has another shape than the model's counts as absent.

    The sections and the first award and contract are enough: the rest of the document is not looked at.
    """
    title = title_of(document)
    method = _text(_member(document, "tender", "procurementMethod"))[:_LONGEST_CODE]
    number = _text(_member(document, "tender", "id"))[:_LONGEST_CODE]
    order = ("planning", "tender", "award", "contract", "implementation")
    present = tags.sections_present(document)
    stage = next((section for section in reversed(order) if section in present), "")
    folded = fold(f"{title} {number} {ocid}")
    return Summary(title, method, stage, _year(document), _unit(document), folded)


def title_of(document: Document) -> str:
    """Return what people call a process: the tender's title, else what comes closest; "" when nothing does."""
    candidates = [document.get("title"), _member(document, "tender", "title")]
    candidates += [_first(document, section, "title") for section in ("contracts", "awards")]
    candidates += [
        _member(document, "tender", "description"),
        _member(document, "planning", "rationale"),
    ]
    for candidate in candidates:
        if isinstance(candidate, str) and candidate.strip():
            return " ".join(candidate.split())[:_LONGEST_TITLE]
    return ""


def _unit(document: Document) -> str:
    for listed in ("requestingUnits", "contractingUnits", "responsibleUnits"):
        units = _member(document, "planning", listed)
        first = units[0] if isinstance(units, list) and units and isinstance(units[0], dict) else {}
        if name := " ".join(_text(first.get("name")).split()):
            return name[:_LONGEST_UNIT]
    return ""


def _year(document: Document) -> int | None:
    for moment in (
        _first(document, "contracts", "dateSigned"),
        _first(document, "awards", "date"),
        _member(document, "tender", "tenderPeriod", "startDate"),
        _member(document, "tender", "awardPeriod", "startDate"),
    ):
        head = _text(moment)[:4]
        if head.isascii() and head.isdecimal() and len(head) == 4:
            return int(head)
    return None


def _first(document: Document, section: str, key: str) -> Any:
    listed = document.get(section)
    return listed[0].get(key) if isinstance(listed, list) and listed and isinstance(listed[0], dict) else None


def _member(document: Document, *keys: str) -> Any:
    value: Any = document
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

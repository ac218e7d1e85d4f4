"""What is wrong with one part, what could be better and what will not be published, told in its own pointers.

A part is judged inside a release that holds nothing else, so that a field costs the same to judge in a document of a
thousand items. What only the whole document can tell (a reference to nothing, an order of dates) is told by the page
of what is missing.
"""

from dataclasses import dataclass, field
from typing import Any

from app.capture.plan import ROOT, model_path
from app.core import clock
from app.ocds import checks, model, privacy, shape, validation
from app.ocds.model import Kind
from app.ocds.shape import Document
from app.processes.drafting import as_release
from app.processes.outline import Note, told_in_place

_OF_A_PART = frozenset(
    {
        "party-id",
        "identifier-scheme",
        "identifier-form",
        "identifier-doubt",
        "personality",
        "postal-code",
        "email",
        "telephone",
        "period-order",
        "period-duration",
        "date-realistic",
        "date-future",
        "order-document",
        "order-questions",
        "net-amount",
        "zero-amount",
        "negative",
        "amount-limit",
        "min-value",
        "budget-key",
        "classification-form",
        "document-format",
        "document-stage",
        "document-description",
        "language",
        "tenderer-count",
        "related-process",
        "method-details",
        "category",
        "milestone-status",
    }
)
"""Rules of `app.ocds.checks` whose answer does not depend on what other parts say."""
_OF_THE_WHOLE = frozenset({"reference", "duplicate-id", "ocid"})
"""Codes of problems that one part alone cannot have."""
_PROBE = "x"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of the places of a part, by pointer inside it.

    Attributes:
        notes: errors and advice.
        withheld: why what stands, or would stand, there is not published.
    """

    notes: dict[str, tuple[Note, ...]] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)


def judge(part: str, body: Document, *, natural_rfc_public: bool) -> Judgement:
    """Judge one part.

    Args:
        part: its path in the working document.
        body: as stored.
        natural_rfc_public: the tenant's law lets the RFC of natural persons be published.
    """
    whole, prefix = _alone(part, _without_places(part, body))
    release = as_release("ocds-000000-0", whole)
    notes: dict[str, tuple[Note, ...]] = {}
    valid = [one for one in validation.validate_release(release) if one.code not in _OF_THE_WHOLE]
    sound = [one for one in checks.check(whole, now=clock.now()) if one.code in _OF_A_PART]
    for problem in (*valid, *sound):
        inside = _inside(problem.pointer, prefix)
        if inside is not None:
            notes[inside] = (*notes.get(inside, ()), Note(problem.severity, told_in_place(problem)))
    marks = _marks(part, body, natural_rfc_public=natural_rfc_public)
    for one in privacy.withhold(whole, natural_rfc_public=natural_rfc_public)[1]:
        inside = _inside(one.pointer, prefix)
        if inside is not None and inside not in marks:  # the mark says so already
            notes[inside] = (*notes.get(inside, ()), Note("advice", f"No se publicará. {one.rule}"))
    return Judgement(notes, marks)


def _marks(part: str, body: Document, *, natural_rfc_public: bool) -> dict[str, str]:
    """Say of every place of a person's data whether what is written there stays inside: also where nothing is yet."""
    path = model_path(part)
    if not _speaks_of_persons(path):
        return {}
    whole, prefix = _alone(part, _probed(path, body))
    found = privacy.withhold(whole, natural_rfc_public=natural_rfc_public)[1]
    return {inside: one.rule for one in found if (inside := _inside(one.pointer, prefix)) is not None}


def _speaks_of_persons(path: str) -> bool:
    return path == "parties"


def _probed(path: str, body: Document) -> Document:
    """The body with something in every text that is asked for and empty."""
    probe = dict(body)
    for one in model.children(path):
        held = probe.get(one.name)
        if one.name in ("id", "roles", "memberOf", "scheme", "legalPersonality"):
            continue
        if one.kind is Kind.BLOCK and (held is None or isinstance(held, dict)):
            probe[one.name] = _probed(one.path, held or {})
        elif held is None and one.kind in (Kind.TEXT, Kind.URI, Kind.CODE):
            probe[one.name] = _PROBE
    return probe


def _without_places(part: str, body: Document) -> Document:
    """The body without the empty places that other parts are kept in."""
    path = model_path(part)
    kept: Document = {}
    for key, held in body.items():
        below = f"{path}/{key}".lstrip("/")
        if below in model.LONG_LISTS or (part == ROOT and below in ("planning", "tender")):
            continue
        kept[key] = _without_places(below, held) if isinstance(held, dict) else held
        if held and kept[key] == {}:
            del kept[key]
    return kept


def _alone(part: str, body: Document) -> tuple[Document, str]:
    """A document with nothing but the part, and the pointer at which it stands there."""
    if part == ROOT:
        return body, ""
    held: Any = body
    walked = part.split("/")
    prefix = ""
    for step in reversed(walked):
        if step.isdecimal():
            held, prefix = [held], f"/0{prefix}"
        else:
            held, prefix = {step: held}, f"/{shape.escape(step)}{prefix}"
    return held, prefix


def _inside(pointer: str, prefix: str) -> str | None:
    """A pointer of the whole as one inside the part; None where it leads elsewhere."""
    if pointer == prefix or pointer.startswith(f"{prefix}/"):
        return pointer[len(prefix) :]
    return None

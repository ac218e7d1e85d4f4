"""What is not there yet: fields that publication asks for inside what has been begun."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from app.ocds import applicability, identifiers, model
from app.ocds.model import Field, Need, Stage
from app.ocds.model.privacy import PERSONS
from app.ocds.shape import Document


@dataclass(frozen=True, slots=True)
class Gap:
    """One field that is asked for and absent."""

    pointer: str
    """JSON Pointer of where it should stand."""
    field: Field


def missing(document: Document) -> list[Gap]:
    """Return the required and recommended fields that are absent or empty although what holds them is there.

    What the method does not ask for, what is not due yet (a contract while nothing is awarded) and what is not
    published of natural persons (address, contact) is no gap. In document order; a list without elements is one gap.
    """
    return [Gap(found.pointer, found.field) for found in asked(document) if not found.held]


def completeness(document: Document) -> Mapping[Stage, tuple[int, int]]:
    """Return by stage how many of the fields asked for are there, and how many are asked for.

    Each path counts once however many elements its lists have, and only when none of them lacks it: a thousand items
    weigh no more than one.
    """
    paths: dict[str, bool] = {}
    for found in asked(document):
        paths[found.field.path] = paths.get(found.field.path, True) and found.held
    return {
        stage: (
            sum(held for path, held in paths.items() if model.FIELDS[path].stage == stage),
            sum(model.FIELDS[path].stage == stage for path in paths),
        )
        for stage in model.STAGES
    }


class Asked(NamedTuple):
    """One field that is asked for at one place, and whether it is there."""

    pointer: str
    field: Field
    held: bool


class _Line(NamedTuple):
    """One key of a block: the field when it is asked for, and what stands below it."""

    name: str
    field: Field | None
    below: tuple["_Line", ...]


_SET_BY_PUBLISHING = frozenset({"ocid", "id", "date", "tag", "initiationType"})
_OF_PERSONS = frozenset({"parties/address", "parties/contactPoint", "parties/identifier/legalName"})
"""Not asked of natural persons: it is not published, or they have none."""
_OF_UNITS = frozenset({"parties/identifier", "parties/address", "parties/contactPoint"})
"""Not asked of an area of the body or of who attended for it: they have no register of their own."""
_UNITS = frozenset({"requestingUnit", "contractingUnit", "responsibleUnit", "technicalUnit", "official"})
_AFTER_SIGNING = frozenset({"contracts/dateSigned", "contracts/implementation"})
_ONLY_IF_THERE_WERE = frozenset({"contracts/amendments"})
"""Nothing is missing where nothing happened."""
_REFERENCES = PERSONS.keys() - {"parties"}


@cache
def _lines(prefix: str, method: str | None) -> tuple[_Line, ...]:
    """The keys below a path that are worth a visit under a method."""
    found = []
    for field in model.children(prefix):
        if (
            field.deprecated
            or not applicability.applies(field.path, method)
            or field.path in _SET_BY_PUBLISHING
        ):
            continue
        # A reference is a name and an id; the rest of it is the party's.
        below = _lines(field.path, method) if field.path not in _REFERENCES else _named(field.path)
        asked = field if field.need != Need.OPTIONAL and field.path not in _ONLY_IF_THERE_WERE else None
        if asked or below:
            found.append(_Line(field.name, asked, below))
    return tuple(found)


def _named(path: str) -> tuple[_Line, ...]:
    return tuple(_Line(key, model.field(f"{path}/{key}"), ()) for key in ("id", "name"))


def asked(document: Document) -> list[Asked]:
    """Return every field that is asked for inside what has been begun, there or not, in document order."""
    found: list[Asked] = []
    method = applicability.method_of(document)

    def visit(body: Document, lines: tuple[_Line, ...], at: str, skip: frozenset[str]) -> None:
        for name, field, below in lines:
            held = body.get(name)
            empty = held is None or held in ("", [], {})
            if field is not None and field.path not in skip:
                found.append(Asked(f"{at}/{name}", field, not empty))
            if empty or not below or (field is not None and field.path in skip):
                continue
            if type(held) is dict:
                visit(held, below, f"{at}/{name}", skip)
            elif type(held) is list:
                for index, element in enumerate(held):
                    if type(element) is dict:
                        visit(element, below, f"{at}/{name}/{index}", skip | _not_asked(name, element))

    visit(document, _lines("", method), "", _not_due(document))
    return found


def within(path: str, method: str | None) -> tuple[Field, ...]:
    """Return every field that is asked for below a path once it is there, in order: what filling it whole means."""
    lines = _named(path) if path in _REFERENCES else _lines(path, method)
    return tuple(_walk(lines))


def _walk(lines: tuple[_Line, ...]) -> Iterator[Field]:
    for line in lines:
        if line.field is not None:  # what nobody asks for may stay away with all that it holds
            yield line.field
            yield from _walk(line.below)


def _not_asked(name: str, element: Document) -> frozenset[str]:
    """Paths that this element of a list does not owe."""
    if name == "parties" and _is_unit(element):
        return _OF_UNITS
    if name == "parties" and _is_natural(element):
        return _OF_PERSONS
    if name == "contracts" and element.get("status") in ("pending", "cancelled"):
        return _AFTER_SIGNING
    return frozenset()


def _is_unit(party: Document) -> bool:
    roles = party.get("roles")
    return bool(roles) and type(roles) is list and all(type(role) is str and role in _UNITS for role in roles)


def _is_natural(party: Document) -> bool:
    identifier = party.get("identifier")
    if type(identifier) is not dict:
        return False
    if identifier.get("legalPersonality"):
        return bool(identifier["legalPersonality"] == "naturalPerson")
    return identifiers.check_rfc(str(identifier.get("id") or "")).personality == "naturalPerson"


def _not_due(document: Document) -> frozenset[str]:
    """Sections that nobody can write yet: awards before the procedure ends, contracts before there is an award."""
    tender, awards = document.get("tender"), document.get("awards")
    awarded = any(
        type(award) is dict and award.get("status") == "active"
        for award in (awards if type(awards) is list else ())
    )
    concluded = type(tender) is dict and tender.get("status") == "complete"
    return frozenset(
        path
        for path, is_due in (("awards", concluded), ("contracts", awarded))
        if not document.get(path) and not is_due
    )

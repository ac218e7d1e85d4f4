"""What a new process takes from an earlier one: what is bought and how, and nothing of what happened to it.

Kept are the words, the classification and the rules of a procedure, its items and who asks for them. Not kept are numbers
of procedures and contracts, dates, statuses, amounts, participants who offered or won, documents, and everything after
the call: an amount or a date that nobody looked at would be published as if it were known.
"""

from collections.abc import Iterator
from typing import Any

from app.ocds import model
from app.ocds.shape import Document
from app.processes.following import REFERENCE, ROLES

KEPT = (
    "language",
    "parties",
    "buyer",
    "planning/rationale",
    "planning/budget/id",
    "planning/budget/description",
    "planning/budget/project",
    "planning/budget/projectID",
    "planning/budget/uri",
    "planning/budget/budgetBreakdown/id",
    "planning/budget/budgetBreakdown/description",
    "planning/budget/budgetBreakdown/sourceParty",
    "planning/budget/budgetBreakdown/origin",
    "planning/budget/budgetBreakdown/fundType",
    "planning/budget/budgetBreakdown/budgetLines/id",
    "planning/budget/budgetBreakdown/budgetLines/components",
    "planning/requestingUnits",
    "planning/contractingUnits",
    "planning/responsibleUnits",
    "tender/title",
    "tender/description",
    "tender/procuringEntity",
    "tender/procurementMethod",
    "tender/procurementMethodDetails",
    "tender/procurementMethodRationale",
    "tender/mainProcurementCategory",
    "tender/additionalProcurementCategories",
    "tender/awardCriteria",
    "tender/awardCriteriaDetails",
    "tender/submissionMethod",
    "tender/submissionMethodDetails",
    "tender/eligibilityCriteria",
    "tender/items/id",
    "tender/items/description",
    "tender/items/classification",
    "tender/items/additionalClassifications",
    "tender/items/quantity",
    "tender/items/unit/name",
    "tender/items/unit/scheme",
    "tender/items/unit/id",
    "tender/items/unit/uri",
    "tender/items/deliveryLocations",
    "tender/items/deliveryAddresses",
    "tender/deliveryLocations",
    "tender/deliveryAddresses",
)
"""Paths of the model; each with all that is below it, and with its translations (`title_en`)."""

_GIVEN = frozenset(ROLES.values())
_PREFIXES = frozenset(
    "/".join(keys[:end]) for path in KEPT if (keys := path.split("/")) for end in range(1, len(keys))
)


def kept(document: Document) -> Document:
    """Return what of a document a new process takes; parties and items keep their ids.

    Of the parties only those stay that something kept refers to, with the roles that they have by that, and those that
    no reference gives (who funds).
    """
    copy: Document = _kept(document, "")
    roles = _roles(copy)
    parties = [_party(party, roles) for party in copy.pop("parties", []) if _id(party) in roles]
    return copy | ({"parties": parties} if parties else {})


def _kept(held: Any, path: str) -> Any:
    if isinstance(held, list):
        return [one for element in held if (one := _kept(element, path))]
    if not isinstance(held, dict):
        return None
    copy = {}
    for key, value in held.items():
        below = f"{path}/{key}".lstrip("/")
        inner = _kept(value, below) if below in _PREFIXES else value if _is_kept(below) else None
        if inner not in (None, "", [], {}):
            copy[key] = inner
    return copy


def _is_kept(path: str) -> bool:
    original = path.rpartition("_")[0]  # of a translation
    return path in KEPT or (original in KEPT and model.FIELDS[original].translatable)


def _party(party: Document, roles: dict[str, list[str]]) -> Document:
    held = party.get("roles")
    given = [role for role in held if role not in _GIVEN] if isinstance(held, list) else []
    groups = [one for one in party.get("memberOf") or [] if _id(one) in roles]
    told = {key: value for key, value in party.items() if key not in ("memberOf", "roles")}
    told |= {"memberOf": groups} if groups else {}
    return told | {"roles": [*roles[_id(party)], *given]}


def _roles(copy: Document) -> dict[str, list[str]]:
    """Return the ids that the copy refers to, each with the roles that it has by that."""
    found: dict[str, list[str]] = {}
    for path, identifier in _references(copy, ""):
        held = found.setdefault(identifier, [])
        if (role := ROLES.get(path)) and role not in held:
            held.append(role)
    return found


def _references(held: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the id of every reference to a party, but those of parties to each other."""
    if isinstance(held, list):
        for element in held:
            yield from _references(element, path)
    elif isinstance(held, dict):
        known = model.FIELDS.get(path)
        if known is not None and known.of == REFERENCE:
            yield path, _id(held)
        elif path != "parties":
            for key, value in held.items():
                yield from _references(value, f"{path}/{key}".lstrip("/"))


def _id(held: Any) -> str:
    return str(held.get("id")) if isinstance(held, dict) else ""

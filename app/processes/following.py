"""What follows from an edit, so that nothing is typed twice: names by reference, items by id, roles by use."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from sqlmodel import col, func, select

from app.core.errors import ConflictError
from app.core.tables import among
from app.ocds import model, shape
from app.ocds.model import Kind
from app.ocds.shape import Document, same
from app.processes import places
from app.processes.desk import Desk, party_id
from app.processes.models import ProcessPart

REFERENCE = "OrganizationReference"

DESCRIBED = (
    "description",
    "classification",
    "additionalClassifications",
    "deliveryLocations",
    "deliveryAddresses",
)
"""What an item is, whatever the stage; how many and for how much is each stage's own."""
_DESCRIBED_UNIT = ("name", "name_en", "scheme", "id", "uri")

ROLES = {
    "buyer": "buyer",
    "tender/procuringEntity": "procuringEntity",
    "tender/tenderers": "tenderer",
    "bids/details/tenderers": "tenderer",
    "tender/clarificationMeetings/attendees": "attendee",
    "tender/clarificationMeetings/officials": "official",
    "planning/requestingUnits": "requestingUnit",
    "planning/contractingUnits": "contractingUnit",
    "planning/responsibleUnits": "responsibleUnit",
    "planning/budget/budgetBreakdown/sourceParty": "sourceParty",
    "contracts/implementation/budgetBreakdown/sourceParty": "sourceParty",
    "planning/requestsForQuotes/invitedSuppliers": "invitedSupplier",
    "planning/requestsForQuotes/quotes/issuingSupplier": "issuingSupplier",
    "awards/suppliers": "supplier",
    "contracts/guarantees/guarantor": "guarantor",
    "contracts/implementation/transactions/payer": "payer",
    "contracts/implementation/transactions/payee": "payee",
}
"""Field that refers to a party -> role that the party has by it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A place of a stored part that refers to parties."""

    part: str
    """The part's path in the model."""
    pointer: str
    is_list: bool


def follow(desk: Desk, path: str, pointers: Collection[str]) -> None:
    """Let what is said of the same thing elsewhere follow an edit.

    Args:
        desk: with the edit made.
        path: of the part edited.
        pointers: what of it was changed.
    """
    if not pointers:
        return
    kind = places.model_path(path)
    if kind == "parties":
        _party(desk, path)
    elif kind.endswith("/items"):
        _item(desk, path, pointers)
    elif kind == "awards" and "/id" in pointers:
        _award(desk, path)
    _roles(desk, path, pointers)


def pointers(body: Document) -> set[str]:
    """Return the pointers of the values of a new element, one level deep: enough to follow from."""
    return {f"/{shape.escape(key)}" for key in body}


def require_unused(desk: Desk, path: str) -> None:
    """Refuse to take out what something else of the document refers to.

    Raises:
        ConflictError: so; it says where.
    """
    kind = places.model_path(path)
    if kind == "parties":
        identifier = desk.load(path).get("id")
        for part, reference in _referring(desk):
            if part != path and any(
                one.get("id") == identifier for one in _references(desk, part, reference)
            ):
                raise ConflictError(
                    f"Este participante está elegido en {_place(part, reference.pointer)}: quítalo de ahí primero."
                )
    elif kind == "awards":
        identifier = desk.load(path).get("id")
        for part in _listed(desk, "contracts"):
            if desk.load(part).get("awardID") == identifier:
                raise ConflictError(
                    "Un contrato nace de esta adjudicación: elige otra en el contrato, o quítalo, antes de borrarla."
                )


@cache
def _reference_fields() -> tuple[Reference, ...]:
    """Every field that refers to parties, with the stored part in which it stands."""
    found = []
    for path, field in model.FIELDS.items():
        if field.of != REFERENCE:
            continue
        holder = path
        while holder not in model.LONG_LISTS and holder not in places.SECTIONS and "/" in holder:
            holder = holder.rpartition("/")[0]
        inside = holder in model.LONG_LISTS or holder in places.SECTIONS
        part = holder if inside else ""
        found.append(
            Reference(part, path.removeprefix(part) if part else f"/{path}", field.kind is Kind.LIST)
        )
    return tuple(found)


def _referring(desk: Desk) -> Iterator[tuple[str, Reference]]:
    """Yield the stored parts that may refer to parties, each with the field; they are loaded."""
    by_part: dict[str, list[Reference]] = {}
    for reference in _reference_fields():
        by_part.setdefault(reference.part or "release", []).append(reference)
    kind = func.regexp_replace(ProcessPart.list_path, "/[0-9]+", "", "g")
    rows = desk.session.exec(
        select(ProcessPart.path, ProcessPart.ordinal, ProcessPart.body).where(
            ProcessPart.tenant_id == desk.actor.tenant_id,
            ProcessPart.process_id == desk.process_id,
            kind.in_(list(by_part)),
        )
    ).all()
    for path, ordinal, body in rows:
        desk.take(path, ordinal, body)
        for reference in by_part.get(places.model_path(path) or "release", ()):
            if desk.holds(path):
                yield path, reference


def _references(desk: Desk, path: str, reference: Reference) -> list[Document]:
    held = places.at(desk.load(path), reference.pointer)
    listed = held if isinstance(held, list) else [held]
    return [one for one in listed if isinstance(one, dict)]


def _party(desk: Desk, path: str) -> None:
    """A party's id tells its registry until it is published; references carry its id and name."""
    before = desk.before(path)
    if before is None:
        return
    was = before.get("id")
    made = party_id(desk.load(path))
    derived = was in (None, party_id(before)) or str(was).startswith(("organization-", "REG-"))
    if made and made != was and derived and not desk.turns.published:
        desk.put(path, "/id", made)
    body = desk.load(path)
    told = {"id": body.get("id"), "name": body.get("name")}
    if {"id": was, "name": before.get("name")} == told or was is None or not told["name"]:
        return
    for part, reference in list(_referring(desk)):
        for one in _references(desk, part, reference):
            if one.get("id") != was:
                continue
            new = {**one, "id": told["id"]}
            if one.get("name") in (None, "", before.get("name")):
                new["name"] = told["name"]
            held = places.at(desk.load(part), reference.pointer)
            after = [new if other is one else other for other in held] if isinstance(held, list) else new
            desk.put(part, reference.pointer, after)


def _item(desk: Desk, path: str, pointers_: Collection[str]) -> None:
    """The same item in another stage follows where it said the same."""
    before = desk.before(path)
    identifier = desk.load(path).get("id")
    if before is None or identifier is None or before.get("id") != identifier:
        return
    rows = desk.session.exec(
        select(ProcessPart.path, ProcessPart.ordinal, ProcessPart.body).where(
            ProcessPart.tenant_id == desk.actor.tenant_id,
            ProcessPart.process_id == desk.process_id,
            ProcessPart.element_id == str(identifier)[:200],
            (col(ProcessPart.list_path) == "parties") | col(ProcessPart.list_path).like("%/items"),
        )
    ).all()
    for other, ordinal, body in rows:
        if other == path or not isinstance(body, dict) or body.get("id") != identifier:
            continue
        if places.model_path(other) not in ("tender/items", "awards/items", "contracts/items"):
            continue
        desk.take(other, ordinal, body)
        for pointer in pointers_:
            way = pointer.split("/")[1:]
            described = way[0] in DESCRIBED or (way[0] == "unit" and way[1:2] and way[1] in _DESCRIBED_UNIT)
            if described and same(places.at(desk.load(other), pointer), places.at(before, pointer)):
                desk.put(other, pointer, places.at(desk.load(path), pointer))


def _award(desk: Desk, path: str) -> None:
    """Contracts name their award by its id."""
    before = desk.before(path)
    if before is None:
        return
    for part in _listed(desk, "contracts"):
        if desk.load(part).get("awardID") == before.get("id"):
            desk.put(part, "/awardID", desk.load(path).get("id"))


def _listed(desk: Desk, list_path: str) -> list[str]:
    """Return the paths of a short list's elements, which are loaded."""
    rows = desk.session.exec(places.in_list(desk.actor, desk.process_id, list_path)).all()
    for path, ordinal, body in rows:
        desk.take(path, ordinal, body)
    return [path for path, _, _ in rows if desk.holds(path)]


def _roles(desk: Desk, path: str, pointers_: Collection[str]) -> None:
    """A party that was just chosen somewhere has the role that goes with it."""
    chosen: dict[str, set[str]] = {}
    for pointer in {_reference(path, pointer) for pointer in pointers_}:
        role = ROLES.get(places.field_path(path, pointer))
        held = places.at(desk.load(path), pointer) if role else None
        for one in held if isinstance(held, list) else [held]:
            if role and isinstance(one, dict) and isinstance(one.get("id"), str):
                chosen.setdefault(one["id"], set()).add(role)
    if not chosen:
        return
    rows = desk.session.exec(
        select(ProcessPart.path, ProcessPart.ordinal, ProcessPart.body).where(
            ProcessPart.tenant_id == desk.actor.tenant_id,
            ProcessPart.process_id == desk.process_id,
            ProcessPart.list_path == "parties",
            among(ProcessPart.element_id, [one[:200] for one in chosen]),
        )
    ).all()
    for part, ordinal, body in rows:
        if isinstance(body, dict) and body.get("id") in chosen:
            desk.take(part, ordinal, body)
            held = desk.load(part).get("roles") or []
            if isinstance(held, list) and (new := sorted(chosen[body["id"]] - set(map(str, held)))):
                desk.put(part, "/roles", [*held, *new])


def _reference(path: str, pointer: str) -> str:
    """Return the pointer of the reference that a changed value stands in (`/payer` for `/payer/id`), or itself."""
    around = pointer.rpartition("/")[0]
    return around if around and places.field_path(path, around) in ROLES else pointer


def _place(part: str, pointer: str) -> str:
    """Return where a value stands, in words, without positions: «Adjudicaciones › Proveedores»."""
    keys = places.field_path(part, pointer).split("/")
    labels = [model.field("/".join(keys[:end])).label for end in range(1, len(keys) + 1)]
    return f"«{' › '.join(labels)}»"

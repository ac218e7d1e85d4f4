"""An entry as the OCDS `Organization` that a process holds, and what differs between two of its bodies."""

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from app.core.folding import fold
from app.ocds.identifiers import GENERIC, Checked, check, check_rfc
from app.ocds.model import privacy as table
from app.ocds.model.privacy import Personality
from app.ocds.shape import Document, escape, same
from app.parties.models import Party

OUTSIDE = ("id", "roles", "memberOf")
"""Keys of an Organization that depend on the process and so never stand in an entry's body."""

CHOSEN = ("supplier",)
"""Kinds that are natural or legal persons; of the others the kind says it."""

_CONFIDENTIAL = frozenset().union(*(rule.schemes for rule in table.NEVER))
_CURP = re.compile(table.CURP)
_LONGEST = 600  # characters of `folded`: an index cannot hold more than 2,700 bytes


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field with another value; None is absent. The pointer fits both the entry's body and the party's part."""

    pointer: str
    before: Any
    after: Any


def changed_fields(before: Document, after: Document) -> tuple[FieldChange, ...]:
    """Return the fields that differ: objects are entered, a list is one value, as editing a part takes them."""
    return tuple(_changed(before, after, ""))


def _changed(before: Document, after: Document, at: str) -> Iterator[FieldChange]:
    for key in (*after, *(key for key in before if key not in after)):
        old, new, here = before.get(key), after.get(key), f"{at}/{escape(key)}"
        if isinstance(old, dict | None) and isinstance(new, dict | None):
            yield from _changed(old or {}, new or {}, here)
        elif not same(old, new):
            yield FieldChange(here, old, new)


def document_id(entry: Party) -> str:
    """Return the `id` of the entry as a party: register and number, or one that only we know.

    A number that names nobody in particular, or that the privacy table never publishes, is no part of it; for the RFC
    of a natural person the table sets another id in the public version where the tenant's law says so.
    """
    scheme, number = entry.identifier_scheme, entry.identifier_id
    named = number and scheme.upper() not in _CONFIDENTIAL and not _CURP.search(number.upper())
    return f"{scheme}-{number}" if named else f"REG-{entry.party_id.hex[:12]}"


def as_party(entry: Party, roles: Iterable[str], member_of: Iterable[Party] = ()) -> Document:
    """Return the `Organization` that a process holds for an entry.

    Args:
        entry: of the registry.
        roles: codes of `partyRole` that it has in the process.
        member_of: entries to which it belongs and that are parties of the same process.
    """
    groups = [reference(group) for group in member_of]
    party: Document = {"name": entry.name, "id": document_id(entry), **entry.body, "roles": list(roles)}
    return party | ({"memberOf": groups} if groups else {})


def reference(entry: Party) -> Document:
    """Return the `OrganizationReference` by which other sections name the party."""
    return {"id": document_id(entry), "name": entry.name}


def looked_at(scheme: str, number: str) -> Checked:
    """Return what the form and the check digits of a number say, and how it is written down."""
    return check_rfc(number) if scheme.upper() in table.RFC_SCHEMES else check(scheme, number)


def compared_number(scheme: str, number: str) -> str:
    """Return the number by which two entries are the same; empty where it names nobody in particular."""
    written = looked_at(scheme, number).number
    return "" if written in GENERIC else written


def searched_text(body: Document) -> str:
    """Return what a search looks at, name first so that it also orders."""
    identifier = body.get("identifier", {})
    told = (body.get("name"), identifier.get("legalName"), identifier.get("id"), body.get("position"))
    words = dict.fromkeys(fold(text) for text in told if isinstance(text, str) and text)
    return " · ".join(words)[:_LONGEST]


def personality(body: Document) -> str:
    """Return the declared legal personality; empty when nobody said."""
    return str(body.get("identifier", {}).get("legalPersonality") or "")


# Filling one in


def put(body: Document, path: str, value: Any) -> None:
    """Set, or with nothing to say remove, what stands at a path; an object left empty goes too."""
    key, _, rest = path.partition("/")
    if rest:
        inside = body.setdefault(key, {})
        put(inside, rest, value)
        value = inside
    if value in (None, "", [], {}):
        body.pop(key, None)
    else:
        body[key] = value


def at(body: Document, path: str) -> Any:
    """Return what stands at a path, None when nothing does."""
    value: Any = body
    for key in path.split("/"):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def implied(kind: str) -> Personality:
    """Return the personality that a kind other than supplier has by itself."""
    return Personality.NATURAL if kind == "official" else Personality.LEGAL


def settled(kind: str, body: Document) -> Document:
    """Return a body with what follows from the rest: personality, number as it is compared, and name."""
    body = deepcopy(body)
    if kind not in CHOSEN:
        put(body, "identifier/legalPersonality", implied(kind).value)
    identifier = body.get("identifier", {})
    if identifier.get("id"):
        scheme, number = str(identifier.get("scheme") or ""), str(identifier["id"])
        identifier["id"] = looked_at(scheme, number).number
    else:
        put(body, "identifier/scheme", None)  # a register without a number names nobody
    if personality(body) == Personality.NATURAL:
        put(body, "identifier/legalName", None)
        parts = (identifier.get(part) for part in ("givenName", "patronymicName", "matronymicName"))
        put(body, "name", " ".join(part for part in parts if part) or body.get("name"))
    elif personality(body) == Personality.LEGAL:
        for part in ("givenName", "patronymicName", "matronymicName"):
            put(body, f"identifier/{part}", None)
        put(body, "name", body.get("name") or at(body, "identifier/legalName"))
    return body

"""Persons and companies as SIPOT names them, five or six cells each, and as parties of a release."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.core.folding import fold
from app.ocds import identifiers
from app.sipot.places import Document
from app.sipot.rows import Value

_NAMES = (
    ("given", "givenName"),
    ("first", "patronymicName"),
    ("second", "matronymicName"),
    ("legal", "legalName"),
)


def party(cells: Mapping[str, Value]) -> Document | None:
    """Return the party that cells name, without roles; None when they name nobody.

    Its id is made of the RFC where it identifies somebody, otherwise of the name: the same cells, the same party, which
    is not to be changed.
    """
    return _party(tuple(cells.items()))


@lru_cache(maxsize=2048)  # the same ones sell in many processes
def _party(named: tuple[tuple[str, Value], ...]) -> Document | None:
    cells = dict(named)
    identifier: Document = {}
    for key, name in _NAMES:
        if value := cells.get(key):
            identifier[name] = str(value)
    rfc = identifiers.normal(str(cells.get("rfc", "")))
    if not identifier and not rfc:
        return None
    name = identifier.get("legalName") or " ".join(
        identifier[part] for _, part in _NAMES[:3] if part in identifier
    )
    checked = identifiers.check_rfc(rfc) if rfc else None
    is_own = bool(checked and checked.fault is None and rfc not in identifiers.GENERIC)
    if rfc:
        identifier["scheme"], identifier["id"] = "MX-RFC", rfc
    personality = checked.personality if checked and is_own else None
    if personality is None and identifier.keys() & {"givenName", "patronymicName", "matronymicName"}:
        personality = "naturalPerson"
    if personality is None and "legalName" in identifier and "givenName" not in identifier:
        personality = "legalPerson"
    if personality:
        identifier["legalPersonality"] = personality
    made: Document = {
        "id": f"MX-RFC-{rfc}" if is_own else f"sipot-{slug(name or rfc)}",
        "name": name or rfc,
        "identifier": identifier,
    }
    if position := cells.get("position"):
        made["position"] = str(position)
    return made


def cells(party: Document) -> dict[str, Value]:
    """Return the cells that name a party; the RFC without prefix."""
    identifier = party.get("identifier") or {}
    named: dict[str, Value] = {
        key: identifier[name]
        for key, name in _NAMES
        if isinstance(identifier.get(name), str) and identifier[name]
    }
    if not named and (name := party.get("name")) and name != identifier.get("id"):
        is_natural = identifier.get("legalPersonality") == "naturalPerson"
        named["given" if is_natural else "legal"] = name
    number = str(identifier.get("id") or "")
    if number and identifier.get("scheme", "MX-RFC") == "MX-RFC":
        named["rfc"] = identifiers.normal(number).removeprefix("MXRFC")
    if position := party.get("position"):
        named["position"] = position
    return named


def unit(name: str) -> Document:
    """Return the party that an area of the institution is."""
    return {"id": f"sipot-area-{slug(name)}", "name": name}


def enlist(document: Document, found: Document, *roles: str) -> Document:
    """Return the document's own party for one that was found: added, or completed where it is there already."""
    parties: list[Any] = document.setdefault("parties", [])
    kept: Document | None = next((one for one in parties if one.get("id") == found["id"]), None)
    if kept is None:
        kept = {**found, "identifier": dict(found["identifier"])} if "identifier" in found else dict(found)
        parties.append(kept)
    else:
        kept.setdefault("identifier", {}).update(found.get("identifier", {}))
        if not kept["identifier"]:
            del kept["identifier"]
        if "position" in found:
            kept["position"] = found["position"]
    kept["roles"] = [*dict.fromkeys((*kept.get("roles", ()), *roles))]
    return kept


def reference(party: Document) -> Document:
    """Return what refers to a party."""
    return {"id": party["id"], "name": party["name"]}


def slug(text: str) -> str:
    """Return a text as part of an id: letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:80] or "x"

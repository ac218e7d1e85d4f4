"""Whose a release is: the tenant's padrón asked with the names and keys that the release gives its buyer."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from app.imports.records import Document
from app.tenancy.models import SujetoObligado
from app.tenancy.service import sort_key

_ROLES = frozenset({"buyer", "procuringEntity"})
_STATE = re.compile(r"^[A-Z]{2,5}\s*-\s*")
"""How the PNT begins the name of a body: `JAL - Secretaría de Salud`."""


class Padron:
    """The sujetos obligados of a tenant, found by key, RFC, PNT id or name.

    Args:
        sujetos: those that the actor may import for.
    """

    def __init__(self, sujetos: Iterable[SujetoObligado]) -> None:
        self.by_id = {sujeto.sujeto_obligado_id: sujeto for sujeto in sujetos}
        self._by_key: dict[str, set[UUID]] = {}
        self._by_name: dict[str, set[UUID]] = {}
        for sujeto in self.by_id.values():
            for key in (sujeto.key, sujeto.rfc, sujeto.pnt_id):
                self._by_key.setdefault(key.casefold(), set()).add(sujeto.sujeto_obligado_id)
            self._by_name.setdefault(_name(sujeto.name), set()).add(sujeto.sujeto_obligado_id)

    def match(self, document: Document) -> UUID | None:
        """Return the one sujeto obligado that buys; None when the release names none of them, or two.

        Keys decide before names, the buyer before the procuring entity.
        """
        for index, read in ((self._by_key, _keys), (self._by_name, _names)):
            for organisation in _organisations(document):
                found = {match for value in read(organisation) for match in index.get(value, ())}
                if len(found) == 1:
                    return found.pop()
        return None

    def named(self, text: str) -> UUID | None:
        """Return the one sujeto obligado with a key, RFC, PNT id or name; a name may follow the state's letters."""
        plain = _STATE.sub("", text.strip())
        for index, value in ((self._by_key, plain.casefold()), (self._by_name, _name(plain))):
            found = index.get(value, set())
            if value and len(found) == 1:
                return next(iter(found))
        return None


def _organisations(document: Document) -> Iterator[Document]:
    """Yield the buyer, the procuring entity and the parties that play these parts."""
    tender = document.get("tender")
    yield from _objects(
        [document.get("buyer"), tender.get("procuringEntity") if isinstance(tender, dict) else None]
    )
    for party in _objects(document.get("parties")):
        roles = party.get("roles")
        if isinstance(roles, list) and not _ROLES.isdisjoint(role for role in roles if isinstance(role, str)):
            yield party


def _objects(values: Any) -> Iterator[Document]:
    return (value for value in values if isinstance(value, dict)) if isinstance(values, list) else iter(())


def _keys(organisation: Document) -> Iterator[str]:
    for holder in _objects([organisation, organisation.get("identifier")]):
        key = holder.get("id")
        if isinstance(key, str) and key:
            yield key.casefold()


def _names(organisation: Document) -> Iterator[str]:
    for holder, member in ((organisation, "name"), (organisation.get("identifier"), "legalName")):
        name = holder.get(member) if isinstance(holder, dict) else None
        if isinstance(name, str) and name:
            yield _name(name)


def _name(name: str) -> str:
    return " ".join(sort_key(name).split())

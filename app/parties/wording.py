"""The registry in words: kinds, values, and what was changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from app.ocds import codelists, model
from app.parties.models import Party, PartyChange
from app.parties.service import ENTERED, MEMBER_OF, MEMBERS, RETIRED
from app.web.components import Change


@dataclass(frozen=True)
class KindWords:
    """How a kind of entry is called: many, one, and on the button that adds one."""

    many: str
    one: str
    add: str
    beside: str
    """What the entries are that a form lets one pick: members of this one, or what it belongs to."""


KINDS = {
    "supplier": KindWords(
        "Proveedores y contratistas",
        "Proveedor o contratista",
        "Agregar un proveedor",
        "Integrantes, si es un consorcio o presenta proposiciones conjuntas",
    ),
    "official": KindWords(
        "Personas servidoras públicas",
        "Persona servidora pública",
        "Agregar a una persona servidora pública",
        "Institución o área de la que forma parte",
    ),
    "unit": KindWords("Áreas", "Área", "Agregar un área", "Institución de la que forma parte"),
    "body": KindWords(
        "Instituciones", "Institución", "Agregar una institución", "Institución de la que forma parte"
    ),
}

GROUPED = "supplier"
"""Kind whose entries have members; those of the other kinds belong to something."""

_LIKELY = {
    "requestingUnit": ("unit", "body"),
    "contractingUnit": ("unit", "body"),
    "responsibleUnit": ("unit", "body"),
    "technicalUnit": ("unit", "body"),
    "official": ("official",),
    "attendee": ("supplier", "official"),
    "buyer": ("body",),
    "procuringEntity": ("body", "unit"),
    "payer": ("body", "unit"),
    "funder": ("body",),
    "sourceParty": ("body",),
    "reviewBody": ("body", "unit"),
}


def likely_kinds(role: str) -> tuple[str, ...]:
    """Return the kinds of entry that usually play a role, none for no role; a search shows them first."""
    return _LIKELY.get(role, ("supplier",)) if role else ()


def hint(entry: Party) -> str:
    """Return what tells an entry from others of its name."""
    identifier = entry.body.get("identifier", {})
    shared = "compartida por el organismo garante" if entry.sujeto_obligado_id is None else ""
    told = (identifier.get("id"), entry.body.get("position"), KINDS[entry.kind].one, shared)
    return " · ".join(str(part) for part in told if part)


_BESIDE = {
    MEMBERS: "Integrantes",
    MEMBER_OF: "Forma parte de",
    RETIRED: "Retirada del registro",
    ENTERED: "Se agregó al registro",
}


def label(pointer: str) -> tuple[str, str]:
    """Return the label of a field of an entry's body, and of the group that it stands in."""
    if pointer in _BESIDE:
        return _BESIDE[pointer], ""
    path = f"parties{pointer}"
    around = path.rpartition("/")[0]
    found = model.FIELDS.get(path)
    if found is None:
        return pointer.strip("/"), ""
    return found.label, model.field(around).label if around != "parties" else ""


def value_text(pointer: str, value: Any) -> str | None:
    """Return a value as people read it; None for none."""
    if value is None or value == []:
        return None
    if isinstance(value, bool):
        return "Sí" if value else "No"
    if isinstance(value, dict):
        return ", ".join(filter(None, (value_text(f"{pointer}/{key}", held) for key, held in value.items())))
    if isinstance(value, list):
        return "; ".join(filter(None, (value_text(pointer, held) for held in value)))
    field = model.FIELDS.get(f"parties{pointer}")
    listed = (field.codelist or field.choices) if field else None
    return codelists.label(listed, str(value)) if listed else str(value)


@dataclass(frozen=True)
class Turn:
    """What one person did at once to an entry; `did` in place of changes where there is nothing to compare."""

    at: datetime
    who: str
    did: str
    changes: tuple[Change, ...]


def turns(changes: Sequence[PartyChange], names: dict[UUID, str]) -> tuple[Turn, ...]:
    """Return the history of an entry, the newest first, one turn for each time that somebody saved.

    Args:
        changes: ordered by version, the newest first.
        names: of accounts.
    """
    return tuple(
        _turn(list(group), names) for _, group in groupby(changes, key=lambda change: change.row_version)
    )


def _turn(group: list[PartyChange], names: dict[UUID, str]) -> Turn:
    first = group[0]
    who = names.get(first.account_id, "Una cuenta que ya no existe") if first.account_id else "El sistema"
    if first.pointer == ENTERED:
        return Turn(first.at, who, "Agregó la ficha al registro", ())
    if first.pointer == RETIRED:
        return Turn(first.at, who, "Retiró la ficha" if first.after else "Recuperó la ficha", ())
    listed = (
        Change(
            name,
            value_text(change.pointer, change.before),
            value_text(change.pointer, change.after),
            group_name,
        )
        for change in group
        for name, group_name in (label(change.pointer),)
    )
    return Turn(first.at, who, "Corrigió", tuple(listed))

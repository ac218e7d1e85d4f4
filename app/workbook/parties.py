"""What an edit means for the parties of a process: who is chosen where, by which role, and under which name."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.ocds import model
from app.ocds.entry import EntryError
from app.ocds.shape import Document
from app.workbook.cells import quoted
from app.workbook.elements import Address, Element, at
from app.workbook.layout import LISTS, PLANS, PROCESSES, Column

PARTIES = "parties"
_AWARDS, _CONTRACTS = "awards", "contracts"

Elements = Mapping[Address, Element]
"""Of the document that a merge makes."""


def referred(column: Column, keys: list[str] | None, there: Any, now: Elements) -> Any:
    """Return the references to the parties of these keys; those that are there already stay as they are.

    Args:
        column: of references.
        keys: ids of parties; None for none.
        there: what the document holds.
        now: where the parties are.

    Raises:
        EntryError: no party has such an id, or there are several where one goes.
    """
    if keys is None:
        return None
    held = there if isinstance(there, list) else [there]
    kept = {str(one["id"]): one for one in held if isinstance(one, dict) and "id" in one}
    made = []
    for key in keys:
        party = now.get(((PARTIES, key),))
        if key in kept:
            made.append(kept[key])
        elif party is None:
            raise EntryError(
                f"«{quoted(key)}» no es el identificador de ningún renglón de «{PLANS['Organization'].title}» de este proceso."
            )
        else:
            name = party.body.get("name")
            made.append({"id": party.body.get("id")} | ({"name": name} if name else {}))
    if column.field.is_list:
        return made
    if len(made) > 1:
        raise EntryError("Aquí va un solo participante.")
    return made[0]


def play(value: Any, role: str, now: Elements) -> None:
    """Give the parties that a value refers to the role that goes with the field; "" for none."""
    for one in value if isinstance(value, list) else [value]:
        party = now.get(((PARTIES, str(one["id"])),)) if role and isinstance(one, dict) else None
        if party is not None and role not in (party.body.get("roles") or []):
            party.body["roles"] = [*(party.body.get("roles") or []), role]


def rename(fresh: Iterable[str], before: Elements, now: Elements) -> None:
    """Let the references to parties that got another name say it too, where they said the old one."""
    for key in fresh:
        party, old = now.get(((PARTIES, key),)), before.get(((PARTIES, key),))
        if party is None or old is None:
            continue
        for element in now.values():
            for _, references in _references(element):
                for one in references:
                    if str(one.get("id")) == key and one.get("name") == old.body.get("name"):
                        one["name"] = party.body.get("name")


def user_of(element: Element, now: Elements) -> str:
    """Return the label of what refers to a party or an award, "" when nothing does."""
    key = element.body.get("id")
    if len(element.address) > 1:
        return ""
    if element.address[0][0] == _AWARDS:
        contracts = [one for one in now.values() if one.listed and one.listed.path == _CONTRACTS]
        return (
            f"«{LISTS[_CONTRACTS].label}»" if any(one.body.get("awardID") == key for one in contracts) else ""
        )
    if element.address[0][0] != PARTIES:
        return ""
    for other in now.values():
        for path, references in _references(other):
            if any(one.get("id") == key for one in references):
                return f"«{model.FIELDS[path].label}»"
    return ""


def _references(element: Element) -> Iterator[tuple[str, list[Document]]]:
    """Yield the fields of an element that refer to parties, with the references that they hold."""
    for column in PLANS[element.listed.block if element.listed else PROCESSES].columns:
        if column.refers:
            held = at(element.body, column.path.split("/"))
            found = [one for one in (held if isinstance(held, list) else [held]) if isinstance(one, dict)]
            if found:
                yield column.field.path, found

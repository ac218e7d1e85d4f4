"""Places of a stored working document: parts, lists of parts, and pointers inside a part.

A part's path (`tender/items/3`) names it; a list's path is that of its elements without the number. The model's path of
either has no numbers at all.
"""

import re
from copy import deepcopy
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.sql.expression import Select

from app.core.db import Actor, RwSession
from app.core.errors import InvalidError, NotFoundError
from app.ocds import model, parts
from app.ocds.shape import Document
from app.processes.models import ProcessPart

SECTIONS = (parts.ROOT, "planning", "tender")
"""Parts that are there as soon as something is written in them."""

_NUMBER = re.compile(r"/[0-9]+(?=/|$)")
_ELEMENT = re.compile(r"(.+)/[0-9]+")


def model_path(path: str) -> str:
    """Return the model's path of a part or list: `contracts/0/items/3` → `contracts/items`; the root is ""."""
    return "" if path == parts.ROOT else _NUMBER.sub("", path)


def field_path(path: str, pointer: str) -> str:
    """Return the model's path of a value inside a part."""
    return f"{model_path(path)}{_NUMBER.sub('', pointer)}".removeprefix("/")


def list_of(path: str) -> str:
    """Return the list in which an element stands.

    Raises:
        NotFoundError: the path is not an element's.
    """
    match = _ELEMENT.fullmatch(path)
    if match is None or model_path(path) not in model.LONG_LISTS:
        raise NotFoundError("Esa parte del documento no existe.")
    return match[1]


def home(list_path: str) -> tuple[str, str]:
    """Return the part around a list and the list's pointer in it: `contracts/0/items` → `contracts/0`, `/items`."""
    match = _ELEMENT.match(list_path)
    if match is not None:
        around = match[0]
    else:
        first = list_path.partition("/")[0]
        around = first if first in SECTIONS else parts.ROOT
    return around, f"/{list_path}" if around == parts.ROOT else list_path.removeprefix(around)


def at(body: Any, pointer: str) -> Any:
    """Return the value at a pointer of a body; None where there is none."""
    for token in _tokens(pointer):
        body = body.get(token) if isinstance(body, dict) else None
    return body


def put(body: Document, pointer: str, value: Any) -> None:
    """Set a value of a body, or take it away with None; objects on the way are made, and go when left empty.

    Raises:
        InvalidError: the way leads through something that is no object.
    """
    *way, last = _tokens(pointer)
    held = [body]
    for token in way:
        inner = held[-1].get(token)
        if inner is None:
            inner = held[-1][token] = {}
        if not isinstance(inner, dict):
            raise InvalidError(
                "Ese dato no tiene la forma que el estándar espera: bórralo y captúralo otra vez."
            )
        held.append(inner)
    if value is not None:
        held[-1][last] = deepcopy(value)
        return
    held[-1].pop(last, None)
    for holder, token in zip(reversed(held[:-1]), reversed(way), strict=True):
        if not holder[token]:
            del holder[token]


def _tokens(pointer: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def body(session: RwSession, actor: Actor, process_id: UUID, path: str) -> Any:
    """Return the body of a stored part; None when there is none."""
    return session.exec(
        select(ProcessPart.body).where(
            ProcessPart.tenant_id == actor.tenant_id,
            ProcessPart.process_id == process_id,
            ProcessPart.path == path,
        )
    ).one_or_none()


def require_list(session: RwSession, actor: Actor, process_id: UUID, list_path: str) -> None:
    """Refuse a list that the model does not have, or that stands in an element which is not there.

    Raises:
        NotFoundError: so.
    """
    if model_path(list_path) not in model.LONG_LISTS:
        raise NotFoundError("Esa lista no existe en el documento.")
    around, _ = home(list_path)
    if around not in SECTIONS and body(session, actor, process_id, around) is None:
        raise NotFoundError("Esa parte del documento ya no existe: quizá alguien la quitó.")


def in_list(
    actor: Actor, process_id: UUID, list_path: str, *, backwards: bool = False
) -> Select[str, int, Any]:
    """Return the query of the elements of a list (path, ordinal, body), in their order or backwards."""
    key = (col(ProcessPart.ordinal), col(ProcessPart.path))
    return (
        select(ProcessPart.path, ProcessPart.ordinal, ProcessPart.body)
        .where(*_listed(actor, process_id, list_path))
        .order_by(*(one.desc() for one in key) if backwards else key)
    )


def count(session: RwSession, actor: Actor, process_id: UUID, list_path: str) -> int:
    """Return how many elements a list has."""
    return session.exec(select(func.count()).where(*_listed(actor, process_id, list_path))).one()


def last_ordinal(session: RwSession, actor: Actor, process_id: UUID, list_path: str) -> int:
    """Return the greatest ordinal in a list, -1 when it is empty."""
    greatest = func.coalesce(func.max(ProcessPart.ordinal), -1)
    return session.exec(select(greatest).where(*_listed(actor, process_id, list_path))).one()


def _listed(actor: Actor, process_id: UUID, list_path: str) -> tuple[Any, ...]:
    # A section's list path is its own path: it is no element.
    return (
        ProcessPart.tenant_id == actor.tenant_id,
        ProcessPart.process_id == process_id,
        ProcessPart.list_path == list_path,
        ProcessPart.path != list_path,
    )

"""Editing the working document a part at a time: what the forms of capture stand on.

Each verb is one edit: it takes the process's lock, changes a few stored parts, leaves its lines in `document_edit` and
adds to `document_version` (`seq`). No verb reads the whole document to change a value, so an edit costs the same at ten
items and at a thousand. Two people may edit at once: an edit is refused only where somebody else changed the very same
value since the page was opened.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import col, select

from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.pagination import INT4, Page, cut, decode_cursor
from app.ocds.shape import Document, same
from app.processes import following, places
from app.processes.desk import Desk
from app.processes.header import DraftHeader, header
from app.processes.models import DocumentEdit, ProcessPart

__all__ = [
    "UNKNOWN",
    "Change",
    "Collision",
    "DraftHeader",
    "Element",
    "OpenList",
    "OpenPart",
    "Saved",
    "add",
    "carry_items",
    "change",
    "copy",
    "move",
    "open_list",
    "open_part",
    "remove",
    "undo",
]

MANY_ELEMENTS = 20_000
"""Elements that one list of a working document may get by hand."""

UNKNOWN: Final = object()
"""What the page showed is not known: `base` tells whether it is out of date."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value of a part as it shall be.

    Attributes:
        pointer: RFC 6901, relative to the part.
        value: None takes it away.
        shown: what stood there on the page on which the person typed; where it is still there nobody else has changed
            it, however old the page is.
    """

    pointer: str
    value: Any
    shown: Any = UNKNOWN


@dataclass(frozen=True, slots=True)
class Collision:
    """A value that was changed after the page was opened, and which was therefore left as it is."""

    pointer: str
    theirs: Any
    mine: Any
    account_id: UUID | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Saved:
    """What an edit did: the number it got (the last one, when it changed nothing), and what it changed or left."""

    seq: int
    applied: tuple[str, ...] = ()
    collisions: tuple[Collision, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part to be edited. A section just begun has an empty body."""

    draft: DraftHeader
    path: str
    body: Document


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a list: its path names it for as long as it is there."""

    path: str
    ordinal: int
    body: Any


@dataclass(frozen=True, slots=True)
class OpenList:
    """A page of a list to be edited, and how many elements it has in all."""

    draft: DraftHeader
    path: str
    page: Page[Element]
    total: int


def open_part(session: RwSession, actor: Actor, process_id: UUID, path: str) -> OpenPart:
    """Return a part with the state of its process.

    Raises:
        NotFoundError: the process or the part is absent or another's.
    """
    draft = header(session, actor, process_id)
    body = places.body(session, actor, process_id, path)
    if body is None and path not in places.SECTIONS:
        raise NotFoundError("Esa parte del documento ya no existe: quizá alguien la quitó.")
    return OpenPart(draft, path, body if isinstance(body, dict) else {})


def open_list(
    session: RwSession,
    actor: Actor,
    process_id: UUID,
    list_path: str,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> OpenList:
    """Return a page of a list with the state of its process.

    Args:
        session: bound to the actor.
        actor: who looks.
        process_id: of which process.
        list_path: `tender/items`, `contracts/0/implementation/transactions`.
        cursor: of the page; None for the first.
        limit: elements of a page.

    Raises:
        NotFoundError: the process, or what the list stands in, is absent or another's.
    """
    draft = header(session, actor, process_id)
    places.require_list(session, actor, process_id, list_path)
    query = places.in_list(actor, process_id, list_path)
    if cursor:
        query = query.where(
            tuple_(ProcessPart.ordinal, ProcessPart.path)
            > tuple_(*decode_cursor(cursor, int, str, most=INT4))
        )
    rows = [Element(path, ordinal, body) for path, ordinal, body in session.exec(query.limit(limit + 1))]
    total = places.count(session, actor, process_id, list_path)
    return OpenList(draft, list_path, cut(rows, limit, lambda row: (row.ordinal, row.path)), total)


def change(
    session: RwSession, actor: Actor, process_id: UUID, path: str, changes: Sequence[Change], *, base: int
) -> Saved:
    """Change values of a part. What already is as asked is not an edit.

    What is said of the same thing elsewhere follows (`following`): references to a party that got another name, the
    description of an item in award and contract, the role of a party that was referred to.

    Args:
        session: bound to the actor.
        actor: who edits.
        process_id: of which process.
        path: of the part; the sections `planning` and `tender` are begun by their first value.
        changes: at most one per pointer.
        base: `seq` of the page on which the person typed.

    Raises:
        NotFoundError: absent or another's.
        ConflictError: the version is where nobody edits, or an element with that id is there already.
        StaleError: the whole document was replaced after the page was opened.
        InvalidError: a pointer leads through something that is no object.
    """
    desk = Desk.open(session, actor, process_id)
    body = desk.load(path)
    wanted = [one for one in changes if not same(places.at(body, one.pointer), one.value)]
    collisions = {one.pointer: one for one in _collisions(desk, path, wanted, base)}
    applied = [one for one in wanted if one.pointer not in collisions]
    for one in applied:
        if one.pointer == "/id":
            desk.require_free(path, one.value)
        desk.put(path, one.pointer, one.value)
    following.follow(desk, path, {one.pointer for one in applied})
    seq = desk.finish()
    return Saved(seq, tuple(one.pointer for one in applied), tuple(collisions.values()))


def add(
    session: RwSession,
    actor: Actor,
    process_id: UUID,
    list_path: str,
    body: Document,
    *,
    base: int | None = None,
) -> tuple[str, int]:
    """Add an element at the end of a list; one without id gets one.

    Args:
        session: bound to the actor.
        actor: who edits.
        process_id: of which process.
        list_path: of the list.
        body: the element.
        base: `seq` of the page with the button. What the same person has added since from the same page, with the same
            body, is not added again: a second click is not a second element.

    Returns:
        Its path and the number of the edit.

    Raises:
        NotFoundError: absent or another's.
        ConflictError: the version is where nobody edits, or an element has that id already.
        StaleError: the whole document was replaced after the page was opened.
        InvalidError: the list is full.
    """
    desk = Desk.open(session, actor, process_id)
    if base is not None and base < desk.seq:
        desk.refuse_if_replaced(base)
        twin = next((edit for edit in _own_edits(desk, "add", base) if _is_twin(edit, list_path, body)), None)
        if twin is not None:
            return twin.part, twin.seq
    path = _append(desk, list_path, body)
    following.follow(desk, path, following.pointers(body))
    return path, desk.finish()


def copy(session: RwSession, actor: Actor, process_id: UUID, path: str) -> tuple[str, int]:
    """Add a copy of an element, without what is inside it in lists of its own, at the end of its list.

    Raises:
        NotFoundError: absent or another's.
        ConflictError: the version is where nobody edits.
    """
    desk = Desk.open(session, actor, process_id)
    body = {key: held for key, held in desk.load(path).items() if key != "id"}
    added = _append(desk, places.list_of(path), body)
    return added, desk.finish()


def remove(session: RwSession, actor: Actor, process_id: UUID, path: str, *, base: int | None = None) -> int:
    """Take an element out, with everything inside it. The edit keeps it, so it can be undone.

    Args:
        session: bound to the actor.
        actor: who edits.
        process_id: of which process.
        path: of the element.
        base: `seq` of the page with the button: what the same person took out since is taken out.

    Raises:
        NotFoundError: absent or another's.
        ConflictError: the version is where nobody edits, or something refers to the element.
    """
    desk = Desk.open(session, actor, process_id)
    if path in places.SECTIONS:
        raise InvalidError("Una sección no se quita: borra sus datos.")
    done = _own_edits(desk, "remove", base) if base is not None and base < desk.seq else ()
    if done and not _is_there(desk, path):
        return next((edit.seq for edit in done if edit.part == path), desk.seq)
    following.require_unused(desk, path)
    desk.take_out(path)
    return desk.finish()


def move(session: RwSession, actor: Actor, process_id: UUID, path: str, *, by: int) -> int:
    """Let an element and its neighbour, the one before (`by` -1) or after (1), change places.

    At the end of the list nothing happens.

    Raises:
        NotFoundError: absent or another's.
        ConflictError: the version is where nobody edits.
    """
    desk = Desk.open(session, actor, process_id)
    desk.load(path)
    here = desk.ordinal(path)
    key, last = tuple_(ProcessPart.ordinal, ProcessPart.path), tuple_(here, path)
    beside = places.in_list(actor, process_id, places.list_of(path), backwards=by < 0)
    neighbour = session.exec(beside.where(key < last if by < 0 else key > last).limit(1)).first()
    if neighbour is not None:
        other, there, _ = neighbour
        desk.load(other)
        desk.reorder(path, there)
        desk.reorder(other, here)
    return desk.finish()


def carry_items(
    session: RwSession,
    actor: Actor,
    process_id: UUID,
    source: str,
    target: str,
    *,
    ids: Collection[str] | None = None,
) -> int:
    """Bring the items of one list into another with the same ids: defined once, carried through the stages.

    Items that the target already has stay as they are.

    Args:
        session: bound to the actor.
        actor: who edits.
        process_id: of which process.
        source: `tender/items`, `awards/0/items`.
        target: `awards/0/items`, `contracts/1/items`.
        ids: which; None for all.

    Returns:
        How many were brought.

    Raises:
        NotFoundError: absent or another's.
        ConflictError: the version is where nobody edits.
        InvalidError: not two lists of items, or too many.
    """
    if not (source.endswith("/items") and target.endswith("/items")) or source == target:
        raise InvalidError("Las partidas se traen de una lista de partidas a otra.")
    desk = Desk.open(session, actor, process_id)
    places.require_list(session, actor, process_id, target)
    there = {_id(body) for _, _, body in session.exec(places.in_list(actor, process_id, target))}
    brought = [
        body
        for _, _, body in session.exec(places.in_list(actor, process_id, source))
        if _id(body) not in there and (ids is None or _id(body) in ids)
    ]
    _require_room(desk, target, len(brought))
    for body in brought:
        desk.append(target, body, free=True)
    desk.finish()
    return len(brought)


def undo(session: RwSession, actor: Actor, process_id: UUID, seq: int) -> int:
    """Take back an edit by another one, as long as what it changed is still as it left it.

    Returns:
        The number of the edit that takes it back.

    Raises:
        NotFoundError: no such edit, or another's.
        ConflictError: something it changed has been changed since, or it replaced the whole document.
        StaleError: the whole document was replaced since, and the edit's parts mean something else.
    """
    desk = Desk.open(session, actor, process_id)
    desk.refuse_if_replaced(seq)
    lines = session.exec(
        select(DocumentEdit)
        .where(
            DocumentEdit.tenant_id == actor.tenant_id,
            DocumentEdit.process_id == process_id,
            DocumentEdit.seq == seq,
        )
        .order_by(col(DocumentEdit.line).desc())
    ).all()
    if not lines:
        raise NotFoundError("Ese cambio no existe.")
    for line in lines:
        _take_back(desk, line)
    return desk.finish()


def _take_back(desk: Desk, line: DocumentEdit) -> None:
    match line.action:
        case "change":
            if not same(places.at(desk.load(line.part), line.pointer), line.after):
                raise ConflictError(
                    "No se puede deshacer: alguien cambió después el mismo dato. Corrígelo a mano."
                )
            desk.put(line.part, line.pointer, line.before)
        case "move":
            desk.load(line.part)
            desk.reorder(line.part, line.before)
        case "add":
            following.require_unused(desk, line.part)
            desk.take_out(line.part)
        case "remove":
            desk.put_back(line.part, line.before)
        case _:
            raise ConflictError(
                "Ese cambio reemplazó todo el documento: para volver atrás, restaura la versión anterior."
            )


def _append(desk: Desk, list_path: str, body: Document) -> str:
    places.require_list(desk.session, desk.actor, desk.process_id, list_path)
    _require_room(desk, list_path, 1)
    return desk.append(list_path, body)


def _require_room(desk: Desk, list_path: str, more: int) -> None:
    if places.count(desk.session, desk.actor, desk.process_id, list_path) + more > MANY_ELEMENTS:
        raise InvalidError(f"Una lista admite hasta {MANY_ELEMENTS:,} elementos.")


def _collisions(desk: Desk, path: str, changes: Iterable[Change], base: int) -> list[Collision]:
    """What was changed at the same places after `base`, or is no longer as the page showed it."""
    body = desk.load(path)
    open_ = [
        one for one in changes if one.shown is UNKNOWN or not same(one.shown, places.at(body, one.pointer))
    ]
    if not open_ or base >= desk.seq:
        return []
    desk.refuse_if_replaced(base)
    edits = desk.session.exec(
        select(DocumentEdit)
        .where(
            DocumentEdit.tenant_id == desk.actor.tenant_id,
            DocumentEdit.process_id == desk.process_id,
            DocumentEdit.seq > base,
            DocumentEdit.part == path,
            DocumentEdit.action == "change",
        )
        .order_by(col(DocumentEdit.seq), col(DocumentEdit.line))
    ).all()
    found = []
    for one in open_:
        last = next((edit for edit in reversed(edits) if _touches(edit.pointer, one.pointer)), None)
        if last is not None or one.shown is not UNKNOWN:
            theirs = places.at(body, one.pointer)
            who, at = (last.account_id, last.at) if last else (None, None)
            found.append(Collision(one.pointer, theirs, one.value, who, at))
    return found


def _own_edits(desk: Desk, action: str, base: int) -> Sequence[DocumentEdit]:
    """Return what the same person did after `base`."""
    return desk.session.exec(
        select(DocumentEdit)
        .where(
            DocumentEdit.tenant_id == desk.actor.tenant_id,
            DocumentEdit.process_id == desk.process_id,
            DocumentEdit.seq > base,
            DocumentEdit.action == action,
            DocumentEdit.account_id == desk.actor.account_id,
        )
        .order_by(col(DocumentEdit.seq))
    ).all()


def _is_twin(edit: DocumentEdit, list_path: str, body: Document) -> bool:
    """Whether an edit added this very element; its id is its own unless somebody typed it."""
    if edit.part.rpartition("/")[0] != list_path:
        return False
    made = edit.after[0][2]
    kept = {key: held for key, held in made.items() if key != "id" or "id" in body}
    return same(kept, body)


def _is_there(desk: Desk, path: str) -> bool:
    try:
        desk.load(path)
    except NotFoundError:
        return False
    return True


def _touches(one: str, other: str) -> bool:
    """Whether one place is, or lies inside, the other."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _id(body: Any) -> str:
    return str(body.get("id")) if isinstance(body, dict) else ""

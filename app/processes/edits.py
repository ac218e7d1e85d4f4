"""The history of a working document, edit by edit: who changed what, from what to what, and what can be undone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.pagination import INT4, Page, cut, decode_cursor
from app.core.tables import among
from app.identity.queries import full_names
from app.ocds import model, parts
from app.ocds.diff import Change as Difference
from app.ocds.shape import same
from app.processes import places
from app.processes.models import DocumentEdit, ProcessPart
from app.processes.outline import called, change_in_words, in_words
from app.web.components import Change

LINES = 12
"""Lines of one edit that a page tells; of the others only how many."""


@dataclass(frozen=True, slots=True)
class Line:
    """One place that an edit changed, in words; `act` says what happened where it is more than a value."""

    change: Change
    act: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit in words.

    Attributes:
        seq: its number.
        number: of the version that it made.
        who: empty for the service itself.
        more: lines that are not told.
        is_whole: it replaced the whole document: an import, or an older version brought back.
        can_be_undone: what it changed is still as it left it.
    """

    seq: int
    number: int
    at: datetime
    who: str
    lines: tuple[Line, ...]
    more: int
    is_whole: bool
    can_be_undone: bool


def edits(
    session: RwSession,
    actor: Actor,
    process_id: UUID,
    *,
    zone: str,
    cursor: str | None = None,
    limit: int = 30,
) -> Page[Edit]:
    """Return the edits of a process, the newest first; the caller has checked that the actor may see it.

    Args:
        session: bound to the actor.
        actor: whose tenant is read.
        process_id: of which process.
        zone: IANA time zone in which instants are told.
        cursor: of the page; None for the first.
        limit: edits of a page.
    """
    counted = select(DocumentEdit.seq, func.count()).where(*_of(actor, process_id))
    if cursor:
        counted = counted.where(DocumentEdit.seq < int(decode_cursor(cursor, int, most=INT4)[0]))
    found = session.exec(
        counted.group_by(col(DocumentEdit.seq)).order_by(col(DocumentEdit.seq).desc()).limit(limit + 1)
    ).all()
    shown = cut(found, limit, lambda row: (row[0],))
    return Page(_told(session, actor, process_id, dict(shown.rows), zone), shown.next_cursor)


def edit(session: RwSession, actor: Actor, process_id: UUID, seq: int, *, zone: str) -> Edit:
    """Return one edit.

    Raises:
        NotFoundError: the process has none of that number.
    """
    count = session.exec(select(func.count()).where(*_of(actor, process_id), DocumentEdit.seq == seq)).one()
    if not count:
        raise NotFoundError("Ese cambio no existe.")
    return _told(session, actor, process_id, {seq: count}, zone)[0]


def _of(actor: Actor, process_id: UUID) -> tuple[Any, ...]:
    return (DocumentEdit.tenant_id == actor.tenant_id, DocumentEdit.process_id == process_id)


def _told(
    session: RwSession, actor: Actor, process_id: UUID, counts: Mapping[int, int], zone: str
) -> list[Edit]:
    rows = session.exec(
        select(DocumentEdit)
        .where(*_of(actor, process_id), among(DocumentEdit.seq, counts), DocumentEdit.line < LINES)
        .order_by(col(DocumentEdit.seq).desc(), col(DocumentEdit.line))
    ).all()
    bodies = _bodies(session, actor, process_id, rows)
    names = full_names(session, {row.account_id for row in rows if row.account_id})
    by_seq: dict[int, list[DocumentEdit]] = {}
    for row in rows:
        by_seq.setdefault(row.seq, []).append(row)
    return [
        Edit(
            seq,
            lines[0].number,
            lines[0].at,
            names.get(lines[0].account_id, "Una cuenta que ya no existe") if lines[0].account_id else "",
            tuple(_line(one, bodies, zone) for one in lines),
            counts[seq] - len(lines),
            lines[0].action == "replace",
            all(_stands(one, bodies.now) for one in lines),
        )
        for seq, lines in by_seq.items()
    ]


@dataclass(frozen=True, slots=True)
class _Bodies:
    """Bodies of the parts that edits speak of: as they are, and the last known of those that are gone."""

    now: Mapping[str, Any]
    gone: Mapping[str, Any]

    def name(self, path: str) -> str:
        body = self.now.get(path) or self.gone.get(path)
        return called(body) if isinstance(body, dict) else ""


def _bodies(session: RwSession, actor: Actor, process_id: UUID, rows: Iterable[DocumentEdit]) -> _Bodies:
    wanted = {above for row in rows for above in _way(row.part)}
    found = session.exec(
        select(ProcessPart.path, ProcessPart.body).where(
            ProcessPart.tenant_id == actor.tenant_id,
            ProcessPart.process_id == process_id,
            among(ProcessPart.path, wanted),
        )
    )
    now: dict[str, Any] = dict(found.all())
    removals = session.exec(
        select(DocumentEdit.before).where(
            *_of(actor, process_id),
            DocumentEdit.action == "remove",
            among(DocumentEdit.part, wanted - now.keys()),
        )
    )
    return _Bodies(now, {path: body for taken in removals for path, _, body in taken})


def _way(part: str) -> list[str]:
    """Return the part and the elements around it: `contracts/0/items/2` → itself and `contracts/0`."""
    keys = part.split("/")
    return [
        "/".join(keys[:end])
        for end in range(1, len(keys) + 1)
        if keys[end - 1].isdecimal() or end == len(keys)
    ]


def _stands(line: DocumentEdit, now: Mapping[str, Any]) -> bool:
    """Whether what a line changed is still as it left it, so that undoing would not trample on anything."""
    match line.action:
        case "change":
            is_there = line.part in now or line.part in places.SECTIONS
            return is_there and same(places.at(now.get(line.part) or {}, line.pointer), line.after)
        case "remove":
            return line.part not in now
        case "add" | "move":
            return line.part in now
    return False


_ACTS = {"add": "Se agregó", "remove": "Se quitó", "move": "Cambió de lugar"}


def _line(line: DocumentEdit, bodies: _Bodies, zone: str) -> Line:
    if line.action == "replace":
        if not line.pointer:  # nothing that the difference tells
            return Line(Change("Documento", None, None), "Dice lo mismo")
        return Line(change_in_words(Difference(line.pointer, line.before, line.after), zone=zone))
    where = place_of_part(line.part, bodies.name)
    if line.action in _ACTS:
        *above, last = where
        return Line(Change(last, None, None, " › ".join(above)), _ACTS[line.action])
    labels = [*where, *_labels(line.part, line.pointer)]
    pointer = f"/{places.field_path(line.part, line.pointer)}"

    def told(held: Any) -> str | None:
        return None if held is None else in_words(held, pointer, zone=zone)

    return Line(Change(labels[-1], told(line.before), told(line.after), " › ".join(labels[:-1])))


def place_of_part(part: str, name: Any) -> list[str]:
    """Return where a part stands, in words: `Contrato «Papel»`, `Pago «F-1»`; nothing for the top of the document.

    Args:
        part: its path; numbers name elements and are no positions.
        name: gives the name of the element at a path, "" when it has none.
    """
    if part == parts.ROOT:
        return []
    words: list[str] = []
    path, keys = "", part.split("/")
    for end, key in enumerate(keys, 1):
        if key.isdecimal():
            own = name("/".join(keys[:end]))
            kind = model.BLOCKS[model.FIELDS[path].of or ""].label
            words[-1] = f"{kind} «{own}»" if own else kind
        else:
            path = f"{path}/{key}".lstrip("/")
            words.append(model.FIELDS[path].label if path in model.FIELDS else key)
    return words


def _labels(part: str, pointer: str) -> list[str]:
    path, words = places.model_path(part), []
    for key in pointer.split("/")[1:]:
        plain = key.replace("~1", "/").replace("~0", "~")
        path = f"{path}/{plain}".lstrip("/")
        words.append(model.FIELDS[path].label if path in model.FIELDS else plain)
    return words

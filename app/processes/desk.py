"""One edit on its way: the process under lock, the parts it touches, the lines it will leave."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, update
from sqlmodel import col, select

from app.core import audit, bulk, clock
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, NotFoundError, StaleError
from app.core.policy import Permission, require
from app.core.tables import among, table_of
from app.ocds import model, parts
from app.ocds.shape import Document, same
from app.processes import places, tasks
from app.processes.header import Turns, turns_of
from app.processes.models import (
    ContractingProcess,
    DocumentEdit,
    ProcessPart,
)
from app.processes.queries import VersionRef, load_by_id
from app.processes.service import EDIT, PART, begin_version, name_editor
from app.processes.summary import Summary, summarise
from app.processes.workflow import VERSIONS

FIRST_NUMBER = 1_000_000
"""Elements made by hand are numbered from here on, never twice; imported ones by their position."""

_STAGES = ("", "planning", "tender", "award", "contract", "implementation")


@dataclass(slots=True)
class Line:
    """What an edit changes at one place; as `DocumentEdit`."""

    action: str
    part: str
    pointer: str
    before: Any
    after: Any


@dataclass(slots=True)
class Desk:
    """An edit, from the lock to the last statement. Nothing is written before `finish`."""

    session: RwSession
    actor: Actor
    process: ContractingProcess
    turns: Turns
    lines: list[Line] = field(default_factory=list)
    _stored: dict[str, tuple[int, Any]] = field(default_factory=dict)
    _now: dict[str, tuple[int, Any] | None] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)
    _added: int = 0

    @classmethod
    def open(cls, session: RwSession, actor: Actor, process_id: UUID) -> "Desk":
        """Take the process's lock, and see that this person may edit it now.

        Raises:
            NotFoundError: absent or another's.
            ForbiddenError: the role does not edit.
            ConflictError: the version is where nobody edits.
        """
        process = session.exec(
            select(ContractingProcess)
            .where(
                ContractingProcess.tenant_id == actor.tenant_id, ContractingProcess.process_id == process_id
            )
            # Whoever has just added a row that refers to the process (a file) shares its key, and must not wait here
            # for somebody else who did the same: they would wait for each other.
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if process is None or actor.sujeto_obligado_id not in (None, process.sujeto_obligado_id):
            raise NotFoundError("No encontramos ese proceso de contratación.")
        require(actor, Permission.PROCESS_EDIT, process.sujeto_obligado_id)
        turns = turns_of(session, actor, process_id)
        if turns.why_not:
            raise ConflictError(turns.why_not)
        return cls(session, actor, process, turns)

    @property
    def process_id(self) -> UUID:
        """The process being edited."""
        return self.process.process_id

    @property
    def seq(self) -> int:
        """Number of the last edit before this one."""
        return self.process.document_version

    def load(self, path: str) -> Document:
        """Return a part as it is by now; a section not begun is empty. Not to be changed in place.

        Raises:
            NotFoundError: there is no such part.
        """
        if path not in self._now:
            row = self.session.exec(
                select(ProcessPart.ordinal, ProcessPart.body).where(*self._whose(), ProcessPart.path == path)
            ).one_or_none()
            if row is not None:
                self.take(path, row[0], row[1])
            elif path in places.SECTIONS:
                self._now[path] = (0, {})
        held = self._now.get(path)
        if held is None or not isinstance(held[1], dict):
            raise NotFoundError("Esa parte del documento ya no existe: quizá alguien la quitó.")
        body: Document = held[1]
        return body

    def before(self, path: str) -> Document | None:
        """Return a loaded part as it was before this edit; None when it is new."""
        held = self._stored.get(path)
        return held[1] if held and isinstance(held[1], dict) else None

    def holds(self, path: str) -> bool:
        """Whether a loaded part is there by now, and an object."""
        held = self._now.get(path)
        return held is not None and isinstance(held[1], dict)

    def take(self, path: str, ordinal: int, body: Any) -> None:
        """Take notice of a stored part that was read by another query."""
        if path not in self._now:
            self._stored[path] = (ordinal, body)
            self._now[path] = (ordinal, deepcopy(body))

    def ordinal(self, path: str) -> int:
        """Return the place of a loaded part among its siblings."""
        held = self._now.get(path)
        return held[0] if held else 0

    def put(self, path: str, pointer: str, value: Any) -> None:
        """Change a value; to what it already is, nothing."""
        body = self.load(path)
        before = places.at(body, pointer)
        if same(before, value):
            return
        self.lines.append(Line("change", path, pointer, deepcopy(before), value))
        places.put(body, pointer, value)

    def append(self, list_path: str, body: Document, *, free: bool = False) -> str:
        """Add an element at the end of its list and return its path. One without id gets one.

        Args:
            list_path: of the list.
            body: the element.
            free: nothing in the list has its id: no need to look.

        Raises:
            ConflictError: an element of the list has that id already.
        """
        if list_path not in self._last:
            self._last[list_path] = places.last_ordinal(self.session, self.actor, self.process_id, list_path)
        self._last[list_path] += 1
        self._added += 1
        path = f"{list_path}/{FIRST_NUMBER + self.seq + self._added}"
        self._insert({path: (self._last[list_path], _identified(list_path, body))}, free=free)
        return path

    def put_back(self, path: str, taken: Iterable[tuple[str, int, Any]]) -> None:
        """Put an element back that was taken out, with everything inside it."""
        places.require_list(self.session, self.actor, self.process_id, places.list_of(path))
        self._insert({one: (ordinal, body) for one, ordinal, body in taken})

    def _insert(self, came: dict[str, tuple[int, Any]], *, free: bool = False) -> None:
        path, (_, body) = next(iter(came.items()))
        if not free and isinstance(body, dict) and body.get("id") is not None:
            self.require_free(path, body["id"])
        section = path.partition("/")[0]
        if section in places.SECTIONS:
            self.load(section)
            self._begun.add(section)  # a part needs the one around it, however empty
        self._now.update(came)
        parts_ = [[one, ordinal, held] for one, (ordinal, held) in came.items()]
        self.lines.append(Line("add", path, "", None, parts_))

    def require_free(self, path: str, identifier: Any) -> None:
        """Refuse an id that another element of the same list has.

        Raises:
            ConflictError: so.
        """
        list_path = path.rpartition("/")[0]
        found = self.session.exec(
            select(ProcessPart.path, ProcessPart.ordinal, ProcessPart.body).where(
                *self._whose(),
                ProcessPart.list_path == list_path,
                ProcessPart.element_id == str(identifier)[:200],
            )
        ).all()
        for one in found:
            self.take(*one)
        beside = (
            held for one, held in self._now.items() if one != path and one.rpartition("/")[0] == list_path
        )
        if any(
            held and isinstance(held[1], dict) and str(held[1].get("id")) == str(identifier)
            for held in beside
        ):
            raise ConflictError(f"En esa lista ya hay un elemento con el identificador «{identifier}».")

    def take_out(self, path: str) -> None:
        """Take an element out with everything inside it."""
        rows = self.session.exec(
            select(ProcessPart.path, ProcessPart.ordinal, ProcessPart.body)
            .where(
                *self._whose(),
                (col(ProcessPart.path) == path) | col(ProcessPart.path).startswith(f"{path}/"),
            )
            .order_by(col(ProcessPart.path))
        ).all()
        if not rows and path not in self._now:
            raise NotFoundError("Ese elemento ya no existe: quizá alguien lo quitó.")
        for one in rows:
            self.take(*one)
        inside = sorted(one for one in self._now if one == path or one.startswith(f"{path}/"))
        gone = [[one, *held] for one in inside if (held := self._now[one]) is not None]
        self._now.update(dict.fromkeys(inside))
        self.lines.append(Line("remove", path, "", gone, None))
        list_path = places.list_of(path)
        if places.count(self.session, self.actor, self.process_id, list_path) <= 1:
            around, pointer = places.home(list_path)
            body = self.load(around)
            if places.at(body, pointer) == []:  # the place kept for the list goes with its last element
                places.put(body, pointer, None)

    def reorder(self, path: str, ordinal: int) -> None:
        """Give an element another place among its siblings."""
        body = self.load(path)
        self.lines.append(Line("move", path, "", self.ordinal(path), ordinal))
        self._now[path] = (ordinal, body)

    def refuse_if_replaced(self, base: int) -> None:
        """Refuse an edit typed on a page older than the last replacement of the whole document.

        Raises:
            StaleError: so.
        """
        replaced = self.session.exec(
            select(DocumentEdit.seq)
            .where(
                DocumentEdit.tenant_id == self.actor.tenant_id,
                DocumentEdit.process_id == self.process_id,
                DocumentEdit.seq > base,
                DocumentEdit.action == "replace",
            )
            .limit(1)
        ).first()
        if replaced is not None:
            raise StaleError(
                "El documento entero se reemplazó (por una importación o al restaurar una versión) después de que "
                "abriste la página. Vuelve a abrirla y revisa cómo está."
            )

    def finish(self) -> int:
        """Write the edit and return its number; an edit that changes nothing is none."""
        if not self.lines:
            return self.seq
        seq = self.seq + max(1, self._added)
        number = self._turn()
        self._write_parts()
        self._write_lines(seq, number)
        self._write_process(seq)
        name_editor(self.session, self.actor, self.process_id, number)
        tasks.ask(self.session, self.actor, VersionRef(self.process_id, number))
        touched = sorted({f"{line.part}{line.pointer}" for line in self.lines})
        audit.record(
            self.session,
            "process.edit",
            "contracting_process",
            self.process_id,
            version=number,
            edit=seq,
            paths=touched[:50],
        )
        self.session.expire(self.process)  # it was written past the session
        return seq

    def _whose(self) -> tuple[Any, ...]:
        return (ProcessPart.tenant_id == self.actor.tenant_id, ProcessPart.process_id == self.process_id)

    def _turn(self) -> int:
        """Put the open version back to draft, or open one beside what was published; return its number."""
        turn = self.turns.open
        if turn is None:
            working = load_by_id(self.session, self.actor, [self.process_id])[self.process_id]
            return begin_version(self.session, self.actor, working)
        VERSIONS.apply(turn, "edit")
        turn.row_version += 1
        turn.updated_at = clock.now()
        self.session.add(turn)
        self.session.flush()
        return turn.number

    def _write_parts(self) -> None:
        kept = {path: held for path, held in self._now.items() if held is not None}
        changed = [
            {
                "tenant_id": self.actor.tenant_id,
                "process_id": self.process_id,
                "path": path,
                "ordinal": ordinal,
                "body": body,
            }
            for path, (ordinal, body) in kept.items()
            if (body or path in self._stored or path in self._begun)
            and not self._is_stored(path, ordinal, body)
        ]
        gone = [path for path, held in self._now.items() if held is None and path in self._stored]
        bulk.execute(self.session, PART, changed)
        if gone:
            self.session.connection().execute(
                delete(ProcessPart).where(*self._whose(), among(ProcessPart.path, gone))
            )

    def _is_stored(self, path: str, ordinal: int, body: Any) -> bool:
        stored = self._stored.get(path)
        return stored is not None and stored[0] == ordinal and same(stored[1], body)

    def _write_lines(self, seq: int, number: int) -> None:
        bulk.execute(
            self.session,
            EDIT,
            [
                {
                    "tenant_id": self.actor.tenant_id,
                    "process_id": self.process_id,
                    "seq": seq,
                    "line": position,
                    "number": number,
                    **asdict(line),
                    "account_id": self.actor.account_id,
                }
                for position, line in enumerate(self.lines)
            ],
        )

    def _write_process(self, seq: int) -> None:
        table = table_of(ContractingProcess)
        self.session.connection().execute(
            update(table)
            .where(table.c.tenant_id == self.actor.tenant_id, table.c.process_id == self.process_id)
            .values(document_version=seq, updated_at=clock.now(), **asdict(self._summary()))
        )

    def _summary(self) -> Summary:
        """Return what lists know of the process by now, reading as little of the document as the edit asks for."""
        if any(held is None for held in self._now.values()):
            working = load_by_id(self.session, self.actor, [self.process_id])[self.process_id]
            return summarise(self.process.ocid, working.document)
        telling = {path for line in self.lines if (path := line.part) in places.SECTIONS}
        telling |= {
            line.part for line in self.lines if places.model_path(line.part) in ("awards", "contracts")
        }
        reached = max(_STAGES.index(self.process.stage), *(_stage(line) for line in self.lines))
        kept = {name: getattr(self.process, name) for name in ("title", "method", "year", "unit", "folded")}
        if telling:
            told = summarise(self.process.ocid, self._heads())
            kept = {name: getattr(told, name) for name in kept}
        return Summary(stage=_STAGES[reached], **kept)

    def _heads(self) -> Document:
        """Return the document's sections with its first award and contract."""
        found = self.session.exec(
            select(ProcessPart.path, ProcessPart.ordinal, ProcessPart.body).where(
                *self._whose(),
                col(ProcessPart.list_path).in_((*places.SECTIONS, "awards", "contracts")),
            )
        ).all()
        held = [parts.Part(*one) for one in found]
        if all(one.path != parts.ROOT for one in held):
            held.append(parts.Part(parts.ROOT, 0, {}))
        return parts.assemble(held)


def _stage(line: Line) -> int:
    """Position in `_STAGES` of what a line speaks of; 0 for what belongs to no stage or went away."""
    if line.after is None:
        return 0
    found = model.FIELDS.get(places.field_path(line.part, line.pointer))
    return _STAGES.index(found.stage.value) if found and found.stage.value in _STAGES else 0


def _identified(list_path: str, body: Document) -> Document:
    """Return the element with an id, where its kind has one: a party's tells its registry, any other is random.

    A contract's is the number on its paper: nobody makes that up, so it is missing until somebody writes it.
    """
    kind = model.field(places.model_path(list_path))
    has_one = body.get("id") not in (None, "") or kind.path == "contracts"
    if has_one or f"{kind.path}/id" not in model.FIELDS:
        return deepcopy(body)
    return {"id": party_id(body) or f"{(kind.of or 'element').lower()}-{uuid4().hex[:8]}", **deepcopy(body)}


def party_id(body: Document) -> str:
    """Return the id that a party's identifier makes (`MX-RFC-…`), "" without one."""
    scheme, number = places.at(body, "/identifier/scheme"), places.at(body, "/identifier/id")
    return f"{scheme}-{number}" if scheme and number else ""

"""Where a person mends what a row lacks: the field of capture that a column of the format is filled from."""

from collections.abc import Collection, Iterable
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select

from app.capture.whole import Map
from app.core.db import Actor, RwSession
from app.core.tables import among, table_of
from app.pnt.due import Line
from app.processes.models import ProcessPart
from app.sipot.mapping import LINES

_PATHS = MappingProxyType({line.key: line.path for line in LINES})
_ROOTS = MappingProxyType(
    {
        "tender": "/tender",
        "planning": "/planning",
        "budget": "/planning/budget/budgetBreakdown",
        "meeting": "/tender/clarificationMeetings",
    }
)
_LISTS = MappingProxyType({"contract": "contracts", "award": "awards", "supplier": "parties"})


class Editors:
    """The addresses of fields in the working documents of some processes.

    Args:
        session: bound to the actor.
        actor: of the tenant.
        processes: whose fields are looked for.
        desk: address of the desk's processes.
    """

    def __init__(self, session: RwSession, actor: Actor, processes: Collection[UUID], desk: str) -> None:
        part = table_of(ProcessPart).c
        rows = session.execute(
            select(part.process_id, part.path, part.ordinal, part.list_path, part.element_id).where(
                part.tenant_id == actor.tenant_id,
                among(ProcessPart.process_id, processes),
                among(ProcessPart.list_path, _LISTS.values()),
            )
        ).all()
        stored: dict[UUID, list[tuple[str, int]]] = {}
        for row in rows:
            stored.setdefault(row.process_id, []).append((row.path, row.ordinal))
        self._desk = desk
        self._maps = {process_id: Map(parts) for process_id, parts in stored.items()}
        self._elements = {(row.process_id, row.list_path, row.element_id): row.path for row in rows}

    def href(self, line: Line, key: str) -> str:
        """Return the address of the field that a column is filled from; of capture where there is no such field.

        A declaration is not captured: empty.
        """
        if line.process_id is None:
            return ""
        capture = f"{self._desk}/{line.process_id}/captura"
        root, _, rest = _PATHS.get(key, "").partition(".")
        names = [name.partition("[")[0] for name in rest.split(".") if name]
        place = _ROOTS.get(root)
        where = self._maps.get(line.process_id, Map(()))
        if root in _LISTS:
            wanted = {"contract": line.contract, "award": line.award, "supplier": line.supplier}[root]
            held = where.elements(_LISTS[root])
            path = self._elements.get((line.process_id, _LISTS[root], wanted))
            place = f"/{_LISTS[root]}/{held.index(path)}" if path in held else None
        if place is None:
            return capture
        spot = where.spot("/".join((place, *names)) if root not in ("budget", "meeting") else place)
        return f"{capture}{spot.href}" if spot else capture


def editors(session: RwSession, actor: Actor, lines: Iterable[Line], desk: str) -> Editors:
    """Return where the fields of some rows are edited."""
    return Editors(session, actor, {line.process_id for line in lines if line.process_id}, desk)

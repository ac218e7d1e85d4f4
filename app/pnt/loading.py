"""The workbook to upload, and how the quarter differs from what the PNT has already."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from sqlalchemy import delete

from app.core import audit, bulk, clock, locks
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError
from app.core.policy import Permission, require
from app.core.tables import table_of
from app.pnt import due
from app.pnt.delivery import queries as sending
from app.pnt.due import Line, Whose
from app.pnt.formats import Chosen
from app.pnt.models import PntLoaded
from app.sipot.inward import Report
from app.sipot.rows import Row
from app.sipot.writing import write
from app.tenancy import queries as tenancy

State = Literal["new", "changed", "same"]
IN_MEMORY = 4 * 1024 * 1024
"""Bytes of a workbook that stay in memory; a larger one goes to disk."""

_TABLE = table_of(PntLoaded)


@dataclass(slots=True)
class Tally:
    """A quarter in one format, counted while its rows went by.

    Attributes:
        states: how many rows are new to the PNT, changed since, or the same.
        lacking: rows that lack something.
        gone: keys of rows that the PNT has and that are not to be reported any more.
        print: of all rows; it changes when any of them does.
    """

    states: Counter[State] = field(default_factory=Counter)
    lacking: int = 0
    gone: tuple[str, ...] = ()
    print: str = ""

    @property
    def total(self) -> int:
        """Rows."""
        return sum(self.states.values())


def state_of(line: Line, known: Mapping[str, bytes]) -> State:
    """Tell a row from what the PNT has."""
    held = known.get(line.key)
    return "new" if held is None else "same" if held == line.digest else "changed"


def tally(lines: Iterable[Line], known: Mapping[str, bytes]) -> Tally:
    """Count rows as they go by; only their keys stay in memory."""
    found, left, digest = Tally(), set(known), hashlib.sha256()
    for line in lines:
        found.states[state_of(line, known)] += 1
        found.lacking += bool(line.gaps)
        left.discard(line.key)
        digest.update(line.key.encode() + b"\0" + line.digest)
    found.gone = tuple(sorted(left))
    found.print = digest.hexdigest()
    return found


def workbook(
    session: RwSession,
    actor: Actor,
    whose: Whose,
    chosen: Chosen,
    *,
    report: Report,
    only: State | None = None,
) -> BinaryIO:
    """Write the workbook of a quarter in one format; its rows are never in memory together.

    Args:
        session: bound to the actor.
        actor: of the tenant; the caller checked the place.
        whose: quarter.
        chosen: the format.
        report: the period, the area, the dates and the note of every row; a declaration has its own.
        only: rows in this state, since the SIPOT takes new ones and changed ones apart; None for all.

    Returns:
        The bytes, at their beginning; the caller closes it.

    Raises:
        ConflictError: there is no row to write.
    """
    known = due.loaded(session, actor, whose.body, whose.quarter, chosen.family) if only else {}
    written = 0

    def rows() -> Iterator[Row]:
        nonlocal written
        for line in due.lines(session, actor, whose, chosen.format, report):
            if only is None or state_of(line, known) == only:
                written += 1
                yield line.row

    with ExitStack() as failing:
        target = failing.enter_context(tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))
        write(chosen.format, rows(), target)  # type: ignore[arg-type]  # a binary file in all but name
        if not written:
            raise ConflictError("No hay renglones que descargar. Si no hubo contratos, declara el trimestre.")
        target.seek(0)
        failing.pop_all()
        return target  # type: ignore[return-value]


def mark(session: RwSession, actor: Actor, whose: Whose, chosen: Chosen, seen: str) -> int:
    """Keep what the rows of a quarter say now as what the PNT has.

    Args:
        session: bound to the actor.
        actor: who publishes for the body.
        whose: quarter.
        chosen: the format.
        seen: `Tally.print` of the page on which somebody said so.

    Returns:
        How many rows the PNT has.

    Raises:
        ConflictError: something was published since that page, or is on its way to the PNT.
        NotFoundError, ForbiddenError: the body is not the actor's, or the act is not theirs.
    """
    require(actor, Permission.PROCESS_PUBLISH, whose.body)
    tenancy.sujeto(session, actor, whose.body)
    locks.wait_for(session, f"pnt:{actor.tenant_id}:{whose.body}")
    if sending.running(session, actor, whose.body):
        raise ConflictError(
            "Hay un envío a la PNT en curso, que marca él mismo lo que llega: espera a que termine."
        )
    now, digest, rows = clock.now(), hashlib.sha256(), []
    place = {
        "tenant_id": actor.tenant_id,
        "sujeto_obligado_id": whose.body,
        "quarter": whose.quarter.start,
        "family": chosen.family,
    }
    for line in due.lines(session, actor, whose, chosen.format):
        digest.update(line.key.encode() + b"\0" + line.digest)
        rows.append({**place, "row_key": line.key, "digest": line.digest, "at": now})
    if digest.hexdigest() != seen:
        raise ConflictError(
            "Algo se publicó después de abrir esta página: descarga otra vez el libro, cárgalo y vuelve a marcarlo."
        )
    session.execute(delete(_TABLE).where(*(_TABLE.c[name] == value for name, value in place.items())))
    if rows:
        bulk.execute(session, _INSERT, rows)
    audit.record(
        session,
        "pnt_loaded.mark",
        "sujeto_obligado",
        whose.body,
        quarter=whose.quarter.written,
        family=chosen.family,
        rows=len(rows),
    )
    return len(rows)


_INSERT = bulk.insertion(_TABLE, *(column.name for column in _TABLE.columns))

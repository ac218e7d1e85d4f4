"""Sends one row: says first what it is about to do, asks, keeps the answer. Nothing that may be there is added."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from app.core.db import Database, RwSession
from app.core.outgoing import OutgoingRefusedError
from app.pnt.delivery import queries, remembering
from app.pnt.delivery.protocol import AwayError, LostError, RefusedError, Service, SignInRefusedError
from app.pnt.delivery.records import Ids, UnsayableError, fields, fits
from app.pnt.delivery.remembering import UNKNOWN, Spot
from app.pnt.due import Line
from app.sipot.formats import Format

DOUBT = (
    "No sabemos si la PNT lo guardó: la conexión se cortó antes de su respuesta. Búscalo en el SIPOT y dinos si está; "
    "mientras tanto no se vuelve a enviar."
)
STILL_THERE = (
    "No sabemos si la PNT lo dio de baja: la conexión se cortó, y después no lo aceptó. Búscalo en el SIPOT y dinos si "
    "sigue ahí."
)
REPEATED = "La PNT no contestó a tiempo. Se repite en el siguiente envío; hacerlo dos veces no daña nada."
BY_HAND = (
    "Se cargó con un libro, así que no tenemos el número que le dio la PNT: haz este movimiento en el SIPOT y márcalo "
    "como cargado."
)


class Step(NamedTuple):
    """One row to send; None in `line` is one that is not to be reported any more."""

    act: str
    key: str
    title: str
    line: Line | None


class Outcome(NamedTuple):
    """What became of it; `lost` where an answer did not come."""

    outcome: str
    told: str = ""
    lost: bool = False


DONE = Outcome("done")


@dataclass(slots=True)
class Sender:
    """Sends rows of one sending.

    Args:
        database: where each step is written down.
        service: of the PNT.
        format: of the records.
        spot: of a row, by its key.
    """

    database: Database
    service: Service
    format: Format
    spot: Callable[[str], Spot]

    def send(self, step: Step) -> Outcome:
        """Send a row and keep what became of it, apart from its outcome.

        Raises:
            AwayError, SignInRefusedError: nobody is there for this row, nor for the next.
        """
        try:
            return self._send(step, self.spot(step.key))
        except UnsayableError as error:
            return Outcome("refused", str(error))

    def _send(self, step: Step, spot: Spot) -> Outcome:
        with self.database.unit_of_work(spot.actor) as session:
            held = queries.remote(session, spot.actor, spot.whose, spot.family, spot.key)
            state, ids = (held.state, Ids.read(held.ids) if held.ids else None) if held else ("", None)
            if step.act == "add" and state in ("stored", "removing"):
                # Somebody said that the PNT does not have it any more: `loading.mark`.
                remembering.gone(session, spot)
                state = ""
        if state == "adding":
            return Outcome("doubt", DOUBT)
        if step.act == "add" and step.line:
            return self._add(step.line, spot)
        if ids is None:
            return Outcome("manual", BY_HAND)
        if step.line is None:
            return self._remove(ids, spot, lost=state == "removing")
        if state == "stored" and fits(self.format, step.line.row, ids):
            return self._change(step.line, ids, spot)
        # What its sub-rows become over there is documented for an adding alone.
        fields(self.format, step.line.row)
        removed = self._remove(ids, spot, lost=state == "removing")
        return self._add(step.line, spot) if removed == DONE else removed

    def _add(self, line: Line, spot: Spot) -> Outcome:
        sent = fields(self.format, line.row)
        with self.database.unit_of_work(spot.actor) as session:
            if not remembering.announce(session, spot, line.title):
                return Outcome("doubt", DOUBT)
        try:
            ids = self.service.add(sent)
        except LostError:
            return Outcome("doubt", DOUBT, lost=True)
        except RefusedError as error:
            self._keep(spot, remembering.gone)
            return Outcome("refused", str(error))
        except (AwayError, SignInRefusedError, OutgoingRefusedError):
            self._keep(spot, remembering.gone)
            raise
        self._keep(spot, lambda session, at: remembering.stored(session, at, ids, line.digest))
        return DONE

    def _change(self, line: Line, ids: Ids, spot: Spot) -> Outcome:
        sent = fields(self.format, line.row, ids)
        # Until it answers, what it says over there is unknown, also to whoever takes the change back meanwhile.
        self._keep(spot, lambda session, at: remembering.says(session, at, UNKNOWN))
        for pause in (*self.service.pauses, None):
            try:
                told = self.service.update(ids, sent)
            except LostError:
                if pause is None:
                    return Outcome("failed", REPEATED, lost=True)
                time.sleep(pause)
            except RefusedError as error:
                return Outcome("refused", str(error))
            else:
                with self.database.unit_of_work(spot.actor) as session:
                    remembering.stored(session, spot, told, line.digest)
                return DONE
        raise AssertionError  # the last attempt returns

    def _remove(self, ids: Ids, spot: Spot, *, lost: bool) -> Outcome:
        self._keep(spot, lambda session, at: remembering.turn(session, at, "removing"))
        for pause in (*self.service.pauses, None):
            try:
                self.service.remove(ids)
            except LostError:
                lost = True
                if pause is None:
                    return Outcome("failed", REPEATED, lost=True)
                time.sleep(pause)
            except RefusedError as error:
                if lost:
                    return Outcome("doubt", STILL_THERE)
                self._keep(spot, lambda session, at: remembering.turn(session, at, "stored"))
                return Outcome("refused", str(error))
            except (AwayError, SignInRefusedError, OutgoingRefusedError):
                if not lost:
                    self._keep(spot, lambda session, at: remembering.turn(session, at, "stored"))
                raise
            else:
                self._keep(spot, remembering.gone)
                return DONE
        raise AssertionError  # the last attempt returns

    def _keep(self, spot: Spot, write: Callable[[RwSession, Spot], None]) -> None:
        with self.database.unit_of_work(spot.actor) as session:
            write(session, spot)

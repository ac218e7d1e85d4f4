"""The turn of one webhook: what became of each call is kept at once, in a transaction of its own."""

import random
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import insert, update

from app.core import audit, clock, mail
from app.core.db import Actor, Database, RwSession
from app.core.mail import Act, Letter
from app.core.tables import table_of
from app.openapi.addresses import Roots
from app.push import changes
from app.push.changes import Change
from app.push.hooks import messages, queries
from app.push.hooks.models import Webhook, WebhookFailure

TURN_SECONDS = 30.0
"""After which a webhook lets others begin theirs; with a call under way it ends before its claim does."""
ASIDE = 4
"""Attempts in a row after which a change is put aside, where the address answers."""
PROOFS = 6
"""Challenges that are sent by themselves."""
GIVEN_UP = timedelta(days=3)
FIRST_PAUSE, TIMES, LONGEST_PAUSE = 5.0, 3, 6 * 3600.0
"""Seconds: 5, 15, 45, … up to six hours, each a little less by chance."""

BATCH = 500
"""Changes that are read at once."""

AGAIN = (
    "Dejamos de enviarle los cambios. No se pierde ninguno: cuando la dirección vuelva a contestar, reanuda el aviso y "
    "sigue desde donde se quedó."
)

_HOOK = table_of(Webhook)


class Outcome(NamedTuple):
    """What became of one call.

    Attributes:
        problem: empty where it arrived.
        answered: somebody was there, and said no.
        gone: they want nothing more.
        pause: seconds that they asked for.
        body: what they said.
    """

    problem: str = ""
    answered: bool = False
    gone: bool = False
    pause: float = 0.0
    body: bytes = b""


def pause_after(attempts: int) -> float:
    """Return how many seconds to wait after so many failed attempts, a little less by chance."""
    longest: float = min(FIRST_PAUSE * TIMES ** min(attempts - 1, 20), LONGEST_PAUSE)
    return longest * random.uniform(0.7, 1)  # noqa: S311 - so that not all come back at once


class Turn:
    """What one webhook does until its time is over; each step is a transaction of its own.

    A step changes nothing where somebody paused, moved or removed the webhook meanwhile: then the turn ends.
    """

    def __init__(self, database: Database, actor: Actor, row: Webhook, roots: Roots, slug: str) -> None:
        self._database, self.actor, self.row, self.roots, self._slug = database, actor, row, roots, slug
        self.position = row.position
        self.skipped = row.position
        self._attempts = row.attempts
        self._until = clock.monotonic() + TURN_SECONDS

    @property
    def has_time(self) -> bool:
        """Whether another call may begin."""
        return clock.monotonic() < self._until

    @property
    def may_call(self) -> bool:
        """Whether the address has had the pause that its failing asks for."""
        return self.row.next_at is None or self.row.next_at <= clock.now()

    def wants(self, change: Change) -> bool:
        """Tell whether the webhook asked to hear of a change."""
        body = self.row.sujeto_obligado_id
        return (body is None or change.sujeto_obligado_id == body) and not set(self.row.kinds).isdisjoint(
            messages.heard_as(change)
        )

    def read(self, low: int, high: int) -> list[Change]:
        """Return the changes after a position up to and with another."""
        told = {"tenant": self.actor.tenant_id, "low": low, "high": high}
        with self._database.public_reading() as reading:
            raw: Any = reading.connection().connection.driver_connection
            return [Change._make(row) for row in raw.execute(changes.CHANGES, told, binary=True).fetchall()]

    def processes_aside(self) -> set[str]:
        """Return the processes of which something still has to arrive."""
        with self._database.unit_of_work(self.actor) as session:
            return {row.ocid for row in queries.open_failures(session, self.actor, self.row.webhook_id)}

    def due_failure(self) -> WebhookFailure | None:
        """Return the first that may be tried again now."""
        now = clock.now()
        with self._database.unit_of_work(self.actor) as session:
            rows = queries.open_failures(session, self.actor, self.row.webhook_id)
        return next((row for row in rows if row.next_at is None or row.next_at <= now), None)

    def proven(self, outcome: Outcome) -> None:
        """Keep what became of a challenge: some more are sent by themselves, then somebody has to ask."""
        now, self._attempts = clock.now(), self._attempts + 1
        again = now + timedelta(seconds=pause_after(self._attempts)) if self._attempts < PROOFS else None
        with self._database.unit_of_work(self.actor) as session:
            if outcome.problem:
                self._keep(session, attempts=self._attempts, problem=outcome.problem, next_at=again)
            else:
                self._keep(session, attempts=0, problem="", next_at=None, proven_at=now)

    def queued(self, change: Change) -> bool:
        """Put a change behind those of its process that did not arrive."""
        with self._database.unit_of_work(self.actor) as session:
            return self._aside(session, change)

    def settle(self) -> bool:
        """Keep how far it came with what nobody wanted to hear."""
        if self.skipped == self.position:
            return True
        with self._database.unit_of_work(self.actor) as session:
            return self._moved(session, self.skipped)

    def arrived(self, change: Change, outcome: Outcome) -> bool:
        """Keep what became of a change; tell whether the next may follow."""
        now = clock.now()
        with self._database.unit_of_work(self.actor) as session:
            if not outcome.problem:
                self._attempts = 0
                return self._moved(session, change.position, **self._good(now))
            if outcome.gone:
                self._stop(session, "gone")
                return False
            self._attempts += 1
            since = self.row.failing_since or now
            pause = timedelta(seconds=max(outcome.pause, pause_after(self._attempts)))
            aside = outcome.answered and self._attempts % ASIDE == 0
            failed = {
                "attempts": self._attempts,
                "failing_since": since,
                "problem": outcome.problem,
                # With what came after it the address shows whether it was the change, or everything.
                "next_at": now if aside else now + pause,
            }
            if now - since >= GIVEN_UP:
                self._keep(session, **failed)
                self._stop(session, "failing")
            elif aside:
                put = {
                    "attempts": ASIDE,
                    "problem": outcome.problem,
                    "failed_at": now,
                    "next_at": now + pause,
                }
                self._aside(session, change, put, **failed)
            else:
                self._keep(session, **failed)
            return False

    def tried_again(self, failure: WebhookFailure, outcome: Outcome) -> bool:
        """Keep what became of a change that was put aside; tell whether the next may follow."""
        now = clock.now()
        with self._database.unit_of_work(self.actor) as session:
            held = session.get(WebhookFailure, (failure.tenant_id, failure.webhook_id, failure.position))
            if outcome.gone:
                self._stop(session, "gone")
                return False
            if held is None or held.dead_at is not None:
                return True
            if not outcome.problem:
                session.delete(held)
                self._attempts = 0
                return self._keep(session, **self._good(now))
            held.failed_at = held.failed_at if held.attempts else now
            held.attempts += 1
            held.problem = outcome.problem
            held.next_at = now + timedelta(seconds=max(outcome.pause, pause_after(held.attempts)))
            if now - held.failed_at >= GIVEN_UP:
                held.dead_at, held.next_at = now, None
            return outcome.answered

    def end(self) -> None:
        """Let others have it, and say when something of it is tried again."""
        with self._database.unit_of_work(self.actor) as session:
            rows = queries.open_failures(session, self.actor, self.row.webhook_id)
            again = min((row.next_at or clock.now() for row in rows), default=None)
            session.execute(
                update(_HOOK)
                .where(*self._own(), _HOOK.c.claimed_until == self.row.claimed_until)
                .values(claimed_until=None, retry_at=again)
            )

    def _good(self, now: datetime) -> dict[str, Any]:
        self.row.failing_since = None
        return {
            "attempts": 0,
            "failing_since": None,
            "next_at": None,
            "problem": "",
            "delivered": _HOOK.c.delivered + 1,
            "delivered_at": now,
        }

    def _aside(
        self, session: RwSession, change: Change, failed: dict[str, Any] | None = None, **values: Any
    ) -> bool:
        """Go on after a change that has to arrive later."""
        if not self._moved(session, change.position, **values):
            return False
        session.execute(
            insert(table_of(WebhookFailure)).values(
                tenant_id=self.row.tenant_id,
                webhook_id=self.row.webhook_id,
                position=change.position,
                ocid=change.ocid,
                **(failed or {}),
            )
        )
        return True

    def _moved(self, session: RwSession, position: int, **values: Any) -> bool:
        moved = self._keep(session, position=position, **values)
        self.position = self.skipped = position
        return moved

    def _keep(self, session: RwSession, **values: Any) -> bool:
        """Change the row, unless somebody did something else with it meanwhile."""
        kept = session.execute(
            update(_HOOK)
            .where(*self._own(), _HOOK.c.position == self.position, _HOOK.c.stopped_at.is_(None))
            .values(values)
            .returning(_HOOK.c.webhook_id)
        )
        return kept.first() is not None

    def _own(self) -> tuple[Any, ...]:
        return (_HOOK.c.tenant_id == self.row.tenant_id, _HOOK.c.webhook_id == self.row.webhook_id)

    def _stop(self, session: RwSession, why: str) -> None:
        """Switch it off, and write to whoever manages it."""
        now = clock.now()
        if not self._keep(session, stopped_at=now, stopped_for=why):
            return
        audit.record(session, "webhook.stop", "webhook", self.row.webhook_id, reason=why)
        told = (
            "La dirección contestó que ya no existe (410)."
            if why == "gone"
            else f"La dirección no recibe nada desde hace {GIVEN_UP.days} días."
        )
        for account_id, email in queries.keepers(session, self.actor, self.row.sujeto_obligado_id):
            mail.post(
                session,
                Letter(
                    key=f"webhook:{self.row.webhook_id}:{now.isoformat()}:{account_id}",
                    to=email,
                    kind="webhook.stopped",
                    subject=f"Se apagó el aviso a «{self.row.name}»",
                    paragraphs=(
                        told,
                        AGAIN,
                    ),
                    act=Act("Ver el aviso", f"/{self._slug}/avisos-a-sistemas/{self.row.webhook_id}"),
                ),
            )

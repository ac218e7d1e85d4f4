"""Sending: each webhook walks its tenant's chain from where it stands; nothing is stored but what did not arrive.

All webhooks that have something to hear are served by one thread: while one address is silent the others are called,
and whoever is silent, slow or endless costs its own turn only. What is sent waits for what was sent before it, so that
the changes of a process arrive in order; when an address answers and still does not take a change, that one is put
aside with those of its process that follow, and the others go on (docs/adr/0045).
"""

import asyncio
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlmodel import col

from app.core import clock, keys, logs
from app.core.db import Actor, Database
from app.core.jobs import Workplace, apart
from app.core.keys import MissingKeyError
from app.core.outgoing import Fetched, NoAnswerError, OutgoingRefusedError
from app.core.tables import table_of
from app.openapi.addresses import Roots
from app.publication.models import ChainHead
from app.push.changes import Change
from app.push.hooks import messages, service
from app.push.hooks.messages import Message
from app.push.hooks.models import Webhook
from app.push.hooks.turns import BATCH, Outcome, Turn
from app.tenancy.queries import TenantDirectory, TenantView

_log = logs.get(__name__)

AT_ONCE = 16
"""Addresses called at the same time."""
SECONDS = 10.0
"""Of one call, all in all."""
CLAIM = timedelta(seconds=120)
LONGEST_ANSWER = 4096
LONGEST_RETRY_AFTER = 24 * 3600.0

_HOOK = table_of(Webhook)


def due(database: Database) -> list[tuple[UUID, UUID]]:
    """Return tenant and webhook of those that have something to hear, or to prove, now."""
    at, now = _HOOK.c, clock.now()
    with database.worker_work() as session:
        rows = session.execute(
            select(at.tenant_id, at.webhook_id, at.position, at.proven_at, at.next_at, at.retry_at).where(
                at.stopped_at.is_(None), or_(at.claimed_until.is_(None), at.claimed_until < now)
            )
        ).all()
    if not rows:
        return []
    with database.public_reading() as reading:
        found = reading.execute(
            select(col(ChainHead.tenant_id), col(ChainHead.position)).where(
                col(ChainHead.tenant_id).in_({row.tenant_id for row in rows})
            )
        )
        heads = {row.tenant_id: row.position for row in found}
    return [
        (row.tenant_id, row.webhook_id)
        for row in rows
        if (
            row.next_at is not None and row.next_at <= now
            if row.proven_at is None
            else (heads.get(row.tenant_id, 0) > row.position and (row.next_at is None or row.next_at <= now))
            or (row.retry_at is not None and row.retry_at <= now)
        )
    ]


def run(place: Workplace, *, seconds: float = SECONDS) -> int:
    """Give each webhook that has something to hear a turn of calls so long; return how many had one."""
    found = due(place.database)
    if found:
        views = {view.tenant_id: view for view in TenantDirectory(place.database).all()}
        courier = Courier(place, seconds)
        asyncio.run(courier.serve((views[tenant], hook) for tenant, hook in found if tenant in views))
    return len(found)


class Courier:
    """Calls addresses.

    Args:
        place: whose database, keys and way out it uses.
        seconds: of one call.
    """

    def __init__(self, place: Workplace, seconds: float) -> None:
        self._seconds = seconds
        self._database, self._settings = place.database, place.settings
        self._outgoing = service.outgoing(place.settings)
        address = place.settings.public_url or f"http://{place.settings.host}:{place.settings.port}"
        self._service = address.rstrip("/")

    async def serve(self, found: Iterable[tuple[TenantView, UUID]]) -> None:
        """Give each webhook a turn, some at a time."""
        free = asyncio.Semaphore(AT_ONCE)
        # Names are looked up in threads: one for each, so that slow name servers hold up nobody else.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(AT_ONCE))

        async def one(view: TenantView, webhook_id: UUID) -> None:
            async with free:
                with apart(webhook=str(webhook_id)):
                    await self.turn(view, webhook_id)

        await asyncio.gather(*(one(view, webhook_id) for view, webhook_id in found))

    async def turn(self, view: TenantView, webhook_id: UUID) -> None:
        """Do for a webhook what there is to do, unless somebody is at it."""
        actor = Actor(tenant_id=view.tenant_id, role="system")
        row = self._claimed(actor, webhook_id)
        if row is None:
            return
        roots = Roots(self._service, f"{self._service}/{view.slug}")
        turn = Turn(self._database, actor, row, roots, view.slug)
        try:
            if row.proven_at is None:
                await self._prove(turn)
            else:
                await self._retry(turn)
                await self._go_on(turn)
        finally:
            turn.end()

    def _claimed(self, actor: Actor, webhook_id: UUID) -> Webhook | None:
        now = clock.now()
        with self._database.unit_of_work(actor) as session:
            session.execute(
                update(_HOOK)
                .where(
                    _HOOK.c.tenant_id == actor.tenant_id,
                    _HOOK.c.webhook_id == webhook_id,
                    _HOOK.c.stopped_at.is_(None),
                    or_(_HOOK.c.claimed_until.is_(None), _HOOK.c.claimed_until < now),
                )
                .values(claimed_until=now + CLAIM)
            )
            row = session.get(Webhook, (actor.tenant_id, webhook_id))
            return row if row is not None and row.claimed_until == now + CLAIM else None

    async def _prove(self, turn: Turn) -> None:
        challenge = secrets.token_urlsafe(24)
        message = messages.of_challenge(turn.row.webhook_id, challenge, clock.now())
        outcome = await self._send(turn, message, most=LONGEST_ANSWER)
        if not outcome.problem and not messages.answers(challenge, outcome.body):
            outcome = Outcome("Contestó, pero no con el reto que se le envió.", answered=True)
        turn.proven(outcome)

    async def _retry(self, turn: Turn) -> None:
        """Try again what was put aside, of each process the first."""
        while turn.has_time and turn.may_call:
            failure = turn.due_failure()
            if failure is None:
                return
            told = turn.read(failure.position - 1, failure.position)
            outcome = await self._tell(turn, told[0])
            if not turn.tried_again(failure, outcome):
                return

    async def _go_on(self, turn: Turn) -> None:
        """Tell what comes after where it stands."""
        while turn.has_time and turn.may_call:
            told = turn.read(turn.position, turn.position + BATCH)
            waiting = turn.processes_aside()
            for change in told:
                if not turn.wants(change):
                    turn.skipped = change.position
                elif change.ocid in waiting:
                    if not turn.queued(change):
                        return
                elif not (turn.has_time and turn.arrived(change, await self._tell(turn, change))):
                    return
            if not turn.settle() or not told:
                return

    async def _tell(self, turn: Turn, change: Change) -> Outcome:
        return await self._send(turn, messages.of_change(turn.row.webhook_id, change, turn.roots))

    async def _send(self, turn: Turn, message: Message, *, most: int = 0) -> Outcome:
        try:
            held = service.secrets_of(keys.of(self._settings), turn.actor, turn.row)
            answer = await self._outgoing.call(
                turn.row.url,
                method="POST",
                headers=messages.signed(message, clock.now(), held),
                content=message.body,
                most=most,
                seconds=self._seconds,
                follow=False,
            )
        except (OutgoingRefusedError, NoAnswerError, MissingKeyError) as error:
            outcome = Outcome(error.detail)
        else:
            outcome = _understood(answer)
        if outcome.problem:
            _log.info("webhook_failed", webhook=str(turn.row.webhook_id), said=outcome.problem)
        return outcome


def _understood(answer: Fetched) -> Outcome:
    status = answer.status
    if 200 <= status < 300:
        return Outcome(body=answer.body)
    problem = f"Contestó {status}."
    if 300 <= status < 400:
        problem = f"Contestó {status}, que lleva a otra dirección: no se sigue. Registra la definitiva."
    asked = answer.headers.get("retry-after", "")
    pause = min(float(asked), LONGEST_RETRY_AFTER) if asked.isascii() and asked.isdigit() else 0.0
    return Outcome(problem, answered=True, gone=status == 410, pause=pause)

"""Somebody who registers an address, and does what the worker does."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core import clock
from app.core.db import Actor
from app.core.jobs import Workplace
from app.core.mail import MailMessage
from app.core.storage import Storage
from app.core.tables import table_of
from app.push.hooks import queries, running, service
from app.push.hooks.models import KINDS, Webhook, WebhookFailure
from app.push.hooks.service import Wanted
from app.settings import Settings
from tests.conftest import Place
from tests.push.hearing import Ear

PAST = timedelta(minutes=1)


@dataclass
class Subscriber:
    """Somebody who administers a tenant, and has an address."""

    place: Place
    ear: Ear
    settings: Settings
    storage: Storage
    role: str = "garante_admin"
    made: list[UUID] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        return self.place.actor(self.role)

    @property
    def here(self) -> Settings:
        return self.settings.model_copy(update={"outgoing_allow": self.ear.place, "webhooks": True})

    def register(self, url: str = "", kinds: Any = KINDS, after: int | None = None, **more: Any) -> UUID:
        """Register an address, and tell the receiver the secret."""
        address = service.checked(self.here, url or self.ear.url)
        wanted = Wanted("Sistema de datos", address, kinds, after=after, **more)
        with self.place.database.unit_of_work(self.actor) as session:
            made = service.register(session, self.actor, self.here, wanted)
        self.ear.secrets[:] = [made.secret]
        self.made.append(made.webhook.webhook_id)
        return made.webhook.webhook_id

    def run(self, *, seconds: float = 5.0) -> None:
        """Do what the worker's chore does, once."""
        running.run(Workplace(self.place.database, self.storage, self.here), seconds=seconds)

    def wait(self, **back: timedelta) -> None:
        """Let the pauses pass, as if the clock went on; `failing_since` and `failed_at` too, where they are named."""
        hook, failure = table_of(Webhook), table_of(WebhookFailure)
        with self.place.database.unit_of_work(self.place.system) as session:
            mine = hook.c.tenant_id == self.place.tenant_id
            session.execute(
                hook.update().where(mine, hook.c.next_at.is_not(None)).values(next_at=clock.now() - PAST)
            )
            session.execute(
                hook.update().where(mine, hook.c.retry_at.is_not(None)).values(retry_at=clock.now() - PAST)
            )
            its = failure.c.tenant_id == self.place.tenant_id
            session.execute(
                failure.update().where(its, failure.c.next_at.is_not(None)).values(next_at=clock.now() - PAST)
            )
            for name, gone in back.items():
                table = hook if name in hook.c else failure
                session.execute(
                    table.update()
                    .where(table.c.tenant_id == self.place.tenant_id)
                    .values({name: table.c[name] - gone})
                )

    def again(self, times: int) -> None:
        """Wait and run, so often."""
        for _ in range(times):
            self.wait()
            self.run()

    def row(self, webhook_id: UUID | None = None) -> Webhook:
        with self.place.database.unit_of_work(self.place.system) as session:
            return queries.webhook(session, self.place.actor("garante_admin"), webhook_id or self.made[-1])

    def failures(self) -> list[tuple[int, bool]]:
        """Position of each failure, and whether it was given up."""
        with self.place.database.unit_of_work(self.place.system) as session:
            rows = queries.failures(session, self.place.system, self.made[-1]).rows
        return [(row.position, row.dead_at is not None) for row in rows]

    def act(self, verb: Any, *arguments: Any, **named: Any) -> Any:
        with self.place.database.unit_of_work(self.actor) as session:
            return verb(session, self.actor, *arguments, **named)

    def letters(self) -> list[str]:
        """To whom was written that a webhook was switched off."""
        post = table_of(MailMessage)
        with self.place.database.worker_work() as session:
            found = session.execute(
                select(post.c.recipient)
                .where(post.c.tenant_id == self.place.tenant_id, post.c.kind == "webhook.stopped")
                .order_by(post.c.recipient)
            )
            return list(found.scalars())

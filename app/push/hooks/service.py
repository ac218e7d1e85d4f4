"""What a person or a program does: register an address, prove it, change its secret, pause, begin again, remove."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NewType
from uuid import UUID

import httpx2
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlmodel import col

from app.core import audit, clock, keys, locks
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, ForbiddenError, InvalidError
from app.core.keys import Keyring
from app.core.outgoing import PORTS, Outgoing, UnreachableError
from app.core.policy import Permission, require
from app.core.tables import new_id, table_of
from app.push.hooks import messages, queries
from app.push.hooks.models import KINDS, Webhook, WebhookFailure
from app.settings import Settings
from app.tenancy import queries as tenancy

MOST = 20
"""Webhooks of one place: of a body, or of the tenant as a whole."""
LONGEST = 2000
"""Characters of an address."""
OVERLAP = timedelta(hours=24)
"""How long the secret before signs too."""
LOOK_SECONDS = 5.0

Address = NewType("Address", str)
"""One that may be called (`checked`)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address wants to hear.

    Attributes:
        kinds: of `KINDS`.
        sujeto_obligado_id: of which body; None of the whole tenant.
        after: position of the chain after which it begins; None begins with what comes now.
    """

    name: str
    url: Address
    kinds: Collection[str]
    sujeto_obligado_id: UUID | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """A webhook and its secret, which is seen here once and never again."""

    webhook: Webhook
    secret: str = field(repr=False)


def outgoing(settings: Settings) -> Outgoing:
    """Return the way out: https alone, but in development."""
    schemes = tuple(PORTS) if settings.environment == "development" else ("https",)
    return Outgoing(settings.outgoing_allow.split(","), schemes=schemes)


def register(session: RwSession, actor: Actor, settings: Settings, wanted: Wanted) -> Secret:
    """Register an address; nothing but its challenge is sent before it has answered that.

    Args:
        session: bound to the actor.
        actor: who manages the webhooks of the place; of a body's people the place is theirs.
        settings: name our keys, and where we may call.
        wanted: what to hear, and where.

    Raises:
        InvalidError: what it wants does not exist.
        ConflictError: the place has as many as it may have.
        NotFoundError, ForbiddenError: the body is not the actor's, or the act is not theirs.
    """
    body = wanted.sujeto_obligado_id or actor.sujeto_obligado_id
    require(actor, Permission.WEBHOOK_MANAGE, body)
    if not wanted.kinds or not set(wanted.kinds) <= set(KINDS):
        raise InvalidError("Elige al menos una de las cosas que se avisan.")
    if body is not None:
        tenancy.sujeto(session, actor, body)
    locks.wait_for(session, f"webhooks:{actor.tenant_id}:{body}")
    held = session.scalar(
        select(func.count())
        .select_from(table_of(Webhook))
        .where(
            col(Webhook.tenant_id) == actor.tenant_id,
            col(Webhook.sujeto_obligado_id).is_not_distinct_from(body),
        )
    )
    if (held or 0) >= MOST:
        raise ConflictError(f"Ya hay {MOST} direcciones registradas aquí: quita una que no se use.")
    if actor.tenant_id is None:
        raise ForbiddenError
    webhook_id, secret = new_id(), messages.fresh_secret()
    row = Webhook(
        tenant_id=actor.tenant_id,
        webhook_id=webhook_id,
        sujeto_obligado_id=body,
        name=wanted.name,
        url=wanted.url,
        kinds=[kind for kind in KINDS if kind in wanted.kinds],
        sealed=keys.of(settings).seal(_purpose(actor, webhook_id), secret),
        position=_position(session, actor, wanted.after),
        account_id=actor.account_id,
        next_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.record(session, "webhook.register", "webhook", webhook_id, kinds=row.kinds, position=row.position)
    return Secret(row, secret)


def checked(settings: Settings, url: str) -> Address:
    """Return an address as it will be called; looks its name up, so before any transaction.

    Raises:
        InvalidError: it is none, or leads where we do not go; says why.
    """
    url = url.strip()
    if len(url) > LONGEST:
        raise InvalidError(f"La dirección pasa de {LONGEST} caracteres.")
    try:
        asked = outgoing(settings).look(url, seconds=LOOK_SECONDS)
    except UnreachableError as error:
        raise InvalidError(error.detail) from error
    if httpx2.URL(asked).fragment:
        raise InvalidError("La dirección no lleva nada después de «#».")
    return Address(asked)


def ask_proof(session: RwSession, actor: Actor, webhook_id: UUID) -> Webhook:
    """Have an address challenged again.

    Raises:
        ConflictError: it has answered already, or is paused.
        NotFoundError, ForbiddenError: as `queries.webhook`.
    """
    row = queries.webhook(session, actor, webhook_id, for_update=True)
    if row.proven_at is not None or row.stopped_at is not None:
        raise ConflictError("Esta dirección no espera ninguna comprobación.")
    row.attempts, row.next_at, row.problem = 0, clock.now(), ""
    session.flush()
    audit.record(session, "webhook.prove", "webhook", webhook_id)
    return row


def rotate(session: RwSession, actor: Actor, settings: Settings, webhook_id: UUID) -> Secret:
    """Give a webhook another secret; for a day the one before signs too.

    Raises:
        ConflictError: the one before still holds: three secrets would be one too many.
        NotFoundError, ForbiddenError: as `queries.webhook`.
    """
    row, now = queries.webhook(session, actor, webhook_id, for_update=True), clock.now()
    if row.before_until is not None and row.before_until > now:
        raise ConflictError("El secreto se cambió hace menos de un día, y el anterior todavía vale: espera.")
    secret = messages.fresh_secret()
    row.sealed_before, row.before_until = row.sealed, now + OVERLAP
    row.sealed = keys.of(settings).seal(_purpose(actor, webhook_id), secret)
    session.flush()
    audit.record(session, "webhook.rotate", "webhook", webhook_id)
    return Secret(row, secret)


def pause(session: RwSession, actor: Actor, webhook_id: UUID) -> Webhook:
    """Send nothing until somebody begins again; where it stood is kept.

    Raises:
        ConflictError: nothing is sent already.
        NotFoundError, ForbiddenError: as `queries.webhook`.
    """
    row = queries.webhook(session, actor, webhook_id, for_update=True)
    if row.stopped_at is not None:
        raise ConflictError("Este aviso ya estaba detenido.")
    row.stopped_at, row.stopped_for = clock.now(), "person"
    session.flush()
    audit.record(session, "webhook.pause", "webhook", webhook_id)
    return row


def resume(session: RwSession, actor: Actor, webhook_id: UUID, *, after: int | None = None) -> Webhook:
    """Send from where it stood, or everything after a position once more.

    An address that failed for days, or said that it is gone, has to prove itself again.

    Args:
        session: bound to the actor.
        actor: who manages it.
        webhook_id: which.
        after: position of the chain; None goes on.

    Raises:
        InvalidError: the chain has not come so far.
        NotFoundError, ForbiddenError: as `queries.webhook`.
    """
    row, now = queries.webhook(session, actor, webhook_id, for_update=True), clock.now()
    if after is not None:
        row.position = _position(session, actor, after)
        session.execute(
            delete(WebhookFailure).where(*_failures(row), col(WebhookFailure.position) > row.position)
        )
    if row.stopped_for in ("failing", "gone"):
        row.proven_at = None
    row.stopped_at, row.stopped_for, row.problem = None, "", ""
    row.attempts, row.failing_since, row.next_at = 0, None, now
    session.flush()
    audit.record(session, "webhook.resume", "webhook", webhook_id, position=row.position)
    return row


def send_again(session: RwSession, actor: Actor, webhook_id: UUID, position: int | None = None) -> int:
    """Try again now what did not arrive: one change, or all that were given up.

    Returns:
        How many changes.

    Raises:
        ConflictError: there is nothing of the kind.
        NotFoundError, ForbiddenError: as `queries.webhook`.
    """
    row, now = queries.webhook(session, actor, webhook_id, for_update=True), clock.now()
    which = (
        col(WebhookFailure.dead_at).is_not(None)
        if position is None
        else col(WebhookFailure.position) == position
    )
    found: list[int] = list(
        session.execute(
            update(table_of(WebhookFailure))
            .where(*_failures(row), which)
            .values(dead_at=None, attempts=0, failed_at=now, next_at=now)
            .returning(table_of(WebhookFailure).c.position)
        ).scalars()
    )
    if not found:
        raise ConflictError("No hay nada por reenviar: ya llegó, o no se intentó.")
    row.retry_at = now
    session.flush()
    audit.record(session, "webhook.send_again", "webhook", webhook_id, changes=len(found))
    return len(found)


def remove(session: RwSession, actor: Actor, webhook_id: UUID) -> None:
    """Forget an address, its secrets and what did not arrive there.

    Raises:
        NotFoundError, ForbiddenError: as `queries.webhook`.
    """
    row = queries.webhook(session, actor, webhook_id, for_update=True)
    session.execute(delete(WebhookFailure).where(*_failures(row)))
    session.delete(row)
    session.flush()
    audit.record(session, "webhook.remove", "webhook", webhook_id)


def secrets_of(ring: Keyring, actor: Actor, row: Webhook) -> list[str]:
    """Return the secrets that sign now, the newest first.

    Raises:
        MissingKeyError: the key that sealed one is gone.
    """
    both = row.before_until is not None and row.before_until > clock.now()
    sealed = [row.sealed, row.sealed_before] if both else [row.sealed]
    return [ring.open(_purpose(actor, row.webhook_id), one) for one in sealed]


def _position(session: RwSession, actor: Actor, after: int | None) -> int:
    end = queries.head(session, actor)
    if after is not None and not 0 <= after <= end:
        raise InvalidError("Ese cursor no es de los cambios de este organismo, que terminan antes.")
    return end if after is None else after


def _failures(row: Webhook) -> tuple[ColumnElement[bool], ...]:
    return (
        col(WebhookFailure.tenant_id) == row.tenant_id,
        col(WebhookFailure.webhook_id) == row.webhook_id,
    )


def _purpose(actor: Actor, webhook_id: UUID) -> str:
    return f"webhook:{actor.tenant_id}:{webhook_id}"

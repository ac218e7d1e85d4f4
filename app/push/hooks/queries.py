"""Reading webhooks: those of a place, what one did not take, and whom it concerns when one is switched off."""

from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, select

from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.pagination import Page, encode_cursor
from app.core.policy import MACHINE_ROLE, ROLES, Permission, require
from app.identity.models import Account, Membership
from app.identity.queries import in_force
from app.publication.models import ChainHead
from app.push.hooks.models import Webhook, WebhookFailure


def webhooks(session: RwSession, actor: Actor) -> list[Webhook]:
    """Return the webhooks that the actor manages, by name: a body's people those of their body."""
    require(actor, Permission.WEBHOOK_MANAGE)
    query = select(Webhook).where(Webhook.tenant_id == actor.tenant_id)
    if actor.sujeto_obligado_id is not None:
        query = query.where(Webhook.sujeto_obligado_id == actor.sujeto_obligado_id)
    return list(session.exec(query.order_by(col(Webhook.name), col(Webhook.webhook_id))))


def webhook(session: RwSession, actor: Actor, webhook_id: UUID, *, for_update: bool = False) -> Webhook:
    """Return a webhook that the actor manages.

    Raises:
        NotFoundError: absent, or of another place.
        ForbiddenError: the act is not the actor's.
    """
    require(actor, Permission.WEBHOOK_MANAGE)
    query = select(Webhook).where(Webhook.tenant_id == actor.tenant_id, Webhook.webhook_id == webhook_id)
    if actor.sujeto_obligado_id is not None:
        query = query.where(Webhook.sujeto_obligado_id == actor.sujeto_obligado_id)
    found = session.exec(query.with_for_update() if for_update else query).one_or_none()
    if found is None:
        raise NotFoundError("No encontramos ese aviso.")
    return found


def failures(
    session: RwSession, actor: Actor, webhook_id: UUID, *, after: int = 0, limit: int = 50
) -> Page[WebhookFailure]:
    """Return what a webhook did not take, in the order of the chain."""
    rows = session.exec(
        select(WebhookFailure)
        .where(
            WebhookFailure.tenant_id == actor.tenant_id,
            WebhookFailure.webhook_id == webhook_id,
            WebhookFailure.position > after,
        )
        .order_by(col(WebhookFailure.position))
        .limit(limit + 1)
    ).all()
    more = len(rows) > limit
    return Page(rows[:limit], encode_cursor(rows[limit - 1].position) if more else None)


def open_failures(session: RwSession, actor: Actor, webhook_id: UUID) -> list[WebhookFailure]:
    """Return of each process the first change that still has to arrive, in the order of the chain."""
    rows = session.exec(
        select(WebhookFailure)
        .where(
            WebhookFailure.tenant_id == actor.tenant_id,
            WebhookFailure.webhook_id == webhook_id,
            col(WebhookFailure.dead_at).is_(None),
        )
        .ext(distinct_on(col(WebhookFailure.ocid)))
        .order_by(col(WebhookFailure.ocid), col(WebhookFailure.position))
    )
    return sorted(rows, key=lambda row: row.position)


def counts(session: RwSession, actor: Actor) -> dict[UUID, tuple[int, int]]:
    """Return of each webhook with failures how many still have to arrive, and how many were given up."""
    dead = func.count(col(WebhookFailure.dead_at))
    rows = session.execute(
        select(col(WebhookFailure.webhook_id), func.count(), dead)
        .where(WebhookFailure.tenant_id == actor.tenant_id)
        .group_by(col(WebhookFailure.webhook_id))
    )
    return {webhook_id: (whole - given_up, given_up) for webhook_id, whole, given_up in rows}


def head(session: RwSession, actor: Actor) -> int:
    """Return where the tenant's chain ends; before its first publication at zero."""
    query = select(ChainHead.position).where(ChainHead.tenant_id == actor.tenant_id)
    return session.exec(query).one_or_none() or 0


def keepers(session: RwSession, actor: Actor, sujeto_obligado_id: UUID | None) -> list[tuple[UUID, str]]:
    """Return account and e-mail of the people who manage the webhooks of a place."""
    roles = [
        role for role, held in ROLES.items() if Permission.WEBHOOK_MANAGE in held and role != MACHINE_ROLE
    ]
    place = col(Membership.sujeto_obligado_id)
    rows = session.execute(
        select(col(Account.account_id), col(Account.email))
        .join(Membership, col(Membership.account_id) == col(Account.account_id))
        .where(
            Membership.tenant_id == actor.tenant_id,
            col(Membership.role).in_(roles),
            or_(place.is_(None), place == sujeto_obligado_id),
            in_force(),
            Account.status == "active",
        )
        .distinct()
        .order_by(col(Account.email))
    )
    return [(account_id, email) for account_id, email in rows]

"""What the platform may know of its tenants: published facts and counts, read as `app_public`; never a draft."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.core import clock
from app.core.db import Database, RwSession
from app.core.errors import NotFoundError
from app.identity.models import Invitation, Membership
from app.publication.models import ChainHead
from app.tenancy.models import OcidPrefix, SujetoObligado, Tenant, TenantName
from app.tenancy.queries import TenantDirectory, TenantView


@dataclass(frozen=True, slots=True)
class TenantFacts:
    """One tenant as the operator sees it.

    Attributes:
        sujetos: bodies in its padrón that are active.
        admins: people who administer it.
        last_published: when it last published or withdrew; None before the first time.
    """

    view: TenantView
    sujetos: int
    admins: int
    releases: int
    records: int
    withdrawals: int
    last_published: datetime | None


@dataclass(frozen=True, slots=True)
class TenantCard:
    """A tenant's own page: its facts, its names in time and its prefixes."""

    facts: TenantFacts
    names: tuple[TenantName, ...]
    prefixes: tuple[OcidPrefix, ...]
    created_at: datetime
    status_since: datetime | None


def tenants(database: Database, directory: TenantDirectory) -> list[TenantFacts]:
    """Return every tenant with its facts, the national one first, then by state."""
    return _facts(database, directory.all(deleted=True))


def tenant_card(database: Database, directory: TenantDirectory, slug: str) -> TenantCard:
    """Return one tenant's page.

    Raises:
        NotFoundError: no tenant has this slug.
    """
    view = directory.by_slug(slug)
    with database.public_reading() as session:
        tenant = session.exec(select(Tenant).where(Tenant.tenant_id == view.tenant_id)).one_or_none()
        if tenant is None:
            raise NotFoundError
        names = session.exec(
            select(TenantName)
            .where(TenantName.tenant_id == view.tenant_id)
            .order_by(col(TenantName.position).desc())
        ).all()
        prefixes = session.exec(
            select(OcidPrefix)
            .where(OcidPrefix.tenant_id == view.tenant_id)
            .order_by(col(OcidPrefix.position), col(OcidPrefix.prefix))
        ).all()
    (facts,) = _facts(database, [view])
    return TenantCard(facts, tuple(names), tuple(prefixes), tenant.created_at, tenant.status_since)


def invited_admins(session: RwSession, view: TenantView) -> Sequence[Invitation]:
    """Return the invitations to administer a tenant that can still be accepted."""
    return session.exec(
        select(Invitation)
        .where(
            Invitation.tenant_id == view.tenant_id,
            Invitation.role == "garante_admin",
            col(Invitation.accepted_at).is_(None),
            col(Invitation.revoked_at).is_(None),
            col(Invitation.expires_at) > clock.now(),
        )
        .order_by(col(Invitation.sent_at))
    ).all()


def administered(session: Session, tenant_id: UUID) -> bool:
    """Tell whether somebody administers a tenant."""
    return (
        session.exec(
            select(Membership.membership_id).where(
                Membership.tenant_id == tenant_id,
                Membership.role == "garante_admin",
                Membership.status == "active",
            )
        ).first()
        is not None
    )


def once_administered(session: Session, tenant_id: UUID) -> bool:
    """Tell whether somebody administers a tenant, or ever did."""
    query = select(Membership.membership_id).where(
        Membership.tenant_id == tenant_id, Membership.role == "garante_admin"
    )
    return session.exec(query.limit(1)).first() is not None


def slug_taken(database: Database, slug: str) -> bool:
    """Tell whether a tenant has this slug, or once had it."""
    with database.public_reading() as session:
        return session.exec(select(Tenant.tenant_id).where(Tenant.slug == slug)).first() is not None


def next_test_prefix(database: Database) -> str:
    """Return the first test prefix that nobody has."""
    with database.public_reading() as session:
        taken = set(session.exec(select(OcidPrefix.prefix).where(OcidPrefix.kind == "test")).all())
    return next(prefix for number in range(1, 1000) if (prefix := f"ocds-prb{number:03}") not in taken)


def _facts(database: Database, views: Iterable[TenantView]) -> list[TenantFacts]:
    views = list(views)
    asked = [view.tenant_id for view in views]
    with database.public_reading() as session:
        heads = {
            head.tenant_id: head
            for head in session.exec(select(ChainHead).where(col(ChainHead.tenant_id).in_(asked))).all()
        }
        sujetos: Counter[UUID] = Counter()
        for tenant_id, count in session.exec(
            select(SujetoObligado.tenant_id, func.count())
            .where(col(SujetoObligado.tenant_id).in_(asked), SujetoObligado.status == "active")
            .group_by(col(SujetoObligado.tenant_id))
        ):
            sujetos[tenant_id] = count
    with database.auth_work() as people:
        admins: Counter[UUID] = Counter(
            people.exec(
                select(Membership.tenant_id).where(
                    col(Membership.tenant_id).in_(asked),
                    Membership.role == "garante_admin",
                    Membership.status == "active",
                )
            ).all()
        )
    return [
        TenantFacts(
            view=view,
            sujetos=sujetos[view.tenant_id],
            admins=admins[view.tenant_id],
            releases=head.live_releases if head else 0,
            records=head.live_records if head else 0,
            withdrawals=head.withdrawals if head else 0,
            last_published=head.last_date if head else None,
        )
        for view in views
        for head in [heads.get(view.tenant_id)]
    ]

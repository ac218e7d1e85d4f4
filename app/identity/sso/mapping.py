"""From claims to memberships: what a tenant's provider says of a person becomes what they may do there, no more.

Claims give and take only what claims gave (`Membership.sso`): a role given by a person stays until a person ends it,
and one that a person ended is not given back by a claim.
"""

from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core import audit
from app.core.db import Actor, Database, RwSession
from app.core.policy import SUJETO_ROLES, TENANT_ROLES
from app.core.tables import among, new_id
from app.identity import people
from app.identity.models import Membership
from app.identity.service import RENEWED
from app.identity.sso.models import IdentityProvider
from app.identity.sso.tokens import Claims
from app.tenancy.models import SujetoObligado

Place = tuple[str, UUID | None]
"""A role, and the sujeto obligado that it is confined to."""


def wanted(session: RwSession, actor: Actor, provider: IdentityProvider, claims: Claims) -> set[Place]:
    """Return the places that the claims name: none by default."""
    values = set(claims.texts(provider.role_claim)) if provider.role_claim else set()
    roles = [role for role in TENANT_ROLES if values.intersection(provider.roles.get(role, ()))]
    named = claims.texts(provider.sujeto_claim) if provider.sujeto_claim else []
    sujetos: list[UUID] = []
    if named and any(role in SUJETO_ROLES for role in roles):
        sujetos = list(
            session.exec(
                select(SujetoObligado.sujeto_obligado_id).where(
                    SujetoObligado.tenant_id == actor.tenant_id,
                    SujetoObligado.status == "active",
                    or_(
                        among(SujetoObligado.key, named),
                        (col(SujetoObligado.pnt_id) != "") & among(SujetoObligado.pnt_id, named),
                    ),
                )
            )
        )
    return {(role, sujeto) for role in roles for sujeto in (sujetos if role in SUJETO_ROLES else [None])}


def settle(database: Database, account_id: UUID, provider: IdentityProvider, claims: Claims) -> None:
    """Make the memberships that claims give to an account the ones that they name now.

    Args:
        database: where to.
        account_id: whose; the audit log names it as the one who acted.
        provider: whose mapping holds.
        claims: believed already.
    """
    actor = Actor(tenant_id=provider.tenant_id, account_id=account_id, role="system")
    with database.unit_of_work(actor) as session:
        places = wanted(session, actor, provider, claims)
        held = {
            (row.role, row.sujeto_obligado_id): row
            for row in session.exec(
                select(Membership)
                .where(Membership.tenant_id == actor.tenant_id, Membership.account_id == account_id)
                .with_for_update()
            )
        }
        for place in sorted(places, key=str):
            row = held.get(place)
            if row is None:
                _give(session, provider.tenant_id, account_id, place)
            elif row.sso == "withdrawn":
                _give_back(session, row)
        for place, row in held.items():
            if place not in places and row.sso == "granted" and row.status == "active":
                people.close(session, actor, row, "end")
                row.sso, row.ended_by = "withdrawn", None  # nobody did: the provider says so
                session.add(row)
                session.flush()
                audit.record(session, "membership.sso_take", "membership", row.membership_id, role=row.role)


def _give(session: RwSession, tenant_id: UUID, account_id: UUID, place: Place) -> None:
    role, sujeto_obligado_id = place
    membership_id = session.execute(
        insert(Membership)
        .values(
            tenant_id=tenant_id,
            membership_id=new_id(),
            account_id=account_id,
            role=role,
            sujeto_obligado_id=sujeto_obligado_id,
            sso="granted",
        )
        .on_conflict_do_nothing()
        .returning(col(Membership.membership_id))
    ).scalar_one_or_none()
    if membership_id is not None:  # else another window of theirs was given it in this moment
        audit.record(session, "membership.sso_give", "membership", membership_id, role=role)


def _give_back(session: RwSession, row: Membership) -> None:
    session.execute(
        update(Membership)
        .where(col(Membership.tenant_id) == row.tenant_id, col(Membership.membership_id) == row.membership_id)
        .values(RENEWED | {"sso": "granted"})
    )
    audit.record(session, "membership.sso_give", "membership", row.membership_id, role=row.role)

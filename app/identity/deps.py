"""What a route asks for: its tenant, who is there, a transaction in their name, and that they may.

Foreign and absent answer the same 404: a person without a membership in a tenant cannot tell it from none.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from app.core import clock
from app.core.db import Actor, PublicSession, RwSession
from app.core.errors import (
    ConfirmationNeededError,
    ForbiddenError,
    NotFoundError,
    SecondFactorNeededError,
    UnauthenticatedError,
)
from app.core.policy import ROLE_LABELS, Permission, allowed, require
from app.identity.device import address_of
from app.identity.people import note_entry
from app.identity.queries import SignedIn, signed_in, was_ended
from app.identity.sso.queries import ProviderNeededError
from app.settings import Settings
from app.tenancy.deps import DatabaseDep, DirectoryDep, SettingsDep, StorageDep, TenantDep
from app.web import shell

__all__ = [
    "ActorDep",
    "DatabaseDep",
    "DirectoryDep",
    "FreshDep",
    "OptionalActorDep",
    "OwnDep",
    "OwnFreshDep",
    "PublicDep",
    "SettingsDep",
    "SignedInDep",
    "StorageDep",
    "TenantDep",
    "VisitorDep",
    "WorkDep",
    "guard",
    "platform_guard",
]

COOKIE = "ca_session"
PLATFORM = "/plataforma"
"""Where an operator of the platform begins."""
FRESH_MINUTES = 10
"""How long a password, or a second factor, counts as just given."""


def cookie_name(settings: Settings) -> str:
    """Return the session cookie's name; `__Host-` binds it to this host where https allows."""
    return f"__Host-{COOKIE}" if settings.secure_cookies else COOKIE


def visitor(request: Request, database: DatabaseDep, settings: SettingsDep) -> SignedIn | None:
    """Return who is signed in, if anybody, and dress the page for them."""
    token = request.cookies.get(cookie_name(settings))
    who = signed_in(database, token, idle=timedelta(minutes=settings.session_idle_minutes)) if token else None
    if who is not None:
        shell.dress(request, person=_person(who))
    return who


VisitorDep = Annotated[SignedIn | None, Depends(visitor)]


def signed_in_person(who: VisitorDep) -> SignedIn:
    """Return who is signed in.

    Raises:
        UnauthenticatedError: nobody; a page leads to the sign-in form.
    """
    if who is None:
        raise UnauthenticatedError("Inicia sesión para continuar.")
    return who


SignedInDep = Annotated[SignedIn, Depends(signed_in_person)]


def freshly_signed_in(who: SignedInDep) -> SignedIn:
    """Return who is signed in, if they proved lately that it is really them.

    Raises:
        ConfirmationNeededError: not within the last ten minutes; a page leads to the form that asks, and back.
    """
    if clock.now() - who.authenticated_at > timedelta(minutes=FRESH_MINUTES):
        raise ConfirmationNeededError("Este paso pide tu contraseña otra vez, aunque ya hayas entrado.")
    return who


FreshDep = Annotated[SignedIn, Depends(freshly_signed_in)]


def own_account(who: SignedInDep) -> SignedIn:
    """Return who is signed in by their own account.

    Raises:
        ForbiddenError: an institution's provider opened the session: it must not take over the account.
    """
    if who.sso_tenant_id is not None:
        raise ForbiddenError(
            "Entraste con el proveedor de tu institución. Para cambiar tu cuenta, cierra la sesión y entra con tu "
            "contraseña."
        )
    return who


OwnDep = Annotated[SignedIn, Depends(own_account)]


def own_account_freshly(who: FreshDep) -> SignedIn:
    """Return who is signed in by their own account and proved it lately.

    Raises:
        ForbiddenError: an institution's provider opened the session.
    """
    return own_account(who)


OwnFreshDep = Annotated[SignedIn, Depends(own_account_freshly)]


def tenant_visitor(request: Request, view: TenantDep, who: VisitorDep, database: DatabaseDep) -> Actor | None:
    """Return the actor of a signed-in member of the tenant, or None: for pages that are public as well."""
    hat = who.membership_in(view.tenant_id) if who else None
    if who is None or hat is None or who.barred_from(hat):
        return None
    shell.dress(request, person=_person(who, current=hat.membership_id))
    actor = hat.actor(who.account_id, address_of(request))
    if hat.last_entry_on != clock.now().date():
        note_entry(database, actor)
    return actor


OptionalActorDep = Annotated[Actor | None, Depends(tenant_visitor)]


def tenant_actor(view: TenantDep, who: SignedInDep, actor: OptionalActorDep) -> Actor:
    """Return the actor in this tenant.

    Raises:
        UnauthenticatedError: nobody is signed in.
        SecondFactorNeededError: the tenant wants more than the password that this session gave.
        ProviderNeededError: only the tenant's own provider opens it.
        ForbiddenError: the tenant is suspended, which everyone may know.
        NotFoundError: the person has nothing to do with this tenant.
    """
    if actor is None and view.status == "suspended":
        raise ForbiddenError(
            f"{view.known_as} está suspendido y nadie entra a trabajar en él. Motivo: {view.status_reason} "
            "Lo publicado sigue a la vista. Si crees que es un error, escribe a quien opera la plataforma."
        )
    if actor is None and who.membership_in(view.tenant_id) is not None:
        raise SecondFactorNeededError(enrolled=who.second_factor)
    if actor is None and view.slug in who.only_by_provider:
        raise ProviderNeededError(view.slug)
    if actor is None:
        raise NotFoundError
    return actor


ActorDep = Annotated[Actor, Depends(tenant_actor)]


def work_session(request: Request, database: DatabaseDep, actor: ActorDep) -> Iterator[RwSession]:
    """Open the request's one transaction; it commits before the answer leaves.

    Raises:
        NotFoundError: somebody else ended the actor's role while they acted: what they did is undone.
    """
    with database.unit_of_work(actor) as session:
        yield session
        if request.method not in ("GET", "HEAD") and was_ended(session, actor):
            raise NotFoundError


# scope="function": with FastAPI's default the commit would run after the answer, and a failed one still say 200.
WorkDep = Annotated[RwSession, Depends(work_session, scope="function")]


def public_session(database: DatabaseDep) -> Iterator[PublicSession]:
    """Open a session on published data."""
    with database.public_reading() as session:
        yield session


PublicDep = Annotated[PublicSession, Depends(public_session, scope="function")]


def guard(permission: Permission) -> Callable[[Actor], Actor]:
    """Return a dependency that refuses whoever may not; the test of routes looks for it."""

    def guarded(actor: ActorDep) -> Actor:
        require(actor, permission)
        return actor

    guarded.permission = permission  # type: ignore[attr-defined]
    return guarded


def platform_guard(permission: Permission) -> Callable[[Request, SignedIn], Actor]:
    """Return a dependency that answers the actor of a person of the platform, bound to no tenant.

    Whoever has no role over the platform finds nothing; whoever has one without the permission is refused.
    """

    def guarded(request: Request, who: SignedInDep) -> Actor:
        if not who.platform_roles:
            raise NotFoundError
        address = address_of(request)
        hats = [Actor(account_id=who.account_id, role=role, address=address) for role in who.platform_roles]
        actor = next((hat for hat in hats if allowed(hat, permission)), hats[0])
        require(actor, permission)
        return actor

    guarded.permission = permission  # type: ignore[attr-defined]
    return guarded


def _person(who: SignedIn, current: object = None) -> shell.Person:
    worn = current or who.membership_id
    hats = tuple(
        shell.Membership(
            label=hat.sujeto_name or hat.tenant_slug,
            role=hat.role_label,
            value=str(hat.membership_id),
            current=hat.membership_id == worn,
        )
        for hat in who.memberships
    )
    roles = [hat.role for hat in hats if hat.current] or [ROLE_LABELS[role] for role in who.platform_roles]
    return shell.Person(
        name=who.full_name,
        role=roles[0] if roles else "",
        memberships=hats,
        links=(
            *((shell.Link("Plataforma", PLATFORM),) if "platform_operator" in who.platform_roles else ()),
            shell.Link("Mi cuenta", "/cuenta"),
        ),
    )

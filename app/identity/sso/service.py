"""Acts of single sign-on: entering, linking, leaving; and configuring the provider of a tenant.

An identity is (issuer, subject), and only in the tenant that configured the issuer. A session opened by it carries that
tenant as its limit (`LoginSession.sso_tenant_id`), so whatever a provider asserts, it opens nothing of anybody else's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from app.core import audit, clock, locks
from app.core.db import Actor, AuthSession, Database, RwSession
from app.core.errors import ForbiddenError, InvalidError, NotFoundError, StaleError
from app.core.keys import Keyring
from app.core.policy import Permission, require
from app.core.tables import new_id
from app.identity.log import note
from app.identity.models import Account, LoginSession
from app.identity.queries import SignedIn, memberships, token_hash
from app.identity.service import end_sessions
from app.identity.sessions import NewSession, Visit, open_session
from app.identity.sso import flow as flows
from app.identity.sso import mapping, queries, tokens
from app.identity.sso.discovery import Providers
from app.identity.sso.flow import Answered, Party
from app.identity.sso.models import IdentityProvider, OidcIdentity
from app.identity.sso.tokens import Claims, RefusedAnswerError
from app.settings import Settings

SECRET_PURPOSE = "sso.client"  # noqa: S105  # what the key is for
ID_TOKEN_PURPOSE = "sso.id-token"  # noqa: S105  # likewise
NOWHERE = "sso.invalid"
"""The domain of addresses that nobody has (RFC 2606), for accounts whose address is not theirs to state."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What a tenant states of its provider; an empty secret keeps the one that is there."""

    label: str
    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    role_claim: str
    roles: dict[str, list[str]]
    sujeto_claim: str
    single_logout: bool
    local_login: bool
    enabled: bool


class NothingHereError(ForbiddenError):
    """The provider knows the person, and nobody gave them anything to do in the tenant."""

    slug, title = "sin-funcion", "Tu proveedor te reconoce, pero aquí no tienes una función"


def in_use(session: RwSession, actor: Actor) -> IdentityProvider:
    """Return the provider with which the people of the actor's tenant enter.

    Raises:
        NotFoundError: the tenant uses none.
    """
    found = queries.provider(session, actor)
    if found is None or not found.enabled:
        raise NotFoundError("Este organismo garante no usa un proveedor de identidad.")
    return found


def party(provider: IdentityProvider, keyring: Keyring) -> Party:
    """Return who we are to a provider, with the secret opened."""
    secret = keyring.open(SECRET_PURPOSE, provider.client_secret) if provider.client_secret else ""
    return Party(provider.issuer, provider.client_id, secret, provider.scopes)


def save(
    session: RwSession,
    actor: Actor,
    keyring: Keyring,
    providers: Providers,
    stated: ProviderSettings,
    *,
    row_version: int,
    by_provider: bool,
) -> IdentityProvider:
    """State a tenant's provider.

    Args:
        session: bound to the actor.
        actor: who administers the tenant.
        keyring: seals the secret.
        providers: checks the address; nothing is called.
        stated: all of it.
        row_version: as the page showed it; 0 where there was none.
        by_provider: the actor entered through the provider as it is configured now, so it works.

    Raises:
        StaleError: somebody else saved meanwhile.
        InvalidError: a value gives two roles, or local sign-in would end without anybody having entered otherwise.
        OutgoingRefusedError: the issuer's address may not be called.
    """
    require(actor, Permission.TENANT_MANAGE)
    if actor.tenant_id is None:
        raise ForbiddenError
    row = session.exec(
        select(IdentityProvider).where(IdentityProvider.tenant_id == actor.tenant_id).with_for_update()
    ).one_or_none()
    if (row.row_version if row else 0) != row_version:
        raise StaleError("Alguien más guardó el acceso mientras tanto. Revisa cómo quedó y guarda otra vez.")
    providers.check(stated.issuer)
    _check_mapping(stated)
    same = row is not None and (row.issuer, row.client_id) == (stated.issuer, stated.client_id)
    was_closed = row is not None and row.enabled and not row.local_login
    if not stated.local_login and not (same and stated.enabled and (by_provider or was_closed)):
        raise InvalidError(
            "Antes de apagar la entrada con contraseña, guarda el proveedor, vincula tu cuenta y entra con él: así "
            "sabemos que funciona y nadie se queda fuera."
        )
    if row is None:
        row = IdentityProvider(
            tenant_id=actor.tenant_id, label="", issuer="", client_id="", roles={}, row_version=0
        )
        session.add(row)
    if stated.client_secret:
        row.client_secret = keyring.seal(SECRET_PURPOSE, stated.client_secret)
    elif row.issuer != stated.issuer:
        row.client_secret = ""  # a secret is never sent to another provider than the one it was typed for
    row.label, row.issuer, row.client_id = stated.label, stated.issuer, stated.client_id
    row.scopes, row.role_claim, row.sujeto_claim = stated.scopes, stated.role_claim, stated.sujeto_claim
    row.roles, row.enabled = stated.roles, stated.enabled
    row.single_logout, row.local_login = stated.single_logout, stated.local_login
    row.row_version, row.updated_at = row.row_version + 1, clock.now()
    session.flush()
    audit.record(
        session,
        "sso.configure",
        "identity_provider",
        actor.tenant_id,
        issuer=stated.issuer,
        enabled=stated.enabled,
        local_login=stated.local_login,
    )
    return row


def enter(
    database: Database,
    settings: Settings,
    keyring: Keyring,
    *,
    provider: IdentityProvider,
    answered: Answered,
    visit: Visit,
) -> NewSession:
    """Open a session of the provider's tenant, and of nothing else, for whom its answer names.

    Raises:
        NothingHereError: neither a person nor the claims gave them a role there.
    """
    claims = answered.claims
    account_id = _account_of(database, provider, claims)
    if provider.role_claim:
        mapping.settle(database, account_id, provider, claims)
    with database.auth_work(account_id) as session:
        hats = [hat for hat in memberships(session, account_id) if hat.tenant_id == provider.tenant_id]
        if hats:
            # The tenant decides what its provider asks for: what comes from there is more than a password.
            opened = open_session(session, settings, account_id, visit, by_second_factor=True)
            session.execute(
                update(LoginSession)
                .where(col(LoginSession.token_sha256) == token_hash(opened.token))
                .values(
                    sso_tenant_id=provider.tenant_id,
                    sso_subject=claims.subject,
                    sso_sid=claims.sid,
                    sso_id_token=keyring.seal(ID_TOKEN_PURPOSE, answered.id_token)
                    if provider.single_logout
                    else "",
                )
            )
            return opened
        note(session, account_id, "sso.refused", why="no-role", address=visit.address)
    raise _nothing_here()


def confirm(database: Database, who: SignedIn, provider: IdentityProvider, claims: Claims) -> None:
    """Count the provider's answer as a fresh proof of who is signed in.

    Raises:
        RefusedAnswerError: the answer names somebody else.
    """
    with database.auth_work(who.account_id) as session:
        if who.sso_tenant_id != provider.tenant_id or _linked(session, provider, claims) != who.account_id:
            raise RefusedAnswerError("somebody-else")
        session.execute(
            update(LoginSession)
            .where(col(LoginSession.session_id) == who.session_id)
            .values(authenticated_at=clock.now())
        )
        note(session, who.account_id, "session.confirm")


def link(database: Database, who: SignedIn, provider: IdentityProvider, subject: str) -> None:
    """Let an identity of the provider open the tenant for an account, by the account's own act.

    Raises:
        ForbiddenError: the session is itself a provider's.
        InvalidError: the identity is somebody's already.
    """
    if who.sso_tenant_id is not None:
        raise ForbiddenError("Para vincular tu cuenta, entra con tu contraseña.")
    with database.auth_work(who.account_id) as session:
        held = session.get(OidcIdentity, (provider.tenant_id, provider.issuer, subject))
        if held is not None and held.account_id != who.account_id:
            raise InvalidError("Esa identidad ya está vinculada con otra cuenta.")
        if held is None:
            session.add(
                OidcIdentity(
                    tenant_id=provider.tenant_id,
                    issuer=provider.issuer,
                    subject=subject,
                    account_id=who.account_id,
                )
            )
            note(session, who.account_id, "sso.link", issuer=provider.issuer)


def unlink(database: Database, who: SignedIn, tenant_id: UUID) -> None:
    """Take back what `link` gave, and end the sessions that the tenant's provider opened for the account.

    Raises:
        ForbiddenError: the session is itself a provider's.
    """
    if who.sso_tenant_id is not None:
        raise ForbiddenError("Para desvincular tu cuenta, entra con tu contraseña.")
    with database.auth_work(who.account_id) as session:
        session.execute(
            delete(OidcIdentity).where(
                col(OidcIdentity.tenant_id) == tenant_id,
                col(OidcIdentity.account_id) == who.account_id,
                col(OidcIdentity.made_account).is_(False),
            )
        )
        end_sessions(
            session,
            (LoginSession.account_id == who.account_id) & (LoginSession.sso_tenant_id == tenant_id),
        )
        note(session, who.account_id, "sso.unlink")


def is_linked(database: Database, who: SignedIn, tenant_id: UUID) -> bool:
    """Tell whether an account is linked with an identity of the tenant's provider."""
    with database.auth_work(who.account_id) as session:
        found = session.exec(
            select(OidcIdentity.subject).where(
                OidcIdentity.tenant_id == tenant_id, OidcIdentity.account_id == who.account_id
            )
        ).first()
    return found is not None


def refuse(database: Database, tenant_id: UUID, why: str, visit: Visit) -> None:
    """Write into the log that an answer was refused; never what it held."""
    with database.auth_work() as session:
        note(session, None, "sso.refused", why=why, tenant=str(tenant_id), address=visit.address)


def back_channel(database: Database, providers: Providers, provider: IdentityProvider, raw: str) -> None:
    """End the sessions that a provider's logout token names.

    Raises:
        RefusedAnswerError: it is not one of this provider, for us and of now, or it came before.
        ProviderError: its keys cannot be had.
    """
    metadata = providers.metadata(provider.issuer)
    claims = tokens.logout_token(providers, metadata, raw, client_id=provider.client_id)
    which = LoginSession.sso_tenant_id == provider.tenant_id
    if claims.subject:
        which &= LoginSession.sso_subject == claims.subject
    if claims.sid:
        which &= LoginSession.sso_sid == claims.sid
    with database.auth_work() as session:
        flows.use_once(session, f"logout {claims.issuer} {claims.given['jti']}", _soon())
        end_sessions(session, which)
        note(session, None, "sso.logout", tenant=str(provider.tenant_id))


def end_tenant_sessions(database: Database, tenant_id: UUID) -> None:
    """End every session that a tenant's provider opened: it is another provider from now on."""
    with database.auth_work() as session:
        end_sessions(session, LoginSession.sso_tenant_id == tenant_id)


def id_token_of(database: Database, keyring: Keyring, who: SignedIn) -> str:
    """Return the token that opened a session, which its provider asks for to end its own; empty where none is kept."""
    with database.auth_work(who.account_id) as session:
        sealed = session.exec(
            select(LoginSession.sso_id_token).where(LoginSession.session_id == who.session_id)
        ).first()
    return keyring.open(ID_TOKEN_PURPOSE, sealed) if sealed else ""


def _check_mapping(stated: ProviderSettings) -> None:
    given: dict[str, str] = {}
    for role, values in stated.roles.items():
        for value in values:
            if given.setdefault(value, role) != role:
                raise InvalidError(f"«{value}» no puede dar dos funciones a la vez.")
    if given and not stated.role_claim:
        raise InvalidError("Di en qué dato viene la función de cada persona.")


def _account_of(database: Database, provider: IdentityProvider, claims: Claims) -> UUID:
    """Return the account of an identity; a new one is made only where the claims give it something to do."""
    with database.auth_work() as session:
        account_id = _linked(session, provider, claims)
        if account_id is not None:
            return account_id
    system = Actor(tenant_id=provider.tenant_id, role="system")
    with database.unit_of_work(system) as session:
        if not mapping.wanted(session, system, provider, claims):
            raise _nothing_here()
    with database.auth_work() as session:
        # One at a time: two first entrances at once are one person, and an address is one account's.
        locks.wait_for(session, "sso:account")
        return _linked(session, provider, claims) or _make(session, provider, claims)


def _linked(session: AuthSession, provider: IdentityProvider, claims: Claims) -> UUID | None:
    row = session.get(OidcIdentity, (provider.tenant_id, provider.issuer, claims.subject))
    if row is None:
        return None
    account = session.get(Account, row.account_id)
    if account is None or account.status != "active":
        raise _nothing_here()
    return row.account_id


def _make(session: AuthSession, provider: IdentityProvider, claims: Claims) -> UUID:
    """Make an account for an identity; it has no password, and its address is the claimed one only if nobody has it."""
    account_id = new_id()
    claimed = claims.text("email").lower()
    acceptable = "@" in claimed and len(claimed) <= 320 and not any(char.isspace() for char in claimed)
    if (
        not acceptable
        or claims.given.get("email_verified") is False
        or claimed.endswith(".invalid")
        or session.exec(select(Account.account_id).where(Account.email == claimed)).first() is not None
    ):
        claimed = f"{account_id}@{NOWHERE}"
    name = claims.text("name") or claims.text("preferred_username") or provider.label
    session.add(Account(account_id=account_id, email=claimed, full_name=name[:200]))
    session.flush()
    session.add(
        OidcIdentity(
            tenant_id=provider.tenant_id,
            issuer=provider.issuer,
            subject=claims.subject,
            account_id=account_id,
            made_account=True,
        )
    )
    note(session, account_id, "account.create", issuer=provider.issuer)
    return account_id


def _nothing_here() -> NothingHereError:
    return NothingHereError("Pide a quien administra tu organismo garante que te dé una, y vuelve a entrar.")


def _soon() -> datetime:
    """Return until when a logout token must be remembered: after that its age refuses it."""
    return clock.now() + timedelta(seconds=tokens.OLDEST + 2 * tokens.SKEW)

"""Invitations: a role offered by letter to an address, for seven days, once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core import audit, clock, mail, outbox
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, ForbiddenError, GoneError, InvalidError, NotFoundError
from app.core.keys import Keyring
from app.core.policy import ROLE_LABELS
from app.core.tables import new_id
from app.identity import policy, service
from app.identity.models import Account, Invitation, Membership
from app.identity.queries import in_force
from app.tenancy import queries as tenancy
from app.tenancy.models import TenantName

PURPOSE = "invitation"
DAYS = 7

State = Literal["open", "expired", "replaced", "accepted", "revoked"]


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invitation offers: a role at a place, to whoever reads an address."""

    email: str
    full_name: str
    role: str
    sujeto_obligado_id: UUID | None = None


def state_of(row: Invitation, turn: int | None = None) -> State:
    """Return how an invitation stands, for whoever holds the link of one of its turns."""
    if row.accepted_at is not None:
        return "accepted"
    if row.revoked_at is not None:
        return "revoked"
    if turn is not None and turn != row.turn:
        return "replaced"
    return "open" if row.expires_at > clock.now() else "expired"


def address(email: str) -> str:
    """Return an e-mail address as it is stored.

    Raises:
        InvalidError: it cannot be one.
    """
    email = email.strip().lower()
    name, at, host = email.rpartition("@")
    if not at or not name or "." not in host or len(email) > 320 or not email.isprintable() or " " in email:
        raise InvalidError("Escribe una dirección de correo completa, como nombre@institucion.gob.mx.")
    return email


def invite(session: RwSession, actor: Actor, offer: Offer) -> Invitation:
    """Send an invitation.

    Raises:
        ForbiddenError: the role is above what the actor may give, or the address is their own.
        InvalidError: the address, or a role that does not fit the place.
        NotFoundError: the place is not the actor's.
        ConflictError: it was offered already, or the person has that role.
    """
    policy.require_grant(actor, offer.role, offer.sujeto_obligado_id)
    email = address(offer.email)
    if offer.sujeto_obligado_id is not None:
        tenancy.sujeto(session, actor, offer.sujeto_obligado_id)
    known = session.exec(select(Account.account_id).where(Account.email == email)).first()
    policy.refuse_oneself(actor, known)
    if known is not None and _has(session, actor, known, offer.role, offer.sujeto_obligado_id):
        raise ConflictError(f"{email} ya tiene esa función.")
    invitation_id = session.execute(
        insert(Invitation)
        .values(
            tenant_id=actor.tenant_id,
            invitation_id=new_id(),
            email=email,
            full_name=" ".join(offer.full_name.split())[:200],
            role=offer.role,
            sujeto_obligado_id=offer.sujeto_obligado_id,
            turn=1,
            sent_by=actor.account_id,
            of_platform=actor.membership_id is None,
            sent_at=clock.now(),
            expires_at=clock.now() + timedelta(days=DAYS),
        )
        .on_conflict_do_nothing()
        .returning(col(Invitation.invitation_id))
    ).scalar_one_or_none()
    if invitation_id is None:
        raise ConflictError(f"Ya hay una invitación abierta a {email} con esa función. Búscala y reenvíala.")
    row = one(session, actor, invitation_id)
    audit.record(
        session,
        "invitation.send",
        "invitation",
        invitation_id,
        role=row.role,
        sujeto_obligado_id=row.sujeto_obligado_id,
    )
    _post(session, actor, row)
    return row


def resend(session: RwSession, actor: Actor, invitation_id: UUID) -> Invitation:
    """Send it again with a link of its own and seven new days; the link before is dead.

    Raises:
        NotFoundError: absent, or not the actor's to manage.
        ForbiddenError: its role is above what the actor may give.
        ConflictError: it was accepted or revoked.
    """
    row = one(session, actor, invitation_id, for_update=True)
    policy.require_grant(actor, row.role, row.sujeto_obligado_id)
    _refuse_closed(row)
    row.turn += 1
    row.sent_at, row.expires_at = clock.now(), clock.now() + timedelta(days=DAYS)
    if actor.account_id is not None:
        row.sent_by, row.of_platform = actor.account_id, actor.membership_id is None
    session.add(row)
    session.flush()
    audit.record(
        session,
        "invitation.resend",
        "invitation",
        invitation_id,
        sujeto_obligado_id=row.sujeto_obligado_id,
        turn=row.turn,
    )
    _post(session, actor, row)
    return row


def revoke(session: RwSession, actor: Actor, invitation_id: UUID) -> None:
    """Make its link worthless.

    Raises:
        NotFoundError: absent, or not the actor's to manage.
        ConflictError: it was accepted or revoked already.
    """
    row = one(session, actor, invitation_id, for_update=True)
    _refuse_closed(row)
    row.revoked_at = clock.now()
    session.add(row)
    session.flush()
    audit.record(
        session,
        "invitation.revoke",
        "invitation",
        invitation_id,
        sujeto_obligado_id=row.sujeto_obligado_id,
    )


def one(session: RwSession, actor: Actor, invitation_id: UUID, *, for_update: bool = False) -> Invitation:
    """Return an invitation that the actor may manage.

    Raises:
        NotFoundError: absent, or of another place.
    """
    query = select(Invitation).where(
        Invitation.tenant_id == actor.tenant_id, Invitation.invitation_id == invitation_id
    )
    row = session.exec(query.with_for_update() if for_update else query).one_or_none()
    if row is None:
        raise NotFoundError
    policy.require_reach(actor, row.sujeto_obligado_id)
    return row


def path(keyring: Keyring, slug: str, row: Invitation) -> str:
    """Return the link of an invitation's last sending, from the root of the service."""
    return f"/{slug}/invitacion/{row.invitation_id}/{keyring.token(PURPOSE, *about(row, row.turn))}"


def about(row: Invitation, turn: int) -> tuple[str, ...]:
    """Return what the token of one sending signs."""
    return (str(row.tenant_id), str(row.invitation_id), str(turn))


def held_by(
    session: RwSession, keyring: Keyring, tenant_id: UUID, invitation_id: UUID, token: str
) -> tuple[Invitation, State]:
    """Return the invitation that a link opens, and how it stands for that link; locked until the transaction ends.

    Raises:
        NotFoundError: the link is not one of ours.
    """
    row = session.exec(
        select(Invitation)
        .where(Invitation.tenant_id == tenant_id, Invitation.invitation_id == invitation_id)
        .with_for_update()
    ).one_or_none()
    turns = range(row.turn, 0, -1) if row else range(0)
    turn = next((turn for turn in turns if row and keyring.holds(PURPOSE, token, *about(row, turn))), None)
    if row is None or turn is None:
        raise NotFoundError(
            "Este enlace de invitación no es válido. Cópialo entero del correo, o pide que te lo reenvíen."
        )
    return row, state_of(row, turn)


@dataclass(frozen=True, slots=True)
class Guest:
    """Who accepts: an account, and the address it proved to have."""

    account_id: UUID
    email: str


def accept(session: RwSession, keyring: Keyring, invitation_id: UUID, token: str, guest: Guest) -> UUID:
    """Take up an invitation, once; return the membership.

    Args:
        session: bound to the tenant and to the guest's account.
        keyring: that made the link.
        invitation_id: of the link.
        token: of the link.
        guest: must have the address that was invited.

    Raises:
        NotFoundError: the link is not one of ours.
        GoneError: accepted, revoked, replaced by a newer one, or too old; or whoever sent it may not any more.
        ForbiddenError: it was for another address.
    """
    actor: Actor = session.info["actor"]
    if actor.tenant_id is None:
        raise NotFoundError
    row, state = held_by(session, keyring, actor.tenant_id, invitation_id, token)
    if state != "open":
        raise GoneError(WORDS[state])
    if guest.email != row.email:
        raise ForbiddenError("Esta invitación es para otra dirección de correo.")
    if not _still_given(session, row):
        raise GoneError(
            "Quien te invitó ya no puede dar esa función. Pide a tu institución que te invite de nuevo."
        )
    membership_id = service.add_membership(
        session, actor, guest.account_id, row.role, row.sujeto_obligado_id, granted_by=row.sent_by
    )
    row.accepted_at, row.membership_id = clock.now(), membership_id
    session.add(row)
    session.flush()
    audit.record(
        session,
        "invitation.accept",
        "invitation",
        invitation_id,
        sujeto_obligado_id=row.sujeto_obligado_id,
    )
    audit.record(
        session,
        "membership.grant",
        "membership",
        membership_id,
        role=row.role,
        sujeto_obligado_id=row.sujeto_obligado_id,
        granted_by=str(row.sent_by),
    )
    news = {"membership_id": str(membership_id), "account_id": str(guest.account_id)}
    outbox.emit(session, "people.joined", [news])
    return membership_id


WORDS: dict[State, str] = {
    "open": "Esta invitación espera tu respuesta.",
    "accepted": "Esta invitación ya se usó. Si fuiste tú, entra con tu cuenta.",
    "revoked": "Esta invitación se retiró. Si crees que es un error, pregunta a quien te invitó.",
    "replaced": "Te enviaron un enlace más reciente: usa el del último correo.",
    "expired": f"Esta invitación venció: duran {DAYS} días. Pide a quien te invitó que la reenvíe.",
}
"""What whoever opens the link reads."""


def waiting(session: RwSession, actor: Actor) -> int:
    """Return how many invitations that the actor may see wait for an answer."""
    query = select(func.count()).select_from(Invitation).where(*open_to(actor))
    return session.exec(query).one()


def open_to(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the open invitations of the actor's place."""
    conditions: list[ColumnElement[bool]] = [
        col(Invitation.tenant_id) == actor.tenant_id,
        col(Invitation.accepted_at).is_(None),
        col(Invitation.revoked_at).is_(None),
    ]
    if actor.sujeto_obligado_id is not None:
        conditions.append(col(Invitation.sujeto_obligado_id) == actor.sujeto_obligado_id)
    return tuple(conditions)


def _has(session: RwSession, actor: Actor, account_id: UUID, role: str, sujeto: UUID | None) -> bool:
    found = session.exec(
        select(Membership.membership_id).where(
            Membership.tenant_id == actor.tenant_id,
            Membership.account_id == account_id,
            Membership.role == role,
            col(Membership.sujeto_obligado_id).is_not_distinct_from(sujeto),
            col(Membership.lent_by).is_(None),
            in_force(),
        )
    ).first()
    return found is not None


def _still_given(session: RwSession, row: Invitation) -> bool:
    """Tell whether whoever sent an invitation may give its role now: an office that is over gives nothing."""
    if row.of_platform:
        return True
    offices = session.exec(
        select(Membership).where(
            Membership.tenant_id == row.tenant_id, Membership.account_id == row.sent_by, in_force()
        )
    )
    actors = (
        Actor(tenant_id=row.tenant_id, role=one.role, sujeto_obligado_id=one.sujeto_obligado_id)
        for one in offices
    )
    return any(
        row.role in policy.grantable(actor) and actor.sujeto_obligado_id in (None, row.sujeto_obligado_id)
        for actor in actors
    )


def _refuse_closed(row: Invitation) -> None:
    state = state_of(row)
    if state in ("accepted", "revoked"):
        raise ConflictError(
            "Esa invitación ya se aceptó." if state == "accepted" else "Esa invitación ya se retiró."
        )


def letter_key(row: Invitation) -> str:
    """Return the key of the letter with which an invitation was last sent."""
    return f"invitation:{row.invitation_id}:{row.turn}"


def _post(session: RwSession, actor: Actor, row: Invitation) -> None:
    tenant = tenancy.tenant(session, actor)
    if row.sujeto_obligado_id is not None:
        where = tenancy.sujeto(session, actor, row.sujeto_obligado_id).name
    else:
        names = session.exec(select(TenantName).where(TenantName.tenant_id == actor.tenant_id)).all()
        today = clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()
        named = tenancy.name_on(names, today)
        where = named.name if named else tenant.slug
    mail.post(
        session,
        mail.Letter(
            key=letter_key(row),
            to=row.email,
            kind="identity.invitation",
            subject=f"Te invitan a trabajar en {where}",
            paragraphs=(
                f"Te invitan a trabajar con los contratos públicos de {where}. Tu función: {ROLE_LABELS[row.role]}.",
                "Con el botón aceptas: si aún no tienes cuenta, ahí eliges tu contraseña.",
            ),
            act=mail.Act(
                "Aceptar la invitación",
                f"/{tenant.slug}/invitacion/{row.invitation_id}/{{token}}",
                PURPOSE,
                about(row, row.turn),
            ),
            closing=f"El enlace sirve una vez y dura {DAYS} días. Si no lo esperabas, ignora este correo.",
        ),
    )

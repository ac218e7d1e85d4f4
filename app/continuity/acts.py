"""Acts on a whole tenant that take two operators and a legal act: one asks, another accepts, either may cancel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.continuity import exporting, service, transferring
from app.continuity.models import PlatformAct, TenantExport
from app.continuity.obstacles import MOST, obstacles
from app.continuity.queries import administered
from app.continuity.workflow import ACTS
from app.core import audit, clock, public_log, sealed
from app.core.db import Actor, Database
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.policy import Permission, require
from app.core.tables import table_of
from app.identity.invitations import Offer, address
from app.publication.models import ChainHead
from app.publication.moving import Move, Side
from app.tenancy.models import Tenant, TenantName
from app.tenancy.queries import TenantView

WAIT = timedelta(days=7)
"""Between accepting a deletion and doing it: time to change one's mind."""
SHORTEST_LEGAL_ACT = 10


@dataclass(frozen=True, slots=True)
class Successor:
    """The authority that takes over: its name and law from a day on."""

    name: str
    short_name: str
    law: str
    since: date


@dataclass(frozen=True, slots=True)
class Ending:
    """What deleting a tenant asks for.

    Attributes:
        slug: its address, typed again.
        sha256: of the copy of its export that somebody keeps, in hexadecimal: only who has the file can tell it.
        legal_act: by which it ends.
    """

    slug: str
    sha256: str
    legal_act: str


def ask_succession(
    database: Database, operator: Actor, view: TenantView, successor: Successor, legal_act: str
) -> UUID:
    """Ask that a new authority take a tenant over; returns the act.

    Past releases keep their publisher, addresses and identifiers stay; names and law change from a day on.

    Raises:
        ForbiddenError: not an operator.
        InvalidError: no legal act, or the day comes before the name that holds now.
        ConflictError: such an act is open already.
    """
    with database.owner_work(_within(operator, view)) as session:
        newest = _newest_name(session, view.tenant_id)
        if newest is not None and newest.valid_from is not None and successor.since <= newest.valid_from:
            raise InvalidError("La sucesión debe ser posterior al día en que empezó el nombre de ahora.")
        detail = {
            "name": successor.name,
            "short_name": successor.short_name,
            "law": successor.law,
            "since": successor.since.isoformat(),
        }
        return _ask(session, operator, _Asked("succession", view.tenant_id, legal_act.strip(), detail))


def ask_export_key(
    database: Database, operator: Actor, view: TenantView, recipient: str, legal_act: str
) -> UUID:
    """Ask that a tenant which nobody administers be exported to the key of whom the law says; returns the act.

    Raises:
        ForbiddenError: not an operator.
        InvalidError: it is no age public key, or there is no legal act.
        ConflictError: somebody administers it, and states the key; or such an act is open already.
    """
    held = str(sealed.recipient(recipient))
    with database.owner_work(_within(operator, view)) as session:
        _require_nobody(session, view.tenant_id)
        return _ask(
            session, operator, _Asked("export_key", view.tenant_id, legal_act.strip(), {"recipient": held})
        )


def ask_administration(
    database: Database, operator: Actor, view: TenantView, offer: Offer, legal_act: str
) -> UUID:
    """Ask that somebody be invited to administer a tenant which nobody administers any more; returns the act.

    Raises:
        ForbiddenError: not an operator, or the address is their own.
        InvalidError: it is no address, or there is no legal act.
        ConflictError: somebody administers it; or such an act is open already.
    """
    email = address(offer.email)
    with database.owner_work(_within(operator, view)) as session:
        service.refuse_themselves(session, email, operator.account_id)
        _require_nobody(session, view.tenant_id)
        detail = {"email": email, "full_name": offer.full_name}
        return _ask(session, operator, _Asked("administration", view.tenant_id, legal_act.strip(), detail))


def ask_deletion(database: Database, operator: Actor, view: TenantView, ending: Ending) -> UUID:
    """Ask that a suspended tenant be deleted; returns the act.

    Raises:
        ForbiddenError: not an operator.
        InvalidError: the address or the hash was not typed right, or there is no legal act.
        ConflictError: it is not suspended, has no export of all it is, or such an act is open already.
    """
    if ending.slug.strip() != view.slug:
        raise InvalidError(f"Escribe la dirección del organismo tal cual: {view.slug}.")
    with database.owner_work(_within(operator, view)) as session:
        kept = "".join(ending.sha256.split()).lower()
        if kept not in require_exported(session, view.tenant_id):
            raise InvalidError(
                "Esa huella no es la de una exportación completa posterior a la suspensión. Descárgala, entrégala a "
                "quien la guarda y escribe la huella SHA-256 de esa copia: 64 cifras y letras."
            )
        detail = {"slug": view.slug, "sha256": kept}
        return _ask(session, operator, _Asked("deletion", view.tenant_id, ending.legal_act.strip(), detail))


def require_exported(session: Session, tenant_id: UUID) -> set[str]:
    """Return the hashes, in hexadecimal, of the exports that hold everything of a tenant that works no more.

    Raises:
        ConflictError: it is not suspended, or nothing was exported since.
    """
    tenant = session.exec(select(Tenant).where(Tenant.tenant_id == tenant_id)).one()
    if tenant.status != "suspended" or tenant.status_since is None:
        raise ConflictError("Solo se da de baja un organismo suspendido: suspéndelo primero.")
    head = session.exec(select(ChainHead.entry_hash).where(ChainHead.tenant_id == tenant_id)).one_or_none()
    made = session.exec(
        select(TenantExport.sha256).where(
            TenantExport.tenant_id == tenant_id,
            TenantExport.created_at > tenant.status_since,
            col(TenantExport.ready_at).is_not(None),
            TenantExport.chain_hash == (head or b""),
        )
    ).all()
    if not made:
        raise ConflictError("Falta una exportación completa posterior a la suspensión: sin ella no hay baja.")
    return {sha256.hex() for sha256 in made if sha256}


@dataclass(frozen=True, slots=True)
class Going:
    """Bodies of a tenant, and the tenant that takes them over."""

    bodies: Sequence[UUID]
    target: TenantView


def require_kept(session: Session, act: PlatformAct) -> None:
    """Refuse a deletion when the copy that somebody keeps no longer holds everything.

    Raises:
        ConflictError: that, or what `require_exported` refuses.
    """
    if act.detail["sha256"] not in require_exported(session, act.subject_id):
        raise ConflictError(
            "La copia que se guarda ya no lo trae todo: exporta, guarda otra y pide la baja otra vez."
        )


def ask_transfer(database: Database, operator: Actor, view: TenantView, going: Going, legal_act: str) -> UUID:
    """Ask that bodies move to another tenant with all that is theirs; returns the act.

    Raises:
        ForbiddenError: not an operator.
        InvalidError: no legal act, too many bodies, or something stands in the way.
        ConflictError: a transfer of this tenant is open already.
    """
    if len(going.bodies) > MOST:
        raise InvalidError(f"Se traspasan hasta {MOST:,} sujetos obligados a la vez.")
    target = Side(going.target.tenant_id, going.target.slug)
    move = Move(Side(view.tenant_id, view.slug), target, legal_act.strip())
    with database.owner_work(_within(operator, view)) as session:
        found = obstacles(session, move, going.bodies)
        if found:
            raise InvalidError(" ".join(found))
        detail = {
            "target": str(target.tenant_id),
            "target_slug": target.slug,
            "bodies": [str(one) for one in going.bodies],
        }
        return _ask(session, operator, _Asked("transfer", view.tenant_id, move.ground, detail))


def accept(database: Database, operator: Actor, view: TenantView, act_id: UUID) -> PlatformAct:
    """Accept what another operator asked for; a deletion is done after seven days, the rest at once.

    A transfer begins: the bodies are closed for work, and a job moves their processes.

    Raises:
        ForbiddenError: not an operator, or the one who asked; or an administration would be given to one of both.
        NotFoundError: there is no such act.
        ConflictError: it is no longer open, or what it needs is no longer so.
    """
    actor = _within(operator, view)
    with database.owner_work(actor) as session:
        act = _locked(session, view, act_id)
        if act.asked_by == operator.account_id:
            raise ForbiddenError("Lo pediste tú: lo acepta otra persona que opera la plataforma.")
        ACTS.apply(act, "accept")
        act.decided_by, act.decided_at = operator.account_id, clock.now()
        audit.record(session, f"tenant.{act.kind}_accept", "tenant", act.subject_id, act=str(act_id))
        if act.kind == "succession":
            _succeed(session, act)
        elif act.kind == "export_key":
            _require_nobody(session, act.subject_id)
            exporting.write_key(session, actor, act.detail["recipient"])
            _finish(act)
        elif act.kind == "administration":
            service.refuse_themselves(session, act.detail["email"], act.asked_by, operator.account_id)
            # Its own transaction comes first: an act is not done whose invitation is refused.
            service.appoint_admin(
                database, operator, act.subject_id, act.detail["email"], act.detail["full_name"]
            )
            _finish(act)
        elif act.kind == "transfer":
            transferring.start(session, act)
        else:
            require_kept(session, act)
            act.not_before = clock.now() + WAIT
    return act


def cancel(database: Database, operator: Actor, view: TenantView, act_id: UUID) -> None:
    """Cancel an act that is not done yet; any operator may.

    Raises:
        ForbiddenError: not an operator.
        NotFoundError: there is no such act.
        ConflictError: it is done or cancelled, or a transfer that has begun.
    """
    with database.owner_work(_within(operator, view)) as session:
        act = _locked(session, view, act_id)
        if act.kind == "transfer" and act.status == "accepted":
            raise ConflictError("El traspaso ya empezó y no se detiene a la mitad: pide otro de regreso.")
        ACTS.apply(act, "cancel")
        act.decided_by, act.decided_at = operator.account_id, clock.now()
        audit.record(session, f"tenant.{act.kind}_cancel", "tenant", act.subject_id, act=str(act_id))


def acts(database: Database, tenant_id: UUID) -> list[PlatformAct]:
    """Return the acts on a tenant, newest first."""
    with database.owner_work() as session:
        return list(
            session.exec(
                select(PlatformAct)
                .where(PlatformAct.subject_id == tenant_id)
                .order_by(col(PlatformAct.asked_at).desc())
                .limit(20)
            ).all()
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    kind: str
    tenant_id: UUID
    legal_act: str
    detail: dict[str, Any]


def _ask(session: Session, operator: Actor, asked: _Asked) -> UUID:
    if operator.account_id is None or len(asked.legal_act) < SHORTEST_LEGAL_ACT:
        raise InvalidError("Di con qué acto legal: el decreto, la ley o el acuerdo, con su fecha.")
    session.exec(select(Tenant).where(Tenant.tenant_id == asked.tenant_id).with_for_update()).one()
    if session.exec(
        select(PlatformAct).where(
            PlatformAct.subject_id == asked.tenant_id,
            PlatformAct.kind == asked.kind,
            col(PlatformAct.status).in_(("asked", "accepted")),
        )
    ).first():
        raise ConflictError("Ya hay uno abierto: acéptalo o cancélalo antes de pedir otro.")
    act = PlatformAct(
        kind=asked.kind,
        subject_id=asked.tenant_id,
        legal_act=asked.legal_act,
        detail=asked.detail,
        asked_by=operator.account_id,
    )
    session.add(act)
    session.flush()
    audit.record(session, f"tenant.{asked.kind}_ask", "tenant", asked.tenant_id, act=str(act.act_id))
    return act.act_id


def _succeed(session: Session, act: PlatformAct) -> None:
    """End the name that holds and begin the successor's; what was published stays as it was."""
    since = date.fromisoformat(act.detail["since"])
    newest = _newest_name(session, act.subject_id)
    if newest is not None and newest.valid_from is not None and since <= newest.valid_from:
        raise ConflictError(
            "El organismo cambió de nombre después de ese día: cancela la sucesión y pide otra."
        )
    if newest is not None and newest.valid_to is None:
        newest.valid_to = since
    session.add(
        TenantName(
            tenant_id=act.subject_id,
            position=newest.position + 1 if newest else 0,
            name=act.detail["name"],
            short_name=act.detail["short_name"],
            law=act.detail["law"],
            valid_from=since,
            source=act.legal_act,
            verified=True,
        )
    )
    tenant = session.exec(select(Tenant).where(Tenant.tenant_id == act.subject_id)).one()
    tenant.decided = sorted(
        {*tenant.decided, "names"}
    )  # a declaration written before must not bring the old one back
    public_log.tell(
        session, "succession", ground=act.legal_act, reason=act.detail["name"], since=act.detail["since"]
    )
    _finish(act)


def _finish(act: PlatformAct) -> None:
    ACTS.apply(act, "finish")
    act.done_at = clock.now()


def _require_nobody(session: Session, tenant_id: UUID) -> None:
    if administered(session, tenant_id):
        raise ConflictError("Este organismo tiene quien lo administre: eso lo decide esa persona.")


def _newest_name(session: Session, tenant_id: UUID) -> TenantName | None:
    return session.exec(
        select(TenantName)
        .where(TenantName.tenant_id == tenant_id)
        .order_by(table_of(TenantName).c.position.desc())
        .limit(1)
    ).one_or_none()


def _within(operator: Actor, view: TenantView) -> Actor:
    require(operator, Permission.PLATFORM_MANAGE)
    return replace(operator, tenant_id=view.tenant_id)


def _locked(session: Session, view: TenantView, act_id: UUID) -> PlatformAct:
    act = session.exec(
        select(PlatformAct)
        .where(PlatformAct.act_id == act_id, PlatformAct.subject_id == view.tenant_id)
        .with_for_update()
    ).one_or_none()
    if act is None:
        raise NotFoundError("No encontramos ese acto.")
    return act

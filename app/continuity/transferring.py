"""Carrying out a transfer: bodies are copied and closed for work at once, then their processes move, some at a time.

Every step is a transaction that holds the act's row, so that two workers never do the same, and a worker that dies leaves
each process in one tenant, whole. Files are put at the target under the same name before the step is committed, and go
from the source after it: doing either again changes nothing.
"""

from dataclasses import replace
from uuid import UUID

from sqlmodel import Session, col, select

from app.attachments.models import Attachment
from app.continuity import carrying
from app.continuity.carrying import Way
from app.continuity.models import PlatformAct
from app.continuity.obstacles import bodies_of, obstacles
from app.continuity.workflow import ACTS
from app.core import audit, clock, logs, outbox, public_log
from app.core.db import Actor, Database, in_tenant
from app.core.errors import AppError, ConflictError
from app.core.jobs import apart
from app.core.policy import MACHINE_ROLE
from app.core.storage import Storage
from app.core.tables import among, new_id
from app.identity import invitations
from app.identity.clients.models import MachineClient
from app.identity.invitations import Offer
from app.identity.models import Invitation, Membership
from app.identity.workflow import MEMBERSHIPS
from app.onboarding.models import SujetoChange
from app.onboarding.workflow import BODIES
from app.processes.models import ContractingProcess
from app.publication import moving, scheduling
from app.publication.moving import Move, Side
from app.tenancy.models import OcidPrefix, SujetoObligado, Tenant

UNIT = 20
"""Processes that one transaction moves: they stand in memory together."""
INHERITED = 2000
"""Where inherited prefixes stand among those of a tenant: no new process gets one."""

_log = logs.get(__name__)


def start(session: Session, act: PlatformAct) -> None:
    """Copy the bodies to the target and close them for work on both sides, in the transaction that accepts the act.

    Args:
        session: of the owner, bound to the source.
        act: a transfer, accepted just now.

    Raises:
        ConflictError: something stands in the way.
    """
    move = move_of(session, act)
    found = obstacles(session, move, bodies_of(act))
    if found:
        raise ConflictError(" ".join(found))
    way = Way(move.source.tenant_id, move.target.tenant_id)
    was: dict[str, str] = {}
    for row in _bodies(session, act):
        was[str(row.sujeto_obligado_id)] = row.status
        with in_tenant(session, way.target_id):
            taken = session.exec(
                select(SujetoObligado.key).where(
                    SujetoObligado.tenant_id == way.target_id, SujetoObligado.key == row.key
                )
            ).first()
        BODIES.apply(row, "move")
        row.row_version += 1
        session.flush()
        key = f"{row.key}-{move.source.slug}" if taken else row.key
        carrying.body(session, way, row.sujeto_obligado_id, {"key": key})
    _inherit(session, move, bodies_of(act))
    total = len(
        session.exec(
            select(ContractingProcess.process_id).where(
                ContractingProcess.tenant_id == way.source_id,
                among(ContractingProcess.sujeto_obligado_id, bodies_of(act)),
            )
        ).all()
    )
    act.detail = act.detail | {
        "was": was,
        "stage": "processes",
        "done": 0,
        "total": total,
        "after": str(UUID(int=0)),
    }


def carry_on(database: Database, storage: Storage) -> int:
    """Go on with every transfer that was accepted, to its end; returns how many ended."""
    with database.owner_work() as session:
        open_ = session.exec(
            select(PlatformAct)
            .where(PlatformAct.kind == "transfer", PlatformAct.status == "accepted")
            .order_by(col(PlatformAct.decided_at))
        ).all()
    for act in open_:
        with apart(transfer=str(act.act_id)):
            while step(database, storage, act.act_id):
                pass
    return len(open_)


def step(database: Database, storage: Storage, act_id: UUID) -> bool:
    """Do the next step of a transfer; returns whether there is another."""
    with database.owner_work() as session:
        act = session.get_one(PlatformAct, act_id)
    actor = Actor(tenant_id=act.subject_id, account_id=act.decided_by, role="system")
    gone: list[str] = []
    with database.owner_work(actor) as session:
        act = session.exec(select(PlatformAct).where(PlatformAct.act_id == act_id).with_for_update()).one()
        if act.status != "accepted":
            return False
        stage = act.detail["stage"]
        if stage == "processes":
            gone = _processes(session, storage, act)
        elif stage == "people":
            _people(session, act)
    for key in gone:
        storage.delete(key)
    if stage == "after":
        _after(database, storage, actor, act)
        return False
    return True


def move_of(session: Session, act: PlatformAct) -> Move:
    """Return from where to where an act moves bodies."""
    names = {
        tenant_id: _slug(session, tenant_id) for tenant_id in (act.subject_id, UUID(act.detail["target"]))
    }
    source, target = (Side(tenant_id, slug) for tenant_id, slug in names.items())
    return Move(source, target, act.legal_act)


def _slug(session: Session, tenant_id: UUID) -> str:
    with in_tenant(session, tenant_id):
        return session.exec(select(Tenant.slug).where(Tenant.tenant_id == tenant_id)).one()


def _bodies(session: Session, act: PlatformAct) -> list[SujetoObligado]:
    return list(
        session.exec(
            select(SujetoObligado)
            .where(
                SujetoObligado.tenant_id == act.subject_id,
                among(SujetoObligado.sujeto_obligado_id, bodies_of(act)),
            )
            .order_by(col(SujetoObligado.sujeto_obligado_id))
            .with_for_update()
        )
    )


def _inherit(session: Session, move: Move, bodies: list[UUID]) -> None:
    """List at the target the prefixes of the ocids that come."""
    own = session.exec(select(OcidPrefix).where(OcidPrefix.tenant_id == move.source.tenant_id)).all()
    used = [
        row.prefix
        for row in own
        if session.exec(
            select(ContractingProcess.process_id).where(
                ContractingProcess.tenant_id == move.source.tenant_id,
                among(ContractingProcess.sujeto_obligado_id, bodies),
                col(ContractingProcess.ocid).startswith(row.prefix, autoescape=True),
            )
        ).first()
    ]
    with in_tenant(session, move.target.tenant_id):
        known = set(
            session.exec(select(OcidPrefix.prefix).where(OcidPrefix.tenant_id == move.target.tenant_id))
        )
        session.add_all(
            OcidPrefix(
                tenant_id=move.target.tenant_id,
                prefix=prefix,
                kind="inherited",
                position=INHERITED + turn,
                source=f"Traspaso desde {move.source.slug}",
            )
            for turn, prefix in enumerate(used)
            if prefix not in known
        )


def _processes(session: Session, storage: Storage, act: PlatformAct) -> list[str]:
    """Move the next processes; returns the keys of files that go once this is committed."""
    move = move_of(session, act)
    way = Way(move.source.tenant_id, move.target.tenant_id)
    ids = session.exec(
        select(ContractingProcess.process_id)
        .where(
            ContractingProcess.tenant_id == way.source_id,
            # Nobody begins a process meanwhile, so what comes before has moved.
            ContractingProcess.process_id > UUID(act.detail["after"]),
            among(ContractingProcess.sujeto_obligado_id, bodies_of(act)),
            col(ContractingProcess.moved_to).is_(None),
        )
        .order_by(col(ContractingProcess.process_id))
        .limit(UNIT)
        .with_for_update()
    ).all()
    if not ids:
        act.detail = act.detail | {"stage": "people"}
        return []
    _copy_files(session, storage, way, list(ids))
    carrying.processes(session, way, ids)
    moving.hand_over(session, move, ids)
    gone = carrying.leave(session, way, ids)
    _note(session, move, list(ids))
    act.detail = act.detail | {"done": act.detail["done"] + len(ids), "after": str(ids[-1])}
    return gone


def _copy_files(session: Session, storage: Storage, way: Way, ids: list[UUID]) -> None:
    """Put the files of processes at the target, each under the name that it has at the source."""
    for key, size in session.exec(
        select(Attachment.storage_key, Attachment.size_bytes).where(
            Attachment.tenant_id == way.source_id,
            among(Attachment.process_id, ids),
            among(Attachment.status, ["scanning", "ready"]),
        )
    ):
        with storage.scratch_file() as file:
            for piece in storage.read(key, 0, size):
                file.write(piece)
            file.seek(0)
            storage.put(f"{way.target_id}/{key.partition('/')[2]}", file)


def _note(session: Session, move: Move, ids: list[UUID]) -> None:
    """Write in both audits which processes went, and where."""
    for side, other, verb in (
        (move.source, move.target, "process.move_out"),
        (move.target, move.source, "process.move_in"),
    ):
        with in_tenant(session, side.tenant_id):
            told = [(process_id, {"tenant": other.slug}) for process_id in ids]
            audit.record_many(session, verb, "contracting_process", list(told))


def _people(session: Session, act: PlatformAct) -> None:
    """Let people work at the target from now on, and tell both sides that it is done."""
    move = move_of(session, act)
    was: dict[str, str] = act.detail["was"]
    members = _members(session, act)
    _shut_out(session, act)
    processes = _count(session, act)
    for row in _bodies(session, act):
        body_id = row.sujeto_obligado_id
        BODIES.apply(row, "leave")
        row.row_version += 1
        session.add(_change(row, f"Pasa a {move.target.slug}. {move.ground}"))
        _tell(session, move, body_id, "out", processes.get(body_id, 0))
        with in_tenant(session, move.target.tenant_id):
            there = session.get_one(SujetoObligado, (move.target.tenant_id, body_id), with_for_update=True)
            BODIES.apply(there, "arrive")
            if was[str(body_id)] == "suspended":
                BODIES.apply(there, "suspend")
            there.row_version += 1
            session.add(_change(there, f"Llega de {move.source.slug}. {move.ground}"))
            _tell(session, move, body_id, "in", processes.get(body_id, 0))
    with in_tenant(session, move.target.tenant_id):
        session.add_all(
            Membership(
                tenant_id=move.target.tenant_id,
                membership_id=new_id(),
                account_id=one.account_id,
                role=one.role,
                sujeto_obligado_id=one.sujeto_obligado_id,
                granted_by=act.decided_by,
            )
            for one in members
        )
    act.detail = act.detail | {"stage": "after"}


def _members(session: Session, act: PlatformAct) -> list[Membership]:
    """End the memberships of the bodies at the source; return those that go on at the target.

    What was lent ends: its lender goes too.
    """
    rows = session.exec(
        select(Membership)
        .where(
            Membership.tenant_id == act.subject_id,
            among(Membership.sujeto_obligado_id, bodies_of(act)),
            Membership.status == "active",
        )
        .with_for_update()
    ).all()
    for row in rows:
        MEMBERSHIPS.apply(row, "end")
        row.ended_at, row.ended_by = clock.now(), act.decided_by
    return [row for row in rows if row.lent_by is None and row.role != MACHINE_ROLE]


def _shut_out(session: Session, act: PlatformAct) -> None:
    """Revoke the clients of the bodies: their secrets are the source's."""
    for row in session.exec(
        select(MachineClient).where(
            MachineClient.tenant_id == act.subject_id,
            among(MachineClient.sujeto_obligado_id, bodies_of(act)),
            col(MachineClient.revoked_at).is_(None),
        )
    ):
        row.revoked_at = clock.now()
        audit.record(session, "client.revoke", "machine_client", row.client_id)


def _count(session: Session, act: PlatformAct) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for body_id in session.exec(
        select(ContractingProcess.sujeto_obligado_id).where(
            ContractingProcess.tenant_id == act.subject_id,
            among(ContractingProcess.sujeto_obligado_id, bodies_of(act)),
        )
    ):
        found[body_id] = found.get(body_id, 0) + 1
    return found


def _change(row: SujetoObligado, reason: str) -> SujetoChange:
    return SujetoChange(
        tenant_id=row.tenant_id,
        sujeto_obligado_id=row.sujeto_obligado_id,
        row_version=row.row_version,
        act="move",
        changed={},
        reason=reason,
    )


def _tell(session: Session, move: Move, body_id: UUID, direction: str, processes: int) -> None:
    """Write in the public log and in the audit of the tenant that the transaction is bound to."""
    other = move.target if direction == "out" else move.source
    reason = f"Pasa a /{other.slug}/." if direction == "out" else f"Llega de /{other.slug}/."
    public_log.tell(
        session,
        "transfer",
        sujeto_obligado_id=body_id,
        ground=move.ground,
        reason=reason,
        tenant=other.slug,
        processes=processes,
    )
    audit.record(
        session,
        f"padron.move_{direction}",
        "sujeto_obligado",
        body_id,
        tenant=other.slug,
        processes=processes,
    )
    outbox.emit(session, "padron.changed", [{"sujeto_obligado_id": str(body_id)}])


def _after(database: Database, storage: Storage, actor: Actor, act: PlatformAct) -> None:
    """Do what units of work of the target itself do, and what may be done twice; then the act is done."""
    target = UUID(act.detail["target"])
    there = replace(actor, tenant_id=target)
    with database.unit_of_work(there) as session:
        scheduling.queue_again(session, there)
    _invite_again(database, actor, there, act)
    _sweep(database, storage, there, act)
    with database.owner_work(actor) as session:
        held = session.exec(
            select(PlatformAct).where(PlatformAct.act_id == act.act_id).with_for_update()
        ).one()
        if held.status != "accepted":
            return  # another worker ended it meanwhile
        ACTS.apply(held, "finish")
        held.done_at = clock.now()
    _log.info("transfer_done", act=str(act.act_id))


def _sweep(database: Database, storage: Storage, there: Actor, act: PlatformAct) -> None:
    """Delete at the source the files that only the target names, where a worker died before it could."""
    with database.owner_work(there) as session:
        keys = session.exec(
            select(Attachment.storage_key).where(
                Attachment.tenant_id == there.tenant_id,
                among(Attachment.sujeto_obligado_id, bodies_of(act)),
                col(Attachment.published_at).is_(None),
            )
        ).all()
    for key in keys:
        storage.delete(f"{act.subject_id}/{key.partition('/')[2]}")


def _invite_again(database: Database, actor: Actor, there: Actor, act: PlatformAct) -> None:
    """Invite from the target whom the source had invited to these bodies; the old links open nothing any more."""
    with database.owner_work(actor) as session:
        open_ = session.exec(
            select(Invitation).where(
                Invitation.tenant_id == act.subject_id,
                among(Invitation.sujeto_obligado_id, bodies_of(act)),
                col(Invitation.accepted_at).is_(None),
                col(Invitation.revoked_at).is_(None),
            )
        ).all()
        for row in open_:
            row.revoked_at = clock.now()
    inviting = replace(there, role="garante_admin")
    for row in open_:
        try:
            with database.unit_of_work(inviting) as session:
                offer = Offer(row.email, row.full_name, row.role, row.sujeto_obligado_id)
                invitations.invite(session, inviting, offer)
        except AppError:
            _log.warning("transfer_not_invited", act=str(act.act_id), invitation=str(row.invitation_id))

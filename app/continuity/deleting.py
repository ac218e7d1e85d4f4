"""Deleting a tenant: its rows and files go, a tombstone stays that says who it was and where its chain ended.

A file outside of the database remembers the act, so that a restored backup does not bring the tenant back.
"""

from collections.abc import Iterator
from io import BytesIO

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.continuity.acts import require_kept
from app.continuity.models import PlatformAct
from app.continuity.workflow import ACTS, TENANTS
from app.core import audit, clock, json, logs, public_log
from app.core.db import Actor, Database
from app.core.errors import ConflictError
from app.core.jobs import apart
from app.core.metadata import metadata
from app.core.storage import Storage
from app.publication.removals import DELETED, FOLDER
from app.tenancy.models import Tenant

TOMBSTONE = (
    "tenant",
    "tenant_name",
    "ocid_prefix",
    "chain_head",
    "signed_head",
    "public_act",
    "audit_event",
    "audit_seal",
)
"""Tables whose rows stay: its address and prefixes are nobody else's for ever, and what was done stays told."""

_KEPT = tuple(name for name in PlatformAct.model_fields if name != "status")
_log = logs.get(__name__)


def delete_due(database: Database, storage: Storage) -> int:
    """Delete the tenants whose seven days are over; returns how many."""
    with database.owner_work() as session:
        due = session.exec(
            select(PlatformAct).where(
                PlatformAct.kind == "deletion",
                PlatformAct.status == "accepted",
                col(PlatformAct.not_before) <= clock.now(),
            )
        ).all()
    for act in due:
        with apart(deleting=str(act.subject_id)):
            _delete(database, storage, act)
    return len(due)


def delete_again(database: Database, storage: Storage) -> tuple[str, ...]:
    """Delete again the tenants that a restored backup brought back; returns their slugs, none the second time."""
    return tuple(slug for act in _remembered(storage) if (slug := _again(database, storage, act)))


def _delete(database: Database, storage: Storage, act: PlatformAct) -> None:
    """Close the door first, then take table after table; whatever stops it, the next time goes on."""
    actor = Actor(tenant_id=act.subject_id, account_id=act.decided_by, role="system")
    if not _closed(database, actor, act):
        return
    told = act.model_dump(mode="json", include=set(_KEPT))
    storage.put(f"{FOLDER}/{act.subject_id}/{DELETED}", BytesIO(json.dumps(told)))
    _clear(database, storage, actor, act)


def _clear(database: Database, storage: Storage, actor: Actor, act: PlatformAct) -> None:
    """Take away what is no part of the tombstone, and finish the act."""
    for table in reversed(metadata().sorted_tables):
        if "tenant_id" in table.columns and table.name not in TOMBSTONE:
            with database.owner_work(actor) as session:
                session.execute(delete(table).where(table.c.tenant_id == act.subject_id))
    for stored in storage.files_of(act.subject_id):
        storage.delete(stored.key)
    with database.owner_work(actor) as session:
        held = session.exec(
            select(PlatformAct).where(PlatformAct.act_id == act.act_id).with_for_update()
        ).one()
        ACTS.apply(held, "finish")
        held.done_at = clock.now()
        audit.record(session, "tenant.delete", "tenant", act.subject_id, act=str(act.act_id))
    _log.info("tenant_deleted", tenant=str(act.subject_id))


def _closed(database: Database, actor: Actor, act: PlatformAct) -> bool:
    """Turn the tenant into a tombstone, unless somebody cancelled meanwhile or it came back to work."""
    with database.owner_work(actor) as session:
        held = session.exec(
            select(PlatformAct).where(PlatformAct.act_id == act.act_id).with_for_update()
        ).one()
        tenant = session.exec(
            select(Tenant).where(Tenant.tenant_id == act.subject_id).with_for_update()
        ).one()
        if held.status != "accepted":
            return False
        if tenant.status == "deleted":
            return True
        try:
            require_kept(session, held)
        except (
            ConflictError
        ):  # it came back to work meanwhile, or published: what was decided is no longer so
            ACTS.apply(held, "cancel")
            audit.record(session, "tenant.deletion_cancel", "tenant", act.subject_id, act=str(act.act_id))
            return False
        _bury(session, tenant, held)
    return True


def _remembered(storage: Storage) -> Iterator[PlatformAct]:
    for file in storage.below(FOLDER):
        if file.key.endswith(f"/{DELETED}"):
            raw = b"".join(storage.read(file.key, 0, file.size_bytes))
            yield PlatformAct.model_validate({**json.loads(raw), "status": "accepted"})


def _again(database: Database, storage: Storage, act: PlatformAct) -> str | None:
    """Delete a tenant as it was deleted before, whatever it did when the backup was made; returns its slug."""
    actor = Actor(tenant_id=act.subject_id, account_id=act.decided_by, role="system")
    with database.owner_work(actor) as session:
        tenant = session.exec(
            select(Tenant).where(Tenant.tenant_id == act.subject_id).with_for_update()
        ).one_or_none()
        if tenant is None or tenant.status == "deleted":
            return None
        if tenant.status == "active":
            TENANTS.apply(tenant, "suspend")
        _bury(session, tenant, act)
        session.merge(act)  # the backup may not know of it, or only that it was asked for
        slug = tenant.slug
    _clear(database, storage, actor, act)
    _log.warning("tenant_deleted_again", tenant=str(act.subject_id))
    return slug


def _bury(session: Session, tenant: Tenant, act: PlatformAct) -> None:
    TENANTS.apply(tenant, "delete")
    tenant.status_since, tenant.status_reason = clock.now(), act.legal_act
    public_log.tell(session, "suspension", ground=act.legal_act, reason=act.legal_act, act="delete")

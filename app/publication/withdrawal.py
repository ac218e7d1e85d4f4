"""Withdrawal: the bytes really go, and that they went stays for ever."""

from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import delete, insert, update
from sqlmodel import col, select

from app.attachments import service as attachments
from app.attachments.addresses import named_in
from app.core import audit, clock, json, outbox
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.tables import table_of
from app.ocds import merge
from app.processes.queries import load_by_id
from app.publication.chain import Entry
from app.publication.facets import facets
from app.publication.models import ProcessFacet, PublicationTotal, Record, Release, ReleaseBody
from app.publication.service import lock_head


def withdraw(session: RwSession, actor: Actor, position: int, ground: str) -> int:
    """Take one release from the public, leaving an entry that says so; returns that entry's position.

    The bytes go, the record is merged again from what remains or goes with the last release, files that no other
    release of the process names go too, and every process that keeps hot answers drops them within a second
    (`app.openapi`). The hash and the ground stay for ever.

    Args:
        session: bound to the actor.
        actor: recorded in the audit; who may ask is the workflow's business.
        position: of the release in the tenant's chain.
        ground: the ground in law, in Spanish, shown to everyone.

    Raises:
        InvalidError: no ground.
        NotFoundError: no such release.
        ConflictError: it is withdrawn already.
    """
    if not ground.strip():
        raise InvalidError("El retiro necesita su fundamento en la ley.")
    release = session.exec(
        select(Release).where(
            Release.tenant_id == actor.tenant_id, Release.position == position, Release.kind == "release"
        )
    ).one_or_none()
    if release is None:
        raise NotFoundError("No encontramos esa entrega.")
    load_by_id(session, actor, [release.process_id], for_update=True)
    remaining = _remaining(session, actor, release)
    still_named = {attachment_id for _, body in remaining for attachment_id in named_in(body)}
    attachments.withdraw(session, actor, release.process_id, still_named)
    head = lock_head(session, actor)
    body = session.exec(
        select(ReleaseBody.position).where(
            ReleaseBody.tenant_id == actor.tenant_id, ReleaseBody.position == position
        )
    ).one_or_none()
    if body is None:
        raise ConflictError("Esa entrega ya fue retirada.")
    date = max(clock.now(), (head.last_date or clock.now()) + timedelta(microseconds=1))
    entry = Entry(
        tenant_id=head.tenant_id,
        position=head.position + 1,
        kind="withdrawal",
        ocid=release.ocid,
        release_id=f"retiro-{head.position + 1}",
        date=date,
        body_sha256=release.body_sha256,
        withdraws=position,
        ground=ground.strip(),
        previous_hash=head.entry_hash,
    )
    session.connection().execute(
        insert(table_of(Release)),
        [
            {
                **asdict(entry),
                "process_id": release.process_id,
                "sujeto_obligado_id": release.sujeto_obligado_id,
                "version_number": release.version_number,
                "tag": [],
                "entry_hash": entry.hash(),
            }
        ],
    )
    session.execute(
        delete(ReleaseBody).where(
            col(ReleaseBody.tenant_id) == actor.tenant_id, col(ReleaseBody.position) == position
        )
    )
    gone = _rebuild_record(session, actor, release, remaining)
    head.position, head.entry_hash, head.last_date = entry.position, entry.hash(), date
    head.withdrawals += 1
    head.live_releases -= 1
    head.live_records -= gone
    session.add(head)
    session.execute(
        update(PublicationTotal)
        .where(
            col(PublicationTotal.tenant_id) == actor.tenant_id,
            col(PublicationTotal.sujeto_obligado_id) == release.sujeto_obligado_id,
        )
        .values(releases=PublicationTotal.releases - 1, processes=PublicationTotal.processes - gone)
        .execution_options(synchronize_session=False)
    )
    audit.record(
        session,
        "process.withdraw",
        "contracting_process",
        release.process_id,
        position=position,
        sha256=release.body_sha256.hex(),
    )
    outbox.emit(session, "publication.withdrawn", [{"position": position, "ocid": release.ocid}])
    return entry.position


def _remaining(session: RwSession, actor: Actor, release: Release) -> list[tuple[Release, bytes]]:
    """Return the other releases of a process that still stand, with their bytes, in their order."""
    rows = session.exec(
        select(Release, ReleaseBody.body)
        .join(
            ReleaseBody,
            (col(ReleaseBody.tenant_id) == col(Release.tenant_id))
            & (col(ReleaseBody.position) == col(Release.position)),
        )
        .where(
            Release.tenant_id == actor.tenant_id,
            Release.process_id == release.process_id,
            Release.position != release.position,
        )
        .order_by(col(Release.position))
    )
    return [(row, body) for row, body in rows]


def _rebuild_record(
    session: RwSession, actor: Actor, release: Release, remaining: list[tuple[Release, bytes]]
) -> int:
    """Merge a process' record again from the bodies that remain; returns 1 when none does, else 0."""
    if not remaining:
        for model in (ProcessFacet, Record):
            table = table_of(model)
            session.execute(
                delete(table).where(table.c.tenant_id == actor.tenant_id, table.c.ocid == release.ocid)
            )
        return 1
    newest = remaining[-1][0]
    compiled = merge.compiled([json.loads(body) for _, body in remaining])
    session.execute(
        update(Record)
        .where(col(Record.tenant_id) == actor.tenant_id, col(Record.ocid) == release.ocid)
        .values(
            position=newest.position,
            date=newest.date,
            release_count=len(remaining),
            compiled=json.dumps(compiled),
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(ProcessFacet)
        .where(col(ProcessFacet.tenant_id) == actor.tenant_id, col(ProcessFacet.ocid) == release.ocid)
        .values(published_at=newest.date, **facets(compiled))
        .execution_options(synchronize_session=False)
    )
    return 0

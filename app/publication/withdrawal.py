"""Withdrawal: the bytes really go, and that they went stays for ever."""

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, update
from sqlmodel import col, select

from app.attachments import service as attachments
from app.attachments.addresses import named_in
from app.core import audit, clock, json, outbox, public_log
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.tables import among, table_of
from app.ocds import merge
from app.processes.models import ProcessVersion
from app.processes.queries import load_by_id
from app.processes.workflow import VERSIONS
from app.publication.chain import Entry
from app.publication.facets import facets
from app.publication.models import ProcessFacet, PublicationTotal, Record, Release, ReleaseBody
from app.publication.service import lock_head


def withdraw(session: RwSession, actor: Actor, position: int, ground: str, reason: str = "") -> int:
    """Take one release from the public, leaving an entry that says so; returns that entry's position.

    As `withdraw_process`, for one release: the record is merged again from what remains, and files that no other
    release of the process names go.

    Args:
        session: bound to the actor.
        actor: recorded in the audit; who may ask is the workflow's business.
        position: of the release in the tenant's chain.
        ground: the ground in law, in Spanish, shown to everyone.
        reason: why, in Spanish, for the public log.

    Raises:
        InvalidError: no ground.
        NotFoundError: no such release.
        ConflictError: it is withdrawn already.
    """
    told = _ground(ground)
    release = session.exec(
        select(Release).where(
            Release.tenant_id == actor.tenant_id, Release.position == position, Release.kind == "release"
        )
    ).one_or_none()
    if release is None:
        raise NotFoundError("No encontramos esa entrega.")
    standing = _standing(session, actor, release.process_id)
    going = [row for row, _ in standing if row.position == position]
    if not going:
        raise ConflictError("Esa entrega ya fue retirada.")
    (entry,) = _withdraw(session, actor, standing, going, told)
    _tell(session, release, told, reason, scope="release", releases=1, release_id=release.release_id)
    return entry


def withdraw_process(
    session: RwSession, actor: Actor, process_id: UUID, ground: str, reason: str = ""
) -> list[int]:
    """Take every release of a process from the public; returns the positions of the entries that say so.

    The bytes go, and with them the record, the facets and every file that the releases named; every process that keeps
    hot answers drops them within a second (`app.openapi`). Hashes and the ground stay for ever.

    Args:
        session: bound to the actor.
        actor: recorded in the audit; who may ask is the workflow's business.
        process_id: of the process.
        ground: the ground in law, in Spanish, shown to everyone.
        reason: why, in Spanish, for the public log.

    Raises:
        InvalidError: no ground.
        ConflictError: nothing of it is published.
    """
    told = _ground(ground)
    standing = _standing(session, actor, process_id)
    if not standing:
        raise ConflictError("De esa contratación no hay nada publicado.")
    going = [row for row, _ in standing]
    entries = _withdraw(session, actor, standing, going, told)
    _tell(session, going[-1], told, reason, scope="process", releases=len(going))
    return entries


def _ground(ground: str) -> str:
    if not ground.strip():
        raise InvalidError("El retiro necesita su fundamento en la ley.")
    return ground.strip()


def _tell(session: RwSession, release: Release, ground: str, reason: str, **detail: str | int) -> None:
    public_log.tell(
        session,
        "withdrawal",
        sujeto_obligado_id=release.sujeto_obligado_id,
        ocid=release.ocid,
        ground=ground,
        reason=reason,
        **detail,
    )


def _withdraw(
    session: RwSession,
    actor: Actor,
    standing: list[tuple[Release, bytes]],
    going: list[Release],
    ground: str,
) -> list[int]:
    """Write an entry per release that goes, delete its bytes, and derive everything again from what remains."""
    gone = {release.position for release in going}
    remaining = [(release, body) for release, body in standing if release.position not in gone]
    process_id = going[0].process_id
    still_named = {attachment_id for _, body in remaining for attachment_id in named_in(body)}
    attachments.withdraw(session, actor, process_id, still_named)
    _mark_versions(session, actor, going)
    head = lock_head(session, actor)
    date = max(clock.now(), (head.last_date or clock.now()) + timedelta(microseconds=1))
    rows = []
    for turn, release in enumerate(going):
        entry = Entry(
            tenant_id=head.tenant_id,
            position=head.position + 1,
            kind="withdrawal",
            ocid=release.ocid,
            release_id=f"retiro-{head.position + 1}",
            date=date + timedelta(microseconds=turn),
            body_sha256=release.body_sha256,
            withdraws=release.position,
            ground=ground,
            previous_hash=head.entry_hash,
        )
        head.position, head.entry_hash, head.last_date = entry.position, entry.hash(), entry.date
        rows.append(
            {
                **asdict(entry),
                "process_id": process_id,
                "sujeto_obligado_id": release.sujeto_obligado_id,
                "version_number": release.version_number,
                "tag": [],
                "entry_hash": head.entry_hash,
            }
        )
    session.connection().execute(insert(table_of(Release)), rows)
    session.execute(
        delete(ReleaseBody).where(
            col(ReleaseBody.tenant_id) == actor.tenant_id, among(ReleaseBody.position, gone)
        )
    )
    records_gone = _rebuild_record(session, actor, going[-1], remaining)
    head.withdrawals += len(going)
    head.live_releases -= len(going)
    head.live_records -= records_gone
    session.add(head)
    _discount(session, actor, going, records_gone)
    audit.record_many(
        session,
        "process.withdraw",
        "contracting_process",
        [
            (process_id, {"position": release.position, "sha256": release.body_sha256.hex()})
            for release in going
        ],
    )
    outbox.emit(
        session,
        "publication.withdrawn",
        [{"position": release.position, "ocid": release.ocid} for release in going],
    )
    return [row["position"] for row in rows]


def _mark_versions(session: RwSession, actor: Actor, going: list[Release]) -> None:
    """Say on the desk which versions are public no longer."""
    session.execute(
        update(ProcessVersion)
        .where(
            col(ProcessVersion.tenant_id) == actor.tenant_id,
            col(ProcessVersion.process_id) == going[0].process_id,
            among(ProcessVersion.number, [release.version_number for release in going]),
            col(ProcessVersion.status) == "published",
        )
        .values(
            status=VERSIONS.check("withdraw", "published").target,
            row_version=ProcessVersion.row_version + 1,
            updated_at=func.now(),
        )
        .execution_options(synchronize_session=False)
    )


def _discount(session: RwSession, actor: Actor, going: list[Release], records_gone: int) -> None:
    per_sujeto = Counter(release.sujeto_obligado_id for release in going)
    for sujeto, releases in sorted(per_sujeto.items()):
        processes = records_gone if sujeto == going[-1].sujeto_obligado_id else 0
        session.execute(
            update(PublicationTotal)
            .where(
                col(PublicationTotal.tenant_id) == actor.tenant_id,
                col(PublicationTotal.sujeto_obligado_id) == sujeto,
            )
            .values(
                releases=PublicationTotal.releases - releases,
                processes=PublicationTotal.processes - processes,
            )
            .execution_options(synchronize_session=False)
        )


def _standing(session: RwSession, actor: Actor, process_id: UUID) -> list[tuple[Release, bytes]]:
    """Return the releases of a process that stand, with their bytes, in their order; the process stays locked."""
    load_by_id(session, actor, [process_id], for_update=True)
    rows = session.exec(
        select(Release, ReleaseBody.body)
        .join(
            ReleaseBody,
            (col(ReleaseBody.tenant_id) == col(Release.tenant_id))
            & (col(ReleaseBody.position) == col(Release.position)),
        )
        .where(Release.tenant_id == actor.tenant_id, Release.process_id == process_id)
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

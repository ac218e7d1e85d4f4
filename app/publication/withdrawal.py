"""Withdrawal: the bytes really go, and that they went stays for ever."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, update
from sqlmodel import col, select

from app.attachments import service as attachments
from app.attachments.addresses import named_in
from app.core import audit, clock, json, outbox, public_log
from app.core.db import Actor, RwSession, in_tenant
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.tables import among, table_of
from app.ocds import merge
from app.processes.models import ProcessVersion
from app.processes.queries import load_by_id
from app.processes.workflow import VERSIONS
from app.publication.chain import Entry
from app.publication.facets import facets
from app.publication.models import ProcessFacet, PublicationTotal, Record, Release, ReleaseBody, TakenOver
from app.publication.service import lock_head
from app.publication.standing import Standing, arrival
from app.publication.standing import standing as standing_releases
from app.tenancy.models import SujetoObligado


def withdraw(session: RwSession, actor: Actor, position: int, ground: str, reason: str = "") -> int:
    """Take one release from the public, leaving an entry that says so; returns that entry's position.

    As `withdraw_process`, for one release: the record is merged again from what remains, and files that no other
    release of the process names go.

    Args:
        session: bound to the actor.
        actor: recorded in the audit; who may ask is the workflow's business.
        position: of the release in the tenant's chain; below zero for one in the chain of a tenant that the process came
            from (`standing.Standing`), whose bytes and chain it then changes too.
        ground: the ground in law, in Spanish, shown to everyone.
        reason: why, in Spanish, for the public log.

    Raises:
        InvalidError: no ground.
        NotFoundError: no such release.
        ConflictError: it is withdrawn already.
    """
    told = _ground(ground)
    process_id = _process_of(session, actor, position)
    standing = _standing(session, actor, process_id)
    going = [one for one in standing if one.position == position]
    if not going:
        raise ConflictError("Esa entrega ya fue retirada.")
    (entry,) = _withdraw(session, actor, standing, going, _Told(told, reason))
    release = going[0].release
    _tell(session, release, _Told(told, reason), scope="release", releases=1, release_id=release.release_id)
    return entry


def _process_of(session: RwSession, actor: Actor, position: int) -> UUID:
    """Return the process that a release tells of, in the tenant's own chain or, below zero, in another's."""
    found = session.exec(
        select(Release.process_id).where(
            Release.tenant_id == actor.tenant_id, Release.position == position, Release.kind == "release"
        )
        if position > 0
        else select(TakenOver.process_id).where(
            TakenOver.tenant_id == actor.tenant_id, TakenOver.place == position
        )
    ).one_or_none()
    if found is None:
        raise NotFoundError("No encontramos esa entrega.")
    return found


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
    entries = _withdraw(session, actor, standing, standing, _Told(told, reason))
    newest = standing[-1].release
    _tell(session, newest, _Told(told, reason), scope="process", releases=len(standing))
    return entries


@dataclass(frozen=True, slots=True)
class _Told:
    """What everyone reads of a withdrawal."""

    ground: str
    reason: str


def _ground(ground: str) -> str:
    if not ground.strip():
        raise InvalidError("El retiro necesita su fundamento en la ley.")
    return ground.strip()


def _tell(session: RwSession, release: Release, told: _Told, **detail: str | int) -> None:
    public_log.tell(
        session,
        "withdrawal",
        sujeto_obligado_id=release.sujeto_obligado_id,
        ocid=release.ocid,
        ground=told.ground,
        reason=told.reason,
        **detail,
    )


def _withdraw(
    session: RwSession, actor: Actor, standing: list[Standing], going: list[Standing], told: _Told
) -> list[int]:
    """Write an entry per release that goes, delete its bytes, and derive everything again from what remains.

    A release is withdrawn in the chain that it stands in; chains are locked in one order, whoever withdraws from where.
    """
    gone = {one.position for one in going}
    remaining = [one for one in standing if one.position not in gone]
    process_id = going[0].release.process_id
    still_named = {attachment_id for one in remaining for attachment_id in named_in(one.body)}
    sources = _sources(session, actor, process_id)
    attachments.withdraw(session, actor, process_id, still_named)
    for source in sources:
        with in_tenant(session, source) as there:
            attachments.withdraw(session, there, process_id, still_named)
    _mark_versions(session, actor, [one.release for one in going])
    chains: dict[UUID, list[Release]] = {}
    for one in going:
        chains.setdefault(one.release.tenant_id, []).append(one.release)
    own = _own(actor)
    for tenant_id in sorted({*chains, own}):
        with in_tenant(session, tenant_id) as there:
            lock_head(session, there)
    entries = []
    for tenant_id, releases in chains.items():
        if tenant_id == own:
            entries += _enter(session, actor, releases, told.ground)
            continue
        with in_tenant(session, tenant_id) as there:
            entries += _enter(session, there, releases, told.ground)
            _tell(session, releases[-1], told, scope="moved", releases=len(releases))
    if _rebuild_record(session, actor, going[-1].release, remaining):
        head = lock_head(session, actor)
        head.live_records -= 1
        session.add(head)
        _discount(session, actor, [], standing[-1].release.sujeto_obligado_id)
    _date_bodies(session, actor, {one.release.sujeto_obligado_id for one in (*going, standing[-1])})
    outbox.emit(
        session,
        "publication.withdrawn",
        [{"position": one.position, "ocid": one.release.ocid} for one in going],
    )
    return entries


def _own(actor: Actor) -> UUID:
    if actor.tenant_id is None:
        raise NotFoundError
    return actor.tenant_id


def _sources(session: RwSession, actor: Actor, process_id: UUID) -> list[UUID]:
    """Return the tenants in whose chains releases of a process stand or stood; files that they name are there too."""
    return sorted(
        set(
            session.exec(
                select(TakenOver.source_id).where(
                    TakenOver.tenant_id == actor.tenant_id, TakenOver.process_id == process_id
                )
            )
        )
    )


def _enter(session: RwSession, actor: Actor, going: list[Release], ground: str) -> list[int]:
    """Withdraw releases of one chain: entries, bytes, counts; returns the positions of the entries."""
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
                "process_id": release.process_id,
                "sujeto_obligado_id": release.sujeto_obligado_id,
                "version_number": release.version_number,
                "tag": [],
                "entry_hash": head.entry_hash,
            }
        )
    session.connection().execute(insert(table_of(Release)), rows)
    session.execute(
        delete(ReleaseBody).where(
            col(ReleaseBody.tenant_id) == actor.tenant_id,
            among(ReleaseBody.position, [release.position for release in going]),
        )
    )
    head.withdrawals += len(going)
    head.live_releases -= len(going)
    session.add(head)
    _discount(session, actor, going)
    audit.record_many(
        session,
        "process.withdraw",
        "contracting_process",
        [
            (release.process_id, {"position": release.position, "sha256": release.body_sha256.hex()})
            for release in going
        ],
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


def _discount(session: RwSession, actor: Actor, going: list[Release], process_of: UUID | None = None) -> None:
    """Take releases, and a process of one body, out of the counts of the bodies."""
    per_sujeto = Counter(release.sujeto_obligado_id for release in going)
    for sujeto in sorted({*per_sujeto, *([process_of] if process_of else [])}):
        session.execute(
            update(PublicationTotal)
            .where(
                col(PublicationTotal.tenant_id) == actor.tenant_id,
                col(PublicationTotal.sujeto_obligado_id) == sujeto,
            )
            .values(
                releases=PublicationTotal.releases - per_sujeto[sujeto],
                processes=PublicationTotal.processes - (1 if sujeto == process_of else 0),
            )
            .execution_options(synchronize_session=False)
        )


def _date_bodies(session: RwSession, actor: Actor, sujetos: set[UUID]) -> None:
    """Say again when bodies published last: what stands decides, and a body of which nothing stands has no date."""
    for sujeto in sorted(sujetos):
        last = (
            select(func.max(ProcessFacet.published_at))
            .where(ProcessFacet.tenant_id == actor.tenant_id, ProcessFacet.sujeto_obligado_id == sujeto)
            .scalar_subquery()
        )
        for model in (PublicationTotal, SujetoObligado):
            table = table_of(model)
            session.execute(
                update(table)
                .where(table.c.tenant_id == actor.tenant_id, table.c.sujeto_obligado_id == sujeto)
                .values(last_published_at=last)
            )


def _standing(session: RwSession, actor: Actor, process_id: UUID) -> list[Standing]:
    """Return the releases of a process that stand, with their bytes, in their order; the process stays locked."""
    if process_id not in load_by_id(session, actor, [process_id], for_update=True):
        raise NotFoundError("No encontramos ese proceso de contratación.")
    return standing_releases(session, _own(actor), process_id)


def _rebuild_record(session: RwSession, actor: Actor, release: Release, remaining: list[Standing]) -> int:
    """Merge a process' record again from the bodies that remain; returns 1 when none does, else 0."""
    if not remaining:
        for model in (ProcessFacet, Record):
            table = table_of(model)
            session.execute(
                delete(table).where(table.c.tenant_id == actor.tenant_id, table.c.ocid == release.ocid)
            )
        return 1
    newest = remaining[-1]
    compiled = merge.compiled([json.loads(one.body) for one in remaining])
    session.execute(
        update(Record)
        .where(col(Record.tenant_id) == actor.tenant_id, col(Record.ocid) == release.ocid)
        .values(
            position=max(newest.position, arrival(session, _own(actor), release.process_id)),
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

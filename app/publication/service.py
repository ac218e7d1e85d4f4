"""Publishing: everything is prepared first, then the tenant's chain is locked, written and left.

One release with its bytes, record, facets, chain entry and outbox row is never split: they are rows of one
transaction. Positions and dates are given under the lock of `chain_head`, which is taken last, after the process rows,
so that the order of positions is the order of commits and eight publishers do not wait for each other's preparation.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Session, col, select

from app.attachments import service as attachments
from app.attachments.addresses import named_in
from app.core import audit, bulk, clock, outbox, public_log
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.policy import require
from app.core.tables import among, table_of
from app.processes.models import OPEN_STATUSES, ProcessVersion
from app.processes.queries import VersionRef, WorkingProcess, load_by_id
from app.processes.service import PublishOutcome
from app.processes.workflow import VERSIONS
from app.publication import reserved
from app.publication.chain import GENESIS, Entry, rfc3339
from app.publication.models import (
    ChainHead,
    ProcessFacet,
    PublicationTotal,
    Record,
    Release,
    ReleaseBody,
)
from app.publication.preparation import Prepared, prepare
from app.publication.reserved import Kept
from app.tenancy import queries as tenancy
from app.tenancy.models import SujetoObligado

LARGEST_UNIT = 200
"""Releases that one transaction publishes at most."""
SYSTEM_ROLE = "system"
"""The service itself: it publishes what was scheduled."""


@dataclass(slots=True)
class _Rows:
    """Rows of one publication, gathered per table."""

    releases: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    facets: list[dict[str, Any]] = field(default_factory=list)


def publish_batch(session: RwSession, actor: Actor, refs: Sequence[VersionRef]) -> list[PublishOutcome]:
    """Publish versions, each whole or not at all; one that may not go out stops no other.

    The content is validated again, and what the privacy table withholds stays behind.

    Args:
        session: bound to the actor; the caller's unit of work commits.
        actor: must hold the permission that the transition asks for, at each sujeto obligado.
        refs: at most 200, one per process.

    Returns:
        An outcome per version, in order.

    Raises:
        InvalidError: too many at once.
        ConflictError: a version is not in a state from which it is published.
        ForbiddenError: the actor may not publish it.
        NotFoundError: a version is absent or somebody else's.
        SuspendedError: nobody works in the tenant for now.
    """
    if len(refs) > LARGEST_UNIT or len({ref.process_id for ref in refs}) < len(refs):
        raise InvalidError(f"Se publican hasta {LARGEST_UNIT} versiones a la vez, una por proceso.")
    if not refs:
        return []
    natural_rfc_public = tenancy.at_work(session, actor).natural_rfc_public
    processes = load_by_id(session, actor, [ref.process_id for ref in refs], for_update=True)
    for ref in refs:
        _check(actor, ref, processes.get(ref.process_id))
    known = _records(session, actor, refs)
    kept = reserved.kept(session, actor, processes)
    token = secrets.token_hex(14)[:27]
    now = rfc3339(clock.now())
    results = [
        prepare(
            ref,
            processes[ref.process_id],
            known.get(ref.process_id),
            now=now,
            token=token,
            natural_rfc_public=natural_rfc_public,
            kept=kept.get(ref.process_id, Kept()),
        )
        for ref in refs
    ]
    ready = [one for one in results if isinstance(one, Prepared)]
    named = {one.ref.process_id: files for one in ready if (files := named_in(one.body))}
    held_back = attachments.publish(session, actor, named)
    prepared = [one for one in ready if one.ref.process_id not in held_back]
    outcomes = [
        _outcome(ref, held_back.get(ref.process_id, []) if isinstance(one, Prepared) else one)
        for ref, one in zip(refs, results, strict=True)
    ]
    if prepared:
        _append(session, actor, prepared, token)
    return outcomes


def _outcome(ref: VersionRef, problems: list[dict[str, Any]]) -> PublishOutcome:
    return PublishOutcome(ref, published=not problems, problems=problems)


def _check(actor: Actor, ref: VersionRef, process: WorkingProcess | None) -> None:
    if process is None:
        raise NotFoundError("No encontramos ese proceso de contratación.")
    transition = VERSIONS.check("publish", process.open_status or "published", process.policy)
    if process.open_number != ref.number:
        raise ConflictError("La versión que se quiere publicar ya no es la que está abierta.")
    if transition.permission is not None:
        require(actor, transition.permission, process.sujeto_obligado_id)
    elif actor.role != SYSTEM_ROLE:
        raise ConflictError("Está programada: cancela la programación si quieres publicarla ahora.")
    if process.open_status == "draft" and not process.open_source.startswith("import:"):
        raise ConflictError("Bajo publicación directa solo se publica lo que llega por importación.")
    if process.open_alone and process.policy != "single":
        raise ConflictError(
            "La aprobó una sola persona, y ya no puede: anula la aprobación y envíala a quien revisa."
        )


def _records(
    session: RwSession, actor: Actor, refs: Sequence[VersionRef]
) -> dict[UUID, Row[tuple[UUID, int, bytes]]]:
    rows = session.execute(
        select(Record.process_id, Record.release_count, Record.compiled).where(
            Record.tenant_id == actor.tenant_id,
            among(Record.process_id, [ref.process_id for ref in refs]),
        )
    )
    return {row.process_id: row for row in rows}


def _append(session: RwSession, actor: Actor, prepared: list[Prepared], token: str) -> None:
    """Lock the chain, give positions and dates, and write every row."""
    head = lock_head(session, actor)
    start = clock.now()
    if head.last_date is not None and start <= head.last_date:
        start = head.last_date + timedelta(microseconds=1)
    rows = _Rows()
    previous, position = head.entry_hash, head.position
    placeholder = token.encode()
    for step, ready in enumerate(prepared):
        position += 1
        date = start + timedelta(microseconds=step)
        stamp = rfc3339(date).encode()
        body = ready.body.replace(placeholder, stamp)
        entry = Entry(
            tenant_id=head.tenant_id,
            position=position,
            kind="release",
            ocid=ready.process.ocid,
            release_id=ready.release_id,
            date=date,
            body_sha256=hashlib.sha256(body).digest(),
            withdraws=None,
            ground="",
            previous_hash=previous,
        )
        previous = entry.hash()
        key = {"tenant_id": head.tenant_id, "ocid": ready.process.ocid}
        rows.releases.append(
            {
                **{name: getattr(entry, name) for name in _FACTS},
                "process_id": ready.ref.process_id,
                "sujeto_obligado_id": ready.process.sujeto_obligado_id,
                "version_number": ready.ref.number,
                "tag": ready.tag,
                "entry_hash": previous,
            }
        )
        rows.bodies.append({"tenant_id": head.tenant_id, "position": position, "body": body})
        rows.records.append(
            {
                **key,
                "process_id": ready.ref.process_id,
                "position": position,
                "date": date,
                "release_count": ready.releases_before + 1,
                "compiled": ready.compiled.replace(placeholder, stamp),
            }
        )
        rows.facets.append(
            {
                **key,
                "sujeto_obligado_id": ready.process.sujeto_obligado_id,
                "published_at": date,
                **ready.facet,
            }
        )
    _insert(session, rows)
    head.position, head.entry_hash = position, previous
    head.last_date = start + timedelta(microseconds=len(prepared) - 1)
    head.live_releases += len(prepared)
    head.live_records += sum(1 for ready in prepared if ready.releases_before == 0)
    session.add(head)
    _count(session, actor, prepared, head)
    _mark_published(session, actor, prepared)
    audit.record_many(
        session,
        "process.publish",
        "contracting_process",
        [
            (row["process_id"], {"position": row["position"], "sha256": row["body_sha256"].hex()})
            for row in rows.releases
        ],
    )
    outbox.emit(
        session,
        "publication.released",
        [{"position": row["position"], "ocid": row["ocid"]} for row in rows.releases],
    )
    _tell_corrections(session, prepared, rows.releases)


def _tell_corrections(session: RwSession, prepared: list[Prepared], releases: list[dict[str, Any]]) -> None:
    """Put in the public log why something published was corrected."""
    for ready, row in zip(prepared, releases, strict=True):
        if ready.releases_before and ready.process.open_reason:
            public_log.tell(
                session,
                "correction",
                sujeto_obligado_id=ready.process.sujeto_obligado_id,
                ocid=row["ocid"],
                reason=ready.process.open_reason,
                release_id=row["release_id"],
                position=row["position"],
            )


def lock_head(session: Session, actor: Actor) -> ChainHead:
    """Return the end of the tenant's chain, locked until the transaction ends: take it last."""
    session.execute(
        upsert(ChainHead)
        .values(
            tenant_id=actor.tenant_id,
            position=0,
            entry_hash=GENESIS,
            live_releases=0,
            live_records=0,
            withdrawals=0,
        )
        .on_conflict_do_nothing()
    )
    # populate_existing: the row may stand in this session from before another publisher's commit.
    return session.exec(
        select(ChainHead)
        .where(ChainHead.tenant_id == actor.tenant_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


_FACTS = tuple(fact.name for fact in fields(Entry))
_RELEASE = bulk.insertion(table_of(Release), *(column.name for column in table_of(Release).columns))
_RECORD = upsert(table_of(Record))
_RECORD = _RECORD.on_conflict_do_update(
    index_elements=["tenant_id", "ocid"],
    set_={name: _RECORD.excluded[name] for name in ("position", "date", "release_count", "compiled")},
)
_FACET = bulk.insertion(table_of(ProcessFacet), *(column.name for column in table_of(ProcessFacet).columns))
_FACET = _FACET.on_conflict_do_update(
    index_elements=["tenant_id", "ocid"],
    set_={
        column.name: _FACET.excluded[column.name]
        for column in table_of(ProcessFacet).columns
        if not column.primary_key
    },
)


def _insert(session: RwSession, rows: _Rows) -> None:
    connection = session.connection()
    bulk.execute(session, _RELEASE, rows.releases)
    connection.execute(insert(table_of(ReleaseBody)), rows.bodies)
    connection.execute(_RECORD, rows.records)
    bulk.execute(session, _FACET, rows.facets)


def _count(session: RwSession, actor: Actor, prepared: list[Prepared], head: ChainHead) -> None:
    per_sujeto: dict[UUID, list[Prepared]] = {}
    for ready in prepared:
        per_sujeto.setdefault(ready.process.sujeto_obligado_id, []).append(ready)
    for sujeto, published in sorted(per_sujeto.items()):
        fresh = sum(1 for ready in published if ready.releases_before == 0)
        statement = upsert(PublicationTotal).values(
            tenant_id=actor.tenant_id,
            sujeto_obligado_id=sujeto,
            processes=fresh,
            releases=len(published),
            last_published_at=head.last_date,
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "sujeto_obligado_id"],
                set_={
                    "processes": PublicationTotal.processes + statement.excluded.processes,
                    "releases": PublicationTotal.releases + statement.excluded.releases,
                    "last_published_at": statement.excluded.last_published_at,
                },
            )
        )
    session.execute(
        update(SujetoObligado)
        .where(
            col(SujetoObligado.tenant_id) == actor.tenant_id,
            among(SujetoObligado.sujeto_obligado_id, per_sujeto),
        )
        .values(last_published_at=head.last_date)
    )


def _mark_published(session: RwSession, actor: Actor, prepared: list[Prepared]) -> None:
    target = VERSIONS.check("publish", "approved", "garante").target
    session.execute(
        update(ProcessVersion)
        .where(
            col(ProcessVersion.tenant_id) == actor.tenant_id,
            # A process has one open version at most, and `publish_batch` saw that it is the one prepared.
            among(ProcessVersion.process_id, [ready.ref.process_id for ready in prepared]),
            col(ProcessVersion.status).in_(OPEN_STATUSES),
        )
        .values(
            status=target,
            row_version=ProcessVersion.row_version + 1,
            error_count=0,
            updated_at=func.now(),
        )
        .execution_options(synchronize_session=False)
    )

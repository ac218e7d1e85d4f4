"""Taking a correction of the registry to the drafts that were filled from it; what is published never changes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import and_
from sqlmodel import col, select

from app.capture.frame import NAMELESS
from app.core.db import Actor, RwSession
from app.core.errors import BadRequestError, NotFoundError
from app.core.policy import Permission
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.ocds import diff
from app.parties import queries as registry
from app.parties import service
from app.parties.models import Party, PartyUse
from app.processes import editing, places
from app.processes.models import ContractingProcess, ProcessVersion
from app.processes.outline import change_in_words
from app.tenancy.queries import TenantView
from app.web.components import Change
from app.web.forms import Sent
from app.web.shell import Link
from app.web.templating import page

correcting = APIRouter(include_in_schema=False, dependencies=[Depends(guard(Permission.PROCESS_EDIT))])

DRAFTS = "/{tenant}/registro/{party_id}/borradores"
MANY = 50
"""Drafts that are corrected at once; the next ones follow."""
CORRECTABLE = ("draft", "returned")


@dataclass(frozen=True, slots=True)
class Behind:
    """A draft that holds an earlier state of an entry, and what the correction would change in it."""

    use: registry.Use
    title: str
    ocid: str
    seq: int
    changes: tuple[editing.Change, ...]


@dataclass(frozen=True)
class Line:
    """A draft on the page."""

    process_id: UUID
    title: str
    ocid: str
    address: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class CorrectPage:
    """Context of `capture/correct.html`; `more` says that there are drafts beyond those shown."""

    crumbs: tuple[Link, ...]
    here: str
    entry: str
    name: str
    lines: tuple[Line, ...]
    more: bool
    corrected: int | None


@correcting.get(DRAFTS)
def drafts_page(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    party_id: UUID,
    corregidos: Annotated[int | None, Query(ge=0, le=MANY)] = None,
) -> Any:
    """Show the drafts that hold an earlier state of an entry, and what would change in each."""
    entry = registry.party(session, actor, party_id)
    found = behind(session, actor, entry, limit=MANY + 1)
    home = f"{view.base}/registro/{party_id}"
    context = CorrectPage(
        crumbs=(Link("Registro", f"{view.base}/registro"), Link(entry.name, home)),
        here=f"{home}/borradores",
        entry=home,
        name=entry.name,
        lines=tuple(_line(one, view) for one in found[:MANY]),
        more=len(found) > MANY,
        corrected=corregidos,
    )
    return page(request, "capture/correct.html", context)


@correcting.post(DRAFTS)
def correct(view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent, party_id: UUID) -> Any:
    """Take the correction to the drafts that are ticked, and leave the others as they are."""
    entry = registry.party(session, actor, party_id)
    try:
        chosen = {UUID(text) for text in sent.texts.get("en", [])}
    except ValueError as error:
        raise BadRequestError("La lista de borradores no se entiende: vuelve a abrir la página.") from error
    done = bring(session, actor, entry, chosen)
    query = urlencode({"corregidos": done})
    return RedirectResponse(f"{view.base}/registro/{party_id}/borradores?{query}", 303)


def behind(
    session: RwSession,
    actor: Actor,
    entry: Party,
    *,
    chosen: Collection[UUID] | None = None,
    limit: int = MANY,
) -> list[Behind]:
    """Return the drafts of the actor's body that hold an earlier state of an entry, in a fixed order.

    Args:
        session: bound to the actor.
        actor: who corrects.
        entry: seen by the actor.
        chosen: only these processes; None for all.
        limit: how many at most.
    """
    query = (
        select(PartyUse, ContractingProcess)
        .join(
            ContractingProcess,
            and_(
                col(ContractingProcess.tenant_id) == col(PartyUse.tenant_id),
                col(ContractingProcess.process_id) == col(PartyUse.process_id),
            ),
        )
        .join(
            ProcessVersion,
            and_(
                col(ProcessVersion.tenant_id) == col(PartyUse.tenant_id),
                col(ProcessVersion.process_id) == col(PartyUse.process_id),
            ),
        )
        .where(
            PartyUse.tenant_id == actor.tenant_id,
            PartyUse.party_id == entry.party_id,
            PartyUse.party_version < entry.row_version,
            col(ProcessVersion.status).in_(CORRECTABLE),
        )
        .order_by(col(PartyUse.process_id), col(PartyUse.part_path))
        .limit(limit)
    )
    if actor.sujeto_obligado_id is not None:
        query = query.where(PartyUse.sujeto_obligado_id == actor.sujeto_obligado_id)
    if chosen is not None:
        query = query.where(col(PartyUse.process_id).in_(chosen))
    return [
        Behind(
            registry.Use(
                use.process_id, use.sujeto_obligado_id, use.part_path, use.party_id, use.party_version
            ),
            process.title or NAMELESS,
            process.ocid,
            process.document_version,
            _changes(session, actor, use, entry),
        )
        for use, process in session.exec(query).all()
    ]


def bring(session: RwSession, actor: Actor, entry: Party, chosen: Collection[UUID]) -> int:
    """Correct the chosen drafts, and return how many were.

    Raises:
        ForbiddenError: the role does not edit.
    """
    done = 0
    for one in behind(session, actor, entry, chosen=chosen):
        if one.changes:
            editing.change(session, actor, one.use.process_id, one.use.part_path, one.changes, base=one.seq)
            done += 1
        service.link(
            session,
            actor,
            registry.Use(
                one.use.process_id,
                one.use.sujeto_obligado_id,
                one.use.part_path,
                entry.party_id,
                entry.row_version,
            ),
        )
    return done


def _changes(session: RwSession, actor: Actor, use: PartyUse, entry: Party) -> tuple[editing.Change, ...]:
    """What was corrected of the entry since, where the draft says something else."""
    try:
        body = editing.open_part(session, actor, use.process_id, use.part_path).body
    except NotFoundError:  # the party was taken out of the draft
        return ()
    corrected = {
        one.pointer
        for one in registry.changes(session, actor, entry.party_id)
        if one.row_version > use.party_version and not one.pointer.startswith(("/member", "/retired"))
    }
    wanted = {pointer: places.at(entry.body, pointer) for pointer in sorted(corrected)}
    return tuple(
        editing.Change(pointer, value, shown=places.at(body, pointer))
        for pointer, value in wanted.items()
        if pointer and places.at(body, pointer) != value
    )


def _line(one: Behind, view: TenantView) -> Line:
    here = f"{view.base}/procesos-internos/{one.use.process_id}/captura/{one.use.part_path}"
    told: Sequence[diff.Change] = [
        diff.Change(f"/{one.use.part_path}{change.pointer}", change.shown, change.value)
        for change in one.changes
    ]
    return Line(
        one.use.process_id,
        one.title,
        one.ocid,
        here,
        tuple(_in_the_party(change_in_words(change, zone=view.time_zone)) for change in told),
    )


def _in_the_party(change: Change) -> Change:
    """Return a change whose place begins inside the party: that it is this one is said above, and its part is no name."""
    return replace(change, where=change.where.partition(" › ")[2])

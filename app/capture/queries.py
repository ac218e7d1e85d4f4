"""What the pages of capture read of a process beside the part that they show."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from app.capture.controls import Choices, Option
from app.capture.plan import Section, is_reference
from app.capture.whole import Map
from app.core.db import Actor, RwSession
from app.core.tables import among
from app.ocds import model
from app.processes import places
from app.processes.models import ProcessPart

MANY = 500
"""Parties, awards or bids that a form offers to choose from."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a form has to choose from."""

    parties: bool
    awards: bool
    bids: bool


@cache
def needs(section: Section) -> Needs:
    """Return what of the document a section's form offers to choose from."""
    inside = [
        one
        for path, one in model.FIELDS.items()
        if any(path == asked or path.startswith(f"{asked}/") for asked in section.fields)
    ]
    return Needs(
        any(is_reference(one) for one in inside),
        any(one.path == "contracts/awardID" for one in inside),
        any(one.name == "relatedBids" for one in inside),
    )


def choices(session: RwSession, actor: Actor, process_id: UUID, section: Section) -> Choices:
    """Return what of the document the form of a section offers to choose from.

    Args:
        session: bound to the actor.
        actor: who edits.
        process_id: seen by the actor already.
        section: whose form.
    """
    wanted = needs(section)
    return Choices(
        parties(session, actor, process_id) if wanted.parties else (),
        _listed(session, actor, process_id, "awards") if wanted.awards else (),
        _listed(session, actor, process_id, "bids/details") if wanted.bids else (),
    )


def parties(session: RwSession, actor: Actor, process_id: UUID) -> tuple[Option, ...]:
    """Return the parties of a process by their ids."""
    return _listed(session, actor, process_id, "parties")


def _listed(session: RwSession, actor: Actor, process_id: UUID, path: str) -> tuple[Option, ...]:
    rows = session.exec(places.in_list(actor, process_id, path).limit(MANY))
    return tuple(_option(body) for _, _, body in rows if isinstance(body, dict) and body.get("id"))


def _option(body: dict[str, Any]) -> Option:
    identifier = str(body["id"])
    named = next((body[key] for key in ("name", "title", "description") if body.get(key)), identifier)
    return Option(identifier, str(named))


def counts(
    session: RwSession, actor: Actor, process_id: UUID, list_paths: Collection[str]
) -> Mapping[str, int]:
    """Return how many elements each of some lists has."""
    if not list_paths:
        return {}
    found = session.exec(
        select(col(ProcessPart.list_path), func.count())
        .where(
            ProcessPart.tenant_id == actor.tenant_id,
            ProcessPart.process_id == process_id,
            among(ProcessPart.list_path, list_paths),
        )
        .group_by(col(ProcessPart.list_path))
    )
    return {path: count for path, count in found if path}


def parts_map(session: RwSession, actor: Actor, process_id: UUID) -> Map:
    """Return the map from places of a document to the parts that it is stored in."""
    return Map(
        session.exec(
            select(ProcessPart.path, ProcessPart.ordinal).where(
                ProcessPart.tenant_id == actor.tenant_id, ProcessPart.process_id == process_id
            )
        ).all()
    )

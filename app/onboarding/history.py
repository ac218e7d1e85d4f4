"""What bodies said before: every act on one, and its names in time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import func, update
from sqlmodel import col

from app.core import audit, bulk
from app.core.db import Actor, RwSession
from app.core.errors import InvalidError
from app.core.tables import among, table_of
from app.onboarding.models import SujetoChange
from app.tenancy.models import SujetoName

_CHANGES = bulk.insertion(
    table_of(SujetoChange),
    "tenant_id",
    "sujeto_obligado_id",
    "row_version",
    "act",
    "changed",
    "reason",
    "load_id",
    "row_number",
)
_NAMES = bulk.insertion(
    table_of(SujetoName),
    "tenant_id",
    "sujeto_obligado_id",
    "position",
    "name",
    "valid_from",
    "valid_to",
    "ground",
)
_NAME = table_of(SujetoName)


@dataclass(frozen=True, slots=True)
class Note:
    """An act on a body, as `SujetoChange` keeps it; `row_version` is the body's after it."""

    sujeto_obligado_id: UUID
    row_version: int
    act: str
    changed: dict[str, list[str]] = field(default_factory=dict)
    reason: str = ""
    load_id: UUID | None = None
    row_number: int | None = None


@dataclass(frozen=True, slots=True)
class Renaming:
    """That a body changes its name."""

    sujeto_obligado_id: UUID
    before: str
    after: str


def note(session: RwSession, actor: Actor, notes: Sequence[Note]) -> None:
    """Write acts on bodies into their history and into the audit, which holds which columns, not what they said."""
    bulk.execute(
        session,
        _CHANGES,
        [
            {
                "tenant_id": actor.tenant_id,
                "sujeto_obligado_id": one.sujeto_obligado_id,
                "row_version": one.row_version,
                "act": one.act,
                "changed": one.changed,
                "reason": one.reason,
                "load_id": one.load_id,
                "row_number": one.row_number,
            }
            for one in notes
        ],
    )
    for act in sorted({one.act for one in notes}):
        subjects: list[tuple[object, dict[str, Any]]] = [
            (one.sujeto_obligado_id, {"columns": sorted(one.changed)} if one.changed else {})
            for one in notes
            if one.act == act
        ]
        audit.record_many(session, f"padron.{act}", "sujeto_obligado", subjects)


def keep_names(
    session: RwSession, actor: Actor, renamings: Iterable[Renaming], since: date, ground: str = ""
) -> None:
    """Keep what bodies were called until a day, and what they are called from then on.

    Args:
        session: bound to the actor.
        actor: of the tenant.
        renamings: each body once.
        since: the first day of the new name.
        ground: what says so.

    Raises:
        InvalidError: the name of now began later, so that its time would run backwards. A name of the same day is
            corrected: it held for no day.
    """
    wanted = {one.sujeto_obligado_id: one for one in renamings}
    if not wanted:
        return
    mine = (_NAME.c.tenant_id == actor.tenant_id, among(SujetoName.sujeto_obligado_id, wanted))
    known = session.execute(
        sa.select(_NAME.c.sujeto_obligado_id, func.max(_NAME.c.position), func.max(_NAME.c.valid_from))
        .where(*mine)
        .group_by(_NAME.c.sujeto_obligado_id)
    ).all()
    for sujeto, _, began in known:
        if began is not None and since < began:
            raise InvalidError(
                f"«{wanted[sujeto].before}» se llama así desde el {began:%d/%m/%Y}: "
                "el nombre nuevo no puede valer desde antes.",
                extra={"field": "since"},
            )
    last: dict[UUID, int] = {row[0]: row[1] for row in known}
    session.execute(
        update(SujetoName).where(*mine, col(SujetoName.valid_to).is_(None)).values(valid_to=since)
    )
    rows: list[dict[str, Any]] = []
    for sujeto, one in wanted.items():
        first = {"tenant_id": actor.tenant_id, "sujeto_obligado_id": sujeto, "ground": ""}
        if sujeto not in last:
            rows.append(first | {"position": 0, "name": one.before, "valid_from": None, "valid_to": since})
        rows.append(
            first
            | {
                "position": last.get(sujeto, 0) + 1,
                "name": one.after,
                "valid_from": since,
                "valid_to": None,
                "ground": ground,
            }
        )
    bulk.execute(session, _NAMES, rows)

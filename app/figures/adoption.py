"""How far each tenant has come, measured on what stands public: nothing that a draft or a withdrawal holds is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from sqlalchemy import select, text

from app.core.db import PublicSession
from app.core.tables import among, table_of
from app.figures.contribution import ALL_YEARS
from app.figures.models import WHOLE, Figure
from app.figures.queries import Sums

_FIGURE = table_of(Figure)

# A release that was withdrawn is no adoption. Each date is the end of an index, whatever there is to count.
_TENANTS: LiteralString = """
    SELECT t.tenant_id, first.date AS first, last.date AS last,
        (SELECT count(*) FROM sujeto_obligado s WHERE s.tenant_id = t.tenant_id AND s.status = 'active') AS bodies,
        (SELECT count(*) FROM figure f WHERE f.tenant_id = t.tenant_id AND f.year = :all_years
            AND f.sujeto_obligado_id <> :whole AND f.processes > 0) AS publishing
    FROM unnest(CAST(:tenants AS uuid[])) AS t(tenant_id)
    LEFT JOIN LATERAL (
        SELECT r.date FROM release r
        WHERE r.tenant_id = t.tenant_id AND r.kind = 'release' AND r.date < :after AND NOT EXISTS (
            SELECT 1 FROM release w WHERE w.tenant_id = r.tenant_id AND w.kind = 'withdrawal' AND w.withdraws = r.position)
        ORDER BY r.tenant_id, r.date LIMIT 1) AS first ON true
    LEFT JOIN LATERAL (
        SELECT r.date FROM release r
        WHERE r.tenant_id = t.tenant_id AND r.kind = 'release' AND r.date < :after AND NOT EXISTS (
            SELECT 1 FROM release w WHERE w.tenant_id = r.tenant_id AND w.kind = 'withdrawal' AND w.withdraws = r.position)
        ORDER BY r.tenant_id DESC, r.date DESC LIMIT 1) AS last ON true"""


@dataclass(frozen=True, slots=True)
class Adoption:
    """One tenant.

    Attributes:
        first: when the first release was made that stands.
        last: the last one of them before the end of the period that was asked for.
        bodies: in the padrón today.
        publishing: those of them that have a process public today.
        sums: of all years, as they are today.
    """

    tenant_id: UUID
    first: datetime | None
    last: datetime | None
    bodies: int
    publishing: int
    sums: Sums = field(default_factory=Sums)


def adoption(session: PublicSession, tenants: Sequence[UUID], after: datetime) -> dict[UUID, Adoption]:
    """Return how far tenants had come before a moment, by tenant.

    Args:
        session: of the public.
        tenants: whose.
        after: the first moment that is not looked at any more; sums and bodies are today's.
    """
    named = {"tenants": list(tenants), "after": after, "whole": WHOLE, "all_years": ALL_YEARS}
    held = {
        row.tenant_id: Sums(row.cells, row.suppliers, int(row.squares))
        for row in session.execute(
            select(_FIGURE).where(
                among(Figure.tenant_id, tenants),
                _FIGURE.c.sujeto_obligado_id == WHOLE,
                _FIGURE.c.year == ALL_YEARS,
            )
        )
    }
    return {
        row.tenant_id: Adoption(
            row.tenant_id, row.first, row.last, row.bodies, row.publishing, held.get(row.tenant_id, Sums())
        )
        for row in session.execute(text(_TENANTS), named)
    }

"""Facets of before they held what they hold now, filled in from their records, some at a time."""

from collections.abc import Collection

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from app.core import json
from app.core.db import Actor, Database
from app.core.jobs import apart
from app.core.tables import table_of
from app.publication.facets import facets
from app.publication.models import ProcessFacet, Record
from app.tenancy.queries import TenantView

UNIT = 200


def fill(database: Database, views: Collection[TenantView]) -> int:
    """Fill in what each tenant's facets lack; returns how many there were."""
    filled = 0
    for view in views:
        actor = Actor(tenant_id=view.tenant_id, role="system")
        with apart(filling_facets_of=view.slug):
            while True:
                with database.unit_of_work(actor) as session:
                    done = _unit(session, actor)
                filled += done
                if done < UNIT:
                    break
    return filled


def _unit(session: Session, actor: Actor) -> int:
    rows = session.exec(
        select(Record)
        .join(
            ProcessFacet,
            (col(ProcessFacet.tenant_id) == Record.tenant_id) & (col(ProcessFacet.ocid) == Record.ocid),
        )
        .where(Record.tenant_id == actor.tenant_id, col(ProcessFacet.terms) == [])
        .order_by(col(Record.ocid))
        .limit(UNIT)
        .with_for_update(skip_locked=True)
    ).all()
    table = table_of(ProcessFacet)
    statement = (
        update(table)
        .where(table.c.tenant_id == actor.tenant_id, table.c.ocid == bindparam("which"))
        .values(terms=bindparam("found"))
    )
    if rows:
        found = [{"which": row.ocid, "found": facets(json.loads(row.compiled))["terms"]} for row in rows]
        session.connection().execute(statement, found)
    return len(rows)

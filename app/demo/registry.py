"""The registry of the demonstration: one sujeto obligado per tenant has its people and suppliers at hand."""

from app.core.db import Actor, Database
from app.demo import parties
from app.demo.bodies import PLACES
from app.demo.tenants import DemoTenant
from app.parties import queries, service
from app.parties.adoption import adopt
from app.parties.models import Party
from app.parties.service import Entry


def enter(database: Database, tenant: DemoTenant, editor: Actor) -> None:
    """Fill the registry of the tenant's first body, unless it has one.

    Args:
        database: where the body and its people are.
        tenant: of the demonstration.
        editor: who captures for that body.
    """
    with database.unit_of_work(editor) as session:
        if queries.listing(session, editor, kind=None, limit=1).rows:
            return
        told = parties.registry(tenant.sujetos_obligados[0], PLACES[tenant.slug])
        entries: dict[str, Party] = {party["id"]: adopt(session, editor, party) for party in told}
        for party in told:
            groups = tuple(entries[group["id"]].party_id for group in party.get("memberOf", ()))
            if groups:
                row = entries[party["id"]]
                belonging = Entry(row.kind, row.body, member_of=groups)
                service.correct(session, editor, row.party_id, belonging, row_version=row.row_version)
        firms = [row for row in entries.values() if row.kind == "supplier"][:2]
        joint = parties.consortium([firm.body for firm in firms], 1)
        members = tuple(firm.party_id for firm in firms)
        service.create(session, editor, Entry("supplier", joint, members=members))

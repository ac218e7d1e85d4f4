"""Keeping the figures: whatever changed of a process, what was counted of it is taken away and what it is now is added.

So the sums depend on what is public alone, never on the order in which it came: counted from nothing they are the same.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

from sqlalchemy import Table, delete, select, text
from sqlmodel import SQLModel

from app.core import bulk, json, locks
from app.core.db import Actor, Database, RwSession, in_tenant
from app.core.tables import among, table_of
from app.figures.contribution import RECIPE, Contribution, contribution
from app.figures.models import WHOLE, Figure, FigureProcess, FigureSupplier
from app.figures.reading import read
from app.publication import following

FOLLOWER = f"figures-{RECIPE}"
"""Whose place in the chains it is; another recipe begins at the beginning."""

_TABLES: tuple[type[SQLModel], ...] = (Figure, FigureSupplier, FigureProcess)

_NOW_ELSEWHERE: LiteralString = """
    SELECT DISTINCT ON (ocid) ocid, peer_id, direction FROM chain_transfer
    WHERE tenant_id = :tenant AND ocid = ANY(:ocids) ORDER BY ocid, position DESC"""


def keep(database: Database) -> int:
    """Count what changed in every tenant since the last time; returns how many entries of the chains it was."""
    return following.follow(database, FOLLOWER, count)


def rebuild(session: RwSession, actor: Actor) -> None:
    """Forget all figures of a tenant: they are counted from nothing, as fast as the chain can be read."""
    _lock(session, actor)
    for model in _TABLES:
        table = table_of(model)
        session.execute(delete(table).where(table.c.tenant_id == actor.tenant_id))
    following.begin_again(session, actor, FOLLOWER)


def count(session: RwSession, actor: Actor, ocids: Sequence[str]) -> None:
    """Count processes anew, also those that are gone; one that went to another tenant is counted there.

    Args:
        session: bound to the actor.
        actor: of the tenant in whose chain something was said of them.
        ocids: which.
    """
    found = session.execute(text(_NOW_ELSEWHERE), {"tenant": actor.tenant_id, "ocids": list(ocids)}).all()
    _count(session, actor, ocids)
    # A release that was published here is withdrawn in this chain, and changes the record that is there.
    away: dict[UUID, list[str]] = {}
    for row in found:
        if row.direction == "out":
            away.setdefault(row.peer_id, []).append(row.ocid)
    for tenant_id in sorted(away):
        with in_tenant(session, tenant_id) as there:
            count(session, there, away[tenant_id])


@dataclass(slots=True)
class _Part:
    names: dict[str, int] = field(default_factory=dict)
    contracts: int = 0
    amount: int = 0


@dataclass(slots=True)
class _Changes:
    """What is to be added to the sums, by body and year."""

    cells: dict[tuple[UUID, int], dict[str, list[int]]] = field(default_factory=dict)
    suppliers: dict[tuple[UUID, int], dict[str, _Part]] = field(default_factory=dict)

    def add(self, body: UUID, added: Contribution, sign: int) -> None:
        for whose in (body, WHOLE):
            for year, cells in added.cells.items():
                held = self.cells.setdefault((whose, year), {})
                for key, (number, amount) in cells.items():
                    cell = held.setdefault(key, [0, 0])
                    cell[0] += sign * number
                    cell[1] += sign * amount
            for year, suppliers in added.suppliers.items():
                parts = self.suppliers.setdefault((whose, year), {})
                for key, (name, contracts, amount) in suppliers.items():
                    part = parts.setdefault(key, _Part())
                    part.names[name] = part.names.get(name, 0) + sign * contracts
                    part.contracts += sign * contracts
                    part.amount += sign * amount


def _lock(session: RwSession, actor: Actor) -> None:
    locks.wait_for(session, f"figures {actor.tenant_id}")


def _count(session: RwSession, actor: Actor, ocids: Sequence[str]) -> None:
    _lock(session, actor)
    process = table_of(FigureProcess)
    mine = (process.c.tenant_id == actor.tenant_id) & among(FigureProcess.ocid, ocids)
    before = {row.ocid: row for row in session.execute(select(process).where(mine))}
    now = read(session, actor, ocids)
    changes, written, gone = _Changes(), [], []
    for ocid in sorted({*before, *now}):
        old, new = before.get(ocid), now.get(ocid)
        added = contribution(new.public) if new else None
        packed = _packed(added) if added else b""
        if old and new and (old.added, old.sujeto_obligado_id) == (packed, new.sujeto_obligado_id):
            continue
        if old:
            changes.add(old.sujeto_obligado_id, _unpacked(old.added), -1)
        if new and added:
            changes.add(new.sujeto_obligado_id, added, 1)
            written.append(
                {
                    "tenant_id": actor.tenant_id,
                    "ocid": ocid,
                    "sujeto_obligado_id": new.sujeto_obligado_id,
                    "added": packed,
                }
            )
        else:
            gone.append(ocid)
    if gone:
        session.execute(
            delete(process).where(process.c.tenant_id == actor.tenant_id, among(FigureProcess.ocid, gone))
        )
    bulk.execute(session, _WRITE_PROCESS, written)
    _write_figures(session, actor, changes, _write_suppliers(session, actor, changes))


def _write_suppliers(
    session: RwSession, actor: Actor, changes: _Changes
) -> dict[tuple[UUID, int], tuple[int, int]]:
    """Add to the suppliers; returns by body and year how many more there are, and by how much the squares grew."""
    table, grown = table_of(FigureSupplier), {}
    keys = {key for parts in changes.suppliers.values() for key in parts}
    held = (
        {
            (row.sujeto_obligado_id, row.year, row.key): row
            for row in session.execute(
                select(table).where(
                    table.c.tenant_id == actor.tenant_id,
                    among(FigureSupplier.key, sorted(keys)),
                    among(FigureSupplier.sujeto_obligado_id, sorted({body for body, _ in changes.suppliers})),
                    among(FigureSupplier.year, sorted({year for _, year in changes.suppliers})),
                )
            )
        }
        if keys
        else {}
    )
    written, gone = [], []
    for (body, year), parts in changes.suppliers.items():
        more = squares = 0
        for key, part in parts.items():
            row = held.get((body, year, key))
            contracts, amount = (row.contracts, row.amount) if row else (0, 0)
            names = dict(row.names) if row else {}
            for name, often in part.names.items():
                names[name] = names.get(name, 0) + often
            place = {"tenant_id": actor.tenant_id, "sujeto_obligado_id": body, "year": year, "key": key}
            after = contracts + part.contracts, amount + part.amount
            if after[0]:
                kept = {name: often for name, often in sorted(names.items()) if often}
                written.append({**place, "names": kept, "contracts": after[0], "amount": after[1]})
            elif row:
                gone.append(place)
            more += bool(after[0]) - bool(contracts)
            squares += after[1] ** 2 - amount**2
        grown[body, year] = (more, squares)
    _delete(session, table, gone, "key")
    bulk.execute(session, _WRITE_SUPPLIER, written)
    return grown


def _write_figures(
    session: RwSession,
    actor: Actor,
    changes: _Changes,
    grown: dict[tuple[UUID, int], tuple[int, int]],
) -> None:
    if not changes.cells:
        return
    table = table_of(Figure)
    held = {
        (row.sujeto_obligado_id, row.year): row
        for row in session.execute(
            select(table).where(
                table.c.tenant_id == actor.tenant_id,
                among(Figure.sujeto_obligado_id, sorted({body for body, _ in changes.cells})),
                among(Figure.year, sorted({year for _, year in changes.cells})),
            )
        )
    }
    written, gone = [], []
    for (body, year), added in changes.cells.items():
        row = held.get((body, year))
        cells: dict[str, list[int]] = dict(row.cells) if row else {}
        for key, (number, amount) in added.items():
            before = cells.get(key, (0, 0))
            cells[key] = [before[0] + number, before[1] + amount]
            if cells[key] == [0, 0]:
                del cells[key]
        place = {"tenant_id": actor.tenant_id, "sujeto_obligado_id": body, "year": year}
        more, squares = grown.get((body, year), (0, 0))
        if not cells:
            gone.append(place)
            continue
        contracts = cells.get("contract", (0, 0))
        written.append(
            {
                **place,
                "processes": cells.get("process", (0, 0))[0],
                "contracts": contracts[0],
                "amount": contracts[1],
                "suppliers": (row.suppliers if row else 0) + more,
                "squares": Decimal((int(row.squares) if row else 0) + squares),
                "cells": cells,
            }
        )
    _delete(session, table, gone)
    bulk.execute(session, _WRITE_FIGURE, written)


def _delete(session: RwSession, table: Table, rows: list[dict[str, Any]], *more: str) -> None:
    names = ("tenant_id", "sujeto_obligado_id", "year", *more)
    for row in rows:
        session.execute(delete(table).where(*(table.c[name] == row[name] for name in names)))


def _upsert(model: type[SQLModel]) -> Any:
    table = table_of(model)
    statement = bulk.insertion(table, *(column.name for column in table.columns))
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key.columns],
        set_={
            column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key
        },
    )


_WRITE_FIGURE, _WRITE_SUPPLIER, _WRITE_PROCESS = (_upsert(model) for model in _TABLES)


def _packed(added: Contribution) -> bytes:
    cells = {str(year): held for year, held in added.cells.items()}
    suppliers = {str(year): held for year, held in added.suppliers.items()}
    return zlib.compress(json.ordered([cells, suppliers]), 1)


def _unpacked(packed: bytes) -> Contribution:
    cells, suppliers = json.loads(zlib.decompress(packed))
    return Contribution(
        {int(year): held for year, held in cells.items()},
        {
            int(year): {key: (name, contracts, amount) for key, (name, contracts, amount) in held.items()}
            for year, held in suppliers.items()
        },
    )


def everything(session: RwSession, actor: Actor) -> Iterator[tuple[Any, ...]]:
    """Yield every row of a tenant's figures, in an order that is the same for the same figures."""
    for model in _TABLES:
        table = table_of(model)
        query = select(table).where(table.c.tenant_id == actor.tenant_id)
        for row in session.execute(query.order_by(*table.primary_key.columns)):
            yield (table.name, *row)

"""The figures as pages read them: a row a tenant, whatever there is to count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from sqlalchemy import func, select, text, true

from app.core.db import PublicSession
from app.core.tables import among, table_of
from app.figures.contribution import ALL_YEARS, COMPETED, MOST_BIDDERS
from app.figures.keeping import FOLLOWER
from app.figures.models import WHOLE, Figure, FigureSupplier
from app.figures.reckoning import median
from app.tenancy.models import SujetoObligado, Tenant

TOP = 10
"""Rows of a ranking."""
_WIDER = 5
"""Times as many of each tenant are looked at for the nation's ranking."""

_FIGURE, _SUPPLIER, _SUJETO = table_of(Figure), table_of(FigureSupplier), table_of(SujetoObligado)
_TENANT = table_of(Tenant)

# The oldest entry that is not counted yet, the newest that is; and whether a withdrawal anywhere is among the former, since
# a process may have moved from the chain that it is withdrawn in.
_STATE: LiteralString = """
    SELECT min(later.date) FILTER (WHERE h.tenant_id = ANY(:tenants)),
        max(last.date) FILTER (WHERE h.tenant_id = ANY(:tenants)), coalesce(bool_or(EXISTS (
        SELECT FROM release w WHERE w.tenant_id = h.tenant_id AND w.position > coalesce(f.position, 0)
        AND w.kind = 'withdrawal')), false)
    FROM chain_head h
    LEFT JOIN chain_follower f ON f.tenant_id = h.tenant_id AND f.name = :name
    LEFT JOIN release later ON later.tenant_id = h.tenant_id AND later.position = coalesce(f.position, 0) + 1
    LEFT JOIN release last ON last.tenant_id = h.tenant_id AND last.position = f.position"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures, and of which year.

    Attributes:
        tenants: one, or all those of the nation.
        body: of the one tenant; `WHOLE` for all of them.
        year: `ALL_YEARS` for all together.
    """

    tenants: tuple[UUID, ...]
    body: UUID = WHOLE
    year: int = ALL_YEARS


@dataclass(frozen=True, slots=True)
class Ranked:
    """A supplier, a body or a tenant with what it has; `id` is of the latter two, `key` what a body or a supplier is known by."""

    name: str
    contracts: int
    amount: int
    id: UUID | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class YearSum:
    """One year of a series; `spread` is what falls to it by the days of contracts, in centavos like `amount`."""

    year: int
    processes: int
    contracts: int
    amount: int
    spread: int


@dataclass(frozen=True, slots=True)
class State:
    """How new the figures are.

    Attributes:
        behind_since: when the oldest publication was made that is not counted yet; None where all are.
        last: when the newest was made that is.
        hides_names: a withdrawal is not counted yet: nobody's name may be shown that it may have taken away.
    """

    behind_since: datetime | None
    last: datetime | None
    hides_names: bool


@dataclass(frozen=True, slots=True)
class Sums:
    """The cells of a scope, added up."""

    cells: Mapping[str, Sequence[int]] = field(default_factory=dict)
    suppliers: int = 0
    squares: int = 0

    def number(self, key: str) -> int:
        """How many."""
        return self.cells.get(key, (0, 0))[0]

    def amount(self, key: str) -> int:
        """How much, in centavos."""
        return self.cells.get(key, (0, 0))[1]

    def of(self, kind: str) -> dict[str, Sequence[int]]:
        """Return the cells of a kind by what they are of."""
        start = f"{kind}:"
        return {
            key.removeprefix(start): self.cells[key] for key in sorted(self.cells) if key.startswith(start)
        }

    def days(self, kind: str) -> tuple[float | None, int]:
        """Return the median of days of a kind, and of how many it is."""
        rows = [(int(days), cell[0]) for days, cell in self.of(f"days_{kind}").items()]
        return median(rows), sum(often for _, often in rows)

    @property
    def bidders(self) -> list[int]:
        """Return how many processes had one bidder, two, and so on; the last is of that many or more."""
        held = self.of("bidders")
        return [held.get(str(bidders), (0, 0))[0] for bidders in range(1, MOST_BIDDERS + 1)]

    @property
    def bids(self) -> int:
        """Return all bidders of all processes whose bidders are known."""
        return sum(self.amount(f"bids_in:{method}") for method in COMPETED)

    @property
    def supplied(self) -> int:
        """Return centavos of contracts whose suppliers are known."""
        return self.amount("contract") - self.amount("no_supplier")

    @property
    def valued(self) -> int:
        """Return how many contracts have an amount in pesos."""
        left_out = sum(cell[0] for cell in self.of("left_out").values())
        return self.number("contract") - self.number("unvalued") - left_out


def sums(session: PublicSession, scope: Scope) -> Sums:
    """Return the sums of a scope; those of the nation are added up here, of one row a tenant."""
    rows = session.execute(
        select(_FIGURE.c.cells, _FIGURE.c.suppliers, _FIGURE.c.squares).where(
            among(Figure.tenant_id, scope.tenants),
            _FIGURE.c.sujeto_obligado_id == scope.body,
            _FIGURE.c.year == scope.year,
        )
    ).all()
    if len(rows) == 1:
        return Sums(rows[0].cells, rows[0].suppliers, int(rows[0].squares))
    cells: dict[str, list[int]] = {}
    for row in rows:
        for key, (number, amount) in row.cells.items():
            cell = cells.setdefault(key, [0, 0])
            cell[0] += number
            cell[1] += amount
    return Sums(cells, sum(row.suppliers for row in rows), sum(int(row.squares) for row in rows))


def years(session: PublicSession, scope: Scope) -> list[YearSum]:
    """Return the years of a scope in order, whatever its own year is."""
    spread = _FIGURE.c.cells["spread"][1].as_string()
    rows = session.execute(
        select(
            _FIGURE.c.year,
            func.sum(_FIGURE.c.processes),
            func.sum(_FIGURE.c.contracts),
            func.sum(_FIGURE.c.amount),
            func.sum(func.coalesce(func.cast(spread, _FIGURE.c.amount.type), 0)),
        )
        .where(
            among(Figure.tenant_id, scope.tenants),
            _FIGURE.c.sujeto_obligado_id == scope.body,
            _FIGURE.c.year != ALL_YEARS,
        )
        .group_by(_FIGURE.c.year)
        .order_by(_FIGURE.c.year)
    )
    return [YearSum(int(year), *(int(value) for value in values)) for year, *values in rows]


def suppliers(session: PublicSession, scope: Scope) -> list[Ranked]:
    """Return the suppliers with the largest amounts.

    For the nation the first ones of each tenant are looked at, and all that each of those has anywhere is added up.
    """
    place = (_SUPPLIER.c.sujeto_obligado_id == scope.body) & (_SUPPLIER.c.year == scope.year)
    order = (_SUPPLIER.c.amount.desc(), _SUPPLIER.c.key.desc())
    most = TOP if len(scope.tenants) == 1 else TOP * _WIDER
    first = (
        select(_SUPPLIER.c.key)
        .where(_SUPPLIER.c.tenant_id == _TENANT.c.tenant_id, place)
        .order_by(*order)
        .limit(most)
        .lateral("first")
    )
    mine = among(Tenant.tenant_id, scope.tenants)
    keys = session.scalars(select(first.c.key).select_from(_TENANT).join(first, true()).where(mine)).all()
    found: dict[str, tuple[dict[str, int], int, int]] = {}
    for row in session.execute(
        select(_SUPPLIER).where(
            among(FigureSupplier.tenant_id, scope.tenants),
            place,
            among(FigureSupplier.key, sorted(set(keys))),
        )
    ):
        names, contracts, amount = found.get(row.key, ({}, 0, 0))
        for name, often in row.names.items():
            names[name] = names.get(name, 0) + often
        found[row.key] = (names, contracts + row.contracts, amount + row.amount)
    ranked = sorted(found.items(), key=lambda one: (-one[1][2], one[0]))[:TOP]
    return [
        Ranked(min(names, key=lambda name: (-names[name], name)), contracts, amount, key=key)
        for key, (names, contracts, amount) in ranked
    ]


def bodies(session: PublicSession, scope: Scope) -> list[Ranked]:
    """Return the bodies of a tenant with the largest amounts."""
    rows = session.execute(
        select(
            _SUJETO.c.name, _FIGURE.c.contracts, _FIGURE.c.amount, _SUJETO.c.sujeto_obligado_id, _SUJETO.c.key
        )
        .select_from(_FIGURE)
        .join(
            _SUJETO,
            (_SUJETO.c.tenant_id == _FIGURE.c.tenant_id)
            & (_SUJETO.c.sujeto_obligado_id == _FIGURE.c.sujeto_obligado_id),
        )
        .where(among(Figure.tenant_id, scope.tenants), _FIGURE.c.year == scope.year, _FIGURE.c.contracts > 0)
        .order_by(_FIGURE.c.amount.desc(), _SUJETO.c.name)
        .limit(TOP)
    )
    return [Ranked(*row) for row in rows]


def tenants(session: PublicSession, scope: Scope) -> list[Ranked]:
    """Return the tenants of a scope by amount; who has no contract is not among them."""
    rows = session.execute(
        select(_FIGURE.c.tenant_id, _FIGURE.c.contracts, _FIGURE.c.amount)
        .where(
            among(Figure.tenant_id, scope.tenants),
            _FIGURE.c.sujeto_obligado_id == WHOLE,
            _FIGURE.c.year == scope.year,
            _FIGURE.c.contracts > 0,
        )
        .order_by(_FIGURE.c.amount.desc(), _FIGURE.c.tenant_id)
    )
    return [Ranked("", row.contracts, row.amount, row.tenant_id) for row in rows]


def state(session: PublicSession, scope: Scope) -> State:
    """Return how new the figures of a scope are."""
    row = session.execute(text(_STATE), {"name": FOLLOWER, "tenants": list(scope.tenants)}).one()
    return State(*row)

"""Adoption of the nation, measured, for everyone: which states publish, since when, and how much (docs/monitor-nacional.md)."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.charts.states import PLACES, states
from app.core import clock
from app.core.db import PublicSession
from app.core.errors import NotFoundError
from app.core.quarters import Quarter, window
from app.core.sheets import BOM, harmless
from app.figures import queries
from app.figures.adoption import Adoption, adoption
from app.figures.queries import Scope
from app.identity.deps import DirectoryDep, PublicDep
from app.openapi.lists import NATIONAL_ZONE
from app.portal.frame import public
from app.portal.pages import Choice
from app.tenancy.queries import TenantDirectory, TenantView
from app.tenancy.states import STATES
from app.web import formats
from app.web.addresses import with_query
from app.web.components import Column, Figure
from app.web.shell import Link
from app.web.templating import page

adopting = APIRouter(include_in_schema=False)

_HOME = "/adopcion"
NONE, LIVE, ACTIVE = range(3)
CLASSES = ("Sin adopción", "En vivo", "Activo")
"""Class of a state → its name; a tenant is live from its first release, active with one in the quarter."""
_CONTRACTED = ("contract", "implementation")
_HEADS = (
    Column("Estado"),
    Column("Situación"),
    Column("Primera entrega"),
    Column("Última entrega"),
    Column("Padrón", numeric=True),
    Column("Publican", numeric=True),
    Column("Procedimientos", numeric=True),
    Column("Monto contratado (MXN)", numeric=True),
    Column("Con contrato o ejecución", numeric=True),
    Column("Días de firma a publicación", numeric=True),
)
Word = Annotated[str | None, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Row:
    """One organismo; a state that has none is a row without `view`."""

    name: str
    code: str
    view: TenantView | None
    level: int = NONE
    held: Adoption | None = None

    @property
    def situation(self) -> str:
        """Its class in words."""
        return CLASSES[self.level]

    @property
    def contracted(self) -> int:
        """How many processes have come as far as a contract."""
        if not self.level or self.held is None:
            return 0
        held = self.held.sums.of("stage")
        return sum(cell[0] for key, cell in held.items() if key.partition("/")[2] in _CONTRACTED)

    @property
    def days(self) -> float | None:
        """Median of days from a signature to the public."""
        return self.held.sums.days("publishing")[0] if self.level and self.held else None

    @property
    def amount(self) -> Decimal | None:
        """What its contracts say together, in pesos."""
        return Decimal(self.held.sums.amount("contract")) / 100 if self.level and self.held else None

    def values(self) -> tuple[str | float | Decimal | date | None, ...]:
        """Return what the table says of it, in the order of its heads; of who never published only that."""
        if not self.level or self.held is None:
            bodies = self.held.bodies if self.held else None
            return (self.name, self.situation, None, None, bodies, *([None] * 5))
        sums = self.held.sums
        return (
            self.name,
            self.situation,
            _day(self.held.first),
            _day(self.held.last),
            self.held.bodies,
            self.held.publishing,
            sums.number("process"),
            self.amount,
            self.contracted,
            self.days,
        )


@dataclass(frozen=True, slots=True)
class AdoptionPage:
    """Context of `portal/adoption.html`."""

    crumbs: tuple[Link, ...]
    quarter: Quarter
    quarters: tuple[Choice, ...]
    figures: tuple[Figure, ...]
    drawing: str
    heads: tuple[Column, ...]
    rows: tuple[Row, ...]
    csv: str
    up_to: datetime
    behind: bool
    zone: str


def level_of(held: Adoption, quarter: Quarter) -> int:
    """Return the class of a tenant whose last release before the end of a quarter is known."""
    last = _day(held.last)
    return NONE if last is None else ACTIVE if last >= quarter.start else LIVE


@public(adopting, _HOME, national=True)
def national_adoption(
    request: Request, session: PublicDep, directory: DirectoryDep, trimestre: Word = None
) -> Response:
    """Show which states publish."""
    quarter = _quarter(trimestre)
    rows = _rows(session, directory, quarter)
    state = queries.state(session, Scope(tuple(view.tenant_id for view in directory.all())))
    context = AdoptionPage(
        crumbs=(Link("Inicio", "/"),),
        quarter=quarter,
        quarters=tuple(
            Choice(one.label, with_query(_HOME, trimestre=one.written), current=one == quarter)
            for one in window(_today())
        ),
        figures=_figures(rows),
        drawing=_map(rows, quarter),
        heads=_HEADS,
        rows=rows,
        csv=with_query(f"{_HOME}.csv", trimestre=quarter.written),
        up_to=state.behind_since or clock.now(),
        behind=state.behind_since is not None,
        zone=NATIONAL_ZONE,
    )
    return page(request, "portal/adoption.html", context)


@public(adopting, f"{_HOME}.csv", national=True)
def adoption_csv(session: PublicDep, directory: DirectoryDep, trimestre: Word = None) -> Response:
    """Give the same rows as a file for any site."""
    quarter = _quarter(trimestre)
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(["Trimestre", "Clave INEGI", "Organismo", *(head.label for head in _HEADS)])
    for row in _rows(session, directory, quarter):
        cells = [harmless(one) if isinstance(one, str) else one for one in row.values()]
        writer.writerow([quarter.written, row.code, row.view.slug if row.view else "", *cells])
    headers = {
        "Content-Disposition": f'attachment; filename="adopcion-{quarter.written}.csv"',
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-cache",
    }
    return Response(BOM + written.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers)


def _quarter(asked: str | None) -> Quarter:
    offered = window(_today())
    if not asked:
        return offered[0]
    found = Quarter.read(asked)
    if found not in offered:
        raise NotFoundError(
            "La adopción se muestra de los últimos ocho trimestres: elige uno de los que la página ofrece."
        )
    return found


def _today() -> date:
    return clock.now().astimezone(ZoneInfo(NATIONAL_ZONE)).date()


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(ZoneInfo(NATIONAL_ZONE)).date() if moment else None


def _rows(session: PublicSession, directory: TenantDirectory, quarter: Quarter) -> tuple[Row, ...]:
    """Return a row for each organismo, and one for each state without any, in the order of the states."""
    views = directory.all()
    after = datetime.combine(quarter.after, time.min, ZoneInfo(NATIONAL_ZONE))
    held = adoption(session, [view.tenant_id for view in views], after)
    known = {view.state_code for view in views}
    rows = [_row(view, held[view.tenant_id], quarter) for view in views]
    rows += [Row(STATES[code], code, None) for code in PLACES if code not in known]
    return tuple(sorted(rows, key=lambda row: row.code))


def _row(view: TenantView, held: Adoption, quarter: Quarter) -> Row:
    name = STATES.get(view.state_code, view.known_as)
    return Row(name, view.state_code, view, level_of(held, quarter), held)


def _figures(rows: tuple[Row, ...]) -> tuple[Figure, ...]:
    live = [row for row in rows if row.level and row.held]
    active = {row.code for row in rows if row.level == ACTIVE and row.code in PLACES}
    begun = {row.code for row in live if row.code in PLACES}
    bodies = sum(row.held.bodies for row in live if row.held)
    publishing = sum(row.held.publishing for row in live if row.held)
    processes = sum(row.held.sums.number("process") for row in live if row.held)
    of = f"de {len(PLACES)} estados"
    return (
        Figure(
            "Estados en vivo",
            formats.number(len(begun)),
            of,
            formula="Tienen al menos una entrega pública, no retirada.",
        ),
        Figure(
            "Estados activos",
            formats.number(len(active)),
            of,
            formula="Tienen al menos una entrega en el trimestre.",
        ),
        Figure(
            "Sujetos obligados que publican",
            formats.number(publishing),
            f"de {formats.number(bodies)} en los padrones de quienes ya publican",
            formula="Tienen hoy al menos un procedimiento público.",
        ),
        Figure("Procedimientos publicados", formats.number(processes), "hasta hoy"),
    )


def _map(rows: tuple[Row, ...], quarter: Quarter) -> str:
    best: dict[str, tuple[str, int]] = {}
    for row in rows:
        best[row.code] = (row.name, max(row.level, best.get(row.code, ("", NONE))[1]))
    return states(f"Adopción por estado, {quarter.label}", CLASSES, best)

"""The dashboards: of the nation, of a tenant, of one of its bodies; each chart also as a file and to be embedded."""

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.core import clock, json
from app.core.db import PublicSession
from app.core.errors import NotFoundError
from app.core.sheets import BOM, harmless
from app.figures import indicators, panels, queries
from app.figures.contribution import ALL_YEARS
from app.figures.models import WHOLE
from app.figures.panels import Panel, Told
from app.figures.queries import Scope, YearSum
from app.figures.reckoning import YEARS
from app.identity.deps import DirectoryDep, PublicDep, SettingsDep
from app.openapi import addresses, answers
from app.openapi.lists import NATIONAL_ZONE
from app.portal import queries as published
from app.portal.frame import PublicTenantDep, crumbs_of, public
from app.portal.pages import Choice
from app.portal.queries import SujetoRow
from app.tenancy.queries import TenantDirectory, TenantView
from app.tenancy.states import state_of
from app.web.addresses import with_query
from app.web.components import Column, Figure
from app.web.middleware import CONTENT_SECURITY_POLICY
from app.web.shell import Link
from app.web.templating import page

dashboards = APIRouter(include_in_schema=False)

Word = Annotated[str | None, Query(max_length=200)]
_HOME = "/tableros"
_EMBEDDABLE = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
"""Of the one page that others may frame: nothing can be done on it."""
_ALONE = "default-src 'none'; frame-ancestors *"


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel with where its files are; `table` as the component of tables wants its heads."""

    panel: Panel
    heads: tuple[Column, ...]
    svg: str
    csv: str
    json: str
    embed: str
    embed_whole: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Context of `portal/dashboard.html`."""

    view: TenantView | None
    crumbs: tuple[Link, ...]
    title: str
    whose: str
    period: str
    up_to: datetime
    behind: bool
    zone: str
    years: tuple[Choice, ...]
    bodies: tuple[Choice, ...]
    everybody: Link | None
    groups: tuple[tuple[str, tuple[Figure, ...]], ...]
    panels: tuple[Shown, ...]
    files: tuple[Link, ...]
    counted: bool


@dataclass(frozen=True, slots=True)
class Embedded:
    """Context of `portal/embedded.html`: one chart with its table, for a frame on somebody's page."""

    shown: Shown
    whose: str
    period: str
    up_to: datetime
    zone: str
    home: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Whose dashboard is asked for, and of when; `settings` of the nation's name."""

    view: TenantView | None
    directory: TenantDirectory
    name: str
    body: SujetoRow | None
    year: int

    @property
    def scope(self) -> Scope:
        tenants = (self.view,) if self.view else self.directory.all()
        body = self.body.sujeto_obligado_id if self.body else WHOLE
        return Scope(tuple(one.tenant_id for one in tenants), body, self.year)

    @property
    def home(self) -> str:
        return f"{self.view.base if self.view else ''}{_HOME}"

    @property
    def query(self) -> dict[str, str | None]:
        return {
            "anio": str(self.year) if self.year else None,
            "sujeto": self.body.key if self.body else None,
        }

    @property
    def whose(self) -> str:
        return self.body.name if self.body else self.view.name if self.view else self.name

    @property
    def period(self) -> str:
        return str(self.year) if self.year else "Todos los años"

    @property
    def zone(self) -> str:
        return self.view.time_zone if self.view else NATIONAL_ZONE


@public(dashboards, _HOME, national=True)
def national_dashboard(
    request: Request,
    session: PublicDep,
    directory: DirectoryDep,
    settings: SettingsDep,
    anio: Word = None,
) -> Response:
    """Show the figures of all tenants together."""
    place = _Place(None, directory, "Todo el país", None, _year(anio))
    return _dashboard(request, session, place, settings.public_url)


@public(dashboards, f"/{{tenant}}{_HOME}")
def tenant_dashboard(
    request: Request,
    view: PublicTenantDep,
    session: PublicDep,
    directory: DirectoryDep,
    settings: SettingsDep,
    *,
    anio: Word = None,
    sujeto: Word = None,
) -> Response:
    """Show the figures of a tenant, or of one of its bodies."""
    place = _Place(view, directory, "", _body(session, view, sujeto), _year(anio))
    return _dashboard(request, session, place, settings.public_url)


@public(dashboards, f"{_HOME}/{{grafica}}", national=True)
def national_chart(
    request: Request,
    session: PublicDep,
    directory: DirectoryDep,
    settings: SettingsDep,
    *,
    grafica: str,
    anio: Word = None,
) -> Response:
    """Give a chart of all tenants together: as a page to be framed, an image, or its table."""
    place = _Place(None, directory, "Todo el país", None, _year(anio))
    return _chart(request, session, place, grafica, settings.public_url)


@public(dashboards, f"/{{tenant}}{_HOME}/{{grafica}}")
def tenant_chart(
    request: Request,
    view: PublicTenantDep,
    session: PublicDep,
    directory: DirectoryDep,
    settings: SettingsDep,
    *,
    grafica: str,
    anio: Word = None,
    sujeto: Word = None,
) -> Response:
    """Give a chart of a tenant, or of one of its bodies: as a page to be framed, an image, or its table."""
    place = _Place(view, directory, "", _body(session, view, sujeto), _year(anio))
    return _chart(request, session, place, grafica, settings.public_url)


def _year(asked: str | None) -> int:
    if not asked:
        return ALL_YEARS
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == len("2026") else ALL_YEARS
    if year not in YEARS:
        raise NotFoundError("Ese año no tiene tablero: elige uno de los que el tablero ofrece.")
    return year


def _body(session: PublicSession, view: TenantView, key: str | None) -> SujetoRow | None:
    return published.sujeto_by_key(session, view.tenant_id, key) if key else None


def _dashboard(request: Request, session: PublicSession, place: _Place, public_url: str | None) -> Response:
    told, years, up_to, behind = _told(session, place)
    view, body = place.view, place.body
    crumbs = crumbs_of(view) if view else (Link("Inicio", "/"),)
    if view and body:
        crumbs = (*crumbs, Link("Tableros", place.home))
    context = Dashboard(
        view=view,
        crumbs=crumbs,
        title="Qué, a quién y cómo se contrata",
        whose=place.whose,
        period=place.period,
        up_to=up_to,
        behind=behind,
        zone=place.zone,
        years=_years(place, years),
        bodies=_bodies(place, told),
        everybody=Link("Ver todo el organismo", with_query(place.home, anio=place.query["anio"]))
        if body
        else None,
        groups=tuple(
            (
                group.title,
                tuple(
                    Figure(one.label, one.value, one.note, href=_rows_of(place, one.key), formula=one.formula)
                    for one in group.rows
                ),
            )
            for group in indicators.groups(told.sums, tenants=len(place.scope.tenants))
        ),
        panels=tuple(
            _shown(request, place, panels.panel(key, told), public_url)
            for key in panels.KEYS
            if not (body and key == "organos")
        ),
        files=tuple(
            Link(ending.upper(), with_query(f"{place.home}/{panels.INDICATORS}.{ending}", **place.query))
            for ending in ("csv", "json")
        ),
        counted=bool(told.sums.cells),
    )
    return page(request, "portal/dashboard.html", context)


def _rows_of(place: _Place, key: str) -> str | None:
    """Return where the rows behind a figure are listed; lists of processes know no years."""
    if key != "procedimientos" or place.view is None or place.year:
        return None
    return with_query(f"{place.view.base}/procesos", sujeto=place.query["sujeto"])


def _told(session: PublicSession, place: _Place) -> tuple[Told, list[YearSum], datetime, bool]:
    """Return what the panels are made of, the years there are, and how new it is."""
    scope = place.scope
    state = queries.state(session, scope)
    years = queries.years(session, scope)
    if place.body:
        ranked = []
    elif place.view:
        ranked = queries.bodies(session, scope)
    else:
        views = {view.tenant_id: view for view in place.directory.all()}
        ranked = [
            queries.Ranked(
                state_of(views[row.id]), row.contracts, row.amount, row.id, f"{views[row.id].base}{_HOME}"
            )
            for row in queries.tenants(session, scope)
            if row.id in views
        ]
    told = Told(
        queries.sums(session, scope),
        years,
        None if state.hides_names else queries.suppliers(session, scope),
        ranked,
        "Sujetos obligados con mayor monto" if place.view else "Organismos por monto",
    )
    return told, years, state.behind_since or clock.now(), state.behind_since is not None


def _years(place: _Place, years: list[YearSum]) -> tuple[Choice, ...]:
    offered = sorted({one.year for one in years} | ({place.year} - {ALL_YEARS}), reverse=True)
    sujeto = place.query["sujeto"]
    return (
        Choice("Todos los años", with_query(place.home, sujeto=sujeto), current=not place.year),
        *(
            Choice(
                str(year),
                with_query(place.home, anio=str(year), sujeto=sujeto),
                current=year == place.year,
            )
            for year in offered
        ),
    )


def _bodies(place: _Place, told: Told) -> tuple[Choice, ...]:
    anio = place.query["anio"]
    if place.view is None:
        return tuple(Choice(one.name, with_query(one.key, anio=anio)) for one in told.ranked)
    return tuple(Choice(one.name, with_query(place.home, anio=anio, sujeto=one.key)) for one in told.ranked)


def _shown(request: Request, place: _Place, panel: Panel, public_url: str | None) -> Shown:
    here = f"{place.home}/{panel.key}"
    whole = addresses.service_root(request.scope, public_url) if place.view is None else ""
    if place.view is not None:
        roots = addresses.roots(request.scope, place.view, public_url)
        whole = roots.tenant
    return Shown(
        panel=panel,
        heads=tuple(Column(one.label, numeric=one.kind != "text") for one in panel.columns),
        svg=with_query(f"{here}.svg", **place.query),
        csv=with_query(f"{here}.csv", **place.query),
        json=with_query(f"{here}.json", **place.query),
        embed=with_query(here, **place.query),
        embed_whole=with_query(f"{whole}{_HOME}/{panel.key}", **place.query),
    )


def _chart(
    request: Request, session: PublicSession, place: _Place, name: str, public_url: str | None
) -> Response:
    key, dot, ending = name.partition(".")
    whole = key == panels.INDICATORS
    known = ("csv", "json") if whole else ("", "svg", "csv", "json")
    if not (whole or key in panels.KEYS) or ending not in known or bool(dot) != bool(ending):
        raise NotFoundError("No hay una gráfica con ese nombre en el tablero.")
    told, _, up_to, _ = _told(session, place)
    panel = panels.indicators(told.sums, len(place.scope.tenants)) if whole else panels.panel(key, told)
    if ending == "svg":
        if not panel.drawing:
            raise NotFoundError("Todavía no hay datos para dibujar esta gráfica.")
        alone = {"Content-Security-Policy": _ALONE}
        return _file(request, panel.drawing.encode(), "image/svg+xml", alone)
    if ending == "csv":
        named = {"Content-Disposition": f'attachment; filename="{key}.csv"'}
        return _file(request, _csv(panel), "text/csv; charset=utf-8", named)
    if ending == "json":
        return _file(request, _json(panel, place, up_to), "application/json", {})
    context = Embedded(
        shown=_shown(request, place, panel, public_url),
        whose=place.whose,
        period=place.period,
        up_to=up_to,
        zone=place.zone,
        home=with_query(place.home, **place.query),
    )
    framed = {"Content-Security-Policy": _EMBEDDABLE, "Cross-Origin-Opener-Policy": "unsafe-none"}
    return page(request, "portal/embedded.html", context, headers=framed)


def _file(request: Request, body: bytes, media_type: str, more: dict[str, str]) -> Response:
    """Answer a file for any site; whoever has these very bytes is told so, and nobody keeps them unasked."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache", "ETag": etag, **more}
    held = ",".join(request.headers.getlist("if-none-match"))
    if held and answers.matches(held, etag.encode()):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _csv(panel: Panel) -> bytes:
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow([column.label for column in panel.columns])
    writer.writerows(
        [harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in panel.rows
    )
    return BOM + written.getvalue().encode()


def _json(panel: Panel, place: _Place, up_to: datetime) -> bytes:
    names = [column.label for column in panel.columns]
    return json.dumps(
        {
            "title": panel.title,
            "scope": place.whose,
            "period": place.period,
            "upTo": up_to,
            "formula": panel.formula,
            "rows": [
                {
                    name: float(cell) if isinstance(cell, Decimal) else cell
                    for name, cell in zip(names, row, strict=True)
                }
                for row in panel.rows
            ],
        }
    )

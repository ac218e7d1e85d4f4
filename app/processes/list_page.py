"""The page of processes: what was asked for in its address, and what it shows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import Query

from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.pagination import Page
from app.core.policy import Permission, allowed
from app.ocds import codelists, model
from app.ocds.model import Stage
from app.processes import lists
from app.processes.lists import Filters, Order, ProcessRow
from app.processes.models import OPEN_STATUSES
from app.processes.workflow import VERSIONS
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.components import Tab

OPEN = "en-curso"
"""Filter for every open version."""
PICKABLE = ("draft", "returned")
"""Statuses in which a version can be sent or discarded with others."""

STAGES = {stage.value: label for stage, label in model.STAGES.items() if stage is not Stage.GENERAL}
METHODS = {code.code: code.label for code in codelists.codelist("method").codes.values()}
DEADLINES = {
    "vencido": "Ya venció",
    "7": "Vence en 7 días o antes",
    "30": "Vence en 30 días o antes",
    "sin": "Sin fecha límite",
}
CHARGES = {"mio": "Mí"}
"""Whose work a version is: the reader's, or anybody's."""
ORDERS: dict[str, tuple[str, Order]] = {
    "quietos": ("Lo más quieto", "untouched"),
    "plazo": ("Lo que vence primero", "due"),
    "recientes": ("Lo más reciente", "newest"),
}
"""Name in the address -> words, and the order."""

_NO_LIST = "No hay una lista de procesos así."
_Short = Annotated[str, Query(max_length=40)]
_Long = Annotated[str, Query(max_length=300)]


@dataclass(frozen=True)
class Asked:
    """What the address of a list says: every state of the page has one, to be kept or sent to somebody."""

    estado: str = OPEN
    etapa: str = ""
    metodo: str = ""
    area: str = ""
    anio: str = ""
    plazo: str = ""
    q: str = ""
    orden: str = ""
    cargo: str = ""

    def address(self, here: str, **changes: str | None) -> str:
        """Return the address that asks for this, with some of it changed."""
        return with_query(here, **{**asdict(self), **changes})

    @property
    def is_filtered(self) -> bool:
        """Whether it asks for more than a status and an order."""
        return any((self.etapa, self.metodo, self.area, self.anio, self.plazo, self.q, self.cargo))


def asked(
    *,
    estado: _Short = OPEN,
    etapa: _Short = "",
    metodo: _Short = "",
    area: _Long = "",
    anio: _Short = "",
    plazo: _Short = "",
    q: _Long = "",
    orden: _Short = "",
    cargo: _Short = "",
) -> Asked:
    """Read the query of a list's address."""
    return Asked(estado or OPEN, etapa, metodo, area, anio.strip(), plazo, q.strip(), orden, cargo)


@dataclass(frozen=True)
class ProcessListPage:
    """Context of `processes/list.html`."""

    base: str
    here: str
    asked: Asked
    tabs: tuple[Tab, ...]
    chosen: str
    stages: Mapping[str, str]
    methods: Mapping[str, str]
    units: list[str]
    deadlines: Mapping[str, str]
    charges: Mapping[str, str]
    orders: Mapping[str, str]
    order: str
    year_error: str
    rows: Page[ProcessRow]
    today: date
    next: str | None
    first: str | None
    workbook: str
    unfiltered: str
    one_body: bool
    may_begin: bool
    may_import: bool
    may_pick: bool


def filters_of(actor: Actor, view: TenantView, asked: Asked) -> Filters:
    """Return what the address of a list leaves out.

    Raises:
        NotFoundError: it asks for something that no list has.
    """
    for value, known in (
        (asked.estado, _states(actor)),
        (asked.etapa, STAGES),
        (asked.metodo, METHODS),
        (asked.plazo, DEADLINES),
        (asked.cargo, CHARGES),
    ):
        if value and value not in known:
            raise NotFoundError(_NO_LIST)
    today = view.today
    return Filters(
        statuses=OPEN_STATUSES if asked.estado == OPEN else (asked.estado,),
        stage=asked.etapa,
        method=asked.metodo,
        unit=asked.area,
        year=int(asked.anio) if _is_year(asked.anio) else None,
        text=asked.q,
        due_by={
            "vencido": today - timedelta(days=1),
            "7": today + timedelta(days=7),
            "30": today + timedelta(days=30),
        }.get(asked.plazo),
        has_due=False if asked.plazo == "sin" else None,
        responsible=actor.account_id if asked.cargo else None,
    )


def process_list(
    session: RwSession, actor: Actor, view: TenantView, asked: Asked, cursor: str | None
) -> ProcessListPage:
    """Return what the page of processes shows to this actor.

    Raises:
        NotFoundError: the address asks for something that no list has.
    """
    here = f"{view.base}/procesos-internos"
    states, filters = _states(actor), filters_of(actor, view, asked)
    order = asked.orden or ("recientes" if asked.estado in ("published", "discarded") else "quietos")
    if order not in ORDERS:
        raise NotFoundError(_NO_LIST)
    today = view.today
    rows = lists.versions_in(session, actor, filters, order=ORDERS[order][1], cursor=cursor)
    may_pick = allowed(actor, Permission.PROCESS_SUBMIT) and allowed(actor, Permission.PROCESS_DISCARD)
    return ProcessListPage(
        base=view.base,
        here=here,
        asked=asked,
        tabs=tuple(
            Tab(label, asked.address(here, estado=key, orden=None), current=key == asked.estado)
            for key, label in states.items()
        ),
        chosen=states[asked.estado],
        stages=STAGES,
        methods=METHODS,
        units=lists.units(session, actor),
        deadlines=DEADLINES,
        charges=CHARGES,
        orders={name: words for name, (words, _) in ORDERS.items()},
        order=order,
        year_error=""
        if _is_year(asked.anio) or not asked.anio
        else "El año va con cuatro cifras, como 2026.",
        rows=rows,
        today=today,
        next=asked.address(here, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=asked.address(here) if cursor else None,
        workbook=asked.address(f"{view.base}/importaciones/libro.xlsx", orden=None),
        unfiltered=Asked(estado=asked.estado, orden=asked.orden).address(here),
        one_body=actor.sujeto_obligado_id is not None,
        may_begin=allowed(actor, Permission.PROCESS_EDIT),
        may_import=allowed(actor, Permission.PROCESS_IMPORT),
        may_pick=may_pick and any(row.status in PICKABLE for row in rows.rows),
    )


def _states(actor: Actor) -> dict[str, str]:
    """Return the lists that the actor may ask for, with their names; what was discarded is its own people's affair."""
    statuses = {key: label for key, label in VERSIONS.statuses.items() if key != "discarded"}
    if allowed(actor, Permission.PROCESS_DISCARD):
        statuses["discarded"] = VERSIONS.statuses["discarded"]
    return {OPEN: "En curso", **statuses}


def _is_year(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) == 4

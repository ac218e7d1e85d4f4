"""The log's pages, and the file that takes it away."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from app.accountability import log
from app.accountability.log import Act, Asked
from app.accountability.retention_router import router as retention
from app.core import json, sheets
from app.core.audit import AuditSeal
from app.core.db import Actor, RwSession
from app.core.pagination import INT8, Page
from app.core.policy import Permission
from app.identity.deps import ActorDep, DatabaseDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.ocds.entry import EntryError, dates
from app.processes.history import VERBS
from app.tenancy import queries as tenancy
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])
router.include_router(retention)

MANY = 300
"""People that one list offers; where there are more, the way to one's acts is from their own page."""

HEAD = (
    "numero", "momento", "cuenta", "persona", "funcion", "direccion_de_red", "sujeto_obligado", "acto", "que_hizo",
    "tipo", "sobre", "titulo", "detalle", "transaccion",
)  # fmt: skip
"""Columns of the file; `transaccion` and `numero` order what a seal covers."""


@dataclass(frozen=True)
class Said:
    """What the address of the log says, as it was written."""

    quien: str = ""
    acto: str = ""
    sujeto: str = ""
    desde: str = ""
    hasta: str = ""
    proceso: str = ""

    def address(self, here: str, **more: str) -> str:
        """Return an address that asks for this, and more."""
        return with_query(here, **{**asdict(self), **more})


_Word = Annotated[str, Query(max_length=100)]


def said(
    *,
    quien: _Word = "",
    acto: _Word = "",
    sujeto: _Word = "",
    desde: _Word = "",
    hasta: _Word = "",
    proceso: _Word = "",
) -> Said:
    """Read the query of the log's address."""
    return Said(quien, acto, sujeto, desde.strip(), hasta.strip(), proceso)


SaidDep = Annotated[Said, Depends(said)]


@dataclass(frozen=True)
class LogPage:
    """Context of `accountability/log.html`.

    Attributes:
        errors: name of a filter → what is wrong with it; the filter then asks for nothing.
        people: to choose from, where they are few enough.
        narrowed: name of the body that the log is narrowed to.
    """

    home: str
    base: str
    said: Said
    errors: Mapping[str, str]
    rows: Page[Act]
    people: Mapping[str, str]
    verbs: Mapping[str, str]
    narrowed: str
    file: str
    clear: str | None
    next: str | None
    first: str | None


@dataclass(frozen=True)
class ActPage:
    """Context of `accountability/act.html`."""

    base: str
    crumbs: tuple[Link, ...]
    act: Act
    detail: tuple[tuple[str, str], ...]
    seal: AuditSeal | None


@router.get("/{tenant}/bitacora", dependencies=[Depends(guard(Permission.AUDIT_READ))])
def acts(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    said: SaidDep,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """List what was done, the newest first; every filter is an address."""
    return _list(request, view, actor, session, said=said, cursor=cursor)


def _list(
    request: Request,
    view: TenantView,
    actor: Actor,
    session: RwSession,
    *,
    said: Said,
    cursor: str | None = None,
) -> Response:
    home = f"{view.base}/bitacora"
    people = log.colleagues(session, actor)
    asked, errors = _asked(said, view.time_zone)
    body = tenancy.sujeto(session, actor, asked.sujeto_obligado_id) if asked.sujeto_obligado_id else None
    rows = log.acts(session, actor, asked, zone=view.time_zone, cursor=cursor)
    context = LogPage(
        home=home,
        base=view.base,
        said=said,
        errors=errors,
        rows=rows,
        people={str(account): name for account, name in people.items()} if len(people) <= MANY else {},
        verbs=dict(sorted(VERBS.items(), key=lambda one: one[1])),
        narrowed=body.name if body else "",
        file=said.address(f"{home}.csv"),
        clear=home if said != Said() else None,
        next=said.address(home, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=said.address(home) if cursor else None,
    )
    return page(request, "accountability/log.html", context, status=422 if errors else 200)


@router.get("/{tenant}/bitacora.csv", dependencies=[Depends(guard(Permission.AUDIT_READ))])
def file(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    database: DatabaseDep,
    *,
    said: SaidDep,
) -> Response:
    """Give all that the same filters ask for; that it was taken away is in the log as well.

    A filter that cannot be read takes nothing away: the page says what is wrong with it.
    """
    asked, errors = _asked(said, view.time_zone)
    if errors:
        return _list(request, view, actor, session, said=said)
    log.note_export(session, actor, asked)

    def pieces() -> Iterator[bytes]:
        yield sheets.BOM + sheets.lines([HEAD])
        for rows in log.every(database, actor, asked, zone=view.time_zone):
            yield sheets.lines(_line(act) for act in rows)

    name = f"bitacora-{view.slug}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{tenant}/bitacora/{event_id}", dependencies=[Depends(guard(Permission.AUDIT_READ))])
def one(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    event_id: Annotated[int, Path(ge=1, le=INT8)],
) -> Response:
    """Show one act with all that is known of it."""
    found, seal = log.act(session, actor, event_id)
    detail = tuple((name, _text(value)) for name, value in found.event.detail.items())
    crumbs = (Link("Bitácora", f"{view.base}/bitacora"),)
    return page(request, "accountability/act.html", ActPage(view.base, crumbs, found, detail, seal))


def _asked(said: Said, zone: str) -> tuple[Asked, dict[str, str]]:
    """Read the filters; one that cannot be read asks for nothing and says why."""
    errors: dict[str, str] = {}

    def day(name: str) -> date | None:
        written = getattr(said, name)
        if not written:
            return None
        try:
            return date.fromisoformat(dates.read(written, name="date", zone=zone)[:10])
        except EntryError as error:
            errors[name] = str(error)
            return None

    def identifier(name: str) -> UUID | None:
        try:
            return UUID(getattr(said, name)) if getattr(said, name) else None
        except ValueError:
            errors[name] = "Elige una opción de la lista."
            return None

    since, until = day("desde"), day("hasta")
    if since and until and since > until:
        errors["hasta"] = "La fecha final es anterior a la inicial."
    asked = Asked(identifier("quien"), said.acto, identifier("sujeto"), since, until, identifier("proceso"))
    return asked, errors


def _line(act: Act) -> tuple[str, ...]:
    event = act.event
    return (
        str(event.event_id), event.at.astimezone(UTC).isoformat(), str(event.account_id or ""), act.who,
        act.role, act.address, act.sujeto, event.verb, act.did, event.subject_type, event.subject_id, act.title,
        json.text(event.detail), str(event.transaction_id),
    )  # fmt: skip


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.text(value)

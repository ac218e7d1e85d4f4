"""The public log: a page for people, a file for spreadsheets, one for programs, a feed for who wants to hear of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from app.core import json, sheets
from app.core.db import PublicSession
from app.core.public_log import KINDS, instant
from app.identity.deps import DatabaseDep, PublicDep, SettingsDep
from app.openapi import addresses
from app.portal import acts, queries
from app.portal.acts import Entry, Filters
from app.portal.frame import PublicTenantDep, crumbs_of, public
from app.portal.pages import Choice, Filter, LogPage, Told, process_address
from app.portal.queries import SujetoRow
from app.processes.workflow import POLICY_LABELS
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.formats import date_es, plural
from app.web.shell import Link
from app.web.templating import page

public_log = APIRouter(include_in_schema=False)

HERE = "/{tenant}/bitacora-publica"
ROWS = 25
"""Entries of one page, and of the feed."""
ON_A_PROCESS = 5
"""Entries that the page of a process repeats."""

Cursor = Annotated[str | None, Query(max_length=500)]
Word = Annotated[str | None, Query(max_length=200)]
Year = Annotated[str | None, Query(pattern="^((19|20)[0-9]{2})?$")]


@public(public_log, HERE)
def log(
    request: Request,
    view: PublicTenantDep,
    session: PublicDep,
    *,
    tipo: Word = None,
    anio: Year = None,
    sujeto: Word = None,
    ocid: Word = None,
    cursor: Cursor = None,
) -> Response:
    """Show the acts of authority of a tenant, the newest first; every filter is an address."""
    asked = {"tipo": tipo, "anio": anio, "sujeto": sujeto, "ocid": ocid}
    filters, body = _filters(session, view, asked)
    found = acts.entries(session, view.tenant_id, filters, zone=view.time_zone, cursor=cursor, limit=ROWS)
    home = f"{view.base}/bitacora-publica"
    kinds, years = acts.kinds_and_years(session, view.tenant_id, view.time_zone)
    context = LogPage(
        view=view,
        crumbs=crumbs_of(view),
        rows=tuple(told(row, view) for row in found.rows),
        filters=(
            _filter("Qué fue", "tipo", {kind: KINDS[kind] for kind in kinds}, asked, home),
            _filter("Año", "anio", {str(year): str(year) for year in years}, asked, home),
        ),
        narrowed=" · ".join(filter(None, (body.name if body else "", ocid))),
        clear=home if any(asked.values()) else None,
        downloads=tuple(
            Link(form.upper(), with_query(f"{home}.{form}", **asked)) for form in ("csv", "json")
        ),
        feed=f"{home}.atom",
        more=with_query(home, **asked, cursor=found.next_cursor) if found.next_cursor else None,
        first=with_query(home, **asked) if cursor else None,
    )
    return page(request, "portal/public_log.html", context)


@public(public_log, HERE + ".csv")
def as_csv(
    view: PublicTenantDep,
    session: PublicDep,
    database: DatabaseDep,
    *,
    tipo: Word = None,
    anio: Year = None,
    sujeto: Word = None,
    ocid: Word = None,
) -> Response:
    """Give the whole log as a spreadsheet reads it."""
    filters, _ = _filters(session, view, {"tipo": tipo, "anio": anio, "sujeto": sujeto, "ocid": ocid})
    rows = acts.all_entries(database, view.tenant_id, filters, zone=view.time_zone)
    return _file(_csv(rows), "text/csv; charset=utf-8", f"bitacora-publica-{view.slug}.csv")


@public(public_log, HERE + ".json")
def as_json(
    view: PublicTenantDep,
    session: PublicDep,
    database: DatabaseDep,
    *,
    tipo: Word = None,
    anio: Year = None,
    sujeto: Word = None,
    ocid: Word = None,
) -> Response:
    """Give the whole log with all that its hashes cover, so that anyone can compute them again."""
    filters, _ = _filters(session, view, {"tipo": tipo, "anio": anio, "sujeto": sujeto, "ocid": ocid})
    rows = acts.all_entries(database, view.tenant_id, filters, zone=view.time_zone)
    return _file(_json(view, rows), "application/json", f"bitacora-publica-{view.slug}.json")


@public(public_log, HERE + ".atom")
def feed(request: Request, view: PublicTenantDep, session: PublicDep, settings: SettingsDep) -> Response:
    """Give the newest entries as a feed (RFC 4287)."""
    found = acts.entries(session, view.tenant_id, Filters(), zone=view.time_zone, limit=ROWS)
    root = addresses.roots(request.scope, view, settings.public_url).tenant
    return Response(_atom(view, f"{root}/bitacora-publica", found.rows), media_type="application/atom+xml")


def acts_on(session: PublicSession, view: TenantView, ocid: str) -> tuple[Told, ...]:
    """Return the newest entries about a process, without repeating which it is."""
    found = acts.entries(session, view.tenant_id, Filters(ocid=ocid), zone=view.time_zone, limit=ON_A_PROCESS)
    return tuple(replace(told(row, view), body=None, process=None) for row in found.rows)


def log_address(view: TenantView, ocid: str) -> str:
    """Return where the entries about a process are."""
    return with_query(f"{view.base}/bitacora-publica", ocid=ocid)


def told(entry: Entry, view: TenantView) -> Told:
    """Return an entry in words, with the ways to what it is about."""
    home = f"{view.base}/bitacora-publica"
    return Told(
        number=entry.number,
        at=entry.at,
        kind=entry.kind,
        said=said(entry),
        body=Link(entry.sujeto_name, with_query(home, sujeto=entry.sujeto_key)) if entry.sujeto_key else None,
        process=Link(entry.ocid, process_address(view, entry.ocid)) if entry.ocid else None,
        ground=entry.ground,
        reason=entry.reason,
    )


def said(entry: Entry) -> str:
    """Return in a sentence what was done; the kind alone where an entry says no more."""
    detail = entry.detail
    match entry.kind:
        case "withdrawal" if detail.get("scope") == "process":
            return f"Se retiró toda la contratación: {_counted(detail, 'releases', 'entrega', 'entregas')}"
        case "withdrawal":
            return "Se retiró una entrega; las demás siguen publicadas"
        case "redaction":
            return "También se testaron los borradores y la historia de la contratación"
        case "reservation":
            kept = _counted(detail, "places", "dato", "datos")
            until = f"hasta el {_day(detail['until'])}" if detail.get("until") else "sin plazo"
            longer = ", con prórroga" if detail.get("extension") else ""
            return f"{kept} sin publicar {until}{longer}"
        case "reservation_ended":
            return f"Terminó la reserva de {_counted(detail, 'places', 'dato', 'datos')}"
        case "correction":
            return "Se corrigió lo publicado"
        case "policy_change":
            subject = "" if entry.sujeto_obligado_id else ", en los sujetos obligados que se agreguen"
            return f"Cambió quién aprueba{subject}: {_from_to(detail)}"
        case "single_grant":
            return f"Se permitió publicar con persona única hasta el {_day(detail.get('until', ''))}: {_from_to(detail)}"
        case "policy_text":
            named = [_TEXTS.get(name, name) for name in str(detail.get("changed", "")).split(", ")]
            return f"Cambió {' y '.join(filter(None, (', '.join(named[:-1]), named[-1])))}"
        case "suspension":
            return _ACTS.get(str(detail.get("act")), _SUSPENDED)[not entry.sujeto_obligado_id]
        case "succession" if "after" in detail:
            act = _JOINED.get(str(detail.get("act")), KINDS["succession"])
            return f"{act}: de {detail.get('before')} a {detail['after']}, desde el {_day(detail.get('since', ''))}"
        case "succession":
            return f"Otra autoridad sucede a la anterior, desde el {_day(detail.get('since', ''))}: {entry.reason}"
        case "transfer":
            count = _counted(detail, "processes", "contratación", "contrataciones")
            return f"Se traspasó un sujeto obligado con {count}. {entry.reason}"
        case _:
            return KINDS[entry.kind]


_TEXTS = {
    "policy_text": "el texto de la política",
    "policy_url": "su enlace",
    "licence": "la licencia de los datos",
}
_SUSPENDED = ("Se suspendió al sujeto obligado", "Se suspendió al organismo garante")
_ACTS = {
    "reactivate": ("El sujeto obligado volvió a la actividad", "El organismo garante volvió a la actividad"),
    "resume": ("El sujeto obligado volvió a la actividad", "El organismo garante volvió a la actividad"),
    "delete": ("Se borró al sujeto obligado", "Se borró lo que el organismo garante tenía en este servicio"),
}
"""Act → said of a body, said of the tenant."""
_JOINED = {"merge": "Fusión", "split": "Escisión", "succession": "Sucesión"}


def _from_to(detail: dict[str, Any]) -> str:
    before, after = (
        POLICY_LABELS.get(str(detail.get(name)), str(detail.get(name, ""))) for name in ("before", "after")
    )
    return f"antes, «{before}»; ahora, «{after}»"


def _counted(detail: dict[str, Any], name: str, one: str, many: str) -> str:
    count = detail.get(name)
    return plural(count, one, many) if isinstance(count, int) else many


def _day(value: object) -> str:
    try:
        return date_es(date.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def _filters(
    session: PublicSession, view: TenantView, asked: dict[str, str | None]
) -> tuple[Filters, SujetoRow | None]:
    """Return which entries are asked for; a kind that there is not finds none.

    Raises:
        NotFoundError: the tenant has no such body.
    """
    key, year = asked["sujeto"], asked["anio"]
    body = queries.sujeto_by_key(session, view.tenant_id, key) if key else None
    return (
        Filters(
            kind=asked["tipo"] or None,
            year=int(year) if year else None,
            sujeto_obligado_id=body.sujeto_obligado_id if body else None,
            ocid=asked["ocid"] or None,
        ),
        body,
    )


def _filter(label: str, name: str, values: dict[str, str], asked: dict[str, str | None], home: str) -> Filter:
    return Filter(
        label,
        tuple(
            Choice(
                words,
                with_query(home, **{**asked, name: None if asked[name] == code else code}),
                current=asked[name] == code,
            )
            for code, words in values.items()
        ),
    )


def _file(pieces: Iterator[bytes], media_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "public, max-age=0, must-revalidate",
        "Access-Control-Allow-Origin": "*",
    }
    return StreamingResponse(pieces, media_type=media_type, headers=headers)


_HEAD = (
    "Número",
    "Fecha",
    "Qué fue",
    "Sujeto obligado",
    "Contratación",
    "Fundamento",
    "Motivo",
    "Detalle",
    "Huella",
)


def _csv(rows: Iterable[Entry]) -> Iterator[bytes]:
    yield sheets.BOM
    yield _line(_HEAD)
    for row in rows:
        yield _line(
            (
                row.number,
                instant(row.at),
                KINDS[row.kind],
                row.sujeto_name or "",
                row.ocid,
                row.ground,
                row.reason,
                said(row),
                row.entry_hash.hex(),
            )
        )


def _line(cells: Iterable[object]) -> bytes:
    return sheets.lines([[str(cell) for cell in cells]])


def _json(view: TenantView, rows: Iterable[Entry]) -> Iterator[bytes]:
    head = {"tenant_id": str(view.tenant_id), "publisher": view.name, "licence": view.licence or None}
    yield json.dumps(head)[:-1] + b',"entries":['
    for turn, row in enumerate(rows):
        told = {
            "number": row.number,
            "at": instant(row.at),
            "kind": row.kind,
            "sujeto_obligado_id": str(row.sujeto_obligado_id or ""),
            "sujeto_obligado": row.sujeto_name or "",
            "ocid": row.ocid,
            "ground": row.ground,
            "reason": row.reason,
            "detail": dict(sorted(row.detail.items())),
            "previous_hash": row.previous_hash.hex(),
            "entry_hash": row.entry_hash.hex(),
        }
        yield (b"," if turn else b"") + json.dumps(told)
    yield b"]}"


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 forbids (section 2.2); the log of before may hold some, and no entry is ever changed."""


def _atom(view: TenantView, home: str, rows: Iterable[Entry]) -> str:
    listed = list(rows)
    updated = instant(listed[0].at) if listed else "1970-01-01T00:00:00Z"
    told = "".join(
        f"<entry><id>{escape(home)}#{row.number}</id><title>{escape(said(row))}</title>"
        f"<updated>{instant(row.at)}</updated><link href={quoteattr(f'{home}#asiento-{row.number}')}/>"
        f"<summary>{escape(' '.join(filter(None, (row.ocid, row.ground, row.reason))))}</summary></entry>"
        for row in listed
    )
    return _NOT_XML.sub(
        "",
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="es-MX">'
        f"<id>{escape(home)}</id><title>Bitácora pública: {escape(view.known_as)}</title>"
        f"<updated>{updated}</updated><author><name>{escape(view.name)}</name></author>"
        f'<link rel="self" href={quoteattr(f"{home}.atom")}/><link href={quoteattr(home)}/>{told}</feed>',
    )

"""The registry's pages: search, enter, correct, retire; and the options of a party picker."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from app.core.errors import InvalidError, NotFoundError, StaleError
from app.core.policy import Permission, allowed
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.parties import queries, service
from app.parties.entering import Choice, Desk, Typed
from app.parties.models import Party
from app.parties.organization import document_id
from app.parties.page import ListPage, PickerPage, lines, party_page
from app.parties.rules import examine
from app.parties.service import DuplicateError, RefusedEntryError
from app.parties.wording import KINDS, hint, label, likely_kinds
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.components import Tab
from app.web.forms import Sent
from app.web.shell import Link, local_path
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])

HOME = "/{tenant}/registro"
NEW = HOME + "/nueva"
ENTRY = HOME + "/{party_id}"
READ = [Depends(guard(Permission.PROCESS_READ))]
EDIT = [Depends(guard(Permission.PARTY_EDIT))]

RETIRED = "retiradas"
"""Tab of the entries out of use."""

CursorQuery = Annotated[str | None, Query(max_length=500)]
TextQuery = Annotated[str, Query(max_length=200)]
BackQuery = Annotated[str, Query(max_length=2000)]


@router.get(HOME, dependencies=READ)
def listing(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    tipo: str = "supplier",
    q: TextQuery = "",
    cursor: CursorQuery = None,
) -> Response:
    """List the registry by kind and name; a search looks in names, numbers and positions."""
    names = {**{key: words.many for key, words in KINDS.items()}, RETIRED: "Retiradas"}
    if tipo not in names:
        raise NotFoundError("El registro no tiene esa lista.")
    here, retired = _home(view), tipo == RETIRED
    kind = None if retired else tipo
    found = queries.listing(session, actor, kind=kind, text=q, retired=retired, cursor=cursor)
    may_add = kind is not None and allowed(actor, Permission.PARTY_EDIT)
    context = ListPage(
        here=here,
        tabs=tuple(
            Tab(name, with_query(here, tipo=key, q=q), current=key == tipo) for key, name in names.items()
        ),
        chosen=tipo,
        title=names[tipo],
        text=q,
        lines=lines(session, actor, list(found.rows)),
        next=with_query(here, tipo=tipo, q=q, cursor=found.next_cursor) if found.next_cursor else None,
        first=with_query(here, tipo=tipo, q=q) if cursor else None,
        add=Link(KINDS[tipo].add, with_query(f"{here}/nueva", tipo=tipo)) if may_add else None,
    )
    return page(request, "parties/list.html", context)


@router.get(HOME + "/opciones", dependencies=READ)
def options(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    q: TextQuery = "",
    kind: str = "",
    role: str = "",
    volver: BackQuery = "",
    campo: str = "",
) -> Response:
    """Offer entries for what somebody types: JSON for the typeahead, a page to search in for everyone else.

    The page comes back to `volver` with `campo` and `elegir`, the party_id.
    """
    kinds = (kind,) if kind in KINDS else likely_kinds(role)
    found = queries.options(session, actor, q, kinds=kinds)
    if "application/json" in request.headers.get("accept", ""):
        headers = {"Cache-Control": "private, no-store", "Vary": "Accept, Cookie"}
        return JSONResponse([_option(entry) for entry in found], headers=headers)
    back, home = local_path(volver), _home(view)
    may_add = allowed(actor, Permission.PARTY_EDIT)
    context = PickerPage(
        here=f"{home}/opciones",
        text=q,
        asked={"kind": kind, "role": role, "volver": back, "campo": campo},
        found=tuple(
            Choice(
                entry.name,
                hint(entry),
                href=_back_to(back, campo=campo, elegir=str(entry.party_id))
                if back
                else f"{home}/{entry.party_id}",
            )
            for entry in found
        ),
        add=with_query(f"{home}/nueva", tipo=next(iter(kinds), "supplier"), volver=back) if may_add else "",
    )
    return page(request, "parties/picker.html", context)


def _option(entry: Party) -> dict[str, object]:
    """Return an entry as the typeahead shows it; what it fills names it in the registry and in a process."""
    fills = {"party_id": str(entry.party_id), "name": entry.name, "id": document_id(entry)}
    return {"value": entry.name, "label": entry.name, "hint": hint(entry), "fills": fills}


@router.get(NEW, dependencies=EDIT)
def blank(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    tipo: str = "supplier",
    volver: BackQuery = "",
) -> Response:
    """Show the form of a new entry."""
    desk = Desk(view, actor, session, _kind(tipo), back=local_path(volver))
    return page(request, "parties/entry.html", desk.page(desk.blank()))


@router.post(NEW, dependencies=EDIT, response_model=None)
def enter(
    request: Request,
    sent: Sent,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    tipo: str = "supplier",
    volver: BackQuery = "",
) -> Response:
    """Save a new entry, after asking once whether it is one of those that look like it.

    Then it goes to the entry, or back to the local address `volver` with `registro`, the party_id.
    """
    desk = Desk(view, actor, session, _kind(tipo), back=local_path(volver))
    said = desk.read(sent)
    if said.asked:
        return page(request, "parties/entry.html", desk.page(said))
    known: tuple[Party, ...] = ()
    seen = ""
    if said.form.data is not None:
        entry = desk.entry(said)
        seen = str(entry.body.get("name") or "")
        if said.seen != seen and not any(finding.blocks for finding in examine(desk.kind, entry.body)):
            _, number = service.number_of(entry.body)
            known = tuple(queries.similar(session, actor, seen, number=number))
        if not known:
            try:
                made = service.create(session, actor, entry)
            except InvalidError as error:
                said = _refused(said, error)
            except DuplicateError as error:
                said = _duplicate(said, error)
            else:
                here = f"{_home(view)}/{made.party_id}"
                return RedirectResponse(
                    _back_to(desk.back, registro=str(made.party_id)) if desk.back else here, 303
                )
    return page(request, "parties/entry.html", desk.page(said, known, seen), status=422)


@router.get(ENTRY, dependencies=READ)
def one(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, party_id: UUID) -> Response:
    """Show an entry: what it says, how many contrataciones use it, and its history."""
    entry = queries.party(session, actor, party_id)
    return page(request, "parties/party.html", party_page(view, session, actor, entry))


@router.get(ENTRY + "/correccion", dependencies=EDIT)
def correction(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, party_id: UUID
) -> Response:
    """Show the form of an entry."""
    entry = service.own(session, actor, party_id)
    desk = Desk(view, actor, session, entry.kind, entry)
    return page(request, "parties/entry.html", desk.page(desk.blank()))


@router.post(ENTRY + "/correccion", dependencies=EDIT, response_model=None)
def correct(
    request: Request, sent: Sent, view: TenantDep, actor: ActorDep, session: WorkDep, *, party_id: UUID
) -> Response:
    """Save a correction; where drafts use the entry, go on to the page that offers it to them."""
    entry = service.own(session, actor, party_id)
    desk = Desk(view, actor, session, entry.kind, entry)
    said = desk.read(sent)
    if said.asked:
        return page(request, "parties/entry.html", desk.page(said))
    status = 422
    if said.form.data is not None:
        version = sent.text("row_version")
        try:
            done = service.correct(
                session,
                actor,
                party_id,
                desk.entry(said),
                row_version=int(version) if version.isdecimal() else 0,
            )
        except InvalidError as error:
            said = _refused(said, error)
        except DuplicateError as error:
            said = _duplicate(said, error)
        except StaleError:
            said, status = _overtaken(desk, said, version), 409
        else:
            return RedirectResponse(_after(desk, done), 303)
    return page(request, "parties/entry.html", desk.page(said), status=status)


@router.post(ENTRY + "/baja", dependencies=EDIT, response_model=None)
def retire(view: TenantDep, actor: ActorDep, session: WorkDep, party_id: UUID) -> Response:
    """Take an entry out of use."""
    service.retire(session, actor, party_id)
    return RedirectResponse(f"{_home(view)}/{party_id}", 303)


@router.post(ENTRY + "/reingreso", dependencies=EDIT, response_model=None)
def restore(view: TenantDep, actor: ActorDep, session: WorkDep, party_id: UUID) -> Response:
    """Bring an entry back into use."""
    service.restore(session, actor, party_id)
    return RedirectResponse(f"{_home(view)}/{party_id}", 303)


def _refused(said: Typed, error: InvalidError) -> Typed:
    if isinstance(error, RefusedEntryError):
        return said.refused(error.findings)
    return replace(said, form=said.form.refused(error.detail))


def _duplicate(said: Typed, error: DuplicateError) -> Typed:
    form = said.form.refused(error.detail, "identifier_id")
    return replace(said, form=form, duplicate=error.party_id)


def _overtaken(desk: Desk, said: Typed, version: str) -> Typed:
    """Keep what was typed, and say what somebody else changed: saving again is then a choice."""
    since = int(version) if version.isdecimal() else 0
    changed = queries.changes(desk.session, desk.actor, desk.party.party_id) if desk.party else []
    fields = dict.fromkeys(label(one.pointer)[0] for one in changed if one.row_version > since)
    told = f" Cambió: {', '.join(fields)}." if fields else ""
    return replace(
        said,
        form=said.form.refused(
            f"Alguien corrigió esta ficha mientras la tenías abierta.{told} Tu texto sigue aquí: revísalo y, si "
            "guardas otra vez, queda el tuyo."
        ),
    )


def _after(desk: Desk, done: service.Corrected) -> str:
    here = f"{desk.home}/{done.party.party_id}"
    behind = any(
        use.party_version < done.party.row_version
        for use in queries.uses(desk.session, desk.actor, done.party.party_id)
    )
    offers = bool(done.changes) and behind and allowed(desk.actor, Permission.PROCESS_EDIT)
    return f"{here}/borradores" if offers else here


def _kind(tipo: str) -> str:
    if tipo not in KINDS:
        raise NotFoundError("El registro no tiene esa clase de fichas.")
    return tipo


def _home(view: TenantView) -> str:
    return f"{view.base}/registro"


def _back_to(address: str, **query: str) -> str:
    """Return a local address with parameters added to those that it has."""
    parts = urlsplit(address)
    given = urlencode({key: value for key, value in query.items() if value})
    return urlunsplit(parts._replace(query=f"{parts.query}&{given}" if parts.query else given))

"""The inbox of a person in a tenant, and how they want to be told."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from app.core.policy import Permission
from app.identity.deps import ActorDep, DatabaseDep, OwnDep, SettingsDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.notifications import queries, service
from app.notifications.kinds import AREAS, CHOSEN, WAY_LABELS
from app.notifications.service import PREFERENCES
from app.notifications.wording import Told, tell
from app.web.addresses import with_query
from app.web.forms import Form, FormValues, Sent
from app.web.shell import Link
from app.web.templating import page

# Every role of a tenant reads processes: the inbox is for all of them, each their own.
desk = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(desk_navigation), Depends(guard(Permission.PROCESS_READ))],
)
account = APIRouter(include_in_schema=False)

HOME = "/{tenant}/avisos"
HOURS = tuple((str(hour), f"{hour}:00") for hour in range(24))


@dataclass(frozen=True)
class InboxPage:
    """Context of `notifications/inbox.html`; `newest` is the number of the first notice shown."""

    notices: tuple[Told, ...]
    unread: int
    newest: int | None
    here: str
    next: str | None
    first: str | None
    preferences: str


@desk.get(HOME, response_model=None)
def inbox(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Show what one was told, the newest first."""
    rows = queries.inbox(session, actor, cursor=cursor)
    here = f"{view.base}/avisos"
    context = InboxPage(
        notices=tuple(tell(session, actor, view.slug, rows.rows)),
        unread=queries.unread(session, actor),
        newest=rows.rows[0].notice_id if rows.rows else None,
        here=here,
        next=with_query(here, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=here if cursor else None,
        preferences=PREFERENCES,
    )
    return page(request, "notifications/inbox.html", context)


@desk.post(HOME + "/abrir", response_model=None)
def open_notice(view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent) -> Response:
    """Note a notice as read and go where it leads; one that is not there leads back to the inbox."""
    number = _number(sent, "aviso")
    found = service.read(session, actor, number) if number is not None else None
    for told in tell(session, actor, view.slug, [found] if found else []):
        return RedirectResponse(view.base + told.path.removeprefix(f"/{view.slug}"), 303)
    return RedirectResponse(f"{view.base}/avisos", 303)


@desk.post(HOME + "/leidos", response_model=None)
def read_all(view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent) -> Response:
    """Note all that the page showed as read."""
    service.read_all(session, actor, _number(sent, "hasta") or 0)
    return RedirectResponse(f"{view.base}/avisos", 303)


def _number(sent: FormValues, name: str) -> int | None:
    """Return the number of the notice that a form names."""
    text = sent.text(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _field(kind: str) -> str:
    return kind.replace(".", "_")


_fields: dict[str, Any] = {_field(key): (str, Field(title=kind.label)) for key, kind in CHOSEN.items()}
Choices: type[BaseModel] = create_model(
    "Choices",
    hora=(
        int,
        Field(
            title="Hora del resumen del día",
            description="En la hora local de cada organismo. Si no hubo nada, no se envía.",
            ge=0,
            le=23,
        ),
    ),
    **_fields,
)
"""One field for each kind of news, and the hour of the summary."""


@dataclass(frozen=True)
class PreferencesPage:
    """Context of `notifications/preferences.html`: areas with the names of their fields."""

    form: Form[Any]
    areas: tuple[tuple[str, tuple[str, ...]], ...]
    ways: tuple[tuple[str, str], ...]
    hours: tuple[tuple[str, str], ...]
    email: str
    saved: bool
    mail_is_sent: bool
    crumbs: tuple[Link, ...] = (Link("Mi cuenta", "/cuenta"),)


def _preferences(
    request: Request,
    settings: SettingsDep,
    email: str,
    form: Form[Any],
    *,
    saved: bool = False,
    status: int = 200,
) -> Response:
    context = PreferencesPage(
        form=form,
        areas=tuple((label, tuple(map(_field, kinds))) for label, kinds in AREAS),
        ways=tuple(WAY_LABELS.items()),
        hours=HOURS,
        email=email,
        saved=saved,
        mail_is_sent=settings.mail_is_sent,
    )
    return page(request, "notifications/preferences.html", context, status=status)


@account.get(PREFERENCES, response_model=None)
def preferences(
    request: Request, who: OwnDep, database: DatabaseDep, settings: SettingsDep, guardado: str = ""
) -> Response:
    """Show how one is told of what."""
    with database.auth_work(who.account_id) as session:
        held = queries.preference(session, who.account_id)
    ways = {_field(key): held.ways.get(key, kind.way) for key, kind in CHOSEN.items()}
    form = Form.blank(Choices, hora=str(held.digest_hour), **ways)
    return _preferences(request, settings, who.email, form, saved=bool(guardado))


@account.post(PREFERENCES, response_model=None)
def choose(
    request: Request, who: OwnDep, database: DatabaseDep, settings: SettingsDep, sent: Sent
) -> Response:
    """Keep how one wants to be told."""
    form = Form.read(Choices, sent)
    if form.data is None:
        return _preferences(request, settings, who.email, form, status=422)
    chosen = form.data.model_dump()
    with database.auth_work(who.account_id) as session:
        service.choose(session, who.account_id, {key: chosen[_field(key)] for key in CHOSEN}, chosen["hora"])
    return RedirectResponse(f"{PREFERENCES}?guardado=1", 303)

"""«Ajustes»: what a garante decides about itself. Its tabs are data (`identity.desk.SETTINGS_TABS`); three are here."""

from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.errors import InvalidError
from app.core.policy import Permission
from app.identity.deps import ActorDep, DirectoryDep, StorageDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation, settings_tabs
from app.onboarding import queries
from app.onboarding.pages import Day
from app.onboarding.wording import POLICIES
from app.tenancy import deciding
from app.tenancy import queries as tenancy
from app.tenancy.declarations import contrast_with_white
from app.tenancy.models import Tenant, TenantName
from app.tenancy.queries import TenantView
from app.web.components import Tab
from app.web.forms import Form, Sent
from app.web.templating import page
from app.web.theme import NIGHT, ON_NIGHT, contrast, legible

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])

HOME = "/{tenant}/ajustes"
MANAGE = [Depends(guard(Permission.TENANT_MANAGE))]
FIRST_YEAR, LAST_YEAR = 2000, 2100
DAY_LABELS = {"holiday": "Inhábil", "vacation": "Vacaciones", "working": "Hábil"}
NATIONAL = "Descanso nacional"


class NameForm(BaseModel):
    """A garante's name from a day on."""

    name: str = Field(title="Nombre del organismo", max_length=500)
    short_name: str = Field("", title="Siglas o nombre corto", max_length=100)
    law: str = Field("", title="Ley de transparencia que aplica", max_length=1000)
    since: Day = Field(
        title="Desde qué día",
        description="Lo publicado antes conserva el nombre que tenía.",
        examples=["31/12/2026"],
    )


class AccentForm(BaseModel):
    """A garante's colour."""

    accent: str = Field(
        title="Color", description="De enlaces y botones, escrito como #0b6b3a.", max_length=7
    )


class PublicationForm(BaseModel):
    """Policy and licence of what is published."""

    policy_text: str = Field(
        "",
        title="Política de publicación",
        description="Párrafos sencillos, separados por un renglón en blanco.",
        max_length=deciding.LONGEST_TEXT,
    )
    policy_url: str = Field("", title="Dirección donde también está", max_length=1000)
    licence: str = Field(
        "",
        title="Licencia de los datos",
        description="Su nombre o, mejor, su dirección.",
        examples=["https://creativecommons.org/licenses/by/4.0/deed.es"],
        max_length=1000,
    )


class DefaultForm(BaseModel):
    """Who approves in bodies that come."""

    policy: str = Field(title="Quién aprueba en los sujetos obligados que se agreguen", max_length=20)
    reason: str = Field(
        "", title="Motivo", description="Si cambia. Queda en la bitácora pública.", max_length=500
    )


class TermForm(BaseModel):
    """How long a review should take."""

    days: int = Field(title="Días hábiles para revisar lo que se recibe")


class DaysForm(BaseModel):
    """Days that depart from the national calendar."""

    kind: str = Field(title="Qué días son", max_length=20)
    label: str = Field(title="Cómo se llaman", examples=["Vacaciones de invierno"], max_length=200)
    first: Day = Field(title="Primer día", examples=["21/12/2026"])
    last: Day | None = Field(None, title="Último día", description="Si es más de uno.")


@dataclass(frozen=True)
class IdentityPage:
    """Context of `onboarding/settings_identity.html`."""

    tabs: tuple[Tab, ...]
    here: str
    view: TenantView
    names: list[TenantName]
    name: Form[Any]
    accent: Form[Any]
    contrasts: tuple[tuple[str, float], ...]
    logo: str
    logo_error: str | None


@dataclass(frozen=True)
class PolicyPage:
    """Context of `onboarding/settings_policy.html`."""

    tabs: tuple[Tab, ...]
    here: str
    view: TenantView
    tenant: Tenant
    publication: Form[Any]
    default: Form[Any]
    term: Form[Any]
    defaults: tuple[tuple[str, str], ...]
    bodies: tuple[tuple[str, str, int], ...]
    paragraphs: tuple[str, ...]
    preview: bool


@dataclass(frozen=True)
class ShownDay:
    """A day of the year that is not as its weekday says, or a run of them under one name."""

    first: date
    last: date
    kind: str
    label: str
    own: bool


@dataclass(frozen=True)
class CalendarPage:
    """Context of `onboarding/settings_calendar.html`."""

    tabs: tuple[Tab, ...]
    here: str
    year: int
    days: list[ShownDay]
    labels: dict[str, str]
    form: Form[Any]
    working: int
    kinds: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Seat:
    """Who sets what of which tenant, in which transaction."""

    view: TenantView
    actor: Actor
    session: RwSession

    def here(self, segment: str) -> str:
        """Return the address of a tab."""
        return f"{self.view.base}/ajustes/{segment}"

    def tabs(self, segment: str) -> tuple[Tab, ...]:
        """Return the tabs, with one of them current."""
        return settings_tabs(self.view, self.actor, segment)


def seat(view: TenantDep, actor: ActorDep, session: WorkDep) -> Seat:
    """Return who sets what."""
    return Seat(view, actor, session)


SeatDep = Annotated[Seat, Depends(seat)]


@router.get(HOME, dependencies=MANAGE)
def home(at: SeatDep) -> Response:
    """Lead to the first tab that the person may see."""
    return RedirectResponse(at.tabs("")[0].href, 303)


@router.get(HOME + "/identidad", dependencies=MANAGE)
def identity(request: Request, at: SeatDep) -> Response:
    """Show the garante's name in time, its logo and its colour."""
    return page(request, "onboarding/settings_identity.html", _identity(at))


@router.post(HOME + "/identidad/nombre", response_model=None, dependencies=MANAGE)
def rename(request: Request, at: SeatDep, sent: Sent, directory: DirectoryDep) -> Response:
    """Give the garante another name from a day on."""
    form = Form.read(NameForm, sent)
    if form.data is not None:
        told = form.data
        naming = deciding.Naming(told.name, told.short_name, told.law, told.since)
        try:
            deciding.rename(at.session, at.actor, naming)
        except InvalidError as error:
            form = form.refused(error.detail)
        else:
            return _done(at, "identidad", directory)
    context = replace(_identity(at), name=form)
    return page(request, "onboarding/settings_identity.html", context, status=422)


@router.post(HOME + "/identidad/color", response_model=None, dependencies=MANAGE)
def set_accent(request: Request, at: SeatDep, sent: Sent, directory: DirectoryDep) -> Response:
    """Choose the colour of links and buttons."""
    form = Form.read(AccentForm, sent)
    if form.data is not None:
        try:
            deciding.set_accent(at.session, at.actor, form.data.accent)
        except InvalidError as error:
            form = form.refused(error.detail, "accent")
        else:
            return _done(at, "identidad", directory)
    context = replace(_identity(at), accent=form)
    return page(request, "onboarding/settings_identity.html", context, status=422)


@router.post(HOME + "/identidad/logotipo", response_model=None, dependencies=MANAGE)
def set_logo(
    *, request: Request, at: SeatDep, sent: Sent, storage: StorageDep, directory: DirectoryDep
) -> Response:
    """Keep a logo."""
    files = sent.files.get("archivo", [])
    source = files[0].file if files else BytesIO()
    try:
        deciding.set_logo(at.session, at.actor, storage, source)
    except InvalidError as error:
        context = replace(_identity(at), logo_error=error.detail if files else "Elige una imagen.")
        return page(request, "onboarding/settings_identity.html", context, status=422)
    return _done(at, "identidad", directory)


@router.post(HOME + "/identidad/sin-logotipo", response_model=None, dependencies=MANAGE)
def remove_logo(at: SeatDep, directory: DirectoryDep) -> Response:
    """Show no logo."""
    deciding.remove_logo(at.session, at.actor)
    return _done(at, "identidad", directory)


@router.get(HOME + "/politica", dependencies=MANAGE)
def policy(request: Request, at: SeatDep) -> Response:
    """Show who approves, in what time, and under what policy and licence the data is published."""
    return page(request, "onboarding/settings_policy.html", _policy(at))


@router.post(HOME + "/politica/texto", response_model=None, dependencies=MANAGE)
def set_publication(request: Request, at: SeatDep, sent: Sent, directory: DirectoryDep) -> Response:
    """Look at the policy as the public would see it, or make it the one that holds."""
    form = Form.read(PublicationForm, sent)
    if form.data is not None and sent.text("ver"):
        context = replace(
            _policy(at), publication=form, paragraphs=_paragraphs(form.data.policy_text), preview=True
        )
        return page(request, "onboarding/settings_policy.html", context)
    if form.data is not None:
        try:
            deciding.set_publication(at.session, at.actor, **form.data.model_dump())
        except InvalidError as error:
            form = form.refused(error.detail)
        else:
            return _done(at, "politica", directory)
    context = replace(_policy(at), publication=form)
    return page(request, "onboarding/settings_policy.html", context, status=422)


@router.post(HOME + "/politica/revision", response_model=None, dependencies=MANAGE)
def set_default(request: Request, at: SeatDep, sent: Sent) -> Response:
    """Say who approves in bodies that come from now on."""
    form = Form.read(DefaultForm, sent)
    if form.data is not None:
        try:
            deciding.set_default_policy(at.session, at.actor, form.data.policy, form.data.reason)
        except InvalidError as error:
            form = form.refused(error.detail, "reason")
        else:
            return RedirectResponse(at.here("politica"), 303)
    context = replace(_policy(at), default=form)
    return page(request, "onboarding/settings_policy.html", context, status=422)


@router.post(HOME + "/politica/plazo", response_model=None, dependencies=MANAGE)
def set_term(request: Request, at: SeatDep, sent: Sent) -> Response:
    """Say in how many working days a review should be done."""
    form = Form.read(TermForm, sent)
    if form.data is not None:
        try:
            deciding.set_review_days(at.session, at.actor, form.data.days)
        except InvalidError as error:
            form = form.refused(error.detail, "days")
        else:
            return RedirectResponse(at.here("politica"), 303)
    context = replace(_policy(at), term=form)
    return page(request, "onboarding/settings_policy.html", context, status=422)


@router.get(HOME + "/calendario", dependencies=MANAGE)
def calendar(
    request: Request, at: SeatDep, year: Annotated[int | None, Query(alias="anio")] = None
) -> Response:
    """Show the days of a year on which the garante does not work, or works all the same."""
    return page(request, "onboarding/settings_calendar.html", _calendar(at, _year(at, year)))


@router.post(HOME + "/calendario", response_model=None, dependencies=MANAGE)
def add_days(request: Request, at: SeatDep, sent: Sent) -> Response:
    """Put days into the calendar."""
    form = Form.read(DaysForm, sent)
    if form.data is not None:
        told = form.data
        try:
            deciding.add_days(
                at.session,
                at.actor,
                first=told.first,
                last=told.last or told.first,
                kind=told.kind,
                label=told.label,
            )
        except InvalidError as error:
            form = form.refused(error.detail)
        else:
            return RedirectResponse(f"{at.here('calendario')}?anio={told.first.year}", 303)
    context = replace(_calendar(at, at.view.today.year), form=form)
    return page(request, "onboarding/settings_calendar.html", context, status=422)


@router.post(HOME + "/calendario/quitar", response_model=None, dependencies=MANAGE)
def remove_days(at: SeatDep, sent: Sent) -> Response:
    """Let some days be what the national calendar says."""
    try:
        first, last = date.fromisoformat(sent.text("desde")), date.fromisoformat(sent.text("hasta"))
    except ValueError as error:
        raise InvalidError("Ese día no está en tu calendario: elige uno de la lista.") from error
    deciding.remove_days(at.session, at.actor, first=first, last=last)
    return RedirectResponse(f"{at.here('calendario')}?anio={first.year}", 303)


def _done(at: Seat, segment: str, directory: DirectoryDep) -> Response:
    """Lead back; what every page reads of the tenant is read again."""
    directory.forget()
    return RedirectResponse(at.here(segment), 303)


def _identity(at: Seat) -> IdentityPage:
    tenant = tenancy.tenant(at.session, at.actor)
    accent = tenant.accent
    return IdentityPage(
        tabs=at.tabs("identidad"),
        here=at.here("identidad"),
        view=at.view,
        names=tenancy.names(at.session, at.actor),
        name=Form.blank(NameForm, name=at.view.name, short_name=at.view.short_name, law=at.view.law),
        accent=Form.blank(AccentForm, accent=accent),
        contrasts=(
            ("sobre blanco, y con letra blanca encima", contrast_with_white(accent)),
            ("en modo oscuro, aclarado", contrast(legible(accent, NIGHT, ON_NIGHT), NIGHT)),
        )
        if accent
        else (),
        logo=f"{at.view.base}/logo?v={tenant.logo_key[-12:]}" if tenant.logo_key else "",
        logo_error=None,
    )


def _policy(at: Seat) -> PolicyPage:
    tenant = tenancy.tenant(at.session, at.actor)
    counts = queries.policies(at.session, at.actor)
    return PolicyPage(
        tabs=at.tabs("politica"),
        here=at.here("politica"),
        view=at.view,
        tenant=tenant,
        publication=Form.blank(
            PublicationForm,
            policy_text=tenant.policy_text,
            policy_url=tenant.policy_url,
            licence=tenant.licence,
        ),
        default=Form.blank(DefaultForm, policy=tenant.default_policy),
        term=Form.blank(TermForm, days=str(tenant.review_days)),
        defaults=tuple((name, POLICIES[name]) for name in deciding.DEFAULTS),
        bodies=tuple((name, label, counts[name]) for name, label in POLICIES.items() if counts.get(name)),
        paragraphs=(),
        preview=False,
    )


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())


def _year(at: Seat, asked: int | None) -> int:
    return asked if asked is not None and FIRST_YEAR <= asked <= LAST_YEAR else at.view.today.year


def _calendar(at: Seat, year: int) -> CalendarPage:
    own = tenancy.calendar_days(at.session, at.actor, year)
    shown = [ShownDay(one.day, one.day, one.kind, one.label, own=True) for one in own]
    taken = {one.day for one in own}
    shown += [
        ShownDay(day, day, "national", name, own=False)
        for day, name in tenancy.national_days(year).items()
        if day not in taken
    ]
    runs: list[ShownDay] = []
    for one in sorted(shown, key=lambda day: day.first):
        last = runs[-1] if runs else None
        if last and (last.kind, last.label) == (one.kind, one.label) and (one.first - last.last).days == 1:
            runs[-1] = replace(last, last=one.last)
        else:
            runs.append(one)
    office = tenancy.calendar(at.session, at.actor, year)
    return CalendarPage(
        tabs=at.tabs("calendario"),
        here=at.here("calendario"),
        year=year,
        days=runs,
        labels={"national": NATIONAL, **DAY_LABELS},
        form=Form.blank(DaysForm, kind="holiday"),
        working=office.between(date(year - 1, 12, 31), date(year, 12, 31)),
        kinds=(
            ("holiday", "Inhábiles: no se trabaja"),
            ("vacation", "Vacaciones: no se trabaja"),
            ("working", "Hábiles: se trabaja aunque sea descanso nacional o fin de semana"),
        ),
    )

"""Pages of the platform: the tenants, founding one, suspending it and letting it work again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.continuity import exporting, founding, queries, service
from app.continuity.founding import Address, FirstAdmin, Names
from app.continuity.frame import HOME, platform_frame
from app.continuity.pages import EXPORT_STATES, STATES, FoundingPage, HomePage, Reason, SlugPage, TenantPage
from app.continuity.queries import TenantCard
from app.core import keys
from app.core.db import Actor, Database
from app.core.errors import ConflictError, InvalidError
from app.core.folding import fold
from app.core.policy import Permission, allowed
from app.identity import invitations
from app.identity.deps import DatabaseDep, DirectoryDep, FreshDep, platform_guard
from app.identity.models import Invitation
from app.tenancy import declarations
from app.tenancy import states as entities
from app.tenancy.deps import get_settings
from app.tenancy.queries import TenantDirectory, TenantView
from app.web.components import SummaryItem
from app.web.formats import date_es
from app.web.forms import Form, FormValues, Sent
from app.web.shell import Link
from app.web.templating import page
from app.web.theme import DEFAULT_ACCENT

router = APIRouter(include_in_schema=False, dependencies=[Depends(platform_frame)])


@dataclass(frozen=True)
class Office:
    """Who of the platform asks, and what they work with."""

    actor: Actor
    database: Database
    directory: TenantDirectory

    @property
    def may_manage(self) -> bool:
        """Tell whether acts are offered."""
        return allowed(self.actor, Permission.PLATFORM_MANAGE)

    def within(self, view: TenantView) -> Actor:
        """Return the same person bound to a tenant, with the platform's permissions and no other."""
        return replace(self.actor, tenant_id=view.tenant_id)


def reading(
    actor: Annotated[Actor, Depends(platform_guard(Permission.PLATFORM_READ))],
    database: DatabaseDep,
    directory: DirectoryDep,
) -> Office:
    """Return the office of somebody who may look."""
    return Office(actor, database, directory)


def managing(
    actor: Annotated[Actor, Depends(platform_guard(Permission.PLATFORM_MANAGE))],
    database: DatabaseDep,
    directory: DirectoryDep,
) -> Office:
    """Return the office of somebody who may act."""
    return Office(actor, database, directory)


ReadingDep = Annotated[Office, Depends(reading)]
ManagingDep = Annotated[Office, Depends(managing)]

TENANTS = HOME + "/organismos"
TENANT = TENANTS + "/{garante}"
_CRUMBS = (Link("Organismos", HOME),)


@router.get(HOME)
def home(request: Request, office: ReadingDep, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """List the tenants with their state and their facts."""
    words = fold(q).split()
    listed = [
        facts
        for facts in queries.tenants(office.database, office.directory)
        if all(word in fold(f"{facts.view.name} {facts.view.slug}") for word in words)
    ]
    return page(request, "continuity/home.html", HomePage(listed, STATES, office.may_manage, q))


@router.get(TENANTS + "/nuevo")
def new(request: Request, _office: ManagingDep) -> Response:
    """Show the first of the three forms."""
    return _founding(request, 1, Form.blank(Names, time_zone="America/Mexico_City"), FormValues())


@router.post(TENANTS + "/nuevo")
def found(request: Request, sent: Sent, office: ManagingDep) -> Response:
    """Take one form and show the next; the last founds the tenant."""
    step = {"2": 2, "3": 3}.get(sent.text("paso"), 1)
    if sent.text("ir") == "atras" and step > 1:
        return _again(request, step - 1, sent, office)
    names, address = Form.read(Names, sent), Form.read(Address, sent)
    if names.data is None:
        return _founding(request, 1, names, sent, status=422)
    if step == 1:
        return _again(request, 2, sent, office)
    address = founding.judged(names.data, address, office.database)
    if address.data is None:
        return _founding(request, 2, address, sent, status=422)
    if step == 2:
        return _again(request, 3, sent, office)
    admin = Form.read(FirstAdmin, sent)
    if admin.data is None:
        return _founding(request, 3, admin, sent, status=422)
    try:
        tenant_id = service.found(
            office.database, office.actor, founding.declaration(names.data, address.data)
        )
    except (ConflictError, InvalidError) as error:
        return _founding(request, 3, admin.refused(error.detail), sent, status=error.status)
    office.directory.forget()
    service.invite_admin(
        office.database, office.actor, tenant_id, admin.data.admin_email, admin.data.admin_name
    )
    return RedirectResponse(f"{TENANTS}/{address.data.slug}", 303)


@router.get(TENANTS + "/nuevo/direccion")
def slug(request: Request, office: ManagingDep, slug: Annotated[str, Query(max_length=60)] = "") -> Response:
    """Tell whether an address is free, while it is being typed."""
    verdict = declarations.slug_fault(slug)
    if not verdict and queries.slug_taken(office.database, slug):
        verdict = "Ya es de otro organismo: elige otra."
    said = verdict or f"Está libre: será /{slug}/."
    return page(request, "continuity/_slug.html", SlugPage(slug, said, free=not verdict))


@router.get(TENANT)
def tenant(request: Request, garante: str, office: ReadingDep) -> Response:
    """Show one tenant: its facts, its names in time, and what may be done with it."""
    return _tenant(request, garante, office, Form.blank(Reason))


@router.post(TENANT + "/administracion")
def invite(request: Request, garante: str, sent: Sent, office: ManagingDep) -> Response:
    """Invite somebody to administer a tenant that nobody administers."""
    view = office.directory.by_slug(garante)
    form = Form.read(FirstAdmin, sent)
    if form.data is not None:
        try:
            service.invite_admin(
                office.database, office.actor, view.tenant_id, form.data.admin_email, form.data.admin_name
            )
        except InvalidError as error:
            form = form.refused(error.detail, "admin_email")
    if form.data is None:
        return _tenant(request, garante, office, Form.blank(Reason), form)
    return RedirectResponse(f"{TENANTS}/{garante}", 303)


@router.post(TENANT + "/suspension")
def suspend(request: Request, garante: str, sent: Sent, office: ManagingDep, _who: FreshDep) -> Response:
    """Suspend the tenant."""
    return _turn(request, garante, sent, office, "suspend")


@router.post(TENANT + "/reanudacion")
def resume(request: Request, garante: str, sent: Sent, office: ManagingDep, _who: FreshDep) -> Response:
    """Let the tenant work again."""
    return _turn(request, garante, sent, office, "resume")


@router.post(TENANT + "/exportacion")
def export(garante: str, sent: Sent, office: ManagingDep, _who: FreshDep) -> Response:
    """Ask for an export, locked with the garante's key."""
    actor = office.within(office.directory.by_slug(garante))
    with office.database.unit_of_work(actor) as session:
        exporting.ask(session, actor, originals=sent.text("originales") == "si")
    return RedirectResponse(f"{TENANTS}/{garante}", 303)


def _turn(request: Request, garante: str, sent: FormValues, office: Office, action: str) -> Response:
    view = office.directory.by_slug(garante)
    form = Form.read(Reason, sent)
    if form.data is not None:
        try:
            service.change_status(office.database, office.actor, view, action, form.data.motivo)
        except InvalidError as error:
            form = form.refused(error.detail, "motivo")
    if form.data is None:
        return _tenant(request, garante, office, form)
    office.directory.forget()
    return RedirectResponse(f"{TENANTS}/{garante}", 303)


def _tenant(
    request: Request,
    garante: str,
    office: Office,
    form: Form[Reason],
    admin: Form[FirstAdmin] | None = None,
) -> Response:
    card = queries.tenant_card(office.database, office.directory, garante)
    view = card.facts.view
    with office.database.unit_of_work(office.within(view)) as session:
        key = exporting.key(session, office.within(view))
        exports = exporting.exports(session, office.within(view))
        invited = queries.invited_admins(session, view)
    context = TenantPage(
        crumbs=_CRUMBS,
        here=f"{TENANTS}/{garante}",
        card=card,
        state=STATES[view.status],
        entity=entities.state_of(view),
        summary=_summary(card),
        may_manage=office.may_manage,
        form=form,
        admin=admin or Form.blank(FirstAdmin),
        invited=_links(request, view, invited) if office.may_manage else (),
        key=key,
        exports=exports,
        export_states=EXPORT_STATES,
    )
    return page(
        request,
        "continuity/tenant.html",
        context,
        status=422 if form.errors or (admin and admin.errors) else 200,
    )


def _links(
    request: Request, view: TenantView, invited: Sequence[Invitation]
) -> tuple[tuple[Invitation, str], ...]:
    """Return the open invitations, each with its link where no mail carries it."""
    settings = get_settings(request)
    if settings.mail_is_sent:
        return tuple((one, "") for one in invited)
    keyring = keys.of(settings)
    return tuple((one, invitations.path(keyring, view.slug, one)) for one in invited)


def _summary(card: TenantCard) -> tuple[SummaryItem, ...]:
    facts = card.facts
    return (
        SummaryItem("Sujetos obligados en servicio", f"{facts.sujetos:,}"),
        SummaryItem("Contrataciones publicadas", f"{facts.records:,} ({facts.releases:,} entregas)"),
        SummaryItem("Retiros", f"{facts.withdrawals:,}"),
        SummaryItem("Personas que lo administran", f"{facts.admins:,}"),
        SummaryItem("Prefijos OCID", ", ".join(prefix.prefix for prefix in card.prefixes)),
        SummaryItem("Zona horaria", facts.view.time_zone),
        SummaryItem("En el servicio desde", date_es(card.created_at)),
    )


def _told(sent: FormValues) -> tuple[SummaryItem, ...]:
    """Return what was told so far, to be looked at once more."""
    policy = {value: label for value, label, _ in founding.POLICIES}.get(sent.text("policy"), "")
    return (
        SummaryItem("Organismo", sent.text("name")),
        SummaryItem("Entidad", entities.STATES.get(sent.text("state"), "")),
        SummaryItem("Dirección", f"/{sent.text('slug')}/"),
        SummaryItem("Prefijo OCID", sent.text("prefix")),
        SummaryItem("Quién aprueba", policy),
    )


def _again(request: Request, step: int, sent: FormValues, office: Office) -> Response:
    """Show a form with what it was told before; the second, untold, with a prefix that is free."""
    model = founding.STEPS[step - 1][1]
    told = {name: sent.text(name) for name in model.model_fields if sent.text(name)}
    if model is Address and "prefix" not in told:
        told = {
            "prefix": queries.next_test_prefix(office.database),
            "prefix_kind": "test",
            "policy": "garante",
            "accent": DEFAULT_ACCENT,
        } | told
    return _founding(request, step, Form.blank(model, **told), sent)


def _founding(
    request: Request, step: int, form: Form[Any], sent: FormValues, *, status: int = 200
) -> Response:
    context = FoundingPage(
        crumbs=_CRUMBS,
        step=step,
        steps=tuple(label for label, _ in founding.STEPS),
        form=form,
        carried=founding.carried(step, sent),
        told=_told(sent) if step == len(founding.STEPS) else (),
    )
    return page(request, "continuity/new.html", context, status=status)

"""One tenant's page of the platform: its administration, suspension, exports, and the acts between two people."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.continuity import acts, exporting, queries, service
from app.continuity.acts import Ending, Successor
from app.continuity.founding import FirstAdmin
from app.continuity.frame import HOME, platform_frame
from app.continuity.office import ManagingDep, Office, ReadingDep
from app.continuity.pages import (
    ACT_STATES,
    EXPORT_STATES,
    STATES,
    ActKeyForm,
    AppointmentForm,
    DeletionForm,
    Forms,
    Reason,
    SuccessorForm,
    TenantPage,
    archive_file,
)
from app.continuity.queries import TenantCard
from app.core import keys
from app.core.errors import InvalidError
from app.identity import invitations
from app.identity.deps import FreshDep, StorageDep
from app.identity.invitations import Offer
from app.identity.models import Invitation
from app.tenancy import states as entities
from app.tenancy.deps import get_settings
from app.tenancy.queries import TenantView
from app.web.components import SummaryItem
from app.web.formats import date_es
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(platform_frame)])
TENANTS = HOME + "/organismos"
TENANT = TENANTS + "/{garante}"
ACT = TENANT + "/actos/{act_id}"


@router.get(TENANT)
def tenant(request: Request, garante: str, office: ReadingDep) -> Response:
    """Show one tenant: its facts, its names in time, and what may be done with it."""
    return _page(request, office, garante, _blank())


@router.post(TENANT + "/administracion")
def invite(request: Request, garante: str, sent: Sent, office: ManagingDep, _who: FreshDep) -> Response:
    """Invite the first who will administer a tenant."""
    view, form = office.directory.by_slug(garante), Form.read(FirstAdmin, sent)
    form = _done(
        form,
        "admin_email",
        lambda told: service.invite_admin(
            office.database, office.actor, view.tenant_id, told.admin_email, told.admin_name
        ),
    )
    return _answer(request, office, garante, replace(_blank(), admin=form))


@router.post(TENANT + "/nombramiento")
def ask_administration(
    request: Request, garante: str, sent: Sent, office: ManagingDep, _who: FreshDep
) -> Response:
    """Ask that somebody be invited to administer a tenant that nobody administers any more."""
    view, form = office.directory.by_slug(garante), Form.read(AppointmentForm, sent)
    form = _done(
        form,
        "",
        lambda told: acts.ask_administration(
            office.database,
            office.actor,
            view,
            Offer(told.admin_email, told.admin_name, "garante_admin"),
            told.acto_administracion,
        ),
    )
    return _answer(request, office, garante, replace(_blank(), appointment=form))


@router.post(TENANT + "/suspension")
def suspend(request: Request, garante: str, sent: Sent, office: ManagingDep, _who: FreshDep) -> Response:
    """Suspend the tenant."""
    return _turn(request, garante, Form.read(Reason, sent), office, "suspend")


@router.post(TENANT + "/reanudacion")
def resume(request: Request, garante: str, sent: Sent, office: ManagingDep, _who: FreshDep) -> Response:
    """Let the tenant work again."""
    return _turn(request, garante, Form.read(Reason, sent), office, "resume")


@router.post(TENANT + "/exportacion")
def export(garante: str, sent: Sent, office: ManagingDep, _who: FreshDep) -> Response:
    """Ask for an export, locked with the garante's key."""
    actor = office.within(office.directory.by_slug(garante))
    with office.database.unit_of_work(actor) as session:
        exporting.ask(session, actor, originals=sent.text("originales") == "si")
    return RedirectResponse(f"{TENANTS}/{garante}", 303)


@router.get(TENANT + "/exportaciones/{export_id}")
def download(
    garante: str, export_id: UUID, office: ManagingDep, storage: StorageDep, _who: FreshDep
) -> Response:
    """Hand out an export as it is, locked with the garante's key: while it is suspended nobody of it can come for it."""
    view = office.directory.by_slug(garante)
    actor = office.within(view)
    with office.database.unit_of_work(actor) as session:
        return archive_file(view, exporting.carry(session, actor, export_id), storage)


@router.post(TENANT + "/sucesion")
def ask_succession(
    request: Request, garante: str, sent: Sent, office: ManagingDep, _who: FreshDep
) -> Response:
    """Ask that a new authority take the tenant over."""
    view, form = office.directory.by_slug(garante), Form.read(SuccessorForm, sent)
    form = _done(
        form,
        "",
        lambda told: acts.ask_succession(
            office.database,
            office.actor,
            view,
            Successor(told.nombre, told.corto, told.ley, told.desde),
            told.fundamento,
        ),
    )
    return _answer(request, office, garante, replace(_blank(), successor=form))


@router.post(TENANT + "/baja")
def ask_deletion(request: Request, garante: str, sent: Sent, office: ManagingDep, _who: FreshDep) -> Response:
    """Ask that the tenant be deleted."""
    view, form = office.directory.by_slug(garante), Form.read(DeletionForm, sent)
    form = _done(
        form,
        "",
        lambda told: acts.ask_deletion(
            office.database, office.actor, view, Ending(told.direccion, told.huella, told.acto_baja)
        ),
    )
    return _answer(request, office, garante, replace(_blank(), deletion=form))


@router.post(TENANT + "/llave")
def ask_key(request: Request, garante: str, sent: Sent, office: ManagingDep, _who: FreshDep) -> Response:
    """Ask that a tenant which nobody administers be exported to somebody's key."""
    view, form = office.directory.by_slug(garante), Form.read(ActKeyForm, sent)
    form = _done(
        form,
        "llave",
        lambda told: acts.ask_export_key(office.database, office.actor, view, told.llave, told.acto_llave),
    )
    return _answer(request, office, garante, replace(_blank(), key=form))


@router.post(ACT + "/aceptacion")
def accept(garante: str, act_id: UUID, office: ManagingDep, _who: FreshDep) -> Response:
    """Accept what another operator asked for."""
    acts.accept(office.database, office.actor, office.directory.by_slug(garante), act_id)
    office.directory.forget()
    return RedirectResponse(f"{TENANTS}/{garante}", 303)


@router.post(ACT + "/cancelacion")
def cancel(garante: str, act_id: UUID, office: ManagingDep, _who: FreshDep) -> Response:
    """Cancel an act that is not done yet."""
    acts.cancel(office.database, office.actor, office.directory.by_slug(garante), act_id)
    return RedirectResponse(f"{TENANTS}/{garante}", 303)


def _turn(request: Request, garante: str, form: Form[Reason], office: Office, action: str) -> Response:
    view = office.directory.by_slug(garante)
    form = _done(
        form,
        "motivo",
        lambda told: service.change_status(office.database, office.actor, view, action, told.motivo),
    )
    return _answer(request, office, garante, replace(_blank(), reason=form))


def _done(form: Form[Any], field: str, act: Callable[[Any], object]) -> Form[Any]:
    """Act on what a form says; return the form, refused where a rule is against it."""
    if form.data is None:
        return form
    try:
        act(form.data)
    except InvalidError as error:
        return form.refused(error.detail, field)
    return form


def _answer(request: Request, office: Office, garante: str, forms: Forms) -> Response:
    """Show the page again where a form was refused, else lead to it."""
    if forms.refused:
        return _page(request, office, garante, forms)
    office.directory.forget()
    return RedirectResponse(f"{TENANTS}/{garante}", 303)


def _blank() -> Forms:
    return Forms(
        Form.blank(Reason),
        Form.blank(FirstAdmin),
        Form.blank(AppointmentForm),
        Form.blank(SuccessorForm),
        Form.blank(DeletionForm),
        Form.blank(ActKeyForm),
    )


def _page(request: Request, office: Office, garante: str, forms: Forms) -> Response:
    card = queries.tenant_card(office.database, office.directory, garante)
    view = card.facts.view
    actor = office.within(view)
    with office.database.unit_of_work(actor) as session:
        key, exports = exporting.key(session, actor), exporting.exports(session, actor)
        invited = queries.invited_admins(session, view)
        once_administered = queries.once_administered(session, view.tenant_id)
    context = TenantPage(
        crumbs=(Link("Organismos", HOME),),
        here=f"{TENANTS}/{garante}",
        card=card,
        state=STATES[view.status],
        entity=entities.state_of(view),
        summary=_summary(card),
        may_manage=office.may_manage,
        once_administered=once_administered,
        forms=forms,
        acts=acts.acts(office.database, view.tenant_id),
        act_states=ACT_STATES,
        own=office.actor.account_id,
        invited=_links(request, view, invited) if office.may_manage else (),
        key=key,
        exports=exports,
        export_states=EXPORT_STATES,
    )
    return page(request, "continuity/tenant.html", context, status=422 if forms.refused else 200)


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

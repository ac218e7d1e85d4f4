"""The people of a tenant, or of a sujeto obligado: who holds what, invitations, leaving, loans, reviews of access.

Over 400 lines because all of it stands below `/personas`, where a fixed segment must come before `{membership_id}`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core import keys
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.pagination import Page
from app.core.policy import ROLE_LABELS, ROLES, SUJETO_ROLES, Permission, allowed
from app.identity import invitations, listing, people, policy
from app.identity.belongings import Held, can_take
from app.identity.deps import ActorDep, SettingsDep, SignedInDep, TenantDep, WorkDep, freshly_signed_in, guard
from app.identity.desk import desk_navigation
from app.identity.invitations import DAYS, Offer
from app.identity.listing import SILENT_DAYS, Filters, InvitationRow, PersonRow, Turn, View
from app.identity.people import Loan
from app.identity.queries import SignedIn
from app.tenancy import queries as tenancy
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.components import Tab
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])

HOME = "/{tenant}/personas"
INVITED = HOME + "/invitaciones"
LOANS = HOME + "/encargos"
PERSON = HOME + "/{membership_id}"
MANAGE = [Depends(guard(Permission.PEOPLE_MANAGE))]
WORK = [Depends(guard(Permission.PROCESS_READ))]

CursorQuery = Annotated[str | None, Query(max_length=500)]
TextQuery = Annotated[str, Query(max_length=200)]

VIEWS: dict[str, View] = {"": "in_force", "sin-entrar": "silent", "terminadas": "ended"}
DEMANDS = (
    ("nobody", "A nadie", "Quien quiera puede activarlo en su cuenta."),
    ("administrators", "A quien administra el organismo", "Quien tiene más poder entra con algo más que una contraseña."),
    ("everybody", "A todas las personas", "También a las de los sujetos obligados."),
)  # fmt: skip


class Invite(BaseModel):
    """What an invitation asks for."""

    email: str = Field(title="Correo electrónico", max_length=320, examples=["nombre@institucion.gob.mx"])
    full_name: str = Field("", title="Nombre", max_length=200)
    role: str = Field(title="Función", max_length=40)
    sujeto: str = Field("", title="Sujeto obligado", max_length=400)


class Lend(BaseModel):
    """What a loan asks for."""

    membership: UUID = Field(title="Función que prestas")
    to: UUID = Field(title="A quién")
    first: date = Field(title="Desde")
    last: date = Field(title="Hasta")


@dataclass(frozen=True)
class PeoplePage:
    """Context of `identity/people.html`."""

    here: str
    tabs: tuple[Tab, ...]
    view: str
    filters: Filters
    roles: tuple[tuple[str, str], ...]
    rows: Page[PersonRow]
    next: str | None
    first: str | None
    may_demand: bool
    demanded: str
    demands: tuple[tuple[str, str, str], ...]
    own: UUID | None
    silent_days: int


@dataclass(frozen=True)
class InvitationsPage:
    """Context of `identity/invitations.html`."""

    here: str
    tabs: tuple[Tab, ...]
    rows: Page[InvitationRow]
    next: str | None
    first: str | None


@dataclass(frozen=True)
class InvitePage:
    """Context of `identity/invite.html`."""

    here: str
    lookup: str
    crumbs: tuple[Link, ...]
    form: Form[Invite]
    roles: tuple[tuple[str, str], ...]
    body: str
    days: int


@dataclass(frozen=True)
class InvitationPage:
    """Context of `identity/invitation.html`; `link` only for whoever sent it last, where no mail is configured."""

    here: str
    crumbs: tuple[Link, ...]
    one: InvitationRow
    link: str
    mail_works: bool


@dataclass(frozen=True)
class PersonPage:
    """Context of `identity/person.html`."""

    here: str
    crumbs: tuple[Link, ...]
    row: PersonRow
    ended: bool
    others: tuple[PersonRow, ...]
    turns: tuple[Turn, ...]
    roles: tuple[tuple[str, str], ...]
    may_change: bool
    may_end: bool
    home: str


@dataclass(frozen=True)
class LeavingPage:
    """Context of `identity/leaving.html`: what a person holds, and who may take it."""

    here: str
    crumbs: tuple[Link, ...]
    row: PersonRow
    role: str
    held: tuple[Held, ...]
    heirs: tuple[PersonRow, ...]
    error: str = ""


@dataclass(frozen=True)
class LoansPage:
    """Context of `identity/loans.html`."""

    here: str
    crumbs: tuple[Link, ...]
    form: Form[Lend]
    mine: tuple[tuple[str, str], ...]
    colleagues: tuple[tuple[str, str], ...]
    rows: tuple[PersonRow, ...]
    own: UUID | None


@router.get(HOME, dependencies=MANAGE)
def people_home(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    vista: str = "",
    q: TextQuery = "",
    funcion: str = "",
    cursor: CursorQuery = None,
) -> Response:
    """List the memberships of the actor's place."""
    if vista not in VIEWS:
        raise NotFoundError("Esa lista no existe.")
    here = f"{view.base}/personas"
    filters = Filters(q, funcion)
    rows = listing.people(session, actor, VIEWS[vista], filters, cursor)
    kept = {"vista": vista, "q": q, "funcion": funcion}
    context = PeoplePage(
        here=here,
        tabs=_tabs(session, actor, here, vista),
        view=vista,
        filters=filters,
        roles=_named(policy.grantable(actor)),
        rows=rows,
        next=with_query(here, **kept, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=with_query(here, **kept) if cursor else None,
        may_demand=allowed(actor, Permission.TENANT_MANAGE),
        demanded=tenancy.tenant(session, actor).second_factor,
        demands=DEMANDS,
        own=actor.account_id,
        silent_days=SILENT_DAYS,
    )
    return page(request, "identity/people.html", context)


@router.post(HOME + "/segundo-factor", dependencies=[Depends(guard(Permission.TENANT_MANAGE))])
def demand(view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent) -> Response:
    """Say of whom the tenant demands a second factor."""
    people.demand_second_factor(session, actor, sent.text("a_quien"))
    return RedirectResponse(f"{view.base}/personas", 303)


@router.get(INVITED, dependencies=MANAGE)
def invited(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, cursor: CursorQuery = None
) -> Response:
    """List the invitations that wait for an answer."""
    home = f"{view.base}/personas"
    here = f"{home}/invitaciones"
    rows = listing.invited(session, actor, cursor)
    context = InvitationsPage(
        here=home,
        tabs=_tabs(session, actor, home, "invitaciones"),
        rows=rows,
        next=with_query(here, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=here if cursor else None,
    )
    return page(request, "identity/invitations.html", context)


@router.get(HOME + "/invitar", dependencies=MANAGE)
def invite_form(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sujeto: Annotated[str, Query(max_length=400)] = "",
    role: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Ask whom to invite, and as what; a link may say the body and the role, which the person can change."""
    form = Form.blank(Invite, sujeto=sujeto, role=role)
    return page(request, "identity/invite.html", _invite_page(session, actor, view, form))


@router.post(HOME + "/invitar", dependencies=MANAGE)
def invite(
    request: Request, view: TenantDep, who: SignedInDep, actor: ActorDep, session: WorkDep, *, sent: Sent
) -> Response:
    """Send an invitation."""
    form = Form.read(Invite, sent)
    if form.data is None:
        return page(request, "identity/invite.html", _invite_page(session, actor, view, form), status=422)
    _require_fresh(who, form.data.role)
    try:
        body = _body(session, actor, form.data)
        offer = Offer(form.data.email, form.data.full_name, form.data.role, body)
        row = invitations.invite(session, actor, offer)
    except (InvalidError, ConflictError, ForbiddenError) as error:
        refused = _invite_page(session, actor, view, form.refused(error.detail))
        return page(request, "identity/invite.html", refused, status=error.status)
    return RedirectResponse(f"{view.base}/personas/invitaciones/{row.invitation_id}", 303)


@router.get(INVITED + "/{invitation_id}", dependencies=MANAGE)
def invitation(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    settings: SettingsDep,
    *,
    invitation_id: UUID,
) -> Response:
    """Show one invitation and how it stands."""
    one = listing.invitation(session, actor, invitation_id)
    mail_works = settings.mail_is_sent
    link = ""
    if not mail_works and one.state == "open" and one.row.sent_by == actor.account_id:
        base = settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
        link = base.rstrip("/") + invitations.path(keys.of(settings), view.slug, one.row)
    home = f"{view.base}/personas"
    context = InvitationPage(
        here=f"{home}/invitaciones/{invitation_id}",
        crumbs=(Link("Personas", home), Link("Invitaciones", f"{home}/invitaciones")),
        one=one,
        link=link,
        mail_works=mail_works,
    )
    return page(request, "identity/invitation.html", context)


@router.post(INVITED + "/{invitation_id}/reenvio", dependencies=MANAGE)
def resend(view: TenantDep, actor: ActorDep, session: WorkDep, invitation_id: UUID) -> Response:
    """Send an invitation again."""
    invitations.resend(session, actor, invitation_id)
    return RedirectResponse(f"{view.base}/personas/invitaciones/{invitation_id}", 303)


@router.post(INVITED + "/{invitation_id}/revocacion", dependencies=MANAGE)
def revoke(view: TenantDep, actor: ActorDep, session: WorkDep, invitation_id: UUID) -> Response:
    """Make an invitation worthless."""
    invitations.revoke(session, actor, invitation_id)
    return RedirectResponse(f"{view.base}/personas/invitaciones", 303)


@router.get(LOANS, dependencies=WORK)
def loans(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep) -> Response:
    """Show what I lent and what was lent to me, and offer to lend."""
    form = Form.blank(Lend, membership=str(actor.membership_id))
    return page(request, "identity/loans.html", _loans_page(session, actor, view, form))


@router.post(LOANS, dependencies=WORK)
def lend(
    request: Request, view: TenantDep, who: SignedInDep, actor: ActorDep, session: WorkDep, *, sent: Sent
) -> Response:
    """Lend the role that one acts under."""
    _require_fresh(who, actor.role)
    form = Form.read(Lend, sent)
    if form.data is None:
        return page(request, "identity/loans.html", _loans_page(session, actor, view, form), status=422)
    asked = form.data
    try:
        people.lend(session, actor, Loan(asked.membership, asked.to, asked.first, asked.last))
    except (InvalidError, ConflictError) as error:
        refused = _loans_page(session, actor, view, form.refused(error.detail))
        return page(request, "identity/loans.html", refused, status=error.status)
    return RedirectResponse(f"{view.base}/personas/encargos", 303)


@router.post(LOANS + "/{membership_id}/regreso", dependencies=WORK)
def take_back(view: TenantDep, actor: ActorDep, session: WorkDep, membership_id: UUID) -> Response:
    """End a loan before its day."""
    people.take_back(session, actor, membership_id)
    return RedirectResponse(f"{view.base}/personas/encargos", 303)


@router.get(PERSON, dependencies=MANAGE)
def person(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, membership_id: UUID
) -> Response:
    """Show one person's role, the others they have here, and how they came to them."""
    row, others = listing.person(session, actor, membership_id)
    home = f"{view.base}/personas"
    ended = row.ended_at is not None and people.membership(session, actor, membership_id).status == "ended"
    within = row.role in policy.grantable(actor) and not ended
    context = PersonPage(
        here=f"{home}/{membership_id}",
        crumbs=(Link("Personas", home),),
        row=row,
        ended=ended,
        others=tuple(others),
        turns=tuple(listing.history(session, actor, [row, *others])),
        roles=_named(
            role
            for role in policy.grantable(actor)
            if (role in SUJETO_ROLES) == (row.sujeto_obligado_id is not None) and role != row.role
        ),
        may_change=within and not row.lent_by and row.account_id != actor.account_id,
        may_end=within,
        home=home,
    )
    return page(request, "identity/person.html", context)


@router.post(PERSON + "/funcion", dependencies=MANAGE)
def change_role(
    request: Request,
    view: TenantDep,
    who: SignedInDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sent: Sent,
    membership_id: UUID,
) -> Response:
    """Give a person another role; where they hold work that it does not allow, ask first who takes it."""
    row = people.membership(session, actor, membership_id)
    role, heir = sent.text("role"), _chosen(sent.text("heir"))
    policy.refuse_oneself(actor, row.account_id)
    policy.require_grant(actor, role, row.sujeto_obligado_id)
    _require_fresh(who, row.role, role)
    if heir is None and people.in_hand(session, row, role):
        context = _leaving_page(session, actor, view, membership_id, role=role)
        return page(request, "identity/leaving.html", context, status=409)
    fresh = people.change_role(session, actor, membership_id, role, heir)
    return RedirectResponse(f"{view.base}/personas/{fresh}", 303)


@router.get(PERSON + "/termino", dependencies=MANAGE)
def leaving(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, membership_id: UUID
) -> Response:
    """Show what a person holds before their role ends, and ask to whom it goes."""
    return page(request, "identity/leaving.html", _leaving_page(session, actor, view, membership_id))


@router.post(PERSON + "/termino", dependencies=MANAGE)
def end(
    request: Request,
    view: TenantDep,
    who: SignedInDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sent: Sent,
    membership_id: UUID,
) -> Response:
    """End a role; where the person holds something, only with somebody who takes it."""
    row = people.membership(session, actor, membership_id)
    _require_fresh(who, row.role)
    heir = _chosen(sent.text("heir"))
    if heir is None and people.in_hand(session, row):
        context = _leaving_page(session, actor, view, membership_id, error="Elige a quién pasa su trabajo.")
        return page(request, "identity/leaving.html", context, status=409)
    people.end(session, actor, membership_id, heir)
    if row.account_id == actor.account_id:
        return RedirectResponse("/cuenta", 303)
    return RedirectResponse(f"{view.base}/personas/{membership_id}", 303)


@router.post(PERSON + "/permanencia", dependencies=MANAGE)
def keep(view: TenantDep, actor: ActorDep, session: WorkDep, membership_id: UUID) -> Response:
    """Decide that a role nobody used for long stays."""
    people.keep(session, actor, membership_id)
    return RedirectResponse(f"{view.base}/personas?vista=sin-entrar", 303)


def _tabs(session: RwSession, actor: Actor, here: str, current: str) -> tuple[Tab, ...]:
    return (
        Tab("Con función", here, current=current == ""),
        Tab(
            "Invitaciones",
            f"{here}/invitaciones",
            current=current == "invitaciones",
            count=invitations.waiting(session, actor),
        ),
        Tab(
            f"Sin entrar en {SILENT_DAYS} días",
            f"{here}?vista=sin-entrar",
            current=current == "sin-entrar",
            count=listing.silent(session, actor),
        ),
        Tab("Terminadas", f"{here}?vista=terminadas", current=current == "terminadas"),
    )


def _invite_page(session: RwSession, actor: Actor, view: TenantView, form: Form[Invite]) -> InvitePage:
    home = f"{view.base}/personas"
    body = ""
    if actor.sujeto_obligado_id is not None:
        body = tenancy.sujeto(session, actor, actor.sujeto_obligado_id).name
    crumbs = (Link("Personas", home),)
    return InvitePage(
        home, f"{view.base}/padron/opciones", crumbs, form, _named(policy.grantable(actor)), body, DAYS
    )


def _body(session: RwSession, actor: Actor, asked: Invite) -> UUID | None:
    """Return the body that a form names by name or key; an institution's administration has only its own."""
    if actor.sujeto_obligado_id is not None:
        return actor.sujeto_obligado_id
    if not asked.sujeto:
        return None
    return tenancy.named(session, actor, asked.sujeto).sujeto_obligado_id


def _leaving_page(
    session: RwSession,
    actor: Actor,
    view: TenantView,
    membership_id: UUID,
    *,
    role: str = "",
    error: str = "",
) -> LeavingPage:
    row, _ = listing.person(session, actor, membership_id)
    held = people.in_hand(session, people.membership(session, actor, membership_id), role)
    heirs = [
        one
        for one in listing.colleagues(session, actor, membership_id)
        if not one.lent_by and can_take(held, one.role)
    ]
    home = f"{view.base}/personas"
    crumbs = (Link("Personas", home), Link(row.full_name, f"{home}/{membership_id}"))
    return LeavingPage(f"{home}/{membership_id}", crumbs, row, role, held, tuple(heirs), error)


def _loans_page(session: RwSession, actor: Actor, view: TenantView, form: Form[Lend]) -> LoansPage:
    if actor.membership_id is None:
        raise NotFoundError
    row = listing.own(session, actor)
    colleagues = listing.colleagues(session, actor, actor.membership_id)
    return LoansPage(
        here=f"{view.base}/personas/encargos",
        crumbs=(Link("Personas", f"{view.base}/personas"),)
        if allowed(actor, Permission.PEOPLE_MANAGE)
        else (),
        form=form,
        mine=() if row.lent_by else ((str(row.membership_id), _placed(row)),),
        colleagues=tuple(
            (str(one.membership_id), f"{one.full_name} · {one.role_label}") for one in colleagues
        ),
        rows=tuple(listing.loans(session, actor)),
        own=actor.account_id,
    )


def _require_fresh(who: SignedIn, *roles: str) -> None:
    """Ask again for a password where an administration is given, lent, changed or ended.

    Raises:
        ConfirmationNeededError: it was not given lately.
    """
    if any(Permission.PEOPLE_MANAGE in ROLES.get(role, frozenset()) for role in roles):
        freshly_signed_in(who)


def _placed(row: PersonRow) -> str:
    return f"{row.role_label} · {row.sujeto_name}" if row.sujeto_name else row.role_label


def _named(roles: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((role, ROLE_LABELS[role]) for role in roles)


def _chosen(value: str) -> UUID | None:
    if not value:
        return None
    try:
        return UUID(value)
    except ValueError as error:
        raise NotFoundError("Elige de la lista a quién pasa el trabajo.") from error

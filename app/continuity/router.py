"""Pages of the platform: the tenants, founding one, suspending it and letting it work again."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.continuity import founding, queries, service
from app.continuity.founding import Address, FirstAdmin, Names
from app.continuity.frame import HOME, platform_frame
from app.continuity.office import ManagingDep, Office, ReadingDep
from app.continuity.pages import STATES, FoundingPage, HomePage, SlugPage
from app.core.errors import ConflictError, InvalidError
from app.core.folding import fold
from app.tenancy import declarations
from app.tenancy import states as entities
from app.web.components import SummaryItem
from app.web.forms import Form, FormValues, Sent
from app.web.shell import Link
from app.web.templating import page
from app.web.theme import DEFAULT_ACCENT

router = APIRouter(include_in_schema=False, dependencies=[Depends(platform_frame)])


TENANTS = HOME + "/organismos"
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

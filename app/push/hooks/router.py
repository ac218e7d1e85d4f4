"""«Avisos a sistemas»: the pages where a garante or a body registers addresses, and sees what did not arrive."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.core.errors import BadRequestError, ConflictError, InvalidError
from app.core.pagination import decode_cursor
from app.core.policy import Permission
from app.identity.deps import ActorDep, FreshDep, SettingsDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.push.hooks import pages, queries, service
from app.push.hooks.pages import SEGMENT, Again, NewWebhook, OneChange
from app.push.hooks.service import Wanted
from app.tenancy import queries as tenancy
from app.tenancy.queries import TenantView
from app.web.forms import Form, Sent
from app.web.templating import page

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(desk_navigation), Depends(guard(Permission.WEBHOOK_MANAGE))],
)

HOME = f"/{{tenant}}/{SEGMENT}"
ONE = HOME + "/{webhook_id}"


@router.get(HOME)
def show(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep) -> Response:
    """List the addresses that hear of changes."""
    return page(request, "push/webhooks.html", pages.listed(session, actor, view))


@router.post(HOME, response_model=None)
def register(
    request: Request,
    view: TenantDep,
    sent: Sent,
    _who: FreshDep,
    actor: ActorDep,
    *,
    session: WorkDep,
    settings: SettingsDep,
) -> Response:
    """Register an address and show its secret, once."""
    form = Form.read(NewWebhook, sent)
    field, status = "url", 422
    if form.data is not None:
        told = form.data
        try:
            url = service.checked(settings, told.url)
            field = "sujeto"
            body = tenancy.named(session, actor, told.sujeto).sujeto_obligado_id if told.sujeto else None
            field = "cursor"
            after = position(told.start, told.cursor)
            wanted = Wanted(told.name, url, told.kinds, body, after)
            made = service.register(session, actor, settings, wanted)
        except (InvalidError, BadRequestError, ConflictError) as error:
            form, status = (
                form.refused(error.detail, "" if isinstance(error, ConflictError) else field),
                error.status,
            )
        else:
            context = pages.shown(session, actor, view, made.webhook, secret=made.secret)
            return page(request, "push/webhook.html", context)
    return page(request, "push/webhooks.html", pages.listed(session, actor, view, form), status=status)


@router.get(ONE)
def one(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    webhook_id: UUID,
    *,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Show how an address does, and what did not arrive."""
    row = queries.webhook(session, actor, webhook_id)
    after = after_cursor(cursor) if cursor else 0
    return page(request, "push/webhook.html", pages.shown(session, actor, view, row, after=after))


@router.post(ONE + "/comprobacion", response_model=None)
def prove(view: TenantDep, actor: ActorDep, session: WorkDep, webhook_id: UUID) -> Response:
    """Challenge an address again."""
    service.ask_proof(session, actor, webhook_id)
    return _back(view, webhook_id)


@router.post(ONE + "/secreto", response_model=None)
def rotate(
    request: Request,
    view: TenantDep,
    _who: FreshDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    settings: SettingsDep,
    webhook_id: UUID,
) -> Response:
    """Give a webhook another secret and show it, once."""
    made = service.rotate(session, actor, settings, webhook_id)
    context = pages.shown(session, actor, view, made.webhook, secret=made.secret)
    return page(request, "push/webhook.html", context)


@router.post(ONE + "/pausa", response_model=None)
def pause(view: TenantDep, actor: ActorDep, session: WorkDep, webhook_id: UUID) -> Response:
    """Send nothing for now."""
    service.pause(session, actor, webhook_id)
    return _back(view, webhook_id)


@router.post(ONE + "/reanudar", response_model=None)
def resume(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent, *, webhook_id: UUID
) -> Response:
    """Send again, from where it stood or from a cursor."""
    form = Form.read(Again, sent)
    if form.data is not None:
        try:
            service.resume(session, actor, webhook_id, after=position(form.data.start, form.data.cursor))
        except (InvalidError, BadRequestError) as error:
            form = form.refused(error.detail, "cursor")
        else:
            return _back(view, webhook_id)
    row = queries.webhook(session, actor, webhook_id)
    return page(request, "push/webhook.html", pages.shown(session, actor, view, row, form=form), status=422)


@router.post(ONE + "/reenvio", response_model=None)
def send_again(
    view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent, *, webhook_id: UUID
) -> Response:
    """Try again what did not arrive: one change, or all that were given up."""
    told = Form.read(OneChange, sent).data
    if told is None:
        raise InvalidError("Di qué cambio se reenvía.")
    service.send_again(session, actor, webhook_id, told.change)
    return _back(view, webhook_id)


@router.post(ONE + "/baja", response_model=None)
def remove(view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent, *, webhook_id: UUID) -> Response:
    """Forget an address."""
    queries.webhook(session, actor, webhook_id)
    if sent.text("confirmo") != "quitar":
        raise InvalidError("Abre la página del aviso y confirma ahí que se quita.")
    service.remove(session, actor, webhook_id)
    return RedirectResponse(f"{view.base}/{SEGMENT}", 303)


def position(start: str, cursor: str) -> int | None:
    """Return the position after which to begin; None is where it stands, or now.

    Raises:
        BadRequestError: the cursor is none of ours.
    """
    if start == "now":
        return None
    return 0 if start == "start" else after_cursor(cursor)


def after_cursor(cursor: str) -> int:
    """Return the position that a cursor of the list of changes names.

    Raises:
        BadRequestError: it is none of ours.
    """
    (found,) = decode_cursor(cursor, int)
    return int(found)


def _back(view: TenantView, webhook_id: UUID) -> Response:
    return RedirectResponse(f"{view.base}/{SEGMENT}/{webhook_id}", 303)

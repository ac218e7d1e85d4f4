"""The tab «Correo» of a tenant's settings: in whose name its letters leave, and who reads the answers."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core.db import Actor
from app.core.errors import InvalidError
from app.core.policy import Permission
from app.identity.deps import ActorDep, DirectoryDep, SettingsDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation, settings_tabs
from app.notifications import service
from app.settings import Settings
from app.tenancy.queries import TenantView
from app.web.components import Tab
from app.web.forms import Form, Sent
from app.web.templating import page

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(desk_navigation), Depends(guard(Permission.TENANT_MANAGE))],
)

HOME = "/{tenant}/ajustes/correo"


class ReplyForm(BaseModel):
    """Who reads the answers."""

    reply_to: str = Field(
        "",
        title="Dirección que recibe las respuestas",
        description="Sin ella, quien responda a un correo no será leído por nadie.",
        examples=["contacto@organismo.mx"],
        max_length=254,
    )


@dataclass(frozen=True)
class MailPage:
    """Context of `notifications/settings_mail.html`."""

    tabs: tuple[Tab, ...]
    form: Form[Any]
    sender: str
    mail_is_sent: bool


def _context(view: TenantView, actor: Actor, settings: Settings, form: Form[Any]) -> MailPage:
    sender = f"{view.known_as} <{settings.mail_from}>" if settings.mail_from else view.known_as
    return MailPage(settings_tabs(view, actor, "correo"), form, sender, settings.mail_is_sent)


@router.get(HOME, response_model=None)
def mail_settings(request: Request, view: TenantDep, actor: ActorDep, settings: SettingsDep) -> Response:
    """Show how the tenant's letters leave."""
    form = Form.blank(ReplyForm, reply_to=view.reply_to)
    return page(request, "notifications/settings_mail.html", _context(view, actor, settings, form))


@router.post(HOME, response_model=None)
def set_reply_to(  # what FastAPI injects
    *,
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    settings: SettingsDep,
    directory: DirectoryDep,
    sent: Sent,
) -> Response:
    """Choose who reads the answers."""
    form = Form.read(ReplyForm, sent)
    if form.data is not None:
        try:
            service.set_reply_to(session, actor, form.data.reply_to)
        except InvalidError as error:
            form = form.refused(error.detail, "reply_to")
        else:
            directory.forget()
            return RedirectResponse(f"{view.base}/ajustes/correo", 303)
    context = _context(view, actor, settings, form)
    return page(request, "notifications/settings_mail.html", context, status=422)

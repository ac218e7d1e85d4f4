"""«Ajustes → Conservación»: for how long a garante keeps what is not for ever."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.accountability import retention
from app.accountability.retention import KINDS, Kind
from app.core.policy import Permission
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation, settings_tabs
from app.web.components import Tab
from app.web.forms import Sent
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])
HOME = "/{tenant}/ajustes/conservacion"
_DAYS = re.compile("[0-9]{1,6}")
MANAGE = [Depends(guard(Permission.TENANT_MANAGE))]


@dataclass(frozen=True)
class RetentionPage:
    """Context of `accountability/retention.html`; `typed` is what each box shows, `errors` what is wrong with it."""

    tabs: tuple[Tab, ...]
    kinds: Mapping[str, Kind]
    typed: Mapping[str, str]
    errors: Mapping[str, str]
    saved: bool


@router.get(HOME, dependencies=MANAGE)
def show(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, guardado: str = ""
) -> Response:
    """Show each term, with what goes and what stays."""
    typed = {what: str(days) for what, days in retention.terms(session, actor).items()}
    tabs = settings_tabs(view, actor, "conservacion")
    context = RetentionPage(tabs, KINDS, typed, {}, bool(guardado))
    return page(request, "accountability/retention.html", context)


@router.post(HOME, dependencies=MANAGE)
def save(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent) -> Response:
    """Set the terms, all or none."""
    typed = {what: sent.text(what).strip() for what in KINDS}
    days = {what: int(written) for what, written in typed.items() if _DAYS.fullmatch(written)}
    errors = dict.fromkeys(
        typed.keys() - days.keys(), "Escribe cuántos días, solo con números; por ejemplo 365."
    )
    errors |= retention.wrong(days)
    if errors:
        tabs = settings_tabs(view, actor, "conservacion")
        context = RetentionPage(tabs, KINDS, typed, errors, saved=False)
        return page(request, "accountability/retention.html", context, status=422)
    retention.choose(session, actor, days)
    return RedirectResponse(f"{view.base}/ajustes/conservacion?guardado=1", 303)

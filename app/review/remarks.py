"""Pages of observations: writing them, to give a version back or about what one person published, and their threads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.errors import BadRequestError, InvalidError, NotFoundError
from app.identity.deps import ActorDep, TenantDep, WorkDep
from app.processes import observations
from app.processes.models import Observation
from app.processes.observations import LONGEST
from app.processes.outline import find, in_words, place_of
from app.processes.queries import VersionRef, process_row
from app.review import service
from app.review.frame import PROCESS, VERSION, NumberPath, back_to, row_version, title_in, way_to
from app.review.page import WAYS, address
from app.review.policy import require_act
from app.review.queries import ProcessView, case, process_view
from app.review.service import MANY_REMARKS, Remark
from app.tenancy.queries import TenantView
from app.web.forms import FormValues, Sent
from app.web.shell import Link, local_path
from app.web.templating import page

remarks = APIRouter()

PointersQuery = Annotated[list[str], Query(default_factory=list, max_length=MANY_REMARKS)]


@dataclass(frozen=True)
class Asking:
    """How an act that takes observations along is asked for, and what does it."""

    verb: Callable[..., object]
    title: str
    lede: str
    button: str


ASKING = {
    "return": Asking(
        service.return_with_observations,
        "Devolver con observaciones",
        "Quien capturó verá cada observación junto a su dato, responderá, corregirá y volverá a enviar.",
        "Devolver con observaciones",
    ),
    "observe": Asking(
        service.observe,
        "Observar lo publicado",
        "Lo publicado no cambia. Quien captura verá cada observación junto a su dato y podrá corregirlo en una entrega nueva.",
        "Abrir las observaciones",
    ),
}


@dataclass(frozen=True)
class RemarkField:
    """A place to be remarked upon: what stands there, and what has been typed about it."""

    pointer: str
    place: str
    value: str
    text: str = ""


@dataclass(frozen=True)
class RemarkPage:
    """Context of `review/return.html`; `open_count` observations go along without being written again."""

    address: str
    here: str
    crumbs: tuple[Link, ...]
    title: str
    asking: Asking
    row_version: int
    fields: tuple[RemarkField, ...]
    open_count: int
    longest: int
    refusal: str = ""


def _offer(action: str) -> None:
    """Give an act that takes observations along its page and its form."""
    segment = f"{VERSION}/{WAYS[action].segment}"

    def ask(
        request: Request,
        view: TenantDep,
        actor: ActorDep,
        session: WorkDep,
        *,
        process_id: UUID,
        number: NumberPath,
        en: PointersQuery,
    ) -> Response:
        seen = _about_to(session, actor, process_id, number, action)
        chosen = [
            pointer for pointer in dict.fromkeys(en) if find(seen.document, pointer) is not None and pointer
        ]
        fields = tuple(_field(view, seen, pointer) for pointer in (*chosen, ""))
        return page(request, "review/return.html", _page(view, seen, action, fields))

    def act(
        request: Request,
        view: TenantDep,
        actor: ActorDep,
        session: WorkDep,
        *,
        sent: Sent,
        process_id: UUID,
        number: NumberPath,
    ) -> Response:
        pointers, texts, said = _read(sent)
        try:
            ASKING[action].verb(session, actor, VersionRef(process_id, number), row_version(sent), said)
        except InvalidError as error:
            seen = _about_to(session, actor, process_id, number, action)
            fields = tuple(
                _field(view, seen, pointer, text) for pointer, text in zip(pointers, texts, strict=True)
            )
            context = _page(view, seen, action, fields, refusal=error.detail)
            return page(request, "review/return.html", context, status=error.status)
        return back_to(view, process_id)

    remarks.add_api_route(segment, ask, methods=["GET"], name=f"ask_{action}")
    remarks.add_api_route(segment, act, methods=["POST"], name=action)


for _action in ASKING:
    _offer(_action)


ANSWERS: dict[str, Callable[[RwSession, Actor, UUID, str], Observation]] = {
    "respuesta": observations.answer,
    "resolucion": observations.resolve,
    "reapertura": observations.reopen,
}
"""Last segment of an address → what it does with an observation."""


def _answer(segment: str, verb: Callable[[RwSession, Actor, UUID, str], Observation]) -> None:
    def act(
        view: TenantDep,
        actor: ActorDep,
        session: WorkDep,
        *,
        sent: Sent,
        process_id: UUID,
        observation_id: UUID,
    ) -> Response:
        process_row(session, actor, process_id)
        if verb(session, actor, observation_id, sent.text("words")).process_id != process_id:
            raise NotFoundError
        back = local_path(sent.text("volver"))
        if back.startswith(f"{view.base}/procesos-internos/{process_id}/"):
            return RedirectResponse(back, 303)
        return RedirectResponse(f"{view.base}/procesos-internos/{process_id}#observaciones-titulo", 303)

    address_ = f"{PROCESS}/observaciones/{{observation_id}}/{segment}"
    remarks.add_api_route(address_, act, methods=["POST"], name=f"observation_{segment}")


for _segment, _verb in ANSWERS.items():
    _answer(_segment, _verb)


def _read(sent: FormValues) -> tuple[list[str], list[str], list[Remark]]:
    """Return the places and texts of the form, and the remarks in it."""
    pointers, texts = sent.texts.get("pointer", []), sent.texts.get("remark", [])
    if len(pointers) != len(texts):
        raise BadRequestError(
            "El formulario llegó incompleto: vuelve a la página anterior y envíalo otra vez."
        )
    # The remark on the whole is optional; one on a place that was chosen is not.
    said = [
        Remark(pointer, text.strip())
        for pointer, text in zip(pointers, texts, strict=True)
        if pointer or text.strip()
    ]
    return pointers, texts, said


def _about_to(session: RwSession, actor: Actor, process_id: UUID, number: int, action: str) -> ProcessView:
    """Return the process, if this version is the one on the desk and the actor may act on it so."""
    seen = process_view(session, actor, process_id)
    require_act(actor, case(session, actor, seen.process, VersionRef(process_id, number)), action)
    return seen


def _page(
    view: TenantView, seen: ProcessView, action: str, fields: tuple[RemarkField, ...], *, refusal: str = ""
) -> RemarkPage:
    here = address(view, seen)
    return RemarkPage(
        address=here,
        here=f"{here}/versiones/{seen.turn.number}/{WAYS[action].segment}",
        crumbs=way_to(view, seen),
        title=title_in(seen),
        asking=ASKING[action],
        row_version=seen.turn.row_version,
        fields=fields,
        open_count=sum(one.is_open for one in seen.threads),
        longest=LONGEST,
        refusal=refusal,
    )


def _field(view: TenantView, seen: ProcessView, pointer: str, text: str = "") -> RemarkField:
    held = find(seen.document, pointer) if pointer else None
    value = in_words(held, pointer, zone=view.time_zone) if held is not None else ""
    return RemarkField(pointer, place_of(pointer) if pointer else "", value, text)

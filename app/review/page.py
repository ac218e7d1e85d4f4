"""The page of one process: its state and next step, what is wrong, what changed, the document, its history."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from urllib.parse import quote, urlencode

from app.core import clock
from app.core.db import Actor, RwSession
from app.core.policy import Permission, allowed
from app.core.withheld import note_reading
from app.ocds import diff, tags
from app.ocds.shape import Document
from app.ocds.validation import Problem
from app.processes import drafting, history
from app.processes.correction import corrects
from app.processes.history import SUBJECT, Act
from app.processes.models import OPEN_STATUSES
from app.processes.observations import Thread
from app.processes.outline import (
    PAGE,
    SHOWN,
    Notes,
    StageOutline,
    anchor,
    change_in_words,
    outline,
    place_of,
    places,
    told_in_place,
)
from app.processes.summary import title_of
from app.processes.workflow import VERSIONS
from app.review import wording
from app.review.queries import ProcessView
from app.tenancy.queries import TenantView, sujeto
from app.web.components import STAGES, Change, Stage, StageState
from app.web.formats import plural
from app.web.shell import Link

REMARKING = ("return", "observe")
"""Acts that take observations along."""
MANY = 50
"""Errors, and changes, that a page lists before it only counts."""


@dataclass(frozen=True)
class Mend:
    """An error in the summary at the head of the page, leading to its place."""

    href: str
    place: str
    text: str


@dataclass(frozen=True)
class Remarked:
    """An observation with its place in words, leading there.

    Attributes:
        change: what became of its place since the version was given back, in words; "" where that says nothing.
        address: of its acts.
    """

    thread: Thread
    href: str
    place: str
    change: str
    address: str


@dataclass(frozen=True)
class Button:
    """An act that the table of transitions and the policy offer this person."""

    label: str
    address: str
    way: "Way"
    consequence: str = ""


@dataclass(frozen=True)
class ProcessPage:
    """Context of `review/process.html`."""

    address: str
    home: str
    public: str | None
    crumbs: tuple[Link, ...]
    title: str
    body: str
    view: ProcessView
    may_edit: bool
    may_begin: bool
    today: date
    standing: str
    barred: str
    buttons: tuple[Button, ...]
    remarking: str
    is_open: bool
    answer_label: str
    errors: tuple[Mend, ...]
    error_count: int
    advice_count: int
    observations: tuple[Remarked, ...]
    open_count: int
    asks_reason: bool
    since: tuple[Change, ...] | None
    since_count: int
    timeline: tuple[Stage, ...]
    changes: tuple[Change, ...]
    change_count: int
    stages: tuple[StageOutline, ...]
    acts: list[Act]


class Way(NamedTuple):
    """How an act is asked for.

    Attributes:
        segment: its address under the version's.
        how: "post" at once, "ask" on a page of its own, "danger" and "confirm" in place with their consequence.
        kind: of the button.
    """

    segment: str
    how: str
    kind: str


WAYS = {
    "submit": Way("revision", "post", "primary"),
    "approve": Way("aprobacion", "post", "primary"),
    "approve_alone": Way("aprobacion-propia", "ask", "primary"),
    "publish": Way("publicacion", "ask", "primary"),
    "restore": Way("recuperacion", "post", "primary"),
    "sample": Way("muestra", "post", "primary"),
    "observe": Way("observacion", "ask", "secondary"),
    "return": Way("devolucion", "ask", "secondary"),
    "take": Way("revision/toma", "post", "secondary"),
    "release": Way("revision/libre", "post", "quiet"),
    "schedule": Way("programacion", "ask", "secondary"),
    "cancel": Way("programacion/cancelacion", "post", "secondary"),
    "recall": Way("revision/retiro", "post", "secondary"),
    "revoke": Way("aprobacion/anulacion", "post", "secondary"),
    "discard": Way("descarte", "danger", "danger"),
}
"""Act → how it is asked for, the weightiest first. Editing has pages of its own (`app.capture`)."""


def process_page(session: RwSession, actor: Actor, tenant: TenantView, view: ProcessView) -> ProcessPage:
    """Return what the page of a process shows to this actor."""
    document, zone = view.document, tenant.time_zone
    found = drafting.examine(
        view.process.ocid,
        document,
        natural_rfc_public=tenant.natural_rfc_public,
        released=view.published,
    )
    note_reading(session, actor, SUBJECT, view.process.process_id, (one.pointer for one in found.withheld))
    notes = Notes.gather(
        found.problems, [(one.pointer, one.row.remark) for one in view.threads if one.is_open]
    )
    stages = outline(document, notes, zone=zone)
    here = address(tenant, view)
    shown = {place for stage in stages for place in places(stage.groups)}
    changes = diff.changes(view.published, document) if view.published is not None else []
    since = diff.changes(view.returned, document) if view.returned is not None else None
    asks_reason = _asks_reason(actor, view)
    return ProcessPage(
        address=here,
        home=f"{tenant.base}/procesos-internos",
        public=f"{tenant.base}/procesos/{quote(view.process.ocid)}" if view.process.published else None,
        crumbs=crumbs(tenant),
        title=title_of(document) or "Sin título",
        body=sujeto(session, actor, view.process.sujeto_obligado_id).name,
        view=view,
        may_edit=_may_edit(actor, view),
        may_begin=allowed(actor, Permission.PROCESS_EDIT, view.process.sujeto_obligado_id),
        today=tenant.today,
        standing=wording.standing(view, errors=len(found.errors), now=clock.now(), zone=zone),
        barred=wording.barred(actor, view),
        buttons=_buttons(view, here, may_submit=not found.errors and not asks_reason),
        remarking=remarking(view),
        is_open=view.turn.status in OPEN_STATUSES,
        answer_label="Decidir a más tardar el"
        if view.turn.status == "in_review"
        else "Contestar a más tardar el",
        errors=tuple(_mend(one, here, shown) for one in found.errors[:MANY]),
        error_count=len(found.errors),
        advice_count=len(found.advice),
        observations=tuple(_remarked(one, here, shown, since) for one in view.threads),
        open_count=sum(one.is_open for one in view.threads),
        asks_reason=asks_reason,
        since=tuple(change_in_words(one, zone=zone) for one in since[:MANY]) if since is not None else None,
        since_count=len(since or ()),
        timeline=_timeline(document, stages),
        changes=tuple(change_in_words(one, zone=zone) for one in changes[:MANY]),
        change_count=len(changes),
        stages=stages,
        acts=history.acts_on(session, actor, view.process.process_id),
    )


def address(tenant: TenantView, view: ProcessView) -> str:
    """Return the address of a process's page."""
    return f"{tenant.base}/procesos-internos/{view.process.process_id}"


def crumbs(tenant: TenantView) -> tuple[Link, ...]:
    """Return the way to the list of processes."""
    return (Link("Mi trabajo", f"{tenant.base}/panel"), Link("Procesos", f"{tenant.base}/procesos-internos"))


def leading_to(pointer: str, here: str, shown: AbstractSet[str]) -> str:
    """Return the address of a place of the document: on its page, on a page of a long list, or the nearest above.

    Args:
        pointer: of the place.
        here: address of the process's page.
        shown: pointers that have an anchor on that page.
    """
    if pointer in shown:
        return f"{here}#{anchor(pointer)}"
    tokens = pointer.split("/")
    for end, token in enumerate(tokens):
        above = "/".join(tokens[:end])
        if token.isdecimal() and above in shown and int(token) >= SHOWN:
            query = urlencode({"en": above, "desde": int(token) // PAGE * PAGE})
            return f"{here}/lista?{query}#{anchor(pointer)}"
    nearest = next(
        (above for end in range(len(tokens), 1, -1) if (above := "/".join(tokens[:end])) in shown), ""
    )
    return f"{here}#{anchor(nearest)}" if nearest else f"{here}#documento"


def remarking(view: ProcessView) -> str:
    """Return the segment of the act that takes the boxes ticked in the document along; "" where there is none."""
    return next((WAYS[act.action].segment for act in view.acts if act.action in REMARKING), "")


def _may_edit(actor: Actor, view: ProcessView) -> bool:
    """Whether the actor may edit the version on the desk, or open one beside what is published."""
    return (
        allowed(actor, Permission.PROCESS_EDIT, view.process.sujeto_obligado_id)
        and VERSIONS.find("edit", view.turn.status) is not None
    )


def _mend(problem: Problem, here: str, shown: AbstractSet[str]) -> Mend:
    return Mend(leading_to(problem.pointer, here, shown), place_of(problem.pointer), told_in_place(problem))


def _remarked(
    thread: Thread, here: str, shown: AbstractSet[str], since: Sequence[diff.Change] | None
) -> Remarked:
    change = ""
    if thread.lost:
        change = "Ese lugar ya no está en el documento."
    elif since is not None and thread.pointer and thread.is_open:
        is_changed = any(_touches(one.pointer, thread.pointer) for one in since)
        change = "El dato cambió desde que se devolvió." if is_changed else "El dato sigue igual."
    return Remarked(
        thread,
        f"{here}#documento" if thread.lost else leading_to(thread.pointer, here, shown),
        place_of(thread.row.pointer if thread.lost else thread.pointer),
        change,
        f"{here}/observaciones/{thread.row.observation_id}",
    )


def _touches(one: str, other: str) -> bool:
    """Whether one of two pointers leads into the other's place."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _asks_reason(actor: Actor, view: ProcessView) -> bool:
    """Whether the version changes what is published, and its editor has yet to say why."""
    turn = view.turn
    return (
        turn.status in ("draft", "returned")
        and not turn.correction_reason
        and not turn.source.startswith("import:")
        and allowed(actor, Permission.PROCESS_EDIT, view.process.sujeto_obligado_id)
        and corrects(view.published, view.document)
    )


def _buttons(view: ProcessView, here: str, *, may_submit: bool) -> tuple[Button, ...]:
    """Return the acts offered; sending to review waits until nothing is wrong, as the page says in words."""
    labels = {act.action: act.label for act in view.acts if may_submit or act.action != "submit"}
    if "take" in labels and view.turn.reviewer_id is not None:
        labels["take"] = "Tomar yo la revisión"
    return tuple(
        Button(
            labels[action],
            f"{here}/versiones/{view.turn.number}/{way.segment}",
            way._replace(how="confirm") if action == "approve" and _open(view) else way,
            _consequence(view, action),
        )
        for action, way in WAYS.items()
        if action in labels
    )


def _open(view: ProcessView) -> int:
    return sum(one.is_open for one in view.threads)


def _consequence(view: ProcessView, action: str) -> str:
    if action == "approve":
        return (
            f"Hay {plural(_open(view), 'observación', 'observaciones')} sin resolver. Si apruebas así, la versión podrá "
            "publicarse y las observaciones seguirán abiertas."
        )
    if action != "discard":
        return ""
    count = plural(_leaves(view.document), "dato", "datos")
    kept = " Lo ya publicado no cambia." if view.published is not None else ""
    return f"Se quitará de la mesa este borrador con {count}.{kept} Puedes recuperarlo durante 30 días."


def _leaves(held: object) -> int:
    match held:
        case dict():
            return sum(map(_leaves, held.values()))
        case list():
            return sum(map(_leaves, held))
        case _:
            return 1


def _timeline(document: Document, stages: tuple[StageOutline, ...]) -> tuple[Stage, ...]:
    """Return the five stages: with data, the last one reached, skipped, or still to come."""
    present = tags.sections_present(document)
    order = ("planning", "tender", "award", "contract", "implementation")
    last = max((order.index(section) for section in present), default=-1)
    anchors = {one.stage.value for one in stages}

    def state(position: int, section: str) -> StageState:
        if position == last:
            return "current"
        if position > last:
            return "upcoming"
        return "done" if section in present else "missing"

    return tuple(
        Stage(
            label,
            state(position, section),
            href=f"#etapa-{home}"
            if (home := "contract" if section == "implementation" else section) in anchors
            and section in present
            else None,
        )
        for position, (section, label) in enumerate(zip(order, STAGES, strict=True))
    )

"""The page of one process: its state and next step, what is wrong, what changed, the document, its history."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

from app.core import clock
from app.core.db import Actor, RwSession
from app.core.policy import Permission, allowed
from app.ocds import diff, tags
from app.ocds.shape import Document
from app.ocds.validation import Problem
from app.processes import drafting, history
from app.processes.history import Act
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
    """An observation with its place in words, leading there."""

    href: str
    place: str
    text: str
    who: str
    at: datetime


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
    may_remark: bool
    errors: tuple[Mend, ...]
    error_count: int
    advice_count: int
    observations: tuple[Remarked, ...]
    timeline: tuple[Stage, ...]
    changes: tuple[Change, ...]
    change_count: int
    stages: tuple[StageOutline, ...]
    acts: list[Act]


class Way(NamedTuple):
    """How an act is asked for.

    Attributes:
        segment: its address under the version's.
        how: "post" at once, "ask" on a page of its own, "danger" in place with its consequence.
        kind: of the button.
    """

    segment: str
    how: str
    kind: str


WAYS = {
    "submit": Way("revision", "post", "primary"),
    "approve": Way("aprobacion", "post", "primary"),
    "publish": Way("publicacion", "ask", "primary"),
    "restore": Way("recuperacion", "post", "primary"),
    "return": Way("devolucion", "ask", "secondary"),
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
    notes = Notes.gather(found.problems, [(one.row.pointer, one.row.remark) for one in view.observations])
    stages = outline(document, notes, zone=zone)
    here = address(tenant, view)
    shown = {place for stage in stages for place in places(stage.groups)}
    changes = diff.changes(view.published, document) if view.published is not None else []
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
        buttons=_buttons(view, here, errors=bool(found.errors)),
        may_remark=any(act.action == "return" for act in view.acts),
        errors=tuple(_mend(one, here, shown) for one in found.errors[:MANY]),
        error_count=len(found.errors),
        advice_count=len(found.advice),
        observations=tuple(
            Remarked(
                leading_to(one.row.pointer, here, shown),
                place_of(one.row.pointer),
                one.row.remark,
                one.who,
                one.row.created_at,
            )
            for one in view.observations
        ),
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


def _may_edit(actor: Actor, view: ProcessView) -> bool:
    """Whether the actor may edit the version on the desk, or open one beside what is published."""
    return allowed(actor, Permission.PROCESS_EDIT, view.process.sujeto_obligado_id) and (
        view.turn.status == "published" or VERSIONS.find("edit", view.turn.status) is not None
    )


def _mend(problem: Problem, here: str, shown: AbstractSet[str]) -> Mend:
    return Mend(leading_to(problem.pointer, here, shown), place_of(problem.pointer), told_in_place(problem))


def _buttons(view: ProcessView, here: str, *, errors: bool) -> tuple[Button, ...]:
    """Return the acts offered; sending to review waits until nothing is wrong, as the page says in words."""
    labels = {act.action: act.label for act in view.acts if not (errors and act.action == "submit")}
    return tuple(
        Button(
            labels[action],
            f"{here}/versiones/{view.turn.number}/{way.segment}",
            way,
            _consequence(view) if action == "discard" else "",
        )
        for action, way in WAYS.items()
        if action in labels
    )


def _consequence(view: ProcessView) -> str:
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

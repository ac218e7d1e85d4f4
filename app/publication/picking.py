"""Choosing places of a document: a list to search in, whose marked lines go on to the form that asks for something."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.folding import fold
from app.identity.deps import ActorDep, TenantDep, WorkDep
from app.ocds import lasting
from app.ocds.shape import Document, escape
from app.processes.outline import find, in_words, place_by_name, place_of
from app.processes.queries import WorkingProcess, working_process
from app.processes.summary import title_of
from app.tenancy.queries import TenantView
from app.web.shell import Link
from app.web.templating import page

SHOWN = 100
"""Lines that one search shows."""
WHOLE = frozenset({"documents", "items", "parties"})
"""Lists whose elements can be chosen whole."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A process as a request asks for it: by whom, in which transaction, of which tenant."""

    session: RwSession
    actor: Actor
    view: TenantView
    process_id: UUID

    @property
    def home(self) -> str:
        """The address of the process."""
        return f"{self.view.base}/procesos-internos/{self.process_id}"

    def process(self) -> WorkingProcess:
        """Return it with its document.

        Raises:
            NotFoundError: absent or another's.
        """
        return working_process(self.session, self.actor, self.process_id)

    def crumbs(self, ocid: str) -> tuple[Link, ...]:
        """Return the way from the desk to its withdrawals and reservations."""
        return (
            Link("Procesos", f"{self.view.base}/procesos-internos"),
            Link(ocid, self.home),
            Link("Retiros y reservas", f"{self.home}/retiros"),
        )


def _visit(view: TenantDep, actor: ActorDep, session: WorkDep, process_id: UUID) -> Visit:
    """Return what the routes of one process ask for."""
    return Visit(session, actor, view, process_id)


VisitDep = Annotated[Visit, Depends(_visit)]


@dataclass(frozen=True, slots=True)
class Pick:
    """A place that can be chosen, in words, with what it says."""

    pointer: str
    place: str
    value: str


@dataclass(frozen=True)
class PickPage:
    """Context of `publication/pick.html`; `target` is the form to which the chosen places go."""

    crumbs: tuple[Link, ...]
    title: str
    here: str
    target: str
    lede: str
    searched: str
    picks: tuple[Pick, ...]
    total: int


def pick_page(request: Request, visit: Visit, *, target: str, lede: str, searched: str) -> Response:
    """Show what a search finds in the working document; without one, its beginning.

    Args:
        request: for the page.
        visit: of somebody who has been found to be allowed to ask.
        target: address of the form.
        lede: what choosing does, in Spanish.
        searched: words that place or value hold.
    """
    process = visit.process()
    wanted = fold(searched)
    found = [
        pick
        for pointer, value in _leaves(process.document, "")
        if wanted
        in fold(
            f"{(pick := _pick(process.document, pointer, value, visit.view.time_zone)).place} {pick.value}"
        )
    ]
    context = PickPage(
        crumbs=visit.crumbs(process.ocid),
        title=title_of(process.document) or process.ocid,
        here=f"{target.rpartition('/')[0]}/datos",  # as the tenant's own host writes it
        target=target,
        lede=lede,
        searched=searched,
        picks=tuple(found[:SHOWN]),
        total=len(found),
    )
    return page(request, "publication/pick.html", context)


def chosen(document: Document, pointers: list[str], zone: str) -> tuple[Pick, ...]:
    """Return the places chosen that are there."""
    return tuple(
        _pick(document, pointer, value, zone)
        for pointer in dict.fromkeys(pointers)
        if pointer and (value := find(document, pointer)) is not None
    )


def in_place_words(document: Document, places: list[str]) -> tuple[str, ...]:
    """Return lasting places in words, by the names of what they stand in where it is still there."""
    return tuple(
        place_by_name(document, pointer)
        if (pointer := lasting.find(document, place)) is not None
        else f"{place_of(place)} (ya no está)"
        for place in places
    )


def _pick(document: Document, pointer: str, value: Any, zone: str) -> Pick:
    return Pick(pointer, place_by_name(document, pointer), in_words(value, pointer, zone=zone)[:200])


def _leaves(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Yield what can be chosen, in the order of the document."""
    if isinstance(value, dict):
        if pointer.rpartition("/")[0].rpartition("/")[2] in WHOLE:
            yield pointer, value
        for key, held in value.items():
            yield from _leaves(held, f"{pointer}/{escape(key)}")
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from _leaves(held, f"{pointer}/{index}")
    else:
        yield pointer, value

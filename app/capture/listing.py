"""The page of a list of elements, and what its buttons ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from app.capture import frame, links, lists, pages, queries, reading, registry
from app.capture.controls import Option
from app.capture.forms import Ground, Said
from app.capture.frame import Around, Visit
from app.capture.lists import Line
from app.capture.plan import Section
from app.capture.rows import Input
from app.core.errors import BadRequestError, InvalidError, NotFoundError
from app.core.pagination import Page
from app.ocds import model
from app.parties.models import Party
from app.processes import editing
from app.settings import get_settings
from app.web.components import Column
from app.web.shell import Link

MOST_PASTED = 200
EMPTY = "Escribe algo en la línea antes de agregarla."


@dataclass(frozen=True)
class ListPage:
    """Context of `capture/list.html`."""

    around: Around
    section: Section
    action: str
    rows: Page[Line]
    heads: tuple[Column, ...]
    total: int
    quick: tuple[Input, ...]
    currencies: tuple[str, ...]
    offers: Mapping[str, tuple[Option, ...]]
    one: str
    opens: bool
    sources: tuple[Link, ...]
    following: Link | None
    """Section that comes after this one."""
    next_page: str | None
    first_page: str | None
    undo: int | None
    problems: tuple[Input, ...]
    """What to mend in the line for adding one."""
    roles: tuple[Option, ...]
    """What somebody from the registry can be here; empty where the list is of something else."""
    chosen: Party | None
    """Entry of the registry that was chosen on its own page."""
    files: str
    """Address to which files are sent; empty where the list is of something else."""
    stage: str
    limit: int
    """Bytes that one file may have."""
    back: str = ""
    """Address of the page from which somebody came to add to this list."""
    refusal: str = ""
    pasted: str = ""
    """Rows that were pasted and not taken."""


def list_page(
    visit: Visit,
    section: Section,
    *,
    cursor: str | None = None,
    said: Said | None = None,
    saved: str = "",
    undo: int | None = None,
    chosen: Party | None = None,
    back: str = "",
    refusal: str = "",
    pasted: str = "",
) -> ListPage:
    """Return a page of a list.

    Args:
        visit: whose address is the list's.
        section: the list.
        cursor: of the page; None for the first.
        said: what was typed in the line for adding one, and what is wrong with it.
        saved: when something was saved just now.
        undo: number of the edit that took an element away.
        chosen: entry of the registry to be made a party.
        back: address of the page from which somebody came to add to this list.
        refusal: why the last button did nothing.
        pasted: rows that were pasted and not taken.

    Raises:
        NotFoundError: the process, or what the list stands in, is absent or another's.
    """
    opened = editing.open_list(visit.session, visit.actor, visit.process_id, visit.where, cursor=cursor)
    zone = visit.view.time_zone
    choices = queries.choices(visit.session, visit.actor, visit.process_id, lists.quick_section(section))
    quick = lists.quick_rows(section, zone, choices, said)
    lines = [lists.line(section, element, zone) for element in opened.page.rows]
    following = opened.page.next_cursor
    return ListPage(
        around=frame.around(visit, opened.draft, saved),
        section=section,
        action=visit.here,
        rows=Page(lines, following),
        heads=(*lists.columns(section), Column("Acciones")),
        total=opened.total,
        quick=quick,
        currencies=lists.currencies(section),
        offers=pages.offers(quick),
        one=model.BLOCKS[lists.block_of(section)].label,
        opens=lists.opens(section),
        sources=_sources(section),
        following=frame.following(visit, opened.draft.method),
        next_page=f"{visit.here}?cursor={following}" if following else None,
        first_page=visit.here if cursor else None,
        undo=undo,
        pasted=pasted,
        problems=tuple(row for row in quick if row.error),
        roles=registry.roles() if visit.where == registry.PARTIES else (),
        chosen=chosen,
        files=f"{visit.here}/archivos" if lists.block_of(section) == "Document" else "",
        stage=section.stage.value,
        limit=get_settings().attachment_limit,
        back=back if back.startswith(f"{visit.base}/") and back.isprintable() else "",
        refusal=refusal,
    )


def _sources(section: Section) -> tuple[Link, ...]:
    """Return the lists of items from which this one can be filled, so that nothing is typed twice."""
    if section.base.endswith("/items") and section.base != "tender/items":
        return (Link("Traer las partidas de la licitación", "tender/items"),)
    return ()


class Done(NamedTuple):
    """What a button of a list did.

    Attributes:
        opened: path of an element whose page comes next; empty to stay on the list.
        undo: number of the edit, when it took something away.
        errors: what is wrong with the line for adding one; nothing was done then.
        is_added: one was added from the line, where the next is about to be typed.
    """

    opened: str = ""
    undo: int | None = None
    errors: Mapping[str, str] | None = None
    is_added: bool = False


def act(
    visit: Visit, section: Section, button: str, sent: Mapping[str, list[str]], *, base: int | None = None
) -> Done:
    """Do what a button of a list asks for.

    Args:
        visit: whose address is the list's.
        section: the list.
        button: `quitar:tender/items/3`, `subir:…`, `deshacer:17`; `agregar`, or nothing, adds what the line says.
        sent: the line for adding one.
        base: number of the edit that the page was made after: pressing twice is doing once.

    Raises:
        BadRequestError: no such button.
        ConflictError: the version is where nobody edits, or something refers to the element.
        InvalidError: there is nothing to add.
        NotFoundError: absent or another's.
    """
    who = (visit.session, visit.actor, visit.process_id)
    verb, _, what = button.partition(":")
    match verb:
        case "quitar":
            seq = editing.remove(*who, _own(visit, what), base=base)
            if visit.where == registry.PARTIES:
                registry.forget(visit, what)
            return Done(undo=seq)
        case "elegir" if visit.where == registry.PARTIES:
            registry.take(visit, sent.get("party_id", [""])[-1], sent.get("papel", []))
        case "copiar":
            editing.copy(*who, _own(visit, what))
        case "subir" | "bajar":
            editing.move(*who, _own(visit, what), by=-1 if verb == "subir" else 1)
        case "deshacer" if what.isascii() and what.isdecimal() and len(what) < 10:
            editing.undo(*who, int(what))
        case "traer":
            editing.carry_items(*who, what, visit.where)
        case "pegar":
            _paste(visit, section, sent.get("renglones", [""])[-1])
        case "agregar" | "completar" | "":
            return _add(visit, section, sent, opens=verb == "completar" or lists.opens(section), base=base)
        case _:
            raise BadRequestError("El formulario pide algo que no se conoce: vuelve a abrir la página.")
    return Done()


def _own(visit: Visit, path: str) -> str:
    """Return the path, if it is of an element of this list."""
    holder, _, number = path.rpartition("/")
    if holder != visit.where or not number.isdecimal():
        raise NotFoundError("Ese elemento no está en esta lista.")
    return path


def _paste(visit: Visit, section: Section, text: str) -> None:
    """Add every row of a piece of spreadsheet, or none of them."""
    rows = lists.pasted(section, text)
    if not rows:
        raise InvalidError("Pega al menos un renglón.")
    if len(rows) > MOST_PASTED:
        raise InvalidError(f"Pega hasta {MOST_PASTED} renglones a la vez.")
    asked = lists.quick_section(section)
    chosen = queries.choices(visit.session, visit.actor, visit.process_id, asked)
    ground = Ground(asked, {}, visit.view.time_zone, chosen)
    bodies = []
    for number, row in enumerate(rows, 1):
        body, errors = reading.new_body(ground, row)
        if errors:
            raise InvalidError(f"Renglón {number}: {' '.join(errors.values())} No se agregó ninguno.")
        bodies.append(body)
    for body in bodies:
        editing.add(visit.session, visit.actor, visit.process_id, visit.where, body)


def _add(
    visit: Visit, section: Section, sent: Mapping[str, list[str]], *, opens: bool, base: int | None
) -> Done:
    asked = lists.quick_section(section)
    chosen = queries.choices(visit.session, visit.actor, visit.process_id, asked)
    body, errors = reading.new_body(Ground(asked, {}, visit.view.time_zone, chosen), sent)
    if errors:
        return Done(errors=errors)
    if not body and not opens:
        raise InvalidError(EMPTY)
    path, _ = editing.add(visit.session, visit.actor, visit.process_id, visit.where, body, base=base)
    links.look(visit, section, body)
    return Done(opened=path if opens else "", is_added=True)

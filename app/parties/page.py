"""What the registry's pages of lists and of one entry hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.core.db import Actor, RwSession
from app.core.policy import Permission, allowed
from app.core.withheld import note_reading
from app.identity.queries import full_names
from app.ocds import model
from app.parties import queries, service
from app.parties.entering import Choice, advice, at_list
from app.parties.form import groups, name_of, reason, withheld_of
from app.parties.models import Party
from app.parties.organization import at
from app.parties.wording import KINDS, Turn, turns, value_text
from app.tenancy import queries as tenancy
from app.tenancy.queries import TenantView
from app.web.components import Tab
from app.web.shell import Link


@dataclass(frozen=True)
class Line:
    """An entry in a list; `whose` is empty where it can only be one's own."""

    party: Party
    legal_name: str
    number: str
    whose: str
    used: int


@dataclass(frozen=True)
class ListPage:
    """Context of `parties/list.html`."""

    here: str
    tabs: tuple[Tab, ...]
    chosen: str
    title: str
    text: str
    lines: tuple[Line, ...]
    next: str | None
    first: str | None
    add: Link | None


@dataclass(frozen=True)
class Told:
    """A field of an entry as its page tells it; `withheld` says why it is not published, if it is not."""

    label: str
    value: str
    withheld: str
    advice: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """Fields of an entry; `withheld` says why none of them is published, where the reason is one."""

    title: str
    told: tuple[Told, ...]
    withheld: str


@dataclass(frozen=True)
class PartyPage:
    """Context of `parties/party.html`; `behind` processes hold it as it was before a correction."""

    crumbs: tuple[Link, ...]
    home: str
    here: str
    party: Party
    kind: str
    whose: str
    sections: tuple[Section, ...]
    members: list[Party]
    member_of: list[Party]
    used: int
    behind: int
    may_review_drafts: bool
    may_change: bool
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class PickerPage:
    """Context of `parties/picker.html`: choosing an entry without script."""

    here: str
    text: str
    asked: Mapping[str, str]
    found: tuple[Choice, ...]
    add: str


def lines(session: RwSession, actor: Actor, found: list[Party]) -> tuple[Line, ...]:
    """Return entries as lines of a list."""
    used = queries.processes_using(session, actor, [one.party_id for one in found])
    owners = _owners(session, actor, found)
    return tuple(
        Line(
            one,
            str(at(one.body, "identifier/legalName") or one.body.get("position") or ""),
            str(at(one.body, "identifier/id") or ""),
            owners.get(one.sujeto_obligado_id, ""),
            used.get(one.party_id, 0),
        )
        for one in found
    )


def party_page(view: TenantView, session: RwSession, actor: Actor, entry: Party) -> PartyPage:
    """Return the page of an entry."""
    home = f"{view.base}/registro"
    history = queries.changes(session, actor, entry.party_id)
    uses = queries.uses(session, actor, entry.party_id)
    names = full_names(session, {change.account_id for change in history if change.account_id})
    kept = withheld_of(entry.kind, entry.body, natural_rfc_public=view.natural_rfc_public)
    paths = (f"/{path}" for path in kept if path != "id")  # what calls it so in a process is no value of it
    note_reading(session, actor, "party", entry.party_id, paths)
    return PartyPage(
        crumbs=(Link("Registro", home), Link(KINDS[entry.kind].many, at_list(home, entry.kind))),
        home=home,
        here=f"{home}/{entry.party_id}",
        party=entry,
        kind=KINDS[entry.kind].one,
        whose=_owners(session, actor, [entry]).get(entry.sujeto_obligado_id, ""),
        sections=_sections(view, entry),
        members=queries.members(session, actor, entry.party_id),
        member_of=queries.member_of(session, actor, entry.party_id),
        used=len({use.process_id for use in uses}),
        behind=len({use.process_id for use in uses if use.party_version < entry.row_version}),
        may_review_drafts=allowed(actor, Permission.PROCESS_EDIT),
        may_change=allowed(actor, Permission.PARTY_EDIT) and service.may_change(actor, entry),
        turns=turns(history, names),
    )


def _owners(session: RwSession, actor: Actor, found: Iterable[Party]) -> dict[UUID | None, str]:
    """Return whose an entry is, in words: a body's people see their own and the shared."""
    if actor.sujeto_obligado_id is not None:
        return {None: "Compartida por el organismo garante"}
    names = tenancy.names_of(session, actor, (one.sujeto_obligado_id for one in found))
    return {None: "Compartida con todos"} | dict(names.items())


def _sections(view: TenantView, entry: Party) -> tuple[Section, ...]:
    found, body = advice(entry.kind, entry.body), entry.body
    withheld = withheld_of(entry.kind, body, natural_rfc_public=view.natural_rfc_public)
    sections = []
    for group in groups(entry.kind, natural_rfc_public=view.natural_rfc_public):
        values = [
            (control.path, at(body, control.path)) for control in group.controls if control.path != "name"
        ]
        values += [(f"{group.rows}/{number}", row) for number, row in enumerate(body.get(group.rows, ()))]
        told = []
        for path, value in values:
            place = path.rstrip("/0123456789")  # of a row, its list
            if text := value_text(f"/{place}", value):
                label, said = model.field(f"parties/{place}").label, found.get(name_of(place), ())
                told.append(Told(label, text, reason(withheld, path), said))
        if told:
            why = {one.withheld for one in told}
            sections.append(
                Section(group.title or "Quién es", tuple(told), why.pop() if len(why) == 1 else "")
            )
    return tuple(sections)

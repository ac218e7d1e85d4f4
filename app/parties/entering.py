"""The form of an entry between two requests: what was typed, what the rules say of it, and its page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from app.core.db import Actor, RwSession
from app.ocds import model
from app.ocds.shape import Document
from app.parties import queries
from app.parties.form import (
    ABROAD,
    ROWS,
    EntryForm,
    Group,
    composed,
    countries,
    field_of,
    form_model,
    groups,
    name_of,
    options_of,
    rows_of,
    rows_sent,
    typed,
)
from app.parties.models import Party
from app.parties.organization import CHOSEN, implied
from app.parties.rules import Finding, examine
from app.parties.service import Entry
from app.parties.wording import GROUPED, KINDS, hint
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.components import Tab
from app.web.forms import FormValues
from app.web.shell import Link

SEARCH, ANOTHER = "buscar", "otra"
"""What a button of the form asks for instead of saving: look for entries to tick, one row more."""


@dataclass(frozen=True)
class Choice:
    """An entry to tick, or to follow where `href` leads."""

    label: str
    hint: str
    value: str = ""
    ticked: bool = False
    href: str = ""


@dataclass(frozen=True)
class Column:
    """One part of each row of a list: its key, label, and options where it is a choice."""

    key: str
    label: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Typed:
    """What a person typed of an entry, whether or not it can be saved."""

    form: EntryForm
    rows: Mapping[str, list[Mapping[str, str]]]
    beside: tuple[UUID, ...] = ()
    beside_text: str = ""
    seen: str = ""
    asked: str = ""
    duplicate: UUID | None = None

    def refused(self, findings: tuple[Finding, ...]) -> "Typed":
        """Return the same with what the rules say, each at its field."""
        form = self.form
        for finding in findings:
            name = field_of(finding.pointer, form.model.model_fields)
            if name not in form.errors:
                form = form.refused(finding.message, name)
        return replace(self, form=form)


@dataclass(frozen=True)
class EntryPage:
    """Context of `parties/entry.html`, for a new entry and for a correction.

    Attributes:
        opened: titles of the groups of which the rest is in sight too.
        who: the personality where the kind says it; empty where the person chooses.
        known: entries that may be the one being entered; asked about once, before saving.
        seen: name for which that was asked.
        advice: name of a field → what to think about there.
    """

    crumbs: tuple[Link, ...]
    action: str
    title: str
    kinds: tuple[Tab, ...]
    form: EntryForm
    groups: tuple[Group, ...]
    opened: frozenset[str]
    who: str
    rows: Mapping[str, list[Mapping[str, str]]]
    columns: Mapping[str, tuple[Column, ...]]
    countries: tuple[tuple[str, str], ...]
    beside_label: str
    beside_text: str
    searched: bool
    beside: tuple[Choice, ...]
    known: tuple[Choice, ...]
    seen: str
    duplicate: str
    row_version: int | None
    advice: Mapping[str, tuple[str, ...]]
    back: str


@dataclass(frozen=True)
class Desk:
    """Where a form of the registry stands: whose, of what kind, and the entry being corrected, if any."""

    view: TenantView
    actor: Actor
    session: RwSession
    kind: str
    party: Party | None = None
    back: str = ""

    @property
    def home(self) -> str:
        """The registry's first page."""
        return f"{self.view.base}/registro"

    @property
    def body(self) -> Document:
        """What the entry says so far."""
        return self.party.body if self.party else {}

    def blank(self) -> Typed:
        """Return the form before anybody typed: empty, or with what the entry says."""
        beside = self._beside_now()
        form = EntryForm.blank(form_model(self.kind), **typed(self.kind, self.body))
        return Typed(form, rows_of(self.body), tuple(one.party_id for one in beside))

    def read(self, sent: FormValues) -> Typed:
        """Return the form as it was sent; a button that only asks for more of it is not a saving."""
        asked = sent.text("accion")
        fields = form_model(self.kind)
        return Typed(
            EntryForm(fields, sent.texts) if asked else _whole_register(EntryForm.read(fields, sent)),
            rows_sent(sent),
            tuple(dict.fromkeys(UUID(one) for one in sent.texts.get("junto", ()) if _is_uuid(one))),
            sent.text("junto_q").strip(),
            sent.text("vistos"),
            asked,
        )

    def entry(self, said: Typed) -> Entry:
        """Return what a form that can be read says."""
        values = said.form.data.model_dump() if said.form.data else {}
        body = composed(self.kind, values, said.rows, self.body)
        if self.kind == GROUPED:
            return Entry(self.kind, body, members=said.beside)
        return Entry(self.kind, body, member_of=said.beside)

    def page(self, said: Typed, known: tuple[Party, ...] = (), seen: str = "") -> EntryPage:
        """Return the page of the form."""
        new = self.party is None
        address = "nueva" if self.party is None else f"{self.party.party_id}/correccion"
        asked = {"tipo": self.kind, "volver": self.back} if new else {}
        return EntryPage(
            crumbs=(Link("Registro", self.home), Link(KINDS[self.kind].many, at_list(self.home, self.kind))),
            action=with_query(f"{self.home}/{address}", **asked),
            title=KINDS[self.kind].add if new else f"Corregir: {self.party.name if self.party else ''}",
            kinds=self._kinds() if new else (),
            form=said.form,
            groups=self._groups(),
            opened=frozenset(group.title for group in self._groups() if _says_more(group, said)),
            who="" if self.kind in CHOSEN else implied(self.kind).value,
            rows=_with_empty(said.rows),
            columns=_COLUMNS,
            countries=countries(),
            beside_label=KINDS[self.kind].beside,
            beside_text=said.beside_text,
            searched=said.asked == SEARCH,
            beside=self._choices(said),
            known=tuple(Choice(one.name, hint(one), href=f"{self.home}/{one.party_id}") for one in known),
            seen=seen or said.seen,
            duplicate=f"{self.home}/{said.duplicate}" if said.duplicate else "",
            row_version=self.party.row_version if self.party else None,
            advice=advice(self.kind, self.body),
            back=self.back
            or (f"{self.home}/{self.party.party_id}" if self.party else at_list(self.home, self.kind)),
        )

    def _groups(self) -> tuple[Group, ...]:
        return groups(self.kind, natural_rfc_public=self.view.natural_rfc_public)

    def _kinds(self) -> tuple[Tab, ...]:
        here = f"{self.home}/nueva"
        return tuple(
            Tab(words.one, with_query(here, tipo=key, volver=self.back), current=key == self.kind)
            for key, words in KINDS.items()
        )

    def _beside_now(self) -> list[Party]:
        if self.party is None:
            return []
        look = queries.members if self.kind == GROUPED else queries.member_of
        return look(self.session, self.actor, self.party.party_id)

    def _choices(self, said: Typed) -> tuple[Choice, ...]:
        """Return the entries that are ticked, then those that the search found."""
        held = queries.parties(self.session, self.actor, said.beside)
        found = (
            queries.options(self.session, self.actor, said.beside_text, kinds=_BESIDE[self.kind])
            if said.asked == SEARCH and said.beside_text
            else []
        )
        itself = self.party.party_id if self.party else None
        owner = self.party.sujeto_obligado_id if self.party else self.actor.sujeto_obligado_id
        ticked = [Choice(one.name, hint(one), str(one.party_id), ticked=True) for one in held.values()]
        return (
            *ticked,
            *(
                Choice(one.name, hint(one), str(one.party_id))
                for one in found
                if one.party_id not in held
                and one.party_id != itself
                and one.sujeto_obligado_id in (None, owner)
            ),
        )


def at_list(home: str, kind: str) -> str:
    """Return the address of the list of a kind."""
    return with_query(home, tipo=kind)


def advice(kind: str, body: Document) -> dict[str, tuple[str, ...]]:
    """Return what the rules advise about a saved body: name of a field → sentences."""
    if not body:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for finding in examine(kind, body):
        name = name_of(finding.pointer.strip("/"))
        found[name] = (*found.get(name, ()), finding.message)
    return found


_BESIDE = {"supplier": ("supplier",), "official": ("body", "unit"), "unit": ("body",), "body": ("body",)}
"""Kind → kinds of the entries that usually stand beside it."""

_COLUMNS = {
    key: tuple(
        Column(
            part,
            model.field(f"parties/{key}/{part}").label,
            options_of(f"{key}/{part}") if part == "type" else (),
        )
        for part in parts
    )
    for key, parts in ROWS.items()
}


def _says_more(group: Group, said: Typed) -> bool:
    """Tell whether what is seldom asked for holds something, or is being filled in."""
    names = {control.name for control in group.controls if control.seldom} | {group.rows}
    return (
        said.asked == f"{ANOTHER}-{group.rows}"
        or any(any(row.values()) for row in said.rows.get(group.rows, ()))
        or any(said.form.error(name) or any(said.form.all(name)) for name in names)
    )


def _with_empty(rows: Mapping[str, list[Mapping[str, str]]]) -> dict[str, list[Mapping[str, str]]]:
    """Return rows with an empty one at the end, ready to be filled in."""
    return {
        key: [*rows.get(key, ()), *([] if _ends_empty(rows.get(key)) else [dict.fromkeys(parts, "")])]
        for key, parts in ROWS.items()
    }


def _ends_empty(rows: list[Mapping[str, str]] | None) -> bool:
    return bool(rows) and not any(rows[-1].values()) if rows else False


def _whole_register(form: EntryForm) -> EntryForm:
    """Refuse a number of another country while nobody says of which, and of which of its registers."""
    if form.data is None:
        return form
    said = form.data.model_dump()
    if said["identifier_scheme"] == ABROAD and said["identifier_id"]:
        if not said["abroad_country"]:
            form = form.refused("Elige de qué país es el registro.", "abroad_country")
        if not said["abroad_register"]:
            form = form.refused("Escribe las siglas del registro, por ejemplo EIN.", "abroad_register")
    return form


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True

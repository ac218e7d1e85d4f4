"""The registry's form: its fields, words and privacy marks come from the model, so that nothing is written twice.

A field's name is its path in the `Organization` with `_` for `/`: `identifier_legalName`. Lists are rows of inputs with
one name, read beside the form.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from babel import Locale
from pydantic import AfterValidator, BaseModel, Field, create_model

from app.ocds import codelists, model, privacy
from app.ocds.entry.addresses import read_uri
from app.ocds.model.privacy import Personality
from app.ocds.shape import Document
from app.parties.organization import CHOSEN, at, implied, put, settled
from app.web.forms import Form, FormValues

ABROAD = "extranjero"
"""Choice of register that stands for a foreign one: its country and its name make the scheme, `US-EIN`."""

ROWS: Mapping[str, tuple[str, ...]] = {
    "additionalIdentifiers": ("scheme", "id"),
    "additionalContactPoints": ("type", "name", "email", "telephone"),
}
"""List of the Organization → keys of each of its rows that the form asks for; other keys of a row are kept."""

_LONGEST = 500
_Widget = Literal["text", "email", "tel", "url", "select", "radios", "checkboxes"]
_Audience = Literal["", "natural", "legal"]


@dataclass(frozen=True)
class _Asked:
    """One field: how it is asked for, of which kinds of entry, and whether of one personality alone."""

    path: str
    widget: _Widget = "text"
    kinds: tuple[str, ...] = ("supplier", "official", "unit", "body")
    audience: _Audience = ""
    width: str = ""
    must: tuple[str, ...] = ()
    """Kinds of which the rules demand it, where it is shown at all."""
    seldom: bool = False
    """Shown when asked for: few entries have it."""


@dataclass(frozen=True)
class Control:
    """One field as a page draws it.

    Attributes:
        name: in the form.
        path: in the Organization.
        options: of a choice.
        seldom: kept out of sight until asked for.
        audience: shown for one personality alone, while the person chooses it on the page.
        withheld: personality → why what is written here is not published; absent where it is public.
    """

    name: str
    path: str
    widget: str
    options: tuple[tuple[str, str], ...]
    seldom: bool
    audience: str
    width: str
    source: str
    withheld: Mapping[str, str]


@dataclass(frozen=True)
class Group:
    """Fields that belong together, and the list of rows that follows them, if any.

    `withheld` is as in `Control`, where it holds for every field of the group.
    """

    title: str
    help: str
    controls: tuple[Control, ...]
    rows: str = ""

    @property
    def source(self) -> str:
        """The law that asks for its fields, empty where only the standard does."""
        return next((control.source for control in self.controls if control.source), "")

    @property
    def withheld(self) -> Mapping[str, str]:
        """Personality → why nothing of the group is published."""
        first, *others = (control.withheld.items() for control in self.controls)
        return dict(set(first).intersection(*others))


_PERSON = ("supplier", "official")
_NAMED = ("supplier", "body")
_FIELDS = (
    (
        "",
        (
            _Asked("identifier/legalPersonality", "radios", CHOSEN, must=CHOSEN),
            _Asked("identifier/legalName", kinds=_NAMED, audience="legal", must=_NAMED),
            _Asked("identifier/givenName", kinds=_PERSON, audience="natural", must=_PERSON),
            _Asked("identifier/patronymicName", kinds=_PERSON, audience="natural"),
            _Asked("identifier/matronymicName", kinds=_PERSON, audience="natural"),
            _Asked("name", kinds=("supplier", "unit", "body"), audience="legal", must=("unit",)),
            _Asked("position", kinds=("official",)),
        ),
        "",
    ),
    (
        "identifier",
        (
            _Asked("identifier/scheme", "select"),
            _Asked("identifier/id", width="medium"),
            _Asked("identifier/uri", "url", ("supplier", "body"), seldom=True),
        ),
        "additionalIdentifiers",
    ),
    (
        "address",
        (
            _Asked("address/streetAddress"),
            _Asked("address/locality"),
            _Asked("address/region"),
            _Asked("address/postalCode", width="short"),
            _Asked("address/countryName", width="medium"),
            _Asked("address/description", seldom=True),
        ),
        "",
    ),
    (
        "contactPoint",
        (
            _Asked("contactPoint/type", "select"),
            _Asked("contactPoint/name"),
            _Asked("contactPoint/givenName", seldom=True),
            _Asked("contactPoint/patronymicName", seldom=True),
            _Asked("contactPoint/matronymicName", seldom=True),
            _Asked("contactPoint/email", "email"),
            _Asked("contactPoint/telephone", "tel", width="medium"),
            _Asked("contactPoint/faxNumber", "tel", width="medium", seldom=True),
            _Asked("contactPoint/url", "url", seldom=True),
            _Asked("contactPoint/availableLanguage", "checkboxes", seldom=True),
        ),
        "additionalContactPoints",
    ),
)
"""Path of the group (empty: who it is), its fields, and the list after them."""


def name_of(path: str) -> str:
    """Return the form's name of a field: `address/locality` → `address_locality`."""
    return path.replace("/", "_")


def field_of(pointer: str, fields: Iterable[str]) -> str:
    """Return the form's name of the field at a JSON Pointer into the body; empty for what has no field of its own."""
    name = name_of(pointer.strip("/"))
    return name if name in fields else ""


class EntryForm(Form[BaseModel]):
    """The form of an entry in one of its moments; the rules say what it needs, so that they say it in their words."""

    def required(self, name: str) -> bool:
        """Tell whether the rules demand the field."""
        extra = self._field(name).json_schema_extra
        return isinstance(extra, dict) and extra.get("must") is True


_ASKED = {name_of(asked.path): asked for _, fields, _ in _FIELDS for asked in fields}


def _declared(asked: _Asked, kind: str) -> Any:
    field = model.field(f"parties/{asked.path}")
    words: dict[str, Any] = {
        "title": field.label,
        "description": field.help,
        "examples": [field.example] if field.example and not options_of(asked.path) else None,
        "json_schema_extra": {"must": kind in asked.must},
    }
    if asked.widget == "checkboxes":
        return (list[str], Field(default_factory=list, **words))
    text = Annotated[str, AfterValidator(read_uri)] if asked.widget == "url" else str
    return (text | None, Field(None, max_length=_LONGEST, **words))


@cache
def form_model(kind: str) -> type[BaseModel]:
    """Return the fields of the form of a kind of entry, each optional: the rules decide together."""
    fields: dict[str, Any] = {
        name: _declared(asked, kind) for name, asked in _ASKED.items() if kind in asked.kinds
    }
    for key in ROWS:
        fields[key] = (str | None, Field(None, title=model.field(f"parties/{key}").label))
    return create_model(f"{kind.title()}Form", **fields, **_ABROAD)


_ABROAD: dict[str, Any] = {
    "abroad_country": (str | None, Field(None, title="País del registro")),
    "abroad_register": (
        str | None,
        Field(
            None,
            title="Nombre del registro extranjero",
            description="Las siglas con que se conoce en su país.",
            examples=["EIN, NIF, CNPJ"],
            max_length=40,
        ),
    ),
}


@cache
def groups(kind: str, *, natural_rfc_public: bool) -> tuple[Group, ...]:
    """Return the fields of an entry of a kind, in order.

    Args:
        kind: supplier, official, unit or body.
        natural_rfc_public: the tenant's law lets the RFC of natural persons be published.
    """
    reasons = {
        who.value: _withheld(kind, who, natural_rfc_public=natural_rfc_public) for who in _possible(kind)
    }
    made = []
    for path, fields, rows in _FIELDS:
        held = model.field(f"parties/{path}") if path else None
        controls = tuple(_control(asked, kind, reasons) for asked in fields if kind in asked.kinds)
        made.append(Group(held.label if held else "", held.help if held else "", controls, rows))
    return tuple(made)


def _control(asked: _Asked, kind: str, reasons: Mapping[str, Mapping[str, str]]) -> Control:
    return Control(
        name_of(asked.path),
        asked.path,
        asked.widget,
        options_of(asked.path),
        asked.seldom,
        asked.audience if kind in CHOSEN else "",
        asked.width,
        _law(model.field(f"parties/{asked.path}").source),
        {who: why[asked.path] for who, why in reasons.items() if asked.path in why},
    )


def _law(source: str) -> str:
    """Return the law that asks for a field; empty where only the standard does."""
    return source.partition(";")[0] if ";" in source else ""


@cache
def options_of(path: str) -> tuple[tuple[str, str], ...]:
    """Return code and label of each choice of a field of the Organization; none for a free text."""
    field = model.field(f"parties/{path}")
    listed = field.codelist or field.choices
    codes = codelists.codelist(listed).codes.values() if listed else ()
    known = tuple((code.code, code.label) for code in codes)
    return (*known, (ABROAD, "Otro, de otro país")) if path == "identifier/scheme" else known


@cache
def countries() -> tuple[tuple[str, str], ...]:
    """Return the countries of the world but Mexico, by their names in Spanish (CLDR)."""
    names = Locale.parse("es_MX").territories
    found = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()]
    return tuple(
        sorted(
            (one for one in found if one[0] not in ("MX", "EU", "EZ", "UN", "ZZ", "QO")),
            key=lambda one: one[1],
        )
    )


# What of it is published

_ROLE = {"supplier": "supplier", "official": "official", "unit": "requestingUnit", "body": "buyer"}


def _possible(kind: str) -> tuple[Personality, ...]:
    if kind in CHOSEN:
        return (Personality.NATURAL, Personality.LEGAL)
    return (implied(kind),)


def withheld_of(kind: str, body: Document, *, natural_rfc_public: bool) -> dict[str, str]:
    """Ask the privacy table about an entry: path of what is not published, or of the group around it → why."""
    party = {**body, "id": "x", "roles": [_ROLE[kind]]}
    _, found = privacy.withhold({"parties": [party]}, natural_rfc_public=natural_rfc_public)
    return {one.pointer.removeprefix("/parties/0/"): one.rule for one in found}


def reason(withheld: Mapping[str, str], path: str) -> str:
    """Return why a value, or anything inside it, is not published; empty where all of it is."""
    around = ("/".join(path.split("/")[:length]) for length in range(1, path.count("/") + 2))
    inside = (place for place in withheld if place.startswith(f"{path}/"))
    return next((withheld[place] for place in (*around, *inside) if place in withheld), "")


def _withheld(kind: str, who: Personality, *, natural_rfc_public: bool) -> dict[str, str]:
    """Ask about somebody who has everything: path of a field → why it is not published."""
    person: Document = {}
    for asked in _ASKED.values():
        put(person, asked.path, "x")
    number = "GODE561231GR8" if who == Personality.NATURAL else "MAB9307148T4"
    person["identifier"] |= {"scheme": "MX-RFC", "id": number, "legalPersonality": who.value}
    found = withheld_of(kind, person, natural_rfc_public=natural_rfc_public)
    told = {asked.path: reason(found, asked.path) for asked in _ASKED.values()}
    return {path: why for path, why in told.items() if why}


# Between the form and the body


def typed(kind: str, body: Document) -> dict[str, str | list[str]]:
    """Return a body as the form of its kind shows it."""
    shown: dict[str, str | list[str]] = {}
    for name, asked in _ASKED.items():
        value = at(body, asked.path) if kind in asked.kinds else None
        if isinstance(value, list):
            shown[name] = [str(one) for one in value]
        elif value is not None:
            shown[name] = str(value)
    scheme = str(shown.setdefault("identifier_scheme", "" if body or kind not in _NAMED else "MX-RFC"))
    country, dash, register = scheme.partition("-")
    if dash and scheme not in dict(options_of("identifier/scheme")) and country in dict(countries()):
        shown |= {"identifier_scheme": ABROAD, "abroad_country": country, "abroad_register": register}
    if shown.get("name") == shown.get("identifier_legalName"):
        shown.pop("name", None)
    return shown


def rows_of(body: Document) -> dict[str, list[Mapping[str, str]]]:
    """Return the lists of a body as rows of texts."""
    return {
        key: [{part: str(row.get(part) or "") for part in parts} for row in body.get(key, ())]
        for key, parts in ROWS.items()
    }


def rows_sent(sent: FormValues) -> dict[str, list[Mapping[str, str]]]:
    """Return the rows of a form as they were sent, the empty ones too: a row's place says which one it is."""
    read: dict[str, list[Mapping[str, str]]] = {}
    for key, parts in ROWS.items():
        columns = [sent.texts.get(f"{key}_{part}", []) for part in parts]
        read[key] = [
            dict(zip(parts, (value.strip() for value in row), strict=True))
            for row in zip(*columns, strict=False)
        ]
    return read


def composed(
    kind: str, values: Mapping[str, Any], rows: Mapping[str, list[Mapping[str, str]]], base: Document
) -> Document:
    """Return the body that a form says, over the one that was there: what the form does not ask for stays.

    Args:
        kind: supplier, official, unit or body.
        values: of `EntryForm`.
        rows: of its lists.
        base: the body before; empty for a new entry.
    """
    body = deepcopy(base)
    said = dict(values)
    if said.get("identifier_scheme") == ABROAD:
        place = (said.get("abroad_country"), said.get("abroad_register"))
        said["identifier_scheme"] = "-".join(part for part in place if part) if all(place) else None
    for name, asked in _ASKED.items():
        if kind in asked.kinds:
            put(body, asked.path, said.get(name))
    for key, parts in ROWS.items():
        if rows.get(key):  # a form always sends one, the empty one at the end
            _put_rows(body, key, parts, rows[key])
    return settled(kind, body)


def _put_rows(body: Document, key: str, parts: tuple[str, ...], rows: list[Mapping[str, str]]) -> None:
    before = body.get(key, [])
    after = []
    for position, row in enumerate(rows):
        kept = dict(before[position]) if position < len(before) else {}
        for part in parts:
            put(kept, part, row[part])
        if any(row.values()):
            after.append(kept)
    put(body, key, after)

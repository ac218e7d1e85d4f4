"""What the pages of catalogues show: their contexts, and the forms of an entry and of a file."""

from dataclasses import dataclass

from pydantic import BaseModel, Field, create_model

from app.catalogs.kinds import Kind
from app.catalogs.models import CatalogEntry, CatalogLoad
from app.catalogs.queries import Entry, State, Turn
from app.core.pagination import Page
from app.web.components import Change, Figure, Tab
from app.web.forms import Form
from app.web.shell import Link


class NewLoad(BaseModel):
    """What a person states when they send a file."""

    archivo: str | None = Field(
        None,
        title="Archivo con las claves",
        description="CSV o Excel, con un renglón que diga cómo se llama cada columna.",
    )
    alcance: str = Field(
        title="Qué trae el archivo",
        pattern="^(parte|completo)$",
    )


SCOPES = (
    (
        "parte",
        "Una parte del catálogo",
        "Lo nuevo se agrega y lo distinto cambia; lo demás se queda como está.",
    ),
    ("completo", "El catálogo completo", "Además, se retiran las claves que el archivo no traiga."),
)


@dataclass(frozen=True)
class HomePage:
    """Context of `catalogs/home.html`."""

    here: str
    states: list[State]


@dataclass(frozen=True)
class KindPage:
    """Context of `catalogs/kind.html`."""

    crumbs: tuple[Link, ...]
    here: str
    kind: Kind
    state: State
    listed: int
    tabs: tuple[Tab, ...]
    q: str
    rows: Page[CatalogEntry]
    next: str | None
    first: str | None
    loads: list[CatalogLoad]


@dataclass(frozen=True)
class OptionsPage:
    """Context of `catalogs/options.html` and its partial.

    `back` is where a choice goes, its code still to be added; empty where nobody waits for one.
    """

    here: str
    kind: Kind
    q: str
    options: list[tuple[Entry, str]]
    back: str
    home: str
    kept: dict[str, str]


@dataclass(frozen=True)
class EntryPage:
    """Context of `catalogs/entry.html`."""

    crumbs: tuple[Link, ...]
    here: str
    kind: Kind
    entry: CatalogEntry
    family: str
    form: Form[BaseModel]
    names: tuple[str, ...]
    turns: list[tuple[Turn, str, str, list[Change]]]


@dataclass(frozen=True)
class NewEntryPage:
    """Context of `catalogs/new.html`."""

    crumbs: tuple[Link, ...]
    here: str
    kind: Kind
    form: Form[BaseModel]
    names: tuple[str, ...]


@dataclass(frozen=True)
class NewLoadPage:
    """Context of `catalogs/upload.html`."""

    crumbs: tuple[Link, ...]
    here: str
    kind: Kind
    form: Form[NewLoad]
    scopes: tuple[tuple[str, str, str], ...]
    limit: int


@dataclass(frozen=True)
class LoadPage:
    """Context of `catalogs/load.html`."""

    crumbs: tuple[Link, ...]
    here: str
    kind: Kind
    load: CatalogLoad
    headline: str
    figures: tuple[Figure, ...]
    altered: list[tuple[str, str, list[Change]]]
    fresh: int
    retiring: str


def entry_form(kind: Kind, *, editing: bool = False) -> type[BaseModel]:
    """Return the form of an entry of a kind; when editing, without what it is: its code and its family.

    Where only some values are possible there may be several of them, except for what tells entries apart.
    """
    fields: dict[str, tuple[object, object]] = {}
    for column in kind.columns:
        if editing and column.name in ("code", "family"):
            continue
        several = column.choices and column.name != "family"
        how = kind.written[0].upper() + kind.written[1:] if column.name == "code" else None
        default: object = ... if column.required else [] if several else ""
        fields[column.name] = (
            list[str] if several else str,
            Field(default, title=column.label, description=how),
        )
    return create_model("CatalogEntryForm", **fields)  # type: ignore[call-overload, no-any-return]  # fields are data


def entry_values(form: BaseModel) -> dict[str, str]:
    """Return what a form says of an entry, as text."""
    return {
        name: ",".join(value) if isinstance(value, list) else value
        for name, value in form.model_dump().items()
    }

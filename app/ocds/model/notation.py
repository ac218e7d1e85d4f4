"""The small language in which OCDS and EDCA-MX are written down here.

A `Block` is one kind of object (OCDS calls it a definition) and a `Field` is one line of it. The constructors
below (`text`, `date`, `code`, `ref`, `many`…) keep a field to one line; everything else, schemas, forms, labels,
data dictionary, is derived. A field that an extension adds says so with `extension=`; `None` is the standard.

`help` speaks to the official who captures: plain Spanish, tú.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal, TypedDict, Unpack


class Kind(StrEnum):
    """What a value is, as a form or an importer sees it."""

    TEXT = "text"
    ID = "id"
    DATE = "date"
    URI = "uri"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CODE = "code"
    TEXTS = "texts"
    CODES = "codes"
    BLOCK = "block"
    LIST = "list"
    RAW = "raw"
    """JSON of a shape that the standard leaves open."""


class Need(StrEnum):
    """How much publication under EDCA-MX asks for a field, once its parent is there.

    `REQUIRED` and not `Field.required` is a gap that lowers the quality score; it never blocks.
    """

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"


SIPOT = "LGTAIP de 2015, art. 70, fracc. XXVIII (SIPOT, formato 28)"
"""Source of a field that the transparency platform's format for procedures and contracts also asks for."""

REQUIRED, RECOMMENDED, OPTIONAL = Need.REQUIRED, Need.RECOMMENDED, Need.OPTIONAL


class Stage(StrEnum):
    """The stage of the process in which a field is captured."""

    GENERAL = "general"
    PLANNING = "planning"
    TENDER = "tender"
    AWARD = "award"
    CONTRACT = "contract"
    IMPLEMENTATION = "implementation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. As declared it has no `path`; `model.FIELDS` holds the copies placed in the release."""

    name: str
    label: str
    help: str
    kind: Kind
    types: tuple[str, ...] = ()
    """JSON types, `null` among them where it is allowed; empty for a block held by reference."""
    of: str | None = None
    """Name of the block that the value, or each element of the list, is."""
    inline: "Block | None" = None
    """The block itself where the standard writes it in place instead of naming it."""
    required: bool = False
    """The JSON Schema demands it inside its parent: without it the release is not valid OCDS."""
    need: Need = OPTIONAL
    example: str = ""
    source: str = ""
    """Rule that asks for it: the law's article where there is one, otherwise the standard or the extension."""
    extension: str | None = None
    codelist: str | None = None
    """List named by the standard (`tenderStatus`), or None."""
    choices: str | None = None
    """List of ours that forms offer where the standard names none; never in the schema."""
    translatable: bool = False
    """Also accepts `name_xx`, the same text in language xx."""
    deprecated: str | None = None
    """Version of the standard or extension that deprecated it; `help` says what to use instead."""
    format: str | None = None
    pattern: str | None = None
    min_length: int | None = None
    min_items: int | None = None
    unique: bool = False
    whole_list: bool = False
    """Merging replaces the list instead of matching its elements by id."""
    version_id: bool = False
    """`id` is a value with history, not the key by which list elements are matched."""
    omit_when_merged: bool = False
    default: str | None = None
    items: Mapping[str, Any] | None = None
    """Schema of the elements of a list of plain values, when they are not strings."""
    one_of: tuple["Field", ...] = ()
    """Shapes of which exactly one holds."""
    path: str = ""
    """Keys from the root joined by `/`, list positions left out: `tender/items/classification/id`."""
    stage: Stage = Stage.GENERAL
    order: int = 0
    """Place in the document, from the first field of the release to the last."""

    @property
    def is_list(self) -> bool:
        """Whether the value is an array."""
        return self.types[:1] == ("array",)


@dataclass(frozen=True, slots=True)
class Block:
    """A kind of object: its fields in the order in which a person fills them."""

    name: str
    label: str
    help: str
    fields: tuple[Field, ...]
    extension: str | None = None
    patterns: Mapping[str, tuple[str | None, tuple[str, ...]]] = field(default_factory=dict)
    """Regular expression of extra key names -> (extension, JSON types of their values)."""
    variants: tuple[str, ...] = ()
    """Names accepted in other languages (`name_en`) although the block has no such field: a quirk upstream."""
    min_properties: int | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a codelist."""

    code: str
    label: str
    help: str = ""
    extension: str | None = None
    """Extension that adds it to a list of the standard; `profile` is this project's own addition."""
    stage: str = ""
    """For document types: the stage, or stages separated by a blank, in which the paper appears."""
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Codelist:
    """A list of codes; `open` lists accept codes that are not here."""

    name: str
    label: str
    open: bool
    codes: Mapping[str, Code]
    source: str
    extension: str | None = None
    """Extension that brings the whole list; None for the standard's lists."""
    official: bool = True
    """False for lists of ours that only forms use (see `Field.choices`)."""


class Options(TypedDict, total=False):
    """What any constructor takes beside name, label and help; meaning as in `Field`."""

    types: tuple[str, ...]
    required: bool
    need: Need
    example: str
    source: str
    extension: str
    choices: str
    translatable: bool
    deprecated: str
    pattern: str
    min_length: int | None
    min_items: int
    unique: bool
    whole_list: bool
    version_id: bool
    omit_when_merged: bool
    default: str


def _field(kind: Kind, json_type: str, words: tuple[str, str, str], more: Options, **fixed: Any) -> Field:
    """Make a field of one JSON type, null allowed unless `more` says otherwise; `words` are name, label, help."""
    types: tuple[str, ...] = more.get("types", (json_type, "null"))
    rest: dict[str, Any] = {**fixed, **{key: value for key, value in more.items() if key != "types"}}
    if rest.get("required"):
        rest.setdefault("need", REQUIRED)
    name, label, help_ = words
    return Field(name=name, label=label, help=help_, kind=kind, types=types, **rest)


def text(name: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """A text in one language."""
    return _field(Kind.TEXT, "string", (name, label, help_), more)


def prose(name: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """A text that may come in more languages: `title`, and `title_en` beside it."""
    return _field(Kind.TEXT, "string", (name, label, help_), more, translatable=True)


def key(name: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """An identifier: never null, at least one character when text, demanded by the schema."""
    defaults: Options = {"types": ("string", "integer"), "min_length": 1, "required": True}
    return _field(Kind.ID, "string", (name, label, help_), {**defaults, **more})


def identifier(name: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """An identifier that may be missing or null."""
    defaults: Options = {"types": ("string", "integer", "null")}
    return _field(Kind.ID, "string", (name, label, help_), {**defaults, **more})


def date(name: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """A moment, RFC 3339 with offset."""
    return _field(Kind.DATE, "string", (name, label, help_), more, format="date-time")


def uri(name: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """A web address or other URI."""
    return _field(Kind.URI, "string", (name, label, help_), more, format="uri")


def number(name: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """A number with decimals."""
    return _field(Kind.NUMBER, "number", (name, label, help_), more)


def integer(name: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """A whole number."""
    return _field(Kind.INTEGER, "integer", (name, label, help_), more)


def boolean(name: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """Yes or no."""
    return _field(Kind.BOOLEAN, "boolean", (name, label, help_), more)


def code(name: str, codelist: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """One code of a codelist; whether the list is open is the list's own affair."""
    return _field(Kind.CODE, "string", (name, label, help_), more, codelist=codelist)


def codes(name: str, codelist: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """Several codes of a codelist."""
    return _field(Kind.CODES, "array", (name, label, help_), more, codelist=codelist)


def texts(
    name: str, label: str, help_: str, *, items: Mapping[str, Any] | None = None, **more: Unpack[Options]
) -> Field:
    """Several texts, or plain values described by `items`."""
    return _field(Kind.TEXTS, "array", (name, label, help_), more, items=items)


def raw(name: str, label: str, help_: str, types: tuple[str, ...]) -> Field:
    """JSON of an open shape, of the given types."""
    return Field(name=name, label=label, help=help_, kind=Kind.RAW, types=types)


def ref(name: str, of: str, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """One block, by name."""
    return _field(Kind.BLOCK, "object", (name, label, help_), {**more, "types": ()}, of=of)


def inside(name: str, block: Block, **more: Unpack[Options]) -> Field:
    """One block that the standard writes in place; label and help are the block's."""
    options: Options = {"types": ("object",), **more}
    return _field(Kind.BLOCK, "object", (name, block.label, block.help), options, inline=block)


def many(name: str, of: str | Block, label: str, help_: str, **more: Unpack[Options]) -> Field:
    """A list of blocks, by name or written in place."""
    options: Options = {"types": ("array",), **more}
    held: dict[Literal["of", "inline"], Any] = {"of": of} if isinstance(of, str) else {"inline": of}
    return _field(Kind.LIST, "array", (name, label, help_), options, **held)


def either(name: str, label: str, help_: str, *shapes: Field) -> Field:
    """A required value in one of several shapes."""
    return Field(
        name=name, label=label, help=help_, kind=Kind.LIST, one_of=shapes, required=True, need=REQUIRED
    )


def closed(
    name: str, label: str, *codes_: Code, source: str = "OCDS 1.1.5", extension: str | None = None
) -> Codelist:
    """A codelist whose codes are all there is: the schema enumerates them."""
    return _codelist(name, label, codes_, source, extension, open_=False, official=True)


def opened(
    name: str, label: str, *codes_: Code, source: str = "OCDS 1.1.5", extension: str | None = None
) -> Codelist:
    """A codelist that also accepts other codes."""
    return _codelist(name, label, codes_, source, extension, open_=True, official=True)


def offered(name: str, label: str, *codes_: Code, source: str) -> Codelist:
    """A list of ours for forms, on a field for which the standard names no list."""
    return _codelist(name, label, codes_, source, None, open_=True, official=False)


def _codelist(
    name: str,
    label: str,
    codes_: tuple[Code, ...],
    source: str,
    extension: str | None,
    *,
    open_: bool,
    official: bool,
) -> Codelist:
    owned = (replace(c, extension=c.extension or extension) for c in codes_)
    return Codelist(name, label, open_, {c.code: c for c in owned}, source, extension, official)

"""Which control asks for a field, with which options: told by the model, never by page."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from app.capture.plan import is_reference
from app.ocds import codelists, entry, model
from app.ocds.model import Codelist, Field, Kind, Stage


class Control(StrEnum):
    """How a value is typed or chosen."""

    LINE = "line"
    AREA = "area"
    DATE = "date"
    NUMBER = "number"
    JSON = "json"
    SELECT = "select"
    RADIOS = "radios"
    BOXES = "boxes"
    SUGGEST = "suggest"
    """A line that offers options and takes any text (`list` of a shared `datalist`)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values to choose from; those with a common `group` stand together."""

    value: str
    label: str
    help: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a form can choose from that stands in the document itself."""

    parties: tuple[Option, ...] = ()
    awards: tuple[Option, ...] = ()
    bids: tuple[Option, ...] = ()


FEW = 4
"""Options of a closed list up to which all are shown at once."""
MANY = 40
"""Options beyond which a page does not repeat them per field, but offers them as one types."""

_PROSE = frozenset({"description", "rationale", "eligibilityCriteria", "notes"})
_PROSE_ENDS = ("Details", "Rationale")
_SHORT_AROUND = frozenset(
    {
        "classification",
        "additionalClassifications",
        "components",
        "address",
        "deliveryAddress",
        "deliveryAddresses",
        "deliveryLocation",
        "deliveryLocations",
    }
)
"""Objects whose description is a line, not a paragraph."""
_CHOSEN = frozenset({"language", "budgetComponent", "budgetMeasure", "budgetOrigin"})
"""Lists of ours whose labels are not what is stored: chosen by label."""
_FIRST = ("MXN", "USD", "EUR")

_AWARD, _BIDS = "contracts/awardID", "relatedBids"

BOOLEAN = (Option("true", "Sí"), Option("false", "No"), Option("", "Sin dato"))

_STAGE_WORDS = {
    "planning": Stage.PLANNING,
    "tender": Stage.TENDER,
    "award": Stage.AWARD,
    "contract": Stage.CONTRACT,
    "implementation": Stage.IMPLEMENTATION,
}


def control(field: Field) -> Control:
    """Return how a field is asked for; of a block or list, how one that is not of its shape is shown."""
    return _control(field.path)


@cache
def _control(path: str) -> Control:
    field = model.FIELDS[path]
    listed = list_of(field)
    if field.path == _AWARD or is_reference(field):
        return Control.BOXES if field.is_list else Control.SELECT
    if field.name == _BIDS:
        return Control.BOXES
    match field.kind:
        case Kind.BOOLEAN:
            return Control.RADIOS
        case Kind.DATE:
            return Control.DATE
        case Kind.NUMBER | Kind.INTEGER:
            return Control.NUMBER
        case Kind.BLOCK | Kind.LIST | Kind.RAW:
            return Control.JSON
        case Kind.CODES | Kind.TEXTS:
            return Control.BOXES if listed and len(listed.codes) <= MANY else _free_list(field)
    if listed is None:
        return Control.AREA if _is_prose(field) else Control.LINE
    if len(listed.codes) > MANY and field.codelist != "documentType":
        return Control.SUGGEST
    if field.choices and field.choices not in _CHOSEN:
        return Control.SUGGEST
    return Control.RADIOS if len(listed.codes) <= FEW and not listed.open else Control.SELECT


def _free_list(field: Field) -> Control:
    is_one_line = field.items is not None and "array" in field.items.get("type", ())
    return Control.LINE if is_one_line else Control.AREA


def _is_prose(field: Field) -> bool:
    around = field.path.rpartition("/")[0].rpartition("/")[2]
    return (field.name in _PROSE or field.name.endswith(_PROSE_ENDS)) and around not in _SHORT_AROUND


def list_of(field: Field) -> Codelist | None:
    """Return the codelist that a field is chosen from, the standard's or ours."""
    name = field.codelist or field.choices
    return codelists.codelist(name) if name else None


def options(field: Field) -> tuple[Option, ...]:
    """Return the options of a field's codelist; of document types those of the field's stage first."""
    return _options(field.path)


@cache
def _options(path: str) -> tuple[Option, ...]:
    field = model.FIELDS[path]
    listed = list_of(field)
    if field.kind is Kind.BOOLEAN:
        return BOOLEAN
    if listed is None:
        return ()
    codes = [code for code in listed.codes.values() if not code.deprecated]
    if listed.name == "currency":
        codes.sort(key=lambda code: _FIRST.index(code.code) if code.code in _FIRST else len(_FIRST))
    if listed.name != "documentType":
        return tuple(Option(code.code, code.label, code.help) for code in codes)
    here = [code for code in codes if field.stage in map(_STAGE_WORDS.get, code.stage.split())]
    label = f"De esta etapa ({model.STAGES[field.stage].lower()})"
    return (
        *(Option(code.code, code.label, group=label) for code in here),
        *(Option(code.code, code.label, group="De otras etapas") for code in codes if code not in here),
    )


def offered(field: Field, held: list[str], choices: Choices) -> tuple[Option, ...]:
    """Return the options of a field, those of the document and those that it holds and no list knows among them.

    Args:
        field: chosen from options.
        held: the values that it has, or that were sent.
        choices: what stands in the document.
    """
    if is_reference(field):
        known = choices.parties
    elif field.path == _AWARD:
        known = choices.awards
    elif field.name == _BIDS:
        known = choices.bids
    else:
        known = options(field)
    values = {option.value for option in known}
    listed = list_of(field)
    strange = tuple(
        Option(value, listed.codes[value].label if listed and value in listed.codes else value)
        for value in dict.fromkeys(held)
        if value and value not in values
    )
    return (*known, *strange)


def example(field: Field, zone: str) -> str:
    """Return a field's example as a person would type it; empty where the options themselves are the example."""
    if not field.example or control(field) in (Control.SELECT, Control.RADIOS, Control.BOXES):
        return "31/12/2026" if field.kind is Kind.DATE else ""
    if field.kind in (Kind.NUMBER, Kind.INTEGER):
        return entry.written(field, float(field.example), zone=zone)
    return entry.written(field, field.example, zone=zone)

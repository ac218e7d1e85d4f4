"""Which sheets and columns the workbook has: all of it follows from the model.

Every list of objects that a release can hold, at any depth, is rows of a sheet; lists of the same kind of object share
one, with a column that says where each row belongs. What a release has one of is in the sheet of processes. Whatever
else a document holds (texts in other languages, what the model does not know) is not in the workbook and stays as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from app.ocds import model
from app.ocds.model import Field, Kind

VERSION = 1
"""Of the workbook's own arrangement: its marks and hidden sheets. The columns may change without it."""
PROCESSES = "Process"
"""Key of the sheet with a row for each process."""
TAG = "contrataciones/"
"""How the first cell of a sheet of ours begins, above the column of processes; the sheet's key follows."""
LIST, PARENT, ID = "@list", "@parent", "@id"
"""Paths of the columns that say where a row belongs; `@parent1` is the outermost element around it."""
MARK = "@mark"
"""Path of the hidden column that tells whether somebody edited the row (`cells.mark_of`)."""

_REFERENCE = "OrganizationReference"
_ENVELOPE = frozenset({"ocid", "id", "date", "tag", "initiationType"})
_SMALL = frozenset({"de", "del", "la", "el", "los", "las", "a", "por", "con", "en", "y"})
_TITLES = {PROCESSES: "Procedimientos", "Amendment": "Modificaciones", "BudgetBreakdown": "Presupuesto"}
"""What is called otherwise than its lists' names begin."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a value of the objects that the sheet's rows are."""

    path: str
    """Keys from the object, joined by `/`: `value/amount`."""
    field: Field
    """Of the model, in the first of the sheet's lists that has it."""
    label: str

    @property
    def refers(self) -> bool:
        """Whether it names one or several of the process's parties."""
        return self.field.of == _REFERENCE


@dataclass(frozen=True, slots=True)
class List:
    """One list of objects of a release."""

    path: str
    """In the model: `contracts/implementation/transactions`."""
    block: str
    """Kind of its objects, and key of their sheet."""
    around: tuple[str, ...]
    """Paths of the lists in whose elements it stands, the outermost first."""
    inside: tuple[str, ...]
    """Keys from the element around it, or from the release, to the list."""
    has_id: bool
    label: str
    """In words, with what it stands in: `Contratos › Hitos del contrato`."""


@dataclass(frozen=True)
class Plan:
    """One sheet."""

    key: str
    title: str
    help: str
    lists: tuple[List, ...]
    """Whose elements its rows are; none for the sheet of processes."""
    columns: tuple[Column, ...]

    @cached_property
    def depth(self) -> int:
        """Most elements that a row of it can stand in."""
        return max((len(one.around) for one in self.lists), default=0)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Paths of the columns after the process's that say which object a row is."""
        if not self.lists:
            return ()
        where = (LIST,) if len(self.lists) > 1 else ()
        return (*where, *(f"{PARENT}{number}" for number in range(1, self.depth + 1)), ID)

    @cached_property
    def by_path(self) -> Mapping[str, Column]:
        """Path -> column."""
        return {column.path: column for column in self.columns}

    @cached_property
    def is_long(self) -> bool:
        """Whether people fill its rows one at a time; the others are shown when they have something."""
        return not self.lists or any(one.path in model.LONG_LISTS for one in self.lists)


def _labels(path: str, below: str = "") -> str:
    """Return the words of a path, from what stands at `below`."""
    walked, words = below, list[str]()
    for step in path.removeprefix(below).strip("/").split("/"):
        walked = f"{walked}/{step}".lstrip("/")
        words.append(model.FIELDS[walked].label)
    return " › ".join(dict.fromkeys(words))


def _walk(base: str, below: str) -> Iterator[Field]:
    """Yield the lists of objects and the plain values of an object, also those in objects that it has one of."""
    for field in model.children(base):
        if not base and field.name in _ENVELOPE:
            continue
        if field.kind is Kind.BLOCK and field.of != _REFERENCE:
            yield from _walk(field.path, below)
        else:
            yield field


def _is_list(field: Field) -> bool:
    return field.kind is Kind.LIST and field.of != _REFERENCE


def _lists(base: str = "", around: tuple[str, ...] = ()) -> Iterator[List]:
    for field in _walk(base, base):
        if _is_list(field):
            inside = tuple(field.path.removeprefix(base).strip("/").split("/"))
            block = field.of or (field.inline.name if field.inline else "")
            has_id = f"{field.path}/id" in model.FIELDS
            yield List(field.path, block, around, inside, has_id, _labels(field.path))
            yield from _lists(field.path, (*around, field.path))


def _columns(lists: tuple[List, ...]) -> tuple[Column, ...]:
    """Return the columns of a sheet; the id of an element has its own place."""
    found: dict[str, Column] = {}
    for base, has_id in [(one.path, one.has_id) for one in lists] or [("", False)]:
        for field in _walk(base, base):
            path = field.path.removeprefix(base).strip("/")
            if not _is_list(field) and not (has_id and path == "id"):
                found.setdefault(path, Column(path, field, _labels(field.path, base)))
    return tuple(sorted(found.values(), key=lambda column: bool(column.field.deprecated)))


def _title(block: str, lists: tuple[List, ...]) -> str:
    """Return what lists of one kind are called together: the words that their names begin with."""
    if block in _TITLES:
        return _TITLES[block]
    names = [model.FIELDS[one.path].label.split() for one in lists]
    common = list[str]()
    for words in zip(*names, strict=False):
        if len(set(words)) > 1:
            break
        common.append(words[0])
    while common and common[-1] in _SMALL:
        common.pop()
    return " ".join(common)


def _plans() -> dict[str, Plan]:
    by_block: dict[str, list[List]] = {}
    for one in LISTS.values():
        by_block.setdefault(one.block, []).append(one)
    plans = [Plan(PROCESSES, _TITLES[PROCESSES], "", (), _columns(()))]
    for block, listed in by_block.items():
        lists = tuple(listed)
        help_ = model.BLOCKS[block].help if block in model.BLOCKS else model.FIELDS[lists[0].path].help
        plans.append(Plan(block, _title(block, lists), help_, lists, _columns(lists)))
    return {plan.key: plan for plan in sorted(plans, key=lambda plan: not plan.is_long)}


LISTS: Mapping[str, List] = MappingProxyType({one.path: one for one in _lists()})
"""Path -> list, in the model's order."""
PLANS: Mapping[str, Plan] = MappingProxyType(_plans())
"""Key -> sheet, in the order of the workbook."""

"""What docs/sipot-mapping.md says of every column: in which format it stands, and what it is in OCDS."""

from collections.abc import Iterator, Sequence

from app.sipot.builtin import BUILT_IN
from app.sipot.formats import Column
from app.sipot.mapping import BEYOND, LINES, RULES, Line

HEAD = ("columna", "43335", "43336", "28", "OCDS", "cómo se convierte")
_FORMATS = (("43335", "2021"), ("43336", "2021"), ("28", "unified"))
_ROOTS = {
    "award": "awards",
    "contract": "contracts",
    "supplier": "parties",
    "budget": "planning/budget/budgetBreakdown",
    "meeting": "tender/clarificationMeetings",
}


def columns() -> Iterator[Sequence[str]]:
    """Yield a row for each line of the mapping, and after it those of its sub-table."""
    for line in LINES:
        found = [BUILT_IN[key].column(line.key) for key in _FORMATS]
        named = next(column for column in reversed(found) if column)
        words = RULES[line.rule] + (f". {line.note}" if line.note else "")
        yield named.title, *map(_place, found), _path(line), words
        inside = {
            inner.key: inner for column in found if column and column.table for inner in column.table.columns
        }
        for key, inner in inside.items():
            if "." not in key:
                yield f"↳ {inner.title}", *(_sub_place(column, key) for column in found), "", ""


def beyond() -> Iterator[Sequence[str]]:
    """Yield what OCDS holds and SIPOT has no column for."""
    return ((f"`{paths}`", words) for paths, words in BEYOND)


def _place(column: Column | None) -> str:
    if column is None:
        return "—"
    return str(column.field_id) if column.field_id else "✔"


def _sub_place(column: Column | None, key: str) -> str:
    inside = column.table.columns if column and column.table else ()
    return _place(next((inner for inner in inside if inner.key == key), None))


def _path(line: Line) -> str:
    root, _, rest = line.path.partition(".")
    if not line.path or root == "report":
        return "—"
    steps = [_ROOTS.get(root, root), *rest.split(".")] if rest else [_ROOTS.get(root, root)]
    return f"`{'/'.join(steps)}`"

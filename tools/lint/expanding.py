"""The search for what a migration may not do while the version before it still serves (docs/adr/0034).

Read from the code of a migration, outside `downgrade`; what is done to a table that the same migration creates disturbs
nobody.
"""

import ast
import re
from collections.abc import Iterator

from tools.lint.source import Source, dotted

_CONSTRAINTS = {"create_check_constraint", "create_foreign_key"}
_TAKES_AWAY = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN|VIEW|FUNCTION|TRIGGER)|RENAME|REVOKE|TRUNCATE|SET\s+NOT\s+NULL)\b",
    re.IGNORECASE,
)
_LOCKS = re.compile(
    r"\b(CREATE\s+(UNIQUE\s+)?INDEX(?!\s+CONCURRENTLY)|LOCK\s+TABLE|CLUSTER|VACUUM\s+FULL|SET\s+DATA\s+TYPE"
    r"|ALTER\s+COLUMN\s+\S+\s+TYPE)\b|^\s*(UPDATE|DELETE)\b",
    re.IGNORECASE,
)


def contracting(source: Source) -> Iterator[int]:
    """Yield the lines that take away what the version before reads or writes, unless `contract` says since when none does."""
    if not _declared(source):
        for call, name, fresh in _operations(source):
            if (
                name in ("drop_table", "drop_column", "rename_table")
                or (name == "alter_column" and (_given(call, "new_column_name") or _is(call, nullable=False)))
                or (name in _CONSTRAINTS and not fresh and not _replaced(source, call))
                or (name == "add_column" and not fresh and _demanding(call))
                or (name == "execute" and _TAKES_AWAY.search(_words(call)))
            ):
                yield call.lineno


def locking(source: Source) -> Iterator[int]:
    """Yield the lines that let everybody wait while a whole table is read or written again."""
    for call, name, fresh in _operations(source):
        if fresh:
            continue
        if (
            (name == "create_index" and not _is(call, postgresql_concurrently=True))
            or (name in _CONSTRAINTS and not _is(call, postgresql_not_valid=True))
            or name in ("create_unique_constraint", "create_primary_key", "create_exclude_constraint")
            or (name == "alter_column" and _given(call, "type_"))
            or (name == "add_column" and "Computed" in _words(call))
            or (name == "execute" and _LOCKS.search(_words(call)))
        ):
            yield call.lineno


def _declared(source: Source) -> bool:
    """Tell whether the migration names the revision since which nothing needs what it takes away."""
    return any(
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "contract"
        for node in source.tree.body
    )


def _operations(source: Source) -> Iterator[tuple[ast.Call, str, bool]]:
    """Yield each call of `op` or `gently`, its name, and whether its table is made by this very migration."""
    calls = [
        node
        for top in source.tree.body
        if not (isinstance(top, ast.FunctionDef) and top.name == "downgrade")
        for node in ast.walk(top)
        if isinstance(node, ast.Call) and re.fullmatch(r"(op|gently)\.\w+", dotted(node.func))
    ]
    made = {_text(call, 0) for call in calls if dotted(call.func) == "op.create_table"} - {""}
    for call in calls:
        name = dotted(call.func).partition(".")[2]
        at = 0 if name in ("add_column", "alter_column", "drop_column", "drop_table", "create_table") else 1
        yield call, name, _text(call, at) in made


def _replaced(source: Source, call: ast.Call) -> bool:
    """Tell whether a constraint of this name is dropped first: one that lets more through takes the place of another."""
    name = ast.dump(call.args[0])
    return any(
        dotted(other.func) == "op.drop_constraint"
        and ast.dump(other.args[0]) == name
        and other.lineno < call.lineno
        for other, _, _ in _operations(source)
    )


def _demanding(call: ast.Call) -> bool:
    """Tell whether a column asks for a value that the version before does not write."""
    column = call.args[1] if len(call.args) > 1 else None
    if not isinstance(column, ast.Call):
        return True  # written somewhere else: nobody can tell
    return _is(column, nullable=False) and not _given(column, "server_default")


def _given(call: ast.Call, name: str) -> bool:
    return any(keyword.arg == name for keyword in call.keywords)


def _is(call: ast.Call, **wanted: bool) -> bool:
    """Tell whether options are given with just these values."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    return all(
        isinstance(held := given.get(name), ast.Constant) and held.value is value
        for name, value in wanted.items()
    )


def _text(call: ast.Call, at: int) -> str:
    """Return an argument that is a plain text, else nothing."""
    held = call.args[at] if len(call.args) > at else None
    return held.value if isinstance(held, ast.Constant) and isinstance(held.value, str) else ""


def _words(call: ast.Call) -> str:
    """Return all text and names inside a call."""
    found = [
        node.value
        for node in ast.walk(call)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    found += [node.attr for node in ast.walk(call) if isinstance(node, ast.Attribute)]
    return " ".join(found)

"""The search for SQL that is built from text."""

import ast
from collections.abc import Iterator

from tools.lint.source import Source, dotted

_TAKES_SQL = {
    "text",
    "SQL",
    "execute",
    "executemany",
    "exec_driver_sql",
    "literal_column",
    "copy",
    "DDL",
    "stream",
}
_BUILDS = {"format", "join", "replace", "format_map"}


def sql_from_text(source: Source) -> Iterator[int]:
    """Yield the lines where a built string reaches a function that takes SQL, directly or through a local name."""
    scopes = [
        node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for scope in (source.tree, *scopes):
        built = {
            target.id
            for node in _own(scope)
            if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
            and node.value
            and _is_built(node.value)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for node in _own(scope):
            if (
                isinstance(node, ast.Call)
                and dotted(node.func).rpartition(".")[2] in _TAKES_SQL
                and node.args
            ):
                statement = node.args[0]
                if _is_built(statement) or (isinstance(statement, ast.Name) and statement.id in built):
                    yield node.lineno


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """Walk a scope without the functions inside it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own(child)


def _is_built(node: ast.expr) -> bool:
    """Whether an expression makes a string out of pieces that are not all written there."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        sides = (node.left, node.right)
        return any(_is_text(side) for side in sides) and not all(_is_constant(side) for side in sides)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _BUILDS:
        return _is_text(node.func.value)
    return False


def _is_text(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        or (isinstance(node, ast.BinOp) and (_is_text(node.left) or _is_text(node.right)))
    )


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.BinOp) and _is_constant(node.left) and _is_constant(node.right)
    )

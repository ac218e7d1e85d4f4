"""What a rule looks at, and what a rule is."""

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Source:
    """One file of the repository: its path from the root, with slashes, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Syntax tree of a Python file."""
        return ast.parse(self.text, self.path)

    @cached_property
    def lines(self) -> list[str]:
        """The text by lines."""
        return self.text.splitlines()

    def within(self, *patterns: str) -> bool:
        """Whether the path matches one of the patterns (`app/*` covers everything below)."""
        return any(PurePosixPath(self.path).match(p) or self.path.startswith(p.rstrip("*")) for p in patterns)


@dataclass(frozen=True)
class Rule:
    """One rule of the house.

    Attributes:
        name: how tests and messages call it.
        message: what is wrong and where such code belongs, for the person who broke it.
        applies: which files it reads.
        broken: the lines (from 1) on which a file breaks it.
        where: path under which the samples are read.
        good: a sample that keeps it.
        bad: a sample that breaks it.
    """

    name: str
    message: str
    applies: Callable[[Source], bool]
    broken: Callable[[Source], Iterable[int]]
    where: str
    good: str
    bad: str


def dotted(node: ast.expr) -> str:
    """Write a name with its attributes: `a.b.c`; other expressions leave a `?` in their place."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return "?"


def names_in(node: ast.AST) -> set[str]:
    """Every identifier in a piece of code, attributes included."""
    found = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    return found | {child.attr for child in ast.walk(node) if isinstance(child, ast.Attribute)}

"""Our own rules: what architecture.md ("Rules that are code, not prose") asks and no general linter knows.

`python -m tools.lint` reads the repository, prints `file:line: message` for each offence and exits with 1 if any.
A rule is a row of `RULES`, carries a sample that keeps it and one that breaks it, and tests/lint tries both.
"""

from tools.lint.repository import offences, sources
from tools.lint.rules import RULES
from tools.lint.source import Rule, Source

__all__ = ["RULES", "Rule", "Source", "offences", "sources"]

"""How a rule is written: a function over a view of the document that yields places and Spanish sentences."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.ocds.checks.view import View
from app.ocds.validation import Severity

Finding = tuple[str, str]
"""JSON Pointer, and what is wrong there with how to mend it."""
Find = Callable[[View], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One question asked of every document."""

    code: str
    """Stable slug, the name of the function: `party-id`."""
    title: str
    """Spanish: what the rule asks, as docs/rules.md says it."""
    sources: tuple[str, ...]
    """Where it comes from: `incumbente E4`, `Pelican coherente: periodos`, `propia`."""
    find: Find
    change: str = ""
    """Spanish: what of the incumbent's rule was mended, and why."""
    severity: Severity = "advice"


def rule(title: str, *sources: str, change: str = "") -> Callable[[Find], Rule]:
    """Make a rule of the function below; fields as in `Rule`."""

    def made(find: Find) -> Rule:
        return Rule(find.__name__.strip("_").replace("_", "-"), title, sources, find, change)

    return made

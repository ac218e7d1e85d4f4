"""Whether a document makes sense: rules that a schema cannot say, as a table.

None of them blocks publication: what makes a release unreadable is an error of `app.ocds.validation`, and what is
merely absent is told by `missing`. A rule never tells again what those two tell. docs/rules.md is written from here.
"""

from datetime import datetime

from app.ocds import messages, shape
from app.ocds.checks import amounts, dates, documents, items, parties, references, states
from app.ocds.checks.gaps import Asked, Gap, asked, completeness, missing, within
from app.ocds.checks.rule import Rule
from app.ocds.checks.view import View
from app.ocds.shape import Document
from app.ocds.validation import Problem

__all__ = ["RULES", "Asked", "Gap", "Rule", "asked", "check", "completeness", "missing", "within"]

RULES: tuple[Rule, ...] = (
    *parties.RULES,
    *dates.RULES,
    *amounts.RULES,
    *items.RULES,
    *documents.RULES,
    *references.RULES,
    *states.RULES,
)
"""Every rule, in the order in which problems are told."""


def check(document: Document, *, now: datetime, released: Document | None = None) -> list[Problem]:
    """Return what does not make sense in a working document or release. Linear in its size.

    Args:
        document: of any shape; what validation refuses is passed over.
        now: aware; what has happened happened before.
        released: the release published last, when there is one.
    """
    view, root = View(document, now, released), shape.release()
    return [
        Problem(at, rule.code, rule.severity, f"{messages.place(root, at)}: {text}")
        for rule in RULES
        for at, text in rule.find(view)
    ]

"""Which sections and fields make sense for a procurement method: a direct award has no clarification meetings.

A field that does not apply is not asked for and not missed. It is not wrong either: what a document holds there is
shown, kept and published (a method may change half-way).
"""

from collections.abc import Mapping
from types import MappingProxyType

from app.ocds.shape import Document

_COMPETED = frozenset({"open", "selective", "limited"})

METHODS: Mapping[str, frozenset[str]] = MappingProxyType(
    dict.fromkeys(
        (
            "tender/awardCriteria",
            "tender/awardCriteriaDetails",
            "tender/submissionMethod",
            "tender/submissionMethodDetails",
            "tender/tenderPeriod",
            "tender/enquiryPeriod",
            "tender/hasEnquiries",
            "tender/clarificationMeetings",
            "tender/eligibilityCriteria",
            "tender/awardPeriod",
            "tender/numberOfTenderers",
            "tender/tenderers",
            "tender/amendments",
            "bids",
            "awards/relatedBids",
            "contracts/relatedBids",
        ),
        _COMPETED,
    )
)
"""Path -> codes of `method` to which it and all below it apply; a path not here applies to every method."""


def method_of(document: Document) -> str | None:
    """Return the procurement method of a document; None while nobody has chosen one."""
    tender = document.get("tender")
    method = tender.get("procurementMethod") if isinstance(tender, dict) else None
    return method if isinstance(method, str) and method else None


def applies(path: str, method: str | None) -> bool:
    """Whether a field is asked for under a method; under one not chosen or not known every field is.

    Args:
        path: of the model, `tender/enquiryPeriod/startDate`.
        method: code of `method`.
    """
    if method != "direct":
        return True
    while path:
        if path in METHODS:
            return method in METHODS[path]
        path = path.rpartition("/")[0]
    return True

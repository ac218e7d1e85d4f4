"""By which day a row belongs to a quarter."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.core.quarters import Quarter
from app.ocds.shape import Document
from app.sipot import outward
from app.sipot.outward import Part

_UNSIGNED = ("pending", "cancelled")


def quarters_of(compiled: Document, zone: str) -> list[Quarter]:
    """Return the quarter of each row that a process reports, as often as there are rows."""
    days = (day_of(compiled, part, zone) for part in outward.parts(compiled))
    return [Quarter.of(day) for day in days if day is not None]


def day_of(document: Document, part: Part, zone: str) -> date | None:
    """Return the day by which a row belongs to a quarter; None for what is not to be reported yet.

    A contract that is not signed and an award whose contract is to come are reported later; of one that is in force and
    does not say when it was signed, the nearest day that is known stands for it.
    """
    tender = as_object(document.get("tender"))
    award, contract = part.award or {}, part.contract or {}
    if part.contract:
        signed = _day(contract.get("dateSigned"), zone)
        if signed or contract.get("status") in _UNSIGNED:
            return signed
        nearest: tuple[Any, ...] = (
            as_object(contract.get("period")).get("startDate"),
            award.get("date"),
            document.get("date"),
        )
    elif (award if part.award else tender).get("status") == "unsuccessful":
        ended, sent = as_object(tender.get("awardPeriod")), as_object(tender.get("tenderPeriod"))
        nearest = (
            award.get("date"),
            ended.get("endDate"),
            sent.get("endDate") or sent.get("startDate"),
            document.get("date"),
        )
    else:
        return None
    return next((day for one in nearest if (day := _day(one, zone))), None)


def _day(moment: Any, zone: str) -> date | None:
    try:
        parsed = datetime.fromisoformat(str(moment))
    except ValueError:
        return None
    return (parsed.astimezone(ZoneInfo(zone)) if parsed.tzinfo else parsed).date()


def as_object(value: Any) -> Document:
    """Return an object of a document; an empty one where there is none."""
    return value if isinstance(value, dict) else {}

"""What lists, counts and searches need of a published process, taken from its compiled release."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.ocds import tags
from app.ocds.shape import Document
from app.processes.summary import title_of

_STAGE_STATUS = {
    "planning": ("planning",),
    "tender": ("tender",),
    "award": ("awards",),
    "contract": ("contracts",),
    "implementation": ("contracts",),
}


def facets(compiled: Document) -> dict[str, Any]:
    """Return the columns of `ProcessFacet` that a compiled release decides.

    The amount is that of the latest stage that states one: contracts, else awards, else tender, else budget; amounts
    of one stage are added only when they share a currency.
    """
    stages = tags.sections_present(compiled)
    stage = stages[-1] if stages else ""
    tender = _object(compiled.get("tender"))
    amount, currency = _amount(compiled)
    return {
        "title": title_of(compiled),
        "buyer_name": _text(_object(compiled.get("buyer")).get("name"))
        or _text(_object(tender.get("procuringEntity")).get("name")),
        "stage": stage,
        "status": _status(compiled, stage),
        "method": _text(tender.get("procurementMethod")),
        "category": _text(tender.get("mainProcurementCategory")),
        "amount": amount,
        "currency": currency,
        "suppliers": _suppliers(compiled),
        "signed_on": _first_day(contract.get("dateSigned") for contract in _objects(compiled, "contracts")),
    }


def _status(compiled: Document, stage: str) -> str:
    if stage == "tender":
        return _text(_object(compiled.get("tender")).get("status"))
    for element in reversed(_objects(compiled, _STAGE_STATUS.get(stage, ("",))[0])):
        status = (
            _object(element.get("implementation")).get("status") if stage == "implementation" else None
        ) or element.get("status")
        if isinstance(status, str):
            return status
    return ""


def _amount(compiled: Document) -> tuple[Decimal | None, str]:
    budget = _object(_object(compiled.get("planning")).get("budget")).get("amount")
    candidates = (
        [contract.get("value") for contract in _objects(compiled, "contracts")],
        [award.get("value") for award in _objects(compiled, "awards")],
        [_object(compiled.get("tender")).get("value")],
        [budget],
    )
    for values in candidates:
        stated = [
            (Decimal(str(value["amount"])), _text(value.get("currency")))
            for value in values
            if isinstance(value, dict) and type(value.get("amount")) in (int, float)
        ]
        if stated and len({currency for _, currency in stated}) == 1:
            return sum((amount for amount, _ in stated), Decimal(0)), stated[0][1]
    return None, ""


def _suppliers(compiled: Document) -> list[str]:
    names = {
        _text(supplier.get("name")): None
        for award in _objects(compiled, "awards")
        for supplier in _objects(award, "suppliers")
    }
    return [name for name in names if name]


def _first_day(values: Any) -> date | None:
    for value in values:
        if isinstance(value, str):
            try:
                return datetime.fromisoformat(value).date()
            except ValueError:
                continue
    return None


def _object(value: Any) -> Document:
    return value if isinstance(value, dict) else {}


def _objects(holder: Document, key: str) -> list[Document]:
    value = holder.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return " ".join(value.split())[:500] if isinstance(value, str) else ""

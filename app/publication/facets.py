"""What lists, counts and searches need of a published process, taken from its compiled release."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.core.folding import fold
from app.ocds import tags
from app.ocds.shape import Document
from app.processes.summary import title_of

_WORD = re.compile(r"[^\W_]+")
_LONGEST_WORD, _LONGEST_NAME = 40, 300
_MOST_WORDS, _MOST_ITEMS, _MOST_SUPPLIERS = 200, 50, 200

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
        "terms": _terms(compiled),
    }


def words(text: str) -> list[str]:
    """Return the words of a text as `terms` holds them: folded, letters and digits alone, each once."""
    return list(dict.fromkeys(word[:_LONGEST_WORD] for word in _WORD.findall(fold(text))))


def supplier_term(name: str) -> str:
    """Return what `terms` holds of a supplier's name or identifier; no word looks like it."""
    return f"supplier={fold(name)[:_LONGEST_NAME]}"


def _terms(compiled: Document) -> list[str]:
    """Return what searches may ask of a process: its suppliers first, then its words, as many as a row should hold."""
    parties = {party.get("id"): party for party in _objects(compiled, "parties")}
    suppliers: dict[str, None] = {}
    for award in _objects(compiled, "awards"):
        for supplier in _objects(award, "suppliers"):
            identifier = _object(_object(parties.get(supplier.get("id"))).get("identifier")).get("id")
            for name in (supplier.get("name"), identifier):
                if isinstance(name, str) and name.strip():
                    suppliers[supplier_term(name)] = None
    tender, texts = _object(compiled.get("tender")), [_text(compiled.get("ocid")), title_of(compiled)]
    texts += [_text(_object(compiled.get("buyer")).get("name")), *_suppliers(compiled)]
    for holder in (compiled, tender, *_objects(compiled, "contracts"), *_objects(compiled, "awards")):
        texts += [_text(holder.get("title")), _text(holder.get("description"))]
    texts += [_text(item.get("description")) for item in _objects(tender, "items")[:_MOST_ITEMS]]
    return [*list(suppliers)[:_MOST_SUPPLIERS], *words(" ".join(texts))[:_MOST_WORDS]]


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

"""Every check of one process, and what a process must hold for the check to be asked of it.

The rules say only what is wrong. To say that nine of ten processes pass, one has to know of how many the question
makes sense at all: a process without telephones neither passes nor fails the check of telephones. `needs` says it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from app.ocds.checks import RULES
from app.ocds.checks.view import View

_AMOUNTS = "Value.amount | Item.quantity | Period.durationInDays | Tender.numberOfTenderers"
_PAST_DATES = (
    "Award.date | Contract.dateSigned | Transaction.date | Bid.date | Quote.date | Amendment.date"
    " | Milestone.dateMet | Milestone.dateModified | Document.datePublished | Document.dateModified"
)

NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "party-id": "Organization.id + Organization.identifier.scheme + Organization.identifier.id",
        "identifier-scheme": "Identifier.scheme",
        "identifier-form": "Identifier.scheme + Identifier.id",
        "identifier-doubt": "Identifier.scheme + Identifier.id",
        "personality": "Identifier.scheme + Identifier.id + Identifier.legalPersonality",
        "same-party": "Organization.identifier.id",
        "postal-code": "Address.postalCode",
        "email": "ContactPoint.email",
        "telephone": "ContactPoint.telephone | ContactPoint.faxNumber",
        "role-missing": "OrganizationReference.id + Organization.id",
        "role-unused": "Organization.roles",
        "reference-name": "OrganizationReference.id + OrganizationReference.name + Organization.name",
        "supplier-tenderer": "Tender.procurementMethod!=direct + Tender.tenderers + Award.suppliers",
        "period-order": "Period.startDate + Period.endDate | Period.endDate + Period.maxExtentDate",
        "period-duration": "Period.startDate + Period.endDate + Period.durationInDays",
        "date-realistic": (
            "Period.startDate | Period.endDate | Period.maxExtentDate | Milestone.dueDate"
            f" | ClarificationMeeting.date | Guarantee.date | {_PAST_DATES}"
        ),
        "date-future": _PAST_DATES,
        "order-questions": (
            "Tender.tenderPeriod.endDate + Tender.enquiryPeriod.endDate"
            " | Tender.tenderPeriod.endDate + ClarificationMeeting.date"
        ),
        "order-tender": " | ".join(
            f"Tender.tenderPeriod.endDate + {other}"
            for other in (
                "Tender.contractPeriod.startDate",
                "Award.date",
                "Award.contractPeriod.startDate",
                "Contract.dateSigned",
                "Contract.period.startDate",
            )
        ),
        "order-award": "Award.date + Contract.awardID + Contract.dateSigned",
        "order-contract": "Contract.dateSigned + Transaction.date",
        "order-amendment": (
            "Amendment.date + Tender.tenderPeriod.startDate | Amendment.date + Award.date"
            " | Amendment.date + Contract.dateSigned"
        ),
        "order-document": "Document.datePublished + Document.dateModified",
        "net-amount": "Value.netAmount + Value.amount",
        "zero-amount": (
            "Award.value.amount | Award.value.netAmount | Contract.value.amount | Contract.value.netAmount"
        ),
        "negative": _AMOUNTS,
        "amount-limit": "Value.amount + Value.currency",
        "exchange-rate": "Contract.value.amount + Contract.value.currency!=MXN",
        "currency-mixed": "Award.value.currency + Contract.awardID + Contract.value.currency",
        "min-value": "Tender.minValue.amount + Tender.value.amount",
        "budget-tender": "Budget.amount.amount + Tender.value.amount",
        "budget-awards": "Budget.amount.amount + Award.value.amount",
        "budget-parts": "Budget.amount.amount + Budget.budgetBreakdown",
        "budget-key": "BudgetLine.id",
        "award-contracts": "Award.value.amount + Contract.awardID + Contract.value.amount",
        "contract-award": "Award.value.amount + Contract.awardID + Contract.value.amount",
        "contract-payments": "Contract.value.amount + Transaction.value.amount",
        "classification-form": "Classification.scheme=CUCOP,COG + Classification.id",
        "item-unknown": "Tender.items + Award.items | Tender.items + Contract.items",
        "document-format": "Document.format",
        "document-stage": "Document.documentType",
        "document-description": "Document.description",
        "language": "Release.language | Document.language",
        "document-expected": (
            "Tender.status=active,complete | Award.status=active,unsuccessful | Contract.status=active,terminated"
        ),
        "tenderer-count": "Tender.numberOfTenderers + Tender.tenderers",
        "related-bids": "Bid.id + Award.relatedBids | Bid.id + Contract.relatedBids",
        "related-process": "RelatedProcess.scheme=ocid + RelatedProcess.identifier",
        "title-changed": "Before.tender.title + Tender.title",
        "published-gone": "Before.awards | Before.contracts | Before.tender.items",
        "method-details": "Tender.procurementMethod + Tender.procurementMethodDetails",
        "category": "Tender.mainProcurementCategory + Tender.additionalProcurementCategories",
        "direct-tenderers": "Tender.procurementMethod=direct + Tender.tenderers",
        "tender-status": "Tender.status!=complete",
        "award-status": "Award.status!=active",
        "contract-status": "Contract.status=pending,cancelled",
        "implementation-status": "Contract.status + Contract.implementation.status",
        "milestone-status": "Milestone.status",
    }
)
"""Rule → what it looks at: alternatives by `|`, and in each all that must be there by `+`.

`Contract.value.amount` is a value inside a block of that kind; terms of one kind hold in one and the same block.
`=` and `!=` ask for one of some codes, or for another than it. `Release` is the document and `Before` what was
published before it.
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One question asked of every process that holds what it needs."""

    code: str
    title: str
    """Spanish: what is asked."""
    sources: tuple[str, ...]
    needs: str
    """As in `NEEDS`."""
    codes: frozenset[str]
    """Codes of the problems that answer it with no."""

    @property
    def family(self) -> str:
        """Pelican's family (`campo`, `coherente`, `consistente`, `referencia`, `tiempo`), or `propia`."""
        return next(
            (name.split()[1].rstrip(":") for name in self.sources if name.startswith("Pelican ")), "propia"
        )

    def applies(self, view: View) -> bool:
        """Whether a process holds what this looks at."""
        return any(all(_holds(view, *group) for group in way) for way in _ways(self.needs))


_SIX = ("comprador", "convocante", "proveedor", "licitante", "quien paga", "quien recibe", "adjudicación")

CHECKS: tuple[Check, ...] = (
    Check(
        "schema",
        "El documento cumple el esquema del estándar y del perfil.",
        ("PODER trans-ov",),
        "Release.ocid",
        frozenset({"schema"}),
    ),
    Check("ocid", "El OCID tiene un prefijo registrado.", ("Pelican campo: prefijo OCID",), "Release.ocid", frozenset({"ocid"})),
    Check("empty", "Ningún campo va vacío.", ("Pelican campo: con contenido",), "Release.ocid", frozenset({"empty"})),
    Check(
        "reference",
        "Lo que se menciona existe: participantes y adjudicaciones.",
        tuple(f"Pelican referencia: {name}" for name in _SIX),
        "OrganizationReference.id | Contract.awardID",
        frozenset({"reference"}),
    ),
    Check(
        "ids",
        "Cada elemento de una lista tiene su identificador y ninguno se repite.",
        ("propia",),
        "Organization.id | Award.id | Contract.id | Item.id | Document.id",
        frozenset({"duplicate-id", "no-id", "repeated-id"}),
    ),
    Check("open-code", "Las claves son de su catálogo.", ("propia",), "Release.tender | Release.parties", frozenset({"open-code"})),
    Check("additional", "Ningún campo es ajeno al estándar y al perfil.", ("propia",), "Release.ocid", frozenset({"additional"})),
    Check("deprecated", "Ningún campo está en desuso.", ("propia",), "Release.ocid", frozenset({"deprecated"})),
    *(Check(one.code, one.title, one.sources, NEEDS[one.code], frozenset({one.code})) for one in RULES),
)  # fmt: skip
"""Every check of one process: those of validation, then the rules of `app.ocds.checks` in their order."""


_Term = tuple[tuple[str, ...], str, frozenset[str]]
"""Keys inside a block, comparison (`=`, `!=`, empty) and codes."""


@cache
def _ways(needs: str) -> tuple[tuple[tuple[str, tuple[_Term, ...]], ...], ...]:
    """Read `needs`: alternatives → kinds of block, each with the terms that one block must hold."""
    found = []
    for way in needs.split(" | "):
        kinds: dict[str, list[_Term]] = {}
        for written in way.split(" + "):
            place, sign, codes = written.partition("!=" if "!=" in written else "=")
            kind, *keys = place.split(".")
            kinds.setdefault(kind, []).append((tuple(keys), sign, frozenset(codes.split(","))))
        found.append(tuple((kind, tuple(terms)) for kind, terms in kinds.items()))
    return tuple(found)


def _holds(view: View, kind: str, terms: tuple[_Term, ...]) -> bool:
    """Whether some block of a kind holds all of the terms."""
    if kind == "Release":
        bodies = [view.document]
    elif kind == "Before":
        bodies = [view.released or {}]
    else:
        bodies = [block.body for block in view.all(kind)]
    return any(all(_is(body, *term) for term in terms) for body in bodies)


def _is(body: Any, keys: tuple[str, ...], sign: str, codes: frozenset[str]) -> bool:
    held = body
    for key in keys:
        held = held.get(key) if isinstance(held, dict) else None
    if held is None or held in ("", [], {}):
        return False
    return not sign or (str(held) in codes) == (sign == "=")

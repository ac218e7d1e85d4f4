"""What status each stage seems to have reached, read from its documents, dates and payments.

Only a suggestion, and only forwards: a person decides, and what is cancelled, withdrawn, unsuccessful or concluded is
never moved. (The incumbent set statuses when a document was added, back again as well as on.)
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from app.ocds import applicability
from app.ocds.checks.view import Block, View, day, elements, inside, moment, text
from app.ocds.codelists import label
from app.ocds.shape import Document


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A status that a stage seems to have reached."""

    pointer: str
    """JSON Pointer of the status."""
    current: str | None
    suggested: str
    because: str
    """Spanish, a whole sentence."""


_ORDER: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "tenderStatus": ("planning", "planned", "active", "complete"),
        "awardStatus": ("pending", "active"),
        "contractStatus": ("pending", "active", "terminated"),
        "implementationStatus": ("planning", "ongoing", "concluded"),
    }
)
"""Codelist -> statuses in the order in which they are reached; any other ends the stage without result."""

_ENDED = frozenset({"complete", "terminated", "concluded"})
_DELIVERED = frozenset({"completionCertificate", "physicalReception", "settlement", "transferReport"})
_PROGRESS = frozenset({"physicalProgressReport", "financialProgressReport", "physicalProcessReport"})
_SIGNED = frozenset({"contractSigned", "contractText"})
_AWARDED = frozenset({"awardNotice", "awardDecisionCertificate"})

_Reason = tuple[str, str]
"""A status and why."""


def suggestions(document: Document, *, now: datetime) -> list[Suggestion]:
    """Return the statuses that the document has outgrown, in document order; of each stage the furthest.

    Args:
        document: a working document, of any shape.
        now: aware; a period that begins later has not begun.
    """
    view = View(document, now)
    tender = view.section("tender")
    found = [_furthest("tenderStatus", "/tender", tender, _tender(view))] if tender else []
    found += [_furthest("awardStatus", one.at, one.body, _award(view, one)) for one in view.all("Award")]
    for contract in view.all("Contract"):
        done = inside(contract.body, "implementation")
        found.append(_furthest("contractStatus", contract.at, contract.body, _contract(view, contract)))
        found.append(
            _furthest(
                "implementationStatus", f"{contract.at}/implementation", done, _implementation(view, contract)
            )
        )
    return [one for one in found if one is not None]


def _furthest(codelist: str, at: str, block: Document, reasons: Iterator[_Reason]) -> Suggestion | None:
    """Return the furthest status for which there is a reason, unless the stage is there already or has ended."""
    order, current = _ORDER[codelist], text(block, "status")
    if current in _ENDED or (current and current not in order):
        return None
    reached = order.index(current) if current else -1
    best: _Reason | None = None
    for status, because in reasons:
        if status not in order:
            best = status, because
            break  # it ended without result, whatever else was reached before
        if order.index(status) > reached:
            best, reached = (status, because), order.index(status)
    if best is None:
        return None
    return Suggestion(
        f"{at}/status", current or None, best[0], f"{best[1]}: parece «{label(codelist, best[0])}»."
    )


def _tender(view: View) -> Iterator[_Reason]:
    tender, awards = view.section("tender"), view.all("Award")
    papers = _papers(tender, inside(view.document, "planning"))
    if "cancellationDetails" in _papers(tender):
        yield "cancelled", "Hay un documento con los motivos de cancelación"
    if "unsuccessfulProcedureNotice" in papers and not awards:
        yield "unsuccessful", "Hay un acta de procedimiento desierto"
    if awards and all(_fails(award) for award in awards):
        yield "unsuccessful", "Ninguna adjudicación tuvo resultado"
    if papers & {"marketStudies", "needsAssessment", "feasibilityStudy"}:
        yield "planning", "Hay documentos de planeación"
    if papers & {"request", "procurementPlan", "plannedProcurementNotice", "budgetAuthorization"}:
        yield "planned", "Hay requisición, suficiencia presupuestal o proyecto de convocatoria"
    start = moment(inside(tender, "tenderPeriod"), "startDate")
    competed = applicability.applies("tender/tenderPeriod", view.method)
    if competed and "tenderNotice" in papers:
        yield "active", "Se publicó la convocatoria"
    if competed and start and start <= view.now:
        yield "active", f"El plazo para presentar proposiciones empezó el {day(start)}"
    if _AWARDED & papers or any(_is_decided(view, award) for award in awards):
        yield "complete", "Hay fallo o contrato firmado"


def _award(view: View, award: Block) -> Iterator[_Reason]:
    papers = _papers(award.body)
    if "cancellationDetails" in papers:
        yield "cancelled", "Hay un documento con los motivos de cancelación"
    if "unsuccessfulProcedureNotice" in papers:
        yield "unsuccessful", "Hay un acta de procedimiento desierto"
    yield "pending", "Ya se capturó la adjudicación"
    if _AWARDED & papers:
        yield "active", "Se publicó el fallo"
    elif _is_decided(view, award):
        yield "active", "Su contrato está firmado"


def _contract(view: View, contract: Block) -> Iterator[_Reason]:
    done = inside(contract.body, "implementation")
    papers, signed = _papers(contract.body), moment(contract.body, "dateSigned")
    yield "pending", "Ya se capturó el contrato"
    if _SIGNED & papers:
        yield "active", "Hay un contrato firmado"
    elif signed and signed <= view.now:
        yield "active", f"Se firmó el {day(signed)}"
    if _DELIVERED & (papers | _papers(done)):
        yield "terminated", "Hay acta de entrega-recepción o finiquito"


def _implementation(view: View, contract: Block) -> Iterator[_Reason]:
    done = inside(contract.body, "implementation")
    papers = _papers(done, contract.body)
    begun = moment(inside(contract.body, "period"), "startDate")
    if not _is_signed(view, contract):
        return
    yield "planning", "El contrato está firmado"
    if begun and begun <= view.now:
        yield "ongoing", f"La vigencia del contrato empezó el {day(begun)}"
    if _PROGRESS & papers or any(elements(done, "transactions")):
        yield "ongoing", "Hay pagos o informes de avance"
    if _DELIVERED & papers:
        yield "concluded", "Hay acta de entrega-recepción o finiquito"


def _papers(*holders: Document) -> set[str]:
    """Return the types of the documents of some blocks."""
    return {text(paper, "documentType") for holder in holders for _, paper in elements(holder, "documents")}


def _is_signed(view: View, contract: Block) -> bool:
    signed = moment(contract.body, "dateSigned")
    return (
        text(contract.body, "status") in ("active", "terminated")
        or bool(_SIGNED & _papers(contract.body))
        or (signed is not None and signed <= view.now)
    )


def _is_decided(view: View, award: Block) -> bool:
    return (
        text(award.body, "status") == "active"
        or bool(_AWARDED & _papers(award.body))
        or any(_is_signed(view, contract) for contract in view.contracts_of(award))
    )


def _fails(award: Block) -> bool:
    return text(award.body, "status") == "unsuccessful" or "unsuccessfulProcedureNotice" in _papers(
        award.body
    )

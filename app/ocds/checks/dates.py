"""Rules about when things happen."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from app.ocds.checks.rule import Finding, Rule, rule
from app.ocds.checks.view import Block, View, day, elements, inside, later, moment, number, text
from app.ocds.shape import Document

_FIRST, _LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2051, 1, 1, tzinfo=UTC)
_PAST = {
    "Document": ("datePublished", "dateModified"),
    "Milestone": ("dateMet", "dateModified"),
    "Amendment": ("date",),
    "Award": ("date",),
    "Contract": ("dateSigned",),
    "Transaction": ("date",),
    "Bid": ("date",),
    "Quote": ("date",),
}
"""Dates of what has happened, never of what is planned."""
_ALL = {
    **_PAST,
    "Period": ("startDate", "endDate", "maxExtentDate"),
    "Milestone": ("dueDate", "dateMet", "dateModified"),
    "ClarificationMeeting": ("date",),
    "Guarantee": ("date",),
}


@rule("Un periodo termina después de empezar.", "Pelican coherente: periodos")
def _period_order(view: View) -> Iterator[Finding]:
    for period in view.all("Period"):
        start, end, most = (moment(period.body, key) for key in ("startDate", "endDate", "maxExtentDate"))
        if start and end and start > end:
            yield (
                f"{period.at}/endDate",
                f"termina el {day(end)}, antes de empezar ({day(start)}). Corrige una de las dos.",
            )
        if end and most and end > most:
            yield (
                f"{period.at}/maxExtentDate",
                f"el máximo ({day(most)}) es anterior al término ({day(end)}).",
            )


@rule("La duración en días es la que hay entre el inicio y el término.", "Pelican consistente: duración")
def _period_duration(view: View) -> Iterator[Finding]:
    for period in view.all("Period"):
        start, end = moment(period.body, "startDate"), moment(period.body, "endDate")
        days = number(period.body, "durationInDays")
        # Some count the first day and some do not.
        if (
            start
            and end
            and days is not None
            and start <= end
            and abs((end - start) / timedelta(days=1) - days) > 1
        ):
            yield (
                f"{period.at}/durationInDays",
                f"dice {days:g} y entre el inicio y el término hay {round((end - start) / timedelta(days=1))}.",
            )


@rule("Las fechas son creíbles: de 1990 a 2050.", "Pelican campo: fechas creíbles")
def _date_realistic(view: View) -> Iterator[Finding]:
    for at, when in _moments(view, _ALL):
        if not _FIRST <= when < _LAST:
            yield at, f"{day(when)} no es creíble; revisa el año."


@rule(
    "Lo que se da por hecho ya pasó: firmas, pagos, publicaciones, cumplimientos.",
    "Pelican coherente: fechas pasadas",
    "Pelican campo: fechas creíbles",
    "Pelican coherente: fechas de hitos",
)
def _date_future(view: View) -> Iterator[Finding]:
    for at, when in _moments(view, _PAST):
        if view.now < when < _LAST:
            yield at, f"{day(when)} todavía no llega, y aquí va cuándo ocurrió. Corrígela o déjala en blanco."


@rule("Las preguntas y las juntas de aclaraciones son antes de que cierre el plazo.", "propia")
def _order_questions(view: View) -> Iterator[Finding]:
    tender = view.section("tender")
    close = moment(inside(tender, "tenderPeriod"), "endDate")
    asked = moment(inside(tender, "enquiryPeriod"), "endDate")
    if later(asked, close):
        yield (
            "/tender/enquiryPeriod/endDate",
            f"las preguntas terminan el {day(asked)}, después del plazo para presentar proposiciones ({day(close)}).",
        )
    for index, meeting in elements(tender, "clarificationMeetings"):
        held = moment(meeting, "date")
        if later(held, close):
            yield (
                f"/tender/clarificationMeetings/{index}/date",
                f"la junta es el {day(held)}, después del plazo para presentar proposiciones ({day(close)}).",
            )


@rule(
    "El fallo y el contrato vienen después del plazo para presentar proposiciones.",
    "Pelican coherente: cronología",
)
def _order_tender(view: View) -> Iterator[Finding]:
    tender = view.section("tender")
    close = moment(inside(tender, "tenderPeriod"), "endDate")
    later_ones = [("/tender/contractPeriod/startDate", moment(inside(tender, "contractPeriod"), "startDate"))]
    for award in view.all("Award"):
        later_ones += [
            (f"{award.at}/date", moment(award.body, "date")),
            (
                f"{award.at}/contractPeriod/startDate",
                moment(inside(award.body, "contractPeriod"), "startDate"),
            ),
        ]
    for contract in view.all("Contract"):
        later_ones += [
            (f"{contract.at}/dateSigned", moment(contract.body, "dateSigned")),
            (f"{contract.at}/period/startDate", moment(inside(contract.body, "period"), "startDate")),
        ]
    for at, when in later_ones:
        if later(close, when):
            yield (
                at,
                f"{day(when)} es antes de que cierre el plazo para presentar proposiciones ({day(close)}).",
            )


@rule("El contrato se firma después del fallo.", "Pelican coherente: cronología")
def _order_award(view: View) -> Iterator[Finding]:
    for contract in view.all("Contract"):
        award, signed = view.award_of(contract), moment(contract.body, "dateSigned")
        decided = moment(award.body, "date") if award else None
        if later(decided, signed):
            yield f"{contract.at}/dateSigned", f"se firmó el {day(signed)}, antes del fallo ({day(decided)})."


@rule("Los pagos vienen después de la firma.", "Pelican coherente: cronología")
def _order_contract(view: View) -> Iterator[Finding]:
    for contract in view.all("Contract"):
        signed = moment(contract.body, "dateSigned")
        for index, payment in elements(inside(contract.body, "implementation"), "transactions"):
            paid = moment(payment, "date")
            if later(signed, paid):
                yield (
                    f"{contract.at}/implementation/transactions/{index}/date",
                    f"se pagó el {day(paid)}, antes de firmar el contrato ({day(signed)}).",
                )


@rule("Lo que se modifica ya existía.", "Pelican coherente: fechas de modificaciones")
def _order_amendment(view: View) -> Iterator[Finding]:
    begun: dict[str, Callable[[Document], datetime | None]] = {
        "Tender": lambda body: moment(inside(body, "tenderPeriod"), "startDate"),
        "Award": lambda body: moment(body, "date"),
        "Contract": lambda body: moment(body, "dateSigned"),
    }
    for kind, beginning in begun.items():
        for block in view.all(kind):
            start = beginning(block.body)
            for index, amendment in elements(block.body, "amendments"):
                when = moment(amendment, "date")
                if later(start, when):
                    yield (
                        f"{block.at}/amendments/{index}/date",
                        f"{day(when)} es antes de lo que modifica ({day(start)}).",
                    )


@rule("Un documento se modifica después de publicarse.", "Pelican coherente: fechas de documentos")
def _order_document(view: View) -> Iterator[Finding]:
    for document in view.all("Document"):
        first, last = moment(document.body, "datePublished"), moment(document.body, "dateModified")
        if later(first, last):
            yield (
                f"{document.at}/dateModified",
                f"se modificó el {day(last)}, antes de publicarse ({day(first)}).",
            )


def _moments(view: View, kinds: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, datetime]]:
    """Yield the moments under those keys of those kinds of blocks, with their places."""
    for kind, keys in kinds.items():
        for block in view.all(kind):
            for key in keys:
                when = moment(block.body, key)
                if when and not _is_planned(block, key):
                    yield f"{block.at}/{key}", when


def _is_planned(block: Block, key: str) -> bool:
    """Whether a date of the past is still a plan: of an award or contract that is pending."""
    return key in ("date", "dateSigned") and text(block.body, "status") == "pending"


RULES: tuple[Rule, ...] = (
    _period_order,
    _period_duration,
    _date_realistic,
    _date_future,
    _order_questions,
    _order_tender,
    _order_award,
    _order_contract,
    _order_amendment,
    _order_document,
)

"""Cardinal's flags about one process: R003, R018, R024, R028, R030, R035, R036, R058.

The definitions are those of Cardinal (open-contracting/cardinal-rs), of the Open Contracting Partnership; the words
are ours. Amounts in other than the main currency are left out.
"""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from app.flags import statistics
from app.flags.case import Case, has_priced, identity, ids
from app.flags.notation import (
    NOT_APPLICABLE,
    Fence,
    Fences,
    Flag,
    Threshold,
    Values,
    Verdict,
    clear,
    lacking,
    raised,
)
from app.ocds import folding
from app.ocds.checks.view import day, elements, inside, moment, number, text
from app.ocds.folding import Key, Summary

SOURCE = "Cardinal"
RATIO = "r024.ratio"
"""Family of the differences between the winning bid and the next, of R024 and R058."""
_INDICATORS = (
    "Ferwerda, Deleanu y Unger (2016), «Corruption in Public Procurement: Finding the Right Indicators»"
)
_CRI = "Fazekas, Tóth y King (2016), «An Objective Corruption Risk Index Using Public Procurement Data»"
_OLAF = "OLAF (2017), «Fraud in Public Procurement: A collection of Red Flags and Best Practices»"


def _short_submission(case: Case, values: Values, fences: Fences) -> Verdict:
    del fences
    if values["methods"] and not case.method:
        return lacking("tender/procurementMethod")
    if values["methods"] and case.method not in values["methods"].split("|"):
        return NOT_APPLICABLE
    period = inside(case.tender, "tenderPeriod")
    for days, start, end in case.days(period):
        least = values["by_details"].get(case.details, values["days"])
        if days < least:
            return raised(
                1.0, "/tender/tenderPeriod", days=str(days), least=str(least), start=day(start), end=day(end)
            )
        return clear()
    return lacking(
        *(f"tender/tenderPeriod/{key}" for key in ("startDate", "endDate") if moment(period, key) is None)
    )


def _single_bid(case: Case, values: Values, fences: Fences) -> Verdict:
    del fences
    if not case.method:
        return lacking("tender/procurementMethod")
    if case.method not in values["methods"].split("|"):
        return NOT_APPLICABLE
    told = number(case.tender, "numberOfTenderers")
    if told is None:
        return lacking("tender/numberOfTenderers")
    return raised(1.0, "/tender/numberOfTenderers") if told == 1 else clear()


class Difference(NamedTuple):
    """How much more the next valid bid asks than the winning one, as a share of it, and whose they are."""

    share: float
    winner: str
    other: str


def difference(case: Case) -> Difference | Verdict:
    """Return the difference between the winning bid and the next; or why it is unknown."""
    if not case.bids:
        return lacking("bids/details")
    if not case.awards:
        return lacking("awards")
    winner = case.winner
    if winner is None:
        return NOT_APPLICABLE
    won: list[float] = []
    others: list[tuple[float, str]] = []
    for bid in case.bids_that_are("valid"):
        tenderers, amount = [identity(one) for _, one in elements(bid, "tenderers")], case.amount(bid)
        if len(tenderers) == 1 and tenderers[0] and amount is not None:
            if tenderers[0] == winner:
                won.append(amount)
            else:
                others.append((amount, tenderers[0]))
    if not any(has_priced(bid) for bid in case.bids_that_are("valid")):
        return lacking("bids/details/value/amount")
    if not won or not others or min(won) <= 0 or min(others)[0] < min(won):
        return NOT_APPLICABLE  # nobody else, or price did not decide
    lowest, other = min(others)
    return Difference((lowest - min(won)) / min(won), winner, other)


def _ratio_part(case: Case, values: Values) -> Summary:
    del values
    held = difference(case)
    return Counter() if isinstance(held, Verdict) else Counter({(RATIO, repr(held.share)): 1})


def ratios(summary: Mapping[Key, int]) -> dict[float, int]:
    """Return the differences of all processes → how many have each."""
    return {float(written): count for written, count in folding.family(summary, RATIO).items()}


def _ratio_fence(summary: Mapping[Key, int], values: Values, *, is_low: bool) -> Fence | None:
    return statistics.fence(ratios(summary), values["limit"], is_low=is_low)


def _close_price(case: Case, values: Values, fences: Fences) -> Verdict:
    del values
    held, fence = difference(case), fences.get("R024")
    if isinstance(held, Verdict):
        return held
    if fence is not None and fence.reached(held.share):
        return _stands_out(held, fence, held.winner, held.other)
    return clear(held.share)


def _heavy_discount(case: Case, values: Values, fences: Fences) -> Verdict:
    del values
    held, fence = difference(case), fences.get("R058")
    if isinstance(held, Verdict):
        return held
    if fence is not None and fence.reached(held.share):
        return _stands_out(held, fence, held.winner)
    return clear(held.share)


def _stands_out(held: Difference, fence: Fence, *about: str) -> Verdict:
    words = {"difference": _percent(held.share), "limit": _percent(fence.limit)}
    return raised(held.share, "/bids/details", about=about, **words)


def _identical_prices(case: Case, values: Values, fences: Fences) -> Verdict:
    del values, fences
    prices: dict[tuple[float, str], set[frozenset[str]]] = {}
    for bid in case.submitted:
        who, value = frozenset(ids(bid, "tenderers")), inside(bid, "value")
        amount = number(value, "amount")
        if who and amount is not None and text(value, "currency"):
            prices.setdefault((amount, text(value, "currency")), set()).add(who)
    if not prices:
        return lacking("bids/details/value/amount" if case.bids else "bids/details")
    same = {price: who for price, who in prices.items() if len(who) > 1}
    if not same:
        return clear()
    about = {one for groups in same.values() for who in groups for one in who}
    amount, currency = next(iter(same))
    return raised(
        1.0, "/bids/details", about=about, amount=f"{amount:,.2f} {currency}", count=str(len(about))
    )


def _late_bid(case: Case, values: Values, fences: Fences) -> Verdict:
    del values, fences
    end = moment(inside(case.tender, "tenderPeriod"), "endDate")
    if end is None:
        return lacking("tender/tenderPeriod/endDate")
    if not case.bids:
        return lacking("bids/details")
    if not case.suppliers:
        return lacking("awards/suppliers") if case.active_awards or not case.awards else NOT_APPLICABLE
    received = [
        (when, ids(bid, "tenderers")) for bid in case.bids_that_are("valid") if (when := moment(bid, "date"))
    ]
    if not received:
        return lacking("bids/details/date")
    for when, who in received:
        if when > end and case.suppliers.intersection(who):
            return raised(1.0, "/bids/details", received=day(when), end=day(end))
    return clear()


def _others_disqualified(case: Case, values: Values, fences: Fences) -> Verdict:
    del fences
    if not case.bids:
        return lacking("bids/details")
    if not case.awards:
        return lacking("awards")
    if not case.is_final:
        return NOT_APPLICABLE
    valid, out = (
        {one for bid in case.bids_that_are(status) for one in ids(bid, "tenderers")}
        for status in ("valid", "disqualified")
    )
    if not valid and not out:
        return lacking("bids/details/tenderers")
    others = out - valid
    if len(valid) == 1 and valid == case.suppliers and len(others) >= max(1, values["tenderers"]):
        return raised(float(len(others)), "/bids/details", about=others, count=str(len(others)))
    return clear()


def _lowest_disqualified(case: Case, values: Values, fences: Fences) -> Verdict:
    del values, fences
    if not case.bids:
        return lacking("bids/details")
    if not case.awards:
        return lacking("awards")
    if not case.active_awards:
        return NOT_APPLICABLE
    priced = [
        (amount, text(bid, "status")) for bid in case.submitted if (amount := case.amount(bid)) is not None
    ]
    if not priced:
        return lacking("bids/details/value/amount")
    # Of several at the same price the first counts, as they stand.
    amount, status = min(priced, key=lambda one: one[0])
    if status == "disqualified" and any(other == "valid" for _, other in priced):
        return raised(1.0, "/bids/details", amount=f"{amount:,.2f} {case.currency}")
    return clear()


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


_BIDS = ("bids/details/status", "bids/details/tenderers")
_PRICES = (*_BIDS, "bids/details/value/amount", "bids/details/value/currency")
_AWARDS = ("awards/status", "awards/suppliers")

FLAGS: tuple[Flag, ...] = (
    Flag(
        code="R003",
        name="Plazo corto para presentar proposiciones",
        question="¿Por qué hubo {days} días para presentar proposiciones, del {start} al {end}, y no al menos {least}?",
        formula="Días completos entre el inicio y el cierre del plazo. Se pregunta si son menos que el umbral.",
        fields=("tender/tenderPeriod/startDate", "tender/tenderPeriod/endDate", "tender/procurementMethodDetails"),
        source=SOURCE,
        literature=f"{_INDICATORS}; {_CRI}; {_OLAF}",
        thresholds=(
            Threshold("days", 15, "Días completos."),
            Threshold("by_details", {}, 'Días para cada nombre de procedimiento, por ejemplo los plazos de la ley: {"Licitación pública": 20}.'),
            Threshold("methods", "", "Tipos de procedimiento en que se mira, separados por |; vacío, en todos."),
        ),
        look=_short_submission,
    ),
    Flag(
        code="R018",
        name="Una sola proposición",
        question="¿Por qué llegó una sola proposición a un procedimiento con competencia?",
        formula="El número de licitantes es uno y el tipo de procedimiento es de los que compiten.",
        fields=("tender/numberOfTenderers", "tender/procurementMethod"),
        source=SOURCE,
        literature=_CRI,
        thresholds=(Threshold("methods", "open|selective", "Tipos de procedimiento que compiten, separados por |."),),
        look=_single_bid,
    ),
    Flag(
        code="R024",
        name="Precio muy cercano al ganador",
        question="¿Qué explica que la segunda proposición más baja pasara a la ganadora por solo {difference}, cuando lo usual es más de {limit}?",
        formula="(segunda proposición válida más baja − ganadora) ÷ ganadora. Se pregunta si no pasa de Q1 − 1.5 RIC de todas las diferencias; no se hace si Q1 o ese límite no son positivos. Solo con una adjudicación activa de un proveedor, todas resueltas, proposiciones de un licitante y la ganadora como la más baja.",
        fields=(*_PRICES, *_AWARDS),
        source=SOURCE,
        literature="Imhof, Karagök y Rutz (2018), «Screening for Bid Rigging: Does It Work?»",
        thresholds=(Threshold("limit", None, "Proporción fija en vez de la que sale de los datos: 0.05 es 5 %."),),
        look=_close_price,
        compares_prices=True,
        fence=partial(_ratio_fence, is_low=True),
        part=_ratio_part,
    ),
    Flag(
        code="R028",
        name="Proposiciones con el mismo precio",
        question="¿Por qué {count} licitantes ofrecieron lo mismo, {amount}?",
        formula="Dos proposiciones presentadas por licitantes distintos tienen el mismo monto en la misma moneda.",
        fields=_PRICES,
        source=SOURCE,
        literature=f"Fazekas y Tóth (2016), «Assessing the potential for detecting collusion in Swedish public procurement»; {_OLAF}",
        look=_identical_prices,
        compares_prices=True,
    ),
    Flag(
        code="R030",
        name="Ganó una proposición tardía",
        question="¿Por qué se aceptó el {received} la proposición ganadora, si el plazo cerró el {end}?",
        formula="Una proposición válida se recibió después del cierre del plazo y alguno de sus licitantes es proveedor de una adjudicación activa.",
        fields=("bids/details/date", *_BIDS, "tender/tenderPeriod/endDate", *_AWARDS),
        source=SOURCE,
        literature=_INDICATORS,
        look=_late_bid,
    ),
    Flag(
        code="R035",
        name="Solo quedó la proposición ganadora",
        question="¿Por qué se desecharon las proposiciones de {count} licitantes y quedó solo la de quien ganó?",
        formula="Un solo licitante tiene proposiciones válidas, es el proveedor de las adjudicaciones activas, y se desecharon las de al menos tantos otros como dice el umbral. Con todas las adjudicaciones resueltas.",
        fields=(*_BIDS, *_AWARDS),
        source=SOURCE,
        literature=f"{_OLAF}; IACRC, «Guide to Combating Corruption & Fraud in Infrastructure Development Projects»",
        thresholds=(Threshold("tenderers", 1, "Cuántos otros licitantes, al menos uno."),),
        look=_others_disqualified,
    ),
    Flag(
        code="R036",
        name="Se desechó la proposición más baja",
        question="¿Por qué se desechó la proposición más baja, de {amount}?",
        formula="Hay una adjudicación activa, la proposición presentada más baja está desechada y hay alguna válida con monto.",
        fields=(*_PRICES, "awards/status"),
        source=SOURCE,
        literature="Banco Mundial, «Warning Signs of Fraud and Corruption in Procurement»",
        look=_lowest_disqualified,
        compares_prices=True,
    ),
    Flag(
        code="R058",
        name="Descuento muy grande",
        question="¿Qué explica que la proposición ganadora fuera tan baja que la siguiente la pasa por {difference}, cuando lo usual es menos de {limit}?",
        formula="La misma diferencia de R024. Se pregunta si llega a Q3 + 1.5 RIC de todas; no se hace si ese límite no es positivo.",
        fields=(*_PRICES, *_AWARDS),
        source=SOURCE,
        literature="Akerlof (1970), «The Market for “Lemons”: Quality Uncertainty and the Market Mechanism»",
        thresholds=(Threshold("limit", None, "Proporción fija en vez de la que sale de los datos: 0.5 es 50 %."),),
        look=_heavy_discount,
        compares_prices=True,
        fence=partial(_ratio_fence, is_low=False),
    ),
)  # fmt: skip

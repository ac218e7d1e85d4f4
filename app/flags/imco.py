"""Flags of IMCO's risk index: papers that prove a procedure, splitting, concentration, agreements between bodies."""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from app.flags.case import Case, ids
from app.flags.notation import (
    NOT_APPLICABLE,
    Fences,
    Flag,
    Outlier,
    Threshold,
    Values,
    Verdict,
    Weighed,
    clear,
    lacking,
    raised,
)
from app.ocds import folding
from app.ocds.checks.view import elements, inside, moment, text
from app.ocds.folding import Key, Summary
from app.ocds.shape import Document

SOURCE = "IMCO"
_LITERATURE = "IMCO, «Índice de Riesgos de Corrupción» de las compras públicas"
_SEPARATOR = "\x1f"
_CENTS = 100
_COMPETED = frozenset({"open", "selective", "limited"})
_CATEGORIES = ("goods", "services", "works")

ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {"monto PNT": "No se calcula: comparar con CompraNet pide otra fuente."}
)
"""Flags of IMCO that no release can answer → why."""


def _direct_papers(case: Case, values: Values, fences: Fences) -> Verdict:
    del values, fences
    if not case.method:
        return lacking("tender/procurementMethod")
    if case.method != "direct" or not case.active_awards:
        return NOT_APPLICABLE
    planning = inside(case.release, "planning")
    quoted = any(any(elements(one, "quotes")) for _, one in elements(planning, "requestsForQuotes"))
    return _absent(
        {
            "autorización": case.documents("exceptionAuthorization", "procurementMethodAuthorization"),
            "cotizaciones": quoted or case.documents("requestForQuote", "quote", "marketStudies"),
            "contrato": _has_contract(case),
        }
    )


def _tender_papers(case: Case, values: Values, fences: Fences) -> Verdict:
    del values, fences
    if not case.method:
        return lacking("tender/procurementMethod")
    if case.method not in _COMPETED or not case.active_awards:
        return NOT_APPLICABLE
    papers = {
        "convocatoria": case.documents("tenderNotice", "biddingDocuments"),
        "fallo": case.documents("awardNotice", "awardDecisionCertificate"),
        "contrato": _has_contract(case),
    }
    if any(text(one.body, "status") == "terminated" for one in case.contracts):
        papers["finiquito o entrega"] = case.documents(
            "settlement", "completionCertificate", "physicalReception"
        )
    return _absent(papers)


def _has_contract(case: Case) -> bool:
    return case.documents("contractSigned", "contractText")


def _absent(papers: Mapping[str, bool]) -> Verdict:
    absent = [name for name, there in papers.items() if not there]
    return raised(float(len(absent)), papers=", ".join(absent)) if absent else clear()


def _priced(case: Case) -> Iterator[tuple[Document, str, int]]:
    """Yield the awards in force with their only supplier and their amount in cents of the main currency."""
    for award in case.active_awards:
        suppliers, amount = ids(award, "suppliers"), case.amount(award)
        if len(suppliers) == 1 and amount is not None and case.buyer:
            yield award, suppliers[0], round(amount * _CENTS)


def _split_part(case: Case, values: Values) -> Summary:
    del values
    found: Summary = Counter()
    category = text(case.tender, "mainProcurementCategory")
    if case.method != "direct" or category not in _CATEGORIES:
        return found
    for award, supplier, cents in _priced(case):
        when = moment(award, "date")
        if when is None:
            continue
        year, week, _ = when.isocalendar()
        key = _SEPARATOR.join((case.buyer, supplier, f"{year}-S{week:02}", category))
        found["mx-split.awards", key] += 1
        found["mx-split.cents", key] += cents
    return found


def _splits(summary: Mapping[Key, int], values: Values) -> Weighed:
    found, count = [], 0
    for key, many in folding.family(summary, "mx-split.awards").items():
        buyer, supplier, week, category = key.split(_SEPARATOR)
        limit = values[category]
        if limit is None:
            continue
        count += 1
        total = summary.get(("mx-split.cents", key), 0) / _CENTS
        if many >= values["awards"] and total > limit:
            facts = {"count": str(many), "week": week, "total": f"{total:,.2f}", "limit": f"{limit:,.2f}"}
            found.append(Outlier("MX-SEMANA", "pair", f"{buyer}{_SEPARATOR}{supplier}", total, facts))
    return Weighed(tuple(found), count)


def _share_part(case: Case, values: Values) -> Summary:
    del values
    found: Summary = Counter()
    for _, supplier, cents in _priced(case):
        found["mx-share.cents", f"{case.buyer}{_SEPARATOR}{supplier}"] += cents
        found["mx-share.awards", case.buyer] += 1
    return Counter({key: count for key, count in found.items() if count})


def _shares(summary: Mapping[Key, int], values: Values) -> Weighed:
    bought: dict[str, dict[str, int]] = {}
    for key, cents in folding.family(summary, "mx-share.cents").items():
        buyer, supplier = key.split(_SEPARATOR)
        bought.setdefault(buyer, {})[supplier] = cents
    found, count = [], 0
    for buyer, many in folding.family(summary, "mx-share.awards").items():
        total = sum(bought.get(buyer, {}).values())
        if many < values["awards"] or total <= 0:
            continue
        count += 1
        for supplier, cents in bought[buyer].items():
            share = cents / total
            if share > values["share"]:
                facts = {"share": f"{100 * share:.1f} %", "count": str(many)}
                found.append(Outlier("MX-CONC", "pair", f"{buyer}{_SEPARATOR}{supplier}", share, facts))
    return Weighed(tuple(found), count)


def _between_bodies(case: Case, values: Values, fences: Fences) -> Verdict:
    del fences
    if not case.active_awards:
        return NOT_APPLICABLE
    if not case.suppliers:
        return lacking("awards/suppliers")
    schemes = set(values["schemes"].split("|"))
    public = []
    for who in case.suppliers:
        party = case.view.parties.get(who)
        if party and text(inside(party.body, "identifier"), "scheme") in schemes:
            public.append(who)
    told = f"{case.details} {text(case.tender, 'procurementMethodRationale')}".casefold()
    named = any(word.strip() and word.casefold() in told for word in values["words"].split("|"))
    return raised(1.0, about=public) if public or named else clear()


FLAGS: tuple[Flag, ...] = (
    Flag(
        code="MX-AD",
        name="Adjudicación directa sin sus documentos",
        question="¿Por qué no se publicaron los documentos de la adjudicación directa: {papers}?",
        formula="Cuántos faltan de tres: autorización de la excepción, cotizaciones (o investigación de mercado) y contrato. Solo si ya se adjudicó.",
        fields=("tender/procurementMethod", "planning/documents", "tender/documents", "contracts/documents"),
        source=f"{SOURCE} adjudicación directa",
        literature=_LITERATURE,
        look=_direct_papers,
    ),
    Flag(
        code="MX-LP",
        name="Concurso sin sus documentos",
        question="¿Por qué no se publicaron los documentos del concurso: {papers}?",
        formula="Cuántos faltan de convocatoria, fallo y contrato, y de finiquito o entrega si un contrato terminó. Solo si ya se adjudicó.",
        fields=("tender/procurementMethod", "tender/documents", "awards/documents", "contracts/documents"),
        source=f"{SOURCE} licitación",
        literature=_LITERATURE,
        look=_tender_papers,
    ),
    Flag(
        code="MX-SEMANA",
        name="Varias adjudicaciones directas en una semana",
        question="¿Por qué se hicieron {count} adjudicaciones directas al mismo proveedor en la semana {week}, que suman {total} y pasan del umbral de {limit}?",
        formula="Adjudicaciones directas de un comprador a un proveedor en la misma semana (ISO) y categoría: al menos tantas como dice el umbral, y juntas suman más que el monto máximo de adjudicación directa.",
        fields=("tender/procurementMethod", "tender/mainProcurementCategory", "awards/date", "awards/value/amount", "awards/suppliers", "buyer/id"),
        source=f"{SOURCE} fraccionamiento",
        literature=f"{_LITERATURE}; montos máximos que publica cada año el presupuesto",
        thresholds=(
            Threshold("awards", 2, "Adjudicaciones en la semana."),
            *(Threshold(name, None, "Monto máximo de adjudicación directa según la ley y el presupuesto del año; sin él no se hace.") for name in _CATEGORIES),
        ),
        part=_split_part,
        weigh=_splits,
    ),
    Flag(
        code="MX-CONC",
        name="Un proveedor concentra lo que se adjudica",
        question="¿Por qué un solo proveedor tiene {share} de lo que el comprador adjudicó en {count} adjudicaciones?",
        formula="Monto adjudicado a un proveedor ÷ monto adjudicado por el comprador, mayor que el umbral, en compradores con al menos tantas adjudicaciones.",
        fields=("awards/value/amount", "awards/suppliers", "buyer/id"),
        source=f"{SOURCE} favoritismo",
        literature=_LITERATURE,
        thresholds=(Threshold("share", 0.5, "Proporción, de 0 a 1."), Threshold("awards", 10, "Adjudicaciones del comprador, al menos.")),
        part=_share_part,
        weigh=_shares,
    ),
    Flag(
        code="MX-CONV",
        name="Contrato entre entes públicos",
        question="¿Qué parte hizo por sí mismo el ente público contratado, y qué parte contrató con otros?",
        formula="El proveedor se identifica con un registro de entes públicos, o el procedimiento o su justificación dicen que es entre ellos.",
        fields=("awards/suppliers", "parties/identifier/scheme", "tender/procurementMethodDetails", "tender/procurementMethodRationale"),
        source=f"{SOURCE} convenios entre entes públicos",
        literature=f"{_LITERATURE}; ley federal de adquisiciones, artículo 1",
        thresholds=(
            Threshold("schemes", "MX-INAI", "Registros de entes públicos, separados por |."),
            Threshold("words", "entes públicos|entre dependencias|convenio de colaboración", "Palabras, separadas por |."),
        ),
        look=_between_bodies,
    ),
)  # fmt: skip

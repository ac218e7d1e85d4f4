"""Cardinal's flags about organizations over all processes: R025, R038, R048.

Each process adds counts to a summary kept by difference; who stands out is read from it.
"""

from collections import Counter
from collections.abc import Mapping
from itertools import groupby

from app.flags import statistics
from app.flags.cardinal import SOURCE
from app.flags.case import Case, identity, ids
from app.flags.notation import Fence, Flag, Outlier, Threshold, Values, Weighed
from app.ocds import folding
from app.ocds.checks.view import elements, inside, text
from app.ocds.folding import Key, Summary

SEPARATOR = "\x1f"
"""Between two texts of one key."""


def _losing_part(case: Case, values: Values) -> Summary:
    del values
    found: Summary = Counter()
    winner = case.winner
    if winner is not None:
        valid = {one for bid in case.bids_that_are("valid") for one in _alone(bid)}
        for tenderer in valid:  # once, however many bids
            found["r025.valid", tenderer] += 1
            if tenderer == winner:
                found["r025.won", tenderer] += 1
    return found


def _alone(bid: Mapping[str, object]) -> list[str]:
    tenderers = [identity(one) for _, one in elements(dict(bid), "tenderers")]
    return tenderers if len(tenderers) == 1 and tenderers[0] else []


def _losing(summary: Mapping[Key, int], values: Values) -> Weighed:
    valid = folding.family(summary, "r025.valid")
    if not valid:
        return Weighed((), 0)
    won = {who: summary.get(("r025.won", who), 0) for who in valid}
    shares = {who: won[who] / count for who, count in valid.items()}
    many = statistics.quantile(Counter(map(float, valid.values())), values["percentile"] / 100)
    fence = _fence(shares, values["limit"], is_low=True)
    raised = [
        Outlier(
            "R025",
            "tenderer",
            who,
            shares[who],
            {"won": str(won[who]), "count": str(count), "share": _percent(shares[who])},
        )
        for who, count in valid.items()
        if count >= many and fence.reached(shares[who])
    ]
    return Weighed(tuple(raised), len(valid))


_GROUPS = ("buyer", "procuringEntity", "tenderer")


def _disqualified_part(case: Case, values: Values) -> Summary:
    del values
    found: Summary = Counter()
    bids = case.submitted
    out = [text(bid, "status") == "disqualified" for bid in bids]
    whole = {"buyer": case.buyer, "procuringEntity": identity(inside(case.tender, "procuringEntity"))}
    for group, who in whole.items():
        if who and bids:
            found[f"r038.{group}.submitted", who] += len(bids)
            found[f"r038.{group}.out", who] += sum(out)
    for bid, is_out in zip(bids, out, strict=True):
        for who in ids(bid, "tenderers"):
            found["r038.tenderer.submitted", who] += 1
            found["r038.tenderer.out", who] += is_out
    return Counter({key: count for key, count in found.items() if count})


def _disqualified(summary: Mapping[Key, int], values: Values) -> Weighed:
    raised, count = [], 0
    for group in _GROUPS:
        least = values["bids"] if group == "tenderer" else values["processes"]
        submitted = {
            who: many
            for who, many in folding.family(summary, f"r038.{group}.submitted").items()
            if many >= least
        }
        count += len(submitted)
        if not submitted:
            continue
        out = {who: summary.get((f"r038.{group}.out", who), 0) for who in submitted}
        shares = {who: out[who] / many for who, many in submitted.items()}
        fence = _fence(shares, values["limit"], is_low=False)
        raised += [
            Outlier(
                "R038",
                group,
                who,
                share,
                {"out": str(out[who]), "count": str(submitted[who]), "share": _percent(share)},
            )
            for who, share in shares.items()
            if fence.reached(share)
        ]
    return Weighed(tuple(raised), count)


def _variety_part(case: Case, values: Values) -> Summary:
    found: Summary = Counter()
    seen = set()
    for award in case.active_awards:
        suppliers = [identity(one) for _, one in elements(award, "suppliers")]
        if len(suppliers) != 1 or not suppliers[0]:
            continue  # who of them supplies what is unknown
        for _, item in elements(award, "items"):
            code = identity(inside(item, "classification"))
            if code:
                seen.add(suppliers[0])
                found["r048.class", f"{suppliers[0]}{SEPARATOR}{code[: values['digits']]}"] += 1
    for supplier in seen:
        found["r048.processes", supplier] = 1
    return found


def _variety(summary: Mapping[Key, int], values: Values) -> Weighed:
    processes = folding.family(summary, "r048.processes")
    pairs = (key.split(SEPARATOR)[0] for key in folding.family(summary, "r048.class"))
    classes = {who: len(list(group)) for who, group in groupby(sorted(pairs))}
    kinds = {who: float(classes[who]) for who, count in processes.items() if count >= values["processes"]}
    if not kinds:
        return Weighed((), 0)
    fence = _fence(kinds, values["limit"], is_low=False)
    raised = [
        Outlier("R048", "supplier", who, count, {"count": f"{count:.0f}", "limit": f"{fence.limit:g}"})
        for who, count in kinds.items()
        if count >= fence.limit
    ]
    return Weighed(tuple(raised), len(kinds))


def _fence(figures: Mapping[str, float], limit: float | None, *, is_low: bool) -> Fence:
    found = statistics.fence(Counter(figures.values()), limit, is_low=is_low)
    return found or Fence(0.0, None, None, 0, is_low, is_active=False)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


_BIDS = ("bids/details/status", "bids/details/tenderers")
_LIMIT = "Proporción fija en vez de la que sale de los datos: 0.05 es 5 %."

FLAGS: tuple[Flag, ...] = (
    Flag(
        code="R025",
        name="Licitante que casi nunca gana",
        question="¿Por qué participa tanto quien ganó {won} de los {count} procedimientos en que tuvo proposiciones válidas ({share})?",
        formula="Procedimientos ganados ÷ procedimientos con proposición válida, de cada licitante. Se pregunta a quien participa al menos tanto como el percentil y no pasa de Q1 − 1.5 RIC de las proporciones; no se hace si Q1 o ese límite no son positivos. Mismas exclusiones que R024, pero sin mirar precios.",
        fields=(*_BIDS, "awards/status", "awards/suppliers"),
        source=SOURCE,
        literature="OCDE (2009), «Lineamientos para combatir la colusión entre oferentes en licitaciones públicas»",
        thresholds=(
            Threshold("percentile", 75, "Percentil de participación desde el que se mira."),
            Threshold("limit", None, _LIMIT),
        ),
        part=_losing_part,
        weigh=_losing,
    ),
    Flag(
        code="R038",
        name="Muchas proposiciones desechadas",
        question="¿Por qué se desecharon {out} de {count} proposiciones ({share})?",
        formula="Proposiciones desechadas ÷ presentadas, de cada comprador, convocante y licitante. Se pregunta a quien llega a Q3 + 1.5 RIC de su grupo; no se hace si ese límite no es positivo. Los mínimos se comparan con las proposiciones presentadas, también en compradores y convocantes, como Cardinal las cuenta.",
        fields=(*_BIDS, "buyer/id", "tender/procuringEntity/id"),
        source=SOURCE,
        literature="OLAF (2017), «Fraud in Public Procurement: A collection of Red Flags and Best Practices»",
        thresholds=(
            Threshold("limit", None, _LIMIT),
            Threshold("bids", 2, "Proposiciones que tiene al menos un licitante."),
            Threshold("processes", 2, "Proposiciones que recibe al menos un comprador o convocante."),
        ),
        part=_disqualified_part,
        weigh=_disqualified,
    ),
    Flag(
        code="R048",
        name="Proveedor de cosas muy distintas",
        question="¿Cómo abastece {count} clases de bienes y servicios quien las provee, cuando lo usual es menos de {limit}?",
        formula="Clases distintas (primeros dígitos de la clasificación) de lo adjudicado a cada proveedor que ganó en al menos tantos procedimientos como dice el umbral. Se pregunta a quien llega a Q3 + 1.5 RIC. Las adjudicaciones con varios proveedores no cuentan.",
        fields=("awards/status", "awards/suppliers", "awards/items/classification/id"),
        source=SOURCE,
        literature="Instituto Anticorrupción (2021), «Design and measurement of a corruption risk index from a supplier perspective», componente C1B",
        thresholds=(
            Threshold("digits", 2, "Dígitos de la clasificación que hacen una clase."),
            Threshold("limit", None, "Número fijo de clases en vez del que sale de los datos."),
            Threshold("processes", 20, "Procedimientos que ganó al menos."),
        ),
        part=_variety_part,
        weigh=_variety,
    ),
)  # fmt: skip

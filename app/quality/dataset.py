"""What only all processes together can tell: is the whole believable, and does it agree with itself?

Pelican's checks of a data set, over summaries kept by difference: `dataset_part` is what a process adds. Its keys
grow with the data (one per OCID, amount, buyer), which is why they are not in `reporting.part`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import islice

from app.ocds import folding
from app.ocds.checks.view import View, elements, inside, number, text, texts
from app.ocds.folding import Key, Summary
from app.ocds.shape import Document

_SEPARATOR = "\x1f"
"""Between two texts of one key; control characters are in neither."""
MAIN_CURRENCY = "MXN"
_LEAST_BUYERS, _LEAST_AMOUNTS = 1000, 100
_PLACES = ("tender", "awards", "contracts")
_DOCUMENTS = frozenset(
    f"{place}/documents"
    for place in ("planning", "tender", "awards", "contracts", "contracts/implementation")
)
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check says of a summary."""

    passed: bool | None
    """None when it cannot be asked, or only shows."""
    figure: float | None
    """Share between 0 and 1 that decided; None without one."""
    says: str
    """Spanish."""


@dataclass(frozen=True, slots=True)
class DatasetCheck:
    """One question asked of all processes together."""

    code: str
    title: str
    """Spanish."""
    source: str
    find: Callable[[Mapping[Key, int]], Outcome]


def dataset_part(release: Document, view: View | None = None) -> Summary:
    """Return what one compiled release adds to the summary of a data set."""
    view = view or View(release, _NEVER)
    tender, found = view.section("tender"), Counter[Key]()
    own = text(release, "ocid")
    if own:
        found["ocid", own] += 1
        if text(tender, "title"):
            found["title", f"{own}{_SEPARATOR}{text(tender, 'title')}"] += 1
    if tender.get("id") is not None:
        found["tender.id", str(tender["id"])] += 1
    buyer = text(inside(release, "buyer"), "id")
    if buyer:
        found["buyer", buyer] += 1
    for path, code in _codes(view):
        found[f"code:{path}", code] += 1
    for place in _PLACES:
        for amount, currency in _amounts(release, place):
            found[f"amount:{place}", f"{amount.normalize():f} {currency}"] += 1
    for related in view.all("RelatedProcess"):
        other = text(related.body, "identifier")
        if text(related.body, "scheme") == "ocid" and other:
            found["related", other] += 1
            if text(related.body, "title"):
                found["related.title", f"{other}{_SEPARATOR}{text(related.body, 'title')}"] += 1
    return found


def lost(before: Iterable[str], now: Iterable[str]) -> tuple[str, ...]:
    """Return the OCIDs that stood before and stand no longer, sorted: none may, but those withdrawn by a public act."""
    return tuple(sorted(set(before).difference(now)))


def examine(summary: Mapping[Key, int]) -> tuple[tuple[DatasetCheck, Outcome], ...]:
    """Return every check with what it says of a summary: the fold of `dataset_part` of each process."""
    return tuple((check, check.find(summary)) for check in DATASET)


def _amounts(release: Document, place: str) -> Iterator[tuple[Decimal, str]]:
    """Yield the amounts of the values of a place with their currencies."""
    bodies = [inside(release, place)] if place == "tender" else [body for _, body in elements(release, place)]
    for body in bodies:
        value = inside(body, "value")
        amount, currency = number(value, "amount"), text(value, "currency")
        if amount is not None and currency:
            yield Decimal(str(amount)), currency


def _codes(view: View) -> Iterator[tuple[str, str]]:
    """Yield the codes whose distribution is looked at, with their places."""
    tender, release = view.section("tender"), view.document
    found = [
        *((f"tender/{key}", text(tender, key)) for key in ("procurementMethod", "status", "awardCriteria")),
        ("tender/mainProcurementCategory", text(tender, "mainProcurementCategory")),
        *(("tender/submissionMethod", code) for code in texts(tender, "submissionMethod")),
        *((f"{name}/status", text(body, "status")) for name in ("awards", "contracts") for _, body in elements(release, name)),
        *(("milestones/status", text(one.body, "status")) for one in view.all("Milestone")),
        *(("milestones/type", text(one.body, "type")) for one in view.all("Milestone")),
        *(("documents/documentType", text(one.body, "documentType")) for one in view.all("Document") if one.path in _DOCUMENTS),
        *(("value/currency", text(one.body, "currency")) for one in view.all("Value") if one.path in _VALUES),
        *(("relatedProcesses/relationship", code) for one in view.all("RelatedProcess") for code in texts(one.body, "relationship")),
    ]  # fmt: skip
    return ((path, code) for path, code in found if code)


_VALUES = frozenset(
    {
        "tender/value",
        "tender/minValue",
        "awards/value",
        "contracts/value",
        "planning/budget/amount",
        "contracts/implementation/transactions/value",
    }
)


def _unasked(why: str) -> Outcome:
    return Outcome(None, None, why)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _category(summary: Mapping[Key, int]) -> Outcome:
    codes = folding.family(summary, "code:tender/mainProcurementCategory")
    if not codes:
        return _unasked("Ninguna contratación dice su categoría.")
    code, count = max(codes.items(), key=lambda item: item[1])
    share = count / sum(codes.values())
    return Outcome(share <= 0.95, share, f"La más común, «{code}», es {_percent(share)}.")


def _distribution(summary: Mapping[Key, int], *, path: str, tested: frozenset[str]) -> Outcome:
    """Pelican judges a tested code only where it appears; the rest of the distribution is shown."""
    codes = folding.family(summary, f"code:{path}")
    whole = sum(codes.values())
    if not whole:
        return _unasked("Ninguna contratación lo dice.")
    shares = {code: count / whole for code, count in codes.items()}
    told = ", ".join(
        f"«{code}» {_percent(share)}"
        for code, share in islice(sorted(shares.items(), key=lambda item: -item[1]), 5)
    )
    judged = [share for code, share in shares.items() if code in tested]
    if not judged:
        return Outcome(None, None, f"{told}.")
    passed = all(0.001 <= share <= 0.99 for share in judged)
    return Outcome(passed, max(judged), f"{told}.")


def _unique_tender(summary: Mapping[Key, int]) -> Outcome:
    ids = folding.family(summary, "tender.id")
    if not ids:
        return _unasked("Ninguna licitación tiene identificador.")
    repeated = [name for name, count in ids.items() if count > 1]
    share = sum(ids[name] for name in repeated) / sum(ids.values())
    told = f"se repiten {len(repeated)}: {', '.join(repeated[:3])}" if repeated else "ninguno se repite"
    return Outcome(not repeated, share, f"De {sum(ids.values())} identificadores, {told}.")


def _money(summary: Mapping[Key, int], place: str) -> list[tuple[Decimal, str, int]]:
    found = []
    for written, count in folding.family(summary, f"amount:{place}").items():
        amount, currency = written.split(" ", 1)
        found.append((Decimal(amount), currency, count))
    return found


def _top_values(summary: Mapping[Key, int], *, place: str) -> Outcome:
    """Only in pesos: amounts in other currencies would need a rate for each day."""
    held = sorted(
        ((amount, count) for amount, currency, count in _money(summary, place) if currency == MAIN_CURRENCY and amount >= 0),
        reverse=True,
    )  # fmt: skip
    many = sum(count for _, count in held)
    if many < _LEAST_AMOUNTS:
        return _unasked(f"Hay {many} montos en {MAIN_CURRENCY}; se mira desde {_LEAST_AMOUNTS}.")
    left, top = many // 100, 0
    for amount, count in held:
        taken = min(left, count)
        top, left = top + taken * int(amount), left - taken
    whole = sum(int(amount) * count for amount, count in held)
    share = top / whole if whole else 0.0
    return Outcome(share <= 0.5, share, f"El 1 % de los montos más altos suma {_percent(share)} del total.")


def _same_values(summary: Mapping[Key, int], *, place: str) -> Outcome:
    held = _money(summary, place)
    if not held:
        return _unasked("No hay montos con moneda.")
    common = sorted(held, key=lambda one: -one[2])[:3]
    share = sum(count for _, _, count in common) / sum(count for _, _, count in held)
    told = ", ".join(f"{amount:,.2f} {currency} ({count})" for amount, currency, count in common)
    return Outcome(share < 0.1, share, f"Los tres montos más comunes son {_percent(share)}: {told}.")


def _buyers(summary: Mapping[Key, int]) -> dict[str, int] | Outcome:
    buyers = folding.family(summary, "buyer")
    many = sum(buyers.values())
    if many < _LEAST_BUYERS:
        return _unasked(f"Hay {many} contrataciones con comprador; se mira desde {_LEAST_BUYERS}.")
    return buyers


def _single_buyers(summary: Mapping[Key, int]) -> Outcome:
    buyers = _buyers(summary)
    if isinstance(buyers, Outcome):
        return buyers
    share = sum(count == 1 for count in buyers.values()) / len(buyers)
    return Outcome(share < 0.5, share, f"{_percent(share)} de los compradores aparece una sola vez.")


def _top_buyer(summary: Mapping[Key, int]) -> Outcome:
    buyers = _buyers(summary)
    if isinstance(buyers, Outcome):
        return buyers
    share = max(buyers.values()) / sum(buyers.values())
    return Outcome(
        0.01 < share < 0.5, share, f"El comprador más frecuente es {_percent(share)} de las contrataciones."
    )


def _pairs(
    summary: Mapping[Key, int], asked: str, known: str, judged: Callable[[str], bool]
) -> tuple[int, int]:
    """Return how many mentions that can be judged agree with what is known, and how many there are."""
    mentions = {value: count for value, count in folding.family(summary, asked).items() if judged(value)}
    return sum(count for value, count in mentions.items() if (known, value) in summary), sum(
        mentions.values()
    )


def _share_of(agree: int, asked: int, words: str) -> Outcome:
    if not asked:
        return _unasked("Ninguna contratación menciona otra de este conjunto.")
    return Outcome(agree == asked, agree / asked, f"{agree} de {asked} {words}.")


def _related_exists(summary: Mapping[Key, int]) -> Outcome:
    return _share_of(
        *_pairs(summary, "related", "ocid", lambda _: True), "procedimientos relacionados existen"
    )


def _related_title(summary: Mapping[Key, int]) -> Outcome:
    titled = {value.split(_SEPARATOR)[0] for value in folding.family(summary, "title")}
    agree = _pairs(summary, "related.title", "title", lambda value: value.split(_SEPARATOR)[0] in titled)
    return _share_of(*agree, "títulos relacionados son los publicados")


_NAMES = {"tender": "la licitación", "awards": "las adjudicaciones", "contracts": "los contratos"}
_TESTED = (
    # Path, words, codes that neither miss nor fill everything
    ("tender/procurementMethod", "El tipo de procedimiento", frozenset({"open"})),
    ("tender/status", "La situación de la licitación", frozenset({"active", "complete"})),
    ("awards/status", "La situación de las adjudicaciones", frozenset({"active"})),
    ("contracts/status", "La situación de los contratos", frozenset({"active", "terminated"})),
    ("milestones/status", "La situación de los hitos", frozenset({"met"})),
)
_SHOWN = (
    ("tender/awardCriteria", "El criterio de adjudicación"),
    ("tender/submissionMethod", "El medio de presentación"),
    ("milestones/type", "El tipo de los hitos"),
    ("documents/documentType", "El tipo de los documentos"),
    ("value/currency", "La moneda"),
    ("relatedProcesses/relationship", "La relación con otros procedimientos"),
)

DATASET: tuple[DatasetCheck, ...] = (
    DatasetCheck("main-category", "Ninguna categoría es más de 95 % de las contrataciones.", "distribution.main_procurement_category", _category),
    DatasetCheck("unique-tender", "El identificador de la licitación no se repite.", "unique.tender_id", _unique_tender),
    *(DatasetCheck(f"top-{place}", f"El 1 % de los montos más altos de {_NAMES[place]} no pasa de la mitad del total.", f"distribution.{place}_value", partial(_top_values, place=place)) for place in _PLACES),
    *(DatasetCheck(f"repeated-{place}", f"Los tres montos más comunes de {_NAMES[place]} son menos de 10 %.", f"distribution.{place}_value_repetition", partial(_same_values, place=place)) for place in _PLACES),
    DatasetCheck("single-buyers", "Menos de la mitad de los compradores aparece una sola vez.", "distribution.buyer", _single_buyers),
    DatasetCheck("top-buyer", "El comprador más frecuente tiene entre 1 y 50 % de las contrataciones.", "distribution.buyer_repetition", _top_buyer),
    *(
        DatasetCheck(f"codes-{path.replace('/', '-')}", f"{words} varía: «{'» y «'.join(sorted(tested))}», donde aparece, está entre 0.1 y 99 %.", f"distribution.{path.replace('/', '_')}", partial(_distribution, path=path, tested=tested))
        for path, words, tested in _TESTED
    ),
    *(
        DatasetCheck(f"codes-{path.replace('/', '-')}", f"{words}: solo se muestra cómo se reparte.", f"distribution.{path.replace('/', '_')}", partial(_distribution, path=path, tested=frozenset()))
        for path, words in _SHOWN
    ),
    DatasetCheck("related-title", "El título de un procedimiento relacionado es el que tiene publicado.", "consistent.related_process_title", _related_title),
    DatasetCheck("related-ocid", "Los procedimientos relacionados existen.", "reference.related_process_identifier", _related_exists),
)  # fmt: skip
"""Pelican's checks of a data set but one: whether addresses answer needs the network, and belongs to no pure library."""

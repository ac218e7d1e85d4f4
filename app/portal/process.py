"""The page of a process: its title, its five stages, its summary, and all it says by stage."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.core.errors import NotFoundError
from app.ocds import codelists, tags
from app.ocds.shape import Document
from app.portal import telling
from app.portal.reading import Reader, Section, anchor, find_list
from app.portal.telling import Entry, Line, Told
from app.processes.summary import title_of
from app.web import formats
from app.web.components import STAGES, Stage, StageState

KEYS = ("planning", "tender", "award", "contract", "implementation")
"""The stages as `ProcessFacet.stage` writes them, in order."""

STAGE_LABELS = dict(zip(KEYS, STAGES, strict=True))

_IDS = ("planeacion", "procedimiento", "adjudicacion", "contrato", "ejecucion")


def title(compiled: Document) -> str:
    """Return what people call the process; its ocid where it has no title."""
    return title_of(compiled) or str(compiled.get("ocid", ""))


def timeline(compiled: Document) -> tuple[Stage, ...]:
    """Return the five stages with their dates and amounts."""
    present = set(tags.sections_present(compiled))
    reached = max((KEYS.index(key) for key in present), default=-1)
    told = (
        (_when_planned(compiled), _amounts([_at(compiled, "planning", "budget", "amount")])),
        (_period(_at(compiled, "tender", "tenderPeriod")), _amounts([_at(compiled, "tender", "value")])),
        (
            _days(award.get("date") for award in _objects(compiled, "awards")),
            _amounts(_values(_standing(compiled, "awards"))),
        ),
        (
            _days(contract.get("dateSigned") for contract in _objects(compiled, "contracts")),
            _amounts(_values(_objects(compiled, "contracts"))),
        ),
        (
            _days(payment.get("date") for payment in _payments(compiled)),
            _amounts(_values(_payments(compiled))),
        ),
    )
    return tuple(
        Stage(
            STAGES[at],
            _state(at, reached, present=key in present),
            when=when if key in present else "",
            amount=amount if key in present else "",
            href=f"#{_IDS[at]}" if key in present else None,
        )
        for at, (key, (when, amount)) in enumerate(zip(KEYS, told, strict=True))
    )


def _state(at: int, reached: int, *, present: bool) -> StageState:
    if at == reached:
        return "current"
    if at > reached:
        return "upcoming"
    return "done" if present else "missing"


def summary(compiled: Document) -> tuple[Line, ...]:
    """Return "qué, quién, cuánto, cuándo, cómo"; a question without an answer has no entries."""
    answers = (
        ("Qué", _what(compiled)),
        ("Quién", _who(compiled)),
        ("Cuánto", _how_much(compiled)),
        ("Cuándo", _when(compiled)),
        ("Cómo", _how(compiled)),
    )
    return tuple(Line(question, tuple(answer)) for question, answer in answers)


def _what(compiled: Document) -> Iterator[Entry]:
    tender = _at(compiled, "tender")
    subject = _text(_at(tender, "description")) or _text(_at(compiled, "planning", "rationale"))
    if subject and subject != title(compiled):
        yield (Told(subject),)
    category = _text(_at(tender, "mainProcurementCategory"))
    if category:
        yield (Told(codelists.label("procurementCategory", category), before="Categoría: "),)
    items = max(
        (
            len(_objects(holder, "items"))
            for holder in (tender, *_objects(compiled, "awards"), *_objects(compiled, "contracts"))
            if isinstance(holder, dict)
        ),
        default=0,
    )
    if items:
        yield (Told(formats.plural(items, "partida", "partidas")),)


def _who(compiled: Document) -> Iterator[Entry]:
    buyer = _text(_at(compiled, "buyer", "name"))
    convener = _text(_at(compiled, "tender", "procuringEntity", "name"))
    if buyer:
        yield (Told(buyer, before="Compra: "),)
    if convener and convener != buyer:
        yield (Told(convener, before="Convoca: "),)
    suppliers = _names(
        supplier for award in _standing(compiled, "awards") for supplier in _objects(award, "suppliers")
    )
    for name in suppliers[:_MANY]:
        yield (Told(name, before="Vende: "),)
    if len(suppliers) > _MANY:
        yield (Told(f"y {formats.plural(len(suppliers) - _MANY, 'proveedor', 'proveedores')} más"),)
    tender = _at(compiled, "tender")
    tenderers = _names(_objects(tender, "tenderers")) if isinstance(tender, dict) else []
    others = [name for name in tenderers if name not in suppliers]
    if others:
        shown = ", ".join(others[:_MANY])
        more = f" y {len(others) - _MANY} más" if len(others) > _MANY else ""
        yield (
            Told(
                shown + more, before="También participó: " if len(others) == 1 else "También participaron: "
            ),
        )


_MANY = 5


def _how_much(compiled: Document) -> Iterator[Entry]:
    told = (
        ("Pagado: ", _values(_payments(compiled))),
        ("Contratado: ", _values(_objects(compiled, "contracts"))),
        ("Adjudicado: ", _values(_standing(compiled, "awards"))),
        ("Estimado: ", [_at(compiled, "tender", "value")]),
        ("Presupuestado: ", [_at(compiled, "planning", "budget", "amount")]),
    )
    for before, values in told:
        amounts = _amounts(values)
        if amounts:
            yield (Told(amounts, before=before),)


def _when(compiled: Document) -> Iterator[Entry]:
    received = _at(compiled, "tender", "tenderPeriod")
    if isinstance(received, dict):
        words, _ = telling.compact(received, "tender/tenderPeriod")
        if words:
            yield _led("Proposiciones: ", words)
    awarded = _days(award.get("date") for award in _standing(compiled, "awards"))
    if awarded:
        yield (Told(awarded, before="Fallo: "),)
    signed = _days(contract.get("dateSigned") for contract in _objects(compiled, "contracts"))
    if signed:
        yield (Told(signed, before="Firma: "),)
    for contract in _objects(compiled, "contracts")[:_MANY]:
        period = contract.get("period")
        words = telling.compact(period, "contracts/period")[0] if isinstance(period, dict) else ()
        if words:
            yield _led("Vigencia: ", words)


def _how(compiled: Document) -> Iterator[Entry]:
    tender = _at(compiled, "tender")
    method = _text(_at(tender, "procurementMethod"))
    details = _text(_at(tender, "procurementMethodDetails"))
    named = codelists.label("method", method) if method else ""
    if named or details:
        yield (Told(" · ".join(dict.fromkeys(filter(None, (named, details))))),)
    criterion = _text(_at(tender, "awardCriteria"))
    if criterion:
        yield (Told(codelists.label("awardCriteria", criterion), before="Se elige por: "),)
    count = _at(tender, "numberOfTenderers")
    if isinstance(count, int) and not isinstance(count, bool):
        yield (Told(formats.plural(count, "licitante", "licitantes")),)


def sections(compiled: Document) -> list[Section]:
    """Return everything that the compiled release says, by stage; stages without data are left out."""
    reader = Reader()
    rest = dict(compiled)
    contracts, bids = rest.pop("contracts", None), rest.pop("bids", None)
    tender, signed = rest.pop("tender", None), _without_implementation(contracts)
    told = [
        _stage(reader, 0, rest.pop("planning", None), "planning"),
        _stage(reader, 1, tender, "tender"),
        _stage(reader, 2, rest.pop("awards", None), "awards"),
        _stage(reader, 3, signed, "contracts"),
        _implementation(reader, contracts),
    ]
    if bids is not None:
        told[1].sections.append(_part(reader, telling.label("bids"), bids, "bids"))
    told.append(_part(reader, "Participantes", rest.pop("parties", None), "parties", "participantes"))
    told.append(reader.section("Los demás campos", rest, "", ""))
    told[-1].id = "demas-campos"
    return [section for section in told if not section.empty]


def list_page(compiled: Document, pointer: str, start: int) -> tuple[Section, int]:
    """Return one list of the process, from its element `start` on, and how long it is.

    Raises:
        NotFoundError: the process has no such list.
    """
    elements, path = find_list(compiled, pointer)
    if not 0 <= start < len(elements):
        raise NotFoundError("Esa lista no llega tan lejos.")
    reader = Reader(pointer=pointer, start=start)
    return reader.list_section(telling.label(path), elements, path, pointer), len(elements)


def _stage(reader: Reader, at: int, value: Any, path: str) -> Section:
    return _part(reader, STAGES[at], value, path, _IDS[at])


def _part(reader: Reader, name: str, value: Any, path: str, id_: str = "") -> Section:
    """Tell one member of the release; whatever its shape, nothing of it is lost."""
    place = f"/{path}"
    if isinstance(value, dict):
        made = reader.section(name, value, path, place)
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        made = reader.list_section(name, value, path, place)
    else:
        made = Section(name, lines=list(telling.lines(name, value, path)) if value is not None else [])
    made.id = id_ or anchor(place)
    return made


def _without_implementation(contracts: Any) -> Any:
    if not isinstance(contracts, list):
        return contracts
    return [
        {
            key: value
            for key, value in contract.items()
            if key != "implementation" or not isinstance(value, dict)
        }
        if isinstance(contract, dict)
        else contract
        for contract in contracts
    ]


def _implementation(reader: Reader, contracts: Any) -> Section:
    made = Section(STAGES[4], _IDS[4])
    for at, contract in enumerate(contracts if isinstance(contracts, list) else ()):
        carried_out = contract.get("implementation") if isinstance(contract, dict) else None
        if isinstance(carried_out, dict) and carried_out:
            name = contract.get("title") or contract.get("id", "")
            told = reader.section(
                f"Contrato: {name}",
                carried_out,
                "contracts/implementation",
                f"/contracts/{at}/implementation",
            )
            made.sections.append(told)
    return made


def _when_planned(compiled: Document) -> str:
    parts = _at(compiled, "planning", "budget", "budgetBreakdown")
    first = parts[0] if isinstance(parts, list) and parts else None
    day = telling.date_of(_at(first, "period", "startDate"))
    return f"ejercicio {day.year}" if day else ""


def _period(period: Any) -> str:
    start, end = telling.date_of(_at(period, "startDate")), telling.date_of(_at(period, "endDate"))
    if start and end and start != end:
        return f"{formats.date_es(start)} – {formats.date_es(end)}"
    day = start or end
    return formats.date_es(day) if day else ""


def _days(values: Iterable[Any]) -> str:
    days = sorted({day for value in values if (day := telling.date_of(value))})
    if len(days) > 1:
        return f"{formats.date_es(days[0])} – {formats.date_es(days[-1])}"
    return formats.date_es(days[0]) if days else ""


def _amounts(values: Iterable[Any]) -> str:
    """Add amounts of one currency; several currencies stand side by side."""
    sums: dict[str, Decimal] = {}
    for value in values:
        amount = telling.decimal_of(_at(value, "amount"))
        if amount is None:
            amount = telling.decimal_of(_at(value, "netAmount"))
        if amount is not None:
            currency = _text(_at(value, "currency"))
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return " + ".join(formats.money(amount, currency or None) for currency, amount in sums.items())


def _payments(compiled: Document) -> list[Document]:
    return [
        payment
        for contract in _objects(compiled, "contracts")
        if isinstance(held := contract.get("implementation"), dict)
        for payment in _objects(held, "transactions")
    ]


def _standing(compiled: Document, key: str) -> list[Document]:
    """The awards that were not cancelled."""
    return [one for one in _objects(compiled, key) if one.get("status") not in ("cancelled", "unsuccessful")]


def _values(holders: Iterable[Document]) -> list[Any]:
    return [holder.get("value") for holder in holders]


def _names(references: Iterable[Document]) -> list[str]:
    return list(dict.fromkeys(filter(None, (_text(one.get("name")) for one in references))))


def _led(before: str, words: Entry) -> Entry:
    return (replace(words[0], before=before + words[0].before), *words[1:])


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _objects(holder: Document, key: str) -> list[Document]:
    value = holder.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""

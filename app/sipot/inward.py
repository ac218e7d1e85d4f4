"""SIPOT rows to one OCDS document: the rows of one process, quarter by quarter, each over what the last one said.

Long, because every rule of the mapping has its method here, in the order of the table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from app.core.folding import fold
from app.ocds import identifiers
from app.ocds.entry import dates, numbers
from app.ocds.entry.errors import EntryError
from app.sipot import mapping, people
from app.sipot.mapping import LINES, Line, Rule
from app.sipot.places import Document, Roots, has_id
from app.sipot.rows import Remark, Row, Value

OWN_GUARANTEE = "sipot-garantias"
"""Id of the one guarantee that the column with their sum becomes."""


class NaturalKey(NamedTuple):
    """What tells contracts apart within a sujeto obligado; each part is folded, and empty where the row lacks it."""

    file: str
    contract: str
    rfc: str

    @property
    def process(self) -> str:
        """What the rows of one process share; empty where nothing does."""
        return self.file or self.contract


class Report(NamedTuple):
    """What a row says of the report and not of the process."""

    year: int | None
    start: date | None
    end: date | None
    area: str
    updated: date | None
    validated: date | None
    note: str
    sheet: str
    row: int


class Snapshot(NamedTuple):
    """How a process stood when a period was reported."""

    period: tuple[date | None, date | None]
    document: Document
    reports: tuple[Report, ...]


@dataclass(slots=True)
class Taken:
    """What the rows of one process became."""

    history: list[Snapshot] = field(default_factory=list)
    """Oldest first; the last one is how the process stands."""
    remarks: list[Remark] = field(default_factory=list)

    @property
    def document(self) -> Document:
        """The process as the newest period has it."""
        return self.history[-1].document if self.history else {}


def natural_key(row: Row) -> NaturalKey:
    """Return what tells the row's contract apart."""
    values = row.values
    return _key(
        str(values.get("file", "")),
        str(values.get("contract.number", "")),
        str(values.get("supplier.rfc", "")),
    )


@lru_cache(maxsize=64)  # one row is asked several times
def _key(file: str, contract: str, rfc: str) -> NaturalKey:
    return NaturalKey(fold(file), fold(contract), identifiers.normal(rfc))


def reports_nothing(row: Row) -> bool:
    """Whether a row declares that there was nothing to report: period, area, dates and a note, and nothing else."""
    return bool(row.values.get("note")) and not row.tables and row.values.keys() <= _OF_REPORT


def take(rows: Iterable[Row], *, zone: str) -> Taken:
    """Make a document of the rows of one process.

    Args:
        rows: with the same `natural_key(row).process`, in any order; a row that comes later in time changes what an
            earlier one said, and leaves as it was what it does not mention.
        zone: of the tenant, for days that become moments.

    Returns:
        documents without `ocid`, `id`, `date` or `tag`, which are not for a file to say.
    """
    taken, document = Taken(), Document()
    ordered = sorted(rows, key=_when)
    for period, together in groupby(ordered, key=_period):
        if taken.history:  # what was said before stays as it was
            document = orjson.loads(orjson.dumps(document))
        reports = []
        for row in together:
            step = _Step(document, row, zone)
            step.take()
            taken.remarks.extend((*row.remarks, *step.remarks))
            reports.append(_report(row))
        taken.history.append(Snapshot(period, document, tuple(reports)))
    return taken


class _Step:
    """One row put into a document."""

    def __init__(self, document: Document, row: Row, zone: str) -> None:
        self.remarks: list[Remark] = []
        self._document, self._row, self._zone = document, row, zone
        self._values = row.values
        supplier = self._supplier()
        award, contract = self._award(supplier)
        self._roots = Roots(
            document,
            award=award,
            contract=contract,
            supplier=supplier,
            budget=self._budget(award),
            meeting=self._meeting(),
        )

    def take(self) -> None:
        """Put every cell of the row in its place."""
        said = {**self._values, **self._row.tables}
        for line in _lines(tuple(said)):
            try:
                _TAKERS[line.rule](self, line, said[line.key])
            except LookupError:
                self._remark(line, "no se tomó: la fila no dice de qué contrato o proveedor es")

    def _supplier(self) -> Document | None:
        cells = {
            part: value for key, part in _SUPPLIER.items() if (value := self._values.get(key)) is not None
        }
        found = people.party(cells)
        return people.enlist(self._document, found, "supplier") if found else None

    def _award(self, supplier: Document | None) -> tuple[Document | None, Document | None]:
        """Return the award and the contract of the row: by the contract's number, otherwise by the supplier."""
        number = self._values.get("contract.number")
        said = self._values.keys()
        is_contract = number is not None or not _CONTRACTED.isdisjoint(said)
        if supplier is None and not is_contract and _AWARDED.isdisjoint(said):
            return None, None
        awards, contracts = (self._document.setdefault(name, []) for name in ("awards", "contracts"))
        contract = has_id(contracts, number) if number is not None else None
        award = has_id(awards, contract.get("awardID")) if contract else None
        if award is None:
            signed = {one.get("awardID") for one in contracts if not str(one["id"]).startswith("sin-numero-")}
            award = next(
                (
                    one
                    for one in awards
                    if one["id"] not in signed
                    and (supplier is None or has_id(one.get("suppliers", ()), supplier["id"]) is not None)
                ),
                None,
            )
        if award is None:
            award = {"id": str(number) if number is not None else f"adjudicacion-{len(awards) + 1}"}
            awards.append(award)
        if supplier is not None and has_id(award.setdefault("suppliers", []), supplier["id"]) is None:
            award["suppliers"].append(people.reference(supplier))
        if contract is None and is_contract:
            contract = next((one for one in contracts if one.get("awardID") == award["id"]), None)
            if contract is None:
                contract = {"id": f"sin-numero-{len(contracts) + 1}", "awardID": award["id"]}
                contracts.append(contract)
            if number is not None:
                contract["id"] = str(number)
        for name in ("awards", "contracts"):
            if not self._document[name]:
                del self._document[name]
        return award, contract

    def _budget(self, award: Document | None) -> Document | None:
        if not ({"origin", "source", "fund"} & self._values.keys() or "spending" in self._row.tables):
            return None
        breakdowns = (
            self._document.setdefault("planning", {})
            .setdefault("budget", {})
            .setdefault("budgetBreakdown", [])
        )
        own = award["id"] if award else "1"
        found = has_id(breakdowns, own)
        if found is None:
            found = {"id": own}
            breakdowns.append(found)
        return found

    def _meeting(self) -> Document | None:
        if "meeting.date" not in self._values and not {"attendees", "officials"} & self._row.tables.keys():
            return None
        meetings = self._document.setdefault("tender", {}).setdefault("clarificationMeetings", [])
        if not meetings:
            meetings.append({"id": "1"})
        first: Document = meetings[0]
        return first

    def _remark(self, line: Line, message: str) -> None:
        self.remarks.append(Remark(self._row.sheet, self._row.number, line.key, message))

    def text(self, line: Line, value: Value) -> None:
        """Put a text as it stands."""
        self._roots.set(line.path, str(value))

    def day(self, line: Line, value: Value) -> None:
        """Put a day as the moment it begins, or ends."""
        if isinstance(value, date):
            name = line.path.rpartition(".")[2]
            self._roots.set(line.path, _moment(value, name, self._zone))

    def pesos(self, line: Line, value: Value) -> None:
        """Put an amount in pesos."""
        value_path = line.path.rpartition(".")[0]
        if self._roots.get(line.path) not in (None, value):
            self._remark(
                line, "otra fila del mismo procedimiento dice otro monto; quedó el de la más reciente"
            )
        self._roots.set(line.path, value)
        self._roots.set(f"{value_path}.currency", "MXN")

    def converted(self, line: Line, value: Value) -> None:
        """Put an amount that SIPOT has in pesos in the contract's own currency."""
        amount = value if isinstance(value, int | float) else 0
        block = self._roots.block("contract.value")
        currency = block["currency"] = block.get("currency") or "MXN"
        rate = self._roots.get("contract.value.exchangeRates.rate") if currency != "MXN" else None
        if rate:
            amount = mapping.from_pesos(amount, rate)
        elif currency != "MXN":
            self._remark(line, f"no hay tipo de cambio: el monto se tomó en {currency} y no en pesos")
        self._roots.set(line.path, amount)

    def urls(self, line: Line, value: Value) -> None:
        """Put one document for each address, in place of those of the type that were there."""
        base, _, kinds = line.path.removesuffix("]").partition(".documents[")
        types = kinds.split("+")
        addresses = value if isinstance(value, tuple) else (str(value),)
        block = self._roots.block(base)
        kept = [one for one in block.get("documents", ()) if one.get("documentType") not in types]
        made = []
        for number, address in enumerate(addresses):
            kind = types[min(number, len(types) - 1)]
            made.append({"id": f"{kind}-{number + 1}", "documentType": kind, "url": address})
        block["documents"] = [*kept, *made]

    def code(self, line: Line, value: Value) -> None:
        """Put the code of a label."""
        code = mapping.code_of(line.key, str(value))
        if code is None and line.key in mapping.CLOSED:
            self._remark(line, f"«{value}» no está en la lista y no se tomó")
            return
        self._roots.set(line.path, code or str(value))

    def codes(self, line: Line, value: Value) -> None:
        """Put the codes of labels parted by semicolons."""
        said = [piece.strip() for piece in str(value).split(";") if piece.strip()]
        codes = (mapping.code_of(line.key, piece) or piece for piece in said)
        self._roots.set(line.path, [*dict.fromkeys(codes)])

    def method(self, line: Line, value: Value) -> None:
        """Put the method in words and, where it is one of the law's, its code."""
        self._roots.set(line.path, str(value))
        if code := mapping.method_of(str(value)):
            self._roots.set("tender.procurementMethod", code)

    def category(self, line: Line, value: Value) -> None:
        """Put the main category and the finer one."""
        found = mapping.category_of(str(value))
        if found is None:
            self._remark(line, f"«{value}» no es una materia conocida y no se tomó")
            return
        main, finer = found
        self._roots.set(line.path, main)
        if finer:
            self._roots.set("tender.additionalProcurementCategories", [finer])
        else:
            self._roots.block("tender").pop("additionalProcurementCategories", None)

    def currency(self, line: Line, value: Value) -> None:
        """Put the code of the currency."""
        code = mapping.currency_of(str(value))
        if code is None:
            self._remark(line, f"no se sabe qué moneda es «{value}»; escribe su clave, como MXN o USD")
            return
        self._roots.set(line.path, code)

    def rate(self, line: Line, value: Value) -> None:
        """Put how many pesos one unit of the contract's currency is."""
        try:
            rate = numbers.read(str(value))
        except EntryError:
            self._remark(line, f"«{value}» no es un tipo de cambio; escribe solo el número, como 17.05")
            return
        if rate > 0 and self._roots.get("contract.value.currency") not in (None, "MXN"):
            self._roots.set(line.path, rate)
            self._roots.set("contract.value.exchangeRates.currency", "MXN")

    def total(self, _: Line, value: Value) -> None:
        """Put the sum of the guarantees as one."""
        guarantee = {"id": OWN_GUARANTEE, "value": {"amount": value, "currency": "MXN"}}
        self._roots.set("contract.guarantees", [guarantee])

    def units(self, line: Line, value: Value) -> None:
        """Put areas of the institution, as parties and as references."""
        name = line.path.rpartition(".")[2]
        names = [
            piece.strip() for text in str(value).split("\n") for piece in text.split(";") if piece.strip()
        ]
        made = [people.enlist(self._document, people.unit(one), name.removesuffix("s")) for one in names]
        self._roots.set(line.path, [people.reference(one) for one in _distinct(made)])

    def people(self, line: Line, rows: Sequence[Mapping[str, Value]]) -> None:
        """Put the participants of a sub-table, with the role that the place gives."""
        role = _ROLES[line.key]
        found = [party for row in rows if (party := people.party(row))]
        parties = _distinct([people.enlist(self._document, party, role) for party in found])
        if not line.path.startswith("parties["):
            self._roots.set(line.path, [people.reference(party) for party in parties])

    def quotes(self, _: Line, rows: Sequence[Mapping[str, Value]]) -> None:
        """Put the quotes of a sub-table into one request."""
        made: list[Document] = []
        for number, row in enumerate(rows, start=1):
            quote: Document = {"id": str(number)}
            if (party := people.party(row)) is not None:
                supplier = people.enlist(self._document, party, "issuingSupplier")
                quote["issuingSupplier"] = people.reference(supplier)
            if (amount := row.get("amount")) is not None:
                quote["value"] = {"amount": amount, "currency": "MXN"}
            made.append(quote)
        self._roots.set("planning.requestsForQuotes.quotes", made)

    def amendments(self, line: Line, rows: Sequence[Mapping[str, Value]]) -> None:
        """Put the amendments of a sub-table and their documents."""
        made: list[Document] = []
        papers: list[Document] = []
        for number, row in enumerate(rows, start=1):
            own = str(row.get("number") or number)
            amendment: Document = {"id": own}
            if isinstance(signed := row.get("date"), date):
                amendment["date"] = _moment(signed, "date", self._zone)
            if (subject := row.get("object")) is not None:
                amendment["description"] = str(subject)
            made.append(amendment)
            addresses = row.get("url") or ()
            papers.extend(
                {
                    "id": f"contractAmendment-{own}-{place}",
                    "documentType": "contractAmendment",
                    "title": own,
                    "url": address,
                }
                for place, address in enumerate(addresses if isinstance(addresses, tuple) else (), start=1)
            )
        self._roots.set(line.path, made)
        contract = self._roots.block("contract")
        kept = [
            one for one in contract.get("documents", ()) if one.get("documentType") != "contractAmendment"
        ]
        if kept or papers:
            contract["documents"] = [*kept, *papers]

    def amended(self, line: Line, value: Value) -> None:
        """Say where the answer and the sub-table disagree; only the sub-table is kept."""
        if (fold(str(value)) == "si") != bool(self._row.tables.get("amendments")):
            self._remark(
                line, f"dice «{value}» y la subtabla de convenios dice lo contrario; se tomó la subtabla"
            )

    def unsuccessful(self, line: Line, value: Value) -> None:
        """Put the status of a tender that ended without an award."""
        if fold(str(value)) == "si":
            self._roots.set(line.path, "unsuccessful")

    def spending(self, _: Line, rows: Sequence[Mapping[str, Value]]) -> None:
        """Put a budget line for each item of expenditure."""
        codes = dict.fromkeys(str(row["code"]) for row in rows if "code" in row)
        self._roots.set(
            "budget.budgetLines",
            [{"id": code, "components": [{"name": "spendingObject", "code": code}]} for code in codes],
        )

    def financing(self, _: Line, value: Value) -> None:
        """Put the source of the money beside the items of expenditure."""
        source = {"name": "budgetSource", "description": str(value)}
        budget_lines = self._roots.block("budget").setdefault("budgetLines", [])
        if not budget_lines:
            budget_lines.append({"id": "1", "components": []})
        for line in budget_lines:
            kept = [one for one in line["components"] if one.get("name") != "budgetSource"]
            line["components"] = [*kept, source]

    def notices(self, _: Line, value: Value) -> None:
        """Put a milestone for each line of what the population was told."""
        self._roots.set(
            "contract.implementation.milestones",
            [
                {"id": f"publicNotices-{number}", "type": "publicNotices", "description": text}
                for number, text in enumerate(str(value).splitlines(), start=1)
            ],
        )

    def address(self, line: Line, value: Value) -> None:
        """Put a part of an address in Mexico."""
        self._roots.set(line.path, str(value))

    def abroad(self, line: Line, value: Value) -> None:
        """Put a part of an address elsewhere, unless the row also has one in Mexico."""
        if any(key.startswith("address.") for key in self._values):
            self._remark(line, "no se tomó: la fila trae también un domicilio en México, que quedó")
            return
        self._roots.set(line.path, str(value))

    def place(self, line: Line, value: Value) -> None:
        """Put where the works are, or what they are, into the contract's only item."""
        contract = self._roots.block("contract")
        items = contract.setdefault("items", [{"id": "1"}])
        if line.key == "works.description":
            items[0]["description"] = str(value)
        else:
            items[0]["deliveryAddresses"] = [{"description": text} for text in str(value).splitlines()]

    def works(self, _: Line, rows: Sequence[Mapping[str, Value]]) -> None:
        """Put the rows of the sub-table of works as the columns of those names; several are joined by lines."""
        by_key = {line.key: line for line in LINES}
        for key in ("works.place", "works.impact", "works.notices", "works.stage"):
            values = [row[key] for row in rows if key in row]
            if not values:
                continue
            joined: Value = values[-1]
            if key == "works.impact":
                joined = tuple(dict.fromkeys(url for one in values if isinstance(one, tuple) for url in one))
            elif key != "works.stage":
                joined = "\n".join(map(str, values))
            _TAKERS[by_key[key].rule](self, by_key[key], joined)


_OF_REPORT = frozenset(line.key for line in LINES if line.rule is Rule.REPORT)
_CONTRACTED = frozenset(
    line.key for line in LINES if line.path.startswith("contract.") and line.rule is not Rule.AMENDED
)
_NOWHERE = frozenset((Rule.REPORT, Rule.LOST))
_SUPPLIER = MappingProxyType(
    {f"supplier.{part}": part for part in ("given", "first", "second", "legal", "rfc")}
)
_IN_PLACE = frozenset((*_SUPPLIER, "contract.number"))
"""What makes parties and contracts: it stands where it belongs before anything is put there."""
_ORDER = MappingProxyType({line.key: place for place, line in enumerate(LINES)})
_AWARDED = frozenset(line.key for line in LINES if line.path.startswith("award."))
_ROLES = MappingProxyType(
    {"possible": "invitedSupplier", "bidders": "tenderer", "attendees": "attendee", "officials": "official"}
)
_TAKERS: Mapping[Rule, Callable[[_Step, Line, Any], None]] = MappingProxyType(
    {rule: getattr(_Step, rule.value) for rule in Rule if rule not in _NOWHERE}
)


@lru_cache(maxsize=1024)
def _lines(keys: tuple[str, ...]) -> tuple[Line, ...]:
    """Return what of the table is to be done for the columns of a row, in its order: many rows fill the same ones."""
    lines = (LINES[place] for place in sorted(_ORDER[key] for key in keys if key in _ORDER))
    return tuple(line for line in lines if line.rule not in _NOWHERE and line.key not in _IN_PLACE)


@lru_cache(maxsize=4096)
def _moment(day: date, name: str, zone: str) -> str:
    return dates.read(day.isoformat(), name=name, zone=zone)


def _distinct(parties: Iterable[Document]) -> list[Document]:
    return [*{party["id"]: party for party in parties}.values()]


def _period(row: Row) -> tuple[date | None, date | None]:
    start, end = row.values.get("period.start"), row.values.get("period.end")
    return start if isinstance(start, date) else None, end if isinstance(end, date) else None


def _when(row: Row) -> tuple[date, date, date, int]:
    """Order rows by their period, then by when they were updated, then as they stand."""
    start, end = _period(row)
    updated = row.values.get("updated")
    known = updated if isinstance(updated, date) else date.min
    return end or date.min, start or date.min, known, row.number


def _report(row: Row) -> Report:
    values = row.values
    year = values.get("year")
    start, end = _period(row)
    updated, validated = (
        value if isinstance(value := values.get(key), date) else None for key in ("updated", "validated")
    )
    return Report(
        year=year if isinstance(year, int) else None,
        start=start,
        end=end,
        area=str(values.get("area", "")),
        updated=updated,
        validated=validated,
        note=str(values.get("note", "")),
        sheet=row.sheet,
        row=row.number,
    )

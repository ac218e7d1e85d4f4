"""One published process to SIPOT rows: one for each contract and supplier, one where nothing was awarded.

Long, because every rule of the mapping has its method here, the other way round of `app.sipot.inward`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from app.ocds import privacy
from app.sipot import mapping, people
from app.sipot.formats import Format
from app.sipot.inward import Report
from app.sipot.mapping import LINES, Line, Rule
from app.sipot.places import Document, Roots, has_id
from app.sipot.rows import Row, Value


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the format asks for and the process does not say, or says in a way that the format cannot."""

    key: str
    message: str
    """Spanish."""


@dataclass(frozen=True, slots=True)
class Due:
    """One row to report, with what it lacks."""

    row: Row
    gaps: tuple[Gap, ...]


class Part(NamedTuple):
    """What one row is about; nothing where nothing was awarded."""

    award: Document | None
    contract: Document | None
    supplier: Document | None


def rows(
    document: Document, format_: Format, report: Report, *, zone: str, natural_rfc_public: bool
) -> list[Due]:
    """Return the rows of one process.

    Args:
        document: a compiled release.
        format_: whose columns are filled.
        report: the period, the area, the dates and the note.
        zone: of the tenant, in which moments are days.
        natural_rfc_public: whether the tenant's law lets the RFC of natural persons be published.
    """
    public, _ = privacy.withhold(document, natural_rfc_public=natural_rfc_public)
    return [
        _Step(public, award, contract, supplier, zone).row(format_, report)
        for award, contract, supplier in parts(public)
    ]


def nothing_to_report(report: Report) -> Row:
    """Return the row that declares a period without contracts: the period, the area, the dates and the note."""
    return Row("", 0, "", {key: value for key, value in _reported(report).items() if value is not None})


def belongs(document: Document, format_: Format) -> bool:
    """Whether a process is reported in a format: direct awards apart from tenders and invitations, or all in one."""
    if format_.family == "all":
        return True
    is_direct: bool = (document.get("tender") or {}).get("procurementMethod") == "direct"
    return is_direct is (format_.family == "direct")


def parts(document: Document) -> Iterator[Part]:
    """Yield what each row is about, in the order of `rows`."""
    awards = document.get("awards") or []
    contracts = document.get("contracts") or []
    parties = {party.get("id"): party for party in document.get("parties") or ()}
    pairs = [(has_id(awards, contract.get("awardID")), contract) for contract in contracts]
    signed = {contract.get("awardID") for contract in contracts}
    pairs += [(award, None) for award in awards if award.get("id") not in signed]
    for award, contract in pairs or [(None, None)]:
        suppliers = [
            parties.get(one.get("id"), one) for one in (award.get("suppliers") or () if award else ())
        ]
        for supplier in suppliers or [None]:
            yield Part(award, contract, supplier)


class _Step:
    """One row read out of a document."""

    def __init__(
        self,
        document: Document,
        award: Document | None,
        contract: Document | None,
        supplier: Document | None,
        zone: str,
    ) -> None:
        self._document, self._contract, self._supplier, self._zone = document, contract, supplier, zone
        self._gaps: list[Gap] = []
        self._parties = {party.get("id"): party for party in document.get("parties") or ()}
        meetings = document.get("tender", {}).get("clarificationMeetings") or []
        self._meetings: list[Document] = meetings
        self._budgets = _budgets(document, award)
        self.roots = Roots(
            document,
            award=award,
            contract=contract,
            supplier=supplier,
            budget=self._budgets[0] if self._budgets else None,
            meeting=meetings[0] if meetings else None,
        )

    def row(self, format_: Format, report: Report) -> Due:
        """Fill the columns that a format has."""
        values: dict[str, Value] = {}
        tables: dict[str, Sequence[Mapping[str, Value]]] = {}
        reported = _reported(report)
        supplier = people.cells(self._supplier) if self._supplier else {}
        for line in LINES:
            column = format_.column(line.key)
            if column is None:
                continue
            if line.rule is Rule.REPORT:
                found: Any = reported[line.key]
            elif line.key.startswith("supplier."):
                found = supplier.get(line.key.removeprefix("supplier."))
            else:
                found = _GIVERS[line.rule](self, line)
            if found in (None, "", (), []):
                continue
            if column.table:
                tables[line.key] = found
            else:
                if column.catalogue:
                    entry = column.choice(str(found))
                    found = entry.label if entry else self._outside(line, str(found), format_)
                if found is not None:
                    values[line.key] = found
        return Due(Row("", 0, "", values, tables), tuple(self._gaps))

    def _outside(self, line: Line, label: str, format_: Format) -> str | None:
        """Return what a catalogue has for a label that it lacks: its entry for others, or nothing."""
        column = format_.column(line.key)
        other = next(
            (entry.label for entry in (column.catalogue if column else ()) if entry.label.startswith("Otr")),
            None,
        )
        if other is None:
            self._gaps.append(Gap(line.key, f"«{label}» no está en el catálogo del formato"))
        return other

    def text(self, line: Line) -> Value | None:
        """Return a text, or what stands for it where it is missing."""
        value = self.roots.get(line.path)
        if value is None and line.key == "motives":
            value = self.roots.get("award.rationale")
        if value is None and line.key == "description":
            value = self.roots.get("contract.description")
        if line.key == "contract.number" and str(value).startswith("sin-numero-"):
            return None
        return None if value is None else str(value)

    def day(self, line: Line) -> Value | None:
        """Return the day of a moment, in the tenant's zone."""
        value = self.roots.get(line.path)
        if value is None and line.key.startswith("validity."):
            value = self.roots.get(f"contract.period.{line.path.rpartition('.')[2]}")
        return self._local(value)

    def pesos(self, line: Line) -> Value | None:
        """Return an amount in pesos."""
        return self._in_pesos(
            line.key, self.roots.get(line.path.rpartition(".")[0]), line.path.rpartition(".")[2]
        )

    converted = pesos

    def urls(self, line: Line) -> Value | None:
        """Return the addresses of the documents of a type."""
        base, _, kinds = line.path.removesuffix("]").partition(".documents[")
        papers = self.roots.get(f"{base}.documents") or ()
        return tuple(
            paper["url"]
            for kind in kinds.split("+")
            for paper in papers
            if paper.get("documentType") == kind and paper.get("url")
        )

    def code(self, line: Line) -> Value | None:
        """Return the label of a code."""
        value = self.roots.get(line.path)
        return None if value is None else mapping.label_of(line.key, str(value))

    def codes(self, line: Line) -> Value | None:
        """Return the labels of codes."""
        return "; ".join(mapping.label_of(line.key, str(code)) for code in self.roots.get(line.path) or ())

    def method(self, line: Line) -> Value | None:
        """Return the method as the law calls it."""
        code = self.roots.get("tender.procurementMethod")
        by_code = next((label for label, known in mapping.METHODS.items() if known == code), None)
        return by_code or self.text(line)

    def category(self, line: Line) -> Value | None:
        """Return the kind of contracting."""
        main = self.roots.get(line.path)
        finer = self.roots.get("tender.additionalProcurementCategories") or ()
        for label, (_, additional) in mapping.CATEGORIES.items():
            if additional and additional in finer:
                return label
        if main == "goods":
            return "Adquisiciones"
        return next((label for label, pair in mapping.CATEGORIES.items() if pair == (main, "")), None)

    def currency(self, line: Line) -> Value | None:
        """Return the code of the currency."""
        return self.text(line)

    def rate(self, _: Line) -> Value | None:
        """Return the pesos that one unit of the contract's currency is."""
        if self.roots.get("contract.value.currency") in (None, "MXN"):
            return None
        rate = _rate(self.roots.get("contract.value"))
        return None if rate is None else f"{rate:.10f}".rstrip("0").rstrip(".")

    def total(self, line: Line) -> Value | None:
        """Return the sum of the guarantees, in pesos."""
        amounts = [
            self._in_pesos(line.key, one.get("value"), "amount")
            for one in self.roots.get("contract.guarantees") or ()
        ]
        known = [amount for amount in amounts if amount is not None]
        return round(sum(known), 2) if known else None

    def units(self, line: Line) -> Value | None:
        """Return the names of areas."""
        return "; ".join(str(one["name"]) for one in self.roots.get(line.path) or () if one.get("name"))

    def people(self, line: Line) -> Any:
        """Return a sub-row for each participant."""
        if line.path.startswith("parties["):
            role = line.path.removeprefix("parties[").removesuffix("]")
            found = [one for one in self._parties.values() if role in (one.get("roles") or ())]
        elif line.path.startswith("meeting."):
            name = line.path.removeprefix("meeting.")
            found = [self._full(one) for meeting in self._meetings for one in meeting.get(name) or ()]
        else:
            found = [self._full(one) for one in self.roots.get(line.path) or ()]
        unique = {one.get("id"): one for one in found}
        return [cells for one in unique.values() if (cells := people.cells(one))]

    def quotes(self, line: Line) -> Any:
        """Return a sub-row for each quote of every request."""
        made = []
        for request in self.roots.get("planning.requestsForQuotes") or ():
            for quote in request.get("quotes") or ():
                supplier = quote.get("issuingSupplier")
                cells = people.cells(self._full(supplier)) if supplier else {}
                amount = self._in_pesos(line.key, quote.get("value"), "amount")
                if amount is not None:
                    cells["amount"] = amount
                if cells:
                    made.append(cells)
        return made

    def amendments(self, line: Line) -> Any:
        """Return a sub-row for each amendment, with the documents that name its number."""
        papers = [
            paper
            for paper in self.roots.get("contract.documents") or ()
            if paper.get("documentType") == "contractAmendment" and paper.get("url")
        ]
        amendments = self.roots.get(line.path) or ()
        made = []
        for amendment in amendments:
            number = str(amendment.get("id", ""))
            own = papers if len(amendments) == 1 else [one for one in papers if one.get("title") == number]
            cells: dict[str, Value | None] = {
                "number": number,
                "object": amendment.get("description"),
                "date": self._local(amendment.get("date")),
                "url": tuple(paper["url"] for paper in own),
            }
            made.append({key: value for key, value in cells.items() if value})
        return made

    def amended(self, line: Line) -> Value | None:
        """Return whether there are amendments, of a contract."""
        if self._contract is None:
            return None
        return "Si" if self.roots.get(line.path) else "No"

    def unsuccessful(self, line: Line) -> Value | None:
        """Return whether the tender ended without an award."""
        return "Si" if self.roots.get(line.path) == "unsuccessful" else "No"

    def spending(self, _: Line) -> Any:
        """Return a sub-row for each item of expenditure."""
        codes = dict.fromkeys(
            str(part["code"])
            for part in self._components()
            if part.get("name") == "spendingObject" and part.get("code") is not None
        )
        return [{"code": code} for code in codes]

    def financing(self, _: Line) -> Value | None:
        """Return the descriptions of the sources of the money."""
        told = (part.get("description") for part in self._components() if part.get("name") == "budgetSource")
        return "; ".join(dict.fromkeys(str(text) for text in told if text))

    def notices(self, _: Line) -> Value | None:
        """Return what the population was told, a line each."""
        milestones = self.roots.get("contract.implementation.milestones") or ()
        return "\n".join(
            str(one["description"])
            for one in milestones
            if one.get("type") == "publicNotices" and one.get("description")
        )

    def address(self, line: Line) -> Value | None:
        """Return a part of an address in Mexico."""
        return None if self._is_abroad() else self.text(line)

    def abroad(self, line: Line) -> Value | None:
        """Return a part of an address elsewhere."""
        return self.text(line) if self._is_abroad() else None

    def place(self, line: Line) -> Value | None:
        """Return where the works are, or what they are; of other purchases nothing."""
        if self.roots.get("tender.mainProcurementCategory") not in (None, "works"):
            return None
        items = self.roots.get("contract.items") or ()
        if line.key == "works.description":
            return "; ".join(str(one["description"]) for one in items if one.get("description"))
        addresses = (one for item in items for one in item.get("deliveryAddresses") or ())
        return "\n".join(dict.fromkeys(text for one in addresses if (text := _one_line(one))))

    def works(self, _: Line) -> Any:
        """Return one sub-row with the columns that other formats have for works."""
        found: dict[str, Any] = {
            line.key: _GIVERS[line.rule](self, line)
            for line in LINES
            if line.key in ("works.place", "works.impact", "works.notices", "works.stage")
        }
        if self.roots.get("tender.mainProcurementCategory") not in (None, "works"):
            return []
        row = {key: value for key, value in found.items() if value}
        return [row] if row else []

    def nothing(self, _: Line) -> None:
        """Return nothing: there is no place for it in OCDS."""

    def _full(self, reference: Document) -> Document:
        full: Document = self._parties.get(reference.get("id"), reference)
        return full

    def _components(self) -> Iterator[Document]:
        for budget in self._budgets:
            for line in budget.get("budgetLines") or ():
                yield from line.get("components") or ()

    def _is_abroad(self) -> bool:
        country = self.roots.get("supplier.address.countryName")
        return bool(country) and str(country).casefold().replace("é", "e") not in ("mexico", "mx")

    def _local(self, moment: Any) -> date | None:
        try:
            parsed = datetime.fromisoformat(str(moment))
        except ValueError:
            return None
        return (parsed.astimezone(ZoneInfo(self._zone)) if parsed.tzinfo else parsed).date()

    def _in_pesos(self, key: str, value: Any, name: str) -> int | float | None:
        """Return an amount in pesos by its own rate, otherwise by the contract's; a gap where there is none."""
        if not isinstance(value, dict) or value.get(name) is None:
            return None
        amount: int | float = value[name]
        currency = value.get("currency") or "MXN"
        if currency == "MXN":
            return amount
        contract_value = self.roots.get("contract.value") or {}
        rate = _rate(value) or (_rate(contract_value) if contract_value.get("currency") == currency else None)
        if rate is None:
            self._gaps.append(
                Gap(key, f"el monto está en {currency} y falta el tipo de cambio para darlo en pesos")
            )
            return None
        return mapping.in_pesos(amount, rate)


_GIVERS: Mapping[Rule, Callable[[_Step, Line], Any]] = MappingProxyType(
    {rule: getattr(_Step, rule.value, _Step.nothing) for rule in Rule}
)


def _budgets(document: Document, award: Document | None) -> list[Document]:
    """Return the parts of the budget that pay a contract: its own where one bears the award's id, otherwise all."""
    breakdowns: list[Document] = (document.get("planning", {}).get("budget") or {}).get(
        "budgetBreakdown"
    ) or []
    own = has_id(breakdowns, award.get("id")) if award else None
    return [own] if own else breakdowns


def _rate(value: Any) -> float | None:
    """Return the rate to pesos that an amount bears."""
    rates: Iterable[Document] = (value or {}).get("exchangeRates") or ()
    return next(
        (one["rate"] for one in rates if one.get("rate") and one.get("currency", "MXN") == "MXN"), None
    )


def _one_line(address: Document) -> str:
    if address.get("description"):
        return str(address["description"])
    parts = (
        address.get(name)
        for name in ("streetAddress", "outdoorNumber", "settlementName", "locality", "region")
    )
    return ", ".join(str(part) for part in parts if part)


def _reported(report: Report) -> dict[str, Value | None]:
    return {
        "year": report.year,
        "period.start": report.start,
        "period.end": report.end,
        "area": report.area or None,
        "validated": report.validated,
        "updated": report.updated,
        "note": report.note or None,
    }

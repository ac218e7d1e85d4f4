"""What one process adds to the figures: a pure function of what is public of it (docs/indicadores.md says each in words).

A cell is `kind` or `kind:of`, with how many and how many centavos of peso. Cells stand by year; those of year 0 are of all
years together, since a process or a term that lies in two years is still one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.core.folding import fold
from app.figures.reckoning import cents, day, pesos, split, spread, term
from app.ocds import tags
from app.ocds.checks.view import count, elements, inside, number, text, texts
from app.ocds.shape import Document

RECIPE = 1
"""Of the cells; with another one everything is counted again, a process at a time, and no page is empty meanwhile."""
ALL_YEARS = 0
COMPETED = ("open", "selective")
"""Methods in which suppliers compete."""
METHODS = ("open", "selective", "direct")
LONGEST_DAYS = 3650
"""Longer times are counted as this long: medians do not feel it."""
MOST_BIDDERS = 10
TERMS = (30, 90, 180, 365, 730)
"""Days that a class of terms has at most; the last class has more."""
MOST_SUPPLIERS = 50
"""Of a contract; a consortium of more is told by its first ones."""

Cells = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Told:
    """What the public first read of a contract.

    Attributes:
        contract: as it stood then.
        signed_on: the day on which they could first read when it was signed; None where that was never told.
    """

    contract: Document
    signed_on: date | None


@dataclass(frozen=True, slots=True)
class Public:
    """A process as the public has it.

    Attributes:
        compiled: its compiled release.
        on: the day of its newest release.
        first: id of a contract → what was first told of it, where there is more than one release.
    """

    compiled: Document
    on: date
    first: Mapping[str, Told] = field(default_factory=dict)


@dataclass(slots=True)
class Contribution:
    """What a process adds: `cells` by year, and `suppliers` by year, each with name, contracts and centavos."""

    cells: dict[int, Cells] = field(default_factory=dict)
    suppliers: dict[int, dict[str, tuple[str, int, int]]] = field(default_factory=dict)

    def add(self, years: set[int], key: str, amount: int = 0, number: int = 1) -> None:
        """Add to a cell of some years, and once to that of all."""
        for year in (ALL_YEARS, *years):
            cell = self.cells.setdefault(year, {}).setdefault(key, [0, 0])
            cell[0] += number
            cell[1] += amount

    def add_supplier(self, year: int, key: str, name: str, amount: int) -> None:
        """Add a contract to a supplier."""
        for place in (ALL_YEARS, year):
            held = self.suppliers.setdefault(place, {})
            known, contracts, before = held.get(key, (name, 0, 0))
            held[key] = (known, contracts + 1, before + amount)


def contribution(public: Public) -> Contribution:
    """Return what a process adds to the figures of its body and its tenant."""
    return _Counting(public).result


class _Counting:
    def __init__(self, public: Public) -> None:
        self.result = Contribution()
        self._public, self._compiled = public, public.compiled
        self._tender = inside(public.compiled, "tender")
        self._awards = [one for _, one in elements(public.compiled, "awards")]
        self._contracts = [
            one for _, one in elements(public.compiled, "contracts") if text(one, "status") != "cancelled"
        ]
        self._parties = {str(one.get("id")): one for _, one in elements(public.compiled, "parties")}
        method = text(self._tender, "procurementMethod")
        self._method = "direct" if method == "limited" else method if method in METHODS else ""
        by_year: dict[int, int] = {}
        for contract in self._contracts:
            year = self._year(contract)
            by_year[year] = by_year.get(year, 0) + (pesos(inside(contract, "value")) or 0)
            self._contract(contract, year)
        self._process(by_year or {self._fallback(): 0})

    def _process(self, by_year: dict[int, int]) -> None:
        stages = tags.sections_present(self._compiled)
        category = text(self._tender, "mainProcurementCategory")
        for year, amount in [*by_year.items(), (ALL_YEARS, sum(by_year.values()))]:
            for key in (
                "process",
                f"method:{self._method}",
                f"category:{category}",
                *{f"destination:{one}" for one in texts(self._tender, "additionalProcurementCategories")},
                f"stage:{self._method}/{stages[-1] if stages else 'planning'}",
            ):
                cell = self.result.cells.setdefault(year, {}).setdefault(key, [0, 0])
                cell[0] += 1
                cell[1] += amount
        self._competition(set(by_year))
        self._phases(set(by_year))

    def _competition(self, years: set[int]) -> None:
        if self._method not in COMPETED or not (self._awards or self._contracts):
            return
        told = number(self._tender, "numberOfTenderers")
        bidders = int(told) if told is not None else count(self._tender, "tenderers")
        if bidders < 1:
            self.result.add(years, "unknown_bidders")
            return
        self.result.add(years, f"bidders:{min(bidders, MOST_BIDDERS)}")
        self.result.add(years, f"bids_in:{self._method}", number=1, amount=bidders)

    def _phases(self, years: set[int]) -> None:
        period = inside(self._tender, "tenderPeriod")
        opened, closed = day(period, "startDate"), day(period, "endDate")
        decided = min((on for one in self._awards if (on := day(one, "date"))), default=None)
        self._days(years, "call", opened, closed)
        self._days(years, "decision", closed, decided)

    def _days(self, years: set[int], kind: str, start: date | None, end: date | None) -> None:
        if start is None or end is None:
            return
        days = (end - start).days
        self.result.add(years, f"days_{kind}:{min(days, LONGEST_DAYS)}" if days >= 0 else f"backwards:{kind}")

    def _contract(self, contract: Document, year: int) -> None:
        years, signed, within = {year}, day(contract, "dateSigned"), term(contract)
        value = inside(contract, "value")
        amount = pesos(value)
        self.result.add(years, "contract", amount or 0)
        if signed is None:
            self.result.add(years, "unsigned", amount or 0)
        self._currency(years, value, amount)
        if amount is not None:
            parts = list(spread(amount, *within)) if within else [(year, amount)]
            for place, part in [*parts, (ALL_YEARS, amount)]:
                cell = self.result.cells.setdefault(place, {}).setdefault("spread", [0, 0])
                cell[0] += 1
                cell[1] += part
        if signed is not None:
            self.result.add(years, f"month:{signed.month:02}", amount or 0)
            self._days(years, "signing", day(self._award_of(contract), "date"), signed)
            told = self._public.first.get(str(contract.get("id")))
            self._days(years, "publishing", signed, (told and told.signed_on) or self._public.on)
        if within:
            days = (within[1] - within[0]).days + 1
            self.result.add(years, f"days_term:{min(days, LONGEST_DAYS)}")
            if signed is not None:
                kind = next((str(most) for most in TERMS if days <= most), "more")
                self.result.add(years, f"term:{signed.month:02}/{kind}", amount or 0)
        self._amendments(contract, years, amount, within)
        self._payments(contract, years, amount)
        self._suppliers(contract, year, amount)

    def _currency(self, years: set[int], value: Document, amount: int | None) -> None:
        held, currency = cents(value), text(value, "currency")
        if held is None:
            self.result.add(years, "unvalued")
        elif amount is None:
            self.result.add(years, f"left_out:{currency}", held)
        elif currency != "MXN":
            self.result.add(years, f"converted:{currency}", amount)

    def _amendments(
        self, contract: Document, years: set[int], amount: int | None, within: tuple[date, date] | None
    ) -> None:
        if not any(elements(contract, "amendments")):
            return
        self.result.add(years, "amended", amount or 0)
        told = self._public.first.get(str(contract.get("id")))
        if told is None or any(elements(told.contract, "amendments")):
            return  # what it was before nobody was told
        before, lasted = pesos(inside(told.contract, "value")), term(told.contract)
        if before and amount is not None:
            self.result.add(years, "grown", amount - before)
            self.result.add(years, "grown_from", before)
        if lasted and within:
            days = (lasted[1] - lasted[0]).days + 1
            self.result.add(years, "stretched", (within[1] - within[0]).days + 1 - days)
            self.result.add(years, "stretched_from", days)

    def _payments(self, contract: Document, years: set[int], amount: int | None) -> None:
        paid = [
            told
            for _, one in elements(inside(contract, "implementation"), "transactions")
            if (told := pesos(inside(one, "value"))) is not None
        ]
        if not paid:
            return
        if not amount:
            self.result.add(years, "paid_of_unknown", sum(paid))
            return
        self.result.add(years, "paid", sum(paid))
        self.result.add(years, "paid_of", amount)
        if sum(paid) > amount:
            self.result.add(years, "overpaid", sum(paid) - amount)

    def _suppliers(self, contract: Document, year: int, amount: int | None) -> None:
        found: dict[str, str] = {}
        for _, one in elements(self._award_of(contract), "suppliers"):
            party = self._parties.get(str(one.get("id")), {})
            name = text(one, "name") or text(party, "name")
            stated = inside(party, "identifier").get("id") or inside(one, "identifier").get("id")
            known = "".join(str(stated or "").split()).upper()
            if known or name:
                found.setdefault(f"id={known}" if known else f"name={fold(name)[:300]}", name or known)
        chosen = list(found.items())[:MOST_SUPPLIERS]
        if not chosen:
            self.result.add({year}, "no_supplier", amount or 0)
            return
        for (key, name), part in zip(chosen, split(amount or 0, len(chosen)), strict=True):
            self.result.add_supplier(year, key, name[:300], part)

    def _award_of(self, contract: Document) -> Document:
        wanted = contract.get("awardID")
        for award in self._awards:
            if wanted is not None and str(award.get("id")) == str(wanted):
                return award
        return self._awards[0] if wanted is None and len(self._awards) == 1 else {}

    def _year(self, contract: Document) -> int:
        """Return the year of a contract: of its signature, else of its start, its award, its newest release."""
        found = (
            day(contract, "dateSigned")
            or day(inside(contract, "period"), "startDate")
            or day(self._award_of(contract), "date")
        )
        return found.year if found else self._public.on.year

    def _fallback(self) -> int:
        """Return the year of a process without a contract: of its newest release, as in lists by year."""
        return self._public.on.year

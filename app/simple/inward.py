"""Rows of one expediente to one OCDS document: what they say of the process once, and a contract for each number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from app.ocds import codelists, identifiers
from app.ocds.entry import dates
from app.simple.columns import COLUMNS, Column, Rule
from app.sipot import mapping, people
from app.sipot.cells import written
from app.sipot.places import Document, Roots, has_id
from app.sipot.rows import Row, Value

Place = tuple[str, int]
"""Sheet and row."""

_OWN_ID = "hoja-sencilla"
"""Of what a sheet has one of, where OCDS has a list: another import of it changes the same one."""
_DONE = {"active": "ongoing", "terminated": "concluded"}
"""Status of a contract that was paid -> status of its implementation."""
_BY_KEY = {column.key: column for column in COLUMNS}


@dataclass(slots=True)
class Taken:
    """What the rows of one expediente became.

    Attributes:
        document: without `ocid`, `id`, `date` or `tag`, and without the body, which the sheet does not name.
        remarks: sheet and row -> Spanish sentences.
        rest: what is not published: title -> text.
    """

    document: Document = field(default_factory=dict)
    remarks: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    rest: Document = field(default_factory=dict)


class _Said(NamedTuple):
    """What an earlier row said of the same thing."""

    value: Value
    row: Row


def key_of(row: Row) -> str:
    """Return what rows of one process share: the number of the expediente, without one that of the contract."""
    return str(row.values.get("file") or row.values.get("contract.number") or "")


def take(rows: Iterable[Row], *, zone: str) -> Taken:
    """Make a document of the rows of one process.

    Args:
        rows: with the same `key_of`, folded; what the first says of the process or of a contract stands.
        zone: of the tenant, for days that become moments.
    """
    taken, said = Taken(), dict[tuple[str, str], _Said]()
    first: Place | None = None
    for row in rows:
        first = first or (row.sheet, row.number)
        _Step(taken, row, zone, said).take()
    if first:
        missing = [c.title for c in COLUMNS if c.required and ("", c.key) not in said]
        if missing:
            taken.remarks[first].append(f"Falta {', '.join(f'«{title}»' for title in missing)}.")
    for contract in taken.document.get("contracts", ()):
        award = has_id(taken.document["awards"], contract["awardID"])
        # After an amendment the amount is no more the one that was awarded.
        if award is not None and "value" in contract and "amendments" not in contract:
            award["value"] = dict(contract["value"])
    return taken


class _Step:
    """One row put into the document."""

    def __init__(self, taken: Taken, row: Row, zone: str, said: dict[tuple[str, str], _Said]) -> None:
        self._taken, self._row, self._values = taken, row, row.values
        self._zone, self._said = zone, said
        self._remarks = taken.remarks[row.sheet, row.number]
        self._tender: Document = taken.document.setdefault("tender", {})
        self._tender.setdefault("id", key_of(row))
        self._number = str(row.values.get("contract.number", ""))
        self._contract, self._award = (
            self._element(name) if self._number else None for name in ("contracts", "awards")
        )
        self._roots = Roots(taken.document, award=self._award, contract=self._contract)

    def take(self) -> None:
        """Put every cell in its place."""
        self._remarks += [remark.sentence for remark in self._row.remarks]
        if self._contract is not None and self._award is not None:
            self._contract["awardID"] = self._award["id"]
            self._award["status"], self._tender["status"] = "active", "complete"
            self._supplier(self._award)
        said = [column for column in COLUMNS if column.key in self._values]
        left = [column for column in said if column.is_contract and column.rule is not Rule.STATE]
        if self._contract is not None:
            left = []
        if left:
            names = ", ".join(f"«{column.title}»" for column in left)
            self._tell(f"Sin «{_BY_KEY['contract.number'].title}» no se tomó {names}.")
        for column in said:
            value = self._values[column.key]
            if column not in left and self._is_new(column, value):
                self._put(column, value)
        for title, text in self._row.rest.items():
            self._keep(title, text)

    def _is_new(self, column: Column, value: Value) -> bool:
        """Whether no earlier row said it of the same process or contract; it is told where one said another thing.

        Contracts of one process differ in their object, and one contract may have several suppliers.
        """
        if column.rule in (Rule.PARTY, Rule.KEPT):
            return True
        about = self._number if column.is_contract else ""
        before = self._said.setdefault((about, column.key), _Said(value, self._row))
        if column.rule is Rule.OBJECT or before.row is self._row:
            return True
        if before.value != value and column.rule is not Rule.KEY:
            where = f"el renglón {before.row.number:,}"
            if before.row.sheet != self._row.sheet:
                where += f" de «{before.row.sheet}»"
            self._tell(
                f"{column.title}: dice «{_shown(value)}», y {where}, del mismo {'contrato' if about else 'expediente'}, "
                f"«{_shown(before.value)}»; quedó lo de ese renglón."
            )
        return False

    def _put(self, column: Column, value: Value) -> None:
        match column.rule:
            case Rule.OBJECT:
                self._object(str(value))
            case Rule.ORIGIN:
                self._origin(column, str(value))
            case Rule.TEXT:
                self._roots.set(column.path, str(value))
            case Rule.DAY if isinstance(value, date):
                self._roots.set(column.path, self._moment(column.path, value))
            case Rule.COUNT:
                self._count(column, value)
            case Rule.METHOD | Rule.CATEGORY | Rule.STATE:
                self._option(column, str(value))
            case Rule.AMOUNT | Rule.PAID:
                self._amount(column, value)
            case Rule.UNITS:
                self._units(str(value))
            case Rule.DOCUMENT:
                self._documents(column, value)
            case Rule.AMENDMENT | Rule.AMENDED:
                self._amendment(column, value)
            case Rule.KEPT:
                self._keep(column.title, str(value))

    def _object(self, text: str) -> None:
        """Name the process after its first row, and each contract after its own."""
        self._tender.setdefault("title", text)
        self._tender.setdefault("description", text)
        for block in (self._award, self._contract):
            if block is not None:
                block.setdefault("title", text)
                block.setdefault("description", text)

    def _origin(self, column: Column, text: str) -> None:
        option = column.option(text)
        budget = self._roots.block("planning.budget")
        budget["budgetBreakdown"] = [{"id": _OWN_ID, "origin": option.label if option else text}]

    def _count(self, column: Column, value: Value) -> None:
        if isinstance(value, int):
            self._roots.set(column.path, value)
        else:
            self._not_taken(column, value, "Va un número entero, como 3.")

    def _option(self, column: Column, text: str) -> None:
        """Put what an entry of a drop-down stands for."""
        option = column.option(text)
        if option is None:
            labels = ", ".join(one.label for one in column.options)
            self._not_taken(column, text, f"Elige de la lista: {labels}.")
            if column.rule is Rule.METHOD:
                self._tender["procurementMethodDetails"] = text
            return
        match column.rule:
            case Rule.METHOD:
                self._tender["procurementMethodDetails"] = option.label
                self._tender["procurementMethod"] = option.codes[0]
            case Rule.CATEGORY:
                main, finer = option.codes
                self._tender["mainProcurementCategory"] = main
                if finer:
                    self._tender["additionalProcurementCategories"] = [finer]
            case Rule.STATE:
                self._state(column, option.label, *option.codes)

    def _state(self, column: Column, label: str, tender: str, contract: str) -> None:
        if self._contract is not None and contract:
            self._contract["status"] = contract
        elif self._contract is not None:
            self._not_taken(
                column, label, "El renglón trae número de contrato: quita el número o cambia el estado."
            )
        elif tender:
            self._tender.setdefault("status", tender)
        else:
            self._not_taken(column, label, "Es el estado de un contrato: escribe su número.")

    def _amount(self, column: Column, value: Value) -> None:
        said = str(self._values.get("currency", "MXN"))
        code = mapping.currency_of(said)
        if code is None:
            self._not_taken(
                column, value, f"No se sabe qué moneda es «{said}»; escribe su clave, como MXN o USD."
            )
        elif column.rule is Rule.PAID:
            paid = {"id": _OWN_ID, "value": {"amount": value, "currency": code}}
            implementation = self._roots.block("contract.implementation")
            implementation["transactions"] = [paid]
            if done := _DONE.get(self._roots.get("contract.status")):
                implementation["status"] = done
        else:
            self._roots.set(column.path, value)
            self._roots.set("contract.value.currency", code)

    def _units(self, text: str) -> None:
        """Put the areas as those that ask for it and answer for it: the smallest bodies have no other."""
        found = [people.unit(name) for piece in text.split(";") if (name := piece.strip())]
        parties = [
            people.enlist(self._taken.document, one, "requestingUnit", "responsibleUnit") for one in found
        ]
        references = [*{one["id"]: people.reference(one) for one in parties}.values()]
        planning = self._roots.block("planning")
        planning["requestingUnits"], planning["responsibleUnits"] = references, [*references]

    def _documents(self, column: Column, value: Value) -> None:
        base, _, kind = column.path.removesuffix("]").partition(".documents[")
        documents = self._roots.block(base).setdefault("documents", [])
        for number, url in enumerate(value if isinstance(value, tuple) else (), start=1):
            title = codelists.label("documentType", kind)
            documents.append({"id": f"{kind}-{number}", "documentType": kind, "title": title, "url": url})

    def _amendment(self, column: Column, value: Value) -> None:
        if self._contract is None:
            return
        number = str(self._values.get("amendment.number", "1"))
        (amendment,) = self._contract.setdefault("amendments", [{"id": number}])
        if isinstance(value, date):  # otherwise it is the number
            amendment["date"] = self._moment(column.path, value)

    def _supplier(self, award: Document) -> None:
        """Name the supplier; an RFC whose form is wrong stays as it was written, and is told."""
        cells: Mapping[str, Value] = {
            part: value
            for part in ("given", "first", "second", "legal", "rfc")
            if (value := self._values.get(f"supplier.{part}")) is not None
        }
        found = people.party(cells)
        if found is None:
            if "suppliers" not in award:
                self._tell("El contrato no dice quién es el proveedor.")
            return
        checked = identifiers.check_rfc(str(cells["rfc"])) if "rfc" in cells else None
        if checked and checked.fault:
            self._tell(f"{_BY_KEY['supplier.rfc'].title}: dice «{cells['rfc']}». {checked.fault}")
        party = people.enlist(self._taken.document, found, "supplier")
        suppliers = award.setdefault("suppliers", [])
        if has_id(suppliers, party["id"]) is None:
            suppliers.append(people.reference(party))

    def _element(self, name: str) -> Document:
        """Return the contract or award of the row's number, made if it is not there."""
        elements: list[Any] = self._taken.document.setdefault(name, [])
        found = has_id(elements, self._number)
        if found is None:
            found = {"id": self._number}
            elements.append(found)
        return found

    def _moment(self, path: str, day: date) -> str:
        return dates.read(day.isoformat(), name=path.rpartition(".")[2], zone=self._zone)

    def _keep(self, title: str, text: str) -> None:
        """Keep what is not published; what another row says otherwise, under its number."""
        rest = self._taken.rest
        rest[title if rest.get(title, text) == text else f"{title} (renglón {self._row.number:,})"] = text

    def _not_taken(self, column: Column, value: Value, why: str) -> None:
        self._keep(column.title, _shown(value))
        self._tell(f"{column.title}: dice «{_shown(value)[:80]}» y no se tomó. {why}")

    def _tell(self, sentence: str) -> None:
        self._remarks.append(sentence)


def _shown(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:,}" if isinstance(value, int | float) else written(value)

"""Rows of one expediente to one OCDS document with all its contracts."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from app.compranet.mapping import BY_KEY, CATEGORIES, FORMS, METHODS, STATUSES, Rule, plain
from app.compranet.reading import CompranetRow
from app.ocds import identifiers
from app.ocds.entry import addresses, dates, numbers
from app.ocds.entry.errors import EntryError
from app.ocds.model import CODELISTS
from app.sipot import people
from app.sipot.places import Document, Roots, has_id

SCHEME = "CompraNet"
"""Of the identifier of a related process: the number of the federal expediente."""
RELATIONSHIP = "federalProcess"

_MIDNIGHT = re.compile(r"[ T]00:00(?::00(?:\.0+)?)?(?: ?(?:GMT|UTC|Z))?$")


@dataclass(slots=True)
class Taken:
    """What the rows of one expediente became.

    Attributes:
        document: without `ocid`, `id`, `date` or `tag`, and without the body, which the padrón names.
        remarks: sheet and row -> Spanish sentences.
        rest: what has no place in it: title -> text.
    """

    document: Document = field(default_factory=dict)
    remarks: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    rest: Document = field(default_factory=dict)


def link(cells: Mapping[str, str]) -> Document:
    """Return the related process that points to the federal expediente.

    Args:
        cells: of a row, by key.
    """
    made = {
        "id": f"compranet-{cells['file']}",
        "relationship": [RELATIONSHIP],
        "scheme": SCHEME,
        "identifier": cells["file"],
    }
    if title := cells.get("title"):
        made["title"] = title
    with suppress(
        KeyError, EntryError
    ):  # the list may give none, and one that is none is told where it is read
        made["uri"] = addresses.read_uri(cells["url"])
    return made


def take(rows: Iterable[CompranetRow], *, zone: str, titles: Mapping[str, str]) -> Taken:
    """Make a document of the rows of one expediente.

    Args:
        rows: with the same number of expediente and institution.
        zone: of the tenant, for days that become moments and times without a zone.
        titles: key -> title of the column in the file, for the remarks.
    """
    taken = Taken()
    for row in rows:
        _Step(taken, row, zone, titles).take()
    return taken


class _Step:
    """One row put into the document."""

    def __init__(self, taken: Taken, row: CompranetRow, zone: str, titles: Mapping[str, str]) -> None:
        self._taken, self._row, self._cells = taken, row, row.cells
        self._zone, self._titles = zone, titles
        document = taken.document
        self._contract = _element(document, "contracts", row.cells["contract"])
        self._award = _element(document, "awards", row.cells["contract"])
        self._roots = Roots(document, award=self._award, contract=self._contract)

    def take(self) -> None:
        """Put every cell in its place."""
        cells, document = self._cells, self._taken.document
        self._taken.remarks[self._row.sheet, self._row.number].extend(self._row.told)
        related = document.setdefault("relatedProcesses", [])
        if has_id(related, f"compranet-{cells['file']}") is None:
            related.append(link(self._cells))
        tender = document.setdefault("tender", {})
        tender.setdefault("id", cells.get("number") or cells["file"])
        tender["status"] = "complete"  # only what has a contract is in the list
        self._contract["awardID"] = self._award["id"]
        self._award["status"] = "active"
        if "contract.title" in cells:
            self._award["title"] = cells["contract.title"]
        self._unit()
        self._supplier()
        self._amount()
        for key, text in cells.items():
            self._put(key, text)
        for title, text in self._row.rest.items():
            self._keep(title, text)

    def _put(self, key: str, text: str) -> None:
        column = BY_KEY[key]
        match column.rule:
            case Rule.TEXT if key not in ("file", "number", "contract"):
                self._roots.set(column.path, text)
            case Rule.DAY:
                self._day(key, text)
            case Rule.CODE:
                self._code(key, text)
            case Rule.URL:
                self._address(key, text)
            case Rule.KEPT:
                self._keep(self._titles[key], text)

    def _day(self, key: str, text: str) -> None:
        """Put a moment. Midnight in GMT is how the list writes a day, not six in the evening of the one before."""
        path = BY_KEY[key].path
        said = re.sub(r" ?(?:GMT|UTC)$", "Z", _MIDNIGHT.sub("", text))
        try:
            self._roots.set(path, dates.read(said, name=path.rpartition(".")[2], zone=self._zone))
        except EntryError as error:
            self._not_taken(key, text, str(error))

    def _code(self, key: str, text: str) -> None:
        label = plain(text)
        tender = self._roots.block("tender")
        match key:
            case "method":
                found = next((pair for start, pair in METHODS.items() if label.startswith(start)), None)
                tender["procurementMethodDetails"] = found[1] if found else text
                if found:
                    tender["procurementMethod"] = found[0]
                    if plain(found[1]) != label:
                        self._keep(self._titles[key], text)
            case "category" if label in CATEGORIES:
                main, finer = CATEGORIES[label]
                tender["mainProcurementCategory"] = main
                if finer:
                    tender["additionalProcurementCategories"] = [finer]
            case "form" if label in FORMS:
                tender["submissionMethod"] = [*FORMS[label]]
            case "status" if label in STATUSES:
                self._contract["status"] = STATUSES[label]
            case "character":
                tender["procedureCharacter"] = text
            case _:
                self._not_taken(key, text, "No está entre las etiquetas conocidas.")

    def _amount(self) -> None:
        """Put the amount with its currency; zero is what the list writes when nobody said it."""
        text = self._cells.get("amount", "")
        code = self._cells.get("currency", "MXN").upper()
        if code not in CODELISTS["currency"].codes:
            self._not_taken("currency", code, "Escribe la clave de la moneda, como MXN o USD.")
            self._keep(self._titles["amount"], text)
            return
        try:
            amount = numbers.read(text) if text else 0
        except EntryError as error:
            self._not_taken("amount", text, str(error))
            return
        if amount < 0:
            self._not_taken("amount", text, "Un contrato no tiene importe negativo.")
        elif not amount:
            self._tell(
                f"{self._title('amount')}: 0 quiere decir que no se sabe; el contrato queda sin importe."
            )
        else:
            before = self._roots.get("contract.value.amount")
            if before not in (None, amount):
                self._tell(
                    f"{self._title('amount')}: otro renglón del mismo contrato dice {before:,}; quedó el de este."
                )
            self._contract["value"] = {"amount": amount, "currency": code}

    def _unit(self) -> None:
        """Name the purchasing unit and who answers for it."""
        key, name = self._cells.get("unit.key", ""), self._cells.get("unit.name", "")
        if not key and not name:
            return
        found: Document = {"id": f"compranet-uc-{people.slug(key or name)}", "name": name or key}
        party = people.enlist(self._taken.document, found, "contractingUnit")
        if person := self._cells.get("unit.person"):
            party["contactPoint"] = {"name": person}
        units = self._roots.block("planning").setdefault("contractingUnits", [])
        if has_id(units, party["id"]) is None:
            units.append(people.reference(party))

    def _supplier(self) -> None:
        """Name the supplier: by the RFC where the list has it; whether it is a person, its name alone does not tell."""
        name = self._cells.get("supplier", "")
        rfc = identifiers.normal(self._cells.get("supplier.rfc", ""))
        if not name and not rfc:
            return
        checked = identifiers.check_rfc(rfc) if rfc else None
        found: Document = {"id": f"compranet-{people.slug(name or rfc)}", "name": name or rfc}
        if checked and checked.fault is None and rfc not in identifiers.GENERIC:
            found["id"] = f"MX-RFC-{rfc}"
            found["identifier"] = {"scheme": "MX-RFC", "id": rfc}
            if checked.personality:
                found["identifier"]["legalPersonality"] = checked.personality
        elif rfc:
            self._not_taken("supplier.rfc", rfc, "No es un RFC que identifique a alguien.")
        party = people.enlist(self._taken.document, found, "supplier")
        suppliers = self._award.setdefault("suppliers", [])
        if has_id(suppliers, party["id"]) is None:
            suppliers.append(people.reference(party))

    def _address(self, key: str, text: str) -> None:
        try:
            url = addresses.read_uri(text)
        except EntryError as error:
            self._not_taken(key, text, str(error))
            return
        documents = self._roots.block("tender").setdefault("documents", [])
        if not any(document["url"] == url for document in documents):
            number = f"compranet-anuncio-{len(documents) + 1}"
            documents.append({"id": number, "documentType": "tenderNotice", "url": url})

    def _keep(self, title: str, text: str) -> None:
        """Keep what has no place; what another contract of the expediente says otherwise, under its code."""
        rest = self._taken.rest
        name = title if rest.get(title, text) == text else f"{title} ({self._contract['id']})"
        rest[name] = text

    def _not_taken(self, key: str, text: str, why: str) -> None:
        self._keep(self._title(key), text)
        self._tell(f"{self._title(key)}: dice «{text[:80]}» y no se tomó. {why}")

    def _tell(self, sentence: str) -> None:
        self._taken.remarks[self._row.sheet, self._row.number].append(sentence)

    def _title(self, key: str) -> str:
        return self._titles.get(key, BY_KEY[key].titles[0])


def _element(document: Document, name: str, own: str) -> Document:
    """Return the element of a list with an id, made if it is not there."""
    elements: list[Any] = document.setdefault(name, [])
    found = has_id(elements, own)
    if found is None:
        found = {"id": own}
        elements.append(found)
    return found

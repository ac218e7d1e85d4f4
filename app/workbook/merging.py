"""Takes what a person edited in the workbook to the document as it is now: a three-way merge, cell by cell.

A cell that still says what the workbook was written with changes nothing, whatever happened to its value since. One that
was edited changes the value if that is still the one the cell showed; otherwise both are told, and the document's stays
unless the person decided that the workbook's counts. What has no cell is never touched.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from app.core import json
from app.ocds import model
from app.ocds.entry import EntryError
from app.ocds.shape import Document, same
from app.workbook import parties
from app.workbook.cells import quoted, shown, told, value_of
from app.workbook.elements import NUMBERED, Address, Element, at, elements, inside, put
from app.workbook.layout import LISTS, PLANS, PROCESSES, Column, List
from app.workbook.reading import FORMULA, SheetRow

_CONTRACTS = "contracts"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person decided.

    Attributes:
        overrule: the workbook's value counts where both it and the document's changed.
        remove: what the workbook has no row for any more is taken out.
    """

    overrule: bool = False
    remove: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What a merge needs to know of the workbook and of the house.

    Attributes:
        zone: in which the workbook tells moments.
        made: tells the workbook from every other.
        columns: key of each sheet that was read -> paths of the columns it has.
        labels: key of a sheet -> path -> what the file calls the column.
        merged: title of a sheet -> first and last row of each merged range.
        roles: field that refers to parties -> the role that a party has by it.
        name: gives the id that a new party's identifier makes; "" for none.
    """

    zone: str
    made: str
    columns: Mapping[str, frozenset[str]]
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    merged: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    name: Callable[[Document], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be said of a row."""

    sheet: str
    row: int
    """0 for what has no row any more."""
    kind: str
    """`change`, `collision`, `missing` or `fault`."""
    message: str
    """Spanish."""


@dataclass(slots=True)
class Merged:
    """What came of a merge.

    Attributes:
        document: as it shall be; the one that came in is not touched.
        told: what was changed, left and refused, in the order of the sheets.
        changes: values and elements that are other than before.
        collisions: values and elements that were changed on both sides.
        missing: elements that the workbook has no row for any more.
    """

    document: Document
    told: list[Told] = field(default_factory=list)
    changes: int = 0
    collisions: int = 0
    missing: int = 0


def merge(
    base: Document, current: Document, rows: Iterable[SheetRow], setting: Setting, choices: Choices
) -> Merged:
    """Return the current document with what a person edited.

    Args:
        base: the document that the workbook was written from; empty for a new process.
        current: as it is now.
        rows: of this process, from all sheets.
        setting: of the workbook.
        choices: of the person.
    """
    return _Merge(base, current, setting, choices).run(rows)


class _Merge:
    def __init__(self, base: Document, current: Document, setting: Setting, choices: Choices) -> None:
        self._setting, self._choices = setting, choices
        self._base = {one.address: one for one in elements(base)}
        self._before = {one.address: one for one in elements(current)}
        self.result = Merged(deepcopy(current))
        self._now = {one.address: one for one in elements(self.result.document)}
        self._seen: dict[Address, SheetRow] = {}
        self._fresh: set[str] = set()
        self._added: dict[Address, set[bytes]] = {}
        self._unsure: set[str] = set()
        """Sheets with a row of which it is not known what it is: nothing of them is taken out."""

    def run(self, rows: Iterable[SheetRow]) -> Merged:
        ordered = sorted(
            rows, key=lambda row: (len(row.parents), row.listed != parties.PARTIES, bool(row.listed))
        )
        for row in ordered:
            if fault := row.fault or self._merged_cells(row):
                self._tell(row, "fault", fault)
                self._unsure.add(row.plan)
            elif row.same:
                self._repeats(row, self._address(row))
            elif row.plan == PROCESSES:
                self._process(row)
            elif not row.key:
                self._add(row)
            else:
                self._element(row)
        if any(row.plan == PROCESSES for row in ordered):
            self._missing(ordered)
        parties.rename(self._fresh, self._before, self._now)
        order = {key: place for place, key in enumerate(PLANS)}
        plans = {row.sheet: order[row.plan] for row in ordered}
        self.result.told.sort(key=lambda one: (plans.get(one.sheet, len(order)), one.row))
        return self.result

    def _process(self, row: SheetRow) -> None:
        if self._repeats(row, ()):
            return
        root = self._now[()]
        self._cells(row, self._base[()].body, root.body, None)

    def _element(self, row: SheetRow) -> None:
        """Take in a row that says which element it is: one that is there, one that was, or a new one."""
        address = self._address(row)
        if self._repeats(row, address):
            return
        base, now = self._base.get(address), self._now.get(address)
        listed = LISTS[row.listed]
        if now is not None:
            self._cells(row, base.body if base else {}, now.body, listed)
        elif base is not None:
            self._gone(row, base, address, listed)
        elif row.key.startswith(NUMBERED):
            self._tell(
                row,
                "fault",
                f"No hay ningún elemento {row.key} ahí. Para uno nuevo, deja vacía la columna «Identificador».",
            )
        else:
            self._begin(row, address, listed, {"id": row.key} if listed.has_id else {})

    def _add(self, row: SheetRow) -> None:
        """Take in a new row without an id."""
        listed = LISTS[row.listed]
        if not row.cells:
            return
        if row.listed == _CONTRACTS:
            self._tell(
                row, "fault", "Escribe el número del contrato en «Identificador»: sin él no se agrega."
            )
            return
        key = self._new_key(row)
        address = (*self._around(row), (listed.path, key))
        has_own = listed.path in model.LONG_LISTS and listed.has_id
        if has_own and address in self._now:
            self._cells(row, {}, self._now[address].body, listed)
            return
        self._begin(row, address, listed, {"id": key} if has_own else {})

    def _begin(self, row: SheetRow, address: Address, listed: List, body: Document) -> None:
        """Add a new element at the end of its list."""
        around = self._now.get(address[:-1])
        if around is None:
            name = LISTS[listed.around[-1]].label if listed.around else ""
            self._tell(
                row,
                "fault",
                f"No existe «{row.parents[-1] if row.parents else ''}» en «{name}» de este proceso, así que el renglón no "
                "tiene dónde ir. Revisa «Dentro de».",
            )
            return
        holder = at(around.body, listed.inside)
        if holder is None:
            holder = []
            if not put(around.body, listed.inside, holder):
                self._tell(
                    row,
                    "fault",
                    "Lo que hay en ese lugar tiene otra forma. Agrégalo en la pantalla de captura.",
                )
                return
        if not isinstance(holder, list):
            self._tell(
                row, "fault", "Lo que hay en ese lugar tiene otra forma. Agrégalo en la pantalla de captura."
            )
            return
        faults = len(self.result.told)
        own = self._filled(row, {}, body, listed)
        if listed.path == parties.PARTIES and not row.key and (number := self._setting.name(own)):
            address = (*address[:-1], (listed.path, number))
            if address in self._now:
                self._tell(row, "fault", f"Este participante ya está, con el identificador {number}.")
                return
            own["id"] = number
        if not own or (own.keys() == {"id"} and len(self.result.told) > faults):
            return
        if not row.key and self._is_there(own, address, listed):
            return
        holder.append(own)
        element = Element(address, listed, own, holder)
        self._now[address] = element
        self.result.changes += 1
        self._tell(row, "change", f"Se agrega{self._called(own)}.")

    def _filled(self, row: SheetRow, base: Document, body: Document, listed: List) -> Document:
        """Return a new element with the edited cells of its row; what they say is told as one change."""
        changes, kept = self.result.changes, list(self.result.told)
        self._cells(row, base, body, listed)
        self.result.changes = changes
        self.result.told = kept + [one for one in self.result.told[len(kept) :] if one.kind == "fault"]
        return body

    def _gone(self, row: SheetRow, base: Element, address: Address, listed: List) -> None:
        """Take in a row of an element that somebody took out meanwhile."""
        body = self._filled(row, base.body, deepcopy(base.body), listed)
        if same(base.body, body):
            return
        self.result.collisions += 1
        around = self._now.get(address[:-1])
        if not self._choices.overrule or around is None:
            self._tell(
                row,
                "collision",
                "Alguien lo quitó después de que descargaste el libro; tus cambios no se tomaron.",
            )
            return
        holder = at(around.body, listed.inside)
        if not isinstance(holder, list):
            holder = []
            put(around.body, listed.inside, holder)
        holder.append(body)
        self._now |= {
            one.address: one for one in (Element(address, listed, body, holder), *inside(body, address))
        }
        self.result.changes += 1
        self._tell(row, "collision", "Alguien lo había quitado; vuelve con lo que dice el libro.")

    def _cells(self, row: SheetRow, base: Document, now: Document, listed: List | None) -> None:
        """Take the edited cells of a row to an object."""
        plan = PLANS[row.plan]
        present = self._setting.columns.get(row.plan, frozenset())
        for column in plan.columns:
            if column.path not in present:
                continue
            text, way = row.cells.get(column.path, ""), column.path.split("/")
            before = at(base, way)
            if text == told(shown(column, before, zone=self._setting.zone)):
                continue
            if text == FORMULA:
                self._fault(
                    row,
                    column,
                    "la fórmula no guardó su resultado. Escribe el valor, o guarda el libro en Excel.",
                )
                continue
            try:
                value = value_of(column, text, before, zone=self._setting.zone)
                if column.refers:
                    value = parties.referred(column, value, at(now, way), self._now)
            except EntryError as error:
                self._fault(row, column, f"dice «{quoted(text)}» y no se tomó. {error}")
                continue
            self._value(row, column, (before, at(now, way), value), now, listed)

    def _value(
        self,
        row: SheetRow,
        column: Column,
        values: tuple[Any, Any, Any],
        now: Document,
        listed: List | None,
    ) -> None:
        """Set one value, unless it is so already, or somebody changed it meanwhile."""
        before, there, value = values
        if same(value, there) or same(value, before):
            return
        is_free = same(before, there)
        words = f"«{self._label(row, column)}»: {self._said(column, there)} → {self._said(column, value)}"
        if not is_free:
            self.result.collisions += 1
            was = self._said(column, before)
            if not self._choices.overrule:
                self._tell(
                    row,
                    "collision",
                    f"«{self._label(row, column)}»: en el libro {self._said(column, value)}, y alguien lo cambió después de "
                    f"{was} a {self._said(column, there)}; queda {self._said(column, there)}.",
                )
                return
            words += f" (alguien lo había cambiado; antes era {was})"
        if not put(now, column.path.split("/"), value):
            self._fault(
                row, column, "lo que hay en ese lugar tiene otra forma. Corrígelo en la pantalla de captura."
            )
            return
        self.result.changes += 1
        self._tell(row, "change" if is_free else "collision", f"{words}.")
        if column.refers:
            path = f"{listed.path}/{column.path}" if listed else column.path
            parties.play(value, self._setting.roles.get(path, ""), self._now)
        if row.listed == parties.PARTIES and column.path == "name":
            self._fresh.add(str(now.get("id")))

    def _missing(self, rows: Sequence[SheetRow]) -> None:
        """Tell what the workbook has no row for any more, and take it out if that is decided."""
        titles = {row.plan: row.sheet for row in rows}
        gone = list[Address]()
        read = self._setting.columns.keys() - self._unsure
        for address, base in self._base.items():
            if base.listed is None or address in self._seen or base.listed.block not in read:
                continue
            now = self._now.get(address)
            if now is None or any(address[: len(one)] == one for one in gone):
                continue
            gone.append(address)
            sheet = titles.get(base.listed.block) or PLANS[base.listed.block].title
            self.result.missing += 1
            self._take_out(base, now, sheet)

    def _take_out(self, base: Element, now: Element, sheet: str) -> None:
        listed = base.listed
        label = listed.label if listed else ""
        what = f"«{base.key}» de «{label}»{self._called(base.body)}"
        before = self._before.get(base.address)
        if before is None or not same(base.body, before.body):
            self.result.collisions += 1
            if not (self._choices.overrule and self._choices.remove):
                words = f"El libro ya no trae {what}, y alguien lo cambió después de que lo descargaste: se queda."
                self.result.told.append(Told(sheet, 0, "collision", words))
                return
        if not self._choices.remove:
            words = f"El libro ya no trae {what}. Se queda, a menos que confirmes quitar lo que falta."
            self.result.told.append(Told(sheet, 0, "missing", words))
            return
        if user := parties.user_of(now, self._now):
            words = f"{what} no se quita: está elegido en {user}. Quítalo de ahí primero."
            self.result.told.append(Told(sheet, 0, "fault", words))
            return
        now.holder[:] = [one for one in now.holder if one is not now.body]
        around = self._now[base.address[:-1]].body
        if listed is not None and not now.holder:
            put(around, listed.inside, None)
        for address in [one for one in self._now if one[: len(base.address)] == base.address]:
            del self._now[address]
        self.result.changes += 1
        self.result.told.append(Told(sheet, 0, "missing", f"Se quita {what}."))

    def _repeats(self, row: SheetRow, address: Address) -> bool:
        """Tell whether another row said what this one is, which is said of it."""
        first = self._seen.setdefault(address, row)
        if first is row:
            return False
        what = "este proceso" if not address else f"el identificador «{row.key}»"
        self._tell(row, "fault", f"Repite {what} del renglón {first.number:,}; solo se tomó el primero.")
        return True

    def _is_there(self, own: Document, address: Address, listed: List) -> bool:
        """Tell whether a new element without an id was added already, by an earlier import of the same workbook."""
        place = (*address[:-1], (listed.path, ""))
        if place not in self._added:
            base = self._base.get(address[:-1])
            known = {json.ordered(one) for one in (at(base.body, listed.inside) if base else None) or ()}
            holder = at(self._now[address[:-1]].body, listed.inside)
            self._added[place] = {json.ordered(one) for one in holder} - known
        said = json.ordered(own)
        was = said in self._added[place]
        self._added[place].add(said)
        return was

    def _merged_cells(self, row: SheetRow) -> str:
        ranges = self._setting.merged.get(row.sheet, ())
        if any(first <= row.number <= last for first, last in ranges):
            return "Tiene celdas combinadas, y no se sabe qué dice cada columna. Sepáralas y vuelve a importar el libro."
        return ""

    def _new_key(self, row: SheetRow) -> str:
        """Return the id of a new row, the same whenever the same workbook is imported."""
        said = [self._setting.made, row.process, row.listed, row.parents, dict(row.cells)]
        digest = hashlib.sha256(json.dumps(said)).hexdigest()[:10]
        return f"{LISTS[row.listed].block.lower()}-{digest}"

    def _around(self, row: SheetRow) -> Address:
        return tuple(zip(LISTS[row.listed].around, row.parents, strict=True))

    def _address(self, row: SheetRow) -> Address:
        return (*self._around(row), (row.listed, row.key)) if row.listed else ()

    def _label(self, row: SheetRow, column: Column) -> str:
        return self._setting.labels.get(row.plan, {}).get(column.path) or column.label

    def _said(self, column: Column, value: Any) -> str:
        text = told(shown(column, value, zone=self._setting.zone))
        return f"«{quoted(text)}»" if text else "vacío"

    def _called(self, body: Document) -> str:
        """Return the name of an element, in brackets."""
        names = (body.get(key) for key in ("name", "title", "description", "relatedItem"))
        found = next((name for name in names if isinstance(name, str) and name), "")
        return f" ({quoted(found)})" if found else ""

    def _fault(self, row: SheetRow, column: Column, words: str) -> None:
        self._tell(row, "fault", f"«{self._label(row, column)}»: {words}")

    def _tell(self, row: SheetRow, kind: str, message: str) -> None:
        self.result.told.append(Told(row.sheet, row.number, kind, message))

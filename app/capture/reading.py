"""What a person changed in a form: the texts sent, against what the page showed and what is stored.

A control whose text is the one shown changes nothing, whatever happened to the value meanwhile. Keys that the form
does not ask for (`title_en`, what the model does not know) are never touched. A list that is edited in place is one
value: its rows are the stored objects, in their new order, with what was typed in them.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from app.capture import forms, names
from app.capture.controls import Control, control, offered
from app.capture.forms import Ground
from app.capture.plan import is_inline_list, is_reference
from app.capture.rows import default_in
from app.ocds import budget_key, entry, model
from app.ocds.budget_key import BudgetKeyError
from app.ocds.entry import EntryError
from app.ocds.model import Field, Kind
from app.ocds.shape import Document, same
from app.processes.editing import Change

NOT_A_PARTY = "Elige a uno de los participantes de la lista; si falta, agrégalo primero en «Participantes»."
OLD_LIST = "Esta lista cambió mientras la editabas y se quedó como está. Para poner la tuya en su lugar, guarda otra vez."


@dataclass(slots=True)
class Read:
    """What a form says.

    Attributes:
        changes: pointers inside the part, and their new values (None: none any more).
        errors: name → why its text cannot be stored, and how to write it right.
        names: of the controls that were among what was sent.
        origins: mark of a row → its position in the list as it will be stored; empty for a blank one.
    """

    changes: list[Change] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    origins: dict[str, str] = field(default_factory=dict)


def read(ground: Ground, sent: Mapping[str, list[str]]) -> Read:
    """Return what a form, or a piece of it, changes.

    Args:
        ground: what the form stands on, as stored now.
        sent: every text of every name; names that are not the form's are ignored.
    """
    reader = _Reader(ground, sent)
    fields = [model.FIELDS[path] for path in ground.section.fields]
    reader.object(fields, ground.section.prefix, ground.held, None)
    return reader.read


def new_body(ground: Ground, sent: Mapping[str, list[str]]) -> tuple[Document, dict[str, str]]:
    """Return the object that a form for something new describes, and what is wrong with it."""
    reader = _Reader(ground, sent)
    fields = [model.FIELDS[path] for path in ground.section.fields]
    return reader.object(fields, "", {}, {}), reader.read.errors


class _Reader:
    def __init__(self, ground: Ground, sent: Mapping[str, list[str]]) -> None:
        self.ground = ground
        self.sent = sent
        self.read = Read()
        pairs = (pair.rpartition("=") for pair in sent.get(names.SHOWN, [""])[-1].split())
        self.shown = {name: mark for name, _, mark in pairs}

    def object(self, fields: Iterable[Field], at: str, stored: Document, target: Document | None) -> Document:
        """Read the fields of an object.

        Args:
            fields: those that the form may ask for.
            at: pointer of the object inside the part.
            stored: the object.
            target: where values go when the object is part of a new value; None when each is a change of its own.

        Returns:
            The target, or what is stored.
        """
        for one in fields:
            name, held = f"{at}/{one.name}", stored.get(one.name)
            if is_reference(one) and not one.is_list and forms.is_plain_reference(held):
                self._reference(one, name, held, target)
            elif is_reference(one) and one.is_list and forms.are_plain_references(held):
                self._references(one, name, held, target)
            elif one.kind is Kind.BLOCK and forms.is_object(held):
                self._block(one, name, held, target)
            elif is_inline_list(one) and forms.is_list_of_objects(held):
                self._list(one, name, held, target)
            else:
                self._leaf(one, name, held, target)
        return stored if target is None else target

    def _put(self, name: str, old: Any, new: Any, target: Document | None, *, is_fresh: bool = False) -> None:
        """Take a new value; `is_fresh`: what is stored is what the person saw."""
        if same(old, new):
            return
        if target is None:
            self.read.changes.append(Change(name, new, old) if is_fresh else Change(name, new))
        elif new is None:
            target.pop(name.rpartition("/")[2], None)
        else:
            target[name.rpartition("/")[2]] = new

    def _texts(self, name: str, target: Document | None) -> list[str] | None:
        """Return the texts sent for a name; None when there are none or nobody touched them."""
        texts = self.sent.get(name)
        if texts is None:
            return None
        self.read.names.add(name)
        is_untouched = target is None and self.shown.get(name) == names.digest_of(texts)
        return None if is_untouched else texts

    def _is_fresh(self, one: Field, name: str, held: Any) -> bool:
        """Tell whether a control showed what is stored now."""
        stored = forms.stored_texts(one, held, self.ground.zone)
        return self.shown.get(name) == names.digest_of(stored)

    def _leaf(self, one: Field, name: str, held: Any, target: Document | None) -> None:
        texts = self._texts(name, target)
        if texts is None:
            return
        zone, is_fresh = self.ground.zone, self._is_fresh(one, name, held)
        try:
            if control(one) is Control.BOXES:
                chosen = list(dict.fromkeys(text for text in texts if text))
                if isinstance(held, list) and {*chosen} == {*map(str, held)}:
                    return
                kept = [value for value in held if str(value) in chosen] if isinstance(held, list) else []
                added = [text for text in chosen if text not in {*map(str, kept)}]
                new = entry.read(one, "\n".join(added), zone=zone) or [] if added else []
                self._put(name, held, [*kept, *new] or None, target, is_fresh=is_fresh)
            else:
                new = entry.read(one, texts[-1], zone=zone, stored=held)
                self._put(name, held, new, target, is_fresh=is_fresh)
        except EntryError as error:
            self.read.errors[name] = str(error)

    def _reference(self, one: Field, name: str, held: Document | None, target: Document | None) -> None:
        inner = deepcopy(held) if held else {}
        texts = self._texts(name, target)
        chosen = texts[-1].strip() if texts else None
        if chosen is not None and chosen != str((held or {}).get("id", "")):
            known = {option.value: option.label for option in offered(one, [], self.ground.choices)}
            if chosen and chosen not in known:
                self.read.errors[name] = NOT_A_PARTY
            else:
                into = None if target is None else inner
                before, is_fresh = held or {}, self._is_fresh(one, name, held)
                self._put(f"{name}/id", before.get("id"), chosen or None, into, is_fresh=is_fresh)
                self._put(f"{name}/name", before.get("name"), known.get(chosen), into, is_fresh=is_fresh)
        old = [child for child in model.children(one.path) if child.deprecated]
        self.object(old, name, held or {}, None if target is None else inner)
        if target is not None:
            self._put(name, held, inner or None, target)

    def _references(
        self, one: Field, name: str, held: list[Document] | None, target: Document | None
    ) -> None:
        texts = self._texts(name, target)
        if texts is None:
            return
        chosen = list(dict.fromkeys(text for text in texts if text))
        kept = [reference for reference in held or () if str(reference["id"]) in chosen]
        known = {option.value: option.label for option in offered(one, [], self.ground.choices)}
        added = [text for text in chosen if text not in {str(reference["id"]) for reference in kept}]
        if not known.keys() >= set(added):
            self.read.errors[name] = NOT_A_PARTY
            return
        new = [*kept, *({"id": text, "name": known[text]} for text in added)]
        self._put(name, held, new or None, target, is_fresh=self._is_fresh(one, name, held))

    def _block(self, one: Field, name: str, held: Document | None, target: Document | None) -> None:
        children = model.children(one.path)
        inner = None if target is None else deepcopy(held or {})
        self.object(children, name, held or {}, inner)
        self._default(one, name, held or {}, inner)
        if target is not None:
            self._put(name, held, inner or None, target)

    def _default(self, one: Field, name: str, held: Document, inner: Document | None) -> None:
        """What a form offers in an object counts once the field that it belongs to says something."""
        default = default_in(one.path)
        at = f"{name}/{default.key}" if default else ""
        if (
            default is None
            or held.get(default.key) is not None
            or self.sent.get(at, [""])[-1] != default.value
        ):
            return
        if inner is not None:
            if inner.keys() == {default.key}:
                del inner[default.key]
            return
        made = {change.pointer: change for change in self.read.changes}
        kept = [key for key in default.after if held.get(key) is not None]
        said = [key for key in default.after if (new := made.get(f"{name}/{key}")) and new.value is not None]
        if not kept and not said:
            self.read.changes = [change for change in self.read.changes if change.pointer != at]
        elif at not in made:
            self.read.changes.append(Change(at, default.value, None))

    def _list(self, one: Field, name: str, held: list[Document] | None, target: Document | None) -> None:
        mark = self.sent.get(names.list_mark(name))
        if mark is None:
            return
        self.read.names.add(name)
        if target is None and mark[-1] != names.list_digest(held or []):
            self.read.errors[name] = OLD_LIST
            return
        listed: list[Document] = []
        for row in names.rows_of(self.sent, name):
            origin = self.sent[names.row_mark(row)][-1]
            is_stored = held is not None and origin.isdecimal() and int(origin) < len(held)
            stored = held[int(origin)] if held is not None and is_stored else {}
            inner = self.object(model.children(one.path), row, stored, deepcopy(stored))
            self._default(one, row, stored, inner)
            _take_apart(one, stored, inner)
            self.read.origins[names.row_mark(row)] = str(len(listed)) if inner else ""
            if inner:
                listed.append(inner)
        beyond = held[forms.ROWS :] if held is not None and target is None else []
        self._put(name, held, [*listed, *beyond] or None, target, is_fresh=True)


def _take_apart(one: Field, stored: Document, inner: Document) -> None:
    """Of a clave presupuestaria written whole its parts need not be typed; nor the whole where the parts are."""
    if one.of != "BudgetLine":
        return
    whole, parts = inner.get("id"), inner.get("components")
    try:
        if isinstance(whole, str) and whole != stored.get("id") and not parts:
            inner["components"] = budget_key.to_components(budget_key.parse(whole))
        elif not whole and isinstance(parts, list):
            inner["id"] = budget_key.compose(budget_key.from_components(parts))
    except BudgetKeyError:
        return  # what does not fit is told beside the key by its rule

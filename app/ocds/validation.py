"""Whether a release or package can be published, and what would make it better.

The JSON Schema speaks first (`jsonschema-rs`); one walk then tells what a schema cannot: keys nobody declared,
deprecated and empty fields, codes outside open lists, ids that merging would confuse, references to nothing.
An `error` blocks publication; an `advice` is shown next to the field and lowers the quality score.
"""

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, NamedTuple

import jsonschema_rs
import orjson

from app.ocds import merge, messages, ocid, schema, shape
from app.ocds.shape import Document, Node

Severity = Literal["error", "advice"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at one place."""

    pointer: str
    """JSON Pointer of the value; of a missing field, where it should stand."""
    code: str
    """Stable slug of the kind of problem: `type`, `required`, `enum`, `additional`, `duplicate-id`…"""
    severity: Severity
    message: str
    """Spanish, for the person who captures."""


def is_publishable(problems: Iterable[Problem]) -> bool:
    """Whether nothing among them blocks publication."""
    return all(problem.severity != "error" for problem in problems)


def validate_release(release: Document) -> list[Problem]:
    """Everything wrong with a release under the profile, errors of the schema first."""
    rules = _release()
    if unreadable := _unreadable(release):
        return unreadable
    errors = list(_schema_errors(rules, release))
    if not isinstance(release, dict):
        return errors
    walk = _Walk(rules.shape)
    walk.object(release, rules.shape, "")
    walk.references(release)
    walk.ocid(release)
    return _without_echoes(errors, walk.problems)


def blocking(release: Document) -> list[Problem]:
    """The errors of `validate_release`, found without looking at what could only give advice."""
    rules = _release()
    if unreadable := _unreadable(release):
        return unreadable
    errors = list(_schema_errors(rules, release))
    if not isinstance(release, dict):
        return errors
    walk = _Walk(rules.shape)
    walk.decisive(release, rules.shape, "")
    walk.ocid(release)
    found = _without_echoes(errors, walk.problems)
    return [problem for problem in found if problem.severity == "error"]


def validate_package(package: Document) -> list[Problem]:
    """The same for a release package or, when it has `records`, a record package, their releases included.

    A versioned release gives errors only: it is derived, and the advice belongs to the releases.
    """
    if unreadable := _unreadable(package):
        return unreadable
    of_records = isinstance(package, dict) and "records" in package
    rules = _record_package() if of_records else _release_package()
    errors = list(_schema_errors(rules, package))
    if not isinstance(package, dict):
        return errors
    walk = _Walk(rules.shape)
    walk.object(package, rules.shape, "")
    name, key, check = (
        ("records", ("ocid",), _record) if of_records else ("releases", ("ocid", "id"), validate_release)
    )
    members = package.get(name)
    members = members if isinstance(members, list) else []
    walk.members(members, key, f"/{name}")
    problems = _without_echoes(errors, walk.problems)
    for index, member in enumerate(members):
        problems.extend(_below(f"/{name}/{index}", check(member)))
    return problems


def _record(record: Document) -> list[Problem]:
    """What stands inside a record; its own keys were checked with the package."""
    if not isinstance(record, dict):
        return []
    walk = _Walk(_record_package().shape)
    walk.ocid(record)
    releases = record.get("releases")
    releases = releases if isinstance(releases, list) else []
    embedded = [isinstance(release, dict) and "id" in release for release in releases]
    if any(embedded) and not all(embedded):
        walk.add("/releases", "mixed-releases", "error", messages.mixed_releases())
    problems = walk.problems
    for index, release in enumerate(releases if len(set(embedded)) == 1 else []):
        found = (
            validate_release(release) if embedded[index] else list(_schema_errors(_linked_release(), release))
        )
        problems.extend(_below(f"/releases/{index}", found))
    if "compiledRelease" in record:
        problems.extend(_below("/compiledRelease", validate_release(record["compiledRelease"])))
    if "versionedRelease" in record:
        problems.extend(_below("/versionedRelease", _history(record["versionedRelease"])))
    return problems


def _history(versioned: Document) -> list[Problem]:
    """Errors of a versioned release. It is derived: advice belongs to the releases it was made from."""
    rules = _versioned_release()
    errors = list(_schema_errors(rules, versioned))
    if not isinstance(versioned, dict):
        return errors
    walk = _Walk(rules.shape)
    walk.object(versioned, rules.shape, "")
    return _without_echoes(errors, [problem for problem in walk.problems if problem.code == "duplicate-id"])


class _Rules(NamedTuple):
    validator: jsonschema_rs.Draft4Validator
    shape: Node


def _rules(json_schema: Document, tree: Node | None = None) -> _Rules:
    return _Rules(
        jsonschema_rs.Draft4Validator(json_schema, validate_formats=True), tree or shape.build(json_schema)
    )


@cache
def _release() -> _Rules:
    return _rules(schema.release_schema(), shape.release())


@cache
def _versioned_release() -> _Rules:
    return _rules(schema.versioned_release_schema())


@cache
def _release_package() -> _Rules:
    envelope = deepcopy(schema.release_package_schema())
    envelope["properties"]["releases"]["items"] = {}
    return _rules(envelope)


@cache
def _record_package() -> _Rules:
    """The record's own content is left to `_record`: `oneOf` answers only that neither alternative fits."""
    envelope = deepcopy(schema.record_package_schema())
    record = envelope["definitions"]["Record"]["properties"]
    record["compiledRelease"] = record["versionedRelease"] = {}
    record["releases"] = {"title": record["releases"].get("title", ""), "type": "array", "minItems": 1}
    return _rules(envelope)


@cache
def _linked_release() -> _Rules:
    record = schema.record_package_schema()["definitions"]["Record"]["properties"]
    return _rules(record["releases"]["oneOf"][0]["items"])


def _unreadable(document: Any) -> list[Problem]:
    """What cannot be written as JSON cannot be published, and would only break whoever looks into it."""
    try:
        orjson.dumps(document)
    except orjson.JSONEncodeError:
        return [Problem("", "unreadable", "error", f"{messages.place(Node(), '')}: {messages.unreadable()}")]
    return []


def _schema_errors(rules: _Rules, document: Any) -> Iterator[Problem]:
    for error in rules.validator.iter_errors(document):
        at = shape.pointer(error.instance_path)
        kind: Any = error.kind  # one class per keyword, each with attributes of its own
        value = error.instance
        match kind.name:
            case "required":
                at += f"/{shape.escape(kind.property)}"
                code, text = "required", messages.missing()
            case "type":
                code, text = "type", messages.wrong_type(kind.types, value)
            case "enum":
                node = shape.at(rules.shape, error.instance_path)
                code, text = "enum", messages.unknown_code(node, kind.options, value)
            case "format":
                code, text = "format", messages.bad_format(kind.format, value)
            case "pattern":
                code, text = "format", messages.bad_pattern(value)
            case "uniqueItems":
                code, text = "duplicate", messages.identical()
            case "minLength" | "minItems" if kind.limit == 1:
                code, text = "empty", messages.empty()
            case name:
                code, text = "rule", messages.rule(name, getattr(kind, "limit", None))
        yield Problem(at, code, "error", f"{messages.place(rules.shape, at)}: {text}")


def _without_echoes(errors: list[Problem], found: list[Problem]) -> list[Problem]:
    """Schema errors, then what the walk found, each fact once."""
    refused = {error.pointer for error in errors}
    doubled = {problem.pointer.rsplit("/", 2)[0] for problem in found if problem.code == "duplicate-id"}
    return [
        *(error for error in errors if error.code != "duplicate" or error.pointer not in doubled),
        *(problem for problem in found if problem.code != "empty" or problem.pointer not in refused),
    ]


def _below(prefix: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    return (replace(problem, pointer=prefix + problem.pointer) for problem in problems)


class _Walk:
    """One pass over a document beside its shape."""

    def __init__(self, root: Node) -> None:
        self.problems: list[Problem] = []
        self._root = root
        self._references: list[tuple[str, Document]] = []

    def add(self, at: str, code: str, severity: Severity, text: str) -> None:
        self.problems.append(Problem(at, code, severity, f"{messages.place(self._root, at)}: {text}"))

    def object(self, value: Document, node: Node, at: str) -> None:
        """Every key of an object, and what is below."""
        if node.definition == "OrganizationReference":
            self._references.append((at, value))
        properties = node.properties
        for key, held in value.items():
            child = properties.get(key)
            if child is None:
                if properties and not node.declares(key):
                    self.add(f"{at}/{shape.escape(key)}", "additional", "advice", messages.additional())
                continue
            if child.deprecated:
                self.add(f"{at}/{key}", "deprecated", "advice", messages.deprecated(child))
            if type(held) is str:
                if not held or held.isspace() or (child.codes is not None and held not in child.codes):
                    self._text(held, child, f"{at}/{key}")
            elif type(held) is dict:
                if held:
                    self.object(held, child, f"{at}/{key}")
                else:
                    self.add(f"{at}/{key}", "empty", "advice", messages.empty())
            elif type(held) is list:
                self._list(held, child, f"{at}/{key}")

    def decisive(self, value: Document, node: Node, at: str) -> None:
        """Only what may hold an error."""
        for key, child in _decisive(node):
            held = value.get(key)
            if type(held) is str:
                self._text(held, child, f"{at}/{key}")
            elif type(held) is dict:
                self.decisive(held, child, f"{at}/{key}")
            elif type(held) is list:
                if child.by_id:
                    self._doubled(held, f"{at}/{key}")
                for index, element in enumerate(held):
                    if type(element) is dict and child.items is not None:
                        self.decisive(element, child.items, f"{at}/{key}/{index}")
                    elif type(element) is str:
                        self._text(element, child, f"{at}/{key}/{index}")

    def _list(self, values: list[Any], node: Node, at: str) -> None:
        if not values:
            self.add(at, "empty", "advice", messages.empty())
        elif node.items is not None and node.items.properties:
            for index, element in enumerate(values):
                if type(element) is dict:
                    if element:
                        self.object(element, node.items, f"{at}/{index}")
                    else:
                        self.add(f"{at}/{index}", "empty", "advice", messages.empty())
            if node.by_id:
                self._identified(values, at)
            elif node.unique and "id" in node.items.properties:
                self._repeated(values, at)
        else:
            for index, text in enumerate(values):
                if type(text) is str:
                    self._text(text, node, f"{at}/{index}")

    def _text(self, text: str, node: Node, at: str) -> None:
        if not text or text.isspace():
            self.add(at, "empty", "advice", messages.empty())
        elif node.codes is not None and text not in node.codes:
            if node.closed:
                self.add(at, "enum", "error", messages.unknown_code(node, list(node.codes), text))
            else:
                self.add(at, "open-code", "advice", messages.open_code(text))

    def _doubled(self, elements: list[Any], at: str) -> None:
        """Merging makes one of two elements with the same id."""
        for index in _duplicates(elements, merge.identity):
            self.add(f"{at}/{index}/id", "duplicate-id", "error", messages.duplicate(elements[index]["id"]))

    def _identified(self, elements: list[Any], at: str) -> None:
        """And two of the same element without one."""
        self._doubled(elements, at)
        for index, element in enumerate(elements):
            if type(element) is dict and element and "id" not in element:
                self.add(f"{at}/{index}/id", "no-id", "advice", messages.no_id())

    def _repeated(self, elements: list[Any], at: str) -> None:
        """A list that merging keeps whole loses nothing, but the standard's own tools complain."""
        for index in _duplicates(elements, _named(("id",))):
            self.add(f"{at}/{index}/id", "repeated-id", "advice", messages.repeated(elements[index]["id"]))

    def members(self, elements: list[Any], keys: tuple[str, ...], at: str) -> None:
        """Releases or records of a package, told apart by `keys` together."""
        for index in _duplicates(elements, _named(keys)):
            self.add(
                f"{at}/{index}/{keys[-1]}",
                "duplicate-id",
                "error",
                messages.duplicate(elements[index][keys[-1]]),
            )

    def ocid(self, value: Document) -> None:
        """The ocid of a release or record."""
        held = value.get("ocid")
        if isinstance(held, str) and ocid.split(held) is None:
            self.add("/ocid", "ocid", "error", messages.bad_ocid(held))

    def references(self, release: Document) -> None:
        """Organizations and awards that the release names must stand in it."""
        parties = _ids(release.get("parties"))
        for at, reference in self._references:
            party = reference.get("id")
            if party is None:
                # An element of a list has been told so already.
                if not at.rpartition("/")[2].isdecimal():
                    self.add(f"{at}/id", "reference", "advice", messages.no_reference())
            elif str(party) not in parties:
                self.add(f"{at}/id", "reference", "advice", messages.unknown_party(party))
        contracts = release.get("contracts")
        awards = _ids(release.get("awards"))
        for index, contract in enumerate(contracts if isinstance(contracts, list) else []):
            award = contract.get("awardID") if isinstance(contract, dict) else None
            if award is not None and str(award) not in awards:
                self.add(f"/contracts/{index}/awardID", "reference", "advice", messages.unknown_award(award))


@cache
def _decisive(node: Node) -> tuple[tuple[str, Node], ...]:
    """The keys of an object at which, or below which, the walk may find an error."""
    return tuple((key, child) for key, child in node.properties.items() if _may_fail(child))


def _may_fail(node: Node) -> bool:
    waiting, seen = [node], {node}  # a shape may contain itself
    while waiting:
        here = waiting.pop()
        if here.by_id or (here.closed and here.codes is not None):
            return True
        inside = {*here.properties.values(), *([here.items] if here.items else ())} - seen
        waiting.extend(inside)
        seen |= inside
    return False


def _duplicates(elements: list[Any], identify: Callable[[Document], Any]) -> Iterator[int]:
    """Positions of the elements that repeat the identity of an earlier one; None identifies nothing."""
    seen: set[Any] = set()
    for index, element in enumerate(elements):
        identity = identify(element) if type(element) is dict else None
        if identity is not None:
            if identity in seen:
                yield index
            seen.add(identity)


def _named(keys: tuple[str, ...]) -> Callable[[Document], tuple[Any, ...] | None]:
    """Identify by the values of `keys`, when all of them are texts or numbers."""

    def identify(element: Document) -> tuple[Any, ...] | None:
        values = tuple([element.get(key) for key in keys])
        return values if all(type(value) in (str, int) for value in values) else None

    return identify


def _ids(elements: Any) -> set[str]:
    """Ids of a list's elements as text: 7 and "7" name the same party."""
    listed = elements if isinstance(elements, list) else []
    return {
        str(element["id"])
        for element in listed
        if isinstance(element, dict) and element.get("id") is not None
    }

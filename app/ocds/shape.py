"""The shape of a document: a JSON Schema turned once into a tree that can be walked beside the data.

`jsonschema-rs` says whether a document is valid; what it cannot say (which keys nobody declared, which lists are
merged by id, where null is allowed) is read here by validation, difference and labels.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from app.ocds import codelists, schema

Document = dict[str, Any]
"""A JSON object as parsed: a release, a compiled release, a package."""


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values say the same: for Python `1`, `1.0` and `True` are equal, for JSON they are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


@dataclass(slots=True, eq=False)
class Node:
    """What one place of a document may hold. For a list, everything but `items` speaks of the list itself."""

    title: str = ""
    definition: str = ""
    """Name of the schema definition the value follows (`Organization`), or empty."""
    properties: dict[str, "Node"] = field(default_factory=dict)
    """Declared keys of an object; none means that the standard leaves its content free."""
    patterns: list[re.Pattern[str]] = field(default_factory=list)
    """Extra key names that are declared by pattern (`title_en`)."""
    items: "Node | None" = None
    nullable: bool = True
    required: frozenset[str] = frozenset()
    unique: bool = False
    """The schema forbids two equal elements."""
    by_id: bool = False
    """A list whose elements merging matches by `id`."""
    deprecated: str = ""
    """What to use instead of this field, in Spanish; empty while the standard recommends it."""
    codelist: str = ""
    codes: Mapping[str, Any] | None = None
    """Known codes of the codelist; None without a codelist or where the schema enumerates them itself."""
    closed: bool = False

    def declares(self, key: str) -> bool:
        """Whether an object here may have this key."""
        return key in self.properties or any(pattern.search(key) for pattern in self.patterns)


def build(json_schema: Document) -> Node:
    """The tree of a draft-04 schema whose references are all local (`#/definitions/…`).

    No definition of OCDS contains itself, and none may here.
    """
    definitions = json_schema.get("definitions", {})
    named: dict[str, Node] = {}

    def follow(part: Document) -> Node:
        name = part["$ref"].removeprefix("#/definitions/")
        if name not in named:
            named[name] = Node(definition=name)
            fill(named[name], definitions[name])
        siblings = {key: part[key] for key in ("title", "deprecated") if key in part}
        # Draft 4 ignores what stands beside $ref, but OCDS deprecates fields there.
        return (
            replace(
                named[name],
                title=siblings.get("title", named[name].title),
                deprecated=siblings.get("deprecated", {}).get("description", ""),
            )
            if siblings
            else named[name]
        )

    def fill(node: Node, part: Document) -> None:
        kinds = part.get("type", [])
        kinds = {kinds} if isinstance(kinds, str) else set(kinds)
        node.title = part.get("title", "")
        node.nullable = not kinds or "null" in kinds
        node.required = frozenset(part.get("required", ()))
        node.unique = part.get("uniqueItems", False)
        node.deprecated = part.get("deprecated", {}).get("description", "")
        node.patterns.extend(re.compile(pattern) for pattern in part.get("patternProperties", {}))
        if isinstance(part.get("items"), dict):
            node.items = make(part["items"])
            node.by_id = "id" in node.items.properties and not part.get("wholeListMerge", False)
        if "codelist" in part:
            node.codelist = part["codelist"].removesuffix(".csv")
            node.closed = not part.get("openCodelist", False)
            enumerated = "enum" in part or "enum" in part.get("items", {})
            node.codes = None if enumerated else codelists.codelist(node.codelist).codes
        for key, value in part.get("properties", {}).items():
            node.properties[key] = make(value)

    def make(part: Document) -> Node:
        if "$ref" in part:
            return follow(part)
        node = Node()
        fill(node, part)
        return node

    return make(json_schema)


@cache
def release() -> Node:
    """The shape of a release under the profile."""
    return build(schema.release_schema())


def at(node: Node, path: Iterable[str | int]) -> Node | None:
    """The node of the value at `path` below `node`; None where nothing is declared."""
    found: Node | None = node
    for token in path:
        if found is not None:
            found = found.items if isinstance(token, int) else found.properties.get(token)
    return found


def pointer(path: Iterable[str | int]) -> str:
    """JSON Pointer (RFC 6901) of a path; the empty string is the whole document."""
    return "".join(f"/{escape(token)}" for token in path)


def escape(token: str | int) -> str:
    """One token of a JSON Pointer."""
    return token.replace("~", "~0").replace("/", "~1") if isinstance(token, str) else str(token)

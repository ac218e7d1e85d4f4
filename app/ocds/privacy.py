"""The public version of a document: what the privacy table withholds is taken out, and told.

The table is data (`app.ocds.model.privacy`); here is only how it is applied. Nothing withheld leaves a trace in the
public version, with one exception: the id by which a person is referred to is replaced, the same everywhere, since
without it nobody would know which award was whose.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from app.ocds import model, shape
from app.ocds.model import privacy as table
from app.ocds.model.privacy import Personality, Rule, Side, Verdict
from app.ocds.shape import Document

INSTEAD = "CONFIDENCIAL"
"""What stands inside a text where a confidential number stood; letters only, so that an address stays an address."""

_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """One value, or one group of values with a common reason, that the public version does not carry."""

    pointer: str
    """JSON Pointer into the original document."""
    rule: str
    """Why, in Spanish."""
    source: str
    """The law behind it."""


def withhold(document: Document, *, natural_rfc_public: bool) -> tuple[Document, list[Withheld]]:
    """The public version of a release or working document, and what it withholds.

    `natural_rfc_public`: the tenant's law lets the RFC of natural persons be published. The document is never
    changed; when nothing is withheld, the answer is the same object. What becomes empty goes too.
    """
    edits: dict[_Path, _Edit] = {}
    found = list(_people(document, natural_rfc_public=natural_rfc_public))
    if _is_suspect(document):
        found += _never(document, ())
    for edit in found:
        edits.setdefault(edit.path, edit)
    if not edits:
        return document, []
    tree: dict[str | int, Any] = {}
    for edit in edits.values():
        _plant(tree, edit)
    return _rebuilt(document, tree), [
        Withheld(shape.pointer(e.path), e.rule, e.source) for e in edits.values()
    ]


_GONE: Any = object()


class _Edit(NamedTuple):
    path: _Path
    rule: str
    source: str
    instead: Any = _GONE


# What is confidential wherever it stands


_KEYS = frozenset().union(*(rule.keys for rule in table.NEVER))
_SCHEMES = frozenset().union(*(rule.schemes for rule in table.NEVER))
_PATTERNS = [(rule, re.compile(rule.value, re.IGNORECASE)) for rule in table.NEVER if rule.value]
_ANY_PATTERN = re.compile("|".join(f"(?:{rule.value})" for rule in table.NEVER if rule.value))
_DECLARED = frozenset(path.rpartition("/")[2] for path in model.FIELDS) - _KEYS
_ALIAS = re.compile(r"persona(-[0-9a-f]{12})?(-[0-9]+)?")
"""What stands instead of a person's id in the public version."""
_SHORTEST = 16
"""Every confidential number of the table is longer; sparing short texts the search halves the time it takes."""


def _is_suspect(value: Document | list[Any]) -> bool:
    """Whether `NEVER` has something to say: a fast look, since it almost never has."""
    items: Any = value
    if type(value) is dict:
        if not value.keys() <= _DECLARED and not _KEYS.isdisjoint(map(str.lower, value)):
            return True
        if "scheme" in value and str(value["scheme"]).upper() in _SCHEMES:
            return True
        items = value.values()
    for held in items:
        kind = type(held)
        if kind is str:
            if len(held) >= _SHORTEST and _ANY_PATTERN.search(held.upper()):
                return True
        elif (kind is dict or kind is list) and _is_suspect(held):
            return True
    return False


def _never(value: Document | list[Any], path: _Path) -> Iterator[_Edit]:
    if isinstance(value, dict):
        yield from _never_here(value, path)
    for key, held in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(held, str):
            yield from _never_text(held, (*path, key))
        elif isinstance(held, dict | list):
            yield from _never(held, (*path, key))


def _never_here(value: Document, path: _Path) -> Iterator[_Edit]:
    scheme = str(value.get("scheme", "")).upper()
    for rule in table.NEVER:
        for key in value:
            by_scheme = key == "id" and scheme in rule.schemes and not _ALIAS.fullmatch(str(value[key]))
            if key.lower() in rule.keys or by_scheme:
                yield _Edit((*path, key), rule.reason, rule.source)


def _never_text(text: str, path: _Path) -> Iterator[_Edit]:
    for rule, pattern in _PATTERNS:
        if pattern.search(text):
            rest = pattern.sub(INSTEAD, text)
            # An id has to stay, whatever it says: the standard demands it.
            whole = rest.strip() == INSTEAD and path[-1] != "id"
            yield _Edit(path, rule.reason, rule.source, _GONE if whole else rest)


# Persons


@dataclass(slots=True)
class _Spot:
    """A key on the way to a person. `prefix`: where in a person the value stands (`identifier/` for a bare one)."""

    below: dict[str, "_Spot"] = field(default_factory=dict)
    is_person: bool = False
    role: str | None = None
    prefix: str = ""


@cache
def _spots() -> _Spot:
    root = _Spot()
    persons = ((path, role, "") for path, role in table.PERSONS.items())
    identifiers = ((path, role, "identifier/") for path, role in table.IDENTIFIERS.items())
    for path, role, prefix in (*persons, *identifiers):
        spot = root
        for key in path.split("/"):
            spot = spot.below.setdefault(key, _Spot())
        spot.is_person, spot.role, spot.prefix = True, role, prefix
    return root


class _Who(NamedTuple):
    """What decides a verdict beside place and value."""

    side: Side
    personality: Personality


@dataclass(slots=True)
class _Facts:
    """What the document says about who somebody is."""

    roles: set[str] = field(default_factory=set)
    natural: bool = False
    legal: bool = False
    seen: set[tuple[str, str]] = field(default_factory=set)

    def learn(self, person: Document) -> None:
        """Add what one mention of the person says."""
        if isinstance(person.get("roles"), list):
            self.roles.update(role for role in person["roles"] if isinstance(role, str))
        self._number(str(person.get("id", "")), "")
        others = person.get("additionalIdentifiers")
        for identifier in (person.get("identifier"), *(others if isinstance(others, list) else ())):
            if isinstance(identifier, dict):
                declared = identifier.get("legalPersonality")
                self.natural = self.natural or declared == Personality.NATURAL
                self.legal = self.legal or declared == Personality.LEGAL
                self._number(str(identifier.get("id", "")), str(identifier.get("scheme", "")))

    def _number(self, number: str, scheme: str) -> None:
        """A natural person's RFC tells wherever it stands; twelve characters only where they claim to be an RFC."""
        if (number, scheme) in self.seen:
            return
        self.seen.add((number, scheme))
        number = number.upper()
        claimed = scheme.upper() in table.RFC_SCHEMES or number.startswith(_CLAIMS)
        for word in _WORD.findall(number):
            if word not in table.RFC_GENERIC:
                self.natural = self.natural or _NATURAL.search(word) is not None
                self.legal = self.legal or (claimed and _LEGAL.search(word) is not None)

    def who(self, implied: str | None) -> _Who:
        """The person where `implied` is its role. Unknown personality counts as natural until stated."""
        roles = self.roles | {implied} if implied else self.roles
        return _Who(
            Side.OFFICIAL if roles and roles <= table.OFFICIAL_ROLES else Side.PRIVATE,
            Personality.LEGAL if self.legal and not self.natural else Personality.NATURAL,
        )


_CLAIMS = tuple(f"{scheme}-" for scheme in table.RFC_SCHEMES)
_WORD = re.compile(r"[A-ZÑ&0-9]+")
_NATURAL, _LEGAL = re.compile(table.RFC_NATURAL), re.compile(table.RFC_LEGAL)


class _Mention(NamedTuple):
    path: _Path
    spot: _Spot
    person: Document
    who: _Who


def _people(document: Document, *, natural_rfc_public: bool) -> Iterator[_Edit]:
    found = list(_mentions(document, _spots(), (), {}))
    for _, spot, person, facts in found:
        facts.learn({"identifier": person} if spot.prefix else person)
    # Only now is everything known: a later mention may say what an earlier one did not.
    mentions = [_Mention(path, spot, person, facts.who(spot.role)) for path, spot, person, facts in found]
    judge = _Judge(natural_rfc_public=natural_rfc_public)
    aliases = judge.aliases(mentions)
    for path, spot, person, who in mentions:
        alias = aliases.get(str(person.get("id"))) if not spot.prefix else None
        if alias:
            yield alias._replace(path=(*path, "id"))
        if not _lets_all_pass(who):
            edits, _ = judge.object(person, spot, path, spot.prefix, who)
            yield from edits


def _mentions(
    value: Document, spot: _Spot, path: _Path, known: dict[str, _Facts]
) -> Iterator[tuple[_Path, _Spot, Document, _Facts]]:
    """Every person of the document. Mentions with one id share their facts."""
    for key, below in spot.below.items():
        held = value.get(key)
        if held is None:
            continue
        if isinstance(held, dict):
            found: list[tuple[_Path, Any]] = [((*path, key), held)]
        else:
            found = [((*path, key, i), item) for i, item in enumerate(held)] if isinstance(held, list) else []
        for here, element in found:
            if isinstance(element, dict):
                if below.is_person:
                    named = element.get("id") is not None and not below.prefix
                    facts = known.setdefault(str(element["id"]), _Facts()) if named else _Facts()
                    yield here, below, element, facts
                yield from _mentions(element, below, here, known)


class _Judge:
    def __init__(self, *, natural_rfc_public: bool) -> None:
        self._by_law = Verdict.PUBLIC if natural_rfc_public else Verdict.CONFIDENTIAL

    def aliases(self, mentions: list[_Mention]) -> dict[str, _Edit]:
        """For each id that may not be published, what stands in its place.

        It is made from the name, which is public, so that it is the same in every release and tells nothing more.
        """
        names: dict[str, str] = {}
        reasons: dict[str, _Edit] = {}
        judged: set[tuple[str, _Who]] = set()
        for _, spot, person, who in mentions:
            if spot.prefix or person.get("id") is None:
                continue
            identifier = str(person["id"])
            if isinstance(person.get("name"), str):
                names.setdefault(identifier, person["name"])
            if (identifier, who) not in judged:
                judged.add((identifier, who))
                edit = self._leaf(identifier, (), "id", who) or next(_never_text(identifier, ("id",)), None)
                if edit:
                    reasons.setdefault(identifier, edit)
        taken: dict[str, int] = {}
        aliases: dict[str, _Edit] = {}
        for identifier, edit in reasons.items():
            name = " ".join(names.get(identifier, "").upper().split())
            alias = f"persona-{sha256(name.encode()).hexdigest()[:12]}" if name else "persona"
            taken[alias] = taken.get(alias, 0) + 1
            aliases[identifier] = edit._replace(
                instead=alias if taken[alias] == 1 else f"{alias}-{taken[alias]}"
            )
        return aliases

    def object(
        self, value: Document, spot: _Spot, path: _Path, inside: str, who: _Who
    ) -> tuple[list[_Edit], bool]:
        """The edits below an object of a person, and whether they leave nothing of it."""
        edits: list[_Edit] = []
        left = False
        for key, held in value.items():
            below = spot.below.get(key)
            if below and below.is_person:
                left = True
                continue
            here, place = (*path, key), f"{inside}{_LANGUAGE.sub('', key)}"
            found, emptied = self._value(held, here, place, who)
            edits += _together(found, here) if emptied else found
            left = left or not emptied
        return edits, not left

    def _value(self, value: Any, path: _Path, inside: str, who: _Who) -> tuple[list[_Edit], bool]:
        if isinstance(value, dict) and value:
            return self.object(value, _NOWHERE, path, f"{inside}/", who)
        if isinstance(value, list) and value:
            answers = [self._value(item, (*path, i), inside, who) for i, item in enumerate(value)]
            return [edit for edits, _ in answers for edit in edits], all(emptied for _, emptied in answers)
        edit = self._leaf(value, path, inside, who)
        # The id of the person itself is told apart: it gets an alias.
        if edit is None or inside == "id":
            return [], False
        return [edit], True

    def _leaf(self, value: Any, path: _Path, inside: str, who: _Who) -> _Edit | None:
        for rule, pattern in _rules(inside, who):
            if pattern is None or pattern.search(str(value).upper()):
                verdict = self._by_law if rule.verdict is Verdict.BY_LAW else rule.verdict
                return None if verdict is Verdict.PUBLIC else _Edit(path, rule.reason, rule.source)
        return None


_NOWHERE = _Spot()
_LANGUAGE = re.compile(r"(?<=.)_[A-Za-z]{2,3}(-[A-Za-z0-9-]+)?$")
"""Ending of a key in another language: `name_en` is judged as `name`."""


@lru_cache(maxsize=4096)
def _rules(inside: str, who: _Who) -> tuple[tuple[Rule, re.Pattern[str] | None], ...]:
    """The rules that can decide a place, in order, up to the first that fits any value."""
    fitting = []
    for rule in table.RULES:
        if (
            rule.side in (None, who.side)
            and rule.personality in (None, who.personality)
            and any(_covers(path, inside) for path in rule.paths)
        ):
            fitting.append((rule, re.compile(rule.value) if rule.value else None))
            if not rule.value:
                break
    return tuple(fitting)


def _covers(path: str, inside: str) -> bool:
    if path.endswith("**"):
        return f"{inside}/".startswith(path.removesuffix("**"))
    return path == inside


@cache
def _lets_all_pass(who: _Who) -> bool:
    """Whether the first rule for such a person publishes everything."""
    fitting = (
        r for r in table.RULES if r.side in (None, who.side) and r.personality in (None, who.personality)
    )
    first = next(fitting)
    return first.paths == ("**",) and first.verdict is Verdict.PUBLIC and not first.value


def _together(edits: list[_Edit], path: _Path) -> list[_Edit]:
    """One edit for a whole group, when one reason took all of it."""
    reasons = {(edit.rule, edit.source) for edit in edits}
    return [_Edit(path, *reason) for reason in reasons] if len(reasons) == 1 else edits


# Taking out


def _plant(tree: dict[str | int, Any], edit: _Edit) -> None:
    for key in edit.path[:-1]:
        tree = tree.setdefault(key, {})
        if isinstance(tree, _Edit):  # something around it goes as a whole
            return
    tree[edit.path[-1]] = edit


def _rebuilt(value: Any, tree: dict[str | int, Any]) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    kept: list[tuple[Any, Any]] = []
    for key, held in items:
        step = tree.get(key)
        if step is None:
            kept.append((key, held))
        elif isinstance(step, _Edit):
            if step.instead is not _GONE:
                kept.append((key, step.instead))
        elif below := _rebuilt(held, step):
            kept.append((key, below))
    return dict(kept) if isinstance(value, dict) else [held for _, held in kept]

"""Releases of one process merged into its present state (compiled) or its history (versioned).

`ocdsmerge` does the merging with the rules of the profile's schema, so any other tool that merges our releases
gets our records. Releases are ordered by `date`, compared as text: dates of one process must share one offset
and precision for that order to be the order in time. Results share lists with the releases they were made from.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, NamedTuple

from ocdsmerge.exceptions import OCDSMergeError as MergeError
from ocdsmerge.merge import CompiledRelease, VersionedRelease
from ocdsmerge.rules import get_merge_rules

from app.ocds import schema
from app.ocds.shape import Document

__all__ = [
    "MergeError",
    "Rules",
    "append",
    "compiled",
    "identity",
    "latest_of_versioned",
    "rules",
    "versioned",
]

Rules = Mapping[tuple[str, ...], str]
"""Path of keys -> `omitWhenMerged` or `wholeListMerge`; every other list of objects is merged by id."""

_ENVELOPE = ("ocid", "id", "date", "tag")


@cache
def rules() -> Rules:
    """Merge rules of the profile."""
    found: Rules = get_merge_rules(schema.release_schema())
    return found


def compiled(releases: list[Document]) -> Document:
    """The compiled release: the latest value of every field.

    Raises:
        ValueError: no releases.
        MergeError: a release without `date`, an id that is a list or an object, or a field that is a list in one
            release and an object in another.
    """
    if len(releases) == 1 and _is_plain(releases[0]):
        with suppress(_NeedsMergingError):
            return _in_order(_alone(releases[0]))
    return _merged(CompiledRelease(merge_rules=rules()), releases)


def versioned(releases: list[Document]) -> Document:
    """The versioned release: every field as the list of its values in time. Raises as `compiled`."""
    return _merged(VersionedRelease(merge_rules=rules()), releases)


def append(compiled: Document, release: Document) -> Document:
    """The compiled release after one more release, without reading the earlier ones.

    Equal to merging all again, provided `release` is not older than the last one merged: the caller compares
    dates, and merges from scratch when an older one arrives late. Raises as `compiled`.
    """
    known = _keeping_hollows(compiled, (), rules()) if _has_hollow(compiled) else compiled
    with _merge_errors():
        merged = CompiledRelease(known, merge_rules=rules())
        merged.append(release)
        return _in_order(merged.asdict())


def latest_of_versioned(versioned_release: Document) -> Document:
    """The compiled release that a versioned one implies: the newest value of each field.

    `date` is that of the newest value, which is older than the last release's when that release changed nothing.
    """
    dates: list[str] = []
    latest = {key: _latest(value, dates) for key, value in versioned_release.items()}
    document = {
        key: value for key, value in latest.items() if value is not None and key not in ("id", "date", "tag")
    }
    date = max(dates, default="")
    return _in_order({**document, "id": f"{document.get('ocid')}-{date}", "date": date, "tag": ["compiled"]})


def identity(element: Document) -> str | None:
    """What merging tells the element of a list by: its id as text, even when null; None when it has no id.

    Two elements whose ids are equal as text (1 and "1") lose fields to one another.
    """
    return str(element["id"]) if "id" in element else None


def _merged(merged: Any, releases: list[Document]) -> Document:
    if not releases:
        raise ValueError("Nothing to merge: the process has no releases.")
    with _merge_errors():
        merged.extend(releases)
        return _in_order(merged.asdict())


@contextmanager
def _merge_errors() -> Iterator[None]:
    """Because ocdsmerge lets a TypeError through when a release is no object or an id is a list."""
    try:
        yield
    except MergeError:
        raise
    except TypeError as error:
        raise MergeError(str(error)) from error


def _in_order(document: Document) -> Document:
    """The envelope first, however the release was arrived at."""
    return {key: document[key] for key in _ENVELOPE if key in document} | document


# The first release of a process, by far the commonest: what ocdsmerge makes of one release, in an eighth of the time.


class _NeedsMergingError(Exception):
    """A list in which elements have to be merged with one another, or cannot be merged at all."""


class _Rule(NamedTuple):
    rule: str | None
    below: dict[str, "_Rule"]


@cache
def _rule_tree() -> dict[str, _Rule]:
    """The rules by key instead of by path."""
    root: dict[str, _Rule] = {}
    for path, rule in rules().items():
        level = root
        for key in path[:-1]:
            level = level.setdefault(key, _Rule(None, {})).below
        level[path[-1]] = _Rule(rule, {})
    return root


_NO_RULE = _Rule(None, {})


def _is_plain(release: Any) -> bool:
    return isinstance(release, dict) and all(isinstance(release.get(key), str) for key in ("ocid", "date"))


def _alone(release: Document) -> Document:
    date, ocid = release["date"], release["ocid"]
    content = {key: value for key, value in release.items() if key not in _ENVELOPE}
    own = {"ocid": ocid, "id": f"{ocid}-{date}", "date": date, "tag": ["compiled"]}
    return own | (_alone_object(content, _rule_tree()) or {})


def _alone_object(value: Document, tree: dict[str, _Rule]) -> Document | None:
    """An object without nulls and whatever is omitted; None when merging would not even notice it."""
    noticed = False
    kept: Document = {}
    for key, held in value.items():
        rule, below = tree.get(key, _NO_RULE)
        if rule == "omitWhenMerged":
            continue
        kind = type(held)
        if rule is None and (kind is dict or (kind is list and all(type(item) is dict for item in held))):
            inner = _alone_object(held, below) if kind is dict else _alone_list(held, below)
            if inner is not None:
                noticed = True
                kept[key] = inner
        else:
            noticed = True
            if held is not None:
                kept[key] = held
    return kept if noticed else None


def _alone_list(elements: list[Document], tree: dict[str, _Rule]) -> list[Document] | None:
    ids = [element["id"] for element in elements if "id" in element]
    if len(ids) != len(set(map(str, ids))) or any(type(identifier) in (list, dict) for identifier in ids):
        raise _NeedsMergingError
    merged = (_alone_object(element, tree) for element in elements)
    return [element for element in merged if element is not None] or None


def _has_hollow(value: Document | list[Any]) -> bool:
    held = value.values() if isinstance(value, dict) else value
    return any(type(item) in (dict, list) and (not item or _has_hollow(item)) for item in held)


def _keeping_hollows(value: Any, path: tuple[str, ...], merge_rules: Rules) -> Any:
    """A compiled value in which an empty object survives the next merge.

    Nulling every field of an object leaves `{}` behind; ocdsmerge forgets it when it reads the compiled release
    back. A null under a name that OCDS cannot have keeps its place and never comes out again.
    """
    if isinstance(value, dict):
        if not value:
            return {"": None}
        return {key: _keeping_hollows(held, (*path, key), merge_rules) for key, held in value.items()}
    if isinstance(value, list) and path not in merge_rules and all(isinstance(item, dict) for item in value):
        return [_keeping_hollows(item, path, merge_rules) for item in value]
    return value


def _latest(value: Any, dates: list[str]) -> Any:
    if isinstance(value, dict):
        kept = {key: _latest(held, dates) for key, held in value.items()}
        return {key: held for key, held in kept.items() if held is not None}
    if isinstance(value, list):
        if value and all(_is_version(item) for item in value):
            newest = max(reversed(value), key=lambda version: str(version.get("releaseDate") or ""))
            dates.append(str(newest.get("releaseDate") or ""))
            return newest["value"]
        return [_latest(item, dates) for item in value]
    return value


def _is_version(item: Any) -> bool:
    return isinstance(item, dict) and "value" in item and "releaseDate" in item and "id" not in item

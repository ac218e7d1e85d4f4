"""From a record, the releases it stands for."""

from dataclasses import dataclass, field
from typing import Any

from app.ocds import merge

Document = dict[str, Any]

_DERIVED = ("ocid", "releases", "compiledRelease", "versionedRelease")


@dataclass(frozen=True, slots=True)
class Unfolded:
    """What an element of a file holds.

    Attributes:
        releases: one or more, oldest first; none where the record only points to addresses.
        origin: where they were taken from: `release`, `releases`, `compiledRelease` or `versionedRelease`.
        rest: members of the record that belong to no release.
    """

    releases: list[Document]
    origin: str
    rest: Document = field(default_factory=dict)


def is_record(document: Document) -> bool:
    """Whether an object is a record rather than a release or a package."""
    return (
        "compiledRelease" in document
        or "versionedRelease" in document
        or ("releases" in document and "ocid" in document)
    )


def unfold(document: Document) -> Unfolded:
    """Return the releases of a record, or the release itself.

    Embedded releases are the history itself and come first; a compiled release loses the history and a versioned one
    must be computed, so they serve, in that order, where releases are missing or only linked.
    """
    if not is_record(document):
        return Unfolded([document], "release")
    rest = {key: value for key, value in document.items() if key not in _DERIVED}
    releases = document.get("releases")
    if isinstance(releases, list) and releases and not any(_is_embedded(release) for release in releases):
        rest["releases"] = releases
    compiled, versioned = document.get("compiledRelease"), document.get("versionedRelease")
    if isinstance(releases, list) and releases and all(_is_embedded(release) for release in releases):
        return Unfolded(
            [_named(release, document) for release in sorted(releases, key=_date)], "releases", rest
        )
    if isinstance(compiled, dict) and compiled:
        return Unfolded([_named(compiled, document)], "compiledRelease", rest)
    if isinstance(versioned, dict) and versioned:
        return Unfolded([_named(merge.latest_of_versioned(versioned), document)], "versionedRelease", rest)
    return Unfolded([], "releases", rest)


def _is_embedded(release: Any) -> bool:
    return isinstance(release, dict) and not ("url" in release and "ocid" not in release)


def _named(release: Document, record: Document) -> Document:
    """A release inside a record may leave the ocid to the record."""
    return release if "ocid" in release or "ocid" not in record else {"ocid": record["ocid"], **release}


def _date(release: Document) -> str:
    date = release.get("date")
    return date if isinstance(date, str) else ""

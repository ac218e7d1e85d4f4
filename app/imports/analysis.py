"""What of one release can be used: its ocid settled, what nobody knows kept aside, what breaks the schema refused.

Nothing is dropped without a word: every leaf of the source is in the document, among the envelope that publishing
sets, among `kept`, or among the refused values that `problems` lists.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import jsonschema_rs
import orjson

from app.core import clock
from app.imports.entries import Entry
from app.imports.records import Document
from app.imports.storable import shown, take_out
from app.ocds import checks, schema, shape, validation
from app.ocds import ocid as ocids
from app.ocds.validation import Problem
from app.processes.service import ENVELOPE

ROUNDS = 3
"""Times that refusing values may uncover others (an emptied list, then its parent)."""
LISTED_VALUES = 40_000
"""Values beyond which errors are not listed: the schema's validator takes 2.6 KB for each, all at once."""
OCID_LIMIT = 300
LOCAL_LIMIT = 120
TEXT_LIMIT = 500

Owner = Literal["own", "foreign", "free"]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_STAND_IN: Document = {
    "id": "0",
    "date": "2000-01-01T00:00:00Z",
    "tag": ["planning"],
    "initiationType": "tender",
}
_OF_A_VALUE = {"type", "enum", "format", "rule", "empty"}
"""Kinds of errors that a value has by itself; the others (missing, repeated ids) leave it where it is, to be mended."""


@dataclass(frozen=True, slots=True)
class Prefixes:
    """The OCID prefixes that decide whose a process is.

    Attributes:
        own: the tenant's, in order; new identifiers get the first.
        owner: tells whose any other prefix is.
    """

    own: Sequence[str]
    owner: Callable[[str], Owner]


@dataclass(slots=True)
class Analysis:
    """One release, ready to be saved or refused.

    Attributes:
        source_ocid, source_id: as the file says.
        source_date: likewise, in UTC; None when it says none that can be read.
        source_sha256: of the release's canonical JSON; the same release has the same hash in every file.
        ocid: under which it is saved here; empty when refused before that was known.
        aliases: the identifier it came with, where it differs.
        document: the working document it gives, without the envelope; may hold nulls, which remove a value.
        refusal: why nothing of it can be used.
        refused: problems of the values that were taken out, with the value.
        problems: what is wrong or improvable in `document` as it is.
        kept: `{pointer, value}` of what neither the standard nor the profile knows.
        has_nulls: the document may hold nulls.
    """

    source_ocid: str = ""
    source_id: str = ""
    source_date: datetime | None = None
    source_sha256: str = ""
    ocid: str = ""
    aliases: tuple[str, ...] = ()
    document: Document = field(default_factory=dict)
    refusal: dict[str, Any] | None = None
    refused: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    has_nulls: bool = False

    @property
    def error_count(self) -> int:
        """Problems of the document that would stop it from being published."""
        return sum(problem.severity == "error" for problem in self.problems)

    def report(self) -> list[dict[str, Any]]:
        """Return what the import says of this release: refusal, refused values, errors, advice by kind."""
        if self.refusal is not None:
            return [self.refusal, *self.refused]
        advice: dict[str, dict[str, Any]] = {}
        errors: list[dict[str, Any]] = []
        for problem in self.problems:
            if problem.severity == "error":
                errors.append(_row(problem))
            elif problem.code in advice:
                advice[problem.code]["count"] += 1
            else:
                advice[problem.code] = {**_row(problem), "count": 1}
        return [*self.refused, *errors, *advice.values()]


def analyse(entry: Entry, prefixes: Prefixes) -> Analysis:
    """Return what can be used of an entry. Its release is taken apart: the caller does not use it again.

    Args:
        entry: as read.
        prefixes: whose each ocid is.
    """
    if entry.fault is not None:
        return Analysis(refusal=_told(entry.fault.code, entry.fault.message))
    release = entry.release or {}
    found = Analysis(
        kept=[
            {"pointer": f"/{key}", "value": shown(held), "of": "record"} for key, held in entry.rest.items()
        ]
    )
    canonical = _canonical(release)
    # orjson writes a number that is not finite as null and refuses the ones over 64 bits.
    if canonical is None or entry.suspect or b"null" in canonical:
        found.refused = [
            {**_told("unfit", f"{unfit.pointer}: {unfit.message}", unfit.pointer), "value": unfit.value}
            for unfit in take_out(release)
        ]
        canonical = _canonical(release) or b""
    found.has_nulls = b"null" in canonical
    found.source_sha256 = hashlib.sha256(canonical).hexdigest()
    if entry.edits is not None:  # what is in it is known when it meets the document of now
        found.source_id, found.source_ocid = _text(release["id"]), release["ocid"]
        found.ocid, found.refusal = settle(found.source_ocid, prefixes)
        found.aliases = (found.source_ocid,) if found.ocid not in ("", found.source_ocid) else ()
        return found
    _envelope(found, release, prefixes)
    if found.refusal is None and entry.values > LISTED_VALUES:
        found.refusal = _invalid(found.ocid, release)
    if found.refusal is None:
        _document(found, release)
    return found


def problems_of(ocid: str, document: Document) -> list[Problem]:
    """Return what is wrong with a working document, whose envelope publishing will set, and what makes no sense."""
    return [*_invalid_in(ocid, document), *_senseless_in(ocid, document)]


def _invalid_in(ocid: str, document: Document) -> list[Problem]:
    return validation.validate_release({"ocid": ocid, **_STAND_IN, **document})


def _senseless_in(ocid: str, document: Document) -> list[Problem]:
    return checks.check({"ocid": ocid, **document}, now=clock.now())


@cache
def _validator() -> jsonschema_rs.Draft4Validator:
    return jsonschema_rs.Draft4Validator(schema.release_schema(), validate_formats=True)


def _invalid(ocid: str, document: Document) -> dict[str, Any] | None:
    """Refuse a very long release that breaks the schema: to list all its errors could take gigabytes."""
    try:
        _validator().validate({"ocid": ocid, **_STAND_IN, **document})
    except jsonschema_rs.ValidationError as error:
        message = (
            f"Es muy larga (más de {LISTED_VALUES:,} valores) y no cumple el estándar; lo primero está en el lugar que se "
            "indica. Corrígela o divídela en entregas más pequeñas."
        )
        return _told("invalid", message, shape.pointer(error.instance_path))
    return None


def settle(source: str, prefixes: Prefixes) -> tuple[str, dict[str, Any] | None]:
    """Return the ocid under which a source's identifier is known here, or the refusal.

    The case of the prefix is normalised; what has no prefix is mapped, always to the same: an identifier that must be
    changed to fit carries a digest of the original, so that no two become one.
    """
    ocid = ocids.normalise(source)
    parts = ocids.split(ocid)
    if len(source) > OCID_LIMIT:
        return "", _told(
            "long-ocid", f"El ocid pasa de {OCID_LIMIT} caracteres; revisa que sea el identificador.", "/ocid"
        )
    if parts is None:
        if not prefixes.own:
            return "", _told(
                "no-prefix",
                "El organismo garante no tiene todavía un prefijo OCID con que nombrarla.",
                "/ocid",
            )
        return f"{prefixes.own[0]}-{_local(source)}", None
    prefix = parts[0]
    owner: Owner = "own" if prefix in prefixes.own else prefixes.owner(prefix)
    if owner == "own":
        return ocid, None
    if owner == "foreign":
        message = f"El prefijo {prefix} es de otro organismo garante, al que corresponde esta contratación."
        return "", _told("foreign-prefix", message, "/ocid")
    message = (
        f"El prefijo {prefix} no está entre los de tu organismo garante. Si él o uno de sus sujetos obligados lo usó, "
        "hay que agregarlo y leer otra vez el archivo."
    )
    return "", {**_told("unknown-prefix", message, "/ocid"), "prefix": prefix}


def without_nulls(value: Any) -> Any:
    """Return a document as if nothing had stood where null stands: a null only removes."""
    if isinstance(value, dict):
        return {key: without_nulls(held) for key, held in value.items() if held is not None}
    if isinstance(value, list):
        return [without_nulls(held) for held in value]
    return value


def _envelope(found: Analysis, release: Document, prefixes: Prefixes) -> None:
    """Move what publishing sets from the release to the analysis, and settle the ocid."""
    taken = {key: release.pop(key) for key in ENVELOPE if key in release}
    found.source_ocid, found.source_id = _text(taken.get("ocid")), _text(taken.get("id"))
    found.source_date = _moment(taken.get("date"))
    if taken.get("initiationType") not in ("tender", None):
        words = "/initiationType: el estándar solo conoce el inicio «tender»."
        found.refused.append(
            {**_told("enum", words, "/initiationType"), "value": shown(taken["initiationType"])}
        )
    if not release:
        found.refusal = _told("no-content", "No trae ningún dato de una contratación.")
    elif not found.source_ocid:
        words = "Falta el identificador de la contratación (ocid): sin él no se sabe a cuál pertenece."
        found.refusal = _told("no-ocid", words, "/ocid")
    else:
        found.ocid, found.refusal = settle(found.source_ocid, prefixes)
        found.aliases = (found.source_ocid,) if found.ocid not in ("", found.source_ocid) else ()


def _document(found: Analysis, release: Document) -> None:
    """Take out what cannot stay, until the rest stands."""
    found.document = release
    for _ in range(ROUNDS):
        found.problems = []
        removable: dict[str, Problem] = {}
        repeated = _Repeated(release)
        for problem in _invalid_in(found.ocid, release):
            places = _removable(repeated, problem)
            removable.update({place: problem for place in places if place not in removable})
            if not places:
                found.problems.append(problem)
        # From the end, so that taking one element out of a list leaves the places of those before.
        for place in sorted(removable, key=_order, reverse=True):
            value, problem = _remove(release, place), removable[place]
            if problem.code == "additional":
                found.kept.append({"pointer": place, "value": value})
            else:
                found.refused.append({**_row(problem), "pointer": place, "value": value})
        if all(problem.code == "additional" for problem in removable.values()):
            break
    found.problems += _senseless_in(found.ocid, release)
    found.kept.sort(key=lambda row: _order(row["pointer"]))
    found.refused.sort(key=lambda row: _order(row["pointer"]))
    unreadable = next(
        (problem for problem in found.problems if problem.severity == "error" and not problem.pointer), None
    )
    if unreadable is not None:
        found.refusal = _told(unreadable.code, unreadable.message)
    elif not release:
        found.refusal = _told("no-content", "No queda ningún dato que el estándar conozca.")


class _Repeated(dict[str, frozenset[int]]):
    """By the pointer of a list, the places of elements that an earlier one equals; looked up once."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document

    def __missing__(self, pointer: str) -> frozenset[int]:
        seen: set[bytes] = set()
        places = set()
        for place, element in enumerate(_at(self._document, pointer)):
            canonical = _canonical(element)
            if canonical in seen:
                places.add(place)
            elif canonical is not None:
                seen.add(canonical)
        self[pointer] = frozenset(places)
        return self[pointer]


def _removable(repeated: _Repeated, problem: Problem) -> list[str]:
    """Return the places of what must be taken out because of a problem, the smallest that it can be."""
    match problem.code:
        case "additional":
            return [problem.pointer]
        case "duplicate":
            return [f"{problem.pointer}/{place}" for place in repeated[problem.pointer]]
        case "duplicate-id":
            # Two that share the id and differ stay, to be mended; a mere copy adds nothing.
            element = problem.pointer.removesuffix("/id")
            elements, _, place = element.rpartition("/")
            return [element] if int(place) in repeated[elements] else []
    of_a_value = problem.severity == "error" and problem.code in _OF_A_VALUE
    return [problem.pointer] if of_a_value and problem.pointer else []


def _remove(document: Document, pointer: str) -> Any:
    """Remove the value at a pointer and return it."""
    parent, _, token = pointer.rpartition("/")
    holder = _at(document, parent)
    return holder.pop(int(token) if isinstance(holder, list) else _key(token))


def _at(document: Document, pointer: str) -> Any:
    value: Any = document
    for token in pointer.split("/")[1:]:
        value = value[int(token)] if isinstance(value, list) else value[_key(token)]
    return value


def _key(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")


def _order(pointer: str) -> list[tuple[int, str]]:
    """Return the key that sorts pointers as the document reads, positions as numbers."""
    return [(int(token), "") if token.isdecimal() else (-1, token) for token in pointer.split("/")]


def _local(source: str) -> str:
    """Return an identifier of others as the local part of an ocid."""
    plain = unicodedata.normalize("NFKD", source).encode("ascii", "ignore").decode()
    slug = _UNSAFE.sub("-", plain).strip("-")[:LOCAL_LIMIT]
    if slug == source:
        return slug
    return "-".join(filter(None, (slug, hashlib.sha256(source.encode()).hexdigest()[:8])))


def _canonical(release: Any) -> bytes | None:
    try:
        return orjson.dumps(release, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return None


def _text(value: Any) -> str:
    return str(value).strip()[:TEXT_LIMIT] if isinstance(value, (str, int)) else ""


def _moment(value: Any) -> datetime | None:
    """Return the instant that a release states; None when it states none, or none that can be read."""
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _row(problem: Problem) -> dict[str, Any]:
    return {
        "pointer": problem.pointer,
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
    }


def _told(code: str, message: str, pointer: str = "") -> dict[str, Any]:
    return {"pointer": pointer, "code": code, "severity": "error", "message": message}

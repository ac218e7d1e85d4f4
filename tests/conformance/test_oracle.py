"""Our verdicts against libcoveocds, the library behind OCP's Data Review Tool, as an oracle in its own process.

The packages are those of ../shared/data (Jalisco, Ciudad de México, the fictional example), declared to follow the
whole profile, and 200 seeded mutations of them. `REASONED` lists where we differ and why; any other difference is a
failure, and so is a reason that explains nothing. The oracle's environment is made when it is missing
(`python -m tools.oracle setup`).
"""

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.ocds import schema
from app.ocds.validation import Problem, is_publishable, validate_package

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
MUTATIONS = 200

Package = dict[str, Any]


@dataclass(frozen=True)
class Case:
    name: str
    package: Package


# The cases


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def files(pattern: str) -> list[Path]:
    found = sorted(DATA.glob(pattern))
    if not found:
        pytest.fail(f"nothing at {DATA / pattern} (see ../shared/data/README.md)")
    return found


def wrapped(key: str, member: Any) -> Package:
    return {
        "uri": "https://example.org/package",
        "version": "1.1",
        "publishedDate": "2026-01-01T00:00:00Z",
        "publisher": {"name": "CDMX"},
        key: [member],
    }


@cache
def real() -> tuple[Case, ...]:
    packages = {
        path.stem: read(path)
        for path in (
            *files("ocds-mx/jalisco/sample/*/*.json"),
            *files("ocds-examples/fictional-1.1/**/*.json"),
        )
    }
    for path in files("ocds-mx/cdmx/sample/releases/*.json"):
        packages[path.stem] = wrapped("releases", read(path))
    for path in files("ocds-mx/cdmx/sample/records/*.json"):
        record = read(path)
        packages[f"{path.stem} as it is"] = wrapped("records", record)
        packages[path.stem] = wrapped("records", {"ocid": record["compiledRelease"].get("ocid"), **record})
    profile = [extension.url for extension in schema.EXTENSIONS]
    return tuple(Case(name, {**package, "extensions": profile}) for name, package in packages.items())


@cache
def mutated() -> tuple[Case, ...]:
    """Each mutation in turn, on a random place of a random valid package."""
    chance = random.Random(20261122)
    sound = [case for case in real() if is_publishable(validate_package(case.package))]
    cases: list[Case] = []
    kinds = list(MUTATION)
    while len(cases) < MUTATIONS:
        kind = kinds[len(cases) % len(kinds)]
        package = deepcopy(chance.choice(sound).package)
        if where := MUTATION[kind](package, chance):
            cases.append(Case(f"{len(cases):03} {kind} {where}", package))
    return tuple(cases)


def places(value: Any, path: str = "") -> Iterator[tuple[Any, Any, str]]:
    """Every (container, key, path) of a document, the profile's list of extensions left alone."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in list(items):
        if path or key not in ("extensions", "version"):
            yield value, key, f"{path}/{key}"
            yield from places(held, f"{path}/{key}")


def somewhere(
    accepts: Callable[[Any, Any], bool], change: Callable[[Any, Any], None]
) -> Callable[[Package, random.Random], str | None]:
    """A mutation of one random place that `accepts(key, value)`; None where there is no such place."""

    def mutate(package: Package, chance: random.Random) -> str | None:
        fitting = [place for place in places(package) if accepts(place[1], place[0][place[1]])]
        if not fitting:
            return None
        container, key, path = chance.choice(fitting)
        change(container, key)
        return path

    return mutate


def put(value: Any) -> Callable[[Any, Any], None]:
    def change(container: Any, key: Any) -> None:
        container[key] = deepcopy(value)

    return change


def remove(container: Any, key: Any) -> None:
    del container[key]


def repeat_id(container: Any, key: Any) -> None:
    container[key].append({**deepcopy(container[key][0]), "title": "otro"})


def repeat(container: Any, key: Any) -> None:
    container[key].append(deepcopy(container[key][-1]))


def is_text(_: Any, value: Any) -> bool:
    return isinstance(value, str)


def is_number(_: Any, value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_object(key: Any, value: Any) -> bool:
    return isinstance(value, dict) and isinstance(key, str)


def is_date(_: Any, value: Any) -> bool:
    return isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value) is not None


def is_list_with_ids(_: Any, value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and "id" in value[0]


def is_list(_: Any, value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def named(*names: str) -> Callable[[Any, Any], bool]:
    return lambda key, value: key in names and value is not None


def is_tender(key: Any, value: Any) -> bool:
    return key == "tender" and isinstance(value, dict) and "tenderers" in value


def anything(_key: Any, _value: Any) -> bool:
    return True


MUTATION: dict[str, Callable[[Package, random.Random], str | None]] = {
    "a number for a text": somewhere(is_text, put(7)),
    "a decimal for a text": somewhere(is_text, put(7.5)),
    "true for a text": somewhere(is_text, put(True)),
    "an object for a text": somewhere(is_text, put({"a": 1})),
    "a text for a number": somewhere(is_number, put("1000")),
    "a decimal for a number": somewhere(is_number, put(10.5)),
    "a whole decimal for a number": somewhere(is_number, put(10.0)),
    "true for a number": somewhere(is_number, put(True)),
    "a huge number": somewhere(is_number, put(10**30)),
    "a list for an object": somewhere(is_object, put([])),
    "a text for an object": somewhere(is_object, put("texto")),
    "an object for a list": somewhere(is_list, put({"0": "a"})),
    "an empty object": somewhere(is_object, put({})),
    "an empty list": somewhere(is_list, put([])),
    "an empty text": somewhere(is_text, put("")),
    "a blank text": somewhere(is_text, put("  ")),
    "null anywhere": somewhere(anything, put(None)),
    "null for an object": somewhere(is_object, put(None)),
    "null for a list": somewhere(is_list, put(None)),
    "a list of nulls": somewhere(is_list, put([None])),
    "a list of texts": somewhere(is_list, put(["a", "b"])),
    "a key removed": somewhere(lambda key, _: isinstance(key, str), remove),
    "an id removed": somewhere(named("id", "ocid", "awardID"), remove),
    "a required key removed": somewhere(
        named("ocid", "id", "date", "tag", "initiationType", "uri", "publisher", "publishedDate"), remove
    ),
    "a date alone": somewhere(is_date, put("2026-01-31")),
    "a date without offset": somewhere(is_date, put("2026-01-31T10:00:00")),
    "a date with a blank": somewhere(is_date, put("2026-01-31 10:00:00Z")),
    "an impossible date": somewhere(is_date, put("2026-02-30T10:00:00Z")),
    "a date in Spanish": somewhere(is_date, put("31/01/2026")),
    "a date with fractions": somewhere(is_date, put("2026-01-31T10:00:00.123456-06:00")),
    "an empty date": somewhere(is_date, put("")),
    "a leap second": somewhere(is_date, put("2016-12-31T23:59:60Z")),
    "a bad address": somewhere(named("url", "uri"), put("no es una dirección")),
    "an address with accents": somewhere(named("url", "uri"), put("https://ejemplo.mx/licitación.pdf")),
    "a relative address": somewhere(named("url", "uri"), put("documentos/1.pdf")),
    "an unknown closed code": somewhere(
        named("status", "initiationType", "procurementMethod"), put("inventado")
    ),
    "a translated closed code": somewhere(named("status"), put("Activo")),
    "a code in capitals": somewhere(named("status", "procurementMethod", "currency"), put("ACTIVE")),
    "an unknown tag": somewhere(named("tag"), put(["tender", "licitacion"])),
    "an unknown currency": somewhere(named("currency"), put("PESOS")),
    "an empty currency": somewhere(named("currency"), put("")),
    "an unknown open code": somewhere(named("documentType", "awardCriteria", "scheme"), put("otroTipo")),
    "an unknown role": somewhere(named("roles"), put(["buyer", "vecino"])),
    "an id repeated": somewhere(is_list_with_ids, repeat_id),
    "a document repeated": somewhere(named("documents"), repeat),
    "a classification's id repeated": somewhere(named("additionalClassifications"), repeat_id),
    "an element repeated": somewhere(is_list, repeat),
    "an unknown key": somewhere(is_object, lambda container, key: container[key].update(inventado="x")),
    "a key in another language": somewhere(
        is_object, lambda container, key: container[key].update(title_en="x")
    ),
    "a translation that is no text": somewhere(is_tender, lambda c, k: c[k].update(title_en=5)),
    "a deprecated key": somewhere(is_tender, lambda c, k: c[k].update(amendment={"description": "x"})),
    "an ocid without prefix": somewhere(named("ocid"), put("LA-006-2026")),
    "an ocid in capitals": somewhere(named("ocid"), put("OCDS-213CZF-1")),
}


@dataclass(frozen=True)
class Reason:
    why: str
    explains: Callable[[set[str], set[str]], bool]
    """Given our codes of error and the oracle's descriptions of its errors."""


LEAP = "Date is not in the correct format"
REPEATED = "Non-unique id values"

REASONED = (
    Reason(
        "RFC 3339 has leap seconds (23:59:60); the oracle's date library has not.",
        lambda ours, theirs: not ours and theirs == {LEAP},
    ),
    Reason(
        "The schema says that a translation (`title_en`) is a text; the oracle drops patternProperties.",
        lambda ours, theirs: ours == {"type"} and not theirs,
    ),
    Reason(
        "Merging by id would make one of two documents with the same id; the oracle looks only where the schema says "
        "uniqueItems.",
        lambda ours, theirs: ours == {"duplicate-id"} and not theirs,
    ),
    Reason(
        "Two classifications of different schemes may share an id: the list is merged whole and nothing is lost. "
        "uniqueItems forbids equal elements, and these are not.",
        lambda ours, theirs: not ours and theirs == {REPEATED},
    ),
    Reason(
        "An integer beyond 64 bits cannot be published: few programs would read it back as it was.",
        lambda ours, theirs: ours == {"unreadable"} and not theirs,
    ),
    Reason(
        "An empty text is not among the codes of a closed list; the oracle does not look at empty values.",
        lambda ours, theirs: ours == {"enum"} and not theirs,
    ),
)


# The comparison


@cache
def oracle() -> dict[str, dict[str, Any]]:
    cases = (*real(), *mutated())
    lines = "\n".join(json.dumps(case.package) for case in cases)
    done = subprocess.run(
        [sys.executable, "-m", "tools.oracle"],
        cwd=ROOT,
        input=lines,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"The oracle could not be asked:\n{done.stderr[-4000:]}"
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {case.name: answer for case, answer in zip(cases, answers, strict=True)}


@cache
def ours(name: str) -> list[Problem]:
    return validate_package(next(case.package for case in (*real(), *mutated()) if case.name == name))


def differences(cases: tuple[Case, ...]) -> dict[str, tuple[set[str], set[str]]]:
    """Name -> our codes of error and the oracle's, of the cases that one would publish and the other not."""
    found = {}
    for case in cases:
        answer = oracle()[case.name]
        codes = {problem.code for problem in ours(case.name) if problem.severity == "error"}
        theirs = {error[2] for error in answer["errors"]} | {value for _, value in answer["closed"]}
        theirs |= set(answer["ocid"])
        if bool(codes) != bool(theirs):
            found[case.name] = (codes, theirs)
    return found


def explained(found: dict[str, tuple[set[str], set[str]]]) -> dict[str, str]:
    return {
        name: reason.why
        for name, (codes, theirs) in found.items()
        for reason in REASONED
        if reason.explains(codes, theirs)
    }


def test_the_oracle_knows_every_extension_of_the_profile() -> None:
    assert {name for answer in oracle().values() for name in answer["broken_extensions"]} == set()


def test_verdicts_on_real_packages_are_the_same() -> None:
    assert len(real()) > 50
    assert differences(real()) == {}


def test_verdicts_on_mutations_are_the_same() -> None:
    assert len(mutated()) == MUTATIONS
    found = differences(mutated())
    why = explained(found)
    assert {name: codes for name, codes in found.items() if name not in why} == {}
    assert {reason.why for reason in REASONED} == set(why.values())


def test_both_kinds_of_verdict_occur() -> None:
    valid = [case.name for case in mutated() if is_publishable(ours(case.name))]
    assert 40 < len(valid) < MUTATIONS - 40


@pytest.mark.parametrize("code", ["additional", "deprecated", "open-code", "empty"])
def test_advice_on_real_packages_is_the_same(code: str) -> None:
    """Places without list positions. The oracle also looks into versioned releases, which give us no advice."""
    for case in real():
        answer = oracle()[case.name]
        told = {
            "additional": answer["additional"],
            "deprecated": answer["deprecated"],
            "empty": answer["empty"],
        }
        told["open-code"] = [path for path, _ in answer["open"]]
        theirs = {plain(path) for path in told[code] if "versionedRelease" not in path}
        mine = {plain(problem.pointer) for problem in ours(case.name) if problem.code == code}
        if code == "additional":
            # The oracle takes Mongo's `_id` for a text in the language "id", and reports what is inside it.
            mine -= {path for path in mine if path.endswith("_id")}
            theirs -= {path for path in theirs if path.endswith("_id/$oid")}
        if code == "deprecated":
            mine = {path.rpartition("/")[2] for path in mine}
        assert mine == theirs, case.name


def plain(path: str) -> str:
    return "/".join(key for key in path.strip("/").split("/") if not key.isdecimal())

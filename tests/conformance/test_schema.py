"""Our schemas and codelists against the official files: equal in every keyword that validates or merges.

Reads `../shared/data/ocds-1.1.5` and `../shared/data/ocds-extensions`; without them these tests fail.
"""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from app.ocds import profile, schema
from app.ocds.codelists import CODELISTS
from app.ocds.model import OWN
from app.ocds.model.deviations import DEVIATIONS

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
OFFICIAL = DATA / "ocds-1.1.5"
EXTENSIONS = DATA / "ocds-extensions"
SETS = {"type", "required", "enum"}
"""Keywords whose order says nothing."""


def load(path: Path) -> Any:
    if not path.is_file():
        pytest.fail(f"the official files are missing: {path.resolve()} (see ../shared/data/README.md)")
    return json.loads(path.read_text("utf-8").replace("{{version}}", "1__1__5").replace("{{lang}}", "en"))


def folder(extension: schema.Extension) -> Path:
    owner, repository = extension.url.split("/")[3:5]
    return EXTENSIONS / f"{owner}__{repository}"


def keywords(node: Any) -> Any:
    """Drop prose and identity from a schema; what is left decides validity and merging."""
    if isinstance(node, list):
        return [keywords(value) for value in node]
    if not isinstance(node, dict):
        return node
    kept = {
        name: keywords(value)
        for name, value in node.items()
        if not (name in {"title", "description", "id", "$schema"} and isinstance(value, str))
    }
    for name in SETS & kept.keys():
        value = kept[name]
        if isinstance(value, str):
            kept[name] = [value]
        elif isinstance(value, list):
            kept[name] = sorted(value, key=str)
    return kept


def inlined(node: Any, definitions: dict[str, Any]) -> Any:
    """Replace every reference by what it refers to, wherever that file lives."""
    if isinstance(node, list):
        return [inlined(value, definitions) for value in node]
    if not isinstance(node, dict):
        return node
    target = node.get("$ref")
    if not isinstance(target, str):
        return {name: inlined(value, definitions) for name, value in node.items()}
    if target.startswith("#/definitions/"):
        found = definitions[target.removeprefix("#/definitions/")]
    else:
        file = load(OFFICIAL / target.rpartition("/")[2])
        definitions = file["definitions"]
        found = {name: value for name, value in file.items() if name != "definitions"}
    beside = {name: value for name, value in node.items() if name != "$ref"}
    return {**inlined(found, definitions), **beside}


def dereferenced(file: dict[str, Any]) -> Any:
    root = {name: value for name, value in file.items() if name != "definitions"}
    return keywords(inlined(root, file.get("definitions", {})))


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted(ours.keys() | theirs.keys()):
            if name not in ours:
                yield f"{path}/{name}: only official"
            elif name not in theirs:
                yield f"{path}/{name}: only ours"
            else:
                yield from differences(ours[name], theirs[name], f"{path}/{name}")
    elif ours != theirs:
        yield f"{path}: ours {ours!r}, official {theirs!r}"


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def codes_in(path: Path) -> set[str]:
    if not path.is_file():
        pytest.fail(f"the official files are missing: {path.resolve()} (see ../shared/data/README.md)")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["Code"] for row in csv.DictReader(file)}


def in_codelist(where: str) -> bool:
    return where.startswith("codelists/")


def patched(standard: Any) -> Any:
    """Apply the official patches, in the order in which EDCA-MX declares the extensions."""
    for extension in schema.EXTENSIONS:
        path = folder(extension) / "release-schema.json"
        if path.is_file():
            standard = merge_patch(standard, keywords(load(path)))
    return standard


def report(what: str, found: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{what}: {len(found)} differences")  # noqa: T201  # the count is the result, also when it is 0
    assert found == []


def test_release_schema_equals_the_official_one(capsys: pytest.CaptureFixture[str]) -> None:
    official = keywords(load(OFFICIAL / "release-schema.json"))

    found = list(differences(keywords(schema.standard_release_schema()), official))

    report("release", found, capsys)


def test_versioned_release_schema_equals_the_official_one(capsys: pytest.CaptureFixture[str]) -> None:
    official = keywords(load(OFFICIAL / "versioned-release-validation-schema.json"))

    found = list(differences(keywords(schema.standard_versioned_release_schema()), official))

    report("versioned release", found, capsys)


@pytest.mark.parametrize("kind", ["release", "record"])
def test_package_schemas_equal_the_official_ones(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    official = dereferenced(load(OFFICIAL / f"{kind}-package-schema.json"))
    ours = getattr(schema, f"standard_{kind}_package_schema")()

    found = list(differences(dereferenced(ours), official))

    report(f"{kind} package", found, capsys)


@pytest.mark.parametrize("extension", schema.EXTENSIONS, ids=lambda extension: extension.name)
def test_extension_equals_the_official_one(
    extension: schema.Extension, capsys: pytest.CaptureFixture[str]
) -> None:
    declared = load(folder(extension) / "extension.json")
    with_schema = "release-schema.json" in declared.get("schemas", [])
    official = keywords(load(folder(extension) / "release-schema.json")) if with_schema else {}
    official_codes = {
        name: codes_in(folder(extension) / "codelists" / name) for name in declared.get("codelists", [])
    }

    found = list(differences(keywords(extension.patch()), official))
    our_codes = {
        f"{'' if codelist.extension else '+'}{codelist.name}.csv": codes
        for codelist in CODELISTS.values()
        if (codes := {code.code for code in codelist.codes.values() if code.extension == extension.name})
    }

    report(extension.name, [*found, *differences(our_codes, official_codes)], capsys)


def test_standard_codelists_equal_the_official_ones(capsys: pytest.CaptureFixture[str]) -> None:
    official = {path.stem: codes_in(path) for path in (OFFICIAL / "codelists").glob("*.csv")}

    ours = {
        codelist.name: {code.code for code in codelist.codes.values() if code.extension is None}
        for codelist in CODELISTS.values()
        if codelist.official and codelist.extension is None
    }

    assert official, f"no codelists in {OFFICIAL}"
    report("codelists", list(differences(ours, official)), capsys)


def test_profile_differs_from_the_official_files_only_as_the_table_says() -> None:
    upstream = patched(keywords(load(OFFICIAL / "release-schema.json")))
    listed = {
        f"/definitions/{line.where.replace('/', '/properties/')}: only ours"
        for line in DEVIATIONS
        if not in_codelist(line.where)
    }

    found = set(differences(keywords(schema.release_schema()), upstream))

    assert found == listed


def test_own_codes_are_those_of_the_table() -> None:
    listed = {
        line.where.removeprefix("codelists/"): set(line.adds)
        for line in DEVIATIONS
        if in_codelist(line.where)
    }

    own = {
        name: {c.code for c in codelist.codes.values() if c.extension == OWN}
        for name, codelist in CODELISTS.items()
    }

    assert {name: codes for name, codes in own.items() if codes} == listed


def test_published_patch_turns_the_official_schema_into_the_profile() -> None:
    official = keywords(load(OFFICIAL / "release-schema.json"))

    applied = merge_patch(official, keywords(profile.release_schema_patch()))

    assert list(differences(keywords(schema.release_schema()), applied)) == []


@pytest.mark.parametrize(
    "ours",
    [
        schema.standard_release_schema,
        schema.release_schema,
        schema.versioned_release_schema,
        schema.release_package_schema,
        schema.record_package_schema,
        schema.profile_patch,
    ],
    ids=lambda function: function.__name__,
)
def test_schemas_conform_to_the_official_meta_schema(ours: Callable[[], dict[str, Any]]) -> None:
    meta = jsonschema_rs.Draft4Validator(load(OFFICIAL / "meta-schema.json"))

    assert [error.message for error in meta.iter_errors(ours())] == []

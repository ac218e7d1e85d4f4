"""What is wrong with a release or package, where, and in which words."""

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ocds import merge
from app.ocds.validation import Problem, blocking, is_publishable, validate_package, validate_release

Document = dict[str, Any]


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


def told(problems: Iterable[Problem]) -> set[tuple[str, str, str]]:
    return {(problem.pointer, problem.code, problem.severity) for problem in problems}


def blocks_alike(value: Any) -> bool:
    """Whether looking for errors alone finds those that looking for everything finds."""
    errors = [problem for problem in validate_release(value) if problem.severity == "error"]
    return sorted(blocking(value), key=repr) == sorted(errors, key=repr)


def test_a_valid_release_has_no_problems(release: Document) -> None:
    assert validate_release(release) == blocking(release) == []
    assert is_publishable([])


def change(path: str, value: Any) -> Callable[[Document], None]:
    def apply(document: Document) -> None:
        *way, last = path.split("/")
        holder: Any = document
        for key in way:
            holder = holder[int(key) if key.isdecimal() else key]
        if isinstance(holder, list):
            holder.insert(int(last), value)
        else:
            holder[last] = value

    return apply


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "tender/value/amount",
            "1000",
            ("/tender/value/amount", "type", "debe ser un número; llegó el texto «1000»."),
        ),
        (
            "tender/value/amount",
            True,
            ("/tender/value/amount", "type", "debe ser un número; llegó verdadero."),
        ),
        ("tender/title", 7, ("/tender/title", "type", "debe ser un texto; llegó el número 7.")),
        (
            "tender/title",
            ["a"],
            ("/tender/title", "type", "debe ser un texto; llegó una lista de 1 elemento."),
        ),
        ("tender", [], ("/tender", "type", "debe ser un grupo de campos; llegó una lista vacía.")),
        ("tender", None, ("/tender", "type", "debe ser un grupo de campos; llegó un valor vacío (null).")),
        (
            "tender/items",
            {"0": 1},
            ("/tender/items", "type", "debe ser una lista; llegó un grupo de campos."),
        ),
        ("tender/hasEnquiries", "sí", ("/tender/hasEnquiries", "type", "verdadero o falso")),
        ("tender/numberOfTenderers", 1.5, ("/tender/numberOfTenderers", "type", "debe ser un número entero")),
        ("tender/status", "activo", ("/tender/status", "enum", "usa uno de estos: planning (")),
        ("tag", ["licitacion"], ("/tag/0", "enum", "no está entre los códigos permitidos")),
        ("tag", [], ("/tag", "empty", "está vacío")),
        ("tender/id", "", ("/tender/id", "empty", "está vacío")),
        ("date", "15/03/2026", ("/date", "format", "una fecha con hora y zona horaria, por ejemplo")),
        (
            "tender/documents",
            [{"id": "1", "url": "sin esquema"}],
            ("/tender/documents/0/url", "format", "dirección completa"),
        ),
        (
            "tender/items",
            [{"description": "x"}],
            ("/tender/items/0/id", "required", "falta este dato y es obligatorio"),
        ),
        ("ocid", "LA-006-2026", ("/ocid", "ocid", "debe empezar con un prefijo registrado")),
        ("ocid", "OCDS-ABC123-1", ("/ocid", "ocid", "minúsculas")),
    ],
)
def test_errors_block_publication(
    release: Document, path: str, value: Any, expected: tuple[str, str, str]
) -> None:
    pointer, code, words = expected
    change(path, value)(release)
    problem = next(p for p in validate_release(release) if p.severity == "error")
    assert (problem.pointer, problem.code) == (pointer, code)
    assert words in problem.message
    assert not is_publishable(validate_release(release))
    assert blocks_alike(release)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("tender/color", "azul", ("/tender/color", "additional", "conocen este campo")),
        ("_id", {"$oid": "1"}, ("/_id", "additional", "conocen este campo")),
        ("tender/a~b", 1, ("/tender/a~0b", "additional", "a~b")),
        (
            "tender/amendment",
            {"description": "x"},
            ("/tender/amendment", "deprecated", "dejó de usar este campo"),
        ),
        ("tender/title", "", ("/tender/title", "empty", "escribe el dato o quita el campo")),
        ("tender/title", "  ", ("/tender/title", "empty", "está vacío")),
        ("tender/value", {}, ("/tender/value", "empty", "está vacío")),
        ("tender/items", [], ("/tender/items", "empty", "está vacío")),
        ("tender/submissionMethod", [""], ("/tender/submissionMethod/0", "empty", "está vacío")),
        ("tender/awardCriteria", "a ojo", ("/tender/awardCriteria", "open-code", "no está en el catálogo")),
        ("parties/0/roles", ["buyer", "vecino"], ("/parties/0/roles/1", "open-code", "«vecino»")),
        ("buyer/id", "otro", ("/buyer/id", "reference", "ninguna de las partes involucradas")),
        ("buyer", {"name": "Secretaría"}, ("/buyer/id", "reference", "no dice a cuál")),
        ("awards/0/suppliers", [{"id": "9"}], ("/awards/0/suppliers/0/id", "reference", "identificador 9")),
        (
            "awards/0/suppliers",
            [{"name": "x"}],
            ("/awards/0/suppliers/0/id", "no-id", "no tiene identificador"),
        ),
        ("contracts/0/awardID", "A-9", ("/contracts/0/awardID", "reference", "ninguna adjudicación")),
    ],
)
def test_advice_does_not_block(
    release: Document, path: str, value: Any, expected: tuple[str, str, str]
) -> None:
    pointer, code, words = expected
    change(path, value)(release)
    problem = only(validate_release(release))
    assert (problem.pointer, problem.code, problem.severity) == (pointer, code, "advice")
    assert words in problem.message
    assert blocking(release) == []
    assert is_publishable([problem])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tender/title_en", "Paper"),
        ("tender/title", None),
        ("tender/value/amount", 1000.5),
        ("parties/0/id", "MX-RFC-SEC010203AB1"),
        ("date", "2016-12-31T23:59:60Z"),
    ],
)
def test_what_is_right_is_left_alone(release: Document, path: str, value: Any) -> None:
    change(path, value)(release)
    assert validate_release(release) == []


def test_a_reference_by_number_finds_a_party_by_text(release: Document) -> None:
    release["parties"][0]["id"] = "7"
    release["buyer"]["id"] = 7
    assert validate_release(release) == []


def test_the_message_says_where_in_words_of_the_form(release: Document) -> None:
    release["contracts"][0]["implementation"]["transactions"][0]["value"]["amount"] = "450"
    problem = only(validate_release(release))
    place, _, rest = problem.message.partition(": ")
    assert place.startswith("Contratos 1 › ")
    assert len(place.split(" › ")) == 5
    assert rest == "debe ser un número; llegó el texto «450»."


@pytest.mark.parametrize("value", ["x" * 100_000, ["y"] * 100_000, {"z": "x" * 100_000}, 0.1])
def test_a_huge_value_makes_no_huge_message(release: Document, value: Any) -> None:
    release["tender"]["status"] = value
    release["tender"]["x" * 100_000] = 1
    problems = validate_release(release)
    assert {"enum", "additional"} <= {problem.code for problem in problems}
    assert max(len(problem.message) for problem in problems) < 600


def test_two_elements_with_one_id_are_an_error_where_merging_would_make_them_one(release: Document) -> None:
    release["tender"]["documents"] = [{"id": "1", "title": "a"}, {"id": 1, "title": "b"}]
    assert told(validate_release(release)) == {("/tender/documents/1/id", "duplicate-id", "error")}


def test_an_element_repeated_is_told_once(release: Document) -> None:
    release["tender"]["items"].append(release["tender"]["items"][0])
    assert told(validate_release(release)) == {("/tender/items/2/id", "duplicate-id", "error")}


def test_one_id_twice_is_advice_where_the_list_is_merged_whole(release: Document) -> None:
    both = [{"scheme": "CUCOP", "id": "1"}, {"scheme": "UNSPSC", "id": "1"}]
    release["tender"]["items"][0]["additionalClassifications"] = both
    assert told(validate_release(release)) == {
        ("/tender/items/0/additionalClassifications/1/id", "repeated-id", "advice")
    }


def test_an_empty_value_that_is_also_an_error_is_told_once(release: Document) -> None:
    release["tender"]["status"] = ""
    assert told(validate_release(release)) == {("/tender/status", "enum", "error")}


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "value", [nested(300), nested(100_000), {"\ud800": 1}, {"x": "\ud800"}, 10**30, {1: 2}]
)
def test_what_no_tool_can_read_is_refused_and_does_not_crash(release: Document, value: Any) -> None:
    release["tender"]["otro"] = value
    for problem in (only(validate_release(release)), only(validate_package(package(releases=[release])))):
        assert (problem.pointer, problem.code, problem.severity) == ("", "unreadable", "error")


@pytest.mark.parametrize("value", [None, [], "texto", 7, True])
def test_a_release_that_is_no_object(value: Any) -> None:
    problem = only(validate_release(value))
    assert (problem.pointer, problem.code) == ("", "type")
    assert problem.message.startswith("El documento: ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["tender", "parties", "awards", "items", "id", "ocid", "roles", "records", "releases", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_nothing_that_is_json_makes_it_fail(value: Any) -> None:
    for problem in (*validate_release(value), *validate_package(value)):
        assert problem.message
        assert problem.pointer == "" or problem.pointer.startswith("/")
    assert blocks_alike(value)


def lists_of(value: Any) -> Iterator[list[Any]]:
    """Every list with something in it."""
    if isinstance(value, list) and value:
        yield value
    for held in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from lists_of(held)


def test_whichever_element_is_doubled_blocks_alike(release: Document) -> None:
    release["tender"]["participationFees"] = [{"id": "1"}]
    release["contracts"][0]["implementation"] = {"milestones": [{"id": "1", "documents": [{"id": "1"}]}]}
    blocked = 0
    for elements in lists_of(release):
        twin = deepcopy(elements[0])
        elements.append(twin | {"x": 1} if isinstance(twin, dict) else "a")
        assert blocks_alike(release)
        blocked += bool(blocking(release))
        elements.pop()
    assert blocked > 5


# Packages


def package(**members: Any) -> Document:
    return {
        "uri": "https://example.org/1",
        "version": "1.1",
        "publishedDate": "2026-01-01T00:00:00Z",
        "publisher": {"name": "Garante"},
        **members,
    }


def test_a_release_package(release: Document) -> None:
    assert validate_package(package(releases=[release])) == []
    wrong = deepcopy(release) | {"id": "2"}
    wrong["tender"]["title"] = 5
    assert told(validate_package(package(releases=[release, wrong]))) == {
        ("/releases/1/tender/title", "type", "error")
    }


def test_a_package_without_what_it_must_say(release: Document) -> None:
    wrong = package(releases=[release], color="azul")
    del wrong["publisher"]
    assert told(validate_package(wrong)) == {
        ("/publisher", "required", "error"),
        ("/color", "additional", "advice"),
    }


@pytest.mark.parametrize(
    "members", [{"releases": []}, {"releases": "x"}, {"releases": None}, {}, {"records": []}]
)
def test_a_package_of_nothing(members: Document) -> None:
    assert not is_publishable(validate_package(package(**members)))


def test_two_releases_with_one_ocid_and_id(release: Document) -> None:
    later = release | {"date": "2026-06-01T00:00:00Z"}
    assert told(validate_package(package(releases=[release, later]))) == {
        ("/releases/1/id", "duplicate-id", "error")
    }
    assert validate_package(package(releases=[release, later | {"id": "2"}])) == []


def record(release: Document, **members: Any) -> Document:
    return {"ocid": release["ocid"], "releases": [release], **members}


def test_a_record_package(release: Document) -> None:
    compiled = release | {"tag": ["compiled"]}
    assert validate_package(package(records=[record(release, compiledRelease=compiled)])) == []
    linked = [{"url": "https://example.org/1#1", "date": release["date"], "tag": ["tender"]}]
    assert validate_package(package(records=[record(release, releases=linked)])) == []


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"releases": [{"url": "x y", "date": "2026-01-01T00:00:00Z"}]},
            ("/records/0/releases/0/url", "format"),
        ),
        ({"releases": []}, ("/records/0/releases", "empty")),
        ({"ocid": "LA-1"}, ("/records/0/ocid", "ocid")),
        ({"ocid": 5}, ("/records/0/ocid", "type")),
        ({"compiledRelease": "x"}, ("/records/0/compiledRelease", "type")),
        ({"versionedRelease": 5}, ("/records/0/versionedRelease", "type")),
    ],
)
def test_a_wrong_record(release: Document, members: Document, expected: tuple[str, str]) -> None:
    problems = validate_package(package(records=[record(release, **members)]))
    assert [(p.pointer, p.code) for p in problems if p.severity == "error"] == [expected]


def test_a_versioned_release_gives_errors_only(release: Document) -> None:
    release["tender"]["color"] = "azul"
    versioned = merge.versioned([release])
    one = package(
        records=[record(merge.compiled([release]) | {"tag": ["tender"]}, versionedRelease=versioned)]
    )
    assert not [p for p in validate_package(one) if "versionedRelease" in p.pointer]
    versioned["awards"] *= 2
    versioned["tender"]["title"] = "Papel"
    assert told(p for p in validate_package(one) if "versionedRelease" in p.pointer) == {
        ("/records/0/versionedRelease/awards/1/id", "duplicate-id", "error"),
        ("/records/0/versionedRelease/tender/title", "type", "error"),
    }


def test_a_record_that_mixes_linked_and_embedded_releases(release: Document) -> None:
    mixed = [release, {"url": "https://example.org/1", "date": release["date"]}]
    problem = only(validate_package(package(records=[record(release, releases=mixed)])))
    assert (problem.pointer, problem.code, problem.severity) == (
        "/records/0/releases",
        "mixed-releases",
        "error",
    )


def test_records_with_one_ocid(release: Document) -> None:
    twice = package(records=[record(release), record(release | {"id": "2"})])
    assert told(validate_package(twice)) == {("/records/1/ocid", "duplicate-id", "error")}


def test_validating_changes_nothing(release: Document) -> None:
    release["tender"]["amendment"] = {}
    before = json.dumps(release)
    validate_release(release)
    validate_package(package(releases=[release]))
    assert json.dumps(release) == before

"""The generated schemas at work: what they let pass, what they refuse, how releases merge under them."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import ocdsmerge
import pytest

from app.ocds import schema


def a_release(**changes: Any) -> dict[str, Any]:
    return {
        "ocid": "ocds-000000-1",
        "id": "1",
        "date": "2024-03-01T10:00:00-06:00",
        "tag": ["tender"],
        "initiationType": "tender",
        "tender": {
            "id": "LPN-1",
            "title": "Papelería",
            "value": {"amount": 116, "netAmount": 100, "currency": "MXN"},
            "items": [{"id": "1", "quantity": 2.5, "deliveryAddresses": [{"region": "Jalisco"}]}],
        },
        **changes,
    }


def errors(json_schema: dict[str, Any], document: Any) -> list[str]:
    validator = jsonschema_rs.Draft4Validator(json_schema, validate_formats=True)
    return ["/".join(map(str, error.instance_path)) for error in validator.iter_errors(document)]


def a_package(**changes: Any) -> dict[str, Any]:
    return {
        "uri": "https://ejemplo.gob.mx/paquete/1",
        "version": "1.1",
        "publishedDate": "2024-03-01T10:00:00-06:00",
        "publisher": {"name": "Secretaría de Ejemplo"},
        **changes,
    }


def test_a_good_release_passes() -> None:
    assert errors(schema.release_schema(), a_release()) == []


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"ocid": ""}, "ocid"),
        ({"date": "2024-03-01"}, "date"),
        ({"tag": []}, "tag"),
        ({"tag": ["licitacion"]}, "tag/0"),
        ({"tender": {"title": "sin número"}}, "tender"),
        ({"tender": {"id": "1", "value": {"netAmount": "100"}}}, "tender/value/netAmount"),
        ({"tender": {"id": "1", "value": {"currency": "PESOS"}}}, "tender/value/currency"),
        ({"bids": {"details": [{"id": "1", "status": "ganadora"}]}}, "bids/details/0/status"),
        (
            {"contracts": [{"id": "1", "awardID": "1", "implementation": {"status": "x"}}]},
            "contracts/0/implementation/status",
        ),
        ({"planning": {"budget": {"budgetBreakdown": []}}}, "planning/budget/budgetBreakdown"),
        ({"tender": {"id": "1", "title_en": 5}}, "tender/title_en"),
    ],
)
def test_a_bad_value_is_refused_where_it_stands(changes: dict[str, Any], where: str) -> None:
    assert errors(schema.release_schema(), a_release(**changes)) == [where]


def test_the_standard_alone_does_not_know_extensions() -> None:
    with_extension = a_release(contracts=[{"id": "1", "awardID": "1", "implementation": {"status": "x"}}])

    assert errors(schema.standard_release_schema(), with_extension) == []
    assert errors(schema.release_schema(), with_extension) == ["contracts/0/implementation/status"]


def test_a_package_of_releases_is_checked_to_the_bottom_without_fetching() -> None:
    good = a_package(releases=[a_release()])
    bad = a_package(releases=[a_release(tender={"id": "1", "value": {"currency": "PESOS"}})])

    assert errors(schema.release_package_schema(), good) == []
    assert errors(schema.release_package_schema(), bad) == ["releases/0/tender/value/currency"]


def test_a_record_holds_what_merging_makes() -> None:
    first, second = a_release(), a_release(id="2", date="2024-04-01T10:00:00-06:00")
    second["tender"]["title"] = "Papelería escolar"
    merger = ocdsmerge.Merger(schema.release_schema())
    record = {
        "ocid": first["ocid"],
        "releases": [first, second],
        "compiledRelease": merger.create_compiled_release([first, second]),
        "versionedRelease": merger.create_versioned_release([first, second]),
    }

    assert errors(schema.record_package_schema(), a_package(records=[record])) == []
    assert errors(schema.versioned_release_schema(), record["versionedRelease"]) == []

    record["versionedRelease"]["tender"]["title"] = "sin historia"
    assert errors(schema.record_package_schema(), a_package(records=[record])) == [
        "records/0/versionedRelease/tender/title"
    ]


def test_merging_follows_the_rules_of_the_extensions() -> None:
    first, second = a_release(), a_release(id="2", date="2024-04-01T10:00:00-06:00")
    second["tender"]["items"] = [{"id": "1", "deliveryAddresses": [{"locality": "Guadalajara"}]}]

    merged = ocdsmerge.Merger(schema.release_schema()).create_compiled_release([first, second])

    assert merged["tender"]["items"] == [
        {"id": "1", "quantity": 2.5, "deliveryAddresses": [{"locality": "Guadalajara"}]}
    ]


def test_every_reference_is_local_and_resolves() -> None:
    for made in (
        schema.standard_release_schema(),
        schema.release_schema(),
        schema.versioned_release_schema(),
        schema.release_package_schema(),
        schema.record_package_schema(),
    ):
        targets = set(references(made))
        assert targets
        assert targets <= {f"#/definitions/{name}" for name in made["definitions"]}


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_schemas_are_titled_in_spanish() -> None:
    tender = schema.release_schema()["definitions"]["Tender"]

    assert tender["title"] == "Licitación"
    assert tender["properties"]["tenderPeriod"]["title"] == "Plazo para presentar proposiciones"


def test_extensions_are_known_by_every_address_under_which_data_declare_them() -> None:
    taxes = next(extension for extension in schema.EXTENSIONS if extension.name == "taxes")
    raw = "https://raw.githubusercontent.com"

    assert taxes.url == f"{raw}/INAImexico/ocds_taxes_extension/master/extension.json"
    assert f"{raw}/contratacionesabiertas/ocds_taxes_extension/master/extension.json" in taxes.urls
    assert len(schema.EXTENSIONS) == 19

"""The declarative model: every field placed, explained and in order."""

import re

import pytest

from app.ocds import model
from app.ocds.model import (
    BLOCKS,
    CODELISTS,
    EXTENSIONS,
    FIELDS,
    LONG_LISTS,
    OWN,
    RELEASE,
    STAGES,
    Kind,
    Need,
    Stage,
)


def test_field_is_found_by_its_path_without_list_positions() -> None:
    found = model.field("tender/items/classification/id")

    assert (found.label, found.stage, found.kind) == ("Clave", Stage.TENDER, Kind.ID)


def test_unknown_path_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        model.field("tender/items/clave")


def test_children_come_in_the_order_of_their_block() -> None:
    names = [child.name for child in model.children("contracts/implementation")]

    assert names == ["status", "transactions", "milestones", "documents", "budgetBreakdown"]
    assert [child.name for child in model.children("")] == [field.name for field in RELEASE.fields]
    assert model.children("ocid") == ()


def test_order_follows_the_document() -> None:
    orders = [found.order for found in FIELDS.values()]

    assert orders == list(range(len(FIELDS)))
    assert (
        model.field("tender/value").order
        < model.field("tender/value/amount").order
        < model.field("awards").order
    )


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("ocid", Stage.GENERAL),
        ("parties/name", Stage.GENERAL),
        ("planning/budget/amount/amount", Stage.PLANNING),
        ("tender", Stage.TENDER),
        ("bids/details/value/amount", Stage.TENDER),
        ("awards/suppliers/id", Stage.AWARD),
        ("contracts/value/netAmount", Stage.CONTRACT),
        ("contracts/implementation", Stage.IMPLEMENTATION),
        ("contracts/implementation/transactions/date", Stage.IMPLEMENTATION),
    ],
)
def test_each_field_has_the_stage_of_its_section(path: str, stage: Stage) -> None:
    assert model.field(path).stage is stage


def test_stages_are_labelled_in_the_order_of_the_process() -> None:
    assert list(STAGES) == list(Stage)
    assert STAGES[Stage.AWARD] == "Adjudicación"


def test_extension_of_a_path_is_the_one_that_makes_it_possible() -> None:
    assert model.field("tender/value/amount").extension is None
    assert model.field("tender/value/netAmount").extension == "taxes"
    assert model.field("contracts/guarantees/value/amount").extension == "guarantees"
    assert model.field("contracts/guarantees/value/netAmount").extension == "taxes"
    assert model.field("planning/requestingUnits").extension == OWN
    assert {found.extension for found in FIELDS.values()} == {None, OWN} | {
        extension.name for extension in EXTENSIONS if extension.name not in CODES_ONLY
    }


CODES_ONLY = {"publicNotices", "extendedProcurementCategory"}


def test_source_names_the_law_where_there_is_one_and_the_origin_always() -> None:
    assert model.field("tender/status").source == "OCDS 1.1.5"
    assert model.field("awards/rationale").source.startswith("LGTAIP")
    assert model.field("awards/rationale").source.endswith("EDCA-MX, extensión awardRationale")


def test_long_lists_are_those_whose_elements_storage_splits() -> None:
    assert {"parties", "awards", "contracts", "bids/details"} <= LONG_LISTS
    assert {"tender/items", "bids/details/items", "planning/requestsForQuotes/quotes/items"} <= LONG_LISTS
    assert {"tender/documents", "tender/milestones/documents"} <= LONG_LISTS
    assert {"contracts/implementation/transactions", "contracts/implementation/milestones"} <= LONG_LISTS
    assert {"tender/amendments", "bids/statistics"} <= LONG_LISTS
    assert (
        not {"tender/tenderers", "tender/value", "planning/budget/budgetBreakdown/budgetLines"} & LONG_LISTS
    )


def test_what_the_schema_requires_publication_requires_too() -> None:
    wrong = [found.path for found in FIELDS.values() if found.required and found.need is not Need.REQUIRED]

    assert wrong == []


def test_every_reference_leads_somewhere() -> None:
    blocks = {found.of for found in FIELDS.values() if found.of}
    lists = {name for found in FIELDS.values() for name in (found.codelist, found.choices) if name}

    assert blocks == BLOCKS.keys()
    assert lists == CODELISTS.keys()


def test_names_of_extensions_are_declared() -> None:
    known = {None, OWN} | {extension.name for extension in EXTENSIONS}

    assert {block.extension for block in BLOCKS.values()} <= known
    assert {code.extension for codelist in CODELISTS.values() for code in codelist.codes.values()} <= known


@pytest.mark.parametrize("block", [RELEASE, *BLOCKS.values()], ids=lambda block: block.name)
def test_every_field_is_explained_to_a_clerk(block: model.Block) -> None:
    for declared in block.fields:
        where = f"{block.name}.{declared.name}"
        assert declared.label[:1].isupper() or declared.label.startswith("¿"), where
        assert len(declared.label) <= 45, where
        assert declared.help.endswith((".", "…")), where
        assert len(declared.help) >= 15, where
        assert not re.search(
            r"\b(usted|ingrese|capture|seleccione|indique|escriba)\b", declared.help, re.IGNORECASE
        ), where
        if declared.deprecated:
            assert declared.help.startswith("Ya no se usa"), where


def test_names_in_a_block_are_unique() -> None:
    for block in (RELEASE, *BLOCKS.values()):
        names = [declared.name for declared in block.fields]
        assert len(names) == len(set(names)), block.name


def test_an_example_of_a_code_is_a_code_of_its_list() -> None:
    for found in FIELDS.values():
        name = found.codelist or found.choices
        if name and found.example:
            assert found.example in CODELISTS[name].codes, found.path

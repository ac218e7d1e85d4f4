"""The privacy table is complete: nothing personal can be reached that it does not judge."""

import re

import pytest

from app.ocds.codelists import codelist
from app.ocds.model import FIELDS
from app.ocds.model import privacy as table

WORK_PLACES = ("deliveryAddress", "deliveryAddresses")
"""Where public work is done: nobody's home."""


def test_every_party_and_reference_to_one_is_a_person() -> None:
    people = {
        found.path for found in FIELDS.values() if found.of in {"Organization", "OrganizationReference"}
    }

    assert people == table.PERSONS.keys()


def test_no_contact_or_identifier_stands_outside_a_person() -> None:
    inside = tuple(f"{path}/" for path in table.PERSONS)
    loose = {
        found.path
        for found in FIELDS.values()
        if found.of in {"Address", "ContactPoint", "Identifier"}
        and not found.path.startswith(inside)
        and found.name not in WORK_PLACES
    }

    assert loose == table.IDENTIFIERS.keys()


def test_implied_and_official_roles_are_roles() -> None:
    roles = codelist("partyRole").codes.keys()
    implied = {role for role in (*table.PERSONS.values(), *table.IDENTIFIERS.values()) if role}

    assert implied <= roles
    assert roles >= table.OFFICIAL_ROLES


@pytest.mark.parametrize(
    "role",
    [
        "supplier",
        "tenderer",
        "payee",
        "enquirer",
        "attendee",
        "guarantor",
        "invitedSupplier",
        "issuingSupplier",
    ],
)
def test_who_sells_asks_or_attends_is_on_the_private_side(role: str) -> None:
    assert role not in table.OFFICIAL_ROLES


def test_last_rule_withholds_whatever_nobody_thought_of() -> None:
    last = table.RULES[-1]

    assert (last.paths, last.verdict) == (("**",), table.Verdict.CONFIDENTIAL)
    assert (last.side, last.personality, last.value) == (None, None, "")


def test_every_rule_says_why_and_on_what_ground() -> None:
    for rule in (*table.RULES, *table.NEVER):
        assert rule.reason.endswith(".")
        assert rule.source


def test_paths_of_rules_exist_in_the_model() -> None:
    for rule in table.RULES:
        for path in rule.paths:
            stem = path.removesuffix("**").removesuffix("/")
            assert not stem or f"parties/{stem}" in FIELDS, path


@pytest.mark.parametrize(
    ("number", "pattern"),
    [
        ("PEGJ800101AB1", table.RFC_NATURAL),
        ("ÑUÑO800101AB1", table.RFC_NATURAL),
        ("P&G010203AB1", table.RFC_LEGAL),
    ],
)
def test_an_rfc_tells_the_personality(number: str, pattern: str) -> None:
    other = table.RFC_LEGAL if pattern is table.RFC_NATURAL else table.RFC_NATURAL

    assert re.search(pattern, number)
    assert not re.search(other, number)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("PEGJ800101AB1", True),
        ("MX-RFC-PEGJ800101AB1", True),
        ("MX-RFC-PCE010203AB1", False),
        ("XEXX010101000", False),
        ("MX-RFC-XAXX010101000", False),
        ("PROV-10422", False),
    ],
)
def test_an_rfc_of_a_natural_person_is_seen_inside_a_partys_id(value: str, *, found: bool) -> None:
    by_law = next(rule for rule in table.RULES if rule.verdict is table.Verdict.BY_LAW)

    assert bool(re.search(by_law.value, value)) is found


def test_a_curp_is_seen_inside_a_text() -> None:
    assert re.search(table.CURP, "ACTA DE PEGJ800101HJCRRL09, FIRMADA")
    assert not re.search(table.CURP, "ACTA DE PEGJ800101AB1, FIRMADA")

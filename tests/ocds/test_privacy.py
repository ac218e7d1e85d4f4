"""The public version: what it withholds, from whom, and what stays."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.ocds.privacy import INSTEAD, withhold
from app.ocds.validation import validate_release

Document = dict[str, Any]

RFC = "GOMC800101AB1"
CURP = "GOMC800101HDFRRL09"


def natural(**more: Any) -> Document:
    """A supplier who is a person, with all that a form may have asked."""
    return {
        "id": f"MX-RFC-{RFC}",
        "name": "Carla Gómez",
        "roles": ["supplier", "payee"],
        "identifier": {
            "scheme": "MX-RFC",
            "id": RFC,
            "legalPersonality": "naturalPerson",
            "givenName": "Carla",
        },
        "address": {"streetAddress": "Privada 3", "postalCode": "44100"},
        "contactPoint": {"name": "Carla", "email": "carla@example.org"},
        **more,
    }


def public(document: Document, *, rfc: bool = False) -> tuple[Document, dict[str, str]]:
    """The public version, and pointer -> rule of what was withheld. Never changes what it was given."""
    before = json.dumps(document)
    version, withheld = withhold(document, natural_rfc_public=rfc)
    assert json.dumps(document) == before
    assert all(item.rule and item.source for item in withheld)
    return version, {item.pointer: item.rule for item in withheld}


def test_what_institutions_and_companies_say_is_public(release: Document) -> None:
    version, withheld = withhold(release, natural_rfc_public=False)
    assert version is release
    assert withheld == []


def test_of_a_natural_person_the_name_stays(release: Document) -> None:
    release["parties"].append(natural())
    version, withheld = public(release)
    alias = version["parties"][2]["id"]
    assert version["parties"][2] == {
        "id": alias,
        "name": "Carla Gómez",
        "roles": ["supplier", "payee"],
        "identifier": {"scheme": "MX-RFC", "legalPersonality": "naturalPerson", "givenName": "Carla"},
    }
    assert list(withheld) == [
        "/parties/2/id",
        "/parties/2/identifier/id",
        "/parties/2/address",
        "/parties/2/contactPoint",
    ]
    assert version["parties"][:2] == release["parties"][:2]


def test_the_law_of_the_tenant_may_publish_the_rfc(release: Document) -> None:
    release["parties"].append(natural())
    version, withheld = public(release, rfc=True)
    assert version["parties"][2]["id"] == f"MX-RFC-{RFC}"
    assert version["parties"][2]["identifier"]["id"] == RFC
    assert list(withheld) == ["/parties/2/address", "/parties/2/contactPoint"]


def test_references_follow_the_person(release: Document) -> None:
    release["parties"].append(natural())
    reference = {"id": f"MX-RFC-{RFC}", "name": "Carla Gómez"}
    release["awards"][0]["suppliers"] = [reference]
    release["contracts"][0]["implementation"]["transactions"][0]["payee"] = reference | {
        "address": {"locality": "x"}
    }
    version, withheld = public(release)
    alias = version["parties"][2]["id"]
    assert version["awards"][0]["suppliers"] == [{"id": alias, "name": "Carla Gómez"}]
    assert version["contracts"][0]["implementation"]["transactions"][0]["payee"] == {
        "id": alias,
        "name": "Carla Gómez",
    }
    assert RFC not in json.dumps(version)
    assert "/awards/0/suppliers/0/id" in withheld
    assert validate_release(version) == []


def test_the_replaced_id_is_the_same_in_every_release_and_says_nothing(release: Document) -> None:
    other = deepcopy(release)
    release["parties"].append(natural())
    other["parties"].insert(0, natural(identifier={}, address={"locality": "otra"}))
    alias = public(release)[0]["parties"][2]["id"]
    assert alias == public(other)[0]["parties"][0]["id"]
    assert alias.startswith("persona-")


def test_two_persons_of_one_name_stay_two(release: Document) -> None:
    release["parties"] += [natural(), natural(id="MX-RFC-GOMC900202XX2", identifier={})]
    version, _ = public(release)
    assert len({party["id"] for party in version["parties"]}) == 4


@pytest.mark.parametrize(
    ("party", "is_public"),
    [
        ({"identifier": {"legalPersonality": "legalPerson"}}, True),
        ({"identifier": {"scheme": "MX-RFC", "id": "ABC010203AB1"}}, True),
        ({"id": "MX-RFC-ABC010203AB1"}, True),
        (
            {"identifier": {"legalPersonality": "legalPerson", "scheme": "MX-RFC", "id": "XEXX010101000"}},
            True,
        ),
        ({"roles": ["procuringEntity"]}, True),
        ({"roles": ["buyer", "requestingUnit"]}, True),
        ({}, False),
        ({"identifier": {"scheme": "PADRON", "id": "ABC010203AB1"}}, False),
        ({"identifier": {"legalPersonality": "naturalPerson"}, "roles": ["supplier"]}, False),
        ({"identifier": {"legalPersonality": "legalPerson", "scheme": "MX-RFC", "id": RFC}}, False),
        ({"identifier": {"legalPersonality": "legalPerson"}, "additionalIdentifiers": [{"id": RFC}]}, False),
        ({"identifier": {"scheme": "MX-RFC", "id": "XAXX010101000"}}, False),
        ({"roles": ["buyer", "supplier"]}, False),
        ({"roles": []}, False),
    ],
)
def test_who_is_an_institution_a_company_or_a_person(party: Document, is_public: bool) -> None:
    document = {
        "parties": [{"id": "1", "roles": ["supplier"], "address": {"locality": "Tlaquepaque"}, **party}]
    }
    version, _ = public(document)
    assert ("address" in version["parties"][0]) is is_public


def test_the_generic_rfc_names_nobody() -> None:
    document = {"parties": [{"id": "XAXX010101000", "roles": ["supplier"], "name": "Público en general"}]}
    assert public(document) == (document, {})


def test_a_reference_takes_the_roles_of_its_party() -> None:
    reference = {"id": "1", "contactPoint": {"email": "a@example.org"}}
    official = {"id": "1", "roles": ["buyer"]}
    assert public({"parties": [official], "buyer": reference})[1] == {}
    seller = {"id": "1", "roles": ["buyer", "supplier"]}
    assert list(public({"parties": [seller], "buyer": reference})[1]) == ["/buyer/contactPoint"]
    assert public({"buyer": reference})[1] == {}
    assert list(public({"tender": {"tenderers": [reference]}})[1]) == ["/tender/tenderers/0/contactPoint"]


def test_what_nobody_thought_of_is_withheld_from_a_person() -> None:
    person = natural(
        details={"nota": "x"}, name_en="Carla", apodo="x", memberOf=[{"id": "9", "name": "Consorcio"}]
    )
    version, withheld = public({"parties": [person]}, rfc=True)
    assert {"/parties/0/details", "/parties/0/apodo"} <= set(withheld)
    assert version["parties"][0]["name_en"] == "Carla"
    assert version["parties"][0]["memberOf"] == [{"id": "9", "name": "Consorcio"}]


def test_a_bare_identifier_is_judged_as_one() -> None:
    transaction = {
        "id": "1",
        "receiverOrganization": {"scheme": "MX-RFC", "id": RFC, "legalName": "Carla", "uri": "x:y"},
    }
    document = {"contracts": [{"id": "1", "implementation": {"transactions": [transaction]}}]}
    version, withheld = public(document)
    left = version["contracts"][0]["implementation"]["transactions"][0]["receiverOrganization"]
    assert left == {"scheme": "MX-RFC", "legalName": "Carla"}
    assert len(withheld) == 2


@pytest.mark.parametrize("key", ["curp", "CURP", "sexo", "Gender", "género"])
def test_some_keys_are_never_published(key: str) -> None:
    version, withheld = public({"tender": {"id": "1", "comité": [{"nombre": "x", key: "y"}]}})
    assert version == {"tender": {"id": "1", "comité": [{"nombre": "x"}]}}
    assert list(withheld) == [f"/tender/comité/0/{key}"]


def test_a_curp_is_taken_out_of_any_text(release: Document) -> None:
    release["tender"]["description"] = f"Contratar a {CURP}, vecina"
    release["tender"]["title"] = CURP.lower()
    release["tender"]["documents"] = [
        {"id": CURP, "url": f"https://example.org/{CURP}.pdf", "title": f"({CURP})"}
    ]
    version, withheld = public(release, rfc=True)
    assert version["tender"]["description"] == f"Contratar a {INSTEAD}, vecina"
    assert "title" not in version["tender"]
    assert version["tender"]["documents"] == [
        {"id": INSTEAD, "url": f"https://example.org/{INSTEAD}.pdf", "title": f"({INSTEAD})"}
    ]
    assert len(withheld) == 5
    assert validate_release(version) == []


def test_a_curp_as_identifier(release: Document) -> None:
    curp = {"scheme": "MX-CURP", "id": "lo que sea"}
    release["parties"].append(natural(id=f"MX-CURP-{CURP}", identifier=curp, additionalIdentifiers=[curp]))
    version, _ = public(release, rfc=True)
    assert CURP not in json.dumps(version)
    assert "lo que sea" not in json.dumps(version)
    assert version["parties"][2]["id"].startswith("persona-")


def test_what_becomes_empty_goes() -> None:
    version, withheld = public(
        {"parties": [{"id": "1", "additionalContactPoints": [{"name": "a"}, {"name": "b"}]}]}
    )
    assert version == {"parties": [{"id": "1"}]}
    assert list(withheld) == ["/parties/0/additionalContactPoints"]


JSON = st.recursive(
    st.none()
    | st.integers()
    | st.sampled_from([RFC, CURP, "MX-RFC", "MX-CURP", "supplier", "legalPerson", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "parties",
                    "buyer",
                    "id",
                    "name",
                    "identifier",
                    "scheme",
                    "roles",
                    "address",
                    "curp",
                    "awards",
                    "suppliers",
                ]
            ),
            inner,
        )
    ),
    max_leaves=25,
)


@example(document={"parties": [{"id": CURP}], "buyer": {"id": CURP, "scheme": "MX-CURP"}}, rfc=False)
@given(st.dictionaries(st.sampled_from(["parties", "buyer", "awards", "tender"]), JSON), st.booleans())
def test_the_public_version_of_anything_has_nothing_more_to_withhold(document: Document, rfc: bool) -> None:
    version, withheld = public(document, rfc=rfc)
    assert (version == document) == (not withheld)
    assert CURP not in json.dumps(list(texts(version)))
    assert public(version, rfc=rfc)[1] == {}


def texts(value: Any) -> Any:
    for held in value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]:
        if isinstance(held, str):
            yield held
        elif isinstance(held, dict | list):
            yield from texts(held)

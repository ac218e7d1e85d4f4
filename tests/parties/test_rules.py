"""What an entry must say, and what the form, the number and the privacy table make of it."""

import pytest

from app.ocds import privacy, validation
from app.ocds.shape import Document
from app.parties.form import groups
from app.parties.models import KINDS
from app.parties.organization import changed_fields, settled
from app.parties.rules import examine

FIRM: Document = {
    "name": "Papelería del Centro",
    "identifier": {
        "scheme": "MX-RFC",
        "id": "MAB9307148T4",
        "legalPersonality": "legalPerson",
        "legalName": "Papelería del Centro, S.A. de C.V.",
    },
}
PERSON: Document = {
    "identifier": {
        "scheme": "MX-RFC",
        "id": "GODE561231GR8",
        "legalPersonality": "naturalPerson",
        "givenName": "Elena",
        "patronymicName": "Gómez",
        "matronymicName": "Díaz",
    }
}


def said(kind: str, body: Document) -> dict[str, bool]:
    """Where the rules find something, and whether it blocks."""
    return {finding.pointer: finding.blocks for finding in examine(kind, settled(kind, body))}


def with_identifier(body: Document, **changes: object) -> Document:
    identifier = {key: value for key, value in (body["identifier"] | changes).items() if value is not None}
    return body | {"identifier": identifier}


def test_a_complete_entry_has_nothing_to_mend() -> None:
    assert said("supplier", FIRM) == {}
    assert said("supplier", PERSON) == {}
    assert said("unit", {"name": "Dirección de Adquisiciones"}) == {}
    assert said("official", with_identifier(PERSON, scheme=None, id=None)) == {}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (with_identifier(FIRM, legalPersonality=None), "/identifier/legalPersonality"),
        (with_identifier(FIRM, legalName=None), "/identifier/legalName"),
        (with_identifier(FIRM, scheme=None), "/identifier/scheme"),
        (with_identifier(FIRM, id="MAB930714"), "/identifier/id"),
        (with_identifier(FIRM, id="MAB9313148T4"), "/identifier/id"),
        (with_identifier(FIRM, id="GODE561231GR8"), "/identifier/id"),
        (with_identifier(PERSON, id="MAB9307148T4"), "/identifier/id"),
        ({"identifier": {"legalPersonality": "naturalPerson"}}, "/identifier/givenName"),
        (FIRM | {"address": {"postalCode": "4410"}}, "/address/postalCode"),
        (FIRM | {"address": {"postalCode": "4410", "countryName": "MÉXICO"}}, "/address/postalCode"),
        (FIRM | {"contactPoint": {"email": "ventas@ejemplo"}}, "/contactPoint/email"),
        (FIRM | {"contactPoint": {"telephone": "1234567"}}, "/contactPoint/telephone"),
        (FIRM | {"contactPoint": {"telephone": "33 1234 5678 y 9"}}, "/contactPoint/telephone"),
        (FIRM | {"contactPoint": {"url": "javascript:alert(1)"}}, "/contactPoint/url"),
        (FIRM | {"additionalContactPoints": [{"email": "x"}]}, "/additionalContactPoints"),
        (FIRM | {"additionalIdentifiers": [{"scheme": "MX-RFC"}]}, "/additionalIdentifiers"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(body: Document, pointer: str) -> None:
    assert said("supplier", body).get(pointer) is True


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (with_identifier(FIRM, id="MAB9307148T5"), "/identifier/id"),
        (with_identifier(FIRM, id="XEXX010101000"), "/identifier/id"),
        (with_identifier(PERSON, patronymicName=None), "/identifier/patronymicName"),
        (FIRM | {"address": {"description": "Casa de GODE561231MJCMZL09"}}, "/address/description"),
    ],
)
def test_what_is_doubtful_is_only_advised(body: Document, pointer: str) -> None:
    assert said("supplier", body) == {pointer: False}


def test_a_postal_code_of_another_country_and_a_full_phone_are_taken() -> None:
    abroad = {"postalCode": "SW1A 1AA", "countryName": "Reino Unido"}
    phone = {"telephone": "+52 33 1234 5678 ext. 12", "email": "ventas@ejemplo.com.mx"}
    assert said("supplier", FIRM | {"address": abroad, "contactPoint": phone}) == {}


def test_a_generic_rfc_with_a_foreign_register_is_enough() -> None:
    foreign = with_identifier(FIRM, id="XEXX010101000") | {
        "additionalIdentifiers": [{"scheme": "US-EIN", "id": "12-3456789"}]
    }
    assert said("supplier", foreign) == {}


def test_the_number_is_written_as_it_is_compared() -> None:
    assert (
        settled("supplier", with_identifier(FIRM, id=" mab-930714 8t4"))["identifier"]["id"] == "MAB9307148T4"
    )


def test_the_name_of_a_person_follows_its_parts_and_that_of_a_firm_its_legal_name() -> None:
    assert settled("supplier", PERSON)["name"] == "Elena Gómez Díaz"
    assert settled("supplier", {"identifier": FIRM["identifier"]})["name"] == FIRM["identifier"]["legalName"]
    assert settled("supplier", FIRM)["name"] == "Papelería del Centro"


def test_what_belongs_to_the_other_personality_goes() -> None:
    turned = settled(
        "supplier", with_identifier(PERSON, legalPersonality="legalPerson", legalName="Gómez, S.C.")
    )
    assert turned["identifier"] == {
        "scheme": "MX-RFC",
        "id": "GODE561231GR8",
        "legalPersonality": "legalPerson",
        "legalName": "Gómez, S.C.",
    }


def test_changed_fields_enter_objects_and_keep_lists_whole() -> None:
    before = {"name": "A", "address": {"locality": "X", "region": "Y"}, "contactPoint": {"email": "a@b.mx"}}
    after = {"name": "A", "address": {"locality": "Z", "region": "Y"}, "additionalIdentifiers": [{"id": "1"}]}
    changes = {one.pointer: (one.before, one.after) for one in changed_fields(before, after)}
    assert changes == {
        "/address/locality": ("X", "Z"),
        "/additionalIdentifiers": (None, [{"id": "1"}]),
        "/contactPoint/email": ("a@b.mx", None),
    }
    assert changed_fields(before, before) == ()


@pytest.mark.parametrize("public", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_marks_of_the_form_are_what_the_privacy_table_does(kind: str, public: bool) -> None:
    role = {"supplier": "supplier", "official": "official", "unit": "technicalUnit", "body": "payer"}[kind]
    for group in groups(kind, natural_rfc_public=public):
        for control in group.controls:
            for who in ("naturalPerson", "legalPerson") if kind == "supplier" else control.withheld:
                if control.path == "identifier/legalPersonality":
                    continue
                number = "GODE561231GR8" if who == "naturalPerson" else "MAB9307148T4"
                person: Document = {"id": "1", "name": "N", "roles": [role]}
                person["identifier"] = {"legalPersonality": who, "scheme": "MX-RFC", "id": number}
                *around, key = control.path.split("/")
                holder = person.setdefault(around[0], {}) if around else person
                holder.setdefault(key, "algo")
                shown, _ = privacy.withhold({"parties": [person]}, natural_rfc_public=public)
                held = shown["parties"][0].get(around[0], {}) if around else shown["parties"][0]
                assert (who not in control.withheld) == (key in held), control.path


def test_every_entry_is_valid_ocds() -> None:
    person = {"id": "MX-RFC-1", "roles": ["supplier"], **settled("supplier", PERSON)}
    release = {
        "ocid": "ocds-abc123-1",
        "id": "1",
        "date": "2026-01-01T00:00:00-06:00",
        "tag": ["tender"],
        "initiationType": "tender",
        "language": "es",
        "parties": [person],
        "tender": {"id": "1"},
    }
    assert validation.blocking(release) == []

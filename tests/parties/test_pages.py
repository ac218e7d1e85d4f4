"""The registry over real HTTP: entering, correcting, asking whether somebody is there already, picking."""

from collections.abc import Callable
from uuid import UUID

import httpx2
import pytest

from app.parties import queries, service
from app.parties.models import KINDS, Party
from app.parties.queries import Use
from app.parties.service import Entry
from tests.conftest import LiveServer, Place
from tests.factories import draft
from tests.html import Page
from tests.parties.test_service import PERSON, RFC, enter, firm

FIRM = {
    "identifier_legalPersonality": "legalPerson",
    "identifier_legalName": "Papelería del Centro, S.A. de C.V.",
    "identifier_scheme": "MX-RFC",
    "identifier_id": "mab 930714 8t4",
}


@pytest.fixture
def editor(live: LiveServer, place: Place) -> httpx2.Client:
    """The browser of who captures for the first body."""
    place.actor("so_editor")
    return live.client(place.email("so_editor", place.sujetos[0]))


def home(place: Place) -> str:
    return f"/{place.slug}/registro"


def shown(answer: httpx2.Response, status: int = 200) -> Page:
    assert answer.status_code == status, answer.text[:2000]
    page = Page(answer.text)
    assert page.faults == []
    return page


def stored(place: Place) -> list[Party]:
    actor = place.actor("so_editor")
    with place.database.unit_of_work(actor) as session:
        return list(queries.listing(session, actor, kind=None).rows)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_list_and_its_form(editor: httpx2.Client, place: Place, kind: str) -> None:
    empty = shown(editor.get(home(place), params={"tipo": kind}))
    assert "Todavía no hay fichas aquí" in empty.text
    shown(editor.get(f"{home(place)}/nueva", params={"tipo": kind}))
    assert editor.get(home(place), params={"tipo": "otra"}).status_code == 404
    assert editor.get(f"{home(place)}/nueva", params={"tipo": "otra"}).status_code == 404


def test_a_supplier_is_entered_and_told(editor: httpx2.Client, place: Place) -> None:
    more = {
        "additionalIdentifiers_scheme": ["Padrón estatal", ""],
        "additionalIdentifiers_id": ["P-123", ""],
        "address_locality": "Guadalajara",
        "contactPoint_type": "attorney",
        "contactPoint_url": "www.ejemplo.com.mx",
        "contactPoint_availableLanguage": ["es", "nah"],
    }
    answer = editor.post(f"{home(place)}/nueva", data=FIRM | more)
    (row,) = stored(place)
    assert answer.headers["location"] == f"{home(place)}/{row.party_id}"
    assert row.body == {
        "name": FIRM["identifier_legalName"],
        "identifier": {
            "legalPersonality": "legalPerson",
            "legalName": FIRM["identifier_legalName"],
            "scheme": "MX-RFC",
            "id": RFC,
        },
        "additionalIdentifiers": [{"scheme": "Padrón estatal", "id": "P-123"}],
        "address": {"locality": "Guadalajara"},
        "contactPoint": {
            "type": "attorney",
            "url": "https://www.ejemplo.com.mx",
            "availableLanguage": ["es", "nah"],
        },
    }
    page = shown(editor.get(answer.headers["location"]))
    for told in ("Persona moral", "Representante legal", "Español; Náhuatl", "Padrón estatal, P-123"):
        assert told in page.text
    assert "No se publica" not in page.text


def test_a_foreign_register_is_its_country_and_its_name(editor: httpx2.Client, place: Place) -> None:
    foreign = FIRM | {"identifier_scheme": "extranjero", "identifier_id": "12-3456789"}
    editor.post(f"{home(place)}/nueva", data=foreign | {"abroad_country": "US", "abroad_register": "EIN"})
    (row,) = stored(place)
    assert row.body["identifier"] | {"scheme": "US-EIN", "id": "12-3456789"} == row.body["identifier"]
    form = editor.get(f"{home(place)}/{row.party_id}/correccion").text
    assert '<option value="US" selected>Estados Unidos</option>' in form
    page = shown(editor.post(f"{home(place)}/nueva", data=foreign | {"abroad_country": "US"}), 422)
    assert [link for link in page.links if link.startswith("#field")] == ["#field-abroad_register"]


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    editor: httpx2.Client, place: Place
) -> None:
    typed = FIRM | {"identifier_id": "MAB93", "address_postalCode": "441", "contactPoint_name": "Ñandú"}
    page = shown(editor.post(f"{home(place)}/nueva", data=typed), 422)
    assert "#field-identifier_id" in page.links
    assert "#field-address_postalCode" in page.links
    fields = page.form("/registro/nueva?tipo=supplier")
    assert {name: fields[name] for name in ("identifier_id", "contactPoint_name")} == {
        "identifier_id": "MAB93",
        "contactPoint_name": "Ñandú",
    }
    assert stored(place) == []


def test_a_doubtful_check_digit_is_saved_and_shown(editor: httpx2.Client, place: Place) -> None:
    answer = editor.post(f"{home(place)}/nueva", data=FIRM | {"identifier_id": "MAB9307148T5"})
    assert "debería terminar en 4" in shown(editor.get(answer.headers["location"])).text
    assert "debería terminar en 4" in shown(editor.get(answer.headers["location"] + "/correccion")).text


def test_what_is_not_published_of_a_person_is_said(editor: httpx2.Client, place: Place) -> None:
    row = enter(place, place.actor("so_editor"), PERSON | {"address": {"locality": "Tala"}})
    for path in ("", "/correccion"):
        text = shown(editor.get(f"{home(place)}/{row.party_id}{path}")).text
        assert "No se publica. El domicilio, el teléfono y el correo de una persona física" in text
        assert "El RFC de una persona física se publica solo si la ley" in text
    official = shown(editor.get(f"{home(place)}/nueva", params={"tipo": "official"})).text
    assert "El domicilio, el teléfono" not in official


def test_a_number_that_is_there_leads_to_its_entry(editor: httpx2.Client, place: Place) -> None:
    row = enter(place, place.actor("so_editor"), firm(number=RFC))
    page = shown(
        editor.post(f"{home(place)}/nueva", data=FIRM | {"vistos": FIRM["identifier_legalName"]}), 422
    )
    assert f"{home(place)}/{row.party_id}" in page.links
    assert "#field-identifier_id" in page.links
    assert len(stored(place)) == 1


def test_it_asks_once_whether_somebody_is_there_already(editor: httpx2.Client, place: Place) -> None:
    row = enter(place, place.actor("so_editor"), firm("Papelería del Zentro, S.A."))
    page = shown(editor.post(f"{home(place)}/nueva", data=FIRM), 422)
    assert "¿Es alguno de estos?" in page.text
    assert f"{home(place)}/{row.party_id}" in page.links
    sent = page.form("/registro/nueva?tipo=supplier")
    assert sent["vistos"] == FIRM["identifier_legalName"]
    assert len(stored(place)) == 1
    answer = editor.post(f"{home(place)}/nueva", data=FIRM | {"vistos": sent["vistos"]})
    assert answer.status_code == 303
    assert len(stored(place)) == 2


@pytest.mark.parametrize(
    ("back", "to"),
    [
        ("/panel?a=1", "/panel?a=1&registro={}"),
        ("/otra/pagina", "/otra/pagina?registro={}"),
        ("https://malo.example/", None),
        ("//malo.example/", None),
        ("/\\malo.example", None),
    ],
)
def test_whoever_came_from_another_page_goes_back_with_the_entry(
    editor: httpx2.Client, place: Place, back: str, to: str | None
) -> None:
    answer = editor.post(f"{home(place)}/nueva", params={"volver": back}, data=FIRM)
    (row,) = stored(place)
    expected = to.format(row.party_id) if to else f"{home(place)}/{row.party_id}"
    assert answer.headers["location"] == expected


def test_members_are_searched_and_ticked_without_script(editor: httpx2.Client, place: Place) -> None:
    member = enter(place, place.actor("so_editor"), firm("Obras Ñandú, S.C."))
    asked = FIRM | {"accion": "buscar", "junto_q": "nandu"}
    answer = editor.post(f"{home(place)}/nueva", data=asked)
    page = shown(answer)
    assert str(member.party_id) in answer.text
    assert page.form("/registro/nueva?tipo=supplier")["identifier_id"] == FIRM["identifier_id"]
    assert len(stored(place)) == 1

    editor.post(f"{home(place)}/nueva", data=FIRM | {"junto": str(member.party_id)})
    page = shown(editor.get(f"{home(place)}/{member.party_id}"))
    assert "Forma parte de Papelería del Centro" in page.text


def test_one_row_more_is_only_that(editor: httpx2.Client, place: Place) -> None:
    rows = {
        "additionalIdentifiers_scheme": "A",
        "additionalIdentifiers_id": "1",
        "accion": "otra-additionalIdentifiers",
    }
    answer = editor.post(f"{home(place)}/nueva", data=FIRM | rows)
    shown(answer)
    assert answer.text.count('name="additionalIdentifiers_id"') == 2
    assert stored(place) == []


def test_a_correction_keeps_what_the_form_does_not_ask(editor: httpx2.Client, place: Place) -> None:
    body = firm(number=RFC, details={"giro": "papel"}, name_en="Stationery") | {
        "additionalContactPoints": [{"name": "Ventas", "url": "https://a.mx"}, {"name": "Cobros"}],
    }
    row = enter(place, place.actor("so_editor"), body)
    where = f"{home(place)}/{row.party_id}/correccion"
    shown(editor.get(where))
    sent = FIRM | {
        "row_version": "1",
        "additionalContactPoints_type": ["", "", ""],
        "additionalContactPoints_name": ["Ventas", "", "Quejas"],
        "additionalContactPoints_email": ["v@a.mx", "", ""],
        "additionalContactPoints_telephone": ["", "", ""],
    }
    assert editor.post(where, data=sent).headers["location"] == f"{home(place)}/{row.party_id}"
    (after,) = stored(place)
    assert after.body == body | {
        "additionalContactPoints": [
            {"name": "Ventas", "url": "https://a.mx", "email": "v@a.mx"},
            {"name": "Quejas"},
        ]
    }
    page = shown(editor.get(f"{home(place)}/{row.party_id}"))
    assert "Corrigió" in page.text
    assert "Otros puntos de contacto" in page.text


def test_who_was_overtaken_keeps_the_text_and_may_save_again(editor: httpx2.Client, place: Place) -> None:
    actor = place.actor("so_editor")
    row = enter(place, actor, firm(number=RFC))
    with place.database.unit_of_work(actor) as session:
        entry = Entry("supplier", firm(number=RFC, contactPoint={"email": "otra@persona.mx"}))
        service.correct(session, actor, row.party_id, entry, row_version=1)
    where = f"{home(place)}/{row.party_id}/correccion"
    mine = FIRM | {"row_version": "1", "contactPoint_email": "mi@texto.mx"}
    page = shown(editor.post(where, data=mine), 409)
    fields = page.form("/correccion")
    assert "Cambió: Correo electrónico" in page.text
    assert (fields["contactPoint_email"], fields["row_version"]) == ("mi@texto.mx", "2")
    assert editor.post(where, data=mine | {"row_version": "2"}).status_code == 303


def used(place: Place, row: Party) -> UUID:
    actor = place.actor("so_editor")
    process_id = draft(place).process_id
    with place.database.unit_of_work(actor) as session:
        service.link(
            session, actor, Use(process_id, place.sujetos[0], "parties/0", row.party_id, row.row_version)
        )
    return process_id


def test_a_correction_of_what_is_used_goes_on_to_the_drafts(
    editor: httpx2.Client, live: LiveServer, place: Place
) -> None:
    row = enter(place, place.actor("so_editor"), firm(number=RFC))
    used(place, row)
    here = f"{home(place)}/{row.party_id}"
    assert "Se usa en 1 contratación" in shown(editor.get(here)).text

    answer = editor.post(f"{here}/correccion", data=FIRM | {"row_version": "1"})
    assert answer.headers["location"] == here, "nothing changed, so there is nothing to offer"
    answer = editor.post(f"{here}/correccion", data=FIRM | {"row_version": "1", "address_region": "Jalisco"})
    assert answer.headers["location"] == f"{here}/borradores"
    assert f"{here}/borradores" in shown(editor.get(here)).links

    place.actor("so_admin")
    admin = live.client(place.email("so_admin", place.sujetos[0]))
    answer = admin.post(f"{here}/correccion", data=FIRM | {"row_version": "2", "address_region": "Colima"})
    assert answer.headers["location"] == here, "who cannot edit processes is not sent to their drafts"


def test_an_entry_is_retired_and_comes_back(editor: httpx2.Client, place: Place) -> None:
    row = enter(place, place.actor("so_editor"), firm())
    here = f"{home(place)}/{row.party_id}"
    assert editor.post(f"{here}/baja").headers["location"] == here
    assert "Esta ficha está retirada" in shown(editor.get(here)).text
    assert row.name in shown(editor.get(home(place), params={"tipo": "retiradas"})).text
    assert row.name not in shown(editor.get(home(place))).text
    editor.post(f"{here}/reingreso")
    assert row.name in shown(editor.get(home(place))).text


def test_readers_see_and_are_not_offered_what_they_may_not(live: LiveServer, place: Place) -> None:
    row = enter(place, place.actor("so_editor"), firm())
    place.actor("so_reader")
    reader = live.client(place.email("so_reader", place.sujetos[0]))
    listed = shown(reader.get(home(place)))
    assert not [link for link in listed.links if "nueva" in link]
    page = shown(reader.get(f"{home(place)}/{row.party_id}"))
    assert not [link for link in page.links if "correccion" in link]
    assert reader.get(f"{home(place)}/nueva").status_code == 403
    assert reader.post(f"{home(place)}/{row.party_id}/baja").status_code == 403


def test_the_garante_sees_whose_each_entry_is(live: LiveServer, place: Place) -> None:
    own = enter(place, place.actor("so_editor"), firm("Propia"))
    enter(place, place.actor("garante_admin"), firm("De todos"))
    admin = live.client(place.email("garante_admin"))
    page = shown(admin.get(home(place)))
    assert "Secretaría de Pruebas 1 del Estado" in page.text
    assert "Compartida con todos" in page.text
    assert admin.get(f"{home(place)}/{own.party_id}").status_code == 200
    assert admin.get(f"{home(place)}/{own.party_id}/correccion").status_code == 403


def test_options_answer_the_typeahead(
    editor: httpx2.Client, place: Place, make_place: Callable[..., Place]
) -> None:
    actor = place.actor("so_editor")
    row = enter(place, actor, firm("Obras Ñandú", number=RFC))
    unit = enter(place, actor, {"name": "Unidad de Obras"}, "unit")
    answer = editor.get(
        f"{home(place)}/opciones",
        params={"q": "obras", "role": "requestingUnit"},
        headers={"Accept": "application/json"},
    )
    assert "no-store" in answer.headers["cache-control"]
    assert answer.json() == [
        {
            "value": "Unidad de Obras",
            "label": "Unidad de Obras",
            "hint": "Área",
            "fills": {
                "party_id": str(unit.party_id),
                "name": "Unidad de Obras",
                "id": f"REG-{unit.party_id.hex[:12]}",
            },
        },
        {
            "value": "Obras Ñandú",
            "label": "Obras Ñandú",
            "hint": f"{RFC} · Proveedor o contratista",
            "fills": {"party_id": str(row.party_id), "name": "Obras Ñandú", "id": f"MX-RFC-{RFC}"},
        },
    ]


def test_options_are_a_page_without_script(editor: httpx2.Client, place: Place) -> None:
    row = enter(place, place.actor("so_editor"), firm("Obras Ñandú"))
    page = shown(
        editor.get(f"{home(place)}/opciones", params={"q": "obras", "volver": "/x?y=1", "campo": "parte"})
    )
    assert f"/x?y=1&campo=parte&elegir={row.party_id}" in page.links
    foreign = shown(editor.get(f"{home(place)}/opciones", params={"volver": "https://malo.example"}))
    assert not [link for link in foreign.links if "malo" in link]

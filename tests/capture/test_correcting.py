"""A correction of the registry taken to drafts, over real HTTP."""

from uuid import UUID

import pytest

from app.core.db import Actor
from app.parties import queries as registry
from app.parties import service
from app.processes import editing
from app.processes.queries import working_process
from app.processes.service import DocumentWrite, save_documents
from tests.conftest import LiveServer, Place
from tests.factories import draft

NAME = "Papelería del Valle, S.A. de C.V."


@pytest.fixture
def editor(place: Place) -> Actor:
    return place.actor("so_editor")


@pytest.fixture
def party_id(place: Place, editor: Actor) -> UUID:
    with place.database.unit_of_work(editor) as session:
        body = {
            "name": NAME,
            "identifier": {
                "legalPersonality": "legalPerson",
                "scheme": "MX-RFC",
                "id": "PVA100315QL5",
                "legalName": NAME,
            },
        }
        return service.create(session, editor, service.Entry("supplier", body)).party_id


def used_in(place: Place, editor: Actor, party_id: UUID) -> UUID:
    """A draft with the entry as its supplier."""
    process_id = draft(place).process_id
    with place.database.unit_of_work(editor) as session:
        entry = registry.party(session, editor, party_id)
        path, _ = editing.add(
            session,
            editor,
            process_id,
            "parties",
            {"id": "MX-RFC-PVA100315QL5", **entry.body, "roles": ["supplier"]},
        )
        service.link(
            session, editor, registry.Use(process_id, place.sujetos[0], path, party_id, entry.row_version)
        )
        editing.add(
            session,
            editor,
            process_id,
            "awards",
            {"suppliers": [{"id": "MX-RFC-PVA100315QL5", "name": NAME}]},
        )
    return process_id


def correct(place: Place, editor: Actor, party_id: UUID, name: str) -> None:
    with place.database.unit_of_work(editor) as session:
        entry = registry.party(session, editor, party_id)
        body = {**entry.body, "name": name}
        service.correct(
            session, editor, party_id, service.Entry("supplier", body), row_version=entry.row_version
        )


def supplier_of(place: Place, process_id: UUID) -> tuple[str, str]:
    with place.database.unit_of_work(place.system) as session:
        held = working_process(session, place.system, process_id).document
        return held["parties"][-1]["name"], held["awards"][0]["suppliers"][0]["name"]


def test_only_the_drafts_that_are_ticked_follow(
    live: LiveServer, place: Place, editor: Actor, party_id: UUID
) -> None:
    chosen, left = (used_in(place, editor, party_id) for _ in range(2))
    correct(place, editor, party_id, "Papelería del Valle")
    client = live.client(place.email("so_editor", place.sujetos[0]))
    here = f"/{place.slug}/registro/{party_id}/borradores"

    shown = client.get(here)
    assert shown.status_code == 200
    assert shown.text.count('name="en"') == 2
    assert NAME in shown.text
    done = client.post(here, data={"en": str(chosen)})
    assert done.headers["location"] == f"{here}?corregidos=1"

    assert supplier_of(place, chosen) == ("Papelería del Valle", "Papelería del Valle")
    assert supplier_of(place, left) == (NAME, NAME)
    assert client.get(here).text.count('name="en"') == 1


def test_what_the_draft_says_otherwise_is_shown_before_it_changes(
    live: LiveServer, place: Place, editor: Actor, party_id: UUID
) -> None:
    process_id = used_in(place, editor, party_id)
    with place.database.unit_of_work(editor) as session:
        page = editing.open_list(session, editor, process_id, "parties").page
        path = page.rows[-1].path
        editing.change(session, editor, process_id, path, [editing.Change("/name", "A mano")], base=99)
    correct(place, editor, party_id, "Papelería del Valle")
    client = live.client(place.email("so_editor", place.sujetos[0]))

    asked = client.get(f"/{place.slug}/registro/{party_id}/borradores").text
    assert "A mano" in asked
    assert f"Participantes {path.rpartition('/')[2]}" not in asked


def test_a_replaced_document_no_longer_follows(place: Place, editor: Actor, party_id: UUID) -> None:
    process_id = used_in(place, editor, party_id)
    with place.database.unit_of_work(editor) as session:
        working = working_process(session, editor, process_id)
        others = [{"id": "MX-1", "name": "Una"}, {"id": "MX-2", "name": "Otra"}]
        write = DocumentWrite(working.ocid, place.sujetos[0], working.document | {"parties": others})
        save_documents(session, editor, [write])
        assert registry.use_of(session, editor, process_id) == {}


def test_it_is_nobody_elses(live: LiveServer, place: Place, other_place: Place, party_id: UUID) -> None:
    here = f"/{place.slug}/registro/{party_id}/borradores"
    neighbour = place.add_sujeto()
    place.actor("so_editor", neighbour)
    place.actor("so_reader")
    other_place.actor("so_editor")
    for email, status in (
        (place.email("so_editor", neighbour), 404),
        (place.email("so_reader", place.sujetos[0]), 403),
        (other_place.email("so_editor", other_place.sujetos[0]), 404),
    ):
        client = live.client(email)
        assert client.get(here).status_code == status
        assert client.post(here, data={"en": str(party_id)}).status_code == status
    mine = live.client(place.email("so_editor", place.sujetos[0]))
    assert mine.post(here, data={"en": "x"}).status_code == 400

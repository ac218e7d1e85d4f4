"""The inbox and the preferences, over HTTP."""

import re
import time

import pytest

from app.core import clock
from app.core.db import Actor
from app.notifications import queries, service
from app.notifications.kinds import CHOSEN
from app.notifications.models import Notice
from app.review import service as review
from tests.conftest import LiveServer, Place
from tests.factories import draft


def leave(place: Place, actor: Actor, kind: str = "review.submitted", many: int = 1, **refs: str) -> None:
    """Leave notices for somebody."""
    with place.database.unit_of_work(place.system) as session:
        session.add_all(
            Notice(
                tenant_id=place.tenant_id,
                account_id=actor.account_id,
                kind=kind,
                sujeto_obligado_id=place.sujetos[0],
                refs=refs,
                first_at=clock.now(),
                at=clock.now(),
            )
            for _ in range(many)
        )


def test_the_inbox_tells_and_leads_and_remembers_what_was_read(live: LiveServer, place: Place) -> None:
    reviewer = place.actor("garante_reviewer")
    process = draft(place).process_id
    leave(place, reviewer, process_id=str(process))
    client = live.client(place.email("garante_reviewer"))

    seen = client.get(f"/{place.slug}/avisos").text
    assert "Tienes una versión por revisar" in seen
    assert "Papelería para oficinas" in seen
    assert "aviso sin leer" in seen
    number = seen.split('name="aviso" value="')[1].split('"')[0]

    answer = client.post(f"/{place.slug}/avisos/abrir", data={"aviso": number})
    assert answer.headers["location"] == f"/{place.slug}/procesos-internos/{process}"
    assert "Has leído todo." in client.get(f"/{place.slug}/avisos").text


def test_every_page_of_the_desk_says_how_many_wait(live: LiveServer, place: Place) -> None:
    editor = place.actor("so_editor")
    client = live.client(place.email("so_editor", place.sujetos[0]))
    assert "sin leer" not in client.get(f"/{place.slug}/panel").text
    leave(place, editor, many=3)
    assert 'aria-label="Avisos, 3 sin leer"' in client.get(f"/{place.slug}/panel").text
    shown = re.search(r'name="hasta" value="(\d+)"', client.get(f"/{place.slug}/avisos").text)
    assert shown
    leave(place, editor)
    client.post(f"/{place.slug}/avisos/leidos", data={"hasta": shown[1]})
    assert 'aria-label="Avisos, 1 sin leer"' in client.get(f"/{place.slug}/panel").text  # came since
    client.post(f"/{place.slug}/avisos/leidos")  # says of nothing that it was shown
    assert 'aria-label="Avisos, 1 sin leer"' in client.get(f"/{place.slug}/panel").text


def test_nobody_reads_or_opens_another_s_notices(live: LiveServer, place: Place, other_place: Place) -> None:
    place.actor("so_publisher")
    leave(place, place.actor("so_editor"))
    with place.database.unit_of_work(place.actor("so_editor")) as session:
        (notice,) = queries.inbox(session, place.actor("so_editor")).rows
    for email, slug in (
        (place.email("so_publisher", place.sujetos[0]), place.slug),
        (other_place.email("garante_reviewer"), other_place.slug),
    ):
        other_place.actor("garante_reviewer")
        client = live.client(email)
        assert "Aquí te avisamos" in client.get(f"/{slug}/avisos").text
        answer = client.post(f"/{slug}/avisos/abrir", data={"aviso": str(notice.notice_id)})
        assert answer.headers["location"] == f"/{slug}/avisos"
        client.post(f"/{slug}/avisos/leidos", data={"hasta": str(notice.notice_id)})
    with place.database.unit_of_work(place.actor("so_editor")) as session:
        assert queries.unread(session, place.actor("so_editor")) == 1


def test_a_hat_shows_the_notices_of_its_body_only(place: Place) -> None:
    editor, elsewhere = place.actor("so_editor"), place.add_sujeto()
    leave(place, editor)
    moved = Actor(editor.tenant_id, editor.account_id, editor.membership_id, editor.role, elsewhere)
    with place.database.unit_of_work(moved) as session:
        assert queries.unread(session, moved) == 0
        service.read_all(session, moved, 2**40)
    with place.database.unit_of_work(editor) as session:
        assert queries.unread(session, editor) == 1


def test_long_inboxes_come_in_pages(live: LiveServer, place: Place) -> None:
    leave(place, place.actor("so_editor"), many=queries.ROWS + 5)
    client = live.client(place.email("so_editor", place.sujetos[0]))
    first = client.get(f"/{place.slug}/avisos").text
    assert first.count('name="aviso"') == queries.ROWS
    (onward,) = {part.split('"')[0] for part in first.split('href="') if "cursor=" in part}
    assert client.get(onward).text.count('name="aviso"') == 5


@pytest.mark.parametrize("sent", ["", "x", "-1", "9" * 30, "1 OR 1=1", "٣"], ids=repr)
def test_a_notice_that_is_none_leads_back(live: LiveServer, place: Place, sent: str) -> None:
    place.actor("so_editor")
    client = live.client(place.email("so_editor", place.sujetos[0]))
    answer = client.post(f"/{place.slug}/avisos/abrir", data={"aviso": sent})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{place.slug}/avisos")


def test_everyone_chooses_how_they_are_told(live: LiveServer, place: Place) -> None:
    editor = place.actor("so_editor")
    assert editor.account_id is not None
    client = live.client(place.email("so_editor", place.sujetos[0]))
    shown = client.get("/cuenta/avisos").text
    assert all(kind.label in shown for kind in CHOSEN.values())
    assert "El correo todavía no sale" in shown

    ways = {key.replace(".", "_"): "inbox" for key in CHOSEN}
    answer = client.post("/cuenta/avisos", data={**ways, "hora": "17"})
    assert answer.headers["location"] == "/cuenta/avisos?guardado=1"
    with place.database.auth_work(editor.account_id) as session:
        held = queries.preference(session, editor.account_id)
    assert held.digest_hour == 17
    assert held.ways["review.returned"] == "inbox"
    assert "review.scheduled" not in held.ways, "as by default"


@pytest.mark.parametrize(
    "wrong", [{"hora": "24"}, {"hora": "ocho"}, {"hora": ""}, {"review_returned": "nunca"}], ids=str
)
def test_what_cannot_be_chosen_is_refused(live: LiveServer, place: Place, wrong: dict[str, str]) -> None:
    place.actor("so_editor")
    client = live.client(place.email("so_editor", place.sujetos[0]))
    good = {key.replace(".", "_"): kind.way for key, kind in CHOSEN.items()} | {"hora": "8"}
    assert client.post("/cuenta/avisos", data=good).status_code == 303
    assert client.post("/cuenta/avisos", data={**good, **wrong}).status_code == 422


def test_the_worker_tells_by_itself(live: LiveServer, place: Place) -> None:
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    ref = draft(place)
    with place.database.unit_of_work(editor) as session:
        review.submit(session, editor, ref, 1)
    assert live.url
    for _ in range(400):
        with place.database.unit_of_work(reviewer) as session:
            if queries.unread(session, reviewer):
                return
        time.sleep(0.05)
    raise AssertionError("nobody was told")


def test_a_garante_chooses_who_reads_the_answers(live: LiveServer, place: Place) -> None:
    place.actor("garante_admin")
    client = live.client(place.email("garante_admin"))
    here = f"/{place.slug}/ajustes/correo"
    assert "El correo todavía no sale" in client.get(here).text

    assert client.post(here, data={"reply_to": "contacto@organismo.example"}).status_code == 303
    assert "contacto@organismo.example" in client.get(here).text
    refused = client.post(here, data={"reply_to": "contacto@organismo.example\nBcc: x@y.example"})
    assert refused.status_code == 422
    assert client.post(here, data={"reply_to": ""}).status_code == 303
    assert "contacto@organismo.example" not in client.get(here).text


def test_only_who_administers_the_garante_does(live: LiveServer, place: Place) -> None:
    place.actor("garante_reviewer")
    client = live.client(place.email("garante_reviewer"))
    here = f"/{place.slug}/ajustes/correo"
    assert client.get(here).status_code == 403
    assert client.post(here, data={"reply_to": "yo@x.example"}).status_code == 403

"""Signing in over real HTTP: success and refusal from the same place."""

import re
from html import unescape
from uuid import uuid4

from tests.conftest import PASSWORD, LiveServer, Place


def test_right_password_opens_a_session_and_leads_to_the_desk(live: LiveServer, place: Place) -> None:
    place.actor("garante_admin")

    answer = live.client().post("/entrar", data={"email": place.email("garante_admin"), "password": PASSWORD})

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/{place.slug}/panel"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]


def test_wrong_password_and_unknown_account_answer_the_same(live: LiveServer, place: Place) -> None:
    place.actor("garante_admin")
    client = live.client()

    wrong = client.post(
        "/entrar", data={"email": place.email("garante_admin"), "password": "otra-cosa-larga"}
    )
    unknown = client.post("/entrar", data={"email": f"nadie@{place.slug}.org", "password": "otra-cosa-larga"})

    assert wrong.status_code == unknown.status_code == 422
    sentence = "El correo o la contraseña no son correctos."
    assert sentence in wrong.text
    assert sentence in unknown.text


def test_a_form_sent_after_the_session_ended_is_carried_through_the_door(
    live: LiveServer, place: Place
) -> None:
    place.actor("so_editor")
    address = f"/{place.slug}/procesos-internos/{uuid4()}/versiones/1/descarte"
    typed = {"row_version": "1", "nota": 'Una "nota" con\nacentos: ñ <b> y emoji 🏛'}
    client = live.client()

    late = client.post(address, data=typed, headers={"Accept": "text/html"})
    assert late.status_code == 401
    door = client.post("/entrar", data=hidden(late.text))
    assert door.status_code == 200
    assert "Lo que escribías sigue aquí" in door.text
    who = {"email": place.email("so_editor", place.sujetos[0]), "password": PASSWORD}
    wrong = client.post("/entrar", data={**hidden(door.text), **who, "password": "no es esta"})
    assert wrong.status_code == 422
    resumed = client.post("/entrar", data={**hidden(wrong.text), **who})
    assert resumed.status_code == 200
    assert f'action="{address}"' in resumed.text
    assert hidden(resumed.text) == typed
    assert client.post(address, data=hidden(resumed.text)).status_code == 404  # there is no such process


def test_nothing_is_carried_to_another_site(live: LiveServer, place: Place) -> None:
    place.actor("so_editor")
    who = {"email": place.email("so_editor", place.sujetos[0]), "password": PASSWORD}

    answer = live.client().post("/entrar", data={**who, "siguiente": "//otro.example/x", "escrito": "a=1"})

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/{place.slug}/panel"


def test_a_fragment_and_a_program_get_no_form_back(live: LiveServer, place: Place) -> None:
    address = f"/{place.slug}/procesos-internos/{uuid4()}/versiones/1/descarte"
    for headers in ({"X-Fragment": "x", "Accept": "text/html"}, {"Accept": "application/json"}):
        answer = live.client().post(address, data={"nota": "secreto"}, headers=headers)
        assert answer.status_code == 401
        assert "secreto" not in answer.text


def hidden(html: str) -> dict[str, str]:
    """The values that a page's form would send without anybody typing."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    found += re.findall(r'<textarea name="([^"]+)" hidden[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    return {name: unescape(value) for name, value in found}

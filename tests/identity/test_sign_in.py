"""Signing in over real HTTP: success and refusal from the same place."""

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

"""The pages of webhooks: who registers, what is shown once, and what is shown of what did not arrive."""

import re
from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest

from app.core.db import Database
from app.core.pagination import encode_cursor
from app.core.storage import Storage
from app.main import create_app
from app.push.hooks import turns
from app.settings import Settings
from tests.conftest import LiveServer, Place, place_maker, serve_app
from tests.html import Page
from tests.openapi.conftest import Publisher
from tests.push.hearing import Ear, hearing
from tests.push.subscriber import Subscriber

SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


@pytest.fixture(scope="module")
def ear() -> Iterator[Ear]:
    with hearing() as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(ear: Ear) -> None:
    ear.path = f"/{uuid4().hex}"
    ear.faults.clear()
    ear.mode, ear.secrets[:], ear.heard[:], ear.refuses = "ok", [], [], lambda _: False


@pytest.fixture(scope="module")
def lone_live(
    settings: Settings, lone_database: Database, storage: Storage, ear: Ear
) -> Iterator[LiveServer]:
    """The pages, of an installation that may call the receiver."""
    here = settings.model_copy(update={"outgoing_allow": ear.place})
    yield from serve_app(create_app(here, lone_database, storage))


@pytest.fixture
def place(lone_database: Database) -> Place:
    return place_maker(lone_database)(policy="direct")


@pytest.fixture
def subscriber(place: Place, ear: Ear, settings: Settings, storage: Storage) -> Subscriber:
    return Subscriber(place, ear, settings, storage)


def client(live: LiveServer, place: Place, role: str = "garante_admin") -> httpx2.Client:
    actor = place.actor(role)
    return live.client(place.email(role, actor.sujeto_obligado_id))


def home(place: Place) -> str:
    return f"/{place.slug}/avisos-a-sistemas"


def form(ear: Ear, **changes: str | list[str]) -> dict[str, str | list[str]]:
    return {"name": "Portal de datos", "url": ear.url, "kinds": ["release"], "start": "now", **changes}


def shown(answer: httpx2.Response, status: int = 200) -> Page:
    assert answer.status_code == status, answer.text
    page = Page(answer.text)
    assert page.faults == []
    return page


def test_a_secret_is_shown_once(lone_live: LiveServer, place: Place, ear: Ear) -> None:
    browser = client(lone_live, place)
    made = browser.post(home(place), data=form(ear))
    shown(made)
    assert len(set(SECRET.findall(made.text))) == 1

    listed = browser.get(home(place))
    shown(listed)
    one = re.search(rf"{home(place)}/[0-9a-f-]{{36}}", listed.text)
    assert one is not None
    again = browser.get(one[0])
    assert "Por comprobar" in again.text
    assert not SECRET.search(listed.text + again.text)

    changed = browser.post(f"{one[0]}/secreto")
    assert len(set(SECRET.findall(changed.text))) == 1
    assert SECRET.findall(changed.text) != SECRET.findall(made.text)
    assert browser.post(f"{one[0]}/secreto").status_code == 409


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"url": "http://127.0.0.1/"}, "red interna"),
        ({"url": "https://localhost/"}, "red interna"),
        ({"url": "https://a:b@1.1.1.1/"}, "usuario"),
        ({"url": "https://1.1.1.1:8080/"}, "puertos"),
        ({"url": "https://" + "a" * 10_000}, "2000 caracteres"),
        ({"url": ""}, "Falta este dato"),
        ({"kinds": []}, "Falta este dato"),
        ({"start": "cursor", "cursor": "x"}, "ursor"),
        ({"start": "cursor", "cursor": encode_cursor(7)}, "terminan antes"),
        ({"sujeto": "Nadie"}, "no está en el padrón"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    lone_live: LiveServer, place: Place, ear: Ear, changes: dict[str, str | list[str]], told: str
) -> None:
    browser = client(lone_live, place)
    answer = browser.post(home(place), data=form(ear, **changes))
    shown(answer, 400 if "cursor" in changes and changes["cursor"] == "x" else 422)
    assert told in answer.text
    assert "Ninguna dirección está registrada" in browser.get(home(place)).text


def test_what_did_not_arrive_is_seen_and_sent_again(
    lone_live: LiveServer, place: Place, ear: Ear, subscriber: Subscriber
) -> None:
    browser, publisher = client(lone_live, place), Publisher(place)
    one = f"{home(place)}/{subscriber.register()}"
    subscriber.run()
    ear.refuses = lambda said: said["data"].get("position") == 1
    [(ocid, _)] = publisher.publish()
    publisher.publish()
    subscriber.again(turns.ASIDE + 1)
    waiting = browser.get(one)
    assert "Se intentará otra vez" in waiting.text
    assert ocid in waiting.text
    subscriber.wait(failed_at=turns.GIVEN_UP)
    subscriber.run()
    dead = browser.get(one)
    shown(dead)
    assert "Se dejó de intentar" in dead.text
    assert "1 sin llegar" in browser.get(home(place)).text

    ear.refuses = lambda _: False
    assert browser.post(f"{one}/reenvio", data={"change": "1"}).status_code == 303
    subscriber.run()
    assert ear.positions == [2, 1]
    assert "todo lo que se envió llegó" in browser.get(one).text
    assert browser.post(f"{one}/reenvio", data={"change": "1"}).status_code == 409

    back = browser.post(f"{one}/reanudar", data={"start": "cursor", "cursor": encode_cursor(1)})
    assert back.status_code == 303
    subscriber.run()
    assert ear.positions == [2, 1, 2]


def test_pause_resume_and_removal(
    lone_live: LiveServer, place: Place, ear: Ear, subscriber: Subscriber
) -> None:
    browser = client(lone_live, place)
    one = f"{home(place)}/{subscriber.register()}"
    assert browser.post(f"{one}/comprobacion").status_code == 303
    subscriber.run()
    assert browser.post(f"{one}/comprobacion").status_code == 409
    assert browser.post(f"{one}/pausa").status_code == 303
    assert "En pausa" in browser.get(one).text
    assert browser.post(f"{one}/reanudar", data={"start": "now"}).status_code == 303
    assert "Activo" in browser.get(one).text
    assert browser.post(f"{one}/baja").status_code == 422
    assert browser.post(f"{one}/baja", data={"confirmo": "quitar"}).status_code == 303
    assert browser.get(one).status_code == 404


def test_a_bodys_people_see_their_own(
    lone_live: LiveServer, place: Place, ear: Ear, subscriber: Subscriber
) -> None:
    whole = f"{home(place)}/{subscriber.register()}"
    chief = client(lone_live, place, "so_admin")
    assert chief.get(whole).status_code == 404
    made = chief.post(home(place), data=form(ear, name="Portal de la secretaría"))
    shown(made)
    listed = chief.get(home(place)).text
    assert "Portal de la secretaría" in listed
    assert "Sistema de datos" not in listed
    assert "Portal de la secretaría" in client(lone_live, place).get(home(place)).text
    assert client(lone_live, place, "so_editor").get(home(place)).status_code == 403

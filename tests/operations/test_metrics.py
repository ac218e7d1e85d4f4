"""The figures tell what is so, to whoever knows the token."""

from collections.abc import Iterator

import httpx2
import pytest

from app.core.db import Database
from app.core.mail import Letter, post
from app.core.storage import Storage
from app.main import create_app
from app.publication.service import publish_batch
from app.settings import Settings
from tests.conftest import LiveServer, Place, serve_app
from tests.factories import draft

TOKEN = "una-palabra-larga"


@pytest.fixture(scope="module")
def watched(settings: Settings, database: Database, storage: Storage) -> Iterator[LiveServer]:
    given = Settings(**(settings.model_dump() | {"metrics_token": TOKEN}))
    yield from serve_app(create_app(given, database, storage))


def figures(watched: LiveServer) -> dict[str, float]:
    answer = watched.client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_it_counts_what_was_answered_by_route_and_never_by_row(watched: LiveServer, place: Place) -> None:
    route = 'ca_requests_total{method="GET",route="/{tenant}/",status="2xx"}'
    lost = 'ca_requests_total{method="GET",route="-",status="4xx"}'
    client, before = watched.client(), figures(watched)
    assert client.get(f"/{place.slug}/").status_code == 200
    assert client.get("/no/hay/tal/cosa/aqui").status_code == 404
    after = figures(watched)
    assert after[route] == before.get(route, 0) + 1
    assert after[lost] == before.get(lost, 0) + 1
    assert not any("no/hay" in name or ('route="/' in name and place.slug in name) for name in after)


def test_it_tells_where_a_chain_stands_and_what_waits(watched: LiveServer, place: Place) -> None:
    before = figures(watched)
    chain = f'ca_chain_position{{tenant="{place.slug}"}}'
    assert chain not in before
    editor = place.actor("so_editor", place.add_sujeto(policy="direct"))
    ref = draft(place, editor=editor, source="import:prueba")
    with place.database.unit_of_work(editor) as session:
        assert publish_batch(session, editor, [ref])[0].published
        letter = Letter(key="una", to="a@x.example", kind="prueba", subject="Hola", paragraphs=("Hola",))
        post(session, letter)
    after = figures(watched)
    assert after[chain] == 1
    assert 0 <= after[f'ca_chain_head_age_seconds{{tenant="{place.slug}"}}'] < 60
    assert after["ca_outbox_waiting"] >= 1
    assert after['ca_letters{state="waiting"}'] >= 1
    assert {"ca_jobs_oldest_seconds", 'ca_jobs{state="failed"}', "ca_letters_oldest_seconds"} <= set(after)


@pytest.mark.parametrize("sent", ["", "Bearer otra", TOKEN, "Bearer una-palabra-larga-y-mas", "Bearer ñ"])
def test_without_the_token_there_is_nothing(watched: LiveServer, live: LiveServer, sent: str) -> None:
    headers = httpx2.Headers([(b"authorization", sent.encode())] if sent else [])
    assert watched.client().get("/metrics", headers=headers).status_code == 404
    assert live.client().get("/metrics", headers=headers).status_code == 404

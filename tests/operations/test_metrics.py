"""The figures tell what is so, to whoever knows the token."""

from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from app.core import jobs
from app.core.db import Database
from app.core.mail import Letter, post
from app.core.storage import Storage
from app.main import create_app
from app.publication.service import publish_batch
from app.settings import Settings
from tests.conftest import LiveServer, Place, place_maker, serve_app
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


@pytest.fixture(scope="module")
def alone(settings: Settings, lone_database: Database, storage: Storage) -> Iterator[LiveServer]:
    """A service without a worker: what waits goes on waiting."""
    given = Settings(**(settings.model_dump() | {"metrics_token": TOKEN}))
    yield from serve_app(create_app(given, lone_database, storage))


def test_every_figure_moves_with_what_it_tells_of(alone: LiveServer, lone_database: Database) -> None:
    place = place_maker(lone_database)(policy="direct")
    chain = f'{{tenant="{place.slug}"}}'

    def alter(*statements: str) -> dict[str, float]:
        with lone_database.owner_work(place.system) as session:
            for statement in ("SET LOCAL search_path TO public, jobs", *statements):
                session.execute(text(statement))
        return figures(alone)

    alter("UPDATE outbox_event SET handled_at = now()")
    quiet = figures(alone)
    assert quiet['ca_lag_seconds{what="figures"}'] >= 0
    ages = [name for name in quiet if name.endswith("_oldest_seconds")]
    assert sorted(ages) == ["ca_jobs_oldest_seconds", "ca_letters_oldest_seconds", "ca_outbox_oldest_seconds"]
    assert {quiet[name] for name in ages} == {0}
    assert (
        quiet["ca_outbox_waiting"]
        == quiet['ca_jobs{state="todo"}']
        == quiet['ca_letters{state="waiting"}']
        == 0
    )

    editor = place.actor("so_editor")
    ref = draft(place, editor=editor, source="import:prueba")
    with place.database.unit_of_work(editor) as session:
        assert publish_batch(session, editor, [ref])[0].published
        post(session, Letter(key="a", to="a@x.example", kind="prueba", subject="Hola", paragraphs=("Hola",)))
        jobs.named("continuity.export").defer(session, lock="una", export_id=str(uuid4()))
    busy = alter(
        "UPDATE outbox_event SET at = now() - interval '2 hours' WHERE handled_at IS NULL",
        "UPDATE mail_message SET posted_at = now() - interval '3 hours'",
        "UPDATE jobs.procrastinate_jobs SET scheduled_at = now() - interval '4 hours'",
        "UPDATE chain_head SET last_date = now() - interval '5 hours'",
    )
    assert busy["ca_chain_position" + chain] == 1
    assert busy['ca_jobs{state="todo"}'] == busy['ca_letters{state="waiting"}'] == 1
    assert busy["ca_outbox_waiting"] >= 1
    for name, hours in (
        ("ca_outbox_oldest_seconds", 2),
        ("ca_letters_oldest_seconds", 3),
        ("ca_jobs_oldest_seconds", 4),
        ("ca_chain_head_age_seconds" + chain, 5),
    ):
        assert 0 <= busy[name] - hours * 3600 < 60, name

    done = alter(
        "UPDATE outbox_event SET handled_at = now()",
        "UPDATE mail_message SET state = 'failed', settled_at = now()",
        "UPDATE jobs.procrastinate_jobs SET status = 'failed'",
    )
    assert done['ca_letters{state="failed"}'] == quiet['ca_letters{state="failed"}'] + 1
    assert done['ca_jobs{state="failed"}'] == quiet['ca_jobs{state="failed"}'] + 1
    assert {done[name] for name in ages} == {0}
    assert (
        done["ca_outbox_waiting"] == done['ca_jobs{state="todo"}'] == done['ca_letters{state="waiting"}'] == 0
    )


@pytest.mark.parametrize("sent", ["", "Bearer otra", TOKEN, "Bearer una-palabra-larga-y-mas", "Bearer ñ"])
def test_without_the_token_there_is_nothing(watched: LiveServer, live: LiveServer, sent: str) -> None:
    headers = httpx2.Headers([(b"authorization", sent.encode())] if sent else [])
    assert watched.client().get("/metrics", headers=headers).status_code == 404
    assert live.client().get("/metrics", headers=headers).status_code == 404

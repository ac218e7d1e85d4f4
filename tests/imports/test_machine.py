"""Imports that programs send: from the body to what is published, in the name of the client."""

import time
from typing import Any

import httpx2
import orjson
import pytest
from sqlalchemy import text

from tests.conftest import LiveServer, Place
from tests.factories import document, new_ocid
from tests.identity.test_clients import Machine, let_in


def release(place: Place, **changes: Any) -> dict[str, Any]:
    envelope = {
        "ocid": new_ocid(place),
        "id": "1",
        "date": "2026-01-15T10:00:00-06:00",
        "tag": ["tender"],
        "initiationType": "tender",
    }
    return document(**changes) | envelope


def send(machine: Machine, body: bytes, query: str = "") -> httpx2.Response:
    return machine.live.client().post(
        f"/{machine.place.slug}/api/v1/importaciones{query}",
        content=body,
        headers={"Authorization": f"Bearer {machine.token()}", "Content-Type": "application/json"},
    )


def finished(machine: Machine, answer: httpx2.Response, query: str = "") -> dict[str, Any]:
    """Ask until the import has ended, where it said that it would be told."""
    assert answer.status_code == 202, answer.text
    headers = {"Authorization": f"Bearer {machine.token()}"}
    for _ in range(400):
        told = machine.live.client().get(answer.headers["location"] + query, headers=headers)
        assert told.status_code == 200, told.text
        if told.json()["status"] not in ("reading", "applying"):
            return told.json()
        time.sleep(0.05)
    raise AssertionError(told.text)


@pytest.mark.parametrize(
    "pack",
    [
        lambda one: orjson.dumps({"releases": [one]}),
        lambda one: orjson.dumps([one]),
        lambda one: orjson.dumps(one) + b"\n",
    ],
    ids=["package", "list", "lines"],
)
def test_what_a_program_sends_to_a_direct_body_is_published_in_its_name(
    live: LiveServer, make_place: Any, pack: Any
) -> None:
    place = make_place(policy="direct")
    machine = let_in(live, place, sujeto="so-1")
    sent = release(place)

    told = finished(machine, send(machine, pack(sent)), "?outcome=published")

    assert (told["status"], told["counts"]["published"]) == ("finished", 1)
    assert [row["ocid"] for row in told["rows"]] == [sent["ocid"]]
    public = live.client().get(f"/{place.slug}/api/v1/releases/{sent['ocid']}")
    assert public.status_code == 200
    with place.database.owner_work(place.system) as session:
        authors = session.execute(
            text(
                "SELECT DISTINCT a.full_name FROM audit_event e JOIN account a USING (account_id) "
                "WHERE e.tenant_id = :id AND (e.verb LIKE 'import.%' OR e.verb LIKE '%publish%')"
            ),
            {"id": place.tenant_id},
        ).scalars()
        assert list(authors) == ["Sistema de compras (sistema)"]


def test_elsewhere_it_stays_in_drafts(live: LiveServer, place: Place) -> None:
    machine = let_in(live, place, sujeto="so-1")
    sent = release(place)
    told = finished(machine, send(machine, orjson.dumps([sent])), "?outcome=created")
    assert told["counts"]["created"] == 1
    assert told["publish"] is False
    assert live.client().get(f"/{place.slug}/api/v1/releases/{sent['ocid']}").status_code == 404


def test_what_cannot_be_used_is_told_row_by_row(live: LiveServer, place: Place) -> None:
    machine = let_in(live, place, sujeto="so-1")
    wrong = release(place) | {"ocid": "ocds-zzzzzz-1"}
    told = finished(machine, send(machine, orjson.dumps([wrong])))
    assert told["counts"]["refused"] == 1
    (row,) = told["rows"]
    assert row["problems"][0]["message"]


@pytest.mark.parametrize(("body", "status"), [(b"", 422), (b"%PDF-1.7 nada", 202)], ids=["empty", "pdf"])
def test_what_is_no_data_fails_in_words(live: LiveServer, place: Place, body: bytes, status: int) -> None:
    machine = let_in(live, place)
    answer = send(machine, body)
    assert answer.status_code == status
    if status == 202:
        told = finished(machine, answer)
        assert (told["status"], "PDF" in told["message"]) == ("failed", True)


def test_a_client_of_one_body_sees_nothing_of_another(live: LiveServer, place: Place) -> None:
    place.add_sujeto()
    first = let_in(live, place, sujeto="so-1")
    second = let_in(live, place, sujeto="so-2")
    sent = send(first, orjson.dumps([release(place)]))
    finished(first, sent)
    headers = {"Authorization": f"Bearer {second.token()}"}
    assert live.client().get(sent.headers["location"], headers=headers).status_code == 404

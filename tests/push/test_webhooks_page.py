"""The receiver of docs/webhooks.md verifies, answers the challenge and knows what it has already."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2

from app.core.db import Database
from app.core.storage import Storage
from app.push.hooks import service
from app.settings import Settings
from tests.conftest import place_maker
from tests.openapi.conftest import Publisher
from tests.push.hearing import Ear
from tests.push.subscriber import Subscriber

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")


def test_the_receiver_of_the_page_hears(
    lone_database: Database, settings: Settings, storage: Storage, tmp_path: Path
) -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    place = place_maker(lone_database)(policy="direct")
    publisher = Publisher(place)
    with subprocess.Popen(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env={**os.environ, "PUERTO": "0"},
        stdout=subprocess.PIPE,
        text=True,
    ) as receiver:
        try:
            assert receiver.stdout is not None
            port = int(receiver.stdout.readline().split()[-1])
            subscriber = Subscriber(place, Ear(port), settings, storage)
            secret = tmp_path / "secreto.txt"
            secret.write_text("whsec_AAAA\n")
            webhook_id = subscriber.register()
            subscriber.run()
            assert subscriber.row().proven_at is None  # it does not know the secret yet
            assert "401" in subscriber.row().problem

            secret.write_text(subscriber.ear.secrets[0])
            subscriber.act(service.ask_proof, webhook_id)
            subscriber.run()
            [(ocid, release_id)] = publisher.publish()
            subscriber.run()
            made = subscriber.act(service.rotate, subscriber.here, webhook_id)
            publisher.withdraw(ocid, release_id)
            subscriber.run()  # signed with both, of which it knows one
            secret.write_text(made.secret)
            subscriber.act(service.resume, webhook_id, after=0)
            subscriber.run()
            assert subscriber.row().delivered == 4
            assert httpx2.post(subscriber.ear.url, content=b"{}").status_code == 401
        finally:
            receiver.terminate()
        told = receiver.stdout.read().splitlines()
    roots = f"http://127.0.0.1:8000/{place.slug}/api/v1"
    assert told == [
        f"release 1 {ocid} {roots}/releases/{ocid}/{release_id}",
        f"withdrawal 2 {ocid} ",
    ]

"""The server killed at random moments while imports publish: nothing is ever half published, and every job finishes."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from uuid import UUID

import httpx2
import orjson
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from app.core.db import Database
from app.core.storage import Storage
from app.imports import queries, service
from app.publication import chain
from app.publication.invariants import check_tenant
from tests.conftest import Place, fresh_database, place_maker
from tests.factories import document, new_ocid

ROOT = Path(__file__).resolve().parents[2]
BODIES = 4
PROCESSES = 300
"""Of one file; every third of them has a second release."""
IN_FLIGHT_AT_LEAST = 0.8

# Every line counts what must not be: one release, its bytes, its record, its facets, its news, its version and its row
# of the import are one transaction.
HALVES = """
SELECT
  (SELECT count(*) FROM release r WHERE NOT EXISTS (SELECT FROM release_body b
    WHERE (b.tenant_id, b.position) = (r.tenant_id, r.position))) AS without_body,
  (SELECT count(*) FROM release r LEFT JOIN record c USING (tenant_id, ocid)
    WHERE c.position IS NULL OR c.position < r.position) AS without_record,
  (SELECT count(*) FROM record c WHERE c.release_count <> (SELECT count(*) FROM release r
    WHERE (r.tenant_id, r.ocid) = (c.tenant_id, c.ocid))) AS miscounted_records,
  (SELECT count(*) FROM record c LEFT JOIN process_facet f USING (tenant_id, ocid)
    WHERE f.published_at IS DISTINCT FROM c.date) AS without_facet,
  (SELECT count(*) FROM release r WHERE (SELECT count(*) FROM outbox_event o WHERE o.tenant_id = r.tenant_id
    AND o.kind = 'publication.released' AND (o.payload ->> 'position')::bigint = r.position) <> 1) AS without_news,
  (SELECT count(*) FROM release r LEFT JOIN process_version v
    ON (v.tenant_id, v.process_id, v.number) = (r.tenant_id, r.process_id, r.version_number)
    WHERE v.status IS DISTINCT FROM 'published') AS without_version,
  (SELECT count(*) FROM process_version WHERE status = 'published') - (SELECT count(*) FROM release) AS versions_more,
  (SELECT count(*) FROM import_row WHERE outcome = 'published') - (SELECT count(*) FROM release) AS rows_more,
  (SELECT coalesce(max(position), 0) - count(*) FROM release) AS gaps,
  (SELECT coalesce(sum(position + live_releases), 0) FROM chain_head) - (SELECT 2 * count(*) FROM release) AS head_off
"""


class Server:
    """The real service in a process of its own, worker included.

    Args:
        database: which it serves.
        folder: its state; its log is kept there too.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        urls = database.urls
        self._log = folder / "log.jsonl"
        self._log.touch()
        self._read = 0
        self._environment = {
            "PATH": os.environ["PATH"],
            "CA_STATE_FOLDER": str(folder),
            "CA_PORT": str(self.port),
            "CA_EMBEDDED_WORKER": "true",
            "DATABASE_URL": urls.owner,
            **{
                f"DATABASE_URL_{role.upper()}": getattr(urls, role)
                for role in ("rw", "public", "monitor", "worker", "auth", "auditor")
            },
        }

    def start(self) -> None:
        """Start it and wait until it works."""
        self._read = self._log.stat().st_size
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve"], cwd=ROOT, env=self._environment, stderr=log
            )
        for _ in range(600):
            assert self._process.poll() is None, self._log.read_text()[-3000:]
            try:
                if httpx2.get(f"http://127.0.0.1:{self.port}/ready").status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it politely, if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=60)

    def events(self, name: str) -> list[dict[str, object]]:
        """Lines of this start's log that tell of an event; the last line may have been cut by the kill."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            whole = [line for line in log.read().splitlines(keepends=True) if line.endswith(b"\n")]
        return [line for line in map(orjson.loads, whole) if line["event"] == name]

    def in_flight(self) -> bool:
        """Whether a publication had begun and was not committed, as the log tells."""
        begun, done = (
            [line["job"] for line in self.events(name)]
            for name in ("publication_started", "publication_committed")
        )
        return any(begun.count(job) > done.count(job) for job in set(begun))


class Feed:
    """A trusted system that sends one file after another for each of several bodies."""

    def __init__(self, place: Place, storage: Storage) -> None:
        self._place = place
        self._storage = storage
        self._runs: dict[UUID, UUID] = {}
        self.sent = 0
        for _ in range(BODIES):
            place.add_sujeto(policy="direct")
        self._bodies = place.sujetos[1:]

    def keep_going(self) -> None:
        """Confirm what was read, and send the next file for a body that has none on its way."""
        for body in self._bodies:
            status = self.status(body)
            if status == "previewed":
                publisher = self._place.actor("so_publisher", body)
                with self._place.database.unit_of_work(publisher) as session:
                    service.confirm(session, publisher, self._runs[body])
            elif status in ("", "finished"):
                self._send(body)

    def finish(self) -> None:
        """Wait until every file is imported whole."""
        for _ in range(1200):
            statuses = [self.status(body) for body in self._bodies]
            assert not {"failed", "cancelled"} & set(statuses), statuses
            if set(statuses) == {"finished"}:
                return
            if "previewed" in statuses:
                self.keep_going()
            time.sleep(0.25)
        raise AssertionError(f"jobs did not finish: {statuses}")

    def status(self, body: UUID) -> str:
        """What the body's newest import is doing; "" before the first."""
        if body not in self._runs:
            return ""
        with self._place.database.unit_of_work(self._place.system) as session:
            return queries.run(session, self._place.system, self._runs[body]).status

    def _send(self, body: UUID) -> None:
        publisher = self._place.actor("so_publisher", body)
        content = b"\n".join(orjson.dumps(release) for release in self._releases())
        self.sent += len(content.splitlines())
        stored = service.store(self._storage, publisher, "entregas.jsonl", BytesIO(content), 10**8)
        with self._place.database.unit_of_work(publisher) as session:
            self._runs[body] = service.start(session, publisher, stored, publish=True).import_id

    def _releases(self) -> Iterator[dict[str, object]]:
        for number in range(PROCESSES):
            ocid = new_ocid(self._place)
            for turn in range(2 if number % 3 == 0 else 1):
                tender = {**document()["tender"], "title": f"Papelería {turn}"}
                yield {
                    "ocid": ocid,
                    "id": f"{ocid}-{turn}",
                    "date": f"2026-01-{turn + 1:02}T10:00:00Z",
                    "tag": ["tender"],
                    "initiationType": "tender",
                    **document(tender=tender),
                }


@contextmanager
def superuser_of(administrator_url: str, database: Database) -> Iterator[Engine]:
    engine = create_engine(make_url(administrator_url).set(database=make_url(database.urls.owner).database))
    try:
        yield engine
    finally:
        engine.dispose()


def halves(superuser: Engine, database: Database) -> dict[str, int]:
    """Return what stands half in the database once the dead server's transactions have ended."""
    database.dispose()
    with superuser.connect() as connection:
        for _ in range(600):
            left = connection.execute(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            ).scalar_one()
            connection.rollback()
            if not left:
                break
            time.sleep(0.05)
        assert not left, "connections of the dead server are still open"
        found = connection.execute(text(HALVES)).mappings().one()
        return {what: int(number) for what, number in found.items() if number}


def jobs_left(superuser: Engine) -> list[str]:
    with superuser.connect() as connection:
        return list(
            connection.execute(
                text("SELECT task_name || ' ' || status FROM jobs.procrastinate_jobs")
            ).scalars()
        )


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.drill)])
def test_no_publication_is_ever_half(
    kills: int, administrator_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moments = random.Random(kills)
    started = time.monotonic()
    hits = 0
    with (
        fresh_database(administrator_url) as database,
        superuser_of(administrator_url, database) as superuser,
    ):
        place = place_maker(database)()
        feed = Feed(place, Storage.local(tmp_path))
        server = Server(database, tmp_path)
        try:
            for _ in range(kills):
                server.start()
                wait_for_publications(server, feed, moments.randint(1, 3))
                time.sleep(moments.uniform(0, 0.25))
                wait_for_one_in_flight(server, feed)
                server.kill()
                hits += server.in_flight()
                assert halves(superuser, database) == {}
            server.start()
            feed.finish()
            for _ in range(200):
                if not jobs_left(superuser):
                    break
                time.sleep(0.1)
            assert jobs_left(superuser) == []
        finally:
            server.stop()
        assert halves(superuser, database) == {}
        with database.public_reading() as session:
            assert list(chain.verify(session, place.tenant_id)) == []
            assert check_tenant(session, place.tenant_id) == []
        with superuser.connect() as connection:
            published = connection.execute(text("SELECT count(*) FROM release")).scalar_one()
    seconds = time.monotonic() - started
    with capsys.disabled():
        print(  # noqa: T201  # the drill's figures
            f"\n{kills} kills, {hits} with a publication in flight; {published} releases of {feed.sent} sent; "
            f"0 half, chain verified, no job left; {seconds:.0f} s"
        )
    assert published == feed.sent, "every release once, none lost and none twice"
    assert hits >= int(IN_FLIGHT_AT_LEAST * kills)


def wait_for_one_in_flight(server: Server, feed: Feed) -> None:
    """Wait for the next publication that has begun, and give up after a while: what was fed may be published."""
    for _ in range(600):
        if server.in_flight():
            return
        feed.keep_going()
        time.sleep(0.01)


def wait_for_publications(server: Server, feed: Feed, number: int) -> None:
    """Wait until the server has begun so many publications since its start."""
    for _ in range(1200):
        feed.keep_going()
        if len(server.events("publication_started")) >= number:
            return
        time.sleep(0.05)
    raise AssertionError("nothing was published")

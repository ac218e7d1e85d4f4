"""Links instead of files: looked at by a job, told in words, once an hour."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import text

from app.attachments import examining, links, service
from app.attachments.links import LinkState
from app.core.db import Actor, Database
from app.core.errors import ForbiddenError, InvalidError
from app.core.jobs import Workplace
from app.core.storage import Storage
from app.settings import Settings
from tests.conftest import Place, place_maker


@dataclass
class Site:
    """Somebody's web site on loopback: it answers each path as the path says."""

    port: int
    asked: list[tuple[str, str]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append((self.command, self.path))
            status = {"/gone": 404, "/locked": 403, "/broken": 500}.get(self.path, 200)
            if self.path == "/only-get" and self.command == "HEAD":
                status = 405
            if self.path == "/inside":
                self.send_response(302)
                self.send_header("Location", "http://169.254.169.254/latest/")
            else:
                self.send_response(status)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(b"hola")

        do_HEAD = do_GET  # noqa: N815  # http.server's name

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here = Site(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield here
    server.shutdown()
    server.server_close()


@pytest.fixture
def body(lone_database: Database) -> Place:
    """In a database of its own: no worker takes the jobs."""
    return place_maker(lone_database)()


def ask(body: Place, *urls: str, actor: Actor | None = None) -> None:
    who = actor or body.actor("so_editor")
    with body.database.unit_of_work(who) as session:
        service.check_links(session, who, urls)


def state(body: Place, *urls: str) -> dict[str, LinkState]:
    who = body.actor("so_reader")
    with body.database.unit_of_work(who) as session:
        return service.link_state(session, who, urls)


def jobs(body: Place) -> list[str]:
    with body.database.owner_work(body.system) as session:
        return list(
            session.execute(
                text(
                    "SELECT args ->> 'url_sha256' FROM jobs.procrastinate_jobs WHERE args ->> 'tenant_id' = :id "
                    "AND task_name = 'attachments.check_link' ORDER BY id"
                ),
                {"id": str(body.tenant_id)},
            ).scalars()
        )


def look(body: Place, storage: Storage, site: Site) -> None:
    settings = Settings(outgoing_allow=f"127.0.0.1:{site.port}")
    for key in jobs(body):
        examining.look_at_link(Workplace(body.database, storage, settings), body.system, bytes.fromhex(key))


@pytest.mark.parametrize(
    ("path", "outcome", "words"),
    [
        ("/", "alive", "La dirección contesta."),
        ("/only-get", "alive", "La dirección contesta."),
        ("/gone", "gone", "No contesta (404)."),
        ("/broken", "gone", "No contesta (500)."),
        ("/locked", "gone", "no deja ver el documento (403)"),
        ("/inside", "refused", "red interna"),
    ],
)
def test_what_an_address_answers_is_told_in_words(
    body: Place, storage: Storage, site: Site, *, path: str, outcome: str, words: str
) -> None:
    url = site.url(path)
    ask(body, url)
    assert state(body, url)[url].outcome == "waiting"

    look(body, storage, site)

    told = state(body, url)[url]
    assert told.outcome == outcome
    assert words in told.words
    assert told.checked_at is not None


def test_nobody_there_is_told_as_such(body: Place, storage: Storage, site: Site) -> None:
    nobody = "http://127.0.0.1:9/"
    ask(body, nobody)
    settings = Settings(outgoing_allow="127.0.0.1:9")
    for key in jobs(body):
        examining.look_at_link(Workplace(body.database, storage, settings), body.system, bytes.fromhex(key))
    told = state(body, nobody)[nobody]
    assert (told.outcome, told.words) == ("unreachable", "No contesta: no se pudo establecer la conexión.")


def test_an_internal_address_is_not_called(body: Place, storage: Storage, site: Site) -> None:
    url = site.url("/interno")
    ask(body, url)
    for key in jobs(body):
        place = Workplace(body.database, storage, Settings())
        examining.look_at_link(place, body.system, bytes.fromhex(key))
    assert state(body, url)[url].outcome == "refused"
    assert ("HEAD", "/interno") not in site.asked


def test_the_head_comes_first_and_suffices(body: Place, storage: Storage, site: Site) -> None:
    ask(body, site.url("/primero"))
    look(body, storage, site)
    assert [method for method, path in site.asked if path == "/primero"] == ["HEAD"]


def test_an_address_is_looked_at_once_an_hour(
    body: Place, storage: Storage, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = site.url("/otra-vez")
    ask(body, url, url)
    ask(body, url)
    assert len(jobs(body)) == 1
    look(body, storage, site)
    monkeypatch.setattr(links, "GOOD_FOR", -links.GOOD_FOR)
    ask(body, url)
    assert len(jobs(body)) == 2
    assert state(body, url)[url].outcome == "waiting"


def test_what_is_no_link_or_a_file_of_ours_is_not_looked_at(body: Place) -> None:
    ours = f"http://127.0.0.1/{body.slug}/archivos/3f0f1f5e-0000-4000-8000-000000000000/a.pdf"
    ask(body, "mailto:a@b.example", "", "ftp://a.example/b", ours, "https://a.example/" + "x" * 3000)
    assert jobs(body) == []


def test_who_may_ask(body: Place) -> None:
    with pytest.raises(ForbiddenError):
        ask(body, "https://a.example/", actor=body.actor("so_reader"))
    with pytest.raises(InvalidError, match="200"):
        ask(body, *(f"https://a.example/{number}" for number in range(201)))


def test_another_tenant_sees_nothing_of_it(body: Place, lone_database: Database) -> None:
    ask(body, "https://a.example/documento.pdf")
    other = place_maker(lone_database)()
    assert state(other, "https://a.example/documento.pdf") == {}

"""Calls to the outside: what is answered is told, what is ours is out of reach."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.core.outgoing import NoAnswerError, Outgoing, OutgoingRefusedError, UnreachableError, is_public


@dataclass
class World:
    """A server on loopback that behaves as its paths say, and what it was asked."""

    port: int
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.place}{path}"

    @property
    def outgoing(self) -> Outgoing:
        return Outgoing([self.place])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append((self.command, self.path, dict(self.headers.items())))
            if self.path == "/slow":
                here.ended.wait(20)
            if self.path.startswith("/to/"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/to/"))
                self.send_header("Set-Cookie", "quien=yo; Path=/")
                self.end_headers()
                return
            if self.path == "/loop":
                self.send_response(302)
                self.send_header("Location", "/loop")
                self.end_headers()
                return
            self.send_response(404 if self.path == "/gone" else 200)
            self.end_headers()
            if self.path == "/huge":
                try:
                    for _ in range(10**5):
                        self.wfile.write(b"x" * 10**5)
                except OSError:
                    here.asked.append(("cut", self.path, {}))
            elif self.path == "/drip":
                for _ in range(200):
                    if here.ended.wait(0.1):
                        return
                    try:
                        self.wfile.write(b"x")
                    except OSError:
                        return
            elif self.command != "HEAD":
                self.wfile.write(b"hola")

        do_HEAD = do_GET  # noqa: N815  # http.server's name

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here = World(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield here
    here.ended.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "not an address",
    ],
)
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(address)


def test_an_answer_is_told_as_it_is(world: World) -> None:
    good, gone = (world.outgoing.fetch(world.url(path)) for path in ("/", "/gone"))
    assert (good.status, good.body, good.whole) == (200, b"hola", True)
    assert gone.status == 404


async def _somewhere(host: str, port: int) -> list[str]:
    return ["93.184.216.34"]


def test_an_address_can_be_looked_at_without_calling_it() -> None:
    outgoing = Outgoing(resolver=_somewhere, schemes=("https",))
    assert outgoing.look("https://ñandú.example/avisos?a=1") == "https://xn--and-6ma2c.example/avisos?a=1"
    for refused in (
        "http://ñandú.example/",
        "https://u:p@datos.example/",
        "https://datos.example:22/",
        "https://①.mx/",
        "https://",
    ):
        with pytest.raises(OutgoingRefusedError):
            outgoing.look(refused)


def test_what_turns_inward_is_refused_when_it_is_looked_at_too() -> None:
    async def inward(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.8"]

    with pytest.raises(OutgoingRefusedError, match="red interna"):
        Outgoing(resolver=inward).look("https://datos.example/")


def test_a_name_that_leads_nowhere_is_told() -> None:
    async def nowhere(host: str, port: int) -> list[str]:
        return []

    with pytest.raises(UnreachableError):
        Outgoing(resolver=nowhere).look("https://datos.example/")


def test_nobody_waits_for_a_body_that_is_not_wanted(world: World) -> None:
    assert world.outgoing.fetch(world.url("/drip"), most=0, seconds=5).status == 200


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_an_internal_address_is_refused(url: str) -> None:
    with pytest.raises(OutgoingRefusedError, match="red interna"):
        Outgoing().fetch(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://datos.example/a", "http"),
        ("file:///etc/passwd", "http"),
        ("http://datos.example:22/", "puertos"),
        ("http://yo:clave@datos.example/", "usuario"),
        ("nada", "http"),
        ("http://datos.example:abc/", "mal escrita"),
    ],
)
def test_other_schemes_ports_and_credentials_are_refused(url: str, why: str) -> None:
    with pytest.raises(OutgoingRefusedError, match=why):
        Outgoing().fetch(url)


def test_only_what_is_allowed_by_name_and_port_is_called_inside(world: World) -> None:
    assert world.outgoing.fetch(world.url("/")).status == 200
    with pytest.raises(OutgoingRefusedError):
        Outgoing(["127.0.0.1:1"]).fetch(world.url("/"))


@pytest.mark.parametrize("target", ["http://localhost/", "http://169.254.169.254/", "ftp://datos.example/"])
def test_a_redirect_is_looked_at_like_the_first_address(world: World, target: str) -> None:
    with pytest.raises(OutgoingRefusedError):
        world.outgoing.fetch(world.url(f"/to/{target}"))


def test_a_redirect_to_where_we_may_go_is_followed_without_cookies(world: World) -> None:
    fetched = world.outgoing.fetch(world.url(f"/to/{world.url('/fin')}"))
    assert (fetched.status, fetched.url) == (200, world.url("/fin"))
    assert "Cookie" not in next(headers for _, path, headers in world.asked if path == "/fin")


def test_a_circle_of_redirects_ends(world: World) -> None:
    with pytest.raises(NoAnswerError, match="5 veces"):
        world.outgoing.fetch(world.url("/loop"))


def test_a_name_is_asked_once_and_the_connection_goes_to_what_was_looked_at(world: World) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.9"]])
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    outgoing = Outgoing([f"datos.example:{world.port}"], resolver=rebinding)
    assert outgoing.fetch(f"http://datos.example:{world.port}/nombre").status == 200
    assert asked == ["datos.example"]
    headers = next(headers for _, path, headers in world.asked if path == "/nombre")
    assert headers["Host"] == f"datos.example:{world.port}"


def test_where_one_address_does_not_answer_the_next_is_tried(world: World) -> None:
    async def both(_host: str, _port: int) -> list[str]:
        return ["::1", "127.0.0.1"]

    outgoing = Outgoing([f"datos.example:{world.port}"], resolver=both)
    assert outgoing.fetch(f"http://datos.example:{world.port}/").status == 200


def test_a_name_with_one_internal_address_among_others_is_refused() -> None:
    async def mixed(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(OutgoingRefusedError, match="red interna"):
        Outgoing(resolver=mixed).fetch("http://datos.example/")


def test_a_name_that_nobody_has_gives_no_answer() -> None:
    async def nobody(_host: str, _port: int) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(NoAnswerError, match="conexión"):
        Outgoing(resolver=nobody).fetch("http://datos.example/")


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_nobody_is_waited_for_longer_than_said(world: World, path: str) -> None:
    with pytest.raises(NoAnswerError, match="segundos"):
        world.outgoing.fetch(world.url(path), seconds=0.6)


def test_of_something_huge_only_the_beginning_is_read(world: World) -> None:
    fetched = world.outgoing.fetch(world.url("/huge"), most=1000)
    assert (len(fetched.body), fetched.whole) == (1000, False)

"""Connections that ask for nothing, or read nothing, are not held; those that work are."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.web import connections

LARGE = b"x" * (24 * 1024 * 1024)
"""More than the buffers of both kernels hold."""


@dataclass
class Served:
    """A server, and the connections that it holds."""

    port: int
    held: set[Any]


Serve = Callable[..., Served]


def eventually(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.02)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server whose connections have these limits."""
    release = threading.Event()

    async def take(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    def wait(_request: Request) -> Response:
        release.wait(30)
        return PlainTextResponse("al fin")

    app = Starlette(
        routes=[
            Route("/large", lambda _request: Response(LARGE)),
            Route("/small", lambda _request: PlainTextResponse("poco")),
            Route("/wait", wait),
            Route("/take", take, methods=["POST"]),
        ]
    )
    with ExitStack() as stack:

        def start(**changes: Any) -> Served:
            kind = type("Limited", (connections.Connection,), {"look_seconds": 0.1, **changes})
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            server = uvicorn.Server(uvicorn.Config(app, log_config=None, http=kind, timeout_keep_alive=60))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            stack.callback(thread.join, 10)
            stack.callback(setattr, server, "should_exit", True)
            stack.callback(release.set)
            return Served(listener.getsockname()[1], server.server_state.connections)

        yield start


def connect(server: Served, said: bytes = b"", *, buffer: int | None = None) -> socket.socket:
    client = socket.socket()
    if buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    client.settimeout(20)
    client.connect(("127.0.0.1", server.port))
    client.sendall(said)
    return client


def asking(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def rest_of(client: socket.socket) -> bytes:
    """Read to the end, however the connection ends."""
    read = bytearray()
    try:
        while piece := client.recv(1 << 20):
            read += piece
    except ConnectionResetError:
        pass
    return bytes(read)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /small HTTP/1.1\r\nHo",
        asking("/small") + b"GET /small HT",
        b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nmedio",
    ],
)
def test_who_does_not_finish_asking_is_not_waited_for(serve: Serve, said: bytes) -> None:
    server = serve(head_seconds=0.5, body_seconds=0.5)

    with closing(connect(server, said)) as client:
        assert rest_of(client).count(b"poco") == said.count(b"/small HTTP/1.1\r\nHost: x\r\n\r\n")


def test_who_asks_slowly_but_in_time_is_answered(serve: Serve) -> None:
    server = serve(head_seconds=20, body_seconds=20)

    with closing(connect(server)) as client:
        for piece in (b"POST /take HTTP/1.1\r\nHost: x\r\nConten", b"t-Length: 4\r\n\r\nab", b"cd"):
            client.sendall(piece)
            time.sleep(0.3)  # a slow client is the case: several looks go by between its pieces
        assert client.recv(1000).endswith(b"4")


def test_who_reads_an_answer_too_slowly_is_cut_off(serve: Serve) -> None:
    server = serve(read_seconds=0.6)

    with closing(connect(server, asking("/large"), buffer=4096)) as client:
        client.recv(1)
        eventually(lambda: not server.held)
        # Nothing is sent any more: what the client still finds is what the kernels held.
        assert len(rest_of(client)) < len(LARGE)


def test_who_reads_steadily_gets_everything(serve: Serve) -> None:
    server = serve(read_seconds=5, slowest=1000)

    with closing(connect(server, asking("/large"), buffer=65536)) as client:
        read = 0
        while read < len(LARGE):
            piece = client.recv(1 << 20)
            assert piece, f"it was cut after {read} bytes"
            read += len(piece)


def test_when_too_much_waits_for_slow_readers_they_go_at_once(serve: Serve) -> None:
    server = serve(read_seconds=600, backlog=30 * 1024 * 1024)

    with ExitStack() as stack:
        for _ in range(4):
            client = stack.enter_context(closing(connect(server, asking("/large"), buffer=4096)))
            client.recv(1)
        # One alone may go on waiting: it keeps less than all together may.
        eventually(lambda: len(server.held) == 1)


def test_who_is_idle_makes_room_for_who_asks(serve: Serve) -> None:
    server = serve(most=3)

    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(closing(connect(server)))
        eventually(lambda: len(server.held) == 3)
        for _ in range(5):
            client = stack.enter_context(closing(connect(server, asking("/small"))))
            assert b" 200 OK" in client.recv(1000)


def test_when_all_are_at_work_one_more_is_told_to_come_back(serve: Serve) -> None:
    server = serve(most=2)

    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(closing(connect(server, asking("/wait"))))
        eventually(lambda: [one.cycle is not None for one in list(server.held)] == [True, True])
        client = stack.enter_context(closing(connect(server, asking("/small"))))
        told = rest_of(client)

    assert told.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 5" in told
    assert b"demasiadas conexiones" in told

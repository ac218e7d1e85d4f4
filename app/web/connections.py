"""HTTP connections that nobody can hold for nothing: uvicorn's, with patience that ends.

uvicorn closes a connection that idles after an answer. This adds what it leaves open: one that never sends a whole
head or stops in the middle of a body, one whose client reads an answer too slowly, and more of them than this process
has room for. Each connection looks after itself once a second, so a request pays nothing for it.
"""

import asyncio
from collections.abc import Iterable

import orjson
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.core import clock, logs

_BUSY = orjson.dumps(
    {
        "type": "urn:problem:no-disponible",
        "title": "El servicio no está disponible por ahora",
        "status": 503,
        "detail": "Hay demasiadas conexiones abiertas. Inténtalo de nuevo en unos segundos.",
    }
)
MEBIBYTE = 1024 * 1024
_log = logs.get(__name__)


class Connection(HttpToolsProtocol):
    """One connection; `of` gives one of other limits.

    Attributes:
        most: connections that this process holds; those that ask for nothing make room first.
        head_seconds: within which a request must have arrived, up to its body.
        body_seconds: within which some more of a body must arrive.
        read_seconds: how long a client may read less than `slowest` bytes a second of what waits for it.
        backlog: bytes that may wait for slow clients, all together; whoever keeps `much` waiting then has to go.
    """

    most = 2000
    head_seconds = 15.0
    body_seconds = 30.0
    read_seconds = 20.0
    slowest = 1024
    backlog = 256 * MEBIBYTE
    much = MEBIBYTE
    look_seconds = 1.0

    _arrived = 0
    _seen = -1
    since = 0.0
    _waiting = 0
    _reads_since: float | None = None
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, if there is room or somebody idle can make it."""
        super().connection_made(transport)
        self.since = clock.monotonic()
        if len(self.connections) > self.most and not self._make_room():
            self.app = _busy
        self._timer = self.loop.call_later(self.look_seconds, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """Note that a head has arrived."""
        self._arrived += 1
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Note that a piece of a body has arrived."""
        self._arrived += 1
        super().on_body(body)

    def resume_writing(self) -> None:
        """Note that the client has read what waited for it."""
        self._reads_since = None
        super().resume_writing()

    def _look(self) -> None:
        now = clock.monotonic()
        if self._seen != self._arrived:
            self._seen, self.since = self._arrived, now
        waited = now - self.since
        if self.is_idle() and waited > self.head_seconds:
            self.end("slow_head")
        elif self._awaits_body() and waited > self.body_seconds:
            self.end("slow_body")
        elif self._is_slow(now):
            self.end("slow_reader")
        else:
            self._timer = self.loop.call_later(self.look_seconds, self._look)

    def is_idle(self) -> bool:
        """Tell whether nothing is being done for the client: it has been answered, or has not asked yet."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.transport.get_write_buffer_size()

    def _awaits_body(self) -> bool:
        cycle = self.cycle
        return (
            cycle is not None
            and cycle.more_body
            and not cycle.response_complete
            and not self.flow.read_paused
        )

    def _is_slow(self, now: float) -> bool:
        waiting = self.transport.get_write_buffer_size()
        if not waiting or self._reads_since is None:
            self._reads_since, self._waiting = now if waiting else None, waiting
        elif now - self._reads_since >= self.read_seconds:
            if self._waiting - waiting < self.slowest * self.read_seconds:
                return True
            self._reads_since, self._waiting = now, waiting
        return waiting > self.much and self._all_that_waits() > self.backlog

    def _others(self) -> Iterable["Connection"]:
        return (one for one in self.connections if isinstance(one, Connection))

    def _all_that_waits(self) -> int:
        return sum(one.transport.get_write_buffer_size() for one in self._others())

    def _make_room(self) -> bool:
        """End a tenth of the connections, those idle the longest; False: all are at work."""
        idle = sorted(
            (one for one in self._others() if one is not self and one.is_idle()), key=lambda one: one.since
        )
        for one in idle[: max(1, self.most // 10)]:
            one.end("no_room")
        return bool(idle)

    def end(self, why: str) -> None:
        """Cut it, whatever still waits to be sent."""
        _log.info("connection_ended", why=why)
        self.connections.discard(self)
        self.transport.abort()


def of(most: int) -> type[Connection]:
    """Return the connections of a process that holds so many."""
    return type("Connection", (Connection,), {"most": most})


async def _busy(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(_BUSY)).encode()),
        (b"retry-after", b"5"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _BUSY})

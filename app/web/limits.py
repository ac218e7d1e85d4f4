"""Fair use: how often one client may ask within a minute, counted here and told to the other processes every second.

Counting costs a dictionary and nothing else; the database only adds up. While it is away each process goes on by what
it counted itself and what it last heard. How far a client may overshoot stands in docs/adr/0043.
"""

import asyncio
import hashlib
import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import Any, NamedTuple, Self

import psycopg
from sqlalchemy.engine import make_url
from starlette.types import Scope

from app.core import clock, logs
from app.core.errors import TooManyRequestsError
from app.settings import Settings

SECONDS = 60
MERGE_SECONDS = 1.0
PATIENCE_SECONDS = 3.0
MOST_CLIENTS = 50_000
"""Clients whose count one process remembers; those that asked least are forgotten first."""
UNCOUNTED_PATHS = ("/health", "/ready", "/metrics")
UNCOUNTED_BELOW = "/static/"

_MERGE = """
    WITH old AS (DELETE FROM request_count WHERE minute < to_timestamp(%(minute)s - 60))
    INSERT INTO request_count AS c (minute, client, requests)
    SELECT to_timestamp(%(minute)s), n.client, n.requests
    FROM unnest(%(clients)s::bigint[], %(counts)s::int[]) AS n (client, requests) ORDER BY n.client
    ON CONFLICT (minute, client) DO UPDATE SET requests = c.requests + excluded.requests
    RETURNING client, requests"""
# Ordered, so that two processes never wait for each other's rows in a circle.

_LINE: dict[str, Any] = {
    "application_name": "contrataciones:fair",
    "autocommit": True,  # one statement a second, of rows that belong to nobody's work
    "options": "-c statement_timeout=2000 -c synchronous_commit=off",
}
_SCOPE_KEY = "contrataciones.fair"
_log = logs.get(__name__)

RawHeaders = tuple[tuple[bytes, bytes], ...]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class RateExceededError(TooManyRequestsError):
    """A client asked more often than everybody may."""

    slug, title = "demasiadas-solicitudes", "Demasiadas solicitudes en un minuto"


class Verdict(NamedTuple):
    """Whether a request goes on, and the headers that tell a client how it stands (none while far from the limit)."""

    error: RateExceededError | None
    headers: RawHeaders


OPEN = Verdict(None, ())


class Known(NamedTuple):
    """Harvesters that may ask more often: by where they come from, or by how their user agent begins."""

    networks: tuple[Network, ...]
    agents: tuple[bytes, ...]

    @classmethod
    def of(cls, listed: str) -> "Known":
        """Read a list separated by commas: what is no network is the beginning of a user agent."""
        networks, agents = [], []
        for one in filter(None, (piece.strip() for piece in listed.split(","))):
            try:
                networks.append(ipaddress.ip_network(one, strict=False))
            except ValueError:
                agents.append(one.lower().encode())
        return cls(tuple(networks), tuple(agents))

    def holds(self, client: str) -> bool:
        """Tell whether what `client_of` named lies in one of the networks; one narrower than it stands for all of it."""
        try:
            asked = ipaddress.ip_network(client)
        except ValueError:
            return False
        return any(asked.version == network.version and asked.overlaps(network) for network in self.networks)


class FairUse:
    """The counts of one process.

    Args:
        settings: the limits and who is known.
        url: SQLAlchemy address of the role that counts; None counts in this process alone.
    """

    def __init__(self, settings: Settings, url: str | None = None) -> None:
        self._limit = settings.fair_requests
        self._known_limit = settings.fair_known_requests
        self._known = Known.of(settings.fair_known)
        self._uncounted = Known.of(settings.fair_uncounted)
        self._near = self._limit // 2
        self._conninfo = (
            make_url(url).set(drivername="postgresql").render_as_string(hide_password=False) if url else None
        )
        self._minute = _minute()
        self._mine: dict[str, int] = {}
        self._others: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._mine)

    def take(self, scope: Scope) -> Verdict:
        """Count a request, once however often it is asked about, and say whether it goes on."""
        told: Verdict | None = scope.get(_SCOPE_KEY)
        if told is None:
            told = scope[_SCOPE_KEY] = self._count(scope)
        return told

    def _count(self, scope: Scope) -> Verdict:
        address, path = scope["client"], scope["path"]
        if address is None or not self._limit or path.startswith(UNCOUNTED_BELOW) or path in UNCOUNTED_PATHS:
            return OPEN
        host: str = address[0]
        client = client_of(host) if ":" in host else host
        count = self._mine.get(client, 0) + 1
        self._mine[client] = count
        count += self._others.get(client, 0)
        if count > self._near:
            return self._look(scope, client, count)
        if len(self._mine) > MOST_CLIENTS:
            self._forget_the_least()
        return OPEN

    def _look(self, scope: Scope, client: str, count: int) -> Verdict:
        """Judge a client that comes near the limit: here it may cost something to know who it is."""
        minute = _minute()
        if minute != self._minute:  # whoever turns the minutes is late
            self._turn(minute)
            self._mine[client] = count = 1
        if self._is_uncounted(client):
            return OPEN
        limit = self._known_limit if self._is_known(scope, client) else self._limit
        if count <= limit // 2:
            return OPEN
        wait = max(1, round(minute + SECONDS - clock.now().timestamp() + 0.5))
        left = max(0, limit - count)
        headers = (
            (b"ratelimit-policy", b'"minuto";q=%d;w=%d' % (limit, SECONDS)),
            (b"ratelimit", b'"minuto";r=%d;t=%d' % (left, wait)),
        )
        if count <= limit:
            return Verdict(None, headers)
        error = RateExceededError(
            f"Desde tu red se hicieron más de {limit} solicitudes en un minuto. Espera {wait} s y sigue donde "
            "ibas. Para llevarte mucho, pide páginas de 1000 elementos en vez de uno por uno.",
            retry_after=wait,
        )
        # Also a page of another site may read that it has to wait.
        error.headers["Access-Control-Allow-Origin"] = "*"
        error.headers["Access-Control-Expose-Headers"] = "Retry-After, RateLimit, RateLimit-Policy"
        return Verdict(error, headers)

    def _is_uncounted(self, client: str) -> bool:
        return _held_by(self._uncounted, client)

    def _is_known(self, scope: Scope, client: str) -> bool:
        if _held_by(self._known, client):
            return True
        for name, value in scope["headers"]:
            # Whoever works here has a session or a token; one that is made up gains a larger number and no more.
            if name == b"authorization" or (name == b"cookie" and b"ca_session=" in value):
                return True
            if name == b"user-agent" and value.lower().startswith(self._known.agents):
                return True
        return False

    def _forget_the_least(self) -> None:
        """Forget the clients that asked least until half the room is free; those near a limit are never among them."""
        least = sorted(self._mine.values())[len(self._mine) // 2]
        keep = {client: count for client, count in self._mine.items() if count > least}
        self._mine = keep
        self._others = {client: count for client, count in self._others.items() if client in keep}
        self._told = {client: count for client, count in self._told.items() if client in keep}

    def _turn(self, minute: int) -> None:
        self._minute = minute
        self._mine, self._others, self._told = {}, {}, {}

    async def __aenter__(self) -> Self:
        if self._limit and self._conninfo is not None:
            self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._hang_up()

    async def _run(self) -> None:
        heard = True
        while True:
            await asyncio.sleep(MERGE_SECONDS)
            minute = _minute()
            if minute != self._minute:
                self._turn(minute)
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._merge()
            except (psycopg.Error, OSError) as error:  # a TimeoutError is an OSError
                if heard:
                    _log.warning("fair_use_alone", error=type(error).__name__)
                heard = False
                await self._hang_up()
            else:
                if not heard:
                    _log.info("fair_use_together")
                heard = True

    async def _merge(self) -> None:
        """Tell the database what was counted since, and hear what all processes counted of the same clients."""
        minute, few = self._minute, self._limit // 20
        news = {
            hashed(client): (client, count)
            for client, count in self._mine.items()
            if count > few and count > self._told.get(client, 0) and not self._is_uncounted(client)
        }
        if not news:
            return
        told = {number: count - self._told.get(client, 0) for number, (client, count) in news.items()}
        # Said before it is sent: what a broken connection may have taken or not is never told twice.
        self._told.update(news.values())
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(self._conninfo or "", **_LINE)
        cursor = await self._connection.execute(
            _MERGE, {"minute": minute, "clients": list(told), "counts": list(told.values())}
        )
        rows: Iterable[tuple[int, int]] = await cursor.fetchall()
        if minute != self._minute:
            return
        for number, total in rows:
            client, _ = news[number]
            self._others[client] = max(0, total - self._told.get(client, 0))

    async def _hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


@lru_cache(maxsize=4096)
def client_of(host: str) -> str:
    """Return under which name an address is counted: an IPv6 network of 64 bits is one client."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host[:64]
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))


def hashed(client: str) -> int:
    """Return what stands for a client in the database."""
    return int.from_bytes(hashlib.sha256(client.encode()).digest()[:8], signed=True)


@lru_cache(maxsize=4096)
def _held_by(known: Known, client: str) -> bool:
    return known.holds(client)


def _minute() -> int:
    return int(clock.now().timestamp()) // SECONDS * SECONDS

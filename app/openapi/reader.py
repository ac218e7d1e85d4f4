"""The public reader of one process: its pool, its lease, its hot answers. The application opens and closes it."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import psycopg
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.engine import make_url
from starlette.concurrency import run_in_threadpool

from app.core.errors import UnavailableError
from app.openapi.hot import HotAnswers
from app.openapi.lease import Lease
from app.openapi.queries import READ_ONLY, Connection
from app.tenancy.queries import TenantDirectory, TenantView

_WAIT_SECONDS = 5.0


class PublicReader:
    """What the addresses of the world read from.

    Args:
        url: SQLAlchemy address of the public role. It must lead to the primary (see `lease`).
        directory: the tenants, shared with the rest of the application.
        public_url: scheme and host of all addresses; None takes them from each request.
        hot_bytes: memory for answers to single releases.
        connections: most connections held at once, besides the lease's own.
    """

    def __init__(
        self,
        url: str,
        *,
        directory: TenantDirectory,
        public_url: str | None = None,
        hot_bytes: int = 0,
        connections: int = 4,
    ) -> None:
        self.directory = directory
        self.public_url = public_url
        self.hot = HotAnswers(hot_bytes)
        self._conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connections = connections
        self._stack = AsyncExitStack()
        self.lease = Lease(self._conninfo, self.hot.drop)
        self.pool: AsyncConnectionPool[Connection]
        """There from `__aenter__` on: a pool cannot be opened twice, the reader can."""

    async def __aenter__(self) -> Self:
        self.pool = AsyncConnectionPool(
            self._conninfo,
            min_size=1,
            max_size=self._connections,
            timeout=_WAIT_SECONDS,
            open=False,
            name="public",
            kwargs={"application_name": "contrataciones:reader", **READ_ONLY},
        )
        await self._stack.enter_async_context(self.pool)
        await self._stack.enter_async_context(self.lease)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def reading(self) -> "Reading":
        """Lend a connection of the pool for an `async with`: read-only, each statement its own transaction."""
        return Reading(self.pool)

    async def tenant(self, slug: str) -> TenantView:
        """Return a tenant; the directory reads in a thread when its memory is old.

        Raises:
            NotFoundError: no active tenant has this slug.
        """
        if self.directory.is_fresh():
            return self.directory.by_slug(slug)
        return await run_in_threadpool(self.directory.by_slug, slug)

    async def tenant_of_host(self, host: str) -> TenantView | None:
        """Return the tenant whose own host this is, if one is."""
        if self.directory.is_fresh():
            return self.directory.by_host(host)
        return await run_in_threadpool(self.directory.by_host, host)


class Reading:
    """A connection lent by the pool; `pool.connection()` would also end a transaction that was never begun.

    Raises:
        UnavailableError: no connection is to be had, or it broke.
    """

    def __init__(self, pool: AsyncConnectionPool[Connection]) -> None:
        self._pool = pool

    async def __aenter__(self) -> Connection:
        try:
            self._connection = await self._pool.getconn()
        except psycopg.OperationalError as error:  # the pool's own errors are such
            raise _unavailable() from error
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.putconn(self._connection)
        if isinstance(error, psycopg.OperationalError):
            raise _unavailable() from error


def _unavailable() -> UnavailableError:
    return UnavailableError("La base de datos no responde por ahora.", headers={"Retry-After": "5"})

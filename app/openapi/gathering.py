"""Reading single releases: while every line to the database is busy, what is asked for gathers into one question.

A question costs the driver many times what a row does, so under load the price of a release falls; alone, a release
is asked for at once and pays nothing for this.
"""

import asyncio
from collections.abc import Callable
from itertools import islice
from uuid import UUID

from app.core.errors import AppError, UnavailableError
from app.openapi import queries
from app.openapi.queries import Stored
from app.openapi.reader import Reading

Key = tuple[UUID, str, str]
"""Tenant, ocid, release id."""

_Waiting = dict[asyncio.Future[Stored | None], Key]

LINES = 2
MOST = 16
"""Releases in one question: they stand in memory together."""
PATIENCE_SECONDS = 5.0


class ReleaseReader:
    """Reads single releases that stand.

    Args:
        reading: lends a connection.
    """

    def __init__(self, reading: Callable[[], Reading]) -> None:
        self._reading = reading
        self._free = LINES
        self._waiting: _Waiting = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, key: Key) -> Stored | None:
        """Return the release, or None where none stands.

        Raises:
            UnavailableError: the database does not answer.
        """
        if not self._free:
            return await self._in_line(key)
        self._free -= 1
        try:
            async with self._reading() as connection:
                return await queries.release(connection, *key)
        finally:
            self._pass_on()

    async def _in_line(self, key: Key) -> Stored | None:
        waiter: asyncio.Future[Stored | None] = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = key
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await waiter
        except TimeoutError as error:
            raise UnavailableError from error
        finally:
            self._waiting.pop(waiter, None)

    def _pass_on(self) -> None:
        """Give the line to those who wait, or lay it down."""
        if not self._waiting:
            self._free += 1
            return
        group = dict(islice(self._waiting.items(), MOST))
        for waiter in group:
            del self._waiting[waiter]
        task = asyncio.create_task(self._together(group))
        self._tasks.add(task)  # the loop itself holds tasks but weakly
        task.add_done_callback(self._tasks.discard)

    async def _together(self, group: _Waiting) -> None:
        try:
            async with self._reading() as connection:
                found = await queries.releases_by_key(connection, list(group.values()))
        except AppError as error:
            _fail(group, error)
        except Exception as error:
            _fail(group, error)  # nobody foresaw it, but nobody shall wait for nothing either
            raise
        else:
            for waiter, row in zip(group, found, strict=True):
                if not waiter.done():
                    waiter.set_result(row)
        finally:
            self._pass_on()


def _fail(group: _Waiting, error: Exception) -> None:
    for waiter in group:
        if not waiter.done():  # who asked may have gone
            waiter.set_exception(error)

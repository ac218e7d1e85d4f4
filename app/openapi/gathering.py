"""Reading single releases: while every line to the database is busy, what is asked for gathers into one question.

A question costs the driver many times what a row does, so under load the price of a release falls; alone, a release
is asked for at once and pays nothing for this.
"""

import asyncio
from collections.abc import Callable
from uuid import UUID

from app.core.errors import AppError
from app.openapi import queries
from app.openapi.queries import Stored
from app.openapi.reader import Reading

Key = tuple[UUID, str, str]
"""Tenant, ocid, release id."""

LINES = 2
MOST = 16
"""Releases in one question: they stand in memory together."""


class ReleaseReader:
    """Reads single releases that stand.

    Args:
        reading: lends a connection.
    """

    def __init__(self, reading: Callable[[], Reading]) -> None:
        self._reading = reading
        self._free = LINES
        self._waiting: list[tuple[Key, asyncio.Future[Stored | None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, key: Key) -> Stored | None:
        """Return the release, or None where none stands.

        Raises:
            UnavailableError: the database does not answer.
        """
        if not self._free:
            waiter: asyncio.Future[Stored | None] = asyncio.get_running_loop().create_future()
            self._waiting.append((key, waiter))
            return await waiter
        self._free -= 1
        try:
            async with self._reading() as connection:
                return await queries.release(connection, *key)
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        """Give the line to those who wait, or lay it down."""
        if not self._waiting:
            self._free += 1
            return
        group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        task = asyncio.create_task(self._together(group))
        self._tasks.add(task)  # the loop itself holds tasks but weakly
        task.add_done_callback(self._tasks.discard)

    async def _together(self, group: list[tuple[Key, asyncio.Future[Stored | None]]]) -> None:
        try:
            async with self._reading() as connection:
                found = await queries.releases_by_key(connection, [key for key, _ in group])
        except AppError as error:
            for _, waiter in group:
                if not waiter.done():  # who asked may have gone
                    waiter.set_exception(error)
        else:
            for (_, waiter), row in zip(group, found, strict=True):
                if not waiter.done():
                    waiter.set_result(row)
        finally:
            self._pass_on()

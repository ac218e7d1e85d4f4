"""For how long memory may answer for the database: a lease that runs out by itself.

Published bytes never change; they can only be withdrawn. A withdrawn release must be gone from every process within
one second, also from one that no longer hears the database. So nothing waits for a notification: each process asks,
again and again, how many withdrawals every tenant has seen (its epoch), and may answer from memory only while the
last question that was answered *began* less than `LEASE_SECONDS` ago. Late, failed or silent: memory is not asked.

A withdrawal that commits after a question began is answered wrongly for at most what is left of that lease; the
question after it sees the new epoch. Entries remember the epoch that was known before their bytes were read.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self
from uuid import UUID

import psycopg

from app.core import clock, logs
from app.openapi.queries import READ_ONLY, Connection

LEASE_SECONDS = 0.9
POLL_SECONDS = 0.3
PATIENCE_SECONDS = 0.5

_EPOCHS = "SELECT tenant_id, withdrawals FROM chain_head WHERE withdrawals > 0"
_log = logs.get(__name__)


class Lease:
    """The epochs of all tenants, polled on a connection of its own.

    Args:
        conninfo: libpq address of the public role. It must lead to the primary: a replica lags.
        on_change: told which tenants have a new epoch, to free what memory holds of them.
    """

    def __init__(self, conninfo: str, on_change: Callable[[UUID], None]) -> None:
        self._conninfo = conninfo
        self._on_change = on_change
        self._epochs: dict[UUID, int] = {}
        self._until = float("-inf")
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    def epoch(self, tenant_id: UUID) -> int | None:
        """Return the tenant's epoch while the lease holds, else None."""
        return self._epochs.get(tenant_id, 0) if clock.monotonic() < self._until else None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._until = float("-inf")
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._hang_up()

    async def _run(self) -> None:
        heard = True
        while True:
            began = clock.monotonic()
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    epochs = await self._ask()
            except (psycopg.Error, OSError) as error:  # a TimeoutError is an OSError
                if heard:
                    _log.warning("lease_lost", error=type(error).__name__)
                heard = False
                await self._hang_up()
            else:
                if not heard:
                    _log.info("lease_regained")
                heard = True
                self._renew(epochs, began)
            await asyncio.sleep(max(0.0, began + POLL_SECONDS - clock.monotonic()))

    async def _ask(self) -> dict[UUID, int]:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(
                self._conninfo, application_name="contrataciones:lease", **READ_ONLY
            )
        cursor = await self._connection.execute(_EPOCHS)
        return dict(await cursor.fetchall())

    def _renew(self, epochs: dict[UUID, int], began: float) -> None:
        before, self._epochs = self._epochs, epochs
        self._until = began + LEASE_SECONDS
        for tenant_id in before.keys() | epochs.keys():
            if before.get(tenant_id) != epochs.get(tenant_id):
                self._on_change(tenant_id)

    async def _hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

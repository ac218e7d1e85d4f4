"""Answers kept in memory: bounded, least recently used first out, and only as good as the lease."""

from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from app.openapi.answers import Answer
from app.tenancy.queries import TenantView

Key = tuple[str, bytes, bytes, bytes]
"""Scheme, host and raw path as asked, and the coding that is liked best."""

_OVERHEAD = 2048
"""Bytes that an entry costs besides its body: keys, headers, bookkeeping."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer and what was known before its bytes were read.

    Attributes:
        view: the tenant, whose name and licence stand in the answer.
        epoch: the tenant's withdrawals then.
    """

    answer: Answer
    view: TenantView
    epoch: int


class HotAnswers:
    """The cache of one process.

    Args:
        limit: bytes that it may hold; 0 keeps nothing.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._entries: OrderedDict[Key, Entry] = OrderedDict()

    def get(self, key: Key, view: TenantView, epoch: int) -> Answer | None:
        """Return the answer, if it was made under this view and this epoch."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.epoch != epoch or (entry.view is not view and entry.view != view):
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        return entry.answer

    def put(self, key: Key, entry: Entry) -> None:
        """Keep an answer; the least recently used ones leave."""
        size = _size(key, entry)
        if size > self._limit:
            return
        self._remove(key)
        self._entries[key] = entry
        self._held += size
        while self._held > self._limit:
            self._remove(next(iter(self._entries)))

    def drop(self, tenant_id: UUID) -> None:
        """Free everything of one tenant."""
        for key in [key for key, entry in self._entries.items() if entry.view.tenant_id == tenant_id]:
            self._remove(key)

    def _remove(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._held -= _size(key, entry)


def _size(key: Key, entry: Entry) -> int:
    return len(entry.answer.body) + len(key[2]) + _OVERHEAD

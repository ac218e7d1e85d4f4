"""Making files holds a few releases in memory, never all of a block or of a year."""

import base64
import os
import tracemalloc

import pytest

from app.downloads import blocks
from tests.downloads.conftest import Shelf
from tests.factories import document

COUNT, SIZE = 80, 300_000
LIMIT = 16_000_000
"""Bytes; seen: 12 million, and 30 million where a block is read whole."""


def test_memory_is_flat_while_files_are_made(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.downloads.keeping.RUN", 1000)
    monkeypatch.setattr(blocks, "RUN", 1000)
    for _ in range(COUNT):
        # What cannot be packed: a list of all that is packed would be as large.
        shelf.press.release(document(description=base64.b64encode(os.urandom(SIZE * 3 // 4)).decode()))

    tracemalloc.start()
    try:
        shelf.refresh()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    held = {file["name"]: file["unpackedBytes"] for file in shelf.index()["files"]}
    assert held["releases.jsonl.gz"] > COUNT * SIZE
    assert peak < LIMIT

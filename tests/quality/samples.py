"""Releases whose points are counted by hand."""

from copy import deepcopy
from typing import Any

from tests.ocds.processes import coherent
from tests.ocds.test_checks import changed

Document = dict[str, Any]

DATE = "2026-11-01T10:00:00-06:00"
"""After all that happens in `coherent`."""


def envelope(ocid: str = "ocds-abc123-1") -> Document:
    """What every release has, and nothing else."""
    return {"ocid": ocid, "id": "1", "date": DATE, "tag": ["planning"], "initiationType": "tender"}


def whole() -> Document:
    """A process that lacks nothing and contradicts itself nowhere."""
    return {**envelope(), **coherent()}


def with_changes(document: Document, changes: dict[str, Any]) -> Document:
    """The document with other values at those pointers; None removes."""
    found = deepcopy(document)
    for pointer, value in changes.items():
        changed(found, pointer, value)
    return found

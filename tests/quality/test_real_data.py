"""Real and official releases, also the broken ones, are judged and asked without failing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.flags import flags_part, look
from app.quality import dataset_part, judge, part

FOLDERS = ("ocds-mx", "ocds-examples", "ocds-merge")


def releases(held: Any) -> Iterator[dict[str, Any]]:
    """Every release inside a file, whatever it is wrapped in."""
    if isinstance(held, list):
        for one in held:
            yield from releases(one)
    elif isinstance(held, dict):
        if "ocid" in held and "releases" not in held:
            yield held
        for key in ("releases", "records", "compiledRelease"):
            yield from releases(held.get(key))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_release_is_judged(folder: str, shared_data: Path) -> None:
    count = 0
    for path in sorted((shared_data / folder).rglob("*.json")):
        for release in releases(json.loads(path.read_text("utf-8"))):
            quality = judge(release)
            assert 0 <= quality.score <= 100
            assert part(quality)["processes", ""] == 1
            assert min(dataset_part(release).values(), default=1) > 0
            assert min(flags_part(release).values()) > 0
            assert all((one.question is None) == (one.verdict.status != "raised") for one in look(release))
            count += 1
    assert count

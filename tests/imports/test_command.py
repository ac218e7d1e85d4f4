"""The command line imports a real file into a real database, and says what became of it."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.core.db import Database
from tests.conftest import Place
from tests.imports.conftest import Desk, release


@pytest.fixture
def command(database: Database, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `python -m app import …` in a process of its own, against the database of the tests."""
    urls = {f"DATABASE_URL_{role.upper()}": getattr(database.urls, role) for role in ("rw", "public", "monitor", "worker", "auth", "auditor")}  # fmt: skip
    given = {**os.environ, **urls, "DATABASE_URL": database.urls.owner, "CA_STATE_FOLDER": str(tmp_path)}

    def run(place: Place, content: object, *options: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "datos.json.gz"
        path.write_bytes(gzip.compress(json.dumps(content).encode()))
        call: list[Any] = [sys.executable, "-m", "app", "import", path, "--tenant", place.slug, *options]
        return subprocess.run(call, env=given, capture_output=True, text=True, timeout=120, check=False)

    return run


def test_the_command_imports_and_publishes(
    command: Callable[..., subprocess.CompletedProcess[str]],
    make_place: Callable[..., Place],
    make_desk: Callable[..., Desk],
) -> None:
    place = make_place(policy="direct")
    desk = make_desk(place, "garante_admin")
    content = [release(f"{place.prefix}-1"), release("ocds-c0c0c0-1"), {}]
    options = (
        "--as",
        place.email("garante_admin"),
        "--sujeto",
        "so-1",
        "--publish",
        "--accept-prefix",
        "ocds-c0c0c0",
    )
    done = command(place, content, *options)
    assert done.returncode == 0, done.stderr
    assert "Se importaron 2\N{NO-BREAK SPACE}entregas." in done.stdout
    assert "Publicada: 2" in done.stdout
    assert "Rechazada: 1" in done.stdout
    process = desk.process("ocds-c0c0c0-1")
    assert process is not None
    assert process.published
    again = command(place, content, *options)
    assert again.returncode == 0
    assert "Sin cambios: 2" in again.stdout


def test_the_command_refuses_in_words(
    command: Callable[..., subprocess.CompletedProcess[str]], place: Place
) -> None:
    place.actor("so_reader")
    for options in (
        ("--as", place.email("so_reader", place.sujetos[0])),
        ("--as", "nadie@example.org"),
    ):
        refused = command(place, [release(f"{place.prefix}-1")], *options)
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
        assert refused.stderr.strip().endswith(".")

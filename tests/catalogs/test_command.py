"""The command line loads a real file into a real database, and says what became of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.db import Database
from tests.catalogs.conftest import SMALL, Shelf

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(database: Database, tmp_path: Path) -> Command:
    """Run `python -m app catalogs import …` in a process of its own, against the database of the tests."""
    roles = ("rw", "public", "monitor", "worker", "auth", "auditor")
    urls = {f"DATABASE_URL_{role.upper()}": getattr(database.urls, role) for role in roles}
    given = {**os.environ, **urls, "DATABASE_URL": database.urls.owner, "CA_STATE_FOLDER": str(tmp_path)}

    def run(tenant: str, kind: str, content: str, *options: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "claves.csv"
        path.write_text(content)
        call = [sys.executable, "-m", "app", "catalogs", "import", tenant, kind, str(path), *options]
        return subprocess.run(call, env=given, capture_output=True, text=True, timeout=120, check=False)

    return run


def test_the_command_loads_and_retires(command: Command, shelf: Shelf) -> None:
    slug = shelf.place.slug
    first = command(slug, "cucop", f"{SMALL}abc,Mal,Pieza\n")
    assert first.returncode == 0, first.stderr
    assert "claves.csv: nuevas: 4; rechazadas: 1" in first.stdout
    assert "Renglón 6: «abc» no tiene la forma" in first.stderr

    second = command(slug, "cucop", "clave,descripcion\n21100001,Abrecartas\n", "--complete")
    assert second.returncode == 0, second.stderr
    assert "cambiadas: 1; retiradas: 3" in second.stdout
    assert shelf.find("") == ["21100001"]


def test_the_command_refuses_in_words(command: Command, shelf: Shelf) -> None:
    for tenant, kind, content in (
        (shelf.place.slug, "nada", SMALL),
        ("no-hay-tal-garante", "cucop", SMALL),
        (shelf.place.slug, "cucop", "clave,descripcion\nabc,Mal\n"),
    ):
        refused = command(tenant, kind, content)
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
        assert refused.stderr.strip().endswith(".")
    assert shelf.find("") == []

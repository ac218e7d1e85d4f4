"""`python -m app …` against the database of the tests: as a process of its own, and within this one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.__main__ import cli
from app.core.db import Database
from app.settings import get_settings


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The orders of an operator.

    Attributes:
        environment: what a process of its own is given.
    """

    environment: dict[str, str]

    def apart(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run an order as an operator does; it takes seconds to start."""
        call = [sys.executable, "-m", "app", *arguments]
        return subprocess.run(
            call, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )

    def here(self, *arguments: str) -> Result:
        """Run an order within this process; what it refuses is the result's exception."""
        return CliRunner().invoke(cli, list(arguments))


@pytest.fixture
def command_line(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CommandLine]:
    """The command line, told of the tests' database."""
    roles = ("rw", "public", "monitor", "worker", "auth", "auditor")
    given = {f"DATABASE_URL_{role.upper()}": getattr(database.urls, role) for role in roles}
    given |= {"DATABASE_URL": database.urls.owner, "CA_STATE_FOLDER": str(tmp_path)}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield CommandLine({**os.environ})
    get_settings.cache_clear()

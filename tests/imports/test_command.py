"""The command line imports a real file into a real database, and says what became of it."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.errors import AppError
from tests.command_line import CommandLine, command_line
from tests.conftest import Place
from tests.imports.conftest import Desk, release

__all__ = ["command_line"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "datos.json.gz"


def write(path: Path, *content: object) -> None:
    path.write_bytes(gzip.compress(json.dumps(content).encode()))


def test_the_command_imports_and_publishes(
    command_line: CommandLine,
    path: Path,
    make_place: Callable[..., Place],
    make_desk: Callable[..., Desk],
) -> None:
    place = make_place(policy="direct")
    desk = make_desk(place, "garante_admin")
    write(path, release(f"{place.prefix}-1"), release("ocds-c0c0c0-1"), {})
    order = ("import", str(path), "--tenant", place.slug, "--as", place.email("garante_admin"))
    order += ("--sujeto", "so-1", "--publish", "--accept-prefix", "ocds-c0c0c0")
    done = command_line.apart(*order)
    assert done.returncode == 0, done.stderr
    assert "Se importaron 2\N{NO-BREAK SPACE}entregas." in done.stdout
    assert "Publicada: 2" in done.stdout
    assert "Rechazada: 1" in done.stdout
    process = desk.process("ocds-c0c0c0-1")
    assert process is not None
    assert process.published
    again = command_line.here(*order)
    assert again.exit_code == 0
    assert "Sin cambios: 2" in again.stdout


def test_the_command_refuses_in_words(command_line: CommandLine, path: Path, place: Place) -> None:
    place.actor("so_reader")
    write(path, release(f"{place.prefix}-1"))
    order = ("import", str(path), "--tenant", place.slug, "--as")
    refused = command_line.here(*order, place.email("so_reader", place.sujetos[0]))
    assert isinstance(refused.exception, AppError)
    assert refused.exception.detail.endswith(".")
    unknown = command_line.apart(*order, "nadie@example.org")
    assert unknown.returncode == 1
    assert "Traceback" not in unknown.stderr
    assert unknown.stderr.strip().endswith(".")

"""The command line loads a real file into a real database, and says what became of it."""

from pathlib import Path

import pytest

from app.core.errors import AppError
from tests.catalogs.conftest import SMALL, Shelf
from tests.command_line import CommandLine, command_line

__all__ = ["command_line"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "claves.csv"


def test_the_command_loads_and_retires(command_line: CommandLine, shelf: Shelf, path: Path) -> None:
    order = ("catalogs", "import", shelf.place.slug, "cucop", str(path))
    path.write_text(f"{SMALL}abc,Mal,Pieza\n")
    first = command_line.apart(*order)
    assert first.returncode == 0, first.stderr
    assert "claves.csv: nuevas: 4; rechazadas: 1" in first.stdout
    assert "Renglón 6: «abc» no tiene la forma" in first.stderr

    path.write_text("clave,descripcion\n21100001,Abrecartas\n")
    second = command_line.here(*order, "--complete")
    assert second.exit_code == 0, second.output
    assert "cambiadas: 1; retiradas: 3" in second.stdout
    assert shelf.find("") == ["21100001"]


def test_the_command_refuses_in_words(command_line: CommandLine, shelf: Shelf, path: Path) -> None:
    for tenant, kind, content in (
        (shelf.place.slug, "nada", SMALL),
        ("no-hay-tal-garante", "cucop", SMALL),
        (shelf.place.slug, "cucop", "clave,descripcion\nabc,Mal\n"),
    ):
        path.write_text(content)
        refused = command_line.here("catalogs", "import", tenant, kind, str(path))
        assert isinstance(refused.exception, AppError)
        assert refused.exception.detail.endswith(".")
    assert shelf.find("") == []

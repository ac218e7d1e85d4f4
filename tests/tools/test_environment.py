"""tools/environment.py, run as `make` runs it, on a copy of its own with a lock that needs no network."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "environment.py"
UNOBTAINABLE = f"no-such-package-anywhere==1.0 --hash=sha256:{'0' * 64}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    shutil.copy(SCRIPT, tmp_path / "tools")
    (tmp_path / "Makefile").touch()
    (tmp_path / "empty.lock").write_text("# nothing\n")
    (tmp_path / "broken.lock").write_text(UNOBTAINABLE)
    return tmp_path


def make_environment(project: Path, lock: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, project / "tools" / "environment.py", project / lock]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1", "HOME": str(project / "home")},
    )


def test_a_failed_installation_says_so_the_next_one_begins_anew_and_the_third_has_nothing_to_do(
    project: Path,
) -> None:
    failed = make_environment(project, "broken.lock")
    (project / ".venv" / "half-a-package").touch()
    second = make_environment(project, "empty.lock")
    third = make_environment(project, "empty.lock")

    assert failed.returncode == 1
    assert "No se pudieron instalar los paquetes" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert (second.returncode, third.returncode) == (0, 0), second.stderr
    assert "Creando el entorno" in second.stdout
    assert not (project / ".venv" / "half-a-package").exists()
    assert third.stdout == ""


def test_a_folder_that_refuses_the_environment_is_named(project: Path) -> None:
    (project / ".venv").write_text("a file in its place")

    answer = make_environment(project, "empty.lock")

    assert answer.returncode == 1
    assert f"No se pudo escribir el entorno {project}/.venv" in answer.stderr
    assert "Traceback" not in answer.stderr

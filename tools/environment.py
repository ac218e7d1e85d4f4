"""Make the project's own Python environment: `python3 tools/environment.py requirements.lock`.

Standard library only: nothing is installed yet when it runs. Packages come with their hashes from a lock file, whose
copy inside the environment tells the next run that there is nothing to do. An installation that was interrupted
leaves a mark and is begun anew, since pip may take half a package for a whole one.
"""

import fcntl
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
OLDEST = (3, 11)


def main(lock: Path) -> None:
    """Bring the environment to what a lock file says.

    Raises:
        SystemExit: with a Spanish message, where the machine lacks something or the installation failed.
    """
    if sys.version_info < OLDEST:
        sys.exit(
            f"Se necesita Python {OLDEST[0]}.{OLDEST[1]} o posterior y este es {sys.version.split()[0]}. "
            "Instálelo o indique otro: make demo PYTHON=python3.12"
        )
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        sys.exit(
            "A este Python le falta el módulo que crea entornos (venv, ensurepip). "
            "En Debian y Ubuntu: apt install python3-venv. Después repita la orden."
        )
    try:
        with (ROOT / "Makefile").open() as mutex:  # two commands at once must not install over each other
            fcntl.flock(mutex, fcntl.LOCK_EX)
            _ensure(lock)
    except OSError as error:
        sys.exit(
            f"No se pudo escribir el entorno {VENV}: {error.strerror}. Revise permisos y espacio en disco."
        )
    except KeyboardInterrupt:
        sys.exit("\nInstalación interrumpida; la próxima vez empieza de nuevo.")


def _ensure(lock: Path) -> None:
    installed, unfinished = VENV / f"installed-{lock.name}", VENV / "unfinished"
    python = VENV / "bin" / "python"
    usable = python.exists() and not unfinished.exists()
    if usable and installed.exists() and installed.read_bytes() == lock.read_bytes():
        return
    usable = usable and _succeeds(python, "-m", "pip", "--version")
    if not usable:
        print("Creando el entorno de Python en .venv…", flush=True)
        if VENV.exists():
            shutil.rmtree(VENV)
        if not _succeeds(Path(sys.executable), "-m", "venv", VENV):
            sys.exit(f"No se pudo crear {VENV}: pruebe «{sys.executable} -m venv {VENV}» para ver la causa.")
    print(f"Instalando los paquetes de {lock.name} (la primera vez tarda cerca de un minuto)…", flush=True)
    unfinished.touch()
    installed.unlink(missing_ok=True)
    # The lock is complete, so there is nothing to resolve; and only wheels, so that nothing is compiled or run.
    options = (
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--no-cache-dir",
        "--no-input",
    )
    command: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        *options,
        "--requirement",
        lock,
    ]
    if subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode != 0:
        sys.exit(
            "No se pudieron instalar los paquetes: arriba está la causa. Si fue la red, repita la orden."
        )
    shutil.copyfile(lock, installed)
    unfinished.unlink()


def _succeeds(program: Path, *arguments: "str | Path") -> bool:
    quiet = subprocess.DEVNULL
    command: list[str | Path] = [program, *arguments]
    return subprocess.run(command, check=False, stdin=quiet, stdout=quiet, stderr=quiet).returncode == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

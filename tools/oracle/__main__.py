"""Set the oracle up, and ask it.

`python -m tools.oracle setup` makes its environment under `var/oracle` (from the hashed lock beside this file) and
prints its interpreter. `python -m tools.oracle` reads packages as JSON lines and prints a verdict for each, see
`judge.py`. Nothing here is imported by the service; libcoveocds is imported by `judge.py` only, in that environment.
"""

import fcntl
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENVIRONMENT = ROOT / "var" / "oracle"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCK = HERE / "requirements.lock"
DATA = ROOT.parent / "shared" / "data"
"""The official schemas and extensions; see CONTRIBUTING.md."""


def setup() -> Path:
    """Make the environment unless it is there and made from the same lock. The interpreter's path."""
    with LOCK.open() as mutex:  # several test processes ask at once, and on a new machine none finds it made
        fcntl.flock(mutex, fcntl.LOCK_EX)
        return _made()


def _made() -> Path:
    made_from = ENVIRONMENT / LOCK.name
    if PYTHON.exists() and made_from.exists() and made_from.read_bytes() == LOCK.read_bytes():
        return PYTHON
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    venv.create(ENVIRONMENT, with_pip=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--requirement", str(LOCK)], check=True)
    # Written last: an interrupted installation is made again.
    shutil.copyfile(LOCK, made_from)
    return PYTHON


def main(arguments: list[str]) -> int:
    if arguments == ["setup"]:
        print(setup())
        return 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    return subprocess.run([str(setup()), str(HERE / "judge.py"), str(DATA)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The examples of a page for programmers, run as somebody who copies them would."""

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"(?:^ {4}.*\n(?:\n(?= {4}))?)+", re.MULTILINE)
_COMMANDS = ("curl ", "python ")


def commands(page: str) -> list[str]:
    """Return the indented blocks of a page that are commands of a shell, in their order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = [re.sub(r"^ {4}", "", block, flags=re.MULTILINE).strip() for block in _BLOCK.findall(text)]
    return [block for block in blocks if block.startswith(_COMMANDS)]


def run(command: str, folder: Path, addresses: dict[str, str]) -> str:
    """Run a block in a folder and return what it printed; a command that fails fails the test.

    Args:
        command: of `commands`.
        folder: where it is run.
        addresses: what stands in the page → what it is here, the longest first.
    """
    for written, here in sorted(addresses.items(), key=lambda pair: -len(pair[0])):
        command = command.replace(written, here)
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout

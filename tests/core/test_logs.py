"""What is written of a failure: where it was, never what was in it."""

import subprocess
import sys

import pytest

_FAIL = """
import sys
import structlog
from app.core import logs
logs.configure(human=sys.argv[1] == "human")
def fail():
    password = "muy-secreta-" + "x" * 3
    raise ValueError("no pudo ser")
try:
    fail()
except ValueError:
    structlog.stdlib.get_logger("prueba").exception("broken")
"""


@pytest.mark.parametrize("reader", ["human", "machine"])
def test_a_traceback_shows_no_locals(reader: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FAIL, reader], capture_output=True, text=True, check=True, timeout=60
    )
    said = done.stdout + done.stderr
    assert "no pudo ser" in said
    assert "fail" in said
    assert "muy-secreta-xxx" not in said

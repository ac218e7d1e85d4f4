"""The collector of cyclic garbage; in a process of its own, since it is one per process."""

import subprocess
import sys

PROGRAM = """
import gc
from app.core import collector

class Knot:
    def __init__(self):
        self.itself = self

before = gc.get_threshold()[0]
collector.settle()
assert gc.get_threshold()[0] > before
assert gc.get_freeze_count() > 0
assert gc.isenabled()
Knot()
assert gc.collect() > 0
"""


def test_it_looks_less_often_and_still_collects() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""What the benchmarks measure with: one pinned core, processor time of two sides, the share of each step."""

import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import CodeType, FrameType

_INTERVAL = 0.001


def pin() -> int:
    """Keep this process, its later threads and the servers it starts on one core; return which."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def processor_seconds(pid: int) -> float:
    """Return the time that all threads of a process have been on a processor."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def peak_memory() -> int:
    """Return the most bytes that this process has had in memory."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def apart(measure: Callable[[Path], dict[str, float]], path: Path) -> dict[str, float]:
    """Measure something about a file in a process of its own, whose memory begins empty."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, path).result()


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one stretch of work: on the clock, and on a processor for us and for PostgreSQL."""

    wall: float = 0.0
    client: float = 0.0
    server: float = 0.0

    @property
    def processor(self) -> float:
        """Both sides together: what one core needs, whoever else keeps it busy meanwhile."""
        return self.client + self.server

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.wall + other.wall, self.client + other.client, self.server + other.server)


class Watch:
    """Measures stretches of work of this process and of one PostgreSQL server, added up.

    Args:
        postmaster: process id of the server, whose processes are its children; None where no server takes part.
    """

    def __init__(self, postmaster: int | None = None) -> None:
        self.spent = Spent()
        self._postmaster = postmaster

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what happens meanwhile."""
        server, client, wall = self._server(), time.process_time(), time.perf_counter()
        yield
        passed = Spent(time.perf_counter() - wall, time.process_time() - client)
        worked = sum(seconds - server.get(pid, 0.0) for pid, seconds in self._server().items())
        self.spent += Spent(passed.wall, passed.client, worked)

    def _server(self) -> dict[int, float]:
        if self._postmaster is None:
            return {}
        children = Path(f"/proc/{self._postmaster}/task/{self._postmaster}/children").read_text().split()
        seconds: dict[int, float] = {}
        for pid in (self._postmaster, *(int(child) for child in children)):
            try:
                seconds[pid] = processor_seconds(pid)
            except OSError:  # a short-lived one, gone meanwhile
                continue
        return seconds


class Sampler:
    """Looks a thousand times a second which step the main thread is in; what a look missed counts with the next.

    Args:
        steps: step by the end of a file's path, or that and `:function`. The outermost that is named counts.
        around: the same for functions that enclose steps: they count where nothing inside them is named.
    """

    def __init__(self, steps: Mapping[str, str], around: Mapping[str, str]) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._steps, self._around = steps, around
        self._known: dict[CodeType, tuple[str, bool]] = {}
        self._last = 0.0

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look while this runs; only in the main thread."""
        before = signal.signal(signal.SIGALRM, self._look)
        self._last = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, _INTERVAL, _INTERVAL)
        yield
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        now = time.perf_counter()
        found = ""
        while frame is not None:
            step, is_around = self._step(frame.f_code)
            if step and not (is_around and found):
                found = step
            frame = frame.f_back
        self.seconds[found or "other"] += now - self._last
        self._last = now

    def _step(self, code: CodeType) -> tuple[str, bool]:
        if code not in self._known:
            names = (f"{code.co_filename}:{code.co_name}", code.co_filename)
            self._known[code] = next(
                (
                    (step, steps is self._around)
                    for steps in (self._steps, self._around)
                    for name in names
                    for end, step in steps.items()
                    if name.endswith(end)
                ),
                ("", False),
            )
        return self._known[code]

"""The life of one fictitious contracting process, told as the releases it publishes on the way.

A process is one growing document; each release is a copy of all that is known on its day. What happens is drawn
from a generator seeded with the ocid, so the same ocid tells the same story for ever, whatever is added around it.
"""

from collections.abc import Callable
from datetime import timedelta

from app.demo.bodies import DemoSujeto, Place
from app.demo.draft import FIRST_DAY, LAST_DAY, Method
from app.demo.process import Process

_Step = Callable[[Process], None]

_TO_SIGNATURE: tuple[_Step, ...] = (Process.plan, Process.call, Process.award, Process.sign)

STORIES: dict[str, tuple[_Step, ...]] = {
    "planned": _TO_SIGNATURE[:1],
    "called": _TO_SIGNATURE[:2],
    "cancelled": (*_TO_SIGNATURE[:2], Process.cancel),
    "unsuccessful": (*_TO_SIGNATURE[:2], Process.fail),
    "awarded": _TO_SIGNATURE[:3],
    "signed": _TO_SIGNATURE,
    "ongoing": (*_TO_SIGNATURE, Process.carry_out),
    "amended": (*_TO_SIGNATURE, Process.carry_out, Process.amend),
    "terminated": (*_TO_SIGNATURE, Process.carry_out, Process.terminate),
    "concluded": (*_TO_SIGNATURE, Process.carry_out, Process.conclude),
}
"""What each kind of process goes through."""

_LONGEST: dict[_Step, int] = {
    Process.call: 40,
    Process.cancel: 20,
    Process.fail: 35,
    Process.award: 35,
    Process.sign: 15,
    Process.carry_out: 200,
    Process.amend: 20,
    Process.terminate: 30,
    Process.conclude: 200,
}
"""Days that a step takes at most."""

_STILL_OPEN = {"planned": 6, "called": 20, "awarded": 20, "signed": 20, "ongoing": 90}
"""Stories that are not over begin as late as LAST_DAY allows, within these days; the others at any time."""

MOST_RELEASES = 5


def tell(place: Place, sujeto: DemoSujeto, number: int, story: str, method: Method) -> Process:
    """The process `number` of `sujeto`, with the releases (1 to 5, in time) that `story` makes of it."""
    process = Process(place, sujeto, number, method=method)
    latest = LAST_DAY - timedelta(days=sum(_LONGEST.get(step, 0) for step in STORIES[story]))
    earliest = latest - timedelta(days=_STILL_OPEN[story]) if story in _STILL_OPEN else FIRST_DAY
    process.today = earliest + timedelta(days=process.random.randrange((latest - earliest).days + 1))
    for chapter in _chapters(story, process):
        for step in chapter:
            step(process)
        process.publish()
    return process


def _chapters(story: str, process: Process) -> list[tuple[_Step, ...]]:
    """The steps of a story as they are published: direct awards, and bodies that run late, tell much at once."""
    steps = STORIES[story]
    if process.random.random() < 0.12:
        return [steps]
    at_once = 3 if process.method == "direct" else 1
    chapters = [steps[:at_once], *((step,) for step in steps[at_once:])]
    while len(chapters) > MOST_RELEASES:
        chapters[:2] = [chapters[0] + chapters[1]]
    return chapters

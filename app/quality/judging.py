"""What is there and what contradicts itself in one process: its score, why, and the shortest way to a better one.

A score is earned points of a hundred. Each field that publication asks for gives points when it is there, each
check that the process can be asked gives points when it passes; the weights are in `WEIGHTS`. A path counts once
however many elements its lists have, and only when none of them lacks it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from app.ocds import applicability, checks, model, validation
from app.ocds.checks.view import View, moment
from app.ocds.model import Kind, Need, Stage
from app.ocds.shape import Document
from app.ocds.validation import Problem
from app.quality.catalogue import CHECKS, Check

WEIGHTS: Mapping[str, int] = MappingProxyType({Need.REQUIRED: 2, Need.RECOMMENDED: 1, "check": 2})
"""Points: of a field that publication requires, of one it recommends, and of a check."""
VERSION = "1"
"""Of the score: it changes with `WEIGHTS` and with what counts, so that a history compares like with like."""
_UNDATED = datetime(9999, 12, 31, tzinfo=UTC)


class Mark(NamedTuple):
    """Whether the process passes one check, and where it does not."""

    check: Check
    problems: tuple[Problem, ...]

    @property
    def passed(self) -> bool:
        """Whether there is nothing against it."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to mend."""

    kind: Literal["field", "check"]
    name: str
    """Path in the model, or code of the check."""
    label: str
    """Spanish: the place in the labels of the form, or what the check asks."""
    stage: Stage
    pointers: tuple[str, ...]
    """Where."""
    effort: int
    """How many values have to be written, at least one."""
    gain: float
    """Points of a hundred that it gives by itself, when what it holds is filled whole."""
    reaches: float
    """Score after this step and those before it."""

    def __str__(self) -> str:
        """As a page says it."""
        act = "Agrega" if self.kind == "field" else "Corrige"
        where = f" (en {len(self.pointers)} lugares)" if len(self.pointers) > 1 else ""
        return f"{act} «{self.label}»{where}: sube {self.gain:.1f} puntos, hasta {self.reaches:.1f}."


@dataclass(frozen=True, slots=True)
class Quality:
    """What is said of one process."""

    fields: Mapping[str, bool]
    """Path that publication asks for here → whether it is there, everywhere it should."""
    marks: tuple[Mark, ...]
    """Of the checks that could be asked."""
    points: int
    of: int
    steps: tuple[Step, ...]
    """The shortest way: the steps that give most for least come first."""

    @property
    def score(self) -> float:
        """Points of a hundred; an empty document has none."""
        return _score(self.points, self.of)

    def stage(self, stage: Stage) -> tuple[int, int]:
        """Return how many fields of a stage are there, and how many are asked for."""
        held = [there for path, there in self.fields.items() if model.FIELDS[path].stage is stage]
        return sum(held), len(held)

    def explanation(self) -> tuple[str, ...]:
        """Say in Spanish where the score comes from, a sentence a line."""
        there, passed = sum(self.fields.values()), sum(mark.passed for mark in self.marks)
        lines = [
            f"Calidad {self.score:.1f} de 100: {self.points} de {self.of} puntos.",
            f"Están {there} de los {len(self.fields)} datos que se piden.",
        ]
        for stage, label in model.STAGES.items():
            held, asked = self.stage(stage)
            if asked:
                lines.append(f"{label}: {held} de {asked}.")
        lines.append(f"Se cumplen {passed} de las {len(self.marks)} revisiones que se le pueden hacer.")
        lines += [f"No se cumple: {mark.check.title}" for mark in self.marks if not mark.passed]
        return tuple(lines)


def judge(release: Document, *, before: Document | None = None, now: datetime | None = None) -> Quality:
    """Judge a compiled release. Linear in its size.

    Args:
        release: compiled; of any shape, for what cannot be read is passed over.
        before: what was published of the process before it, when something was.
        now: aware; what has happened happened before. The date of the release when absent, so that the answer is
            the same whenever it is asked.
    """
    view = View(release, now or moment(release, "date") or _UNDATED, before)
    marks = _marks(view)
    gaps: dict[str, list[str]] = {}
    fields: dict[str, bool] = {}
    for one in checks.asked(release):
        path = one.field.path
        fields[path] = fields.get(path, True) and one.held
        if not one.held:
            gaps.setdefault(path, []).append(one.pointer)
    points = sum(_weight(path) for path, there in fields.items() if there)
    points += WEIGHTS["check"] * sum(mark.passed for mark in marks)
    of = sum(map(_weight, fields)) + WEIGHTS["check"] * len(marks)
    return Quality(fields, marks, points, of, _steps(release, fields, gaps, marks, (points, of)))


def reach(quality: Quality, score: float) -> tuple[Step, ...]:
    """Return the first steps of the shortest way that reach a score; all of them where none does."""
    found = []
    for step in quality.steps if quality.score < score else ():
        found.append(step)
        if step.reaches >= score:
            break
    return tuple(found)


def _marks(view: View) -> tuple[Mark, ...]:
    problems: dict[str, list[Problem]] = {}
    told = {code for check in CHECKS for code in check.codes}
    for problem in validation.validate_release(view.document):
        problems.setdefault(problem.code if problem.code in told else "schema", []).append(problem)
    for problem in checks.check(view.document, now=view.now, released=view.released):
        problems.setdefault(problem.code, []).append(problem)
    found = []
    for check in CHECKS:
        against = tuple(one for code in check.codes for one in problems.get(code, ()))
        if against or check.applies(view):
            found.append(Mark(check, against))
    return tuple(found)


def _weight(path: str) -> int:
    return WEIGHTS[model.FIELDS[path].need]


def _score(points: int, of: int) -> float:
    return 100 * points / of if of else 0.0


class _Plan(NamedTuple):
    """A step before its place in the way is known."""

    step: Step
    points: int
    of: int
    """Points that become possible besides, since what is filled asks for more inside."""


def _steps(
    release: Document,
    fields: Mapping[str, bool],
    gaps: Mapping[str, list[str]],
    marks: Iterable[Mark],
    now: tuple[int, int],
) -> tuple[Step, ...]:
    plans = [_field_plan(release, fields, path, pointers, now) for path, pointers in gaps.items()]
    plans += [_check_plan(mark, now) for mark in marks if not mark.passed]
    # Stable: steps that give the same stay in the order of the document.
    plans.sort(key=lambda plan: (-plan.step.gain / plan.step.effort, -plan.step.gain))
    (points, of), found = now, []
    for plan in plans:
        points, of = points + plan.points, of + plan.of
        found.append(replace(plan.step, reaches=_score(points, of)))
    return tuple(found)


def _field_plan(
    release: Document, fields: Mapping[str, bool], path: str, pointers: list[str], now: tuple[int, int]
) -> _Plan:
    field = model.FIELDS[path]
    inside = checks.within(path, applicability.method_of(release))
    opened = sum(WEIGHTS[one.need] for one in inside if one.path not in fields)
    values = sum(one.kind not in (Kind.BLOCK, Kind.LIST) for one in (field, *inside))
    points = _weight(path) + opened
    step = Step(
        "field",
        path,
        label_of(path),
        field.stage,
        tuple(pointers),
        max(1, values) * len(pointers),
        _score(now[0] + points, now[1] + opened) - _score(*now),
        0.0,
    )
    return _Plan(step, points, opened)


def _check_plan(mark: Mark, now: tuple[int, int]) -> _Plan:
    points = WEIGHTS["check"]
    pointers = tuple(problem.pointer for problem in mark.problems)
    step = Step(
        "check",
        mark.check.code,
        mark.check.title,
        stage_of(pointers[0]),
        pointers,
        len(pointers),
        _score(now[0] + points, now[1]) - _score(*now),
        0.0,
    )
    return _Plan(step, points, 0)


def _reaching(step: Step, score: float) -> Step:
    return Step(step.kind, step.name, step.label, step.stage, step.pointers, step.effort, step.gain, score)


def stage_of(pointer: str) -> Stage:
    """Return the stage in which the value at a JSON Pointer is captured."""
    path = "/".join(token for token in pointer.split("/")[1:] if not token.isdecimal())
    while path and path not in model.FIELDS:
        path = path.rpartition("/")[0]
    return model.FIELDS[path].stage if path else Stage.GENERAL


@cache
def label_of(path: str) -> str:
    """Return the place of a field in the labels of the form: `Contratos › Monto`."""
    keys = path.split("/")
    return " › ".join(model.FIELDS["/".join(keys[: count + 1])].label for count in range(len(keys)))

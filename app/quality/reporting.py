"""Quality of a body, a tenant or the nation, from summaries kept by difference."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.ocds import folding, model
from app.ocds.folding import Key, Summary
from app.ocds.model import Stage
from app.quality.catalogue import CHECKS, Check
from app.quality.judging import Quality, label_of, stage_of

_UNIT = 10_000
"""Scores and gains are summed as whole ten-thousandths: sums of fractions would not come back to zero."""
BANDS: Mapping[str, int] = MappingProxyType({"alta": 80, "media": 50, "baja": 0})
"""Band → the least score in it."""


def part(quality: Quality) -> Summary:
    """Return what one process adds to the summaries of its body, its tenant and the nation."""
    found: Summary = Counter()
    found["processes", ""] = 1
    found["score", "sum"] = _whole(quality.score)
    found["band", next(name for name, least in BANDS.items() if quality.score >= least)] = 1
    for path, there in quality.fields.items():
        stage = model.FIELDS[path].stage
        found["field.asked", path] += 1
        found["field.held", path] += there
        found["stage.asked", stage] += 1
        found["stage.held", stage] += there
    for mark in quality.marks:
        found["check.asked", mark.check.code] += 1
        found["check.passed", mark.check.code] += mark.passed
        for problem in mark.problems:
            found["stage.problems", stage_of(problem.pointer)] += 1
    for step in quality.steps:
        found[f"{step.kind}.gain", step.name] += _whole(step.gain)
    return Counter({key: count for key, count in found.items() if count})


def _whole(score: float) -> int:
    return round(score * _UNIT)


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field over many processes."""

    path: str
    label: str
    stage: Stage
    held: int
    asked: int
    gain: float
    """Points by which the mean score rises when no process lacks it."""


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check over many processes."""

    check: Check
    passed: int
    asked: int
    """Of how many processes it could be asked."""
    gain: float


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage over many processes."""

    stage: Stage
    label: str
    held: int
    asked: int
    problems: int
    """Places where a check is not met."""


@dataclass(frozen=True, slots=True)
class Report:
    """Quality of many processes."""

    processes: int
    score: float | None
    """Mean of the scores of the processes, each weighing the same; None without any."""
    bands: Mapping[str, int]
    stages: tuple[StageLine, ...]
    fields: tuple[FieldLine, ...]
    """In the order of the model."""
    checks: tuple[CheckLine, ...]

    def shortest(self, count: int = 10) -> tuple[FieldLine | CheckLine, ...]:
        """Return what would raise the mean score most, the most first."""
        lines: list[FieldLine | CheckLine] = [*self.fields, *self.checks]
        return tuple(sorted((line for line in lines if line.gain > 0), key=lambda line: -line.gain)[:count])


def report(summary: Mapping[Key, int]) -> Report:
    """Read a summary: the fold of `part` of each process."""
    count = summary.get(("processes", ""), 0)

    def gain(kind: str, name: str) -> float:
        return summary.get((f"{kind}.gain", name), 0) / _UNIT / count if count else 0.0

    return Report(
        count,
        summary.get(("score", "sum"), 0) / _UNIT / count if count else None,
        {name: summary.get(("band", name), 0) for name in BANDS},
        tuple(
            StageLine(
                stage,
                label,
                summary.get(("stage.held", stage), 0),
                summary.get(("stage.asked", stage), 0),
                summary.get(("stage.problems", stage), 0),
            )
            for stage, label in model.STAGES.items()
        ),
        tuple(
            FieldLine(
                path,
                label_of(path),
                model.FIELDS[path].stage,
                summary.get(("field.held", path), 0),
                asked,
                gain("field", path),
            )
            for path, asked in sorted(
                folding.family(summary, "field.asked").items(), key=lambda item: model.FIELDS[item[0]].order
            )
        ),
        tuple(
            CheckLine(check, summary.get(("check.passed", check.code), 0), asked, gain("check", check.code))
            for check in CHECKS
            if (asked := summary.get(("check.asked", check.code), 0))
        ),
    )

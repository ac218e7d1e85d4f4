"""How good what is published is: what is there, what contradicts itself, and what would better it most.

Pure: a compiled release, or summaries of many, comes in and findings go out. The rules are those that speak while
capturing (`app.ocds.checks`, `app.ocds.validation`), so nobody is told one thing in the form and another in public.
"""

from app.quality.catalogue import CHECKS, Check
from app.quality.dataset import DATASET, DatasetCheck, Outcome, dataset_part, examine, lost
from app.quality.judging import Mark, Quality, Step, judge, reach
from app.quality.reporting import FieldLine, Report, part, report

__all__ = [
    "CHECKS",
    "DATASET",
    "Check",
    "DatasetCheck",
    "FieldLine",
    "Mark",
    "Outcome",
    "Quality",
    "Report",
    "Step",
    "dataset_part",
    "examine",
    "judge",
    "lost",
    "part",
    "reach",
    "report",
]

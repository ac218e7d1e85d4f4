"""Red flags: questions that the data of a process, or of all of them, give reason to ask. Never accusations.

Pure: compiled releases, thresholds and summaries come in, verdicts go out. Each flag is defined once, in the table of
its module; docs/banderas.md is written from there.
"""

from app.flags.notation import (
    Fence,
    Fences,
    Flag,
    Options,
    OptionsError,
    Outlier,
    Status,
    Threshold,
    Verdict,
    in_force,
)
from app.flags.raising import BY_CODE, FLAGS, Asked, Line, fences, flags_part, lines, look

__all__ = [
    "BY_CODE",
    "FLAGS",
    "Asked",
    "Fence",
    "Fences",
    "Flag",
    "Line",
    "Options",
    "OptionsError",
    "Outlier",
    "Status",
    "Threshold",
    "Verdict",
    "fences",
    "flags_part",
    "in_force",
    "lines",
    "look",
]

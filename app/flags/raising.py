"""Asking every flag of a process, and of all processes together."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.flags import cardinal, imco, outliers, poder
from app.flags.case import Case
from app.flags.notation import NOT_APPLICABLE, Fences, Flag, Options, Outlier, Status, Verdict
from app.ocds import applicability, folding
from app.ocds.checks.view import text
from app.ocds.folding import Key, Summary
from app.ocds.shape import Document

FLAGS: tuple[Flag, ...] = tuple(
    sorted(
        (*cardinal.FLAGS, *outliers.FLAGS, *poder.FLAGS, *imco.FLAGS),
        key=lambda flag: (flag.source != cardinal.SOURCE, flag.code),
    )
)
"""Every flag: Cardinal's, then the Mexican ones."""
BY_CODE: Mapping[str, Flag] = MappingProxyType({flag.code: flag for flag in FLAGS})
_SEPARATOR = "\x1f"
_DEFAULT = Options()


@dataclass(frozen=True, slots=True)
class Asked:
    """One flag and what it says of a process."""

    flag: Flag
    verdict: Verdict

    @property
    def question(self) -> str | None:
        """The question in Spanish; None unless raised."""
        return self.flag.ask(self.verdict.facts) if self.verdict.status is Status.RAISED else None


@dataclass(frozen=True, slots=True)
class Line:
    """One flag over many processes.

    Attributes:
        computed: on how many processes (or organizations, for a flag about them) it could be computed.
        missing: path → how many processes lack it, of those that the flag concerns.
    """

    flag: Flag
    raised: int
    computed: int
    lacking: int
    not_applicable: int
    unset: int
    missing: Mapping[str, int]
    outliers: tuple[Outlier, ...] = ()


def look(
    release: Document, options: Options = _DEFAULT, fences: Fences = MappingProxyType({})
) -> tuple[Asked, ...]:
    """Ask every flag about one process.

    Args:
        release: compiled.
        options: thresholds of the garante; OptionsError when they fit no flag.
        fences: of `fences`; without them the flags that compare with all processes are measured and not raised.
    """
    case = Case(release, options.currency, options.holidays)
    return tuple(
        Asked(flag, _verdict(flag, case, options, fences))
        for flag in FLAGS
        if flag.look is not None and flag.code not in options.silent
    )


def fences(summary: Mapping[Key, int], options: Options = _DEFAULT) -> Fences:
    """Return the limits over all processes, from the fold of `flags_part` of each."""
    found = {
        flag.code: held
        for flag in FLAGS
        if flag.fence is not None
        and flag.code not in options.silent
        and (held := flag.fence(summary, options.of(flag))) is not None
    }
    return MappingProxyType(found)


def flags_part(release: Document, options: Options = _DEFAULT) -> Summary:
    """Return what one process adds to the summary of a data set. It changes with the options: keep them beside it."""
    case = Case(release, options.currency, options.holidays)
    found: Summary = Counter()
    for one in look(release, options):
        code = one.flag.code
        found[f"flag.{one.verdict.status}", code] += 1
        for path in one.verdict.missing:
            found["flag.lacks", f"{code}{_SEPARATOR}{path}"] += 1
    for flag in FLAGS:
        if flag.part is None or flag.code in options.silent or _is_left_out(flag, case, options):
            continue
        if flag.code == "R058" and "R024" not in options.silent:
            continue  # both read the same figures
        folding.fold(found, flag.part(case, options.of(flag)))
    return found


def lines(summary: Mapping[Key, int], options: Options = _DEFAULT) -> tuple[Line, ...]:
    """Read a summary: how often each flag is raised, and on how many it could be computed."""
    limits = fences(summary, options)
    lacks = folding.family(summary, "flag.lacks")
    found = []
    for flag in FLAGS:
        if flag.code in options.silent:
            continue
        count = {status: summary.get((f"flag.{status}", flag.code), 0) for status in Status}
        raised, computed = count[Status.RAISED], count[Status.RAISED] + count[Status.CLEAR]
        about: tuple[Outlier, ...] = ()
        if flag.fence is not None:
            fence = limits.get(flag.code)
            measured = cardinal.ratios(summary).items()
            raised = sum(times for ratio, times in measured if fence is not None and fence.reached(ratio))
        if flag.weigh is not None:
            weighed = flag.weigh(summary, options.of(flag))
            about, raised, computed = weighed.raised, len(weighed.raised), weighed.count
        missing = {
            key.split(_SEPARATOR)[1]: many
            for key, many in lacks.items()
            if key.split(_SEPARATOR)[0] == flag.code
        }
        found.append(
            Line(
                flag,
                raised,
                computed,
                count[Status.MISSING],
                count[Status.NOT_APPLICABLE],
                count[Status.UNSET],
                missing,
                about,
            )
        )
    return tuple(found)


def _verdict(flag: Flag, case: Case, options: Options, limits: Fences) -> Verdict:
    if flag.look is None or _is_left_out(flag, case, options):
        return NOT_APPLICABLE
    verdict = flag.look(case, options.of(flag), limits)
    method = case.method or None
    if verdict.missing and not any(applicability.applies(path, method) for path in verdict.missing):
        return NOT_APPLICABLE  # nobody owes it under this method
    return verdict


def _is_left_out(flag: Flag, case: Case, options: Options) -> bool:
    """Whether a process does not count: it has no ocid, or was cancelled; or the garante leaves its procedure out."""
    if not text(case.release, "ocid") or text(case.tender, "status") == "cancelled":
        return True
    return (flag.source == cardinal.SOURCE and case.details in options.excluded) or (
        flag.compares_prices and case.details in options.fixed_prices
    )

"""How a red flag is written down: what it asks, of which data, with which thresholds, and whence it comes.

A flag never accuses: it is a question to the body, with the figures that made somebody ask. Of each process a flag
says one of four things (`Status`), so that "raised in 3" always stands beside "of 40 on which it could be computed".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from app.flags.case import Case
from app.ocds.folding import Key, Summary


class Status(StrEnum):
    """What a flag says of one process."""

    RAISED = "raised"
    CLEAR = "clear"
    MISSING = "missing"
    """It would concern the process, and data are missing."""
    NOT_APPLICABLE = "not_applicable"
    """It does not concern the process: single bids in a direct award."""
    UNSET = "unset"
    """It waits for a threshold that only the garante can give."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a flag says of one process, and with which figures."""

    status: Status
    value: float | None = None
    """The output of the indicator; None unless raised or, for those with a fence, measured."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Words for the question."""
    pointers: tuple[str, ...] = ()
    """JSON Pointers of what was looked at."""
    missing: tuple[str, ...] = ()
    """Paths of the model that are missing."""
    about: tuple[str, ...] = ()
    """Ids of the organizations besides the process that it is about."""


def clear(value: float | None = None, **facts: str) -> Verdict:
    """Nothing to ask."""
    return Verdict(Status.CLEAR, value, facts)


def raised(value: float = 1.0, *pointers: str, about: Iterable[str] = (), **facts: str) -> Verdict:
    """Something to ask, with the words of the question."""
    return Verdict(Status.RAISED, value, facts, pointers, about=tuple(sorted(about)))


def lacking(*paths: str) -> Verdict:
    """Data are missing."""
    return Verdict(Status.MISSING, missing=paths)


NOT_APPLICABLE = Verdict(Status.NOT_APPLICABLE)
UNSET = Verdict(Status.UNSET)


class OptionsError(ValueError):
    """A threshold that no flag has, or of another kind; the message is Spanish and says which."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One figure that a garante can change."""

    name: str
    default: Any
    """None where there is no figure that holds everywhere: the flag waits until a garante gives one."""
    help: str
    """Spanish."""

    def accept(self, code: str, value: Any) -> Any:
        """Return a value given for it; OptionsError when it is of another kind."""
        kinds: tuple[type, ...] = (int, float) if self.default is None else (type(self.default),)
        if type(self.default) is float or type(self.default) is int:
            kinds = (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            message = f"{code}: «{self.name}» no puede valer {value!r}. {self.help}"
            raise OptionsError(message)
        return value


@dataclass(frozen=True, slots=True)
class Fence:
    """Where outliers begin, over all that was measured."""

    limit: float
    q1: float | None
    q3: float | None
    count: int
    """How many were measured."""
    is_low: bool = False
    """Whether outliers are those at it or below; otherwise at it or above."""
    is_active: bool = True
    """False when nearly all are alike, so that the limit would single out most of them."""

    def reached(self, figure: float) -> bool:
        """Whether a figure is an outlier."""
        return self.is_active and (figure <= self.limit if self.is_low else figure >= self.limit)


Fences = Mapping[str, Fence]
Values = Mapping[str, Any]
"""Threshold → value, for one flag."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """A flag about somebody over all processes."""

    code: str
    group: str
    """`buyer`, `procuringEntity`, `tenderer`, `supplier` or `pair` (buyer and supplier)."""
    id: str
    value: float
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a flag says over all processes."""

    raised: tuple[Outlier, ...]
    count: int
    """On how many it could be computed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One question, defined here and nowhere else.

    Attributes:
        code: stable: Cardinal's (`R003`), or `MX-` and a slug.
        question: Spanish, with the names of facts in braces.
        formula: in words.
        fields: paths of the model that it needs.
        look: what it says of one process.
        fence: the limit over all processes, for those that compare a process with the rest.
        part: what a process adds to the summary of the data set.
        weigh: what that summary says about organizations.
        compares_prices: it makes no sense where the buyer sets the price.
    """

    code: str
    name: str
    question: str
    formula: str
    fields: tuple[str, ...]
    source: str
    literature: str
    thresholds: tuple[Threshold, ...] = ()
    look: Callable[[Case, Values, Fences], Verdict] | None = None
    fence: Callable[[Mapping[Key, int], Values], Fence | None] | None = None
    part: Callable[[Case, Values], Summary] | None = None
    weigh: Callable[[Mapping[Key, int], Values], Weighed] | None = None
    compares_prices: bool = False

    def ask(self, facts: Mapping[str, str]) -> str:
        """Return the question with its figures."""
        return self.question.format_map(facts)


@dataclass(frozen=True, slots=True)
class Options:
    """The thresholds of a garante under a law, from a day on."""

    version: str = "1"
    since: date = date.min
    law: str = ""
    """Which law or budget the figures come from, in Spanish."""
    currency: str = "MXN"
    """Amounts in another are not compared."""
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Code of a flag → threshold → value; what is not here has its default."""
    holidays: frozenset[date] = frozenset()
    """Days off besides Sundays."""
    excluded: frozenset[str] = frozenset()
    """Names of procedures (`procurementMethodDetails`) that Cardinal's flags leave out altogether."""
    fixed_prices: frozenset[str] = frozenset()
    """Names of procedures in which the buyer sets the price: bids are not compared by it."""
    silent: frozenset[str] = frozenset()
    """Codes of flags that the garante does not use."""

    def of(self, flag: Flag) -> Values:
        """Return the thresholds of one flag; OptionsError for a name that it lacks or a value of another kind."""
        known = {one.name: one for one in flag.thresholds}
        given = self.values.get(flag.code, {})
        for name in given:
            if name not in known:
                message = (
                    f"{flag.code}: no hay ningún umbral «{name}». Tiene: {', '.join(known) or 'ninguno'}."
                )
                raise OptionsError(message)
        return MappingProxyType(
            {
                name: one.accept(flag.code, given[name]) if name in given else one.default
                for name, one in known.items()
            }
        )


def in_force(versions: Iterable[Options], day: date) -> Options:
    """Return the options that hold on a day: the last to begin by then; the defaults before any."""
    begun = [one for one in versions if one.since <= day]
    return max(begun, key=lambda one: one.since, default=Options())

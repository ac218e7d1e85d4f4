"""Saving a form: what was typed goes into the part; what cannot stays in its box, with the reason beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from app.capture import acts, forms, names, reading
from app.capture.forms import Ground, Said
from app.capture.reading import Read
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError
from app.identity.queries import full_names
from app.processes import editing
from app.processes.editing import Collision, OpenPart
from app.processes.outline import in_words

NOBODY = "Otra persona"
NOTHING = "nada"


@dataclass(frozen=True, slots=True)
class Clash:
    """A value that somebody else changed meanwhile, in words."""

    who: str
    at: str
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What saving came to.

    Attributes:
        seq: number of the last edit.
        said: what stays as it was typed, and why.
        clashes: name of a control → what somebody else put there.
        led: name of the row that the person should be led to; empty for none.
    """

    seq: int
    said: Said
    clashes: Mapping[str, Clash] = field(default_factory=dict)
    led: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether everything typed was stored."""
        return not self.said.errors and not self.clashes


def save(
    session: RwSession,
    actor: Actor,
    part: OpenPart,
    ground: Ground,
    sent: Mapping[str, list[str]],
    *,
    act: str = "",
    base: int,
) -> Outcome:
    """Store what a form, or a piece of it, says.

    Args:
        session: bound to the actor.
        actor: who edits.
        part: as it is now.
        ground: what the form stands on.
        sent: the texts of the form.
        act: value of the button that was pressed, when it works on rows.
        base: number of the edit that the page was made after.

    Raises:
        ConflictError: the version is where nobody edits.
        StaleError: the whole document was replaced meanwhile.
    """
    if not part.draft.editable:
        raise ConflictError(part.draft.why_not)
    texts, led = acts.apply(sent, act)
    read = reading.read(ground, texts)
    if not read.changes:
        return Outcome(part.draft.seq, _said(texts, read, {}, act), led=led)
    saved = editing.change(session, actor, part.draft.process_id, part.path, read.changes, base=base)
    clashes = _clashes(session, part, ground, saved.collisions)
    return Outcome(saved.seq, _said(texts, read, clashes, act), clashes, led)


def _said(texts: Mapping[str, list[str]], read: Read, clashes: Mapping[str, Clash], act: str) -> Said:
    """Keep what was typed wherever it was not stored, and every row of the lists that are being worked on."""
    stuck = {*read.errors, *clashes}
    worked = {*stuck, acts.list_of(act)}
    marks = [name.removesuffix(f"/{names.LIST}") for name in texts if name.endswith(f"/{names.LIST}")]
    whole = [one for one in marks if any(name == one or name.startswith(f"{one}/") for name in worked)]
    kept: dict[str, list[str]] = {}
    for name, held in texts.items():
        holders = [one for one in whole if name.startswith(f"{one}/")]
        if holders and name in read.origins:
            # Over a list that is no longer the one that the rows came from they are all new.
            is_old = min(holders, key=len) in stuck
            kept[name] = [""] if is_old else [read.origins[name]]
        elif holders or name in stuck:
            kept[name] = held
    return Said(kept, read.errors)


def _clashes(
    session: RwSession, part: OpenPart, ground: Ground, collisions: tuple[Collision, ...]
) -> dict[str, Clash]:
    """Return collisions by the name of the control on which they are told."""
    if not collisions:
        return {}
    known = full_names(session, {one.account_id for one in collisions if one.account_id})
    form = forms.build(ground)
    zone = ZoneInfo(ground.zone)

    def words(one: Collision, *, mine: bool) -> str:
        held = one.mine if mine else one.theirs
        return NOTHING if held is None else in_words(held, f"/{part.path}{one.pointer}", zone=ground.zone)

    found: dict[str, Clash] = {}
    for one in collisions:
        row = form.row(one.pointer) or form.row(one.pointer.rpartition("/")[0])
        found[row.name if row else one.pointer] = Clash(
            known.get(one.account_id, NOBODY) if one.account_id else NOBODY,
            f"{one.at.astimezone(zone):%H:%M}" if one.at else "",
            words(one, mine=False),
            words(one, mine=True),
        )
    return found

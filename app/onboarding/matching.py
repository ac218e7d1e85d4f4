"""Compares a file of bodies with the padrón, and says of each row what it would do. Pure: nothing is read or written.

A body is known by its id in the PNT, then by its key, then by its name where the padrón has no id for it and one body of
that name. A name that is nearly another's, or that a row with another id has too, is only a suspicion: a person decides.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from rapidfuzz import fuzz, process

from app.core.folding import fold
from app.onboarding.reading import Row
from app.onboarding.wording import TOLD

ALIKE = 92.0
"""From what likeness (0 to 100, rapidfuzz's ratio of folded names) two names may be one body's."""
_RARE_WORDS = 3
_COMMON = 400
"""A word that so many names have tells nothing."""

_STATELESS = "No dice de qué entidad es, y otros renglones sí. Agrégalo solo si es de la tuya."


@dataclass(frozen=True, slots=True)
class Known:
    """A body as the padrón has it; `values` by column. One that was merged into another works no more."""

    sujeto_obligado_id: UUID
    row_version: int
    key: str
    values: dict[str, str]
    is_merged: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return self.values["name"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a row would do; fields as in `PadronRow`."""

    row_number: int
    outcome: str
    name: str
    told: dict[str, str] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    reason: str = ""
    known: Known | None = None


class Names:
    """Finds the name most like another among many, looking only at those that share one of its rare words."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for at, name in enumerate(self._names):
            for word in set(name.split()):
                self._by_word[word].append(at)

    def like(self, name: str) -> int | None:
        """Return where the name most like this one stands, None when none is like it.

        Args:
            name: folded.
        """
        words = sorted(
            (word for word in set(name.split()) if word in self._by_word),
            key=lambda word: (len(self._by_word[word]), word),
        )
        near = {
            at
            for place, word in enumerate(words[:_RARE_WORDS])
            if place == 0 or len(self._by_word[word]) <= _COMMON
            for at in self._by_word[word]
        }
        choices = {at: self._names[at] for at in sorted(near)}
        best = process.extractOne(name, choices, scorer=fuzz.ratio, score_cutoff=ALIKE)
        return int(best[2]) if best else None


def compare(rows: Sequence[Row], padron: Sequence[Known], state: str) -> list[Judged]:
    """Judge every row of a file, and add the bodies that it lacks after its last.

    Args:
        rows: of the file.
        padron: every body of the tenant.
        state: the PNT prefix of the tenant's federal entity.
    """
    by_pnt = {one.values["pnt_id"]: one for one in padron if one.values["pnt_id"]}
    by_key = {one.key: one for one in padron}
    bodies = [one for one in padron if not one.is_merged]
    by_name: dict[str, list[Known]] = defaultdict(list)
    for one in bodies:
        by_name[fold(one.name)].append(one)
    names = Names(fold(one.name) for one in bodies)
    met: dict[UUID, int] = {}
    first_of_name: dict[str, int] = {}
    judged: list[Judged] = []
    tells_states = any(row.state for row in rows)
    for row in rows:
        name = row.told.get("name", "")
        if row.fault or (row.state and row.state != state):
            outcome = "refused" if row.fault else "elsewhere"
            reason = row.fault or f"Es de otra entidad ({row.state}): la carga su organismo garante."
            judged.append(Judged(row.number, outcome, name, row.told, reason=reason))
            continue
        folded = fold(name)
        known = by_pnt.get(row.told.get("pnt_id", "")) or by_key.get(row.told.get("key", ""))
        taken = 0
        if known is None:
            same_name = [one for one in by_name.get(folded, ()) if _may_be(one, row.told)]
            known = same_name[0] if len(same_name) == 1 else None
            if known is not None and "pnt_id" in row.told:
                taken = met.get(known.sujeto_obligado_id, 0)
        if known is not None and not taken:
            judged.append(_of_known(row, known, folded, met))
            met.setdefault(known.sujeto_obligado_id, row.number)
            continue
        if tells_states and not row.state:
            row.remarks.insert(0, _STATELESS)
            judged.append(Judged(row.number, "alike", name, row.told, reason=" ".join(row.remarks)))
            continue
        twin = first_of_name.setdefault(folded, row.number)
        at = None if taken else names.like(folded)
        twin = taken or (twin if twin != row.number else 0)
        judged.append(_of_stranger(row, bodies[at] if at is not None else None, twin))
    last = max((row.number for row in rows), default=0)
    missing = [one for one in padron if not one.is_merged and one.sujeto_obligado_id not in met]
    judged += [
        Judged(
            last + place,
            "missing",
            one.name,
            reason="No está en el archivo. Nada se le hace; si dejó de existir, suspéndelo desde su ficha.",
            known=one,
        )
        for place, one in enumerate(missing, 1)
    ]
    return judged


def _may_be(known: Known, told: dict[str, str]) -> bool:
    """Tell whether the same name is the same body: neither its id nor its key say otherwise."""
    pnt_id = told.get("pnt_id", "")
    return not (pnt_id and known.values["pnt_id"]) and not told.get("key")


def _of_known(row: Row, known: Known, folded: str, met: dict[UUID, int]) -> Judged:
    remarks = " ".join(row.remarks)
    if first := met.get(known.sujeto_obligado_id):
        reason = f"Es el mismo sujeto obligado que el renglón {first:,}. Deja uno solo."
        return Judged(row.number, "refused", row.told["name"], row.told, reason=reason)
    if known.is_merged:
        reason = (
            f"«{known.name}» se fusionó con otro sujeto obligado. Quita el renglón, o agrégalo con otro ID."
        )
        return Judged(row.number, "refused", row.told["name"], row.told, reason=reason, known=known)
    changed = {
        name: [known.values[name], row.told[name]]
        for name in TOLD
        if name in row.told and row.told[name] != known.values[name]
    }
    renamed = "name" in changed and fold(known.name) != folded
    outcome = "renamed" if renamed else "changed" if changed else "equal"
    return Judged(row.number, outcome, row.told["name"], row.told, changed, remarks, known)


def _of_stranger(row: Row, alike: Known | None, twin: int) -> Judged:
    remarks = list(row.remarks)
    if alike is None and not twin:
        return Judged(row.number, "new", row.told["name"], row.told, reason=" ".join(remarks))
    if alike is None:
        remarks.insert(0, f"Se llama igual que el renglón {twin:,} y trae otra clave: puede estar dos veces.")
        return Judged(row.number, "alike", row.told["name"], row.told, reason=" ".join(remarks))
    other = alike.values["pnt_id"]
    remarks.insert(
        0,
        f"Se parece a «{alike.name}», que ya está en tu padrón" + (f" con el ID {other}." if other else "."),
    )
    changed = {
        name: [alike.values[name], row.told[name]]
        for name in TOLD
        if name in row.told and row.told[name] != alike.values[name]
    }
    return Judged(row.number, "alike", row.told["name"], row.told, changed, " ".join(remarks), alike)

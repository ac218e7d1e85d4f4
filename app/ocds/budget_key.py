"""The clave presupuestaria: 40 characters in 16 parts, taken apart, put together, and as OCDS writes it.

A budget line of EDCA-MX holds the whole key as `id` and 14 of its parts as `components`; the year and the portfolio
key stand in the key alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from app.ocds.codelists import label

Key = dict[str, str]
"""Name of each part -> its digits, padded."""

_BETWEEN = re.compile(r"[\s.\-\u2010-\u2015/|]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the key, in its place."""

    name: str
    """Code of `budgetComponent`; `year` and `portfolioKey` are no components."""
    label: str
    width: int
    example: str
    form: str = "[0-9]"
    """What each character may be."""
    level: int | None = None
    """Place among the components, from 1."""


def _parts() -> tuple[Part, ...]:
    letters = "[0-9A-ZÑ]"
    rows = (
        ("branch", 2, "06", "[0-9]"),
        ("responsibleUnit", 3, "200", letters),
        ("finality", 1, "1", "[0-9]"),
        ("function", 1, "3", "[0-9]"),
        ("subFunction", 1, "4", "[0-9]"),
        ("institutionalActivity", 3, "001", letters),
        ("budgetProgram", 4, "E001", letters),
        ("strategicObjective", 3, "002", letters),
        ("requestingUnit", 3, "210", letters),
        ("specificActivity", 5, "00012", letters),
        ("spendingObject", 5, "21101", "[0-9]"),
        ("spendingType", 1, "1", "[0-9]"),
        ("budgetSource", 1, "1", "[0-9]"),
        ("region", 2, "14", "[0-9]"),
    )
    components = (
        Part(name, label("budgetComponent", name), width, example, form, level)
        for level, (name, width, example, form) in enumerate(rows, start=1)
    )
    return (
        Part("year", "Año", 4, "2026"),
        *components,
        Part("portfolioKey", "Clave de cartera", 1, "0", letters),
    )


PARTS: tuple[Part, ...] = _parts()
"""The 16 parts in the order of the key."""
WIDTH = sum(part.width for part in PARTS)
_BY_NAME: Mapping[str, Part] = MappingProxyType({part.name: part for part in PARTS})


class BudgetKeyError(ValueError):
    """A key that cannot be taken apart or put together.

    Attributes:
        faults: name of the part -> what is wrong with it, in Spanish; `""` speaks of the whole key.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        """Keep one fault for each part."""
        super().__init__(" ".join(faults.values()))
        self.faults = faults


def parse(text: str) -> Key:
    """Return the parts of a key written whole, or with hyphens, points, bars or blanks between them.

    Raises:
        BudgetKeyError: too long or short, or parts that are wrong.
    """
    pieces = [piece for piece in _BETWEEN.split(text.strip().upper()) if piece]
    whole = "".join(pieces)
    if len(pieces) == len(PARTS):
        return _checked({part.name: piece for part, piece in zip(PARTS, pieces, strict=True)})
    if len(whole) != WIDTH:
        apart = f" o {len(PARTS)} partes separadas" if len(pieces) <= 1 else f" en {len(PARTS)} partes"
        arrived = f"tiene {len(whole)}" if len(pieces) <= 1 else f"tiene {len(whole)} en {len(pieces)}"
        raise BudgetKeyError(
            {"": f"La clave presupuestaria lleva {WIDTH} caracteres{apart}; esta {arrived}."}
        )
    key, start = {}, 0
    for part in PARTS:
        key[part.name] = whole[start : start + part.width]
        start += part.width
    return _checked(key)


def compose(parts: Mapping[str, str]) -> str:
    """Return the whole key; parts may come without their zeros in front.

    Raises:
        BudgetKeyError: missing or wrong parts.
    """
    key = _checked({part.name: str(parts.get(part.name) or "").strip().upper() for part in PARTS})
    return "".join(key.values())


def fault(name: str, code: str) -> str | None:
    """Return why a code cannot be that part of the key, in Spanish; None when it can."""
    part = _BY_NAME[name]
    kind = "dígito" if part.form == "[0-9]" else "carácter"
    many = {"dígito": "dígitos", "carácter": "caracteres"}[kind]
    wanted = f"lleva {part.width} {kind if part.width == 1 else many}, como {part.example}"
    if not code:
        return f"{part.label}: falta; {wanted}."
    if not re.fullmatch(f"{part.form}{{1,{part.width}}}", code):
        return f"{part.label}: {wanted}; dice «{code[:20]}»."
    return None


def to_components(
    key: Mapping[str, str], descriptions: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Return the `components` of a budget line; `descriptions` say what each code means, by name of the part."""
    words = descriptions or {}
    return [
        {"name": part.name, "level": part.level, "code": key[part.name]}
        | ({"description": words[part.name]} if words.get(part.name) else {})
        for part in PARTS
        if part.level is not None and part.name in key
    ]


def from_components(components: Iterable[Any]) -> Key:
    """Return the parts that a budget line's `components` tell, padded; what is no part of the key is passed over."""
    key: Key = {}
    for component in components:
        held = component if isinstance(component, dict) else {}
        name, code = held.get("name"), str(held.get("code") or "").upper()
        if isinstance(name, str) and name in _BY_NAME and fault(name, code) is None:
            key[name] = code.zfill(_BY_NAME[name].width)
    return key


def _checked(parts: Mapping[str, str]) -> Key:
    """Return the parts padded with zeros, in order."""
    faults = {name: wrong for name, code in parts.items() if (wrong := fault(name, code))}
    if faults:
        raise BudgetKeyError(faults)
    return {part.name: parts[part.name].zfill(part.width) for part in PARTS}

"""Codes and yes or no, typed as the code, its Spanish label, or something near."""

import unicodedata
from difflib import get_close_matches

from app.ocds.entry.errors import EntryError
from app.ocds.model import Codelist

_YES = frozenset({"si", "s", "true", "verdadero", "1", "on", "yes"})
_NO = frozenset({"no", "n", "false", "falso", "0", "off"})
_NEAREST = 3


def read_boolean(text: str) -> bool:
    """Return yes or no.

    Raises:
        EntryError: it is neither.
    """
    folded = _folded(text)
    if folded not in _YES | _NO:
        raise EntryError("Responde «sí» o «no».")
    return folded in _YES


def read_code(options: Codelist, text: str) -> str:
    """Return the code that a text names; in an open list, what it does not know stays as it is.

    Raises:
        EntryError: a closed list has no such code; the nearest ones are named.
    """
    known = _known(options, text)
    if known is not None:
        return known
    if options.open:
        return text
    labels = {_folded(code.label): code for code in options.codes.values()}
    labels |= {_folded(code.code): code for code in options.codes.values()}
    near = get_close_matches(_folded(text), labels, _NEAREST, 0.5)
    offered = dict.fromkeys(labels[name] for name in near) or list(options.codes.values())[:_NEAREST]
    names = ", ".join(
        f"{code.label} ({code.code})" if code.label != code.code else code.code for code in offered
    )
    raise EntryError(
        f"«{text[:60]}» no está en la lista «{options.label}». Elige una de sus opciones, por ejemplo: {names}."
    )


def read_codes(options: Codelist, text: str) -> list[str]:
    """Return the codes named one per line, or on one line with commas or semicolons between; each once.

    Raises:
        EntryError: a closed list lacks one of them.
    """
    found: dict[str, None] = {}
    for line in filter(None, map(str.strip, text.replace(";", "\n").split("\n"))):
        pieces = [piece.strip() for piece in line.split(",") if piece.strip()]
        apart = _known(options, line) is None and (
            not options.open or all(_known(options, piece) is not None for piece in pieces)
        )
        found.update((read_code(options, piece), None) for piece in (pieces if apart else [line]))
    return list(found)


def _known(options: Codelist, text: str) -> str | None:
    if text in options.codes:
        return text
    folded = _folded(text)
    matches = [code for code in options.codes.values() if folded in (_folded(code.code), _folded(code.label))]
    # A retired code may share its label with the one to use.
    return min(matches, key=lambda code: code.deprecated).code if matches else None


def _folded(text: str) -> str:
    """Return a text without the differences that people do not hear: accents, case, doubled blanks."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in decomposed if not unicodedata.combining(one)).split())

"""What a button inside a form asks for: rows of inline lists that come, go or change places, before anything is saved.

Works on the texts of the form alone, so that everything typed stays as it is, with and without script.
"""

from collections.abc import Mapping

from app.capture import names
from app.core.errors import BadRequestError

Texts = dict[str, list[str]]

UNKNOWN = "El formulario pide algo que no se conoce: vuelve a abrir la página."

ADD, DROP, COPY, UP, DOWN, LEAVE = "agregar", "quitar", "copiar", "subir", "bajar", "dejar"


def apply(texts: Mapping[str, list[str]], act: str) -> tuple[Texts, str]:
    """Return the texts after an act, and the name of the row or field that the person should be led to.

    Args:
        texts: of the form as sent.
        act: value of the button: `agregar:/list`, `quitar:/list/2`, `dejar:/field`; empty for none.

    Raises:
        BadRequestError: no such act.
    """
    verb, _, name = act.partition(":")
    if act and not name.startswith("/"):
        raise BadRequestError(UNKNOWN)
    copied = {key: [*held] for key, held in texts.items()}
    match verb:
        case "":
            return copied, ""
        case "agregar":
            at = f"{name}/{_next(copied, name)}"
            copied.setdefault(names.list_mark(name), [""])
            copied[names.row_mark(at)] = [""]
            return copied, at
        case "copiar":
            return _copied(copied, name)
        case "quitar":
            kept = {key: held for key, held in copied.items() if not _inside(key, name)}
            return kept, name.rpartition("/")[0]
        case "subir" | "bajar":
            return _moved(copied, name, -1 if verb == UP else 1)
        case "dejar":
            return {key: held for key, held in copied.items() if not _inside(key, name)}, name
    raise BadRequestError(UNKNOWN)


def list_of(act: str) -> str:
    """Return the outermost list on which an act works; empty when it works on none."""
    verb, _, name = act.partition(":")
    if verb not in (ADD, DROP, COPY, UP, DOWN):
        return ""
    steps = name.split("/")
    first = next((place for place, step in enumerate(steps) if step.isdecimal()), len(steps))
    return "/".join(steps[:first])


def _inside(key: str, name: str) -> bool:
    return key == name or key.startswith(f"{name}/")


def _next(texts: Texts, name: str) -> int:
    rows = names.rows_of(texts, name)
    return int(rows[-1].rpartition("/")[2]) + 1 if rows else 0


def _copied(texts: Texts, name: str) -> tuple[Texts, str]:
    around = name.rpartition("/")[0]
    at = f"{around}/{_next(texts, around)}"
    copies = {at + key[len(name) :]: [*held] for key, held in texts.items() if _inside(key, name)}
    # Nothing of the copy is stored yet, at whatever depth.
    copies = {key: [""] if key.endswith(f"/{names.ROW}") else held for key, held in copies.items()}
    return {**texts, **copies}, at


def _moved(texts: Texts, name: str, by: int) -> tuple[Texts, str]:
    rows = names.rows_of(texts, name.rpartition("/")[0])
    place = rows.index(name) + by if name in rows else -1
    if not 0 <= place < len(rows):
        return texts, name
    other = rows[place]
    swapped: Texts = {}
    for key, held in texts.items():
        if _inside(key, name):
            swapped[other + key[len(name) :]] = held
        elif _inside(key, other):
            swapped[name + key[len(other) :]] = held
        else:
            swapped[key] = held
    return swapped, other

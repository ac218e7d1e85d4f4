"""What the pages of catalogues say: counts, outcomes, history, all in words."""

import csv
import io
from collections.abc import Iterable

from app.catalogs.kinds import Kind
from app.catalogs.models import CatalogLoad
from app.catalogs.queries import Entry, Turn
from app.core.sheets import harmless
from app.web.components import Change, Figure
from app.web.formats import number, plural

ACTS = {
    "add": "Se agregó",
    "change": "Cambió",
    "retire": "Se retiró",
    "restore": "Volvió a usarse",
}


def counted(count: int) -> str:
    """Return `1 clave`, `1,204 claves`."""
    return plural(count, "clave", "claves")


def headline(load: CatalogLoad) -> str:
    """Return what a load is or did, as the heading of its page."""
    counts = load.counts
    fresh = counts["added"] + counts["changed"] + counts["restored"]
    gone = counts["missing"] if load.complete else 0
    if load.discarded_at:
        return "Carga descartada"
    if load.applied_at:
        return f"Se cargó «{load.filename}»"
    if not fresh and not gone:
        return "El archivo no cambia nada"
    return f"«{load.filename}» cambiaría {counted(fresh + gone)}"


def figures(load: CatalogLoad) -> tuple[Figure, ...]:
    """Return the counts of a load, those that are nothing left out."""
    counts, done = load.counts, load.applied_at is not None
    told = (
        ("added", "Nuevas", "se agregaron" if done else "se agregarán"),
        ("changed", "Cambian", "lo anterior queda en su historial"),
        ("restored", "Vuelven", "estaban retiradas"),
        ("equal", "Iguales", "dicen lo mismo que antes"),
        (
            "missing",
            "No vienen en el archivo",
            ("se retiraron" if done else "se retirarán") if load.complete else "se quedan como están",
        ),
        ("refused", "Rechazadas", "renglones que no se pueden usar"),
        ("repeated", "Repetidas", "renglones iguales a otro"),
    )
    return tuple(Figure(label, number(counts[name]), note) for name, label, note in told if counts[name])


def load_line(load: CatalogLoad) -> str:
    """Return what an applied load did, on one line."""
    names = {
        "added": "nuevas",
        "changed": "cambiadas",
        "restored": "recuperadas",
        "equal": "iguales",
        "missing": "retiradas" if load.complete else "no vienen en el archivo y se quedan",
        "refused": "rechazadas",
        "repeated": "repetidas",
    }
    told = (f"{word}: {number(load.counts[key])}" for key, word in names.items() if load.counts[key])
    return "; ".join(told) or "nada que cambiar"


def columns_of(kind: Kind, changed: dict[str, list[str]]) -> list[Change]:
    """Return the differences of an entry, each under the name of its column."""
    return [
        Change(column.label, said(kind, column.name, before) or None, said(kind, column.name, after) or None)
        for column in kind.columns
        if column.name in changed
        for before, after in [changed[column.name]]
    ]


def said(kind: Kind, name: str, value: str) -> str:
    """Return a value as people read it: labels instead of choices."""
    column = kind.column(name)
    labels = dict(column.choices) if column else {}
    return ", ".join(labels.get(part, part) for part in value.split()) if labels else value


def hint(kind: Kind, entry: Entry) -> str:
    """Return what tells an entry from others like it: its unit, or its law, part or stage."""
    parts = (entry.unit, said(kind, "family", entry.family), said(kind, "stage", entry.stage))
    return " · ".join(part for part in parts if part)


def citation(entry: Entry) -> str:
    """Return an article as a sentence of a document says it: `Artículo 41, fracción III, de la Ley A: por pérdidas`."""
    article, *rest = entry.code.split("-")
    names = ("fracción", "inciso")
    cited = "".join(f", {name} {part}" for name, part in zip(names, rest, strict=False))
    return f"Artículo {article}{cited}{',' if rest else ''} de la {entry.family}: {entry.description}"


def turn_line(turn: Turn) -> str:
    """Return how a moment of the history came about."""
    how = f"con el archivo «{turn.filename}»" if turn.filename else "a mano"
    return f"{turn.who or 'El servicio'}, {how}"


def csv_of(kind: Kind, entries: Iterable[Entry]) -> bytes:
    """Return entries as a file that the importer takes back: UTF-8 with a mark, so that Excel knows."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(column.label for column in kind.columns)
    for entry in entries:
        writer.writerow(
            harmless(said(kind, column.name, getattr(entry, column.name))) for column in kind.columns
        )
    return text.getvalue().encode("utf-8-sig")

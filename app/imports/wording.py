"""How imports are told: the words of outcomes, of what was met in a file, and of figures."""

from dataclasses import dataclass

from app.imports.models import ImportRow, ImportRun
from app.imports.workflow import RUNS
from app.web.components import Figure, State, Tone
from app.web.formats import number, plural

OUTCOMES = {
    "pending": State("Por importar", "clock"),
    "published": State("Publicada", "globe", "success"),
    "created": State("Borrador nuevo", "check", "success"),
    "changed": State("Borrador actualizado", "check", "success"),
    "held": State("En borrador, con errores", "alert", "warning"),
    "refused": State("Rechazada", "stop", "error"),
    "unchanged": State("Sin cambios", "check"),
    "duplicate": State("Repetida en el archivo", "cross"),
}

_TONES: dict[str, tuple[Tone, str]] = {
    "reading": ("info", "clock"),
    "previewed": ("accent", "eye"),
    "applying": ("info", "clock"),
    "finished": ("success", "check"),
    "cancelled": ("neutral", "cross"),
    "failed": ("error", "alert"),
}

_MET = {
    "gzip": "comprimido (gzip)",
    "zip": "comprimido (zip)",
    "json-lines": "JSON por líneas",
    "package": "con datos de paquete",
    "releases": "entregas dentro de registros",
    "compiledRelease": "entregas compiladas",
    "versionedRelease": "entregas con historial",
    "release": "entregas",
    "sipot": "libro de la PNT",
    "43335": "formato 43335, adjudicaciones directas",
    "43336": "formato 43336, licitaciones e invitaciones",
    "28": "formato 28 unificado",
    "upload": "como se sube a la PNT",
    "download": "como se descarga de la PNT",
    "csv": "en CSV",
    "compranet": "contratos de CompraNet",
    "workbook": "libro descargado de aquí",
    "simple": "hoja sencilla",
}


def state_of(run: ImportRun) -> State:
    """Return how the status of an import is told."""
    tone, icon = _TONES[run.status]
    return State(RUNS.statuses[run.status], icon, tone)


def shape_of(run: ImportRun) -> str:
    """Return what the file turned out to be, in words."""
    return ", ".join(_MET.get(name, name.upper()) for name in run.shape.split() if name != "utf-8")


def rows_of(row: ImportRow) -> str:
    """Return which rows of a spreadsheet a row was made of."""
    sheets: dict[str, list[str]] = {}
    for sheet, at, _ in row.source_rows:
        sheets.setdefault(sheet, []).append(number(at))
    return "; ".join(f"{', '.join(numbers)} de «{sheet}»" for sheet, numbers in sheets.items())


def warnings_of(run: ImportRun) -> tuple[str, ...]:
    """Return what is to be said of the documents of a file as wholes."""
    return tuple(
        f"«{package['document']}»: {warning}" if package.get("document") else warning
        for package in run.metadata_kept.get("packages", [])
        for warning in package.get("warnings", [])
    )


def headline(run: ImportRun) -> str:
    """Return the answer that the page of an import gives first."""
    counts = run.counts
    if run.undone_at is not None:
        return "Esta importación se deshizo"
    if run.checkpoint.get("phase") == "undo":
        return "Estamos deshaciendo esta importación"
    match run.status:
        case "reading":
            return "Estamos leyendo tu archivo"
        case "previewed" if counts.get("pending"):
            return f"{plural(counts['pending'], 'entrega lista', 'entregas listas')} para importar"
        case "previewed":
            return "No hay nada nuevo que importar"
        case "applying":
            return "Estamos importando"
        case "finished":
            done = sum(counts.get(key, 0) for key in ("created", "changed", "published", "held"))
            return f"Se {'importó' if done == 1 else 'importaron'} {plural(done, 'entrega', 'entregas')}"
        case "cancelled":
            return "Cancelaste esta importación"
    return "No pudimos terminar esta importación"


def import_line(run: ImportRun) -> str:
    """Return how far an import is, for a terminal."""
    share = run.done_bytes / run.size_bytes if run.size_bytes else 1
    return f"{number(run.counts.get('entries', 0))} entregas leídas, {share:.0%} del archivo"


def import_summary(run: ImportRun) -> str:
    """Return how an import ended, for a terminal: the headline, what became of the rows, the message."""
    counted = [
        f"{state.label}: {number(run.counts[key])}" for key, state in OUTCOMES.items() if run.counts.get(key)
    ]
    return "\n".join(
        filter(None, [f"{headline(run)}.", *counted, run.message, f"Importación {run.import_id}"])
    )


def figures(run: ImportRun, here: str) -> tuple[Figure, ...]:
    """Return the figures of a preview or of a result, each with the way to its rows."""
    preview = run.checkpoint.get("phase") == "read"
    told = _PREVIEW if preview else _RESULT
    return tuple(
        Figure(
            one.label,
            number(run.counts.get(one.key, 0)),
            note=one.note,
            href=f"{here}?resultado={one.outcome}" if one.outcome and run.counts.get(one.key) else None,
        )
        for one in told
        if run.counts.get(one.key) or one.always
    )


@dataclass(frozen=True)
class _Told:
    key: str
    label: str
    note: str = ""
    outcome: str = ""
    always: bool = False


_COMMON = (
    _Told("refused", "Rechazadas", "no se importan; cada una dice por qué", "refused", always=True),
    _Told("unchanged", "Sin cambios", "ya se habían importado", "unchanged"),
    _Told("duplicate", "Repetidas", "aparecen dos veces en el archivo", "duplicate"),
)
_EDITS = (
    _Told("edits", "Datos que cambian", "celdas y renglones del libro"),
    _Told("collisions", "Cambiados también por otros", "desde que descargaste el libro"),
)
_PREVIEW = (
    _Told("new", "Contrataciones nuevas", "serán borradores nuevos", "pending", always=True),
    _Told("existing", "Actualizaciones", "de contrataciones que ya están", "pending"),
    *_EDITS,
    *_COMMON,
)
_RESULT = (
    _Told("published", "Publicadas", "ya están a la vista de todos", "published"),
    _Told("created", "Borradores nuevos", "listos para revisar", "created"),
    _Told("changed", "Borradores actualizados", "", "changed"),
    _Told("held", "En borrador, con errores", "no se publican hasta corregirse", "held"),
    *_EDITS,
    *_COMMON,
)

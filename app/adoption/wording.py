"""What the numbers of compliance are called, how each is defined, and how a lack is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.adoption.counting import TERM_DAYS
from app.web.components import Tone
from app.web.formats import plural

SILENT_DAYS = 90
"""After so many days without a release a body is silent."""

State = Literal["behind", "silent", "current"]


@dataclass(frozen=True, slots=True)
class StateWords:
    """How a state of a body is told: alone, of several, and with which sign."""

    label: str
    many: str
    icon: str
    tone: Tone


STATES: dict[State, StateWords] = {
    "behind": StateWords("Con atraso", "con atraso", "alert", "error"),
    "silent": StateWords("En silencio", "en silencio", "clock", "warning"),
    "current": StateWords("Al corriente", "al corriente", "check", "success"),
}
"""State → words, the most urgent first. A body is in the first that fits."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a number is called, and what it counts exactly."""

    label: str
    text: str


DEFINITIONS: dict[str, Definition] = {
    "state": Definition(
        "Estado",
        "Con atraso: tiene algo vencido. En silencio: nada vencido, y no ha publicado en los últimos "
        f"{SILENT_DAYS} días (del trimestre, si ya terminó) ni declarado sin contratos el trimestre (el anterior, mientras corre). Al corriente: "
        "todos los demás.",
    ),
    "declared": Definition(
        "Sin contratos",
        "Quien publica declaró que en el trimestre (el anterior, mientras corre) no se firmó ninguno; se retira sola si "
        "se publica un contrato de esas fechas.",
    ),
    "published": Definition(
        "Publicados", "Procesos con al menos una entrega pública, no retirada, en el trimestre."
    ),
    "pending": Definition(
        "En curso",
        "Versiones abiertas hoy: en captura, en revisión, devueltas, aprobadas o programadas. Solo en el trimestre "
        "en curso.",
    ),
    "overdue": Definition(
        "Sin publicar a tiempo",
        f"Contratos firmados hasta el fin del trimestre cuya firma sigue sin poder leerse en lo publicado, {TERM_DAYS} "
        "días hábiles después de firmados según el calendario del organismo garante. No cuentan los cancelados ni los "
        "de procesos descartados o retirados.",
    ),
    "late": Definition(
        "Versiones vencidas",
        "Versiones abiertas cuya fecha límite ya pasó, y las que están en revisión o devueltas con su plazo de "
        "respuesta vencido. Solo en el trimestre en curso.",
    ),
    "days": Definition(
        "Días de firma a publicación",
        "Mediana de los días naturales entre la firma de cada contrato y la primera entrega que la dice, de las firmas "
        "publicadas en el trimestre. Lo publicado antes de firmarse cuenta cero.",
    ),
    "quality": Definition(
        "Calidad",
        "De los datos que se piden a los procesos publicados en el trimestre (obligatorios y recomendados por "
        "OCDS y EDCA-MX para lo que cada uno ya empezó), los que vienen en su versión compilada de hoy.",
    ),
    "last": Definition(
        "Última publicación",
        "Día de la última entrega pública, no retirada, hasta el fin del trimestre.",
    ),
    "observations": Definition(
        "Observaciones sin resolver",
        "Observaciones que nadie ha dado por resueltas, respondidas o no. Solo en el trimestre en curso.",
    ),
    "reminded": Definition("Último recordatorio", "Día en que se le envió el último recordatorio."),
}
"""Number → its name, and its definition: shown on the page, in the exports and in docs/garante.md."""


def state_of(overdue: int, late: int, last: date | None, until: date, *, declared: bool) -> State:
    """Return the state of a body.

    Args:
        overdue: contracts not published in time.
        late: versions whose day has passed.
        last: day of the last release.
        until: the end of the quarter, or today while it runs.
        declared: whether it declared the quarter without contracts; the one before while it runs.
    """
    if overdue or late:
        return "behind"
    heard = declared or (last is not None and (until - last).days <= SILENT_DAYS)
    return "current" if heard else "silent"


def reasons(
    overdue: int, late: int, observations: int, last: date | None, until: date, *, declared: bool
) -> dict[str, int]:
    """Return what a body can be reminded of: kind of reason → how many; of silence the days, 0 for ever."""
    found = {"overdue": overdue, "late": late, "observations": observations}
    told = {kind: count for kind, count in found.items() if count}
    if state_of(0, 0, last, until, declared=declared) == "silent":
        told["silent"] = (until - last).days if last else 0
    return told


def told(reasons: Mapping[str, int]) -> list[str]:
    """Return reasons as sentences for the body they concern."""
    found = []
    if count := reasons.get("overdue"):
        found.append(
            f"{plural(count, 'contrato firmado', 'contratos firmados')} hace más de {TERM_DAYS} días hábiles que "
            f"todavía no {'puede' if count == 1 else 'pueden'} leerse en lo publicado."
        )
    if count := reasons.get("late"):
        found.append(
            f"{plural(count, 'versión', 'versiones')} con la fecha límite o el plazo de respuesta vencido."
        )
    if "silent" in reasons:
        days = reasons["silent"]
        found.append(
            f"No ha publicado nada en {plural(days, 'día', 'días')}." if days else "Todavía no publica nada."
        )
    if count := reasons.get("observations"):
        found.append(f"{plural(count, 'observación', 'observaciones')} sin resolver.")
    return found

"""docs/calidad.md: how the score is made and every check, told by the tables of `app.quality`."""

from collections.abc import Iterator, Sequence

from app.ocds.model import Need
from app.quality import CHECKS, DATASET
from app.quality.judging import VERSION, WEIGHTS
from app.quality.reporting import BANDS

TITLE = "Calidad de los datos"
LEDE = (
    "Qué tan completo y coherente es lo publicado de cada contratación, cada sujeto obligado y cada organismo, y qué "
    "conviene mejorar primero (`app/quality`). Son las mismas reglas que aconsejan mientras se captura "
    "([rules.md](rules.md)): a nadie se le dice una cosa en el formulario y otra en público."
)
SCORE = (
    f"Versión {VERSION}. La calificación de una contratación son los puntos ganados de cada cien posibles. Da "
    f"{WEIGHTS[Need.REQUIRED]} puntos cada dato obligatorio para publicar que está, {WEIGHTS[Need.RECOMMENDED]} cada "
    f"dato recomendado y {WEIGHTS['check']} cada revisión que se cumple. Cuentan solo los datos que se piden a esa "
    "contratación (a una adjudicación directa no se le piden los del concurso, y nadie debe el contrato de lo que no se ha "
    "adjudicado) y las revisiones que se le pueden hacer. Un dato de una lista cuenta una vez, y solo si ningún "
    "elemento carece de él: mil partidas no pesan más que una."
)
STEPS = (
    "Junto a la calificación va el camino más corto para subirla: los pasos que dan más puntos por cada valor que hay que "
    "escribir van primero, y cada uno dice a cuánto se llega. Lo que da un paso se calcula como si lo que falta se llenara "
    "entero y sin contradicciones."
)
TIME = (
    "«Lo que se da por hecho ya pasó» se mide contra la fecha de la entrega, y no contra el día en que se pregunta: la "
    "calificación de una entrega es siempre la misma."
)
GROUPS = (
    "La de un sujeto obligado, un organismo o el país es el promedio de las de sus contrataciones: todas pesan lo mismo. "
    "Se lleva por diferencia: una contratación que se corrige sale con su resultado anterior y entra con el nuevo."
)
DATASET_LEDE = (
    "Lo que solo se ve en todas las contrataciones juntas. Los nombres son los de Pelican. Falta una de las suyas a propósito: "
    "visitar cien direcciones de documentos pide red, y no es de esta biblioteca. Los montos mayores se miran solo en pesos."
)
GONE = (
    "Y entre una fecha y otra, que ningún OCID publicado desaparezca si no fue por un retiro, que deja su constancia "
    "(`app.quality.lost`)."
)


def blocks() -> Iterator[str | tuple[Sequence[str], list[Sequence[str]]]]:
    """Yield paragraphs, and tables as their head and rows."""
    yield "## Calificación"
    yield SCORE
    bands = [f"{name} desde {least}" for name, least in BANDS.items() if least]
    yield f"Es {' y '.join(bands)}; por debajo, baja."
    yield TIME
    yield "## Cómo subirla"
    yield STEPS
    yield "## Sujetos obligados, organismos y país"
    yield GROUPS
    yield "## Revisiones de una contratación"
    yield (
        "«Se hace cuando hay» dice qué debe tener una contratación para que la revisión cuente; sin eso, ni se cumple ni se "
        "incumple. Los términos se leen como bloque y campo; `+` es todos, `o` es cualquiera, y `Before` lo publicado antes."
    )
    yield (
        ("revisión", "qué mira", "familia", "se hace cuando hay", "de dónde viene"),
        [
            (
                f"`{one.code}`",
                one.title,
                one.family,
                " o ".join(f"`{way}`" for way in one.needs.split(" | ")),
                "; ".join(one.sources),
            )
            for one in CHECKS
        ],
    )
    yield "## Revisiones de todo el conjunto"
    yield DATASET_LEDE
    yield (
        ("revisión", "qué mira", "en Pelican"),
        [(f"`{one.code}`", one.title, f"`{one.source}`") for one in DATASET],
    )
    yield GONE

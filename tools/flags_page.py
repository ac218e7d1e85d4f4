"""docs/banderas.md: every red flag, told by the tables of `app.flags`."""

from collections.abc import Iterator, Sequence

from app.flags import FLAGS, Flag, Threshold
from app.flags.imco import ELSEWHERE as IMCO_ELSEWHERE
from app.flags.poder import ELSEWHERE as PODER_ELSEWHERE

TITLE = "Banderas rojas"
LEDE = (
    "Preguntas que los datos de una contratación, o de todas, dan motivo para hacer (`app/flags`). Ninguna acusa: cada una "
    "tiene explicaciones buenas, y por eso va junto a la respuesta de quien contrató. En público están apagadas mientras el "
    "organismo garante no decida otra cosa."
)
STATUSES = (
    ("se pregunta", "`raised`", "la fórmula se cumple"),
    ("nada que preguntar", "`clear`", "se calculó y no se cumple"),
    ("faltan datos", "`missing`", "le toca a la contratación, y no se publicó algo que la fórmula pide"),
    ("no procede", "`not_applicable`", "no es para esa contratación: una sola proposición en una adjudicación directa, o un procedimiento cancelado"),
    ("sin umbral", "`unset`", "espera un valor que solo el organismo puede dar"),
)  # fmt: skip


def blocks() -> Iterator[str | tuple[Sequence[str], list[Sequence[str]]]]:
    """Yield paragraphs, and tables as their head and rows."""
    yield "## Qué se dice de cada contratación"
    yield (
        "Junto a «se pregunta en 3» va siempre en cuántas se pudo calcular y qué faltó en las demás. Una bandera que casi nunca "
        "se calcula dice algo de los datos y nada de quien contrata."
    )
    yield ("situación", "clave", "qué significa"), list(STATUSES)
    yield "## Umbrales"
    yield (
        "Cada organismo garante puede cambiar los umbrales según su ley y su presupuesto. Cada juego tiene versión, la fecha "
        "desde la que vale y de dónde sale; a cada contratación se le aplica el que valía. Un umbral que no existe, o de otra "
        "clase, se rechaza. Los montos se comparan en una sola moneda, MXN si no se dice otra. El organismo puede además "
        "apagar banderas, y decir en qué procedimientos el precio lo fija quien compra (ahí no se comparan precios)."
    )
    yield "## Los límites que salen de los datos"
    yield (
        "Algunas comparan con todas las contrataciones: Q1 y Q3 son los cuartiles (tipo 8 de Hyndman y Fan), y RIC es Q3 − Q1. "
        "Se llevan por diferencia: una contratación que se corrige o se retira sale con lo que había sumado."
    )
    yield "## Cardinal"
    yield (
        "Las once de [Cardinal](https://cardinal.readthedocs.io/), de Open Contracting Partnership, con sus definiciones. Casi "
        "todas piden las proposiciones recibidas (`bids`), que EDCA-MX no tenía y este perfil sí."
    )
    yield from _told([flag for flag in FLAGS if flag.source == "Cardinal"])
    yield "## México"
    yield "Las de PODER (OCDS RedFlags) y las del índice de riesgos de IMCO."
    yield from _told([flag for flag in FLAGS if flag.source != "Cardinal"])
    yield "## Las que se responden en otra parte"
    yield (
        ("bandera", "dónde"),
        [(f"{who} `{name}`", where) for who, names in (("PODER", PODER_ELSEWHERE), ("IMCO", IMCO_ELSEWHERE)) for name, where in names.items()],
    )  # fmt: skip


def _told(flags: Sequence[Flag]) -> Iterator[str]:
    for flag in flags:
        yield f"### {flag.name} (`{flag.code}`)"
        yield "\n".join(
            (
                f"- **Pregunta:** {flag.question}",
                f"- **Fórmula:** {flag.formula}",
                f"- **Datos:** {', '.join(f'`{path}`' for path in flag.fields)}",
                f"- **Umbrales:** {' '.join(map(_threshold, flag.thresholds)) or 'ninguno.'}",
                f"- **Es de:** {'la contratación' if flag.look else 'compradores, licitantes o proveedores'}",
                f"- **Origen:** {flag.source}. {flag.literature}",
            )
        )


def _threshold(one: Threshold) -> str:
    default = "sin valor" if one.default is None else f"`{one.default!r}`"
    return f"`{one.name}` ({default}): {one.help}"

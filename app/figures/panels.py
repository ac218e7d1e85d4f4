"""The charts: each a question, a drawing, and the table that is behind it; there are eleven, so the module is long."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from app.charts.kinds import Bar, Stack, bars, columns, dots, stacked
from app.figures.contribution import COMPETED, MOST_BIDDERS, TERMS
from app.figures.indicators import groups, pesos, share
from app.figures.queries import Ranked, Sums, YearSum
from app.ocds import codelists
from app.web import formats
from app.web.components import STAGES

Kind = Literal["text", "number", "money", "percent", "days"]
Cell = str | int | float | Decimal | None

METHOD_LABELS = {
    "open": "Licitación pública",
    "selective": "Invitación a cuando menos tres",
    "direct": "Adjudicación directa",
    "": "Sin dato",
}
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_STAGE_KEYS = ("planning", "tender", "award", "contract", "implementation")
_PHASES = (
    ("call", "Plazo para presentar ofertas"),
    ("decision", "Del cierre de ofertas al fallo"),
    ("signing", "Del fallo a la firma"),
    ("publishing", "De la firma a su publicación"),
    ("term", "Vigencia del contrato"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: what it is called, in the file too, and how its values are told."""

    label: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with its table.

    Attributes:
        key: in addresses, in Spanish.
        title: what it shows.
        formula: how its numbers are reckoned.
        columns, rows: the table; amounts are in pesos.
        drawing: SVG; empty where there is nothing to draw.
    """

    key: str
    title: str
    formula: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    drawing: str

    @property
    def told(self) -> list[list[str]]:
        """The rows as people read them."""
        return [
            [_told(column.kind, cell) for column, cell in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that panels are made of; `ranked` are the bodies of a tenant, or the tenants of the nation."""

    sums: Sums
    years: Sequence[YearSum]
    suppliers: Sequence[Ranked] | None
    ranked: Sequence[Ranked]
    ranked_title: str = "Sujetos obligados con mayor monto"


KEYS = (
    "procedimiento", "categoria", "destino", "etapas", "anios", "meses", "vigencias", "proveedores", "organos", "licitantes", "tiempos",
)  # fmt: skip
"""Of the panels, in the order of the page."""
INDICATORS = "indicadores"


def panel(key: str, told: Told) -> Panel:
    """Return one panel; `key` is of `KEYS`."""
    return _MAKERS[key](told)


def indicators(sums: Sums, tenants: int) -> Panel:
    """Return all indicators of a scope as a table, which has no drawing."""
    return Panel(
        INDICATORS,
        "Indicadores",
        "Cada uno con su fórmula.",
        (
            Column("Pregunta"),
            Column("Indicador"),
            Column("Valor"),
            Column("De qué"),
            Column("Cómo se calcula"),
        ),
        tuple(
            (group.title, one.label, one.value, one.note, one.formula)
            for group in groups(sums, tenants=tenants)
            for one in group.rows
        ),
        "",
    )


def _told(kind: Kind, cell: Cell) -> str:
    if cell is None:
        return formats.ABSENT
    if isinstance(cell, str):
        return cell
    if kind == "percent":
        return formats.percent(float(cell), 1)
    if kind == "money":
        return f"${formats.number(cell, 2)}"
    whole = int(cell) == cell
    return formats.number(cell, 0 if whole else 1)


def _money(cents: int) -> Decimal:
    return Decimal(cents) / 100


def _split(key: str, title: str, what: str, rows: list[tuple[str, int, int]], formula: str) -> Panel:
    """Return a panel of shares; the rows that hold nothing stay out, and shares are of what the table holds."""
    rows = sorted((row for row in rows if row[1] or row[2]), key=lambda row: (-row[2], -row[1], row[0]))
    whole = sum(amount for _, _, amount in rows)
    return Panel(
        key,
        title,
        formula,
        (
            Column(what),
            Column("Procedimientos", "number"),
            Column("Monto (MXN)", "money"),
            Column("Del monto", "percent"),
        ),
        tuple((label, number, _money(amount), share(amount, whole)) for label, number, amount in rows),
        bars(
            title,
            [Bar(label, amount, _with_share(amount, whole)) for label, _, amount in rows],
        )
        if whole
        else "",
    )


def _with_share(amount: int, whole: int) -> str:
    part = share(amount, whole)
    return pesos(amount) if part is None else f"{pesos(amount)} · {formats.percent(part, 1)}"


def _methods(told: Told) -> Panel:
    return _split(
        "procedimiento",
        "Monto por tipo de procedimiento",
        "Tipo de procedimiento",
        [(METHOD_LABELS[key], cell[0], cell[1]) for key, cell in told.sums.of("method").items()],
        "Monto contratado de los procedimientos de cada tipo. El por ciento es del monto del mismo periodo y ámbito.",
    )


def _categories(told: Told) -> Panel:
    return _split(
        "categoria",
        "Monto por categoría",
        "Categoría",
        [
            (codelists.label("procurementCategory", key) if key else "Sin dato", cell[0], cell[1])
            for key, cell in told.sums.of("category").items()
        ],
        "Monto contratado según la categoría principal de la contratación: bienes, servicios u obra pública.",
    )


def _destinations(told: Told) -> Panel:
    return _split(
        "destino",
        "Monto por destino",
        "Destino del gasto",
        [
            (codelists.label("extendedProcurementCategory", key), cell[0], cell[1])
            for key, cell in told.sums.of("destination").items()
        ],
        "Monto contratado según las categorías adicionales. Un procedimiento de varias cuenta en cada una, y el por ciento "
        "es de lo que suma la tabla.",
    )


def _stages(told: Told) -> Panel:
    held = told.sums.of("stage")
    counted = {
        label: [held.get(f"{method}/{stage}", (0, 0))[0] for stage in _STAGE_KEYS]
        for method, label in METHOD_LABELS.items()
    }
    counted = {label: numbers for label, numbers in counted.items() if sum(numbers)}
    title = "Procedimientos por la etapa a la que han llegado"
    drawn = [
        Stack(label, tuple(float(number) for number in numbers), formats.number(sum(numbers)))
        for label, numbers in counted.items()
    ]
    return Panel(
        "etapas",
        title,
        "Cada procedimiento cuenta una vez, en la última de las cinco etapas de la que algo se ha publicado.",
        (
            Column("Tipo de procedimiento"),
            *(Column(stage, "number") for stage in STAGES),
            Column("Total", "number"),
        ),
        tuple((label, *numbers, sum(numbers)) for label, numbers in counted.items()),
        stacked(title, STAGES, drawn) if drawn else "",
    )


def _years(told: Told) -> Panel:
    title = "Monto por año"
    rows = tuple(
        (str(one.year), one.processes, one.contracts, _money(one.amount), _money(one.spread))
        for one in told.years
    )
    series = (
        ("Firmado en el año", [float(one.amount) for one in told.years]),
        ("Que corresponde al año", [float(one.spread) for one in told.years]),
    )
    most = max((value for _, values in series for value in values), default=0)
    return Panel(
        "anios",
        title,
        "Firmado: todo el valor del contrato en el año de su firma. Que corresponde: el valor repartido por día entre el "
        "inicio y el fin de la vigencia, la parte que toca a cada año.",
        (
            Column("Año"),
            Column("Procedimientos", "number"),
            Column("Contratos", "number"),
            Column("Firmado (MXN)", "money"),
            Column("Que corresponde (MXN)", "money"),
        ),
        rows,
        columns(title, [str(one.year) for one in told.years], series, pesos(most)) if most else "",
    )


def _months(told: Told) -> Panel:
    title = "Monto firmado por mes"
    cells = [told.sums.cells.get(f"month:{month:02}", (0, 0)) for month in range(1, 13)]
    whole = sum(cell[1] for cell in cells)
    return Panel(
        "meses",
        title,
        "Contratos por el mes de su firma, de los que la dicen. Con todos los años, suma los meses de todos.",
        (
            Column("Mes"),
            Column("Contratos", "number"),
            Column("Monto (MXN)", "money"),
            Column("Del monto", "percent"),
        ),
        tuple(
            (name, cell[0], _money(cell[1]), share(cell[1], whole))
            for name, cell in zip(MONTHS, cells, strict=True)
        ),
        columns(
            title,
            [name[0].upper() for name in MONTHS],
            [("Monto", [float(cell[1]) for cell in cells])],
            pesos(max(cell[1] for cell in cells)),
        )
        if whole
        else "",
    )


def _terms(told: Told) -> Panel:
    title = "Contrataciones en el tiempo: mes de firma y vigencia"
    labels = ["30 días o menos"]
    labels += [f"{start + 1} a {end} días" for start, end in pairwise(TERMS)]
    labels.append(f"más de {TERMS[-1]} días")
    kinds = [*(str(most) for most in TERMS), "more"]
    held = told.sums.of("term")
    grid = [[held.get(f"{month:02}/{kind}", (0, 0)) for month in range(1, 13)] for kind in kinds]
    most = max(cell[1] for row in grid for cell in row)
    rows = tuple(
        (label, MONTHS[turn], cell[0], _money(cell[1]))
        for label, row in zip(labels, grid, strict=True)
        for turn, cell in enumerate(row)
        if cell[0]
    )
    return Panel(
        "vigencias",
        title,
        "Contratos por el mes en que se firmaron y los días de su vigencia; el área de cada punto es su monto. Solo los "
        "que dicen las dos cosas.",
        (
            Column("Vigencia"),
            Column("Mes de firma"),
            Column("Contratos", "number"),
            Column("Monto (MXN)", "money"),
        ),
        rows,
        dots(
            title,
            [name[0].upper() for name in MONTHS],
            labels,
            [[float(cell[1]) for cell in row] for row in grid],
            f"{pesos(most)}, el punto más grande",
        )
        if most
        else "",
    )


def _suppliers(told: Told) -> Panel:
    title, whole = "Proveedores con mayor monto", told.sums.supplied
    found = told.suppliers or ()
    return Panel(
        "proveedores",
        title,
        "Los diez con mayor monto. Un contrato de varios proveedores se reparte entre ellos por igual; el por ciento es "
        "del monto de los contratos con proveedor publicado."
        if told.suppliers is not None
        else "Se está contando un retiro: los nombres vuelven en unos segundos.",
        (
            Column("Proveedor"),
            Column("Contratos", "number"),
            Column("Monto (MXN)", "money"),
            Column("Del monto", "percent"),
        ),
        tuple((one.name, one.contracts, _money(one.amount), share(one.amount, whole)) for one in found),
        bars(title, [Bar(one.name, one.amount, _with_share(one.amount, whole)) for one in found])
        if found
        else "",
    )


def _ranked(told: Told) -> Panel:
    whole = told.sums.amount("contract")
    return Panel(
        "organos",
        told.ranked_title,
        "Por el monto contratado en el periodo.",
        (
            Column("Nombre"),
            Column("Contratos", "number"),
            Column("Monto (MXN)", "money"),
            Column("Del monto", "percent"),
        ),
        tuple((one.name, one.contracts, _money(one.amount), share(one.amount, whole)) for one in told.ranked),
        bars(
            told.ranked_title,
            [Bar(one.name, one.amount, _with_share(one.amount, whole)) for one in told.ranked],
        )
        if told.ranked
        else "",
    )


def _bidders(told: Told) -> Panel:
    title, numbers = "Procedimientos por número de licitantes", told.sums.bidders
    labels = [*(str(one) for one in range(1, MOST_BIDDERS)), f"{MOST_BIDDERS}+"]
    whole = sum(numbers)
    return Panel(
        "licitantes",
        title,
        "Licitaciones e invitaciones ya adjudicadas que dicen cuántos licitantes hubo "
        f"({', '.join(METHOD_LABELS[method].lower() for method in COMPETED)}).",
        (
            Column("Licitantes"),
            Column("Procedimientos", "number"),
            Column("De los procedimientos", "percent"),
        ),
        tuple((label, number, share(number, whole)) for label, number in zip(labels, numbers, strict=True)),
        columns(
            title,
            labels,
            [("Procedimientos", [float(one) for one in numbers])],
            formats.plural(max(numbers), "procedimiento", "procedimientos"),
        )
        if whole
        else "",
    )


def _times(told: Told) -> Panel:
    title = "Días de cada fase"
    rows = [(label, *told.sums.days(kind), told.sums.number(f"backwards:{kind}")) for kind, label in _PHASES]
    drawn = [
        Bar(label, middle, f"{_told('days', middle)} días")
        for label, middle, _, _ in rows
        if middle is not None
    ]
    return Panel(
        "tiempos",
        title,
        "Mediana de días naturales: la mitad tarda menos y la mitad más. Lo que tiene las fechas al revés no cuenta.",
        (
            Column("Fase"),
            Column("Mediana (días)", "days"),
            Column("De cuántos", "number"),
            Column("Fechas al revés", "number"),
        ),
        tuple(rows),
        bars(title, drawn) if drawn else "",
    )


_MAKERS: dict[str, Callable[[Told], Panel]] = dict(
    zip(
        KEYS,
        (
            _methods,
            _categories,
            _destinations,
            _stages,
            _years,
            _months,
            _terms,
            _suppliers,
            _ranked,
            _bidders,
            _times,
        ),
        strict=True,
    )
)

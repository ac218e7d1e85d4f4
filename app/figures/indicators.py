"""The indicators: what is told of sums in one number each, with the words that say how it is reckoned."""

from dataclasses import dataclass

from app.figures.contribution import METHODS
from app.figures.queries import Sums
from app.web import formats

UNKNOWN = "—"
MILLION = 10**6


@dataclass(frozen=True, slots=True)
class Indicator:
    """One number with its denominator and its formula; `value` is `UNKNOWN` where there is nothing to reckon with."""

    key: str
    label: str
    value: str
    note: str
    formula: str


@dataclass(frozen=True, slots=True)
class Group:
    """Indicators that answer one question."""

    title: str
    rows: tuple[Indicator, ...]


def groups(sums: Sums, *, tenants: int = 1) -> tuple[Group, ...]:
    """Return all indicators of a scope.

    Args:
        sums: of the scope.
        tenants: how many it is of; suppliers are known in each of several, not in all of them together.
    """
    return (
        Group(
            "Cuánto se contrata",
            (_amount(sums), _processes(sums), _contracts(sums), _suppliers(sums, tenants)),
        ),
        Group(
            "Con cuánta competencia",
            (_direct(sums), _bidders(sums), _single(sums), _concentration(sums, tenants)),
        ),
        Group(
            "Con qué tiempos",
            (
                _median(sums, "call", "Plazo para presentar ofertas", _CALL),
                _median(sums, "decision", "Del cierre de ofertas al fallo", _DECISION),
                _median(sums, "signing", "Del fallo a la firma", _SIGNING),
                _median(sums, "publishing", "De la firma a su publicación", _PUBLISHING),
            ),
        ),
        Group("Cómo se cumple", (_amended(sums), _grown(sums), _stretched(sums), _paid(sums))),
        Group(
            "Cuándo",
            (_december(sums), _spread(sums), _median(sums, "term", "Vigencia de un contrato", _TERM)),
        ),
    )


_CALL = "Mediana de días naturales entre el inicio y el fin del periodo de presentación de proposiciones."
_DECISION = "Mediana de días naturales entre el fin del periodo de proposiciones y la fecha de la primera adjudicación."
_SIGNING = "Mediana de días naturales entre la fecha de la adjudicación y la firma de cada contrato suyo."
_PUBLISHING = "Mediana de días naturales entre la firma de un contrato y la primera entrega pública que dice cuándo se firmó."
_TERM = "Mediana de días naturales de la vigencia de los contratos, incluidos el primero y el último."


def pesos(cents: float) -> str:
    """Return an amount as people read it: in millions of pesos where it has them."""
    if abs(cents) >= MILLION * 100:
        return f"${formats.number(cents / 100 / MILLION, 1)}{formats.NBSP}mdp"
    return f"${formats.number(round(cents / 100))}"


def share(part: float, whole: float) -> float | None:
    """Return a part of a whole; None of nothing."""
    return part / whole if whole else None


def _percent(part: float, whole: float) -> str:
    found = share(part, whole)
    return UNKNOWN if found is None else formats.percent(found, 1)


def _amount(sums: Sums) -> Indicator:
    left_out = sum(cell[0] for cell in sums.of("left_out").values())
    converted = sum(cell[0] for cell in sums.of("converted").values())
    note = f"de {formats.plural(sums.valued, 'contrato', 'contratos')} con monto en pesos"
    if converted:
        note += f", {formats.number(converted)} por su tipo de cambio"
    if left_out:
        note += f"; {formats.number(left_out)} en otra moneda quedan fuera"
    return Indicator(
        "monto",
        "Monto contratado",
        pesos(sums.amount("contract")) if sums.valued else UNKNOWN,
        note,
        "Suma del valor vigente de los contratos firmados en el periodo, sin los cancelados. Lo que está en otra moneda "
        "se convierte solo con el tipo de cambio a pesos que el propio contrato declara.",
    )


def _processes(sums: Sums) -> Indicator:
    return Indicator(
        "procedimientos",
        "Procedimientos",
        formats.number(sums.number("process")),
        "contrataciones publicadas",
        "Contrataciones distintas con un contrato firmado en el periodo; las que aún no tienen contrato, por la fecha de "
        "su última entrega.",
    )


def _contracts(sums: Sums) -> Indicator:
    return Indicator(
        "contratos",
        "Contratos",
        formats.number(sums.number("contract")),
        f"{formats.number(sums.valued)} con monto en pesos",
        "Contratos sin los cancelados, por el año de su firma; si no se dice, el de inicio de su vigencia, el de su "
        "adjudicación o el de la última entrega, en ese orden.",
    )


def _suppliers(sums: Sums, tenants: int) -> Indicator:
    missing = sums.number("no_supplier")
    counted = "con algún contrato" if tenants == 1 else "uno de varios organismos cuenta en cada uno"
    note = f"{formats.plural(missing, 'contrato', 'contratos')} sin proveedor publicado" if missing else ""
    return Indicator(
        "proveedores",
        "Proveedores",
        formats.number(sums.suppliers),
        f"{counted}; {note}" if note else counted,
        "Proveedores distintos de los contratos, por su identificador (RFC); si no se publica, por su nombre.",
    )


def _direct(sums: Sums) -> Indicator:
    known = sum(sums.amount(f"method:{method}") for method in METHODS)
    number = sum(sums.number(f"method:{method}") for method in METHODS)
    return Indicator(
        "directas",
        "Adjudicación directa",
        _percent(sums.amount("method:direct"), known),
        f"del monto; {_percent(sums.number('method:direct'), number)} de los procedimientos",
        "Monto de los contratos de adjudicaciones directas entre el de todos los que dicen su tipo de procedimiento.",
    )


def _bidders(sums: Sums) -> Indicator:
    known = sum(sums.bidders)
    return Indicator(
        "licitantes",
        "Licitantes por procedimiento",
        formats.number(sums.bids / known, 1) if known else UNKNOWN,
        f"en {formats.number(known)} que los dicen; {formats.number(sums.number('unknown_bidders'))} no",
        "Promedio de licitantes de las licitaciones e invitaciones ya adjudicadas que dicen cuántos hubo.",
    )


def _single(sums: Sums) -> Indicator:
    known = sum(sums.bidders)
    return Indicator(
        "unico",
        "Con un solo licitante",
        _percent(sums.bidders[0], known),
        f"{formats.number(sums.bidders[0])} de {formats.number(known)} licitaciones e invitaciones",
        "Licitaciones e invitaciones adjudicadas con un solo licitante, entre las que dicen cuántos hubo.",
    )


def _concentration(sums: Sums, tenants: int) -> Indicator:
    whole = sums.supplied
    index = share(sums.squares * 10_000, whole**2) if tenants == 1 else None
    return Indicator(
        "concentracion",
        "Concentración (IHH)",
        UNKNOWN if index is None else formats.number(index),
        "de 0, muchos por igual, a 10,000, uno solo" if tenants == 1 else "se calcula en cada organismo",
        "Índice Herfindahl-Hirschman: suma de los cuadrados de la parte de cada proveedor, en por ciento, del monto de los "
        "contratos con proveedor publicado. Un contrato de varios se reparte entre ellos por igual.",
    )


def _median(sums: Sums, kind: str, label: str, formula: str) -> Indicator:
    middle, count = sums.days(kind)
    whole = middle is not None and middle == int(middle)
    backwards = sums.number(f"backwards:{kind}")
    note = f"mediana de {formats.number(count)}"
    if backwards:
        note += f"; {formats.number(backwards)} con fechas al revés no cuentan"
    return Indicator(
        f"dias-{kind}",
        label,
        UNKNOWN if middle is None else f"{formats.number(middle, 0 if whole else 1)}{formats.NBSP}días",
        note,
        formula,
    )


def _amended(sums: Sums) -> Indicator:
    return Indicator(
        "modificados",
        "Contratos modificados",
        _percent(sums.number("amended"), sums.number("contract")),
        f"{formats.number(sums.number('amended'))} de {formats.number(sums.number('contract'))}",
        "Contratos con al menos un convenio modificatorio publicado, entre todos.",
    )


def _grown(sums: Sums) -> Indicator:
    return Indicator(
        "crecimiento-monto",
        "Crecimiento del monto",
        _percent(sums.amount("grown"), sums.amount("grown_from")),
        f"en {formats.plural(sums.number('grown'), 'contrato modificado comparable', 'contratos modificados comparables')}",
        "Cuánto cambió el monto de los contratos modificados: valor vigente menos el que se publicó primero, entre este. "
        "Solo los que se publicaron antes de modificarse.",
    )


def _stretched(sums: Sums) -> Indicator:
    return Indicator(
        "crecimiento-plazo",
        "Crecimiento del plazo",
        _percent(sums.amount("stretched"), sums.amount("stretched_from")),
        f"en {formats.plural(sums.number('stretched'), 'contrato modificado comparable', 'contratos modificados comparables')}",
        "Cuánto cambió, en días, la vigencia de los contratos modificados, entre la que se publicó primero.",
    )


def _paid(sums: Sums) -> Indicator:
    return Indicator(
        "pagado",
        "Pagado de lo contratado",
        _percent(sums.amount("paid"), sums.amount("paid_of")),
        f"en {formats.number(sums.number('paid_of'))} de {formats.number(sums.number('contract'))} contratos que "
        "publican sus pagos",
        "Suma de los pagos publicados entre el valor de los mismos contratos.",
    )


def _december(sums: Sums) -> Indicator:
    months = sums.of("month")
    return Indicator(
        "diciembre",
        "Firmado en diciembre",
        _percent(sums.amount("month:12"), sum(cell[1] for cell in months.values())),
        "del monto; un doceavo sería 8.3 %",
        "Monto de los contratos firmados en diciembre entre el de todos los que dicen cuándo se firmaron.",
    )


def _spread(sums: Sums) -> Indicator:
    return Indicator(
        "vigente",
        "Monto que corresponde al periodo",
        pesos(sums.amount("spread")) if sums.number("spread") else UNKNOWN,
        f"de {formats.plural(sums.number('spread'), 'contrato', 'contratos')} vigentes en él",
        "El valor de cada contrato se reparte por día entre su inicio y su fin; aquí está lo que toca a los días del "
        "periodo. Sin vigencia publicada, todo en el año de su firma.",
    )

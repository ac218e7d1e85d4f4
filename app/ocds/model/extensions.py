"""The extensions of the profile: the 18 that EDCA-MX declares, and `bids`.

What each adds stands beside the standard's fields (`extension=` of a field, block or code); here is who they are.
"""

from dataclasses import dataclass

OWN = "profile"
"""`extension=` of what this project adds itself; every such field and code stands in `deviations`."""

_RAW = "https://raw.githubusercontent.com"
_EDCA_MX = "INAImexico"
_MOVED = "contratacionesabiertas"
_COMMUNITY = "open-contracting-extensions"


@dataclass(frozen=True, slots=True)
class ExtensionInfo:
    """An extension as publishers declare it."""

    name: str
    label: str
    help: str
    repository: str
    owners: tuple[str, ...] = (_EDCA_MX, _MOVED, _COMMUNITY)
    """Accounts under which publishers have declared it; the first is the one EDCA-MX writes."""

    @property
    def url(self) -> str:
        """Address of its `extension.json` as EDCA-MX declares it."""
        return self.urls[0]

    @property
    def urls(self) -> tuple[str, ...]:
        """Every address under which data declare it. Names, never fetched: several of them are dead."""
        return tuple(f"{_RAW}/{owner}/{self.repository}/master/extension.json" for owner in self.owners)


def _edca(name: str, label: str, help_: str) -> ExtensionInfo:
    return ExtensionInfo(name, label, help_, f"ocds_{name}_extension")


EXTENSIONS = (
    _edca(
        "requestForQuotes",
        "Solicitudes de cotización",
        "A quién se pidió cotizar y qué contestó, en la planeación.",
    ),
    _edca(
        "clarificationMeetings", "Juntas de aclaraciones", "Cuándo fueron las juntas y quiénes asistieron."
    ),
    _edca("paymentMethod", "Forma de pago", "Cómo se hizo cada pago."),
    _edca("taxes", "Impuestos", "El monto sin impuestos, además del total."),
    _edca("exchangeRate", "Tipo de cambio", "Con qué tipo de cambio se convierte un monto."),
    _edca("location", "Lugares de entrega", "Dónde se entrega o se ejecuta, en el mapa o con domicilio."),
    _edca(
        "publicNotices",
        "Avisos a la población",
        "Un tipo de hito para las molestias que causa la obra pública.",
    ),
    _edca(
        "implementationStatus",
        "Situación de la ejecución",
        "Si la ejecución está por iniciar, en curso o concluida.",
    ),
    _edca("awardRationale", "Razones de la adjudicación", "Por qué se eligió a quien se eligió."),
    _edca(
        "nameBreakdown",
        "Nombre y tipo de persona",
        "Nombre y apellidos por separado, y si es persona física o moral.",
    ),
    _edca("surveillanceMechanisms", "Vigilancia", "Quién vigila que el contrato se cumpla."),
    _edca(
        "extendedProcurementCategory",
        "Categorías adicionales",
        "Claves mexicanas para decir qué se contrata.",
    ),
    _edca("memberOf", "Consorcios", "De qué proposición conjunta forma parte un participante."),
    _edca(
        "additionalContactPoints",
        "Otros puntos de contacto",
        "Más de un contacto por participante, con idioma y domicilio.",
    ),
    _edca("contactPointType", "Tipo de contacto", "Si el contacto atiende o representa legalmente."),
    _edca("budget_breakdown", "Desglose del presupuesto", "De quién viene el dinero y para qué periodo."),
    _edca(
        "budgetLines",
        "Claves presupuestarias",
        "La clave presupuestaria completa, por componentes y momentos.",
    ),
    _edca("guarantees", "Garantías", "Fianzas y demás garantías del contrato."),
    ExtensionInfo(
        "bids",
        "Proposiciones",
        "Las proposiciones recibidas y sus números.",
        "ocds_bid_extension",
        (_COMMUNITY,),
    ),
)

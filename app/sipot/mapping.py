"""What each SIPOT column is in OCDS: one table, from which both directions and the page of the docs are read.

A path starts at a root of one row: `tender`, `planning`, `award`, `contract`, `supplier` (the party that the row names),
`meeting` (clarification), `budget` (the breakdown of the contract's money) or `report` (what SIPOT asks about the
report itself and no release can say). `documents[type]` is every document of that type.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from app.core.folding import fold
from app.ocds.model import CODELISTS

VERSION = "1"
"""Of the table; an import keeps it, so what it did can be told later."""


class Rule(StrEnum):
    """How a cell becomes a value and back; `app.sipot.inward` and `app.sipot.outward` do it."""

    TEXT = "text"
    DAY = "day"
    PESOS = "pesos"
    CONVERTED = "converted"
    URLS = "urls"
    CODE = "code"
    CODES = "codes"
    METHOD = "method"
    CATEGORY = "category"
    CURRENCY = "currency"
    RATE = "rate"
    TOTAL = "total"
    UNITS = "units"
    PEOPLE = "people"
    QUOTES = "quotes"
    AMENDMENTS = "amendments"
    AMENDED = "amended"
    UNSUCCESSFUL = "unsuccessful"
    SPENDING = "spending"
    FINANCING = "financing"
    NOTICES = "notices"
    ADDRESS = "address"
    ABROAD = "abroad"
    PLACE = "place"
    WORKS = "works"
    REPORT = "report"
    LOST = "lost"


RULES: Mapping[Rule, str] = MappingProxyType(
    {
        Rule.TEXT: "el mismo texto",
        Rule.DAY: "el día; en OCDS, con la hora y la zona del organismo (el inicio a las 00:00, el término a las 23:59:59)",
        Rule.PESOS: "pesos; hacia SIPOT se convierte con el tipo de cambio",
        Rule.CONVERTED: "SIPOT lo pide en pesos: se multiplica o divide por el tipo de cambio, sin perder centavos",
        Rule.URLS: "una dirección por documento; varias van separadas por coma",
        Rule.CODE: "el código de la etiqueta",
        Rule.CODES: "los códigos de las etiquetas, separadas por punto y coma; lo que no está en la lista queda como texto",
        Rule.METHOD: "la etiqueta en `procurementMethodDetails` y su código en `procurementMethod`",
        Rule.CATEGORY: "la categoría principal y, cuando la materia es más fina, la adicional",
        Rule.CURRENCY: "el código ISO; se entienden los nombres usuales",
        Rule.RATE: "pesos por unidad de la moneda del contrato",
        Rule.TOTAL: "la suma; hacia OCDS, una sola garantía",
        Rule.UNITS: "el nombre de cada área, separados por punto y coma",
        Rule.PEOPLE: "una subfila por participante; el RFC sin prefijo",
        Rule.QUOTES: "una subfila por cotización",
        Rule.AMENDMENTS: "una subfila por convenio; su documento se liga por el número",
        Rule.AMENDED: "se deduce: Sí cuando hay convenios",
        Rule.UNSUCCESSFUL: "Sí cuando el procedimiento quedó desierto",
        Rule.SPENDING: "una subfila por clave presupuestaria: su partida",
        Rule.FINANCING: "la descripción del componente `budgetSource`",
        Rule.NOTICES: "un hito de tipo `publicNotices` por renglón de texto",
        Rule.ADDRESS: "el mismo texto, cuando el domicilio está en México",
        Rule.ABROAD: "el mismo texto, cuando el domicilio está en otro país",
        Rule.PLACE: "el domicilio de entrega de las partidas",
        Rule.WORKS: "una subfila con lugar, impacto, avisos y etapa, como las columnas de esos nombres",
        Rule.REPORT: "es del reporte, no de la contratación: lo da quien reporta el trimestre",
        Rule.LOST: "OCDS no tiene dónde ponerlo o la ley no deja publicarlo",
    }
)
"""Rule -> Spanish, for the table in the docs."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    key: str
    path: str
    rule: Rule
    note: str = ""
    """Spanish: what should be known of it."""


def _documents(key: str, root: str, *types: str, note: str = "") -> Line:
    return Line(key, f"{root}.documents[{'+'.join(types)}]", Rule.URLS, note)


LINES: tuple[Line, ...] = (
    Line("year", "report.year", Rule.REPORT),
    Line("period.start", "report.start", Rule.REPORT),
    Line("period.end", "report.end", Rule.REPORT),
    Line("method", "tender.procurementMethodDetails", Rule.METHOD),
    Line("category", "tender.mainProcurementCategory", Rule.CATEGORY),
    Line("character", "tender.procedureCharacter", Rule.TEXT),
    Line("file", "tender.id", Rule.TEXT),
    Line("unsuccessful", "tender.status", Rule.UNSUCCESSFUL),
    Line("motives", "tender.procurementMethodRationale", Rule.TEXT, "Si falta, la razón de la adjudicación."),
    _documents("authorization.url", "planning", "exceptionAuthorization"),
    Line("possible", "parties[invitedSupplier]", Rule.PEOPLE),
    _documents("call.url", "tender", "tenderNotice"),
    Line("call.date", "tender.tenderPeriod.startDate", Rule.DAY),
    Line("description", "tender.description", Rule.TEXT, "Si falta, el objeto del contrato."),
    Line("bidders", "tender.tenderers", Rule.PEOPLE),
    Line("meeting.date", "meeting.date", Rule.DAY, "De la primera junta; SIPOT no tiene lugar para más."),
    Line("attendees", "meeting.attendees", Rule.PEOPLE, "De todas las juntas."),
    Line("officials", "meeting.officials", Rule.PEOPLE, "De todas las juntas."),
    _documents("meeting.url", "tender", "clarifications"),
    _documents("opening.url", "tender", "openingOfProposals"),
    _documents("reports.url", "award", "evaluationReports"),
    _documents("award.url", "award", "awardNotice"),
    Line("quotes", "planning.requestsForQuotes.quotes", Rule.QUOTES),
    Line("supplier.given", "supplier.identifier.givenName", Rule.TEXT),
    Line("supplier.first", "supplier.identifier.patronymicName", Rule.TEXT),
    Line("supplier.second", "supplier.identifier.matronymicName", Rule.TEXT),
    Line("supplier.sex", "", Rule.LOST, "El sexo de una persona nunca se publica."),
    Line("supplier.legal", "supplier.identifier.legalName", Rule.TEXT),
    Line("owners", "", Rule.LOST, "EDCA-MX no incluye a las personas beneficiarias finales."),
    Line("supplier.rfc", "supplier.identifier.id", Rule.TEXT, "Sin el prefijo MX-RFC."),
    Line("address.road_type", "supplier.address.streetType", Rule.ADDRESS),
    Line("address.street", "supplier.address.streetAddress", Rule.ADDRESS),
    Line("address.outdoor", "supplier.address.outdoorNumber", Rule.ADDRESS),
    Line("address.indoor", "supplier.address.indoorNumber", Rule.ADDRESS),
    Line("address.settlement_type", "supplier.address.settlementType", Rule.ADDRESS),
    Line("address.settlement", "supplier.address.settlementName", Rule.ADDRESS),
    Line("address.locality_code", "supplier.address.localityCode", Rule.ADDRESS),
    Line("address.locality", "supplier.address.localityName", Rule.ADDRESS),
    Line("address.municipality_code", "supplier.address.municipalityCode", Rule.ADDRESS),
    Line("address.municipality", "supplier.address.locality", Rule.ADDRESS),
    Line("address.state_code", "supplier.address.regionCode", Rule.ADDRESS),
    Line("address.state", "supplier.address.region", Rule.ADDRESS),
    Line("address.postal_code", "supplier.address.postalCode", Rule.ADDRESS),
    Line("abroad.country", "supplier.address.countryName", Rule.ABROAD),
    Line("abroad.city", "supplier.address.locality", Rule.ABROAD),
    Line("abroad.street", "supplier.address.streetAddress", Rule.ABROAD),
    Line("abroad.number", "supplier.address.outdoorNumber", Rule.ABROAD),
    Line("reasons", "award.rationale", Rule.TEXT),
    Line("requesting", "planning.requestingUnits", Rule.UNITS),
    Line("contracting", "planning.contractingUnits", Rule.UNITS),
    Line("responsible", "planning.responsibleUnits", Rule.UNITS),
    Line("contract.number", "contract.id", Rule.TEXT),
    Line("contract.date", "contract.dateSigned", Rule.DAY),
    Line("validity.start", "award.contractPeriod.startDate", Rule.DAY, "Si falta, el plazo del contrato."),
    Line("validity.end", "award.contractPeriod.endDate", Rule.DAY, "Si falta, el plazo del contrato."),
    Line("currency", "contract.value.currency", Rule.CURRENCY),
    Line("rate", "contract.value.exchangeRates.rate", Rule.RATE),
    Line("net", "contract.value.netAmount", Rule.CONVERTED),
    Line("gross", "contract.value.amount", Rule.CONVERTED),
    Line("minimum", "tender.minValue.amount", Rule.PESOS, "Es del procedimiento, no de cada contrato."),
    Line("maximum", "tender.value.amount", Rule.PESOS, "Es del procedimiento, no de cada contrato."),
    Line("payment", "contract.implementation.transactions.paymentMethod", Rule.CODE, "Del primer pago."),
    Line("object", "contract.description", Rule.TEXT),
    Line("guarantees", "contract.guarantees.value.amount", Rule.TOTAL),
    Line("term.start", "contract.period.startDate", Rule.DAY),
    Line("term.end", "contract.period.endDate", Rule.DAY),
    _documents("contract.url", "contract", "contractSigned", "contractAnnexe", note="El primero es el contrato; los demás, anexos."),
    _documents("suspension.url", "contract", "suspensionNotice"),
    Line("spending", "budget.budgetLines.components[spendingObject]", Rule.SPENDING),
    Line("origin", "budget.origin", Rule.TEXT),
    Line("source", "budget.budgetLines.components[budgetSource]", Rule.FINANCING),
    Line("fund", "budget.fundType", Rule.TEXT),
    Line("works", "contract", Rule.WORKS),
    Line("works.place", "contract.items.deliveryAddresses", Rule.PLACE),
    Line("works.description", "contract.items.description", Rule.PLACE),
    _documents("works.impact", "planning", "environmentalImpact"),
    Line("works.notices", "contract.implementation.milestones[publicNotices]", Rule.NOTICES),
    Line("works.stage", "contract.implementation.status", Rule.CODE),
    Line("amended", "contract.amendments", Rule.AMENDED),
    Line("amendments", "contract.amendments", Rule.AMENDMENTS),
    Line("surveillance", "contract.surveillanceMechanisms", Rule.CODES),
    _documents("physical.url", "contract.implementation", "physicalProgressReport"),
    _documents("financial.url", "contract.implementation", "financialProgressReport"),
    _documents("reception.url", "contract.implementation", "physicalReception"),
    _documents("settlement.url", "contract.implementation", "settlement"),
    _documents("invoice.url", "contract.implementation", "invoice", note="`invoice` no está en la lista de OCDS, que es abierta."),
    Line("area", "report.area", Rule.REPORT),
    Line("validated", "report.validated", Rule.REPORT),
    Line("updated", "report.updated", Rule.REPORT),
    Line("note", "report.note", Rule.REPORT),
)  # fmt: skip

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "Licitación pública": "open",
        "Invitación a cuando menos tres personas": "selective",
        "Adjudicación directa": "direct",
    }
)
"""Label -> `procurementMethod`; another one is kept in words alone."""

CATEGORIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "Obra pública": ("works", ""),
        "Servicios relacionados con obra pública": ("works", "worksRelatedServices"),
        "Adquisiciones": ("goods", "goodsAcquisition"),
        "Arrendamientos": ("goods", "goodsLease"),
        "Servicios": ("services", ""),
    }
)
"""Label -> main category and the additional one that tells it apart; the first of a main category stands for it alone,
except that goods are acquisitions."""

CODES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "works.stage": {"En planeación": "planning", "En ejecución": "ongoing", "En finiquito": "concluded"},
        "payment": {
            "Efectivo": "cash",
            "Cheque": "check",
            "Transferencia bancaria": "wireTransfer",
            "Tarjeta corporativa": "corporateCard",
            "Carta de crédito": "letterOfCredit",
        },
        "surveillance": {
            "Testigo social": "socialWitness",
            "Contraloría social": "citizenComptroller",
            "Órgano interno de control": "internalControlUnit",
            "Auditoría externa": "externalAuditor",
        },
    }
)
"""Key -> label -> code."""

CLOSED = frozenset(("works.stage",))
"""Keys whose code list takes no words of one's own."""

CURRENCIES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("peso", "pesos", "peso mexicano", "pesos mexicanos", "moneda nacional", "m.n.", "mn", "mxp", "nacional"), "MXN"),
        **dict.fromkeys(("dolar", "dolares", "dolar americano", "dolares americanos", "dolar estadounidense", "dolares estadounidenses", "dls", "usd"), "USD"),
        **dict.fromkeys(("euro", "euros"), "EUR"),
        **dict.fromkeys(("libra", "libras", "libra esterlina", "libras esterlinas"), "GBP"),
        **dict.fromkeys(("yen", "yenes"), "JPY"),
    }
)  # fmt: skip
"""Names that people write, folded -> ISO code."""

BEYOND: tuple[tuple[str, str], ...] = (
    ("parties.contactPoint", "SIPOT no pide datos de contacto."),
    (
        "planning.milestones, tender.milestones, contracts.milestones",
        "SIPOT solo tiene avisos a la población.",
    ),
    ("planning.requestsForQuotes.invitedSuppliers", "Solo se reporta a quien cotizó."),
    (
        "tender.items, awards.items, contracts.items",
        "Cantidades, unidades, clasificación y precios no tienen columna.",
    ),
    ("tender.amendments, awards.amendments", "Solo se reportan los convenios del contrato."),
    ("tender.enquiryPeriod, tender.awardPeriod, tender.contractPeriod", "No tienen columna."),
    ("tender.clarificationMeetings", "La fecha de la segunda junta y de las siguientes no tiene columna."),
    ("awards.value, awards.date", "SIPOT reporta el monto y la fecha del contrato."),
    ("awards.suppliers", "Uno por fila: una adjudicación conjunta ocupa una fila por proveedor."),
    ("bids", "Se reporta quién ofertó, no cuánto."),
    ("contracts.guarantees", "Tipo, vigencia y afianzadora no tienen columna; los montos van sumados."),
    ("contracts.implementation.transactions", "Solo la forma de pago del primero."),
    ("contracts.value.exchangeRates", "La fecha y la fuente del tipo de cambio no tienen columna."),
    (
        "documents",
        "Título, descripción, fecha y formato no tienen columna; de los tipos, solo los de la tabla.",
    ),
    ("relatedProcesses", "No tienen columna."),
)
"""OCDS that SIPOT has no column for -> why or what remains of it, Spanish."""


@lru_cache(maxsize=256)
def method_of(label: str) -> str | None:
    """Return the method that a label means, None where it is not one of the law's."""
    return next((code for words, code in METHODS.items() if fold(words) == fold(label)), None)


@lru_cache(maxsize=256)
def category_of(label: str) -> tuple[str, str] | None:
    """Return the main category that a label means and the one that tells it apart."""
    return next((pair for words, pair in CATEGORIES.items() if fold(words) == fold(label)), None)


@lru_cache(maxsize=256)
def currency_of(text: str) -> str | None:
    """Return the ISO code of a currency, given so or by a usual name; None where it is neither."""
    code = text.strip().upper()
    return code if code in CODELISTS["currency"].codes else CURRENCIES.get(fold(text))


@lru_cache(maxsize=1024)
def code_of(key: str, label: str) -> str | None:
    """Return the code that a label of a column means, None where it is not of its list."""
    plain = fold(label)
    return next((code for words, code in CODES[key].items() if plain in (fold(words), fold(code))), None)


def label_of(key: str, code: str) -> str:
    """Return the label of a code; of words that are no code, the words."""
    return next((words for words, known in CODES[key].items() if known == code), code)


def in_pesos(amount: float, rate: float) -> int | float:
    """Return an amount in pesos, half a cent rounded up."""
    exact = Decimal(str(amount)) * Decimal(str(rate))
    rounded = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)


def from_pesos(pesos: float, rate: float) -> int | float:
    """Return the amount that gives so many pesos at a rate, with no more decimals than that takes."""
    exact = pesos / rate
    for decimals in range(2, 7):
        amount = round(exact, decimals)
        if in_pesos(amount, rate) == pesos:
            break
    return int(amount) if amount == int(amount) else amount

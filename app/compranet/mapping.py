"""What the columns of CompraNet are called and where each goes, as data with a version.

The names of 2010 to 2017 are those of the open data files (39 columns); later ones as CompraNet (2018 to 2022) and
Compras MX are documented by those who read them. A column with no place in OCDS is kept word by word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from app.core.folding import fold

VERSION = "2026-11"
"""Of this table; it changes whenever the same file would give other releases."""


class Rule(Enum):
    """How a cell becomes a value."""

    TEXT = "el mismo texto"
    DAY = "fecha; la medianoche GMT es el día, sin hora"
    MONEY = "cantidad; 0 es «no se sabe»"
    CURRENCY = "código ISO de la moneda"
    CODE = "el código de la etiqueta"
    URL = "liga a un documento"
    PARTY = "participante, con su papel"
    KEPT = "no tiene lugar en OCDS: se guarda como vino, en «Lo que no se tomó»"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list.

    Attributes:
        key: ours.
        path: in the release; `award` and `contract` are the row's own.
        rule: how it is read.
        titles: its names, oldest first.
        required: without it nothing can be taken.
    """

    key: str
    path: str
    rule: Rule
    titles: tuple[str, ...]
    required: bool = False


COLUMNS: tuple[Column, ...] = (
    Column("government", "", Rule.KEPT, ("GOBIERNO", "Orden de gobierno")),
    Column("initials", "", Rule.KEPT, ("SIGLAS", "Siglas de la Institución")),
    Column("body", "buyer", Rule.PARTY, ("DEPENDENCIA", "Institución"), required=True),
    Column("unit.key", "parties[contractingUnit].id", Rule.PARTY, ("CLAVEUC", "Clave de la UC")),
    Column("unit.name", "parties[contractingUnit].name", Rule.PARTY, ("NOMBRE_DE_LA_UC", "Nombre de la UC")),
    Column("unit.person", "parties[contractingUnit].contactPoint.name", Rule.PARTY, ("RESPONSABLE", "Responsable de la UC")),
    Column("file", "relatedProcesses.identifier", Rule.TEXT, ("NUMERO_EXPEDIENTE", "Código del expediente"), required=True),
    Column("title", "tender.title", Rule.TEXT, ("TITULO_EXPEDIENTE", "Título del expediente")),
    Column("template", "", Rule.KEPT, ("PLANTILLA_EXPEDIENTE", "Plantilla del expediente")),
    Column("number", "tender.id", Rule.TEXT, ("NUMERO_PROCEDIMIENTO", "Número del procedimiento", "Número de procedimiento")),
    Column("award.date", "award.date", Rule.DAY, ("EXP_F_FALLO", "Fecha de fallo")),
    Column("published", "tender.tenderPeriod.startDate", Rule.DAY, ("PROC_F_PUBLICACION", "Fecha de publicación")),
    Column("opened", "tender.tenderPeriod.endDate", Rule.DAY, ("FECHA_APERTURA_PROPOSICIONES", "Fecha de apertura")),
    Column("character", "tender.procedureCharacter", Rule.CODE, ("CARACTER", "Carácter del procedimiento", "Carácter")),
    Column("category", "tender.mainProcurementCategory", Rule.CODE, ("TIPO_CONTRATACION", "Tipo de contratación")),
    Column("method", "tender.procurementMethod", Rule.CODE, ("TIPO_PROCEDIMIENTO", "Tipo de procedimiento", "Tipo Procedimiento")),
    Column("form", "tender.submissionMethod", Rule.CODE, ("FORMA_PROCEDIMIENTO", "Forma de participación", "Forma de procedimiento")),
    Column("contract", "contract.id", Rule.TEXT, ("CODIGO_CONTRATO", "Código del contrato"), required=True),
    Column("contract.title", "contract.title", Rule.TEXT, ("TITULO_CONTRATO", "Título del contrato")),
    Column("contract.description", "contract.description", Rule.TEXT, ("Descripción del contrato",)),
    Column("start", "contract.period.startDate", Rule.DAY, ("FECHA_INICIO", "Fecha de inicio del contrato")),
    Column("end", "contract.period.endDate", Rule.DAY, ("FECHA_FIN", "Fecha de fin del contrato")),
    Column("amount", "contract.value.amount", Rule.MONEY, ("IMPORTE_CONTRATO", "Importe del contrato", "Importe DRC"), required=True),
    Column("currency", "contract.value.currency", Rule.CURRENCY, ("MONEDA", "Moneda del contrato")),
    Column("status", "contract.status", Rule.CODE, ("ESTATUS_CONTRATO", "Estatus del contrato", "Estatus DRC")),
    Column("archived", "", Rule.KEPT, ("ARCHIVADO",)),
    Column("branch", "", Rule.KEPT, ("RAMO", "Clave Ramo")),
    Column("program", "", Rule.KEPT, ("CLAVE_PROGRAMA", "Clave del programa federal")),
    Column("federal", "", Rule.KEPT, ("APORTACION_FEDERAL",)),
    Column("signed", "contract.dateSigned", Rule.DAY, ("FECHA_CELEBRACION", "Fecha de firma del contrato")),
    Column("framework", "", Rule.KEPT, ("CONTRATO_MARCO", "Contrato marco")),
    Column("consolidated", "", Rule.KEPT, ("COMPRA_CONSOLIDADA", "Compra consolidada")),
    Column("multiannual", "", Rule.KEPT, ("PLURIANUAL", "Contrato plurianual")),
    Column("portfolio", "", Rule.KEPT, ("CLAVE_CARTERA_SHCP", "Clave de cartera SHCP")),
    Column("scale.own", "", Rule.KEPT, ("ESTRATIFICACION_MUC",)),
    Column("supplier", "award.suppliers", Rule.PARTY, ("PROVEEDOR_CONTRATISTA", "Proveedor o contratista")),
    Column("supplier.rfc", "parties[supplier].identifier.id", Rule.PARTY, ("RFC", "RFC del proveedor")),
    Column("scale", "", Rule.KEPT, ("ESTRATIFICACION_MPC", "Estratificación de la empresa")),
    Column("supplier.status", "", Rule.KEPT, ("ESTATUS_EMPRESA",)),
    Column("account", "", Rule.KEPT, ("CUENTA_ADMINISTRADA_POR",)),
    Column("url", "tender.documents[tenderNotice].url", Rule.URL, ("ANUNCIO", "Dirección del anuncio", "Dirección anuncio")),
)  # fmt: skip

BY_KEY: Mapping[str, Column] = MappingProxyType({column.key: column for column in COLUMNS})


def plain(title: str) -> str:
    """Return the name of a column without what people and programs change: case, accents, underscores, blanks."""
    return " ".join(fold(title.replace("_", " ")).split())


KNOWN: Mapping[str, Column] = MappingProxyType(
    {plain(title): column for column in COLUMNS for title in column.titles}
)
"""Name as `plain` leaves it -> column."""

LEAST_KNOWN = 8
"""Columns that a row must name to be the one with the labels."""

METHODS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "licitacion publica": ("open", "Licitación pública"),
        "invitacion a cuando menos": ("selective", "Invitación a cuando menos tres personas"),
        "adjudicacion directa": ("direct", "Adjudicación directa"),
    }
)
"""How the label begins, folded -> `procurementMethod`, name in the law."""

CATEGORIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "adquisiciones": ("goods", "goodsAcquisition"),
        "arrendamientos": ("goods", "goodsLease"),
        "servicios": ("services", ""),
        "obra publica": ("works", ""),
        "servicios relacionados con la op": ("works", "worksRelatedServices"),
        "servicios relacionados con la obra publica": ("works", "worksRelatedServices"),
    }
)
"""Label, folded -> main category and the additional one."""

FORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "electronica": ("electronicSubmission",),
        "presencial": ("inPerson",),
        "mixta": ("electronicSubmission", "inPerson"),
    }
)

STATUSES: Mapping[str, str] = MappingProxyType(
    {"activo": "active", "expirado": "terminated", "terminado": "terminated"}
)
"""An expired contract was in force until its last day."""

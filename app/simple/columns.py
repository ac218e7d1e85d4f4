"""The columns of the simple sheet, as data with a version: what each asks, how it is read, and where it goes in OCDS.

The template, its instructions, the reader, the mapping and the table in docs/imports.md are all made of this list.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from app.core.folding import fold
from app.sipot import formats
from app.sipot.formats import Kind, words

VERSION = "2026-11"
"""Of this table; it changes whenever the same sheet would give other releases."""


class Rule(Enum):
    """How a cell becomes a value; the words are those of the docs."""

    KEY = "distingue a la contratación"
    OBJECT = "el mismo texto, también como objeto de la adjudicación y del contrato"
    TEXT = "el mismo texto"
    DAY = "el día, con la hora y la zona de la institución"
    COUNT = "número entero"
    AMOUNT = "cantidad en la moneda del renglón; 0 es «no se sabe»"
    CURRENCY = "código ISO; se entienden los nombres usuales; vacía es MXN"
    METHOD = "la etiqueta y su código"
    CATEGORY = "la categoría principal y, cuando es más fina, la adicional"
    STATE = "la situación del contrato o, sin contrato, la de la licitación"
    ORIGIN = "el origen de todo el presupuesto de la contratación"
    UNITS = "el nombre de cada área, separadas por punto y coma"
    PARTY = "participante con el papel de proveedor, una vez aunque se repita"
    DOCUMENT = "un documento por enlace"
    PAID = "un solo pago con lo pagado hasta hoy"
    AMENDMENT = "el número de una modificación del contrato"
    AMENDED = "la fecha de esa modificación"
    KEPT = "no se publica: queda en «Lo que no se tomó»"


_KINDS: Mapping[Rule, Kind] = MappingProxyType(
    {
        Rule.OBJECT: Kind.LONG,
        Rule.TEXT: Kind.LONG,
        Rule.DAY: Kind.DATE,
        Rule.AMENDED: Kind.DATE,
        Rule.COUNT: Kind.NUMBER,
        Rule.AMOUNT: Kind.MONEY,
        Rule.PAID: Kind.MONEY,
        Rule.DOCUMENT: Kind.URL,
        Rule.KEPT: Kind.NOTE,
    }
)
"""What is not here is a short text."""

_SHORTEST_BEGINNING = 5
"""Letters with which the beginning of a label may stand for it."""


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a drop-down.

    Attributes:
        label: as the drop-down shows it.
        codes: what it sets; the rule of the column knows in which places. Empty sets nothing there.
        also: other names, folded.
    """

    label: str
    codes: tuple[str, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of the sheet; itself and no other.

    Attributes:
        key: ours; the same as SIPOT's where it asks the same.
        group: what it is about, as the row above the titles says.
        title: as the template has it.
        path: in the release; `award`, `contract` and `supplier` are the row's own.
        rule: how it is read.
        help: what to write, in a note on the title.
        example: as a person would write it.
        required: a process without it is told so.
        also: other titles under which people have it.
        options: of its drop-down.
        open: a value that is not among the options is taken too.
    """

    key: str
    group: str
    title: str
    path: str
    rule: Rule
    help: str
    example: str
    required: bool = False
    also: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    open: bool = False

    @property
    def kind(self) -> Kind:
        """How its cells are understood."""
        return _KINDS.get(self.rule, Kind.SHORT)

    @property
    def is_contract(self) -> bool:
        """Whether it says something of a contract or its supplier, and not of the process."""
        return self.path.partition(".")[0] in ("award", "contract", "supplier")

    def option(self, text: str) -> Option | None:
        """Return the entry that a text means, however it is spelled, cut or followed by more."""
        plain = fold(text).strip(" .")
        named = {name: option for option in self.options for name in (fold(option.label), *option.also)}
        if plain in named:
            return named[plain]
        longest = sorted((name for name in named if plain.startswith(f"{name} ")), key=len)
        if longest:
            return named[longest[-1]]
        if len(plain) < _SHORTEST_BEGINNING:
            return None
        begun = {option.label: option for name, option in named.items() if name.startswith(plain)}
        return next(iter(begun.values())) if len(begun) == 1 else None


_PROCESS, _SUPPLIER, _CONTRACT, _OWN = "Procedimiento", "Proveedor", "Fallo y contrato", "Para ti"

_METHODS = (
    Option("Licitación pública", ("open",), ("licitacion", "lp")),
    Option(
        "Invitación a cuando menos tres personas",
        ("selective",),
        ("invitacion", "invitacion restringida", "itp", "i3p"),
    ),
    Option("Adjudicación directa", ("direct",), ("compra directa", "directa", "ad")),
)
_CATEGORIES = (
    Option("Bienes", ("goods", "goodsAcquisition"), ("adquisiciones", "adquisicion", "adquisicion de bienes")),
    Option("Arrendamientos", ("goods", "goodsLease"), ("arrendamiento", "renta", "arrendamiento de bienes")),
    Option("Servicios", ("services", ""), ("servicio", "prestacion de servicios")),
    Option("Obra pública", ("works", ""), ("obra", "obras", "obras publicas")),
    Option(
        "Servicios relacionados con obra pública",
        ("works", "worksRelatedServices"),
        ("servicios relacionados", "servicios relacionados con la obra publica", "servicios relacionados con la obra"),
    ),
)  # fmt: skip
"""`codes`: main category, additional one."""
_STATES = (
    Option("En proceso", ("active", "pending"), ("en curso", "en convocatoria", "por firmar", "pendiente", "abierta", "abierto")),
    Option("Vigente", ("", "active"), ("activo", "activa", "en vigor", "en ejecucion", "firmado")),
    Option("Terminado", ("", "terminated"), ("terminada", "concluido", "concluida", "finiquitado", "cerrado", "vencido")),
    Option("Cancelado", ("cancelled", "cancelled"), ("cancelada",)),
    Option("Desierta", ("unsuccessful", ""), ("desierto", "declarada desierta")),
)  # fmt: skip
"""`codes`: status of the tender where the row has no contract, of the contract where it has one."""
_CURRENCIES = tuple(Option(code, (code,)) for code in ("MXN", "USD", "EUR"))
_ORIGINS = tuple(Option(name, (name,)) for name in ("Federales", "Estatales", "Municipales"))

COLUMNS: tuple[Column, ...] = (
    Column("file", _PROCESS, "Expediente o número de procedimiento", "tender.id", Rule.KEY,
        "El que tu oficina le dio a esta compra. Los renglones con el mismo expediente son una sola contratación.",
        "MSJ-AD-004-2026", required=True, also=("Expediente", "Número de expediente", "No. de expediente", "Número de procedimiento", "No. de procedimiento")),
    Column("title", _PROCESS, "Objeto de la contratación", "tender.title", Rule.OBJECT,
        "Qué se compra, renta o construye, en una frase que cualquiera entienda.",
        "Papel y material de oficina para 2026", required=True, also=("Objeto", "Concepto")),
    Column("method", _PROCESS, "Tipo de procedimiento", "tender.procurementMethod", Rule.METHOD,
        "Elige de la lista.", "Adjudicación directa", required=True, also=("Procedimiento", "Modalidad"), options=_METHODS),
    Column("category", _PROCESS, "Materia", "tender.mainProcurementCategory", Rule.CATEGORY,
        "Elige de la lista qué clase de cosa se contrata.", "Bienes", required=True, also=("Categoría", "Tipo de contratación"), options=_CATEGORIES),
    Column("motives", _PROCESS, "Fundamento legal y motivos", "tender.procurementMethodRationale", Rule.TEXT,
        "Artículo de la ley y por qué se hizo con este procedimiento.",
        "Artículo 55 de la Ley de Adquisiciones: el monto no pasa del máximo", also=("Fundamento legal", "Motivos y fundamento")),
    Column("requesting", _PROCESS, "Área solicitante", "planning.requestingUnits", Rule.UNITS,
        "El área que lo pidió y lo va a usar. Si son varias, sepáralas con punto y coma.", "Oficialía Mayor", also=("Área requirente", "Área")),
    Column("origin", _PROCESS, "Origen de los recursos", "planning.budget.budgetBreakdown.origin", Rule.ORIGIN,
        "De dónde viene el dinero. Elige de la lista; si no está, escríbelo.", "Municipales", also=("Origen de los recursos públicos",), options=_ORIGINS, open=True),
    Column("call.date", _PROCESS, "Fecha de convocatoria o invitación", "tender.tenderPeriod.startDate", Rule.DAY,
        "Cuándo se publicó la convocatoria o se invitó. En adjudicación directa puede quedar vacía.", "12/01/2026", also=("Fecha de convocatoria", "Fecha de invitación")),
    Column("close.date", _PROCESS, "Fecha límite para recibir propuestas", "tender.tenderPeriod.endDate", Rule.DAY,
        "Hasta cuándo se recibieron propuestas. En adjudicación directa puede quedar vacía.", "19/01/2026", also=("Fecha de apertura", "Fecha de apertura de propuestas")),
    Column("tenderers", _PROCESS, "Número de participantes", "tender.numberOfTenderers", Rule.COUNT,
        "Cuántos presentaron propuesta o cotización. Si nadie, déjalo vacío.", "1", also=("Participantes",)),
    Column("call.url", _PROCESS, "Enlace a la convocatoria", "tender.documents[tenderNotice]", Rule.DOCUMENT,
        "La dirección de internet donde está, si la hay.", "https://sanjuan.gob.example/convocatoria-004.pdf", also=("Convocatoria",)),
    Column("supplier.legal", _SUPPLIER, "Razón social del proveedor (empresa)", "supplier.identifier.legalName", Rule.PARTY,
        "Si es una empresa, su nombre completo. Si es una persona, usa las tres columnas que siguen.",
        "Papelera del Valle, S.A. de C.V.", also=("Razón social", "Razón social del proveedor", "Proveedor")),
    Column("supplier.given", _SUPPLIER, "Nombre(s) del proveedor (persona física)", "supplier.identifier.givenName", Rule.PARTY,
        "Solo si el proveedor es una persona y no una empresa.", "", also=("Nombre(s) del proveedor",)),
    Column("supplier.first", _SUPPLIER, "Primer apellido del proveedor", "supplier.identifier.patronymicName", Rule.PARTY,
        "Solo si el proveedor es una persona.", ""),
    Column("supplier.second", _SUPPLIER, "Segundo apellido del proveedor", "supplier.identifier.matronymicName", Rule.PARTY,
        "Solo si el proveedor es una persona y lo tiene.", ""),
    Column("supplier.rfc", _SUPPLIER, "RFC del proveedor", "supplier.identifier.id", Rule.PARTY,
        "12 caracteres si es empresa, 13 si es persona. Sin él no se reconoce al mismo proveedor en otra compra.", "PVA150312AB9", also=("RFC",)),
    Column("award.date", _CONTRACT, "Fecha de fallo o adjudicación", "award.date", Rule.DAY,
        "Cuándo se decidió a quién comprar.", "20/01/2026", also=("Fecha de fallo", "Fecha de adjudicación")),
    Column("award.url", _CONTRACT, "Enlace al fallo", "award.documents[awardNotice]", Rule.DOCUMENT,
        "La dirección de internet donde está, si la hay.", "https://sanjuan.gob.example/fallo-004.pdf", also=("Fallo",)),
    Column("contract.number", _CONTRACT, "Número de contrato", "contract.id", Rule.KEY,
        "El del contrato, el pedido o la orden de compra. Sin él no se toma nada del proveedor ni del contrato.",
        "C-004-2026", also=("Contrato", "No. de contrato", "Número de contrato o pedido")),
    Column("contract.date", _CONTRACT, "Fecha de firma", "contract.dateSigned", Rule.DAY,
        "Cuándo se firmó el contrato o se hizo el pedido.", "21/01/2026", also=("Fecha de firma del contrato", "Fecha del contrato")),
    Column("start", _CONTRACT, "Fecha de inicio", "contract.period.startDate", Rule.DAY,
        "Desde cuándo se entrega o se trabaja.", "22/01/2026", also=("Inicio", "Inicio de vigencia")),
    Column("end", _CONTRACT, "Fecha de término", "contract.period.endDate", Rule.DAY,
        "Hasta cuándo.", "30/06/2026", also=("Fecha de fin", "Término", "Fin", "Fin de vigencia")),
    Column("currency", _CONTRACT, "Moneda", "contract.value.currency", Rule.CURRENCY,
        "Vacía quiere decir pesos mexicanos (MXN).", "MXN", also=("Tipo de moneda",), options=_CURRENCIES, open=True),
    Column("net", _CONTRACT, "Monto sin impuestos", "contract.value.netAmount", Rule.AMOUNT,
        "Solo la cantidad. Si no la sabes, déjala vacía: 0 también quiere decir que no se sabe.", "50,000.00"),
    Column("gross", _CONTRACT, "Monto con impuestos", "contract.value.amount", Rule.AMOUNT,
        "El total del contrato, con IVA. Si un convenio lo cambió, escribe el monto nuevo.", "58,000.00", also=("Monto", "Monto total", "Importe")),
    Column("state", _CONTRACT, "Estado", "contract.status", Rule.STATE,
        "Elige de la lista. «Desierta» va sin número de contrato.", "Vigente", also=("Situación", "Estatus", "Estado del contrato"), options=_STATES),
    Column("paid", _CONTRACT, "Monto pagado", "contract.implementation.transactions.value.amount", Rule.PAID,
        "Todo lo que se ha pagado de este contrato hasta hoy.", "29,000.00", also=("Pagado", "Monto ejercido")),
    Column("contract.url", _CONTRACT, "Enlace al contrato", "contract.documents[contractSigned]", Rule.DOCUMENT,
        "La dirección de internet de su versión pública, si la hay.", "https://sanjuan.gob.example/contrato-004.pdf"),
    Column("amendment.number", _CONTRACT, "Convenio modificatorio: número", "contract.amendments.id", Rule.AMENDMENT,
        "Solo si el contrato se cambió. Si hubo varios, el último.", ""),
    Column("amendment.date", _CONTRACT, "Convenio modificatorio: fecha", "contract.amendments.date", Rule.AMENDED,
        "Cuándo se firmó el convenio.", ""),
    Column("notes", _OWN, "Notas internas", "", Rule.KEPT,
        "Lo que quieras recordar. No se publica.", ""),
)  # fmt: skip

KNOWN: Mapping[str, Column] = MappingProxyType(
    {words(title): column for column in COLUMNS for title in (column.title, *column.also)}
)
"""Title as `app.sipot.formats.words` leaves it -> column."""

CELLS: Mapping[str, formats.Column] = MappingProxyType(
    {column.key: formats.Column(column.key, column.kind, column.title) for column in COLUMNS}
)
"""Key -> what `app.sipot.cells` reads its cells by."""

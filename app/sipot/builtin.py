"""The formats that we know without a workbook: 43335 and 43336 (2017, and 2021 with the supplier's address) and 28.

Ids, order, titles and catalogues are facts of the official formats; those of the unified 28 are inferred from public
material, and it has no ids here: a workbook of the garante teaches them. Where the two disagree, the workbook is right. A table of facts: that is why
it is long.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from app.sipot.formats import Choice, Column, Format, Kind, Labels, Table, choices

SHORT, LONG, DATE, MONEY, URL = Kind.SHORT, Kind.LONG, Kind.DATE, Kind.MONEY, Kind.URL
CATALOGUE, TABLE, YEAR, UPDATED, NOTE = Kind.CATALOGUE, Kind.TABLE, Kind.YEAR, Kind.UPDATED, Kind.NOTE

_CATEGORIES = choices(
    "Obra pública|Servicios relacionados con obra pública|Adquisiciones|Arrendamientos|Servicios"
)
_ORIGINS = choices("Federales|Estatales|Municipales")
_STAGES = choices("En planeación|En ejecución|En finiquito")
_YES_NO = choices("Si|No")
_CHARACTERS = "Nacional|Internacional"
_SEX = choices("Hombre|Mujer")
_ROADS = choices(
    "Carretera|Privada|Eje vial|Circunvalación|Brecha|Diagonal|Calle|Corredor|Circuito|Pasaje|Vereda|Calzada|Viaducto|"
    "Prolongación|Boulevard|Peatonal|Retorno|Camino|Callejón|Cerrada|Ampliación|Continuación|Terracería|Andador|"
    "Periférico|Avenida"
)
_SETTLEMENTS = choices(
    "Aeropuerto|Ampliación|Barrio|Cantón|Ciudad|Ciudad industrial|Colonia|Condominio|Conjunto habitacional|"
    "Corredor industrial|Coto|Cuartel|Ejido|Exhacienda|Fracción|Fraccionamiento|Granja|Hacienda|Ingenio|Manzana|Paraje|"
    "Parque industrial|Privada|Prolongación|Pueblo|Puerto|Ranchería|Rancho|Región|Residencial|Rinconada|Sección|Sector|"
    "Supermanzana|Unidad|Unidad habitacional|Villa|Zona federal|Zona industrial|Zona militar|Zona naval"
)
_STATES = choices(
    "Aguascalientes|Baja California|Baja California Sur|Campeche|Coahuila de Zaragoza|Colima|Chiapas|Chihuahua|"
    "Ciudad de México|Durango|Guanajuato|Guerrero|Hidalgo|Jalisco|México|Michoacán de Ocampo|Morelos|Nayarit|Nuevo León|"
    "Oaxaca|Puebla|Querétaro|Quintana Roo|San Luis Potosí|Sinaloa|Sonora|Tabasco|Tamaulipas|Tlaxcala|"
    "Veracruz de Ignacio de la Llave|Yucatán|Zacatecas"
)

_PERIOD = (
    "Ejercicio",
    "Fecha de inicio del periodo que se informa",
    "Fecha de término del periodo que se informa",
)
_AREA = "Área(s) responsable(s) que genera(n), posee(n), publica(n) y actualizan la información"
_ADDRESS: tuple[tuple[str, Kind, str, tuple[Choice, ...]], ...] = (
    ("address.road_type", CATALOGUE, "Domicilio fiscal: tipo de vialidad", _ROADS),
    ("address.street", SHORT, "Domicilio fiscal: nombre de vialidad", ()),
    ("address.outdoor", SHORT, "Domicilio fiscal: número exterior", ()),
    ("address.indoor", SHORT, "Domicilio fiscal: número interior", ()),
    ("address.settlement_type", CATALOGUE, "Domicilio fiscal: tipo de asentamiento", _SETTLEMENTS),
    ("address.settlement", SHORT, "Domicilio fiscal: nombre del asentamiento", ()),
    ("address.locality_code", SHORT, "Domicilio fiscal: clave de la localidad", ()),
    ("address.locality", SHORT, "Domicilio fiscal: nombre de la localidad", ()),
    ("address.municipality_code", SHORT, "Domicilio fiscal: clave del municipio", ()),
    ("address.municipality", SHORT, "Domicilio fiscal: nombre del municipio o alcaldía", ()),
    ("address.state_code", SHORT, "Domicilio fiscal: clave de la entidad federativa", ()),
    ("address.state", CATALOGUE, "Domicilio fiscal: entidad federativa", _STATES),
    ("address.postal_code", SHORT, "Domicilio fiscal: código postal", ()),
    ("abroad.country", SHORT, "Domicilio en el extranjero: país", ()),
    ("abroad.city", SHORT, "Domicilio en el extranjero: ciudad", ()),
    ("abroad.street", SHORT, "Domicilio en el extranjero: calle", ()),
    ("abroad.number", SHORT, "Domicilio en el extranjero: número", ()),
)
_FIRST_2021 = 563617
"""Columns that the revision of 2021 added have ids from here on."""


def _address(first_id: int | None = None) -> Iterator[Column]:
    for offset, (key, kind, title, catalogue) in enumerate(_ADDRESS):
        yield Column(key, kind, title, None if first_id is None else first_id + offset, catalogue)


def _table(
    key: str, title: str, name: str, columns: str, *, ids: int | None = None, field_id: int | None = None
) -> Column:
    """Return a column that holds a sub-table; `columns` has one `key|kind|title` a line, their ids follow `ids`."""
    inside = []
    for offset, line in enumerate(columns.strip().splitlines()):
        inner, kind, words = line.strip().split("|")
        number = None if ids is None else ids + offset
        catalogue = {"works.stage": _STAGES, "sex": _SEX}.get(inner, ())
        inside.append(Column(inner, Kind[kind], words, number, catalogue))
    return Column(key, TABLE, title, field_id, table=Table(name, tuple(inside)))


def _old_people(rfc: str, legal: str = "Denominación o razón social", kind: str = "SHORT") -> str:
    return f"""given|SHORT|Nombre(s)
        first|SHORT|Primer apellido
        second|SHORT|Segundo apellido
        legal|{kind}|{legal}
        rfc|SHORT|{rfc}"""


_PEOPLE = """given|SHORT|Nombre(s)
    first|SHORT|Primer apellido
    second|SHORT|Segundo apellido
    sex|CATALOGUE|Sexo
    legal|SHORT|Denominación o razón social
    rfc|SHORT|RFC"""

_DIRECT = (
    Column("year", SHORT, _PERIOD[0], 334233),
    Column("period.start", DATE, _PERIOD[1], 334258),
    Column("period.end", DATE, _PERIOD[2], 334259),
    Column(
        "method",
        CATALOGUE,
        "Tipo de procedimiento (catálogo)",
        334270,
        choices("Adjudicación directa|Otra (especificar)"),
    ),
    Column("category", CATALOGUE, "Materia (catálogo)", 334269, _CATEGORIES),
    Column(
        "character", CATALOGUE, "Carácter del procedimiento (catálogo)", 563617, choices(_CHARACTERS, first=1)
    ),
    Column("file", SHORT, "Número de expediente, folio o nomenclatura que lo identifique", 334230),
    Column(
        "motives",
        LONG,
        "Motivos y fundamentos legales aplicados para realizar la adjudicación directa",
        334238,
    ),
    Column("authorization.url", URL, "Hipervínculo a la autorización del ejercicio de la opción", 334250),
    Column("description", LONG, "Descripción de obras, bienes o servicios", 334239),
    _table(
        "quotes",
        "Nombre completo o razón social de las cotizaciones consideradas y monto de las mismas",
        "Tabla_334271",
        _old_people("RFC de los posibles contratantes", "Razón social")
        + "\namount|MONEY|Monto total de la cotización con impuestos incluidos",
        ids=43311,
        field_id=334271,
    ),
    Column("supplier.given", LONG, "Nombre(s) del adjudicado", 334264),
    Column("supplier.first", LONG, "Primer apellido del adjudicado", 334260),
    Column("supplier.second", LONG, "Segundo apellido del adjudicado", 334265),
    Column("supplier.legal", LONG, "Razón social del adjudicado", 334266),
    Column(
        "supplier.rfc",
        SHORT,
        "Registro Federal de Contribuyentes (RFC) de la persona física o moral adjudicada",
        334267,
    ),
    *_address(563618),
    Column("requesting", LONG, "Área(s) solicitante(s)", 334235),
    Column("responsible", LONG, "Área(s) responsable(s) de la ejecución del contrato", 334236),
    Column("contract.number", SHORT, "Número que identifique al contrato", 334231),
    Column("contract.date", DATE, "Fecha del contrato", 334243),
    Column("validity.start", DATE, "Fecha de inicio de la vigencia del contrato", 563635),
    Column("validity.end", DATE, "Fecha de término de la vigencia del contrato", 563636),
    Column("net", MONEY, "Monto del contrato sin impuestos incluidos", 334244),
    Column(
        "gross",
        MONEY,
        "Monto total del contrato con impuestos incluidos (expresado en pesos mexicanos)",
        334245,
    ),
    Column("minimum", MONEY, "Monto mínimo, en su caso", 334247),
    Column("maximum", MONEY, "Monto máximo, en su caso", 334248),
    Column("currency", SHORT, "Tipo de moneda", 334228),
    Column("rate", SHORT, "Tipo de cambio de referencia, en su caso", 334229),
    Column("payment", SHORT, "Forma de pago", 334232),
    Column("object", LONG, "Objeto del contrato", 334240),
    Column(
        "guarantees",
        MONEY,
        "Monto total de garantías y/o contragarantías, en caso de que se otorgaran durante el procedimiento",
        334246,
    ),
    Column(
        "term.start",
        DATE,
        "Fecha de inicio del plazo de entrega o ejecución de servicios contratados u obra pública",
        334241,
    ),
    Column(
        "term.end",
        DATE,
        "Fecha de término del plazo de entrega o ejecución de servicios u obra pública",
        334261,
    ),
    Column(
        "contract.url",
        URL,
        "Hipervínculo al documento del contrato y anexos, versión pública si así corresponde",
        334254,
    ),
    Column(
        "suspension.url",
        URL,
        "Hipervínculo al comunicado de suspensión, rescisión o terminación anticipada del contrato",
        334253,
    ),
    Column("origin", SHORT, "Origen de los recursos públicos", 334234),
    Column("source", LONG, "Fuentes de financiamiento", 334272),
    _table(
        "works",
        "Datos de la obra pública y/o servicios relacionados con la misma",
        "Tabla_334255",
        """works.place|LONG|Lugar donde se realizará la obra pública
        works.impact|URL|Hipervínculo a estudios de impacto urbano y ambiental
        works.notices|LONG|En su caso, observaciones dirigidas a la población
        works.stage|CATALOGUE|Etapa de la obra pública y/o servicio de la misma (catálogo)""",
        ids=43303,
        field_id=334255,
    ),
    Column("amended", CATALOGUE, "Se realizaron convenios modificatorios (catálogo)", 334273, _YES_NO),
    _table(
        "amendments",
        "Datos de los convenios modificatorios de la contratación",
        "Tabla_334268",
        """number|LONG|Número de convenio modificatorio
        object|LONG|Objeto del convenio modificatorio
        date|DATE|Fecha de firma del convenio modificatorio
        url|URL|Hipervínculo al documento del convenio""",
        ids=43307,
        field_id=334268,
    ),
    Column("surveillance", LONG, "Mecanismos de vigilancia y supervisión contratos", 334237),
    Column(
        "physical.url",
        URL,
        "Hipervínculo, en su caso a los informes de avance físico en versión pública",
        334274,
    ),
    Column("financial.url", URL, "Hipervínculo a los informes de avance financiero", 334251),
    Column(
        "reception.url",
        URL,
        "Hipervínculo acta de recepción física de trabajos ejecutados u homóloga",
        334252,
    ),
    Column("settlement.url", URL, "Hipervínculo al finiquito", 334249),
    Column("area", LONG, _AREA, 334262),
    Column("validated", DATE, "Fecha de validación", 334242),
    Column("updated", UPDATED, "Fecha de actualización", 334257),
    Column("note", NOTE, "Nota", 334263),
)

_COMPETITIVE = (
    Column("year", SHORT, _PERIOD[0], 334280),
    Column("period.start", DATE, _PERIOD[1], 334314),
    Column("period.end", DATE, _PERIOD[2], 334315),
    Column(
        "method",
        CATALOGUE,
        "Tipo de procedimiento (catálogo)",
        334323,
        choices("Licitación pública|Invitación a cuando menos tres personas|Otro (especificar)"),
    ),
    Column("category", CATALOGUE, "Materia o tipo de contratación (catálogo)", 334304, _CATEGORIES),
    Column(
        "character", CATALOGUE, "Carácter del procedimiento (catálogo)", 563637, choices(_CHARACTERS, first=1)
    ),
    _table(
        "possible",
        "Posibles contratantes",
        "Tabla_334277",
        _old_people("RFC de los posibles contratantes", "Razón Social"),
        ids=43317,
        field_id=334277,
    ),
    Column("file", SHORT, "Número de expediente, folio o nomenclatura", 334278),
    Column("call.url", URL, "Hipervínculo a la convocatoria o invitaciones emitidas", 334331),
    Column("call.date", DATE, "Fecha de la convocatoria o invitación", 334332),
    Column("description", LONG, "Descripción de las obras, bienes o servicios", 334287),
    _table(
        "bidders",
        "Personas físicas o morales con proposición u oferta",
        "Tabla_334306",
        _old_people("RFC de las personas físicas o morales que presentaron una proposición u oferta"),
        ids=43322,
        field_id=334306,
    ),
    Column("meeting.date", DATE, "Fecha en la que se celebró la junta de aclaraciones", 334334),
    _table(
        "attendees",
        "Relación de asistentes a la junta de aclaraciones",
        "Tabla_334307",
        _old_people(
            "RFC de las personas físicas o morales asistentes a la junta de aclaraciones", kind="LONG"
        ),
        ids=43327,
        field_id=334307,
    ),
    _table(
        "officials",
        "Relación con los datos de los servidores públicos asistentes a la junta de aclaraciones",
        "Tabla_334308",
        """given|SHORT|Nombre(s) del Servidor Público
        first|SHORT|Primer apellido del Servidor Público
        second|SHORT|Segundo apellido del Servidor Público
        position|LONG|Cargo que ocupa el Servidor Público dentro del SO
        rfc|SHORT|RFC de los servidores públicos asistentes a la junta de aclaraciones""",
        ids=43332,
        field_id=334308,
    ),
    Column(
        "meeting.url",
        URL,
        "Hipervínculo al fallo de la junta de aclaraciones o al documento correspondiente",
        334279,
    ),
    Column(
        "opening.url", URL, "Hipervínculo al documento donde conste la presentación las propuestas", 334335
    ),
    Column("reports.url", URL, "Hipervínculo al (los) dictámenes, en su caso", 334275),
    Column("supplier.given", LONG, "Nombre(s) del contratista o proveedor", 334324),
    Column("supplier.first", LONG, "Primer apellido del contratista o proveedor", 334316),
    Column("supplier.second", LONG, "Segundo apellido del contratista o proveedor", 334317),
    Column("supplier.legal", LONG, "Razón social del contratista o proveedor", 334318),
    Column("supplier.rfc", SHORT, "RFC de la persona física o moral contratista o proveedor", 334325),
    *(
        replace(
            column,
            title="Domicilio fiscal de la empresa  contratista o proveedor Tipo de vialidad (catálogo)",
        )
        if column.key == "address.road_type"
        else column
        for column in _address(563638)
    ),
    Column("reasons", LONG, "Descripción de las razones que justifican su elección", 334326),
    Column("requesting", LONG, "Área(s) solicitante", 334285),
    Column("contracting", LONG, "Área(s) contratante(s)", 334284),
    Column("responsible", LONG, "Área(s) responsable de su ejecución", 334286),
    Column("contract.number", SHORT, "Número que identifique al contrato", 334281),
    Column("contract.date", DATE, "Fecha del contrato", 334290),
    Column("validity.start", DATE, "Fecha de inicio de la vigencia del contrato", 563655),
    Column("validity.end", DATE, "Fecha de término de la vigencia del contrato", 563656),
    Column("net", MONEY, "Monto del contrato sin impuestos (en MXN)", 334295),
    Column("gross", MONEY, "Monto total del contrato con impuestos incluidos (MXN)", 334296),
    Column("minimum", MONEY, "Monto mínimo, con impuestos incluidos, en su caso", 334294),
    Column("maximum", MONEY, "Monto máximo, con impuestos incluidos, en su caso", 334297),
    Column("currency", SHORT, "Tipo de moneda", 334283),
    Column("rate", SHORT, "Tipo de cambio de referencia, en su caso", 334282),
    Column("payment", SHORT, "Forma de pago", 334327),
    Column("object", LONG, "Objeto del contrato", 334288),
    Column("term.start", DATE, "Fecha de inicio del plazo de entrega o ejecución", 334292),
    Column("term.end", DATE, "Fecha de término del plazo de entrega o ejecución", 334291),
    Column(
        "contract.url",
        URL,
        "Hipervínculo al documento del contrato y anexos, en versión pública, en su caso",
        334301,
    ),
    Column("suspension.url", URL, "Hipervínculo al comunicado de suspensión, en su caso", 334302),
    _table(
        "spending",
        "Partida presupuestal de acuerdo con el COG",
        "Tabla_334309",
        "code|SHORT|Partida Presupuestal",
        ids=43337,
        field_id=334309,
    ),
    Column("origin", CATALOGUE, "Origen de los recursos públicos (catálogo)", 334313, _ORIGINS),
    Column("source", SHORT, "Fuente de financiamiento", 334333),
    Column("fund", SHORT, "Tipo de fondo de participación o aportación respectiva", 334276),
    Column("works.place", LONG, "Lugar donde se realizará la obra pública, en su caso", 334328),
    Column("works.description", LONG, "Breve descripción de la obra pública, en su caso", 334319),
    Column(
        "works.impact", URL, "Hipervínculo a los estudios de impacto urbano y ambiental, en su caso", 334329
    ),
    Column(
        "works.notices",
        LONG,
        "Observaciones dirigidas a la población relativas a la realización de las obras públicas, en su caso",
        334330,
    ),
    Column(
        "works.stage",
        CATALOGUE,
        "Etapa de la obra pública y/o servicio de la misma (catálogo)",
        334320,
        _STAGES,
    ),
    Column("amended", CATALOGUE, "Se realizaron convenios modificatorios (catálogo)", 334305, _YES_NO),
    _table(
        "amendments",
        "Convenios modificatorios",
        "Tabla_334310",
        """number|SHORT|Número de convenio modificatorio
        object|LONG|Objeto del convenio modificatorio
        date|DATE|Fecha de firma del convenio modificatorio
        url|URL|Hipervínculo al documento del convenio""",
        ids=43338,
        field_id=334310,
    ),
    Column(
        "surveillance", LONG, "Mecanismos de vigilancia y supervisión de la ejecución, en su caso", 334289
    ),
    Column("physical.url", URL, "Hipervínculo a informes de avances físicos, en su caso", 334298),
    Column("financial.url", URL, "Hipervínculo a los informes de avance financiero, en su caso", 334303),
    Column(
        "reception.url",
        URL,
        "Hipervínculo al acta de recepción física de los trabajos ejecutados u homóloga, en su caso",
        334299,
    ),
    Column("settlement.url", URL, "Hipervínculo al finiquito, en su caso", 334300),
    Column("area", LONG, _AREA, 334321),
    Column("validated", DATE, "Fecha de validación", 334293),
    Column("updated", UPDATED, "Fecha de actualización", 334312),
    Column("note", NOTE, "Nota", 334322),
)

_UNIFIED = (
    Column("year", YEAR, _PERIOD[0]),
    Column("period.start", DATE, _PERIOD[1]),
    Column("period.end", DATE, _PERIOD[2]),
    Column(
        "method",
        CATALOGUE,
        "Tipo de procedimiento",
        catalogue=choices(
            "Licitación pública|Invitación a cuando menos tres personas|Adjudicación directa|Otra (especificar)"
        ),
    ),
    Column("category", CATALOGUE, "Materia o tipo de contratación", catalogue=_CATEGORIES),
    Column("character", CATALOGUE, "Carácter del procedimiento", catalogue=choices(_CHARACTERS)),
    Column("file", SHORT, "Número de expediente, folio o nomenclatura que lo identifique"),
    Column(
        "unsuccessful",
        CATALOGUE,
        "Se declaró desierta la licitación pública o el procedimiento",
        catalogue=choices("Sí|No"),
    ),
    Column("motives", LONG, "Motivos y fundamentos legales aplicados para realizar el procedimiento"),
    Column(
        "authorization.url",
        URL,
        "Hipervínculo al documento que contiene la autorización o suficiencia de recursos",
    ),
    _table(
        "possible", "Posibles contratantes, licitantes, proveedores o contratistas", "Tabla_579209", _PEOPLE
    ),
    Column("call.url", URL, "Hipervínculo a la convocatoria o invitaciones emitidas"),
    Column("call.date", DATE, "Fecha de la convocatoria o invitación"),
    Column(
        "description",
        LONG,
        "Descripción de las obras públicas, los bienes o los servicios contratados o arrendados",
    ),
    _table("bidders", "Personas físicas o morales con proposición u oferta", "Tabla_579236", _PEOPLE),
    Column("meeting.date", DATE, "Fecha en la que se celebró la junta de aclaraciones"),
    _table("attendees", "Asistentes a la junta de aclaraciones", "Tabla_579237", _PEOPLE),
    _table(
        "officials",
        "Personas servidoras públicas participantes en la junta de aclaraciones",
        "Tabla_579238",
        """given|SHORT|Nombre(s)
        first|SHORT|Primer apellido
        second|SHORT|Segundo apellido
        sex|CATALOGUE|Sexo
        rfc|SHORT|RFC
        position|SHORT|Cargo""",
    ),
    Column("meeting.url", URL, "Hipervínculo al acta/fallo de la junta de aclaraciones"),
    Column("opening.url", URL, "Hipervínculo al documento donde conste la presentación de las propuestas"),
    Column("reports.url", URL, "Hipervínculo a los dictámenes"),
    Column("award.url", URL, "Hipervínculo al acta de fallo adjudicatorio / resolución de asignación"),
    Column("supplier.given", SHORT, "Ganador persona física: nombre(s)"),
    Column("supplier.first", SHORT, "Ganador persona física: primer apellido"),
    Column("supplier.second", SHORT, "Ganador persona física: segundo apellido"),
    Column("supplier.sex", CATALOGUE, "Ganador persona física: sexo", catalogue=_SEX),
    Column("supplier.legal", SHORT, "Denominación o razón social del ganador"),
    _table(
        "owners",
        "Persona(s) beneficiaria(s) final(es)",
        "Tabla_579206",
        """given|SHORT|Nombre(s)
        first|SHORT|Primer apellido
        second|SHORT|Segundo apellido""",
    ),
    Column("supplier.rfc", SHORT, "RFC de la persona física o moral ganadora"),
    *_address(),
    Column("reasons", LONG, "Descripción breve de las razones que justifican la elección del proveedor"),
    Column("requesting", SHORT, "Área(s) solicitante(s)"),
    Column("contracting", SHORT, "Área(s) contratante(s)"),
    Column("responsible", SHORT, "Área(s) responsable(s) de la ejecución del contrato"),
    Column("contract.number", SHORT, "Número que identifique al contrato"),
    Column("contract.date", DATE, "Fecha del contrato"),
    Column("validity.start", DATE, "Vigencia del contrato: inicio"),
    Column("validity.end", DATE, "Vigencia del contrato: término"),
    Column("net", MONEY, "Monto del contrato sin impuestos"),
    Column("gross", MONEY, "Monto total del contrato con impuestos incluidos"),
    Column("minimum", MONEY, "Monto mínimo con impuestos"),
    Column("maximum", MONEY, "Monto máximo con impuestos"),
    Column("currency", SHORT, "Tipo de moneda"),
    Column("rate", SHORT, "Tipo de cambio de referencia"),
    Column("payment", SHORT, "Forma de pago"),
    Column("object", LONG, "Objeto del contrato"),
    Column("guarantees", MONEY, "Monto total de garantías y/o contragarantías"),
    Column("term.start", DATE, "Plazo de entrega o ejecución: inicio"),
    Column("term.end", DATE, "Plazo de entrega o ejecución: término"),
    Column("contract.url", URL, "Hipervínculo al documento del contrato y anexos, versión pública"),
    Column(
        "suspension.url", URL, "Hipervínculo al comunicado de suspensión, rescisión o terminación anticipada"
    ),
    _table("spending", "Partida presupuestal (COG)", "Tabla_579239", "code|SHORT|Partida presupuestal"),
    Column("origin", CATALOGUE, "Origen de los recursos públicos", catalogue=_ORIGINS),
    Column("source", SHORT, "Fuente de financiamiento"),
    Column("fund", SHORT, "Tipo de fondo de participación o aportación"),
    Column("works.place", SHORT, "Lugar donde se realizará la obra pública"),
    Column("works.description", LONG, "Breve descripción de la obra pública"),
    Column("works.impact", URL, "Hipervínculo a estudios de impacto urbano y ambiental"),
    Column("works.notices", LONG, "Observaciones dirigidas a la población sobre la obra"),
    Column("works.stage", CATALOGUE, "Etapa de la obra pública", catalogue=_STAGES),
    Column("amended", CATALOGUE, "Se realizaron convenios modificatorios", catalogue=choices("Sí|No")),
    _table(
        "amendments",
        "Datos de los convenios modificatorios",
        "Tabla_579240",
        """number|SHORT|Número de convenio modificatorio
        object|LONG|Objeto del convenio modificatorio
        date|DATE|Fecha de firma del convenio modificatorio
        url|URL|Hipervínculo al documento del convenio""",
    ),
    Column("surveillance", LONG, "Mecanismos de vigilancia y supervisión de la ejecución"),
    Column("physical.url", URL, "Hipervínculo a informes de avances físicos"),
    Column("financial.url", URL, "Hipervínculo a informes de avances financieros"),
    Column("reception.url", URL, "Hipervínculo al acta de recepción física"),
    Column("settlement.url", URL, "Hipervínculo al finiquito"),
    Column("invoice.url", URL, "Hipervínculo a la factura"),
    Column("area", SHORT, _AREA),
    Column("updated", UPDATED, "Fecha de actualización"),
    Column("note", NOTE, "Nota"),
)


def _first_edition(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return tuple(column for column in columns if (column.field_id or 0) < _FIRST_2021)


_DIRECT_LABELS = Labels(
    "Resultados adjudicaciones, invitaciones y licitaciones_Procedimientos de adjudicación directa",
    "LGT_Art_70_Fr_XXVIII",
)
_COMPETITIVE_LABELS = Labels(
    "Procedimientos de licitación pública e invitación a cuando menos tres personas", "LGT_Art_70_Fr_XXVIII"
)

BUILT_IN: Mapping[tuple[str, str], Format] = MappingProxyType(
    {
        (format_.id, format_.version): format_
        for format_ in (
            Format("43335", "2017", "direct", _DIRECT_LABELS, _first_edition(_DIRECT)),
            Format("43335", "2021", "direct", _DIRECT_LABELS, _DIRECT),
            Format("43336", "2017", "competitive", _COMPETITIVE_LABELS, _first_edition(_COMPETITIVE)),
            Format("43336", "2021", "competitive", _COMPETITIVE_LABELS, _COMPETITIVE),
            Format(
                "28",
                "unified",
                "all",
                Labels("Procedimientos de contratación", "28-LGT_Art_70_Fr_XXVIII"),
                _UNIFIED,
            ),
        )
    }
)
"""(id, version) -> format. The id of the unified one is ours, not the PNT's, until a workbook tells it."""

"""Proposiciones: the bids received in the tender, and counts of them."""

from app.ocds.model.notation import (
    RECOMMENDED,
    REQUIRED,
    Block,
    boolean,
    code,
    codes,
    date,
    integer,
    key,
    many,
    number,
    ref,
    text,
    texts,
)

BIDS = Block(
    "Bids",
    "Proposiciones",
    "Las proposiciones recibidas y sus números.",
    (
        many(
            "details",
            "Bid",
            "Proposiciones recibidas",
            "Cada proposición: de quién, por cuánto y si fue aceptada.",
        ),
        many(
            "statistics",
            "Statistic",
            "Números de las proposiciones",
            "Cuántas proposiciones llegaron, cuántas fueron válidas…",
        ),
    ),
    extension="bids",
)

BID = Block(
    "Bid",
    "Proposición",
    "Lo que ofreció un licitante.",
    (
        key(
            "id",
            "Identificador",
            "Clave que distingue a esta proposición de las demás.",
            types=("string",),
            min_length=None,
            example="prop-1",
        ),
        many(
            "identifiers",
            "SimpleIdentifier",
            "Otros identificadores",
            "Claves de la misma proposición en otros sistemas.",
            unique=True,
            min_items=1,
            whole_list=True,
        ),
        code(
            "submissionType",
            "submissionType",
            "Tipo",
            "Elige si es una proposición o solo una manifestación de interés.",
            example="bid",
        ),
        date("date", "Fecha de recepción", "Indica cuándo se recibió.", need=RECOMMENDED),
        text("description", "Descripción", "Di en pocas palabras qué ofrece."),
        code(
            "status",
            "bidStatus",
            "Situación",
            "Elige cómo va la proposición: pendiente, válida, desechada o retirada.",
            need=RECOMMENDED,
            example="valid",
        ),
        many(
            "tenderers",
            "OrganizationReference",
            "Licitantes",
            "Elige quién, o quiénes en conjunto, la presentaron.",
            need=REQUIRED,
        ),
        ref("value", "Value", "Monto ofrecido", "Precio total que ofrece.", need=RECOMMENDED),
        many("items", "Item", "Partidas ofrecidas", "Lo que ofrece, con sus precios unitarios.", unique=True),
        ref("validityPeriod", "Period", "Vigencia", "Entre qué fechas vale la proposición."),
        many(
            "documents",
            "Document",
            "Documentos de la proposición",
            "Documentos de la proposición que pueden publicarse.",
            unique=True,
        ),
        texts("relatedLots", "Lotes", "Lotes de la licitación para los que se presentó."),
        codes(
            "countriesOfOrigin",
            "country",
            "Países de origen",
            "Países de donde vienen los bienes o servicios ofrecidos.",
            min_items=1,
            example="MX",
        ),
        boolean("hasRank", "¿Tiene lugar?", "Di si la evaluación le asignó un lugar."),
        integer("rank", "Lugar obtenido", "Lugar que obtuvo en la evaluación.", example="1"),
        boolean(
            "variant", "¿Es alternativa?", "Di si es una variante de otra proposición del mismo licitante."
        ),
    ),
    extension="bids",
)

STATISTIC = Block(
    "Statistic",
    "Número de las proposiciones",
    "Una cuenta o un monto sobre las proposiciones recibidas.",
    (
        key(
            "id",
            "Identificador",
            "Clave que distingue a este número de los demás.",
            types=("string",),
            min_length=None,
            example="1",
        ),
        code(
            "measure",
            "statistic",
            "Qué se mide",
            "Elige qué se cuenta o se mide.",
            types=("string",),
            required=True,
            example="validBids",
        ),
        date("date", "Fecha", "Indica cuándo se calculó."),
        number(
            "value", "Valor", "Escribe la cuenta o el monto.", types=("number",), required=True, example="3"
        ),
        number("valueGross", "Valor con impuestos", "Si es un monto, escríbelo con impuestos."),
        code("currency", "currency", "Moneda", "Si es un monto, elige su moneda.", example="MXN"),
        text("notes", "Notas", "Aclaraciones sobre cómo se calculó."),
        text("relatedLot", "Lote", "Lote de la licitación al que se refiere."),
    ),
    extension="bids",
)

SIMPLE_IDENTIFIER = Block(
    "SimpleIdentifier",
    "Otro identificador",
    "Una clave y el sistema del que sale.",
    (
        text("scheme", "Sistema", "Sistema del que sale la clave.", min_length=1, need=REQUIRED),
        text("id", "Clave", "La clave en ese sistema.", version_id=True, min_length=1, need=REQUIRED),
    ),
    extension="bids",
    min_properties=1,
)

BLOCKS = (BID, STATISTIC, SIMPLE_IDENTIFIER)

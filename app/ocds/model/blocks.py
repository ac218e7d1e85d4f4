"""Building blocks that several stages share: money, time, things and places."""

from app.ocds.model.notation import (
    RECOMMENDED,
    REQUIRED,
    SIPOT,
    Block,
    code,
    date,
    identifier,
    inside,
    integer,
    key,
    many,
    number,
    prose,
    ref,
    text,
    texts,
    uri,
)

VALUE = Block(
    "Value",
    "Monto",
    "Una cantidad de dinero y su moneda.",
    (
        number(
            "netAmount",
            "Monto sin impuestos",
            "Escribe la cantidad antes de impuestos, solo con números y punto decimal.",
            extension="taxes",
            need=RECOMMENDED,
            example="100000.00",
            source=SIPOT,
        ),
        number(
            "amount",
            "Monto con impuestos",
            "Escribe la cantidad total, con impuestos incluidos. No puede ser menor que el monto sin impuestos.",
            need=REQUIRED,
            example="116000.00",
            source=SIPOT,
        ),
        code(
            "currency",
            "currency",
            "Moneda",
            "Elige la moneda en que está la cantidad; en México casi siempre es MXN.",
            need=REQUIRED,
            example="MXN",
            source=SIPOT,
        ),
        many(
            "exchangeRates",
            "ExchangeRate",
            "Tipos de cambio",
            "Si el monto no está en pesos, agrega el tipo de cambio con que se convierte.",
            extension="exchangeRate",
            unique=True,
            min_items=1,
            whole_list=True,
        ),
    ),
    patterns={"^amount_.+$": ("exchangeRate", ("number", "null"))},
)

EXCHANGE_RATE = Block(
    "ExchangeRate",
    "Tipo de cambio",
    "Con cuánto se convierte el monto a otra moneda, en qué fecha y según quién.",
    (
        number(
            "rate",
            "Tipo de cambio",
            "Escribe cuántas unidades de la moneda de destino vale una unidad de la moneda del monto.",
            need=REQUIRED,
            example="17.05",
        ),
        code(
            "currency",
            "currency",
            "Moneda de destino",
            "Elige la moneda a la que se convierte; normalmente MXN.",
            min_length=1,
            need=REQUIRED,
            example="MXN",
        ),
        date("date", "Fecha del tipo de cambio", "Indica de qué día es el tipo de cambio.", need=RECOMMENDED),
        code(
            "source",
            "exchangeRateSource",
            "Origen del tipo de cambio",
            "Elige de dónde salió: del contrato, del mercado o de la aplicación que procesa los datos.",
            min_length=1,
            need=RECOMMENDED,
            example="contract",
        ),
    ),
    extension="exchangeRate",
    min_properties=1,
)

PERIOD = Block(
    "Period",
    "Periodo",
    "Un lapso: cuándo empieza, cuándo termina o cuánto dura.",
    (
        date(
            "startDate",
            "Inicio",
            "Indica el día, y la hora si se conoce, en que empieza.",
            need=REQUIRED,
            example="2024-03-01T00:00:00-06:00",
            source=SIPOT,
        ),
        date(
            "endDate",
            "Término",
            "Indica el día, y la hora si se conoce, en que termina. No puede ser anterior al inicio.",
            need=REQUIRED,
            example="2024-12-31T23:59:59-06:00",
            source=SIPOT,
        ),
        date(
            "maxExtentDate",
            "Término máximo",
            "Si el periodo puede prorrogarse, indica hasta qué fecha como máximo.",
        ),
        integer(
            "durationInDays",
            "Duración en días",
            "Escribe cuántos días naturales dura. Si también pones inicio y término, deben coincidir.",
            example="305",
        ),
    ),
)

CLASSIFICATION = Block(
    "Classification",
    "Clasificación",
    "La clave de un bien o servicio dentro de un catálogo conocido.",
    (
        code(
            "scheme",
            "itemClassificationScheme",
            "Catálogo",
            "Elige el catálogo al que pertenece la clave; en México, CUCOP.",
            need=REQUIRED,
            example="CUCOP",
        ),
        identifier(
            "id",
            "Clave",
            "Escribe la clave tal como aparece en el catálogo.",
            version_id=True,
            need=REQUIRED,
            example="21100001",
        ),
        prose(
            "description",
            "Descripción de la clave",
            "Texto que el catálogo da a esa clave.",
            need=RECOMMENDED,
        ),
        uri("uri", "Dirección de la clave", "Página en internet que describe la clave, si existe."),
    ),
)

UNIT = Block(
    "Unit",
    "Unidad de medida",
    "En qué se cuenta la partida y cuánto vale cada unidad.",
    (
        text(
            "name",
            "Nombre de la unidad",
            "Escribe el nombre de la unidad: pieza, servicio, litro…",
            translatable=True,
            need=REQUIRED,
            example="Pieza",
        ),
        ref("value", "Value", "Precio unitario", "Precio de una sola unidad.", need=RECOMMENDED),
        code(
            "scheme",
            "unitClassificationScheme",
            "Catálogo de unidades",
            "Elige el catálogo del que sale la clave de la unidad.",
            example="UNCEFACT",
        ),
        text(
            "id",
            "Clave de la unidad",
            "Escribe la clave de la unidad en ese catálogo.",
            version_id=True,
            example="H87",
        ),
        uri("uri", "Dirección de la unidad", "Página en internet que describe la unidad, si existe."),
    ),
)

ITEM = Block(
    "Item",
    "Partida",
    "Un bien, servicio u obra que se contrata: qué es, cuánto y dónde se entrega.",
    (
        key(
            "id",
            "Identificador de la partida",
            "Número o clave que distingue a esta partida de las demás. Usa el mismo en licitación, adjudicación y contrato.",
            example="1",
        ),
        prose(
            "description",
            "Descripción",
            "Describe con claridad el bien, servicio u obra.",
            need=REQUIRED,
            example="Papel bond tamaño carta, caja con 10 paquetes",
            source=SIPOT,
        ),
        ref(
            "classification",
            "Classification",
            "Clasificación",
            "Clave principal de la partida en el catálogo.",
            need=RECOMMENDED,
        ),
        many(
            "additionalClassifications",
            "Classification",
            "Otras clasificaciones",
            "Claves de la misma partida en otros catálogos, por ejemplo la partida presupuestal (COG).",
            unique=True,
            whole_list=True,
        ),
        number(
            "quantity",
            "Cantidad",
            "Escribe cuántas unidades se contratan; admite decimales.",
            need=REQUIRED,
            example="250",
        ),
        inside("unit", UNIT, need=REQUIRED),
        many(
            "deliveryLocations",
            "Location",
            "Lugares de entrega",
            "Puntos o zonas del mapa donde se entrega o se ejecuta.",
            extension="location",
            unique=True,
            min_items=1,
            whole_list=True,
        ),
        many(
            "deliveryAddresses",
            "Address",
            "Domicilios de entrega",
            "Domicilios donde se entrega o se ejecuta.",
            extension="location",
            unique=True,
            min_items=1,
            whole_list=True,
        ),
        ref(
            "deliveryLocation",
            "Location",
            "Lugar de entrega",
            "Ya no se usa: captura «Lugares de entrega».",
            extension="location",
            deprecated="1.2.0",
        ),
        ref(
            "deliveryAddress",
            "Address",
            "Domicilio de entrega",
            "Ya no se usa: captura «Domicilios de entrega».",
            extension="location",
            deprecated="1.2.0",
        ),
    ),
)

GEOMETRY = Block(
    "Geometry",
    "Geometría",
    "Punto, línea o zona en el mapa, en longitud y latitud.",
    (
        code(
            "type",
            "geometryType",
            "Forma",
            "Elige qué se marca en el mapa: un punto, una línea o una zona.",
            need=REQUIRED,
            example="Point",
        ),
        texts(
            "coordinates",
            "Coordenadas",
            "Longitud y latitud en grados, en ese orden; varias posiciones si no es un punto.",
            items={"type": ["number", "array"]},
            need=REQUIRED,
            example="[-103.35, 20.67]",
        ),
    ),
)

GAZETTEER = Block(
    "Gazetteer",
    "Clave geográfica",
    "El lugar según un catálogo de lugares.",
    (
        code(
            "scheme",
            "locationGazetteers",
            "Catálogo de lugares",
            "Elige el catálogo de lugares que usas.",
            need=REQUIRED,
            example="GEONAMES",
        ),
        texts(
            "identifiers",
            "Claves del lugar",
            "Escribe la clave, o las claves, del lugar en ese catálogo.",
            need=REQUIRED,
            example="4005539",
        ),
    ),
)

LOCATION = Block(
    "Location",
    "Lugar",
    "Dónde se entrega un bien, se presta un servicio o se ejecuta una obra.",
    (
        text(
            "description",
            "Descripción del lugar",
            "Nombre o referencia con que la gente conoce el lugar.",
            need=RECOMMENDED,
            example="Hospital General, acceso de proveedores",
        ),
        inside("geometry", GEOMETRY),
        inside("gazetteer", GAZETTEER),
        uri("uri", "Dirección del lugar", "Página en internet o mapa que muestra el lugar."),
    ),
    extension="location",
)

BLOCKS = (VALUE, EXCHANGE_RATE, PERIOD, CLASSIFICATION, ITEM, LOCATION)

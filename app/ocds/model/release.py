"""The release itself, and the packages in which releases and records travel."""

from app.ocds.model.bids import BIDS
from app.ocds.model.notation import (
    RECOMMENDED,
    REQUIRED,
    Block,
    code,
    codes,
    date,
    either,
    inside,
    many,
    ref,
    text,
    texts,
    uri,
)

RELEASE = Block(
    "Release",
    "Entrega",
    "Lo que se publica de una contratación en un momento dado. Una vez publicada no cambia.",
    (
        text(
            "ocid",
            "OCID",
            "Identificador único y permanente de la contratación en todo el mundo. El sistema lo asigna y nunca cambia.",
            types=("string",),
            min_length=1,
            required=True,
            example="ocds-a1b2c3-LPN-014-2024",
        ),
        text(
            "id",
            "Identificador de la entrega",
            "Distingue a esta entrega de las demás de la misma contratación. El sistema lo asigna.",
            types=("string",),
            min_length=1,
            omit_when_merged=True,
            required=True,
        ),
        date(
            "date",
            "Fecha de la entrega",
            "Momento en que se publicó. El sistema la pone.",
            types=("string",),
            omit_when_merged=True,
            required=True,
        ),
        codes(
            "tag",
            "releaseTag",
            "Etiquetas",
            "Qué etapas trae o cambia esta entrega. El sistema las deduce de lo que cambió.",
            types=("array",),
            min_items=1,
            omit_when_merged=True,
            required=True,
            example="tender",
        ),
        code(
            "initiationType",
            "initiationType",
            "Tipo de inicio",
            "Cómo empieza el proceso; el estándar solo conoce la licitación.",
            types=("string",),
            required=True,
            example="tender",
        ),
        text(
            "language",
            "Idioma",
            "Idioma de los textos, con su clave de dos letras.",
            choices="language",
            default="en",
            need=RECOMMENDED,
            example="es",
        ),
        many(
            "parties",
            "Organization",
            "Participantes",
            "Todas las instituciones, empresas y personas que participan, cada una una sola vez.",
            unique=True,
            need=REQUIRED,
        ),
        ref(
            "buyer",
            "OrganizationReference",
            "Institución compradora",
            "Elige a la institución cuyo presupuesto paga la contratación.",
            need=REQUIRED,
        ),
        ref(
            "planning",
            "Planning",
            "Planeación",
            "Por qué se contrata, con qué dinero y qué se investigó antes de convocar.",
            need=RECOMMENDED,
        ),
        ref(
            "tender",
            "Tender",
            "Licitación",
            "El procedimiento con que se elige a quién contratar.",
            need=REQUIRED,
        ),
        inside("bids", BIDS, extension="bids"),
        many(
            "awards",
            "Award",
            "Adjudicaciones",
            "A quién se contrata y por cuánto.",
            unique=True,
            need=RECOMMENDED,
        ),
        many(
            "contracts",
            "Contract",
            "Contratos",
            "Los contratos firmados y su ejecución.",
            unique=True,
            need=RECOMMENDED,
        ),
        many(
            "relatedProcesses",
            "RelatedProcess",
            "Procedimientos relacionados",
            "Otras contrataciones que tienen que ver con esta.",
            unique=True,
        ),
    ),
)

PUBLISHER = Block(
    "Publisher",
    "Quién publica",
    "La institución responsable de publicar.",
    (
        text("name", "Nombre", "Nombre de la institución que publica.", types=("string",), required=True),
        text("scheme", "Registro", "Registro oficial que la identifica."),
        text("uid", "Número de registro", "Su número en ese registro."),
        uri("uri", "Dirección electrónica", "Dirección que la identifica en internet."),
    ),
)

_ENVELOPE = (
    uri(
        "uri",
        "Dirección del paquete",
        "Dirección permanente donde se consulta este paquete.",
        types=("string",),
        required=True,
    ),
    text(
        "version",
        "Versión del estándar",
        "Versión de OCDS con que se publica.",
        types=("string",),
        pattern=r"^(\d+\.)(\d+)$",
        required=True,
        example="1.1",
    ),
    texts(
        "extensions",
        "Extensiones",
        "Direcciones de las extensiones que se usan.",
        types=("array",),
        items={"type": "string", "format": "uri"},
    ),
    date(
        "publishedDate",
        "Fecha de publicación",
        "Momento en que se publicó el paquete.",
        types=("string",),
        required=True,
    ),
    inside("publisher", PUBLISHER, required=True),
    uri("license", "Licencia", "Dirección de la licencia con que pueden usarse los datos.", need=RECOMMENDED),
    uri(
        "publicationPolicy",
        "Política de publicación",
        "Dirección de la página que explica qué se publica y cómo.",
        need=RECOMMENDED,
    ),
)

RELEASE_PACKAGE = Block(
    "ReleasePackage",
    "Paquete de entregas",
    "Una o varias entregas con los datos de quién las publica.",
    (
        *_ENVELOPE,
        many(
            "releases",
            "Release",
            "Entregas",
            "Las entregas del paquete.",
            unique=True,
            min_items=1,
            required=True,
        ),
    ),
)

RECORD_PACKAGE = Block(
    "RecordPackage",
    "Paquete de registros",
    "Uno o varios registros con los datos de quién los publica.",
    (
        *_ENVELOPE,
        texts(
            "packages",
            "Paquetes",
            "Direcciones de los paquetes de donde salen las entregas.",
            types=("array",),
            items={"type": "string", "format": "uri"},
            unique=True,
            min_items=1,
        ),
        many(
            "records",
            "Record",
            "Registros",
            "Los registros del paquete.",
            unique=True,
            min_items=1,
            required=True,
        ),
    ),
)

LINKED_RELEASE = Block(
    "LinkedRelease",
    "Entrega enlazada",
    "Dónde se consulta una entrega, sin repetirla.",
    (
        uri(
            "url",
            "Dirección electrónica",
            "Dirección del paquete, seguida de # y el identificador de la entrega.",
            required=True,
        ),
        date(
            "date",
            "Fecha de la entrega",
            "La misma fecha que tiene la entrega.",
            types=("string",),
            required=True,
        ),
        codes(
            "tag",
            "releaseTag",
            "Etiquetas",
            "Las mismas etiquetas que tiene la entrega.",
            types=("array",),
            min_items=1,
        ),
    ),
)

RECORD = Block(
    "Record",
    "Registro",
    "Toda la historia de una contratación: sus entregas y cómo quedó al reunirlas.",
    (
        text("ocid", "OCID", "Identificador único de la contratación.", types=("string",), required=True),
        either(
            "releases",
            "Entregas",
            "Las entregas de la contratación, de la más antigua a la más nueva: todas enlazadas o todas completas.",
            many(
                "releases",
                LINKED_RELEASE,
                "Entregas enlazadas",
                "Solo la dirección de cada entrega.",
                min_items=1,
            ),
            many(
                "releases", "Release", "Entregas completas", "Cada entrega con todos sus datos.", min_items=1
            ),
        ),
        ref(
            "compiledRelease",
            "Release",
            "Situación actual",
            "Cómo está la contratación al reunir todas sus entregas.",
        ),
        ref(
            "versionedRelease",
            "VersionedRelease",
            "Historia",
            "Cada dato con todos los valores que ha tenido y de qué entrega salió cada uno.",
        ),
    ),
)

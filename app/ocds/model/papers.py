"""Building blocks that keep track: documents, milestones, amendments and related processes."""

from app.ocds.model.notation import (
    RECOMMENDED,
    REQUIRED,
    SIPOT,
    Block,
    code,
    codes,
    date,
    key,
    many,
    prose,
    raw,
    text,
    uri,
)

DOCUMENT = Block(
    "Document",
    "Documento",
    "Un documento del expediente que cualquiera puede consultar.",
    (
        key(
            "id",
            "Identificador del documento",
            "Clave que distingue a este documento de los demás de la contratación.",
            example="doc-1",
        ),
        code(
            "documentType",
            "documentType",
            "Tipo de documento",
            "Elige qué documento es.",
            need=REQUIRED,
            example="tenderNotice",
            source=SIPOT,
        ),
        prose(
            "title",
            "Título",
            "Escribe el título del documento.",
            need=REQUIRED,
            example="Convocatoria LPN-014-2024",
        ),
        prose(
            "description",
            "Descripción",
            "Di en pocas palabras qué contiene. Si es una versión pública, dilo aquí.",
            need=RECOMMENDED,
        ),
        uri(
            "url",
            "Dirección electrónica",
            "Dirección directa al archivo, no a la página de inicio del sitio.",
            need=REQUIRED,
            example="https://www.ejemplo.gob.mx/lpn-014-2024.pdf",
            source=SIPOT,
        ),
        date(
            "datePublished",
            "Fecha de publicación",
            "Indica cuándo se publicó por primera vez.",
            need=RECOMMENDED,
        ),
        date("dateModified", "Última modificación", "Indica cuándo cambió por última vez."),
        text(
            "format",
            "Formato",
            "Tipo de archivo, según los tipos MIME.",
            choices="documentFormat",
            need=RECOMMENDED,
            example="application/pdf",
        ),
        text(
            "language",
            "Idioma",
            "Idioma en que está escrito, con su clave de dos letras.",
            choices="language",
            example="es",
        ),
    ),
)

MILESTONE = Block(
    "Milestone",
    "Hito",
    "Una fecha importante o una meta que debe cumplirse.",
    (
        key(
            "id", "Identificador del hito", "Clave que distingue a este hito de los demás.", example="hito-1"
        ),
        prose(
            "title",
            "Título",
            "Escribe el nombre del hito.",
            need=REQUIRED,
            example="Entrega de la primera etapa",
        ),
        code(
            "type",
            "milestoneType",
            "Tipo de hito",
            "Elige de qué clase es: aprobación, entrega, pago, aviso a la población…",
            need=RECOMMENDED,
            example="delivery",
        ),
        prose(
            "description",
            "Descripción",
            "Explica en qué consiste y cómo se comprueba que se cumplió.",
            need=REQUIRED,
        ),
        text("code", "Clave del hito", "Clave que usa tu institución para este hito, si la tiene."),
        date("dueDate", "Fecha programada", "Indica cuándo debe cumplirse.", need=RECOMMENDED),
        date("dateMet", "Fecha de cumplimiento", "Indica cuándo se cumplió."),
        date("dateModified", "Última revisión", "Indica cuándo se revisó o cambió por última vez."),
        code(
            "status",
            "milestoneStatus",
            "Situación",
            "Elige si está programado, cumplido, cumplido en parte o no cumplido.",
            need=RECOMMENDED,
            example="scheduled",
        ),
        many(
            "documents",
            "Document",
            "Documentos del hito",
            "Ya no se usa: agrega los documentos a la etapa que corresponda.",
            unique=True,
            deprecated="1.1",
        ),
    ),
)

CHANGE = Block(
    "Change",
    "Cambio",
    "Un dato que cambió y lo que decía antes.",
    (
        text("property", "Dato que cambió", "Ruta del dato dentro de la contratación.", types=("string",)),
        raw(
            "former_value",
            "Valor anterior",
            "Lo que decía antes del cambio.",
            ("string", "number", "integer", "array", "object", "null"),
        ),
    ),
)

AMENDMENT = Block(
    "Amendment",
    "Modificación",
    "Un cambio formal a la convocatoria, la adjudicación o el contrato: fe de erratas, convenio modificatorio…",
    (
        text(
            "id",
            "Número de la modificación",
            "Número o clave de la modificación o del convenio modificatorio.",
            need=RECOMMENDED,
            example="CM-01",
            source=SIPOT,
        ),
        date("date", "Fecha", "Indica la fecha de la modificación.", need=REQUIRED, source=SIPOT),
        prose("rationale", "Motivo", "Explica por qué se modificó.", need=REQUIRED),
        text(
            "description",
            "Qué cambió",
            "Describe qué cambió: plazo, monto, cantidades…",
            need=RECOMMENDED,
            source=SIPOT,
        ),
        text(
            "amendsReleaseID",
            "Entrega anterior",
            "Identificador de la entrega con los datos de antes del cambio. El sistema lo llena.",
        ),
        text(
            "releaseID",
            "Entrega nueva",
            "Identificador de la entrega con los datos ya modificados. El sistema lo llena.",
        ),
        many(
            "changes",
            CHANGE,
            "Cambios",
            "Ya no se usa: los cambios se ven al comparar la entrega anterior y la nueva.",
            deprecated="1.1",
        ),
    ),
)

RELATED_PROCESS = Block(
    "RelatedProcess",
    "Procedimiento relacionado",
    "Otra contratación que tiene que ver con esta: la anterior que quedó desierta, el contrato marco…",
    (
        text(
            "id",
            "Identificador de la relación",
            "Clave que distingue a esta relación de las demás.",
            types=("string",),
            need=REQUIRED,
            example="1",
        ),
        codes(
            "relationship",
            "relatedProcess",
            "Tipo de relación",
            "Elige cómo se relacionan las dos contrataciones.",
            need=REQUIRED,
            example="prior",
        ),
        text("title", "Título", "Título de la otra contratación.", need=RECOMMENDED),
        code(
            "scheme",
            "relatedProcessScheme",
            "Tipo de identificador",
            "Elige con qué clase de identificador se nombra a la otra contratación.",
            need=REQUIRED,
            example="ocid",
        ),
        text(
            "identifier",
            "Identificador",
            "Identificador de la otra contratación; si la otra también es abierta, su OCID.",
            need=REQUIRED,
        ),
        uri(
            "uri",
            "Dirección electrónica",
            "Dirección donde se consultan los datos de la otra contratación.",
            need=RECOMMENDED,
        ),
    ),
)

BLOCKS = (DOCUMENT, MILESTONE, AMENDMENT, RELATED_PROCESS)

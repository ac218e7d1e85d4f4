"""Planeación: why the contract is needed, the money, and the quotes asked for in the market."""

from app.ocds.model.notation import (
    RECOMMENDED,
    REQUIRED,
    SIPOT,
    Block,
    boolean,
    date,
    identifier,
    key,
    many,
    prose,
    ref,
    text,
    uri,
)

PLANNING = Block(
    "Planning",
    "Planeación",
    "Por qué se contrata, con qué dinero y qué se investigó antes de convocar.",
    (
        prose(
            "rationale", "Justificación", "Explica qué necesidad atiende esta contratación.", need=REQUIRED
        ),
        ref(
            "budget", "Budget", "Presupuesto", "De dónde sale el dinero y cuánto se tiene.", need=RECOMMENDED
        ),
        boolean(
            "hasQuotes",
            "¿Hubo cotizaciones?",
            "Di si se pidieron cotizaciones antes de contratar.",
            extension="requestForQuotes",
            need=REQUIRED,
        ),
        many(
            "requestsForQuotes",
            "RequestForQuotes",
            "Solicitudes de cotización",
            "Cada vez que se pidieron cotizaciones y lo que contestaron.",
            extension="requestForQuotes",
        ),
        many(
            "documents",
            "Document",
            "Documentos de planeación",
            "Investigación de mercado, suficiencia presupuestal, requisición…",
            need=RECOMMENDED,
            source=SIPOT,
        ),
        many("milestones", "Milestone", "Hitos de planeación", "Fechas importantes antes de convocar."),
        many(
            "requestingUnits",
            "OrganizationReference",
            "Áreas requirentes",
            "Elige las áreas que piden lo que se contrata.",
            extension="profile",
            need=RECOMMENDED,
            source=SIPOT,
        ),
        many(
            "contractingUnits",
            "OrganizationReference",
            "Áreas contratantes",
            "Elige las áreas que hacen los trámites para contratar.",
            extension="profile",
            need=RECOMMENDED,
            source=SIPOT,
        ),
        many(
            "responsibleUnits",
            "OrganizationReference",
            "Áreas responsables",
            "Elige las áreas que vigilarán que el contrato se cumpla.",
            extension="profile",
            need=RECOMMENDED,
            source=SIPOT,
        ),
        many(
            "budgetBreakdown",
            "BudgetBreakdown",
            "Desglose del presupuesto (planeación)",
            "Desglose como lo escriben sistemas anteriores. Prefiere el que está dentro de «Presupuesto».",
            extension="budgetLines",
            unique=True,
        ),
    ),
)

BUDGET = Block(
    "Budget",
    "Presupuesto",
    "El dinero previsto para la contratación y el proyecto al que pertenece.",
    (
        identifier(
            "id",
            "Clave presupuestal",
            "Clave de la partida o línea del presupuesto que paga la contratación.",
            example="33604",
        ),
        prose(
            "description",
            "Descripción",
            "Di de dónde sale el dinero, en palabras sencillas.",
            need=RECOMMENDED,
        ),
        ref(
            "amount",
            "Value",
            "Monto presupuestado",
            "Cuánto dinero hay para esta contratación.",
            need=RECOMMENDED,
        ),
        prose("project", "Proyecto", "Nombre del proyecto o programa que se atiende."),
        identifier(
            "projectID",
            "Clave del proyecto",
            "Clave con que se identifica ese proyecto, por ejemplo la de la cartera de inversión.",
        ),
        uri(
            "uri",
            "Dirección del presupuesto",
            "Página o archivo donde se consulta esta parte del presupuesto.",
        ),
        uri(
            "source",
            "Fuente",
            "Ya no se usa: captura «Dirección del presupuesto».",
            translatable=True,
            deprecated="1.1",
        ),
        many(
            "budgetBreakdown",
            "BudgetBreakdown",
            "Desglose del presupuesto",
            "Divide el presupuesto por origen del dinero y por periodo.",
            extension="budget_breakdown",
            unique=True,
            min_items=1,
            need=RECOMMENDED,
        ),
    ),
)

BUDGET_BREAKDOWN = Block(
    "BudgetBreakdown",
    "Parte del presupuesto",
    "Una parte del presupuesto: quién la aporta, cuánto y para qué periodo.",
    (
        key(
            "id",
            "Identificador",
            "Clave que distingue a esta parte del presupuesto de las demás.",
            example="1",
        ),
        text("description", "Descripción", "Di qué es esta parte del presupuesto.", min_length=1),
        ref("amount", "Value", "Monto", "Cuánto dinero aporta esta parte.", need=REQUIRED),
        ref("period", "Period", "Periodo", "Para qué periodo es este dinero.", need=REQUIRED),
        ref(
            "sourceParty",
            "OrganizationReference",
            "Quién aporta",
            "Elige al participante que aporta el dinero.",
            need=REQUIRED,
        ),
        uri("uri", "Dirección electrónica", "Página o archivo donde se consulta esta parte del presupuesto."),
        text(
            "origin",
            "Origen de los recursos",
            "Elige si el dinero es federal, estatal o municipal.",
            extension="profile",
            choices="budgetOrigin",
            need=RECOMMENDED,
            example="Estatales",
            source=SIPOT,
        ),
        text(
            "fundType",
            "Fondo o programa",
            "Escribe el nombre del fondo de participación o aportación, si aplica.",
            extension="profile",
            source=SIPOT,
        ),
        many(
            "budgetLines",
            "BudgetLine",
            "Claves presupuestarias",
            "Las claves presupuestarias completas de donde sale el dinero.",
            extension="budgetLines",
            whole_list=True,
            need=RECOMMENDED,
            source=SIPOT,
        ),
    ),
    extension="budget_breakdown",
    min_properties=1,
)

BUDGET_LINE = Block(
    "BudgetLine",
    "Clave presupuestaria",
    "Una clave presupuestaria con sus componentes y lo aprobado, modificado y ejercido.",
    (
        text(
            "id",
            "Clave completa",
            "Escribe la clave presupuestaria completa, tal como la usa tu área de finanzas.",
            types=("string",),
            need=REQUIRED,
            source=SIPOT,
        ),
        many(
            "components",
            "Component",
            "Componentes",
            "Las partes de la clave: ramo, unidad responsable, partida…",
            whole_list=True,
            need=RECOMMENDED,
        ),
        many(
            "measures",
            "Measure",
            "Momentos del presupuesto",
            "Cuánto se aprobó, modificó, comprometió, reservó o ejerció en esta clave.",
            whole_list=True,
            need=RECOMMENDED,
        ),
    ),
    extension="budgetLines",
)

COMPONENT = Block(
    "Component",
    "Componente de la clave",
    "Una parte de la clave presupuestaria.",
    (
        text(
            "name",
            "Nombre",
            "Elige qué parte de la clave es: ramo, función, partida…",
            choices="budgetComponent",
            need=REQUIRED,
            example="spendingObject",
        ),
        identifier("level", "Nivel", "Lugar que ocupa dentro de la clave, contando desde 1.", example="11"),
        identifier("code", "Clave", "Escribe la clave de esa parte.", need=REQUIRED, example="21101"),
        text(
            "description",
            "Descripción",
            "Escribe qué significa esa clave.",
            need=RECOMMENDED,
            example="Materiales y útiles de oficina",
        ),
    ),
    extension="budgetLines",
)

MEASURE = Block(
    "Measure",
    "Momento del presupuesto",
    "Cuánto dinero hay en un momento del presupuesto.",
    (
        identifier(
            "id",
            "Momento",
            "Elige el momento: aprobado, modificado, comprometido, reservado o ejercido.",
            choices="budgetMeasure",
            need=REQUIRED,
            example="approved",
        ),
        ref("value", "Value", "Monto", "Cuánto dinero es.", need=REQUIRED),
        text("update", "Actualización", "A qué trimestre corresponde el dato.", example="Primer Trimestre"),
    ),
    extension="budgetLines",
)

REQUEST_FOR_QUOTES = Block(
    "RequestForQuotes",
    "Solicitud de cotización",
    "Lo que se pidió cotizar, a quién y qué contestaron.",
    (
        key(
            "id",
            "Identificador",
            "Clave que distingue a esta solicitud de las demás.",
            min_length=None,
            example="sol-1",
        ),
        text("title", "Título", "Escribe un título breve.", need=REQUIRED),
        text("description", "Descripción", "Di qué se pidió cotizar.", need=RECOMMENDED),
        ref(
            "period",
            "Period",
            "Plazo para cotizar",
            "Entre qué fechas se recibieron cotizaciones.",
            need=REQUIRED,
        ),
        many(
            "items",
            "Item",
            "Partidas por cotizar",
            "Los bienes, servicios u obras que se pidió cotizar.",
            need=RECOMMENDED,
        ),
        many(
            "invitedSuppliers",
            "OrganizationReference",
            "Proveedores invitados",
            "Elige a quiénes se les pidió cotización.",
            need=REQUIRED,
            source=SIPOT,
        ),
        many(
            "quotes", "Quote", "Cotizaciones recibidas", "Las respuestas de cada proveedor.", need=RECOMMENDED
        ),
    ),
    extension="requestForQuotes",
    variants=("name",),
)

QUOTE = Block(
    "Quote",
    "Cotización",
    "Lo que un proveedor ofreció y a qué precio.",
    (
        key("id", "Identificador", "Clave que distingue a esta cotización de las demás.", example="cot-1"),
        prose("description", "Descripción", "Di qué ofrece la cotización."),
        date("date", "Fecha", "Indica cuándo se recibió.", need=REQUIRED),
        many(
            "items",
            "Item",
            "Partidas cotizadas",
            "Lo que se cotizó, con su precio unitario.",
            need=RECOMMENDED,
        ),
        ref("value", "Value", "Monto cotizado", "Precio total de la cotización.", need=REQUIRED),
        ref("period", "Period", "Vigencia", "Entre qué fechas vale la cotización.", need=REQUIRED),
        ref(
            "issuingSupplier",
            "OrganizationReference",
            "Proveedor que cotizó",
            "Elige quién envió la cotización.",
            need=REQUIRED,
            source=SIPOT,
        ),
    ),
    extension="requestForQuotes",
)

BLOCKS = (
    PLANNING,
    BUDGET,
    BUDGET_BREAKDOWN,
    BUDGET_LINE,
    COMPONENT,
    MEASURE,
    REQUEST_FOR_QUOTES,
    QUOTE,
)

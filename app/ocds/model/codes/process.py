"""Codelists of the process itself: how it starts, goes on and ends."""

from app.ocds.model.notation import Code, closed, offered, opened

RELEASE_TAG = closed(
    "releaseTag",
    "Etiqueta de la entrega",
    Code("planning", "Planeación", "Se propone o prepara una contratación."),
    Code("planningUpdate", "Actualización de la planeación", "Cambian datos de una planeación ya publicada."),
    Code("tender", "Licitación", "Se da a conocer un procedimiento nuevo."),
    Code(
        "tenderAmendment",
        "Modificación de la licitación",
        "Se modifica formalmente la convocatoria o sus bases.",
    ),
    Code(
        "tenderUpdate",
        "Actualización de la licitación",
        "Cambian datos de la licitación sin que haya una modificación formal.",
    ),
    Code("tenderCancellation", "Cancelación de la licitación", "El procedimiento se cancela."),
    Code("award", "Adjudicación", "Se da a conocer a quién se adjudicó."),
    Code(
        "awardUpdate", "Actualización de la adjudicación", "Cambian datos de una adjudicación ya publicada."
    ),
    Code("awardCancellation", "Cancelación de la adjudicación", "La adjudicación se cancela."),
    Code("contract", "Contrato", "Se da a conocer un contrato firmado o por firmar."),
    Code(
        "contractUpdate",
        "Actualización del contrato",
        "Cambian datos del contrato sin que haya un convenio modificatorio.",
    ),
    Code("contractAmendment", "Modificación del contrato", "Se firma un convenio modificatorio."),
    Code("implementation", "Ejecución", "Se dan a conocer pagos, avances o entregas."),
    Code(
        "implementationUpdate",
        "Actualización de la ejecución",
        "Cambian datos de la ejecución ya publicados.",
    ),
    Code("contractTermination", "Terminación del contrato", "El contrato llega a su fin."),
    Code(
        "compiled", "Compilada", "Reúne todas las entregas de la contratación; solo aparece en los registros."
    ),
)

INITIATION_TYPE = closed(
    "initiationType",
    "Tipo de inicio",
    Code(
        "tender", "Licitación", "El proceso nace de un procedimiento de contratación, sea o no competitivo."
    ),
)

TENDER_STATUS = closed(
    "tenderStatus",
    "Situación de la licitación",
    Code("planning", "En planeación", "Se está pensando en contratar; los datos pueden cambiar."),
    Code("planned", "Planeada", "El procedimiento está programado, pero no ha comenzado."),
    Code("active", "Activa", "El procedimiento está en curso."),
    Code("cancelled", "Cancelada", "La institución canceló el procedimiento."),
    Code("unsuccessful", "Desierta", "Terminó sin que se pudiera adjudicar."),
    Code("complete", "Concluida", "Terminó y hay resultado."),
    Code("withdrawn", "Retirada", "Ya no se publicará nada más de este procedimiento."),
)

AWARD_STATUS = closed(
    "awardStatus",
    "Situación de la adjudicación",
    Code("pending", "Pendiente", "Se propuso, pero todavía no es definitiva."),
    Code("active", "Activa", "Se hizo y está vigente."),
    Code("cancelled", "Cancelada", "Se dejó sin efecto."),
    Code("unsuccessful", "Desierta", "No se pudo adjudicar."),
)

CONTRACT_STATUS = closed(
    "contractStatus",
    "Situación del contrato",
    Code("pending", "Pendiente", "Está propuesto y falta firmarlo."),
    Code("active", "Vigente", "Lo firmaron todas las partes y obliga."),
    Code("cancelled", "Cancelado", "Se canceló antes de firmarse."),
    Code("terminated", "Terminado", "Estuvo vigente y llegó a su fin, por cumplirse o antes de tiempo."),
)

IMPLEMENTATION_STATUS = closed(
    "implementationStatus",
    "Situación de la ejecución",
    Code(
        "planning", "Por iniciar", "El contrato ya se firmó y falta empezar a entregar, prestar o construir."
    ),
    Code("ongoing", "En curso", "Se está entregando, prestando o construyendo."),
    Code("concluded", "Concluida", "Se terminó de entregar, prestar o construir."),
    source="EDCA-MX",
    extension="implementationStatus",
)

MILESTONE_STATUS = closed(
    "milestoneStatus",
    "Situación del hito",
    Code("scheduled", "Programado", "Tiene fecha y todavía no se revisa."),
    Code("met", "Cumplido", "Se cumplió; anota cuándo en la fecha de cumplimiento."),
    Code("notMet", "No cumplido", "No se había cumplido en la última revisión."),
    Code("partiallyMet", "Cumplido en parte", "Se había cumplido solo en parte en la última revisión."),
)

MILESTONE_TYPE = opened(
    "milestoneType",
    "Tipo de hito",
    Code("preProcurement", "Antes de contratar", "Estudios y demás preparativos."),
    Code("approval", "Aprobación", "Visto bueno de un contrato o proyecto."),
    Code("engagement", "Participación", "Audiencias y otros encuentros con la gente."),
    Code("assessment", "Evaluación", "Sesiones en que se evalúa o decide."),
    Code("delivery", "Entrega", "Fechas en que debe entregarse un bien o un servicio."),
    Code("reporting", "Informe", "Fechas en que debe rendirse un informe."),
    Code("financing", "Financiamiento", "Hechos sobre el dinero que financia la contratación."),
    Code("payment", "Pago", "Fechas en que debe pagarse al proveedor o contratista."),
    Code(
        "publicNotices",
        "Aviso a la población",
        "Cierres de calles, desvíos y otras molestias que causa la obra.",
        extension="publicNotices",
    ),
)

METHOD = closed(
    "method",
    "Tipo de procedimiento",
    Code("open", "Licitación pública", "Puede participar cualquier persona interesada."),
    Code(
        "selective", "Invitación a cuando menos tres personas", "Participan solo quienes reciben invitación."
    ),
    Code(
        "limited",
        "Invitación limitada",
        "La institución se dirige a unos cuantos proveedores que ella elige.",
    ),
    Code("direct", "Adjudicación directa", "Se contrata a un proveedor sin concurso."),
)

PROCEDURE_CHARACTER = offered(
    "procedureCharacter",
    "Carácter del procedimiento",
    Code("Nacional", "Nacional"),
    Code("Internacional", "Internacional"),
    source="Herramienta anterior de EDCA-MX",
)

METHOD_DETAILS = offered(
    "procurementMethodDetails",
    "Nombre del procedimiento",
    Code("Licitación pública", "Licitación pública"),
    Code("Invitación a cuando menos tres personas", "Invitación a cuando menos tres personas"),
    Code("Adjudicación directa", "Adjudicación directa"),
    source="EDCA-MX",
)

AWARD_CRITERIA = opened(
    "awardCriteria",
    "Criterio de evaluación",
    Code("priceOnly", "Precio (binario)", "Gana el precio más bajo entre quienes cumplen."),
    Code("costOnly", "Costo total", "Gana el costo total más bajo, contando operación y mantenimiento."),
    Code("qualityOnly", "Calidad", "El precio no decide; gana la mejor calidad."),
    Code(
        "ratedCriteria",
        "Puntos y porcentajes",
        "Gana el puntaje más alto al sumar precio, calidad y otros criterios.",
    ),
    Code("lowestCost", "Menor costo", "Ya no se usa: elige «Precio» o «Costo total».", deprecated=True),
    Code("bestProposal", "Mejor propuesta", "Ya no se usa: elige «Puntos y porcentajes».", deprecated=True),
    Code(
        "bestValueToGovernment",
        "Costo beneficio",
        "Ya no se usa en el estándar: elige «Puntos y porcentajes».",
        deprecated=True,
    ),
    Code(
        "singleBidOnly",
        "Única oferta",
        "Ya no se usa: di en el detalle que solo hubo una oferta.",
        deprecated=True,
    ),
)

SUBMISSION_METHOD = opened(
    "submissionMethod",
    "Medio de entrega de proposiciones",
    Code("electronicSubmission", "Electrónica", "Por una plataforma electrónica de contrataciones."),
    Code("electronicAuction", "Subasta electrónica", "Por una plataforma de subastas en línea."),
    Code("written", "Por escrito", "En papel o por correo."),
    Code("inPerson", "Presencial", "Solo en mano, en el lugar y la hora que se indican."),
)

PROCUREMENT_CATEGORY = closed(
    "procurementCategory",
    "Qué se contrata",
    Code("goods", "Bienes", "Principalmente cosas o suministros."),
    Code(
        "works",
        "Obra pública",
        "Principalmente construir, reparar o conservar un inmueble o infraestructura.",
    ),
    Code("services", "Servicios", "Principalmente un servicio."),
)

EXTENDED_PROCUREMENT_CATEGORY = opened(
    "extendedProcurementCategory",
    "Categoría adicional",
    Code("goods", "Bienes", "Cosas o suministros."),
    Code("works", "Obra pública", "Construir, reparar o conservar un inmueble o infraestructura."),
    Code("services", "Servicios", "Servicios en general."),
    Code("consultingServices", "Consultoría", "Servicios profesionales de asesoría."),
    Code(
        "goodsAcquisition",
        "Adquisición de bienes",
        "Compra de bienes muebles.",
        extension="extendedProcurementCategory",
    ),
    Code(
        "goodsLease",
        "Arrendamiento de bienes",
        "Renta de bienes por un tiempo y un precio.",
        extension="extendedProcurementCategory",
    ),
    Code(
        "worksRelatedServices",
        "Servicios relacionados con obra pública",
        "Proyectos, estudios, supervisión y otros servicios ligados a una obra.",
        extension="extendedProcurementCategory",
    ),
)

RELATED_PROCESS = opened(
    "relatedProcess",
    "Tipo de relación",
    Code("framework", "Contrato marco", "Esta contratación nace del contrato marco de la otra."),
    Code("planning", "Planeación", "La otra es la planeación de esta."),
    Code("parent", "Contrato principal", "Esta puede dar lugar a un subcontrato de la otra."),
    Code("prior", "Contratación anterior", "Esta renueva o sustituye a la otra."),
    Code("unsuccessfulProcess", "Procedimiento desierto", "Esta repite la otra, que quedó desierta."),
    Code("subContract", "Subcontrato", "La otra puede ser un subcontrato de este contrato."),
    Code("replacementProcess", "Sustitución", "La otra puede sustituir a este contrato."),
    Code("renewalProcess", "Renovación", "La otra puede renovar este contrato."),
)

RELATED_PROCESS_SCHEME = opened(
    "relatedProcessScheme",
    "Tipo de identificador",
    Code("ocid", "OCID", "Identificador de contratación abierta."),
)

BID_STATUS = closed(
    "bidStatus",
    "Situación de la proposición",
    Code("invited", "Invitada", "Se invitó a presentarla y todavía no llega."),
    Code("pending", "Recibida", "Llegó y falta evaluarla."),
    Code("valid", "Válida", "Cumple con los requisitos."),
    Code("disqualified", "Desechada", "No cumple con los requisitos."),
    Code("withdrawn", "Retirada", "Quien la presentó la retiró."),
    source="OCDS, extensión de proposiciones",
    extension="bids",
)

SUBMISSION_TYPE = closed(
    "submissionType",
    "Tipo de proposición",
    Code("expressionOfInterest", "Manifestación de interés", "Dice qué sabe hacer para que se le invite."),
    Code("bid", "Proposición", "Ofrece algo a un precio para que se le contrate."),
    source="OCDS, extensión de proposiciones",
    extension="bids",
)

STATISTIC = opened(
    "statistic",
    "Número de las proposiciones",
    Code("requests", "Manifestaciones de interés", "Cuántas se recibieron."),
    Code("bids", "Proposiciones recibidas", "Cuántas llegaron, se hayan aceptado o no."),
    Code("validBids", "Proposiciones válidas", "Cuántas cumplieron con los requisitos."),
    Code("disqualifiedBids", "Proposiciones desechadas", "Cuántas no se admitieron."),
    Code("lowestValidBidValue", "Monto válido más bajo", "Precio de la proposición válida más barata."),
    Code("highestValidBidValue", "Monto válido más alto", "Precio de la proposición válida más cara."),
    Code("bidders", "Licitantes", "Cuántas personas, empresas o consorcios presentaron proposición."),
    Code(
        "qualifiedBidders", "Licitantes calificados", "Cuántos cumplieron con los requisitos para participar."
    ),
    Code(
        "disqualifiedBidders",
        "Licitantes descalificados",
        "Cuántos no cumplieron con los requisitos para participar.",
    ),
    Code("electronicBids", "Proposiciones electrónicas", "Cuántas llegaron por medios electrónicos."),
    Code("microBids", "Proposiciones de microempresas", "Cuántas presentaron microempresas."),
    Code("smeBids", "Proposiciones de mipymes", "Cuántas presentaron empresas pequeñas y medianas."),
    Code("smallBids", "Proposiciones de empresas pequeñas", "Cuántas presentaron empresas pequeñas."),
    Code("mediumBids", "Proposiciones de empresas medianas", "Cuántas presentaron empresas medianas."),
    Code("foreignBids", "Proposiciones extranjeras", "Cuántas vinieron de otro país."),
    Code(
        "foreignBidsFromEU",
        "Proposiciones de otros países europeos",
        "Solo para procedimientos de la Unión Europea.",
    ),
    Code(
        "foreignBidsFromNonEU",
        "Proposiciones de fuera de Europa",
        "Solo para procedimientos de la Unión Europea.",
    ),
    Code(
        "tendersAbnormallyLow",
        "Precios anormalmente bajos",
        "Cuántas se desecharon por un precio demasiado bajo.",
    ),
    source="OCDS, extensión de proposiciones",
    extension="bids",
)

SURVEILLANCE = opened(
    "surveillanceMechanisms",
    "Vigilancia",
    Code(
        "socialWitness",
        "Testigo social",
        "Persona u organización que atestigua el procedimiento por la sociedad.",
    ),
    Code(
        "citizenComptroller",
        "Contraloría social",
        "Quienes se benefician vigilan que el dinero se gaste bien.",
    ),
    Code(
        "internalControlUnit",
        "Órgano interno de control",
        "Área de la institución que previene y sanciona faltas.",
    ),
    Code(
        "externalAuditor",
        "Auditoría externa",
        "Revisión hecha por alguien ajeno a la administración pública.",
    ),
    source="EDCA-MX",
    extension="surveillanceMechanisms",
)

LISTS = (
    PROCEDURE_CHARACTER,
    RELEASE_TAG,
    INITIATION_TYPE,
    TENDER_STATUS,
    AWARD_STATUS,
    CONTRACT_STATUS,
    IMPLEMENTATION_STATUS,
    MILESTONE_STATUS,
    MILESTONE_TYPE,
    METHOD,
    METHOD_DETAILS,
    AWARD_CRITERIA,
    SUBMISSION_METHOD,
    PROCUREMENT_CATEGORY,
    EXTENDED_PROCUREMENT_CATEGORY,
    RELATED_PROCESS,
    RELATED_PROCESS_SCHEME,
    BID_STATUS,
    SUBMISSION_TYPE,
    STATISTIC,
    SURVEILLANCE,
)

"""Codelists of who takes part and how they are identified."""

from app.ocds.model.notation import Code, offered, opened

PARTY_ROLE = opened(
    "partyRole",
    "Papel del participante",
    Code("buyer", "Institución compradora", "Su presupuesto paga la contratación."),
    Code("procuringEntity", "Institución convocante", "Lleva el procedimiento."),
    Code("supplier", "Proveedor o contratista", "Se le adjudicó o se le contrató."),
    Code("tenderer", "Licitante", "Presentó una proposición."),
    Code("funder", "Financiador", "Aporta dinero para la contratación."),
    Code("enquirer", "Quien pregunta", "Hizo preguntas sobre la convocatoria."),
    Code("payer", "Quien paga", "Emite un pago."),
    Code("payee", "Quien recibe el pago", "Recibe un pago."),
    Code("reviewBody", "Órgano revisor", "Revisa el procedimiento y resuelve inconformidades."),
    Code("interestedParty", "Parte interesada", "Mostró interés, por ejemplo al pedir las bases."),
    Code(
        "invitedSupplier",
        "Proveedor invitado a cotizar",
        "Se le pidió una cotización.",
        extension="requestForQuotes",
    ),
    Code("issuingSupplier", "Proveedor que cotizó", "Envió una cotización.", extension="requestForQuotes"),
    Code(
        "attendee",
        "Asistente a la junta de aclaraciones",
        "Asistió como licitante o persona interesada.",
        extension="clarificationMeetings",
    ),
    Code(
        "official",
        "Servidor público en la junta de aclaraciones",
        "Asistió por la institución.",
        extension="clarificationMeetings",
    ),
    Code(
        "guarantor",
        "Institución que expide la garantía",
        "Afianzadora, banco o aseguradora.",
        extension="guarantees",
    ),
    Code(
        "sourceParty",
        "Quien aporta el presupuesto",
        "De ahí sale una parte del presupuesto.",
        extension="budget_breakdown",
    ),
    Code("requestingUnit", "Área requirente", "Pide lo que se contrata.", extension="profile"),
    Code("contractingUnit", "Área contratante", "Hace los trámites para contratar.", extension="profile"),
    Code("responsibleUnit", "Área responsable", "Vigila que el contrato se cumpla.", extension="profile"),
    Code("technicalUnit", "Área técnica", "Define y evalúa los aspectos técnicos.", extension="profile"),
)

LEGAL_PERSONALITY = opened(
    "legalPersonality",
    "Tipo de persona",
    Code("naturalPerson", "Persona física", "Una persona de carne y hueso."),
    Code("legalPerson", "Persona moral", "Empresa, asociación o institución con personalidad jurídica."),
    source="EDCA-MX",
    extension="nameBreakdown",
)

CONTACT_POINT_TYPE = opened(
    "contactPointType",
    "Tipo de contacto",
    Code("contactPoint", "Punto de contacto", "Atiende preguntas en nombre de la institución o empresa."),
    Code("attorney", "Representante legal", "Puede obligarse en nombre de la institución o empresa."),
    source="EDCA-MX",
    extension="contactPointType",
)

IDENTIFIER_SCHEME = offered(
    "identifierScheme",
    "Registro",
    Code(
        "MX-RFC",
        "RFC",
        "Registro Federal de Contribuyentes: 12 caracteres si es persona moral y 13 si es física.",
    ),
    Code(
        "MX-INAI",
        "Clave de sujeto obligado",
        "Clave de la unidad administrativa ante el órgano nacional de transparencia.",
    ),
    Code("MX-UNAM", "Clave UNAM", "Clave de una dependencia de la Universidad Nacional."),
    source="EDCA-MX",
)

LANGUAGE = offered(
    "language",
    "Idioma",
    Code("es", "Español"),
    Code("en", "Inglés"),
    Code("fr", "Francés"),
    Code("pt", "Portugués"),
    Code("nah", "Náhuatl"),
    Code("yua", "Maya"),
    Code("zap", "Zapoteco"),
    Code("mix", "Mixteco"),
    Code("oto", "Otomí"),
    Code("tzo", "Tsotsil"),
    Code("tzh", "Tseltal"),
    source="BCP 47",
)

_DOMICILES = "Norma técnica sobre domicilios geográficos (INEGI)"


def _named(*names: str) -> tuple[Code, ...]:
    """Codes that are the names themselves, as domiciles are written."""
    return tuple(Code(name, name) for name in names)


ROAD_TYPE = offered(
    "roadType",
    "Tipo de vialidad",
    *_named(
        "Ampliación",
        "Andador",
        "Avenida",
        "Boulevard",
        "Brecha",
        "Calle",
        "Callejón",
        "Calzada",
        "Camino",
        "Carretera",
        "Cerrada",
        "Circuito",
        "Circunvalación",
        "Continuación",
        "Corredor",
        "Diagonal",
        "Eje vial",
        "Pasaje",
        "Peatonal",
        "Periférico",
        "Privada",
        "Prolongación",
        "Retorno",
        "Terracería",
        "Vereda",
        "Viaducto",
    ),
    source=_DOMICILES,
)

SETTLEMENT_TYPE = offered(
    "settlementType",
    "Tipo de asentamiento",
    *_named(
        "Aeropuerto",
        "Ampliación",
        "Barrio",
        "Cantón",
        "Ciudad",
        "Ciudad industrial",
        "Colonia",
        "Condominio",
        "Conjunto habitacional",
        "Corredor industrial",
        "Coto",
        "Cuartel",
        "Ejido",
        "Exhacienda",
        "Fracción",
        "Fraccionamiento",
        "Granja",
        "Hacienda",
        "Ingenio",
        "Manzana",
        "Paraje",
        "Parque industrial",
        "Privada",
        "Prolongación",
        "Pueblo",
        "Puerto",
        "Ranchería",
        "Rancho",
        "Región",
        "Residencial",
        "Rinconada",
        "Sección",
        "Sector",
        "Supermanzana",
        "Unidad",
        "Unidad habitacional",
        "Villa",
        "Zona federal",
        "Zona industrial",
        "Zona militar",
        "Zona naval",
    ),
    source=_DOMICILES,
)

LISTS = (
    ROAD_TYPE,
    SETTLEMENT_TYPE,
    PARTY_ROLE,
    LEGAL_PERSONALITY,
    CONTACT_POINT_TYPE,
    IDENTIFIER_SCHEME,
    LANGUAGE,
)

"""Codelists of things, places and the papers about them."""

from app.ocds.model.notation import Code, closed, offered, opened

ITEM_SCHEME = opened(
    "itemClassificationScheme",
    "Catálogo de bienes y servicios",
    Code("CPV", "CPV", "Vocabulario común de contratos públicos de la Unión Europea."),
    Code("CPVS", "CPV, suplementario", "Lista complementaria del vocabulario europeo."),
    Code("GSIN", "GSIN", "Números de bienes y servicios del gobierno de Canadá."),
    Code("UNSPSC", "UNSPSC", "Código estándar de productos y servicios de las Naciones Unidas."),
    Code("CPC", "CPC", "Clasificación central de productos de las Naciones Unidas."),
    Code("OKDP", "OKDP", "Clasificador ruso de productos de 1994."),
    Code("OKPD", "OKPD", "Clasificador ruso de productos de 2014."),
    Code("CUCOP", "CUCOP", "Clasificador Único de las Contrataciones Públicas de México."),
    Code("NAICS", "SCIAN", "Sistema de clasificación industrial de América del Norte."),
    Code("PSC", "PSC", "Códigos de productos y servicios del gobierno de Estados Unidos."),
    Code("HS", "Sistema armonizado", "Nomenclatura internacional de mercancías para aduanas."),
    Code("COG", "COG", "Clasificador por objeto del gasto: la partida presupuestal.", extension="profile"),
)

UNIT_SCHEME = opened(
    "unitClassificationScheme",
    "Catálogo de unidades",
    Code(
        "UNCEFACT",
        "UN/CEFACT, recomendación 20",
        "Claves de unidades para el comercio; el SAT usa las mismas.",
    ),
    Code("QUDT", "QUDT", "Vocabulario técnico de magnitudes y unidades."),
)

GEOMETRY_TYPE = closed(
    "geometryType",
    "Forma en el mapa",
    Code("Point", "Punto", "Una sola posición."),
    Code("MultiPoint", "Varios puntos", "Varias posiciones sueltas."),
    Code("LineString", "Línea", "Dos o más posiciones unidas, como un camino."),
    Code("MultiLineString", "Varias líneas", "Varios trazos."),
    Code("Polygon", "Zona", "Un área cerrada."),
    Code("MultiPolygon", "Varias zonas", "Varias áreas cerradas."),
    source="EDCA-MX",
    extension="location",
)

GAZETTEERS = opened(
    "locationGazetteers",
    "Catálogo de lugares",
    Code("NUTS", "NUTS", "Unidades territoriales de la Unión Europea."),
    Code("ISO2", "País (ISO 3166-1)", "Clave de país de dos letras."),
    Code("GEONAMES", "GeoNames", "Base mundial de nombres de lugares."),
    Code("OSMN", "Nodo de OpenStreetMap", "Un punto del mapa abierto."),
    Code("OSMR", "Relación de OpenStreetMap", "Un conjunto de elementos del mapa abierto."),
    Code("OSMW", "Vía de OpenStreetMap", "Un trazo del mapa abierto."),
    source="EDCA-MX",
    extension="location",
)

DOCUMENT_FORMAT = offered(
    "documentFormat",
    "Formato del archivo",
    Code("application/pdf", "PDF"),
    Code("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word (DOCX)"),
    Code("application/msword", "Word (DOC)"),
    Code("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel (XLSX)"),
    Code("application/vnd.ms-excel", "Excel (XLS)"),
    Code("application/vnd.oasis.opendocument.text", "Texto de OpenDocument (ODT)"),
    Code("application/vnd.oasis.opendocument.spreadsheet", "Hoja de OpenDocument (ODS)"),
    Code("application/zip", "Archivo comprimido (ZIP)"),
    Code("text/csv", "Valores separados por comas (CSV)"),
    Code("text/html", "Página web"),
    Code("image/jpeg", "Imagen JPEG"),
    Code("image/png", "Imagen PNG"),
    source="IANA, tipos MIME",
)

LISTS = (ITEM_SCHEME, UNIT_SCHEME, GEOMETRY_TYPE, GAZETTEERS, DOCUMENT_FORMAT)

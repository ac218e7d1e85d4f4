"""The small grammar of the demonstration: what is bought, from whom, where and why.

Words only. Item descriptions are ours; `code` is the CUCOP key of the nearest article (a fact, not its text).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One item that may be bought: unit prices in MXN before taxes, and quantities, as ranges."""

    description: str
    code: str
    unit: str
    prices: tuple[float, float]
    quantities: tuple[int, int]


@dataclass(frozen=True)
class Subject:
    """One kind of purchase; `{place}` in the title is filled in.

    `sectors` say which bodies buy it, `trade` which firms sell it.
    """

    title: str
    category: str
    extended: str
    sectors: frozenset[str]
    trade: str
    lines: tuple[Line, ...]
    dollars: bool = False


UNITS = {"Pieza": "H87", "Servicio": "E48", "Obra": "C62", "Litro": "LTR", "Kilogramo": "KGM", "Mes": "MON"}
"""Unit names and their UN/CEFACT codes."""


def _subject(title: str, kind: str, who: str, *lines: Line, dollars: bool = False) -> Subject:
    """`who` reads "trade: sectors that buy"."""
    category, extended = kind.split("/")
    trade, sectors = who.split(": ")
    return Subject(title, category, extended, frozenset(sectors.split()), trade, lines, dollars)


_GOODS = "goods/goodsAcquisition"
_LEASE = "goods/goodsLease"
_SERVICES = "services/services"
_WORKS = "works/works"
_STUDIES = "services/worksRelatedServices"

SUBJECTS = (
    _subject(
        "Adquisición de material de curación para los centros de salud de {place}",
        _GOODS,
        "salud: salud",
        Line("Guante de exploración de nitrilo, caja con cien", "25400244", "Pieza", (145, 240), (400, 6000)),
        Line(
            "Jeringa desechable de 5 ml con aguja, caja con cien",
            "25400294",
            "Pieza",
            (180, 310),
            (200, 3000),
        ),
        Line("Alcohol etílico de 70°, botella de un litro", "25400600", "Pieza", (42, 78), (500, 4000)),
        Line("Mascarilla con filtro para uso clínico", "25400321", "Pieza", (9, 21), (2000, 30000)),
    ),
    _subject(
        "Adquisición de ambulancias de urgencias básicas para la región {place}",
        _GOODS,
        "vehiculos: salud",
        Line(
            "Ambulancia de urgencias básicas, equipada y rotulada",
            "54100001",
            "Pieza",
            (980_000, 1_450_000),
            (2, 9),
        ),
        Line("Chaleco de seguridad reflejante para tripulación", "28300004", "Pieza", (240, 480), (10, 60)),
    ),
    _subject(
        "Servicio integral de lavado y desinfección de ropa hospitalaria en {place}",
        _SERVICES,
        "salud: salud",
        Line(
            "Lavado, planchado y entrega diaria de ropa hospitalaria",
            "35800001",
            "Mes",
            (88_000, 240_000),
            (6, 12),
        ),
        Line(
            "Traslado y destino final de residuos peligrosos biológicos",
            "35800005",
            "Mes",
            (35_000, 90_000),
            (6, 12),
        ),
    ),
    _subject(
        "Construcción del centro de salud «Niñas y Niños Héroes» en {place}",
        _WORKS,
        "obra: salud obra",
        Line(
            "Obra civil, instalaciones y acabados del centro de salud",
            "61200103",
            "Obra",
            (8_500_000, 32_000_000),
            (1, 1),
        ),
        Line("Red de agua potable y cisterna del conjunto", "61400203", "Obra", (450_000, 1_900_000), (1, 1)),
    ),
    _subject(
        "Pavimentación con concreto hidráulico de la calle Ejemplo, tramo norte, en {place}",
        _WORKS,
        "obra: obra municipio",
        Line(
            "Pavimento de concreto hidráulico de 18 cm, con terracerías",
            "61700112",
            "Obra",
            (2_400_000, 14_000_000),
            (1, 1),
        ),
        Line(
            "Construcción de banquetas y guarniciones con rampas",
            "61400201",
            "Obra",
            (320_000, 1_600_000),
            (1, 1),
        ),
        Line("Luminaria solar para alumbrado de la calle", "24600057", "Pieza", (6_800, 14_500), (12, 80)),
    ),
    _subject(
        "Rehabilitación de la red de alcantarillado en la colonia Las Piñas de {place}",
        _WORKS,
        "obra: obra municipio",
        Line("Sustitución de tubería y pozos de visita", "61400309", "Obra", (1_700_000, 9_800_000), (1, 1)),
        Line("Reposición de pavimento en las zanjas", "61700112", "Obra", (280_000, 1_100_000), (1, 1)),
    ),
    _subject(
        "Supervisión externa y control de calidad de las obras del programa «Caminos que unen» en {place}",
        _STUDIES,
        "obra: obra",
        Line("Supervisión técnica y administrativa de obra", "61900301", "Mes", (120_000, 310_000), (4, 12)),
    ),
    _subject(
        "Ampliación y remozamiento de aulas en la escuela primaria rural de {place}",
        _WORKS,
        "obra: obra educacion",
        Line("Construcción de dos aulas y sanitarios", "61200111", "Obra", (1_900_000, 6_400_000), (1, 1)),
        Line("Remozamiento de aulas, patio cívico y barda", "61200227", "Obra", (380_000, 1_500_000), (1, 1)),
    ),
    _subject(
        "Adquisición de uniformes y libros para alumnado de educación básica de {place}",
        _GOODS,
        "bienes: educacion",
        Line("Uniforme escolar de diario, tallas 4 a 16", "27100152", "Pieza", (260, 420), (1500, 12000)),
        Line(
            "Libro de lectura ilustrado para biblioteca de aula", "21500011", "Pieza", (85, 190), (800, 9000)
        ),
    ),
    _subject(
        "Adquisición de equipo de cómputo para laboratorios de idiomas y ciencias de {place}",
        _GOODS,
        "computo: educacion general",
        Line(
            "Computadora portátil de 14 pulgadas, 16 GB de memoria",
            "51500062",
            "Pieza",
            (13_500, 22_000),
            (20, 180),
        ),
        Line(
            "Computadora de escritorio con monitor de 24 pulgadas",
            "51500061",
            "Pieza",
            (11_000, 18_500),
            (20, 240),
        ),
        Line("Mesa de trabajo para dos personas", "51100062", "Pieza", (2_300, 4_100), (20, 120)),
        dollars=True,
    ),
    _subject(
        "Licenciamiento y soporte del sistema de gestión escolar de {place}",
        _SERVICES,
        "computo: educacion general",
        Line("Licencias anuales de uso y actualización", "32700003", "Servicio", (180_000, 950_000), (1, 3)),
        Line(
            "Hospedaje en centro de datos con respaldo diario", "31900004", "Mes", (18_000, 65_000), (6, 12)
        ),
        dollars=True,
    ),
    _subject(
        "Adquisición de papelería y consumibles para oficinas de {place}",
        _GOODS,
        "bienes: general justicia municipio",
        Line("Papel bond tamaño carta, caja con diez paquetes", "21100133", "Pieza", (690, 980), (60, 900)),
        Line("Tóner negro para impresora láser", "21200030", "Pieza", (1_150, 2_600), (20, 200)),
        Line("Archivero metálico de cuatro gavetas", "51100006", "Pieza", (3_900, 6_800), (5, 60)),
    ),
    _subject(
        "Adquisición de mobiliario ergonómico para las áreas de atención ciudadana de {place}",
        _GOODS,
        "bienes: general justicia",
        Line("Silla ergonómica con descansabrazos", "51100090", "Pieza", (2_400, 5_200), (20, 260)),
        Line("Escritorio de metal con cubierta laminada", "51100024", "Pieza", (3_600, 7_900), (10, 140)),
    ),
    _subject(
        "Servicio de vigilancia de inmuebles ubicados en {place}",
        _SERVICES,
        "servicios: general justicia salud educacion",
        Line(
            "Vigilancia mensual con elementos en turnos de doce horas y equipo",
            "33800001",
            "Mes",
            (95_000, 380_000),
            (6, 12),
        ),
    ),
    _subject(
        "Servicio de mantenimiento preventivo y correctivo de edificios públicos en {place}",
        _SERVICES,
        "servicios: general justicia salud educacion municipio",
        Line(
            "Mantenimiento menor de inmuebles: pintura, plomería y electricidad",
            "35100001",
            "Servicio",
            (120_000, 1_300_000),
            (1, 4),
        ),
        Line("Jardinería y poda de áreas verdes", "35900004", "Mes", (14_000, 52_000), (6, 12)),
        Line("Fumigación y control de plagas", "35900003", "Servicio", (6_500, 28_000), (2, 12)),
    ),
    _subject(
        "Capacitación de servidoras y servidores públicos en contrataciones abiertas, sede {place}",
        _SERVICES,
        "servicios: general justicia educacion",
        Line(
            "Curso de cuarenta horas con material y constancia",
            "33400001",
            "Servicio",
            (45_000, 180_000),
            (1, 6),
        ),
    ),
    _subject(
        "Auditoría externa a los estados financieros del ejercicio, oficinas de {place}",
        _SERVICES,
        "servicios: general justicia",
        Line(
            "Dictamen de estados financieros y presupuestales",
            "33100008",
            "Servicio",
            (160_000, 720_000),
            (1, 1),
        ),
    ),
    _subject(
        "Arrendamiento sin opción a compra de vehículos utilitarios para {place}",
        _LEASE,
        "vehiculos: general municipio justicia salud",
        Line(
            "Renta mensual de vehículo utilitario con seguro y mantenimiento",
            "32500025",
            "Mes",
            (9_800, 17_500),
            (60, 480),
        ),
    ),
    _subject(
        "Suministro de combustible mediante vales electrónicos para el parque vehicular de {place}",
        _GOODS,
        "vehiculos: general municipio justicia obra",
        Line("Gasolina regular, dispersión en tarjeta", "26100013", "Litro", (21.5, 24.9), (8_000, 160_000)),
    ),
    _subject(
        "Adquisición de camiones recolectores de basura para {place}",
        _GOODS,
        "vehiculos: municipio",
        Line(
            "Camión recolector de carga trasera de 20 yardas",
            "54100020",
            "Pieza",
            (1_900_000, 2_900_000),
            (1, 6),
        ),
    ),
    _subject(
        "Adquisición de despensas para el programa de alimentación de personas adultas mayores de {place}",
        _GOODS,
        "bienes: municipio general",
        Line(
            "Despensa de quince productos básicos, armada y empacada",
            "22100113",
            "Pieza",
            (310, 520),
            (900, 14_000),
        ),
        Line("Arroz pulido, costal de un kilogramo", "22100023", "Kilogramo", (22, 36), (1_000, 20_000)),
    ),
    _subject(
        "Adquisición de autopatrullas y equipo de protección para la policía de proximidad de {place}",
        _GOODS,
        "vehiculos: municipio justicia",
        Line(
            "Autopatrulla tipo sedán, equipada y balizada", "55100004", "Pieza", (690_000, 1_050_000), (2, 18)
        ),
        Line("Chaleco antibalas nivel III-A", "28300003", "Pieza", (9_500, 17_800), (10, 120)),
        dollars=True,
    ),
)

GIVEN_NAMES = (
    "María Guadalupe", "José Ángel", "Íñigo", "Ana Sofía", "Begoña", "Luis Fernando", "Rocío del Carmen",
    "Óscar Iván", "Zulema", "Raúl", "Xóchitl", "Germán", "Verónica", "Joaquín", "Núria", "Ulises",
    "Itzel Citlali", "Ramón", "Mónica", "Andrés",
)  # fmt: skip
SURNAMES = (
    "Peña", "Núñez", "Ordóñez", "Güemes", "Ávila", "Zúñiga", "Muñoz", "Cantú", "Pech", "Canul", "Treviño",
    "Ibáñez", "Briseño", "Lozano", "Uc", "Villaseñor", "Dzul", "Cárdenas", "Montaño", "Ríos",
)  # fmt: skip
STREETS = (
    "Av. de la Muestra", "Calle Ejemplo", "Privada Ficticia", "Calzada de los Datos Abiertos",
    "Boulevard Demostración", "Andador Ñandú", "Calle 5 de Ensayo",
)  # fmt: skip
NEIGHBOURHOODS = ("Centro", "Las Piñas", "Jardines del Ensayo", "San Simulacro", "La Maqueta", "Año Nuevo")

FIRMS = (
    ("Suministros Médicos Ñandú de Demostración, S.A. de C.V.", "salud"),
    ("Distribuidora Clínica Prueba Ácida, S.A. de C.V.", "salud"),
    ("Laboratorios y Lavanderías Ensayo, S. de R.L. de C.V.", "salud"),
    ('Constructora "El Peñón" de Demostración, S.A. de C.V.', "obra"),
    ("Pavimentos y Urbanizaciones Ensayo, S.A. de C.V.", "obra"),
    ("Edificaciones Maqueta del Sureste, S.A. de C.V.", "obra"),
    ("Ingeniería, Supervisión y Proyectos Bosquejo, S.C.", "obra"),
    ("Cómputo y Redes Ficticias del Norte, S.A.P.I. de C.V.", "computo"),
    ("Sistemas Año Cero, S.A. de C.V.", "computo"),
    ("Datos y Licencias Borrador, S. de R.L. de C.V.", "computo"),
    ("Papelería La Muestra, S.A. de C.V.", "bienes"),
    ("Uniformes y Textiles Bocetos, S.A. de C.V.", "bienes"),
    ("Alimentos Selectos de Prueba, S.A. de C.V.", "bienes"),
    ("Automotriz Prototipo, S.A. de C.V.", "vehiculos"),
    ("Energéticos y Flotillas Hipótesis, S.A. de C.V.", "vehiculos"),
    ("Autos y Camiones del Supuesto, S.A. de C.V.", "vehiculos"),
    ("Vigilancia y Custodia Simulacro, S.A. de C.V.", "servicios"),
    ("Despacho O'Ficticio & Asociados, S.C.", "servicios"),
    ("Capacitación y Mantenimiento Ejercicio Núm. 1, S.A. de C.V.", "servicios"),
    ("Grupo Ejemplar de Servicios, Obras y Suministros, S. de R.L. de C.V.", ""),
    (
        (
            "Comercializadora Integral de Bienes, Insumos, Equipos, Refacciones, Mobiliario y Servicios Especializados"
            " para Instituciones Públicas y Privadas «Año Nuevo» de Demostración, S. de R.L. de C.V."
        ),
        "",
    ),
    ("Soluciones Múltiples del Simulador, S.A. de C.V.", ""),
)
"""Names of firms and their trade; those without one sell everything."""

DIRECT_GROUNDS = (
    "El monto está por debajo del umbral que la ley fija para adjudicar de forma directa.",
    "Solo hay una persona titular de los derechos exclusivos sobre el bien o servicio requerido.",
    "Hubo una urgencia por caso fortuito y no era posible esperar los plazos de una licitación.",
    "El contrato anterior se rescindió y se adjudica a la segunda mejor proposición.",
)
AWARD_GROUNDS = (
    "Cumplió todos los requisitos legales, técnicos y económicos y ofreció el precio solvente más bajo.",
    "Obtuvo el mayor puntaje en la evaluación por puntos y porcentajes.",
    "Su cotización fue la más conveniente de las recibidas en la investigación de mercado.",
)
CANCELLATION_GROUNDS = (
    "Se extinguió la necesidad de contratar porque el bien se recibió en donación.",
    "La suficiencia presupuestaria se retiró antes del fallo.",
)
AMENDMENT_GROUNDS = (
    "Se amplían las cantidades dentro del veinte por ciento que permite la ley, a los mismos precios.",
    "Se difiere el plazo por lluvias atípicas que impidieron los trabajos y se ajusta el importe.",
)
TERMINATION_GROUNDS = (
    "Se rescinde porque la empresa incumplió el programa de entregas pese a dos requerimientos por escrito.",
    "Se termina anticipadamente por razones de interés general; se pagó lo entregado hasta la fecha.",
)


def full_name(seed: int) -> tuple[str, str, str]:
    """An invented name: given names and the two surnames; it repeats after some hundreds of seeds."""
    return (
        GIVEN_NAMES[seed % len(GIVEN_NAMES)],
        SURNAMES[(seed * 3 + seed // len(SURNAMES)) % len(SURNAMES)],
        SURNAMES[(seed * 7 + 4 + 3 * (seed // len(SURNAMES))) % len(SURNAMES)],
    )

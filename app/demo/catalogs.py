"""The catalogues of the demonstration: our own words, enough for what the demonstration buys, and nothing official.

Codes of goods that the demonstration buys are those of its phrases; the others end in 900 and up, where CUCOP has none.
"""

from app.demo.phrases import SUBJECTS

_GOODS = """
21100901|Carpeta de tres argollas|Pieza
21100902|Engrapadora de escritorio|Pieza
21100903|Bolígrafo de tinta azul|Pieza
21100904|Sobre manila tamaño carta|Pieza
21100905|Cuaderno profesional de cien hojas|Pieza
21400901|Memoria USB|Pieza
21400902|Disco externo para respaldos|Pieza
21600901|Jabón líquido para manos|Litro
21600902|Papel higiénico en rollo|Pieza
21600903|Cloro para limpieza de pisos|Litro
21600904|Bolsa de plástico para basura|Kilogramo
22100901|Agua purificada en garrafón|Pieza
22100902|Frijol negro en grano|Kilogramo
22100903|Leche entera en polvo|Kilogramo
24100901|Arena y grava para obra|Metro cúbico
24200901|Cemento gris en saco|Pieza
24600901|Cable eléctrico de cobre|Metro
24600902|Foco de led|Pieza
24700901|Varilla corrugada de acero|Kilogramo
24900901|Pintura vinílica para exteriores|Litro
25300901|Paracetamol en tabletas|Pieza
25300902|Vacuna contra la influenza|Pieza
25400901|Gasa estéril|Pieza
25400902|Termómetro digital|Pieza
25500901|Reactivo para laboratorio clínico|Pieza
26100901|Diésel para maquinaria|Litro
27200901|Casco de seguridad|Pieza
27200902|Botas de trabajo con casquillo|Pieza
29400901|Teclado y ratón|Pieza
29600901|Llanta para camioneta|Pieza
31100901|Suministro de energía eléctrica|Servicio
31700901|Acceso a internet por fibra óptica|Servicio
32300901|Renta de fotocopiadoras|Servicio
33300901|Desarrollo de sistemas a la medida|Servicio
33600901|Impresión de formatos oficiales|Servicio
33900901|Estudio de calidad del agua|Servicio
34500901|Seguro de vehículos|Servicio
35200901|Reparación de mobiliario|Servicio
35500901|Mantenimiento de vehículos|Servicio
36100901|Difusión de campañas en radio|Servicio
37100901|Boletos de avión nacionales|Servicio
38200901|Organización de eventos cívicos|Servicio
52100901|Proyector de imágenes|Pieza
53100901|Unidad dental completa|Pieza
53100902|Cama hospitalaria eléctrica|Pieza
56400901|Equipo de aire acondicionado|Pieza
56700901|Taladro de impacto|Pieza
61300901|Perforación de pozo profundo|Obra
61500901|Rehabilitación de camino rural|Obra
62900901|Estudio de mecánica de suelos|Servicio
"""

_PARTIDAS = """
21100|Papelería y artículos de oficina
21200|Insumos para imprimir y reproducir
21400|Insumos de cómputo
21500|Libros y material impreso
21600|Artículos de limpieza
22100|Alimentos para personas
24200|Cemento y productos de concreto
24600|Material eléctrico
25300|Medicinas
25400|Material de curación
26100|Combustibles y aceites
27100|Uniformes
27200|Ropa y equipo de seguridad personal
28300|Prendas de protección para seguridad pública
29600|Refacciones de vehículos
31700|Internet y redes
31900|Alojamiento de sistemas y otros servicios básicos
32500|Renta de vehículos
32700|Licencias y otros derechos de uso
33100|Asesoría legal, contable y auditoría
33300|Consultoría y desarrollo de sistemas
33400|Capacitación
33800|Vigilancia
35100|Mantenimiento menor de inmuebles
35800|Lavandería, limpieza y manejo de residuos
35900|Jardinería y fumigación
36100|Difusión de mensajes institucionales
51100|Muebles de oficina
51500|Equipo de cómputo
53100|Equipo médico
54100|Vehículos terrestres
55100|Equipo de seguridad pública
61200|Edificación no habitacional
61400|Urbanización
61700|Instalaciones y trabajos de obra
61900|Acabados, supervisión y otros trabajos
"""

_STRUCTURE = """
branch|12|Salud
branch|11|Educación
finality|2|Desarrollo social
function|23|Salud
function|25|Educación
budgetProgram|E001|Servicios a la población
budgetProgram|K005|Infraestructura pública
budgetProgram|M001|Apoyo administrativo
spendingType|1|Gasto corriente
spendingType|2|Gasto de capital
budgetSource|1|Recursos fiscales
budgetSource|2|Aportaciones federales
budgetSource|4|Ingresos propios
region|14|Jalisco
"""

_LAWS = {
    "Ley de Adquisiciones, Arrendamientos y Servicios del Sector Público de 2000": """
26-I|Licitación pública, la regla general|open
26-II|Invitación a cuando menos tres personas|selective
26-III|Adjudicación directa|direct
41-I|Solo una persona puede dar el bien o servicio, por patente u otro derecho exclusivo|selective,direct
41-II|Está en riesgo la seguridad, la salud o un servicio público de una zona|selective,direct
41-III|De otro modo habría pérdidas o costos adicionales importantes, justificados y medidos|selective,direct
41-V|Un caso fortuito impide esperar los plazos de una licitación|selective,direct
41-VI|Se rescindió el contrato y se adjudica a quien quedó en segundo lugar|selective,direct
41-VII|La licitación quedó desierta y los requisitos no cambian|selective,direct
41-VIII|Hay razones justificadas para comprar una marca determinada|selective,direct
41-IX|Son alimentos, granos o bienes perecederos|selective,direct
41-X|Es una consultoría o investigación que exige reserva o especialidad|selective,direct
42|El monto está por debajo del umbral que fija el presupuesto|selective,direct
""",
    "Ley de Obras Públicas y Servicios Relacionados con las Mismas": """
27-I|Licitación pública, la regla general|open
27-II|Invitación a cuando menos tres personas|selective
27-III|Adjudicación directa|direct
42-II|Está en riesgo la seguridad, la salud o un servicio público de una zona|selective,direct
42-V|Un caso fortuito impide esperar los plazos de una licitación|selective,direct
42-VI|Se rescindió el contrato y se adjudica a quien quedó en segundo lugar|selective,direct
42-VII|La licitación quedó desierta y los requisitos no cambian|selective,direct
43|El monto está por debajo del umbral que fija el presupuesto|selective,direct
""",
}


def demo_catalogs() -> dict[str, str]:
    """Return the file of each catalogue, by kind, as a garante would load it."""
    bought = {
        line.code: f"{line.code}|{line.description}|{line.unit}"
        for subject in SUBJECTS
        for line in subject.lines
    }
    articles = (f"{law}|{row}" for law, rows in _LAWS.items() for row in rows.strip().splitlines())
    return {
        "cucop": "\n".join(["clave|descripción|unidad", *bought.values()]) + _GOODS,
        "cog": f"clave|descripción{_PARTIDAS}",
        "programmaticStructure": f"parte|clave|descripción{_STRUCTURE}",
        "rationaleArticle": "\n".join(["ley|artículo|descripción|procedimiento", *articles]),
    }

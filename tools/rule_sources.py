"""The rules that others check, and what became of each: what docs/rules.md tells beside our own table.

A rule that has ours names it in `Rule.sources`; the rest is told here, with the place that answers for it or the
reason why nothing does.
"""

from collections.abc import Mapping
from types import MappingProxyType

INCUMBENT: Mapping[str, str] = MappingProxyType(
    {
        "incumbente E1": "el OCID tiene al menos 18 caracteres",
        "incumbente E2": "hay al menos un participante",
        "incumbente E3": "el identificador de un participante no se repite",
        "incumbente E4": "el identificador de un participante es registro, guion y número",
        "incumbente E5": "el registro es MX-RFC, MX-INAI o MX-UNAM",
        "incumbente E6": "el número tiene el largo de su registro",
        "incumbente E7": "el código postal contiene cinco dígitos",
        "incumbente E8": "la justificación no pasa de 900 caracteres",
        "incumbente E9": "el nombre del procedimiento concuerda con su tipo",
        "incumbente E10": "la primera categoría adicional concuerda con la principal",
        "incumbente E11": "el número de licitantes es el de participantes con ese papel",
        "incumbente E12": "hay adjudicaciones",
        "incumbente E13": "el identificador de una adjudicación no se repite",
        "incumbente E14": "la adjudicación tiene monto, y el neto es mayor que cero",
        "incumbente E15": "hay contratos",
        "incumbente E16": "el identificador de un contrato no se repite",
        "incumbente E17": "el monto neto del contrato es mayor que cero",
        "incumbente E18": "el contrato tiene ejecución",
        "incumbente E19": "el identificador de un documento no se repite en su etapa",
        "incumbente E20": "el formato de un documento es de una lista de extensiones",
        "incumbente E21": "el tipo de documento es de su etapa",
        "incumbente E22": "el identificador de una partida no se repite",
        "incumbente E23": "la unidad de una partida es la del catálogo CUCOP",
        "incumbente E24": "la clave de una partida tiene ocho caracteres",
        "incumbente E25": "el catálogo de una partida es CUCOP",
        "incumbente E26": "el monto neto de un pago no pasa del monto total",
    }
)
"""Source -> what the rule asked, when it blocked publication."""

WARNINGS: tuple[tuple[str, str, str], ...] = (
    ("participantes: nombre, identificador, razón social, domicilio, contacto, papeles", "se corrige", "Lo que falta lo dice el modelo (`Need`); a una persona física no se le piden razón social, domicilio ni contacto, que no se publican."),
    ("planeación: justificación", "se conserva", "Lo dice el modelo."),
    ("licitación: 24 datos", "se corrige", "Los dice el modelo; a una adjudicación directa no se le piden los del concurso (`app/ocds/applicability.py`). La descripción se mira en su lugar, y no en el del número."),
    ("adjudicación: datos, y neto mayor que el total", "se conserva", "Los datos los dice el modelo; el neto, `net-amount`."),
    ("contrato: datos, y neto mayor que el total", "se conserva", "Los datos los dice el modelo; el neto, `net-amount`. Antes de la firma no se piden fecha ni ejecución."),
    ("modificaciones: fecha, descripción y motivo", "se corrige", "Los dice el modelo; en la anterior nunca se ejecutaba."),
    ("documentos: tipo, título, dirección, fecha y formato", "se conserva", "Los dice el modelo."),
    ("partidas: descripción, clasificación, cantidad y montos", "se corrige", "Los dice el modelo; la anterior buscaba los montos donde no estaban y avisaba siempre."),
    ("ejecución y pagos: situación, montos, forma de pago, quién paga y quién recibe", "se conserva", "Los dice el modelo."),
    ("resumen: presencia de nueve documentos", "se corrige", "`document-expected` pide el que prueba cada etapa concluida, según el tipo de procedimiento."),
    ("resumen: presencia de papeles", "se corrige", "`role-missing` y `role-unused` miran que cada papel y su lugar concuerden."),
    ("resumen: saldo de contratos menos pagos", "se corrige", "`contract-payments`, contrato por contrato y nunca entre monedas."),
    ("segunda versión: ninguna regla impedía publicar", "se descarta", "Lo que un programa no puede leer impide publicar."),
)  # fmt: skip
"""What the incumbent warned of without blocking, what became of it, and where."""

_REFERENCE = (
    "Validación: `reference` si no lo nombra ningún participante; `duplicate-id` impide que lo nombren dos."
)

ELSEWHERE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "incumbente E1": ("se corrige", "Validación: `ocid` mira el prefijo, que es lo que lo hace único, y no el largo."),
        "incumbente E2": ("se conserva", "Lo dice el modelo: los participantes son obligatorios para publicar según EDCA-MX. No impide publicar."),
        "incumbente E3": ("se conserva", "Validación: `duplicate-id` impide publicar, porque al reunir entregas uno borraría al otro."),
        "incumbente E8": ("se descarta", "El límite era de su base de datos. Todo texto admite 50,000 caracteres."),
        "incumbente E12": ("se corrige", "Lo dice el modelo cuando la licitación concluyó; en la anterior nunca fallaba."),
        "incumbente E13": ("se conserva", "Validación: `duplicate-id`."),
        "incumbente E15": ("se corrige", "Lo dice el modelo cuando hay una adjudicación activa; en la anterior nunca fallaba."),
        "incumbente E16": ("se conserva", "Validación: `duplicate-id`."),
        "incumbente E18": ("se corrige", "Lo dice el modelo, y solo después de la firma. No impide publicar."),
        "incumbente E19": ("se conserva", "Validación: `duplicate-id`."),
        "incumbente E22": ("se conserva", "Validación: `duplicate-id`."),
        "incumbente E23": ("se descarta", "Nunca se ejecutó, y leía 11,470 renglones. La unidad la trae el catálogo al elegir la clave."),
        "incumbente E25": ("se descarta", "El estándar admite otros catálogos. Validación aconseja con `open-code` si no se conoce."),
        "Pelican campo: presente": ("se conserva", "Lo dice el modelo (`Need`): lo que falta se muestra junto al campo."),
        "Pelican campo: con contenido": ("se conserva", "Validación: `empty`."),
        "Pelican campo: prefijo OCID": ("se conserva", "Validación: `ocid`; y cada organismo garante registra sus prefijos."),
        "Pelican referencia: comprador": ("se conserva", _REFERENCE),
        "Pelican referencia: convocante": ("se conserva", _REFERENCE),
        "Pelican referencia: proveedor": ("se conserva", _REFERENCE),
        "Pelican referencia: licitante": ("se conserva", _REFERENCE),
        "Pelican referencia: quien paga": ("se conserva", _REFERENCE),
        "Pelican referencia: quien recibe": ("se conserva", _REFERENCE),
        "Pelican referencia: adjudicación": ("se conserva", "Validación: `reference`, y `duplicate-id` para dos con el mismo identificador."),
        "Pelican tiempo: OCID": ("se conserva", "Un OCID publicado no cambia: lo impide el servicio."),
    }
)  # fmt: skip
"""Source without a rule of ours -> what became of it and where it is answered, or why it is not."""

_SIX = ("comprador", "convocante", "proveedor", "licitante", "quien paga", "quien recibe")

PELICAN: tuple[str, ...] = (
    *(
        f"Pelican campo: {name}"
        for name in (
            "presente",
            "con contenido",
            "prefijo OCID",
            "fechas creíbles",
            "correo electrónico",
            "registro del identificador",
            "teléfono",
            "descripción del documento",
            "tipo de documento",
            "formato",
            "números no negativos",
            "idioma",
        )
    ),
    *(
        f"Pelican coherente: {name}"
        for name in (
            "periodos",
            "licitantes de adjudicación directa",
            "situación de la licitación",
            "situación de la adjudicación",
            "situación del contrato",
            "situación de hitos",
            "montos",
            "cronología",
            "fechas pasadas",
            "fechas de hitos",
            "fechas de modificaciones",
            "fechas de documentos",
        )
    ),
    *(
        f"Pelican consistente: {name}"
        for name in (
            "número de licitantes",
            "presupuesto y licitación",
            "contratos y adjudicación",
            "pagos y contrato",
            "papeles usados",
            "duración",
            "papel del comprador",
            "papel del convocante",
            "papel del proveedor",
            "papel del licitante",
            "papel de quien paga",
            "papel de quien recibe",
            "nombre del comprador",
            "nombre del convocante",
            "nombre del proveedor",
            "nombre del licitante",
            "nombre de quien paga",
            "nombre de quien recibe",
        )
    ),
    *(f"Pelican referencia: {name}" for name in (*_SIX, "adjudicación")),
    *(f"Pelican tiempo: {name}" for name in ("OCID", "título", "objetos")),
)
"""The checks of Pelican on one field (12), one compiled release (37) and two releases in time (3)."""

"""Lists of contracts as CompraNet gives them, made by hand."""

import csv
import io

from app.compranet.mapping import COLUMNS

OLD = [column.titles[0] for column in COLUMNS if column.key not in ("contract.description", "supplier.rfc")]
"""The 39 columns of 2010 to 2017."""
NEW = [column.titles[-1] for column in COLUMNS if column.titles[0] not in ("CLAVE_PROGRAMA", "ARCHIVADO")]
"""Later names, with the RFC."""
PAPER = {
    "GOBIERNO": "GE",
    "SIGLAS": "JAL",
    "DEPENDENCIA": "_Gobierno del Estado de Jalisco",
    "CLAVEUC": "914010997",
    "NOMBRE_DE_LA_UC": "JAL-Secretaría de Pruebas 1 del Estado-Recursos Materiales #914010997",
    "RESPONSABLE": "Elena Ríos",
    "NUMERO_EXPEDIENTE": "501207",
    "TITULO_EXPEDIENTE": "Papel para oficinas",
    "NUMERO_PROCEDIMIENTO": "IA-914010997-N1-2014",
    "EXP_F_FALLO": "2014-03-27 00:00:00 GMT",
    "PROC_F_PUBLICACION": "2014-03-20 14:32",
    "FECHA_APERTURA_PROPOSICIONES": "2014-03-25 17:00:00 GMT",
    "CARACTER": "Nacional",
    "TIPO_CONTRATACION": "Adquisiciones",
    "TIPO_PROCEDIMIENTO": "Invitación a Cuando Menos 3 Personas",
    "FORMA_PROCEDIMIENTO": "Mixta",
    "CODIGO_CONTRATO": "472767",
    "TITULO_CONTRATO": "Papel bond",
    "FECHA_INICIO": "2014-04-01",
    "FECHA_FIN": "2014-12-31",
    "IMPORTE_CONTRATO": "82307.35",
    "MONEDA": "MXN",
    "ESTATUS_CONTRATO": "Expirado",
    "FECHA_CELEBRACION": "2014-04-01 00:00:00 GMT",
    "CONTRATO_MARCO": "0",
    "PROVEEDOR_CONTRATISTA": "Papelera del Centro SA de CV",
    "ANUNCIO": "https://compranet.example/anuncio?id=1",
}
INK = PAPER | {"CODIGO_CONTRATO": "472768", "TITULO_CONTRATO": "Tinta", "IMPORTE_CONTRATO": "0"}


def listed(*rows: dict[str, str], titles: list[str] = OLD, encoding: str = "utf-8") -> bytes:
    """A CSV of some rows."""
    file = io.StringIO()
    writer = csv.DictWriter(file, titles, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode(encoding)

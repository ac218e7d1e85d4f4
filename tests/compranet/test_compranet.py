"""Lists of CompraNet become processes: each column in its place, what is wrong in words, all of the open data valid."""

import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from app.compranet import inward
from app.compranet.mapping import COLUMNS
from app.compranet.reading import CompranetRow, read
from app.core.errors import InvalidError
from app.ocds import checks
from app.ocds.validation import validate_release
from tests.compranet.lists import INK, NEW, OLD, PAPER, listed

ZONE = "America/Mexico_City"
ENVELOPE = {
    "ocid": "ocds-abc123-1",
    "id": "1",
    "date": "2026-01-01T00:00:00Z",
    "tag": ["contract"],
    "initiationType": "tender",
}
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def read_all(content: bytes) -> tuple[list[CompranetRow], dict[str, str], list[str]]:
    with read(io.BytesIO(content)) as reading:
        assert reading is not None
        return list(reading.rows()), reading.titles, reading.warnings


def taken(content: bytes) -> inward.Taken:
    rows, titles, _ = read_all(content)
    return inward.take(rows, zone=ZONE, titles=titles)


def told(one: inward.Taken) -> list[str]:
    return [sentence for sentences in one.remarks.values() for sentence in sentences]


def errors(document: dict[str, Any]) -> list[str]:
    whole = ENVELOPE | document
    problems = [*validate_release(whole), *checks.check(whole, now=NOW)]
    return [problem.message for problem in problems if problem.severity == "error"]


def test_an_expediente_is_one_process_with_all_its_contracts() -> None:
    one = taken(listed(PAPER, INK))
    document = one.document
    assert document["tender"] == {
        "id": "IA-914010997-N1-2014",
        "title": "Papel para oficinas",
        "status": "complete",
        "tenderPeriod": {
            "startDate": "2014-03-20T14:32:00-06:00",
            "endDate": "2014-03-25T17:00:00+00:00",
        },
        "procedureCharacter": "Nacional",
        "mainProcurementCategory": "goods",
        "additionalProcurementCategories": ["goodsAcquisition"],
        "procurementMethod": "selective",
        "procurementMethodDetails": "Invitación a cuando menos tres personas",
        "submissionMethod": ["electronicSubmission", "inPerson"],
        "documents": [
            {
                "id": "compranet-anuncio-1",
                "documentType": "tenderNotice",
                "url": "https://compranet.example/anuncio?id=1",
            }
        ],
    }
    paper, ink = document["contracts"]
    assert paper == {
        "id": "472767",
        "awardID": "472767",
        "title": "Papel bond",
        "status": "terminated",
        "period": {"startDate": "2014-04-01T00:00:00-06:00", "endDate": "2014-12-31T23:59:59-06:00"},
        "dateSigned": "2014-04-01T00:00:00-06:00",
        "value": {"amount": 82307.35, "currency": "MXN"},
    }
    assert "value" not in ink
    assert [award["date"] for award in document["awards"]] == ["2014-03-27T00:00:00-06:00"] * 2
    assert document["relatedProcesses"] == [
        {
            "id": "compranet-501207",
            "relationship": ["federalProcess"],
            "scheme": "CompraNet",
            "identifier": "501207",
            "title": "Papel para oficinas",
            "uri": "https://compranet.example/anuncio?id=1",
        }
    ]
    assert {role: party["name"] for party in document["parties"] for role in party["roles"]} == {
        "contractingUnit": PAPER["NOMBRE_DE_LA_UC"],
        "supplier": "Papelera del Centro SA de CV",
    }
    assert one.rest == {
        "GOBIERNO": "GE",
        "SIGLAS": "JAL",
        "TIPO_PROCEDIMIENTO": "Invitación a Cuando Menos 3 Personas",
        "CONTRATO_MARCO": "0",
    }
    assert told(one) == ["IMPORTE_CONTRATO: 0 quiere decir que no se sabe; el contrato queda sin importe."]
    assert errors(document) == []


def test_later_names_of_the_columns_give_the_same_process() -> None:
    later = {column.titles[-1]: PAPER[column.titles[0]] for column in COLUMNS if column.titles[0] in PAPER}
    new = taken(listed(later | {"RFC del proveedor": "PCE 010203 AB1"}, titles=NEW)).document
    old = taken(listed(PAPER)).document
    assert {key: new[key] for key in ("tender", "contracts", "relatedProcesses")} == {
        key: old[key] for key in ("tender", "contracts", "relatedProcesses")
    }
    supplier = new["parties"][-1]
    assert (supplier["id"], supplier["identifier"]["legalPersonality"]) == (
        "MX-RFC-PCE010203AB1",
        "legalPerson",
    )


def test_a_contract_in_two_rows_has_two_suppliers() -> None:
    one = taken(
        listed(PAPER, PAPER | {"PROVEEDOR_CONTRATISTA": "Tintas SA", "IMPORTE_CONTRATO": "90,000.50"})
    )
    (award,) = one.document["awards"]
    assert [supplier["name"] for supplier in award["suppliers"]] == [
        "Papelera del Centro SA de CV",
        "Tintas SA",
    ]
    (contract,) = one.document["contracts"]
    assert contract["value"]["amount"] == 90000.5
    assert "dice 82,307.35" in told(one)[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings(encoding: str) -> None:
    ((row,), _, _) = read_all(listed(PAPER, encoding=encoding))
    assert row.cells["method"] == "Invitación a Cuando Menos 3 Personas"
    assert row.told == ()


def test_a_workbook_says_the_same() -> None:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    book.add_worksheet("Portada").write(0, 0, "Contratos")
    sheet = book.add_worksheet("Contratos")
    sheet.write_row(1, 0, OLD)
    sheet.write_row(2, 0, [PAPER.get(title) for title in OLD])
    sheet.write_number(2, OLD.index("NUMERO_EXPEDIENTE"), 501207)
    sheet.write_datetime(
        2,
        OLD.index("FECHA_INICIO"),
        datetime(2014, 4, 1),  # noqa: DTZ001
        book.add_format({"num_format": "dd/mm/yyyy"}),
    )
    book.close()
    assert taken(file.getvalue()).document == taken(listed(PAPER)).document


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"IMPORTE_CONTRATO": "mil pesos"}, "IMPORTE_CONTRATO: dice «mil pesos» y no se tomó"),
        ({"IMPORTE_CONTRATO": "-5"}, "no tiene importe negativo"),
        ({"MONEDA": "Pesotes"}, "MONEDA: dice «PESOTES» y no se tomó. Escribe la clave"),
        ({"FECHA_INICIO": "31/02/2014"}, "FECHA_INICIO: dice «31/02/2014» y no se tomó"),
        ({"TIPO_CONTRATACION": "Otra"}, "TIPO_CONTRATACION: dice «Otra» y no se tomó"),
        ({"FORMA_PROCEDIMIENTO": "Por señas"}, "FORMA_PROCEDIMIENTO: dice «Por señas»"),
        ({"ESTATUS_CONTRATO": "Perdido"}, "ESTATUS_CONTRATO: dice «Perdido»"),
        ({"ANUNCIO": "sin liga"}, "ANUNCIO: dice «sin liga» y no se tomó"),
        ({"TITULO_CONTRATO": "AdquisiciÃ³n"}, "dos veces codificados"),
    ],
    ids=["amount", "negative", "currency", "date", "category", "form", "status", "url", "twice-encoded"],
)
def test_a_cell_that_is_not_understood_is_told_and_kept(change: dict[str, str], words: str) -> None:
    one = taken(listed(PAPER | change))
    assert any(words in sentence for sentence in told(one)), told(one)
    assert errors(one.document) == []


def test_accents_encoded_twice_are_mended() -> None:
    ((row,), _, _) = read_all(listed(PAPER, encoding="utf-8").decode("cp1252").encode())
    assert row.cells["method"] == "Invitación a Cuando Menos 3 Personas"
    assert "se repararon" in row.told[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            listed(PAPER, titles=[one for one in OLD if one != "NUMERO_EXPEDIENTE"]),
            "le falta la columna «NUMERO_EXPEDIENTE»",
        ),
        (
            listed(PAPER).replace(b"CODIGO_CONTRATO", b"CLAVE DEL CONTRATO"),
            "estas no se conocen: CLAVE DEL CONTRATO",
        ),
        (listed(PAPER).replace(b"ARCHIVADO", b"MONEDA"), "Hay columnas repetidas"),
    ],
    ids=["missing", "renamed", "twice"],
)
def test_a_list_without_its_columns_says_which(content: bytes, words: str) -> None:
    with pytest.raises(InvalidError) as caught, read(io.BytesIO(content)):
        pass
    assert words in caught.value.detail


def test_another_table_is_no_list_of_compranet() -> None:
    with read(io.BytesIO(b"Nombre,Edad,Moneda,Calle,Ciudad,Pais\nAna,3,MXN,X,Y,Z\n")) as reading:
        assert reading is None


def test_an_unknown_column_is_kept_and_told() -> None:
    content = listed(PAPER | {"COLOR": "Azul"}, titles=[*OLD, "COLOR"])
    _, _, warnings = read_all(content)
    assert "COLOR" in warnings[0]
    assert taken(content).rest["COLOR"] == "Azul"


def test_rows_of_another_width_are_told() -> None:
    cut = listed(PAPER, INK)[:-150]
    whole, broken = read_all(cut)[0]
    assert (whole.fault, "cortado en este renglón" in broken.fault) == ("", True)
    moved = listed(PAPER).replace(b"Papel bond", b"Papel, bond")
    ((row,), _, _) = read_all(moved)
    assert "una coma dentro de un texto sin comillas" in row.fault


def grouped(rows: Iterable[CompranetRow]) -> list[list[CompranetRow]]:
    groups: dict[tuple[str, str], list[CompranetRow]] = defaultdict(list)
    for row in rows:
        groups[row.cells["body"], row.cells["file"]].append(row)
    return list(groups.values())


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2013, {"rows": 399, "processes": 369, "contracts": 399, "valued": 399, "refused": 0}),
        (2014, {"rows": 399, "processes": 366, "contracts": 397, "valued": 396, "refused": 0}),
    ],
    ids=["2013", "2014"],
)
def test_all_rows_of_the_open_data_become_valid_processes(
    shared_data: Path, year: int, expected: dict[str, int]
) -> None:
    (path,) = (shared_data / "compranet").glob(f"*Contratos{year}*.csv")
    found, titles, warnings = read_all(path.read_bytes())
    made = [inward.take(group, zone=ZONE, titles=titles) for group in grouped(found)]
    counts = Counter({"rows": len(found), "processes": len(made)})
    for one in made:
        counts["contracts"] += len(one.document["contracts"])
        counts["valued"] += sum("value" in contract for contract in one.document["contracts"])
        counts["refused"] += sum("no se tomó" in sentence for sentence in told(one))
    assert warnings == []
    assert [row.fault for row in found if row.fault or row.told] == []
    assert [message for one in made for message in errors(one.document)] == []
    assert counts == expected

"""Files of the PNT become processes: gathered by expediente, quarter after quarter, each row told what became of it."""

import io
import zipfile
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from python_calamine import load_workbook

from app.core.db import Database
from app.core.errors import ConflictError
from app.imports import service, sipot
from app.imports.models import ImportRun
from app.imports.remarked import check, remarked
from app.imports.wording import warnings_of
from app.processes.queries import process_row
from app.sipot.builtin import BUILT_IN
from app.sipot.rows import Row
from app.sipot.writing import write
from tests.conftest import Place, place_maker
from tests.factories import document, draft
from tests.imports.conftest import Desk, release

DIRECT = BUILT_IN["43335", "2021"]
FIRST = {"year": 2026, "period.start": date(2026, 1, 1), "period.end": date(2026, 3, 31)}
SECOND = {"year": 2026, "period.start": date(2026, 4, 1), "period.end": date(2026, 6, 30)}
PAPER = {
    "file": "AD-01/2026",
    "object": "Papel para oficinas",
    "contract.number": "C-01",
    "supplier.legal": "Papelera del Centro SA de CV",
    "supplier.rfc": "PCE010203AB1",
    "gross": 1160,
}
WATER = PAPER | {"file": "AD-02/2026", "contract.number": "C-02", "object": "Agua embotellada"}


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database without a server: its worker would take the jobs that these tests do themselves."""
    return lone_database


@pytest.fixture(scope="module")
def make_place(database: Database) -> Callable[..., Place]:
    """Make tenants in it."""
    return place_maker(database)


def book(*rows: dict[str, Any]) -> bytes:
    """An upload of the PNT."""
    file = io.BytesIO()
    write(DIRECT, (Row("", 0, "", row) for row in rows), file)
    return file.getvalue()


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in members:
            packed.writestr(name, content)
    return file.getvalue()


def test_a_workbook_becomes_a_preview_and_then_drafts(desk: Desk) -> None:
    content = book(FIRST | PAPER, FIRST | WATER, SECOND | PAPER | {"gross": 2320})
    import_id = desk.read(content)
    run = desk.run(import_id)
    assert (run.status, run.source, run.message) == ("previewed", "sipot", "")
    assert run.done_bytes == run.size_bytes
    paper, later, water = desk.rows(import_id)
    assert [row.outcome for row in (paper, later, water)] == ["pending"] * 3
    assert (paper.source_id, later.source_id) == ("SIPOT 43335 2026T1", "SIPOT 43335 2026T2")
    assert paper.ocid == later.ocid != water.ocid
    assert [row.source_rows for row in (paper, later, water)] == [
        [["Reporte de Formatos", number, []]] for number in (8, 10, 9)
    ]

    desk.confirm(import_id)
    run = desk.apply(import_id)
    assert (run.status, run.counts["created"], run.counts["changed"]) == ("finished", 2, 1)
    process = desk.process(paper.ocid)
    assert process is not None
    assert process.open_status == "draft"
    (contract,) = process.document["contracts"]
    assert contract["value"]["amount"] == 2320
    assert process.document["buyer"]["name"]
    roles = {role for party in process.document["parties"] for role in party["roles"]}
    assert roles == {"buyer", "procuringEntity", "supplier"}


def test_the_same_workbook_again_changes_nothing(desk: Desk) -> None:
    content = book(FIRST | PAPER, FIRST | WATER)
    desk.bring(content)
    import_id = desk.read(content)
    assert desk.outcomes(import_id) == ["unchanged"] * 2
    with pytest.raises(ConflictError):
        desk.confirm(import_id)


def test_what_the_body_has_already_is_not_copied(desk: Desk) -> None:
    """By the number of the procedure; by that of the contract where the row has no other."""
    place = desk.place
    other, tender = place.add_sujeto(), document()["tender"]
    captured = draft(place, document(tender=tender | {"id": "AD-01/2026"}))
    draft(place, document(contracts=[{"id": "C-09", "awardID": "A-1"}]), sujeto=place.sujetos[0])
    draft(place, document(tender=tender | {"id": "AD-02/2026"}), sujeto=other)
    desk.bring(book(FIRST | WATER))

    run = desk.bring(
        book(
            FIRST | PAPER,
            SECOND | WATER | {"gross": 2320},
            FIRST | PAPER | {"file": "S/N", "contract.number": "C-09"},
            FIRST | PAPER | {"file": "AD-03/2026", "contract.number": "C-09"},
        )
    )

    paper, water, numbered, new = desk.rows(run.import_id)
    assert [row.outcome for row in (paper, numbered)] == ["refused"] * 2
    with place.database.unit_of_work(place.system) as session:
        ocid = process_row(session, place.system, captured.process_id).ocid
    assert (
        f"Ya tienes esta contratación, capturada o traída de otra parte: {ocid}."
        in paper.problems[0]["message"]
    )
    assert (water.outcome, new.outcome) == ("changed", "created"), (
        "its own, another body's, and another procedure"
    )


def test_the_next_quarter_goes_on_with_the_same_process(desk: Desk) -> None:
    desk.bring(book(FIRST | PAPER))
    run = desk.bring(book(SECOND | PAPER | {"gross": 2320}))
    assert run.counts.get("changed") == 1, [row.problems for row in desk.rows(run.import_id)]
    (row,) = desk.rows(run.import_id)
    process = desk.process(row.ocid)
    assert process is not None
    assert [one["value"]["amount"] for one in process.document["contracts"]] == [2320]
    assert len(process.document["awards"]) == 1


def test_each_quarter_is_published_as_a_release_of_its_own(direct_desk: Desk) -> None:
    whose = direct_desk.place.sujetos[0]
    run = direct_desk.bring(
        book(FIRST | PAPER, SECOND | PAPER | {"gross": 2320}),
        sujeto_obligado_id=whose,
        publish=True,
    )
    told = [(row.outcome, row.version_number, row.problems[:1]) for row in direct_desk.rows(run.import_id)]
    assert run.counts["entries"] == 2
    assert {outcome for outcome, _, _ in told} <= {"published", "held"}, told


def test_every_row_is_told_what_became_of_it(desk: Desk) -> None:
    nameless = {"object": "Sin número", "file": "S/N", "contract.number": "N/D", "supplier.legal": "X"}
    nothing = FIRST | {"area": "Compras", "updated": date(2026, 4, 5), "note": "No hubo contrataciones"}
    import_id = desk.read(
        book(FIRST | PAPER, FIRST | PAPER, FIRST | nameless, nothing, FIRST | WATER | {"gross": -5})
    )
    paper, lost, none, water = desk.rows(import_id)
    assert [row.outcome for row in (paper, lost, none, water)] == ["pending", "refused", "refused", "pending"]
    (sheet, number, said), (_, repeated, repeats) = paper.source_rows
    assert (sheet, number, said, repeated) == ("Reporte de Formatos", 8, [], 9)
    assert "Dice lo mismo que el renglón 8" in repeats[0]
    assert "Renglón 10" in lost.problems[0]["message"]
    assert "ni número de contrato" in lost.source_rows[0][2][0]
    assert "no hubo contrataciones" in none.problems[0]["message"]
    assert "es negativo" in water.source_rows[0][2][0]
    assert any(
        "Renglón 12" in problem["message"] and "negativo" in problem["message"] for problem in water.problems
    )


def test_workbooks_in_a_zip_are_read_as_one(desk: Desk) -> None:
    content = zipped(
        [
            ("segundo.xlsx", book(SECOND | PAPER)),
            ("primero.xlsx", book(FIRST | PAPER)),
            ("leeme.pdf", b"%PDF-1.7"),
            ("cortado.xlsx", book(FIRST | WATER)[:3000]),
        ]
    )
    import_id = desk.read(content)
    run = desk.run(import_id)
    first, second, pdf, cut = desk.rows(import_id)
    assert [row.source_id for row in (first, second)] == ["SIPOT 43335 2026T1", "SIPOT 43335 2026T2"]
    assert first.source_rows[0][0] == "primero.xlsx, Reporte de Formatos"
    assert (pdf.outcome, cut.outcome) == ("refused", "refused")
    assert "leeme.pdf" in pdf.problems[0]["message"]
    assert "dañado o incompleto" in cut.problems[0]["message"]
    assert "solo se leyó una parte" in run.message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (book(FIRST | PAPER)[:2000], "dañado o incompleto"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
            "contraseña",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "dañado"),
        (b"<html><table><tr><td>Ejercicio</td></tr></table></html>", "página web"),
        (b"%PDF-1.7", "PDF"),
        (b"Nombre,Edad,Sexo,Calle,Ciudad,Pais\nAna,3,F,X,Y,Z\n", "fracción XXVIII"),
        (book(), "ningún renglón con datos"),
    ],
    ids=["truncated", "password", "broken-xls", "renamed-html", "pdf", "other-table", "no-rows"],
)
def test_a_file_that_cannot_be_taken_says_why(desk: Desk, content: bytes, words: str) -> None:
    run = desk.run(desk.read(content))
    assert run.status == "failed"
    assert words in run.message


def test_a_file_of_several_bodies_goes_to_each(
    make_desk: Callable[..., Desk], make_place: Callable[..., Place]
) -> None:
    place = make_place()
    place.add_sujeto()
    desk = make_desk(place, "garante_admin")
    first, second = (f"Secretaría de Pruebas {number} del Estado" for number in (1, 2))
    import_id = desk.read(csv(("JAL - " + first, PAPER), (second, WATER), ("Instituto de Nadie", WATER)))
    rows = desk.rows(import_id)
    assert [row.outcome for row in rows] == ["pending", "pending", "refused"]
    desk.confirm(import_id)
    run = desk.apply(import_id)
    assert run.counts["created"] == 2
    found = [desk.process(row.ocid) for row in rows[:2]]
    assert [process.sujeto_obligado_id for process in found if process] == list(place.sujetos[:2])


def csv(*rows: tuple[str, dict[str, Any]]) -> bytes:
    """The PNT's CSV in Latin-1, with a column that says whose each row is."""
    titles = [column.title for column in DIRECT.columns]
    lines = [
        "Plataforma Nacional de Transparencia",
        "",
        "",
        ",".join(["Sujeto Obligado", *(f'"{one}"' for one in titles)]),
    ]
    for body, values in rows:
        cells = [str(values.get(column.key, "")) for column in DIRECT.columns]
        lines.append(",".join(f'"{cell}"' for cell in [body, *cells]))
    return "\r\n".join(lines).encode("cp1252")


def test_a_cancelled_reading_stops(desk: Desk) -> None:
    import_id = desk.start(book(FIRST | PAPER))
    desk.act(service.cancel, import_id)
    service.read_run(desk.database, desk.actor, import_id, storage=desk.storage)
    run: ImportRun = desk.run(import_id)
    assert run.status == "cancelled"


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    """A workbook as another reader than ours has it."""
    read = load_workbook(io.BytesIO(content))
    return {name: read.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in read.sheet_names}


def test_the_report_is_the_same_workbook_with_remarks(desk: Desk) -> None:
    content = book(
        FIRST | PAPER | {"object": "=HYPERLINK(1)"},
        FIRST | PAPER | {"object": "=HYPERLINK(1)"},
        FIRST | {"object": "Sin número"},
    )
    run = desk.bring(content)
    check(run)
    made = b"".join(remarked(desk.database, desk.actor, desk.storage, run))
    assert sheets(made).keys() == sheets(content).keys()
    before, after = (sheets(one)["Reporte de Formatos"] for one in (content, made))
    width = len(before[6])
    assert [row[:width] for row in after] == before
    told = [row[width:] for row in after[6:10]]
    assert told[0] == ["Resultado de la importación", "Observaciones"]
    assert [outcome for outcome, _ in told[1:]] == ["Borrador nuevo", "Borrador nuevo", "Rechazada"]
    assert "Dice lo mismo que el renglón 8" in told[2][1]
    assert "número de contrato" in told[3][1]
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        assert all(b"<f>" not in packed.read(name) for name in packed.namelist())


def test_the_report_of_a_zip_names_what_could_not_be_read(desk: Desk) -> None:
    whole = book(FIRST | PAPER)
    run = desk.bring(
        zipped([("a.xlsx", whole), ("cortado.xlsx", whole[: len(whole) // 2]), ("b.xlsx", whole)])
    )
    made = sheets(b"".join(remarked(desk.database, desk.actor, desk.storage, run)))
    assert list(made) == ["1 Reporte de Formatos", "3 Reporte de Formatos", "No se leyó"]
    assert [line[0] for line in made["No se leyó"]] == ["Archivo", "cortado.xlsx"]
    assert made["No se leyó"][1][1]


def test_no_report_in_excel_of_what_was_no_workbook(desk: Desk) -> None:
    run = desk.bring([release(f"{desk.place.prefix}-1")])
    with pytest.raises(ConflictError, match="CSV"):
        check(run)


def undone(desk: Desk, import_id: UUID) -> ImportRun:
    desk.act(service.undo, import_id)
    service.undo_run(desk.database, desk.actor, import_id)
    return desk.run(import_id)


def test_an_import_is_undone_as_a_whole(desk: Desk) -> None:
    first = desk.bring(book(FIRST | PAPER))
    before = desk.process(desk.rows(first.import_id)[0].ocid)
    second = desk.bring(book(SECOND | PAPER | {"gross": 2320}, SECOND | WATER))
    paper, water = (row.ocid for row in desk.rows(second.import_id))

    run = undone(desk, second.import_id)
    assert run.undone_at is not None
    assert run.message == ""
    after = desk.process(paper)
    assert before is not None
    assert after is not None
    assert (after.document, after.open_status) == (before.document, "draft")
    gone = desk.process(water)
    assert gone is not None
    assert (gone.document, gone.open_status) == ({}, "")
    with pytest.raises(ConflictError, match="ya se deshizo"):
        desk.act(service.undo, second.import_id)

    again = desk.bring(book(SECOND | PAPER | {"gross": 2320}, SECOND | WATER))
    assert again.counts["changed"] == 2


def test_what_somebody_worked_on_since_is_not_undone(desk: Desk) -> None:
    run = desk.bring(book(FIRST | PAPER, FIRST | WATER))
    desk.bring(book(SECOND | PAPER | {"gross": 2320}))
    with pytest.raises(ConflictError, match="cambió después"):
        desk.act(service.undo, run.import_id)
    assert desk.run(run.import_id).undone_at is None


def test_what_was_published_is_not_undone(direct_desk: Desk) -> None:
    run = direct_desk.bring([release(f"{direct_desk.place.prefix}-1")], publish=True)
    assert run.counts["published"] == 1
    with pytest.raises(ConflictError, match="ya se publicaron"):
        direct_desk.act(service.undo, run.import_id)


def typed(
    *rows: dict[str, Any], change: Callable[[Any, Any], None] | None = None, reverse: bool = False
) -> bytes:
    """An upload as people leave it: raw cells under the labels in row 7, in another order if asked."""
    titles = [column.title for column in DIRECT.columns]
    places = {
        column.key: at for at, column in enumerate(reversed(DIRECT.columns) if reverse else DIRECT.columns)
    }
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file)
    sheet = made.add_worksheet("Reporte de Formatos")
    sheet.write_row(6, 0, titles[::-1] if reverse else titles)
    for number, row in enumerate(rows, start=7):
        for key, value in row.items():
            sheet.write(number, places[key], value)
    if change:
        change(made, sheet)
    made.close()
    return file.getvalue()


AS_TYPED = {
    "year": 2026,
    "file": "AD-01/2026",
    "contract.number": "C-01",
    "supplier.legal": "Papelera SA de CV",
}


@pytest.mark.parametrize(
    ("cells", "path", "value"),
    [
        ({"contract.date": "31/12/2025"}, "dateSigned", "2025-12-31"),
        ({"contract.date": "2025-12-31"}, "dateSigned", "2025-12-31"),
        ({"contract.date": "31 de diciembre de 2025"}, "dateSigned", "2025-12-31"),
        ({"contract.date": "31-dic-25"}, "dateSigned", "2025-12-31"),
        ({"contract.date": 46022}, "dateSigned", "2025-12-31"),
        ({"gross": "$1,160.50"}, "value/amount", 1160.5),
        ({"gross": " 1,160 "}, "value/amount", 1160),
        ({"gross": "N/A"}, "value", None),
        ({"gross": "ND"}, "value", None),
        ({"gross": 0}, "value", None),
    ],
    ids=["slashes", "iso", "words", "short", "serial", "commas", "blanks", "na", "nd", "zero"],
)
def test_cells_are_understood_as_people_write_them(
    desk: Desk, cells: dict[str, Any], path: str, value: Any
) -> None:
    run = desk.bring(typed(AS_TYPED | cells))
    (row,) = desk.rows(run.import_id)
    process = desk.process(row.ocid)
    assert process is not None
    found: Any = process.document["contracts"][0]
    for step in path.split("/"):
        found = found.get(step) if found else None
    assert (found[:10] if isinstance(found, str) else found) == value
    assert row.source_rows == [["Reporte de Formatos", 8, []]]


def test_an_rfc_with_blanks_is_the_same_supplier(desk: Desk) -> None:
    rows = ({"supplier.rfc": "PCE 010203 AB1"}, {"supplier.rfc": "PCE010203AB1", "contract.number": "C-02"})
    run = desk.bring(typed(*(AS_TYPED | row for row in rows)))
    (row,) = desk.rows(run.import_id)
    process = desk.process(row.ocid)
    assert process is not None
    suppliers = [party for party in process.document["parties"] if "supplier" in party["roles"]]
    assert [party["id"] for party in suppliers] == ["MX-RFC-PCE010203AB1"]
    assert len(process.document["contracts"]) == 2


def hidden(_: Any, sheet: Any) -> None:
    sheet.set_row(7, None, None, {"hidden": True})


def formula(_: Any, sheet: Any) -> None:
    at = next(at for at, column in enumerate(DIRECT.columns) if column.key == "gross")
    sheet.write_formula(7, at, "=1000*1.16", None, 1160)


@pytest.mark.parametrize(
    ("cells", "change", "words"),
    [
        ({}, hidden, "El renglón está oculto en el libro; se leyó como los demás."),
        ({}, formula, "la celda tiene una fórmula; se tomó su resultado"),
        ({"gross": "mil pesos"}, None, "dice «mil pesos» y no se tomó."),
        ({"contract.date": "31/31/2025"}, None, "dice «31/31/2025» y no se tomó."),
        ({"gross": "#REF!"}, None, "la fórmula dio un error (#REF!); escribe el valor"),
        ({"contract.url": "en proceso"}, None, "«en proceso» no es una dirección."),
    ],
    ids=["hidden", "formula", "amount", "date", "error", "address"],
)
def test_what_was_changed_or_left_out_of_a_row_is_told(
    desk: Desk, cells: dict[str, Any], change: Callable[[Any, Any], None] | None, words: str
) -> None:
    import_id = desk.read(typed(AS_TYPED | cells, change=change))
    (row,) = desk.rows(import_id)
    assert row.outcome == "pending"
    ((_, number, remarks),) = row.source_rows
    assert number == 8
    assert any(words in remark for remark in remarks), remarks
    assert any("Renglón 8" in problem["message"] and words in problem["message"] for problem in row.problems)


def merged(_: Any, sheet: Any) -> None:
    sheet.merge_range(7, 1, 8, 1, "combinada")


def test_merged_cells_are_told_of_the_whole_file(desk: Desk) -> None:
    run = desk.run(desk.read(typed(AS_TYPED, AS_TYPED | {"file": "AD-02/2026"}, change=merged)))
    assert any("celdas combinadas" in warning for warning in warnings_of(run))


def test_moved_columns_are_found(desk: Desk) -> None:
    plain, moved = (
        desk.read(typed(AS_TYPED | {"gross": 5})),
        desk.read(typed(AS_TYPED | {"gross": 5}, reverse=True)),
    )
    assert [row.ocid for row in desk.rows(plain)] == [row.ocid for row in desk.rows(moved)]
    assert [row.source_sha256 for row in desk.rows(plain)] == [row.source_sha256 for row in desk.rows(moved)]


def test_macros_are_told_and_the_rest_is_taken(desk: Desk) -> None:
    file = io.BytesIO(book(FIRST | PAPER))
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("xl/vbaProject.bin", b"macros")
    run = desk.run(desk.read(file.getvalue()))
    assert run.counts["pending"] == 1
    assert any("macros" in warning for warning in warnings_of(run))


def test_a_million_empty_rows_are_passed_over(desk: Desk) -> None:
    empty = b"".join(b'<row r="%d"/>' % number for number in range(100, 1_000_100))
    sent, file = zipfile.ZipFile(io.BytesIO(book(FIRST | PAPER))), io.BytesIO()
    with sent, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sent.namelist():
            content = sent.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</sheetData>", empty + b"</sheetData>")
            packed.writestr(name, content)
    run = desk.run(desk.read(file.getvalue()))
    assert (run.status, run.counts["pending"], run.counts["entries"]) == ("previewed", 1, 1)


def test_a_file_number_that_everybody_shares_tells_nothing_apart(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sipot, "LARGEST_PROCESS", 2)
    import_id = desk.read(typed(*(AS_TYPED | {"contract.number": f"C-{number}"} for number in range(3))))
    rows = desk.rows(import_id)
    assert [row.outcome for row in rows] == ["refused"] * 3
    assert "mismo número de expediente" in rows[0].problems[0]["message"]


def test_the_file_of_another_body_is_not_taken_for_this_one(
    make_desk: Callable[..., Desk], make_place: Callable[..., Place]
) -> None:
    place = make_place()
    place.add_sujeto()
    desk = make_desk(place, "garante_admin")
    content = csv(("Secretaría de Pruebas 2 del Estado", PAPER))
    import_id = desk.read(content, sujeto_obligado_id=place.sujetos[0])
    (row,) = desk.rows(import_id)
    assert row.outcome == "refused"
    assert "se está importando para «Secretaría de Pruebas 1 del Estado»" in row.problems[0]["message"]

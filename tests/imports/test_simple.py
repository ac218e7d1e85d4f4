"""The simple sheet is imported: one draft for each expediente, without errors, once, updated by the same sheet corrected."""

import io
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import load_workbook

from app.core.db import Database
from app.imports import service
from app.imports.remarked import check, remarked
from app.imports.wording import shape_of
from app.processes import drafting
from app.simple.columns import COLUMNS
from app.simple.writing import HEAD_ROW, SHEET, template
from tests.conftest import Place, place_maker
from tests.imports.conftest import Desk, release
from tests.simple.sheets import DESERTED, EXAMPLE, INK, filled, listed


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database without a server: its worker would take the jobs that these tests do themselves."""
    return lone_database


@pytest.fixture(scope="module")
def make_place(database: Database) -> Callable[..., Place]:
    """Make tenants in it."""
    return place_maker(database)


def test_each_expediente_becomes_a_draft_that_can_be_published(desk: Desk) -> None:
    import_id = desk.read(filled(EXAMPLE, DESERTED, INK, EXAMPLE))
    run = desk.run(import_id)
    assert (run.status, run.source, shape_of(run)) == ("previewed", "simple", "hoja sencilla")
    rows = desk.rows(import_id)
    assert [row.outcome for row in rows] == ["pending", "pending"]
    assert [(number, said) for _, number, said in rows[0].source_rows] == [
        (4, []),
        (6, []),
        (7, ["Dice lo mismo que el renglón 4 de «Contratos»; se tomó una sola vez."]),
    ]
    desk.confirm(import_id)
    assert desk.apply(import_id).counts["created"] == 2
    for row in rows:
        process = desk.process(row.ocid)
        assert process is not None
        assert process.sujeto_obligado_id == desk.place.sujetos[0]
        assert process.document["buyer"]["name"] == "Secretaría de Pruebas 1 del Estado"
        assert drafting.examine(row.ocid, process.document, natural_rfc_public=False).errors == []
    first = desk.process(rows[0].ocid)
    assert first is not None
    assert [contract["id"] for contract in first.document["contracts"]] == ["C-004-2026", "C-005-2026"]


def test_the_same_sheet_again_changes_nothing_and_a_corrected_amount_updates_the_draft(desk: Desk) -> None:
    first = desk.bring(filled(EXAMPLE, DESERTED))
    assert desk.outcomes(desk.read(filled(EXAMPLE, DESERTED))) == ["unchanged", "unchanged"]
    assert desk.outcomes(desk.read(listed(EXAMPLE))) == ["unchanged"]
    second = desk.bring(filled(EXAMPLE | {"gross": "59,000"}, DESERTED))
    assert [row.outcome for row in desk.rows(second.import_id)] == ["changed", "unchanged"]
    before, after = (desk.rows(run.import_id)[0] for run in (first, second))
    assert before.ocid == after.ocid
    assert before.source_sha256 != after.source_sha256
    process = desk.process(after.ocid)
    assert process is not None
    (contract,) = process.document["contracts"]
    assert (contract["value"]["amount"], process.document["awards"][0]["value"]["amount"]) == (59_000, 59_000)
    desk.act(service.undo, second.import_id)
    service.undo_run(desk.database, desk.actor, second.import_id)
    restored = desk.process(after.ocid)
    assert restored is not None
    assert restored.document["contracts"][0]["value"]["amount"] == 58_000


def test_what_the_body_has_already_is_not_copied(desk: Desk) -> None:
    ocid = f"{desk.place.prefix}-propio"
    own = release(ocid)
    desk.bring(
        [
            own
            | {
                "tender": own["tender"] | {"id": EXAMPLE["file"]},
                "contracts": [{"id": "C-9", "awardID": "a"}],
            }
        ]
    )
    run = desk.bring(filled(EXAMPLE, DESERTED, EXAMPLE | {"file": "", "contract.number": "C-9"}))
    copied, new, contract = desk.rows(run.import_id)
    assert [row.outcome for row in (copied, new, contract)] == ["refused", "created", "refused"]
    assert (
        f"Ya tienes esta contratación, capturada o traída de otra parte: {ocid}"
        in copied.problems[0]["message"]
    )
    assert ocid in contract.problems[0]["message"]
    process = desk.process(ocid)
    assert process is not None
    assert "awards" not in process.document


def test_a_row_without_any_number_says_why_and_the_others_are_taken(desk: Desk) -> None:
    rows = desk.rows(desk.read(filled(EXAMPLE, {"title": "Suelto", "gross": "mil"}, {"title": "Otro"})))
    assert [row.outcome for row in rows] == ["pending", "refused", "refused"]
    assert (
        "Renglón 5 de «Contratos»: No trae expediente ni número de contrato" in rows[1].problems[0]["message"]
    )
    ((_, _, said),) = rows[1].source_rows
    assert "dice «mil» y no se tomó" in said[1]


def test_an_expediente_is_the_same_in_any_case_and_in_any_sheet_of_a_zip(desk: Desk) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("enero.xlsx", filled(EXAMPLE))
        archive.writestr("febrero.csv", listed(INK | {"file": EXAMPLE["file"].lower() + " "}))
        archive.writestr("mayo.xlsx", filled(EXAMPLE | {"gross": 7}))
        archive.writestr("otra.csv", b"uno,dos,tres,cuatro,cinco,seis\n1,2,3,4,5,6\n")
        archive.writestr("marzo.xlsx", filled(EXAMPLE)[:-4000])
    process, other, cut = desk.rows(desk.read(target.getvalue()))
    otherwise = (
        "Monto con impuestos: dice «7», y el renglón 4 de «enero.xlsx, Contratos», del mismo contrato, «58,000»; quedó lo de "
        "ese renglón."
    )
    assert [(sheet, number, said) for sheet, number, said in process.source_rows] == [
        ("enero.xlsx, Contratos", 4, []),
        ("febrero.csv, CSV", 2, []),
        ("mayo.xlsx, Contratos", 4, [otherwise]),
    ]
    assert "«otra.csv»: No es una hoja sencilla." in other.problems[0]["message"]
    assert "«marzo.xlsx»: El libro está dañado" in cut.problems[0]["message"]
    lower = EXAMPLE | {"file": EXAMPLE["file"].lower()}
    assert desk.rows(desk.read(filled(lower)))[0].ocid == process.ocid


def test_the_report_is_the_same_sheet_with_remarks_and_can_be_sent_again(desk: Desk) -> None:
    run = desk.bring(filled(EXAMPLE | {"state": "Quizá"}, {"title": "Suelto"}))
    check(run)
    made = b"".join(remarked(desk.database, desk.actor, desk.storage, run))
    book = load_workbook(io.BytesIO(made))
    head, first, second = (
        [cell.value for cell in row] for row in book[SHEET].iter_rows(min_row=HEAD_ROW, max_row=5)
    )
    width = len(COLUMNS)
    assert head[width:] == ["Resultado de la importación", "Observaciones"]
    assert (first[width], second[width]) == ("Borrador nuevo", "Rechazada")
    assert "Elige de la lista" in first[width + 1]
    assert "No trae expediente" in second[width + 1]
    assert desk.outcomes(desk.read(made)) == ["unchanged", "refused"]


def test_whoever_imports_for_several_bodies_says_for_which(
    make_desk: Callable[..., Desk], make_place: Callable[..., Place]
) -> None:
    place = make_place()
    place.add_sujeto()
    desk = make_desk(place, "garante_admin")
    run = desk.run(desk.read(filled(EXAMPLE)))
    assert run.status == "failed"
    assert "elige para cuál sujeto obligado" in run.message
    chosen = desk.bring(filled(EXAMPLE), sujeto_obligado_id=place.sujetos[1])
    other = desk.bring(filled(EXAMPLE), sujeto_obligado_id=place.sujetos[0])
    found = [desk.process(desk.rows(run.import_id)[0].ocid) for run in (chosen, other)]
    assert [process.sujeto_obligado_id for process in found if process] == [
        place.sujetos[1],
        place.sujetos[0],
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (template(), "no tiene ningún renglón debajo de los títulos"),
        (filled(EXAMPLE)[:-4000], "dañado"),
        (
            listed(EXAMPLE, titles={c.key: c.title for c in COLUMNS if c.key != "method"}),
            "le falta la columna «Tipo de procedimiento»",
        ),
    ],
    ids=["empty", "cut", "column"],
)
def test_a_sheet_that_cannot_be_taken_says_why(desk: Desk, content: bytes, words: str) -> None:
    run = desk.run(desk.read(content))
    assert run.status == "failed"
    assert words in run.message

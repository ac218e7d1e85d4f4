"""Lists of CompraNet are imported: for the bodies of the padrón, once, linked with what these have already."""

import io
from collections.abc import Callable, Iterable

import pytest
from python_calamine import load_workbook

from app.core.db import Database
from app.imports.remarked import check, remarked
from tests.compranet.lists import INK, OLD, PAPER, listed
from tests.conftest import Place, place_maker
from tests.imports.conftest import Desk, release

OTHER = PAPER | {
    "NUMERO_EXPEDIENTE": "9",
    "CODIGO_CONTRATO": "90",
    "NUMERO_PROCEDIMIENTO": "X-9",
    "NOMBRE_DE_LA_UC": "JAL-Instituto de Nadie-Compras #1",
}


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database without a server: its worker would take the jobs that these tests do themselves."""
    return lone_database


@pytest.fixture(scope="module")
def make_place(database: Database) -> Callable[..., Place]:
    """Make tenants in it."""
    return place_maker(database)


def told(desk: Desk, content: bytes) -> Iterable[tuple[str, str]]:
    """What becomes of each entry of a file, and the first thing said of it."""
    return [(row.outcome, row.problems[0]["message"]) for row in desk.rows(desk.read(content))]


def test_contracts_of_one_expediente_become_one_draft(desk: Desk) -> None:
    import_id = desk.read(listed(PAPER, OTHER, INK, PAPER))
    run = desk.run(import_id)
    assert (run.status, run.source, run.shape) == ("previewed", "compranet", "compranet")
    paper, other = desk.rows(import_id)
    assert (paper.outcome, other.outcome) == ("pending", "refused")
    assert [(number, said) for _, number, said in paper.source_rows] == [
        (2, []),
        (4, ["IMPORTE_CONTRATO: 0 quiere decir que no se sabe; el contrato queda sin importe."]),
        (5, ["Dice lo mismo que el renglón 2; se tomó una vez."]),
    ]
    assert "Renglón 3" in other.problems[0]["message"]
    assert "JAL-Instituto de Nadie-Compras" in other.problems[0]["message"]
    desk.confirm(import_id)
    run = desk.apply(import_id)
    assert run.counts["created"] == 1
    process = desk.process(paper.ocid)
    assert process is not None
    assert [contract["id"] for contract in process.document["contracts"]] == ["472767", "472768"]
    assert process.document["buyer"]["name"] == "Secretaría de Pruebas 1 del Estado"
    assert process.sujeto_obligado_id == desk.place.sujetos[0]
    assert process.document["relatedProcesses"][0]["identifier"] == "501207"


def test_the_same_list_again_changes_nothing_and_a_later_one_does(desk: Desk) -> None:
    desk.bring(listed(PAPER))
    assert desk.outcomes(desk.read(listed(PAPER))) == ["unchanged"]
    run = desk.bring(listed(PAPER, INK))
    assert run.counts["changed"] == 1


def test_a_process_that_the_body_has_is_linked_and_not_copied(desk: Desk) -> None:
    ocid = f"{desk.place.prefix}-propio"
    own = release(ocid)
    own["tender"] = own["tender"] | {"id": PAPER["NUMERO_PROCEDIMIENTO"]}
    desk.bring([own])
    run = desk.bring(listed(PAPER, INK))
    (row,) = desk.rows(run.import_id)
    assert (row.outcome, row.ocid) == ("changed", ocid)
    assert f"Ya tienes este procedimiento ({ocid})" in row.source_rows[0][2][0]
    process = desk.process(ocid)
    assert process is not None
    assert process.document["tender"] == own["tender"]
    assert "contracts" not in process.document
    (related,) = process.document["relatedProcesses"]
    assert (related["scheme"], related["identifier"]) == ("CompraNet", "501207")
    assert desk.outcomes(desk.read(listed(PAPER, INK))) == ["unchanged"]


def test_rows_go_to_the_bodies_of_the_padron(
    make_desk: Callable[..., Desk], make_place: Callable[..., Place]
) -> None:
    place = make_place()
    place.add_sujeto()
    desk = make_desk(place, "garante_admin")
    second = PAPER | {
        "DEPENDENCIA": "Secretaría de Pruebas 2 del Estado",
        "NOMBRE_DE_LA_UC": "Compras",
    }
    run = desk.bring(listed(PAPER, second, OTHER))
    rows = desk.rows(run.import_id)
    assert [row.outcome for row in rows] == ["created", "created", "refused"]
    assert "no está en tu padrón" in rows[2].problems[0]["message"]
    found = [desk.process(row.ocid) for row in rows[:2]]
    assert [process.sujeto_obligado_id for process in found if process] == list(place.sujetos[:2])
    again = desk.read(listed(PAPER, second), sujeto_obligado_id=place.sujetos[1])
    foreign, _ = desk.rows(again)
    assert "estás importando para «Secretaría de Pruebas 2 del Estado»" in foreign.problems[0]["message"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"NUMERO_EXPEDIENTE": ""}, "Le falta NUMERO_EXPEDIENTE"),
        ({"CODIGO_CONTRATO": ""}, "Le falta CODIGO_CONTRATO"),
        ({"DEPENDENCIA": ""}, "Le falta DEPENDENCIA"),
    ],
    ids=["expediente", "contract", "body"],
)
def test_a_row_that_is_of_no_process_says_why(desk: Desk, change: dict[str, str], words: str) -> None:
    ((outcome, said),) = told(desk, listed(PAPER | change))
    assert outcome == "refused"
    assert words in said


def test_the_report_is_the_same_list_with_remarks(desk: Desk) -> None:
    run = desk.bring(listed(PAPER, OTHER))
    check(run)
    made = b"".join(remarked(desk.database, desk.actor, desk.storage, run))
    (sheet,) = load_workbook(io.BytesIO(made)).sheet_names
    head, paper, other = load_workbook(io.BytesIO(made)).get_sheet_by_name(sheet).to_python()
    assert head == [*OLD, "Resultado de la importación", "Observaciones"]
    assert (paper[-2], other[-2]) == ("Borrador nuevo", "Rechazada")
    assert "se deja fuera" in other[-1]


def test_a_list_cut_short_gives_what_is_whole(desk: Desk) -> None:
    (_, first), (outcome, said) = told(desk, listed(PAPER | {"IMPORTE_CONTRATO": "x"}, INK)[:-150])
    assert "no se tomó" in first
    assert outcome == "refused"
    assert "el archivo está cortado en este renglón" in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            listed(PAPER).replace(b"NUMERO_EXPEDIENTE", b"EXPEDIENTE NUM"),
            "le falta la columna «NUMERO_EXPEDIENTE»",
        ),
        (listed(), "ningún contrato debajo"),
        (listed(PAPER, titles=OLD[:6]), "fracción XXVIII"),
    ],
    ids=["renamed", "no-rows", "few-columns"],
)
def test_a_list_that_cannot_be_taken_says_why(desk: Desk, content: bytes, words: str) -> None:
    run = desk.run(desk.read(content))
    assert run.status == "failed"
    assert words in run.message

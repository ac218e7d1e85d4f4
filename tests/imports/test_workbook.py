"""Our own workbook comes back: only what was edited changes, against the drafts of now, and the person decides conflicts."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook
from python_calamine import load_workbook as load_result
from sqlmodel import select

from app.core.db import Database
from app.core.errors import ConflictError
from app.imports import service, workbook
from app.imports.booking import book_of
from app.imports.models import CHOICES
from app.imports.remarked import remarked
from app.imports.wording import warnings_of
from app.ocds.shape import Document
from app.processes.lists import Filters
from app.processes.models import ProcessVersion
from app.processes.queries import load_working
from app.processes.service import DocumentWrite, save_documents
from app.workbook.layout import LISTS
from tests.conftest import Place, place_maker
from tests.factories import document, draft
from tests.imports.conftest import Desk
from tests.imports.test_sipot import zipped
from tests.workbook.books import Edit, adding, column, edited, removing, row

PROCESS = "contrataciones/Process"


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database without a server: its worker would take the jobs that these tests do themselves."""
    return lone_database


@pytest.fixture(scope="module")
def make_place(database: Database) -> Callable[..., Place]:
    """Make tenants in it."""
    return place_maker(database)


def download(desk: Desk, **filters: Any) -> bytes:
    """The workbook that a person downloads."""
    return b"".join(book_of(desk.database, desk.actor, desk.storage, Filters(**filters)))


def titled(ocid: str, title: str) -> Edit:
    """Write another title."""

    def edit(book: Any) -> None:
        sheet = book["Procedimientos"]
        sheet.cell(row(sheet, ocid, PROCESS), column(sheet, "tender/title")).value = title

    return edit


def rewritten(desk: Desk, ocid: str, change: Callable[[Document], object]) -> None:
    """Somebody changes a draft meanwhile."""
    with desk.database.unit_of_work(desk.actor) as session:
        process = load_working(session, desk.actor, [ocid])[ocid]
        held = process.document
        change(held)
        save_documents(session, desk.actor, [DocumentWrite(ocid, process.sujeto_obligado_id, held)])


def title(desk: Desk, ocid: str) -> str:
    process = desk.process(ocid)
    assert process is not None
    return str(process.document["tender"]["title"])


def ocids(desk: Desk, count: int) -> list[str]:
    """Drafts of the desk's body."""
    found = []
    with desk.database.unit_of_work(desk.actor) as session:
        for number in range(count):
            ocid = f"{desk.place.prefix}-libro-{number}"
            found.append(ocid)
            assert desk.actor.sujeto_obligado_id
            save_documents(
                session, desk.actor, [DocumentWrite(ocid, desk.actor.sujeto_obligado_id, document())]
            )
    return found


def test_what_was_edited_changes_and_nothing_else_is_touched(desk: Desk) -> None:
    first, second, third = ocids(desk, 3)
    content = edited(download(desk), titled(second, "Papel reciclado"))
    import_id = desk.read(content)
    run = desk.run(import_id)
    assert (run.status, run.source) == ("previewed", "workbook")
    assert (run.counts["entries"], run.counts["existing"], run.counts["edits"]) == (1, 1, 1)
    (entry,) = desk.rows(import_id)
    assert entry.ocid == second
    assert "Papel reciclado" in entry.problems[0]["message"]
    before = title(desk, second)

    desk.confirm(import_id)
    assert desk.apply(import_id).counts["changed"] == 1
    assert title(desk, second) == "Papel reciclado"
    assert title(desk, first) == title(desk, third) == before

    desk.act(service.undo, import_id)
    service.undo_run(desk.database, desk.actor, import_id)
    assert title(desk, second) == before


def test_a_workbook_that_nobody_edited_says_so(desk: Desk) -> None:
    ocids(desk, 2)
    run = desk.run(desk.read(edited(download(desk))))
    assert (run.status, run.counts.get("entries", 0)) == ("failed", 0)
    assert "igual que cuando lo descargaste" in run.message


def test_the_same_edits_again_change_nothing(desk: Desk) -> None:
    (ocid,) = ocids(desk, 1)
    content = edited(download(desk), titled(ocid, "Papel reciclado"))
    desk.bring(content)
    import_id = desk.read(content)
    assert desk.outcomes(import_id) == ["unchanged"]
    with pytest.raises(ConflictError):
        desk.confirm(import_id)


@pytest.mark.parametrize("overrule", [False, True])
def test_a_conflict_is_shown_and_decided(desk: Desk, overrule: bool) -> None:
    (ocid,) = ocids(desk, 1)
    content = edited(download(desk), titled(ocid, "Del libro"))
    rewritten(desk, ocid, lambda held: held["tender"].update(title="De la pantalla"))
    import_id = desk.read(content)
    run = desk.run(import_id)
    assert (run.counts["pending"], run.counts["collisions"]) == (1, 1)
    assert "queda «De la pantalla»" in desk.rows(import_id)[0].problems[0]["message"]

    with desk.database.unit_of_work(desk.actor) as session:
        service.confirm(session, desk.actor, import_id, choices=CHOICES[:1] if overrule else ())
    run = desk.apply(import_id)
    assert run.choices == (["overrule"] if overrule else [])
    assert title(desk, ocid) == ("Del libro" if overrule else "De la pantalla")
    assert desk.outcomes(import_id) == (["changed"] if overrule else ["unchanged"])


@pytest.mark.parametrize("remove", [False, True])
def test_a_deleted_row_goes_when_that_is_confirmed(desk: Desk, remove: bool) -> None:
    (ocid,) = ocids(desk, 1)
    rewritten(desk, ocid, lambda held: held["tender"].update(documents=[{"id": "d1", "title": "Bases"}]))
    rewritten(desk, ocid, lambda held: held.update(awards=[{"id": "a9", "title": "Fallo"}]))

    import_id = desk.read(
        edited(download(desk), removing("Documentos", "d1"), removing("Adjudicaciones", "a9"))
    )
    assert desk.run(import_id).counts["missing"] == 2
    with desk.database.unit_of_work(desk.actor) as session:
        service.confirm(session, desk.actor, import_id, choices=CHOICES[1:] if remove else ())
    desk.apply(import_id)
    process = desk.process(ocid)
    assert process is not None
    assert ("documents" in process.document["tender"]) is not remove
    assert ("awards" in process.document) is not remove


def test_a_new_process_begins_with_a_row(desk: Desk) -> None:
    new = {
        "tender/title": "Tinta",
        "tender/id": "AD-09/2026",
        "tender/procurementMethod": "Adjudicación directa",
    }
    award = {"@id": "A-1", "title": "Fallo"}
    content = edited(
        download(desk), adding("Procedimientos", new, "mi-09"), adding("Adjudicaciones", award, "mi-09")
    )
    import_id = desk.read(content)
    assert desk.run(import_id).counts["new"] == 1
    desk.confirm(import_id)
    assert desk.apply(import_id).counts["created"] == 1
    (entry,) = desk.rows(import_id)
    process = desk.process(entry.ocid)
    assert process is not None
    assert process.document["tender"]["title"] == "Tinta"
    assert process.document["tender"]["procurementMethod"] == "direct"
    assert process.document["awards"] == [{"id": "A-1", "title": "Fallo"}]
    assert process.document["buyer"]["name"]

    assert desk.outcomes(desk.read(content)) == ["unchanged"]


def test_two_bodies_that_call_a_new_process_the_same_have_two(
    place: Place, make_desk: Callable[..., Desk]
) -> None:
    found = []
    for sujeto in (place.sujetos[0], place.add_sujeto()):
        desk = make_desk(place, "so_editor", sujeto)
        content = edited(download(desk), adding("Procedimientos", {"tender/title": "Tinta"}, "1"))
        found.append(desk.rows(desk.bring(content).import_id)[0].ocid)
    assert found[0] != found[1]


def test_new_rows_are_said_to_need_a_new_download(desk: Desk) -> None:
    (ocid,) = ocids(desk, 1)
    paper = {"@list": LISTS["tender/documents"].label, "title": "Acta"}
    content = edited(download(desk), adding("Documentos", paper, ocid))
    assert any("descarga otra vez" in one for one in warnings_of(desk.run(desk.read(content))))


def test_what_cannot_be_used_is_told_row_by_row_and_the_rest_is_taken(desk: Desk) -> None:
    (ocid,) = ocids(desk, 1)

    def spoil(book: Any) -> None:
        sheet = book["Procedimientos"]
        sheet.cell(row(sheet, ocid, PROCESS), column(sheet, "tender/tenderPeriod/startDate")).value = "ayer"

    import_id = desk.read(edited(download(desk), titled(ocid, "Papel reciclado"), spoil))
    run = desk.run(import_id)
    assert run.counts["refused_values"] == 1
    (entry,) = desk.rows(import_id)
    assert any(
        "«ayer»" in problem["message"] and "Renglón 3" in problem["message"] for problem in entry.problems
    )
    desk.confirm(import_id)
    desk.apply(import_id)
    assert title(desk, ocid) == "Papel reciclado"

    report = load_result(
        io.BytesIO(b"".join(remarked(desk.database, desk.actor, desk.storage, desk.run(import_id))))
    )
    lines = report.get_sheet_by_name("Procedimientos").to_python(skip_empty_area=False)
    assert lines[1][-2:] == ["Resultado de la importación", "Observaciones"]
    assert lines[2][-2] == "Borrador actualizado"
    assert "«Papel reciclado»" in lines[2][-1]
    assert "«ayer»" in lines[2][-1]


def test_rows_without_a_process_are_refused_each(desk: Desk) -> None:
    ocids(desk, 1)
    content = edited(
        download(desk),
        adding("Participantes", {"name": "Nadie"}, ""),
        adding("Participantes", {"name": "Alguien"}, "otro"),
    )
    rows = desk.rows(desk.read(content))
    assert [one.outcome for one in rows] == ["refused"] * 2
    told = [one.problems[0]["message"] for one in rows]
    assert "Falta decir de qué proceso es" in told[0]
    assert "Ningún renglón de «Procedimientos» es de «otro»" in told[1]


def hidden(book: Any, text: str) -> Any:
    """The cell of the hidden sheet beside a text."""
    return next(cells[1] for cells in book["Hidden_libro"].iter_rows() if cells[0].value == text)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda book: setattr(hidden(book, "version"), "value", "99"), "otra versión"),
        (lambda book: setattr(hidden(book, "zone"), "value", "Nowhere/At_all"), "alterado"),
        (lambda book: book.remove(book["Hidden_libro"]), "le falta la hoja oculta"),
        (lambda book: book.remove(book["Hidden_base"]), "le falta la hoja oculta"),
    ],
)
def test_a_workbook_whose_hidden_sheets_were_spoilt_is_refused_whole(
    desk: Desk, spoil: Edit, words: str
) -> None:
    (ocid,) = ocids(desk, 1)
    run = desk.run(desk.read(edited(download(desk), titled(ocid, "Otro"), spoil)))
    assert run.status == "failed"
    assert words in run.message


@pytest.mark.parametrize(
    "forge",
    [
        lambda base: setattr(base.cell(1, 6), "value", base.cell(1, 6).value[:-8] + "AAAAAAA="),
        lambda base: setattr(base.cell(1, 4), "value", 1),
        lambda base: setattr(base.cell(1, 5), "value", "1.nada"),
        lambda base: setattr(base.cell(1, 3), "value", 2),
    ],
)
def test_what_is_kept_of_then_cannot_be_forged(desk: Desk, forge: Callable[[Any], None]) -> None:
    (ocid,) = ocids(desk, 1)
    content = edited(download(desk), titled(ocid, "Otro"), lambda book: forge(book["Hidden_base"]))
    import_id = desk.read(content)
    assert desk.outcomes(import_id) == ["refused"]
    assert "fue alterado" in desk.rows(import_id)[0].problems[0]["message"]


def test_the_workbook_of_another_tenant_is_refused(
    desk: Desk, other_place: Place, make_desk: Callable[..., Desk]
) -> None:
    (ocid,) = ocids(desk, 1)
    content = edited(download(desk), titled(ocid, "Otro"))
    there = make_desk(other_place)
    run = there.run(there.read(content))
    assert run.status == "failed"
    assert "otro organismo garante" in run.message


def test_the_workbook_of_another_body_changes_and_tells_nothing(
    place: Place, make_desk: Callable[..., Desk]
) -> None:
    owner = make_desk(place, "so_editor", place.sujetos[0])
    (ocid,) = ocids(owner, 1)
    content = edited(download(owner), titled(ocid, "Robado"))
    rewritten(owner, ocid, lambda held: held["tender"].update(title="Secreto"))
    thief = make_desk(place, "so_editor", place.add_sujeto())
    import_id = thief.read(content)
    (entry,) = thief.rows(import_id)
    assert (entry.outcome, entry.problems[0]["code"]) == ("refused", "not-found")
    assert "Secreto" not in str(entry.problems)
    assert title(owner, ocid) == "Secreto"


def test_the_list_decides_what_is_in_it_and_each_sees_its_own(
    place: Place, make_desk: Callable[..., Desk]
) -> None:
    mine, other = make_desk(place, "so_editor", place.sujetos[0]), place.add_sujeto()
    own = ocids(mine, 2)
    rewritten(mine, own[0], lambda held: held["tender"].update(title="Toner"))
    draft(place, document(), sujeto=other)

    def listed(desk: Desk, **filters: Any) -> set[str]:
        sheet = load_workbook(io.BytesIO(download(desk, **filters)))["Procedimientos"]
        return {str(cells[0].value) for cells in sheet.iter_rows(min_row=3) if cells[0].value}

    assert listed(mine) == set(own)
    assert listed(mine, text="toner") == {own[0]}
    assert len(listed(make_desk(place, "garante_admin"))) == 3
    assert listed(mine, text="nada así") == set()


def test_what_is_in_review_is_left_alone(desk: Desk) -> None:
    (ocid,) = ocids(desk, 1)
    content = edited(download(desk), titled(ocid, "Otro"))
    with desk.database.unit_of_work(desk.actor) as session:
        version = session.exec(
            select(ProcessVersion).where(ProcessVersion.tenant_id == desk.actor.tenant_id)
        ).one()
        version.status = "in_review"
    import_id = desk.read(content)
    assert desk.outcomes(import_id) == ["refused"]
    assert any("está en revisión" in problem["message"] for problem in desk.rows(import_id)[0].problems)


def test_rows_that_are_all_gone_leave_the_process_alone(desk: Desk) -> None:
    first, second = ocids(desk, 2)

    def drop(book: Any) -> None:
        for sheet in book:
            for cells in list(sheet.iter_rows(min_row=3))[::-1]:
                if cells[0].value == first and not sheet.title.startswith("Hidden"):
                    sheet.delete_rows(cells[0].row)

    import_id = desk.read(edited(download(desk), drop, titled(second, "Otro")))
    rows = {one.ocid: one for one in desk.rows(import_id)}
    assert (rows[first].outcome, rows[second].outcome) == ("unchanged", "pending")
    assert "no se le hace nada" in rows[first].problems[0]["message"]
    with desk.database.unit_of_work(desk.actor) as session:
        service.confirm(session, desk.actor, import_id, choices=CHOICES)
    desk.apply(import_id)
    process = desk.process(first)
    assert process is not None
    assert process.document == document()


def test_more_rows_than_a_process_can_have_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "LARGEST_PROCESS", 20)
    (ocid,) = ocids(desk, 1)
    many = [adding("Documentos", {"title": f"Acta {number}"}, ocid) for number in range(30)]
    (entry,) = desk.rows(desk.read(edited(download(desk), *many)))
    assert entry.outcome == "refused"
    assert "más de 20 renglones" in entry.problems[0]["message"]


def test_several_workbooks_in_a_zip_are_sent_one_by_one(desk: Desk) -> None:
    (ocid,) = ocids(desk, 1)
    content = edited(download(desk), titled(ocid, "Otro"))
    assert desk.run(desk.read(zipped([("a.xlsx", content)]))).status == "previewed"
    run = desk.run(desk.read(zipped([("a.xlsx", content), ("b.xlsx", content)])))
    assert run.status == "failed"
    assert "por separado" in run.message

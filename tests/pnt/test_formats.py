"""The garante's own template: learned, used from its quarter on, with what its law calls it."""

import io
from dataclasses import replace

import httpx2
import pytest
import xlsxwriter
from openpyxl import load_workbook

from app.core.quarters import Quarter
from app.sipot.builtin import BUILT_IN
from app.sipot.formats import Column, Format, Labels
from app.sipot.writing import write
from tests.pnt.conftest import Office, contract, process
from tests.pnt.test_desk import asked
from tests.sipot.downloads import download as as_downloaded

UNIFIED = ("28", "unified")


def theirs(shift: int = 7000) -> Format:
    """A format as another garante has it: other ids, a label of its own."""
    known = BUILT_IN[("43335", "2021")]

    def moved(column: Column) -> Column:
        table = column.table and replace(column.table, columns=tuple(map(moved, column.table.columns)))
        return replace(column, field_id=(column.field_id or 0) + shift, table=table)

    return replace(
        known, id="61234", labels=Labels("Lo del estado", "LTAI_99"), columns=tuple(map(moved, known.columns))
    )


def written(format_: Format) -> bytes:
    """Its empty template."""
    target = io.BytesIO()
    write(format_, (), target)
    return target.getvalue()


def send(office: Office, content: bytes, **changes: str) -> httpx2.Response:
    """Send the form of the settings with a template."""
    sent = {"formato": "plantilla", "desde": office.quarter.written, "ley": "Ley Modelo", **changes}
    files = {"archivo": ("plantilla.xlsx", content)}
    return office.client("garante_admin").post(f"/{office.place.slug}/ajustes/pnt", data=sent, files=files)


def book(office: Office, quarter: Quarter, word: str = "directas") -> httpx2.Response:
    """The workbook of a quarter."""
    path = f"/{office.place.slug}/pnt/{office.body}/{quarter.written}/{word}.xlsx"
    return office.client().get(path, params=asked(office))


def test_a_template_is_learned_and_used_from_its_quarter_on(office: Office) -> None:
    office.publish(
        process(contract("C-1", office.quarter.start), contract("C-2", office.quarter.previous.start))
    )
    format_ = theirs()

    assert send(office, written(format_), articulo="65", fraccion="XXVI").status_code == 303

    made = load_workbook(io.BytesIO(book(office, office.quarter).content))
    sheet = made["Reporte de Formatos"]
    assert [cell.value for cell in sheet[5]][: len(format_.columns)] == [
        one.field_id for one in format_.columns
    ]
    assert "LTAI_99" in [cell.value for cell in sheet[3]]
    tables = [column.table for column in format_.columns if column.table]
    for table in tables:
        assert [cell.value for cell in made[table.name][2]][1:] == [one.field_id for one in table.columns]
    before = load_workbook(io.BytesIO(book(office, office.quarter.previous).content))["Reporte de Formatos"]
    assert before["A1"].value == 43335
    page = office.show(office.path("?formato=directas"))
    assert "plantilla.xlsx" in page.text
    assert "artículo 65, fracción XXVI de Ley Modelo" in page.text


def test_the_format_for_everything_takes_the_place_of_both(office: Office) -> None:
    office.publish(process(contract("C-1", office.quarter.start)))
    sent = {"formato": "/".join(UNIFIED), "desde": office.quarter.written}
    chosen = office.client("garante_admin").post(f"/{office.place.slug}/ajustes/pnt", data=sent)
    assert chosen.status_code == 303, chosen.text
    assert book(office, office.quarter, "todas").status_code == 200
    assert book(office, office.quarter, "directas").status_code == 404

    settings = office.show(f"/{office.place.slug}/ajustes/pnt", "garante_admin")
    (address,) = [one["action"] for one in settings.forms if one["action"].endswith("/quitar")]
    assert office.client("garante_admin").post(address).status_code == 303
    assert office.client("garante_admin").post(address).status_code == 404
    assert book(office, office.quarter, "directas").status_code == 200


def _consulted() -> bytes:
    target = io.BytesIO()
    as_downloaded(theirs(), (), target)
    return target.getvalue()


def _without_ids() -> bytes:
    bare = replace(theirs(), columns=tuple(replace(one, field_id=None) for one in theirs().columns))
    return written(bare)


def _other() -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as workbook:
        workbook.add_worksheet("Hoja1").write(0, 0, "Hola")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_consulted, "descarga de consulta"),
        (_without_ids, "renglones ocultos"),
        (_other, "PNT"),
        (lambda: b"no es un libro", "libro"),
        (lambda: b"", "archivo"),
    ],
    ids=["consulted", "without ids", "another", "no book", "empty"],
)
def test_what_is_no_template_is_refused_in_words(office: Office, content: object, said: str) -> None:
    refused = send(office, content())  # type: ignore[operator]
    assert refused.status_code == 422
    assert said in refused.text
    assert "plantilla.xlsx" not in office.show(f"/{office.place.slug}/ajustes/pnt", "garante_admin").text


def test_a_format_and_a_quarter_that_are_not_offered_are_refused(office: Office) -> None:
    for sent in ({"formato": "43335/1999", "desde": "2026-1"}, {"formato": "43335/2021", "desde": "pronto"}):
        refused = office.client("garante_admin").post(f"/{office.place.slug}/ajustes/pnt", data=sent)
        assert refused.status_code == 422
        assert "de la lista" in refused.text


def test_only_whoever_manages_the_tenant_chooses(office: Office) -> None:
    for role in ("garante_reviewer", "so_admin", "so_publisher"):
        assert office.client(role).get(f"/{office.place.slug}/ajustes/pnt").status_code == 403

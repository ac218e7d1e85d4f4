"""What a body sees that it owes the PNT, what it downloads, and what it says of it, over real HTTP."""

import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from app.core.quarters import Quarter
from tests.conftest import Place
from tests.pnt.conftest import PERSON, SUPPLIER, Office, contract, process

FIRST_ROW = 8
"""Of the data in a workbook to upload."""


def cells(content: bytes) -> list[dict[str, object]]:
    """The rows of a workbook to upload, by the titles of its columns, read by another library than ours."""
    sheet = load_workbook(io.BytesIO(content))["Reporte de Formatos"]
    titles = [str(cell.value) for cell in sheet[FIRST_ROW - 1]]
    return [
        {title: cell.value for title, cell in zip(titles, row, strict=True) if cell.value is not None}
        for row in sheet.iter_rows(min_row=FIRST_ROW)
    ]


def asked(office: Office, **changes: str) -> dict[str, str]:
    """What the form of the workbook sends."""
    return {"area": "Adquisiciones", "actualizado": f"{office.today:%d/%m/%Y}", "tipo": "todo", **changes}


def download(office: Office, word: str = "directas", **changes: str) -> list[dict[str, object]]:
    """The rows of the workbook that somebody downloads."""
    answer = office.client().get(office.path(f"/{word}.xlsx"), params=asked(office, **changes))
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["cache-control"]
    return cells(answer.content)


def mark(office: Office, status: int = 303, word: str = "directas") -> None:
    """Say that the PNT has what the page shows."""
    page = office.show(office.path(f"?formato={word}"))
    sent = page.form(f"/{word}/cargado")
    assert office.client().post(office.path(f"/{word}/cargado"), data=sent).status_code == status


def test_what_is_due_is_read_from_what_was_published(office: Office) -> None:
    first = office.quarter.start
    office.publish(process(contract("C-1", first), contract("C-2", first - timedelta(days=1))))
    office.draft(process(contract("C-3", office.quarter.end)))

    page = office.show(office.path("?formato=directas"))

    assert "1 renglón por reportar, 1 contrato firmado sin publicar." in page.text
    assert "Contrato C-1" in page.text
    assert "Contrato C-2" not in page.text
    assert "C-3" in page.text
    assert "Nada" not in page.text.partition("Renglones")[0]


def test_the_last_day_belongs_to_the_quarter_and_the_next_does_not(office: Office) -> None:
    office.publish(process(contract("C-1", office.quarter.end), contract("C-2", office.quarter.after)))

    (row,) = download(office)

    assert str(row["Número que identifique al contrato"]) == "C-1"


def test_each_kind_of_procedure_is_reported_in_its_own_format(office: Office) -> None:
    day = office.quarter.start
    office.publish(process(contract("C-1", day)))
    base = process(contract("C-2", day))
    office.publish(
        process(contract("C-2", day), tender={**base["tender"], "procurementMethod": "open"}),
    )

    direct, open_ = download(office), download(office, "licitaciones")

    assert [row["Número que identifique al contrato"] for row in direct + open_] == ["C-1", "C-2"]
    assert office.client().get(office.path("/todas.xlsx"), params=asked(office)).status_code == 404


def test_a_row_for_each_supplier_and_nothing_that_the_law_withholds(office: Office) -> None:
    person = {**PERSON, "address": {"streetAddress": "Calle Secreta 5", "countryName": "México"}}
    office.publish(process(contract("C-1", office.quarter.start), suppliers=(SUPPLIER, person)))

    legal, natural = download(office)

    assert SUPPLIER["identifier"]["id"] in map(str, legal.values())
    assert {"Ana", "Ruiz", "Paz"} <= set(map(str, natural.values()))
    written = str(natural)
    assert PERSON["identifier"]["id"] not in written
    assert "Secreta" not in written


def test_a_procedure_that_ended_without_award_is_reported(office: Office) -> None:
    base = process()
    day = f"{office.quarter.end.isoformat()}T12:00:00-06:00"
    ended = {
        **base["tender"],
        "procurementMethod": "open",
        "status": "unsuccessful",
        "awardPeriod": {"endDate": day},
    }
    office.publish(process(tender=ended, awards=[], contracts=[], suppliers=()))

    (row,) = download(office, "licitaciones")

    assert row["Tipo de procedimiento (catálogo)"] == "Licitación pública"
    assert not any("contrato" in title for title in row)


def test_what_a_row_lacks_leads_to_where_it_is_written(office: Office) -> None:
    bare = {**contract("C-1", office.quarter.start)}
    del bare["documents"], bare["description"]
    office.publish(process(bare, contract("C-2", office.quarter.start)))

    page = office.show(office.path("?formato=directas&ver=faltantes"), "so_editor")

    assert "Contrato C-1" in page.text
    assert "Contrato C-2" not in page.text
    fields = [link for link in page.links if "/captura/" in link]
    assert fields
    for link in fields:
        assert office.client("so_editor").get(link).status_code == 200
    assert not any("/captura" in link for link in office.show(office.path(), "so_reader").links)


def test_once_loaded_only_what_changed_is_to_be_loaded(office: Office) -> None:
    day = office.quarter.start
    ref = office.publish(process(contract("C-1", day), contract("C-2", day)))
    assert len(download(office, tipo="altas")) == 2
    mark(office)
    assert (
        office.client().get(office.path("/directas.xlsx"), params=asked(office, tipo="altas")).status_code
        == 409
    )

    ocid = office.ocid(ref)
    office.publish(
        process(
            contract("C-1", day, title="Contrato C-1, modificado", description="Más papel"),
            contract("C-3", day),
        ),
        ocid=ocid,
    )

    page = office.show(office.path("?formato=directas"))
    assert "Por dar de baja" in page.text
    assert "C-2" in page.text.partition("Por dar de baja")[2]
    new, changed = download(office, tipo="altas"), download(office, tipo="cambios")
    assert [row["Número que identifique al contrato"] for row in new] == ["C-3"]
    assert [row["Número que identifique al contrato"] for row in changed] == ["C-1"]
    mark(office)
    assert "Por dar de baja" not in office.show(office.path("?formato=directas")).text


def test_what_was_published_since_the_page_is_not_taken_for_loaded(office: Office) -> None:
    office.publish(process(contract("C-1", office.quarter.start)))
    sent = office.show(office.path("?formato=directas")).form("/directas/cargado")
    office.publish(process(contract("C-2", office.quarter.start)))

    refused = office.client().post(office.path("/directas/cargado"), data=sent)

    assert refused.status_code == 409
    assert "descarga otra vez el libro" in refused.text
    assert len(download(office, tipo="altas")) == 2


def test_a_bad_day_is_told_beside_its_field(office: Office) -> None:
    office.publish(process(contract("C-1", office.quarter.start)))
    answer = office.client().get(office.path("/directas.xlsx"), params=asked(office, actualizado="ayer"))
    assert answer.status_code == 422
    assert "Fecha de actualización" in answer.text


def test_without_rows_there_is_no_workbook(office: Office) -> None:
    answer = office.client().get(office.path("/directas.xlsx"), params=asked(office))
    assert answer.status_code == 409
    assert "declara el trimestre" in answer.text


def test_a_formula_stays_a_text(office: Office) -> None:
    hostile = '=HYPERLINK("http://x","y")'
    office.publish(process(contract("C-1", office.quarter.start, description=hostile)))
    answer = office.client().get(office.path("/directas.xlsx"), params=asked(office))
    sheet = load_workbook(io.BytesIO(answer.content))["Reporte de Formatos"]
    kinds = {cell.data_type for row in sheet.iter_rows(min_row=FIRST_ROW) for cell in row}
    assert "f" not in kinds
    assert hostile in str(cells(answer.content))


def test_whoever_sees_all_bodies_chooses_one(office: Office) -> None:
    other = office.place.add_sujeto(policy="direct", name="Ayuntamiento de las Lomas")
    home = office.show(f"/{office.place.slug}/pnt?q=lomas", "garante_reviewer")
    assert f"/{office.place.slug}/pnt/{other}" in home.links
    assert not any(link.endswith(f"/pnt/{office.body}") for link in home.links)
    own = office.show(f"/{office.place.slug}/pnt", "so_reader")
    assert office.path() in own.links


def test_only_quarters_that_are_counted_exist(office: Office) -> None:
    for written in ("2026-5", "1999-1", Quarter.of(Quarter.of(office.today).after).written, "x"):
        office.show(f"/{office.place.slug}/pnt/{office.body}/{written}", status=404)


def test_a_quarter_of_many_rows_goes_on_where_it_stopped(office: Office) -> None:
    day = office.quarter.start
    for _ in range(4):
        office.publish(process(*(contract(f"C-{n}", day) for n in range(20))))

    first = office.show(office.path("?formato=directas"))
    (following,) = [link for link in first.links if "cursor=" in link]
    second = office.show(following)

    seen = [link for page in (first, second) for link in page.links if "/procesos-internos/" in link]
    assert len({link.split("/")[3] for link in seen}) == 4
    assert "80 renglones por reportar" in second.text
    assert office.client().get(office.path("?cursor=x")).status_code == 400


@pytest.mark.parametrize("role", ["so_reader", "so_editor"])
def test_whoever_does_not_publish_declares_nothing(office: Office, role: str) -> None:
    page = office.show(office.path(), role)
    assert not any("sin-contratos" in link for link in page.links)
    assert office.client(role).get(office.path("/sin-contratos")).status_code == 403
    assert office.client(role).post(office.path("/directas/cargado"), data={"huella": "x"}).status_code == 403


def test_another_tenants_body_is_not_there(office: Office, other_place: Place) -> None:
    answer = office.client().get(office.path(body=other_place.sujetos[0]))
    assert answer.status_code == 404

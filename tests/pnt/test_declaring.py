"""A quarter without contracts: declared in one gesture, counted as complied, withdrawn by itself."""

from datetime import timedelta

import httpx2
import pytest

from app.adoption import queries as adoption
from app.adoption.queries import Filters
from app.core.db import Actor
from app.core.quarters import Quarter
from app.pnt import queries
from tests.pnt.conftest import Office, contract, process
from tests.pnt.test_desk import download

NOTE = "En el trimestre no se requirió contratar nada."


def declare(office: Office, **changes: str) -> httpx2.Response:
    """Send the form as the page fills it in."""
    page = office.show(office.path("/sin-contratos"))
    sent = {**page.form("/sin-contratos"), "nota": NOTE, "confirmo": "si", **changes}
    return office.client().post(office.path("/sin-contratos"), data=sent)


def stands(office: Office) -> bool:
    """Whether the quarter is declared."""
    with office.place.database.unit_of_work(office.publisher) as session:
        return queries.standing(session, office.publisher, office.body, office.quarter) is not None


def state(office: Office, quarter: Quarter) -> str:
    """How the body stands on the garante's desk."""
    keeper: Actor = office.place.actor("garante_admin")
    with office.place.database.unit_of_work(keeper) as session:
        (row,) = adoption.bodies(session, keeper, quarter, office.today, Filters()).rows
        totals = adoption.totals(session, keeper, quarter, office.today)
    assert totals.states[row.state] == 1
    return row.state


def test_one_gesture_gives_a_row_and_counts_as_complied(office: Office) -> None:
    assert state(office, office.quarter) == "silent"

    assert declare(office).status_code == 303

    assert "Declarado sin contratos" in office.show(office.path()).text
    assert "Declarado sin contratos" in office.show(f"/{office.place.slug}/pnt").text
    page = office.show(office.path("?formato=directas"))
    (row,) = download(office, **page.form("/directas.xlsx"))
    assert NOTE in row.values()
    assert row["Ejercicio"] == str(office.quarter.start.year)
    assert len(row) == 7  # the year, the period, the area, the two dates and the note
    assert state(office, office.quarter) == "current"
    assert state(office, Quarter.of(office.today)) == "current"
    assert state(office, office.quarter.previous) == "silent"
    desk = office.show(f"/{office.place.slug}/cumplimiento", "garante_reviewer")
    assert "Sin contratos" in desk.text
    assert "1 de 1 al corriente" in desk.text


def test_a_contract_of_the_quarter_withdraws_it(office: Office) -> None:
    declare(office)
    office.keep()
    assert stands(office)

    office.publish(process(contract("C-0", office.quarter.after)))
    office.keep()
    assert stands(office)  # of another quarter

    ref = office.publish(process(contract("C-1", office.quarter.end)))
    office.keep()
    assert not stands(office)
    page = office.show(office.path())
    assert "se retiró sola" in page.text
    assert office.ocid(ref) in page.text
    office.keep()
    assert len(download(office)) == 1
    assert declare(office).status_code == 409


def test_what_is_published_or_signed_is_not_declared_away(office: Office) -> None:
    office.draft(process(contract("C-1", office.quarter.start)))
    refused = declare(office)
    assert refused.status_code == 409
    assert "falta publicar" in refused.text

    office.publish(process(contract("C-2", office.quarter.start)))
    assert "es de ese trimestre" in declare(office).text
    assert not stands(office)


def test_whoever_declared_takes_it_back_and_declares_again(office: Office) -> None:
    declare(office)
    assert declare(office).status_code == 409
    withdrawn = office.client().post(office.path("/sin-contratos/retirar"))
    assert withdrawn.status_code == 303
    assert not stands(office)
    assert state(office, office.quarter) == "silent"
    assert office.client().post(office.path("/sin-contratos/retirar")).status_code == 409
    assert declare(office).status_code == 303
    assert stands(office)


def test_nobody_declares_a_quarter_that_still_runs(office: Office) -> None:
    running = Quarter.of(office.today)
    address = f"/{office.place.slug}/pnt/{office.body}/{running.written}/sin-contratos"
    sent = {**office.show(address).form("/sin-contratos"), "nota": NOTE, "confirmo": "si"}
    refused = office.client().post(address, data=sent)
    assert refused.status_code == 422
    assert f"{running.after:%d/%m/%Y}" in refused.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nota": "Nada."}, "al menos 20 caracteres"),
        ({"area": "  "}, "Área responsable"),
        ({"actualizado": "01/01/2020"}, "después del trimestre"),
        ({"confirmo": ""}, "Confirmo"),
        ({"validado": "mañana"}, "Fecha de validación"),
    ],
    ids=["short note", "no area", "too early", "not confirmed", "no day"],
)
def test_what_is_missing_is_told(office: Office, changes: dict[str, str], said: str) -> None:
    refused = declare(office, **changes)
    assert refused.status_code == 422
    assert said in refused.text
    assert not stands(office)


def test_tomorrow_is_refused_today_is_taken(office: Office) -> None:
    tomorrow = f"{office.today + timedelta(days=1):%d/%m/%Y}"
    assert declare(office, actualizado=tomorrow).status_code == 422
    assert declare(office, actualizado=f"{office.today:%d/%m/%Y}").status_code == 303

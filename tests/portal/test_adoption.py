"""Adoption over real HTTP: it says what a plain count says, and nothing of what is no longer or not yet public."""

import csv
import io
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from app.core.quarters import Quarter
from app.figures.adoption import Adoption, adoption
from app.portal.adoption import ACTIVE, LIVE, NONE, level_of
from app.processes.service import DocumentWrite, save_documents
from tests.factories import document, new_ocid
from tests.figures.conftest import contract, supplied
from tests.portal.conftest import Newsroom, links_of, text_of
from tests.portal.test_dashboards import settle

PLAIN = text(
    """
    SELECT min(date), max(date), count(DISTINCT ocid), count(DISTINCT sujeto_obligado_id) FROM release r
    WHERE tenant_id = :tenant AND kind = 'release' AND date >= :start AND date < :after AND position NOT IN (
        SELECT withdraws FROM release WHERE tenant_id = :tenant AND kind = 'withdrawal')
    """
)


@pytest.fixture(autouse=True)
def second(newsroom: Newsroom) -> UUID:
    """Another body of the garante."""
    return newsroom.place.add_sujeto(policy="direct")


def row_of(web: httpx2.Client, newsroom: Newsroom) -> dict[str, str]:
    """The row of a garante in the file."""
    told = csv.DictReader(io.StringIO(web.get("/adopcion.csv").content.decode("utf-8-sig")))
    return next(row for row in told if row["Organismo"] == newsroom.place.slug)


def measured(newsroom: Newsroom, after: datetime) -> Adoption:
    """What is measured of a garante before a moment."""
    with newsroom.place.database.public_reading() as session:
        return adoption(session, [newsroom.place.tenant_id], after)[newsroom.place.tenant_id]


def test_figures_worked_by_hand(newsroom: Newsroom, web: httpx2.Client, second: UUID) -> None:
    before = row_of(web, newsroom)
    assert (before["Situación"], before["Procedimientos"], before["Primera entrega"]) == (
        "Sin adopción",
        "",
        "",
    )

    newsroom.publish(supplied(contract(1000, "2025-03-01")))
    newsroom.publish(supplied(contract(2_500_000.50, "2024-03-01")))
    newsroom.publish(supplied(contract(1, "2024-03-01")), sujeto=second)
    settle(newsroom)

    row = row_of(web, newsroom)
    assert row["Situación"] == "Activo"
    assert row["Procedimientos"] == "3"
    assert row["Publican"] == "2"
    assert row["Padrón"] == "2"
    assert row["Con contrato o ejecución"] == "3"
    assert float(row["Monto contratado (MXN)"]) == 2_501_001.50
    assert f"{newsroom.home}/procesos" in links_of(web.get("/adopcion"))


def test_it_is_what_a_plain_count_says_in_each_quarter(newsroom: Newsroom, second: UUID) -> None:
    for body in (newsroom.place.sujetos[0], second):
        newsroom.publish(sujeto=body)
    settle(newsroom)
    running = Quarter.of(datetime.now(UTC).date())
    for quarter in (running, running.previous):
        start, after = (
            datetime(day.year, day.month, 1, 6, tzinfo=UTC) for day in (quarter.start, quarter.after)
        )
        found = measured(newsroom, after)
        with newsroom.place.database.public_reading() as session:
            named = {"tenant": newsroom.place.tenant_id, "start": start, "after": after}
            first, last, processes, bodies = session.execute(PLAIN, named).one()
        assert (found.first, found.last) == (first, last)
        assert (level_of(found, quarter) == ACTIVE) is (processes > 0)
        if quarter == running:
            assert (found.sums.number("process"), found.publishing) == (processes, bodies) == (2, 2)


def test_what_was_withdrawn_is_no_adoption(newsroom: Newsroom, web: httpx2.Client, second: UUID) -> None:
    newsroom.publish()
    newsroom.publish(sujeto=second)
    newsroom.withdraw(1, "Datos personales.")
    settle(newsroom)
    row = row_of(web, newsroom)
    assert (row["Situación"], row["Procedimientos"], row["Publican"]) == ("Activo", "1", "1")

    newsroom.withdraw(2, "Datos personales.")
    settle(newsroom)
    row = row_of(web, newsroom)
    assert (row["Situación"], row["Procedimientos"]) == ("Sin adopción", "")


def test_a_draft_is_not_seen(newsroom: Newsroom, web: httpx2.Client) -> None:
    where = newsroom.place.sujetos[0]
    editor = newsroom.place.actor("so_editor", where)
    draft = DocumentWrite(new_ocid(newsroom.place), where, document(), source="import:prueba")
    with newsroom.place.database.unit_of_work(editor) as session:
        save_documents(session, editor, [draft])
    settle(newsroom)
    assert row_of(web, newsroom)["Situación"] == "Sin adopción"


@pytest.mark.parametrize(
    ("last", "level"),
    [
        (None, NONE),
        (datetime(2026, 6, 30, 12, tzinfo=UTC), LIVE),
        (datetime(2026, 7, 1, 5, 59, tzinfo=UTC), LIVE),  # still June in Mexico
        (datetime(2026, 7, 1, 6, tzinfo=UTC), ACTIVE),
    ],
)
def test_a_tenant_is_active_with_a_release_in_the_quarter(last: datetime | None, level: int) -> None:
    quarter = Quarter.read("2026-3")
    assert quarter
    assert level_of(Adoption(UUID(int=1), last, last, 5, 1), quarter) == level


def test_states_without_anybody_stay_on_the_page(web: httpx2.Client) -> None:
    told = list(csv.DictReader(io.StringIO(web.get("/adopcion.csv").content.decode("utf-8-sig"))))
    assert {f"{code:02}" for code in range(1, 33)} <= {row["Clave INEGI"] for row in told}
    page = web.get("/adopcion")
    assert "Sin adopción" in text_of(page)
    assert "style=" not in page.text


@pytest.mark.parametrize("asked", ["2026-5", "1999-1", "x" * 150, "9999-4"])
def test_a_quarter_that_is_not_counted_gets_an_answer(web: httpx2.Client, asked: str) -> None:
    assert web.get("/adopcion", params={"trimestre": asked}).status_code == 404
    assert web.get("/adopcion.csv", params={"trimestre": asked}).status_code == 404

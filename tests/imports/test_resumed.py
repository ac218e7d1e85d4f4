"""A worker dies in the middle of a spreadsheet, at any unit: the next one goes on, and nothing is done twice."""

from collections.abc import Callable

import pytest

from app.core.db import Database
from app.imports import applying, service
from app.imports.models import ImportRun
from tests.conftest import Place, place_maker
from tests.imports.conftest import Desk
from tests.imports.test_service import Killed
from tests.imports.test_sipot import FIRST, PAPER, SECOND, book
from tests.imports.test_workbook import download, ocids, titled
from tests.workbook.books import adding, edited

MANY = 7


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database without a server: its worker would take the jobs that these tests do themselves."""
    return lone_database


@pytest.fixture(scope="module")
def make_place(database: Database) -> Callable[..., Place]:
    """Make tenants in it."""
    return place_maker(database)


def quarters(_: Desk) -> bytes:
    """Processes that two quarters report, mixed."""
    of = [{"file": f"AD-{number}/2026", "contract.number": f"C-{number}"} for number in range(MANY)]
    return book(*(FIRST | PAPER | one for one in of), *(SECOND | PAPER | {"gross": 2320} | one for one in of))


def edits(desk: Desk) -> bytes:
    """A workbook with an edit in every other process, and a new one."""
    changed = [titled(ocid, f"Otro {ocid}") for ocid in ocids(desk, 2 * MANY - 2)[::2]]
    return edited(download(desk), *changed, adding("Procedimientos", {"tender/title": "Tinta"}, "nueva"))


@pytest.mark.parametrize("moment", [1, 2, 3])
@pytest.mark.parametrize("source", [quarters, edits])
def test_a_spreadsheet_goes_on_where_its_worker_died(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, source: Callable[[Desk], bytes], moment: int
) -> None:
    monkeypatch.setattr(applying, "UNIT", 2)
    content = source(desk)
    import_id = desk.start(content, preview=False)
    units = 0

    def dying(_: ImportRun) -> None:
        nonlocal units
        units += 1
        if units == moment:
            raise Killed

    with pytest.raises(Killed):
        service.apply_run(desk.database, desk.actor, import_id, storage=desk.storage, watch=dying)
    held = desk.run(import_id)
    assert held.status == "applying"
    assert 0 < held.counts["entries"] < MANY
    begun = desk.outcomes(import_id)
    run = desk.apply(import_id)
    assert run.status == "finished"
    assert desk.outcomes(import_id)[: len(begun)] == begun
    found = {row.ocid for row in desk.rows(import_id)}
    assert len(found) == MANY
    assert run.counts.get("created", 0) + run.counts["changed"] == run.counts["entries"]
    assert desk.outcomes(desk.read(content)) == ["unchanged"] * run.counts["entries"]

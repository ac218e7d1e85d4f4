"""Lists by what processes say: every filter, every order, pages that go on, and counts that are not stale for long."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text
from sqlmodel import update

from app.core import clock, jobs
from app.core.db import Actor, Database
from app.core.errors import BadRequestError, NotFoundError
from app.core.storage import Storage
from app.processes import editing, lists, tasks
from app.processes.editing import Change
from app.processes.lists import Filters, Order
from app.processes.models import ProcessVersion
from tests.conftest import LiveServer, Place, place_maker
from tests.factories import document, draft
from tests.html import Page


def written(title: str, *, method: str = "open", unit: str = "", year: str = "", section: str = "") -> dict:
    tender = {**document()["tender"], "title": title, "procurementMethod": method}
    if year:
        tender["tenderPeriod"] = {"startDate": f"{year}-03-01T00:00:00-06:00"}
    more: dict = {"planning": {"requestingUnits": [{"id": "U", "name": unit}]}} if unit else {}
    if section:
        more[section] = [{"id": "1"}]
    return document(tender=tender, **more)


@pytest.fixture(scope="module")
def place(make_place: Callable[..., Place]) -> Place:
    made = make_place()
    made.add_sujeto()
    draft(made, written("Alumbrado público", unit="Obras", year="2024"))
    draft(
        made,
        written(
            "Camión de bomberos", method="direct", unit="Protección Civil", year="2025", section="awards"
        ),
    )
    draft(made, written("Café 100% de altura", method="selective", unit="Obras", section="contracts"))
    draft(made, written("De otra institución", unit="Ajena"), sujeto=made.sujetos[1])
    return made


def titles(place: Place, filters: Filters, **how: object) -> list[str]:
    actor = place.actor("so_editor")
    with place.database.unit_of_work(actor) as session:
        return [row.title for row in lists.versions_in(session, actor, filters, **how).rows]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(), ["Alumbrado público", "Camión de bomberos", "Café 100% de altura"]),
        (Filters(method="direct"), ["Camión de bomberos"]),
        (Filters(stage="contract"), ["Café 100% de altura"]),
        (Filters(unit="Obras"), ["Alumbrado público", "Café 100% de altura"]),
        (Filters(unit="Ajena"), []),
        (Filters(year=2025), ["Camión de bomberos"]),
        (Filters(text="BOMBEROS camion"), ["Camión de bomberos"]),
        (Filters(text="100%"), ["Café 100% de altura"]),
        (Filters(text="_"), []),
        (Filters(statuses=("approved",)), []),
        (
            Filters(unit="Obras", year=2024, text="publico", stage="tender", method="open"),
            ["Alumbrado público"],
        ),
    ],
)
def test_each_filter_leaves_what_it_says(place: Place, filters: Filters, found: list[str]) -> None:
    assert titles(place, filters) == found


def test_the_last_touched_first(place: Place) -> None:
    assert titles(place, Filters(), order="newest") == titles(place, Filters())[::-1]


def test_units_of_ones_own_body(place: Place) -> None:
    for actor, expected in (
        (place.actor("so_editor"), ["Obras", "Protección Civil"]),
        (place.actor("garante_admin"), []),
    ):
        with place.database.unit_of_work(actor) as session:
            assert lists.units(session, actor) == expected


def test_versions_by_name_are_ones_own(make_place: Callable[..., Place]) -> None:
    place = make_place()
    place.add_sujeto()
    editor, neighbour = place.actor("so_editor"), place.actor("so_editor", place.sujetos[1])
    ref = draft(place, written("Elegida", method="limited"))
    for actor, found in ((editor, ["Elegida"]), (neighbour, [])):
        with place.database.unit_of_work(actor) as session:
            rows = lists.versions_of(session, actor, [(ref.process_id, 1), (ref.process_id, 2)])
            assert [row.title for row in rows] == found


def test_by_deadline_then_the_longest_untouched_in_pages(make_place: Callable[..., Place]) -> None:
    place = make_place()
    editor = place.actor("so_editor")
    refs = [draft(place, written(f"Caso {number}")) for number in range(7)]
    with place.database.unit_of_work(editor) as session:
        for ref, day in zip(
            refs, (None, date(2030, 1, 2), None, date(2029, 1, 1), date(2030, 1, 1), None, None), strict=True
        ):
            session.exec(
                update(ProcessVersion).where(ProcessVersion.process_id == ref.process_id).values(due_on=day)  # type: ignore[arg-type]
            )
    expected = [f"Caso {number}" for number in (3, 4, 1, 0, 2, 5, 6)]
    for limit in (1, 2, 3, 7, 50):
        seen: list[str] = []
        cursor: str | None = None
        while True:
            with place.database.unit_of_work(editor) as session:
                got = lists.versions_in(session, editor, Filters(), order="due", cursor=cursor, limit=limit)
            seen += [row.title for row in got.rows]
            cursor = got.next_cursor
            if cursor is None:
                break
        assert seen == expected, limit


@pytest.mark.parametrize("order", ["due", "untouched"])
def test_a_cursor_of_another_kind_is_refused(place: Place, order: Order) -> None:
    with pytest.raises((BadRequestError, NotFoundError)):
        titles(place, Filters(), order=order, cursor="WyJ4IiwieCIsInkiLDFd")


class TestPage:
    """The same by addresses."""

    @pytest.fixture
    def browser(self, place: Place, live: LiveServer) -> httpx2.Client:
        actor = place.actor("so_editor")
        return live.client(place.email("so_editor", actor.sujeto_obligado_id))

    def show(self, browser: httpx2.Client, path: str) -> Page:
        answer = browser.get(path)
        assert answer.status_code == 200, answer.text
        page = Page(answer.text)
        assert page.faults == []
        return page

    def test_every_state_has_an_address(self, place: Place, browser: httpx2.Client) -> None:
        here = f"/{place.slug}/procesos-internos"
        page = self.show(browser, f"{here}?estado=draft&area=Obras&q=publico&anio=2024&orden=plazo")
        assert ("Alumbrado público" in page.text, "Camión" in page.text) == (True, False)
        assert page.form("/procesos-internos")["q"] == "publico"
        # Another status keeps the filters; without filters the status stays.
        assert f"{here}?estado=approved&area=Obras&anio=2024&q=publico" in page.links
        assert f"{here}?estado=draft&orden=plazo" in page.links
        assert "Etapa 2 de 5: Procedimiento" in page.text

    def test_an_empty_filter_is_none(self, place: Place, browser: httpx2.Client) -> None:
        page = self.show(
            browser, f"/{place.slug}/procesos-internos?estado=&etapa=&metodo=&area=&anio=&q=&orden="
        )
        assert "Alumbrado público" in page.text

    def test_what_no_list_has(self, place: Place, browser: httpx2.Client) -> None:
        for name in ("estado", "etapa", "metodo", "plazo", "orden"):
            assert browser.get(f"/{place.slug}/procesos-internos?{name}=nada").status_code == 404
        page = self.show(browser, f"/{place.slug}/procesos-internos?anio=26")
        assert "cuatro cifras" in page.text
        nothing = self.show(browser, f"/{place.slug}/procesos-internos?q=nada+de+nada")
        assert "Ningún proceso coincide" in nothing.text


class TestStale:
    """Errors and advice are counted again some time after an edit."""

    @pytest.fixture
    def place(self, lone_database: Database) -> Place:
        return place_maker(lone_database)()

    @pytest.fixture(autouse=True)
    def _clean(self, lone_database: Database) -> Iterator[None]:
        yield
        with lone_database.engine("worker").begin() as connection:
            connection.execute(text("DELETE FROM jobs.procrastinate_jobs"))

    def edit(self, place: Place, process: UUID, value: object) -> None:
        editor = place.actor("so_editor")
        with place.database.unit_of_work(editor) as session:
            seq = editing.open_part(session, editor, process, "tender").draft.seq
            editing.change(session, editor, process, "tender", [Change("/value/amount", value)], base=seq)

    def row(self, place: Place) -> lists.ProcessRow:
        actor = place.actor("so_editor")
        with place.database.unit_of_work(actor) as session:
            (row,) = lists.versions_in(session, actor, Filters()).rows
        return row

    def queued(self, place: Place) -> int:
        with place.database.engine("worker").connect() as connection:
            return connection.execute(
                text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'processes.examine'")
            ).scalar_one()

    def work(self, place: Place, storage: Storage) -> None:
        with place.database.engine("worker").begin() as connection:
            connection.execute(text("UPDATE jobs.procrastinate_jobs SET scheduled_at = now()"))
        asyncio.run(jobs.Worker(place.database, storage, concurrency=1).run(wait=False))

    def test_one_job_for_many_edits(self, place: Place, storage: Storage) -> None:
        ref = draft(place)
        assert not self.row(place).is_stale
        for value in ("mucho", "poco", "nada"):
            self.edit(place, ref.process_id, value)
        before = self.row(place)
        assert (before.is_stale, before.error_count, self.queued(place)) == (True, 0, 1)
        self.work(place, storage)
        after = self.row(place)
        assert (after.is_stale, after.error_count, self.queued(place)) == (False, 1, 0)
        assert (after.row_version, after.updated_at) == (before.row_version, before.updated_at)
        self.edit(place, ref.process_id, 5)
        assert self.queued(place) == 1
        self.work(place, storage)
        assert self.row(place).error_count == 0

    def test_twice_is_as_once_and_a_lost_job_is_asked_for_again(self, place: Place) -> None:
        ref = draft(place)
        self.edit(place, ref.process_id, "mucho")
        system = place.system
        for _ in range(2):
            with place.database.unit_of_work(system) as session:
                assert tasks.count_again(session, system, ref.process_id)
        assert self.row(place).error_count == 1
        self.edit(place, ref.process_id, "otro")
        with place.database.unit_of_work(system) as session:
            session.exec(
                update(ProcessVersion)
                .where(ProcessVersion.process_id == ref.process_id)  # type: ignore[arg-type]
                .values(stale_since=clock.now() - tasks.LOST - timedelta(seconds=1))
            )
        self.edit(place, ref.process_id, "más")
        assert self.queued(place) == 3

    def test_nothing_is_kept_of_a_document_edited_meanwhile(self, place: Place) -> None:
        ref = draft(place)
        editor, system = place.actor("so_editor"), place.system

        def count() -> bool:
            with place.database.unit_of_work(system) as session:
                return tasks.count_again(session, system, ref.process_id)

        with ThreadPoolExecutor() as pool:
            with place.database.unit_of_work(editor) as session:
                editing.change(session, editor, ref.process_id, "tender", [Change("/id", "X")], base=1)
                judging = pool.submit(count)  # it reads the document as it was, and waits for the edit's lock
                with pytest.raises(TimeoutError):
                    judging.result(timeout=1)
            assert judging.result() is False
        assert self.row(place).is_stale


def test_a_system_actor_is_enough(place: Place, database: Database) -> None:
    stranger = Actor(tenant_id=place.tenant_id, role="system")
    with database.unit_of_work(stranger) as session:
        assert tasks.count_again(session, stranger, UUID(int=1))

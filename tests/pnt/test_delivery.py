"""What is sent to the PNT arrives once, whatever happens on the way; a service of the test's own speaks its protocol."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.db import Database
from app.core.errors import ConflictError
from app.core.jobs import Worker
from app.core.storage import Storage
from app.main import create_app
from app.ocds.shape import Document
from app.pnt import declaring
from app.pnt.declaring import Statement
from app.pnt.delivery import queries, service
from app.pnt.delivery.records import obstacle
from app.pnt.due import NOTHING
from app.settings import Settings
from app.sipot.builtin import BUILT_IN
from tests.conftest import LiveServer, place_maker, serve_app
from tests.pnt.conftest import SUPPLIER, Office, contract
from tests.pnt.sending import EMAIL, Sending
from tests.pnt.strict import AFTER, FAILURES, PASSWORD, USER, Pnt, serving


@pytest.fixture(scope="module")
def lone_live(settings: Settings, lone_database: Database, storage: Storage) -> Iterator[LiveServer]:
    """The pages, without a worker, of an installation that knows where the PNT is."""
    here = settings.model_copy(update={"pnt_url": "http://pnt.example/"})
    yield from serve_app(create_app(here, lone_database, storage))


@pytest.fixture
def pnt() -> Iterator[Pnt]:
    with serving(BUILT_IN["43335", "2021"]) as running:
        yield running


@pytest.fixture
def office(lone_database: Database, lone_live: LiveServer) -> Office:
    """An office on a database of this module's own: no worker but the tests' takes its jobs."""
    return Office(place_maker(lone_database)(policy="direct"), lone_live)


@pytest.fixture
def sending(office: Office, pnt: Pnt, settings: Settings, storage: Storage) -> Sending:
    here = settings.model_copy(update={"pnt_url": pnt.url, "outgoing_allow": f"127.0.0.1:{pnt.port}"})
    made = Sending(office, pnt, here, storage)
    made.keep_account()
    return made


def amended(*numbers: int) -> list[Document]:
    """Amendments of a contract."""
    return [
        {"id": f"CM-{number}", "date": "2026-05-05T00:00:00-06:00", "description": f"Ajuste {number}"}
        for number in numbers
    ]


def five(sending: Sending, **changes: Any) -> list[Document]:
    """Contracts of the quarter."""
    return [contract(f"C-{n}", sending.office.quarter.start, **changes) for n in range(1, 6)]


def outcomes(rows: Any) -> list[str]:
    return [row.outcome for row in rows]


def whole(sending: Sending) -> None:
    """The PNT has what we have, once."""
    assert sending.pnt.texts() == sending.ours()
    assert sending.left == 0
    assert sending.doubts == []


def test_new_rows_changes_and_removals_arrive(sending: Sending) -> None:
    one, two, three, *_ = five(sending, amendments=amended(1))
    sending.publish(one, two)
    assert outcomes(sending.send()) == ["done", "done"]
    whole(sending)
    ids = set(sending.pnt.records)

    sending.publish({**one, "title": "C-1 otro", "description": "Otro objeto"}, three)
    rows = sending.send()

    assert [(row.act, row.outcome) for row in rows] == [
        ("change", "done"),
        ("remove", "done"),
        ("add", "done"),
    ]
    assert len(ids & set(sending.pnt.records)) == 1  # the changed one kept its id
    whole(sending)
    with pytest.raises(ConflictError, match="no hay nada que enviar"):
        sending.start()


def test_a_record_holds_what_the_row_says(sending: Sending) -> None:
    sending.publish(contract("C-1", sending.office.quarter.start, amendments=amended(1, 2)))
    sending.send()
    (record,) = sending.pnt.records.values()
    named = {column.key: record.get(column.field_id or 0) for column in sending.pnt.format.columns}
    assert named["contract.number"] == "C-1"
    assert named["contract.date"] == f"{sending.office.quarter.start:%d/%m/%Y}"
    assert named["gross"] == "1160.5"
    assert named["supplier.rfc"] == SUPPLIER["identifier"]["id"]
    assert named["method"] == "0"
    assert named["category"] == "2"
    (table,) = [value for value in record.values() if isinstance(value, list) and len(value) == 2]
    assert table[0]["id"] != table[1]["id"]


@pytest.mark.parametrize("counts", [(1, 2), (2, 1), (1, 0), (0, 2)], ids=str)
def test_sub_rows_that_come_or_go_leave_no_others_behind(sending: Sending, counts: tuple[int, int]) -> None:
    day = sending.office.quarter.start
    for count in counts:
        sending.publish(contract("C-1", day, amendments=amended(*range(count))))
        assert outcomes(sending.send()) == ["done"]
        whole(sending)


@pytest.mark.parametrize("failure", AFTER)
def test_what_may_have_arrived_is_not_added_again(sending: Sending, failure: str) -> None:
    sending.publish(*five(sending))
    rows = sending.send(None, None, failure)
    assert outcomes(rows) == ["done", "done", "doubt", "done", "done"]
    assert "Búscalo en el SIPOT" in rows[2].told
    assert outcomes(sending.send()) == ["doubt"]
    assert len(sending.pnt.records) == 5

    sending.settle()
    sending.send()

    whole(sending)


def test_what_is_not_there_is_added_once_somebody_looked(sending: Sending) -> None:
    sending.publish(*five(sending))
    assert outcomes(sending.send(None, "cut_before"))[1] == "doubt"
    assert len(sending.pnt.records) == 4
    sending.settle()
    assert outcomes(sending.send()) == ["done"]
    whole(sending)


def test_a_record_that_is_refused_keeps_none_from_going(sending: Sending) -> None:
    sending.publish(*five(sending))
    rows = sending.send(None, None, "refuse", "refuse")
    assert outcomes(rows) == ["done", "done", "refused", "done", "done"]
    assert rows[2].told.startswith("Por ahora no")
    assert not any(secret in rows[2].told for secret in sending.pnt.secrets)
    assert outcomes(sending.send()) == ["done"]
    whole(sending)


def test_a_token_that_runs_out_is_fetched_again(sending: Sending) -> None:
    sending.publish(*five(sending))
    assert outcomes(sending.send(None, None, "expired", None, "expired")) == ["done"] * 5
    assert sending.pnt.asked.count("generaToken") == 3
    whole(sending)


@pytest.mark.parametrize("failure", ["slow", "cut_after", "error_after", "cut_before", "error_before"])
def test_changes_and_removals_are_asked_again(sending: Sending, failure: str) -> None:
    one, two, *_ = five(sending)
    sending.publish(one, two)
    sending.send()
    sending.publish({**one, "description": "Otro objeto"})
    change, removal = sending.send(failure, None, failure)
    assert change.outcome == "done"
    # Removed at last, or refused because it was removed: who knows, until somebody looks.
    assert removal.outcome == ("doubt" if failure in AFTER else "done")
    sending.settle()
    whole(sending)


def test_a_change_that_got_lost_and_was_taken_back_is_sent(sending: Sending) -> None:
    one = contract("C-1", sending.office.quarter.start)
    sending.publish(one)
    sending.send()
    sending.publish({**one, "description": "Otro objeto"})
    assert outcomes(sending.send("cut_after", "cut_after")) == ["failed"]
    sending.publish(one)
    assert outcomes(sending.send()) == ["done"]
    whole(sending)


def test_it_stops_when_nobody_answers(sending: Sending) -> None:
    sending.publish(*five(sending))
    sending.pnt.failures[:] = ["cut_before"] * 9
    delivery_id = sending.start()
    sending.run(delivery_id)
    assert outcomes(sending.results(delivery_id)) == ["doubt"] * 3
    assert "dejó de contestar" in sending.delivery(delivery_id).problem


def test_without_a_service_nothing_is_in_doubt(sending: Sending) -> None:
    sending.publish(*five(sending))
    sending.pnt.sign_in_failures[:] = ["error_before", "cut_before"]
    delivery_id = sending.start()
    sending.run(delivery_id)
    assert "no contesta" in sending.delivery(delivery_id).problem
    assert sending.doubts == []
    sending.send()
    whole(sending)


def test_an_internal_address_is_not_called(sending: Sending) -> None:
    sending.publish(*five(sending))
    delivery_id = sending.start()
    sending.settings = sending.settings.model_copy(update={"outgoing_allow": ""})
    sending.run(delivery_id)
    assert "No se puede llamar" in sending.delivery(delivery_id).problem
    assert sending.pnt.asked == []
    assert sending.doubts == []


def test_a_wrong_password_is_told_without_it(sending: Sending) -> None:
    sending.keep_account("otra-clave")
    sending.publish(*five(sending))
    delivery_id = sending.start()
    sending.run(delivery_id)
    problem = sending.delivery(delivery_id).problem
    assert "no aceptó la cuenta" in problem
    assert "otra-clave" not in problem
    assert sending.doubts == []


def test_what_a_workbook_loaded_is_changed_by_hand(sending: Sending) -> None:
    sending.publish(*five(sending))
    with sending.work() as session:
        office = sending.office
        session.execute(
            text(
                "INSERT INTO pnt_loaded (tenant_id, sujeto_obligado_id, quarter, family, row_key, digest) "
                "VALUES (:tenant, :body, :quarter, 'direct', :key, 'x')"
            ),
            {
                "tenant": office.place.tenant_id,
                "body": office.body,
                "quarter": office.quarter.start,
                "key": sending.lines()[0].key,
            },
        )
    rows = sending.send()
    assert outcomes(rows) == ["manual", *["done"] * 4]
    assert "en el SIPOT" in rows[0].told


def test_a_quarter_without_contracts_is_sent_and_taken_back(sending: Sending) -> None:
    office = sending.office
    with sending.work() as session:
        said = Statement("Adquisiciones", office.today, office.today, "No se requirió contratar nada.")
        declaring.declare(session, office.publisher, office.whose, said)
    (row,) = sending.send()
    assert (row.act, row.outcome, row.title) == ("add", "done", NOTHING)
    (record,) = sending.pnt.records.values()
    assert "No se requirió contratar nada." in record.values()
    whole(sending)
    assert NOTHING in office.show(office.path("?formato=directas")).text
    with pytest.raises(ConflictError, match="no hay nada que enviar"):
        sending.start()

    sending.publish(contract("C-1", office.quarter.start))
    office.keep()
    rows = sending.send()
    assert [(row.act, row.outcome) for row in rows] == [("remove", "done"), ("add", "done")]
    whole(sending)


def test_what_is_on_its_way_is_not_marked_by_hand(sending: Sending) -> None:
    office = sending.office
    sending.publish(contract("C-1", office.quarter.start))
    page = office.show(office.path("?formato=directas"))
    marked = page.form("/directas/cargado")
    delivery_id = sending.start()
    refused = office.client().post(office.path("/directas/cargado"), data=marked)
    assert refused.status_code == 409
    assert "espera a que termine" in refused.text
    sending.run(delivery_id)
    assert office.client().post(office.path("/directas/cargado"), data=marked).status_code == 303


class Killed(BaseException):
    """The process ended."""


class Fuse:
    """A database that ends the process before a transaction."""

    def __init__(self, database: Any, after: int) -> None:
        self.database, self.after = database, after

    @contextmanager
    def unit_of_work(self, actor: Any) -> Iterator[Any]:
        if not self.after:
            raise Killed
        self.after -= 1
        with self.database.unit_of_work(actor) as session:
            yield session


def test_a_kill_at_any_step_loses_nothing_and_doubles_nothing(sending: Sending) -> None:
    one, two, three, *_ = five(sending)
    sending.publish(one, two)
    sending.send()
    for after in range(30):
        first = {**one, "description": f"Objeto {after}"}
        last = {**three, "id": f"C-{after + 10}"}
        middle = [contract("C-9", sending.office.quarter.start, amendments=amended(*range(after % 2)))]
        sending.publish(first, *middle, last)
        delivery_id = sending.start()
        try:
            sending.run(delivery_id, Fuse(sending.office.place.database, after))
        except Killed:
            sending.run(delivery_id)
        else:
            break
        sending.settle()
        if sending.left:
            sending.send()
        whole(sending)
    assert after > 10


def play(sending: Sending, seed: int) -> None:
    """Publish, send and settle for a while, with failures."""
    chance = random.Random(seed)  # repeatable, not secret
    day = sending.office.quarter.start
    held: dict[str, Document] = {}
    published: dict[str, Document] | None = None
    for turn in range(3):
        for n in range(1, 6):
            what = chance.choice(("keep", "write", "write", "drop"))
            if what == "write":
                changes = {
                    "description": f"Objeto {turn}",
                    "amendments": amended(*range(chance.randrange(3))),
                }
                held[f"C-{n}"] = contract(f"C-{n}", day, **changes)
            elif what == "drop":
                held.pop(f"C-{n}", None)
        if held != published:
            sending.publish(*(held[key] for key in sorted(held)))
            published = dict(held)
        if not sending.left:
            continue
        sending.pnt.sign_in_failures[:] = chance.choices((None, "cut_before", "error_after"), (4, 1, 1), k=3)
        fails = [chance.choice((None, None, chance.choice(FAILURES))) for _ in range(30)]
        sending.send(*fails)
        if chance.random() < 0.7:
            sending.settle()
    sending.pnt.sign_in_failures.clear()
    for _ in range(3):
        sending.settle()
        if sending.left:
            sending.send()
    whole(sending)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_failures_the_pnt_has_what_we_have(sending: Sending, seed: int) -> None:
    play(sending, seed)


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(100, 300))
def test_after_200_sequences_of_failures_the_pnt_has_what_we_have(sending: Sending, seed: int) -> None:
    play(sending, seed)


def path(office: Office, rest: str = "", body: UUID | None = None) -> str:
    return office.path(f"/directas/envio{rest}", body)


def test_a_person_keeps_the_account_sends_and_sees_what_became_of_it(
    sending: Sending, caplog: pytest.LogCaptureFixture
) -> None:
    office = sending.office
    office.client().post(path(office, "/cuenta/olvidar"))
    sending.publish(*five(sending))
    home = office.show(path(office))
    assert "Escribir la cuenta" in home.text
    account = {"usuario": USER, "clave": PASSWORD, "correo": "sin arroba"}
    refused = office.client().post(path(office, "/cuenta"), data=account)
    assert refused.status_code == 422
    assert PASSWORD not in refused.text
    account["correo"] = EMAIL
    assert office.client().post(path(office, "/cuenta"), data=account).status_code == 303

    said = {"area": "Adquisiciones", "nota": "Sin nota", "confirmo": "si"}
    confirmed = {**office.show(path(office)).form("/directas/envio"), **said}
    sent = office.client().post(path(office), data=confirmed)
    assert sent.status_code == 303, sent.text
    where = sent.headers["location"]
    assert "Enviando a la PNT" in office.show(where).text
    assert "Ya hay un envío en curso" in office.client().post(path(office), data=confirmed).text
    assert office.client().post(f"{where}/reanudar").status_code == 303

    sending.pnt.failures[:] = [None, "refuse", "refuse", "cut_after"]
    worker = Worker(office.place.database, sending.storage, settings=sending.settings, concurrency=1)
    asyncio.run(worker.run(wait=False))

    shown = office.show(where)
    assert "Por ahora no" in shown.text
    assert "Búscalo en el SIPOT" in shown.text
    assert office.client().post(f"{where}/reanudar").status_code == 409
    home = office.show(path(office))
    told = {**home.form("/aclarar"), "esta": "si", "numero": str(sending.pnt.number_of("C-3"))}
    assert (
        "Escribe el número"
        in office.client().post(path(office, "/aclarar"), data={**told, "numero": ""}).text
    )
    assert office.client().post(path(office, "/aclarar"), data=told).status_code == 303
    assert outcomes(sending.send()) == ["done", "done"]
    whole(sending)

    secrets = (PASSWORD, *sending.pnt.secrets)
    pages = (shown.text, home.text, office.show(path(office)).text, office.show(where).text)
    assert not any(secret in text for secret in secrets for text in (*pages, caplog.text))
    with office.place.database.owner_work(office.place.system) as session:
        tables = ("pnt_account", "pnt_delivery", "pnt_delivered", "pnt_remote", "audit_event")
        kept = "".join(str(session.execute(text(f"SELECT * FROM {one}")).all()) for one in tables)  # noqa: S608  # our own
    assert EMAIL in kept
    assert not any(secret in kept for secret in (USER, *secrets))


def test_nothing_is_sent_that_was_published_since_the_page(sending: Sending) -> None:
    office = sending.office
    sending.publish(*five(sending))
    confirmed = {**office.show(path(office)).form("/directas/envio"), "confirmo": "si"}
    sending.publish(*five(sending, description="Otra cosa"))
    refused = office.client().post(path(office), data=confirmed)
    assert refused.status_code == 409
    assert "revisa otra vez" in refused.text


def test_without_account_or_service_it_says_so(sending: Sending) -> None:
    sending.publish(*five(sending))
    with sending.work() as session:
        service.forget_account(session, sending.office.publisher, sending.office.body)
    with pytest.raises(ConflictError, match="Falta la cuenta"):
        sending.start()
    sending.settings = sending.settings.model_copy(update={"pnt_url": ""})
    with pytest.raises(ConflictError, match="dirección del servicio"):
        sending.start()


def test_a_format_without_ids_is_not_sent() -> None:
    assert "identificadores" in obstacle(BUILT_IN["28", "unified"])
    assert not obstacle(BUILT_IN["43336", "2021"])


def test_what_is_another_bodys_is_not_there(sending: Sending, lone_database: Database) -> None:
    office = sending.office
    sending.publish(*five(sending))
    sending.send("cut_after")
    (doubt,) = sending.doubts
    with sending.work() as session:
        (row,) = queries.latest(session, office.publisher, office.whose, "direct")
        delivery_id = row.delivery_id
    neighbour = office.place.add_sujeto(policy="direct")
    stranger = Office(place_maker(lone_database)(policy="direct"), office.live)
    asked = {"renglon": doubt.row_key, "esta": "no"}
    for who, body in ((office, neighbour), (stranger, stranger.body)):
        client = who.client("so_publisher", body)
        for foreign in (office.path(f"/directas/envio/{delivery_id}"), path(office)):
            assert client.get(foreign).status_code == 404
        assert client.get(who.path(f"/directas/envio/{delivery_id}", body)).status_code == 404
        assert client.post(who.path(f"/directas/envio/{delivery_id}/reanudar", body)).status_code == 404
        assert client.post(who.path("/directas/envio/aclarar", body), data=asked).status_code == 404
        assert EMAIL not in client.get(who.path("/directas/envio", body)).text
    assert office.client().get(office.path(f"/licitaciones/envio/{delivery_id}")).status_code == 404
    assert [one.row_key for one in sending.doubts] == [doubt.row_key]


@pytest.mark.parametrize("role", ["so_reader", "so_editor", "so_admin", "garante_reviewer"])
def test_whoever_does_not_publish_sends_nothing(sending: Sending, role: str) -> None:
    client = sending.office.client(role)
    assert client.get(path(sending.office)).status_code == 403
    for rest in ("", "/cuenta", "/cuenta/olvidar", "/aclarar"):
        assert client.post(path(sending.office, rest), data={}).status_code == 403

"""The audit log is sealed in blocks; whoever rewrites it later is told."""

import pytest
from sqlalchemy import text

from app.core import audit, sealing
from app.core.db import Database
from tests.conftest import Place, place_maker


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database of these tests alone: they tamper with it."""
    return lone_database


@pytest.fixture
def place(database: Database) -> Place:
    return place_maker(database)()


def act(database: Database, place: Place, verb: str) -> None:
    with database.unit_of_work(place.system) as session:
        audit.record(session, verb, "prueba", 1, size=3)


def faults(database: Database, place: Place) -> list[str]:
    with database.auditor_work() as session:
        return list(sealing.verify(session, place.tenant_id))


def test_new_rows_are_sealed_once_and_hold(database: Database, place: Place) -> None:
    act(database, place, "a.uno")
    act(database, place, "a.dos")

    assert sealing.seal(database) >= 2
    assert sealing.seal(database) == 0
    act(database, place, "a.tres")
    assert sealing.seal(database) == 1

    assert faults(database, place) == []


def test_rows_of_a_transaction_still_running_wait_for_the_next_seal(database: Database, place: Place) -> None:
    act(database, place, "a.antes")
    sealing.seal(database)
    with database.unit_of_work(place.system) as running:
        audit.record(running, "a.lento", "prueba", 1)
        act(database, place, "a.rapido")
        assert sealing.seal(database) == 0
    assert sealing.seal(database) == 2

    assert faults(database, place) == []


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_event SET verb = 'a.otro' WHERE verb = 'a.uno'",
        "DELETE FROM audit_event WHERE verb = 'a.uno'",
        "UPDATE audit_event SET at = at + interval '1 second' WHERE verb = 'a.uno'",
    ],
)
def test_rewriting_a_sealed_row_shows(
    administrator_url: str, database: Database, place: Place, tampering: str
) -> None:
    act(database, place, "a.uno")
    sealing.seal(database)
    assert faults(database, place) == []

    with database.engine("owner").connect() as connection:
        connection.execute(
            text("SELECT set_config('app.tenant_id', :id, true)"), {"id": str(place.tenant_id)}
        )
        assert connection.execute(text(tampering)).rowcount == 1
        connection.commit()

    assert faults(database, place) == ["La bitácora cambió después del sello 1: su huella no coincide."]

"""The public log: numbers without gaps, in order, and whoever rewrites it later is told."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from app.core import public_log
from app.core.db import Database
from app.core.public_log import PublicAct
from tests.conftest import Place, place_maker


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database of these tests alone: they tamper with it."""
    return lone_database


@pytest.fixture
def place(database: Database) -> Place:
    return place_maker(database)()


def tell(place: Place, reason: str) -> int:
    with place.database.unit_of_work(place.system) as session:
        return public_log.tell(
            session, "suspension", sujeto_obligado_id=place.sujetos[0], reason=reason, b=1, a="uno"
        )


def told(place: Place) -> list[tuple[int, str]]:
    """The log as the world reads it."""
    with place.database.public_reading() as session:
        query = select(PublicAct.number, PublicAct.reason).where(PublicAct.tenant_id == place.tenant_id)
        return [(number, reason) for number, reason in session.exec(query.order_by(col(PublicAct.number)))]


def faults(place: Place) -> list[str]:
    with place.database.auditor_work() as session:
        return list(public_log.verify(session, place.tenant_id))


def test_each_tenant_counts_its_own_acts(database: Database, place: Place) -> None:
    other = place_maker(database)()

    assert [tell(place, "una"), tell(other, "ajena"), tell(place, "dos")] == [1, 1, 2]

    assert told(place) == [(1, "una"), (2, "dos")]
    assert faults(place) == []


def test_acts_told_at_once_leave_no_gap_and_one_taken_back_none_either(place: Place) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = sorted(pool.map(lambda turn: tell(place, f"acto {turn}"), range(8)))
    with place.database.unit_of_work(place.system) as session:
        public_log.tell(session, "suspension", reason="se deshace")
        session.rollback()

    assert numbers == list(range(1, 9))
    assert tell(place, "después") == 9
    assert faults(place) == []


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        (
            "UPDATE public_act SET reason = 'otra' WHERE number = 2",
            "El asiento 2 de la bitácora pública cambió",
        ),
        ("DELETE FROM public_act WHERE number = 1", "Falta el asiento 1"),
        ("DELETE FROM public_act WHERE number = 3", "Falta el asiento 3"),
        (
            "UPDATE public_act SET detail = '{}' WHERE number = 3",
            "El asiento 3 de la bitácora pública cambió",
        ),
    ],
)
def test_whoever_rewrites_the_log_is_told(place: Place, tampering: str, said: str) -> None:
    for reason in ("una", "dos", "tres"):
        tell(place, reason)

    with place.database.owner_work(place.system) as session:
        session.execute(text(tampering))

    assert said in faults(place)[0]


def test_a_log_written_anew_does_not_match_what_the_audit_noted(place: Place) -> None:
    tell(place, "una")
    with place.database.owner_work(place.system) as session:
        session.execute(text("DELETE FROM public_act"))
        public_log.tell(session, "suspension", reason="otra")
        session.execute(
            text("DELETE FROM audit_event WHERE event_id = (SELECT max(event_id) FROM audit_event)")
        )

    assert faults(place) == ["El asiento 1 de la bitácora pública no es el que anotó la auditoría."]

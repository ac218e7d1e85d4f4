"""Many rows in one statement."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from app.core import bulk
from app.core.outbox import OutboxEvent
from app.core.tables import table_of
from app.processes.models import ProcessPart
from tests.conftest import Place
from tests.factories import draft

_PARTS = bulk.insertion(table_of(ProcessPart), "tenant_id", "process_id", "path", "ordinal", "body")


def parts(place: Place, process_id: Any, *bodies: Any) -> list[dict[str, Any]]:
    return [
        {
            "tenant_id": place.tenant_id,
            "process_id": process_id,
            "path": f"parties/{900 + number}",
            "ordinal": number,
            "body": body,
        }
        for number, body in enumerate(bodies)
    ]


def stored(place: Place, process_id: Any) -> list[Any]:
    with place.database.unit_of_work(place.system) as session:
        return list(
            session.exec(
                select(ProcessPart.body)
                .where(ProcessPart.process_id == process_id, ProcessPart.path.like("parties/9__"))
                .order_by(ProcessPart.ordinal)
            )
        )


def test_json_comes_back_as_it_was_null_and_the_order_of_keys_included(place: Place) -> None:
    process_id = draft(place).process_id
    bodies = [None, {"z": 1, "a": [1.50, 'ñ «\\» "\n']}, [], {}, "null", 0.1 + 0.2, 12345678901234567]
    with place.database.unit_of_work(place.system) as session:
        bulk.execute(session, _PARTS, parts(place, process_id, *bodies))
    held = stored(place, process_id)
    assert held == bodies
    assert list(held[1]) == ["z", "a"]


def test_an_integer_beyond_64_bits_travels(place: Place) -> None:
    process_id = draft(place).process_id
    with place.database.unit_of_work(place.system) as session:
        bulk.execute(session, _PARTS, parts(place, process_id, {"amount": 10**30}))
    assert stored(place, process_id) == [{"amount": 1e30}]


def test_all_rows_or_none(place: Place) -> None:
    process_id = draft(place).process_id
    rows = parts(place, process_id, {"id": "1"}, {"id": "2"})
    rows[1]["process_id"] = uuid4()
    with pytest.raises(IntegrityError), place.database.unit_of_work(place.system) as session:
        bulk.execute(session, _PARTS, rows)
    assert stored(place, process_id) == []


def test_no_rows_is_no_statement(place: Place) -> None:
    with place.database.unit_of_work(place.system) as session:
        bulk.execute(session, _PARTS, [])


def test_what_json_does_not_know_travels_as_postgresql_reads_it(place: Place) -> None:
    payload = {"bytes": b"\x00\xff", "decimal": Decimal("1.10"), "moment": datetime(2026, 1, 2, tzinfo=UTC)}
    statement = bulk.insertion(table_of(OutboxEvent), "kind", "payload")
    with place.database.unit_of_work(place.system) as session:
        bulk.execute(session, statement, [{"kind": "test.bulk", "payload": payload}])
    with place.database.unit_of_work(place.system) as session:
        held = session.exec(select(OutboxEvent.payload).where(OutboxEvent.kind == "test.bulk")).one()
    assert held == {"bytes": "\\x00ff", "decimal": "1.10", "moment": "2026-01-02T00:00:00+00:00"}

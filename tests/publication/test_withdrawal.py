"""Withdrawing a release: its bytes really go, and that they went stays for ever."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from app.core.audit import AuditEvent
from app.core.db import Actor
from app.core.errors import AppError, ConflictError, InvalidError, NotFoundError
from app.core.outbox import OutboxEvent
from app.ocds import merge
from app.publication.models import PublicationTotal
from app.publication.withdrawal import withdraw
from app.tenancy.models import SujetoObligado
from tests.factories import document
from tests.publication.conftest import Press, tender

DESK = {"process_part", "process_version", "contracting_process", "document_edit"}


@pytest.fixture
def secret() -> str:
    """A text that stands nowhere else in the database."""
    return f"dirección filtrada {uuid4().hex} ñ"


def test_the_bytes_are_in_no_table_any_more(
    press: Press, secret: str, tables_holding: Callable[[str], set[str]]
) -> None:
    ocid, _ = press.release()
    press.release(tender(title=secret), ocid=ocid)
    assert {"release_body", "record", "process_facet"} <= tables_holding(secret)

    assert press.withdraw(2) == 3

    assert tables_holding(secret) <= DESK
    assert sorted(press.bodies()) == [1]
    record, facet = press.record(ocid), press.facet(ocid)
    assert record == merge.compiled(press.releases(ocid))
    assert facet is not None
    assert facet.title == "Papelería para oficinas"
    assert press.faults() == []


def test_the_last_release_takes_the_record_with_it(
    press: Press, secret: str, tables_holding: Callable[[str], set[str]]
) -> None:
    ocid, _ = press.release(tender(title=secret))
    other, _ = press.release()

    press.withdraw(1)

    assert tables_holding(secret) <= DESK
    assert (press.record(ocid), press.facet(ocid)) == (None, None)
    assert press.record(other) is not None
    assert press.faults() == []


def test_the_trace_says_what_why_and_when(press: Press) -> None:
    ocid, _ = press.release()
    published = press.entries()[0]

    press.withdraw(1, "  Artículo 113, fracción XI.  ")

    entry = press.entries()[1]
    assert (entry.kind, entry.withdraws, entry.ocid, entry.ground) == (
        "withdrawal",
        1,
        ocid,
        "Artículo 113, fracción XI.",
    )
    assert entry.body_sha256 == published.body_sha256
    assert entry.date > published.date
    with press.place.database.unit_of_work(press.place.system) as session:
        acts = [event for event in session.exec(select(AuditEvent)) if event.verb == "process.withdraw"]
        news = [event.payload for event in session.exec(select(OutboxEvent)) if "withdrawn" in event.kind]
    assert [act.account_id for act in acts] == [press.place.actor("garante_reviewer").account_id]
    assert news == [{"position": 1, "ocid": ocid}]


def test_what_is_published_afterwards_is_a_new_release(press: Press) -> None:
    ocid, first = press.release()
    press.withdraw(1)

    _, again = press.release(tender(title="Corregido"), ocid=ocid)

    assert again["id"] != first["id"]
    assert [entry.position for entry in press.entries()] == [1, 2, 3]
    assert press.record(ocid) == merge.compiled([again])
    assert press.faults() == []


def test_a_release_in_the_middle_goes_and_its_neighbours_stay(press: Press) -> None:
    ocid, first = press.release()
    press.release(tender(title="Segundo", description="Solo aquí"), ocid=ocid)
    _, third = press.release(tender(title="Tercero"), ocid=ocid)

    press.withdraw(2)

    assert press.releases(ocid) == [first, third]
    assert "Solo aquí" not in str(press.record(ocid))
    assert press.faults() == []
    press.release(document(), ocid=ocid)
    assert press.faults() == []


def test_a_body_published_last_what_still_stands(press: Press) -> None:
    press.release()
    press.release()

    def last() -> set[datetime | None]:
        with press.place.database.unit_of_work(press.actor) as session:
            total = session.exec(select(PublicationTotal.last_published_at)).one()
            body = session.exec(
                select(SujetoObligado.last_published_at).where(
                    SujetoObligado.sujeto_obligado_id == press.place.sujetos[0]
                )
            ).one()
        return {total, body}

    assert last() == {press.entries()[1].date}
    press.withdraw(2)
    assert last() == {press.entries()[0].date}
    press.withdraw(1)
    assert last() == {None}


def attempt(press: Press, actor: Actor, position: int, ground: str = "Artículo 1") -> None:
    with press.place.database.unit_of_work(actor) as session:
        withdraw(session, actor, position, ground)


def test_refusals_leave_everything_as_it_was(press: Press, other_press: Press) -> None:
    press.release()
    reviewer = press.place.actor("garante_reviewer")
    refused: list[tuple[Actor, int, str, type[AppError]]] = [
        (reviewer, 1, "   ", InvalidError),
        (reviewer, 2, "Artículo 1", NotFoundError),
        (other_press.place.actor("garante_reviewer"), 1, "Artículo 1", NotFoundError),
    ]
    for actor, position, ground, error in refused:
        with pytest.raises(error):
            attempt(press, actor, position, ground)
        assert len(press.entries()) == len(press.bodies()) == 1

    press.withdraw(1)
    for position, error in ((1, ConflictError), (2, NotFoundError)):
        with pytest.raises(error):
            attempt(press, reviewer, position)
    assert len(press.entries()) == 2
    assert press.faults() == []


def test_of_two_who_withdraw_at_once_one_is_told_that_it_is_done(press: Press) -> None:
    press.release()
    reviewer = press.place.actor("garante_reviewer")
    with ThreadPoolExecutor(4) as pool:
        ends = [pool.submit(attempt, press, reviewer, 1) for _ in range(4)]
        failures = [type(end.exception()) for end in ends if end.exception()]
    assert failures == [ConflictError] * 3
    assert len(press.entries()) == 2
    assert press.faults() == []


def test_bytes_cannot_be_deleted_unless_the_chain_says_that_they_are(press: Press) -> None:
    press.release()
    press.release()
    press.withdraw(1)
    with press.place.database.unit_of_work(press.actor) as session:
        deleted = session.execute(text("DELETE FROM release_body"))
        assert deleted.rowcount == 0  # type: ignore[attr-defined]
    assert sorted(press.bodies()) == [2]

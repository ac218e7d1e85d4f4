"""Bodies move to another tenant with all that is theirs, and nothing breaks for those who read."""

from collections.abc import Callable

import pytest
from sqlmodel import select

from app.continuity import acts, carrying, transferring
from app.continuity.acts import Going
from app.continuity.models import PlatformAct
from app.core.errors import NotFoundError
from app.core.metadata import metadata
from app.core.storage import Storage
from app.processes.models import ContractingProcess
from app.processes.queries import working_process
from tests.conftest import Place
from tests.continuity.test_acts import LEGAL_ACT, operator, view
from tests.factories import document
from tests.publication.conftest import Press


def move(source: Place, target: Place, storage: Storage, bodies: list | None = None) -> PlatformAct:
    """Ask, accept and carry out a transfer to its end."""
    going = Going(bodies or source.sujetos[:1], view(target))
    act_id = acts.ask_transfer(source.database, operator(source.database), view(source), going, LEGAL_ACT)
    acts.accept(source.database, operator(source.database), view(source), act_id)
    while transferring.step(source.database, storage, act_id):
        pass
    with source.database.owner_work() as session:
        act = session.get_one(PlatformAct, act_id)
    assert act.status == "done"
    return act


@pytest.fixture
def old(make_place: Callable[..., Place]) -> Press:
    return Press(make_place(policy="direct"))


@pytest.fixture
def new(make_place: Callable[..., Place]) -> Press:
    return Press(make_place(policy="direct"))


def test_what_is_published_stays_and_the_process_moves(old: Press, new: Press, storage: Storage) -> None:
    ocid, _ = old.release()
    old.release(document(description="Con un cambio"), ocid=ocid)
    record, bodies = old.record(ocid), old.bodies()
    move(old.place, new.place, storage)

    assert (old.record(ocid), old.facet(ocid)) == (None, None)
    assert new.record(ocid) == record
    assert old.bodies() == bodies
    assert (old.faults(), new.faults()) == ([], [])
    assert [entry.kind for entry in old.entries()] == ["release", "release", "transfer"]
    assert [entry.kind for entry in new.entries()] == ["transfer"]
    actor = new.place.actor("garante_admin")
    with new.place.database.unit_of_work(actor) as session:
        process_id = session.exec(
            select(ContractingProcess.process_id).where(ContractingProcess.ocid == ocid)
        ).one()
        assert working_process(session, actor, process_id).document["tender"]
    with (
        old.place.database.unit_of_work(old.place.actor("garante_admin")) as session,
        pytest.raises(NotFoundError),
    ):
        working_process(session, old.place.actor("garante_admin"), process_id)


def test_a_table_of_a_tenant_moves_or_says_why_not() -> None:
    named = carrying.tables()
    tenants = {table.name for table in metadata().sorted_tables if "tenant_id" in table.c}
    assert len(named) == len(set(named))
    assert set(named) == tenants


def test_a_correction_at_the_target_goes_on_from_what_was_published(
    old: Press, new: Press, storage: Storage
) -> None:
    ocid, first = old.release()
    move(old.place, new.place, storage)
    new.place.sujetos.insert(0, old.place.sujetos[0])
    _, second = new.release(document(description="Corregida después"), ocid=ocid)
    assert second["id"] != first["id"]
    assert "tender" in (new.record(ocid) or {})
    assert [entry.kind for entry in new.entries()] == ["transfer", "release"]
    assert (old.faults(), new.faults()) == ([], [])

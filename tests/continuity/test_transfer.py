"""Bodies move to another tenant with all that is theirs, and nothing breaks for those who read."""

import io
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlmodel import select

from app.attachments import service as attachments
from app.attachments.models import Attachment
from app.attachments.service import Intake, SentFile
from app.continuity import acts, carrying, transferring
from app.continuity.acts import Going
from app.continuity.models import PlatformAct
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.metadata import metadata
from app.core.public_log import PublicAct
from app.core.storage import Storage
from app.identity.models import Membership
from app.imports.models import ImportRun
from app.processes.models import ContractingProcess, ProcessPart
from app.processes.queries import load_working, working_process
from app.tenancy.models import OcidPrefix, SujetoObligado
from app.tenancy.queries import prefixes
from tests.conftest import LiveServer, Place
from tests.continuity.people import person
from tests.continuity.test_acts import LEGAL_ACT, operator, view
from tests.factories import document, draft
from tests.publication.conftest import Press


def move(source: Place, target: Place, storage: Storage, bodies: list[UUID] | None = None) -> PlatformAct:
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


def test_the_desks_of_both_sides(old: Press, new: Press, storage: Storage) -> None:
    """People, drafts, files, prefixes and the history of the body are at the target; the source keeps that they were."""
    editor = old.place.actor("so_editor")
    ocid, _ = old.release()
    ref = draft(old.place)
    with old.place.database.unit_of_work(editor) as session:
        sent = [SentFile("acta.txt", io.BytesIO(b"firmada"))]
        attachments.receive(session, editor, Intake(storage, 10**6, scanned=False), ref.process_id, sent)
    body = old.place.sujetos[0]
    move(old.place, new.place, storage)

    database = old.place.database
    with database.owner_work(new.place.system) as session:
        there = session.get_one(SujetoObligado, (new.place.tenant_id, body))
        assert (there.status, there.key) == ("active", f"so-1-{old.place.slug}")
        assert session.exec(select(ProcessPart.path).where(ProcessPart.process_id == ref.process_id)).first()
        file = session.exec(select(Attachment).where(Attachment.process_id == ref.process_id)).one()
        assert b"".join(storage.read(file.storage_key, 0, file.size_bytes)) == b"firmada"
        members = session.exec(select(Membership).where(Membership.sujeto_obligado_id == body)).all()
        assert {(one.account_id, one.role, one.status) for one in members} >= {
            (editor.account_id, "so_editor", "active")
        }
        kinds = dict(session.exec(select(OcidPrefix.prefix, OcidPrefix.kind)).all())
        assert kinds[old.place.prefix] == "inherited"
        told = session.exec(select(PublicAct).where(PublicAct.kind == "transfer")).all()
        assert [one.detail["processes"] for one in told] == [2]
    with database.owner_work(old.place.system) as session:
        here = session.get_one(SujetoObligado, (old.place.tenant_id, body))
        assert here.status == "moved"
        assert not session.exec(select(ProcessPart.path)).all()
        assert not session.exec(select(Attachment.attachment_id)).all()
        assert {one.status for one in session.exec(select(Membership)).all() if one.sujeto_obligado_id} == {
            "ended"
        }
        assert session.exec(select(PublicAct).where(PublicAct.kind == "transfer")).one().ground == LEGAL_ACT
        shells = session.exec(select(ContractingProcess)).all()
        assert {(one.moved_to, one.title) for one in shells} == {(new.place.tenant_id, "")}
    assert not list(storage.files(old.place.tenant_id, "public"))
    assert not list(storage.files(old.place.tenant_id, "reserved"))
    with database.unit_of_work(old.place.system) as session:
        assert session.exec(select(ContractingProcess.process_id)).all() == []
        assert prefixes(session, old.place.system) == [old.place.prefix]
    with database.unit_of_work(new.place.system) as session:
        assert prefixes(session, new.place.system) == [new.place.prefix, old.place.prefix]
    assert ocid in {entry.ocid for entry in new.entries()}


def test_one_operator_is_not_two_and_nobody_moves_to_nowhere(
    old: Press, new: Press, storage: Storage
) -> None:
    database, source = old.place.database, old.place
    one, other = operator(database), operator(database)
    going = Going(source.sujetos[:1], view(new.place))
    with pytest.raises(InvalidError, match="mismo organismo"):
        acts.ask_transfer(database, one, view(source), Going(source.sujetos, view(source)), LEGAL_ACT)
    with pytest.raises(InvalidError, match="de este organismo"):
        acts.ask_transfer(database, one, view(source), Going(new.place.sujetos, view(new.place)), LEGAL_ACT)
    with pytest.raises(ForbiddenError):
        acts.ask_transfer(database, source.actor("garante_admin"), view(source), going, LEGAL_ACT)
    act_id = acts.ask_transfer(database, one, view(source), going, LEGAL_ACT)
    assert not transferring.step(database, storage, act_id)
    with pytest.raises(ForbiddenError, match="otra persona"):
        acts.accept(database, one, view(source), act_id)
    with pytest.raises(NotFoundError):
        acts.accept(database, other, view(new.place), act_id)
    acts.accept(database, other, view(source), act_id)
    with pytest.raises(ConflictError, match="ya empezó"):
        acts.cancel(database, other, view(source), act_id)


def test_a_worker_dies_and_the_next_one_goes_on(
    old: Press, new: Press, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ocids = {old.release()[0] for _ in range(3)}
    monkeypatch.setattr(transferring, "UNIT", 1)
    # A server that another test left on in this process would go on with the transfer, and die of `_die` itself.
    monkeypatch.setattr(transferring, "carry_on", lambda *_: 0)
    database = old.place.database
    going = Going(old.place.sujetos[:1], view(new.place))
    act_id = acts.ask_transfer(database, operator(database), view(old.place), going, LEGAL_ACT)
    acts.accept(database, operator(database), view(old.place), act_id)
    assert transferring.step(database, storage, act_id)
    # Killed in the middle of the second: all is done but the commit.
    with monkeypatch.context() as broken:
        broken.setattr(transferring, "_note", _die)
        with pytest.raises(_Killed):
            transferring.step(database, storage, act_id)
    held = [{ocid for ocid in ocids if press.record(ocid)} for press in (old, new)]
    assert [len(one) for one in held] == [2, 1]
    assert held[0] | held[1] == ocids
    assert (old.faults(), new.faults()) == ([], [])
    refused = old.place.actor("so_publisher")
    with database.unit_of_work(refused) as session, pytest.raises(ConflictError, match="mudando"):
        load_working(session, refused, held[0], for_update=True)
    while transferring.step(database, storage, act_id):
        pass
    assert {ocid for ocid in ocids if new.record(ocid)} == ocids
    assert (old.faults(), new.faults()) == ([], [])


class _Killed(BaseException):
    pass


def _die(*_: object) -> None:
    raise _Killed


def test_what_is_open_stands_in_the_way(old: Press, new: Press) -> None:
    with old.place.database.owner_work(old.place.system) as session:
        session.add(
            ImportRun(tenant_id=old.place.tenant_id, filename="x.csv", storage_key="x", status="previewed")
        )
    one, going = operator(old.place.database), Going(old.place.sujetos[:1], view(new.place))
    with pytest.raises(InvalidError, match="importación abierta"):
        acts.ask_transfer(old.place.database, one, view(old.place), going, LEGAL_ACT)


def test_the_pages_of_a_transfer(old: Press, new: Press, live: LiveServer) -> None:
    database = old.place.database
    old.release()
    one, other = (live.client(person(database, "platform_operator")[1]) for _ in range(2))
    here = f"/plataforma/organismos/{old.place.slug}"
    form = {"destino": new.place.slug, "sujetos": str(old.place.sujetos[0]), "fundamento": LEGAL_ACT}
    assert new.place.slug in one.get(f"{here}/traspaso").text
    assert one.post(f"{here}/traspaso", data=form | {"sujetos": ""}).status_code == 422
    assert "Pedir el traspaso" in one.post(f"{here}/traspaso", data=form).text
    assert one.post(f"{here}/traspaso/peticion", data=form).status_code == 303
    with database.owner_work() as session:
        act_id = session.exec(
            select(PlatformAct.act_id).where(PlatformAct.subject_id == old.place.tenant_id)
        ).one()
    assert f"/{new.place.slug}/" in other.get(here).text
    assert one.post(f"{here}/actos/{act_id}/aceptacion").status_code == 403
    assert other.post(f"{here}/actos/{act_id}/aceptacion").status_code == 303
    assert other.get(here).status_code == 200


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

"""A backup brought back elsewhere is the same, byte for byte; a damaged or foreign one is refused with words."""

import asyncio
import shutil
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import pytest
from pyrage import x25519
from sqlmodel import select

from app.continuity import deleting
from app.continuity.models import PlatformAct
from app.core import installation, keys, mail, migrate, public_log
from app.core.db import Database
from app.core.jobs import Worker
from app.core.mail import Letter, MailMessage
from app.core.metadata import metadata
from app.core.migrate import SchemaError
from app.core.public_log import PublicAct
from app.core.storage import Storage
from app.identity import sessions
from app.identity.models import LoginSession
from app.identity.sessions import Visit
from app.operations import restore as restoring
from app.operations.backup import MANIFEST, Manifest, backup
from app.operations.parts import BackupError
from app.operations.restore import Restored, restore
from app.processes.models import ContractingProcess, ProcessPart
from app.publication import chain, removals, withdrawals
from app.publication.models import ReleaseBody, WithdrawalRequest
from app.publication.removals import FOLDER, Again
from app.publication.service import publish_batch
from app.publication.withdrawals import Asked
from app.settings import Settings
from app.tenancy.models import Tenant
from tests.conftest import PASSWORD, Place, place_maker
from tests.continuity.test_acts import LEGAL_ACT, accepted, export, hasten, held, suspend
from tests.continuity.test_transfer import move
from tests.factories import document, draft
from tests.publication.conftest import Press

FILE = b"%PDF-1.7 un acta"


def bodies(database: Database) -> list[bytes]:
    with database.public_reading() as session:
        return sorted(session.exec(select(ReleaseBody.body)).all())


@dataclass
class Made:
    """A small installation, its backup sealed for one key, and what it held."""

    settings: Settings
    folder: Path
    identity: x25519.Identity
    manifest: Manifest
    bodies: list[bytes]
    key: str
    place: Place
    process_id: UUID
    doomed: Place
    source: Place
    goal: Place


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Back an installation up while it is open."""
    home = tmp_path_factory.mktemp("una")
    settings = Settings(state_folder=home)
    identity = x25519.Identity.generate()
    with installation.open_database(settings, fast=True) as database:
        migrate.upgrade(database.engine("owner"))
        place = place_maker(database)(policy="direct")
        refs = [draft(place, source="import:prueba") for _ in range(3)]
        importer = place.actor("so_editor")
        with database.unit_of_work(importer) as session:
            assert all(one.published for one in publish_batch(session, importer, refs))
        key = Storage.new_key(place.tenant_id, "public")
        Storage.of(settings).put(key, BytesIO(FILE))
        place.actor("garante_reviewer"), place.actor("so_publisher")
        doomed = place_maker(database)(policy="direct")
        draft(doomed)
        Storage.of(settings).put(Storage.new_key(doomed.tenant_id, "public"), BytesIO(FILE))
        source, goal = (place_maker(database)(policy="direct") for _ in range(2))
        ocid, _ = Press(source).release()
        Press(source).release(document(description="Corregida"), ocid=ocid)
        keys.of(settings)
        who = place.email("so_editor", place.sujetos[0])
        sessions.sign_in(database, settings, email=who, password=PASSWORD, visit=Visit("127.0.0.1", ""))
        with database.auth_work() as session:
            mail.post(
                session,
                Letter(key="uno", to="a@x.example", kind="prueba", subject="Hola", paragraphs=("Hola",)),
            )
        folder = tmp_path_factory.mktemp("respaldos") / "hoy"
        manifest = backup(settings, folder, [identity.to_public()])
        process_id = refs[0].process_id
        return Made(
            settings,
            folder,
            identity,
            manifest,
            bodies(database),
            key,
            place,
            process_id,
            doomed,
            source,
            goal,
        )


def elsewhere(tmp_path: Path) -> Settings:
    return Settings(state_folder=tmp_path / "otra")


def back(made: Made, settings: Settings, folder: Path | None = None) -> Restored:
    return restore(settings, folder or made.folder, [made.identity], lambda _line: None)


def test_it_comes_back_byte_for_byte_into_an_empty_installation_only(made: Made, tmp_path: Path) -> None:
    target = elsewhere(tmp_path)
    with installation.open_database(target, fast=True) as database:  # keeps a fast server for the rest
        restored = back(made, target)

        assert restored.faults == ()
        assert bodies(database) == made.bodies
        assert len(made.bodies) == 5
        assert b"".join(Storage.of(target).read(made.key, 0, len(FILE))) == FILE
        with pytest.raises(BackupError, match="no está vacía"):
            back(made, target)
        assert bodies(database) == made.bodies


@pytest.mark.parametrize("step", ["_put_files", "_load", "_faults"])
def test_what_was_cut_short_does_not_serve_and_goes_on(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    target = elsewhere(tmp_path)
    whole = getattr(restoring, step)

    def cut(*about: Any) -> NoReturn:
        whole(*about)
        raise OSError("no space left")

    with installation.open_database(target, fast=True) as database:
        with monkeypatch.context() as patching:
            patching.setattr(restoring, step, cut)
            with pytest.raises(OSError, match="no space"):
                back(made, target)
        with pytest.raises(SchemaError, match="a medias"):
            migrate.assert_serves(database.engine("owner"))
        assert back(made, target).faults == ()
        migrate.assert_serves(database.engine("owner"))
        assert bodies(database) == made.bodies
        assert b"".join(Storage.of(target).read(made.key, 0, len(FILE))) == FILE
        with pytest.raises(BackupError, match="no está vacía"):
            back(made, target)


def test_what_was_withdrawn_since_does_not_come_back(made: Made, tmp_path: Path) -> None:
    target = elsewhere(tmp_path)
    with installation.open_database(made.settings, fast=True) as database:
        before = len(bodies(database))
        reviewer, publisher = made.place.actor("garante_reviewer"), made.place.actor("so_publisher")
        asked = Asked("personal", "artículo 115 de la ley", "Trae un domicilio", erases="all")
        with database.unit_of_work(publisher) as session:
            request = withdrawals.request(session, publisher, made.process_id, asked).request_id
        with database.unit_of_work(reviewer) as session:
            withdrawals.approve(session, reviewer, made.process_id, request)
        asyncio.run(Worker(database, Storage.of(made.settings), settings=made.settings).run(wait=False))
        assert len(bodies(database)) == before - 1
    keep(made, target, made.place)

    with installation.open_database(target, fast=True) as database:
        restored = back(made, target)
        assert restored.again == Again(done=1)
        assert restored.faults == ()
        left = bodies(database)
        assert len(left) == len(made.bodies) - 1
        assert set(left) < set(made.bodies)
        with database.public_reading() as session:
            assert list(chain.verify(session, made.place.tenant_id)) == []
            assert session.exec(select(PublicAct.kind).order_by(PublicAct.number)).all() == [
                "withdrawal",
                "redaction",
            ]
        with database.unit_of_work(made.place.system) as session:
            kept = session.exec(select(ProcessPart).where(ProcessPart.process_id == made.process_id)).all()
            assert "Papelería" not in str([part.body for part in kept])
        assert removals.carry_out_again(database, Storage.of(target)) == Again(known=1)


def test_what_was_withdrawn_after_its_process_moved_does_not_come_back_where_it_was(
    made: Made, tmp_path: Path
) -> None:
    target = elsewhere(tmp_path)
    storage = Storage.of(made.settings)
    with installation.open_database(made.settings, fast=True) as database:
        source, goal = (replace(place, database=database) for place in (made.source, made.goal))
        first, second = Press(source).bodies().values()
        move(source, goal, storage)
        goal.sujetos = source.sujetos[:1]
        reviewer, publisher = goal.actor("garante_reviewer"), goal.actor("so_publisher")
        with database.unit_of_work(publisher) as session:
            process = session.exec(select(ContractingProcess.process_id)).one()
            asked = Asked("personal", "artículo 115 de la ley", "Trae un domicilio", position=-2)
            request = withdrawals.request(session, publisher, process, asked).request_id
        with database.unit_of_work(reviewer) as session:
            withdrawals.approve(session, reviewer, process, request)
        asyncio.run(Worker(database, storage, settings=made.settings).run(wait=False))
        assert list(Press(source).bodies().values()) == [second]
    keep(made, target, made.goal)

    with installation.open_database(target, fast=True) as database:
        restored = back(made, target)
        assert (restored.again, restored.faults) == (Again(done=1), ())
        source, goal = (replace(place, database=database) for place in (made.source, made.goal))
        assert first in made.bodies
        assert list(Press(source).bodies().values()) == [second]
        assert (Press(source).faults(), Press(goal).entries()) == ([], [])
        with database.unit_of_work(source.system) as session:
            told = session.exec(select(WithdrawalRequest)).one()
            assert (told.request_id, told.status, told.position) == (request, "approved", 1)
        assert removals.carry_out_again(database, Storage.of(target)) == Again(known=1)


def keep(made: Made, target: Settings, place: Place) -> None:
    """Bring what is remembered of a tenant outside of the database to the new installation, as an operator does."""
    kept = Path("files", FOLDER, str(place.tenant_id))
    shutil.copytree(made.settings.state_folder / kept, target.state_folder / kept)


def test_a_tenant_deleted_since_does_not_come_back(made: Made, tmp_path: Path) -> None:
    target = elsewhere(tmp_path)
    with installation.open_database(made.settings, fast=True) as database:
        doomed = replace(made.doomed, database=database)
        Press(doomed).release()
        suspend(doomed)
        export(doomed, Storage.of(made.settings))
        hasten(doomed, accepted(doomed, Storage.of(made.settings)))
        assert deleting.delete_due(database, Storage.of(made.settings)) == 1
        later = made.folder.with_name("después")
        backup(made.settings, later, [made.identity.to_public()])
    keep(made, target, made.doomed)

    with installation.open_database(target, fast=True) as database:
        there = replace(made.doomed, database=database)
        restored = back(made, target)
        assert (restored.deleted, restored.faults) == ((there.slug,), ())
        left = {
            table.name
            for table in metadata().sorted_tables
            if "tenant_id" in table.columns and held(there, table.name)
        }
        assert left <= set(deleting.TOMBSTONE)
        assert list(Storage.of(target).files_of(there.tenant_id)) == []
        assert held(replace(made.place, database=database), "release")
        with database.owner_work(there.system) as session:
            tenant = session.exec(select(Tenant).where(Tenant.tenant_id == there.tenant_id)).one()
            assert (tenant.status, tenant.status_reason) == ("deleted", LEGAL_ACT)
            assert session.exec(
                select(PlatformAct.status, PlatformAct.legal_act).where(
                    PlatformAct.subject_id == there.tenant_id
                )
            ).all() == [("done", LEGAL_ACT)]
            assert list(public_log.verify(session, there.tenant_id)) == []
        assert deleting.delete_again(database, Storage.of(target)) == ()

    with installation.open_database(elsewhere(tmp_path / "después"), fast=True):
        restored = back(made, elsewhere(tmp_path / "después"), later)
        assert (restored.deleted, restored.faults) == ((), ())


def test_nobody_is_signed_in_no_letter_leaves_twice_and_a_missing_key_is_named(
    made: Made, tmp_path: Path
) -> None:
    target = Settings(state_folder=tmp_path / "otra", keys=keys.fresh_line("ajena"))
    with installation.open_database(target, fast=True) as database:
        restored = back(made, target)
        with database.auth_work() as session:
            (login,) = session.exec(select(LoginSession)).all()
            assert login.revoked_at is not None
        with database.worker_work() as session:
            assert session.exec(select(MailMessage.state)).all() == ["failed"]
    assert restored.missing_keys == ("1",)


def test_a_key_of_the_same_name_is_another(made: Made, tmp_path: Path) -> None:
    target = elsewhere(tmp_path)
    with installation.open_database(target, fast=True):
        assert list(keys.of(target).keys) == list(keys.of(made.settings).keys) == ["1"]
        assert back(made, target).missing_keys == ("1",)


def test_sealed_parts_show_nothing_and_open_for_their_key_only(made: Made, tmp_path: Path) -> None:
    held = b"".join((made.folder / part.name).read_bytes() for part in made.manifest.parts)
    assert all(part.name.endswith(".age") for part in made.manifest.parts)
    assert FILE not in held
    for identities, said in (([], "--identity"), ([x25519.Identity.generate()], "otra llave")):
        with pytest.raises(BackupError, match=said):
            restore(elsewhere(tmp_path), made.folder, identities, lambda _line: None)


def test_a_changed_or_missing_part_is_refused_before_anything_is_touched(made: Made, tmp_path: Path) -> None:
    target = elsewhere(tmp_path)
    for spoil, said in (
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"x"), "está dañado"),
        (lambda path: path.unlink(), "falta"),
    ):
        copy = tmp_path / said.split()[0]
        shutil.copytree(made.folder, copy)
        spoil(copy / made.manifest.parts[0].name)
        with pytest.raises(BackupError, match=said):
            back(made, target, copy)
    (copy / MANIFEST).unlink()
    with pytest.raises(BackupError, match="no hay un respaldo"):
        back(made, target, copy)
    assert not target.state_folder.exists()


def test_a_backup_is_never_written_over_another_and_says_where_each_chain_stood(made: Made) -> None:
    with pytest.raises(BackupError, match="no está vacía"):
        backup(made.settings, made.folder)
    heads = {head.tenant: head.position for head in made.manifest.heads if head.position}
    assert heads == {made.place.slug: 3, made.source.slug: 2}
    assert Manifest.read(made.folder) == made.manifest
    assert PASSWORD not in (made.folder / MANIFEST).read_text()

"""The version before goes on while the next one's migrations run, and whoever holds a table is not made to stop."""

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from app.core import migrate
from app.core.db import Database
from app.core.migrate import SchemaError
from app.core.storage import Storage
from app.main import create_app
from app.publication import chain
from app.settings import Settings
from tests.conftest import fresh_database, place_maker, serve_app
from tests.publication.conftest import Press

EXPANDS = (
    "op.add_column('contracting_process', sa.Column('priority', sa.Integer(), server_default='0', nullable=False))",
    "op.create_table('later', sa.Column('tenant_id', sa.Uuid(), primary_key=True))",
    "op.add_column('release', sa.Column('note', sa.Text(), nullable=True))",
    "gently.check('release_position_check', 'release', 'position > 0')",
    "gently.index('release_note_idx', 'release', ['tenant_id', 'note'])",
)
Next = Callable[..., Path]


@pytest.fixture
def apart(administrator_url: str) -> Iterator[Database]:
    """A database whose schema may be changed."""
    with fresh_database(administrator_url) as opened:
        yield opened


@pytest.fixture
def following(tmp_path: Path) -> Next:
    """Return what writes the migrations of a version after this one: one for each step."""
    folder = tmp_path / "migrations"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(migrate.FOLDER, folder, ignore=ignored)
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    before = [ScriptDirectory.from_config(config).get_current_head()]

    def write(*steps: str, contract: str = "") -> Path:
        for step in steps:
            revision = f"2099_{len(before)}"
            (folder / "versions" / f"{revision}.py").write_text(
                "import sqlalchemy as sa\nfrom alembic import op\nfrom migrations import gently\n"
                f"revision, down_revision = {revision!r}, {before[-1]!r}\nbranch_labels = depends_on = None\n"
                f"contract = {contract!r}\n\n\ndef upgrade():\n    {step}\n"
            )
            before.append(revision)
        return folder

    return write


def prefix(database: Database) -> str:
    """The prefix of a test database's roles."""
    with database.engine("owner").connect() as connection:
        return str(connection.execute(text("SELECT current_user")).scalar_one()).removesuffix("app_owner")


def test_this_version_answers_and_publishes_while_the_next_one_migrates(
    apart: Database, following: Next, settings: Settings, storage: Storage
) -> None:
    press = Press(place_maker(apart)(policy="direct"))
    press.release()
    server = serve_app(create_app(settings, apart, storage))
    live, ended, answered = next(server), threading.Event(), list[int]()
    folder, faults = following(*EXPANDS), list[BaseException]()

    def ask() -> None:
        client = live.client()
        while not ended.is_set():
            for path in ("/", "/api/v1/releases", "/sujetos"):
                answered.append(client.get(f"/{press.place.slug}{path}").status_code)

    def publish() -> None:
        try:
            while not ended.is_set():
                press.release()
        except BaseException as error:
            faults.append(error)
            raise

    at_work = [threading.Thread(target=work) for work in (ask, publish)]
    for thread in at_work:
        thread.start()
    try:
        while len(answered) < 5:
            time.sleep(0.01)
        migrate.upgrade(apart.engine("owner"), role_prefix=prefix(apart), folder=folder)
        asked = len(answered)
        while len(answered) < asked + 5 and not faults:
            time.sleep(0.01)
    finally:
        ended.set()
        for thread in at_work:
            thread.join()
        next(server, None)

    assert faults == []
    assert set(answered) == {200}
    with apart.public_reading() as session:
        assert list(chain.verify(session, press.place.tenant_id)) == []
    assert len(press.entries()) > 2
    assert not migrate.is_current(apart.engine("owner"))
    next(again := serve_app(create_app(settings, apart, storage)))  # it starts anew as well
    press.release()
    next(again, None)
    migrate.upgrade(apart.engine("owner"))  # and takes nothing back
    assert migrate.is_current(apart.engine("owner"), folder=folder)


def test_it_stops_where_the_next_one_took_away_what_it_needs(
    apart: Database, following: Next, settings: Settings, storage: Storage
) -> None:
    async def start() -> None:
        app = create_app(settings, apart, storage)
        async with app.router.lifespan_context(app):
            pass

    owner, ours = apart.engine("owner"), prefix(apart)
    drops = "op.drop_column('tenant', 'pnt_prefix')"
    migrate.upgrade(
        owner, role_prefix=ours, folder=following("op.execute('SELECT 1')", contract="20261123_archives")
    )
    migrate.assert_serves(owner)  # since a revision that this version knows, nothing needs it
    migrate.upgrade(owner, role_prefix=ours, folder=following(drops, contract="2099_1"))
    with pytest.raises(SchemaError, match="posterior"):
        asyncio.run(start())
    with pytest.raises(SchemaError, match="posterior"):
        migrate.upgrade(owner)


def test_it_does_not_serve_a_schema_that_lacks_a_migration(apart: Database) -> None:
    with apart.engine("owner").connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '20261122_spine'"))
        connection.commit()
    with pytest.raises(SchemaError, match="app migrate"):
        migrate.assert_serves(apart.engine("owner"))


def test_a_migration_waits_for_a_long_reader_without_holding_up_others(
    apart: Database, following: Next, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "PAUSE", 0.3)
    owner, ours = apart.engine("owner"), prefix(apart)
    folder = following("op.add_column('tenant', sa.Column('later', sa.Text(), nullable=True))")
    reads, slowest = text("SELECT count(*) FROM tenant"), 0.0
    with apart.engine("public").connect() as reader:
        reader.execute(reads)  # and its transaction stays open
        with pytest.raises(SchemaError, match="pg_stat_activity"):
            migrate.upgrade(owner, role_prefix=ours, folder=folder, patience=0)
        migrating = threading.Thread(
            target=migrate.upgrade, args=(owner,), kwargs={"role_prefix": ours, "folder": folder}
        )
        migrating.start()
        for _ in range(30):
            began = time.monotonic()
            with apart.engine("rw").connect() as other:
                other.execute(reads)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.1)
        assert migrating.is_alive()
    migrating.join(timeout=30)
    assert not migrating.is_alive()
    assert migrate.is_current(owner, folder=folder)
    assert slowest < 2.5
    with owner.connect() as connection:  # who uses the connection next waits as long as anybody
        assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "0"


def test_what_a_migration_takes_away_is_not_needed_since_an_older_one() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    config.set_main_option("path_separator", "os")
    newest_first = list(ScriptDirectory.from_config(config).walk_revisions())
    declared = 0
    for place, script in enumerate(newest_first):
        if since := getattr(script.module, "contract", ""):
            declared += 1
            assert since in {older.revision for older in newest_first[place + 1 :]}, script.revision
    assert declared

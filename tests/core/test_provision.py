"""Roles and databases, made on a real server by real administrators of several kinds."""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from app.core.db import DatabaseUrls
from app.core.embedded import Embedded
from app.core.postgres_programs import server_programs
from app.core.provision import (
    ProvisionError,
    load_secrets,
    provision,
    provisioning_sql,
    role_names,
    save_secrets,
    stored_passwords,
)

PG_BIN = Path(os.environ["PG_BIN"]) if "PG_BIN" in os.environ else None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with Embedded(tmp_path_factory.mktemp("provision") / "pg", fast=True, pg_bin=PG_BIN) as embedded:
        yield embedded


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def administrator(server: Embedded, name: str, powers: str) -> str:
    with connect(server.superuser_url) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'clave' {powers}")
    return server.url(name, "clave", "postgres")


def who_connects(urls: DatabaseUrls) -> dict[str, tuple[object, ...] | None]:
    answers = {}
    for key, url in asdict(urls).items():
        with connect(url) as connection:
            answers[key] = connection.execute(
                "SELECT current_user::text, current_database()::text"
            ).fetchone()
    return answers


def test_every_role_reaches_the_database_and_none_has_powers(server: Embedded) -> None:
    urls = provision(server.superuser_url, "plain", prefix="plain_")

    assert who_connects(urls) == {key: (role, "plain") for key, role in role_names("plain_").items()}
    with connect(server.superuser_url) as connection:
        powerful = connection.execute(
            "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'plain\\_%' AND "
            "(rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)"
        ).fetchone()
        owner = connection.execute(
            "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'plain'"
        ).fetchone()
    assert powerful == (0,)
    assert owner == ("plain_app_owner",)


def test_roles_of_another_installation_stay_outside(server: Embedded) -> None:
    ours = provision(server.superuser_url, "ours", prefix="ours_")
    provision(server.superuser_url, "theirs", prefix="theirs_")

    trespass = ours.rw.removesuffix("ours") + "theirs"
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(trespass)


def test_only_the_owner_makes_tables(server: Embedded) -> None:
    urls = provision(server.superuser_url, "tables", prefix="tables_")

    with connect(urls.owner) as owner:
        owner.execute("CREATE TABLE allowed (id int)")
    with connect(urls.rw) as rw, pytest.raises(psycopg.errors.InsufficientPrivilege):
        rw.execute("CREATE TABLE refused (id int)")


def test_racing_and_repeating_give_the_same_addresses(server: Embedded, tmp_path: Path) -> None:
    def attempt(_: int) -> DatabaseUrls:
        passwords = stored_passwords(tmp_path / "demo" / "secrets.json")
        return provision(server.superuser_url, "raced", prefix="raced_", passwords=passwords)

    with ThreadPoolExecutor(6) as threads:
        answers = set(threads.map(attempt, range(6)))
    answers.add(attempt(7))

    assert len(answers) == 1
    assert len(who_connects(answers.pop())) == 7


def test_an_administrator_who_is_no_superuser_is_enough(server: Embedded) -> None:
    admin = administrator(server, "modest", "CREATEROLE CREATEDB")

    provision(admin, "modest", prefix="modest_")
    urls = provision(admin, "modest", prefix="modest_")

    assert len(who_connects(urls)) == 7


def test_an_account_without_powers_is_told_what_to_ask_for(server: Embedded) -> None:
    powerless = administrator(server, "powerless", "")

    with pytest.raises(ProvisionError, match=r"no puede crear los roles.*python -m app migrate"):
        provision(powerless, "powerless", prefix="powerless_")


def test_a_role_that_could_step_over_the_walls_is_refused(server: Embedded) -> None:
    administrator(server, "risky_app_rw", "BYPASSRLS")

    with pytest.raises(ProvisionError, match="risky_app_rw ya existe y tiene privilegios"):
        provision(server.superuser_url, "risky", prefix="risky_")


@pytest.mark.parametrize("prefix", ['a"; DROP ROLE x', "Mayus_", "ñ_", "x" * 41])
def test_a_prefix_that_is_no_plain_name_is_refused(prefix: str) -> None:
    with pytest.raises(ProvisionError, match="prefijo"):
        provisioning_sql("x", prefix)


def test_the_printed_sql_does_the_same_when_an_administrator_runs_it(server: Embedded) -> None:
    passwords = {key: f"clave-de-{key}" for key in role_names()}
    admin = urlsplit(server.superuser_url)

    subprocess.run(
        [
            server_programs(PG_BIN)[0] / "psql",
            "-Xqv",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
            "-U",
            "postgres",
            "-f-",
        ],
        input=provisioning_sql("printed", "printed_", passwords),
        env={"PGPASSWORD": admin.password or "", "PGPORT": str(admin.port), "PATH": os.environ["PATH"]},
        text=True,
        check=True,
    )

    names = role_names("printed_")
    urls = DatabaseUrls(**{key: server.url(names[key], passwords[key], "printed") for key in names})
    assert len(who_connects(urls)) == 7


def test_the_printed_sql_says_where_passwords_are_missing() -> None:
    assert "PASSWORD 'CAMBIAR-owner'" in provisioning_sql("x")


def test_addresses_keep_their_options_and_hide_their_passwords(server: Embedded) -> None:
    urls = provision(
        f"{server.superuser_url}?application_name=alta",
        "options",
        prefix="options_",
        passwords={"rw": "con @ y / dentro"},
    )

    assert urls.rw.endswith("/options?application_name=alta")
    assert "dentro" not in repr(urls)
    assert who_connects(urls)["rw"] == ("options_app_rw", "options")


def test_secrets_are_private_complete_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "demo" / "secrets.json"
    path.parent.mkdir()
    save_secrets(path, {"otro": "secreto"})

    first = stored_passwords(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert set(first) == set(role_names())
    assert len(set(first.values())) == 7
    assert stored_passwords(path) == first
    assert load_secrets(path)["otro"] == "secreto"
    assert load_secrets(tmp_path / "nada.json") == {}

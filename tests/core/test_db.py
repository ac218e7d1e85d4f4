"""Transactions: bound to their actor, committed at the edge or not at all."""

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import select

from app.core.db import Actor, Database, DatabaseUrls, RwSession, WrongRoleError
from app.tenancy.models import SujetoObligado
from app.web import errors
from tests.conftest import Place


def test_a_unit_of_work_commits_what_it_did(database: Database, place: Place) -> None:
    with database.unit_of_work(place.system) as session:
        session.exec(select(SujetoObligado)).one().name = "Otro nombre"

    with database.unit_of_work(place.system) as session:
        assert session.exec(select(SujetoObligado)).one().name == "Otro nombre"


def test_a_unit_of_work_that_fails_leaves_nothing(database: Database, place: Place) -> None:
    def rename_and_fail() -> None:
        with database.unit_of_work(place.system) as session:
            session.exec(select(SujetoObligado)).one().name = "Otro nombre"
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rename_and_fail()

    with database.unit_of_work(place.system) as session:
        assert session.exec(select(SujetoObligado)).one().name != "Otro nombre"


def test_without_an_actor_a_session_sees_no_row(database: Database, place: Place) -> None:
    with database.unit_of_work(place.system) as session:
        assert session.exec(select(SujetoObligado)).all() != []
    with RwSession(database.engine("rw")) as session:
        assert session.exec(select(SujetoObligado)).all() == []


def test_the_binding_survives_a_rollback_within_the_session(database: Database, place: Place) -> None:
    with database.unit_of_work(place.system) as session:
        session.rollback()
        assert len(session.exec(select(SujetoObligado)).all()) == 1


def test_a_commit_that_fails_is_not_answered_as_a_success(database: Database, place: Place) -> None:
    def work() -> object:
        with database.unit_of_work(place.system) as session:
            yield session

    app = FastAPI()
    errors.install(app)

    @app.post("/guardar")
    def save(
        session: Annotated[RwSession, Depends(work, scope="function")], *, broken: bool
    ) -> dict[str, bool]:
        session.exec(select(SujetoObligado)).one().name = "Guardado"
        session.flush()
        if broken:  # the server goes away between the last statement and the commit
            pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with database.engine("rw").connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        return {"ok": True}

    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.post("/guardar?broken=false").status_code == 200
        assert client.post("/guardar?broken=true").status_code == 500


def test_a_role_with_too_much_power_is_refused(database: Database) -> None:
    database.assert_least_privilege()

    urls = {name: getattr(database.urls, name) for name in DatabaseUrls.__slots__}
    careless = Database(DatabaseUrls(**{**urls, "rw": database.urls.owner}))
    with pytest.raises(WrongRoleError, match="rw"):
        careless.assert_least_privilege()
    careless.dispose()


def test_addresses_do_not_show_their_passwords(database: Database) -> None:
    assert "password" not in repr(database.urls)
    assert "://" not in repr(database.urls)


def test_an_actor_is_bound_to_one_tenant(database: Database, place: Place, other_place: Place) -> None:
    with database.unit_of_work(Actor(tenant_id=other_place.tenant_id)) as session:
        assert {row.tenant_id for row in session.exec(select(SujetoObligado))} == {other_place.tenant_id}

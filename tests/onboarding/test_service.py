"""Acts on bodies beneath the pages: grants that end, work that stops, how far onboarding is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from app.core import clock
from app.core.db import Actor
from app.core.errors import ConflictError, ForbiddenError, InvalidError, StaleError
from app.core.public_log import PublicAct
from app.identity import invitations
from app.identity.models import Membership
from app.onboarding import queries, service
from app.tenancy.models import SujetoObligado
from tests.conftest import Place
from tests.factories import draft


def _body(place: Place) -> SujetoObligado:
    with place.database.unit_of_work(place.system) as session:
        return session.get_one(SujetoObligado, (place.tenant_id, place.sujetos[0]))


def _state(place: Place) -> str:
    keeper = place.actor("garante_admin")
    with place.database.unit_of_work(keeper) as session:
        return queries.body(session, keeper, place.sujetos[0]).state


def _suspend(place: Place, keeper: Actor) -> None:
    with place.database.unit_of_work(keeper) as session:
        service.suspend(session, keeper, place.sujetos[0], 1, reason="Extinto")


def test_a_grant_of_single_ends_by_itself(place: Place) -> None:
    keeper = place.actor("garante_admin")
    with place.database.unit_of_work(keeper) as session:
        day = clock.now().date() + timedelta(days=30)
        service.set_policy(
            session, keeper, place.sujetos[0], 1, policy="single", reason="Una sola persona", until=day
        )
    service.end_single_grants(place.database)
    assert _body(place).policy == "single"

    with place.database.unit_of_work(place.system) as session:
        past = clock.now().date() - timedelta(days=2)
        session.execute(
            update(SujetoObligado)
            .where(col(SujetoObligado.tenant_id) == place.tenant_id)
            .values(single_until=past)
        )
    assert service.end_single_grants(place.database) == 1
    assert service.end_single_grants(place.database) == 0

    body = _body(place)
    assert (body.policy, body.single_until, body.policy_before) == ("garante", None, "")
    with place.database.unit_of_work(place.system) as session:
        kinds = session.exec(select(PublicAct.kind).where(PublicAct.tenant_id == place.tenant_id)).all()
        turns = queries.history(session, place.system, body)
    assert list(kinds) == ["single_grant", "policy_change"]
    assert [turn.act for turn in turns] == ["policy", "policy", "add"]


def test_the_same_policy_again_is_no_change(place: Place) -> None:
    keeper = place.actor("garante_admin")
    with place.database.unit_of_work(keeper) as session:
        body = service.set_policy(session, keeper, place.sujetos[0], 1, policy="garante", reason="Igual")
    assert body.row_version == 1


def test_a_suspended_body_begins_nothing_and_goes_on_with_what_it_has(place: Place) -> None:
    ref = draft(place)
    _suspend(place, place.actor("garante_admin"))
    with pytest.raises(ConflictError, match="está suspendido"):
        draft(place)
    assert ref.process_id


def test_duties_pass_only_to_another_that_works(place: Place) -> None:
    keeper, heir = place.actor("garante_admin"), place.add_sujeto()
    today = clock.now().date() - timedelta(days=1)

    def join(sujeto: int, successor: int, kind: str = "merge") -> None:
        with place.database.unit_of_work(keeper) as session:
            body = session.get_one(SujetoObligado, (place.tenant_id, place.sujetos[sujeto]))
            service.join(
                session,
                keeper,
                place.sujetos[sujeto],
                body.row_version,
                kind=kind,
                successor_id=place.sujetos[successor],
                since=today,
                ground="Decreto 1",
            )

    with pytest.raises(InvalidError):
        join(0, 0)
    join(0, 1)
    with pytest.raises(ConflictError):
        join(0, 1)
    with pytest.raises(ConflictError, match="activo"):
        join(1, 0, "split")
    with place.database.unit_of_work(keeper) as session:
        (one,) = queries.kin(session, keeper, heir)
    assert (one.body.sujeto_obligado_id, one.kind, one.heir) == (place.sujetos[0], "merge", False)
    with pytest.raises(ConflictError, match="pasó sus funciones"):
        draft(place)


def test_two_bodies_that_take_each_other_s_duties_at_once_wait_for_each_other(place: Place) -> None:
    keeper = place.actor("garante_admin")
    place.add_sujeto()
    start = Barrier(2)

    def split(one: int) -> str:
        start.wait(10)
        try:
            with place.database.unit_of_work(keeper) as session:
                service.join(
                    session,
                    keeper,
                    place.sujetos[one],
                    1,
                    kind="split",
                    successor_id=place.sujetos[1 - one],
                    since=clock.now().date() - timedelta(days=1),
                    ground="Decreto 1",
                )
        except StaleError:
            return "stale"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(split, (0, 1)))
    assert outcomes == ["done", "stale"], "the second sees that the first changed both"


def test_two_who_enter_one_body_at_once_are_told(place: Place) -> None:
    keeper = place.actor("garante_admin")
    together = Barrier(2)

    def enter(name: str) -> str:
        with place.database.unit_of_work(keeper) as session:
            together.wait(timeout=10)
            try:
                service.add(session, keeper, {"name": name, "pnt_id": "77"})
            except ConflictError as error:
                return error.detail
        return ""

    with ThreadPoolExecutor(2) as pool:
        done, refused = sorted(pool.map(enter, ("Primero", "Segundo")))
    assert done == ""
    assert "ya es de" in refused


def test_onboarding_goes_from_nobody_to_silence(place: Place) -> None:
    assert _state(place) == "not_invited"
    keeper = place.actor("garante_admin")
    with place.database.unit_of_work(keeper) as session:
        offer = invitations.Offer("alguien@ejemplo.gob.mx", "Alguien", "so_admin", place.sujetos[0])
        invitations.invite(session, keeper, offer)
    assert _state(place) == "invited"

    admin = place.actor("so_admin")
    assert _state(place) == "invited", "a membership that nobody has used yet"
    entered = clock.now() - timedelta(days=1)

    def member(**values: object) -> None:
        with place.database.owner_work(place.system) as session:
            session.execute(
                update(Membership)
                .where(col(Membership.membership_id) == admin.membership_id)
                .values(**values)
            )

    member(last_entry_on=entered.date())
    assert _state(place) == "active"
    member(created_at=clock.now() - timedelta(days=91))
    assert _state(place) == "silent"

    def published(days: int) -> None:
        with place.database.unit_of_work(place.system) as session:
            row = session.get_one(SujetoObligado, (place.tenant_id, place.sujetos[0]))
            row.last_published_at = clock.now() - timedelta(days=days)

    published(89)
    assert _state(place) == "publishing"
    published(91)
    assert _state(place) == "silent"
    with place.database.unit_of_work(keeper) as session:
        assert queries.states(session, keeper, queries.Filters()) == {"silent": 1}
        assert queries.bodies(session, keeper, queries.Filters(), state="active").rows == []


def test_nobody_of_a_body_keeps_the_padron(place: Place) -> None:
    for role in ("garante_reviewer", "so_admin", "so_publisher"):
        with pytest.raises(ForbiddenError):
            _suspend(place, place.actor(role))

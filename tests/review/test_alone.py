"""One person alone: a second look with a fresh sign-in, marked, looked at afterwards, and over when the permission is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, update

from app.core import clock
from app.core.db import Actor
from app.core.errors import ConflictError, ForbiddenError
from app.identity.models import LoginSession, Membership
from app.processes.queries import VersionRef
from app.publication.service import publish_batch
from app.review import service
from app.review.queries import Pile, pile_rows, piles
from app.review.service import Remark
from app.tenancy.models import SujetoObligado
from tests.conftest import LiveServer, Place
from tests.factories import draft
from tests.html import Page
from tests.review.test_service import act, acts_of, hat, read


@pytest.fixture
def lonely(make_place: Callable[..., Place]) -> Place:
    """A tenant whose first body has one active person."""
    return make_place(policy="single")


def submitted(place: Place) -> VersionRef:
    """A version that the publisher captured and sent under another hat."""
    publisher = place.actor("so_publisher")
    ref = draft(place, editor=publisher)
    act(place, hat(place, publisher, "so_editor"), "submit", ref)
    return ref


def address(place: Place, ref: VersionRef) -> str:
    return f"/{place.slug}/procesos-internos/{ref.process_id}/versiones/{ref.number}/aprobacion-propia"


def test_only_after_a_second_look_and_a_fresh_sign_in(lonely: Place, live: LiveServer) -> None:
    publisher, ref = lonely.actor("so_publisher"), submitted(lonely)
    assert acts_of(lonely, publisher, ref) == {"approve_alone"}
    client = live.client(lonely.email("so_publisher", publisher.sujeto_obligado_id))
    with lonely.database.auth_work() as session:
        session.execute(
            update(LoginSession)
            .where(col(LoginSession.account_id) == publisher.account_id)
            .values(authenticated_at=clock.now() - timedelta(hours=1))
        )
    stale = client.get(address(lonely, ref))
    assert (stale.status_code, stale.headers["location"].split("?")[0]) == (303, "/entrar/confirmar")

    client = live.client(lonely.email("so_publisher", publisher.sujeto_obligado_id))
    page = Page(client.get(address(lonely, ref)).text)
    assert page.faults == []
    assert "Papelería para oficinas" in page.text
    unseen = client.post(address(lonely, ref), data={"row_version": "2"})
    assert unseen.status_code == 422
    assert read(lonely, ref).status == "in_review"
    done = client.post(address(lonely, ref), data={"row_version": "2", "visto": "si"})

    assert done.status_code == 303
    turn = read(lonely, ref)
    assert (turn.status, turn.approved_alone, turn.decided_by) == ("approved", True, publisher.account_id)


def test_somebody_else_approves_as_anywhere(lonely: Place) -> None:
    ref = draft(lonely)
    act(lonely, lonely.actor("so_editor"), "submit", ref)
    publisher = lonely.actor("so_publisher")

    with (
        pytest.raises(ForbiddenError, match="como quien revisa"),
        lonely.database.unit_of_work(publisher) as session,
    ):
        service.approve_alone(session, publisher, ref, 2)
    assert not act(lonely, publisher, "approve", ref, 2).approved_alone


def approved_alone(place: Place) -> VersionRef:
    publisher, ref = place.actor("so_publisher"), submitted(place)
    with place.database.unit_of_work(publisher) as session:
        service.approve_alone(session, publisher, ref, 2)
    return ref


def publish(place: Place, actor: Actor, ref: VersionRef) -> None:
    with place.database.unit_of_work(actor) as session:
        (outcome,) = publish_batch(session, actor, [ref])
        assert outcome.published, outcome.problems


def end_permission(place: Place) -> None:
    with place.database.owner_work(place.system) as session:
        session.execute(
            update(SujetoObligado)
            .where(col(SujetoObligado.tenant_id) == place.tenant_id)
            .values(single_until=clock.now().date() - timedelta(days=2), policy_before="garante")
        )


def test_when_the_permission_ends_nothing_is_approved_nor_published_alone(lonely: Place) -> None:
    publisher, waiting, ready = lonely.actor("so_publisher"), submitted(lonely), approved_alone(lonely)
    end_permission(lonely)

    with pytest.raises(ConflictError), lonely.database.unit_of_work(publisher) as session:
        service.approve_alone(session, publisher, waiting, 2)
    with pytest.raises(ConflictError, match="una sola persona"):
        publish(lonely, publisher, ready)
    assert acts_of(lonely, publisher, ready) == set()
    assert act(lonely, lonely.actor("garante_reviewer"), "approve", waiting, 2).status == "approved"


def test_the_garante_looks_at_it_afterwards(lonely: Place) -> None:
    first, second = approved_alone(lonely), approved_alone(lonely)
    for ref in (first, second):
        publish(lonely, lonely.actor("so_publisher"), ref)
    reviewer = lonely.actor("garante_reviewer")
    assert acts_of(lonely, reviewer, first) == {"sample", "observe"}

    with lonely.database.unit_of_work(reviewer) as session:
        (pile,) = [one for one in piles(reviewer) if one.key == "una-sola-persona"]
        assert {row.process_id for row in pile_rows(session, reviewer, pile).rows} == {
            first.process_id,
            second.process_id,
        }
        service.sample(session, reviewer, first, read(lonely, first).row_version)
    with lonely.database.unit_of_work(reviewer) as session:
        remark = Remark("/tender/title", "¿Para qué oficinas?")
        service.observe(session, reviewer, second, read(lonely, second).row_version, [remark])

    assert _rows(lonely, reviewer, pile) == set()
    assert [read(lonely, ref).status for ref in (first, second)] == ["published"] * 2


def _rows(place: Place, actor: Actor, pile: Pile) -> set[object]:
    with place.database.unit_of_work(actor) as session:
        return {row.process_id for row in pile_rows(session, actor, pile).rows}


def test_who_acts_with_a_role_lent_by_an_editor_decides_nothing(
    make_place: Callable[..., Place],
) -> None:
    place = make_place(policy="self")
    lender = place.actor("so_publisher")
    ref = draft(place, editor=lender)
    act(place, place.actor("so_editor"), "submit", ref)
    borrower = place.actor("so_admin")
    with place.database.owner_work(place.system) as session:
        lent = Membership(
            tenant_id=place.tenant_id,
            account_id=borrower.account_id,
            role="so_publisher",
            sujeto_obligado_id=lender.sujeto_obligado_id,
            lent_by=lender.membership_id,
        )
        session.add(lent)
        session.flush()
        standing_in = Actor(
            tenant_id=place.tenant_id,
            account_id=borrower.account_id,
            membership_id=lent.membership_id,
            role="so_publisher",
            sujeto_obligado_id=lender.sujeto_obligado_id,
        )

    with pytest.raises(ForbiddenError, match="otra persona"):
        act(place, standing_in, "approve", ref, 2)
    assert acts_of(place, standing_in, ref) == set()

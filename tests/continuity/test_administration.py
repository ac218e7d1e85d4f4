"""Who first administers a tenant, one operator says; who comes after everybody left, two of them by a legal act."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import select

from app.continuity import acts, service
from app.continuity.models import PlatformAct
from app.core.db import Actor
from app.core.errors import ConflictError, ForbiddenError, InvalidError
from app.core.mail import MailMessage
from app.identity.invitations import Offer
from app.identity.models import Account, Invitation
from tests.conftest import LiveServer, Place
from tests.continuity.people import person
from tests.continuity.test_acts import LEGAL_ACT, operator, view


@pytest.fixture
def left(place: Place) -> Place:
    """A tenant whose only administrator left."""
    place.actor("garante_admin")
    with place.database.owner_work(place.system) as session:
        session.execute(
            text("UPDATE membership SET status = 'ended', ended_at = now() WHERE tenant_id = :id"),
            {"id": place.tenant_id},
        )
    return place


def offer(place: Place) -> Offer:
    return Offer(f"quien-llega@{place.slug}.example.org", "Quien Llega", "garante_admin")


def invited(place: Place) -> list[Invitation]:
    with place.database.owner_work(place.system) as session:
        return list(session.exec(select(Invitation).where(Invitation.tenant_id == place.tenant_id)))


def status(place: Place, act_id: UUID) -> str:
    with place.database.owner_work() as session:
        return session.exec(select(PlatformAct.status).where(PlatformAct.act_id == act_id)).one()


def test_two_operators_invite_whoever_administers_next(left: Place) -> None:
    one, other = operator(left.database), operator(left.database)
    act_id = acts.ask_administration(left.database, one, view(left), offer(left), LEGAL_ACT)
    assert invited(left) == []  # nothing yet
    acts.accept(left.database, other, view(left), act_id)

    (sent,) = invited(left)
    assert (sent.email, sent.full_name, sent.role) == (offer(left).email, "Quien Llega", "garante_admin")
    assert (sent.sujeto_obligado_id, sent.sent_by, sent.of_platform) == (None, other.account_id, True)
    assert status(left, act_id) == "done"
    with left.database.owner_work(left.system) as session:
        letter = select(MailMessage.recipient).where(MailMessage.tenant_id == left.tenant_id)
        assert session.exec(letter).all() == [sent.email]


def test_one_operator_alone_does_not(left: Place) -> None:
    one, other = operator(left.database), operator(left.database)
    with pytest.raises(ConflictError, match="ya tuvo quien lo administre"):
        service.invite_admin(left.database, one, left.tenant_id, offer(left).email, "Quien Llega")
    act_id = acts.ask_administration(left.database, one, view(left), offer(left), LEGAL_ACT)
    with pytest.raises(ForbiddenError, match="otra persona"):
        acts.accept(left.database, one, view(left), act_id)
    with pytest.raises(ConflictError, match="Ya hay uno abierto"):
        acts.ask_administration(left.database, other, view(left), offer(left), LEGAL_ACT)
    assert invited(left) == []


def test_no_operator_is_the_first_to_administer(place: Place) -> None:
    account_id, email = person(place.database, "platform_operator")
    one = Actor(account_id=account_id, role="platform_operator")
    with pytest.raises(ForbiddenError, match="a sí mismo"):
        service.invite_admin(place.database, one, place.tenant_id, f" {email.upper()}", "Yo")
    assert invited(place) == []
    service.invite_admin(place.database, one, place.tenant_id, offer(place).email, "Quien Llega")
    assert [sent.email for sent in invited(place)] == [offer(place).email]


def test_where_somebody_administers_they_invite(place: Place) -> None:
    one, other = operator(place.database), operator(place.database)
    act_id = acts.ask_administration(place.database, one, view(place), offer(place), LEGAL_ACT)
    place.actor("garante_admin")
    with pytest.raises(ConflictError, match="quien lo administre"):
        acts.accept(place.database, other, view(place), act_id)
    assert status(place, act_id) == "asked"
    acts.cancel(place.database, one, view(place), act_id)
    with pytest.raises(ConflictError, match="quien lo administre"):
        acts.ask_administration(place.database, one, view(place), offer(place), LEGAL_ACT)
    assert invited(place) == []


def test_no_operator_comes_to_administer_by_their_own_act(left: Place) -> None:
    one, other = operator(left.database), operator(left.database)
    emails = {who.account_id: _email(left, who.account_id) for who in (one, other)}
    themselves = Offer(emails[one.account_id].upper(), "Quien Opera", "garante_admin")
    with pytest.raises(ForbiddenError, match="a sí mismo"):
        acts.ask_administration(left.database, one, view(left), themselves, LEGAL_ACT)

    accomplice = Offer(emails[other.account_id], "Quien Opera", "garante_admin")
    act_id = acts.ask_administration(left.database, one, view(left), accomplice, LEGAL_ACT)
    with pytest.raises(ForbiddenError, match="a sí mismo"):
        acts.accept(left.database, other, view(left), act_id)
    assert (status(left, act_id), invited(left)) == ("asked", [])
    acts.cancel(left.database, one, view(left), act_id)

    act_id = acts.ask_administration(left.database, one, view(left), offer(left), LEGAL_ACT)
    with left.database.owner_work() as session:  # whoever asked takes that address meanwhile
        account = session.exec(select(Account).where(Account.account_id == one.account_id)).one()
        account.email = offer(left).email
    with pytest.raises(ForbiddenError, match="a sí mismo"):
        acts.accept(left.database, other, view(left), act_id)
    assert invited(left) == []


def _email(place: Place, account_id: UUID | None) -> str:
    with place.database.owner_work() as session:
        return session.exec(select(Account.email).where(Account.account_id == account_id)).one()


def test_it_needs_an_address_a_legal_act_and_an_operator(left: Place) -> None:
    one = operator(left.database)
    with pytest.raises(InvalidError, match="correo"):
        acts.ask_administration(left.database, one, view(left), Offer("nadie", "", ""), LEGAL_ACT)
    with pytest.raises(InvalidError, match="acto legal"):
        acts.ask_administration(left.database, one, view(left), offer(left), "  ")
    for stranger in (operator(left.database, "national_monitor"), left.actor("so_admin")):
        with pytest.raises(ForbiddenError):
            acts.ask_administration(left.database, stranger, view(left), offer(left), LEGAL_ACT)


def test_the_pages_of_both_people(left: Place, live: LiveServer) -> None:
    one, other = (live.client(person(left.database, "platform_operator")[1]) for _ in range(2))
    here = f"/plataforma/organismos/{left.slug}"
    told = {"admin_name": "Quien Llega", "admin_email": offer(left).email}
    refused = one.post(f"{here}/nombramiento", data=told | {"acto_administracion": "sí"})
    assert (refused.status_code, "acto legal" in refused.text) == (422, True)
    answer = one.post(f"{here}/nombramiento", data=told | {"acto_administracion": LEGAL_ACT})
    assert answer.status_code == 303
    with left.database.owner_work() as session:
        act_id = session.exec(
            select(PlatformAct.act_id).where(PlatformAct.subject_id == left.tenant_id)
        ).one()
    assert one.post(f"{here}/actos/{act_id}/aceptacion").status_code == 403
    assert other.post(f"{here}/actos/{act_id}/aceptacion").status_code == 303
    assert offer(left).email in one.get(here).text

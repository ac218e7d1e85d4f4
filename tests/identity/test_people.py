"""People over real HTTP: invited, changed, lent, looked through, gone; and everything that must not work."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text

from app.core import clock, keys
from app.core.db import Actor
from app.core.errors import ConflictError, ForbiddenError, NotFoundError
from app.core.policy import SUJETO_ROLES, TENANT_ROLES
from app.identity import invitations, people, service
from app.identity.invitations import Offer
from app.identity.models import Invitation
from app.identity.people import Loan
from app.settings import Settings
from tests.conftest import PASSWORD, LiveServer, Place
from tests.factories import draft
from tests.html import Page

_numbers = count(1)
NEW = {"full_name": "Persona Nueva", "password": "una-frase-que-nadie-adivina"}


def fresh_address() -> str:
    return f"nueva-{next(_numbers)}-{uuid4().hex[:6]}@example.org"


@dataclass
class Office:
    """A tenant, its administration's browser, and ways to ask."""

    live: LiveServer
    place: Place
    settings: Settings

    def client(self, role: str, sujeto: UUID | None = None) -> httpx2.Client:
        """The browser of somebody of the tenant."""
        actor = self.place.actor(role, sujeto)
        return self.live.client(self.place.email(role, actor.sujeto_obligado_id))

    def invite(self, email: str, role: str = "garante_reviewer", sujeto: UUID | None = None) -> Invitation:
        """An invitation sent by the garante's administration."""
        admin = self.place.actor("garante_admin")
        with self.place.database.unit_of_work(admin) as session:
            return invitations.invite(session, admin, Offer(email, "Persona Invitada", role, sujeto))

    def link(self, row: Invitation) -> str:
        """The address in its letter."""
        return invitations.path(keys.of(self.settings), self.place.slug, row)

    def change(self, sql: str, **values: object) -> int:
        """Change rows behind the service's back."""
        with self.place.database.owner_work(self.place.system) as session:
            return session.execute(text(sql), values).rowcount  # type: ignore[attr-defined, no-any-return]

    def ask(self, sql: str, **values: object) -> list[tuple[object, ...]]:
        with self.place.database.owner_work(self.place.system) as session:
            return [tuple(row) for row in session.execute(text(sql), values)]

    def verbs(self) -> list[str]:
        return [
            str(verb)
            for (verb,) in self.ask(
                "SELECT verb FROM audit_event WHERE tenant_id = :id ORDER BY event_id",
                id=self.place.tenant_id,
            )
        ]


@pytest.fixture
def office(live: LiveServer, place: Place, settings: Settings) -> Office:
    place.actor("garante_admin")
    live.app.state.directory.forget()
    return Office(live, place, settings)


# Invitations


def test_a_new_person_accepts_once_and_is_at_work(office: Office) -> None:
    email = fresh_address()
    admin = office.client("garante_admin")
    sent = admin.post(
        f"/{office.place.slug}/personas/invitar",
        data={"email": f" {email.upper()} ", "full_name": "Ana", "role": "garante_reviewer"},
    )
    assert sent.status_code == 303
    shown = admin.get(sent.headers["location"]).text
    link = re.search(r"http[^<\s]+/invitacion/[^<\s]+", shown)
    assert link, "without mail the inviter hands the link over"

    guest = office.live.client()
    offered = guest.get(link[0])
    assert offered.status_code == 200
    assert email in offered.text
    assert guest.post(link[0], data={**NEW, "password": "corta"}).status_code == 422
    joined = guest.post(link[0], data=NEW)
    assert (joined.status_code, joined.headers["location"]) == (303, f"/{office.place.slug}/panel")
    assert guest.get(joined.headers["location"]).status_code == 200
    assert guest.get(f"/{office.place.slug}/personas").status_code == 403, "a reviewer manages nobody"

    again = office.live.client()
    assert again.get(link[0]).status_code == 410
    assert again.post(link[0], data=NEW).status_code == 409
    assert [verb for verb in office.verbs() if verb.startswith(("invitation", "membership"))] == [
        "invitation.send",
        "invitation.accept",
        "membership.grant",
    ]


def test_a_letter_that_did_not_arrive_is_told_until_it_is_sent_again(office: Office) -> None:
    row, admin = office.invite(fresh_address()), office.client("garante_admin")
    home = f"/{office.place.slug}/personas/invitaciones"
    assert "No se pudo entregar" not in admin.get(home).text
    office.change(
        "UPDATE mail_message SET state = 'failed', reason = '550 No existe' WHERE key = :key",
        key=invitations.letter_key(row),
    )

    assert "No se pudo entregar" in admin.get(home).text
    assert "550 No existe" in admin.get(f"{home}/{row.invitation_id}").text
    assert admin.post(f"{home}/{row.invitation_id}/reenvio").status_code == 303
    assert "No se pudo entregar" not in admin.get(home).text


def test_two_at_once_accept_an_invitation_once(office: Office) -> None:
    row = office.invite(office.place.email("garante_reviewer"), "garante_admin")
    guest = office.place.actor("garante_reviewer")
    assert guest.account_id is not None
    token = office.link(row).rpartition("/")[2]
    inside = Actor(tenant_id=office.place.tenant_id, account_id=guest.account_id)
    who = invitations.Guest(guest.account_id, row.email)
    with office.place.database.unit_of_work(inside) as session:
        invitations.accept(session, keys.of(office.settings), row.invitation_id, token, who)
    with (
        pytest.raises(invitations.GoneError),
        office.place.database.unit_of_work(inside) as session,
    ):
        invitations.accept(session, keys.of(office.settings), row.invitation_id, token, who)


def test_an_invitation_is_for_one_address_only(office: Office, other_place: Place) -> None:
    other_place.actor("garante_admin")
    row = office.invite(other_place.email("garante_admin"))
    link = office.link(row)

    office.place.actor("so_editor")
    wrong = office.client("so_editor")
    assert "Entraste con otra cuenta" in wrong.get(link).text
    assert wrong.post(link, data=NEW).status_code == 409
    nobody = office.live.client()
    assert "ya tiene cuenta" in nobody.get(link).text
    assert nobody.post(link, data=NEW).status_code == 409, "an account that exists is entered, not made again"

    right = office.live.client(other_place.email("garante_admin"))
    assert right.post(link).status_code == 303
    assert right.get(f"/{office.place.slug}/panel").status_code == 200


@pytest.mark.parametrize("end", ["expired", "revoked", "replaced", "forged", "foreign"])
def test_a_link_that_does_not_hold_says_so(office: Office, other_place: Place, end: str) -> None:
    row = office.invite(fresh_address())
    link = office.link(row)
    admin = office.client("garante_admin")
    here = f"/{office.place.slug}/personas/invitaciones/{row.invitation_id}"
    assert office.live.client().get(link).status_code == 200
    if end == "expired":
        office.change(
            "UPDATE invitation SET expires_at = now() - interval '1 second' WHERE invitation_id = :id",
            id=row.invitation_id,
        )
    elif end == "revoked":
        assert admin.post(f"{here}/revocacion").status_code == 303
        assert admin.post(f"{here}/reenvio").status_code == 409
    elif end == "replaced":
        assert admin.post(f"{here}/reenvio").status_code == 303
    elif end == "forged":
        link = f"{link[:-3]}abc"
    else:
        link = link.replace(office.place.slug, other_place.slug)

    expected = 404 if end in ("forged", "foreign") else 410
    guest = office.live.client()
    assert guest.get(link).status_code == expected
    assert guest.post(link, data=NEW).status_code == (404 if expected == 404 else 409)
    members = office.ask("SELECT 1 FROM account WHERE email = :email", email=row.email)
    assert members == []


def test_a_link_sent_again_opens_and_the_one_before_does_not(office: Office) -> None:
    row = office.invite(fresh_address())
    old = office.link(row)
    admin = office.place.actor("garante_admin")
    with office.place.database.unit_of_work(admin) as session:
        again = invitations.resend(session, admin, row.invitation_id)
    assert office.live.client().get(old).status_code == 410
    assert office.live.client().get(office.link(again)).status_code == 200
    letters = office.ask(
        "SELECT recipient, content::text FROM mail_message WHERE key LIKE :key ORDER BY key",
        key=f"invitation:{row.invitation_id}:%",
    )
    assert [recipient for recipient, _ in letters] == [row.email] * 2
    assert all("{token}" in str(content) for _, content in letters), "no letter holds the secret"


def test_the_same_is_not_offered_twice_nor_to_whoever_has_it(office: Office) -> None:
    email = fresh_address()
    office.invite(email)
    office.place.actor("garante_reviewer")
    for address in (email, office.place.email("garante_reviewer")):
        with pytest.raises(ConflictError):
            office.invite(address)


# Escalation


def test_nobody_gives_more_than_they_may(office: Office) -> None:
    """Every role × every role offered, with every field a form could carry."""
    other_body = office.place.add_sujeto()
    before = office.ask("SELECT count(*) FROM membership WHERE tenant_id = :id", id=office.place.tenant_id)
    for role in TENANT_ROLES:
        client = office.client(role)
        for offered in (*TENANT_ROLES, "platform_operator", "system", ""):
            for body in ("", str(other_body), "so-2"):
                answer = client.post(
                    f"/{office.place.slug}/personas/invitar",
                    data={
                        "email": fresh_address(),
                        "role": offered,
                        "sujeto": body,
                        "sujeto_obligado_id": str(other_body),
                        "tenant_id": str(uuid4()),
                        "status": "active",
                        "accepted_at": "2020-01-01",
                        "membership_id": str(uuid4()),
                    },
                )
                may = role == "garante_admin" or (role == "so_admin" and offered in SUJETO_ROLES)
                assert (answer.status_code == 303) <= may, (role, offered, body, answer.status_code)
                assert answer.status_code < 500
    bodies = office.ask(
        "SELECT DISTINCT i.sujeto_obligado_id FROM invitation i WHERE tenant_id = :id AND sent_by = :by",
        id=office.place.tenant_id,
        by=office.place.actor("so_admin").account_id,
    )
    assert bodies == [(office.place.sujetos[0],)], (
        "an institution's administration invites to its own body only"
    )
    after = office.ask("SELECT count(*) FROM membership WHERE tenant_id = :id", id=office.place.tenant_id)
    assert before[0][0] <= after[0][0] == len(office.place.people)


def test_nobody_changes_their_own_role(office: Office) -> None:
    for role in ("garante_admin", "so_admin"):
        actor = office.place.actor(role)
        client = office.client(role)
        for new in TENANT_ROLES:
            answer = client.post(
                f"/{office.place.slug}/personas/{actor.membership_id}/funcion", data={"role": new}
            )
            assert answer.status_code == 403, (role, new)
        invited = client.post(
            f"/{office.place.slug}/personas/invitar",
            data={"email": office.place.email(role, actor.sujeto_obligado_id), "role": "so_publisher"},
        )
        assert invited.status_code in (403, 422)


def test_an_institution_reaches_its_own_people_only(office: Office) -> None:
    other_body = office.place.add_sujeto()
    chief = office.client("so_admin")
    mine = office.place.actor("so_editor")
    theirs = office.place.actor("so_editor", other_body)
    above = office.place.actor("garante_admin")
    assert chief.get(f"/{office.place.slug}/personas/{mine.membership_id}").status_code == 200
    for person in (theirs, above):
        here = f"/{office.place.slug}/personas/{person.membership_id}"
        absent = f"/{office.place.slug}/personas/{uuid4()}"
        for address in (here, absent):
            assert chief.get(address).status_code == 404
            assert chief.get(f"{address}/termino").status_code == 404
            for act in ("termino", "funcion", "permanencia"):
                assert chief.post(f"{address}/{act}", data={"role": "so_reader"}).status_code == 404
    listed = chief.get(f"/{office.place.slug}/personas").text
    assert office.place.email("so_editor", office.place.sujetos[0]) in listed
    assert office.place.email("so_editor", other_body) not in listed
    assert office.place.email("garante_admin") not in listed


# Leaving


def test_a_person_removed_in_mid_work_is_out_at_once(office: Office) -> None:
    editor = office.place.actor("so_editor")
    working = office.client("so_editor")
    page = f"/{office.place.slug}/procesos-internos"
    assert working.get(page).status_code == 200

    admin = office.client("garante_admin")
    ended = admin.post(f"/{office.place.slug}/personas/{editor.membership_id}/termino")

    assert ended.status_code == 303
    assert working.get(page).status_code == 404
    assert working.get("/cuenta").status_code == 200, "the account stays"
    told = office.ask("SELECT kind FROM outbox_event WHERE tenant_id = :id", id=office.place.tenant_id)
    assert ("people.left",) in told


def test_the_work_of_whoever_leaves_passes_to_somebody(office: Office) -> None:
    place = office.place
    leaving = place.actor("so_editor")
    ref = draft(place)
    admin = office.client("garante_admin")
    address = f"/{place.slug}/personas/{leaving.membership_id}/termino"

    assert "1 borrador" in Page(admin.get(address).text).text
    assert admin.post(address).status_code == 409
    heir_address = fresh_address()
    with place.database.owner_work(place.system) as session:
        account = service.create_account(
            session,
            email=heir_address,
            full_name="Heredera",
            password_hash=service.hash_password(PASSWORD),
        )
        heir = service.add_membership(session, place.system, account, "so_editor", place.sujetos[0])
    reader = place.actor("so_reader")
    elsewhere = place.actor("so_editor", place.add_sujeto())
    for wrong in (reader, elsewhere, leaving):
        assert admin.post(address, data={"heir": str(wrong.membership_id)}).status_code == 404
    assert admin.post(address, data={"heir": str(heir)}).status_code == 303

    assert office.ask(
        "SELECT responsible FROM process_version WHERE process_id = :id", id=ref.process_id
    ) == [(account,)]
    assert "membership.hand_over" in office.verbs()
    mine = f"/{place.slug}/procesos-internos?cargo=mio"
    assert str(ref.process_id) in office.live.client(heir_address).get(mine).text
    assert str(ref.process_id) not in office.client("so_editor", place.sujetos[1]).get(mine).text


def test_a_review_that_was_taken_passes_on_too(office: Office) -> None:
    place = office.place
    ref, reviewer = draft(place), place.actor("garante_reviewer")
    office.change(
        "UPDATE process_version SET status = 'in_review', reviewer_id = :by WHERE process_id = :id",
        by=reviewer.account_id,
        id=ref.process_id,
    )
    with place.database.owner_work(place.system) as session:
        secret = service.hash_password(PASSWORD)
        other = service.create_account(
            session, email=fresh_address(), full_name="Relevo", password_hash=secret
        )
        heir = service.add_membership(session, place.system, other, "garante_reviewer")
    admin = office.client("garante_admin")
    address = f"/{place.slug}/personas/{reviewer.membership_id}/termino"
    assert "1 revisión" in Page(admin.get(address).text).text
    boss = place.actor("garante_admin").membership_id
    assert admin.post(address, data={"heir": str(boss)}).status_code == 404, (
        "who may not review takes no review"
    )
    assert admin.post(address, data={"heir": str(heir)}).status_code == 303
    found = office.ask("SELECT reviewer_id FROM process_version WHERE process_id = :id", id=ref.process_id)
    assert found == [(other,)]


def test_a_review_of_what_the_heir_edited_waits_for_somebody_else(office: Office) -> None:
    place = office.place
    ref, publisher = draft(place), place.actor("so_publisher")
    decides(office, "self")
    heir = place.actor("so_editor")  # who wrote it; as of now they publish too
    with place.database.owner_work(place.system) as session:
        hat = service.add_membership(session, place.system, heir.account_id, "so_publisher", place.sujetos[0])
    office.change(
        "UPDATE process_version SET status = 'in_review', reviewer_id = :by WHERE process_id = :id",
        by=publisher.account_id,
        id=ref.process_id,
    )
    address = f"/{place.slug}/personas/{publisher.membership_id}/termino"
    assert office.client("garante_admin").post(address, data={"heir": str(hat)}).status_code == 303
    found = office.ask("SELECT reviewer_id FROM process_version WHERE process_id = :id", id=ref.process_id)
    assert found == [(None,)]


def test_a_review_taken_under_another_hat_stays(office: Office) -> None:
    """Who reviews for the garante and publishes in an institution keeps what they decide there when the first ends."""
    place = office.place
    ref, reviewer = draft(place), place.actor("garante_reviewer")
    with place.database.owner_work(place.system) as session:
        service.add_membership(session, place.system, reviewer.account_id, "so_publisher", place.sujetos[0])
        secret = service.hash_password(PASSWORD)
        other = service.create_account(
            session, email=fresh_address(), full_name="Relevo", password_hash=secret
        )
        heir = service.add_membership(session, place.system, other, "garante_reviewer")
    office.change(
        "UPDATE process_version SET status = 'in_review', reviewer_id = :by WHERE process_id = :id",
        by=reviewer.account_id,
        id=ref.process_id,
    )
    address = f"/{place.slug}/personas/{reviewer.membership_id}/termino"
    admin = office.client("garante_admin")
    assert "1 revisión" in Page(admin.get(address).text).text, "the garante decides, and they review for it"
    decides(office, "self")
    assert "revisión" not in Page(admin.get(address).text).text, (
        "the institution decides, and they publish in it"
    )
    assert admin.post(address, data={"heir": str(heir)}).status_code == 303
    found = office.ask("SELECT reviewer_id FROM process_version WHERE process_id = :id", id=ref.process_id)
    assert found == [(reviewer.account_id,)]


def decides(office: Office, policy: str) -> None:
    """Set who decides about what the first institution writes."""
    sets = "UPDATE sujeto_obligado SET policy = :policy WHERE sujeto_obligado_id = :id"
    office.change(sets, policy=policy, id=office.place.sujetos[0])


def test_what_somebody_does_while_their_role_ends_is_undone(office: Office) -> None:
    place = office.place
    ref, editor = draft(place), place.actor("so_editor")
    client = office.client("so_editor", place.sujetos[0])
    address = f"/{place.slug}/procesos-internos/{ref.process_id}/versiones/{ref.number}/revision"
    ends = (
        "UPDATE membership SET status = 'ended', ended_at = now(), ended_by = :by WHERE membership_id = :id"
    )
    chief = place.actor("garante_admin").account_id
    with ThreadPoolExecutor(1) as threads:
        with place.database.owner_work(place.system) as session:
            locked = text("SELECT 1 FROM process_version WHERE process_id = :id FOR UPDATE")
            session.execute(locked, {"id": ref.process_id})
            session.execute(
                text("SELECT 1 FROM contracting_process WHERE process_id = :id FOR UPDATE"),
                {"id": ref.process_id},
            )
            holder = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            acting = threads.submit(client.post, address, data={"row_version": "1"})
            waiting = "SELECT pid FROM pg_stat_activity WHERE :holder = ANY(pg_blocking_pids(pid))"
            while not office.ask(waiting, holder=holder):
                assert not acting.done(), "it begins, and waits for the row"
            office.change(ends, by=chief, id=editor.membership_id)
        answer = acting.result(timeout=20)
    assert answer.status_code == 404
    status = "SELECT status FROM process_version WHERE process_id = :id"
    assert office.ask(status, id=ref.process_id) == [("draft",)]


def test_work_stays_where_another_role_still_allows_it(office: Office) -> None:
    place = office.place
    person = place.actor("so_editor")
    draft(place)
    assert person.account_id is not None
    with place.database.owner_work(place.system) as session:
        other = service.add_membership(
            session, place.system, person.account_id, "so_publisher", place.sujetos[0]
        )
    admin = office.client("garante_admin")
    assert admin.post(f"/{place.slug}/personas/{other}/termino").status_code == 303


def test_a_change_of_role_is_an_end_and_a_beginning(office: Office) -> None:
    reader = office.place.actor("so_reader")
    admin = office.client("garante_admin")
    changed = admin.post(
        f"/{office.place.slug}/personas/{reader.membership_id}/funcion", data={"role": "so_publisher"}
    )
    assert changed.status_code == 303
    shown = Page(admin.get(changed.headers["location"]).text).text
    assert "Publicación del sujeto obligado" in shown
    assert "Persona garante_admin" in shown, "the history says who granted it"
    same = admin.post(changed.headers["location"] + "/funcion", data={"role": "garante_admin"})
    assert same.status_code == 422, "a role of the garante has no body"


def test_the_last_administration_stays(office: Office) -> None:
    admin, database = office.place.actor("garante_admin"), office.place.database
    first = UUID(str(admin.membership_id))
    with pytest.raises(ConflictError, match="única persona"), database.unit_of_work(admin) as session:
        people.end(session, admin, first)

    second = _second_admin(office)
    with database.unit_of_work(second) as session:
        people.end(session, second, first)
    with pytest.raises(ConflictError), database.unit_of_work(second) as session:
        people.end(session, second, UUID(str(second.membership_id)))


def test_links_sent_by_whoever_left_the_administration_are_dead(office: Office) -> None:
    row = office.invite(fresh_address(), "garante_admin")
    second = _second_admin(office)
    admin = office.place.actor("garante_admin")
    assert admin.membership_id is not None
    with office.place.database.unit_of_work(second) as session:
        people.end(session, second, admin.membership_id)
    assert office.live.client().get(office.link(row)).status_code == 410


def _second_admin(office: Office) -> Actor:
    place = office.place
    with place.database.owner_work(place.system) as session:
        account = service.create_account(
            session, email=fresh_address(), full_name="Segunda", password_hash=service.hash_password(PASSWORD)
        )
        membership = service.add_membership(session, place.system, account, "garante_admin")
    return Actor(place.tenant_id, account, membership, "garante_admin")


def test_an_invitation_holds_while_its_sender_may_give_the_role(
    office: Office, lend: Callable[..., UUID]
) -> None:
    """A loan that ends by its day revokes nothing: the link opens nothing all the same."""
    place = office.place
    chief, borrower = place.actor("garante_admin"), place.actor("garante_reviewer")
    lent = lend(chief, borrower)
    standing_in = Actor(place.tenant_id, borrower.account_id, lent, "garante_admin")
    with place.database.unit_of_work(standing_in) as session:
        rows = [
            invitations.invite(session, standing_in, Offer(fresh_address(), "Yo", role, sujeto))
            for role, sujeto in (("garante_admin", None), ("so_reader", place.sujetos[0]))
        ]
    so_chief = place.actor("so_admin")
    with place.database.unit_of_work(so_chief) as session:
        own = invitations.invite(
            session, so_chief, Offer(fresh_address(), "Ella", "so_reader", place.sujetos[0])
        )
    office.change("UPDATE membership SET valid_until = now() WHERE membership_id = :id", id=lent)
    for row in rows:
        refused = office.live.client().post(office.link(row), data=NEW)
        assert refused.status_code == 410
        assert "ya no puede dar esa función" in refused.text
    assert office.live.client().post(office.link(own), data=NEW).status_code == 303


def test_a_loan_holds_no_longer_than_its_lenders_own(office: Office, lend: Callable[..., UUID]) -> None:
    """Whatever ends the lender's role, were it by a way that knows of no loans."""
    publisher = office.place.actor("so_publisher")
    lent = lend(publisher, office.place.actor("so_reader"))
    office.change(
        "UPDATE membership SET status = 'ended' WHERE membership_id = :id", id=publisher.membership_id
    )
    assert office.client("so_reader").post("/cambiar", data={"membership": str(lent)}).status_code == 404


# Loans


@pytest.fixture
def lend(office: Office) -> Callable[..., UUID]:
    def make(lender: Actor, to: Actor, *, first: int = 0, last: int = 7) -> UUID:
        today = clock.now().date()
        assert lender.membership_id is not None
        assert to.membership_id is not None
        loan = Loan(
            lender.membership_id,
            to.membership_id,
            today + timedelta(days=first - 1),
            today + timedelta(days=last),
        )
        with office.place.database.unit_of_work(lender) as session:
            return people.lend(session, lender, loan)

    return make


def test_a_loan_opens_and_ends_by_itself(office: Office, lend: Callable[..., UUID]) -> None:
    publisher, reader = office.place.actor("so_publisher"), office.place.actor("so_reader")
    borrower = office.client("so_reader")
    importing = f"/{office.place.slug}/importaciones"
    assert borrower.get(importing).status_code == 403

    lent = lend(publisher, reader)

    assert borrower.post("/cambiar", data={"membership": str(lent)}).status_code == 303
    assert borrower.get(importing).status_code == 200
    assert "prestada hasta el" in borrower.get(importing).text
    office.change("UPDATE membership SET valid_until = now() WHERE membership_id = :id", id=lent)
    assert borrower.get(importing).status_code == 403
    assert "membership.lend" in office.verbs()


def test_a_loan_that_has_not_begun_opens_nothing(office: Office, lend: Callable[..., UUID]) -> None:
    lent = lend(office.place.actor("so_publisher"), office.place.actor("so_reader"), first=4)
    assert office.client("so_reader").post("/cambiar", data={"membership": str(lent)}).status_code == 404


def test_what_was_lent_cannot_be_lent_on(office: Office, lend: Callable[..., UUID]) -> None:
    place = office.place
    publisher, reader, editor = (place.actor(f"so_{role}") for role in ("publisher", "reader", "editor"))
    lent = lend(publisher, reader)
    borrowed = Actor(place.tenant_id, reader.account_id, lent, "so_publisher", place.sujetos[0])
    with pytest.raises(ConflictError, match="prestaron"):
        lend(borrowed, editor)


def test_only_ones_own_role_is_lent_and_only_next_door(office: Office, lend: Callable[..., UUID]) -> None:
    place = office.place
    publisher, reader = place.actor("so_publisher"), place.actor("so_reader")
    stranger = place.actor("so_reader", place.add_sujeto())
    reviewer = place.actor("garante_reviewer")
    for to in (stranger, reviewer, publisher):
        with pytest.raises(NotFoundError):
            lend(publisher, to)
    thief = Actor(place.tenant_id, reader.account_id, publisher.membership_id, "so_reader", place.sujetos[0])
    with pytest.raises(NotFoundError):
        lend(thief, reader)


def test_a_loan_ends_with_the_lender(office: Office, lend: Callable[..., UUID]) -> None:
    place = office.place
    publisher, reader = place.actor("so_publisher"), place.actor("so_reader")
    lent = lend(publisher, reader)
    admin = office.client("garante_admin")
    assert admin.post(f"/{place.slug}/personas/{publisher.membership_id}/termino").status_code == 303
    assert office.client("so_reader").post("/cambiar", data={"membership": str(lent)}).status_code == 404


def test_a_loan_is_given_back_by_either_and_nobody_else(office: Office, lend: Callable[..., UUID]) -> None:
    place = office.place
    lent = lend(place.actor("so_publisher"), place.actor("so_reader"))
    address = f"/{place.slug}/personas/encargos/{lent}/regreso"
    elsewhere = place.add_sujeto()
    assert office.client("so_editor", elsewhere).post(address).status_code == 404
    assert office.client("so_editor").post(address).status_code == 403
    assert office.client("so_publisher").post(address).status_code == 303
    own = place.actor("so_reader").membership_id
    assert office.client("so_reader").post(address.replace(str(lent), str(own))).status_code == 409


# Review of access


def test_whoever_long_did_not_enter_is_kept_or_ended(office: Office) -> None:
    place = office.place
    silent, gone = place.actor("so_reader"), place.actor("so_editor")
    office.change(
        "UPDATE membership SET created_at = now() - interval '91 days' WHERE tenant_id = :id "
        "AND role IN ('so_reader', 'so_editor')",
        id=place.tenant_id,
    )
    admin = office.client("garante_admin")
    address = f"/{place.slug}/personas?vista=sin-entrar"
    before = admin.get(address).text
    assert place.email("so_reader", place.sujetos[0]) in before
    assert place.email("garante_admin") not in before

    assert admin.post(f"/{place.slug}/personas/{silent.membership_id}/permanencia").status_code == 303
    assert admin.post(f"/{place.slug}/personas/{gone.membership_id}/termino").status_code == 303

    after = admin.get(address).text
    assert "Nadie por revisar" in after
    assert "Se decidió que se queda" in admin.get(f"/{place.slug}/personas/{silent.membership_id}").text
    assert {"membership.keep", "membership.end"} <= set(office.verbs())


def test_an_entry_is_remembered_by_its_day(office: Office) -> None:
    reader = office.place.actor("so_reader")
    day = "SELECT last_entry_on FROM membership WHERE membership_id = :id"
    assert office.ask(day, id=reader.membership_id) == [(None,)]
    office.client("so_reader").get(f"/{office.place.slug}/panel")
    assert office.ask(day, id=reader.membership_id) == [(clock.now().date(),)]


# Pages


def test_the_pages_are_well_formed(office: Office) -> None:
    row = office.invite(fresh_address(), "so_editor", office.place.sujetos[0])
    reader = office.place.actor("so_reader")
    admin = office.client("garante_admin")
    home = f"/{office.place.slug}/personas"
    for address in (
        home,
        f"{home}?q=persona&funcion=so_reader",
        f"{home}?vista=terminadas",
        f"{home}/invitaciones",
        f"{home}/invitar",
        f"{home}/invitaciones/{row.invitation_id}",
        f"{home}/encargos",
        f"{home}/{reader.membership_id}",
        f"{home}/{reader.membership_id}/termino",
        office.link(row),
    ):
        answer = admin.get(address)
        assert answer.status_code == 200, address
        assert Page(answer.text).faults == [], address


def test_the_list_goes_on_page_by_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for role in TENANT_ROLES:
        office.place.actor(role)
    monkeypatch.setattr("app.identity.listing.PAGE", 4)
    admin = office.client("garante_admin")
    seen: list[str] = []
    address: str | None = f"/{office.place.slug}/personas"
    while address:
        page = Page(admin.get(address).text)
        seen += [link for link in page.links if re.fullmatch(r"/[^/]+/personas/[0-9a-f-]{36}", link)]
        address = next((link for link in page.links if "cursor=" in link), None)
    assert len(seen) == len(set(seen)) == len(TENANT_ROLES)


def test_an_invited_role_of_the_past_never_comes_back_by_itself(office: Office) -> None:
    """Ended, then granted anew: by invitation only."""
    reviewer = office.place.actor("garante_reviewer")
    admin = office.place.actor("garante_admin")
    assert reviewer.membership_id is not None
    with office.place.database.unit_of_work(admin) as session:
        people.end(session, admin, reviewer.membership_id)
    with pytest.raises(ForbiddenError), office.place.database.unit_of_work(reviewer) as session:
        invitations.invite(
            session, reviewer, Offer(fresh_address(), "", "so_reader", office.place.sujetos[0])
        )
    row = office.invite(office.place.email("garante_reviewer"))
    client = office.client("garante_reviewer")
    assert client.get(f"/{office.place.slug}/panel").status_code == 404
    assert client.post(office.link(row)).status_code == 303
    assert client.get(f"/{office.place.slug}/panel").status_code == 200


# What a loan leaves behind, and what lending an administration asks for


@pytest.mark.parametrize("ending", ["given_back", "over", "with_the_lender"])
def test_what_a_loan_brought_goes_back_to_the_lender(
    office: Office, lend: Callable[..., UUID], ending: str
) -> None:
    place = office.place
    editor, reader = place.actor("so_editor"), place.actor("so_reader")
    with place.database.owner_work(place.system) as session:
        heiress = service.create_account(
            session,
            email=fresh_address(),
            full_name="Heredera",
            password_hash=service.hash_password(PASSWORD),
        )
        heir = service.add_membership(session, place.system, heiress, "so_editor", place.sujetos[0])
    lent = lend(editor, reader)
    ref = draft(place)
    office.change(
        "UPDATE process_version SET responsible = :borrower WHERE process_id = :id",
        borrower=reader.account_id,
        id=ref.process_id,
    )

    if ending == "given_back":
        back = f"/{place.slug}/personas/encargos/{lent}/regreso"
        assert office.client("so_reader").post(back).status_code == 303
    elif ending == "over":
        assert people.end_loans(place.database, place.tenant_id) == 0
        office.change("UPDATE membership SET valid_until = now() WHERE membership_id = :id", id=lent)
        assert people.end_loans(place.database, place.tenant_id) == 1
        assert people.end_loans(place.database, place.tenant_id) == 0
    else:
        admin = office.client("garante_admin")
        end = f"/{place.slug}/personas/{editor.membership_id}/termino"
        assert "1 borrador" in Page(admin.get(end).text).text
        assert admin.post(end).status_code == 409
        assert admin.post(end, data={"heir": str(heir)}).status_code == 303

    keeper = heiress if ending == "with_the_lender" else editor.account_id
    assert office.ask(
        "SELECT responsible FROM process_version WHERE process_id = :id", id=ref.process_id
    ) == [(keeper,)]
    assert office.ask("SELECT status FROM membership WHERE membership_id = :id", id=lent) == [("ended",)]


def test_nobody_inherits_by_a_loan(office: Office, lend: Callable[..., UUID]) -> None:
    place = office.place
    editor, reader = place.actor("so_editor"), place.actor("so_reader")
    with place.database.owner_work(place.system) as session:
        account = service.create_account(
            session, email=fresh_address(), full_name="Otra", password_hash=service.hash_password(PASSWORD)
        )
        other = service.add_membership(session, place.system, account, "so_editor", place.sujetos[0])
    draft(place)
    lent = lend(Actor(place.tenant_id, account, other, "so_editor", place.sujetos[0]), reader)
    end = f"/{place.slug}/personas/{editor.membership_id}/termino"
    admin = office.client("garante_admin")
    assert str(lent) not in admin.get(end).text
    assert admin.post(end, data={"heir": str(lent)}).status_code == 404


def test_only_the_role_that_one_wears_is_lent(office: Office, lend: Callable[..., UUID]) -> None:
    place = office.place
    admin, reviewer = place.actor("garante_admin"), place.actor("garante_reviewer")
    with place.database.owner_work(place.system) as session:
        assert admin.account_id is not None
        other = service.add_membership(session, place.system, admin.account_id, "garante_reviewer")
    worn = Actor(place.tenant_id, admin.account_id, other, "garante_reviewer")
    assert reviewer.membership_id is not None
    assert admin.membership_id is not None
    today = clock.now().date()
    loan = Loan(admin.membership_id, reviewer.membership_id, today, today)
    with pytest.raises(NotFoundError), place.database.unit_of_work(worn) as session:
        people.lend(session, worn, loan)


def test_giving_an_administration_asks_for_the_password_again(office: Office) -> None:
    place = office.place
    admin, reviewer = place.actor("garante_admin"), place.actor("garante_reviewer")
    client = office.client("garante_admin")
    office.change(
        "UPDATE login_session SET authenticated_at = now() - interval '11 minutes' WHERE account_id = :id",
        id=admin.account_id,
    )
    home = f"/{place.slug}/personas"
    loan = {"membership": admin.membership_id, "to": reviewer.membership_id}
    days = {"first": "2090-01-01", "last": "2090-01-02"}
    invited = {"email": fresh_address(), "role": "garante_admin"}
    for address, data in (
        (f"{home}/encargos", loan | days),
        (f"{home}/invitar", invited),
        (f"{home}/{reviewer.membership_id}/funcion", {"role": "garante_admin"}),
        (f"{home}/{admin.membership_id}/termino", {}),
    ):
        answer = client.post(address, data=data)
        assert answer.status_code == 401, address
        assert "contraseña otra vez" in answer.text, address
    plain = {"email": fresh_address(), "role": "garante_reviewer"}
    assert "/invitaciones/" in client.post(f"{home}/invitar", data=plain).headers["location"]


def test_an_administration_that_cannot_sign_in_is_none(office: Office) -> None:
    second = _second_admin(office)
    end = f"/{office.place.slug}/personas/{office.place.actor('garante_admin').membership_id}/termino"
    admin = office.client("garante_admin")
    office.change("UPDATE account SET status = 'disabled' WHERE account_id = :id", id=second.account_id)
    assert admin.post(end).status_code == 409
    office.change("UPDATE account SET status = 'active' WHERE account_id = :id", id=second.account_id)
    assert admin.post(end).status_code == 303

"""Letters: posted with the transaction that makes them true, once, and read by the worker alone."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import ProgrammingError
from sqlmodel import select

from app.core import mail
from app.core.db import NOBODY, Database
from app.core.mail import Act, Entry, Letter, MailMessage
from app.core.tables import table_of
from tests.conftest import Place

LETTER = Letter(
    key="prueba:1",
    to="ana@example.org",
    kind="tests.letter",
    subject="Tienes una versión por revisar",
    paragraphs=("Una versión espera tu decisión.",),
    act=Act("Abrir", "/prueba/x?llave={token}", "tests", ("1", "2")),
    closing="Si no esperabas este correo, ignóralo.",
    entries=(Entry("Una cosa", "/prueba/cosa"),),
)


def posted(database: Database, place: Place) -> list[MailMessage]:
    with database.worker_work() as session:
        return list(session.exec(select(MailMessage).where(MailMessage.tenant_id == place.tenant_id)).all())


def test_a_letter_is_kept_as_it_was_written(database: Database, place: Place) -> None:
    with database.unit_of_work(place.actor("so_editor")) as session:
        assert mail.post(session, LETTER)

    (row,) = posted(database, place)
    assert (row.state, row.attempts) == ("waiting", 0)
    assert mail.content_of(row) == LETTER


def test_what_a_letter_is_about_is_written_once(database: Database, place: Place, other_place: Place) -> None:
    with database.unit_of_work(place.system) as session:
        assert mail.post(session, LETTER)
        assert not mail.post(session, replace(LETTER, subject="Otra vez"))
    with database.unit_of_work(other_place.system) as session:
        assert mail.post(session, LETTER), "another tenant has keys of its own"

    assert [row.subject for row in posted(database, place)] == [LETTER.subject]


def test_an_account_s_letter_has_no_tenant_and_is_written_once_too(database: Database, place: Place) -> None:
    reset = replace(LETTER, key=f"clave:{place.slug}", kind="tests.reset")
    with database.auth_work() as session:
        assert mail.post(session, reset)
        assert not mail.post(session, reset)
    with database.worker_work() as session:
        (row,) = session.exec(select(MailMessage).where(MailMessage.key == reset.key)).all()
    assert row.tenant_id is None

    with database.auth_work() as session:
        assert mail.post(session, reset, tenant_id=place.tenant_id), "in a tenant's name it is another letter"
    assert len(posted(database, place)) == 1


def test_a_rolled_back_transaction_leaves_no_letter(database: Database, place: Place) -> None:
    def post_and_fail() -> None:
        with database.unit_of_work(place.system) as session:
            mail.post(session, LETTER)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        post_and_fail()
    assert posted(database, place) == []


def test_tenant_work_without_a_tenant_posts_nothing(database: Database) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        database.unit_of_work(NOBODY) as session,
    ):
        mail.post(session, LETTER)


def test_tenant_work_cannot_write_in_another_tenant_s_name(
    database: Database, place: Place, other_place: Place
) -> None:
    with database.unit_of_work(place.system) as session:
        mail.post(session, LETTER, tenant_id=other_place.tenant_id)
    assert len(posted(database, place)) == 1
    assert posted(database, other_place) == []


@pytest.mark.parametrize("role", ["rw", "auth"])
@pytest.mark.parametrize("column", ["subject", "content"])
def test_only_the_worker_reads_what_a_letter_says(
    database: Database, place: Place, role: str, column: str
) -> None:
    with database.unit_of_work(place.system) as session:
        mail.post(session, LETTER)
    wanted = select(table_of(MailMessage).c[column]).limit(1)
    with database.engine("worker").connect() as connection:
        assert connection.execute(wanted).one()

    with (
        database.engine(role).connect() as connection,
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        connection.execute(wanted)


def test_its_tenant_sees_what_became_of_a_letter_and_no_other(
    database: Database, place: Place, other_place: Place
) -> None:
    with database.unit_of_work(place.system) as session:
        mail.post(session, LETTER)
    with database.unit_of_work(place.system) as session:
        fates = mail.fates(session, [LETTER.key, "nunca"])
    assert {key: (fate.state, fate.reason) for key, fate in fates.items()} == {LETTER.key: ("waiting", "")}

    with database.unit_of_work(other_place.system) as session:
        assert mail.fates(session, [LETTER.key]) == {}


@pytest.mark.parametrize(
    "attack",
    ["Asunto\r\nBcc: todos@example.org", "Asunto\nX: 1", "Asunto\u2028X: 1", "Asunto\x00\x0bX"],
    ids=repr,
)
def test_a_subject_is_one_line(database: Database, place: Place, attack: str) -> None:
    with database.unit_of_work(place.system) as session:
        mail.post(session, replace(LETTER, subject=attack, to="ana@example.org\r\nBcc: b@example.org"))
    (row,) = posted(database, place)
    assert row.subject.isprintable()
    assert row.subject.startswith("Asunto ")
    assert row.recipient == "ana@example.org Bcc: b@example.org"

"""Delivery against real SMTP servers: that go down and come back, refuse, hang up, and are asked by several workers."""

import email
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr
from sqlmodel import select

from app.core import clock, mail, mail_delivery
from app.core.db import Database
from app.core.keys import Keyring
from app.core.mail import Letter, MailMessage, content_of
from app.core.mail_delivery import MailSettingsError, Server, deliver, forget, pause, server_of
from app.core.mail_rendering import Sender, render
from app.settings import Settings
from tests.conftest import Place, place_maker

SENDER = Sender(name="Pruebas", address="avisos@contrataciones.example", origin="https://contratos.example")


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database of these tests alone: elsewhere a server's own worker would take the letters."""
    return lone_database


@pytest.fixture
def place(database: Database) -> Iterator[Place]:
    yield place_maker(database)()
    with database.owner_work() as session:  # what a test left waiting is no business of the next
        session.connection().exec_driver_sql("TRUNCATE mail_message")


@dataclass
class Mailbox:
    """What a mail server does with letters: takes them, or answers by recipient what it is told to."""

    taken: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    hang_up_on: str = ""

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address == self.hang_up_on and server.transport is not None:
            server.transport.abort()
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=default)
        self.taken.append((envelope.rcpt_tos[0], message["Message-ID"]))
        return "250 OK"

    @property
    def readers(self) -> list[str]:
        """To whom, in order."""
        return [reader for reader, _ in self.taken]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def serving(mailbox: Mailbox, port: int = 0, **options: object) -> Iterator[Server]:
    taken = port or free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=taken, ready_timeout=20, **options)
    controller.start()
    try:
        yield Server("127.0.0.1", taken, "smtp+plain")
    finally:
        controller.stop()


@pytest.fixture
def forward(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let time pass."""
    real, passed = clock.now, [timedelta()]

    def now() -> datetime:
        return real() + passed[0]

    def go(by: timedelta) -> None:
        passed[0] += by

    monkeypatch.setattr(clock, "now", now)
    return go


def compose(row: MailMessage) -> email.message.EmailMessage:
    keyring = Keyring("1", {"1": bytes(32)})
    return render(content_of(row), SENDER, keyring, message_id=row.message_id, at=clock.now())


def write(place: Place, *readers: str) -> None:
    for reader in readers:
        letter = Letter(f"prueba:{uuid4()}", reader, "tests.letter", "Un aviso", ("Algo pasó.",))
        with place.database.unit_of_work(place.system) as session:
            mail.post(session, letter)


def rows(place: Place) -> dict[str, MailMessage]:
    with place.database.worker_work() as session:
        found = session.exec(select(MailMessage).where(MailMessage.tenant_id == place.tenant_id)).all()
    return {row.recipient: row for row in found}


def test_a_letter_is_sent_once_and_noted(place: Place) -> None:
    write(place, "ana@example.org", "luis@example.org")
    mailbox = Mailbox()
    with serving(mailbox) as server:
        assert deliver(place.database, server, compose) == 2
        assert deliver(place.database, server, compose) == 0

    assert mailbox.readers == ["ana@example.org", "luis@example.org"], "in the order they were written"
    held = rows(place)["ana@example.org"]
    assert (held.state, held.attempts, held.settled_at is not None) == ("sent", 1, True)


def test_a_server_that_is_down_for_an_hour_loses_nothing_and_doubles_nothing(
    place: Place, forward: Callable[[timedelta], None]
) -> None:
    readers = [f"persona{number}@example.org" for number in range(30)]
    write(place, *readers[:25])
    mailbox = Mailbox()
    with serving(mailbox) as server:
        pass  # it was there, and its port is nobody's now
    for minute in range(60):
        assert deliver(place.database, server, compose) == 0
        if minute == 30:
            write(place, *readers[25:])
        forward(timedelta(minutes=1))
    assert {row.state for row in rows(place).values()} == {"waiting"}
    assert all("No hubo conexión" in row.reason for row in rows(place).values())

    with serving(mailbox, server.port):
        for _ in range(40):
            deliver(place.database, server, compose)
            forward(timedelta(minutes=1))

    assert Counter(mailbox.readers) == Counter(readers)
    assert {row.state for row in rows(place).values()} == {"sent"}


def test_one_refused_recipient_is_told_of_and_holds_up_nobody(place: Place) -> None:
    write(place, "a@example.org", "nadie@example.org", "no es un correo", "b@example.org")
    mailbox = Mailbox(answers={"nadie@example.org": "550 5.1.1 No such user"})
    with serving(mailbox) as server:
        assert deliver(place.database, server, compose) == 2

    assert mailbox.readers == ["a@example.org", "b@example.org"]
    held = rows(place)
    assert (held["nadie@example.org"].state, held["nadie@example.org"].reason) == (
        "failed",
        "550 5.1.1 No such user",
    )
    assert held["no es un correo"].state == "failed"


def test_a_full_mailbox_is_tried_again_for_three_days(
    place: Place, forward: Callable[[timedelta], None]
) -> None:
    write(place, "llena@example.org", "terca@example.org")
    full = {"llena@example.org": "452 4.2.2 Full", "terca@example.org": "452 4.2.2 Full"}
    mailbox = Mailbox(answers=full)
    with serving(mailbox) as server:
        deliver(place.database, server, compose)
        assert rows(place)["llena@example.org"].state == "waiting"
        forward(timedelta(seconds=20))
        deliver(place.database, server, compose)
        assert rows(place)["llena@example.org"].attempts == 1, "not again at once"

        forward(timedelta(days=2))
        del mailbox.answers["llena@example.org"]
        deliver(place.database, server, compose)
        assert mailbox.readers == ["llena@example.org"]
        assert rows(place)["terca@example.org"].state == "waiting"

        forward(timedelta(days=1, hours=1))
        deliver(place.database, server, compose)
    assert rows(place)["terca@example.org"].state == "failed"
    assert rows(place)["terca@example.org"].reason == "452 4.2.2 Full"


def test_a_server_that_hangs_up_on_one_letter_takes_the_others(place: Place) -> None:
    write(place, "a@example.org", "veneno@example.org", "b@example.org")
    mailbox = Mailbox(hang_up_on="veneno@example.org")
    with serving(mailbox) as server:
        assert deliver(place.database, server, compose) == 2
    assert mailbox.readers == ["a@example.org", "b@example.org"]
    assert rows(place)["veneno@example.org"].state == "waiting"


def test_a_letter_that_cannot_be_composed_waits_and_holds_up_nobody(place: Place) -> None:
    write(place, "a@example.org", "sin-llave@example.org", "vieja@example.org", "b@example.org")

    def compose_most(row: MailMessage) -> email.message.EmailMessage:
        if row.recipient.startswith("sin-llave"):
            raise MailSettingsError("Falta una llave.")
        if row.recipient.startswith("vieja"):
            raise KeyError(row.kind)  # a row of another version's shape
        return compose(row)

    mailbox = Mailbox()
    with serving(mailbox) as server:
        assert deliver(place.database, server, compose_most) == 2
    held = rows(place)["sin-llave@example.org"]
    assert (held.state, held.reason) == ("waiting", "Falta una llave.")
    old = rows(place)["vieja@example.org"]
    assert (old.state, old.reason) == ("waiting", "No se pudo escribir (KeyError).")


def test_several_workers_send_every_letter_once(place: Place) -> None:
    readers = [f"persona{number}@example.org" for number in range(60)]
    write(place, *readers)
    mailbox = Mailbox()
    with serving(mailbox) as server:
        workers = [threading.Thread(target=deliver, args=(place.database, server, compose)) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert Counter(mailbox.readers) == Counter(readers)


def test_a_worker_that_died_leaves_one_doubtful_letter_that_is_the_same_to_every_mailbox(
    place: Place, forward: Callable[[timedelta], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(place, "ana@example.org")
    mailbox = Mailbox()

    class PowerCutError(Exception):
        pass

    def die(*_: object, **__: object) -> None:
        raise PowerCutError

    with serving(mailbox) as server:
        with monkeypatch.context() as cut:
            cut.setattr(mail_delivery, "_settle", die)  # between the server's answer and our note of it
            with pytest.raises(PowerCutError):
                deliver(place.database, server, compose)
        assert rows(place)["ana@example.org"].state == "sending"
        assert deliver(place.database, server, compose) == 0, "it may be another worker's still"
        forward(mail_delivery.LEASE + timedelta(seconds=1))
        assert deliver(place.database, server, compose) == 1

    assert len(mailbox.taken) == 2
    assert len(set(mailbox.taken)) == 1, "the same Message-ID"


def test_letters_that_waited_a_month_for_a_server_are_given_up_and_old_ones_are_forgotten(
    place: Place, forward: Callable[[timedelta], None]
) -> None:
    write(place, "ana@example.org")
    with serving(Mailbox()) as server:
        deliver(place.database, server, compose)
    write(place, "espera@example.org")

    forward(timedelta(days=29))
    forget(place.database)
    assert rows(place)["ana@example.org"].content["paragraphs"] == ["Algo pasó."]
    assert rows(place)["espera@example.org"].state == "waiting"

    forward(timedelta(days=2))
    forget(place.database)
    held = rows(place)
    assert (held["ana@example.org"].state, held["ana@example.org"].subject) == ("sent", "")
    assert held["ana@example.org"].content == {}
    assert held["espera@example.org"].state == "failed"


def test_figures_tell_what_waits_and_since_when(place: Place) -> None:
    def figures() -> mail.QueueFigures:
        with place.database.worker_work() as session:
            return mail.figures(session)

    assert figures() == mail.QueueFigures(0, 0, None)
    write(place, "ana@example.org", "nadie@example.org")
    assert figures().waiting == 2
    assert figures().oldest_at == rows(place)["ana@example.org"].posted_at
    with serving(Mailbox(answers={"nadie@example.org": "550 No"})) as server:
        deliver(place.database, server, compose)
    assert figures() == mail.QueueFigures(0, 1, None)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate with its key, for this machine, signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "prueba")])
    local = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(local, critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path / "correo.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + private)
    return path


@contextmanager
def guarded(mailbox: Mailbox, certificate: Path) -> Iterator[Server]:
    """A server that takes letters after STARTTLS from one account only."""

    def check(
        _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=given == LoginPassword(b"cuenta", b"se:creta"), handled=False)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    options = {
        "authenticator": check,
        "auth_required": True,
        "tls_context": context,
        "require_starttls": True,
    }
    with serving(mailbox, **options) as server:
        yield replace(server, security="smtp", username="cuenta", password="se:creta")


def test_the_server_s_account_is_used_over_tls(
    place: Place,
    forward: Callable[[timedelta], None],
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    write(place, "ana@example.org")
    mailbox = Mailbox()
    with guarded(mailbox, certificate) as server:
        deliver(place.database, replace(server, password="otra"), compose)
        held = rows(place)["ana@example.org"]
        assert (held.state, held.reason[:3]) == ("waiting", "535")
        forward(timedelta(minutes=2))
        deliver(place.database, server, compose)
    assert mailbox.readers == ["ana@example.org"]


def test_a_server_that_nobody_vouches_for_gets_no_letter(place: Place, certificate: Path) -> None:
    write(place, "ana@example.org")
    mailbox = Mailbox()
    with guarded(mailbox, certificate) as server:
        deliver(place.database, server, compose)
    assert mailbox.taken == []
    assert "CERTIFICATE_VERIFY_FAILED" in rows(place)["ana@example.org"].reason


def test_without_the_encryption_asked_for_nothing_is_sent(place: Place) -> None:
    write(place, "ana@example.org")
    mailbox = Mailbox()
    with serving(mailbox) as server:  # it offers no STARTTLS
        deliver(place.database, replace(server, security="smtp"), compose)
    assert mailbox.taken == []
    assert rows(place)["ana@example.org"].state == "waiting"


def test_pauses_grow_and_are_never_the_same() -> None:
    assert timedelta(seconds=45) <= pause(1) <= timedelta(seconds=75)
    assert timedelta(minutes=3) <= pause(3) <= timedelta(minutes=5)
    assert pause(50) <= timedelta(minutes=37.5)
    assert len({pause(5) for _ in range(20)}) > 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtp://yo%40x.example:p%3Aa%2Fb@correo.example",
            Server("correo.example", 587, "smtp", "yo@x.example", "p:a/b"),
        ),
        ("smtps://correo.example:2465", Server("correo.example", 2465, "smtps")),
        ("smtp+plain://correo", Server("correo", 25, "smtp+plain")),
    ],
    ids=["starttls", "tls", "plain"],
)
def test_an_address_says_how_to_speak(url: str, expected: Server) -> None:
    assert server_of(Settings(smtp_url=SecretStr(url), mail_from="a@x.example")) == expected


@pytest.mark.parametrize("url", ["correo.example:25", "http://correo.example", "smtp://", "smtp://x:no"])
def test_an_address_that_cannot_be_read_is_told(url: str) -> None:
    with pytest.raises(MailSettingsError, match="CA_SMTP_URL"):
        server_of(Settings(smtp_url=SecretStr(url), mail_from="a@x.example"))


def test_a_server_without_an_address_to_send_from_is_told() -> None:
    with pytest.raises(MailSettingsError, match="CA_MAIL_FROM"):
        server_of(Settings(smtp_url=SecretStr("smtp://correo.example")))
    assert server_of(Settings()) is None
    assert server_of(Settings(smtp_url=SecretStr(""))) is None, "as a compose file leaves it"

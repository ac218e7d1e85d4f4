"""Delivery of letters: claimed in small batches, sent one by one, tried again while it may help.

A letter is marked `sending` and committed before the server hears of it, and `sent` right after. Nobody can tell whether
the server took it when the worker dies between the two (it is due again at the end of its lease), or when the
conversation breaks between the last byte and the server's answer: then it may reach its reader twice, under the same
Message-ID, by which mailboxes know it. Every other way ends with exactly one. Several workers never claim the same letter
(`SKIP LOCKED`).

Who is at fault decides what follows. A recipient refused with 5xx, or a letter refused so, is given up at once, with the
server's words. 4xx and broken connections are tried again for three days, at growing intervals. What concerns every letter (no
connection, a wrong password) ends the round, so that a server that is away is asked once and not once a letter.
"""

import asyncio
import re
import secrets
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
from sqlalchemy import func, literal_column, select, update

from app.core import clock, logs
from app.core.db import Database
from app.core.errors import AppError
from app.core.mail import MailMessage
from app.core.tables import among, table_of
from app.settings import Settings

_log = logs.get(__name__)

BATCH = 20
LETTER_SECONDS = 60
"""A server that takes longer over one letter is as good as away."""
LEASE = timedelta(minutes=10)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)
PATIENCE = timedelta(days=3)
KEPT = timedelta(days=30)
"""What a letter said is forgotten after so long; that it was sent is not."""

ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]]+@[^@\s<>,;:\"()\[\]]+")
"""What an e-mail address looks like; whether it exists, its server knows."""
_HELD = table_of(MailMessage).c
_PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}


class MailSettingsError(AppError):
    """The settings of mail cannot be used."""

    slug, title = "correo-mal-configurado", "El correo está mal configurado"


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server that takes our letters.

    Attributes:
        security: `smtps` speaks TLS from the start, `smtp` demands STARTTLS, `smtp+plain` sends in the clear.
    """

    host: str
    port: int
    security: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def server_of(settings: Settings) -> Server | None:
    """Return the mail server of the settings, or None where none is set.

    Raises:
        MailSettingsError: the address cannot be read, or there is none to send from.
    """
    if settings.smtp_url is None or not settings.mail_is_sent:
        return None
    try:
        url = urlsplit(settings.smtp_url.get_secret_value())
        port = url.port
    except ValueError:
        url, port = urlsplit(""), None
    if url.scheme not in _PORTS or not url.hostname:
        raise MailSettingsError(
            "CA_SMTP_URL no se puede leer. Se escribe smtp://usuario:contraseña@servidor:587 (con STARTTLS), "
            "smtps://…:465 (TLS desde el inicio) o smtp+plain://servidor:25 (sin cifrar, solo dentro de la misma red); "
            "lo que la contraseña tenga de «:», «/» o «@» va codificado (%3A, %2F, %40)."
        )
    if not ADDRESS.fullmatch(settings.mail_from):
        raise MailSettingsError("Falta CA_MAIL_FROM: la dirección desde la que salen los correos.")
    return Server(
        host=url.hostname,
        port=port or _PORTS[url.scheme],
        security=url.scheme,
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
    )


class _LetterFaultError(Exception):
    """One letter could not be sent.

    Args:
        reason: in the server's words.
        final: whether trying again would not help.
    """

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.reason, self.final = reason, final


class ServerFaultError(AppError):
    """The mail server takes no letters now; `detail` says why, in its words."""

    slug, title = "correo-sin-servidor", "El servidor de correo no recibe"


class Connection:
    """A conversation with the mail server, opened when it is first needed and again after it broke."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, message: EmailMessage) -> None:
        """Hand one letter over.

        Raises:
            ServerFaultError: it would be the same for every letter.
            _LetterFaultError: it is this letter's own.
        """
        client = self._client = self._client or await self._open()
        try:
            async with asyncio.timeout(LETTER_SECONDS):
                await client.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients[0]
            raise _LetterFaultError(_said(refused), final=refused.code >= 500) from error
        except (
            aiosmtplib.SMTPSenderRefused
        ) as error:  # perhaps its size; perhaps our address, which can be mended
            raise _LetterFaultError(_said(error), final=False) from error
        except aiosmtplib.SMTPDataError as error:
            raise _LetterFaultError(_said(error), final=error.code >= 500) from error
        except aiosmtplib.SMTPNotSupported as error:
            raise _LetterFaultError(str(error), final=True) from error
        except aiosmtplib.SMTPResponseException as error:
            raise ServerFaultError(_said(error)) from error
        except (OSError, TimeoutError) as error:  # among them whatever aiosmtplib calls disconnected
            self.drop()
            raise _LetterFaultError(_words(error), final=False) from error

    async def close(self) -> None:
        """Take leave; a server that has gone already does not matter."""
        if self._client is not None:
            try:
                await self._client.quit()
            except (aiosmtplib.SMTPException, OSError):
                self.drop()
            self._client = None

    def drop(self) -> None:
        """Forget a conversation that broke."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _open(self) -> aiosmtplib.SMTP:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.security == "smtps",
            start_tls=server.security == "smtp",
            tls_context=None if server.security == "smtp+plain" else ssl.create_default_context(),
            timeout=LETTER_SECONDS / 2,
        )
        try:
            await client.connect()
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            raise ServerFaultError(_said(error)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise ServerFaultError(_words(error)) from error
        return client


def _said(error: aiosmtplib.SMTPResponseException | aiosmtplib.SMTPRecipientRefused) -> str:
    return f"{error.code} {error.message}"


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "El servidor de correo no contestó a tiempo."
    return f"No hubo conexión con el servidor de correo ({str(error) or type(error).__name__})."


def send_now(server: Server, message: EmailMessage) -> None:
    """Hand one letter over that nobody keeps.

    Raises:
        ServerFaultError: the server did not take it; `detail` says why, in its words.
    """
    asyncio.run(_send_now(server, message))


async def _send_now(server: Server, message: EmailMessage) -> None:
    connection = Connection(server)
    try:
        await connection.send(message)
    except _LetterFaultError as fault:
        raise ServerFaultError(fault.reason) from fault
    finally:
        await connection.close()


def deliver(database: Database, server: Server, compose: Callable[[MailMessage], EmailMessage]) -> int:
    """Send every letter that is due and return how many were.

    Args:
        database: used as `app_worker`.
        server: who takes them.
        compose: renders a row.
    """
    return asyncio.run(_deliver(database, server, compose))


async def _deliver(database: Database, server: Server, compose: Callable[[MailMessage], EmailMessage]) -> int:
    connection, sent = Connection(server), 0
    try:
        while claimed := _claim(database):
            end = clock.monotonic() + LEASE.total_seconds() - 2 * LETTER_SECONDS
            for position, row in enumerate(claimed):
                if clock.monotonic() > end:  # soon they may be another worker's
                    _put_back(database, claimed[position:])
                    break
                try:
                    await connection.send(_composed(compose, row))
                except _LetterFaultError as fault:
                    _refuse(database, row, fault.reason, final=fault.final)
                except ServerFaultError as fault:
                    _log.warning("mail_server_refuses", said=fault.detail, waiting=len(claimed) - position)
                    for waiting in claimed[position:]:
                        _refuse(database, waiting, fault.detail, final=False)
                    return sent
                else:
                    _settle(database, row, state="sent", reason="")
                    sent += 1
    finally:
        await connection.close()
    return sent


def _composed(compose: Callable[[MailMessage], EmailMessage], row: MailMessage) -> EmailMessage:
    if not ADDRESS.fullmatch(row.recipient):
        raise _LetterFaultError("La dirección no es de correo.", final=True)
    try:
        return compose(row)
    except AppError as error:  # a key that is missing may come back; the others go on meanwhile
        raise _LetterFaultError(str(error), final=False) from error
    except Exception as error:  # whatever a row of an older version lacks: the others are not to blame
        _log.exception("mail_not_composed", message=str(row.message_id), kind=row.kind)
        raise _LetterFaultError(f"No se pudo escribir ({type(error).__name__}).", final=False) from error


def _claim(database: Database) -> Sequence[MailMessage]:
    """Take some letters that are due, in the order in which they were written."""
    now = clock.now()
    due = (
        select(_HELD.message_id)
        .where(_HELD.state.in_(("waiting", "sending")), _HELD.due_at <= now)
        .order_by(_HELD.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(MailMessage)
        .where(_HELD.message_id.in_(due.scalar_subquery()))
        .values(
            state="sending",
            attempts=_HELD.attempts + 1,
            due_at=now + LEASE,
            first_tried_at=func.coalesce(_HELD.first_tried_at, now),
        )
        .returning(MailMessage)
        .execution_options(synchronize_session=False)
    )
    with database.worker_work() as session:
        return sorted(session.scalars(statement).all(), key=lambda row: row.posted_at)


def _settle(database: Database, row: MailMessage, *, state: str, reason: str) -> None:
    _write(database, row, state=state, reason=reason, settled_at=clock.now())


def _refuse(database: Database, row: MailMessage, reason: str, *, final: bool) -> None:
    now = clock.now()
    if final or (row.first_tried_at is not None and now - row.first_tried_at > PATIENCE):
        _log.warning("mail_given_up", message=str(row.message_id), kind=row.kind, said=reason)
        _settle(database, row, state="failed", reason=reason)
    else:
        _write(database, row, state="waiting", reason=reason, due_at=now + pause(row.attempts))


def pause(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: doubling, and never the same for two letters."""
    longest = min(FIRST_PAUSE * (1 << min(attempts - 1, 10)), LONGEST_PAUSE)
    return longest * (0.75 + secrets.randbelow(500) / 1000)


def _put_back(database: Database, rows: Sequence[MailMessage]) -> None:
    for row in rows:
        _write(database, row, state="waiting", due_at=clock.now())


def _write(database: Database, row: MailMessage, **values: str | datetime) -> None:
    statement = (
        update(MailMessage)
        # Only while it is still ours: a lease that ended made it another worker's.
        .where(_HELD.message_id == row.message_id, _HELD.state == "sending", _HELD.attempts == row.attempts)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    with database.worker_work() as session:
        session.execute(statement)


def forget(database: Database) -> None:
    """Give up letters that waited a month for a mail server, and forget what older ones said."""
    before = clock.now() - KEPT
    with database.worker_work() as session:
        session.execute(
            update(MailMessage)
            .where(_HELD.state == "waiting", _HELD.posted_at < before)
            .values(
                state="failed", reason="Caducó sin que hubiera a quién entregarla.", settled_at=clock.now()
            )
        )
        session.execute(
            update(MailMessage)
            .where(
                among(MailMessage.state, ("sent", "failed")),
                _HELD.settled_at < before,
                _HELD.content != literal_column("'{}'::jsonb"),
            )
            .values(subject="", content={})
        )

"""Letters: written as data in the transaction that makes them true, rendered and sent by the worker later.

`post` works from tenant work and from signing in alike. A rolled-back transaction leaves no letter, and what a letter
is about (`Letter.key`) is written to a tenant's people, or to an account, once. A letter holds no secret: the token of
a link is made only when it is sent (`Act`). It should hold no content of a process either: a withdrawal reaches every
table of the service, but no mailbox.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel import Field, SQLModel

from app.core.db import Actor, AuthSession, RwSession, WorkerSession
from app.core.tables import among, moment, new_id, prose, table_of

STATES = ("waiting", "sending", "sent", "failed")


class MailMessage(SQLModel, table=True):
    """A letter and what became of it. Only `app_worker` reads what it says; without a tenant it is an account's own."""

    __tablename__ = "mail_message"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.tenant_id"]),
        UniqueConstraint("tenant_id", "key", postgresql_nulls_not_distinct=True),
        Index("mail_message_due_idx", "due_at", postgresql_where=text("state IN ('waiting', 'sending')")),
        Index(
            "mail_message_kept_idx", "state", "settled_at", postgresql_where=text("content <> '{}'::jsonb")
        ),
        CheckConstraint(f"state IN ({', '.join(repr(state) for state in STATES)})", name="state"),
    )

    message_id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID | None = None
    key: str = prose(None)
    recipient: str = prose(None)
    kind: str = prose(None)
    subject: str = prose(None)
    content: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    state: str = prose("waiting")
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    reason: str = prose()
    posted_at: datetime = moment()
    due_at: datetime = moment()
    first_tried_at: datetime | None = moment(default_now=False, nullable=True)
    settled_at: datetime | None = moment(default_now=False, nullable=True)


@dataclass(frozen=True, slots=True)
class Act:
    """The one thing that a letter asks for: a button, with its address in full beneath.

    Attributes:
        label: a verb, as on a button of a page.
        path: absolute on this service (`/jalisco/panel`). `{token}` in it becomes `Keyring.token(purpose, *about)`
            when the letter is sent, so that no secret of a link is stored.
        purpose: of that token.
        about: of that token.
    """

    label: str
    path: str
    purpose: str = ""
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list in a letter, with the path that it leads to, if it does, and what is said beneath."""

    text: str
    path: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as data; its sender, its look and its addresses are the tenant's when it is sent.

    Attributes:
        key: what it is about, unique in its tenant (or among accounts): a second one is not sent.
        to: one e-mail address.
        kind: `feature.what`, for figures and for whoever looks at what became of it.
        subject: one line.
        paragraphs: plain text; the first is also what mailboxes show beside the subject.
        act: what it asks for.
        closing: after the act, smaller: until when it holds, what to do if it was not asked for.
        entries: a list after the paragraphs.
        preferences: path of the page where such letters are switched off; empty where they cannot be.
    """

    key: str
    to: str
    kind: str
    subject: str
    paragraphs: tuple[str, ...]
    act: Act | None = None
    closing: str = ""
    entries: tuple[Entry, ...] = ()
    preferences: str = ""

    def stored(self) -> dict[str, Any]:
        """Return what is kept of it besides its columns, JSON-ready."""
        whole = asdict(self)
        return {name: whole[name] for name in ("paragraphs", "act", "closing", "entries", "preferences")}


def content_of(message: MailMessage) -> Letter:
    """Return the letter that a row holds."""
    held = message.content
    act = held.get("act")
    return Letter(
        key=message.key,
        to=message.recipient,
        kind=message.kind,
        subject=message.subject,
        paragraphs=tuple(held["paragraphs"]),
        act=Act(**{**act, "about": tuple(act["about"])}) if act else None,
        closing=held["closing"],
        entries=tuple(Entry(**entry) for entry in held["entries"]),
        preferences=held["preferences"],
    )


def post(session: RwSession | AuthSession, letter: Letter, *, tenant_id: UUID | None = None) -> bool:
    """Leave a letter to be sent once the session's transaction is committed.

    Args:
        session: tenant work, whose tenant is the sender; or signing in, where the sender is the service itself.
        letter: what to send.
        tenant_id: from signing in only: in whose name and colours.

    Returns:
        Whether it is new: False when one with the same key was posted before.
    """
    actor: Actor = session.info["actor"]
    statement = (
        insert(table_of(MailMessage))
        .values(
            message_id=new_id(),
            tenant_id=actor.tenant_id or tenant_id,
            key=letter.key,
            recipient=one_line(letter.to),
            kind=letter.kind,
            subject=one_line(letter.subject),
            content=letter.stored(),
        )
        # No arbiter is named: inferring one needs a right to read, and whoever posts may not.
        .on_conflict_do_nothing()
        .execution_options(preserve_rowcount=True)
    )
    return session.connection().execute(statement).rowcount == 1


def one_line(written: str) -> str:
    """Return a text that fits a header: control characters and line breaks, which could begin another, are spaces."""
    return " ".join("".join(char if char.isprintable() else " " for char in written).split())


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a letter.

    Attributes:
        state: waiting, sending, sent or failed.
        reason: the server's own words where it failed or has not been sent yet.
        settled_at: when it was sent or given up.
    """

    state: str
    reason: str
    posted_at: datetime
    settled_at: datetime | None


def fates(session: RwSession, keys: Iterable[str]) -> dict[str, Fate]:
    """Return what became of letters of the session's tenant, by their keys; those never posted are missing."""
    actor: Actor = session.info["actor"]
    held = table_of(MailMessage).c
    rows = session.execute(
        select(held.key, held.state, held.reason, held.posted_at, held.settled_at).where(
            held.tenant_id == actor.tenant_id, among(MailMessage.key, keys)
        )
    )
    return {row.key: Fate(row.state, row.reason, row.posted_at, row.settled_at) for row in rows}


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How the post is doing, for whoever operates the service.

    Attributes:
        waiting: letters not sent yet, those being sent included.
        failed: letters given up in the last month.
        oldest_at: when the oldest letter that waits was posted; None while none does.
    """

    waiting: int
    failed: int
    oldest_at: datetime | None


def figures(session: WorkerSession) -> QueueFigures:
    """Return the figures of the whole service."""
    held = table_of(MailMessage).c
    unsent = held.state.in_(("waiting", "sending"))
    waiting, failed, oldest = session.execute(
        select(
            func.count().filter(unsent),
            func.count().filter(held.state == "failed"),
            func.min(held.posted_at).filter(unsent),
        ).where(held.state != "sent", held.content != literal_column("'{}'::jsonb"))
    ).one()
    return QueueFigures(waiting, failed, oldest)

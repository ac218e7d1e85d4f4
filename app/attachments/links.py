"""Links instead of files: asking for them to be looked at, and what was seen."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from app.attachments import addresses, tasks
from app.attachments.models import LinkCheck
from app.core import clock
from app.core.db import Actor, RwSession
from app.core.errors import InvalidError
from app.core.policy import Permission, require
from app.core.tables import among, table_of

MANY = 200
LONGEST = 2000
GOOD_FOR = timedelta(hours=1)
_LOOKING = "Se está revisando si la dirección contesta."


@dataclass(frozen=True, slots=True)
class LinkState:
    """What is known of an address.

    Attributes:
        outcome: of `models.OUTCOMES`.
        words: for the person.
        checked_at: None before the first look.
    """

    outcome: str
    words: str
    checked_at: datetime | None


def link_state(session: RwSession, actor: Actor, urls: Iterable[str]) -> dict[str, LinkState]:
    """Return what is known of addresses; those never asked for are absent."""
    by_digest = {_digest(url): url for url in urls}
    rows = session.exec(
        select(LinkCheck).where(
            LinkCheck.tenant_id == actor.tenant_id, among(LinkCheck.url_sha256, by_digest)
        )
    )
    return {
        by_digest[bytes(row.url_sha256)]: LinkState(row.outcome, row.note, row.checked_at) for row in rows
    }


def check_links(session: RwSession, actor: Actor, urls: Collection[str]) -> None:
    """Have addresses looked at, unless that was done within the hour; our own files need none.

    Raises:
        ForbiddenError: the role does not edit.
        InvalidError: more than 200 at once.
    """
    require(actor, Permission.PROCESS_EDIT)
    wanted = [url for url in dict.fromkeys(urls) if url.startswith(("http://", "https://"))]
    if len(wanted) > MANY:
        raise InvalidError(f"Se revisan hasta {MANY} direcciones a la vez.")
    hosts = addresses.hosts(session, actor)
    rows = [
        {"tenant_id": actor.tenant_id, "url_sha256": _digest(url), "url": url, "note": _LOOKING}
        for url in wanted
        if len(url) <= LONGEST and not (addresses.is_at(url, hosts) and "/archivos/" in url)
    ]
    if not rows:
        return
    table = table_of(LinkCheck)
    statement = insert(table).values(rows)
    now = clock.now()
    asked = session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "url_sha256"],
            set_={"outcome": "waiting", "note": _LOOKING, "asked_at": now},
            where=table.c.asked_at < now - GOOD_FOR,
        ).returning(table.c.url_sha256)
    ).scalars()
    for key in list(asked):
        tasks.check_link.defer(session, url_sha256=bytes(key).hex())


def _digest(url: str) -> bytes:
    return sha256(url.encode()).digest()

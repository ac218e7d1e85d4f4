"""What jobs do with files and links: scanning for viruses, deleting bytes, sweeping, looking at addresses.

Nothing here holds a transaction while it waits for a scanner, a store or the outside world.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from uuid import UUID

from sqlmodel import col, select

from app.attachments import queries
from app.attachments.models import KINDS, Attachment, LinkCheck
from app.attachments.scanning import Scanner, Verdict
from app.attachments.workflow import FILES
from app.core import audit, clock, logs
from app.core.db import Actor
from app.core.errors import AppError, NotFoundError, UnavailableError
from app.core.jobs import Workplace
from app.core.outgoing import Fetched, NoAnswerError, Outgoing, OutgoingRefusedError
from app.core.storage import StoredFile
from app.tenancy.models import Tenant

ORPHAN_AFTER = timedelta(hours=24)
"""Bytes without a row are younger while their upload may still be on its way."""
WAIT_BEFORE_AGAIN = timedelta(seconds=60)
AT_ONCE = 200
_BEGINNING = 1024

_log = logs.get(__name__)


def scan_file(place: Workplace, actor: Actor, attachment_id: UUID) -> bool:
    """Scan a file and let it go on, or condemn it; without a scanner it goes on.

    Returns:
        False when the scanner or the store is away: the row says so, and the chore comes back to it.
    """
    with place.database.unit_of_work(actor) as session:
        row = queries.by_id(session, actor, attachment_id)
    if row is None or row.status != "scanning":
        return True
    try:
        verdict = _verdict(place, row)
    except (NotFoundError, UnavailableError) as error:
        return _put_off(place, actor, attachment_id, error)
    with place.database.unit_of_work(actor) as session:
        row = queries.by_id(session, actor, attachment_id, for_update=True)
        if row is None or row.status != "scanning":
            return True
        FILES.apply(row, "clear" if verdict.is_clean else "condemn")
        row.scan_note = verdict.virus
        if not verdict.is_clean:
            audit.record(
                session,
                "attachment.condemn",
                "contracting_process",
                row.process_id,
                attachment=str(attachment_id),
                virus=verdict.virus,
            )
    if not verdict.is_clean:
        delete_bytes(place, actor, attachment_id)
    return True


def _verdict(place: Workplace, row: Attachment) -> Verdict:
    if place.settings.clamd is None:
        return Verdict()
    return Scanner(place.settings.clamd).scan(place.storage.read(row.storage_key, 0, row.size_bytes))


def _put_off(place: Workplace, actor: Actor, attachment_id: UUID, error: AppError) -> bool:
    """Say on the file why it has no verdict; tell whether trying others makes sense."""
    away = isinstance(error, UnavailableError)
    with place.database.unit_of_work(actor) as session:
        row = queries.by_id(session, actor, attachment_id, for_update=True)
        if row is not None and row.status == "scanning":
            advice = "Se vuelve a intentar solo." if away else "Descártalo y envíalo otra vez."
            row.scan_note = f"{error.detail.rstrip('.')}. {advice}"
    return not away


def scan_waiting(place: Workplace) -> None:
    """Scan what has waited for a while: its job found no scanner, or was lost."""
    for actor in _tenants(place):
        with place.database.unit_of_work(actor) as session:
            waiting = session.exec(
                select(Attachment.attachment_id)
                .where(
                    Attachment.tenant_id == actor.tenant_id,
                    Attachment.status == "scanning",
                    Attachment.created_at < clock.now() - WAIT_BEFORE_AGAIN,
                )
                .order_by(col(Attachment.created_at))
                .limit(AT_ONCE)
            ).all()
        for attachment_id in waiting:
            if not scan_file(place, actor, attachment_id):
                return  # the scanner is away: the others wait as well


def delete_bytes(place: Workplace, actor: Actor, attachment_id: UUID) -> None:
    """Delete what is stored of a file that was withdrawn, discarded or condemned."""
    with place.database.unit_of_work(actor) as session:
        row = queries.by_id(session, actor, attachment_id)
    if row is not None and row.status in ("withdrawn", "infected"):
        place.storage.delete(row.storage_key)


def sweep(place: Workplace) -> int:
    """Delete bytes that no row needs any more, of every tenant; returns how many files that were.

    An upload that was never committed leaves some, and a deletion that failed.
    """
    gone = 0
    for actor in _tenants(place):
        if actor.tenant_id is None:
            continue
        for kind in KINDS:
            for some in _batches(place.storage.files(actor.tenant_id, kind)):
                with place.database.unit_of_work(actor) as session:
                    needed = queries.standing(session, actor, [file.key for file in some])
                for file in some:
                    old = file.modified < clock.now() - ORPHAN_AFTER
                    if not needed.get(file.key, not old):
                        place.storage.delete(file.key)
                        gone += 1
    if gone:
        _log.info("bytes_swept", files=gone)
    return gone


def look_at_link(place: Workplace, actor: Actor, url_sha256: bytes) -> None:
    """Ask an address whether it answers, and keep what it said."""
    with place.database.unit_of_work(actor) as session:
        row = session.get(LinkCheck, (actor.tenant_id, url_sha256))
        if row is None:
            return
        url = row.url
    outcome, status, note = _answer_of(Outgoing(place.settings.outgoing_allow.split(",")), url)
    with place.database.unit_of_work(actor) as session:
        row = session.get(LinkCheck, (actor.tenant_id, url_sha256))
        if row is not None:
            row.outcome, row.http_status, row.note, row.checked_at = outcome, status, note, clock.now()


def _answer_of(outgoing: Outgoing, url: str) -> tuple[str, int | None, str]:
    """Return outcome, HTTP status and words."""
    try:
        answer = _asked(outgoing, url)
    except OutgoingRefusedError as error:
        return "refused", None, error.detail
    except NoAnswerError as error:
        return "unreachable", None, f"No contesta: {error.detail[:1].lower()}{error.detail[1:]}"
    if answer.status in (401, 403):
        return "gone", answer.status, f"Contesta, pero no deja ver el documento ({answer.status})."
    if answer.status >= 400:
        return "gone", answer.status, f"No contesta ({answer.status})."
    return "alive", answer.status, "La dirección contesta."


def _asked(outgoing: Outgoing, url: str) -> Fetched:
    """Ask for the head, then, since many servers do not know that word, for the first bytes."""
    try:
        answer = outgoing.fetch(url, method="HEAD")
        if answer.status < 400:
            return answer
    except NoAnswerError:
        _log.info("link_without_head")
    return outgoing.fetch(url, headers={"Range": f"bytes=0-{_BEGINNING - 1}"}, most=_BEGINNING)


def _tenants(place: Workplace) -> list[Actor]:
    """Return the service itself, in every tenant."""
    with place.database.public_reading() as session:
        found = session.exec(select(Tenant.tenant_id).order_by(col(Tenant.tenant_id))).all()
    return [Actor(tenant_id=tenant_id, role="system") for tenant_id in found]


def _batches(files: Iterable[StoredFile]) -> Iterator[list[StoredFile]]:
    left = iter(files)
    while some := list(islice(left, AT_ONCE)):
        yield some

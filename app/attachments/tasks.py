"""Jobs and chores of files and links."""

from collections.abc import Callable
from uuid import UUID

from app.attachments import examining
from app.core import logs
from app.core.db import Actor
from app.core.errors import UnavailableError
from app.core.jobs import Workplace, chore, tenant_task

_log = logs.get(__name__)


@tenant_task("attachments.scan")
def scan(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Scan one file for viruses."""
    examining.scan_file(place, actor, UUID(ids["attachment_id"]))


@tenant_task("attachments.delete_bytes")
def delete_bytes(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Delete the bytes of a file that is no more."""
    examining.delete_bytes(place, actor, UUID(ids["attachment_id"]))


@tenant_task("attachments.check_link")
def check_link(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Look at one address."""
    examining.look_at_link(place, actor, bytes.fromhex(ids["url_sha256"]))


@chore(every_seconds=60)
def scan_waiting(place: Workplace) -> None:
    """Come back to files that have not been scanned."""
    _unless_away(examining.scan_waiting, place)


@chore(every_seconds=6 * 3600)
def sweep(place: Workplace) -> None:
    """Delete bytes that nothing needs."""
    _unless_away(examining.sweep, place)


def _unless_away(work: Callable[[Workplace], object], place: Workplace) -> None:
    """Do it; a store that is away for a while ends no chore."""
    try:
        work(place)
    except UnavailableError as error:
        _log.warning("chore_postponed", why=error.detail)

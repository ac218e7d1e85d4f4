"""Files sent into a list of documents: kept by `app.attachments`, and each a document of the list from then on."""

from collections.abc import Sequence
from typing import Any

from app.attachments import service
from app.attachments.service import Intake, Received
from app.capture.frame import Visit
from app.capture.plan import Section
from app.core.errors import ConflictError
from app.processes import editing
from app.web.forms import FormValues

HERE_ALREADY = "Ya estaba en esta lista."


def receive(
    visit: Visit, section: Section, intake: Intake, sent: FormValues, start: str
) -> list[tuple[Received, str]]:
    """Keep files and add a document for each.

    Args:
        visit: whose address is the list's.
        section: the list.
        intake: where files go.
        sent: the form; every file in it counts.
        start: where the tenant's public addresses start.

    Returns:
        What became of each file, and the part of its document; empty where there is none.

    Raises:
        ConflictError: the version is where nobody edits.
        InvalidError: no file came.
        NotFoundError: absent or another's.
    """
    files, stage = service.sent_files(sent), section.stage.value
    received = service.receive(visit.session, visit.actor, intake, visit.process_id, files, stage=stage)
    return [(one, _added(visit, one, start)) for one in received]


def _added(visit: Visit, one: Received, start: str) -> str:
    document = one.document(start)
    if document is None:
        return ""
    try:
        path, _ = editing.add(visit.session, visit.actor, visit.process_id, visit.where, document)
    except ConflictError:  # the same file again
        return ""
    return path


def told(received: Sequence[tuple[Received, str]], start: str) -> list[dict[str, Any]]:
    """Return what became of each file, as the script of the form takes it; `start` as for `receive`."""
    return [
        one.told(start) | ({} if path or one.attachment is None else {"mensaje": HERE_ALREADY})
        for one, path in received
    ]

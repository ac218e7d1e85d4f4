"""Links of documents: looked at once they are saved, and what was seen told where they are edited."""

from typing import Any

from app.attachments.service import LinkState, check_links, link_state
from app.capture.frame import Visit
from app.capture.plan import Section
from app.ocds import model
from app.ocds.shape import Document

ADDRESS = "/url"
"""Name of the control that takes a document's address."""


def look(visit: Visit, section: Section, body: Document) -> None:
    """Have a document's address looked at; nothing for what is no document.

    Raises:
        ForbiddenError: the role does not edit.
    """
    address = _address(section, body)
    if address:
        check_links(visit.session, visit.actor, [address])


def seen(visit: Visit, section: Section, body: Document) -> LinkState | None:
    """Return what is known of a document's address; None when nobody asked, as for files that are kept here."""
    address = _address(section, body)
    return link_state(visit.session, visit.actor, [address]).get(address) if address else None


def _address(section: Section, body: Document) -> str:
    of = model.FIELDS.get(section.base)
    address: Any = body.get("url") if of is not None and of.of == "Document" else None
    return address if isinstance(address, str) else ""

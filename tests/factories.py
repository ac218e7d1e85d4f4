"""Small documents and drafts for tests: valid unless told otherwise, made through the real service."""

from itertools import count
from typing import Any
from uuid import UUID

from app.continuity.service import change_status
from app.core.db import Actor
from app.ocds.shape import Document
from app.processes.queries import VersionRef
from app.processes.service import DocumentWrite, save_documents
from app.tenancy.queries import TenantDirectory
from tests.conftest import Place

_numbers = count(1)


def document(**changes: Any) -> Document:
    """A working document that validates without a single remark; `changes` replace whole sections.

    A section given as None is left out: `document(buyer=None)`.
    """
    whole = {
        "language": "es",
        "parties": [{"id": "MX-1", "name": "Secretaría de Pruebas", "roles": ["buyer"]}],
        "buyer": {"id": "MX-1", "name": "Secretaría de Pruebas"},
        "tender": {
            "id": "LPN-1",
            "title": "Papelería para oficinas",
            "status": "active",
            "procurementMethod": "open",
            "value": {"amount": 125000.5, "currency": "MXN"},
        },
    } | changes
    return {key: value for key, value in whole.items() if value is not None}


def invalid_document() -> Document:
    """A working document that cannot be published: an amount that is no number."""
    good = document()
    return document(tender=good["tender"] | {"value": {"amount": "mucho", "currency": "MXN"}})


def new_ocid(place: Place) -> str:
    """An ocid of the tenant that nothing has yet."""
    return f"{place.prefix}-{next(_numbers):06}"


def draft(
    place: Place,
    written: Document | None = None,
    *,
    ocid: str = "",
    editor: Actor | None = None,
    sujeto: UUID | None = None,
    source: str = "capture",
) -> VersionRef:
    """An open draft, by default by the `so_editor` of the first body.

    Args:
        place: where.
        written: the working document; `document()` by default.
        ocid: of the process; a new one by default, one with a published version to open a draft beside it.
        editor: who writes, and so may not approve.
        sujeto: whose process it is; the editor's own by default.
        source: as in `DocumentWrite`.
    """
    who = editor or place.actor("so_editor", sujeto)
    write = DocumentWrite(
        ocid or new_ocid(place),
        sujeto or who.sujeto_obligado_id or place.sujetos[0],
        document() if written is None else written,
        source=source,
    )
    with place.database.unit_of_work(who) as session:
        return save_documents(session, who, [write])[0].ref


def stand(place: Place, action: str) -> None:
    """Suspend a tenant ("suspend"), or let it work again ("resume"), as the platform does."""
    operator = Actor(account_id=place.actor("garante_admin").account_id, role="platform_operator")
    (view,) = (one for one in TenantDirectory(place.database).all() if one.tenant_id == place.tenant_id)
    change_status(place.database, operator, view, action, "Lo pidió quien manda.")

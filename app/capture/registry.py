"""Parties from the registry: what is typed there once is chosen here, and what is captured here can be kept there."""

from collections.abc import Sequence
from uuid import UUID

from app.capture import queries
from app.capture.controls import Option, options
from app.capture.frame import Visit
from app.core.errors import InvalidError
from app.ocds import model
from app.parties import adoption, service
from app.parties import queries as registry
from app.parties.models import Party
from app.parties.organization import as_party, document_id
from app.processes import editing

PARTIES = "parties"

NOT_CHOSEN = "Elige a alguien de las opciones que aparecen al escribir; si no está, captúralo abajo."


def roles() -> tuple[Option, ...]:
    """Return what a party can be in a process."""
    return options(model.FIELDS["parties/roles"])


def chosen(visit: Visit, party_id: UUID) -> Party:
    """Return the entry of the registry that a person chose.

    Raises:
        NotFoundError: not the actor's to see.
    """
    return registry.party(visit.session, visit.actor, party_id)


def take(visit: Visit, party_id: str, chosen_roles: Sequence[str]) -> str:
    """Make an entry of the registry a party of the process, and return its part.

    Raises:
        InvalidError: no entry was chosen.
        ConflictError: it is a party already, or the version is where nobody edits.
        NotFoundError: absent or another's.
    """
    try:
        entry = chosen(visit, UUID(party_id))
    except ValueError as error:
        raise InvalidError(NOT_CHOSEN) from error
    here = {option.value for option in queries.parties(visit.session, visit.actor, visit.process_id)}
    groups = [
        group
        for group in registry.member_of(visit.session, visit.actor, entry.party_id)
        if document_id(group) in here
    ]
    known = {option.value for option in roles()}
    body = as_party(entry, [role for role in chosen_roles if role in known], groups)
    path, _ = editing.add(visit.session, visit.actor, visit.process_id, PARTIES, body)
    _link(visit, path, entry)
    return path


def keep(visit: Visit, part: editing.OpenPart) -> str:
    """Keep a party of the process in the registry, and return its name there.

    Raises:
        ForbiddenError: the role may not.
        InvalidError: the registry's rules refuse it.
    """
    entry = adoption.adopt(visit.session, visit.actor, part.body)
    _link(visit, part.path, entry)
    return entry.name


def forget(visit: Visit, path: str) -> None:
    """Forget that a party came from the registry: it is no longer in the process."""
    service.unlink(visit.session, visit.actor, visit.process_id, path)


def _link(visit: Visit, path: str, entry: Party) -> None:
    sujeto = editing.open_part(visit.session, visit.actor, visit.process_id, path).draft.sujeto_obligado_id
    use = registry.Use(visit.process_id, sujeto, path, entry.party_id, entry.row_version)
    service.link(visit.session, visit.actor, use)

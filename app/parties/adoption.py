"""Making an entry of a party that a process has already."""

from app.core.db import Actor, RwSession
from app.core.errors import InvalidError
from app.core.policy import Permission, require
from app.ocds.model import privacy as table
from app.ocds.model.privacy import Personality
from app.ocds.shape import Document
from app.parties import queries
from app.parties.form import ROWS
from app.parties.models import Party
from app.parties.organization import CHOSEN, OUTSIDE, at, implied, looked_at, personality, put, settled
from app.parties.service import Entry, create, number_of


def adopt(session: RwSession, actor: Actor, organization: Document) -> Party:
    """Make an entry of a party of a process; one that the registry has by its number is returned as it is.

    Args:
        session: bound to the actor.
        actor: a body's entry is its own, the garante's is shared.
        organization: an OCDS `Organization`; its roles say what kind of entry it is.

    Raises:
        ForbiddenError: the role may not.
        RefusedEntryError: it breaks a rule.
    """
    require(actor, Permission.PARTY_EDIT)
    _refuse_shapeless(organization)
    kind = kind_of(organization)
    body = {key: value for key, value in organization.items() if key not in OUTSIDE and value is not None}
    body["identifier"] = dict(body.get("identifier") or {})
    if kind in CHOSEN and not personality(body):
        put(body, "identifier/legalPersonality", _told(body))
    who = personality(body) if kind in CHOSEN else implied(kind)
    if who == Personality.LEGAL and kind != "unit" and not at(body, "identifier/legalName"):
        put(body, "identifier/legalName", body.get("name"))
    body = settled(kind, body)
    for owner in dict.fromkeys((actor.sujeto_obligado_id, None)):
        found = queries.same_number(session, actor, owner, *number_of(body))
        if found is not None:
            return found
    return create(session, actor, Entry(kind, body))


def kind_of(organization: Document) -> str:
    """Return what kind of entry a party of a process is, by its roles and its position."""
    listed = organization.get("roles")
    roles = {role for role in listed if isinstance(role, str)} if isinstance(listed, list) else set()
    if organization.get("position") or "official" in roles:
        return "official"
    if not roles or not roles <= table.OFFICIAL_ROLES:
        return "supplier"
    return "unit" if all(role.endswith("Unit") for role in roles) else "body"


def _told(body: Document) -> str:
    """Return the personality that the rest of a body tells; empty when nothing does."""
    identifier = body.get("identifier", {})
    told = looked_at(str(identifier.get("scheme") or ""), str(identifier.get("id") or "")).personality
    if told or identifier.get("givenName"):
        return told or Personality.NATURAL.value
    return Personality.LEGAL.value if identifier.get("legalName") else ""


def _refuse_shapeless(organization: Document) -> None:
    """Refuse what no form could show: a working document may hold anything."""
    objects = [organization.get(key) or {} for key in ("identifier", "address", "contactPoint")]
    for key in ROWS:
        held = organization.get(key) or []
        objects += held if isinstance(held, list) else [held]
    name = organization.get("name")
    if not all(isinstance(one, dict) for one in objects) or not isinstance(name, str | None):
        raise InvalidError("Este participante tiene datos que no se entienden: corrígelo antes de llevarlo.")

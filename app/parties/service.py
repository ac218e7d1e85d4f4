"""Acts on the registry: enter, correct, retire, bring back, and say which process uses what."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app.core import audit, clock
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, ForbiddenError, InvalidError, StaleError
from app.core.policy import Permission, require
from app.core.tables import among, table_of
from app.ocds.shape import Document
from app.parties import queries
from app.parties.models import KINDS, Party, PartyChange, PartyMember, PartyUse
from app.parties.organization import (
    OUTSIDE,
    FieldChange,
    changed_fields,
    compared_number,
    searched_text,
    settled,
)
from app.parties.rules import Finding, examine

MEMBERS, MEMBER_OF, RETIRED, ENTERED = "/members", "/memberOf", "/retired", ""
"""Pointers of changes beside the body."""


class RefusedEntryError(InvalidError):
    """An entry breaks rules; `findings` says which, each at its field."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(" ".join(finding.message for finding in findings))
        self.findings = findings


class DuplicateError(ConflictError):
    """The owner has an entry with this number already: `party_id`."""

    slug, title = "ficha-repetida", "Ya está en el registro"

    def __init__(self, found: Party) -> None:
        ending = (
            "está retirada: recupérala en vez de capturarla otra vez" if found.retired_at else "usa esa ficha"
        )
        super().__init__(f"«{found.name}» ya tiene este número en el registro; {ending}.")
        self.party_id = found.party_id


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody says of a supplier, an official, a unit or a body.

    Attributes:
        kind: one of `KINDS`.
        body: an OCDS `Organization`; what depends on a process (`id`, `roles`, `memberOf`) is left out.
        members: entries that belong to this one (a consortium's); None leaves them as they are.
        member_of: entries to which this one belongs (an official's institution); None leaves them as they are.
    """

    kind: str
    body: Document
    members: tuple[UUID, ...] | None = None
    member_of: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """An entry after a correction, and what of its body changed, to be offered to drafts."""

    party: Party
    changes: tuple[FieldChange, ...]


def may_change(actor: Actor, row: Party) -> bool:
    """Tell whether an entry is the actor's own: a body's people change its entries, the garante's the shared ones."""
    return row.sujeto_obligado_id == actor.sujeto_obligado_id


def own(session: RwSession, actor: Actor, party_id: UUID) -> Party:
    """Return an entry that the actor may change, and hold it until the transaction ends.

    Raises:
        NotFoundError: not the actor's to see.
        ForbiddenError: the role may not, or the entry is not theirs to change.
    """
    row = queries.party(session, actor, party_id, for_update=True)
    require(actor, Permission.PARTY_EDIT)
    if not may_change(actor, row):
        whose = (
            "la comparte el organismo garante"
            if row.sujeto_obligado_id is None
            else "es de un sujeto obligado"
        )
        raise ForbiddenError(f"Esta ficha {whose}, y solo su gente puede cambiarla.")
    return row


def create(session: RwSession, actor: Actor, entry: Entry) -> Party:
    """Enter somebody in the registry: a body's people for their body, the garante's for everyone.

    Raises:
        ForbiddenError: the role may not.
        NotFoundError: a member is not the actor's to see.
        RefusedEntryError: it breaks a rule.
        DuplicateError: the number is there already.
    """
    require(actor, Permission.PARTY_EDIT)
    entry = _checked(entry)
    owner = actor.sujeto_obligado_id
    others = _others(session, actor, owner, entry)
    scheme, number = number_of(entry.body)
    _refuse_duplicate(session, actor, owner, scheme, number)
    row = Party(
        tenant_id=_tenant(actor),
        sujeto_obligado_id=owner,
        kind=entry.kind,
        name=entry.body["name"],
        folded=searched_text(entry.body),
        identifier_scheme=scheme,
        identifier_id=number,
        body=entry.body,
        created_by=actor.account_id,
        updated_by=actor.account_id,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # somebody entered it between the look and the act
        _refuse_duplicate(session, actor, owner, scheme, number)
        raise
    _set_others(session, actor, row, others)
    _keep(session, actor, row, [FieldChange(ENTERED, None, None)])
    audit.record(session, "party.create", "party", row.party_id, kind=row.kind)
    return row


def correct(session: RwSession, actor: Actor, party_id: UUID, entry: Entry, *, row_version: int) -> Corrected:
    """Change an entry; nothing happens to it when nothing differs.

    Processes keep what they have: `queries.uses` says where the change can be offered.

    Args:
        session: bound to the actor.
        actor: of the body whose entry it is, or of the garante for what is shared.
        party_id: which.
        entry: as it should be; the kind does not change.
        row_version: that the person saw.

    Raises:
        NotFoundError: the entry, or a member, is not the actor's to see.
        ForbiddenError: the role may not, or the entry is not theirs to change.
        StaleError: somebody else changed it meanwhile.
        RefusedEntryError: it breaks a rule.
        DuplicateError: another entry has the number.
    """
    row = own(session, actor, party_id)
    if row.row_version != row_version:
        raise StaleError("Alguien corrigió esta ficha mientras la tenías abierta.")
    entry = _checked(replace(entry, kind=row.kind))
    others = _others(session, actor, row.sujeto_obligado_id, entry, party_id)
    scheme, number = number_of(entry.body)
    if (scheme, number) != (row.identifier_scheme, row.identifier_id):
        _refuse_duplicate(session, actor, row.sujeto_obligado_id, scheme, number)
    changes = changed_fields(row.body, entry.body)
    try:
        with session.begin_nested():
            beside = _set_others(session, actor, row, others)
            if changes or beside:
                row.body, row.name, row.folded = entry.body, entry.body["name"], searched_text(entry.body)
                row.identifier_scheme, row.identifier_id = scheme, number
                _touch(row, actor)
                session.flush()
                _keep(session, actor, row, [*changes, *beside])
    except IntegrityError:
        _refuse_duplicate(session, actor, row.sujeto_obligado_id, scheme, number)
        raise
    if changes or beside:
        pointers = [one.pointer for one in (*changes, *beside)]
        audit.record(session, "party.correct", "party", row.party_id, pointers=pointers)
    return Corrected(row, changes)


def retire(session: RwSession, actor: Actor, party_id: UUID) -> Party:
    """Take an entry out of use: it is offered no more, and processes that have it keep it.

    Raises:
        NotFoundError: not the actor's to see.
        ForbiddenError: not the actor's to change.
    """
    return _set_retired(session, actor, party_id, retired=True)


def restore(session: RwSession, actor: Actor, party_id: UUID) -> Party:
    """Bring a retired entry back into use; refusals as in `retire`."""
    return _set_retired(session, actor, party_id, retired=False)


def _set_retired(session: RwSession, actor: Actor, party_id: UUID, *, retired: bool) -> Party:
    row = own(session, actor, party_id)
    if (row.retired_at is not None) == retired:
        return row
    row.retired_at = clock.now() if retired else None
    _touch(row, actor)
    session.flush()
    _keep(session, actor, row, [FieldChange(RETIRED, not retired, retired)])
    if retired:
        audit.record(session, "party.retire", "party", row.party_id)
    else:
        audit.record(session, "party.restore", "party", row.party_id)
    return row


# Which process uses what


def link(session: RwSession, actor: Actor, use: queries.Use) -> None:
    """Say that a part of a process came from an entry; the caller has checked that the process is the actor's.

    Raises:
        ForbiddenError: the role edits no processes.
        NotFoundError: the process is another body's, or the entry is not the actor's to see.
    """
    require(actor, Permission.PROCESS_EDIT, use.sujeto_obligado_id)
    queries.party(session, actor, use.party_id)
    values = {
        "tenant_id": actor.tenant_id,
        "process_id": use.process_id,
        "part_path": use.part_path,
        "sujeto_obligado_id": use.sujeto_obligado_id,
        "party_id": use.party_id,
        "party_version": use.party_version,
    }
    session.execute(
        insert(table_of(PartyUse))
        .values(**values)
        .on_conflict_do_update(
            index_elements=["tenant_id", "process_id", "part_path"],
            set_={key: values[key] for key in ("party_id", "party_version")},
        )
    )


def unlink(session: RwSession, actor: Actor, process_id: UUID, part_path: str) -> None:
    """Forget where a part of a process came from: it was removed, or no longer follows the registry.

    Raises:
        ForbiddenError: the role edits no processes.
    """
    require(actor, Permission.PROCESS_EDIT)
    session.execute(
        delete(PartyUse).where(
            col(PartyUse.tenant_id) == actor.tenant_id,
            col(PartyUse.sujeto_obligado_id) == actor.sujeto_obligado_id,
            col(PartyUse.process_id) == process_id,
            col(PartyUse.part_path) == part_path,
        )
    )


def unlink_all(session: RwSession, actor: Actor, process_ids: Collection[UUID]) -> None:
    """Forget where the parts of processes came from: their documents were replaced, and paths mean something else.

    The caller has checked that the actor may do that.
    """
    if process_ids:
        session.execute(
            delete(PartyUse).where(
                col(PartyUse.tenant_id) == actor.tenant_id, among(PartyUse.process_id, process_ids)
            )
        )


# Inside an act


def _tenant(actor: Actor) -> UUID:
    if actor.tenant_id is None:
        raise InvalidError("Falta decir en qué organismo garante.")
    return actor.tenant_id


def _checked(entry: Entry) -> Entry:
    if entry.kind not in KINDS:
        raise InvalidError("Elige si es proveedor, persona servidora pública, área o institución.")
    body = settled(entry.kind, {key: value for key, value in entry.body.items() if key not in OUTSIDE})
    refused = tuple(finding for finding in examine(entry.kind, body) if finding.blocks)
    if refused:
        raise RefusedEntryError(refused)
    return replace(entry, body=body)


def number_of(body: Document) -> tuple[str, str]:
    """Return scheme and number by which an entry is the same as another; both empty when it has none."""
    identifier = body.get("identifier", {})
    scheme = str(identifier.get("scheme") or "")
    number = compared_number(scheme, str(identifier.get("id") or "")) if scheme else ""
    return (scheme, number) if number else ("", "")


def _refuse_duplicate(session: RwSession, actor: Actor, owner: UUID | None, scheme: str, number: str) -> None:
    found = queries.same_number(session, actor, owner, scheme, number)
    if found is not None:
        raise DuplicateError(found)


_Others = dict[str, dict[UUID, str]]
"""Pointer (`/members`, `/memberOf`) → entries that should stand there, with their names."""


def _others(
    session: RwSession, actor: Actor, owner: UUID | None, entry: Entry, itself: UUID | None = None
) -> _Others:
    """Find the entries that another is to have beside it.

    Whoever sees that one must be allowed to see them: what is shared names nothing of a body's own.
    """
    others: _Others = {}
    for pointer, wanted in ((MEMBERS, entry.members), (MEMBER_OF, entry.member_of)):
        if wanted is None:
            continue
        found = queries.parties(session, actor, wanted).values()
        others[pointer] = {
            one.party_id: one.name
            for one in found
            if one.sujeto_obligado_id in (None, owner) and one.party_id != itself
        }
        if set(others[pointer]) != set(wanted):
            raise InvalidError(
                "Elige fichas del registro que pueda ver quien vea esta, y no la propia ficha."
            )
    return others


def _set_others(session: RwSession, actor: Actor, row: Party, others: _Others) -> list[FieldChange]:
    changes: list[FieldChange] = []
    for pointer, wanted in others.items():
        theirs, mine = ("member_id", "group_id") if pointer == MEMBERS else ("group_id", "member_id")
        look = queries.members if pointer == MEMBERS else queries.member_of
        held = {one.party_id: one.name for one in look(session, actor, row.party_id)}
        if set(wanted) == set(held):
            continue
        session.execute(
            delete(PartyMember).where(
                col(PartyMember.tenant_id) == actor.tenant_id,
                col(getattr(PartyMember, mine)) == row.party_id,
                among(getattr(PartyMember, theirs), set(held) - set(wanted)),
            )
        )
        session.add_all(
            PartyMember(tenant_id=row.tenant_id, **{theirs: one, mine: row.party_id})
            for one in set(wanted) - set(held)
        )
        changes.append(FieldChange(pointer, sorted(held.values()), sorted(wanted.values())))
    session.flush()
    return changes


def _touch(row: Party, actor: Actor) -> None:
    row.row_version += 1
    row.updated_by, row.updated_at = actor.account_id, clock.now()


def _keep(session: RwSession, actor: Actor, row: Party, changes: Iterable[FieldChange]) -> None:
    kept: list[Any] = [
        PartyChange(
            tenant_id=row.tenant_id,
            party_id=row.party_id,
            row_version=row.row_version,
            pointer=change.pointer,
            before=change.before,
            after=change.after,
            account_id=actor.account_id,
        )
        for change in changes
    ]
    session.add_all(kept)
    session.flush()

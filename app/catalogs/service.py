"""Acts on single entries: add, edit, retire, bring back. Files of them: `loading`."""

from uuid import UUID

from sqlmodel import select

from app.catalogs.kinds import Kind, named
from app.catalogs.loading import TOLD, apply, discard, receive, search_text
from app.catalogs.models import CatalogChange, CatalogEntry
from app.catalogs.policy import require_manager
from app.catalogs.queries import loaded
from app.catalogs.reading import Values, fault
from app.core import audit, bulk, clock
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, StaleError
from app.core.folding import fold
from app.core.sheets import clean
from app.core.tables import table_of

__all__ = ["add", "apply", "discard", "edit", "receive", "restore", "retire"]

_CHANGE = bulk.insertion(table_of(CatalogChange), "tenant_id", "entry_id", "row_version", "act", "changed")


def add(session: RwSession, actor: Actor, kind_key: str, values: Values) -> CatalogEntry:
    """Add one entry by hand.

    Args:
        session: bound to the actor.
        actor: who manages catalogues.
        kind_key: of the catalogue.
        values: column → text.

    Raises:
        InvalidError: a value is missing or not of its form.
        ConflictError: the code is there already, in use or retired; or it would take the place of the model's list.
    """
    require_manager(actor)
    kind = named(kind_key)
    if actor.tenant_id is None:
        raise ForbiddenError
    given = {column.name: clean(values.get(column.name, "")) for column in kind.columns}
    given["code"] = kind.tidy(given["code"])
    _check(kind, given)
    if kind.listed and not loaded(session, actor, kind_key):
        raise ConflictError(
            "Con una sola clave se dejaría de ofrecer la lista del estándar: descárgala, agrégale la tuya y cárgala."
        )
    code, family = given.pop("code"), given.pop("family", "")
    same = select(CatalogEntry).where(
        CatalogEntry.tenant_id == actor.tenant_id,
        CatalogEntry.kind == kind.key,
        CatalogEntry.family == family,
        CatalogEntry.code == code,
    )
    found = session.exec(same).first()
    if found is not None:
        state = "está retirada; recupérala" if found.retired_at else "ya está en el catálogo; edítala"
        raise ConflictError(f"La clave {code} {state} en lugar de agregarla.")
    entry = CatalogEntry(
        tenant_id=actor.tenant_id,
        kind=kind.key,
        family=family,
        code=code,
        code_key=fold(code),
        folded=search_text(given, code, family),
        description=given["description"],
        unit=given.get("unit", ""),
        stage=given.get("stage", ""),
        method=given.get("method", ""),
    )
    session.add(entry)
    session.flush()
    audit.record(session, "catalog.add", "catalog_entry", entry.entry_id, kind=kind.key, code=code)
    return entry


def edit(session: RwSession, actor: Actor, entry_id: UUID, row_version: int, values: Values) -> CatalogEntry:
    """Change what an entry says; its code stays, and what it said before is kept.

    Raises:
        InvalidError: a value is missing or not of its form.
        StaleError: somebody else changed it meanwhile.
    """
    entry = _held(session, actor, entry_id, row_version)
    kind = named(entry.kind)
    before = {name: getattr(entry, name) for name in TOLD if kind.column(name)}
    given = {name: clean(values.get(name, "")) for name in before}
    given |= {"code": entry.code, "family": entry.family}
    _check(kind, given)
    changed = {name: [before[name], given[name]] for name in before if before[name] != given[name]}
    if changed:
        for name in changed:
            setattr(entry, name, given[name])
        entry.folded = search_text(given, entry.code, entry.family)
        _log(session, entry, "change", changed)
    return entry


def retire(session: RwSession, actor: Actor, entry_id: UUID, row_version: int) -> CatalogEntry:
    """Offer an entry no more; what uses it stays as it is.

    Raises:
        ConflictError: it is retired already.
        StaleError: somebody else changed it meanwhile.
    """
    entry = _held(session, actor, entry_id, row_version)
    if entry.retired_at is not None:
        raise ConflictError(f"La clave {entry.code} ya está retirada.")
    entry.retired_at, entry.retired_by = clock.now(), actor.account_id
    _log(session, entry, "retire", {})
    return entry


def restore(session: RwSession, actor: Actor, entry_id: UUID, row_version: int) -> CatalogEntry:
    """Offer a retired entry again.

    Raises:
        ConflictError: it is in use.
        StaleError: somebody else changed it meanwhile.
    """
    entry = _held(session, actor, entry_id, row_version)
    if entry.retired_at is None:
        raise ConflictError(f"La clave {entry.code} no está retirada.")
    entry.retired_at = entry.retired_by = None
    _log(session, entry, "restore", {})
    return entry


def _held(session: RwSession, actor: Actor, entry_id: UUID, row_version: int) -> CatalogEntry:
    require_manager(actor)
    entry = session.get(CatalogEntry, (actor.tenant_id, entry_id), with_for_update=True)
    if entry is None:
        raise NotFoundError("No hay una clave con ese número en el catálogo.")
    if entry.row_version != row_version:
        raise StaleError("Alguien cambió esta clave mientras la veías. Revisa cómo quedó y repite tu cambio.")
    return entry


def _check(kind: Kind, values: Values) -> None:
    reason = fault(kind, values)
    if reason is not None:
        raise InvalidError(reason)


def _log(session: RwSession, entry: CatalogEntry, act: str, changed: dict[str, list[str]]) -> None:
    entry.row_version += 1
    entry.updated_at = clock.now()
    session.flush()
    row = {
        "tenant_id": entry.tenant_id,
        "entry_id": entry.entry_id,
        "row_version": entry.row_version,
        "act": act,
        "changed": changed,
    }
    bulk.execute(session, _CHANGE, [row])
    audit.record(session, f"catalog.{act}", "catalog_entry", entry.entry_id, kind=entry.kind, code=entry.code)

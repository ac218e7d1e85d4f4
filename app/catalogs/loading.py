"""Files of entries: received and previewed, then applied or discarded. A load never deletes anything.

The largest file that is taken is compared and applied in a few seconds (benchmarks/README.md), so this happens in the
request, not in a job.
"""

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import func, update
from sqlmodel import col, select

from app.catalogs.forgetting import forget
from app.catalogs.kinds import Kind, named
from app.catalogs.models import CatalogChange, CatalogEntry, CatalogLoad
from app.catalogs.policy import require_manager
from app.catalogs.reading import LARGEST_FILE, Content, Key, Values, read
from app.core import audit, bulk, clock
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, ForbiddenError, NotFoundError, TooLargeError
from app.core.folding import fold
from app.core.storage import Storage
from app.core.tables import among, new_id, table_of

SHOWN = 10
"""Entries of each outcome that a preview keeps."""
REFUSED_SHOWN = 500
TOLD = ("description", "unit", "stage", "method")
"""Columns that may change; family and code are what an entry is."""

_ENTRY = table_of(CatalogEntry)
_INSERT = bulk.insertion(
    _ENTRY,
    "tenant_id",
    "entry_id",
    "kind",
    "family",
    "code",
    *TOLD,
    "code_key",
    "folded",
    "row_version",
    "load_id",
)
_UPSERT = _INSERT.on_conflict_do_update(
    index_elements=["tenant_id", "kind", "family", "code"],
    set_={
        **{name: _INSERT.excluded[name] for name in (*TOLD, "folded")},
        "row_version": _ENTRY.c.row_version + 1,
        "updated_at": func.now(),
        "retired_at": None,
        "retired_by": None,
    },
)
_CHANGES = bulk.insertion(
    table_of(CatalogChange), "tenant_id", "entry_id", "row_version", "act", "changed", "load_id"
)


class Known(NamedTuple):
    """An entry as the catalogue has it."""

    entry_id: UUID
    row_version: int
    is_retired: bool
    values: Values


class Altered(NamedTuple):
    """An entry that the file tells otherwise, or brings back; `changed` is `{column: [before, after]}`."""

    key: Key
    known: Known
    values: Values
    changed: dict[str, list[str]]


@dataclass(slots=True)
class Difference:
    """What a file would do to a catalogue; `missing` entries are in use and not in the file."""

    added: list[tuple[Key, Values]] = field(default_factory=list)
    altered: list[Altered] = field(default_factory=list)
    missing: list[tuple[Key, Known]] = field(default_factory=list)
    equal: int = 0


def search_text(values: Values, code: str, family: str) -> str:
    """Return all that people search an entry by, folded, each word after a blank."""
    return f" {fold(' '.join((values['description'], family, code)))}"


def receive(
    session: RwSession,
    actor: Actor,
    storage: Storage,
    kind_key: str,
    source: BinaryIO,
    *,
    filename: str,
    complete: bool = False,
    origin: str = "page",
) -> CatalogLoad:
    """Read a file, compare it with the catalogue, and keep both until somebody applies or discards it.

    Args:
        session: bound to the actor.
        actor: who manages catalogues, or the service itself.
        storage: keeps the file.
        kind_key: of the catalogue.
        source: the file at its beginning, seekable.
        filename: as the person calls it.
        complete: the file is the whole catalogue: what it leaves out is to be retired.
        origin: `page`, `command` or `demonstration`.

    Raises:
        InvalidError, TooLargeError: the file cannot be used; the message says what it lacks.
        NotFoundError: no such kind.
    """
    require_manager(actor)
    kind = named(kind_key)
    if actor.tenant_id is None:
        raise ForbiddenError
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(1024 * 1024):
        digest.update(chunk)
        size += len(chunk)
        if size > LARGEST_FILE:
            raise TooLargeError(f"El archivo pasa de {LARGEST_FILE // 10**6} MB, el máximo. Divídelo.")
    source.seek(0)
    content = read(source, kind)
    difference = _compare(content, _known(session, actor, kind))
    source.seek(0)
    load = CatalogLoad(
        tenant_id=actor.tenant_id,
        kind=kind.key,
        filename="".join(char for char in filename if char.isprintable())[-200:] or "archivo",
        sha256=digest.hexdigest(),
        storage_key=storage.new_key(actor.tenant_id, "catalogs"),
        origin=origin,
        complete=complete,
        counts=_counts(content, difference),
        sample=_sample(content, difference),
        created_by=actor.account_id,
    )
    storage.put(load.storage_key, source)
    session.add(load)
    session.flush()
    audit.record(session, "catalog.receive", "catalog_load", load.load_id, kind=kind.key, sha256=load.sha256)
    return load


def apply(session: RwSession, actor: Actor, storage: Storage, load_id: UUID) -> CatalogLoad:
    """Do what the preview showed, against the catalogue as it is now.

    Raises:
        ConflictError: it was applied or discarded already, nothing of it can be used, or another file was applied
            since it was previewed.
    """
    require_manager(actor)
    load = _waiting(session, actor, load_id)
    newer = select(CatalogLoad.load_id).where(
        CatalogLoad.tenant_id == actor.tenant_id,
        CatalogLoad.kind == load.kind,
        col(CatalogLoad.applied_at) > load.created_at,
    )
    if session.exec(newer).first() is not None:
        raise ConflictError(
            "Otra persona cargó un archivo en este catálogo después de esta vista previa. Vuelve a enviar el tuyo."
        )
    kind = named(load.kind)
    with storage.local_copy(load.storage_key) as path, path.open("rb") as source:
        content = read(source, kind)
    if not content.entries:
        raise ConflictError("Ningún renglón del archivo se puede usar: corrígelo y envíalo de nuevo.")
    difference = _compare(content, _known(session, actor, kind))
    _write(session, actor, load, kind, difference)
    load.counts, load.sample = _counts(content, difference), _sample(content, difference)
    load.applied_at = clock.now()
    session.flush()
    audit.record(session, "catalog.load", "catalog_load", load_id, kind=kind.key, counts=load.counts)
    return load


def discard(session: RwSession, actor: Actor, load_id: UUID) -> CatalogLoad:
    """Leave the catalogue as it is, and forget the file."""
    require_manager(actor)
    load = _waiting(session, actor, load_id)
    load.discarded_at = clock.now()
    forget(session, load)
    session.flush()
    audit.record(session, "catalog.discard", "catalog_load", load_id, kind=load.kind)
    return load


def _waiting(session: RwSession, actor: Actor, load_id: UUID) -> CatalogLoad:
    """Return a load that nobody decided yet, held until the end; every load of its kind waits for the same rows."""
    load = session.get(CatalogLoad, (actor.tenant_id, load_id))
    if load is None:
        raise NotFoundError("No hay una carga con ese número.")
    waiting = select(CatalogLoad).where(
        CatalogLoad.tenant_id == actor.tenant_id,
        CatalogLoad.kind == load.kind,
        col(CatalogLoad.applied_at).is_(None),
        col(CatalogLoad.discarded_at).is_(None),
    )
    held = session.exec(
        waiting.order_by(col(CatalogLoad.load_id)).with_for_update().execution_options(populate_existing=True)
    ).all()
    if load not in held:
        raise ConflictError("Esta carga ya se aplicó o se descartó.")
    return load


def _known(session: RwSession, actor: Actor, kind: Kind) -> dict[Key, Known]:
    identity = ("family", "code", "entry_id", "row_version", "retired_at")
    rows = session.execute(
        sa.select(*(_ENTRY.c[name] for name in (*identity, *TOLD))).where(
            _ENTRY.c.tenant_id == actor.tenant_id, _ENTRY.c.kind == kind.key
        )
    )
    return {
        (family, code): Known(entry_id, version, retired_at is not None, dict(zip(TOLD, told, strict=True)))
        for family, code, entry_id, version, retired_at, *told in rows
    }


def _compare(content: Content, known: dict[Key, Known]) -> Difference:
    difference = Difference()
    for key, values in content.entries.items():
        told = {name: values.get(name, "") for name in TOLD if name in content.columns}
        before = known.get(key)
        if before is None:
            difference.added.append((key, {name: told.get(name, "") for name in TOLD}))
            continue
        changed = {
            name: [before.values[name], text] for name, text in told.items() if before.values[name] != text
        }
        if changed or before.is_retired:
            difference.altered.append(Altered(key, before, before.values | told, changed))
        else:
            difference.equal += 1
    # A code whose row was refused is in the file all the same.
    refused = {row.code for row in content.refused}
    difference.missing = [
        (key, before)
        for key, before in known.items()
        if key not in content.entries and key[1] not in refused and not before.is_retired
    ]
    return difference


def _write(session: RwSession, actor: Actor, load: CatalogLoad, kind: Kind, difference: Difference) -> None:
    def row(key: Key, values: Values, entry_id: UUID) -> dict[str, Any]:
        return {
            "tenant_id": actor.tenant_id,
            "entry_id": entry_id,
            "kind": kind.key,
            "family": key[0],
            "code": key[1],
            **values,
            "code_key": fold(key[1]),
            "folded": search_text(values, key[1], key[0]),
            "row_version": 1,
            "load_id": load.load_id,
        }

    def change(known: Known, act: str, changed: dict[str, list[str]]) -> dict[str, Any]:
        return {
            "tenant_id": actor.tenant_id,
            "entry_id": known.entry_id,
            "row_version": known.row_version + 1,
            "act": act,
            "changed": changed,
            "load_id": load.load_id,
        }

    rows = [row(key, values, new_id()) for key, values in difference.added]
    rows += [row(one.key, one.values, one.known.entry_id) for one in difference.altered]
    bulk.execute(session, _UPSERT, rows)
    changes = [
        change(one.known, "restore" if one.known.is_retired else "change", one.changed)
        for one in difference.altered
    ]
    if load.complete and difference.missing:
        session.execute(
            update(CatalogEntry)
            .where(
                col(CatalogEntry.tenant_id) == actor.tenant_id,
                among(CatalogEntry.entry_id, [known.entry_id for _, known in difference.missing]),
            )
            .values(
                retired_at=func.now(),
                retired_by=actor.account_id,
                updated_at=func.now(),
                row_version=CatalogEntry.row_version + 1,
            )
        )
        changes += [change(known, "retire", {}) for _, known in difference.missing]
    bulk.execute(session, _CHANGES, changes)


def _counts(content: Content, difference: Difference) -> dict[str, int]:
    return {
        "added": len(difference.added),
        "changed": sum(1 for one in difference.altered if not one.known.is_retired),
        "restored": sum(1 for one in difference.altered if one.known.is_retired),
        "equal": difference.equal,
        "missing": len(difference.missing),
        "refused": len(content.refused),
        "repeated": content.repeated,
    }


def _sample(content: Content, difference: Difference) -> dict[str, list[Any]]:
    return {
        "columns": list(content.columns),
        "ignored": list(content.ignored),
        "added": [[*key, values["description"]] for key, values in difference.added[:SHOWN]],
        "altered": [[*one.key, one.values["description"], one.changed] for one in difference.altered[:SHOWN]],
        "missing": [[*key, known.values["description"]] for key, known in difference.missing[:SHOWN]],
        "refused": [asdict(one) for one in content.refused[:REFUSED_SHOWN]],
    }

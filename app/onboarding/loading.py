"""Files of the padrón: received, read by a job, shown row by row, and applied by another as a person chose.

Nothing is removed by a file, and what would change a name or may be the same body waits for a person's choice.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, func, update
from sqlmodel import col, select

from app.core import audit, bulk, clock, outbox
from app.core.db import Actor, Database, RwSession
from app.core.errors import (
    AppError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TooLargeError,
)
from app.core.folding import fold
from app.core.jobs import named
from app.core.storage import Storage
from app.core.tables import among, new_id, table_of
from app.onboarding.forgetting import forget
from app.onboarding.history import Note, Renaming, keep_names, note
from app.onboarding.matching import Judged, Known, compare
from app.onboarding.models import PadronLoad, PadronRow
from app.onboarding.policy import require_keeper
from app.onboarding.reading import LARGEST_FILE, read
from app.onboarding.wording import CHOICES, TOLD
from app.tenancy import queries as tenancy
from app.tenancy.models import SujetoObligado

BATCH = 2_000
"""Rows applied in one transaction."""
PATIENCE = timedelta(minutes=10)
"""Nothing takes longer, not even a file of the most rows."""
CHUNK = 1024 * 1024

_READ, _APPLY = named("padron.read"), named("padron.apply")
_SUJETO, _ROW = table_of(SujetoObligado), table_of(PadronRow)
_ROWS = bulk.insertion(
    _ROW,
    "tenant_id",
    "load_id",
    "row_number",
    "outcome",
    "choice",
    "name",
    "told",
    "changed",
    "reason",
    "sujeto_obligado_id",
    "seen_version",
)
_BODIES = bulk.insertion(
    _SUJETO, "tenant_id", "sujeto_obligado_id", "key", "sort_key", "policy", "row_version", *TOLD
)
_ADD = _BODIES.on_conflict_do_nothing().returning(_SUJETO.c.sujeto_obligado_id)
_CHANGE = _BODIES.on_conflict_do_update(
    index_elements=["tenant_id", "sujeto_obligado_id"],
    set_={name: _BODIES.excluded[name] for name in (*TOLD, "sort_key", "row_version")},
)


def receive(
    session: RwSession, actor: Actor, storage: Storage, source: BinaryIO, *, filename: str
) -> PadronLoad:
    """Keep a file of bodies and have it read.

    Args:
        session: bound to the actor.
        actor: who keeps the padrón.
        storage: keeps the file.
        source: the file at its beginning, seekable.
        filename: as the person calls it.

    Raises:
        InvalidError: it is empty.
        TooLargeError: it is over the limit.
    """
    require_keeper(actor)
    if actor.tenant_id is None:
        raise ForbiddenError
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > LARGEST_FILE:
            raise TooLargeError(f"El archivo pasa de {LARGEST_FILE // CHUNK} MiB, el máximo. Divídelo.")
    if not size:
        raise InvalidError("El archivo está vacío. Elige el que trae el padrón.")
    source.seek(0)
    load = PadronLoad(
        tenant_id=actor.tenant_id,
        filename="".join(char for char in filename if char.isprintable())[-200:] or "archivo",
        sha256=digest.hexdigest(),
        storage_key=storage.new_key(actor.tenant_id, "padron"),
        created_by=actor.account_id,
    )
    storage.put(load.storage_key, source)
    session.add(load)
    session.flush()
    audit.record(session, "padron.receive", "padron_load", load.load_id, sha256=load.sha256)
    _READ.defer(session, lock=f"padron:{actor.tenant_id}", load_id=str(load.load_id))
    return load


def read_load(database: Database, actor: Actor, storage: Storage, load_id: UUID) -> None:
    """Read a load's file and keep what each row would do; a second time does nothing."""
    with database.unit_of_work(actor) as session:
        load = held(session, actor, load_id)
        if load.analysed_at or load.failed_at or load.discarded_at:
            return
        try:
            with storage.local_copy(load.storage_key) as path, path.open("rb") as source:
                content = read(source)
        except AppError as error:
            load.message, load.failed_at = error.detail, clock.now()
            return
        state = tenancy.tenant(session, actor).pnt_prefix
        judged = compare(content.rows, _padron(session, actor), state)
        bulk.execute(session, _ROWS, [_row(actor, load, one) for one in judged])
        load.columns, load.ignored = list(content.columns), list(content.ignored)
        load.counts = dict(Counter(one.outcome for one in judged))
        load.analysed_at = clock.now()


def choose(session: RwSession, actor: Actor, load_id: UUID, choices: Mapping[int, str]) -> None:
    """Say what is to become of some rows.

    Args:
        session: bound to the actor.
        actor: who keeps the padrón.
        load_id: read, and not ordered yet.
        choices: row number → one of the choices of its outcome.

    Raises:
        InvalidError: a row has no such choice.
        ConflictError: the load is not waiting for choices.
    """
    require_keeper(actor)
    waiting(session, actor, load_id)
    rows = session.exec(_rows(actor, load_id).where(among(PadronRow.row_number, choices))).all()
    for row in rows:
        choice = choices[row.row_number]
        if choice not in offered(row):
            raise InvalidError(f"El renglón {row.row_number:,} no ofrece eso. Elige una de sus opciones.")
        row.choice = choice
    session.flush()


def choose_all(session: RwSession, actor: Actor, load_id: UUID, outcome: str, choice: str) -> None:
    """Say what is to become of every row of an outcome; never for those that a person must look at one by one.

    Raises:
        InvalidError: the outcome has no such choice for all.
    """
    require_keeper(actor)
    waiting(session, actor, load_id)
    if choice not in {value for value, _ in CHOICES.get(outcome, ())} or (
        outcome == "alike" and choice == "change"
    ):
        raise InvalidError("Eso se decide renglón por renglón.")
    session.execute(
        update(PadronRow)
        .where(
            col(PadronRow.tenant_id) == actor.tenant_id,
            col(PadronRow.load_id) == load_id,
            col(PadronRow.outcome) == outcome,
        )
        .values(choice=choice)
    )


def order(session: RwSession, actor: Actor, load_id: UUID) -> PadronLoad:
    """Have what was chosen applied.

    Raises:
        ConflictError: nothing is chosen, or the load is not waiting.
    """
    require_keeper(actor)
    load = waiting(session, actor, load_id)
    if session.exec(_chosen(actor, load_id).limit(1)).first() is None:
        raise ConflictError("No hay nada que aplicar: todo está en «No tocar».")
    load.ordered_at = clock.now()
    session.flush()
    audit.record(session, "padron.order", "padron_load", load_id)
    _APPLY.defer(session, lock=f"padron:{actor.tenant_id}", load_id=str(load_id))
    return load


def resume(session: RwSession, actor: Actor, load_id: UUID) -> PadronLoad:
    """Go on where a load stopped: with reading it, or with applying what was chosen.

    Raises:
        ConflictError: it moves, or it has ended.
    """
    require_keeper(actor)
    load = held(session, actor, load_id)
    if not is_stalled(load):
        raise ConflictError("Esta carga sigue en marcha, o ya terminó.")
    task = _READ
    if load.ordered_at:
        task, load.ordered_at = _APPLY, clock.now()
    audit.record(session, "padron.resume", "padron_load", load_id)
    task.defer(session, lock=f"padron:{actor.tenant_id}", load_id=str(load_id))
    return load


def discard(session: RwSession, actor: Actor, load_id: UUID) -> PadronLoad:
    """Leave the padrón as it is and forget the file; what a load that stopped had applied already stays.

    Raises:
        ConflictError: it moves, or it has ended.
    """
    require_keeper(actor)
    load = held(session, actor, load_id)
    if not is_waiting(load) and not is_stalled(load):
        raise ConflictError("Esta carga sigue en marcha, o ya terminó.")
    load.discarded_at = clock.now()
    forget(session, load)
    session.flush()
    audit.record(session, "padron.discard", "padron_load", load_id)
    return load


def apply_load(database: Database, actor: Actor, load_id: UUID) -> None:
    """Do what was chosen, some thousand rows a transaction; begun again, it goes on where it stopped."""
    while True:
        with database.unit_of_work(actor) as session:
            load = held(session, actor, load_id)
            if load.ordered_at is None or load.applied_at or load.discarded_at:
                return
            rows = session.exec(_chosen(actor, load_id).limit(BATCH)).all()
            if not rows:
                results = session.execute(
                    sa.select(_ROW.c.result, func.count())
                    .where(_ROW.c.tenant_id == actor.tenant_id, _ROW.c.load_id == load_id)
                    .group_by(_ROW.c.result)
                )
                done = {f"done_{result}": count for result, count in results if result}
                load.counts, load.applied_at = load.counts | done, clock.now()
                audit.record(session, "padron.load", "padron_load", load_id, **done)
                outbox.emit(session, "padron.changed", [{"load_id": str(load_id)}])
                return
            _add(session, actor, load, [row for row in rows if row.choice == "add"])
            _change(session, actor, load, [row for row in rows if row.choice == "change"])


def offered(row: PadronRow) -> dict[str, str]:
    """Return what a person may choose for a row, value → words, the default first."""
    choices = dict(CHOICES.get(row.outcome, ()))
    if row.sujeto_obligado_id is None:
        choices.pop("change", None)
    return choices


def held(session: RwSession, actor: Actor, load_id: UUID) -> PadronLoad:
    """Return a load, kept from others until the transaction ends.

    Raises:
        NotFoundError: none of this tenant's.
    """
    load = session.get(PadronLoad, (actor.tenant_id, load_id), with_for_update=True)
    if load is None:
        raise NotFoundError("No hay una carga del padrón con ese número.")
    return load


def is_waiting(load: PadronLoad) -> bool:
    """Tell whether a load was read, and nobody has decided about it yet."""
    return bool(load.analysed_at and not load.ordered_at and not load.discarded_at)


def is_stalled(load: PadronLoad) -> bool:
    """Tell whether a load should have been read or applied long ago: what did it met something unforeseen."""
    if load.failed_at or load.discarded_at or load.applied_at or is_waiting(load):
        return False
    return clock.now() - (load.ordered_at or load.created_at) > PATIENCE


def waiting(session: RwSession, actor: Actor, load_id: UUID) -> PadronLoad:
    """Return a load that was read and that nobody decided yet, kept from others.

    Raises:
        ConflictError: it is in another state.
    """
    load = held(session, actor, load_id)
    if not is_waiting(load):
        raise ConflictError("Esta carga no espera decisiones: se está leyendo, o ya se aplicó o se descartó.")
    return load


def _rows(actor: Actor, load_id: UUID) -> Any:
    return select(PadronRow).where(PadronRow.tenant_id == actor.tenant_id, PadronRow.load_id == load_id)


def _chosen(actor: Actor, load_id: UUID) -> Any:
    chosen = _rows(actor, load_id).where(PadronRow.choice != "leave", PadronRow.result == "")
    return chosen.order_by(col(PadronRow.row_number))


def _padron(session: RwSession, actor: Actor) -> list[Known]:
    columns = (_SUJETO.c[name] for name in ("sujeto_obligado_id", "row_version", "status", "key", *TOLD))
    rows = session.execute(
        sa.select(*columns)
        .where(_SUJETO.c.tenant_id == actor.tenant_id)
        .order_by(_SUJETO.c.sort_key, _SUJETO.c.sujeto_obligado_id)
    )
    return [
        Known(sujeto, version, key, dict(zip(TOLD, told, strict=True)), is_merged=status == "merged")
        for sujeto, version, status, key, *told in rows
    ]


def _row(actor: Actor, load: PadronLoad, one: Judged) -> dict[str, Any]:
    return {
        "tenant_id": actor.tenant_id,
        "load_id": load.load_id,
        "row_number": one.row_number,
        "outcome": one.outcome,
        "choice": CHOICES[one.outcome][0][0] if one.outcome in CHOICES else "leave",
        "name": one.name,
        "told": one.told,
        "changed": one.changed,
        "reason": one.reason,
        "sujeto_obligado_id": one.known.sujeto_obligado_id if one.known else None,
        "seen_version": one.known.row_version if one.known else 0,
    }


def _add(session: RwSession, actor: Actor, load: PadronLoad, rows: list[PadronRow]) -> None:
    if not rows:
        return
    policy = tenancy.tenant(session, actor).default_policy
    fresh = {new_id(): row for row in rows}
    bodies: list[dict[str, Any]] = [
        {
            **{name: row.told.get(name, "") for name in TOLD},
            "tenant_id": actor.tenant_id,
            "sujeto_obligado_id": sujeto,
            "key": key_of(row.told, sujeto),
            "sort_key": fold(row.told["name"]),
            "policy": policy,
            "row_version": 1,
        }
        for sujeto, row in fresh.items()
    ]
    added = set(bulk.returned(session, _ADD, bodies))
    done = {sujeto: row.row_number for sujeto, row in fresh.items() if sujeto in added}
    note(
        session,
        actor,
        [Note(sujeto, 1, "add", load_id=load.load_id, row_number=number) for sujeto, number in done.items()],
    )
    _finish(session=session, actor=actor, load=load, rows=rows, done=set(done.values()), result="added")
    if done:
        # Two parameters, not two for each row: the statement is the same for every batch.
        numbers = sa.literal(list(done.values()), sa.ARRAY(sa.Integer))
        sujetos = sa.literal(list(done), sa.ARRAY(sa.Uuid))
        pairs = func.unnest(numbers, sujetos).table_valued(
            sa.column("number", sa.Integer), sa.column("sujeto", sa.Uuid), name="became"
        )
        became = pairs.render_derived()
        session.execute(
            update(PadronRow)
            .where(*_among_rows(actor, load, done.values()), became.c.number == col(PadronRow.row_number))
            .values(sujeto_obligado_id=became.c.sujeto)
            .execution_options(synchronize_session=False)
        )


def _change(session: RwSession, actor: Actor, load: PadronLoad, rows: list[PadronRow]) -> None:
    if not rows:
        return
    query = select(SujetoObligado).where(
        SujetoObligado.tenant_id == actor.tenant_id,
        among(SujetoObligado.sujeto_obligado_id, [row.sujeto_obligado_id for row in rows]),
    )
    bodies = {
        body.sujeto_obligado_id: body
        for body in session.exec(query.order_by(col(SujetoObligado.sujeto_obligado_id)).with_for_update())
    }
    taken = _holders(session, actor, rows)
    values: list[dict[str, Any]] = []
    notes: list[Note] = []
    renamings: list[Renaming] = []
    done: set[int] = set()
    for row in rows:
        # Each body once: a second row about it was compared with what it no longer says.
        body = bodies.pop(row.sujeto_obligado_id, None) if row.sujeto_obligado_id else None
        if body is None or body.row_version != row.seen_version or body.status == "merged":
            continue
        told = {name: after for name, (_, after) in row.changed.items()}
        if taken.get(told.get("pnt_id", ""), body.sujeto_obligado_id) != body.sujeto_obligado_id:
            continue
        sujeto, version = body.sujeto_obligado_id, body.row_version + 1
        kept = {name: getattr(body, name) for name in TOLD} | told
        values.append(
            {
                **kept,
                "tenant_id": actor.tenant_id,
                "sujeto_obligado_id": sujeto,
                "key": body.key,
                "sort_key": fold(kept["name"]),
                "policy": body.policy,
                "row_version": version,
            }
        )
        act = "rename" if "name" in told else "change"
        notes.append(Note(sujeto, version, act, row.changed, load_id=load.load_id, row_number=row.row_number))
        if "name" in told:
            renamings.append(Renaming(sujeto, body.name, told["name"]))
        done.add(row.row_number)
    bulk.execute(session, _CHANGE, values)
    keep_names(session, actor, renamings, tenancy.today(session, actor), f"Padrón cargado: {load.filename}")
    _finish(session=session, actor=actor, load=load, rows=rows, done=done, result="changed")
    note(session, actor, notes)
    session.expire_all()  # the bodies were changed behind the session's back


def _holders(session: RwSession, actor: Actor, rows: Iterable[PadronRow]) -> dict[str, UUID]:
    """Return whose are the PNT ids that rows would give, those that are anybody's."""
    given = {row.changed["pnt_id"][1] for row in rows if "pnt_id" in row.changed} - {""}
    found = session.execute(
        sa.select(_SUJETO.c.pnt_id, _SUJETO.c.sujeto_obligado_id).where(
            _SUJETO.c.tenant_id == actor.tenant_id, among(SujetoObligado.pnt_id, given)
        )
    )
    return dict(found.all())


def _among_rows(actor: Actor, load: PadronLoad, numbers: Iterable[int]) -> tuple[ColumnElement[bool], ...]:
    return (
        col(PadronRow.tenant_id) == actor.tenant_id,
        col(PadronRow.load_id) == load.load_id,
        among(PadronRow.row_number, numbers),
    )


def _finish(
    *, session: RwSession, actor: Actor, load: PadronLoad, rows: list[PadronRow], done: set[int], result: str
) -> None:
    """Say of each row what became of it; those not done could not be."""
    left = {row.row_number for row in rows} - done
    for numbers, values in (
        (done, {"result": result}),
        (left, {"result": "stale", "reason": _NOT_DONE[result]}),
    ):
        session.execute(
            update(PadronRow)
            .where(*_among_rows(actor, load, numbers))
            .values(**values)
            .execution_options(synchronize_session=False)
        )


_NOT_DONE = {
    "added": "Su clave o su ID ya son de otro sujeto obligado: agrégalo a mano con otra.",
    "changed": "Alguien lo cambió, o dio su ID a otro, después de la vista previa: vuelve a enviar el archivo.",
}


def key_of(told: dict[str, str], sujeto_obligado_id: UUID) -> str:
    """Return the key of a new body: the garante's own, else from its id in the PNT, else a fresh one."""
    if key := told.get("key"):
        return key
    return f"pnt-{told['pnt_id']}" if told.get("pnt_id") else f"so-{sujeto_obligado_id.hex[:12]}"

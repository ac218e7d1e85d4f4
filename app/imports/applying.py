"""The two passes over a file: reading for the preview, and applying in units that survive a crash.

A unit is one transaction: documents, what becomes of their rows, counts, and the place from which a resumed job goes
on. A window of at most 200 rows is one unit, unless its releases are published one by one: then the first release of
each process is a unit, the second another, and the checkpoint tells which rows of the window are done.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app.core import audit, bulk, clock
from app.core.db import Actor, Database, RwSession
from app.core.errors import AppError, InvalidError, SuspendedError
from app.core.storage import Storage
from app.core.tables import table_of
from app.identity.queries import actor_for_job
from app.imports import queries, sources
from app.imports.entries import Entry, Pass, Place
from app.imports.judging import Judge, Row
from app.imports.models import ImportRow, ImportRun
from app.imports.saving import Publisher, publish, save
from app.imports.sourcing import Numbered, Setting, Source, StoppedError
from app.imports.workflow import RUNS
from app.settings import get_settings
from app.tenancy import queries as tenancy

UNIT = 200
"""Rows of a window, and releases of a unit of work, at most."""
UNIT_VALUES = 100_000
"""Values after which a window is closed, however few its rows: each may have an error to tell."""
WATCHED = 300_000
"""Releases that the first reading remembers, to foresee repetitions."""
BEAT_SECONDS = 0.5
"""Between two signs of life of a source that reads."""
ATTEMPTS = 3
"""Times that a unit starts over because somebody else made the same process meanwhile."""

_UNDATED = datetime.min.replace(tzinfo=UTC)
_T = TypeVar("_T")


def read_run(database: Database, actor: Actor, import_id: UUID, *, storage: Storage) -> None:
    """Read the file of an import for its preview; idempotent, goes on from its checkpoint.

    Args:
        database: where everything is.
        actor: a person, or the system for a job of theirs.
        import_id: of a run in status `reading`; in any other nothing happens.
        storage: where the file is.
    """
    with _working(database, actor, import_id, "reading", storage) as work:
        if work is None:
            return
        foresight = _Foresight()
        for window in work.windows():
            if not work.foresee(window, foresight):
                return
        work.end("preview")


def apply_run(
    database: Database,
    actor: Actor,
    import_id: UUID,
    *,
    storage: Storage,
    publisher: Publisher | None = None,
    watch: Callable[[ImportRun], None] | None = None,
) -> None:
    """Apply the file of an import; idempotent, goes on from its checkpoint.

    Args:
        database: where everything is.
        actor: a person, or the system for a job of theirs.
        import_id: of a run in status `applying`; in any other nothing happens.
        storage: where the file is.
        publisher: if the run asks for it, publishes the releases of sujetos obligados whose policy is `direct`, one by
            one; without it the releases of one process gather in one draft.
        watch: told of the run after every unit.
    """
    with _working(database, actor, import_id, "applying", storage) as work:
        if work is None:
            return
        for window in work.windows():
            if not work.apply(window, publisher if work.publishes else None):
                return
            if watch is not None:
                watch(work.run)
        work.end("finish")


@contextmanager
def _working(
    database: Database, actor: Actor, import_id: UUID, status: str, storage: Storage
) -> Iterator["_Work | None"]:
    """Open the work on a run; a failure that we understand becomes its message."""
    settings = get_settings()
    try:
        with database.unit_of_work(actor) as session:
            actor = actor_for_job(session, actor) if actor.role == "system" else actor
            run = queries.run(session, actor, import_id)
            judge = Judge(database, session, actor, run) if run.status == status else None
            zone = tenancy.tenant(session, actor).time_zone
        if judge is None:
            yield None
            return
        with storage.local_copy(run.storage_key) as path:
            try:
                source = sources.of(path, settings.unpacked_limit)
            except AppError as error:
                _fail(database, actor, import_id, error)
                yield None
                return
            work = _Work(database, actor, run, judge, source)
            setting = Setting(
                zone=zone,
                padron=judge.padron,
                body=judge.padron.by_id.get(run.sujeto_obligado_id) if run.sujeto_obligado_id else None,
                unpacked_limit=settings.unpacked_limit,
                element_limit=settings.element_limit,
                beat=work.beat,
                own_processes=work.own_processes,
                tenant_id=run.tenant_id,
                choices=run.choices,
            )
            work.reading = source.open(path, setting)
            yield work
    except StoppedError:  # what the person asked for; the run says so already
        return
    except SuspendedError:  # it goes on from its checkpoint when the tenant works again
        raise
    except AppError as error:
        _fail(database, actor, import_id, error)


def _fail(database: Database, actor: Actor, import_id: UUID, error: AppError) -> None:
    with database.unit_of_work(actor) as session:
        run = queries.run(session, actor, import_id, for_update=True)
        if RUNS.find("fail", run.status) is None:
            raise error
        RUNS.apply(run, "fail")
        run.message, run.updated_at = error.detail, clock.now()
        audit.record(session, "import.fail", "import_run", import_id, error=error.slug)


class _Foresight:
    """What a first reading has seen, so that the preview tells repetitions within the file."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()
        self._ocids: set[int] = set()

    def look(self, row: Row, counts: Counter[str]) -> None:
        """Add a row's prospects to the counts."""
        digest, ocid = hash(row.analysis.source_sha256), hash(row.analysis.ocid)
        if row.outcome == "pending" and digest in self._hashes:
            row.outcome = "duplicate"
        if row.outcome == "pending":
            counts["existing" if row.process is not None or ocid in self._ocids else "new"] += 1
        if len(self._hashes) < WATCHED:
            self._hashes.add(digest)
            self._ocids.add(ocid)


class _Work:
    """One run being read or applied; `reading` is set before anything is asked of it."""

    reading: Pass

    def __init__(
        self, database: Database, actor: Actor, run: ImportRun, judge: Judge, source: Source
    ) -> None:
        self.publishes, self.run = run.publish, run
        self._database, self._actor, self._judge, self._source = database, actor, judge, source
        self._beaten = clock.monotonic()
        self._import_id, self._status = run.import_id, run.status
        self._checkpoint = held = run.checkpoint
        self._place = Place(held.get("text", 0), held.get("offset", -1), held.get("row", 0))
        self._done: set[int] = set(held.get("done", ()))

    def windows(self) -> Iterator[list[Entry]]:
        """Yield the entries that are left, a window at a time; an element of the file is never cut."""
        window: list[Entry] = []
        size = 0
        for _, group in groupby(self.reading.entries(self._place), key=lambda entry: entry.place[:2]):
            element = list(group)
            if window and (len(window) + len(element) > UNIT or size + element[0].values > UNIT_VALUES):
                yield window
                window, size = [], 0
            window += element
            size += element[0].values
        if window:
            yield window

    def beat(self, done_bytes: int) -> None:
        """Show how far a source has read, once a second at most, while it has no entry to give yet.

        Raises:
            StoppedError: the run was cancelled, or is in other hands.
        """
        if clock.monotonic() - self._beaten < BEAT_SECONDS:
            return
        self._beaten = clock.monotonic()

        def unit(_: RwSession, run: ImportRun) -> bool:
            run.done_bytes, run.updated_at = done_bytes, clock.now()
            return True

        if not self._in_unit(unit):
            raise StoppedError

    def own_processes(
        self, body: UUID, numbers: Collection[str], *, not_of: str, part: Numbered = "tender"
    ) -> dict[str, str]:
        """Return the processes of a body that a source must not copy (`sourcing.OwnProcesses`)."""
        with self._database.unit_of_work(self._actor) as session:
            return queries.own_processes(session, self._actor, body, numbers, not_of=not_of, part=part)

    def foresee(self, window: list[Entry], foresight: _Foresight) -> bool:
        """Record what a window would do; tell whether to go on."""
        rows = self._judge.rows(window)

        def unit(session: RwSession, run: ImportRun) -> bool:
            counts = Counter(run.counts)
            self._judge.decide(session, rows)
            for row in rows:
                foresight.look(row, counts)
            self._record(session, run, rows, counts)
            run.checkpoint = _checkpoint(run, window)
            return True

        return self._in_unit(unit) or False

    def apply(self, window: list[Entry], publisher: Publisher | None) -> bool:
        """Apply a window; tell whether to go on."""
        left = self._judge.rows(entry for entry in window if entry.place.row not in self._done)
        left.sort(key=lambda row: row.analysis.source_date or _UNDATED)
        while left:

            def unit(session: RwSession, run: ImportRun, rows: list[Row] = left) -> list[Row]:
                self._judge.decide(session, rows, for_update=True)
                later = save(session, self._actor, run, rows, one_each=publisher is not None)
                if publisher is not None:
                    publish(session, self._actor, self._judge.padron, rows, publisher)
                recorded = [row for row in rows if row not in later]
                self._record(session, run, recorded, Counter(run.counts))
                if later:
                    run.checkpoint = {
                        **run.checkpoint,
                        "done": sorted(self._done.union(row.number for row in recorded)),
                    }
                else:
                    run.checkpoint = _checkpoint(run, window)
                return later

            later = self._in_unit(unit)
            if later is None:
                return False
            self._done.update(row.number for row in left if row not in later)
            left = later
        self._done.clear()
        return True

    def end(self, action: str) -> None:
        """Close the run."""
        reading = self.reading

        def unit(session: RwSession, run: ImportRun) -> bool:
            if not run.counts.get("entries"):
                raise InvalidError(self._source.nothing)
            RUNS.apply(run, action)
            run.source, run.shape = self._source.key, " ".join(reading.shapes)
            run.done_bytes = run.size_bytes
            run.metadata_kept = {"packages": reading.packages, "packages_left": reading.packages_left}
            run.message = (
                "" if reading.complete else "El archivo está cortado o roto: solo se leyó una parte."
            )
            run.updated_at = clock.now()
            audit.record(session, f"import.{action}", "import_run", run.import_id, counts=run.counts)
            return True

        self._in_unit(unit)

    def _in_unit(self, act: Callable[[RwSession, ImportRun], _T]) -> _T | None:
        """Do one unit of work; None when the run was cancelled, has ended, or is in other hands.

        A job that was given up for dead may still live: whoever moves the checkpoint first goes on, the other stops.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._database.unit_of_work(self._actor) as session:
                    tenancy.at_work(session, self._actor)
                    run = queries.run(session, self._actor, self._import_id, for_update=True)
                    if run.status != self._status or run.checkpoint != self._checkpoint:
                        return None
                    if run.cancel_requested:
                        RUNS.apply(run, "stop")
                        run.updated_at = clock.now()
                        return None
                    result = act(session, run)
            except IntegrityError:
                if attempt == ATTEMPTS:
                    raise
            else:
                self._checkpoint, self.run = run.checkpoint, run
                return result
        return None

    def _record(self, session: RwSession, run: ImportRun, rows: list[Row], counts: Counter[str]) -> None:
        """Store what became of rows."""
        for row in rows:
            row.count(counts)
        counts["entries"] += len(rows)
        run.counts = dict(counts)
        run.done_bytes = self.reading.position
        run.updated_at = clock.now()
        bulk.execute(session, _UPSERT, [row.stored(self._actor.tenant_id, run.import_id) for row in rows])


def _checkpoint(run: ImportRun, window: list[Entry]) -> dict[str, Any]:
    """Return the place after a window, in the phase that the run is in."""
    return {**window[-1].place._asdict(), "phase": run.checkpoint.get("phase", "read")}


def _upsert() -> Any:
    columns = table_of(ImportRow).columns
    statement = bulk.insertion(table_of(ImportRow), *(column.name for column in columns))
    replaced = {column.name: statement.excluded[column.name] for column in columns if not column.primary_key}
    return statement.on_conflict_do_update(
        index_elements=["tenant_id", "import_id", "row_number"], set_=replaced
    )


_UPSERT = _upsert()

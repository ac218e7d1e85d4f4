"""What shall become of each row of a window, seen against what the tenant already has."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Actor, Database, RwSession
from app.core.policy import Permission, allowed
from app.imports import queries
from app.imports.analysis import Analysis, Owner, Prefixes, analyse, problems_of
from app.imports.entries import Entry, SourceRow
from app.imports.matching import Padron
from app.imports.models import ImportRun
from app.imports.records import Document
from app.ocds.ocid import split
from app.processes.queries import WorkingProcess, load_working, moved_away
from app.processes.summary import title_of
from app.tenancy import queries as tenancy

UNKNOWN = UUID(int=0)
LOCKED = ("in_review", "scheduled")
"""Statuses in which nobody edits a version."""
TOLD = 50
"""Remarks about rows of a spreadsheet that one process lists; all of them are in the report."""


@dataclass(slots=True, eq=False)
class Row:
    """One entry on its way.

    Attributes:
        entry: as read (its release taken apart by the analysis).
        analysis: what of it can be used.
        outcome: `pending` until decided; then as `ImportRow.outcome`.
        process: the process it belongs to, when there is one.
        newest: the date of the newest release applied to that process, if known.
        sujeto_obligado_id: whose it is; `UNKNOWN` until found.
        notes: what the report says besides the analysis.
        process_id, version_number: where it ended up.
        before: the draft that it changes; None where it begins one.
        rows: of the spreadsheet it was made of.
        edited: the whole document, where a person edited it; None where a release adds to what there is.
        weighed: what edits change, and what they leave for a person to decide.
    """

    entry: Entry
    analysis: Analysis
    outcome: str = "pending"
    process: WorkingProcess | None = None
    newest: datetime | None = None
    sujeto_obligado_id: UUID = UNKNOWN
    notes: list[dict[str, Any]] = field(default_factory=list)
    process_id: UUID | None = None
    version_number: int | None = None
    before: Document | None = None
    rows: tuple[SourceRow, ...] = ()
    edited: Document | None = None
    weighed: Counter[str] = field(default_factory=Counter)

    @property
    def number(self) -> int:
        """Its place in the file, from 1."""
        return self.entry.place.row

    def reset(self) -> None:
        """Forget every decision: its unit starts over."""
        self.outcome, self.process, self.process_id, self.version_number = "pending", None, None, None
        self.notes, self.before, self.edited, self.weighed = [], None, None, Counter()
        self._tell(self.entry.rows if self.entry.fault is None else ())
        self.rows = self.entry.rows
        if self.entry.encoding != "utf-8":
            self.note(
                "encoding",
                "El texto no estaba en UTF-8; se leyó como Windows-1252 (Latin-1). Revisa los acentos.",
            )

    def edit(self) -> None:
        """Take the edits to the document as it is now, and tell what they do."""
        if self.entry.edits is None:
            return
        made = self.entry.edits.onto(self.process.document if self.process else {})
        found = self.analysis
        self.edited = found.document = made.document
        self.rows = made.rows
        self._tell(made.rows)
        for sentence in made.told:
            self.note("edit", sentence)
        found.refused = [
            {"pointer": "", "code": "cell", "severity": "error", "message": sentence, "value": ""}
            for sentence in made.refused
        ]
        self.weighed = Counter(edits=made.changes, collisions=made.collisions, missing=made.missing)
        if self.weighed.total():
            found.problems = problems_of(found.ocid, made.document)
        else:
            self.outcome = "refused" if made.refused else "unchanged"

    def _tell(self, rows: Iterable[SourceRow]) -> None:
        told = [(row, remark) for row in rows for remark in row.remarks]
        for row, remark in told[:TOLD]:
            self.note("source-row", f"Renglón {row.number:,} de «{row.sheet}»: {remark}")

    def refuse(self, code: str, message: str, pointer: str = "") -> None:
        """Decide that nothing of it is used, and say why."""
        self.outcome = "refused"
        self.note(code, message, severity="error", pointer=pointer)

    def note(self, code: str, message: str, *, severity: str = "info", pointer: str = "") -> None:
        """Add a sentence to its report."""
        self.notes.append({"pointer": pointer, "code": code, "severity": severity, "message": message})

    def count(self, counts: Counter[str]) -> None:
        """Add it to the figures of its import."""
        counts[self.outcome] += 1
        if self.outcome == "refused":
            return
        counts["refused_values"] += len(self.analysis.refused)
        counts["kept_values"] += len(self.analysis.kept)
        counts["with_errors"] += self.analysis.error_count > 0
        counts.update(self.weighed)

    def stored(self, tenant_id: UUID | None, import_id: UUID) -> dict[str, Any]:
        """Return it as a row of `import_row`."""
        found = self.analysis
        return {
            "tenant_id": tenant_id,
            "import_id": import_id,
            "row_number": self.number,
            "outcome": self.outcome,
            "source_ocid": found.source_ocid,
            "source_id": found.source_id,
            "source_date": found.source_date,
            "source_sha256": found.source_sha256,
            "ocid": self.process.ocid if self.process and self.outcome != "refused" else found.ocid,
            "title": title_of(found.document),
            "process_id": self.process_id,
            "version_number": self.version_number,
            "problems": [*self.notes, *found.report()],
            "source_rows": [[row.sheet, row.number, list(row.remarks)] for row in self.rows],
            "before": self.before,
            "kept": found.kept,
        }


class Judge:
    """Knows the tenant for the time of one run.

    Args:
        database: asked for the owners of prefixes.
        session: bound to the actor.
        actor: who imports.
        run: of which import.
    """

    def __init__(self, database: Database, session: RwSession, actor: Actor, run: ImportRun) -> None:
        self._database = database
        self._actor = actor
        self._import_id, self._sujeto_obligado_id = run.import_id, run.sujeto_obligado_id
        self._owners: dict[str, Owner] = {}
        self.padron = Padron(tenancy.sujetos(session, actor))
        self._inherited = tenancy.inherited_prefixes(session, actor)
        self.prefixes = Prefixes(tuple(tenancy.prefixes(session, actor)), self._owner)

    def rows(self, entries: Iterable[Entry]) -> list[Row]:
        """Return entries analysed."""
        return [Row(entry, analyse(entry, self.prefixes)) for entry in entries]

    def decide(self, session: RwSession, rows: Sequence[Row], *, for_update: bool = False) -> None:
        """Leave `pending` what can be applied and decide the others.

        Args:
            session: bound to the actor.
            rows: of one window, in order.
            for_update: lock the processes they belong to.
        """
        names = {row.analysis.ocid for row in rows} | {
            alias for row in rows for alias in row.analysis.aliases
        }
        processes = load_working(session, self._actor, names - {""}, for_update=for_update)
        moved = moved_away(session, self._actor, names - {"", *processes})
        hashes = {row.analysis.source_sha256 for row in rows if row.analysis.refusal is None}
        applied = queries.applied(session, self._actor, hashes)
        newest = queries.newest(session, self._actor, {one.process_id for one in processes.values()})
        seen: set[str] = set()
        for row in rows:
            found = row.analysis
            row.reset()
            if found.refusal is not None:
                row.outcome = "refused"
                continue
            row.process = processes.get(found.ocid) or next(
                (processes[alias] for alias in found.aliases if alias in processes), None
            )
            if row.process is None and (found.ocid in moved or self._is_elsewhere(found.ocid)):
                row.refuse(
                    "moved",
                    "Esta contratación es de otro organismo garante, o pasó a él con un traspaso: impórtala allá.",
                    "/ocid",
                )
                continue
            row.newest = newest.get(row.process.process_id) if row.process else None
            if row.process is None:
                row.edit()
            if row.outcome == "pending":
                self._place(row)
            if (
                row.process is not None and row.outcome == "pending"
            ):  # never before it is known to be the actor's
                row.edit()
            before = applied.get(found.source_sha256) if row.edited is None else None
            if row.outcome != "pending":
                continue
            if found.source_sha256 in seen or (before and before.import_id == self._import_id):
                row.outcome = "duplicate"
            elif before:
                row.outcome, row.process_id = "unchanged", before.process_id
            elif row.process is not None and row.process.open_status in LOCKED:
                row.refuse(
                    "in-review",
                    "Esta contratación está en revisión o programada y ahora nadie puede cambiarla. Espera a que la "
                    "aprueben o devuelvan y vuelve a importar el archivo.",
                )
            seen.add(found.source_sha256)

    def _is_elsewhere(self, ocid: str) -> bool:
        """Tell whether an ocid that is new here has a prefix that only came with processes of another tenant."""
        named = split(ocid)
        return named is not None and named[0] in self._inherited

    def _place(self, row: Row) -> None:
        """Find the sujeto obligado, and refuse what is another's without telling whose."""
        process = row.process
        whose = self._sujeto_obligado_id
        if whose is None and (process is None or row.entry.edits is None):
            whose = self.padron.match(row.analysis.document)
        whose = whose or (process.sujeto_obligado_id if process else None)
        if whose is None:
            row.refuse(
                "no-sujeto",
                "El comprador no coincide con ningún sujeto obligado del padrón, ni por RFC ni por nombre. Corrige el "
                "nombre o el RFC, o importa el archivo eligiendo el sujeto obligado.",
                "/buyer",
            )
        elif whose not in self.padron.by_id or (process is not None and process.sujeto_obligado_id != whose):
            row.refuse(
                "not-found",
                "Este ocid no está entre las contrataciones de este sujeto obligado y no se puede usar para una nueva. "
                "Revisa que el identificador sea el correcto.",
                "/ocid",
            )
        elif not allowed(self._actor, Permission.PROCESS_IMPORT, whose):
            row.refuse("not-allowed", "Tu función no permite importar para este sujeto obligado.")
        else:
            row.sujeto_obligado_id = whose

    def _owner(self, prefix: str) -> Owner:
        if prefix not in self._owners:
            with self._database.public_reading() as session:
                owner = tenancy.prefix_owner(session, prefix)
            self._owners[prefix] = (
                "free" if owner is None else "own" if owner == self._actor.tenant_id else "foreign"
            )
        return self._owners[prefix]

"""Turns rows into working documents, and working documents into publications."""

from collections.abc import Collection
from typing import Any, Protocol

from app.core.db import Actor, RwSession
from app.imports.analysis import problems_of, without_nulls
from app.imports.judging import Row
from app.imports.matching import Padron
from app.imports.models import ImportRun
from app.imports.records import Document
from app.ocds import merge
from app.processes.service import (
    ENVELOPE,
    DocumentWrite,
    PublishOutcome,
    SavedDocument,
    VersionRef,
    save_documents,
)


class Publisher(Protocol):
    """Publishes versions in the session's transaction; given by the feature that publishes."""

    def __call__(
        self, session: RwSession, actor: Actor, versions: list[VersionRef], /
    ) -> list[PublishOutcome]:
        """Return one outcome per version, in order."""


def save(
    session: RwSession, actor: Actor, run: ImportRun, rows: Collection[Row], *, one_each: bool
) -> list[Row]:
    """Save the documents of the pending rows and decide their outcomes.

    Args:
        session: bound to the actor.
        actor: who imports.
        run: the import.
        rows: decided already, oldest release first; their processes locked.
        one_each: take only the first release of each process.

    Returns:
        The pending rows that were left for later.
    """
    groups: dict[object, list[Row]] = {}
    for row in rows:
        if row.outcome == "pending":
            groups.setdefault(row.process.ocid if row.process else row.analysis.ocid, []).append(row)
    later = [row for group in groups.values() for row in group[1:]] if one_each else []
    prepared = [_prepared(run, group[:1] if one_each else group) for group in groups.values()]
    writes = [(write, applied) for write, applied in prepared if write is not None]
    for (_, applied), saved in zip(
        writes, save_documents(session, actor, [write for write, _ in writes]), strict=True
    ):
        _settle(applied, saved)
    return later


def publish(
    session: RwSession, actor: Actor, padron: Padron, rows: Collection[Row], publisher: Publisher
) -> None:
    """Publish what was saved where the policy is `direct`, and tell why the rest was not."""
    saved = [row for row in rows if row.version_number is not None]
    direct = [row for row in saved if padron.by_id[row.sujeto_obligado_id].policy == "direct"]
    for row in saved:
        if row not in direct:
            row.note(
                "policy",
                "Quedó en borrador: la política de publicación de este sujeto obligado pide revisión antes de publicar.",
            )
    complete = [row for row in direct if not row.analysis.refused]
    for row in direct:
        if row not in complete:  # nothing goes out with a hole that nobody looked at
            row.outcome = "held"
            row.note(
                "refused-values",
                "Quedó en borrador: algunos valores no se pudieron usar. Revisa el borrador antes de publicarlo.",
                severity="error",
            )
    refs = [
        VersionRef(row.process_id, row.version_number)
        for row in complete
        if row.process_id and row.version_number
    ]
    for row, outcome in zip(complete, publisher(session, actor, refs), strict=True):
        if outcome.published:
            row.outcome = "published"
            continue
        row.outcome = "held"
        row.note(
            "held",
            "Quedó en borrador: no se puede publicar hasta corregir lo que se señala.",
            severity="error",
        )
        told = {(problem.pointer, problem.code) for problem in row.analysis.problems}
        row.notes.extend(
            problem
            for problem in outcome.problems
            if (problem.get("pointer"), problem.get("code")) not in told
        )


def _prepared(run: ImportRun, group: list[Row]) -> tuple[DocumentWrite | None, list[Row]]:
    """Return the document that the releases of one process make of it, oldest first, and the rows it stands on."""
    first = group[0]
    ocid = first.process.ocid if first.process else first.analysis.ocid
    document = first.process.document if first.process else {}
    applied: list[Row] = []
    newest = first.newest
    for row in group:
        if row.edited is not None:
            document = row.edited
            applied.append(row)
        elif row.sujeto_obligado_id != first.sujeto_obligado_id:
            row.refuse(
                "not-found",
                "Otra entrega del archivo pone este ocid a nombre de otro sujeto obligado.",
                "/ocid",
            )
        elif document and (_repeats_ids(document) or _repeats_ids(row.analysis.document)):
            row.refuse(
                "duplicate-id",
                "Una lista repite un identificador; al unirla con lo que ya hay, un elemento borraría a otro. Da a cada "
                "elemento un id distinto y vuelve a importar.",
            )
        else:
            try:
                date = row.analysis.source_date
                is_late = bool(document and date and newest and date < newest)
                document = _completed(ocid, document, row) if is_late else _renewed(ocid, document, row)
                newest = max(filter(None, (date, newest)), default=None)
            except merge.MergeError:
                row.refuse(
                    "merge",
                    "No se puede unir con lo que ya hay: un mismo campo es una lista en una y un valor en otra. "
                    "Compara con el borrador y corrige el archivo.",
                )
            else:
                applied.append(row)
    if not applied:
        return None, []
    if first.process and first.process.open_status:
        applied[0].before = first.process.document
    problems = (
        first.analysis.problems
        if len(applied) == 1 and (first.edited is not None or not first.process)
        else problems_of(ocid, document)
    )
    write = DocumentWrite(
        ocid=ocid,
        sujeto_obligado_id=first.sujeto_obligado_id,
        document=document,
        aliases=tuple({alias for row in applied for alias in row.analysis.aliases}),
        source=f"import:{run.import_id}",
        error_count=sum(problem.severity == "error" for problem in problems),
        advice_count=sum(problem.severity == "advice" for problem in problems),
    )
    return write, applied


def _renewed(ocid: str, document: Document, row: Row) -> Document:
    """Return a document after one more release: what the release does not mention stays, its nulls remove."""
    release = row.analysis.document
    if not document:
        return without_nulls(release) if row.analysis.has_nulls else release
    before = {"ocid": ocid, "id": "0", "date": "0", "tag": [], **document}
    after = merge.append(before, {"ocid": ocid, "id": "1", "date": "1", "tag": [], **release})
    return {key: value for key, value in after.items() if key not in ENVELOPE}


def _completed(ocid: str, document: Document, row: Row) -> Document:
    """Return a document after a release older than what it stands on: it adds what was missing and changes nothing."""
    row.note(
        "late",
        "Ya se había importado una entrega más reciente de esta contratación: de esta solo se tomó lo que faltaba.",
    )
    before = {"ocid": ocid, "id": "0", "date": "0", "tag": [], **without_nulls(row.analysis.document)}
    after = merge.append(before, {"ocid": ocid, "id": "1", "date": "1", "tag": [], **document})
    return {key: value for key, value in after.items() if key not in ENVELOPE}


def _repeats_ids(value: Any, path: tuple[str, ...] = ()) -> bool:
    """Tell whether a list that merging matches by id uses one twice: it would make one of the two elements."""
    if isinstance(value, dict):
        return any(
            _repeats_ids(held, (*path, key)) for key, held in value.items() if isinstance(held, (dict, list))
        )
    if not isinstance(value, list) or path in merge.rules():
        return False
    ids = [
        str(element["id"]) for element in value if isinstance(element, dict) and element.get("id") is not None
    ]
    return len(ids) != len(set(ids)) or any(_repeats_ids(element, path) for element in value)


def _settle(rows: list[Row], saved: SavedDocument) -> None:
    """Tell each row what became of it."""
    for place, row in enumerate(rows):
        row.outcome = "changed" if place and saved.outcome == "created" else saved.outcome
        row.process_id = saved.ref.process_id
        if saved.outcome == "unchanged":
            row.before = None
            row.note(
                "same-content", "Dice lo mismo que ya había: no hay nada nuevo que guardar ni que publicar."
            )
        if saved.outcome != "unchanged" or saved.status == "draft":
            row.version_number = saved.ref.number
        if len(rows) > 1:
            row.note(
                "gathered",
                f"Se reunió en un solo borrador con las otras entregas del archivo ({len(rows)} en total).",
            )

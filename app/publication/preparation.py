"""From a working document to a release complete but for its date: validated, made public, tagged, merged."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.core import json
from app.ocds import diff, lasting, merge, privacy, tags, validation
from app.processes.drafting import as_release
from app.processes.queries import VersionRef, WorkingProcess
from app.publication.facets import facets
from app.publication.reserved import Kept


@dataclass(slots=True)
class Prepared:
    """A release complete but for its date, which stands in the bytes as a token of the same length."""

    ref: VersionRef
    process: WorkingProcess
    release_id: str
    tag: list[str]
    body: bytes
    compiled: bytes
    facet: dict[str, Any]
    releases_before: int


def prepare(
    ref: VersionRef,
    process: WorkingProcess,
    record: Row[tuple[UUID, int, bytes]] | None,
    *,
    now: str,
    token: str,
    natural_rfc_public: bool,
    kept: Kept,
) -> Prepared | list[dict[str, Any]]:
    """Return the release, or the problems that keep it from going out."""
    release_id = f"{process.ocid}-{ref.number:04d}".replace("#", "_")  # R10: no `#` in a release id
    if kept.undecided:
        return [
            _problem(
                "undecided", "Hay una reserva por decidir: espera a que el organismo garante la resuelva."
            )
        ]
    if lasting.lost(process.document, kept.places):
        return [_problem("reserved_lost", lasting.LOST)]
    # What is reserved goes first: its places are those of the whole document.
    open_to_all, _ = lasting.leave_out(process.document, kept.places)
    public, _ = privacy.withhold(open_to_all, natural_rfc_public=natural_rfc_public)
    current = as_release(process.ocid, public, release_id=release_id, date=now)
    problems = validation.blocking(current)
    if problems:
        return [asdict(problem) for problem in problems]
    before = json.loads(record.compiled) if record else None
    tag = tags.derive(before, current)
    if not tag:
        return [_problem("unchanged", "No hay cambios respecto de lo que ya está publicado.")]
    release = diff.release_body(before, current)
    release["date"], release["tag"] = token, tag
    try:
        compiled = merge.append(before, release) if before else merge.compiled([release])
    except merge.MergeError:
        return [
            _problem(
                "merge",
                "Un campo que antes era una lista ahora no lo es (o al revés): así no puede unirse a lo publicado.",
            )
        ]
    return Prepared(
        ref=ref,
        process=process,
        release_id=release_id,
        tag=tag,
        body=json.dumps(release),
        compiled=json.dumps(compiled),
        facet=facets(compiled),
        releases_before=record.release_count if record else 0,
    )


def _problem(code: str, message: str) -> dict[str, Any]:
    return {"pointer": "", "code": code, "severity": "error", "message": message}

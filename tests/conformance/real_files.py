"""What becomes of each real file of Jalisco and Ciudad de México, leaf by leaf, and the page that tells it.

`python -m tests.conformance.real_files > docs/import-real-data.md` writes the page again (it starts a database).
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import select

from app.core import json as fast_json
from app.core.db import Actor, Database
from app.core.storage import Storage
from app.imports import service as imports
from app.imports.analysis import without_nulls
from app.imports.models import ImportRow
from app.imports.reading import Reading
from app.ocds import merge, schema
from app.ocds.shape import Document
from app.processes.queries import load_working
from app.processes.service import ENVELOPE
from app.publication.models import Release, ReleaseBody
from app.publication.service import publish_batch
from app.tenancy import service as tenancy
from tests.conftest import SHARED, Place

ROOT = Path(__file__).resolve().parents[2]
PREFIXES = {"jalisco": "ocds-xs1qbl", "cdmx": "ocds-87sd3t"}
LARGE = 1 << 30


@dataclass
class Told:
    """One file's fate.

    Attributes:
        leaves: values in the releases that the file gives, the envelope aside.
        kept: those in the working document with the same value.
        unknown: those that neither the standard nor the profile knows, in the report.
        refused: those that break the schema, in the report with the reason.
        lost: those that are nowhere: must be none.
        withheld: leaves of the working document that the privacy table keeps from the public.
        outcomes: of its releases.
        valid: how many of them the oracle finds valid once the envelope is supplied.
        reasons: codes of what kept releases from going out.
    """

    name: str
    leaves: int = 0
    kept: int = 0
    unknown: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)
    withheld: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    valid: int = 0
    unpublished_though_valid: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    documents_match: bool = True


def files() -> list[Path]:
    """The 20 packages of Jalisco and the 24 files of Ciudad de México."""
    return sorted((SHARED / "ocds-mx").glob("*/sample/*/*.json"))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf with its JSON Pointer; empty objects and lists count as leaves."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, (dict, list)) or not value:
        yield path, value
    for key, held in items:
        yield from leaves(held, f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}")


def _said(document: Document) -> dict[str, Any]:
    """The leaves that say something: merging several releases does not carry empty objects and lists."""
    return {at: value for at, value in leaves(document) if value not in ({}, [])}


def oracle(packages: list[Document]) -> list[bool]:
    """The verdicts of libcoveocds, in a process and an environment of its own."""
    answer = subprocess.run(
        [sys.executable, "-m", "tools.oracle"],
        input="\n".join(json.dumps(package) for package in packages),
        stdout=subprocess.PIPE,  # what it says besides is the failing test's to show
        text=True,
        check=True,
        cwd=ROOT,
    )
    return [bool(json.loads(line)["valid"]) for line in answer.stdout.splitlines()]


def examine(database: Database, storage: Storage, make_place: Callable[..., Place]) -> list[Told]:
    """Import every file into a tenant of its own, publishing what may go out, and tell what became of it."""
    told: list[Told] = []
    asked: list[Document] = []
    askers: list[tuple[Told, str, str]] = []
    for path in files():
        place = _place_with_prefix(database, make_place, PREFIXES[path.parts[-4]])
        one = Told("/".join(path.parts[-4:]).replace("/sample", ""))
        told.append(one)
        rows, sources, drafts, public = _imported(database, storage, place, path)
        _account(one, rows, sources, drafts, public)
        for row, source in zip(rows, sources, strict=True):
            asked.append(_package(row.ocid, source))
            askers.append((one, row.outcome, f"{row.row_number}"))
    for (one, outcome, number), valid in zip(askers, oracle(asked), strict=True):
        one.valid += valid
        if valid and outcome not in ("published", "unchanged"):
            one.unpublished_though_valid.append(number)
    return told


def _place_with_prefix(database: Database, make_place: Callable[..., Place], prefix: str) -> Place:
    """A tenant that uses the prefix; the tenant of the file before hands it over, which only a test may do."""
    place = make_place(policy="direct")
    with database.public_reading() as session:
        owner = session.execute(
            text("SELECT tenant_id FROM ocid_prefix WHERE prefix = :prefix"), {"prefix": prefix}
        ).scalar_one_or_none()
    if owner is not None:
        with database.owner_work(Actor(tenant_id=owner)) as session:
            session.execute(text("DELETE FROM ocid_prefix WHERE prefix = :prefix"), {"prefix": prefix})
    with database.unit_of_work(place.system) as session:
        tenancy.add_prefix(session, place.system, prefix)
    return place


def _imported(
    database: Database, storage: Storage, place: Place, path: Path
) -> tuple[list[ImportRow], list[Document], dict[str, Document], dict[str, list[Document]]]:
    actor = place.actor("so_publisher")
    with path.open("rb") as file:
        stored = imports.store(storage, actor, path.name, file, LARGE)
    with database.unit_of_work(actor) as session:
        run = imports.start(session, actor, stored, publish=True, preview=False)
    imports.apply_run(database, actor, run.import_id, publisher=publish_batch, storage=storage)
    with database.unit_of_work(actor) as session:
        rows = list(
            session.exec(
                select(ImportRow).where(ImportRow.import_id == run.import_id).order_by(ImportRow.row_number)
            )
        )
        drafts = {
            name: process.document
            for name, process in load_working(session, actor, {row.ocid for row in rows}).items()
        }
        public: dict[str, list[Document]] = {}
        for release, body in session.exec(
            select(Release, ReleaseBody.body)
            .join(
                ReleaseBody,
                (ReleaseBody.tenant_id == Release.tenant_id) & (ReleaseBody.position == Release.position),
            )
            .order_by(Release.position)
        ):
            public.setdefault(release.ocid, []).append(fast_json.loads(body))
    reading = Reading(path, unpacked_limit=LARGE, element_limit=LARGE)
    sources = [entry.release or {} for entry in reading.entries()]
    return rows, sources, drafts, public


def _account(
    one: Told,
    rows: list[ImportRow],
    sources: list[Document],
    drafts: dict[str, Document],
    public: dict[str, list[Document]],
) -> None:
    expected: dict[str, list[Document]] = {}
    for row, source in zip(rows, sources, strict=True):
        one.outcomes[row.outcome] += 1
        document = {key: value for key, value in deepcopy(source).items() if key not in ENVELOPE}
        one.leaves += sum(1 for _ in leaves(document))
        unknown = [kept["pointer"] for kept in row.kept if kept.get("of") != "record"]
        refused = [told["pointer"] for told in row.problems if "value" in told]
        one.unknown += _take_out(document, unknown)
        one.refused += _take_out(document, refused)
        expected.setdefault(row.ocid, []).append(without_nulls(document))
        one.kept += sum(1 for _ in leaves(document))
        if row.outcome == "unchanged":
            one.reasons["same-content"] += 1
        elif row.outcome != "published":
            one.reasons.update(told["code"] for told in row.problems if told["severity"] == "error")
    for ocid, documents in expected.items():
        draft = drafts.get(ocid, {})
        whole = _merged(ocid, documents)
        if _said(draft) != _said(whole):
            held = _said(draft)
            one.documents_match = False
            one.lost += [at for at, value in _said(whole).items() if held.get(at, ...) != value]
        if ocid in public:
            shown = {at for at, _ in leaves(public[ocid][-1])}
            one.withheld += sum(1 for at, _ in leaves(draft) if at not in shown)


def _merged(ocid: str, documents: list[Document]) -> Document:
    if len(documents) == 1:
        return documents[0]
    releases = [
        {"ocid": ocid, "id": str(place), "date": str(place), "tag": [], **document}
        for place, document in enumerate(documents)
    ]
    whole = merge.compiled(releases)
    return {key: value for key, value in whole.items() if key not in ENVELOPE}


def _take_out(document: Document, pointers: list[str]) -> int:
    """Remove what the report names, the last of a list first; returns how many leaves went."""
    gone = 0
    for pointer in sorted(pointers, key=_order, reverse=True):
        *way, last = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
        holder: Any = document
        for token in way:
            holder = holder[int(token) if isinstance(holder, list) else token]
        value = holder.pop(int(last) if isinstance(holder, list) else last, None) if last else None
        gone += sum(1 for _ in leaves(value))
    return gone


def _order(pointer: str) -> list[tuple[int, int | str]]:
    return [(0, int(token)) if token.isdigit() else (1, token) for token in pointer.split("/")]


def _package(ocid: str, source: Document) -> Document:
    envelope = {
        "ocid": ocid,
        "id": "1",
        "date": "2026-01-01T00:00:00Z",
        "tag": ["planning"],
        "initiationType": "tender",
    }
    return {
        "uri": "https://example.org/package",
        "version": "1.1",
        "publishedDate": "2026-01-01T00:00:00Z",
        "publisher": {"name": "Prueba"},
        "extensions": [extension.url for extension in schema.EXTENSIONS],
        "releases": [{**source, **envelope}],
    }


HEAD = """# Real files through the import

What becomes of the 44 real files of `../shared/data/ocds-mx`, each imported into a tenant of its own with the policy
`direct` and published where nothing stands against it. Written by `python -m tests.conformance.real_files`;
`tests/conformance/test_real_files.py` compares.

- **leaves**: values in the releases that the file gives, without the envelope (ocid, id, date, tag, initiationType),
  which the service sets and the report keeps.
- **kept**: in the working document with the same value. **unknown**: paths that neither OCDS 1.1.5 nor the profile
  knows, kept in the report. **refused**: values against the schema, kept in the report with the reason. Nothing is
  lost: kept + unknown + refused = leaves.
- **withheld**: leaves of the working document that the privacy table keeps from the public version (mostly contact
  data of parties whose legal personality nobody stated, which count as natural persons).
- **valid**: releases that libcoveocds, the oracle, finds valid once the envelope is supplied. Every one is published,
  unless it says exactly what the release before it said (`same-content`): then there is nothing new to publish.
- **why not**: codes of what kept the other releases from going out (docs/ocds-profile.md, the report's own words).

| file | releases | leaves | kept | unknown | refused | withheld | published | held | valid | why not |
|---|---|---|---|---|---|---|---|---|---|---|
"""


def page(told: list[Told]) -> str:
    """The whole page."""
    rows = []
    for one in told:
        others = sum(one.outcomes.values()) - one.outcomes["published"]
        why = ", ".join(f"{code} ×{count}" for code, count in sorted(one.reasons.items()))
        rows.append(
            f"| {one.name} | {sum(one.outcomes.values())} | {one.leaves} | {one.kept} | {one.unknown} "
            f"| {one.refused} | {one.withheld} | {one.outcomes['published']} | {others} | {one.valid} | {why} |"
        )
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    from app.core.embedded import Embedded
    from tests.conftest import fresh_database, place_maker

    with (
        TemporaryDirectory() as folder,
        Embedded(Path(folder) / "pg", fast=True) as server,
        fresh_database(server.superuser_url) as opened,
    ):
        found = examine(opened, Storage.local(Path(folder)), place_maker(opened))
        sys.stdout.write(page(found))

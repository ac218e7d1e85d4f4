"""What a sujeto obligado reports of a quarter, read from what it published; what it signed and did not publish yet.

A row belongs to the quarter in which its contract was signed; one of a procedure that ended without an award, to that in
which it ended. Only compiled releases are read, so that nothing withheld or reserved can leave.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from app.core import json
from app.core.db import Actor, RwSession
from app.core.quarters import Quarter
from app.core.tables import among, table_of
from app.ocds.shape import Document
from app.pnt import placing, queries
from app.pnt.days import as_object, day_of
from app.pnt.models import PntDeclaration, PntLoaded
from app.processes.models import OPEN_STATUSES, ContractingProcess, ProcessPart, ProcessVersion
from app.publication.models import Record
from app.sipot import outward
from app.sipot.formats import Format
from app.sipot.inward import Report
from app.sipot.mapping import LINES, Rule
from app.sipot.outward import Gap, Part
from app.sipot.rows import Row, Value

MANY = 200
"""Contracts not published yet that are told of at most."""
NOTHING = "Trimestre sin contratos"
"""Key and title of the row that a declaration is."""
ALWAYS = ("method", "category", "file", "description")
OF_A_CONTRACT = (
    "supplier.legal",
    "supplier.rfc",
    "requesting",
    "responsible",
    "contract.number",
    "contract.date",
    "currency",
    "gross",
    "object",
    "term.start",
    "term.end",
    "contract.url",
)
"""Columns that the format asks for of every contract; others only apply to some."""
_NAME = ("supplier.legal", "supplier.given", "supplier.first")
_OF_THE_REPORT = frozenset(line.key for line in LINES if line.rule is Rule.REPORT)
_NEUTRAL = Report(None, None, None, "", None, None, "", "", 0)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose quarter, and by what rules.

    Attributes:
        zone: of the tenant, in which moments are days.
        natural_rfc_public: whether its law lets the RFC of natural persons be published.
    """

    body: UUID
    quarter: Quarter
    zone: str
    natural_rfc_public: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One row to report.

    Attributes:
        key: what tells it from others, the same in every report: ocid, contract or award, supplier.
        process_id: None where the row is a declaration that there was nothing.
        day: by which it belongs to the quarter.
        contract, award, supplier: their ids; empty where there is none.
        digest: of what it says, whatever the report says around it.
    """

    key: str
    ocid: str
    process_id: UUID | None
    title: str
    day: date
    contract: str
    award: str
    supplier: str
    row: Row
    gaps: tuple[Gap, ...]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """A contract signed in the quarter that nobody can read yet."""

    process_id: UUID
    ocid: str
    title: str
    contract: str
    day: date
    status: str


def lines(
    session: RwSession, actor: Actor, whose: Whose, format_: Format, report: Report = _NEUTRAL
) -> Iterator[Line]:
    """Yield the rows of a quarter in one format, ordered by process; compiled releases are read a few at a time.

    Of a quarter that stands declared without contracts there is one row, which says what the declaration says.

    Args:
        session: bound to the actor.
        actor: of the tenant; the caller checked the place.
        whose: quarter.
        format_: whose columns are filled.
        report: what every row says of the report.
    """
    reported = False
    for compiled, process_id in placing.published(session, actor, whose.body, whose.quarter, whose.zone):
        if not outward.belongs(compiled, format_):
            continue
        days = [day_of(compiled, part, whose.zone) for part in outward.parts(compiled)]
        made = outward.rows(
            compiled, format_, report, zone=whose.zone, natural_rfc_public=whose.natural_rfc_public
        )
        for part, day, due in zip(outward.parts(compiled), days, made, strict=True):
            if day is not None and Quarter.of(day) == whose.quarter:
                gaps = (*_lacking(due.row, part, format_), *due.gaps)
                reported = True
                yield _line(compiled, process_id, (part, day), due.row, gaps)
    declaration = None if reported else queries.standing(session, actor, whose.body, whose.quarter)
    if declaration is not None:
        yield _declared(declaration)


def waiting(session: RwSession, actor: Actor, whose: Whose) -> list[Waiting]:
    """Return what was signed in the quarter, as open versions say, and cannot be read in public; the first `MANY`."""
    part, process, version = (table_of(one).c for one in (ProcessPart, ContractingProcess, ProcessVersion))
    signed = part.body.op("->>")("dateSigned")
    near = timedelta(days=1)  # a moment near midnight may be of another day in the tenant's zone
    first, last = (whose.quarter.start - near).isoformat(), (whose.quarter.end + near).isoformat()
    rows = session.execute(
        select(part.process_id, process.ocid, process.title, part.element_id, part.body, version.status)
        .join(
            table_of(ContractingProcess),
            (process.tenant_id == part.tenant_id) & (process.process_id == part.process_id),
        )
        .join(
            table_of(ProcessVersion),
            (version.tenant_id == part.tenant_id) & (version.process_id == part.process_id),
        )
        .where(
            part.tenant_id == actor.tenant_id,
            process.sujeto_obligado_id == whose.body,
            process.moved_to.is_(None),
            part.list_path == "contracts",
            func.left(signed, 10).between(first, last),
            version.status.in_(OPEN_STATUSES),
        )
        .order_by(process.ocid, part.ordinal)
        .limit(MANY)
    ).all()
    public = _public_contracts(session, actor, {row.process_id for row in rows})
    found = []
    for row in rows:
        day = day_of({}, Part(None, row.body, None), whose.zone)
        known = (row.process_id, str(row.element_id or "")) in public
        if day is not None and Quarter.of(day) == whose.quarter and not known:
            title = row.title or "Sin título"
            found.append(Waiting(row.process_id, row.ocid, title, row.element_id or "", day, row.status))
    return found


def loaded(
    session: RwSession, actor: Actor, body: UUID, quarter: Quarter, family: str
) -> Mapping[str, bytes]:
    """Return what the PNT has of a quarter, as somebody said: key of the row -> its digest."""
    rows = session.execute(
        select(col(PntLoaded.row_key), col(PntLoaded.digest)).where(
            col(PntLoaded.tenant_id) == actor.tenant_id,
            col(PntLoaded.sujeto_obligado_id) == body,
            col(PntLoaded.quarter) == quarter.start,
            col(PntLoaded.family) == family,
        )
    )
    return {key: bytes(digest) for key, digest in rows}


def _public_contracts(session: RwSession, actor: Actor, ids: set[UUID]) -> set[tuple[UUID, str]]:
    found: set[tuple[UUID, str]] = set()
    remaining = iter(ids)
    while some := list(islice(remaining, placing.UNIT)):
        rows = session.execute(
            select(col(Record.process_id), col(Record.compiled)).where(
                col(Record.tenant_id) == actor.tenant_id, among(Record.process_id, some)
            )
        )
        for process_id, compiled in rows:
            contracts = json.loads(compiled).get("contracts") or ()
            found.update((process_id, str(one.get("id"))) for one in contracts if one.get("dateSigned"))
    return found


def _lacking(row: Row, part: Part, format_: Format) -> Iterator[Gap]:
    """Tell what the format asks for and the process does not say."""
    asked = ALWAYS + (OF_A_CONTRACT if part.contract else ())
    identifier = as_object((part.supplier or {}).get("identifier"))
    for key in asked:
        column = format_.column(key)
        held = any(name in row.values for name in _NAME) if key == "supplier.legal" else key in row.values
        # The RFC of a natural person may be withheld by law: then it is not missing.
        kept = key == "supplier.rfc" and identifier.get("legalPersonality") != "legalPerson"
        if column is not None and not held and not kept:
            yield Gap(key, column.title)


def _line(
    document: Document, process_id: UUID, about: tuple[Part, date], row: Row, gaps: tuple[Gap, ...]
) -> Line:
    part, day = about
    ids = [str((one or {}).get("id", "")) for one in (part.contract, part.award, part.supplier)]
    ocid, tender = str(document.get("ocid", "")), as_object(document.get("tender"))
    title = (part.contract or {}).get("title") or tender.get("title") or tender.get("id") or "Sin título"
    said = {key: value for key, value in row.values.items() if key not in _OF_THE_REPORT}
    return Line(
        key="|".join((ocid, *ids)),
        ocid=ocid,
        process_id=process_id,
        title=str(title),
        day=day,
        contract=ids[0],
        award=ids[1],
        supplier=ids[2],
        row=row,
        gaps=gaps,
        digest=_digest(said, row),
    )


def _declared(declaration: PntDeclaration) -> Line:
    quarter = Quarter(declaration.quarter)
    report = Report(
        year=quarter.start.year,
        start=quarter.start,
        end=quarter.end,
        area=declaration.area,
        updated=declaration.updated,
        validated=declaration.validated,
        note=declaration.note,
        sheet="",
        row=0,
    )
    row = outward.nothing_to_report(report)
    return Line(
        key=NOTHING,
        ocid="",
        process_id=None,
        title=NOTHING,
        day=quarter.end,
        contract="",
        award="",
        supplier="",
        row=row,
        gaps=(),
        digest=_digest(row.values, row),
    )


def _digest(said: Mapping[str, Value], row: Row) -> bytes:
    return hashlib.sha256(
        json.dumps([sorted(said.items()), sorted(row.tables.items())], default=str)
    ).digest()

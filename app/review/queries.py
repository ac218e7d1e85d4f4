"""Reading for the desk: what waits for a person, and one process with all that its page tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import select

from app.core import json
from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.pagination import Page
from app.core.policy import Permission, allowed
from app.core.workflow import Transition
from app.identity.queries import full_names
from app.ocds.shape import Document
from app.processes import queries as processes
from app.processes.lists import Filters, Order, ProcessRow, late, versions_in
from app.processes.models import OPEN_STATUSES, ProcessVersion
from app.processes.observations import Thread, threads
from app.processes.queries import VersionRef, WorkingProcess
from app.review.models import ReturnedDocument
from app.review.policy import Case, offered

ROWS = 5
"""Rows of each list on a desk: three lists fit a screen."""


@dataclass(frozen=True, slots=True)
class Pile:
    """One list of a desk.

    Attributes:
        key: its name in addresses.
        title: what it holds.
        lesson: what will stand here, while nothing does.
        statuses: of the versions in it.
        policies: only under these publishing policies; none for any.
        mine: only what the person edited.
        others: only what the person may decide about; several can be approved at once.
        alone: only what one person alone approved, and nobody has looked at since.
        order: what stands first.
    """

    key: str
    title: str
    lesson: str
    statuses: tuple[str, ...]
    policies: tuple[str, ...] = ()
    mine: bool = False
    others: bool = False
    alone: bool = False
    order: Order = "untouched"


def piles(actor: Actor) -> tuple[Pile, ...]:
    """Return the lists of a person's desk: what came back, what waits for their decision, their drafts."""
    found: list[Pile] = []

    def may(permission: Permission) -> bool:
        return allowed(actor, permission)

    if may(Permission.PROCESS_SUBMIT):
        found.append(
            Pile(
                "devueltas",
                "Devueltas a ti",
                "Si quien revisa pide corregir algo, la versión vuelve aquí con sus observaciones.",
                ("returned",),
                order="respond",
            )
        )
    for permission, policies in (
        (Permission.PROCESS_APPROVE_SELF, ("self", "single")),
        (Permission.PROCESS_APPROVE_GARANTE, ("garante",)),
    ):
        if may(permission):
            found.append(
                Pile(
                    "por-decidir",
                    "Esperan tu decisión",
                    "Cuando alguien envíe una versión a revisión, aparecerá aquí para aprobarla o devolverla. "
                    "Lo que tú hayas capturado lo decide otra persona.",
                    ("in_review",),
                    policies=policies,
                    others=True,
                    order="respond",
                )
            )
    if may(Permission.PROCESS_APPROVE_GARANTE):
        found.append(
            Pile(
                "una-sola-persona",
                "Publicadas por una sola persona",
                "Donde publica una sola persona, lo que apruebe ella misma se ve aquí después de publicado, para "
                "marcarlo como visto u observarlo.",
                ("published",),
                alone=True,
            )
        )
    if may(Permission.PROCESS_PUBLISH):
        found.append(
            Pile(
                "por-publicar",
                "Listas para publicar",
                "Lo aprobado espera aquí a que lo publiques, y lo programado a que llegue su hora.",
                ("approved", "scheduled"),
            )
        )
    if may(Permission.PROCESS_IMPORT):
        found.append(
            Pile(
                "borradores",
                "Tus borradores" if actor.sujeto_obligado_id is None else "Borradores",
                "Cada contratación que empieces, o que traigas en un archivo, espera aquí hasta que la envíes.",
                ("draft",),
                mine=actor.sujeto_obligado_id is None,
            )
        )
    if may(Permission.PROCESS_SUBMIT):
        found.append(
            Pile(
                "en-revision",
                "En revisión",
                "Lo que envíes a revisión se ve aquí hasta que alguien decida.",
                ("in_review",),
            )
        )
    return tuple(found) or (
        Pile(
            "en-curso",
            "En curso",
            "Aquí se ve cada versión mientras se captura, se revisa y se publica.",
            OPEN_STATUSES,
        ),
    )


def pile_rows(
    session: RwSession, actor: Actor, pile: Pile, *, cursor: str | None = None, limit: int = ROWS
) -> Page[ProcessRow]:
    """Return a list of the desk, the longest untouched first, or by when somebody must act."""
    return versions_in(session, actor, _filters(actor, pile), order=pile.order, cursor=cursor, limit=limit)


def pile_late(session: RwSession, actor: Actor, pile: Pile, today: date) -> int:
    """Return how many of a list of the desk should have been acted on by now."""
    return late(session, actor, _filters(actor, pile), today) if pile.order == "respond" else 0


def _filters(actor: Actor, pile: Pile) -> Filters:
    return Filters(
        statuses=pile.statuses,
        policies=pile.policies,
        edited_by=actor.account_id if pile.mine else None,
        decided_by=actor.account_id if pile.others else None,
        unseen_alone=pile.alone,
    )


@dataclass(frozen=True, slots=True)
class ProcessView:
    """A process as its page shows it.

    Attributes:
        process: with the working document.
        turn: the version that the page is about: the open one, else the last that was published, else the last.
        document: of that version.
        published: what was published last, where the turn is a change to it.
        versions: all that the actor may see, the newest first.
        acts: what the actor may do with the turn now.
        restorable: numbers of the discarded versions that the actor may bring back now.
        threads: observations on the turn, and those of earlier ones that are not resolved.
        returned: the document as it was given back last, until it is approved; None where it was not.
        case: what decides about acts on the turn.
        names: of the accounts that the versions mention.
    """

    process: WorkingProcess
    turn: ProcessVersion
    document: Document
    published: Document | None
    versions: Sequence[ProcessVersion]
    acts: tuple[Transition, ...]
    restorable: frozenset[int]
    threads: Sequence[Thread]
    returned: Document | None
    case: Case
    names: dict[UUID, str]


def case(session: RwSession, actor: Actor, process: WorkingProcess, ref: VersionRef) -> Case:
    """Return what decides about acts on a version of a loaded process.

    Raises:
        NotFoundError: the process has no such version.
    """
    return _case(session, actor, process, processes.version(session, actor, ref))


def _case(session: RwSession, actor: Actor, process: WorkingProcess, turn: ProcessVersion) -> Case:
    concerned = {one for one in (turn.reviewer_id, turn.decided_by) if one is not None}
    names = full_names(session, concerned) if concerned else {}

    def name(account: UUID | None) -> str:
        return names.get(account, "Una cuenta que ya no existe") if account else ""

    return Case(
        process,
        turn,
        processes.editors(session, actor, VersionRef(turn.process_id, turn.number)),
        processes.acting_for(session, actor),
        name(turn.reviewer_id),
        name(turn.decided_by),
    )


def process_view(session: RwSession, actor: Actor, process_id: UUID) -> ProcessView:
    """Return a process for its page.

    Raises:
        NotFoundError: absent, another tenant's, another sujeto obligado's, or nothing of it is the actor's to see.
    """
    process = processes.working_process(session, actor, process_id)
    seen = [
        row
        for row in processes.versions(session, actor, process_id)
        if row.status != "discarded" or actor.sujeto_obligado_id is not None
    ]
    if not seen:
        raise NotFoundError("No encontramos ese proceso de contratación.")
    turn = (
        next((row for row in seen if row.status in OPEN_STATUSES), None)
        or next((row for row in seen if row.status in ("published", "withdrawn")), None)
        or seen[0]
    )
    discarded = turn.status == "discarded"
    ref = VersionRef(process_id, turn.number)
    here = _case(session, actor, process, turn)
    return ProcessView(
        process=process,
        turn=turn,
        document=processes.snapshot(session, actor, ref) if discarded else process.document,
        published=processes.published_before(session, actor, process_id)
        if turn.status in OPEN_STATUSES
        else None,
        versions=seen,
        acts=offered(actor, here),
        restorable=frozenset(
            row.number
            for row in seen
            if row.status == "discarded"
            and any(act.action == "restore" for act in offered(actor, Case(process, row, frozenset())))
        ),
        threads=threads(session, actor, process, turn.number),
        returned=returned_document(session, actor, ref) if turn.status in OPEN_STATUSES else None,
        case=here,
        names=full_names(
            session,
            {
                account
                for row in seen
                for account in (row.created_by, row.submitted_by, row.decided_by)
                if account is not None
            },
        ),
    )


def returned_document(session: RwSession, actor: Actor, ref: VersionRef) -> Document | None:
    """Return the document of a version as it was given back last; None where it was not, or was approved since."""
    body = session.exec(
        select(ReturnedDocument.body).where(
            ReturnedDocument.tenant_id == actor.tenant_id,
            ReturnedDocument.process_id == ref.process_id,
            ReturnedDocument.number == ref.number,
        )
    ).one_or_none()
    return json.loads(body) if body else None

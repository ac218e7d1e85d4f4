"""Reading for the desk: what waits for a person, and one process with all that its page tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.pagination import Page
from app.core.policy import Permission, allowed
from app.core.workflow import Transition
from app.identity.queries import full_names
from app.ocds.shape import Document
from app.processes import queries as processes
from app.processes.lists import Filters, ProcessRow, versions_in
from app.processes.models import OPEN_STATUSES, ProcessVersion
from app.processes.queries import VersionRef, WorkingProcess
from app.review.models import Observation
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
        policy: only under this publishing policy.
        mine: only what the person edited.
        others: only what the person did not edit, and so may decide about.
    """

    key: str
    title: str
    lesson: str
    statuses: tuple[str, ...]
    policy: str | None = None
    mine: bool = False
    others: bool = False


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
            )
        )
    for permission, policy in (
        (Permission.PROCESS_APPROVE_SELF, "self"),
        (Permission.PROCESS_APPROVE_GARANTE, "garante"),
    ):
        if may(permission):
            found.append(
                Pile(
                    "por-decidir",
                    "Esperan tu decisión",
                    "Cuando alguien envíe una versión a revisión, aparecerá aquí para aprobarla o devolverla. "
                    "Lo que tú hayas capturado lo decide otra persona.",
                    ("in_review",),
                    policy=policy,
                    others=True,
                )
            )
    if may(Permission.PROCESS_PUBLISH):
        found.append(
            Pile(
                "por-publicar",
                "Listas para publicar",
                "Lo aprobado espera aquí a que lo publiques.",
                ("approved",),
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
    """Return a list of the desk, the longest untouched first."""
    filters = Filters(
        statuses=pile.statuses,
        policy=pile.policy,
        edited_by=actor.account_id if pile.mine else None,
        not_edited_by=actor.account_id if pile.others else None,
    )
    return versions_in(session, actor, filters, cursor=cursor, limit=limit)


@dataclass(frozen=True, slots=True)
class ObservationView:
    """A remark with its author's name."""

    row: Observation
    who: str


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
        observations: on the turn, the newest first.
        names: of the accounts that the versions mention.
    """

    process: WorkingProcess
    turn: ProcessVersion
    document: Document
    published: Document | None
    versions: Sequence[ProcessVersion]
    acts: tuple[Transition, ...]
    restorable: frozenset[int]
    observations: Sequence[ObservationView]
    names: dict[UUID, str]


def case(session: RwSession, actor: Actor, process: WorkingProcess, ref: VersionRef) -> Case:
    """Return what decides about acts on a version of a loaded process.

    Raises:
        NotFoundError: the process has no such version.
    """
    return Case(process, processes.version(session, actor, ref), processes.editors(session, actor, ref))


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
        or next((row for row in seen if row.status == "published"), None)
        or seen[0]
    )
    discarded = turn.status == "discarded"
    ref = VersionRef(process_id, turn.number)
    return ProcessView(
        process=process,
        turn=turn,
        document=processes.snapshot(session, actor, ref) if discarded else process.document,
        published=processes.published_before(session, actor, process_id)
        if turn.status in OPEN_STATUSES
        else None,
        versions=seen,
        acts=offered(actor, Case(process, turn, processes.editors(session, actor, ref))),
        restorable=frozenset(
            row.number
            for row in seen
            if any(act.action == "restore" for act in offered(actor, Case(process, row, frozenset())))
        ),
        observations=observations(session, actor, ref),
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


def observations(session: RwSession, actor: Actor, ref: VersionRef) -> list[ObservationView]:
    """Return the remarks on a version, the newest first; the caller has checked that the actor may see it."""
    rows = session.exec(
        select(Observation)
        .where(
            Observation.tenant_id == actor.tenant_id,
            Observation.process_id == ref.process_id,
            Observation.number == ref.number,
        )
        .order_by(col(Observation.created_at).desc(), col(Observation.pointer))
    ).all()
    names = full_names(session, {row.account_id for row in rows})
    return [ObservationView(row, names.get(row.account_id, "Una cuenta que ya no existe")) for row in rows]

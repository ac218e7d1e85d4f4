"""How long what is not for ever is kept: a term per tenant and kind, applied by a chore, each time with its trace.

What is published, the chain, the log and the versions that were published have no term: they are the public record.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.accountability.models import RetentionTerm
from app.catalogs import forgetting as catalogs
from app.core import audit, clock
from app.core.db import Actor, Database, RwSession
from app.core.errors import InvalidError
from app.core.policy import Permission, require
from app.identity.models import LoginSession
from app.imports.forgetting import forget_originals
from app.notifications.models import Notice
from app.onboarding import forgetting as padron
from app.processes.forgetting import FORGOTTEN, forget_discarded
from app.processes.models import ProcessVersion
from app.review.models import ReturnedDocument

AT_ONCE = 200
"""Rows that one transaction forgets."""

Forget = Callable[[RwSession, Actor, datetime, int], int]


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that is kept for a term.

    Attributes:
        label: what it is, in Spanish.
        lesson: what goes and what stays.
        days: its term where the tenant chose none.
        least: shortest term that may be chosen, in days.
        most: longest.
        forget: lets go of what is older than a moment, at most so many, and returns how many.
    """

    label: str
    lesson: str
    days: int
    least: int
    most: int
    forget: Forget


def _forget_notices(session: RwSession, actor: Actor, before: datetime, limit: int) -> int:
    old = (
        select(Notice.notice_id)
        .where(Notice.tenant_id == actor.tenant_id, Notice.at < before)
        .order_by(col(Notice.notice_id))
        .limit(limit)
    )
    gone = session.execute(
        delete(Notice)
        .where(col(Notice.tenant_id) == actor.tenant_id, col(Notice.notice_id).in_(old))
        .returning(col(Notice.notice_id))
        .execution_options(synchronize_session=False)
    ).all()
    return len(gone)


def _forget_discarded(session: RwSession, actor: Actor, before: datetime, limit: int) -> int:
    """Forget drafts, and with them what was returned of them."""
    count = forget_discarded(session, actor, before, limit)
    if count:
        session.execute(
            delete(ReturnedDocument)
            .where(
                col(ReturnedDocument.tenant_id) == actor.tenant_id,
                col(ProcessVersion.tenant_id) == ReturnedDocument.tenant_id,
                col(ProcessVersion.process_id) == ReturnedDocument.process_id,
                col(ProcessVersion.number) == ReturnedDocument.number,
                col(ProcessVersion.status) == "discarded",
                col(ProcessVersion.snapshot) == FORGOTTEN,
            )
            .execution_options(synchronize_session=False)
        )
    return count


KINDS = {
    "import_originals": Kind(
        "Archivos originales de las importaciones",
        "Se borra el archivo que se subió. Su nombre, su huella, el reporte renglón por renglón y lo importado se conservan.",
        730,
        30,
        3650,
        forget_originals,
    ),
    "discarded_drafts": Kind(
        "Borradores descartados",
        "Se borra lo que decían. Que existieron, quién los trabajó y cuándo se descartaron se conserva. "
        "Durante los primeros 30 días se pueden recuperar.",
        90,
        30,
        3650,
        _forget_discarded,
    ),
    "padron_loads": Kind(
        "Archivos cargados del padrón",
        "Se borran el archivo y sus renglones. Su nombre, su huella y la historia de cada sujeto obligado se conservan. "
        "Los de una carga descartada se borran al descartarla.",
        730,
        30,
        3650,
        padron.forget_loads,
    ),
    "catalog_loads": Kind(
        "Archivos cargados de los catálogos",
        "Se borra el archivo. Su nombre, su huella, lo cargado y su historia se conservan. "
        "El de una carga descartada se borra al descartarla.",
        730,
        30,
        3650,
        catalogs.forget_loads,
    ),
    "notices": Kind(
        "Avisos en el servicio",
        "Se borran los avisos de cada persona; los actos de los que avisaban quedan en la bitácora.",
        180,
        7,
        3650,
        _forget_notices,
    ),
}


def terms(session: RwSession, actor: Actor) -> dict[str, int]:
    """Return the term of each kind in the actor's tenant, in days."""
    chosen = dict(
        session.exec(
            select(RetentionTerm.what, RetentionTerm.days).where(RetentionTerm.tenant_id == actor.tenant_id)
        ).all()
    )
    return {what: chosen.get(what, kind.days) for what, kind in KINDS.items()}


def wrong(days: Mapping[str, int]) -> dict[str, str]:
    """Return, for each term that is out of its kind's bounds, why."""
    return {
        what: f"Elige entre {KINDS[what].least:,} y {KINDS[what].most:,} días."
        for what, term in days.items()
        if not KINDS[what].least <= term <= KINDS[what].most
    }


def choose(session: RwSession, actor: Actor, days: Mapping[str, int]) -> None:
    """Set the tenant's terms, by kind.

    Raises:
        ForbiddenError: the actor does not decide about the tenant.
        InvalidError: a term is out of its bounds.
    """
    require(actor, Permission.TENANT_MANAGE)
    for what, error in wrong(days).items():
        raise InvalidError(f"{KINDS[what].label}: {error}")
    before = terms(session, actor)
    for what, term in days.items():
        if term == before[what]:
            continue
        values = {"days": term, "updated_at": clock.now()}
        session.execute(
            insert(RetentionTerm)
            .values(tenant_id=actor.tenant_id, what=what, **values)
            .on_conflict_do_update(index_elements=["tenant_id", "what"], set_=values)
        )
        audit.record(session, "retention.set", "retention_term", what, before=before[what], after=term)


def apply(database: Database, tenant_id: UUID) -> dict[str, int]:
    """Let go of what has passed its term in a tenant, in small transactions; return of how many, by kind."""
    actor = Actor(tenant_id=tenant_id, role="system")
    forgotten: dict[str, int] = {}
    for what, kind in KINDS.items():
        with database.unit_of_work(actor) as session:
            before = clock.now() - timedelta(days=terms(session, actor)[what])
        gone = AT_ONCE
        while gone == AT_ONCE:
            with database.unit_of_work(actor) as session:
                gone = kind.forget(session, actor, before, AT_ONCE)
                if gone:
                    audit.record(session, "retention.forget", "retention_term", what, count=gone)
            forgotten[what] = forgotten.get(what, 0) + gone
    return forgotten


def forget_sessions(database: Database, days: int) -> int:
    """Forget sessions that ended more than so many days ago; return how many."""
    before = clock.now() - timedelta(days=days)
    with database.auth_work() as session:
        gone = session.execute(
            delete(LoginSession)
            .where(or_(col(LoginSession.expires_at) < before, col(LoginSession.revoked_at) < before))
            .returning(col(LoginSession.session_id))
            .execution_options(synchronize_session=False)
        ).all()
    return len(gone)

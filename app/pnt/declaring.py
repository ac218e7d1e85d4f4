"""A quarter without contracts: declared by its body, withdrawn by it, or by itself when a contract of it is published."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from app.core import audit, clock
from app.core.db import Actor, Database, RwSession
from app.core.errors import ConflictError, InvalidError
from app.core.jobs import apart
from app.core.policy import Permission, require
from app.core.quarters import Quarter, window
from app.core.tables import among, new_id, table_of
from app.pnt import due, placing
from app.pnt.due import Whose
from app.pnt.models import PntDeclaration
from app.publication.models import ProcessFacet
from app.tenancy import queries as tenancy
from app.tenancy.models import Tenant

OVERLAP = timedelta(minutes=2)
"""What was published so lately is looked at again: a transaction that began before may still commit after."""
SHORTEST_NOTE, LONGEST = 20, 4000

_TABLE = table_of(PntDeclaration)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a declaration says besides the quarter."""

    area: str
    validated: date
    updated: date
    note: str


def declare(session: RwSession, actor: Actor, whose: Whose, said: Statement) -> UUID:
    """Declare that a body signed no contract in a quarter.

    Args:
        session: bound to the actor.
        actor: who publishes for the body.
        whose: body and quarter.
        said: the rest of the row.

    Returns:
        The declaration's identifier.

    Raises:
        InvalidError: the quarter still runs or is too old, or the row lacks something.
        ConflictError: it was declared already, or there is something to report.
        NotFoundError, ForbiddenError: the body is not the actor's, or the act is not theirs.
    """
    require(actor, Permission.PROCESS_PUBLISH, whose.body)
    tenancy.sujeto(session, actor, whose.body)
    tenancy.require_working(session, actor, [whose.body])
    today = tenancy.today(session, actor)
    _check(whose.quarter, said, today)
    if ocid := placing.first(session, actor, whose.body, whose.quarter, whose.zone):
        raise ConflictError(
            f"El {whose.quarter.label} no se puede declarar sin contratos: lo publicado en {ocid} es de ese trimestre."
        )
    if signed := due.waiting(session, actor, whose):
        raise ConflictError(
            f"El {whose.quarter.label} no se puede declarar sin contratos: «{signed[0].title}» tiene un contrato firmado "
            "en ese trimestre que falta publicar. Publícalo, o corrige su fecha de firma."
        )
    row = {
        "tenant_id": actor.tenant_id,
        "declaration_id": new_id(),
        "sujeto_obligado_id": whose.body,
        "quarter": whose.quarter.start,
        "area": said.area.strip(),
        "validated": said.validated,
        "updated": said.updated,
        "note": said.note.strip(),
    }
    entered = session.execute(
        insert(_TABLE).values(row).on_conflict_do_nothing().returning(_TABLE.c.declaration_id)
    ).one_or_none()
    if entered is None:
        raise ConflictError(f"El {whose.quarter.label} ya estaba declarado sin contratos.")
    made = UUID(str(row["declaration_id"]))
    audit.record(session, "pnt_declaration.declare", "pnt_declaration", made, quarter=whose.quarter.written)
    return made


def withdraw(session: RwSession, actor: Actor, body: UUID, quarter: Quarter) -> None:
    """Take a body's declaration back.

    Raises:
        ConflictError: none stands.
        NotFoundError, ForbiddenError: the body is not the actor's, or the act is not theirs.
    """
    require(actor, Permission.PROCESS_PUBLISH, body)
    tenancy.sujeto(session, actor, body)
    gone = session.execute(
        update(_TABLE)
        .where(
            _TABLE.c.tenant_id == actor.tenant_id,
            _TABLE.c.sujeto_obligado_id == body,
            _TABLE.c.quarter == quarter.start,
            _TABLE.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=clock.now(), withdrawn_by=actor.account_id, withdrawn_for="person")
        .returning(_TABLE.c.declaration_id)
    ).one_or_none()
    if gone is None:
        raise ConflictError(f"El {quarter.label} no está declarado sin contratos.")
    audit.record(
        session, "pnt_declaration.withdraw", "pnt_declaration", gone.declaration_id, quarter=quarter.written
    )


def keep(database: Database) -> None:
    """Withdraw, in every tenant, what is not true any more; safe when several workers do it at once."""
    with database.public_reading() as session:
        tenants = session.execute(select(col(Tenant.tenant_id), col(Tenant.time_zone))).all()
    for tenant_id, zone in tenants:
        with apart(declarations=str(tenant_id)):
            keep_tenant(database, tenant_id, zone)


def keep_tenant(database: Database, tenant_id: UUID, zone: str) -> None:
    """Withdraw the declarations of quarters of which something was published since they were looked at."""
    actor = Actor(tenant_id=tenant_id, role="system")
    facet = table_of(ProcessFacet).c
    with database.unit_of_work(actor) as session:
        now = clock.now()
        moved = exists().where(
            facet.tenant_id == _TABLE.c.tenant_id,
            facet.sujeto_obligado_id == _TABLE.c.sujeto_obligado_id,
            facet.published_at > _TABLE.c.checked_at - OVERLAP,
        )
        found = session.execute(
            select(_TABLE.c.declaration_id, _TABLE.c.sujeto_obligado_id, _TABLE.c.quarter)
            .where(_TABLE.c.tenant_id == tenant_id, _TABLE.c.withdrawn_at.is_(None), moved)
            .order_by(_TABLE.c.declaration_id)
        ).all()
        for row in found:
            quarter = Quarter(row.quarter)
            if ocid := placing.first(session, actor, row.sujeto_obligado_id, quarter, zone):
                _end(session, actor, row.declaration_id, quarter, ocid)
        session.execute(
            update(_TABLE)
            .where(
                _TABLE.c.tenant_id == tenant_id,
                among(PntDeclaration.declaration_id, [row.declaration_id for row in found]),
                _TABLE.c.withdrawn_at.is_(None),
            )
            .values(checked_at=now)
        )


def _end(session: RwSession, actor: Actor, declaration_id: UUID, quarter: Quarter, ocid: str) -> None:
    gone = session.execute(
        update(_TABLE)
        .where(
            _TABLE.c.tenant_id == actor.tenant_id,
            _TABLE.c.declaration_id == declaration_id,
            _TABLE.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=clock.now(), withdrawn_for="publication", ocid=ocid)
        .returning(_TABLE.c.declaration_id)
    ).one_or_none()
    if gone is not None:
        audit.record(
            session,
            "pnt_declaration.lapse",
            "pnt_declaration",
            declaration_id,
            quarter=quarter.written,
            ocid=ocid,
        )


def _check(quarter: Quarter, said: Statement, today: date) -> None:
    if quarter.end >= today:
        raise InvalidError(
            f"El {quarter.label} todavía no termina: decláralo a partir del {quarter.after:%d/%m/%Y}."
        )
    if quarter not in window(today):
        raise InvalidError("Ese trimestre es demasiado antiguo: ya no se declara aquí.")
    if not said.area.strip():
        raise InvalidError("Escribe el área responsable de la información.")
    if not SHORTEST_NOTE <= len(said.note.strip()) <= LONGEST:
        raise InvalidError(
            f"Explica en la nota por qué no hubo contratos, con al menos {SHORTEST_NOTE} caracteres y {LONGEST} como "
            "máximo."
        )
    if not quarter.after <= said.updated <= today or not quarter.start <= said.validated <= said.updated:
        raise InvalidError(
            "La fecha de actualización va después del trimestre y no después de hoy; la de validación, no después de ella."
        )

"""What a person does: keep the account, send a quarter, and say what the PNT has where nobody knows."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete, insert
from sqlmodel import col

from app.core import audit, json, keys, locks
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.jobs import named
from app.core.keys import Keyring
from app.core.policy import Permission, require
from app.core.quarters import Quarter
from app.core.tables import new_id, table_of
from app.pnt import due, loading
from app.pnt.delivery import queries, remembering
from app.pnt.delivery.models import PntAccount, PntDelivery
from app.pnt.delivery.protocol import Account
from app.pnt.delivery.records import Ids, obstacle, typed
from app.pnt.delivery.remembering import Spot
from app.pnt.due import Whose
from app.pnt.formats import Chosen
from app.settings import Settings
from app.sipot.inward import Report
from app.tenancy import queries as tenancy

TASK = named("pnt.deliver")


@dataclass(frozen=True, slots=True)
class Said:
    """What every record says of the report."""

    area: str
    updated: date
    validated: date
    note: str

    def kept(self) -> dict[str, str]:
        """Return it as it is stored."""
        days = {"updated": self.updated.isoformat(), "validated": self.validated.isoformat()}
        return {"area": self.area, "note": self.note, **days}

    @staticmethod
    def report(held: dict[str, str], quarter: Quarter) -> Report:
        """Return what was stored as rows take it."""
        return Report(
            year=quarter.start.year,
            start=quarter.start,
            end=quarter.end,
            area=held["area"],
            updated=date.fromisoformat(held["updated"]),
            validated=date.fromisoformat(held["validated"]),
            note=held["note"],
            sheet="",
            row=0,
        )


def keep_account(session: RwSession, actor: Actor, settings: Settings, body: UUID, account: Account) -> None:
    """Keep a body's account at the PNT in place of the one before; nobody reads its secrets again.

    Raises:
        NotFoundError, ForbiddenError: the body is not the actor's, or the act is not theirs.
    """
    _enter(session, actor, body)
    sealed = keys.of(settings).seal(
        _purpose(actor, body), json.text({"user": account.user, "password": account.password})
    )
    _forget(session, actor, body)
    session.execute(
        insert(table_of(PntAccount)).values(
            tenant_id=actor.tenant_id, sujeto_obligado_id=body, sealed=sealed, email=account.email
        )
    )
    audit.record(session, "pnt_account.keep", "sujeto_obligado", body)


def forget_account(session: RwSession, actor: Actor, body: UUID) -> None:
    """Forget a body's account at the PNT.

    Raises:
        NotFoundError, ForbiddenError: as `keep_account`.
    """
    _enter(session, actor, body)
    _forget(session, actor, body)
    audit.record(session, "pnt_account.forget", "sujeto_obligado", body)


def opened(keyring: Keyring, actor: Actor, kept: PntAccount) -> Account:
    """Return an account that can be used.

    Raises:
        MissingKeyError: the key that sealed it is gone.
    """
    held = json.loads(keyring.open(_purpose(actor, kept.sujeto_obligado_id), kept.sealed))
    return Account(held["user"], held["password"], kept.email)


def start(
    session: RwSession,
    actor: Actor,
    settings: Settings,
    whose: Whose,
    chosen: Chosen,
    *,
    said: Said,
    seen: str,
) -> PntDelivery:
    """Begin to send what the PNT does not have of a quarter.

    Args:
        session: bound to the actor.
        actor: who publishes for the body.
        settings: name the service.
        whose: quarter.
        chosen: the format.
        said: of the report.
        seen: `Tally.print` of the page on which it was confirmed.

    Raises:
        ConflictError: another sending runs, there is no account or service, nothing to send, or news since the page.
        NotFoundError, ForbiddenError: the body is not the actor's, or the act is not theirs.
    """
    _enter(session, actor, whose.body)
    if not settings.pnt_url:
        raise ConflictError(
            "Esta instalación no tiene la dirección del servicio de la PNT: sube el libro al SIPOT."
        )
    if queries.account(session, actor, whose.body) is None:
        raise ConflictError("Falta la cuenta de tu institución en la PNT: guárdala y vuelve a enviar.")
    if why := obstacle(chosen.format):
        raise ConflictError(why)
    locks.wait_for(session, f"pnt:{actor.tenant_id}:{whose.body}")
    if queries.running(session, actor, whose.body):
        raise ConflictError("Ya hay un envío en curso de tu institución: espera a que termine.")
    known = due.loaded(session, actor, whose.body, whose.quarter, chosen.family)
    tally = loading.tally(due.lines(session, actor, whose, chosen.format), known)
    if tally.print != seen:
        raise ConflictError(
            "Algo se publicó después de abrir esta página: revisa otra vez qué se envía y confirma."
        )
    total = tally.states["new"] + tally.states["changed"] + len(tally.gone)
    if not total:
        raise ConflictError("La PNT ya tiene todo lo de este trimestre: no hay nada que enviar.")
    delivery_id = new_id()
    session.execute(
        insert(table_of(PntDelivery)).values(
            tenant_id=actor.tenant_id,
            delivery_id=delivery_id,
            sujeto_obligado_id=whose.body,
            quarter=whose.quarter.start,
            family=chosen.family,
            said=said.kept(),
            total=total,
        )
    )
    audit.record(
        session,
        "pnt_delivery.start",
        "sujeto_obligado",
        whose.body,
        quarter=whose.quarter.written,
        family=chosen.family,
        rows=total,
    )
    row = queries.delivery(session, actor, delivery_id)
    _defer(session, row)
    return row


def resume(session: RwSession, actor: Actor, delivery_id: UUID) -> None:
    """Queue the job of a sending again, whose own was lost; where it runs, the second finds nothing left to do.

    Raises:
        ConflictError: it ended.
        NotFoundError, ForbiddenError: the body is not the actor's, or the act is not theirs.
    """
    row = queries.delivery(session, actor, delivery_id)
    _enter(session, actor, row.sujeto_obligado_id)
    if row.ended_at is not None:
        raise ConflictError("El envío ya terminó: empieza otro para lo que falta.")
    _defer(session, row)


def settle(session: RwSession, spot: Spot, *, there: bool, number: str = "") -> None:
    """Keep what a person saw at the PNT of a row whose answer was lost.

    Args:
        session: bound to the actor.
        spot: the row, and who publishes for the body.
        there: whether the PNT has it.
        number: its id there, where we do not have it.

    Raises:
        ConflictError: a sending runs.
        InvalidError: it is there, and nobody says under which id.
        NotFoundError, ForbiddenError: there is no such doubt, or the act is not the actor's.
    """
    actor, whose, family, key = spot
    _enter(session, actor, whose.body)
    if queries.running(session, actor, whose.body):
        raise ConflictError("Hay un envío en curso: espera a que termine.")
    row = queries.remote(session, actor, whose, family, key)
    if row is None or row.state == "stored":
        raise NotFoundError
    if not there:
        remembering.gone(session, spot)
    elif row.ids is not None:
        row.state = "stored"
    elif not number:
        raise InvalidError(
            "Escribe el número con el que la PNT tiene el registro; sin él no se podría cambiar."
        )
    else:
        # What it says over there is not known: it counts as changed, or, if it is not reported any more, as to remove.
        remembering.stored(session, spot, Ids(typed(number)), remembering.UNKNOWN)
    audit.record(
        session,
        "pnt_delivery.settle",
        "sujeto_obligado",
        whose.body,
        quarter=whose.quarter.written,
        family=family,
        row=key,
        there=there,
    )


def _enter(session: RwSession, actor: Actor, body: UUID) -> None:
    require(actor, Permission.PROCESS_PUBLISH, body)
    tenancy.sujeto(session, actor, body)


def _defer(session: RwSession, row: PntDelivery) -> None:
    lock = f"pnt:{row.tenant_id}:{row.sujeto_obligado_id}"
    TASK.defer(session, lock=lock, delivery_id=str(row.delivery_id))


def _forget(session: RwSession, actor: Actor, body: UUID) -> None:
    session.execute(
        delete(PntAccount).where(
            col(PntAccount.tenant_id) == actor.tenant_id, col(PntAccount.sujeto_obligado_id) == body
        )
    )


def _purpose(actor: Actor, body: UUID) -> str:
    return f"pnt.account:{actor.tenant_id}:{body}"

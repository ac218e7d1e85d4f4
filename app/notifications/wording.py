"""What a notice says and where it leads: written from identifiers each time it is read, by what its reader may see.

Letters name a process by its ocid and body only: what a letter said cannot be taken back from a mailbox.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import select

from app.core import json
from app.core.db import Actor, RwSession
from app.core.policy import ROLE_LABELS
from app.core.tables import among
from app.identity.queries import full_names
from app.notifications.kinds import KINDS
from app.notifications.models import Notice
from app.processes.models import ContractingProcess
from app.proof.models import SignedHead
from app.tenancy.models import SujetoObligado

PLACES = {
    "panel": "panel",
    "personas": "personas",
    "exportacion": "ajustes/exportacion",
    "cadena": "api/v1/chain",
}
"""Place of a kind → its page, after the tenant."""

_KEEP = (
    "Dice dónde estaba ese día todo lo que tu organismo ha publicado. Si alguien reescribiera la historia, "
    "quien conserve este correo podrá mostrarlo."
)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice in words.

    Attributes:
        title: what happened.
        what: the process by its title, or the person; "" where the notice is about several, or it is gone.
        ocid: of the process.
        body: name of the sujeto obligado.
        by: name of whose act it was; "" for the service's own.
        path: where it leads, with the tenant's slug.
        act: the words of the button that leads there.
        kept: what whoever gets it is to keep as it stands, paragraph by paragraph; for letters.
    """

    notice: Notice
    title: str
    what: str
    ocid: str
    body: str
    by: str
    path: str
    act: str
    kept: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """All of it but its title and that of the process, for letters."""
        parts = (self.body, f"Proceso {self.ocid}" if self.ocid else "", f"Por {self.by}" if self.by else "")
        return "".join(f"{part}. " for part in parts if part).strip()


def tell(session: RwSession, actor: Actor, slug: str, notices: Sequence[Notice]) -> list[Told]:
    """Put notices into words.

    Args:
        session: bound to the actor.
        actor: of the tenant; the caller has checked that the reader sees the bodies of the notices.
        slug: of the tenant.
        notices: to tell, in their order; those of a kind that another version of this service knows are left out.
    """
    notices = [notice for notice in notices if notice.kind in KINDS]
    processes = _processes(session, actor, notices)
    bodies = dict(
        session.exec(
            select(SujetoObligado.sujeto_obligado_id, SujetoObligado.name).where(
                SujetoObligado.tenant_id == actor.tenant_id,
                among(SujetoObligado.sujeto_obligado_id, {n.sujeto_obligado_id for n in notices} - {None}),
            )
        ).all()
    )
    people = {n.by_account_id for n in notices} | {_subject(n) for n in notices}
    names = full_names(session, {account for account in people if account is not None})
    heads = _heads(session, actor, notices)
    told = []
    for notice in notices:
        kind, one = KINDS[notice.kind], notice.count == 1
        process = processes.get(notice.refs.get("process_id", "")) if one else None
        subject = _subject(notice) if one else None
        role = ROLE_LABELS.get(notice.refs.get("role", ""), "")
        person = f"{names.get(subject, 'Una cuenta que ya no existe')}, {role}" if subject else ""
        told.append(
            Told(
                notice=notice,
                title=kind.one if one else kind.many.format(count=notice.count),
                what=process.title or process.ocid if process else person,
                ocid=process.ocid if process else "",
                body=bodies.get(notice.sujeto_obligado_id, "") if notice.sujeto_obligado_id else "",
                by=names.get(notice.by_account_id, "") if notice.by_account_id else "",
                path=f"/{slug}/procesos-internos/{process.process_id}"
                if process
                else f"/{slug}/{PLACES.get(kind.place, 'panel')}",
                act=kind.act if one or kind.place != "process" else "Ver mi trabajo",
                kept=heads.get(notice.refs.get("head", ""), ()),
            )
        )
    return told


def _processes(session: RwSession, actor: Actor, notices: Sequence[Notice]) -> dict[str, ContractingProcess]:
    named = {UUID(n.refs["process_id"]) for n in notices if "process_id" in n.refs}
    rows = session.exec(
        select(ContractingProcess).where(
            ContractingProcess.tenant_id == actor.tenant_id, among(ContractingProcess.process_id, named)
        )
    ).all()
    return {str(row.process_id): row for row in rows}


def _heads(session: RwSession, actor: Actor, notices: Sequence[Notice]) -> dict[str, tuple[str, ...]]:
    days = {date.fromisoformat(n.refs["head"]) for n in notices if "head" in n.refs}
    rows = session.exec(
        select(SignedHead).where(SignedHead.tenant_id == actor.tenant_id, among(SignedHead.day, days))
    ).all()
    return {
        row.day.isoformat(): (
            _KEEP,
            json.text(
                {"head": row.statement, "signature": b64encode(row.signature).decode(), "key": row.key_id}
            ),
        )
        for row in rows
    }


def _subject(notice: Notice) -> UUID | None:
    """Return whom a notice about people is about."""
    return UUID(notice.refs["account_id"]) if "account_id" in notice.refs else None

"""What a garante decides about itself on its own pages: name, theme, licence, policy, terms, calendar.

What is decided here a declaration does not change any more (`Tenant.decided`, docs/adr/0031).
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import BinaryIO

from sqlmodel import col, select

from app.core import audit, clock, locks, public_log
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.policy import Permission, require
from app.core.storage import Storage
from app.tenancy import logo
from app.tenancy.declarations import MINIMUM_CONTRAST, contrast_with_white
from app.tenancy.models import DAY_KINDS, CalendarDay, Tenant, TenantName

DEFAULTS = ("garante", "self", "direct")
"""Policies that may hold for every body; `single` is granted to one, for a time."""
MOST_REVIEW_DAYS = 60
LONGEST_PERIOD = 62
"""Days that may be put into the calendar at once."""
LONGEST_TEXT = 20_000
_ACCENT = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Naming:
    """A garante's name and law from a day on."""

    name: str
    short_name: str
    law: str
    since: date


def rename(session: RwSession, actor: Actor, naming: Naming) -> None:
    """Give the garante another name from a day on; what it published keeps its publisher's.

    Raises:
        InvalidError: the name is empty, or the day is not after the one of its last name.
    """
    tenant = _own(session, actor)
    name, short_name, law = (" ".join(text.split()) for text in (naming.name, naming.short_name, naming.law))
    if not name:
        raise InvalidError("Escribe el nombre del organismo.")
    names = session.exec(
        select(TenantName).where(TenantName.tenant_id == actor.tenant_id).order_by(col(TenantName.position))
    ).all()
    last = names[-1] if names else None
    if last is not None:
        if last.valid_from and naming.since <= last.valid_from:
            raise InvalidError("El día debe ser posterior al del último cambio de nombre.")
        last.valid_to = naming.since
    session.add(
        TenantName(
            tenant_id=tenant.tenant_id,
            position=last.position + 1 if last else 0,
            name=name,
            short_name=short_name,
            valid_from=naming.since,
            law=law,
            source="Registrado por el propio organismo",
        )
    )
    _decided(session, tenant, "names")


def set_accent(session: RwSession, actor: Actor, accent: str) -> None:
    """Choose the colour of links and buttons.

    Raises:
        InvalidError: it is no colour, or text in it on white, or white on it, could not be read.
    """
    tenant = _own(session, actor)
    accent = accent.strip().lower()
    if not _ACCENT.fullmatch(accent):
        raise InvalidError("Escribe el color como #0b6b3a.")
    contrast = contrast_with_white(accent)
    if contrast < MINIMUM_CONTRAST:
        raise InvalidError(
            f"Su contraste con el blanco es {contrast:.1f} y debe ser al menos {MINIMUM_CONTRAST}: elige uno más oscuro."
        )
    tenant.accent = accent
    _decided(session, tenant, "accent")


def set_logo(session: RwSession, actor: Actor, storage: Storage, source: BinaryIO) -> None:
    """Keep a logo; the one before goes.

    Raises:
        InvalidError: it is too large, or no SVG or PNG.
    """
    tenant = _own(session, actor)
    content, kind = logo.tidy(source.read(logo.LARGEST + 1))
    tenant.logo_key, tenant.logo_type = storage.new_key(tenant.tenant_id, "logo"), kind
    storage.put(tenant.logo_key, BytesIO(content))
    _decided(session, tenant, "logo")


def remove_logo(session: RwSession, actor: Actor) -> None:
    """Show no logo."""
    tenant = _own(session, actor)
    tenant.logo_key = tenant.logo_type = ""
    _decided(session, tenant, "logo")


def set_publication(
    session: RwSession, actor: Actor, *, policy_text: str, policy_url: str, licence: str
) -> None:
    """Say under what policy and licence the data is published; it stands in the public log.

    Raises:
        InvalidError: a text is too long, or an address is none.
    """
    tenant = _own(session, actor)
    told = {
        "policy_text": policy_text.replace("\r\n", "\n").strip(),
        "policy_url": policy_url.strip(),
        "licence": licence.strip(),
    }
    if any(len(text) > LONGEST_TEXT for text in told.values()):
        raise InvalidError(
            f"El texto pasa de {LONGEST_TEXT:,} caracteres. Acórtalo o publícalo aparte y enlázalo."
        )
    if told["policy_url"] and not told["policy_url"].startswith(("https://", "http://")):
        raise InvalidError("La dirección de la política debe empezar con https:// o http://.")
    changed = [name for name, text in told.items() if getattr(tenant, name) != text]
    if not changed:
        return
    for name in changed:
        setattr(tenant, name, told[name])
    _decided(session, tenant, *changed)
    public_log.tell(session, "policy_text", changed=", ".join(changed))


def set_default_policy(session: RwSession, actor: Actor, policy: str, reason: str) -> None:
    """Say who approves in bodies that come from now on; those that are there keep theirs.

    Raises:
        InvalidError: no such default, or no reason.
    """
    tenant = _own(session, actor)
    reason = " ".join(reason.split())
    if policy not in DEFAULTS:
        raise InvalidError("Elige quién aprueba.")
    if policy == tenant.default_policy:
        return
    if not reason:
        raise InvalidError("Escribe el motivo: quedará a la vista de cualquiera.")
    before, tenant.default_policy = tenant.default_policy, policy
    _decided(session, tenant, "default_policy")
    public_log.tell(session, "policy_change", reason=reason, before=before, after=policy)


def set_review_days(session: RwSession, actor: Actor, days: int) -> None:
    """Say in how many working days a review should be done.

    Raises:
        InvalidError: less than one or more than sixty.
    """
    tenant = _own(session, actor)
    if not 1 <= days <= MOST_REVIEW_DAYS:
        raise InvalidError(f"El plazo va de 1 a {MOST_REVIEW_DAYS} días hábiles.")
    if days != tenant.review_days:
        tenant.review_days = days
        _decided(session, tenant, "review_days")


def add_days(session: RwSession, actor: Actor, *, first: date, last: date, kind: str, label: str) -> int:
    """Put days into the calendar, instead of what it said of them; return how many.

    Args:
        session: bound to the actor.
        actor: who decides for the garante.
        first: included.
        last: included.
        kind: of `models.DAY_KINDS`.
        label: what people call them.

    Raises:
        InvalidError: no such kind, no name, or a period that ends before it begins or is too long.
    """
    tenant = _own(session, actor)
    label = " ".join(label.split())
    if kind not in DAY_KINDS or not label:
        raise InvalidError("Di qué días son y cómo se llaman.")
    if not 0 <= (last - first).days < LONGEST_PERIOD:
        raise InvalidError(
            f"El periodo debe terminar después de empezar y durar {LONGEST_PERIOD} días o menos."
        )
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    for day in days:
        session.merge(CalendarDay(tenant_id=tenant.tenant_id, day=day, kind=kind, label=label))
    session.flush()
    audit.record(
        session, "tenant.calendar", "tenant", tenant.tenant_id, kind=kind, first=str(first), last=str(last)
    )
    return len(days)


def remove_days(session: RwSession, actor: Actor, *, first: date, last: date) -> None:
    """Let days, both ends included, be what the national calendar says.

    Raises:
        NotFoundError: the garante's calendar says nothing of them.
    """
    tenant = _own(session, actor)
    query = select(CalendarDay).where(
        CalendarDay.tenant_id == tenant.tenant_id, col(CalendarDay.day).between(first, last)
    )
    rows = session.exec(query).all()
    if not rows:
        raise NotFoundError("Esos días no están en tu calendario.")
    for row in rows:
        session.delete(row)
    session.flush()
    audit.record(
        session,
        "tenant.calendar",
        "tenant",
        tenant.tenant_id,
        kind="removed",
        first=str(first),
        last=str(last),
    )


def _own(session: RwSession, actor: Actor) -> Tenant:
    require(actor, Permission.TENANT_MANAGE)
    if actor.tenant_id is None:
        raise NotFoundError
    # One decision after the other: names, days and what was decided are read and then written.
    locks.wait_for(session, f"decisiones:{actor.tenant_id}")
    tenant = session.get_one(Tenant, actor.tenant_id, populate_existing=True)
    if tenant.status != "active":
        raise ConflictError("El organismo no está activo: nada se cambia mientras tanto.")
    return tenant


def _decided(session: RwSession, tenant: Tenant, *names: str) -> None:
    tenant.decided = sorted({*tenant.decided, *names})
    tenant.updated_at = clock.now()
    session.flush()
    audit.record(session, "tenant.decide", "tenant", tenant.tenant_id, columns=sorted(names))

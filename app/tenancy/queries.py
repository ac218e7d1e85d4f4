"""Reading tenants and padrones: the directory that every request starts from, and a tenant's own bodies."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.core import clock
from app.core.db import Actor, Database, PublicSession, RwSession
from app.core.errors import ConflictError, GoneError, InvalidError, NotFoundError, SuspendedError
from app.core.folding import fold
from app.core.tables import among
from app.core.workdays import Calendar
from app.tenancy.models import CalendarDay, OcidPrefix, SujetoObligado, Tenant, TenantHost, TenantName

REFRESH_SECONDS = 5.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "testserver", "[::1]"})


class SignedHead(NamedTuple):
    """Where a tenant's chain stood on a day, signed (`app.proof`).

    Attributes:
        statement: the exact text that was signed, JSON.
        key_id: of the installation's key.
    """

    day: date
    statement: str
    signature: bytes
    key_id: str


@dataclass(frozen=True, slots=True)
class TenantView:
    """What the world may know of a tenant, with the name that holds today.

    Attributes:
        status: "active", "suspended" (it works no more; what it published stays public) or "deleted".
        status_reason: why it is not active, for everyone.
        base: where its addresses start: `/jalisco`, or empty on a host of its own.
        logo: what tells one logo of it from another; empty where it shows none.
        head: the last signed one, which is told with everything that it published; None where none was asked for.
    """

    tenant_id: UUID
    slug: str
    name: str
    short_name: str
    law: str
    verified: bool
    state_code: str
    time_zone: str
    licence: str
    policy_text: str
    policy_url: str
    accent: str
    natural_rfc_public: bool
    is_national: bool
    reply_to: str = ""
    status: str = "active"
    status_reason: str = ""
    hosts: tuple[str, ...] = ()
    base: str = ""
    logo: str = ""
    head: SignedHead | None = None

    @property
    def known_as(self) -> str:
        """The short name where there is one."""
        return self.short_name or self.name

    @property
    def today(self) -> date:
        """The day it is there now."""
        return clock.now().astimezone(ZoneInfo(self.time_zone)).date()


def name_on(names: Iterable[TenantName], day: date) -> TenantName | None:
    """Return the name that holds on a day; where the dates do not say, the newest."""
    ordered = sorted(names, key=lambda name: name.position)
    for name in reversed(ordered):
        if (name.valid_from or day) <= day and (name.valid_to is None or day < name.valid_to):
            return name
    return ordered[-1] if ordered else None


@dataclass
class _Snapshot:
    read_at: float = float("-inf")
    by_slug: dict[str, TenantView] = field(default_factory=dict)
    by_host: dict[str, TenantView] = field(default_factory=dict)
    newest: SignedHead | None = None


class TenantDirectory:
    """All tenants, read once and again every few seconds: a few hundred rows at most.

    Args:
        database: read as `app_public`.
        national_hosts: names under which the service as a whole is asked, besides this machine's own.
        heads: reads the last signed head of each tenant.
    """

    def __init__(
        self,
        database: Database,
        national_hosts: Iterable[str] = (),
        heads: Callable[[PublicSession], Mapping[UUID, SignedHead]] = lambda _: {},
    ) -> None:
        self._database = database
        self._heads = heads
        self._national = LOOPBACK.union(national_hosts)
        self._snapshot = _Snapshot()
        self._lock = Lock()

    def forget(self) -> None:
        """Read again at the next question."""
        self._snapshot = _Snapshot()

    def is_fresh(self) -> bool:
        """Tell whether the next question needs no reading."""
        return clock.monotonic() - self._snapshot.read_at <= REFRESH_SECONDS

    def all(self, *, deleted: bool = False) -> list[TenantView]:
        """Return the tenants, the national one first, then by state and slug; on request the deleted ones too."""
        views = [view for view in self._current().by_slug.values() if deleted or view.status != "deleted"]
        return sorted(views, key=lambda view: (not view.is_national, view.state_code, view.slug))

    def by_slug(self, slug: str) -> TenantView:
        """Return a tenant.

        Raises:
            NotFoundError: no tenant has this slug.
            GoneError: the one that had it was deleted.
        """
        view = self._current().by_slug.get(slug)
        if view is None:
            raise NotFoundError(f"No hay un organismo garante con la dirección «{slug[:60]}».")
        if view.status == "deleted":
            raise GoneError(f"{view.name} fue dado de baja. Fundamento: {view.status_reason}")
        return view

    def newest_head(self) -> SignedHead | None:
        """Return the head that was signed last: it names those of all tenants."""
        return self._current().newest

    def serves(self, host: str) -> bool:
        """Tell whether a host name, without its port, is the service's or a tenant's."""
        return host in self._national or self.by_host(host) is not None

    def is_national(self, host: str) -> bool:
        """Tell whether a host name shows the whole service."""
        return host in self._national

    def by_host(self, host: str) -> TenantView | None:
        """Return the tenant that has this host name as its own, if one does."""
        return self._current().by_host.get(host)

    def _current(self) -> _Snapshot:
        now = clock.monotonic()
        if now - self._snapshot.read_at > REFRESH_SECONDS:
            with self._lock:
                if now - self._snapshot.read_at > REFRESH_SECONDS:
                    self._snapshot = self._read(now)
        return self._snapshot

    def _read(self, now: float) -> _Snapshot:
        with self._database.public_reading() as session:
            # A suspended garante works no more, but what it published stays public.
            tenants = session.exec(select(Tenant)).all()
            names: dict[UUID, list[TenantName]] = {}
            for name in session.exec(select(TenantName)).all():
                names.setdefault(name.tenant_id, []).append(name)
            hosts: dict[UUID, list[str]] = {}
            for host in session.exec(select(TenantHost)).all():
                hosts.setdefault(host.tenant_id, []).append(host.host)
            heads = self._heads(session)
        views = [
            _view(
                tenant,
                names.get(tenant.tenant_id, []),
                hosts.get(tenant.tenant_id, []),
                heads.get(tenant.tenant_id),
            )
            for tenant in tenants
        ]
        return _Snapshot(
            now,
            {view.slug: view for view in views},
            {host: view for view in views for host in view.hosts},
            max(heads.values(), default=None),
        )


def _view(tenant: Tenant, names: list[TenantName], hosts: list[str], head: SignedHead | None) -> TenantView:
    today = clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()
    name = name_on(names, today)
    return TenantView(
        tenant_id=tenant.tenant_id,
        slug=tenant.slug,
        name=name.name if name else tenant.slug,
        short_name=name.short_name if name else "",
        law=name.law if name else "",
        verified=name.verified if name else False,
        state_code=tenant.state_code,
        time_zone=tenant.time_zone,
        licence=tenant.licence,
        policy_text=tenant.policy_text,
        policy_url=tenant.policy_url,
        accent=tenant.accent,
        natural_rfc_public=tenant.natural_rfc_public,
        is_national=tenant.is_national,
        reply_to=tenant.reply_to,
        status=tenant.status,
        status_reason=tenant.status_reason,
        hosts=tuple(sorted(hosts)),
        base=f"/{tenant.slug}",
        logo=tenant.logo_key.rpartition("/")[2],
        head=head,
    )


def tenant_by_slug(session: PublicSession, slug: str) -> Tenant:
    """Return the tenant with a slug, active or not.

    Raises:
        NotFoundError: there is none.
    """
    row = session.exec(select(Tenant).where(Tenant.slug == slug)).one_or_none()
    if row is None:
        raise NotFoundError(f"No hay un organismo garante con la dirección «{slug[:60]}».")
    return row


def tenant(session: RwSession, actor: Actor) -> Tenant:
    """Return the actor's own tenant row."""
    row = session.exec(select(Tenant).where(Tenant.tenant_id == actor.tenant_id)).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def at_work(session: RwSession, actor: Actor) -> Tenant:
    """Return the actor's own tenant row, which works, and does so until the transaction ends: take it first.

    Raises:
        SuspendedError: it does not.
    """
    row = session.exec(
        select(Tenant)
        .where(Tenant.tenant_id == actor.tenant_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one()
    if row.status != "active":
        raise SuspendedError("El organismo garante está suspendido: nada se importa ni se publica por ahora.")
    return row


def names(session: RwSession, actor: Actor) -> list[TenantName]:
    """Return what the actor's tenant has been called, the newest first."""
    query = select(TenantName).where(TenantName.tenant_id == actor.tenant_id)
    return list(session.exec(query.order_by(col(TenantName.position).desc())))


def sujetos(session: RwSession, actor: Actor) -> list[SujetoObligado]:
    """Return all sujetos obligados that the actor may see, by name: for jobs, which look up every row of a file."""
    return list(session.exec(_within(actor).order_by(col(SujetoObligado.sort_key))))


def names_of(session: RwSession, actor: Actor, sujeto_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the names of some bodies that the actor may see."""
    wanted = {one for one in sujeto_ids if one is not None}
    query = select(SujetoObligado.sujeto_obligado_id, SujetoObligado.name).where(
        SujetoObligado.tenant_id == actor.tenant_id, among(SujetoObligado.sujeto_obligado_id, wanted)
    )
    if actor.sujeto_obligado_id is not None:
        query = query.where(SujetoObligado.sujeto_obligado_id == actor.sujeto_obligado_id)
    return dict(session.exec(query).all()) if wanted else {}


def publishes_directly(session: RwSession, actor: Actor) -> bool:
    """Tell whether the policy of some body that the actor may see lets imports be published at once."""
    return session.exec(_within(actor).where(SujetoObligado.policy == "direct").limit(1)).first() is not None


def find(session: RwSession, actor: Actor, words: str, limit: int) -> list[SujetoObligado]:
    """Return the first working bodies, by name, whose name or key holds every word of some."""
    query = _within(actor).where(SujetoObligado.status == "active")
    query = query.order_by(col(SujetoObligado.sort_key)).limit(limit)
    for word in fold(words).split():
        query = query.where(
            col(SujetoObligado.sort_key).contains(word, autoescape=True)
            | func.lower(col(SujetoObligado.key)).contains(word, autoescape=True)
        )
    return list(session.exec(query))


def named(session: RwSession, actor: Actor, text: str) -> SujetoObligado:
    """Return the body that a person named by its key or its whole name.

    Raises:
        InvalidError: none, or several of that name.
    """
    called = (col(SujetoObligado.key) == text) | (col(SujetoObligado.sort_key) == fold(text))
    found = session.exec(_within(actor).where(called).limit(2)).all()
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidError(f"Hay varios sujetos obligados que se llaman «{text}»: escribe su clave.")
    raise InvalidError(f"«{text}» no está en el padrón. Escríbelo como aparece ahí, o con su clave.")


def _within(actor: Actor) -> SelectOfScalar[SujetoObligado]:
    query = select(SujetoObligado).where(SujetoObligado.tenant_id == actor.tenant_id)
    if actor.sujeto_obligado_id is not None:
        query = query.where(SujetoObligado.sujeto_obligado_id == actor.sujeto_obligado_id)
    return query


def sujeto(session: RwSession, actor: Actor, sujeto_obligado_id: UUID) -> SujetoObligado:
    """Return one sujeto obligado of the actor's tenant.

    Raises:
        NotFoundError: absent, another tenant's, or not the one the actor is confined to.
    """
    row = session.exec(
        select(SujetoObligado).where(
            SujetoObligado.tenant_id == actor.tenant_id,
            SujetoObligado.sujeto_obligado_id == sujeto_obligado_id,
        )
    ).one_or_none()
    if row is None or actor.sujeto_obligado_id not in (None, row.sujeto_obligado_id):
        raise NotFoundError("No encontramos ese sujeto obligado.")
    return row


_IDLE = {
    "suspended": "está suspendido",
    "merged": "pasó sus funciones a otro sujeto obligado",
    "moving": "se está mudando a otro organismo garante",
    "moved": "pasó a otro organismo garante",
}


def require_working(session: RwSession, actor: Actor, sujeto_ids: Iterable[UUID]) -> None:
    """Refuse new work in a body that is suspended, was merged into another or moves to another tenant.

    Raises:
        ConflictError: one of them does not work now.
    """
    wanted = set(sujeto_ids)
    if not wanted:
        return
    query = select(SujetoObligado).where(
        SujetoObligado.tenant_id == actor.tenant_id,
        among(SujetoObligado.sujeto_obligado_id, wanted),
        SujetoObligado.status != "active",
    )
    if (idle := session.exec(query.limit(1)).first()) is not None:
        why = _IDLE[idle.status]
        raise ConflictError(
            f"«{idle.name}» {why}: no puede empezar contrataciones. Consúltalo con tu organismo garante."
        )


def prefixes(session: RwSession, actor: Actor) -> list[str]:
    """Return the OCID prefixes of the actor's tenant; new processes get the first."""
    rows = session.exec(
        select(OcidPrefix)
        .where(OcidPrefix.tenant_id == actor.tenant_id)
        .order_by(col(OcidPrefix.position), col(OcidPrefix.prefix))
    ).all()
    return [row.prefix for row in rows]


def inherited_prefixes(session: RwSession, actor: Actor) -> frozenset[str]:
    """Return the prefixes of other tenants that came with processes which moved here: no other ocid may have them."""
    return frozenset(
        session.exec(
            select(OcidPrefix.prefix).where(
                OcidPrefix.tenant_id == actor.tenant_id, OcidPrefix.kind == "inherited"
            )
        )
    )


def prefix_owner(session: PublicSession, prefix: str) -> UUID | None:
    """Return the tenant that uses an OCID prefix, if one does; prefixes are public."""
    row = session.exec(
        select(OcidPrefix).where(OcidPrefix.prefix == prefix, OcidPrefix.kind != "inherited")
    ).one_or_none()
    return row.tenant_id if row else None


def today(session: RwSession, actor: Actor) -> date:
    """Return the day that it is now where the actor's tenant is."""
    return clock.now().astimezone(ZoneInfo(tenant(session, actor).time_zone)).date()


def national_days(year: int) -> dict[date, str]:
    """Return the rest days that the federal law of labour gives everyone in a year, with their Spanish names."""
    return dict(sorted(holidays.country_holidays("MX", years=year, language="es").items()))


def calendar_days(session: RwSession, actor: Actor, *years: int) -> list[CalendarDay]:
    """Return the days of some years on which the actor's tenant departs from the national calendar, in order."""
    query = select(CalendarDay).where(
        CalendarDay.tenant_id == actor.tenant_id,
        col(CalendarDay.day).between(date(min(years), 1, 1), date(max(years), 12, 31)),
    )
    return list(session.exec(query.order_by(col(CalendarDay.day))).all())


def calendar(session: RwSession, actor: Actor, *years: int) -> Calendar:
    """Return when the actor's tenant works: the national days of rest, its own, and what it works all the same.

    Args:
        session: bound to the actor.
        actor: of the tenant.
        *years: that the term may touch; by default the last one, this one and the next.
    """
    this = clock.now().year
    asked = years or (this - 1, this, this + 1)
    own = calendar_days(session, actor, *asked)
    working = {one.day for one in own if one.kind == "working"}
    national = {day for year in range(min(asked), max(asked) + 1) for day in national_days(year)}
    rest = national | {one.day for one in own if one.kind != "working"}
    return Calendar(frozenset(rest - working), frozenset(working))

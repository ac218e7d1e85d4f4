"""Engines, sessions bound to an actor, and the only place that commits.

Each database role has its own engine and its own session class, so that mypy stops a mix-up. The actor stands in
`session.info["actor"]` (a ContextVar set by a sync dependency is lost: FastAPI copies the context) and is bound to
the transaction in `after_begin`, transaction-local, always; without an actor the settings are empty and every wall
shows nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session

from app.core import json
from app.core.errors import AppError

RoleName = Literal["owner", "rw", "public", "monitor", "worker", "auth", "auditor"]


class WrongRoleError(AppError):
    """The database role can do more than it should; the service refuses to start."""

    slug, title = "rol-inseguro", "El rol de base de datos tiene más permisos de los debidos"


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf a transaction runs.

    Attributes:
        tenant_id: the one tenant whose rows it sees; None sees none.
        account_id: the person, or None for the system itself.
        membership_id: the membership under which the person acts.
        role: that membership's role (domain.md, "Roles"), or "system" for jobs of the service itself.
        sujeto_obligado_id: the body that the membership is confined to; None where the role spans the tenant.
        address: the network address that the person acts from, for the audit; "" for the service itself.
    """

    tenant_id: UUID | None = None
    account_id: UUID | None = None
    membership_id: UUID | None = None
    role: str = ""
    sujeto_obligado_id: UUID | None = None
    address: str = ""


NOBODY = Actor()


class RwSession(Session):
    """Tenant work, as `app_rw`: sees the rows of its actor's tenant only."""


class PublicSession(Session):
    """Published data of all tenants, as `app_public`: cannot read a draft."""


class MonitorSession(Session):
    """Published data and adoption facts of all tenants, as `app_monitor`, read-only."""


class AuthSession(Session):
    """Accounts, sessions and memberships, as `app_auth`: no contracting data at all."""


class WorkerSession(Session):
    """Letters that wait, and whose news waits, as `app_worker`: no contracting data at all."""


class AuditorSession(Session):
    """Audit blocks, as `app_auditor`: reads audit rows, appends seals."""


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """SQLAlchemy addresses, one per role."""

    owner: str = field(repr=False)
    rw: str = field(repr=False)
    public: str = field(repr=False)
    monitor: str = field(repr=False)
    worker: str = field(repr=False)
    auth: str = field(repr=False)
    auditor: str = field(repr=False)


_BIND = text(
    "SELECT set_config('app.tenant_id', :tenant, true), set_config('app.account_id', :account, true), "
    "set_config('app.sujeto_obligado_id', :sujeto, true), set_config('app.address', :address, true)"
)


@event.listens_for(Session, "after_begin")
def _bind_actor(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    _bind(connection, session.info.get("actor", NOBODY))


def _bind(connection: Connection, actor: Actor) -> None:
    connection.execute(
        _BIND,
        {
            "tenant": str(actor.tenant_id or ""),
            "account": str(actor.account_id or ""),
            "sujeto": str(actor.sujeto_obligado_id or ""),
            "address": actor.address,
        },
    )


@contextmanager
def in_tenant(session: Session, tenant_id: UUID) -> Iterator[Actor]:
    """Do a part of a transaction in another tenant, as the service itself, and come back; both sides commit together.

    It steps through the wall, so only what both tenants have agreed on may ask for it: a transfer, and the withdrawal of
    a release that stands in the chain of the tenant it came from (docs/adr/0033).

    Args:
        session: of the owner, or of tenant work.
        tenant_id: whose rows are seen meanwhile.

    Yields:
        The actor of that part: the same person, without a role of theirs.
    """
    before: Actor = session.info.get("actor", NOBODY)
    there = replace(before, tenant_id=tenant_id, membership_id=None, role="system", sujeto_obligado_id=None)
    session.flush()
    session.info["actor"] = there
    try:
        _bind(session.connection(), there)
        yield there
        session.flush()
    finally:
        session.info["actor"] = before
    _bind(session.connection(), before)


class Database:
    """The engines of one process; pools are small because all of them together stay under max_connections.

    Args:
        urls: one address per role.
        threads: how many threads of this process may hold a session at once.
    """

    def __init__(self, urls: DatabaseUrls, *, threads: int = 8) -> None:
        self.urls = urls
        self._engines: dict[RoleName, Engine] = {}
        self._threads = threads

    def engine(self, role: RoleName) -> Engine:
        """Return the engine of a role, opened on first use."""
        if role not in self._engines:
            url: str = getattr(self.urls, role)
            self._engines[role] = create_engine(
                url,
                pool_size=self._threads,
                max_overflow=0,
                pool_pre_ping=True,
                json_serializer=json.text,
                json_deserializer=json.loads,
                connect_args={
                    "application_name": f"contrataciones:{role}",
                    # The functions of jobs name their tables without a schema.
                    **({"options": "-c search_path=public,jobs"} if role in ("rw", "worker") else {}),
                },
            )
        return self._engines[role]

    def dispose(self) -> None:
        """Close every pooled connection."""
        for engine in self._engines.values():
            engine.dispose()

    def assert_least_privilege(self) -> None:
        """Refuse to run when a role of the service could step over the walls.

        Raises:
            WrongRoleError: a role is a superuser, bypasses row security, or owns a table.
        """
        roles: tuple[RoleName, ...] = ("rw", "public", "monitor", "worker", "auth", "auditor")
        for role in roles:
            with self.engine(role).connect() as connection:
                unsafe = connection.execute(
                    text(
                        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR EXISTS ("
                        "SELECT FROM pg_class WHERE relowner = r.oid) FROM pg_roles r WHERE rolname = current_user"
                    )
                ).scalar_one()
            if unsafe:
                raise WrongRoleError(
                    f"La dirección de base de datos del rol «{role}» pertenece a un superusuario, a quien se salta "
                    "las políticas por fila o a quien es dueño de tablas. Usa el rol que crea «migrate»."
                )

    @contextmanager
    def unit_of_work(self, actor: Actor) -> Iterator[RwSession]:
        """Open one transaction of tenant work; commit at the end, roll back on any error.

        Args:
            actor: bound to the transaction before its first statement.

        Yields:
            The session; nothing outside this module commits it.
        """
        with RwSession(self.engine("rw"), info={"actor": actor}, expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def auth_work(self, account_id: UUID | None = None) -> Iterator[AuthSession]:
        """Open one transaction on accounts and sessions; commit at the end."""
        info = {"actor": Actor(account_id=account_id)}
        with AuthSession(self.engine("auth"), info=info, expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def worker_work(self) -> Iterator[WorkerSession]:
        """Open one transaction of the post; commit at the end."""
        with WorkerSession(self.engine("worker"), expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def auditor_work(self) -> Iterator[AuditorSession]:
        """Open one transaction that seals audit blocks; commit at the end."""
        with AuditorSession(self.engine("auditor"), expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def owner_work(self, actor: Actor = NOBODY) -> Iterator[Session]:
        """Open one transaction as the owner: platform acts from the command line only (tenants, operators)."""
        with Session(self.engine("owner"), info={"actor": actor}, expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def snapshot(self, actor: Actor) -> Iterator[Session]:
        """Open a look at one tenant as of one instant, as the owner: for an export that leaves nothing out.

        Args:
            actor: whose tenant's wall it stands behind; nothing can be written.
        """
        engine = self.engine("owner").execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with Session(engine, info={"actor": actor}) as session:
            yield session

    @contextmanager
    def public_reading(self) -> Iterator[PublicSession]:
        """Open a session on published data; never commits."""
        with PublicSession(self.engine("public")) as session:
            yield session

    @contextmanager
    def monitor_reading(self) -> Iterator[MonitorSession]:
        """Open a session on published data and adoption facts; never commits."""
        with MonitorSession(self.engine("monitor")) as session:
            yield session

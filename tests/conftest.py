"""What the tests stand on: one real PostgreSQL, built by the migrations; each test works in tenants of its own.

The walls that keep tenants apart also keep the tests apart, so nothing is rolled back and everything really commits.
`DATABASE_URL` (a role that may create roles) or `PG_BIN` choose another server than the wheel's.
"""

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import structlog
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlmodel import Session

from app.core import migrate, provision
from app.core.db import Actor, Database
from app.core.embedded import Embedded
from app.core.policy import SUJETO_ROLES
from app.core.storage import Storage
from app.identity import service as identity
from app.main import create_app
from app.settings import Settings
from app.tenancy import queries
from app.tenancy import service as tenancy
from app.tenancy.declarations import (
    OcidPrefix,
    PrivacyPolicy,
    StateCode,
    TenantDeclaration,
    TenantName,
    Theme,
)
from tests.browser import chromium

PASSWORD = "una-contraseña-de-prueba"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


LONG = {
    "benchmarks",
    "capture",
    "chaos",
    "conformance",
    "docs",
    "e2e",
    "openapi",
    "operations",
    "portal",
    "walls",
}
"""Directories whose files take longer than others."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, each in its chance order, so that no worker is left with one at the end."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)


def pytest_configure(config: pytest.Config) -> None:
    """Say loudly when the shared data that conformance tests read is missing."""
    if not SHARED.is_dir():
        raise pytest.UsageError(f"Falta la carpeta de datos compartidos que leen las pruebas: {SHARED}")
    # The library's own way shows the locals of every frame and takes half a minute over a large page.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.stdlib.add_log_level, plain])


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data that tests read and never copy."""
    return SHARED


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser; not for the whole run, since its loop would stand in the way of others."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def administrator_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A superuser's address of a real server."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given.replace("postgresql://", "postgresql+psycopg://", 1)
        return
    pg_bin = os.environ.get("PG_BIN")
    folder = tmp_path_factory.mktemp("postgresql")
    with Embedded(folder, fast=True, pg_bin=Path(pg_bin) if pg_bin else None) as server:
        yield server.superuser_url


@contextmanager
def fresh_database(administrator_url: str) -> Iterator[Database]:
    """Make a database by provisioning and migrations, with roles of its own."""
    prefix = f"t{uuid4().hex[:8]}_"
    urls = provision.provision(administrator_url, f"prueba_{prefix}", prefix=prefix)
    opened = Database(urls, threads=8)
    migrate.upgrade(opened.engine("owner"), role_prefix=prefix)
    try:
        yield opened
    finally:
        opened.dispose()


@pytest.fixture(scope="session")
def database(administrator_url: str) -> Iterator[Database]:
    """The database of this run."""
    with fresh_database(administrator_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def lone_database(administrator_url: str) -> Iterator[Database]:
    """A database of one module's tests alone: they tamper with it, or do the jobs that a server would take."""
    with fresh_database(administrator_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Storage:
    """Files in a folder of this run."""
    return Storage.local(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the application under test."""
    return Settings(
        state_folder=tmp_path_factory.mktemp("state"),
        environment="development",
        threads=8,
        downloads_seconds=0,  # tests of files make theirs; the others' chores stay out of the way
        webhooks=False,
        hosts="datos.example, otra.example",
    )


_numbers = count(1)


@cache
def _password_hash() -> str:
    return identity.hash_password(PASSWORD)


@dataclass
class Place:
    """A tenant made for one test, with a sujeto obligado or two and somebody in every role."""

    database: Database
    slug: str
    tenant_id: UUID
    prefix: str
    sujetos: list[UUID] = field(default_factory=list)
    people: dict[tuple[str, UUID | None], Actor] = field(default_factory=dict)

    @property
    def system(self) -> Actor:
        """The service itself, in this tenant."""
        return Actor(tenant_id=self.tenant_id, role="system")

    def add_sujeto(self, *, policy: str = "garante", name: str = "", rfc: str = "") -> UUID:
        """Enter one more body."""
        number = len(self.sujetos) + 1
        with self.database.unit_of_work(self.system) as session:
            row = tenancy.add_sujeto(
                session,
                self.system,
                key=f"so-{number}",
                name=name or f"Secretaría de Pruebas {number} del Estado",
                policy=policy,
                rfc=rfc,
            )
            self.sujetos.append(row.sujeto_obligado_id)
            return row.sujeto_obligado_id

    def email(self, role: str, sujeto: UUID | None = None) -> str:
        """The address with which `actor(role, sujeto)` signs in; the password is `PASSWORD`."""
        place = f"-{sujeto.hex[:8]}" if sujeto else ""
        return f"{role}{place}@{self.slug}.example.org"

    def actor(self, role: str, sujeto: UUID | None = None) -> Actor:
        """Somebody with a role; in the first body when the role needs one and none is named."""
        if role in SUJETO_ROLES and sujeto is None:
            sujeto = self.sujetos[0]
        if (role, sujeto) not in self.people:
            with self.database.owner_work(self.system) as session:
                self._enter(session, role, sujeto)
        return self.people[role, sujeto]

    def _enter(self, session: Session, role: str, sujeto: UUID | None) -> None:
        account_id = identity.create_account(
            session,
            email=self.email(role, sujeto),
            full_name=f"Persona {role}",
            password_hash=_password_hash(),
        )
        membership_id = identity.add_membership(session, self.system, account_id, role, sujeto)
        self.people[role, sujeto] = Actor(
            tenant_id=self.tenant_id,
            account_id=account_id,
            membership_id=membership_id,
            role=role,
            sujeto_obligado_id=sujeto,
        )


def place_maker(database: Database) -> Callable[..., Place]:
    """Return what makes tenants in a database."""

    def make(*, policy: str = "garante", natural_rfc_public: bool = False) -> Place:
        number = next(_numbers)
        # Six signs by chance met twice once in some runs: prefixes count.
        slug, prefix = f"prueba-{number}-{uuid4().hex[:6]}", f"ocds-{number:06x}"
        declaration = TenantDeclaration(
            slug=slug,
            time_zone="America/Mexico_City",
            state=StateCode(name="Prueba", inegi="14", pnt="JAL"),
            names=(TenantName(name=f"Organismo Garante de Prueba {number}", short_name=f"OGP {number}"),),
            ocid_prefixes=(OcidPrefix(prefix=prefix, kind="used", fuente="prueba"),),
            theme=Theme(accent="#0b6b3a"),
            privacy=PrivacyPolicy(natural_rfc_public=natural_rfc_public),
        )
        tenancy.apply(database, [declaration])
        with database.public_reading() as session:
            tenant_id = queries.tenant_by_slug(session, slug).tenant_id
        place = Place(database, slug, tenant_id, prefix)
        place.add_sujeto(policy=policy)
        return place

    return make


@pytest.fixture(scope="module")
def superuser(administrator_url: str, database: Database) -> Iterator[Engine]:
    """The run's database as its superuser sees it: no wall, no privilege in the way."""
    name = make_url(database.urls.owner).database
    engine = create_engine(make_url(administrator_url).set(database=name))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def make_place(database: Database) -> Callable[..., Place]:
    """Make a tenant with one sujeto obligado: `make_place(policy="direct")`."""
    return place_maker(database)


@pytest.fixture
def place(make_place: Callable[..., Place]) -> Place:
    """A tenant of this test alone."""
    return make_place()


@pytest.fixture
def other_place(make_place: Callable[..., Place]) -> Place:
    """Another tenant, to attack from."""
    return make_place()


_clients: list[httpx2.Client] = []


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    """No name is asked for outside this machine: what a test says must not hang on somebody's DNS."""
    asked = socket.getaddrinfo

    def answer(host: Any, *about: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if not (
            name is None
            or name == "localhost"
            or re.fullmatch(r"[\dx.]+|0x[\da-f]+|[\da-f:.]*:[\da-f:.]*", name)
        ):
            raise socket.gaierror(socket.EAI_NONAME, f"{name}: only loopback in tests")
        return asked(host, *about, **more)

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(socket, "getaddrinfo", answer)
        yield


RECOMMENDED = PasswordHash.recommended()


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Thousands sign in here: what the service asks of its library costs them a hundredth of the real thing."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(PasswordHash, "recommended", lambda: cheap)
        yield


@pytest.fixture(autouse=True)
def _close_clients() -> Iterator[None]:
    yield
    while _clients:
        _clients.pop().close()


@dataclass
class LiveServer:
    """The application over real HTTP on loopback."""

    app: FastAPI
    url: str

    def client(self, actor_email: str | None = None) -> httpx2.Client:
        """A browser-like client, signed in when an address is given; redirects are not followed."""
        self.app.state.directory.forget()  # it may have been read before the test's tenant was made
        client = httpx2.Client(base_url=self.url, timeout=30, headers={"Accept": "text/html"})
        _clients.append(client)
        if actor_email is not None:
            answer = client.post("/entrar", data={"email": actor_email, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return client


def serve_app(app: FastAPI, **config: Any) -> Iterator[LiveServer]:
    """Serve an application from a thread until the generator is closed; `config` is uvicorn's."""
    listener = socket.create_server(("127.0.0.1", 0))
    told: dict[str, Any] = {"log_config": None, "access_log": False, "lifespan": "on", "ws": "none"}
    # Clients of tests wait for long: a server that closes what idles would now and then reset what they just sent.
    told["timeout_keep_alive"] = 300
    server = uvicorn.Server(uvicorn.Config(app, **(told | config)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
    yield LiveServer(app, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(timeout=20)
    listener.close()


@pytest.fixture(scope="module")
def live(settings: Settings, database: Database, storage: Storage) -> Iterator[LiveServer]:
    """The whole service, over HTTP, with its worker inside; gone after each file, so that no chore meets other tests."""
    with_worker = settings.model_copy(update={"embedded_worker": True})
    yield from serve_app(create_app(with_worker, database, storage))

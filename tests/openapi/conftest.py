"""Published rows for the tests of the publication API, over real HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import httpx2
import orjson
import pytest
from sqlmodel import Session

from app.core.db import Database
from app.core.storage import Storage
from app.main import create_app
from app.ocds import merge
from app.processes.models import ContractingProcess, OcidAlias
from app.publication.models import ChainHead, Record, Release, ReleaseBody
from app.settings import Settings
from tests.conftest import LiveServer, Place, serve_app

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Chain:
    """The published rows of one tenant; every publication is one transaction, as the service makes it."""

    place: Place
    position: int = 0
    processes: dict[str, UUID] = field(default_factory=dict)
    bodies: dict[tuple[str, str], bytes] = field(default_factory=dict)
    positions: dict[tuple[str, str], int] = field(default_factory=dict)

    def publish(self, local: str = "", release_id: str = "", **fields: Any) -> tuple[str, str]:
        """Publish one release; return its ocid and id."""
        ocid = f"{self.place.prefix}-{local or f'P-{len(self.processes) + 1}'}"
        release_id = release_id or f"{ocid}-{self.position + 1}"
        at = START + timedelta(minutes=self.position + 1)
        document = {
            "ocid": ocid,
            "id": release_id,
            "date": moment(at),
            "tag": ["tender"],
            "initiationType": "tender",
            "language": "es",
            "tender": {"id": "1", "title": "Señalización  de\u2028vías", "value": {"amount": 1250.50}},
            **fields,
        }
        # Spaces and order as no serialiser of ours writes them: bytes must come back as they went in.
        body = orjson.dumps(document, option=orjson.OPT_INDENT_2)
        with self.place.database.owner_work(self.place.system) as session:
            if ocid not in self.processes:
                self.processes[ocid] = uuid4()
                session.add(ContractingProcess(process_id=self.processes[ocid], ocid=ocid, **self._owned))
                session.flush()
            self._append(session, ocid, release_id, at, tag=document["tag"])
            session.add(ReleaseBody(tenant_id=self.place.tenant_id, position=self.position, body=body))
            self.bodies[ocid, release_id] = body
            self.positions[ocid, release_id] = self.position
            self._settle(session, ocid, at)
        return ocid, release_id

    def withdraw(self, ocid: str, release_id: str, ground: str = "Artículo 100 de la Ley de Prueba") -> None:
        """Withdraw one release."""
        at = START + timedelta(minutes=self.position + 1)
        with self.place.database.owner_work(self.place.system) as session:
            withdrawn = self.positions.pop((ocid, release_id))
            del self.bodies[ocid, release_id]
            self._append(
                session, ocid, f"{release_id}-w", at, kind="withdrawal", withdraws=withdrawn, ground=ground
            )
            session.delete(session.get_one(ReleaseBody, (self.place.tenant_id, withdrawn)))
            self._settle(session, ocid, at, withdrawals=1)

    def alias(self, ocid: str, alias: str) -> None:
        """Say under what other name the process arrived."""
        with self.place.database.owner_work(self.place.system) as session:
            session.add(
                OcidAlias(tenant_id=self.place.tenant_id, alias=alias, process_id=self.processes[ocid])
            )

    @property
    def _owned(self) -> dict[str, UUID]:
        return {"tenant_id": self.place.tenant_id, "sujeto_obligado_id": self.place.sujetos[0]}

    def _append(self, session: Session, ocid: str, release_id: str, at: datetime, **values: Any) -> None:
        self.position += 1
        digest = sha256(release_id.encode()).digest()
        session.add(
            Release(
                position=self.position,
                process_id=self.processes[ocid],
                ocid=ocid,
                release_id=release_id,
                date=at,
                body_sha256=digest,
                previous_hash=digest,
                entry_hash=digest,
                **self._owned,
                **values,
            )
        )
        session.flush()

    def _settle(self, session: Session, ocid: str, at: datetime, withdrawals: int = 0) -> None:
        """Merge the record again and move the head."""
        tenant_id = self.place.tenant_id
        standing = [(key, body) for key, body in self.bodies.items() if key[0] == ocid]
        if known := session.get(Record, (tenant_id, ocid)):
            session.delete(known)
            session.flush()
        if standing:
            session.add(
                Record(
                    tenant_id=tenant_id,
                    ocid=ocid,
                    process_id=self.processes[ocid],
                    position=max(self.positions[key] for key, _ in standing),
                    date=at,
                    release_count=len(standing),
                    compiled=orjson.dumps(merge.compiled([orjson.loads(body) for _, body in standing])),
                )
            )
        head = session.get(ChainHead, tenant_id) or ChainHead(tenant_id=tenant_id)
        head.position, head.entry_hash, head.last_date = self.position, b"", at
        head.live_releases, head.live_records = len(self.bodies), len({key[0] for key in self.bodies})
        head.withdrawals += withdrawals
        session.add(head)


@pytest.fixture(scope="session")
def site(settings: Settings, database: Database, storage: Storage) -> Iterator[LiveServer]:
    """The service with the publication API, over HTTP."""
    yield from serve_app(create_app(settings, database, storage))


@pytest.fixture
def chain(place: Place, site: LiveServer) -> Chain:
    """An empty chain in a tenant of this test alone, which the server knows of already."""
    site.app.state.directory.forget()
    return Chain(place)


@pytest.fixture
def get(site: LiveServer, place: Place) -> Iterator[Callable[..., httpx2.Response]]:
    """Ask for an address of the test's tenant (`releases?limit=2`) or an absolute one."""
    with httpx2.Client(base_url=site.url, timeout=30) as client:

        def ask(address: str, method: str = "GET", **headers: str) -> httpx2.Response:
            url = address if address.startswith(("http", "/")) else f"/{place.slug}/api/v1/{address}"
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return client.request(method, url, headers={"Accept-Encoding": "identity", **named})

        yield ask

"""What a full export and its import cost: `python -m benchmarks.export --size 10000` (a published process each).

Packs one tenant into an archive, checks it, and brings it into an empty database beside; tells times, sizes and the most
memory that each took. Everything runs in this process against the installation's own PostgreSQL settings.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pyrage

from app.continuity import archive, importing
from app.continuity.checking import check
from app.continuity.packing import Packing, members
from app.core import migrate, provision
from app.core.db import Actor, Database
from app.core.embedded import Embedded
from app.core.storage import Storage
from app.core.tables import new_id
from app.identity import service as identity
from app.processes.service import DocumentWrite, save_documents
from app.publication import chain
from app.publication.service import LARGEST_UNIT, publish_batch
from app.tenancy import service as tenancy
from benchmarks import garante
from benchmarks.measuring import peak_memory

MIB = 1024 * 1024


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10_000, help="published processes")
    size = parser.parse_args().size
    with tempfile.TemporaryDirectory() as place, Embedded(Path(place) / "pg", fast=True) as server:
        here, there = (database_of(server.superuser_url) for _ in range(2))
        tenant = garante.new(here)
        publish(here, tenant, size)
        key = pyrage.x25519.Identity.generate()
        packed = Path(place) / "garante.tar.gz.age"
        before = peak_memory()
        seconds = _timed(lambda: _pack(here, Storage.local(Path(place) / "here"), tenant.system, packed, key))
        _tell(f"export of {size:,} processes", seconds, packed.stat().st_size, before)
        before = peak_memory()
        _tell("check", _timed(lambda: check(packed, [key], there)), packed.stat().st_size, before)
        before = peak_memory()
        files = Storage.local(Path(place) / "there")
        seconds = _timed(lambda: importing.bring(there, files, packed, [key], new_id()))
        _tell("import, with its checks", seconds, packed.stat().st_size, before)
        with there.public_reading() as session:
            faults = list(chain.verify(session, UUID(str(tenant.system.tenant_id))))
        print(f"chain over there: {'whole' if not faults else faults[0].message}")
        here.dispose()
        there.dispose()


def database_of(administrator_url: str) -> Database:
    prefix = f"b{uuid4().hex[:8]}_"
    opened = Database(provision.provision(administrator_url, f"medicion_{prefix}", prefix=prefix))
    migrate.upgrade(opened.engine("owner"), role_prefix=prefix)
    return opened


def publish(database: Database, tenant: garante.Garante, size: int) -> None:
    system = tenant.system
    with database.unit_of_work(system) as session:
        body = tenancy.add_sujeto(session, system, key="so-1", name="Secretaría de Medición", policy="direct")
    with database.owner_work(system) as session:
        account_id = identity.create_account(
            session, email=f"{tenant.slug}@example.org", full_name="Persona", password_hash=""
        )
        identity.add_membership(session, system, account_id, "so_publisher", body.sujeto_obligado_id)
    actor = Actor(
        tenant_id=system.tenant_id,
        account_id=account_id,
        role="so_publisher",
        sujeto_obligado_id=body.sujeto_obligado_id,
    )
    for start in range(0, size, LARGEST_UNIT):
        writes = [
            DocumentWrite(
                f"{tenant.prefix}-{number:06}",
                body.sujeto_obligado_id,
                _document(number),
                source="import:medicion",
            )
            for number in range(start, min(start + LARGEST_UNIT, size))
        ]
        with database.unit_of_work(actor) as session:
            refs = [saved.ref for saved in save_documents(session, actor, writes)]
            outcomes = publish_batch(session, actor, refs)
        if not all(outcome.published for outcome in outcomes):
            raise RuntimeError(f"A release was refused: {outcomes[0].problems}")


def _document(number: int) -> dict[str, object]:
    buyer = {"id": "MX-1", "name": "Secretaría de Medición"}
    items = [
        {"id": str(item), "description": f"Partida {item} del proceso {number}", "quantity": item}
        for item in range(1, 6)
    ]
    return {
        "language": "es",
        "parties": [{**buyer, "roles": ["buyer"]}],
        "buyer": buyer,
        "tender": {
            "id": f"LPN-{number}",
            "title": f"Papelería para oficinas {number}",
            "status": "active",
            "procurementMethod": "open",
            "value": {"amount": 1000 + number, "currency": "MXN"},
            "items": items,
        },
    }


def _pack(
    database: Database, storage: Storage, system: Actor, target: Path, key: pyrage.x25519.Identity
) -> None:
    tenant_id = UUID(str(system.tenant_id))
    packing = Packing(database, storage, tenant_id, originals=False, watch=lambda _done, _total: None)
    with target.open("wb") as file:
        archive.write(members(packing, lambda _head: None), str(key.to_public()), file)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _tell(what: str, seconds: float, size: int, before: int) -> None:
    print(
        f"{what}: {seconds:.1f} s, archive {size / MIB:.1f} MiB, "
        f"{peak_memory() / MIB:.0f} MiB at most ({before / MIB:.0f} before it began)"
    )


if __name__ == "__main__":
    main()

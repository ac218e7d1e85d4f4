"""What moving a body to another tenant costs: `python -m benchmarks.transfer --size 1000` (a published process each).

Publishes them, moves them all, and tells processes per second, the memory that it took, and whether both chains and all
that is derived from them hold.
"""

import argparse
import tempfile
import time
from pathlib import Path
from uuid import UUID

from sqlmodel import select

from app.continuity import acts, transferring
from app.continuity.acts import Going
from app.core.db import Actor, Database
from app.core.embedded import Embedded
from app.core.storage import Storage
from app.identity import service as identity
from app.publication import chain
from app.publication.invariants import check_tenant
from app.tenancy.models import SujetoObligado
from app.tenancy.queries import TenantDirectory
from benchmarks import garante
from benchmarks.export import database_of, publish
from benchmarks.measuring import peak_memory

MIB = 1024 * 1024
LEGAL_ACT = "Decreto de medición del 1 de octubre de 2026"


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000, help="published processes")
    size = parser.parse_args().size
    with tempfile.TemporaryDirectory() as place, Embedded(Path(place) / "pg", fast=True) as server:
        database = database_of(server.superuser_url)
        old, new = (garante.new(database) for _ in range(2))
        publish(database, old, size)
        views = {view.slug: view for view in TenantDirectory(database).all()}
        with database.owner_work(old.system) as session:
            bodies = session.exec(select(SujetoObligado.sujeto_obligado_id)).all()
        one, other = (_operator(database, number) for number in range(2))
        source, going = views[old.slug], Going(bodies, views[new.slug])
        act_id = acts.ask_transfer(database, one, source, going, LEGAL_ACT)
        acts.accept(database, other, source, act_id)
        before, start = peak_memory(), time.perf_counter()
        _carry_out(database, Storage.local(Path(place) / "files"), act_id)
        seconds = time.perf_counter() - start
        grown = (peak_memory() - before) / MIB
        print(
            f"{size:,} processes moved in {seconds:.1f} s: {size / seconds:.0f} a second, {grown:.0f} MiB more"
        )
        with database.public_reading() as session:
            faults = [
                fault.message
                for view in (source, going.target)
                for fault in (*chain.verify(session, view.tenant_id), *check_tenant(session, view.tenant_id))
            ]
        print(f"both chains: {'whole' if not faults else faults[0]}")
        database.dispose()


def _carry_out(database: Database, storage: Storage, act_id: UUID) -> None:
    while transferring.step(database, storage, act_id):
        pass


def _operator(database: Database, number: int) -> Actor:
    with database.owner_work() as session:
        account_id = identity.create_account(
            session, email=f"opera-{number}@example.org", full_name="Persona", password_hash=""
        )
        identity.grant_platform_role(session, account_id, "platform_operator")
    return Actor(account_id=account_id, role="platform_operator")


if __name__ == "__main__":
    main()

"""What the dashboards cost: to count what was published, and to read one when much has been counted.

    python -m benchmarks.figures [--size 10000 100000]

1,000 processes with an award and a contract are published by the services and multiplied into 32 tenants
(`benchmarks.load`). Then everything is counted, as the worker does it; and the dashboards of the nation, a tenant, a year
and a body are read through `app.figures`, with all panels drawn. The pages besides cost what any page costs.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from app.core.embedded import Embedded
from app.figures import indicators, keeping, panels, queries
from app.figures.panels import Told
from app.figures.queries import Scope
from benchmarks import load
from benchmarks.export import database_of

ROUNDS = 20


def documents(count: int) -> Any:
    """Yield the documents of `benchmarks.load` with an award, a contract and its payment: 997 suppliers, four years."""
    for number, document in enumerate(_PLAIN(count), 1):
        supplier = {"id": f"P-{number % 997}", "name": f"Proveedora {number % 997}, S.A. de C.V."}
        day = f"{2023 + number % 4}-{1 + number % 12:02}-{1 + number % 28:02}T00:00:00-06:00"
        paid = {
            "id": "1",
            "date": day,
            "value": {"amount": 1000, "currency": "MXN"},
            "payer": {"id": "MX-1", "name": "Secretaría de Obras Públicas"},
            "payee": supplier,
        }
        identified = {"scheme": "MX-RFC", "id": f"PRO{number % 997:06}AA1"}
        yield document | {
            "parties": [*document["parties"], {**supplier, "roles": ["supplier"], "identifier": identified}],
            "tender": document["tender"] | {"numberOfTenderers": 1 + number % 7},
            "awards": [{"id": "A-1", "status": "active", "date": day, "suppliers": [supplier]}],
            "contracts": [
                {
                    "id": "C-1",
                    "awardID": "A-1",
                    "status": "active",
                    "dateSigned": day,
                    "period": {
                        "startDate": day,
                        "endDate": f"{2027 + number % 2}-0{1 + number % 9}-01T00:00:00-06:00",
                    },
                    "value": {"amount": 100_000 + number, "currency": "MXN"},
                    "implementation": {"transactions": [paid]},
                }
            ],
        }


_PLAIN = load.documents


def read(database: Any, scope: Scope) -> float:
    """Return the median of milliseconds in which a dashboard is read and drawn."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with database.public_reading() as session:
            queries.state(session, scope)
            told = Told(
                queries.sums(session, scope),
                queries.years(session, scope),
                queries.suppliers(session, scope),
                queries.bodies(session, scope)
                if len(scope.tenants) == 1
                else queries.tenants(session, scope),
            )
        indicators.groups(told.sums)
        for key in panels.KEYS:
            panels.panel(key, told)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--size", type=int, nargs="+", default=[10_000], help="processes of all tenants together"
    )
    asked = parser.parse_args()
    print("| processes | counted a second | nation ms | nation, a year ms | tenant ms | body ms |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, Embedded(Path(folder) / "pg") as server:
        database, tenants = database_of(server.superuser_url), []
        with patch.object(load, "documents", documents):
            for size in asked.size:
                loaded = load.load(database, server.superuser_url, tenants, size)
                tenants = loaded.tenants
                began = time.monotonic()
                counted = keeping.keep(database)
                rate = counted / (time.monotonic() - began)
                nation = tuple(one.tenant_id for one in tenants)
                scopes = (
                    Scope(nation),
                    Scope(nation, year=2025),
                    Scope(nation[:1]),
                    Scope(nation[:1], tenants[0].sujeto),
                )
                times = " | ".join(f"{read(database, scope):.0f}" for scope in scopes)
                print(f"| {loaded.releases:,} | {rate:,.0f} | {times} |", flush=True)
        database.dispose()


if __name__ == "__main__":
    main()

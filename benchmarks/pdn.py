"""What the Plataforma Digital Nacional waits for: a token and a search, in one tenant of 10,000 processes and of more.

    python -m benchmarks.pdn [--sizes 10000 100000] [--rounds 20] [--folder FOLDER]

One uvicorn process with the whole application; the processes of `benchmarks.load` all in one tenant, followed by the chore
of `app.pdn`. A new token is asked for before each search, as the Plataforma does. Printed are the medians and the slowest.
"""

import argparse
import http.client
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import text

from app.core.db import Actor
from app.core.embedded import Embedded
from app.identity.clients import service as clients
from app.pdn import deriving
from app.publication.following import follow
from benchmarks import load
from benchmarks.export import database_of
from benchmarks.serving import running

SIZES = (10_000, 100_000)
TOKEN, SEARCH = 2.0, 4.0
"""Seconds that the Plataforma waits."""
SEARCHES: dict[str, dict[str, Any]] = {
    "summary": {"page": 1, "pageSize": 1, "query": {}},
    "page of 200": {"pageSize": 200},
    "last page, by buyer": {"pageSize": 200, "page": -1, "sort": {"buyerName": "desc"}},
    "method, a third": {"query": {"procurementMethod": ["direct"]}, "sort": {"title": "asc"}},
    "words of all": {
        "query": {"itemDescription": "luminaria led", "buyerName": "obras"},
        "sort": {"title": "desc"},
    },
    "short prefixes of all": {"query": {"itemDescription": "l i d p"}},
    "words of none": {"query": {"supplierName": "nadie"}},
    "one process": {"query": {"ocid": "?"}},
}


class Caller:
    """Asks over one kept-alive connection, and measures."""

    def __init__(self, port: int, slug: str) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port)
        self._base = f"/{slug}/pdn/s6"
        self.taken: dict[str, list[float]] = {}

    def post(self, name: str, path: str, body: str, headers: dict[str, str]) -> dict[str, Any]:
        """Send, read the answer whole, and keep the seconds that it took."""
        began = time.perf_counter()
        self._line.request("POST", self._base + path, body, headers)
        answer = self._line.getresponse()
        said = answer.read()
        self.taken.setdefault(name, []).append(time.perf_counter() - began)
        if answer.status != http.client.OK:
            raise SystemExit(f"{name}: {answer.status} {said[:300]!r}")
        told: dict[str, Any] = json.loads(said)
        return told


def measure(sizes: list[int], rounds: int, folder: str | None) -> None:
    """Load, follow, serve, ask, and print."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as place,
        Embedded(Path(place) / "pg", fast=True) as server,
    ):
        database = database_of(server.superuser_url)
        tenants = [load.tenant(database), load.tenant(database)]
        load.publish(database, tenants[0])
        big = tenants[1]
        keeper = Actor(tenant_id=big.tenant_id, role="garante_admin")
        with database.unit_of_work(keeper) as session:
            program = clients.create(session, database, keeper, name="PDN", scopes=["pdn:read"], days=30)
        for size in sizes:
            load.load(database, server.superuser_url, tenants, max(load.REAL + size, size * 32 // 31 + 1))
            began = time.monotonic()
            seen = follow(database, deriving.FOLLOWER, deriving.keep)
            with database.engine("owner").connect().execution_options(isolation_level="AUTOCOMMIT") as line:
                line.execute(text("VACUUM ANALYZE s6_process"))
            print(
                f"\n{size:,} processes; followed {seen / (time.monotonic() - began):,.0f}/s; load {os.getloadavg()[0]:.1f}"
            )
            with running(database, Path(place)) as (_, port):
                caller = Caller(port, big.garante.slug)
                for _ in range(rounds):
                    ask(
                        caller,
                        program.client_id,
                        program.secret,
                        size,
                        f"{big.garante.prefix}-{size // 2:07}",
                    )
            for name, taken in caller.taken.items():
                goal = TOKEN if name == "token" else SEARCH
                print(
                    f"| {name} | {statistics.median(taken) * 1000:.0f} ms | {max(taken) * 1000:.0f} ms | ≤ {goal} s |",
                    flush=True,
                )
        database.dispose()


def ask(caller: Caller, who: str, secret: str, size: int, ocid: str) -> None:
    """Ask each search once, with a token of its own."""
    for name, search in SEARCHES.items():
        form = {
            "grant_type": "password",
            "username": who,
            "password": secret,
            "client_id": who,
            "client_secret": secret,
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        token = caller.post("token", "/oauth", urlencode(form), kind)["access_token"]
        asked = json.loads(json.dumps(search).replace("-1", str(size // 200)).replace("?", ocid))
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        caller.post(name, "/contrataciones-abiertas", json.dumps(asked), headers)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="processes of the tenant")
    parser.add_argument("--rounds", type=int, default=20, help="times that each search is asked")
    parser.add_argument("--folder", help="where the database stands while it is needed")
    asked = parser.parse_args()
    measure(asked.sizes, asked.rounds, asked.folder)


if __name__ == "__main__":
    main()

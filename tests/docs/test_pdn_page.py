"""The page for the Plataforma Digital Nacional: its commands work as they stand, with a program's own credentials."""

from pathlib import Path

import orjson

from tests.conftest import LiveServer
from tests.docs.console import commands, run
from tests.openapi.conftest import Publisher, publisher, site
from tests.pdn.conftest import caught_up, let_in

__all__ = ["publisher", "site"]


def test_every_command_of_the_page_does_what_it_says(
    publisher: Publisher, site: LiveServer, tmp_path: Path
) -> None:
    body = {"id": "MX-1", "name": "Secretaría de Salud"}
    [(ocid, _)] = publisher.publish(buyer=body, parties=[body | {"roles": ["buyer"]}])
    caught_up(publisher.place)
    program = let_in(publisher.place)
    asking, searching, public = commands("pdn.md")
    here = {
        "https://datos.example/jalisco": f"{site.url}/{publisher.place.slug}",
        "$CLIENTE": program.client_id,
        "$SECRETO": program.secret,
    }

    token = orjson.loads(run(asking, tmp_path, here))["access_token"]
    found = orjson.loads(run(searching, tmp_path, here | {"$TOKEN": token}))
    given = orjson.loads(run(public, tmp_path, here))

    assert found["pagination"] == {"page": 1, "pageSize": 10, "totalRows": 1, "hasNextPage": False}
    assert [one["ocid"] for one in found["results"]] == [ocid]
    assert given == {"pagination": {"total": 1, "page": 0, "pageSize": 10}, "data": found["results"]}

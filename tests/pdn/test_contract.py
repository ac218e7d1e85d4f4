"""The contract: what is asked and answered is what the official description of System 6 says (../shared/data/pdn)."""

import math
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from tests.openapi.conftest import Publisher, many
from tests.pdn.conftest import Platform, caught_up

RELEASE = "https://standard.open-contracting.org/1.1/es/_downloads/923a57528bfa8bcabcc16c449b636b26/release-schema.json"


class Contract:
    """The official description, with the schema of the release that it points to."""

    def __init__(self, shared: Path) -> None:
        self._told = orjson.loads((shared / "pdn" / "OAS_API_Contrataciones_Abiertas.json").read_bytes())
        release = orjson.loads((shared / "ocds-1.1.5" / "release-schema.json").read_bytes())
        self._registry = jsonschema_rs.Registry([(RELEASE, release)], draft=jsonschema_rs.Draft4)
        self._operation = self._told["paths"]["/contrataciones-abiertas"]["post"]

    def request(self, body: Any) -> None:
        self._check(self._operation["requestBody"], body)

    def answer(self, status: int, body: Any) -> None:
        told = self._operation["responses"]
        self._check(told.get(str(status), told["default"]), body)

    def _check(self, media: dict[str, Any], body: Any) -> None:
        schema = {**media["content"]["application/json"]["schema"], "components": self._told["components"]}
        validator = jsonschema_rs.Draft4Validator(schema, registry=self._registry)
        assert [error.message for error in validator.iter_errors(body)] == []


@pytest.fixture(scope="module")
def contract(shared_data: Path) -> Contract:
    return Contract(shared_data)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"page": 1, "pageSize": 1, "query": {}},
        {"sort": {"title": "asc", "buyerName": "desc"}, "page": 2, "pageSize": 2},
        {
            "query": {
                "title": "papel",
                "buyerName": "pruebas",
                "procurementMethod": ["open", "direct"],
                "awardStatus": ["active"],
                "supplierName": "acme",
                "tenderStartDate": "2019-01-21T17:32:28Z",
                "tenderEndDate": "2040-01-20T17:32:28Z",
                "itemDescription": "hojas",
                "numberOfTenderers": 2,
            }
        },
    ],
    ids=["empty", "summary", "sorted", "everything"],
)
def test_what_is_answered_is_what_the_description_says(
    platform: Platform, publisher: Publisher, contract: Contract, asked: dict[str, Any]
) -> None:
    tender = {
        "id": "1",
        "title": "Compra",
        "procurementMethod": "open",
        "numberOfTenderers": 2,
        "tenderPeriod": {"startDate": "2026-01-02T00:00:00-06:00", "endDate": "2026-02-02T00:00:00-06:00"},
    }
    award = {
        "id": "1",
        "title": "Papelería",
        "status": "active",
        "suppliers": [{"id": "P-1", "name": "Acme, S.A."}],
        "items": [{"id": "1", "description": "Hojas blancas"}],
    }
    parties = [
        {"id": "MX-1", "name": "Secretaría de Pruebas", "roles": ["buyer"]},
        {"id": "P-1", "name": "Acme, S.A.", "roles": ["supplier"]},
    ]
    made = many(publisher, 3, tender=tender, awards=[award], parties=parties)
    caught_up(publisher.place)

    contract.request(asked)
    answer = platform.ask(asked)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    contract.answer(200, answer.json())
    told = answer.json()
    assert told["pagination"] == {
        name: told[name] for name in ("pageSize", "page", "totalRows", "hasNextPage")
    }
    assert told["totalRows"] == 3
    assert {one["ocid"] for one in told["results"]} <= {ocid for ocid, _ in made}


def test_refusals_are_what_the_description_says(platform: Platform, contract: Contract) -> None:
    for answer in (platform.ask({"page": 0}), platform.ask(token="nadie")):
        contract.answer(answer.status_code, answer.json())
        assert answer.headers["content-type"] == "application/json"


def test_nothing_found_is_an_empty_page(platform: Platform, publisher: Publisher) -> None:
    publisher.publish()
    caught_up(publisher.place)

    told = platform.ask({"query": {"title": "nada de esto"}}).json()

    # The description wants at least one row, and says nothing of none.
    assert told["pagination"] == {"pageSize": 10, "page": 1, "totalRows": 0, "hasNextPage": False}
    assert told["results"] == []


def test_pages_give_everything_once_in_the_order_in_which_it_came(
    platform: Platform, publisher: Publisher
) -> None:
    made = [ocid for ocid, _ in many(publisher, 20)]
    caught_up(publisher.place)
    token = platform.token()
    seen: list[str] = []
    page, more = 1, True
    while more:
        told = platform.ask({"page": page, "pageSize": 10}, token).json()
        assert told["totalRows"] == len(made)
        seen += [one["ocid"] for one in told["results"]]
        # What is published meanwhile, anew or again, moves nothing.
        publisher.publish(made[0], tender={"id": "1", "title": f"Otra vez, {page}"})
        more, page = told["hasNextPage"], page + 1
        caught_up(publisher.place)
    assert (seen, page) == (made, 3)  # the second page is full, and says that none follows
    assert platform.ask({"page": 3, "pageSize": 10}, token).json()["results"] == []


def test_the_hub_is_followed_as_its_harvester_does(platform: Platform, publisher: Publisher) -> None:
    made = [ocid for ocid, _ in many(publisher, 23)]
    caught_up(publisher.place)

    first = platform.hub().json()
    pages = math.ceil(first["pagination"]["total"] / first["pagination"]["pageSize"])
    data = [*first["data"]]
    for page in range(1, pages):
        data += platform.hub({"page": page, "pageSize": 10}).json()["data"]

    assert (first["pagination"]["page"], first["pagination"]["pageSize"]) == (0, 10)
    assert [one["ocid"] for one in data] == made


def test_what_is_given_is_the_stored_record(platform: Platform, publisher: Publisher) -> None:
    [(ocid, _)] = publisher.publish()
    publisher.publish(ocid, language="en")
    caught_up(publisher.place)
    record = platform.client.get(f"/{publisher.place.slug}/api/v1/records/{ocid}").json()["records"][0]

    assert platform.ask().json()["results"] == [record["compiledRelease"]]
    assert platform.hub().json()["data"] == [record["compiledRelease"]]


def test_the_bodies_are_told(platform: Platform, publisher: Publisher) -> None:
    address = f"{platform.base}/contrataciones-abiertas/dependencias"
    told = platform.client.get(address, headers={"Authorization": f"Bearer {platform.token()}"})

    assert told.status_code == 200
    assert len(told.json()) == len(publisher.place.sujetos)
    assert all(set(one) == {"nombre", "siglas", "clave"} and one["nombre"] for one in told.json())
    assert platform.client.get(address).status_code == 401

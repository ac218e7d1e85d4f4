"""What searches of System 6 find, and what they leave."""

from typing import Any

import pytest

from app.pdn import queries
from app.pdn.deriving import order
from tests.openapi.conftest import Publisher
from tests.pdn.conftest import Platform, caught_up, let_in

BUYER = {"id": "MX-1", "name": "Secretaría de Educación"}


def shown(title: str, supplier: str, item: str, **more: Any) -> dict[str, Any]:
    """The changes of a document with one award."""
    return {
        "buyer": BUYER,
        "parties": [BUYER | {"roles": ["buyer"]}, {"id": "P", "name": supplier, "roles": ["supplier"]}],
        "tender": {
            "id": "1",
            "title": "Licitación",
            "procurementMethod": more.get("method", "open"),
            "numberOfTenderers": more.get("tenderers", 1),
            "tenderPeriod": {
                "startDate": more.get("start", "2026-03-01T00:00:00-06:00"),
                "endDate": "2026-04-01T00:00:00-06:00",
            },
        },
        "awards": [
            {
                "id": "1",
                "title": title,
                "status": more.get("status", "active"),
                "suppliers": [{"id": "P", "name": supplier}],
                "items": [{"id": "1", "description": item}],
            }
        ],
        "contracts": [
            {
                "id": "1",
                "awardID": "1",
                "title": f"Contrato de {title}",
                "dateSigned": "2025-12-31T23:30:00-06:00",
            }
        ],
    }


@pytest.fixture
def shop(platform: Platform, publisher: Publisher) -> dict[str, str]:
    """Three processes: of shoes, of paper and of a bridge; their ocids by what they are of."""
    made = {
        "zapatos": shown("Compra de zapatos escolares", "Ñandú, S.A.", "Zapatos negros"),
        "papel": shown(
            "Adquisición de papelería", "Oso, S.A.", "Hojas", method="direct", tenderers=3, status="cancelled"
        ),
        "puente": shown("Ñuble: puente", "Zeta, S.A.", "Obra", start="2026-05-01T00:00:00-06:00"),
    }
    found = {}
    for name, changes in made.items():
        [(found[name], _)] = publisher.publish(**changes)
    caught_up(publisher.place)
    return found


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["zapatos", "papel", "puente"]),
        ({"title": "ZAPATOS compra"}, ["zapatos"]),
        ({"title": "adquisicion papel"}, ["papel"]),
        ({"title": "zapatos papel"}, []),
        ({"title": "apatos"}, []),
        ({"title": "¡!"}, []),
        ({"title": ""}, ["zapatos", "papel", "puente"]),
        ({"title": None}, ["zapatos", "papel", "puente"]),
        ({"buyerName": "educacion"}, ["zapatos", "papel", "puente"]),
        ({"buyerName": "salud"}, []),
        ({"supplierName": "oso"}, ["papel"]),
        ({"itemDescription": "obra"}, ["puente"]),
        ({"itemDescription": "zapatos", "supplierName": "oso"}, []),
        ({"procurementMethod": ["direct"]}, ["papel"]),
        ({"procurementMethod": ["direct", "open"]}, ["zapatos", "papel", "puente"]),
        ({"procurementMethod": []}, ["zapatos", "papel", "puente"]),
        ({"awardStatus": ["active", "pending"]}, ["zapatos", "puente"]),
        ({"numberOfTenderers": 3}, ["papel"]),
        ({"tenderStartDate": "2026-04-01T00:00:00Z"}, ["puente"]),
        ({"tenderStartDate": "2026-03-01T00:00:00-06:00"}, ["zapatos", "papel", "puente"]),
        ({"tenderEndDate": "2026-04-01T05:59:59Z"}, []),
        ({"tenderEndDate": "2026-04-01T06:00:00Z"}, ["zapatos", "papel", "puente"]),
        ({"title": "') | 'x:* & !!"}, []),
    ],
)
def test_each_filter_finds_what_it_names(
    platform: Platform, shop: dict[str, str], query: dict[str, Any], names: list[str]
) -> None:
    assert platform.found(**query) == [shop[name] for name in names]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"contract_title": "contrato zapatos"}, ["zapatos"]),
        ({"tender_title": "licitacion", "procurementMethod": "direct"}, ["papel"]),
        ({"cycle": 2025}, ["zapatos", "papel", "puente"]),
        ({"cycle": 2026}, []),
        ({"supplierName": "zeta"}, ["puente"]),
    ],
)
def test_the_hub_has_filters_of_its_own(
    platform: Platform, shop: dict[str, str], asked: dict[str, Any], names: list[str]
) -> None:
    assert [one["ocid"] for one in platform.hub(asked).json()["data"]] == [shop[name] for name in names]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ({"title": "asc"}, ["papel", "zapatos", "puente"]),
        ({"title": "desc"}, ["puente", "zapatos", "papel"]),
        ({"buyerName": "desc"}, ["puente", "papel", "zapatos"]),
        ({"buyerName": "asc", "title": "desc"}, ["puente", "zapatos", "papel"]),
    ],
)
def test_the_order_is_that_of_spanish(
    platform: Platform, shop: dict[str, str], sort: dict[str, str], names: list[str]
) -> None:
    told = platform.ask({"sort": sort}).json()
    assert [one["ocid"] for one in told["results"]] == [shop[name] for name in names]


def test_the_alphabet() -> None:
    names = ["Ñandú", "nulo", "Zeta", "árbol", "ORO", "n", "Nandú"]
    assert sorted(names, key=order) == ["árbol", "n", "Nandú", "nulo", "Ñandú", "ORO", "Zeta"]


def test_a_process_is_found_by_any_identifier_that_it_came_with(
    platform: Platform, publisher: Publisher, shop: dict[str, str]
) -> None:
    ocid = shop["papel"]
    assert platform.found(ocid=ocid.upper().replace(ocid.upper(), ocid)) == [ocid]
    assert platform.found(ocid=ocid[:-1]) == []
    [(other, _)] = publisher.write((f"{publisher.place.prefix}-otro",), aliases=("OM-DGRMSG-004-13",))
    caught_up(publisher.place)
    assert platform.found(ocid="OM-DGRMSG-004-13") == [other]


def test_what_is_withdrawn_is_found_no_more_and_what_changed_as_it_is(
    platform: Platform, publisher: Publisher
) -> None:
    [(going, release)] = publisher.publish(**shown("Uno", "Oso", "Hojas"))
    [(changing, _)] = publisher.publish(**shown("Dos", "Oso", "Hojas"))
    caught_up(publisher.place)

    publisher.withdraw(going, release)
    assert platform.found(supplierName="oso") == [changing]  # at once
    publisher.publish(changing, **shown("Tres", "Oso", "Hojas"))
    caught_up(publisher.place)

    assert platform.found(title="dos") == []
    assert platform.found(title="tres") == [changing]


def test_a_program_of_a_body_is_given_what_is_of_the_body(
    platform: Platform, publisher: Publisher, shop: dict[str, str]
) -> None:
    place = publisher.place
    other = place.add_sujeto(policy="direct")
    platform.credentials = let_in(place, body=other)
    address = f"{platform.base}/contrataciones-abiertas/dependencias"
    told = platform.client.get(address, headers={"Authorization": f"Bearer {platform.token()}"}).json()

    assert len(told) == 1
    assert platform.found() == []
    platform.credentials = let_in(place, body=place.sujetos[0])
    assert platform.found() == list(shop.values())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"page": 0}, "page"),
        ({"page": 10**30}, "page"),
        ({"pageSize": 0}, "pageSize"),
        ({"pageSize": 201}, "pageSize"),
        ({"page": "x"}, "page"),
        ({"sort": {"ocid": "asc"}}, "sort"),
        ({"sort": {"title": "up"}}, "sort.title"),
        ({"query": {"titulo": "x"}}, "query.titulo"),
        ({"query": {"title": "x" * 501}}, "query.title"),
        ({"query": {"title": "a b c d e f g h i j k l m n o p q r s t u v"}}, "query.title"),
        ({"query": {"title": {"$ne": 1}}}, "query.title"),
        ({"query": {"ocid": "a\0b"}}, "query.ocid"),
        ({"query": {"procurementMethod": ["abierta"]}}, "query.procurementMethod"),
        ({"query": {"tenderStartDate": "ayer"}}, "query.tenderStartDate"),
        ({"query": {"numberOfTenderers": -1}}, "query.numberOfTenderers"),
        ([], ""),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(
    platform: Platform, body: Any, said: str
) -> None:
    answer = platform.ask(body)

    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "solicitud-incorrecta"
    assert answer.json()["message"].startswith(said)


@pytest.mark.parametrize("body", [b"{", b"null", b"\xff", b'{"page": NaN}', b"[" * 100_000])
def test_what_is_no_json_is_refused(platform: Platform, body: bytes) -> None:
    assert platform.client.post(f"{platform.base}/search", content=body).status_code == 400


def test_a_page_far_behind_the_last_is_empty(platform: Platform, shop: dict[str, str]) -> None:
    assert shop
    told = platform.ask({"page": 10**9, "pageSize": 200}).json()
    assert (told["totalRows"], told["results"], told["hasNextPage"]) == (3, [], False)


def test_the_hub_of_a_tenant_gives_nothing_of_another_supplier(platform: Platform) -> None:
    slug = platform.publisher.place.slug
    assert platform.hub(supplier_id=slug.upper()).status_code == 200
    assert platform.hub(supplier_id="OTRO").status_code == 404


def test_a_search_that_takes_too_long_says_so(
    platform: Platform, shop: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shop
    monkeypatch.setattr(
        queries, "_COUNT", "SELECT count(*), pg_sleep(2) FROM s6_process p WHERE p.tenant_id = %(tenant)s"
    )
    monkeypatch.setattr(queries, "SECONDS", 0.2)

    answer = platform.hub()

    assert (answer.status_code, answer.json()["code"]) == (503, "no-disponible")
    assert "preciso" in answer.json()["message"]

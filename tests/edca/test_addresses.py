"""The old addresses over real HTTP, read as who harvested them reads them."""

import asyncio
import gzip
from collections import Counter
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from sqlmodel import delete

from app.ocds.validation import is_publishable, validate_package
from app.tenancy.models import TenantHost
from tests.conftest import LiveServer
from tests.factories import new_ocid
from tests.openapi.conftest import Publisher, World, many, publishing


def contract(signed: str) -> dict[str, Any]:
    return {"contracts": [{"id": "1", "awardID": "1", "status": "active", "dateSigned": signed}]}


def old(publisher: Publisher, address: str) -> str:
    return f"/{publisher.place.slug}/{address}"


def harvest(client: httpx2.Client, base: str) -> list[dict[str, Any]]:
    """Collect everything as the known harvesters do: the years, then each year's packages, then their releases."""
    years = client.get(f"{base}/edca/fiscalYears")
    assert years.status_code == 200, years.text
    releases: list[dict[str, Any]] = []
    for told in years.json()["fiscalYears"]:
        assert type(told["year"]) is int
        answer = client.get(f"{base}/edca/contractingprocess/{told['year']}")
        assert answer.status_code == 200, answer.text
        for package in answer.json()["arrayReleasePackage"]:
            releases += package["releases"]
    return releases


def collect(world: World, publisher: Publisher, count: int) -> None:
    before: list[tuple[str, str]] = []
    for signed in ("2023-05-01T00:00:00-06:00", "2024-05-01T00:00:00-06:00", None):
        before += many(publisher, count // 3 + 1, **(contract(signed) if signed else {}))
    again = [ocid for ocid, _ in before[::10]]
    for start in range(0, len(again), 200):
        before += publisher.publish(*again[start : start + 200], **contract("2025-02-01T00:00:00-06:00"))

    with publishing(publisher, 5) as made, httpx2.Client(timeout=60) as client:
        found = harvest(client, f"{world.url}/{publisher.place.slug}")

    assert made
    times = Counter((release["ocid"], release["id"]) for release in found)
    assert set(times.values()) == {1}
    assert set(before) <= set(times) <= {*before, *made}
    with httpx2.Client(timeout=60) as client:
        later = harvest(client, f"{world.url}/{publisher.place.slug}")
    assert sorted((release["ocid"], release["id"]) for release in later) == sorted([*before, *made])


def test_a_harvester_collects_everything_while_publishing_goes_on(world: World, publisher: Publisher) -> None:
    collect(world, publisher, 330)


@pytest.mark.drill
def test_a_harvester_collects_ten_thousand_while_publishing_goes_on(
    world: World, publisher: Publisher
) -> None:
    collect(world, publisher, 10_000)


def test_years_stand_by_the_first_contract_or_the_last_release(world: World, publisher: Publisher) -> None:
    [(signed, _)] = publisher.publish(**contract("2021-01-01T12:00:00-06:00"))
    [(unsigned, first)] = publisher.publish()
    year = int(publisher.stored(unsigned, first)[1].split(b'"date":"')[1][:4])

    told = world.get(old(publisher, "edca/fiscalYears")).json()

    assert told == {
        "fiscalYears": [
            {"id": 2021, "year": 2021, "status": True},
            {"id": year, "year": year, "status": True},
        ]
    }
    for years, expected in [
        ("2021", {signed}),
        (f"2021,{year}", {signed, unsigned}),
        ("null", {signed, unsigned}),
        ("csv/2021", {signed}),
        ("1999", set()),
    ]:
        answer = world.get(old(publisher, f"edca/contractingprocess/{years}"))
        assert answer.status_code == 200
        packages = answer.json()["arrayReleasePackage"]
        assert {package["releases"][0]["ocid"] for package in packages} == expected, years


def test_a_process_brings_its_stored_bytes_the_newest_first(world: World, publisher: Publisher) -> None:
    [(ocid, first)] = publisher.publish()
    [(_, second)] = publisher.publish(ocid, **contract("2025-02-01T00:00:00-06:00"))
    bodies = [publisher.stored(ocid, one)[1] for one in (second, first)]

    year = world.get(old(publisher, "edca/contractingprocess/null"))
    [package] = year.json()["arrayReleasePackage"]

    assert b'"releases":[' + b",".join(bodies) + b"]}" in year.content
    assert [release["id"] for release in package["releases"]] == [second, first]
    assert is_publishable(validate_package(package))
    assert package["uri"].startswith(f"{world.url}/{publisher.place.slug}/release-package-all/")
    assert world.get(package["uri"]).content in year.content
    assert world.get(old(publisher, f"release/{ocid}")).content == bodies[0]
    newest = world.get(old(publisher, f"release-package/{ocid}")).json()
    assert [release["id"] for release in newest["releases"]] == [second]
    record = world.get(old(publisher, f"record/{ocid}")).json()
    assert record["ocid"] == record["compiledRelease"]["ocid"] == ocid
    assert {"releases", "versionedRelease"} < record.keys()
    assert world.get(old(publisher, f"record-package/{ocid}")).json()["records"] == [record]


def test_packed_or_not_a_year_is_the_same_and_a_head_has_no_body(world: World, publisher: Publisher) -> None:
    many(publisher, 205)
    address = old(publisher, "edca/contractingprocess/null")

    plain = world.get(address)
    with httpx2.Client(timeout=30) as client, client.stream("GET", world.url + address) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        raw = b"".join(packed.iter_raw())
    head = world.get(address, method="HEAD")

    assert gzip.decompress(raw) == plain.content
    assert len(plain.json()["arrayReleasePackage"]) == 205
    assert (head.status_code, head.content) == (200, b"")


def test_methods_and_categories_narrow(world: World, publisher: Publisher) -> None:
    tender = {"id": "1", "title": "Uno", "status": "active"}
    [(direct, _)] = publisher.publish(
        tender={**tender, "procurementMethod": "direct", "mainProcurementCategory": "goods"}
    )
    [(opened, _)] = publisher.publish(
        tender={
            **tender,
            "procurementMethod": "open",
            "mainProcurementCategory": "services",
            "additionalProcurementCategories": ["consultingServices"],
        }
    )

    for path, expected in [
        ("procurementmethod/direct/null", {direct}),
        ("procurementmethod/direct,open/null", {direct, opened}),
        ("procurementmethod/selective/null", set()),
        ("additionalprocurementcategories/goods/null", {direct}),
        ("additionalprocurementcategories/consultingServices/null", {opened}),
    ]:
        answer = world.get(old(publisher, f"edca/contractingprocess/{path}"))
        packages = answer.json()["arrayReleasePackage"]
        assert {package["releases"][0]["ocid"] for package in packages} == expected, path


@pytest.mark.parametrize(
    "address",
    [
        "edca/contractingprocess/26",
        "edca/contractingprocess/2026,",
        "edca/contractingprocess/2026;DROP",
        "edca/contractingprocess/٢٠٢٦",
        "edca/contractingprocess/%00",
        "edca/contractingprocess/99999999999999999999",
        "edca/contractingprocess/" + ",".join(["2026"] * 51),
        "edca/contractingprocess/2026?page=2",
        "edca/contractingprocess/procurementmethod/di%20rect/2026",
        "edca/contractingprocess/procurementmethod/direct/dos",
        "edca/contractingprocess/additionalprocurementcategories/%27/2026",
        "edca/fiscalYears?year=2026",
        "release/x%00y",
        "release/x?a=1",
    ],
)
def test_what_makes_no_sense_is_refused_in_words(world: World, publisher: Publisher, address: str) -> None:
    answer = world.get(old(publisher, address))

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.headers["access-control-allow-origin"] == "*"


def test_what_is_withdrawn_is_gone_from_every_old_address(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish(**contract("2022-01-01T12:00:00-06:00"))
    forms = ("release", "release-package", "release-package-all", "record", "record-package")
    assert {world.get(old(publisher, f"{form}/{ocid}")).status_code for form in forms} == {200}

    publisher.withdraw(ocid, release_id)

    assert {world.get(old(publisher, f"{form}/{ocid}")).status_code for form in forms} == {410}
    assert {world.get(old(publisher, f"{form}/otro")).status_code for form in forms} == {404}
    assert world.get(old(publisher, "edca/fiscalYears")).json() == {"fiscalYears": []}
    assert world.get(old(publisher, "edca/contractingprocess/2022")).json() == {"arrayReleasePackage": []}


def test_another_spelling_of_an_ocid_leads_to_its_address(world: World, publisher: Publisher) -> None:
    ocid = new_ocid(publisher.place)
    publisher.write((ocid,), aliases=("PC/0001",))

    answer = world.get(old(publisher, f"release/{quote('PC/0001', safe='')}"))

    assert answer.status_code == 308
    assert answer.headers["location"] == f"{world.url}/{publisher.place.slug}/release/{quote(ocid, safe='')}"


def test_on_its_own_host_a_tenant_keeps_its_addresses(
    world: World, publisher: Publisher, site: LiveServer
) -> None:
    host = f"{publisher.place.slug}.example.test"
    with publisher.place.database.owner_work(publisher.place.system) as session:
        session.add(TenantHost(host=host, tenant_id=publisher.place.tenant_id))
    site.app.state.directory.forget()
    try:
        [(ocid, _)] = publisher.publish()

        [package] = world.get("/edca/contractingprocess/null", Host=host).json()["arrayReleasePackage"]

        assert package["uri"] == f"http://{host}/release-package-all/{ocid}"
        assert world.get(f"/release/{ocid}", Host=host).json()["ocid"] == ocid
        assert world.get("/edca/fiscalYears", Host=host).json()["fiscalYears"]
        assert world.get("/edca/fiscalYears").status_code == 404
        refused = world.get(old(publisher, "edca/fiscalYears"), Host="malo<>.test")
        assert refused.status_code == 400
    finally:
        with publisher.place.database.owner_work(publisher.place.system) as session:
            session.exec(delete(TenantHost).where(TenantHost.host == host))  # type: ignore[arg-type]
        site.app.state.directory.forget()


def test_who_reads_slowly_holds_no_connection(world: World, publisher: Publisher, site: LiveServer) -> None:
    many(publisher, 400)
    [(ocid, _)] = publisher.publish()
    address = world.url + old(publisher, "edca/contractingprocess/null")

    async def ask() -> int:
        async with httpx2.AsyncClient(timeout=30) as client:
            slow = [
                client.build_request("GET", address, headers={"Accept-Encoding": "identity"})
                for _ in range(8)
            ]
            held = [await client.send(one, stream=True) for one in slow]
            status = (await client.get(world.url + old(publisher, f"release/{ocid}"))).status_code
            for one in held:
                await one.aclose()
            return status

    assert asyncio.run(ask()) == 200

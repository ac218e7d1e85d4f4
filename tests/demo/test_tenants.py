"""The demonstration is deterministic, valid, coherent and whole: every stage, method, role and end appears."""

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from app.demo.bodies import PLACES, platform_people
from app.demo.draft import FIRST_DAY, LAST_DAY
from app.demo.phrases import SUBJECTS
from app.demo.story import MOST_RELEASES, STORIES
from app.demo.tenants import DemoProcess, DemoTenant, demo_tenants, packages
from app.ocds import merge
from app.ocds.checks import check
from app.ocds.privacy import withhold
from app.ocds.validation import validate_package
from app.tenancy.declarations import load

ROOT = Path(__file__).parents[2]
CUCOP = ROOT.parent / "shared" / "data" / "catalogs" / "cucop.csv"
METHODS = ("open", "selective", "direct")
ENDS = ("published", "draft", "in_review", "returned", "approved")

DIGEST = """
import json
from hashlib import sha256
from app.demo.tenants import demo_tenants, packages
digest = sha256()
for tenant in demo_tenants():
    for sujeto in tenant.sujetos_obligados:
        for package in packages(tenant, sujeto.key):
            digest.update(json.dumps(package).encode())
print(digest.hexdigest())
"""

Json = dict[str, Any]


@pytest.fixture(scope="module")
def tenants() -> tuple[DemoTenant, ...]:
    return demo_tenants()


@pytest.fixture(scope="module")
def processes(tenants: tuple[DemoTenant, ...]) -> list[DemoProcess]:
    return [process for tenant in tenants for told in tenant.processes.values() for process in told]


@pytest.fixture(scope="module")
def last(processes: list[DemoProcess]) -> list[Json]:
    return [process.releases[-1] for process in processes]


def _packages(tenants: tuple[DemoTenant, ...]) -> Iterator[Json]:
    for tenant in tenants:
        for sujeto in tenant.sujetos_obligados:
            yield from packages(tenant, sujeto.key)


def _day(stamp: str) -> date:
    return date.fromisoformat(stamp[:10])


def test_it_is_the_same_in_every_process(tenants: tuple[DemoTenant, ...]) -> None:
    digest = sha256()
    for package in _packages(tenants):
        digest.update(json.dumps(package).encode())
    elsewhere = subprocess.run(
        [sys.executable, "-c", DIGEST],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.strip() == digest.hexdigest()


def test_every_package_is_valid_and_without_advice(tenants: tuple[DemoTenant, ...]) -> None:
    problems = Counter(
        (problem.severity, problem.code, re.sub(r"\d+", "0", problem.pointer))
        for package in _packages(tenants)
        for problem in validate_package(package)
    )
    assert not problems


def test_no_process_contradicts_itself_or_what_it_published(processes: list[DemoProcess]) -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    problems = Counter(
        (problem.code, re.sub(r"\d+", "0", problem.pointer))
        for process in processes
        for before, release in zip((None, *process.releases), process.releases, strict=False)
        for problem in check(release, now=later, released=before)
    )
    assert not problems


def test_the_size_that_was_asked_for(tenants: tuple[DemoTenant, ...], processes: list[DemoProcess]) -> None:
    assert [tenant.slug for tenant in tenants] == list(PLACES)
    assert all(4 <= len(tenant.sujetos_obligados) <= 6 for tenant in tenants)
    assert len(processes) == 300
    assert {len(process.releases) for process in processes} == set(range(1, MOST_RELEASES + 1))


def test_every_tenant_is_declared_with_the_prefix_it_uses(tenants: tuple[DemoTenant, ...]) -> None:
    declared = {tenant.slug: tenant for tenant in load(ROOT / "tenants")}
    for tenant in tenants:
        test_prefixes = [p.prefix for p in declared[tenant.slug].ocid_prefixes if p.kind == "test"]
        assert declared[tenant.slug].state.inegi == PLACES[tenant.slug].inegi
        assert test_prefixes == [PLACES[tenant.slug].prefix]
        for key, told in tenant.processes.items():
            assert all(process.ocid.startswith(f"{test_prefixes[0]}-{key}-") for process in told)


def test_every_story_is_told_with_every_method_that_can_have_it(processes: list[DemoProcess]) -> None:
    told = {(process.story, process.method) for process in processes}
    without_call = {(story, "direct") for story in ("called", "cancelled", "unsuccessful")}
    assert told == {(story, method) for story in STORIES for method in METHODS} - without_call


def test_every_end_appears_in_every_tenant(tenants: tuple[DemoTenant, ...]) -> None:
    for tenant in tenants:
        ends = Counter(process.ends_as for told in tenant.processes.values() for process in told)
        assert set(ends) == set(ENDS)
        assert ends["published"] > sum(ends.values()) * 0.7


def test_stages_categories_and_currencies_appear(last: list[Json]) -> None:
    tenders = [release["tender"] for release in last if "tender" in release]
    contracts = [contract for release in last for contract in release.get("contracts", [])]
    assert {tender["status"] for tender in tenders} == {"active", "cancelled", "unsuccessful", "complete"}
    assert {tender["mainProcurementCategory"] for tender in tenders} == {"goods", "services", "works"}
    assert {tender["value"]["currency"] for tender in tenders} == {"MXN", "USD"}
    assert {contract["status"] for contract in contracts} == {"active", "terminated"}
    assert any("amendments" in contract for contract in contracts)
    assert any(len(release.get("awards", [])) > 1 for release in last)
    assert any(
        "memberOf" in party and "roles" not in party for release in last for party in release["parties"]
    )
    assert any("clarificationMeetings" in tender for tender in tenders)
    assert all(
        rate["rate"] > 1
        for tender in tenders
        if tender["value"]["currency"] == "USD"
        for rate in tender["value"]["exchangeRates"]
    )


def test_time_only_moves_forward(processes: list[DemoProcess]) -> None:
    for process in processes:
        days = [_day(release["date"]) for release in process.releases]
        assert days == sorted(set(days)), process.ocid
        assert days[0] >= FIRST_DAY
        assert days[-1] <= LAST_DAY
        assert len({release["id"] for release in process.releases}) == len(days)


def test_nothing_is_said_to_have_happened_after_its_release(last: list[Json]) -> None:
    for release in last:
        told = _day(release["date"])
        happened = re.findall(
            r'"(?:datePublished|dateSigned|dateMet|date)": "([0-9-]{10})', json.dumps(release)
        )
        assert max(date.fromisoformat(day) for day in happened) <= told, release["ocid"]


def test_what_follows_follows(last: list[Json]) -> None:
    for release in last:
        awards = {award["id"]: award for award in release.get("awards", [])}
        for contract in release.get("contracts", []):
            signed, award = _day(contract["dateSigned"]), awards[contract["awardID"]]
            assert _day(release["tender"]["tenderPeriod"]["endDate"]) <= _day(award["date"]) <= signed
            payments = contract.get("implementation", {}).get("transactions", [])
            assert all(signed <= _day(payment["date"]) for payment in payments)
            paid = sum(payment["value"]["amount"] for payment in payments)
            assert paid <= contract["value"]["amount"] + 0.05, contract["id"]
            assert contract["value"]["amount"] <= award["value"]["amount"] * 1.2 + 0.05
        for award in awards.values():
            net = sum(item["quantity"] * item["unit"]["value"]["netAmount"] for item in award["items"])
            assert award["value"]["netAmount"] == pytest.approx(net, abs=0.02)


def test_tenderers_are_counted_and_a_direct_award_has_one(last: list[Json]) -> None:
    for release in last:
        tender = release.get("tender", {})
        if "numberOfTenderers" in tender:
            assert tender["numberOfTenderers"] == len(tender.get("tenderers", []))
        if "awards" in release:
            winners = {supplier["id"] for award in release["awards"] for supplier in award["suppliers"]}
            assert winners <= {tenderer["id"] for tenderer in tender["tenderers"]}
            assert tender["procurementMethod"] != "direct" or tender["numberOfTenderers"] == 1


def test_the_last_release_holds_the_whole_story(processes: list[DemoProcess]) -> None:
    told_once = {"id", "date", "tag"}
    for process in processes[::7]:
        whole = merge.compiled(list(process.releases))
        final = process.releases[-1]
        assert {k: v for k, v in whole.items() if k not in told_once} == {
            k: v for k, v in final.items() if k not in told_once
        }


def test_privacy_has_something_to_withhold_in_every_tenant(tenants: tuple[DemoTenant, ...]) -> None:
    for tenant in tenants:
        releases = [process.releases[-1] for told in tenant.processes.values() for process in told]
        text = json.dumps(releases, ensure_ascii=False)
        public = json.dumps(
            [withhold(release, natural_rfc_public=False)[0] for release in releases], ensure_ascii=False
        )
        for private in (r"[A-Z]{4}\d{6}[HM][A-Z]{2}XDM0\d", r"persona\d+@correo", "zaguán verde"):
            assert re.search(private, text), (tenant.slug, private)
            assert not re.search(private, public), (tenant.slug, private)


def test_names_are_as_long_and_as_odd_as_in_life(tenants: tuple[DemoTenant, ...], last: list[Json]) -> None:
    names = {party["name"] for release in last for party in release["parties"]}
    assert max(map(len, names)) > 150
    assert max(len(sujeto.name) for tenant in tenants for sujeto in tenant.sujetos_obligados) > 120
    assert all(any(odd in name for name in names) for odd in "ñÑáéíóú\"'&«»")


def test_every_body_has_all_its_roles(tenants: tuple[DemoTenant, ...]) -> None:
    for tenant in tenants:
        roles = Counter((person.role, person.sujeto_obligado) for person in tenant.people)
        assert roles["garante_admin", None] == 1
        assert roles["garante_reviewer", None] == 2
        for sujeto in tenant.sujetos_obligados:
            assert "emostración" in sujeto.name
            assert re.fullmatch(r"XD[A-Z][0-9]{6}DM[0-9A]", sujeto.rfc)
            assert all(
                roles[role, sujeto.key] for role in ("so_admin", "so_publisher", "so_editor", "so_reader")
            )
        emails = [person.email for person in tenant.people]
        assert len(set(emails)) == len(emails)
    assert {person.role for person in platform_people()} == {"platform_operator", "national_monitor"}


def test_one_account_works_in_two_tenants(tenants: tuple[DemoTenant, ...]) -> None:
    people = Counter(person.email for tenant in tenants for person in tenant.people)
    assert [email for email, times in people.items() if times > 1] == ["enlace@demo.example"]


def test_no_address_can_be_anyones(tenants: tuple[DemoTenant, ...]) -> None:
    text = json.dumps([tenant.people for tenant in tenants], default=vars)
    text += json.dumps(list(_packages(tenants)))
    domains = set(re.findall(r"@([a-z0-9.-]+)", text))
    assert domains
    assert all(re.search(r"(^|\.)example(\.org)?$", domain) for domain in domains)


def test_a_package_never_holds_two_releases_of_one_process(tenants: tuple[DemoTenant, ...]) -> None:
    tenant = tenants[0]
    sujeto = tenant.sujetos_obligados[0]
    files = list(packages(tenant, sujeto.key))
    for package in files:
        ocids = [release["ocid"] for release in package["releases"]]
        assert len(set(ocids)) == len(ocids)
    told = sorted(release["id"] for package in files for release in package["releases"])
    assert told == sorted(r["id"] for process in tenant.processes[sujeto.key] for r in process.releases)
    with pytest.raises(KeyError):
        next(packages(tenant, "nadie"))


def test_item_codes_stand_in_the_catalogue() -> None:
    assert CUCOP.is_file(), f"Falta {CUCOP}: esta prueba lee el catálogo CUCOP de ../shared/data."
    with CUCOP.open(encoding="utf-8", newline="") as file:
        known = {row["classificationid"] for row in csv.DictReader(file)}
    assert {line.code for subject in SUBJECTS for line in subject.lines} <= known

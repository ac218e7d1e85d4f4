"""What an import uses of a release, what it refuses, and that nothing else is lost."""

import copy
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.imports import records
from app.imports.analysis import ENVELOPE, Analysis, Prefixes, analyse, settle, without_nulls
from app.imports.entries import Entry, Fault, Place
from app.imports.reading import Reading
from app.ocds import ocid as ocids

FOREIGN = "ocds-fff999"
PREFIXES = Prefixes(("ocds-abc123", "ocds-old000"), lambda prefix: "foreign" if prefix == FOREIGN else "free")
GOOD = {
    "ocid": "ocds-abc123-1",
    "id": "1-planning",
    "date": "2024-01-01T00:00:00Z",
    "tag": ["tender"],
    "initiationType": "tender",
    "parties": [{"id": "AAA", "name": "Secretaría", "roles": ["buyer"]}],
    "buyer": {"id": "AAA", "name": "Secretaría"},
    "tender": {"id": "t", "title": "Papel", "procurementMethod": "open", "value": {"amount": 10.5, "currency": "MXN"}},
}  # fmt: skip


def entry(release: dict[str, Any], **more: Any) -> Entry:
    return Entry(Place(0, 0, 1), 1, copy.deepcopy(release), **more)


def analysed(release: dict[str, Any], **more: Any) -> Analysis:
    return analyse(entry(release, **more), PREFIXES)


def changed(**members: Any) -> dict[str, Any]:
    return {**copy.deepcopy(GOOD), **members}


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, held in value.items():
            yield from leaves(held, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from leaves(held, f"{pointer}/{index}")
    else:
        yield pointer, value


def assert_nothing_lost(source: dict[str, Any], found: Analysis) -> None:
    """Every leaf is in the document with its value, in the envelope, or in the report."""
    assert found.refusal is None
    stays = dict(leaves(found.document))
    reported = [row["pointer"] for row in [*found.kept, *found.refused]]
    for pointer, value in leaves(source):
        if pointer.split("/")[1] in ENVELOPE:
            continue
        if any(pointer == place or pointer.startswith(f"{place}/") for place in reported):
            continue
        assert stays.get(pointer) == value, pointer
        assert type(stays[pointer]) is type(value), pointer


def test_a_good_release_stays_whole_but_for_its_envelope() -> None:
    found = analysed(GOOD)
    assert found.document == {key: value for key, value in GOOD.items() if key not in ENVELOPE}
    assert (found.ocid, found.aliases, found.refusal) == ("ocds-abc123-1", (), None)
    assert (found.source_id, found.source_date) == ("1-planning", datetime(2024, 1, 1, tzinfo=UTC))
    assert (found.error_count, found.refused, found.kept) == (0, [], [])


@pytest.mark.parametrize(
    ("date", "instant"),
    [
        ("2024-01-01T00:00:00-06:00", datetime(2024, 1, 1, 6, tzinfo=UTC)),
        ("2024-01-01", datetime(2024, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("ayer", None),
        (2024, None),
    ],
)
def test_a_date_is_read_or_left_alone(date: object, instant: datetime | None) -> None:
    assert analysed(changed(date=date)).source_date == instant


def test_the_same_release_has_the_same_hash_however_it_is_written() -> None:
    backwards = dict(reversed(GOOD.items()))
    assert analysed(GOOD).source_sha256 == analysed(backwards).source_sha256
    assert analysed(GOOD).source_sha256 != analysed(changed(language="es")).source_sha256


@pytest.mark.parametrize(
    ("source", "ocid", "aliases"),
    [
        ("OCDS-ABC123-Año/1", "ocds-abc123-Año/1", ("OCDS-ABC123-Año/1",)),
        ("ocds-old000-7", "ocds-old000-7", ()),
        ("PC-0001", "ocds-abc123-PC-0001", ("PC-0001",)),
        (10, "ocds-abc123-10", ("10",)),
        ("ocds-abc123", "ocds-abc123-ocds-abc123", ("ocds-abc123",)),
    ],
)
def test_an_ocid_is_kept_or_mapped_once(source: object, ocid: str, aliases: tuple[str, ...]) -> None:
    found = analysed(changed(ocid=source))
    assert (found.ocid, found.aliases) == (ocid, aliases)


def test_two_identifiers_never_become_one() -> None:
    mapped = [
        settle(source, PREFIXES)[0]
        for source in ("a/1", "a-1", "a 1", "á-1", "¿?", "¡!", "x" * 200, "x" * 201)
    ]
    assert len(set(mapped)) == len(mapped)
    assert all(ocids.split(ocid) for ocid in mapped)
    assert settle("a/1", PREFIXES)[0] == mapped[0]


@pytest.mark.parametrize(
    ("ocid", "code"),
    [
        (f"{FOREIGN}-1", "foreign-prefix"),
        ("ocds-zzz111-1", "unknown-prefix"),
        ("", "no-ocid"),
        (None, "no-ocid"),
        ({"a": 1}, "no-ocid"),
        ("x" * 301, "long-ocid"),
    ],
)
def test_an_ocid_that_is_not_ours_refuses_the_release(ocid: object, code: str) -> None:
    found = analysed(changed(ocid=ocid))
    assert found.refusal is not None
    assert found.refusal["code"] == code
    assert found.report()[0] == found.refusal


def test_a_refused_prefix_can_be_added() -> None:
    refusal = analysed(changed(ocid="OCDS-ZZZ111-1")).refusal
    assert refusal is not None
    assert refusal["prefix"] == "ocds-zzz111"
    found = analyse(
        entry(changed(ocid="OCDS-ZZZ111-1")), Prefixes(("ocds-abc123", "ocds-zzz111"), PREFIXES.owner)
    )
    assert found.ocid == "ocds-zzz111-1"


def test_without_any_prefix_nothing_can_be_named() -> None:
    refusal = analyse(entry(changed(ocid="PC-1")), Prefixes((), PREFIXES.owner)).refusal
    assert refusal is not None
    assert refusal["code"] == "no-prefix"


def test_what_nobody_knows_is_kept_aside() -> None:
    release = changed(_id={"$oid": "5a"})
    release["tender"]["items"] = [{"id": "1", "itemAmount": 5}, {"id": "2", "taxRate/x": 16, "quantity": 3}]
    found = analysed(release, rest={"publisher": {"name": "CDMX"}})
    assert found.kept == [
        {"pointer": "/_id", "value": {"$oid": "5a"}},
        {"pointer": "/publisher", "value": {"name": "CDMX"}, "of": "record"},
        {"pointer": "/tender/items/0/itemAmount", "value": 5},
        {"pointer": "/tender/items/1/taxRate~1x", "value": 16},
    ]
    assert found.document["tender"]["items"] == [{"id": "1"}, {"id": "2", "quantity": 3}]
    assert_nothing_lost(release, found)


def test_a_value_against_the_schema_is_refused_alone() -> None:
    release = changed(language=7)
    release["tender"].update(
        procurementMethod="licitación",
        value={"amount": "diez", "currency": "MXN"},
        tenderPeriod={"startDate": "ayer", "endDate": "2024-02-01T00:00:00Z"},
        submissionMethod=["electronicSubmission", 5, "written", 6],
    )
    found = analysed(release)
    refused = {row["pointer"]: row["value"] for row in found.refused}
    assert refused == {
        "/language": 7,
        "/tender/procurementMethod": "licitación",
        "/tender/submissionMethod/1": 5,
        "/tender/submissionMethod/3": 6,
        "/tender/tenderPeriod/startDate": "ayer",
        "/tender/value/amount": "diez",
    }
    assert all(row["message"].endswith(".") for row in found.refused)
    assert found.document["tender"]["submissionMethod"] == ["electronicSubmission", "written"]
    assert found.document["tender"]["value"] == {"currency": "MXN"}
    assert found.error_count == 0


def test_a_missing_field_takes_nothing_with_it() -> None:
    release = changed(awards=[{"title": "sin id", "value": {"amount": 5}}], contracts=[{"awardID": "1"}])
    found = analysed(release)
    assert_nothing_lost(release, found)
    assert found.refused == []
    assert {problem.pointer for problem in found.problems if problem.severity == "error"} >= {
        "/contracts/0/id"
    }


def test_equal_elements_are_refused_but_for_the_first() -> None:
    release = changed()
    release["parties"][0]["contactPoint"] = {"availableLanguage": ["es", "en", "es"]}
    paper, pens = {"id": "1", "description": "Papel"}, {"id": "1", "description": "Plumas"}
    release["tender"]["items"] = [paper, pens, dict(paper)]
    found = analysed(release)
    assert found.document["parties"][0]["contactPoint"] == {"availableLanguage": ["es", "en"]}
    assert found.document["tender"]["items"] == [paper, pens]
    assert [(row["pointer"], row["value"]) for row in found.refused] == [
        ("/parties/0/contactPoint/availableLanguage/2", "es"),
        ("/tender/items/2", paper),
    ]
    assert [problem.pointer for problem in found.problems if problem.code == "duplicate-id"] == [
        "/tender/items/1/id"
    ]


def test_a_very_long_release_is_taken_if_it_is_valid() -> None:
    release = changed()
    release["tender"]["items"] = [{"id": str(number)} for number in range(1000)]
    assert analysed(release, values=100_000).refusal is None
    release["tender"]["items"][7]["quantity"] = "x"
    refusal = analysed(release, values=100_000).refusal
    assert refusal is not None
    assert refusal["pointer"] == "/tender/items/7/quantity"
    assert analysed(release, values=10_000).refusal is None


def test_many_elements_with_one_id_take_no_longer_than_others() -> None:
    release = changed(parties=[{"id": "1", "name": str(number)} for number in range(3_000)])
    began = time.process_time()
    assert analysed(release).error_count == 2_999
    assert time.process_time() - began < 5


def test_values_nobody_can_store_are_refused() -> None:
    release = changed(language="e\0s")
    release["tender"].update(title=None, description=10**30, **{"na\0me": 1})
    release["tender"]["value"]["amount"] = float("inf")
    release["tender"]["items"] = [{"id": "1", "quantity": 1e999}, {"id": "2"}]
    found = analysed(release, suspect=True)
    refused = {row["pointer"]: row["value"] for row in found.refused}
    assert refused == {
        "/language": "e␀s",
        "/tender/description": str(10**30),
        "/tender/items/0/quantity": "inf",
        "/tender/na␀me": 1,
        "/tender/value/amount": "inf",
    }
    assert found.document["tender"]["items"] == [{"id": "1"}, {"id": "2"}]
    json.dumps(found.report(), allow_nan=False)


def test_a_null_stays_for_the_merge_and_removes_nothing_else() -> None:
    release = changed(language=None)
    found = analysed(release)
    assert found.document["language"] is None
    assert without_nulls(found.document) == {key: GOOD[key] for key in GOOD if key not in ENVELOPE}


def test_a_release_of_the_first_standard_works() -> None:
    release = {
        "ocid": "10",
        "buyer": {"name": "GACM", "identifier": {"id": "GAC"}},
        "tender": {"procuringEntity": {"name": "GACM"}, "items": []},
    }
    found = analysed(release)
    assert_nothing_lost(release, found)
    assert found.refused == []


@pytest.mark.parametrize(
    "release", [{}, {"ocid": "ocds-abc123-1"}, {"ocid": "ocds-abc123-1", "otro": 1}, {"data": [1]}]
)
def test_what_holds_no_process_is_refused(release: dict[str, Any]) -> None:
    found = analysed(release)
    assert found.refusal is not None
    assert found.refusal["code"] in {"no-content", "no-ocid"}


def test_a_fault_of_the_text_is_the_refusal() -> None:
    found = analyse(Entry(Place(0, 0, 1), 1, fault=Fault("syntax", "Línea 1: mal.")), PREFIXES)
    assert found.report() == [
        {"pointer": "", "code": "syntax", "severity": "error", "message": "Línea 1: mal."}
    ]


def test_the_report_counts_advice_by_kind() -> None:
    release = changed(
        awards=[{"id": str(number), "status": "active", "suppliers": [{"id": "X"}]} for number in range(5)]
    )
    rows = [row for row in analysed(release).report() if row["code"] == "reference"]
    assert [row["count"] for row in rows] == [5]


def test_no_leaf_of_the_real_files_is_lost(shared_data: Path) -> None:
    prefixes = Prefixes(("ocds-xs1qbl", "ocds-87sd3t"), lambda _prefix: "free")
    files = sorted((shared_data / "ocds-mx").rglob("*.json"))
    assert len(files) == 44
    for path in files:
        read = Reading(path, unpacked_limit=10**9, element_limit=10**8)
        entries = list(read.entries())
        assert read.complete
        assert entries
        for one in entries:
            assert one.release is not None
            source = copy.deepcopy(one.release)
            found = analyse(one, prefixes)
            assert_nothing_lost(source, found)
            known = [
                row for row in found.kept if row.get("of") != "record" and row["pointer"].count("/") == 1
            ]
            assert {row["pointer"] for row in known} <= {
                "/packageInfo",
                "/additionalProcessInformation",
                "/version",
            }


def test_records_fall_back_as_far_as_they_must() -> None:
    versioned = {"ocid": "a", "tender": {"id": "1", "title": [{"releaseDate": "1", "value": "x"}, {"releaseDate": "2", "value": "y"}]}}  # fmt: skip
    unfolded = records.unfold({"ocid": "a", "versionedRelease": versioned, "compiledRelease": {}})
    assert unfolded.origin == "versionedRelease"
    assert unfolded.releases[0]["tender"] == {"id": "1", "title": "y"}

"""What only many processes tell: each check passes, fails and stays unasked, with shares worked by hand."""

from typing import Any

import pytest

from app.ocds import folding
from app.quality import DATASET, Outcome, dataset_part, examine, lost

Document = dict[str, Any]


def outcome(code: str, *releases: Document) -> Outcome:
    summary = folding.total(map(dataset_part, releases))
    return {check.code: told for check, told in examine(summary)}[code]


def many(count: int, **release: Any) -> list[Document]:
    return [release for _ in range(count)]


def test_all_of_pelican_but_the_one_that_visits_addresses() -> None:
    assert len(DATASET) == len({check.code for check in DATASET}) == 24 - 1
    assert all(told.passed is None for _, told in examine({}))


def test_no_category_is_nearly_everything() -> None:
    goods, works = (
        {"tender": {"mainProcurementCategory": "goods"}},
        {"tender": {"mainProcurementCategory": "works"}},
    )
    assert outcome("main-category", *many(19, **goods), works) == Outcome(
        True, 0.95, "La más común, «goods», es 95.0 %."
    )
    assert outcome("main-category", *many(20, **goods), works).passed is False  # 20 of 21: 95.2 %
    assert outcome("main-category", {"tender": {}}).passed is None


def test_the_id_of_a_tender_is_its_own() -> None:
    one, two, again = {"tender": {"id": "1"}}, {"tender": {"id": "2"}}, {"tender": {"id": 1}}
    assert outcome("unique-tender", one, two).passed is True
    assert outcome("unique-tender", one, two, again) == Outcome(
        False, 2 / 3, "De 3 identificadores, se repiten 1: 1."
    )


@pytest.mark.parametrize("place", ["tender", "awards", "contracts"])
def test_the_highest_amounts_are_not_half_of_everything(place: str) -> None:
    def priced(amount: float, currency: str = "MXN") -> Document:
        value = {"value": {"amount": amount, "currency": currency}}
        return {place: value if place == "tender" else [value]}

    # The highest of 100 is 99 of 198: half, and not more.
    assert outcome(f"top-{place}", *[priced(1)] * 99, priced(99)) == Outcome(
        True, 0.5, "El 1 % de los montos más altos suma 50.0 % del total."
    )
    assert outcome(f"top-{place}", *[priced(1)] * 99, priced(100)).passed is False
    # 199 amounts still have one in their highest hundredth; 200 have two.
    assert outcome(f"top-{place}", *[priced(1)] * 197, *[priced(100)] * 2).figure == pytest.approx(100 / 397)
    assert outcome(f"top-{place}", *[priced(1)] * 198, *[priced(100)] * 2).figure == pytest.approx(200 / 398)
    # Under a hundred nobody says anything; dollars are not counted with pesos.
    assert outcome(f"top-{place}", *[priced(1)] * 98, priced(99)).passed is None
    assert outcome(f"top-{place}", *[priced(1)] * 99, priced(99, "USD")).passed is None


@pytest.mark.parametrize("place", ["tender", "awards", "contracts"])
def test_amounts_do_not_repeat_themselves(place: str) -> None:
    def priced(amount: float, currency: str = "MXN") -> Document:
        value = {"value": {"amount": amount, "currency": currency}}
        return {place: value if place == "tender" else [value]}

    different = [priced(1000 + number) for number in range(31)]
    assert outcome(f"repeated-{place}", *different).figure == pytest.approx(3 / 31)  # 9.7 %
    assert outcome(f"repeated-{place}", *different).passed is True
    assert outcome(f"repeated-{place}", *different[:30]).passed is False  # 3 of 30: 10 %
    # The same number in another currency, or written otherwise, is another, or the same.
    assert outcome(f"repeated-{place}", *different, priced(1000.0)).figure == pytest.approx(4 / 32)
    assert outcome(f"repeated-{place}", *different, priced(1000, "USD")).figure == pytest.approx(3 / 32)
    assert outcome(f"repeated-{place}", {place: []}).passed is None


def buying(count: int, name: str) -> list[Document]:
    return many(count, buyer={"id": name})


def test_buyers_come_back() -> None:
    regular = [release for number in range(10) for release in buying(99, f"r{number}")]  # 990 of 10 buyers
    once = [{"buyer": {"id": f"o{number}"}} for number in range(10)]
    assert outcome("single-buyers", *regular, *once[:9], *buying(1, "r0")).passed is True  # 9 of 19
    told = outcome("single-buyers", *regular, *once)  # 10 of 20
    assert (told.passed, told.figure) == (False, 0.5)
    assert outcome("single-buyers", *regular, *once[:9]).passed is None  # 999


def test_no_buyer_is_everyone_nor_all_are_nobody() -> None:
    rest = [{"buyer": {"id": f"b{number}"}} for number in range(1000)]
    assert outcome("top-buyer", *rest[:501], *buying(499, "x")).passed is True
    assert outcome("top-buyer", *rest[:500], *buying(500, "x")).passed is False
    assert outcome("top-buyer", *rest[:990], *buying(10, "x")).passed is False  # 1 % and no more
    assert outcome("top-buyer", *rest[:989], *buying(11, "x")).passed is True
    assert outcome("top-buyer", *rest[:989]).passed is None


CODES = {
    "codes-tender-procurementMethod": ("open", lambda code: {"tender": {"procurementMethod": code}}),
    "codes-tender-status": ("active", lambda code: {"tender": {"status": code}}),
    "codes-awards-status": ("active", lambda code: {"awards": [{"status": code}]}),
    "codes-contracts-status": ("terminated", lambda code: {"contracts": [{"status": code}]}),
    "codes-milestones-status": (
        "met",
        lambda code: {"contracts": [{"implementation": {"milestones": [{"status": code}]}}]},
    ),
}


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_neither_everything_nor_nearly_nothing(code: str) -> None:
    tested, made = CODES[code]
    held, other = made(tested), made("cancelled")
    assert outcome(code, *[held] * 99, other).passed is True  # 99 %
    assert outcome(code, *[held] * 100, other).passed is False
    assert outcome(code, held, *[other] * 999).passed is True  # 0.1 %
    assert outcome(code, held, *[other] * 1000).passed is False
    assert outcome(code, other).passed is None  # where it does not appear it is not judged
    assert outcome(code, {}).passed is None


def test_the_rest_of_the_codes_is_shown_and_not_judged() -> None:
    document = {
        "tender": {
            "awardCriteria": "priceOnly",
            "submissionMethod": ["inPerson", "electronicSubmission"],
            "value": {"amount": 1, "currency": "MXN"},
            "milestones": [{"type": "delivery"}],
            "documents": [{"documentType": "tenderNotice"}],
        },
        "relatedProcesses": [{"relationship": ["parent"]}],
    }
    told = {check.code: one for check, one in examine(dataset_part(document))}
    for code, says in {
        "codes-tender-awardCriteria": "«priceOnly» 100.0 %.",
        "codes-tender-submissionMethod": "«electronicSubmission» 50.0 %, «inPerson» 50.0 %.",
        "codes-value-currency": "«MXN» 100.0 %.",
        "codes-milestones-type": "«delivery» 100.0 %.",
        "codes-documents-documentType": "«tenderNotice» 100.0 %.",
        "codes-relatedProcesses-relationship": "«parent» 100.0 %.",
    }.items():
        assert told[code] == Outcome(None, None, says)


def test_what_is_related_exists_and_is_called_so() -> None:
    def related(ocid: str, title: str) -> Document:
        return {"ocid": "a-2", "relatedProcesses": [{"scheme": "ocid", "identifier": ocid, "title": title}]}

    first = {"ocid": "a-1", "tender": {"title": "Papel"}}
    assert outcome("related-ocid", first, related("a-1", "Papel")).passed is True
    assert outcome("related-ocid", first, related("a-9", "Papel")).passed is False
    assert outcome("related-ocid", first).passed is None
    assert outcome("related-title", first, related("a-1", "Papel")).passed is True
    assert outcome("related-title", first, related("a-1", "Cartón")).passed is False
    # Of one that is not here, or has no title, nothing is known.
    assert outcome("related-title", first, related("a-9", "Papel")).passed is None
    assert outcome("related-title", {"ocid": "a-1"}, related("a-1", "Papel")).passed is None


def test_no_published_ocid_is_lost() -> None:
    assert lost(["a-1", "a-2"], ["a-2", "a-1", "a-3"]) == ()
    assert lost(["a-3", "a-1", "a-2"], ["a-2"]) == ("a-1", "a-3")

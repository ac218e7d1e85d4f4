"""What one process adds to the figures, worked by hand."""

from datetime import date
from typing import Any

import pytest

from app.figures.contribution import Contribution, Public, Told, contribution
from app.figures.reckoning import median, split, spread
from app.ocds.shape import Document
from tests.factories import document
from tests.figures.conftest import contract, period, supplied

TODAY = date(2026, 6, 30)


def added(compiled: Document, **first: Told) -> Contribution:
    return contribution(Public(compiled, TODAY, {key.replace("_", "-"): told for key, told in first.items()}))


def cells(compiled: Document, year: int = 0, **first: Told) -> dict[str, list[int]]:
    return added(compiled, **first).cells.get(year, {})


def test_a_process_without_contract_stands_in_the_year_of_its_newest_release() -> None:
    told = added(document())
    assert sorted(told.cells) == [0, 2026]
    assert told.cells[2026]["process"] == [1, 0]
    assert told.cells[2026]["method:open"] == [1, 0]
    assert told.cells[2026]["stage:open/tender"] == [1, 0]
    assert "contract" not in told.cells[0]


def test_each_year_has_the_contracts_signed_in_it_and_the_process_once() -> None:
    told = added(
        supplied(contract(1000), contract(500, id="C-2"), contract(70.55, "2026-01-10", id="C-3")),
    )
    assert told.cells[2025]["process"] == [1, 150_000]
    assert told.cells[2026]["process"] == [1, 7_055]
    assert told.cells[0]["process"] == [1, 157_055]
    assert told.cells[0]["contract"] == [3, 157_055]
    assert told.cells[2025]["contract"] == [2, 150_000]
    assert told.cells[0]["method:open"] == [1, 157_055]


def test_a_cancelled_contract_counts_for_nothing() -> None:
    assert "contract" not in cells(supplied(contract(1000, status="cancelled")))


@pytest.mark.parametrize(
    ("one", "year"),
    [
        (contract(signed="2024-12-31"), 2024),
        (contract(signed="", period=period("2023-01-01", "2023-02-01")), 2023),
        (contract(signed=""), 2025),  # its award
        (contract(signed="", awardID="A-9"), 2026),  # its newest release
        (contract(signed="0024-12-31"), 2025),  # a slip of the pen is no date
    ],
)
def test_the_year_of_a_contract(one: Document, year: int) -> None:
    assert cells(supplied(one), year)["contract"] == [1, 100_000]


def test_what_a_term_spreads_over_years_is_all_of_the_amount() -> None:
    # 92 days of 2025, 365 of 2026, 31 of 2027: 488 in all.
    one = contract(1000.01, period=period("2025-10-01", "2027-01-31"))
    told = added(supplied(one))
    assert [told.cells[year]["spread"] for year in (2025, 2026, 2027)] == [
        [1, 18_852],  # 100,001 × 92 ÷ 488 = 18,852.6
        [1, 74_796],  # 100,001 × 457 ÷ 488 = 93,648.4, less what fell before
        [1, 6_353],
    ]
    assert told.cells[0]["spread"] == [1, 100_001]
    assert told.cells[2025]["contract"] == [1, 100_001]
    assert "contract" not in told.cells[2026]


def test_other_currencies_count_by_the_rate_beside_them_or_not_at_all() -> None:
    dollars = contract(100, currency="USD")
    rated: dict[str, Any] = contract(100, currency="USD", id="C-2")
    rated["value"]["exchangeRates"] = [{"rate": 17.055, "currency": "MXN"}]
    found = cells(supplied(dollars, rated, contract(None, id="C-3")))
    assert found["contract"] == [3, 170_550]
    assert found["converted:USD"] == [1, 170_550]
    assert found["left_out:USD"] == [1, 10_000]
    assert found["unvalued"] == [1, 0]


@pytest.mark.parametrize("amount", [-5, 10**13])
def test_an_amount_that_cannot_be_is_none(amount: float) -> None:
    assert cells(supplied(contract(amount)))["unvalued"] == [1, 0]


def test_bidders_count_where_suppliers_compete_and_something_was_decided() -> None:
    four = cells(supplied(contract(), numberOfTenderers=4))
    assert (four["bidders:4"], four["bids_in:open"]) == ([1, 0], [1, 4])
    listed = [{"id": "1", "name": "Una"}, {"id": "1", "name": "Una"}, {"id": "2", "name": "Otra"}]
    assert cells(supplied(contract(), tenderers=listed))["bidders:2"] == [1, 0]
    assert cells(supplied(contract()))["unknown_bidders"] == [1, 0]
    direct = cells(supplied(contract(), numberOfTenderers=1, procurementMethod="direct"))
    assert not [key for key in direct if "bidders" in key]
    assert not [key for key in cells(document()) if "bidders" in key]


def test_days_of_each_phase() -> None:
    one = contract(signed="2025-03-01", period=period("2025-03-10", "2025-03-19"))
    found = cells(supplied(one, tenderPeriod=period("2025-01-10", "2025-02-09")), 2025)
    assert found["days_call:30"] == [1, 0]  # 10 January → 9 February
    assert found["days_decision:11"] == [1, 0]  # → 20 February
    assert found["days_signing:9"] == [1, 0]  # → 1 March
    assert found["days_term:10"] == [1, 0]  # both ends count
    assert found["days_publishing:486"] == [1, 0]  # → 30 June 2026
    assert found["month:03"] == [1, 100_000]
    assert found["term:03/30"] == [1, 100_000]


def test_signing_to_publication_ends_where_the_signature_was_first_told() -> None:
    one = contract(signed="2025-03-01")
    assert "days_publishing:4" in cells(supplied(one), C_1=Told(one, date(2025, 3, 5)))


def test_time_that_runs_backwards_is_told_apart() -> None:
    found = cells(supplied(contract(signed="2025-02-01")))
    assert found["backwards:signing"] == [1, 0]
    assert not [key for key in found if key.startswith("days_signing")]


def test_growth_is_measured_against_what_was_first_told() -> None:
    before = contract(1000, period=period("2025-03-01", "2025-03-10"))
    after = contract(
        1250, period=period("2025-03-01", "2025-03-15"), amendments=[{"id": "1", "description": "Más"}]
    )
    found = cells(supplied(after), C_1=Told(before, date(2025, 3, 5)))
    assert found["amended"] == [1, 125_000]
    assert (found["grown"], found["grown_from"]) == ([1, 25_000], [1, 100_000])
    assert (found["stretched"], found["stretched_from"]) == ([1, 5], [1, 10])


def test_growth_nobody_was_told_of_is_not_measured() -> None:
    amended = contract(1250, amendments=[{"id": "1", "description": "Más"}])
    for first in ({}, {"C_1": Told(amended, date(2025, 3, 5))}):
        found = cells(supplied(amended), **first)
        assert found["amended"] == [1, 125_000]
        assert "grown" not in found


def test_paid_against_contracted_counts_contracts_of_which_both_are_known() -> None:
    paid = {"transactions": [{"id": "1", "value": {"amount": 600, "currency": "MXN"}}] * 2}
    found = cells(
        supplied(
            contract(1000, implementation=paid),
            contract(5000, id="C-2", implementation=paid),
            contract(None, id="C-3", implementation=paid),
            contract(9000, id="C-4"),
        )
    )
    assert (found["paid"], found["paid_of"]) == ([2, 240_000], [2, 600_000])
    assert found["overpaid"] == [1, 20_000]
    assert found["paid_of_unknown"] == [1, 120_000]


def test_suppliers_share_a_contract_and_are_known_by_their_identifier() -> None:
    told = added(supplied(contract(1000.01), suppliers=("AAA010101AAA", "bbb010101bbb", "CCC010101CCC")))
    assert {key: held[1:] for key, held in told.suppliers[2025].items()} == {
        "id=AAA010101AAA": (1, 33_334),
        "id=BBB010101BBB": (1, 33_334),
        "id=CCC010101CCC": (1, 33_333),
    }
    assert told.suppliers[0] == told.suppliers[2025]


def test_a_supplier_without_identifier_is_known_by_its_name() -> None:
    written = supplied(contract())
    for party in written["parties"]:
        party.pop("identifier", None)
    assert list(added(written).suppliers[2025]) == ["name=empresa aaa010101aaa"]
    nobody = supplied(contract(), suppliers=())
    assert cells(nobody)["no_supplier"] == [1, 100_000]


def test_words_for_the_same_method() -> None:
    assert "method:direct" in cells(supplied(contract(), procurementMethod="limited"))
    assert "method:" in cells(supplied(contract(), procurementMethod="otro"))


def test_reckoning() -> None:
    assert median([]) is None
    assert median([(3, 1)]) == 3
    assert median([(1, 2), (10, 2)]) == 5.5
    assert median([(7, 1), (1, 1), (2, 1)]) == 2
    assert split(100, 3) == [34, 33, 33]
    assert list(spread(10, date(2025, 12, 31), date(2026, 1, 1))) == [(2025, 5), (2026, 5)]

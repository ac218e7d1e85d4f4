"""Cardinal's flags about a process: each of the cases of its own fixtures, stated with data of ours."""

from typing import Any

import pytest

from app.flags import Options, fences
from tests.flags.samples import Document, award, bid, process, raised_in, said, status, summary


def period(start: str | None, end: str | None, **tender: Any) -> Document:
    held = {"startDate": start, "endDate": end}
    return {"tender": {"tenderPeriod": {key: when for key, when in held.items() if when}, **tender}}


def open_for(days: int, **tender: Any) -> Document:
    return process(**period("2026-03-02T09:00:00-06:00", f"2026-03-{2 + days:02}T09:00:00-06:00", **tender))


def test_r003_fewer_whole_days_than_the_threshold() -> None:
    assert status("R003", open_for(14)) == "raised"
    assert status("R003", open_for(15)) == "clear"
    # Fifteen days less an hour are fourteen whole ones; the offset of each date counts.
    almost = process(**period("2026-03-02T09:00:00-06:00", "2026-03-17T08:00:00-06:00"))
    assert status("R003", almost) == "raised"
    shifted = process(**period("2026-03-02T09:00:00-06:00", "2026-03-17T09:00:00-05:00"))
    assert status("R003", shifted) == "raised"
    verdict = said("R003", open_for(1))
    assert (verdict.value, verdict.facts["days"], verdict.facts["least"]) == (1.0, "1", "15")
    assert said("R003", process(**period("2026-03-02T09:00:00Z", None))).missing == (
        "tender/tenderPeriod/endDate",
    )


def test_r003_with_thresholds_and_methods_of_its_own() -> None:
    ten = Options(values={"R003": {"days": 10}})
    assert (status("R003", open_for(9), ten), status("R003", open_for(10), ten)) == ("raised", "clear")
    named = Options(values={"R003": {"by_details": {"Urgente": 5, "Internacional": 20}}})
    assert status("R003", open_for(5, procurementMethodDetails="Urgente"), named) == "clear"
    assert status("R003", open_for(4, procurementMethodDetails="Urgente"), named) == "raised"
    assert status("R003", open_for(19, procurementMethodDetails="Internacional"), named) == "raised"
    assert status("R003", open_for(15, procurementMethodDetails="Otra"), named) == "clear"
    some = Options(values={"R003": {"methods": "open|selective"}})
    assert status("R003", open_for(1, procurementMethod="selective"), some) == "raised"
    assert status("R003", open_for(1, procurementMethod="limited"), some) == "not_applicable"
    assert status("R003", open_for(1), some) == "missing"
    assert status("R003", open_for(1, procurementMethod="limited")) == "raised"


@pytest.mark.parametrize(
    ("tender", "expected"),
    [
        ({"numberOfTenderers": 1, "procurementMethod": "open"}, "raised"),
        ({"numberOfTenderers": 1, "procurementMethod": "selective"}, "raised"),
        ({"numberOfTenderers": 1, "procurementMethod": "limited"}, "not_applicable"),
        ({"numberOfTenderers": 1, "procurementMethod": "direct"}, "not_applicable"),
        ({"numberOfTenderers": 1}, "missing"),
        ({"numberOfTenderers": 2, "procurementMethod": "open"}, "clear"),
        ({"numberOfTenderers": 0, "procurementMethod": "open"}, "clear"),
        ({"numberOfTenderers": -1, "procurementMethod": "open"}, "clear"),
        ({"procurementMethod": "open"}, "missing"),
    ],
)
def test_r018_one_tenderer_where_they_compete(tender: Document, expected: str) -> None:
    assert status("R018", process(tender=tender)) == expected


def test_r018_other_methods() -> None:
    limited = Options(values={"R018": {"methods": "limited"}})
    single = process(tender={"numberOfTenderers": 1, "procurementMethod": "limited"})
    assert status("R018", single, limited) == "raised"


def won_by(second: float, ocid: str, first: float = 100, **more: Any) -> Document:
    """G wins with 100; P asks for `second`."""
    return process(ocid, [bid("G", first), bid("P", second)], [award("G")], **more)


USUAL = [won_by(200, f"u{number}") for number in range(6)]
"""Six processes whose second bid is twice the first: a difference of 1."""

EXCLUDED = {
    "an award is undecided": process(
        "x", [bid("G", 100), bid("P", 100)], [award("G"), {"status": "pending"}]
    ),
    "an award has a status nobody knows": process(
        "x", [bid("G", 100), bid("P", 100)], [award("G"), {"status": "?"}]
    ),
    "the winner was only invited": process("x", [bid("G", 100, "invited"), bid("P", 100)], [award("G")]),
    "the winner is not evaluated": process("x", [bid("G", 100, "pending"), bid("P", 100)], [award("G")]),
    "the winner withdrew": process("x", [bid("G", 100, "withdrawn"), bid("P", 100)], [award("G")]),
    "the winner was disqualified": process("x", [bid("G", 100, "disqualified"), bid("P", 100)], [award("G")]),
    "price did not decide": won_by(50, "x"),
    "two awards in force": process("x", [bid("G", 100), bid("P", 100)], [award("G"), award("G")]),
    "a bid of two": process("x", [bid("G", 100), bid("PQ", 100)], [award("G")]),
    "an award to two": process("x", [bid("G", 100), bid("P", 100)], [award("GQ")]),
    "the tender was cancelled": won_by(100, "x", tender={"status": "cancelled"}),
    "another currency": process("x", [bid("G", 100), bid("P", 100, currency="USD")], [award("G")]),
    "no price at all": process("x", [bid("G"), bid("P")], [award("G")]),
    "a price of nothing": won_by(100, "x", first=0),
    "no ocid": {**won_by(100, "x"), "ocid": ""},
}


@pytest.mark.parametrize("code", ["R024", "R058"])
@pytest.mark.parametrize("case", EXCLUDED)
def test_r024_and_r058_leave_out(code: str, case: str) -> None:
    # Were it counted, it would be the outlier of either flag.
    assert status(code, EXCLUDED[case], others=USUAL) in ("not_applicable", "missing")
    assert summary([EXCLUDED[case]])["r024.ratio", "0.0"] == 0


def test_r024_a_difference_that_is_a_low_outlier() -> None:
    tie, repeated = (
        won_by(100, "tie"),
        process("again", [bid("G", 100), bid("G", 200), bid("P", 100)], [award("G")]),
    )
    past = process(
        "past",
        [bid("G", 100), bid("P", 200)],
        [award("G"), award("C", "cancelled"), award("U", "unsuccessful")],
    )
    everyone = [tie, repeated, past, *USUAL]
    # Nine differences: 0, 0 and seven of 1. Q1 is at place 9.333 / 4 + 1/3 = 2.667: 0 + 0.667 x 1. Q3 is 1.
    # The fence: 0.6667 - 1.5 x 0.3333 = 0.1667.
    fence = fences(summary(everyone))["R024"]
    assert (fence.q1, fence.q3, fence.count) == (pytest.approx(2 / 3), 1, 9)
    assert fence.limit == pytest.approx(1 / 6)
    assert raised_in("R024", everyone) == {"tie": 0.0, "again": 0.0}
    assert said("R024", tie, others=everyone[1:]).about == ("G", "P")


def test_r024_says_nothing_when_most_are_alike() -> None:
    # Five ties of six: Q1 is 0, and the fence would raise all of them.
    ties = [won_by(100, f"t{number}") for number in range(5)]
    assert raised_in("R024", [*ties, *USUAL[:1]]) == {}
    # Q1 = 0.25, Q3 = 1: the fence is below nothing.
    wide = [won_by(second, f"w{second}") for second in (100, 150, 150, 200, 200, 200)]
    assert raised_in("R024", wide) == {}
    # A fixed threshold needs no quartiles, and reaches what is equal to it.
    fixed = Options(values={"R024": {"limit": 0.05}})
    assert raised_in("R024", [won_by(105, "at"), won_by(106, "over")], fixed) == {"at": 0.05}


def test_r058_a_difference_that_is_a_high_outlier() -> None:
    ties = [won_by(110, f"t{number}") for number in range(6)]
    far = won_by(300, "far")
    # Seven: six of 0.1 and one of 2. Both quartiles are 0.1, and so is the fence: all reach it.
    assert fences(summary([far, *ties]))["R058"].limit == pytest.approx(0.1)
    near = [won_by(100 + step, f"n{step}") for step in range(1, 8)]
    # 0.01 to 0.07 and 2: Q1 at 8.333 / 4 + 1/3 = 2.4167 is 0.0242, Q3 at 6.5833 is 0.0658; 0.0658 + 1.5 x 0.0417 = 0.1283.
    fence = fences(summary([far, *near]))["R058"]
    assert fence.limit == pytest.approx(0.128333, abs=1e-5)
    assert raised_in("R058", [far, *near]) == {"far": 2.0}
    assert said("R058", far, others=near).about == ("G",)


def test_r058_says_nothing_when_the_fence_is_zero() -> None:
    ties = [won_by(100, f"t{number}") for number in range(6)]
    assert raised_in("R058", ties) == {}
    assert raised_in(
        "R058", [won_by(150, "at"), won_by(149, "under")], Options(values={"R058": {"limit": 0.5}})
    ) == {"at": 0.5}


@pytest.mark.parametrize(
    ("bids", "expected"),
    [
        ([bid("A", 5), bid("B", 5, "disqualified")], "raised"),
        ([bid("A", 5), bid("B", 5, "pending")], "raised"),
        ([bid("A", 5), bid("B", 5, "withdrawn")], "clear"),
        ([bid("A", 5), bid("B", 5, "invited")], "clear"),
        ([bid("A", 5), bid("A", 5)], "clear"),
        ([bid("AZ", 5), bid("ZA", 5)], "clear"),
        ([bid("A", 5), bid("AB", 5)], "raised"),
        ([bid("A", 5), bid("", 5), bid("", 5)], "clear"),
        ([bid("A", 5.0), bid("B", 5.1)], "clear"),
        ([bid("A", 5), bid("B", 5, currency="USD")], "clear"),
        ([bid("A"), bid("B")], "missing"),
        ([], "missing"),
    ],
)
def test_r028_the_same_price_from_others(bids: list[Document], expected: str) -> None:
    assert status("R028", process(bids=bids)) == expected
    if expected == "raised":
        assert said("R028", process(bids=bids)).about == ("A", "B")
        assert status("R028", process(bids=bids, tender={"status": "cancelled"})) == "not_applicable"


def test_procedures_where_the_buyer_sets_the_price_and_those_left_out() -> None:
    same = process(
        bids=[bid("A", 5), bid("B", 5)],
        tender={
            "procurementMethodDetails": "Precio fijo",
            "numberOfTenderers": 1,
            "procurementMethod": "open",
        },
    )
    fixed, out = (
        Options(fixed_prices=frozenset({"Precio fijo"})),
        Options(excluded=frozenset({"Precio fijo"})),
    )
    assert (status("R028", same), status("R028", same, fixed), status("R028", same, out)) == (
        "raised",
        "not_applicable",
        "not_applicable",
    )
    assert (status("R018", same), status("R018", same, fixed), status("R018", same, out)) == (
        "raised",
        "raised",
        "not_applicable",
    )


CLOSED = {"tender": {"tenderPeriod": {"endDate": "2026-03-15T12:00:00-06:00"}}}


@pytest.mark.parametrize(
    ("when", "who", "awarded", "expected"),
    [
        ("2026-04-01T00:00:00Z", "G", award("G"), "raised"),
        ("2026-03-15T18:00:01Z", "G", award("G"), "raised"),
        ("2026-03-15T18:00:00Z", "G", award("G"), "clear"),  # noon in Mexico
        ("2026-04-01T00:00:00Z", "GQ", award("Q"), "raised"),
        ("2026-04-01T00:00:00Z", "P", award("G"), "clear"),
        ("2026-04-01T00:00:00Z", "G", award("G", "pending"), "not_applicable"),
        ("2026-04-01T00:00:00Z", "G", award("G", "?"), "not_applicable"),
        ("2026-04-01T00:00:00Z", "G", {"status": "active"}, "missing"),
        (None, "G", award("G"), "missing"),
    ],
)
def test_r030_a_late_bid_won(when: str | None, who: str, awarded: Document, expected: str) -> None:
    late = process(bids=[bid(who, 5, **({"date": when} if when else {}))], awards=[awarded], **CLOSED)
    assert status("R030", late) == expected
    if expected == "raised":
        turned_down = process(bids=[bid(who, 5, "disqualified", date=when)], awards=[awarded], **CLOSED)
        assert status("R030", turned_down) == "missing"  # no valid bid says when
        assert (
            status("R030", {**late, "tender": {**CLOSED["tender"], "status": "cancelled"}})
            == "not_applicable"
        )
        assert status("R030", {**late, "tender": {}}) == "missing"


def out(*who: str) -> list[Document]:
    return [bid(one, status="disqualified") for one in who]


@pytest.mark.parametrize(
    ("bids", "awards", "expected"),
    [
        ([*out("D"), bid("G")], [award()], 1),
        ([*out("D", "E"), bid("G")], [award()], 2),
        ([*out("D", "D"), bid("G"), bid("G")], [award(), award()], 1),
        ([*out("D"), bid("I", status="invited"), bid("P", status="pending"), bid("W", status="withdrawn"), bid("G")],
         [award(), award("C", "cancelled"), award("U", "unsuccessful")], 1),
        ([*out("D", "G"), bid("G")], [award()], 1),
        ([*out("G"), bid("G")], [award()], None),
        ([*out("D"), bid("G")], [award(), {"status": "pending"}], None),
        ([*out("D"), bid("G")], [award(), {"status": "?"}], None),
        ([*out("D")], [award()], None),
        ([*out("D"), bid("G"), bid("P")], [award()], None),
        ([*out("D"), bid("G")], [award("S")], None),
        ([*out("D"), bid("G")], [award(), award("S")], None),
        ([bid("G")], [award()], None),
    ],
)  # fmt: skip
def test_r035_only_the_winner_is_left(
    bids: list[Document], awards: list[Document], expected: int | None
) -> None:
    verdict = said("R035", process(bids=bids, awards=awards))
    assert verdict.value == expected
    assert (
        status("R035", process(bids=bids, awards=awards, tender={"status": "cancelled"})) == "not_applicable"
    )


def test_r035_at_least_so_many() -> None:
    two = Options(values={"R035": {"tenderers": 2}})
    assert status("R035", process(bids=[*out("D"), bid("G")], awards=[award()]), two) == "clear"
    assert status("R035", process(bids=[*out("D", "E"), bid("G")], awards=[award()]), two) == "raised"
    assert status("R035", process(awards=[award()])) == "missing"
    assert status("R035", process(bids=[bid("G")])) == "missing"


@pytest.mark.parametrize(
    ("bids", "awards", "expected"),
    [
        ([bid("D", 1, "disqualified"), bid("G", 2)], [award()], "raised"),
        ([bid("D", 10, "disqualified"), bid("G", 20), bid("I", 1, "invited")], [award()], "raised"),
        ([bid("D", 10, "disqualified"), bid("G", 20), bid("I", 1, "withdrawn")], [award()], "raised"),
        ([bid("D", 10, "disqualified"), bid("G", 20), bid("I", 1, "pending")], [award()], "clear"),
        ([bid("D", 10, "disqualified"), bid("G", 1)], [award()], "clear"),
        ([bid("D", 1, "disqualified"), bid("G", 1)], [award()], "raised"),  # the first of equals
        ([bid("G", 1), bid("D", 1, "disqualified")], [award()], "clear"),
        ([bid("D", 1, "disqualified"), bid("G", 2)], [award(status="pending")], "not_applicable"),
        ([bid("D", 1, "disqualified"), bid("G")], [award()], "clear"),
        ([bid("D", 1, "disqualified"), bid("E", 2, "disqualified")], [award()], "clear"),
        ([bid("D", 1, "disqualified", currency="USD"), bid("G", 2)], [award()], "clear"),
        ([bid("D", status="disqualified"), bid("G")], [award()], "missing"),
    ],
)
def test_r036_the_lowest_was_disqualified(
    bids: list[Document], awards: list[Document], expected: str
) -> None:
    assert status("R036", process(bids=bids, awards=awards)) == expected
    assert (
        status("R036", process(bids=bids, awards=awards, tender={"status": "cancelled"})) == "not_applicable"
    )


def test_a_direct_award_owes_no_bids() -> None:
    direct = process(awards=[award()], tender={"procurementMethod": "direct"})
    for code in ("R003", "R018", "R024", "R028", "R030", "R035", "R036", "R058"):
        assert status(code, direct) == "not_applicable"
    assert status("R028", process(awards=[award()], tender={"procurementMethod": "open"})) == "missing"

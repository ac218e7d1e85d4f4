"""Flags about organizations over all processes, with quartiles worked by hand."""

import pytest

from app.flags import Options, flags_part, lines
from app.flags.statistics import fence, quantile
from app.ocds import folding
from tests.flags.samples import Document, award, bid, outliers, process, summary


@pytest.mark.parametrize(
    ("figures", "share", "expected"),
    [
        # Place (n + 1/3) p + 1/3, from one.
        ({1.0: 1, 2.0: 1, 3.0: 1, 4.0: 1}, 0.25, 1 + 5 / 12),  # 1.4167
        ({1.0: 1, 2.0: 1, 3.0: 1, 4.0: 1}, 0.5, 2.5),
        ({1.0: 1, 2.0: 1, 3.0: 1, 4.0: 1}, 0.75, 3 + 7 / 12),  # 3.5833
        ({5.0: 3, 9.0: 1}, 0.75, 5 + 4 * 7 / 12),
        ({7.0: 1}, 0.25, 7),
        ({7.0: 1}, 0.75, 7),
        ({1.0: 1, 2.0: 1}, 0.0, 1),
        ({1.0: 1, 2.0: 1}, 1.0, 2),
    ],
)
def test_quantiles_of_type_eight(figures: dict[float, int], share: float, expected: float) -> None:
    assert quantile(figures, share) == pytest.approx(expected)


def test_no_figures_have_no_fence() -> None:
    assert fence({}, is_low=True) is None
    assert fence({}, 0.5, is_low=False) is None


def contest(number: int, winner: str, *losers: str) -> Document:
    return process(f"c{number}", [bid(winner), *map(bid, losers)], [award(winner)])


def test_r025_who_takes_part_most_and_wins_least() -> None:
    # F takes part in ten and wins two; the others take part once each and win, but N, who loses.
    everyone = [contest(number, str(number), "F") for number in range(8)]
    everyone += [contest(8, "F", "N"), process("c9", [bid("F"), bid("F"), bid("F")], [award("F")])]
    # Ten tenderers: shares 0 (N), 0.2 (F) and eight of 1. Q1 at 10.333 / 4 + 1/3 = 2.9167: 0.2 + 0.9167 x 0.8 = 0.9333.
    # Q3 is 1; the fence 0.9333 - 1.5 x 0.0667 = 0.8333. P75 of how often: at 8.0833, 1. N takes part as often as that.
    assert outliers("R025", everyone) == {("tenderer", "F"): 0.2, ("tenderer", "N"): 0.0}
    # With a percentile that only F reaches.
    assert outliers("R025", everyone, Options(values={"R025": {"percentile": 95}})) == {
        ("tenderer", "F"): 0.2
    }
    (line,) = (one for one in lines(summary(everyone)) if one.flag.code == "R025")
    assert (line.raised, line.computed) == (2, 10)
    assert line.outliers[0].facts == {"won": "2", "count": "10", "share": "20.0 %"}
    cancelled = [{**one, "tender": {"status": "cancelled"}} for one in everyone]
    assert outliers("R025", cancelled) == {}


def test_r025_with_a_threshold_and_with_nothing_to_compare() -> None:
    everyone = [contest(number, str(number), "F") for number in range(9)] + [contest(9, "F", "N")]
    assert outliers("R025", everyone, Options(values={"R025": {"limit": 0.1}})) == {
        ("tenderer", "F"): 0.1,
        ("tenderer", "N"): 0.0,
    }
    # Half never win: Q1 is 0, and nobody stands out.
    assert outliers("R025", [contest(number, f"w{number}", f"l{number}") for number in range(6)]) == {}
    undecided = [{**one, "awards": [award("F"), {"status": "pending"}]} for one in everyone]
    joint = [{**one, "awards": [award("FG")]} for one in everyone]
    assert outliers("R025", undecided) == outliers("R025", joint) == outliers("R025", []) == {}


def received(number: int, who: str, *bids: Document) -> Document:
    return process(f"r{number}", bids, buyer={"id": who}, tender={"procuringEntity": {"id": f"{who}-p"}})


def test_r038_who_disqualifies_most() -> None:
    ok, no = bid("W"), bid("D", status="disqualified")
    # B: one of two; four others: none of two. Shares 0.5, 0, 0, 0, 0: Q3 at 5.333 x 0.75 + 1/3 = 4.3333: 0.1667.
    # The fence: 0.1667 + 1.5 x 0.1667 = 0.4167.
    everyone = [received(0, "B", ok, no), *(received(number, f"b{number}", ok, ok) for number in range(1, 5))]
    assert outliers("R038", everyone) == {("buyer", "B"): 0.5, ("procuringEntity", "B-p"): 0.5}
    # Alone, it is the usual one; and with one bid nobody is counted, unless the minimum says so.
    singles = [received(number, f"b{number}", ok) for number in range(1, 5)]
    assert outliers("R038", [received(0, "B", ok, no), *singles])["buyer", "B"] == 0.5
    assert outliers("R038", [received(0, "B", no), *singles]) == {}
    one = Options(values={"R038": {"processes": 1}})
    assert outliers("R038", [received(0, "B", no), *singles], one) == {
        ("buyer", "B"): 1.0,
        ("procuringEntity", "B-p"): 1.0,
    }


def test_r038_who_is_disqualified_most() -> None:
    d_out, d_in = bid("D", status="disqualified"), bid("D")
    everyone = [process("0", [d_out, d_in])]
    everyone += [process(str(number), [bid(f"t{number}"), bid(f"t{number}")]) for number in range(1, 5)]
    assert outliers("R038", everyone) == {("tenderer", "D"): 0.5}
    # An invitation or a withdrawal is no submitted bid: D would have one, and is not counted.
    changed = [process("0", [d_out, bid("D", status="withdrawn"), bid("D", status="invited")]), *everyone[1:]]
    assert outliers("R038", changed) == {}
    assert outliers("R038", everyone[1:]) == {}  # the fence is zero: all are alike


def supplied(number: int, who: str, *classes: str, **more: str) -> Document:
    items = [{"classification": {"id": code}} for code in classes]
    return process(f"s{number}", awards=[award(who, **{"items": items, **more})])


ALONE = Options(values={"R048": {"processes": 1}})


def test_r048_who_supplies_the_most_various_things() -> None:
    # F supplies two classes, four others one. Figures 2, 1, 1, 1, 1: Q1 1, Q3 at 4.3333: 1.3333; fence 1.8333.
    everyone = [
        supplied(0, "F", "10000000", "11000000"),
        *(supplied(number, str(number), "10000000") for number in range(1, 5)),
    ]
    assert outliers("R048", everyone, ALONE) == {("supplier", "F"): 2.0}
    assert outliers("R048", everyone) == {}  # by default only who won in twenty
    # Two codes of one class are one thing; with three digits they are two.
    alike = [supplied(0, "F", "10000000", "10900000"), *everyone[1:]]
    assert outliers("R048", alike, ALONE)[("supplier", "F")] == 1.0  # all reach a fence of 1, as in Cardinal
    assert outliers("R048", alike, Options(values={"R048": {"processes": 1, "digits": 3}})) == {
        ("supplier", "F"): 2.0
    }
    assert outliers("R048", everyone, Options(values={"R048": {"processes": 1, "limit": 3}})) == {}
    for status in ("pending", "cancelled", "unsuccessful", "?"):
        kept = [*everyone[1:], supplied(9, "S", "10000000", "11000000", status=status)]
        assert ("supplier", "S") not in outliers("R048", kept, ALONE)
    assert outliers("R048", [*everyone, supplied(9, "ST", "1", "2", "3")], ALONE) == {("supplier", "F"): 2.0}
    assert outliers("R048", [{**one, "tender": {"status": "cancelled"}} for one in everyone], ALONE) == {}


def test_r048_counts_twenty_processes() -> None:
    regular = [supplied(number, "R", "10000000") for number in range(20)]
    assert outliers("R048", regular) == {("supplier", "R"): 1.0}  # alone, it reaches its own fence
    assert outliers("R048", regular[1:]) == {}


def test_kept_by_difference_it_is_what_it_is_from_zero() -> None:
    first = [received(number, "B", bid("W"), bid("D", 5, "disqualified")) for number in range(4)]
    second = [contest(number, "G", "P") for number in range(4)]
    kept = summary([*first, *second])
    for one in first:
        folding.fold(kept, flags_part(one), -1)
    assert kept == summary(second)
    assert lines(kept) == lines(summary(second))

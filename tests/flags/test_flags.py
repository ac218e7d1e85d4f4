"""What every flag has: a question and no accusation, its thresholds, and the count of where it could be computed."""

from datetime import date
from typing import Any

import pytest

from app.flags import BY_CODE, FLAGS, Flag, Options, OptionsError, Status, in_force, lines, look
from app.ocds import model
from tests.flags.samples import award, bid, process, status, summary

ACCUSING = (
    "corrup",
    "fraud",
    "ilegal",
    "ilícit",
    "culpa",
    "irregular",
    "delito",
    "simula",
    "fantasma",
    "amañad",
    "coludi",
)


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.code)
def test_a_flag_asks_and_does_not_accuse(flag: Flag) -> None:
    assert flag.question.startswith("¿")
    assert flag.question.endswith("?")
    assert not any(word in f"{flag.name} {flag.question} {flag.formula}".casefold() for word in ACCUSING)
    assert flag.formula.endswith(".")
    assert flag.literature
    assert flag.look or flag.weigh
    assert flag.fields
    assert set(flag.fields) <= model.FIELDS.keys()
    assert Options().of(flag) == {one.name: one.default for one in flag.thresholds}


def test_there_are_cardinals_eleven_and_the_mexican_ones() -> None:
    cardinal = [flag.code for flag in FLAGS if flag.source == "Cardinal"]
    assert cardinal == [
        "R003",
        "R018",
        "R024",
        "R025",
        "R028",
        "R030",
        "R035",
        "R036",
        "R038",
        "R048",
        "R058",
    ]
    assert len(BY_CODE) == len(FLAGS) == 11 + 13 + 5


def test_what_is_raised_is_asked_with_its_figures() -> None:
    asked = look(process(tender={"numberOfTenderers": 1, "procurementMethod": "open"}))
    assert [one.question for one in asked if one.question] == [
        "¿Por qué llegó una sola proposición a un procedimiento con competencia?",
        "¿Por qué no se publicaron 2 de las 2 fechas clave?",
    ]


def test_it_is_counted_on_how_many_a_flag_could_be_computed() -> None:
    single = process("1", tender={"numberOfTenderers": 1, "procurementMethod": "open"})
    two = process("2", tender={"numberOfTenderers": 2, "procurementMethod": "open"})
    untold = process("3", tender={"procurementMethod": "open"})
    direct = process("4", tender={"procurementMethod": "direct"})
    (line,) = (one for one in lines(summary([single, two, untold, direct])) if one.flag.code == "R018")
    assert (line.raised, line.computed, line.lacking, line.not_applicable) == (1, 2, 1, 1)
    assert line.missing == {"tender/numberOfTenderers": 1}


def test_flags_with_a_fence_are_counted_by_it() -> None:
    def won(ocid: str, second: float) -> dict[str, Any]:
        return process(ocid, [bid("G", 100), bid("P", second)], [award("G")])

    everyone = [
        won("a", 100),
        won("b", 100),
        *(won(f"u{number}", 200) for number in range(7)),
        process("none"),
    ]
    found = {one.flag.code: one for one in lines(summary(everyone))}
    assert (found["R024"].raised, found["R024"].computed, found["R024"].lacking) == (2, 9, 1)
    assert (found["R058"].raised, found["R058"].computed) == (0, 9)
    silent = Options(silent=frozenset({"R024"}))
    others = {one.flag.code: one for one in lines(summary(everyone, silent), silent)}
    assert "R024" not in others
    assert (others["R058"].raised, others["R058"].computed) == (0, 9)


@pytest.mark.parametrize(
    ("code", "values", "words"),
    [
        ("R003", {"dias": 3}, "«dias»"),
        ("R003", {"days": "3"}, "«days»"),
        ("R003", {"days": True}, "«days»"),
        ("R024", {"limit": "poco"}, "«limit»"),
        ("R028", {"limit": 1}, "ninguno"),
        ("MX-PF", {"countries": 3}, "«countries»"),
    ],
)
def test_a_threshold_that_no_flag_has_is_refused(code: str, values: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionsError, match=words):
        look(process(), Options(values={code: values}))


def test_the_options_that_hold_are_those_of_the_day() -> None:
    old = Options("2025", date(2025, 1, 1), values={"R003": {"days": 10}})
    new = Options("2026", date(2026, 1, 1), values={"R003": {"days": 20}})
    assert in_force([new, old], date(2025, 12, 31)) is old
    assert in_force([old, new], date(2026, 1, 1)) is new
    assert in_force([new, old], date(2024, 12, 31)) == Options()


def test_a_silent_flag_says_nothing() -> None:
    single = process(tender={"numberOfTenderers": 1, "procurementMethod": "open"})
    assert status("R018", single) == Status.RAISED
    assert all(one.flag.code != "R018" for one in look(single, Options(silent=frozenset({"R018"}))))


@pytest.mark.parametrize(
    "odd", [{}, {"ocid": 3}, {"ocid": "x", "tender": [], "bids": {"details": {}}, "awards": [None]}]
)
def test_whatever_arrives_is_looked_at(odd: dict[str, Any]) -> None:
    assert all(one.question is None for one in look(odd))
    assert lines(summary([odd]))[0].raised == 0

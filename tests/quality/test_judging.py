"""The score of one process: figures worked by hand, and the promise of every step kept when it is taken."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.ocds.checks import RULES
from app.ocds.checks.view import View
from app.ocds.model import Stage
from app.quality import CHECKS, Quality, judge, reach
from app.quality.catalogue import NEEDS
from tests.ocds.processes import coherent
from tests.ocds.test_checks import CASES
from tests.quality.samples import envelope, whole, with_changes

CASE_LIST = [(code, case[0]) for code, cases in CASES.items() for case in cases]
AFTER = datetime(2026, 11, 22, tzinfo=UTC)


def marks(quality: Quality) -> dict[str, bool]:
    return {mark.check.code: mark.passed for mark in quality.marks}


def test_every_rule_says_when_it_is_asked() -> None:
    assert set(NEEDS) == {rule.code for rule in RULES}
    assert len({check.code for check in CHECKS}) == len(CHECKS) == len(RULES) + 8


def test_what_lacks_nothing_has_a_hundred_and_no_way_to_go() -> None:
    quality = judge(whole(), before=coherent())
    assert quality.score == 100
    assert all(marks(quality).values())
    assert quality.steps == reach(quality, 100) == ()
    assert quality.explanation()[0].startswith("Calidad 100.0 de 100")
    # These are asked of it, and of no empty one.
    assert {"title-changed", "published-gone", "role-missing", "contract-payments"} <= marks(quality).keys()
    assert marks(judge(envelope())).keys() == {"schema", "ocid", "empty", "additional", "deprecated"}


@pytest.mark.parametrize(
    ("code", "changes"), CASE_LIST, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_check_is_asked_of_what_fails_it_without_help_from_the_failure(
    code: str, changes: dict[str, Any]
) -> None:
    document = with_changes(whole(), changes)
    (check,) = (one for one in CHECKS if one.code == code)
    assert check.applies(View(document, AFTER, coherent()))
    quality = judge(document, before=coherent())
    assert marks(quality)[code] is False
    (step,) = (one for one in quality.steps if one.name == code)
    assert (step.kind, step.effort) == ("check", len(step.pointers))
    assert quality.score < 100


def test_a_check_is_not_asked_of_what_cannot_answer_it() -> None:
    silent = with_changes(
        whole(), {"/parties/0/contactPoint/telephone": None, "/parties/1/contactPoint/telephone": None}
    )
    assert marks(judge(whole()))["telephone"]
    assert "telephone" not in marks(judge(silent))
    # Both dates of one period, not one of each: the terms of one kind hold in one block.
    period = {
        "tender": {
            "id": "1",
            "tenderPeriod": {"startDate": "2026-01-01T00:00:00Z"},
            "awardPeriod": {"endDate": "2025-01-01T00:00:00Z"},
        }
    }
    assert "period-order" not in marks(judge({**envelope(), **period}))
    period["tender"]["tenderPeriod"]["endDate"] = "2026-01-02T00:00:00Z"
    assert marks(judge({**envelope(), **period}))["period-order"]
    # In pesos nobody owes an exchange rate.
    assert "exchange-rate" not in marks(judge(whole()))


def test_points_are_counted_as_the_page_says() -> None:
    # Five fields are asked of an empty process: participants, buyer and tender (2 each), language and planning (1
    # each): 8 points. Five checks can always be asked: 10 points, and an envelope passes them. 10 of 18.
    bare = judge(envelope())
    assert (bare.points, bare.of) == (10, 18)
    assert bare.score == pytest.approx(55.5556, abs=1e-4)
    # The language is 1 point more, and brings the check of languages: 2 more, passed. 13 of 20.
    spoken = judge({**envelope(), "language": "es"})
    assert (spoken.points, spoken.of, spoken.score) == (13, 20, 65.0)
    # Written wrongly it is there, and the check fails: 11 of 20.
    wrong = judge({**envelope(), "language": "Español"})
    assert (wrong.points, wrong.of, wrong.score) == (11, 20, 55.0)
    assert wrong.explanation() == (
        "Calidad 55.0 de 100: 11 de 20 puntos.",
        "Están 1 de los 5 datos que se piden.",
        "Datos generales: 1 de 3.",
        "Planeación: 0 de 1.",
        "Licitación: 0 de 1.",
        "Se cumplen 5 de las 6 revisiones que se le pueden hacer.",
        "No se cumple: El idioma va con su clave de dos o tres letras.",
    )


def test_a_leaf_raises_the_score_by_what_its_step_says() -> None:
    lacking = with_changes(
        whole(), {"/tender/title": None, "/tender/awardCriteriaDetails": None, "/buyer/name": "Otra"}
    )
    quality = judge(lacking)
    assert {step.name for step in quality.steps} == {
        "tender/title",
        "tender/awardCriteriaDetails",
        "reference-name",
    }
    for step, changes in (
        ("tender/title", {"/tender/title": "Papel"}),
        ("tender/awardCriteriaDetails", {"/tender/awardCriteriaDetails": "Precio"}),
        ("reference-name", {"/buyer/name": "Secretaría de Salud"}),
    ):
        (told,) = (one for one in quality.steps if one.name == step)
        assert judge(with_changes(lacking, changes)).score == pytest.approx(quality.score + told.gain)
    assert quality.steps[-1].reaches == pytest.approx(100)


def test_a_block_is_worth_all_that_it_asks_for_inside() -> None:
    lacking = with_changes(whole(), {"/contracts/0/value": None})
    (step,) = judge(lacking).steps
    # `value` of the contract, and in it the amount, the net amount and the currency.
    assert (step.name, step.effort, step.pointers) == ("contracts/value", 3, ("/contracts/0/value",))
    assert step.reaches == pytest.approx(100)
    assert str(step).startswith("Agrega «Contratos › Monto del contrato»: sube ")
    assert str(step).endswith("hasta 100.0.")


def test_what_a_block_opens_counts_in_its_gain() -> None:
    lacking = with_changes(whole(), {"/tender/title": None, "/tender/awardPeriod": None})
    quality = judge(lacking)
    period = whole()["tender"]["awardPeriod"]
    (step,) = (one for one in quality.steps if one.name == "tender/awardPeriod")
    assert step.effort == 2
    filled = judge(with_changes(lacking, {"/tender/awardPeriod": period}))
    assert filled.score == pytest.approx(quality.score + step.gain)


def test_the_shortest_way_gives_most_for_least_first() -> None:
    absent = ("/tender/items/0/description", "/tender/items/1/description", "/contracts/0/title")
    quality = judge(with_changes(whole(), dict.fromkeys(absent)))
    # Both are required, 2 points each. The first of the document asks for two values and the other for one.
    assert [(step.name, step.effort, len(step.pointers)) for step in quality.steps] == [
        ("contracts/title", 1, 1),
        ("tender/items/description", 2, 2),
    ]
    first, last = quality.steps
    assert (first.gain, last.reaches) == (pytest.approx(last.gain), pytest.approx(100))
    assert reach(quality, first.reaches) == (first,)
    assert reach(quality, 100.1) == (first, last)  # further than it goes
    assert reach(quality, quality.score) == ()


def test_an_element_that_lacks_it_leaves_the_path_without_points() -> None:
    quality = judge(with_changes(whole(), {"/tender/items/1/description": None}))
    assert quality.fields["tender/items/description"] is False
    held, asked = quality.stage(Stage.TENDER)
    assert held == asked - 1
    assert quality.stage(Stage.CONTRACT)[0] == quality.stage(Stage.CONTRACT)[1] > 0


def test_what_happened_is_measured_by_the_date_of_the_release() -> None:
    early = {**whole(), "date": "2026-03-04T10:00:00-06:00"}  # the contract is of the 5th
    assert marks(judge(early))["date-future"] is False
    assert marks(judge(early, now=AFTER))["date-future"] is True
    assert marks(judge({**early, "date": "mañana"}))["date-future"] is True


def test_whatever_arrives_is_judged() -> None:
    for odd in (
        {},
        {"tender": []},
        {"parties": [None, 3]},
        {"contracts": {"id": 1}},
        {**envelope(), "tender": {"value": "mil"}},
    ):
        assert 0 <= judge(odd).score <= 100
    assert judge({}).explanation()[0].startswith("Calidad")

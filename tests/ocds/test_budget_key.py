"""The clave presupuestaria, taken apart and put together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ocds import codelists
from app.ocds.budget_key import PARTS, WIDTH, BudgetKeyError, compose, from_components, parse, to_components

WRITTEN = "2026-06-200-1-3-4-001-E001-002-210-00012-21101-1-1-14-0"
WHOLE = WRITTEN.replace("-", "")


def faults(text: str) -> dict[str, str]:
    with pytest.raises(BudgetKeyError) as refused:
        parse(text)
    return dict(refused.value.faults)


def test_the_parts_are_the_sixteen_of_the_key() -> None:
    assert (len(PARTS), WIDTH) == (16, 40)
    levels = {part.name: part.level for part in PARTS if part.level}
    assert set(levels) == set(codelists.codelist("budgetComponent").codes)
    assert (levels["branch"], levels["spendingObject"], levels["region"]) == (1, 11, 14)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        WRITTEN,
        WRITTEN.replace("-", "."),
        f" {WRITTEN.replace('-', '  ')} ",
        WRITTEN.lower(),
        f"{WHOLE[:20]} {WHOLE[20:]}",
    ],
)
def test_a_key_is_taken_apart_however_it_is_written(text: str) -> None:
    key = parse(text)
    assert (key["year"], key["budgetProgram"], key["spendingObject"], key["portfolioKey"]) == (
        "2026",
        "E001",
        "21101",
        "0",
    )
    assert compose(key) == WHOLE


def test_zeros_in_front_may_be_left_out() -> None:
    assert compose(parse(WRITTEN.replace("-06-", "-6-").replace("-00012-", "-12-"))) == WHOLE


def test_each_part_says_what_is_wrong_with_it() -> None:
    assert faults("2026-A-200-1-3-4-001-E001-002-210-00012-2110199-1-1-14-0") == {
        "branch": "Ramo: lleva 2 dígitos, como 06; dice «A».",
        "spendingObject": "Partida (objeto del gasto): lleva 5 dígitos, como 21101; dice «2110199».",
    }
    with pytest.raises(BudgetKeyError) as refused:
        compose({**parse(WHOLE), "finality": ""})
    assert refused.value.faults == {"finality": "Finalidad: falta; lleva 1 dígito, como 1."}


def test_the_whole_key_says_how_long_it_is() -> None:
    assert "lleva 40 caracteres o 16 partes separadas; esta tiene 39" in faults(WHOLE[:-1])[""]
    assert "en 16 partes; esta tiene 8 en 3" in faults("2026-06-20")[""]
    assert "esta tiene 0" in faults("  ")[""]


def test_a_budget_line_holds_fourteen_of_the_parts() -> None:
    key = parse(WHOLE)
    components = to_components(key, {"branch": "Salud"})
    assert components[0] == {"name": "branch", "level": 1, "code": "06", "description": "Salud"}
    assert len(components) == 14
    back = from_components(components)
    assert compose({**back, "year": "2026", "portfolioKey": "0"}) == WHOLE


def test_components_of_others_are_passed_over() -> None:
    odd = [
        None,
        {"name": "branch", "code": 6},
        {"name": "otro", "code": "1"},
        {"name": "region", "code": "Jalisco"},
        {"name": 7},
    ]
    assert from_components(odd) == {"branch": "06"}


@given(st.text(max_size=60))
def test_any_text_is_a_key_or_is_refused(text: str) -> None:
    try:
        key = parse(text)
    except BudgetKeyError:
        return
    assert len(compose(key)) == WIDTH
    assert parse(compose(key)) == key

"""Official numbers: what is wrong with each, in words, and what is only doubtful."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.mx import rfc as stdnum_rfc

from app.ocds.identifiers import Checked, check, check_curp, check_rfc, normal

NATURAL, LEGAL = "GODE561231GR8", "MAB9307148T4"


def test_an_rfc_tells_whose_it_is() -> None:
    assert check_rfc("gode-561231 gr8") == Checked(NATURAL, "naturalPerson")
    assert check_rfc("MAB.930714/8T4") == Checked(LEGAL, "legalPerson")
    assert check_rfc("Ñ&A010203XY0").personality == "legalPerson"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("GODE561231GR", "En el lugar 4 va un número y dice «E»"),
        ("GODE561231", "falta la homoclave"),
        ("MAB930714", "falta la homoclave"),
        ("MAB", "12 caracteres si es persona moral y 13 si es física; este tiene 3"),
        ("MABA93O7148T4", "parece la letra O en vez de un cero"),
        ("G0DE561231GR8", "parece un cero en vez de la letra O"),
        ("MAB9302308T4", "La fecha «930230» no existe"),
        ("MAB9313148T4", "La fecha «931314» no existe"),
        ("MAB9307148TZ", "termina en Z"),
        ("MAB9307148É4", "En el lugar 11 va una letra o un número"),
    ],
)
def test_the_form_of_an_rfc_is_refused_with_the_reason(text: str, reason: str) -> None:
    found = check_rfc(text)
    assert reason in (found.fault or "")
    assert found.doubt is None


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("VACE460910SX6", "termina en 6 y debería terminar en"),
        ("MULA561231GR8", "no da RFC que empiecen con «MULA»"),
        ("MAB9307140T4", "no da homoclaves como «0T4»"),
        ("XAXX010101000", "público en general"),
        ("XEXX010101000", "extranjeros"),
    ],
)
def test_what_is_doubtful_in_an_rfc_is_told_and_not_refused(text: str, doubt: str) -> None:
    found = check_rfc(text)
    assert found.fault is None
    assert doubt in (found.doubt or "")


def test_the_generic_rfc_says_nothing_of_its_holder() -> None:
    assert check_rfc("xexx-010101-000").personality is None


@given(
    st.from_regex(
        r"[A-Z&Ñ]{3}(0[1-9]|[1-9][0-9])(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[1-9A-V][1-9A-Z]", fullmatch=True
    )
)
def test_the_right_check_digit_raises_no_doubt_and_any_other_does(stem: str) -> None:
    due = stdnum_rfc.calc_check_digit(stem)
    assert check_rfc(stem + due) == Checked(stem + due, "legalPerson")
    for other in set("0123456789A") - {due}:
        assert f"debería terminar en {due}" in (check_rfc(stem + other).doubt or "")


@given(st.text(max_size=20))
def test_any_text_gets_an_answer(text: str) -> None:
    for scheme in ("MX-RFC", "MX-CURP", "MX-INAI", "MX-UNAM"):
        found = check(scheme, text)
        assert normal(text) == found.number
        assert not (found.fault and found.doubt)


def test_a_curp_is_of_a_natural_person() -> None:
    assert check_curp("BOXW 310820 HNERXN 09") == Checked("BOXW310820HNERXN09", "naturalPerson")
    assert "termina en 8 y debería terminar en 9" in (check_curp("BOXW310820HNERXN08").doubt or "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("BOXW310820HNERXN0", "lleva 18 caracteres; esta tiene 17"),
        ("BOXW310820ZNERXN09", "H, M o X"),
        ("BOXW310820HZZRXN09", "entidad de nacimiento"),
        ("BOXW310931HNERXN09", "no existe"),
        ("BOXW31O820HNERXN09", "En el lugar 7"),
    ],
)
def test_the_form_of_a_curp_is_refused_with_the_reason(text: str, reason: str) -> None:
    assert reason in (check_curp(text).fault or "")


def test_other_registers() -> None:
    assert check("MX-INAI", "012") == Checked("012")
    assert "lleva 3 caracteres" in (check("MX-INAI", "0123").doubt or "")
    assert "lleva 6 caracteres" in (check("MX-UNAM", "1").doubt or "")
    assert check("US-EIN", " 12-3456789 ") == Checked("12-3456789")

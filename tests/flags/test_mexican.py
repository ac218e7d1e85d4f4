"""The Mexican flags, PODER's and IMCO's: each raised, clear, not computable and not applicable, by hand."""

from datetime import date
from typing import Any

import pytest

from app.flags import BY_CODE, Options, lines, look
from app.flags.imco import ELSEWHERE as IMCO_ELSEWHERE
from app.flags.poder import ELSEWHERE as PODER_ELSEWHERE
from tests.flags.samples import Document, award, outliers, said, status, summary
from tests.ocds.processes import coherent
from tests.ocds.test_checks import changed

WHOLE = [
    "MX-AD",
    "MX-CFC",
    "MX-CFT",
    "MX-CONV",
    "MX-DL",
    "MX-SINREG",
    "MX-IP",
    "MX-IR",
    "MX-LP",
    "MX-TCFT",
    "MX-TIPO",
]
"""Flags that a process without fault does not raise."""


def whole(changes: dict[str, Any] | None = None) -> Document:
    """A licitación pública that lacks nothing, with other values at those pointers; None removes."""
    document = {"ocid": "ocds-abc123-1", **coherent()}
    document["tender"]["title"] = "Papel para las oficinas"
    for pointer, value in (changes or {}).items():
        changed(document, pointer, value)
    return document


def direct(changes: dict[str, Any] | None = None) -> Document:
    return whole(
        {
            "/tender/procurementMethod": "direct",
            "/tender/procurementMethodDetails": "Adjudicación directa",
            **(changes or {}),
        }
    )


@pytest.mark.parametrize("code", WHOLE)
def test_a_process_without_fault_raises_nothing(code: str) -> None:
    assert status(code, whole()) == ("not_applicable" if code == "MX-AD" else "clear")


def days(start: str, end: str) -> Document:
    return {"startDate": f"{start}T12:00:00-06:00", "endDate": f"{end}T12:00:00-06:00"}


CASES: list[tuple[str, dict[str, Any], str, float | None]] = [
    # Flag, changes, status, value
    ("MX-CFT", {"/contracts/0/dateSigned": None, "/tender/tenderPeriod/endDate": None}, "raised", 2),
    ("MX-CFT", {"/contracts/0/status": "pending", "/contracts/0/dateSigned": None}, "clear", None),
    ("MX-CFT", {"/tender/procurementMethod": "direct", "/tender/tenderPeriod": None}, "clear", None),
    ("MX-CFT", {"/tender/procurementMethod": "direct", "/awards": [], "/contracts": []}, "not_applicable", None),
    ("MX-TIPO", {"/tender/tenderPeriod": days("2026-02-02", "2026-02-17")}, "clear", None),
    ("MX-TIPO", {"/tender/tenderPeriod": days("2026-02-02", "2026-02-16")}, "raised", 14),
    ("MX-TIPO", {"/tender/tenderPeriod": days("2026-02-02", "2026-02-21"), "/tender/procurementMethodDetails": "Licitación pública INTERNACIONAL"}, "raised", 19),
    ("MX-TIPO", {"/tender/tenderPeriod": days("2026-02-02", "2026-02-22"), "/tender/procurementMethodDetails": "Licitación pública internacional"}, "clear", None),
    ("MX-TIPO", {"/tender/tenderPeriod": None}, "missing", None),
    ("MX-TIPO", {"/tender/procurementMethod": "selective"}, "not_applicable", None),
    ("MX-TIPO", {"/tender/procurementMethod": None}, "missing", None),
    ("MX-DL", {"/contracts/0/period": days("2026-01-01", "2028-09-27")}, "clear", None),  # 1000 days
    ("MX-DL", {"/contracts/0/period": days("2026-01-01", "2028-09-28")}, "raised", 1001),
    ("MX-DL", {"/contracts/0/period": {"durationInDays": 1001}}, "raised", 1001),
    ("MX-DL", {"/contracts/0/period": {}}, "missing", None),
    ("MX-DL", {"/contracts/0/status": "cancelled"}, "not_applicable", None),
    ("MX-CFC", {"/parties/1/name": None, "/awards/0/suppliers": [{"id": "MX-RFC-MAB9307148T4"}]}, "raised", 1),
    ("MX-CFC", {"/awards/0/suppliers": [{"id": "MX-RFC-MAB9307148T4"}]}, "clear", None),  # the party has a name
    ("MX-CFC", {"/awards/0/suppliers": [], "/tender/procurementMethod": None}, "raised", 2),
    ("MX-CFC", {"/awards/0/status": "pending"}, "not_applicable", None),
    ("MX-TCFT", {"/planning/budget": None}, "raised", 1),
    ("MX-TCFT", {"/planning": None, "/buyer": None, "/awards/0/suppliers": []}, "raised", 3),
    ("MX-TCFT", {"/planning/budget": None, "/awards/0/status": "pending"}, "not_applicable", None),
    ("MX-MC", {}, "raised", 1),
    ("MX-MC", {"/contracts/0/amendments": []}, "clear", None),
    ("MX-MC", {"/contracts": []}, "not_applicable", None),
    ("MX-IP", {"/parties/0/contactPoint": {"name": "Ventanilla"}}, "raised", 1),
    ("MX-IP", {"/parties/0/contactPoint": {"telephone": "33 1234 5678"}}, "clear", None),
    ("MX-IP", {"/parties/0/roles": ["payer"]}, "missing", None),
    ("MX-SINREG", {"/parties/1/identifier": None}, "raised", 1),
    ("MX-SINREG", {"/parties/1/identifier/id": "XAXX010101000"}, "raised", 1),
    ("MX-SINREG", {"/awards/0/suppliers": [{"id": "nobody"}]}, "raised", 1),
    ("MX-SINREG", {"/parties/1/identifier": {"legalPersonality": "naturalPerson"}}, "not_applicable", None),
    ("MX-SINREG", {"/awards/0/suppliers": []}, "missing", None),
    ("MX-SINREG", {"/awards/0/status": "pending"}, "not_applicable", None),
    ("MX-IR", {"/contracts/0/value": {"amount": 1_300_000, "currency": "MXN"}}, "raised", 1_300_000),
    ("MX-IR", {"/contracts/0/value": {"amount": 1_350_000, "currency": "MXN"}}, "clear", None),
    ("MX-IR", {"/contracts/0/value": {"amount": 0, "currency": "MXN"}}, "clear", None),
    ("MX-IR", {"/contracts/0/value": {"amount": 1_300_000, "currency": "USD"}}, "missing", None),
    ("MX-IR", {"/contracts": []}, "not_applicable", None),
    ("MX-CT", {"/tender/title": "Adq. 014/2026 -"}, "raised", 1),
    ("MX-CT", {"/tender/title": "Compra de papel"}, "clear", None),
    ("MX-CT", {"/tender/title": None}, "missing", None),
    ("MX-LP", {"/tender/documents": []}, "raised", 1),
    ("MX-LP", {"/tender/documents": [], "/awards/0/documents": [], "/contracts/0/documents": []}, "raised", 3),
    ("MX-LP", {"/contracts/0/status": "terminated"}, "raised", 1),
    ("MX-LP", {"/awards/0/status": "pending"}, "not_applicable", None),
    ("MX-LP", {"/tender/procurementMethod": None}, "missing", None),
    ("MX-CONV", {"/parties/1/identifier/scheme": "MX-INAI"}, "raised", 1),
    ("MX-CONV", {"/tender/procurementMethodRationale": "Contrato ENTRE DEPENDENCIAS, artículo 1"}, "raised", 1),
    ("MX-CONV", {"/awards/0/suppliers": []}, "missing", None),
    ("MX-CONV", {"/awards/0/status": "pending"}, "not_applicable", None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "changes", "expected", "value"), CASES)
def test_one_thing_at_a_time(code: str, changes: dict[str, Any], expected: str, value: float | None) -> None:
    verdict = said(code, whole(changes))
    assert (verdict.status, verdict.value) == (expected, value)
    assert bool(verdict.missing) == (expected == "missing")


def test_days_off_are_sundays_and_those_of_the_calendar() -> None:
    weekdays = {
        "/tender/tenderPeriod": days("2026-02-02", "2026-02-20"),
        "/awards/0/date": "2026-03-02T12:00:00-06:00",
        "/contracts/0/dateSigned": "2026-03-05T12:00:00-06:00",
    }
    assert status("MX-FS", whole(weekdays)) == "clear"
    february = Options(holidays=frozenset({date(2026, 2, 2)}))
    assert said("MX-FS", whole(weekdays), february).facts["days"] == "02/02/2026"
    # Late on Saturday in Mexico is Sunday in Greenwich, and is no Sunday.
    saturday = {**weekdays, "/awards/0/date": "2026-02-28T23:00:00-06:00"}
    assert status("MX-FS", whole(saturday)) == "clear"
    sunday = said("MX-FS", whole({**weekdays, "/awards/0/date": "2026-03-01T00:30:00-06:00"}))
    assert (sunday.value, sunday.pointers) == (1, ("/awards/0/date",))
    assert status("MX-FS", {"ocid": "x"}) == "missing"


def test_a_list_of_countries_is_asked_of_the_garante() -> None:
    listed = Options(values={"MX-PF": {"countries": "Isla Lejana|Otra"}})
    assert status("MX-PF", whole()) == "unset"
    assert status("MX-PF", whole(), listed) == "clear"
    away = whole({"/parties/1/address/countryName": "ISLA LEJANA"})
    assert said("MX-PF", away, listed).facts == {"country": "ISLA LEJANA"}
    assert status("MX-PF", whole({"/parties/1/address": None}), listed) == "missing"
    assert status("MX-PF", whole({"/awards": []}), listed) == "not_applicable"


def test_papers_of_a_direct_award() -> None:
    bare = direct({"/planning/documents": [], "/contracts/0/documents": []})
    assert said("MX-AD", bare).facts["papers"] == "autorización, cotizaciones, contrato"
    authorized = direct({"/tender/documents": [{"documentType": "exceptionAuthorization"}]})
    assert status("MX-AD", authorized) == "clear"  # with a market study and a signed contract
    quoted = direct({"/planning/documents": [], "/planning/requestsForQuotes": [{"quotes": [{"id": "1"}]}]})
    assert said("MX-AD", quoted).facts["papers"] == "autorización"
    assert status("MX-AD", direct({"/awards/0/status": "pending"})) == "not_applicable"
    assert status("MX-AD", whole({"/tender/procurementMethod": None})) == "missing"


def bought(
    number: int, day: str, amount: float, supplier: str = "G", buyer: str = "B", **tender: str
) -> Document:
    held = award(supplier, date=f"2026-{day}T12:00:00-06:00", value={"amount": amount, "currency": "MXN"})
    about = {"procurementMethod": "direct", "mainProcurementCategory": "goods", **tender}
    return {"ocid": f"d{number}", "buyer": {"id": buyer}, "tender": about, "awards": [held]}


LIMITED = Options(values={"MX-SEMANA": {"goods": 500_000}})
PAIR = ("pair", "B\x1fG")


def test_direct_awards_of_one_week_that_together_pass_the_limit() -> None:
    # Monday 2 to Sunday 8 of March is week 10.
    monday, sunday, next_monday = (
        bought(1, "03-02", 300_000),
        bought(2, "03-08", 250_000),
        bought(3, "03-09", 250_000),
    )
    assert outliers("MX-SEMANA", [monday, sunday], LIMITED) == {PAIR: 550_000}
    assert outliers("MX-SEMANA", [monday, next_monday], LIMITED) == {}
    assert outliers("MX-SEMANA", [monday, bought(2, "03-08", 200_000)], LIMITED) == {}  # equal to the limit
    assert outliers("MX-SEMANA", [bought(1, "03-02", 600_000)], LIMITED) == {}  # one alone splits nothing
    for other in (
        {"supplier": "Q"},
        {"buyer": "C"},
        {"mainProcurementCategory": "works"},
        {"procurementMethod": "open"},
    ):
        assert outliers("MX-SEMANA", [monday, bought(2, "03-08", 250_000, **other)], LIMITED) == {}
    (line,) = (
        one for one in lines(summary([monday, sunday], LIMITED), LIMITED) if one.flag.code == "MX-SEMANA"
    )
    assert BY_CODE["MX-SEMANA"].ask(line.outliers[0].facts) == (
        "¿Por qué se hicieron 2 adjudicaciones directas al mismo proveedor en la semana 2026-S10, que suman 550,000.00 y pasan del umbral de 500,000.00?"
    )
    # Without a limit nothing is computed, and that shows.
    (unset,) = (one for one in lines(summary([monday, sunday])) if one.flag.code == "MX-SEMANA")
    assert (unset.raised, unset.computed) == (0, 0)


def test_a_supplier_that_has_most_of_a_buyer() -> None:
    others = [bought(number, "03-02", 100, "P") for number in range(9)]
    assert outliers("MX-CONC", [*others, bought(9, "03-02", 901)]) == {PAIR: 901 / 1801}
    assert outliers("MX-CONC", [*others, bought(9, "03-02", 900)]) == {}  # half, and no more
    assert outliers("MX-CONC", [*others[1:], bought(9, "03-02", 5000)]) == {}  # nine awards
    few = Options(values={"MX-CONC": {"awards": 1, "share": 0.9}})
    assert outliers("MX-CONC", [*others[1:], bought(9, "03-02", 9000)], few) == {PAIR: 9000 / 9800}


def test_a_firm_of_two_sizes() -> None:
    def sized(number: int, scale: str | None) -> Document:
        party = {"id": "G", "details": {"scale": scale} if scale else {}}
        return {"ocid": f"z{number}", "parties": [party], "awards": [award("G")]}

    assert outliers("MX-EI", [sized(1, "micro"), sized(2, "large"), sized(3, None)]) == {("supplier", "G"): 2}
    assert outliers("MX-EI", [sized(1, "micro"), sized(2, "micro")]) == {}
    assert outliers("MX-EI", [sized(1, None)]) == {}


def test_every_flag_of_the_two_sets_is_here_or_answered_elsewhere() -> None:
    poder = {one.source.split()[1] for one in BY_CODE.values() if one.source.startswith("PODER")}
    assert len(poder) + len(PODER_ELSEWHERE) == 18
    assert not poder.intersection(PODER_ELSEWHERE)
    assert len(IMCO_ELSEWHERE) == 1
    assert {one.flag.code for one in look(whole())} <= BY_CODE.keys()

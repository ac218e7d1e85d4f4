"""Every indicator and every chart's table, on a few contracts whose figures are worked by hand."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from app.figures import panels, queries
from app.figures.indicators import groups
from app.figures.panels import Panel, Told
from app.figures.queries import Scope, Sums
from app.figures.reading import ZONE
from app.publication.models import Record
from tests.conftest import Place
from tests.factories import document
from tests.figures.conftest import Counted, contract, period, supplied
from tests.publication.conftest import Press


@pytest.fixture
def town(counted: Counted) -> Counted:
    """Two tenders, a direct award, a planned purchase and a contract in dollars without a rate."""
    press = counted.press
    ocid, _ = press.release(
        supplied(
            contract(1000, "2025-03-01", period=period("2025-03-01", "2025-03-10")),
            numberOfTenderers=3,
            mainProcurementCategory="works",
            additionalProcurementCategories=["works"],
            tenderPeriod=period("2025-01-01", "2025-01-31"),
        )
    )
    press.release(
        supplied(
            contract(
                1200,
                "2025-03-01",
                period=period("2025-03-01", "2025-03-15"),
                amendments=[{"id": "1", "description": "Más obra", "date": "2025-03-09T00:00:00-06:00"}],
                implementation={
                    "transactions": [
                        {
                            "id": "1",
                            "date": "2025-04-01T00:00:00-06:00",
                            "value": {"amount": 300, "currency": "MXN"},
                            "payer": {"id": "MX-1", "name": "Secretaría de Pruebas"},
                            "payee": {"id": "P-AAA010101AAA", "name": "Empresa AAA010101AAA"},
                        }
                    ]
                },
            ),
            numberOfTenderers=3,
            mainProcurementCategory="works",
            additionalProcurementCategories=["works"],
            tenderPeriod=period("2025-01-01", "2025-01-31"),
        ),
        ocid=ocid,
    )
    press.release(
        supplied(
            contract(600, "2025-12-20"), numberOfTenderers=1, suppliers=("BBB010101BBB",),
            mainProcurementCategory="goods",
        )
    )  # fmt: skip
    press.release(
        supplied(contract(200, "2024-05-05"), procurementMethod="direct", mainProcurementCategory="goods")
    )
    press.release(supplied(contract(77, "2025-06-06", currency="USD"), procurementMethod="direct"))
    press.release(document(tender=document()["tender"] | {"procurementMethod": "selective"}))
    counted.count()
    return counted


def told(town: Counted, year: int = 0) -> Told:
    scope = Scope((town.press.place.tenant_id,), year=year)
    with town.press.place.database.public_reading() as session:
        return Told(
            queries.sums(session, scope),
            queries.years(session, scope),
            queries.suppliers(session, scope),
            queries.bodies(session, scope),
        )


def values(sums: Sums) -> dict[str, str]:
    return {one.key: one.value.replace("\xa0", " ") for group in groups(sums) for one in group.rows}


def table(town: Counted, key: str, year: int = 0) -> list[tuple[object, ...]]:
    return list(panels.panel(key, told(town, year)).rows)


def test_indicators_of_all_years(town: Counted) -> None:
    # All four signatures became public today: half way between the two in the middle.
    with town.press.place.database.public_reading() as session:
        row = session.get(Record, (town.press.place.tenant_id, town.press.entries()[0].ocid))
    assert row
    middle = [(row.date.astimezone(ZONE).date() - day).days for day in (date(2025, 6, 6), date(2025, 3, 1))]
    publishing = sum(middle) / 2
    assert values(told(town).sums) == {
        "monto": "$2,000",  # 1,200 + 600 + 200; the dollars have no rate
        "procedimientos": "5",
        "contratos": "4",
        "proveedores": "2",
        "directas": "10.0 %",  # 200 of 2,000
        "licitantes": "2.0",  # (3 + 1) ÷ 2
        "unico": "50.0 %",
        "concentracion": "5,800",  # (1,400² + 600²) ÷ 2,000² × 10,000
        "dias-call": "30 días",
        "dias-decision": "20 días",  # 31 January → 20 February
        "dias-signing": "106 días",  # of 9, 106 and 303; what was signed in 2024 is backwards
        "dias-publishing": f"{publishing:.0f} días" if sum(middle) % 2 == 0 else f"{publishing:.1f} días",
        "modificados": "25.0 %",
        "crecimiento-monto": "20.0 %",
        "crecimiento-plazo": "50.0 %",  # 15 days instead of 10
        "pagado": "25.0 %",  # 300 of 1,200
        "diciembre": "30.0 %",  # 600 of 2,000
        "vigente": "$2,000",
        "dias-term": "15 días",
    }


def test_a_year_has_its_own_denominators(town: Counted) -> None:
    found = values(told(town, 2024).sums)
    assert (found["monto"], found["procedimientos"], found["proveedores"]) == ("$200", "1", "1")
    assert found["directas"] == "100.0 %"
    assert found["concentracion"] == "10,000"
    assert (found["licitantes"], found["pagado"], found["crecimiento-monto"]) == ("—", "—", "—")


def test_nothing_is_told_of_nothing() -> None:
    found = values(Sums())
    assert found["monto"] == "—"
    assert {found[key] for key in found if "dias" in key} == {"—"}
    for key in panels.KEYS:
        assert panels.panel(key, Told(Sums(), [], [], [])).drawing == ""


def test_what_stays_out_is_counted(town: Counted) -> None:
    (first, *_) = groups(told(town).sums)[0].rows
    assert (
        first.note.replace("\xa0", " ") == "de 3 contratos con monto en pesos; 1 en otra moneda quedan fuera"
    )


def test_tables_of_the_charts(town: Counted) -> None:
    assert table(town, "procedimiento") == [
        ("Licitación pública", 2, Decimal(1800), 0.9),
        ("Adjudicación directa", 2, Decimal(200), 0.1),
        ("Invitación a cuando menos tres", 1, Decimal(0), 0.0),
    ]
    assert table(town, "procedimiento", 2024) == [("Adjudicación directa", 1, Decimal(200), 1.0)]
    assert table(town, "categoria") == [
        ("Obra pública", 1, Decimal(1200), 0.6),
        ("Bienes", 2, Decimal(800), 0.4),
        ("Sin dato", 2, Decimal(0), 0.0),
    ]
    assert table(town, "destino") == [("Obra pública", 1, Decimal(1200), 1.0)]
    assert table(town, "etapas") == [
        ("Licitación pública", 0, 0, 0, 1, 1, 2),
        ("Invitación a cuando menos tres", 0, 1, 0, 0, 0, 1),
        ("Adjudicación directa", 0, 0, 0, 2, 0, 2),
    ]
    assert [row[:4] for row in table(town, "anios")][:2] == [
        ("2024", 1, 1, Decimal(200)),
        ("2025", 3, 3, Decimal(1800)),
    ]
    months = {row[0]: row[1:] for row in table(town, "meses")}
    assert months["marzo"] == (1, Decimal(1200), 0.6)
    assert months["diciembre"] == (1, Decimal(600), 0.3)
    assert months["junio"] == (1, Decimal(0), 0.0)
    assert table(town, "vigencias") == [("30 días o menos", "marzo", 1, Decimal(1200))]
    assert table(town, "proveedores") == [
        ("Empresa AAA010101AAA", 3, Decimal(1400), 0.7),
        ("Empresa BBB010101BBB", 1, Decimal(600), 0.3),
    ]
    assert table(town, "organos") == [("Secretaría de Pruebas 1 del Estado", 4, Decimal(2000), 1.0)]
    assert table(town, "licitantes")[:3] == [("1", 1, 0.5), ("2", 0, 0.0), ("3", 1, 0.5)]
    assert table(town, "tiempos")[:3] == [
        ("Plazo para presentar ofertas", 30, 1, 0),
        ("Del cierre de ofertas al fallo", 20, 1, 0),
        ("Del fallo a la firma", 106, 3, 1),
    ]


def test_every_panel_has_words_and_a_drawing(town: Counted) -> None:
    for key in panels.KEYS:
        one: Panel = panels.panel(key, told(town))
        assert one.key == key
        assert one.formula.endswith(".")
        assert one.drawing.startswith("<svg ")
        assert all(len(row) == len(one.columns) for row in one.told)


def test_the_nation_is_its_tenants_added_up(town: Counted, make_place: Callable[..., Place]) -> None:
    other = Counted(Press(make_place(policy="direct")))
    other.press.release(supplied(contract(500, "2025-01-01"), suppliers=("BBB010101BBB",)))
    other.count()
    scope = Scope((town.press.place.tenant_id, other.press.place.tenant_id))
    with town.press.place.database.public_reading() as session:
        sums = queries.sums(session, scope)
        ranked = queries.suppliers(session, scope)
        tenants = queries.tenants(session, scope)
    assert (sums.number("contract"), sums.amount("contract")) == (5, 250_000)
    found = {one.key: one for group in groups(sums, tenants=2) for one in group.rows}
    assert found["concentracion"].value == "—"
    assert "en cada uno" in found["proveedores"].note
    assert [(one.key, one.contracts, one.amount) for one in ranked] == [
        ("id=AAA010101AAA", 3, 140_000),
        ("id=BBB010101BBB", 2, 110_000),
    ]
    assert [(one.id, one.amount) for one in tenants] == [
        (town.press.place.tenant_id, 200_000),
        (other.press.place.tenant_id, 50_000),
    ]


def test_names_stay_out_while_a_withdrawal_waits(town: Counted) -> None:
    scope = Scope((town.press.place.tenant_id,))

    def hides() -> bool:
        with town.press.place.database.public_reading() as session:
            return queries.state(session, scope).hides_names

    town.press.withdraw(1)
    assert hides()
    assert panels.panel("proveedores", Told(Sums(), [], None, [])).rows == ()

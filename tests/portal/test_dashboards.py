"""The dashboards over real HTTP: what is counted is told, each chart has its files, and nonsense gets an answer."""

import csv
import io
import time
from collections.abc import Callable

import httpx2
import pytest

from app.figures import keeping, panels, queries
from app.figures.queries import Scope
from tests.conftest import Place
from tests.figures.conftest import contract, supplied
from tests.portal.conftest import Newsroom, links_of, text_of


@pytest.fixture
def counted(newsroom: Newsroom) -> Newsroom:
    """A garante with two contracts, whose figures are counted."""
    newsroom.publish(supplied(contract(1000, "2025-03-01"), numberOfTenderers=2))
    newsroom.publish(supplied(contract(2_500_000, "2024-03-01"), procurementMethod="direct"))
    settle(newsroom)
    return newsroom


def settle(newsroom: Newsroom) -> None:
    """Wait until everything is counted, whoever does it."""
    database, scope = newsroom.place.database, Scope((newsroom.place.tenant_id,))
    for _ in range(200):
        keeping.keep(database)
        with database.public_reading() as session:
            if queries.state(session, scope).behind_since is None:
                return
        time.sleep(0.1)
    raise AssertionError("the figures were never counted")


def test_a_tenant_a_year_and_a_body(counted: Newsroom, web: httpx2.Client) -> None:
    whole = web.get(f"{counted.home}/tableros")
    assert whole.status_code == 200
    said = text_of(whole).replace("\xa0", " ")
    assert "Monto contratado $2.5 mdp" in said
    assert "Datos al" in said
    assert f"{counted.home}/tableros?anio=2024" in links_of(whole)
    assert f"{counted.home}/tableros?sujeto=so-1" in links_of(whole)

    year = text_of(web.get(f"{counted.home}/tableros?anio=2025&sujeto=so-1")).replace("\xa0", " ")
    assert "Secretaría de Pruebas 1 del Estado · 2025" in year
    assert "Monto contratado $1,000" in year


def test_the_list_behind_a_figure_and_the_lag_are_told(counted: Newsroom, web: httpx2.Client) -> None:
    links = links_of(web.get(f"{counted.home}/tableros?sujeto=so-1"))
    assert f"{counted.home}/procesos?sujeto=so-1" in links
    assert web.get("/ready").json()["lag_seconds"]["figures"] >= 0


def test_the_nation_holds_it_too(counted: Newsroom, web: httpx2.Client) -> None:
    found = web.get("/tableros/procedimiento.json?anio=2024").json()
    assert found["scope"] == "Todo el país"
    direct = next(row for row in found["rows"] if row["Tipo de procedimiento"] == "Adjudicación directa")
    assert direct["Monto (MXN)"] >= 2_500_000
    assert web.get("/tableros").status_code == 200


def test_before_anything_is_published_the_page_says_so(
    make_place: Callable[..., Place], web: httpx2.Client
) -> None:
    answer = web.get(f"/{make_place().slug}/tableros")
    assert "Todavía no hay cifras aquí" in text_of(answer)


@pytest.mark.parametrize("key", panels.KEYS)
def test_each_chart_has_its_files(counted: Newsroom, web: httpx2.Client, key: str) -> None:
    here = f"{counted.home}/tableros/{key}"
    told = list(csv.reader(io.StringIO(web.get(f"{here}.csv").content.decode("utf-8-sig"))))
    rows = web.get(f"{here}.json").json()["rows"]
    assert len(told) - 1 == len(rows)
    drawing = web.get(f"{here}.svg")
    if key in ("destino", "vigencias"):  # these contracts say neither
        assert drawing.status_code == 404
        return
    assert rows
    assert drawing.headers["content-type"] == "image/svg+xml"
    assert drawing.headers["content-security-policy"] == "default-src 'none'; frame-ancestors *"
    assert drawing.headers["access-control-allow-origin"] == "*"
    assert drawing.text.startswith("<svg ")
    again = web.get(f"{here}.svg", headers={"If-None-Match": drawing.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_indicators_are_a_table_too(counted: Newsroom, web: httpx2.Client) -> None:
    here = f"{counted.home}/tableros/indicadores"
    rows = {row["Indicador"]: row for row in web.get(f"{here}.json?anio=2025").json()["rows"]}
    assert len(rows) == 19
    assert rows["Monto contratado"]["Valor"] == "$1,000"
    assert all(row["Cómo se calcula"] for row in rows.values())
    assert "Monto contratado" in web.get(f"{here}.csv").text
    assert f"{here}.csv" in links_of(web.get(f"{counted.home}/tableros"))
    assert web.get(here).status_code == web.get(f"{here}.svg").status_code == 404


def test_only_the_page_to_embed_may_be_framed(counted: Newsroom, web: httpx2.Client) -> None:
    framed = web.get(f"{counted.home}/tableros/procedimiento")
    assert "frame-ancestors *" in framed.headers["content-security-policy"]
    assert "style-src 'self'" in framed.headers["content-security-policy"]
    assert "Fuente:" in framed.text
    page = web.get(f"{counted.home}/tableros")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert f'&lt;iframe src="http://127.0.0.1:{web.base_url.port}{counted.home}/tableros/etapas"' in page.text
    assert "style=" not in page.text


@pytest.mark.parametrize(
    "asked",
    [
        *("tableros?anio=9999", "tableros?anio=-1", "tableros?anio=dos", "tableros?anio=²²²²"),
        *(
            "tableros/otra",
            "tableros/procedimiento.exe",
            "tableros/procedimiento.svg.csv",
            "tableros/etapas.",
            "tableros?sujeto=nadie",
        ),
    ],
)
def test_nonsense_gets_a_page_that_says_so(newsroom: Newsroom, web: httpx2.Client, asked: str) -> None:
    assert web.get(f"{newsroom.home}/{asked}").status_code == 404


def test_a_year_without_figures_is_an_empty_page(counted: Newsroom, web: httpx2.Client) -> None:
    answer = web.get(f"{counted.home}/tableros?anio=1999")
    assert answer.status_code == 200
    assert "Todavía no hay cifras aquí" in text_of(answer)


def test_what_is_withdrawn_is_gone_from_the_figures(counted: Newsroom, web: httpx2.Client) -> None:
    for position in (1, 2):
        counted.withdraw(position, "Artículo 113 de la Ley de Prueba")
    settle(counted)
    answer = web.get(f"{counted.home}/tableros")
    assert "Empresa" not in answer.text
    assert "Todavía no hay cifras aquí" in text_of(answer)

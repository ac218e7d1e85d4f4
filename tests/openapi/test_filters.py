"""Lists narrowed by what processes say: what they find, page by page, and that a page's cost is bounded."""

from typing import Any

import pytest
from sqlmodel import col, select, update

from app.core.tables import table_of
from app.openapi import filtering
from app.publication import filling
from app.publication.models import ProcessFacet
from app.tenancy.models import SujetoObligado
from app.tenancy.queries import TenantDirectory
from tests.factories import document
from tests.openapi.conftest import Publisher, World

CONTRACT = {
    "awards": [
        {
            "id": "a1",
            "status": "active",
            "value": {"amount": 1500.5, "currency": "MXN"},
            "suppliers": [{"id": "p9", "name": "Abastecedora de  Médicos, S.A. de C.V."}],
        }
    ],
    "contracts": [
        {
            "id": "c1",
            "awardID": "a1",
            "status": "active",
            "dateSigned": "2026-03-15T12:00:00-06:00",
            "value": {"amount": 1500.5, "currency": "MXN"},
        }
    ],
    "parties": [
        *document()["parties"],
        {
            "id": "p9",
            "name": "Abastecedora de  Médicos, S.A. de C.V.",
            "identifier": {"scheme": "MX-RFC", "id": "AME010203AB9", "legalName": "Abastecedora"},
            "roles": ["supplier"],
        },
    ],
}


@pytest.fixture
def found(world: World, publisher: Publisher) -> dict[str, str]:
    """The ocids of three processes, by a name for each; only the first has a contract."""
    tender = document()["tender"]
    return {
        "contract": publisher.publish(**CONTRACT)[0][0],
        "open": publisher.publish(
            tender={**tender, "procurementMethod": "limited", "mainProcurementCategory": "services"}
        )[0][0],
        "plain": publisher.publish(tender={**tender, "title": "Ampliación del Hospital Óptico"})[0][0],
    }


def ocids(world: World, address: str) -> list[str]:
    kind = address.partition("?")[0]
    return [one["ocid"] for page in world.all_pages(address) for one in page[kind]]


@pytest.mark.parametrize("kind", ["releases", "records"])
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("supplier=ame010203ab9", ["contract"]),
        ("supplier=ABASTECEDORA DE MEDICOS, S.A. DE C.V.", ["contract"]),
        ("supplier=Abastecedora", []),
        ("q=abastecedora", ["contract"]),
        ("q=hospital  OPTICO", ["plain"]),
        ("q=ópti", []),
        ("q=hospital medicos", []),
        ("method=limited", ["open"]),
        ("category=services&method=limited", ["open"]),
        ("category=services&method=selective", []),
        ("stage=contract&status=active", ["contract"]),
        ("stage=tender&q=optico", ["plain"]),
        ("amount_min=1500.5&amount_max=1500.50", ["contract"]),
        ("amount_min=1500.51&stage=contract", []),
        ("signed_since=2026-03-15&signed_until=2026-03-15", ["contract"]),
        ("signed_since=2026-03-16", []),
        ("q=abastecedora&until=2020-01-01", []),
        ("sujeto_obligado=no-existe", []),
        ("q=' OR 1=1 --", []),
    ],
)
def test_a_list_holds_the_processes_that_say_so(
    world: World, found: dict[str, str], kind: str, query: str, names: list[str]
) -> None:
    assert ocids(world, f"{kind}?{query}") == [found[name] for name in names]


def test_a_body_is_named_by_its_key(world: World, publisher: Publisher, found: dict[str, str]) -> None:
    place = publisher.place
    with place.database.owner_work(place.system) as session:
        key = session.exec(
            select(SujetoObligado.key).where(SujetoObligado.tenant_id == place.tenant_id)
        ).one()

    assert ocids(world, f"records?sujeto_obligado={key}") == list(found.values())
    assert ocids(world, f"records?sujeto_obligado={key}-x") == []


@pytest.mark.parametrize(
    "lists", [(kind, order) for kind in ("releases", "records") for order in ("asc", "desc")]
)
@pytest.mark.parametrize("few", [1, 2, 50])
def test_pages_of_a_filtered_list_hold_each_once_however_little_is_walked(
    world: World, publisher: Publisher, lists: tuple[str, str], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kind, order), tender = lists, document()["tender"]
    published = [
        publisher.publish(tender={**tender, "procurementMethod": method})[0][0]
        for method in ("limited", "direct", "direct", "limited", "direct", "limited", "direct")
    ]
    monkeypatch.setattr(filtering, "FEW", few)
    wanted = [published[at] for at in (0, 3, 5)]

    for query in ("method=limited", f"method=limited&q={publisher.place.prefix.split('-')[-1]}"):
        pages = list(world.all_pages(f"{kind}?{query}&limit=2&order={order}"))
        told = [one["ocid"] for page in pages for one in page[kind]]
        assert told == (wanted if order == "asc" else wanted[::-1])
        assert all("total" not in page for page in pages)
        # And back from the last page that told something.
        last = next(page for page in reversed(pages) if page[kind])
        back: list[str] = []
        while "prev" in last.get("links", {}):
            last = world.get(last["links"]["prev"]).json()
            back = [one["ocid"] for one in last[kind]] + back
        assert told[: len(back)] == back


def test_a_page_that_grows_too_heavy_goes_on_from_its_last_row(
    world: World, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = [publisher.publish()[0][0] for _ in range(4)]
    monkeypatch.setattr("app.openapi.queries.PAGE_BYTES", 1)
    monkeypatch.setattr(filtering, "FEW", 3)

    assert ocids(world, "releases?stage=tender") == published


@pytest.mark.parametrize("few", [1, 2000])
def test_withdrawn_releases_are_not_the_end_of_a_list(
    world: World, publisher: Publisher, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ocid = publisher.publish()[0][0]
    later = [publisher.publish(ocid, language=language)[0][1] for language in ("en", "fr", "de")]
    for release_id in later[:2]:
        publisher.withdraw(ocid, release_id)
    monkeypatch.setattr(filtering, "FEW", few)

    told = [
        one["id"] for page in world.all_pages("releases?stage=tender&limit=1") for one in page["releases"]
    ]

    assert (len(told), told[-1]) == (2, later[2])


def test_what_is_withdrawn_is_found_no_more(
    world: World, publisher: Publisher, found: dict[str, str]
) -> None:
    [release_id] = [one["id"] for one in world.get(f"releases/{found['contract']}").json()["releases"]]
    publisher.withdraw(found["contract"], release_id)

    assert ocids(world, "records?supplier=AME010203AB9") == ocids(world, "releases?q=abastecedora") == []


def test_facets_of_before_are_filled_in(world: World, publisher: Publisher, found: dict[str, str]) -> None:
    place, table = publisher.place, table_of(ProcessFacet)
    with place.database.owner_work(place.system) as session:
        session.execute(update(table).where(table.c.tenant_id == place.tenant_id).values(terms=[]))
    assert ocids(world, "records?supplier=AME010203AB9") == []
    views = [view for view in TenantDirectory(place.database).all() if view.tenant_id == place.tenant_id]

    assert filling.fill(place.database, views) + filling.fill(place.database, views) in (0, len(found))

    assert ocids(world, "records?supplier=AME010203AB9") == [found["contract"]]
    with place.database.owner_work(place.system) as session:
        bare = session.exec(
            select(ProcessFacet.ocid).where(
                ProcessFacet.tenant_id == place.tenant_id, col(ProcessFacet.terms) == []
            )
        ).all()
    assert bare == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("method=directo", "open, selective, limited, direct"),
        ("category=obra", "goods, works, services"),
        ("stage=", "planning, tender"),
        ("status=abierto", "active"),
        ("amount_min=1,500", "sin comas"),
        ("amount_max=-1", "sin comas"),
        ("amount_max=1e9", "sin comas"),
        ("amount_max=1234567890123456", "sin comas"),
        ("amount_min=NaN", "sin comas"),
        ("signed_since=15/03/2026", "2026-11-22"),
        ("signed_until=2026-02-30", "2026-11-22"),
        ("q=", "de 1 a 200"),
        ("q=%25%25", "letras o números"),
        (f"q={'x' * 201}", "de 1 a 200"),
        ("supplier=", "de 1 a 200"),
        ("sujeto_obligado=", "de 1 a 200"),
        ("q=a&q=b", "más de una vez"),
    ],
)
def test_a_filter_that_cannot_be_understood_is_refused_in_words(world: World, query: str, words: str) -> None:
    for kind in ("releases", "records"):
        answer = world.get(f"{kind}?{query}")
        assert (answer.status_code, words in answer.json()["detail"]) == (400, True), answer.text


def test_lists_of_one_process_and_of_withdrawals_have_no_filters(world: World, found: dict[str, str]) -> None:
    answers: list[Any] = [
        world.get(f"{address}?method=open") for address in (f"releases/{found['open']}", "withdrawals")
    ]

    assert [answer.status_code for answer in answers] == [400, 400]

"""What capture asks of a catalogue."""

import pytest

from app.catalogs import queries
from app.catalogs.kinds import KINDS, serving
from app.core.errors import NotFoundError
from app.ocds.model import FIELDS
from tests.catalogs.conftest import SMALL, Shelf

RANKED = """clave,descripción,unidad
21100002,"Papel bond, tamaño carta",Caja
21100003,Engrapadora para papel,Pieza
21100004,Sacapapeles,Pieza
21100005,Carta de papel,Pieza
30000000,Portapapel 21100002,Pieza
"""


def test_a_search_minds_neither_case_nor_accents_nor_the_order_of_words(shelf: Shelf) -> None:
    shelf.load(SMALL)
    assert shelf.find("ESTERIL gasa") == ["25400001"]
    assert shelf.find("estéril") == ["25400001"]
    assert shelf.find("carta, papel") == ["21100002"]
    assert shelf.find("papel quirúrgico") == []


def test_the_best_comes_first(shelf: Shelf) -> None:
    shelf.load(RANKED)
    assert shelf.find("papel") == ["21100002", "21100005", "21100003", "21100004", "30000000"]
    assert shelf.find("21100002") == ["21100002", "30000000"]
    assert shelf.find("211") == ["21100002", "21100003", "21100004", "21100005", "30000000"]


@pytest.mark.parametrize("q", ["%", "_", "\\", "21_00001", "papel%"])
def test_signs_of_the_database_are_letters_like_others(shelf: Shelf, q: str) -> None:
    shelf.load(SMALL)
    assert shelf.find(q) == []


def test_no_more_than_asked(shelf: Shelf) -> None:
    shelf.load(SMALL)
    who = shelf.place.actor("so_editor")
    with shelf.place.database.unit_of_work(who) as session:
        assert len(queries.lookup(session, who, "cucop", "", limit=2)) == 2


def test_another_tenants_catalogue_is_not_searched(shelf: Shelf, other_shelf: Shelf) -> None:
    shelf.load(SMALL)
    assert other_shelf.find("papel") == []
    assert other_shelf.entry("21100001") is None
    assert other_shelf.advice("21100001") is None


def test_while_nothing_is_loaded_the_standards_list_answers(shelf: Shelf) -> None:
    assert shelf.find("peso mexicano", "currency")[0] == "MXN"
    assert shelf.find("mxn", "currency") == ["MXN"]
    assert shelf.find("contrato firmado", "documentType") == ["contractSigned"]
    assert "contractSigned" not in shelf.find("", "documentType", stage="planning")
    assert shelf.find("pdf", "mediaType") == ["application/pdf"]
    assert shelf.entry("es", "language") is not None
    assert shelf.advice("MXN", "currency") is None
    assert "no está en el catálogo" in (shelf.advice("QQQ", "currency") or "")


def test_a_loaded_list_takes_the_standards_place(shelf: Shelf) -> None:
    shelf.load("clave,moneda\nMXN,Peso nuestro\n", "currency")
    assert shelf.find("", "currency") == ["MXN"]
    assert shelf.find("euro", "currency") == []
    assert shelf.entry("EUR", "currency") is None


def test_a_code_is_judged_by_its_form_then_by_the_catalogue(shelf: Shelf) -> None:
    assert shelf.advice("21100001") is None, "free while nothing is loaded"
    assert "8 dígitos" in (shelf.advice("2110") or "")

    shelf.load(SMALL)

    assert shelf.advice("21100001") is None
    assert shelf.advice(" 21100001 ") is None
    assert "no está en el catálogo" in (shelf.advice("21109999") or "")
    shelf.load("clave,descripción\n21100001,Abrecartas de metal\n", complete=True)
    assert "ya no se usa" in (shelf.advice("25400001") or "")


def test_articles_are_told_apart_by_their_law(shelf: Shelf) -> None:
    shelf.load(
        "ley,artículo,descripción,procedimiento\nLey A,41-III,Por pérdidas,Adjudicación directa\n"
        "Ley B,41-III,Por marca,selective\nLey B,26-I,Como regla,Licitación pública\n",
        "rationaleArticle",
    )
    assert shelf.find("41-iii", "rationaleArticle") == ["41-III", "41-III"]
    assert shelf.find("", "rationaleArticle", family="Ley B") == ["26-I", "41-III"]
    assert shelf.find("", "rationaleArticle", method="direct") == ["41-III"]
    assert shelf.find("ley b marca", "rationaleArticle") == ["41-III"]
    found = shelf.entry("41-III", "rationaleArticle", family="Ley B")
    assert found is not None
    assert (found.description, found.method) == ("Por marca", "selective")


def test_every_kind_serves_fields_of_the_model() -> None:
    for kind in KINDS.values():
        for end in kind.serves:
            assert any(f"/{path}".endswith(f"/{end}") for path in FIELDS), f"{kind.key}: {end}"
        assert kind.fault(kind.example) is None
    assert {
        path for path in FIELDS if path.endswith("currency") and serving(path) is not KINDS["currency"]
    } == set()


@pytest.mark.parametrize(
    ("path", "scheme", "kind"),
    [
        ("tender/items/classification/id", "", "cucop"),
        ("tender/items/classification/id", "COG", "cog"),
        ("tender/items/classification/id", "UNSPSC", None),
        ("tender/items/additionalClassifications/id", "", "cog"),
        ("awards/items/unit/id", "QUDT", None),
        ("contracts/documents/format", "", "mediaType"),
        ("tender/title", "", None),
    ],
)
def test_a_field_finds_its_catalogue(path: str, scheme: str, kind: str | None) -> None:
    found = serving(path, scheme)
    assert (found.key if found else None) == kind


def test_an_unknown_catalogue_is_not_found(shelf: Shelf) -> None:
    with pytest.raises(NotFoundError):
        shelf.find("x", "nada")

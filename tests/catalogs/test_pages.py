"""The pages, over HTTP, as a person without JavaScript uses them."""

import re

import httpx2
import pytest

from tests.catalogs.conftest import SMALL, Shelf
from tests.conftest import LiveServer
from tests.html import Page


def enter(live: LiveServer, shelf: Shelf, role: str = "garante_admin") -> httpx2.Client:
    sujeto = shelf.place.actor(role).sujeto_obligado_id
    return live.client(shelf.place.email(role, sujeto))


def read(answer: httpx2.Response, status: int = 200) -> Page:
    assert answer.status_code == status, answer.text[:500]
    found = Page(answer.text)
    assert found.faults == []
    return found


def send(client: httpx2.Client, home: str, content: bytes, scope: str = "parte") -> httpx2.Response:
    return client.post(
        f"{home}/cucop/importar", files={"archivo": ("claves.csv", content)}, data={"alcance": scope}
    )


def test_a_garante_loads_a_catalogue(live: LiveServer, shelf: Shelf) -> None:
    client, home = enter(live, shelf), f"/{shelf.place.slug}/catalogos"
    text = read(client.get(home)).text
    assert "Aún no se ha cargado: se aceptan claves libres" in text
    assert "Se usa la lista del estándar" in text
    assert "son 8 dígitos" in read(client.get(f"{home}/cucop")).text
    assert "Qué columnas se reconocen" in read(client.get(f"{home}/cucop/importar")).text

    sent = send(client, home, f"{SMALL}abc,Mal escrita,Pieza\n".encode())
    assert sent.status_code == 303
    load = sent.headers["location"]
    preview = read(client.get(load)).text
    assert "«claves.csv» cambiaría 4 claves" in preview
    assert "Renglón 6" in preview
    assert "«abc» no tiene la forma" in preview
    assert client.post(f"{load}/aplicar").headers["location"] == load
    assert "Se cargó «claves.csv»" in read(client.get(load)).text

    assert "4 claves" in read(client.get(home)).text
    listed = read(client.get(f"{home}/cucop", params={"q": "papel"}))
    assert "Engrapadora para papel" in listed.text
    assert "Gasa estéril" not in listed.text
    assert client.post(f"{load}/aplicar").status_code == 409


def test_a_complete_file_asks_in_words_before_it_retires(live: LiveServer, shelf: Shelf) -> None:
    client, home = enter(live, shelf), f"/{shelf.place.slug}/catalogos"
    shelf.load(SMALL)

    load = send(client, home, b"clave,descripcion\n21100001,Abrecartas de metal\n", "completo").headers[
        "location"
    ]
    asked = read(client.get(load)).text
    assert "las 3 claves que no trae dejarán de ofrecerse" in asked
    assert "Lo que ya las usa no cambia" in asked
    client.post(f"{load}/descartar")
    assert len(shelf.find("")) == 4

    useless = send(client, home, b"clave,descripcion\nabc,Mal\n", "completo").headers["location"]
    asked = read(client.get(useless)).text
    assert "Ningún renglón del archivo se puede usar" in asked
    assert "dejarán de ofrecerse" not in asked


def test_a_file_that_cannot_be_read_is_told_beside_its_field(live: LiveServer, shelf: Shelf) -> None:
    client, home = enter(live, shelf), f"/{shelf.place.slug}/catalogos"
    assert (
        "Elige un archivo" in read(client.post(f"{home}/cucop/importar", data={"alcance": "parte"}), 422).text
    )
    assert "«descripción»" in read(send(client, home, b"clave\n21100001\n"), 422).text
    assert "parece dañado" in read(send(client, home, b"PK\x03\x04 nada"), 422).text


def test_an_entry_is_added_changed_retired_and_brought_back(live: LiveServer, shelf: Shelf) -> None:
    client, home = enter(live, shelf), f"/{shelf.place.slug}/catalogos"
    wrong = client.post(f"{home}/cucop/nueva", data={"code": "211", "description": "Clip"})
    assert "son 8 dígitos" in read(wrong, 422).text

    added = client.post(
        f"{home}/cucop/nueva", data={"code": "21100009", "description": "Clip", "unit": "Caja"}
    )
    assert added.status_code == 303
    entry = added.headers["location"]
    again = client.post(f"{home}/cucop/nueva", data={"code": "21100009", "description": "Otro"})
    assert "ya está en el catálogo" in read(again, 422).text

    shown = read(client.get(entry))
    assert shown.form(entry) == {"row_version": "1", "unit": "Caja"}
    changed = {"row_version": "1", "description": "Clip grande", "unit": "Caja"}
    assert client.post(entry, data=changed).status_code == 303
    assert client.post(entry, data=changed).status_code == 409, "an old form"
    assert "Clip grande" in read(client.get(entry)).text
    assert shelf.history("21100009")[0].changed == {"description": ["Clip", "Clip grande"]}

    assert "la conservan" in read(client.get(entry)).text
    assert client.post(f"{entry}/retirar", data={"row_version": "2"}).status_code == 303
    assert shelf.find("clip") == []
    assert "Esta clave está retirada" in read(client.get(entry)).text
    assert "21100009" in read(client.get(f"{home}/cucop?estado=retiradas")).text
    assert client.post(f"{entry}/recuperar", data={"row_version": "3"}).status_code == 303
    assert shelf.find("clip") == ["21100009"]
    assert "Volvió a usarse" in read(client.get(entry)).text


def test_the_options_are_json_a_fragment_or_a_page(live: LiveServer, shelf: Shelf) -> None:
    shelf.load(SMALL)
    client = enter(live, shelf, "so_editor")
    options = f"/{shelf.place.slug}/catalogos/cucop/opciones"

    answer = client.get(options, params={"q": "GASA"}, headers={"Accept": "application/json"})
    assert "no-store" in answer.headers["cache-control"]
    (option,) = answer.json()
    assert {name: option[name] for name in ("value", "label", "hint")} == {
        "value": "25400001",
        "label": "Gasa estéril",
        "hint": "Paquete",
    }
    assert option["fills"]["description"] == "Gasa estéril"
    assert option["fills"]["unit"] == "Paquete"

    fragment = client.get(options, params={"q": "gasa"}, headers={"X-Fragment": "opciones"}).text
    assert "<html" not in fragment
    assert "25400001" in fragment
    back = {"q": "gasa", "volver": "/ahi/captura?seccion=1", "campo": "item_1"}
    page = read(client.get(options, params=back))
    assert "/ahi/captura?seccion=1&campo=item_1&elegir=25400001" in page.links


@pytest.mark.parametrize(
    "back", ["https://otro.example/", "//otro.example/", "/\\otro.example", "javascript:alert(1)"]
)
def test_a_choice_never_leads_elsewhere(live: LiveServer, shelf: Shelf, back: str) -> None:
    shelf.load(SMALL)
    client = enter(live, shelf, "so_editor")
    page = read(
        client.get(f"/{shelf.place.slug}/catalogos/cucop/opciones", params={"q": "gasa", "volver": back})
    )
    assert "25400001" in page.text
    assert not [link for link in page.links if "elegir" in link or "otro.example" in link or "script" in link]


def test_an_article_comes_with_its_citation(live: LiveServer, shelf: Shelf) -> None:
    shelf.load(
        "ley,artículo,descripción,procedimiento\nLey de Compras,41-III,evita pérdidas,direct\n",
        "rationaleArticle",
    )
    client = enter(live, shelf, "so_editor")
    address = f"/{shelf.place.slug}/catalogos/rationaleArticle/opciones"
    (option,) = client.get(
        address, params={"metodo": "direct"}, headers={"Accept": "application/json"}
    ).json()
    assert option["fills"]["citation"] == "Artículo 41, fracción III, de la Ley de Compras: evita pérdidas"
    assert client.get(address, params={"metodo": "open"}, headers={"Accept": "application/json"}).json() == []


def test_who_captures_searches_and_does_not_manage(live: LiveServer, shelf: Shelf) -> None:
    client, home = enter(live, shelf, "so_editor"), f"/{shelf.place.slug}/catalogos"
    assert client.get(home).status_code == 403
    assert client.get(f"{home}/cucop").status_code == 403
    assert send(client, home, SMALL.encode()).status_code == 403
    assert client.get(f"{home}/cucop/opciones").status_code == 200
    assert client.get(f"{home}/nada/opciones").status_code == 404


def test_what_is_downloaded_can_be_loaded_again(live: LiveServer, shelf: Shelf) -> None:
    shelf.load(f"{SMALL}25400009,=1+1,Pieza\n")
    client, home = enter(live, shelf), f"/{shelf.place.slug}/catalogos"
    answer = client.get(f"{home}/cucop/claves.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="cucop.csv"'
    assert not re.search(r"(^|,)[=+@-]", answer.content.decode("utf-8-sig"), re.MULTILINE)
    assert shelf.receive(answer.content, complete=True).counts["equal"] == 5


def test_pages_of_a_long_catalogue_follow_each_other(live: LiveServer, shelf: Shelf) -> None:
    rows = "".join(f"{21100000 + number},Cosa {number}\n" for number in range(1, 121))
    shelf.load(f"clave,descripción\n{rows}")
    client, address = enter(live, shelf), f"/{shelf.place.slug}/catalogos/cucop"
    seen: list[str] = []
    while address:
        page = read(client.get(address))
        seen += re.findall(r"\b211\d{5}\b", page.text)
        address = next((link for link in page.links if "cursor=" in link), "")
    assert seen == [str(21100000 + number) for number in range(1, 121)]


def test_the_standards_list_is_where_an_own_one_begins(live: LiveServer, shelf: Shelf) -> None:
    client, home = enter(live, shelf), f"/{shelf.place.slug}/catalogos"
    assert "Al cargar tu propia lista" in read(client.get(f"{home}/currency")).text
    refused = client.post(f"{home}/currency/nueva", data={"code": "MXQ", "description": "Vale"})
    assert "se dejaría de ofrecer la lista del estándar" in read(refused, 422).text

    load = shelf.load(client.get(f"{home}/currency/claves.csv").content, "currency")
    assert load.counts["added"] > 290
    assert load.counts["refused"] == 0
    added = client.post(f"{home}/currency/nueva", data={"code": "mxq", "description": "Vale"})
    assert "Persona garante_admin, a mano" in read(client.get(added.headers["location"])).text
    assert shelf.find("vale", "currency") == ["MXQ"]

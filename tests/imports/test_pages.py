"""The pages, over HTTP: a person sends a file, looks, confirms and reads the report, without JavaScript."""

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from app.core.db import Database
from app.core.storage import Storage
from app.main import create_app
from app.settings import Settings
from app.simple.writing import template
from app.sipot.builtin import BUILT_IN
from app.sipot.rows import Row
from app.sipot.writing import write
from tests.conftest import LiveServer, Place, serve_app
from tests.imports.conftest import Desk, release
from tests.simple.sheets import EXAMPLE, filled


def enter(server: LiveServer, place: Place, role: str = "so_editor") -> httpx2.Client:
    """A browser of somebody with the role, on a server that knows the place already."""
    sujeto = place.actor(role).sujeto_obligado_id
    server.app.state.directory.forget()
    return server.client(place.email(role, sujeto))


def send(client: httpx2.Client, place: Place, content: object, **data: str) -> httpx2.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(
        f"/{place.slug}/importaciones/nueva", files={"archivo": ("mis datos.json", body)}, data=data
    )


def wait(client: httpx2.Client, address: str, *words: str) -> str:
    """Ask for a page until one of the words stands in it."""
    for _ in range(900):
        text = client.get(address).text
        if any(word in text for word in words):
            return text
        time.sleep(0.1)
    raise AssertionError(f"none of {words} came")


def test_a_person_imports_a_file(live: LiveServer, place: Place) -> None:
    client = enter(live, place)
    home = f"/{place.slug}/importaciones"
    assert "Aún no has importado nada" in client.get(home).text
    form = client.get(f"{home}/nueva").text
    assert "multipart/form-data" in form
    assert 'name="sujeto"' not in form
    assert 'name="publicar"' not in form

    content = [
        release(f"{place.prefix}-1", _id={"$oid": "=1+1"}, language=5),
        {"ocid": "ocds-zzz999-1", "tender": {"id": "1"}},
    ]
    sent = send(client, place, content)
    assert sent.status_code == 303
    address = sent.headers["location"]
    text = wait(client, address, "Importar a borradores")
    assert "lista para importar" in text
    assert "ocds-zzz999" in text
    assert "1\N{NO-BREAK SPACE}dato queda aparte" in text
    assert client.get(f"{address}?resultado=refused").text.count("<tr>") == 2

    assert client.post(f"{address}/confirmar").status_code == 303
    text = wait(client, address, "Se importó")
    assert "Borradores nuevos" in text
    row = client.get(f"{address}/filas/1").text
    assert "/language" in row
    assert "=1+1" in row
    assert f"/{place.slug}/procesos-internos/" in row
    assert "mis datos.json" in client.get(home).text
    report = client.get(f"{address}/informe.csv")
    assert report.headers["content-type"] == "text/csv; charset=utf-8"
    lines = report.content.decode("utf-8-sig").splitlines()
    assert len(lines) >= 4
    assert not any(re.search(r'(^|,)"?[=+@]', line) for line in lines)
    assert client.post(f"{address}/confirmar").status_code == 409
    assert client.post(f"{address}/continuar").status_code == 409


def test_a_direct_import_is_published_by_the_worker(
    live: LiveServer, make_place: Callable[..., Place]
) -> None:
    place = make_place(policy="direct")
    client = enter(live, place, "so_publisher")
    address = send(client, place, [release(f"{place.prefix}-1")], publicar="true").headers["location"]
    wait(client, address, "Importar y publicar")
    client.post(f"{address}/confirmar")
    assert "ya están a la vista de todos" in wait(client, address, "Se importó")


def test_what_is_wrong_with_the_form_is_said_in_it(live: LiveServer, place: Place) -> None:
    client = enter(live, place, "garante_admin")
    assert 'name="sujeto"' in client.get(f"/{place.slug}/importaciones/nueva").text
    empty = client.post(f"/{place.slug}/importaciones/nueva", data={"publicar": ""}, files={})
    assert empty.status_code == 422
    assert "Elige el archivo" in empty.text
    assert send(client, place, b"").status_code == 422
    refused = send(client, place, [], publicar="true", sujeto="so-1")
    assert refused.status_code == 422
    assert "después de una revisión" in refused.text
    assert send(client, place, [], sujeto="so-99").status_code == 422
    assert send(client, place, [], sujeto="nadie").status_code == 422


@pytest.mark.parametrize(
    "content", [b"hola", b"\0\0\0", b"[]", b"\x1f\x8b\x08", b"PK\x05\x06", b'{"a": 1}', b"[" * 10_000]
)
def test_any_file_gets_an_answer_in_words(live: LiveServer, place: Place, content: bytes) -> None:
    client = enter(live, place)
    address = send(client, place, content).headers["location"]
    text = wait(client, address, "No pudimos terminar", "No hay nada nuevo")
    assert "Volver a leer el archivo" in text or "Rechazadas" in text


def test_a_garante_adds_a_prefix_from_the_page(live: LiveServer, place: Place) -> None:
    client = enter(live, place, "garante_admin")
    prefix = f"ocds-{uuid4().hex[:6]}"
    content = [release(f"{prefix}-1")]
    address = send(client, place, content, sujeto="so-1").headers["location"]
    wait(client, address, f"Agregar {prefix}")
    assert client.post(f"{address}/prefijo", data={"prefijo": prefix}).status_code == 303
    wait(client, address, "1\N{NO-BREAK SPACE}entrega lista")


def test_progress_is_a_part_that_refreshes(
    live: LiveServer, place: Place, make_desk: Callable[..., Desk]
) -> None:
    desk = make_desk(place)
    client = enter(live, place)
    import_id = desk.start([release(f"{place.prefix}-1")], preview=False)
    address = f"/{place.slug}/importaciones/{import_id}"
    text = client.get(address).text
    assert 'data-refresh="2000"' in text
    assert "Cancelar" in text
    part = client.get(address, headers={"X-Fragment": "1"}).text
    assert 'id="avance"' in part
    assert "<html" not in part
    assert client.post(f"{address}/cancelar").status_code == 303
    assert "Se detendrá" in client.get(address).text
    assert desk.apply(import_id).status == "cancelled"
    assert "data-refresh" not in client.get(address, headers={"X-Fragment": "1"}).text
    assert "Continuar donde se quedó" in client.get(address).text


def test_rows_come_in_pages(live: LiveServer, place: Place, make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(place)
    import_id = desk.read([release(f"{place.prefix}-{number}") for number in range(60)])
    client = enter(live, place)
    first = client.get(f"/{place.slug}/importaciones/{import_id}").text
    following = re.search(r'href="([^"]+cursor=[^"]+)"', first)
    assert following
    second = client.get(following[1].replace("&amp;", "&")).text
    assert "/filas/60" in second
    assert "/filas/50" not in second


@pytest.fixture
def small(settings: Settings, database: Database, storage: Storage) -> Iterator[LiveServer]:
    """A server that takes files of at most 100 KB."""
    limited = settings.model_copy(update={"upload_limit": 100_000})
    yield from serve_app(create_app(limited, database, storage))


def test_an_oversized_upload_is_refused_with_413(small: LiveServer, place: Place) -> None:
    client = enter(small, place)

    def chunks(size: int) -> Iterator[bytes]:
        head = b'--x\r\nContent-Disposition: form-data; name="archivo"; filename="a"\r\n\r\n'
        yield head
        for _ in range(size // 10_000):
            yield b" " * 10_000
        yield b"\r\n--x--\r\n"

    address = f"/{place.slug}/importaciones/nueva"
    declared = send(enter(small, place), place, b" " * 200_000)
    assert declared.status_code == 413
    streamed: Any = client.post(
        address, content=chunks(300_000), headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert streamed.status_code == 413


def test_a_workbook_comes_back_with_remarks_to_its_own_people_only(
    live: LiveServer, place: Place, other_place: Place
) -> None:
    file = io.BytesIO()
    write(BUILT_IN["43335", "2021"], [Row("", 0, "", {"file": "AD-1", "contract.number": "C-1"})], file)
    client = enter(live, place)
    assert "El libro de la PNT" in client.get(f"/{place.slug}/importaciones/nueva").text
    address = send(client, place, file.getvalue()).headers["location"]
    text = wait(client, address, "lista para importar")
    assert f"{address}/informe.xlsx" in text
    answer = client.get(f"{address}/informe.xlsx")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    assert answer.content.startswith(b"PK")
    assert "Deshacer la importación" not in text

    client.post(f"{address}/confirmar")
    assert "Deshacer la importación" in wait(client, address, "Se importó")
    client.post(f"{address}/deshacer")
    wait(client, address, "Esta importación se deshizo")

    number = address.rpartition("/")[2]
    stranger = enter(live, other_place)
    assert stranger.get(f"/{other_place.slug}/importaciones/{number}/informe.xlsx").status_code == 404
    assert stranger.get(f"{address}/informe.xlsx").status_code in (403, 404)


def test_the_simple_sheet_is_downloaded_filled_and_sent(live: LiveServer, place: Place) -> None:
    client = enter(live, place)
    (address,) = re.findall(
        r'href="(\S+/hoja-sencilla.xlsx)" download', client.get(f"/{place.slug}/importaciones/nueva").text
    )
    assert client.get(address).content == template()
    run = send(client, place, filled(EXAMPLE)).headers["location"]
    assert "hoja sencilla" in wait(client, run, "lista para importar")
    assert f"{run}/informe.xlsx" in client.get(run).text

"""The public pages over real HTTP: what was published is there for everybody, and nothing else is."""

import json
import re
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from app.core.pagination import encode_cursor
from app.demo.bodies import PLACES, sujetos_of
from app.demo.story import tell
from app.portal.router import ROWS
from app.processes.service import ENVELOPE
from app.tenancy.models import TenantHost
from tests.conftest import LiveServer, Place
from tests.factories import document, draft
from tests.portal.conftest import Newsroom, links_of, text_of, values_of
from tests.portal.test_reading import leaves, raw


def titled(title: str, **tender: Any) -> dict[str, Any]:
    return document(tender=document()["tender"] | {"title": title} | tender)


def processes_in(answer: httpx2.Response, newsroom: Newsroom) -> list[str]:
    """The processes that a list shows, in order."""
    start = f"{newsroom.home}/procesos/"
    return [link.removeprefix(start) for link in links_of(answer) if link.startswith(start)]


def test_the_national_home_tells_who_publishes_and_who_does_not_yet(
    newsroom: Newsroom, other_place: Place, live: LiveServer, web: httpx2.Client
) -> None:
    live.app.state.directory.forget()
    newsroom.publish(titled("Mantenimiento de puentes"))
    newsroom.publish(titled("Reparación de caminos"))

    answer = web.get("/")

    assert answer.status_code == 200
    words = text_of(answer)
    publishing, waiting = words.split("Aún no publican aquí")
    name = newsroom.place.slug.rsplit("-", 1)[0].replace("prueba-", "Organismo Garante de Prueba ")
    assert f"{name} nombre no verificado 2 contrataciones 2 entregas" in publishing
    assert name not in waiting
    assert f"/{other_place.slug}/" in links_of(answer)
    assert "Reparación de caminos" in publishing
    assert words.index("Reparación de caminos") < words.index("Mantenimiento de puentes")
    assert "/api/v1/" in links_of(answer)


def test_the_national_list_goes_on_by_its_own_address(newsroom: Newsroom, web: httpx2.Client) -> None:
    published = [newsroom.publish(titled(f"Compra {number}")) for number in range(12)]

    seen: list[str] = []
    answer = web.get("/")
    for _ in range(3):
        seen += processes_in(answer, newsroom)
        following = [link for link in links_of(answer) if link.startswith("/?cursor=")]
        if not following:
            break
        answer = web.get(following[0])

    assert seen[:12] == published[::-1]


def test_a_garante_that_publishes_nothing_says_so(place: Place, live: LiveServer, web: httpx2.Client) -> None:
    live.app.state.directory.forget()

    home, listed = web.get(f"/{place.slug}/"), web.get(f"/{place.slug}/procesos")

    assert (home.status_code, listed.status_code) == (200, 200)
    assert "Aún no publica aquí" in text_of(home)
    assert "0 de 1" in text_of(home)
    assert "Aún no publica aquí" in text_of(listed)


def test_the_home_of_a_garante_shows_its_figures_and_bodies(newsroom: Newsroom, web: httpx2.Client) -> None:
    second = newsroom.place.add_sujeto(policy="direct", name="Universidad de Pruebas")
    newsroom.place.add_sujeto(name="Sindicato que no publica")
    ocid = newsroom.publish(titled("Vacunas"))
    newsroom.publish(titled("Vacunas y jeringas"), ocid=ocid)
    newsroom.publish(titled("Libros"), sujeto=second)

    answer = web.get(f"{newsroom.home}/")

    words = text_of(answer)
    assert "Contrataciones publicadas 2" in words
    assert "Entregas de datos 3" in words
    assert "2 de 3" in words
    assert "Universidad de Pruebas 1 contratación" in words.replace("\N{NO-BREAK SPACE}", " ")
    assert "Sindicato que no publica" not in words
    assert f"{newsroom.home}/procesos?sujeto=so-2" in links_of(answer)
    assert "nombre no verificado" in words


def test_the_padron_lists_every_body(newsroom: Newsroom, web: httpx2.Client) -> None:
    newsroom.place.add_sujeto(name="Ánimas, Ayuntamiento de")
    newsroom.publish()

    words = text_of(web.get(f"{newsroom.home}/sujetos"))

    assert "Ánimas, Ayuntamiento de 0 0 Aún no publica" in words
    assert "Secretaría de Pruebas 1 del Estado 1" in words
    assert words.index("Ánimas") < words.index("Secretaría de Pruebas 1")


def test_the_padron_goes_on_by_name(newsroom: Newsroom, web: httpx2.Client) -> None:
    for number in range(60):
        newsroom.place.add_sujeto(name=f"Ayuntamiento {number:02}")

    first = web.get(f"{newsroom.home}/sujetos")
    [following] = [link for link in links_of(first) if "cursor=" in link]
    both = text_of(first) + text_of(web.get(following))

    assert [both.count(f"Ayuntamiento {number:02} ") for number in range(60)] == [1] * 60
    assert "50 de 61" in text_of(first)


def test_the_list_shows_every_process_once_newest_first(newsroom: Newsroom, web: httpx2.Client) -> None:
    published = [newsroom.publish(titled(f"Compra {number}")) for number in range(ROWS + 3)]
    newsroom.publish(titled("Compra 0, corregida"), ocid=published[0])

    seen, address = [], f"{newsroom.home}/procesos"
    while address:
        answer = web.get(address)
        seen += processes_in(answer, newsroom)
        address = next((link for link in links_of(answer) if "cursor=" in link), "")

    assert seen == [published[0], *published[:0:-1]]


def test_every_filter_is_an_address(newsroom: Newsroom, web: httpx2.Client) -> None:
    second = newsroom.place.add_sujeto(policy="direct")
    direct = newsroom.publish(titled("A", procurementMethod="direct"))
    opened = newsroom.publish(titled("B"), sujeto=second)
    awarded = newsroom.publish(
        titled("C") | {"awards": [{"id": "1", "title": "Fallo", "status": "active"}]}, sujeto=second
    )
    listing = f"{newsroom.home}/procesos"

    def shown(query: str) -> list[str]:
        return processes_in(web.get(f"{listing}?{query}"), newsroom)

    assert shown("") == [awarded, opened, direct]
    assert shown("metodo=direct") == [direct]
    assert shown("metodo=open") == [awarded, opened]
    assert shown("etapa=award") == [awarded]
    assert shown("sujeto=so-2") == [awarded, opened]
    assert shown("sujeto=so-2&etapa=tender&metodo=open") == [opened]
    nothing = web.get(f"{listing}?etapa=contract")
    assert (nothing.status_code, "Nada con estos filtros" in text_of(nothing)) == (200, True)
    chosen = links_of(web.get(f"{listing}?metodo=open"))
    assert f"{listing}?metodo=open&etapa=award" in chosen
    assert listing in chosen  # what takes the filter off again
    assert web.get(f"{listing}?sujeto=no-hay").status_code == 404


def test_the_page_of_a_process_says_all_that_its_record_says(newsroom: Newsroom, web: httpx2.Client) -> None:
    """Demonstration processes are told through every stage; their page holds every leaf of their record."""
    town = PLACES["jalisco"]
    for number, story in enumerate(("concluded", "amended", "terminated"), 1):
        told = tell(town, sujetos_of("jalisco")[0], number, story, "open")
        ocid = f"{newsroom.place.prefix}-{story}"
        for release in told.releases:
            newsroom.publish({key: value for key, value in release.items() if key not in ENVELOPE}, ocid=ocid)

        answer = web.get(f"{newsroom.home}/procesos/{ocid}")
        record = web.get(f"{newsroom.home}/api/v1/records/{ocid}").json()["records"][0]["compiledRelease"]

        assert answer.status_code == 200
        words, values = text_of(answer), values_of(answer)
        said = [" ".join(raw(leaf).split()) for leaf in leaves(record)]
        assert len(said) > 300
        assert [leaf for leaf in said if leaf not in values and leaf not in words] == []


def test_the_page_of_a_process_answers_and_proves(newsroom: Newsroom, web: httpx2.Client) -> None:
    ocid = newsroom.publish(titled("Papelería para oficinas"))
    newsroom.publish(titled("Papelería para oficinas y escuelas"), ocid=ocid)

    answer = web.get(f"{newsroom.home}/procesos/{ocid}")
    words = text_of(answer).replace("\N{NO-BREAK SPACE}", " ")

    assert "Compra: Secretaría de Pruebas" in words
    assert "Estimado: $125,000.50 MXN" in words
    assert re.search(r"Cómo\s+Licitación pública", words)
    assert "2 entregas" in words
    assert "Actualización de la licitación" in words
    assert f"{newsroom.home}/procesos?sujeto=so-1" in links_of(answer)
    for number in (1, 2):
        release = web.get(f"{newsroom.home}/api/v1/releases/{ocid}/{ocid}-{number:04}")
        # As /datos explains it: the bytes of the object inside «releases».
        body = release.content.partition(b'"releases":[')[2].removesuffix(b"]}")
        assert sha256(body).hexdigest() in words
        assert any(link.endswith(f"/api/v1/releases/{ocid}/{ocid}-{number:04}") for link in links_of(answer))
        assert f"Lugar {number} de la cadena" in words


@pytest.mark.parametrize("local", ["con espacio", "con/diagonal", "con#gato", "ñandú?", "100%25", "a&b<i>"])
def test_any_ocid_has_its_page(newsroom: Newsroom, web: httpx2.Client, local: str) -> None:
    ocid = newsroom.publish(ocid=f"{newsroom.place.prefix}-{local}")

    [address] = processes_in(web.get(f"{newsroom.home}/procesos"), newsroom)
    answer = web.get(f"{newsroom.home}/procesos/{address}")

    assert answer.status_code == 200
    assert " ".join(ocid.split()) in text_of(answer)


def test_other_names_lead_to_the_page(newsroom: Newsroom, web: httpx2.Client) -> None:
    ocid = newsroom.publish(aliases=("EXP/2026/15", "OCDS-otro"))
    page = f"{newsroom.home}/procesos/{quote(ocid, safe='')}"
    prefix = newsroom.place.prefix

    for name in ("EXP/2026/15", "OCDS-otro", ocid.replace(prefix, prefix.upper())):
        answer = web.get(f"{newsroom.home}/procesos/{quote(name, safe='')}?lista=/parties")
        assert (answer.status_code, answer.headers["location"]) == (308, f"{page}?lista=/parties")


def test_what_is_not_published_here_is_not_found(
    newsroom: Newsroom, other_place: Place, live: LiveServer, web: httpx2.Client
) -> None:
    ocid = newsroom.publish()
    live.app.state.directory.forget()
    draft(newsroom.place, ocid=f"{newsroom.place.prefix}-borrador")

    assert web.get(f"{newsroom.home}/procesos/{ocid}").status_code == 200
    for address in (
        f"{newsroom.home}/procesos/{newsroom.place.prefix}-borrador",
        f"{newsroom.home}/procesos/nada",
        f"{newsroom.home}/procesos/",
        f"/{other_place.slug}/procesos/{ocid}",
        "/no-hay-tal-organismo/procesos",
        "/no-hay-tal-organismo/",
    ):
        assert web.get(address).status_code == 404, address
    assert ocid not in web.get(f"/{other_place.slug}/procesos").text


def test_a_withdrawn_process_leaves_its_ground(newsroom: Newsroom, web: httpx2.Client) -> None:
    ocid = newsroom.publish(titled("Dato secreto"))
    newsroom.withdraw(1, "Artículo 116 de la Ley de Prueba")

    prefix = newsroom.place.prefix
    for name in (ocid, ocid.replace(prefix, prefix.upper())):
        answer = web.get(f"{newsroom.home}/procesos/{name}")

        assert answer.status_code == 410
        assert "Fundamento: Artículo 116 de la Ley de Prueba" in text_of(answer)
        assert "Dato secreto" not in answer.text
    assert processes_in(web.get(f"{newsroom.home}/procesos"), newsroom) == []
    assert "Dato secreto" not in web.get(f"{newsroom.home}/").text


def test_a_release_withdrawn_alone_says_so_on_the_page(newsroom: Newsroom, web: httpx2.Client) -> None:
    ocid = newsroom.publish(titled("Con error"))
    newsroom.publish(titled("Sin error"), ocid=ocid)
    newsroom.withdraw(1, "Resolución 7/2026")

    answer = web.get(f"{newsroom.home}/procesos/{ocid}")

    assert answer.status_code == 200
    assert "Fundamento: Resolución 7/2026" in text_of(answer)
    assert "1 entrega " in text_of(answer).replace("\N{NO-BREAK SPACE}", " ")
    assert not any(link.endswith(f"{ocid}-0001") for link in links_of(answer))


def test_a_thousand_items_go_page_by_page(newsroom: Newsroom, web: httpx2.Client) -> None:
    items = [{"id": str(number), "description": f"Silla modelo {number:04}"} for number in range(1, 1001)]
    ocid = newsroom.publish(titled("Sillas", items=items))
    page = f"{newsroom.home}/procesos/{ocid}"

    whole = web.get(page, headers={"Accept-Encoding": "gzip"})
    first = web.get(f"{page}?lista=/tender/items")
    last = web.get(f"{page}?lista=/tender/items&pagina=20")

    assert int(whole.headers["content-length"]) < 50_000
    assert "Silla modelo 0050" in text_of(whole)
    assert "Silla modelo 0051" not in text_of(whole)
    assert "50 de 1,000" in text_of(whole)
    assert f"{page}?lista=/tender/items" in links_of(whole)
    assert f"{page}?lista=%2Ftender%2Fitems&pagina=2" in links_of(first)
    assert ("Silla modelo 0950" in text_of(last), "Silla modelo 0951" in text_of(last)) == (False, True)
    assert not any("pagina=21" in link for link in links_of(last))
    for query in ("lista=/tender/items&pagina=21", "lista=/tender", "lista=nada"):
        assert web.get(f"{page}?{query}").status_code == 404
    assert web.get(f"{page}?lista=/tender/items&pagina=0").status_code == 400


@pytest.mark.parametrize(
    "cursor",
    [
        "basura",
        encode_cursor("ayer", "x"),
        encode_cursor("2026-11-22T10:00:00", "x"),
        encode_cursor("2026-11-22T10:00:00+00:00", "a\0b"),
        encode_cursor("2026-11-22T10:00:00+00:00", 3),
        encode_cursor("x", "no-es-uuid"),
        "a" * 5000,
        "%00",
    ],
)
def test_a_bad_cursor_is_the_askers_mistake(newsroom: Newsroom, web: httpx2.Client, cursor: str) -> None:
    for address in ("/", f"{newsroom.home}/procesos", f"{newsroom.home}/sujetos"):
        assert web.get(f"{address}?cursor={cursor}").status_code == 400


def test_text_of_a_document_is_never_markup(newsroom: Newsroom, web: httpx2.Client) -> None:
    attack = "<script>alert(1)</script>\"'><b>"
    ocid = newsroom.publish(titled(attack, description=attack))

    for address in (
        f"{newsroom.home}/procesos/{ocid}",
        f"{newsroom.home}/",
        "/",
        f"{newsroom.home}/procesos",
    ):
        answer = web.get(address)
        assert "<script>alert" not in answer.text
        assert "alert(1)" in answer.text


def test_the_data_page_has_addresses_that_work(newsroom: Newsroom, web: httpx2.Client) -> None:
    ocid = newsroom.publish()

    answer = web.get(f"{newsroom.home}/datos")

    assert f"/api/v1/records/{ocid}" in text_of(answer)
    examples = re.findall(r"curl '([^']+)'", text_of(answer))
    assert len(examples) == 3
    assert [web.get(example).status_code for example in examples] == [200] * 3
    for link in links_of(answer):
        if link.startswith(("/", "http")):
            assert web.get(link).status_code == 200, link


def test_the_policy_says_what_is_declared_and_what_is_not(newsroom: Newsroom, web: httpx2.Client) -> None:
    answer = web.get(f"{newsroom.home}/politica")

    words = text_of(answer)
    assert "El organismo aún no declara su licencia" in words
    assert "El organismo aún no declara su propia política" in words
    for part in (
        "Qué se publica",
        "Qué no se publica",
        "Listas de claves propias",
        "Cada cuándo",
        "De dónde salen los datos",
        "Formatos y acceso",
        "Diferencias entre formatos",
        "Licencia",
        "Contacto",
        "Lo que sigue",
    ):
        assert part in words
    for link in links_of(answer):
        if link.startswith("/"):
            assert web.get(link).status_code == 200, link


def test_what_holds_for_everybody_stands_at_the_root(web: httpx2.Client) -> None:
    for address in ("/datos", "/acerca", "/accesibilidad"):
        answer = web.get(address)
        assert answer.status_code == 200
        assert "<h1>" in answer.text


def test_every_page_answers_head(newsroom: Newsroom, web: httpx2.Client) -> None:
    ocid = newsroom.publish()

    for address in (
        "/",
        f"{newsroom.home}/",
        f"{newsroom.home}/procesos",
        f"{newsroom.home}/procesos/{ocid}",
    ):
        answer = web.head(address)
        assert (answer.status_code, answer.content) == (200, b"")


def test_members_find_the_way_to_their_desk(newsroom: Newsroom, live: LiveServer, web: httpx2.Client) -> None:
    newsroom.place.actor("so_editor")
    member = live.client(newsroom.place.email("so_editor", newsroom.place.sujetos[0]))

    assert f'href="{newsroom.home}/panel"' in member.get(f"{newsroom.home}/").text
    assert f'href="{newsroom.home}/panel"' not in web.get(f"{newsroom.home}/").text


def test_a_garante_may_have_a_host_of_its_own(
    newsroom: Newsroom, live: LiveServer, web: httpx2.Client
) -> None:
    host = f"{newsroom.place.slug}.example"
    with newsroom.place.database.owner_work(newsroom.place.system) as session:
        session.add(TenantHost(tenant_id=newsroom.place.tenant_id, host=host))
    live.app.state.directory.forget()
    ocid = newsroom.publish(titled("En casa propia"))

    home = web.get("/", headers={"Host": host})

    assert "En casa propia" in text_of(home)
    inside = [link for link in links_of(home) if link.startswith("/")]
    assert f"/procesos/{ocid}" in inside
    assert not any(newsroom.place.slug in link for link in inside)
    for address in ("/accesibilidad", "/acerca", *inside):
        assert web.get(address, headers={"Host": host}).status_code == 200, address
    assert f"http://{host}/api/v1/releases" in text_of(web.get("/datos", headers={"Host": host}))


def test_crawlers_find_every_process(newsroom: Newsroom, web: httpx2.Client) -> None:
    ocids = {newsroom.publish(), newsroom.publish()}

    robots = web.get("/robots.txt").text
    [index] = re.findall(r"Sitemap: (\S+)", robots)
    maps = re.findall(r"<loc>([^<]+)</loc>", web.get(index).text)
    [own] = [address for address in maps if f"{newsroom.home}/" in address]
    pages = re.findall(r"<loc>([^<]+)</loc>", web.get(own).text)

    assert {page.rsplit("/", 1)[1] for page in pages} == ocids
    assert all(web.get(page).status_code == 200 for page in pages)


def test_counts_of_json_and_page_agree(newsroom: Newsroom, web: httpx2.Client) -> None:
    for number in range(3):
        newsroom.publish(titled(f"Compra {number}"))

    total = json.loads(web.get(f"{newsroom.home}/api/v1/records").text)["total"]

    assert f"Contrataciones publicadas {total}" in text_of(web.get(f"{newsroom.home}/"))

"""Refusals as a page, as a fragment and as a problem document."""

import httpx2
import pytest

from app.core import errors as tree
from tests.web.conftest import ERRORS

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
STATUSES = {
    "solicitud-incorrecta": 400, "sin-permiso": 403, "no-encontrado": 404, "conflicto": 409,
    "version-anterior": 409, "retirado": 410, "demasiado-grande": 413, "tipo-no-admitido": 415,
    "datos-no-validos": 422, "demasiados-intentos": 429, "no-disponible": 503,
}  # fmt: skip


def test_the_table_covers_the_tree() -> None:
    """All but those that lead to a door instead of a page."""
    doors = {"sin-sesion", "confirma-que-eres-tu", "falta-el-segundo-paso"}
    assert set(ERRORS) - set(STATUSES) == doors


@pytest.mark.parametrize(("slug", "status"), STATUSES.items())
def test_a_page_says_what_and_the_way_on(web: httpx2.Client, slug: str, status: int) -> None:
    reply = web.get(f"/error/{slug}")

    assert reply.status_code == status
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<h1>{ERRORS[slug].title}</h1>" in reply.text
    assert 'lang="es-MX"' in reply.text
    assert "Ir al inicio" in reply.text


@pytest.mark.parametrize(("slug", "status"), [*STATUSES.items(), ("sin-sesion", 401)])
def test_machines_get_a_problem_document(web: httpx2.Client, slug: str, status: int) -> None:
    for reply in (
        web.get(f"/jalisco/api/v1/error/{slug}"),
        web.get(f"/error/{slug}", headers={"Accept": "application/json"}),
        web.post(f"/error/{slug}", headers={"Accept": "*/*", "Content-Type": "application/json"}),
    ):
        assert reply.status_code == status
        assert reply.headers["content-type"] == "application/problem+json"
        body = reply.json()
        assert (body["type"], body["status"]) == (f"urn:problem:{slug}", status)
        assert body["title"] == ERRORS[slug].title
        assert body["request_id"] == reply.headers["x-request-id"]


def test_a_fragment_is_only_the_notice(web: httpx2.Client) -> None:
    reply = web.get("/error/conflicto", headers={"X-Fragment": "lista"})

    assert reply.status_code == 409
    assert "<html" not in reply.text
    assert tree.ConflictError.title in reply.text


def test_retry_after_reaches_page_and_document(web: httpx2.Client) -> None:
    assert web.get("/error/demasiados-intentos").headers["retry-after"] == "7"
    assert web.get("/x/api/v1/error/demasiados-intentos").headers["retry-after"] == "7"


def test_signed_out_readers_are_led_to_the_door_and_back(web: httpx2.Client) -> None:
    reply = web.get("/error/sin-sesion?a=1&b=ñ")

    assert reply.status_code == 303
    assert reply.headers["location"] == "/entrar?siguiente=/error/sin-sesion%3Fa%3D1%26b%3D%25C3%25B1"


def test_signed_out_acts_stay_401(web: httpx2.Client) -> None:
    reply = web.post("/error/sin-sesion")

    assert reply.status_code == 401
    assert 'href="/entrar"' in reply.text


def test_a_part_of_a_page_is_not_led_to_the_door(web: httpx2.Client) -> None:
    assert web.get("/error/sin-sesion", headers={"X-Fragment": "lista"}).status_code == 401


def test_an_error_wears_the_tenants_clothes_and_escapes_its_detail(web: httpx2.Client) -> None:
    text = web.get("/error/retirado/vestido").text

    assert "Garante de Prueba" in text
    assert '<link rel="stylesheet" href="/prueba/tema.css">' in text
    assert "Un detalle &lt;b&gt;propio&lt;/b&gt;." in text


def test_unknown_addresses_are_404_and_wrong_methods_405(web: httpx2.Client) -> None:
    assert web.get("/nada").status_code == 404
    reply = web.put("/crudo")
    assert reply.status_code == 405
    assert reply.headers["allow"] == "POST"
    assert "Esta dirección no admite esta acción" in reply.text
    assert web.get("/api/nada").headers["content-type"] == "application/problem+json"


def test_the_unforeseen_is_a_problem_document_for_machines(web: httpx2.Client) -> None:
    reply = web.get("/boom/api/x")

    assert reply.status_code == 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert "secreto" not in reply.text


def test_a_malformed_identifier_is_not_found(web: httpx2.Client) -> None:
    assert web.get("/cosas/no-es-uuid").status_code == 404
    assert web.get("/cosas/00000000-0000-0000-0000-000000000000").status_code == 200


def test_a_bad_parameter_is_400_and_named(web: httpx2.Client) -> None:
    address = "/cosas/00000000-0000-0000-0000-000000000000?limit=11"

    page = web.get(address)
    document = web.get(address, headers={"Accept": "application/json"}).json()

    assert page.status_code == document["status"] == 400
    assert "limit: Debe ser 10 o menos." in page.text
    assert document["errors"] == [
        {"in": "query", "pointer": "/limit", "message": "limit: Debe ser 10 o menos."}
    ]


def test_bad_content_is_422_and_broken_json_400(web: httpx2.Client) -> None:
    wrong = web.post("/json", json={"amount": "mucho"})
    broken = web.post("/json", content=b"{", headers={"Content-Type": "application/json"})

    assert (wrong.status_code, broken.status_code) == (422, 400)
    assert "amount: Escribe un número entero" in wrong.text

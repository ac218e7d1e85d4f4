"""Forms keep what was typed and say in Spanish what is wrong."""

from typing import Any

import httpx2
import pytest

from app.web.forms import Form, FormValues
from tests.web.conftest import SignIn


def send(web: httpx2.Client, **values: str | list[str]) -> Any:
    return web.post("/formulario", data=values).json()


def test_a_good_form_is_understood(web: httpx2.Client) -> None:
    reply = send(web, email=" ana@example.org ", password=" con espacios ", boxes=["a", "b"])

    assert reply["errors"] == []
    assert reply["secret"] == " con espacios "


def test_a_bad_form_keeps_values_but_never_secrets(web: httpx2.Client) -> None:
    reply = send(web, email="ana", password="ab", boxes=["a", "z"])

    assert reply["errors"] == [
        ["email", "Correo", "El texto no tiene la forma que se pide."],
        ["password", "Contraseña", "Escribe al menos 3\N{NO-BREAK SPACE}caracteres."],
        ["boxes", "Casillas", "Elige una de las opciones: 'a' o 'b'."],
    ]
    assert (reply["email"], reply["password"], reply["boxes"]) == ("ana", "", ["a", "z"])


def test_an_empty_field_counts_as_missing(web: httpx2.Client) -> None:
    reply = send(web, email="  ", password="")

    assert [error[2] for error in reply["errors"]] == ["Falta este dato.", "Falta este dato."]


def test_multipart_brings_texts_and_files(web: httpx2.Client) -> None:
    def part(disposition: str, content: str) -> str:
        return f"--x\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n"

    body = (
        part('name="email"', "ana")
        + part('name="archivo"; filename="padrón.csv"', "a,b")
        + part('name="vacío"; filename=""', "")  # what a browser sends for a file input left empty
        + "--x--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}

    reply = web.post("/formulario", content=body.encode(), headers=kind).json()

    assert reply["email"] == "ana"
    assert reply["files"] == {"archivo": ["padrón.csv"]}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"email=%00", "application/x-www-form-urlencoded", 400),
        (b"email=%ff", "application/x-www-form-urlencoded", 400),
        (b"email=\xff", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a"] * 301), "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"mal", "multipart/form-data; boundary=x", 400),
        (b"", "multipart/form-data", 400),
    ],
)
def test_what_is_no_form_is_refused(
    web: httpx2.Client, body: bytes, kind: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.forms.MANY_FIELDS", 300)

    assert web.post("/formulario", content=body, headers={"Content-Type": kind}).status_code == status


def test_a_services_verdict_joins_the_models() -> None:
    form = Form.read(SignIn, FormValues({"email": ["ana@x"], "password": ["abc"]}))

    refused = form.refused("No coinciden.").refused("Ese correo no.", "email")

    assert form.data is not None
    assert refused.data is None
    assert [(one.name, one.message) for one in refused.problems] == [
        ("", "No coinciden."),
        ("email", "Ese correo no."),
    ]
    assert refused.value("email") == "ana@x"


def test_a_blank_form_knows_its_labels_and_initial_values() -> None:
    form = Form.blank(SignIn, email="ana@x", boxes=["b"])

    assert form.label("email") == "Correo"
    assert form.value("email") == "ana@x"
    assert form.all("boxes") == ["b"]
    assert form.required("email")
    assert not form.required("boxes")
    assert form.problems == []

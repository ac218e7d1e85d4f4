"""Pages: strict, escaped, packed, and never stored where somebody is signed in."""

import re
from dataclasses import dataclass

import httpx2
import pytest
from jinja2 import DictLoader, Environment, UndefinedError
from starlette.requests import Request

from app.web.forms import Form
from app.web.templating import environment, render
from tests.web.conftest import SignIn


@dataclass(frozen=True)
class Context:
    text: str = ""


def request() -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/aquí",
            "headers": [],
            "state": {},
            "server": ("x", 80),
            "scheme": "http",
            "query_string": b"",
        }
    )


@pytest.fixture
def with_templates(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Templates of the test, beside the real ones' globals and filters."""
    templates: dict[str, str] = {}
    loaded: Environment = environment().overlay(loader=DictLoader(templates))
    monkeypatch.setattr("app.web.templating.environment", lambda: loaded)
    return templates


def test_values_are_escaped(with_templates: dict[str, str]) -> None:
    with_templates["a.html"] = "{{ text }} {{ here }}"

    assert render(request(), "a.html", Context("<b>&")) == "&lt;b&gt;&amp; /aquí"


@pytest.mark.parametrize(
    "source", ["{{ txt }}", "{{ ui.nothing() }}", "{{ shell.nothing }}", "{{ text.nothing }}"]
)
def test_unknown_names_are_errors(with_templates: dict[str, str], source: str) -> None:
    with_templates["a.html"] = source

    with pytest.raises(UndefinedError):
        render(request(), "a.html", Context())


def test_pages_are_packed_only_for_who_can_unpack(web: httpx2.Client) -> None:
    packed = web.get("/_components", headers={"Accept-Encoding": "gzip"})
    plain = web.get("/_components", headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["vary"]
    assert int(packed.headers["content-length"]) < len(plain.content) / 3


def test_signed_in_pages_are_never_stored(web: httpx2.Client) -> None:
    assert web.get("/privado").headers["cache-control"] == "private, no-store"
    assert web.get("/error/no-encontrado").headers["cache-control"] == "no-store"


def test_no_template_breaks_the_content_policy() -> None:
    env = environment()
    for name in env.list_templates(extensions=["html"]):
        if name == "core/letter.html":
            continue  # a letter is no page: mailboxes drop style sheets
        source = env.loader.get_source(env, name)[0] if env.loader else ""
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:|<script(?![^>]*\bsrc=)", source), name


def test_every_template_compiles() -> None:
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)


def test_a_field_is_tied_to_its_help_and_its_error(with_templates: dict[str, str]) -> None:
    with_templates["a.html"] = "{{ ui.field(form, 'email', help='Ayuda', autocomplete='username') }}"

    @dataclass(frozen=True)
    class Page:
        form: Form[SignIn]

    html = render(request(), "a.html", Page(Form.blank(SignIn, email='"<x>').refused("Mal.", "email")))

    assert '<label for="field-email">Correo</label>' in html
    assert 'aria-describedby="field-email-help field-email-error" aria-invalid="true"' in html
    assert 'value="&#34;&lt;x&gt;"' in html
    assert 'autocomplete="username"' in html

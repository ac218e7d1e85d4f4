"""Styles and scripts under names that carry their hash; the tenant's colour."""

import gzip
import re

import httpx2
import pytest

from app.web import theme
from app.web.static import APP, asset, assets


def test_an_asset_is_kept_forever_under_its_hash(web: httpx2.Client) -> None:
    assert re.fullmatch(r"/static/app\.[0-9a-f]{10}\.css", asset("app.css"))

    reply = web.get(asset("app.css"))

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/css; charset=utf-8"
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["content-encoding"] == "gzip"
    assert reply.content == assets()["app.css"].body


def test_an_asset_also_leaves_unpacked_and_answers_head(web: httpx2.Client) -> None:
    plain = web.get(asset("app.js"), headers={"Accept-Encoding": "identity"})
    head = web.head(asset("app.js"))

    assert "content-encoding" not in plain.headers
    assert plain.content == assets()["app.js"].body
    assert plain.headers["content-type"].startswith("text/javascript")
    assert (head.status_code, head.content) == (200, b"")


def test_an_older_hash_gets_todays_bytes_uncached(web: httpx2.Client) -> None:
    reply = web.get("/static/app.0123456789.css")

    assert reply.content == assets()["app.css"].body
    assert reply.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["app.css", "nada.0123456789.css", "../static.py", "%2e%2e/static.py", "tokens.css", ""]
)
def test_nothing_else_is_served(web: httpx2.Client, path: str) -> None:
    assert web.get(f"/static/{path}").status_code == 404


def test_every_style_stands_in_its_layer() -> None:
    css = assets()["app.css"].body.decode()

    assert css.startswith("@layer reset, tokens, base, components, pages;")
    order = [css.index(f"@layer {layer} {{") for layer in ("reset", "tokens", "base", "components", "pages")]
    assert order == sorted(order)
    for path in APP.glob("*/static/*.css"):
        assert path.read_text("utf-8") in css


def test_only_tokens_know_raw_colours() -> None:
    for path in APP.glob("*/static/*.css"):
        if path.name != "tokens.css":
            bare = re.sub(r"url\('[^']*'\)", "", path.read_text("utf-8"))
            assert not re.findall(r"#[0-9a-f]{3,8}\b(?=[;\s),])", bare, re.IGNORECASE), path


def test_the_first_page_is_light(web: httpx2.Client) -> None:
    page = web.get("/error/no-encontrado", headers={"Accept-Encoding": "identity"})

    total = len(gzip.compress(page.content)) + sum(
        len(assets()[name].packed) for name in ("app.css", "app.js")
    )

    assert total < 50_000
    assert len(assets()["app.js"].body) <= 5 * 1024


@pytest.mark.parametrize(
    "accent", ["#0b6148", "#7a1f3d", "#ffcc00", "#ffffff", "#000000", "#FF00FF", "#808080"]
)
def test_any_accent_becomes_legible(accent: str) -> None:
    light, dark = re.findall(r"--accent:(#[0-9a-f]{6})", theme.theme_css(accent))

    assert theme.contrast(light, "#ffffff") >= 4.5
    assert theme.contrast(dark, theme.NIGHT) >= 4.5
    assert theme.contrast(dark, "#0c0e10") >= 4.5


def test_a_legible_accent_is_left_alone() -> None:
    assert theme.theme_css("#7A1F3D").startswith(":root{--accent:#7a1f3d}")


@pytest.mark.parametrize("text", ["red", "#fff", "#0b6148;}body{display:none", "", "#0b6148\n"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        theme.theme_css(text)


def test_the_default_theme_is_the_tokens(web: httpx2.Client) -> None:
    css = assets()["app.css"].body.decode()

    light, dark = re.findall(r"--accent:(#[0-9a-f]{6})", theme.theme_css(theme.DEFAULT_ACCENT))

    assert re.findall(r"--accent: (#[0-9a-f]{6})", css)[:2] == [light, dark]
    assert re.findall(r"--paper: (#[0-9a-f]{6})", css) == [theme.PAPER, theme.NIGHT]


def test_contrast_is_wcags() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)

"""«Ajustes»: identity, policy and calendar as the garante's administration sees and changes them."""

from collections.abc import Callable

from tests.onboarding.conftest import Counter

Sit = Callable[..., Counter]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><path d="M0 0h9"/></svg>'


def test_it_opens_at_the_first_tab_and_only_for_the_administration(counter: Sit) -> None:
    desk = counter("garante_admin")
    answer = desk.get("/ajustes")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{desk.place.slug}/ajustes/identidad")
    for tab in ("identidad", "politica", "calendario"):
        assert desk.get(f"/ajustes/{tab}").status_code == 200
        assert counter("garante_reviewer").get(f"/ajustes/{tab}").status_code == 403


def test_a_logo_is_served_as_an_image_and_nothing_else(counter: Sit) -> None:
    desk = counter("garante_admin")
    assert desk.get("/logo").status_code == 404
    sent = desk.web.post(
        f"/{desk.place.slug}/ajustes/identidad/logotipo",
        files={"archivo": ("logo.svg", SVG, "image/svg+xml")},
    )
    assert sent.status_code == 303
    shown = desk.get("/logo")
    assert shown.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert b"alert" not in shown.content
    assert f"/{desk.place.slug}/logo?v=" in desk.get("/").text
    assert desk.post("/ajustes/identidad/sin-logotipo").status_code == 303
    assert desk.get("/logo").status_code == 404


def test_name_and_colour_are_checked_and_shown_at_once(counter: Sit) -> None:
    desk = counter("garante_admin")
    pale = desk.post("/ajustes/identidad/color", accent="#ffcc00")
    assert pale.status_code == 422
    assert "contraste" in pale.text
    assert desk.post("/ajustes/identidad/color", accent="#0b3a6b").status_code == 303
    told = {"name": "Autoridad Nueva", "since": "1 de enero de 2025"}
    assert desk.post("/ajustes/identidad/nombre", **told).status_code == 303
    assert "Autoridad Nueva" in desk.get("/").text


def test_the_policy_is_seen_before_it_is_published(counter: Sit) -> None:
    desk = counter("garante_admin")
    told = {"policy_text": "Publicamos todo.\n\nSin excepción.", "licence": "CC-BY 4.0", "policy_url": ""}
    preview = desk.post("/ajustes/politica/texto", **told, ver="si")
    assert "<p>Sin excepción.</p>" in preview.text
    assert "Sin excepción." not in desk.get("/politica").text
    assert desk.post("/ajustes/politica/texto", **told).status_code == 303
    assert "Sin excepción." in desk.get("/politica").text
    assert desk.post("/ajustes/politica/revision", policy="self").status_code == 422
    assert desk.post("/ajustes/politica/revision", policy="self", reason="Acuerdo 3").status_code == 303
    assert desk.post("/ajustes/politica/plazo", days="cinco").status_code == 422
    assert desk.post("/ajustes/politica/plazo", days="8").status_code == 303


def test_days_are_added_and_taken_out_of_the_year(counter: Sit) -> None:
    desk = counter("garante_admin")
    assert "Natalicio de Benito" in desk.get("/ajustes/calendario?anio=2026").text
    told = {"kind": "vacation", "label": "Descanso de invierno", "first": "21/12/2026", "last": "31/12/2026"}
    added = desk.post("/ajustes/calendario", **told)
    assert added.headers["location"].endswith("?anio=2026")
    shown = desk.get("/ajustes/calendario?anio=2026").text
    assert shown.count("Descanso de invierno") == 2  # one line for all the days: its name and its button
    assert desk.post("/ajustes/calendario", **told | {"last": "1/1/2026"}).status_code == 422
    gone = desk.post("/ajustes/calendario/quitar", desde="2026-12-21", hasta="2026-12-31")
    assert gone.status_code == 303
    assert "Descanso de invierno" not in desk.get("/ajustes/calendario?anio=2026").text
    assert desk.post("/ajustes/calendario/quitar", desde="x", hasta="y").status_code == 422

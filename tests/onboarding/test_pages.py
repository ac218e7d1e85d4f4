"""The pages of the padrón: list, one body, its acts, and a file from sending to done."""

import re
import time
from collections.abc import Callable

from sqlmodel import select

from app.core.public_log import PublicAct
from app.tenancy.models import SujetoObligado
from tests.conftest import Place
from tests.onboarding.conftest import Counter

Sit = Callable[..., Counter]


def test_a_body_is_entered_found_without_accents_and_edited(counter: Sit) -> None:
    desk = counter("garante_admin")
    made = desk.post("/padron/nuevo", name="Secretaría de Educación", pnt_id="77", scope="estatal")
    assert made.status_code == 303, made.text
    here = made.headers["location"].removeprefix(f"/{desk.place.slug}")

    assert "Secretaría de Educación" in desk.get("/padron?q=educacion&ambito=estatal").text
    assert "Ninguno coincide" in desk.get("/padron?q=educacion&ambito=federal").text
    told = desk.get(here).text
    assert "Sin invitar" in told
    assert "Invitar a su administración" in told

    refused = desk.post(f"{here}/datos", row_version="1", rfc="SEJ8501", contact_email="x")
    assert refused.status_code == 422
    assert "homoclave" in refused.text or "RFC lleva" in refused.text
    stale = desk.post(f"{here}/datos", row_version="9", sector="Salud")
    assert stale.status_code == 409
    done = desk.post(f"{here}/datos", row_version="1", sector="Educación", pnt_id="77", scope="estatal")
    assert done.status_code == 303
    assert "Cambio de datos" in desk.get(here).text


def test_working_bodies_are_found_while_one_types(counter: Sit) -> None:
    desk = counter("garante_admin")
    second = desk.place.add_sujeto()

    def offered(words: str) -> list[str]:
        return [one["value"] for one in desk.get(f"/padron/opciones?q={words}").json()]

    assert offered("SO-2 secretaria") == ["so-2"]
    assert offered("") == ["so-1", "so-2"]
    assert offered("zzz %25") == []
    desk.post(f"/padron/{second}/suspension", row_version="1", motivo="Extinto")
    assert offered("so-2") == []


def test_two_bodies_never_share_an_id(counter: Sit) -> None:
    desk = counter("garante_admin")
    desk.post("/padron/nuevo", name="Primera", pnt_id="77")
    refused = desk.post("/padron/nuevo", name="Segunda", pnt_id="77")
    assert refused.status_code == 422
    assert "ya es de «Primera»" in refused.text


def test_a_renamed_body_says_what_it_was_called(counter: Sit) -> None:
    desk = counter("garante_admin")
    here = f"/padron/{desk.place.sujetos[0]}"
    for since, status in (("31/12/2999", 422), ("mañana", 422), ("01/02/2024", 303)):
        sent = desk.post(
            f"{here}/nombre", row_version="1", name="Nombre Nuevo", since=since, ground="Decreto 5"
        )
        assert sent.status_code == status, since
    told = desk.get(here).text
    assert "Cómo se ha llamado" in told
    assert "Decreto 5" in told


def test_the_names_of_a_body_do_not_run_backwards(counter: Sit) -> None:
    desk = counter("garante_admin")
    here = f"/padron/{desk.place.sujetos[0]}/nombre"
    for version, since, status in (
        ("1", "01/02/2024", 303),
        ("2", "31/01/2024", 422),
        ("2", "01/02/2024", 303),
    ):
        told = {"name": f"Nombre {version} {since}", "since": since, "ground": "Decreto 5"}
        answer = desk.post(here, row_version=version, **told)
        assert answer.status_code == status, (version, since)
    assert "Decreto 5" in desk.get(here.removesuffix("/nombre")).text


def test_suspension_needs_a_reason_and_stands_in_the_public_log(counter: Sit) -> None:
    desk = counter("garante_admin")
    here = f"/padron/{desk.place.sujetos[0]}"
    assert desk.post(f"{here}/suspension", row_version="1").status_code == 422
    assert desk.post(f"{here}/suspension", row_version="1", motivo="Extinto").status_code == 303
    assert "Está suspendido" in desk.get(here).text
    assert desk.post(f"{here}/suspension", row_version="2", motivo="Otra vez").status_code == 409
    assert desk.post(f"{here}/reactivacion", row_version="2", motivo="Volvió").status_code == 303
    with desk.place.database.unit_of_work(desk.place.system) as session:
        acts = session.exec(select(PublicAct).where(PublicAct.tenant_id == desk.place.tenant_id)).all()
    assert [(act.kind, act.reason) for act in acts] == [("suspension", "Extinto"), ("suspension", "Volvió")]


def test_a_merged_body_tells_its_heir(counter: Sit) -> None:
    desk = counter("garante_admin")
    heir = desk.place.add_sujeto(name="Secretaría Heredera")
    here = f"/padron/{desk.place.sujetos[0]}"
    told = {"row_version": "1", "kind": "merge", "since": "01/02/2024", "ground": "Ley 8"}
    assert desk.post(f"{here}/sucesion", **told, successor="No existe").status_code == 422
    assert desk.post(f"{here}/sucesion", **told, successor="secretaria heredera").status_code == 303
    assert "Sus funciones pasaron a" in desk.get(here).text
    assert "Recibió funciones de" in desk.get(f"/padron/{heir}").text


def test_single_is_granted_for_a_time(counter: Sit) -> None:
    desk = counter("garante_admin")
    here = f"/padron/{desk.place.sujetos[0]}"
    told = {"row_version": "1", "policy": "single", "reason": "Una sola persona"}
    for until in ("", "01/01/2020", "01/01/2199"):
        assert desk.post(f"{here}/politica", **told, until=until).status_code == 422, until
    soon = desk.get(here)
    assert soon.status_code == 200


def test_a_file_goes_from_sending_to_done(counter: Sit) -> None:
    desk = counter("garante_admin")
    content = "id pnt,nombre\n1,Secretaría Uno\n2,Instituto Dos\n"
    sent = desk.web.post(
        f"/{desk.place.slug}/padron/importar", files={"archivo": ("padron.csv", content.encode(), "text/csv")}
    )
    assert sent.status_code == 303
    here = sent.headers["location"].removeprefix(f"/{desk.place.slug}")
    shown = _until(desk, here, "¿Qué cambia en tu padrón?")
    assert "Aplicar 2\N{NO-BREAK SPACE}altas" in shown
    assert desk.post(f"{here}/decisiones", ver="new", **{"fila-3": "leave"}).status_code == 303
    assert "Aplicar 1\N{NO-BREAK SPACE}alta" in desk.get(here).text

    assert desk.post(f"{here}/aplicar").status_code == 303
    _until(desk, here, "El padrón quedó al día")

    listed = desk.get("/padron").text
    assert "Secretaría Uno" in listed
    assert "Instituto Dos" not in listed


def _until(desk: Counter, here: str, words: str) -> str:
    for _ in range(300):
        text = desk.get(here).text
        if words in text:
            return text
        time.sleep(0.05)
    raise AssertionError(re.sub(r"\s+", " ", text))


def test_who_reads_may_not_change(counter: Sit, other_place: Place) -> None:
    reader = counter("garante_reviewer")
    here = f"/padron/{reader.place.sujetos[0]}"
    assert reader.get("/padron").status_code == 200
    assert "Cambiar datos" not in reader.get(here).text
    assert reader.get(f"{here}/datos").status_code == 403
    assert reader.post(f"{here}/suspension", row_version="1", motivo="x").status_code == 403
    assert reader.get(f"/padron/{other_place.sujetos[0]}").status_code == 404
    assert counter("so_admin").get("/padron").status_code == 403
    with reader.place.database.unit_of_work(reader.place.system) as session:
        body = session.get_one(SujetoObligado, (reader.place.tenant_id, reader.place.sujetos[0]))
    assert body.status == "active"

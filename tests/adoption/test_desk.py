"""The garante's desk over real HTTP: the line of state, the table, the rows behind each number."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from app.adoption.wording import DEFINITIONS
from app.core import clock
from app.core.policy import TENANT_ROLES
from app.core.quarters import Quarter
from app.processes.models import Observation
from tests.adoption.conftest import Desk
from tests.conftest import LiveServer, Place
from tests.factories import new_ocid
from tests.html import Page

Clients = Callable[..., httpx2.Client]
LONG = "COMISIÓN ESTATAL PARA LA PLANEACIÓN Y PROGRAMACIÓN DEL DESARROLLO DE LOS MUNICIPIOS DE LA COSTA"


@pytest.fixture
def signed_in(live: LiveServer, desk: Desk) -> Clients:
    """A browser in which somebody of the tenant is signed in."""

    def enter(role: str = "garante_reviewer", sujeto: UUID | None = None) -> httpx2.Client:
        actor = desk.place.actor(role, sujeto)
        return live.client(desk.place.email(role, actor.sujeto_obligado_id))

    return enter


def show(client: httpx2.Client, path: str, status: int = 200) -> Page:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    page = Page(answer.text)
    assert page.faults == []
    return page


def home(desk: Desk, rest: str = "") -> str:
    return f"/{desk.place.slug}/cumplimiento{rest}"


def observe(desk: Desk, sujeto: UUID, days: int) -> None:
    """A remark of some days ago on a new version of a body."""
    ref = desk.draft(sujeto=sujeto)
    reviewer = desk.place.actor("garante_reviewer")
    assert reviewer.account_id is not None
    with desk.place.database.unit_of_work(reviewer) as session:
        session.add(
            Observation(
                tenant_id=desk.place.tenant_id,
                process_id=ref.process_id,
                number=ref.number,
                remark="¿Cuál papelería?",
                account_id=reviewer.account_id,
                created_at=clock.now() - timedelta(days=days),
            )
        )


def test_who_needs_attention_comes_first(desk: Desk, signed_in: Clients) -> None:
    current = desk.place.sujetos[0]
    behind = desk.place.add_sujeto(policy="direct", name=LONG)
    silent = desk.place.add_sujeto(policy="direct", name="Ayuntamiento Callado")
    worse = desk.place.add_sujeto(policy="direct", name="Zacatecas Atrasada")
    desk.publish(desk.days_ago(5), sujeto=current)
    desk.publish(sujeto=behind)
    desk.draft(desk.days_ago(90), sujeto=behind)
    desk.draft(desk.days_ago(90), desk.days_ago(120), sujeto=worse)
    desk.count()

    page = show(signed_in(), home(desk))

    assert "1 de 4 al corriente este trimestre" in page.text
    assert "2 con atraso y 1 en silencio" in page.text
    listed = [one for one in page.links if one.startswith(home(desk, "/sujetos/")) and "filas" not in one]
    assert [one.rpartition("/")[2] for one in listed] == [
        str(one) for one in (worse, behind, silent, current)
    ]
    for definition in DEFINITIONS.values():
        assert definition.text in page.text


def test_every_figure_leads_to_its_rows(desk: Desk, signed_in: Clients) -> None:
    body = desk.place.sujetos[0]
    desk.publish(desk.days_ago(5))
    desk.draft(desk.days_ago(90), desk.days_ago(60))
    observe(desk, body, days=12)
    desk.count()
    client = signed_in()

    page = show(client, home(desk))
    ways = [one for one in page.links if "/filas?" in one]

    now = desk.now()
    counted = {
        "publicados": now["published"],
        "curso": now["pending"],
        "firmas": now["overdue"],
        "observaciones": now["observations"],
    }
    assert counted == {"publicados": 1, "curso": 2, "firmas": 2, "observaciones": 1}
    assert len(ways) == len(counted)
    for way in ways:
        kind = way.partition("de=")[2].partition("&")[0]
        rows = show(client, way)
        assert rows.text.count("Papelería para oficinas") == counted[kind], kind
        assert DEFINITIONS[{"curso": "pending"}.get(kind, "published")].label
    assert "¿Cuál papelería?" in show(client, home(desk, f"/sujetos/{body}/filas?de=observaciones")).text


def test_filters_and_quarters_have_addresses(desk: Desk, signed_in: Clients) -> None:
    quiet = desk.place.add_sujeto(policy="direct", name=LONG)
    desk.publish(desk.days_ago(5))
    desk.count()
    client = signed_in()
    before = Quarter.of(desk.today).previous

    silent = show(client, home(desk, "?estado=silent"))
    found = show(client, home(desk, "?q=planeacion+costa"))
    nothing = show(client, home(desk, "?q=inexistente"))
    past = show(client, home(desk, f"?trimestre={before.written}"))

    assert str(quiet) in "".join(silent.links)
    assert str(desk.place.sujetos[0]) not in "".join(silent.links)
    assert LONG in found.text
    assert "Ningún sujeto obligado coincide" in nothing.text
    assert f"0 de 2 al corriente en el {before.label}" in past.text
    for wrong in ("?trimestre=1999-1", "?trimestre=x", "?estado=otro", "?cursor=x", "/sujetos/x"):
        assert client.get(home(desk, wrong)).status_code in (400, 404), wrong


def test_the_table_goes_on_where_it_stopped(desk: Desk, signed_in: Clients) -> None:
    for number in range(53):
        desk.place.add_sujeto(policy="direct", name=f"Municipio {number:02}")
    desk.count()
    client = signed_in()

    first = show(client, home(desk))
    (following,) = [one for one in first.links if "cursor=" in one]
    second = show(client, following)

    def listed(page: Page) -> list[str]:
        return [one for one in page.links if one.startswith(home(desk, "/sujetos/")) and "filas" not in one]

    assert (len(listed(first)), len(listed(second))) == (50, 4)
    assert len({*listed(first), *listed(second)}) == 54


def test_one_body_with_its_history(desk: Desk, signed_in: Clients) -> None:
    ocid = new_ocid(desk.place)
    desk.publish(desk.days_ago(30), ocid=ocid)
    desk.draft(desk.days_ago(100))
    desk.count()
    body = desk.place.sujetos[0]

    page = show(signed_in(), home(desk, f"/sujetos/{body}"))

    assert "Con atraso" in page.text
    assert "1 contrato firmado hace más de 10 días hábiles que todavía no puede leerse" in page.text
    assert page.text.count("trimestre de 20") >= 8
    assert "Nunca se le ha enviado un recordatorio." in page.text
    assert "no hay a quién recordar" not in page.text or "ni correo de contacto" in page.text


def test_the_first_page_of_who_administers_says_how_its_bodies_stand(desk: Desk, signed_in: Clients) -> None:
    desk.publish(desk.days_ago(5))
    desk.place.add_sujeto(policy="direct", name="Ayuntamiento Callado")
    desk.count()
    panel = f"/{desk.place.slug}/panel"

    first = show(signed_in("garante_admin"), panel)

    assert "1 de 2 al corriente este trimestre" in first.text
    assert "1 sujeto obligado en silencio" in first.text
    assert home(desk, "?estado=silent") in first.links
    assert "al corriente" not in show(signed_in("garante_reviewer"), panel).text


def test_observations_by_body_and_age(desk: Desk, signed_in: Clients) -> None:
    other = desk.place.add_sujeto(policy="direct", name="Ayuntamiento Observado")
    observe(desk, desk.place.sujetos[0], days=3)
    observe(desk, other, days=40)
    desk.count()

    page = show(signed_in(), home(desk, "/observaciones"))

    listed = [one for one in page.links if one.startswith(home(desk, "/sujetos/")) and "filas" not in one]
    assert [one.rpartition("/")[2] for one in listed] == [str(other), str(desk.place.sujetos[0])]
    assert "hace 40 días" in page.text


def test_an_empty_padron_teaches(make_place: Callable[..., Place], live: LiveServer) -> None:
    place = make_place()
    place.actor("garante_admin")
    with place.database.owner_work(place.system) as session:
        session.execute(
            text("UPDATE sujeto_obligado SET status = 'merged' WHERE tenant_id = :t"), {"t": place.tenant_id}
        )

    page = show(live.client(place.email("garante_admin")), f"/{place.slug}/cumplimiento")

    assert "El padrón está vacío" in page.text
    assert f"/{place.slug}/padron" in page.links


@pytest.mark.parametrize("role", TENANT_ROLES)
def test_only_the_garante_looks(desk: Desk, signed_in: Clients, role: str) -> None:
    garante = role.startswith("garante")
    client = signed_in(role)

    for path in ("", "/observaciones", "/recordatorios", f"/sujetos/{desk.place.sujetos[0]}", ".csv"):
        assert client.get(home(desk, path)).status_code == (200 if garante else 403), path
    assert client.get(home(desk, "/recordatorios/nuevo")).status_code == (200 if garante else 403)


def test_another_tenants_body_is_not_there(desk: Desk, other_place: Place, live: LiveServer) -> None:
    other_place.actor("garante_admin")
    client = live.client(other_place.email("garante_admin"))
    body = desk.place.sujetos[0]

    for slug in (desk.place.slug, other_place.slug):
        for path in (f"/sujetos/{body}", f"/sujetos/{body}/filas?de=curso", f"/sujetos/{body}/informe.csv"):
            assert client.get(f"/{slug}/cumplimiento{path}").status_code == 404

"""The operator's pages: founding a tenant, suspending it, and seeing no draft."""

import re
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlmodel import select

from app.core.audit import AuditEvent
from app.core.db import Database
from app.core.public_log import PublicAct
from tests.conftest import LiveServer, Place
from tests.continuity.people import person
from tests.factories import document, draft


@pytest.fixture(scope="module")
def operator(database: Database) -> tuple[UUID, str]:
    """Somebody who operates the platform: their account and address."""
    return person(database, "platform_operator")


@pytest.fixture
def desk(live: LiveServer, operator: tuple[UUID, str]) -> httpx2.Client:
    return live.client(operator[1])


def _answers(slug: str) -> dict[str, str]:
    return {
        "paso": "3",
        "name": "Instituto de Transparencia de Prueba",
        "short_name": "ITP",
        "state": "14",
        "time_zone": "America/Mexico_City",
        "slug": slug,
        "prefix": f"ocds-{uuid4().hex[:6]}",
        "prefix_kind": "used",
        "prefix_source": "prueba",
        "policy": "garante",
        "accent": "#0b6148",
        "admin_name": "Ana Prueba",
        "admin_email": f"ana@{slug}.example.org",
    }


def _slug() -> str:
    return f"nuevo-{uuid4().hex[:8]}"


def test_three_steps_without_script_make_a_tenant_that_serves_at_once(
    live: LiveServer, desk: httpx2.Client
) -> None:
    slug = _slug()
    answers = _answers(slug)
    first = desk.post("/plataforma/organismos/nuevo", data=answers | {"paso": "1", "slug": "", "prefix": ""})
    assert first.status_code == 200
    assert "Paso 2 de 3" in first.text
    assert "ocds-prb" in first.text  # a prefix that is free is offered
    second = desk.post("/plataforma/organismos/nuevo", data=answers | {"paso": "2"})
    assert "Paso 3 de 3" in second.text
    assert f"/{slug}/" in second.text
    third = desk.post("/plataforma/organismos/nuevo", data=answers)
    assert third.headers["location"] == f"/plataforma/organismos/{slug}"

    assert desk.get(f"/{slug}/").status_code == 200
    assert desk.get(f"/{slug}/api/v1/").status_code == 200
    card = desk.get(f"/plataforma/organismos/{slug}").text
    assert "Instituto de Transparencia de Prueba" in card
    assert answers["prefix"] in card
    assert answers["admin_email"] in card
    link = re.search(
        rf"/{slug}/invitacion/[^<\s]+", card
    )  # no mail is configured, so the operator hands it over
    assert link is not None
    assert live.client().get(link[0]).status_code == 200


def test_a_tenant_that_somebody_administers_invites_its_own_people(desk: httpx2.Client, place: Place) -> None:
    act = f"/plataforma/organismos/{place.slug}/administracion"
    who = {"admin_name": "Ana", "admin_email": f"ana@{place.slug}.example.org"}
    assert desk.post(act, data=who | {"admin_email": "nada"}).status_code == 422
    assert desk.post(act, data=who).status_code == 303
    assert desk.post(act, data=who).status_code == 409  # invited already
    place.actor("garante_admin")
    refused = desk.post(act, data=who | {"admin_email": "otra@example.org"})
    assert refused.status_code == 409
    assert "ya tuvo quien lo administre" in refused.text


def test_going_back_keeps_what_was_told(desk: httpx2.Client) -> None:
    answers = _answers(_slug())
    answer = desk.post("/plataforma/organismos/nuevo", data=answers | {"ir": "atras"})
    assert "Paso 2 de 3" in answer.text
    assert answers["prefix"] in answer.text
    assert "Instituto de Transparencia de Prueba" in answer.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"slug": "Con Espacios"}, "Solo minúsculas"),
        ({"slug": "plataforma"}, "dirección del propio servicio"),
        ({"prefix": "ocds-prb999"}, "prefijos de prueba"),
        ({"prefix": "otro"}, "debe ser ocds-"),
        ({"prefix_source": ""}, "exige su fuente"),
        ({"accent": "#ffff00"}, "contraste con el blanco"),
        ({"state": "77"}, "Paso 1 de 3"),
        ({"admin_email": "nadie"}, "Paso 3 de 3"),
        ({"name": ""}, "Paso 1 de 3"),
        ({"policy": "single"}, "Paso 2 de 3"),
    ],
    ids=["slug", "reserved", "test-prefix", "prefix", "source", "accent", "state", "email", "name", "policy"],
)
def test_what_cannot_stand_is_told_where_it_stands(
    desk: httpx2.Client, changes: dict[str, str], told: str
) -> None:
    slug = _slug()
    answer = desk.post("/plataforma/organismos/nuevo", data=_answers(slug) | changes)
    assert answer.status_code == 422
    assert told in answer.text
    assert desk.get(f"/{slug}/").status_code == 404


@pytest.mark.parametrize("field", ["slug", "prefix"])
def test_what_another_tenant_has_is_refused(desk: httpx2.Client, place: Place, field: str) -> None:
    taken = {"slug": place.slug, "prefix": place.prefix}[field]
    answer = desk.post("/plataforma/organismos/nuevo", data=_answers(_slug()) | {field: taken})
    assert answer.status_code == 422
    assert "ya es de otro organismo" in answer.text.lower()


def test_the_address_is_checked_while_it_is_typed(desk: httpx2.Client, place: Place) -> None:
    ask = "/plataforma/organismos/nuevo/direccion?slug="
    assert "Está libre" in desk.get(ask + _slug()).text
    assert "Ya es de otro organismo" in desk.get(ask + place.slug).text
    assert "Solo minúsculas" in desk.get(ask + "MAL").text
    assert "propio servicio" in desk.get(ask + "entrar").text


def test_a_suspended_tenant_serves_its_data_and_lets_nobody_work(
    live: LiveServer, desk: httpx2.Client, place: Place, database: Database
) -> None:
    reason = "Resolución del pleno por falta de titular"
    place.actor("garante_admin")
    person = live.client(place.email("garante_admin"))
    assert person.get(f"/{place.slug}/panel").status_code == 200
    act = f"/plataforma/organismos/{place.slug}"

    assert desk.post(f"{act}/suspension", data={"motivo": "corto"}).status_code == 422
    assert desk.post(f"{act}/suspension", data={"motivo": reason}).status_code == 303
    assert desk.post(f"{act}/suspension", data={"motivo": reason}).status_code == 409

    shut = person.get(f"/{place.slug}/panel")
    assert shut.status_code == 403
    assert reason in shut.text
    assert person.get(f"/{place.slug}/").status_code == 200
    assert person.get(f"/{place.slug}/api/v1/records").status_code == 200
    assert reason in desk.get(act).text

    assert desk.post(f"{act}/reanudacion", data={"motivo": "Ya hay titular del organismo"}).status_code == 303
    live.app.state.directory.forget()
    assert person.get(f"/{place.slug}/panel").status_code == 200
    with database.owner_work(place.system) as session:
        told = session.exec(select(PublicAct).where(PublicAct.kind == "suspension")).all()
        verbs = session.exec(select(AuditEvent.verb).where(AuditEvent.subject_type == "tenant")).all()
    assert [act.detail["act"] for act in told] == ["suspend", "resume"]
    assert {"tenant.suspend", "tenant.resume"} <= set(verbs)


PAGES = ("/plataforma", "/plataforma/organismos/nuevo", "/plataforma/organismos/{slug}")


def test_only_the_platform_finds_its_pages(live: LiveServer, place: Place, database: Database) -> None:
    place.actor("garante_admin")
    strangers = live.client(place.email("garante_admin"))
    monitor = live.client(person(database, "national_monitor")[1])
    for page in PAGES:
        address = page.format(slug=place.slug)
        assert strangers.get(address).status_code == 404
        assert monitor.get(address).status_code == 403
    for act in ("suspension", "reanudacion"):
        address = f"/plataforma/organismos/{place.slug}/{act}"
        assert strangers.post(address, data={"motivo": "porque quiero hacerlo"}).status_code == 404
        assert monitor.post(address, data={"motivo": "porque quiero hacerlo"}).status_code == 403


def test_operators_read_no_drafts(desk: httpx2.Client, place: Place) -> None:
    secret = f"secreto {uuid4().hex}"
    ref = draft(place, document(tender={**document()["tender"], "title": secret}))
    for address in (
        f"/{place.slug}/panel",
        f"/{place.slug}/procesos-internos",
        f"/{place.slug}/procesos-internos/{ref.process_id}",
        f"/{place.slug}/registro",
    ):
        assert desk.get(address).status_code == 404
    for page in PAGES:
        assert secret not in desk.get(page.format(slug=place.slug)).text

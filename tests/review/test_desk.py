"""The desk over real HTTP, as a browser without JavaScript uses it: forms, redirects, refusals."""

from collections.abc import Callable
from uuid import UUID

import httpx2
import pytest
from fastapi.routing import APIRoute
from sqlmodel import select

from app.core.policy import ROLES, SUJETO_ROLES, TENANT_ROLES
from app.identity.desk import PAGES
from app.processes.queries import VersionRef
from app.publication import router as publishing
from app.publication.models import Release
from app.review import router as review
from app.review import service
from app.review.service import Remark
from tests.conftest import LiveServer, Place
from tests.factories import document, draft, invalid_document, new_ocid
from tests.html import Page
from tests.review.test_service import act, put_in, read

Clients = Callable[..., httpx2.Client]


@pytest.fixture(scope="module")
def place(make_place: Callable[..., Place]) -> Place:
    """A tenant of two bodies, one of each policy that reviews."""
    made = make_place(policy="garante")
    made.add_sujeto(policy="self", name="COMISIÓN ESTATAL PARA LA PLANEACIÓN Y PROGRAMACIÓN DEL DESARROLLO")
    return made


@pytest.fixture
def signed_in(live: LiveServer, place: Place) -> Clients:
    """A browser in which somebody of the tenant is signed in."""

    def enter(role: str, sujeto: UUID | None = None) -> httpx2.Client:
        actor = place.actor(role, sujeto)
        return live.client(place.email(role, actor.sujeto_obligado_id))

    return enter


def show(client: httpx2.Client, path: str, status: int = 200) -> Page:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    page = Page(answer.text)
    assert page.faults == []
    return page


def at(place: Place, ref: VersionRef, act: str = "") -> str:
    address = f"/{place.slug}/procesos-internos/{ref.process_id}"
    return f"{address}/versiones/{ref.number}/{act}" if act else address


def send(client: httpx2.Client, page: Page, address: str, **more: str | list[str]) -> httpx2.Response:
    return client.post(address, data={**page.form(address), **more})


def test_from_draft_to_public_by_forms_alone(place: Place, signed_in: Clients) -> None:
    ref = draft(place)
    editor, reviewer, publisher = (
        signed_in(role) for role in ("so_editor", "garante_reviewer", "so_publisher")
    )
    here = at(place, ref)

    sent = send(editor, show(editor, here), at(place, ref, "revision"))
    assert (sent.status_code, sent.headers["location"]) == (303, here)
    assert "Papelería para oficinas" in show(reviewer, f"/{place.slug}/panel").text
    approved = send(reviewer, show(reviewer, here), at(place, ref, "aprobacion"))
    assert approved.status_code == 303
    assert at(place, ref, "publicacion") in show(publisher, here).links
    asked = show(publisher, at(place, ref, "publicacion"))
    assert "Esto será público" in asked.text
    published = send(publisher, asked, at(place, ref, "publicacion"))

    assert (published.status_code, published.headers["location"]) == (303, here)
    told = show(publisher, here)
    assert "Está publicada" in told.text
    (public,) = [one for one in told.links if f"/{place.slug}/procesos/" in one]
    assert "Papelería para oficinas" in publisher.get(public).text
    with place.database.unit_of_work(place.system) as session:
        release = session.exec(select(Release).where(Release.process_id == ref.process_id)).one()
    assert (release.version_number, release.tag) == (1, ["tender"])


def test_returned_with_observations_beside_their_values(place: Place, signed_in: Clients) -> None:
    ref = draft(place)
    act(place, place.actor("so_editor"), "submit", ref)
    reviewer, editor = signed_in("garante_reviewer"), signed_in("so_editor")
    way = at(place, ref, "devolucion")

    form = show(reviewer, f"{way}?en=/tender/title&en=/nada/aqui&en=/tender/title")
    assert "Licitación › Título" in form.text
    assert "Dice: Papelería para oficinas" in form.text
    pointers = ["/tender/title", ""]
    empty = send(reviewer, form, way, pointer=pointers, remark=["", ""])
    assert empty.status_code == 422
    assert "Hay una observación sin texto" in Page(empty.text).text
    typed = reviewer.post(
        way, data={"row_version": "2", "pointer": pointers, "remark": ["  ", "Lo demás bien"]}
    )
    assert "Lo demás bien" in typed.text
    given = send(reviewer, form, way, pointer=pointers, remark=["¿Cuál papelería?", ""])

    assert given.status_code == 303
    told = show(editor, at(place, ref))
    assert told.text.count("¿Cuál papelería?") == 2  # in the list, and beside the value
    assert f"{at(place, ref)}#en:/tender/title" in told.links
    assert "Devueltas a ti" in show(editor, f"/{place.slug}/panel").text


def test_errors_lead_to_their_values_and_hold_the_version_back(place: Place, signed_in: Clients) -> None:
    ref = draft(place, invalid_document())
    editor = signed_in("so_editor")

    page = show(editor, at(place, ref))

    assert "Para seguir hay que corregir 1 error." in page.text
    assert f"{at(place, ref)}#en:/tender/value/amount" in page.links
    assert "en:/tender/value/amount" in page.ids
    assert at(place, ref, "revision") not in [form["action"] for form in page.forms]
    forced = editor.post(at(place, ref, "revision"), data={"row_version": "1"})
    assert forced.status_code == 422
    assert "debe ser un número" in forced.text
    assert read(place, ref).status == "draft"


def test_the_difference_to_what_is_published_comes_in_words(place: Place, signed_in: Clients) -> None:
    ocid = new_ocid(place)
    first = draft(place, ocid=ocid)
    put_in(place, first, "published")
    tender = document()["tender"]
    draft(place, document(tender=tender | {"title": "Papel reciclado"}, language=None), ocid=ocid)

    page = show(signed_in("garante_reviewer"), at(place, first))

    assert "Qué cambia respecto de lo publicado" in page.text
    assert "Antes: Papelería para oficinas Ahora: Papel reciclado" in page.text
    assert "Idioma Antes: es Se quitó" in page.text
    assert "Versión 1" in page.text


def test_a_stale_form_is_refused_and_changes_nothing(place: Place, signed_in: Clients) -> None:
    ocid = new_ocid(place)
    ref = draft(place, ocid=ocid)
    editor = signed_in("so_editor")
    old = show(editor, at(place, ref))
    draft(place, document(language="en"), ocid=ocid)

    late = send(editor, old, at(place, ref, "revision"))

    assert late.status_code == 409
    assert "Alguien guardó cambios antes que tú" in late.text
    assert read(place, ref).status == "draft"


@pytest.mark.parametrize(
    "sent", [{}, {"row_version": "x"}, {"row_version": "9" * 5000}, {"row_version": "-1"}]
)
def test_a_form_without_its_row_version_is_not_understood(
    place: Place, signed_in: Clients, sent: dict[str, str]
) -> None:
    ref = draft(place)

    answer = signed_in("so_editor").post(at(place, ref, "revision"), data=sent)

    assert answer.status_code == 400
    assert read(place, ref).status == "draft"


def test_a_published_page_form_that_is_stale_publishes_nothing(place: Place, signed_in: Clients) -> None:
    ref = draft(place)
    act(place, place.actor("so_editor"), "submit", ref)
    act(place, place.actor("garante_reviewer"), "approve", ref, 2)
    publisher = signed_in("so_publisher")

    late = publisher.post(at(place, ref, "publicacion"), data={"row_version": "2"})
    blank = publisher.post(at(place, ref, "publicacion"))

    assert (late.status_code, blank.status_code) == (409, 400)
    assert read(place, ref).status == "approved"


def test_content_that_went_bad_after_approval_is_not_published(place: Place, signed_in: Clients) -> None:
    ref = draft(place, invalid_document())
    put_in(place, ref, "approved")
    publisher = signed_in("so_publisher")

    asked = show(publisher, at(place, ref, "publicacion"))
    assert "Así no puede publicarse" in asked.text
    assert asked.forms[-1]["action"] == "/salir"  # no form offers to publish it
    forced = publisher.post(at(place, ref, "publicacion"), data={"row_version": "1"})

    assert forced.status_code == 422
    assert "debe ser un número" in forced.text
    assert read(place, ref).status == "approved"


def test_discarding_tells_in_numbers_and_can_be_undone(place: Place, signed_in: Clients) -> None:
    ref = draft(place)
    editor = signed_in("so_editor")
    page = show(editor, at(place, ref))
    assert "Se quitará de la mesa este borrador con 12 datos" in page.text

    send(editor, page, at(place, ref, "descarte"))
    gone = show(editor, at(place, ref))
    assert "Puede recuperarse hasta el" in gone.text
    assert "Papelería para oficinas" in gone.text
    assert signed_in("garante_admin").get(at(place, ref)).status_code == 404
    send(editor, gone, at(place, ref, "recuperacion"))

    assert read(place, ref).status == "draft"


def test_a_discarded_version_comes_back_from_beside_the_published_one(
    place: Place, signed_in: Clients
) -> None:
    ocid = new_ocid(place)
    first = draft(place, ocid=ocid)
    put_in(place, first, "published")
    second = draft(place, document(language="en"), ocid=ocid)
    act(place, place.actor("so_editor"), "discard", second)
    editor = signed_in("so_editor")

    page = show(editor, at(place, second))
    assert "Está publicada" in page.text
    send(editor, page, at(place, second, "recuperacion"))

    assert read(place, second).status == "draft"


def test_every_role_sees_the_desk_that_is_its_own(place: Place, signed_in: Clients) -> None:
    draft(place)
    lists = {
        "so_editor": ["Devueltas a ti", "Borradores", "En revisión"],
        "so_publisher": ["Esperan tu decisión", "Listas para publicar", "Borradores"],
        "so_admin": ["En curso"],
        "so_reader": ["En curso"],
        "garante_reviewer": ["Esperan tu decisión"],
        "garante_admin": ["Tus borradores"],
    }
    for role in TENANT_ROLES:
        client = signed_in(role)
        page = show(client, f"/{place.slug}/panel")
        assert [title for title in lists[role] if title in page.text] == lists[role]
        desk = [
            one.removeprefix(f"/{place.slug}/") for one in page.links if one.startswith(f"/{place.slug}/")
        ]
        ways = [segment for _, segment, permission in PAGES if permission in ROLES[role]]
        assert [one for one in desk if one][: len(ways)] == ways
        for segment in ("panel", "procesos-internos", "padron", "bitacora"):
            answer = client.get(f"/{place.slug}/{segment}")
            assert answer.status_code == (200 if segment in ways else 403), (role, segment)
            assert Page(answer.text).faults == []


def test_what_one_has_captured_waits_for_somebody_else(place: Place, signed_in: Clients) -> None:
    sujeto = place.sujetos[1]
    mine = document(tender=document()["tender"] | {"title": "Lo que importé yo"})
    publisher = place.actor("so_publisher", sujeto)
    ref = draft(place, mine, editor=publisher, sujeto=sujeto)
    other = draft(place, sujeto=sujeto)
    editor = place.actor("so_editor", sujeto)
    act(place, editor, "submit", ref)
    act(place, editor, "submit", other)
    client = signed_in("so_publisher", sujeto)

    page = show(client, f"/{place.slug}/panel/por-decidir")

    assert at(place, other) in page.links
    assert at(place, ref) not in page.links
    alone = show(client, at(place, ref))
    assert "Participaste en la captura" in alone.text
    assert at(place, ref, "aprobacion") not in [form["action"] for form in alone.forms]


def test_a_list_of_the_desk_goes_on_where_it_stopped(place: Place, live: LiveServer) -> None:
    sujeto = place.add_sujeto(policy="self")
    refs = [draft(place, sujeto=sujeto) for _ in range(53)]
    client = live.client(place.email("so_editor", sujeto))

    short = show(client, f"/{place.slug}/panel")
    first = show(client, f"/{place.slug}/panel/borradores")
    (following,) = [one for one in first.links if "cursor=" in one]
    second = show(client, following)

    def listed(page: Page) -> list[str]:
        return [one for one in page.links if one in {at(place, ref) for ref in refs}]

    assert listed(short) == [at(place, ref) for ref in refs[:5]]
    assert listed(first) + listed(second) == [at(place, ref) for ref in refs]
    assert client.get(f"/{place.slug}/panel/nada").status_code == 404
    assert client.get(f"/{place.slug}/panel/borradores?cursor=x").status_code == 400


def test_a_long_list_has_pages_of_its_own_and_errors_lead_there(place: Place, signed_in: Clients) -> None:
    items = [{"id": str(number), "description": f"Bien {number}"} for number in range(120)]
    items[70]["quantity"] = "muchos"
    ref = draft(place, document(tender=document()["tender"] | {"items": items}))
    client = signed_in("so_editor")

    whole = show(client, at(place, ref))
    (mend,) = [one for one in whole.links if "quantity" in one]
    rest = show(client, mend.partition("#")[0])

    assert mend == f"{at(place, ref)}/lista?en=%2Ftender%2Fitems&desde=50#en:/tender/items/70/quantity"
    assert mend.partition("#")[2] in rest.ids
    assert "Del 51 al 100 de 120." in rest.text
    assert f"{at(place, ref)}/lista?en=/tender/items&desde=20" in whole.links
    for bad in ("?en=/tender/title", "?en=/tender/items&desde=120", "?en=/x&desde=0"):
        assert client.get(f"{at(place, ref)}/lista{bad}").status_code == 404
    assert client.get(f"{at(place, ref)}/lista?en=/tender/items&desde=-1").status_code == 400


ROUTES = [
    (route.path, method)
    for router in (review.router, publishing.router)
    for route in router.routes
    if isinstance(route, APIRoute) and "{process_id}" in route.path
    for method in sorted(route.methods)
]


def test_all_routes_of_a_process_are_walked() -> None:
    assert len(ROUTES) > 12


@pytest.mark.parametrize("role", TENANT_ROLES)
def test_another_tenants_process_and_another_bodys_are_not_there(
    place: Place, other_place: Place, live: LiveServer, role: str
) -> None:
    ref = draft(place)
    in_review = draft(place)
    act(place, place.actor("so_editor"), "submit", in_review)
    stranger = other_place.actor(role)
    strangers = [(live.client(other_place.email(role, stranger.sujeto_obligado_id)), [place, other_place])]
    if role in SUJETO_ROLES:
        place.actor(role, place.sujetos[1])
        strangers.append((live.client(place.email(role, place.sujetos[1])), [place]))
    for client, doors in strangers:
        for path, method in ROUTES:
            for one in (ref, in_review):
                for door in doors:
                    address = path.format(tenant=door.slug, process_id=one.process_id, number=one.number)
                    answer = client.request(
                        method,
                        address + ("?en=/parties" if path.endswith("lista") else ""),
                        data={"row_version": "1"} if method == "POST" else None,
                    )
                    assert answer.status_code == 404, (method, address)
                    assert "Papelería" not in answer.text
    assert (read(place, ref).status, read(place, in_review).status) == ("draft", "in_review")


def test_nobody_signed_in_is_led_to_the_door(place: Place, live: LiveServer) -> None:
    ref = draft(place)
    client = live.client()
    for path, method in ROUTES:
        address = path.format(tenant=place.slug, process_id=ref.process_id, number=1)
        answer = client.request(method, address)
        assert answer.status_code == (303 if method == "GET" else 401), address
        if method == "GET":
            assert answer.headers["location"].startswith("/entrar?siguiente=")


@pytest.mark.parametrize(
    "address",
    [
        "x",
        "00000000-0000-0000-0000-000000000000",
        "{process}/versiones/0/publicacion",
        "{process}/versiones/99999999999/publicacion",
        "{process}/versiones/7/devolucion",
    ],
)
def test_what_is_no_process_or_version_is_not_there(place: Place, signed_in: Clients, address: str) -> None:
    ref = draft(place)

    answer = signed_in("garante_reviewer").get(
        f"/{place.slug}/procesos-internos/{address.format(process=ref.process_id)}"
    )

    assert answer.status_code == 404


def test_remarks_that_do_not_pair_with_places_are_not_understood(place: Place, signed_in: Clients) -> None:
    ref = draft(place)
    act(place, place.actor("so_editor"), "submit", ref)

    answer = signed_in("garante_reviewer").post(
        at(place, ref, "devolucion"), data={"row_version": "2", "pointer": ["", "/tender"], "remark": "x"}
    )

    assert answer.status_code == 400
    assert read(place, ref).status == "in_review"


def test_hostile_text_stays_text(place: Place, signed_in: Clients) -> None:
    hostile = "<script>alert(1)</script>"
    tender = document()["tender"] | {"title": hostile, hostile: {hostile: hostile}}
    ref = draft(place, document(tender=tender, documents=[{"id": "1", "url": f"javascript:{hostile}"}]))
    act(place, place.actor("so_editor"), "submit", ref)
    reviewer = place.actor("garante_reviewer")
    with place.database.unit_of_work(reviewer) as session:
        service.return_with_observations(session, reviewer, ref, 2, [Remark("/tender/title", hostile)])

    answer = signed_in("so_editor").get(at(place, ref))

    assert Page(answer.text).faults == []
    assert "<script>alert" not in answer.text
    assert 'href="javascript:' not in answer.text

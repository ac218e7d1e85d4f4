"""Lists over real HTTP: processes by status, the padrón, the log; each shows what its reader may see."""

import ast
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from sqlmodel import update

from app.core.policy import TENANT_ROLES
from app.imports.workflow import RUNS
from app.processes.history import VERBS
from app.processes.models import VERSION_STATUSES, ProcessVersion
from app.processes.queries import VersionRef
from app.processes.workflow import POLICY_LABELS, VERSIONS
from app.tenancy.models import POLICIES
from app.web.components import STATES
from tests.conftest import LiveServer, Place
from tests.factories import document, draft, new_ocid
from tests.html import Page

APP = Path(__file__).parents[2] / "app"


@pytest.fixture(scope="module")
def place(make_place: Callable[..., Place]) -> Place:
    """A tenant of two bodies with somebody in every role of the first."""
    made = make_place()
    made.add_sujeto(policy="self", name="Universidad Autónoma de Pruebas", rfc="UAP010101AB1")
    for role in TENANT_ROLES:
        made.actor(role)
    return made


@pytest.fixture(scope="module")
def drafts(place: Place) -> dict[str, VersionRef]:
    """A version of the first body in each status, and a draft of the second."""
    made = {status: draft(place, titled(f"Caso {status}")) for status in VERSION_STATUSES}
    with place.database.owner_work(place.system) as session:
        for status, ref in made.items():
            session.exec(
                update(ProcessVersion)
                .where(ProcessVersion.process_id == ref.process_id)  # type: ignore[arg-type]
                .values(status=status)
            )
    return made | {"other": draft(place, titled("Caso ajeno"), sujeto=place.sujetos[1])}


def titled(title: str) -> dict[str, object]:
    return document(tender=document()["tender"] | {"title": title})


def show(client: httpx2.Client, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    page = Page(answer.text)
    assert page.faults == []
    return page


def enter(live: LiveServer, place: Place, role: str) -> httpx2.Client:
    return live.client(place.email(role, place.actor(role).sujeto_obligado_id))


@pytest.mark.parametrize("role", ["so_editor", "so_reader", "garante_reviewer"])
def test_each_status_has_its_list(
    live: LiveServer, place: Place, drafts: dict[str, VersionRef], role: str
) -> None:
    client = enter(live, place, role)
    here = f"/{place.slug}/procesos-internos"

    for status in VERSION_STATUSES:
        answer = client.get(f"{here}?estado={status}")
        if status == "discarded" and role != "so_editor":
            assert answer.status_code == 404
            continue
        page = Page(answer.text)
        assert page.faults == []
        listed = [title for title in drafts if f"Caso {title}" in page.text]
        assert listed == [status]
        assert ("Caso ajeno" in page.text) == (status == "draft" and role == "garante_reviewer")
    whole = show(client, here)
    assert [status for status in VERSION_STATUSES if f"Caso {status}" in whole.text] == [
        "draft",
        "in_review",
        "returned",
        "approved",
        "scheduled",
    ]
    assert client.get(f"{here}?estado=nada").status_code == 404


def test_only_the_last_published_version_of_a_process_is_listed(live: LiveServer, place: Place) -> None:
    ocid = new_ocid(place)
    for title in ("Publicado antes", "Publicado después"):
        ref = draft(place, titled(title), ocid=ocid)
        with place.database.owner_work(place.system) as session:
            session.exec(
                update(ProcessVersion)
                .where(ProcessVersion.process_id == ref.process_id)  # type: ignore[arg-type]
                .values(status="published")
            )

    page = show(enter(live, place, "so_editor"), f"/{place.slug}/procesos-internos?estado=published")

    assert page.links.count(f"/{place.slug}/procesos-internos/{ref.process_id}") == 1
    assert "Publicado antes" not in page.text


def test_lists_go_on_where_they_stopped(live: LiveServer, make_place: Callable[..., Place]) -> None:
    place = make_place()
    refs = [draft(place) for _ in range(51)]
    place.actor("garante_admin")
    client = live.client(place.email("garante_admin"))

    path = f"/{place.slug}/procesos-internos"
    first = show(client, path)
    (following,) = [one for one in first.links if "cursor=" in one]
    second = show(client, following)
    known = [f"/{place.slug}/procesos-internos/{ref.process_id}" for ref in refs]
    assert [one for one in (*first.links, *second.links) if one in known] == known
    assert "Volver al inicio" in second.text
    assert client.get(f"{path}?cursor=x").status_code == 400


def test_every_verb_that_is_recorded_has_words() -> None:
    recorded = {
        node.args[1].value
        for path in APP.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("record", "record_many")
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
    }
    moved = {f"process.{row.action}" for row in VERSIONS.transitions if row.action != "edit"}
    assert "process.save" in recorded
    assert (recorded | moved | {f"import.{row.action}" for row in RUNS.transitions}) - set(VERBS) == set()


def test_every_status_and_policy_has_words() -> None:
    assert {key: STATES[key].label for key in VERSIONS.statuses} == VERSIONS.statuses
    assert set(VERSIONS.statuses) == set(VERSION_STATUSES)
    assert set(POLICY_LABELS) == set(POLICIES)

"""Whole procedures captured through the real pages by keyboard alone, approved, published and read back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from app.ocds import model
from tests.browser import NEEDS_CHROMIUM, complaints
from tests.conftest import Place
from tests.e2e.conftest import Desk
from tests.e2e.keyboard import Keyboard
from tests.e2e.official import Official
from tests.e2e.stories import NAMES, alike, story

pytestmark = NEEDS_CHROMIUM

STEP_MS = 30_000
ENVELOPE = ("ocid", "id", "date", "tag", "initiationType")

OF_DRILLS = ("invitación", "directa", "desierta")
"""What they do the first does as well."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.drill] if name in OF_DRILLS else []) for name in NAMES],
)
def test_a_procedure_from_the_keyboard_to_the_world(
    desk: Desk, make_place: Callable[..., Place], name: str
) -> None:
    place, expected = make_place(), story(name)
    said: list[list[str]] = []

    def enter(role: str) -> Page:
        sujeto = place.actor(role).sujeto_obligado_id
        desk.live.app.state.directory.forget()
        page = desk.open(place.email(role, sujeto)).new_page()
        said.append(complaints(page))
        page.set_default_timeout(STEP_MS)
        page.goto(f"/{place.slug}/panel")
        return page

    official = Official(enter("so_editor"), expected)
    official.begin()
    official.capture()
    official.send()
    title = expected["tender"]["title"]
    for role, acts in (("garante_reviewer", ("Aprobar",)), ("so_publisher", ("Publicar", "Publicar"))):
        keys = Keyboard(enter(role))
        keys.press(title)
        for act in acts:
            keys.press(act)

    page = desk.open().new_page()
    releases = page.request.get(f"/{place.slug}/api/v1/releases").json()["releases"]
    assert len(releases) == 1
    release = releases[0]
    document = {key: value for key, value in release.items() if key not in ENVELOPE}
    found, wanted = alike(document, expected)
    assert {"lost": sorted(set(wanted) - set(found)), "more": sorted(set(found) - set(wanted))} == {
        "lost": [],
        "more": [],
    }
    assert found == wanted
    assert release["ocid"].startswith(f"{place.prefix}-")
    # Leaving a page drops the reading of what is missing that was under way.
    assert [line for lines in said for line in lines if "ERR_ABORTED" not in line] == []


def test_every_field_of_the_stories_is_the_models() -> None:
    for name in NAMES:
        for key in story(name):
            assert key in model.FIELDS

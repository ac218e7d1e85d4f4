"""The page that tells how to check a chain: its commands do what it says."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core import keys
from app.proof import signing
from app.settings import Settings
from app.tenancy.queries import TenantDirectory
from tests.conftest import LiveServer, Place
from tests.docs import console
from tests.openapi.conftest import Publisher

PAGE = "verificar.md"


@pytest.fixture
def published(make_place: Callable[..., Place], live: LiveServer, settings: Settings) -> Place:
    place = make_place(policy="direct")
    for _ in range(3):
        Publisher(place).publish()
    view = TenantDirectory(place.database).by_slug(place.slug)
    signing.sign_due(place.database, keys.of(settings), [view])
    live.app.state.directory.forget()
    return place


def test_its_commands_check_a_chain_and_keep_a_head(
    published: Place, live: LiveServer, tmp_path: Path
) -> None:
    addresses = {
        "https://datos.example/jalisco": f"{live.url}/{published.slug}",
        "https://datos.example": live.url,
    }

    said = [console.run(command, tmp_path, addresses) for command in console.commands(PAGE)]

    assert len(said) == 3
    assert all("todo corresponde" in one for one in said)
    assert json.loads((tmp_path / "cabeza.json").read_text())["signature"]

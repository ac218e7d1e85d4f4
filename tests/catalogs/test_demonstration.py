"""The catalogues of the demonstration are loaded by it alone, and fit what it buys."""

from io import BytesIO

import pytest

from app.catalogs import queries, service
from app.catalogs.kinds import KINDS, named
from app.catalogs.reading import read
from app.demo.catalogs import demo_catalogs
from app.demo.phrases import SUBJECTS
from tests.catalogs.conftest import Shelf


@pytest.mark.parametrize("kind", demo_catalogs())
def test_every_row_of_it_can_be_used(kind: str) -> None:
    content = read(BytesIO(demo_catalogs()[kind].encode()), KINDS[kind])
    assert content.refused == []
    assert content.repeated == 0
    assert len(content.entries) >= 14


def test_it_has_what_the_demonstration_buys() -> None:
    codes = {code for _, code in read(BytesIO(demo_catalogs()["cucop"].encode()), KINDS["cucop"]).entries}
    partidas = {code for _, code in read(BytesIO(demo_catalogs()["cog"].encode()), KINDS["cog"]).entries}
    bought = {line.code for subject in SUBJECTS for line in subject.lines}
    assert bought <= codes
    assert {code[:5] for code in bought} <= partidas


def test_it_says_that_it_is_a_demonstration_until_a_file_is_loaded(shelf: Shelf) -> None:
    system = shelf.place.system
    with shelf.place.database.unit_of_work(system) as session:
        content = BytesIO(demo_catalogs()["cog"].encode())
        load = service.receive(
            session, system, shelf.storage, "cog", content, filename="demo", origin="demonstration"
        )
        service.apply(session, system, shelf.storage, load.load_id)
        assert queries.state(session, system, named("cog")).is_demonstration
    shelf.load("clave,descripción\n21100,Materiales de oficina\n", "cog", complete=True)
    with shelf.place.database.unit_of_work(system) as session:
        assert not queries.state(session, system, named("cog")).is_demonstration

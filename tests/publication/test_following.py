"""Following the chains: every change is given to who follows, in order, with what it derives or not at all."""

from collections.abc import Callable, Sequence

import pytest

from app.core.db import Actor, Database, RwSession
from app.publication import following
from app.publication.models import ChainHead
from tests.conftest import Place, place_maker
from tests.factories import document
from tests.publication.conftest import Press


@pytest.fixture
def press(make_place: Callable[..., Place]) -> Press:
    return Press(make_place(policy="direct"))


class Notebook:
    """Writes down what it was given of one tenant; fails when it is told to."""

    def __init__(self, press: Press) -> None:
        self.press = press
        self.given: list[list[str]] = []
        self.fails = False

    def __call__(self, _session: RwSession, actor: Actor, ocids: Sequence[str]) -> None:
        if actor.tenant_id != self.press.place.tenant_id:
            return
        if self.fails:
            raise RuntimeError
        self.given.append(list(ocids))

    def follow(self) -> list[list[str]]:
        self.given.clear()
        following.follow(self.press.place.database, self.press.place.slug, self)
        return self.given


def test_each_change_is_given_once_and_a_withdrawal_is_one(press: Press) -> None:
    notebook = Notebook(press)
    first, second = press.release()[0], press.release()[0]
    assert notebook.follow() == [sorted({first, second})]
    assert notebook.follow() == []

    press.release(document(description="Otra"), ocid=second)
    assert notebook.follow() == [[second]]
    press.withdraw(1)
    assert notebook.follow() == [[first]]


def test_work_that_fails_is_given_again_and_another_tenant_goes_on(
    press: Press, make_place: Callable[..., Place]
) -> None:
    notebook, other = Notebook(press), Notebook(Press(make_place(policy="direct")))
    ocid, elsewhere = press.release()[0], other.press.release()[0]
    notebook.fails = True

    def both(session: RwSession, actor: Actor, ocids: Sequence[str]) -> None:
        notebook(session, actor, ocids)
        other(session, actor, ocids)

    following.follow(press.place.database, press.place.slug, both)
    assert (notebook.given, other.given) == ([], [[elsewhere]])

    notebook.fails = False
    following.follow(press.place.database, press.place.slug, both)
    assert (notebook.given, other.given) == ([[ocid]], [[elsewhere]])


def test_who_begins_again_is_given_everything_in_units(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook(press)
    ocids = [press.release()[0] for _ in range(3)]
    notebook.follow()
    place = press.place
    with place.database.unit_of_work(Actor(tenant_id=place.tenant_id, role="system")) as session:
        following.begin_again(session, place.actor("so_editor"), place.slug)
    monkeypatch.setattr(following, "UNIT", 2)

    assert notebook.follow() == [sorted(ocids[:2]), ocids[2:]]
    with place.database.public_reading() as reading:
        assert following.up_to(reading, place.tenant_id, place.slug) is not None
        assert following.up_to(reading, place.tenant_id, "nadie") is None


def test_who_is_followed_by_another_at_the_moment_waits(press: Press) -> None:
    notebook = Notebook(press)
    ocid, _ = press.release()
    inner: list[list[str]] = []

    def meanwhile(_session: RwSession, actor: Actor, ocids: Sequence[str]) -> None:
        if actor.tenant_id == press.place.tenant_id:
            inner.extend(notebook.follow())
            notebook.given.append(list(ocids))

    following.follow(press.place.database, press.place.slug, notebook)
    assert notebook.given == [[ocid]]
    press.release(document(description="Más"), ocid=ocid)
    following.follow(press.place.database, press.place.slug, meanwhile)
    assert (inner, notebook.given) == ([], [[ocid]])


def test_of_a_tenant_that_was_deleted_there_is_nothing_to_follow(lone_database: Database) -> None:
    place = place_maker(lone_database)()
    with lone_database.owner_work(place.system) as session:
        session.add(ChainHead(tenant_id=place.tenant_id, position=3, entry_hash=b"x"))

    def never(_session: RwSession, _actor: Actor, _ocids: Sequence[str]) -> None:
        raise AssertionError

    assert following.follow(lone_database, "prueba", never) == 0
    with lone_database.public_reading() as session:
        assert following.up_to(session, place.tenant_id, "prueba") is None

"""The figures follow what is published: added, changed and withdrawn, they are what counting from nothing gives."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from app.core import json
from app.core.db import Database
from app.core.storage import Storage
from app.figures import keeping, queries
from app.figures.reading import first_told
from app.publication import following
from app.publication.models import Release
from tests.conftest import Place, place_maker
from tests.continuity.test_transfer import move
from tests.factories import document, new_ocid
from tests.figures.conftest import Counted, contract, supplied
from tests.publication.conftest import Press


def test_a_publication_a_correction_and_a_withdrawal(counted: Counted) -> None:
    body = counted.press.place.sujetos[0]
    ocid, _ = counted.press.release(supplied(contract(1000)))
    counted.count()
    assert counted.cells(2025)["contract"] == counted.cells(2025, body)["contract"] == [1, 100_000]
    figure = counted.figure(2025)
    assert figure
    assert (figure.processes, figure.contracts, figure.amount, figure.suppliers) == (1, 1, 100_000, 1)

    counted.press.release(supplied(contract(3000), suppliers=("BBB010101BBB",)), ocid=ocid)
    counted.count()
    assert counted.cells(2025)["contract"] == [1, 300_000]
    assert counted.supplier("id=AAA010101AAA") is None
    held = counted.supplier("id=BBB010101BBB", 2025, body)
    assert held
    assert (held.names, held.contracts, held.amount) == ({"Empresa BBB010101BBB": 1}, 1, 300_000)

    for position in (1, 2):
        counted.press.withdraw(position)
    counted.count()
    assert counted.everything() == []


def test_growth_is_read_from_the_releases_that_stand(counted: Counted) -> None:
    ocid, _ = counted.press.release(supplied(contract(1000)))
    amended = contract(
        1500, amendments=[{"id": "1", "description": "Más obra", "date": "2025-05-01T00:00:00-06:00"}]
    )
    counted.press.release(supplied(amended), ocid=ocid)
    counted.count()
    assert (counted.cells()["grown"], counted.cells()["grown_from"]) == ([1, 50_000], [1, 100_000])

    counted.press.withdraw(1)
    counted.count()
    assert "grown" not in counted.cells()
    assert counted.cells()["amended"] == [1, 150_000]


def test_suppliers_are_counted_once_and_their_squares_are_right(counted: Counted) -> None:
    counted.press.release(supplied(contract(100)))
    counted.press.release(supplied(contract(200)))
    counted.press.release(supplied(contract(50), suppliers=("BBB010101BBB",)))
    counted.count()
    figure = counted.figure()
    assert figure
    assert (figure.suppliers, figure.squares) == (2, 30_000**2 + 5_000**2)


def test_a_supplier_is_called_as_most_call_it_and_a_withdrawn_name_is_gone(counted: Counted) -> None:
    for name in ("Obras del Norte", "OBRAS DEL NORTE SA", "Obras del Norte"):
        written = supplied(contract(100))
        written["awards"][0]["suppliers"][0]["name"] = name
        counted.press.release(written)
    counted.count()
    held = counted.supplier("id=AAA010101AAA")
    assert held
    assert held.names == {"OBRAS DEL NORTE SA": 1, "Obras del Norte": 2}
    scope = queries.Scope((counted.press.place.tenant_id,))
    with counted.press.place.database.public_reading() as session:
        assert [one.name for one in queries.suppliers(session, scope)] == ["Obras del Norte"]

    for position in (1, 3):
        counted.press.withdraw(position)
    counted.count()
    held = counted.supplier("id=AAA010101AAA")
    assert held
    assert held.names == {"OBRAS DEL NORTE SA": 1}


def test_what_was_first_told_and_when_the_signature_was() -> None:
    releases = [
        ("o-1", datetime(2025, 3, day, 18, tzinfo=UTC), json.dumps({"contracts": [one]}))
        for day, one in (
            (2, contract(1000, "")),
            (4, contract(1100, "2025-03-01")),
            (9, contract(1200, "2025-03-01")),
        )
    ]
    told = first_told(releases)["o-1"]["C-1"]
    assert told.contract["value"]["amount"] == 1000
    assert told.signed_on == date(2025, 3, 4)


def test_counting_twice_adds_nothing(counted: Counted) -> None:
    counted.press.release(supplied(contract()))
    counted.count()
    before = counted.everything()
    counted.count()
    counted.rebuild()
    assert counted.everything() == before


def test_a_process_takes_its_figures_along_to_another_tenant(
    counted: Counted, make_place: Callable[..., Place], storage: Storage
) -> None:
    target = Counted(Press(make_place(policy="direct")))
    ocid, _ = counted.press.release(supplied(contract(1000)))
    counted.press.release(supplied(contract(2000)), ocid=ocid)
    counted.count()
    move(counted.press.place, target.press.place, storage)
    counted.count()
    target.count()
    assert counted.everything() == []
    assert target.cells(2025)["contract"] == [1, 200_000]

    # What was published there before is withdrawn in the chain that it stands in.
    target.press.withdraw(-1)
    counted.count()
    assert target.cells(2025)["contract"] == [1, 100_000]
    before = target.everything()
    target.rebuild()
    assert target.everything() == before


def test_the_lag_ends_when_everything_is_counted(lone_database: Database) -> None:
    def lag() -> float:
        with lone_database.public_reading() as session:
            return following.lag(session, keeping.FOLLOWER)

    assert lag() == 0
    for _ in range(2):
        Press(place_maker(lone_database)(policy="direct")).release()
    assert lag() > 0
    keeping.keep(lone_database)
    assert lag() == 0


class Chance:
    """Publishes, corrects and withdraws at random."""

    def __init__(self, counted: Counted, seed: int) -> None:
        self.counted, self.chance = counted, random.Random(seed)
        self.standing: dict[int, str] = {}
        self.position = 0

    def act(self) -> None:
        """Do one thing."""
        way = self.chance.random()
        press = self.counted.press
        if way < 0.2 and self.standing:
            position = self.chance.choice(sorted(self.standing))
            del self.standing[position]
            press.withdraw(position)
        else:
            known = sorted(set(self.standing.values()))
            ocid = self.chance.choice(known) if way < 0.5 and known else new_ocid(press.place)
            (outcome,) = press.publish(press.draft(self._document(), ocid=ocid))
            if not outcome.published:  # it says what stands already
                return
            self.standing[self.position + 1] = ocid
        self.position += 1

    def _document(self) -> dict[str, object]:
        pick = self.chance.choice
        if self.chance.random() < 0.1:
            return document(description=str(self.chance.random()))
        return supplied(
            *(
                contract(
                    round(self.chance.uniform(1, 10**6), 2),
                    f"202{pick('3456')}-0{pick('1234')}-1{pick('0123')}",
                    id=f"C-{number}",
                    period={
                        "startDate": f"202{pick('345')}-05-01T00:00:00-06:00",
                        "endDate": f"202{pick('678')}-05-01T00:00:00-06:00",
                    },
                    **(
                        {"amendments": [{"id": "1", "description": "Más"}]}
                        if self.chance.random() < 0.3
                        else {}
                    ),
                )
                for number in range(self.chance.randint(1, 3))
            ),
            suppliers=tuple(f"{letter * 3}010101AAA" for letter in self.chance.sample("ABCDE", 2)),
            numberOfTenderers=self.chance.randint(1, 12),
            procurementMethod=pick(["open", "selective", "direct"]),
        )


@pytest.mark.parametrize("acts", [60, pytest.param(10_000, marks=pytest.mark.drill)])
def test_counted_from_nothing_they_are_what_was_kept(counted: Counted, acts: int) -> None:
    at_random = Chance(counted, acts)
    for turn in range(acts):
        at_random.act()
        if turn % 7 == 0:
            counted.count()
    counted.count()
    kept = counted.everything()
    with counted.press.place.database.public_reading() as session:
        assert session.get(Release, (counted.press.place.tenant_id, at_random.position))
    assert len(kept) > 50
    counted.rebuild()
    assert counted.everything() == kept

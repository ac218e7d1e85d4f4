"""Reservations: what is reserved stays out of every release while it lasts, and the world is told that it does."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from app.core import clock
from app.core.errors import AppError, ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.outbox import OutboxEvent
from app.core.public_log import PublicAct
from app.processes.queries import VersionRef
from app.publication import reservations
from app.publication.models import Reservation
from app.publication.reservations import Asked
from app.tenancy.queries import TenantDirectory
from tests.conftest import Place
from tests.factories import document, new_ocid
from tests.publication.conftest import Press, tender

TODAY = date(2026, 11, 22)
ITEMS = [{"id": "1", "description": "Cámaras"}, {"id": "2", "description": "Rutas de patrullaje"}]


@dataclass
class Case:
    """A draft with something to reserve."""

    press: Press
    ref: VersionRef
    ocid: str

    @property
    def place(self) -> Place:
        return self.press.place

    def act(self, verb: Callable[..., Any], *args: Any, role: str = "garante_reviewer", **named: Any) -> Any:
        actor = self.place.actor(role)
        with self.place.database.unit_of_work(actor) as session:
            return verb(session, actor, self.ref.process_id, *args, **named)

    def ask(self, **changes: Any) -> UUID:
        told = {
            "kind": "reserved",
            "ground": "security",
            "article": "Artículo 112 de la Ley de Prueba",
            "reason": "Revela cómo se vigila.",
            "places": ("/tender/items/1",),
            "until": date(2028, 11, 22),
            "harm": "Facilita evadir la vigilancia.",
        }
        row = self.act(reservations.request, Asked(**(told | changes)), role="so_publisher", today=TODAY)
        return UUID(str(row.reservation_id))

    def grant(self, **changes: Any) -> UUID:
        reservation_id = self.ask(**changes)
        self.act(reservations.grant, reservation_id, today=TODAY)
        return reservation_id

    def row(self, reservation_id: UUID) -> Reservation:
        found: Reservation = self.act(reservations.one, reservation_id)
        return found

    def told(self) -> list[PublicAct]:
        with self.place.database.public_reading() as session:
            query = select(PublicAct).where(PublicAct.tenant_id == self.place.tenant_id)
            return sorted(session.exec(query), key=lambda act: act.number)


@pytest.fixture
def case(press: Press) -> Case:
    ocid = new_ocid(press.place)
    return Case(press, press.draft(tender(items=ITEMS), ocid=ocid), ocid)


def items(release: Any) -> list[str]:
    return [item["description"] for item in release["tender"].get("items", [])]


def test_what_is_reserved_stays_out_wherever_it_moves(case: Case) -> None:
    case.grant()

    _, first = case.press.release(tender(items=ITEMS[::-1]), ocid=case.ocid)
    _, second = case.press.release(
        tender(items=[{"id": "3", "description": "Mástil"}, *ITEMS]), ocid=case.ocid
    )

    assert items(first) == ["Cámaras"]
    assert "Rutas" not in str(second)
    assert items(case.press.record(case.ocid)) == ["Cámaras", "Mástil"]
    (act,) = case.told()
    assert (act.kind, act.detail) == (
        "reservation",
        {"classified": "reserved", "places": 1, "until": "2028-11-22"},
    )
    assert case.press.faults() == []


def test_nothing_is_published_while_a_reservation_is_to_be_decided(case: Case) -> None:
    reservation_id = case.ask()

    (held,) = case.press.publish(case.ref)
    case.act(reservations.refuse, reservation_id, "No se acredita el daño.")
    (outcome,) = case.press.publish(case.ref)

    assert held.problems[0]["code"] == "undecided"
    assert outcome.published
    assert items(case.press.releases(case.ocid)[0]) == ["Cámaras", "Rutas de patrullaje"]
    assert case.told() == []


def test_when_the_term_ends_the_system_says_so_and_publishes_nothing(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservation_id = case.grant()
    case.press.publish(case.ref)
    with case.place.database.public_reading() as session:
        views = [view for view in TenantDirectory(case.place.database).all() if view.slug == case.place.slug]
        assert session.is_active
    before = reservations.expire(case.place.database, views)
    now = clock.now().replace(year=2028, month=11, day=23, hour=18)
    monkeypatch.setattr(clock, "now", lambda: now)

    assert (before, reservations.expire(case.place.database, views)) == (0, 1)
    assert reservations.expire(case.place.database, views) == 0

    assert case.row(reservation_id).status == "ended"
    assert [act.kind for act in case.told()] == ["reservation", "reservation_ended"]
    with case.place.database.unit_of_work(case.place.system) as session:
        news = [row.payload for row in session.exec(select(OutboxEvent)) if row.kind == "reservation.ended"]
    assert [one["reservation_id"] for one in news] == [str(reservation_id)]
    assert items(case.press.releases(case.ocid)[-1]) == ["Cámaras"]
    _, after = case.press.release(tender(items=ITEMS, title="Otra"), ocid=case.ocid)
    assert "Rutas de patrullaje" in items(after)


def test_a_term_is_extended_once_with_its_ground(case: Case) -> None:
    reservation_id = case.grant()
    longer = {"until": date(2030, 1, 1), "why": "Subsisten las causas.", "today": TODAY}

    case.act(reservations.extend, reservation_id, **longer)

    assert case.row(reservation_id).until == date(2030, 1, 1)
    assert case.told()[-1].detail["extension"] == 1
    with pytest.raises(ConflictError):
        case.act(reservations.extend, reservation_id, **(longer | {"until": date(2031, 1, 1)}))
    case.act(reservations.end, reservation_id, "Dejaron de existir las causas.")
    assert case.row(reservation_id).status == "ended"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"places": ()}, InvalidError),
        ({"places": ("/tender/nada",)}, InvalidError),
        ({"places": ("x",)}, InvalidError),
        ({"places": ("",)}, InvalidError),
        ({"ground": "porque sí"}, InvalidError),
        ({"article": " "}, InvalidError),
        ({"reason": ""}, InvalidError),
        ({"kind": "secreta"}, InvalidError),
        ({"until": None}, InvalidError),
        ({"until": TODAY}, InvalidError),
        ({"until": date(2031, 11, 23)}, InvalidError),
        ({"harm": ""}, InvalidError),
        ({"harm_attachment_id": UUID(int=1)}, InvalidError),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_request_must_say_everything(case: Case, changes: dict[str, Any], error: type[AppError]) -> None:
    with pytest.raises(error):
        case.ask(**changes)


def test_who_may_not_decide_does_not(case: Case, other_press: Press) -> None:
    reservation_id = case.ask()

    for role in ("so_publisher", "so_editor", "garante_admin"):
        with pytest.raises(ForbiddenError):
            case.act(reservations.grant, reservation_id, role=role, today=TODAY)
    with pytest.raises(ForbiddenError):
        case.act(reservations.cancel, reservation_id, role="so_editor")
    with pytest.raises(NotFoundError):
        Case(other_press, case.ref, case.ocid).act(reservations.grant, reservation_id, today=TODAY)
    case.act(reservations.cancel, reservation_id, role="so_publisher")
    with pytest.raises(ConflictError):
        case.act(reservations.grant, reservation_id, today=TODAY)


def test_who_asked_decides_under_no_other_hat(case: Case) -> None:
    reservation_id = case.ask()
    asked = case.place.actor("so_publisher").account_id
    reviewer = replace(case.place.actor("garante_reviewer"), account_id=asked)

    for decide, told in (
        (reservations.grant, {"today": TODAY}),
        (reservations.refuse, {"why": "No procede en este caso."}),
    ):
        with (
            case.place.database.unit_of_work(reviewer) as session,
            pytest.raises(ForbiddenError, match="otra persona"),
        ):
            decide(session, reviewer, case.ref.process_id, reservation_id, **told)
    assert case.row(reservation_id).status == "requested"
    case.act(reservations.grant, reservation_id, today=TODAY)


def test_confidential_information_has_no_term(case: Case) -> None:
    reservation_id = case.grant(kind="confidential", ground="personal", harm="", until=None)

    with pytest.raises(InvalidError):
        case.act(reservations.extend, reservation_id, until=date(2030, 1, 1), why="Más", today=TODAY)
    assert case.told()[0].detail == {"classified": "confidential", "places": 1, "until": ""}


def test_a_reserved_party_stays_out_though_the_public_version_calls_it_otherwise(press: Press) -> None:
    ocid = new_ocid(press.place)
    person = {"id": "PEPJ800101AB1", "name": "Juana Pérez", "roles": ["tenderer"]}
    written = document(parties=[*document()["parties"], person])
    case = Case(press, press.draft(written, ocid=ocid), ocid)
    case.grant(places=("/parties/1",))

    (outcome,) = press.publish(case.ref)

    assert outcome.published, outcome.problems
    assert "Juana" not in str(press.releases(ocid)[0])


def test_nothing_is_published_while_a_reserved_place_is_lost(case: Case) -> None:
    reservation_id = case.grant()
    renamed = [ITEMS[0], {**ITEMS[1], "id": "otro"}]

    (held,) = case.press.publish(case.press.draft(tender(items=renamed), ocid=case.ocid))
    case.act(reservations.end, reservation_id, "Se pedirá otra vez.")
    (outcome,) = case.press.publish(VersionRef(case.ref.process_id, held.ref.number))

    assert [problem["code"] for problem in held.problems] == ["reserved_lost"]
    assert "Pide la reserva otra vez" in held.problems[0]["message"]
    assert outcome.published


def test_a_place_kept_once_that_is_no_pointer_is_lost_and_not_the_whole_document(case: Case) -> None:
    reservation_id = case.grant()
    with case.place.database.owner_work(case.place.system) as session:
        session.execute(
            update(Reservation).where(col(Reservation.reservation_id) == reservation_id).values(places=[""])
        )

    (held,) = case.press.publish(case.ref)

    assert [problem["code"] for problem in held.problems] == ["reserved_lost"]


def test_what_waits_is_told_and_read_page_by_page_the_oldest_first(case: Case) -> None:
    asked = [case.ask(places=(place,)) for place in ("/tender/items/1", "/tender/items/0", "/tender/title")]
    actor = case.place.actor("garante_reviewer")

    seen, cursor = [], None
    with case.place.database.unit_of_work(actor) as session:
        news = [
            row.payload for row in session.exec(select(OutboxEvent)) if row.kind == "reservation.requested"
        ]
        while len(seen) < 9:
            found = reservations.in_status(session, actor, "requested", cursor=cursor, limit=2)
            seen += [row.reservation_id for row, _, _ in found.rows]
            cursor = found.next_cursor
            if cursor is None:
                break

    assert seen == asked
    assert {one["reservation_id"] for one in news} == {str(one) for one in asked}
    elsewhere = case.place.actor("so_publisher", case.place.add_sujeto())
    with case.place.database.unit_of_work(elsewhere) as session:
        assert reservations.in_status(session, elsewhere, "requested").rows == []

"""Webhooks arrive signed, in order and at least once, whatever the address does; a real receiver hears them."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from app.core import clock
from app.core.db import Database
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.jobs import Workplace
from app.core.storage import Storage
from app.core.tables import table_of
from app.main import create_app
from app.openapi.addresses import Roots
from app.push.hooks import queries, running, service, turns
from app.push.hooks.models import Webhook, WebhookFailure
from app.settings import Settings
from tests.conftest import Place, place_maker, serve_app
from tests.factories import new_ocid
from tests.openapi.conftest import Publisher
from tests.push.hearing import Ear, hearing
from tests.push.subscriber import PAST, Subscriber


@pytest.fixture
def ear() -> Iterator[Ear]:
    with hearing() as running_:
        yield running_


@pytest.fixture
def place(lone_database: Database) -> Place:
    return place_maker(lone_database)(policy="direct")


@pytest.fixture
def publisher(place: Place) -> Publisher:
    return Publisher(place)


@pytest.fixture
def subscriber(place: Place, ear: Ear, settings: Settings, storage: Storage) -> Subscriber:
    return Subscriber(place, ear, settings, storage)


def test_what_is_published_and_withdrawn_arrives_signed(subscriber: Subscriber, publisher: Publisher) -> None:
    subscriber.register()
    subscriber.run()
    [(ocid, release_id)] = publisher.publish()
    publisher.withdraw(ocid, release_id)
    subscriber.run()

    ear = subscriber.ear
    assert ear.faults == []
    assert [(said["type"], said["data"]["ocid"]) for _, said in ear.heard] == [
        ("release", ocid),
        ("withdrawal", ocid),
    ]
    release = ear.heard[0][1]["data"]
    roots = Roots("http://127.0.0.1:8000", f"http://127.0.0.1:8000/{subscriber.place.slug}")
    assert release["release"] == roots.releases(ocid, release_id)
    assert release["available"] is False  # as it is when it is told: nothing remembers what it was
    assert len({message_id for message_id, _ in ear.heard}) == 2
    assert subscriber.row().delivered == 2


def test_nothing_is_sent_before_the_address_is_proven(subscriber: Subscriber, publisher: Publisher) -> None:
    subscriber.ear.mode = "deaf"
    subscriber.register()
    publisher.publish()
    for _ in range(turns.PROOFS + 2):
        subscriber.run()
        subscriber.wait()

    assert subscriber.ear.heard == []
    assert len(subscriber.ear.asked) == turns.PROOFS  # and no more until somebody asks
    assert "reto" in subscriber.row().problem

    subscriber.ear.mode = "ok"
    subscriber.act(service.ask_proof, subscriber.made[0])
    subscriber.run()
    subscriber.run()
    assert subscriber.ear.kinds == ["release"]


def test_only_what_was_asked_for_is_heard(subscriber: Subscriber, publisher: Publisher) -> None:
    place, ear = subscriber.place, subscriber.ear
    body = place.add_sujeto(policy="direct")
    subscriber.register(kinds=["correction", "withdrawal"])
    subscriber.run()
    [(ocid, first)] = publisher.publish()
    publisher.publish(ocid, title="Otro título")
    publisher.withdraw(ocid, first)
    subscriber.run()
    assert ear.kinds == ["correction", "withdrawal"]

    ear.heard.clear()
    subscriber.register(sujeto_obligado_id=body, after=0)
    subscriber.run()
    subscriber.run()
    assert ear.heard == []
    assert subscriber.row().position == 3


def test_a_cursor_sends_what_was_there_before(subscriber: Subscriber, publisher: Publisher) -> None:
    for _ in range(3):
        publisher.publish()
    subscriber.register(after=1)
    subscriber.run()
    subscriber.run()
    assert subscriber.ear.positions == [2, 3]

    subscriber.act(service.resume, subscriber.made[0], after=0)
    subscriber.run()

    assert subscriber.ear.positions == [2, 3, 1, 2, 3]
    ids = [message_id for message_id, _ in subscriber.ear.heard]
    assert ids[:2] == ids[3:]  # the same change is the same message, for whoever has it already
    with pytest.raises(InvalidError, match="cursor"):
        subscriber.act(service.resume, subscriber.made[0], after=4)


@pytest.mark.parametrize("mode", ["500", "404", "cut", "redirect", "hang"])
def test_what_fails_comes_again_in_order_and_none_is_lost(
    subscriber: Subscriber, publisher: Publisher, mode: str
) -> None:
    subscriber.register()
    subscriber.run()
    subscriber.ear.mode = mode
    for _ in range(3):
        publisher.publish()
    subscriber.run(seconds=0.5)
    assert subscriber.ear.heard == []
    row = subscriber.row()
    assert (row.attempts, row.position) == (1, 0)
    assert row.problem
    asked = len(subscriber.ear.asked)
    subscriber.run(seconds=0.5)
    assert len(subscriber.ear.asked) == asked  # not before its pause is over

    subscriber.ear.mode = "ok"
    subscriber.again(1)

    assert subscriber.ear.followed == 0
    assert subscriber.ear.positions == [1, 2, 3]
    assert subscriber.failures() == []
    assert subscriber.row().attempts == 0


@pytest.mark.parametrize("mode", ["huge", "drip"])
def test_an_endless_answer_costs_nothing(subscriber: Subscriber, publisher: Publisher, mode: str) -> None:
    subscriber.register()
    subscriber.run()
    subscriber.ear.mode = mode
    publisher.publish()
    publisher.publish()
    subscriber.run()

    assert subscriber.ear.positions == [1, 2]
    assert subscriber.row().attempts == 0


def test_who_hangs_holds_up_nobody(
    subscriber: Subscriber, publisher: Publisher, settings: Settings, storage: Storage
) -> None:
    with hearing() as other:
        here = subscriber.settings.model_copy(
            update={"outgoing_allow": f"{subscriber.ear.place},{other.place}"}
        )
        both = Workplace(subscriber.place.database, storage, here)
        subscriber.register()
        second = Subscriber(subscriber.place, other, here, storage)
        second.register()
        running.run(both)
        subscriber.ear.mode = "hang"
        for _ in range(5):
            publisher.publish()
        running.run(both, seconds=2.0)

        assert other.positions == [1, 2, 3, 4, 5]
        assert subscriber.row().attempts == 1


def test_one_change_that_is_not_taken_holds_up_only_its_process(
    subscriber: Subscriber, publisher: Publisher
) -> None:
    subscriber.register()
    subscriber.run()
    bad, good = new_ocid(subscriber.place), new_ocid(subscriber.place)
    subscriber.ear.refuses = lambda said: said["data"].get("position") == 1
    publisher.publish(bad)
    publisher.publish(good)
    publisher.publish(bad, title="Otro")
    publisher.publish(good, title="Otro")

    subscriber.again(turns.ASIDE + 1)
    assert subscriber.ear.positions == [2, 4]
    assert subscriber.failures() == [(1, False), (3, False)]
    assert subscriber.row().attempts == 0

    subscriber.ear.refuses = lambda _: False
    subscriber.again(1)
    assert subscriber.ear.positions == [2, 4, 1, 3]
    assert subscriber.failures() == []


def test_what_is_given_up_is_seen_and_sent_again(subscriber: Subscriber, publisher: Publisher) -> None:
    subscriber.register()
    subscriber.run()
    ocid = new_ocid(subscriber.place)
    subscriber.ear.refuses = lambda said: said["data"].get("position") == 1
    publisher.publish(ocid)
    publisher.publish(ocid, title="Otro")
    subscriber.again(turns.ASIDE + 1)
    subscriber.wait(failed_at=turns.GIVEN_UP)
    subscriber.run()

    assert subscriber.failures() == [(1, True)]
    assert subscriber.ear.positions == [2]  # what follows does not wait for ever

    subscriber.ear.refuses = lambda _: False
    assert subscriber.act(service.send_again, subscriber.made[0]) == 1
    subscriber.run()
    assert subscriber.ear.positions == [2, 1]
    assert subscriber.failures() == []
    with pytest.raises(ConflictError, match="nada por reenviar"):
        subscriber.act(service.send_again, subscriber.made[0])


def test_who_fails_for_days_is_switched_off_with_a_letter(
    subscriber: Subscriber, publisher: Publisher
) -> None:
    subscriber.register()
    subscriber.run()
    subscriber.ear.mode = "503"
    publisher.publish()
    publisher.publish()
    subscriber.run()
    assert subscriber.letters() == []
    subscriber.wait(failing_since=turns.GIVEN_UP)
    subscriber.run()

    row = subscriber.row()
    assert (row.stopped_for, row.proven_at is not None) == ("failing", True)
    assert subscriber.letters() == [subscriber.place.email("garante_admin")]
    asked = len(subscriber.ear.asked)
    subscriber.again(2)
    assert len(subscriber.ear.asked) == asked

    subscriber.ear.mode = "ok"
    subscriber.act(service.resume, row.webhook_id)
    subscriber.again(2)
    assert subscriber.ear.asked[asked] == "challenge"  # it proves itself again first
    assert sorted(subscriber.ear.positions) == [1, 2]
    assert subscriber.failures() == []


def test_who_is_gone_is_switched_off_at_once(subscriber: Subscriber, publisher: Publisher) -> None:
    subscriber.register()
    subscriber.run()
    subscriber.ear.mode = "410"
    publisher.publish()
    subscriber.run()

    assert subscriber.row().stopped_for == "gone"
    assert subscriber.letters() == [subscriber.place.email("garante_admin")]


def test_who_asks_for_time_gets_it(subscriber: Subscriber, publisher: Publisher) -> None:
    subscriber.register()
    subscriber.run()
    subscriber.ear.mode, subscriber.ear.retry_after = "429", "3600"
    publisher.publish()
    subscriber.run()

    next_at = subscriber.row().next_at
    assert next_at is not None
    assert next_at > clock.now() + timedelta(minutes=50)


def test_pauses_grow_to_hours_and_no_two_are_alike() -> None:
    first = [turns.pause_after(1) for _ in range(20)]
    assert all(3.5 <= one <= 5 for one in first)
    assert len(set(first)) > 1
    assert turns.pause_after(3) > 30
    assert 4 * 3600 < turns.pause_after(500) <= 6 * 3600


def test_while_a_secret_is_changed_two_hold(subscriber: Subscriber, publisher: Publisher) -> None:
    webhook_id = subscriber.register()
    subscriber.run()
    made = subscriber.act(service.rotate, subscriber.here, webhook_id)
    old, new = subscriber.ear.secrets[0], made.secret
    assert old != new
    subscriber.ear.secrets[:] = [old, new]
    publisher.publish()
    subscriber.run()
    assert subscriber.ear.faults == []
    assert subscriber.ear.signatures[-1] == 2
    with pytest.raises(ConflictError, match="menos de un día"):
        subscriber.act(service.rotate, subscriber.here, webhook_id)

    subscriber.wait(before_until=service.OVERLAP)
    publisher.publish()
    subscriber.run()
    assert subscriber.ear.signatures[-1] == 1
    assert subscriber.ear.faults == [f"signature of {old[:9]}"]


def test_nothing_of_a_release_is_sent_or_kept(subscriber: Subscriber, publisher: Publisher) -> None:
    subscriber.register()
    subscriber.run()
    subscriber.ear.refuses = lambda said: said["data"].get("position") == 1
    secret = f"secreto {uuid4().hex}"
    publisher.publish(tender={"id": "T-1", "title": secret, "status": "active"})
    publisher.publish(tender={"id": "T-1", "title": secret, "status": "active"})
    subscriber.again(turns.ASIDE + 1)

    assert subscriber.ear.positions == [2]
    assert secret not in str(subscriber.ear.heard)
    with subscriber.place.database.unit_of_work(subscriber.place.system) as session:
        for kept in ("SELECT w::text FROM webhook w", "SELECT f::text FROM webhook_failure f"):
            held = session.execute(text(kept)).scalars().all()
            assert len(held) == 1
            assert secret not in held[0]


def test_no_secret_lies_in_the_database(subscriber: Subscriber) -> None:
    subscriber.register()
    secret = subscriber.ear.secrets[0].removeprefix("whsec_")
    with subscriber.place.database.unit_of_work(subscriber.place.system) as session:
        whole = session.execute(text("SELECT w::text FROM webhook w")).scalars().all()
    assert len(whole) == 1
    assert secret not in whole[0]


def test_a_pause_keeps_the_place(subscriber: Subscriber, publisher: Publisher) -> None:
    webhook_id = subscriber.register()
    subscriber.run()
    subscriber.act(service.pause, webhook_id)
    publisher.publish()
    subscriber.again(1)
    assert subscriber.ear.heard == []

    subscriber.act(service.resume, webhook_id)
    subscriber.run()
    assert subscriber.ear.positions == [1]


def test_a_pause_in_the_middle_ends_the_turn(subscriber: Subscriber, publisher: Publisher) -> None:
    webhook_id = subscriber.register()
    subscriber.run()

    def paused(_: Any) -> bool:
        subscriber.act(service.pause, webhook_id)
        return False

    subscriber.ear.refuses = paused
    publisher.publish(*(new_ocid(subscriber.place) for _ in range(3)))
    subscriber.run()
    assert subscriber.ear.positions == [1]

    subscriber.ear.refuses = lambda _: False
    subscriber.act(service.resume, webhook_id)
    subscriber.run()
    assert subscriber.ear.positions == [1, 1, 2, 3]  # what was under way comes twice, with one id
    assert len({message_id for message_id, _ in subscriber.ear.heard}) == 3


def test_publishing_writes_nothing_for_those_who_hear(subscriber: Subscriber, publisher: Publisher) -> None:
    for _ in range(3):
        subscriber.register()
    with subscriber.place.database.unit_of_work(subscriber.place.system) as session:
        before = session.execute(select(Webhook.__table__)).all()  # type: ignore[attr-defined]
    publisher.publish()
    with subscriber.place.database.unit_of_work(subscriber.place.system) as session:
        assert session.execute(select(Webhook.__table__)).all() == before  # type: ignore[attr-defined]
        assert session.scalar(select(func.count()).select_from(table_of(WebhookFailure))) == 0


def test_two_workers_send_nothing_twice(subscriber: Subscriber, publisher: Publisher) -> None:
    subscriber.register()
    subscriber.run()
    publisher.publish(*(new_ocid(subscriber.place) for _ in range(20)))
    workers = [threading.Thread(target=subscriber.run) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    subscriber.run()

    assert subscriber.ear.positions == list(range(1, 21))


def test_who_died_at_it_is_followed(subscriber: Subscriber, publisher: Publisher) -> None:
    webhook_id = subscriber.register()
    subscriber.run()
    publisher.publish()
    hook = table_of(Webhook)
    for until, heard in ((running.CLAIM, []), (-PAST, [1])):
        with subscriber.place.database.unit_of_work(subscriber.place.system) as session:
            session.execute(
                hook.update().where(hook.c.webhook_id == webhook_id).values(claimed_until=clock.now() + until)
            )
        subscriber.run()
        assert subscriber.ear.positions == heard


def test_the_worker_sends_by_itself(
    subscriber: Subscriber, publisher: Publisher, lone_database: Database, storage: Storage
) -> None:
    subscriber.register()
    with_worker = subscriber.here.model_copy(update={"embedded_worker": True})
    for _ in serve_app(create_app(with_worker, lone_database, storage)):
        publisher.publish()
        assert subscriber.ear.arrival.wait(60)
    assert subscriber.ear.positions == [1]


def test_no_tenant_hears_of_another(
    subscriber: Subscriber, publisher: Publisher, lone_database: Database, storage: Storage
) -> None:
    other = Publisher(place_maker(lone_database)(policy="direct"))
    subscriber.register()
    subscriber.run()
    other.publish()
    subscriber.run()
    assert subscriber.ear.heard == []
    [(ocid, _)] = publisher.publish()
    subscriber.run()
    assert [said["data"]["ocid"] for _, said in subscriber.ear.heard] == [ocid]

    theirs = other.place.actor("garante_admin")
    for verb in (service.pause, service.resume, service.remove, service.send_again, service.ask_proof):
        with other.place.database.unit_of_work(theirs) as session, pytest.raises(NotFoundError):
            verb(session, theirs, subscriber.made[0])


def test_a_body_hears_of_itself_and_cares_for_its_own(subscriber: Subscriber, publisher: Publisher) -> None:
    whole = subscriber.register()
    mine = Subscriber(subscriber.place, subscriber.ear, subscriber.settings, subscriber.storage, "so_admin")
    own = mine.register()
    assert mine.row(own).sujeto_obligado_id == subscriber.place.sujetos[0]
    with pytest.raises(NotFoundError):
        mine.act(service.pause, whole)
    other = subscriber.place.add_sujeto()
    with pytest.raises(NotFoundError):
        mine.register(sujeto_obligado_id=other)
    mine.act(service.remove, own)
    with pytest.raises(NotFoundError):
        mine.act(service.pause, own)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1/", "red interna"),
        ("https://localhost/avisos", "red interna"),
        ("https://[::1]/", "red interna"),
        ("https://169.254.169.254/latest/meta-data/", "red interna"),
        ("https://10.0.0.8/", "red interna"),
        ("https://2130706433/", "red interna"),
        ("https://0x7f000001/", "red interna"),
        ("https://[::ffff:127.0.0.1]/", "red interna"),
        ("https://1.1.1.1:8443/", "puertos"),
        ("https://quien:clave@1.1.1.1/", "usuario"),
        ("https://1.1.1.1/#parte", "#"),
        ("ftp://1.1.1.1/", "empiezan con"),
        ("file:///etc/passwd", "empiezan con"),
        ("//1.1.1.1/", "empiezan con"),
        ("no es una dirección", "empiezan con"),
        ("", "empiezan con"),
        ("https://" + "a" * 10_000, "2000"),
        ("https://①.mx/", "mal escrita"),
        ("https://ñandú.example/", "no lleva a ninguna parte"),
        ("https://a..b/", "ninguna parte"),
    ],
)
def test_where_nobody_is_called_nobody_registers(subscriber: Subscriber, url: str, told: str) -> None:
    with pytest.raises(InvalidError, match=told):
        subscriber.register(url or " ")
    assert subscriber.act(queries.webhooks) == []


def test_http_is_for_development_alone(subscriber: Subscriber) -> None:
    assert service.checked(subscriber.here, subscriber.ear.url) == subscriber.ear.url
    real = subscriber.here.model_copy(update={"environment": "production"})
    with pytest.raises(InvalidError, match="https://"):
        service.checked(real, subscriber.ear.url)


def test_a_name_that_turns_inward_later_is_not_called(subscriber: Subscriber, publisher: Publisher) -> None:
    subscriber.register()
    subscriber.run()
    asked = len(subscriber.ear.asked)
    publisher.publish()
    # The same name, looked up when it is called, leads to this machine.
    closed = subscriber.settings.model_copy(update={"outgoing_allow": "127.0.0.1:1"})
    with subscriber.place.database.unit_of_work(subscriber.place.system) as session:
        session.execute(
            table_of(Webhook)
            .update()
            .where(table_of(Webhook).c.tenant_id == subscriber.place.tenant_id)
            .values(url=f"http://localhost/{subscriber.ear.port}")
        )
    running.run(Workplace(subscriber.place.database, subscriber.storage, closed))

    assert len(subscriber.ear.asked) == asked
    assert "red interna" in subscriber.row().problem


def test_a_place_has_so_many_and_no_more(subscriber: Subscriber) -> None:
    for _ in range(service.MOST):
        subscriber.register()
    with pytest.raises(ConflictError, match=str(service.MOST)):
        subscriber.register()

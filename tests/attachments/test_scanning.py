"""The scanner, against a socket that speaks its protocol; and what becomes of files that wait for it."""

import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.attachments import examining, service
from app.attachments.scanning import Scanner, ScannerUnavailableError
from app.core.db import Database
from app.core.errors import ConflictError, InvalidError
from app.core.storage import Storage
from app.settings import Settings
from tests.attachments.conftest import Clamd, Desk, pdf
from tests.conftest import place_maker
from tests.factories import draft


def test_a_clean_file_reaches_the_scanner_whole_and_is_clean(clamd: Clamd) -> None:
    pieces = [b"a" * 300_000, b"b" * 10, b""]
    assert Scanner(clamd.address).scan(pieces).is_clean
    assert clamd.seen == [b"".join(pieces)]


def test_a_virus_is_named(clamd: Clamd) -> None:
    verdict = Scanner(clamd.address).scan([b"EICAR"])
    assert (verdict.is_clean, verdict.virus) == (False, "Win.Test.EICAR_HDB-1")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"INSTREAM size limit exceeded. ERROR\0", "size limit"),
        (b"", "cortó la conexión"),
        (b"stream: nonsense\0", "nonsense"),
    ],
)
def test_what_is_no_verdict_is_none(clamd: Clamd, said: bytes, told: str) -> None:
    clamd.behave = lambda _body: said
    with pytest.raises(ScannerUnavailableError, match=told):
        Scanner(clamd.address).scan([b"x"])


def test_a_slow_scanner_is_not_waited_for_for_ever(clamd: Clamd) -> None:
    clamd.behave = lambda _body: None
    started = time.monotonic()
    with pytest.raises(ScannerUnavailableError):
        Scanner(clamd.address, seconds=0.3).scan([b"x"])
    assert time.monotonic() - started < 5


def test_a_scanner_that_hangs_up_in_the_middle_is_no_verdict(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()
    for nobody in (address, f"unix:{tmp_path}/nada"):
        with pytest.raises(ScannerUnavailableError):
            Scanner(nobody).scan([b"x"])


@pytest.mark.parametrize("address", ["", "clamd", "http://clamd:3310", "tcp://", "unix:"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InvalidError, match="CA_CLAMD"):
        Scanner(address)


@pytest.fixture
def desk(lone_database: Database, storage: Storage, settings: Settings) -> Desk:
    """In a database of its own: the worker of a server would do the jobs before the test does."""
    place = place_maker(lone_database)()
    return Desk(place, storage, draft(place).process_id, settings)


def scanned(desk: Desk, clamd: Clamd) -> Desk:
    return replace(desk, settings=desk.settings.model_copy(update={"clamd": clamd.address}))


def test_without_a_scanner_a_file_is_ready_at_once(desk: Desk) -> None:
    assert desk.send_one().status == "ready"


def test_a_clean_file_waits_and_becomes_ready(desk: Desk, clamd: Clamd) -> None:
    there = scanned(desk, clamd)
    (received,) = there.send(("acta.pdf", pdf("limpio")))
    row = received.attachment
    assert row is not None
    assert row.status == "scanning"
    assert "virus" in received.said
    with desk.database.unit_of_work(desk.editor) as session, pytest.raises(ConflictError, match="todavía"):
        service.opened(session, desk.editor, desk.process_id, row.attachment_id)

    for _ in range(2):  # a job may run again
        assert examining.scan_file(there.workplace, desk.place.system, row.attachment_id)

    assert desk.row(row.attachment_id).status == "ready"
    assert clamd.seen == [pdf("limpio")]
    with desk.database.unit_of_work(desk.editor) as session:
        assert service.opened(session, desk.editor, desk.process_id, row.attachment_id).status == "ready"


def test_a_file_with_a_virus_loses_its_bytes_and_does_not_come_back(desk: Desk, clamd: Clamd) -> None:
    there = scanned(desk, clamd)
    row = there.send_one("acta.pdf", pdf("EICAR"))
    assert desk.has_bytes(row)

    examining.scan_file(there.workplace, desk.place.system, row.attachment_id)

    after = desk.row(row.attachment_id)
    assert (after.status, after.scan_note) == ("infected", "Win.Test.EICAR_HDB-1")
    assert not desk.has_bytes(row)
    (again,) = there.send(("otra.pdf", pdf("EICAR")))
    assert again.attachment is None
    assert "virus" in again.said
    with desk.database.unit_of_work(desk.editor) as session, pytest.raises(ConflictError, match="virus"):
        service.opened(session, desk.editor, desk.process_id, row.attachment_id)


def test_a_scanner_that_is_away_leaves_the_file_waiting_and_the_chore_comes_back(
    desk: Desk, clamd: Clamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = scanned(desk, clamd)
    row = there.send_one()
    clamd.behave = lambda _body: b"ERROR\0"
    assert not examining.scan_file(there.workplace, desk.place.system, row.attachment_id)
    waiting = desk.row(row.attachment_id)
    assert waiting.status == "scanning"
    assert "Se vuelve a intentar solo" in waiting.scan_note

    clamd.behave = lambda _body: b"stream: OK\0"
    examining.scan_waiting(there.workplace)
    assert desk.row(row.attachment_id).status == "scanning", "too young for the chore"
    monkeypatch.setattr(examining, "WAIT_BEFORE_AGAIN", -examining.WAIT_BEFORE_AGAIN)
    examining.scan_waiting(there.workplace)
    after = desk.row(row.attachment_id)
    assert (after.status, after.scan_note) == ("ready", "")


def test_a_file_whose_bytes_were_lost_says_what_to_do(desk: Desk, clamd: Clamd, storage: Storage) -> None:
    there = scanned(desk, clamd)
    row = there.send_one()
    storage.delete(row.storage_key)
    assert examining.scan_file(there.workplace, desk.place.system, row.attachment_id)
    assert "envíalo otra vez" in desk.row(row.attachment_id).scan_note

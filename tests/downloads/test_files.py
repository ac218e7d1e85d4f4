"""What the files hold, that they are renewed block by block, and that they are never half made."""

import gzip
import hashlib
import zipfile
from io import BytesIO

import orjson
import pytest
from sqlalchemy import text
from sqlmodel import select

from app.downloads import blocks
from app.downloads.models import DownloadBlock, DownloadFile
from tests.downloads.conftest import SERVICE, Shelf
from tests.factories import document


def opened(body: bytes) -> bytes:
    """What is inside a file, of whatever kind."""
    if body.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(body)) as packed:
            return b"".join(map(packed.read, packed.namelist()))
    return gzip.decompress(body)


def test_the_files_hold_what_is_published(shelf: Shelf) -> None:
    ocids = [shelf.press.release()[0] for _ in range(4)]
    shelf.press.release(document(description="Con un cambio"), ocid=ocids[0])

    assert shelf.refresh()

    bodies = shelf.press.bodies()
    year = shelf.press.entries()[0].date.year
    stored = [bodies[position] for position in sorted(bodies)]
    assert shelf.lines("releases.jsonl.gz") == stored
    assert shelf.lines(f"releases-{year}.jsonl.gz") == stored
    records = [orjson.loads(line) for line in shelf.lines("records.jsonl.gz")]
    assert [record["ocid"] for record in records] == ocids  # where each entered, whatever it published since
    assert records[0]["compiledRelease"] == shelf.press.record(ocids[0])
    assert len(records[0]["releases"]) == 2
    assert records[0]["releases"][0]["url"].startswith(f"{SERVICE}/{shelf.place.slug}/api/v1/releases/")
    packages = [
        orjson.loads(gzip.decompress(shelf.get(name).content))
        for name in shelf.names()
        if name.startswith("release-package")
    ]
    assert [len(package["releases"]) for package in packages] == [3, 2]
    assert [release for package in packages for release in package["releases"]] == list(
        map(orjson.loads, stored)
    )
    assert (
        packages[0]["uri"] == f"{SERVICE}/{shelf.place.slug}/descargas/release-package-{year}-00001.json.gz"
    )
    assert packages[1]["publishedDate"] == orjson.loads(stored[4])["date"]


def test_the_index_tells_sizes_sums_and_the_place_in_the_chain(shelf: Shelf) -> None:
    shelf.press.release()
    shelf.refresh()

    told = shelf.index()

    head = shelf.press.entries()[-1]
    assert told["chain"] == {"position": head.position, "hash": head.entry_hash.hex()}
    assert told["files"]
    sums = {name: shelf.get(name).text for name in ("SHA256SUMS", "MD5SUMS")}
    for file in told["files"]:
        body = shelf.get(file["name"]).content
        assert file["url"] == f"{SERVICE}/{shelf.place.slug}/descargas/{file['name']}"
        assert (file["bytes"], file["unpackedBytes"]) == (
            len(body),
            len(opened(body) if file["name"].endswith(".gz") else body),
        )
        assert file["sha256"] == hashlib.sha256(body).hexdigest()
        assert file["md5"] == hashlib.md5(body, usedforsecurity=False).hexdigest()
        assert f"{file['sha256']}  {file['name']}\n" in sums["SHA256SUMS"]
        assert f"{file['md5']}  {file['name']}\n" in sums["MD5SUMS"]
        assert file["available"]


def blocks_of(shelf: Shelf) -> set[str]:
    """The objects of blocks."""
    with shelf.place.database.unit_of_work(shelf.place.system) as session:
        return set(session.exec(select(DownloadBlock.storage_key)))


def test_one_more_release_makes_one_block_anew(shelf: Shelf) -> None:
    for _ in range(7):
        shelf.press.release()
    shelf.refresh()
    before = blocks_of(shelf)

    shelf.press.release()
    shelf.refresh()

    assert len(blocks_of(shelf) - before) == 1
    assert len(shelf.lines("releases.jsonl.gz")) == 8


def test_a_release_of_an_old_process_renews_its_record_in_its_place(shelf: Shelf) -> None:
    ocids = [shelf.press.release()[0] for _ in range(7)]
    shelf.refresh()

    shelf.press.release(document(description="Con un cambio"), ocid=ocids[0])
    shelf.refresh()

    records = [orjson.loads(line) for line in shelf.lines("records.jsonl.gz")]
    assert [record["ocid"] for record in records] == ocids
    assert records[0]["compiledRelease"]["description"] == "Con un cambio"


def test_made_from_nothing_they_are_the_same_byte_for_byte(
    shelf: Shelf, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ocid, _ = shelf.press.release()
    for step in range(9):
        shelf.press.release(document(description=f"Paso {step}"), ocid=ocid if step % 3 else "")
        if step == 4:
            shelf.press.withdraw(2)
        if step % 2:
            shelf.refresh()
    shelf.refresh()
    grown = shelf.all()

    for file in list(shelf.keeper.storage.files(shelf.place.tenant_id, "downloads")):
        shelf.keeper.storage.delete(file.key)
    with shelf.place.database.unit_of_work(shelf.place.system) as session:
        for table in ("download_state", "download_block", "download_file"):
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608  # behind the wall: of this tenant
    assert shelf.names() == []
    shelf.refresh()

    assert shelf.all() == grown


def test_lost_objects_are_made_again(shelf: Shelf) -> None:
    for _ in range(4):
        shelf.press.release()
    shelf.refresh()
    before = shelf.all()
    for key in shelf.stored():
        shelf.keeper.storage.delete(key)
    assert shelf.get("releases.jsonl.gz").status_code == 503

    shelf.refresh()

    assert shelf.all() == before


class Killed(BaseException):
    """Nobody catches it."""


@pytest.mark.parametrize("step", ["block", "files"])
def test_killed_on_the_way_the_old_files_stay_whole(shelf: Shelf, step: str) -> None:
    for _ in range(4):
        shelf.press.release()
    shelf.refresh()
    before = shelf.all()
    for _ in range(4):
        shelf.press.release()

    def kill(at: str) -> None:
        if at == step:
            raise Killed

    with pytest.raises(Killed):
        shelf.refresh(before=kill)

    assert shelf.all() == before
    shelf.refresh()
    assert len(shelf.lines("releases.jsonl.gz")) == 8


def test_two_workers_at_once_do_the_work_once(shelf: Shelf) -> None:
    for _ in range(4):
        shelf.press.release()
    second: list[bool] = []

    def meanwhile(_step: str) -> None:
        second.append(shelf.refresh())

    assert shelf.refresh(before=meanwhile)

    assert second == [False, False, False, False]
    assert len(shelf.lines("releases.jsonl.gz")) == 4
    with shelf.place.database.unit_of_work(shelf.place.system) as session:
        named = {key for keys in session.exec(select(DownloadFile.storage_keys)) for key in keys}
    assert shelf.stored() == named


def test_what_is_withdrawn_is_given_to_nobody_and_then_gone(shelf: Shelf) -> None:
    for number in range(5):
        shelf.press.release(document(description=f"Domicilio {number}"))
    shelf.refresh()
    etag = shelf.get("releases.jsonl.gz").headers["etag"]

    shelf.press.withdraw(2)

    for name in shelf.names():
        answer = shelf.get(name, Range="bytes=0-9", If_Range=etag)
        assert answer.status_code == 503, name
        assert answer.headers["retry-after"]
    assert not any(file["available"] for file in shelf.index()["files"])
    shelf.refresh()
    held = {name: opened(body) for name, body in shelf.all().items()}
    assert [name for name, body in held.items() if b"Domicilio 1" in body] == []
    assert [name for name, body in held.items() if b"Domicilio 2" not in body and "package" not in name] == []
    assert len(shelf.lines("releases.jsonl.gz")) == 4
    with shelf.place.database.unit_of_work(shelf.place.system) as session:
        assert {row.replaced_at for row in session.exec(select(DownloadFile))} == {None}


def test_when_all_is_withdrawn_no_file_is_left(shelf: Shelf) -> None:
    shelf.press.release()
    shelf.refresh()
    assert shelf.names()

    shelf.press.withdraw(1)
    shelf.refresh()

    assert shelf.names() == []
    assert shelf.get("releases.jsonl.gz").status_code == 404


def test_packages_end_before_they_are_too_large(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MOST_CONTRACTS", 3)
    awards = [{"id": str(number), "status": "active"} for number in range(2)]
    for _ in range(3):
        shelf.press.release(document(awards=awards))
    shelf.refresh()

    packages = [name for name in shelf.names() if name.startswith("release-package")]
    assert [name.partition("00001")[2] for name in packages] == ["-2.json.gz", "-3.json.gz", ".json.gz"]
    held = [orjson.loads(gzip.decompress(shelf.get(name).content)) for name in packages]
    assert [len(package["releases"]) for package in held] == [1, 1, 1]

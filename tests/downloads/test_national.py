"""The files of all tenants: made of the pieces of theirs, given to nobody after a withdrawal, true after a transfer."""

import asyncio
import gzip
import hashlib
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx2
import orjson
import pytest
from sqlalchemy import text

from app.core.jobs import Worker
from app.core.storage import Storage
from app.downloads import national
from app.tenancy.queries import TenantDirectory
from tests.conftest import LiveServer, Place
from tests.continuity.test_acts import suspend
from tests.continuity.test_transfer import move
from tests.downloads.conftest import SERVICE, Shelf
from tests.downloads.test_files import opened
from tests.factories import document
from tests.publication.conftest import Press


class Nation:
    """Two tenants, and the files of both together. They stand in one row of the installation: no test may share it."""

    def __init__(self, shelves: list[Shelf]) -> None:
        self.shelves = shelves
        self.client = shelves[0].client

    def refresh(self) -> bool:
        """Make the tenants' files, and then the nation's."""
        for shelf in self.shelves:
            assert shelf.refresh()
        return self.put_together()

    def put_together(self) -> bool:
        """Make the nation's files of what the tenants' are."""
        one = self.shelves[0]
        directory = TenantDirectory(one.place.database)
        return national.refresh(one.keeper, [directory.by_slug(shelf.place.slug) for shelf in self.shelves])

    def get(self, name: str, **headers: str) -> httpx2.Response:
        """Ask for a file."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.client.get(f"/descargas/{name}", headers={"Accept-Encoding": "identity", **named})

    def index(self) -> dict[str, Any]:
        """The index."""
        told: dict[str, Any] = self.get("indice.json").json()
        return told

    def names(self) -> list[str]:
        """What files there are."""
        return [file["name"] for file in self.index()["files"]]

    def lines(self, name: str) -> list[bytes]:
        """The lines of a file."""
        answer = self.get(name)
        assert answer.status_code == 200, answer.text
        return gzip.decompress(answer.content).splitlines()


@pytest.fixture
def nation(shelf: Shelf, make_place: Callable[..., Place], site: LiveServer) -> Nation:
    with shelf.place.database.owner_work() as session:
        session.execute(text("DELETE FROM national_file"))
        session.execute(text("DELETE FROM national_state"))
    other = Shelf(Press(make_place(policy="direct")), shelf.keeper, shelf.client)
    site.app.state.directory.forget()
    return Nation(sorted([shelf, other], key=lambda one: one.place.slug))


def published(nation: Nation) -> list[bytes]:
    """What both published, tenant by tenant."""
    return [body for shelf in nation.shelves for _, body in sorted(shelf.press.bodies().items())]


def test_they_hold_what_all_tenants_published(nation: Nation) -> None:
    for count, shelf in zip((5, 2), nation.shelves, strict=True):
        for _ in range(count):
            shelf.press.release()

    assert nation.refresh()

    year = nation.shelves[0].press.entries()[0].date.year
    assert nation.lines("releases.jsonl.gz") == nation.lines(f"releases-{year}.jsonl.gz") == published(nation)
    assert len(nation.lines("records.jsonl.gz")) == 7
    packages = {
        name: orjson.loads(gzip.decompress(nation.get(name).content))
        for name in nation.names()
        if name.startswith("release-package")
    }
    first, second = (shelf.place.slug for shelf in nation.shelves)
    assert sorted(packages) == sorted(
        [f"release-package-{year}-{first}-0000{n}.json.gz" for n in (1, 2)]
        + [f"release-package-{year}-{second}-00001.json.gz"]
    )
    for name, package in packages.items():
        assert package["uri"] == f"{SERVICE}/descargas/{name}"
        assert (
            package["publisher"]["uri"]
            == f"{SERVICE}/{name.split(f'-{year}-')[1][: -len('-00001.json.gz')]}/"
        )
    held = [release for name in sorted(packages) for release in packages[name]["releases"]]
    assert sorted(one["id"] for one in held) == sorted(orjson.loads(one)["id"] for one in published(nation))


def test_the_index_tells_sums_and_how_far_each_tenant_goes(nation: Nation) -> None:
    for shelf in nation.shelves:
        shelf.press.release()
    nation.refresh()

    told = nation.index()

    sums = nation.get("SHA256SUMS").text
    assert told["files"]
    for file in told["files"]:
        body = nation.get(file["name"]).content
        unpacked = len(gzip.decompress(body)) if file["name"].endswith(".gz") else len(body)
        assert (file["bytes"], file["unpackedBytes"]) == (len(body), unpacked)
        assert file["sha256"] == hashlib.sha256(body).hexdigest()
        assert file["md5"] == hashlib.md5(body, usedforsecurity=False).hexdigest()
        assert f"{file['sha256']}  {file['name']}\n" in sums
        assert file["url"] == f"{SERVICE}/descargas/{file['name']}"
    assert [one["slug"] for one in told["publishers"]] == [shelf.place.slug for shelf in nation.shelves]
    for one, shelf in zip(told["publishers"], nation.shelves, strict=True):
        head = shelf.press.entries()[-1]
        assert (one["position"], one["hash"], one["included"]) == (1, head.entry_hash.hex(), True)
        assert one["downloads"] == f"{SERVICE}/{shelf.place.slug}/descargas/indice.json"
    page = nation.client.get("/descargas")
    assert (page.status_code, "releases.jsonl.gz" in page.text) == (200, True)


def test_tables_stand_in_a_folder_for_each_tenant(nation: Nation) -> None:
    for shelf in nation.shelves:
        shelf.press.release()
    nation.refresh()

    with zipfile.ZipFile(BytesIO(nation.get("releases-csv.zip").content)) as packed:
        assert packed.testzip() is None
        told = orjson.loads(packed.read("datapackage.json"))
        paths = {resource["path"] for resource in told["resources"]}
        for shelf in nation.shelves:
            slug = shelf.place.slug
            own = zipfile.ZipFile(BytesIO(shelf.get("releases-csv.zip").content))
            for name in set(own.namelist()) - {"datapackage.json"}:
                assert packed.read(f"{slug}/{name}") == own.read(name)
                assert name == "diccionario.csv" or f"{slug}/{name}" in paths
            assert nation.get(f"releases-{slug}.xlsx").content == shelf.get("releases.xlsx").content
        assert paths < set(packed.namelist())


def test_nothing_is_stored_for_them(nation: Nation) -> None:
    for shelf in nation.shelves:
        shelf.press.release()
        shelf.refresh()
    before = [shelf.stored() for shelf in nation.shelves]

    nation.put_together()

    assert nation.names()
    assert [shelf.stored() for shelf in nation.shelves] == before


def test_what_is_unchanged_stays_as_it_is(nation: Nation) -> None:
    one, other = nation.shelves
    for shelf in nation.shelves:
        shelf.press.release()
    nation.refresh()
    before = {file["name"]: (file["modified"], file["sha256"]) for file in nation.index()["files"]}

    other.press.release()
    nation.refresh()

    after = {file["name"]: (file["modified"], file["sha256"]) for file in nation.index()["files"]}
    same = {name for name in before if before[name] == after[name]}
    assert same == {name for name in before if one.place.slug in name}


def test_a_download_goes_on_although_the_tenant_let_go_of_its_pieces(nation: Nation) -> None:
    one = nation.shelves[0]
    for shelf in nation.shelves:
        shelf.press.release()
    nation.refresh()
    before = nation.get("releases.jsonl.gz")
    for _ in range(2):  # the tenant's own version of a day ago is kept no more
        one.press.release()
        one.refresh()
        with one.place.database.unit_of_work(one.place.system) as session:
            session.execute(text("UPDATE download_file SET replaced_at = replaced_at - interval '25 hours'"))
    one.press.release()
    one.refresh()
    asyncio.run(Worker(one.place.database, one.keeper.storage, concurrency=1).run(wait=False))

    again = nation.get("releases.jsonl.gz")

    assert (again.status_code, again.content) == (200, before.content)
    nation.refresh()
    rest = nation.get("releases.jsonl.gz", Range="bytes=20-", If_Range=before.headers["etag"])
    assert (rest.status_code, rest.content) == (206, before.content[20:])
    assert len(nation.lines("releases.jsonl.gz")) == 5


def test_what_a_tenant_withdraws_is_in_none_of_them(nation: Nation) -> None:
    one, other = nation.shelves
    for number, shelf in enumerate(nation.shelves):
        for step in range(2):
            shelf.press.release(document(description=f"Domicilio {number} {step}"))
    nation.refresh()

    one.press.withdraw(1)

    answers = {name: nation.get(name, Range="bytes=0-9").status_code for name in nation.names()}
    assert {name for name, status in answers.items() if status == 503} == {
        name for name in answers if other.place.slug not in name
    }
    assert nation.put_together()
    assert nation.get("releases.jsonl.gz").status_code == 503  # it waits for the tenant's own
    nation.refresh()
    held = b"".join(opened(nation.get(name).content) for name in nation.names())
    assert b"Domicilio 0 0" not in held
    assert all(word in held for word in (b"Domicilio 0 1", b"Domicilio 1 0", b"Domicilio 1 1"))
    with one.place.database.public_reading() as session:
        assert (
            session.execute(text("SELECT count(*) FROM national_file WHERE replaced_at IS NOT NULL")).scalar()
            == 0
        )


def test_a_tenant_that_cannot_be_made_again_holds_nobody_up_for_ever(nation: Nation) -> None:
    one, other = nation.shelves
    for shelf in nation.shelves:
        shelf.press.release()
    nation.refresh()
    one.press.withdraw(1)
    with one.place.database.unit_of_work(one.place.system) as session:
        session.execute(text("UPDATE download_state SET checked_at = checked_at - interval '61 minutes'"))

    assert nation.put_together()

    assert nation.lines("releases.jsonl.gz") == [body for _, body in sorted(other.press.bodies().items())]
    told = {publisher["slug"]: publisher["included"] for publisher in nation.index()["publishers"]}
    assert told == {one.place.slug: False, other.place.slug: True}


def test_a_process_that_moved_has_its_record_once(nation: Nation, storage: Storage) -> None:
    one, other = nation.shelves
    ocid, _ = one.press.release()
    other.press.release()
    nation.refresh()

    move(one.place, other.place, storage)
    nation.refresh()

    records = [orjson.loads(line) for line in nation.lines("records.jsonl.gz")]
    assert sorted(record["ocid"] for record in records).count(ocid) == 1
    assert len(records) == 2
    assert nation.lines("releases.jsonl.gz") == published(nation)


def test_what_a_suspended_tenant_published_stays(nation: Nation) -> None:
    one = nation.shelves[0]
    for shelf in nation.shelves:
        shelf.press.release()
    suspend(one.place)

    nation.refresh()

    assert nation.lines("releases.jsonl.gz") == published(nation)
    assert one.get("releases.jsonl.gz").status_code == 200


def test_what_is_no_file(nation: Nation) -> None:
    assert nation.get("otro.jsonl.gz").status_code == 404
    assert nation.get("indice.json?a=1").status_code == 400
    assert (nation.index()["files"], nation.index()["publishers"]) == ([], [])

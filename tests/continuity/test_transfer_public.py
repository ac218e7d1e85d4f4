"""One garante becomes three: whoever reads by saved cursors and links goes on without noticing more than a redirect."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy.exc import ProgrammingError

from app.attachments import service as attachments
from app.attachments.addresses import address
from app.attachments.service import Intake, SentFile
from app.core.storage import Storage
from app.processes.queries import working_process
from app.publication.models import ChainTransfer, TakenOver
from app.publication.withdrawal import withdraw_process
from tests.conftest import LiveServer, Place
from tests.continuity.test_transfer import move
from tests.factories import document
from tests.imports.conftest import Desk, release
from tests.publication.conftest import Press


@dataclass
class Harvester:
    """A client that keeps cursors and copies, and follows redirects."""

    client: httpx2.Client
    cursors: dict[str, str] = field(default_factory=dict)
    records: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    releases: dict[str, bytes] = field(default_factory=dict)

    def get(self, url: str) -> httpx2.Response:
        answer = self.client.get(_path(url))
        while answer.status_code == 308:
            answer = self.client.get(_path(answer.headers["location"]))
        return answer

    def released(self, url: str) -> bytes:
        """The release of an address, byte for byte; the day's signed head before it in its package may be a newer one."""
        return self.get(url).content.partition(b'"releases":[')[2]

    def harvest(self, slug: str) -> list[str]:
        """Go on with a tenant's records, then its transfers; return the ocids seen."""
        seen = []
        for kind in ("records", "transfers"):
            at = self.cursors.get(f"{slug}/{kind}", f"/{slug}/api/v1/{kind}?limit=2")
            while True:
                told = self.get(at).json()
                if not told[kind]:
                    break
                for one in told[kind]:
                    if kind == "transfers":
                        if one["direction"] == "out" and self.records[one["ocid"]][0] == slug:
                            del self.records[one["ocid"]]
                        continue
                    seen.append(one["ocid"])
                    self.records[one["ocid"]] = (slug, one)
                    for link in one["releases"]:
                        released = self.released(link["url"])
                        assert self.releases.setdefault(link["url"], released) == released
                at = self.cursors[f"{slug}/{kind}"] = told["links"]["next"]
        return seen


def _tender(**members: Any) -> dict[str, Any]:
    whole = document()
    return whole | {"tender": whole["tender"] | members}


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


@pytest.fixture
def three(make_place: Callable[..., Place]) -> list[Press]:
    """A garante of three bodies that publish, and two that begin."""
    presses = [Press(make_place(policy="direct")) for _ in range(3)]
    presses[0].place.add_sujeto(policy="direct")
    presses[0].place.add_sujeto(policy="direct")
    return presses


def of_body(press: Press, number: int) -> Press:
    """The same tenant, publishing as another of its bodies."""
    place = press.place
    ordered = [place.sujetos[number], *(one for one in place.sujetos if one != place.sujetos[number])]
    return Press(Place(place.database, place.slug, place.tenant_id, place.prefix, ordered))


def test_one_garante_becomes_three(three: list[Press], live: LiveServer, storage: Storage) -> None:
    old, second, third = three
    ocids = {}
    for number in range(3):
        body = of_body(old, number)
        ocids[number] = [body.release()[0] for _ in range(3)]
        body.release(document(description="Con un cambio"), ocid=ocids[number][0])
    old.withdraw(4)  # the second release of the first process of the first body
    everything = {ocid for group in ocids.values() for ocid in group}
    before = old.bodies()
    harvester = Harvester(live.client())
    assert set(harvester.harvest(old.place.slug)) == everything
    links = list(harvester.releases)
    pages = [f"/{old.place.slug}/procesos/{ocid}" for ocid in everything]

    move(old.place, second.place, storage, [old.place.sujetos[1]])
    move(old.place, third.place, storage, [old.place.sujetos[2]])

    assert harvester.harvest(old.place.slug) == []
    found = {press.place.slug: harvester.harvest(press.place.slug) for press in (second, third)}
    assert {slug: sorted(seen) for slug, seen in found.items()} == {
        second.place.slug: sorted(ocids[1]),
        third.place.slug: sorted(ocids[2]),
    }
    assert {ocid: slug for ocid, (slug, _) in harvester.records.items()} == {
        ocid: three[number].place.slug for number, group in ocids.items() for ocid in group
    }
    for url in links:
        assert harvester.client.get(_path(url)).status_code == 200
        assert harvester.released(url) == harvester.releases[url] != b""
    for page in pages:
        assert harvester.get(page).status_code == 200
    for ocid in ocids[1]:
        for kind in ("records", "releases"):
            there = f"/{second.place.slug}/api/v1/{kind}/{ocid}"
            answer = harvester.client.get(f"/{old.place.slug}/api/v1/{kind}/{ocid}")
            assert (answer.status_code, _path(answer.headers["location"])) == (308, there)
            assert harvester.client.get(there).json()[kind]
    assert old.bodies() == before
    assert [press.faults() for press in three] == [[], [], []]

    # A correction has its past in its record, oldest first, and its releases page by page.
    second.place.sujetos.insert(0, old.place.sujetos[1])
    corrected = ocids[1][0]
    _, release = second.release(document(description="Corregida en su casa nueva"), ocid=corrected)
    assert harvester.harvest(second.place.slug) == [corrected]
    record = harvester.records[corrected][1]
    assert [link["url"].split("#")[0].split("/api/")[0].rsplit("/", 1)[1] for link in record["releases"]] == [
        old.place.slug,
        old.place.slug,
        second.place.slug,
    ]
    assert "Corregida en su casa nueva" in str(record["compiledRelease"])
    at, pages_of = f"/{second.place.slug}/api/v1/releases/{corrected}?limit=1", []
    while (told := harvester.get(at).json())["releases"]:
        assert told["total"] == 3
        pages_of += [one["id"] for one in told["releases"]]
        at = told["links"]["next"]
    assert len(set(pages_of)) == 3
    assert pages_of[-1] == release["id"]
    single = harvester.client.get(f"/{second.place.slug}/api/v1/releases/{corrected}/{pages_of[0]}")
    assert single.status_code == 308
    versioned = harvester.get(f"/{old.place.slug}/api/v1/records/{corrected}?versioned=true").json()
    assert versioned["records"][0]["versionedRelease"]
    assert [press.faults() for press in three] == [[], [], []]


def test_a_withdrawal_at_the_target_takes_the_bytes_from_the_source(
    three: list[Press], live: LiveServer, storage: Storage
) -> None:
    old, new, _ = three
    ocid, first = old.release()
    old.release(document(description="Con un cambio"), ocid=ocid)
    move(old.place, new.place, storage)
    client = live.client()
    one = f"/{old.place.slug}/api/v1/releases/{ocid}/{first['id']}"
    assert client.get(one).status_code == 200

    new.withdraw(-2)
    assert client.get(f"/{new.place.slug}/api/v1/records/{ocid}").json()["records"][0]["releases"][0]["url"]
    assert len(old.bodies()) == 1
    new.withdraw(-1)
    assert old.bodies() == {}
    assert new.record(ocid) is None
    assert [entry.kind for entry in old.entries()][-2:] == ["withdrawal", "withdrawal"]
    assert [entry.kind for entry in new.entries()] == ["transfer"]
    assert (old.faults(), new.faults()) == ([], [])
    assert client.get(f"/{new.place.slug}/api/v1/records/{ocid}").status_code == 410
    assert client.get(f"/{new.place.slug}/procesos/{ocid}").status_code == 410
    assert client.get(f"/{old.place.slug}/api/v1/records/{ocid}").status_code == 308
    assert client.get(f"/{old.place.slug}/api/v1/withdrawals").json()["total"] == 2


def test_files_keep_their_addresses_and_go_with_a_withdrawal(
    three: list[Press], live: LiveServer, storage: Storage
) -> None:
    """One was published before the move, the other was a draft's: both are found at the address that the bytes name."""
    old, new, _ = three
    editor, ref = old.place.actor("so_editor"), old.draft()
    files = []
    with old.place.database.unit_of_work(editor) as session:
        for name in ("antes.txt", "despues.txt"):
            sent = [SentFile(name, io.BytesIO(name.encode()))]
            intake = Intake(storage, 10**6, scanned=False)
            (received,) = attachments.receive(session, editor, intake, ref.process_id, sent)
            assert received.attachment is not None
            files.append(address(f"/{old.place.slug}", received.attachment.attachment_id, name))
    with old.place.database.unit_of_work(editor) as session:
        ocid = working_process(session, editor, ref.process_id).ocid
    papers = [
        {"id": f"doc-{number}", "title": "Acta", "url": f"http://127.0.0.1{path}"}
        for number, path in enumerate(files)
    ]
    old.release(_tender(documents=papers[:1]), ocid=ocid)
    client = live.client()
    assert [client.get(path).status_code for path in files] == [200, 404]

    move(old.place, new.place, storage)
    assert [client.get(path).status_code for path in files] == [200, 404]
    new.place.sujetos.insert(0, old.place.sujetos[0])
    new.release(_tender(documents=papers), ocid=ocid)
    assert [client.get(path).status_code for path in files] == [200, 308]
    moved = client.get(files[1]).headers["location"]
    assert moved == files[1].replace(old.place.slug, new.place.slug)
    assert client.get(moved).content == b"despues.txt"

    reviewer = new.place.actor("garante_reviewer")
    with new.place.database.unit_of_work(reviewer) as session:
        assert len(withdraw_process(session, reviewer, ref.process_id, "Artículo 113")) == 2
    assert client.get(files[0]).status_code == 410
    assert client.get(files[0].replace(old.place.slug, new.place.slug)).status_code == 410
    assert client.get(moved).status_code == 410
    assert (old.faults(), new.faults()) == ([], [])


def test_an_ocid_is_imported_where_its_process_is(three: list[Press], storage: Storage) -> None:
    old, new, _ = three
    moved, _ = old.release()
    stays = of_body(old, 1).release()[0]
    move(old.place, new.place, storage)
    new.place.sujetos.insert(0, old.place.sujetos[0])
    told = [release(ocid) for ocid in (moved, stays)]
    outcomes = {}
    for press, sujeto in ((old, old.place.sujetos[1]), (new, new.place.sujetos[0])):
        desk = Desk(press.place.database, storage, press.place, press.place.actor("so_editor", sujeto))
        import_id = desk.read(told, sujeto_obligado_id=sujeto)
        outcomes[press.place.slug] = desk.codes(import_id)
    assert outcomes[old.place.slug][0] == "moved"
    assert outcomes[new.place.slug][1] == "moved"
    assert "moved" not in (outcomes[old.place.slug][1], outcomes[new.place.slug][0])


def test_nobody_of_the_service_says_what_was_taken_over(three: list[Press]) -> None:
    """What opens another tenant's chain to a withdrawal is written by the owner alone."""
    actor = three[0].actor
    for row in (
        TakenOver(
            tenant_id=three[0].place.tenant_id,
            place=-1,
            process_id=uuid4(),
            ocid="ocds-aaaaaa-1",
            source_id=three[1].place.tenant_id,
            source_position=1,
        ),
        ChainTransfer(
            tenant_id=three[0].place.tenant_id,
            position=1,
            direction="in",
            process_id=uuid4(),
            ocid="ocds-aaaaaa-1",
            peer_id=three[1].place.tenant_id,
            payload=b"{}",
        ),
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):  # noqa: SIM117
            with three[0].place.database.unit_of_work(actor) as session:
                session.add(row)

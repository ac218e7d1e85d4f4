"""What anybody can check from outside: every kind of tampering is named, and what nobody touched is in order."""

import hashlib
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text

from app.core.keys import Keyring
from app.proof import verifying
from app.publication.chain import Entry
from tests.conftest import LiveServer, Place
from tests.openapi.conftest import Publisher
from tests.proof.conftest import Notary, Statement

TAMPERINGS: dict[str, tuple[str, list[str]]] = {
    "one byte of a release": (
        (
            "UPDATE release_body SET body = convert_to(replace(convert_from(body, 'UTF8'), 'Papelería', 'Papeleria'), 'UTF8') "
            "WHERE tenant_id = :tenant AND position = 3"
        ),
        ["Entrada 3", "el texto publicado cambió"],
    ),
    "a release deleted": (
        "DELETE FROM release_body WHERE tenant_id = :tenant AND position = 3",
        ["Entrada 3", "falta el texto publicado y ningún retiro lo explica"],
    ),
    "a release and its entry deleted": (
        (
            "WITH gone AS (DELETE FROM release_body WHERE tenant_id = :tenant AND position = 3) "
            "DELETE FROM release WHERE tenant_id = :tenant AND position = 3"
        ),
        ["Falta la entrada 3", "no enlaza"],
    ),
    "the withdrawal's ground": (
        "UPDATE release SET ground = 'Otro' WHERE tenant_id = :tenant AND position = 5",
        ["Entrada 5", "su huella no corresponde"],
    ),
    "a withdrawn release put back": (
        "INSERT INTO release_body SELECT tenant_id, 2, body FROM release_body WHERE tenant_id = :tenant AND position = 3",
        ["no está en la cadena, o no en ese orden"],
    ),
    "a head signed by nobody": (
        "UPDATE signed_head SET signature = sha512('x') WHERE tenant_id = :tenant AND position = 3",
        ["no lleva una firma válida"],
    ),
    "a head that says something else": (
        (
            "UPDATE signed_head SET statement = replace(statement, '\"position\"\\:3', '\"position\"\\:1') "
            "WHERE tenant_id = :tenant AND position = 3"
        ),
        ["no lleva una firma válida", "no es la de la cadena de hoy", "no enlaza con la firmada antes"],
    ),
    "a signed head deleted": (
        "DELETE FROM signed_head WHERE tenant_id = :tenant AND position = 3",
        ["no enlaza con la firmada antes"],
    ),
    "the chain's own head": (
        "UPDATE chain_head SET entry_hash = sha256('x') WHERE tenant_id = :tenant",
        ["La cabeza de la cadena no coincide"],
    ),
}


def test_what_nobody_touched_is_in_order(notary: Notary) -> None:
    told = notary.verify()

    assert told.faults == []
    assert (told.entries, told.releases, told.withdrawn, told.heads) == (6, 4, 1, 3)
    assert notary.verify(told.last).faults == []


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_named(notary: Notary, name: str) -> None:
    statement, expected = TAMPERINGS[name]
    with notary.tampered((statement, {})):
        faults = notary.verify().faults

    assert faults
    for words in expected:
        assert any(words in fault for fault in faults), (words, faults)
    assert notary.verify().faults == []


def test_two_releases_in_each_others_place_are_named(notary: Notary) -> None:
    swap = (
        "UPDATE release SET position = -position WHERE tenant_id = :tenant AND position IN (3, 4)",
        "UPDATE release SET position = 7 + position WHERE tenant_id = :tenant AND position < 0",
        "UPDATE release_body SET position = -position WHERE tenant_id = :tenant AND position IN (3, 4)",
        "UPDATE release_body SET position = 7 + position WHERE tenant_id = :tenant AND position < 0",
    )
    with notary.tampered(*((statement, {}) for statement in swap)):
        faults = notary.verify().faults

    assert any("Entrada 3" in fault and "no enlaza" in fault for fault in faults)
    assert any("Entrada 4" in fault and "su huella" in fault for fault in faults)


def test_a_rewritten_history_shows_to_whoever_kept_a_head(notary: Notary) -> None:
    """Everything is made again as if it had always been so: bytes, hashes, heads and their signatures."""
    kept = notary.verify().last
    with notary.tampered(*_rewriting(notary)):
        forgot, remembers = notary.verify(), notary.verify(kept)

    assert forgot.faults == []
    assert len(remembers.faults) == 2
    assert "la historia se reescribió" in remembers.faults[0]
    assert "ya no está entre las firmadas" in remembers.faults[1]


@pytest.mark.parametrize(
    "what", ["releases", "releases/{ocid}", "releases/{ocid}/{id}", "records", "records/{ocid}"]
)
def test_every_package_is_a_kept_head(notary: Notary, site: LiveServer, what: str) -> None:
    site.app.state.directory.forget()
    [first, *_] = httpx2.get(f"{notary.url}/api/v1/releases").json()["releases"]
    address = f"{notary.url}/api/v1/{what.format(ocid=first['ocid'], id=first['id'])}"
    package = httpx2.get(address).json()
    assert package["signedHead"] == httpx2.get(f"{notary.url}/api/v1/chain").json()["signedHead"]

    with notary.tampered(*_rewriting(notary)):
        remembers = notary.verify(package)

    assert any("la historia se reescribió" in fault for fault in remembers.faults)
    assert notary.verify(package).faults == []


def test_packages_of_the_nation_name_the_heads_of_all(notary: Notary, site: LiveServer) -> None:
    site.app.state.directory.forget()

    signed = httpx2.get(f"{site.url}/api/v1/releases?limit=1").json()["signedHead"]

    listed = httpx2.get(signed["others"])
    assert hashlib.sha256(listed.content).hexdigest() == json.loads(signed["head"])["heads"]


def test_a_package_kept_in_memory_says_the_new_head(notary: Notary, site: LiveServer) -> None:
    site.app.state.directory.forget()
    [first, *_] = httpx2.get(f"{notary.url}/api/v1/releases").json()["releases"]
    address = f"{notary.url}/api/v1/releases/{first['ocid']}/{first['id']}"
    before = [httpx2.get(address) for _ in range(2)][-1]
    listed = f"{notary.url}/api/v1/releases"
    held = httpx2.get(listed).headers["etag"]

    assert notary.sign(days=2) == 1
    site.app.state.directory.forget()
    httpx2.get(f"{notary.url}/api/v1/")  # reads the directory again: the short way waits for that

    after = httpx2.get(address, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["signedHead"] != before.json()["signedHead"]
    assert httpx2.get(listed, headers={"If-None-Match": held}).status_code == 200


def _rewriting(notary: Notary) -> list[Statement]:
    """Return the statements of somebody who has the database and the keys: the third release never said that."""
    place = notary.place
    statements: list[Statement] = []
    with notary.superuser.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT r.*, b.body FROM release r LEFT JOIN release_body b USING (tenant_id, position) "
                "WHERE tenant_id = :tenant ORDER BY position"
            ),
            {"tenant": place.tenant_id},
        ).all()
        heads = connection.execute(
            text("SELECT * FROM signed_head WHERE tenant_id = :tenant ORDER BY day"),
            {"tenant": place.tenant_id},
        ).all()
    previous = rows[0].previous_hash
    hashes = {0: rows[0].previous_hash}
    for row in rows:
        digest = row.body_sha256
        if row.position == 3:
            body = row.body.replace("Papelería".encode(), b"Papeleria")
            digest = hashlib.sha256(body).digest()
            told = "UPDATE release_body SET body = :body WHERE tenant_id = :tenant AND position = 3"
            statements.append((told, {"body": body}))
        facts = {name: getattr(row, name) for name in Entry.__slots__}
        entry = Entry(**facts | {"body_sha256": digest, "previous_hash": previous})
        told = (
            "UPDATE release SET body_sha256 = :body, previous_hash = :previous, entry_hash = :own "
            "WHERE tenant_id = :tenant AND position = :position"
        )
        values = {"body": digest, "previous": previous, "own": entry.hash(), "position": row.position}
        statements.append((told, values))
        previous = hashes[row.position] = entry.hash()
    statements.append(
        ("UPDATE chain_head SET entry_hash = :own WHERE tenant_id = :tenant", {"own": previous})
    )
    before = None
    for head in heads:
        said = json.loads(head.statement)
        said |= {"entryHash": hashes[said["position"]].hex(), "previous": before}
        written = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        signature = notary.keyring.signer("signed heads").sign(written.encode())
        before = hashlib.sha256(written.encode()).hexdigest()
        told = (
            "UPDATE signed_head SET statement = :written, signature = :signature "
            "WHERE tenant_id = :tenant AND day = :day"
        )
        statements.append((told, {"written": written, "signature": signature, "day": head.day}))
    return statements


def test_a_kept_head_that_is_forged_or_of_somebody_else_proves_nothing(notary: Notary) -> None:
    kept = notary.verify().last
    assert kept is not None
    forged = kept | {"head": kept["head"].replace('"position":6', '"position":5')}
    other = kept | {"head": kept["head"].replace(str(notary.place.tenant_id), "0" * 36)}

    assert any("no lleva una firma válida" in fault for fault in notary.verify(forged).faults)
    assert any("de otro organismo" in fault for fault in notary.verify(other).faults)


def test_a_name_belongs_to_one_key(notary: Notary) -> None:
    """Whoever has the database puts a key of their own under the name of ours, and signs everything with it."""
    forged = Ed25519PrivateKey.generate()
    public = forged.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def get(url: str) -> bytes:
        told = json.loads(verifying.fetch(url)) if "/chain/keys" in url or "/chain/heads" in url else {}
        for key in told.get("keys", ()):
            key["publicKey"] = b64encode(public).decode()
        for head in told.get("heads", ()):
            head["signature"] = b64encode(forged.sign(head["head"].encode())).decode()
        return json.dumps(told).encode() if told else verifying.fetch(url)

    faults = verifying.verify(notary.url, None, get).faults

    assert len([fault for fault in faults if "no lleva una firma válida" in fault]) == 3


def test_a_key_that_is_published_no_more_is_named(notary: Notary) -> None:
    kept = notary.verify().last

    def get(url: str) -> bytes:
        return b'{"keys": []}' if "/chain/keys" in url else verifying.fetch(url)

    faults = verifying.verify(notary.url, kept, get).faults

    assert any(
        "que guardaste" in fault and "una llave que el servicio ya no publica" in fault for fault in faults
    )


def test_a_turned_key_leaves_earlier_signatures_good(notary: Notary) -> None:
    kept = notary.verify().last
    turned = Keyring("otra", {"otra": b"x" * 32, **notary.keyring.keys})
    assert notary.sign(days=2, keyring=turned) == 1

    told = notary.verify(kept)

    assert (told.faults, told.heads) == ([], 4)
    assert told.last is not None
    assert kept is not None
    assert told.last["key"] != kept["key"]


def test_what_is_published_meanwhile_is_no_fault(notary: Notary) -> None:
    asked: list[str] = []

    def get(url: str) -> bytes:
        asked.append(url)
        if "/chain/entries" in url and len(asked) < 12:
            notary.publisher.publish()
        return verifying.fetch(url)

    told = verifying.verify(notary.url, None, get)

    assert told.faults == []
    assert told.releases > 4


def test_anybody_can_run_the_program_that_the_service_gives(
    notary: Notary, site: LiveServer, tmp_path: Path
) -> None:
    program, head = tmp_path / "verifying.py", tmp_path / "cabeza.json"
    program.write_bytes(httpx2.get(f"{site.url}/api/v1/chain/verifying.py").content)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(program), notary.url, *arguments],
            capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
        )  # fmt: skip

    first = run("--save", str(head))
    assert (first.returncode, "todo corresponde" in first.stdout) == (0, True), first
    with notary.tampered(*_rewriting(notary)):
        second = run("--head", str(head))
    assert second.returncode == 1
    assert "la historia se reescribió" in second.stdout


def test_each_head_names_the_heads_of_all(notary: Notary, site: LiveServer) -> None:
    last = httpx2.get(f"{notary.url}/api/v1/chain").json()["signedHead"]
    listed = httpx2.get(last["others"])

    said: dict[str, Any] = json.loads(last["head"])
    assert hashlib.sha256(listed.content).hexdigest() == said["heads"]
    mine = [one for one in listed.json()["heads"] if one["tenant"] == str(notary.place.tenant_id)]
    assert [one["position"] for one in mine] == [3]
    assert httpx2.get(f"{site.url}/api/v1/chain/lists/{'0' * 64}").status_code == 404


def test_a_day_is_signed_once(notary: Notary) -> None:
    assert [notary.sign(), notary.sign(days=1), notary.sign(days=-3)] == [0, 0, 0]
    assert notary.sign(days=2) == 1
    assert notary.verify().heads == 4


def test_a_chain_without_entries_is_signed_and_in_order(
    notary: Notary, make_place: Callable[..., Place], site: LiveServer
) -> None:
    place = make_place(policy="direct")
    site.app.state.directory.forget()
    empty = replace(notary, publisher=Publisher(place), url=f"{site.url}/{place.slug}")
    assert empty.sign() == 1

    told = empty.verify()

    assert (told.faults, told.entries, told.heads) == ([], 0, 1)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("chain?x=1", 400),
        ("chain/entries?cursor=x", 400),
        ("chain/entries?limit=0", 400),
        ("chain/entries?since=2026-01-01", 400),
        ("chain/heads?cursor=x", 400),
        ("chain/heads?cursor=WyJ4Il0", 400),
        ("chain/heads?limit=1", 200),
        ("chain/entries?limit=1", 200),
    ],
)
def test_addresses_are_read_strictly(notary: Notary, address: str, status: int) -> None:
    answer = httpx2.get(f"{notary.url}/api/v1/{address}")

    assert answer.status_code == status, answer.text


def test_pages_follow_each_other(notary: Notary) -> None:
    url, seen = f"{notary.url}/api/v1/chain/entries?limit=4", []
    while True:
        page = httpx2.get(url).json()
        seen += [entry["position"] for entry in page["entries"]]
        if "links" not in page:
            break
        url = page["links"]["next"]

    assert seen == [1, 2, 3, 4, 5, 6]

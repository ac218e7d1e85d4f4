"""The chain: anyone can compute it again, and every kind of tampering tells."""

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from app.publication.chain import GENESIS, rfc3339
from tests.conftest import Place
from tests.publication.conftest import Press, tampered, tender

LINK = "No enlaza con la entrada anterior."
OWN = "Su huella no corresponde a su contenido."
TEXT = "El texto publicado cambió: su huella no es la registrada."
GONE = "Falta el texto publicado y ningún retiro lo explica."
STANDS = "Fue retirada, pero su texto sigue guardado."
HEAD = "La cabeza de la cadena no coincide con su última entrada."

TAMPERINGS: dict[str, tuple[str, set[str]]] = {
    "one byte of a release": (
        "UPDATE release_body SET body = body || ' ' WHERE tenant_id = :tenant AND position = 2",
        {TEXT},
    ),
    "a release replaced by another": (
        (
            "UPDATE release_body b SET body = o.body FROM release_body o WHERE b.tenant_id = :tenant "
            "AND b.position = 2 AND o.tenant_id = :tenant AND o.position = 4"
        ),
        {TEXT},
    ),
    "a release taken away in silence": (
        "DELETE FROM release_body WHERE tenant_id = :tenant AND position = 2",
        {GONE},
    ),
    "a withdrawn release put back": (
        (
            "INSERT INTO release_body SELECT :tenant, 3, body FROM release_body "
            "WHERE tenant_id = :tenant AND position = 2"
        ),
        {TEXT},
    ),
    "bytes and their hash": (
        "UPDATE release SET body_sha256 = sha256('x') WHERE tenant_id = :tenant AND position = 2",
        {OWN, TEXT},
    ),
    "the withdrawal taken back": (
        "DELETE FROM release WHERE tenant_id = :tenant AND position = 5",
        {GONE, HEAD},
    ),
    "the withdrawal pointed at another release": (
        "UPDATE release SET withdraws = 2 WHERE tenant_id = :tenant AND position = 5",
        {OWN, GONE, STANDS},
    ),
    "an entry taken out": (
        "DELETE FROM release WHERE tenant_id = :tenant AND position = 2",
        {"Falta la entrada 2 de la cadena.", LINK},
    ),
    "the first entry taken out": (
        "DELETE FROM release WHERE tenant_id = :tenant AND position = 1",
        {"Falta la entrada 1 de la cadena.", LINK},
    ),
    "an entry moved": (
        "UPDATE release SET position = 9 WHERE tenant_id = :tenant AND position = 5",
        {"Falta la entrada 5 de la cadena.", OWN, HEAD},
    ),
    "a broken link": (
        "UPDATE release SET previous_hash = sha256('x') WHERE tenant_id = :tenant AND position = 2",
        {LINK, OWN},
    ),
    "another hash": (
        "UPDATE release SET entry_hash = sha256('x') WHERE tenant_id = :tenant AND position = 2",
        {LINK, OWN},
    ),
    "the head's hash": ("UPDATE chain_head SET entry_hash = sha256('x') WHERE tenant_id = :tenant", {HEAD}),
    "the head's position": ("UPDATE chain_head SET position = 4 WHERE tenant_id = :tenant", {HEAD}),
    "no head": ("DELETE FROM chain_head WHERE tenant_id = :tenant", {HEAD}),
    "the whole chain": ("DELETE FROM release WHERE tenant_id = :tenant", {HEAD}),
} | {
    f"the {column} of an entry": (
        f"UPDATE release SET {column} = {value} WHERE tenant_id = :tenant AND position = 2",  # noqa: S608  # a test's own statement
        {OWN},
    )
    for column, value in {
        "ocid": "'ocds-otro00-1'",
        "release_id": "'otro'",
        "date": "date + interval '1 microsecond'",
        "ground": "'Otro'",
        "withdraws": "1",
    }.items()
}


@pytest.fixture(scope="module")
def chained(make_place: Callable[..., Place]) -> Press:
    """Four releases and, at position 5, the withdrawal of the third."""
    press = Press(make_place(policy="direct"))
    press.release()
    ocid, _ = press.release(tender(title="Primero"))
    press.release(tender(title="Segundo"), ocid=ocid)
    press.release()
    assert press.withdraw(3) == 5
    return press


def test_a_chain_that_nobody_touched_verifies(chained: Press) -> None:
    assert chained.faults() == []


def test_anyone_can_compute_it_again(chained: Press) -> None:
    previous = hashlib.sha256(b"contrataciones-abiertas/1").hexdigest()
    bodies = chained.bodies()
    for number, entry in enumerate(chained.entries(), 1):
        facts = [
            str(chained.place.tenant_id),
            number,
            entry.kind,
            entry.ocid,
            entry.release_id,
            rfc3339(entry.date),
            entry.body_sha256.hex(),
            entry.withdraws,
            entry.ground,
            previous,
        ]
        previous = hashlib.sha256(orjson.dumps(facts)).hexdigest()
        assert entry.entry_hash.hex() == previous
        if entry.position in bodies:
            assert hashlib.sha256(bodies[entry.position]).digest() == entry.body_sha256
    assert chained.entries()[0].previous_hash == GENESIS


def test_two_tenants_have_chains_of_their_own(press: Press, other_press: Press) -> None:
    for one in (press, other_press):
        one.release()
    hashes = {one.entries()[0].entry_hash for one in (press, other_press)}
    assert len(hashes) == 2
    assert [one.entries()[0].position for one in (press, other_press)] == [1, 1]


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_tampering_tells(chained: Press, superuser: Engine, kind: str) -> None:
    statement, expected = TAMPERINGS[kind]
    assert {fault.message for fault in tampered(superuser, chained.place.tenant_id, statement)} == expected


def test_a_rewritten_entry_with_a_hash_of_its_own_breaks_the_next_link(
    chained: Press, superuser: Engine
) -> None:
    second = chained.entries()[1]
    facts: list[Any] = [
        str(second.tenant_id),
        2,
        "release",
        "ocds-otro00-1",
        second.release_id,
        rfc3339(second.date),
        second.body_sha256.hex(),
        None,
        "",
        second.previous_hash.hex(),
    ]
    forged = hashlib.sha256(orjson.dumps(facts)).digest()

    found = tampered(
        superuser,
        chained.place.tenant_id,
        "UPDATE release SET ocid = 'ocds-otro00-1', entry_hash = :forged "
        "WHERE tenant_id = :tenant AND position = 2",
        forged=forged,
    )

    assert [(fault.position, fault.message) for fault in found] == [(3, LINK)]


def test_a_fault_says_where_it_is(chained: Press, superuser: Engine) -> None:
    found = tampered(superuser, chained.place.tenant_id, TAMPERINGS["one byte of a release"][0])
    assert [fault.position for fault in found] == [2]


def test_nothing_was_really_tampered_with(chained: Press, superuser: Engine) -> None:
    tampered(superuser, chained.place.tenant_id, TAMPERINGS["no head"][0])
    assert chained.faults() == []

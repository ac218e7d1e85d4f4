"""One answer to one question: what a passkey's device sends counts once, however many send it at the same moment."""

import hashlib
import html
import re
import secrets
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import cbor2
import httpx2
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

from tests.identity.test_account import Person, account_id, ask, browser, email, person, somewhere

__all__ = ["account_id", "browser", "email", "person"]

AT_ONCE = 4
SECOND, KEYS = "/entrar/segundo", "/cuenta/llaves"


@dataclass
class Device:
    """A device in software: one key for one host (WebAuthn level 2, §6.1, §6.5)."""

    origin: str
    host: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    known_as: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def made(self, challenge: str) -> str:
        """Answer to the question for a new key."""
        point = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        attested = bytes(16) + struct.pack(">H", len(self.known_as)) + self.known_as + cbor2.dumps(public)
        statement = {"fmt": "none", "attStmt": {}, "authData": self._about(0x45, 0) + attested}
        return self._told(challenge, "webauthn.create", attestationObject=cbor2.dumps(statement))

    def signed(self, challenge: str) -> str:
        """Answer to the question of who this is."""
        about, said = self._about(0x05, 1), self._said(challenge, "webauthn.get")
        signature = self.key.sign(about + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._told(challenge, "webauthn.get", authenticatorData=about, signature=signature)

    def _about(self, flags: int, count: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, count)

    def _said(self, challenge: str, act: str) -> bytes:
        return orjson.dumps({"type": act, "challenge": challenge, "origin": self.origin})

    def _told(self, challenge: str, act: str, **parts: bytes) -> str:
        response = {"clientDataJSON": self._said(challenge, act), **parts}
        name = bytes_to_base64url(self.known_as)
        told = {key: bytes_to_base64url(value) for key, value in response.items()}
        return orjson.dumps({"id": name, "rawId": name, "type": "public-key", "response": told}).decode()


def device(person: Person) -> Device:
    return Device(person.live.url, httpx2.URL(person.live.url).host)


def question(client: httpx2.Client, address: str) -> str:
    asked = re.search(r'data-asked="([^"]+)"', client.get(address).text)
    assert asked is not None
    return str(orjson.loads(html.unescape(asked[1]))["challenge"])


def at_once(person: Person, who: httpx2.Client, address: str, given: Sequence[str]) -> list[httpx2.Response]:
    """Post answers of one session, each over a connection of its own, at the same moment."""
    answers: list[httpx2.Response] = []
    start = threading.Barrier(len(given))

    def send(credential: str) -> None:
        client = person.live.client()
        client.cookies.set("ca_session", who.cookies["ca_session"], domain="127.0.0.1", path="/")
        headers = somewhere()
        start.wait()
        answers.append(client.post(address, data={"credential": credential, "label": "Mía"}, headers=headers))

    threads = [threading.Thread(target=send, args=(credential,)) for credential in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def kept(person: Person) -> int:
    find = "SELECT credential_id FROM passkey WHERE account_id = :id"
    return len(ask(person.database, find, id=person.account_id))


def test_of_several_new_keys_for_one_question_one_is_kept(person: Person) -> None:
    person.enrol()
    challenge = question(person.browser, "/cuenta/segundo-factor")
    made = [device(person).made(challenge) for _ in range(AT_ONCE)]
    answers = at_once(person, person.browser, KEYS, made)
    assert sorted(answer.status_code for answer in answers) == [303] + [422] * (AT_ONCE - 1)
    assert kept(person) == 1


def test_one_signature_sent_several_times_at_once_opens_one_session(person: Person) -> None:
    person.enrol()
    mine = device(person)
    asked = question(person.browser, "/cuenta/segundo-factor")
    added = person.browser.post(KEYS, data={"credential": mine.made(asked), "label": "Mía"})
    assert added.status_code == 303
    door = person.at_the_door()
    signed = mine.signed(question(door, SECOND))
    answers = at_once(person, door, SECOND, [signed] * AT_ONCE)
    # Whoever comes when the session's token has changed already is led back to the entrance, or told that it is not open.
    opened = [answer for answer in answers if answer.cookies.get("ca_session")]
    assert len(opened) == 1
    assert {answer.status_code for answer in answers} <= {303, 401, 422}

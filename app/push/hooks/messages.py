"""What is sent: the change as `/changes` says it, signed as Standard Webhooks wants it (standardwebhooks.com)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.openapi.addresses import Roots
from app.publication.chain import rfc3339
from app.push.changes import Change

PREFIX = "whsec_"
_SECRET_BYTES = 32
CORRECTING = ("Update", "Amendment")
"""How the tags end of a release that changes what was said before."""


class Message(NamedTuple):
    """What is sent once or several times; `message_id` stays the same, for whoever gets it twice."""

    message_id: str
    body: bytes


def fresh_secret() -> str:
    """Return a new secret as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def heard_as(change: Change) -> tuple[str, ...]:
    """Return of what kinds a change is; of several, the first names it.

    A release that says something new and changes something else is a release and a correction.
    """
    if change.kind != "release":
        return (change.kind,)
    corrects = [tag.endswith(CORRECTING) for tag in change.tag]
    return ("release",) * (not all(corrects) or not corrects) + ("correction",) * any(corrects)


def of_change(webhook_id: UUID, change: Change, roots: Roots) -> Message:
    """Return what tells a change."""
    told = {
        "type": heard_as(change)[0],
        "timestamp": rfc3339(change.date),
        "data": change.told(roots),
    }
    return Message(f"msg_{webhook_id.hex}_{change.position}", orjson.dumps(told))


def of_challenge(webhook_id: UUID, challenge: str, now: datetime) -> Message:
    """Return what asks an address whether it wants to hear anything; it does if it answers the challenge."""
    told = {"type": "challenge", "timestamp": rfc3339(now), "data": {"challenge": challenge}}
    return Message(f"msg_{webhook_id.hex}_{challenge[:8]}", orjson.dumps(told))


def answers(challenge: str, body: bytes) -> bool:
    """Tell whether an answer says the challenge: `{"challenge": "…"}`."""
    try:
        said: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    held = said.get("challenge") if isinstance(said, dict) else None
    return isinstance(held, str) and hmac.compare_digest(held.encode(), challenge.encode())


def signed(message: Message, now: datetime, held: Iterable[str]) -> dict[str, str]:
    """Return the headers of a message, signed with each secret: while one is changed, two hold."""
    stamp = str(int(now.timestamp()))
    content = f"{message.message_id}.{stamp}.".encode() + message.body
    signatures = (
        base64.b64encode(
            hmac.new(base64.b64decode(secret.removeprefix(PREFIX)), content, hashlib.sha256).digest()
        ).decode()
        for secret in held
    )
    return {
        "content-type": "application/json",
        "webhook-id": message.message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }

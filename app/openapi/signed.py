"""A signed head as it is told: in the chain's own addresses and wherever files of a tenant are listed."""

from base64 import b64encode

import orjson

from app.openapi.addresses import API, Roots
from app.tenancy.queries import SignedHead

CHAIN = f"{API}/chain"


def told(head: SignedHead, roots: Roots) -> dict[str, str]:
    """Return the text that was signed, its signature, its key, and where the heads of all others that it names are."""
    heads = orjson.loads(head.statement)["heads"]
    return {
        "head": head.statement,
        "signature": b64encode(head.signature).decode(),
        "key": head.key_id,
        "others": f"{roots.service}{CHAIN}/lists/{heads}",
    }

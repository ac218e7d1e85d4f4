"""A signed head as it is told: in the chain's own addresses and wherever files of a tenant are listed."""

from base64 import b64encode

import orjson

from app.openapi.addresses import API, Roots
from app.openapi.chain_queries import SignedRow

CHAIN = f"{API}/chain"


def told(row: SignedRow, roots: Roots) -> dict[str, str]:
    """Return the text that was signed, its signature, its key, and where the heads of all others that it names are."""
    heads = orjson.loads(row.statement)["heads"]
    return {
        "head": row.statement,
        "signature": b64encode(row.signature).decode(),
        "key": row.key_id,
        "others": f"{roots.service}{CHAIN}/lists/{heads}",
    }

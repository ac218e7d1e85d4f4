"""Comprueba que lo que publica un organismo garante no se ha alterado. Basta este archivo y Python 3.11.

    python verifying.py https://datos.example/jalisco                      # su cadena entera, con cada entrega
    python verifying.py https://datos.example/jalisco --save cabeza.json   # y guarda la última cabeza firmada
    python verifying.py https://datos.example/jalisco --head cabeza.json   # contra una que guardaste antes

The service serves this very file; `app verify` runs it. It needs nothing but the standard library, and `cryptography` for
signatures. What it checks is in docs/verificar.md.
"""

import argparse
import base64
import gzip
import hashlib
import json
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # the rest can be checked without it, and it is said
    Ed25519PublicKey = None  # type: ignore[assignment, misc]

GENESIS = hashlib.sha256(b"contrataciones-abiertas/1").hexdigest()
"""What stands before the first entry of any chain."""
SECONDS = 60
NAME = 32
"""Hexadecimal digits of a key's hash that are its name at least."""
PAGE = 1000

Fetch = Callable[[str], bytes]


@dataclass
class Chain:
    """What the service tells of a chain besides its entries: `hashes` are of the positions that a head names."""

    tenant: str
    keys: dict[str, str]
    heads: list[dict[str, Any]]
    hashes: dict[int, str]


@dataclass
class Told:
    """What was looked at, and what is not as it must be, in Spanish."""

    entries: int = 0
    releases: int = 0
    withdrawn: int = 0
    heads: int = 0
    signatures: bool = Ed25519PublicKey is not None
    faults: list[str] = field(default_factory=list)
    last: dict[str, Any] | None = None


def fetch(url: str) -> bytes:
    """Return the body of an answer, as it was before it was compressed."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"No es una dirección de la red: {url}")
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        body: bytes = answer.read()
        return gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body


def verify(root: str, saved: dict[str, Any] | None = None, get: Fetch = fetch) -> Told:
    """Read a tenant's chain, its releases and its signed heads, and compare them with each other.

    Args:
        root: address of the tenant: `https://datos.example/jalisco`.
        saved: what was kept from before and holds a signed head: what `--save` writes, a package, an index of files.
        get: how an address is read.
    """
    told, api = Told(), f"{root.rstrip('/')}/api/v1"
    saved = (
        next((saved[name] for name in ("signedHead", "_signedHead") if saved.get(name)), saved)
        if saved
        else None
    )
    chain = json.loads(get(f"{api}/chain"))
    keys = {one["key"]: one["publicKey"] for one in json.loads(get(chain["keys"]))["keys"]}
    heads = list(_Pages(get, chain["heads"], "heads"))
    known = Chain(chain["tenant"], keys, heads, {0: GENESIS})
    promised = {json.loads(one["head"])["position"] for one in (*heads, *([saved] if saved else []))}
    promised.add(chain["position"])

    def note(position: int, value: str) -> None:
        if position in promised:
            known.hashes[position] = value

    _entries(api, chain, get, told, note)
    if known.hashes.get(chain["position"]) != chain["entryHash"]:
        told.faults.append("La cabeza de la cadena no coincide con su última entrada.")
    before: str | None = None
    for one in heads:
        told.heads += 1
        told.faults += _head_faults(one, known, before)
        before = _sha256(one["head"].encode())
    if heads:
        told.last = heads[-1] | {"publicKey": keys.get(heads[-1]["key"])}
    if saved is not None:
        told.faults += _saved_faults(saved, known)
    return told


def entry_hash(entry: dict[str, Any]) -> str:
    """Return SHA-256, in hexadecimal, of an entry's facts as compact JSON in their fixed order."""
    names = (
        "tenant",
        "position",
        "kind",
        "ocid",
        "releaseID",
        "date",
        "bodySha256",
        "withdraws",
        "ground",
        "previousHash",
    )
    facts = json.dumps([entry[name] for name in names], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(facts.encode()).hexdigest()


def _entries(
    api: str, chain: dict[str, Any], get: Fetch, told: Told, note: Callable[[int, str], object]
) -> None:
    """Walk the entries and the releases side by side, to where both end; what is published meanwhile is walked too."""
    pages = _Pages(get, chain["entries"], "entries")
    bodies = _Bodies(get, f"{api}/releases?limit={PAGE}")
    held = bodies.next()
    position, previous = 0, GENESIS
    missing: dict[int, str] = {}
    public, withdrawn = bytearray(1), dict[int, int]()
    # What the releases show beyond the last entry, and what is withdrawn meanwhile, is in the page that comes next.
    for _ in range(3):
        for entry in pages:
            told.entries += 1
            at = entry["position"]
            where = f"Entrada {at} ({entry['ocid']})"
            told.faults += [f"{where}: {fault}" for fault in _faults(entry, chain["tenant"], previous)]
            if at != position + 1:
                told.faults.append(f"Falta la entrada {position + 1} de la cadena, o su orden cambió.")
            public.extend(bytes(max(0, at + 1 - len(public))))
            held = held or bodies.next()
            if entry["kind"] == "withdrawal":
                withdrawn[entry["withdraws"]] = at
            elif (
                entry["kind"] == "release"
                and held is not None
                and held[0] == (entry["ocid"], entry["releaseID"])
            ):
                told.releases += 1
                public[at] = 1
                if _sha256(held[1]) != entry["bodySha256"]:
                    told.faults.append(f"{where}: el texto publicado cambió; su huella no es la registrada.")
                held = bodies.next()
            elif entry["kind"] == "release":
                missing[at] = where
            position, previous = at, entry["entryHash"]
            note(position, previous)
        if held is None and not missing.keys() - withdrawn.keys():
            break
    told.withdrawn = len(missing.keys() & withdrawn.keys())
    for at in sorted(missing.keys() - withdrawn.keys()):
        told.faults.append(f"{missing[at]}: falta el texto publicado y ningún retiro lo explica.")
    for at, by in sorted(withdrawn.items()):
        if by <= chain["position"] and at < len(public) and public[at]:
            told.faults.append(f"Entrada {at}: fue retirada, pero su texto sigue publicado.")
    if held is not None:
        told.faults.append(f"La entrega «{held[0][1]}» se publica y no está en la cadena, o no en ese orden.")


def _faults(entry: dict[str, Any], tenant: str, previous: str) -> Iterator[str]:
    if entry["tenant"] != tenant:
        yield "es de la cadena de otro organismo."
    if entry["previousHash"] != previous:
        yield "no enlaza con la entrada anterior."
    if entry_hash(entry) != entry["entryHash"]:
        yield "su huella no corresponde a su contenido."
    if entry["kind"] == "transfer" and _sha256(entry["payload"].encode()) != entry["bodySha256"]:
        yield "lo que dice el traspaso cambió."


class _Bodies:
    """(ocid, release id) and the exact bytes of each release of the list, in its order; they stand in its pages as they are."""

    def __init__(self, get: Fetch, url: str) -> None:
        self._get, self._url = get, url
        self._left: Iterator[tuple[tuple[str, str], bytes]] = iter(())

    def next(self) -> tuple[tuple[str, str], bytes] | None:
        """Return the next one; None at the end, after which there may be more later."""
        found = next(self._left, None)
        if found is None:
            self._left = self._page()
            found = next(self._left, None)
        return found

    def _page(self) -> Iterator[tuple[tuple[str, str], bytes]]:
        decoder, mark = json.JSONDecoder(), '"releases":['
        page = self._get(self._url).decode()
        self._url = json.loads(page).get("links", {}).get("next", self._url)
        at = page.index(mark) + len(mark)
        while page[at] != "]":
            release, end = decoder.raw_decode(page, at)
            yield (release["ocid"], release["id"]), page[at:end].encode()
            at = end + (page[end] == ",")


class _Pages:
    """The elements of a list, page by page; asked again at its end, it goes on where it was."""

    def __init__(self, get: Fetch, url: str, name: str) -> None:
        self._get, self._url, self._name = get, url, name

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while True:
            page = json.loads(self._get(self._url))
            yield from page[self._name]
            if "links" not in page:
                return
            self._url = page["links"]["next"]


def _head_faults(one: dict[str, Any], known: Chain, before: str | None) -> Iterator[str]:
    said = json.loads(one["head"])
    what = f"La cabeza firmada el {said['day']}"
    if said["tenant"] != known.tenant:
        yield f"{what} es de otro organismo."
    if one["key"] not in known.keys or said["key"] != one["key"]:
        yield f"{what} nombra una llave que el servicio no publica."
    elif not (_is_named(one["key"], known.keys[one["key"]]) and _is_signed(one, known.keys[one["key"]])):
        yield f"{what} no lleva una firma válida."
    if known.hashes.get(said["position"]) != said["entryHash"]:
        yield f"{what} no es la de la cadena de hoy en la entrada {said['position']}."
    if said["previous"] != before:
        yield f"{what} no enlaza con la firmada antes."


def _saved_faults(saved: dict[str, Any], known: Chain) -> Iterator[str]:
    said = json.loads(saved["head"])
    what = f"La cabeza que guardaste, del {said['day']},"
    if said["tenant"] != known.tenant:
        yield f"{what} es de otro organismo."
        return
    public_key = saved.get("publicKey") or known.keys.get(saved["key"])
    if public_key is None or known.keys.get(saved["key"]) != public_key:
        yield f"{what} la firmó una llave que el servicio ya no publica."
    if public_key is not None and not (_is_named(saved["key"], public_key) and _is_signed(saved, public_key)):
        yield f"{what} no lleva una firma válida: así no prueba nada."
        return
    if known.hashes.get(said["position"]) != said["entryHash"]:
        yield f"{what} nombra una entrada {said['position']} que hoy es otra: la historia se reescribió."
    if saved["head"] not in {one["head"] for one in known.heads}:
        yield f"{what} ya no está entre las firmadas."


def _is_named(key: str, public_key: str) -> bool:
    """Tell whether a key has this name: the start of its own hash, so that no other key can take it."""
    return hashlib.sha256(base64.b64decode(public_key)).hexdigest()[: len(key)] == key and len(key) >= NAME


def _is_signed(one: dict[str, Any], public_key: str) -> bool:
    if Ed25519PublicKey is None:
        return True
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(base64.b64decode(one["signature"]), one["head"].encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; returns 0 where everything is as it must be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("address", help="dirección del organismo: https://datos.example/jalisco")
    parser.add_argument("--head", type=Path, help="archivo que guardaste antes y trae una cabeza firmada")
    parser.add_argument("--save", type=Path, help="archivo donde guardar la última cabeza firmada")
    asked = parser.parse_args(arguments)
    told = verify(asked.address, json.loads(asked.head.read_text(encoding="utf-8")) if asked.head else None)
    for fault in told.faults:
        print(fault)  # noqa: T201
    if asked.save and told.last and not told.faults:
        asked.save.write_text(json.dumps(told.last), encoding="utf-8")
    if not told.signatures:
        print("Sin el paquete «cryptography» no se comprobaron las firmas.")  # noqa: T201
    print(  # noqa: T201
        f"{told.entries} entradas, {told.releases} entregas, {told.withdrawn} retiradas, {told.heads} cabezas firmadas: "
        + (f"{len(told.faults)} faltas." if told.faults else "todo corresponde.")
    )
    return 1 if told.faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""The installation's keys: for secrets that are stored and for links that are signed; never in the database.

They come from the setting `CA_KEYS`, or from a file that holds the same, one `identifier:base64` a line, the newest
first (`CA_KEYS_FILE`; by default `secrets/keys` of the state folder, made when first needed). What a key made names it,
so a new one can be put first while everything is running: the file is read again when it changes, the old keys go on
opening what they sealed. Whoever loses a key loses what it sealed (docs/operations.md, "Keys").
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from app.core import json
from app.core.errors import AppError
from app.settings import Settings

KEY_BYTES = 32
_NONCE_BYTES = 12


class MissingKeyError(AppError):
    """A key is missing, or what it should open is not what it sealed."""

    slug, title = "llave-faltante", "Falta una llave de la instalación"


class BadKeysError(AppError):
    """The setting or file of keys cannot be read."""

    slug, title = "llaves-ilegibles", "Las llaves de la instalación no se pueden leer"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by their identifiers; `current` makes, the others only open and check."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    def seal(self, purpose: str, secret: str) -> str:
        """Encrypt a text (AES-256-GCM) for storing; the purpose must be said again to open it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._derived(self.current, purpose)).encrypt(
            nonce, secret.encode(), purpose.encode()
        )
        return f"{self.current}.{_text(nonce + sealed)}"

    def open(self, purpose: str, sealed: str) -> str:
        """Decrypt what `seal` made under the same purpose.

        Raises:
            MissingKeyError: its key is not here any more, or it was changed, or made for something else.
        """
        key_id, _, held = sealed.partition(".")
        if key_id not in self.keys:
            raise MissingKeyError(f"La llave «{key_id}» no está entre las de la instalación.")
        try:
            raw = base64.urlsafe_b64decode(held + "=" * (-len(held) % 4))
            opened = AESGCM(self._derived(key_id, purpose)).decrypt(
                raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode()
            )
        except (binascii.Error, ValueError, InvalidTag) as error:
            raise MissingKeyError(
                "Un secreto guardado no se puede abrir: cambió, o es de otra cosa."
            ) from error
        return opened.decode()

    def token(self, purpose: str, *about: object) -> str:
        """Return a signature of what it is about, for links: nothing need be stored to check it."""
        return f"{self.current}.{_text(self._mac(self.current, purpose, about))}"

    def holds(self, purpose: str, token: str, *about: object) -> bool:
        """Tell whether a token was made for this purpose and this, in constant time."""
        key_id, _, held = token.partition(".")
        if key_id not in self.keys or not held.isascii():
            return False
        return hmac.compare_digest(held, _text(self._mac(key_id, purpose, about)))

    def signer(self, purpose: str) -> Ed25519PrivateKey:
        """Return the current key's half that signs for a purpose; anybody can check it with its public half."""
        return Ed25519PrivateKey.from_private_bytes(self._derived(self.current, purpose))

    def _mac(self, key_id: str, purpose: str, about: tuple[object, ...]) -> bytes:
        message = json.dumps([str(one) for one in about])
        return hmac.new(self._derived(key_id, purpose), message, hashlib.sha256).digest()

    def _derived(self, key_id: str, purpose: str) -> bytes:
        return HKDFExpand(algorithm=SHA256(), length=KEY_BYTES, info=purpose.encode()).derive(
            self.keys[key_id]
        )


_read: dict[Path, tuple[tuple[int, int], Keyring]] = {}


def of(settings: Settings) -> Keyring:
    """Return the installation's keys as they are now; the first call of a new installation makes one.

    Raises:
        BadKeysError: a line is not `identifier:base64 of 32 bytes`, or no key is named.
    """
    if settings.keys is not None:
        return _parsed(settings.keys.get_secret_value().replace(",", "\n"))
    path = _file(settings)
    if not path.exists():
        _make(path)
    stat = path.stat()
    stamp = (stat.st_mtime_ns, stat.st_size)
    held = _read.get(path)
    if held is None or held[0] != stamp:
        held = _read[path] = (stamp, _parsed(path.read_text(encoding="ascii")))
    return held[1]


def marks(ring: Keyring) -> tuple[str, ...]:
    """Return `identifier:mark` of each key; a mark tells one key from another of the same name, and nothing of it."""
    return tuple(f"{key_id}:{hashlib.sha256(key).hexdigest()[:16]}" for key_id, key in ring.keys.items())


def fresh_line(key_id: str) -> str:
    """Return a line with a new random key, as the setting and the file hold it.

    Raises:
        BadKeysError: the identifier has more than letters and digits.
    """
    if not key_id.isalnum():
        raise BadKeysError(f"«{key_id}» no sirve de identificador: solo letras y números.")
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def put_first(settings: Settings, line: str) -> Path:
    """Write a line before the others of the file of keys, and return which file that is.

    Raises:
        BadKeysError: the file would not be readable with it, for example because its identifier is taken.
    """
    of(settings)
    path = _file(settings)
    listed = f"{line}\n{path.read_text(encoding='ascii')}"
    _parsed(listed)
    draft = _written_beside(path, listed)
    draft.rename(path)
    return path


def _file(settings: Settings) -> Path:
    return settings.keys_file or settings.state_folder / "secrets" / "keys"


def _make(path: Path) -> None:
    """Write the first key, readable by its owner only; of two processes at once one wins and both read its key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _written_beside(path, fresh_line("1") + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _written_beside(path: Path, content: str) -> Path:
    """Write a file of its owner only next to where it will take its place in one step."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
    return draft


def _parsed(listed: str) -> Keyring:
    keys: dict[str, bytes] = {}
    for line in filter(None, (line.strip() for line in listed.splitlines())):
        key_id, _, held = line.partition(":")
        try:
            key = base64.b64decode(held, validate=True)
        except binascii.Error:
            key = b""
        if not key_id.isalnum() or len(key) != KEY_BYTES or key_id in keys:
            raise BadKeysError(
                "Cada llave se escribe «identificador:base64 de 32 bytes», con identificadores distintos de letras y "
                "números; «python -m app keys add» escribe una nueva."
            )
        keys[key_id] = key
    if not keys:
        raise BadKeysError("No hay ninguna llave; «python -m app keys add» escribe una.")
    return Keyring(next(iter(keys)), keys)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

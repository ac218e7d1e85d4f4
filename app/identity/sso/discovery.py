"""What a provider says of itself: its addresses and its keys, fetched from the outside world and kept for a while.

Every address passes `core.outgoing`: https, public, and no redirects, since a redirect would carry a client's secret to
somebody else. What the provider says must carry its own name (OpenID Connect Discovery 1.0, 4.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.core import clock, json
from app.core.errors import UnavailableError
from app.core.outgoing import Fetched, NoAnswerError, Outgoing, OutgoingRefusedError
from app.settings import Settings

METADATA_SECONDS = 3600.0
KEYS_SECONDS = 3600.0
ROTATION_SECONDS = 30.0
"""An unknown key makes the keys be asked for again, but no oftener: a forged token must not make us call."""
PATIENCE = 8.0
MOST_BYTES = 256 * 1024
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"}
)
"""Signatures by a key that only the provider has; none, and none by the secret that it shares with us."""


class ProviderError(UnavailableError):
    """The tenant's provider does not answer, or not as the standard says."""

    slug, title = "proveedor-no-disponible", "El proveedor de identidad no está disponible"


@dataclass(frozen=True, slots=True)
class Metadata:
    """A provider's addresses, and what it can do.

    Attributes:
        end_session: where a browser is sent to end the provider's own session; empty where it cannot.
        says_issuer: whether its answers name the issuer (RFC 9207).
    """

    issuer: str
    authorization: str
    token: str
    jwks: str
    end_session: str = ""
    auth_method: str = "client_secret_basic"
    algorithms: frozenset[str] = ALGORITHMS
    says_issuer: bool = False


@dataclass
class _Held:
    metadata: Metadata
    read_at: float
    keys: KeySet | None = None
    keys_at: float = field(default=float("-inf"))


class Providers:
    """The providers that this process has talked to.

    Args:
        settings: `outgoing_allow` names hosts of our own network that may be called, also without https.
    """

    def __init__(self, settings: Settings) -> None:
        self._allow = frozenset(
            one.strip().lower() for one in settings.outgoing_allow.split(",") if one.strip()
        )
        self.outgoing = Outgoing(self._allow)
        self._held: dict[str, _Held] = {}
        self._lock = Lock()

    def check(self, address: str) -> str:
        """Return an address that a provider may have.

        Raises:
            OutgoingRefusedError: it is not https, or carries a user, a query or a fragment.
        """
        try:
            parts = urlsplit(address)
            port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        except ValueError as error:
            raise OutgoingRefusedError("La dirección está mal escrita.") from error
        allowed = f"{parts.hostname}:{port}".lower() in self._allow
        if parts.scheme != "https" and not (parts.scheme == "http" and allowed):
            raise OutgoingRefusedError("La dirección debe empezar con https://.")
        if not parts.hostname or parts.username is not None or parts.fragment or not address.isascii():
            raise OutgoingRefusedError("La dirección está mal escrita.")
        return address

    def metadata(self, issuer: str, *, anew: bool = False) -> Metadata:
        """Return what an issuer says of itself.

        Args:
            issuer: its exact name.
            anew: ask it now, whatever is held.

        Raises:
            OutgoingRefusedError: its address, or one that it names, may not be called.
            ProviderError: it does not answer, or says it is somebody else.
        """
        held = self._held.get(issuer)
        if held is not None and not anew and clock.monotonic() - held.read_at < METADATA_SECONDS:
            return held.metadata
        said = self._json(self.check(issuer).rstrip("/") + "/.well-known/openid-configuration")
        metadata = self._understood(issuer, said)
        with self._lock:
            self._held[issuer] = _Held(metadata, clock.monotonic())
        return metadata

    def keys(self, metadata: Metadata, key_id: str | None) -> KeySet:
        """Return an issuer's keys; asked for again when they are old or do not hold the one named.

        Raises:
            ProviderError: they cannot be had.
        """
        held = self._held.get(metadata.issuer) or _Held(metadata, clock.monotonic())
        now = clock.monotonic()
        unknown = held.keys is not None and key_id is not None and key_id not in _names(held.keys)
        age = now - held.keys_at
        if held.keys is None or age > KEYS_SECONDS or (unknown and age > ROTATION_SECONDS):
            try:
                held.keys = KeySet.import_key_set(_signing(self._json(self.check(metadata.jwks))))
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise ProviderError("Las llaves del proveedor de identidad no se pueden leer.") from error
            held.keys_at = now
            with self._lock:
                self._held[metadata.issuer] = held
        return held.keys

    def fetch(self, address: str, **sent: Any) -> Fetched:
        """Call an address of a provider, without following where it leads.

        Raises:
            ProviderError: nobody answered.
        """
        try:
            return self.outgoing.fetch(
                self.check(address), most=MOST_BYTES, seconds=PATIENCE, follow=False, **sent
            )
        except NoAnswerError as error:
            raise ProviderError("El proveedor de identidad de tu organismo no contesta.") from error

    def _json(self, address: str) -> Mapping[str, Any]:
        found = self.fetch(address, headers={"Accept": "application/json"})
        try:
            said = json.loads(found.body) if found.status == 200 and found.whole else None
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise ProviderError(
                f"El proveedor de identidad contestó {found.status} en {address}, y no lo que el estándar pide."
            )
        return said

    def _understood(self, issuer: str, said: Mapping[str, Any]) -> Metadata:
        if said.get("issuer") != issuer:
            raise ProviderError(
                f"El proveedor dice llamarse «{str(said.get('issuer'))[:200]}», no «{issuer}»."
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(said.get(name), str):
                raise ProviderError(f"El proveedor no dice cuál es su «{name}».")
            self.check(said[name])
        methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        offered = said.get("id_token_signing_alg_values_supported") or ["RS256"]
        algorithms = ALGORITHMS.intersection(one for one in offered if isinstance(one, str))
        if not algorithms:
            raise ProviderError("El proveedor no firma con un algoritmo de llave pública.")
        end_session = said.get("end_session_endpoint")
        return Metadata(
            issuer,
            authorization=said["authorization_endpoint"],
            token=said["token_endpoint"],
            jwks=said["jwks_uri"],
            end_session=self.check(end_session) if isinstance(end_session, str) else "",
            auth_method="client_secret_basic" if "client_secret_basic" in methods else "client_secret_post",
            algorithms=algorithms,
            says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
        )


def _signing(said: Mapping[str, Any]) -> Any:
    """Leave out keys for encryption and shared ones: a token signed with either is nobody's."""
    listed = [one for one in said["keys"] if one.get("kty") != "oct" and one.get("use", "sig") == "sig"]
    return {"keys": listed}


def _names(keys: KeySet) -> set[str | None]:
    return {key.kid for key in keys.keys}

"""Believing a provider's tokens, or not: OpenID Connect Core 1.0, 3.1.3.7, and Back-Channel Logout 1.0, 2.6.

A refusal has a code of a few words for the log (`AuthEvent.detail["why"]`); people are told that the answer cannot be
used, and no more.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from app.core import clock
from app.core.errors import BadRequestError
from app.identity.sso.discovery import Metadata, Providers

SKEW = 60
"""Seconds by which the provider's clock may differ from ours."""
OLDEST = 600
"""Seconds after which a token that was just made for us is not believed any more."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class RefusedAnswerError(BadRequestError):
    """The provider's answer, or what claims to be one, cannot be used.

    Args:
        why: a code for the log.
    """

    slug, title = "respuesta-no-valida", "No pudimos comprobar la respuesta de tu proveedor"

    def __init__(self, why: str) -> None:
        super().__init__(
            "No se abrió ninguna sesión. Vuelve a entrar desde el principio; si se repite, avisa a quien "
            "administra tu organismo garante."
        )
        self.why = why


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider says of a person, believed.

    Attributes:
        sid: the provider's own session, where it names one.
        given: every claim, for the mapping of roles.
    """

    issuer: str
    subject: str
    sid: str
    given: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a claim that is a text; empty when absent or something else."""
        value = self.given.get(name)
        return value.strip() if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """Return a claim that is a text or a list of texts; `a.b` looks for `b` inside `a` (as Keycloak nests)."""
        value: Any = self.given.get(name)
        if value is None and "." in name:
            value = self.given
            for step in name.split("."):
                value = value.get(step) if isinstance(value, dict) else None
        listed = value if isinstance(value, list) else [value]
        return [one for one in listed if isinstance(one, str)]


def id_token(
    providers: Providers,
    metadata: Metadata,
    raw: str,
    *,
    client_id: str,
    nonce: str,
    access_token: str,
) -> Claims:
    """Return the claims of an ID token.

    Args:
        providers: where the keys come from.
        metadata: of the issuer that was asked.
        raw: as it came from the token endpoint.
        client_id: ours.
        nonce: which we sent with the question.
        access_token: which came beside it; compared when the token carries its hash.

    Raises:
        RefusedAnswerError: it is not from that issuer, for us, of now and of this question.
        ProviderError: the keys cannot be had.
    """
    algorithm, said = _verified(providers, metadata, raw)
    _addressed(said, metadata, client_id)
    now = clock.now().timestamp()
    if _moment(said, "exp") <= now - SKEW:
        raise RefusedAnswerError("expired")
    if not hmac.compare_digest(str(said.get("nonce", "")).encode(), nonce.encode()):
        raise RefusedAnswerError("nonce")
    at_hash = said.get("at_hash")
    if at_hash is not None and at_hash != _half_hash(algorithm, access_token):
        raise RefusedAnswerError("at-hash")
    return _claims(said)


def logout_token(providers: Providers, metadata: Metadata, raw: str, *, client_id: str) -> Claims:
    """Return the claims of a logout token: it names a subject, a session of the provider, or both.

    Raises:
        RefusedAnswerError: it is not one, or not from that issuer, for us and of now.
        ProviderError: the keys cannot be had.
    """
    _, said = _verified(providers, metadata, raw)
    _addressed(said, metadata, client_id)
    if "exp" in said and _moment(said, "exp") <= clock.now().timestamp() - SKEW:
        raise RefusedAnswerError("expired")
    events = said.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict) or "nonce" in said:
        raise RefusedAnswerError("no-logout-event")
    if not isinstance(said.get("jti"), str) or not (said.get("sub") or said.get("sid")):
        raise RefusedAnswerError("no-logout-subject")
    return _claims({"sub": "", **said})


def _verified(providers: Providers, metadata: Metadata, raw: str) -> tuple[str, dict[str, Any]]:
    try:
        header = jws.extract_compact(raw.encode()).headers()
        algorithm = header.get("alg")
        if algorithm not in metadata.algorithms:
            raise RefusedAnswerError("algorithm")
        keys = providers.keys(metadata, header.get("kid"))
        token = jwt.decode(raw, keys, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError) as error:
        raise RefusedAnswerError("signature") from error
    return str(algorithm), token.claims


def _addressed(said: Mapping[str, Any], metadata: Metadata, client_id: str) -> None:
    """Refuse what is from somebody else, for somebody else, or not of now."""
    if said.get("iss") != metadata.issuer:
        raise RefusedAnswerError("issuer")
    audience = said.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    if client_id not in listed:
        raise RefusedAnswerError("audience")
    if said.get("azp", client_id) != client_id or (len(listed) > 1 and "azp" not in said):
        raise RefusedAnswerError("authorized-party")
    now = clock.now().timestamp()
    if not now - OLDEST - SKEW < _moment(said, "iat") <= now + SKEW:
        raise RefusedAnswerError("issued-at")
    if "nbf" in said and _moment(said, "nbf") > now + SKEW:
        raise RefusedAnswerError("not-yet")


def _claims(said: Mapping[str, Any]) -> Claims:
    subject, sid = said.get("sub"), said.get("sid", "")
    if not isinstance(subject, str) or len(subject) > 255 or not isinstance(sid, str) or len(sid) > 1000:
        raise RefusedAnswerError("subject")
    if not subject and not sid:
        raise RefusedAnswerError("subject")
    return Claims(str(said["iss"]), subject, sid, said)


def _moment(said: Mapping[str, Any], name: str) -> float:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RefusedAnswerError(f"no-{name}")
    return float(value)


def _half_hash(algorithm: str, token: str) -> str:
    """Return the left half of a token's hash, by the algorithm of the signature (Core 1.0, 3.1.3.6)."""
    bits = (
        algorithm[-3:] if algorithm[-3:] in ("256", "384", "512") else "512"
    )  # "Ed25519" ends in a number too
    digest = hashlib.new(f"sha{bits}", token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()

"""The code flow with a provider: a question that only this browser can bring back, once, and the answer to it.

What must be remembered meanwhile (state, nonce, PKCE verifier, where to go) stands sealed in a short cookie of the
browser; the server keeps only the hash of what was used (`SsoMark`).
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from app.core import clock, json
from app.core.db import AuthSession, Database
from app.core.keys import Keyring, MissingKeyError
from app.identity.sso import tokens
from app.identity.sso.discovery import Metadata, ProviderError, Providers
from app.identity.sso.models import SsoMark
from app.identity.sso.tokens import Claims, RefusedAnswerError

FLOW_PURPOSE = "sso.flow"
MINUTES = 10


@dataclass(frozen=True, slots=True)
class Party:
    """Who we are to a provider."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A question on its way.

    Attributes:
        purpose: `enter`, `confirm` (who is signed in proves it again) or `link`.
        account_id: whose act it is, for the latter two.
        onward: where the person wanted to go.
        expires: seconds since 1970.
    """

    tenant_id: str
    purpose: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    onward: str
    account_id: str
    expires: int

    def sealed(self, keyring: Keyring) -> str:
        """Return it for the cookie."""
        return keyring.seal(FLOW_PURPOSE, json.text(asdict(self)))


@dataclass(frozen=True, slots=True)
class Answered:
    """A believed answer, and the token itself, which the provider wants back when the session ends."""

    claims: Claims
    id_token: str


def question(
    providers: Providers,
    party: Party,
    *,
    tenant_id: UUID,
    purpose: str,
    redirect_uri: str,
    onward: str,
    account_id: UUID | None = None,
) -> tuple[str, Flow]:
    """Return the provider's address to send the browser to, and what to remember meanwhile.

    Raises:
        ProviderError: the provider does not answer.
        OutgoingRefusedError: its address may not be called.
    """
    metadata = providers.metadata(party.issuer)
    flow = Flow(
        tenant_id=str(tenant_id),
        purpose=purpose,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        redirect_uri=redirect_uri,
        onward=onward,
        account_id=str(account_id or ""),
        expires=int((clock.now() + timedelta(minutes=MINUTES)).timestamp()),
    )
    asked = {} if purpose == "enter" else {"prompt": "login", "max_age": "0"}
    address, _ = _client(providers, party, metadata, flow).create_authorization_url(
        metadata.authorization, state=flow.state, code_verifier=flow.verifier, nonce=flow.nonce, **asked
    )
    return str(address), flow


def remembered(keyring: Keyring, cookie: str, tenant_id: UUID) -> Flow:
    """Return the question that this browser was sent away with.

    Raises:
        RefusedAnswerError: it was not, or too long ago, or by another tenant.
    """
    try:
        flow = Flow(**json.loads(keyring.open(FLOW_PURPOSE, cookie)))
    except (MissingKeyError, ValueError, TypeError) as error:
        raise RefusedAnswerError("no-question") from error
    if flow.tenant_id != str(tenant_id):
        raise RefusedAnswerError("other-tenant")
    if flow.expires <= clock.now().timestamp():
        raise RefusedAnswerError("late")
    return flow


def finish(
    database: Database, providers: Providers, party: Party, flow: Flow, answer: Mapping[str, str]
) -> Answered:
    """Exchange the code of an answer for the person's claims.

    Args:
        database: where used states are kept, whatever comes of the answer.
        providers: who talks to providers.
        party: as in the question.
        flow: the question.
        answer: parameters that the browser brought.

    Raises:
        RefusedAnswerError: it does not answer the question, or did so before.
        ProviderError: the provider does not answer.
    """
    if not secrets.compare_digest(answer.get("state", "").encode(), flow.state.encode()):
        raise RefusedAnswerError("state")
    with database.auth_work() as session:
        use_once(session, flow.state, datetime.fromtimestamp(flow.expires, UTC))
    metadata = providers.metadata(party.issuer)
    if answer.get("iss", metadata.issuer) != metadata.issuer or (
        metadata.says_issuer and "iss" not in answer
    ):
        raise RefusedAnswerError("issuer")
    if "error" in answer:
        raise RefusedAnswerError(f"provider-{answer['error'][:40]}")
    if not answer.get("code"):
        raise RefusedAnswerError("no-code")
    try:
        given = _client(providers, party, metadata, flow).fetch_token(
            metadata.token,
            grant_type="authorization_code",
            code=answer["code"],
            code_verifier=flow.verifier,
            redirect_uri=flow.redirect_uri,
        )
    except OAuth2Error as error:
        raise RefusedAnswerError(f"code-{str(error.error)[:40]}") from error
    except ValueError as error:  # Authlib: no JSON, or an error in characters that the standard does not know
        raise RefusedAnswerError("code-unreadable") from error
    raw, access_token = given.get("id_token"), given.get("access_token")
    if not isinstance(raw, str) or not isinstance(access_token, str):
        raise RefusedAnswerError("no-id-token")
    claims = tokens.id_token(
        providers, metadata, raw, client_id=party.client_id, nonce=flow.nonce, access_token=access_token
    )
    if flow.purpose != "enter" and not _is_recent(claims):
        raise RefusedAnswerError("not-recent")
    return Answered(claims, raw)


def use_once(session: AuthSession, what: str, expires_at: datetime) -> None:
    """Mark something as used.

    Raises:
        RefusedAnswerError: it was used before.
    """
    digest = hashlib.sha256(what.encode()).digest()
    session.execute(delete(SsoMark).where(col(SsoMark.expires_at) < clock.now()))
    marked = session.execute(
        insert(SsoMark)
        .values(sha256=digest, expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(col(SsoMark.sha256))
    ).first()
    if marked is None:
        raise RefusedAnswerError("replayed")


def end_session_address(metadata: Metadata, party: Party, *, id_token: str, back: str) -> str:
    """Return where a browser ends the provider's own session (RP-Initiated Logout 1.0); empty where it cannot."""
    if not metadata.end_session:
        return ""
    asked = {"client_id": party.client_id, "post_logout_redirect_uri": back}
    if id_token:
        asked["id_token_hint"] = id_token
    joint = "&" if "?" in metadata.end_session else "?"
    return f"{metadata.end_session}{joint}{urlencode(asked)}"


def _is_recent(claims: Claims) -> bool:
    """Tell whether the person proved who they are just now: whoever is asked for `max_age` must say (Core 1.0, 2)."""
    proved = claims.given.get("auth_time")
    if isinstance(proved, bool) or not isinstance(proved, (int, float)):
        return False  # the browser carried the question: what it asked for may have been taken out on the way
    return clock.now().timestamp() - proved < MINUTES * 60 + tokens.SKEW


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer as Authlib reads one."""

    status_code: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def raise_for_status(self) -> None:
        raise ProviderError(f"El proveedor de identidad contestó {self.status_code} y nada que se entienda.")


class _Line:
    """The session that Authlib speaks through: our one way out."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth
    ) -> _Reply:
        body = urlencode(data)
        url, prepared, body = auth.prepare("POST", url, dict(headers), body)
        found = self._providers.fetch(url, method="POST", headers=prepared, data=dict(parse_qsl(body)))
        return _Reply(found.status, found.body)


def _client(providers: Providers, party: Party, metadata: Metadata, flow: Flow) -> OAuth2Client:
    return OAuth2Client(
        _Line(providers),
        client_id=party.client_id,
        client_secret=party.client_secret,
        token_endpoint_auth_method=metadata.auth_method if party.client_secret else "none",
        scope=party.scopes,
        redirect_uri=flow.redirect_uri,
        code_challenge_method="S256",
    )

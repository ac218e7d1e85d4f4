"""The token endpoint (RFC 6749, 4.3 and 4.4): a client proves itself and gets a token of a few minutes. Built on Authlib.

The grant with a password is for the Plataforma Digital Nacional, which asks for nothing else; the user and password that it
sends are the client's own once more, so that nobody's password is ever given away (docs/adr/0044).

Tokens are opaque and stored as hashes, so that revoking is at once. What is refused is refused in the words of the
standard, the same whatever was wrong with the client.
"""

import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidClientError,
    InvalidGrantError,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant, ResourceOwnerPasswordCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from fastapi.responses import JSONResponse
from sqlalchemy import delete
from sqlmodel import col
from starlette.responses import Response

from app.core import clock
from app.core.db import Actor, RwSession
from app.core.errors import BadRequestError
from app.identity.clients import queries
from app.identity.clients.models import SCOPES, MachineClient, MachineToken

TOKEN_SECONDS = 15 * 60
METHODS = ("client_secret_basic", "client_secret_post")
PDN_SCOPE = "pdn:read"
"""What a client must be let in for, and all that it gets, where it asks with a password."""
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class _Request(OAuth2Request):  # type: ignore[misc]  # Authlib is untyped
    """A request as Authlib reads one."""

    def __init__(self, form: Mapping[str, str], headers: Mapping[str, str]) -> None:
        # Whether https is used is the operator's: Authlib would look at an address that a proxy has already opened.
        super().__init__("POST", "https://service/oauth/token", headers=headers)
        self.payload = BasicOAuth2Payload(dict(form))

    @property
    def form(self) -> Mapping[str, str]:
        data: Mapping[str, str] = self.payload.data
        return data


class _Client(ClientMixin):  # type: ignore[misc]  # Authlib is untyped
    """A client as Authlib asks of one."""

    def __init__(self, row: MachineClient) -> None:
        self.row = row

    def get_client_id(self) -> str:
        return self.row.client_id

    def check_client_secret(self, client_secret: str) -> bool:
        right = hmac.compare_digest(self.row.secret_sha256, queries.digest(client_secret))
        return right and queries.is_open(self.row)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials" or (
            grant_type == "password" and PDN_SCOPE in self.row.scopes
        )

    def get_allowed_scope(self, scope: str | None) -> str | None:
        asked = (scope or "").split() or self.row.scopes
        return " ".join(asked) if set(asked) <= set(self.row.scopes) else None


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib is untyped
    """Client credentials, proven by the secret in the header or in the form."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS


class _PasswordGrant(ResourceOwnerPasswordCredentialsGrant):  # type: ignore[misc]  # Authlib is untyped
    """User and password, which are the proven client's identifier and secret."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def validate_token_request(self) -> None:
        """Check what was sent; a scope, whatever it names, becomes the one that this grant is for.

        Raises:
            InvalidGrantError: user and password are not those of the client that asks.
        """
        self.request.payload.data["scope"] = PDN_SCOPE
        super().validate_token_request()
        if self.request.user.get_client_id() != self.request.client.get_client_id():
            raise InvalidGrantError("Invalid 'username' or 'password' in request.")

    def authenticate_user(self, username: str, password: str) -> _Client:
        """Return the client that these are the identifier and the secret of.

        Raises:
            InvalidGrantError: of none.
        """
        found: _Client | None = self.server.query_client(username)
        if found is None or not found.check_client_secret(password):
            raise InvalidGrantError("Invalid 'username' or 'password' in request.")
        return found


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib is untyped
    """The authorization server of one tenant, for one request.

    Args:
        session: bound to `actor`.
        actor: the system, in the tenant.
    """

    def __init__(self, session: RwSession, actor: Actor) -> None:
        super().__init__(scopes_supported=SCOPES)
        self._session, self._actor = session, actor
        self.register_grant(_Grant)
        self.register_grant(_PasswordGrant)
        self.register_token_generator(
            "default",
            BearerTokenGenerator(
                lambda **_: secrets.token_urlsafe(32), expires_generator=lambda *_: TOKEN_SECONDS
            ),
        )

    def query_client(self, client_id: str) -> _Client | None:
        """Return a client of the tenant, if there is one."""
        row = queries.find(self._session, self._actor, client_id)
        return _Client(row) if row else None

    def authenticate_client(self, request: Any, methods: Any, endpoint: str = "token") -> Any:
        """Return the client of a request; unknown, wrong and ended answer the same.

        Raises:
            InvalidClientError: it did not prove itself.
        """
        try:
            return super().authenticate_client(request, methods, endpoint)
        except InvalidClientError as error:
            raise InvalidClientError("Client authentication failed.", status_code=401) from error

    def save_token(self, token: Mapping[str, Any], request: Any) -> None:
        """Keep a token's hash, forget those that ended, and remember when the client was here."""
        row, now = request.client.row, clock.now()
        self._session.execute(
            delete(MachineToken).where(
                col(MachineToken.tenant_id) == row.tenant_id,
                col(MachineToken.client_id) == row.client_id,
                col(MachineToken.expires_at) < now,
            )
        )
        self._session.add(
            MachineToken(
                tenant_id=row.tenant_id,
                token_sha256=queries.digest(token["access_token"]),
                client_id=row.client_id,
                scopes=token["scope"].split(),
                expires_at=now + timedelta(seconds=TOKEN_SECONDS),
            )
        )
        row.last_used_at = now

    def create_oauth2_request(self, request: Any) -> Any:
        """Return the request: it is made as Authlib wants it already."""
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        """Return our answer."""
        return JSONResponse(dict(body), status, {**dict(headers), **NO_STORE})

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Tell nobody."""


def answer(session: RwSession, actor: Actor, form: Mapping[str, str], headers: Mapping[str, str]) -> Response:
    """Answer a request for a token.

    Args:
        session: bound to the actor.
        actor: the system, in the tenant.
        form: its parameters, each once.
        headers: found whatever their case.
    """
    answered: Response = Server(session, actor).create_token_response(_Request(form, headers))
    return answered


def basic(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the identifier and secret of a Basic header; empty where there is none.

    Raises:
        BadRequestError: it is no base64 of UTF-8.
    """
    try:
        name, secret = extract_basic_authorization(headers)
    except ValueError as error:
        raise BadRequestError("El encabezado Authorization no se entiende.") from error
    return name or "", secret or ""

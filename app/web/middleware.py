"""The gate that every request passes, once, in and out (pure ASGI).

In: request id, addresses that cannot be read (400), cross-site acts (403), bodies over the limit (413), more requests
than are everybody's share (429, `limits`).
Out: security headers, one line of access log, and 500 for what nobody foresaw. Who the client is behind a
proxy is uvicorn's business (`--forwarded-allow-ips`); the proxy must pass `Host` on unchanged.
"""

import re
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import structlog.contextvars
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import clock, logs
from app.core.errors import AppError, BadRequestError, ForbiddenError, TooLargeError
from app.web import metrics
from app.web.csrf import is_cross_site
from app.web.errors import UnforeseenError, answer
from app.web.formats import file_size
from app.web.limits import OPEN, FairUse, RawHeaders

MEBIBYTE = 1024 * 1024
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'none'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Referrer-Policy must not be no-referrer: browsers would then send `Origin: null` with our own forms.
SECURITY_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")

log = logs.get("app.web")


class Gateway:
    """Wrap an application.

    Args:
        app: what is inside.
        body_limit: bytes that a body may have.
        upload_limits: (pattern of the whole path, bytes) where more is allowed; the first match counts.
        fair_use: counts requests; None counts nothing.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        body_limit: int = MEBIBYTE,
        upload_limits: Sequence[tuple[re.Pattern[str], int]] = (),
        fair_use: FairUse | None = None,
    ) -> None:
        self.app = app
        self.body_limit = body_limit
        self.upload_limits = tuple(upload_limits)
        self.fair_use = fair_use

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = clock.monotonic()
        headers = Headers(scope=scope)
        request_id = headers.get("x-request-id", "")
        if not REQUEST_ID.fullmatch(request_id):
            request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        fair = OPEN if self.fair_use is None else self.fair_use.take(scope)
        reply = _Reply(send, request_id, secure=scope["scheme"] == "https", more=fair.headers)
        try:
            refusal = fair.error or self._refusal(scope, headers)
            if refusal is None:
                await self.app(scope, _Body(receive, self._limit(scope)), reply)
            else:
                await answer(Request(scope), refusal)(scope, receive, reply)
        except ClientDisconnect:
            reply.status = reply.status or 499  # nginx's number for "the client went away"
        except Exception:
            log.exception("unforeseen")
            if reply.status:
                raise  # half an answer has left: the server must cut the connection
            await answer(Request(scope), UnforeseenError())(scope, receive, reply)
        finally:
            seconds = clock.monotonic() - started
            template = _template(scope)
            metrics.observe(template or metrics.UNKNOWN, scope["method"], reply.status, seconds)
            log.info(
                "request",
                method=scope["method"],
                route=template or scope["path"][:200],
                status=reply.status,
                ms=round(seconds * 1000, 1),
                bytes=reply.size,
            )

    def _limit(self, scope: Scope) -> int:
        return next(
            (limit for path, limit in self.upload_limits if path.fullmatch(scope["path"])), self.body_limit
        )

    def _refusal(self, scope: Scope, headers: Headers) -> AppError | None:
        if not _readable(scope):
            return BadRequestError("La dirección trae caracteres que no se pueden leer.")
        if is_cross_site(scope["method"], headers):
            return ForbiddenError("La acción llegó desde otro sitio. Repítela desde esta página.")
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > (limit := self._limit(scope)):
            return _too_large(limit)
        return None


class _Body:
    """Count what comes in, since a body sent in chunks declares no length."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self.receive = receive
        self.limit = limit
        self.size = 0

    async def __call__(self) -> Message:
        message = await self.receive()
        self.size += len(message.get("body", b""))
        if self.size > self.limit:
            raise _too_large(self.limit)
        return message


class _Reply:
    """Add the headers on the way out, remember status and size."""

    def __init__(self, send: Send, request_id: str, *, secure: bool, more: RawHeaders) -> None:
        self.send = send
        self.headers = [*SECURITY_HEADERS, *more, (b"x-request-id", request_id.encode())]
        if secure:
            self.headers.append(HSTS)
        self.status = 0
        self.size = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            # What a route says about itself stands (an embeddable chart has its own policy).
            said = {name for name, _ in message["headers"]}
            added = [header for header in self.headers if header[0] not in said]
            message = {**message, "headers": [*message["headers"], *added]}
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
        await self.send(message)


def _readable(scope: Scope) -> bool:
    """Tell whether path and query are UTF-8 without NUL: PostgreSQL takes no other text."""
    asked = scope.get("raw_path", scope["path"].encode()) + b" " + scope["query_string"]
    if b"%" not in asked and asked.isascii() and b"\0" not in asked:
        return True
    plain = unquote_to_bytes(asked)
    try:
        plain.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in plain


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"El límite es de {file_size(limit)}. Divide el archivo o envía uno más pequeño.")


def _template(scope: Scope) -> str:
    """Return the route's template, so that the log counts pages and names no row; "" where no route was found."""
    # FastAPI keeps the whole path of an included route apart; `scope["route"]` knows only its own part.
    route = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    path: str = getattr(route, "path", None) or ""
    return path

"""The one way out: HTTP to addresses that somebody else named, which must not lead back into our own network.

A name is resolved once, every address it has must be public, and the connection goes to the very address that was
looked at, so that a second answer of the name server changes nothing. This holds for each redirect anew. Nothing is
sent that would make us somebody: no cookies, no credentials, no proxy of the environment.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn

import httpx2

from app.core.errors import InvalidError, UnavailableError

PORTS = {"http": 80, "https": 443}
REDIRECTS = 5
SECONDS = 15.0
MOST_BYTES = 1024 * 1024
USER_AGENT = "ContratacionesAbiertas/1"

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Host and port → its addresses, as text."""

_EMBEDDED = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that a translator turns into the IPv4 address in their last bytes (RFC 6052)."""


class OutgoingRefusedError(InvalidError):
    """The address leads where we do not go."""

    slug, title = "direccion-no-permitida", "A esa dirección no se puede llamar"


class NoAnswerError(UnavailableError):
    """Nobody answered, or not in time."""

    slug, title = "sin-respuesta", "La dirección no contesta"


class UnreachableError(NoAnswerError):
    """Nobody is there: nothing of the request was sent."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer.

    Attributes:
        url: where it came from, after redirects.
        body: its first bytes, at most as many as were asked for.
        whole: whether those are all.
    """

    status: int
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = True


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the open internet's, in every guise it may wear."""
    try:
        one = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(one, ipaddress.IPv6Address):
        inner = one.ipv4_mapped or one.sixtofour or (one.teredo and one.teredo[1])
        if one in _EMBEDDED:
            inner = ipaddress.IPv4Address(int(one) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
    return one.is_global and not (one.is_multicast or one.is_reserved or one.is_unspecified)


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system for a host's addresses."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Outgoing:
    """Calls the outside world.

    Args:
        allow: `host:port`, as addresses write them, that may be called wherever they are and on that port.
        resolver: how names become addresses.
        schemes: that are called.
    """

    def __init__(
        self,
        allow: Iterable[str] = (),
        *,
        resolver: Resolver = resolve,
        schemes: Collection[str] = tuple(PORTS),
    ) -> None:
        self._allow = frozenset(one.strip().lower() for one in allow if one.strip())
        self._resolver = resolver
        self._schemes = schemes

    def look(self, url: str, *, seconds: float = SECONDS) -> str:
        """Return an address that may be called, as it is called, with its name in ASCII; nothing is sent.

        Raises:
            OutgoingRefusedError: it is malformed, or leads where we do not go.
            UnreachableError: its name leads nowhere now.
        """

        async def looked() -> str:
            asked = httpx2.URL(url)
            async with asyncio.timeout(seconds):
                await self.addresses(asked)
            return str(asked)

        try:
            return asyncio.run(looked())
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise OutgoingRefusedError("La dirección está mal escrita.") from error
        except (TimeoutError, OSError) as error:
            raise UnreachableError("El nombre de la dirección no lleva a ninguna parte.") from error

    async def addresses(self, url: httpx2.URL) -> list[str]:
        """Return the addresses of the host that an address names, all of which may be called.

        Raises:
            OutgoingRefusedError: it leads where we do not go.
            OSError: its name leads nowhere.
        """
        host = _host(url)
        if url.scheme not in self._schemes or not host:
            told = " o ".join(f"{scheme}://" for scheme in self._schemes)
            _refuse(f"Solo se llama a direcciones que empiezan con {told}.")
        if url.userinfo:
            _refuse("La dirección trae un usuario o una contraseña.")
        port = url.port or PORTS[url.scheme]
        allowed = f"{host}:{port}".lower() in self._allow
        if not allowed and port not in PORTS.values():
            _refuse(f"Solo se llama a los puertos 80 y 443, no al {port}.")
        found = await self._resolver(host, port)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no addresses")
        if not allowed and not all(is_public(address) for address in found):
            _refuse("La dirección lleva a una red interna.")
        return found

    def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
        most: int = MOST_BYTES,
        seconds: float = SECONDS,
        follow: bool = True,
    ) -> Fetched:
        """Call an address and return what it answers, as `call` does; not from a thread that runs an event loop."""
        return asyncio.run(
            self.call(
                url,
                method=method,
                headers=headers,
                data=data,
                content=content,
                most=most,
                seconds=seconds,
                follow=follow,
            )
        )

    async def call(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
        most: int = MOST_BYTES,
        seconds: float = SECONDS,
        follow: bool = True,
    ) -> Fetched:
        """Call an address and return what it answers.

        Args:
            url: absolute.
            method: of the request; a redirect is followed with what HTTP says.
            headers: further ones.
            data: of a form.
            content: the body itself, where it is no form; `headers` say of what kind.
            most: bytes of the body that are read; 0 waits for none.
            seconds: that all of it may take.
            follow: go where a redirect leads; not where a secret is sent.

        Raises:
            OutgoingRefusedError: the address, or one it leads to, is not public.
            UnreachableError: no connection came about.
            NoAnswerError: nobody answered in time, or what came was no HTTP.
        """
        sent: dict[str, Any] = {
            "headers": dict(headers or {}),
            "data": dict(data) if data else None,
            "content": content,
        }
        client = httpx2.AsyncClient(
            transport=_CheckedTransport(self.addresses),
            follow_redirects=follow,
            max_redirects=REDIRECTS,
            trust_env=False,
            timeout=seconds,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )
        try:
            async with asyncio.timeout(seconds), client, client.stream(method, url, **sent) as answer:
                body = bytearray()
                whole = True
                if method != "HEAD" and most:
                    async for piece in answer.aiter_raw():
                        body += piece
                        if len(body) > most:
                            whole = False
                            break
                return Fetched(
                    answer.status_code, str(answer.url), dict(answer.headers), bytes(body[:most]), whole
                )
        except httpx2.TooManyRedirects as error:
            raise NoAnswerError(f"La dirección lleva a otra más de {REDIRECTS} veces.") from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError) as error:
            raise OutgoingRefusedError("La dirección está mal escrita.") from error
        except (httpx2.ConnectError, httpx2.ConnectTimeout, socket.gaierror) as error:
            raise UnreachableError("No se pudo establecer la conexión.") from error
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise NoAnswerError(f"No contestó en {seconds:.0f} segundos.") from error
        except (httpx2.HTTPError, OSError) as error:
            raise NoAnswerError("No se pudo establecer la conexión.") from error


class _CheckedTransport(httpx2.AsyncBaseTransport):
    """Resolve, look, and connect to what was looked at."""

    def __init__(self, look: Callable[[httpx2.URL], Awaitable[list[str]]]) -> None:
        self._look = look
        self._inner = httpx2.AsyncHTTPTransport(verify=_trust(), trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        addresses = await self._look(url)
        # The request goes to the address; `Host` and the name of the certificate stay those of the name.
        request.extensions = {**request.extensions, "sni_hostname": _host(url)}
        request.headers.pop("cookie", None)
        try:
            return await self._first_that_answers(request, addresses)
        finally:
            request.url = url

    async def _first_that_answers(self, request: httpx2.Request, addresses: list[str]) -> httpx2.Response:
        """A machine without IPv6 still reaches a host that has both."""
        url = request.url
        for address in addresses[:-1]:
            request.url = url.copy_with(host=address)
            with suppress(httpx2.ConnectError):
                return await self._inner.handle_async_request(request)
        request.url = url.copy_with(host=addresses[-1])
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _host(url: httpx2.URL) -> str:
    """Return the name as it is asked for: one outside of ASCII in its encoded form (IDNA)."""
    return url.raw_host.decode("ascii")


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Return whom we trust: reading the authorities anew takes longer than many a call."""
    return httpx2.create_ssl_context(trust_env=False)


def _refuse(why: str) -> NoReturn:
    raise OutgoingRefusedError(why)

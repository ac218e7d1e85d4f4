"""Absolute and permanent addresses of what is published, and reading them back.

An identifier stands in an address percent-encoded whole (`safe=""`), so that one with a slash stays one segment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from starlette.types import Scope

from app.core.errors import BadRequestError
from app.tenancy.queries import TenantView

API = "/api/v1"
RELEASES = f"{API}/releases"
RECORDS = f"{API}/records"
WITHDRAWALS = f"{API}/withdrawals"
TRANSFERS = f"{API}/transfers"
CHANGES = f"{API}/changes"
PERIODS = {"year": "/year/{year}", "month": "/year/{year}/month/{month}"}
"""What follows a list's address to name a period."""
PROFILE = "/ocds/perfil/extension.json"

_HOST = re.compile(r"([a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.IGNORECASE)
_FRAGMENT = "/?:@!$&'()*+,;=-._~"


@dataclass(frozen=True, slots=True)
class Roots:
    """Where addresses start.

    Attributes:
        service: the whole service, without a slash at the end: `https://datos.example`.
        tenant: the tenant: the same with its slug, or its own host.
    """

    service: str
    tenant: str

    def of(self, slug: str | None) -> "Roots":
        """Return where the addresses of another tenant start; None is this one."""
        return self if slug is None else Roots(self.service, f"{self.service}/{slug}")

    def releases(self, ocid: str | None = None, release_id: str | None = None) -> str:
        """Return the address of the release list, of a process's releases, or of one release."""
        steps = [quote(step, safe="") for step in (ocid, release_id) if step is not None]
        return "/".join((self.tenant + RELEASES, *steps))

    def records(self, ocid: str | None = None) -> str:
        """Return the address of the record list, or of one record."""
        return self.tenant + RECORDS + ("" if ocid is None else f"/{quote(ocid, safe='')}")

    def withdrawals(self) -> str:
        """Return the address of the list of withdrawals."""
        return self.tenant + WITHDRAWALS

    def transfers(self) -> str:
        """Return the address of the list of transfers."""
        return self.tenant + TRANSFERS

    def linked_release(self, ocid: str, release_id: str) -> str:
        """Return the address of a release inside its package, as a record links to it."""
        return f"{self.releases(ocid, release_id)}#{quote(release_id, safe=_FRAGMENT)}"


def service_root(scope: Scope, public_url: str | None) -> str:
    """Return scheme and host as the world writes them.

    Args:
        scope: of the request; uvicorn has already believed, or not, the proxy's headers.
        public_url: what the operator said, which wins.

    Raises:
        BadRequestError: the `Host` header is no host.
    """
    return public_url.rstrip("/") if public_url else _asked_root(scope["scheme"], host(scope))


def roots(scope: Scope, view: TenantView, public_url: str | None) -> Roots:
    """Return the starts of the addresses that a package names; raises as `service_root`."""
    service = service_root(scope, public_url)
    if view.hosts and (asked := host(scope)) and host_name(asked) in view.hosts:
        return Roots(service, _asked_root(scope["scheme"], asked))
    return Roots(service, f"{service}/{view.slug}")


def host(scope: Scope) -> str:
    """Return the `Host` header, or the server's own address where an old client sends none."""
    for name, value in scope["headers"]:
        if name == b"host":
            return str(value, "latin-1")
    name, port = scope.get("server") or ("localhost", None)
    return f"{name}:{port}" if port else name


def host_name(asked: str) -> str:
    """Return a host without its port, in lower case."""
    return asked.rsplit(":", 1)[0].lower()


def identifiers(scope: Scope, mark: str) -> list[str]:
    """Return the identifiers that follow `mark` in the address, decoded.

    The path of the scope is decoded already and cannot tell an encoded slash from a plain one; the raw path can.
    """
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    rest = raw.decode("latin-1").partition(f"{mark}/")[2]
    return [unquote(step) for step in rest.split("/")] if rest else []


def readings(steps: list[str]) -> Iterator[tuple[str, str | None]]:
    """Return the (ocid, release id) that an address may mean, the likeliest first.

    Some proxies decode `%2F` on the way; then the identifiers are more than two segments, or two that are one.
    """
    if len(steps) == 2:
        yield steps[0], steps[1]
    yield "/".join(steps), None
    for cut in range(1, len(steps)):
        if len(steps) != 2:
            yield "/".join(steps[:cut]), "/".join(steps[cut:])


@lru_cache(maxsize=256)
def _asked_root(scheme: str, asked: str) -> str:
    if not _HOST.fullmatch(asked):
        raise BadRequestError("El encabezado Host de la solicitud no es un nombre de dominio.")
    return f"{scheme}://{asked.lower()}"

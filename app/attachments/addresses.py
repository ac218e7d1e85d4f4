"""Permanent addresses of files, and finding them in what is published."""

import re
from collections.abc import Collection
from urllib.parse import quote, urlsplit
from uuid import UUID

from sqlmodel import select

from app.core.db import Actor, RwSession
from app.settings import get_settings
from app.tenancy.models import TenantHost
from app.tenancy.queries import LOOPBACK, TenantView

_NAMED = re.compile(
    rb'"(https?://[^"\\]*?/archivos/'
    rb'([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/[^"\\]*)"',
    re.IGNORECASE,
)
_MARK = b"/archivos/"


def root(asked: str, view: TenantView, public_url: str | None) -> str:
    """Return where a tenant's addresses start for everyone, without a slash at the end.

    Args:
        asked: scheme and host of the request, which the house has checked.
        view: the tenant.
        public_url: what the operator said, which wins: it lasts longer than a host.
    """
    return f"{public_url.rstrip('/')}/{view.slug}" if public_url else f"{asked.rstrip('/')}{view.base}"


def address(start: str, attachment_id: UUID, file_name: str) -> str:
    """Return the permanent address of a public version; `start` is the tenant's `root`, or its base."""
    return f"{start}/archivos/{attachment_id}/{quote(file_name, safe='')}"


def named_in(body: bytes) -> dict[UUID, str]:
    """Return the files that a JSON document names, with the addresses that do."""
    if _MARK not in body:
        return {}
    return {UUID(found[2].decode()): found[1].decode() for found in _NAMED.finditer(body)}


def hosts(session: RwSession, actor: Actor) -> frozenset[str]:
    """Return the host names under which the service and the actor's tenant answer."""
    own = session.exec(select(TenantHost.host).where(TenantHost.tenant_id == actor.tenant_id)).all()
    return LOOPBACK | get_settings().national_hosts | frozenset(own)


def is_at(url: str, names: Collection[str]) -> bool:
    """Tell whether an address is at one of these host names."""
    try:
        return (urlsplit(url).hostname or "") in names
    except ValueError:
        return False

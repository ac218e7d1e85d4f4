"""Answering for what is not at an address: with the way to where it is, or with why it is gone."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import GoneError, NotFoundError
from app.ocds import ocid as ocids
from app.openapi import answers, elsewhere, lists, queries
from app.openapi.addresses import Roots
from app.openapi.queries import Connection
from app.tenancy.queries import TenantView


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where addresses start here, and how the one that was asked is made of such a start."""

    roots: Roots
    address: Callable[[Roots, str, str | None], str]


async def forward(
    request: Request,
    connection: Connection,
    view: TenantView,
    readings: list[tuple[str, str | None]],
    asked: Elsewhere,
) -> Response:
    """Say where what is not here has gone: to its permanent address, to another tenant, out of publication, or nowhere.

    Raises:
        GoneError: withdrawn; with ground and date.
        NotFoundError: never published here.
    """
    for ocid, release_id in readings:
        permanent = ocids.normalise(ocid)
        if permanent == ocid or not await elsewhere.is_published(connection, view.tenant_id, permanent):
            permanent = await elsewhere.ocid_of_alias(connection, view.tenant_id, ocid) or ocid
        there = (
            await elsewhere.moved_to(connection, view.tenant_id, permanent)
            if release_id is None
            else await elsewhere.stands_at(connection, view.tenant_id, permanent, release_id)
        )
        if there is None and (
            release_id is not None or not await queries.count_of(connection, view.tenant_id, permanent)
        ):
            gone = await elsewhere.withdrawal(connection, view.tenant_id, permanent, release_id)
            if gone is not None:
                ground = gone.ground.rstrip(".")
                raise GoneError(
                    f"Se retiró de la publicación el {gone.date:%Y-%m-%d}. Fundamento: {ground}.",
                    extra=lists.told_of(gone),
                )
        if there is not None or permanent != ocid:
            query = f"?{urlencode(request.query_params.multi_items())}" if request.query_params else ""
            location = asked.address(asked.roots.of(there), permanent, release_id) + query
            return answers.raw_response(
                308,
                [
                    (b"location", location.encode()),
                    (b"content-length", b"0"),
                    (b"cache-control", answers.PUBLISHED),
                    *answers.OPEN_TO_ALL,
                ],
            )
    raise NotFoundError("Aquí no hay nada publicado con ese identificador.")

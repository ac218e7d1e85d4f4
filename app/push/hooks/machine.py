"""Webhooks for programs: what the pages do, as JSON, with a token of a machine client of the tenant."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.core.db import Actor
from app.core.pagination import INT8, decode_cursor, encode_cursor
from app.identity.clients.deps import bearer
from app.publication.chain import rfc3339
from app.push.hooks import queries, service
from app.push.hooks.models import Webhook, WebhookFailure
from app.push.hooks.service import Secret, Wanted
from app.tenancy.deps import DatabaseDep, SettingsDep, TenantDep

router = APIRouter(include_in_schema=False)

HOME = "/{tenant}/api/v1/webhooks"
ONE = HOME + "/{webhook_id}"
NO_STORE = {"Cache-Control": "no-store"}

WriterDep = Annotated[Actor, Depends(bearer("webhooks:write"))]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class New(_Strict):
    """An address, and what it wants to hear; `cursor` is of a line of `/changes`, without one only what comes now."""

    name: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")
    url: str = Field(max_length=12_000)
    kinds: list[Literal["release", "correction", "withdrawal", "transfer"]] = Field(
        min_length=1, max_length=4
    )
    body: UUID | None = None
    cursor: str | None = Field(None, max_length=200)


class From(_Strict):
    """From where everything is sent once more; without a cursor from where it stood."""

    cursor: str | None = Field(None, max_length=200)


class Failed(_Strict):
    """A change that did not arrive, by its position; without one all that were given up."""

    position: int | None = Field(None, ge=1, le=INT8)


@router.get(HOME)
def several(actor: WriterDep, database: DatabaseDep) -> Response:
    """List the webhooks of where the program works."""
    with database.unit_of_work(actor) as session:
        rows = queries.webhooks(session, actor)
    return JSONResponse({"webhooks": [_told(row) for row in rows]}, headers=NO_STORE)


@router.post(HOME)
def register(
    view: TenantDep, actor: WriterDep, database: DatabaseDep, settings: SettingsDep, new: New
) -> Response:
    """Register an address: 201, with its secret, this once."""
    url = service.checked(settings, new.url)
    wanted = Wanted(new.name, url, new.kinds, new.body, _after(new.cursor))
    with database.unit_of_work(actor) as session:
        made = service.register(session, actor, settings, wanted)
    address = f"{view.base}/api/v1/webhooks/{made.webhook.webhook_id}"
    return JSONResponse(_with_secret(made), 201, {"Location": address, **NO_STORE})


@router.get(ONE)
def one(
    view: TenantDep,
    actor: WriterDep,
    database: DatabaseDep,
    webhook_id: UUID,
    *,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Tell how a webhook does, and a page of what did not arrive."""
    with database.unit_of_work(actor) as session:
        row = queries.webhook(session, actor, webhook_id)
        failures = queries.failures(session, actor, webhook_id, after=_after(cursor) or 0)
    here = f"{view.base}/api/v1/webhooks/{webhook_id}"
    onward = {"next": f"{here}?cursor={failures.next_cursor}"} if failures.next_cursor else {}
    told = _told(row) | {"failures": [_failure(failure) for failure in failures.rows], **onward}
    return JSONResponse(told, headers=NO_STORE)


@router.delete(ONE)
def remove(actor: WriterDep, database: DatabaseDep, webhook_id: UUID) -> Response:
    """Forget an address."""
    with database.unit_of_work(actor) as session:
        service.remove(session, actor, webhook_id)
    return Response(status_code=204, headers=NO_STORE)


@router.post(ONE + "/challenge")
def prove(actor: WriterDep, database: DatabaseDep, webhook_id: UUID) -> Response:
    """Challenge an address again."""
    with database.unit_of_work(actor) as session:
        row = service.ask_proof(session, actor, webhook_id)
    return JSONResponse(_told(row), 202, NO_STORE)


@router.post(ONE + "/secret")
def rotate(actor: WriterDep, database: DatabaseDep, settings: SettingsDep, webhook_id: UUID) -> Response:
    """Give a webhook another secret; the one before signs too for a day."""
    with database.unit_of_work(actor) as session:
        made = service.rotate(session, actor, settings, webhook_id)
    return JSONResponse(_with_secret(made), headers=NO_STORE)


@router.post(ONE + "/pause")
def pause(actor: WriterDep, database: DatabaseDep, webhook_id: UUID) -> Response:
    """Send nothing for now."""
    with database.unit_of_work(actor) as session:
        row = service.pause(session, actor, webhook_id)
    return JSONResponse(_told(row), headers=NO_STORE)


@router.post(ONE + "/resume")
def resume(actor: WriterDep, database: DatabaseDep, webhook_id: UUID, asked: From | None = None) -> Response:
    """Send from where it stood, or everything after a cursor once more."""
    with database.unit_of_work(actor) as session:
        row = service.resume(session, actor, webhook_id, after=_after(asked.cursor) if asked else None)
    return JSONResponse(_told(row), headers=NO_STORE)


@router.post(ONE + "/retry")
def send_again(
    actor: WriterDep, database: DatabaseDep, webhook_id: UUID, asked: Failed | None = None
) -> Response:
    """Try again what did not arrive: one change, or all that were given up."""
    with database.unit_of_work(actor) as session:
        count = service.send_again(session, actor, webhook_id, asked.position if asked else None)
    return JSONResponse({"changes": count}, 202, NO_STORE)


def _after(cursor: str | None) -> int | None:
    return None if cursor is None else int(decode_cursor(cursor, int)[0])


def _with_secret(made: Secret) -> dict[str, Any]:
    return _told(made.webhook) | {"secret": made.secret}


def _told(row: Webhook) -> dict[str, Any]:
    return {
        "id": str(row.webhook_id),
        "name": row.name,
        "url": row.url,
        "kinds": row.kinds,
        "body": str(row.sujeto_obligado_id) if row.sujeto_obligado_id else None,
        "status": row.stopped_for or ("active" if row.proven_at else "unproven"),
        "cursor": encode_cursor(row.position),
        "delivered": row.delivered,
        "delivered_at": rfc3339(row.delivered_at) if row.delivered_at else None,
        "attempts": row.attempts,
        "problem": row.problem,
        "next_at": rfc3339(row.next_at) if row.next_at else None,
    }


def _failure(row: WebhookFailure) -> dict[str, Any]:
    return {
        "position": row.position,
        "ocid": row.ocid,
        "attempts": row.attempts,
        "problem": row.problem,
        "next_at": rfc3339(row.next_at) if row.next_at else None,
        "given_up_at": rfc3339(row.dead_at) if row.dead_at else None,
    }

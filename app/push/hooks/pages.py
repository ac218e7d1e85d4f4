"""What the pages of webhooks show: their contexts, their forms, and how a state is said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core import clock
from app.core.db import Actor, RwSession
from app.core.pagination import INT8, Page
from app.push.hooks import queries
from app.push.hooks.models import Webhook, WebhookFailure
from app.tenancy import queries as tenancy
from app.tenancy.queries import TenantView
from app.web.components import State, SummaryItem
from app.web.formats import datetime_es, number
from app.web.forms import Form
from app.web.shell import Link

SEGMENT = "avisos-a-sistemas"
KIND_LABELS = (
    ("release", "Publicaciones: lo que se dice por primera vez"),
    ("correction", "Correcciones: versiones que cambian lo ya publicado"),
    ("withdrawal", "Retiros"),
    ("transfer", "Traspasos a otro organismo, o desde otro"),
)
SHORT = {kind: label.partition(":")[0].partition(" a ")[0] for kind, label in KIND_LABELS}
STARTS = (
    ("now", "Desde ahora"),
    ("start", "Desde el principio: también todo lo que ya se publicó"),
    ("cursor", "Desde un cursor de la lista de cambios"),
)
WAITING, PROBLEM = State("Por comprobar", "clock", "warning"), State("Con fallas", "clock", "warning")
HEALTHY = State("Activo", "check", "success")
STOPPED = {
    "person": State("En pausa", "clock"),
    "failing": State("Apagado: no recibía", "cross", "error"),
    "gone": State("Apagado: ya no existe", "cross", "error"),
}


class NewWebhook(BaseModel):
    """An address, and what it wants to hear."""

    name: str = Field(
        title="Nombre",
        description="Para reconocerlo aquí y en los correos.",
        examples=["Portal de datos"],
        max_length=120,
    )
    url: str = Field(
        title="Dirección",
        description="Empieza con https:// y está en internet, en el puerto 443.",
        examples=["https://datos.ejemplo.mx/avisos"],
        max_length=12_000,
    )
    kinds: list[Literal["release", "correction", "withdrawal", "transfer"]] = Field(
        title="Qué se le avisa", min_length=1
    )
    sujeto: str = Field(
        "",
        title="Sujeto obligado",
        description="Su nombre o su clave en el padrón. Vacío: oye de todos.",
        max_length=400,
    )
    start: Literal["now", "start", "cursor"] = Field(title="Desde cuándo")
    cursor: str = Field("", title="Cursor", description="Solo si elegiste empezar desde uno.", max_length=200)


class Again(BaseModel):
    """From where everything is sent once more."""

    start: Literal["now", "start", "cursor"] = Field(title="Desde dónde")
    cursor: str = Field("", title="Cursor", description="Solo si elegiste empezar desde uno.", max_length=200)


class OneChange(BaseModel):
    """A change that did not arrive; without one, all that were given up."""

    change: int | None = Field(None, ge=1, le=INT8)


@dataclass(frozen=True)
class WebhookLine:
    """A webhook in the list."""

    webhook: Webhook
    body: str
    state: State
    waiting: int
    given_up: int


@dataclass(frozen=True)
class WebhooksPage:
    """Context of `push/webhooks.html`."""

    here: str
    lines: tuple[WebhookLine, ...]
    form: Form[Any]
    lookup: str
    kinds: tuple[tuple[str, str], ...]
    starts: tuple[tuple[str, str], ...]
    short: dict[str, str]


@dataclass(frozen=True)
class FailureLine:
    """A change that did not arrive."""

    failure: WebhookFailure
    told: str
    again: str


@dataclass(frozen=True)
class WebhookPage:
    """Context of `push/webhook.html`; `secret` is shown this once."""

    here: str
    crumbs: tuple[Link, ...]
    webhook: Webhook
    state: State
    items: tuple[SummaryItem, ...]
    failures: tuple[FailureLine, ...]
    given_up: int
    more: str
    form: Form[Any]
    starts: tuple[tuple[str, str], ...]
    rotates: bool
    secret: str = ""


def state_of(row: Webhook) -> State:
    """Return how a webhook is."""
    if row.stopped_at is not None:
        return STOPPED[row.stopped_for]
    if row.proven_at is None:
        return WAITING
    return PROBLEM if row.attempts else HEALTHY


def listed(session: RwSession, actor: Actor, view: TenantView, form: Form[Any] | None = None) -> WebhooksPage:
    """Return the list, with a form to register one more."""
    rows, counts = queries.webhooks(session, actor), queries.counts(session, actor)
    names = tenancy.names_of(session, actor, (row.sujeto_obligado_id for row in rows))
    return WebhooksPage(
        here=f"{view.base}/{SEGMENT}",
        lines=tuple(
            WebhookLine(row, _body(row, names), state_of(row), *counts.get(row.webhook_id, (0, 0)))
            for row in rows
        ),
        form=form or Form.blank(NewWebhook, start="now", kinds=[kind for kind, _ in KIND_LABELS]),
        lookup="" if actor.sujeto_obligado_id else f"{view.base}/padron/opciones",
        kinds=KIND_LABELS,
        starts=STARTS,
        short=SHORT,
    )


def shown(
    session: RwSession,
    actor: Actor,
    view: TenantView,
    row: Webhook,
    *,
    after: int = 0,
    form: Form[Any] | None = None,
    secret: str = "",
) -> WebhookPage:
    """Return a webhook with what did not arrive.

    Args:
        session: bound to the actor.
        actor: who manages it.
        view: of the tenant.
        row: the webhook.
        after: position after which failures are shown.
        form: from where to send again.
        secret: a new one.
    """
    names = tenancy.names_of(session, actor, (row.sujeto_obligado_id,))
    failures: Page[WebhookFailure] = queries.failures(session, actor, row.webhook_id, after=after)
    here, zone = f"{view.base}/{SEGMENT}/{row.webhook_id}", view.time_zone
    _, given_up = queries.counts(session, actor).get(row.webhook_id, (0, 0))
    rotated = row.before_until is not None and row.before_until > clock.now()
    said = [
        ("Dirección", row.url),
        ("Qué se le avisa", ", ".join(SHORT[kind] for kind in row.kinds)),
        ("De quién", _body(row, names)),
        ("Va en", f"el cambio {number(row.position)} de {number(queries.head(session, actor))}"),
        ("Entregados", number(row.delivered)),
        ("Última entrega", _moment(row.delivered_at, zone)),
        ("Último problema", row.problem),
        ("Siguiente intento", _moment(row.next_at, zone) if row.attempts and not row.stopped_at else ""),
        ("El secreto anterior vale hasta", _moment(row.before_until, zone) if rotated else ""),
    ]
    return WebhookPage(
        here=here,
        crumbs=(Link("Avisos a sistemas", f"{view.base}/{SEGMENT}"),),
        webhook=row,
        state=state_of(row),
        items=tuple(SummaryItem(label, value) for label, value in said if value),
        failures=tuple(_line(one, zone) for one in failures.rows),
        given_up=given_up,
        more=f"{here}?cursor={failures.next_cursor}" if failures.next_cursor else "",
        form=form or Form.blank(Again, start="now"),
        starts=(("now", "Desde donde se quedó"), *STARTS[1:]),
        rotates=not rotated,
        secret=secret,
    )


def _line(row: WebhookFailure, zone: str) -> FailureLine:
    if row.dead_at is not None:
        return FailureLine(row, "Se dejó de intentar", _moment(row.dead_at, zone))
    if row.next_at is None:
        return FailureLine(row, "Espera a otro cambio del mismo proceso", "")
    return FailureLine(row, "Se intentará otra vez", _moment(row.next_at, zone))


def _body(row: Webhook, names: dict[UUID, str]) -> str:
    return names.get(row.sujeto_obligado_id, "") if row.sujeto_obligado_id else "Todo el organismo garante"


def _moment(at: datetime | None, zone: str) -> str:
    return datetime_es(at, zone) if at else ""

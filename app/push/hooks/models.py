"""Tables of webhooks: who wants to hear what and how far they heard, and the changes that did not arrive."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, Integer, Text, text
from sqlmodel import Field, SQLModel

from app.core.tables import ACCOUNT_SETTING, belongs_to, moment, new_id, one_of, prose, tenant_key

KINDS = ("release", "correction", "withdrawal", "transfer")
"""What one may want to hear; a correction is a release that changes what was said before."""
STOPS = ("", "person", "failing", "gone")
"""Why nothing is sent: somebody paused it, it failed for days, or the address said that it is gone (410)."""


def _count() -> Column[int]:
    return Column(Integer, nullable=False, server_default=text("0"))


class Webhook(SQLModel, table=True):
    """An address that wants to hear of a tenant's changes, and how far it heard.

    Attributes:
        sujeto_obligado_id: the body of whose changes it hears, and whose people manage it; None hears of all.
        sealed: the secret that signs (`app.core.keys`); `sealed_before` the one before, which signs too until
            `before_until`.
        position: of the chain; whatever stands up to it arrived, was not wanted, or is a `WebhookFailure`.
        proven_at: when the address answered its challenge; nothing is sent before.
        attempts: that failed since something arrived; `failing_since` the first of them.
        next_at: before which nothing is tried: of an address without proof the moment of its challenge, None waits
            for somebody to ask for one.
        retry_at: when the first of its failures is tried again.
        problem: why the last attempt failed.
        claimed_until: a worker is at it, unless that moment has passed.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        belongs_to("tenant"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        one_of("stopped_for", STOPS),
        CheckConstraint(
            f"kinds <> '{{}}' AND kinds <@ ARRAY[{', '.join(repr(kind) for kind in KINDS)}]", name="kinds"
        ),
        CheckConstraint("(stopped_at IS NULL) = (stopped_for = '')", name="stopped"),
    )

    tenant_id: UUID = tenant_key()
    webhook_id: UUID = Field(default_factory=new_id, primary_key=True)
    sujeto_obligado_id: UUID | None = None
    name: str = prose(None)
    url: str = prose(None)
    kinds: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    sealed: str = prose(None)
    sealed_before: str = prose()
    before_until: datetime | None = moment(default_now=False, nullable=True)
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: datetime = moment()
    account_id: UUID | None = Field(default=None, sa_column_kwargs={"server_default": text(ACCOUNT_SETTING)})
    proven_at: datetime | None = moment(default_now=False, nullable=True)
    stopped_at: datetime | None = moment(default_now=False, nullable=True)
    stopped_for: str = prose()
    attempts: int = Field(default=0, sa_column=_count())
    failing_since: datetime | None = moment(default_now=False, nullable=True)
    next_at: datetime | None = moment(default_now=False, nullable=True)
    retry_at: datetime | None = moment(default_now=False, nullable=True)
    problem: str = prose()
    claimed_until: datetime | None = moment(default_now=False, nullable=True)
    delivered: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    delivered_at: datetime | None = moment(default_now=False, nullable=True)


class WebhookFailure(SQLModel, table=True):
    """A change that an address did not take, or that waits behind one of the same process.

    It says where the change stands and nothing of what it says, which a withdrawal may take away.

    Attributes:
        failed_at: since when it is tried; next_at: when it is tried again, None behind another.
        dead_at: when it was given up; somebody may have it sent again.
    """

    __tablename__ = "webhook_failure"
    __table_args__ = (belongs_to("webhook", "webhook_id"),)

    tenant_id: UUID = tenant_key()
    webhook_id: UUID = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    ocid: str = prose(None)
    attempts: int = Field(default=0, sa_column=_count())
    failed_at: datetime = moment()
    next_at: datetime | None = moment(default_now=False, nullable=True)
    dead_at: datetime | None = moment(default_now=False, nullable=True)
    problem: str = prose()

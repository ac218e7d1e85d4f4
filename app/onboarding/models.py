"""Tables of the padrón: the files loaded, row by row, what each body said before, and whom it comes from."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.core.tables import ACCOUNT_SETTING, belongs_to, moment, new_id, one_of, prose, tenant_key

OUTCOMES = ("new", "equal", "changed", "renamed", "alike", "missing", "elsewhere", "refused")
CHOICES = ("leave", "add", "change")
RESULTS = ("", "added", "changed", "stale")
ACTS = ("add", "change", "rename", "policy", "suspend", "reactivate", "merge", "split", "succession", "move")
KINDS = ("merge", "split", "succession")


class PadronLoad(SQLModel, table=True):
    """A file of bodies: read by a job, shown, and applied by another or discarded.

    `message` says why the file cannot be used (`failed_at`). `ordered_at` is when a person asked to apply it.
    `storage_key` is empty once the file and its rows are deleted.
    """

    __tablename__ = "padron_load"
    __table_args__ = (
        belongs_to("tenant"),
        Index("padron_load_recent_idx", "tenant_id", "created_at"),
    )

    tenant_id: UUID = tenant_key()
    load_id: UUID = Field(default_factory=new_id, primary_key=True)
    filename: str = prose(None)
    sha256: str = prose(None)
    storage_key: str = prose(None)
    columns: list[str] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    ignored: list[str] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    counts: dict[str, int] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False, server_default="{}")
    )
    message: str = prose()
    created_by: UUID | None = None
    created_at: datetime = moment()
    analysed_at: datetime | None = moment(default_now=False, nullable=True)
    failed_at: datetime | None = moment(default_now=False, nullable=True)
    ordered_at: datetime | None = moment(default_now=False, nullable=True)
    applied_at: datetime | None = moment(default_now=False, nullable=True)
    discarded_at: datetime | None = moment(default_now=False, nullable=True)


class PadronRow(SQLModel, table=True):
    """What one row of a file would do, and did; those of `missing` bodies come after the file's last.

    `sujeto_obligado_id` is the body that it is, or may be, or became; `seen_version` the version of that body's row with
    which it was compared. `told` holds the file's words by column, `changed` is `{column: [before, after]}`.
    """

    __tablename__ = "padron_row"
    __table_args__ = (
        belongs_to("padron_load", "load_id"),
        Index("padron_row_outcome_idx", "tenant_id", "load_id", "outcome", "row_number"),
        one_of("outcome", OUTCOMES),
        one_of("choice", CHOICES),
        one_of("result", RESULTS),
    )

    tenant_id: UUID = tenant_key()
    load_id: UUID = Field(primary_key=True)
    row_number: int = Field(primary_key=True)
    outcome: str = prose(None)
    choice: str = prose("leave")
    result: str = prose()
    name: str = prose()
    told: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    changed: dict[str, list[str]] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = prose()
    sujeto_obligado_id: UUID | None = None
    seen_version: int = Field(default=0, nullable=False)


class SujetoChange(SQLModel, table=True):
    """An act on a body; `row_version` is the body's after it, `changed` is `{column: [before, after]}`."""

    __tablename__ = "sujeto_change"
    __table_args__ = (
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        belongs_to("padron_load", "load_id"),
        one_of("act", ACTS),
    )

    tenant_id: UUID = tenant_key()
    sujeto_obligado_id: UUID = Field(primary_key=True)
    row_version: int = Field(primary_key=True)
    act: str = prose(None)
    changed: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = prose()
    load_id: UUID | None = None
    row_number: int | None = None
    account_id: UUID | None = Field(default=None, sa_column_kwargs={"server_default": text(ACCOUNT_SETTING)})
    at: datetime = moment()


def _body(column: str, name: str) -> ForeignKeyConstraint:
    """Return a key to a body under a name of its own: two to one table would share theirs."""
    remote = ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"]
    return ForeignKeyConstraint(["tenant_id", column], remote, name=name)


class SujetoLineage(SQLModel, table=True):
    """That a body's duties passed to another: `merge` (many into one), `split` (one into many), `succession`."""

    __tablename__ = "sujeto_lineage"
    __table_args__ = (
        _body("predecessor_id", "sujeto_lineage_predecessor_fkey"),
        _body("successor_id", "sujeto_lineage_successor_fkey"),
        one_of("kind", KINDS),
    )

    tenant_id: UUID = tenant_key()
    predecessor_id: UUID = Field(primary_key=True)
    successor_id: UUID = Field(primary_key=True)
    kind: str = prose(None)
    since: date
    ground: str = prose()
    at: datetime = moment()

"""The working document is edited a part at a time.

The story: more lists are kept one row per element, elements are found by their list and by their id, every edit leaves
its lines (who, when, from, to), a process knows what lists filter by, and a body keeps templates. Lists stored inside
the part around them are taken out, so that each of their elements can be edited; nothing of a document changes.

Revision: 20261122_capture
After: 20261122_import_dates
"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, wall

revision = "20261122_capture"
down_revision = "20261122_import_dates"
branch_labels = None
depends_on = None

_WITHIN: dict[str, Any] = {"items": {}, "quotes": {"items": {}}}
TAKEN_OUT: dict[str, dict[str, Any]] = {
    "release": {"relatedProcesses": {}, "bids.statistics": {}},
    "planning": {"budget.budgetBreakdown": {}, "budgetBreakdown": {}, "requestsForQuotes": _WITHIN},
    "tender": {"clarificationMeetings": {}, "amendments": {}},
    "awards": {"amendments": {}},
    "contracts": {
        "guarantees": {},
        "amendments": {},
        "relatedProcesses": {},
        "implementation.budgetBreakdown": {},
    },
}
"""Kind of part -> lists inside it, by dotted keys, that now have a row per element; with those inside the elements."""


def upgrade() -> None:
    _columns()
    _edits()
    _templates()
    _take_out()


def downgrade() -> None:
    op.drop_table("process_template")
    op.drop_table("document_edit")
    for column in ("stale_since", "due_on"):
        op.drop_column("process_version", column)
    for column in ("folded", "unit", "year", "stage", "method"):
        op.drop_column("contracting_process", column)
    op.drop_index("process_part_element_idx", "process_part")
    op.drop_index("process_part_list_idx", "process_part")
    for column in ("element_id", "list_path"):
        op.drop_column("process_part", column)


def _columns() -> None:
    op.add_column(
        "process_part",
        sa.Column(
            "list_path", sa.Text(), sa.Computed("regexp_replace(path, '/[0-9]+$', '')", persisted=True)
        ),
    )
    op.add_column(
        "process_part",
        sa.Column("element_id", sa.Text(), sa.Computed("left(body ->> 'id', 200)", persisted=True)),
    )
    op.create_index(
        "process_part_list_idx", "process_part", ["tenant_id", "process_id", "list_path", "ordinal", "path"]
    )
    op.create_index(
        "process_part_element_idx",
        "process_part",
        ["tenant_id", "process_id", "element_id"],
        postgresql_where=sa.text("list_path = 'parties' OR list_path LIKE '%/items'"),
    )
    for column in ("method", "stage", "unit", "folded"):
        op.add_column(
            "contracting_process", sa.Column(column, sa.Text(), server_default=sa.text("''"), nullable=False)
        )
    op.add_column("contracting_process", sa.Column("year", sa.Integer(), nullable=True))
    op.execute(
        """
        UPDATE contracting_process c SET
          year = extract(year FROM created_at),
          folded = lower(title || ' ' || ocid),
          unit = coalesce((
            SELECT left(coalesce(
              body #>> '{requestingUnits,0,name}', body #>> '{contractingUnits,0,name}',
              body #>> '{responsibleUnits,0,name}'), 200)
            FROM process_part p
            WHERE p.tenant_id = c.tenant_id AND p.process_id = c.process_id AND path = 'planning'), ''),
          method = coalesce((
            SELECT body ->> 'procurementMethod' FROM process_part p
            WHERE p.tenant_id = c.tenant_id AND p.process_id = c.process_id AND path = 'tender'), ''),
          stage = coalesce((
            SELECT CASE max(CASE
                WHEN path LIKE 'contracts/%/implementation/%' THEN 5 WHEN path LIKE 'contracts/%' THEN 4
                WHEN path LIKE 'awards/%' THEN 3 WHEN path LIKE 'tender%' THEN 2
                WHEN path LIKE 'planning%' THEN 1 ELSE 0 END)
              WHEN 5 THEN 'implementation' WHEN 4 THEN 'contract' WHEN 3 THEN 'award'
              WHEN 2 THEN 'tender' WHEN 1 THEN 'planning' ELSE '' END
            FROM process_part p WHERE p.tenant_id = c.tenant_id AND p.process_id = c.process_id), '')
        """
    )
    grant("UPDATE", "contracting_process", "app_rw", columns=("method", "stage", "year", "unit", "folded"))
    for column in ("method", "stage", "year"):
        op.create_index(f"contracting_process_{column}_idx", "contracting_process", ["tenant_id", column])
    op.create_index(
        "contracting_process_unit_idx", "contracting_process", ["tenant_id", "sujeto_obligado_id", "unit"]
    )
    op.add_column("process_version", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column("process_version", sa.Column("stale_since", sa.DateTime(timezone=True), nullable=True))
    for name, column in (("untouched", "updated_at"), ("due", "due_on")):
        op.create_index(
            f"process_version_{name}_idx",
            "process_version",
            ["tenant_id", column, "process_id"],
            postgresql_where=sa.text("status IN ('draft', 'in_review', 'returned', 'approved', 'scheduled')"),
        )


def _edits() -> None:
    op.create_table(
        "document_edit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("pointer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "action IN ('change', 'add', 'remove', 'move', 'replace')",
            name=op.f("document_edit_action_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id"],
            ["contracting_process.tenant_id", "contracting_process.process_id"],
            name=op.f("document_edit_tenant_id_contracting_process_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "process_id", "seq", "line", name=op.f("document_edit_pkey")),
    )
    wall("document_edit")
    # What was done stays done: an edit is undone by another one.
    grant("SELECT, INSERT", "document_edit", "app_rw")


def _templates() -> None:
    op.create_table(
        "process_template",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("process_template_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "template_id", name=op.f("process_template_pkey")),
    )
    op.create_index(
        "process_template_name_key",
        "process_template",
        ["tenant_id", "sujeto_obligado_id", "name"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    wall("process_template")
    grant("SELECT, INSERT, UPDATE", "process_template", "app_rw")


def _take_out() -> None:
    if op.get_context().as_sql:
        return  # printed SQL is for a new database: there is nothing to take out
    part = sa.table(
        "process_part",
        *(sa.column(name, sa.Uuid()) for name in ("tenant_id", "process_id")),
        sa.column("path", sa.Text()),
        sa.column("ordinal", sa.Integer()),
        sa.column("body", sa.JSON(none_as_null=False)),
    )
    connection = op.get_bind()
    key = (part.c.tenant_id, part.c.process_id, part.c.path)
    found = connection.execute(
        sa.select(*key, sa.cast(part.c.body, sa.Text)).where(
            part.c.path.in_(("release", "planning", "tender"))
            | part.c.path.regexp_match("^(awards|contracts)/[0-9]+$")
        )
    )
    for tenant_id, process_id, path, text in found.all():
        body = json.loads(text)
        rows = list(_lists(body, path, TAKEN_OUT[path.partition("/")[0]], root=path == "release"))
        if not rows:
            continue
        here = (part.c.tenant_id == tenant_id) & (part.c.process_id == process_id)
        connection.execute(part.update().where(here, part.c.path == path).values(body=body))
        connection.execute(
            part.insert(), [{"tenant_id": tenant_id, "process_id": process_id, **row} for row in rows]
        )


def _lists(body: Any, path: str, lists: dict[str, Any], *, root: bool = False) -> Iterator[dict[str, Any]]:
    """Empty the lists of a body and yield a row for each of their elements."""
    for dotted, inner in lists.items():
        *way, key = dotted.split(".")
        holder = body
        for step in way:
            holder = holder.get(step) if isinstance(holder, dict) else None
        held = holder.get(key) if isinstance(holder, dict) else None
        if not isinstance(held, list) or not held:
            continue
        holder[key] = []
        at = dotted.replace(".", "/") if root else f"{path}/{dotted.replace('.', '/')}"
        for ordinal, element in enumerate(held):
            yield from _lists(element, f"{at}/{ordinal}", inner)
            yield {"path": f"{at}/{ordinal}", "ordinal": ordinal, "body": element}

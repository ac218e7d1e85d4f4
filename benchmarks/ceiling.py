"""What import→publish cannot cost less than: parse, validate, merge and insert, each done bare and nothing between."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import jiter
import jsonschema_rs
import orjson
import psycopg
from ocdsmerge.merge import CompiledRelease
from psycopg import sql
from psycopg.types.string import TextLoader
from sqlalchemy import JSON
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from app.core import bulk, json
from app.core.audit import AuditEvent
from app.core.db import Database
from app.core.outbox import OutboxEvent
from app.core.tables import table_of
from app.imports.models import ImportRow, ImportRun
from app.ocds import merge, schema
from app.processes.models import ContractingProcess, OcidAlias, ProcessPart, ProcessVersion, VersionEditor
from app.publication.models import ProcessFacet, Record, Release, ReleaseBody
from benchmarks.measuring import Spent, Watch

BATCH = 200
_TRIED = 500

_TABLES: tuple[tuple[type[SQLModel], str], ...] = (
    (ContractingProcess, "process_id"),
    (OcidAlias, "process_id"),
    (ProcessVersion, "process_id"),
    (VersionEditor, "process_id"),
    (ProcessPart, "process_id"),
    (ImportRow, "process_id"),
    (Release, "process_id"),
    (ReleaseBody, "position"),
    (Record, "process_id"),
    (ProcessFacet, "ocid"),
    (AuditEvent, "subject_id"),
    (OutboxEvent, "payload"),
)
"""Every table that the real path fills per release, and the column that tells whose a row is."""
_STATED: dict[type[SQLModel], tuple[str, ...]] = {
    AuditEvent: ("verb", "subject_type", "subject_id", "detail"),
    OutboxEvent: ("kind", "payload"),
}
"""Where the service may state some columns only."""
_RELEASES = "SELECT position, process_id, ocid FROM release WHERE tenant_id = %s ORDER BY position LIMIT %s"
_DRAFTS = "SELECT 0, process_id, ocid FROM contracting_process WHERE tenant_id = %s ORDER BY ocid LIMIT %s"
_LONG = (ReleaseBody, Record)
"""Tables of long bytes, which the service too inserts by `executemany`."""


def parsing(lines: Sequence[bytes]) -> tuple[str, Spent]:
    """Return the faster parser and what it takes for all lines."""
    parsers: dict[str, Callable[[bytes], Any]] = {"jiter": jiter.from_json, "orjson": orjson.loads}
    taken = {}
    for name, parse in parsers.items():
        start = time.process_time()
        for line in lines[:_TRIED]:
            parse(line)
        taken[name] = time.process_time() - start
    fastest = min(taken, key=taken.__getitem__)
    watch = Watch()
    with watch.running():
        for line in lines:
            parsers[fastest](line)
    return fastest, watch.spent


def validating(lines: Sequence[bytes]) -> Spent:
    """Return what `jsonschema-rs` takes to tell that every release is valid under the profile's schema."""
    validator = jsonschema_rs.Draft4Validator(schema.release_schema(), validate_formats=True)
    return _each(lines, validator.is_valid)


def merging(lines: Sequence[bytes]) -> Spent:
    """Return what `ocdsmerge` takes to compile every release."""
    rules = merge.rules()

    def compiled(release: Any) -> Any:
        merged = CompiledRelease(merge_rules=rules)
        merged.append(release)
        return merged.asdict()

    return _each(lines, compiled)


def _each(lines: Sequence[bytes], work: Callable[[Any], Any]) -> Spent:
    watch = Watch()
    for start in range(0, len(lines), BATCH):
        releases = [orjson.loads(line) for line in lines[start : start + BATCH]]
        with watch.running():
            for release in releases:
                work(release)
    return watch.spent


class Rows:
    """The rows that the real path left in one tenant, inserted once more in another.

    Args:
        database: with both tenants.
        postmaster: process id of its server.
        exchange: identifiers of the first tenant and its sujeto obligado, and those that take their place.
        as_text: insert as the service does, one JSON text per table without long bytes, ready made; otherwise by
            `executemany`.
    """

    def __init__(
        self, database: Database, postmaster: int, exchange: dict[UUID, UUID], *, as_text: bool = False
    ) -> None:
        self._source, self._target = next(iter(exchange.items()))
        self._exchange = exchange
        self._as_text = as_text
        self._watch = Watch(postmaster)
        url = make_url(database.urls.rw)
        self._connection = psycopg.connect(
            host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
        )
        for kind in ("json", "jsonb"):
            self._connection.adapters.register_loader(kind, TextLoader)

    def insert(self, many: int, *, drafts: bool = False) -> tuple[Spent, dict[str, tuple[int, int]]]:
        """Insert everything in batches of 200 releases, each one transaction.

        Args:
            many: releases at most.
            drafts: processes of which none was published, instead.

        Returns:
            What inserting and committing took, reading not counted; rows and their bytes by table.
        """
        self._bind(self._source)
        keys = self._connection.execute(_DRAFTS if drafts else _RELEASES, (self._source, many)).fetchall()
        self._copy(ImportRun, "tenant_id", [self._source])
        written: dict[str, tuple[int, int]] = {}
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            positions, processes, ocids = (list(column) for column in zip(*batch, strict=True))
            values = {
                "position": positions,
                "process_id": processes,
                "ocid": ocids,
                "payload": ocids,
                "subject_id": [str(process) for process in processes],
            }
            self._bind(self._source)
            rows = {model: self._read(model, key, values[key]) for model, key in _TABLES}
            inserts = [self._insertion(model, held) for model, held in rows.items() if held]
            self._bind(self._target)
            with self._watch.running():
                for insert in inserts:
                    insert()
                self._connection.commit()
            for model, held in rows.items():
                count, size = written.get(table_of(model).name, (0, 0))
                size += sum(len(value) for row in held for value in row if isinstance(value, str | bytes))
                written[table_of(model).name] = (count + len(held), size)
        self._connection.close()
        return self._watch.spent, written

    def _bind(self, tenant_id: UUID) -> None:
        self._connection.rollback()
        self._connection.execute("SELECT set_config('app.tenant_id', %s, true)", (str(tenant_id),))

    def _copy(self, model: type[SQLModel], key: str, values: Sequence[Any]) -> None:
        rows = self._read(model, key, values)
        self._bind(self._target)
        self._insertion(model, rows)()
        self._connection.commit()

    def _read(self, model: type[SQLModel], key: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        asked = sql.SQL("payload ->> 'ocid'") if key == "payload" else sql.Identifier(key)
        query = sql.SQL("SELECT {} FROM {} WHERE tenant_id = {} AND {} = ANY({})").format(
            sql.SQL(", ").join(map(sql.Identifier, _columns(model))),
            sql.Identifier(table_of(model).name),
            sql.Literal(self._source),
            asked,
            sql.Placeholder(),
        )
        return [
            tuple(self._exchange.get(value, value) if isinstance(value, UUID) else value for value in row)
            for row in self._connection.execute(query, (values,))
        ]

    def _insertion(self, model: type[SQLModel], rows: list[tuple[Any, ...]]) -> Callable[[], object]:
        """Return what inserts the rows, everything that needs no server done beforehand."""
        columns = _columns(model)
        if self._as_text and model not in _LONG:
            statement = bulk.insertion(table_of(model), *columns).compile(dialect=psycopg_dialect())  # type: ignore[no-untyped-call]
            texts = {name for name in columns if isinstance(table_of(model).columns[name].type, JSON)}
            named = [
                {
                    name: orjson.Fragment(value) if name in texts else value
                    for name, value in zip(columns, row, strict=True)
                }
                for row in rows
            ]
            parameters = {**statement.params, "rows": json.text(named, default=bulk.plain)}
            return partial(self._connection.execute, sql.SQL(str(statement)), parameters)
        query = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table_of(model).name),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
        )
        return partial(self._connection.cursor().executemany, query, rows)


def _columns(model: type[SQLModel]) -> Sequence[str]:
    return _STATED.get(model) or [
        column.name for column in table_of(model).columns if column.computed is None
    ]

"""What the rows of an archive may state: whoever holds a key can write an archive that agrees with itself.

Each value must be of its column's kind as PostgreSQL writes it, so that what is checked is what is inserted, and so
that no later reader stumbles over it (`infinity` is a date to PostgreSQL and an error to Python). Stored files are the
tenant's own, the tenant is one that could be founded here, and nothing claims to be of this installation.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Uuid,
)

from app.accountability import retention
from app.continuity import contents
from app.continuity.archive import ArchiveError
from app.core.tables import table_of
from app.identity.invitations import address
from app.identity.models import Account
from app.tenancy import logo
from app.tenancy.deciding import LONGEST_TEXT, MOST_REVIEW_DAYS
from app.tenancy.declarations import ACCENT, HOST, PREFIX, slug_fault

Row = dict[str, Any]
LAST_NUMBER = 2**53
"""The highest number of an act of the log: they all share one sequence here, which must never run out."""
FOLDERS = {
    ("attachment", "storage_key"): "public|reserved",
    ("catalog_load", "storage_key"): "catalogs",
    ("import_run", "storage_key"): "imports",
    ("padron_load", "storage_key"): "padron",
    ("tenant", "logo_key"): "logo",
}
"""Every exported column that names a stored file, and the kinds of file it may name."""

_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_BYTES = re.compile(r"\\x([0-9a-f]{2})*")
_FIRST_YEAR, _LAST_YEAR = 2, 9998
"""A day on either side is room for every time zone."""


class Stated:
    """Refuses what rows may not state, as they pass.

    Args:
        tenant_id: whose archive it is.
        slug: its address, as the manifest says.
        columns: table → columns, as the manifest says.
    """

    def __init__(self, tenant_id: UUID, slug: str, columns: dict[str, list[str]]) -> None:
        self._tenant_id, self._slug = str(tenant_id), slug
        known = {table.name: table for table in contents.tables()}
        self._kinds = {name: _kinds(known[name], stated) for name, stated in columns.items()}
        self._kinds["account"] = _kinds(table_of(Account), contents.PEOPLE)
        self._files = {
            place: re.compile(f"|{self._tenant_id}/({kinds})/{_UUID}") for place, kinds in FOLDERS.items()
        }
        self._people: set[str] = set()
        self._members: set[str] = set()

    def row(self, table: str, row: Row) -> None:
        """Take one row.

        Raises:
            ArchiveError: it states what it may not.
        """
        kinds = self._kinds[table]
        if row.keys() != kinds.keys():
            raise ArchiveError(f"{table}: un renglón no trae las columnas que dice el manifiesto.")
        if table != "account" and row["tenant_id"] != self._tenant_id:
            raise ArchiveError(f"{table}: trae renglones de otro organismo.")
        for name, holds in kinds.items():
            if not holds(row[name]):
                raise ArchiveError(f"{table}: un renglón trae en «{name}» un valor que no puede estar ahí.")
        for (owner, name), allowed in self._files.items():
            if owner == table and not allowed.fullmatch(row[name]):
                raise ArchiveError(f"{table}: nombra un archivo guardado que no es suyo.")
        if (fault := self._fault(table, row)) is not None:
            raise ArchiveError(fault)

    def finish(self) -> None:
        """Refuse roles of people whom the archive does not name: the name may be somebody's here; and people without any.

        Raises:
            ArchiveError: as above.
        """
        if self._people != self._members:
            raise ArchiveError("Las personas que trae no son las que tienen una función en el organismo.")

    def _fault(self, table: str, row: Row) -> str | None:
        """Return what one kind of row states wrongly, in Spanish."""
        if table == "account":
            self._people.add(row["account_id"])
            address(row["email"])
        elif table == "membership":
            self._members.add(row["account_id"])
        elif table in ("audit_event", "audit_seal"):
            number = row["event_id" if table == "audit_event" else "number"]
            if not (row["generation"] <= 0 and 0 < number <= LAST_NUMBER):
                return "La bitácora trae renglones con números o generación que no puede tener."
        elif table == "retention_term":
            if retention.wrong({row["what"]: row["days"]}):
                return "Un término de conservación está fuera de sus límites."
        elif table == "tenant_host" and not HOST.fullmatch(row["host"]):
            return "El organismo trae un dominio que no lo es."
        elif table == "ocid_prefix" and not PREFIX.fullmatch(row["prefix"]):
            return "El organismo trae un prefijo de OCID que no lo es."
        elif table == "tenant_name" and len(row["name"]) > LONGEST_TEXT:
            return "El nombre del organismo es demasiado largo."
        elif table == "tenant":
            return self._tenant_fault(row)
        return None

    def _tenant_fault(self, row: Row) -> str | None:
        right = {
            "slug": row["slug"] == self._slug and not slug_fault(self._slug),
            "status": row["status"] in ("active", "suspended"),
            "time_zone": row["time_zone"] in available_timezones(),
            "accent": not row["accent"] or ACCENT.fullmatch(row["accent"]),
            "logo_type": row["logo_type"] in ("", logo.SVG, logo.PNG),
            "policy_url": not row["policy_url"] or row["policy_url"].startswith(("https://", "http://")),
            "reply_to": not row["reply_to"] or address(row["reply_to"]) == row["reply_to"],
            "review_days": 1 <= row["review_days"] <= MOST_REVIEW_DAYS,
            "policy_text": all(len(text) <= LONGEST_TEXT for text in row.values() if isinstance(text, str)),
        }
        wrong = [name for name, holds in right.items() if not holds]
        return f"El renglón del organismo no puede decir eso en: {', '.join(wrong)}." if wrong else None


def _kinds(table: Table, columns: Iterable[str]) -> dict[str, Callable[[Any], bool]]:
    return {name: _kind(table.c[name].type, nullable=bool(table.c[name].nullable)) for name in columns}


def _kind(kind: Any, *, nullable: bool) -> Callable[[Any], bool]:
    """Return what tells whether a value of JSON is one that PostgreSQL writes for a type."""
    if isinstance(kind, JSON):
        return lambda _value: True
    holds = next((holds for type_, holds in _HOLDS if isinstance(kind, type_)), _is_text)
    if isinstance(kind, ARRAY):
        element = _kind(kind.item_type, nullable=False)
        holds = lambda value: type(value) is list and all(map(element, value))  # noqa: E731
    return (lambda value: value is None or holds(value)) if nullable else holds


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_whole(value: Any) -> bool:
    return type(value) is int


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_truth(value: Any) -> bool:
    return type(value) is bool


def _is_bytes(value: Any) -> bool:
    return type(value) is str and _BYTES.fullmatch(value) is not None


def _is_uuid(value: Any) -> bool:
    return type(value) is str and str(UUID(value)) == value


def _is_day(value: Any) -> bool:
    return type(value) is str and date.fromisoformat(value).isoformat() == value and _is_near(int(value[:4]))


def _is_moment(value: Any) -> bool:
    return type(value) is str and value.endswith("+00:00") and _is_near(datetime.fromisoformat(value).year)


def _is_near(year: int) -> bool:
    return _FIRST_YEAR <= year <= _LAST_YEAR


_HOLDS: tuple[tuple[type[Any], Callable[[Any], bool]], ...] = (
    (Uuid, _is_uuid),
    (BigInteger, _is_whole),
    (Integer, _is_whole),
    (Numeric, _is_number),
    (Boolean, _is_truth),
    (LargeBinary, _is_bytes),
    (DateTime, _is_moment),
    (Date, _is_day),
)

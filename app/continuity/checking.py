"""The first reading of an archive: hashes, counts, owner and chain are right, and nothing here is in its way."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from pyrage.x25519 import Identity
from sqlmodel import select

from app.continuity import archive, contents
from app.continuity.archive import MANIFEST, PIECE, ArchiveError, Checked
from app.continuity.packing import FILES, RELEASES, TABLES
from app.continuity.stated import FOLDERS, Stated
from app.core import json
from app.core.db import Database
from app.core.errors import ConflictError, InvalidError
from app.core.tables import among
from app.identity.invitations import Offer
from app.ocds import ocid
from app.publication.chain import GENESIS, Entry
from app.tenancy.models import OcidPrefix, Tenant, TenantHost

_FILE = re.compile(r"files/[a-z]{1,30}/[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody of the archive who has an account here already."""

    account_id: UUID
    email: str
    full_name: str


@dataclass(slots=True)
class Brought:
    """What an archive holds, and in the end what was written.

    Attributes:
        people: accounts made, each without a password.
        known: people who have an account here already.
        offers: the roles that those had, to be offered to them by invitation.
    """

    tenant_id: UUID
    slug: str
    chain_position: int
    chain_hash: str
    made_at: str
    rows: dict[str, int]
    columns: dict[str, list[str]]
    files: int = 0
    people: int = 0
    known: list[Known] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)


def check(source: Path, keys: Sequence[Identity], database: Database) -> Brought:
    """Read a whole archive and refuse it unless every hash, the chain and its owner are right; nothing is written.

    Raises:
        ArchiveError: as `bring`.
        ConflictError: as `bring`.
    """
    reading = _Reading()
    try:
        with source.open("rb") as file, archive.opened(file, keys) as members:
            for name, content, size in members:
                reading.member(name, content, size)
            brought = reading.finish()
    except (KeyError, TypeError, ValueError) as error:
        raise ArchiveError("El archivo no tiene la forma de una exportación de este servicio.") from error
    except InvalidError as error:
        raise ArchiveError(error.detail) from error
    _refuse_conflicts(database, brought, reading.claims)
    return brought


class _Reading:
    """The first reading: hashes, counts, owner and chain, and that rows state what they may.

    `claims` are the hosts and the OCID prefixes, of its processes too: an ocid says whose it is by its prefix.
    `_told` holds, by member, the name and the SHA-256 that rows state of a file: whoever makes an archive also makes the
    hashes of its members, so that those prove nothing about the files that people sent.
    """

    def __init__(self) -> None:
        self.claims: dict[str, set[str]] = {"tenant_host": set(), "ocid_prefix": set()}
        self._stated: Stated | None = None
        self._checked = Checked()
        self._brought: Brought | None = None
        self._counted: dict[str, int] = {}
        self._entries = _Entries()
        self._files: dict[str, str] = {}
        self._told: dict[str, tuple[str, str]] = {}

    def member(self, name: str, content: BinaryIO, size: int) -> None:
        if name.startswith(FILES):
            if not _FILE.fullmatch(name):
                raise ArchiveError(f"{name}: no es un nombre de archivo nuestro.")
            self._files[name] = _hashed(content)
            self._checked.note(name, self._files[name])
            return
        whole = self._checked.read(name, content, size)
        if whole is None:
            return
        if self._brought is None:
            self._brought = _manifest(name, whole)
            self._stated = Stated(self._brought.tenant_id, self._brought.slug, self._brought.columns)
        elif name.startswith(RELEASES):
            self._entries.body(int(name[len(RELEASES) :].partition(".")[0]), hashlib.sha256(whole).digest())
            self._counted[contents.BODIES] = self._counted.get(contents.BODIES, 0) + 1
        else:
            self._rows(name, whole)

    def finish(self) -> Brought:
        self._checked.finish()
        if self._brought is None or self._stated is None:
            raise ArchiveError("El archivo está vacío.")
        wrong = {
            table: count
            for table, count in self._brought.rows.items()
            if self._counted.get(table, 0) != count
        }
        if wrong:
            raise ArchiveError(f"Faltan renglones de {', '.join(sorted(wrong))}: el archivo está incompleto.")
        self._entries.finish(self._brought)
        self._stated.finish()
        self._compare_files()
        return self._brought

    def _compare_files(self) -> None:
        """Refuse bytes that are not those that their rows state; a file withdrawn while it was packed is missing."""
        for member, (name, sha256) in self._told.items():
            if self._files.get(member, sha256) != sha256:
                raise ArchiveError(
                    f"El contenido de «{name}» ({member}) no es el que dicen sus datos: su huella SHA-256 no coincide. "
                    "Pide otra exportación al organismo."
                )

    def _rows(self, name: str, whole: bytes) -> None:
        table = table_named(name)
        lines = whole.splitlines()
        if table != "account":
            self._counted[table] = self._counted.get(table, 0) + len(lines)
        for line in lines:
            row = json.loads(line)
            assert self._stated is not None  # noqa: S101  # the manifest comes first
            self._stated.row(table, row)
            if (table, "storage_key") in FOLDERS and row["storage_key"]:
                member = f"{FILES}{row['storage_key'].partition('/')[2]}"
                told = row["file_name" if table == "attachment" else "filename"]
                self._told[member] = (told, row["sha256"].removeprefix("\\x"))
            if table == "release":
                self._entries.entry(row)
            if table in ("release", "contracting_process"):
                self.claims["ocid_prefix"].add(_prefix(row["ocid"]))
            elif table in self.claims:
                self.claims[table].add(row["host" if table == "tenant_host" else "prefix"])


class _Entries:
    """The chain in the archive, computed again as it passes."""

    def __init__(self) -> None:
        self._position, self._previous = 0, GENESIS
        self._bodies: dict[int, bytes] = {}
        self._withdrawn: set[int] = set()

    def entry(self, row: dict[str, Any]) -> None:
        entry = Entry(
            tenant_id=UUID(row["tenant_id"]),
            position=row["position"],
            kind=row["kind"],
            ocid=row["ocid"],
            release_id=row["release_id"],
            date=datetime.fromisoformat(row["date"]),
            body_sha256=_bytes(row["body_sha256"]),
            withdraws=row["withdraws"],
            ground=row["ground"],
            previous_hash=_bytes(row["previous_hash"]),
        )
        if entry.position != self._position + 1 or entry.previous_hash != self._previous:
            raise ArchiveError(f"La cadena se rompe en la entrada {entry.position}.")
        if entry.hash() != _bytes(row["entry_hash"]):
            raise ArchiveError(
                f"La entrada {entry.position} de la cadena fue cambiada: su huella no coincide."
            )
        self._position, self._previous = entry.position, entry.hash()
        if entry.kind == "release":
            self._bodies[entry.position] = entry.body_sha256
        elif entry.withdraws is not None:
            self._withdrawn.add(entry.withdraws)

    def body(self, position: int, sha256: bytes) -> None:
        if self._bodies.pop(position, None) != sha256 or position in self._withdrawn:
            raise ArchiveError(f"El texto de la entrega {position} no es el que dice la cadena.")

    def finish(self, brought: Brought) -> None:
        missing = set(self._bodies) - self._withdrawn
        if missing:
            raise ArchiveError(f"Falta el texto de la entrega {min(missing)} y ningún retiro lo explica.")
        stated = (brought.chain_position, brought.chain_hash)
        if stated != (self._position, self._previous.hex() if self._position else brought.chain_hash):
            raise ArchiveError("La cadena no termina donde dice el archivo.")


def _manifest(name: str, whole: bytes) -> Brought:
    if name != MANIFEST:
        raise ArchiveError("El archivo no empieza por su manifiesto: no es una exportación de este servicio.")
    stated = json.loads(whole)
    known = {table.name: {column.name for column in contents.columns(table)} for table in contents.tables()}
    newer = [
        table for table, columns in stated["columns"].items() if not set(columns) <= known.get(table, set())
    ]
    if stated["format"] > contents.FORMAT or newer:
        raise ArchiveError(
            "La exportación viene de una versión más nueva del servicio: actualiza esta instalación antes de importarla."
        )
    return Brought(
        tenant_id=UUID(stated["tenant"]["id"]),
        slug=stated["tenant"]["slug"],
        chain_position=stated["chain"]["position"],
        chain_hash=stated["chain"]["hash"],
        made_at=stated["made_at"],
        rows=stated["rows"],
        columns=stated["columns"],
    )


def _refuse_conflicts(database: Database, brought: Brought, claims: dict[str, set[str]]) -> None:
    with database.public_reading() as session:
        if session.exec(select(Tenant).where(Tenant.tenant_id == brought.tenant_id)).first() is not None:
            raise ConflictError(f"El organismo «{brought.slug}» ya está en esta instalación.")
        if session.exec(select(Tenant).where(Tenant.slug == brought.slug)).first() is not None:
            raise ConflictError(f"La dirección «{brought.slug}» ya es de otro organismo de esta instalación.")
        taken: list[str] = [
            *session.exec(select(OcidPrefix.prefix).where(among(OcidPrefix.prefix, claims["ocid_prefix"]))),
            *session.exec(select(TenantHost.host).where(among(TenantHost.host, claims["tenant_host"]))),
        ]
    if taken:
        raise ConflictError(
            f"Ya son de otro organismo de esta instalación: {', '.join(sorted(taken))}. Un identificador no puede tener "
            "dos dueños; aclara de quién es antes de importar."
        )


def _hashed(content: BinaryIO) -> str:
    digest = hashlib.sha256()
    for piece in pieces(content):
        digest.update(piece)
    return digest.hexdigest()


def pieces(content: BinaryIO) -> Iterator[bytes]:
    """Return what is still to be read."""
    while piece := content.read(PIECE):
        yield piece


def table_named(name: str) -> str:
    """Return the table that a member holds rows of.

    Raises:
        ArchiveError: this version knows no such table.
    """
    table = name.removeprefix(TABLES).partition("/")[0]
    if table != "account" and table not in contents.EXPORTED:
        raise ArchiveError(f"{name}: esta versión no conoce esa tabla.")
    return table


def _prefix(of: str) -> str:
    named = ocid.split(of)
    if named is None:
        raise ArchiveError(f"«{of[:60]}» no es un identificador de proceso.")
    return named[0]


def _bytes(text: str) -> bytes:
    """Return the bytes that PostgreSQL wrote in hexadecimal."""
    return bytes.fromhex(text.removeprefix("\\x"))

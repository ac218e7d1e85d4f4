"""The database and the roles that the service runs under.

Roles belong to the whole cluster, so that two installations on one cluster take different prefixes. Each role may
log in and nothing else; what it may read or write is granted by the migrations, table by table.
"""

import fcntl
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from app.core.db import DatabaseUrls, RoleName
from app.core.errors import UnavailableError

ROLES: Mapping[RoleName, LiteralString] = {
    "owner": "app_owner",  # owns the database, runs the migrations
    "rw": "app_rw",  # tenant work, behind the walls
    "public": "app_public",  # reads what is published
    "monitor": "app_monitor",  # reads what is published and the adoption of every tenant
    "worker": "app_worker",  # fetches and finishes jobs
    "auth": "app_auth",  # accounts and sessions: app_rw never sees a password hash
    "auditor": "app_auditor",  # seals the audit log
}
"""Role names by the field of `DatabaseUrls` that connects with them."""

_PREFIX = re.compile(r"[a-z0-9_]{0,40}")
_LOCK = 4_215_871_306  # our key among the cluster's advisory locks


class ProvisionError(UnavailableError):
    """Roles or database cannot be made with the account given."""

    slug, title = "base-de-datos-sin-preparar", "La base de datos no está preparada"


def role_names(prefix: str = "") -> dict[RoleName, str]:
    """Names of the roles of an installation, by the field of `DatabaseUrls`.

    Raises:
        ProvisionError: the prefix holds more than lower-case letters, digits and underscores.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ProvisionError(
            f"El prefijo de roles «{prefix}» no es válido: solo minúsculas, dígitos y guion bajo, hasta 40."
        )
    return {key: f"{prefix}{name}" for key, name in ROLES.items()}


def provision(
    admin_url: str, database: str, *, prefix: str = "", passwords: Mapping[str, str] | None = None
) -> DatabaseUrls:
    """Make the roles and the database, or make what is missing of them; safe to repeat and to race.

    Args:
        admin_url: SQLAlchemy or libpq URL of a superuser, or of a role with CREATEROLE and CREATEDB. Racing callers
            must name the same database in it, since the lock between them lives there.
        database: name of the database to make.
        prefix: put before every role name.
        passwords: by field of `DatabaseUrls`; generated where missing. They are set on roles that exist already, too.

    Raises:
        ProvisionError: the account may not do it, or a role of that name has powers that ours must not have.
    """
    names = role_names(prefix)
    words = {key: (passwords or {}).get(key) or secrets.token_urlsafe(24) for key in names}
    try:
        with psycopg.connect(_libpq(admin_url), autocommit=True) as admin:
            admin.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            for key, role in names.items():
                _ensure_role(admin, role, words[key])
            _ensure_database(admin, database, names)
        urls = DatabaseUrls(**{key: _with(admin_url, names[key], words[key], database) for key in names})
        with psycopg.connect(_libpq(urls.owner), autocommit=True) as owner:
            owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    except psycopg.errors.InsufficientPrivilege as error:
        raise ProvisionError(
            "La cuenta de administración no puede crear los roles o la base de datos "
            f"({error.diag.message_primary}). Pida a quien administra PostgreSQL que ejecute el SQL que imprime "
            "python -m app migrate, y ponga las direcciones en DATABASE_URL y sus hermanas."
        ) from error
    return urls


def provisioning_sql(database: str, prefix: str = "", passwords: Mapping[str, str] | None = None) -> str:
    """Write what `provision` would do as SQL that an administrator runs once, in psql, as a superuser.

    Where no password is given, the text says where to put one.
    """
    names = role_names(prefix)
    words = {key: (passwords or {}).get(key) or f"CAMBIAR-{key}" for key in names}
    identifiers = {key: sql.Identifier(role) for key, role in names.items()}
    statements: list[sql.Composable] = [
        _create_role(identifiers[key], sql.Literal(words[key])) for key in names
    ]
    statements += _create_database(sql.Identifier(database), identifiers)
    statements.append(sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    lines = [f"{statement.as_string(None)};" for statement in statements]
    lines.insert(-1, f"\\connect {sql.Identifier(database).as_string(None)}")
    return "\n".join(lines) + "\n"


def _ensure_role(admin: psycopg.Connection, role: str, password: str) -> None:
    found = admin.execute(
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication "
        "FROM pg_roles WHERE rolname = %s",
        [role],
    ).fetchone()
    # Hashed on our side: the server's log may keep statements.
    hashed = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    if found is None:
        admin.execute(_create_role(sql.Identifier(role), sql.Literal(hashed)))
    elif found[0]:
        raise ProvisionError(
            f"El rol {role} ya existe y tiene privilegios que saltan los muros entre organismos. Quíteselos o use "
            "otro prefijo de roles."
        )
    else:
        alter = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
        admin.execute(alter.format(sql.Identifier(role), sql.Literal(hashed)))


def _create_role(role: sql.Identifier, password: sql.Literal) -> sql.Composed:
    statement = sql.SQL(
        "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION PASSWORD {}"
    )
    return statement.format(role, password)


def _ensure_database(admin: psycopg.Connection, database: str, names: Mapping[RoleName, str]) -> None:
    identifiers = {key: sql.Identifier(role) for key, role in names.items()}
    create, *grants = _create_database(sql.Identifier(database), identifiers)
    # Who is no superuser must belong to the owner to give it a database.
    if admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,):
        admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(identifiers["owner"]))
    if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
        admin.execute(create)
    for grant in grants:
        admin.execute(grant)


def _create_database(
    database: sql.Identifier, roles: Mapping[RoleName, sql.Identifier]
) -> list[sql.Composed]:
    create = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'")
    return [
        create.format(database, roles["owner"]),
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.SQL(", ").join(roles.values())),
    ]


def _libpq(url: str) -> str:
    """Take SQLAlchemy's driver out of a URL."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme="postgresql"))


def _with(admin_url: str, role: str, password: str, database: str) -> str:
    """Return the URL of a role on a database of the same server, with the same connection options."""
    parts = urlsplit(admin_url)
    server = parts.netloc.rpartition("@")[2]
    account = f"{quote(role, safe='')}:{quote(password, safe='')}"
    path = f"/{quote(database, safe='')}"
    return urlunsplit(parts._replace(scheme="postgresql+psycopg", netloc=f"{account}@{server}", path=path))


def stored_passwords(path: Path) -> dict[str, str]:
    """Return the roles' passwords from a file, after adding to it those that it lacks.

    The file is JSON, mode 0600, and may hold other secrets, which stay. Racing callers get the same passwords.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        kept = load_secrets(path)
        passwords = {
            f.name: kept.get(f"password_{f.name}") or secrets.token_urlsafe(24) for f in fields(DatabaseUrls)
        }
        wanted = kept | {f"password_{name}": password for name, password in passwords.items()}
        if wanted != kept:
            save_secrets(path, wanted)
    finally:
        os.close(folder)
    return passwords


def load_secrets(path: Path) -> dict[str, str]:
    """Read a file of secrets; empty when there is none."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {str(name): str(value) for name, value in found.items()}


def save_secrets(path: Path, values: Mapping[str, str]) -> None:
    """Write a file of secrets, whole or not at all, readable by this user only."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(dict(values), file, indent=1)
    fresh.replace(path)

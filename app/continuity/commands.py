"""Commands of a tenant's life: bringing one here from another installation."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlmodel import select

from app.continuity import importing
from app.continuity.checking import check
from app.core import installation, migrate, sealed
from app.core.db import Database
from app.core.errors import ForbiddenError
from app.core.storage import Storage
from app.identity.models import Account, PlatformRole
from app.settings import get_settings

continuity_cli = typer.Typer(help="La vida de un organismo garante.", no_args_is_help=True)

Archive = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="Archivo de una exportación completa.")
]
KeyFile = Annotated[
    Path, typer.Option("--identity", exists=True, dir_okay=False, help="Archivo con la llave privada de age.")
]


@continuity_cli.command("check")
def check_command(file: Archive, identity: KeyFile) -> None:
    """Lee una exportación de principio a fin y dice si aquí cabe; no escribe nada."""
    with installation.open_database(get_settings()) as database:
        migrate.assert_serves(database.engine("owner"))
        found = check(file, sealed.identities(identity), database)
    typer.echo(
        f"«{found.slug}», exportado el {found.made_at}: {sum(found.rows.values()):,} renglones; la cadena está íntegra "
        f"hasta la entrada {found.chain_position:,}."
    )


@continuity_cli.command("import")
def import_command(
    file: Archive,
    identity: KeyFile,
    email: Annotated[str, typer.Option("--as", help="Correo de quien opera la plataforma y lo trae.")],
) -> None:
    """Trae un organismo completo de otra instalación: todo, o nada."""
    settings = get_settings()
    with installation.open_database(settings) as database:
        migrate.assert_serves(database.engine("owner"))
        operator = _operator(database, email)
        brought = importing.bring(
            database,
            Storage.of(settings),
            file,
            sealed.identities(identity),
            operator,
            scanned=settings.clamd is not None,
        )
        invited = importing.offer(database, brought, operator)
        waiting = importing.wake(database, brought)
    typer.echo(
        f"«{brought.slug}» está aquí: {sum(brought.rows.values()):,} renglones, {brought.files:,} archivos y "
        f"{brought.people:,} personas sin contraseña, que la eligen en «Olvidé mi contraseña»."
    )
    if invited:
        typer.echo(f"{invited:,} funciones se ofrecieron por invitación a quienes ya tenían cuenta aquí.")
    if waiting:
        typer.echo(f"{waiting:,} publicaciones programadas siguen en pie.")
    typer.echo("Comprueba con «python -m app check».")


def _operator(database: Database, email: str) -> UUID:
    with database.auth_work() as session:
        found = session.exec(
            select(Account.account_id)
            .join(PlatformRole, PlatformRole.account_id == Account.account_id)  # type: ignore[arg-type]
            .where(Account.email == email.strip().lower(), PlatformRole.role == "platform_operator")
        ).first()
    if found is None:
        raise ForbiddenError(f"{email} no opera la plataforma: solo quien la opera trae un organismo.")
    return found

"""The command line: `python -m app …`."""

import asyncio
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal
from uuid import UUID

import typer
import uvicorn
from sqlmodel import select

from app.catalogs import service as catalogs
from app.catalogs.kinds import KINDS
from app.catalogs.wording import load_line
from app.continuity.commands import continuity_cli
from app.core import collector, installation, logs, migrate, public_log, sealing
from app.core.db import Actor, Database, PublicSession
from app.core.embedded import Embedded
from app.core.embedded_upgrade import upgrade
from app.core.errors import AppError, ConflictError, ForbiddenError
from app.core.jobs import Worker
from app.core.policy import Permission, allowed
from app.core.provision import ProvisionError, provisioning_sql
from app.core.storage import Storage
from app.demo.load import load as load_demo
from app.demo.load import welcome as demo_welcome
from app.figures import keeping
from app.identity import second_factor
from app.identity import service as identity
from app.identity.models import Account
from app.identity.queries import memberships
from app.identity.sso.commands import sso_cli
from app.imports import service as imports
from app.imports.wording import import_line, import_summary
from app.main import create_app
from app.notifications.commands import mail_cli
from app.operations import commands as operations
from app.proof import verifying
from app.publication import chain
from app.publication.invariants import check_tenant
from app.publication.service import publish_batch
from app.settings import Settings, get_settings
from app.tenancy import declarations, queries
from app.tenancy import service as tenancy
from app.tenancy.queries import TenantDirectory, TenantView
from app.web import connections

cli = typer.Typer(
    name="app",
    help="Contrataciones Abiertas: un servicio para abrir los contratos públicos de México.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
tenants_cli = typer.Typer(
    help="Organismos garantes declarados en la carpeta «tenants».", no_args_is_help=True
)
people_cli = typer.Typer(help="Personas y sus funciones.", no_args_is_help=True)
padron_cli = typer.Typer(help="Padrón de sujetos obligados.", no_args_is_help=True)
cli.add_typer(tenants_cli, name="tenants")
cli.add_typer(people_cli, name="people")
cli.add_typer(padron_cli, name="padron")
catalogs_cli = typer.Typer(help="Catálogos de claves de un organismo garante.", no_args_is_help=True)
cli.add_typer(catalogs_cli, name="catalogs")
cli.command("backup")(operations.backup_command)
cli.command("restore")(operations.restore_command)
cli.add_typer(operations.keys_cli, name="keys")
cli.add_typer(continuity_cli, name="continuity")
cli.add_typer(mail_cli, name="mail")
database_cli = typer.Typer(help="La base de datos incluida.", no_args_is_help=True)
cli.add_typer(database_cli, name="database")
cli.add_typer(sso_cli, name="sso")
figures_cli = typer.Typer(help="Cifras de los tableros.", no_args_is_help=True)
cli.add_typer(figures_cli, name="figures")


def _serve(settings: Settings, database: Database) -> None:
    storage = Storage.of(settings)
    uvicorn.run(
        create_app(settings, database, storage),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=10,
        http=connections.of(settings.connections),
    )


@cli.command()
def serve() -> None:
    """Sirve las páginas y los datos."""
    settings = get_settings()
    with installation.open_database(settings) as database:
        _serve(settings, database)


@cli.command()
def demo() -> None:
    """Abre todo el servicio con datos de demostración; la primera vez los carga."""
    # Its people are invented: no letter to them leaves, whatever the environment says.
    settings = get_settings().model_copy(update={"embedded_worker": True, "smtp_url": None})
    logs.configure(level="WARNING", human=True)
    _ensure_free(settings.host, settings.port)
    with installation.open_database(settings) as database:
        migrate.upgrade(database.engine("owner"), role_prefix=settings.role_prefix)
        tenancy.apply(database, declarations.load(settings.tenants_folder))
        loaded = settings.state_folder / "demo-loaded"
        if not loaded.exists():
            typer.echo("Primera vez: se importan, revisan y publican los datos de demostración.")
            load_demo(database, Storage.of(settings), typer.echo)
            loaded.touch()
        typer.echo(demo_welcome(f"http://{settings.host}:{settings.port}"))
        _serve(settings, database)
    typer.echo("Servicio detenido; los datos se conservan en la carpeta «var».")


@cli.command("demo-reset")
def demo_reset() -> None:
    """Borra la base de datos incluida y los archivos de la demostración, para empezar de nuevo."""
    settings = get_settings()
    if settings.database_url:
        raise ConflictError("DATABASE_URL está puesta: borra tú esa base de datos, aquí no se toca.")
    server = Embedded(settings.state_folder / "pg")
    if server.running():  # whoever left last stops it; one that was killed could not
        with server:
            typer.echo("Cerrando la base de datos…")
    if server.running():
        raise ConflictError("El servicio está en marcha: deténlo con Ctrl-C y repite «make demo-reset».")
    for name in ("pg", "files", "scratch"):
        shutil.rmtree(settings.state_folder / name, ignore_errors=True)
    for name in ("demo-loaded", "secrets.json"):
        (settings.state_folder / name).unlink(missing_ok=True)
    typer.echo("Listo: la próxima «make demo» empieza desde cero.")


def _ensure_free(host: str, port: int) -> None:
    """Refuse a port that somebody else listens on before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConflictError(
                f"El puerto {port} de {host} ya está ocupado ({error.strerror}). Cierra lo que lo usa, o elige "
                f"otro: CA_PORT={port + 1} make demo"
            ) from error


OneTenant = Annotated[str, typer.Option("--tenant", help="Solo este organismo garante.")]


@figures_cli.command("rebuild")
def figures_rebuild(tenant: OneTenant = "") -> None:
    """Olvida las cifras de los tableros; el servicio las cuenta otra vez de lo publicado."""
    with installation.open_database(get_settings()) as database:
        for view in _tenants(database, tenant):
            actor = Actor(tenant_id=view.tenant_id, role="system")
            with database.unit_of_work(actor) as session:
                keeping.rebuild(session, actor)
            typer.echo(f"{view.slug}: se cuentan otra vez.")


@cli.command("verify-chain")
def verify_chain(tenant: OneTenant = "") -> None:
    """Comprueba que ninguna publicación cambió ni desapareció sin dejar rastro."""
    with installation.open_database(get_settings()) as database:
        faults = _tell_faults(database, tenant, chain.verify)
    if faults:
        raise ConflictError(f"{faults} faltas en las cadenas de publicación.")
    typer.echo("Todas las cadenas de publicación están íntegras.")


@cli.command()
def verify(
    address: Annotated[str, typer.Argument(help="Dirección de un organismo: https://datos.example/jalisco.")],
    head: Annotated[
        Path | None,
        typer.Option("--head", exists=True, dir_okay=False, help="Cabeza firmada que guardaste antes."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Archivo donde guardar la última cabeza firmada.")
    ] = None,
) -> None:
    """Comprueba, desde fuera, que lo publicado en cualquier instalación no se ha alterado (docs/verificar.md)."""
    options = [("--head", head), ("--save", save)]
    given = [text for name, path in options if path is not None for text in (name, str(path))]
    if verifying.main([address, *given]):
        raise typer.Exit(1)


@cli.command()
def check(tenant: OneTenant = "") -> None:
    """Comprueba cadenas, registros, facetas, cuentas, la bitácora pública y los sellos de la interna."""
    with installation.open_database(get_settings()) as database:
        faults = _tell_faults(database, tenant, chain.verify)
        faults += _tell_faults(database, tenant, check_tenant)
        for view in _tenants(database, tenant):
            with database.auditor_work() as session:
                found = [
                    *sealing.verify(session, view.tenant_id),
                    *public_log.verify(session, view.tenant_id),
                ]
            for fault in found:
                faults += 1
                typer.echo(f"{view.slug}: {fault}", err=True)
    if faults:
        raise ConflictError(f"{faults} faltas: lo publicado o la bitácora no están como deben.")
    typer.echo("Todo está como debe: publicaciones, lo que se deriva de ellas y la bitácora.")


def _tenants(database: Database, slug: str) -> list[TenantView]:
    directory = TenantDirectory(database)
    return [directory.by_slug(slug)] if slug else directory.all()


def _tell_faults(
    database: Database, slug: str, find: Callable[[PublicSession, UUID], Iterable[chain.Fault]]
) -> int:
    """Show what is wrong with what tenants published, and return how much it was."""
    found = 0
    for view in _tenants(database, slug):
        with database.public_reading() as session:
            for fault in find(session, view.tenant_id):
                found += 1
                typer.echo(f"{view.slug}, entrada {fault.position}: {fault.message}", err=True)
    return found


@cli.command()
def worker() -> None:
    """Atiende las tareas en segundo plano."""
    settings = get_settings()
    with installation.open_database(settings) as database:
        asyncio.run(_work(database, settings))


async def _work(database: Database, settings: Settings) -> None:
    await asyncio.to_thread(database.assert_least_privilege)
    await asyncio.to_thread(migrate.assert_serves, database.engine("owner"))
    storage = Storage.of(settings)
    working = Worker(database, storage, settings=settings, concurrency=settings.worker_concurrency)
    running = asyncio.create_task(working.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        typer.echo("Tareas detenidas.")


@cli.command("migrate")
def migrate_command() -> None:
    """Crea los roles si puede y lleva el esquema a la última versión."""
    settings = get_settings()
    try:
        with installation.open_database(settings) as database:
            migrate.upgrade(database.engine("owner"), role_prefix=settings.role_prefix)
    except ProvisionError:
        typer.echo(provisioning_sql(installation.database_name(settings), settings.role_prefix), err=True)
        raise
    typer.echo("La base de datos está al día.")


@tenants_cli.command("apply")
def tenants_apply() -> None:
    """Lleva a la base de datos lo que declara la carpeta «tenants»; repetirlo no cambia nada."""
    settings = get_settings()
    declared = declarations.load(settings.tenants_folder)
    with installation.open_database(settings) as database:
        for applied in tenancy.apply(database, declared):
            kept = f"; lo decidido en sus páginas se queda: {', '.join(applied.kept)}" if applied.kept else ""
            typer.echo(f"{applied.slug}: {_OUTCOMES[applied.outcome]}{kept}")


_OUTCOMES = {"created": "creado", "changed": "actualizado", "unchanged": "sin cambios"}


@tenants_cli.command("check")
def tenants_check() -> None:
    """Revisa la carpeta «tenants» sin tocar la base de datos."""
    declared = declarations.load(get_settings().tenants_folder)
    typer.echo(f"{len(declared)} organismos garantes declarados, sin errores.")


Email = Annotated[str, typer.Option("--email", help="Correo con el que la persona entra.")]
Tenant = Annotated[
    str, typer.Option("--tenant", help="Dirección del organismo garante, por ejemplo «jalisco».")
]


@people_cli.command("operator")
def people_operator(
    email: Email,
    name: Annotated[str, typer.Option("--name", help="Nombre completo.")],
    role: Annotated[
        str, typer.Option("--role", help="platform_operator o national_monitor.")
    ] = "platform_operator",
) -> None:
    """Da de alta a quien opera la plataforma, o cambia su contraseña."""
    password_hash = identity.hash_password(_password())
    with installation.open_database(get_settings()) as database, database.owner_work() as session:
        account_id = identity.create_account(
            session, email=email, full_name=name, password_hash=password_hash
        )
        identity.grant_platform_role(session, account_id, role)
    typer.echo(f"{email} puede entrar con la función {role}.")


@people_cli.command("member")
def people_member(
    email: Email,
    name: Annotated[str, typer.Option("--name", help="Nombre completo.")],
    tenant: Tenant,
    role: Annotated[str, typer.Option("--role", help="Función, por ejemplo garante_admin o so_editor.")],
    sujeto: Annotated[
        str, typer.Option("--sujeto", help="Clave del sujeto obligado, para las funciones so_…")
    ] = "",
) -> None:
    """Da de alta a una persona en un organismo garante, o cambia su contraseña y agrega la función."""
    password_hash = identity.hash_password(_password())
    with installation.open_database(get_settings()) as database:
        actor = _tenant_actor(database, tenant)
        sujeto_id = _sujeto_id(database, actor, sujeto) if sujeto else None
        with database.owner_work(actor) as session:
            account_id = identity.create_account(
                session, email=email, full_name=name, password_hash=password_hash
            )
            identity.add_membership(session, actor, account_id, role, sujeto_id)
    typer.echo(f"{email} puede entrar en «{tenant}» con la función {role}.")


@people_cli.command("second-factor-off")
def people_second_factor_off(email: Email) -> None:
    """Quita el segundo paso a quien perdió su teléfono y sus códigos; comprueba antes quién es."""
    with installation.open_database(get_settings()) as database:
        second_factor.take_off(database, email)
    typer.echo(f"{email} entra solo con su contraseña, hasta que active de nuevo el segundo paso.")


@padron_cli.command("add")
def padron_add(
    tenant: Tenant,
    key: Annotated[str, typer.Option("--key", help="Clave corta del sujeto obligado.")],
    name: Annotated[str, typer.Option("--name", help="Nombre oficial.")],
    policy: Annotated[
        Literal["garante", "self", "direct"], typer.Option("--policy", help="Quién aprueba lo que publica.")
    ] = "garante",
    rfc: Annotated[str, typer.Option("--rfc", help="RFC, para reconocerlo al importar.")] = "",
) -> None:
    """Agrega un sujeto obligado al padrón de un organismo garante."""
    with installation.open_database(get_settings()) as database:
        actor = _tenant_actor(database, tenant)
        with database.unit_of_work(actor) as session:
            row = tenancy.add_sujeto(session, actor, key=key, name=name, policy=policy, rfc=rfc)
            typer.echo(f"{row.name} está en el padrón de «{tenant}» con la clave {row.key}.")


@catalogs_cli.command("import")
def catalogs_import(
    tenant: Annotated[str, typer.Argument(help="Dirección del organismo garante, por ejemplo «jalisco».")],
    kind: Annotated[str, typer.Argument(help=f"Catálogo: {', '.join(KINDS)}.")],
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV o Excel con las claves.")
    ],
    *,
    complete: Annotated[
        bool, typer.Option("--complete", help="El archivo es el catálogo completo: retira lo que no traiga.")
    ] = False,
) -> None:
    """Carga un archivo de claves en un catálogo: agrega, cambia y, si es completo, retira; nunca borra."""
    settings = get_settings()
    storage = Storage.of(settings)
    with installation.open_database(settings) as database:
        actor = _tenant_actor(database, tenant)
        with database.unit_of_work(actor) as session, file.open("rb") as source:
            load = catalogs.receive(
                session, actor, storage, kind, source, filename=file.name, complete=complete, origin="command"
            )
            for row in load.sample["refused"]:
                typer.echo(f"Renglón {row['line']:,}: {row['reason']}", err=True)
            catalogs.apply(session, actor, storage, load.load_id)
            typer.echo(f"{file.name}: {load_line(load)}")


@cli.command("import")
def import_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Archivo con datos OCDS.")
    ],
    tenant: Tenant,
    *,
    email: Annotated[str, typer.Option("--as", help="Correo de quien importa.")],
    sujeto: Annotated[str, typer.Option("--sujeto", help="Clave; sin ella, según el comprador.")] = "",
    prefixes: Annotated[
        list[str] | None, typer.Option("--accept-prefix", help="Prefijo OCID que también es del organismo.")
    ] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Publica donde la política es direct.")] = False,
) -> None:
    """Importa un archivo de una vez; interrumpido, se continúa desde la página de la importación."""
    settings = get_settings()
    with installation.open_database(settings) as database:
        system = _tenant_actor(database, tenant)
        sujeto_id = _sujeto_id(database, system, sujeto) if sujeto else None
        actor = _importer(database, system.tenant_id, email, sujeto_id)
        with database.unit_of_work(actor) as session:
            for prefix in prefixes or ():
                imports.accept_prefix(session, actor, prefix)
        run = imports.import_file(
            database,
            actor,
            Storage.of(settings),
            file,
            sujeto_obligado_id=sujeto_id,
            publisher=publish_batch if publish else None,
            limit=settings.upload_limit,
            watch=lambda run: typer.echo(import_line(run), err=True),
        )
        typer.echo(import_summary(run))
        if run.status != "finished":
            raise typer.Exit(1)


@database_cli.command("upgrade")
def database_upgrade() -> None:
    """Pasa la base de datos incluida a la versión de PostgreSQL de este equipo."""
    settings = get_settings()
    kept = upgrade(installation.embedded_folder(settings), pg_bin=settings.pg_bin)
    if kept is None:
        typer.echo("La base de datos ya está en la versión de este equipo.")
    else:
        typer.echo(
            f"La base de datos está en la versión nueva. La anterior quedó en {kept}: bórrela cuando quiera."
        )


def _tenant_actor(database: Database, slug: str) -> Actor:
    return Actor(tenant_id=TenantDirectory(database).by_slug(slug).tenant_id, role="system")


def _sujeto_id(database: Database, actor: Actor, key: str) -> UUID:
    with database.unit_of_work(actor) as session:
        return queries.named(session, actor, key).sujeto_obligado_id


def _importer(database: Database, tenant_id: UUID | None, email: str, sujeto_id: UUID | None) -> Actor:
    """Return the person with the hat under which they may import there."""
    with database.auth_work() as session:
        account_id = session.exec(select(Account.account_id).where(Account.email == email.lower())).first()
    if account_id is not None:
        with database.auth_work(account_id) as session:
            for hat in memberships(session, account_id):
                actor = hat.actor(account_id)
                if hat.tenant_id == tenant_id and allowed(actor, Permission.PROCESS_IMPORT, sujeto_id):
                    return actor
    raise ForbiddenError(f"{email} no puede importar ahí: necesita una función que importe en ese organismo.")


def _password() -> str:
    """Ask for a password twice, or take one line of standard input when nobody is there to type."""
    if sys.stdin.isatty():
        return str(typer.prompt("Contraseña", hide_input=True, confirmation_prompt="Otra vez"))
    return sys.stdin.readline().rstrip("\n")


def _leave(number: int, _frame: FrameType | None) -> None:
    """End as from a normal exit, so that an embedded server of ours stops too."""
    for again in (signal.SIGTERM, signal.SIGHUP):  # make and its terminal may both send it
        signal.signal(again, signal.SIG_IGN)
    sys.exit(128 + number)


def main() -> None:
    """Run the command line; an error we foresaw is told in one line, without a stack trace."""
    settings = get_settings()
    logs.configure(level=settings.log_level, human=settings.environment == "development")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    collector.settle()
    try:
        cli()
    except AppError as error:
        typer.echo(error.detail, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

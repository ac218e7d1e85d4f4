"""`python -m app sso …`: what whoever runs the service does for a tenant whose provider fails."""

from typing import Annotated

import typer

from app.core import installation
from app.core.db import Actor
from app.identity.sso import rescue
from app.settings import get_settings
from app.tenancy.queries import TenantDirectory

sso_cli = typer.Typer(no_args_is_help=True)


@sso_cli.callback()
def sso() -> None:
    """Entrada con el proveedor de identidad de un organismo garante."""


@sso_cli.command("break-glass")
def break_glass(
    tenant: Annotated[str, typer.Argument(help="Dirección del organismo garante, por ejemplo «jalisco».")],
    email: Annotated[str, typer.Option("--email", help="Correo de quien administra el organismo garante.")],
) -> None:
    """Da a quien administra un organismo un enlace para entrar sin su proveedor: una vez, en media hora."""
    settings = get_settings()
    with installation.open_database(settings) as database:
        view = TenantDirectory(database).by_slug(tenant)
        actor = Actor(tenant_id=view.tenant_id, role="system")
        with database.owner_work(actor) as session:
            token = rescue.prepare(session, actor, email)
    start = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    typer.echo(f"{start}/{tenant}/sso/rescate?token={token}")
    typer.echo(
        f"Sirve una vez, durante {rescue.LINK_MINUTES} minutos; {rescue.LOCAL_HOURS} horas la contraseña de {email} "
        "también abre su organismo. Quedó en la bitácora.",
        err=True,
    )

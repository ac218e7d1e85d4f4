"""Commands of whoever runs the service: is the post set up, and how is it doing."""

from typing import Annotated

import typer

from app.core import clock, installation, keys, mail
from app.core.errors import UnavailableError
from app.core.mail import Act, Letter
from app.core.mail_delivery import MailSettingsError, ServerFaultError, send_now, server_of
from app.core.mail_rendering import render
from app.core.tables import new_id
from app.notifications.senders import sender_of
from app.settings import get_settings

mail_cli = typer.Typer(help="El correo que sale del servicio.", no_args_is_help=True)

_MEND = {
    "530": "El servidor exige usuario y contraseña: ponlos en CA_SMTP_URL.",
    "534": "El servidor no admite esa forma de entrar; muchos piden una contraseña de aplicación.",
    "535": "El servidor no aceptó el usuario o la contraseña de CA_SMTP_URL.",
    "550": "El servidor no acepta ese destino, o no deja enviar desde CA_MAIL_FROM.",
    "553": "El servidor no deja enviar desde CA_MAIL_FROM: usa la dirección de la cuenta.",
    "554": "El servidor rechazó el correo; su registro dice por qué.",
}


@mail_cli.command("test")
def mail_test(
    to: Annotated[str, typer.Option("--to", help="Dirección que recibe el correo de prueba.")],
) -> None:
    """Envía ahora un correo de prueba y dice qué falta si no sale."""
    settings = get_settings()
    server = server_of(settings)
    if server is None:
        raise MailSettingsError(
            "Falta CA_SMTP_URL: sin servidor de correo los mensajes esperan y nada se envía. Se escribe, por ejemplo, "
            "smtp://usuario:contraseña@servidor:587, y la dirección de salida en CA_MAIL_FROM."
        )
    if settings.public_url is None:
        typer.echo(
            f"Falta CA_PUBLIC_URL: los enlaces llevarán a http://{settings.host}:{settings.port}, "
            "que solo abre en este equipo.",
            err=True,
        )
    letter = Letter(
        key="",
        to=to,
        kind="mail.test",
        subject="Prueba de correo",
        paragraphs=("Si lees esto, el correo del servicio sale bien.",),
        act=Act("Abrir el servicio", "/"),
        closing="Lo pidió quien opera el servicio; no tienes que hacer nada.",
    )
    message = render(
        letter, sender_of(settings, None), keys.of(settings), message_id=new_id(), at=clock.now()
    )
    try:
        send_now(server, message)
    except ServerFaultError as fault:
        hint = _MEND.get(fault.detail[:3], "Revisa servidor, puerto y forma de cifrado en CA_SMTP_URL.")
        raise UnavailableError(
            f"No salió. {server.host}:{server.port} respondió: {fault.detail}\n{hint}"
        ) from fault
    typer.echo(f"{server.host}:{server.port} recibió el correo para {to}. Si no llega, busca en no deseados.")


@mail_cli.command("status")
def mail_status() -> None:
    """Dice cuántos correos esperan, cuántos no se pudieron entregar y desde cuándo espera el más antiguo."""
    with installation.open_database(get_settings()) as database, database.worker_work() as session:
        figures = mail.figures(session)
    since = f", el más antiguo desde {figures.oldest_at:%Y-%m-%d %H:%M} UTC" if figures.oldest_at else ""
    typer.echo(f"En espera: {figures.waiting:,}{since}. Sin entregar en 30 días: {figures.failed:,}.")

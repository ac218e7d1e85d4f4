"""Commands of whoever runs the service: backups and keys."""

from pathlib import Path
from typing import Annotated

import typer

from app.core import keys, sealed
from app.core.errors import ConflictError
from app.operations.backup import backup, moment
from app.operations.restore import restore
from app.settings import get_settings

keys_cli = typer.Typer(help="Llaves de la instalación.", no_args_is_help=True)


def backup_command(
    folder: Annotated[Path, typer.Argument(help="Carpeta donde se hace una nueva con la fecha.")],
    recipients: Annotated[
        list[str] | None,
        typer.Option("--recipient", help="Llave pública de age; con ella solo se abre con su llave privada."),
    ] = None,
) -> None:
    """Respalda la base de datos y los archivos, también mientras el servicio trabaja."""
    known = [sealed.recipient(text) for text in recipients or ()]
    place = folder / moment()
    made = backup(get_settings(), place, known)
    size = sum(part.size for part in made.parts)
    typer.echo(f"{place}: base de datos y {made.files:,} archivos, {size:,} bytes.")
    if not known:
        typer.echo("No está cifrado y guarda datos personales: protégelo, o usa «--recipient».", err=True)
    typer.echo("Las llaves no están dentro: respáldalas aparte (docs/operations.md, «Keys»).", err=True)


def restore_command(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Carpeta de un respaldo.")],
    identity: Annotated[
        Path | None,
        typer.Option("--identity", exists=True, dir_okay=False, help="Archivo con la llave privada de age."),
    ] = None,
) -> None:
    """Restaura un respaldo en una instalación vacía y comprueba sus cadenas."""
    opened = sealed.identities(identity) if identity else []
    restored = restore(get_settings(), folder, opened, typer.echo)
    for key in restored.missing_keys:
        typer.echo(
            f"Falta la llave «{key}»: lo que selló no se puede abrir hasta que la pongas (docs/operations.md, «Keys»).",
            err=True,
        )
    typer.echo(f"Retiros posteriores al respaldo, hechos otra vez: {restored.again.done:,}.")
    for slug in restored.deleted:
        typer.echo(
            f"«{slug}» se dio de baja después del respaldo: se dio de baja otra vez, con todo lo suyo.",
            err=True,
        )
    for fault in restored.faults:
        typer.echo(fault, err=True)
    if restored.faults:
        raise ConflictError(f"{len(restored.faults)} faltas: lo restaurado no es lo que se respaldó.")
    typer.echo(
        "Restaurado, y todas las cadenas de publicación están íntegras. Cada persona debe entrar de nuevo."
    )


@keys_cli.command("add")
def add(
    key_id: Annotated[
        str, typer.Argument(help="Identificador nuevo, de letras y números; por ejemplo «2027».")
    ],
) -> None:
    """Pone una llave nueva delante: sella desde ahora, y las anteriores siguen abriendo lo suyo."""
    settings = get_settings()
    line = keys.fresh_line(key_id)
    if settings.keys is not None:
        typer.echo(line)
        typer.echo("Ponla delante de las de CA_KEYS, con una coma, y reinicia.", err=True)
        return
    typer.echo(f"{keys.put_first(settings, line)}: la llave «{key_id}» es la primera. Respalda el archivo.")


@keys_cli.command("list")
def listed() -> None:
    """Dice qué llaves hay, sin mostrarlas."""
    ring = keys.of(get_settings())
    for key_id in ring.keys:
        typer.echo(f"{key_id}{' (en uso)' if key_id == ring.current else ''}")

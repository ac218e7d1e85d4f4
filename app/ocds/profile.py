"""Our profile as a valid OCDS extension: what the service publishes under its own address.

One extension stands for EDCA-MX's 18, `bids` and our own additions, because the repositories of the originals are
disappearing. Its files are `extension.json`, `release-schema.json`, `codelists/*.csv` and a page that explains it.
`python -m app.ocds.profile > docs/ocds-profile.md` renews that page in this repository.
"""

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from app.ocds import schema
from app.ocds.model import BLOCKS, CODELISTS, OWN, RELEASE, Code
from app.ocds.model.deviations import DEVIATIONS
from app.ocds.model.privacy import NEVER, RULES, Personality, Side, Verdict

NAME = "Perfil mexicano de contrataciones abiertas"
DESCRIPTION = (
    "Los campos y las claves de EDCA-MX, las proposiciones recibidas y lo que otras plataformas mexicanas publican, "
    "en una sola extensión del estándar de datos para las contrataciones abiertas."
)


def extension(base_url: str, contact_name: str, contact_email: str) -> dict[str, Any]:
    """Return `extension.json`.

    Args:
        base_url: address under which the service publishes the extension's files, without a final slash.
        contact_name: who answers for it.
        contact_email: where to write.
    """
    return {
        "name": {"es": NAME},
        "description": {"es": DESCRIPTION},
        "documentationUrl": {"es": f"{base_url}/"},
        "compatibility": ["1.1"],
        "schemas": ["release-schema.json", *map(package_file, PACKAGES)],
        "codelists": list(codelist_files()),
        "contactPoint": {"name": contact_name, "email": contact_email},
    }


def release_schema_patch() -> dict[str, Any]:
    """Return `release-schema.json`: a JSON Merge Patch, without nulls, of the standard's release schema."""
    return schema.profile_patch()


PACKAGES = ("release", "record")


def package_file(kind: str) -> str:
    """Return the name of the schema of one of `PACKAGES`."""
    return f"{kind}-package-schema.json"


def package_schema_patch() -> dict[str, Any]:
    """Return the schema of any of `PACKAGES`, for they are alike: what a package says besides the standard."""
    return {"properties": {"signedHead": _SIGNED_HEAD}}


_SIGNED_HEAD: dict[str, Any] = {
    "title": "Cabeza firmada",
    "description": (
        "Dónde estaba la cadena de entregas de quien publica el último día que se firmó. "
        "Quien conserva el paquete puede mostrar después si la historia se reescribió."
    ),
    "type": ["object", "null"],
    "properties": {
        "head": {
            "title": "Lo firmado",
            "description": "Un texto JSON: organismo, día, posición y hash de la última entrada, y el hash de las cabezas de todos.",
            "type": ["string", "null"],
        },
        "signature": {
            "title": "Firma",
            "description": "Ed25519 de ese texto en UTF-8, en base64.",
            "type": ["string", "null"],
        },
        "key": {"title": "Llave", "description": "Nombre de la llave.", "type": ["string", "null"]},
        "others": {
            "title": "Las demás cabezas",
            "description": "Dirección de la lista de cabezas de todos los organismos que este texto nombra por su hash.",
            "type": ["string", "null"],
            "format": "uri",
        },
    },
}


@cache
def codelist_files() -> Mapping[str, str]:
    """Return file name -> CSV text; `+name.csv` adds codes to a list of the standard."""
    files: dict[str, str] = {}
    for codelist in CODELISTS.values():
        added = [code for code in codelist.codes.values() if code.extension is not None]
        if codelist.official and added:
            files[f"{'' if codelist.extension else '+'}{codelist.name}.csv"] = _csv(added)
    return files


def _csv(codes: Iterable[Code]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("Code", "Title", "Description"))
    writer.writerows((code.code, code.label, code.help) for code in codes)
    return text.getvalue()


def readme() -> str:
    """Return the page that explains the profile, in Spanish, Markdown."""
    return "\n".join((*_introduction(), *_additions(), *_deviations(), *_privacy())) + "\n"


def _introduction() -> Iterator[str]:
    yield f"# {NAME}"
    yield ""
    yield DESCRIPTION
    yield ""
    yield "Es compatible con OCDS 1.1 y no cambia ni prohíbe nada de lo que el estándar o las extensiones aceptan."
    yield ""
    yield "Esta página se genera: la escribe `python -m app.ocds.profile` y una prueba la compara."


def _additions() -> Iterator[str]:
    yield ""
    yield "## Qué agrega cada extensión"
    for added in schema.EXTENSIONS:
        yield ""
        yield f"### {added.label} (`{added.name}`)"
        yield ""
        yield f"{added.help} Los datos la declaran como <{added.url}>."
        yield from _fields(added.name)
        yield from _codes(added.name)
    yield ""
    yield "### Lo que agrega este perfil"
    yield from _fields(OWN)
    yield from _codes(OWN)


def _fields(origin: str) -> Iterator[str]:
    rows = [
        (block.name, field)
        for block in (RELEASE, *BLOCKS.values())
        for field in block.fields
        if (field.extension or block.extension) == origin
    ]
    if rows:
        yield ""
        yield "| bloque | campo | rótulo | qué se captura |"
        yield "|---|---|---|---|"
        for block, field in rows:
            yield f"| {block} | `{field.name}` | {field.label} | {field.help} |"


def _codes(origin: str) -> Iterator[str]:
    rows = [
        (codelist, code)
        for codelist in CODELISTS.values()
        for code in codelist.codes.values()
        if codelist.official and code.extension == origin and codelist.name != "country"
    ]
    if rows:
        yield ""
        yield "| lista | clave | rótulo | qué significa |"
        yield "|---|---|---|---|"
        for codelist, code in rows:
            yield f"| {codelist.name} | `{code.code}` | {code.label} | {code.help} |"


def _deviations() -> Iterator[str]:
    yield ""
    yield "## Diferencias con los archivos originales"
    yield ""
    yield "Son todas las que hay. Cada una agrega algo; ninguna quita."
    yield ""
    yield "| dónde | qué agrega | por qué |"
    yield "|---|---|---|"
    for line in DEVIATIONS:
        yield f"| {line.where} | {', '.join(f'`{added}`' for added in line.adds)} | {line.reason} |"


_VERDICTS = {
    Verdict.PUBLIC: "se publica",
    Verdict.CONFIDENTIAL: "no se publica",
    Verdict.BY_LAW: "según la ley del organismo garante",
}
_SIDES = {None: "cualquiera", Side.OFFICIAL: "institución o servidor público", Side.PRIVATE: "particular"}
_PERSONALITIES = {None: "cualquiera", Personality.LEGAL: "moral", Personality.NATURAL: "física o desconocida"}


def _privacy() -> Iterator[str]:
    yield ""
    yield "## Qué se publica de una persona"
    yield ""
    yield "En todo el documento:"
    yield ""
    for never in NEVER:
        yield f"- {never.reason} ({never.source})"
    yield ""
    yield "De cada participante decide el primer renglón que le quede:"
    yield ""
    yield "| datos | participa como | persona | si es | resultado | motivo | fuente |"
    yield "|---|---|---|---|---|---|---|"
    for rule in RULES:
        paths = ", ".join(f"`{path}`" for path in rule.paths)
        value = "un RFC de persona física" if rule.value else "cualquier valor"
        yield (
            f"| {paths} | {_SIDES[rule.side]} | {_PERSONALITIES[rule.personality]} | {value} "
            f"| {_VERDICTS[rule.verdict]} | {rule.reason} | {rule.source} |"
        )


if __name__ == "__main__":
    sys.stdout.write(readme())

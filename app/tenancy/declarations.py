"""The folders under `tenants/`: what an organismo garante declares about itself, read and checked.

Pure: files in, frozen models out, no database. Pydantic checks the shape of one file, `_rules` what it
means, `_across` what only shows between files. All problems of all files are gathered before anything is
refused, because whoever mends a declaration wants the whole list at once, each with its file and line.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeAlias
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from app.core.errors import InvalidError

FILE_NAME = "tenant.toml"

# fmt: off
RESERVED_SLUGS = frozenset({
    ".well-known", "_components", "accesibilidad", "acerca", "adopcion", "adopcion.csv", "ajustes", "api", "archivos", "avisos", "avisos-a-sistemas", "ayuda",
    "bitacora", "bitacora-publica", "bitacora-publica.atom", "bitacora-publica.csv", "bitacora-publica.json",
    "bitacora.csv", "buscar", "cambiar", "catalogos", "cuenta", "cumplimiento", "cumplimiento.csv",
    "cumplimiento.pdf", "cumplimiento.xlsx", "data.json", "datos", "descargas", "docs", "edca", "entrar", "favicon.ico", "health",
    "importaciones", "invitacion", "logo", "metrics", "mi-trabajo", "nacional", "oauth", "ocds", "openapi.json",
    "padron", "panel", "pdn", "personas", "plantillas", "plataforma", "pnt", "politica", "procesos", "procesos-internos", "ready",
    "record", "record-package", "redoc", "registro", "release", "release-package", "release-package-all", "retiros",
    "robots.txt", "salir", "sitemap.xml", "sso", "static", "sujetos", "tableros", "tema.css",
})
"""First path segments of the service, or of a tenant on a host of its own; no tenant may take one as its slug."""

PNT_PREFIXES = (
    "FED", "AGU", "BCN", "BCS", "CAM", "COA", "COL", "CHP", "CHH", "CMX", "DUR",
    "GUA", "GRO", "HID", "JAL", "MEX", "MIC", "MOR", "NAY", "NLE", "OAX", "PUE",
    "QUE", "ROO", "SLP", "SIN", "SON", "TAB", "TAM", "TLA", "VER", "YUC", "ZAC",
)
"""Prefixes of the PNT's directory in the order of the INEGI keys: 0 the federation, 14 Jalisco."""
# fmt: on

MINIMUM_CONTRAST = 4.5
"""WCAG 2.2, criterion 1.4.3: text of normal size, here white on the accent and the accent on white."""

Location: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a declaration: `("names", 1, "valid_from")`."""

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
PREFIX = re.compile(r"ocds-[a-z0-9]{6}")
_TEST_PREFIX = re.compile(r"ocds-prb[0-9]{3}")
ACCENT = re.compile(r"#[0-9a-f]{6}")


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Sourced(_Declared):
    """A fact that has to say where it was read; without a source it is not verified."""

    fuente: str = ""
    verificado: StrictBool = False


class TransparencyLaw(_Sourced):
    """The law a garante applies, with the clause that makes contracts public; empty where unknown."""

    text: str = ""


class TenantName(_Sourced):
    """What the garante is called from one day (included) to another (excluded).

    A day that is absent is not known, or is open. `extinto`: the source says that it ended, but not when.
    """

    name: str = Field(min_length=1)
    short_name: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    extinto: StrictBool = False
    law: TransparencyLaw = TransparencyLaw()


class OcidPrefix(_Declared):
    """A prefix under which this tenant or one of its bodies has published.

    `test` ones are ours, `ocds-prbNNN`; `used` ones were seen in published data; `registered` ones stand in
    the register of the Open Contracting Partnership.
    """

    prefix: str
    kind: Literal["test", "used", "registered"]
    fuente: str = ""


class StateCode(_Declared):
    """The federal entity: its name, its INEGI key ("00" is the federation) and its prefix in the PNT."""

    name: str = Field(min_length=1)
    inegi: str
    pnt: str


class Licence(_Sourced):
    """Under what licence the data is published."""

    name: str = ""
    url: str = ""


class PublicationPolicy(_Sourced):
    """The publication policy: its text (Markdown), or the address where the garante keeps it, or both."""

    text: str = ""
    url: str = ""


class PrivacyPolicy(_Sourced):
    """Whether the tenant's law makes the RFC of natural persons public; withheld until somebody shows it."""

    natural_rfc_public: StrictBool = False


class WorkflowPolicy(_Declared):
    """Who approves where nothing else was said for a sujeto obligado. `single` is never a default."""

    policy: Literal["garante", "self", "direct"] = "garante"


class Theme(_Declared):
    """The accent, `#rrggbb`, and the name of an SVG file in the same folder (empty: no logo)."""

    accent: str
    logo: str = ""


class TenantDeclaration(_Declared):
    """One `tenant.toml`. Names run from the oldest to the newest."""

    slug: str
    federation: StrictBool = False
    time_zone: str
    hosts: tuple[str, ...] = ()
    state: StateCode
    names: tuple[TenantName, ...] = Field(min_length=1)
    ocid_prefixes: tuple[OcidPrefix, ...] = Field(min_length=1)
    licence: Licence = Licence()
    publication: PublicationPolicy = PublicationPolicy()
    privacy: PrivacyPolicy = PrivacyPolicy()
    workflow: WorkflowPolicy = WorkflowPolicy()
    theme: Theme

    @property
    def new_process_prefix(self) -> str:
        """The prefix that new processes get: the first one declared."""
        return self.ocid_prefixes[0].prefix

    def name_on(self, day: date) -> TenantName:
        """The name that held on `day`; where the declared dates do not say, the newest."""
        for name in reversed(self.names):
            if (name.valid_from or day) <= day and (name.valid_to is None or day < name.valid_to):
                return name
        return self.names[-1]


@dataclass(frozen=True)
class Problem:
    """One fault of a declaration; `line` counts from 1."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class DeclarationError(InvalidError):
    """The declarations do not stand; `problems` lists every fault found, in order of file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (str(problem.file), problem.line)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class _Source:
    """The text of one declaration, and the line where each of its keys stands."""

    file: Path
    lines: dict[Location, int]

    def problem(self, location: Location, message: str) -> Problem:
        while location not in self.lines:
            location = location[:-1]
        return Problem(self.file, self.lines[location], message)


def load(folder: Path) -> list[TenantDeclaration]:
    """Read every tenant declared in `folder`, sorted by slug.

    Folders whose name starts with `_` or `.` are not tenants (`_example` is the template).

    Raises:
        DeclarationError: with every problem of every file.
    """
    problems: list[Problem] = []
    read: list[tuple[_Source, TenantDeclaration]] = []
    if not folder.is_dir():
        raise DeclarationError([Problem(folder, 1, "no existe la carpeta de organismos garantes.")])
    for tenant in sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._"):
        result = _read(tenant / FILE_NAME)
        if isinstance(result, list):
            problems += result
            continue
        source, declaration = result
        problems += (source.problem(*fault) for fault in _rules(declaration, tenant))
        read.append(result)
    problems += _across(read)
    if not problems and not any(declaration.federation for _, declaration in read):
        problems.append(
            Problem(folder, 1, "exactamente un organismo debe llevar federation = true; ninguno lo lleva.")
        )
    if problems:
        raise DeclarationError(problems)
    return [declaration for _, declaration in read]


def contrast_with_white(colour: str) -> float:
    """The WCAG contrast ratio (1 to 21) between `colour`, `#rrggbb`, and white."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def slug_fault(slug: str) -> str:
    """Return what keeps a text from being the address of a tenant, in Spanish; empty when nothing does."""
    if not _SLUG.fullmatch(slug):
        return "Solo minúsculas sin acento, cifras y guiones."
    return "Es una dirección del propio servicio: elige otra." if slug in RESERVED_SLUGS else ""


def faults(declaration: TenantDeclaration) -> list[tuple[Location, str]]:
    """Return what is wrong with one declaration that stands in no folder, each with its place."""
    return list(_rules(declaration, Path(declaration.slug)))


def _read(file: Path) -> tuple[_Source, TenantDeclaration] | list[Problem]:
    """The declaration in `file` with its source, or what is wrong with its text or its shape."""
    try:
        text = file.read_text("utf-8")
        document = tomllib.loads(text)
    except FileNotFoundError:
        return [Problem(file, 1, f"falta el archivo {FILE_NAME}.")]
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return [Problem(file, line, "el archivo no está en UTF-8; guárdalo con esa codificación.")]
    except tomllib.TOMLDecodeError as error:
        # tomllib tells the place only inside its English message (attributes come with Python 3.14).
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        return [Problem(file, line, "no es TOML válido: revisa comillas, corchetes y claves repetidas.")]
    source = _Source(file, _locate(text))
    try:
        return source, TenantDeclaration.model_validate(document)
    except ValidationError as error:
        return [
            source.problem(fault["loc"], _in_spanish(fault["type"], fault["loc"], fault.get("ctx", {})))
            for fault in error.errors()
        ]


def _locate(text: str) -> dict[Location, int]:
    """The line of every table and key of a TOML text; tomllib itself does not tell."""
    lines: dict[Location, int] = {(): 1}
    counts: dict[str, int] = {}
    table: Location = ()
    inside_text = False
    for number, line in enumerate(text.splitlines(), 1):
        starts_inside = inside_text
        inside_text ^= (line.count('"""') + line.count("'''")) % 2 == 1
        if starts_inside:
            continue
        if header := re.match(r"\s*\[(\[?)\s*([\w.-]+)\s*\]", line):
            name = header[2]
            table = (*name.split("."),)
            if header[1]:
                lines.setdefault(table, number)
                table = (*table, counts.get(name, 0))
                counts[name] = counts.get(name, 0) + 1
            lines[table] = number
        elif key := re.match(r"\s*([\w.-]+)\s*=", line):
            lines[(*table, *key[1].split("."))] = number
    return lines


def _in_spanish(kind: str, location: Location, context: dict[str, Any]) -> str:
    """Pydantic's verdict on a value, in words of ours."""
    key = ".".join(part for part in location if isinstance(part, str))
    expected = {
        "missing": "falta la clave",
        "extra_forbidden": "clave desconocida",
        "string_type": "se esperaba un texto entre comillas",
        "string_too_short": "no puede quedar vacío",
        "bool_type": "se esperaba true o false, sin comillas",
        "too_short": "hace falta al menos un elemento",
        "tuple_type": "se esperaba una lista",
        "model_type": "se esperaba una tabla",
        "literal_error": f"se esperaba {context.get('expected', '')}".replace(" or ", " o "),
    }.get(
        kind,
        "se esperaba una fecha como 2025-03-21" if "date" in kind else "valor no admitido",
    )
    return f"{key}: {expected}."


def _rules(tenant: TenantDeclaration, folder: Path) -> Iterator[tuple[Location, str]]:
    """What a well-formed declaration may still get wrong by itself."""
    if tenant.slug != folder.name:
        yield ("slug",), f"slug: «{tenant.slug}» debe ser igual al nombre de la carpeta, «{folder.name}»."
    if not _SLUG.fullmatch(tenant.slug):
        yield ("slug",), "slug: solo minúsculas sin acento, cifras y guiones."
    if tenant.slug in RESERVED_SLUGS:
        yield ("slug",), f"slug: «{tenant.slug}» es una dirección del propio servicio; elige otra."
    if tenant.time_zone not in available_timezones():
        yield ("time_zone",), f"time_zone: «{tenant.time_zone}» no es una zona horaria de la IANA."
    for index, host in enumerate(tenant.hosts):
        if not HOST.fullmatch(host):
            yield ("hosts", index), f"hosts: «{host}» no es un nombre de dominio en minúsculas."
    yield from _state_rules(tenant)
    yield from _time_rules(tenant.names)
    yield from _source_rules(tenant)
    for index, declared in enumerate(tenant.ocid_prefixes):
        yield from ((("ocid_prefixes", index, key), message) for key, message in _prefix_rules(declared))
    if not ACCENT.fullmatch(tenant.theme.accent):
        yield ("theme", "accent"), "theme.accent: se esperaba un color como #0b6b3a, en minúsculas."
    elif (contrast := contrast_with_white(tenant.theme.accent)) < MINIMUM_CONTRAST:
        yield (
            ("theme", "accent"),
            f"theme.accent: su contraste con el blanco es {contrast:.2f} y debe ser al menos {MINIMUM_CONTRAST}.",
        )
    logo = tenant.theme.logo
    if logo and (Path(logo).name != logo or not logo.endswith(".svg") or not (folder / logo).is_file()):
        yield ("theme", "logo"), f"theme.logo: «{logo}» debe ser un archivo .svg de la misma carpeta."


def _state_rules(tenant: TenantDeclaration) -> Iterator[tuple[Location, str]]:
    """Key, prefix and the mark of the federation have to speak of the same entity."""
    key = tenant.state.inegi
    if not re.fullmatch("[0-9]{2}", key) or int(key) >= len(PNT_PREFIXES):
        yield ("state", "inegi"), f"state.inegi: «{key}» no es una clave de entidad de 00 a 32."
        return
    if tenant.state.pnt != PNT_PREFIXES[int(key)]:
        yield ("state", "pnt"), f"state.pnt: a la clave {key} le corresponde «{PNT_PREFIXES[int(key)]}»."
    if tenant.federation and key != "00":
        yield ("federation",), "federation: la federación lleva la clave de entidad 00."


def _time_rules(names: Sequence[TenantName]) -> Iterator[tuple[Location, str]]:
    """Each period in order, none beside the next, and only the last one open."""
    for index, name in enumerate(names):
        if name.valid_from and name.valid_to and name.valid_from >= name.valid_to:
            yield ("names", index, "valid_to"), "names: valid_to debe ser posterior a valid_from."
    for index, (earlier, later) in enumerate(pairwise(names), 1):
        known_end = earlier.valid_to or earlier.valid_from
        known_start = later.valid_from or later.valid_to
        if known_end and known_start and known_start < known_end:
            yield ("names", index), "names: se encima con el anterior, o no van del más antiguo al más nuevo."
        if not (earlier.valid_to or earlier.extinto or later.valid_from):
            yield ("names", index), "names: el anterior sigue abierto; ponle valid_to, o valid_from a este."


def _source_rules(tenant: TenantDeclaration) -> Iterator[tuple[Location, str]]:
    """What claims to be verified says something, and says where it was read."""
    facts: list[tuple[Location, _Sourced, str | bool]] = [
        *((("names", index), name, True) for index, name in enumerate(tenant.names)),
        *((("names", index, "law"), name.law, name.law.text) for index, name in enumerate(tenant.names)),
        (("licence",), tenant.licence, tenant.licence.name or tenant.licence.url),
        (("publication",), tenant.publication, tenant.publication.text or tenant.publication.url),
        (("privacy",), tenant.privacy, True),
    ]
    for location, fact, says_something in facts:
        if fact.verificado and not (fact.fuente and says_something):
            yield (*location, "verificado"), "verificado = true exige el dato y su fuente."
    if tenant.privacy.natural_rfc_public and not tenant.privacy.verificado:
        yield ("privacy", "natural_rfc_public"), "natural_rfc_public: true exige verificado = true."


def _prefix_rules(declared: OcidPrefix) -> Iterator[tuple[str, str]]:
    """The form of a prefix, and whether it is what it says it is."""
    prefix, is_test = declared.prefix, bool(_TEST_PREFIX.fullmatch(declared.prefix))
    if not PREFIX.fullmatch(prefix):
        yield "prefix", f"ocid_prefixes: «{prefix}» debe ser ocds- y seis letras o cifras, en minúsculas."
    elif is_test != (declared.kind == "test"):
        yield "kind", "ocid_prefixes: los prefijos de prueba, y solo ellos, son de la forma ocds-prbNNN."
    if declared.kind != "test" and not declared.fuente:
        yield "fuente", "ocid_prefixes: un prefijo que no es de prueba exige su fuente."


def _across(read: Sequence[tuple[_Source, TenantDeclaration]]) -> Iterator[Problem]:
    """What only one tenant may have, and have once: a host, an OCID prefix, being the federation."""
    owners: dict[tuple[str, object], str] = {}
    for source, tenant in read:
        claims: list[tuple[Location, object]] = [
            *((("hosts", index), host) for index, host in enumerate(tenant.hosts)),
            *(
                (("ocid_prefixes", index, "prefix"), item.prefix)
                for index, item in enumerate(tenant.ocid_prefixes)
            ),
        ]
        if tenant.federation:
            claims.append((("federation",), True))
        for location, value in claims:
            key = str(location[0])
            if (key, value) in owners:
                shown = "true" if value is True else value
                yield source.problem(
                    location, f"{key}: «{shown}» ya está declarado en «{owners[key, value]}»."
                )
            owners.setdefault((key, value), tenant.slug)

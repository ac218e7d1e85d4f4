"""The kinds of catalogue: what each is for, how its codes are written, which columns it has, which fields it serves.

A kind is data. Pages, importer, typeahead and capture are derived from it; a new kind is one more member of `KINDS`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from app.core.errors import NotFoundError
from app.core.folding import fold
from app.ocds.codelists import codelist
from app.ocds.model import STAGES, Stage


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that an entry says.

    Attributes:
        name: column of `catalog_entry`.
        label: what people call it.
        headers: names under which files bring it, folded, the best first.
        required: an entry without it is refused.
        choices: (value, label) where only these are possible; several may be given.
    """

    name: str
    label: str
    headers: tuple[str, ...]
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()

    def understood(self, text: str) -> str | None:
        """Return the value that a text means, None when it is none of the choices; several go apart by a blank."""
        if not self.choices or not text:
            return text
        known = {fold(word): value for value, label in self.choices for word in (value, label)}
        known |= {str(number): value for number, (value, _) in enumerate(self.choices, 1)}
        meant = [known.get(fold(part)) for part in re.split(r"[,;/|]", text)]
        if None in meant:
            meant = [known.get(fold(part)) for part in text.split()]
        return None if None in meant else " ".join(dict.fromkeys(filter(None, meant)))


@dataclass(frozen=True, slots=True)
class Kind:
    """One catalogue.

    Attributes:
        key: its name in addresses, commands and rows.
        label: its name on screens.
        about: what it is for, in one sentence.
        pattern: form of its codes.
        written: how a code is written, in words.
        example: a code.
        columns: of an entry, in order; the first is the code.
        serves: ends of the paths of the fields that take its codes, the main one first.
        scheme: what a classification says to mean this catalogue.
        listed: the model's codelist that answers while nothing is loaded.
        upper: codes are written in capitals.
    """

    key: str
    label: str
    about: str
    pattern: re.Pattern[str]
    written: str
    example: str
    columns: tuple[Column, ...]
    serves: tuple[str, ...]
    scheme: str = ""
    listed: str = ""
    upper: bool = False

    def tidy(self, code: str) -> str:
        """Return the code as it is kept: without blanks around it, in capitals where the kind has them."""
        code = code.strip()
        return code.upper() if self.upper else code

    def fault(self, code: str) -> str | None:
        """Return why a text cannot be a code of this catalogue, and how one is written; None when it can."""
        if self.pattern.fullmatch(code):
            return None
        return f"«{code[:40]}» no tiene la forma de una clave de {self.label}: {self.written}"

    def column(self, name: str) -> Column | None:
        """Return the column of that name, None where entries of this kind have none."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def family(self) -> Column | None:
        """The column that tells equal codes apart, where there is one."""
        return self.column("family")


def _headers(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(","))


_CODE = Column(
    "code",
    "Clave",
    _headers(
        "clave, codigo, code, id, partida, classificationid, classification id, cucop, cog, clave cucop, clave cog, "
        "partida especifica, alphabetic_code, alphabetic code, iso, cve, articulo, template, mime, tipo mime"
    ),
    required=True,
)
_DESCRIPTION = Column(
    "description",
    "Descripción",
    _headers(
        "descripcion, concepto, denominacion, titulo, nombre, etiqueta, texto, description, title, name, label"
    ),
    required=True,
)
# Where a file has a name and a longer explanation, the name is what people look for.
_NAME = Column(
    "description",
    "Nombre",
    _headers(
        "title_esp, titulo, nombre, etiqueta, denominacion, currency, moneda, idioma, descripcion, title, name, label, "
        "description"
    ),
    required=True,
)
_UNIT = Column("unit", "Unidad de medida", _headers("unidad, unidad de medida, unit, um, medida"))
_STAGE = Column(
    "stage",
    "Etapa",
    _headers("etapa, stage, fase"),
    choices=tuple((stage.value, label) for stage, label in STAGES.items() if stage is not Stage.GENERAL),
)
_METHOD = Column(
    "method",
    "Procedimiento",
    _headers("procedimiento, metodo, method, tipo de procedimiento"),
    choices=tuple((key, code.label) for key, code in codelist("method").codes.items() if key != "limited"),
)
_LAW = Column("family", "Ley", _headers("ley, law, ordenamiento, norma"), required=True)
_PART = Column(
    "family",
    "Parte de la clave",
    _headers("parte, componente, parte de la clave, tipo, nivel, part, component, level"),
    required=True,
    choices=tuple((key, code.label) for key, code in codelist("budgetComponent").codes.items()),
)
_pattern = partial(re.compile, flags=re.ASCII)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.key: kind
        for kind in (
            Kind(
                "cucop",
                "CUCOP",
                "Claves de los bienes, servicios y obras que se contratan, con su unidad de medida.",
                _pattern(r"[1-9]\d{7}"),
                "son 8 dígitos seguidos, por ejemplo 21100001.",
                "21100001",
                (_CODE, _DESCRIPTION, _UNIT),
                ("classification/id", "additionalClassifications/id"),
                scheme="CUCOP",
            ),
            Kind(
                "cog",
                "Partidas (COG)",
                "Partidas del clasificador por objeto del gasto.",
                _pattern(r"[1-9]\d{3,4}"),
                "son 4 o 5 dígitos seguidos, por ejemplo 21101.",
                "21101",
                (_CODE, _DESCRIPTION),
                ("additionalClassifications/id", "classification/id"),
                scheme="COG",
            ),
            Kind(
                "programmaticStructure",
                "Estructura programática",
                "Valores de cada parte de la clave presupuestaria: ramo, función, programa, fuente…",
                _pattern(r"[0-9A-Z]{1,10}"),
                "lleva de 1 a 10 números o letras mayúsculas sin espacios, por ejemplo E001.",
                "E001",
                (_PART, _CODE, _DESCRIPTION),
                ("budgetLines/components/code",),
                upper=True,
            ),
            Kind(
                "rationaleArticle",
                "Fundamentos por ley",
                "Artículos que permiten cada procedimiento, según la ley que lo rige.",
                _pattern(r"\d{1,3}( bis| ter)?(-[IVXLC]{1,8})?(-[a-z])?"),
                "lleva el artículo y, si la tiene, la fracción después de un guion, por ejemplo 41-III.",
                "41-III",
                (_LAW, _CODE, _DESCRIPTION, _METHOD),
                ("tender/procurementMethodRationale",),
            ),
            Kind(
                "documentType",
                "Tipos de documento",
                "Papeles de cada etapa, con el nombre que tu organismo les da.",
                _pattern(r"[A-Za-z][A-Za-z0-9]{1,59}"),
                "es una palabra sin espacios ni acentos, por ejemplo contractSigned.",
                "contractSigned",
                (_CODE, _NAME, _STAGE),
                ("documents/documentType",),
                listed="documentType",
            ),
            Kind(
                "currency",
                "Monedas",
                "Monedas en que se dicen los montos, con su clave ISO 4217.",
                _pattern(r"[A-Z]{3}"),
                "son 3 letras mayúsculas, por ejemplo MXN.",
                "MXN",
                (_CODE, _NAME),
                ("currency",),
                listed="currency",
                upper=True,
            ),
            Kind(
                "language",
                "Idiomas",
                "Idiomas de los documentos, con su clave ISO 639-1.",
                _pattern(r"[a-z]{2}(-[A-Za-z0-9]{2,8})*"),
                "son 2 letras minúsculas, por ejemplo es.",
                "es",
                (_CODE, _NAME),
                ("language", "availableLanguage", "lenguageCode"),
                listed="language",
            ),
            Kind(
                "mediaType",
                "Formatos de archivo",
                "Formatos de los documentos, con su tipo MIME.",
                _pattern(r"[a-z]+/[A-Za-z0-9][A-Za-z0-9.+_-]{0,126}"),
                "lleva el tipo y el formato separados por una diagonal, por ejemplo application/pdf.",
                "application/pdf",
                (_CODE, _NAME),
                ("documents/format",),
                listed="documentFormat",
            ),
            Kind(
                "unit",
                "Unidades de medida",
                "Unidades con su clave UN/CEFACT, la misma que usa el SAT.",
                _pattern(r"[0-9A-Z]{2,3}"),
                "son 2 o 3 números o letras mayúsculas, por ejemplo H87.",
                "H87",
                (_CODE, _NAME),
                ("unit/id",),
                scheme="UNCEFACT",
                upper=True,
            ),
        )
    }
)
"""Key → kind, in the order of the page."""


def named(key: str) -> Kind:
    """Return the kind of that name.

    Raises:
        NotFoundError: there is none.
    """
    if key not in KINDS:
        raise NotFoundError("No hay un catálogo con ese nombre.")
    return KINDS[key]


def serving(path: str, scheme: str = "") -> Kind | None:
    """Return the kind whose codes a field takes.

    Args:
        path: of the field in the model, for example `tender/items/classification/id`.
        scheme: what the classification or unit around it says; empty where it says nothing yet.
    """
    for kind in KINDS.values():
        if scheme and kind.scheme and kind.scheme != scheme:
            continue
        ends = kind.serves if scheme or not kind.scheme else kind.serves[:1]
        if any(f"/{path}".endswith(f"/{end}") for end in ends):
            return kind
    return None

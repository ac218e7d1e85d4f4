"""In which format a body reports a quarter: the garante's own, learned from its template, or one that is built in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlmodel import col

from app.core import audit
from app.core.db import Actor, RwSession
from app.core.errors import InvalidError, NotFoundError
from app.core.policy import Permission, require
from app.core.quarters import Quarter
from app.core.tables import new_id, table_of
from app.pnt.models import PntFormat
from app.sipot.books import opened
from app.sipot.builtin import BUILT_IN
from app.sipot.formats import Choice, Column, Format, Kind, Labels, Table
from app.sipot.reading import read

FAMILY_LABELS = {
    "direct": "Adjudicaciones directas",
    "competitive": "Licitaciones e invitaciones",
    "all": "Todas las contrataciones",
}
LARGEST_TEMPLATE = 5_000_000
"""Bytes; an empty template has some 40 KB."""
_LONGEST = 1000
_ROW_OF_IDS = 5

_TABLE = table_of(PntFormat)


@dataclass(frozen=True, slots=True)
class Obligation:
    """Where in the law it stands that this is reported; empty where the garante did not say."""

    law: str = ""
    article: str = ""
    fraction: str = ""

    @property
    def told(self) -> str:
        """As people cite it."""
        named = ((f"artículo {self.article}", self.article), (f"fracción {self.fraction}", self.fraction))
        where = ", ".join(text for text, held in named if held)
        return " de ".join(text for text in (where, self.law) if text)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A format in force.

    Attributes:
        format_key: of the garante's own choice; None for what holds where it made none.
        filename: of the template that it was learned from; empty for a built-in one.
    """

    format: Format
    obligation: Obligation
    since: date | None = None
    format_key: UUID | None = None
    filename: str = ""

    @property
    def family(self) -> str:
        """What it reports; stands in addresses."""
        return self.format.family

    @property
    def quarter(self) -> Quarter | None:
        """The first that is reported so; None where nobody chose."""
        return Quarter(self.since) if self.since else None

    @property
    def label(self) -> str:
        """What it reports, in words."""
        return FAMILY_LABELS[self.family]


DEFAULTS = tuple(Chosen(BUILT_IN[key], Obligation()) for key in (("43336", "2021"), ("43335", "2021")))
"""In force where a garante chose nothing: the newest whose ids are known, so that the PNT takes the workbook."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a garante says of a format: from when on, and how its law calls it."""

    since: Quarter
    obligation: Obligation
    labels: Labels = field(default_factory=lambda: Labels("", ""))
    """What of them is empty is as the format itself says."""


def in_force(session: RwSession, actor: Actor, quarter: Quarter) -> list[Chosen]:
    """Return the formats of a quarter: one for everything, or one for direct awards and one for the others."""
    newest: dict[str, Chosen] = {}
    for one in choices(session, actor):  # the newest first
        if one.since is None or one.since > quarter.start:
            continue
        if one.family == "all":
            if not newest:
                return [one]
            break
        newest.setdefault(one.family, one)
    return [newest.get(one.family, one) for one in DEFAULTS]


def choices(session: RwSession, actor: Actor) -> list[Chosen]:
    """Return all that the garante chose, the newest first."""
    rows = session.scalars(
        select(PntFormat)
        .where(col(PntFormat.tenant_id) == actor.tenant_id)
        .order_by(col(PntFormat.since).desc(), col(PntFormat.at).desc(), col(PntFormat.format_key))
    )
    return [_chosen(row) for row in rows]


def choose(session: RwSession, actor: Actor, built_in: str, choice: Terms) -> None:
    """Report in a built-in format from a quarter on.

    Raises:
        InvalidError: there is no such format.
    """
    require(actor, Permission.TENANT_MANAGE)
    if built_in not in NAMES:
        raise InvalidError("Elige uno de los formatos de la lista.")
    _enter(session, actor, BUILT_IN[_key(built_in)], choice, {"built_in": built_in})


def learn(session: RwSession, actor: Actor, source: BinaryIO, filename: str, choice: Terms) -> Format:
    """Report in the format of a template from a quarter on: its ids, columns, catalogues and sub-tables.

    Args:
        session: bound to the actor.
        actor: who manages the tenant.
        source: the workbook that the PNT gives to be filled in, at its beginning, seekable.
        filename: as the person calls it.
        choice: from when on; labels that it leaves out are the template's.

    Raises:
        InvalidError: it is no template of contracts for upload; in words.
        TooLargeError: it is too large for its kind.
    """
    require(actor, Permission.TENANT_MANAGE)
    if source.seek(0, 2) > LARGEST_TEMPLATE:
        raise InvalidError(
            f"El archivo mide más de {LARGEST_TEMPLATE // 1_000_000} MB. Elige la plantilla vacía, sin renglones."
        )
    source.seek(0)
    with read(source) as reading:
        if reading.envelope != "upload":
            raise InvalidError(
                "Es una descarga de consulta, no la plantilla de carga. Bájala del SIPOT, en «Descargar formato»."
            )
        learned, main_sheet = reading.format, reading.main_sheet
    source.seek(0)
    if _ids(source, main_sheet) < len(learned.columns):
        raise InvalidError(
            "A la plantilla le faltan sus renglones ocultos (1, 4 y 5), que traen los identificadores de la PNT. "
            "Bájala otra vez del SIPOT y no la edites."
        )
    name = "".join(char for char in filename if char.isprintable())[-200:] or "plantilla"
    _enter(session, actor, learned, choice, {"learned": kept(learned), "filename": name})
    return learned


def remove(session: RwSession, actor: Actor, format_key: UUID) -> None:
    """Report as before a choice was made.

    Raises:
        NotFoundError: there is no such choice here.
    """
    require(actor, Permission.TENANT_MANAGE)
    gone = session.execute(
        delete(_TABLE)
        .where(_TABLE.c.tenant_id == actor.tenant_id, _TABLE.c.format_key == format_key)
        .returning(_TABLE.c.since)
    ).one_or_none()
    if gone is None:
        raise NotFoundError("Ese formato ya no está en la lista.")
    audit.record(session, "pnt_format.remove", "pnt_format", format_key, since=gone.since.isoformat())


NAMES: Mapping[str, str] = {
    f"{format_.id}/{format_.version}": f"{format_.id}, {told}"
    for format_, told in zip(
        BUILT_IN.values(),
        (
            "adjudicación directa (2017)",
            "adjudicación directa (2021, con domicilio fiscal)",
            "licitación e invitación (2017)",
            "licitación e invitación (2021, con domicilio fiscal)",
            "formato único (sin identificadores: la PNT pide su propia plantilla)",
        ),
        strict=True,
    )
}
"""Built-in format -> what it is called, Spanish."""


def kept(format_: Format) -> dict[str, Any]:
    """Return a format as JSON; `_format` reads it."""
    return asdict(format_)


def _ids(source: BinaryIO, sheet: str) -> int:
    """Return how many columns the hidden row of a template gives an id."""
    with opened(source) as book:
        for row in book.sheet(sheet).rows:
            if row.number >= _ROW_OF_IDS:
                return (
                    sum(isinstance(cell, int | float) for cell in row.cells)
                    if row.number == _ROW_OF_IDS
                    else 0
                )
    return 0


def _enter(session: RwSession, actor: Actor, format_: Format, choice: Terms, held: Mapping[str, Any]) -> None:
    theirs = asdict(format_.labels)
    own = {name: text or theirs[name] for name, text in asdict(choice.labels).items()}
    said = {**asdict(choice.obligation), **own}
    row = {
        "tenant_id": actor.tenant_id,
        "format_key": new_id(),
        "family": format_.family,
        "since": choice.since.start,
        **{name: text[:_LONGEST] for name, text in said.items()},
        **held,
    }
    session.execute(insert(_TABLE).values(row))
    audit.record(
        session,
        "pnt_format.choose",
        "pnt_format",
        row["format_key"],
        format=format_.id,
        version=format_.version,
        since=choice.since.written,
    )


def _chosen(row: PntFormat) -> Chosen:
    format_ = BUILT_IN[_key(row.built_in)] if row.learned is None else _format(row.learned)
    labels = Labels(row.title, row.short_name, row.description)
    obligation = Obligation(row.law, row.article, row.fraction)
    return Chosen(format_.called(labels), obligation, row.since, row.format_key, row.filename)


def _key(built_in: str) -> tuple[str, str]:
    format_id, _, version = built_in.partition("/")
    return format_id, version


def _format(held: Mapping[str, Any]) -> Format:
    return Format(
        held["id"],
        held["version"],
        held["family"],
        Labels(**held["labels"]),
        tuple(_column(one) for one in held["columns"]),
    )


def _column(held: Mapping[str, Any]) -> Column:
    table = held["table"]
    return Column(
        held["key"],
        Kind(held["kind"]),
        held["title"],
        held["field_id"],
        tuple(Choice(**one) for one in held["catalogue"]),
        Table(table["name"], tuple(_column(one) for one in table["columns"])) if table else None,
    )

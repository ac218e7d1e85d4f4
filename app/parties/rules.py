"""What an entry must say (errors) and had better say (advice), each beside its field and in words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.core.folding import fold
from app.ocds import codelists
from app.ocds.entry import EntryError
from app.ocds.entry.addresses import read_uri
from app.ocds.identifiers import GENERIC, Checked
from app.ocds.model import privacy as table
from app.ocds.model.privacy import Personality
from app.ocds.shape import Document, escape
from app.parties.organization import looked_at, personality

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?[\d\s().-]+(,?\s*(ext|x)\.?\s*\d+)?", re.IGNORECASE)
_CURP = re.compile(table.CURP)
_MEXICO = frozenset({"", "mexico", "mx", "estados unidos mexicanos"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend, or to think about.

    Attributes:
        pointer: of the field in the entry's body; its parent's where it stands in a list.
        message: Spanish; says how to mend it.
        blocks: the entry is not saved while it holds.
    """

    pointer: str
    message: str
    blocks: bool = True


def examine(kind: str, body: Document) -> tuple[Finding, ...]:
    """Return what the rules say of an entry's body, errors before advice.

    Args:
        kind: supplier, official, unit or body.
        body: the Organization.
    """
    found = [*_names(kind, body), *_identifier(body), *_address(body), *_contacts(body), *_curp(body, "")]
    return tuple(sorted(found, key=lambda finding: not finding.blocks))


def _names(kind: str, body: Document) -> Iterator[Finding]:
    identifier, who = body.get("identifier", {}), personality(body)
    if who == Personality.NATURAL:
        if not body.get("name"):
            yield Finding("/identifier/givenName", "Escribe el nombre o nombres de la persona.")
        if not identifier.get("patronymicName"):
            yield Finding(
                "/identifier/patronymicName",
                "Falta el primer apellido. Si tiene uno solo, va aquí.",
                blocks=False,
            )
    elif who != Personality.LEGAL:
        yield Finding("/identifier/legalPersonality", "Elige si es persona física o persona moral.")
    elif kind == "unit" and not body.get("name"):
        yield Finding("/name", "Escribe el nombre del área.")
    elif kind != "unit" and not identifier.get("legalName"):
        yield Finding("/identifier/legalName", "Escribe la razón social, completa, como está registrada.")


def _identifier(body: Document) -> Iterator[Finding]:
    identifier = body.get("identifier", {})
    scheme, number = str(identifier.get("scheme") or ""), str(identifier.get("id") or "")
    if number and not scheme:
        yield Finding("/identifier/scheme", "Elige de qué registro es el número.")
    if scheme and number:
        yield from _number(looked_at(scheme, number), personality(body), body)
    for place, other in enumerate(body.get("additionalIdentifiers", ()), 1):
        yield from _additional(place, other)
    yield from _web("/identifier/uri", identifier.get("uri"))


def _number(found: Checked, who: str, body: Document) -> Iterator[Finding]:
    if found.fault:
        yield Finding("/identifier/id", found.fault)
    elif found.personality and who and found.personality != who:
        told = codelists.label("legalPersonality", found.personality).lower()
        yield Finding(
            "/identifier/id",
            f"Este número tiene {len(found.number)} caracteres, así que es de una {told}: corrige el número o el "
            "tipo de persona.",
        )
    elif found.doubt and not (found.number in GENERIC and body.get("additionalIdentifiers")):
        yield Finding("/identifier/id", found.doubt, blocks=False)


def _additional(place: int, other: Any) -> Iterator[Finding]:
    at, which = "/additionalIdentifiers", f"Identificación {place}: "
    scheme, number = str(other.get("scheme") or ""), str(other.get("id") or "")
    if not scheme or not number:
        yield Finding(at, f"{which}escribe el registro y el número.")
        return
    found = looked_at(scheme, number)
    if found.fault:
        yield Finding(at, which + found.fault)


def _address(body: Document) -> Iterator[Finding]:
    address = body.get("address", {})
    code = address.get("postalCode")
    if code and fold(address.get("countryName") or "") in _MEXICO and not re.fullmatch(r"[0-9]{5}", code):
        yield Finding("/address/postalCode", "El código postal tiene cinco dígitos, por ejemplo 44100.")


def _contacts(body: Document) -> Iterator[Finding]:
    points = [("/contactPoint", body.get("contactPoint", {}), "")]
    for number, point in enumerate(body.get("additionalContactPoints", ()), 1):
        points.append(("/additionalContactPoints", point, f"Contacto {number}: "))
    for at, point, which in points:
        inside = "" if which else at
        for key, form, told in (
            ("email", _EMAIL, "Escribe el correo completo, por ejemplo ventas@ejemplo.com.mx."),
            ("telephone", _PHONE, _DIAL),
            ("faxNumber", _PHONE, _DIAL),
        ):
            value = point.get(key)
            if value and not (form.fullmatch(value) and (form is _EMAIL or _dialable(value))):
                yield Finding(f"{inside}/{key}" if inside else at, which + told)
        yield from _web(f"{at}/url" if inside else at, point.get("url"))


_DIAL = "Escribe el número con clave lada, diez dígitos, y la extensión si la hay: 33 1234 5678 ext. 12."


def _dialable(value: str) -> bool:
    digits = len(re.sub(r"\D", "", re.split("ext|x", value.casefold())[0]))
    return 10 <= digits <= 15


def _web(pointer: str, value: Any) -> Iterator[Finding]:
    if value:
        try:
            read_uri(str(value))
        except EntryError as error:
            yield Finding(pointer, str(error))


def _curp(value: Any, at: str) -> Iterator[Finding]:
    """Mark the CURP wherever somebody wrote one."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield from _curp(held, f"{at}/{escape(key)}")
    elif isinstance(value, list):
        for held in value:
            yield from (Finding(at, found.message, blocks=False) for found in _curp(held, at))
    elif isinstance(value, str) and _CURP.search(value.upper()):
        yield Finding(at, "Aquí hay una CURP. Nunca se publica; si no hace falta, quítala.", blocks=False)

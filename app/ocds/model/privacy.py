"""The privacy table: what of a person may be published, as data. `app.ocds.privacy` reads it.

How to read it. Every party, and every reference to a party that carries more than its name, is a *person*. The
class of a value inside a person is the verdict of the first rule in `RULES` that fits its path (relative to the
person), the person's side and the person's personality. A key in another language (`name_en`) is judged as the
key itself. Before that, `NEVER` applies to the whole document, whoever it speaks of.

Contact data stand nowhere else in the model: a test walks every field and fails when an address, contact point or
identifier of a person can be reached without passing through `PERSONS`. Places of delivery are where public
work is done, not anybody's home.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from app.ocds.model.notation import SIPOT


class Verdict(StrEnum):
    """Whether a value may be published."""

    PUBLIC = "public"
    CONFIDENTIAL = "confidential"
    BY_LAW = "by_law"
    """As the law of the tenant says: public or confidential, a setting of the tenant."""


class Side(StrEnum):
    """On whose behalf a person takes part."""

    OFFICIAL = "official"
    """The person has roles and all of them are in `OFFICIAL_ROLES`."""
    PRIVATE = "private"
    """Any other case, no role at all included."""


class Personality(StrEnum):
    """What the law takes the person for."""

    LEGAL = "legalPerson"
    """Declared in `identifier/legalPersonality`, or an RFC of a legal person, and nothing against it."""
    NATURAL = "naturalPerson"
    """Declared, or an RFC of a natural person (even when a legal one is declared: the mistake that would publish
    a home is the dearer one), or unknown: unknown counts as natural until stated."""


OFFICIAL_ROLES = frozenset(
    {
        "buyer",
        "procuringEntity",
        "payer",
        "funder",
        "sourceParty",
        "reviewBody",
        "official",
        "requestingUnit",
        "contractingUnit",
        "responsibleUnit",
        "technicalUnit",
    }
)
"""Roles in which only institutions and public officials take part. An enquirer, an attendee of a clarification
meeting, a guarantor and everybody who sells is on the private side."""

PERSONS: Mapping[str, str | None] = MappingProxyType(
    {
        "parties": None,
        "parties/memberOf": None,
        "buyer": "buyer",
        "planning/budget/budgetBreakdown/sourceParty": "sourceParty",
        "planning/budgetBreakdown/sourceParty": "sourceParty",
        "planning/requestingUnits": "requestingUnit",
        "planning/contractingUnits": "contractingUnit",
        "planning/responsibleUnits": "responsibleUnit",
        "planning/requestsForQuotes/invitedSuppliers": "invitedSupplier",
        "planning/requestsForQuotes/quotes/issuingSupplier": "issuingSupplier",
        "tender/procuringEntity": "procuringEntity",
        "tender/clarificationMeetings/attendees": "attendee",
        "tender/clarificationMeetings/officials": "official",
        "tender/tenderers": "tenderer",
        "bids/details/tenderers": "tenderer",
        "awards/suppliers": "supplier",
        "contracts/guarantees/guarantor": "guarantor",
        "contracts/implementation/transactions/payer": "payer",
        "contracts/implementation/transactions/payee": "payee",
        "contracts/implementation/budgetBreakdown/sourceParty": "sourceParty",
    }
)
"""Path of a person -> role that standing there implies. A reference has besides the roles, and the personality, of
the party with the same id."""

IDENTIFIERS: Mapping[str, str] = MappingProxyType(
    {
        "contracts/implementation/transactions/providerOrganization": "payer",
        "contracts/implementation/transactions/receiverOrganization": "payee",
    }
)
"""Path of a deprecated bare identifier -> role; judged as the `identifier` of a person in that role."""

RFC_NATURAL = r"^[A-ZÑ&]{4}[0-9]{6}[A-Z0-9]{3}$"
"""An RFC of a natural person: four letters, six digits, three characters."""
RFC_LEGAL = r"^[A-ZÑ&]{3}[0-9]{6}[A-Z0-9]{3}$"
"""An RFC of a legal person: three letters, six digits, three characters."""
RFC_GENERIC = frozenset({"XAXX010101000", "XEXX010101000"})
"""RFCs that name nobody (the general public, foreigners) in the form of a natural person's: they say nothing about
the personality, and are public."""
CURP = r"\b[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[A-Z0-9][0-9]\b"
"""A CURP wherever it stands, also inside a longer text."""
RFC_SCHEMES = frozenset({"MX-RFC", "RFC"})
"""Values of `scheme` under which the number is an RFC, upper case."""

_PERSONAL_DATA = "Ley de protección de datos personales en posesión de sujetos obligados"
_DIRECTORY = "LGTAIP, directorio de servidores públicos"


@dataclass(frozen=True, slots=True)
class Never:
    """What is confidential anywhere in a document, whoever it speaks of."""

    reason: str
    source: str
    keys: frozenset[str] = frozenset()
    """Names of keys, lower case."""
    schemes: frozenset[str] = frozenset()
    """Values of `scheme`, upper case, that make the `id` beside them confidential."""
    value: str = ""
    """Regular expression searched in texts, upper case."""


NEVER = (
    Never(
        "La CURP de una persona nunca se publica.",
        _PERSONAL_DATA,
        keys=frozenset({"curp"}),
        schemes=frozenset({"MX-CURP", "CURP"}),
        value=CURP,
    ),
    Never(
        "El sexo de una persona nunca se publica.",
        _PERSONAL_DATA,
        keys=frozenset({"sex", "gender", "sexo", "genero", "género"}),
    ),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. What it leaves open (None) fits anything."""

    paths: tuple[str, ...]
    """Paths relative to the person; `**` is any path, `contactPoint/**` all below it."""
    verdict: Verdict
    reason: str
    """Why, for the person who reads the screen."""
    source: str
    side: Side | None = None
    personality: Personality | None = None
    value: str = ""
    """Regular expression searched in the value, upper case; empty for any value."""


_NUMBERS = ("id", "identifier/id", "additionalIdentifiers/id")
# A party's id is `MX-RFC-` and the RFC, so the RFC is searched for inside the number.
_RFC_INSIDE = r"(^|[^A-ZÑ&0-9])(?!X[AE]XX010101000)[A-ZÑ&]{4}[0-9]{6}[A-Z0-9]{3}($|[^A-Z0-9])"

RULES = (
    Rule(
        _NUMBERS,
        Verdict.BY_LAW,
        "El RFC de una persona física se publica solo si la ley del organismo garante lo permite.",
        SIPOT,
        personality=Personality.NATURAL,
        value=_RFC_INSIDE,
    ),
    Rule(
        ("**",),
        Verdict.PUBLIC,
        "Los datos de contacto de instituciones y servidores públicos son públicos.",
        _DIRECTORY,
        side=Side.OFFICIAL,
    ),
    Rule(
        ("**",),
        Verdict.PUBLIC,
        "Los datos de identificación y contacto de una persona moral son públicos.",
        SIPOT,
        personality=Personality.LEGAL,
    ),
    Rule(
        (
            "name",
            "roles",
            "identifier/scheme",
            "identifier/legalPersonality",
            "identifier/legalName",
            "identifier/givenName",
            "identifier/patronymicName",
            "identifier/matronymicName",
            "additionalIdentifiers/scheme",
            "additionalIdentifiers/legalPersonality",
            "additionalIdentifiers/legalName",
            "additionalIdentifiers/givenName",
            "additionalIdentifiers/patronymicName",
            "additionalIdentifiers/matronymicName",
        ),
        Verdict.PUBLIC,
        "El nombre de quien contrata con el gobierno es público.",
        SIPOT,
    ),
    Rule(
        _NUMBERS,
        Verdict.PUBLIC,
        "El número con que el gobierno registra a un proveedor es público.",
        SIPOT,
    ),
    Rule(
        ("address/**", "contactPoint/**", "additionalContactPoints/**"),
        Verdict.CONFIDENTIAL,
        "El domicilio, el teléfono y el correo de una persona física no se publican. "
        "Si es una persona moral, indícalo en «Tipo de persona».",
        _PERSONAL_DATA,
    ),
    Rule(
        ("**",),
        Verdict.CONFIDENTIAL,
        "De una persona física solo se publican el nombre y, si la ley lo permite, el RFC.",
        _PERSONAL_DATA,
    ),
)
"""First match decides. The last rule fits everything: what nobody thought of is withheld, not published."""

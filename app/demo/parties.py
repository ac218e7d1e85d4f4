"""The fictitious parties of the demonstration's processes, as OCDS organizations without roles.

Natural persons carry what must never be published (home address, private phone and e-mail, a CURP-like key),
so that the privacy rules have something to withhold.
"""

from functools import cache
from typing import Any

from stdnum.mx import curp as stdnum_curp

from app.demo.bodies import PLACES, DemoSujeto, Place, whole_rfc
from app.demo.phrases import FIRMS, NEIGHBOURHOODS, STREETS, full_name

Json = dict[str, Any]

_PLACES = tuple(PLACES.values())
AREAS = (
    ("requestingUnit", "Coordinación Operativa"),
    ("contractingUnit", "Dirección de Adquisiciones y Obra Pública"),
    ("responsibleUnit", "Dirección General de Administración"),
    ("technicalUnit", "Subdirección de Evaluación Técnica"),
)
"""Role and name of the units that take part in every process."""

POSITIONS = (
    "Titular del Departamento de Licitaciones",
    "Directora de Adquisiciones",
    "Jefe de la Unidad de Evaluación Técnica",
)
"""Posts of the officials in a registry; the first attends clarification meetings."""

_GUARANTORS = ("Afianzadora Ejemplo de Demostración, S.A.", "Fianzas y Garantías La Muestra, S.A.")


def legal_person(name: str, rfc: str, place: Place, seed: int) -> Json:
    """A firm or institution with the RFC `rfc`, with an office in `place`."""
    return {
        "id": f"MX-RFC-{rfc}",
        "name": name,
        "identifier": {"scheme": "MX-RFC", "id": rfc, "legalName": name, "legalPersonality": "legalPerson"},
        "address": _address(place, seed),
        "contactPoint": {
            "type": "contactPoint",
            "name": "Área de contacto",
            "email": f"contacto@{rfc.lower()}.example",
            "telephone": f"+52 55 5550 {1000 + seed % 9000}",
        },
    }


def natural_person(place: Place, seed: int) -> Json:
    """A person with a home, a private e-mail and phone, an RFC and a CURP-like key."""
    given, first, second = full_name(seed)
    stem = f"XD{first[0]}{given[0]}".translate(str.maketrans("ÁÍÓÚÑ", "AIOUX"))
    born = f"{60 + seed % 40}{1 + seed % 12:02}{1 + seed % 28:02}"
    rfc = whole_rfc(f"{stem}{born}DM")
    curp = f"{stem}{born}{'HM'[seed % 2]}{place.curp_code}XDM0"
    # A third does not declare its personality: then the 13 characters of the RFC have to tell.
    personality = _person(given, first, second) if seed % 3 else {}
    return {
        "id": f"MX-RFC-{rfc}",
        "name": f"{given} {first} {second}",
        "identifier": {"scheme": "MX-RFC", "id": rfc, **personality},
        "additionalIdentifiers": [{"scheme": "MX-CURP", "id": curp + stdnum_curp.calc_check_digit(curp)}],
        "address": {**_address(place, seed), "description": "Casa de dos pisos con zaguán verde"},
        "contactPoint": {
            "type": "contactPoint",
            "name": f"{given} {first} {second}",
            "email": f"persona{seed}@correo.example.org",
            "telephone": f"+52 1 55 5550 {2000 + seed % 8000}",
        },
    }


def representative(of: Json, seed: int) -> Json:
    """Somebody who attends a clarification meeting for the firm `of`."""
    given, first, second = full_name(seed)
    return {
        "id": f"asistente-{seed}",
        "name": f"{given} {first} {second}",
        "identifier": _person(given, first, second),
        "contactPoint": {
            "type": "attorney",
            "name": f"{given} {first} {second}",
            "email": f"apoderado{seed}@correo.example.org",
        },
        "memberOf": [reference(of)],
    }


def official(of: Json, position: str, seed: int) -> Json:
    """A public official of the institution `of`, with the post held and the contact of the office."""
    given, first, second = full_name(seed)
    return {
        "id": f"servidor-publico-{seed}",
        "name": f"{given} {first} {second}",
        "identifier": _person(given, first, second),
        "position": position,
        "contactPoint": {
            "type": "contactPoint",
            "name": f"{given} {first} {second}",
            "email": f"oficina{seed}@gobierno.demo.example",
            "telephone": "+52 55 5550 0100 ext. 12",
        },
        "memberOf": [reference(of)],
    }


def institution(sujeto: DemoSujeto, place: Place) -> Json:
    """The sujeto obligado as a party."""
    party = legal_person(sujeto.name, sujeto.rfc, place, int(sujeto.rfc[3:9]))
    party["contactPoint"] |= {
        "name": "Unidad de Transparencia",
        "email": f"transparencia@{place.slug}.demo.example",
    }
    party["additionalContactPoints"] = [
        {
            "type": "contactPoint",
            "name": "Dirección de Adquisiciones",
            "email": f"adquisiciones.{sujeto.key}@{place.slug}.demo.example",
            "availableLanguage": ["es"],
        }
    ]
    return party


def unit(of: Json, name: str, number: int) -> Json:
    """An administrative unit of the institution `of`."""
    return {
        "id": f"{of['id']}-UA-{number}",
        "name": name,
        "identifier": {"legalName": name, "legalPersonality": "legalPerson"},
        "memberOf": [reference(of)],
    }


def treasury(place: Place) -> Json:
    """Who provides the money: the treasury of the tenant's state."""
    name = f"Tesorería de {place.region} (Demostración)"
    return legal_person(name, whole_rfc(f"XDT90{_PLACES.index(place) + 1:02}01DM"), place, 3)


def consortium(members: list[Json], number: int) -> Json:
    """Two firms that bid together; it has no RFC, its members point at it (the caller adds `memberOf`)."""
    name = " y ".join(member["name"].split(",")[0] for member in members)
    return {
        "id": f"consorcio-{number}",
        "name": f"Consorcio {name}",
        "identifier": {"legalName": f"Consorcio {name}", "legalPersonality": "legalPerson"},
    }


def registry(sujeto: DemoSujeto, place: Place) -> tuple[Json, ...]:
    """What the sujeto obligado keeps in its registry: itself first, then its people, and who sells to it.

    Each as a party, with the role that it usually has.
    """
    own = institution(sujeto, place)
    return (
        own | {"roles": ["buyer"]},
        *(unit(own, name, number) | {"roles": [role]} for number, (role, name) in enumerate(AREAS, 1)),
        *(official(own, post, 400 + n) | {"roles": ["official"]} for n, post in enumerate(POSITIONS)),
        *(party | {"roles": ["supplier"]} for party in (*firms("servicios")[:6], *persons()[:3])),
        *(party | {"roles": ["guarantor"]} for party in guarantors()),
    )


@cache
def firms(trade: str) -> tuple[Json, ...]:
    """Every firm that sells in `trade`; the same in all tenants, as national suppliers are."""
    return tuple(
        legal_person(
            name, whole_rfc(f"XDF{index + 1:02}0{1 + index % 9}15DM"), _PLACES[index % 4], 11 * index
        )
        for index, (name, sells) in enumerate(FIRMS)
        if sells in {trade, ""}
    )


@cache
def persons() -> tuple[Json, ...]:
    """Every natural person who sells."""
    return tuple(natural_person(_PLACES[index % 4], 31 + 7 * index) for index in range(10))


@cache
def guarantors() -> tuple[Json, ...]:
    """The firms that guarantee contracts."""
    return tuple(
        legal_person(name, whole_rfc(f"XDG95010{index + 1}DM"), _PLACES[index], 5 + index)
        for index, name in enumerate(_GUARANTORS)
    )


def reference(party: Json) -> Json:
    """An OCDS organization reference to `party`."""
    return {"id": party["id"], "name": party["name"]}


def _person(given: str, first: str, second: str) -> Json:
    return {
        "legalPersonality": "naturalPerson",
        "givenName": given,
        "patronymicName": first,
        "matronymicName": second,
    }


def _address(place: Place, seed: int) -> Json:
    return {
        "streetAddress": f"{STREETS[seed % len(STREETS)]} {100 + seed % 800}, Col."
        f" {NEIGHBOURHOODS[seed % len(NEIGHBOURHOODS)]}",
        "locality": place.towns[seed % len(place.towns)],
        "region": place.region,
        "postalCode": f"{place.postal_codes + seed % 900:05}",
        "countryName": "México",
    }

"""Rules about who takes part."""

import re
from collections.abc import Iterator

from app.ocds import identifiers
from app.ocds.checks.rule import Finding, Rule, rule
from app.ocds.checks.view import Block, View, elements, inside, text, texts
from app.ocds.codelists import label
from app.ocds.identifiers import Checked
from app.ocds.model.privacy import PERSONS, RFC_SCHEMES

_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;.]+(\.[^\s@<>,;.]+)+")
_SCHEME = re.compile(r"[A-Z]{2,3}-[A-Z0-9][A-Z0-9_-]*")
_HOME = frozenset({"", "mexico", "méxico", "mx", "mex", "estados unidos mexicanos"})
_MUST_BE_NAMED = frozenset({"procuringEntity", "tenderer", "supplier", "payer", "payee"})
"""Roles that the standard keeps in a field of its own, which must then name the party."""


@rule(
    "El identificador del participante es el de su registro: catálogo, guion y número.",
    "incumbente E4",
    change="Aconseja y no impide publicar: los identificadores ya publicados no deben cambiar.",
)
def _party_id(view: View) -> Iterator[Finding]:
    for party in view.all("Organization"):
        identifier = inside(party.body, "identifier")
        scheme, number = text(identifier, "scheme"), str(identifier.get("id") or "").strip()
        held = text(party.body, "id")
        if (
            held
            and scheme
            and number
            and held not in {f"{scheme}-{number}", f"{scheme}-{identifiers.normal(number)}"}
        ):
            yield (
                f"{party.at}/id",
                f"se esperaba «{scheme}-{number}», por su registro. Si ya se publicó con el que tiene, déjalo.",
            )


@rule(
    "El registro del identificador tiene la forma de org-id.guide: país, guion y registro (MX-RFC).",
    "incumbente E5",
    "Pelican campo: registro del identificador",
    change="El anterior solo admitía tres registros y dejaba fuera a los extranjeros.",
)
def _identifier_scheme(view: View) -> Iterator[Finding]:
    for one in view.all("Identifier"):
        scheme = text(one.body, "scheme")
        if scheme and not _SCHEME.fullmatch(scheme):
            yield (
                f"{one.at}/scheme",
                f"«{scheme[:40]}» no tiene la forma de un registro. Elige MX-RFC o el que corresponda, con país y guion.",
            )


@rule(
    "El RFC, la CURP y las claves de sujeto obligado tienen la forma de su registro.",
    "incumbente E6",
    change="Además del largo mira letras, fecha y homoclave, y dice qué carácter está mal.",
)
def _identifier_form(view: View) -> Iterator[Finding]:
    for one in view.all("Identifier"):
        checked = _checked(one)
        if checked and checked.fault:
            yield f"{one.at}/id", checked.fault


@rule("El dígito verificador del RFC corresponde a lo demás.", "propia")
def _identifier_doubt(view: View) -> Iterator[Finding]:
    for one in view.all("Identifier"):
        checked = _checked(one)
        if checked and checked.doubt:
            yield f"{one.at}/id", checked.doubt


@rule("El tipo de persona es el que dice su RFC: 12 caracteres moral, 13 física.", "propia")
def _personality(view: View) -> Iterator[Finding]:
    for one in view.all("Identifier"):
        declared = text(one.body, "legalPersonality")
        checked = _checked(one)
        if checked and not checked.fault and declared and checked.personality not in (None, declared):
            told = label("legalPersonality", str(checked.personality)).lower()
            yield (
                f"{one.at}/legalPersonality",
                f"el RFC es de {told} y aquí dice otra cosa. Corrige lo que esté mal.",
            )


@rule("Cada participante aparece una sola vez.", "propia")
def _same_party(view: View) -> Iterator[Finding]:
    seen: dict[tuple[str, str], Block] = {}
    for party in view.all("Organization"):
        identifier = inside(party.body, "identifier")
        number = identifiers.normal(str(identifier.get("id") or ""))
        key = (text(identifier, "scheme"), number)
        if not number or number in identifiers.GENERIC:
            continue
        first = seen.setdefault(key, party)
        if first is not party:
            yield (
                f"{party.at}/identifier/id",
                f"«{text(first.body, 'name')[:60]}» tiene el mismo número. Deja un solo participante con todos sus papeles.",
            )


@rule(
    "El código postal mexicano son cinco dígitos.",
    "incumbente E7",
    change="Solo se pide a domicilios en México.",
)
def _postal_code(view: View) -> Iterator[Finding]:
    for address in view.all("Address"):
        code = text(address.body, "postalCode")
        if (
            code
            and text(address.body, "countryName").casefold() in _HOME
            and not re.fullmatch("[0-9]{5}", code)
        ):
            yield (
                f"{address.at}/postalCode",
                f"el código postal son cinco dígitos, como 44100; dice «{code[:20]}».",
            )


@rule("El correo electrónico tiene forma de correo.", "Pelican campo: correo electrónico")
def _email(view: View) -> Iterator[Finding]:
    for contact in view.all("ContactPoint"):
        held = text(contact.body, "email")
        if held and not _EMAIL.fullmatch(held):
            yield (
                f"{contact.at}/email",
                f"va un solo correo, como nombre@ejemplo.gob.mx; dice «{held[:60]}».",
            )


@rule("El teléfono puede marcarse: de 7 a 15 dígitos sin contar la extensión.", "Pelican campo: teléfono")
def _telephone(view: View) -> Iterator[Finding]:
    for contact in view.all("ContactPoint"):
        for key in ("telephone", "faxNumber"):
            held = text(contact.body, key)
            # Several numbers, or an extension, may follow the first.
            first = re.split(r"[,;/]|\b(?:ext|y)\b|[a-z]{3}", held.casefold(), maxsplit=1)[0]
            digits = sum(character.isdecimal() for character in first)
            if held and not 7 <= digits <= 15:
                yield (
                    f"{contact.at}/{key}",
                    f"un teléfono lleva de 7 a 15 dígitos, como 33 1234 5678; dice «{held[:40]}».",
                )


@rule(
    "Quien ocupa un lugar del documento tiene el papel de ese lugar.",
    "Pelican consistente: papel del comprador",
    "Pelican consistente: papel del convocante",
    "Pelican consistente: papel del proveedor",
    "Pelican consistente: papel del licitante",
    "Pelican consistente: papel de quien paga",
    "Pelican consistente: papel de quien recibe",
)
def _role_missing(view: View) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for reference in view.all("OrganizationReference"):
        role, party = PERSONS.get(reference.path), _party(view, reference)
        if role is None or party is None or role in texts(party.body, "roles") or (party.at, role) in told:
            continue
        told.add((party.at, role))
        yield (
            f"{party.at}/roles",
            f"falta el papel «{label('partyRole', role)}» que tiene en el documento. Agrégalo.",
        )


@rule("Cada papel de un participante se ve en el documento.", "Pelican consistente: papeles usados")
def _role_unused(view: View) -> Iterator[Finding]:
    used: dict[str, set[str]] = {}
    for reference in view.all("OrganizationReference"):
        role = PERSONS.get(reference.path)
        if role is not None:
            used.setdefault(role, set()).add(str(reference.body.get("id")))
    for party in view.all("Organization"):
        for role in texts(party.body, "roles"):
            if role in _MUST_BE_NAMED and str(party.body.get("id")) not in used.get(role, ()):
                yield (
                    f"{party.at}/roles",
                    f"tiene el papel «{label('partyRole', role)}» y ningún lugar del documento lo nombra. Elígelo donde corresponda o quita el papel.",
                )


@rule(
    "El nombre con que se menciona a un participante es el suyo.",
    "Pelican consistente: nombre del comprador",
    "Pelican consistente: nombre del convocante",
    "Pelican consistente: nombre del proveedor",
    "Pelican consistente: nombre del licitante",
    "Pelican consistente: nombre de quien paga",
    "Pelican consistente: nombre de quien recibe",
)
def _reference_name(view: View) -> Iterator[Finding]:
    for reference in view.all("OrganizationReference"):
        party = _party(view, reference)
        name, own = text(reference.body, "name"), text(party.body, "name") if party else ""
        if name and own and name != own:
            yield (
                f"{reference.at}/name",
                f"dice «{name[:60]}» y el participante se llama «{own[:60]}». Usa el mismo nombre.",
            )


@rule("A quien se adjudica es uno de los licitantes, o el consorcio de alguno.", "propia")
def _supplier_tenderer(view: View) -> Iterator[Finding]:
    tenderers = {
        str(one.body.get("id")) for one in view.all("OrganizationReference") if one.path == "tender/tenderers"
    }
    if not tenderers or view.method == "direct":
        return
    together: dict[str, set[str]] = {}
    for party in view.all("Organization"):
        for _, group in elements(party.body, "memberOf"):
            member, consortium = str(party.body.get("id")), str(group.get("id"))
            together.setdefault(consortium, set()).add(member)
            together.setdefault(member, set()).add(consortium)
    for reference in view.all("OrganizationReference"):
        held = reference.body.get("id")
        if (
            reference.path == "awards/suppliers"
            and held is not None
            and tenderers.isdisjoint({str(held), *together.get(str(held), ())})
        ):
            yield (
                f"{reference.at}/id",
                "no está entre los licitantes. Agrégalo a ellos o corrige la adjudicación.",
            )


def _party(view: View, reference: Block) -> Block | None:
    """Return the party that a reference names."""
    return view.parties.get(str(reference.body.get("id")))


def _checked(identifier: Block) -> Checked | None:
    """Look at the number of an identifier, when it has one and says its register."""
    scheme, number = text(identifier.body, "scheme").upper(), str(identifier.body.get("id") or "").strip()
    return (
        identifiers.check("MX-RFC" if scheme in RFC_SCHEMES else scheme, number)
        if scheme and number
        else None
    )


RULES: tuple[Rule, ...] = (
    _party_id,
    _identifier_scheme,
    _identifier_form,
    _identifier_doubt,
    _personality,
    _same_party,
    _postal_code,
    _email,
    _telephone,
    _role_missing,
    _role_unused,
    _reference_name,
    _supplier_tenderer,
)

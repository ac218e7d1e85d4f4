"""Official numbers of persons and companies in Mexico: their form, and what their check digits say.

What is refused is the form. A check digit that fails is a doubt and no more: real RFCs carry wrong ones (python-stdnum
puts them at 1.5 %), and whoever holds one could otherwise not be written down. The same goes for the words that the
tax authority avoids and for homoclaves that it does not give today.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from stdnum.exceptions import InvalidComponent
from stdnum.mx import curp as stdnum_curp
from stdnum.mx import rfc as stdnum_rfc

Personality = Literal["naturalPerson", "legalPerson"]

GENERIC: Mapping[str, str] = MappingProxyType(
    {
        "XAXX010101000": "Es el RFC genérico del público en general: no identifica a nadie. Escribe el propio si lo tiene.",
        "XEXX010101000": (
            "Es el RFC genérico de extranjeros: no identifica a nadie. Agrega en «Otras identificaciones» su número de "
            "registro en su país."
        ),
    }
)
"""RFC that the tax authority gives to nobody in particular -> what to do about it."""

_BETWEEN = re.compile(r"[\s._/\-\u2010-\u2015]+")
_HOMOCLAVE = re.compile("[1-9A-V][1-9A-Z]")
_STATES = frozenset(re.findall("..", "ASBCBSCCCHCLCMCSDFDGGRGTHGJCMCMNMSNENLNTOCPLQRQTSLSPSRTCTLTSVZYNZS"))
"""Entities of birth as a CURP writes them; NE is abroad."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An official number, looked at."""

    number: str
    """As it is written down: capitals, no blanks or hyphens."""
    personality: Personality | None = None
    """Of its holder, where the number tells."""
    fault: str | None = None
    """Spanish: why it cannot be such a number; None when its form is right."""
    doubt: str | None = None
    """Spanish: why it may be mistyped although its form is right."""


def normal(text: str) -> str:
    """Return a number as it is written down: capitals, no blanks, hyphens or full stops."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()


@lru_cache(maxsize=4096)  # the same parties are looked at by several rules, and sell in many processes
def check(scheme: str, text: str) -> Checked:
    """Look at a number of a register (`identifierScheme`, or `MX-CURP`); of one unknown here nothing is said."""
    examine = _SCHEMES.get(scheme)
    return examine(text) if examine else Checked(text.strip())


def check_rfc(text: str) -> Checked:
    """Look at an RFC: 12 characters of a legal person, 13 of a natural one.

    Source: article 27 of the Código Fiscal de la Federación and the rules of the SAT; check digit by python-stdnum.
    """
    number = normal(text)
    if number in GENERIC:
        return Checked(number, doubt=GENERIC[number])
    if len(number) not in (12, 13):
        return Checked(number, fault=_rfc_length(number))
    letters = len(number) - 9
    personality: Personality = "naturalPerson" if letters == 4 else "legalPerson"
    fault = _misplaced(number, "L" * letters + "D" * 6 + "AAA", more="&Ñ") or _date_fault(
        number[letters : letters + 6]
    )
    if fault is None and not (number[-1].isdigit() or number[-1] == "A"):
        fault = f"El RFC termina en un número o en la letra A; este termina en {number[-1]}."
    if fault:
        return Checked(number, personality, fault=fault)
    return Checked(number, personality, doubt=_rfc_doubt(number))


def check_curp(text: str) -> Checked:
    """Look at a CURP, 18 characters of a natural person.

    Source: instructivo normativo of the Registro Nacional de Población; check digit by python-stdnum.
    """
    number = normal(text)
    if len(number) != 18:
        return Checked(
            number, "naturalPerson", fault=f"La CURP lleva 18 caracteres; esta tiene {len(number)}."
        )
    fault = _misplaced(number, "LLLLDDDDDDLLLLLLAD", more="Ñ") or _date_fault(number[4:10])
    if fault is None and number[10] not in "HMX":
        fault = f"Después de la fecha la CURP lleva H, M o X; esta lleva {number[10]}."
    if fault is None and number[11:13] not in _STATES:
        fault = f"«{number[11:13]}» no es la clave de una entidad de nacimiento; por ejemplo, JC es Jalisco."
    if fault:
        return Checked(number, "naturalPerson", fault=fault)
    due = stdnum_curp.calc_check_digit(number) if "Ñ" not in number else number[-1]
    return Checked(number, "naturalPerson", doubt=_digit_doubt("La CURP", number[-1], due))


def _rfc_length(number: str) -> str:
    if len(number) in (9, 10):
        return "Al RFC le falta la homoclave: los 3 caracteres que siguen a la fecha."
    return f"El RFC lleva 12 caracteres si es persona moral y 13 si es física; este tiene {len(number)}."


def _rfc_doubt(number: str) -> str | None:
    try:
        stdnum_rfc.validate(number)
    except InvalidComponent:
        return f"El SAT no da RFC que empiecen con «{number[:4]}»; revisa las letras."
    if not _HOMOCLAVE.fullmatch(number[-3:-1]):
        return f"El SAT no da homoclaves como «{number[-3:]}»; revisa los últimos 3 caracteres."
    return _digit_doubt("El RFC", number[-1], stdnum_rfc.calc_check_digit(number[:-1]))


def _digit_doubt(name: str, last: str, due: str) -> str | None:
    if last == due:
        return None
    return f"{name} termina en {last} y debería terminar en {due}; revisa que no haya un carácter cambiado."


def _misplaced(number: str, form: str, *, more: str) -> str | None:
    """Return why the first character out of place is; `form` has L, D or A (letter, digit or any) for each."""
    for place, (character, kind) in enumerate(zip(number, form, strict=True), start=1):
        is_letter = "A" <= character <= "Z" or (kind == "L" and character in more)
        is_digit = "0" <= character <= "9"
        if not (is_letter and kind in "LA") and not (is_digit and kind in "DA"):
            wanted = {"L": "una letra", "D": "un número", "A": "una letra o un número"}[kind]
            return f"En el lugar {place} va {wanted} y dice «{character}»{_confused(character, kind)}."
    return None


def _confused(character: str, kind: str) -> str:
    if kind == "D" and character == "O":
        return ", que parece la letra O en vez de un cero"
    if kind == "L" and character == "0":
        return ", que parece un cero en vez de la letra O"
    return ""


def _date_fault(digits: str) -> str | None:
    """Return why six digits are no date, in either century."""
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    for century in (1900, 2000):
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        return None
    return f"La fecha «{digits}» no existe; va como año, mes y día, con dos dígitos cada uno."


def _fixed(name: str, length: int) -> Callable[[str], Checked]:
    def examine(text: str) -> Checked:
        number = normal(text)
        if len(number) == length:
            return Checked(number)
        return Checked(
            number, doubt=f"La {name} lleva {length} caracteres; esta tiene {len(number)}. Revísala."
        )

    return examine


_SCHEMES: Mapping[str, Callable[[str], Checked]] = MappingProxyType(
    {
        "MX-RFC": check_rfc,
        "MX-CURP": check_curp,
        "MX-INAI": _fixed("clave de sujeto obligado", 3),
        "MX-UNAM": _fixed("clave UNAM", 6),
    }
)

"""What a problem is called, in Spanish that an overworked clerk can act on.

Every message is "where: what is wrong and what arrived; how to mend it". The place is written with the labels of
the capture form and positions counted from one, so that it can be read aloud without knowing JSON.
"""

from functools import lru_cache
from typing import Any

from app.ocds import codelists
from app.ocds.shape import Node

_SHOWN = 60
"""Characters of a value that a message repeats; the rest helps nobody and may be megabytes."""
_OFFERED = 8
"""Codes that a message lists before it sends the reader to the codelist."""

_KINDS = {
    "string": "un texto",
    "number": "un número",
    "integer": "un número entero",
    "boolean": "verdadero o falso (sin comillas)",
    "object": "un grupo de campos",
    "array": "una lista",
    "null": "un valor vacío (null)",
}
_FORMATS = {
    "date-time": "una fecha con hora y zona horaria, por ejemplo 2026-03-15T10:00:00-06:00",
    "uri": "una dirección completa sin espacios ni acentos, por ejemplo https://ejemplo.gob.mx/documento.pdf",
    "email": "un correo electrónico, por ejemplo nombre@ejemplo.gob.mx",
}


@lru_cache(maxsize=4096)  # releases of one source err in the same places
def place(shape: Node, pointer: str) -> str:
    """Breadcrumb of labels down to the value: `Contratos 2 › Ejecución › Transacciones 1 › Monto`."""
    crumbs: list[str] = []
    node: Node | None = shape
    for token in pointer.split("/")[1:]:
        if node and node.items and token.isdecimal() and crumbs:
            node = node.items
            crumbs[-1] += f" {int(token) + 1}"
        else:
            key = token.replace("~1", "/").replace("~0", "~")
            node = node.properties.get(key) if node else None
            crumbs.append(_cut(node.title if node and node.title else key))
    return " › ".join(crumbs) or "El documento"


def shown(value: Any) -> str:
    """A value as a sentence repeats it, cut short."""
    match value:
        case None:
            return "un valor vacío (null)"
        case bool():
            return "verdadero" if value else "falso"
        case str():
            return f"el texto «{_cut(value)}»" if value else "un texto vacío"
        case int() | float():
            return f"el número {_cut(repr(value))}"
        case list():
            return (
                f"una lista de {len(value)} elemento{'s' if len(value) > 1 else ''}"
                if value
                else "una lista vacía"
            )
        case _:
            return "un grupo de campos"


def wrong_type(types: list[str], value: Any) -> str:
    """`types` are JSON type names, any of which is accepted."""
    wanted = " o ".join(_KINDS[name] for name in types if name != "null") or _KINDS["null"]
    return f"debe ser {wanted}; llegó {shown(value)}."


def missing() -> str:
    """A required field is not there."""
    return "falta este dato y es obligatorio; captúralo."


def empty() -> str:
    """A field is there with nothing inside."""
    return "está vacío; escribe el dato o quita el campo."


def bad_format(name: str, value: Any) -> str:
    """`name` is a JSON Schema format."""
    return f"debe ser {_FORMATS.get(name, f'un valor con formato {name}')}; llegó {shown(value)}."


def bad_pattern(value: Any) -> str:
    """A text does not follow the pattern of the schema."""
    return f"no tiene la forma que pide el estándar; llegó {shown(value)}."


def unknown_code(node: Node | None, options: list[Any], value: Any) -> str:
    """A code outside a closed list. `options` are the codes the schema enumerates."""
    known = codelists.codelist(node.codelist).codes if node and node.codelist else {}
    names = [_option(known, code) for code in options if code is not None]
    more = "" if len(names) <= _OFFERED else f" y {len(names) - _OFFERED} más de su catálogo"
    return f"{shown(value)} no está entre los códigos permitidos; usa uno de estos: {', '.join(names[:_OFFERED])}{more}."


def open_code(value: Any) -> str:
    """A code outside an open list: allowed, but worth a second look."""
    return f"{shown(value)} no está en el catálogo; elige uno si alguno corresponde, o explica este en tu política de publicación."


def additional() -> str:
    """A key that neither the standard nor the profile declares."""
    return "ni el estándar ni el perfil mexicano conocen este campo; se conserva, pero nadie sabrá leerlo. Usa un campo del estándar si existe."


def deprecated(node: Node) -> str:
    """A field that the standard asks not to use any more; the model's help says what took its place."""
    return f"el estándar dejó de usar este campo. {node.deprecated}"


def duplicate(value: Any) -> str:
    """Two elements of a list with the same id, which merging makes one."""
    return f"otro elemento de la misma lista ya usa el identificador {_cut(str(value))}; al publicar uno borraría al otro. Da a cada uno el suyo."


def repeated(value: Any) -> str:
    """Two elements with the same id in a list that merging keeps whole."""
    return f"otro elemento de la misma lista ya usa el identificador {_cut(str(value))}; revisa que no sea el mismo dato dos veces."


def identical() -> str:
    """Two equal elements in a list that forbids them."""
    return "la lista repite un elemento idéntico; quita el que sobra."


def no_id() -> str:
    """An element of a list matched by id that has none."""
    return "no tiene identificador; sin él, cada publicación lo añadiría otra vez. Dale uno que no cambie."


def bad_ocid(value: Any) -> str:
    """An ocid without a prefix of the standard's form."""
    return f"debe empezar con un prefijo registrado (ocds- y seis letras minúsculas o números) seguido del identificador propio; llegó {shown(value)}."


def unknown_party(value: Any) -> str:
    """A reference to an organization that `parties` does not hold."""
    return f"ninguna de las partes involucradas tiene el identificador {_cut(str(value))}; agrégala o corrige la referencia."


def no_reference() -> str:
    """A reference to an organization that does not say which."""
    return "no dice a cuál de las partes involucradas se refiere; añade su identificador."


def unknown_award(value: Any) -> str:
    """A contract of an award that is not in the document."""
    return (
        f"ninguna adjudicación tiene el identificador {_cut(str(value))}; agrégala o corrige la referencia."
    )


def mixed_releases() -> str:
    """A record whose releases are partly linked and partly embedded."""
    return "unas entregas vienen completas y otras solo enlazadas; deben venir todas de la misma forma."


def unreadable() -> str:
    """What cannot be written as JSON that every tool can read."""
    return (
        "no se puede publicar: tiene más de 250 niveles anidados, un número entero de más de 19 cifras o texto que "
        "no es Unicode válido."
    )


def rule(name: str, limit: Any) -> str:
    """Any other rule of the schema, by its keyword."""
    wording = {
        "minLength": f"debe tener al menos {limit} caracteres.",
        "maxLength": f"debe tener como máximo {limit} caracteres.",
        "minItems": f"la lista debe tener al menos {limit} elementos.",
        "maxItems": f"la lista debe tener como máximo {limit} elementos.",
        "minimum": f"debe ser al menos {limit}.",
        "maximum": f"debe ser como máximo {limit}.",
        "minProperties": "está vacío; captura al menos uno de sus campos.",
    }
    return wording.get(name, f"no cumple la regla «{name}» del estándar.")


def _option(known: Any, code: Any) -> str:
    entry = known.get(code)
    return f"{code} ({entry.label})" if entry else str(code)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"

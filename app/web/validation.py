"""Pydantic's verdicts in Spanish that says how to mend, for forms and for the API alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.web.formats import plural

Context = Mapping[str, Any]

MISSING = "Falta este dato."


def _characters(count: int) -> str:
    return plural(count, "carácter", "caracteres")


def _at_least(context: Context) -> str:
    # A secret text is measured like a collection, under the name of "Value".
    count = context["min_length"]
    if context["field_type"] == "Value":
        return f"Escribe al menos {_characters(count)}."
    return f"Indica al menos {plural(count, 'elemento', 'elementos')}."


def _at_most(context: Context) -> str:
    count = context["max_length"]
    if context["field_type"] == "Value":
        return f"Escribe como máximo {_characters(count)}."
    return f"Indica como máximo {plural(count, 'elemento', 'elementos')}."


def _options(context: Context) -> str:
    # Pydantic joins them in English: 'a', 'b' or 'c'.
    return f"Elige una de las opciones: {str(context['expected']).replace(' or ', ' o ')}."


MESSAGES: dict[str, str | Callable[[Context], str]] = {
    "missing": MISSING,
    "string_type": "Escribe un texto.",
    "string_too_short": lambda c: f"Escribe al menos {_characters(c['min_length'])}.",
    "string_too_long": lambda c: f"Escribe como máximo {_characters(c['max_length'])}.",
    "string_pattern_mismatch": "El texto no tiene la forma que se pide.",
    "int_parsing": "Escribe un número entero, por ejemplo 12.",
    "int_from_float": "Escribe un número entero, sin decimales.",
    "int_type": "Escribe un número entero, por ejemplo 12.",
    "float_parsing": "Escribe un número, por ejemplo 12.5.",
    "float_type": "Escribe un número, por ejemplo 12.5.",
    "decimal_parsing": "Escribe una cantidad, por ejemplo 1234.50.",
    "decimal_type": "Escribe una cantidad, por ejemplo 1234.50.",
    "decimal_max_places": lambda c: f"Usa como máximo {c['decimal_places']} decimales.",
    "finite_number": "Escribe un número finito.",
    "greater_than": lambda c: f"Debe ser mayor que {c['gt']}.",
    "greater_than_equal": lambda c: f"Debe ser {c['ge']} o más.",
    "less_than": lambda c: f"Debe ser menor que {c['lt']}.",
    "less_than_equal": lambda c: f"Debe ser {c['le']} o menos.",
    "bool_parsing": "Responde sí o no.",
    "bool_type": "Responde sí o no.",
    "date_parsing": "Escribe una fecha, por ejemplo 2026-12-31.",
    "date_type": "Escribe una fecha, por ejemplo 2026-12-31.",
    "date_from_datetime_parsing": "Escribe una fecha, por ejemplo 2026-12-31.",
    "datetime_parsing": "Escribe fecha y hora, por ejemplo 2026-12-31T10:00:00-06:00.",
    "datetime_from_date_parsing": "Escribe fecha y hora, por ejemplo 2026-12-31T10:00:00-06:00.",
    "timezone_aware": "Indica también la zona horaria, por ejemplo -06:00.",
    "uuid_parsing": "El identificador no tiene la forma correcta.",
    "url_parsing": "Escribe una dirección completa, por ejemplo https://ejemplo.gob.mx.",
    "url_scheme": "La dirección debe empezar con https:// o http://.",
    "enum": _options,
    "literal_error": _options,
    "list_type": "Se espera una lista.",
    "dict_type": "Se espera un objeto JSON.",
    "model_attributes_type": "Se espera un objeto JSON.",
    "too_short": _at_least,
    "too_long": _at_most,
    "extra_forbidden": "Este dato no se conoce aquí; revisa cómo está escrito.",
    "json_invalid": "El contenido no es JSON válido.",
}


def explain(error: Mapping[str, Any]) -> str:
    """Return the Spanish sentence for one of pydantic's errors (`ValidationError.errors()`).

    A `ValueError` raised by a validator of ours already speaks Spanish and is passed on as it is.
    """
    kind = error["type"]
    context: Context = error.get("ctx") or {}
    if kind in ("value_error", "assertion_error"):
        return str(context["error"])
    message = MESSAGES.get(kind, "Este dato no es válido.")
    return message if isinstance(message, str) else message(context)


def pointer(location: Sequence[str | int]) -> str:
    """Return the JSON Pointer of pydantic's location: `("items", 0, "id")` is `/items/0/id`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)

"""A document in which every field of the model holds something, and texts that people could type in its forms."""

from typing import Any

from app.capture.controls import Control
from app.capture.rows import Input
from app.ocds import codelists, model
from app.ocds.model import Field, Kind
from app.ocds.shape import Document
from app.processes.service import ENVELOPE

PARTIES = ("MX-RFC-AAA010101AA1", "MX-RFC-BBB010101BB2")


def full() -> Document:
    """Every field of the model once, deprecated ones included, and a second party to refer to."""
    document = {one.name: _value(one) for one in model.children("") if one.name not in ENVELOPE}
    document["parties"][0]["id"] = PARTIES[0]
    document["parties"].append({"id": PARTIES[1], "name": "La otra, S.A.", "roles": ["supplier"]})
    return document


def _value(one: Field) -> Any:
    match one.kind:
        case Kind.BLOCK:
            held = {child.name: _value(child) for child in model.children(one.path)}
            return held | {"id": PARTIES[0]} if one.of == "OrganizationReference" else held
        case Kind.LIST:
            held = {child.name: _value(child) for child in model.children(one.path)}
            return [held | {"id": PARTIES[0]} if one.of == "OrganizationReference" else held]
        case Kind.DATE:
            return "2024-03-01T00:00:00-06:00"
        case Kind.NUMBER | Kind.INTEGER:
            return 1
        case Kind.BOOLEAN:
            return True
        case Kind.CODE:
            known = list(codelists.codelist(one.codelist or "").codes)
            return known[0] if len(known) > 1 else "uno"
        case Kind.CODES:
            return [next(iter(codelists.codelist(one.codelist or "").codes))]
        case Kind.URI:
            return "https://uno.example/"
        case Kind.TEXTS:
            return [1.5, 2.5] if one.items and "array" in one.items["type"] else ["uno"]
        case Kind.RAW:
            return {"uno": 1}
    # An item of the same id is the same item in every stage, and would follow.
    return one.path.replace("/", "-") if one.name == "id" else "uno"


def typed(row: Input) -> list[str]:
    """What a person could put in a control instead of what it shows."""
    if row.control is Control.BOXES:
        other = next((option.value for option in row.options if option.value not in row.texts), "dos")
        return ["", *([other] if row.options else [])]
    if row.control in (Control.SELECT, Control.RADIOS):
        return [next(option.value for option in row.options if option.value not in (row.text, ""))]
    match row.field.kind:
        case Kind.DATE:
            return ["5 de junio de 2027"]
        case Kind.NUMBER | Kind.INTEGER:
            return ["$4,321"]
        case Kind.URI:
            return ["dos.example/página"]
        case Kind.RAW:
            return ['{"dos": 2}']
        case Kind.CODE:
            return [list(codelists.codelist(row.field.codelist or "").codes)[1]]
        case Kind.CODES:
            return ["US\nMX"]
        case Kind.TEXTS if row.field.items and "array" in row.field.items["type"]:
            return ["-103.35, 20.67"]
    return ["dos"]

"""Rules about what is contracted."""

import re
from collections.abc import Iterator

from app.ocds.checks.rule import Finding, Rule, rule
from app.ocds.checks.view import View, elements, text

_FORMS = {
    "CUCOP": (re.compile("[0-9]{8}"), "ocho dígitos, como 21100001"),
    "COG": (re.compile("[0-9]{4,5}"), "cuatro o cinco dígitos, como 21101"),
}
_SHOWN = 3


@rule(
    "La clave del CUCOP son ocho dígitos, y la partida del COG cuatro o cinco.",
    "incumbente E24",
    change="Solo se mira en esos dos catálogos: las claves de otros tienen otra forma.",
)
def _classification_form(view: View) -> Iterator[Finding]:
    for one in view.all("Classification"):
        held = str(one.body.get("id") or "").strip()
        form = _FORMS.get(text(one.body, "scheme").upper())
        if form and held and not form[0].fullmatch(held):
            yield f"{one.at}/id", f"la clave son {form[1]}; dice «{held[:20]}»."


@rule(
    "Las partidas adjudicadas y contratadas son las de la licitación, con el mismo identificador.", "propia"
)
def _item_unknown(view: View) -> Iterator[Finding]:
    asked = {str(item.get("id")) for _, item in elements(view.section("tender"), "items")}
    if not asked:
        return
    for block in (*view.all("Award"), *view.all("Contract")):
        strange = [
            (index, str(item["id"])[:40])
            for index, item in elements(block.body, "items")
            if item.get("id") is not None and str(item["id"]) not in asked
        ]
        if strange:
            # One sentence for the list: a process whose ids differ everywhere would give a thousand.
            names = ", ".join(name for _, name in strange[:_SHOWN]) + ("…" if len(strange) > _SHOWN else "")
            yield (
                f"{block.at}/items/{strange[0][0]}/id",
                f"la licitación no tiene {_how_many(len(strange))} ({names}). Usa los mismos identificadores.",
            )


def _how_many(count: int) -> str:
    return "esta partida" if count == 1 else f"{count} de estas partidas"


RULES: tuple[Rule, ...] = (_classification_form, _item_unknown)

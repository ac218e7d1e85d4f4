"""Codelists of OCDS 1.1 and EDCA-MX by name, with Spanish labels and help."""

from app.ocds.model.codes import CODELISTS
from app.ocds.model.notation import Code, Codelist

__all__ = ["ALIASES", "CODELISTS", "Code", "Codelist", "codelist", "label"]

ALIASES = {"procurementMethod": "method"}
"""Name of the field, and of the list since OCDS 1.2 -> name of the list in 1.1."""


def codelist(name: str) -> Codelist:
    """Return the codelist of that name, with or without `.csv`; KeyError when there is none."""
    stem = name.removesuffix(".csv")
    return CODELISTS[ALIASES.get(stem, stem)]


def label(name: str, code: str) -> str:
    """Return the Spanish label of a code, or the code itself when the list does not know it."""
    known = codelist(name).codes.get(code)
    return known.label if known else code

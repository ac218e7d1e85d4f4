"""Rules about documents and languages."""

import re
from collections.abc import Iterator

from app.ocds import applicability, model
from app.ocds.checks.rule import Finding, Rule, rule
from app.ocds.checks.view import Block, View, elements, inside, text
from app.ocds.codelists import codelist, label
from app.ocds.model import Stage

_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+_-]*|offline/print", re.IGNORECASE)
_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LONGEST_DESCRIPTION = 250

_EXPECTED = (
    # Block, statuses, type of document, where it is looked for
    ("Tender", frozenset({"active", "complete"}), "tenderNotice", ("documents",)),
    ("Award", frozenset({"active"}), "awardNotice", ("documents",)),
    ("Award", frozenset({"unsuccessful"}), "unsuccessfulProcedureNotice", ("documents",)),
    ("Contract", frozenset({"active", "terminated"}), "contractSigned", ("documents",)),
    ("Contract", frozenset({"terminated"}), "completionCertificate", ("documents", "implementation")),
)


@rule(
    "El formato del documento es un tipo MIME.",
    "incumbente E20",
    "Pelican campo: formato",
    change="El anterior pedía extensiones (PDF); el estándar pide tipos MIME (application/pdf).",
)
def _document_format(view: View) -> Iterator[Finding]:
    formats = {_extension(code.label): code.code for code in codelist("documentFormat").codes.values()}
    for document in view.all("Document"):
        held = text(document.body, "format")
        if held and not _MEDIA_TYPE.fullmatch(held):
            known = formats.get(held.lstrip(".").upper())
            instead = f"usa {known}" if known else "usa el tipo MIME, como application/pdf"
            yield f"{document.at}/format", f"dice «{held[:40]}»; {instead}."


@rule(
    "El tipo de documento es de la etapa en que está.",
    "incumbente E21",
    "Pelican campo: tipo de documento",
    change="En el anterior nunca se ejecutaba.",
)
def _document_stage(view: View) -> Iterator[Finding]:
    types = codelist("documentType").codes
    for document in view.all("Document"):
        known = types.get(text(document.body, "documentType"))
        stage = _stage(document)
        if known and known.stage and stage and stage not in known.stage.split():
            places = " o ".join(model.STAGES[Stage(name)].lower() for name in known.stage.split())
            yield f"{document.at}/documentType", f"«{known.label}» es de {places}. Muévelo, o revisa el tipo."


@rule(
    "La descripción de un documento es breve: hasta 250 caracteres.",
    "Pelican campo: descripción del documento",
)
def _document_description(view: View) -> Iterator[Finding]:
    for document in view.all("Document"):
        length = len(text(document.body, "description"))
        if length > _LONGEST_DESCRIPTION:
            yield (
                f"{document.at}/description",
                f"tiene {length} caracteres; con {_LONGEST_DESCRIPTION} basta para saber qué es.",
            )


@rule("El idioma va con su clave de dos o tres letras.", "Pelican campo: idioma")
def _language(view: View) -> Iterator[Finding]:
    held = [("/language", text(view.document, "language"))]
    held += [
        (f"{document.at}/language", text(document.body, "language")) for document in view.all("Document")
    ]
    for at, language in held:
        if language and not _LANGUAGE.fullmatch(language):
            yield at, f"va con su clave, como es; dice «{language[:40]}»."


@rule(
    "Cada etapa concluida tiene el documento que la prueba: convocatoria, fallo, contrato, entrega.",
    "incumbente: resumen de documentos",
)
def _document_expected(view: View) -> Iterator[Finding]:
    for kind, statuses, wanted, where in _EXPECTED:
        for block in view.all(kind):
            if text(block.body, "status") not in statuses or (kind == "Tender" and not _is_announced(view)):
                continue
            holders = [block.body, *(inside(block.body, key) for key in where if key != "documents")]
            types = {
                text(one, "documentType") for holder in holders for _, one in elements(holder, "documents")
            }
            if types.isdisjoint(_ALIKE.get(wanted, {wanted})):
                yield f"{block.at}/documents", f"falta el documento «{label('documentType', wanted)}»."


_ALIKE = {
    "awardNotice": {"awardNotice", "awardDecisionCertificate"},
    "contractSigned": {"contractSigned", "contractText"},
    "completionCertificate": {
        "completionCertificate",
        "physicalReception",
        "settlement",
        "transferReport",
        "contractArrangements",
        "suspensionStatement",
    },
}
"""Papers that prove the same; a contract also ends early."""


def _is_announced(view: View) -> bool:
    return view.method is not None and applicability.applies("tender/tenderPeriod", view.method)


def _extension(name: str) -> str:
    """Return the extension inside a label: `Word (DOCX)` -> `DOCX`."""
    found = re.search(r"\(([A-Z]+)\)$", name)
    return found[1] if found else name.removeprefix("Imagen ")


def _stage(document: Block) -> str | None:
    """Return the stage whose list holds a document; None inside milestones and bids."""
    holder = document.path.removesuffix("/documents")
    return {
        "planning": "planning",
        "tender": "tender",
        "awards": "award",
        "contracts": "contract",
        "contracts/implementation": "implementation",
    }.get(holder)


RULES: tuple[Rule, ...] = (
    _document_format,
    _document_stage,
    _document_description,
    _language,
    _document_expected,
)

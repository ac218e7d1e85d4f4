"""What a file's name tells: a clean name to keep, a title, a type of document, and the Document made of them."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from app.attachments.content import BY_EXTENSION
from app.core.folding import fold
from app.ocds import codelists

LONGEST_NAME = 190
"""Characters kept of a name; with an ending given to it, it stays within 200."""

_PAPERS: tuple[tuple[str, str], ...] = (
    ("convenio modific", "contractAmendment"),
    ("modelo contrat", "contractDraft"),
    ("anexo contrat", "contractSchedule"),
    ("diferimiento fallo", "awardDeferral"),
    ("contrat firmad", "contractSigned"),
    ("proyecto convocatoria", "procurementPlan"),
    ("propue ganadora", "winningBid"),
    ("proposicion ganadora", "winningBid"),
    ("aclaracion", "clarifications"),
    ("desiert", "unsuccessfulProcedureNotice"),
    ("fallo", "awardNotice"),
    ("adjudicacion", "awardNotice"),
    ("convocatoria", "tenderNotice"),
    ("invitacion", "tenderNotice"),
    ("bases", "biddingDocuments"),
    ("anexo tecnic requirente", "areaTechnicalAnnex"),
    ("anexo tecnic", "technicalSpecifications"),
    ("apertura tecnic", "technicalOpeningCertificate"),
    ("apertura economic", "financialOpeningCertificate"),
    ("apertura", "openingOfProposals"),
    ("dictamen tecnic", "technicalEvaluationReport"),
    ("excepcion", "exceptionAuthorization"),
    ("dictamen", "evaluationReports"),
    ("evaluacion", "evaluationReports"),
    ("mercado", "marketStudies"),
    ("suficiencia", "budgetAuthorization"),
    ("requisicion", "request"),
    ("solicitud cotizacion", "requestForQuote"),
    ("cotizacion", "quote"),
    ("fianza", "contractGuarantees"),
    ("garantia", "contractGuarantees"),
    ("finiquito", "settlement"),
    ("recepcion fisic", "physicalReception"),
    ("acta entrega", "completionCertificate"),
    ("entrega recepcion", "completionCertificate"),
    ("avance fisic", "physicalProgressReport"),
    ("avance financier", "financialProgressReport"),
    ("auditoria", "finalAudit"),
    ("inconformidad", "complaints"),
    ("suspension", "suspensionStatement"),
    ("rescision", "suspensionStatement"),
    ("terminacion anticipada", "suspensionStatement"),
    ("justificacion", "needsAssessment"),
    ("catalogo concepto", "billOfQuantity"),
    ("pago final", "finalPayment"),
    ("fotograf", "illustration"),
    ("contrat", "contractSigned"),
)
"""Beginnings of words, all of which the name has, → code of `documentType`; the first that fits counts."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """What a document's element may say; `document_type` is None where the name tells nothing."""

    title: str
    document_type: str | None
    format: str


def clean_name(file_name: str) -> str:
    """Return a file's name as it is shown and kept: without folders or invisible characters, composed (NFC)."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", file_name))[-1]
    # Marks of direction are format characters (Cf): with one, `fdp.exe` reads as `exe.pdf`.
    seen = "".join(char for char in last if unicodedata.category(char)[0] != "C" or char.isspace())
    path = PurePosixPath(" ".join(seen.split()).strip(". ") or "archivo")
    return path.stem[: LONGEST_NAME - len(path.suffix)].rstrip() + path.suffix[:LONGEST_NAME]


def suggest(file_name: str, media_type: str, stage: str = "") -> Suggested:
    """Suggest how to describe a file.

    Args:
        file_name: of the file.
        media_type: by content, perhaps with parameters.
        stage: of the section it goes to, as `Code.stage` names it; only its types are suggested then.
    """
    path = PurePosixPath(file_name)
    stem = path.stem if path.suffix.lower() in BY_EXTENSION else path.name
    return Suggested(_title(stem), _document_type(stem, stage), media_type.partition(";")[0])


def as_document(attachment_id: UUID, suggested: Suggested, address: str) -> dict[str, Any]:
    """Return the OCDS Document of a public version, to be completed by whoever captures.

    Args:
        attachment_id: of the file; the document's id is made of it.
        suggested: how it is described.
        address: permanent and absolute.
    """
    document = {
        "id": f"doc-{attachment_id.hex[:12]}",
        "documentType": suggested.document_type,
        "title": suggested.title,
        "url": address,
        "format": suggested.format,
        "language": "es",
    }
    return {name: value for name, value in document.items() if value}


def _title(stem: str) -> str:
    words = re.sub(r"\s*\(\d+\)$", "", stem).replace("_", " ").replace("+", " ").split()
    if len(words) == 1:
        words = re.sub(r"(?<=[^\W\d])-(?=[^\W\d])", " ", words[0]).split()
    shouted = not any(char.islower() for char in "".join(words[:2]))
    spoken = [word.lower() if shouted and word.isupper() and not _is_key(word) else word for word in words]
    title = " ".join(spoken)
    return title[:1].upper() + title[1:]


def _is_key(word: str) -> bool:
    """Tell whether a word in capitals is a key or an acronym: it has digits, or cannot be spoken."""
    return any(char.isdigit() for char in word) or not re.search("[AEIOUÁÉÍÓÚ]", word)


def _document_type(stem: str, stage: str) -> str | None:
    words = re.findall("[a-z]+", fold(stem))
    known = codelists.codelist("documentType").codes
    for beginnings, code in _PAPERS:
        if stage and stage not in known[code].stage.split():
            continue
        if all(any(word.startswith(start) for word in words) for start in beginnings.split()):
            return code
    return None

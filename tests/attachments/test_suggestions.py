"""What a name tells."""

from uuid import UUID

import pytest

from app.attachments.suggestions import _PAPERS, as_document, clean_name, suggest
from app.ocds import codelists, validation
from app.processes.drafting import as_release
from tests.factories import document


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("acta.pdf", "acta.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\docs\\Acta final.pdf", "Acta final.pdf"),
        ("a\u0301rbol.pdf", "árbol.pdf"),
        ("cobro\u202efdp.exe", "cobrofdp.exe"),
        ("linea\nnueva\t.pdf", "linea nueva.pdf"),
        ("\x00\x01.pdf", "pdf"),
        ("...", "archivo"),
        ("", "archivo"),
        ("📄 acta.pdf", "📄 acta.pdf"),
        ("x" * 400 + ".pdf", "x" * 186 + ".pdf"),
    ],
)
def test_a_name_is_kept_without_what_could_mislead(given: str, kept: str) -> None:
    assert clean_name(given) == kept


@pytest.mark.parametrize(
    ("name", "title", "kind"),
    [
        ("ACTA_FALLO_LPN-014_firmada.pdf", "Acta fallo LPN-014 firmada", "awardNotice"),
        ("acta-de-junta-de-aclaraciones (2).PDF", "Acta de junta de aclaraciones", "clarifications"),
        ("Convocatoria LPN-014-2024.docx", "Convocatoria LPN-014-2024", "tenderNotice"),
        ("Contrato Firmado.pdf", "Contrato Firmado", "contractSigned"),
        ("CONVENIO_MODIFICATORIO_02.pdf", "Convenio modificatorio 02", "contractAmendment"),
        ("acta_entrega_recepción.pdf", "Acta entrega recepción", "completionCertificate"),
        ("finiquito", "Finiquito", "settlement"),
        ("investigación+de+mercado.xlsx", "Investigación de mercado", "marketStudies"),
        ("escaneo0001.pdf", "Escaneo0001", None),
    ],
)
def test_title_and_type_are_suggested_from_the_name(name: str, title: str, kind: str | None) -> None:
    told = suggest(name, "application/pdf; charset=x")
    assert (told.title, told.document_type, told.format) == (title, kind, "application/pdf")


def test_only_types_of_the_stage_are_suggested() -> None:
    assert suggest("contrato.pdf", "", "contract").document_type == "contractSigned"
    assert suggest("contrato.pdf", "", "planning").document_type is None
    assert suggest("dictamen técnico.pdf", "", "award").document_type == "technicalEvaluationReport"


def test_every_type_suggested_is_on_the_list_and_not_deprecated() -> None:
    known = codelists.codelist("documentType").codes
    assert all(code in known and not known[code].deprecated for _, code in _PAPERS)


def test_the_document_is_valid_ocds() -> None:
    made = as_document(
        UUID(int=5), suggest("fallo.pdf", "application/pdf"), "https://datos.example/x/archivos/5/fallo.pdf"
    )
    assert set(made) == {"id", "documentType", "title", "url", "format", "language"}
    whole = document(planning={"documents": [made]})
    release = as_release("ocds-abcdef-1", whole)
    assert [one for one in validation.validate_release(release) if "/documents" in one.pointer] == []

"""Codelists: codes with Spanish labels."""

import pytest

from app.ocds.codelists import CODELISTS, codelist, label


def test_codelist_is_found_by_name_by_file_and_by_field() -> None:
    assert codelist("method") is codelist("method.csv") is codelist("procurementMethod")


def test_unknown_codelist_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        codelist("metodo")


def test_label_is_spanish_and_an_unknown_code_is_its_own() -> None:
    assert label("tenderStatus", "unsuccessful") == "Desierta"
    assert label("currency", "MXN") == "Peso mexicano"
    assert label("currency", "CHW") == "CHW"
    assert label("documentType", "otroDocumento") == "otroDocumento"


@pytest.mark.parametrize("code", ["wireTransfe", "wireTransfer"])
def test_both_spellings_of_a_wire_transfer_are_known(code: str) -> None:
    assert label("paymentMethod", code).startswith("Transferencia bancaria")


def test_the_misspelt_code_is_not_the_one_to_use() -> None:
    codes = codelist("paymentMethod").codes

    assert codes["wireTransfe"].deprecated
    assert not codes["wireTransfer"].deprecated


def test_labels_tell_the_codes_of_a_list_apart() -> None:
    for found in CODELISTS.values():
        labels = [code.label for code in found.codes.values()]
        assert len(labels) == len(set(labels)), found.name


def test_codes_that_a_name_does_not_explain_have_help() -> None:
    for found in CODELISTS.values():
        if found.official and found.name not in {"currency", "country"}:
            assert all(code.help.endswith(".") for code in found.codes.values()), found.name


def test_every_document_type_has_a_stage() -> None:
    stages = {"planning", "tender", "award", "contract", "implementation"}

    for code in codelist("documentType").codes.values():
        assert code.stage, code.code
        assert set(code.stage.split()) <= stages, code.code

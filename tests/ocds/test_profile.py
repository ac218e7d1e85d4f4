"""The profile as an extension that anybody can use."""

import csv
import io
from pathlib import Path
from typing import Any

from app.ocds import profile, schema
from app.ocds.codelists import CODELISTS

DOCUMENT = Path(__file__).parents[2] / "docs" / "ocds-profile.md"


def test_extension_declares_its_files() -> None:
    declared = profile.extension("https://ejemplo.gob.mx/perfil", "Mesa de datos", "datos@ejemplo.gob.mx")

    assert declared["compatibility"] == ["1.1"]
    assert declared["schemas"] == [
        "release-schema.json",
        "release-package-schema.json",
        "record-package-schema.json",
    ]
    assert declared["codelists"] == list(profile.codelist_files())
    assert declared["documentationUrl"] == {"es": "https://ejemplo.gob.mx/perfil/"}
    assert declared["contactPoint"] == {"name": "Mesa de datos", "email": "datos@ejemplo.gob.mx"}
    assert declared["name"]["es"]
    assert declared["description"]["es"]


def test_patch_only_adds() -> None:
    def has_null(node: Any) -> bool:
        # A null in an enumeration is a value; only a null member of an object removes.
        return isinstance(node, dict) and any(value is None or has_null(value) for value in node.values())

    assert not has_null(profile.release_schema_patch())


def test_files_add_codes_to_the_standard_and_bring_new_lists() -> None:
    files = profile.codelist_files()

    assert [row["Code"] for row in rows(files["+milestoneType.csv"])] == ["publicNotices"]
    assert {"wireTransfe", "wireTransfer"} <= {row["Code"] for row in rows(files["paymentMethod.csv"])}
    assert "method.csv" not in files
    assert "language.csv" not in files
    assert "+currency.csv" not in files


def test_every_codelist_that_the_patch_names_is_the_standards_or_in_the_files() -> None:
    named = set(codelists_in(profile.release_schema_patch()))
    standard = {f"{c.name}.csv" for c in CODELISTS.values() if c.official and c.extension is None}

    assert named
    assert named <= standard | profile.codelist_files().keys()


def codelists_in(node: Any) -> list[str]:
    if not isinstance(node, dict):
        return []
    own = [node["codelist"]] if isinstance(node.get("codelist"), str) else []
    return own + [name for value in node.values() for name in codelists_in(value)]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_documentation_is_up_to_date() -> None:
    assert DOCUMENT.read_text("utf-8") == profile.readme(), (
        "renew it with: python -m app.ocds.profile > docs/ocds-profile.md"
    )


def test_documentation_names_every_extension_and_deviation() -> None:
    text = profile.readme()

    assert all(f"(`{extension.name}`)" in text for extension in schema.EXTENSIONS)
    assert "| codelists/paymentMethod | `wireTransfer` |" in text
    assert "| BudgetBreakdown | `origin` |" in text

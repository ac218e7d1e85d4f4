"""The name of a process."""

import pytest

from app.ocds import ocid


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ocds-abc123-LA-006-2026", ("ocds-abc123", "LA-006-2026")),
        ("ocds-abc123LA", ("ocds-abc123", "LA")),
        ("ocds-abc123-ñ/1 a", ("ocds-abc123", "ñ/1 a")),
        ("ocds-abc123-line\nbreak", ("ocds-abc123", "line\nbreak")),
        ("ocds-abc123", None),
        ("ocds-abc123-", None),
        ("ocds-ABC123-1", None),
        ("OCDS-abc123-1", None),
        ("ocds-abc12-1", None),
        ("ocds-abcñ23-1", None),
        (" ocds-abc123-1", None),
        ("LA-006-2026", None),
        ("", None),
    ],
)
def test_split(text: str, parts: tuple[str, str] | None) -> None:
    assert ocid.split(text) == parts


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("OCDS-87SD3T-SEFIN-DRM-A", "ocds-87sd3t-SEFIN-DRM-A"),
        ("ocds-abc123-LA-Xy", "ocds-abc123-LA-Xy"),
        ("Ocds-Abc123X", "ocds-abc123X"),
        ("LA-006-X", "LA-006-X"),
        ("", ""),
    ],
)
def test_only_the_case_of_the_prefix_is_normalised(text: str, normal: str) -> None:
    assert ocid.normalise(text) == normal
    assert ocid.normalise(normal) == normal

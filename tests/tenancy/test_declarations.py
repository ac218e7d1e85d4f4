"""`tenants/` stands as committed, and every kind of fault is told with its file and its line."""

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from app.tenancy.declarations import (
    FILE_NAME,
    MINIMUM_CONTRAST,
    PNT_PREFIXES,
    DeclarationError,
    TenantDeclaration,
    contrast_with_white,
    load,
)

TENANTS = Path(__file__).parents[2] / "tenants"

GOOD = """\
slug = "{slug}"
federation = {federation}
time_zone = "America/Mexico_City"
hosts = ["{slug}.example"]

[state]
name = "Federación"
inegi = "00"
pnt = "FED"

[publication]
text = \"\"\"
[[names]]
name = "esto es texto, no una clave"
\"\"\"

[[names]]
name = "Instituto de Antes"
valid_from = 2015-05-04
valid_to = 2025-03-21
fuente = "Diario Oficial de Ejemplo"
verificado = true

[[names]]
name = "Autoridad de Hoy"
valid_from = 2025-03-21
law = {{ text = "Ley de Ejemplo", fuente = "", verificado = false }}


[[ocid_prefixes]]
prefix = "ocds-prb{number}"
kind = "test"

[[ocid_prefixes]]
prefix = "ocds-abc{number}"
kind = "registered"
fuente = "Registro de ejemplo"

[privacy]
natural_rfc_public = false

[theme]
accent = "#0b6b3a"
logo = "logo.svg"
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Two good tenants, `uno` (the federation) and `dos`; `change` replaces text of `uno`."""

    def make(change: tuple[str, str] | None = None) -> Path:
        texts = {
            "uno": GOOD.format(slug="uno", federation="true", number="001"),
            "dos": GOOD.format(slug="dos", federation="false", number="002"),
        }
        if change:
            assert change[0] in texts["uno"]
            texts["uno"] = texts["uno"].replace(*change, 1)
        for slug, text in texts.items():
            folder = tmp_path / slug
            folder.mkdir()
            (folder / FILE_NAME).write_text(text, "utf-8")
            (folder / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
        return tmp_path

    return make


def _problems(folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(DeclarationError) as caught:
        load(folder)
    return [(problem.file.parent.name, problem.line, problem.message) for problem in caught.value.problems]


def test_good_declarations_are_read_sorted(write: Write) -> None:
    dos, uno = load(write())
    assert (dos.slug, uno.slug) == ("dos", "uno")
    assert uno.federation
    assert uno.hosts == ("uno.example",)
    assert uno.new_process_prefix == "ocds-prb001"
    assert uno.workflow.policy == "garante"
    assert not uno.privacy.natural_rfc_public


@pytest.mark.parametrize(
    ("change", "marker", "message"),
    [
        (('slug = "uno"', 'slug = "tres"'), 'slug = "tres"', "igual al nombre de la carpeta, «uno»"),
        (("America/Mexico_City", "America/Guadalajara"), "time_zone", "no es una zona horaria"),
        (('hosts = ["uno.example"]', 'hosts = ["https://uno"]'), "hosts", "no es un nombre de dominio"),
        (('hosts = ["uno.example"]', 'hosts = ["dos.example"]'), "hosts", "ya está declarado en «dos»"),
        (
            ('hosts = ["uno.example"]', 'hosts = ["a.mx", "a.mx"]'),
            "hosts",
            "«a.mx» ya está declarado en «uno»",
        ),
        (('inegi = "00"', 'inegi = "33"'), "inegi", "no es una clave de entidad"),
        (('pnt = "FED"', 'pnt = "JAL"'), "pnt", "a la clave 00 le corresponde «FED»"),
        (
            ('inegi = "00"\npnt = "FED"', 'inegi = "14"\npnt = "JAL"'),
            "federation",
            "lleva la clave de entidad 00",
        ),
        (("valid_from = 2015-05-04", "valid_from = 2025-03-21"), "valid_to", "posterior a valid_from"),
        (("valid_to = 2025-03-21", "valid_to = 2025-03-22"), "[[names]]", "se encima con el anterior"),
        (
            ('"Autoridad de Hoy"\nvalid_from = 2025-03-21', '"Autoridad"\nvalid_to = 2020-01-01'),
            "[[names]]",
            "no van del más",
        ),
        (("valid_from = 2015-05-04", "valid_from = 'ayer'"), "valid_from", "se esperaba una fecha"),
        (('fuente = "Diario Oficial de Ejemplo"\n', ""), "verificado", "exige el dato y su fuente"),
        (
            ('fuente = "", verificado = false', "verificado = true"),
            "law = ",
            "verificado = true exige el dato",
        ),
        (("natural_rfc_public = false", "natural_rfc_public = true"), "natural_rfc", "true exige verificado"),
        (("natural_rfc_public = false", 'natural_rfc_public = "no"'), "natural_rfc", "true o false"),
        (("ocds-prb001", "OCDS-PRB001"), "prefix = ", "en minúsculas"),
        (("ocds-prb001", "ocds-prb002"), "prefix = ", "ya está declarado en «dos»"),
        (("ocds-prb001", "ocds-zzz001"), 'kind = "test"', "los prefijos de prueba, y solo ellos"),
        (("ocds-abc001", "ocds-prb009"), 'kind = "registered"', "los prefijos de prueba, y solo ellos"),
        (('fuente = "Registro de ejemplo"', 'fuente = ""'), 'fuente = ""', "exige su fuente"),
        (('kind = "test"', 'kind = "prueba"'), "kind", "se esperaba 'test', 'used' o 'registered'"),
        (("#0b6b3a", "#8fbc8f"), "accent", "su contraste con el blanco es 2.1"),
        (("#0b6b3a", "verde"), "accent", "un color como #0b6b3a"),
        (("logo.svg", "otro.svg"), "logo", "un archivo .svg de la misma carpeta"),
        (("logo.svg", "../dos/logo.svg"), "logo", "un archivo .svg de la misma carpeta"),
        (("[theme]", "[theme]\ntipografia = 'Arial'"), "tipografia", "clave desconocida"),
        (('accent = "#0b6b3a"\n', ""), "[theme]", "theme.accent: falta la clave"),
        (('name = "Autoridad de Hoy"', 'name = ""'), 'name = ""', "no puede quedar vacío"),
        (('name = "Autoridad de Hoy"', "name = 7"), "name = 7", "un texto entre comillas"),
        (
            ("federation = true", "federation = true\nfederation = true"),
            "federation = true",
            "claves repetidas",
        ),
        (('time_zone = "', "time_zone = "), "time_zone", "no es TOML válido"),
    ],
)
def test_a_fault_is_told_with_its_line(
    write: Write, change: tuple[str, str], marker: str, message: str
) -> None:
    folder = write(change)
    (slug, line, told), *others = _problems(folder)
    assert not others
    assert slug == "uno"
    assert message in told
    assert marker in (folder / "uno" / FILE_NAME).read_text("utf-8").splitlines()[line - 1]


def test_the_line_is_that_of_the_element_not_of_the_first_one(write: Write) -> None:
    folder = write(('name = "Autoridad de Hoy"', 'name = ""'))
    [(_, line, _)] = _problems(folder)
    assert (folder / "uno" / FILE_NAME).read_text("utf-8").splitlines()[line - 1] == 'name = ""'


OPEN_END = ("valid_to = 2025-03-21\n", "")
UNDATED = ('name = "Autoridad de Hoy"\nvalid_from = 2025-03-21', 'name = "Autoridad de Hoy"')


def test_only_the_last_period_may_stay_open(write: Write) -> None:
    folder = write(UNDATED)
    assert load(folder)  # the earlier name has its end
    file = folder / "uno" / FILE_NAME
    text = file.read_text("utf-8")
    file.write_text(text.replace(*OPEN_END), "utf-8")
    [(_, line, told)] = _problems(folder)
    assert "el anterior sigue abierto" in told
    assert file.read_text("utf-8").splitlines()[line - 1 : line + 1] == [
        "[[names]]",
        'name = "Autoridad de Hoy"',
    ]
    file.write_text(text.replace(OPEN_END[0], "extinto = true\n"), "utf-8")
    assert load(folder)  # nobody knows when, but it ended


def test_the_name_of_a_day(write: Write) -> None:
    uno = load(write())[1]
    assert uno.name_on(date(2020, 1, 1)).name == "Instituto de Antes"
    assert uno.name_on(date(2025, 3, 20)).name == "Instituto de Antes"
    assert uno.name_on(date(2025, 3, 21)).name == "Autoridad de Hoy"
    assert uno.name_on(date(1999, 1, 1)).name == "Autoridad de Hoy"


def test_between_two_names_the_newest_holds(write: Write) -> None:
    uno = load(write(("valid_to = 2025-03-21", "valid_to = 2025-03-01")))[1]
    assert uno.name_on(date(2025, 2, 28)).name == "Instituto de Antes"
    assert uno.name_on(date(2025, 3, 1)).name == "Autoridad de Hoy"


@pytest.mark.parametrize(
    ("slug", "message"),
    [("api", "es una dirección del propio servicio"), ("Uno-Ñ", "solo minúsculas sin acento")],
)
def test_a_slug_that_cannot_be_an_address_is_refused(write: Write, slug: str, message: str) -> None:
    folder = write(('slug = "uno"', f'slug = "{slug}"'))
    shutil.move(folder / "uno", folder / slug)
    [(_, line, told)] = _problems(folder)
    assert line == 1
    assert message in told


def test_exactly_one_federation(write: Write) -> None:
    folder = write()
    uno, dos = folder / "uno" / FILE_NAME, folder / "dos" / FILE_NAME
    dos.write_text(dos.read_text("utf-8").replace("federation = false", "federation = true"), "utf-8")
    [(slug, line, told)] = _problems(folder)
    assert (slug, line) == ("uno", 2)
    assert "ya está declarado en «dos»" in told
    for file in (uno, dos):
        file.write_text(file.read_text("utf-8").replace("federation = true", "federation = false"), "utf-8")
    [(_, _, told)] = _problems(folder)
    assert "ninguno lo lleva" in told


def test_every_problem_of_every_file_is_told_at_once(write: Write) -> None:
    folder = write(("#0b6b3a", "#ffffff"))
    (folder / "dos" / FILE_NAME).write_bytes("slug = 'dos'\nseña = 'ñ'".encode("latin-1"))
    (folder / "tres").mkdir()
    (folder / "_borrador").mkdir()
    problems = _problems(folder)
    assert [(slug, line) for slug, line, _ in problems] == [("dos", 2), ("tres", 1), ("uno", problems[2][1])]
    assert "UTF-8" in problems[0][2]
    assert "falta el archivo" in problems[1][2]
    with pytest.raises(
        DeclarationError, match=re.escape(f"{folder / 'uno' / FILE_NAME}:{problems[2][1]}: theme")
    ):
        load(folder)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="no existe la carpeta"):
        load(tmp_path / "nada")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert contrast_with_white("#ffffff") == pytest.approx(1)
    assert contrast_with_white("#767676") == pytest.approx(4.54, abs=0.01)
    assert contrast_with_white("#777777") < MINIMUM_CONTRAST


@pytest.fixture(scope="module")
def declared() -> list[TenantDeclaration]:
    return load(TENANTS)


def test_every_state_and_the_federation_are_declared(declared: list[TenantDeclaration]) -> None:
    assert sorted({tenant.state.pnt for tenant in declared}) == sorted(PNT_PREFIXES)
    assert [tenant.slug for tenant in declared if tenant.federation] == ["federacion"]
    assert sorted(tenant.slug for tenant in declared) == sorted(
        path.name for path in TENANTS.iterdir() if path.is_dir() and path.name != "_example"
    )


def test_every_fact_we_state_has_its_source(declared: list[TenantDeclaration]) -> None:
    for tenant in declared:
        assert all(name.fuente for name in tenant.names), tenant.slug
        assert all(bool(name.law.text) == name.law.verificado for name in tenant.names), tenant.slug
        assert not tenant.privacy.natural_rfc_public, tenant.slug
        assert tenant.new_process_prefix == f"ocds-prb0{tenant.state.inegi}"


def test_the_example_becomes_a_tenant_by_copying_it(tmp_path: Path) -> None:
    shutil.copytree(TENANTS, tmp_path / "tenants")
    shutil.copytree(TENANTS / "_example", tmp_path / "tenants" / "ejemplo")
    assert "ejemplo" in {tenant.slug for tenant in load(tmp_path / "tenants")}

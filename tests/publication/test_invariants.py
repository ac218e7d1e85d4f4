"""What is derived from the published bytes is what they say; a broken row tells."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from app.publication import chain
from app.publication.invariants import check_tenant
from tests.conftest import Place
from tests.publication.conftest import Press, tampered, tender

BROKEN: dict[str, tuple[str, str]] = {
    "a record with another value": (
        """UPDATE record SET compiled = replace(convert_from(compiled, 'UTF8'), 'Segundo', 'Otro')::bytea
        WHERE tenant_id = :tenant AND ocid = :ocid""",
        "El registro de «{ocid}» no es la unión de sus entregas.",
    ),
    "a record that counts wrong": (
        "UPDATE record SET release_count = 7 WHERE tenant_id = :tenant AND ocid = :ocid",
        "El registro de «{ocid}» no nombra su última entrega.",
    ),
    "a record of an older release": (
        "UPDATE record SET position = 1 WHERE tenant_id = :tenant AND ocid = :ocid",
        "El registro de «{ocid}» no nombra su última entrega.",
    ),
    "no record": (
        "DELETE FROM record WHERE tenant_id = :tenant AND ocid = :ocid",
        "Falta el registro de «{ocid}».",
    ),
    "a record without a release": (
        """INSERT INTO record (tenant_id, ocid, process_id, position, date, release_count, compiled)
        SELECT tenant_id, ocid || '-x', gen_random_uuid(), position, date, 1, compiled FROM record
        WHERE tenant_id = :tenant AND ocid = :ocid""",
        "El registro de «{ocid}-x» no tiene ninguna entrega publicada.",
    ),
    "a facet with another value": (
        "UPDATE process_facet SET amount = amount + 1 WHERE tenant_id = :tenant AND ocid = :ocid",
        "La ficha de «{ocid}» no corresponde a su registro.",
    ),
    "a facet of another body": (
        """UPDATE process_facet SET sujeto_obligado_id = gen_random_uuid()
        WHERE tenant_id = :tenant AND ocid = :ocid""",
        "La ficha de «{ocid}» no corresponde a su registro.",
    ),
    "no facet": (
        "DELETE FROM process_facet WHERE tenant_id = :tenant AND ocid = :ocid",
        "La ficha de «{ocid}» no corresponde a su registro.",
    ),
    "an entry that says something else than its bytes": (
        "UPDATE release SET tag = '{award}' WHERE tenant_id = :tenant AND ocid = :ocid AND position = 3",
        "El texto publicado no dice lo mismo que su entrada en la cadena.",
    ),
    "an invalid release": (
        """UPDATE release_body SET body = replace(convert_from(body, 'UTF8'), '125000.5', '"mucho"')::bytea
        WHERE tenant_id = :tenant AND position = 1 AND :ocid <> ''""",
        "La entrega publicada no es válida: ",
    ),
    "a total that counts wrong": (
        "UPDATE publication_total SET releases = releases + 1 WHERE tenant_id = :tenant AND :ocid <> ''",
        "Los totales por sujeto obligado no son la cuenta de lo publicado.",
    ),
    "no total": (
        "DELETE FROM publication_total WHERE tenant_id = :tenant AND :ocid <> ''",
        "Los totales por sujeto obligado no son la cuenta de lo publicado.",
    ),
} | {
    f"a head that counts {column} wrong": (
        f"UPDATE chain_head SET {column} = {column} + 1 WHERE tenant_id = :tenant AND :ocid <> ''",  # noqa: S608  # a test's own statement
        "Las cuentas de la cabeza de la cadena no son las de lo publicado.",
    )
    for column in ("live_releases", "live_records", "withdrawals")
}


@pytest.fixture(scope="module")
def sound(make_place: Callable[..., Place]) -> tuple[Press, str]:
    """A process at positions 1 and 3, another at 2, and one withdrawn at 4."""
    press = Press(make_place(policy="direct"))
    ocid, _ = press.release(tender(title="Primero"))
    press.release()
    press.release(tender(title="Segundo"), ocid=ocid)
    press.release()
    press.withdraw(4)
    return press, ocid


def test_what_nobody_touched_holds(sound: tuple[Press, str]) -> None:
    assert sound[0].faults() == []


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_row_tells(sound: tuple[Press, str], superuser: Engine, kind: str) -> None:
    press, ocid = sound
    statement, message = BROKEN[kind]

    found = tampered(superuser, press.place.tenant_id, statement, check=check_tenant, ocid=ocid)

    expected = message.format(ocid=ocid)
    assert any(fault.message.startswith(expected) for fault in found), found


def test_one_tenants_fault_is_not_anothers(
    sound: tuple[Press, str], other_press: Press, superuser: Engine
) -> None:
    press, ocid = sound
    other_press.release()
    statement, _ = BROKEN["no record"]

    def check(session: object, _: object) -> list[chain.Fault]:
        return check_tenant(session, other_press.place.tenant_id)  # type: ignore[arg-type]

    assert tampered(superuser, press.place.tenant_id, statement, check=check, ocid=ocid) == []

"""What a garante decides on its pages: what it may, what shows, and that no declaration takes it back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from threading import Barrier

import pytest
from sqlmodel import select

from app.core.db import RwSession
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.public_log import PublicAct
from app.core.storage import Storage
from app.tenancy import deciding, logo, queries, service
from app.tenancy.declarations import (
    Licence,
    OcidPrefix,
    StateCode,
    TenantDeclaration,
    TenantName,
    Theme,
)
from tests.conftest import Place

NAMING = deciding.Naming("Autoridad Nueva", "AN", "Ley de 2025", date(2025, 3, 21))


def _declared(place: Place, licence: str) -> TenantDeclaration:
    return TenantDeclaration(
        slug=place.slug,
        time_zone="America/Mexico_City",
        state=StateCode(name="Prueba", inegi="14", pnt="JAL"),
        names=(TenantName(name="Nombre Declarado"),),
        ocid_prefixes=(OcidPrefix(prefix=place.prefix, kind="used", fuente="prueba"),),
        licence=Licence(name=licence),
        theme=Theme(accent="#123456"),
    )


def test_two_decisions_at_once_come_one_after_the_other(place: Place) -> None:
    admin = place.actor("garante_admin")
    together = Barrier(3)

    def decide(act: Callable[[RwSession], None]) -> str:
        with place.database.unit_of_work(admin) as session:
            queries.tenant(session, admin)  # as the page did before
            together.wait(timeout=10)
            try:
                act(session)
            except InvalidError as error:
                return error.detail
        return ""

    acts: list[Callable[[RwSession], None]] = [
        lambda session: deciding.rename(session, admin, NAMING),
        lambda session: deciding.rename(session, admin, NAMING),
        lambda session: deciding.set_accent(session, admin, "#0B3A6B"),
    ]
    with ThreadPoolExecutor(3) as pool:
        said = sorted(pool.map(decide, acts))
    assert said[:2] == ["", ""]
    assert "posterior" in said[2]
    with place.database.unit_of_work(admin) as session:
        assert queries.tenant(session, admin).decided == ["accent", "names"]


def test_what_is_decided_on_pages_no_declaration_takes_back(place: Place) -> None:
    admin = place.actor("garante_admin")
    with place.database.unit_of_work(admin) as session:
        deciding.set_accent(session, admin, "#0B3A6B")
        deciding.rename(session, admin, NAMING)

    (applied,) = service.apply(place.database, [_declared(place, "Licencia Uno")])

    assert applied.kept == ("accent", "names")
    with place.database.unit_of_work(admin) as session:
        tenant = queries.tenant(session, admin)
        names = [row.name for row in queries.names(session, admin)]
    assert (tenant.accent, tenant.licence) == ("#0b3a6b", "Licencia Uno")
    assert names[0] == "Autoridad Nueva"
    assert "Nombre Declarado" not in names


def test_names_follow_one_another_in_time(place: Place) -> None:
    admin = place.actor("garante_admin")
    with place.database.unit_of_work(admin) as session:
        deciding.rename(session, admin, NAMING)
    with place.database.unit_of_work(admin) as session:
        rows = queries.names(session, admin)
        assert queries.name_on(rows, date(2025, 3, 20)) == rows[1]
        assert queries.name_on(rows, date(2025, 3, 21)) == rows[0]
    for naming in (NAMING, deciding.Naming(" ", "", "", date(2026, 1, 1))):
        with place.database.unit_of_work(admin) as session, pytest.raises(InvalidError):
            deciding.rename(session, admin, naming)


@pytest.mark.parametrize("accent", ["azul", "#ffff00", "#0b6b3", "#9aa0a6"])
def test_a_colour_that_cannot_be_read_is_refused(place: Place, accent: str) -> None:
    admin = place.actor("garante_admin")
    with place.database.unit_of_work(admin) as session, pytest.raises(InvalidError):
        deciding.set_accent(session, admin, accent)


HOSTILE = b"""<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://example.org/svg.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" onload="alert(1)">
<script>alert(2)</script><style>@import url(http://example.org)</style>
<a href="javascript:alert(3)"><circle r="4"/></a><image x:href="http://example.org/a.png"/>
<foreignObject><body xmlns="http://www.w3.org/1999/xhtml">x</body></foreignObject>
<use x:href="#mark"/><use href="http://example.org/b.svg#c"/><rect fill="url(http://example.org/d)" width="3"/>
<path id="mark" d="M0 0h9" fill="url(#g)"/></svg>"""


def test_of_an_svg_only_what_draws_is_kept() -> None:
    content, kind = logo.tidy(HOSTILE)
    text = content.decode()
    assert kind == logo.SVG
    assert all(part in text for part in ("M0 0h9", "#mark", "url(#g)", 'width="3"'))
    assert not any(
        part in text
        for part in ("alert", "script", "style", "example.org", "foreign", "image", "<a", "circle")
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<html></html>",
        b"\x89PNG" + b"x" * 10,
        b"<svg xmlns='http://www.w3.org/2000/svg'>" + b" " * logo.LARGEST + b"</svg>",
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
    ],
    ids=["nothing", "gif", "html", "half-png", "large", "entities"],
)
def test_what_is_no_logo_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidError):
        logo.tidy(content)


def test_policy_and_licence_stand_in_the_public_log(place: Place) -> None:
    admin = place.actor("garante_admin")
    told = {"policy_text": "Uno\r\n\r\nDos", "policy_url": "", "licence": "CC-BY 4.0"}
    for _ in range(2):
        with place.database.unit_of_work(admin) as session:
            deciding.set_publication(session, admin, **told)
            deciding.set_default_policy(session, admin, "self", "Así lo acordó el pleno")
            deciding.set_review_days(session, admin, 7)
    with place.database.unit_of_work(admin) as session:
        acts = session.exec(select(PublicAct.kind).where(PublicAct.tenant_id == place.tenant_id)).all()
        tenant = queries.tenant(session, admin)
        for bad in ("single", "nadie"):
            with pytest.raises(InvalidError):
                deciding.set_default_policy(session, admin, bad, "x")
        with pytest.raises(InvalidError):
            deciding.set_review_days(session, admin, 0)
        with pytest.raises(InvalidError):
            deciding.set_publication(session, admin, **told | {"policy_url": "javascript:alert(1)"})
    assert sorted(acts) == ["policy_change", "policy_text"]
    assert (tenant.policy_text, tenant.default_policy, tenant.review_days) == ("Uno\n\nDos", "self", 7)


def test_the_calendar_counts_what_the_garante_works(place: Place) -> None:
    admin = place.actor("garante_admin")
    monday, saturday = date(2026, 2, 2), date(2026, 2, 7)
    with place.database.unit_of_work(admin) as session:
        assert not queries.calendar(session, admin, 2026).is_working(monday)
        for day in (monday, saturday):
            deciding.add_days(session, admin, first=day, last=day, kind="working", label="Guardia")
        first, last = date(2026, 7, 20), date(2026, 7, 31)
        assert (
            deciding.add_days(session, admin, first=first, last=last, kind="vacation", label="Verano") == 12
        )
        office = queries.calendar(session, admin, 2026)
        assert (office.is_working(monday), office.is_working(saturday)) == (True, True)
        assert office.add(date(2026, 7, 17), 1) == date(2026, 8, 3)
        deciding.remove_days(session, admin, first=first, last=last)
        assert queries.calendar(session, admin, 2026).add(date(2026, 7, 17), 1) == first
        with pytest.raises(NotFoundError):
            deciding.remove_days(session, admin, first=first, last=last)
        with pytest.raises(InvalidError):
            deciding.add_days(session, admin, first=last, last=first, kind="holiday", label="Al revés")


def test_only_the_administration_decides(place: Place, other_place: Place, storage: Storage) -> None:
    for role in ("garante_reviewer", "so_admin"):
        actor = place.actor(role)
        with place.database.unit_of_work(actor) as session, pytest.raises(ForbiddenError):
            deciding.set_logo(session, actor, storage, BytesIO(HOSTILE))
    admin = place.actor("garante_admin")
    with place.database.unit_of_work(admin) as session:
        deciding.set_logo(session, admin, storage, BytesIO(HOSTILE))
    with other_place.database.unit_of_work(other_place.actor("garante_admin")) as session:
        assert queries.tenant(session, other_place.actor("garante_admin")).logo_key == ""

"""What every page of the desk tells the people of a body that does not work as usual."""

import pytest
from sqlmodel import col, update

from app.tenancy.models import SujetoObligado
from tests.conftest import LiveServer, Place
from tests.html import Page


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("moving", "se está mudando a otro organismo garante"),
        ("suspended", "no puede empezar contrataciones"),
        ("merged", "pasó sus funciones"),
        ("active", ""),
    ],
)
def test_a_body_that_does_not_work_is_told_so(live: LiveServer, place: Place, status: str, said: str) -> None:
    name = "Instituto que se Muda"
    body, other = place.add_sujeto(name=name), place.add_sujeto(name="Instituto que se Queda")
    people = [("so_editor", body), ("so_editor", other), ("garante_admin", None)]
    for role, sujeto in people:
        place.actor(role, sujeto)
    with place.database.owner_work(place.system) as session:
        session.execute(
            update(SujetoObligado).where(col(SujetoObligado.sujeto_obligado_id) == body).values(status=status)
        )

    shown = [
        Page(live.client(place.email(role, sujeto)).get(f"/{place.slug}/panel").text).text
        for role, sujeto in people
    ]

    assert [f"{name} " in one and said in one for one in shown] == [bool(said), False, False]

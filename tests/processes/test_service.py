"""Saving working documents: what is a change and what is not."""

from typing import Any

import pytest

from app.core.db import Database
from app.processes.queries import load_working
from app.processes.service import DocumentWrite, save_documents
from tests.conftest import Place
from tests.factories import document, new_ocid


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (1, 1, "unchanged"),
        (1, True, "changed"),
        (0, False, "changed"),
        (1, 1.0, "changed"),
        (1, 2, "changed"),
        ({"a": 1, "b": [1]}, {"b": [1], "a": 1}, "unchanged"),
        ({"a": 1, "b": [1]}, {"b": [True], "a": 1}, "changed"),
    ],
)
def test_a_value_of_another_type_is_a_change_and_another_order_is_not(
    database: Database, place: Place, before: Any, after: Any, outcome: str
) -> None:
    actor, ocid = place.actor("so_editor"), new_ocid(place)

    saved = []
    for value in (before, after):
        whole = document(planning={"rationale": "Hace falta.", "x_local": value})
        with database.unit_of_work(actor) as session:
            saved += save_documents(session, actor, [DocumentWrite(ocid, place.sujetos[0], whole)])

    assert [one.outcome for one in saved] == ["created", outcome]
    with database.unit_of_work(actor) as session:
        stored = load_working(session, actor, [ocid])[ocid].document["planning"]["x_local"]
    assert (stored, type(stored)) == (after, type(after))

"""What is left of an import whose file is gone: its report, and no button that would need the file."""

from uuid import UUID

import pytest

from app.core.errors import ConflictError
from app.imports import forgetting, queries, service
from app.imports.forgetting import GONE
from tests.conftest import LiveServer
from tests.factories import new_ocid
from tests.imports.conftest import Desk, release


def test_an_import_whose_file_is_gone_goes_no_further(desk: Desk, live: LiveServer) -> None:
    ocid = new_ocid(desk.place)
    waiting, cancelled = desk.read([release(ocid)]), desk.read([release(ocid, id="otra")])
    with desk.database.unit_of_work(desk.actor) as session:
        service.cancel(session, desk.actor, cancelled)
        forgetting.forget(session, desk.actor, UUID(int=0), ocid)

    for import_id in (waiting, cancelled):
        run = desk.run(import_id)
        assert (run.status, run.message) == ("cancelled", GONE)
        for act in (service.confirm, service.resume, service.read_again):
            with desk.database.unit_of_work(desk.actor) as session, pytest.raises(ConflictError):
                act(session, desk.actor, import_id)
        assert desk.run(import_id).message == GONE, "the reason stays"

    client = live.client(desk.place.email("so_editor", desk.place.sujetos[0]))
    page = client.get(f"/{desk.place.slug}/importaciones/{waiting}").text
    assert "se borró" in page
    assert "Volver a leer" not in page
    assert desk.run(waiting).original_deleted_at
    with desk.database.unit_of_work(desk.actor) as session:
        assert {row.title for row in queries.rows(session, desk.actor, waiting).rows} == {""}

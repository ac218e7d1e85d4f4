"""Every act on an import, in every status, by every role: what the table says, and nothing else."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.core.db import Database
from app.core.errors import ConflictError, ForbiddenError
from app.core.policy import ROLES, SUJETO_ROLES, TENANT_ROLES
from app.imports import queries, service
from app.imports.models import RUN_STATUSES, ImportRun
from app.imports.workflow import RUNS
from tests.conftest import Place, place_maker
from tests.imports.conftest import Desk, release


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database without a server: its worker would take the jobs that these tests do themselves."""
    return lone_database


@pytest.fixture(scope="module")
def make_place(database: Database) -> Callable[..., Place]:
    """Make tenants in it."""
    return place_maker(database)


ACTS: dict[str, Callable[..., ImportRun]] = {
    "confirm": service.confirm,
    "cancel": service.cancel,
    "resume": service.resume,
    "read_again": service.read_again,
}


def test_every_status_has_its_words() -> None:
    assert tuple(RUNS.statuses) == RUN_STATUSES
    assert {act.action for act in RUNS.transitions if act.permission} == set(ACTS)


@pytest.mark.parametrize("role", TENANT_ROLES)
@pytest.mark.parametrize("action", ACTS)
def test_an_act_exists_where_the_table_says(
    place: Place, make_desk: Callable[..., Desk], action: str, role: str
) -> None:
    editor = make_desk(place)
    import_id = editor.read([release(f"{place.prefix}-1")])
    actor = place.actor(role, place.sujetos[0] if role in SUJETO_ROLES else None)
    for status in RUN_STATUSES:
        _put(editor, import_id, status, phase="apply" if action == "resume" else "read")
        transition = RUNS.find(action, status)
        # Nobody pushes what is moving.
        moving = action in ("resume", "read_again") and status in ("reading", "applying")
        with place.database.unit_of_work(actor) as session:
            if transition is None or moving:
                with pytest.raises((ConflictError, ForbiddenError)):
                    ACTS[action](session, actor, import_id)
            elif transition.permission not in ROLES[role]:
                with pytest.raises(ForbiddenError):
                    ACTS[action](session, actor, import_id)
            else:
                run = ACTS[action](session, actor, import_id)
                # A run that moves is stopped by its own job, between two units.
                asked = action == "cancel" and status != "previewed"
                assert run.status == (status if asked else transition.target)
                assert run.cancel_requested == asked
                continue
        after = editor.run(import_id)
        assert (after.status, after.cancel_requested) == (status, False)


def _put(desk: Desk, import_id: UUID, status: str, **checkpoint: Any) -> None:
    with desk.database.unit_of_work(desk.actor) as session:
        run = queries.run(session, desk.actor, import_id, for_update=True)
        run.status, run.checkpoint, run.cancel_requested = status, checkpoint, False
        run.counts = {"entries": 1, "pending": 1}

"""Every role × act × state × policy, tried on the real services and compared with the table that the product reads.

Each trial happens in a savepoint that is rolled back, on one process per policy put into the state at hand, with the
person made whoever the act's own rule asks for: what is under trial is the table, refusals included.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import col, update

from app.core import clock
from app.core.db import Actor, RwSession
from app.core.errors import AppError
from app.core.policy import ROLES, SUJETO_ROLES, TENANT_ROLES
from app.core.workflow import Verdict
from app.processes import editing, observations, queries
from app.processes.models import Observation, ProcessVersion
from app.processes.queries import VersionRef
from app.processes.service import name_editor
from app.processes.workflow import OBSERVATIONS, VERSIONS
from app.publication import scheduling
from app.publication.service import publish_batch
from app.review import service
from app.review.policy import SAMPLES, offered, require_act
from app.review.queries import case
from app.review.service import Remark
from app.tenancy.models import POLICIES
from tests.conftest import Place
from tests.factories import draft

REMARKS = [Remark("/tender/title", "Aclara qué papelería.")]
STATUS = {Verdict.FORBIDDEN: 403, Verdict.CONFLICT: 409}

Try = Callable[[RwSession, Actor, VersionRef, int], object]


def _edit(session: RwSession, actor: Actor, ref: VersionRef, _seen: int) -> object:
    change = editing.Change("/description", "Para todas las oficinas")
    return editing.change(session, actor, ref.process_id, "tender", [change], base=1)


def _publish(session: RwSession, actor: Actor, ref: VersionRef, _seen: int) -> object:
    process = queries.working_process(session, actor, ref.process_id)
    row = queries.version(session, actor, ref)
    require_act(actor, case(session, actor, process, ref), "publish")
    assert row.status in ("draft", "approved")
    (outcome,) = publish_batch(session, actor, [ref])
    assert outcome.published, outcome.problems
    return outcome


def _schedule(session: RwSession, actor: Actor, ref: VersionRef, seen: int) -> object:
    return scheduling.schedule(session, actor, ref, seen, clock.now() + timedelta(hours=1))


def _of_the_system(action: str) -> Try:
    """What no person does: nothing but the table stands between."""

    def attempt(session: RwSession, actor: Actor, ref: VersionRef, _seen: int) -> object:
        process = queries.working_process(session, actor, ref.process_id)
        return require_act(actor, case(session, actor, process, ref), action)

    return attempt


ACTS: dict[str, Try] = {
    "submit": service.submit,
    "recall": service.recall,
    "take": service.take,
    "release": service.release,
    "approve": service.approve,
    "approve_alone": service.approve_alone,
    "return": lambda *given: service.return_with_observations(*given, REMARKS),
    "edit": _edit,
    "revoke": service.revoke,
    "publish": _publish,
    "schedule": _schedule,
    "cancel": scheduling.cancel,
    "discard": service.discard,
    "restore": service.restore,
    "observe": lambda *given: service.observe(*given, REMARKS),
    "sample": service.sample,
    **{
        row.action: _of_the_system(row.action)
        for row in VERSIONS.transitions
        if row.permission is None and row.action != "publish"
    },
}


@dataclass(frozen=True)
class Bench:
    """One process of a place whose body has the policy."""

    place: Place
    ref: VersionRef


@pytest.fixture(scope="module")
def benches(make_place: Callable[..., Place]) -> dict[str, Bench]:
    """A tenant per publishing policy, with somebody in every role and one version."""
    found = {}
    for policy in POLICIES:
        place = make_place(policy=policy)
        for role in TENANT_ROLES:
            place.actor(role)
        found[policy] = Bench(place, draft(place, source="import:prueba"))
    return found


def somebody(place: Place, role: str) -> Actor:
    """The actor of a role; of the platform's roles, one who would have come as far as this tenant."""
    if role in TENANT_ROLES:
        return place.actor(role)
    return Actor(tenant_id=place.tenant_id, account_id=place.actor("so_reader").account_id, role=role)


@contextmanager
def trial(session: RwSession, bench: Bench, actor: Actor, status: str, action: str = "") -> Iterator[None]:
    """Put the version into a state, in which the act's own rule is kept; roll it all back afterwards."""
    with session.begin_nested() as savepoint:
        session.exec(
            update(ProcessVersion)
            .where(
                col(ProcessVersion.tenant_id) == actor.tenant_id,
                col(ProcessVersion.process_id) == bench.ref.process_id,
            )
            .values(
                status=status,
                submitted_by=actor.account_id,
                reviewer_id=actor.account_id if action == "release" else None,
                approved_alone=action in SAMPLES,
                scheduled_for=clock.now() + timedelta(hours=1),
            )
        )
        if action == "approve_alone":
            name_editor(session, actor, bench.ref.process_id, bench.ref.number)
        session.expire_all()
        yield
        session.expunge_all()
        savepoint.rollback()


def buttons(session: RwSession, bench: Bench, actor: Actor) -> set[str]:
    process = queries.working_process(session, actor, bench.ref.process_id)
    return {row.action for row in offered(actor, case(session, actor, process, bench.ref))}


def answered(verb: Callable[[], object]) -> int:
    """The HTTP status that a verb would get."""
    try:
        verb()
    except AppError as error:
        return error.status
    return 200


def attempt(session: RwSession, bench: Bench, actor: Actor, action: str) -> int:
    return answered(lambda: ACTS[action](session, actor, bench.ref, 1))


def test_every_act_of_the_table_is_tried() -> None:
    assert set(ACTS) == {row.action for row in VERSIONS.transitions}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("role", ROLES)
def test_services_and_buttons_answer_what_the_table_says(
    benches: dict[str, Bench], role: str, policy: str
) -> None:
    bench = benches[policy]
    actor = somebody(bench.place, role)
    cells = [cell for cell in VERSIONS.matrix([policy]) if cell.role == role]
    wrong = []
    with bench.place.database.unit_of_work(actor) as session:
        for status in VERSIONS.statuses:
            refused = {
                cell.action: STATUS[cell.verdict]
                for cell in cells
                if cell.status == status and cell.verdict is not Verdict.ALLOWED
            }
            with trial(session, bench, actor, status):
                shown = buttons(session, bench, actor)
                said = {action: attempt(session, bench, actor, action) for action in refused}
                assert queries.version(session, actor, bench.ref).row_version == 1
            wrong += [(status, action, said[action]) for action in refused if said[action] != refused[action]]
            wrong += [(status, action, "shown") for action in shown & refused.keys()]
            for action in {cell.action for cell in cells if cell.status == status} - refused.keys():
                with trial(session, bench, actor, status, action):
                    if action not in buttons(session, bench, actor):
                        wrong.append((status, action, "not shown"))
                    if (got := attempt(session, bench, actor, action)) != 200:
                        wrong.append((status, action, got))
    assert wrong == []


@pytest.mark.parametrize("role", SUJETO_ROLES)
def test_another_body_finds_no_version_whatever_the_act(benches: dict[str, Bench], role: str) -> None:
    bench = benches["self"]
    sujetos = bench.place.sujetos
    actor = bench.place.actor(role, sujetos[1] if len(sujetos) > 1 else bench.place.add_sujeto())
    with bench.place.database.unit_of_work(actor) as session:
        assert {attempt(session, bench, actor, action) for action in ACTS} == {404}


@pytest.mark.parametrize("policy", POLICIES)
def test_threads_of_observations_answer_what_the_table_says(benches: dict[str, Bench], policy: str) -> None:
    bench = benches[policy]
    remark = Observation(
        tenant_id=bench.place.tenant_id,
        process_id=bench.ref.process_id,
        number=bench.ref.number,
        remark="¿Qué papelería?",
        status="resolved",  # it hinders no approval
        account_id=bench.place.actor("garante_reviewer").account_id,
    )
    with bench.place.database.unit_of_work(bench.place.system) as session:
        session.add(remark)
    verbs = {"answer": observations.answer, "resolve": observations.resolve, "reopen": observations.reopen}
    wrong = []
    for cell in OBSERVATIONS.matrix([policy]):
        actor = somebody(bench.place, cell.role)
        with bench.place.database.unit_of_work(actor) as session, session.begin_nested() as savepoint:
            session.exec(
                update(Observation)
                .where(
                    col(Observation.tenant_id) == actor.tenant_id,
                    col(Observation.observation_id) == remark.observation_id,
                )
                .values(status=cell.status)
            )
            got = answered(lambda: verbs[cell.action](session, actor, remark.observation_id, "Listo."))  # noqa: B023
            savepoint.rollback()
        if got != (200 if cell.verdict is Verdict.ALLOWED else STATUS[cell.verdict]):
            wrong.append((cell, got))
    assert wrong == []

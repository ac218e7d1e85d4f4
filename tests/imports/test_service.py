"""From a file to drafts and publications: preview, confirm, apply, cancel, resume; and nobody else's process touched."""

import io
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from app.core.db import Database
from app.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    SuspendedError,
    TooLargeError,
)
from app.imports import applying, queries, service
from app.imports.models import ImportRun
from app.processes.models import ProcessVersion
from app.processes.service import PublishOutcome
from app.publication.models import Release
from app.publication.service import publish_batch
from tests.conftest import Place, place_maker
from tests.factories import stand
from tests.imports.conftest import Desk, release


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database without a server: its worker would take the jobs that these tests do themselves."""
    return lone_database


@pytest.fixture(scope="module")
def make_place(database: Database) -> Callable[..., Place]:
    """Make tenants in it."""
    return place_maker(database)


def test_a_file_becomes_a_preview_and_then_drafts(desk: Desk) -> None:
    prefix = desk.place.prefix
    broken = b'{"ocid": "x", '
    content = b"\n".join(
        [
            json.dumps(release(f"{prefix}-1", _id={"$oid": "5"})).encode(),
            broken,
            json.dumps(release(f"{prefix}-2", language=5)).encode(),
            json.dumps(release(f"{prefix}-2", language=5)).encode(),
            json.dumps(release("PC-7")).encode(),
        ]
    )
    import_id = desk.read(content)
    run = desk.run(import_id)
    assert run.status == "previewed"
    assert run.done_bytes == run.size_bytes == len(content)
    assert run.counts == {
        "entries": 5,
        "new": 3,
        "pending": 3,
        "refused": 1,
        "duplicate": 1,
        "kept_values": 1,
        "refused_values": 2,
        "with_errors": 0,
    }
    assert desk.outcomes(import_id) == ["pending", "refused", "pending", "duplicate", "pending"]
    assert desk.process(f"{prefix}-1") is None

    desk.confirm(import_id)
    run = desk.apply(import_id)
    assert run.status == "finished"
    assert {key: run.counts[key] for key in ("created", "refused", "duplicate", "entries", "total")} == {
        "created": 3,
        "refused": 1,
        "duplicate": 1,
        "entries": 5,
        "total": 5,
    }
    first, refused, second, _, mapped = desk.rows(import_id)
    assert first.kept == [{"pointer": "/_id", "value": {"$oid": "5"}}]
    assert "Línea 2" in refused.problems[0]["message"]
    assert (second.problems[0]["pointer"], second.problems[0]["value"]) == ("/language", 5)
    assert (mapped.source_ocid, mapped.ocid) == ("PC-7", f"{prefix}-PC-7")
    process = desk.process("PC-7")
    assert process is not None
    assert (process.ocid, process.open_status) == (f"{prefix}-PC-7", "draft")
    assert process.document == {
        key: value
        for key, value in release("PC-7").items()
        if key in ("parties", "buyer", "tender")
    }  # fmt: skip


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    content = [release(f"{desk.place.prefix}-{number}") for number in range(3)] + [release("sin prefijo/1")]
    desk.bring(content)

    def processes() -> list[object]:
        found = [desk.process(entry["ocid"]) for entry in content]
        return [one and replace(one, stored=[]) for one in found]  # its parts come in any order

    before = processes()
    import_id = desk.read(content)
    assert desk.outcomes(import_id) == ["unchanged"] * 4
    with pytest.raises(ConflictError):
        desk.confirm(import_id)
    assert desk.once(content).counts["unchanged"] == 4
    assert processes() == before


def test_a_job_that_runs_twice_does_its_work_once(desk: Desk) -> None:
    run = desk.bring([release(f"{desk.place.prefix}-1")])
    rows = desk.rows(run.import_id)
    again = desk.apply(run.import_id)
    service.read_run(desk.database, desk.actor, run.import_id, storage=desk.storage)
    assert again.counts == run.counts
    assert desk.rows(run.import_id) == rows


def test_one_pass_does_what_preview_and_confirmation_do(
    make_place: Callable[..., Place], make_desk: Callable[..., Desk]
) -> None:
    outcomes = []
    for way in ("bring", "once"):
        desk = make_desk(make_place())
        content = [
            release(f"{desk.place.prefix}-1"),
            release(f"{desk.place.prefix}-1"),
            release("ocds-zzz999-1"),
            {},
        ]
        run = getattr(desk, way)(content)
        outcomes.append(
            [(row.outcome, [problem["code"] for problem in row.problems]) for row in desk.rows(run.import_id)]
        )
    assert outcomes[0] == outcomes[1]
    assert [outcome for outcome, _ in outcomes[0]] == ["created", "duplicate", "refused", "refused"]


def test_releases_of_one_process_gather_in_one_draft_in_the_order_of_their_dates(desk: Desk) -> None:
    ocid = f"{desk.place.prefix}-1"
    later = release(ocid, date="2024-03-01T00:00:00Z", language=None, awards=[{"id": "a", "title": "Fallo"}])
    later["tender"]["title"] = "Último título"
    middle = release(
        ocid, date="2024-02-01T00:00:00Z", contracts=[{"id": "c", "awardID": "a"}], language="en"
    )
    first = release(ocid, language="es")
    run = desk.bring([later, first, middle])
    assert desk.outcomes(run.import_id) == ["changed", "created", "changed"]
    assert "gathered" in desk.codes(run.import_id)
    process = desk.process(ocid)
    assert process is not None
    assert process.document["tender"]["title"] == "Último título"
    assert [row["id"] for row in process.document["contracts"] + process.document["awards"]] == ["c", "a"]
    assert "language" not in process.document
    assert process.number == 1


def test_a_null_in_a_first_release_is_nothing(desk: Desk) -> None:
    ocid = f"{desk.place.prefix}-1"
    desk.bring([release(ocid, language=None)])
    process = desk.process(ocid)
    assert process is not None
    assert "language" not in process.document


@pytest.mark.parametrize("unit", [200, 2])
def test_an_older_release_that_comes_late_undoes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, unit: int
) -> None:
    monkeypatch.setattr(applying, "UNIT", unit)
    ocid, others = f"{desk.place.prefix}-1", [release(f"{desk.place.prefix}-{place}") for place in (2, 3)]
    new = release(ocid, date="2024-05-01T00:00:00-06:00", awards=[{"id": "a", "title": "Fallo"}])
    new["tender"]["title"] = "Título corregido"
    old = release(
        ocid,
        date="2024-05-01T00:00:00Z",
        language="es",
        awards=[{"id": "a", "title": "Viejo", "status": "active"}],
    )
    older = release(ocid, date="2023-05-01T00:00:00Z", language="en")
    run = desk.bring([new, *others, old])
    desk.bring([older])
    process = desk.process(ocid)
    assert process is not None
    assert process.document["tender"]["title"] == "Título corregido"
    assert process.document["awards"] == [{"id": "a", "title": "Fallo", "status": "active"}]
    assert process.document["language"] == "es"
    if unit == 2:
        assert desk.codes(run.import_id)[3] == "late"


def test_an_update_leaves_what_it_does_not_mention(desk: Desk) -> None:
    ocid = f"{desk.place.prefix}-1"
    desk.bring([release(ocid, language="es")])
    run = desk.bring([{"ocid": ocid, "date": "2025", "tender": {"id": "t1", "description": "Más"}}])
    assert run.counts["changed"] == 1
    process = desk.process(ocid)
    assert process is not None
    assert process.document["language"] == "es"
    assert process.document["tender"] == {**release(ocid)["tender"], "description": "Más"}


def test_an_update_that_would_merge_two_elements_is_refused(desk: Desk) -> None:
    ocid = f"{desk.place.prefix}-1"
    desk.bring([release(ocid)])
    twins = [{"id": "1", "description": "a"}, {"id": "1", "description": "b"}]
    run = desk.bring([release(ocid, awards=[{"id": "a", "items": twins}]), release(f"{ocid}2")])
    assert desk.outcomes(run.import_id) == ["refused", "created"]
    assert desk.codes(run.import_id)[0] == "duplicate-id"


def test_direct_publishing_makes_each_release_its_own(direct_desk: Desk) -> None:
    desk, ocid = direct_desk, f"{direct_desk.place.prefix}-1"
    content = [
        release(ocid, date="2024-02-01T00:00:00Z", language="es"),
        release(ocid),
        release(f"{ocid}2", contracts=[{"title": "sin identificadores"}]),
    ]
    run = desk.bring(content, publish=True)
    assert desk.outcomes(run.import_id) == ["published", "published", "held"]
    with desk.database.unit_of_work(desk.actor) as session:
        found = session.exec(
            select(Release)
            .where(Release.tenant_id == desk.actor.tenant_id, Release.ocid == ocid)
            .order_by(col(Release.position))
        ).all()
    assert len(found) == 2
    process = desk.process(ocid)
    assert process is not None
    assert process.published
    assert process.document["language"] == "es"
    assert run.counts["published"] == 2
    assert run.counts["held"] == 1


def test_without_the_direct_policy_nothing_is_published(desk: Desk, make_desk: Callable[..., Desk]) -> None:
    with pytest.raises(InvalidError):
        desk.read([release(f"{desk.place.prefix}-1")], publish=True)
    garante = make_desk(desk.place, "garante_admin")
    named = {"name": "Secretaría de Pruebas 1 del Estado"}
    run = garante.bring([release(f"{desk.place.prefix}-1", buyer=named)], publish=True)
    assert garante.outcomes(run.import_id) == ["created"]
    assert garante.codes(run.import_id) == ["policy"]


def test_the_padron_says_whose_a_release_is(place: Place, make_desk: Callable[..., Desk]) -> None:
    salud = place.add_sujeto(name="Secretaría de Salud del Estado", rfc="SSE010101AA1")
    garante = make_desk(place, "garante_admin")
    prefix = place.prefix
    run = garante.bring(
        [
            release(f"{prefix}-1", buyer={"id": "sse010101aa1", "name": "Otra"}),
            release(f"{prefix}-2", buyer={"name": "SECRETARIA  DE SALUD DEL ESTADO"}),
            release(f"{prefix}-3", buyer={"name": "Nadie"}),
        ]
    )
    assert garante.outcomes(run.import_id) == ["created", "created", "refused"]
    assert garante.codes(run.import_id)[2] == "no-sujeto"
    process = garante.process(f"{prefix}-1")
    assert process is not None
    assert process.sujeto_obligado_id == salud


def test_another_sujetos_process_is_refused_like_an_absent_one(
    place: Place, make_desk: Callable[..., Desk]
) -> None:
    other = place.add_sujeto()
    theirs, ours = make_desk(place, "so_editor", other), make_desk(place)
    ocid = f"{place.prefix}-1"
    theirs.bring([release(ocid)])
    before = theirs.process(ocid)
    assert before is not None
    for content in ([release(ocid)], [release(ocid, language="es")]):
        run = ours.once(content)
        assert ours.outcomes(run.import_id) == ["refused"]
        (row,) = ours.rows(run.import_id)
        assert [problem["code"] for problem in row.problems if problem["severity"] == "error"] == [
            "not-found"
        ]
        assert row.process_id is None
    after = theirs.process(ocid)
    assert after is not None
    for one in (before, after):
        one.stored.sort(key=lambda part: part.path)  # the database gives them in any order
    assert after == before
    with pytest.raises(NotFoundError):
        theirs.run(run.import_id)
    with pytest.raises(NotFoundError):
        ours.start([release(ocid)], sujeto_obligado_id=other)


def test_another_tenants_ocid_is_refused(
    desk: Desk, other_place: Place, make_desk: Callable[..., Desk]
) -> None:
    ocid = f"{other_place.prefix}-1"
    make_desk(other_place).bring([release(ocid)])
    run = desk.once([release(ocid), release(ocid.upper())])
    assert desk.outcomes(run.import_id) == ["refused", "refused"]
    assert desk.codes(run.import_id) == ["foreign-prefix", "foreign-prefix"]
    assert desk.process(ocid) is None


def test_a_prefix_nobody_owns_can_be_added_by_the_garante(
    place: Place, make_desk: Callable[..., Desk]
) -> None:
    prefix = f"ocds-{uuid4().hex[:6]}"
    editor, garante = make_desk(place), make_desk(place, "garante_admin")
    import_id = editor.read([release(f"{prefix.upper()}-1")])
    with editor.database.unit_of_work(editor.actor) as session:
        assert queries.unknown_prefixes(session, editor.actor, import_id) == {prefix: 1}
        with pytest.raises(ForbiddenError):
            service.accept_prefix(session, editor.actor, prefix)
    with garante.database.unit_of_work(garante.actor) as session:
        service.accept_prefix(session, garante.actor, prefix)
    editor.act(service.read_again, import_id)
    service.read_run(editor.database, editor.actor, import_id, storage=editor.storage)
    editor.confirm(import_id)
    assert editor.apply(import_id).counts["created"] == 1
    process = editor.process(f"{prefix.upper()}-1")
    assert process is not None
    assert process.ocid == f"{prefix}-1"


def test_who_may_not_import_is_refused(place: Place, make_desk: Callable[..., Desk]) -> None:
    for role in ("so_reader", "so_admin", "garante_reviewer"):
        with pytest.raises(ForbiddenError):
            make_desk(place, role).start([release(f"{place.prefix}-1")])


def test_a_file_that_cannot_be_read_fails_with_its_reason(desk: Desk) -> None:
    for content, words in (
        (b"hola", "se esperaba"),
        (b"[]", "No encontramos ninguna"),
        (b"<html>", "página web"),
    ):
        run = desk.run(desk.read(content))
        assert run.status == "failed"
        assert words in run.message


def test_a_file_cut_short_gives_what_was_read_and_says_so(desk: Desk) -> None:
    content = json.dumps(
        {"releases": [release(f"{desk.place.prefix}-{number}") for number in range(3)]}
    ).encode()[:-100]
    run = desk.bring(content)
    assert desk.outcomes(run.import_id) == ["created", "created", "refused"]
    assert "cortado o roto" in run.message


def test_an_oversized_or_empty_upload_is_refused(desk: Desk) -> None:
    with pytest.raises(TooLargeError):
        service.store(desk.storage, desk.actor, "x", io.BytesIO(b"[" * 3_000_000), 2 * 1024 * 1024)
    with pytest.raises(InvalidError):
        service.store(desk.storage, desk.actor, "x", io.BytesIO(b""), 10)


def many(desk: Desk, number: int) -> list[dict[str, Any]]:
    """Releases of a third as many processes: of each, three in a row."""
    return [
        release(
            f"{desk.place.prefix}-{place // 3}",
            date=f"2024-0{place % 3 + 1}-01T00:00:00Z",
            language=f"l{place % 3}",
        )
        for place in range(number)
    ]


class Killed(BaseException):
    """Stands for a process that dies."""


@pytest.mark.parametrize("moment", range(6))
def test_a_killed_import_goes_on_and_does_nothing_twice(
    direct_desk: Desk, moment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = direct_desk
    monkeypatch.setattr(applying, "UNIT", 9)
    content = many(desk, 24)
    import_id = desk.start(content, preview=False, publish=True)
    calls = 0

    def dying(session: Any, actor: Any, versions: list[Any]) -> list[PublishOutcome]:
        nonlocal calls
        calls += 1
        outcomes = publish_batch(session, actor, versions)
        if calls == moment + 1:
            raise Killed
        return outcomes

    with pytest.raises(Killed):
        service.apply_run(desk.database, desk.actor, import_id, publisher=dying, storage=desk.storage)
    assert desk.run(import_id).status == "applying"
    run = desk.apply(import_id)
    assert run.status == "finished"
    assert run.counts["published"] == run.counts["entries"] == 24
    assert desk.outcomes(import_id) == ["published"] * 24
    with desk.database.unit_of_work(desk.actor) as session:
        found = session.exec(select(Release.ocid).where(Release.tenant_id == desk.actor.tenant_id)).all()
    assert len(found) == 24
    assert len(set(found)) == 8


def test_of_two_workers_on_one_import_one_goes_on(direct_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = direct_desk
    monkeypatch.setattr(applying, "UNIT", 9)
    import_id = desk.start(many(desk, 24), preview=False, publish=True)
    overtaken = False

    def slow(session: Any, actor: Any, versions: list[Any]) -> list[PublishOutcome]:
        nonlocal overtaken
        outcomes = publish_batch(session, actor, versions)
        overtaken = True
        return outcomes

    judged = applying.Judge.rows

    def overtake(self: Any, entries: Any) -> Any:
        """Let another worker finish between two units of the first."""
        if overtaken and desk.run(import_id).status == "applying":
            monkeypatch.setattr(applying.Judge, "rows", judged)
            desk.apply(import_id)
        return judged(self, entries)

    monkeypatch.setattr(applying.Judge, "rows", overtake)
    service.apply_run(desk.database, desk.actor, import_id, publisher=slow, storage=desk.storage)
    run = desk.run(import_id)
    assert run.status == "finished"
    assert run.counts["published"] == run.counts["entries"] == 24
    assert desk.outcomes(import_id) == ["published"] * 24


def test_an_import_of_a_suspended_tenant_waits_and_goes_on_when_it_works_again(
    direct_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = direct_desk
    monkeypatch.setattr(applying, "UNIT", 9)
    import_id = desk.start(many(desk, 24), preview=False, publish=True)

    def suspend(run: ImportRun) -> None:
        if run.counts["entries"] < 18:
            stand(desk.place, "suspend")

    with pytest.raises(SuspendedError):
        service.apply_run(
            desk.database, desk.actor, import_id, publisher=publish_batch, storage=desk.storage, watch=suspend
        )
    waiting = desk.run(import_id)
    asked = replace(desk.actor, role="system", sujeto_obligado_id=None)
    with pytest.raises(SuspendedError):
        service.apply_run(desk.database, asked, import_id, publisher=publish_batch, storage=desk.storage)
    stand(desk.place, "resume")
    service.apply_run(desk.database, asked, import_id, publisher=publish_batch, storage=desk.storage)

    assert waiting.status == "applying"
    assert waiting.counts["published"] < 24
    run = desk.run(import_id)
    assert (run.status, run.counts["published"]) == ("finished", 24)


def test_two_readings_at_once_count_once(desk: Desk) -> None:
    import_id = desk.start([release(f"{desk.place.prefix}-{number}") for number in range(500)])
    threads = [
        threading.Thread(
            target=service.read_run,
            args=(desk.database, desk.actor, import_id),
            kwargs={"storage": desk.storage},
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.run(import_id).counts == {"entries": 500, "new": 500, "pending": 500} | dict.fromkeys(
        ("kept_values", "refused_values", "with_errors"), 0
    )


def test_an_import_is_cancelled_between_units_and_resumed(
    direct_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = direct_desk
    monkeypatch.setattr(applying, "UNIT", 5)
    import_id = desk.read([release(f"{desk.place.prefix}-{number}") for number in range(20)], publish=True)
    desk.confirm(import_id)
    calls = 0

    def dying(session: Any, actor: Any, versions: list[Any]) -> list[PublishOutcome]:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Killed
        return publish_batch(session, actor, versions)

    with pytest.raises(Killed):
        service.apply_run(desk.database, desk.actor, import_id, publisher=dying, storage=desk.storage)
    with pytest.raises(ConflictError):
        desk.act(service.resume, import_id)
    desk.act(service.cancel, import_id)
    for _ in range(2):
        run = desk.apply(import_id)
        assert run.status == "cancelled"
        assert run.counts["published"] == 10
    desk.act(service.resume, import_id)
    run = desk.apply(import_id)
    assert run.status == "finished"
    assert run.counts["published"] == run.counts["entries"] == 20
    with pytest.raises(ConflictError):
        desk.act(service.resume, import_id)


def test_a_reading_is_cancelled_and_begun_again(desk: Desk) -> None:
    import_id = desk.start([release(f"{desk.place.prefix}-1")])
    desk.act(service.cancel, import_id)
    service.read_run(desk.database, desk.actor, import_id, storage=desk.storage)
    assert desk.run(import_id).status == "cancelled"
    with pytest.raises(ConflictError):
        desk.act(service.resume, import_id)
    desk.act(service.read_again, import_id)
    service.read_run(desk.database, desk.actor, import_id, storage=desk.storage)
    assert desk.run(import_id).status == "previewed"
    assert desk.act(service.cancel, import_id).status == "cancelled"


def test_a_version_under_review_is_not_touched(desk: Desk) -> None:
    ocid = f"{desk.place.prefix}-1"
    desk.bring([release(ocid)])
    with desk.database.unit_of_work(desk.actor) as session:
        version = session.exec(
            select(ProcessVersion).where(ProcessVersion.tenant_id == desk.actor.tenant_id)
        ).one()
        version.status = "in_review"
    run = desk.once([release(ocid, language="es")])
    assert desk.codes(run.import_id) == ["in-review"]
    process = desk.process(ocid)
    assert process is not None
    assert "language" not in process.document


def test_what_no_database_can_hold_is_reported(desk: Desk) -> None:
    text = json.dumps([release(f"{desk.place.prefix}-1", language="a\0b", _id="c\0d", **{"k\0": 1})])
    run = desk.once(text.encode())
    (row,) = desk.rows(run.import_id)
    assert row.outcome == "created"
    assert {problem["pointer"] for problem in row.problems if problem["code"] == "unfit"} == {
        "/language",
        "/_id",
        "/k␀",
    }
    package = b'{"uri": "a\\u0000b", "releases": [], "otro\\u0000": 1e999}'
    assert desk.run(desk.read(b"[" + package + b"," + text.encode()[1:])).status == "previewed"

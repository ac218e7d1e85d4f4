"""Files of a process: received each on its own, once, by the right people, and kept apart by kind."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.attachments import examining, queries, service
from app.attachments.models import Attachment
from app.attachments.receiving import Intake, SentFile
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.storage import Storage, StorageUnavailableError
from app.review import service as review
from tests.attachments.conftest import MEBIBYTE, Desk, pdf
from tests.conftest import Place
from tests.factories import draft


def test_what_is_sent_is_kept_as_it_came(desk: Desk, storage: Storage) -> None:
    body = pdf("contenido")
    (received,) = desk.send(("carpeta/ACTA_FALLO_LPN-1.pdf", body), stage="award")

    row = received.attachment
    assert row is not None
    assert received.said == "Listo."
    assert (row.file_name, row.media_type, row.size_bytes) == (
        "ACTA_FALLO_LPN-1.pdf",
        "application/pdf",
        len(body),
    )
    assert (row.status, row.kind, row.published_at) == ("ready", "public", None)
    assert b"".join(storage.read(row.storage_key, 0, row.size_bytes)) == body
    document = received.document("https://datos.example/x")
    assert document is not None
    assert document["documentType"] == "awardNotice"
    assert document["url"] == f"https://datos.example/x/archivos/{row.attachment_id}/ACTA_FALLO_LPN-1.pdf"
    assert desk.row(row.attachment_id).uploaded_by == desk.editor.account_id


def test_one_refused_file_stops_no_other(desk: Desk) -> None:
    received = desk.send(("a.pdf", pdf("a")), ("b.pdf", b"MZ\0"), ("c.pdf", b""), ("d.pdf", pdf("d")))
    assert [one.attachment is not None for one in received] == [True, False, False, True]
    assert "un programa" in received[1].said
    assert "vacío" in received[2].said


def test_a_file_over_the_limit_is_refused_and_leaves_nothing(desk: Desk) -> None:
    desk.settings = desk.settings.model_copy(update={"attachment_limit": MEBIBYTE})
    (received,) = desk.send(("grande.pdf", pdf() + b"0" * MEBIBYTE))
    assert received.attachment is None
    assert "pasa de 1.0" in received.said
    assert list(desk.storage.files(desk.place.tenant_id, "public")) == []


def test_the_same_file_is_recognised_whatever_its_name(desk: Desk) -> None:
    first = desk.send_one("acta.pdf")
    (again,) = desk.send(("otro nombre.pdf", pdf()))
    assert again.repeated
    assert again.attachment is not None
    assert again.attachment.attachment_id == first.attachment_id
    assert "mismo archivo" in again.said
    assert len(list(desk.storage.files(desk.place.tenant_id, "public"))) == 1


def test_twice_in_one_go_is_once(desk: Desk) -> None:
    first, second = desk.send(("a.pdf", pdf()), ("b.pdf", pdf()))
    assert first.attachment is not None
    assert second.attachment is not None
    assert (first.repeated, second.repeated) == (False, True)
    assert first.attachment.attachment_id == second.attachment.attachment_id


def test_the_same_file_in_another_process_is_another(desk: Desk) -> None:
    first = desk.send_one()
    other = draft(desk.place).process_id
    (second,) = desk.send(("acta.pdf", pdf()), process_id=other)
    assert second.attachment is not None
    assert not second.repeated
    assert second.attachment.attachment_id != first.attachment_id


def test_a_reserved_original_is_never_taken_as_a_public_version(desk: Desk) -> None:
    original = desk.send_one("original.pdf", pdf("secreto"), kind="reserved")
    other = draft(desk.place).process_id
    for process_id in (desk.process_id, other):
        (refused,) = desk.send(("version publica.pdf", pdf("secreto")), process_id=process_id)
        assert refused.attachment is None
        assert "original reservado" in refused.said

    (taken,) = desk.send(("version publica.pdf", pdf("testado")), original_id=original.attachment_id)
    assert taken.attachment is not None
    assert desk.row(taken.attachment.attachment_id).original_id == original.attachment_id


def test_a_public_version_is_not_taken_as_a_reserved_original(desk: Desk) -> None:
    public = desk.send_one("acta.pdf")
    for process_id in (desk.process_id, draft(desk.place).process_id):
        (refused,) = desk.send(("acta.pdf", pdf()), kind="reserved", process_id=process_id)
        assert refused.attachment is None
        assert "versión pública" in refused.said
    with desk.database.unit_of_work(desk.editor) as session:
        service.discard(session, desk.editor, desk.process_id, public.attachment_id)
    (taken,) = desk.send(("acta.pdf", pdf()), kind="reserved")
    assert taken.attachment is not None
    assert taken.document("https://datos.example") is None, "a reserved original has no address"


def test_only_a_public_version_has_an_original_and_only_a_reserved_one_is_it(desk: Desk) -> None:
    public = desk.send_one("a.pdf", pdf("a"))
    original = desk.send_one("b.pdf", pdf("b"), kind="reserved")
    with pytest.raises(InvalidError):
        desk.send(("c.pdf", pdf("c")), original_id=public.attachment_id)
    with pytest.raises(InvalidError):
        desk.send(("c.pdf", pdf("c")), kind="reserved", original_id=original.attachment_id)
    with pytest.raises(NotFoundError):
        desk.send(("c.pdf", pdf("c")), original_id=uuid4())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE attachment SET published_at = now() WHERE kind = 'reserved'",
        "UPDATE attachment SET kind = 'public'",
        "UPDATE attachment SET storage_key = replace(storage_key, 'reserved', 'public')",
        "UPDATE attachment SET storage_key = tenant_id || '/other/x'",
        "UPDATE attachment SET tenant_id = gen_random_uuid()",
        "DELETE FROM attachment",
    ],
)
def test_the_database_itself_keeps_the_kinds_apart(desk: Desk, statement: str) -> None:
    desk.send_one("original.pdf", kind="reserved")
    with desk.database.unit_of_work(desk.editor) as session, pytest.raises(DBAPIError):
        session.execute(text(statement))


@pytest.mark.parametrize("kind", ["public", "reserved"])
def test_a_key_of_the_other_kind_is_refused_by_the_database(desk: Desk, kind: str) -> None:
    row = desk.send_one("original.pdf", kind="reserved")
    other = {"public": "reserved", "reserved": "public"}[kind]
    facts = row.model_dump() | {
        "attachment_id": uuid4(),
        "kind": kind,
        "storage_key": f"{row.tenant_id}/{other}/{uuid4()}",
        "sha256": b"x",
    }
    with desk.database.unit_of_work(desk.editor) as session:
        session.add(Attachment(**facts))
        with pytest.raises(IntegrityError, match="kept_apart"):
            session.flush()
        session.rollback()


def test_who_may_send(desk: Desk, other_place: Place) -> None:
    other_body = desk.place.add_sujeto()
    strangers = [other_place.actor("so_editor"), desk.place.actor("so_editor", other_body)]
    for stranger in strangers:
        with pytest.raises(NotFoundError):
            desk.send(("a.pdf", pdf()), actor=stranger)
    for role in ("so_reader", "so_publisher", "so_admin", "garante_admin", "garante_reviewer"):
        with pytest.raises(ForbiddenError):
            desk.send(("a.pdf", pdf()), actor=desk.place.actor(role))
    with pytest.raises(NotFoundError):
        desk.send(("a.pdf", pdf()), process_id=uuid4())
    with pytest.raises(InvalidError):
        desk.send()


def test_who_may_read_a_reserved_original_and_it_is_recorded(desk: Desk, other_place: Place) -> None:
    row = desk.send_one("original.pdf", kind="reserved")
    other_body = desk.place.add_sujeto()

    def read(actor: object) -> None:
        with desk.database.unit_of_work(actor) as session:  # type: ignore[arg-type]
            service.opened(session, actor, desk.process_id, row.attachment_id)  # type: ignore[arg-type]

    for role in ("so_reader", "so_publisher", "so_admin", "garante_reviewer"):
        read(desk.place.actor(role))
    for stranger in (
        desk.place.actor("garante_admin"),
        desk.place.actor("so_reader", other_body),
        other_place.actor("garante_reviewer"),
    ):
        with pytest.raises(NotFoundError):
            read(stranger)
    with desk.database.unit_of_work(desk.place.system) as session:
        reads = session.execute(
            text(
                "SELECT count(*) FROM audit_event WHERE tenant_id = :id AND verb = 'attachment.read_reserved'"
            ),
            {"id": desk.place.tenant_id},
        ).scalar_one()
        listed = [
            queries.of_process(session, desk.place.actor(role), desk.process_id).rows
            for role in ("so_reader", "garante_admin")
        ]
    assert reads == 4
    assert [len(rows) for rows in listed] == [1, 0]


def test_a_file_is_found_below_its_own_process_only(desk: Desk) -> None:
    row = desk.send_one()
    other = draft(desk.place).process_id
    with desk.database.unit_of_work(desk.editor) as session:
        with pytest.raises(NotFoundError):
            service.opened(session, desk.editor, other, row.attachment_id)
        with pytest.raises(NotFoundError):
            service.discard(session, desk.editor, other, row.attachment_id)
        assert service.opened(session, desk.editor, desk.process_id, row.attachment_id) is not None


def test_no_file_is_sent_to_a_version_under_review(desk: Desk) -> None:
    ref = draft(desk.place)
    with desk.database.unit_of_work(desk.editor) as session:
        review.submit(session, desk.editor, ref, 1)
    with pytest.raises(ConflictError, match="En revisión"):
        desk.send(("a.pdf", pdf()), process_id=ref.process_id)


def test_a_discarded_file_is_gone_and_may_be_sent_again(desk: Desk) -> None:
    row = desk.send_one()
    with desk.database.unit_of_work(desk.editor) as session:
        service.discard(session, desk.editor, desk.process_id, row.attachment_id)
    examining.delete_bytes(desk.workplace, desk.place.system, row.attachment_id)
    assert not desk.has_bytes(row)
    with desk.database.unit_of_work(desk.editor) as session, pytest.raises(NotFoundError):
        service.opened(session, desk.editor, desk.process_id, row.attachment_id)
    again = desk.send_one()
    assert again.attachment_id != row.attachment_id


def test_bytes_of_a_file_that_stands_are_never_deleted(desk: Desk) -> None:
    row = desk.send_one()
    examining.delete_bytes(desk.workplace, desk.place.system, row.attachment_id)
    assert desk.has_bytes(row)


def test_a_store_that_does_not_answer_loses_one_file_and_no_row(desk: Desk, tmp_path: object) -> None:
    class Away(Storage):
        def put(self, key: str, source: object) -> None:
            raise StorageUnavailableError

    away = Away.local(desk.settings.state_folder)
    sent = [SentFile("a.pdf", BytesIO(pdf()))]
    with desk.database.unit_of_work(desk.editor) as session:
        intake = Intake(away, MEBIBYTE, scanned=False)
        (received,) = service.receive(session, desk.editor, intake, desk.process_id, sent)
    assert received.attachment is None
    assert "no responde" in received.said
    with desk.database.unit_of_work(desk.editor) as session:
        assert queries.of_process(session, desk.editor, desk.process_id).rows == []


def test_what_a_crash_leaves_is_swept_and_what_is_needed_is_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = desk.send_one("a.pdf", pdf("a"))
    original = desk.send_one("b.pdf", pdf("b"), kind="reserved")
    discarded = desk.send_one("c.pdf", pdf("c"))
    intake = Intake.of(desk.storage, desk.settings)
    with desk.database.unit_of_work(desk.editor) as session:
        service.receive(session, desk.editor, intake, desk.process_id, [SentFile("d.pdf", BytesIO(pdf("d")))])
        session.rollback()  # the machine stops before the commit
    with desk.database.unit_of_work(desk.editor) as session:
        service.discard(session, desk.editor, desk.process_id, discarded.attachment_id)

    examining.sweep(desk.workplace)

    def left() -> list[str]:
        return [
            file.key
            for kind in ("public", "reserved")
            for file in desk.storage.files(desk.place.tenant_id, kind)
        ]

    assert len(left()) == 3, "the orphan is young: its upload might still be on its way"
    assert not desk.has_bytes(discarded), "its row says that it is gone, whatever became of the job"
    monkeypatch.setattr(examining, "ORPHAN_AFTER", timedelta(seconds=-60))
    examining.sweep(desk.workplace)
    assert sorted(left()) == sorted([kept.storage_key, original.storage_key])


def test_the_list_is_paged(desk: Desk) -> None:
    names = [f"{number}.pdf" for number in range(5)]
    for name in names:
        desk.send_one(name, pdf(name))
    seen, cursor = [], None
    with desk.database.unit_of_work(desk.editor) as session:
        while True:
            page = queries.of_process(session, desk.editor, desk.process_id, cursor=cursor, limit=2)
            seen += [row.file_name for row in page.rows]
            if (cursor := page.next_cursor) is None:
                break
    assert seen == names[::-1]

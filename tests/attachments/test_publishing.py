"""A file becomes public with the release that names it, goes with the last one, and no other way."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import select

from app.attachments import examining, service
from app.attachments.addresses import address
from app.attachments.models import Attachment
from app.core.storage import Storage
from app.processes.queries import VersionRef
from app.processes.service import PublishOutcome
from app.publication.models import Release
from app.publication.service import publish_batch
from app.publication.withdrawal import withdraw
from app.settings import Settings
from tests.attachments.conftest import Desk, pdf
from tests.conftest import LiveServer, Place
from tests.factories import document, draft

imported = partial(draft, source="import:prueba")
"""A draft as a trusted system leaves it: these bodies publish nothing else directly."""
ROOT = "http://127.0.0.1/aqui"


@pytest.fixture
def house(make_place: Callable[..., Place], storage: Storage, settings: Settings) -> Desk:
    """A body that publishes directly, with an open draft."""
    place = make_place(policy="direct")
    return Desk(place, storage, imported(place).process_id, settings)


def url_of(row: Attachment, root: str = ROOT) -> str:
    return address(root, row.attachment_id, row.file_name)


def written(*urls: str, title: str = "Papelería") -> dict[str, Any]:
    documents = [
        {"id": f"doc-{number}", "title": "Acta", "documentType": "tenderNotice", "url": url}
        for number, url in enumerate(urls)
    ]
    tender = document()["tender"] | {"title": title}
    return document(tender=tender | ({"documents": documents} if documents else {}))


def ocid_of(house: Desk, process_id: UUID | None = None) -> str:
    with house.database.unit_of_work(house.place.system) as session:
        return str(
            session.execute(
                text("SELECT ocid FROM contracting_process WHERE process_id = :id"),
                {"id": process_id or house.process_id},
            ).scalar_one()
        )


def publish(
    house: Desk, *urls: str, process_id: UUID | None = None, title: str = "Papelería"
) -> PublishOutcome:
    """Write a document that links these addresses and publish it."""
    ref = imported(house.place, written(*urls, title=title), ocid=ocid_of(house, process_id))
    publisher = house.place.actor("so_publisher")
    with house.database.unit_of_work(publisher) as session:
        (outcome,) = publish_batch(session, publisher, [ref])
    return outcome


def why(outcome: PublishOutcome) -> str:
    assert not outcome.published
    (problem,) = outcome.problems
    assert (problem["severity"], problem["code"]) == ("error", "attachment")
    return str(problem["message"])


def take_back(house: Desk, number: int = 1) -> None:
    """Withdraw the process' release of that number."""
    publisher = house.place.actor("so_publisher")
    with house.database.unit_of_work(publisher) as session:
        position = session.exec(
            select(Release.position).where(
                Release.tenant_id == house.place.tenant_id,
                Release.process_id == house.process_id,
                Release.version_number == number,
                Release.kind == "release",
            )
        ).one()
        withdraw(session, publisher, position, "Artículo 1 de la ley de prueba")


def public_answer(live: LiveServer, house: Desk, row: Attachment, **headers: str) -> httpx2.Response:
    return live.client().get(url_of(row, f"/{house.place.slug}"), headers=headers)


def test_before_its_release_the_address_answers_nobody_and_after_it_everybody(
    house: Desk, live: LiveServer
) -> None:
    row = house.send_one("acta fallo (1) ñ.pdf", pdf("público"))
    absent = public_answer(live, house, replace_id(row))
    before = public_answer(live, house, row)
    assert (before.status_code, absent.status_code) == (404, 404)
    assert house.place.email("so_editor")

    assert publish(house, url_of(row)).published

    answer = public_answer(live, house, row)
    assert (answer.status_code, answer.content) == (200, pdf("público"))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["etag"] == f'"{row.sha256.hex()}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "must-revalidate" in answer.headers["cache-control"]
    assert answer.headers["content-disposition"].startswith('inline; filename="acta fallo (1) _.pdf"')
    assert house.row(row.attachment_id).published_at is not None


def replace_id(row: Attachment) -> Attachment:
    return Attachment(**row.model_dump() | {"attachment_id": uuid4()})


@pytest.fixture
def published(house: Desk) -> Attachment:
    row = house.send_one("datos.csv", b"0123456789")
    assert publish(house, url_of(row)).published
    return row


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-30", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=4-2", 416, b"", "bytes */10"),
        ("bytes=0-1,3-4", 200, b"0123456789", ""),
        ("bytes=-", 200, b"0123456789", ""),
        ("rows=1-2", 200, b"0123456789", ""),
    ],
)
def test_a_part_may_be_asked_for(
    house: Desk, live: LiveServer, published: Attachment, *, asked: str, status: int, body: bytes, told: str
) -> None:
    answer = public_answer(live, house, published, Range=asked)
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers.get("content-range", "") == told
    assert answer.headers["accept-ranges"] == "bytes"


def test_what_one_has_is_not_sent_again(house: Desk, live: LiveServer, published: Attachment) -> None:
    etag = f'"{published.sha256.hex()}"'
    held = public_answer(live, house, published, **{"If-None-Match": f'"otro", W/{etag}'})
    other = public_answer(live, house, published, **{"If-None-Match": '"otro"'})
    stale = public_answer(live, house, published, Range="bytes=2-4", **{"If-Range": '"otro"'})
    same = public_answer(live, house, published, Range="bytes=2-4", **{"If-Range": etag})
    assert [one.status_code for one in (held, other, stale, same)] == [304, 200, 200, 206]
    assert held.content == b""


def test_the_head_tells_all_but_the_bytes(house: Desk, live: LiveServer, published: Attachment) -> None:
    answer = live.client().head(url_of(published, f"/{house.place.slug}"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "10"
    assert answer.headers["content-type"].startswith("text/csv")


def test_another_name_leads_to_the_right_one(house: Desk, live: LiveServer, published: Attachment) -> None:
    answer = live.client().get(f"/{house.place.slug}/archivos/{published.attachment_id}/otro.csv")
    assert answer.status_code == 308
    assert answer.headers["location"] == url_of(published, f"/{house.place.slug}")


@pytest.mark.parametrize(
    ("name", "body", "how"),
    [
        ("a.pdf", pdf(), "inline"),
        ("a.txt", b"hola", "inline"),
        ("a.xml", b"<a/>", "attachment"),
        ("a.json", b"{}", "attachment"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "inline"),
        ("a.dwg", b"AC1032" + b"\0" * 40, "attachment"),
    ],
)
def test_a_browser_shows_only_what_cannot_run(
    house: Desk, live: LiveServer, *, name: str, body: bytes, how: str
) -> None:
    row = house.send_one(name, body)
    publish(house, url_of(row))
    answer = public_answer(live, house, row)
    assert answer.headers["content-disposition"].startswith(f"{how};")
    assert answer.headers["content-security-policy"].endswith("sandbox")


def test_below_another_tenant_it_is_not_found(
    house: Desk, live: LiveServer, published: Attachment, other_place: Place
) -> None:
    live.app.state.directory.forget()
    answer = live.client().get(url_of(published, f"/{other_place.slug}"))
    assert answer.status_code == 404


def test_a_reserved_original_is_never_published(house: Desk, live: LiveServer) -> None:
    row = house.send_one("original.pdf", pdf("secreto"), kind="reserved")
    assert "original reservado" in why(publish(house, url_of(row)))
    assert public_answer(live, house, row).status_code == 404
    assert house.row(row.attachment_id).published_at is None


def test_a_file_of_another_process_stops_the_release(house: Desk) -> None:
    other = imported(house.place).process_id
    (received,) = house.send(("acta.pdf", pdf()), process_id=other)
    assert received.attachment is not None
    assert "otra contratación" in why(publish(house, url_of(received.attachment)))
    assert house.row(received.attachment.attachment_id).published_at is None


def test_a_file_of_another_tenant_stops_the_release_and_is_not_told_of(
    house: Desk, other_place: Place, storage: Storage, settings: Settings
) -> None:
    theirs = Desk(other_place, storage, imported(other_place).process_id, settings).send_one("acta ajena.pdf")
    url = url_of(theirs, f"http://127.0.0.1/{other_place.slug}")
    nothing = url.replace(str(theirs.attachment_id), str(uuid4()))
    said = why(publish(house, url))
    assert "no está aquí" in said
    assert said.replace(url, "") == why(publish(house, nothing)).replace(nothing, "")


def test_a_link_to_another_site_is_no_business_of_ours(house: Desk) -> None:
    assert publish(
        house, f"https://otro.gob.mx/x/archivos/{uuid4()}/acta.pdf", "https://a.gob.mx/b.pdf"
    ).published


@pytest.mark.parametrize("state", ["scanning", "infected", "withdrawn"])
def test_a_file_that_is_not_ready_stops_the_release(house: Desk, state: str) -> None:
    """One with a virus, one that nobody has looked at, one that was discarded."""
    row = house.send_one()
    if state == "withdrawn":
        with house.database.unit_of_work(house.editor) as session:
            service.discard(session, house.editor, house.process_id, row.attachment_id)
    else:
        with house.database.unit_of_work(house.place.system) as session:
            session.execute(
                text("UPDATE attachment SET status = :state WHERE attachment_id = :id"),
                {"id": row.attachment_id, "state": state},
            )
    words = {"scanning": "en busca de virus", "infected": "tiene un virus", "withdrawn": "envíalo otra vez"}
    assert words[state] in why(publish(house, url_of(row)))


def test_one_release_held_back_stops_no_other(house: Desk) -> None:
    reserved = house.send_one("original.pdf", kind="reserved")
    good_process = imported(house.place).process_id
    (received,) = house.send(("acta.pdf", pdf("buena")), process_id=good_process)
    assert received.attachment is not None
    refs = [
        imported(house.place, written(url_of(reserved)), ocid=ocid_of(house)),
        imported(house.place, written(url_of(received.attachment)), ocid=ocid_of(house, good_process)),
    ]
    publisher = house.place.actor("so_publisher")
    with house.database.unit_of_work(publisher) as session:
        outcomes = publish_batch(session, publisher, refs)
    assert [one.published for one in outcomes] == [False, True]
    assert house.row(received.attachment.attachment_id).published_at is not None


def test_when_the_publication_fails_nothing_is_public(house: Desk) -> None:
    row = house.send_one()
    ref: VersionRef = imported(house.place, written(url_of(row)), ocid=ocid_of(house))
    publisher = house.place.actor("so_publisher")
    with house.database.unit_of_work(publisher) as session:
        (outcome,) = publish_batch(session, publisher, [ref])
        assert outcome.published
        session.rollback()
    assert house.row(row.attachment_id).published_at is None


def test_a_published_file_is_not_discarded(house: Desk, published: Attachment) -> None:
    imported(house.place, written(title="Otra cosa"), ocid=ocid_of(house))
    with (
        house.database.unit_of_work(house.editor) as session,
        pytest.raises(Exception, match="ya es público"),
    ):
        service.discard(session, house.editor, house.process_id, published.attachment_id)


def test_with_the_last_release_that_names_it_a_file_goes(house: Desk, live: LiveServer) -> None:
    first, second = house.send_one("a.pdf", pdf("a")), house.send_one("b.pdf", pdf("b"))
    unpublished = house.send_one("c.pdf", pdf("c"))
    assert publish(house, url_of(first)).published
    assert publish(house, url_of(first), url_of(second), title="Segunda").published

    take_back(house, 1)
    # The second release tells the whole list again, so it still names the first file.
    assert [public_answer(live, house, row).status_code for row in (first, second)] == [200, 200]

    take_back(house, 2)
    for row in (first, second):
        gone = public_answer(live, house, row)
        assert gone.status_code == 410
        assert "se retiró" in gone.text
        for _ in range(2):  # a job may run again
            examining.delete_bytes(house.workplace, house.place.system, row.attachment_id)
        assert not house.has_bytes(row)
    assert house.has_bytes(unpublished)
    assert public_answer(live, house, unpublished).status_code == 404
    assert "envíalo otra vez" in why(publish(house, url_of(first), title="Tercera"))


def test_the_role_of_the_world_reads_what_is_published_and_nothing_else(house: Desk) -> None:
    public, waiting = house.send_one("a.pdf", pdf("a")), house.send_one("b.pdf", pdf("b"))
    reserved = house.send_one("c.pdf", pdf("c"), kind="reserved")
    publish(house, url_of(public))
    with house.database.engine("public").connect() as connection:
        seen = connection.execute(
            text("SELECT attachment_id FROM attachment WHERE tenant_id = :id"), {"id": house.place.tenant_id}
        ).scalars()
        assert set(seen) == {public.attachment_id}
        for column in ("uploaded_by", "scan_note", "process_id", "*"):
            with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
                connection.execute(text(f"SELECT {column} FROM attachment"))  # noqa: S608  # names of our own columns
        with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
            connection.execute(text("SELECT 1 FROM link_check"))
    assert waiting.attachment_id != reserved.attachment_id

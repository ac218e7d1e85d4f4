"""The desk's addresses of files over HTTP: with and without script, for programs, and what is refused."""

from collections.abc import Callable

import httpx2
import pytest

from app.main import FILE_PATHS
from app.settings import Settings
from tests.attachments.conftest import Desk, pdf
from tests.conftest import LiveServer

JSON = {"Accept": "application/json"}
Browser = Callable[..., httpx2.Client]


@pytest.fixture
def browser(desk: Desk, live: LiveServer) -> Browser:
    def open_as(role: str = "so_editor") -> httpx2.Client:
        actor = desk.place.actor(role)
        return live.client(desk.place.email(role, actor.sujeto_obligado_id))

    return open_as


def home(desk: Desk) -> str:
    return f"/{desk.place.slug}/procesos-internos/{desk.process_id}/archivos"


PUBLIC = {"clase": "public"}


def parts(*files: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes, str]]]:
    # What the browser says of a file's type is not believed.
    return [("archivos", (name, body, "text/html")) for name, body in files]


def test_many_files_are_sent_by_a_plain_form_and_listed(desk: Desk, browser: Browser) -> None:
    client = browser()
    answer = client.post(home(desk), files=parts(("a.pdf", pdf("a")), ("ñandú.pdf", pdf("b"))), data=PUBLIC)
    assert (answer.status_code, answer.headers["location"]) == (303, home(desk))
    listed = client.get(home(desk)).text
    assert "a.pdf" in listed
    assert "ñandú.pdf" in listed
    assert "Versión pública" in listed


def test_where_one_is_refused_the_page_says_which_and_why(desk: Desk, browser: Browser) -> None:
    answer = browser().post(home(desk), files=parts(("a.pdf", pdf()), ("b.pdf", b"MZ\0")), data=PUBLIC)
    assert answer.status_code == 200
    assert "dice ser PDF y por dentro es un programa" in answer.text
    refused = browser().post(home(desk), files=parts(("b.pdf", b"MZ\0")), data=PUBLIC)
    assert refused.status_code == 422


def test_a_program_is_told_of_each_file_with_the_document_to_add(desk: Desk, browser: Browser) -> None:
    answer = browser().post(
        home(desk),
        files=parts(("ACTA_FALLO.pdf", pdf()), ("b.pdf", b"")),
        data=PUBLIC | {"etapa": "award", "lista": "awards/1/documents"},
        headers=JSON,
    )
    assert answer.status_code == 200
    taken, refused = answer.json()["archivos"]
    assert (taken["recibido"], taken["mensaje"], taken["clase"], taken["estado"]) == (
        True,
        "Listo.",
        "public",
        "ready",
    )
    document = taken["documento"]
    assert (document["documentType"], document["title"]) == ("awardNotice", "Acta fallo")
    assert document["url"].startswith("http://127.0.0.1:")
    assert document["url"].endswith(f"/{desk.place.slug}/archivos/{taken['attachment_id']}/ACTA_FALLO.pdf")
    assert (refused["recibido"], "vacío" in refused["mensaje"]) == (False, True)


def test_a_part_of_the_page_is_answered_with_a_part(desk: Desk, browser: Browser) -> None:
    answer = browser().post(
        home(desk), files=parts(("a.pdf", pdf())), data=PUBLIC, headers={"X-Fragment": "recibidos"}
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "a.pdf" in answer.text


def test_no_file_is_told_beside_the_field(desk: Desk, browser: Browser) -> None:
    answer = browser().post(home(desk), data={"clase": "public"})
    assert answer.status_code == 422
    assert "Elige al menos un archivo" in answer.text
    assert browser().post(home(desk), data=PUBLIC, headers=JSON).json()["detail"].startswith("Elige")


def test_a_reserved_original_and_its_public_version(desk: Desk, browser: Browser) -> None:
    client = browser()
    sent = client.post(
        home(desk), files=parts(("original.pdf", pdf("o"))), data={"clase": "reserved"}, headers=JSON
    ).json()["archivos"][0]
    assert (sent["clase"], sent["documento"]) == ("reserved", None)
    client.post(
        home(desk), files=parts(("publica.pdf", pdf("p"))), data=PUBLIC | {"original": sent["attachment_id"]}
    )
    assert "versión pública de «original.pdf»" in client.get(home(desk)).text
    assert "original.pdf" not in browser("garante_admin").get(home(desk)).text
    assert "original.pdf" in browser("garante_reviewer").get(home(desk)).text


@pytest.mark.parametrize("data", [{"clase": "otra"}, PUBLIC | {"original": "nada"}, {}])
def test_a_form_that_says_something_else_is_refused(
    desk: Desk, browser: Browser, data: dict[str, str]
) -> None:
    answer = browser().post(home(desk), files=parts(("a.pdf", pdf())), data=data, headers=JSON)
    assert answer.status_code == 422


def test_a_file_is_read_from_the_desk_and_kept_by_no_cache(desk: Desk, browser: Browser) -> None:
    row = desk.send_one("original.pdf", pdf("o"), kind="reserved")
    answer = browser("so_reader").get(f"{home(desk)}/{row.attachment_id}", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, b"%PDF")
    assert answer.headers["cache-control"] == "private, no-store"
    assert "access-control-allow-origin" not in answer.headers


def test_a_file_is_discarded_from_the_page(desk: Desk, browser: Browser) -> None:
    row = desk.send_one()
    client = browser()
    address = f"{home(desk)}/{row.attachment_id}/descarte"
    assert address in client.get(home(desk)).text
    assert client.post(address).status_code == 303
    assert client.get(f"{home(desk)}/{row.attachment_id}").status_code == 404
    assert client.post(address).status_code == 404


def test_who_does_not_capture_sees_the_files_and_why_none_can_be_sent(desk: Desk, browser: Browser) -> None:
    desk.send_one("acta.pdf")
    client = browser("so_reader")
    shown = client.get(home(desk)).text
    assert "acta.pdf" in shown
    assert "quien captura" in shown
    assert 'type="file"' not in shown
    assert client.post(home(desk), files=parts(("a.pdf", pdf())), data=PUBLIC).status_code == 403


def test_a_file_may_be_larger_than_other_forms(desk: Desk, browser: Browser, settings: Settings) -> None:
    large = pdf() + b"0" * settings.body_limit
    assert browser().post(home(desk), files=parts(("a.pdf", large)), data=PUBLIC).status_code == 200, (
        "with advice: no %%EOF"
    )
    elsewhere = browser().post(f"/{desk.place.slug}/panel", content=large)
    assert elsewhere.status_code == 413


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("/jalisco/procesos-internos/1/archivos", True),
        ("/procesos-internos/1/archivos", True),
        ("/jalisco/procesos-internos/1/captura/tender/documents/archivos", True),
        ("/jalisco/procesos-internos/1/archivos/2/descarte", False),
        ("/jalisco/archivos/1/a.pdf", False),
    ],
)
def test_only_where_files_are_sent_a_request_may_be_large(path: str, *, taken: bool) -> None:
    assert bool(FILE_PATHS.fullmatch(path)) == taken

"""Small real files, a scanner that listens, and somebody who sends."""

import io
import socket
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from app.attachments import service
from app.attachments.models import Attachment
from app.attachments.receiving import Intake, Kind, Received, SentFile
from app.core.db import Actor, Database
from app.core.jobs import Workplace
from app.core.storage import Storage
from app.settings import Settings
from tests.conftest import Place
from tests.factories import draft

MEBIBYTE = 1024 * 1024


def pdf(text: str = "hola") -> bytes:
    return f"%PDF-1.4\n% {text}\ntrailer << /Size 1 >>\nstartxref\n0\n%%EOF\n".encode()


def packed(entries: dict[str, bytes]) -> bytes:
    """A ZIP with these entries, in order, not compressed."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, archive.compression)
    return body.getvalue()


@dataclass
class Desk:
    """An editor of the first body with an open draft, and where its files go."""

    place: Place
    storage: Storage
    process_id: UUID
    settings: Settings

    @property
    def database(self) -> Database:
        return self.place.database

    @property
    def editor(self) -> Actor:
        return self.place.actor("so_editor")

    @property
    def workplace(self) -> Workplace:
        return Workplace(self.database, self.storage, self.settings)

    def send(
        self,
        *files: tuple[str, bytes],
        kind: Kind = "public",
        actor: Actor | None = None,
        process_id: UUID | None = None,
        original_id: UUID | None = None,
        stage: str = "",
    ) -> list[Received]:
        who = actor or self.editor
        sent = [SentFile(name, io.BytesIO(body)) for name, body in files]
        with self.database.unit_of_work(who) as session:
            return service.receive(
                session,
                who,
                Intake.of(self.storage, self.settings),
                process_id or self.process_id,
                sent,
                kind=kind,
                stage=stage,
                original_id=original_id,
            )

    def send_one(
        self, name: str = "acta.pdf", body: bytes | None = None, kind: Kind = "public"
    ) -> Attachment:
        (received,) = self.send((name, pdf() if body is None else body), kind=kind)
        assert received.attachment is not None, received.said
        return received.attachment

    def row(self, attachment_id: UUID) -> Attachment:
        with self.database.unit_of_work(self.place.system) as session:
            row = session.get(Attachment, (self.place.tenant_id, attachment_id))
            assert row is not None
            return row

    def has_bytes(self, row: Attachment) -> bool:
        assert row.storage_key.startswith(f"{self.place.tenant_id}/{row.kind}/")
        return any(file.key == row.storage_key for file in self.storage.files(self.place.tenant_id, row.kind))


@pytest.fixture
def desk(place: Place, storage: Storage, settings: Settings) -> Desk:
    return Desk(place, storage, draft(place).process_id, settings)


@dataclass
class Clamd:
    """A server that speaks clamd's INSTREAM; `behave` decides what it says of a whole file."""

    address: str
    behave: Callable[[bytes], bytes | None]
    seen: list[bytes] = field(default_factory=list)


def serve_clamd(clamd: Clamd, listener: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with line, suppress(OSError):
            talk(clamd, line, stop)


def talk(clamd: Clamd, line: socket.socket, stop: threading.Event) -> None:
    reader = line.makefile("rb")
    assert reader.read(10) == b"zINSTREAM\0"
    body = b""
    while length := struct.unpack("!L", reader.read(4))[0]:
        body += reader.read(length)
    clamd.seen.append(body)
    said = clamd.behave(body)
    if said is None:
        stop.wait(20)
    else:
        line.sendall(said)


@pytest.fixture(params=["tcp", "unix"])
def clamd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clamd]:
    """Clean, unless the file holds the test signature's name."""
    if request.param == "unix":
        path = str(tmp_path / "clamd")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen()
        address = f"unix:{path}"
    else:
        path = ""
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    here = Clamd(
        address,
        lambda body: b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if b"EICAR" in body else b"stream: OK\0",
    )
    stop = threading.Event()
    thread = threading.Thread(target=serve_clamd, args=(here, listener, stop), daemon=True)
    thread.start()
    yield here
    stop.set()
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=5)
    if path:
        Path(path).unlink()

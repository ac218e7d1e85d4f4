"""Files that come in an archive: the bytes that their rows state, scanned here as uploaded ones are."""

import asyncio
from pathlib import Path

import pytest
from sqlmodel import select

from app.attachments.models import Attachment
from app.continuity import importing
from app.continuity.archive import ArchiveError
from app.core.db import Database
from app.core.jobs import Worker
from app.core.storage import Storage
from app.settings import Settings
from app.tenancy.models import Tenant
from tests.attachments.conftest import Clamd, clamd
from tests.conftest import Place
from tests.continuity.archives import KEY, OPERATOR, opened, repacked

__all__ = ["clamd"]


def statuses(database: Database, place: Place) -> list[str]:
    with database.unit_of_work(place.system) as session:
        return list(session.exec(select(Attachment.status).where(Attachment.tenant_id == place.tenant_id)))


def test_a_file_with_other_bytes_stops_the_whole_import(
    source: Place, packed: Path, elsewhere: Database, tmp_path: Path
) -> None:
    def change(name: str, body: bytes) -> bytes:
        return b"cambiada" if name.startswith("files/public/") else body

    other, files = repacked(packed, tmp_path / "otro.age", change), Storage.local(tmp_path / "files")
    with pytest.raises(ArchiveError, match=r"El contenido de «acta\.txt» .* su huella SHA-256 no coincide"):
        importing.bring(elsewhere, files, other, [KEY], OPERATOR)
    with elsewhere.public_reading() as session:
        assert session.exec(select(Tenant)).all() == []
    assert list(files.files_of(source.tenant_id)) == []


@pytest.mark.parametrize(
    ("said", "after"), [(b"stream: OK", "ready"), (b"stream: Eicar-Test FOUND", "infected")]
)
def test_where_there_is_a_scanner_files_wait_for_it(
    *,
    source: Place,
    packed: Path,
    elsewhere: Database,
    tmp_path: Path,
    settings: Settings,
    clamd: Clamd,
    said: bytes,
    after: str,
) -> None:
    # The scanner here may know a virus that the one over there did not.
    clamd.behave = lambda _sent: said
    files = Storage.local(tmp_path)
    brought = importing.bring(elsewhere, files, packed, [KEY], OPERATOR, scanned=True)
    assert statuses(elsewhere, source) == ["scanning"]

    importing.wake(elsewhere, brought)
    there = settings.model_copy(update={"clamd": clamd.address})
    asyncio.run(Worker(elsewhere, files, settings=there, concurrency=1).run(wait=False))
    assert clamd.seen == [next(held for name, held in opened(packed).items() if name.startswith("files/"))]
    assert statuses(elsewhere, source) == [after]
    assert len(list(files.files_of(source.tenant_id))) == (after == "ready")


def test_without_a_scanner_files_are_as_they_were(
    source: Place, packed: Path, elsewhere: Database, tmp_path: Path
) -> None:
    importing.bring(elsewhere, Storage.local(tmp_path), packed, [KEY], OPERATOR)
    assert statuses(elsewhere, source) == ["ready"]

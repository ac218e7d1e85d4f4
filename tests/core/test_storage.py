"""The store of files: what a folder does, an S3-like store does the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from app.core.errors import NotFoundError
from app.core.storage import CHUNK, Storage, StorageUnavailableError
from app.settings import Settings

SECRETS = {"storage_key": "una-llave", "storage_secret": "un-secreto"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3, on loopback, with one bucket."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    assert httpx2.put(f"{endpoint}/archivos").status_code == 200
    yield endpoint
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return Storage.of(Settings(state_folder=tmp_path))
    endpoint = request.getfixturevalue("s3")
    return Storage.of(
        Settings(
            state_folder=tmp_path,
            storage_url="s3://archivos/contrataciones",
            storage_endpoint=endpoint,
            **SECRETS,
        )
    )


def test_what_is_put_is_read_back_whole_and_in_parts(store: Storage) -> None:
    key = store.new_key(uuid4(), "public")
    store.put(key, BytesIO(b"0123456789"))

    assert store.size(key) == 10
    assert b"".join(store.read(key, 0, 10)) == b"0123456789"
    assert b"".join(store.read(key, 2, 5)) == b"234"
    with store.local_copy(key) as path:
        assert path.read_bytes() == b"0123456789"


def test_a_large_file_comes_in_pieces(store: Storage) -> None:
    key, size = store.new_key(uuid4(), "public"), 2 * CHUNK + 3
    body = bytes(range(256)) * (size // 256 + 1)
    store.put(key, BytesIO(body[:size]))

    pieces = list(store.read(key, 0, size))

    assert [len(piece) for piece in pieces] == [CHUNK, CHUNK, 3]
    assert b"".join(pieces) == body[:size]
    with store.local_copy(key) as path:
        assert path.stat().st_size == size


def test_what_is_not_there_is_not_found(store: Storage) -> None:
    key = store.new_key(uuid4(), "public")
    with pytest.raises(NotFoundError):
        store.read(key, 0, 1)
    with pytest.raises(NotFoundError):
        store.size(key)
    with pytest.raises(NotFoundError), store.local_copy(key):
        pass


@pytest.mark.parametrize("way", ["absolute", "up"])
def test_a_key_leads_to_no_other_file_of_the_machine(tmp_path: Path, way: str) -> None:
    store = Storage.local(tmp_path / "state")
    secret = tmp_path / "secreto"
    secret.write_text("x")
    with (
        pytest.raises(NotFoundError),
        store.local_copy(str(secret) if way == "absolute" else "../../secreto"),
    ):
        pass


def test_what_is_deleted_is_gone_and_may_be_deleted_again(store: Storage) -> None:
    key = store.new_key(uuid4(), "public")
    store.put(key, BytesIO(b"x"))
    for _ in range(2):
        store.delete(key)
    with pytest.raises(NotFoundError):
        store.size(key)


def test_a_listing_keeps_to_one_tenant_and_one_kind(store: Storage) -> None:
    ours, theirs = uuid4(), uuid4()
    keys = [store.new_key(ours, "public"), store.new_key(ours, "reserved"), store.new_key(theirs, "public")]
    for key in keys:
        store.put(key, BytesIO(b"abc"))

    (found,) = store.files(ours, "public")

    assert (found.key, found.size_bytes) == (keys[0], 3)
    assert datetime.now(UTC) - found.modified < timedelta(minutes=5)
    assert list(store.files(uuid4(), "public")) == []


def test_a_store_that_does_not_answer_is_told_in_words(tmp_path: Path) -> None:
    settings = Settings(
        state_folder=tmp_path, storage_url="s3://archivos", storage_endpoint="http://127.0.0.1:9", **SECRETS
    )
    with pytest.raises(StorageUnavailableError, match="no responde"):
        Storage.of(settings).size("a/b/c")


@pytest.mark.parametrize("address", ["ftp://archivos", "s3://", "/var/archivos"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(StorageUnavailableError, match="s3://cubeta"):
        Storage.of(Settings(state_folder=tmp_path, storage_url=address))


def test_secrets_do_not_show(tmp_path: Path) -> None:
    assert "un-secreto" not in repr(Settings(state_folder=tmp_path, **SECRETS))

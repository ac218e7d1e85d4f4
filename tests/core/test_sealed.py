"""What is sealed opens for its key only, and whatever goes wrong on the way is told as what it is."""

import io
from pathlib import Path

import pytest
from pyrage.x25519 import Identity

from app.core import sealed
from app.core.sealed import Hashing, SealedError

KEY = Identity.generate()
PLAIN = bytes(range(256)) * 4096


def test_keys_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "llave"
    for content in ("", "# nada\n", "AGE-SECRET-KEY-1MAL\n"):
        file.write_text(content)
        with pytest.raises(SealedError, match="llave privada"):
            sealed.identities(file)
    other = Identity.generate()
    file.write_text(f"# creada hoy\n{KEY}\n\n{other}\n")
    assert [str(one) for one in sealed.identities(file)] == [str(KEY), str(other)]
    with pytest.raises(SealedError, match="age1"):
        sealed.recipient("mi llave")
    assert str(sealed.recipient(f" {KEY.to_public()} ")) == str(KEY.to_public())


@pytest.fixture
def closed() -> bytes:
    file = io.BytesIO()
    sink = Hashing(file)
    with sealed.sealing(sink, [KEY.to_public()]) as plain:
        plain.write(PLAIN)
    assert sink.size == len(file.getvalue())
    assert PLAIN[:256] not in file.getvalue()
    return file.getvalue()


def test_it_opens_for_its_key_only_and_only_whole(closed: bytes) -> None:
    with sealed.unsealing(io.BytesIO(closed), [Identity.generate(), KEY]) as plain:
        assert plain.read() == PLAIN
    for broken, keys in (
        (closed, [Identity.generate()]),
        (closed[:-1], [KEY]),
        (closed[:-9] + b"x" + closed[-8:], [KEY]),
        (b"nada", [KEY]),
    ):
        with pytest.raises(SealedError), sealed.unsealing(io.BytesIO(broken), keys) as plain:
            plain.read()


def test_whoever_stumbles_over_the_damage_hears_of_the_damage(closed: bytes) -> None:
    with pytest.raises(SealedError), sealed.unsealing(io.BytesIO(closed[:-1]), [KEY]) as plain:
        assert plain.read() == PLAIN  # it never is


def test_it_need_not_be_read_to_the_end(closed: bytes) -> None:
    with sealed.unsealing(io.BytesIO(closed), [KEY]) as plain:
        assert plain.read(1) == PLAIN[:1]
    with pytest.raises(KeyError), sealed.unsealing(io.BytesIO(closed), [KEY]) as plain:
        raise KeyError  # it is the reader's own


def test_what_goes_wrong_before_or_behind_is_told_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), sealed.sealing(Hashing(io.BytesIO()), [KEY.to_public()]):
        raise ZeroDivisionError

    class Full(io.BytesIO):
        """A disk without room."""

        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    for size in (0, 1, len(PLAIN)):  # age holds the last bytes back, and tells nobody when they are not taken
        sink = Hashing(Full())
        with pytest.raises(OSError, match="space"), sealed.sealing(sink, [KEY.to_public()]) as plain:
            plain.write(PLAIN[:size])

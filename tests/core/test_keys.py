"""Keys: what one seals only it opens, a new one can come first while running, and bad ones are refused with words."""

import stat
from pathlib import Path

import pytest

from app.core import keys
from app.core.keys import BadKeysError, MissingKeyError
from app.settings import Settings


def settings(tmp_path: Path, **given: object) -> Settings:
    return Settings(state_folder=tmp_path, **given)


def test_the_first_use_makes_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    ring = keys.of(settings(tmp_path))
    file = tmp_path / "secrets" / "keys"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
    assert keys.of(settings(tmp_path)) == ring
    assert ring.keys["1"].hex() not in repr(ring)


def test_what_is_sealed_opens_under_the_same_purpose_only(tmp_path: Path) -> None:
    ring = keys.of(settings(tmp_path))
    sealed = ring.seal("oidc", "secreto ñ")
    assert "secreto" not in sealed
    assert ring.open("oidc", sealed) == "secreto ñ"
    assert ring.seal("oidc", "secreto ñ") != sealed
    for purpose, text in (("totp", sealed), ("oidc", sealed[:-2] + "AA"), ("oidc", "1.x"), ("oidc", "9.abc")):
        with pytest.raises(MissingKeyError):
            ring.open(purpose, text)


def test_a_token_holds_for_its_purpose_and_its_matter_only(tmp_path: Path) -> None:
    ring = keys.of(settings(tmp_path))
    token = ring.token("invitación", 7, "a@x.example")
    assert ring.holds("invitación", token, 7, "a@x.example")
    assert not ring.holds("invitación", token, 8, "a@x.example")
    assert not ring.holds("contraseña", token, 7, "a@x.example")
    assert not ring.holds("p", ring.token("p", "a\x00b"), "a", "b")
    for forged in ("", "1.", "9." + token[2:], token[:-1], "1.ñ"):
        assert not ring.holds("invitación", forged, 7, "a@x.example")


def test_a_new_key_is_put_first_while_running_and_the_old_one_still_opens(tmp_path: Path) -> None:
    file = tmp_path / "llaves"
    file.write_text(keys.fresh_line("uno"), encoding="ascii")
    mine = settings(tmp_path, keys_file=file)
    sealed, token = keys.of(mine).seal("p", "x"), keys.of(mine).token("p", 1)

    file.write_text(f"{keys.fresh_line('dos')}\n{file.read_text(encoding='ascii')}\n", encoding="ascii")

    rotated = keys.of(mine)
    assert rotated.current == "dos"
    assert rotated.open("p", sealed) == "x"
    assert rotated.holds("p", token, 1)
    assert rotated.seal("p", "x").startswith("dos.")


def test_keys_may_come_from_the_setting(tmp_path: Path) -> None:
    line = f"{keys.fresh_line('b')},{keys.fresh_line('a')}"
    assert keys.of(settings(tmp_path, keys=line)).current == "b"
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize("listed", ["", "a:corta", "a", "ñ {0}", "{0},{0}"])
def test_keys_that_cannot_be_read_are_refused(tmp_path: Path, listed: str) -> None:
    with pytest.raises(BadKeysError):
        keys.of(settings(tmp_path, keys=listed.format(keys.fresh_line("a"))))


@pytest.mark.parametrize("name", ["", "con espacio", "dos:puntos", "a,b"])
def test_a_key_is_not_named_so_that_its_line_could_not_be_read(name: str) -> None:
    with pytest.raises(BadKeysError, match="identificador"):
        keys.fresh_line(name)

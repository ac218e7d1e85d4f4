"""The examples of docs/descargas.md do what the page says."""

import re
import subprocess
import sys
from pathlib import Path

import orjson

from tests.downloads.conftest import Shelf

PAGE = (Path(__file__).parents[2] / "docs" / "descargas.md").read_text("utf-8")


def run(shelf: Shelf, folder: Path, language: str, number: int = 0) -> list[str]:
    """Run an example of the page against the test's tenant, as its own process; return what it printed."""
    example = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[number]
    told = example.replace(
        "https://datos.example/jalisco", f"{shelf.client.base_url}".rstrip("/") + f"/{shelf.place.slug}"
    )
    program = [sys.executable, "-c", told] if language == "python" else ["bash", "-euc", told]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_copy_of_everything_that_brings_only_what_changed(shelf: Shelf, tmp_path: Path) -> None:
    for _ in range(4):
        shelf.press.release()
    shelf.refresh()

    first = run(shelf, tmp_path, "python")
    again = run(shelf, tmp_path, "python")
    shelf.press.release()
    shelf.refresh()
    later = run(shelf, tmp_path, "python")

    assert sorted(first) == sorted(f"{name} bien" for name in shelf.names())
    assert again == []
    assert {line.removesuffix(" bien") for line in later} == {
        name for name in shelf.names() if "package" not in name or "-00002" in name
    }
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == shelf.all()


def test_one_file_by_curl_and_what_is_in_it(shelf: Shelf, tmp_path: Path) -> None:
    ocids = [shelf.press.release()[0] for _ in range(2)]
    shelf.refresh()

    assert run(shelf, tmp_path, "sh") == ["releases.jsonl.gz: OK"]

    releases = [orjson.loads(body) for _, body in sorted(shelf.press.bodies().items())]
    amounts = [f"{one['ocid']} {one['tender']['value']['amount']}" for one in releases]
    assert run(shelf, tmp_path, "python", 1) == amounts
    (tmp_path / "releases-csv.zip").write_bytes(shelf.get("releases-csv.zip").content)
    titles = [f"{ocid} {one['tender']['title']}" for ocid, one in zip(ocids, releases, strict=True)]
    assert run(shelf, tmp_path, "python", 2) == titles


def test_every_file_that_there_is_stands_on_the_page(shelf: Shelf) -> None:
    shelf.press.release()
    shelf.refresh()
    told = re.sub(r"\d{4,5}", "N", PAGE)

    for name in (*shelf.names(), "SHA256SUMS", "MD5SUMS", "indice.json"):
        plain = re.sub(r"\d{4,5}", "N", name)
        assert plain in told or plain.replace("-N", "") in told or plain.startswith("record-package-"), name

"""Files of every shape, encoding and container we know, and those meant to hurt."""

import gzip
import io
import json
import resource
import time
import tracemalloc
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import AppError, TooLargeError, UnsupportedMediaError
from app.imports.entries import START, Entry
from app.imports.reading import Reading
from app.imports.splitting import SplitError
from app.imports.unpacking import BombError, BrokenTextError

LIMIT = 64 * 1024 * 1024
ONE = {
    "ocid": "ocds-abc123-1",
    "tender": {"title": 'Señalización «norte» \\ "sur" {[', "items": [{"id": "1"}, {}]},
}
TWO = {"ocid": "ocds-abc123-2", "date": "2024-01-01T00:00:00Z", "awards": []}


def reading(path: Path, content: bytes, *, limit: int = LIMIT, element: int = 1024 * 1024) -> Reading:
    path = path / "archivo"
    path.write_bytes(content)
    return Reading(path, unpacked_limit=limit, element_limit=element)


def ocids(entries: Iterable[Entry]) -> list[Any]:
    return [entry.release["ocid"] if entry.release is not None else entry.fault.code for entry in entries]  # type: ignore[union-attr]


def lines(*values: object) -> bytes:
    return b"\n".join(json.dumps(value, ensure_ascii=False).encode() for value in values)


PACKAGE = {"uri": "https://ejemplo.mx/1", "releases": [ONE, TWO], "publisher": {"name": "Garante"}}
LINKS = [{"url": "https://ejemplo.mx/1", "date": "2024-01-01T00:00:00Z", "tag": ["tender"]}]


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (PACKAGE, ["ocds-abc123-1", "ocds-abc123-2"]),
        ({"packageInfo": {"uri": "x"}, **ONE}, ["ocds-abc123-1"]),
        ([ONE, TWO], ["ocds-abc123-1", "ocds-abc123-2"]),
        ([PACKAGE, {"releases": [ONE]}], ["ocds-abc123-1", "ocds-abc123-2", "ocds-abc123-1"]),
        ({"arrayReleasePackage": [PACKAGE, PACKAGE]}, ["ocds-abc123-1", "ocds-abc123-2"] * 2),
        ({"records": [{"ocid": "a", "releases": [TWO, {"date": "2023"}]}]}, ["a", "ocds-abc123-2"]),
        ({"ocid": "a", "releases": LINKS, "compiledRelease": ONE}, ["ocds-abc123-1"]),
        ({"releases": LINKS, "compiledRelease": {"tender": {}}, "ocid": "a"}, ["a"]),
        ({"records": [{"ocid": "a", "releases": LINKS}, {"ocid": "b", "compiledRelease": {}, "releases": [TWO]}]}, ["only-links", "ocds-abc123-2"]),
        ({"ocid": "a", "versionedRelease": {"ocid": "a", "tender": {"title": [{"releaseDate": "1", "value": "x"}]}}}, ["a"]),
    ],
)  # fmt: skip
def test_every_shape_gives_its_releases(tmp_path: Path, document: object, found: list[str]) -> None:
    for content in (
        json.dumps(document).encode(),
        json.dumps(document, indent=1, ensure_ascii=False).encode(),
        lines(document, document),
    ):
        times = 2 if content.count(b"\n") == 1 else 1
        assert ocids(reading(tmp_path, content).entries()) == found * times


def test_a_release_comes_out_as_it_went_in(tmp_path: Path) -> None:
    (entry, _) = reading(tmp_path, json.dumps(PACKAGE, indent=2).encode()).entries()
    assert entry.release == ONE
    assert (entry.line, entry.place.row) == (4, 1)


def test_what_stands_around_the_releases_is_kept(tmp_path: Path) -> None:
    read = reading(tmp_path, lines(PACKAGE, PACKAGE, {**PACKAGE, "uri": "https://ejemplo.mx/2"}))
    assert len(list(read.entries())) == 6
    assert [package["uri"] for package in read.packages] == ["https://ejemplo.mx/1", "https://ejemplo.mx/2"]
    assert read.packages[0]["publisher"] == {"name": "Garante"}


def test_what_a_record_holds_beside_its_releases_goes_with_the_first(tmp_path: Path) -> None:
    record = {
        "publisher": {"name": "CDMX"},
        "ocid": "a",
        "releases": [{**ONE, "date": "2"}, {**ONE, "date": "1"}],
    }
    first, second = reading(tmp_path, json.dumps(record).encode()).entries()
    assert first.release
    assert first.release["date"] == "1"
    assert (first.rest, second.rest) == ({"publisher": {"name": "CDMX"}}, {})


def test_releases_only_linked_are_kept_beside_the_compiled_one(tmp_path: Path) -> None:
    record = {"ocid": "a", "releases": LINKS, "compiledRelease": ONE}
    (entry,) = reading(tmp_path, json.dumps(record).encode()).entries()
    assert (entry.origin, entry.rest) == ("compiledRelease", {"releases": LINKS})


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings_are_straightened_and_told(tmp_path: Path, encoding: str) -> None:
    text = json.dumps(PACKAGE, ensure_ascii=False, indent=1)
    read = reading(tmp_path, text.encode(encoding))
    entries = list(read.entries())
    assert [entry.release for entry in entries] == [ONE, TWO]
    if encoding == "cp1252":
        assert [entry.encoding for entry in entries] == ["cp1252", "utf-8"]
    else:
        assert read.shapes[encoding] == 1


def test_bytes_of_no_encoding_are_refused_with_their_place(tmp_path: Path) -> None:
    entry, good = reading(tmp_path, b'[{"title": "\x81"},\n {"ocid": "b"}]').entries()
    assert entry.fault
    assert entry.fault.code == "encoding"
    assert "byte 13" in entry.fault.message
    assert ocids([good]) == ["b"]


def test_a_text_that_leaves_its_encoding_says_where(tmp_path: Path) -> None:
    content = json.dumps([ONE, TWO]).encode("utf-16") + b"\x00"
    *before, last = reading(tmp_path, content).entries()
    assert len(before) == 2
    assert last.fault
    assert "UTF-16" in last.fault.message


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, archive.compression)
    return packed.getvalue()


def test_containers_are_told_by_content(tmp_path: Path) -> None:
    plain = json.dumps(PACKAGE).encode()
    found = ["ocds-abc123-1", "ocds-abc123-2"]
    assert ocids(reading(tmp_path, gzip.compress(plain)).entries()) == found
    assert (
        ocids(reading(tmp_path, gzip.compress(plain) + gzip.compress(b"\n" + plain)).entries()) == found * 2
    )
    several = zipped({"a/1.json": plain, "__MACOSX/._1.json": b"\0", "b.txt": lines(ONE, TWO)})
    read = reading(tmp_path, several)
    assert ocids(read.entries()) == found * 2
    assert read.shapes["zip"] == 2


def test_a_member_that_is_no_json_costs_only_itself(tmp_path: Path) -> None:
    nested = zipped(
        {"leeme.txt": b"Hola", "otro.zip": zipped({"a": b"{}"}), "b.json": json.dumps(ONE).encode()}
    )
    readme, inner, good = reading(tmp_path, nested).entries()
    assert readme.fault
    assert "«leeme.txt»" in readme.fault.message
    assert inner.fault
    assert "otro archivo comprimido" in inner.fault.message
    assert ocids([good]) == ["ocds-abc123-1"]


@pytest.mark.parametrize(
    ("content", "said", "kind"),
    [
        (b"", "no hay nada", SplitError),
        (b"   \n", "no hay nada", SplitError),
        (b"hola", "se esperaba", SplitError),
        (b"<html></html>", "página web", UnsupportedMediaError),
        (b"%PDF-1.7", "PDF", UnsupportedMediaError),
        (zipped({"[Content_Types].xml": b"<x/>"}), "Office", UnsupportedMediaError),
        (zipped({}), "ningún archivo", BrokenTextError),
        (b"PK\x03\x04no es un zip", "dañado", BrokenTextError),
        (b"\x1f\x8bno es un gzip", "dañado", BrokenTextError),
        (gzip.compress(b'{"a": "' + bytes(range(97, 123)) * 50, mtime=0)[:40], "dañado", BrokenTextError),
        (b"[" * 1_000, "listas dentro de listas", SplitError),
    ],
)  # fmt: skip
def test_what_is_no_data_is_refused_whole(
    tmp_path: Path, content: bytes, said: str, kind: type[AppError]
) -> None:
    with pytest.raises(kind) as refused:
        list(reading(tmp_path, content).entries())
    assert said in refused.value.detail
    assert refused.value.detail[0].isupper()


def test_a_broken_line_costs_only_itself(tmp_path: Path) -> None:
    for broken in (b'{"ocid": "x", ', b'{"a" 1}', b'{"ocid":"x","tender":{]}', b'{"a":NaN}', b"]"):
        content = b"\r\n".join([json.dumps(ONE).encode(), broken, json.dumps(TWO).encode()])
        first, refused, last = reading(tmp_path, content).entries()
        assert ocids([first, last]) == ["ocds-abc123-1", "ocds-abc123-2"]
        assert refused.fault
        assert refused.fault.code == "syntax"
        assert "Línea 2, byte" in refused.fault.message


def test_lines_are_recognised_even_if_the_first_is_broken(tmp_path: Path) -> None:
    content = b'{"ocid": "cortada"\n' + lines(ONE, TWO)
    assert ocids(reading(tmp_path, content).entries()) == ["syntax", "ocds-abc123-1", "ocds-abc123-2"]


def test_a_package_with_one_release_a_line_is_one_document(tmp_path: Path) -> None:
    content = b'{"releases":[\n' + lines(ONE) + b",\n" + lines(TWO) + b"\n]}"
    assert ocids(reading(tmp_path, content).entries()) == ["ocds-abc123-1", "ocds-abc123-2"]


def test_a_broken_release_costs_only_itself(tmp_path: Path) -> None:
    content = b'{"releases": [' + lines(ONE) + b',\n{"ocid": "x", "date": },' + lines(TWO) + b"]}"
    first, refused, last = reading(tmp_path, content).entries()
    assert ocids([first, last]) == ["ocds-abc123-1", "ocds-abc123-2"]
    assert refused.fault
    assert refused.fault.message.startswith("Línea 2, byte ")
    assert refused.line == 2


@pytest.mark.parametrize("element", [1024 * 1024, 200])
def test_a_document_cut_short_gives_what_was_read(tmp_path: Path, element: int) -> None:
    content = json.dumps({"uri": "x", "releases": [ONE, TWO, ONE]}).encode()[:-40]
    *before, last = reading(tmp_path, content, element=element).entries()
    assert ocids(before) == ["ocds-abc123-1", "ocds-abc123-2"]
    assert last.fault
    assert last.fault.code == "unclosed"
    assert "Lo anterior sí se leyó" in last.fault.message


def test_duplicate_keys_are_a_problem_of_their_release(tmp_path: Path) -> None:
    content = b'[{"ocid": "a",\n "tender": {"id": "1", "id": "2"}}, {"ocid": "b"}]'
    refused, good = reading(tmp_path, content).entries()
    assert refused.fault
    assert refused.fault.code == "duplicate-key"
    assert refused.fault.message.startswith("Línea 2, byte ")
    assert 'el campo "id" aparece dos veces' in refused.fault.message
    assert ocids([good]) == ["b"]


def test_nul_characters_are_a_problem_or_a_suspicion(tmp_path: Path) -> None:
    raw, escaped, innocent = reading(
        tmp_path, b'[{"a": "\0"}, {"a": "\\u0000"}, {"a": "\\\\u0001"}]'
    ).entries()
    assert raw.fault
    assert "carácter de control" in raw.fault.message
    assert escaped.suspect
    assert not innocent.suspect


def test_numbers_keep_their_value(tmp_path: Path) -> None:
    huge = 10**40 + 1
    (entry,) = reading(tmp_path, b'{"amount": 1234567890123456.25, "huge": %d, "one": 1}' % huge).entries()
    assert entry.release == {"amount": 1234567890123456.25, "huge": huge, "one": 1}
    assert isinstance(entry.release["one"], int)


def test_an_element_over_the_limit_is_refused(tmp_path: Path) -> None:
    big = {"ocid": "c", "tender": {"description": "x" * 3_000}}
    good, refused, last = reading(tmp_path, lines(ONE, big, TWO), element=2_000).entries()
    assert ocids([good, last]) == ["ocds-abc123-1", "ocds-abc123-2"]
    assert refused.fault
    assert refused.fault.code == "too-long"
    with pytest.raises(SplitError) as whole:
        list(reading(tmp_path, json.dumps(big).encode(), element=2_000).entries())
    assert "el máximo" in whole.value.detail


def test_a_long_release_is_taken_whole_and_a_long_package_opened(tmp_path: Path) -> None:
    long = {"ocid": "larga", "tender": {"description": "x" * (5 * 1024 * 1024)}}
    for document, found in (
        (long, ["larga"]),
        ([long, ONE], ["larga", "ocds-abc123-1"]),
        ({"uri": "x", "releases": [ONE, long, TWO]}, ["ocds-abc123-1", "larga", "ocds-abc123-2"]),
    ):
        read = reading(tmp_path, json.dumps(document).encode(), element=8 * 1024 * 1024)
        assert ocids(read.entries()) == found


@pytest.mark.parametrize("element", [1024 * 1024, 450])
def test_reading_goes_on_after_any_entry(tmp_path: Path, element: int) -> None:
    document = {"releases": [ONE, TWO, {"ocid": "c", "releases": [TWO, ONE]}, 5, ONE]}
    content = zipped({"a": json.dumps(document).encode(), "b": lines(TWO, ONE, [ONE, PACKAGE])})
    whole = list(reading(tmp_path, content, element=element).entries())
    assert len(whole) == 11
    for number, entry in enumerate(whole):
        if number + 1 < len(whole) and whole[number + 1].place[:2] == entry.place[:2]:
            continue  # a record's entries share its place and are one unit
        rest = list(reading(tmp_path, content, element=element).entries(entry.place))
        assert rest == whole[number + 1 :]
    assert list(reading(tmp_path, content, element=element).entries(START)) == whole


def test_nested_arrays_are_refused_at_once(tmp_path: Path) -> None:
    """200 MB of brackets, in each place where they could be met."""
    path = tmp_path / "nidos"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for start in (b"", b'{"releases":[{"a":', b'{"a":'):
        with path.open("wb") as file:
            file.write(start)
            for _ in range(200):
                file.write(b"[" * 1024 * 1024)
        began = time.process_time()
        read = Reading(path, unpacked_limit=1024**3, element_limit=32 * 1024**2)
        with pytest.raises(SplitError) as refused:
            list(read.entries())
        assert refused.value.code == "too-deep"
        assert time.process_time() - began < 5
    path.unlink()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped({"a.json": content})])
def test_bombs_are_refused_while_they_swell(tmp_path: Path, pack: Any) -> None:
    bomb = pack(b"[" + b" " * (80 * 1024 * 1024) + b"]")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BombError) as refused:
        list(reading(tmp_path, bomb, limit=1024**3).entries())
    assert "parece hecho para agotar" in refused.value.detail
    with pytest.raises(TooLargeError) as limited:
        list(reading(tmp_path, bomb, limit=2 * 1024 * 1024).entries())
    assert "2 MiB" in limited.value.detail
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_a_zip_of_too_many_files_is_refused_before_it_is_listed(tmp_path: Path) -> None:
    with pytest.raises(BombError):
        list(reading(tmp_path, zipped({str(number): b"" for number in range(10_001)})).entries())


def test_a_long_file_needs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "largo"
    release = json.dumps({**ONE, "description": "x" * 10_000}).encode()
    with path.open("wb") as file:
        file.write(b'{"releases":[' + release)
        for _ in range(12_000):
            file.write(b"," + release)
        file.write(b'],"uri":"x"}')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = Reading(path, unpacked_limit=1024**3, element_limit=8 * 1024**2)
    assert sum(1 for _ in read.entries()) == 12_001
    assert read.packages == [{"uri": "x"}]
    assert read.position == path.stat().st_size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 * 1024


def test_more_values_than_memory_can_hold_are_refused_unread(tmp_path: Path) -> None:
    many = b'{"ocid": "a", "tender": {"items": [' + b"[]," * 400_000 + b"{}]}}"
    tracemalloc.start()
    refused, good = reading(tmp_path, many + b"\n" + lines(ONE), element=LIMIT).entries()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * 1024**2, "400,000 lists take twice that"
    assert refused.fault is not None
    assert refused.fault.code == "too-many-values"
    assert ocids([good]) == ["ocds-abc123-1"]
    package = b'{"releases": [' + b",".join([lines(ONE)] * 100_000) + b"]}"
    assert sum(1 for _ in reading(tmp_path, package, element=LIMIT).entries()) == 100_000


def test_a_value_that_is_no_release_is_refused(tmp_path: Path) -> None:
    first, second = reading(tmp_path, b'{"releases": [5, "x"]}').entries()
    assert first.fault
    assert first.fault.code == second.fault.code == "not-object"

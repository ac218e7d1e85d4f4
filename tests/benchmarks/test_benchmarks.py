"""The benchmarks run from end to end at a small size; what they measure is nobody's test."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_publishing_is_compared_with_its_ceiling(shared_data: Path) -> None:
    data = shared_data / "load" / "releases-1000.jsonl.gz"
    told = run("benchmarks.publish", "--data", str(data), "--size", "300", "--slice", "150")
    assert "fsync on" in told
    assert re.search(r"import→publish reaches \*\*\d+%\*\* of the ceiling", told)
    for step in ("parse", "jsonschema-rs", "ocdsmerge", "insert", "**import→publish**", "Share of each step"):
        assert step in told
    # Every part, release and record that the real path wrote is inserted for the ceiling too.
    assert "process_part 21.0" in told
    assert "release_body 1.0" in told
    assert "8 publishers in one tenant at once" in told


def test_memory_is_told(shared_data: Path) -> None:
    assert shared_data.is_dir()
    assert re.match(r"\d+ MiB \(\d+ before it began; \d+ releases\)", run("benchmarks.memory", "2"))


@pytest.mark.drill
def test_memory_stays_flat(shared_data: Path) -> None:
    """Takes minutes: packages of 100 MB and 1 GB."""
    assert shared_data.is_dir()
    peaks = re.findall(r"(\d+) MiB \(", run("benchmarks.memory"))
    small, large = map(int, peaks)
    assert large < 300
    assert large < small * 1.2


def test_searching_a_catalogue_is_told(shared_data: Path) -> None:
    assert shared_data.is_dir()
    told = run("benchmarks.catalogs", "--tenants", "2", "--turns", "2")
    for part in ("| a word of many |", "The slowest answer takes", "Loading the 11,470 rows"):
        assert part in told


def test_loading_a_padron_is_told(shared_data: Path) -> None:
    assert shared_data.is_dir()
    told = run("benchmarks.padron", "--rows", "200", "--turns", "1")
    for part in ("| all new |", "| a page of the list |"):
        assert part in told


def test_lists_are_compared() -> None:
    told = run("benchmarks.lists", "--processes", "300", "--rounds", "2")
    for part in ("| open, by deadline |", "| a word that nothing has |", "| save a field |"):
        assert part in told


def test_an_export_and_its_import_are_told() -> None:
    told = run("benchmarks.export", "--size", "30")
    for step in ("export of 30 processes", "check", "import, with its checks", "chain over there: whole"):
        assert step in told


def test_the_garantes_desk_is_told() -> None:
    told = run("benchmarks.workflow", "--bodies", "30", "--processes", "200", "--turns", "2")
    for part in ("| the desk |", "| preview of a reminder to all |", "| PDF |", "Counting all bodies anew"):
        assert part in told


def test_our_own_workbook_is_compared_with_the_bare_reader(shared_data: Path) -> None:
    assert shared_data.is_dir()
    told = run("benchmarks.workbook", "--rows", "300")
    assert "python-calamine, bare" in told
    assert re.search(r"Ratio \d", told)


def test_importing_a_workbook_is_compared_with_a_reader_and_with_inserts() -> None:
    told = run("benchmarks.imports", "--rows", "60")
    for part in (
        "python-calamine, bare",
        "of which stored",
        "bare inserts of the same rows",
        "process_part 7.0",
    ):
        assert part in told
    assert re.search(r"Storing reaches \d+% of `executemany`", told)


def test_dashboards_are_counted_and_read() -> None:
    told = run("benchmarks.figures", "--size", "1000")
    assert re.search(r"^\| [\d,]+ \| [\d,]+ \| \d+ \| \d+ \| \d+ \| \d+ \|$", told, re.MULTILINE)


def test_a_year_of_the_old_addresses_is_measured() -> None:
    told = run("benchmarks.edca", "--size", "300", "--rounds", "2")
    assert re.search(r"\| gzip, .* s \(≤ 0.4\)", told)
    assert re.search(r"\| plain, .* MiB \(≤ 20\)", told)


def test_what_the_plataforma_waits_for_is_measured() -> None:
    told = run("benchmarks.pdn", "--sizes", "1200", "--rounds", "2")
    assert "1,200 processes" in told
    for asked in ("token", "summary", "last page, by buyer", "words of all", "one process"):
        assert re.search(rf"\| {asked} \| \d+ ms \| \d+ ms \|", told)

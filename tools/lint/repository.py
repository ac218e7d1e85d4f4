"""The files of the repository, and the rules over them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.lint.rules import RULES
from tools.lint.source import Source

ROOT = Path(__file__).resolve().parents[2]
_PLACES = ("app", "benchmarks", "docs", "migrations", "tenants", "tests", "tools", ".ci")
_READABLE = {
    ".py", ".html", ".xml", ".jinja", ".md", ".toml", ".lock", ".json", ".yaml", ".yml", ".css", ".js", ".csv", ".svg",
    ".cfg", ".ini", ".mako", ".txt", ".sh", "",
}  # fmt: skip


def sources(root: Path = ROOT) -> Iterator[Source]:
    """Read every text file that belongs to the project."""
    files = [path for path in root.iterdir() if path.is_file()]
    files += [path for place in _PLACES for path in (root / place).rglob("*") if path.is_file()]
    for path in sorted(files):
        if path.suffix in _READABLE and not {"__pycache__", "node_modules"} & set(path.parts):
            yield Source(
                path.relative_to(root).as_posix(), path.read_text(encoding="utf-8", errors="replace")
            )


def offences(files: Iterable[Source]) -> list[str]:
    """Apply every rule and write what breaks one as `file:line: message (rule)`."""
    return [
        f"{source.path}:{line}: {rule.message} ({rule.name})"
        for source in files
        for rule in RULES
        if rule.applies(source)
        for line in sorted(set(rule.broken(source)))
    ]

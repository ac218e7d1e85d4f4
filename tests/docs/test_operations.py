"""docs/operations.md tells every command there is, and no other."""

import re
from pathlib import Path
from typing import Any

import typer.main

from app.__main__ import cli

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def commands(command: Any, path: tuple[str, ...] = ()) -> set[str]:
    children: dict[str, Any] = getattr(command, "commands", {})
    if not children:
        return {" ".join(path)}
    return {name for key, child in children.items() for name in commands(child, (*path, key))}


def test_every_command_is_told_and_every_told_command_exists() -> None:
    table = PAGE.partition("## Commands")[2].partition("##")[0]
    told = {
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall("`(.*?)`", row)
    }

    assert told == commands(typer.main.get_command(cli))

"""Writes docs/settings.md from app/settings.py."""

import sys

from app.settings import Settings

_HEAD = """# Settings

Read from the environment, once, by `app/settings.py` alone. The defaults make `make demo` work on one machine.
`DATABASE_URL` always wins over the embedded server; when only it is given and its role may create roles, the others
are made and their passwords kept in `var/secrets.json`.

| variable | default | meaning |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = []
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or f"CA_{name.upper()}")
        default = "" if field.default is None else f"`{field.default}`"
        rows.append(f"| `{variable}` | {default} | {field.description} |")
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())

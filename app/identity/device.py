"""Where a request comes from: its address, and what its browser calls itself, in words that its owner recognizes."""

import re

from fastapi import Request

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox|FxiOS", "Firefox"),
             ("Chrome|CriOS", "Chrome"), ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone|iPad", "iOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
            ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip
LONGEST = 60


def address_of(request: Request) -> str:
    """Return the address that a request comes from; empty where the server knows none."""
    return request.client.host if request.client else ""


def known_as(user_agent: str) -> str:
    """Return browser and system, the way their makers call them; what is not known, as it calls itself, shortened.

    Every browser claims to be those before it, so the order of the tables matters.
    """
    found = [
        next((name for mark, name in table if re.search(mark, user_agent)), "")
        for table in (_BROWSERS, _SYSTEMS)
    ]
    if all(found):
        return " en ".join(found)
    return found[0] or user_agent[:LONGEST] or "Navegador desconocido"

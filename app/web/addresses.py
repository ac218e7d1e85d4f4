"""Addresses with what they ask for."""

from urllib.parse import urlencode


def with_query(here: str, **query: str | None) -> str:
    """Return an address with the parameters that say something; an empty one, or None, is left out."""
    said = {name: value for name, value in query.items() if value}
    return f"{here}?{urlencode(said)}" if said else here

"""The same tenant and the same world as the publication API has."""

from tests.openapi.conftest import publisher, site, world

__all__ = ["publisher", "site", "world"]

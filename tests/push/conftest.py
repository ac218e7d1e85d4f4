"""A tenant that publishes, and the world that follows it over HTTP."""

from tests.openapi.conftest import publisher, site, world

__all__ = ["publisher", "site", "world"]

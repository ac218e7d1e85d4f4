"""Pages of the padrón as people see them, over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx2
import pytest

from tests.conftest import LiveServer, Place


@dataclass
class Counter:
    """A person of the garante at their browser."""

    place: Place
    web: httpx2.Client

    def get(self, path: str) -> httpx2.Response:
        return self.web.get(f"/{self.place.slug}{path}")

    def post(self, path: str, **data: str) -> httpx2.Response:
        return self.web.post(f"/{self.place.slug}{path}", data=data)


@pytest.fixture
def counter(live: LiveServer, place: Place) -> Callable[[str], Counter]:
    """Sit down as somebody with a role: `counter("garante_admin")`."""

    def sit(role: str = "garante_admin") -> Counter:
        place.actor(role)
        email = place.email(role, place.sujetos[0] if role.startswith("so_") else None)
        return Counter(place, live.client(email))

    return sit

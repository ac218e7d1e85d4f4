"""A garante's administration at work on its catalogues."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

import pytest

from app.catalogs import queries, service
from app.catalogs.kinds import named
from app.catalogs.models import CatalogEntry, CatalogLoad
from app.catalogs.queries import Entry, Turn
from app.core.db import Actor
from app.core.storage import Storage
from tests.conftest import Place

SMALL = """clave,descripción,unidad
21100001,Abrecartas de metal,Pieza
21100002,"Papel bond, tamaño carta",Caja
21100003,Engrapadora para papel,Pieza
25400001,Gasa estéril,Paquete
"""


@dataclass
class Shelf:
    """The catalogues of a place, and the acts of who keeps them."""

    place: Place
    storage: Storage

    @property
    def keeper(self) -> Actor:
        return self.place.actor("garante_admin")

    def receive(
        self, content: str | bytes, kind: str = "cucop", *, complete: bool = False, actor: Actor | None = None
    ) -> CatalogLoad:
        raw = content.encode() if isinstance(content, str) else content
        who = actor or self.keeper
        with self.place.database.unit_of_work(who) as session:
            return service.receive(
                session, who, self.storage, kind, BytesIO(raw), filename="claves.csv", complete=complete
            )

    def apply(self, load: CatalogLoad) -> CatalogLoad:
        with self.place.database.unit_of_work(self.keeper) as session:
            return service.apply(session, self.keeper, self.storage, load.load_id)

    def load(self, content: str | bytes, kind: str = "cucop", *, complete: bool = False) -> CatalogLoad:
        """Receive a file and apply it."""
        return self.apply(self.receive(content, kind, complete=complete))

    def find(self, q: str, kind: str = "cucop", *, actor: Actor | None = None, **filters: str) -> list[str]:
        """Codes that a search answers, to an editor by default."""
        who = actor or self.place.actor("so_editor")
        with self.place.database.unit_of_work(who) as session:
            return [one.code for one in queries.lookup(session, who, kind, q, **filters)]

    def entry(self, code: str, kind: str = "cucop", family: str = "") -> Entry | None:
        who = self.place.actor("so_editor")
        with self.place.database.unit_of_work(who) as session:
            return queries.entry(session, who, kind, code, family=family)

    def advice(self, code: str, kind: str = "cucop") -> str | None:
        who = self.place.actor("so_editor")
        with self.place.database.unit_of_work(who) as session:
            return queries.check_code(session, who, kind, code)

    def row(self, code: str, kind: str = "cucop") -> CatalogEntry:
        found = self.entry(code, kind)
        assert found is not None
        assert found.entry_id is not None
        with self.place.database.unit_of_work(self.keeper) as session:
            return queries.one_entry(session, self.keeper, named(kind), found.entry_id)

    def history(self, code: str, kind: str = "cucop") -> list[Turn]:
        row = self.row(code, kind)
        with self.place.database.unit_of_work(self.keeper) as session:
            return queries.history(session, self.keeper, row)

    def act(
        self, verb: Callable[..., CatalogEntry], entry_id: UUID, row_version: int, *more: object
    ) -> CatalogEntry:
        with self.place.database.unit_of_work(self.keeper) as session:
            return verb(session, self.keeper, entry_id, row_version, *more)


@pytest.fixture
def shelf(place: Place, storage: Storage) -> Shelf:
    """The catalogues of a tenant of this test alone."""
    return Shelf(place, storage)


@pytest.fixture
def other_shelf(other_place: Place, storage: Storage) -> Shelf:
    """Those of another tenant."""
    return Shelf(other_place, storage)

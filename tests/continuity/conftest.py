"""A tenant with something of everything, its archive, and an installation that knows nothing of it."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.accountability.models import RetentionTerm
from app.attachments import service as attachments
from app.attachments.service import Intake, SentFile
from app.catalogs.models import CatalogLoad
from app.core import sealing
from app.core.db import Database
from app.core.storage import Storage
from app.imports.models import ImportRun
from app.onboarding.models import PadronLoad
from app.tenancy.models import TenantHost
from tests.conftest import Place, fresh_database
from tests.continuity.archives import pack
from tests.factories import document, draft
from tests.publication.conftest import Press


@pytest.fixture(scope="module")
def source(make_place: Callable[..., Place], storage: Storage) -> Place:
    """A tenant with published, withdrawn and drafted processes, files and people."""
    place = make_place(policy="direct")
    press = Press(place)
    for _ in range(3):
        press.release()
    ocid, _ = press.release()
    press.release(document(description="Con un cambio"), ocid=ocid)
    press.withdraw(5)
    ref = draft(place)
    editor = place.actor("so_editor")
    with place.database.unit_of_work(editor) as session:
        sent = [SentFile("acta.txt", io.BytesIO(b"firmada"))]
        attachments.receive(session, editor, Intake(storage, 10**6, scanned=False), ref.process_id, sent)
    for role in ("garante_admin", "garante_reviewer", "so_publisher"):
        place.actor(role)
    with place.database.owner_work(place.system) as session:
        mine = {"tenant_id": place.tenant_id}
        told = {"filename": "x.csv", "sha256": "00"}
        loads = {kind: storage.new_key(place.tenant_id, kind) for kind in ("padron", "catalogs", "imports")}
        session.add_all(
            [
                PadronLoad(**mine, **told, storage_key=loads["padron"]),
                CatalogLoad(**mine, **told, storage_key=loads["catalogs"], kind="cpv", counts={}, sample={}),
                ImportRun(**mine, **told, storage_key=loads["imports"], status="previewed"),
                RetentionTerm(**mine, what="notices", days=30),
                TenantHost(**mine, host=f"{place.slug}.example"),
            ]
        )
    sealing.seal(place.database)
    return place


@pytest.fixture(scope="module")
def packed(source: Place, storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack(source, storage, tmp_path_factory.mktemp("export") / "garante.tar.gz.age")


@pytest.fixture
def elsewhere(administrator_url: str) -> Iterator[Database]:
    """The database of another installation."""
    with fresh_database(administrator_url) as opened:
        yield opened

"""The directory that every request starts from."""

import pytest
from sqlalchemy import text

from app.core.db import Database
from app.core.errors import NotFoundError
from app.tenancy.queries import TenantDirectory
from tests.conftest import LiveServer, Place


def test_a_tenant_is_found_by_its_slug_and_another_is_not(database: Database, place: Place) -> None:
    directory = TenantDirectory(database)

    assert directory.by_slug(place.slug).tenant_id == place.tenant_id
    with pytest.raises(NotFoundError):
        directory.by_slug("no-existe")


def test_what_a_suspended_garante_published_stays_public_and_its_people_stay_out(
    database: Database, live: LiveServer, place: Place
) -> None:
    place.actor("garante_admin")
    assert live.client(place.email("garante_admin")).get(f"/{place.slug}/panel").status_code == 200

    with database.owner_work(place.system) as session:
        session.execute(text("UPDATE tenant SET status = 'suspended'"))
    live.app.state.directory.forget()

    assert live.client().get(f"/{place.slug}/").status_code == 200
    assert live.client().get(f"/{place.slug}/api/v1/releases").status_code == 200
    assert live.client(place.email("garante_admin")).get(f"/{place.slug}/panel").status_code == 403

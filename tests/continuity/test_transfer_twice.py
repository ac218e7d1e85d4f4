"""A process that moves on once more: from one garante to a second, and from there to a third."""

import time

from app.core import clock
from app.core.storage import Storage
from app.openapi.lease import LEASE_SECONDS
from tests.conftest import LiveServer
from tests.continuity.test_transfer import move
from tests.continuity.test_transfer_public import Harvester, three
from tests.publication.conftest import Press

__all__ = ["three"]


def test_what_moved_on_is_found_from_every_address_it_ever_had(
    three: list[Press], live: LiveServer, storage: Storage
) -> None:
    first, second, third = three
    body = first.place.sujetos[0]
    ocid, release = first.release()
    reader = Harvester(live.client())
    assert reader.harvest(first.place.slug) == [ocid]

    move(first.place, second.place, storage)
    reader.harvest(first.place.slug)
    assert reader.harvest(second.place.slug) == [ocid]
    move(second.place, third.place, storage, [body])
    reader.harvest(second.place.slug)
    assert reader.harvest(third.place.slug) == [ocid]
    assert reader.records[ocid][0] == third.place.slug

    client = live.client()
    for press in (first, second):
        answer = client.get(f"/{press.place.slug}/api/v1/records/{ocid}")
        assert answer.status_code == 308
        assert reader.get(f"/{press.place.slug}/api/v1/records/{ocid}").status_code == 200
    assert [press.faults() for press in three] == [[], [], []]

    third.withdraw(-1)
    assert [press.bodies() for press in three] == [{}, {}, {}]
    assert [press.faults() for press in three] == [[], [], []]
    address = f"/{first.place.slug}/api/v1/releases/{ocid}/{release['id']}"
    began = clock.monotonic()  # memory may answer for as long as its lease lasts
    while (gone := reader.get(address)).status_code == 200 and clock.monotonic() - began < LEASE_SECONDS:
        time.sleep(0.05)
    assert gone.status_code == 410

"""Publishing a batch: what goes out, what stays behind, and what is refused without a trace."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import randrange
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlmodel import select

from app.core.db import Actor
from app.core.errors import (
    AppError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    SuspendedError,
)
from app.core.outbox import OutboxEvent
from app.ocds import merge, validation
from app.processes.models import ProcessVersion
from app.processes.queries import VersionRef
from app.publication.chain import rfc3339
from app.publication.service import LARGEST_UNIT, publish_batch
from tests.conftest import Place
from tests.factories import document, draft, invalid_document, stand
from tests.publication.conftest import Press, tender


def test_a_release_goes_out_whole(press: Press) -> None:
    ocid, release = press.release()

    (entry,) = press.entries()
    assert (entry.position, entry.kind, entry.ocid, entry.release_id) == (1, "release", ocid, release["id"])
    assert (release["ocid"], release["date"], release["tag"]) == (ocid, rfc3339(entry.date), ["tender"])
    assert {key: value for key, value in release.items() if key in document()} == document()
    assert press.record(ocid) == merge.compiled([release])
    facet = press.facet(ocid)
    assert facet is not None
    assert (facet.title, facet.stage, str(facet.amount)) == ("Papelería para oficinas", "tender", "125000.5")
    with press.place.database.unit_of_work(press.place.system) as session:
        news = session.exec(select(OutboxEvent)).all()
        (version,) = session.exec(select(ProcessVersion)).all()
    assert [event.payload for event in news if event.kind == "publication.released"] == [
        {"position": 1, "ocid": ocid}
    ]
    assert version.status == "published"
    assert press.faults() == []


def test_what_is_published_validates_and_carries_no_trace_of_how_it_was_made(press: Press) -> None:
    press.release()
    (body,) = press.bodies().values()
    assert validation.validate_release(orjson.loads(body)) == []
    assert body == orjson.dumps(orjson.loads(body))


def test_every_document_of_a_batch_gets_its_own_place_and_date(press: Press) -> None:
    refs = [press.draft() for _ in range(5)]

    outcomes = press.publish(*refs)

    assert [outcome.ref for outcome in outcomes] == refs
    entries = press.entries()
    assert [entry.position for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.process_id for entry in entries] == [ref.process_id for ref in refs]
    dates = [entry.date for entry in entries]
    assert dates == sorted(set(dates))
    assert press.faults() == []


def test_one_that_may_not_go_out_stops_no_other(press: Press) -> None:
    good, bad, better = press.draft(), press.draft(invalid_document()), press.draft()

    outcomes = press.publish(good, bad, better)

    assert [outcome.published for outcome in outcomes] == [True, False, True]
    assert [problem["pointer"] for problem in outcomes[1].problems] == ["/tender/value/amount"]
    assert all(problem["message"] for problem in outcomes[1].problems)
    assert [entry.process_id for entry in press.entries()] == [good.process_id, better.process_id]
    assert press.faults() == []


def test_an_unchanged_document_is_refused_in_words(press: Press) -> None:
    public = {"id": "P-1", "name": "Juana Pérez", "roles": ["supplier"]}
    parties = document()["parties"]
    ocid, _ = press.release(document(parties=[*parties, public]))
    hidden = {**public, "address": {"streetAddress": "Calle de su Casa 7"}}
    ref = press.draft(document(parties=[*parties, hidden]), ocid=ocid)

    (outcome,) = press.publish(ref)

    assert not outcome.published
    assert outcome.problems[0]["message"] == "No hay cambios respecto de lo que ya está publicado."
    assert len(press.entries()) == 1


def test_a_value_taken_back_is_null_in_the_release_and_gone_from_the_record(press: Press) -> None:
    ocid, first = press.release(tender(description="Hojas y carpetas"))

    _, second = press.release(document(), ocid=ocid)

    assert first["tender"]["description"] == "Hojas y carpetas"
    assert second["tender"]["description"] is None
    assert second["tag"] == ["tenderUpdate"]
    record = press.record(ocid)
    assert record is not None
    assert "description" not in record["tender"]
    assert press.faults() == []


def test_an_ocid_never_changes(press: Press) -> None:
    ocid = f"{press.place.prefix}-ÁÉ/1 #2"
    ids = [press.release(tender(title=f"Título {number}"), ocid=ocid)[1]["id"] for number in range(3)]

    assert {entry.ocid for entry in press.entries()} == {ocid}
    assert {release["ocid"] for release in press.releases(ocid)} == {ocid}
    assert len(set(ids)) == 3
    assert not any("#" in one for one in ids)
    assert press.faults() == []


# Privacy


@dataclass(frozen=True)
class Supplier:
    """A supplier whose private data stand nowhere else in the database."""

    home: str = field(default_factory=lambda: f"Calle de su Casa {uuid4().hex}, interior Ñ")
    mail: str = field(default_factory=lambda: f"juana-{uuid4().hex}@example.org")
    curp: str = field(default_factory=lambda: f"PEXJ{randrange(10**6):06}MDFRRN0{randrange(10)}")

    def natural(self) -> dict[str, Any]:
        """The supplier as a person."""
        return {
            "id": "P-1",
            "name": "Juana Pérez",
            "roles": ["supplier"],
            "identifier": {"scheme": "MX-RFC", "id": "PEXJ800101AB1", "legalPersonality": "naturalPerson"},
            "address": {"streetAddress": self.home},
            "contactPoint": {"name": "Juana Pérez", "email": self.mail},
            "additionalIdentifiers": [{"scheme": "MX-CURP", "id": self.curp}],
        }

    def legal(self) -> dict[str, Any]:
        """The supplier as a company."""
        return self.natural() | {
            "name": "Papelería Pérez, S.A. de C.V.",
            "identifier": {"scheme": "MX-RFC", "id": "PEX800101AB1", "legalPersonality": "legalPerson"},
            "additionalIdentifiers": [],
        }


DESK = {"process_part", "process_version", "contracting_process"}
"""Where a sujeto obligado keeps what it works on; the world's role reads none of them."""


def with_supplier(supplier: dict[str, Any]) -> dict[str, Any]:
    award = {
        "id": "A-1",
        "title": "Adjudicación",
        "status": "active",
        "suppliers": [{"id": supplier["id"], "name": supplier["name"]}],
    }
    return document(parties=[*document()["parties"], supplier], awards=[award])


def test_a_natural_persons_home_is_in_no_published_byte(
    press: Press, tables_holding: Callable[[str], set[str]]
) -> None:
    supplier = Supplier()
    ocid, release = press.release(with_supplier(supplier.natural()))

    assert "Juana Pérez" in str(release)
    for secret in (supplier.home, supplier.mail, supplier.curp):
        assert tables_holding(secret) <= DESK, secret
        assert "process_part" in tables_holding(secret), "nothing was withheld: the test proves nothing"
    assert press.record(ocid) is not None
    assert press.faults() == []


def test_a_legal_persons_address_is_public(press: Press, tables_holding: Callable[[str], set[str]]) -> None:
    supplier = Supplier()
    press.release(with_supplier(supplier.legal()))
    assert {"release_body", "record"} <= tables_holding(supplier.home)


def test_what_turns_out_to_be_private_leaves_the_record_with_the_next_release(press: Press) -> None:
    supplier = Supplier()
    ocid, _ = press.release(with_supplier(supplier.legal()))

    _, corrected = press.release(with_supplier(supplier.natural()), ocid=ocid)

    assert supplier.home not in str(corrected)
    assert supplier.home not in str(press.record(ocid))
    assert press.faults() == []


@pytest.mark.parametrize("natural_rfc_public", [True, False])
def test_a_natural_persons_rfc_is_public_where_the_law_says_so(
    make_place: Callable[..., Place], natural_rfc_public: bool
) -> None:
    press = Press(make_place(policy="direct", natural_rfc_public=natural_rfc_public))
    _, release = press.release(with_supplier(Supplier().natural()))
    assert ("PEXJ800101AB1" in str(release)) is natural_rfc_public


# Refusals leave nothing


def published_rows(press: Press) -> tuple[int, int, list[str]]:
    with press.place.database.unit_of_work(press.place.system) as session:
        statuses = [row.status for row in session.exec(select(ProcessVersion))]
    return len(press.entries()), len(press.bodies()), statuses


def attempt(press: Press, actor: Actor, *refs: VersionRef) -> None:
    with press.place.database.unit_of_work(actor) as session:
        publish_batch(session, actor, refs)


def test_only_who_may_publish_does(press: Press, other_press: Press) -> None:
    ref = press.draft()
    elsewhere = press.place.add_sujeto(policy="direct")
    refused: list[tuple[Actor, type[AppError]]] = [
        (press.place.actor("so_reader"), ForbiddenError),
        (press.place.actor("so_admin"), ForbiddenError),
        (press.place.actor("garante_reviewer"), ForbiddenError),
        (press.place.actor("so_publisher", elsewhere), NotFoundError),
        (press.place.actor("so_reader", elsewhere), NotFoundError),
        (other_press.actor, NotFoundError),
        (Actor(tenant_id=press.place.tenant_id), ForbiddenError),
    ]
    for actor, error in refused:
        with pytest.raises(error):
            attempt(press, actor, ref)
        assert published_rows(press) == (0, 0, ["draft"])

    attempt(press, press.actor, ref)
    assert published_rows(press) == (1, 1, ["published"])


def test_one_foreign_version_stops_the_whole_batch(press: Press, other_press: Press) -> None:
    mine, theirs = press.draft(), other_press.draft()
    with pytest.raises(NotFoundError):
        attempt(press, press.actor, mine, theirs)
    assert published_rows(press) == (0, 0, ["draft"])
    assert published_rows(other_press) == (0, 0, ["draft"])


def test_an_absent_version_is_refused(press: Press) -> None:
    ref = press.draft()
    with pytest.raises(NotFoundError):
        attempt(press, press.actor, VersionRef(uuid4(), 1))
    with pytest.raises(ConflictError):
        attempt(press, press.actor, VersionRef(ref.process_id, 2))


def test_a_published_version_is_not_published_again(press: Press) -> None:
    ref = press.draft()
    attempt(press, press.actor, ref)
    with pytest.raises(ConflictError):
        attempt(press, press.actor, ref)
    assert published_rows(press) == (1, 1, ["published"])


@pytest.mark.parametrize("policy", ["garante", "self", "single"])
def test_where_somebody_approves_a_draft_is_not_published(
    make_place: Callable[..., Place], policy: str
) -> None:
    press = Press(make_place(policy=policy))
    with pytest.raises(ConflictError):
        attempt(press, press.actor, draft(press.place, source="import:prueba"))
    assert published_rows(press) == (0, 0, ["draft"])


def test_a_batch_has_a_size_and_a_process_stands_in_it_once(press: Press) -> None:
    ref = press.draft()
    with pytest.raises(InvalidError):
        attempt(press, press.actor, ref, ref)
    with pytest.raises(InvalidError):
        attempt(press, press.actor, *[VersionRef(uuid4(), 1) for _ in range(LARGEST_UNIT + 1)])
    assert press.publish() == []


def test_an_error_after_publishing_takes_everything_back(press: Press) -> None:
    ref = press.draft()

    def publish_and_fail() -> None:
        with press.place.database.unit_of_work(press.actor) as session:
            assert publish_batch(session, press.actor, [ref])[0].published
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        publish_and_fail()
    assert published_rows(press) == (0, 0, ["draft"])

    press.publish(ref)
    assert [entry.position for entry in press.entries()] == [1]
    assert press.faults() == []


def test_a_suspended_tenant_publishes_nothing(press: Press) -> None:
    ref = press.draft()
    stand(press.place, "suspend")
    with pytest.raises(SuspendedError):
        press.publish(ref)
    assert press.bodies() == {}

    stand(press.place, "resume")
    (outcome,) = press.publish(ref)

    assert outcome.published

"""Acts on the registry, and who may see and change what."""

from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.core.audit import AuditEvent
from app.core.db import Actor
from app.core.errors import ForbiddenError, InvalidError, NotFoundError, StaleError
from app.ocds.shape import Document
from app.parties import queries, service
from app.parties.adoption import adopt, kind_of
from app.parties.models import Party
from app.parties.organization import as_party, reference
from app.parties.queries import Use
from app.parties.service import DuplicateError, Entry, RefusedEntryError
from tests.conftest import Place
from tests.factories import draft

RFC = "MAB9307148T4"
PERSON: Document = {
    "identifier": {
        "scheme": "MX-RFC",
        "id": "GODE561231GR8",
        "legalPersonality": "naturalPerson",
        "givenName": "Elena",
        "patronymicName": "Gómez",
    }
}


def firm(name: str = "Papelería del Centro, S.A. de C.V.", number: str = "", **more: object) -> Document:
    identifier = {"legalPersonality": "legalPerson", "legalName": name}
    if number:
        identifier |= {"scheme": "MX-RFC", "id": number}
    return {"name": name, "identifier": identifier, **more}


def enter(
    place: Place, actor: Actor, body: Document, kind: str = "supplier", **more: tuple[UUID, ...]
) -> Party:
    with place.database.unit_of_work(actor) as session:
        return service.create(session, actor, Entry(kind, body, **more))


def correct(place: Place, actor: Actor, row: Party, body: Document, version: int = 1) -> service.Corrected:
    with place.database.unit_of_work(actor) as session:
        return service.correct(session, actor, row.party_id, Entry(row.kind, body), row_version=version)


def names(place: Place, actor: Actor, **asked: object) -> list[str]:
    with place.database.unit_of_work(actor) as session:
        found = queries.listing(session, actor, **{"kind": None, **asked})  # type: ignore[arg-type]
        return [row.name for row in found.rows]


@pytest.fixture
def neighbour(place: Place) -> Actor:
    """Somebody who captures for another body of the tenant."""
    return place.actor("so_editor", place.add_sujeto())


# Whose it is


def test_a_body_sees_its_own_and_the_shared_and_nothing_of_another(place: Place, neighbour: Actor) -> None:
    editor, garante = place.actor("so_editor"), place.actor("garante_admin")
    enter(place, editor, firm("Propia"))
    enter(place, neighbour, firm("Ajena"))
    enter(place, garante, firm("Compartida"))

    assert names(place, editor) == ["Compartida", "Propia"]
    assert names(place, neighbour) == ["Ajena", "Compartida"]
    assert names(place, garante) == ["Ajena", "Compartida", "Propia"]


def test_nobody_of_another_body_or_tenant_reaches_an_entry(
    place: Place, neighbour: Actor, other_place: Place
) -> None:
    row = enter(place, place.actor("so_editor"), firm(number=RFC))
    for stranger, where in ((neighbour, place), (other_place.actor("garante_admin"), other_place)):
        with where.database.unit_of_work(stranger) as session:
            for act in (queries.party, queries.uses, queries.changes, service.retire, service.own):
                with pytest.raises(NotFoundError):
                    act(session, stranger, row.party_id)
            assert queries.options(session, stranger, RFC) == []
            assert queries.similar(session, stranger, row.name, number=RFC) == []
            assert queries.same_number(session, stranger, row.sujeto_obligado_id, "MX-RFC", RFC) is None
            assert queries.parties(session, stranger, [row.party_id]) == {}
            assert queries.members(session, stranger, row.party_id) == []
            with pytest.raises(NotFoundError):
                service.correct(session, stranger, row.party_id, Entry("supplier", firm()), row_version=1)


def test_only_its_own_people_change_an_entry(place: Place) -> None:
    editor, garante = place.actor("so_editor"), place.actor("garante_admin")
    own, shared = enter(place, editor, firm("Propia")), enter(place, garante, firm("Compartida"))

    with pytest.raises(ForbiddenError, match="sujeto obligado"):
        correct(place, garante, own, firm("Otra"))
    with pytest.raises(ForbiddenError, match="organismo garante"):
        correct(place, editor, shared, firm("Otra"))
    for role in ("so_reader", "so_publisher", "garante_reviewer"):
        with pytest.raises(ForbiddenError):
            enter(place, place.actor(role), firm("De nadie"))
    assert correct(place, place.actor("so_admin"), own, firm("Otra")).party.name == "Otra"


def test_a_shared_entry_names_nothing_of_a_body_among_its_members(place: Place) -> None:
    own = enter(place, place.actor("so_editor"), firm("Propia"))
    with pytest.raises(InvalidError):
        enter(place, place.actor("garante_admin"), firm("Consorcio"), members=(own.party_id,))


# Entering and correcting


def test_a_number_is_entered_once_per_owner(place: Place, neighbour: Actor) -> None:
    editor = place.actor("so_editor")
    first = enter(place, editor, firm(number=RFC))
    with pytest.raises(DuplicateError) as caught:
        enter(place, editor, firm("Con otro nombre", number="mab-930714-8T4"))
    assert caught.value.party_id == first.party_id
    assert enter(place, neighbour, firm(number=RFC)).party_id != first.party_id
    assert enter(place, place.actor("garante_admin"), firm(number=RFC)).sujeto_obligado_id is None
    with pytest.raises(DuplicateError):
        enter(place, place.actor("garante_admin"), firm(number=RFC))


def test_a_correction_cannot_take_the_number_of_another(place: Place) -> None:
    editor = place.actor("so_editor")
    enter(place, editor, firm(number=RFC))
    other = enter(place, editor, firm("Otra"))
    with pytest.raises(DuplicateError):
        correct(place, editor, other, firm("Otra", number=RFC))
    assert correct(place, editor, other, firm("Otra más")).party.row_version == 2


def test_a_generic_number_names_nobody_and_so_may_repeat(place: Place) -> None:
    editor = place.actor("so_editor")
    rows = [enter(place, editor, firm(name, number="XEXX010101000")) for name in ("Una", "Dos")]
    ids = {reference(row)["id"] for row in rows}
    assert len(ids) == 2
    assert all(one.startswith("REG-") for one in ids)


def test_what_breaks_a_rule_is_refused_and_nothing_is_kept(place: Place) -> None:
    editor = place.actor("so_editor")
    with pytest.raises(RefusedEntryError) as caught:
        enter(place, editor, firm(number="MAB"))
    assert [finding.pointer for finding in caught.value.findings] == ["/identifier/id"]
    assert names(place, editor) == []


def test_a_correction_keeps_each_field_with_before_and_after(place: Place) -> None:
    editor = place.actor("so_editor")
    row = enter(place, editor, firm("Papelería", contactPoint={"email": "a@b.mx"}, details={"x": 1}))
    done = correct(place, editor, row, firm("Papelería", contactPoint={"email": "c@d.mx"}, details={"x": 1}))

    assert [(one.pointer, one.before, one.after) for one in done.changes] == [
        ("/contactPoint/email", "a@b.mx", "c@d.mx")
    ]
    with place.database.unit_of_work(editor) as session:
        kept = queries.changes(session, editor, row.party_id)
        acts = session.exec(
            select(AuditEvent.verb, AuditEvent.detail).where(
                AuditEvent.tenant_id == place.tenant_id, AuditEvent.subject_id == str(row.party_id)
            )
        ).all()
    assert [(one.row_version, one.pointer, one.before, one.account_id) for one in kept] == [
        (2, "/contactPoint/email", "a@b.mx", editor.account_id),
        (1, "", None, editor.account_id),
    ]
    assert sorted(acts) == [
        ("party.correct", {"pointers": ["/contactPoint/email"]}),
        ("party.create", {"kind": "supplier"}),
    ]


def test_saving_the_same_changes_nothing(place: Place) -> None:
    editor = place.actor("so_editor")
    row = enter(place, editor, firm(number=RFC))
    done = correct(place, editor, row, firm(number=RFC))
    assert (done.changes, done.party.row_version) == ((), 1)


def test_who_saves_over_an_older_version_is_told(place: Place) -> None:
    editor = place.actor("so_editor")
    row = enter(place, editor, firm("Una"))
    correct(place, editor, row, firm("Dos"))
    with pytest.raises(StaleError):
        correct(place, editor, row, firm("Tres"), version=1)
    assert names(place, editor) == ["Dos"]


def test_retired_entries_are_not_offered_and_come_back(place: Place) -> None:
    editor = place.actor("so_editor")
    row = enter(place, editor, firm(number=RFC))
    with place.database.unit_of_work(editor) as session:
        service.retire(session, editor, row.party_id)
        service.retire(session, editor, row.party_id)
        assert queries.options(session, editor, "papeleria") == []
        assert queries.party(session, editor, row.party_id).row_version == 2
    assert names(place, editor) == []
    assert names(place, editor, retired=True) == [row.name]
    with pytest.raises(DuplicateError, match="recupérala"):
        enter(place, editor, firm(number=RFC))
    with place.database.unit_of_work(editor) as session:
        service.restore(session, editor, row.party_id)
    assert names(place, editor) == [row.name]


def test_members_belong_and_are_told_from_both_sides(place: Place) -> None:
    editor = place.actor("so_editor")
    one, two = enter(place, editor, firm("Una")), enter(place, editor, firm("Dos"))
    joint = enter(place, editor, firm("Consorcio"), members=(one.party_id, two.party_id))
    with place.database.unit_of_work(editor) as session:
        assert [row.name for row in queries.members(session, editor, joint.party_id)] == ["Dos", "Una"]
        assert [row.name for row in queries.member_of(session, editor, one.party_id)] == ["Consorcio"]
        entry = Entry("supplier", firm("Consorcio"), members=(two.party_id,))
        service.correct(session, editor, joint.party_id, entry, row_version=1)
        assert queries.member_of(session, editor, one.party_id) == []
        (kept, _) = queries.changes(session, editor, joint.party_id)
    assert (kept.pointer, kept.before, kept.after) == ("/members", ["Dos", "Una"], ["Dos"])
    assert as_party(two, ["tenderer"], [joint])["memberOf"] == [reference(joint)]


@pytest.mark.parametrize("which", ["itself", "nobody"])
def test_an_entry_takes_no_impossible_member(place: Place, which: str) -> None:
    editor = place.actor("so_editor")
    row = enter(place, editor, firm("Una"))
    member = row.party_id if which == "itself" else uuid4()
    entry = Entry("supplier", firm("Otra"), members=(member,))
    with place.database.unit_of_work(editor) as session, pytest.raises(InvalidError):
        service.correct(session, editor, row.party_id, entry, row_version=1)
    assert names(place, editor) == ["Una"]


# Finding


def test_a_search_takes_words_in_any_order_without_accents(place: Place) -> None:
    editor = place.actor("so_editor")
    enter(place, editor, firm("Papelería del Centro", number=RFC))
    enter(place, editor, firm("Ferretería 100% «Ñandú» _ 50"))
    for text in ("papeleria", "CENTRO papelería", "mab9307", "8t4 centro"):
        assert names(place, editor, text=text) == ["Papelería del Centro"], text
    assert names(place, editor, text="nandu 100%") == ["Ferretería 100% «Ñandú» _ 50"]
    assert names(place, editor, text="%") == ["Ferretería 100% «Ñandú» _ 50"]
    assert names(place, editor, text="papeleria ñandu") == []


def test_pages_follow_one_another(place: Place) -> None:
    editor = place.actor("so_editor")
    for number in range(5):
        enter(place, editor, firm(f"Empresa {number}"))
    seen: list[str] = []
    cursor: str | None = None
    with place.database.unit_of_work(editor) as session:
        while True:
            found = queries.listing(session, editor, kind="supplier", cursor=cursor, limit=2)
            seen += [row.name for row in found.rows]
            cursor = found.next_cursor
            if cursor is None:
                break
    assert seen == [f"Empresa {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("PAPELERIA DEL CENTRO SA DE CV", True),
        ("Papeleria del Sentro", True),
        ("Papelería y Regalos Acapulco", False),
        ("Constructora del Centro", False),
    ],
)
def test_names_that_may_be_the_same_are_shown(place: Place, name: str, found: bool) -> None:
    editor = place.actor("so_editor")
    enter(place, editor, firm("Papelería del Centro, S.A. de C.V."))
    with place.database.unit_of_work(editor) as session:
        assert bool(queries.similar(session, editor, name)) is found


def test_a_shared_entry_with_the_number_is_shown_before_entering_ones_own(place: Place) -> None:
    editor = place.actor("so_editor")
    shared = enter(place, place.actor("garante_admin"), firm(number=RFC))
    with place.database.unit_of_work(editor) as session:
        found = queries.similar(session, editor, "Nombre que no se parece", number=RFC)
    assert [row.party_id for row in found] == [shared.party_id]


# In a process


def test_an_entry_becomes_a_party(place: Place) -> None:
    row = enter(place, place.actor("so_editor"), firm("Papelería", number=RFC))
    assert as_party(row, ["supplier", "tenderer"]) == {
        "id": f"MX-RFC-{RFC}",
        **firm("Papelería", number=RFC),
        "roles": ["supplier", "tenderer"],
    }
    assert reference(row) == {"id": f"MX-RFC-{RFC}", "name": "Papelería"}


@pytest.mark.parametrize(
    ("scheme", "number"),
    [("MX-CURP", "GODE561231MJCMZL09"), ("CURP", "X-1"), ("MX-LOCAL", "GODE561231MJCMZL09")],
)
def test_a_number_that_is_never_published_is_no_part_of_the_id(
    place: Place, scheme: str, number: str
) -> None:
    body = PERSON | {"identifier": PERSON["identifier"] | {"scheme": scheme, "id": number}}
    row = enter(place, place.actor("so_editor"), body)
    assert reference(row)["id"] == f"REG-{row.party_id.hex[:12]}"


def test_uses_are_told_to_the_people_of_the_process(place: Place, neighbour: Actor) -> None:
    editor = place.actor("so_editor")
    shared = enter(place, place.actor("garante_admin"), firm("Compartida"))
    for who in (editor, neighbour):
        process_id = draft(place, editor=who).process_id
        assert who.sujeto_obligado_id is not None
        use = Use(process_id, who.sujeto_obligado_id, "parties/1", shared.party_id, 1)
        with place.database.unit_of_work(who) as session:
            service.link(session, who, use)
            service.link(session, who, use)
            assert queries.uses(session, who, shared.party_id) == [use]
            assert queries.use_of(session, who, process_id) == {"parties/1": use}
            assert queries.processes_using(session, who, [shared.party_id]) == {shared.party_id: 1}
    garante = place.actor("garante_admin")
    with place.database.unit_of_work(garante) as session:
        assert queries.processes_using(session, garante, [shared.party_id]) == {shared.party_id: 2}
    with place.database.unit_of_work(editor) as session:
        service.unlink(session, editor, use.process_id, "parties/1")  # a neighbour's: nothing happens to it
    with place.database.unit_of_work(neighbour) as session:
        assert queries.uses(session, neighbour, shared.party_id) == [use]
        service.unlink(session, neighbour, use.process_id, "parties/1")
        assert queries.uses(session, neighbour, shared.party_id) == []


def test_a_body_cannot_speak_for_the_process_of_another(place: Place, neighbour: Actor) -> None:
    editor = place.actor("so_editor")
    row = enter(place, neighbour, firm())
    process_id = draft(place, editor=editor).process_id
    with place.database.unit_of_work(neighbour) as session, pytest.raises(NotFoundError):
        service.link(session, neighbour, Use(process_id, place.sujetos[0], "parties/1", row.party_id, 1))
    with place.database.unit_of_work(editor) as session, pytest.raises(NotFoundError):
        service.link(session, editor, Use(process_id, place.sujetos[0], "parties/1", row.party_id, 1))


@pytest.mark.parametrize(
    ("organization", "kind"),
    [
        ({"roles": ["supplier", "payee"]}, "supplier"),
        ({"roles": ["buyer", "payer"]}, "body"),
        ({"roles": ["requestingUnit", "technicalUnit"]}, "unit"),
        ({"roles": ["official"]}, "official"),
        ({"roles": ["reviewBody"], "position": "Titular"}, "official"),
        ({"roles": ["buyer", "supplier"]}, "supplier"),
        ({"roles": [7]}, "supplier"),
        ({}, "supplier"),
    ],
)
def test_roles_say_what_kind_of_entry_a_party_is(organization: Document, kind: str) -> None:
    assert kind_of(organization) == kind


def test_a_party_is_adopted_once_and_whole(place: Place) -> None:
    editor = place.actor("so_editor")
    party = {
        "id": "MX-RFC-1",
        "name": "Papelería",
        "name_en": "Stationery",
        "identifier": {"scheme": "MX-RFC", "id": RFC},
        "roles": ["supplier"],
        "memberOf": [{"id": "x"}],
        "address": None,
        "details": {"giro": "papel"},
    }
    with place.database.unit_of_work(editor) as session:
        row = adopt(session, editor, party)
        assert adopt(session, editor, party).party_id == row.party_id
    assert row.body == {
        "name": "Papelería",
        "name_en": "Stationery",
        "identifier": {
            "scheme": "MX-RFC",
            "id": RFC,
            "legalPersonality": "legalPerson",
            "legalName": "Papelería",
        },
        "details": {"giro": "papel"},
    }
    assert party["memberOf"] == [{"id": "x"}]


def test_a_shared_entry_is_adopted_instead_of_a_second_one(place: Place) -> None:
    shared = enter(place, place.actor("garante_admin"), firm(number=RFC))
    editor = place.actor("so_editor")
    with place.database.unit_of_work(editor) as session:
        assert adopt(session, editor, firm(number=RFC) | {"roles": ["supplier"]}).party_id == shared.party_id


@pytest.mark.parametrize(
    "party",
    [
        {"name": 7},
        {"name": "A", "identifier": []},
        {"name": "A", "identifier": "MX-RFC"},
        {"name": "A", "additionalIdentifiers": [None]},
        {"name": "A", "contactPoint": "x"},
        {"name": "Sin tipo de persona"},
        {"name": "A", "identifier": {"scheme": "MX-RFC", "id": "corto"}},
    ],
)
def test_what_no_form_could_show_is_not_adopted(place: Place, party: Document) -> None:
    editor = place.actor("so_editor")
    with place.database.unit_of_work(editor) as session, pytest.raises(InvalidError):
        adopt(session, editor, party)
    assert names(place, editor) == []


def test_very_long_and_odd_names_are_kept(place: Place) -> None:
    editor = place.actor("so_editor")
    for name in ("Ñ" * 300, "🖇️ Papelería", "مكتبة الوسط", "文" * 500):
        row = enter(place, editor, firm(name))
        with place.database.unit_of_work(editor) as session:
            assert queries.party(session, editor, row.party_id).name == name

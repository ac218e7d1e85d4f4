"""Editing a part at a time: through the verbs, against a real database."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from app.core.db import Actor, Database
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, StaleError
from app.ocds.shape import Document
from app.processes import editing
from app.processes.editing import Change, Saved
from app.processes.models import ContractingProcess, DocumentEdit
from app.processes.queries import VersionRef, process_row, version, working_process
from app.processes.service import DocumentWrite, save_documents
from app.publication.service import publish_batch
from app.review import service as review
from tests.conftest import Place
from tests.factories import document, draft, new_ocid

ITEMS = [{"id": f"item-{n}", "description": f"Cosa {n}", "quantity": n} for n in range(1, 4)]


@pytest.fixture
def editor(place: Place) -> Actor:
    return place.actor("so_editor")


@pytest.fixture
def process(place: Place) -> UUID:
    whole = document(
        parties=[
            {"id": "MX-1", "name": "Secretaría de Pruebas", "roles": ["buyer"]},
            {
                "id": "MX-RFC-AAA010101AAA",
                "name": "Uno, S.A.",
                "identifier": {"scheme": "MX-RFC", "id": "AAA010101AAA"},
            },
        ],
        tender={**document()["tender"], "items": ITEMS},
        awards=[{"id": "A-1", "suppliers": [{"id": "MX-RFC-AAA010101AAA", "name": "Uno, S.A."}]}],
        contracts=[{"id": "C-1", "awardID": "A-1", "title": "Contrato uno"}],
    )
    return draft(place, whole).process_id


@pytest.fixture
def whole(place: Place) -> Callable[[UUID], Document]:
    def read(process_id: UUID) -> Document:
        with place.database.unit_of_work(place.system) as session:
            return working_process(session, place.system, process_id).document

    return read


def save(place: Place, actor: Actor, process: UUID, path: str, base: int, *changes: Change) -> Saved:
    with place.database.unit_of_work(actor) as session:
        return editing.change(session, actor, process, path, changes, base=base)


def seq_of(place: Place, process: UUID) -> int:
    with place.database.unit_of_work(place.system) as session:
        return process_row(session, place.system, process).document_version


def lines(place: Place, process: UUID, seq: int) -> list[DocumentEdit]:
    with place.database.unit_of_work(place.system) as session:
        query = select(DocumentEdit).where(DocumentEdit.process_id == process, DocumentEdit.seq == seq)
        return sorted(session.exec(query), key=lambda line: line.line)


def test_a_value_is_changed_alone(
    place: Place, editor: Actor, process: UUID, whole: Callable[[UUID], Document]
) -> None:
    before = whole(process)
    saved = save(place, editor, process, "tender", 1, Change("/value/amount", 99.5), Change("/title", None))
    after = whole(process)
    assert saved == Saved(2, ("/value/amount", "/title"))
    assert after["tender"]["value"] == {"amount": 99.5, "currency": "MXN"}
    assert "title" not in after["tender"]
    assert {k: v for k, v in after.items() if k != "tender"} == {
        k: v for k, v in before.items() if k != "tender"
    }
    told = [
        (line.action, line.pointer, line.before, line.after, line.account_id)
        for line in lines(place, process, 2)
    ]
    assert told == [
        ("change", "/value/amount", 125000.5, 99.5, editor.account_id),
        ("change", "/title", "Papelería para oficinas", None, editor.account_id),
    ]


def test_a_value_as_it_is_is_no_edit(place: Place, editor: Actor, process: UUID) -> None:
    assert save(place, editor, process, "tender", 1, Change("/id", "LPN-1")) == Saved(1)
    assert seq_of(place, process) == 1


def test_an_object_left_empty_goes(
    place: Place, editor: Actor, process: UUID, whole: Callable[[UUID], Document]
) -> None:
    save(place, editor, process, "tender", 1, Change("/value/amount", None), Change("/value/currency", None))
    assert "value" not in whole(process)["tender"]


def test_a_section_is_begun_by_its_first_value(
    place: Place, editor: Actor, process: UUID, whole: Callable[[UUID], Document]
) -> None:
    save(place, editor, process, "planning", 1, Change("/budget/amount/amount", 10))
    assert whole(process)["planning"] == {"budget": {"amount": {"amount": 10}}}


def test_edits_of_different_values_meet(
    place: Place, editor: Actor, process: UUID, whole: Callable[[UUID], Document]
) -> None:
    other = place.actor("so_editor")
    save(place, editor, process, "tender", 1, Change("/title", "Uno"))
    assert save(place, other, process, "tender", 1, Change("/description", "Dos")).collisions == ()
    assert (whole(process)["tender"]["title"], whole(process)["tender"]["description"]) == ("Uno", "Dos")


@pytest.mark.parametrize("pointer", ["/value/amount", "/value"])
def test_an_edit_of_the_same_value_collides(
    place: Place, editor: Actor, process: UUID, whole: Callable[[UUID], Document], pointer: str
) -> None:
    save(place, editor, process, "tender", 1, Change("/value/amount", 1))
    mine = 2 if pointer == "/value/amount" else {"amount": 2}
    saved = save(place, editor, process, "tender", 1, Change(pointer, mine), Change("/title", "Sí"))
    assert saved.applied == ("/title",)
    assert [(one.pointer, one.mine, one.account_id) for one in saved.collisions] == [
        (pointer, mine, editor.account_id)
    ]
    assert whole(process)["tender"]["value"]["amount"] == 1


def test_what_was_shown_tells_better_than_the_age_of_the_page(
    place: Place, editor: Actor, process: UUID, whole: Callable[[UUID], Document]
) -> None:
    save(place, editor, process, "tender", 1, Change("/title", "Uno"))
    assert save(place, editor, process, "tender", 1, Change("/title", "Dos", shown="Uno")).collisions == ()
    late = save(place, editor, process, "tender", 2, Change("/title", "Tres", shown="Uno"))
    assert [(one.theirs, one.mine) for one in late.collisions] == [("Dos", "Tres")]
    assert whole(process)["tender"]["title"] == "Dos"


def test_a_replaced_document_makes_pages_stale(place: Place, editor: Actor, process: UUID) -> None:
    with place.database.unit_of_work(editor) as session:
        ocid = process_row(session, editor, process).ocid
        save_documents(session, editor, [DocumentWrite(ocid, place.sujetos[0], document(language="en"))])
    with pytest.raises(StaleError):
        save(place, editor, process, "tender", 1, Change("/title", "Tarde"))
    assert [(one.action, one.pointer) for one in lines(place, process, 2)][:1] == [("replace", "/language")]


def test_an_edit_from_before_a_replacement_stays(place: Place, editor: Actor, process: UUID) -> None:
    saved = save(place, editor, process, "tender/items/0", 1, Change("/description", "Otra"))
    with place.database.unit_of_work(editor) as session:
        ocid = process_row(session, editor, process).ocid
        other = document(tender={**document()["tender"], "items": [{"id": "item-9", "description": "Otra"}]})
        save_documents(session, editor, [DocumentWrite(ocid, place.sujetos[0], other)])
    with place.database.unit_of_work(editor) as session, pytest.raises(StaleError):
        editing.undo(session, editor, process, saved.seq)


def test_an_import_after_capture_leaves_nothing_twice(
    place: Place, editor: Actor, process: UUID, whole: Callable[[UUID], Document]
) -> None:
    with place.database.unit_of_work(editor) as session:
        editing.remove(session, editor, process, "tender/items/0")
        editing.add(session, editor, process, "tender/items", {"description": "Nueva"})
        ocid = process_row(session, editor, process).ocid
    new = whole(process) | {"language": "en"}
    with place.database.unit_of_work(editor) as session:
        save_documents(session, editor, [DocumentWrite(ocid, place.sujetos[0], new)])
    assert whole(process) == new


class TestElements:
    """Adding, copying, moving, taking out, undoing."""

    @pytest.fixture
    def act(self, place: Place, editor: Actor, process: UUID) -> Callable[..., Any]:
        def run(verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            with place.database.unit_of_work(editor) as session:
                return verb(session, editor, process, *args, **kwargs)

        return run

    def ids(self, whole: Document) -> list[str]:
        return [item["id"] for item in whole["tender"].get("items", [])]

    def test_added_at_the_end_with_an_id(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        path, seq = act(editing.add, "tender/items", {"description": "Cuatro"})
        again, _ = act(editing.add, "tender/items", {"description": "Cinco"})
        items = whole(process)["tender"]["items"]
        assert [item["description"] for item in items[3:]] == ["Cuatro", "Cinco"]
        assert seq == 2
        assert path != again
        assert len({item["id"] for item in items}) == 5

    def test_a_second_click_does_nothing_more(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        first = act(editing.add, "tender/items", {"description": "Cuatro"}, base=1)
        assert act(editing.add, "tender/items", {"description": "Cuatro"}, base=1) == first
        assert act(editing.add, "tender/items", {"description": "Cinco"}, base=1) != first
        assert act(editing.add, "tender/items", {"description": "Cuatro"}, base=3) != first  # from a new page
        assert len(whole(process)["tender"]["items"]) == 6
        gone = act(editing.remove, first[0], base=4)
        assert act(editing.remove, first[0], base=4) == gone
        with pytest.raises(NotFoundError):
            act(editing.remove, first[0], base=gone)

    def test_an_id_is_given_once(self, act: Callable[..., Any]) -> None:
        with pytest.raises(ConflictError, match="item-1"):
            act(editing.add, "tender/items", {"id": "item-1"})
        with pytest.raises(ConflictError, match="item-2"):
            act(editing.change, "tender/items/0", [Change("/id", "item-2")], base=1)

    def test_a_party_is_named_by_its_registry(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        act(editing.add, "parties", {"name": "Dos", "identifier": {"scheme": "MX-RFC", "id": "BBB010101BBB"}})
        assert whole(process)["parties"][-1]["id"] == "MX-RFC-BBB010101BBB"

    def test_moved_among_its_siblings(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        act(editing.move, "tender/items/2", by=-1)
        assert self.ids(whole(process)) == ["item-1", "item-3", "item-2"]
        act(editing.move, "tender/items/2", by=1)
        act(editing.move, "tender/items/2", by=1)  # at the end: nothing
        assert self.ids(whole(process)) == ["item-1", "item-2", "item-3"]

    def test_copied_without_its_id(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        act(editing.copy, "tender/items/1")
        last = whole(process)["tender"]["items"][-1]
        assert (last["description"], last["id"] != "item-2") == ("Cosa 2", True)

    def test_taken_out_and_put_back(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        before = whole(process)
        seqs = [act(editing.remove, f"tender/items/{n}") for n in range(3)]
        assert "items" not in whole(process)["tender"]
        for seq in reversed(seqs):
            act(editing.undo, seq)
        assert whole(process) == before

    def test_taken_out_with_what_is_inside(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        act(editing.add, "contracts/0/items", {"description": "Dentro"})
        act(editing.add, "contracts/0/implementation/transactions", {"source": "Caja"})
        before = whole(process)
        seq = act(editing.remove, "contracts/0")
        assert "contracts" not in whole(process)
        act(editing.undo, seq)
        assert whole(process) == before

    def test_an_edit_is_undone_by_another(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        before = whole(process)
        saved = act(editing.change, "tender", [Change("/value/amount", 3), Change("/title", "Otro")], base=1)
        act(editing.undo, saved.seq)
        assert whole(process) == before
        act(editing.change, "tender", [Change("/title", "Más")], base=3)
        with pytest.raises(ConflictError, match="deshacer"):
            act(editing.undo, saved.seq)
        with pytest.raises(NotFoundError):
            act(editing.undo, 99)

    def test_pages_of_a_list(self, act: Callable[..., Any]) -> None:
        first = act(editing.open_list, "tender/items", limit=2)
        rest = act(editing.open_list, "tender/items", limit=2, cursor=first.page.next_cursor)
        assert [one.path for one in (*first.page.rows, *rest.page.rows)] == [
            f"tender/items/{n}" for n in range(3)
        ]
        assert (first.total, rest.page.next_cursor) == (3, None)

    def test_no_list_where_the_model_has_none(self, act: Callable[..., Any]) -> None:
        for path in ("tender/tenderers", "awards/9/items", "nada", "contracts/0/items/0"):
            with pytest.raises(NotFoundError):
                act(editing.open_list, path)
            with pytest.raises(NotFoundError):
                act(editing.add, path, {})
        with pytest.raises(InvalidError):
            act(editing.remove, "tender")


class TestFollowing:
    """What follows from an edit elsewhere in the document."""

    @pytest.fixture
    def act(self, place: Place, editor: Actor, process: UUID) -> Callable[..., Any]:
        return TestElements.act.__wrapped__(self, place, editor, process)  # type: ignore[attr-defined,no-any-return]

    def test_references_follow_their_party(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        act(
            editing.change,
            "parties/1",
            [Change("/name", "Uno y Compañía"), Change("/identifier/id", "CCC010101CCC")],
            base=1,
        )
        after = whole(process)
        assert after["parties"][1]["id"] == "MX-RFC-CCC010101CCC"
        assert after["awards"][0]["suppliers"] == [{"id": "MX-RFC-CCC010101CCC", "name": "Uno y Compañía"}]

    def test_a_party_in_use_stays(self, act: Callable[..., Any]) -> None:
        with pytest.raises(ConflictError, match="Proveedores"):
            act(editing.remove, "parties/1")
        with pytest.raises(ConflictError, match="contrato"):
            act(editing.remove, "awards/0")

    def test_a_role_follows_from_being_chosen(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        chosen = [{"id": "MX-RFC-AAA010101AAA", "name": "Uno, S.A."}]
        act(editing.change, "tender", [Change("/tenderers", chosen)], base=1)
        act(editing.add, "bids/details", {"tenderers": chosen})
        assert whole(process)["parties"][1]["roles"] == ["tenderer"]
        path, _ = act(editing.add, "contracts/0/implementation/transactions", {"source": "Caja"})
        act(
            editing.change, path, [Change("/payee/id", chosen[0]["id"]), Change("/payee/name", "Uno")], base=9
        )
        assert whole(process)["parties"][1]["roles"] == ["tenderer", "payee"]

    def test_items_are_carried_and_described_once(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        assert act(editing.carry_items, "tender/items", "awards/0/items") == 3
        assert act(editing.carry_items, "awards/0/items", "contracts/0/items", ids=["item-2"]) == 1
        assert act(editing.carry_items, "tender/items", "awards/0/items") == 0
        act(
            editing.change,
            "tender/items/1",
            [Change("/description", "Cosa dos"), Change("/quantity", 50), Change("/unit/name", "Pieza")],
            base=1,
        )
        after = whole(process)
        for item in (after["awards"][0]["items"][1], after["contracts"][0]["items"][0]):
            assert item == {
                "id": "item-2",
                "description": "Cosa dos",
                "quantity": 2,
                "unit": {"name": "Pieza"},
            }

    def test_an_item_that_says_something_else_does_not_follow(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        act(editing.add, "contracts/0/items", {"id": "item-1", "description": "Otra cosa"})
        act(editing.change, "tender/items/0", [Change("/description", "Nueva")], base=1)
        assert whole(process)["contracts"][0]["items"][0]["description"] == "Otra cosa"

    def test_a_contract_follows_its_award(
        self, act: Callable[..., Any], process: UUID, whole: Callable[[UUID], Document]
    ) -> None:
        act(editing.change, "awards/0", [Change("/id", "A-001")], base=1)
        assert whole(process)["contracts"][0]["awardID"] == "A-001"


class TestWho:
    """Who may edit, and when."""

    def test_not_a_stranger(
        self, place: Place, other_place: Place, editor: Actor, process: UUID, database: Database
    ) -> None:
        neighbour = place.actor("so_editor", place.add_sujeto())
        for stranger in (other_place.actor("so_editor"), neighbour):
            with database.unit_of_work(stranger) as session:
                for verb, args in (
                    (editing.open_part, ("tender",)),
                    (editing.open_list, ("tender/items",)),
                    (editing.add, ("tender/items", {})),
                    (editing.remove, ("tender/items/0",)),
                    (editing.undo, (1,)),
                ):
                    with pytest.raises(NotFoundError):
                        verb(session, stranger, process, *args)  # type: ignore[operator]
        with pytest.raises(ForbiddenError):
            save(place, place.actor("so_reader"), process, "tender", 1, Change("/title", "No"))

    def test_not_under_review(self, place: Place, editor: Actor) -> None:
        ref = draft(place)
        with place.database.unit_of_work(editor) as session:
            review.submit(session, editor, ref, 1)
        with pytest.raises(ConflictError, match="revisión"):
            save(place, editor, ref.process_id, "tender", 1, Change("/title", "No"))
        with place.database.unit_of_work(editor) as session:
            assert not editing.open_part(session, editor, ref.process_id, "tender").draft.editable

    def test_not_what_was_put_away(self, place: Place, editor: Actor) -> None:
        ref = draft(place)
        with place.database.unit_of_work(editor) as session:
            review.discard(session, editor, ref, 1)
        with pytest.raises(ConflictError, match="descartó"):
            save(place, editor, ref.process_id, "tender", 1, Change("/title", "No"))

    def test_an_approved_version_is_a_draft_again(self, place: Place, editor: Actor) -> None:
        ref = draft(place)
        decider = place.actor("garante_reviewer")
        with place.database.unit_of_work(editor) as session:
            review.submit(session, editor, ref, 1)
        with place.database.unit_of_work(decider) as session:
            review.approve(session, decider, ref, 2)
        other = place.actor("so_editor")
        save(place, other, ref.process_id, "tender", 1, Change("/title", "Otra vez"))
        with place.database.unit_of_work(editor) as session:
            turn = version(session, editor, ref)
            assert (turn.status, turn.row_version) == ("draft", 4)

    def test_a_published_process_gets_a_new_draft_beside_it(
        self, place: Place, editor: Actor, whole: Callable[[UUID], Document]
    ) -> None:
        ref = _published(place, editor)
        before = whole(ref.process_id)
        saved = save(place, editor, ref.process_id, "tender", 1, Change("/title", "Corregida"))
        assert saved.applied == ("/title",)
        with place.database.unit_of_work(editor) as session:
            turn = version(session, editor, VersionRef(ref.process_id, 2))
            assert (turn.status, turn.source) == ("draft", "capture")
            kept = review.working_process(session, editor, ref.process_id)
        assert kept.document["tender"]["title"] == "Corregida"
        with place.database.unit_of_work(editor) as session:
            review.discard(session, editor, VersionRef(ref.process_id, 2), 1)
        assert whole(ref.process_id) == before

    def test_a_published_party_keeps_its_id(
        self, place: Place, editor: Actor, whole: Callable[[UUID], Document]
    ) -> None:
        ref = _published(place, editor)
        save(
            place,
            editor,
            ref.process_id,
            "parties/0",
            1,
            Change("/identifier", {"scheme": "MX-RFC", "id": "X"}),
        )
        assert whole(ref.process_id)["parties"][0]["id"] == "MX-1"


def test_lists_know_what_a_process_says(place: Place, editor: Actor) -> None:
    with place.database.unit_of_work(editor) as session:
        ocid = new_ocid(place)
        saved = save_documents(session, editor, [DocumentWrite(ocid, place.sujetos[0], {"language": "es"})])
        process = saved[0].ref.process_id
        editing.change(
            session,
            editor,
            process,
            "tender",
            [
                Change("/title", "Compra de Árboles"),
                Change("/procurementMethod", "direct"),
                Change("/tenderPeriod/startDate", "2023-05-01T00:00:00-06:00"),
            ],
            base=1,
        )
        row = process_row(session, editor, process)
        assert (row.title, row.method, row.stage, row.year) == ("Compra de Árboles", "direct", "tender", 2023)
        assert "compra de arboles" in row.folded
        path, _ = editing.add(session, editor, process, "contracts", {"dateSigned": "2024-01-01T00:00:00Z"})
        row = process_row(session, editor, process)
        assert (row.title, row.stage, row.year) == ("Compra de Árboles", "contract", 2024)
        editing.remove(session, editor, process, path)
        row = process_row(session, editor, process)
        assert (row.stage, row.year) == ("tender", 2023)
        assert isinstance(row, ContractingProcess)


def _published(place: Place, editor: Actor) -> VersionRef:
    ref = draft(place)
    decider, publisher = place.actor("garante_reviewer"), place.actor("so_publisher")
    with place.database.unit_of_work(editor) as session:
        review.submit(session, editor, ref, 1)
    with place.database.unit_of_work(decider) as session:
        review.approve(session, decider, ref, 2)
    with place.database.unit_of_work(publisher) as session:
        assert publish_batch(session, publisher, [ref])[0].published
    return ref

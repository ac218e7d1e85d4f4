"""Files of entries, compared with the catalogue, applied and kept in mind."""

from pathlib import Path

import pytest
from sqlmodel import select

from app.catalogs import service
from app.core.audit import AuditEvent
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from tests.catalogs.conftest import SMALL, Shelf


def counts(shelf: Shelf, content: str, **more: bool) -> dict[str, int]:
    return {name: count for name, count in shelf.receive(content, **more).counts.items() if count}


def test_a_preview_changes_nothing_until_it_is_applied(shelf: Shelf) -> None:
    load = shelf.receive(SMALL)
    assert load.counts["added"] == 4
    assert shelf.entry("21100001") is None

    shelf.apply(load)

    found = shelf.entry("21100002")
    assert found is not None
    assert (found.description, found.unit) == ("Papel bond, tamaño carta", "Caja")


def test_a_later_file_adds_changes_and_keeps_what_it_leaves_out(shelf: Shelf) -> None:
    shelf.load(SMALL)
    later = (
        "Clave;Descripción;Unidad\n21100001;Abrecartas de metal;Pieza\n21100002;Papel bond carta;Caja\n"
        "21100009;Clip;Caja\n"
    )

    assert counts(shelf, later) == {"added": 1, "changed": 1, "equal": 1, "missing": 2}
    shelf.load(later)

    assert shelf.find("") == ["21100001", "21100002", "21100003", "21100009", "25400001"]
    (changed, added) = shelf.history("21100002")
    assert changed.act == "change"
    assert changed.changed == {"description": ["Papel bond, tamaño carta", "Papel bond carta"]}
    assert changed.filename == "claves.csv"
    assert changed.who == "Persona garante_admin"
    assert added.act == "add"
    assert len(shelf.history("21100001")) == 1


def test_a_complete_file_retires_what_it_leaves_out_and_a_later_one_brings_it_back(shelf: Shelf) -> None:
    shelf.load(SMALL)
    shelf.load("clave,descripción\n21100001,Abrecartas de metal\n", complete=True)

    assert shelf.find("") == ["21100001"]
    gone = shelf.entry("21100003")
    assert gone is not None
    assert gone.retired_at is not None
    assert [turn.act for turn in shelf.history("21100003")] == ["retire", "add"]
    kept = shelf.entry("21100001")
    assert kept is not None
    assert kept.unit == "Pieza", "a column that the file lacks says nothing"

    again = shelf.receive(SMALL)
    assert (again.counts["restored"], again.counts["equal"], again.counts["added"]) == (3, 1, 0)
    shelf.apply(again)
    assert len(shelf.find("")) == 4
    assert [turn.act for turn in shelf.history("21100003")] == ["restore", "retire", "add"]


def test_a_code_whose_row_is_refused_is_not_taken_for_missing(shelf: Shelf) -> None:
    shelf.load(SMALL)
    partly = "clave,descripción\n21100001,Abrecartas de metal\n21100002,\n"
    assert counts(shelf, partly, complete=True) == {"equal": 1, "refused": 1, "missing": 2}
    shelf.load(partly, complete=True)
    assert shelf.find("") == ["21100001", "21100002"]


def test_the_same_file_twice_changes_nothing(shelf: Shelf) -> None:
    shelf.load(SMALL)
    assert counts(shelf, SMALL, complete=True) == {"equal": 4}


def test_a_load_is_decided_once(shelf: Shelf) -> None:
    load = shelf.receive(SMALL)
    shelf.apply(load)
    with pytest.raises(ConflictError, match="ya se aplicó"):
        shelf.apply(load)

    other = shelf.receive(SMALL)
    with shelf.place.database.unit_of_work(shelf.keeper) as session:
        service.discard(session, shelf.keeper, other.load_id)
    with pytest.raises(ConflictError, match="ya se aplicó o se descartó"):
        shelf.apply(other)


def test_a_preview_older_than_another_file_is_not_applied(shelf: Shelf) -> None:
    early = shelf.receive(SMALL)
    shelf.load("clave,descripción\n21100001,Abrecartas\n")
    with pytest.raises(ConflictError, match="después de esta vista previa"):
        shelf.apply(early)


def test_a_file_without_one_good_row_is_not_applied(shelf: Shelf) -> None:
    shelf.load(SMALL)
    load = shelf.receive("clave,descripción\nabc,Nada\n", complete=True)
    assert load.counts["refused"] == 1
    with pytest.raises(ConflictError, match="Ningún renglón"):
        shelf.apply(load)
    assert len(shelf.find("")) == 4


def test_only_the_garantes_administration_loads(shelf: Shelf) -> None:
    for role in ("garante_reviewer", "so_admin", "so_editor"):
        with pytest.raises(ForbiddenError):
            shelf.receive(SMALL, actor=shelf.place.actor(role))


def test_another_tenants_load_is_not_found(shelf: Shelf, other_shelf: Shelf) -> None:
    load = shelf.receive(SMALL)
    with pytest.raises(NotFoundError):
        other_shelf.apply(load)
    shelf.apply(load)
    assert other_shelf.find("") == []


def test_the_audit_says_who_loaded_what(shelf: Shelf) -> None:
    load = shelf.load(SMALL)
    with shelf.place.database.unit_of_work(shelf.keeper) as session:
        rows = session.exec(
            select(AuditEvent).where(AuditEvent.subject_id == str(load.load_id)).order_by(AuditEvent.event_id)
        ).all()
    assert [row.verb for row in rows] == ["catalog.receive", "catalog.load"]
    assert rows[0].detail["sha256"] == load.sha256
    assert {row.account_id for row in rows} == {shelf.keeper.account_id}


def test_the_official_cucop_loads_whole(shelf: Shelf, shared_data: Path) -> None:
    load = shelf.load((shared_data / "catalogs" / "cucop.csv").read_bytes(), complete=True)

    assert load.counts["added"] + load.counts["refused"] + load.counts["repeated"] == 11_470
    assert load.counts["refused"] == 0
    assert shelf.find("abrecartas")[0] == "21100001"


def test_the_official_currencies_load_once_each(shelf: Shelf, shared_data: Path) -> None:
    load = shelf.load((shared_data / "catalogs" / "currencies.csv").read_bytes(), "currency")

    assert load.counts["added"] > 150
    assert load.counts["repeated"] > 50
    assert shelf.find("peso mexicano", "currency")[:1] == ["MXN"]


def test_the_official_document_types_know_their_stage(shelf: Shelf, shared_data: Path) -> None:
    load = shelf.load((shared_data / "catalogs" / "document_types.csv").read_bytes(), "documentType")

    assert load.counts["added"] == 36
    found = shelf.entry("hearingNotice", "documentType")
    assert found is not None
    assert (found.description, found.stage) == ("Aviso de audiencia pública", "planning")
    assert "financialProgressReport" in shelf.find("", "documentType", stage="implementation")
    assert "hearingNotice" not in shelf.find("", "documentType", stage="implementation")


def test_a_file_that_cannot_be_used_says_what_it_lacks(shelf: Shelf) -> None:
    with pytest.raises(InvalidError, match="«descripción»"):
        shelf.receive("clave,unidad\n21100001,Pieza\n")

"""Our own workbook loses nothing: what it was written from comes back, whatever program saved it, and any edit of it."""

import hashlib
import io
import json
import re
import zipfile
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.ocds.shape import Document, same
from app.workbook import merging
from app.workbook.elements import elements
from app.workbook.layout import PLANS
from app.workbook.merging import Choices
from app.workbook.writing import unpacked
from tests.ocds.processes import coherent
from tests.workbook.books import OCID, edited, merged, rows_of, signature, told, written

AWKWARD = (
    "=1+1",
    "@SUM(A1)",
    "  con espacios  ",
    "dos\nrenglones",
    "_x000D_ y _xD800_",
    "N/A",
    "0012",
    "1,234.50",
    "31/12/2026",
    "Sí",
    "ñandú 🙂",
    "x" * 40_000,
    "tab\ty\u00a0duro",
)
some = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def awkward() -> Document:
    """A document with what spreadsheets like to spoil."""
    document = coherent()
    document["tender"]["items"] = [
        {"id": str(number), "description": text, "quantity": 0.1 + 0.2}
        for number, text in enumerate(AWKWARD, start=1)
    ]
    document["tender"]["value"] = {
        "amount": 12345678901234567890.12,
        "netAmount": 0.1 + 0.2,
        "currency": "MXN",
    }
    document["tender"]["tenderPeriod"] = {
        "startDate": "2026-02-01T09:30:15.250-06:00",
        "endDate": "1850-01-01T00:00:00Z",
    }
    document["tender"]["title_en"] = "Paper"
    document["x_unknown"] = {"kept": [1, None, {"a": True}]}
    document["parties"].append({"id": MISSING, "name": "Sin identificador estable"})
    document["parties"].append({"id": MISSING, "name": "El mismo otra vez"})
    document["contracts"].append({"id": 7, "title": "De número"})
    return document


MISSING = "#3"


def without_marks(content: bytes) -> tuple[list[Any], list[Any], list[str], merging.Setting]:
    """The rows as if all of them had been touched."""
    bases, rows, warnings, known = rows_of(content)
    return bases, [replace(row, same=False) for row in rows], warnings, known


def test_rows_that_nobody_touched_are_known_as_such() -> None:
    bases, rows, warnings, _ = rows_of(written(awkward(), coherent()))
    assert [row for row in rows if not row.same] == []
    assert warnings == []
    for number, document in enumerate((awkward(), coherent()), start=1):
        process = f"ocds-a1b2c3-{number}"
        pieces = [base for base in bases if base.process == process]
        assert len(pieces) == pieces[0].total
        assert unpacked("".join(piece.chunk for piece in pieces)) == json.loads(json.dumps(document))
        assert pieces[0].rows == sum(row.process == process for row in rows) == len(list(elements(document)))


def test_saved_by_another_program_every_cell_says_the_same() -> None:
    """By comparing, not by the marks: these are taken away."""
    content = edited(written(awkward()))
    bases, rows, _, known = without_marks(content)
    before = unpacked("".join(base.chunk for base in bases))
    found = merging.merge(before, before, rows, known, Choices(overrule=True, remove=True))
    assert (told(found), found.changes, found.missing) == ([], 0, 0)
    assert found.document == before


def test_a_process_can_be_typed_whole_from_its_cells() -> None:
    """All that a coherent process says fits into cells: written into an empty document, it is the same process."""
    wanted = cents(coherent())
    _, rows, _, known = rows_of(written(wanted))
    fresh = [replace(row, same=False, key="" if row.key.startswith("#") else row.key) for row in rows]
    found = merging.merge({}, {}, fresh, known, Choices())
    assert told(found, "fault") == []
    assert same(in_order(found.document), in_order(wanted))


def cents(value: Any) -> Any:
    """A document with amounts as a person types them, and what the model has for a text as one."""
    if isinstance(value, dict):
        return {key: str(held) if key == "level" else cents(held) for key, held in value.items()}
    if isinstance(value, list):
        return [cents(held) for held in value]
    if isinstance(value, float):
        return int(value) if value == int(value) else round(value, 2)
    return value


def in_order(value: Any) -> Any:
    """A document whose lists of objects do not depend on the order of sheets."""
    if isinstance(value, dict):
        return {key: in_order(held) for key, held in value.items()}
    if isinstance(value, list):
        held = [in_order(one) for one in value]
        return (
            sorted(held, key=lambda one: json.dumps(one, sort_keys=True))
            if held and isinstance(held[0], dict)
            else held
        )
    return value


def leaves(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Ways to the plain values that a person may edit: no ids, no references."""
    if isinstance(value, dict):
        skipped = {"id", "awardID", "relatedBids", "roles"}
        if value.keys() == {"id", "name"}:
            return []
        return [
            found for key, held in value.items() if key not in skipped for found in leaves(held, (*way, key))
        ]
    if isinstance(value, list):
        is_objects = bool(value) and isinstance(value[0], dict)
        return (
            [found for at, held in enumerate(value) for found in leaves(held, (*way, at))]
            if is_objects
            else []
        )
    return [way]


@some
@given(data=st.data())
def test_from_any_document_to_any_other(data: st.DataObject) -> None:
    """A workbook that says another document makes the one that it was written from say that."""
    before, after = cents(coherent()), cents(coherent())
    for way in data.draw(st.lists(st.sampled_from(leaves(after)), max_size=12, unique=True)):
        holder: Any = after
        for step in way[:-1]:
            holder = holder[step]
        held = holder[way[-1]]
        match held:
            case bool():
                holder[way[-1]] = not held
            case int() | float():
                holder[way[-1]] = data.draw(
                    st.integers(0, 10**9) | st.decimals(0, 10**6, places=2).map(float)
                )
            case str() if way[-1] in ("description", "title", "rationale", "locality", "telephone"):
                holder[way[-1]] = data.draw(
                    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1)
                )
    documents = after["tender"]["documents"]
    if data.draw(st.booleans()):
        documents.append({"id": "nuevo", "title": "Otro", "url": "https://ejemplo.gob.mx/otro.pdf"})
    if data.draw(st.booleans()):
        del documents[0]
    bases, _, _, _ = rows_of(written(before))
    _, rows, _, known = rows_of(written(after))
    base = unpacked("".join(one.chunk for one in bases))
    found = merging.merge(base, base, [replace(row, same=False) for row in rows], known, Choices(remove=True))
    assert told(found, "fault") == told(found, "collision") == []
    assert same(in_order(found.document), in_order(json.loads(json.dumps(tidy(after)))))


def tidy(value: Any) -> Any:
    """As cells say it: no space around texts, no empty list, and 5 for 5.0."""
    if isinstance(value, dict):
        return {key: tidy(held) for key, held in value.items() if held != []}
    if isinstance(value, list):
        return [tidy(held) for held in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.strip() if isinstance(value, str) else value


def test_openpyxl_finds_drop_downs_notes_and_protection() -> None:
    book = load_workbook(io.BytesIO(written(coherent())))
    for plan in PLANS.values():
        sheet = book[plan.title]
        assert sheet.protection.sheet
        assert not any(
            cell.protection.locked for row in sheet.iter_rows(min_row=3) for cell in row if cell.value
        )
        assert all(cell.protection.locked for cell in sheet[2] if cell.value)
        labels = [cell.value for cell in sheet[2] if cell.value]
        assert labels[0] == "Proceso"
        assert len(labels) == 1 + len(plan.keys) + len(plan.columns)
        assert sheet.row_dimensions[1].hidden
        assert all(cell.comment for cell in sheet[2] if cell.value and cell.column <= 1 + len(plan.keys))
    tender = book["Procedimientos"]
    lists = {str(rule.sqref): rule.formula1 for rule in tender.data_validations.dataValidation}
    method = next(cell for cell in tender[1] if cell.value == "tender/procurementMethod").column_letter
    where = next(formula for cells, formula in lists.items() if cells.startswith(f"{method}3"))
    name, _, cells = where.lstrip("=").partition("!")
    offered = [cell.value for line in book[name][cells.replace("$", "")] for cell in line]
    assert book[name].sheet_state == "hidden"
    assert "Adjudicación directa" in offered
    assert (
        tender.cell(3, next(c.column for c in tender[1] if c.value == "tender/procurementMethod")).value
        in offered
    )


def test_rows_can_be_deleted_though_the_heads_are_protected() -> None:
    """For that no cell of a row may be locked, up to the last column that a sheet can have."""
    with zipfile.ZipFile(io.BytesIO(written(coherent()))) as raw:
        for number in range(1, len(PLANS) + 1):
            columns = re.findall(
                r'<col min="(\d+)" max="(\d+)"', raw.read(f"xl/worksheets/sheet{number}.xml").decode()
            )
            ends = [(int(first), int(last)) for first, last in columns]
            assert ends[-1][1] == 16_384
            assert all(before[1] + 1 == after[0] for before, after in pairwise(ends))


def test_a_formula_never_leaves_as_one() -> None:
    book = load_workbook(io.BytesIO(written(awkward())))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert any(cell.value == "=1+1" for cell in cells)


def test_the_signature_is_of_the_process_its_rows_and_its_document() -> None:
    bases, _, _, _ = rows_of(written(coherent()))
    packed = "".join(base.chunk for base in bases)
    digest = hashlib.sha256(packed.encode()).hexdigest()
    assert bases[0].signature == signature(OCID, len(list(elements(coherent()))), digest)


def test_a_merge_leaves_its_arguments_alone() -> None:
    current = coherent()
    kept = deepcopy(current)
    merged(edited(written(coherent())), current, "overrule", "remove")
    assert current == kept

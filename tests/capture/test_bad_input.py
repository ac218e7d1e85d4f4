"""What people type wrong, paste from elsewhere or send twice: told how to mend it, kept in its box, never half stored."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest

from app.capture import plan
from app.capture.controls import Control
from app.capture.names import SEQ
from app.capture.plan import filled
from app.capture.rows import Input, Repeat
from app.ocds import codelists, entry
from app.ocds.model import Kind
from app.ocds.shape import Document
from app.processes.outline import find
from app.processes.queries import process_row
from app.processes.service import DocumentWrite, save_documents
from app.review import service as review
from app.web.forms import MANY_FIELDS
from tests.capture.conftest import Desk
from tests.capture.samples import full, typed
from tests.capture.test_fields import FORMS, ZONE, asked, rows_of
from tests.conftest import Place
from tests.factories import document
from tests.html import Page

MANY = 1000
SMALL: dict[str, Any] = {
    "tender": {"title": "Papel", "status": "active", "value": {"amount": 10, "currency": "MXN"}},
    "parties": [{"id": "MX-1", "name": "Secretaría de Pruebas", "roles": ["buyer"]}],
}


class Boxes(HTMLParser):
    """What the controls of a page hold, and what is said above each.

    Args:
        text: HTML.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.held: dict[str, list[str]] = {}
        self.said: dict[str, str] = {}
        self._into = self._select = self._about = ""
        self._depth = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name = found.get("name", "")
        if tag == "div":
            if found.get("class") == "said":
                self._about, self._depth = found["id"].removeprefix("campo").removesuffix("-said"), 0
            self._depth += 1
        elif tag == "textarea":
            self._into = name
            self.held.setdefault(name, []).append("")
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in found:
            self.held.setdefault(self._select, []).append(found["value"])
        elif tag == "input" and (found.get("type") not in ("radio", "checkbox") or "checked" in found):
            self.held.setdefault(name, []).append(found.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "div":
            self._depth -= 1
            self._about = self._about if self._depth else ""
        elif tag == "textarea":
            self.held[self._into][-1] = self.held[self._into][-1].removeprefix("\n")  # HTML swallows it
            self._into = ""

    def handle_data(self, data: str) -> None:
        if self._about:
            self.said[self._about] = " ".join(f"{self.said.get(self._about, '')} {data}".split())
        elif self._into:
            self.held[self._into][-1] += data


def wrong(row: Input) -> tuple[str, str]:
    """A text that means nothing in a control, and words with which the control has to say how to mend it."""
    if row.field.of == "OrganizationReference":
        return "nadie", "Elige a uno de los participantes"
    match row.field.kind:
        case Kind.DATE:
            return "31 de brumario", "La fecha va como 31/12/2026"
        case Kind.NUMBER:
            return "mucho", "a como 1,234.50"
        case Kind.INTEGER:
            return "una docena", "Va un número entero, como 12"
        case Kind.BOOLEAN:
            return "quizá", "Responde «sí» o «no»"
        case Kind.URI:
            return "javascript:alert(1)", "como https://www.ejemplo.gob.mx/documento.pdf"
        case Kind.CODE | Kind.CODES if not codelists.codelist(row.field.codelist or "").open:
            return "zzz", "no está en la lista"
        case Kind.TEXTS if row.field.items and "array" in row.field.items["type"]:
            return "aquí", "como -103.35, 20.67"
        case Kind.RAW if "string" not in row.field.types:
            return "{mal", 'Va como {"clave": "valor"}'
    return "", ""


def _stored(document: Document, pointer: str) -> Any:
    """What a control stands for: of a reference to a party its id, since its other keys have controls of their own."""
    held = find(document, pointer)
    return held.get("id") if isinstance(held, dict) else held


def test_every_field_that_can_be_wrong_says_how_to_write_it_and_keeps_what_was_typed(
    opened: Callable[..., Desk],
) -> None:
    desk = opened(full())
    refused: set[Kind] = set()
    for section in FORMS:
        where = filled(section.address, "0/0/0/0")
        part = filled(section.part, where)
        form = asked(desk.document, section, part)
        lists = tuple(f"{row.name}/" for row in rows_of(form) if isinstance(row, Repeat))
        before = desk.document
        sent: dict[str, str | list[str]] = {}
        words: dict[str, tuple[str, str]] = {}
        right: dict[str, Any] = {}
        for row in rows_of(form):
            if isinstance(row, Repeat):
                sent[f"{row.name}/@lista"] = row.digest if row.name.count("/0") == 0 else ""
                sent |= {f"{item.name}/@fila": item.origin for item in row.rows}
            elif isinstance(row, Input) and wrong(row)[0]:
                words[row.name] = wrong(row)
                sent[row.name] = wrong(row)[0]
                refused.add(row.field.kind)
            elif isinstance(row, Input) and row.field.kind is Kind.TEXT and row.control is Control.LINE:
                sent[row.name] = typed(row)
                if not row.name.startswith(lists):
                    right[row.name] = entry.read(row.field, typed(row)[0], zone=ZONE)
        answer = desk.post(where, sent)
        assert answer.status_code == (422 if words else 303), (where, answer.text[:2000])
        if not words:
            continue
        page, document = Boxes(answer.text), desk.document
        at = "" if part == plan.ROOT else f"/{part}"
        silent = {
            name: page.said.get(name)
            for name, (_, how) in words.items()
            if how not in page.said.get(name, "")
        }
        assert silent == {}, where
        emptied = {
            name: page.held.get(name)
            for name, (text, _) in words.items()
            if text not in page.held.get(name, [])
        }
        assert emptied == {}, where
        changed = [name for name in words if _stored(document, at + name) != _stored(before, at + name)]
        assert changed == [], where
        lost = {
            name: find(document, at + name)
            for name, value in right.items()
            if find(document, at + name) != value
        }
        assert lost == {}, where
    assert {Kind.DATE, Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN, Kind.URI, Kind.CODE, Kind.RAW} <= refused


def test_dates_and_amounts_are_understood_as_people_paste_them(opened: Callable[..., Desk]) -> None:
    desk = opened(SMALL)
    dates = desk.post(
        "tender/fechas",
        {
            "/tenderPeriod/startDate": "31/12/26",
            "/tenderPeriod/endDate": " 31 de Diciembre de 2026 ",
            "/awardPeriod/startDate": "2026-12-31T09:30",
            "/contractPeriod/startDate": "1º de enero del 2027",
        },
    )
    amounts = desk.post(
        "tender/montos", {"/value/amount": "$1,234.50 M.N.", "/minValue/amount": "1\N{NO-BREAK SPACE}000"}
    )

    assert [dates.status_code, amounts.status_code] == [303, 303]
    tender = desk.document["tender"]
    assert tender["tenderPeriod"] == {
        "startDate": "2026-12-31T00:00:00-06:00",
        "endDate": "2026-12-31T23:59:59-06:00",
    }
    assert tender["awardPeriod"]["startDate"] == "2026-12-31T09:30:00-06:00"
    assert tender["contractPeriod"]["startDate"] == "2027-01-01T00:00:00-06:00"
    assert (tender["value"]["amount"], tender["minValue"]["amount"]) == (1234.5, 1000)


ODD = {
    "300 characters": "Consorcio Constructor " * 14,
    "one word without end": "S" * 300,
    "emoji": "Papelería 👩🏽‍🏫🇲🇽 «La Ñ»",
    "right to left": "شركة الورق \u200f(ABC)\u200f ١٢٣ \u202eoiranimret\u202c",
    "combining": "Jose\u0301 Nu\u0303ez Pa\u0308lma Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A",
    "markup": "</textarea></script><script>alert(1)</script>{{ 7*7 }}%s&amp;\"'",
    "looks like a path": "../../etc/passwd /a~1b/@fila",
}


def test_odd_texts_are_kept_to_the_letter_and_every_page_bears_them(opened: Callable[..., Desk]) -> None:
    desk = opened(SMALL)
    process = desk.base.removesuffix("/captura")
    for what, text in ODD.items():
        answers = [
            desk.post("parties/0", {"/name": text}),
            desk.post("tender", {"/title": text, "/description": f"{text}\r\n{text}"}),
            desk.post("tender/items", {"/description": text, "accion": "agregar"}),
        ]
        assert [one.status_code for one in answers] == [303, 303, 303], what
        tender = desk.document["tender"]
        plain = text.strip()
        assert (
            desk.document["parties"][0]["name"]
            == tender["title"]
            == tender["items"][-1]["description"]
            == plain
        )
        assert tender["description"] == f"{text}\n{text}".strip()
        shown = Boxes(desk.get("tender").text).held
        assert (shown["/title"], shown["/description"]) == ([plain], [tender["description"]])
        for where in ("", "tender", "tender/items", "parties", "parties/0", "faltantes", "publicacion"):
            page = desk.get(where)
            assert page.status_code == 200, (what, where)
            assert "<script>alert" not in page.text, (what, where)
            assert Page(page.text).faults == [], (what, where)
        assert desk.client.get(process).status_code == 200, what
        listed = desk.client.get(process.rpartition("/")[0])
        assert plain[:60] in Page(listed.text).text.replace("  ", " ") or what == "300 characters", what


def test_a_text_may_be_long_and_not_longer_and_control_characters_go(opened: Callable[..., Desk]) -> None:
    desk = opened(SMALL)
    long = "Ñandú " * 8333 + "xx"
    assert len(long) == entry.LONGEST
    assert desk.post("tender", {"/description": long}).status_code == 303
    assert desk.document["tender"]["description"] == long

    longer = desk.post("tender", {"/description": f"{long}y", "/title": "Papel\x07 de\x1b color\ud7ff"})
    assert longer.status_code == 422
    boxes = Boxes(longer.text)
    assert "El texto pasa de 50,000 caracteres" in boxes.said["/description"]
    assert boxes.held["/description"] == [f"{long}y"]
    assert desk.document["tender"] == SMALL["tender"] | {"description": long, "title": "Papel de color\ud7ff"}

    nul = desk.post("tender", {"/title": "a\0b"})
    assert nul.status_code == 400
    assert "caracteres nulos" in nul.text


def test_a_process_of_a_thousand_items_answers_page_by_page(opened: Callable[..., Desk]) -> None:
    items = [{"id": str(n), "description": f"Partida {n:04}"} for n in range(1, MANY + 1)]
    desk = opened({**SMALL, "tender": {**SMALL["tender"], "items": items}})
    for where in ("", "tender", "tender/items/999", "faltantes", "publicacion"):
        assert desk.get(where).status_code == 200, where
    seen: list[str] = []
    address = f"{desk.base}/tender/items"
    for _ in range(MANY):
        answer = desk.client.get(address)
        assert answer.status_code == 200
        rows = re.findall(r"Partida \d{4}(?=</a></th>)", answer.text)
        assert len(rows) == 50
        assert "1,000" in Page(answer.text).text
        seen += rows
        onward = [link for link in Page(answer.text).links if "?cursor=" in link]
        if not onward:
            break
        address = onward[0]
    assert seen == [one["description"] for one in items]
    broken = desk.client.get(f"{desk.base}/tender/items", params={"cursor": "no-es-un-cursor"})
    assert broken.status_code == 400


def test_forms_that_no_page_of_ours_sends_are_answered_in_words(opened: Callable[..., Desk]) -> None:
    desk = opened(SMALL)
    many = {f"/nada/{number}": "x" for number in range(MANY_FIELDS - 1)} | {"/title": "Mil campos"}
    assert desk.post("tender", many).status_code == 303
    assert desk.document["tender"]["title"] == "Mil campos"
    refusals = {
        400: desk.post("tender", many | {"/uno/más": "x"}),
        404: desk.post("tender/nada", {"/title": "x"}),
        415: desk.client.post(f"{desk.base}/tender", json={"/title": "x"}),
        413: desk.post("tender", {"/title": "x" * 5_000_000}),
    }
    for status, answer in refusals.items():
        assert answer.status_code == status
        assert Page(answer.text).headings.count("h1") == 1, status
        assert len(Page(answer.text).text) > 80, status
    for act in (
        "agregar:/nada",
        "agregar:/items",
        "quitar:/title",
        "subir:/title/0",
        "dejar:/x",
        "volar",
        "agregar:",
    ):
        assert desk.post("tender", {"accion": act}).status_code in (200, 400, 422), act
    for act in (
        "quitar:tender",
        "subir:tender/items/99999999999",
        "deshacer:-1",
        "deshacer:999",
        "traer:x",
        "elegir",
    ):
        assert desk.post("tender/items", {"accion": act}).status_code in (400, 404, 422), act
    for seq in ("abc", "-1", "99999999999", "١"):
        assert desk.post("tender", {SEQ: seq, "/title": "x"}).status_code == 400, seq
    # Names that are nearly those of a control: through a text, into what a form does not ask for, out of the part.
    strange = {
        "/title/x": "x",
        "/title/0/@fila": "",
        "/value/amount/x": "1",
        "/ocid": "x",
        "//": "x",
        "": "x",
        "/~2": "x",
    }
    assert desk.post("tender", strange).status_code == 303
    parts = desk.client.post(f"{desk.base}/tender", data={"/description": "Por partes"}, files={"f": b"x"})
    assert parts.status_code == 303
    assert desk.document == {
        **SMALL,
        "tender": SMALL["tender"] | {"title": "Mil campos", "description": "Por partes"},
    }


def test_a_pointer_through_a_text_is_refused_and_an_odd_value_is_shown_to_be_mended(
    opened: Callable[..., Desk],
) -> None:
    desk = opened({**SMALL, "tender": {**SMALL["tender"], "value": "diez pesos"}})
    shown = Boxes(desk.get("tender/montos").text)
    assert shown.held["/value"] == ["diez pesos"]
    mended = desk.post("tender/montos", {"/value": '{"amount": 10, "currency": "MXN"}'})
    assert mended.status_code == 303
    assert desk.document["tender"]["value"] == {"amount": 10, "currency": "MXN"}


def test_a_budget_with_every_part_of_every_key_fits_in_one_form(opened: Callable[..., Desk]) -> None:
    desk = opened({**SMALL, "planning": {"budget": {"budgetBreakdown": [{"id": "1"}]}}})
    where, lines = "planning/budget/budgetBreakdown/0", "/budgetLines"
    keys = [f"202606200134001E001002210{number:05}2110111140" for number in range(25)]
    first = {f"{lines}/@lista": Boxes(desk.get(where).text).held[f"{lines}/@lista"][0]}
    for number, key in enumerate(keys):
        first |= {f"{lines}/{number}/@fila": "", f"{lines}/{number}/id": key}
    assert desk.post(where, first).status_code == 303

    again = Boxes(desk.get(where).text).held
    assert len(again) > 2000, "each key stands there in its parts"
    assert desk.post(where, {**again, f"{lines}/24/id": "mal"}).status_code == 303
    (held,) = desk.document["planning"]["budget"]["budgetBreakdown"]
    assert [one["id"] for one in held["budgetLines"]] == [*keys[:24], "mal"]
    assert len(held["budgetLines"][0]["components"]) == 14


def test_what_was_taken_away_meanwhile_is_told(opened: Callable[..., Desk]) -> None:
    items = [{"id": "1", "description": "Papel"}]
    desk = opened({**SMALL, "tender": {**SMALL["tender"], "items": items}})
    assert desk.post("tender/items", {"accion": "quitar:tender/items/0"}).status_code == 303
    answers = {
        "open": desk.get("tender/items/0"),
        "save": desk.post("tender/items/0", {"/description": "Papel fino"}),
        "copy": desk.post("tender/items", {"accion": "copiar:tender/items/0"}),
        "remove": desk.post("tender/items", {"accion": "quitar:tender/items/0"}),
    }
    assert {what: answer.status_code for what, answer in answers.items()} == dict.fromkeys(answers, 404)
    for what, answer in answers.items():
        assert "quizá alguien l" in Page(answer.text).text, what
    assert "items" not in desk.document["tender"]


@pytest.mark.parametrize(
    ("meanwhile", "words"),
    [
        ("sent", "La versión está en revisión: nadie la edita"),
        ("discarded", "El borrador se descartó"),
        ("imported", "El documento entero se reemplazó"),
    ],
)
def test_a_form_that_comes_too_late_says_why_and_changes_nothing(
    place: Place, opened: Callable[..., Desk], meanwhile: str, words: str
) -> None:
    editor = place.actor("so_editor")
    desk = opened(document())
    seq = Boxes(desk.get("tender").text).held[SEQ][0]
    with place.database.unit_of_work(editor) as session:
        if meanwhile == "sent":
            review.submit(session, editor, desk.ref, 1)
        elif meanwhile == "discarded":
            review.discard(session, editor, desk.ref, 1)
        else:
            ocid = process_row(session, editor, desk.ref.process_id).ocid
            whole = DocumentWrite(ocid, place.sujetos[0], document(language="en"), source="import")
            save_documents(session, editor, [whole])
    before = desk.document

    answer = desk.post("tender", {SEQ: seq, "/title": "Escrito antes de saberlo"})

    assert answer.status_code == 409
    assert words in Page(answer.text).text
    assert desk.document == before
    assert desk.get("tender").status_code == 200


def test_files_sent_at_once_do_not_wait_for_each_other(opened: Callable[..., Desk]) -> None:
    desk = opened(SMALL)
    many = range(24)

    def send(number: int) -> int:
        body = f"%PDF-1.4\n% {number}\ntrailer << /Size 1 >>\nstartxref\n0\n%%EOF\n".encode()
        with httpx2.Client(base_url=desk.client.base_url, cookies=desk.client.cookies, timeout=30) as client:
            files = {"archivos": (f"{number}.pdf", body, "application/pdf")}
            headers = {"Accept": "application/json"}
            where = f"{desk.base}/tender/documents/archivos"
            return client.post(where, data={"clase": "public"}, files=files, headers=headers).status_code

    with ThreadPoolExecutor(4) as people:
        assert set(people.map(send, many)) == {200}
    assert len(desk.document["tender"]["documents"]) == len(many)

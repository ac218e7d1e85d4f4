"""What people type becomes the JSON value that they meant, or a reason; what they did not touch stays as it was."""

import unicodedata
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.ocds import codelists, model
from app.ocds.entry import LONGEST, EntryError, kept, read, written
from app.ocds.model import Field, Kind

ZONE = "America/Mexico_City"
ENTERED = [field for field in model.FIELDS.values() if field.kind not in (Kind.BLOCK, Kind.LIST)]
KINDS = {field.kind: field for field in ENTERED}

texts = st.text(st.characters(codec="utf-8"), max_size=60)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def typed(path: str, text: str, **more: Any) -> Any:
    return read(model.field(path), text, zone=ZONE, **more)


def refusal(path: str, text: str) -> str:
    with pytest.raises(EntryError) as refused:
        typed(path, text)
    return str(refused.value)


DAY = "2026-12-31T00:00:00-06:00"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        *(
            (text, DAY)
            for text in (
                "31/12/2026",
                " 31-12-26 ",
                "31.12.2026",
                "31 12 2026",
                "３１/12/2026",
                "2026-12-31",
                "2026/12/31",
                "31 de diciembre de 2026",
                "31 DE DICIEMBRE DEL 2026",
                "jueves, 31 de diciembre de 2026",
                "31 dic 2026",
                "31/dic/26",
                "31-Dec-26",
            )
        ),
        ("1º de enero de 2026", "2026-01-01T00:00:00-06:00"),
        ("1o. de enero de 2026", "2026-01-01T00:00:00-06:00"),
        ("primero de enero de 2026", "2026-01-01T00:00:00-06:00"),
        ("15 sept. 2026", "2026-09-15T00:00:00-06:00"),
        ("29/02/2024", "2024-02-29T00:00:00-06:00"),
        ("31/12/99", "1999-12-31T00:00:00-06:00"),
        ("31/12/2026 14:30", "2026-12-31T14:30:00-06:00"),
        ("31/12/2026, 2:30 p. m.", "2026-12-31T14:30:00-06:00"),
        ("31/12/2026 12:05 am", "2026-12-31T00:05:00-06:00"),
        ("31 de diciembre de 2026 a las 14:30 horas", "2026-12-31T14:30:00-06:00"),
        ("2026-12-31T14:30", "2026-12-31T14:30:00-06:00"),
        ("2026-12-31T14:30:05Z", "2026-12-31T14:30:05+00:00"),
        ("2026-12-31T14:30:05.123-05:00", "2026-12-31T14:30:05-05:00"),
        ("01/07/2021", "2021-07-01T00:00:00-05:00"),
    ],
)
def test_dates_as_people_write_them(text: str, moment: str) -> None:
    assert typed("awards/date", text) == moment


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("30/02/2026", "El día 30 no existe: ese mes tiene 28 días."),
        ("12/31/2026", "primero va el día"),
        ("0/1/2026", "El día 0 no existe"),
        ("31/12", "La fecha va como 31/12/2026"),
        ("31-12/2026", "La fecha va como 31/12/2026"),
        ("31/12/20266", "La fecha va como 31/12/2026"),
        ("31 de brumario de 2026", "La fecha va como 31/12/2026"),
        ("01/01/0226", "El año 226 no es creíble"),
        ("31/12/2026 24:00", "de 00:00 a 23:59"),
        ("31/12/2026 14:30 pm", "de 1 a 12"),
        ("31/12/2026 mañana", "lo que sigue al día: «manana»"),
        ("31/12/2026 10", "lo que sigue al día: «10»"),
        ("2026-12-31T14:30:00-99:00", "diferencia horaria"),
    ],
)
def test_what_is_no_date_says_why(text: str, reason: str) -> None:
    assert reason in refusal("awards/date", text)


def test_a_day_that_ends_something_lasts_until_its_last_second() -> None:
    end = model.field("tender/tenderPeriod/endDate")
    assert read(end, "31/12/2026", zone="America/Tijuana") == "2026-12-31T23:59:59-08:00"
    assert read(end, "31/12/2026 18:00", zone=ZONE) == "2026-12-31T18:00:00-06:00"
    assert written(end, "2026-12-31T23:59:59-06:00", zone=ZONE) == "31/12/2026"
    assert written(end, "2026-12-31T00:00:00-06:00", zone=ZONE) == "31/12/2026 00:00"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (DAY, "31/12/2026"),
        ("2026-12-31T06:00:00Z", "31/12/2026"),
        ("2026-12-31", "31/12/2026"),
        ("2026-12-31T08:05:09-06:00", "31/12/2026 08:05:09"),
        ("2026-13-31", "2026-13-31"),
        ("pronto", "pronto"),
    ],
)
def test_how_a_date_is_shown(stored: str, shown: str) -> None:
    assert written(model.field("awards/date"), stored, zone=ZONE) == shown


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("$1,234.50", 1234.5),
        ("1 234.50", 1234.5),
        ("1\u2009234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("1234,50", 1234.5),
        ("MXN 1,234.5", 1234.5),
        ("$ 1,234.50 M.N.", 1234.5),
        ("１，２３４．５０", 1234.5),
        ("1'234,567.89", 1234567.89),
        ("1.234.567", 1234567),
        ("1,234", 1234),
        ("1.234", 1.234),
        ("-$5", -5),
        ("\N{MINUS SIGN}5", -5),
        (".5", 0.5),
        ("5.00", 5),
        ("999999999999999", 999999999999999),
    ],
)
def test_amounts_as_people_write_them(text: str, number: float) -> None:
    found = typed("tender/value/amount", text)
    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *(
            (text, "Va como 1,234.50, sin letras.")
            for text in ("NaN", "inf", "1e5", "5²", "½", "x", "$", ",")
        ),
        *((text, "Va como 1,234.50") for text in ("1,2345", "1,,234", "1 23", "1,234.5.6", "1.5 millones")),
        ("USD 5", "La moneda se elige en su propio campo."),
        ("€5", "La moneda se elige en su propio campo."),
        ("1000000000000000", "demasiadas cifras"),
        ("0.1234567890123456", "demasiadas cifras"),
    ],
)
def test_what_is_no_amount_says_why(text: str, reason: str) -> None:
    assert reason in refusal("tender/value/amount", text)


def test_how_numbers_are_shown() -> None:
    amount, quantity = model.field("tender/value/amount"), model.field("tender/items/quantity")
    assert written(amount, 1234.5, zone=ZONE) == "1,234.50"
    assert written(amount, 0.125, zone=ZONE) == "0.125"
    assert written(amount, -1e6, zone=ZONE) == "-1,000,000.00"
    assert written(quantity, 2500, zone=ZONE) == "2,500"
    assert written(quantity, 2.5, zone=ZONE) == "2.5"
    assert written(amount, "mil", zone=ZONE) == "mil"
    assert written(amount, None, zone=ZONE) == ""


def test_whole_numbers_take_no_decimals() -> None:
    assert typed("tender/numberOfTenderers", "1,200") == 1200
    assert refusal("tender/numberOfTenderers", "3.5") == "Va un número entero, como 12, sin decimales."
    assert "Va un número entero" in refusal("tender/numberOfTenderers", "tres")


def test_yes_and_no() -> None:
    assert [typed("tender/hasEnquiries", text) for text in ("Sí", "si", "true", "NO", "false")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert written(model.field("tender/hasEnquiries"), False, zone=ZONE) == "false"
    assert refusal("tender/hasEnquiries", "quizá") == "Responde «sí» o «no»."


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("tender/status", "desierta", "unsuccessful"),
        ("tender/status", "ACTIVE", "active"),
        ("tender/procurementMethod", "licitacion publica", "open"),
        ("parties/identifier/scheme", "rfc", "MX-RFC"),
        ("tender/documents/format", "pdf", "application/pdf"),
        ("tender/documents/format", "model/stl", "model/stl"),
        ("contracts/implementation/transactions/paymentMethod", "wireTransfe", "wireTransfe"),
        ("tender/submissionMethod", "Presencial, por escrito", ["inPerson", "written"]),
        ("tender/submissionMethod", "written\nwritten; presencial", ["written", "inPerson"]),
        ("tender/submissionMethod", "Paloma, mensajera", ["Paloma, mensajera"]),
        ("parties/contactPoint/availableLanguage", "Español\nmaya\ntlh", ["es", "yua", "tlh"]),
        ("awards/relatedBids", " a \n\nb\na", ["a", "b"]),
    ],
)
def test_codes_by_their_name(path: str, text: str, value: Any) -> None:
    assert typed(path, text) == value


def test_a_closed_list_names_the_nearest() -> None:
    assert "Activa (active)" in refusal("tender/status", "activida")
    assert "Elige una" in refusal("tender/status", "zzzz")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("www.x.mx", "https://www.x.mx"),
        ("x.gob.mx/año.pdf?q=ñ", "https://x.gob.mx/a%C3%B1o.pdf?q=%C3%B1"),
        ("http://ñandú.mx:80/", "http://xn--and-6ma2c.mx:80/"),
        ("https://x.mx/100%.pdf", "https://x.mx/100%25.pdf"),
        ("https://x.mx/a%20b", "https://x.mx/a%20b"),
        ("urn:isbn:9780", "urn:isbn:9780"),
    ],
)
def test_addresses_as_people_paste_them(text: str, value: str) -> None:
    assert typed("tender/documents/url", text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://x.mx/mi archivo.pdf", "no lleva espacios"),
        ("JavaScript:alert(1)", "no se publica"),
        ("data:text/html,x", "no se publica"),
        ("archivo", "https://"),
        ("https://", "no dice a qué sitio"),
        ("http://[::1", "mal escrito"),
        ("http://x.mx:puerto/", "mal escrito"),
    ],
)
def test_what_is_no_address_says_why(text: str, reason: str) -> None:
    assert reason in refusal("tender/documents/url", text)


def test_positions_on_the_map() -> None:
    path = "tender/items/deliveryLocations/geometry/coordinates"
    assert typed(path, "-103.35, 20.67") == [-103.35, 20.67]
    assert typed(path, "[[-103, 20], [-104, 21]]") == [[-103, 20], [-104, 21]]
    assert "invertidas" in refusal(path, "20.67 -103.35")
    assert "de -180 a 180" in refusal(path, "200, 100")
    assert "No se entienden" in refusal(path, "aquí")
    assert "No se entienden" in refusal(path, "[1]")
    assert written(model.field(path), [-103.35, 20.67], zone=ZONE) == "[-103.35,20.67]"


def test_open_shapes_are_json() -> None:
    assert typed("parties/details", '{"a": [1, null]}') == {"a": [1, None]}
    assert "línea 1" in refusal("parties/details", '{"a":}')
    assert "grupo de datos" in refusal("parties/details", "[1]")
    assert "No es JSON" in refusal("parties/details", "[" * 2000)
    assert typed("tender/amendments/changes/former_value", "antes, 5 {") == "antes, 5 {"
    assert typed("tender/amendments/changes/former_value", "5") == 5
    assert typed("tender/value/exchangeRates", '[{"rate": 17}]') == [{"rate": 17}]
    assert "Va una lista" in refusal("tender/value/exchangeRates", "{}")


def test_text_stays_to_the_letter() -> None:
    combined = unicodedata.normalize("NFD", "línea")
    text = f"{combined} \N{RIGHT-TO-LEFT MARK}שלום \N{THUMBS UP SIGN}\N{ZERO WIDTH JOINER}  x\n\ty"
    assert typed("tender/title", text) == text
    assert typed("tender/title", "\ufeff a\x00\x07\x1bb\r\nc\ud800 ") == "ab\nc"
    assert typed("tender/id", " LPN\t 014 ") == "LPN 014"
    assert [typed("tender/title", blank) for blank in ("", "  \n", "\x00", "\u200b\u00a0")] == [None] * 4
    assert typed("tender/title", "x" * LONGEST) == "x" * LONGEST
    assert "50,000" in refusal("tender/title", "x" * (LONGEST + 1))


def test_what_was_not_touched_stays_as_it_was() -> None:
    odd = {
        "tender/value/amount": 1000.0,
        "tender/id": 7,
        "awards/date": "2024-02-30",
        "tender/title": "\na\r\n ",
    }
    for path, value in odd.items():
        field = model.field(path)
        shown = written(field, value, zone=ZONE)
        back = read(field, shown.replace("\r\n", "\n").replace("\n", "\r\n"), zone=ZONE, stored=value)
        assert (back, type(back)) == (value, type(value))
    assert typed("tender/value/amount", "1,000.5", stored=1000.0) == 1000.5
    assert typed("tender/title", "", stored="a") is None
    assert not kept(model.field("tender/title"), "b", "a", zone=ZONE)


@given(st.sampled_from(ENTERED), json_values)
def test_any_stored_value_survives_a_form_that_nobody_touched(field: Field, value: Any) -> None:
    back = read(field, written(field, value, zone=ZONE), zone=ZONE, stored=value)
    assert orjson.dumps(back) == orjson.dumps(value)


@given(
    st.sampled_from(ENTERED),
    texts | st.from_regex(r"[$]?[0-9]{1,9}([.,/: -][0-9]{1,4}){0,3}", fullmatch=True),
)
def test_what_is_understood_is_valid_and_is_understood_again(field: Field, text: str) -> None:
    try:
        value = read(field, text, zone=ZONE)
    except EntryError:
        return
    assume(value is not None)
    rule: dict[str, Any] = {"type": list(field.types)}
    if field.format:
        rule["format"] = field.format
    if field.codelist and not codelists.codelist(field.codelist).open:
        allowed = list(codelists.codelist(field.codelist).codes)
        rule |= {"items": {"enum": allowed}} if field.is_list else {"enum": allowed}
    jsonschema_rs.validator_for(rule, validate_formats=True).validate(value)
    assert read(field, written(field, value, zone=ZONE), zone=ZONE) == value


@given(st.integers(0, 4_000_000_000))
def test_every_moment_to_the_second_is_shown_and_read_back(seconds: int) -> None:
    field = model.field("tender/tenderPeriod/endDate")
    stored = read(field, datetime.fromtimestamp(seconds, UTC).isoformat(), zone=ZONE)
    again = read(field, written(field, stored, zone=ZONE), zone=ZONE)
    assert datetime.fromisoformat(again).timestamp() in (seconds, seconds - 3600)  # the hour that DST repeats


@given(st.integers(-(10**13), 10**13).map(lambda cents: cents / 100))
def test_every_amount_is_shown_and_read_back(amount: float) -> None:
    assert (
        typed("tender/value/amount", written(model.field("tender/value/amount"), amount, zone=ZONE)) == amount
    )


def test_every_kind_of_field_is_entered() -> None:
    assert set(KINDS) == set(Kind) - {Kind.BLOCK, Kind.LIST}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (" reb-101112 aa0", "REB101112AA0"),
        ("GOMC 800101 AB1", "GOMC800101AB1"),
        ("DE-89 370", "DE-89 370"),
        ("REB101112AA", "REB101112AA"),
    ],
)
def test_an_rfc_is_stored_as_its_register_writes_it(text: str, number: str) -> None:
    assert typed("parties/identifier/id", text) == number
    assert typed("parties/additionalIdentifiers/id", text) == number

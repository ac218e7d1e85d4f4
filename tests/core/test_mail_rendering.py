"""Letters as they are sent: correct, legible in both forms, in their sender's name, safe against what people write."""

import email
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest

from app.core.keys import Keyring
from app.core.mail import Act, Entry, Letter
from app.core.mail_rendering import Sender, render

KEYRING = Keyring("1", {"1": bytes(32)})
NUMBER = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
AT = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
SENDER = Sender(
    name="ITEI",
    full_name="Instituto de Transparencia de Pruebas",
    address="avisos@contrataciones.example",
    reply_to="contacto@itei.example",
    accent="#7a1f5c",
    origin="https://contratos.example",
)
LETTER = Letter(
    key="invitacion:7",
    to="ana@example.org",
    kind="people.invitation",
    subject="Te invitan a publicar contratos",
    paragraphs=(
        "Ana Núñez te invita a capturar las contrataciones de la Secretaría de Administración y Finanzas del Estado.",
        "La invitación es solo para ti.",
    ),
    act=Act("Aceptar la invitación", "/jalisco/invitacion/7?llave={token}", "invitacion", ("7",)),
    closing="Vence el 29 de noviembre de 2026.",
    entries=(
        Entry("Una versión por revisar", "/jalisco/panel", "Secretaría de Pruebas."),
        Entry("Sin enlace"),
    ),
    preferences="/cuenta/avisos",
)


def sent(letter: Letter = LETTER, sender: Sender = SENDER) -> EmailMessage:
    """What a mailbox reads of the bytes that leave."""
    message = render(letter, sender, KEYRING, message_id=NUMBER, at=AT)
    read = email.message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    assert not read.defects
    return read


def bodies(message: EmailMessage) -> tuple[str, ...]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return tuple(body.get_content().replace("\r\n", "\n") for body in (plain, html))


def test_headers_say_who_what_and_that_nobody_wrote_it_by_hand() -> None:
    message = sent()
    assert message["From"] == "ITEI <avisos@contrataciones.example>"
    assert message["Reply-To"] == "contacto@itei.example"
    assert message["To"] == "ana@example.org"
    assert message["Subject"] == "Te invitan a publicar contratos"
    assert message["Message-ID"] == f"<{NUMBER}@contrataciones.example>"
    assert message["Date"].datetime == AT
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == "<https://contratos.example/cuenta/avisos>"
    assert message.get_content_type() == "multipart/alternative"


def test_a_letter_that_cannot_be_switched_off_offers_no_way_to() -> None:
    message = sent(replace(LETTER, preferences=""))
    assert "List-Unsubscribe" not in message
    assert all("/cuenta/avisos" not in body for body in bodies(message))


def test_the_bytes_are_seven_bit_lines_of_lawful_length() -> None:
    raw = render(replace(LETTER, subject="Ñ" * 300), SENDER, KEYRING, message_id=NUMBER, at=AT).as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_plain_text_is_wrapped_and_addresses_stay_whole() -> None:
    plain, _ = bodies(sent())
    assert "Ana Núñez te invita a capturar las contrataciones de la Secretaría de" in plain
    for line in plain.splitlines():
        assert len(line) <= 72 or line.strip().startswith("https://"), line
    assert (
        "- Una versión por revisar\n  Secretaría de Pruebas.\n  https://contratos.example/jalisco/panel\n"
        in plain
    )
    assert "\n-- \nInstituto de Transparencia de Pruebas\n" in plain


def test_the_token_of_a_link_is_made_when_it_is_sent() -> None:
    address = f"https://contratos.example/jalisco/invitacion/7?llave={KEYRING.token('invitacion', '7')}"
    plain, html = bodies(sent())
    assert f"Aceptar la invitación:\n{address}\n" in plain
    assert html.count(f'href="{address}"') == 2, "the button, and the address beneath it"
    assert f">{address}</a>" in html
    assert "{token}" not in plain + html


def test_html_has_the_tenant_s_name_and_colour_and_fetches_nothing() -> None:
    _, html = bodies(sent())
    assert '<html lang="es-MX">' in html
    assert "Instituto de Transparencia de Pruebas" in html
    assert "#7a1f5c" in html
    assert not re.search(r"<(img|link|script|table|iframe)|url\(|@import", html)
    assert html.index("Ana Núñez") < html.index("<h1"), "mailboxes show it beside the subject"


def test_on_a_garante_s_own_host_addresses_are_written_as_it_writes_them() -> None:
    own = replace(SENDER, origin="https://contratos.itei.example", base="/jalisco")
    plain, _ = bodies(sent(sender=own))
    assert "https://contratos.itei.example/invitacion/7?llave=" in plain
    assert "https://contratos.itei.example/panel" in plain
    assert "https://contratos.itei.example/cuenta/avisos" in plain


@pytest.mark.parametrize(
    "attack",
    ["Hola\r\nBcc: todos@example.org", "Hola\nX-Mal: 1", "Hola\r\n\r\n<b>cuerpo</b>", "Hola\x00\x1b[31m"],
    ids=["bcc", "header", "body", "control"],
)
def test_what_people_write_begins_no_header(attack: str) -> None:
    message = sent(replace(LETTER, subject=attack), replace(SENDER, name=attack))
    assert message["Bcc"] is None
    assert message["X-Mal"] is None
    assert message["Subject"].startswith("Hola ")
    assert message["From"].addresses[0].addr_spec == "avisos@contrataciones.example"
    assert bodies(message) != ("", "")


def test_names_with_commas_quotes_and_accents_stay_names() -> None:
    name = 'Comisión «Nº 1», "Sur" <x@y.example>'
    message = sent(sender=replace(SENDER, name=name))
    (found,) = message["From"].addresses
    assert (found.display_name, found.addr_spec) == (name, "avisos@contrataciones.example")


def test_what_people_write_is_text_in_html() -> None:
    mean = "<script>alert(1)</script> & <a href='https://mal.example'>"
    letter = replace(LETTER, subject=mean, paragraphs=(mean,), closing=mean, entries=(Entry(mean, '/x"y'),))
    _, html = bodies(sent(letter, replace(SENDER, full_name=mean)))
    assert "<script" not in html
    assert "mal.example'>" not in html
    assert '/x"y' not in html

"""A whole month of a new organismo garante through its pages alone: founded, peopled, a contract published, corrected,
withdrawn; and then the log of the house and the public one, which must tell exactly that."""

import csv
import email
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.sync_api import Page, expect
from pydantic import SecretStr

from app.core import clock
from app.core.db import Database
from app.core.storage import Storage
from app.identity import service as identity
from app.main import create_app
from app.ocds.shape import Document
from app.settings import Settings
from tests.browser import NEEDS_CHROMIUM, complaints, violations
from tests.conftest import PASSWORD, LiveServer, serve_app
from tests.e2e.conftest import Desk
from tests.e2e.official import Official
from tests.e2e.stories import BODY, NORTH, open_tender
from tests.identity.providers import free_port

pytestmark = NEEDS_CHROMIUM

STEP_MS = 60_000
SLUG = "mes-de-prueba"
ZONE = "America/Mexico_City"
BODIES = 400
NAMES = [BODY["name"], *(f"Ayuntamiento de Prueba {number:03}" for number in range(2, BODIES + 1))]
TITLE = "Mobiliario para escuelas"
FIRST_WORDS = "Compra de escritorios para escuelas secundarias"
MENDED = "Compra de escritorios y sillas para escuelas"
REASON = "El objeto estaba incompleto."
WHY = "Nombra a una persona menor de edad."
SUPPOSITION = "Información confidencial: datos personales que identifican a alguien"
GROUND = "Artículo 116 de la Ley General de Transparencia"


@dataclass
class Mailbox:
    """A mail server that keeps what it takes."""

    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # the library's name
        assert isinstance(envelope.content, bytes)
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    def link(self, to: str) -> str:
        """Wait for a letter to somebody and return the path that it leads to."""
        end = clock.monotonic() + STEP_MS / 1000
        while clock.monotonic() < end:
            for letter in self.letters:
                body = letter.get_body(("plain",))
                if letter["To"] == to and body is not None:
                    found = re.search(r"https?://\S+/invitacion/\S+", body.get_content())
                    assert found is not None, body.get_content()
                    return urlsplit(found[0]).path
        raise AssertionError(f"no letter to {to}: {[letter['To'] for letter in self.letters]}")


@dataclass
class Month:
    """What the steps share: the browser, the mail, and everybody's own window."""

    desk: Desk
    mailbox: Mailbox
    pages: dict[str, Page] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    address: str = ""

    def window(self, who: str) -> Page:
        """A window of somebody's own, where nobody has entered yet."""
        page = self.desk.open().new_page()
        page.set_default_timeout(STEP_MS)
        complaints(page, self.said)
        self.pages[who] = page
        return page

    def invite(self, who: str, name: str, role: str, body: str = "") -> None:
        """Have somebody invite a person by the page of people."""
        page = self.pages[who]
        page.goto(f"/{SLUG}/personas/invitar")
        page.fill("[name=email]", mail_of(name))
        page.fill("[name=full_name]", name)
        page.select_option("[name=role]", role)
        if body:
            page.fill("[name=sujeto]", body)
            page.keyboard.press("Escape")
        page.get_by_role("button", name="Enviar invitación").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Invitación enviada a {name}")

    def join(self, name: str) -> None:
        """Open the letter's link, and make an account."""
        page = self.window(name)
        page.goto(self.mailbox.link(mail_of(name)))
        page.fill("[name=full_name]", name)
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Crear mi cuenta y aceptar").click()
        page.wait_for_url(f"**/{SLUG}/panel")

    def at_process(self, who: str) -> Page:
        """Somebody at the page of the contracting process."""
        page = self.pages[who]
        page.goto(self.address)
        return page

    def press(self, who: str, act: str) -> Page:
        """Somebody does at the process what a button or link of its standing offers."""
        page = self.at_process(who)
        standing = page.locator(".standing")
        standing.get_by_role("button", name=act).or_(standing.get_by_role("link", name=act)).first.click()
        return page


def mail_of(name: str) -> str:
    return f"{name.split(maxsplit=1)[0].lower()}@mes.example.org"


OPERATOR, ADMIN, REVIEWER = "Olga Opera", "Ana Administra", "Rita Revisa"
BODY_ADMIN, EDITOR, PUBLISHER = "Berta Coordina", "Carla Captura", "Pablo Publica"


HATS = {
    ADMIN: "Administración del organismo garante",
    REVIEWER: "Revisión del organismo garante",
    BODY_ADMIN: "Administración del sujeto obligado",
    EDITOR: "Captura del sujeto obligado",
    PUBLISHER: "Publicación del sujeto obligado",
}
STORY = (
    ("Operación de la plataforma", "Creó el organismo"),
    ("Operación de la plataforma", "Invitó a una persona"),
    (ADMIN, "Aceptó una invitación"),
    (ADMIN, "Dio una función a una persona"),
    (ADMIN, "Envió un archivo del padrón"),
    (ADMIN, "Pidió aplicar un archivo del padrón"),
    (ADMIN, "Agregó un sujeto obligado al padrón"),
    (ADMIN, "Aplicó un archivo del padrón"),
    (ADMIN, "Invitó a una persona"),
    (REVIEWER, "Aceptó una invitación"),
    (REVIEWER, "Dio una función a una persona"),
    (BODY_ADMIN, "Aceptó una invitación"),
    (BODY_ADMIN, "Dio una función a una persona"),
    (BODY_ADMIN, "Invitó a una persona"),
    (EDITOR, "Aceptó una invitación"),
    (EDITOR, "Dio una función a una persona"),
    (PUBLISHER, "Aceptó una invitación"),
    (PUBLISHER, "Dio una función a una persona"),
    (EDITOR, "Empezó la contratación"),
    (EDITOR, "Editó el documento"),
    (EDITOR, "Envió a revisión"),
    (REVIEWER, "Devolvió con observaciones"),
    (EDITOR, "Editó el documento"),
    (EDITOR, "Respondió una observación"),
    (EDITOR, "Envió a revisión"),
    (REVIEWER, "Resolvió una observación"),
    (REVIEWER, "Aprobó"),
    (PUBLISHER, "Programó la publicación"),
    ("El sistema", "Publicó"),
    (EDITOR, "Dijo por qué se corrige"),
    (EDITOR, "Editó el documento"),
    (EDITOR, "Envió a revisión"),
    (REVIEWER, "Aprobó"),
    (PUBLISHER, "Publicó"),
    (PUBLISHER, "Asentó un acto en la bitácora pública"),
    (PUBLISHER, "Pidió un retiro"),
    (REVIEWER, "Aprobó el retiro"),
    (REVIEWER, "Retiró de la publicación"),
    (REVIEWER, "Asentó un acto en la bitácora pública"),
)
"""What the log must tell, the oldest first; what the same person did again at once stands once."""
ON_THE_PROCESS = {did for _, did in STORY[18:]} - {"Asentó un acto en la bitácora pública"}


@pytest.fixture(scope="module")
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    """A real mail server, and its address."""
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=20)
    controller.start()
    yield box, f"smtp+plain://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture(scope="module")
def live(
    settings: Settings, lone_database: Database, storage: Storage, mailbox: tuple[Mailbox, str]
) -> Iterator[LiveServer]:
    """The whole service with mail, on a database of its own: its worker takes these letters and no others."""
    named = settings.model_copy(
        update={
            "embedded_worker": True,
            "smtp_url": SecretStr(mailbox[1]),
            "mail_from": "avisos@contrataciones.example",
        }
    )
    yield from serve_app(create_app(named, lone_database, storage))


def test_a_month(
    desk: Desk,
    mailbox: tuple[Mailbox, str],
    lone_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with lone_database.owner_work() as session:  # who operates is named at the command line
        account_id = identity.create_account(
            session,
            email=mail_of(OPERATOR),
            full_name=OPERATOR,
            password_hash=identity.hash_password(PASSWORD),
        )
        identity.grant_platform_role(session, account_id, "platform_operator")
    month = Month(desk, mailbox[0])

    found(month)
    load_padron(month, tmp_path)
    people(month)
    capture(month)
    review(month)
    publish_at_its_time(month, monkeypatch)
    correct(month)
    withdraw(month)

    the_log_tells(month)
    the_public_log_tells(month)
    complained = [line for line in month.said if "ERR_ABORTED" not in line]
    assert ["410 (Gone)" in line for line in complained] == [True], complained  # what was withdrawn, once


def found(month: Month) -> None:
    """The operator founds a tenant, which is open to the world at once, and its administration joins."""
    page = month.window(OPERATOR)
    page.goto("/plataforma/organismos/nuevo")
    page.fill("[name=email]", mail_of(OPERATOR))
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    began = clock.monotonic()
    page.fill("[name=name]", "Instituto de un Mes")
    page.fill("[name=short_name]", "IUM")
    page.select_option("[name=state]", "14")
    page.select_option("[name=time_zone]", ZONE)
    page.get_by_role("button", name="Continuar").click()
    page.fill("[name=slug]", SLUG)
    page.check("[name=policy][value=garante]")
    page.get_by_role("button", name="Continuar").click()
    page.fill("[name=admin_name]", ADMIN)
    page.fill("[name=admin_email]", mail_of(ADMIN))
    page.get_by_role("button", name="Crear el organismo").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Instituto de un Mes")

    anyone = month.window("")
    assert anyone.goto(f"/{SLUG}/").status == 200  # type: ignore[union-attr]
    assert anyone.request.get(f"/{SLUG}/api/v1/releases").json()["releases"] == []
    month.join(ADMIN)
    assert clock.monotonic() - began < 300


def load_padron(month: Month, folder: Path) -> None:
    """The garante loads its bodies from a file, after seeing what it would do."""
    file = folder / "padron.csv"
    file.write_text("\n".join(["nombre", *NAMES]), encoding="utf-8")
    page = month.pages[ADMIN]
    page.goto(f"/{SLUG}/padron")
    page.get_by_role("link", name="Cargar un archivo").first.click()
    page.set_input_files("input[name=archivo]", file)
    page.get_by_role("button", name="Leer el archivo").click()
    apply = page.get_by_role("button", name=f"Aplicar {BODIES} altas")
    expect(apply).to_be_visible()
    assert violations(page) == []
    apply.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("El padrón quedó al día")
    page.get_by_role("link", name="Ver el padrón").click()
    expect(page.get_by_role("main")).to_contain_text(f"de {BODIES}")
    assert violations(page) == []


def people(month: Month) -> None:
    """The garante invites its reviewer and a body's administration, which invites its own people."""
    month.invite(ADMIN, REVIEWER, "garante_reviewer")
    month.invite(ADMIN, BODY_ADMIN, "so_admin", BODY["name"])
    month.join(REVIEWER)
    month.join(BODY_ADMIN)
    month.invite(BODY_ADMIN, EDITOR, "so_editor")
    month.invite(BODY_ADMIN, PUBLISHER, "so_publisher")
    month.join(EDITOR)
    month.join(PUBLISHER)


def tender() -> Document:
    """A licitación pública with its award and contract: what the law asks for first."""
    whole = open_tender()
    kept: dict[str, Any] = {
        "tender": ("id", "title", "description", "status", "procuringEntity", "value", "procurementMethod",
                   "procurementMethodDetails", "mainProcurementCategory", "tenderPeriod"),
        "awards": ("id", "title", "status", "date", "value", "suppliers"),
        "contracts": ("id", "awardID", "title", "status", "period", "value", "dateSigned"),
    }  # fmt: skip
    short = {key: whole["tender"][key] for key in kept["tender"]} | {"items": whole["tender"]["items"][:1]}
    return {
        "language": "es",
        "parties": [{**BODY}, {**NORTH}],
        "buyer": BODY,
        "tender": short,
        **{
            part: [{key: whole[part][0][key] for key in kept[part]} | {"items": short["items"]}]
            for part in ("awards", "contracts")
        },
    }


def capture(month: Month) -> None:
    """The editor captures a whole procedure from the keyboard, and sends it."""
    official = Official(month.pages[EDITOR], tender())
    official.begin()
    official.capture()
    official.send()
    month.address = official.base.removesuffix("/captura")


def review(month: Month) -> None:
    """The reviewer gives it back with an observation; the editor mends and answers; it is approved."""
    page = month.at_process(REVIEWER)
    page.get_by_role("checkbox", name="Observar Título").first.check()
    page.get_by_role("button", name="Escribir observaciones").click()
    page.locator("textarea[name=remark]").first.fill("Di para qué escuelas.")
    page.get_by_role("button", name="Devolver").click()
    expect(page.locator(".standing")).to_contain_text("Devuelta")

    page = month.pages[EDITOR]
    page.goto(f"{month.address}/captura/tender")
    page.fill("[name='/title']", f"{TITLE} secundarias")
    page.keyboard.press("Alt+s")
    expect(page.locator("#guardado")).to_contain_text("Guardado")
    month.at_process(EDITOR)
    page.locator("summary", has_text="Responder").first.click()
    page.locator("textarea[name=words]").first.fill("Ya se dice.")
    page.get_by_role("button", name="Responder").first.click()
    expect(page.get_by_role("main")).to_contain_text("Respondida")
    month.press(EDITOR, "Enviar a revisión")

    page = month.at_process(REVIEWER)
    changed = page.get_by_role("region", name="Qué cambió desde que se devolvió")
    expect(changed).to_contain_text("secundarias")
    assert violations(page) == []
    page.get_by_role("button", name="Resolver").click()
    month.press(REVIEWER, "Aprobar")
    expect(page.locator(".standing")).to_contain_text("Aprobada")


def publish_at_its_time(month: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    """The publisher says when; the worker publishes it then."""
    page = month.press(PUBLISHER, "Programar")
    real, minute = clock.now, timedelta(minutes=1)
    at = (real() + minute).replace(second=0, microsecond=0) + minute
    ahead = (
        at - real() - timedelta(seconds=15)
    )  # the minute that is written comes soon, whatever second it is now
    monkeypatch.setattr(clock, "now", lambda: real() + ahead)
    local = at.astimezone(ZoneInfo(ZONE))
    page.fill("[name=fecha]", f"{local:%d/%m/%Y}")
    page.fill("[name=hora]", f"{local:%H:%M}")
    page.get_by_role("button", name="Programar").click()
    expect(page.locator(".standing")).to_contain_text("Se publicará sola el")
    until(page, "Publicada")


def until(page: Page, words: str) -> None:
    """Ask for the page of a process again until its standing says so."""
    end = clock.monotonic() + 2 * STEP_MS / 1000
    while words not in page.inner_text(".standing"):
        assert clock.monotonic() < end, page.inner_text("main")
        page.wait_for_timeout(300)
        page.reload()


def correct(month: Month) -> None:
    """What is published is corrected, with a reason: the world gets a second release."""
    page = month.press(EDITOR, "Corregir lo publicado")
    page.fill("[name=motivo]", REASON)
    page.get_by_role("button", name="Abrir la corrección").click()
    page.goto(f"{month.address}/captura/tender")
    page.fill("[name='/description']", MENDED)
    page.keyboard.press("Alt+s")
    expect(page.locator("#guardado")).to_contain_text("Guardado")
    month.press(EDITOR, "Enviar a revisión")
    month.press(REVIEWER, "Aprobar")
    page = month.press(PUBLISHER, "Publicar")
    page.get_by_role("button", name="Publicar").click()
    expect(page.locator(".standing")).to_contain_text("Publicada")
    releases = month.pages[""].request.get(f"/{SLUG}/api/v1/releases").json()["releases"]
    assert sorted(one["tender"]["description"] for one in releases) == [FIRST_WORDS, MENDED]


def withdraw(month: Month) -> None:
    """The publisher asks for a withdrawal; the garante approves it: the address says so from then on."""
    page = month.at_process(PUBLISHER)
    public = page.get_by_role("link", name="Ver lo publicado").get_attribute("href") or ""
    page.get_by_role("link", name="Retiros y reservas").click()
    page.get_by_role("link", name="Pedir un retiro").click()
    page.check("[name=alcance][value=todo]")
    page.select_option("[name=supuesto]", "personal")
    page.fill("[name=articulo]", GROUND)
    page.fill("[name=motivo]", WHY)
    page.get_by_role("button", name="Pedir el retiro").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Solicitud de retiro")
    asked = urlsplit(page.url).path

    page = month.pages[REVIEWER]
    page.goto(asked)
    page.fill("[name=confirmo]", "RETIRAR")
    page.get_by_role("button", name="Retirar de la publicación").click()
    expect(page.get_by_role("main")).to_contain_text("Retirado")
    anyone = month.pages[""]
    assert anyone.goto(public).status == 410  # type: ignore[union-attr]
    assert GROUND in anyone.inner_text("main")
    assert violations(anyone) == []


def the_log_tells(month: Month) -> None:
    """The log of the house: every act in order, by whom, as what and on what, on its pages and in its file alike."""
    page = month.pages[ADMIN]
    page.goto(f"/{SLUG}/bitacora")
    shown = list(_walk(page))
    page.goto(f"/{SLUG}/bitacora")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Descargar CSV").click()
    with downloaded.value.path().open(encoding="utf-8-sig", newline="") as file:
        kept = [
            (
                f"{row['persona'] or 'El sistema'} {row['funcion']}".strip(),
                row["que_hizo"],
                row["titulo"] or row["sujeto_obligado"] or "—",
            )
            for row in csv.DictReader(file)
        ]
    assert kept[0][:2] == (hat(ADMIN), "Descargó la bitácora")
    assert kept[1:] == shown

    bodies = [on for _, did, on in reversed(shown) if did == "Agregó un sujeto obligado al padrón"]
    assert sorted(bodies) == sorted(NAMES)
    # A person who captures acts once a field: told once here, as are the four hundred bodies.
    told = [act for act, _ in groupby((who, did) for who, did, _ in reversed(shown))]
    assert told == [(hat(who), did) for who, did in STORY]
    assert {on for who, did, on in shown if did in ON_THE_PROCESS} == {f"{TITLE} secundarias"}


def hat(who: str) -> str:
    """Somebody as the log names them."""
    return f"{who} {HATS[who]}" if who in HATS else who


def _walk(page: Page) -> Iterator[tuple[str, str, str]]:
    """Read the rows of the log, a page after the other."""
    while True:
        for cells in page.evaluate(
            "[...document.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))"
        ):
            who, did, on = (" ".join(cell.split()) for cell in cells[1:])
            yield who, did, on.partition(", versión")[0]
        more = page.get_by_role("link", name="Ver más")
        if not more.count():
            return
        more.click()
        page.wait_for_load_state()


def the_public_log_tells(month: Month) -> None:
    """What everybody may read of it: the correction and the withdrawal, with reasons, and nothing of the persons."""
    page = month.pages[""]
    page.goto(f"/{SLUG}/bitacora-publica")
    told = [
        (row.locator("h2").inner_text().replace("\xa0", " "), *row.locator("p").all_inner_texts()[2:])
        for row in page.locator(".acts-told > li").all()
    ]
    assert told == [
        (
            "Se retiró toda la contratación: 2 entregas",
            f"Fundamento: {SUPPOSITION}. {GROUND}",
            f"Motivo: {WHY}",
        ),
        ("Se corrigió lo publicado", f"Motivo: {REASON}"),
    ]
    assert not any(name in page.inner_text("main") for name in HATS)
    assert violations(page) == []

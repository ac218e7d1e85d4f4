"""`python -m app mail …` against a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.core.errors import AppError
from app.notifications.commands import mail_cli
from app.settings import get_settings
from tests.core.test_mail_delivery import Mailbox, serving

SENT = ["test", "--to", "ana@example.org"]


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("CA_STATE_FOLDER", str(tmp_path))
    monkeypatch.setenv("CA_MAIL_FROM", "avisos@contrataciones.example")
    monkeypatch.setenv("CA_PUBLIC_URL", "https://contratos.example")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def run(*arguments: str) -> tuple[str, BaseException | None]:
    result = CliRunner().invoke(mail_cli, list(arguments))
    return result.output, result.exception


def told(fault: BaseException | None) -> str:
    assert isinstance(fault, AppError)
    return fault.detail


def test_a_letter_is_sent_now(monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as server:
        monkeypatch.setenv("CA_SMTP_URL", f"smtp+plain://127.0.0.1:{server.port}")
        output, fault = run(*SENT)
    assert fault is None
    assert "recibió el correo para ana@example.org" in output
    assert mailbox.readers == ["ana@example.org"]


def test_what_is_wrong_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Falta CA_SMTP_URL" in told(run(*SENT)[1])
    with serving(Mailbox(answers={"ana@example.org": "550 5.7.1 Relaying denied"})) as server:
        get_settings.cache_clear()
        monkeypatch.setenv("CA_SMTP_URL", f"smtp+plain://127.0.0.1:{server.port}")
        words = told(run(*SENT)[1])
        assert "550 5.7.1 Relaying denied" in words
        assert "CA_MAIL_FROM" in words
    assert "No hubo conexión" in told(run(*SENT)[1]), "the server is gone"
    get_settings.cache_clear()
    monkeypatch.delenv("CA_PUBLIC_URL")
    assert "Falta CA_PUBLIC_URL" in run(*SENT)[0]

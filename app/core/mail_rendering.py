"""A letter as it is sent: RFC 5322, plain text and HTML of the same, in its sender's name and colour.

Nothing in it calls home: no image, no style sheet, no counting of who opened it.
"""

import textwrap
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from app.core.keys import Keyring
from app.core.mail import Letter, one_line

WIDTH = 72
"""Columns of plain text."""
SERVICE = "Contrataciones Abiertas"
DEFAULT_ACCENT = "#0b6148"


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name a letter goes out.

    Attributes:
        name: short, as mailboxes show it.
        full_name: as the letter is signed.
        address: the one address that the mail server lets this service use.
        reply_to: where answers go; empty where nobody reads them.
        accent: `#rrggbb`, legible under white.
        origin: scheme and host of its addresses, without a slash at the end.
        base: what its paths begin with and addresses on this host leave out (`/jalisco` on a garante's own host).
    """

    name: str
    address: str
    origin: str
    full_name: str = ""
    reply_to: str = ""
    accent: str = DEFAULT_ACCENT
    base: str = ""

    def address_of(self, path: str) -> str:
        """Return the address of a path of the service as this sender writes it."""
        inside = self.base and path.startswith(f"{self.base}/")
        return self.origin + (path.removeprefix(self.base) if inside else path)


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    address: str
    note: str


def render(
    letter: Letter, sender: Sender, keyring: Keyring, *, message_id: UUID, at: datetime
) -> EmailMessage:
    """Return a letter ready to be sent.

    Args:
        letter: what it says.
        sender: who says it.
        keyring: makes the token of its link, which is written nowhere else.
        message_id: of its row, so that a letter that was sent twice (the worker died between sending and noting it)
            is the same letter to every mailbox.
        at: when it is sent.
    """
    act_address = ""
    if letter.act is not None:
        path = letter.act.path
        if "{token}" in path:
            path = path.replace("{token}", keyring.token(letter.act.purpose, *letter.act.about))
        act_address = sender.address_of(path)
    entries = [
        _Line(entry.text, sender.address_of(entry.path) if entry.path else "", entry.note)
        for entry in letter.entries
    ]
    preferences = sender.address_of(letter.preferences) if letter.preferences else ""

    message = EmailMessage(policy=SMTP)
    message["From"] = Address(one_line(sender.name), addr_spec=sender.address)
    message["To"] = letter.to
    if sender.reply_to:
        message["Reply-To"] = sender.reply_to
    message["Subject"] = one_line(letter.subject)
    message["Date"] = at
    message["Message-ID"] = f"<{message_id}@{sender.address.rpartition('@')[2]}>"
    # So that no absence is answered to it, here and in Exchange, which reads only its own.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if preferences:
        message["List-Unsubscribe"] = f"<{preferences}>"
    message.set_content(_text(letter, sender, act_address, entries, preferences), cte="quoted-printable")
    html = _template().render(
        letter=letter,
        sender=sender,
        signature=sender.full_name or sender.name,
        service=SERVICE,
        act_address=act_address,
        entries=entries,
        preferences=preferences,
    )
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def _text(letter: Letter, sender: Sender, act_address: str, entries: list[_Line], preferences: str) -> str:
    blocks = [_wrapped(paragraph) for paragraph in letter.paragraphs]
    for entry in entries:
        lines = [_wrapped(entry.text, first="- ", rest="  ")]
        lines += [_wrapped(entry.note, first="  ", rest="  ")] if entry.note else []
        lines += [f"  {entry.address}"] if entry.address else []
        blocks.append("\n".join(lines))
    if letter.act is not None:
        blocks.append(f"{_wrapped(letter.act.label)}:\n{act_address}")
    if letter.closing:
        blocks.append(_wrapped(letter.closing))
    who = sender.full_name or sender.name
    foot = [*([_wrapped(who)] if who != SERVICE else []), f"{SERVICE} - {sender.origin}"]
    if preferences:
        foot.append(f"Elige qué avisos recibes por correo:\n{preferences}")
    # The line with which mailboxes recognise a signature ends with a space.
    return "\n\n".join([*blocks, "-- \n" + "\n".join(foot)]) + "\n"


def _wrapped(paragraph: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        paragraph,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


@cache
def _template() -> Template:
    folder = Path(__file__).parent / "templates"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("core/letter.html")

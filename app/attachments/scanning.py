r"""The virus scanner: clamd's INSTREAM over a socket (clamd(8)).

The client sends `zINSTREAM\0`, then pieces, each behind its length in four bytes, then a length of zero; clamd answers
`stream: OK`, `stream: <name> FOUND`, or something that ends in `ERROR`.
"""

import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core.errors import InvalidError, UnavailableError

SECONDS = 30.0
"""That a connection, or the answer to a whole file, is waited for."""
PIECE = 256 * 1024
_LONGEST_ANSWER = 4096


class ScannerUnavailableError(UnavailableError):
    """The scanner does not answer, or could not scan; the file may be clean or not."""

    slug, title = "antivirus-no-disponible", "El antivirus no contesta por ahora"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scanner found; `virus` is empty for a clean file."""

    virus: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.virus


class Scanner:
    """A clamd.

    Args:
        address: `tcp://host:port` or `unix:/path`.
        seconds: that an answer is waited for.

    Raises:
        InvalidError: the address is neither.
    """

    def __init__(self, address: str, *, seconds: float = SECONDS) -> None:
        asked = urlsplit(address)
        self._seconds = seconds
        self._path = asked.path if asked.scheme == "unix" else ""
        self._host = (asked.hostname or "", asked.port or 3310) if asked.scheme == "tcp" else ("", 0)
        if not self._path and not self._host[0]:
            raise InvalidError("CA_CLAMD se escribe «tcp://equipo:3310» o «unix:/ruta/del/socket».")

    def scan(self, pieces: Iterable[bytes]) -> Verdict:
        """Send a file and return the verdict.

        Raises:
            ScannerUnavailableError: no answer in time, or none that is a verdict.
        """
        try:
            with self._connected() as line:
                line.sendall(b"zINSTREAM\0")
                self._send(line, pieces)
                answer = self._answer(line)
        except OSError as error:  # time-outs are such too
            raise ScannerUnavailableError from error
        said = answer.removeprefix("stream: ")
        if said == "OK":
            return Verdict()
        if said.endswith(" FOUND"):
            return Verdict(said.removesuffix(" FOUND"))
        raise ScannerUnavailableError(
            f"El antivirus no pudo revisar el archivo: {said[:200] or 'cortó la conexión'}."
        )

    def _connected(self) -> socket.socket:
        if not self._path:
            return socket.create_connection(self._host, timeout=self._seconds)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(self._seconds)
        try:
            line.connect(self._path)
        except OSError:
            line.close()
            raise
        return line

    @staticmethod
    def _send(line: socket.socket, pieces: Iterable[bytes]) -> None:
        try:
            for whole in pieces:
                for at in range(0, len(whole), PIECE):
                    piece = whole[at : at + PIECE]
                    line.sendall(struct.pack("!L", len(piece)) + piece)
            line.sendall(struct.pack("!L", 0))
        except BrokenPipeError:
            pass  # clamd hangs up on a file over its own limit: what it said before tells why

    @staticmethod
    def _answer(line: socket.socket) -> str:
        answer = b""
        while b"\0" not in answer and len(answer) < _LONGEST_ANSWER:
            piece = line.recv(_LONGEST_ANSWER)
            if not piece:
                break
            answer += piece
        return answer.rstrip(b"\0\n").decode("utf-8", "replace")

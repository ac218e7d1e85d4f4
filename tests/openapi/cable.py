"""A cable to PostgreSQL that a test can pinch: a TCP proxy on loopback that knows connections by application name."""

import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

from sqlalchemy.engine import make_url

_NAMED = re.compile(rb"application_name\0([^\0]+)\0")


class Cable:
    """Carries bytes both ways; `pinched(name)` holds back what the server says to connections of that name.

    Args:
        url: SQLAlchemy address of the server.
    """

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pinched: set[str] = set()
        self._change = threading.Condition()
        self.asked: Counter[str] = Counter()
        """Bytes that clients sent, by application name."""

    @property
    def url(self) -> str:
        """The same database, through the cable."""
        host, port = self._listener.getsockname()
        return self._url.set(host=host, port=port).render_as_string(hide_password=False)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    @contextmanager
    def pinched(self, name: str) -> Iterator[None]:
        """Let connections of this name ask and hear nothing, without breaking them."""
        with self._change:
            self._pinched.add(name)
        try:
            yield
        finally:
            with self._change:
                self._pinched.discard(name)
                self._change.notify_all()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((self._url.host or "127.0.0.1", self._url.port or 5432))
                name = [""]
                threading.Thread(target=self._ask, args=(client, server, name), daemon=True).start()
                threading.Thread(target=self._tell, args=(server, client, name), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, name: list[str]) -> None:
        with suppress(OSError), client, server:
            while piece := client.recv(65536):
                if not name[0] and (found := _NAMED.search(piece)):
                    name[0] = found[1].decode()
                self.asked[name[0]] += len(piece)
                server.sendall(piece)

    def _tell(self, server: socket.socket, client: socket.socket, name: list[str]) -> None:
        with suppress(OSError), client, server:
            while piece := server.recv(65536):
                with self._change:
                    self._change.wait_for(lambda: name[0] not in self._pinched)
                client.sendall(piece)

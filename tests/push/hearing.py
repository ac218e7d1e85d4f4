"""An address that hears: it checks every signature by itself, and fails as it is told."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4


@dataclass
class Ear:
    """A running receiver.

    Attributes:
        secrets: each of which a signature must hold for; empty before one is known.
        path: of this test alone: what those before it registered is not heard.
        mode: what happens to the next messages: `ok`, a status, or `hang`, `drip`, `huge`, `cut`, `redirect`, `deaf` (takes
            a challenge without answering it).
        refuses: messages that are answered 500 whatever the mode.
        heard: (id, what was said) of each message that was taken, challenges left out.
        asked: kinds of all messages that came.
    """

    port: int = 0
    path: str = field(default_factory=lambda: f"/{uuid4().hex}")
    secrets: list[str] = field(default_factory=list)
    mode: str = "ok"
    retry_after: str = ""
    refuses: Callable[[dict[str, Any]], bool] = lambda _: False
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    signatures: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    followed: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    arrival: threading.Event = field(default_factory=threading.Event)

    @property
    def place(self) -> str:
        """What the setting allows."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where it hears."""
        return f"http://{self.place}{self.path}"

    @property
    def kinds(self) -> list[str]:
        """Of what it took."""
        return [said["type"] for _, said in self.heard]

    @property
    def positions(self) -> list[int]:
        """Of what it took."""
        return [said["data"]["position"] for _, said in self.heard]

    def check(self, headers: Any, body: bytes) -> None:
        """Verify a message as the scheme says, without a line of ours."""
        given = headers["webhook-signature"].split(" ")
        self.signatures.append(len(given))
        stamp = headers["webhook-timestamp"]
        if abs(time.time() - int(stamp)) > 300:
            self.faults.append("old")
        content = f"{headers['webhook-id']}.{stamp}.".encode() + body
        for secret in self.secrets:
            key = base64.b64decode(secret.removeprefix("whsec_"))
            wanted = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
            if wanted not in given:
                self.faults.append(f"signature of {secret[:9]}")


@contextmanager
def hearing() -> Iterator[Ear]:
    """Run a receiver."""
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == f"{ear.path}-otra":
                ear.followed += 1
                self.answer(200, b"")
                return
            if self.path != ear.path:
                self.answer(404, b"")
                return
            ear.check(self.headers, body)
            said = json.loads(body)
            message_id = self.headers["webhook-id"]
            ear.asked.append(said["type"])
            if ear.mode == "hang":
                ear.ended.wait(30)
                return
            if ear.mode == "cut":
                self.close_connection = True
                return
            if ear.mode == "redirect":
                self.answer(307, b"", Location=f"{ear.url}-otra")
                return
            if ear.mode.isdigit():
                self.answer(
                    int(ear.mode), b"no", **({"Retry-After": ear.retry_after} if ear.retry_after else {})
                )
                return
            if ear.refuses(said):
                self.answer(500, b"no")
                return
            if said["type"] == "challenge":
                told = {} if ear.mode == "deaf" else {"challenge": said["data"]["challenge"]}
                self.answer(200, json.dumps(told).encode())
                return
            ear.heard.append((message_id, said))
            ear.arrival.set()
            if ear.mode in ("huge", "drip"):
                self.endless()
            else:
                self.answer(204, b"")

        def answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def endless(self) -> None:
            self.send_response(200)
            self.end_headers()
            piece = b"x" * (10**6 if ear.mode == "huge" else 1)
            try:
                while not ear.ended.wait(0 if ear.mode == "huge" else 0.05):
                    self.wfile.write(piece)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    ear.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ear
    finally:
        ear.ended.set()
        server.shutdown()
        server.server_close()

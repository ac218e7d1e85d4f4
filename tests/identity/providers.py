"""Identity providers for the tests, over real HTTP: the mock of `oidc-provider-mock`, and one that lies."""

import base64
import hashlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey

KEY = RSAKey.generate_key(2048, {"kid": "a", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "a", "use": "sig"})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mock_provider(port: int, **users: dict[str, Any]) -> Iterator[str]:
    """Run `oidc-provider-mock` as a process of its own; yield its issuer."""
    claims = [f"--user-claims={json.dumps({'sub': sub, **said})}" for sub, said in users.items()]
    program = Path(sys.executable).with_name("oidc-provider-mock")
    process = subprocess.Popen(
        [program, "--port", str(port), "--require-nonce", "True", *claims],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    issuer = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx2.get(f"{issuer}/.well-known/openid-configuration", timeout=2)
                break
            except httpx2.HTTPError:
                if process.poll() is not None:
                    raise
                time.sleep(0.05)
        yield issuer
    finally:
        process.terminate()
        process.wait(10)


def consent(address: str, subject: str) -> str:
    """Do at the mock's page what a person does; return where it sends the browser."""
    with httpx2.Client(timeout=30) as browser:
        assert browser.get(address).status_code == 200
        answer = browser.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


@dataclass
class Liar:
    """A provider that says whatever a test wants; `claims` and `sign` are changed by it.

    Attributes:
        claims: what an ID token says beside what it must.
        answer: further parameters of the answer to the browser.
        sign: claims → token.
        calls: paths that were asked for.
    """

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] = field(default=lambda claims: "")
    keys: tuple[RSAKey, ...] = (KEY,)
    calls: list[str] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    redirect: str = ""

    def id_token(self, **changes: Any) -> str:
        """Return an ID token for the last question."""
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "sub": "persona-1",
            "aud": self.asked.get("client_id", ""),
            "nonce": self.asked.get("nonce", ""),
            "iat": now,
            "auth_time": now,
            "exp": now + 300,
            **self.claims,
            **changes,
        }
        return self.sign({name: value for name, value in said.items() if value is not None})

    def logout_token(self, client_id: str, **changes: Any) -> str:
        said = {
            "iss": self.issuer,
            "aud": client_id,
            "iat": int(time.time()),
            "jti": base64.urlsafe_b64encode(hashlib.sha256(str(time.time_ns()).encode()).digest()).decode(),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            **changes,
        }
        return self.sign({name: value for name, value in said.items() if value is not None})


def signed(claims: dict[str, Any], key: RSAKey = KEY, alg: str = "RS256", **header: Any) -> str:
    return jwt.encode({"alg": alg, "kid": key.kid, **header}, claims, key)


def unsigned(claims: dict[str, Any]) -> str:
    """A token with the algorithm `none`."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts)
        + "."
    )


@contextmanager
def lying_provider() -> Iterator[Liar]:
    """Serve a liar from a thread."""
    liar = Liar()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve({})

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._serve({name: values[0] for name, values in parse_qs(raw).items()})

        def _serve(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path)
            liar.calls.append(path.path)
            if path.path == "/.well-known/openid-configuration":
                self._json(
                    {
                        "issuer": liar.issuer,
                        "authorization_endpoint": f"{liar.issuer}/authorize",
                        "token_endpoint": f"{liar.issuer}/token",
                        "jwks_uri": f"{liar.issuer}/jwks",
                        **liar.metadata,
                    }
                )
            elif path.path == "/jwks":
                self._json({"keys": [key.as_dict(private=False) for key in liar.keys]})
            elif path.path == "/token" and liar.redirect:
                self.send_response(307)
                self.send_header("Location", liar.redirect)
                self.end_headers()
            elif path.path == "/token":
                liar.forms.append(form | {"authorization": self.headers.get("Authorization", "")})
                told = {"access_token": "acceso", "token_type": "Bearer", "id_token": liar.id_token()}
                self._json(told | liar.token, 400 if "error" in liar.token else 200)
            else:
                self.send_error(404)

        def _json(self, value: object, status: int = 200) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    liar.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield liar
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer_of(liar: Liar, address: str, **changes: str) -> str:
    """Return where the liar sends a browser that was sent to it with a question."""
    liar.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    said = {"code": "codigo", "state": liar.asked["state"], **liar.answer, **changes}
    return f"{liar.asked['redirect_uri']}?{urlencode(said)}"

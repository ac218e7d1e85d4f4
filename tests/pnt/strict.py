"""The PNT's web service as documented, strict: what it does not know it refuses, and it fails on demand."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from app.sipot.formats import Column, Format, Kind

USER, PASSWORD = "capturista-pnt", "clave-muy-secreta"
SLOW = 0.6
"""Seconds of an answer that comes too late for the tests."""
BEFORE = ("expired", "refuse", "cut_before", "error_before")
AFTER = ("slow", "cut_after", "error_after", "nonsense")
FAILURES = BEFORE + AFTER


class NoError(Exception):
    """What the service says no to."""


@dataclass
class Pnt:
    """A running service.

    Attributes:
        records: id -> fields, each a text, or the ids and fields of sub-rows.
        failures: what happens to the next acts in turn; None is nothing.
        asked: acts, as they came.
    """

    format: Format
    port: int = 0
    records: dict[int, dict[int, Any]] = field(default_factory=dict)
    failures: list[str | None] = field(default_factory=list)
    sign_in_failures: list[str | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=lambda: count(700))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Its base."""
        return f"http://127.0.0.1:{self.port}/"

    def texts(self) -> list[dict[int, Any]]:
        """Every record without ids, in an order of their own."""
        plain = [
            {
                key: [{k: v for k, v in row["campos"].items() if v != ""} for row in value]
                if isinstance(value, list)
                else value
                for key, value in record.items()
                if value not in ("", [])
            }
            for record in self.records.values()
        ]
        return sorted(plain, key=lambda one: json.dumps(one, sort_keys=True))

    def number_of(self, text: str) -> int | None:
        """The id of the record that holds a text, as a person finds it."""
        return next((key for key, record in self.records.items() if text in record.values()), None)

    def admit(self, body: Any, *, refuses: bool) -> None:
        """Say no where a test wants it, repeating what should not be repeated."""
        if refuses:
            raise NoError(f"Por ahora no, con {body.get('token')}")

    def sign_in(self, body: Any) -> Any:
        """Give a token."""
        if set(body) != {"usuario", "password"} or (body["usuario"], body["password"]) != (USER, PASSWORD):
            raise NoError(f"Usuario o clave incorrectos: {body.get('password')}")
        token = f"ficha-secreta-{next(self.numbers)}"
        self.tokens.add(token)
        self.secrets.append(token)
        return {"success": True, "token": {"token": token}}

    def act(self, act: str, body: Any) -> Any:
        """Do one act, or refuse it whole."""
        if set(body) != {"ejercicio", "token", "idFormato", "correoUnidadAdministrativa", "registros"}:
            raise NoError("La petición no es la documentada")
        if body["token"] not in self.tokens:
            raise NoError("La sesión no es válida")
        if body["idFormato"] != self.format.id or not isinstance(body["ejercicio"], int):
            raise NoError("El formato no existe")
        told = []
        for record in body["registros"]:
            if set(record) != {"idRegistro", "numeroRegistro", "campos"} or record["numeroRegistro"] < 1:
                raise NoError("El registro no es el documentado")
            number = record["idRegistro"]
            if act == "agrega":
                if number != "":
                    raise NoError("Un alta no lleva número")
                number = next(self.numbers)
                old: dict[int, Any] = {}
            else:
                if number not in self.records:
                    raise NoError("El registro no existe")
                old = self.records[number]
            if act == "elimina":
                del self.records[number]
                told.append({"numeroRegistro": record["numeroRegistro"], "idRegistro": number, "campos": []})
                continue
            said, ids = self.fields(self.format.columns, record["campos"], old)
            self.records[number] = {**old, **said}
            told.append({"numeroRegistro": record["numeroRegistro"], "idRegistro": number, "campos": ids})
        return {"success": True, "mensaje": {"registros": told}}

    def fields(
        self, columns: tuple[Column, ...], sent: Any, old: dict[int, Any]
    ) -> tuple[dict[int, Any], list[Any]]:
        """Check fields; return them and the ids of their sub-rows."""
        known = {column.field_id: column for column in columns}
        said: dict[int, Any] = {}
        ids = []
        for one in sent:
            column = known.get(one["idCampo"])
            if set(one) != {"idCampo", "valor"} or column is None or one["idCampo"] in said:
                raise NoError(f"El campo {one.get('idCampo')} no es del formato")
            value = one["valor"]
            if column.table:
                rows, given = [], []
                held = {row["id"] for row in old.get(one["idCampo"], ())}
                for at, row in enumerate(value, start=1):
                    if set(row) != {"numeroRegistro", "idRegistro", "campos"} or row["numeroRegistro"] != at:
                        raise NoError("El renglón de la tabla no es el documentado")
                    if row["idRegistro"] != "" and row["idRegistro"] not in held:
                        raise NoError("El renglón de la tabla no existe")
                    number = row["idRegistro"] or next(self.numbers)
                    inner, _ = self.fields(column.table.columns, row["campos"], {})
                    rows.append({"id": number, "campos": inner})
                    given.append({"numeroRegistro": at, "idRegistro": number})
                # What is sent without an id comes on top of what there is: so a careless repeat doubles it.
                sent_ids = {row["id"] for row in rows}
                kept = [row for row in old.get(one["idCampo"], ()) if row["id"] not in sent_ids]
                said[one["idCampo"]] = rows + kept
                ids.append({"idCampo": one["idCampo"], "valor": given})
                continue
            if not isinstance(value, str):
                raise NoError(f"El campo {one['idCampo']} va como texto")
            if column.kind is Kind.CATALOGUE and value not in {"", *(str(c.order) for c in column.catalogue)}:
                raise NoError(f"El campo {one['idCampo']} no está en su catálogo")
            said[one["idCampo"]] = value
        return said, ids


@contextmanager
def serving(format_: Format) -> Iterator[Pnt]:
    """Run a service."""
    pnt = Pnt(format_)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = self.path.strip("/").removeprefix("sipot-web/spring/")
            with pnt.lock:
                pnt.asked.append(name)
                signs_in = name == "generaToken"
                planned = pnt.sign_in_failures if signs_in else pnt.failures
                failure = planned.pop(0) if planned else None
                if failure == "expired":
                    pnt.tokens.clear()
                if failure == "cut_before":
                    self.close_connection = True
                    return None
                if failure == "error_before":
                    return self.say(500, {"error": "interno"})
                try:
                    pnt.admit(body, refuses=failure == "refuse")
                    act = name.removeprefix("mantenimiento/")
                    told = pnt.sign_in(body) if signs_in else pnt.act(act, body)
                except NoError as no:
                    return self.say(200, {"success": False, "mensaje": {"id": 9, "mensaje": str(no)}})
            if failure == "slow":
                time.sleep(SLOW)
            if failure == "cut_after":
                self.close_connection = True
                return None
            if failure == "error_after":
                return self.say(502, {"error": "interno"})
            return self.say(200, "¿?" if failure == "nonsense" else told)

        def say(self, status: int, told: Any) -> None:
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def handle(self) -> None:
            with suppress(OSError):  # whoever asked did not wait
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    pnt.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield pnt
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

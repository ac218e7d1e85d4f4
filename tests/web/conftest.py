"""A small application made of the real gateway, errors and routers, served on a loopback port."""

import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx2
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel, Field, SecretStr
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse

from app.core import errors as tree
from app.core import logs
from app.web import components_page, errors, static
from app.web.components import Progress
from app.web.forms import Form, Sent
from app.web.middleware import Gateway
from app.web.shell import Person, Shell, TenantIdentity, dress
from app.web.templating import environment, page, wants_fragment
from app.web.theme import theme_css

Log = Callable[[str], list[dict[str, Any]]]
ERRORS = {
    kind.slug: kind
    for kind in vars(tree).values()
    if isinstance(kind, type) and issubclass(kind, tree.AppError) and kind is not tree.AppError
}


PART = "{{ ui.progress(job) }}"
WHOLE = f'{{% extends "base.html" %}}{{% block title %}}Trabajo{{% endblock %}}{{% block main %}}{PART}{{% endblock %}}'


class SignIn(BaseModel):
    email: str = Field(title="Correo", pattern="@")
    password: SecretStr = Field(title="Contraseña", min_length=3)
    boxes: list[Literal["a", "b"]] = Field(default=[], title="Casillas")


class Body(BaseModel):
    amount: int


def build() -> FastAPI:
    app = FastAPI()
    app.add_middleware(Gateway, body_limit=1000, upload_limits=[(re.compile(r"/[^/]+/importar"), 50_000)])
    errors.install(app)
    app.include_router(static.router)
    app.include_router(components_page.router)

    @app.get("/error/{slug}")
    @app.post("/error/{slug}")
    @app.get("/{tenant}/api/v1/error/{slug}")
    def fail(slug: str) -> None:
        if slug == "demasiados-intentos":
            raise tree.TooManyRequestsError("Espera.", retry_after=7)
        raise ERRORS[slug]

    @app.get("/error/{slug}/vestido")
    def fail_dressed(request: Request, slug: str) -> None:
        dress(request, tenant=TenantIdentity("Garante de Prueba", "/prueba/", theme="/prueba/tema.css"))
        raise ERRORS[slug]("Un detalle <b>propio</b>.")

    @app.get("/boom")
    @app.get("/boom/api/x")
    def boom() -> None:
        raise ZeroDivisionError("secreto-en-el-mensaje")

    @app.get("/boom-a-medias")
    def boom_half() -> StreamingResponse:
        def chunks() -> Iterator[str]:
            yield "mitad"
            raise ZeroDivisionError

        return StreamingResponse(chunks())

    @app.get("/cosas/{thing}")
    def thing(thing: UUID, limit: Annotated[int, Query(le=10)] = 5) -> PlainTextResponse:
        return PlainTextResponse(f"{thing} {limit}")

    inner = APIRouter(prefix="/interior")

    @inner.get("/hoja/{name}")
    def leaf(name: str) -> PlainTextResponse:
        return PlainTextResponse(name, headers={"Content-Security-Policy": "default-src *"})

    app.include_router(inner, prefix="/prefijo")

    @app.post("/json")
    def take_json(body: Body) -> Body:
        return body

    @app.post("/{tenant}/importar")
    @app.post("/crudo")
    async def take_raw(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    @app.post("/formulario")
    def take_form(sent: Sent) -> JSONResponse:
        form = Form.read(SignIn, sent)
        return JSONResponse(
            {
                "errors": [[one.name, one.label, one.message] for one in form.problems],
                "email": form.value("email"),
                "password": form.value("password"),
                "boxes": form.all("boxes"),
                "secret": form.data.password.get_secret_value() if form.data else None,
                "files": {name: [file.filename for file in files] for name, files in sent.files.items()},
            }
        )

    @app.get("/privado")
    def private(request: Request) -> HTMLResponse:
        dress(request, person=Person("Ana"))
        return page(request, "components.html", components_page.sample_page())

    steps = iter((40, 120, 200))

    @app.get("/trabajo")
    def job(request: Request) -> HTMLResponse:
        done = next(steps, 200) if wants_fragment(request) else 0
        status = "succeeded" if done == 200 else "running"
        progress = Progress("trabajo", "Importar", status, done, 200, cancel="/trabajo")
        source = PART if wants_fragment(request) else WHOLE
        template = environment().from_string(source)
        return HTMLResponse(template.render(job=progress, shell=Shell(), here="/trabajo"))

    received: list[str] = []

    @app.get("/doble")
    def double(request: Request) -> HTMLResponse:
        return HTMLResponse(
            f'<script src="{static.asset("app.js")}" defer></script>'
            '<form method="post"><button data-busy="Enviando…">Enviar</button></form>'
        )

    @app.post("/doble")
    def receive() -> HTMLResponse:
        received.append("una vez")
        time.sleep(0.3)
        return HTMLResponse("Recibido")

    @app.get("/doble/cuenta")
    def count() -> PlainTextResponse:
        return PlainTextResponse(str(len(received)))

    @app.get("/prueba/tema.css")
    def theme() -> Response:
        return Response(theme_css("#7a1f3d"), media_type="text/css")

    return app


class Lines(logging.Handler):
    """Keep each line of log as it would be written."""

    def __init__(self, formatter: logging.Formatter | None) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))


@pytest.fixture(scope="session")
def lines() -> Lines:
    """Every line of log of the session, shaped by the real configuration."""
    root = logging.getLogger()
    before = root.handlers[:]
    logs.configure()
    shaped = Lines(root.handlers[0].formatter)
    root.handlers[:] = before
    return shaped


@pytest.fixture
def log(lines: Lines) -> Iterator[Log]:
    """Return the events logged for a request id; the line is written after the answer has left."""

    def events(request_id: str) -> list[dict[str, Any]]:
        for _ in range(100):
            found = [line for line in map(json.loads, lines.written) if line.get("request_id") == request_id]
            if any(line["event"] == "request" for line in found):
                return found
            time.sleep(0.02)
        raise AssertionError(f"nothing was logged for {request_id}")

    # Whatever application another test configures takes the handlers over, so this one is added each time.
    logging.getLogger().addHandler(lines)
    yield events
    logging.getLogger().removeHandler(lines)


@pytest.fixture(scope="session")
def address(lines: Lines) -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        found.listen()
        server = uvicorn.Server(uvicorn.Config(build(), log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [found]}, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{found.getsockname()[1]}"
        yield url
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def web(address: str) -> Iterator[httpx2.Client]:
    """A browser: it asks for HTML and does not follow redirects."""
    with httpx2.Client(base_url=address, headers={"Accept": "text/html"}) as client:
        yield client

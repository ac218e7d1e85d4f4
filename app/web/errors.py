"""Every refusal and every failure, answered as what was asked for: a page, a fragment or a problem document.

Addresses of machines (`/api/`, `/ocds/`, those of the tool before; also below a tenant) always get
`application/problem+json` (RFC 9457).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.core import errors
from app.core.errors import AppError
from app.web.shell import Link, shell_of
from app.web.templating import page, wants_fragment
from app.web.validation import explain, pointer

MACHINE_SEGMENTS = frozenset({
    "api", "ocds", "edca", "release", "release-package", "release-package-all", "record", "record-package",
    "data.json", "pdn",
})  # fmt: skip
FILES = "descargas"
"""What stands below is fetched by programs, and by people who follow a link: a person's program says what it is."""
LARGEST_TYPED = 1_000_000
"""Bytes of a form that are carried through the door; the largest form of capture has some 200,000."""
BY_STATUS: dict[int, type[AppError]] = {
    kind.status: kind
    for kind in (
        errors.BadRequestError,
        errors.UnauthenticatedError,
        errors.ForbiddenError,
        errors.NotFoundError,
        errors.ConflictError,
        errors.GoneError,
        errors.TooLargeError,
        errors.UnsupportedMediaError,
        errors.InvalidError,
        errors.UnavailableError,
    )
}
# What to do next, where the error itself says no more than its title.
ADVICE = {
    400: "Revisa la dirección o vuelve a la página anterior e inténtalo de nuevo.",
    401: "Entra con tu cuenta y te llevamos de vuelta a esta página.",
    403: "Si trabajas en varias instituciones, revisa con cuál entraste. Si crees que deberías poder, pídelo a quien administra tu institución.",
    404: "Puede que la dirección esté mal escrita, que esto ya no exista o que no esté a la vista de tu cuenta.",
    405: "Esta dirección existe, pero no admite esta acción. Vuelve a la página desde la que llegaste.",
    409: "Alguien o algo lo cambió mientras tanto. Vuelve a abrir la página para ver cómo está ahora.",
    410: "Se retiró de la publicación; queda constancia pública del motivo.",
    413: "Divide el archivo o envía uno más pequeño.",
    415: "Revisa el tipo de archivo que envías.",
    422: "Vuelve a la página anterior, corrige los datos y envíalos de nuevo.",
    429: "Espera un poco antes de volver a intentarlo.",
    500: "No es culpa tuya y no se guardó nada a medias. Ya quedó registrado; inténtalo de nuevo en unos minutos.",
    503: "Inténtalo de nuevo en unos minutos.",
}


class UnforeseenError(AppError):
    """What nobody foresaw: it is in the log with its traceback, under the request's id."""


class MethodNotAllowedError(AppError):
    """The address exists and does not take this method."""

    status, slug, title = 405, "metodo-no-permitido", "Esta dirección no admite esta acción"


@dataclass(frozen=True)
class ErrorPage:
    """Context of `errors/error.html` and of its fragment."""

    status: int
    title: str
    detail: str
    request_id: str
    problems: tuple[str, ...] = ()
    ways: tuple[Link, ...] = field(default_factory=tuple)
    typed: str = ""
    """The urlencoded form that was sent after the session had ended, to be carried through the door."""
    here: str = ""
    sign_in: str = ""
    confirming: bool = False
    """Whether the person is signed in, and only has to prove once more who they are."""


def answer(request: Request, error: AppError, *, typed: str = "") -> Response:
    """Answer an error in the form that the request asks for.

    Args:
        request: the one that failed.
        error: why.
        typed: the urlencoded form that it sent, for a page that gives it back.
    """
    if is_for_machines(request):
        return _document(request, error)
    shell = shell_of(request)
    fragment = wants_fragment(request)
    door = getattr(error, "door", "") or shell.sign_in or ""
    if error.status == 401 and request.method in ("GET", "HEAD") and door and not fragment:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{door}?siguiente={quote(asked, safe='/')}", 303)
    context = ErrorPage(
        status=error.status,
        title=error.title,
        detail=error.detail if error.detail != error.title else ADVICE.get(error.status, ""),
        request_id=_request_id(request),
        problems=tuple(one["message"] for one in _listed(error)),
        ways=_ways(request, error, door),
        typed="" if isinstance(error, errors.SecondFactorNeededError) else typed if door else "",
        here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        sign_in=door,
        confirming=isinstance(error, errors.ConfirmationNeededError),
    )
    name = "errors/_error.html" if fragment else "errors/error.html"
    return page(
        request, name, context, status=error.status, headers={"Cache-Control": "no-store", **error.headers}
    )


async def _typed(request: Request, error: AppError) -> str:
    """Return the form that a person sent after their session had ended; "" for anything else, and for files."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if error.status != 401 or request.method != "POST" or kind != "application/x-www-form-urlencoded":
        return ""
    body = await request.body()
    return body.decode(errors="replace") if len(body) <= LARGEST_TYPED else ""


def is_for_machines(request: Request) -> bool:
    """Tell whether a program asks: by the address, by what it sends or by what it accepts."""
    if _is_of_machines(request):
        return True
    accept = request.headers.get("accept", "")
    if "text/html" in accept:
        return False
    return (
        FILES in request.url.path.split("/")[1:-1]
        or "json" in accept
        or "json" in request.headers.get("content-type", "")
    )


def _is_of_machines(request: Request) -> bool:
    return not MACHINE_SEGMENTS.isdisjoint(request.url.path.split("/")[1:3])


def _document(request: Request, error: AppError) -> Response:
    body = {
        "type": f"urn:problem:{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": request.url.path,
        "request_id": _request_id(request),
        **error.extra,
    }
    headers = {"Cache-Control": "no-store", **error.headers}
    if request.method in ("GET", "HEAD") and _is_of_machines(request):
        # A refusal says nothing of who asks; without this a page of another site could not tell why it has no data.
        headers.setdefault("Access-Control-Allow-Origin", "*")
    return Response(orjson.dumps(body), error.status, headers, "application/problem+json")


def _listed(error: AppError) -> list[dict[str, str]]:
    listed = error.extra.get("errors")
    return listed if isinstance(listed, list) else []


def _ways(request: Request, error: AppError, door: str) -> tuple[Link, ...]:
    shell = shell_of(request)
    ways = []
    if error.status == 401 and door:
        ways.append(Link("Entrar" if door == shell.sign_in else "Continuar", door))
    elif error.status in (409, 429, 500, 503) and request.method == "GET":
        ways.append(Link("Volver a intentar", request.url.path))
    if shell.tenant:
        ways.append(Link(f"Ir al inicio de {shell.tenant.name}", shell.tenant.home))
    ways.append(Link("Ir al inicio", shell.home))
    return tuple(ways)


def _request_id(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))


def from_http(error: HTTPException) -> AppError:
    """Return our error for one that Starlette or FastAPI raised; their English stays behind."""
    if isinstance(error.__cause__, AppError):
        # FastAPI hides what went wrong while a body was read (a limit, for one) in a 400 of its own.
        return error.__cause__
    headers: Mapping[str, str] = error.headers or {}
    if error.status_code == 405:
        return MethodNotAllowedError(headers=headers)
    kind = BY_STATUS.get(error.status_code)
    return kind(headers=headers) if kind else UnforeseenError(headers=headers)


def from_validation(error: RequestValidationError) -> AppError:
    """Return 404 for an identifier of no possible form, 400 for the address, 422 for the content."""
    found = error.errors()
    places = {one["loc"][0] for one in found}
    if "path" in places:
        # Malformed, absent and foreign answer the same.
        return errors.NotFoundError()
    if any(one["type"] == "json_invalid" for one in found):
        return errors.BadRequestError("El contenido no es JSON válido.")
    listed = [
        {
            "in": str(one["loc"][0]),
            "pointer": pointer(one["loc"][1:]),
            "message": _sentence(one["loc"], explain(one)),
        }
        for one in found
    ]
    kind = errors.InvalidError if "body" in places else errors.BadRequestError
    return kind(" ".join(one["message"] for one in listed[:5]), extra={"errors": listed})


def _sentence(location: tuple[str | int, ...], message: str) -> str:
    name = ".".join(str(step) for step in location[1:])
    return f"{name}: {message}" if name else message


def install(app: FastAPI) -> None:
    """Register the answers; what nobody foresaw is answered by `middleware.Gateway`, outside of all this."""

    @app.exception_handler(AppError)
    async def on_app_error(request: Request, error: AppError) -> Response:
        return answer(request, error, typed=await _typed(request, error))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        if error.status_code < 400:
            return Response(status_code=error.status_code, headers=error.headers)
        return answer(request, from_http(error))

    @app.exception_handler(RequestValidationError)
    async def on_validation(request: Request, error: RequestValidationError) -> Response:
        return answer(request, from_validation(error))

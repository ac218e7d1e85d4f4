"""One tree of errors; each class has one HTTP status, one slug and a calm Spanish title.

AppError
├── BadRequestError        400  the request cannot be understood
├── UnauthenticatedError   401  nobody is signed in
│   ├── ConfirmationNeededError  401  signed in, but not lately enough
│   └── SecondFactorNeededError  401  signed in, but by less than the institution wants
├── ForbiddenError         403  signed in, but not allowed
│   └── SuspendedError     403  nobody works in the tenant for now
├── NotFoundError          404  absent, or not yours: the two answer the same
├── ConflictError          409  the state does not allow it, or the row changed meanwhile
│   └── StaleError         409  somebody else saved first
├── GoneError              410  withdrawn; says on what ground
├── TooLargeError          413  over a stated limit
├── UnsupportedMediaError  415  a kind of content we do not take
├── InvalidError           422  understood, but against a rule
├── TooManyRequestsError   429  come back later; says when
└── UnavailableError       503  a part of the house is not up

`detail` is shown to people: Spanish, what, where and how to mend.
"""

from collections.abc import Mapping


class AppError(Exception):
    """Base of every error that this service raises on purpose.

    Args:
        detail: Spanish sentence for the person who caused it.
        headers: HTTP headers that belong to the answer (for example `Retry-After`).
        extra: further members of the problem document (RFC 9457), already JSON-ready.
    """

    status = 500
    slug = "error"
    title = "Algo falló de nuestro lado"

    def __init__(
        self,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


class BadRequestError(AppError):
    """The request cannot be understood."""

    status, slug, title = 400, "solicitud-incorrecta", "La solicitud no se entiende"


class UnauthenticatedError(AppError):
    """Nobody is signed in, or the session ended, or the act asks to be sure of who is there.

    `door` is the address where that is mended, when it is not the sign-in form itself.
    """

    status, slug, title = 401, "sin-sesion", "Es necesario iniciar sesión"
    door = ""


class ConfirmationNeededError(UnauthenticatedError):
    """Signed in, but not lately enough for this act: it first asks for the password again."""

    slug, title = "confirma-que-eres-tu", "Confirma que eres tú"
    door = "/entrar/confirmar"


class SecondFactorNeededError(UnauthenticatedError):
    """Signed in by a password alone, where the institution wants more.

    Args:
        enrolled: the account has a second factor, which this session has not given yet.
    """

    slug, title = "falta-el-segundo-paso", "Falta el segundo paso para entrar"

    def __init__(self, *, enrolled: bool) -> None:
        super().__init__("Tu institución pide un segundo paso, además de la contraseña, para trabajar aquí.")
        self.door = "/entrar/segundo" if enrolled else "/cuenta/segundo-factor"


class ForbiddenError(AppError):
    """Signed in, but the role does not allow it."""

    status, slug, title = 403, "sin-permiso", "Tu función no permite hacer esto"


class SuspendedError(ForbiddenError):
    """Nobody works in the tenant for now; jobs wait until it works again (`core.jobs`)."""


class NotFoundError(AppError):
    """Absent or somebody else's: the answer is the same, so that nothing leaks."""

    status, slug, title = 404, "no-encontrado", "No encontramos lo que buscas"


class ConflictError(AppError):
    """The current state does not allow the act."""

    status, slug, title = 409, "conflicto", "El estado actual no permite hacer esto"


class StaleError(ConflictError):
    """Somebody else saved a newer version meanwhile."""

    slug, title = "version-anterior", "Alguien guardó cambios antes que tú"


class GoneError(AppError):
    """Withdrawn from publication; the ground stands in the detail."""

    status, slug, title = 410, "retirado", "Esta publicación fue retirada"


class TooLargeError(AppError):
    """Over a limit that the message states."""

    status, slug, title = 413, "demasiado-grande", "El contenido es demasiado grande"


class UnsupportedMediaError(AppError):
    """A kind of content that this address does not take."""

    status, slug, title = 415, "tipo-no-admitido", "No se admite este tipo de contenido"


class InvalidError(AppError):
    """Understood, but against a rule."""

    status, slug, title = 422, "datos-no-validos", "Hay datos que corregir"


class TooManyRequestsError(AppError):
    """Asked too often; `retry_after` seconds tell when to come back."""

    status, slug, title = 429, "demasiados-intentos", "Demasiados intentos"

    def __init__(self, detail: str = "", *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class UnavailableError(AppError):
    """A part of the house that this needs is not up."""

    status, slug, title = 503, "no-disponible", "El servicio no está disponible por ahora"

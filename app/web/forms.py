"""Forms: what the person typed, what it means, and what is wrong with it, kept together.

A form is described by a pydantic model: `title` is the label, `description` the help, `examples[0]` the
example. `Form.read` never raises for bad input: the page shows itself again with every value kept.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Generic, Self, TypeVar, get_origin
from urllib.parse import parse_qsl

from fastapi import Depends
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from starlette.datastructures import UploadFile
from starlette.requests import Request

from app.core.errors import BadRequestError, UnsupportedMediaError
from app.web.validation import explain

M = TypeVar("M", bound=BaseModel)
MANY_FIELDS = 5000
"""In one form: a budget of 25 lines, each in its parts, has some 2,800."""
MANY_FILES = 50
"""In one form: each may stand in memory up to a megabyte before it goes to disk."""


@dataclass(frozen=True)
class FormValues:
    """A form as it was sent: every value of every name, in order, and the files."""

    texts: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, list[UploadFile]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the last value of a name, empty when absent."""
        return self.texts.get(name, [""])[-1]


async def form_values(request: Request) -> AsyncIterator[FormValues]:
    """Read an urlencoded or multipart body; files are closed when the answer has left.

    Raises:
        BadRequestError: not UTF-8, NUL characters, or more than 5,000 fields or 50 files.
        UnsupportedMediaError: another kind of body.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    texts: dict[str, list[str]] = {}
    if kind == "multipart/form-data":
        async with request.form(max_fields=MANY_FIELDS, max_files=MANY_FILES) as form:
            files: dict[str, list[UploadFile]] = {}
            for name, value in form.multi_items():
                if isinstance(value, str):
                    texts.setdefault(_clean(name), []).append(_clean(value))
                elif value.filename:  # a file input left empty sends a nameless empty file
                    files.setdefault(_clean(name), []).append(value)
            yield FormValues(texts, files)
    elif kind in ("application/x-www-form-urlencoded", ""):
        for name, value in pairs(await request.body()):
            texts.setdefault(_clean(name), []).append(_clean(value))
        yield FormValues(texts)
    else:
        raise UnsupportedMediaError(f"Esta dirección recibe formularios, no {kind}.")


Sent = Annotated[FormValues, Depends(form_values)]


def pairs(body: bytes) -> list[tuple[str, str]]:
    """Return names and values of an urlencoded body, in order.

    Raises:
        BadRequestError: not UTF-8, or more than 5,000 of them.
    """
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MANY_FIELDS)
    except ValueError as error:
        raise BadRequestError(
            f"El formulario no se entiende: debe venir en UTF-8 y con {MANY_FIELDS:,} campos como máximo."
        ) from error


def _clean(text: str) -> str:
    if "\0" in text:
        raise BadRequestError("El formulario trae caracteres nulos, que no se pueden guardar.")
    return text


@dataclass(frozen=True)
class Problem:
    """One thing to mend: the name of the field (empty: the form as a whole), its label and the sentence."""

    name: str
    label: str
    message: str


@dataclass(frozen=True)
class Form(Generic[M]):
    """A form in one of its moments: blank, sent with errors, or sent and understood (`data`)."""

    model: type[M]
    values: Mapping[str, list[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    data: M | None = None

    @classmethod
    def blank(cls, model: type[M], **initial: str | list[str]) -> Self:
        """Return the form before anybody typed, with initial values where given."""
        return cls(model, {name: [v] if isinstance(v, str) else v for name, v in initial.items()})

    @classmethod
    def read(cls, model: type[M], sent: FormValues) -> Self:
        """Return the form as sent; `data` is None exactly when `errors` says why.

        Texts are stripped and an empty one counts as absent; secrets are taken to the letter.
        """
        meant: dict[str, Any] = {}
        for name, info in model.model_fields.items():
            texts = sent.texts.get(name, [])
            if info.annotation is not SecretStr:
                texts = [text.strip() for text in texts]
            texts = [text for text in texts if text]
            if texts:
                meant[name] = texts if _takes_many(info) else texts[-1]
        try:
            return cls(model, sent.texts, {}, model.model_validate(meant))
        except ValidationError as error:
            errors: dict[str, str] = {}
            for one in error.errors(include_url=False):
                errors.setdefault(str(one["loc"][0]) if one["loc"] else "", explain(one))
            return cls(model, sent.texts, errors)

    def refused(self, message: str, name: str = "") -> Self:
        """Return the form with one more error, found by a service rather than by the model."""
        return replace(self, errors={**self.errors, name: message}, data=None)

    def value(self, name: str) -> str:
        """Return what to show in the field: what was typed last; never a secret."""
        if self._field(name).annotation is SecretStr:
            return ""
        return self.values.get(name, [""])[-1]

    def all(self, name: str) -> list[str]:
        """Return every value of a name (boxes ticked)."""
        return self.values.get(name, [])

    def error(self, name: str) -> str | None:
        """Return the sentence that says what is wrong with a field, if anything is."""
        return self.errors.get(name)

    def label(self, name: str) -> str:
        """Return the field's label: its title in the model."""
        return self._field(name).title or name

    def help(self, name: str) -> str | None:
        """Return the field's help: its description in the model."""
        return self._field(name).description

    def example(self, name: str) -> str | None:
        """Return the field's first example in the model."""
        examples = self._field(name).examples
        return str(examples[0]) if examples else None

    def required(self, name: str) -> bool:
        """Tell whether the model refuses the form without this field."""
        return self._field(name).is_required()

    @property
    def problems(self) -> list[Problem]:
        """Return what to mend, in the order of the fields, the form as a whole first."""
        order = ["", *self.model.model_fields]
        return [
            Problem(name, self.label(name) if name else "", self.errors[name])
            for name in sorted(self.errors, key=order.index)
        ]

    def _field(self, name: str) -> FieldInfo:
        return self.model.model_fields[name]


def _takes_many(info: FieldInfo) -> bool:
    return get_origin(info.annotation) in (list, tuple, set, frozenset)

"""The PNT's web service as a caller sees it: who we are, one record an act, and what an answer means.

Every act carries one record. Of a failure the protocol says nothing about the records before it, so that one alone is
the only number of which an answer tells all.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.core import json
from app.core.outgoing import Fetched, NoAnswerError, Outgoing, UnreachableError
from app.pnt.delivery.records import Fields, Ids, Number, ids_of

SIGN_IN = "sipot-web/spring/generaToken/"
KEEPING = "sipot-web/spring/mantenimiento/"
PAUSES = (1.0, 5.0)
"""Seconds before each further attempt at what may be asked twice."""
SECONDS = 30.0
LONGEST_TOLD = 500
_ONLY = 1
"""Number of the one record within its request."""
_LATER = (408, 425, 429)


class RefusedError(Exception):
    """The PNT answered no: nothing changed there. The text is what it said."""


class LostError(Exception):
    """The request may have arrived and nobody knows what became of it."""


class AwayError(Exception):
    """The request did not arrive, or there was nobody to sign us in: nothing changed there."""


class SignInRefusedError(Exception):
    """The PNT does not take this account. The text is what it said."""


@dataclass(frozen=True, slots=True)
class Account:
    """Of a body at the PNT."""

    user: str
    password: str = field(repr=False)
    email: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """Into which format of which year records go."""

    year: int
    format_id: str


class Service:
    """One body's way to the PNT; not for several threads.

    Args:
        base: address of the service.
        account: of the body.
        ledger: that all acts are about.
        outgoing: the way out.
        seconds: that one answer may take.
        pauses: before each further attempt.
    """

    def __init__(
        self,
        base: str,
        account: Account,
        ledger: Ledger,
        outgoing: Outgoing,
        *,
        seconds: float = SECONDS,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._base = base.rstrip("/") + "/"
        self._account, self._ledger, self._outgoing = account, ledger, outgoing
        self._seconds, self.pauses = seconds, tuple(pauses)
        self._token = ""

    def add(self, fields: Fields) -> Ids:
        """Add a record; return the ids that the PNT gave it and its sub-rows.

        Raises:
            RefusedError, LostError, AwayError, SignInRefusedError: what became of it instead.
        """
        ids = ids_of(self._ask("agrega", "", fields), _ONLY)
        if ids is None:
            raise LostError("La PNT dijo que sí, sin decir con qué número.")
        return ids

    def update(self, ids: Ids, fields: Fields) -> Ids:
        """Change a record; return its ids. Doing so twice changes nothing more.

        Raises:
            RefusedError, LostError, AwayError, SignInRefusedError: what became of it instead.
        """
        told = ids_of(self._ask("actualiza", ids.number, fields), _ONLY)
        return Ids(ids.number, {**ids.tables, **(told.tables if told else {})})

    def remove(self, ids: Ids) -> None:
        """Remove a record with its sub-rows.

        Raises:
            RefusedError, LostError, AwayError, SignInRefusedError: what became of it instead.
        """
        self._ask("elimina", ids.number, [])

    def _ask(self, act: str, number: Number, fields: Fields) -> Any:
        """Ask with a token; that a record was refused is believed only under a token fetched for it.

        How the PNT says that a token ran out is not documented, and whatever it refuses did not change anything.
        """
        body = {
            "ejercicio": self._ledger.year,
            "idFormato": self._ledger.format_id,
            "correoUnidadAdministrativa": self._account.email,
            "registros": [{"idRegistro": number, "numeroRegistro": _ONLY, "campos": fields}],
        }
        if self._token:
            try:
                return self._arrive(act, {**body, "token": self._token})
            except RefusedError:
                self._token = ""
        self._token = self._sign_in()
        return self._arrive(act, {**body, "token": self._token})

    def _arrive(self, act: str, body: Mapping[str, Any]) -> Any:
        """Ask, again while nobody is there."""
        for pause in (*self.pauses, None):
            try:
                return self._told(self._sent(KEEPING + act, body)).get("mensaje")
            except UnreachableError as error:
                if pause is None:
                    raise AwayError("La PNT no contesta.") from error
                time.sleep(pause)
            except NoAnswerError as error:
                raise LostError(error.detail) from error
        raise AssertionError  # the last attempt returns or raises

    def _sign_in(self) -> str:
        """Fetch a token, again while there is no answer: it changes nothing."""
        sent = {"usuario": self._account.user, "password": self._account.password}
        for pause in (*self.pauses, None):
            try:
                token = self._told(self._sent(SIGN_IN, sent)).get("token")
            except RefusedError as error:
                raise SignInRefusedError(str(error)) from error
            except (NoAnswerError, LostError) as error:
                if pause is None:
                    raise AwayError("La PNT no contesta.") from error
                time.sleep(pause)
                continue
            held = token.get("token") if isinstance(token, dict) else None
            if isinstance(held, str) and held:
                return held
            raise AwayError("La PNT aceptó la cuenta y no dio acceso.")
        raise AssertionError  # the last attempt returns or raises

    def _sent(self, path: str, body: Mapping[str, Any]) -> Fetched:
        """Post a body; where it would lead elsewhere, it does not go: it holds a secret."""
        return self._outgoing.fetch(
            self._base + path,
            method="POST",
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            content=json.dumps(body),
            seconds=self._seconds,
            follow=False,
        )

    def _told(self, answer: Fetched) -> dict[str, Any]:
        """Read an answer.

        Raises:
            RefusedError: a plain no.
            LostError: neither yes nor no.
        """
        try:
            told = json.loads(answer.body) if answer.whole else None
        except ValueError:
            told = None
        said = told if isinstance(told, dict) else {}
        if answer.status >= 500 or answer.status in _LATER:
            raise LostError(f"La PNT contestó con el error {answer.status}.")
        if said.get("success") is False:
            raise RefusedError(self._words(said.get("mensaje")))
        if answer.status >= 300:
            raise RefusedError(f"La PNT contestó con el error {answer.status}.")
        if said.get("success") is not True:
            raise LostError("La respuesta de la PNT no se entiende.")
        return said

    def _words(self, told: Any) -> str:
        """Return why something was refused, without the secrets that an answer may repeat."""
        held = told.get("mensaje") if isinstance(told, dict) else told
        text = str(held) if held else "La PNT no dijo por qué."
        for secret in (self._token, self._account.password):
            if secret:
                text = text.replace(secret, "…")
        return text[:LONGEST_TOLD]

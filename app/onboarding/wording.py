"""What the padrón's words are in Spanish: columns of a file, classes of bodies, outcomes, acts."""

import re
from dataclasses import dataclass

from app.core.folding import fold
from app.web.components import Change, State

SCOPES = {"federal": "Federal", "estatal": "Estatal", "municipal": "Municipal"}
BRANCHES = {
    "ejecutivo": "Ejecutivo",
    "legislativo": "Legislativo",
    "judicial": "Judicial",
    "autonomo": "Organismo autónomo",
    "municipal": "Ayuntamiento",
    "partido": "Partido político",
    "sindicato": "Sindicato",
    "fideicomiso": "Fideicomiso o fondo público",
    "otro": "Otro",
}
POLICIES = {
    "garante": "La revisa el organismo garante",
    "self": "La aprueba el propio sujeto obligado",
    "direct": "Se publica desde un sistema de confianza",
    "single": "Persona única, con segunda mirada",
}
STATUSES = {
    "active": State("Activo", "check", "success"),
    "suspended": State("Suspendido", "alert", "warning"),
    "merged": State("Fusionado", "cross"),
    "moving": State("Mudándose", "clock", "warning"),
    "moved": State("En otro organismo", "cross"),
}
STATES = {
    "not_invited": State("Sin invitar", "clock"),
    "invited": State("Invitado", "clock", "info"),
    "active": State("Activo, sin publicar", "pencil", "info"),
    "publishing": State("Publica", "globe", "success"),
    "silent": State("En silencio", "alert", "warning"),
}
"""How far the onboarding of a body is."""
OUTCOMES = {
    "new": State("Nuevo", "check", "success"),
    "changed": State("Cambia", "pencil", "info"),
    "renamed": State("Cambió de nombre", "pencil", "warning"),
    "alike": State("Quizá ya está", "alert", "warning"),
    "missing": State("No viene en el archivo", "clock"),
    "refused": State("No se puede usar", "cross", "error"),
    "elsewhere": State("De otra entidad", "globe"),
    "equal": State("Igual", "check"),
}
RESULTS = {
    "added": State("Agregado", "check", "success"),
    "changed": State("Cambiado", "check", "success"),
    "stale": State("No se aplicó", "alert", "warning"),
}
CHOICES = {
    "new": (("add", "Agregarlo"), ("leave", "No tocar")),
    "changed": (("change", "Cambiarlo"), ("leave", "No tocar")),
    "renamed": (("leave", "No tocar"), ("change", "Es el mismo: cambiar su nombre")),
    "alike": (
        ("leave", "No tocar"),
        ("change", "Es el mismo: poner estos datos"),
        ("add", "Es otro: agregarlo"),
    ),
}
"""Outcome → what a person may choose for a row, the default first."""
ACTS = {
    "add": "Alta en el padrón",
    "change": "Cambio de datos",
    "rename": "Cambio de nombre",
    "policy": "Cambio de política",
    "suspend": "Suspensión",
    "reactivate": "Reactivación",
    "merge": "Fusión",
    "split": "Escisión",
    "succession": "Sucesión",
    "move": "Traspaso entre organismos garantes",
}
LINEAGE = {
    "merge": "Fusión: uno o varios pasan a otro y dejan de trabajar",
    "split": "Escisión: parte de sus funciones pasa a otro y sigue trabajando",
    "succession": "Sucesión: otro lo sustituye y deja de trabajar",
}


@dataclass(frozen=True)
class Column:
    """A column of a padrón: its label, and the heads under which files have it, folded."""

    label: str
    heads: tuple[str, ...]
    words: dict[str, str] | None = None

    def understood(self, text: str) -> str | None:
        """Return the value that a text means, None when it is none of the options."""
        if self.words is None or not text:
            return text
        folded = fold(text).removeprefix("poder ").removeprefix("ambito ")
        return next(
            (
                value
                for value, label in self.words.items()
                if folded in (value, fold(label)) or (value == "municipal" and folded == "municipio")
            ),
            None,
        )


COLUMNS = {
    "key": Column("Clave", ("clave", "clave del sujeto obligado", "clave so", "clave interna")),
    "pnt_id": Column(
        "ID en la PNT",
        ("id pnt", "id en la pnt", "id de la pnt", "idpnt", "pnt", "id sujeto obligado", "clave pnt", "id"),
    ),
    "name": Column(
        "Nombre",
        (
            "nombre",
            "nombre del sujeto obligado",
            "sujeto obligado",
            "denominacion",
            "denominacion del sujeto obligado",
            "institucion",
            "dependencia o entidad",
            "dependencia",
        ),
    ),
    "short_name": Column("Siglas", ("siglas", "nombre corto", "abreviatura", "acronimo")),
    "rfc": Column("RFC", ("rfc", "registro federal de contribuyentes")),
    "scope": Column(
        "Ámbito", ("ambito", "ambito de gobierno", "orden de gobierno", "nivel de gobierno"), SCOPES
    ),
    "branch": Column("Poder", ("poder", "poder de gobierno", "poder u organo", "tipo"), BRANCHES),
    "sector": Column("Sector", ("sector", "ramo")),
    "contact_email": Column(
        "Correo de contacto", ("correo de contacto", "correo", "correo electronico", "email", "e-mail")
    ),
    "state": Column("Entidad", ("entidad", "entidad federativa", "estado", "prefijo")),
}
"""What a file may tell of a body; `state` only says whose padrón it belongs to."""

KEY = re.compile(r"(?!\.{1,2}$)[^/?#%\\\x00-\x1f]+")
"""A key stands in public addresses."""
NO_KEY = "no lleva diagonales ni los signos ? # %, porque va en las direcciones del portal"
TOLD = tuple(name for name in COLUMNS if name not in ("key", "state"))
"""Columns of a body that a file or a form may change."""
_LABELS = {name: column.label for name, column in COLUMNS.items()} | {
    "policy": "Política",
    "single_until": "Hasta",
    "status": "Estado",
    "successor": "Pasa a",
    "predecessor": "Viene de",
    "since": "Desde",
}
_WORDS = {
    "scope": SCOPES,
    "branch": BRANCHES,
    "policy": POLICIES,
    "status": {key: state.label for key, state in STATUSES.items()},
}


def said(column: str, value: str) -> str:
    """Return a value in the words that people use."""
    return _WORDS.get(column, {}).get(value, value)


def changes(changed: dict[str, list[str]]) -> tuple[Change, ...]:
    """Return `{column: [before, after]}` for `ui.difference`."""
    return tuple(
        Change(_LABELS.get(column, column), said(column, before) or None, said(column, after) or None)
        for column, (before, after) in changed.items()
    )

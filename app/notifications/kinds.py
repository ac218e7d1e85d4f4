"""Kinds of news: one table read by the inbox, the letters and the page of preferences."""

from dataclasses import dataclass
from typing import Literal

Way = Literal["immediate", "digest", "inbox"]

WAY_LABELS: dict[Way, str] = {
    "immediate": "Al momento",
    "digest": "En el resumen del día",
    "inbox": "Solo en Avisos",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of news.

    Attributes:
        label: as a person chooses how to be told of it: "Cuando…".
        one: what happened, to whom it is told.
        many: the same of several; `{count}` in it.
        way: how people are told who have not chosen.
        place: where it leads: `process`, or a page of the desk.
        act: the button of its letter.
        own: whether also those are told whose act it was, because the news is what came of it later.
        written: whether the act itself writes a letter to whom it concerns: then it is told in the inbox, and nobody
            chooses otherwise, for that would be a second letter.
    """

    label: str
    one: str
    many: str
    way: Way
    place: str = "process"
    act: str = "Abrir el proceso"
    own: bool = False
    written: bool = False


KINDS: dict[str, Kind] = {
    "review.submitted": Kind(
        "Llega una versión que puedes aprobar o devolver",
        "Tienes una versión por revisar",
        "Tienes {count} versiones por revisar",
        "immediate",
    ),
    "review.returned": Kind(
        "Devuelven con observaciones lo que capturaste o enviaste",
        "Te devolvieron una versión con observaciones",
        "Te devolvieron {count} versiones con observaciones",
        "immediate",
    ),
    "review.approved": Kind(
        "Aprueban lo que capturaste o enviaste",
        "Aprobaron una versión tuya",
        "Aprobaron {count} versiones tuyas",
        "digest",
    ),
    "review.revoked": Kind(
        "Anulan una aprobación de lo que capturaste o enviaste",
        "Anularon la aprobación de una versión tuya",
        "Anularon la aprobación de {count} versiones tuyas",
        "immediate",
    ),
    "review.observation_answered": Kind(
        "Responden una observación tuya, o de lo que capturaste",
        "Respondieron una observación",
        "Respondieron {count} observaciones",
        "digest",
    ),
    "review.scheduled": Kind(
        "Programan la publicación de lo que capturaste o enviaste",
        "Programaron la publicación de una versión tuya",
        "Programaron la publicación de {count} versiones tuyas",
        "inbox",
    ),
    "review.schedule_failed": Kind(
        "No se puede publicar algo que estaba programado",
        "No se pudo publicar una versión programada",
        "No se pudieron publicar {count} versiones programadas",
        "immediate",
        own=True,
    ),
    "publication.released": Kind(
        "Se publica lo que enviaste a revisión",
        "Se publicó una versión que enviaste",
        "Se publicaron {count} versiones que enviaste",
        "digest",
    ),
    "withdrawal.requested": Kind(
        "Piden un retiro que puedes decidir",
        "Piden que decidas un retiro",
        "Piden que decidas {count} retiros",
        "immediate",
    ),
    "withdrawal.decided": Kind(
        "Se decide un retiro de tu sujeto obligado",
        "Se decidió un retiro",
        "Se decidieron {count} retiros",
        "immediate",
    ),
    "reservation.requested": Kind(
        "Piden una reserva que puedes decidir",
        "Piden que decidas una reserva",
        "Piden que decidas {count} reservas",
        "immediate",
    ),
    "reservation.ended": Kind(
        "Termina el plazo de una reserva de tu sujeto obligado",
        "Terminó el plazo de una reserva",
        "Terminó el plazo de {count} reservas",
        "immediate",
        own=True,
    ),
    "deadline.near": Kind(
        "Está por vencer el plazo de algo que te toca",
        "Está por vencer el plazo de una versión",
        "Está por vencer el plazo de {count} versiones",
        "digest",
        own=True,
    ),
    "deadline.over": Kind(
        "Venció el plazo de algo que te toca",
        "Venció el plazo de una versión",
        "Venció el plazo de {count} versiones",
        "digest",
        own=True,
    ),
    "reminder.sent": Kind(
        "Tu organismo garante te recuerda lo que falta publicar",
        "Tu organismo garante te recuerda lo que falta publicar",
        "Tu organismo garante te envió {count} recordatorios",
        "inbox",
        "panel",
        "Ver lo que falta",
        written=True,
    ),
    "people.joined": Kind(
        "Alguien entra a un equipo que administras",
        "Una persona entró al equipo",
        "{count} personas entraron al equipo",
        "digest",
        "personas",
        "Ver a las personas",
    ),
    "people.left": Kind(
        "Alguien deja un equipo que administras",
        "Una persona dejó el equipo",
        "{count} personas dejaron el equipo",
        "digest",
        "personas",
        "Ver a las personas",
    ),
    "export.ready": Kind(
        "Termina una exportación que pediste",
        "Tu exportación está lista",
        "{count} exportaciones tuyas están listas",
        "immediate",
        "exportacion",
        "Descargarla",
        own=True,
    ),
    "head.signed": Kind(
        "Cada semana, la cabeza firmada de lo que publica tu organismo",
        "Guarda la cabeza firmada de esta semana",
        "Guarda las {count} cabezas firmadas",
        "immediate",
        "cadena",
        "Ver la cadena",
    ),
}
"""Kind of news → how it is told; the kinds of events that are missing here concern nobody in particular."""

CHOSEN = {key: kind for key, kind in KINDS.items() if not kind.written}
"""The kinds of which each person says how to be told."""

AREAS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Revisión y publicación",
        tuple(kind for kind in CHOSEN if kind.partition(".")[0] in ("review", "publication")),
    ),
    (
        "Plazos",
        tuple(kind for kind in CHOSEN if kind.partition(".")[0] == "deadline"),
    ),
    (
        "Retiros y reservas",
        tuple(kind for kind in CHOSEN if kind.partition(".")[0] in ("withdrawal", "reservation")),
    ),
    (
        "Personas y exportaciones",
        tuple(kind for kind in CHOSEN if kind.partition(".")[0] in ("people", "export")),
    ),
    (
        "Integridad de lo publicado",
        tuple(kind for kind in CHOSEN if kind.partition(".")[0] == "head"),
    ),
)
"""Headings of the page of preferences, with their kinds."""

"""`/_components`: every component in every state, to look at while building and to photograph in tests.

Wired only in development; it shows invented data and needs neither database nor session.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, SecretStr
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.core import clock
from app.web.components import (
    STAGES,
    STATES,
    Change,
    Column,
    Facet,
    FacetValue,
    Figure,
    Progress,
    Stage,
    SummaryItem,
    Tab,
    Task,
)
from app.web.forms import Form, FormValues
from app.web.shell import Link, Membership, Person, TenantIdentity, dress
from app.web.templating import page

router = APIRouter(include_in_schema=False)

LONG_NAME = "COMISIÓN ESTATAL PARA LA PLANEACIÓN Y PROGRAMACIÓN DEL DESARROLLO REGIONAL Y METROPOLITANO"


class Sample(BaseModel):
    """A form with one field of each kind."""

    title: str = Field(
        title="Título de la contratación",
        description="En una frase, qué se compra y para qué.",
        examples=["Rehabilitación de la red de agua potable en Tonalá"],
        min_length=10,
    )
    buyer_email: str | None = Field(None, title="Correo del área contratante")
    password: SecretStr = Field(title="Contraseña")
    method: Literal["open", "selective", "direct"] = Field(title="Método de contratación")
    description: str | None = Field(None, title="Descripción", description="Sin datos personales.")
    amount: Decimal = Field(title="Monto del contrato", description="Con impuestos.", ge=0)
    kinds: list[str] = Field(title="Qué se contrata", description="Marca todo lo que aplique.")
    legal: bool = Field(default=False, title="El proveedor es una persona moral")


class Plain(BaseModel):
    """A short form that nobody has touched."""

    contract: str = Field(
        title="Número de contrato", description="Como aparece en la carátula.", examples=["SA-045/2026"]
    )
    procedure: str = Field(title="Procedimiento")
    item: str | None = Field(
        None,
        title="Clave CUCOP",
        description="Escribe la clave o unas palabras de lo que se compra.",
        examples=["29401001"],
    )
    item_name: str | None = Field(None, title="Descripción del bien o servicio")


SUGGESTIONS = (
    ("90000101", "Papel para impresora, tamaño carta", "Caja"),
    ("90000102", "Papel para impresora, tamaño oficio", "Caja"),
    ("90000103", "Papel periódico para empaque y protección de mercancía frágil en mudanzas", "Rollo"),
)

OPTIONS = (
    ("open", "Licitación pública", "Abierta a quien quiera participar."),
    ("selective", "Invitación a cuando menos tres personas", "Se invita por escrito."),
    ("direct", "Adjudicación directa", "Sin concurso, con fundamento en la ley."),
)


@dataclass(frozen=True)
class ComponentsPage:
    """Context of `components.html`: a sample of everything."""

    blank: Form[Plain]
    wrong: Form[Sample]
    options: tuple[tuple[str, str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    stages: tuple[Stage, ...]
    tasks: tuple[Task, ...]
    summary: tuple[SummaryItem, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, str, str, date | None, Decimal | None], ...]
    figures: tuple[Figure, ...]
    facets: tuple[Facet, ...]
    jobs: tuple[Progress, ...]
    changes: tuple[Change, ...]
    tabs: tuple[Tab, ...]
    crumbs: tuple[Link, ...]
    downloads: tuple[Link, ...]
    memberships: tuple[Membership, ...]
    statuses: tuple[str, ...]
    yesterday: datetime
    long_name: str


MEMBERSHIPS = (
    Membership("Secretaría de Administración", "Captura", "1", current=True),
    Membership(LONG_NAME, "Publica", "2"),
    Membership("ITEI Jalisco", "Revisa", "3"),
)


def sample_page() -> ComponentsPage:
    """Return the samples: long names, absent values, large and small amounts."""
    here = "/_components"
    job = Progress(
        "trabajo-1", "Importar compras-2025.json", "running", 1240, 3000, "entregas", 85, 21, cancel=here
    )
    return ComponentsPage(
        blank=Form.blank(Plain, contract="SA-045/2026", procedure="selective"),
        wrong=Form.read(
            Sample, FormValues({"title": ["Obra"], "amount": ["mucho"], "description": ["Con todo."]})
        ),
        options=OPTIONS,
        kinds=(("goods", "Bienes"), ("services", "Servicios"), ("works", "Obra pública")),
        stages=(
            Stage(STAGES[0], "done", "12 ene 2026", "", here),
            Stage(STAGES[1], "done", "3 feb – 28 feb 2026", "5 participantes", here),
            Stage(STAGES[2], "missing", "", ""),
            Stage(STAGES[3], "current", "15 mar 2026", "$18,450,000.00 MXN", here),
            Stage(STAGES[4], "upcoming"),
        ),
        tasks=(
            Task("Planeación", here, 4, 4),
            Task("Procedimiento", here, 3, 7, "Faltan fechas de aclaraciones", current=True),
            Task("Partidas", here, 0, 1),
            Task("Contrato", None, 0, 6, "Cuando haya adjudicación"),
        ),
        summary=(
            SummaryItem("Qué", "Suministro de medicamentos del cuadro básico para hospitales regionales"),
            SummaryItem("Quién compra", LONG_NAME, here),
            SummaryItem("Cuánto", "$18,450,000.00 MXN", here),
            SummaryItem("Fundamento", None, here),
        ),
        columns=(
            Column("Contratación", sort=here),
            Column("Estado"),
            Column("Publicada", sort=here, sorted="descending"),
            Column("Monto", numeric=True, sort=here),
        ),
        rows=(
            (
                "Rehabilitación de la red de agua potable",
                LONG_NAME,
                "published",
                date(2026, 3, 1),
                Decimal("1234567.5"),
            ),
            ("Servicio de limpieza", "Secretaría de Salud", "in_review", None, Decimal(98000)),
            ("Arrendamiento de vehículos", "Congreso del Estado", "returned", date(2025, 12, 31), None),
            (
                "Equipo de cómputo",
                "Universidad de Guadalajara",
                "withdrawn",
                date(2025, 9, 9),
                Decimal("9876543210.99"),
            ),
        ),
        figures=(
            Figure(
                "Contratado en 2026, MXN",
                "$4,182 M",
                "al 30 jun 2026",
                here,
                "12 % más que en 2025",
                rising=True,
            ),
            Figure("Contrataciones publicadas", "1,284", "desde 2019", here),
            Figure(
                "Adjudicación directa",
                "61 %",
                "del monto de 2026",
                here,
                "4 puntos menos",
                rising=False,
                formula="Monto contratado por adjudicación directa entre monto contratado total, contratos firmados en 2026.",
            ),
            Figure("Sujetos obligados al corriente", "38 de 46", "este trimestre", here),
        ),
        facets=(
            Facet(
                "Método",
                (
                    FacetValue("Licitación pública", 412, here, current=True),
                    FacetValue("Invitación a cuando menos tres personas", 88, here),
                    FacetValue("Adjudicación directa", 1784, here),
                ),
            ),
            Facet("Año", (FacetValue("2026", 301, here), FacetValue("2025", 983, here))),
        ),
        jobs=(
            Progress("trabajo-0", "Importar padrón.csv", "queued", 0, None, "filas", cancel=here),
            job,
            Progress("trabajo-2", "Publicar aprobadas", "succeeded", 200, 200, "entregas"),
            Progress(
                "trabajo-3",
                "Importar 2024.json",
                "failed",
                120,
                800,
                "entregas",
                message="La línea 121 no es JSON válido; lo anterior se conserva.",
                resume=here,
            ),
        ),
        changes=(
            Change("Monto del contrato", "$18,000,000.00 MXN", "$18,450,000.00 MXN", "Contrato 1"),
            Change("Fecha de firma", None, "15 mar 2026", "Contrato 1"),
            Change("Documento «Anexo técnico»", "anexo-tecnico.pdf", None, "Procedimiento"),
        ),
        tabs=(
            Tab("Por hacer", here, current=True, count=12),
            Tab("En revisión", here, count=3),
            Tab("Publicadas", here, count=1284),
            Tab("Descartadas", here),
        ),
        crumbs=(Link("Jalisco", here), Link("Contrataciones", here)),
        downloads=(Link("CSV", here), Link("JSON", here), Link("Excel", here)),
        memberships=MEMBERSHIPS,
        statuses=tuple(STATES),
        yesterday=clock.now() - timedelta(hours=26),
        long_name=LONG_NAME,
    )


@router.get("/_components/opciones")
def suggestions(q: str = "") -> list[dict[str, object]]:
    """Answer a typeahead, in the shape that every lookup has."""
    return [
        {"value": code, "label": label, "hint": unit, "fills": {"description": label}}
        for code, label, unit in SUGGESTIONS
        if q.lower() in f"{code} {label}".lower()
    ]


@router.get("/_components")
def components(request: Request) -> HTMLResponse:
    """Show everything under a busy shell: a tenant, a person with three hats, navigation."""
    dress(
        request,
        tenant=TenantIdentity("Instituto de Transparencia del Estado de Jalisco", "/_components"),
        person=Person(
            "María Fernanda Hernández Villaseñor",
            "Captura",
            MEMBERSHIPS,
            (Link("Mi cuenta", "/_components"),),
        ),
        navigation=(
            Link("Mi trabajo", "/_components", current=True),
            Link("Contrataciones", "/mis"),
            Link("Importar", "/importar"),
        ),
        footer=(
            Link("Cómo usar los datos", "/datos"),
            Link("Política de publicación", "/politica"),
            Link("Accesibilidad", "/accesibilidad"),
        ),
    )
    return page(request, "components.html", sample_page())

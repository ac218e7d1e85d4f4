"""Who takes part in the demonstration: four tenants, their fictitious sujetos obligados and the people who work there."""

from dataclasses import dataclass

from stdnum.mx import rfc as stdnum_rfc

from app.demo.phrases import full_name


@dataclass(frozen=True)
class DemoSujeto:
    """A fictitious sujeto obligado. `policy` is who approves; `processes` how many it contracts."""

    key: str
    name: str
    rfc: str
    pnt_id: str
    scope: str
    """Ámbito: `estatal` or `municipal`."""
    branch: str
    """Poder: `ejecutivo`, `legislativo`, `judicial` or `autonomo`; `municipal` for a municipality."""
    policy: str
    sectors: frozenset[str]
    processes: int


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who signs in; `sujeto_obligado` is a key, or None for people of the garante or the platform."""

    name: str
    email: str
    role: str
    sujeto_obligado: str | None = None


@dataclass(frozen=True)
class Place:
    """A tenant's corner of the demonstration. `capital` is longitude and latitude, for items with a place."""

    slug: str
    region: str
    pnt: str
    inegi: str
    curp_code: str
    postal_codes: int
    capital: tuple[float, float]
    towns: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """The tenant's test prefix, as `tenants/` declares it."""
        return f"ocds-prb0{self.inegi}"


PLACES = {
    place.slug: place
    for place in (
        Place("jalisco", "Jalisco", "JAL", "14", "JC", 44100, (-103.35, 20.67),
              ("San Ejemplo el Alto", "Villa Simulacro", "Ñandutla de la Muestra", "Puerto Ficticio")),
        Place("ciudad-de-mexico", "Ciudad de México", "CMX", "09", "DF", 6000, (-99.13, 19.43),
              ("Pueblo Ejemplo", "Pueblo Maqueta", "Barrio Prototipo", "Santa Prueba Xalpa")),
        Place("yucatan", "Yucatán", "YUC", "31", "YN", 97000, (-89.62, 20.97),
              ("Xcanul Ejemplo", "Hacienda Borrador", "Dzidz-Prueba", "San Ensayo Pech")),
        Place("nuevo-leon", "Nuevo León", "NLE", "19", "NL", 64000, (-100.31, 25.67),
              ("Valle del Ensayo", "Villa Muestra", "Cañón Simulado", "Doctor Ficticio")),
    )
}  # fmt: skip

_BODIES: dict[str, tuple[tuple[str, str, str, str, str, str, int], ...]] = {
    # key, name, ámbito, poder, policy, sectors, processes
    "jalisco": (
        ("salud", "Secretaría de Salud de Demostración", "estatal", "ejecutivo", "garante", "salud general", 22),
        ("obra", "Secretaría de Infraestructura y Obra Pública de Demostración", "estatal", "ejecutivo", "garante", "obra", 18),
        ("universidad", "Universidad Tecnológica de Demostración", "estatal", "autonomo", "self", "educacion general", 16),
        ("san-ejemplo", "Ayuntamiento de San Ejemplo el Alto, Jalisco (Demostración)", "municipal", "municipal", "garante", "municipio", 12),
        ("tribunal", "Tribunal de Justicia Administrativa de Demostración", "estatal", "judicial", "garante", "justicia", 10),
        ("planeacion", ("Comisión Estatal de Demostración para la Planeación, Programación, Construcción y Mantenimiento de la"
         " Infraestructura Física Educativa, Deportiva y Cultural"), "estatal", "ejecutivo", "garante", "educacion obra", 6),
    ),
    "ciudad-de-mexico": (
        ("obras", "Secretaría de Obras y Servicios de Demostración", "estatal", "ejecutivo", "garante", "obra municipio", 24),
        ("salud", "Instituto de Servicios de Salud de Demostración de la Ciudad", "estatal", "ejecutivo", "garante", "salud", 18),
        ("alcaldia", "Alcaldía Ejemplo (Demostración)", "municipal", "municipal", "garante", "municipio general", 14),
        ("congreso", "Congreso de Demostración de la Ciudad", "estatal", "legislativo", "self", "general", 12),
        ("finanzas", "Secretaría de Administración y Finanzas de Demostración", "estatal", "ejecutivo", "garante", "general", 8),
    ),
    "yucatan": (
        ("educacion", "Secretaría de Educación de Demostración", "estatal", "ejecutivo", "garante", "educacion", 20),
        ("hospital", "Hospital General «Dra. Ñíguez» de Demostración", "estatal", "ejecutivo", "garante", "salud", 16),
        ("xcanul", "Ayuntamiento de Xcanul Ejemplo, Yucatán (Demostración)", "municipal", "municipal", "garante", "municipio", 14),
        ("agua", "Junta de Agua Potable y Alcantarillado de Demostración", "estatal", "ejecutivo", "garante", "obra general", 10),
        ("derechos", "Comisión de Derechos Humanos de Demostración", "estatal", "autonomo", "self", "justicia", 6),
    ),
    "nuevo-leon": (
        ("movilidad", "Secretaría de Movilidad y Planeación Urbana de Demostración", "estatal", "ejecutivo", "garante", "obra municipio", 22),
        ("seguridad", "Secretaría de Seguridad de Demostración", "estatal", "ejecutivo", "garante", "justicia", 18),
        ("salud", "Servicios de Salud de Demostración, O.P.D.", "estatal", "ejecutivo", "garante", "salud general", 16),
        ("valle", "Municipio de Valle del Ensayo, Nuevo León (Demostración)", "municipal", "municipal", "garante", "municipio general", 12),
        ("sindicato", "Sindicato Único de Personas Trabajadoras de Demostración", "estatal", "autonomo", "garante", "general", 6),
    ),
}  # fmt: skip

_LIAISON = {"jalisco": "salud", "nuevo-leon": "salud"}
_TENANT_ROLES = ("garante_admin", "garante_reviewer", "garante_reviewer")
_BODY_ROLES = ("so_admin", "so_publisher", "so_editor", "so_reader")
_SPANISH_ROLES = {
    "garante_admin": "administra",
    "garante_reviewer": "revisa",
    "so_admin": "administra",
    "so_publisher": "publica",
    "so_editor": "captura",
    "so_reader": "lee",
}


def whole_rfc(stem: str) -> str:
    """Return an invented RFC with its check digit, without which every screen would doubt it."""
    return stem + stdnum_rfc.calc_check_digit(stem)


def sujetos_of(slug: str) -> tuple[DemoSujeto, ...]:
    """The sujetos obligados of one tenant, the biggest first."""
    place = PLACES[slug]
    tenant = list(PLACES).index(slug)
    return tuple(
        DemoSujeto(
            key=key,
            name=name,
            rfc=whole_rfc(f"XD{chr(ord('A') + position)}85{tenant + 1:02}0{position + 1}DM"),
            pnt_id=f"DEMO-{place.pnt}-{position + 1:03}",
            scope=scope,
            branch=branch,
            policy=policy,
            sectors=frozenset(sectors.split()),
            processes=processes,
        )
        for position, (key, name, scope, branch, policy, sectors, processes) in enumerate(_BODIES[slug])
    )


def people_of(slug: str) -> tuple[DemoPerson, ...]:
    """The people of one tenant: its garante first, then each body in all four roles.

    E-mails say who does what: `captura.salud@jalisco.demo.example`. One account, `enlace@demo.example`, captures
    for a body of two tenants, so that there is somebody to switch between them.
    """
    posts: list[tuple[str, str | None]] = [(role, None) for role in _TENANT_ROLES]
    posts += [(role, sujeto.key) for sujeto in sujetos_of(slug) for role in _BODY_ROLES]
    people: list[DemoPerson] = []
    taken: dict[str, int] = {}
    for number, (role, key) in enumerate(posts):
        local = f"{_SPANISH_ROLES[role]}.{key or 'garante'}"
        taken[local] = taken.get(local, 0) + 1
        local += str(taken[local]) if taken[local] > 1 else ""
        name = " ".join(full_name(number + 31 * list(PLACES).index(slug)))
        people.append(DemoPerson(name, f"{local}@{slug}.demo.example", role, key))
    if slug in _LIAISON:
        people.append(DemoPerson("Elena Enlace Núñez", "enlace@demo.example", "so_editor", _LIAISON[slug]))
    return tuple(people)


def platform_people() -> tuple[DemoPerson, ...]:
    """Who works for no tenant: the operator of the platform and the monitor of the national body."""
    return (
        DemoPerson("Eugenia Platas Operadora", "opera@demo.example", "platform_operator"),
        DemoPerson("Nicanor Güitrón Observador", "observa@demo.example", "national_monitor"),
    )

"""The demonstration as a whole: four tenants, their people, and about 300 processes as files ready to import."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

from app.demo.bodies import PLACES, DemoPerson, DemoSujeto, people_of, sujetos_of
from app.demo.draft import Method
from app.demo.parties import Json
from app.demo.story import tell
from app.ocds.schema import EXTENSIONS

EndsAs = Literal["published", "draft", "in_review", "returned", "approved"]


@dataclass(frozen=True)
class DemoProcess:
    """One process: its releases in time, and the state in which the last of them is left; the others are public."""

    ocid: str
    story: str
    method: Method
    ends_as: EndsAs
    releases: tuple[Json, ...]


@dataclass(frozen=True)
class DemoTenant:
    """A tenant of `tenants/` with what the demonstration puts into it; `processes` by key of sujeto obligado."""

    slug: str
    sujetos_obligados: tuple[DemoSujeto, ...]
    people: tuple[DemoPerson, ...]
    processes: dict[str, tuple[DemoProcess, ...]]


# A deck dealt in order, so that every story, method and end appears whatever the dice say.
_DECK: tuple[tuple[str, Method], ...] = (
    ("concluded", "open"), ("ongoing", "direct"), ("concluded", "direct"), ("called", "open"),
    ("amended", "open"), ("concluded", "selective"), ("signed", "direct"), ("unsuccessful", "open"),
    ("ongoing", "selective"), ("planned", "open"), ("concluded", "direct"), ("awarded", "open"),
    ("amended", "direct"), ("cancelled", "open"), ("ongoing", "open"), ("terminated", "open"),
    ("called", "selective"), ("concluded", "open"), ("signed", "selective"), ("unsuccessful", "selective"),
    ("awarded", "direct"), ("planned", "direct"), ("concluded", "direct"), ("terminated", "direct"),
    ("amended", "selective"), ("awarded", "selective"), ("signed", "open"), ("cancelled", "selective"),
    ("terminated", "selective"), ("planned", "selective"), ("ongoing", "direct"),
)  # fmt: skip

_UNFINISHED: dict[int, EndsAs] = {
    3: "draft",
    7: "in_review",
    11: "returned",
    15: "approved",
    19: "draft",
    22: "in_review",
}
_CYCLE = 25
"""Of every 25 processes, six wait at one of the desks on the way to publication."""


def demo_tenants() -> tuple[DemoTenant, ...]:
    """The four tenants; the same on every machine and every day. Takes about a second: keep the answer."""
    return tuple(_tenant(slug) for slug in PLACES)


def packages(tenant: DemoTenant, sujeto_obligado: str) -> Iterator[Json]:
    """OCDS release packages of one sujeto obligado (its key), to be imported and published one after another.

    The first holds the first release of every process, the second the second ones, and so on: a file never holds
    two releases of one process, and importing them in order tells each story in order.

    Raises:
        KeyError: the tenant has no such sujeto obligado.
    """
    sujeto = {one.key: one for one in tenant.sujetos_obligados}[sujeto_obligado]
    for wave in count():
        releases = [p.releases[wave] for p in tenant.processes[sujeto_obligado] if len(p.releases) > wave]
        if not releases:
            return
        releases.sort(key=lambda release: (release["date"], release["ocid"]))
        yield {
            "uri": f"https://demo.example/{tenant.slug}/{sujeto_obligado}/entrega-{wave + 1}.json",
            "version": "1.1",
            "extensions": [extension.url for extension in EXTENSIONS],
            "publishedDate": releases[-1]["date"],
            "publisher": {"name": sujeto.name, "scheme": "MX-RFC", "uid": sujeto.rfc},
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "publicationPolicy": f"https://demo.example/{tenant.slug}/politica",
            "releases": releases,
        }


def _tenant(slug: str) -> DemoTenant:
    place, sujetos, dealt = PLACES[slug], sujetos_of(slug), count()
    processes: dict[str, tuple[DemoProcess, ...]] = {}
    for sujeto in sujetos:
        told = []
        for number in range(1, sujeto.processes + 1):
            card = next(dealt)
            story, method = _DECK[card % len(_DECK)]
            process = tell(place, sujeto, number, story, method)
            ends_as = _UNFINISHED.get(card % _CYCLE, "published")
            told.append(DemoProcess(process.ocid, story, method, ends_as, tuple(process.releases)))
        processes[sujeto.key] = tuple(told)
    return DemoTenant(slug, sujetos, people_of(slug), processes)

"""Pages about the whole document: the plan with its meters, what is missing, what will be published.

Only these read the document whole; the pages of a section never do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.capture import queries, whole
from app.capture.frame import Around, Visit, around, is_offered
from app.capture.plan import BAR, SECTIONS, Section, Shape, filled, is_asked
from app.capture.whole import Map, Tally
from app.core import clock
from app.core.db import Actor
from app.core.policy import Permission, allowed
from app.core.withheld import note_reading
from app.ocds import checks, diff, model, privacy, status, tags
from app.ocds.checks import Asked
from app.ocds.codelists import label
from app.ocds.model import Need, Stage
from app.ocds.shape import Document
from app.ocds.validation import Problem
from app.processes import drafting
from app.processes.correction import corrects
from app.processes.drafting import Examination
from app.processes.header import DraftHeader, header
from app.processes.history import SUBJECT
from app.processes.outline import change_in_words, place_by_name, told_in_place
from app.processes.places import field_path
from app.processes.queries import published_before, working_process
from app.web.components import Change, Task
from app.web.shell import Link

MANY = 50
"""Problems, missing fields and changes that a page lists before it only counts."""
FEW = 12
"""Awards or contracts that the plan shows one by one."""


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage with its sections and how much of them is there."""

    label: str
    tasks: tuple[Task, ...]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Something missing or wrong, leading to its field."""

    href: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Hint(Gap):
    """A status that a stage seems to have reached, and what sends it: the form of its section, with this one field."""

    action: str
    fields: Mapping[str, str | int]
    label: str


@dataclass(frozen=True)
class OverviewPage:
    """Context of `capture/overview.html`."""

    around: Around
    stages: tuple[StagePlan, ...]
    done: int
    total: int
    first: Link | None
    errors: int


@dataclass(frozen=True)
class MissingPage:
    """Context of `capture/missing.html` and of its fragment."""

    around: Around
    errors: tuple[Gap, ...]
    error_count: int
    gaps: tuple[Gap, ...]
    gap_count: int
    hints: tuple[Hint, ...]
    """Statuses that the documents and dates speak for; a person decides."""
    advice: tuple[Gap, ...]
    advice_count: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What a value, or a group of them, is withheld for."""

    place: str
    rule: str
    source: str


@dataclass(frozen=True)
class PublicationPage:
    """Context of `capture/publication.html`."""

    around: Around
    tags: tuple[str, ...]
    is_first: bool
    changes: tuple[Change, ...]
    change_count: int
    withheld: tuple[Kept, ...]
    errors: tuple[Gap, ...]
    error_count: int
    gap_count: int
    submission: str | None
    why_not: str


@dataclass(frozen=True, slots=True)
class _Whole:
    """A process read whole."""

    draft: DraftHeader
    document: Document
    policy: str
    where: Map
    base: str
    examined: Examination
    asks_reason: bool
    """Something published is changed by hand, and nobody has said why."""


def _whole(visit: Visit) -> _Whole:
    working = working_process(visit.session, visit.actor, visit.process_id)
    rule = visit.view.natural_rfc_public
    examined = drafting.examine(working.ocid, working.document, natural_rfc_public=rule)
    kept = (one.pointer for one in examined.withheld)
    note_reading(visit.session, visit.actor, SUBJECT, visit.process_id, kept)
    is_explained = bool(working.open_reason) or working.open_source.startswith("import:")
    published = None if is_explained else published_before(visit.session, visit.actor, visit.process_id)
    return _Whole(
        header(visit.session, visit.actor, visit.process_id),
        working.document,
        working.policy,
        queries.parts_map(visit.session, visit.actor, visit.process_id),
        visit.base,
        examined,
        corrects(published, working.document),
    )


def overview(visit: Visit) -> OverviewPage:
    """Return the plan of a process.

    Raises:
        NotFoundError: absent or another's.
    """
    seen = _whole(visit)
    found = _asked(seen.document)
    tallies = whole.tallies(found, seen.where)
    stages = tuple(_stage(seen, stage, tallies) for stage in model.STAGES)
    missing_now = [one for one in found if not one.held]
    first = next(_gaps(seen, missing_now), None)
    return OverviewPage(
        around=around(visit, seen.draft),
        stages=tuple(stage for stage in stages if stage.tasks),
        done=sum(stage.done for stage in stages),
        total=sum(stage.total for stage in stages),
        first=Link(first.place, first.href) if first else None,
        errors=len(seen.examined.errors),
    )


def missing(visit: Visit) -> MissingPage:
    """Return what the whole document lacks.

    Raises:
        NotFoundError: absent or another's.
    """
    seen = _whole(visit)
    errors, advice = seen.examined.errors, seen.examined.advice
    lacking = [one for one in _asked(seen.document) if not one.held]
    return MissingPage(
        around=around(visit, seen.draft),
        errors=_problems(seen, errors),
        error_count=len(errors),
        gaps=tuple(_gaps(seen, lacking[:MANY])),
        gap_count=len(lacking),
        hints=tuple(_hints(seen)),
        advice=_problems(seen, advice),
        advice_count=len(advice),
    )


def publication(visit: Visit) -> PublicationPage:
    """Return what publishing this document would put before the world.

    Raises:
        NotFoundError: absent or another's.
    """
    seen = _whole(visit)
    rule = visit.view.natural_rfc_public
    public, withheld = privacy.withhold(seen.document, natural_rfc_public=rule)
    before = published_before(visit.session, visit.actor, visit.process_id)
    if before is not None:
        before, _ = privacy.withhold(before, natural_rfc_public=rule)
    # Over empty sections the first publication is told field by field, not section by section.
    bare: Document = {key: {} for key, held in public.items() if isinstance(held, dict)}
    changed = diff.changes(bare if before is None else before, public)
    why_not = _why_not(visit.actor, seen, has_errors=bool(seen.examined.errors))
    return PublicationPage(
        around=around(visit, seen.draft),
        tags=tuple(label("releaseTag", tag) for tag in tags.derive(before, public)),
        is_first=before is None,
        changes=tuple(change_in_words(one, zone=visit.view.time_zone) for one in changed[:MANY]),
        change_count=len(changed),
        withheld=tuple(
            Kept(place_by_name(seen.document, one.pointer), one.rule, one.source) for one in withheld
        ),
        errors=_problems(seen, seen.examined.errors),
        error_count=len(seen.examined.errors),
        gap_count=sum(not one.held for one in _asked(seen.document)),
        submission=None if why_not else f"{visit.process}/versiones/{seen.draft.number}/revision",
        why_not=why_not,
    )


def _why_not(actor: Actor, seen: _Whole, *, has_errors: bool) -> str:
    if not allowed(actor, Permission.PROCESS_SUBMIT, seen.draft.sujeto_obligado_id):
        return "Tu función no permite enviar a revisión."
    if seen.policy == "direct":
        return "Este sujeto obligado publica sin revisión, desde sus importaciones."
    if not seen.draft.status:
        return "No hay cambios que enviar: el documento es el que ya se publicó."
    if not seen.draft.editable:
        return seen.draft.why_not
    if has_errors:
        return "Corrige primero los errores de arriba."
    if seen.asks_reason:
        return "Cambias o quitas algo ya publicado: di por qué se corrige en la página de la contratación."
    if seen.draft.status != "draft":
        return "Cambia lo que se observó; después podrás enviarla otra vez."
    return ""


def _asked(document: Document) -> list[Asked]:
    """What publication asks for; what is merely recommended is told apart."""
    return [one for one in checks.asked(document) if one.field.need is Need.REQUIRED and is_asked(one.field)]


def _gaps(seen: _Whole, lacking: Iterable[Asked]) -> Iterator[Gap]:
    """Tell missing fields, each leading to where it is asked for."""
    for one in lacking:
        spot = seen.where.spot(one.pointer)
        if spot:
            yield Gap(f"{seen.base}{spot.href}", place_by_name(seen.document, one.pointer), one.field.help)


def _hints(seen: _Whole) -> Iterator[Hint]:
    """Tell the statuses that stages seem to have reached, where somebody may set them."""
    if not seen.draft.editable:
        return
    for one in status.suggestions(seen.document, now=clock.now()):
        spot = seen.where.spot(one.pointer)
        field = model.FIELDS.get(field_path("", one.pointer))
        if spot and field and field.codelist:
            reached = label(field.codelist, one.suggested)
            yield Hint(
                f"{seen.base}{spot.href}",
                place_by_name(seen.document, one.pointer),
                one.because,
                f"{seen.base}/{spot.address}",
                {spot.name: one.suggested, "desde": seen.draft.seq},
                f"Poner «{reached}»",
            )


def _problems(seen: _Whole, problems: list[Problem]) -> tuple[Gap, ...]:
    told = []
    for problem in problems[:MANY]:
        spot = seen.where.spot(problem.pointer)
        href = f"{seen.base}{spot.href}" if spot else seen.base
        told.append(Gap(href, place_by_name(seen.document, problem.pointer), told_in_place(problem)))
    return tuple(told)


def _stage(seen: _Whole, stage: Stage, tallies: Mapping[str, Tally]) -> StagePlan:
    sections = [
        one
        for one in BAR
        if one.stage is stage and (is_offered(one, seen.draft.method) or whole.is_begun(seen.document, one))
    ]
    tasks = [_task(seen, one, one.address, one.title, tallies) for one in sections]
    if stage in (Stage.AWARD, Stage.CONTRACT):
        tasks += _elements(seen, sections[0], tallies) if sections else []
    if stage is Stage.IMPLEMENTATION:
        tasks += _implementations(seen, tallies)
    counted = [tallies[one.address] for one in sections if one.address in tallies]
    if stage is Stage.IMPLEMENTATION:
        counted = [
            tallies[f"{contract}/implementation"]
            for contract in seen.where.elements("contracts")
            if f"{contract}/implementation" in tallies
        ]
    return StagePlan(
        model.STAGES[stage],
        tuple(tasks),
        sum(one.done for one in counted),
        sum(one.total for one in counted),
    )


def _elements(seen: _Whole, section: Section, tallies: Mapping[str, Tally]) -> list[Task]:
    """Awards or contracts, one by one."""
    element = SECTIONS[f"{section.address}/*"]
    tasks = []
    for place, path in enumerate(seen.where.elements(section.address)[:FEW]):
        body = seen.document[section.address][place]
        named = next((str(body[key]) for key in ("title", "id") if body.get(key)), element.title)
        tasks.append(_task(seen, element, path, f"{element.title} {place + 1}: {named}", tallies))
    return tasks


def _implementations(seen: _Whole, tallies: Mapping[str, Tally]) -> list[Task]:
    section = SECTIONS["contracts/*/implementation"]
    contracts = seen.where.elements("contracts")
    titles = [
        contract.get("title") or contract.get("id") or "" for contract in seen.document.get("contracts", [])
    ]
    return [
        _task(
            seen,
            section,
            filled(section.address, path),
            f"Ejecución del contrato {place + 1}" + (f": {titles[place]}" if titles[place] else ""),
            tallies,
        )
        for place, path in enumerate(contracts[:FEW])
    ]


def _task(seen: _Whole, section: Section, address: str, title: str, tallies: Mapping[str, Tally]) -> Task:
    tally = tallies.get(address, Tally())
    count = len(seen.where.elements(address)) if section.shape is Shape.LIST else None
    note = f"{count} capturados" if count and count > 1 else "1 capturado" if count else ""
    lacks = tally.missing
    if lacks:
        more = f" y {len(lacks) - 3} más" if len(lacks) > 3 else ""
        note = "; ".join(filter(None, [note, f"falta: {', '.join(lacks[:3])}{more}"]))
    done, total = tally.done, tally.total
    if not total and whole.is_begun(seen.document, section):
        done = total = 1  # nothing of it is demanded, and something is there
    return Task(title, f"{seen.base}/{address}", done, total, note[:1].upper() + note[1:])

"""The contexts of the portal's templates: their fields are all that a page may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from app.downloads.queries import Listed
from app.ocds import codelists
from app.openapi.addresses import Roots
from app.portal.process import STAGE_LABELS
from app.portal.queries import Counts, ProcessRow, ReleaseRow, SujetoRow
from app.portal.reading import Section
from app.portal.telling import Line
from app.tenancy.queries import TenantView
from app.web.components import Figure, Stage
from app.web.shell import Link


@dataclass(frozen=True, slots=True)
class ListedProcess:
    """A published process as a list shows it; `state` stands where a list mixes them."""

    href: str
    title: str
    sujeto: str
    stage: str
    method: str
    amount: Decimal | None
    currency: str
    published_at: datetime
    state: str = ""


@dataclass(frozen=True, slots=True)
class ListedTenant:
    """A tenant of the national list: its state, and what it has published."""

    state: str
    view: TenantView
    counts: Counts


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter: its address turns it on, or off where it is on."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A question to narrow a list by."""

    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of the public log in words; `body` leads to what else was told of that body, `process` to the process."""

    number: int
    at: datetime
    kind: str
    said: str
    body: Link | None
    process: Link | None
    ground: str
    reason: str


@dataclass(frozen=True)
class NationalHome:
    """Context of `portal/national.html`."""

    national_name: str
    figures: tuple[Figure, ...]
    publishing: tuple[ListedTenant, ...]
    waiting: tuple[ListedTenant, ...]
    latest: tuple[ListedProcess, ...]
    more: str | None
    first: str | None


@dataclass(frozen=True)
class TenantHome:
    """Context of `portal/tenant.html`."""

    view: TenantView
    state: str
    figures: tuple[Figure, ...]
    sujetos: tuple[SujetoRow, ...]
    padron: int
    latest: tuple[ListedProcess, ...]
    feed: str


@dataclass(frozen=True)
class SujetosPage:
    """Context of `portal/sujetos.html`."""

    view: TenantView
    crumbs: tuple[Link, ...]
    rows: tuple[SujetoRow, ...]
    total: int
    more: str | None
    first: str | None


@dataclass(frozen=True)
class ProcessesPage:
    """Context of `portal/processes.html`; `clear` leads to the list without filters, None where it has none."""

    view: TenantView
    crumbs: tuple[Link, ...]
    title: str
    rows: tuple[ListedProcess, ...]
    total: int | None
    filters: tuple[Filter, ...]
    clear: str | None
    more: str | None
    first: str | None
    feed: str


@dataclass(frozen=True)
class ProcessPage:
    """Context of `portal/process.html`."""

    view: TenantView
    crumbs: tuple[Link, ...]
    ocid: str
    title: str
    sujeto: Link
    published_at: datetime
    here_from: str
    stages: tuple[Stage, ...]
    summary: tuple[Line, ...]
    sections: tuple[Section, ...]
    releases: tuple[ReleaseRow, ...]
    release_count: int
    acts: tuple[Told, ...]
    log: str
    roots: Roots


@dataclass(frozen=True)
class ListPage:
    """Context of `portal/list.html`: one long list of a process, a page of it at a time."""

    crumbs: tuple[Link, ...]
    title: str
    process: Link
    section: Section
    here_from: str
    number: int
    pages: int
    before: str | None
    after: str | None


@dataclass(frozen=True)
class WithdrawnPage:
    """Context of `portal/withdrawn.html`."""

    view: TenantView
    crumbs: tuple[Link, ...]
    ocid: str
    releases: tuple[ReleaseRow, ...]
    acts: tuple[Told, ...]
    log: str


@dataclass(frozen=True)
class LogPage:
    """Context of `portal/public_log.html`."""

    view: TenantView
    crumbs: tuple[Link, ...]
    rows: tuple[Told, ...]
    filters: tuple[Filter, ...]
    narrowed: str
    clear: str | None
    downloads: tuple[Link, ...]
    feed: str
    more: str | None
    first: str | None


@dataclass(frozen=True)
class DataPage:
    """Context of `portal/data.html`; `view` is None on the national one."""

    view: TenantView | None
    crumbs: tuple[Link, ...]
    roots: Roots
    tenants: tuple[TenantView, ...]
    contact: str
    example: str | None


@dataclass(frozen=True)
class DownloadsPage:
    """Context of `portal/downloads.html`.

    Attributes:
        view: whose files; None of all tenants together.
        base: where its addresses start.
        zone: in which moments are told.
        whole: files of all years.
        years: year → its files, the newest first.
        packages: year and what it holds → its packages.
        up_to: until when all that was published stands in the files; None before there are any.
    """

    view: TenantView | None
    base: str
    zone: str
    crumbs: tuple[Link, ...]
    kinds: Mapping[str, str]
    whole: tuple[Listed, ...]
    years: tuple[tuple[int, tuple[Listed, ...]], ...]
    packages: tuple[tuple[str, tuple[Listed, ...]], ...]
    up_to: datetime | None


@dataclass(frozen=True)
class PolicyPage:
    """Context of `portal/policy.html`."""

    view: TenantView
    crumbs: tuple[Link, ...]
    counts: Counts
    padron: int
    publishers: int
    codelists: tuple[str, ...]
    contact: str


@dataclass(frozen=True)
class PlainPage:
    """Context of the pages that say the same to everybody."""

    contact: str
    national_name: str


def listed(row: ProcessRow, view: TenantView, *, state: str = "") -> ListedProcess:
    """Return a row of a list, with its words and its address."""
    return ListedProcess(
        href=process_address(view, row.ocid),
        title=row.title or row.ocid,
        sujeto=row.sujeto_name,
        stage=STAGE_LABELS.get(row.stage, ""),
        method=codelists.label("method", row.method) if row.method else "",
        amount=row.amount,
        currency=row.currency,
        published_at=row.published_at,
        state=state,
    )


def process_address(view: TenantView, ocid: str) -> str:
    """Return the address of the page of a process, whatever characters its ocid has."""
    return f"{view.base}/procesos/{quote(ocid, safe='')}"

"""The application's real route table, and real rows to write into its addresses.

Walks (here, and in a browser in `tests/e2e`) take every route from the table, so that a new one is covered the day it
is added; a path parameter that no row is known for fails them.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from app.core.db import Actor, Database, DatabaseUrls
from app.core.policy import ROLES, Permission
from app.core.storage import Storage
from app.identity.deps import signed_in_person, tenant_actor
from app.imports.models import ImportRow, ImportRun
from app.main import create_app
from app.publication.service import publish_batch
from app.settings import Settings
from app.web.static import asset
from tests.conftest import Place
from tests.factories import document, draft, new_ocid

PUBLIC = {
    "/openapi.json": "the description of the publication API",
    "/_components": "the page of components, in development only",
    "/static/{path:path}": "styles and scripts of the package",
    "/health": "for the machine that watches the process",
    "/ready": "for the machine that sends it visitors",
    "/entrar": "the door",
    "/api/v1/": "who publishes here",
    "/ocds/perfil/extension.json": "the profile, which every release names",
    "/ocds/perfil/release-schema.json": "part of the profile",
    "/ocds/perfil/codelists/{file}": "part of the profile",
    "/{tenant}/tema.css": "a garante's colours, which its public pages wear",
    "/{tenant}/api/v1/": "where a garante's data is",
    **{
        f"{place}/api/v1/{rest}": "published data, for everyone"
        for place in ("/{tenant}", "")
        for rest in (
            "releases",
            "releases/{ocid}",
            "releases/{ocid}/{release_id:path}",
            "records",
            "records/{ocid:path}",
            "{rest:path}",
        )
    },
}
"""Addresses that anyone may read (GET, HEAD, OPTIONS), and why."""

PUBLIC_ACTS = {
    "/entrar": "the door",
    "/salir": "whoever has no session loses nothing",
}
"""Addresses to which anyone may send something, and why."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True)
class Route:
    """One method of one address of the application.

    Attributes:
        guards: what its dependencies ask for: a session, a membership in the tenant, permissions.
    """

    method: str
    template: str
    signed_in: bool
    member: bool
    permissions: frozenset[Permission]
    endpoint: Callable[..., object] = field(compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def names(self) -> tuple[str, ...]:
        """Its path parameters."""
        return tuple(_PARAMETER.findall(self.template))

    @property
    def is_listed(self) -> bool:
        """Whether it stands on the list of what anyone may ask."""
        return self.template in (PUBLIC if self.method in SAFE else PUBLIC_ACTS)

    @property
    def is_guarded(self) -> bool:
        """Whether somebody must be signed in."""
        return self.signed_in or self.member

    def address(self, values: dict[str, str]) -> str:
        """Return the address with its parameters filled in."""
        return _PARAMETER.sub(lambda found: values[found[1]], self.template)


def _asked(dependant: Dependant) -> Iterator[object]:
    for below in dependant.dependencies:
        yield below.call
        yield from _asked(below)


def _table() -> Iterator[Route]:
    with tempfile.TemporaryDirectory() as folder:
        nowhere = DatabaseUrls(*["postgresql+psycopg://nobody@localhost/nothing"] * 7)
        app = create_app(Settings(environment="development"), Database(nowhere), Storage.local(Path(folder)))
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        asked = list(_asked(dependant)) if dependant else []
        for method in sorted(context.methods or ()):
            yield Route(
                method,
                context.path or "",
                signed_in=signed_in_person in asked,
                member=tenant_actor in asked,
                permissions=frozenset(
                    call.permission  # type: ignore[attr-defined]
                    for call in asked
                    if hasattr(call, "permission")
                ),
                endpoint=context.endpoint or str,
            )


ROUTES = tuple(_table())


@dataclass
class Filled:
    """A tenant with something in every table that an address can name; what is not published holds `secret`.

    Attributes:
        own: path parameter → the row that the first sujeto obligado's own people may work on.
        absent: the same form, naming nothing.
    """

    place: Place
    secret: str
    own: dict[str, str]
    absent: dict[str, str]
    published: str
    draft: str


def _publish(place: Place, written: dict[str, object], *, ocid: str) -> tuple[UUID, str]:
    """Publish a document by the way of a trusted import; return its process and release id."""
    trusted = place.add_sujeto(policy="direct")
    ref = draft(place, written, ocid=ocid, editor=place.actor("so_editor", trusted), source="import:prueba")
    with place.database.unit_of_work(place.actor("so_publisher", trusted)) as session:
        (outcome,) = publish_batch(session, place.actor("so_publisher", trusted), [ref])
    assert outcome.published, outcome.problems
    return ref.process_id, f"{ocid}-0001"


def _import(place: Place, storage: Storage, secret: str) -> UUID:
    """Enter an import of the first body that waits for a decision."""
    editor = place.actor("so_editor")
    key = Storage.new_key(place.tenant_id, "imports")
    storage.put(key, BytesIO(b"[]"))
    with place.database.unit_of_work(editor) as session:
        run = ImportRun(
            tenant_id=place.tenant_id,
            sujeto_obligado_id=place.sujetos[0],
            status="previewed",
            filename=f"{secret}.json",
            storage_key=key,
            size_bytes=2,
            shape="release_list",
            counts={"pending": 1},
            metadata_kept={},
            checkpoint={},
            created_by=editor.account_id,
        )
        session.add(run)
        session.flush()
        session.add(
            ImportRow(
                tenant_id=place.tenant_id,
                import_id=run.import_id,
                row_number=1,
                ocid=f"{place.prefix}-importado",
                title=secret,
                problems=[],
                kept=[],
            )
        )
    return run.import_id


def fill(place: Place, storage: Storage, session_id: UUID | None = None) -> Filled:
    """Put a draft, an import and a published process into a tenant.

    Args:
        place: whose first body gets them.
        storage: where the imported file is kept.
        session_id: an open session of somebody there.
    """
    secret = f"SECRETO-{uuid4().hex}"
    place.actor("so_editor")
    tender = document()["tender"] | {"title": secret}
    waiting = new_ocid(place)
    ref = draft(place, document(tender=tender), ocid=waiting)
    published = new_ocid(place)
    _, release_id = _publish(place, document(), ocid=published)
    stylesheet = asset("app.css").removeprefix("/static/")
    own = {
        "tenant": place.slug,
        "process_id": str(ref.process_id),
        "number": str(ref.number),
        "import_id": str(_import(place, storage, secret)),
        "row_number": "1",
        "session_id": str(session_id or uuid4()),
        "sujeto_obligado_id": str(place.sujetos[0]),
        "ocid": published,
        "release_id": release_id,
        "rest": "releases",
        "path": stylesheet,
        "file": "bidStatus.csv",
    }
    nothing = {
        name: str(uuid4()) for name in ("process_id", "import_id", "session_id", "sujeto_obligado_id")
    } | {"ocid": f"{place.prefix}-nada", "release_id": "nada"}
    return Filled(place, secret, own, own | nothing, published, waiting)


def may(route: Route, actor: Actor) -> bool:
    """Tell whether the actor's role holds what the route asks for."""
    return route.permissions <= ROLES.get(actor.role, frozenset())

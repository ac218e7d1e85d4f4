"""Every form and JSON body sent with keys that it does not ask for, and every route walked as each role.

Two tenants that were filled alike are walked alike. One gets every form as a page sends it, the other the same with the
attack in it: whatever says who may do what must be the same in both afterwards, as the database has it.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
import orjson
import pytest
from sqlalchemy import text

from app.core.db import Database
from app.core.policy import PLATFORM_ROLES, ROLES, SUJETO_ROLES, TENANT_ROLES, Permission
from app.core.storage import Storage
from app.identity.clients import service as clients
from app.web import forms
from tests.conftest import PASSWORD, LiveServer, Place
from tests.continuity.people import person
from tests.factories import document, new_ocid
from tests.walls.crowd import Crowd, filled, insiders
from tests.walls.routes import ROUTES, SAFE, Filled, Route, may, trusted_name

ACTS = [route for route in ROUTES if route.method not in SAFE]
OF_TENANT = [route for route in ACTS if route.member and not route.scopes]
OF_ACCOUNT = [route for route in ACTS if route.for_people and not route.member and not route.permissions]
OF_PLATFORM = [route for route in ACTS if route.permissions and not route.member]

OURS = {
    *("tenant_id", "account_id", "user_id", "membership_id", "sujeto_obligado_id", "role", "status", "sso"),
    *("policy", "scopes", "permissions", "row_version", "version", "number", "second_factor", "enabled"),
    *(
        "is_platform",
        "granted_by",
        "lent_by",
        "sent_by",
        "of_platform",
        "requested_by",
        "decided_by",
        "asked_by",
    ),
    *(
        "valid_from",
        "valid_until",
        "is_national",
        "approved_alone",
        "submitted_by",
        "reviewer_id",
        "local_login",
    ),
    *("deadline_days", "recipient", "slug", "email", "revoked_at", "ended_at", "sso_tenant_id", "kind"),
}
"""Columns that say who may do what, and to whom a row belongs."""
LATER = frozenset(
    {
        *("outbox_event", "notice", "mail_message", "import_run", "import_row", "tenant_export", "release"),
        *("padron_load", "catalog_load", "audit_event", "audit_seal", "compliance", "compliance_count"),
        *("compliance_fact", "public_act", "process_digest", "process_search", "pnt_placed"),
        *("signed_head", "national_order", "process_facet"),
        *("download_state", "download_block", "download_file", "chain_follower", "s6_process"),
        *("figure", "figure_supplier", "figure_process"),
    }
)
"""Tables that jobs and chores write meanwhile, in their own time."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CHANCE = re.compile(r"[0-9a-f]{24,32}|\d{4}-\d\d-\d\dT[0-9:.+-]+|prueba-\d+-[0-9a-f]{6}")


@dataclass
class Heard:
    """Which fields the handler of a form asked for, since it was last forgotten."""

    names: set[str] = field(default_factory=set)

    def form(self, texts: dict[str, list[str]], files: dict[str, list[object]] | None = None) -> object:
        return _FormValues(_Listening(texts, self.names), files or {})  # type: ignore[arg-type]


_FormValues = forms.FormValues


class _Listening(dict[str, list[str]]):
    def __init__(self, texts: dict[str, list[str]], names: set[str]) -> None:
        super().__init__(texts)
        self._names = names

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
        self._names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> list[str]:
        self._names.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._names.add(str(name))
        return super().__contains__(name)


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    """Hear what every form of the service is asked for."""
    listener = Heard()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(forms, "FormValues", listener.form)
        yield listener


@pytest.fixture(scope="module")
def crowd(live: LiveServer) -> Iterator[Crowd]:
    people = Crowd(live)
    yield people
    for client in people.clients.values():
        client.close()


@dataclass
class Twins:
    """Two tenants alike, and a third whose rows no form of theirs may name."""

    plain: Filled
    attacked: Filled
    foreign: Place

    def keys(self) -> dict[str, str]:
        """The extra keys, each with the value that an attacker would want."""
        other = self.foreign
        chief = other.actor("garante_admin")
        so = self.attacked.place.actor("so_reader")
        return {
            "role": "garante_admin",
            "rol": "garante_admin",
            "funcion": "garante_admin",
            "tenant_id": str(other.tenant_id),
            "tenant": other.slug,
            "user_id": str(chief.account_id),
            "account_id": str(so.account_id),
            "membership_id": str(chief.membership_id),
            "sujeto_obligado_id": str(self.attacked.place.sujetos[1]),
            "process_id": str(uuid4()),
            "status": "published",
            "estado": "published",
            "version": "99",
            "number": "99",
            "row_version": "99",
            "is_platform": "true",
            "of_platform": "true",
            "is_national": "true",
            "is_admin": "1",
            "admin": "on",
            "scopes": "imports:write",
            "permissions": "process:publish",
            "policy": "direct",
            "approved_alone": "true",
            "second_factor": "nobody",
            "local_login": "true",
            "sso": "granted",
            "granted_by": str(chief.account_id),
            "lent_by": str(chief.membership_id),
            "submitted_by": str(so.account_id),
            "reviewer_id": str(so.account_id),
            "valid_until": "2999-12-31",
            "slug": "robado",
            "_method": "DELETE",
            "actor": '{"role": "garante_admin"}',
        }

    def changed(self) -> dict[str, str]:
        """Fields that forms do ask for, with a value that is not the person's to name."""
        other = self.foreign
        chief = other.actor("garante_admin")
        return {
            "role": "platform_operator",
            "sujeto": trusted_name(other),
            "sujeto_obligado_id": str(other.sujetos[0]),
            "membership": str(chief.membership_id),
            "to": str(chief.membership_id),
            "heir": str(chief.membership_id),
            "row_version": "99",
        }


@pytest.fixture(scope="module")
def twins(make_place: Callable[..., Place], crowd: Crowd, database: Database, storage: Storage) -> Twins:
    foreign = make_place()
    foreign.actor("garante_admin")
    foreign.add_sujeto(name=trusted_name(foreign))
    plain, attacked = (filled(make_place, crowd, database, storage) for _ in range(2))
    return Twins(plain, attacked, foreign)


@dataclass
class Watch:
    """What the database says of who may do what."""

    database: Database
    columns: dict[str, list[str]]
    gap: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))

    @classmethod
    def over(cls, database: Database) -> "Watch":
        with database.owner_work() as session:
            found = session.execute(
                text(
                    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
                    "AND table_name IN (SELECT table_name FROM information_schema.columns "
                    "WHERE table_schema = 'public' AND column_name = 'tenant_id') ORDER BY 1, 2"
                )
            ).all()
        columns: dict[str, list[str]] = {}
        for table, column in found:
            if table not in LATER and column in OURS:
                columns.setdefault(table, []).append(column)
        return cls(database, columns)

    def state(self, place: Place) -> Counter[str]:
        """Every row of a tenant as those columns say it, with its own names taken out: twins say the same."""
        each = " UNION ALL ".join(
            f"SELECT '{table} ' || (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(row)) "  # noqa: S608  # names of our own tables
            f"WHERE key = ANY (:watched))::text FROM {table} row WHERE tenant_id = :id"
            for table in self.columns
        )
        accounts = (
            "SELECT 'account ' || jsonb_build_object('email', a.email, 'status', a.status, 'roles', "
            "(SELECT count(*) FROM platform_role r WHERE r.account_id = a.account_id))::text FROM account a "
            "WHERE a.account_id IN (SELECT account_id FROM membership WHERE tenant_id = :id)"
        )
        with self.database.owner_work(place.system) as session:
            said = (
                session.execute(
                    text(f"{each} UNION ALL {accounts}"), {"id": place.tenant_id, "watched": list(OURS)}
                )
                .scalars()
                .all()
            )
        known = {str(place.tenant_id): "<tenant>", place.slug: "<slug>", place.prefix: "<prefix>"}
        known |= {str(one): f"<sujeto {number}>" for number, one in enumerate(place.sujetos)}
        for (role, sujeto), actor in place.people.items():
            where = place.sujetos.index(sujeto) if sujeto else ""
            known[str(actor.account_id)], known[str(actor.membership_id)] = (
                f"<{role} {where}>",
                f"<as {role} {where}>",
            )
            known[place.email(role, sujeto)] = f"<mail {role} {where}>"
        named = re.compile("|".join(re.escape(one) for one in sorted(known, key=len, reverse=True)))
        return Counter(
            _CHANCE.sub("<by chance>", _UUID.sub("<id>", named.sub(lambda found: known[found[0]], one)))
            for one in said
        )

    def compare(self, twins: Twins, why: object) -> None:
        """Fail unless both twins say the same, but for what a test before found."""
        before = self.gap
        for _ in range(100):
            self.settle(twins)
            if self.gap == before:
                return
            time.sleep(0.1)  # a job that both asked for is done for one of them first
        assert self.gap == before, why

    def rest(self, twins: Twins) -> None:
        """Wait until no job moves the twins' imports: what a form is answered depends on how far they are."""
        ids = [twins.plain.place.tenant_id, twins.attacked.place.tenant_id]
        moving = text(
            "SELECT count(*) FROM import_run WHERE tenant_id = ANY(:ids) AND status IN ('reading', 'applying')"
        )
        for _ in range(100):
            with self.database.owner_work(twins.plain.place.system) as session:
                if not session.execute(moving, {"ids": ids}).scalar_one():
                    return
            time.sleep(0.1)

    def settle(self, twins: Twins) -> None:
        """Take what the twins do not have in common as given."""
        plain, attacked = self.state(twins.plain.place), self.state(twins.attacked.place)
        self.gap = (attacked - plain, plain - attacked)


@pytest.fixture(scope="module")
def watch(database: Database) -> Watch:
    seen = Watch.over(database)
    assert {
        "membership",
        "tenant",
        "sujeto_obligado",
        "process_version",
        "machine_client",
        "invitation",
    } <= set(seen.columns)
    return seen


def body_of(there: Filled, route: Route) -> dict[str, str]:
    """What a page of ours sends, so that as many acts as may be are done."""
    place = there.place
    bodies: dict[str, dict[str, str]] = {
        "/{tenant}/personas/invitar": {
            "email": f"alguien@{place.slug}.example.org",
            "role": "so_reader",
            "sujeto": "so-1",
        },
        "/{tenant}/personas/{membership_id}/funcion": {"role": "so_editor"},
        "/{tenant}/personas/segundo-factor": {"second_factor": "administrators"},
        "/{tenant}/ajustes/sistemas": {"name": "Sistema", "scopes": "imports:read", "days": "30"},
        "/{tenant}/avisos-a-sistemas": {
            "name": "Aviso",
            "url": "https://1.1.1.1/avisos",
            "kinds": "release",
            "start": "now",
        },
        "/{tenant}/ajustes/acceso": {
            "label": "Cuenta",
            "issuer": "https://identidad.example.org",
            "client_id": "ca",
            "row_version": "0",
        },
        "/{tenant}/padron/nuevo": {"name": "Instituto nuevo", "key": "nuevo-1", "order": "estatal"},
        "/cuenta/nombre": {"full_name": "Nombre Nuevo"},
    }
    return there.sent(route) | bodies.get(route.template, {})


def attack(
    client: httpx2.Client, address: str, body: dict[str, str], extra: dict[str, str]
) -> httpx2.Response:
    """Send a form with the extra keys: plain, repeated, nested, as lists, in the address and in a header."""
    pairs = [
        *body.items(),
        *extra.items(),
        *extra.items(),
        *((f"{name}[]", value) for name, value in extra.items()),
        *((f"membership[{name}]", value) for name, value in extra.items()),
        *((f"user.{name}", value) for name, value in extra.items()),
    ]
    joint = "&" if "?" in address else "?"
    return client.post(
        f"{address}{joint}{urlencode(extra)}",
        content=urlencode(pairs),
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "X-HTTP-Method-Override": "DELETE",
            "X-Original-URL": "/plataforma",
            "X-Forwarded-User": "operador",
        },
    )


def both(
    twins: Twins, crowd: Crowd, heard: Heard, route: Route, emails: tuple[str, str]
) -> tuple[httpx2.Response, httpx2.Response]:
    """Send a form to one twin as it is and to the other with every key that its handler does not ask for."""
    _, client = (crowd.client(email, fresh=True) for email in emails)
    heard.names.clear()
    plain = crowd.ask(route, twins.plain.own(route), emails[0], sent=body_of(twins.plain, route))
    extra = {name: value for name, value in twins.keys().items() if name not in heard.names}
    there = twins.attacked
    attacked = attack(client, route.address(there.own(route)), body_of(there, route), extra)
    return plain, attacked


@pytest.mark.parametrize("route", OF_TENANT, ids=str)
def test_no_extra_key_takes_effect_whoever_sends_it(
    twins: Twins, crowd: Crowd, heard: Heard, watch: Watch, route: Route
) -> None:
    people = tuple(zip(insiders(twins.plain, route), insiders(twins.attacked, route), strict=True))
    assert people
    for emails in people:
        watch.rest(twins)
        plain, attacked = both(twins, crowd, heard, route, emails)
        asked = heard.names & set(twins.changed())
        assert attacked.status_code == plain.status_code, (emails, plain.text[:300], attacked.text[:300])
        assert attacked.status_code < 500
    watch.compare(twins, f"{route}: extra keys")

    # Fields that it does ask for, naming what is not theirs; and a body of another kind.
    there, email = twins.attacked, people[0][1]
    address, body = route.address(there.own(route)), body_of(there, route)
    for name in sorted(asked):
        answer = crowd.client(email).post(address, data=body | {name: twins.changed()[name]})
        assert answer.status_code < 500
    if heard.names:
        answer = crowd.client(email).post(address, json=body | twins.keys())
        assert answer.status_code == 415

    # Who may least: what they lack is not given by a key.
    lowest = there.place.actor("so_reader")
    if not may(route, lowest):
        answer = attack(
            crowd.client(there.place.email("so_reader", there.place.sujetos[0])), address, body, twins.keys()
        )
        assert answer.status_code == 403
    watch.compare(twins, f"{route}: changed keys")


def test_ones_own_account_takes_no_extra_key(twins: Twins, crowd: Crowd, heard: Heard, watch: Watch) -> None:
    for route in OF_ACCOUNT:
        emails = []
        for twin in (twins.plain, twins.attacked):
            email = twin.place.email("so_editor", twin.place.sujetos[1])
            if email in crowd.clients:  # the act before may have ended the session
                crowd.clients.pop(email).close()
            emails.append(email)
        plain, attacked = both(twins, crowd, heard, route, (emails[0], emails[1]))
        assert attacked.status_code == plain.status_code, (str(route), plain.text[:300], attacked.text[:300])
        assert attacked.status_code < 500
        watch.compare(twins, route)


def test_the_platforms_forms_take_no_extra_key_and_only_operators(
    twins: Twins, crowd: Crowd, heard: Heard, watch: Watch, database: Database
) -> None:
    operator, monitor = (person(database, role)[1] for role in PLATFORM_ROLES)
    lowest = [
        (monitor, {403}),
        (twins.attacked.place.email("garante_admin"), {404}),
        (twins.attacked.place.email("so_reader", twins.attacked.place.sujetos[0]), {404}),
    ]
    for route in OF_PLATFORM:
        there = twins.attacked
        address, body = route.address(there.own(route)), body_of(there, route)
        for email, expected in lowest:
            answer = attack(crowd.client(email), address, body, twins.keys())
            assert answer.status_code in expected, (str(route), email)
        plain, attacked = both(twins, crowd, heard, route, (operator, operator))
        assert attacked.status_code == plain.status_code, (str(route), plain.text[:300], attacked.text[:300])
        watch.compare(twins, route)


KEYS_OF_RELEASES = {
    "status": "published",
    "tenant_id": str(uuid4()),
    "sujeto_obligado_id": str(uuid4()),
    "account_id": str(uuid4()),
    "role": "garante_admin",
    "policy": "direct",
    "approved_alone": True,
    "row_version": 99,
    "_method": "DELETE",
}


def test_a_programs_file_gives_it_nothing_more(
    twins: Twins, make_place: Callable[..., Place], live: LiveServer
) -> None:
    """Keys beside and inside of releases, and in the address: the import is the program's, in its tenant, as it may."""
    place, foreign = make_place(), twins.foreign  # a program is made here: none of the twins' rows
    keeper = place.actor("garante_admin")
    with place.database.unit_of_work(keeper) as session:
        made = clients.create(
            session, place.database, keeper, name="Atacante", scopes=["imports:write"], days=30
        )
    form = {
        "grant_type": "client_credentials",
        "client_id": made.client_id,
        "client_secret": made.secret,
        "role": "garante_admin",
        "tenant_id": str(foreign.tenant_id),
    }
    client = live.client()
    door = f"/{place.slug}/oauth/token"
    assert client.post(door, data=form | {"scope": "imports:write imports:read"}).status_code == 400
    assert client.post(f"/{foreign.slug}/oauth/token", data=form).status_code == 401
    token = client.post(door, data=form).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    release = document() | {
        "ocid": new_ocid(place),
        "id": "1",
        "date": "2026-01-15T10:00:00-06:00",
        "tag": ["tender"],
        "initiationType": "tender",
        **KEYS_OF_RELEASES,
        "x_tenant": KEYS_OF_RELEASES,
    }
    package = {"releases": [release], **KEYS_OF_RELEASES, "x_actor": KEYS_OF_RELEASES}
    sending = f"/{place.slug}/api/v1/importaciones"
    answer = client.post(
        f"{sending}?{urlencode(twins.keys())}", content=orjson.dumps(package), headers=bearer
    )
    assert answer.status_code == 202, answer.text
    import_id = answer.json()["id"]
    with place.database.owner_work(place.system) as session:
        row = session.execute(
            text(
                "SELECT r.tenant_id, m.role FROM import_run r JOIN membership m "
                "ON m.tenant_id = r.tenant_id AND m.account_id = r.created_by WHERE r.import_id = :id"
            ),
            {"id": import_id},
        ).one()
    assert tuple(row) == (place.tenant_id, "machine")
    # Its token is no person's session, and its scope no other.
    assert client.get(f"{sending}/{import_id}", headers=bearer).status_code == 403
    assert client.get(f"/{place.slug}/panel", headers=bearer).status_code == 303
    other = client.post(f"/{foreign.slug}/api/v1/importaciones", content=b"[]", headers=bearer)
    assert other.status_code == 401


# Every route as each role


def _walkers(there: Filled, database: Database) -> dict[str, tuple[str, frozenset[Permission] | None]]:
    """Who walks → the address they sign in with, and what the table gives them; None: nothing to do with the tenant."""
    place = there.place
    walkers: dict[str, tuple[str, frozenset[Permission] | None]] = {
        role: (place.email(role, place.sujetos[0] if role in SUJETO_ROLES else None), ROLES[role])
        for role in TENANT_ROLES
    }
    return walkers | {role: (person(database, role)[1], None) for role in PLATFORM_ROLES}


@pytest.mark.parametrize("role", [*TENANT_ROLES, *PLATFORM_ROLES])
def test_every_route_answers_each_role_as_the_table_says(
    twins: Twins, crowd: Crowd, watch: Watch, database: Database, role: str
) -> None:
    """Whoever lacks what a route asks for is refused before anything is looked for; whoever holds it is not."""
    there = twins.plain
    email, holds = _walkers(there, database)[role]
    before, wrong = watch.state(there.place), []
    for route in (one for one in ROUTES if one.for_people and (one.member or one.permissions)):
        if route.member:
            verdict = 404 if holds is None else 200 if route.permissions <= holds else 403
        else:
            verdict = 404 if holds is not None else 200 if route.permissions <= ROLES[role] else 403
        if verdict == 200 and route.method not in SAFE:
            continue  # done above, by whoever may
        got = crowd.ask(route, there.own(route), email, sent=there.sent(route)).status_code
        right = got not in (401, 422) and got < 500 if verdict == 200 else got == verdict
        if not right:
            wrong.append((str(route), verdict, got))
    assert wrong == []
    assert watch.state(there.place) == before


def test_a_shut_account_and_a_program_are_nobody(
    twins: Twins, live: LiveServer, database: Database, watch: Watch
) -> None:
    there, place = twins.plain, twins.plain.place
    email = place.email("so_reader", place.sujetos[1])
    shut, program = live.client(email), live.client()
    assert shut.get(f"/{place.slug}/panel").status_code == 200
    with database.owner_work() as session:
        session.execute(text("UPDATE account SET status = 'disabled' WHERE email = :email"), {"email": email})
    keeper = place.actor("garante_admin")
    with place.database.unit_of_work(keeper) as session:
        made = clients.create(session, place.database, keeper, name="Nadie", scopes=["imports:read"], days=30)
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.secret}
    token = program.post(f"/{place.slug}/oauth/token", data=form).json()["access_token"]
    program.headers["Authorization"] = f"Bearer {token}"
    before, wrong = watch.state(place), []
    try:
        for route in (one for one in ROUTES if one.for_people):
            for client in (shut, program):
                answer = client.request(
                    route.method,
                    route.address(there.own(route)),
                    data=None if route.method in SAFE else there.sent(route),
                )
                if answer.status_code != (303 if route.method == "GET" else 401) or (
                    route.method == "GET" and not answer.headers["location"].startswith("/entrar?")
                ):
                    wrong.append((str(route), client is shut, answer.status_code))
        assert shut.post("/entrar", data={"email": email, "password": PASSWORD}).status_code == 422
        assert wrong == []
        assert watch.state(place) == before
    finally:
        with database.owner_work() as session:
            session.execute(
                text("UPDATE account SET status = 'active' WHERE email = :email"), {"email": email}
            )
        watch.settle(twins)  # the program that was made for this

"""How the publication API speaks HTTP: validators, methods, headers, hosts, and bad questions."""

import socket
from collections.abc import Iterator
from urllib.parse import quote, urlencode, urlsplit

import pytest
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import delete

from app.core.pagination import encode_cursor
from app.tenancy.models import TenantHost
from tests.conftest import LiveServer
from tests.openapi.conftest import Publisher, World

LISTS = ["releases", "records", "withdrawals"]


def addresses(publisher: Publisher) -> list[str]:
    """One address of every kind, for a fresh release."""
    [(ocid, release_id)] = publisher.publish()
    return [
        *LISTS,
        f"releases/{ocid}",
        f"releases/{ocid}/{release_id}",
        f"records/{ocid}",
        f"records/{ocid}?versioned=true",
        "",
        "/api/v1/",
        "/ocds/perfil/extension.json",
        "/ocds/perfil/release-schema.json",
        "/ocds/perfil/release-package-schema.json",
        "/ocds/perfil/record-package-schema.json",
        "/ocds/perfil/codelists/%2BpartyRole.csv",
    ]


def test_who_holds_the_bytes_is_spared_them(world: World, publisher: Publisher) -> None:
    for address in addresses(publisher):
        for coding in ("identity", "gzip", "zstd"):
            first = world.get(address, Accept_Encoding=coding)
            tag = first.headers["etag"]

            for held in (tag, f'"x", W/{tag}', "*"):
                again = world.get(address, Accept_Encoding=coding, If_None_Match=held)
                assert (again.status_code, again.content) == (304, b""), (address, held)
                assert again.headers["etag"] == tag
                assert again.headers["cache-control"] == first.headers["cache-control"]
            assert world.get(address, Accept_Encoding=coding, If_None_Match='"otra"').status_code == 200


def test_the_tag_of_a_list_changes_with_the_list(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()
    publisher.publish()
    before = {address: world.get(address).headers["etag"] for address in LISTS}

    publisher.withdraw(ocid, release_id)

    assert all(world.get(address).headers["etag"] != tag for address, tag in before.items())


def test_head_says_what_get_would(world: World, publisher: Publisher) -> None:
    changing = {"date", "x-request-id"}
    for address in addresses(publisher):
        get, head = world.get(address), world.get(address, "HEAD")

        assert (head.status_code, head.content) == (200, b""), address
        assert {name: value for name, value in head.headers.items() if name not in changing} == {
            name: value for name, value in get.headers.items() if name not in changing
        }


def test_every_answer_is_open_to_pages_of_any_site_and_carries_the_houses_headers(
    world: World, publisher: Publisher
) -> None:
    for address in [*addresses(publisher), "releases/x", "records/x", "releases?x=1"]:
        headers = world.get(address, Origin="https://otro.example").headers

        assert headers["access-control-allow-origin"] == "*", address
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert len(headers["x-request-id"]) == 32
        assert "set-cookie" not in headers


def test_a_given_request_id_comes_back(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()

    for address in ("releases", f"releases/{ocid}/{release_id}"):
        assert world.get(address, X_Request_Id="prueba-123456").headers["x-request-id"] == "prueba-123456"
        assert world.get(address, X_Request_Id="<b>").headers["x-request-id"] != "<b>"


def test_a_browser_may_ask_with_a_validator_from_another_site(world: World, publisher: Publisher) -> None:
    for address in addresses(publisher):
        answer = world.get(
            address,
            "OPTIONS",
            Origin="https://otro.example",
            Access_Control_Request_Method="GET",
            Access_Control_Request_Headers="if-none-match",
        )

        assert answer.status_code == 204
        assert answer.headers["access-control-allow-headers"] == "If-Modified-Since, If-None-Match"


def test_nothing_is_written_here(world: World, publisher: Publisher) -> None:
    for address in addresses(publisher):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = world.get(address, method)
            assert answer.status_code == 405, (method, address)
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limite=5", "Admite: since, until, order, cursor, limit"),
        ("offset=5", "«offset»"),
        ("limit=0", "de 1 a 1000"),
        ("limit=1001", "de 1 a 1000"),
        ("limit=-1", "de 1 a 1000"),
        ("limit=", "de 1 a 1000"),
        ("limit=diez", "de 1 a 1000"),
        ("limit=１２", "de 1 a 1000"),
        ("limit=1e3", "de 1 a 1000"),
        ("limit=5&limit=6", "más de una vez"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=ñ", "cursor"),
        (f"cursor={encode_cursor('a')}", "cursor"),
        (f"cursor={encode_cursor(-1)}", "cursor"),
        (f"cursor={encode_cursor(2**63)}", "cursor"),
        (f"cursor={encode_cursor(1, 2)}", "cursor"),
        ("since=ayer", "since"),
        ("since=", "since"),
        ("since=2026-13-01", "since"),
        ("since=2026-02-30", "since"),
        ("since=2026-01-01T25:00:00Z", "since"),
        ("since=2026-01-01T00:00:00%2B99:00", "since"),
        ("since=20260101", "since"),
        ("since=2026-W01", "since"),
        ("since=0001-01-01", "since"),
        ("since=２０２６-01-01", "since"),
        ("until=ayer", "until"),
        ("until=2026-02-30", "until"),
        ("order=", "order"),
        ("order=DESC", "order"),
        (f"cursor={encode_cursor(1, '>')}", "cursor"),
        (f"cursor={encode_cursor(-1, '<')}", "cursor"),
        ("%00=1", "no se pueden leer"),
        ("since=%00", "no se pueden leer"),
        ("since=%ff", "no se pueden leer"),
    ],
)
def test_a_question_that_cannot_be_understood_is_refused_in_words(
    world: World, kind: str, query: str, words: str
) -> None:
    answer = world.get(f"{kind}?{query}")

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert words in answer.json()["detail"]


NAMES = st.sampled_from(["since", "until", "order", "cursor", "limit", "versioned"]) | st.text(max_size=6)
VALUES = (
    st.text(max_size=24)
    | st.integers().map(str)
    | st.datetimes().map(str)
    | st.integers(-(2**63), 2**64 - 1).map(encode_cursor)
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.sampled_from([*LISTS, "%2F", "%00"]) | st.text(max_size=12).map(lambda text: quote(text, safe="")),
        max_size=4,
    ),
    query=st.dictionaries(NAMES, VALUES, max_size=3),
)
def test_whatever_is_asked_the_answer_is_no_failure_of_ours(
    world: World, steps: list[str], query: dict[str, str]
) -> None:
    answer = world.get("/".join(steps) + f"?{urlencode(query)}")

    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("since", ["1000-01-01T00:00:00%2B23:59", "2999-12-31T23:59:59.999999-23:59"])
def test_moments_at_the_edge_of_time_are_moments(world: World, publisher: Publisher, since: str) -> None:
    publisher.publish()

    assert [world.get(f"{kind}?since={since}").status_code for kind in LISTS] == [200] * len(LISTS)


@pytest.mark.parametrize(
    "address",
    ["releases/%00", "releases/a/%00", "records/%00", "releases/%ff/%fe", "records/%ff", "releases/%c0%af/a"],
)
def test_an_address_that_is_no_text_is_refused(world: World, address: str) -> None:
    assert world.get(address).status_code == 400


def test_parameters_are_refused_where_there_are_none(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()
    for address in (f"releases/{ocid}/{release_id}", "", "/api/v1/", "/ocds/perfil/extension.json"):
        answer = world.get(f"{address}?limit=5")
        assert (answer.status_code, "No admite ninguno" in answer.json()["detail"]) == (400, True), address


def test_an_unknown_tenant_is_absent(world: World) -> None:
    for address in (
        "/nadie/api/v1/",
        "/nadie/api/v1/releases",
        "/nadie/api/v1/records/x",
    ):
        answer = world.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.headers["access-control-allow-origin"] == "*"


def test_a_host_header_that_is_no_host_is_refused(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()

    for address in ("releases", f"releases/{ocid}/{release_id}"):
        for host in ("a b", 'x"y', "a/b", "<b>", "-"):
            assert world.get(address, Host=host).status_code == 400, host


def test_an_old_client_without_a_host_header_is_answered(
    site: LiveServer, world: World, publisher: Publisher
) -> None:
    publisher.publish()
    place = urlsplit(site.url)
    with socket.create_connection((place.hostname or "", place.port or 0)) as line:
        line.sendall(f"GET {world.base}/releases HTTP/1.0\r\n\r\n".encode())
        received = b""
        while piece := line.recv(65536):
            received += piece

    assert received.startswith(b"HTTP/1.1 200")
    assert f'"uri":"{site.url}{world.base}/releases"'.encode() in received


def test_addresses_follow_the_host_that_was_asked(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()

    for address in ("releases", f"releases/{ocid}/{release_id}"):
        package = world.get(address, Host="datos.example:8443").json()
        assert package["uri"].startswith(f"http://datos.example:8443{world.base}/releases")


@pytest.fixture
def own_host(site: LiveServer, publisher: Publisher) -> Iterator[str]:
    """A host of the tenant's own."""
    host = f"{publisher.place.slug}.example"
    with publisher.place.database.owner_work(publisher.place.system) as session:
        session.add(TenantHost(tenant_id=publisher.place.tenant_id, host=host))
    site.app.state.directory.forget()
    yield host
    with publisher.place.database.owner_work(publisher.place.system) as session:
        session.exec(delete(TenantHost).where(TenantHost.host == host))  # type: ignore[arg-type]


def test_on_its_own_host_a_tenants_addresses_lose_the_slug(
    world: World, publisher: Publisher, own_host: str
) -> None:
    [(ocid, release_id)] = publisher.publish()
    root = f"http://{own_host}"

    one = world.get(f"/api/v1/releases/{ocid}/{release_id}", Host=own_host).json()
    listed = world.get("/api/v1/releases", Host=own_host).json()
    record = world.get(f"/api/v1/records/{ocid}", Host=own_host).json()["records"][0]
    index = world.get("/api/v1/", Host=own_host).json()

    assert one["uri"] == f"{root}/api/v1/releases/{ocid}/{release_id}"
    assert one["publisher"]["uri"] == f"{root}/"
    assert listed["links"]["next"].startswith(f"{root}/api/v1/releases?")
    assert record["releases"][0]["url"].startswith(f"{one['uri']}#")
    assert index["records"] == f"{root}/api/v1/records"


def test_the_index_leads_everywhere(world: World) -> None:
    index = world.get("").json()
    national = world.get("/api/v1/").json()

    for key in (*LISTS, "profile", "openapi"):
        assert world.get(index[key]).status_code == 200, key
    assert f"{world.url}{world.base}/" in [one["api"] for one in national["publishers"]]


def test_the_profile_is_a_whole_extension(world: World) -> None:
    extension = world.get("/ocds/perfil/extension.json").json()

    base = "/ocds/perfil"
    schema = world.get(f"{base}/{extension['schemas'][0]}").json()
    lists = {
        name: world.get(f"{base}/codelists/{name.replace('+', '%2B')}") for name in extension["codelists"]
    }

    assert "definitions" in schema
    assert lists
    assert all(answer.text.startswith("Code,Title,Description\n") for answer in lists.values())
    assert {answer.headers["content-type"] for answer in lists.values()} == {"text/csv; charset=utf-8"}
    assert world.get(f"{base}/codelists/nada.csv").status_code == 404


def test_the_document_is_what_all_routes_would_give(world: World, site: LiveServer) -> None:
    whole = get_openapi(title=site.app.title, version=site.app.version, routes=site.app.routes)

    assert world.get("/openapi.json").json() == whole


def test_openapi_documents_every_address_in_spanish(world: World, site: LiveServer) -> None:
    described = world.get("/openapi.json").json()["paths"]
    ours = {path: item for path, item in described.items() if "/api/v1/" in path or path.startswith("/ocds/")}

    assert len(ours) == 35
    for path, item in ours.items():
        operation = item["get"]
        named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert named == {step[1:-1] for step in path.split("/") if step.startswith("{")}
        assert operation["summary"]
        assert operation["description"]
        content = operation["responses"]["200"]["content"]
        assert path.startswith("/ocds") or "API" in operation["tags"][0]
        assert content

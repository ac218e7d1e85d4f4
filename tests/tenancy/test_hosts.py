"""Which host names are answered: the service's and the tenants'; nobody else's name makes an address."""

import pytest

from tests.conftest import LiveServer, Place


@pytest.mark.parametrize("path", ["/", "/acerca", "/entrar"])
def test_a_name_of_the_service_is_answered_and_any_other_is_not(live: LiveServer, path: str) -> None:
    web = live.client()

    assert web.get(path, headers={"Host": "datos.example:8443"}).status_code == 200
    assert web.get(path, headers={"Host": "ajena.example"}).status_code == 404


def test_a_tenant_is_not_shown_under_a_name_that_is_nobodys(live: LiveServer, place: Place) -> None:
    web = live.client()

    for path in (f"/{place.slug}/", f"/{place.slug}/api/v1/releases"):
        assert web.get(path, headers={"Host": "otra.example"}).status_code == 200
        assert web.get(path, headers={"Host": "ajena.example"}).status_code == 404


def test_what_is_no_host_name_is_refused_and_supervisors_need_none(live: LiveServer) -> None:
    web = live.client()

    assert web.get("/", headers={"Host": "a b"}).status_code == 400
    for path in ("/health", "/ready"):
        assert web.get(path, headers={"Host": "10.1.2.3"}).status_code == 200

"""Everything that the OpenAPI document describes, asked by a machine that makes questions up."""

import warnings
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import LiveServer
from tests.openapi.conftest import Publisher, World

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the tool's own, of libraries that it brings
    import schemathesis
    from schemathesis.generation import GenerationMode

PUBLIC = "API de publicación"


def test_everything_is_described_with_an_example(world: World) -> None:
    described = world.get("/openapi.json").json()["paths"]
    operations = [one["get"] for one in described.values() if PUBLIC in one.get("get", {}).get("tags", [])]

    assert operations
    for operation in operations:
        for parameter in operation["parameters"]:
            assert "example" in parameter, (operation["operationId"], parameter["name"])
            assert parameter["description"]
        for status, answer in operation["responses"].items():
            for media, content in answer.get("content", {}).items():
                if int(status) >= 400:
                    assert media == "application/problem+json"
                    assert content["example"]["status"] == int(status), operation["operationId"]


@pytest.mark.parametrize("examples", [150, pytest.param(10_000, marks=pytest.mark.drill)])
def test_no_question_is_a_failure_of_ours(
    site: LiveServer, world: World, publisher: Publisher, examples: int
) -> None:
    [(ocid, release_id)] = publisher.publish()
    real = {"tenant": publisher.place.slug, "ocid": ocid, "release_id": release_id}
    schema = schemathesis.openapi.from_dict(world.get("/openapi.json").json())
    operations = [found.ok() for found in schema.get_all_operations()]
    cases = st.one_of(
        [
            operation.as_strategy(generation_mode=mode)
            for operation in operations
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        ]
    )
    seen = Counter[int]()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, names=st.sets(st.sampled_from(sorted(real))))
    def ask(case: Any, names: set[str]) -> None:
        for name in names & set(case.path_parameters or {}):
            case.path_parameters[name] = real[name]
        answer = case.call(base_url=site.url, allow_redirects=False)
        seen[answer.status_code] += 1
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            # The Plataforma's description wants another form of refusal.
            wanted = "application/json" if "/pdn/" in case.path else "application/problem+json"
            assert answer.headers["content-type"] == [wanted], case.as_curl_command()

    ask()
    assert seen[200] > examples / 50, seen

"""Records as the world reads them: linked releases, the compiled release, the versioned one when asked."""

import jsonschema_rs
import orjson

from app.ocds import merge, schema
from tests.openapi.conftest import Publisher, World


def test_a_record_links_to_its_releases_where_they_really_are(world: World, publisher: Publisher) -> None:
    [(ocid, first)] = publisher.publish()
    [(_, second)] = publisher.publish(ocid, language="en")

    [record] = world.get(f"records/{ocid}").json()["records"]

    assert record["ocid"] == ocid
    linked = []
    for link in record["releases"]:
        address, _, fragment = link["url"].partition("#")
        [release] = world.get(address).json()["releases"]
        assert (release["id"], release["date"], release["tag"]) == (fragment, link["date"], link["tag"])
        linked.append(release["id"])
    assert linked == [first, second]


def test_the_compiled_release_is_what_merging_the_releases_gives(world: World, publisher: Publisher) -> None:
    [(ocid, _)] = publisher.publish()
    publisher.publish(ocid, language="en")
    releases = world.get(f"releases/{ocid}").json()["releases"]

    [record] = world.get(f"records/{ocid}").json()["records"]

    assert record["compiledRelease"] == merge.compiled(releases)
    assert "versionedRelease" not in record


def test_the_versioned_release_comes_when_asked(world: World, publisher: Publisher) -> None:
    [(ocid, _)] = publisher.publish()
    publisher.publish(ocid, language="en")
    releases = world.get(f"releases/{ocid}").json()["releases"]

    [record] = world.get(f"records/{ocid}?versioned=true").json()["records"]

    assert record["versionedRelease"] == merge.versioned(releases)
    assert [value["value"] for value in record["versionedRelease"]["language"]] == ["es", "en"]


def test_pages_of_records_hold_each_process_once(world: World, publisher: Publisher) -> None:
    ocids = [publisher.publish()[0][0] for _ in range(3)]

    pages = list(world.all_pages("records?limit=2"))

    assert [[record["ocid"] for record in page["records"]] for page in pages] == [ocids[:2], ocids[2:], []]
    assert {page["total"] for page in pages} == {3}


def test_a_process_that_publishes_again_comes_back_to_whoever_follows(
    world: World, publisher: Publisher
) -> None:
    [(ocid, _)] = publisher.publish()
    publisher.publish()
    link = world.get("records").json()["links"]["next"]

    publisher.publish(ocid, language="en")

    assert [record["ocid"] for record in world.get(link).json()["records"]] == [ocid]


def test_records_since_a_moment(world: World, publisher: Publisher) -> None:
    [(ocid, _)] = publisher.publish()
    [(later, _)] = publisher.publish()
    date = world.get(f"records/{later}").json()["publishedDate"]

    assert [record["ocid"] for record in world.get(f"records?since={date}").json()["records"]] == [later]
    assert world.get(f"records/{ocid}").json()["publishedDate"] < date


def test_a_record_forgets_a_withdrawn_release(world: World, publisher: Publisher) -> None:
    [(ocid, first)] = publisher.publish()
    [(_, second)] = publisher.publish(ocid, language="en")

    publisher.withdraw(ocid, second)

    [record] = world.get(f"records/{ocid}").json()["records"]
    assert [link["url"].partition("#")[2] for link in record["releases"]] == [first]
    assert record["compiledRelease"]["language"] == "es"


def test_packages_are_valid_ocds(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()
    release_package = jsonschema_rs.Draft4Validator(schema.release_package_schema(), validate_formats=True)
    record_package = jsonschema_rs.Draft4Validator(schema.record_package_schema(), validate_formats=True)

    answers = {
        address: world.get(address).content
        for address in (
            "releases",
            f"releases/{ocid}",
            f"releases/{ocid}/{release_id}",
            "records",
            f"records/{ocid}",
            f"records/{ocid}?versioned=true",
        )
    }

    for address, content in answers.items():
        validator = release_package if address.startswith("releases") else record_package
        package = orjson.loads(content)
        assert [str(error) for error in validator.iter_errors(package)] == [], address


def test_an_odd_question_about_the_versioned_release_is_refused(world: World, publisher: Publisher) -> None:
    [(ocid, _)] = publisher.publish()

    answer = world.get(f"records/{ocid}?versioned=si")

    assert (answer.status_code, answer.json()["detail"]) == (400, "«versioned» admite «true» o «false».")

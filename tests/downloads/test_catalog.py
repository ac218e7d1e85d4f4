"""What catalogues of data read: `data.json`, DCAT-AP, the OCP registry's facts, and what columns mean."""

import csv
import io
import zipfile
from typing import Any

import pytest

from tests.downloads.conftest import SERVICE, Shelf


@pytest.fixture
def served(shelf: Shelf) -> Shelf:
    """A shelf with a release in its files."""
    shelf.press.release()
    shelf.refresh()
    return shelf


def told(shelf: Shelf, address: str) -> dict[str, Any]:
    answer = shelf.client.get(f"/{shelf.place.slug}/{address}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    found: dict[str, Any] = answer.json()
    return found


def loose(shelf: Shelf) -> set[str]:
    """The files that are no packages."""
    return {file["url"] for file in shelf.index()["files"] if "packages" not in file["kind"]}


def test_data_json_names_every_file(served: Shelf) -> None:
    catalog = told(served, "data.json")

    [dataset] = catalog["dataset"]
    assert {one["downloadURL"] for one in dataset["distribution"]} == loose(served)
    # What the schema of Project Open Data asks of every dataset.
    assert all(
        dataset[name] for name in ("title", "description", "keyword", "modified", "publisher", "contactPoint")
    )
    assert (dataset["accessLevel"], dataset["identifier"]) == ("public", served.index()["uri"])


def test_dcat_gives_sizes_and_sums(served: Shelf) -> None:
    catalog = told(served, "descargas/catalogo.jsonld")

    [dataset] = catalog["dcat:dataset"]
    found = {
        one["dcat:downloadURL"]["@id"]: (
            int(one["dcat:byteSize"]["@value"]),
            one["spdx:checksum"]["spdx:checksumValue"]["@value"],
        )
        for one in dataset["dcat:distribution"]
    }
    files = served.index()["files"]
    assert found == {
        file["url"]: (file["bytes"], file["sha256"]) for file in files if file["url"] in loose(served)
    }


def test_the_registry_hears_where_to_begin(served: Shelf) -> None:
    facts = told(served, "descargas/registro.json")

    assert facts["counts"] == {"releases": 1, "records": 1}
    assert facts["retrieval"]["releases"] == f"{SERVICE}/{served.place.slug}/descargas/releases.jsonl.gz"
    assert (facts["country"], facts["language"]) == ("Mexico", "Spanish")
    assert facts["dateFrom"] == f"{served.press.entries()[0].date.year}-01-01"


def test_what_columns_mean_stands_by_itself(served: Shelf) -> None:
    with zipfile.ZipFile(io.BytesIO(served.get("releases-csv.zip").content)) as packed:
        for name in ("datapackage.json", "diccionario.csv"):
            assert served.get(name).content == packed.read(name)
    assert (
        served.get(
            "datapackage.json", If_None_Match=served.get("datapackage.json").headers["etag"]
        ).status_code
        == 304
    )
    model = list(csv.DictReader(io.StringIO(served.client.get("/descargas/diccionario.csv").text)))
    [amount] = [row for row in model if row["campo"] == "tender/value/amount"]
    assert (amount["tipo"], bool(amount["significado"])) == ("number", True)


def test_after_a_withdrawal_they_name_no_file_and_explain_no_column(served: Shelf) -> None:
    served.press.withdraw(1)

    assert told(served, "data.json")["dataset"] == []
    assert told(served, "descargas/catalogo.jsonld")["dcat:dataset"] == []
    assert served.get("datapackage.json").status_code == 503
    served.refresh()
    assert served.get("datapackage.json").status_code == 404


def test_the_nation_has_its_own(served: Shelf) -> None:
    for address, name in (("data.json", "@id"), ("descargas/catalogo.jsonld", "@id")):
        assert served.client.get(f"/{address}").json()[name] == f"{SERVICE}/{address}"
    assert served.client.get("/descargas/registro.json").json()["sourceUrl"] == f"{SERVICE}/descargas"


def test_who_asks_for_a_catalogue_that_is_not_there_hears_so_as_a_program_does(served: Shelf) -> None:
    for address in ("/nadie/data.json", "/nadie/descargas/catalogo.jsonld", "/data.json?a=1"):
        answer = served.client.get(address)
        assert answer.status_code in (400, 404)
        assert answer.headers["content-type"] == "application/problem+json"

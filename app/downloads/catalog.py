"""What catalogues of data ask for: `data.json` (Project Open Data 1.1), DCAT-AP 3 as JSON-LD, and the OCP Data Registry's facts.

All three say the same, from one `Dataset`: files that may be given now, with their sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.downloads.composing import FOLDER, KINDS
from app.downloads.index import INDEX
from app.downloads.queries import Listed
from app.openapi.addresses import API
from app.publication.chain import rfc3339

DATA_JSON, DCAT, REGISTRY = "/data.json", "catalogo.jsonld", "registro.json"
_EU = "http://publications.europa.eu/resource/authority/"
_TYPES = {
    ".gz": ("application/gzip", "JSON"),
    ".zip": ("application/zip", "CSV"),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"),
}
"""How names end → media type, and what is inside."""
_ABOUT = (
    "Procesos de contratación pública, de la planeación a la ejecución, conforme al estándar OCDS 1.1: cada entrega publicada y "
    "el registro de cada proceso."
)
_WORDS = ["contrataciones abiertas", "OCDS", "compras públicas", "contratos", "licitaciones", "México"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """All that one publisher, or all together, published.

    Attributes:
        root: where its addresses start.
        title: in words.
        publisher: its name.
        licence: its address; empty where none was declared.
        contact: address for letters.
        files: those that there are.
        parts: of the nation's, the publishers: what they are called, and where their addresses start.
    """

    root: str
    title: str
    publisher: str
    licence: str
    contact: str
    files: Sequence[Listed]
    parts: Sequence[tuple[str, str]] = ()

    @property
    def given(self) -> list[Listed]:
        """The files that stand for the dataset: packages are found by the index."""
        return [file for file in self.files if file.whole and not file.kind.endswith("packages")]

    @property
    def modified(self) -> str | None:
        """When any of them got its bytes last."""
        return rfc3339(max(file.modified_at for file in self.given)) if self.given else None

    @property
    def years(self) -> tuple[int, int] | None:
        """The first and the last year of publication."""
        years = [file.year for file in self.given if file.year is not None]
        return (min(years), max(years)) if years else None

    def address(self, name: str) -> str:
        """Return where a file is."""
        return f"{self.root}{FOLDER}/{name}"


def _title(file: Listed) -> str:
    return f"{KINDS[file.kind]}, {file.year or 'todos los años'}"


def _type(file: Listed) -> tuple[str, str]:
    return next(told for ending, told in _TYPES.items() if file.name.endswith(ending))


def data_json(told: Dataset) -> dict[str, Any]:
    """Return the catalogue that portals of open data harvest."""
    contact = {"@type": "vcard:Contact", "fn": told.publisher, "hasEmail": f"mailto:{told.contact}"}
    common = {"@type": "dcat:Dataset", "contactPoint": contact, "keyword": _WORDS, "accessLevel": "public"}
    whole: dict[str, Any] = {
        **common,
        "identifier": told.address(INDEX),
        "title": told.title,
        "description": _ABOUT,
        "publisher": {"@type": "org:Organization", "name": told.publisher},
        "modified": told.modified,
        "accrualPeriodicity": "R/PT1H",
        "language": ["es-MX"],
        "spatial": "México",
        "landingPage": f"{told.root}{FOLDER}",
        "describedBy": told.address("diccionario.csv"),
        "describedByType": "text/csv",
        "conformsTo": "https://standard.open-contracting.org/1.1/",
        "distribution": [
            {
                "@type": "dcat:Distribution",
                "title": _title(file),
                "downloadURL": told.address(file.name),
                "mediaType": _type(file)[0],
                "format": _type(file)[1],
            }
            for file in told.given
        ],
    }
    if told.licence:
        whole["license"] = told.licence
    if told.years:
        whole["temporal"] = "{}-01-01/{}-12-31".format(*told.years)
    parts = [
        {
            **common,
            "identifier": f"{root}{FOLDER}/{INDEX}",
            "title": f"Contrataciones públicas: {name}",
            "description": _ABOUT,
            "publisher": {"@type": "org:Organization", "name": name},
            "modified": told.modified,
            "landingPage": f"{root}{FOLDER}",
            "isPartOf": whole["identifier"],
        }
        for name, root in told.parts
    ]
    return {
        "@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld",
        "@id": told.root + DATA_JSON,
        "@type": "dcat:Catalog",
        "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
        "describedBy": "https://project-open-data.cio.gov/v1.1/schema/catalog.json",
        "dataset": [whole, *parts] if told.modified else [],
    }


def dcat(told: Dataset) -> dict[str, Any]:
    """Return the catalogue as DCAT-AP describes one."""
    publisher = {"@id": f"{told.root}/", "@type": "foaf:Agent", "foaf:name": told.publisher}
    dataset: dict[str, Any] = {
        "@id": told.address(INDEX),
        "@type": "dcat:Dataset",
        "dct:title": _spanish(told.title),
        "dct:description": _spanish(_ABOUT),
        "dct:publisher": publisher,
        "dcat:contactPoint": {
            "@type": "vcard:Organization",
            "vcard:fn": told.publisher,
            "vcard:hasEmail": {"@id": f"mailto:{told.contact}"},
        },
        "dcat:keyword": [_spanish(word) for word in _WORDS],
        "dcat:theme": {"@id": f"{_EU}data-theme/GOVE"},
        "dct:accrualPeriodicity": {"@id": f"{_EU}frequency/UPDATE_CONT"},
        "dct:language": {"@id": f"{_EU}language/SPA"},
        "dct:spatial": {"@id": f"{_EU}country/MEX"},
        "dct:conformsTo": {"@id": "https://standard.open-contracting.org/1.1/"},
        "dct:modified": _moment(told.modified),
        "dcat:landingPage": {"@id": f"{told.root}{FOLDER}"},
        "dcat:distribution": [_distribution(told, file) for file in told.given],
    }
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "vcard": "http://www.w3.org/2006/vcard/ns#",
            "spdx": "http://spdx.org/rdf/terms#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": told.address(DCAT),
        "@type": "dcat:Catalog",
        "dct:title": _spanish(told.title),
        "dct:description": _spanish(_ABOUT),
        "dct:publisher": publisher,
        "dct:language": {"@id": f"{_EU}language/SPA"},
        "dcat:service": {
            "@id": f"{told.root}{API}/",
            "@type": "dcat:DataService",
            "dct:title": _spanish("API de publicación"),
            "dcat:endpointURL": {"@id": f"{told.root}{API}/"},
        },
        "dcat:dataset": [dataset] if told.modified else [],
        "dcat:catalog": [
            {"@id": f"{root}{FOLDER}/{DCAT}", "@type": "dcat:Catalog"} for _, root in told.parts
        ],
    }


def _distribution(told: Dataset, file: Listed) -> dict[str, Any]:
    media, inside = _type(file)
    found: dict[str, Any] = {
        "@id": told.address(file.name),
        "@type": "dcat:Distribution",
        "dct:title": _spanish(_title(file)),
        "dcat:accessURL": {"@id": told.address(file.name)},
        "dcat:downloadURL": {"@id": told.address(file.name)},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{media}"},
        "dct:format": {"@id": f"{_EU}file-type/{inside}"},
        "dcat:byteSize": {"@value": str(file.size), "@type": "xsd:nonNegativeInteger"},
        "dct:modified": _moment(rfc3339(file.modified_at)),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@value": file.sha256.hex(), "@type": "xsd:hexBinary"},
        },
    }
    if told.licence:
        found["dct:license"] = {"@id": told.licence}
    return found


def registry(told: Dataset) -> dict[str, Any]:
    """Return what the OCP Data Registry says of a publication, in its own words for it."""
    rows = {file.kind: file.rows for file in told.given if file.year is None}
    return {
        "title": told.title,
        "country": "Mexico",
        "region": "LAC",
        "language": "Spanish",
        "description": _ABOUT,
        "publisher": told.publisher,
        "license": told.licence or None,
        "sourceUrl": f"{told.root}{FOLDER}",
        "updateFrequency": "REAL_TIME",
        "dateFrom": f"{told.years[0]}-01-01" if told.years else None,
        "dateTo": told.modified,
        "retrieval": {
            "releases": told.address("releases.jsonl.gz"),
            "records": told.address("records.jsonl.gz"),
            "index": told.address(INDEX),
            "api": f"{told.root}{API}/releases",
            "pagination": "links.next",
        },
        "counts": {kind: rows.get(kind, 0) for kind in ("releases", "records")},
        "contact": told.contact,
    }


def _spanish(words: str) -> dict[str, str]:
    return {"@value": words, "@language": "es"}


def _moment(told: str | None) -> dict[str, str] | None:
    return {"@value": told, "@type": "xsd:dateTime"} if told else None

"""Ask `libcoveocds` about packages, offline. Runs in the oracle's environment, not in the project's.

`python judge.py DATA < packages.jsonl > verdicts.jsonl`, where DATA holds `ocds-1.1.5` and `ocds-extensions`.
A verdict is `{"valid", "errors", "closed", "open", "additional", "deprecated", "empty", "ocid", "broken_extensions"}`.
Places are paths without list positions, except in `errors` and `empty`; `deprecated` holds names of keys.
`{"refused": why}` when the library gives no verdict.

Three things stand in its way offline, found by trying: it wants the standard as the ZIP that GitHub makes, resolves
the references of record packages through jsonref's own loader, and fetches extensions by address only.
"""

import contextlib
import functools
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonref  # type: ignore[import-untyped]
import libcoveocds.schema  # type: ignore[import-not-found]  # the oracle's environment only
import requests
from libcoveocds.common_checks import common_checks_ocds  # type: ignore[import-not-found]
from libcoveocds.config import LibCoveOCDSConfig  # type: ignore[import-not-found]
from libcoveocds.exceptions import LibCoveOCDSError  # type: ignore[import-not-found]
from libcoveocds.lib.api import context_api_transform  # type: ignore[import-not-found]
from ocdsextensionregistry.util import session  # type: ignore[import-not-found]
from requests.adapters import HTTPAdapter
from urllib3.response import HTTPResponse


class Shelf(HTTPAdapter):
    """Answers every web request from the folder of extensions, and 404 for anything else."""

    def __init__(self, extensions: Path) -> None:
        super().__init__()
        self.extensions = extensions

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """`https://github.com/ORG/NAME/archive/REF.zip` is the folder `ORG__NAME`."""
        url = request.url or ""
        owner, name, *_rest = [*urlsplit(url).path.strip("/").split("/"), "", ""]
        folder = self.extensions / f"{owner.replace('contratacionesabiertas', 'INAImexico')}__{name}"
        found = folder.is_dir()
        body = io.BytesIO(zipped(folder, f"{name}-master") if found else b"")
        answer = HTTPResponse(body, status=200 if found else 404, preload_content=False, request_url=url)
        return self.build_response(request, answer)


def zipped(folder: Path, top: str, inside: str = ".") -> bytes:
    """The files of a folder as GitHub zips a repository: an entry for the top folder first."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{top}/", "")
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, (Path(top) / inside / path.relative_to(folder)).as_posix())
    return buffer.getvalue()


def prepare(data: Path) -> Any:
    """The library's configuration, with the three obstacles out of the way."""
    standard = data / "ocds-1.1.5"

    def load(uri: str, **options: Any) -> Any:
        text = (standard / Path(urlsplit(uri).path).name).read_text(encoding="utf-8")
        return json.loads(text.replace("{{version}}", "1.1").replace("{{lang}}", "en"), **options)

    libcoveocds.schema.jsonref.replace_refs = functools.partial(jsonref.replace_refs, loader=load)
    for scheme in ("https://", "http://"):
        session.mount(scheme, Shelf(data / "ocds-extensions"))
    config = LibCoveOCDSConfig()
    config.config["context"] = "api"
    config.config["standard_zip"] = zipped(standard, "standard-1__1__5", "schema")
    return config


def verdict(package: Any, schema: Any) -> dict[str, Any]:
    """What the library finds in one package."""
    context: dict[str, Any] = {"file_type": "json"}
    context_api_transform(common_checks_ocds(context, "", package, schema, cache=False))
    closed = context["additional_closed_codelist_values"]
    errors = context["validation_errors"]
    bad_ocids = context.get("conformance_errors", {}).get("ocds_prefixes_bad_format", [])
    return {
        "valid": not errors and not closed,
        "errors": sorted({(error["path"], error["type"], error["description"]) for error in errors}),
        "closed": sorted((path, value) for path, found in closed.items() for value in found["values"]),
        "open": sorted(
            (path, value)
            for path, found in context["additional_open_codelist_values"].items()
            for value in found["values"]
        ),
        "additional": sorted(
            f"{found['path'].strip('/')}/{found['field']}".strip("/")
            for found in context["additional_fields"]
        ),
        # Names only: of two places with one name the library remembers the last.
        "deprecated": sorted({found["field"] for found in context["deprecated_fields"]}),
        "empty": sorted(
            found["json_location"] for found in context.get("additional_checks", {}).get("empty_field", [])
        ),
        "ocid": sorted({path for _, path in bad_ocids}),
    }


def main(data: Path) -> None:
    config = prepare(data)

    @functools.cache
    def schema(of_records: bool, version: Any, extensions: tuple[str, ...]) -> Any:  # noqa: FBT001
        declared = {"releases": [], "extensions": list(extensions)} | (
            {"version": version} if version else {}
        )
        return libcoveocds.schema.SchemaOCDS(None, declared, config, record_pkg=of_records)

    for line in sys.stdin:
        package = json.loads(line)
        extensions = package.get("extensions")
        listed = (
            tuple(item for item in extensions if isinstance(item, str))
            if isinstance(extensions, list)
            else ()
        )
        version = package.get("version")
        try:
            known = schema("records" in package, version if isinstance(version, str) else None, listed)
            # The library prints warnings of its own; the answers stand alone on stdout.
            with contextlib.redirect_stdout(sys.stderr):
                answer = verdict(package, known)
            answer["broken_extensions"] = sorted(known.invalid_extension)
        except LibCoveOCDSError as refusal:
            answer = {"refused": str(refusal)}
        print(json.dumps(answer, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

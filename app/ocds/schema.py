"""JSON Schemas (draft 4) of OCDS 1.1.5 and of our profile, derived from the model.

Every function returns a plain dict, made once: callers must not change it. All references are local
(`#/definitions/…`), so nothing is ever fetched.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias

from app.ocds.model import BLOCKS, CODELISTS, OWN, RELEASE, Block, ExtensionInfo, Field
from app.ocds.model import EXTENSIONS as DECLARED
from app.ocds.model import release as travelling

Schema: TypeAlias = dict[str, Any]
Origins: TypeAlias = frozenset[str | None]
"""Which parts of the model a schema is made of: names of extensions, None for the standard."""

DRAFT = "http://json-schema.org/draft-04/schema#"
STANDARD: Origins = frozenset({None})
ADDED: Origins = frozenset({OWN, *(extension.name for extension in DECLARED)})
PROFILE: Origins = STANDARD | ADDED

# A language tag of BCP 47: the standard accepts `title_<tag>` beside `title`.
_LANGUAGE = (
    r"(((([A-Za-z]{2,3}(-([A-Za-z]{3}(-[A-Za-z]{3}){0,2}))?)|[A-Za-z]{4}|[A-Za-z]{5,8})"
    r"(-([A-Za-z]{4}))?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(-([0-9A-WY-Za-wy-z](-[A-Za-z0-9]{2,8})+))*(-(x(-[A-Za-z0-9]{1,8})+))?)|(x(-[A-Za-z0-9]{1,8})+))"
)

_MERGE_KEYWORDS = frozenset({"wholeListMerge", "versionId", "omitWhenMerged"})


class Extension(ExtensionInfo):
    """One extension of the profile, and what it changes in the schema."""

    def patch(self) -> Schema:
        """Return its JSON Merge Patch of the standard's release schema; empty when it only adds codes."""
        return _patch(frozenset({self.name}))


EXTENSIONS = tuple(Extension(e.name, e.label, e.help, e.repository, e.owners) for e in DECLARED)


@cache
def standard_release_schema() -> Schema:
    """Return the release schema of OCDS 1.1.5 alone."""
    return _release(STANDARD)


@cache
def release_schema() -> Schema:
    """Return the release schema of the profile: the standard with every extension applied."""
    return _release(PROFILE)


@cache
def profile_patch() -> Schema:
    """Return the JSON Merge Patch that turns the standard's release schema into the profile's."""
    return _patch(ADDED)


@cache
def standard_versioned_release_schema() -> Schema:
    """Return the versioned release schema of OCDS 1.1.5 alone."""
    return _versioned(standard_release_schema())


@cache
def versioned_release_schema() -> Schema:
    """Return the versioned release schema of the profile."""
    return _versioned(release_schema())


@cache
def standard_release_package_schema() -> Schema:
    """Return the release package schema of OCDS 1.1.5 alone."""
    return _package(travelling.RELEASE_PACKAGE, standard_release_schema())


@cache
def release_package_schema() -> Schema:
    """Return the release package schema of the profile."""
    return _package(travelling.RELEASE_PACKAGE, release_schema())


@cache
def standard_record_package_schema() -> Schema:
    """Return the record package schema of OCDS 1.1.5 alone."""
    return _package(travelling.RECORD_PACKAGE, standard_release_schema(), standard_versioned_release_schema())


@cache
def record_package_schema() -> Schema:
    """Return the record package schema of the profile."""
    return _package(travelling.RECORD_PACKAGE, release_schema(), versioned_release_schema())


# From the model to a schema


def _release(origins: Origins) -> Schema:
    definitions = {
        name: _block(block, origins) for name, block in BLOCKS.items() if block.extension in origins
    }
    return {"$schema": DRAFT, **_block(RELEASE, origins), "definitions": definitions}


def _patch(origins: Origins) -> Schema:
    """Return what `origins` add to the rest of the model, as a JSON Merge Patch without nulls."""
    definitions: Schema = {}
    for name, block in BLOCKS.items():
        if block.extension in origins:
            definitions[name] = _block(block, origins)
        elif added := _members(block, origins):
            definitions[name] = added
    patch = _members(RELEASE, origins)
    return {**patch, "definitions": definitions} if definitions else patch


def _block(block: Block, origins: Origins, owner: str | None = None) -> Schema:
    schema: Schema = {"title": block.label, "description": block.help, "type": "object"}
    if required := [field.name for field in block.fields if field.required]:
        schema["required"] = required
    schema |= _members(block, origins, owner)
    if block.min_properties is not None:
        schema["minProperties"] = block.min_properties
    return schema


def _members(block: Block, origins: Origins, owner: str | None = None) -> Schema:
    """Return `properties` and `patternProperties` of the fields that come from `origins`."""
    owner = block.extension or owner
    fields = [field for field in block.fields if (field.extension or owner) in origins]
    names = [field.name for field in fields if field.translatable]
    if owner in origins:
        names.extend(block.variants)
    patterns: Schema = {f"^({name}_{_LANGUAGE})$": {"type": ["string", "null"]} for name in names}
    for pattern, (extension, types) in block.patterns.items():
        if extension in origins:
            patterns[pattern] = {"type": _type(types)}
    members: Schema = {}
    if fields:
        members["properties"] = {field.name: _field(field, origins, owner) for field in fields}
    if patterns:
        members["patternProperties"] = patterns
    return members


def _field(field: Field, origins: Origins, owner: str | None) -> Schema:
    schema: Schema = {"title": field.label, "description": field.help}
    if field.one_of:
        return {**schema, "oneOf": [_field(shape, origins, owner) for shape in field.one_of]}
    if field.types:
        schema["type"] = _type(field.types)
    held: Schema = {}
    if field.inline:
        held = _block(field.inline, origins, field.extension or owner)
    elif field.of:
        held = {"$ref": f"#/definitions/{field.of}"}
    if field.is_list:
        schema["items"] = held or dict(field.items or {"type": "string"})
    else:
        schema = {**held, **schema}
    if field.codelist:
        codelist = CODELISTS[field.codelist]
        schema |= {"codelist": f"{codelist.name}.csv", "openCodelist": codelist.open}
        if not codelist.open:
            nothing = [None] if "null" in field.types and not field.is_list else []
            (schema["items"] if field.is_list else schema)["enum"] = [*codelist.codes, *nothing]
    keywords = {
        "format": field.format,
        "pattern": field.pattern,
        "minLength": field.min_length,
        "minItems": field.min_items,
        "uniqueItems": field.unique or None,
        "default": field.default,
        "wholeListMerge": field.whole_list or None,
        "versionId": field.version_id or None,
        "omitWhenMerged": field.omit_when_merged or None,
    }
    schema |= {keyword: value for keyword, value in keywords.items() if value is not None}
    if field.deprecated:
        schema["deprecated"] = {"deprecatedVersion": field.deprecated, "description": field.help}
    return schema


def _type(types: tuple[str, ...]) -> str | list[str]:
    return types[0] if len(types) == 1 else list(types)


def _package(block: Block, release: Schema, versioned: Schema | None = None) -> Schema:
    """Return a package's schema with everything that it refers to among its own definitions."""
    definitions = {**release["definitions"], "Release": _root(release)}
    if versioned is not None:
        clashing = {name: f"Versioned{name}" for name in versioned["definitions"] if name in definitions}
        versioned = _rename(versioned, clashing)
        definitions |= {clashing.get(name, name): held for name, held in versioned["definitions"].items()}
        definitions |= {"VersionedRelease": _root(versioned), "Record": _block(travelling.RECORD, STANDARD)}
    return {"$schema": DRAFT, **_block(block, STANDARD), "definitions": definitions}


def _root(schema: Schema) -> Schema:
    return {keyword: value for keyword, value in schema.items() if keyword not in {"$schema", "definitions"}}


# From a release schema to the versioned one: a field becomes the list of its values through time


def _versioned(release: Schema) -> Schema:
    """Return the schema of what merging makes of releases when it keeps every value.

    A value becomes a list of `{releaseID, releaseDate, releaseTag, value}`; what identifies the elements of a
    list stays as it is, and so does the inside of a list that is merged whole.
    """
    definitions: Schema = release["definitions"]
    elements = set(_element_references(release))
    # A block that stands both in lists and alone (a reference to a party) needs its id in two shapes.
    twofold = elements & set(_lone_references(release))
    names = {name: f"{name}Unversioned" for name in definitions}
    alone = {name: f"{name}VersionedId" for name in twofold}

    root = _versioned_block(_root(release), names, alone, keep=("ocid",))
    result: Schema = {
        name: _versioned_block(block, names, alone, keep=("id",) if name in elements else ())
        for name, block in definitions.items()
    }
    result |= {alone[name]: _versioned_block(definitions[name], names, alone) for name in twofold}
    result |= {names[name]: _rename(_plain(block), names) for name, block in definitions.items()}
    result |= {name: _history(value) for name, value in _COMMON_HISTORIES.items()}
    used = _reachable(root, result)
    return {"$schema": DRAFT, **root, "definitions": {name: result[name] for name in result if name in used}}


_COMMON_HISTORIES: dict[str, Schema] = {
    "StringNullVersioned": {"type": ["string", "null"]},
    "StringNullDateTimeVersioned": {"type": ["string", "null"], "format": "date-time"},
    "StringNullUriVersioned": {"type": ["string", "null"], "format": "uri"},
}


def _history(value: Schema) -> Schema:
    entry = {
        "releaseDate": {"type": "string", "format": "date-time"},
        "releaseID": {"type": "string"},
        "value": value,
        "releaseTag": {"type": "array", "items": {"type": "string"}},
    }
    return {"type": "array", "items": {"type": "object", "properties": entry}}


def _versioned_block(
    block: Schema, names: dict[str, str], alone: dict[str, str], keep: tuple[str, ...] = ()
) -> Schema:
    properties = {
        name: _plain(field) if name in keep else _versioned_field(field, names, alone)
        for name, field in block["properties"].items()
        if not field.get("omitWhenMerged")
    }
    schema: Schema = {**block, "properties": properties}
    if required := [name for name in block.get("required", ()) if name in properties]:
        schema["required"] = required
    return schema


def _versioned_field(field: Schema, names: dict[str, str], alone: dict[str, str]) -> Schema:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return {**field, "$ref": f"#/definitions/{alone.get(name, name)}"}
    if _is_identified_list(field):
        return _plain(field)
    if "properties" in field:
        return _versioned_block(field, names, alone)
    texts = {keyword: field[keyword] for keyword in ("title", "description")}
    value = _rename(_plain(field), names)
    value = {keyword: kept for keyword, kept in value.items() if keyword not in {*texts, "default"}}
    for name, common in _COMMON_HISTORIES.items():
        if value == common:
            return {**texts, "$ref": f"#/definitions/{name}"}
    return {**texts, **_history(value)}


def _is_identified_list(field: Schema) -> bool:
    """Whether merging matches the elements of this list one by one."""
    items = field.get("items", {})
    return ("$ref" in items or "properties" in items) and not field.get("wholeListMerge")


def _fields(release: Schema) -> Iterator[Schema]:
    """Yield every field of a release schema, those of blocks written in place included."""
    pending = [release, *release["definitions"].values()]
    while pending:
        for field in pending.pop()["properties"].values():
            yield field
            if "properties" in field:
                pending.append(field)


def _element_references(release: Schema) -> Iterator[str]:
    for field in _fields(release):
        if _is_identified_list(field) and "$ref" in field["items"]:
            yield field["items"]["$ref"].rpartition("/")[2]


def _lone_references(release: Schema) -> Iterator[str]:
    for field in _fields(release):
        if "$ref" in field and "deprecated" not in field:
            yield field["$ref"].rpartition("/")[2]


def _plain(schema: Schema) -> Schema:
    """Return a schema without merge keywords."""
    return {
        name: _plain(value) if isinstance(value, dict) else value
        for name, value in schema.items()
        if name not in _MERGE_KEYWORDS
    }


def _rename(schema: Any, names: dict[str, str]) -> Any:
    """Return a schema whose references go to the new names of definitions."""
    if isinstance(schema, list):
        return [_rename(value, names) for value in schema]
    if not isinstance(schema, dict):
        return schema
    renamed = {name: _rename(value, names) for name, value in schema.items()}
    if isinstance(target := schema.get("$ref"), str):
        name = target.rpartition("/")[2]
        renamed["$ref"] = f"#/definitions/{names.get(name, name)}"
    return renamed


def _reachable(root: Schema, definitions: Schema) -> set[str]:
    found: set[str] = set()
    pending = [root]
    while pending:
        for name in _references(pending.pop()):
            if name not in found:
                found.add(name)
                pending.append(definitions[name])
    return found


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(target := schema.get("$ref"), str):
            yield target.rpartition("/")[2]
        schema = list(schema.values())
    if isinstance(schema, list):
        for value in schema:
            yield from _references(value)

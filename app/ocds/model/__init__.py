"""The model: OCDS 1.1.5 with EDCA-MX and `bids`, described once.

`BLOCKS` is what is declared, `FIELDS` every field that a release can hold, placed and in order. Add a field by
adding a line to its block; schemas, forms, labels and documentation follow.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from app.ocds.model import award, bids, blocks, contract, papers, parties, planning, release, tender
from app.ocds.model.codes import CODELISTS
from app.ocds.model.extensions import EXTENSIONS, OWN, ExtensionInfo
from app.ocds.model.notation import Block, Code, Codelist, Field, Kind, Need, Stage

__all__ = [
    "BLOCKS",
    "CODELISTS",
    "EXTENSIONS",
    "FIELDS",
    "LONG_LISTS",
    "OWN",
    "RELEASE",
    "STAGES",
    "Block",
    "Code",
    "Codelist",
    "ExtensionInfo",
    "Field",
    "Kind",
    "Need",
    "Stage",
    "children",
    "field",
]

RELEASE = release.RELEASE

BLOCKS: Mapping[str, Block] = MappingProxyType(
    {
        block.name: block
        for module in (planning, tender, bids, award, contract, parties, blocks, papers)
        for block in module.BLOCKS
    }
)
"""Name -> block, for every block that the release refers to by name."""

STAGES: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.GENERAL: "Datos generales",
        Stage.PLANNING: "Planeación",
        Stage.TENDER: "Licitación",
        Stage.AWARD: "Adjudicación",
        Stage.CONTRACT: "Contrato",
        Stage.IMPLEMENTATION: "Ejecución",
    }
)
"""Stage -> Spanish label, in the order of the process."""

_STAGE_OF_PATH = (
    ("contracts/implementation", Stage.IMPLEMENTATION),
    ("contracts", Stage.CONTRACT),
    ("awards", Stage.AWARD),
    ("bids", Stage.TENDER),
    ("tender", Stage.TENDER),
    ("planning", Stage.PLANNING),
)

_ELEMENTS = frozenset(
    {
        "Amendment",
        "Award",
        "Bid",
        "BudgetBreakdown",
        "ClarificationMeeting",
        "Contract",
        "Document",
        "Guarantee",
        "Item",
        "Milestone",
        "Organization",
        "Quote",
        "RelatedProcess",
        "RequestForQuotes",
        "Statistic",
        "Transaction",
    }
)
"""Blocks with an id of their own, which a person fills in one at a time."""


def _stage(path: str) -> Stage:
    inside = (stage for prefix, stage in _STAGE_OF_PATH if path == prefix or path.startswith(prefix + "/"))
    return next(inside, Stage.GENERAL)


_ORIGINS = {None: "OCDS 1.1.5", "bids": "OCDS, extensión de proposiciones", OWN: "Perfil propio"}


def _source(declared: Field, extension: str | None) -> str:
    origin = _ORIGINS.get(extension, f"EDCA-MX, extensión {extension}")
    return f"{declared.source}; {origin}" if declared.source else origin


def _place(block: Block, prefix: str, inherited: str | None) -> Iterator[Field]:
    """Yield the fields of a block as they stand under `prefix`, each followed by what it holds."""
    owner = block.extension or inherited
    for declared in block.fields:
        path = f"{prefix}{declared.name}"
        extension = declared.extension or owner
        yield replace(
            declared, path=path, stage=_stage(path), extension=extension, source=_source(declared, extension)
        )
        held = declared.inline or (BLOCKS[declared.of] if declared.of else None)
        if held:
            yield from _place(held, f"{path}/", extension)


def _all_fields() -> dict[str, Field]:
    placed = _place(RELEASE, "", None)
    return {found.path: replace(found, order=order) for order, found in enumerate(placed)}


FIELDS: Mapping[str, Field] = MappingProxyType(_all_fields())
"""Path -> field, in document order. `extension` is the one that makes the path possible."""

_CHILDREN: dict[str, list[Field]] = {}
for _found in FIELDS.values():
    _CHILDREN.setdefault(_found.path.rpartition("/")[0], []).append(_found)

LONG_LISTS: frozenset[str] = frozenset(
    found.path for found in FIELDS.values() if found.is_list and found.of in _ELEMENTS
)
"""Paths of the lists of elements with an id, at any depth: storage keeps one row for each of their elements."""


def field(path: str) -> Field:
    """Return the field at a path (`tender/items/classification/id`); KeyError when the model has none."""
    return FIELDS[path]


def children(path: str) -> tuple[Field, ...]:
    """Return the fields directly under a path, in order; `""` is the release, and a leaf has none."""
    return tuple(_CHILDREN.get(path, ()))

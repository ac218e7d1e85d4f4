"""Every codelist, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from app.ocds.model.codes import countries, documents, money, people, process, things
from app.ocds.model.notation import Codelist

CODELISTS: Mapping[str, Codelist] = MappingProxyType(
    {
        codelist.name: codelist
        for module in (process, documents, people, things, money, countries)
        for codelist in module.LISTS
    }
)
"""Name (the standard's, without `.csv`) -> codelist."""

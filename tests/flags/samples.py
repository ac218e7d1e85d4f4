"""Small processes that the flags are asked about, and the ways to ask."""

from collections.abc import Iterable
from typing import Any

from app.flags import Options, Verdict, fences, flags_part, lines, look
from app.ocds import folding
from app.ocds.folding import Summary

Document = dict[str, Any]
DEFAULT = Options()


def bid(
    who: str | Iterable[str], amount: float | None = None, status: str = "valid", **more: Any
) -> Document:
    """A bid of one tenderer (a letter), or of several."""
    found: Document = {"status": status, "tenderers": [{"id": one} for one in who], **more}
    if amount is not None:
        found["value"] = {"amount": amount, "currency": more.pop("currency", "MXN")}
        found.pop("currency", None)
    return found


def award(who: str = "G", status: str = "active", **more: Any) -> Document:
    """An award to each letter."""
    return {"status": status, "suppliers": [{"id": one} for one in who], **more}


def process(
    ocid: str = "p", bids: Iterable[Document] = (), awards: Iterable[Document] = (), **more: Any
) -> Document:
    """A compiled release with those bids and awards."""
    return {"ocid": ocid, "bids": {"details": list(bids)}, "awards": list(awards), **more}


def summary(releases: Iterable[Document], options: Options = DEFAULT) -> Summary:
    """The fold of all."""
    return folding.total(flags_part(one, options) for one in releases)


def said(
    code: str, release: Document, options: Options = DEFAULT, others: Iterable[Document] = ()
) -> Verdict:
    """What a flag says of a process, among others."""
    limits = fences(summary([release, *others], options), options)
    (verdict,) = (one.verdict for one in look(release, options, limits) if one.flag.code == code)
    return verdict


def status(code: str, release: Document, options: Options = DEFAULT, others: Iterable[Document] = ()) -> str:
    """Its status."""
    return said(code, release, options, others).status.value


def outliers(
    code: str, releases: Iterable[Document], options: Options = DEFAULT
) -> dict[tuple[str, str], float]:
    """Whom a flag about organizations raises: (group, id) → value."""
    (line,) = (one for one in lines(summary(releases, options), options) if one.flag.code == code)
    return {(one.group, one.id): one.value for one in line.outliers}


def raised_in(code: str, releases: list[Document], options: Options = DEFAULT) -> dict[str, float | None]:
    """Of which processes a flag is raised, among all of them: ocid → value."""
    limits = fences(summary(releases, options), options)
    found = {}
    for release in releases:
        for one in look(release, options, limits):
            if one.flag.code == code and one.question is not None:
                found[release["ocid"]] = one.verdict.value
    return found

"""Release tags, told by what changed and never asked of anyone."""

from typing import Any

from app.ocds.diff import Change, changes, has_content
from app.ocds.shape import Document

TAGS = (
    "planning",
    "planningUpdate",
    "tender",
    "tenderAmendment",
    "tenderUpdate",
    "tenderCancellation",
    "award",
    "awardUpdate",
    "awardCancellation",
    "contract",
    "contractUpdate",
    "contractAmendment",
    "contractTermination",
    "implementation",
    "implementationUpdate",
)
"""Tags of releases, in the order in which they are given."""
_SECTIONS = ("planning", "tender", "award", "contract", "implementation")
_STATUS = {
    "tender": ("cancelled", "tenderCancellation"),
    "award": ("cancelled", "awardCancellation"),
    "contract": ("terminated", "contractTermination"),
}


def sections_present(document: Document) -> list[str]:
    """The stages that a document says something about, as the tags of a first release, in order."""
    held = {
        "planning": document.get("planning"),
        "tender": document.get("tender"),
        "award": document.get("awards"),
        "contract": document.get("contracts"),
        "implementation": [
            contract.get("implementation") for contract in _objects(document.get("contracts"))
        ],
    }
    return [section for section in _SECTIONS if has_content(held[section])]


def derive(previous: Document | None, current: Document) -> list[str]:
    """Tags of the release that takes a process from `previous` (compiled, None before the first) to `current`.

    A section that appears, and each new award or contract, gives its own tag; a change in what existed gives the
    update, or instead of it the amendment or the cancellation that caused it. A change outside every section (a
    party's address) is an update of the last stage reached; a process of which no stage is known yet is being
    planned. Without any change there is no release to tag: an empty list.
    """
    before = set(sections_present(previous or {}))
    found: set[str] = set()
    outside = False
    for change in changes(previous, current):
        tags = _tags_of(change, before)
        found.update(tags)
        outside = outside or not tags
    found.update(_status_tags(previous or {}, current))
    for section, (_, tag) in _STATUS.items():
        if found & {tag, f"{section}Amendment"}:
            found.discard(f"{section}Update")
    if outside and not found:
        reached = [section for section in _SECTIONS if section in before]
        found.add(f"{reached[-1]}Update" if reached else "planning")
    return [tag for tag in TAGS if tag in found]


def _tags_of(change: Change, before: set[str]) -> set[str]:
    match change.pointer.split("/")[1:]:
        case ["planning" | "tender" as section]:
            return {section if section not in before else f"{section}Update"}
        case ["planning", *_]:
            return {"planningUpdate"} if "planning" in before else {"planning"}
        case ["tender", *rest]:
            return _inside("tender", rest, change) if "tender" in before else {"tender"}
        case ["awards"] | ["awards", _]:
            return _elements("award", change, before)
        case ["awards", _, *_]:
            return {"awardUpdate"}
        case ["contracts"] | ["contracts", _]:
            return _elements("contract", change, before)
        case ["contracts", _, "implementation"] if change.before is None:
            return {"implementation"}
        case ["contracts", _, "implementation", *_]:
            return {"implementationUpdate"} if "implementation" in before else {"implementation"}
        case ["contracts", _, *rest]:
            return _inside("contract", rest, change)
    return set()


def _inside(section: str, rest: list[str], change: Change) -> set[str]:
    """A change within an existing tender or contract: a new amendment is a legal act, the rest an update."""
    amended = rest[0] == "amendments" and len(rest) <= 2 and change.before is None
    return {f"{section}Amendment" if amended else f"{section}Update"}


def _elements(section: str, change: Change, before: set[str]) -> set[str]:
    """Whole awards or contracts that came, went or lost their list."""
    if change.before is not None:
        return {f"{section}Update"} if section in before else {section}
    came = _objects(change.after if isinstance(change.after, list) else [change.after])
    implemented = section == "contract" and any(
        has_content(element.get("implementation")) for element in came
    )
    return {section, "implementation"} if implemented else {section}


def _status_tags(previous: Document, current: Document) -> set[str]:
    """Cancellations and terminations: a status reached by something that existed before without it."""
    tags: set[str] = set()
    for section, (status, tag) in _STATUS.items():
        then, now = _statuses(previous, section), _statuses(current, section)
        if any(now[key] == status and key in then and then[key] != status for key in now):
            tags.add(tag)
    return tags


def _statuses(document: Document, section: str) -> dict[str, Any]:
    if section == "tender":
        tender = document.get("tender")
        return {"": tender.get("status")} if isinstance(tender, dict) and has_content(tender) else {}
    return {
        str(element.get("id")): element.get("status") for element in _objects(document.get(f"{section}s"))
    }


def _objects(value: Any) -> list[Document]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

"""The OCID, the name of a contracting process for ever (domain.md, "What must never happen" 3)."""

import re

_FORM = re.compile(r"(ocds-[a-z0-9]{6})(.*)", re.ASCII | re.DOTALL)
_ANY_CASE = re.compile(r"ocds-[a-z0-9]{6}", re.ASCII | re.IGNORECASE)


def split(ocid: str) -> tuple[str, str] | None:
    """Prefix (`ocds-` and six lower-case letters or digits) and the body's own part, without the joining hyphen.

    None when the text has no prefix of that form or nothing after it: such an ocid names no process.
    """
    match = _FORM.fullmatch(ocid)
    if match is None:
        return None
    local = match[2].removeprefix("-")
    return (match[1], local) if local else None


def normalise(ocid: str) -> str:
    """The same ocid with its prefix in lower case, everything after it untouched; without a prefix, as it came."""
    match = _ANY_CASE.match(ocid)
    return ocid[: match.end()].lower() + ocid[match.end() :] if match else ocid

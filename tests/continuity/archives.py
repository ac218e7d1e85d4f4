"""Archives made, opened and changed with the tools that anyone has."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pyrage

from app.continuity import archive
from app.continuity.archive import Member
from app.continuity.packing import Packing, members
from app.core.storage import Storage
from tests.conftest import Place

KEY = pyrage.x25519.Identity.generate()
OPERATOR = uuid4()


def pack(place: Place, storage: Storage, target: Path, *, originals: bool = False) -> Path:
    packing = Packing(place.database, storage, place.tenant_id, originals, lambda _done, _total: None)
    with target.open("wb") as file:
        archive.write(members(packing, lambda _head: None), str(KEY.to_public()), file)
    return target


def opened(packed: Path) -> dict[str, bytes]:
    """Return the members of an archive by the tools that anyone has."""
    plain = pyrage.decrypt(packed.read_bytes(), [KEY])
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def repacked(packed: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Write an archive again, with right hashes, after changing members; None leaves one out."""
    kept = [
        Member.of(name, changed)
        for name, body in opened(packed).items()
        if not name.startswith(archive.SUMS) and name != archive.END
        for changed in [change(name, body)]
        if changed is not None
    ]
    with target.open("wb") as file:
        archive.write(kept, str(KEY.to_public()), file)
    return target

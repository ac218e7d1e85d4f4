"""Putting versions of files on a shelf: the tenant's own, or the nation's. Whoever does it holds that shelf's lock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from app.core.storage import Storage
from app.core.tables import table_of
from app.downloads import pieces
from app.downloads.composing import Planned
from app.downloads.models import DownloadFile, NationalFile

KEPT = timedelta(days=1)
"""How long a replaced version is kept for those who are in the middle of it."""


@dataclass(frozen=True, slots=True)
class Chains:
    """Of which chains a file tells, and how many withdrawals they had seen; attributes as of `DownloadFile`."""

    sources: list[UUID]
    withdrawals: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """The current files of a tenant, or of the nation.

    Attributes:
        session: that may write them, and holds their lock.
        storage: where their pieces are.
        whose: what leads the key of a version: a tenant, or nothing.
        now: since when what changes has its bytes.
    """

    session: Session
    storage: Storage
    whose: Mapping[str, UUID]
    now: datetime

    def renew(self, planned: Sequence[tuple[Planned, Chains]], leave: Collection[str] = ()) -> None:
        """Let the files be the planned ones, and none besides; a tenant's tables, made of others, stay as they are.

        Args:
            planned: the files.
            leave: names of files that stay as they are, whatever is planned.
        """
        files = self._files.c
        mine = [files.replaced_at.is_(None), *(files[name] == value for name, value in self.whose.items())]
        if not self._national:
            mine.append(files.made_of.is_(None))
        current = {row.name: row for row in self.session.execute(select(self._files).where(*mine))}
        names = {one.name for one, _ in planned}
        changed = {one.name for one, _ in planned if not _stands(one, current.get(one.name))}
        gone = [name for name in current if name not in leave and (name not in names or name in changed)]
        self.session.execute(
            update(self._files).where(*mine, files.name.in_(gone)).values(replaced_at=self.now)
        )
        for one, chains in planned:
            if one.name in changed:
                self.put(one, chains, current.get(one.name))
                continue
            row = current[one.name]
            if (row.sources, row.withdrawals) != (chains.sources, chains.withdrawals):
                self.session.execute(
                    update(self._files).where(*mine, files.name == one.name).values(**asdict(chains))
                )

    def put(self, one: Planned, chains: Chains, before: Row[Any] | None = None, **more: object) -> None:
        """Put a version on the shelf, its sums read from what is stored; the version before is off it already.

        Args:
            one: the file.
            chains: of which it tells.
            before: the version before; with the same bytes in other pieces it is no change.
            **more: other columns.
        """
        sums = pieces.summed(self.storage, one.pieces)
        row = {
            "kind": one.kind,
            "year": one.year,
            "rows": one.rows,
            "unpacked": one.unpacked,
            "pieces": pieces.packed(one.pieces),
            "storage_keys": pieces.keys(one.pieces),
            "size": sums.size,
            "md5": sums.md5,
            "modified_at": before.modified_at if before and before.sha256 == sums.sha256 else self.now,
            "replaced_at": None,
            **asdict(chains),
            **more,
        }
        self.session.execute(
            insert(self._files)
            .values(**self.whose, name=one.name, sha256=sums.sha256, **row)
            .on_conflict_do_update(index_elements=[*self.whose, "name", "sha256"], set_=row)
        )

    @property
    def _national(self) -> bool:
        return not self.whose

    @property
    def _files(self) -> Any:
        return table_of(NationalFile if self._national else DownloadFile)


def _stands(planned: Planned, row: Row[Any] | None) -> bool:
    return row is not None and row.pieces == pieces.packed(planned.pieces)

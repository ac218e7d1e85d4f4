"""Deleting a stored file once the transaction that let go of it is committed, and not before."""

from app.core.db import Actor, RwSession
from app.core.jobs import Workplace, tenant_task


@tenant_task("files.delete")
def _delete(place: Workplace, _actor: Actor, /, **ids: str) -> None:
    place.storage.delete(ids["storage_key"])


def let_go(session: RwSession, storage_key: str) -> None:
    """Have a file deleted that no row names any more; an absent one is fine.

    Args:
        session: bound to the actor whose tenant the file is of.
        storage_key: of the file.

    Raises:
        ValueError: the file is another tenant's.
    """
    if not storage_key.startswith(f"{session.info['actor'].tenant_id}/"):
        raise ValueError(storage_key)
    _delete.defer(session, storage_key=storage_key)

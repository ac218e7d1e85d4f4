"""The chore that keeps the files true: at once after a withdrawal, soon after anything else."""

from datetime import timedelta
from typing import LiteralString

from sqlalchemy import text

from app.core.jobs import Workplace, apart, chore
from app.downloads.keeping import Keeper, refresh
from app.tenancy.queries import TenantDirectory

_DUE: LiteralString = """
    SELECT h.tenant_id
    FROM chain_head h LEFT JOIN download_state s ON s.tenant_id = h.tenant_id
    WHERE h.position > 0 AND (
        s.tenant_id IS NULL
        OR s.withdrawals <> (SELECT sum(o.withdrawals) FROM chain_head o WHERE o.tenant_id = ANY(s.sources))
        OR s.checked_at <= now() - CAST(:pause AS interval) AND h.position <> s.position
        OR s.checked_at <= now() - interval '1 day')
    ORDER BY s.withdrawals IS NULL, s.checked_at"""


@chore(every_seconds=5)
def keep(place: Workplace) -> None:
    """Renew the files of the tenants that published or withdrew something."""
    seconds = place.settings.downloads_seconds
    if not seconds:
        return
    with place.database.engine("public").connect() as connection:
        due = connection.execute(text(_DUE), {"pause": timedelta(seconds=seconds)}).scalars().all()
    if not due:
        return
    views = {view.tenant_id: view for view in TenantDirectory(place.database).all()}
    keeper = Keeper.of(place.database, place.storage, place.settings)
    for tenant_id in due:
        if tenant_id in views:
            with apart(tenant=str(tenant_id)):
                refresh(keeper, views[tenant_id])

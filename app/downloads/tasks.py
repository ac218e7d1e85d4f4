"""The chores that keep the files true: at once after a withdrawal, soon after anything else."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID

from sqlalchemy import text

from app.core.jobs import Workplace, apart, chore
from app.downloads import national
from app.downloads.keeping import Keeper, refresh
from app.tenancy.queries import TenantDirectory

_DUE: LiteralString = """
    SELECT h.tenant_id
    FROM chain_head h LEFT JOIN download_state s ON s.tenant_id = h.tenant_id
    WHERE h.position > 0 AND (
        s.tenant_id IS NULL
        OR (s.withdrawals, cardinality(s.sources)) <> (
            SELECT sum(o.withdrawals), count(*) FROM chain_head o WHERE o.tenant_id = ANY(s.sources))
        OR s.checked_at <= now() - CAST(:pause AS interval) AND h.position <> s.position
        OR s.checked_at <= now() - interval '1 day')
    ORDER BY s.withdrawals IS NULL, s.checked_at"""


_WITHDRAWN: LiteralString = """
    SELECT s.tenant_id FROM download_state s
    WHERE (s.withdrawals, cardinality(s.sources)) <> (
        SELECT sum(o.withdrawals), count(*) FROM chain_head o WHERE o.tenant_id = ANY(s.sources))
    ORDER BY s.checked_at"""
# Something of the nation's is not given since a withdrawal, or long enough has passed and a tenant's files are others.
_NATION_DUE: LiteralString = """
    SELECT NOT EXISTS (SELECT FROM national_state WHERE number = 1) OR EXISTS (
        SELECT FROM national_file f WHERE f.replaced_at IS NULL AND (f.withdrawals, cardinality(f.sources)) <> (
            SELECT coalesce(sum(h.withdrawals), -1), count(*) FROM chain_head h WHERE h.tenant_id = ANY(f.sources))
    ) OR EXISTS (
        SELECT FROM national_state n, download_state s
        WHERE s.checked_at > n.checked_at AND n.checked_at <= now() - CAST(:pause AS interval))"""


@chore(every_seconds=5)
def keep(place: Workplace) -> None:
    """Renew the files of the tenants that published or withdrew something."""
    if seconds := place.settings.downloads_seconds:
        _renew(place, _due(place, _DUE, seconds))


@chore(every_seconds=1)
def mend(place: Workplace) -> None:
    """Renew the files of the tenants that withdrew something, which are given to nobody until then: behind no other work."""
    if seconds := place.settings.downloads_seconds:
        _renew(place, _due(place, _WITHDRAWN, seconds))


@chore(every_seconds=2)
def keep_national(place: Workplace) -> None:
    """Renew the files of all tenants together."""
    if not place.settings.downloads_seconds:
        return
    [due] = _due(place, _NATION_DUE, place.settings.downloads_national_seconds)
    if due:
        keeper = Keeper.of(place.database, place.storage, place.settings)
        national.refresh(keeper, TenantDirectory(place.database).all())


def _due(place: Workplace, statement: LiteralString, seconds: int) -> Sequence[Any]:
    with place.database.engine("public").connect() as connection:
        return connection.execute(text(statement), {"pause": timedelta(seconds=seconds)}).scalars().all()


def _renew(place: Workplace, due: Sequence[UUID]) -> None:
    if not due:
        return
    views = {view.tenant_id: view for view in TenantDirectory(place.database).all()}
    keeper = Keeper.of(place.database, place.storage, place.settings)
    for tenant_id in due:
        if tenant_id in views:
            with apart(tenant=str(tenant_id)):
                refresh(keeper, views[tenant_id])

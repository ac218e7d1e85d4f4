"""The chore that lets go of what has passed its term."""

from app.accountability import retention
from app.core import logs
from app.core.jobs import Workplace, apart, chore
from app.tenancy.queries import TenantDirectory

_log = logs.get(__name__)


@chore(every_seconds=6 * 3600)
def forget_what_is_over(place: Workplace) -> None:
    """Apply every tenant's terms."""
    for view in TenantDirectory(place.database).all():
        with apart(retention_of=view.slug):
            forgotten = retention.apply(place.database, view.tenant_id)
            if any(forgotten.values()):
                _log.info("retention_applied", tenant=view.slug, **forgotten)
    retention.forget_sessions(place.database, place.settings.session_kept_days)

"""The chore of signed heads."""

from app.core import keys
from app.core.jobs import Workplace, chore
from app.proof import signing
from app.tenancy.queries import TenantDirectory


@chore(every_seconds=900)
def sign_heads(place: Workplace) -> None:
    """Sign the head of each tenant whose day began."""
    signing.sign_due(place.database, keys.of(place.settings), TenantDirectory(place.database).all())

"""The chore that ends what was lent up to a day."""

from app.core.jobs import Workplace, chore
from app.identity.people import end_loans
from app.tenancy.queries import TenantDirectory


@chore(every_seconds=900)
def return_loans(place: Workplace) -> None:
    """End loans that are over; what the borrowers hold goes back."""
    for view in TenantDirectory(place.database).all():
        end_loans(place.database, view.tenant_id)

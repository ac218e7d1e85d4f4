"""People of the platform."""

from uuid import UUID, uuid4

from app.core.db import Database
from app.identity import service as identity
from tests.conftest import PASSWORD


def person(database: Database, role: str) -> tuple[UUID, str]:
    """Enter somebody with a role over the platform; return their account and address."""
    email = f"{role}-{uuid4().hex[:8]}@example.org"
    with database.owner_work() as session:
        account_id = identity.create_account(
            session, email=email, full_name="Persona", password_hash=identity.hash_password(PASSWORD)
        )
        identity.grant_platform_role(session, account_id, role)
    return account_id, email

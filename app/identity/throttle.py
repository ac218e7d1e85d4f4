"""How often something may be tried: counted before it is tried, so that trying in parallel gains nothing."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from app.core import clock
from app.core.db import AuthSession
from app.core.errors import TooManyRequestsError
from app.identity.models import LoginFailure
from app.settings import Settings


def bucket(kind: str, value: object) -> str:
    """Return the name under which attempts are counted: of an account, from an address."""
    return f"{kind}:{hashlib.sha256(str(value).encode()).hexdigest()}"


def attempt(session: AuthSession, settings: Settings, *buckets: str) -> None:
    """Count one attempt in every bucket, or refuse it; the caller commits before it verifies anything.

    Raises:
        TooManyRequestsError: a bucket is full for this window; the transaction ends, so nothing is counted.
    """
    window = _window(settings)
    session.execute(delete(LoginFailure).where(col(LoginFailure.window_start) < window))
    # In a fixed order: two attempts at once must not wait for each other.
    for name in sorted(buckets):
        counted = session.execute(
            insert(LoginFailure)
            .values(bucket=name, window_start=window, failures=1)
            .on_conflict_do_update(
                index_elements=["bucket", "window_start"],
                set_={"failures": LoginFailure.failures + 1},
                where=col(LoginFailure.failures) < settings.login_attempts,
            )
            .returning(col(LoginFailure.failures))
        ).first()
        if counted is None:
            raise _refusal(settings, window)


def forgive(session: AuthSession, *buckets: str) -> None:
    """Forget what was counted for an account whose person came in."""
    session.execute(delete(LoginFailure).where(col(LoginFailure.bucket).in_(buckets)))


def give_back(session: AuthSession, settings: Settings, name: str) -> None:
    """Take back the count of one attempt that was no failure; earlier ones stay."""
    row = session.get(LoginFailure, (name, _window(settings)), with_for_update=True)
    if row is not None:
        row.failures -= 1


def _window(settings: Settings) -> datetime:
    length = timedelta(minutes=settings.login_window_minutes)
    now = clock.now()
    return now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % length


def _refusal(settings: Settings, window: datetime) -> TooManyRequestsError:
    ends = window + timedelta(minutes=settings.login_window_minutes)
    wait = max(1, int((ends - clock.now()).total_seconds()) + 1)
    return TooManyRequestsError(
        f"Hubo demasiados intentos fallidos. Espera {-(-wait // 60)} min y vuelve a intentarlo.",
        retry_after=wait,
    )

"""Locks by name: of what has no row to lock, held until the transaction ends."""

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session


def wait_for(session: Session, name: str) -> None:
    """Take a lock, waiting for whoever holds it."""
    session.execute(select(func.pg_advisory_xact_lock(_number(name))))


def take(session: Session, name: str) -> bool:
    """Take a lock, unless another transaction holds it."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_number(name)))))


def _number(name: str) -> ColumnElement[int]:
    return func.hashtextextended(name, 0)

"""Tables of the figures: sums by body and year, their suppliers, and what each process added to them."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, tenant_key, text_key

WHOLE = UUID(int=0)
"""Stands for all bodies of a tenant together."""


def _year() -> Any:
    return Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))


def _sum(kind: Any = BigInteger) -> Any:
    return Field(default=0, sa_column=Column(kind, nullable=False, server_default=text("0")))


class Figure(SQLModel, table=True):
    """What is summed of a body, or of all of them (`WHOLE`), in one year, or in all years together (0).

    Attributes:
        processes: of the cell `process`, apart so that years and bodies can be listed without reading all cells.
        contracts: likewise of the cell `contract`.
        amount: likewise, in centavos of peso.
        suppliers: different suppliers that have a contract.
        squares: sum of the squares of what each supplier has, in centavos: what concentration is reckoned with.
        cells: kind and of what → how many, and how much (`app.figures.contribution`).
    """

    __tablename__ = "figure"
    __table_args__ = (belongs_to("tenant"), Index("figure_year_idx", "tenant_id", "year", "amount"))

    tenant_id: UUID = tenant_key()
    sujeto_obligado_id: UUID = Field(primary_key=True)
    year: int = _year()
    processes: int = _sum()
    contracts: int = _sum()
    amount: int = _sum()
    suppliers: int = _sum()
    squares: int = Field(
        default=0, sa_column=Column(Numeric(asdecimal=True), nullable=False, server_default=text("0"))
    )
    cells: dict[str, list[int]] = Field(sa_column=Column(JSONB, nullable=False))


class FigureSupplier(SQLModel, table=True):
    """What a supplier has of a body, or of all of them, in a year, or in all.

    Attributes:
        key: by what it is known: its identifier, or its name where none is stated.
        names: each name by which processes call it → of how many contracts, so that none outlives what it stood in.
        contracts: in which it is.
        amount: its parts of them, in centavos of peso.
    """

    __tablename__ = "figure_supplier"
    __table_args__ = (
        belongs_to("tenant"),
        Index("figure_supplier_amount_idx", "tenant_id", "sujeto_obligado_id", "year", "amount", "key"),
    )

    tenant_id: UUID = tenant_key()
    sujeto_obligado_id: UUID = Field(primary_key=True)
    year: int = _year()
    key: str = text_key()
    names: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    contracts: int = _sum()
    amount: int = _sum()


class FigureProcess(SQLModel, table=True):
    """What was counted of a process, to be taken away again when it changes; `added` is packed JSON."""

    __tablename__ = "figure_process"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    ocid: str = text_key()
    sujeto_obligado_id: UUID
    added: bytes = Field(sa_column=Column(LargeBinary, nullable=False))

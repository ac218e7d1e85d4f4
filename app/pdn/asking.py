"""What programs ask of System 6, read from what they send: the provider's search, and the public hub's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.core.errors import BadRequestError
from app.pdn import deriving
from app.pdn.queries import Column, Direction
from app.publication.facets import words
from app.web.validation import explain

MOST = 200
"""Processes of a page."""
DEFAULT = 10
"""Processes of a page where nothing is said; harvesters of the hub count on it."""
MOST_WORDS = 20

_LAST = 1_000_000_000
_SORTS: dict[str, Column] = {"title": "title", "buyerName": "buyer"}
_MEXICO = ZoneInfo("America/Mexico_City")


def _blank(value: Any) -> Any:
    """Take what a form left empty as not asked."""
    return None if value in ("", []) else value


def _searched(text: str) -> str:
    if len(words(text)) > MOST_WORDS:
        raise ValueError(f"Busca con {MOST_WORDS} palabras como máximo.")
    return text


def _possible(text: str) -> str:
    if "\0" in text:
        raise ValueError("Trae un carácter que ningún identificador tiene.")
    return text


def _zoned(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=_MEXICO)


_Empty = BeforeValidator(_blank)
_Typed = Annotated[str, Field(max_length=500)]
Words = Annotated[Annotated[_Typed, AfterValidator(_searched)] | None, _Empty]
Ocid = Annotated[Annotated[_Typed, AfterValidator(_possible)] | None, _Empty]
Moment = Annotated[Annotated[datetime, AfterValidator(_zoned)] | None, _Empty]
Method = Literal["open", "selective", "limited", "direct"]
Methods = Annotated[list[Method] | None, _Empty]
Count = Annotated[int, Field(ge=0, lt=2**31)]
Size = Annotated[int, Field(ge=1, le=MOST)]


Asked = TypeVar("Asked", bound=BaseModel)


class _Strict(BaseModel):
    # What is not known is refused: a filter that is passed over would find too much, and nobody would see it.
    model_config = ConfigDict(extra="forbid")


class Query(_Strict):
    """What the official description lets programs ask; what is left out, empty or null does not ask."""

    ocid: Ocid = None
    title: Words = None
    buyerName: Words = None  # noqa: N815  # the names of the official description
    procurementMethod: Methods = None  # noqa: N815
    awardStatus: Annotated[  # noqa: N815
        list[Literal["active", "pending", "cancelled", "unsuccessful"]] | None, _Empty
    ] = None
    supplierName: Words = None  # noqa: N815
    tenderStartDate: Moment = None  # noqa: N815
    tenderEndDate: Moment = None  # noqa: N815
    itemDescription: Words = None  # noqa: N815
    numberOfTenderers: Annotated[Count | None, _Empty] = None  # noqa: N815


class Provided(_Strict):
    """A search of the provider (`POST /contrataciones-abiertas`): pages from 1."""

    sort: dict[Literal["title", "buyerName"], Direction] | None = None
    page: Annotated[int, Field(ge=1, le=_LAST)] = 1
    pageSize: Size = DEFAULT  # noqa: N815
    query: Query | None = None

    def asked(self) -> dict[str, Any]:
        """Return the fields of `Search`, without whose processes."""
        query = self.query or Query()
        return {
            "ocid": query.ocid,
            "methods": query.procurementMethod,
            "statuses": query.awardStatus,
            "starts": query.tenderStartDate,
            "ends": query.tenderEndDate,
            "tenderers": query.numberOfTenderers,
            "texts": _texts(
                {
                    deriving.TITLE: query.title,
                    deriving.BUYER: query.buyerName,
                    deriving.SUPPLIER: query.supplierName,
                    deriving.ITEM: query.itemDescription,
                }
            ),
            "sort": [(_SORTS[name], direction) for name, direction in (self.sort or {}).items()],
            "limit": self.pageSize,
            "offset": (self.page - 1) * self.pageSize,
        }


class Hub(_Strict):
    """A search as the public hub takes it (`POST /search`): pages from 0."""

    page: Annotated[int, Field(ge=0, le=_LAST)] = 0
    pageSize: Size = DEFAULT  # noqa: N815
    ocid: Ocid = None
    contract_title: Words = None
    tender_title: Words = None
    buyer_name: Words = None
    supplierName: Words = None  # noqa: N815
    procurementMethod: Annotated[Method | Methods, _Empty] = None  # noqa: N815
    cycle: Annotated[Annotated[int, Field(ge=1000, le=9999)] | None, _Empty] = None

    def asked(self) -> dict[str, Any]:
        """Return the fields of `Search`, without whose processes."""
        methods = self.procurementMethod
        return {
            "ocid": self.ocid,
            "methods": [methods] if isinstance(methods, str) else methods,
            "year": self.cycle,
            "texts": _texts(
                {
                    deriving.CONTRACT: self.contract_title,
                    deriving.TENDER: self.tender_title,
                    deriving.BUYER: self.buyer_name,
                    deriving.SUPPLIER: self.supplierName,
                }
            ),
            "limit": self.pageSize,
            "offset": self.page * self.pageSize,
        }


def read(kind: type[Asked], body: bytes) -> Asked:
    """Return what a body asks; an empty one asks for everything.

    Raises:
        BadRequestError: it cannot be understood; says which member, and how to mend it.
    """
    try:
        return kind.model_validate_json(body if body.strip() else b"{}")
    except ValidationError as error:
        told = [(".".join(str(step) for step in one["loc"]), explain(one)) for one in error.errors()[:5]]
        raise BadRequestError(
            " ".join(f"{where}: {message}" if where else message for where, message in told)
        ) from error


def _texts(asked: Mapping[str, str | None]) -> dict[str, str]:
    return {field: text for field, text in asked.items() if text is not None}

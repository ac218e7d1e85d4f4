"""What searches of System 6 need of a process, derived from its compiled release by following the chains."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Text, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.core import json
from app.core.db import Actor, RwSession
from app.core.folding import fold
from app.core.tables import among, table_of
from app.ocds.shape import Document
from app.pdn.models import S6Process
from app.publication.facets import words
from app.publication.models import ProcessFacet, Record

FOLLOWER = "pdn"
TITLE, BUYER, SUPPLIER, ITEM, CONTRACT, TENDER = "tbsick"
"""Of which field a word is: title of an award, buyer, supplier, item, title of a contract, title of the tender."""
_LONGEST_KEY = 200
_MOST_WORDS = 400
_MOST_TENDERERS = 2**31
_MEXICO = ZoneInfo("America/Mexico_City")

_ROW, _RECORD, _FACET = table_of(S6Process), table_of(Record), table_of(ProcessFacet)
_INSERT = insert(_ROW).values(words=func.array_to_tsvector(bindparam("lexemes", type_=ARRAY(Text))))
_KEEP = _INSERT.on_conflict_do_update(
    index_elements=["tenant_id", "ocid"],
    set_={
        column.name: _INSERT.excluded[column.name]
        for column in _ROW.c
        if column.name not in ("tenant_id", "ocid", "number")
    },
)


def order(text: str) -> str:
    """Return the key by which a text stands in the order of Spanish: without case or accents, ñ after n."""
    # "{" is what follows "z" where bytes are compared, and the column is.
    return fold(unicodedata.normalize("NFC", text).casefold().replace("ñ", "n{"))[:_LONGEST_KEY]


def lexeme(tenant_id: UUID, field: str, word: str) -> str:
    """Return what the index holds of a word: of which tenant's field it is stands before it, so others cost nothing."""
    return f"{tenant_id.hex[-4:]}{field}{word}"


def keep(session: RwSession, actor: Actor, ocids: Sequence[str]) -> None:
    """Derive anew what there is of these processes; those without a record are gone."""
    if actor.tenant_id is None:
        return
    found = session.execute(
        select(_RECORD.c.ocid, _RECORD.c.date, _RECORD.c.compiled, _FACET.c.sujeto_obligado_id)
        .join(_FACET, (_FACET.c.tenant_id == _RECORD.c.tenant_id) & (_FACET.c.ocid == _RECORD.c.ocid))
        .where(_RECORD.c.tenant_id == actor.tenant_id, among(_RECORD.c.ocid, ocids))
        .order_by(_RECORD.c.position)
    )
    rows = [
        _row(actor.tenant_id, one.sujeto_obligado_id, json.loads(one.compiled), one.date) for one in found
    ]
    stay = {row["ocid"] for row in rows}
    gone = [ocid for ocid in ocids if ocid not in stay]
    session.execute(delete(_ROW).where(_ROW.c.tenant_id == actor.tenant_id, among(_ROW.c.ocid, gone)))
    if rows:
        session.connection().execute(_KEEP, rows)


def _row(tenant_id: UUID, sujeto_obligado_id: UUID, compiled: Document, released: datetime) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "ocid": compiled["ocid"],
        "sujeto_obligado_id": sujeto_obligado_id,
        "lexemes": sorted(_lexemes(tenant_id, compiled)),
        **derived(compiled, released),
    }


def derived(compiled: Document, released: datetime) -> dict[str, Any]:
    """Return the columns of `S6Process` that a compiled release decides, without its words.

    Args:
        compiled: the release.
        released: the date of its newest release.
    """
    tender = _object(compiled.get("tender"))
    period = _object(tender.get("tenderPeriod"))
    awards = _objects(compiled.get("awards"))
    tenderers = tender.get("numberOfTenderers")
    signed = next(
        (at for one in _objects(compiled.get("contracts")) if (at := _moment(one.get("dateSigned")))),
        released,
    )
    return {
        "title_key": order(next((title for one in awards if (title := _text(one.get("title")))), "")),
        "buyer_key": order(_buyer(compiled)),
        "method": _text(tender.get("procurementMethod")),
        "statuses": sorted({status for one in awards if (status := _text(one.get("status")))}),
        "starts_at": _moment(period.get("startDate")),
        "ends_at": _moment(period.get("endDate")),
        "tenderers": tenderers if type(tenderers) is int and 0 <= tenderers < _MOST_TENDERERS else None,
        "year": signed.astimezone(_MEXICO).year,
    }


def _lexemes(tenant_id: UUID, compiled: Document) -> set[str]:
    return {
        lexeme(tenant_id, field, word)
        for field, texts in _texts(compiled)
        for word in words(" ".join(texts))[:_MOST_WORDS]
    }


def _texts(compiled: Document) -> Iterator[tuple[str, Iterable[str]]]:
    tender, awards = _object(compiled.get("tender")), _objects(compiled.get("awards"))
    yield TITLE, (_text(one.get("title")) for one in awards)
    yield BUYER, (_buyer(compiled),)
    yield (
        SUPPLIER,
        (_text(supplier.get("name")) for one in awards for supplier in _objects(one.get("suppliers"))),
    )
    yield (
        ITEM,
        (_text(item.get("description")) for one in (*awards, tender) for item in _objects(one.get("items"))),
    )
    yield CONTRACT, (_text(one.get("title")) for one in _objects(compiled.get("contracts")))
    yield TENDER, (_text(tender.get("title")),)


def _buyer(compiled: Document) -> str:
    tender = _object(compiled.get("tender"))
    return _text(_object(compiled.get("buyer")).get("name")) or _text(
        _object(tender.get("procuringEntity")).get("name")
    )


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=_MEXICO)
    # What a database keeps and gives back, whatever its offset.
    return at if date(1000, 1, 1) <= at.astimezone(UTC).date() <= date(9000, 1, 1) else None


def _object(value: Any) -> Document:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Document]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

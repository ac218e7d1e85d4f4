"""Whether the process lives, and whether it can work: for supervisors and load balancers."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core import logs
from app.core.db import Database

router = APIRouter(tags=["operación"])
_log = logs.get(__name__)


@router.get("/health", summary="El proceso vive")
async def health() -> dict[str, str]:
    """Answer without touching anything else."""
    return {"status": "ok"}


@router.get("/ready", summary="El servicio puede trabajar", response_model=None)
def ready(request: Request) -> JSONResponse:
    """Answer 200 when the database does, else 503; and how far behind the publications is what is made of them."""
    database: Database = request.app.state.database
    try:
        with database.public_reading() as session:
            session.execute(text("SELECT 1"))
            lag: dict[str, float] = request.app.state.lag(session)
    except SQLAlchemyError:
        _log.warning("not_ready", exc_info=True)
        return JSONResponse({"status": "sin base de datos"}, status_code=503)
    return JSONResponse({"status": "ok", "lag_seconds": lag})

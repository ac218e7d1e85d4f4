"""`/metrics`, for whoever watches the service and knows the token of the settings."""

import hmac

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, exposition
from starlette.responses import Response

from app.core.errors import NotFoundError
from app.operations.figures import Figures
from app.tenancy.deps import DatabaseDep, SettingsDep
from app.web import metrics

router = APIRouter(include_in_schema=False)


@router.get("/metrics", response_model=None)
def read(request: Request, database: DatabaseDep, settings: SettingsDep) -> Response:
    """Answer every figure in Prometheus' text format.

    Raises:
        NotFoundError: no token is set, or another was given; it does not say which.
    """
    expected = settings.metrics_token.get_secret_value() if settings.metrics_token else ""
    given = request.headers.get("authorization", "")
    if not expected or not hmac.compare_digest(given.encode(), f"Bearer {expected}".encode()):
        raise NotFoundError
    asked = CollectorRegistry()
    asked.register(Figures(database))
    body = exposition.generate_latest(metrics.REGISTRY) + exposition.generate_latest(asked)
    return Response(
        body, headers={"Content-Type": exposition.CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
    )

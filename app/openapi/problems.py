"""How the OpenAPI document tells of refusals: by the errors themselves, as they are answered (RFC 9457)."""

from typing import Any

from app.core.errors import AppError

_PROBLEM = {
    "type": "object",
    "description": "Problema (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
    },
}


def problem(description: str, error: AppError) -> dict[str, Any]:
    """Return an answer of a description that refuses, with this error as its example."""
    example = {
        "type": f"urn:problem:{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": "/jalisco/api/v1/releases",
        "request_id": "7c1f0e6f2b8a4c0d9e5b3a1f6d2c8b47",
        **error.extra,
    }
    content = {"application/problem+json": {"schema": _PROBLEM, "example": example}}
    told: dict[str, Any] = {"description": description, "content": content}
    if "Retry-After" in error.headers or error.status == UNAVAILABLE:
        told["headers"] = {"Retry-After": {"description": "Segundos.", "schema": {"type": "integer"}}}
    return told


UNAVAILABLE = 503
"""The status whose answers always say when to come back."""

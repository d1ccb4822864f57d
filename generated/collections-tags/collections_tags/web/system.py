"""What every project serves: its health, and the description of its JSON API."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from ..config import get_settings
from ..db import connection
from .pages import render
from .schemas import Health

router = APIRouter()


@router.get("/health", responses={503: {"model": Health}})
async def health(response: Response) -> Health:
    """Say whether the database answers within two seconds, and has its tables."""
    database = await connection.ping()
    response.status_code = 200 if database == "connected" else 503
    return Health.of(database, get_settings().keyspace)


@router.get("/docs", name="docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Show the JSON API with Swagger UI."""
    return render(request, "docs.html")
